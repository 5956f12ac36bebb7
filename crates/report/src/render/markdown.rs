//! Markdown with pipe tables.

use crate::document::{Content, Document, Line, Remark, Table};

/// The document as Markdown.
pub(crate) fn render(document: &Document) -> String {
    let mut out = format!("# {}\n", escape(&document.title));
    for section in &document.sections {
        out.push_str(&format!("\n## {}\n", escape(&section.title)));
        for block in &section.blocks {
            match block {
                Content::Facts(facts) => {
                    out.push_str("\n| | |\n|:--|:--|\n");
                    for (name, value) in facts {
                        out.push_str(&format!("| {} | {} |\n", escape(name), escape(value)));
                    }
                }
                Content::Paragraph(sentence) => {
                    out.push('\n');
                    out.push_str(&escape(sentence));
                    out.push('\n');
                }
                Content::Remarks(remarks) => {
                    out.push('\n');
                    remarks.iter().for_each(|r| remark(&mut out, r));
                }
                Content::Table(content) => table(&mut out, content),
            }
        }
    }
    out
}

fn remark(out: &mut String, remark: &Remark) {
    out.push_str(&format!("- **{}**: {}\n", remark.severity, escape(&remark.message)));
    for hint in &remark.hints {
        out.push_str(&format!("  - {}\n", escape(hint)));
    }
}

fn table(out: &mut String, table: &Table) {
    for part in &table.parts {
        out.push_str(&format!("\n| {} |", escape(&part.title)));
        for column in &table.columns {
            out.push_str(&format!(" {} |", escape(column)));
        }
        out.push_str("\n|:--|");
        out.push_str(&"--:|".repeat(table.columns.len()));
        out.push('\n');
        for line in &part.lines {
            match line {
                Line::Heading(name) => {
                    out.push_str(&format!("| *{}* |", escape(name)));
                    out.push_str(&" |".repeat(table.columns.len()));
                }
                Line::Cells { nested, name, label, cells } => {
                    let indent = if *nested { "&emsp;" } else { "" };
                    let label = if label.is_empty() { String::new() } else { format!(" ({})", escape(label)) };
                    out.push_str(&format!("| {indent}{}{label} |", escape(name)));
                    for cell in cells {
                        out.push_str(&format!(" {} |", escape(cell)));
                    }
                }
            }
            out.push('\n');
        }
    }
}

/// Text in which no character is markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}
