//! What all Markdown has in common: tables as GitHub has them, and texts that nothing in them can turn into more.
//!
//! What is escaped is spelled by its number: that holds in a paragraph, in a cell and in HTML alike, where a backslash holds
//! in the first alone. GitHub looks for people to notify after Markdown is read, when neither of them is left; it
//! passes over what is code, and so an `@` is.

use super::words::clean;

/// Escapes whatever Markdown or the HTML in it could make of a text, and whatever GitHub could take for somebody's name or
/// an issue's number.
pub(super) fn escaped(text: &str) -> String {
    spelled(text, true)
}

/// Returns a name as code. In a heading, a paragraph, a cell and a list alike.
pub(super) fn code(text: &str) -> String {
    let text = clean(text);
    let plain = |c: char| c.is_alphanumeric() || " ._-/:+=,()@#%^;~".contains(c);
    // A span of code may hold anything but backticks, and in a cell no bar; what begins with a blank loses it.
    let whole = !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ');
    if whole && text.chars().all(plain) { format!("`{text}`") } else { tag(&text) }
}

/// Returns a name as code where only HTML is read, as in the summary of what folds.
pub(super) fn tag(text: &str) -> String {
    format!("<code>{}</code>", spelled(text, false))
}

fn spelled(text: &str, apart: bool) -> String {
    let text = clean(text);
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.as_str().chars().next().unwrap_or(' ');
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' if apart => escaped.push_str("<code>&#64;</code>"),
            '#' if apart => escaped.push_str("<code>&#35;</code>"),
            // Within a word it marks nothing, and many names have it.
            '_' if before.is_alphanumeric() && next.is_alphanumeric() => escaped.push('_'),
            // What would be taken for an address.
            ':' if next != '/' => escaped.push(':'),
            '.' if !before.eq_ignore_ascii_case(&'w') => escaped.push('.'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '@' | '#' | '$' | ':' | '.' => {
                escaped.extend(["&#", &u32::from(c).to_string(), ";"]);
            }
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// Links to a page. An address that is not one of the web's is only shown.
pub(super) fn link(text: &str, address: &str) -> String {
    let web = address.starts_with("https://") || address.starts_with("http://");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
    match web && address.chars().all(plain) {
        // In angle brackets nothing in it ends it, and the plain characters let it be in a cell.
        true => format!("[{}](<{address}>)", escaped(text)),
        false => format!("{}: {}", escaped(text), code(address)),
    }
}

/// Writes lines between fences that none of them can be taken for.
pub(super) fn fenced(lines: &mut Vec<String>, language: &str, content: &[String]) {
    let runs = content.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    lines.push(format!("{fence}{language}"));
    lines.extend(content.iter().map(|line| clean(line).into_owned()));
    lines.push(fence);
}

/// Begins a table: text columns, then figures.
pub(super) fn head(lines: &mut Vec<String>, texts: &[&str], figures: &[&str]) {
    let titles: Vec<&str> = texts.iter().chain(figures).copied().collect();
    lines.push(format!("| {} |", titles.join(" | ")));
    lines.push(format!("|{}{}", "---|".repeat(texts.len()), "---:|".repeat(figures.len())));
}

/// Writes a row of cells, which are escaped already.
pub(super) fn row<S: AsRef<str>>(lines: &mut Vec<String>, cells: impl IntoIterator<Item = S>) {
    let mut line = "|".to_owned();
    for cell in cells {
        line.extend([" ", cell.as_ref(), " |"]);
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_and_cannot_end_it() {
        for (name, expected) in [
            ("web-01", "`web-01`"),
            ("@octocat", "`@octocat`"),
            ("a|b", "<code>a&#124;b</code>"),
            ("a`b", "<code>a&#96;b</code>"),
            ("<b>", "<code>&lt;b&gt;</code>"),
            ("", "<code></code>"),
            (" x", "<code> x</code>"),
            ("a\nb", "<code>a&#92;u{a}b</code>"),
        ] {
            assert_eq!(code(name), expected);
        }
    }

    #[test]
    fn sentences_stay_sentences() {
        for (text, expected) in [
            ("el8_6 of web.", "el8_6 of web."),
            ("_a_ *b*", "&#95;a&#95; &#42;b&#42;"),
            ("ask @octocat, see #12", "ask <code>&#64;</code>octocat, see <code>&#35;</code>12"),
            ("http://x www.x", "http&#58;//x www&#46;x"),
            ("[a](b) <i>", "&#91;a&#93;(b) &lt;i&gt;"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let mut lines = Vec::new();
        fenced(&mut lines, "diff", &["+ a```` b".to_owned(), "- \u{202e}".to_owned()]);
        assert_eq!(lines, ["`````diff", "+ a```` b", "- \\u{202e}", "`````"]);
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(
            link("the plan", "https://ci.example/7?a=b#c"),
            "[the plan](<https://ci.example/7?a=b#c>)"
        );
        assert_eq!(link("the plan", "javascript:alert(1)"), "the plan: `javascript:alert(1)`");
        assert_eq!(link("x", "https://a b>|"), "x: <code>https&#58;//a b&gt;&#124;</code>");
    }
}
