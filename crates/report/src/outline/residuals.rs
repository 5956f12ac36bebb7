//! Residuals: the largest ones, and the matrix of the residual correlations of small models.

use super::matrix::triangle;
use crate::document::{Content, Line, Part, Section, Table};
use crate::number::{Precision, counted, decimals, p_value};
use crate::sections::{MeanSquare, ResidualBlock, ResidualKind, Residuals};

/// How many of the largest residuals are named.
const LARGEST: usize = 10;
/// Most variables of which the matrix is printed.
const PRINTED: usize = 24;
/// Two-sided 1 % point of the normal distribution.
const NOTABLE: f64 = 2.576;

pub(super) fn section(residuals: &Residuals) -> Section {
    let mut blocks = vec![Content::Paragraph(summary(residuals)), Content::Table(largest(residuals))];
    let means: Vec<Part> = residuals.blocks.iter().filter_map(means).collect();
    if !means.is_empty() {
        blocks.push(Content::Table(Table { columns: columns(), parts: means }.without_empty_columns()));
    }
    blocks.extend(mean_squares(residuals));
    for block in residuals.blocks.iter().filter(|block| block.variables.len() <= PRINTED) {
        let (title, names) = (titled("Correlations", block), &block.variables);
        blocks.extend(triangle(&title, names, names, &block.cor_bollen.cov).into_iter().map(Content::Table));
    }
    if residuals.blocks.iter().any(|block| block.variables.len() > PRINTED) {
        let sentence = "The matrices of the residuals are in the JSON and CSV forms of this report.".to_owned();
        blocks.push(Content::Paragraph(sentence));
    }
    Section { title: "Residuals".to_owned(), blocks }
}

fn columns() -> Vec<String> {
    ["Raw", "Correlation", "Normalized", "Standardized"].map(str::to_owned).to_vec()
}

/// Pairs of variables, i > j.
fn pairs(block: &ResidualBlock) -> impl Iterator<Item = (usize, usize)> {
    (0..block.variables.len()).flat_map(|i| (0..i).map(move |j| (i, j)))
}

fn summary(residuals: &Residuals) -> String {
    let mut text = "Sample less implied moments; correlation: difference of the correlations; normalized and standardized: over the standard \
                    error of the sample moment, and of the residual."
        .to_owned();
    let tested: Vec<f64> = residuals
        .blocks
        .iter()
        .filter_map(|block| Some((block, block.standardized.as_ref()?)))
        .flat_map(|(block, kind)| pairs(block).filter_map(|(i, j)| kind.cov[i][j]))
        .collect();
    if !tested.is_empty() {
        let notable = tested.iter().filter(|z| z.abs() > NOTABLE).count();
        let pairs = counted(tested.len(), "pair", "pairs");
        let verb = if notable == 1 { "has" } else { "have" };
        text.push_str(&format!(
            " Of {pairs} of variables {notable} {verb} a standardized residual beyond {NOTABLE:.2}."
        ));
    }
    text
}

/// The figures of a row: those of `of` in each kind that is printed.
fn cells(block: &ResidualBlock, of: impl Fn(&ResidualKind) -> Option<f64>) -> Vec<String> {
    let three = |kind: Option<&ResidualKind>| kind.and_then(&of).map(|value| decimals(value, 3)).unwrap_or_default();
    vec![
        of(&block.raw).map(|value| Precision::of(value, None).print(value)).unwrap_or_default(),
        three(Some(&block.cor_bollen)),
        three(block.normalized.as_ref()),
        three(block.standardized.as_ref()),
    ]
}

fn largest(residuals: &Residuals) -> Table {
    let mut all: Vec<(f64, &ResidualBlock, usize, usize)> = Vec::new();
    for block in &residuals.blocks {
        let ranked = block.standardized.as_ref().unwrap_or(&block.cor_bollen);
        all.extend(pairs(block).filter_map(|(i, j)| Some((ranked.cov[i][j]?.abs(), block, i, j))));
    }
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    let lines = all
        .into_iter()
        .take(LARGEST)
        .map(|(_, block, i, j)| Line::Cells {
            nested: false,
            name: format!("{} ~~ {}", block.variables[j], block.variables[i]),
            label: block.group_label.clone().unwrap_or_default(),
            cells: cells(block, |kind| kind.cov[i][j]),
        })
        .collect();
    let parts = vec![Part { title: "Largest residuals".to_owned(), lines }];
    Table { columns: columns(), parts }.without_empty_columns()
}

fn means(block: &ResidualBlock) -> Option<Part> {
    block.raw.mean.as_ref()?;
    let lines = block
        .variables
        .iter()
        .enumerate()
        .map(|(i, name)| Line::plain(name, cells(block, |kind| kind.mean.as_ref().and_then(|mean| mean[i]))))
        .collect();
    Some(Part { title: titled("Means", block), lines })
}

/// The root mean squares with their tests; of covariances and means together, where these are modelled.
fn mean_squares(residuals: &Residuals) -> Vec<Content> {
    let columns =
        ["Value", "Std.Err", "z, exact fit", "P", "Unbiased", "Std.Err", "CI lower", "CI upper", "P, <= 0.05"];
    let parts: Vec<Part> = residuals
        .blocks
        .iter()
        .filter_map(|block| {
            let lines = block.summary.as_ref()?.kinds().into_iter().map(|(name, parts)| {
                let figures = parts.total.as_ref().unwrap_or(&parts.cov);
                Line::plain(name.to_uppercase(), mean_square(figures))
            });
            Some(Part { title: titled("Root mean squares", block), lines: lines.collect() })
        })
        .collect();
    if parts.is_empty() {
        return Vec::new();
    }
    let sentence =
        "Unbiased: estimate of the population's value, with its 90 % interval and the test that it is at most 0.05.";
    vec![
        Content::Table(Table { columns: columns.map(str::to_owned).to_vec(), parts }.without_empty_columns()),
        Content::Paragraph(sentence.to_owned()),
    ]
}

fn mean_square(figures: &MeanSquare) -> Vec<String> {
    let three = |value: Option<f64>| value.map(|value| decimals(value, 3)).unwrap_or_default();
    let p = |value: Option<f64>| value.map(p_value).unwrap_or_default();
    vec![
        three(figures.value),
        three(figures.se),
        three(figures.exact_z),
        p(figures.exact_pvalue),
        three(figures.unbiased),
        three(figures.unbiased_se),
        three(figures.ci_lower),
        three(figures.ci_upper),
        p(figures.close_pvalue),
    ]
}

fn titled(title: &str, block: &ResidualBlock) -> String {
    match &block.group_label {
        Some(label) => format!("{title}, {label}"),
        None => title.to_owned(),
    }
}
