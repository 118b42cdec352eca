//! Rich dependencies: `(a or b)`, `(a if b else c)`, `(a with b)` and their like, read and decided as rpm does.

use crate::repodata::Capability;

/// Deeper than any packager nests them.
const DEEPEST: usize = 32;

/// A dependency: one capability, or several under an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rich {
    /// Something that has to be provided.
    One(Capability),
    /// All of them.
    And(Vec<Self>),
    /// Any of them.
    Or(Vec<Self>),
    /// All of them, by one and the same package.
    With(Vec<Self>),
    /// The first by a package that does not provide the second.
    Without(Box<Self>, Box<Self>),
    /// The first where the second holds, else the third, where there is one.
    If(Box<Self>, Box<Self>, Option<Box<Self>>),
    /// The first where the second does not hold, else the third, where there is one.
    Unless(Box<Self>, Box<Self>, Option<Box<Self>>),
}

/// What tells who provides something.
pub(super) trait Providers {
    /// Returns who of those that are looked at provides it, each once.
    fn of(&self, capability: &Capability) -> Vec<usize>;
}

impl Rich {
    /// Reads one; none where it is not of the form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text.trim() };
        let rich = parser.group(0)?;
        parser.rest.trim().is_empty().then_some(rich)
    }

    /// Tells whether it holds.
    pub(super) fn holds(&self, providers: &impl Providers) -> bool {
        let chosen = |condition: bool, then: &Self, other: Option<&Self>, empty: bool| {
            if condition {
                then.holds(providers)
            } else {
                other.map_or(empty, |other| other.holds(providers))
            }
        };
        match self {
            Self::One(capability) => !providers.of(capability).is_empty(),
            Self::And(all) => all.iter().all(|one| one.holds(providers)),
            Self::Or(any) => any.iter().any(|one| one.holds(providers)),
            Self::With(_) | Self::Without(..) => !self.by(providers).is_empty(),
            Self::If(then, condition, other) => {
                chosen(condition.holds(providers), then, other.as_deref(), true)
            }
            // As a requirement it asks for nothing where its condition holds; as a conflict it is none then.
            Self::Unless(then, condition, other) => {
                chosen(!condition.holds(providers), then, other.as_deref(), false)
            }
        }
    }

    /// Returns the packages that fulfil it each by itself.
    fn by(&self, providers: &impl Providers) -> Vec<usize> {
        match self {
            Self::One(capability) => providers.of(capability),
            Self::With(all) => {
                let mut sets = all.iter().map(|one| one.by(providers));
                let first = sets.next().unwrap_or_default();
                sets.fold(first, |common, more| common.into_iter().filter(|one| more.contains(one)).collect())
            }
            Self::Or(any) => any.iter().flat_map(|one| one.by(providers)).collect(),
            Self::Without(one, other) => {
                let not = other.by(providers);
                one.by(providers).into_iter().filter(|one| !not.contains(one)).collect()
            }
            Self::And(_) | Self::If(..) | Self::Unless(..) => Vec::new(),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// Reads what stands in a pair of parentheses.
    fn group(&mut self, depth: usize) -> Option<Rich> {
        if depth > DEEPEST {
            return None;
        }
        self.take("(")?;
        let first = self.operand(depth)?;
        let rich = match self.word() {
            "" => first,
            operator @ ("and" | "or" | "with") => {
                let mut all = vec![first, self.operand(depth)?];
                // The same operator may go on, and no other.
                while !self.is_over() {
                    if self.word() != operator {
                        return None;
                    }
                    all.push(self.operand(depth)?);
                }
                match operator {
                    "and" => Rich::And(all),
                    "or" => Rich::Or(all),
                    _ => Rich::With(all),
                }
            }
            "without" => Rich::Without(Box::new(first), Box::new(self.operand(depth)?)),
            operator @ ("if" | "unless") => {
                let condition = Box::new(self.operand(depth)?);
                let other = match self.word() {
                    "" => None,
                    "else" => Some(Box::new(self.operand(depth)?)),
                    _ => return None,
                };
                let first = Box::new(first);
                if operator == "if" {
                    Rich::If(first, condition, other)
                } else {
                    Rich::Unless(first, condition, other)
                }
            }
            _ => return None,
        };
        self.take(")")?;
        Some(rich)
    }

    fn operand(&mut self, depth: usize) -> Option<Rich> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('(') {
            return self.group(depth + 1);
        }
        let mut text = self.name()?.to_owned();
        let sign = self.rest.trim_start();
        let length = sign.find(|c| !matches!(c, '<' | '>' | '=')).unwrap_or(sign.len());
        if length > 0 {
            self.rest = &sign[length..];
            let version = self.name()?;
            text = format!("{text} {} {version}", &sign[..length]);
        }
        Capability::parse(&text).map(Rich::One)
    }

    /// Reads a name; parentheses in it are in pairs, as in `pkgconfig(zlib)`.
    fn name(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        let mut open = 0_usize;
        let end = self.rest.find(|c: char| match c {
            '(' => {
                open += 1;
                false
            }
            ')' if open == 0 => true,
            ')' => {
                open -= 1;
                false
            }
            c => c.is_whitespace(),
        });
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    /// Reads an operator; empty at the end of the group.
    fn word(&mut self) -> &'a str {
        if self.is_over() { "" } else { self.name().unwrap_or_default() }
    }

    fn is_over(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.starts_with(')')
    }

    fn take(&mut self, what: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(what)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packages, each by what it provides.
    struct Packages(&'static [&'static [&'static str]]);

    impl Providers for Packages {
        fn of(&self, capability: &Capability) -> Vec<usize> {
            let provides = |texts: &[&str]| {
                texts.iter().any(|text| {
                    let has = Capability::parse(text).unwrap();
                    has.name == capability.name && has.overlaps(capability)
                })
            };
            self.0.iter().enumerate().filter(|(_, texts)| provides(texts)).map(|(at, _)| at).collect()
        }
    }

    #[test]
    fn operators_mean_what_rpm_says() {
        let packages = Packages(&[&["a = 1", "lib(x)(64bit)", "both"], &["b = 2", "both"]]);
        for (text, holds) in [
            ("(a and b)", true),
            ("(a and b and c)", false),
            ("(c or b)", true),
            ("(c or d)", false),
            ("(a >= 1 and b < 3)", true),
            ("(a > 1 or c)", false),
            ("(c if d)", true),
            ("(c if a)", false),
            ("(a if b else c)", true),
            ("(c if d else a)", true),
            ("(c if d else e)", false),
            ("(a unless c)", true),
            ("(a unless b)", false),
            ("(c unless a else b)", true),
            ("(a with both)", true),
            ("(a with b)", false),
            ("(both with (a or b))", true),
            ("(both without a)", true),
            ("(a without both)", false),
            ("((a and b) or c)", true),
            ("(lib(x)(64bit) and a)", true),
            ("(c if (a and b))", false),
        ] {
            let rich = Rich::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(rich.holds(&packages), holds, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let deep = "(".repeat(60) + "a" + &")".repeat(60);
        for text in
            ["", "a", "()", "(a", "(a and)", "(a and b or c)", "(a if b if c)", "(a xor b)", "(a) b", &deep]
        {
            assert_eq!(Rich::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_text_nothing_panics(words in proptest::collection::vec(
            proptest::sample::select(vec!["(", ")", " ", "a", "if", "else", "and", "or", "with", "<=", "1:2-3", "\u{e9}", "unless"]), 0..24)
        ) {
            let text = words.concat();
            let _ = Rich::parse(&text);
            let _ = Rich::parse(&format!("({text})"));
            let _ = Rich::parse(&words.join(" "));
        }
    }
}
