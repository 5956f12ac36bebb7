//! The list of fit measures against lavaan's `fitMeasures()`, from the moments and statistics of lavaan's own fits.

use latva_estimation::indices::ChiSquare;
use latva_estimation::indices::residuals::{GroupMoments, Moments};
use latva_estimation::{
    Estimator, FitMeasures, LogLikelihood, MeasuresInput, MeasuresSettings, Mimic, ScaledStatistic, ScaledTests,
    TestStatistic, WeightMatrix, fit_measures,
};
use ndarray::{Array1, Array2};
use serde_json::Value;

/// One group of a case, owned.
struct Group {
    n: f64,
    sample_cov: Array2<f64>,
    implied_cov: Array2<f64>,
    means: Option<(Array1<f64>, Array1<f64>)>,
    fixed_exogenous: Vec<usize>,
    weight: Option<Array2<f64>>,
}

impl Group {
    fn of(value: &Value) -> Self {
        Self {
            n: number(&value["n"]),
            sample_cov: matrix(&value["sample_cov"]),
            implied_cov: matrix(&value["implied_cov"]),
            means: value.get("sample_mean").map(|mean| (vector(mean), vector(&value["implied_mean"]))),
            fixed_exogenous: value["fixed_exogenous"]
                .as_array()
                .map_or(Vec::new(), |positions| positions.iter().map(|position| number(position) as usize).collect()),
            weight: value.get("weight").map(matrix),
        }
    }

    fn moments(&self) -> GroupMoments<'_> {
        GroupMoments {
            n: self.n,
            sample: Moments { cov: self.sample_cov.view(), mean: self.means.as_ref().map(|(sample, _)| sample.view()) },
            implied: Moments {
                cov: self.implied_cov.view(),
                mean: self.means.as_ref().map(|(_, implied)| implied.view()),
            },
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn vector(value: &Value) -> Array1<f64> {
    value.as_array().expect("an array").iter().map(number).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Array1<f64>> = value.as_array().expect("rows").iter().map(vector).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn chi_square(value: &Value) -> ChiSquare {
    ChiSquare::new(number(&value["value"]), number(&value["df"]))
}

fn scaled_statistic(value: &Value) -> ScaledStatistic {
    ScaledStatistic {
        test: chi_square(value),
        factor: Some(number(&value["factor"])),
        shift: number(&value["shift"]),
        trace_ugamma: value["trace"].as_f64(),
    }
}

fn scaled_tests(value: &Value) -> ScaledTests {
    ScaledTests {
        kind: match value["kind"].as_str().expect("a name") {
            "satorra.bentler" => TestStatistic::SatorraBentler,
            "yuan.bentler" => TestStatistic::YuanBentler,
            "yuan.bentler.mplus" => TestStatistic::YuanBentlerMplus,
            "mean.var.adjusted" => TestStatistic::MeanVarAdjusted,
            "scaled.shifted" => TestStatistic::ScaledShifted,
            other => panic!("unknown test {other}"),
        },
        model: scaled_statistic(&value["model"]),
        baseline: value["baseline"].is_object().then(|| scaled_statistic(&value["baseline"])),
        logl_factors: value.get("logl_factors").map(|pair| (number(&pair[0]), number(&pair[1]))),
    }
}

fn estimator(name: &str) -> Estimator {
    match name {
        "ML" => Estimator::Ml,
        "GLS" => Estimator::Gls,
        "ULS" => Estimator::Uls,
        "WLS" => Estimator::Wls,
        "DWLS" => Estimator::Dwls,
        other => panic!("unknown estimator {other}"),
    }
}

/// Relative tolerance of a measure; differences below 1e-9 count as none.
///
/// 1e-8, but for what lavaan itself finds less precisely: the ends of the RMSEA's interval are roots to about 1e-4 in
/// the noncentrality, and p-values are 1 minus a cdf.
fn tolerance(measure: &str) -> f64 {
    if measure.contains(".ci.") { 1e-5 } else { 1e-8 }
}

/// Where lavaan is not followed, with the reason.
fn is_deliberate(case: &Value, measure: &str) -> bool {
    let saturated = number(&case["df"]) == 0.0;
    match measure {
        // Without df there is no test: lavaan divides by a chi-square that is rounding error.
        "cn_05" | "cn_01" => saturated,
        // lavaan averages the groups' discrepancies with weights N_g there, although its chi-square has N_g - 1.
        "fmin" => case["likelihood"] == "wishart" && case["groups"].as_array().is_some_and(|groups| groups.len() > 1),
        _ => false,
    }
}

#[test]
fn every_measure_of_lavaan() {
    let text = include_str!("../../fixtures/reference/measures/measures.json");
    let reference: Value = serde_json::from_str(text).expect("JSON");
    let mut failures = Vec::new();
    let (mut cases, mut compared) = (0, 0);
    for case in reference["cases"].as_array().expect("cases") {
        let groups: Vec<Group> = case["groups"].as_array().expect("groups").iter().map(Group::of).collect();
        let moments: Vec<GroupMoments<'_>> = groups.iter().map(Group::moments).collect();
        let weights: Vec<_> = groups
            .iter()
            .filter_map(|group| group.weight.as_ref().map(|weight| WeightMatrix::Full(weight.view())))
            .collect();
        let fixed_exogenous: Vec<&[usize]> = groups.iter().map(|group| group.fixed_exogenous.as_slice()).collect();
        let scaled = case.get("scaled").filter(|value| value.is_object()).map(scaled_tests);
        let input = MeasuresInput {
            mimic: Mimic::Lavaan,
            estimator: estimator(case["estimator"].as_str().expect("a name")),
            multiplier: number(&case["multiplier"]),
            model: ChiSquare::new(number(&case["chisq"]), number(&case["df"])),
            baseline: Some(ChiSquare::new(number(&case["baseline_chisq"]), number(&case["baseline_df"]))),
            parameters: number(&case["npar"]) as usize,
            log_likelihood: case
                .get("logl")
                .map(|logl| LogLikelihood { model: number(logl), unrestricted: number(&case["unrestricted_logl"]) }),
            means: case["means"].as_bool().expect("a boolean"),
            groups: &moments,
            fixed_exogenous: &fixed_exogenous,
            weights: &weights,
            implied_inverses: &[],
            scaled: scaled.as_ref(),
            robust: None,
        };
        let measures = fit_measures(&input, &MeasuresSettings::default());
        cases += 1;
        let wanted = case["measures"].as_object().expect("measures");
        for (name, want) in wanted {
            let want = number(want);
            if is_deliberate(case, name) {
                continue;
            }
            compared += 1;
            let agrees =
                measures.get(name).is_some_and(|got| (got - want).abs() <= tolerance(name) * want.abs() + 1e-9);
            if !agrees {
                failures.push(format!("{} {name}: {:?} instead of {want}", case["name"], measures.get(name)));
            }
        }
        // lavaan's names come first and in lavaan's order.
        let order: Vec<&str> =
            measures.iter().map(|(name, _)| name).filter(|name| wanted.contains_key(*name)).collect();
        let lavaan: Vec<&str> = wanted.keys().map(String::as_str).filter(|name| measures.get(name).is_some()).collect();
        assert_eq!(order, lavaan, "order of {}", case["name"]);
    }
    assert!(cases >= 40 && compared > 2000, "{cases} cases, {compared} figures");
    assert!(failures.is_empty(), "{} of {compared}:\n{}", failures.len(), failures.join("\n"));
}

/// The three-factor model of the shipped data, N = 301, in AMOS's arithmetic: chi-square times 300 / 301.
fn amos_input<'a>(case: &Value, groups: &'a [GroupMoments<'a>]) -> MeasuresInput<'a> {
    let total: f64 = groups.iter().map(|group| group.n).sum();
    let multiplier = total - groups.len() as f64;
    let adjust = |value: &Value| number(value) * multiplier / total;
    MeasuresInput {
        mimic: Mimic::Amos,
        estimator: Estimator::Ml,
        multiplier,
        model: ChiSquare::new(adjust(&case["chisq"]), number(&case["df"])),
        baseline: Some(ChiSquare::new(adjust(&case["baseline_chisq"]), number(&case["baseline_df"]))),
        parameters: number(&case["npar"]) as usize,
        log_likelihood: None,
        means: case["means"].as_bool().expect("a boolean"),
        groups,
        fixed_exogenous: &[],
        weights: &[],
        implied_inverses: &[],
        scaled: None,
        robust: None,
    }
}

fn amos_measures(name: &str) -> FitMeasures {
    let text = include_str!("../../fixtures/reference/measures/measures.json");
    let reference: Value = serde_json::from_str(text).expect("JSON");
    let case =
        reference["cases"].as_array().expect("cases").iter().find(|case| case["name"] == name).expect("the case");
    let groups: Vec<Group> = case["groups"].as_array().expect("groups").iter().map(Group::of).collect();
    let moments: Vec<GroupMoments<'_>> = groups.iter().map(Group::moments).collect();
    fit_measures(&amos_input(case, &moments), &MeasuresSettings::default())
}

/// AMOS's list for this model, by its documented formulas, to the digits that AMOS prints.
#[test]
fn the_list_of_amos() {
    let measures = amos_measures("hs_ml");
    for (name, want, digits) in [
        ("npar", 21.0, 0),
        ("chisq", 85.022, 3),
        ("df", 24.0, 0),
        ("rmr", 0.082, 3),
        ("gfi", 0.943, 3),
        ("agfi", 0.894, 3),
        ("pgfi", 0.503, 3),
        ("baseline.chisq", 915.799, 3),
        ("baseline.df", 36.0, 0),
        ("nfi", 0.907, 3),
        ("rfi", 0.861, 3),
        ("ifi", 0.932, 3),
        ("tli", 0.896, 3),
        ("cfi", 0.931, 3),
        ("pratio", 0.667, 3),
        ("pnfi", 0.605, 3),
        ("pcfi", 0.620, 3),
        ("ncp", 61.022, 3),
        ("fmin", 0.283, 3),
        ("f0", 0.203, 3),
        ("rmsea", 0.092, 3),
        ("rmsea.ci.lower", 0.071, 3),
        ("rmsea.ci.upper", 0.114, 3),
        ("pclose", 0.001, 3),
        ("aic", 127.022, 3),
        ("bcc", 128.470, 3),
        ("bic", 204.871, 3),
        ("caic", 225.871, 3),
        ("ecvi", 0.423, 3),
        ("mecvi", 0.428, 3),
        ("hoelter_05", 129.49, 2),
        ("hoelter_01", 152.65, 2),
    ] {
        let got = measures.get(name).unwrap_or_else(|| panic!("{name} is there"));
        let half = 0.5 * 10_f64.powi(-digits) + 1e-9;
        assert!((got - want).abs() <= half, "{name}: {got} instead of {want}");
    }
    // Every interval contains its point.
    for name in ["rmsea", "ncp", "f0", "ecvi", "gamma_hat"] {
        let end = |side: &str| measures.get(&format!("{name}.ci.{side}")).expect("the end is there");
        let point = measures.get(name).expect("the point is there");
        assert!(end("lower") < point && point < end("upper"), "{name}");
    }
}

#[test]
fn amos_leaves_out_what_means_and_groups_forbid() {
    let measures = amos_measures("hs_two_groups");
    for name in ["gfi", "agfi", "pgfi", "rmr", "bic", "caic", "bic2"] {
        assert_eq!(measures.get(name), None, "{name}");
    }
    assert!(measures.get("aic").is_some() && measures.get("bcc").is_some());
    // RMSEA without the square root of the number of groups: .0684 where lavaan has .0970.
    let rmsea = measures.get("rmsea").expect("RMSEA is there");
    assert!((rmsea - 0.0684).abs() < 5e-5, "{rmsea}");
}
