//! The names of options, as lavaan writes them, and the sentences that say what they mean.

use latva_data::WeightNormalization;
use latva_estimation::{
    BootstrapInterval, Estimator, H1Information, Information, Likelihood, Mimic, Missing, StandardErrors,
    TerminationReason,
};
use latva_spec::Severity;
use latva_spec::table::ModelKind;

/// The value of `--as`.
pub fn model_kind_name(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Cfa => "cfa",
        ModelKind::Sem => "sem",
        ModelKind::Growth => "growth",
        ModelKind::Lavaan => "lavaan",
    }
}

pub(crate) fn estimator(value: Estimator) -> &'static str {
    match value {
        Estimator::Ml => "ML",
        Estimator::Gls => "GLS",
        Estimator::Uls => "ULS",
        Estimator::Sls => "SLS",
        Estimator::Wls => "WLS",
        Estimator::Dwls => "DWLS",
    }
}

pub(crate) fn estimator_in_words(name: &str) -> &'static str {
    match name {
        "ML" => "maximum likelihood",
        "GLS" => "generalized least squares",
        "ULS" => "unweighted least squares",
        "SLS" => "scale-free least squares",
        "WLS" => "weighted least squares (ADF)",
        "DWLS" => "diagonally weighted least squares",
        _ => "",
    }
}

pub(crate) fn likelihood(value: Likelihood) -> &'static str {
    match value {
        Likelihood::Normal => "normal",
        Likelihood::Wishart => "wishart",
    }
}

pub(crate) fn mimic(value: Mimic) -> &'static str {
    match value {
        Mimic::Lavaan => "lavaan",
        Mimic::Amos => "amos",
    }
}

pub(crate) fn weight_normalization(value: WeightNormalization) -> &'static str {
    match value {
        WeightNormalization::Total => "total",
        WeightNormalization::Group => "group",
    }
}

/// What the convention does to the numbers.
pub(crate) fn convention_in_words(
    mimic: &str,
    estimator: &str,
    likelihood: &str,
    missing: &str,
    groups: usize,
    weighted: bool,
) -> &'static str {
    if matches!(missing, "ml" | "ml.x") {
        return "likelihood of the incomplete cases, chi-square = N F";
    }
    if weighted {
        return "moments divided by the sum of the weights, chi-square = N F";
    }
    match (mimic, estimator, likelihood, groups) {
        ("amos", _, _, 0 | 1) => "AMOS: moments divided by N, chi-square = (N - 1) F",
        ("amos", ..) => "AMOS: moments divided by N, chi-square = (N - groups) F",
        (_, "ML", "normal", _) => "lavaan: moments divided by N, chi-square = N F",
        (_, "ML", _, 0 | 1) => "wishart: moments divided by N - 1, chi-square = (N - 1) F",
        (_, "ML", ..) => "wishart: moments divided by N - 1, chi-square = sum of (N_g - 1) F_g",
        (.., 0 | 1) => "lavaan: moments divided by N - 1, chi-square = (N - 1) F",
        _ => "lavaan: moments divided by N - 1, chi-square = sum of (N_g - 1) F_g",
    }
}

pub(crate) fn missing(value: Missing) -> &'static str {
    match value {
        Missing::Listwise => "listwise",
        Missing::Pairwise => "pairwise",
        Missing::Ml => "ml",
        Missing::MlX => "ml.x",
        Missing::TwoStage => "two.stage",
        Missing::RobustTwoStage => "robust.two.stage",
    }
}

pub(crate) fn missing_in_words(name: &str) -> &'static str {
    match name {
        "listwise" => "listwise (cases with a missing value are dropped)",
        "pairwise" => "pairwise (each moment from the cases that have it)",
        "ml" => "full-information maximum likelihood",
        "ml.x" => "full-information maximum likelihood, missing exogenous values included",
        "two.stage" => "two-stage (saturated moments by EM)",
        "robust.two.stage" => "two-stage (saturated moments by EM), robust",
        _ => "",
    }
}

pub(crate) fn information(value: Information) -> &'static str {
    match value {
        Information::Expected => "expected",
        Information::Observed => "observed",
        Information::FirstOrder => "first.order",
    }
}

pub(crate) fn h1_information(value: H1Information) -> &'static str {
    match value {
        H1Information::Structured => "structured",
        H1Information::Unstructured => "unstructured",
    }
}

/// Where the standard errors of functions of the parameters come from.
pub(crate) fn errors_of_functions(se: &str) -> &'static str {
    if se == "bootstrap" {
        "standard errors and intervals from the draws"
    } else {
        "standard errors by the delta method"
    }
}

pub(crate) fn bootstrap_interval(value: BootstrapInterval) -> &'static str {
    match value {
        BootstrapInterval::Normal => "norm",
        BootstrapInterval::Basic => "basic",
        BootstrapInterval::Percentile => "perc",
        BootstrapInterval::BiasCorrected => "bca.simple",
    }
}

pub(crate) fn bootstrap_interval_in_words(name: &str) -> &'static str {
    match name {
        "norm" => "normal, less bias",
        "basic" => "basic: percentiles mirrored at the estimate",
        "bca.simple" => "bias-corrected percentiles",
        _ => "percentiles",
    }
}

pub(crate) fn standard_errors(value: StandardErrors) -> &'static str {
    match value {
        StandardErrors::Standard => "standard",
        StandardErrors::FirstOrder => "first.order",
        StandardErrors::RobustSem => "robust.sem",
        StandardErrors::RobustHuberWhite => "robust.huber.white",
        StandardErrors::TwoStage => "two.stage",
        StandardErrors::RobustTwoStage => "robust.two.stage",
        StandardErrors::Bootstrap => "bootstrap",
        StandardErrors::None => "none",
    }
}

/// The words before a test's name in the text.
pub(crate) fn test_in_words(name: &str) -> &'static str {
    match name {
        "standard" => "Standard",
        "satorra.bentler" => "Satorra-Bentler",
        "yuan.bentler" => "Yuan-Bentler",
        "yuan.bentler.mplus" => "Yuan-Bentler (Mplus variant)",
        "mean.var.adjusted" => "Mean- and variance-adjusted",
        "scaled.shifted" => "Scaled and shifted",
        "browne.residual.adf" => "Browne's residual-based (ADF)",
        "browne.residual.adf.model" => "Browne's residual-based (ADF, model)",
        "browne.residual.nt" => "Browne's residual-based (NT)",
        "browne.residual.nt.model" => "Browne's residual-based (NT, model)",
        "bollen.stine" => "Bollen-Stine (bootstrap)",
        _ => "",
    }
}

pub(crate) fn termination(value: TerminationReason) -> &'static str {
    match value {
        TerminationReason::Gradient => "gradient",
        TerminationReason::NothingToEstimate => "nothing_to_estimate",
        TerminationReason::MaxIterations => "max_iterations",
        TerminationReason::LineSearch => "line_search",
        TerminationReason::Stalled => "stalled",
        TerminationReason::NoFeasibleStart => "no_feasible_start",
        TerminationReason::Inconsistent => "inconsistent_constraints",
    }
}

pub(crate) fn termination_in_words(name: &str) -> &'static str {
    match name {
        "gradient" => "the gradient is zero",
        "nothing_to_estimate" => "nothing to estimate",
        "max_iterations" => "the iterations ran out",
        "line_search" => "no step lowered the discrepancy",
        "stalled" => "the discrepancy hardly fell any more, but the gradient did not vanish",
        "no_feasible_start" => "no feasible start was found",
        "inconsistent_constraints" => "the constraints could not be satisfied",
        _ => "",
    }
}

pub(crate) fn severity(value: Severity) -> &'static str {
    match value {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
