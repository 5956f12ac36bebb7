//! From the report to the document: what is printed, in which words and in which order.

mod effects;
mod estimation;
mod fit;
mod likelihoods;
mod matrix;
mod modification;
mod parameters;
mod residuals;
mod scores;
mod wald;

use crate::document::{Content, Document, Remark, Section};
use crate::report::{Finding, Report};

/// The document of a report.
pub(crate) fn document(report: &Report) -> Document {
    let mut sections = vec![estimation::section(report)];
    sections.extend(fit::section(report));
    sections.extend(parameters::sections(report));
    let further = &report.sections;
    if let Some(kind) = further.standardized {
        sections.extend(parameters::standardized(report, kind));
    }
    sections.extend(further.effects.as_ref().map(|found| effects::section(found, report.plan.se)));
    sections.extend(further.wald.as_ref().map(wald::tests));
    sections.extend(further.differences.as_ref().map(wald::differences));
    sections.extend(further.residuals.as_ref().map(residuals::section));
    if let Some(modification) = &further.modification {
        sections.extend(modification::sections(modification));
    }
    sections.extend(further.scores.as_ref().map(scores::section));
    sections.extend(further.likelihoods.as_ref().map(likelihoods::section));
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
