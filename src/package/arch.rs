//! The architectures a package can have. A closed list, because a NEVRA is split at its last dot and only a known
//! word behind that dot is an architecture.

use std::fmt;

/// A package architecture, ordered by its spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// `(none)`, which rpm prints for `gpg-pubkey` entries.
    None,
    /// `aarch64`
    Aarch64,
    /// `armv7hl`
    Armv7hl,
    /// `athlon`
    Athlon,
    /// `i386`
    I386,
    /// `i486`
    I486,
    /// `i586`
    I586,
    /// `i686`
    I686,
    /// `noarch`
    Noarch,
    /// `ppc64`
    Ppc64,
    /// `ppc64le`
    Ppc64le,
    /// `s390x`
    S390x,
    /// `x86_64`
    X86_64,
}

const SPELLINGS: [(Arch, &str); 13] = [
    (Arch::None, "(none)"),
    (Arch::Aarch64, "aarch64"),
    (Arch::Armv7hl, "armv7hl"),
    (Arch::Athlon, "athlon"),
    (Arch::I386, "i386"),
    (Arch::I486, "i486"),
    (Arch::I586, "i586"),
    (Arch::I686, "i686"),
    (Arch::Noarch, "noarch"),
    (Arch::Ppc64, "ppc64"),
    (Arch::Ppc64le, "ppc64le"),
    (Arch::S390x, "s390x"),
    (Arch::X86_64, "x86_64"),
];

impl Arch {
    /// Reads an architecture as rpm spells it; `None` for any other word (`src` is not installable).
    pub fn parse(text: &str) -> Option<Self> {
        SPELLINGS.iter().find(|(_, spelling)| *spelling == text).map(|(arch, _)| *arch)
    }

    /// Returns rpm's spelling.
    pub fn as_str(self) -> &'static str {
        SPELLINGS[self as usize].1
    }

    /// Tells whether a machine of the given architecture can run packages of this one: its own, `noarch`, and on
    /// `x86_64` the 32-bit ones. `(none)` runs nowhere: it marks trust keys.
    pub fn runs_on(self, machine: Self) -> bool {
        let thirty_two_bit = matches!(self, Self::I386 | Self::I486 | Self::I586 | Self::I686 | Self::Athlon);
        match self {
            Self::None => false,
            Self::Noarch => true,
            _ => self == machine || (machine == Self::X86_64 && thirty_two_bit),
        }
    }

    /// Returns every known spelling, for hints.
    pub fn spellings() -> impl Iterator<Item = &'static str> {
        SPELLINGS.iter().map(|(_, spelling)| *spelling)
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_stand_in_the_order_of_the_variants() {
        for (index, (arch, spelling)) in SPELLINGS.iter().enumerate() {
            assert_eq!(*arch as usize, index);
            assert_eq!(Arch::parse(spelling), Some(*arch));
            assert_eq!(arch.as_str(), *spelling);
        }
        assert!(SPELLINGS.is_sorted_by_key(|(_, spelling)| *spelling));
        assert_eq!(Arch::parse("src"), None);
    }

    #[test]
    fn a_machine_runs_its_own_and_on_x86_64_the_32_bit_ones() {
        let runs_on = |machine| -> Vec<&str> {
            SPELLINGS
                .iter()
                .filter(|(arch, _)| arch.runs_on(machine))
                .map(|(_, spelling)| *spelling)
                .collect()
        };
        assert_eq!(runs_on(Arch::X86_64), ["athlon", "i386", "i486", "i586", "i686", "noarch", "x86_64"]);
        assert_eq!(runs_on(Arch::Aarch64), ["aarch64", "noarch"]);
    }
}
