//! Delimited text to typed columns.

use crate::encoding::decode;
use crate::layout::{Delimiter, Records, sniff};
use crate::table::{Column, DataTable, NumericColumn, columns_by_name};
use crate::{DataError, DataNote};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Cells that always count as missing: empty, R's, SAS's, SPSS's and spreadsheets' marks.
const MISSING: [&str; 11] = ["", "NA", "NaN", "nan", "N/A", "#N/A", "#NULL!", "NULL", "null", ".", "-"];

/// The mark between a number's whole and fractional part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// How to read a delimited text. The default finds everything by itself.
#[derive(Debug, Clone, Default)]
pub struct CsvOptions {
    /// What separates cells; found from the first records when `None`.
    pub delimiter: Option<Delimiter>,
    /// The decimal mark; when `None`, found from all cells, and a point where the comma separates cells.
    pub decimal: Option<Decimal>,
    /// Cells that count as missing besides the usual marks, such as `-99`; a number also matches its other spellings.
    pub missing: Vec<String>,
}

/// Reads a delimited text with a header line.
///
/// The text may be UTF-8, UTF-16 with a byte order mark, or Windows-1252. Columns whose cells are all numbers become numeric, others text.
/// Row names as R's `write.csv` and `write.table` write them are left out. Takes time linear in the length of the text.
///
/// # Errors
/// [`DataError`] with the line: not a text, unclosed quotes, no header, no rows, ragged rows.
pub fn read_csv(bytes: &[u8], options: &CsvOptions) -> Result<DataTable, DataError> {
    let mut notes = Vec::new();
    let text = decode(bytes, &mut notes)?;
    let layout = Layout::find(&text, options, &mut notes)?;
    let cells = Cells::new(&layout, options);
    let (columns, lines) = typed_columns(&text, &layout, &cells)?;
    if layout.decimal == Decimal::Comma {
        notes.push(DataNote::DecimalComma);
    }
    note_names(&layout.names, layout.first, &mut notes);
    let by_name = columns_by_name(&layout.names);
    Ok(DataTable { names: layout.names, by_name, columns, first: layout.first, lines, decimal: layout.decimal, notes })
}

/// What a first pass over the text finds out.
struct Layout {
    delimiter: Delimiter,
    /// Whether Excel's `sep=` line stands before the header.
    declared: bool,
    decimal: Decimal,
    names: Vec<String>,
    /// The first cell of a row that belongs to a named column: 1 after row names.
    first: usize,
    rows: usize,
}

impl Layout {
    fn find(text: &str, options: &CsvOptions, notes: &mut Vec<DataNote>) -> Result<Self, DataError> {
        let (sniffed, declared) = sniff(text);
        let delimiter = options.delimiter.or(declared).unwrap_or(sniffed);
        let mut records = Records::new(text, delimiter);
        if declared.is_some() {
            records.skip_line();
        }
        let Some((line, header)) = records.next()? else {
            return Err(DataError::Empty);
        };
        let mut names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        if names.iter().all(|name| name.parse::<f64>().is_ok()) {
            return Err(DataError::NoHeader { line });
        }

        let mut width = names.len();
        let mut rows = 0;
        let mut last_used = false;
        let (mut points, mut commas) = (0_usize, 0_usize);
        while let Some((line, cells)) = records.next()? {
            if rows == 0 && cells.len() == width + 1 {
                width += 1;
            }
            if cells.len() != width {
                return Err(DataError::Ragged { line, found: cells.len(), expected: width });
            }
            last_used |= cells.last().is_some_and(|cell| !cell.is_empty());
            if delimiter != Delimiter::Comma && options.decimal.is_none() {
                for cell in cells {
                    match cell.bytes().filter(|byte| matches!(byte, b',' | b'.')).count() {
                        1 if number(cell, Decimal::Point).is_some() => points += 1,
                        1 if number(cell, Decimal::Comma).is_some() => commas += 1,
                        _ => {}
                    }
                }
            }
            rows += 1;
        }
        if rows == 0 {
            return Err(DataError::NoRows);
        }

        let mut first = 0;
        if width > names.len() && last_used {
            notes.push(DataNote::RowNames);
            first = 1;
        } else if width > names.len() {
            notes.push(DataNote::TrailingDelimiter);
        } else if !last_used && names.len() > 1 && names.last().is_some_and(String::is_empty) {
            notes.push(DataNote::TrailingDelimiter);
            names.pop();
        }
        if first == 0 && names.len() > 1 && names[0].is_empty() {
            notes.push(DataNote::RowNames);
            names.remove(0);
            first = 1;
        }
        let decimal = options.decimal.unwrap_or(if commas > points { Decimal::Comma } else { Decimal::Point });
        Ok(Self { delimiter, declared: declared.is_some(), decimal, names, first, rows })
    }

    /// The records after the header.
    fn rows<'a>(&self, text: &'a str) -> Result<Records<'a>, DataError> {
        let mut records = Records::new(text, self.delimiter);
        if self.declared {
            records.skip_line();
        }
        records.next()?;
        Ok(records)
    }

    fn cells<'r, 'a>(&self, record: &'r [Cow<'a, str>]) -> &'r [Cow<'a, str>] {
        &record[self.first..self.first + self.names.len()]
    }
}

/// The number that a cell holds, `None` if it is none.
pub(crate) fn number(cell: &str, decimal: Decimal) -> Option<f64> {
    match decimal {
        Decimal::Point => cell.parse().ok(),
        Decimal::Comma if cell.contains('.') => None,
        Decimal::Comma if cell.contains(',') => cell.replacen(',', ".", 1).parse().ok(),
        Decimal::Comma => cell.parse().ok(),
    }
}

/// What the text of a cell means.
struct Cells<'o> {
    decimal: Decimal,
    missing: &'o [String],
    missing_numbers: Vec<f64>,
}

impl<'o> Cells<'o> {
    fn new(layout: &Layout, options: &'o CsvOptions) -> Self {
        let missing_numbers = options
            .missing
            .iter()
            .filter_map(|mark| number(mark.trim(), Decimal::Point).or_else(|| number(mark.trim(), layout.decimal)))
            .collect();
        Self { decimal: layout.decimal, missing: &options.missing, missing_numbers }
    }

    /// The number of a cell, `Some(None)` where missing, `None` for text.
    fn numeric(&self, cell: &str) -> Option<Option<f64>> {
        // A missing mark that starts like a number needs a look at the marks first; there are few of either.
        if self.is_mark(cell) {
            return Some(None);
        }
        let value = number(cell, self.decimal)?;
        Some((!value.is_nan() && !self.missing_numbers.contains(&value)).then_some(value))
    }

    /// Whether a cell counts as missing in a column of text.
    fn is_missing(&self, cell: &str) -> bool {
        matches!(self.numeric(cell), Some(None))
    }

    fn is_mark(&self, cell: &str) -> bool {
        let usual = match cell.as_bytes() {
            [] => true,
            [b'N' | b'n' | b'#' | b'.' | b'-', ..] => MISSING.contains(&cell),
            _ => false,
        };
        usual || self.missing.iter().any(|mark| mark.trim() == cell)
    }
}

/// Second pass: numbers, as far as a column holds nothing else; third pass, where needed: the text columns.
fn typed_columns(text: &str, layout: &Layout, cells: &Cells) -> Result<(Vec<Column>, Vec<usize>), DataError> {
    let width = layout.names.len();
    let mut lines = Vec::with_capacity(layout.rows);
    let mut numeric: Vec<Option<NumericColumn>> =
        (0..width).map(|_| Some(NumericColumn::with_capacity(layout.rows))).collect();
    let mut records = layout.rows(text)?;
    while let Some((line, record)) = records.next()? {
        lines.push(line);
        for (slot, cell) in numeric.iter_mut().zip(layout.cells(record)) {
            let Some(column) = slot else { continue };
            match cells.numeric(cell.trim()) {
                Some(value) => column.push(value),
                None => *slot = None,
            }
        }
    }

    let mut texts: Vec<Vec<Option<Box<str>>>> =
        numeric.iter().map(|slot| Vec::with_capacity(if slot.is_none() { layout.rows } else { 0 })).collect();
    if numeric.iter().any(Option::is_none) {
        let mut records = layout.rows(text)?;
        while let Some((_, record)) = records.next()? {
            for ((slot, texts), cell) in numeric.iter().zip(&mut texts).zip(layout.cells(record)) {
                if slot.is_none() {
                    let cell = cell.trim();
                    texts.push((!cells.is_missing(cell)).then(|| cell.into()));
                }
            }
        }
    }
    let typed = |(slot, texts): (Option<NumericColumn>, _)| {
        slot.map_or(Column::Text(texts), |column| Column::Numeric(Arc::new(column)))
    };
    Ok((numeric.into_iter().zip(texts).map(typed).collect(), lines))
}

fn note_names(names: &[String], first: usize, notes: &mut Vec<DataNote>) {
    let mut positions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        let position = first + at + 1;
        if name.is_empty() {
            notes.push(DataNote::UnnamedColumn { position });
        } else {
            positions.entry(name).or_default().push(position);
        }
    }
    for (name, positions) in positions {
        if positions.len() > 1 {
            notes.push(DataNote::RepeatedName { name: name.to_owned(), positions });
        }
    }
}

#[cfg(test)]
mod tests;
