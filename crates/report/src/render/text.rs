//! Text for a terminal.

use crate::document::{Content, Document, Line, Remark, Section, Table};

/// Width at which sentences are broken.
const WIDTH: usize = 96;
/// Narrowest column of numbers.
const NUMBER: usize = 9;
/// Narrowest column of names.
const NAME: usize = 20;
/// Column at which the values of facts begin.
const FACT: usize = 22;

/// The document as text, ending in a newline.
pub(crate) fn render(document: &Document) -> String {
    let mut out = String::with_capacity(8192);
    out.push_str(&document.title);
    out.push('\n');
    for section in &document.sections {
        render_section(&mut out, section);
    }
    out
}

fn render_section(out: &mut String, section: &Section) {
    out.push('\n');
    out.push_str(&section.title);
    out.push('\n');
    out.extend(std::iter::repeat_n('-', width(&section.title)));
    out.push('\n');
    for (at, block) in section.blocks.iter().enumerate() {
        if at > 0 && !matches!(block, Content::Table(_)) {
            out.push('\n');
        }
        match block {
            Content::Facts(facts) => {
                for (name, value) in facts {
                    let lead = format!("  {}", pad_right(name, FACT - 2));
                    wrap(out, &lead, &" ".repeat(FACT), value);
                }
            }
            Content::Paragraph(sentence) => wrap(out, "  ", "  ", sentence),
            Content::Remarks(remarks) => remarks.iter().for_each(|r| render_remark(out, r)),
            Content::Table(table) => render_table(out, table),
        }
    }
}

fn render_remark(out: &mut String, remark: &Remark) {
    wrap(out, &format!("  {}: ", remark.severity), "    ", &remark.message);
    for hint in &remark.hints {
        wrap(out, "    - ", "      ", hint);
    }
}

pub(crate) fn render_table(out: &mut String, table: &Table) {
    let names = table
        .parts
        .iter()
        .flat_map(|part| {
            let title = width(&part.title) + 2;
            part.lines.iter().map(line_width).chain([title])
        })
        .max()
        .unwrap_or(0)
        .max(NAME);
    let labels = table.parts.iter().flat_map(|part| &part.lines).map(label_width).max().unwrap_or(0);
    let columns: Vec<usize> = (0..table.columns.len())
        .map(|column| {
            let cells = table.parts.iter().flat_map(|part| &part.lines).map(|line| match line {
                Line::Heading(_) => 0,
                Line::Cells { cells, .. } => cells.get(column).map_or(0, |c| width(c)),
            });
            cells.chain([width(&table.columns[column]), NUMBER - 1]).max().unwrap_or(NUMBER) + 1
        })
        .collect();
    for (at, part) in table.parts.iter().enumerate() {
        if at > 0 || !out.ends_with("-\n") {
            out.push('\n');
        }
        let mut line = pad_right(&format!("  {}", part.title), names + labels);
        for (column, (head, width)) in table.columns.iter().zip(&columns).enumerate() {
            let shown = if part.uses(column) { head } else { "" };
            line.push_str(&pad_left(shown, *width));
        }
        push_line(out, &line);
        for entry in &part.lines {
            match entry {
                Line::Heading(name) => {
                    push_line(out, &format!("{}{name}", " ".repeat(indent(name, 4))));
                }
                Line::Cells { nested, name, label, cells } => {
                    let indent = indent(name, if *nested { 6 } else { 4 });
                    let mut line = pad_right(&format!("{:indent$}{name}", ""), names);
                    if labels > 0 {
                        let shown = if label.is_empty() { String::new() } else { format!("({label})") };
                        line.push_str(&pad_left(&shown, labels));
                    }
                    for (cell, width) in cells.iter().zip(&columns) {
                        line.push_str(&pad_left(cell, *width));
                    }
                    push_line(out, &line);
                }
            }
        }
    }
}

/// The dot of a residual stands to the left of the names.
fn indent(name: &str, names: usize) -> usize {
    names - usize::from(name.starts_with('.'))
}

fn line_width(line: &Line) -> usize {
    match line {
        Line::Heading(name) => 4 + width(name),
        Line::Cells { nested, name, .. } => (if *nested { 6 } else { 4 }) + width(name),
    }
}

fn label_width(line: &Line) -> usize {
    match line {
        Line::Cells { label, .. } if !label.is_empty() => width(label) + 3,
        _ => 0,
    }
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Characters; names are printed in fonts of one width.
fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad_right(text: &str, to: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', to.saturating_sub(width(text))));
    padded
}

fn pad_left(text: &str, to: usize) -> String {
    let mut padded: String = " ".repeat(to.saturating_sub(width(text)));
    padded.push_str(text);
    padded
}

/// Appends `text` after `lead`, broken at blanks, further lines after `indent`.
fn wrap(out: &mut String, lead: &str, indent: &str, text: &str) {
    let mut line = lead.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && width(&line) + 1 + width(word) > WIDTH {
            push_line(out, &line);
            line = indent.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    push_line(out, &line);
}
