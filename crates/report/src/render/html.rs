//! A web page that needs no other file.

use crate::document::{Content, Document, Line, Remark, Table};

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1.5rem; }
dt { opacity: .7; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; font-variant-numeric: tabular-nums; }
th, td { padding: .1rem .6rem; text-align: right; white-space: nowrap; font-weight: normal; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.part th { font-weight: 600; padding-top: .8rem; border-bottom: 1px solid; }
tr.heading th { padding-left: 1rem; font-style: italic; }
td.name { padding-left: 1rem; }
td.nested { padding-left: 2rem; }
.label { opacity: .7; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid; }
";

/// The document as a page, with the model text, if there is one, at its end.
pub(crate) fn render(document: &Document, source: Option<&str>) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
        escape(&document.title)
    );
    for section in &document.sections {
        out.push_str(&format!("<section>\n<h2>{}</h2>\n", escape(&section.title)));
        for block in &section.blocks {
            match block {
                Content::Facts(facts) => {
                    out.push_str("<dl>\n");
                    for (name, value) in facts {
                        out.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(value)));
                    }
                    out.push_str("</dl>\n");
                }
                Content::Paragraph(sentence) => {
                    out.push_str(&format!("<p>{}</p>\n", escape(sentence)));
                }
                Content::Remarks(remarks) => {
                    out.push_str("<ul>\n");
                    remarks.iter().for_each(|r| remark(&mut out, r));
                    out.push_str("</ul>\n");
                }
                Content::Table(content) => table(&mut out, content),
            }
        }
        out.push_str("</section>\n");
    }
    if let Some(source) = source {
        out.push_str(&format!("<section>\n<h2>Model</h2>\n<pre>{}</pre>\n</section>\n", escape(source)));
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn remark(out: &mut String, remark: &Remark) {
    out.push_str(&format!("<li><strong>{}</strong>: {}", remark.severity, escape(&remark.message)));
    if !remark.hints.is_empty() {
        out.push_str("<ul>");
        for hint in &remark.hints {
            out.push_str(&format!("<li>{}</li>", escape(hint)));
        }
        out.push_str("</ul>");
    }
    out.push_str("</li>\n");
}

fn table(out: &mut String, table: &Table) {
    let span = table.columns.len() + 1;
    out.push_str("<div class=\"wide\"><table>\n");
    for part in &table.parts {
        out.push_str(&format!("<tbody>\n<tr class=\"part\"><th scope=\"colgroup\">{}</th>", escape(&part.title)));
        for column in &table.columns {
            out.push_str(&format!("<th scope=\"col\">{}</th>", escape(column)));
        }
        out.push_str("</tr>\n");
        for line in &part.lines {
            match line {
                Line::Heading(name) => {
                    out.push_str(&format!("<tr class=\"heading\"><th colspan=\"{span}\">{}</th></tr>\n", escape(name)))
                }
                Line::Cells { nested, name, label, cells } => {
                    let class = if *nested { "nested" } else { "name" };
                    out.push_str(&format!("<tr><td class=\"{class}\">{}", escape(name)));
                    if !label.is_empty() {
                        out.push_str(&format!(" <span class=\"label\">({})</span>", escape(label)));
                    }
                    out.push_str("</td>");
                    for cell in cells {
                        let minus = cell.strip_prefix('-').map(|digits| format!("\u{2212}{digits}"));
                        out.push_str(&format!("<td>{}</td>", escape(minus.as_deref().unwrap_or(cell))));
                    }
                    out.push_str("</tr>\n");
                }
            }
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table></div>\n");
}

/// Text in which no character is markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
