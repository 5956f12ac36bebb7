//! The study file: what a paper prints, as plain data.

mod error;
mod fields;
mod read;
mod refit;
mod section;

pub use error::{StudyError, StudyErrors};
pub use fields::{SECTIONS, SectionFields};
pub use refit::{DataSource, FitOption, Parameter, Refit, Tolerances};

use crate::printed::Printed;

/// A study: its sample, its conventions and every figure that it prints.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Study {
    /// Short key, for example `Z23`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Where it was published.
    pub source: String,
    /// Program that was used.
    pub software: String,
    /// Conventions that hold unless a table or model has its own.
    pub conventions: Conventions,
    /// Measured constructs.
    pub constructs: Vec<Construct>,
    /// Ranges given in words ("loadings between .70 and .91").
    pub summaries: Vec<Summary>,
    /// Tables of descriptive statistics and correlations.
    pub tables: Vec<Table>,
    /// Models.
    pub models: Vec<Model>,
    /// Comparisons of two models.
    pub comparisons: Vec<Comparison>,
    /// Indirect effects.
    pub mediations: Vec<Mediation>,
    /// Differences of an estimate between two groups.
    pub differences: Vec<Difference>,
    /// Regressions on variables of a table, or with F and R-square.
    pub regressions: Vec<Regression>,
    /// Single tests: t, F, chi-square, z, r.
    pub tests: Vec<Test>,
    /// Percentages of a count.
    pub percentages: Vec<Percentages>,
    /// Means of whole-number scores outside of a table.
    pub means: Vec<Mean>,
    /// Figures that the paper prints more than once.
    pub repeated: Vec<Repeated>,
}

/// What a study says about its own conventions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conventions {
    /// Sample size.
    pub n: Option<u64>,
    /// Number of groups of a multi-group model.
    pub groups: Option<u64>,
    /// Estimator as printed.
    pub estimator: String,
    /// Meaning of stars and daggers, from the mark to its level, where the paper explains them.
    pub legend: Vec<(String, f64)>,
    /// One- or two-sided tests, where the paper says so.
    pub tails: Option<Tails>,
}

/// Sidedness of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tails {
    /// One-sided.
    One,
    /// Two-sided.
    Two,
}

/// A construct with its reliability figures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Construct {
    /// Name as in the tables.
    pub name: String,
    /// Where it is printed.
    pub place: String,
    /// Line of the study file.
    pub line: usize,
    /// Number of items.
    pub items: Option<u64>,
    /// Standardized loadings.
    pub loadings: Vec<Option<Printed>>,
    /// Cronbach's alpha.
    pub alpha: Option<Printed>,
    /// Composite reliability.
    pub cr: Option<Printed>,
    /// Average variance extracted.
    pub ave: Option<Printed>,
    /// Its square root.
    pub sqrt_ave: Option<Printed>,
}

/// A figure of several constructs that is given as a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Where it is printed.
    pub place: String,
    /// Line of the study file.
    pub line: usize,
    /// `loadings`, `alpha`, `cr`, `ave`.
    pub figure: String,
    /// Smallest.
    pub min: Option<Printed>,
    /// Largest.
    pub max: Option<Printed>,
}

/// What stands on the diagonal of a correlation table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Diagonal {
    /// Nothing that is checked.
    #[default]
    None,
    /// Square root of the average variance extracted.
    SqrtAve,
    /// Average variance extracted.
    Ave,
    /// Cronbach's alpha.
    Alpha,
    /// Composite reliability.
    Cr,
}

/// A table of means, standard deviations and correlations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Name, for example `Table 3`.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Its conventions, the study's where it has none.
    pub conventions: Conventions,
    /// Whether the legend of the marks was given with this very table.
    pub own_legend: bool,
    /// Meaning of the diagonal.
    pub diagonal: Diagonal,
    /// Whether the paper says that the Fornell-Larcker criterion is met.
    pub fornell_larcker: Option<bool>,
    /// Whether correlations were computed from different cases each (pairwise deletion).
    pub pairwise: bool,
    /// Whether the correlations are those of latent variables, with standard errors of their own.
    pub latent: bool,
    /// Its rows in order.
    pub rows: Vec<TableRow>,
    /// Sums and means of its variables, used by regressions.
    pub composites: Vec<Composite>,
}

/// One variable of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableRow {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Mean.
    pub mean: Option<Printed>,
    /// Standard deviation.
    pub sd: Option<Printed>,
    /// Figure on the diagonal.
    pub diagonal: Option<Printed>,
    /// Correlations with the rows above, in order.
    pub r: Vec<Option<Printed>>,
    /// Ends of the response scale.
    pub scale: Option<(f64, f64)>,
    /// Number of whole-number items that are averaged.
    pub items: Option<u64>,
}

/// A sum or mean of table variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Variables.
    pub of: Vec<String>,
    /// How they are joined.
    pub kind: CompositeKind,
}

/// How variables are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompositeKind {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
    /// The product of the mean-centred variables, which no correlation table determines.
    Product,
}

/// A model with its fit and its paths.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Where it is printed; models of one place share their stars.
    pub place: String,
    /// Line of the study file.
    pub line: usize,
    /// Its conventions, the study's where it has none.
    pub conventions: Conventions,
    /// Whether the legend of the marks was given with this very model.
    pub own_legend: bool,
    /// Label of the set of observed variables: models with the same label and sample have one baseline model.
    pub variables: String,
    /// Name of a model that is printed elsewhere and is the same.
    pub same_as: String,
    /// Name of the model file with its syntax.
    pub syntax: String,
    /// Whose defaults the syntax uses.
    pub kind: ModelKind,
    /// Whether the p-value is of a bootstrap (Bollen-Stine) and no chi-square distribution applies.
    pub bootstrap_p: bool,
    /// Readings of the description, any of which may hold.
    pub structures: Vec<Structure>,
    /// Printed fit figures by name, in the order of [`FIT_FIELDS`].
    pub fit: Vec<(&'static str, Printed)>,
    /// Ends of the interval of RMSEA.
    pub rmsea_ci: Option<(Printed, Printed)>,
    /// Its level in per cent.
    pub rmsea_ci_level: Option<Printed>,
    /// Paths.
    pub paths: Vec<Path>,
    /// How the model is fitted again, where its data are at hand.
    pub refit: Option<Refit>,
    /// Further fit figures by their names in the results of a fit.
    pub measures: Vec<(String, Printed)>,
    /// Figures of single parameters.
    pub parameters: Vec<Parameter>,
}

/// Fit figures of a model, by their field names.
pub const FIT_FIELDS: [&str; 35] = [
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
];

impl Model {
    /// A printed fit figure.
    pub fn figure(&self, name: &str) -> Option<&Printed> {
        self.fit.iter().find(|(field, _)| *field == name).map(|(_, figure)| figure)
    }
}

/// What a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModelKind {
    /// Structural equation model.
    #[default]
    Sem,
    /// Confirmatory factor analysis.
    Cfa,
    /// Growth model.
    Growth,
    /// Regression by least squares on observed variables.
    Regression,
}

/// How a model is described in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Structure {
    /// Line of the study file.
    pub line: usize,
    /// Number of observed variables, when nothing more is known.
    pub observed: Option<u64>,
    /// Items per factor, or their total.
    pub items: Vec<u64>,
    /// Number of first-order factors.
    pub factors: Option<u64>,
    /// How the factors hang together.
    pub arrangement: Arrangement,
    /// Whether the study file says so, or nothing.
    pub arrangement_given: bool,
    /// Number of first-order factors under each second-order factor.
    pub second_order: Vec<u64>,
    /// Number of observed covariates.
    pub covariates: u64,
    /// What the covariates correlate with.
    pub covariates_correlate: CovariateLinks,
    /// An additional method factor.
    pub method_factor: Option<MethodFactor>,
    /// Number of free structural paths; the latent part is saturated without.
    pub paths: Option<u64>,
    /// Number of exogenous variables of the structural part (latent and covariates).
    pub exogenous: Option<u64>,
    /// Number of free residual covariances.
    pub residual_covariances: u64,
}

/// How factors hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrangement {
    /// All covariances free.
    #[default]
    Correlated,
    /// None.
    Orthogonal,
    /// One general factor and orthogonal specific ones.
    Bifactor,
}

/// What covariates correlate with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CovariateLinks {
    /// Each other and the factors.
    #[default]
    All,
    /// Each other only.
    EachOther,
    /// Nothing.
    Nothing,
}

/// Loadings of a method factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodFactor {
    /// Free loadings.
    Free,
    /// Equal loadings.
    Equal,
    /// It is not said which.
    Either,
}

/// A path of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path {
    /// Line of the study file.
    pub line: usize,
    /// Predictor.
    pub from: String,
    /// Outcome.
    pub to: String,
    /// Group, for multi-group models.
    pub group: String,
    /// Unstandardized estimate.
    pub b: Option<Printed>,
    /// Standardized estimate.
    pub beta: Option<Printed>,
    /// Estimate of which the paper does not say whether it is standardized.
    pub est: Option<Printed>,
    /// Standard error.
    pub se: Option<Printed>,
    /// t, z or critical ratio.
    pub t: Option<Printed>,
    /// p-value.
    pub p: Option<Printed>,
    /// Confidence interval.
    pub ci: Option<ConfidenceInterval>,
    /// What the paper says about its significance.
    pub significant: Option<bool>,
    /// Sidedness of this test.
    pub tails: Option<Tails>,
}

impl Path {
    /// `from -> to`, with the group where there is one.
    pub fn label(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(" ({})", self.group) };
        match (self.from.is_empty(), self.to.is_empty()) {
            (_, true) => format!("{}{group}", self.from),
            (true, false) => format!("{}{group}", self.to),
            (false, false) => format!("{} -> {}{group}", self.from, self.to),
        }
    }

    /// The first estimate that is printed.
    pub fn estimate(&self) -> Option<&Printed> {
        self.b.as_ref().or(self.est.as_ref()).or(self.beta.as_ref())
    }
}

/// A confidence interval.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceInterval {
    /// Lower end.
    pub lower: Printed,
    /// Upper end.
    pub upper: Printed,
    /// Level in per cent.
    pub level: f64,
    /// How it was made.
    pub kind: IntervalKind,
}

/// How a confidence interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntervalKind {
    /// It is not said.
    #[default]
    Unknown,
    /// Estimate plus and minus a multiple of the standard error.
    Wald,
    /// By bootstrap.
    Bootstrap,
}

/// A comparison of two models of one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Names of the two models.
    pub models: Vec<String>,
    /// Whether the paper calls them nested.
    pub nested: Option<bool>,
    /// Chi-square difference.
    pub delta_chisq: Option<Printed>,
    /// Its degrees of freedom.
    pub delta_df: Option<Printed>,
    /// Its p-value.
    pub p: Option<Printed>,
    /// What the paper says about its significance.
    pub significant: Option<bool>,
    /// Significance level of that statement in per cent.
    pub level: Option<Printed>,
    /// Difference of CFI.
    pub delta_cfi: Option<Printed>,
    /// Difference of TLI.
    pub delta_tli: Option<Printed>,
    /// Difference of RMSEA.
    pub delta_rmsea: Option<Printed>,
    /// Difference of AIC.
    pub delta_aic: Option<Printed>,
    /// What the second model adds: loadings of a method factor on so many items.
    pub method_items: Option<u64>,
    /// What is said about those loadings.
    pub method_factor: Option<MethodFactor>,
}

/// Where an estimate of a mediation comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum EstimateSource {
    /// It is printed with the mediation itself.
    Printed(Printed),
    /// A path of a model.
    Path {
        /// Model.
        model: String,
        /// Predictor.
        from: String,
        /// Outcome; empty where the predictor alone tells the path.
        to: String,
        /// Line of the study file.
        line: usize,
    },
    /// A coefficient of a regression that is recomputed from a correlation table.
    Regression {
        /// Regression.
        regression: String,
        /// Predictor.
        of: String,
        /// Line of the study file.
        line: usize,
    },
}

/// An indirect effect.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mediation {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Predictor to mediator.
    pub a: Option<EstimateSource>,
    /// Its standard error.
    pub a_se: Option<Printed>,
    /// Its t.
    pub a_t: Option<Printed>,
    /// Mediator to outcome.
    pub b: Option<EstimateSource>,
    /// Its standard error.
    pub b_se: Option<Printed>,
    /// Its t.
    pub b_t: Option<Printed>,
    /// Indirect effect.
    pub indirect: Option<Printed>,
    /// Its standard error.
    pub indirect_se: Option<Printed>,
    /// Direct effect.
    pub direct: Option<EstimateSource>,
    /// Total effect.
    pub total: Option<EstimateSource>,
    /// Sobel's Z.
    pub sobel: Option<Printed>,
    /// p-value of the indirect effect.
    pub p: Option<Printed>,
    /// Confidence interval of the indirect effect.
    pub ci: Option<ConfidenceInterval>,
    /// What the paper says about the indirect effect.
    pub significant: Option<bool>,
}

/// What is compared between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DifferenceKind {
    /// Correlations.
    Correlation,
    /// Standardized paths, held against the test of correlations.
    #[default]
    Standardized,
    /// Unstandardized paths with standard errors.
    Unstandardized,
}

/// A difference of an estimate between two groups.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Difference {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// What is compared.
    pub kind: DifferenceKind,
    /// The two estimates.
    pub estimates: Vec<Option<Printed>>,
    /// Their standard errors.
    pub ses: Vec<Option<Printed>>,
    /// Sizes of the two groups, or one total where the split is not printed.
    pub n: Vec<u64>,
    /// z of the difference.
    pub z: Option<Printed>,
    /// p of the difference.
    pub p: Option<Printed>,
    /// What the paper says.
    pub significant: Option<bool>,
}

/// A regression.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Regression {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Table whose correlations determine it.
    pub table: String,
    /// Outcome.
    pub outcome: String,
    /// Predictors.
    pub predictors: Vec<String>,
    /// Sample size, the study's where it has none.
    pub n: Option<u64>,
    /// Number of predictors, where they are not listed.
    pub k: Option<u64>,
    /// R-square.
    pub r2: Option<Printed>,
    /// Adjusted R-square.
    pub adj_r2: Option<Printed>,
    /// F of the whole regression.
    pub f: Option<Printed>,
    /// Its degrees of freedom.
    pub f_df: Vec<u64>,
    /// Its p-value.
    pub p: Option<Printed>,
    /// Coefficients.
    pub coefficients: Vec<Path>,
}

/// The statistic of a single test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Student's t.
    T,
    /// F.
    F,
    /// Chi-square.
    ChiSquare,
    /// Standard normal.
    Z,
    /// Correlation.
    R,
}

/// A single test.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Statistic.
    pub statistic: Statistic,
    /// Its value.
    pub value: Option<Printed>,
    /// Degrees of freedom.
    pub df: Vec<u64>,
    /// Sample size, for correlations.
    pub n: Option<u64>,
    /// p-value.
    pub p: Option<Printed>,
    /// What the paper says.
    pub significant: Option<bool>,
    /// Sidedness.
    pub tails: Option<Tails>,
}

/// Percentages of one count.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Percentages {
    /// What they are about.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// What 100 % is.
    pub n: Option<u64>,
    /// The percentages.
    pub values: Vec<Option<Printed>>,
    /// The counts behind them, where printed.
    pub counts: Vec<u64>,
    /// Whether the classes exclude each other and leave nothing out.
    pub exhaustive: bool,
}

/// A mean of whole-number scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mean {
    /// Name.
    pub name: String,
    /// Line of the study file.
    pub line: usize,
    /// Mean.
    pub mean: Option<Printed>,
    /// Standard deviation.
    pub sd: Option<Printed>,
    /// Sample size.
    pub n: Option<u64>,
    /// Number of items that are averaged.
    pub items: u64,
    /// Ends of the scale of one item.
    pub scale: Option<(f64, f64)>,
}

/// One figure that is printed at several places.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Repeated {
    /// What it is.
    pub figure: String,
    /// Line of the study file.
    pub line: usize,
    /// What is printed.
    pub values: Vec<Option<Printed>>,
    /// Where.
    pub places: Vec<String>,
}
