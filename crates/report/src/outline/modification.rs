//! Modification indices and the score tests of equality constraints.

use crate::document::{Content, Line, Part, Section, Table};
use crate::number::{Precision, decimals, degrees, p_value};
use crate::sections::Modification;

pub(super) fn sections(modification: &Modification) -> Vec<Section> {
    let mut sections = vec![indices(modification)];
    sections.extend(constraints(modification));
    sections
}

fn indices(modification: &Modification) -> Section {
    let minimum = decimals(modification.minimum, 3);
    let minimum = minimum.trim_end_matches('0').trim_end_matches('.');
    let title = "Modification indices".to_owned();
    if modification.indices.is_empty() {
        let sentence = format!("No parameter that the model fixes or leaves out has an index of {minimum} or more.");
        return Section { title, blocks: vec![Content::Paragraph(sentence)] };
    }
    let three = |value: Option<f64>| value.map(|value| decimals(value, 3)).unwrap_or_default();
    let lines = modification
        .indices
        .iter()
        .map(|index| Line::Cells {
            nested: false,
            name: index.name.clone(),
            label: index.group_label.clone().unwrap_or_default(),
            cells: vec![
                decimals(index.mi, 3),
                Precision::of(index.epc, None).print(index.epc),
                three(index.sepc_lv),
                three(index.sepc_all),
                three(index.sepc_nox),
            ],
        })
        .collect();
    let table = Table {
        columns: ["MI", "EPC", "Std.lv", "Std.all", "Std.nox"].map(str::to_owned).to_vec(),
        parts: vec![Part { title: "Freed parameter".to_owned(), lines }],
    };
    let mut sentence = format!(
        "MI: drop of chi-square to be expected if the parameter were free, {minimum} and more, largest first; EPC: the value to be expected \
         of it, less the fixed one."
    );
    if modification.indices.iter().any(|index| index.changes.is_some()) {
        sentence.push_str(" Some of them would make an exogenous variable endogenous, or the model non-recursive.");
    }
    Section { title, blocks: vec![Content::Paragraph(sentence), Content::Table(table)] }
}

fn constraints(modification: &Modification) -> Option<Section> {
    let total = modification.total?;
    let cells = |test: crate::sections::Test| {
        vec![
            test.chisq.map(|value| decimals(value, 3)).unwrap_or_default(),
            test.df.map(degrees).unwrap_or_default(),
            test.pvalue.map(p_value).unwrap_or_default(),
        ]
    };
    let lines = modification
        .constraints
        .iter()
        .map(|constraint| Line::plain(&constraint.name, cells(constraint.test)))
        .chain([Line::plain("all together", cells(total))])
        .collect();
    let table = Table {
        columns: ["Chi-square", "df", "P-value"].map(str::to_owned).to_vec(),
        parts: vec![Part { title: "Released constraint".to_owned(), lines }],
    };
    let sentence = "Score tests: drop of chi-square to be expected if the constraint were given up.".to_owned();
    Some(Section {
        title: "Tests of equality constraints".to_owned(),
        blocks: vec![Content::Paragraph(sentence), Content::Table(table)],
    })
}
