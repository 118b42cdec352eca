//! Tables that stand in columns where these fit, and as a short paragraph a row where they do not.

use super::page::{Mark, Page, Tone, columns, pad};

/// A symbol, the cells, and lines of text that stand below them.
type TableRow = (Mark, Vec<String>, Vec<String>);

/// A table being filled. A column in which every cell is empty is not shown.
pub(super) struct Table {
    head: Vec<(&'static str, Side)>,
    rows: Vec<TableRow>,
}

/// On which side the cells of a column stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Table {
    /// Starts a table with these columns; the first names the row.
    pub(super) fn new(head: &[(&'static str, Side)]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, and lines of text that stand below it.
    pub(super) fn row(&mut self, mark: Mark, cells: Vec<String>, below: Vec<String>) {
        self.rows.push((mark, cells, below));
    }

    /// Writes the rows `..shown` of the table; widths are those of the rows written.
    pub(super) fn write(&self, page: &mut Page, indent: usize, shown: usize) {
        let rows = &self.rows[..shown.min(self.rows.len())];
        let width_of = |column: usize| rows.iter().map(|(_, cells, _)| columns(&cells[column])).max();
        let used: Vec<usize> =
            (0..self.head.len()).filter(|column| width_of(*column).unwrap_or(0) > 0).collect();
        let mut widths: Vec<usize> =
            used.iter().map(|c| width_of(*c).unwrap_or(0).max(columns(self.head[*c].0))).collect();
        let total: usize = indent + 2 + widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let excess = total.saturating_sub(page.width());
        if excess > 0 {
            // A few names that are too long (OCIDs) stand on lines of their own; where most are, columns are no help.
            let Some(names) = self.names_within(rows, widths[0].saturating_sub(excess)) else {
                self.write_stacked(page, indent, rows, &used);
                return;
            };
            widths[0] = names;
        }
        let lead = " ".repeat(indent);
        let lay = |cell: &dyn Fn(usize) -> String| {
            let cells: Vec<String> = used
                .iter()
                .zip(&widths)
                .map(|(column, width)| pad(&cell(*column), *width, self.head[*column].1 == Side::Right))
                .collect();
            cells.join("  ")
        };
        let titles = lay(&|column| self.head[column].0.to_owned());
        let titles = page.paint(Tone::Dim, titles.trim_end());
        page.line(&format!("{lead}  {titles}"));
        for (mark, cells, below) in rows {
            let mut symbol = page.paint(mark.1, &mark.0.to_string());
            let alone = columns(&cells[0]) > widths[0];
            if alone {
                page.line(&format!("{lead}{symbol} {}", cells[0]));
                " ".clone_into(&mut symbol);
            }
            let cell =
                |column: usize| if alone && column == 0 { String::new() } else { cells[column].clone() };
            page.line(&format!("{lead}{symbol} {}", lay(&cell)));
            for text in below {
                page.text(indent + 4, indent + 6, text);
            }
        }
    }

    /// Returns the width of the first column when names wider than `limit` are taken out of it; none when fewer than
    /// three quarters of them stay.
    fn names_within(&self, rows: &[TableRow], limit: usize) -> Option<usize> {
        let sizes = rows.iter().map(|(_, cells, _)| columns(&cells[0]));
        let fitting: Vec<usize> = sizes.filter(|size| *size <= limit).collect();
        let title = columns(self.head[0].0);
        let enough = fitting.len() * 4 >= rows.len() * 3 && title <= limit;
        enough.then(|| fitting.into_iter().max().unwrap_or(0).max(title))
    }

    fn write_stacked(&self, page: &mut Page, indent: usize, rows: &[TableRow], used: &[usize]) {
        for (mark, cells, below) in rows {
            let mut first = cells[0].clone();
            // The second column says what the row is about; it needs no title.
            if let Some(second) = cells.get(1).filter(|cell| !cell.is_empty()) {
                first.push_str(": ");
                first.push_str(second);
            }
            page.item(indent, *mark, &first);
            let rest: Vec<String> = used
                .iter()
                .filter(|column| **column > 1 && !cells[**column].is_empty())
                .map(|column| format!("{} {}", self.head[*column].0, cells[*column]))
                .collect();
            if !rest.is_empty() {
                page.text(indent + 4, indent + 4, &rest.join(", "));
            }
            for text in below {
                page.text(indent + 4, indent + 6, text);
            }
        }
    }
}
