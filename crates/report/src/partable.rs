//! A parameter table without data: the schema `latva.table/1`, and the same as text.

use latva_spec::Diagnostic;
use latva_spec::table::{ModelKind, ParTable, RowOrigin};
use serde::Serialize;

use crate::document::{Line, Part, Table};
use crate::report::{DegreesOfFreedom, Finding, finding, offsets};
use crate::{render, vocabulary};

/// A parameter table as others read it.
#[derive(Debug, Clone, Serialize)]
pub struct TableReport {
    schema: &'static str,
    #[serde(rename = "as")]
    kind: &'static str,
    meanstructure: bool,
    fixed_x: bool,
    groups: Vec<String>,
    blocks: Vec<BlockRecord>,
    rows: Vec<RowRecord>,
    df: DegreesOfFreedom,
    diagnostics: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
struct BlockRecord {
    group: usize,
    level: usize,
    observed: Vec<String>,
    latent: Vec<String>,
    exogenous: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct RowRecord {
    id: usize,
    lhs: String,
    op: &'static str,
    rhs: String,
    user: u8,
    block: usize,
    group: usize,
    level: usize,
    free: usize,
    ustart: Option<f64>,
    exo: bool,
    label: String,
    plabel: String,
    lower: Option<f64>,
    upper: Option<f64>,
    span: Option<[usize; 2]>,
}

impl TableReport {
    /// The report of a table; `diagnostics` are those of parsing and building it.
    pub fn new(table: &ParTable, kind: ModelKind, diagnostics: &[Diagnostic]) -> Self {
        let texts = |names: &[_]| names.iter().map(ToString::to_string).collect();
        let blocks = table
            .blocks
            .iter()
            .map(|block| BlockRecord {
                group: block.group,
                level: block.level,
                observed: texts(&block.observed),
                latent: texts(&block.latent),
                exogenous: texts(&block.exogenous),
            })
            .collect();
        TableReport {
            schema: "latva.table/1",
            kind: vocabulary::model_kind_name(kind),
            meanstructure: table.meanstructure,
            fixed_x: table.fixed_x,
            groups: table.group_labels.clone(),
            df: DegreesOfFreedom::of(table),
            blocks,
            rows: table
                .rows
                .iter()
                .map(|row| RowRecord {
                    id: row.id,
                    lhs: row.lhs.to_string(),
                    op: row.op.as_str(),
                    rhs: row.rhs.to_string(),
                    user: match row.origin {
                        RowOrigin::Automatic => 0,
                        RowOrigin::User => 1,
                        RowOrigin::Derived => 2,
                    },
                    block: row.block,
                    group: row.group,
                    level: row.level,
                    free: row.free,
                    ustart: row.ustart,
                    exo: row.exo,
                    label: row.label.to_string(),
                    plabel: row.plabel().into(),
                    lower: row.lower,
                    upper: row.upper,
                    span: offsets(row.span),
                })
                .collect(),
            diagnostics: diagnostics.iter().map(finding).collect(),
        }
    }

    /// The schema `latva.table/1`, indented.
    pub fn to_json(&self) -> String {
        render::json::render(self)
    }

    /// Text: the rows, then how the degrees of freedom come about.
    pub fn to_text(&self) -> String {
        let grouped = self.blocks.len() > 1;
        let lines = self
            .rows
            .iter()
            .map(|row| {
                let name = match row.op {
                    "~1" => format!("{} ~1", row.lhs),
                    op => format!("{} {op} {}", row.lhs, row.rhs),
                };
                let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
                Line::plain(
                    name,
                    vec![
                        if grouped && row.block > 0 { row.block.to_string() } else { String::new() },
                        self.state(row),
                        number(row.ustart),
                        number(row.lower),
                        number(row.upper),
                        row.label.clone(),
                        match row.user {
                            1 => "model".to_owned(),
                            2 => "derived".to_owned(),
                            _ => "default".to_owned(),
                        },
                    ],
                )
            })
            .collect();
        let table = Table {
            columns: ["block", "free", "value", "lower", "upper", "label", "from"].map(str::to_owned).to_vec(),
            parts: vec![Part { title: format!("parameter table, defaults of {}()", self.kind), lines }],
        }
        .without_empty_columns();
        let mut out = String::new();
        render::text::render_table(&mut out, &table);
        let out = out.trim_start_matches('\n').to_owned();
        format!("{out}\n{}", self.account())
    }

    /// What a row is: the number of its free parameter, fixed, or tied to the sample.
    fn state(&self, row: &RowRecord) -> String {
        match row.op {
            ":=" | "==" | "<" | ">" => String::new(),
            _ if row.free > 0 => row.free.to_string(),
            _ if row.exo && row.ustart.is_none() => "sample".to_owned(),
            _ => "fixed".to_owned(),
        }
    }

    /// The degrees of freedom, term by term.
    fn account(&self) -> String {
        let mut out = String::from("  degrees of freedom\n");
        for (at, line) in self.df.account.iter().enumerate() {
            let amount = match (at, line.amount) {
                (0, amount) => amount.to_string(),
                (_, amount) if amount < 0 => format!("- {}", -amount),
                (_, amount) => format!("+ {amount}"),
            };
            out.push_str(&format!("    {amount:>6}  {}\n", line.text));
        }
        out.push_str(&format!("    {:>6}  degrees of freedom\n", format!("= {}", self.df.df)));
        out
    }
}
