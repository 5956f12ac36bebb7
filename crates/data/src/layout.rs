//! How a text is cut into records and cells: delimiters, quotes, blank lines.

use crate::DataError;
use std::borrow::Cow;

/// What separates the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// Runs of spaces and tabs.
    Blanks,
}

impl Delimiter {
    fn separates(self, byte: u8) -> bool {
        match self {
            Self::Comma => byte == b',',
            Self::Semicolon => byte == b';',
            Self::Tab => byte == b'\t',
            Self::Blanks => byte == b' ' || byte == b'\t',
        }
    }
}

/// How many records are looked at to find the delimiter.
const SNIFFED_RECORDS: usize = 100;

/// The delimiter of a text, and the text after Excel's `sep=;` line if there is one.
///
/// A candidate must occur in the header; among those the one wins whose cell count most records share with the header (or exceed by
/// one, as under R's row names), then the one with more cells. Blanks are tried when no other candidate occurs.
pub(crate) fn sniff(text: &str) -> (Delimiter, Option<Delimiter>) {
    let first = text.lines().next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(rest) = first.strip_prefix("sep=") {
        let declared = match rest {
            ";" => Some(Delimiter::Semicolon),
            "," => Some(Delimiter::Comma),
            "" | "\t" => Some(Delimiter::Tab),
            _ => None,
        };
        if let Some(delimiter) = declared {
            return (delimiter, Some(delimiter));
        }
    }
    let mut best = (0, 0, Delimiter::Comma);
    for delimiter in [Delimiter::Tab, Delimiter::Semicolon, Delimiter::Comma] {
        if let Some((agreeing, cells)) = agreement(text, delimiter)
            && (agreeing, cells) > (best.0, best.1)
        {
            best = (agreeing, cells, delimiter);
        }
    }
    if best.0 > 0 {
        return (best.2, None);
    }
    match agreement(text, Delimiter::Blanks) {
        // A single column whose name has a blank in it is not a table with blanks between the cells.
        Some((agreeing, _)) if agreeing > 1 => (Delimiter::Blanks, None),
        _ => (Delimiter::Comma, None),
    }
}

/// How many of the first records have as many cells as the header (or one more), and how many cells it has; `None` for one cell.
fn agreement(text: &str, delimiter: Delimiter) -> Option<(usize, usize)> {
    let mut records = Records::new(text, delimiter);
    let mut header = 0;
    let mut agreeing = 0;
    for seen in 0..SNIFFED_RECORDS {
        // A quote without an end is told later, by the pass that reads everything.
        let Ok(Some((_, cells))) = records.next() else {
            break;
        };
        if seen == 0 {
            header = cells.len();
        }
        agreeing += usize::from(cells.len() == header || cells.len() == header + 1);
    }
    (header > 1).then_some((agreeing, header))
}

/// The line that a record starts on, from 1, and its cells.
pub(crate) type Record<'r, 'a> = (usize, &'r [Cow<'a, str>]);

/// The records of a text, one after the other, without a copy of what needs no unescaping.
///
/// A quote at the start of a cell opens it and a doubled quote inside stands for one; delimiters and line ends inside count as text.
/// Lines end with LF, CRLF or CR. Lines that hold nothing but blanks are skipped.
pub(crate) struct Records<'a> {
    text: &'a str,
    delimiter: Delimiter,
    at: usize,
    line: usize,
    cells: Vec<Cow<'a, str>>,
}

impl<'a> Records<'a> {
    pub(crate) fn new(text: &'a str, delimiter: Delimiter) -> Self {
        Self { text, delimiter, at: 0, line: 1, cells: Vec::new() }
    }

    /// Skips the rest of the line.
    pub(crate) fn skip_line(&mut self) {
        while self.at < self.text.len() && !self.line_end() {
            self.at += 1;
        }
        self.pass_line_end();
    }

    /// The line (from 1) and the cells of the next record, `None` at the end.
    ///
    /// # Errors
    /// [`DataError::UnclosedQuote`].
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_, 'a>>, DataError> {
        self.skip_blank_lines();
        if self.at == self.text.len() {
            return Ok(None);
        }
        let line = self.line;
        self.cells.clear();
        loop {
            self.skip_blanks();
            if self.delimiter == Delimiter::Blanks && (self.at == self.text.len() || self.line_end()) {
                break;
            }
            let cell = self.cell()?;
            self.cells.push(cell);
            if self.at == self.text.len() || self.line_end() {
                break;
            }
            self.at += 1;
        }
        self.pass_line_end();
        Ok(Some((line, &self.cells)))
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes()[self.at]
    }

    fn line_end(&self) -> bool {
        matches!(self.byte(), b'\n' | b'\r')
    }

    fn pass_line_end(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        if !rest.is_empty() {
            self.at += if rest.starts_with(b"\r\n") { 2 } else { 1 };
            self.line += 1;
        }
    }

    /// Passes spaces (and tabs, where they do not separate) before a cell.
    fn skip_blanks(&mut self) {
        while self.at < self.text.len()
            && matches!(self.byte(), b' ' | b'\t')
            && (self.delimiter == Delimiter::Blanks || !self.delimiter.separates(self.byte()))
        {
            self.at += 1;
        }
    }

    fn skip_blank_lines(&mut self) {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            match rest.get(blanks) {
                // A line of tabs in a tab-separated text is a row of empty cells.
                _ if self.delimiter == Delimiter::Tab && rest[..blanks].contains(&b'\t') => return,
                Some(b'\n' | b'\r') => {
                    self.at += blanks;
                    self.pass_line_end();
                }
                Some(_) => return,
                None => {
                    self.at += blanks;
                    return;
                }
            }
        }
    }

    /// The cell that starts here; stops at the delimiter, the line end or the end of the text.
    fn cell(&mut self) -> Result<Cow<'a, str>, DataError> {
        if self.at < self.text.len() && self.byte() == b'"' {
            return self.quoted();
        }
        Ok(Cow::Borrowed(self.bare().trim_end()))
    }

    fn bare(&mut self) -> &'a str {
        let start = self.at;
        let stop = |&byte: &u8| self.delimiter.separates(byte) || byte == b'\n' || byte == b'\r';
        let rest = &self.text.as_bytes()[start..];
        self.at = start + rest.iter().position(stop).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>, DataError> {
        let opened = self.line;
        let mut cell = Cow::Borrowed("");
        loop {
            self.at += 1;
            let start = self.at;
            let rest = &self.text.as_bytes()[start..];
            let Some(length) = rest.iter().position(|&byte| byte == b'"') else {
                return Err(DataError::UnclosedQuote { line: opened });
            };
            self.line += line_ends(&rest[..length]);
            self.at = start + length + 1;
            append(&mut cell, &self.text[start..start + length]);
            if rest.get(length + 1) != Some(&b'"') {
                break;
            }
            append(&mut cell, "\"");
        }
        // What stands between the closing quote and the delimiter belongs to the cell.
        append(&mut cell, self.bare().trim_end());
        Ok(cell)
    }
}

fn append<'a>(cell: &mut Cow<'a, str>, text: &'a str) {
    if cell.is_empty() {
        *cell = Cow::Borrowed(text);
    } else if !text.is_empty() {
        cell.to_mut().push_str(text);
    }
}

fn line_ends(bytes: &[u8]) -> usize {
    let carriage_only = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|&at| bytes[at] == b'\n' || carriage_only(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, delimiter: Delimiter) -> Vec<(usize, Vec<String>)> {
        let mut records = Records::new(text, delimiter);
        let mut all = Vec::new();
        while let Some((line, cells)) = records.next().unwrap() {
            all.push((line, cells.iter().map(|cell| cell.to_string()).collect()));
        }
        all
    }

    #[test]
    fn records_and_lines() {
        assert_eq!(
            cut("a,b\r\n\r\n1,\"x\ny\"\n \n\"say \"\"hi\"\"\" , \"\"\n,\n", Delimiter::Comma),
            [
                (1, vec!["a".into(), "b".into()]),
                (3, vec!["1".into(), "x\ny".into()]),
                (6, vec!["say \"hi\"".into(), String::new()]),
                (7, vec![String::new(), String::new()]),
            ]
        );
        assert_eq!(
            cut("  a\t b \n\"x y\" 2", Delimiter::Blanks),
            [(1, vec!["a".into(), "b".into()]), (2, vec!["x y".into(), "2".into()])]
        );
        assert_eq!(cut("a\tb\n\t\n1\t2", Delimiter::Tab).len(), 3);
        assert_eq!(cut("a,b\r1,2\r", Delimiter::Comma).len(), 2);
    }

    #[test]
    fn unclosed_quotes_are_told() {
        let mut records = Records::new("a,b\n1,\"2\n3,4\n", Delimiter::Comma);
        records.next().unwrap();
        assert!(matches!(records.next(), Err(DataError::UnclosedQuote { line: 2 })));
    }

    #[test]
    fn delimiters() {
        assert_eq!(sniff("a,b\n1,2\n").0, Delimiter::Comma);
        assert_eq!(sniff("a;b\n1,5;2,5\n").0, Delimiter::Semicolon);
        assert_eq!(sniff("a\tb c\n1\t2\n").0, Delimiter::Tab);
        assert_eq!(sniff("a  b\n1 2\n").0, Delimiter::Blanks);
        assert_eq!(sniff("\"a\" \"b\"\n\"1\" 3 4\n").0, Delimiter::Blanks);
        assert_eq!(sniff("\"x;1\",y\n1,2\n").0, Delimiter::Comma);
        assert_eq!(sniff("my score\n12\n13\n").0, Delimiter::Comma);
        assert_eq!(sniff("sep=;\na;b\n").1, Some(Delimiter::Semicolon));
    }
}
