//! Lines and nested values as text in the canonical form.

use super::tree::{Entry, Line, Nest, Pair, Value};

const INDENT: usize = 4;
/// Between a value and the comment behind it; as wide as an indent, so that comments stand in a column of their own.
const BEFORE_COMMENT: &str = "    ";

/// Lays out a file.
pub(super) fn document(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    for block in blocks(lines) {
        match block {
            Block::Blank => text.push('\n'),
            Block::Comment(comment) => text.extend([comment, "\n"]),
            Block::Header(header, comment) => {
                text.push_str(header);
                finish(&mut text, *comment);
            }
            Block::Pairs(pairs) => pairs_of(&mut text, &pairs),
        }
    }
    text
}

/// What is laid out as a whole.
enum Block<'b, 't> {
    Blank,
    Comment(&'t str),
    Header(&'b str, &'b Option<&'t str>),
    /// Consecutive settings.
    Pairs(Vec<&'b Pair<'t>>),
}

/// Puts empty lines where they belong, and consecutive settings together.
fn blocks<'b, 't>(lines: &'b [Line<'t>]) -> Vec<Block<'b, 't>> {
    let mut blocks: Vec<Block<'b, 't>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::Blank => {
                let next = lines[at..].iter().find(|line| !matches!(line, Line::Blank));
                let below_header = matches!(blocks.last(), Some(Block::Header(..)));
                let needless = matches!(blocks.last(), None | Some(Block::Blank))
                    || next.is_none()
                    || (below_header && matches!(next, Some(Line::Pair(_))));
                if !needless {
                    blocks.push(Block::Blank);
                }
            }
            Line::Comment(comment) => {
                let rest = lines[at..].iter().find(|line| !matches!(line, Line::Comment(_)));
                let first = !matches!(blocks.last(), Some(Block::Comment(_)));
                if first && matches!(rest, Some(Line::Header { .. })) {
                    part(&mut blocks);
                }
                blocks.push(Block::Comment(comment));
            }
            Line::Header { text, comment } => {
                if !matches!(blocks.last(), Some(Block::Comment(_))) {
                    part(&mut blocks);
                }
                blocks.push(Block::Header(text, comment));
            }
            Line::Pair(pair) => match blocks.last_mut() {
                Some(Block::Pairs(pairs)) => pairs.push(pair),
                _ => blocks.push(Block::Pairs(vec![pair])),
            },
        }
    }
    blocks
}

/// Ends a table with an empty line, if there is not one already.
fn part(blocks: &mut Vec<Block<'_, '_>>) {
    if !matches!(blocks.last(), None | Some(Block::Blank)) {
        blocks.push(Block::Blank);
    }
}

/// A laid-out setting or element that may carry a comment.
struct Row<'t> {
    text: String,
    comment: Option<&'t str>,
}

impl Row<'_> {
    fn is_single(&self) -> bool {
        !self.text.contains('\n')
    }
}

/// Lays out consecutive settings: those on one line align with their neighbours of the same kind.
fn pairs_of(text: &mut String, pairs: &[&Pair<'_>]) {
    let values: Vec<String> = pairs.iter().map(|pair| value(&pair.value, 0)).collect();
    let rows: Vec<(&Pair<'_>, String)> = pairs.iter().copied().zip(values).collect();
    for run in rows.chunk_by(|(_, one), (_, other)| one.contains('\n') == other.contains('\n')) {
        let single = run.iter().all(|(_, value)| !value.contains('\n'));
        let widest = run.iter().map(|(pair, _)| pair.key.chars().count()).max().unwrap_or_default();
        let width = if single { widest } else { 0 };
        let row = |(pair, value): &(&Pair<'_>, String)| format!("{:<width$} = {value}", pair.key);
        let rows = run.iter().map(|pair| Row { text: row(pair), comment: pair.0.comment });
        aligned(text, &rows.collect::<Vec<_>>());
    }
}

/// Writes rows with their comments, those of consecutive single lines in one column.
fn aligned(text: &mut String, rows: &[Row<'_>]) {
    let column = |row: &Row<'_>| row.comment.is_some() && row.is_single();
    for run in rows.chunk_by(|one, other| column(one) && column(other)) {
        let widest = run.iter().map(|row| row.text.chars().count()).max().unwrap_or_default();
        for row in run {
            text.push_str(&row.text);
            if column(row) {
                text.extend(std::iter::repeat_n(' ', widest - row.text.chars().count()));
            }
            finish(text, row.comment);
        }
    }
}

fn finish(text: &mut String, comment: Option<&str>) {
    if let Some(comment) = comment {
        text.extend([BEFORE_COMMENT, comment]);
    }
    text.push('\n');
}

/// Lays out a value that begins on a line indented by so much; without a newline at the end.
fn value(value: &Value<'_>, indent: usize) -> String {
    match value {
        Value::Scalar(text) => (*text).to_owned(),
        Value::Nest(nest) if nest.broken && !is_empty(nest) => broken(nest, indent),
        Value::Nest(nest) => unbroken(nest, indent),
    }
}

/// Tells whether nothing but empty lines stands between the brackets.
fn is_empty(nest: &Nest<'_>) -> bool {
    nest.comment.is_none() && nest.entries.iter().all(|entry| matches!(entry, Entry::Blank))
}

fn brackets(nest: &Nest<'_>) -> (&'static str, &'static str) {
    if nest.is_table { ("{", "}") } else { ("[", "]") }
}

fn element(key: Option<&str>, inner: &Value<'_>, indent: usize) -> String {
    let text = value(inner, indent);
    key.map_or_else(|| text.clone(), |key| format!("{key} = {text}"))
}

fn unbroken(nest: &Nest<'_>, indent: usize) -> String {
    let elements: Vec<String> = nest
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Element { key, value, comment: _ } => Some(element(key.as_deref(), value, indent)),
            Entry::Blank | Entry::Comment(_) => None,
        })
        .collect();
    let (open, close) = brackets(nest);
    let space = if nest.is_table && !elements.is_empty() { " " } else { "" };
    [open, space, &elements.join(", "), space, close].concat()
}

fn broken(nest: &Nest<'_>, indent: usize) -> String {
    let (open, close) = brackets(nest);
    let inner = indent + INDENT;
    let margin = " ".repeat(inner);
    let mut text = open.to_owned();
    finish(&mut text, nest.comment);
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut blank = false;
    let mut first = true;
    for entry in &nest.entries {
        if matches!(entry, Entry::Blank) {
            // Written once something follows, so that none stands at either end and no two in a row.
            blank = !first;
            continue;
        }
        if std::mem::take(&mut blank) {
            aligned(&mut text, &std::mem::take(&mut rows));
            text.push('\n');
        }
        first = false;
        match entry {
            Entry::Element { key, value, comment } => {
                let element = element(key.as_deref(), value, inner);
                rows.push(Row { text: format!("{margin}{element},"), comment: *comment });
            }
            Entry::Comment(comment) => {
                aligned(&mut text, &std::mem::take(&mut rows));
                text.extend([&margin, *comment, "\n"]);
            }
            Entry::Blank => {}
        }
    }
    aligned(&mut text, &rows);
    text.push_str(&" ".repeat(indent));
    text.push_str(close);
    text
}
