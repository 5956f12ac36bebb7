//! JSON, schema `latva.audit/1`.

use crate::finding::{Audit, Finding, Verdict};
use serde::Serialize;

#[derive(Serialize)]
struct Counts {
    inconsistent: usize,
    not_checkable: usize,
    consistent: usize,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    key: &'a str,
    title: &'a str,
    counts: Counts,
    findings: &'a [Finding],
}

/// The audit as JSON with two spaces of indentation.
pub fn json(audit: &Audit) -> String {
    let document = Document {
        schema: audit.schema,
        key: &audit.key,
        title: &audit.title,
        counts: Counts {
            inconsistent: audit.count(Verdict::Inconsistent),
            not_checkable: audit.count(Verdict::NotCheckable),
            consistent: audit.count(Verdict::Consistent),
        },
        findings: &audit.findings,
    };
    // Strings and finite numbers only: there is nothing that JSON cannot hold.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
