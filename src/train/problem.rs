//! What is wrong with a file, in a form that a terminal, JSON or an editor can show. Left out: finding it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// One thing wrong with a train file or a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The bytes it is about; none for the whole file.
    pub span: Option<Range<usize>>,
    /// The line, from 1; 0 where there is no span.
    pub line: usize,
    /// The column in characters, from 1; 0 where there is no span.
    pub column: usize,
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Everything wrong with a set of files, sorted by file and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The problems.
    pub list: Vec<Problem>,
    /// The texts that they are about, for excerpts.
    sources: BTreeMap<PathBuf, Arc<Source>>,
}

impl Problems {
    /// Renders each problem with file, line, column, the line of the file with its cause underlined, and the hint;
    /// an empty line between two. Colour, if asked for, is ANSI's and only repeats what signs say.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let rendered = self.list.iter().map(|problem| self.render_one(problem, &renderer));
        rendered.collect::<Vec<String>>().join("\n")
    }

    fn render_one(&self, problem: &Problem, renderer: &Renderer) -> String {
        let path = problem.file.to_string_lossy();
        let mut group = Group::with_title(Level::ERROR.primary_title(&*problem.message));
        group = match (&problem.span, self.sources.get(&problem.file)) {
            (Some(span), Some(source)) => {
                // One line is shown, so that the cost does not grow with the file.
                let (line, text) = source.line_of(span.start);
                let shown =
                    span.start - line..span.end.clamp(span.start, (line + text.len()).max(span.start)) - line;
                let annotation = AnnotationKind::Primary.span(shown);
                group.element(
                    Snippet::source(covered(text)).path(path).line_start(problem.line).annotation(annotation),
                )
            }
            _ => group.element(Origin::path(path)),
        };
        if let Some(hint) = &problem.hint {
            group = group.element(Level::HELP.message(annotate_snippets::normalize_untrusted_str(hint)));
        }
        renderer.render(&[group]) + "\n"
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut files: Vec<&Path> = self.list.iter().map(|problem| problem.file.as_path()).collect();
        files.sort_unstable();
        files.dedup();
        let problems = if self.list.len() == 1 { "problem" } else { "problems" };
        match &files[..] {
            [file] => write!(f, "{} {problems} in `{}`", self.list.len(), file.display()),
            files => write!(f, "{} {problems} in {} files", self.list.len(), files.len()),
        }
    }
}

impl std::error::Error for Problems {}

/// A file's text, with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl Source {
    pub(super) fn new(file: &Path, text: String) -> Arc<Self> {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Self { file: file.to_owned(), text, lines })
    }

    /// Returns line and column of a byte, both from 1, the column in characters.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at);
        let before = self.text.get(self.lines[line - 1]..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Returns where the line of a byte starts, and its text without the line end.
    fn line_of(&self, at: usize) -> (usize, &str) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines[line - 1];
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        (start, self.text[start..end].trim_end_matches('\r'))
    }
}

/// Collects the problems of all files of one load.
#[derive(Default)]
pub(super) struct Report {
    problems: Problems,
}

impl Report {
    /// Records a problem at a place of a file; an empty hint is none.
    pub(super) fn at(
        &mut self,
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let (line, column) = source.position(span.start);
        let file = source.file.clone();
        self.problems.sources.entry(file.clone()).or_insert_with(|| Arc::clone(source));
        let (message, hint) = (message.into(), Some(hint.into()).filter(|hint| !hint.is_empty()));
        self.problems.list.push(Problem { file, span: Some(span), line, column, message, hint });
    }

    /// Records a problem of a whole file.
    pub(super) fn whole(&mut self, file: &Path, message: impl Into<String>, hint: impl Into<String>) {
        let (message, hint) = (message.into(), Some(hint.into()).filter(|hint| !hint.is_empty()));
        self.problems.list.push(Problem {
            file: file.to_owned(),
            span: None,
            line: 0,
            column: 0,
            message,
            hint,
        });
    }

    /// Tells whether nothing is wrong so far.
    pub(super) fn is_clean(&self) -> bool {
        self.problems.list.is_empty()
    }

    /// Hands over the problems by file and place; the same problem is told once.
    pub(super) fn into_problems(self) -> Problems {
        let Problems { mut list, sources } = self.problems;
        let place = |problem: &Problem| problem.span.as_ref().map(|span| (span.start, span.end));
        list.sort_by(|a, b| (&a.file, place(a), &a.message).cmp(&(&b.file, place(b), &b.message)));
        list.dedup();
        Problems { list, sources }
    }
}

/// Covers what nobody should see, byte by byte, so that places stay what they are: an excerpt goes into logs.
fn covered(text: &str) -> Cow<'_, str> {
    match without_users(text) {
        Cow::Borrowed(text) => without_passphrases(text),
        Cow::Owned(text) => Cow::Owned(without_passphrases(&text).into_owned()),
    }
}

/// Covers what somebody has given as a passphrase, in place of the variable that holds it.
fn without_passphrases(text: &str) -> Cow<'_, str> {
    const KEY: &str = "passphrase";
    let mut shown = Cow::Borrowed(text);
    for (at, _) in text.match_indices(KEY) {
        let key = text[..at].rfind(|letter: char| !is_of_name(letter)).map_or(0, |before| before + 1);
        let rest = &text[at..];
        let value = at + rest.find(|letter: char| !is_of_name(letter)).unwrap_or(rest.len());
        let key = text.get(key..value).unwrap_or_default();
        let Some(given) = text[value..].trim_start_matches(['"', '\'', ' ', '\t']).strip_prefix('=') else {
            continue;
        };
        let given = given.trim_start();
        let Some(quote) = given.chars().next().filter(|quote| ['"', '\''].contains(quote)) else { continue };
        let given = &given[1..];
        let end = given.find(quote).unwrap_or(given.len());
        if key != "passphrase_env" || !given[..end].chars().all(is_of_name) {
            let begin = text.len() - given.len();
            shown.to_mut().replace_range(begin..begin + end, &"*".repeat(end));
        }
    }
    shown
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Covers users and passwords in URLs.
fn without_users(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(text);
    for (at, start) in text.match_indices("://") {
        let begin = at + start.len();
        let rest = &text[begin..];
        let end = rest.find(['/', '"', '\'']).unwrap_or(rest.len());
        if let Some(user) = rest[..end].rfind('@') {
            shown.to_mut().replace_range(begin..begin + user, &"*".repeat(user));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_covers_users_and_passwords_and_moves_nothing() {
        for (text, shown) in [
            ("osms = \"http://me:pw@host:1/x\" # a@b", "osms = \"http://*****@host:1/x\" # a@b"),
            ("a = 'https://m\u{e9}@p@h', b = \"http://u@h\"", "a = 'https://*****@h', b = \"http://*@h\""),
            ("a = \"http://host/a@b\"", "a = \"http://host/a@b\""),
            ("http://", "http://"),
        ] {
            assert_eq!(covered(text), shown);
            assert_eq!(covered(text).len(), text.len());
        }
    }

    #[test]
    fn an_excerpt_covers_what_was_given_as_a_passphrase() {
        for (text, shown) in [
            (
                "encryption = { passphrase_env = \"THE_NAME\" }",
                "encryption = { passphrase_env = \"THE_NAME\" }",
            ),
            ("passphrase_env = \"not a name\" # x", "passphrase_env = \"**********\" # x"),
            ("a = { passphrase = 'NAME', b = \"c\" }", "a = { passphrase = '****', b = \"c\" }"),
            ("\"passphrase\"=\"\u{e9}t\u{e9}", "\"passphrase\"=\"*****"),
            ("my_passphrase = 'x'", "my_passphrase = '*'"),
            ("passphrase = 5", "passphrase = 5"),
            ("passphrase", "passphrase"),
        ] {
            assert_eq!(covered(text), shown);
        }
    }
}
