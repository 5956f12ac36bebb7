//! A page of HTML that needs nothing else.

use super::{CAVEAT, ORDER, heading, notes, short, tally, with_verdict};
use crate::finding::{Audit, Verdict};
use std::fmt::Write;

fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

const STYLE: &str = "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;line-height:1.4}\
table{border-collapse:collapse;width:100%;margin-bottom:2em}th,td{text-align:left;vertical-align:top;padding:.3em .6em;border-bottom:1px solid #ccc}\
td.n{white-space:nowrap}.note{color:#555;font-size:.9em}";

/// The audit as a page of HTML.
pub fn html(audit: &Audit) -> String {
    let title = escaped(&heading(audit));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{}</p>\n",
        tally(audit)
    );
    for verdict in ORDER {
        let findings = with_verdict(audit, verdict);
        if findings.is_empty() {
            continue;
        }
        let open = if verdict == Verdict::Inconsistent { " open" } else { "" };
        let _ = writeln!(
            out,
            "<details{open}>\n<summary><strong>{}</strong> ({})</summary>\n<table>\n<tr><th>place</th><th>figure</th><th>printed</th><th>recomputed</th><th>finding</th></tr>",
            verdict.as_str(),
            findings.len()
        );
        for finding in findings {
            let notes: String = notes(finding)
                .iter()
                .map(|note| format!("<br><span class=\"note\">{}</span>", escaped(note)))
                .collect();
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}{notes}</td></tr>",
                escaped(&finding.place),
                escaped(&finding.figure),
                escaped(&finding.printed),
                finding.recomputed.as_ref().map(short).unwrap_or_default(),
                escaped(&finding.message)
            );
        }
        out.push_str("</table>\n</details>\n");
    }
    let _ = writeln!(out, "<p class=\"note\">{}</p>\n</body>\n</html>", escaped(CAVEAT));
    out
}
