//! Where the service of a train is: its host by region and realm, and what goes before that.

use super::*;
use crate::op::Api;
use crate::simulator;

/// Finds the service of a train with this in its `[service]` table, signing with the simulator's key.
async fn found(api: Api, service: &str, variables: &[(&str, &str)]) -> Resolved {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    let text = format!(
        "[train]\nname = \"t\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\n\
         compartment = \"ocid1.compartment.oc1..c\"\nvendor_sources = [\"v\"]\n\
         [service]\napi = \"{}\"\n{service}\n",
        api.word()
    );
    std::fs::write(&file, text).unwrap();
    let train = crate::train::load(&file).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let own = simulator::credentials();
    let sources = CredentialSources::read(|name| {
        let given = variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let signer = match name {
            "OCI_CLI_USER" => Some(own.user),
            "OCI_CLI_TENANCY" => Some(own.tenancy),
            "OCI_CLI_FINGERPRINT" => Some(own.fingerprint),
            "OCI_CLI_KEY_CONTENT" => Some(own.key),
            _ => None,
        };
        Some(given.or(signer)?.to_owned())
    });
    let sources = CredentialSources { home: Some(folder.path().to_owned()), ..sources };
    match sources.resolve(&train, None, HttpTransport::new()).await {
        Ok(resolved) => resolved,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_region_is_where_the_host_of_the_trains_service_is() {
    let frankfurt = "region = \"eu-frankfurt-1\"";
    for (api, service, variables, place, url) in [
        (Api::Osmh, frankfurt, &[][..], "eu-frankfurt-1", "https://osmh.eu-frankfurt-1.oci.oraclecloud.com"),
        (Api::Osms, frankfurt, &[], "eu-frankfurt-1", "https://osms.eu-frankfurt-1.oci.oraclecloud.com"),
        (
            Api::Osmh,
            frankfurt,
            &[("OCI_CLI_REGION", "lhr")],
            "uk-london-1",
            "https://osmh.uk-london-1.oci.oraclecloud.com",
        ),
        (
            Api::Osmh,
            "region = \"us-langley-1\"",
            &[],
            "us-langley-1",
            "https://osmh.us-langley-1.oci.oraclegovcloud.com",
        ),
    ] {
        let found = found(api, service, variables).await;
        assert_eq!((found.place.as_str(), found.url.as_str()), (place, url));
    }
}

#[tokio::test]
async fn an_endpoint_goes_before_a_region_and_is_that_of_the_trains_service() {
    let region = "region = \"eu-frankfurt-1\"";
    for api in Api::ALL {
        let written = format!("{region}\nendpoints = {{ {} = \"https://own.example\" }}", api.word());
        assert_eq!(found(api, &written, &[]).await.url, "https://own.example");
        let variables = [("OCI_CLI_ENDPOINT", "https://other.example/")];
        for service in [region, &written] {
            assert_eq!(found(api, service, &variables).await.url, "https://other.example");
        }
    }
}

#[tokio::test]
async fn a_region_that_oracle_does_not_list_is_where_somebody_says() {
    let one = r#"{"realmKey":"oc99","realmDomainComponent":"cloud.example.com","regionKey":"xyz","regionIdentifier":"eu-example-1"}"#;
    let told = ("OCI_REGION_METADATA", one);
    let url = "https://osmh.eu-example-1.oci.cloud.example.com";
    for (service, variables) in [
        ("region = \"xyz\"", &[told][..]),
        ("region = \"eu-example-1\"", &[told]),
        ("", &[told, ("OCI_CLI_REGION", "XYZ")]),
    ] {
        let found = found(Api::Osmh, service, variables).await;
        assert_eq!((found.place.as_str(), found.url.as_str()), ("eu-example-1", url));
        assert_eq!(found.region.unwrap().old_endpoint("iaas"), "https://iaas.eu-example-1.cloud.example.com");
    }
}
