//! The module streams of a set of packages.

use std::collections::BTreeSet;

use super::ModuleName;

/// Which module streams a set has its modular packages from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams(BTreeSet<(Box<str>, Box<str>)>);

impl Streams {
    /// Reads them off a manifest's `module` lines, each `NAME:STREAM[:VERSION:CONTEXT]`.
    pub fn of_lines<L: AsRef<str>>(lines: impl IntoIterator<Item = L>) -> Self {
        let split = |line: L| {
            let mut parts = line.as_ref().split(':');
            Some((parts.next()?.into(), parts.next()?.into()))
        };
        Self(lines.into_iter().filter_map(split).collect())
    }

    /// Tells whether the set has packages of the stream.
    pub fn has(&self, name: &ModuleName) -> bool {
        self.stream_of(&name.module).any(|stream| stream == &*name.stream)
    }

    /// Returns the streams of a module: one, where all is well.
    pub fn stream_of<'a>(&'a self, module: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let of = move |(known, stream): &'a (Box<str>, Box<str>)| (&**known == module).then_some(&**stream);
        self.0.iter().filter_map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_read_off_the_lines_of_a_manifest() {
        let streams = Streams::of_lines(["perl:5.26", "php:7.3:8020020200715124551:ceb1cf90", "broken"]);
        let has = |module: &str, stream: &str| {
            streams.has(&ModuleName { module: module.into(), stream: stream.into() })
        };
        assert!(has("perl", "5.26") && has("php", "7.3"));
        assert!(!has("perl", "5.30") && !has("broken", ""));
        assert_eq!(streams.stream_of("php").collect::<Vec<_>>(), ["7.3"]);
    }
}
