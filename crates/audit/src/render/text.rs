//! Plain text for the terminal.

use super::{CAVEAT, ORDER, heading, notes, tally, with_verdict};
use crate::finding::{Audit, Verdict};
use std::fmt::Write;

/// The audit as plain text; figures that agree or cannot be checked are listed only with `all`.
pub fn text(audit: &Audit, all: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n{}", heading(audit), tally(audit));
    for verdict in ORDER {
        let findings = with_verdict(audit, verdict);
        if findings.is_empty() || (!all && verdict != Verdict::Inconsistent) {
            continue;
        }
        let _ = writeln!(out, "\n{}", verdict.as_str().to_uppercase());
        let mut place = None;
        for finding in findings {
            if place != Some(&finding.place) {
                let _ = writeln!(out, "  {}", finding.place);
                place = Some(&finding.place);
            }
            let line = if finding.line > 0 { format!(" (line {})", finding.line) } else { String::new() };
            let _ = writeln!(out, "    [{}] {}{line}", finding.check, finding.message);
            for note in notes(finding) {
                let _ = writeln!(out, "        {note}");
            }
        }
    }
    if audit.has_inconsistency() {
        let _ = writeln!(out, "\n{CAVEAT}");
    }
    out
}
