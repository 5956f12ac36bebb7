//! Fits against lavaan's (fixtures/reference/fit, made by tools/oracle/fit.R).

use std::collections::BTreeMap;
use std::path::PathBuf;

use latva_estimation::{Fit, Likelihood, Mimic, Missing, Options, Uncertainty};
use latva_spec::table::Op;
use serde::Deserialize;
use serde_json::Value;

use crate::lavaan::{Setup, fixtures, prepare};

#[derive(Deserialize)]
pub(crate) struct Case {
    #[serde(flatten)]
    pub(crate) setup: Setup,
    pub(crate) estimates: Vec<Row>,
    #[serde(default)]
    pub(crate) measures: BTreeMap<String, f64>,
    #[serde(default)]
    pub(crate) tests: Vec<Test>,
    #[serde(default)]
    r_square: Vec<Value>,
}

#[derive(Deserialize)]
pub(crate) struct Test {
    pub(crate) test: String,
    pub(crate) chisq: f64,
    df: f64,
    pub(crate) scaling_factor: Option<f64>,
    pub(crate) shift: Option<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Row {
    lhs: String,
    op: String,
    rhs: String,
    group: Option<usize>,
    est: f64,
    pub(crate) se: Option<f64>,
    std_lv: Option<f64>,
    std_all: Option<f64>,
    std_nox: Option<f64>,
    std_lv_se: Option<f64>,
    std_all_se: Option<f64>,
    std_nox_se: Option<f64>,
}

/// Tolerances, relative to 1 + |value| of the reference: what lavaan's optimiser leaves, several times over.
struct Tolerances {
    estimate: f64,
    rest: f64,
}

impl Tolerances {
    fn of(case: &str) -> Self {
        match case {
            // lavaan's solutions of least squares are not polished.
            case if case.contains("gls") || case.contains("uls") => Tolerances { estimate: 1e-5, rest: 1e-5 },
            // Nor are the moments of its first stage.
            case if case.contains("two.stage") => Tolerances { estimate: 1e-5, rest: 1e-5 },
            // lavaan weights the information of the groups by N_g / N, but the discrepancies by (N_g - 1) / (N - G).
            "hs_groups_wishart" => Tolerances { estimate: 2e-6, rest: 2e-4 },
            _ => Tolerances { estimate: 1e-6, rest: 1e-5 },
        }
    }
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(fixtures().join("reference/fit")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect()
}

/// Measures in which lavaan and we differ on purpose (docs/methods/robust.md).
fn is_deliberate(case: &Case, measure: &str) -> bool {
    // lavaan's critical N of a saturated model is 1; there is none.
    let saturated = case.measures.get("df") == Some(&0.0);
    // lavaan leaves the factors out of the robust indices where that of the baseline is 1, as it always is with DWLS.
    let uncorrected =
        case.measures.get("baseline.chisq.scaling.factor") == Some(&1.0) || case.setup.name == "growth_wlsmv";
    // lavaan has the information behind the standard errors decide about the weight of the GFI.
    let unstructured = case.setup.options.get("h1.information").is_some();
    // On the way to the robust indices of incomplete cases, lavaan drops the decimals of N_g (docs/methods/sampling-weights.md).
    let whole_sizes = case.setup.options.get("sampling.weights.normalization").is_some();
    let truncated = case.setup.name.starts_with("weights_fiml_groups") && !whole_sizes && measure.ends_with(".robust");
    // lavaan has no upper end of the RMSEA for less than one degree of freedom, as a trace may be.
    let little = case.measures.get("df") == Some(&1.0) && measure.ends_with(".scaled");
    (saturated && measure.starts_with("cn_"))
        || (uncorrected && ["cfi.robust", "tli.robust", "nnfi.robust", "rni.robust"].contains(&measure))
        || truncated
        || (unstructured && ["gfi", "agfi", "pgfi"].contains(&measure))
        || (little && measure.starts_with("rmsea.ci"))
}

/// Differences beyond the tolerance, in words.
pub(crate) fn compare(case: &Case, fit: &Fit) -> Vec<String> {
    let tolerances = Tolerances::of(&case.setup.name);
    let mut wrong = Vec::new();
    let mut check = |what: String, ours: Option<f64>, theirs: Option<f64>, tolerance: f64| {
        let Some(theirs) = theirs else { return };
        match ours {
            Some(ours) if (ours - theirs).abs() <= tolerance * (1.0 + theirs.abs()) => {}
            Some(ours) => wrong.push(format!("{what}: {ours} for {theirs}")),
            None => wrong.push(format!("{what}: absent for {theirs}")),
        }
    };
    for row in &case.estimates {
        let group = row.group.unwrap_or(1).max(1);
        let name = format!("{} {} {} ({group})", row.lhs, row.op, row.rhs);
        let Some(index) = fit.table.rows.iter().position(|ours| {
            ours.op.as_str() == row.op
                && ours.lhs == row.lhs
                && (ours.rhs == row.rhs || ours.op == Op::Defined)
                && (ours.group == group || ours.op == Op::Defined)
        }) else {
            check(name, None, Some(row.est), 0.0);
            continue;
        };
        let ours = &fit.estimates[index];
        check(format!("{name} est"), Some(ours.est), Some(row.est), tolerances.estimate);
        check(format!("{name} se"), Some(ours.se.unwrap_or(0.0)), row.se, tolerances.rest);
        check(format!("{name} std.lv"), ours.std_lv, row.std_lv, tolerances.rest);
        check(format!("{name} std.all"), ours.std_all, row.std_all, tolerances.rest);
        check(format!("{name} std.nox"), ours.std_nox, row.std_nox, tolerances.rest);
        let se = |uncertainty: Option<Uncertainty>| Some(uncertainty.map_or(0.0, |uncertainty| uncertainty.se));
        check(format!("{name} std.lv se"), se(ours.std_lv_uncertainty), row.std_lv_se, tolerances.rest);
        check(format!("{name} std.all se"), se(ours.std_all_uncertainty), row.std_all_se, tolerances.rest);
        check(format!("{name} std.nox se"), se(ours.std_nox_uncertainty), row.std_nox_se, tolerances.rest);
    }
    let full_information = fit.plan.missing.is_full_information();
    let compared = |name: &str| {
        // lavaan compares with pairwise moments here, not with those of the unrestricted model.
        let pairwise = full_information && ["gfi", "agfi", "pgfi"].contains(&name);
        // Of the log-likelihood of exogenous variables lavaan takes off what it would be without missing values.
        let conditional = fit.plan.missing == Missing::MlX
            && fit.plan.fixed_x
            && ["logl", "unrestricted.logl", "aic", "bic", "bic2"].contains(&name);
        // lavaan scales the baseline model of two-stage estimation by another factor than the same model when it is the target, and
        // weights the GFI by the sample's moments.
        let two_stage = fit.plan.missing.is_two_stage()
            && (["gfi", "agfi", "pgfi"].contains(&name)
                || (name.starts_with("baseline.") && name.contains("scal"))
                || ["cfi", "tli", "nnfi", "rfi", "nfi", "pnfi", "ifi", "rni"]
                    .iter()
                    .any(|index| name == format!("{index}.scaled") || name == format!("{index}.robust")));
        !(pairwise || conditional || two_stage || is_deliberate(case, name))
    };
    // lavaan's baseline model fixes exogenous variables that have missing values to pairwise moments, not to those of the model.
    let other_baseline = fit.plan.missing == Missing::MlX && fit.plan.fixed_x;
    let incremental =
        ["cfi", "tli", "nnfi", "rfi", "nfi", "pnfi", "ifi", "rni", "baseline.chisq", "baseline.chisq.scaled"];
    // The factor of lavaan's baseline model, which is not polished, is here a small difference of large traces.
    let unstructured = full_information && case.setup.options.get("h1.information").is_some();
    for (name, theirs) in case.measures.iter().filter(|(name, _)| compared(name)) {
        let loose = (other_baseline && incremental.contains(&name.as_str()))
            || (unstructured && name == "baseline.chisq.scaled");
        let tolerance = if loose { 1e-3 } else { tolerances.rest };
        check(name.clone(), fit.measures.get(name), Some(*theirs), tolerance);
    }
    for theirs in &case.tests {
        let ours = fit.tests.iter().find(|test| test.kind.name() == theirs.test);
        let name = &theirs.test;
        check(format!("{name} chisq"), ours.map(|test| test.test.value), Some(theirs.chisq), tolerances.rest);
        check(format!("{name} df"), ours.map(|test| test.test.df), Some(theirs.df), tolerances.rest);
        check(
            format!("{name} factor"),
            ours.and_then(|test| test.scaling_factor),
            theirs.scaling_factor,
            tolerances.rest,
        );
        check(format!("{name} shift"), ours.and_then(|test| test.shift), theirs.shift, tolerances.rest);
    }
    for (block, squares) in case.r_square.iter().enumerate() {
        for (variable, theirs) in squares.as_object().into_iter().flatten() {
            let ours = fit.r_square.iter().find(|r2| r2.block == block + 1 && r2.variable == *variable);
            check(format!("R2 of {variable}"), ours.map(|r2| r2.value), theirs.as_f64(), tolerances.rest);
        }
    }
    wrong
}

#[test]
fn fits_agree_with_lavaan() {
    let cases = cases();
    assert!(cases.len() >= 348, "only {} cases", cases.len());
    let with_errors = |case: &&Case| case.estimates.iter().any(|row| row.std_all_se.is_some());
    let standardized = cases.iter().filter(with_errors).count();
    assert!(standardized >= 75, "only {standardized} cases have standard errors of standardized values");
    let mut report = String::new();
    for case in &cases {
        let (table, sample, options) = prepare(&case.setup);
        match latva_estimation::fit(&table, &sample, &options) {
            Ok(fit) if !fit.convergence.converged => {
                report += &format!("{}: not converged: {:?}\n", case.setup.name, fit.convergence);
            }
            Ok(fit) => {
                for difference in compare(case, &fit) {
                    report += &format!("{}: {difference}\n", case.setup.name);
                }
            }
            Err(error) => report += &format!("{}: {error}\n", case.setup.name),
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[derive(Deserialize)]
struct GammaHats {
    cases: Vec<GammaHat>,
}

#[derive(Deserialize)]
struct GammaHat {
    name: String,
    gamma_hat: f64,
    adj_gamma_hat: f64,
}

/// Gamma-hat, which lavaan has not, as semTools makes it of lavaan's fits.
#[test]
fn gamma_hats_equal_those_of_semtools() {
    let text = std::fs::read_to_string(fixtures().join("reference/measures/gamma_hat.json")).unwrap();
    let oracle: GammaHats = serde_json::from_str(&text).unwrap();
    assert!(oracle.cases.len() >= 60, "only {} cases", oracle.cases.len());
    let cases = cases();
    let mut wrong = Vec::new();
    for theirs in &oracle.cases {
        let case = cases.iter().find(|case| case.setup.name == theirs.name).expect("a case");
        // semTools divides a chi-square with N - 1 by N.
        if case.setup.options.get("likelihood").is_some() {
            continue;
        }
        let (table, sample, options) = prepare(&case.setup);
        let fit = latva_estimation::fit(&table, &sample, &options).unwrap();
        for (name, theirs) in [("gamma_hat", theirs.gamma_hat), ("adj_gamma_hat", theirs.adj_gamma_hat)] {
            let ours = fit.measures.get(name).unwrap();
            if (ours - theirs).abs() > 1e-5 * (1.0 + theirs.abs()) {
                wrong.push(format!("{} {name}: {ours} for {theirs}", case.setup.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[derive(Deserialize)]
struct SemPackage {
    cases: Vec<SemCase>,
}

/// A fit of the sem package.
#[derive(Deserialize)]
struct SemCase {
    #[serde(flatten)]
    setup: Setup,
    n: f64,
    lhs: Vec<String>,
    op: Vec<String>,
    rhs: Vec<String>,
    estimates: Vec<f64>,
    measures: BTreeMap<String, Option<f64>>,
}

/// The sem package divides moments by N - 1, as `likelihood = wishart` does, and has AMOS's chi-square and criteria.
#[test]
fn fits_agree_with_the_sem_package() {
    let text = std::fs::read_to_string(fixtures().join("reference/measures/sem.json")).unwrap();
    let cases = serde_json::from_str::<SemPackage>(&text).unwrap().cases;
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in &cases {
        let mut setup = Setup {
            options: case.setup.options.as_object().cloned().unwrap_or_default().into(),
            name: case.setup.name.clone(),
            model: case.setup.model.clone(),
            data: case.setup.data.clone(),
            kind: case.setup.kind.clone(),
        };
        setup.options["fixed.x"] = false.into();
        let name = &setup.name;
        let (table, sample, options) = prepare(&setup);
        let mut check = |what: String, ours: Option<f64>, theirs: f64| {
            compared += 1;
            if !ours.is_some_and(|ours| (ours - theirs).abs() <= 1e-5 * (1.0 + theirs.abs())) {
                wrong.push(format!("{name} {what}: {ours:?} for {theirs}"));
            }
        };
        let wishart = Options { likelihood: Likelihood::Wishart, ..options.clone() };
        let fit = latva_estimation::fit(&table, &sample, &wishart).unwrap();
        for (index, theirs) in case.estimates.iter().enumerate() {
            let (lhs, op, rhs) = (&case.lhs[index], &case.op[index], &case.rhs[index]);
            let is_it = |row: &latva_spec::table::Row| row.op.as_str() == op && row.lhs == *lhs && row.rhs == *rhs;
            let row = table.rows.iter().position(is_it).unwrap_or_else(|| panic!("{name}: no {lhs} {op} {rhs}"));
            check(format!("{lhs} {op} {rhs}"), Some(fit.estimates[row].est), *theirs);
        }
        let amos = Options { mimic: Mimic::Amos, ..options };
        let fit = latva_estimation::fit(&table, &sample, &amos).unwrap();
        let ours = |name: &str| fit.measures.get(name);
        let moments = ours("df").unwrap() + ours("npar").unwrap();
        for (measure, theirs) in &case.measures {
            let Some(theirs) = theirs else { continue };
            // BIC and CAIC of the package are less those of the saturated model.
            let ours = match measure.as_str() {
                "bic" => ours("bic").map(|bic| bic - moments * case.n.ln()),
                "caic" => ours("caic").map(|caic| caic - moments * (1.0 + case.n.ln())),
                "baseline" => ours("baseline.chisq"),
                "nnfi" => ours("tli"),
                other => ours(other),
            };
            check(measure.clone(), ours, *theirs);
        }
    }
    assert!(compared > 1500, "only {compared} figures were compared");
    assert!(wrong.is_empty(), "{} of {compared}: {wrong:#?}", wrong.len());
}

/// Every test statistic and every kind of standard error, of the same models (fixtures/reference/tests, made by tools/oracle/tests.R).
#[test]
fn tests_and_standard_errors_of_every_kind_equal_lavaans() {
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    let mut report = String::new();
    for file in ["tests.json", "two_stage.json"] {
        let text = std::fs::read_to_string(fixtures().join("reference/tests").join(file)).unwrap();
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
        for mut case in cases {
            let (table, sample, options) = prepare(&case.setup);
            let fit = latva_estimation::fit(&table, &sample, &options)
                .unwrap_or_else(|error| panic!("{}: {error}", case.setup.name));
            // With a singular Gamma latva leaves the ADF tests out, and says so (docs/methods/robust.md).
            let left_out = fit.diagnostics.iter().any(|diagnostic| diagnostic.id == "W0831");
            case.tests.retain(|test| !(left_out && test.test.starts_with("browne.residual.adf")));
            for difference in compare(&case, &fit) {
                report += &format!("{}: {difference}\n", case.setup.name);
            }
            for test in &case.tests {
                *compared.entry(format!("{}, {:?}", test.test, fit.plan.missing)).or_default() += 1;
            }
            let plan = &fit.plan;
            *compared.entry(format!("{:?}, {:?}, {:?}", plan.se, plan.information, plan.missing)).or_default() += 1;
        }
    }
    assert!(report.is_empty(), "{report}");
    // Two stages come in two kinds.
    let enough = |(figure, count): (&String, &usize)| *count >= if figure.contains("TwoStage") { 33 } else { 60 };
    assert!(compared.len() >= 19 && compared.iter().all(enough), "{compared:?}");
}

/// A change of the units of a variable changes no statistic, and estimates as the units say.
#[test]
fn units_do_not_matter() {
    let cases = cases();
    let case = cases.iter().find(|case| case.setup.name == "hs").unwrap();
    let (table, sample, options) = prepare(&case.setup);
    let plain = latva_estimation::fit(&table, &sample, &options).unwrap();
    for factor in [1e5, 1e-5, -1e3] {
        for variable in ["x1", "x2", "x9"] {
            let mut scaled = sample.clone();
            let index = scaled.names.iter().position(|name| name == variable).unwrap();
            scaled.groups[0].cov.row_mut(index).mapv_inplace(|value| value * factor);
            scaled.groups[0].cov.column_mut(index).mapv_inplace(|value| value * factor);
            let fit = latva_estimation::fit(&table, &scaled, &options).unwrap();
            assert!(fit.convergence.converged, "{variable} {factor}");
            for name in ["chisq", "cfi", "rmsea", "srmr"] {
                let (ours, theirs) = (fit.measures.get(name).unwrap(), plain.measures.get(name).unwrap());
                assert!((ours - theirs).abs() < 1e-8 * theirs.abs(), "{variable} {factor} {name}: {ours} for {theirs}");
            }
            for (ours, theirs) in fit.estimates.iter().zip(&plain.estimates) {
                let (ours, theirs) = (ours.std_all.unwrap(), theirs.std_all.unwrap());
                assert!((ours.abs() - theirs.abs()).abs() < 1e-7, "{variable} {factor}");
            }
        }
    }
}
