//! From the report to the document: what is printed, in which words and in which order.

mod estimation;
mod fit;
mod parameters;

use crate::document::{Content, Document, Remark, Section};
use crate::report::{Finding, Report};

/// The document of a report.
pub(crate) fn document(report: &Report) -> Document {
    let mut sections = vec![estimation::section(report)];
    sections.extend(fit::section(report));
    sections.extend(parameters::sections(report));
    if !report.diagnostics.is_empty() {
        sections.push(Section {
            title: "Notes and warnings".to_owned(),
            blocks: vec![Content::Remarks(report.diagnostics.iter().map(remark).collect())],
        });
    }
    Document { title: format!("latva {}", report.program.version), sections }
}

fn remark(finding: &Finding) -> Remark {
    Remark { severity: finding.severity, message: finding.message.clone(), hints: finding.hint.clone() }
}
