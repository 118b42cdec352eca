//! Reading a manifest: every problem of the text in one pass, each with its place and the way out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::{Digest, HEADER_KEYS, KernelPolicy, Manifest};
use crate::name;
use crate::package::{Arch, NevraError, Package, PackageSet};

/// One thing wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes it is about, in [`Reading::text`].
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What reading a manifest found out, problems or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The text; bytes that are not UTF-8 are replaced (and told as a problem), so that it can be shown.
    pub text: String,
    /// What could be read. Complete if there is no problem.
    pub manifest: Manifest,
    /// Where each package stands, in file order.
    pub packages: Vec<(Package, Range<usize>)>,
    /// Where the value of the `release` header stands.
    pub release: Option<Range<usize>>,
    /// Everything that is wrong, by place.
    pub problems: Vec<Problem>,
}

/// Reads a manifest and collects every problem.
pub fn read(bytes: &[u8]) -> Reading {
    let text = String::from_utf8_lossy(bytes);
    let mut reader =
        Reader { valid_utf8: matches!(text, std::borrow::Cow::Borrowed(_)), ..Reader::default() };
    let mut start = 0;
    if text.starts_with(BOM) {
        start = BOM.len_utf8();
        reader.problem(0..start, "the file starts with a byte order mark", "save it as UTF-8 without one");
    }
    for line in text[start..].split_inclusive('\n') {
        reader.number += 1;
        reader.line(line, start);
        start += line.len();
    }
    let reading = reader.finish(&text);
    Reading { text: text.into_owned(), ..reading }
}

const BOM: char = '\u{feff}';
const HEADER_FORM: &str = "a header line is `# key: value`; remarks go into `# note: ...` lines";

#[derive(Default)]
struct Reader<'t> {
    valid_utf8: bool,
    /// The line being read, from 1.
    number: usize,
    manifest: Manifest,
    packages: Vec<(Package, Range<usize>)>,
    release: Option<Range<usize>>,
    digest: Option<(Digest, Range<usize>, usize)>,
    header_lines: HashMap<&'static str, usize>,
    /// Non-comment lines with their numbers, as they stand.
    content: Vec<(&'t str, usize)>,
    content_lines: HashMap<&'t str, usize>,
    /// How many lines end in CR LF, and the first of them.
    carriage_returns: usize,
    first_carriage_return: Option<(Range<usize>, usize)>,
    /// How many lines stand after one that is greater, and the first of them.
    unsorted: usize,
    first_unsorted: Option<(Range<usize>, usize, String)>,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn problem(&mut self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        let line = self.number.max(1);
        self.problems.push(Problem { span, line, message: message.into(), hint });
    }

    fn line(&mut self, raw: &'t str, start: usize) {
        let mut line = raw.strip_suffix('\n').unwrap_or(raw);
        if raw.len() == line.len() {
            let end = start + line.len();
            self.problem(
                end..end,
                "the last line does not end in a newline",
                "the digest is of whole lines: add it",
            );
        }
        if let Some(stripped) = line.strip_suffix('\r') {
            line = stripped;
            self.carriage_returns += 1;
            let place = start + line.len()..start + line.len() + 1;
            self.first_carriage_return.get_or_insert((place, self.number));
        }
        if !self.valid_utf8
            && let Some(bad) = line.find(char::REPLACEMENT_CHARACTER)
        {
            let span = start + bad..start + bad + char::REPLACEMENT_CHARACTER.len_utf8();
            return self.problem(
                span,
                "the line is not UTF-8",
                "package names are ASCII: save the file as UTF-8",
            );
        }
        let span = start..start + line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return self.problem(span, "the line is empty", "delete it: a manifest has one spelling");
        }
        if trimmed.len() < line.len() {
            self.problem(span, "the line has white space at an end", format!("write `{trimmed}`"));
        }
        let start = start + (line.len() - line.trim_start().len());
        match trimmed.strip_prefix('#') {
            Some(comment) => self.comment(comment, start),
            None => self.content(trimmed, start),
        }
    }

    fn comment(&mut self, comment: &str, start: usize) {
        let span = start..start + 1 + comment.len();
        if !self.content.is_empty() {
            return self.problem(
                span,
                "a comment stands among the packages",
                "header lines stand before the first package",
            );
        }
        let parts = comment.strip_prefix(' ').and_then(|rest| {
            let (key, value) = rest.split_once(':')?;
            Some((key, value.strip_prefix(' ').unwrap_or(value)))
        });
        let Some((key, value)) = parts else {
            return self.problem(span, "the line is not `# key: value`", HEADER_FORM);
        };
        let key_span = start + 2..start + 2 + key.len();
        let value_span = span.end - value.len()..span.end;
        let Some((known, repeatable)) = HEADER_KEYS.iter().find(|(known, _)| *known == key).copied() else {
            let hint = match name::nearest(key, HEADER_KEYS.map(|(known, _)| known)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "known are {}; remarks go into `# note: ...` lines",
                    HEADER_KEYS.map(|(known, _)| format!("`{known}`")).join(", ")
                ),
            };
            return self.problem(key_span, format!("unknown header key `{key}`"), hint);
        };
        match self.header_lines.entry(known) {
            Entry::Occupied(first) if !repeatable => {
                let message = format!("`{key}` stands in the header twice, first on line {}", first.get());
                return self.problem(key_span, message, "keep one of the two");
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(vacant) => {
                vacant.insert(self.number);
            }
        }
        if value.trim().is_empty() {
            return self.problem(key_span, format!("`{key}` has no value"), "write one, or delete the line");
        }
        if value.trim_start() != value || comment.len() != 1 + key.len() + 2 + value.len() {
            let message = format!("`{key}:` and its value are not parted by one space");
            return self.problem(span, message, format!("write `# {key}: {}`", value.trim()));
        }
        self.header(known, value, value_span);
        self.manifest.header.push((key.to_owned(), value.to_owned()));
    }

    /// Checks the value of a known header key.
    fn header(&mut self, key: &str, value: &str, span: Range<usize>) {
        match key {
            "release" => self.release = Some(span),
            "digest" => match value.parse::<Digest>() {
                Ok(digest) => self.digest = Some((digest, span, self.number)),
                Err(error) => self.problem(span, error.to_string(), DIGEST_HINT),
            },
            "frozen at" if value.parse::<jiff::Timestamp>().is_err() => {
                let message = format!("`{value}` is not a time");
                self.problem(span, message, "write it as RFC 3339 has it: `2026-12-05T02:00:00Z`");
            }
            "kernel policy" if KernelPolicy::of_word(value).is_none() => {
                let message = format!("`{value}` is not a kernel policy");
                self.problem(span, message, "expected `running`, `newest` or `all`");
            }
            "stream" => {
                if let Some(error) = stream_error(value) {
                    let message = format!("`{}` says nothing of a stream: {error}", shown(value));
                    self.problem(
                        span,
                        message,
                        "write `# stream: NAME:STREAM LABEL...`, with labels as `f0897f98`",
                    );
                }
            }
            _ => {}
        }
    }

    fn content(&mut self, line: &'t str, start: usize) {
        let span = start..start + line.len();
        if let Some((before, _)) = self.content.last()
            && line.as_bytes() < before.as_bytes()
        {
            self.unsorted += 1;
            let before = (*before).to_owned();
            self.first_unsorted.get_or_insert((span.clone(), self.number, before));
        }
        self.content.push((line, self.number));
        if let Some(first) = self.content_lines.insert(line, self.number) {
            self.content_lines.insert(line, first);
            let message = format!("`{}` stands in the manifest twice, first on line {first}", shown(line));
            return self.problem(span, message, "delete one of the two lines");
        }
        match line.split_once(' ') {
            Some(("module", module)) => match module_error(module) {
                None => self.manifest.modules.push(module.to_owned()),
                Some(error) => self.problem(
                    start + "module ".len()..span.end,
                    format!("`{}` is not a module: {error}", shown(module)),
                    "a module line is `module NAME:STREAM` or `module NAME:STREAM:VERSION:CONTEXT`",
                ),
            },
            Some(("key", key)) if is_key(key) => self.manifest.keys.push(key.to_owned()),
            Some(("key", key)) => self.problem(
                start + "key ".len()..span.end,
                format!("`{}` is not a key id", shown(key)),
                "a key line is `key ID`: 8, 16, 40 or 64 lower-case hex digits, as in `key 82562ea9`",
            ),
            Some((word, _)) => {
                let hint = match name::nearest(word, ["module", "key"]) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "a line is a NEVRA, `module NAME:STREAM` or `key ID`".to_owned(),
                };
                self.problem(start..start + word.len(), format!("unknown word `{}`", shown(word)), hint);
            }
            None => self.package(line, span),
        }
    }

    fn package(&mut self, line: &str, span: Range<usize>) {
        let package = match Package::parse(line) {
            Ok(package) => package,
            Err(error) => return self.problem(span, error.to_string(), nevra_hint(line, &error)),
        };
        if package.arch() == Arch::None {
            let hint = match is_key(package.version()) {
                true => format!("write `key {}`", package.version()),
                false => "only trust keys have it, and those are `key ID` lines".to_owned(),
            };
            let message = format!("`{line}` cannot be installed: its architecture is `(none)`");
            return self.problem(span, message, hint);
        }
        self.packages.push((package, span));
    }

    fn finish(mut self, text: &str) -> Reading {
        let lines = |count: usize| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
        if let Some((span, line)) = self.first_carriage_return.take() {
            let verb = if self.carriage_returns == 1 { "ends" } else { "end" };
            self.number = line;
            let message = format!("{} {verb} in CR LF, this is the first", lines(self.carriage_returns));
            self.problem(
                span,
                message,
                "save the file with LF line ends: the digest is of lines that end in LF",
            );
        }
        if let Some((span, line, before)) = self.first_unsorted.take() {
            let message = match self.unsorted {
                1 => format!("the line belongs before `{}`", shown(&before)),
                more => {
                    format!("{more} lines are not in order; this one belongs before `{}`", shown(&before))
                }
            };
            self.number = line;
            self.problem(span, message, "sort the lines below the header as `LC_ALL=C sort` does");
        }
        if self.content.is_empty() && self.problems.is_empty() {
            let (message, hint) = match text.is_empty() {
                true => ("the file is empty", "a manifest holds a NEVRA a line"),
                false => {
                    ("the manifest holds no package", "a release without packages binds nobody to anything")
                }
            };
            self.number = 1;
            self.problem(0..0, message, hint);
        }
        if let Some((stated, span, line)) = self.digest.take()
            && self.valid_utf8
        {
            let mut lines: Vec<&str> = self.content.iter().map(|(line, _)| *line).collect();
            lines.sort_unstable();
            let found = Digest::of_lines(lines);
            if found != stated {
                self.number = line;
                let message = "the digest is not that of the content";
                let hint = format!(
                    "the content's is `{found}`; a release in use never changes: restore the lines, or make a new release"
                );
                self.problem(span, message, hint);
            }
        }
        let Self { mut manifest, packages, release, mut problems, .. } = self;
        manifest.packages = PackageSet::new(packages.iter().map(|(package, _)| *package).collect());
        manifest.modules.sort_unstable();
        manifest.keys.sort_unstable();
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        Reading { text: String::new(), manifest, packages, release, problems }
    }
}

const DIGEST_HINT: &str = "`grep -v '^#' FILE | sha256sum` prints the hex digits";

/// A piece of a line, short enough for a message.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{}...", cut.escape_debug()) } else { cut.escape_debug().to_string() }
}

/// Says what is wrong with `NAME:STREAM[:VERSION:CONTEXT]`.
pub(in crate::package) fn module_error(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    if !matches!(parts.len(), 2 | 4) {
        return Some(format!("it has {} of 2 or 4 parts", parts.len()));
    }
    for (part, what) in parts.iter().zip(["name", "stream", "version", "context"]) {
        let allowed = |c: char| match what {
            "version" => c.is_ascii_digit(),
            _ => c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'),
        };
        if part.is_empty() {
            return Some(format!("the {what} is missing"));
        }
        if !part.chars().all(allowed) {
            return Some(format!("`{part}` is no {what}"));
        }
    }
    None
}

/// Says what is wrong with `NAME:STREAM LABEL...`.
pub(in crate::package) fn stream_error(text: &str) -> Option<String> {
    let mut words = text.split(' ');
    let stream = words.next().unwrap_or_default();
    if let Some(error) = module_error(stream) {
        return Some(error);
    }
    if stream.split(':').count() != 2 {
        return Some("its version and context belong into the `module` line".to_owned());
    }
    let mut labels = words.peekable();
    if labels.peek().is_none() {
        return Some("it has no label".to_owned());
    }
    labels.find(|label| !is_label(label)).map(|label| format!("`{label}` is no label"))
}

/// Tells whether a text is what the releases of a module's packages end in.
pub(in crate::package) fn is_label(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Tells whether a text names a trust key: a short or long id or a fingerprint, and, as rpm's own `gpg-pubkey` entries
/// have it, the time of its making behind a dash.
pub(in crate::package) fn is_key(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let (id, made) = text.split_once('-').unwrap_or((text, "00000000"));
    matches!(id.len(), 8 | 16 | 40 | 64) && made.len() == 8 && hex(id) && hex(made)
}

/// The way out of a malformed NEVRA: the likely spelling where one can be told.
fn nevra_hint(line: &str, error: &NevraError) -> String {
    const FORM: &str = "expected `name-[epoch:]version-release.arch`";
    let repaired = |text: String| match Package::parse(&text) {
        Ok(_) => format!("write `{text}`"),
        Err(_) => FORM.to_owned(),
    };
    match error {
        NevraError::Architecture { found, .. } => match found.as_str() {
            "rpm" => repaired(line.trim_end_matches(".rpm").to_owned()),
            "src" | "nosrc" => "source packages cannot be installed: leave it out".to_owned(),
            _ => match name::nearest(found, Arch::spellings()) {
                Some(near) => repaired(format!("{}{near}", line.trim_end_matches(found.as_str()))),
                None => format!("{FORM}, with an architecture as `x86_64`, `i686`, `aarch64` or `noarch`"),
            },
        },
        NevraError::Epoch { epoch, .. } if !epoch.is_empty() && epoch.bytes().all(|b| b == b'0') => {
            repaired(line.replacen(&format!("-{epoch}:"), "-", 1))
        }
        // yum printed the epoch in front of the name.
        NevraError::Character { character, part: "name", .. } if character == ":" => {
            let moved = line.split_once(':').and_then(|(epoch, rest)| {
                let release = rest.rfind('-')?;
                let version = rest[..release].rfind('-')? + 1;
                let epoch = if epoch == "0" { String::new() } else { format!("{epoch}:") };
                Some(format!("{}{epoch}{}", &rest[..version], &rest[version..]))
            });
            moved.map_or_else(|| FORM.to_owned(), repaired)
        }
        NevraError::Part { .. }
        | NevraError::Epoch { .. }
        | NevraError::Character { .. }
        | NevraError::Length { .. } => FORM.to_owned(),
    }
}
