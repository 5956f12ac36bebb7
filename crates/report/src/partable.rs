//! A parameter table without data: the schema `latva.table/1`, and the same as text.

use latva_spec::Diagnostic;
use latva_spec::table::{ModelKind, Op, ParTable, RowOrigin};
use serde::Serialize;

use crate::document::{Line, Part, Table};
use crate::number::counted;
use crate::report::{Finding, finding, offsets};
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
    df: Account,
    diagnostics: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
struct BlockRecord {
    group: usize,
    level: usize,
    observed: Vec<String>,
    latent: Vec<String>,
    exogenous: Vec<String>,
    moments: usize,
    fixed_moments: usize,
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

/// `moments - fixed_moments - (free - constraints) = df`.
#[derive(Debug, Clone, Serialize)]
struct Account {
    moments: usize,
    fixed_moments: usize,
    free: usize,
    constraints: usize,
    df: i64,
}

impl TableReport {
    /// The report of a table; `diagnostics` are those of parsing and building it.
    pub fn new(table: &ParTable, kind: ModelKind, diagnostics: &[Diagnostic]) -> Self {
        let blocks: Vec<BlockRecord> = table
            .blocks
            .iter()
            .map(|block| {
                let moments = |count: usize| count * (count + 1) / 2 + if table.meanstructure { count } else { 0 };
                BlockRecord {
                    group: block.group,
                    level: block.level,
                    observed: block.observed.clone(),
                    latent: block.latent.clone(),
                    exogenous: block.exogenous.clone(),
                    moments: moments(block.observed.len()),
                    fixed_moments: if table.fixed_x { moments(block.exogenous.len()) } else { 0 },
                }
            })
            .collect();
        let moments: usize = blocks.iter().map(|block| block.moments).sum();
        let fixed_moments: usize = blocks.iter().map(|block| block.fixed_moments).sum();
        let free = table.n_free();
        let constraints = table.rows.iter().filter(|row| row.op == Op::Equal).count();
        TableReport {
            schema: "latva.table/1",
            kind: vocabulary::model_kind_name(kind),
            meanstructure: table.meanstructure,
            fixed_x: table.fixed_x,
            groups: table.group_labels.clone(),
            df: Account {
                moments,
                fixed_moments,
                free,
                constraints,
                df: moments as i64 - fixed_moments as i64 - (free as i64 - constraints as i64),
            },
            blocks,
            rows: table
                .rows
                .iter()
                .map(|row| RowRecord {
                    id: row.id,
                    lhs: row.lhs.clone(),
                    op: row.op.as_str(),
                    rhs: row.rhs.clone(),
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
                    label: row.label.clone(),
                    plabel: row.plabel.clone(),
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

    fn account(&self) -> String {
        let mut out = String::from("  degrees of freedom\n");
        let mut item = |value: String, words: String| {
            out.push_str(&format!("    {value:>6}  {words}\n"));
        };
        for block in &self.blocks {
            let p = block.observed.len();
            let means = if self.meanstructure { format!(" + {}", counted(p, "mean", "means")) } else { String::new() };
            let place = if self.blocks.len() > 1 {
                let label = self.groups.get(block.group.saturating_sub(1)).map(String::as_str).unwrap_or_default();
                format!(" in group {label}")
            } else {
                String::new()
            };
            item(
                block.moments.to_string(),
                format!(
                    "moments of {}{place}: {p} x {} / 2{means}",
                    counted(p, "observed variable", "observed variables"),
                    p + 1
                ),
            );
            if block.fixed_moments > 0 {
                item(
                    format!("- {}", block.fixed_moments),
                    format!("of them fixed to the sample (fixed.x): {}", block.exogenous.join(", ")),
                );
            }
        }
        item(format!("- {}", self.df.free), "free parameters".to_owned());
        if self.df.constraints > 0 {
            item(
                format!("+ {}", self.df.constraints),
                counted(self.df.constraints, "equality constraint", "equality constraints"),
            );
        }
        item(format!("= {}", self.df.df), "degrees of freedom".to_owned());
        out
    }
}
