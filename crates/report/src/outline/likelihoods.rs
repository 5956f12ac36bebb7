//! Log-likelihoods of cases: where they are, and which cases are least likely.

use crate::document::{Content, Line, Part, Section, Table};
use crate::number::decimals;
use crate::sections::Likelihoods;

pub(super) fn section(likelihoods: &Likelihoods) -> Section {
    let record = &likelihoods.record;
    let sentence = format!(
        "The log-likelihoods of {} cases are in {}. Their sum is {}.",
        record.cases,
        record.file,
        decimals(record.sum, 3)
    );
    let lines = record
        .lowest
        .iter()
        .map(|case| Line::Cells {
            nested: false,
            name: format!("row {}", case.row),
            label: case.group_label.clone().unwrap_or_default(),
            cells: vec![decimals(case.loglik, 3)],
        })
        .collect();
    let table = Table {
        columns: vec!["Log-likelihood".to_owned()],
        parts: vec![Part { title: "Least likely cases".to_owned(), lines }],
    };
    Section {
        title: "Log-likelihoods of cases".to_owned(),
        blocks: vec![Content::Paragraph(sentence), Content::Table(table)],
    }
}
