//! The names of the parts of a group that are groups of the service of their own: `web/1`, `web/2`. Left out: which groups
//! have any, and who is in which, which is the planner's.

use super::{GroupName, NameError};

impl GroupName {
    /// Returns the name of one wave of this group, from 1.
    pub fn of_wave(&self, wave: u32) -> Self {
        Self::new(&format!("{self}/{wave}"))
    }

    /// Checks what a person wrote of a group, or of one wave of it.
    pub fn parse_wave(text: &str) -> Result<Self, NameError> {
        let spelled = Self::new(text);
        Self::parse(spelled.whole().as_str()).map(|_| spelled)
    }

    /// Returns which wave of a group this is the name of, where it is that.
    pub fn wave(&self) -> Option<u32> {
        self.parts().map(|(_, wave)| wave)
    }

    /// Returns the name of the group that it is a wave of, or its own.
    pub fn whole(&self) -> Self {
        self.parts().map_or_else(|| self.clone(), |(whole, _)| Self::new(whole))
    }

    /// Tells whether it is a group's name, or that of a wave of the group.
    pub fn is_of(&self, whole: &Self) -> bool {
        self == whole || self.parts().is_some_and(|(of, _)| of == whole.as_str())
    }

    fn parts(&self) -> Option<(&str, u32)> {
        let (whole, wave) = self.as_str().rsplit_once('/')?;
        let wave: u32 = wave.parse().ok().filter(|wave| *wave > 0)?;
        (!whole.is_empty()).then_some((whole, wave))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_goes_by_its_group_and_number() {
        let web = GroupName::new("web");
        let third = web.of_wave(3);
        assert_eq!((third.as_str(), third.wave(), third.whole()), ("web/3", Some(3), web.clone()));
        assert_eq!((web.wave(), web.whole()), (None, web.clone()));
        for (name, is_of) in
            [("web", true), ("web/12", true), ("web/0", false), ("web-2/1", false), ("web/x", false)]
        {
            assert_eq!(GroupName::new(name).is_of(&web), is_of, "{name}");
        }
        assert!(GroupName::parse(third.as_str()).is_err());
        assert_eq!(GroupName::parse_wave("web/3"), Ok(third));
        for wrong in ["web/x", "web/0", "/1", "a b/1"] {
            assert!(GroupName::parse_wave(wrong).is_err(), "{wrong}");
        }
    }
}
