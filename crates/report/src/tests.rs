//! Reports of a fit whose numbers are made up: what is tested is how they are shown.

use std::sync::Arc;

use latva_estimation::{
    BlockSummary, BootstrapInterval, Convergence, Estimate, Estimator, Fit, FitMeasures, GroupSummary, H1Information,
    Information, Likelihood, Mimic, Missing, Plan, RSquare, StandardErrors, TerminationReason, TestStatistic,
};
use latva_spec::table::{Block, ModelKind, Op, ParTable, Row, RowOrigin, TableContext};
use latva_spec::{Diagnostic, Span};

use crate::{Context, DataContext, DataKind, Report, TableReport};

const SOURCE: &str = "f =~ x_1 + a*x_2 + x_3\ny ~ f\n";

fn row(id: usize, lhs: &str, op: Op, rhs: &str, free: usize, label: &str) -> Row {
    let block = usize::from(op.is_parameter());
    Row {
        id,
        lhs: lhs.into(),
        op,
        rhs: rhs.into(),
        origin: RowOrigin::User,
        block,
        group: block,
        level: block,
        free,
        ustart: (free == 0 && op.is_parameter()).then_some(1.0),
        exo: false,
        label: label.into(),
        lower: None,
        upper: None,
        relation: None,
        span: (id == 1).then_some(Span { start: 5, end: 8 }),
    }
}

fn table() -> ParTable {
    let entries: [(&str, Op, &str, usize, &str); 13] = [
        ("f", Op::Loading, "x_1", 0, ""),
        ("f", Op::Loading, "x_2", 1, "a"),
        ("f", Op::Loading, "x_3", 2, ""),
        ("y", Op::Regression, "f", 3, "b"),
        ("x_1", Op::Covariance, "x_3", 4, ""),
        ("x_1", Op::Covariance, "x_1", 5, ""),
        ("x_2", Op::Covariance, "x_2", 6, ""),
        ("x_3", Op::Covariance, "x_3", 7, ""),
        ("y", Op::Covariance, "y", 8, ""),
        ("f", Op::Covariance, "f", 9, ""),
        ("x_1", Op::Intercept, "", 10, ""),
        ("ab", Op::Defined, "a*b", 0, "ab"),
        ("a", Op::Greater, "0.5", 0, ""),
    ];
    let rows = entries
        .iter()
        .enumerate()
        .map(|(at, (lhs, op, rhs, free, label))| row(at + 1, lhs, *op, rhs, *free, label))
        .collect();
    ParTable {
        rows: Arc::new(rows),
        blocks: vec![Block {
            group: 1,
            level: 1,
            observed: ["x_1", "x_2", "x_3", "y"].map(Into::into).into(),
            latent: ["f".into()].into(),
            exogenous: [].into(),
        }],
        group_labels: vec![String::new()],
        meanstructure: false,
        fixed_x: true,
    }
}

fn fit() -> Fit {
    let table = table();
    let estimates = table
        .rows
        .iter()
        .map(|row| {
            let estimated = row.free > 0 || row.op == Op::Defined;
            let est = if estimated { row.id as f64 / 7.0 - 0.5 } else { 1.0 };
            let number = |value: f64| estimated.then_some(value);
            Estimate {
                est,
                se: number(0.1),
                z: number(est / 0.1),
                pvalue: number(if row.id % 2 == 0 { 1e-9 } else { 0.0321 }),
                ci_lower: number(est - 0.2),
                ci_upper: number(est + 0.2),
                std_lv: row.op.is_parameter().then_some(est / 2.0),
                std_all: row.op.is_parameter().then_some(est / 3.0),
                std_nox: None,
                ..Estimate::default()
            }
        })
        .collect();
    let mut measures = FitMeasures::default();
    for (name, value) in [
        ("npar", 9.0),
        ("fmin", 0.01),
        ("chisq", 3.25),
        ("df", 1.0),
        ("pvalue", 0.0714),
        ("baseline.chisq", 218.5),
        ("baseline.df", 6.0),
        ("baseline.pvalue", 0.0),
        ("cfi", 0.989_412),
        ("rmsea", 0.112),
        ("aic", 1234.5),
    ] {
        measures.push(name, value);
    }
    measures.push("tli", f64::NAN);
    Fit {
        plan: Plan {
            estimator: Estimator::Ml,
            likelihood: Likelihood::Normal,
            mimic: Mimic::Lavaan,
            missing: Missing::Listwise,
            se: StandardErrors::Standard,
            test: vec![TestStatistic::Standard],
            information: Information::Expected,
            h1_information: H1Information::Structured,
            ci_level: 0.95,
            max_iterations: 200,
            random_starts: 0,
            bootstrap: 1000,
            bootstrap_interval: BootstrapInterval::Percentile,
            seed: 1,
            threads: None,
            skip_standardized: false,
            meanstructure: false,
            fixed_x: true,
            weighted: false,
        },
        groups: vec![GroupSummary {
            label: String::new(),
            n_obs: 180,
            size: 180.0,
            n_patterns: None,
            coverage: None,
            chisq: None,
        }],
        blocks: vec![BlockSummary {
            group: 1,
            observed: table.blocks[0].observed.clone(),
            latent: table.blocks[0].latent.clone(),
        }],
        convergence: Convergence {
            converged: true,
            reason: TerminationReason::Gradient,
            iterations: 6,
            evaluations: 8,
            gradient_norm: 3.2e-11,
            warm: false,
            strategies: vec!["scoring".to_owned()],
        },
        table,
        estimates,
        constraints: Vec::new(),
        moments: Vec::new(),
        vcov: None,
        proper: true,
        r_square: vec![RSquare { block: 1, variable: "y".into(), value: 0.375, uncertainty: None }],
        tests: Vec::new(),
        measures,
        effective_size: None,
        bootstrap: None,
        diagnostics: vec![
            Diagnostic::warning("W0801", "the variance of f is <negative>")
                .hint("look at its indicators")
                .hint("say `f ~~ 0*f`"),
        ],
    }
}

fn report(fit: &Fit) -> Report {
    Report::new(
        fit,
        &Context {
            version: "0.1.0",
            model_file: Some("m.lav"),
            model_source: SOURCE,
            table: &TableContext::default(),
            data: DataContext {
                file: "d.csv",
                sha256: "00",
                kind: DataKind::Cases,
                n_total: 200,
                group_variable: None,
                sampling_weights: None,
            },
        },
    )
}

#[test]
fn text_of_one_group() {
    insta::assert_snapshot!(report(&fit()).to_text());
}

#[test]
fn text_of_two_groups_that_did_not_converge() {
    let mut fit = fit();
    fit.groups = ["Grant-White", "Pasteur"]
        .map(|label| GroupSummary {
            label: label.to_owned(),
            n_obs: 90,
            size: 90.0,
            n_patterns: None,
            coverage: None,
            chisq: None,
        })
        .to_vec();
    let second: Vec<Row> = fit.table.rows[..4].iter().map(|row| Row { block: 2, group: 2, ..row.clone() }).collect();
    let estimates = fit.estimates[..4].to_vec();
    Arc::make_mut(&mut fit.table.rows).extend(second);
    fit.estimates.extend(estimates);
    fit.measures = FitMeasures::default();
    fit.convergence.converged = false;
    fit.convergence.reason = TerminationReason::MaxIterations;
    for estimate in &mut fit.estimates {
        (estimate.se, estimate.z, estimate.pvalue) = (None, None, None);
        (estimate.ci_lower, estimate.ci_upper) = (None, None);
    }
    insta::assert_snapshot!(report(&fit).to_text());
}

#[test]
fn text_of_a_table() {
    insta::assert_snapshot!(TableReport::new(&table(), ModelKind::Sem, &[]).to_text());
}

#[test]
fn json_has_the_names_of_the_schema() {
    let text = report(&fit()).to_json();
    let json: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(json["schema"], "latva.fit/1");
    let keys =
        |value: &serde_json::Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    for section in
        ["schema", "program", "plan", "model", "data", "convergence", "parameters", "fit", "r2", "diagnostics"]
    {
        assert!(keys(&json).contains(&section.to_owned()), "{section}");
    }
    for key in [
        "lhs", "op", "rhs", "block", "group", "level", "label", "free", "fixed", "est", "se", "z", "pvalue",
        "ci_lower", "ci_upper", "std_lv", "std_all", "std_nox", "span",
    ] {
        assert!(keys(&json["parameters"][0]).contains(&key.to_owned()), "{key}");
    }
    for key in ["converged", "reason", "iterations", "evaluations", "gradient_norm", "warm"] {
        assert!(keys(&json["convergence"]).contains(&key.to_owned()), "{key}");
    }
    assert_eq!(json["parameters"][0]["span"], serde_json::json!([5, 8]));
    assert_eq!(json["parameters"][0]["se"], serde_json::Value::Null);
    assert_eq!(json["parameters"][0]["fixed"], true);
    assert_eq!(json["model"]["source"], SOURCE);
    assert_eq!(json["diagnostics"][0]["id"], "W0801");
    assert_eq!(json["diagnostics"][0]["hint"], "look at its indicators\nsay `f ~~ 0*f`");
    let intercept = json["parameters"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["op"] == "~1"))
        .expect("an intercept row");
    assert_eq!(intercept["rhs"], "");
}

#[test]
fn a_figure_that_does_not_exist_is_absent_or_null() {
    let mut fit = fit();
    fit.estimates[1].est = f64::NAN;
    fit.estimates[1].se = Some(f64::INFINITY);
    let report = report(&fit);
    let text = report.to_json();
    let json: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    assert!(json["fit"].get("tli").is_none());
    assert!(json["parameters"][1]["est"].is_null());
    assert!(json["parameters"][1]["se"].is_null());
    for rendering in
        [report.to_text(), report.to_markdown(), report.to_latex(), report.to_html(), report.to_csv(), text]
    {
        let mut words = rendering.split(|c: char| !c.is_alphanumeric());
        assert!(!words.any(|word| word == "NaN" || word == "inf"), "{rendering}");
    }
}

#[test]
fn numbers_are_given_in_full() {
    let fit = fit();
    let json: serde_json::Value = serde_json::from_str(&report(&fit).to_json()).expect("valid JSON");
    assert_eq!(json["parameters"][2]["est"].as_f64(), Some(fit.estimates[2].est));
    let csv = report(&fit).to_csv();
    assert!(csv.contains(&format!(",{:?},", fit.estimates[2].est)));
    let width = csv.lines().next().map(|l| l.split(',').count());
    assert!(csv.lines().all(|line| Some(line.split(',').count()) == width));
}

#[test]
fn markup_is_escaped() {
    let report = report(&fit());
    assert!(report.to_latex().contains(r"x\_1"));
    assert!(!report.to_latex().contains("x_1"));
    assert!(report.to_latex().contains(r"f =\textasciitilde{}"));
    assert!(report.to_html().contains("&lt;negative&gt;"));
    assert!(report.to_markdown().contains(r"x\_1"));
    for line in report.to_markdown().lines().filter(|l| l.starts_with('|')) {
        assert!(line.ends_with('|'), "{line}");
    }
}
