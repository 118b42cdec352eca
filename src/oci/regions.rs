//! The regions that there are: those of Oracle's table ([`super::region`]), and others as OCI's SDKs are told of them, in
//! `~/.oci/regions-config.json` and in `OCI_REGION_METADATA`, in this order. What stands in the table is not looked for
//! elsewhere, so that nobody's file is in the way of a region that needs none.
//!
//! Other than the SDKs, which pass over what they cannot read and go to another realm's hosts, this says what is wrong.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::region::{Region, RegionError};

/// Where regions are described that the table lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    file: Option<PathBuf>,
    variable: Option<String>,
}

/// What describes one region.
pub const REGION_METADATA: &str = "OCI_REGION_METADATA";

/// What an entry must say, in the SDKs' words: the realm's name and domain, the region's short code and name.
const KEYS: [&str; 4] = ["realmKey", "realmDomainComponent", "regionKey", "regionIdentifier"];

const EXAMPLE: &str = r#"{"realmKey": "oc99", "realmDomainComponent": "cloud.example.com", "regionKey": "xyz", "regionIdentifier": "eu-example-1"}"#;

impl Regions {
    /// Takes whose file there may be, and what the variable says.
    pub fn new(home: Option<&Path>, variable: Option<&str>) -> Self {
        let file = home.map(|home| home.join(".oci").join("regions-config.json"));
        Self { file, variable: variable.map(str::to_owned) }
    }

    /// Finds a region by its name or short code, in any case.
    pub fn find(&self, text: &str) -> Result<Region, RegionError> {
        let wanted = text.trim().to_ascii_lowercase();
        if let Some(region) = Region::listed(&wanted) {
            return Ok(region);
        }
        let described = [self.of_file(&wanted), self.of_variable(&wanted)];
        for (place, found) in described.into_iter().flatten() {
            let found =
                found.map_err(|reason| RegionError::Described { text: text.to_owned(), place, reason })?;
            if let Some(region) = found {
                return Ok(region);
            }
        }
        Region::parse(text)
    }

    /// Looks in the file, where there is one; returns its name too.
    fn of_file(&self, wanted: &str) -> Option<(String, Result<Option<Region>, String>)> {
        let file = self.file.as_ref()?;
        let found = match fs::read_to_string(file) {
            Ok(text) => in_list(&text, wanted),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(format!("cannot be read: {error}; mend that, or move it away")),
        };
        Some((file.display().to_string(), found))
    }

    fn of_variable(&self, wanted: &str) -> Option<(String, Result<Option<Region>, String>)> {
        let text = self.variable.as_ref()?;
        let one = match serde_json::from_str(text) {
            Ok(Value::Object(entry)) => region(&entry),
            Ok(_) => Err(format!("is not one region: expected as in `{EXAMPLE}`")),
            Err(error) => Err(format!("is no JSON ({error}): expected as in `{EXAMPLE}`")),
        };
        let found = one.map(|(code, region)| is(&code, &region, wanted).then_some(region));
        Some((REGION_METADATA.to_owned(), found))
    }
}

/// Looks in a list of regions, all of which must be right.
fn in_list(text: &str, wanted: &str) -> Result<Option<Region>, String> {
    let list = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Array(list)) => list,
        Ok(_) => return Err(format!("is no list: expected as in `[{EXAMPLE}]`")),
        Err(error) => return Err(format!("is no JSON ({error}): expected as in `[{EXAMPLE}]`")),
    };
    let mut found = None;
    for (index, entry) in list.iter().enumerate() {
        let entry = entry.as_object().ok_or_else(|| format!("expected as in `{EXAMPLE}`"));
        let (code, region) =
            entry.and_then(region).map_err(|reason| format!("entry {}: {reason}", index + 1))?;
        if found.is_none() && is(&code, &region, wanted) {
            found = Some(region);
        }
    }
    Ok(found)
}

fn is(code: &str, region: &Region, wanted: &str) -> bool {
    code == wanted || region.name() == wanted
}

/// Reads an entry: the region, and its short code.
fn region(entry: &Map<String, Value>) -> Result<(String, Region), String> {
    let value = |key: &str| match entry.get(key).and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.trim().to_ascii_lowercase()),
        _ => Err(format!("has no text for `{key}`: expected as in `{EXAMPLE}`")),
    };
    // The realm's name is asked for as the SDKs do, and what counts is its domain.
    let [realm, domain, code, name] = KEYS.map(value);
    let (_, domain, code, name) = (realm?, domain?, code?, name?);
    let region = Region::described(&name, &domain).ok_or_else(|| {
        format!(
            "`{}` is `{}` and `{}` is `{}`: expected a name as in `eu-example-1` and a domain as in `cloud.example.com`",
            KEYS[3],
            name.escape_debug(),
            KEYS[1],
            domain.escape_debug()
        )
    })?;
    Ok((code, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"realmKey":"OC99","realmDomainComponent":"Cloud.Example.com","regionKey":"XYZ","regionIdentifier":"eu-Example-1"}"#;
    const TWO: &str = r#"{"realmKey":"oc98","realmDomainComponent":"other.example.com","regionKey":"abc","regionIdentifier":"sea","more":1}"#;

    /// Finds a region where the file, if there is one, and the variable say this.
    fn found(text: &str, file: Option<&str>, variable: Option<&str>) -> Result<String, String> {
        let home = tempfile::tempdir().unwrap();
        if let Some(content) = file {
            fs::create_dir(home.path().join(".oci")).unwrap();
            fs::write(home.path().join(".oci/regions-config.json"), content).unwrap();
        }
        let found = Regions::new(Some(home.path()), variable).find(text);
        let told = found.map(|region| region.endpoint("osms")).map_err(|error| error.to_string());
        told.map_err(|error| error.replace(home.path().to_str().unwrap(), "~"))
    }

    #[test]
    fn the_table_goes_before_the_file_and_the_file_before_the_variable() {
        let list = format!("[{TWO},{ONE}]");
        let both = ONE.replace("Cloud", "Elsewhere");
        let example = Ok("https://osms.eu-example-1.oci.cloud.example.com".to_owned());
        for text in ["xyz", "XYZ", "eu-example-1", " EU-Example-1 "] {
            assert_eq!(found(text, Some(&list), None), example, "{text}");
            assert_eq!(found(text, None, Some(ONE)), example, "{text}");
            assert_eq!(found(text, Some(&list), Some(&both)), example, "{text}");
            assert_eq!(found(text, Some("[]"), Some(ONE)), example, "{text}");
        }
        assert_eq!(found("abc", Some(&list), None), Ok("https://osms.sea.oci.other.example.com".to_owned()));
        // What is in the table stays there, and a broken file is not in its way.
        let frankfurt = Ok("https://osms.eu-frankfurt-1.oci.oraclecloud.com".to_owned());
        let mine = ONE.replace("XYZ", "fra").replace("eu-Example-1", "eu-frankfurt-1");
        assert_eq!(found("fra", None, Some(&mine)), frankfurt);
        assert_eq!(found("eu-frankfurt-1", Some("{"), Some("{")), frankfurt);
        // What nobody describes is taken to be of the commercial realm, as ever.
        let later = "https://osms.eu-later-1.oci.oraclecloud.com".to_owned();
        assert_eq!(found("eu-later-1", Some(&list), Some(ONE)), Ok(later.clone()));
        let alone = Regions::default().find("eu-later-1");
        assert_eq!(alone.map(|region| region.endpoint("osms")), Ok(later));
    }

    #[test]
    fn what_cannot_be_read_names_its_place_and_what_is_expected() {
        let file = "~/.oci/regions-config.json, where `xyz` is looked for,";
        let variable = "OCI_REGION_METADATA, where `xyz` is looked for,";
        let list = |entry: &str| format!("[{TWO},{entry}]");
        for (in_file, in_variable, expected) in [
            (Some("{".to_owned()), None, format!("{file} is no JSON (EOF while parsing an object at line 1")),
            (Some(ONE.to_owned()), None, format!("{file} is no list: expected as in `[{{\"realmKey\"")),
            (Some(list("7")), None, format!("{file} entry 2: expected as in `{{\"realmKey\"")),
            (
                Some(list(&ONE.replace("regionKey", "key"))),
                None,
                format!("{file} entry 2: has no text for `regionKey`"),
            ),
            (
                Some(list(&ONE.replace("\"XYZ\"", "7"))),
                None,
                format!("{file} entry 2: has no text for `regionKey`"),
            ),
            (
                None,
                Some("x".to_owned()),
                format!("{variable} is no JSON (expected value at line 1 column 1): expected as"),
            ),
            (None, Some(list(ONE)), format!("{variable} is not one region: expected as in `{{\"realmKey\"")),
            (
                None,
                Some(ONE.replace("OC99", " ")),
                format!("{variable} has no text for `realmKey`: expected as in"),
            ),
            (
                None,
                Some(ONE.replace("Cloud.Example.com", "evil.com/")),
                format!(
                    "{variable} `regionIdentifier` is `eu-example-1` and `realmDomainComponent` is `evil.com/`: expected a"
                ),
            ),
            (
                None,
                Some(ONE.replace("eu-Example-1", "a.b")),
                format!("{variable} `regionIdentifier` is `a.b` and"),
            ),
        ] {
            let told = found("xyz", in_file.as_deref(), in_variable.as_deref()).unwrap_err();
            assert!(told.starts_with(&expected), "{told}\nis not\n{expected}");
        }
        let told = found("xyz", None, None).unwrap_err();
        assert!(
            told.starts_with("`xyz` is not a region: expected a name") && told.contains(REGION_METADATA),
            "{told}"
        );
    }
}
