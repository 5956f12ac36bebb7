//! The document that every rendering but JSON and CSV is made of: facts, tables and remarks in reading order.

/// A report in reading order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    /// What the report is about.
    pub(crate) title: String,
    /// Its sections.
    pub(crate) sections: Vec<Section>,
}

/// A part of the document under a heading.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    /// Heading.
    pub(crate) title: String,
    /// Content in order.
    pub(crate) blocks: Vec<Content>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Names with their values in words.
    Facts(Vec<(String, String)>),
    /// A sentence.
    Paragraph(String),
    /// Sentences of equal rank.
    Remarks(Vec<Remark>),
    /// Numbers.
    Table(Table),
}

/// A finding about the data or the solution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Remark {
    /// `note`, `warning` or `error`.
    pub(crate) severity: &'static str,
    /// What was found.
    pub(crate) message: String,
    /// How to mend it, one sentence each.
    pub(crate) hints: Vec<String>,
}

/// A table whose parts share their columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    /// Headings of the columns of numbers (the first column, the names, has none).
    pub(crate) columns: Vec<String>,
    /// The parts.
    pub(crate) parts: Vec<Part>,
}

/// Rows under a common title.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// Title.
    pub(crate) title: String,
    /// Rows.
    pub(crate) lines: Vec<Line>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    /// A name that the rows below share, such as `visual =~`.
    Heading(String),
    /// A name and its numbers; a cell without content is empty.
    Cells {
        /// Whether it stands under a heading.
        nested: bool,
        /// What the numbers belong to.
        name: String,
        /// The user's label, printed behind the name; empty without.
        label: String,
        /// One per column.
        cells: Vec<String>,
    },
}

impl Line {
    /// A row that stands by itself.
    pub(crate) fn plain(name: impl Into<String>, cells: Vec<String>) -> Self {
        Line::Cells { nested: false, name: name.into(), label: String::new(), cells }
    }
}

impl Part {
    /// Whether any row has something in this column.
    pub(crate) fn uses(&self, column: usize) -> bool {
        self.lines.iter().any(|line| match line {
            Line::Heading(_) => false,
            Line::Cells { cells, .. } => cells.get(column).is_some_and(|cell| !cell.is_empty()),
        })
    }
}

impl Table {
    /// The same table without the columns that are empty in every row.
    pub(crate) fn without_empty_columns(mut self) -> Self {
        let used: Vec<bool> =
            (0..self.columns.len()).map(|column| self.parts.iter().any(|part| part.uses(column))).collect();
        let keep = |values: &mut Vec<String>| {
            let mut at = 0;
            values.retain(|_| {
                at += 1;
                used.get(at - 1).copied().unwrap_or(false)
            });
        };
        keep(&mut self.columns);
        for line in self.parts.iter_mut().flat_map(|part| &mut part.lines) {
            if let Line::Cells { cells, .. } = line {
                keep(cells);
            }
        }
        self
    }
}
