//! Percent-encoding as Oracle's SDKs do it: everything but unreserved characters is escaped, in path segments and in
//! query values alike. The request line is signed as sent, so there must be one way to write it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters. `+` and `:` of package names are escaped, `~` is not (seen on the wire).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Escapes one path segment, query name or query value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// Writes `a=b&c=d`, escaped, in the order given.
pub fn query_string(pairs: &[(&'static str, String)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.extend(utf8_percent_encode(value, ESCAPED));
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_seen_on_the_wire() {
        for (text, escaped) in [
            ("gcc-c++-1:8.5.0-4.0.1.el8_5.x86_64", "gcc-c%2B%2B-1%3A8.5.0-4.0.1.el8_5.x86_64"),
            ("gcc-c++-1:8.5~rc.x86_64", "gcc-c%2B%2B-1%3A8.5~rc.x86_64"),
            ("AAA+/=B", "AAA%2B%2F%3DB"),
            ("a b", "a%20b"),
            ("1^git", "1%5Egit"),
            ("ü'()*", "%C3%BC%27%28%29%2A"),
            ("ocid1.instance.oc1..a_b-c", "ocid1.instance.oc1..a_b-c"),
        ] {
            assert_eq!(encode(text), escaped);
        }
    }

    #[test]
    fn a_query_keeps_its_order() {
        assert_eq!(query_string(&[]), "");
        let pairs = [("page", "AAA+/=B".to_owned()), ("limit", "1000".to_owned())];
        assert_eq!(query_string(&pairs), "page=AAA%2B%2F%3DB&limit=1000");
    }
}
