//! Regions and realms: the short code or name of a region, the domain its realm lives under, and the endpoint of a
//! service there.
//!
//! The table holds what Oracle's Python SDK 2.158 lists. A region that opened later and has a region's shape is
//! taken to be of the commercial realm, as the SDKs do. Others are described by whoever uses them ([`super::regions`]).

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

/// A region of a realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    name: String,
    domain: Cow<'static, str>,
}

/// The text names no region.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegionError {
    /// Nobody knows it.
    #[error(
        "`{text}` is not a region: expected a name such as `eu-frankfurt-1` or a short code such as `fra`; one that Oracle \
         does not list is described in ~/.oci/regions-config.json or OCI_REGION_METADATA"
    )]
    Unknown {
        /// What was given.
        text: String,
    },
    /// Where it may be described, something is wrong.
    #[error("{place}, where `{}` is looked for, {reason}", text.escape_debug())]
    Described {
        /// What was given.
        text: String,
        /// The file or variable.
        place: String,
        /// What is wrong, and what is expected.
        reason: String,
    },
}

impl Region {
    /// Reads a region's name or short code, in any case.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let wanted = text.trim().to_ascii_lowercase();
        match Self::listed(&wanted) {
            Some(region) => Ok(region),
            None if looks_like_a_name(&wanted) => {
                Ok(Self { name: wanted, domain: Cow::Borrowed(COMMERCIAL) })
            }
            None => Err(RegionError::Unknown { text: text.to_owned() }),
        }
    }

    /// Finds a region in the table, by its name or short code in lower case.
    pub(super) fn listed(wanted: &str) -> Option<Self> {
        REALMS.iter().find_map(|(domain, regions)| {
            let region = regions.iter().find(|(code, name)| *code == wanted || *name == wanted)?;
            Some(Self { name: region.1.to_owned(), domain: Cow::Borrowed(domain) })
        })
    }

    /// Takes a region with the domain of its realm as somebody describes it; none where they make no host's name.
    pub(super) fn described(name: &str, domain: &str) -> Option<Self> {
        let plain =
            |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let sound = plain(name) && domain.contains('.') && domain.split('.').all(plain);
        sound.then(|| Self {
            name: name.to_ascii_lowercase(),
            domain: Cow::Owned(domain.to_ascii_lowercase()),
        })
    }

    /// Takes a region as the metadata service of an instance names it, with the domain of its realm; none where they make
    /// no host's name. It need not be in the table, nor be described elsewhere: an instance is where it says.
    pub(crate) fn in_realm(text: &str, domain: &str) -> Option<Self> {
        let wanted = text.trim().to_ascii_lowercase();
        let name = Self::listed(&wanted).map_or(wanted, |region| region.name);
        Self::described(&name, domain.trim())
    }

    /// Returns the full name, `eu-frankfurt-1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the base URL of a service, without the API version.
    pub fn endpoint(&self, service: &str) -> String {
        format!("https://{service}.{}.oci.{}", self.name, self.domain)
    }

    /// Returns the base URL of the service that gives tokens to instances.
    pub(crate) fn auth_endpoint(&self) -> String {
        self.old_endpoint("auth")
    }

    /// Returns the base URL of a service that is older than `oci` in the names of services: Compute (`iaas`).
    pub fn old_endpoint(&self, service: &str) -> String {
        format!("https://{service}.{}.{}", self.name, self.domain)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// At least two words and a number: `xx-place-1`.
fn looks_like_a_name(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let Some((number, places)) = words.split_last() else { return false };
    let letters = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    places.len() >= 2
        && places.iter().all(letters)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

const COMMERCIAL: &str = "oraclecloud.com";

type Realm = (&'static str, &'static [(&'static str, &'static str)]);

/// Realms by their domain, each with its regions: short code and name.
const REALMS: &[Realm] = &[
    (
        COMMERCIAL,
        &[
            ("jnb", "af-johannesburg-1"),
            ("hsg", "ap-batam-1"),
            ("yny", "ap-chuncheon-1"),
            ("onm", "ap-delhi-1"),
            ("hyd", "ap-hyderabad-1"),
            ("mel", "ap-melbourne-1"),
            ("bom", "ap-mumbai-1"),
            ("kix", "ap-osaka-1"),
            ("icn", "ap-seoul-1"),
            ("sin", "ap-singapore-1"),
            ("xsp", "ap-singapore-2"),
            ("syd", "ap-sydney-1"),
            ("nrt", "ap-tokyo-1"),
            ("yul", "ca-montreal-1"),
            ("yyz", "ca-toronto-1"),
            ("ams", "eu-amsterdam-1"),
            ("fra", "eu-frankfurt-1"),
            ("mad", "eu-madrid-1"),
            ("mrs", "eu-marseille-1"),
            ("lin", "eu-milan-1"),
            ("cdg", "eu-paris-1"),
            ("arn", "eu-stockholm-1"),
            ("zrh", "eu-zurich-1"),
            ("mtz", "il-jerusalem-1"),
            ("auh", "me-abudhabi-1"),
            ("dxb", "me-dubai-1"),
            ("jed", "me-jeddah-1"),
            ("ruh", "me-riyadh-1"),
            ("mty", "mx-monterrey-1"),
            ("qro", "mx-queretaro-1"),
            ("bog", "sa-bogota-1"),
            ("scl", "sa-santiago-1"),
            ("gru", "sa-saopaulo-1"),
            ("vap", "sa-valparaiso-1"),
            ("vcp", "sa-vinhedo-1"),
            ("cwl", "uk-cardiff-1"),
            ("lhr", "uk-london-1"),
            ("iad", "us-ashburn-1"),
            ("ord", "us-chicago-1"),
            ("phx", "us-phoenix-1"),
            ("aga", "us-saltlake-2"),
            ("sjc", "us-sanjose-1"),
        ],
    ),
    (
        "oraclegovcloud.com",
        &[
            ("ric", "us-gov-ashburn-1"),
            ("pia", "us-gov-chicago-1"),
            ("tus", "us-gov-phoenix-1"),
            ("lfi", "us-langley-1"),
            ("luf", "us-luke-1"),
        ],
    ),
    ("oraclegovcloud.uk", &[("brs", "uk-gov-cardiff-1"), ("ltn", "uk-gov-london-1")]),
    ("oraclecloud8.com", &[("nja", "ap-chiyoda-1"), ("ukb", "ap-ibaraki-1")]),
    ("oraclecloud9.com", &[("mct", "me-dcc-muscat-1")]),
    ("oraclecloud10.com", &[("wga", "ap-dcc-canberra-1")]),
    (
        "oraclecloud14.com",
        &[
            ("ork", "eu-dcc-dublin-1"),
            ("snn", "eu-dcc-dublin-2"),
            ("bgy", "eu-dcc-milan-1"),
            ("mxp", "eu-dcc-milan-2"),
            ("dus", "eu-dcc-rating-1"),
            ("dtm", "eu-dcc-rating-2"),
        ],
    ),
    ("oraclecloud15.com", &[("dac", "ap-dcc-gazipur-1")]),
    ("oraclecloud.eu", &[("str", "eu-frankfurt-2"), ("vll", "eu-madrid-2")]),
    ("oraclecloud20.com", &[("beg", "eu-jovanovac-1")]),
    ("oraclecloud21.com", &[("doh", "me-dcc-doha-1")]),
    ("oraclecloud23.com", &[("ebb", "us-somerset-1"), ("ebl", "us-thames-1")]),
    ("oraclecloud24.com", &[("avf", "eu-crissier-1"), ("avz", "eu-dcc-zurich-1")]),
    ("oraclecloud26.com", &[("ahu", "me-abudhabi-3"), ("rba", "me-alain-1")]),
    ("oraclecloud29.com", &[("rkt", "me-abudhabi-2"), ("shj", "me-abudhabi-4")]),
    ("oraclecloud35.com", &[("bno", "ap-chuncheon-2"), ("dtz", "ap-seoul-2"), ("dln", "ap-suwon-1")]),
    ("oraclecloud42.com", &[("yxj", "us-ashburn-2"), ("pgc", "us-newark-1")]),
    ("oraclecloud51.com", &[("jsk", "eu-budapest-1")]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_leads_to_its_endpoint() {
        for (text, endpoint) in [
            ("eu-frankfurt-1", "https://osms.eu-frankfurt-1.oci.oraclecloud.com"),
            ("FRA", "https://osms.eu-frankfurt-1.oci.oraclecloud.com"),
            ("us-gov-phoenix-1", "https://osms.us-gov-phoenix-1.oci.oraclegovcloud.com"),
            ("ltn", "https://osms.uk-gov-london-1.oci.oraclegovcloud.uk"),
            ("eu-madrid-2", "https://osms.eu-madrid-2.oci.oraclecloud.eu"),
            ("ap-batam-1", "https://osms.ap-batam-1.oci.oraclecloud.com"),
            ("xx-opened-later-1", "https://osms.xx-opened-later-1.oci.oraclecloud.com"),
        ] {
            assert_eq!(Region::parse(text).map(|region| region.endpoint("osms")).as_deref(), Ok(endpoint));
            let hub = Region::parse(text).map(|region| region.endpoint("osmh"));
            assert_eq!(hub, Ok(endpoint.replace("osms", "osmh")));
        }
    }

    #[test]
    fn what_has_no_region_shape_is_refused() {
        for text in ["", "xyz", "frankfurt", "eu-frankfurt", "eu-1", "eu--1", "eu-frank.furt-1", "evil/-x-1"]
        {
            assert_eq!(Region::parse(text), Err(RegionError::Unknown { text: text.to_owned() }));
        }
    }

    #[test]
    fn no_code_or_name_stands_twice() {
        let all: Vec<&str> =
            REALMS.iter().flat_map(|(_, regions)| *regions).flat_map(|(c, n)| [*c, *n]).collect();
        let distinct: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
        assert!(all.iter().all(|name| name.len() == 3 || looks_like_a_name(name)));
    }
}
