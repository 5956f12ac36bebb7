//! Markdown.

use super::{CAVEAT, ORDER, heading, notes, short, tally, with_verdict};
use crate::finding::Audit;
use std::fmt::Write;

pub(crate) fn cell(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '|' | '*' | '_' | '<' | '>' | '`' | '[' | ']' | '\\' => format!("\\{c}"),
            '\n' | '\r' => " ".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

/// The audit as Markdown: one table per verdict.
pub fn markdown(audit: &Audit) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n\n{}\n", cell(&heading(audit)), tally(audit));
    for verdict in ORDER {
        let findings = with_verdict(audit, verdict);
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "## {}\n\n| place | figure | printed | recomputed | finding |\n|---|---|---|---|---|",
            verdict.as_str()
        );
        for finding in findings {
            let mut told = finding.message.clone();
            for note in notes(finding) {
                let _ = write!(told, "; {note}");
            }
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                cell(&finding.place),
                cell(&finding.figure),
                cell(&finding.printed),
                finding.recomputed.as_ref().map(short).unwrap_or_default(),
                cell(&told)
            );
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{CAVEAT}");
    out
}
