//! The fields of each table of the study file. The reader refuses every other name; the JSON schema for
//! editors and the guide list the same ones (a test holds them together).

/// The fields of one kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionFields {
    /// Name of the table as in the schema.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [&'static str],
}

pub(super) const STUDY: &[&str] = &[
    "schema",
    "key",
    "title",
    "source",
    "software",
    "n",
    "groups",
    "estimator",
    "rounding",
    "stars",
    "tails",
    "construct",
    "summary",
    "table",
    "model",
    "comparison",
    "mediation",
    "difference",
    "regression",
    "test",
    "percentages",
    "mean",
    "repeated",
];
pub(super) const CONSTRUCT: &[&str] = &["name", "place", "items", "loadings", "alpha", "cr", "ave", "sqrt_ave"];
pub(super) const SUMMARY: &[&str] = &["place", "figure", "min", "max"];
pub(super) const TABLE: &[&str] =
    &["name", "n", "stars", "tails", "diagonal", "fornell_larcker", "pairwise", "latent", "row", "composite"];
pub(super) const ROW: &[&str] = &["name", "mean", "sd", "diagonal", "r", "scale", "items"];
pub(super) const COMPOSITE: &[&str] = &["name", "of", "kind"];
pub(super) const MODEL: &[&str] = &[
    "name",
    "place",
    "n",
    "groups",
    "estimator",
    "stars",
    "tails",
    "variables",
    "same_as",
    "syntax",
    "kind",
    "bootstrap_p",
    "structure",
    "path",
    "rmsea_ci",
    "rmsea_ci_level",
    "chisq",
    "df",
    "p",
    "cmin_df",
    "npar",
    "baseline_chisq",
    "baseline_df",
    "cfi",
    "tli",
    "nfi",
    "ifi",
    "rfi",
    "pnfi",
    "pcfi",
    "pratio",
    "gfi",
    "agfi",
    "pgfi",
    "rmsea",
    "pclose",
    "srmr",
    "rmr",
    "aic",
    "bic",
    "bcc",
    "caic",
    "ecvi",
    "ncp",
    "fmin",
    "f0",
    "hoelter_05",
    "hoelter_01",
    "logl",
    "r2",
    "sabic",
    "data",
    "moments",
    "correlations",
    "options",
    "tolerance",
    "measure",
    "parameter",
];
pub(super) const PARAMETER: &[&str] =
    &["parameter", "group", "est", "std_lv", "std_all", "std_nox", "se", "z", "p", "ci", "tolerance"];
pub(super) const STRUCTURE: &[&str] = &[
    "observed",
    "items",
    "factors",
    "arrangement",
    "second_order",
    "covariates",
    "covariates_correlate",
    "method_factor",
    "paths",
    "exogenous",
    "residual_covariances",
];
pub(super) const PATH: &[&str] =
    &["from", "to", "group", "b", "beta", "est", "se", "t", "p", "ci", "ci_level", "ci_kind", "significant", "tails"];
pub(super) const COMPARISON: &[&str] = &[
    "name",
    "models",
    "nested",
    "delta_chisq",
    "delta_df",
    "p",
    "significant",
    "level",
    "delta_cfi",
    "delta_tli",
    "delta_rmsea",
    "delta_aic",
    "method_items",
    "method_factor",
];
pub(super) const MEDIATION: &[&str] = &[
    "name",
    "a",
    "a_se",
    "a_t",
    "b",
    "b_se",
    "b_t",
    "indirect",
    "indirect_se",
    "direct",
    "total",
    "sobel",
    "p",
    "ci",
    "ci_level",
    "ci_kind",
    "significant",
];
pub(super) const ESTIMATE: &[&str] = &["model", "from", "to", "regression", "of"];
pub(super) const DIFFERENCE: &[&str] = &["name", "kind", "estimates", "ses", "n", "z", "p", "significant"];
pub(super) const REGRESSION: &[&str] =
    &["name", "table", "outcome", "predictors", "n", "k", "r2", "adj_r2", "f", "f_df", "p", "coefficient"];
pub(super) const TEST: &[&str] = &["name", "statistic", "value", "df", "n", "p", "significant", "tails"];
pub(super) const PERCENTAGES: &[&str] = &["name", "n", "values", "counts", "exhaustive"];
pub(super) const MEAN: &[&str] = &["name", "mean", "sd", "n", "items", "scale"];
pub(super) const REPEATED: &[&str] = &["figure", "values", "places"];

/// Every kind of table of the study file with its fields.
pub const SECTIONS: [SectionFields; 19] = [
    SectionFields { name: "study", fields: STUDY },
    SectionFields { name: "construct", fields: CONSTRUCT },
    SectionFields { name: "summary", fields: SUMMARY },
    SectionFields { name: "table", fields: TABLE },
    SectionFields { name: "row", fields: ROW },
    SectionFields { name: "composite", fields: COMPOSITE },
    SectionFields { name: "model", fields: MODEL },
    SectionFields { name: "parameter", fields: PARAMETER },
    SectionFields { name: "structure", fields: STRUCTURE },
    SectionFields { name: "path", fields: PATH },
    SectionFields { name: "comparison", fields: COMPARISON },
    SectionFields { name: "mediation", fields: MEDIATION },
    SectionFields { name: "estimate", fields: ESTIMATE },
    SectionFields { name: "difference", fields: DIFFERENCE },
    SectionFields { name: "regression", fields: REGRESSION },
    SectionFields { name: "test", fields: TEST },
    SectionFields { name: "percentages", fields: PERCENTAGES },
    SectionFields { name: "mean", fields: MEAN },
    SectionFields { name: "repeated", fields: REPEATED },
];
