//! Long tables. The script makes their heads into buttons and adds filters; what it needs to know stands in `data-`
//! attributes: how a column sorts (`n` by number, `t` by text, `k` by the key of each cell), and whether its few values are
//! worth a list to choose from.

use super::{Attribute, Html};

/// A column: its head, how it sorts, and whether it can be chosen from.
pub(in crate::render) struct Column(
    pub(in crate::render) &'static str,
    pub(in crate::render) Sort,
    pub(in crate::render) bool,
);

/// What a column sorts by.
#[derive(Clone, Copy)]
pub(in crate::render) enum Sort {
    /// The number in each cell.
    Number,
    /// Its text.
    Text,
    /// Its key.
    Key,
}

/// Begins a table whose rows are so many of something.
pub(in crate::render) fn begin(html: &mut Html, class: &'static str, label: &str, columns: &[Column]) {
    html.open("div", &[("class", &"scroll")]);
    html.open("table", &[("class", &class), ("aria-label", &label), ("data-rows", &label)]);
    html.open("thead", &[]);
    html.open("tr", &[]);
    for Column(name, sort, choose) in columns {
        let (sort, class) = match sort {
            Sort::Number => ("n", "n"),
            Sort::Text => ("t", ""),
            Sort::Key => ("k", ""),
        };
        let mut attributes: Vec<Attribute<'_>> = vec![("scope", &"col"), ("data-sort", &sort)];
        if !class.is_empty() {
            attributes.push(("class", &class));
        }
        if *choose {
            attributes.push(("data-choose", &""));
        }
        html.element("th", &attributes, name);
    }
    html.end("tr");
    html.end("thead");
    html.open("tbody", &[]);
}

/// Ends it.
pub(in crate::render) fn end(html: &mut Html) {
    html.close("tbody");
    html.close("table");
    html.end("div");
}
