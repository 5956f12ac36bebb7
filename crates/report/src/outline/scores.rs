//! Factor scores: where they are, and how well they are determined.

use crate::document::{Content, Line, Part, Section, Table};
use crate::number::decimals;
use crate::sections::Scores;

pub(super) fn section(scores: &Scores) -> Section {
    let record = &scores.record;
    let three = |value: Option<f64>| value.map(|value| decimals(value, 3)).unwrap_or_default();
    let lines = record
        .factors
        .iter()
        .map(|factor| Line::Cells {
            nested: false,
            name: factor.factor.clone(),
            label: factor.group_label.clone().unwrap_or_default(),
            cells: vec![three(factor.determinacy), three(factor.reliability), three(factor.se)],
        })
        .collect();
    let sentence = format!(
        "Scores by the {} method are in {}. Determinacy: correlation of score and factor; reliability: its square; standard error: of the score of a case.",
        record.method, record.file
    );
    let table = Table {
        columns: ["Determinacy", "Reliability", "Std.Err"].map(str::to_owned).to_vec(),
        parts: vec![Part { title: "Factor".to_owned(), lines }],
    };
    Section { title: "Factor scores".to_owned(), blocks: vec![Content::Paragraph(sentence), Content::Table(table)] }
}
