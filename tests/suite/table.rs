//! The parameter table against lavaan's (fixtures/reference/table, made by tools/oracle/table.R).

use std::collections::BTreeMap;
use std::path::PathBuf;

use latva_spec::table::{
    DegreesOfFreedom, EqualityGroup, ModelKind, ParTable, Parameterization, Row, TableContext, TableOptions, build,
};
use latva_spec::{Diagnostic, parse};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    model: String,
    kind: String,
    options: BTreeMap<String, Value>,
    groups: Vec<String>,
    ordered: BTreeMap<String, usize>,
    constraints: String,
    /// By lavaan's count; absent where only lavaanify() was asked.
    df: Option<i64>,
    rows: Vec<OracleRow>,
}

/// A row as lavaan has it; missing values are absent or null.
#[derive(Deserialize)]
struct OracleRow {
    lhs: String,
    op: String,
    rhs: String,
    user: usize,
    block: usize,
    group: usize,
    level: usize,
    free: usize,
    ustart: Option<f64>,
    exo: usize,
    label: String,
    plabel: String,
}

fn oracle() -> Oracle {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/table/tables.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn context(case: &Case) -> TableContext {
    let mut options = TableOptions { constraints: case.constraints.clone(), ..TableOptions::default() };
    for (name, value) in &case.options {
        let flag = value.as_bool();
        let on = flag == Some(true);
        let texts = || -> Vec<String> {
            match value {
                Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
                other => vec![other.as_str().unwrap().to_owned()],
            }
        };
        match name.as_str() {
            "std.lv" => options.std_lv = on,
            "orthogonal" => options.orthogonal = on,
            "orthogonal.x" => options.orthogonal_x = on,
            "orthogonal.y" => options.orthogonal_y = on,
            "meanstructure" => options.meanstructure = flag,
            "int.ov.free" => options.int_ov_free = flag,
            "int.lv.free" => options.int_lv_free = flag,
            "fixed.x" => options.fixed_x = flag,
            "conditional.x" => options.conditional_x = on,
            "auto.fix.first" => options.auto_fix_first = flag,
            "auto.fix.single" => options.auto_fix_single = flag,
            "auto.var" => options.auto_var = flag,
            "auto.cov.lv.x" => options.auto_cov_lv_x = flag,
            "auto.cov.y" => options.auto_cov_y = flag,
            "group.w.free" => options.group_w_free = on,
            "parameterization" => {
                assert_eq!(texts(), ["theta"]);
                options.parameterization = Parameterization::Theta;
            }
            "effect.coding" => {
                options.effect_coding_loadings = texts().iter().any(|text| text == "loadings");
                options.effect_coding_intercepts = texts().iter().any(|text| text == "intercepts");
            }
            "group.equal" => {
                options.group_equal = texts().iter().map(|text| EqualityGroup::from_name(text).unwrap()).collect();
            }
            "group.partial" => options.group_partial = texts(),
            other => panic!("option {other} of {}", case.name),
        }
    }
    // The caller knows the estimator: with ordered outcomes and exogenous variables lavaan's default is conditional.x.
    if !case.ordered.is_empty() && !case.options.contains_key("conditional.x") {
        options.conditional_x = true;
    }
    TableContext {
        kind: match case.kind.as_str() {
            "cfa" => ModelKind::Cfa,
            "sem" => ModelKind::Sem,
            "growth" => ModelKind::Growth,
            "lavaan" => ModelKind::Lavaan,
            other => panic!("kind {other}"),
        },
        options,
        groups: case.groups.clone(),
        variables: None,
        ordered: case.ordered.keys().cloned().collect(),
        thresholds: case.ordered.iter().map(|(name, &n)| (name.clone(), n)).collect(),
    }
}

fn table_of(case: &Case) -> (ParTable, Vec<Diagnostic>) {
    let parsed = parse(&case.model);
    let (table, diagnostics) = build(&parsed.model, &context(case));
    (table, parsed.diagnostics.into_iter().chain(diagnostics).collect())
}

fn line(columns: [&str; 3], numbers: [usize; 6], ustart: Option<f64>, label: &str, plabel: &str) -> String {
    let [lhs, op, rhs] = columns;
    let [user, block, group, level, free, exo] = numbers;
    let ustart = ustart.map_or("NA".into(), |value| format!("{value:.9}"));
    format!(
        "{lhs} {op} {rhs} user={user} block={block} group={group} level={level} free={free} exo={exo} ustart={ustart} label={label} {plabel}"
    )
}

fn ours(row: &Row) -> String {
    use latva_spec::table::RowOrigin;
    let user = match row.origin {
        RowOrigin::Automatic => 0,
        RowOrigin::User => 1,
        RowOrigin::Derived => 2,
    };
    line(
        [&row.lhs, row.op.as_str(), &row.rhs],
        [user, row.block, row.group, row.level, row.free, usize::from(row.exo)],
        // What lavaan has here comes from the data.
        row.ustart.filter(|_| !row.exo),
        &row.label,
        &row.plabel(),
    )
}

fn lavaans(row: &OracleRow) -> String {
    line(
        [&row.lhs, &row.op, &row.rhs],
        // lavaan marks the rows that identify an exploratory block by 7; they are the user's loadings and automatic covariances.
        [
            if row.user == 7 { usize::from(row.op == "=~") } else { row.user },
            row.block,
            row.group,
            row.level,
            row.free,
            row.exo,
        ],
        row.ustart,
        &row.label,
        &row.plabel,
    )
}

#[test]
fn tables_equal_lavaans() {
    let mut failures = Vec::new();
    let oracle = oracle();
    for case in &oracle.cases {
        let (table, diagnostics) = table_of(case);
        if let Some(error) = diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
            failures.push(format!("{}: {} {}", case.name, error.id, error.message));
            continue;
        }
        let expected: Vec<String> = case.rows.iter().map(lavaans).collect();
        let found: Vec<String> = table.rows.iter().map(ours).collect();
        if let Some(place) = (0..expected.len().max(found.len())).find(|&at| expected.get(at) != found.get(at)) {
            failures.push(format!(
                "{}, row {}:\n  lavaan {}\n  latva  {}",
                case.name,
                place + 1,
                expected.get(place).map_or("-", String::as_str),
                found.get(place).map_or("-", String::as_str)
            ));
        }
    }
    assert!(oracle.cases.len() >= 150, "the oracle has {} models", oracle.cases.len());
    assert!(
        failures.is_empty(),
        "{} of {} tables differ:\n{}",
        failures.len(),
        oracle.cases.len(),
        failures.join("\n")
    );
}

#[test]
fn degrees_of_freedom_equal_lavaans() {
    let mut failures = Vec::new();
    let mut counted = 0;
    for case in &oracle().cases {
        let Some(expected) = case.df else { continue };
        counted += 1;
        let count = DegreesOfFreedom::of(&table_of(case).0);
        let by_lines: i64 = count.lines().iter().map(|line| line.amount).sum();
        assert_eq!(by_lines, count.df(), "the terms of {} do not add up", case.name);
        if count.df() != expected {
            failures.push(format!("{}: lavaan {expected}, latva {}: {:?}", case.name, count.df(), count.lines()));
        }
    }
    assert!(counted >= 150, "{counted} counts");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
