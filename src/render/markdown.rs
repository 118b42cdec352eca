//! What all Markdown has in common: tables as GitHub has them, and texts that nothing in them can turn into more.

use super::words::clean;

/// Escapes whatever Markdown or the HTML in it could make of a text.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' | '>'
            | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
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
