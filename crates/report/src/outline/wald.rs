//! Wald tests, and critical ratios for differences between parameters.

use super::effects::{FIGURES, figures};
use super::matrix::triangle;
use crate::document::{Content, Line, Part, Section, Table};
use crate::number::{decimals, degrees, p_value};
use crate::sections::{Differences, Wald};

/// Most parameters of which the matrix of critical ratios is printed.
const PRINTED: usize = 40;

pub(super) fn tests(wald: &Wald) -> Section {
    let lines = wald
        .tests
        .iter()
        .map(|test| {
            let names: Vec<String> = test.constraints.iter().map(|c| format!("{} == {}", c.lhs, c.rhs)).collect();
            let cells = vec![decimals(test.chisq, 3), degrees(test.df), test.pvalue.map(p_value).unwrap_or_default()];
            Line::plain(names.join("; "), cells)
        })
        .collect();
    let differences = wald
        .tests
        .iter()
        .flat_map(|test| &test.constraints)
        .map(|c| Line::plain(format!("{} - ({})", c.lhs, c.rhs), figures(&c.difference)))
        .collect();
    let blocks = vec![
        Content::Paragraph(
            "Tests of constraints that the model does not have; a test of several is a joint one.".to_owned(),
        ),
        Content::Table(Table {
            columns: ["Chi-square", "df", "P-value"].map(str::to_owned).to_vec(),
            parts: vec![Part { title: "Constraint".to_owned(), lines }],
        }),
        Content::Table(
            Table {
                columns: FIGURES.map(str::to_owned).to_vec(),
                parts: vec![Part { title: "Difference of the sides".to_owned(), lines: differences }],
            }
            .without_empty_columns(),
        ),
    ];
    Section { title: "Wald tests".to_owned(), blocks }
}

pub(super) fn differences(differences: &Differences) -> Section {
    let ratios = &differences.ratios;
    let title = "Critical ratios for differences between parameters".to_owned();
    let mut blocks = vec![Content::Paragraph(
        "z of the difference of two parameters, the one of the row less the one of the column.".to_owned(),
    )];
    if ratios.parameters.len() > PRINTED {
        let sentence = "The matrix is in the JSON and CSV forms of this report.".to_owned();
        blocks.push(Content::Paragraph(sentence));
        return Section { title, blocks };
    }
    let rows: Vec<String> =
        ratios.parameters.iter().enumerate().map(|(at, p)| format!("{}: {}", at + 1, p.name)).collect();
    let columns: Vec<String> = (1..=rows.len()).map(|at| at.to_string()).collect();
    blocks.extend(triangle("Parameter", &rows, &columns, &ratios.z).into_iter().map(Content::Table));
    Section { title, blocks }
}
