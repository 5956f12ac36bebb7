//! What is reported beside estimates and fit, against lavaan (fixtures/reference/output, made by tools/oracle/output.R).

use std::path::Path;

use latva_estimation::{Effect, EffectKind, Fit, ResidualMoments, RootMeanSquare, ScoreMethod, effects, fit};
use latva_spec::table::{Op, Relation};
use latva_spec::tree::Item;
use ndarray::Array2;
use serde::Deserialize;
use serde_json::Value;

use crate::lavaan::{Setup, prepare};

#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    setup: Setup,
    residuals: Vec<Value>,
    #[serde(default)]
    wald: Vec<Value>,
    critical_ratios: Value,
    #[serde(default)]
    effects: Vec<Value>,
    scores: Option<Value>,
}

/// Relative to 1 + |value|. lavaan's solutions of two stages are not polished.
fn tolerance(case: &str) -> f64 {
    if case.contains("two_stage") { 1e-4 } else { 1e-5 }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/output");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let cases: Vec<Case> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect();
    assert!(cases.len() >= 75, "only {} cases", cases.len());
    cases
}

/// Tells of figures that differ; counts what was compared.
#[derive(Default)]
struct Comparison {
    compared: usize,
    wrong: Vec<String>,
}

impl Comparison {
    fn check(&mut self, what: impl Fn() -> String, tolerance: f64, got: Option<f64>, want: &Value) {
        // lavaan divides by variances that are rounding errors.
        let Some(want) = want.as_f64().filter(|want| want.abs() < 1e6) else { return };
        self.compared += 1;
        if !got.is_some_and(|got| (got - want).abs() <= tolerance * (1.0 + want.abs())) {
            self.wrong.push(format!("{}: {got:?} for {want}", what()));
        }
    }

    fn conclude(self, at_least: usize) {
        assert!(self.compared >= at_least, "only {} figures were compared", self.compared);
        let shown: Vec<&String> = self.wrong.iter().take(40).collect();
        assert!(self.wrong.is_empty(), "{} of {}:\n{shown:#?}", self.wrong.len(), self.compared);
    }
}

fn fitted(setup: &Setup) -> (Fit, latva_data::Sample) {
    let (table, sample, options) = prepare(setup);
    let result = fit(&table, &sample, &options).unwrap_or_else(|error| panic!("{}: {error}", setup.name));
    assert!(result.convergence.converged, "{}", setup.name);
    (result, sample)
}

#[test]
fn residuals_equal_lavaans() {
    let mut comparison = Comparison::default();
    for case in cases() {
        let (fit, sample) = fitted(&case.setup);
        let ours = latva_estimation::residuals(&fit.table, &sample, &fit).unwrap();
        assert_eq!(ours.len(), case.residuals.len());
        for (block, theirs) in ours.iter().zip(&case.residuals) {
            for (kind, moments) in [
                ("raw", Some(&block.raw)),
                ("cor_bollen", Some(&block.cor_bollen)),
                ("cor_bentler", Some(&block.cor_bentler)),
                ("normalized", block.normalized.as_ref()),
                ("standardized", block.standardized.as_ref()),
            ] {
                // lavaan has none of these for DWLS and two stages.
                if theirs[kind].is_null() {
                    continue;
                }
                let moments = moments.unwrap_or_else(|| panic!("{} has no {kind}", case.setup.name));
                compare(&mut comparison, &case.setup.name, kind, moments, &block.raw, &block.variables, &theirs[kind]);
            }
        }
    }
    comparison.conclude(5000);
}

/// What fixtures/reference/residuals and fixtures/reference/scores have of a fit.
#[derive(Deserialize)]
struct Further {
    #[serde(flatten)]
    setup: Setup,
    blocks: Vec<Value>,
}

fn cases_of(folder: &str, at_least: usize) -> Vec<Further> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let cases: Vec<Further> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
        .collect();
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    cases
}

#[test]
fn scores_their_errors_and_predictions_equal_lavaans() {
    let mut comparison = Comparison::default();
    for case in cases_of("scores", 60) {
        let (fit, sample) = fitted(&case.setup);
        let name = &case.setup.name;
        for (key, method) in [("regression", ScoreMethod::Regression), ("bartlett", ScoreMethod::Bartlett)] {
            let scores = latva_estimation::factor_scores(&fit, &sample, method).unwrap();
            let predictions = latva_estimation::predicted_values(&fit, &scores);
            for ((scores, predictions), theirs) in scores.iter().zip(&predictions).zip(&case.blocks) {
                let theirs = &theirs[key];
                if theirs.is_null() {
                    continue;
                }
                let names = |field: &str| -> Vec<String> {
                    let list = theirs[field].as_array().unwrap().iter();
                    list.map(|name| name.as_str().unwrap().to_owned()).collect()
                };
                assert_eq!(names("factors"), scores.factors);
                // Where an observed variable depends on a factor lavaan's scores are other ones (docs/methods/factor-scores.md), and its
                // predictions are not made of them.
                let comparable = !names("indicators").is_empty();
                if !comparable && key == "bartlett" {
                    continue;
                }
                // Without means those of factors with observed predictors are moved by a constant.
                let measured = |name: &str| fit.table.rows.iter().any(|row| row.op == Op::Loading && row.rhs == name);
                let centred =
                    !fit.plan.meanstructure && !fit.table.blocks[0].observed.iter().all(|name| measured(name));
                let comparable = comparable && !centred;
                for (field, names, of, ours) in [
                    ("scores", names("factors"), &scores.factors, &scores.scores),
                    ("se", names("factors"), &scores.factors, &scores.standard_errors),
                    ("predicted", names("indicators"), &predictions.indicators, &predictions.values),
                ] {
                    // With pairwise moments lavaan has the standard errors of complete cases for all.
                    let of_complete = field == "se" && fit.plan.missing == latva_estimation::Missing::Pairwise;
                    if of_complete || (field == "scores" && !comparable) {
                        continue;
                    }
                    for (index, row) in theirs[field].as_array().unwrap().iter().enumerate() {
                        for (column, want) in names.iter().zip(row.as_array().unwrap()) {
                            // Of observed variables of the structural part lavaan predicts their own values.
                            let measured = |row: &latva_spec::table::Row| row.op == Op::Loading && row.rhs == *column;
                            let Some(at) = of.iter().position(|other| other == column) else {
                                assert!(!fit.table.rows.iter().any(measured), "{name} {column}");
                                continue;
                            };
                            // A factor without indicators has no Bartlett score; lavaan gives 0.
                            let got = ours[[12 * index, at]];
                            if field == "scores" && key == "bartlett" && want.as_f64() == Some(0.0) && got.is_none() {
                                continue;
                            }
                            let what = || format!("{name} {key} {field} {column} of case {}", 12 * index + 1);
                            comparison.check(what, 1e-5, got, want);
                        }
                    }
                }
            }
        }
    }
    comparison.conclude(2000);
}

/// Of a root mean square the figure that a field of the reference has.
fn figure(of: &RootMeanSquare, field: &str) -> Option<f64> {
    let inference = of.inference;
    match field {
        "value" => Some(of.value),
        "se" => inference.map(|i| i.se),
        "exact_z" => inference.map(|i| i.exact_z),
        "exact_pvalue" => inference.map(|i| i.exact_pvalue),
        "unbiased" => inference.map(|i| i.unbiased),
        "unbiased_se" => inference.map(|i| i.unbiased_se),
        "ci_lower" => inference.map(|i| i.ci_lower),
        "ci_upper" => inference.map(|i| i.ci_upper),
        "close_z" => inference.map(|i| i.close_z),
        "close_pvalue" => inference.map(|i| i.close_pvalue),
        other => panic!("{other}"),
    }
}

/// Residuals and their summaries whatever the information, the estimator and the treatment of missing values.
#[test]
fn residuals_and_their_summaries_equal_lavaans() {
    let mut comparison = Comparison::default();
    for case in cases_of("residuals", 70) {
        let (fit, sample) = fitted(&case.setup);
        let name = &case.setup.name;
        let ours = latva_estimation::residuals(&fit.table, &sample, &fit).unwrap();
        for (block, theirs) in ours.iter().zip(&case.blocks) {
            for (kind, moments) in [("normalized", &block.normalized), ("standardized", &block.standardized)] {
                let moments = moments.as_ref().unwrap_or_else(|| panic!("{name} has no {kind}"));
                compare(&mut comparison, name, kind, moments, &block.raw, &block.variables, &theirs[kind]);
            }
            let summary = block.summary.expect("a summary");
            for (kind, ours) in [("rmr", summary.rmr), ("srmr", summary.srmr), ("crmr", summary.crmr)] {
                for (part, ours) in [("cov", Some(ours.cov)), ("mean", ours.mean), ("total", ours.total)] {
                    let theirs = &theirs["summary"][kind][part];
                    // Where the model reproduces every mean, lavaan gives tests of rounding errors, or an unbiased value without any.
                    let nothing = ours.is_some_and(|ours| ours.value < 1e-6) || theirs["se"].is_null();
                    for (field, want) in theirs.as_object().into_iter().flatten() {
                        if field == "h0" || (nothing && field != "value") {
                            continue;
                        }
                        let got = ours.as_ref().and_then(|ours| figure(ours, field));
                        comparison.check(|| format!("{name} {kind} {part} {field}"), 1e-5, got, want);
                    }
                }
            }
        }
    }
    comparison.conclude(2000);
}

#[test]
fn likelihoods_of_cases_equal_lavaans_and_add_up() {
    let mut comparison = Comparison::default();
    for case in cases_of("residuals", 70) {
        let (fit, sample) = fitted(&case.setup);
        let name = &case.setup.name;
        let Ok(ours) = latva_estimation::case_likelihoods(&fit, &sample) else {
            assert!(case.blocks.iter().all(|block| block.get("likelihood").is_none()), "{name}");
            continue;
        };
        for (group, theirs) in ours.iter().zip(&case.blocks) {
            let theirs = &theirs["likelihood"];
            let total: f64 = group.values.iter().flatten().sum();
            comparison.check(|| format!("{name} total"), 1e-6, Some(total), &theirs["total"]);
            for (index, want) in theirs["every_twelfth"].as_array().into_iter().flatten().enumerate() {
                let got = group.values[12 * index];
                comparison.check(|| format!("{name} case {}", 12 * index + 1), 1e-5, got, want);
            }
        }
        let total: f64 = ours.iter().flat_map(|group| group.values.iter().flatten()).sum();
        // The likelihood of Wishart is that of the moments, not of the cases.
        let of_cases = fit.plan.likelihood == latva_estimation::Likelihood::Normal;
        if of_cases && fit.plan.missing != latva_estimation::Missing::Pairwise {
            let logl = fit.measures.get("logl").expect("a log-likelihood");
            assert!((total - logl).abs() < 1e-7 * logl.abs(), "{name}: {total} for {logl}");
        }
    }
    comparison.conclude(500);
}

fn compare(
    comparison: &mut Comparison,
    case: &str,
    kind: &str,
    ours: &ResidualMoments,
    raw: &ResidualMoments,
    variables: &[String],
    theirs: &Value,
) {
    let names: Vec<&str> = theirs["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let position = |name: &str| variables.iter().position(|other| other == name).unwrap();
    // Where a residual is 0 but for rounding, lavaan prints it undivided, and we nothing where its variance is 0 as well.
    let is_zero = |raw: Option<f64>| kind.ends_with("ized") && raw.is_some_and(|raw| raw.abs() < 1e-5);
    for (a, row) in theirs["cov"].as_array().unwrap().iter().enumerate() {
        for (b, want) in row.as_array().unwrap().iter().enumerate() {
            let (i, j) = (position(names[a]), position(names[b]));
            // A residual that hardly varies has a huge one in lavaan, that of its rounding error.
            let rounding = ours.cov[[i, j]].is_none() && want.as_f64().is_some_and(|want| want.abs() > 100.0);
            if !is_zero(raw.cov[[i, j]]) && !rounding {
                let what = || format!("{case} {kind} {} ~~ {}", names[a], names[b]);
                comparison.check(what, tolerance(case), ours.cov[[i, j]], want);
            }
        }
    }
    for (a, want) in theirs["mean"].as_array().into_iter().flatten().enumerate() {
        let i = position(names[a]);
        if !is_zero(raw.mean.as_ref().unwrap()[i]) {
            let what = || format!("{case} {kind} {} ~1", names[a]);
            comparison.check(what, tolerance(case), ours.mean.as_ref().and_then(|mean| mean[i]), want);
        }
    }
}

/// The standardized residuals of a just identified model do not exist: it reproduces every moment.
#[test]
fn a_saturated_model_has_no_standardized_residuals() {
    let case = cases().into_iter().find(|case| case.setup.name == "mediation_groups").unwrap();
    let (fit, sample) = fitted(&case.setup);
    for block in latva_estimation::residuals(&fit.table, &sample, &fit).unwrap() {
        let standardized: Array2<Option<f64>> = block.standardized.unwrap().cov;
        assert!(standardized.iter().all(Option::is_none), "{standardized:?}");
        assert!(block.raw.cov.iter().all(|value| value.unwrap().abs() < 1e-7));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Every effect that the model has, and no other, equals what lavaan gives for it written as `:=`.
#[test]
fn effects_equal_those_that_lavaan_defines() {
    let mut comparison = Comparison::default();
    let with_effects: Vec<Case> = cases().into_iter().filter(|case| !case.effects.is_empty()).collect();
    assert!(with_effects.len() >= 60, "only {} cases", with_effects.len());
    for case in with_effects {
        let (fit, _) = fitted(&case.setup);
        let ours = effects(&fit).unwrap();
        let name = &case.setup.name;
        assert_eq!(ours.effects.len(), case.effects.len(), "{name}");
        assert!(ours.groups.iter().all(|group| group.stability.is_none() && group.unlisted.is_none()), "{name}");
        for theirs in &case.effects {
            let via: Vec<&str> = theirs["via"].as_array().unwrap().iter().map(text).collect();
            let what = format!("{name} {} {} -> {via:?} -> {}", theirs["kind"], theirs["from"], theirs["to"]);
            let kind = match text(&theirs["kind"]) {
                "total" => EffectKind::Total,
                "direct" => EffectKind::Direct,
                "indirect" => EffectKind::Indirect,
                _ => EffectKind::Specific,
            };
            let is_it = |effect: &&Effect| {
                effect.group == theirs["group"].as_u64().unwrap() as usize
                    && effect.kind == kind
                    && effect.from == text(&theirs["from"])
                    && effect.to == text(&theirs["to"])
                    && effect.via == via
            };
            let effect = ours.effects.iter().find(is_it).unwrap_or_else(|| panic!("{what} is absent"));
            let standardized = effect.standardized.unwrap();
            for (figure, got, want) in [
                ("est", Some(effect.raw.est), &theirs["est"]),
                ("se", effect.raw.se, &theirs["se"]),
                ("z", effect.raw.z, &theirs["z"]),
                ("p", effect.raw.pvalue, &theirs["pvalue"]),
                ("lower", effect.raw.ci_lower, &theirs["ci_lower"]),
                ("upper", effect.raw.ci_upper, &theirs["ci_upper"]),
                ("std", Some(standardized.est), &theirs["std"]),
                ("std se", standardized.se, &theirs["std_se"]),
            ] {
                comparison.check(|| format!("{what} {figure}"), tolerance(name), got, want);
            }
        }
    }
    comparison.conclude(2000);
}

#[test]
fn wald_tests_equal_lavaans() {
    let mut comparison = Comparison::default();
    let tested: Vec<Case> = cases().into_iter().filter(|case| !case.wald.is_empty()).collect();
    assert!(tested.len() >= 60, "only {} cases", tested.len());
    for case in tested {
        let (fit, _) = fitted(&case.setup);
        for theirs in &case.wald {
            let parsed = latva_spec::parse_addition(text(&theirs["constraints"]));
            let equalities: Vec<(String, String, Relation)> = parsed
                .model
                .items
                .into_iter()
                .map(|item| match item {
                    Item::Constraint(constraint) => (
                        constraint.lhs.text,
                        constraint.rhs.text,
                        Relation { lhs: constraint.lhs.expression, rhs: constraint.rhs.expression },
                    ),
                    other => panic!("{other:?}"),
                })
                .collect();
            let ours = latva_estimation::wald_test(&fit, &equalities).unwrap();
            let what = |figure: &str| format!("{} {} {figure}", case.setup.name, theirs["constraints"]);
            comparison.check(|| what("stat"), tolerance(&case.setup.name), Some(ours.test.value), &theirs["stat"]);
            comparison.check(|| what("df"), 0.0, Some(ours.test.df), &theirs["df"]);
            comparison.check(|| what("p"), tolerance(&case.setup.name), ours.pvalue, &theirs["pvalue"]);
        }
    }
    // Three figures of each test.
    comparison.conclude(540);
}

#[test]
fn critical_ratios_equal_lavaans() {
    let mut comparison = Comparison::default();
    for case in cases() {
        let (fit, _) = fitted(&case.setup);
        let ours = latva_estimation::critical_ratios(&fit).unwrap();
        let theirs = &case.critical_ratios;
        let place = |at: usize| {
            let is_it = |row: &latva_spec::table::Row| {
                let (lhs, rhs) = (text(&theirs["lhs"][at]), text(&theirs["rhs"][at]));
                row.free > 0
                    && row.op.as_str() == text(&theirs["op"][at])
                    && row.group == theirs["group"][at].as_u64().unwrap() as usize
                    && (row.lhs == lhs && row.rhs == rhs || row.op.as_str() == "~~" && row.lhs == rhs && row.rhs == lhs)
            };
            ours.rows.iter().position(|&row| is_it(&fit.table.rows[row])).unwrap()
        };
        let n = theirs["lhs"].as_array().unwrap().len();
        assert_eq!(ours.rows.len(), n);
        for i in 0..n {
            for j in 0..n {
                // Ours is row less column.
                let want = &theirs["z"][j][i];
                let what = || format!("{} {i} {j}", case.setup.name);
                comparison.check(what, tolerance(&case.setup.name), ours.z[[place(i), place(j)]], want);
            }
        }
    }
    comparison.conclude(5000);
}

/// lavaan's scores of every twelfth case, and how much of the factors they hold.
#[test]
fn factor_scores_equal_lavaans() {
    let mut comparison = Comparison::default();
    for case in cases() {
        let Some(scores) = &case.scores else { continue };
        let (fit, sample) = fitted(&case.setup);
        for (method, theirs) in
            [(ScoreMethod::Regression, &scores["regression"]), (ScoreMethod::Bartlett, &scores["bartlett"])]
        {
            let ours = latva_estimation::factor_scores(&fit, &sample, method).unwrap();
            for (ours, theirs) in ours.iter().zip(theirs.as_array().unwrap()) {
                for (b, factor) in theirs["factors"].as_array().unwrap().iter().enumerate() {
                    let at = ours.factors.iter().position(|name| name == text(factor)).unwrap();
                    let what = |figure: &str| format!("{} {method:?} {factor} {figure}", case.setup.name);
                    let spread = theirs["variances"][b].as_f64().unwrap();
                    let latent = theirs["latent_variances"][b].as_f64().unwrap();
                    if method == ScoreMethod::Bartlett && spread < 1e-9 {
                        // A second-order factor has no indicators: lavaan gives 0 for every case.
                        assert!(ours.scores.column(at).iter().all(Option::is_none));
                        continue;
                    }
                    let reliability = if method == ScoreMethod::Regression { spread / latent } else { latent / spread };
                    comparison.check(|| what("reliability"), 1e-5, ours.reliability[at], &reliability.into());
                    for (a, row) in theirs["scores"].as_array().unwrap().iter().enumerate() {
                        comparison.check(|| what("score"), 1e-5, ours.scores[[12 * a, at]], &row[b]);
                    }
                }
            }
        }
    }
    comparison.conclude(1500);
}
