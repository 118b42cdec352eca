//! A source file as the architecture tests see it: comments and literals blanked, what only tests compile left out,
//! and the top-level modules of the crate that the rest mentions. Not a parser; its own tests say what it knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file.
pub(super) struct Source {
    /// Relative to the package.
    pub(super) path: String,
    /// As it is.
    pub(super) text: String,
    /// The same length in lines: comments, literals and test code blanked.
    code: String,
    /// The modules from the crate's root to this file: `["plan", "planner"]`.
    modules: Vec<String>,
    /// Files that this one declares for tests only, without extension.
    test_files: Vec<PathBuf>,
}

impl Source {
    /// Reads all files under a folder that are compiled into the product.
    pub(super) fn all(folder: &Path) -> Vec<Self> {
        let every = Self::every(folder);
        let tests: BTreeSet<PathBuf> = every.iter().flat_map(|source| source.test_files.clone()).collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let is_test = |source: &Self| {
            root.join(&source.path).with_extension("").ancestors().any(|path| tests.contains(path))
        };
        every.into_iter().filter(|source| !is_test(source)).collect()
    }

    /// Reads all files under a folder, sorted by path.
    pub(super) fn every(folder: &Path) -> Vec<Self> {
        let mut paths = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("the checkout is readable") {
                let path = entry.expect("the checkout is readable").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    paths.push(path);
                }
            }
        }
        paths.sort();
        let read = |path: &PathBuf| Self::new(path, fs::read_to_string(path).expect("a source is UTF-8"));
        paths.iter().map(read).collect()
    }

    fn new(path: &Path, text: String) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let relative = path.strip_prefix(root).unwrap_or(path);
        let stem = relative.with_extension("");
        let mut modules: Vec<String> =
            stem.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
        if modules.last().is_some_and(|last| last == "mod") {
            modules.pop();
        }
        let mut code = blank(&text);
        let is_root =
            ["mod", "lib", "main"].iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
        let beside = if is_root { path.parent().unwrap_or(path).to_owned() } else { path.with_extension("") };
        let test_files = cut_tests(&mut code).into_iter().map(|module| beside.join(module)).collect();
        Self { path: relative.display().to_string(), text, code, modules, test_files }
    }

    /// Returns the top-level module.
    pub(super) fn module(&self) -> &str {
        self.modules.first().map_or("", String::as_str)
    }

    /// Returns the lines, from 1, whose code holds a text.
    pub(super) fn lines_with<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.lines().zip(1..).filter(move |(line, _)| line.contains(text)).map(|(_, number)| number)
    }

    /// Returns the lines, from 1, of code whose literals hold a text. A line that is all comment or test has no code.
    pub(super) fn lines_saying<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        let lines = self.code.lines().zip(self.text.lines()).zip(1..);
        lines.filter(move |((code, said), _)| !code.trim().is_empty() && said.contains(text)).map(|(_, n)| n)
    }

    /// Returns the top-level modules that the code mentions, each with the line, from 1: by `crate::`, by as many
    /// `super::` as lead to the root, and in `main` by the crate's name.
    pub(super) fn mentions(&self) -> Vec<(usize, String)> {
        let up = "super::".repeat(self.modules.len().max(1));
        let own_name = if self.module() == "main" { "patchtrain::" } else { "crate::" };
        let mut found = Vec::new();
        for root in ["crate::", &up, own_name] {
            for (place, _) in self.code.match_indices(root) {
                let before = self.code[..place].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                    continue;
                }
                let line = self.code[..place].matches('\n').count() + 1;
                found.extend(roots(&self.code[place + root.len()..]).into_iter().map(|name| (line, name)));
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Returns the first segments of what follows `crate::`: one name, or those of a `{...}` list.
fn roots(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = rest.trim_start().strip_prefix('{') else { return vec![name(rest)] };
    let mut depth = 0;
    let mut names = vec![name(list)];
    for (place, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[place + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Blanks comments and the insides of literals, line breaks kept.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, blanked) = match token(rest) {
            Some(length) => ("", &rest[..length]),
            None => (&rest[..first.len_utf8()], ""),
        };
        code.push_str(kept);
        code.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[kept.len() + blanked.len()..];
    }
    code
}

/// Returns the length of the comment or literal that the text begins with.
fn token(text: &str) -> Option<usize> {
    let until =
        |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(until("*/", 2));
    }
    let hashes = text.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes.filter(|hashes| text[1 + hashes..].starts_with('"')) {
        return Some(until(&format!("\"{}", "#".repeat(hashes)), hashes + 2));
    }
    let escaped = |quote: char| {
        let mut characters = text.char_indices().skip(1);
        while let Some((place, c)) = characters.next() {
            match c {
                '\\' => {
                    characters.next();
                }
                c if c == quote => return place + 1,
                _ => {}
            }
        }
        text.len()
    };
    let mut ahead = text.chars();
    match (ahead.next(), ahead.next(), ahead.next()) {
        (Some('"'), ..) => Some(escaped('"')),
        // A lifetime has no closing quote two characters on.
        (Some('\''), Some('\\'), _) => Some(escaped('\'')),
        (Some('\''), Some(c), Some('\'')) => Some(2 + c.len_utf8()),
        _ => None,
    }
}

/// Blanks items under `#[cfg(test)]`, and returns the modules among them that are files of their own.
fn cut_tests(code: &mut String) -> Vec<String> {
    let mut files = Vec::new();
    while let Some(start) = code.find("#[cfg(test)]") {
        let item = &code[start..];
        let end = item.find(['{', ';']).unwrap_or(item.len());
        let (head, length) =
            if item[end..].starts_with('{') { (end, block(item, end)) } else { (end, end + 1) };
        if item[end..].starts_with(';') {
            let module = item[..head].rsplit("mod ").next().unwrap_or_default();
            files.push(module.trim().to_owned());
        }
        let blanked: String =
            item[..length.min(item.len())].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(start..start + length.min(code.len() - start), &blanked);
    }
    files
}

/// Returns where the block that opens at `open` has closed.
fn block(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (place, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + place + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Reads a text as the file of a module.
#[cfg(test)]
fn example(path: &str, text: &str) -> Source {
    Source::new(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path), text.to_owned())
}

#[test]
fn mentions_are_found_however_they_are_written() {
    let text = r##"//! See [`crate::cli`].
use crate::{name::{Ocid, GroupName}, op::Op};
use crate::plan;
/* crate::cloud */ fn f<'a>(x: &'a str) -> crate::state::State { "crate::render" }
const C: char = '"'; type T = crate::observed::Observed;
const R: &str = r#"a " crate::apply"#;
use super::super::train::Train; use super::order;
#[cfg(test)]
mod tests { use crate::simulator; fn g() { {} } }
fn after() { $crate::oci::x() }
"##;
    let found: Vec<(usize, String)> = example("src/plan/planner.rs", text).mentions();
    let expected =
        [(2, "name"), (2, "op"), (3, "plan"), (4, "state"), (5, "observed"), (7, "train"), (10, "oci")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_owned())));
    assert_eq!(
        example("src/main.rs", "fn main() { patchtrain::cli::main() }").mentions(),
        [(1, "cli".to_owned())]
    );
}

#[test]
fn files_declared_for_tests_are_known() {
    let text = "mod journal;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\npub(crate) mod testing;\nfn f() {}\n";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, beside) in
        [("src/state/mod.rs", "src/state"), ("src/observed.rs", "src/observed"), ("src/a/b.rs", "src/a/b")]
    {
        let source = example(path, text);
        assert_eq!(source.test_files, [root.join(beside).join("tests"), root.join(beside).join("testing")]);
        assert_eq!(source.lines_with("fn f()").collect::<Vec<_>>(), [6]);
        assert_eq!(source.module(), source.path.split(['/', '.']).nth(1).unwrap());
    }
}
