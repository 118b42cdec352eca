//! The query of a request: decoded, checked against what the operation declares, and read as types.

use percent_encoding::percent_decode_str;

use super::fail::Failure;

/// The parameters of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

/// How a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    /// By time of creation.
    Created,
    /// By display name.
    Name,
}

impl Query {
    /// Decodes and checks a raw query: every parameter declared, none twice unless it may, all there that must be.
    pub(crate) fn parse(raw: &str, declared: &str) -> Result<Self, Failure> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        let is = |known: &str, name: &str| known.split(['*', '!', '=']).next() == Some(name);
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode_field(name)?, decode_field(value)?);
            let Some(known) = declared.split(' ').find(|known| is(known, &name)) else {
                return Err(Failure::invalid(format!("unknown query parameter {name}")));
            };
            if !known.contains('*') && parameters.iter().any(|(known, _)| *known == name) {
                return Err(Failure::invalid(format!("query parameter {name} stands twice")));
            }
            if let Some((_, words)) = known.split_once('=')
                && !words.split(',').any(|word| word == value)
            {
                return Err(Failure::invalid(format!("{name} is {value}; known are {words}")));
            }
            parameters.push((name, value));
        }
        let given = |name: &str| parameters.iter().any(|(known, value)| is(name, known) && !value.is_empty());
        match declared.split(' ').find(|name| name.contains('!') && !given(name)) {
            Some(name) => Err(Failure::missing(name.trim_end_matches(['*', '!']))),
            None => Ok(Self(parameters)),
        }
    }

    /// Returns all values of a parameter that may stand several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + Clone {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter that is true or false.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        Ok(self.word(name, &["true", "false"])?.map(|word| word == "true"))
    }

    /// Returns a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| Failure::missing(name))
    }

    /// Returns a parameter that must be one of a few words.
    pub(crate) fn word(&self, name: &str, words: &[&str]) -> Result<Option<&str>, Failure> {
        match self.get(name) {
            Some(value) if !words.contains(&value) => {
                Err(Failure::invalid(format!("{name} is {value}; known are {}", words.join(", "))))
            }
            value => Ok(value),
        }
    }

    /// Returns how many rows are wanted at most.
    pub(crate) fn limit(&self, default: usize, largest: usize) -> Result<usize, Failure> {
        let Some(text) = self.get("limit") else { return Ok(default) };
        let limit = text.parse().ok().filter(|limit| (1..=largest).contains(limit));
        limit.ok_or_else(|| Failure::invalid(format!("limit is {text}; it must be from 1 to {largest}")))
    }

    /// Returns the sorting and whether it descends: by creation and descending unless asked otherwise, by name
    /// ascending, as documented.
    pub(crate) fn sorting(&self) -> Result<(Sorting, bool), Failure> {
        let sorting = match self.word("sortBy", &["TIMECREATED", "DISPLAYNAME"])? {
            Some("DISPLAYNAME") => Sorting::Name,
            _ => Sorting::Created,
        };
        let descends = match self.word("sortOrder", &["ASC", "DESC"])? {
            None => sorting == Sorting::Created,
            Some(order) => order == "DESC",
        };
        Ok((sorting, descends))
    }

    /// The same of OS Management Hub, whose words for it differ from list to list and have been checked.
    pub(crate) fn hub_sorting(&self) -> Result<(Sorting, bool), Failure> {
        let sorting = match self.get("sortBy") {
            Some(word) if !word.starts_with("time") => Sorting::Name,
            _ => Sorting::Created,
        };
        let descends = match self.word("sortOrder", &["ASC", "DESC"])? {
            None => sorting == Sorting::Created,
            Some(order) => order == "DESC",
        };
        Ok((sorting, descends))
    }

    /// Returns everything that says which rows are wanted and in which order, for the page token.
    pub(crate) fn identity(&self) -> String {
        let relevant = self.0.iter().filter(|(name, _)| name != "page" && name != "limit");
        let mut pairs: Vec<String> = relevant.map(|(name, value)| format!("{name}={value}")).collect();
        pairs.sort_unstable();
        pairs.join("&")
    }
}

/// Decodes a name or a value of a query, where a bare `+` is a blank: Oracle's SDK for Python sends blanks so.
fn decode_field(text: &str) -> Result<String, Failure> {
    decode(&text.replace('+', " "))
}

/// Decodes `%XX`; a bare `+` of a path is a plus, as RFC 3986 has it.
pub(crate) fn decode(text: &str) -> Result<String, Failure> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Failure::invalid(format!("{text} is not UTF-8 when decoded")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_only_declared_ones_pass() {
        let query = Query::parse("limit=10&displayName=gcc-c%2B%2B%20x", "displayName limit").unwrap();
        assert_eq!(query.get("displayName"), Some("gcc-c++ x"));
        let form = Query::parse("displayName=Oracle+Linux+8+%2B", "displayName").unwrap();
        assert_eq!(form.get("displayName"), Some("Oracle Linux 8 +"), "as forms have it");
        assert_eq!(query.limit(50, 1000), Ok(10));
        assert_eq!(Query::parse("", "limit").unwrap().limit(50, 1000), Ok(50));
        for (raw, message) in [
            ("limitt=1", "unknown query parameter limitt"),
            ("limit=1&limit=2", "query parameter limit stands twice"),
        ] {
            assert_eq!(Query::parse(raw, "limit page"), Err(Failure::invalid(message)));
        }
        let several = Query::parse("name=a&name=b", "name* limit").unwrap();
        assert_eq!(several.all("name").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(Query::parse("x=", "x! y"), Err(Failure::missing("x")));
        assert!(Query::parse("sortBy=name", "sortBy=name,timeCreated").is_ok());
        assert!(Query::parse("sortBy=names", "sortBy=name,timeCreated").is_err());
        for bad in ["0", "1001", "x", "-1", ""] {
            assert!(
                Query::parse(&format!("limit={bad}"), "limit").unwrap().limit(50, 1000).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn names_ascend_and_times_descend_unless_asked() {
        for (raw, expected) in [
            ("", (Sorting::Created, true)),
            ("sortBy=TIMECREATED&sortOrder=ASC", (Sorting::Created, false)),
            ("sortBy=DISPLAYNAME", (Sorting::Name, false)),
            ("sortBy=DISPLAYNAME&sortOrder=DESC", (Sorting::Name, true)),
        ] {
            assert_eq!(Query::parse(raw, "sortBy sortOrder").unwrap().sorting(), Ok(expected));
        }
        assert!(Query::parse("sortBy=name", "sortBy").unwrap().sorting().is_err());
    }
}
