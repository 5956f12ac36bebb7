//! Modification indices against lavaan's `modindices()` and `lavTestScore(add = )`.

use latva_estimation::{
    Estimator, ModificationIndex, Options, Restriction, constraint_tests, fit, modification_indices,
};
use latva_spec::table::{Op, ParTable};
use serde::Deserialize;

use crate::lavaan::{Setup, fixtures, prepare};

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    setup: Setup,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    added: Vec<Row>,
    /// Score tests of the equality constraints.
    total: Option<f64>,
    #[serde(default)]
    single: Vec<f64>,
}

#[derive(Deserialize)]
struct Row {
    lhs: String,
    op: String,
    rhs: String,
    group: usize,
    mi: f64,
    epc: Option<f64>,
    sepc_lv: Option<f64>,
    sepc_all: Option<f64>,
    sepc_nox: Option<f64>,
}

/// Relative to 1 + |value|.
const TOLERANCE: f64 = 1e-5;

fn oracle() -> Oracle {
    read("modification.json")
}

fn read(file: &str) -> Oracle {
    let text = std::fs::read_to_string(fixtures().join("reference/modification").join(file)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What lavaan's figure is multiplied by where it does not go with its own chi-square: its score of least squares has (N - 1) / N, its
/// information has not; and its index under `likelihood = "wishart"` has N, its chi-square N - 1.
fn scale(case: &Setup, cases: usize, figure: &str) -> f64 {
    let n = cases as f64;
    let option = |name: &str| case.options.get(name).and_then(|value| value.as_str());
    match (option("estimator"), option("likelihood"), figure) {
        (Some("GLS" | "SLS" | "ULS" | "ULSM" | "ULSMV" | "WLS" | "DWLS" | "WLSMV"), ..) => n / (n - 1.0),
        (_, Some("wishart"), "mi") => (n - 1.0) / n,
        _ => 1.0,
    }
}

fn find<'a>(ours: &'a [ModificationIndex], row: &Row) -> Option<&'a ModificationIndex> {
    ours.iter().find(|index| {
        index.group == row.group
            && index.op.as_str() == row.op
            && ((index.lhs == row.lhs && index.rhs == row.rhs)
                || (index.op == Op::Covariance && index.lhs == row.rhs && index.rhs == row.lhs))
    })
}

/// lavaan offers to explain exogenous variables whose moments are fixed, and their moments themselves: latva cannot fit that
/// without making them random.
fn cannot_be_fitted(table: &ParTable, row: &Row) -> bool {
    let exogenous = |name: &str| table.fixed_x && table.blocks[0].exogenous.iter().any(|other| other == name);
    exogenous(&row.lhs)
}

#[test]
fn indices_equal_lavaans() {
    agree_with_lavaan(&oracle(), 79, 3000);
}

/// lavaan's least squares with the weight of scale-free ones.
#[test]
fn indices_of_scale_free_least_squares_equal_lavaans() {
    agree_with_lavaan(&read("scale_free.json"), 18, 600);
}

fn agree_with_lavaan(oracle: &Oracle, models: usize, rows: usize) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in &oracle.cases {
        let (table, sample, options) = prepare(&case.setup);
        let result = fit(&table, &sample, &options).unwrap_or_else(|error| panic!("{}: {error}", case.setup.name));
        let ours = modification_indices(&table, &sample, &result).unwrap();
        for row in case.rows.iter().chain(&case.added).filter(|row| !cannot_be_fitted(&table, row)) {
            let name = format!("{}: {} {} {} ({})", case.setup.name, row.lhs, row.op, row.rhs, row.group);
            compared += 1;
            let Some(index) = find(&ours, row) else {
                wrong.push(format!("{name} is absent for {}", row.mi));
                continue;
            };
            for (what, got, want) in [
                ("mi", Some(index.mi), Some(row.mi)),
                ("epc", Some(index.epc), row.epc),
                ("sepc.lv", index.sepc_lv, row.sepc_lv),
                ("sepc.all", index.sepc_all, row.sepc_all),
                ("sepc.nox", index.sepc_nox, row.sepc_nox),
            ] {
                let Some(want) = want else { continue };
                // lavaan's standardized changes of a variance are minus its fixed value.
                if row.lhs == row.rhs && what.starts_with("sepc") {
                    continue;
                }
                let want = want * scale(&case.setup, sample.groups[row.group - 1].n_obs, what);
                if !got.is_some_and(|got| (got - want).abs() <= TOLERANCE * (1.0 + want.abs())) {
                    wrong.push(format!("{name} {what}: {got:?} for {want}"));
                }
            }
        }
        assert!(ours.windows(2).all(|pair| pair[0].mi >= pair[1].mi), "{} is sorted", case.setup.name);
    }
    assert!(oracle.cases.len() >= models && compared > rows, "only {compared} rows of {} models", oracle.cases.len());
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What AMOS would not offer is marked, and only that.
#[test]
fn restrictions_are_named() {
    let (table, sample, options) = prepare(&oracle_case("latent_and_observed").setup);
    let result = fit(&table, &sample, &options).unwrap();
    let ours = modification_indices(&table, &sample, &result).unwrap();
    let restriction = |lhs: &str, rhs: &str| {
        ours.iter()
            .find(|index| index.op != Op::Covariance && index.lhs == lhs && index.rhs == rhs)
            .expect("it is offered")
            .restriction
    };
    assert_eq!(restriction("x6", "m"), None);
    assert_eq!(restriction("x4", "x6"), Some(Restriction::MakesLoop));
    assert_eq!(restriction("m", "x5"), Some(Restriction::MakesEndogenous));
    // Nothing explains x5, whose moments are fixed to the sample's, and no variance of it is offered.
    assert!(ours.iter().all(|index| index.lhs != "x5"));
}

/// An index predicts what freeing the parameter does: the chi-square falls by about MI, the estimate moves by about EPC.
#[test]
fn freeing_the_parameter_does_what_the_index_says() {
    let case = oracle_case("hs");
    for estimator in [Estimator::Ml, Estimator::Gls, Estimator::Uls, Estimator::Sls, Estimator::Wls, Estimator::Dwls] {
        let (table, sample, options) = prepare(&case.setup);
        let options = Options { estimator, ..options };
        let before = fit(&table, &sample, &options).unwrap();
        let largest = modification_indices(&table, &sample, &before).unwrap().swap_remove(0);
        if estimator == Estimator::Ml {
            assert_eq!((largest.lhs.as_str(), largest.op, largest.rhs.as_str()), ("visual", Op::Loading, "x9"));
        }
        let addition = format!("{} {} {}", largest.lhs, largest.op.as_str(), largest.rhs);
        let freed = Setup {
            name: case.setup.name.clone(),
            model: format!("{}\n{addition}", case.setup.model),
            data: case.setup.data.clone(),
            kind: case.setup.kind.clone(),
            options: case.setup.options.clone(),
        };
        let (table, sample, _) = prepare(&freed);
        let after = fit(&table, &sample, &options).unwrap();
        let chisq = |fit: &latva_estimation::Fit| fit.measures.get("chisq").unwrap();
        let drop = chisq(&before) - chisq(&after);
        let close = (drop / largest.mi - 1.0).abs() < 0.3;
        assert!(close, "{estimator:?}, {addition}: chi-square falls by {drop}, predicted {}", largest.mi);
        let row =
            table.rows.iter().position(|row| row.lhs == largest.lhs && row.rhs == largest.rhs && row.op == largest.op);
        let estimate = after.estimates[row.unwrap()].est;
        let close = (0.5..2.0).contains(&(largest.epc / estimate));
        assert!(close, "{estimator:?}, {addition}: {estimate}, predicted {}", largest.epc);
    }
}

fn oracle_case(name: &str) -> Case {
    oracle().cases.into_iter().find(|case| case.setup.name == name).unwrap()
}

#[test]
fn constraint_tests_equal_lavaans() {
    let (mut compared, mut wrong) = (0, Vec::new());
    let cases = read("constraints.json").cases;
    assert!(cases.len() >= 60);
    for case in &cases {
        let (table, sample, options) = prepare(&case.setup);
        let result = fit(&table, &sample, &options).unwrap_or_else(|error| panic!("{}: {error}", case.setup.name));
        let ours = constraint_tests(&table, &sample, &result).unwrap();
        assert_eq!(ours.single.len(), case.single.len(), "{}", case.setup.name);
        let singles = ours.single.iter().map(|single| single.test).zip(case.single.iter().map(|&value| Some(value)));
        for (index, (got, want)) in singles.chain([(ours.total, case.total)]).enumerate() {
            let want = want.map(|want| want * scale(&case.setup, sample.groups[0].n_obs, "mi"));
            let (Some(got), Some(want)) = (got, want) else {
                wrong.push(format!("{} {index}: {got:?} for {want:?}", case.setup.name));
                continue;
            };
            compared += 1;
            if (got.value - want).abs() > TOLERANCE * (1.0 + want) {
                wrong.push(format!("{} {index}: {} for {want}", case.setup.name, got.value));
            }
        }
        assert!(ours.single.iter().all(|single| single.test.is_some_and(|test| test.df == 1.0)), "{}", case.setup.name);
    }
    assert!(compared > 230, "only {compared} tests were compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
