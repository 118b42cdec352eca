//! What people can do with what lies in a place: other things with a file than with an object or a row.

/// What a place is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// Files of a folder.
    Files,
    /// Objects of a bucket.
    Objects,
    /// Rows of a database.
    Rows,
}

impl Ways {
    /// Says how what was there before is had back: the beginning of a sentence.
    pub fn restore(self) -> &'static str {
        match self {
            Self::Files => "Restore it from version control",
            Self::Objects => "Put an earlier version of the object back, where the bucket keeps versions",
            Self::Rows => "Restore it from a dump of the database",
        }
    }

    /// Says how something is put out of the way.
    pub fn remove(self, what: &str) -> String {
        match self {
            Self::Files => format!("move {what} away"),
            Self::Objects | Self::Rows => format!("delete {what}, once there is a copy"),
        }
    }

    /// Says how something that lies there becomes a file, which is what `state push` takes; nothing of what is one.
    pub fn fetch(self) -> Option<&'static str> {
        match self {
            Self::Files => None,
            Self::Objects => Some("`oci os object get` makes a file of an object"),
            Self::Rows => Some("`psql` makes a file of a row: docs/state.md says what its content is"),
        }
    }
}
