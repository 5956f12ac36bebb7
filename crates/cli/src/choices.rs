//! The values of options, under lavaan's names.

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use latva_data::WeightNormalization;
use latva_estimation::{
    BootstrapInterval, DifferenceMethod, Estimator, H1Information, Information, Likelihood, Mimic, Missing,
    ScoreMethod, StandardErrors, TestStatistic,
};
use latva_report::Standardized;
use latva_spec::table::{EqualityGroup, ModelKind};

/// A parser of one of a few names; upper and lower case count as equal where the option says `ignore_case`.
pub(crate) fn one_of<T: Copy + Send + Sync + 'static>(
    values: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(values.iter().map(|(name, _)| *name)).try_map(move |given| {
        values
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&given))
            .map(|(_, value)| *value)
            .ok_or("not one of the values")
    })
}

/// Words apart by commas; blanks around them do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

impl Words {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let words: Vec<String> =
            text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Err("give one word or several, apart by commas".to_owned());
        }
        Ok(Words(words))
    }
}

/// As [`Words::read`], but an empty word stands for the empty cell.
pub(crate) fn missing_marks(text: &str) -> Result<Words, String> {
    Ok(Words(text.split(',').map(|word| word.trim().to_owned()).collect()))
}

/// Several values of a set, apart by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Several<T>(pub(crate) Vec<T>);

fn several<T: Copy>(text: &str, values: &[(&'static str, T)]) -> Result<Several<T>, String> {
    let words = Words::read(text)?;
    let mut chosen = Vec::with_capacity(words.0.len());
    for word in &words.0 {
        match values.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
            Some((_, value)) => chosen.push(*value),
            None => {
                let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
                return Err(format!("`{word}` is not one of {}", names.join(", ")));
            }
        }
    }
    Ok(Several(chosen))
}

/// How many groups a table may be shown for.
const MOST_GROUPS: u16 = 1000;

pub(crate) fn group_count(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|count| (1..=MOST_GROUPS).contains(count))
        .ok_or_else(|| format!("give a whole number from 1 to {MOST_GROUPS}"))
}

pub(crate) fn thread_count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "give a whole number from 1 on".to_owned())
}

/// A number that is not negative.
pub(crate) fn minimum(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value: &f64| value.is_finite() && *value >= 0.0)
        .ok_or_else(|| "give a number that is not negative, such as 3.84".to_owned())
}

pub(crate) fn group_equal(text: &str) -> Result<Several<EqualityGroup>, String> {
    several(text, &EqualityGroup::ALL.map(|set| (set.name(), set)))
}

pub(crate) fn tests(text: &str) -> Result<Several<TestStatistic>, String> {
    several(text, TESTS)
}

/// What `--estimator` asks for: shorthands such as MLR stand for an estimator, standard errors and a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EstimatorChoice {
    pub(crate) estimator: Estimator,
    pub(crate) se: Option<StandardErrors>,
    pub(crate) test: Option<TestStatistic>,
}

const fn plain(estimator: Estimator) -> EstimatorChoice {
    EstimatorChoice { estimator, se: None, test: None }
}

const fn robust(estimator: Estimator, se: StandardErrors, test: TestStatistic) -> EstimatorChoice {
    EstimatorChoice { estimator, se: Some(se), test: Some(test) }
}

const fn sandwich(estimator: Estimator, test: TestStatistic) -> EstimatorChoice {
    robust(estimator, StandardErrors::RobustSem, test)
}

pub(crate) const ESTIMATORS: &[(&str, EstimatorChoice)] = &[
    ("ML", plain(Estimator::Ml)),
    ("GLS", plain(Estimator::Gls)),
    ("ULS", plain(Estimator::Uls)),
    ("SLS", plain(Estimator::Sls)),
    ("WLS", plain(Estimator::Wls)),
    ("DWLS", plain(Estimator::Dwls)),
    ("MLM", sandwich(Estimator::Ml, TestStatistic::SatorraBentler)),
    ("MLMV", sandwich(Estimator::Ml, TestStatistic::ScaledShifted)),
    ("MLMVS", sandwich(Estimator::Ml, TestStatistic::MeanVarAdjusted)),
    ("MLR", robust(Estimator::Ml, StandardErrors::RobustHuberWhite, TestStatistic::YuanBentlerMplus)),
    ("MLF", robust(Estimator::Ml, StandardErrors::FirstOrder, TestStatistic::Standard)),
    ("WLSM", sandwich(Estimator::Dwls, TestStatistic::SatorraBentler)),
    ("WLSMV", sandwich(Estimator::Dwls, TestStatistic::ScaledShifted)),
    ("WLSMVS", sandwich(Estimator::Dwls, TestStatistic::MeanVarAdjusted)),
    ("ULSM", sandwich(Estimator::Uls, TestStatistic::SatorraBentler)),
    ("ULSMV", sandwich(Estimator::Uls, TestStatistic::ScaledShifted)),
    ("ULSMVS", sandwich(Estimator::Uls, TestStatistic::MeanVarAdjusted)),
];

pub(crate) const KINDS: &[(&str, ModelKind)] =
    &[("sem", ModelKind::Sem), ("cfa", ModelKind::Cfa), ("growth", ModelKind::Growth), ("lavaan", ModelKind::Lavaan)];

pub(crate) const WEIGHT_NORMALIZATIONS: &[(&str, WeightNormalization)] =
    &[("total", WeightNormalization::Total), ("group", WeightNormalization::Group)];

pub(crate) const BOOLEANS: &[(&str, bool)] = &[("true", true), ("false", false)];

/// Which sets of parameters `--effect-coding` codes: loadings, intercepts.
pub(crate) const EFFECT_CODING: &[(&str, (bool, bool))] = &[
    ("true", (true, true)),
    ("false", (false, false)),
    ("loadings", (true, false)),
    ("intercepts", (false, true)),
    ("loadings,intercepts", (true, true)),
    ("intercepts,loadings", (true, true)),
];

pub(crate) const MISSING: &[(&str, Missing)] = &[
    ("listwise", Missing::Listwise),
    ("pairwise", Missing::Pairwise),
    ("ml", Missing::Ml),
    ("fiml", Missing::Ml),
    ("ml.x", Missing::MlX),
    ("fiml.x", Missing::MlX),
    ("two.stage", Missing::TwoStage),
    ("robust.two.stage", Missing::RobustTwoStage),
];

/// The kinds of standard errors; `robust` is settled when the missing-data treatment is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeChoice {
    Kind(StandardErrors),
    Robust,
}

pub(crate) const STANDARD_ERRORS: &[(&str, SeChoice)] = &[
    ("standard", SeChoice::Kind(StandardErrors::Standard)),
    ("robust", SeChoice::Robust),
    ("sandwich", SeChoice::Kind(StandardErrors::RobustHuberWhite)),
    ("robust.sem", SeChoice::Kind(StandardErrors::RobustSem)),
    ("robust.huber.white", SeChoice::Kind(StandardErrors::RobustHuberWhite)),
    ("first.order", SeChoice::Kind(StandardErrors::FirstOrder)),
    ("two.stage", SeChoice::Kind(StandardErrors::TwoStage)),
    ("robust.two.stage", SeChoice::Kind(StandardErrors::RobustTwoStage)),
    ("bootstrap", SeChoice::Kind(StandardErrors::Bootstrap)),
    ("none", SeChoice::Kind(StandardErrors::None)),
];

/// `bc`, AMOS's bias-corrected percentiles, is what lavaan calls `bca.simple`.
pub(crate) const BOOTSTRAP_INTERVALS: &[(&str, BootstrapInterval)] = &[
    ("perc", BootstrapInterval::Percentile),
    ("bca.simple", BootstrapInterval::BiasCorrected),
    ("bc", BootstrapInterval::BiasCorrected),
    ("norm", BootstrapInterval::Normal),
    ("basic", BootstrapInterval::Basic),
];

/// A level of confidence, as a share.
pub(crate) fn confidence_level(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|level: &f64| *level > 0.0 && *level < 1.0)
        .ok_or_else(|| "give a share between 0 and 1, such as 0.9".to_owned())
}

pub(crate) const TESTS: &[(&str, TestStatistic)] = &[
    ("standard", TestStatistic::Standard),
    ("satorra.bentler", TestStatistic::SatorraBentler),
    ("yuan.bentler", TestStatistic::YuanBentler),
    ("yuan.bentler.mplus", TestStatistic::YuanBentlerMplus),
    ("mean.var.adjusted", TestStatistic::MeanVarAdjusted),
    ("scaled.shifted", TestStatistic::ScaledShifted),
    ("browne.residual.adf", TestStatistic::BrowneResidualAdf),
    ("browne.residual.adf.model", TestStatistic::BrowneResidualAdfModel),
    ("browne.residual.nt", TestStatistic::BrowneResidualNt),
    ("browne.residual.nt.model", TestStatistic::BrowneResidualNtModel),
    ("bollen.stine", TestStatistic::BollenStine),
    ("none", TestStatistic::None),
];

pub(crate) const INFORMATION: &[(&str, Information)] = &[
    ("expected", Information::Expected),
    ("observed", Information::Observed),
    ("first.order", Information::FirstOrder),
];

pub(crate) const H1_INFORMATION: &[(&str, H1Information)] =
    &[("structured", H1Information::Structured), ("unstructured", H1Information::Unstructured)];

pub(crate) const SCORE_METHODS: &[(&str, ScoreMethod)] =
    &[("regression", ScoreMethod::Regression), ("bartlett", ScoreMethod::Bartlett)];

pub(crate) const STANDARDIZED: &[(&str, Standardized)] =
    &[("std.all", Standardized::All), ("std.lv", Standardized::Latent), ("std.nox", Standardized::NotExogenous)];

pub(crate) const LIKELIHOODS: &[(&str, Likelihood)] =
    &[("normal", Likelihood::Normal), ("wishart", Likelihood::Wishart)];

pub(crate) const MIMICS: &[(&str, Mimic)] = &[("lavaan", Mimic::Lavaan), ("amos", Mimic::Amos)];

/// The renderings of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Markdown,
    Latex,
    Html,
    Csv,
}

pub(crate) const FORMATS: &[(&str, Format)] = &[
    ("text", Format::Text),
    ("json", Format::Json),
    ("md", Format::Markdown),
    ("tex", Format::Latex),
    ("html", Format::Html),
    ("csv", Format::Csv),
];

/// How differences of robust tests are scaled: a method, or the one that goes with the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MethodChoice(pub(crate) Option<DifferenceMethod>);

pub(crate) const DIFFERENCE_METHODS: &[(&str, MethodChoice)] = &[
    ("default", MethodChoice(None)),
    ("satorra.bentler.2001", MethodChoice(Some(DifferenceMethod::SatorraBentler2001))),
    ("satorra.bentler.2010", MethodChoice(Some(DifferenceMethod::SatorraBentler2010))),
    ("satorra.2000", MethodChoice(Some(DifferenceMethod::Satorra2000))),
];

/// The renderings of an audit.
pub(crate) const AUDIT_FORMATS: &[(&str, Format)] =
    &[("text", Format::Text), ("json", Format::Json), ("md", Format::Markdown), ("html", Format::Html)];

/// The renderings of a check.
pub(crate) const CHECK_FORMATS: &[(&str, Format)] =
    &[("text", Format::Text), ("json", Format::Json), ("md", Format::Markdown)];

/// The format that was asked for, else that of the ending of the output file, else text.
pub(crate) fn format_of(asked: Option<Format>, out: Option<&Path>, formats: &[(&str, Format)]) -> Format {
    let ending = out.and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
    let by_ending = formats.iter().find(|(name, _)| Some(*name) == ending.as_deref());
    asked.or(by_ending.map(|(_, format)| *format)).unwrap_or(Format::Text)
}

/// The renderings of a table.
pub(crate) const TABLE_FORMATS: &[(&str, Format)] = &[("text", Format::Text), ("json", Format::Json)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_apart_by_commas() {
        let sets = group_equal("loadings, lv.variances").expect("two sets");
        assert_eq!(sets.0, [EqualityGroup::Loadings, EqualityGroup::LvVariances]);
        let message = group_equal("loadings,slopes").expect_err("no such set");
        assert!(message.contains("`slopes` is not one of loadings"));
        assert!(Words::read(" , ").is_err());
    }

    #[test]
    fn an_empty_cell_can_be_named_as_missing() {
        assert_eq!(missing_marks("-99,,.").map(|marks| marks.0), Ok(["-99", "", "."].map(str::to_owned).to_vec()));
    }
}
