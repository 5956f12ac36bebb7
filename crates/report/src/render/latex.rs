//! LaTeX tables with the rules of `booktabs`.

use crate::document::{Content, Document, Line, Remark, Table};

/// The document as LaTeX to be included in another one.
pub(crate) fn render(document: &Document) -> String {
    let mut out = format!("% {}; needs \\usepackage{{booktabs,longtable}}\n", document.title);
    for section in &document.sections {
        out.push_str(&format!("\n\\subsection*{{{}}}\n", escape(&section.title)));
        for block in &section.blocks {
            match block {
                Content::Facts(facts) => {
                    out.push_str("\\begin{description}\n");
                    for (name, value) in facts {
                        out.push_str(&format!("\\item[{}] {}\n", escape(name), escape(value)));
                    }
                    out.push_str("\\end{description}\n");
                }
                Content::Paragraph(sentence) => {
                    out.push_str(&format!("\\noindent {}\\par\n", escape(sentence)));
                }
                Content::Remarks(remarks) => {
                    out.push_str("\\begin{itemize}\n");
                    remarks.iter().for_each(|r| remark(&mut out, r));
                    out.push_str("\\end{itemize}\n");
                }
                Content::Table(content) => table(&mut out, content),
            }
        }
    }
    out
}

fn remark(out: &mut String, remark: &Remark) {
    out.push_str(&format!("\\item \\textbf{{{}}}: {}", remark.severity, escape(&remark.message)));
    for hint in &remark.hints {
        out.push_str(&format!("; {}", escape(hint)));
    }
    out.push('\n');
}

fn table(out: &mut String, table: &Table) {
    let count = table.columns.len();
    out.push_str(&format!("\\begin{{longtable}}{{l{}}}\n\\toprule\n", "r".repeat(count)));
    if table.columns.iter().any(|column| !column.is_empty()) {
        for column in &table.columns {
            out.push_str(&format!(" & {}", escape(column)));
        }
        out.push_str(" \\\\\n\\midrule\n");
    }
    out.push_str("\\endhead\n");
    for (at, part) in table.parts.iter().enumerate() {
        if at > 0 {
            out.push_str("\\addlinespace\n");
        }
        out.push_str(&format!("\\multicolumn{{{}}}{{l}}{{\\textbf{{{}}}}} \\\\*\n", count + 1, escape(&part.title)));
        for line in &part.lines {
            match line {
                Line::Heading(name) => {
                    out.push_str(&format!("\\multicolumn{{{}}}{{l}}{{\\quad {}}} \\\\*\n", count + 1, escape(name)))
                }
                Line::Cells { nested, name, label, cells } => {
                    let indent = if *nested { "\\qquad " } else { "\\quad " };
                    let label = if label.is_empty() { String::new() } else { format!(" ({})", escape(label)) };
                    out.push_str(&format!("{indent}{}{label}", escape(name)));
                    for cell in cells {
                        out.push_str(&format!(" & {}", number(cell)));
                    }
                    out.push_str(" \\\\\n");
                }
            }
        }
    }
    out.push_str("\\bottomrule\n\\end{longtable}\n");
}

/// A cell in which a minus is a minus and not a hyphen.
fn number(cell: &str) -> String {
    match cell.strip_prefix('-') {
        Some(digits) => format!("$-${}", escape(digits)),
        None => escape(cell),
    }
}

/// Text in which no character is a command.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}
