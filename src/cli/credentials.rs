//! Who signs for a train, and where its service is: of the flag, the environment, the train file and the OCI
//! configuration file, what comes first wins, value by value.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::{CliError, exit};
use crate::oci::{
    Authorities, Credentials, CredentialsError, HttpTransport, Metadata, Method, Profile, REGION_METADATA,
    Region, Regions, ResourcePrincipal, Secret, VARIABLES, at_home,
};
use crate::train::{Auth, Endpoint, Keeping, Members, NO_USER, Train};

/// The places that credentials for a real service come from. Nothing here is read for the simulator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CredentialSources {
    variables: BTreeMap<&'static str, Secret>,
    home: Option<PathBuf>,
}

/// Who signs, and where the service is.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The service's base URL.
    pub(super) url: String,
    /// The same for people: the region, or the URL.
    pub(super) place: String,
    pub(super) credentials: Credentials,
    /// The region; of a train that names a URL only where it selects members, and where one can be found.
    pub(super) region: Option<Region>,
}

/// The variables read beside those that stand for a profile's keys.
const OTHERS: [&str; 13] = [
    CONFIG_FILES[0],
    CONFIG_FILES[1],
    "OCI_CLI_PROFILE",
    "OCI_CLI_AUTH",
    "OCI_CLI_ENDPOINT",
    CERT_BUNDLE,
    "OCI_METADATA_BASE_URL",
    REGION_METADATA,
    "OCI_RESOURCE_PRINCIPAL_VERSION",
    "OCI_RESOURCE_PRINCIPAL_RPST",
    "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM",
    "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
    "OCI_RESOURCE_PRINCIPAL_REGION",
];

/// What names the configuration file: for Oracle's command line, and for its SDKs.
const CONFIG_FILES: [&str; 2] = ["OCI_CLI_CONFIG_FILE", "OCI_CONFIG_FILE"];

/// What names a file of the authorities to trust.
const CERT_BUNDLE: &str = "OCI_CLI_CERT_BUNDLE";

impl CredentialSources {
    /// Takes what the environment says.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let names = VARIABLES.iter().map(|(_, name)| *name).chain(OTHERS);
        let variables = names.filter_map(|name| Some((name, Secret::new(variable(name)?)))).collect();
        Self { variables, home: variable("HOME").map(PathBuf::from) }
    }

    /// Finds who signs and where the service is, and has the first key at hand. `flag` is `--profile`; `transport`
    /// carries what has to be asked for.
    pub(super) async fn resolve(
        &self,
        train: &Train,
        flag: Option<&str>,
        transport: HttpTransport,
    ) -> Result<Resolved, CliError> {
        let mut profile = None;
        let method = match (self.plain("OCI_CLI_AUTH"), train.service.auth) {
            (Some(text), _) => Method::parse(text)
                .map_err(|reason| CredentialsError::Variable { name: "OCI_CLI_AUTH", reason })?,
            (None, Some(auth)) => method(auth),
            (None, None) => profile.insert(self.profile(train, flag)?).method()?,
        };
        if profile.is_none() && matches!(method, Method::ApiKey | Method::SecurityToken) {
            profile = Some(self.profile(train, flag)?);
        }
        // Whatever is only read comes first, and whatever has to be asked for last.
        let url = self.url(train)?;
        let mut region = match url {
            Some(_) if !train.selects() && !keeps_by_region(train) => None,
            _ => self.region(train, profile.as_ref())?,
        };
        let transport = Arc::new(transport);
        let metadata = Metadata::new(Arc::clone(&transport) as _, self.plain("OCI_METADATA_BASE_URL"))
            .with_regions(self.regions());
        let own = || profile.as_ref().expect("one has been read for the two methods that need it");
        let credentials = match method {
            Method::ApiKey => Credentials::api_key(own())?,
            Method::SecurityToken => Credentials::session_token(own())?,
            Method::InstancePrincipal => {
                let auth = train.service.auth_endpoint.as_deref();
                Credentials::instance_principal(transport, metadata.clone(), auth)
            }
            Method::ResourcePrincipal => Credentials::resource_principal(&self.resource_principal())?,
        };
        if region.is_none() && method == Method::InstancePrincipal && (url.is_none() || needs_region(train)) {
            region = Some(metadata.region().await?);
        }
        let (url, place) = match (url, &region) {
            (Some(url), _) => (url.clone(), url),
            (None, Some(region)) => (region.endpoint(host(train)), region.name().to_owned()),
            (None, None) => return Err(no_region(train)),
        };
        if region.is_none() && needs_region(train) {
            return Err(no_region(train).hint(format!(
                "or say where Compute, Identity and Object Storage are: `endpoints = {{ {} = \"...\", compute = \"...\", identity = \"...\", object_storage = \"...\" }}`",
                train.service.api.word()
            )));
        }
        credentials.current(Timestamp::now()).await?;
        Ok(Resolved { url, place, credentials, region })
    }

    /// Reads whom to trust instead of the system's authorities, where that is said. `~` is the home folder, as it is to
    /// Oracle's command line.
    pub(super) fn authorities(&self) -> Result<Option<Authorities>, CliError> {
        let Some(text) = self.plain(CERT_BUNDLE) else { return Ok(None) };
        let path = at_home(text, self.home.as_deref()).map_err(|reason| {
            CliError::new(exit::ERROR, format!("{CERT_BUNDLE} is {text}, which names no file")).hint(reason)
        })?;
        Ok(Some(Authorities::read(CERT_BUNDLE, &path)?))
    }

    /// Reads the profile, with what the environment says instead.
    fn profile(&self, train: &Train, flag: Option<&str>) -> Result<Profile, CliError> {
        let of_variable = CONFIG_FILES.iter().find_map(|name| self.plain(name)).map(PathBuf::from);
        let of_home = || Some(self.home.as_ref()?.join(".oci").join("config"));
        let named = flag.or(self.plain("OCI_CLI_PROFILE")).or(train.service.profile.as_deref());
        // A file or profile that somebody asks for now has to be there; else the environment may say it all.
        let needed = of_variable.is_some() || flag.or(self.plain("OCI_CLI_PROFILE")).is_some();
        let name = named.unwrap_or("DEFAULT");
        let Some(path) = of_variable.or_else(of_home) else {
            return Err(CliError::new(
                exit::ERROR,
                "no OCI configuration file can be found: HOME is not set",
            )
            .hint("set HOME, or name the file with OCI_CLI_CONFIG_FILE"));
        };
        let mut profile = match Profile::load(&path, name) {
            Err(CredentialsError::NoFile { .. }) if !needed => Profile::empty(&path, name),
            profile => profile?,
        }
        .with_home(self.home.clone());
        for (key, variable) in VARIABLES {
            if let Some(value) = self.variables.get(variable) {
                profile.set(key, variable, value);
            }
        }
        Ok(profile)
    }

    /// Returns the service's URL, if one is named.
    fn url(&self, train: &Train) -> Result<Option<String>, CredentialsError> {
        const NAME: &str = "OCI_CLI_ENDPOINT";
        let Some(text) = self.plain(NAME) else {
            return Ok(match &train.service.endpoint {
                Endpoint::Url(url) => Some(url.clone()),
                Endpoint::Region | Endpoint::Simulator => None,
            });
        };
        let uri = text.parse::<http::Uri>().ok();
        let usable = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some()
                && uri.query().is_none()
                && !text.contains('@')
        });
        let reason = || match text.contains('@') {
            true => NO_USER.to_owned(),
            false => format!(
                "`{text}` is not a URL: expected as in `https://{}.eu-frankfurt-1.oci.oraclecloud.com`",
                host(train)
            ),
        };
        match usable {
            true => Ok(Some(text.trim_end_matches('/').to_owned())),
            false => Err(CredentialsError::Variable { name: NAME, reason: reason() }),
        }
    }

    /// Returns the region, as far as it is written down.
    fn region(&self, train: &Train, profile: Option<&Profile>) -> Result<Option<Region>, CliError> {
        let known = self.regions();
        let of_variable = |name: &'static str| {
            let parse = |text| {
                known
                    .find(text)
                    .map_err(|error| CredentialsError::Variable { name, reason: error.to_string() })
            };
            self.plain(name).map(parse).transpose()
        };
        if let Some(region) = of_variable("OCI_CLI_REGION")? {
            return Ok(Some(region));
        }
        if let Some(text) = &train.service.region {
            let parsed = known.find(text).map_err(|error| {
                CliError::of(exit::ERROR, &error).while_doing(train.file.display().to_string())
            })?;
            return Ok(Some(parsed));
        }
        Ok(match profile {
            Some(profile) => profile.region(&known)?,
            None => of_variable("OCI_RESOURCE_PRINCIPAL_REGION")?,
        })
    }

    fn regions(&self) -> Regions {
        Regions::new(self.home.as_deref(), self.plain(REGION_METADATA))
    }

    fn resource_principal(&self) -> ResourcePrincipal {
        let secret = |name| self.variables.get(name).cloned();
        ResourcePrincipal {
            version: self.plain("OCI_RESOURCE_PRINCIPAL_VERSION").map(str::to_owned),
            token: secret("OCI_RESOURCE_PRINCIPAL_RPST"),
            key: secret("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"),
            pass_phrase: secret("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"),
        }
    }

    /// Returns a variable that holds no secret.
    fn plain(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(Secret::expose)
    }
}

/// Returns how the names of the service's hosts begin, which is how train files call it.
fn host(train: &Train) -> &'static str {
    train.service.api.word()
}

fn method(auth: Auth) -> Method {
    match auth {
        Auth::ApiKey => Method::ApiKey,
        Auth::SecurityToken => Method::SecurityToken,
        Auth::InstancePrincipal => Method::InstancePrincipal,
        Auth::ResourcePrincipal => Method::ResourcePrincipal,
    }
}

/// Tells whether a train selects members and leaves it to the region where those are looked for.
fn needs_region(train: &Train) -> bool {
    let deep = train
        .groups
        .iter()
        .any(|group| matches!(&group.members, Members::Selected(selector) if selector.subcompartments));
    let by_region = |endpoint: &Endpoint| *endpoint == Endpoint::Region;
    (train.selects() && by_region(&train.service.compute))
        || (deep && by_region(&train.service.identity))
        || keeps_by_region(train)
}

/// Tells whether a train's state is in Object Storage, and it is left to the region where that is.
fn keeps_by_region(train: &Train) -> bool {
    matches!(train.keeping, Keeping::ObjectStorage(_)) && train.service.object_storage == Endpoint::Region
}

fn no_region(train: &Train) -> CliError {
    let message = format!("train `{}` names no region, and neither does who signs for it", train.name);
    CliError::new(exit::ERROR, message)
        .hint(format!("add `region = \"eu-frankfurt-1\"` to [service] in {}", train.file.display()))
}

impl From<CredentialsError> for CliError {
    fn from(error: CredentialsError) -> Self {
        Self::of(exit::ERROR, &error)
    }
}

#[cfg(test)]
mod tests;
