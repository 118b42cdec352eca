//! The marks of a comment that no reader sees: the one by which CI finds it again, and its figures, which the next one is
//! compared with.

use crate::plan::Figures;

/// What stands before the name of the train in the first line.
const PLAN: &str = "<!-- patchtrain:plan:";
/// What stands before the figures.
const FIGURES: &str = "<!-- patchtrain:figures:";
const END: &str = " -->";
/// Characters of a train's name in its mark: more than a train file may give it.
const NAME: usize = 100;

/// Returns the first line, by which CI finds the comment of a train. Every name that a train file may have stands in it as it
/// is: CI looks for the comment of a train also where there is no plan, and so nothing that would tell it the line.
pub(super) fn plan(train: &str) -> String {
    // A saved plan can name anything; nothing of it may end the mark. Two dashes do not: only a `>` right behind them would.
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = train.chars().take(NAME).map(plain).collect();
    format!("{PLAN}{name}{END}")
}

/// Returns the figures as a line.
pub(super) fn figures(figures: &Figures) -> String {
    format!("{FIGURES}{}{END}", serde_json::to_string(figures).unwrap_or_default())
}

/// Reads the figures of a train's comment from a text that may hold anything; none where there are none.
pub(super) fn read(text: &str, train: &str) -> Option<Figures> {
    let (_, below) = text.split_once(&plan(train))?;
    let own = below.split(PLAN).next()?;
    let (_, figures) = own.split_once(FIGURES)?;
    let (figures, _) = figures.split_once(END)?;
    serde_json::from_str(figures.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TrainName;

    #[test]
    fn no_name_ends_the_mark() {
        for name in ["great-linux", "a--b", "x --> y", "--", "\n", "a---", ""] {
            let mark = plan(name);
            assert_eq!(mark.matches(['<', '>', '\n']).count(), 2, "{mark}");
            assert!(mark.starts_with(PLAN) && mark.ends_with(END), "{mark}");
        }
    }

    #[test]
    fn a_train_s_name_stands_in_its_mark_as_it_is() {
        let longest = "a".repeat(64);
        for name in ["great-linux", "a--b", "a---", "A.b_c", &longest] {
            assert!(TrainName::parse(name).is_ok(), "{name}");
            assert_eq!(plan(name), format!("<!-- patchtrain:plan:{name} -->"));
        }
        assert!(TrainName::parse(&"a".repeat(65)).is_err());
    }

    #[test]
    fn figures_come_back_from_the_train_s_own_comment() {
        let of = |add| Figures { add, ..Figures::default() };
        let text =
            format!("talk\r\n{}\r\n{}\r\n\n{}\n{}\n", plan("a"), figures(&of(1)), plan("b"), figures(&of(2)));
        assert_eq!(read(&text, "a"), Some(of(1)));
        assert_eq!(read(&text, "b"), Some(of(2)));
        assert_eq!(read(&text, "c"), None);
        // Another build may have figures more, or less.
        let other = format!("{}{FIGURES}{{\"add\":3,\"news\":[1]}}{END}", plan("a"));
        assert_eq!(read(&other, "a"), Some(of(3)));
        for broken in ["", "{}x", "{\"add\":-1}", "{\"add\":\"<b>\"}", "[", "{\"add\":1e99}"] {
            assert_eq!(read(&format!("{}{FIGURES}{broken}{END}", plan("a")), "a"), None, "{broken}");
        }
        assert_eq!(read(&format!("{}{FIGURES}{{}}", plan("a")), "a"), None);
    }
}
