//! The tables of parameters, a section per block, then what belongs to no block.

use std::collections::BTreeSet;

use crate::document::{Content, Line, Part, Section, Table};
use crate::number::{Precision, decimals, p_value};
use crate::report::{Parameter, Report};
use crate::sections::Standardized;
use crate::vocabulary;

/// The title of a part, which rows belong to it, and how they are named.
type Kind = (&'static str, fn(&Parameter) -> bool, Naming);

/// The parts in printing order.
const PARTS: &[Kind] = &[
    ("Latent variables", |p| p.op == "=~", Naming::Under),
    ("Composites", |p| p.op == "<~", Naming::Under),
    ("Regressions", |p| p.op == "~", Naming::Under),
    ("Covariances", |p| p.op == "~~" && p.lhs != p.rhs, Naming::Under),
    ("Intercepts", |p| p.op == "~1", Naming::Left),
    ("Thresholds", |p| p.op == "|", Naming::Joined),
    ("Variances", |p| p.op == "~~" && p.lhs == p.rhs, Naming::Left),
    ("Response scales", |p| p.op == "~*~", Naming::Left),
    ("Group weights", |p| p.op == "%", Naming::Joined),
];

/// How a row is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// By its right side, under a heading of left side and operator.
    Under,
    /// By its left side.
    Left,
    /// By all of it.
    Joined,
}

/// Of a row; the p of the interval is there with percentiles of bootstrap draws alone.
const COLUMNS: [&str; 9] =
    ["Estimate", "Std.Err", "z", "P(>|z|)", "CI lower", "CI upper", "P(CI)", "Std.lv", "Std.all"];

pub(super) fn sections(report: &Report) -> Vec<Section> {
    let columns: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    let mut sections = Vec::new();
    let blocks: BTreeSet<usize> = report.parameters.iter().map(|p| p.block).filter(|block| *block > 0).collect();
    let intervals = format!(
        "Intervals: {} %. Std.lv: latent variables standardized; Std.all: all variables standardized.",
        decimals(report.plan.ci_level * 100.0, 1).trim_end_matches(".0")
    );
    let intervals = if report.parameters.iter().any(|p| p.ci_pvalue.is_some()) {
        intervals + " P(CI): the level at which the interval begins to hold zero, taken from 1."
    } else {
        intervals
    };
    let shows_intervals = report.parameters.iter().any(|p| p.ci_lower.is_some());
    for block in &blocks {
        let mut parts = block_parts(report, *block, &cells);
        parts.extend(explained(report, *block));
        let title = titled("Parameters", report, *block);
        let table = Table { columns: columns.clone(), parts };
        let mut content = vec![Content::Table(table.without_empty_columns())];
        if shows_intervals && Some(block) == blocks.first() {
            content.insert(0, Content::Paragraph(intervals.clone()));
        }
        sections.push(Section { title, blocks: content });
    }
    let parts: Vec<Part> = [defined(report), constraints(report)].into_iter().flatten().collect();
    if !parts.is_empty() {
        let table = Table { columns, parts }.without_empty_columns();
        sections.push(Section {
            title: "Defined parameters and constraints".to_owned(),
            blocks: vec![Content::Table(table)],
        });
    }
    sections
}

/// The standardized estimates with their standard errors, a section per block and one of the defined parameters.
pub(super) fn standardized(report: &Report, kind: Standardized) -> Vec<Section> {
    let (name, words) = match kind {
        Standardized::All => ("Std.all", "all variables standardized"),
        Standardized::Latent => ("Std.lv", "latent variables standardized"),
        Standardized::NotExogenous => ("Std.nox", "all variables but exogenous observed ones standardized"),
    };
    let columns: Vec<String> =
        [name, "Std.Err", "z", "P(>|z|)", "CI lower", "CI upper", "P(CI)"].map(str::to_owned).to_vec();
    let cells = |row: &Parameter| {
        let (value, inference) = row.standardized(kind);
        let three = |value: Option<f64>| value.map(|v| decimals(v, 3)).unwrap_or_default();
        vec![
            three(value),
            three(inference.se),
            three(inference.z),
            inference.pvalue.map(p_value).unwrap_or_default(),
            three(inference.ci_lower),
            three(inference.ci_upper),
            inference.ci_pvalue.map(p_value).unwrap_or_default(),
        ]
    };
    let blocks: BTreeSet<usize> = report.parameters.iter().map(|p| p.block).filter(|block| *block > 0).collect();
    let mut sections: Vec<Section> = blocks
        .iter()
        .map(|block| {
            let table = Table { columns: columns.clone(), parts: block_parts(report, *block, &cells) };
            Section {
                title: titled("Standardized estimates", report, *block),
                blocks: vec![Content::Table(table.without_empty_columns())],
            }
        })
        .collect();
    if let Some(first) = sections.first_mut() {
        let sentence = format!(
            "{name}: {words}; {}, z and P of the standardized values themselves.",
            vocabulary::errors_of_functions(report.plan.se)
        );
        first.blocks.insert(0, Content::Paragraph(sentence));
    }
    let lines: Vec<Line> =
        report.parameters.iter().filter(|p| p.op == ":=").map(|p| Line::plain(&p.lhs, cells(p))).collect();
    if !lines.is_empty() {
        let parts = vec![Part { title: "Defined parameters".to_owned(), lines }];
        sections.push(Section {
            title: "Standardized defined parameters".to_owned(),
            blocks: vec![Content::Table(Table { columns, parts }.without_empty_columns())],
        });
    }
    sections
}

/// A title with the name of a block, where there are several.
fn titled(title: &str, report: &Report, block: usize) -> String {
    match block_name(report, block) {
        Some(name) => format!("{title}, {name}"),
        None => title.to_owned(),
    }
}

/// `group 2: Pasteur`, with the level where there are several; `None` for a single block.
fn block_name(report: &Report, block: usize) -> Option<String> {
    let first = report.parameters.iter().find(|p| p.block == block)?;
    let mut words = Vec::new();
    if report.data.groups.len() > 1 {
        let group = report.data.groups.get(first.group.checked_sub(1)?)?;
        words.push(format!("group {}: {} (N = {})", first.group, group.label, group.n_obs));
    }
    if report.parameters.iter().any(|p| p.level > 1) {
        words.push(format!("level {}", first.level));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn block_parts(report: &Report, block: usize, cells: &dyn Fn(&Parameter) -> Vec<String>) -> Vec<Part> {
    let rows: Vec<&Parameter> = report.parameters.iter().filter(|p| p.block == block).collect();
    let endogenous: BTreeSet<&str> = rows
        .iter()
        .filter_map(|p| match p.op {
            "=~" => Some(p.rhs.as_str()),
            "~" | "<~" => Some(p.lhs.as_str()),
            _ => None,
        })
        .collect();
    let dotted = |name: &str| {
        if endogenous.contains(name) { format!(".{name}") } else { name.to_owned() }
    };
    let mut parts = Vec::new();
    for (title, belongs, naming) in PARTS {
        let mut lines = Vec::new();
        let mut heading = None;
        for row in rows.iter().filter(|row| belongs(row)) {
            let is_moment = row.op == "~~" || row.op == "~1";
            let name = |side: &str| {
                if is_moment { dotted(side) } else { side.to_owned() }
            };
            if *naming == Naming::Under && heading != Some(&row.lhs) {
                lines.push(Line::Heading(format!("{} {}", name(&row.lhs), row.op)));
                heading = Some(&row.lhs);
            }
            lines.push(Line::Cells {
                nested: *naming == Naming::Under,
                name: match naming {
                    Naming::Under => name(&row.rhs),
                    Naming::Left => name(&row.lhs),
                    Naming::Joined => format!("{}{}{}", row.lhs, row.op, row.rhs),
                },
                label: row.label.clone(),
                cells: cells(row),
            });
        }
        if !lines.is_empty() {
            parts.push(Part { title: (*title).to_owned(), lines });
        }
    }
    parts
}

/// The R-squares of a block.
fn explained(report: &Report, block: usize) -> Option<Part> {
    let lines: Vec<Line> = report
        .r2
        .iter()
        .filter(|entry| entry.block == block)
        .map(|entry| {
            let mut cells = vec![String::new(); COLUMNS.len()];
            let three = |value: Option<f64>| value.map(|v| decimals(v, 3)).unwrap_or_default();
            cells[0] = decimals(entry.value, 3);
            (cells[1], cells[4], cells[5]) = (three(entry.se), three(entry.ci_lower), three(entry.ci_upper));
            Line::plain(&entry.variable, cells)
        })
        .collect();
    (!lines.is_empty()).then(|| Part { title: "R-square".to_owned(), lines })
}

/// The numbers of a row; a fixed one says so in place of its standard error.
fn cells(row: &Parameter) -> Vec<String> {
    let precision = Precision::of(row.est, row.se);
    let print = |value: Option<f64>| value.map(|v| precision.print(v)).unwrap_or_default();
    let three = |value: Option<f64>| value.map(|v| decimals(v, 3)).unwrap_or_default();
    let estimated = !row.fixed;
    vec![
        if row.est.is_finite() { precision.print(row.est) } else { String::new() },
        if estimated { print(row.se) } else { "fixed".to_owned() },
        three(row.z),
        row.pvalue.map(p_value).unwrap_or_default(),
        print(row.ci_lower.filter(|_| estimated)),
        print(row.ci_upper.filter(|_| estimated)),
        row.ci_pvalue.map(p_value).unwrap_or_default(),
        three(row.std_lv),
        three(row.std_all),
    ]
}

fn defined(report: &Report) -> Option<Part> {
    let lines: Vec<Line> =
        report.parameters.iter().filter(|p| p.op == ":=").map(|p| Line::plain(&p.lhs, cells(p))).collect();
    (!lines.is_empty()).then(|| Part { title: "Defined parameters".to_owned(), lines })
}

/// The user's constraints and bounds with the distance from their edge; equalities of labels are seen in the labels.
fn constraints(report: &Report) -> Option<Part> {
    let line = |name: String, binds: bool, value: f64| {
        let mut cells = vec![String::new(); COLUMNS.len()];
        cells[0] = decimals(value, 3);
        Line::plain(if binds { name + ", binds" } else { name }, cells)
    };
    let mut lines: Vec<Line> = report
        .constraints
        .iter()
        .filter(|c| c.origin == "user")
        .map(|c| line(format!("{} {} {}", c.lhs, c.op, c.rhs), c.active && c.op != "==", c.value))
        .collect();
    lines.extend(report.bounds.iter().map(|b| {
        let sign = if b.side == "lower" { ">=" } else { "<=" };
        let group = if report.data.groups.len() > 1 { format!(" (group {})", b.group) } else { String::new() };
        let rhs = if b.rhs.is_empty() { String::new() } else { format!(" {}", b.rhs) };
        line(format!("{} {}{rhs}{group} {sign} {}", b.lhs, b.op, b.bound), b.active, b.value)
    }));
    (!lines.is_empty()).then(|| Part { title: "Constraints (slack)".to_owned(), lines })
}
