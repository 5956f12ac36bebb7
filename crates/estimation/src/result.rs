//! The result of a fit.

use std::borrow::Cow;
use std::sync::Arc;

use compact_str::CompactString;
use latva_math::distribution::normal;
use latva_spec::Diagnostic;
use latva_spec::table::ParTable;
use ndarray::{Array1, Array2};

use crate::indices::ChiSquare;
use crate::inference::Covariance;
use crate::plan::{Plan, TestStatistic};

/// Why the optimiser stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminationReason {
    /// The scaled gradient fell below its tolerance.
    Gradient,
    /// No free parameter: there was nothing to minimise.
    NothingToEstimate,
    /// The iterations ran out.
    MaxIterations,
    /// No step along the search direction lowered the discrepancy.
    LineSearch,
    /// The discrepancy hardly fell any more, but the gradient did not vanish.
    Stalled,
    /// No feasible start was found.
    NoFeasibleStart,
    /// The constraints cannot be satisfied, as far as the search came.
    Inconsistent,
}

/// The record of the optimisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Convergence {
    /// Whether a minimum was reached.
    pub converged: bool,
    /// Why it stopped.
    pub reason: TerminationReason,
    /// Iterations of the last strategy.
    pub iterations: usize,
    /// Evaluations of the discrepancy, all strategies together.
    pub evaluations: usize,
    /// Scale-free gradient at the end: sqrt(g' I^-1 g), the Newton decrement.
    pub gradient_norm: f64,
    /// Whether it began from an earlier solution.
    pub warm: bool,
    /// The strategies tried, in order, each in words.
    pub strategies: Vec<String>,
}

/// Which bound of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundSide {
    /// The least value.
    Lower,
    /// The largest value.
    Upper,
}

/// A constraint, or a bound of a parameter, at the estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstraintOutcome {
    /// Row of the table: of the constraint, or of the parameter that is bounded.
    pub row: usize,
    /// Which bound; `None` for a constraint.
    pub bound: Option<BoundSide>,
    /// Left minus right side, or estimate minus bound.
    pub difference: f64,
    /// Whether it holds as an equation. Equalities do.
    pub active: bool,
    /// Whether an equality follows from the others.
    pub redundant: bool,
    /// Lagrange multiplier on the scale of chi-square: the rate at which the minimum of chi-square changes when left minus right side is
    /// asked to be (at least, at most) so much more than now. 0 where it is not active; `None` where it is redundant or the fit
    /// did not converge.
    pub multiplier: Option<f64>,
}

/// The estimate that belongs to a row of the parameter table.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Unstandardized estimate or fixed value; for constraints the value of left minus right side.
    pub est: f64,
    /// Standard error; `None` for fixed rows.
    pub se: Option<f64>,
    /// est / se.
    pub z: Option<f64>,
    /// Two-sided p of z.
    pub pvalue: Option<f64>,
    /// Lower end of the confidence interval.
    pub ci_lower: Option<f64>,
    /// Upper end.
    pub ci_upper: Option<f64>,
    /// Two-sided p of the interval, where it is made of percentiles of bootstrap draws.
    pub ci_pvalue: Option<f64>,
    /// Latent variables standardized.
    pub std_lv: Option<f64>,
    /// All variables standardized.
    pub std_all: Option<f64>,
    /// All but exogenous observed variables standardized.
    pub std_nox: Option<f64>,
    /// Of `std_lv`, by the delta method or from the draws of the bootstrap; `None` without standard errors.
    pub std_lv_uncertainty: Option<Uncertainty>,
    /// Of `std_all`.
    pub std_all_uncertainty: Option<Uncertainty>,
    /// Of `std_nox`.
    pub std_nox_uncertainty: Option<Uncertainty>,
}

/// How sure a value is: standard error, test against zero, interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uncertainty {
    /// Standard error; 0 for a value that cannot vary, such as the variance of a standardized variable.
    pub se: f64,
    /// value / se; `None` without a standard error above zero.
    pub z: Option<f64>,
    /// Two-sided p of z.
    pub pvalue: Option<f64>,
    /// Lower end of the confidence interval; `None` where the draws of the bootstrap have none.
    pub ci_lower: Option<f64>,
    /// Upper end.
    pub ci_upper: Option<f64>,
    /// One less the level of the interval that ends at zero, where intervals are made of percentiles of bootstrap draws.
    pub ci_pvalue: Option<f64>,
}

impl Uncertainty {
    /// Standard errors below this share of the value are rounding of zero.
    const ROUNDING: f64 = 1e-10;

    /// From the sampling variance of a value; `quantile` is that of the normal distribution at the upper end of the interval. `None`
    /// for a value or a variance that is not finite.
    pub(crate) fn of(value: f64, variance: f64, quantile: f64) -> Option<Self> {
        if !value.is_finite() || !variance.is_finite() {
            return None;
        }
        let mut se = variance.max(0.0).sqrt();
        if se < Self::ROUNDING * value.abs() {
            se = 0.0;
        }
        let z = (se > 0.0).then(|| value / se);
        Some(Uncertainty {
            se,
            z,
            pvalue: z.map(normal::two_sided),
            ci_lower: Some(value - quantile * se),
            ci_upper: Some(value + quantile * se),
            ci_pvalue: None,
        })
    }
}

impl Estimate {
    /// Takes over the uncertainty of the unstandardized estimate.
    pub(crate) fn set(&mut self, uncertainty: Option<Uncertainty>) {
        let Some(Uncertainty { se, z, pvalue, ci_lower, ci_upper, ci_pvalue }) = uncertainty else { return };
        self.se = Some(se);
        self.z = z;
        self.pvalue = pvalue;
        self.ci_lower = ci_lower;
        self.ci_upper = ci_upper;
        self.ci_pvalue = ci_pvalue;
    }
}

/// Share of variance explained of one endogenous variable.
#[derive(Debug, Clone, PartialEq)]
pub struct RSquare {
    /// Block number from 1.
    pub block: usize,
    /// Variable.
    pub variable: CompactString,
    /// 1 - residual variance / variance; may be negative in improper solutions.
    pub value: f64,
    /// That of the standardized residual variance, which is 1 - R-square; `None` without standard errors.
    pub uncertainty: Option<Uncertainty>,
}

/// A group as it was analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSummary {
    /// Label; empty without groups.
    pub label: String,
    /// Cases analysed.
    pub n_obs: usize,
    /// The sum of their sampling weights; without weights their number.
    pub size: f64,
    /// Patterns of missing values; `None` unless the missing-data treatment uses them.
    pub n_patterns: Option<usize>,
    /// The share of cases that have both variables, p x p, in the order of [`BlockSummary::observed`]; `None` as above.
    pub coverage: Option<Array2<f64>>,
    /// Contribution to the chi-square.
    pub chisq: Option<f64>,
}

/// A block's variables.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockSummary {
    /// Group number from 1.
    pub group: usize,
    /// Observed variables.
    pub observed: Arc<[CompactString]>,
    /// Latent variables.
    pub latent: Arc<[CompactString]>,
}

/// Sample and implied moments of one block, on the scale of the convention.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockMoments {
    /// S, p x p, variables as in [`BlockSummary::observed`].
    pub sample_cov: Array2<f64>,
    /// m, p.
    pub sample_mean: Option<Array1<f64>>,
    /// Sigma, p x p.
    pub implied_cov: Array2<f64>,
    /// mu, p; `None` without a mean structure.
    pub implied_mean: Option<Array1<f64>>,
    /// Covariance of the latent variables, m x m, variables as in [`BlockSummary::latent`].
    pub latent_cov: Array2<f64>,
}

/// Fit measures under lavaan's `fitMeasures()` names; a measure that does not exist is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FitMeasures {
    entries: Vec<(Cow<'static, str>, f64)>,
}

impl FitMeasures {
    /// Room for some measures.
    pub(crate) fn with_capacity(measures: usize) -> Self {
        FitMeasures { entries: Vec::with_capacity(measures) }
    }

    /// Adds a measure; a value that is not finite is left out.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: f64) {
        if value.is_finite() {
            self.entries.push((name.into(), value));
        }
    }

    /// The value of a measure.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.entries.iter().find(|(entry, _)| entry == name).map(|(_, value)| *value)
    }

    /// All measures in printing order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.entries.iter().map(|(name, value)| (name.as_ref(), *value))
    }
}

/// A test of the model against the unrestricted one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelTest {
    /// Which.
    pub kind: TestStatistic,
    /// Statistic and df.
    pub test: ChiSquare,
    /// p-value; `None` without degrees of freedom.
    pub pvalue: Option<f64>,
    /// What the standard statistic was divided by; `None` for tests that scale nothing.
    pub scaling_factor: Option<f64>,
    /// What was added after the division; `None` but for the scaled and shifted test.
    pub shift: Option<f64>,
}

/// What the model gave in samples drawn from the cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Draws asked for.
    pub draws: usize,
    /// The estimates of the free parameters in the draws that could be fitted, a row per draw; `None` unless standard errors
    /// come from them.
    pub estimates: Option<Array2<f64>>,
    /// The rows of the table that hold moments of fixed exogenous variables.
    pub exogenous_rows: Vec<usize>,
    /// These moments in the draws that `estimates` has, a row per draw.
    pub exogenous: Array2<f64>,
    /// The chi-squares in the draws from cases that fit the model, of those that could be fitted; `None` unless the test of Bollen and
    /// Stine is asked for.
    pub statistics: Option<Vec<f64>>,
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Every resolved option.
    pub plan: Plan,
    /// The model.
    pub table: ParTable,
    /// The groups.
    pub groups: Vec<GroupSummary>,
    /// The blocks' variables.
    pub blocks: Vec<BlockSummary>,
    /// Record of the optimisation.
    pub convergence: Convergence,
    /// One entry per row of the table.
    pub estimates: Vec<Estimate>,
    /// Constraints, then bounds, in the order of the table.
    pub constraints: Vec<ConstraintOutcome>,
    /// R-square of endogenous variables.
    pub r_square: Vec<RSquare>,
    /// Sample and implied moments of the blocks.
    pub moments: Vec<BlockMoments>,
    /// Covariance matrix of the free parameters (by `free` number), q x q; `None` without standard errors.
    pub vcov: Option<Covariance>,
    /// Whether the solution is admissible: no negative variance, no correlation beyond one, no non-positive-definite
    /// latent or residual covariance matrix.
    pub proper: bool,
    /// The standard test, then those that were asked for, in their order; one that does not exist is absent.
    pub tests: Vec<ModelTest>,
    /// Fit measures; empty when the fit did not converge.
    pub measures: FitMeasures,
    /// How many cases that count alike would tell as much ([`latva_data::Sample::effective_size`]); `None` without sampling weights.
    pub effective_size: Option<f64>,
    /// The draws of the bootstrap, where it was asked for and the fit converged.
    pub bootstrap: Option<Bootstrap>,
    /// What is to be said of the data, the solution and its soundness.
    pub diagnostics: Vec<Diagnostic>,
}

impl Fit {
    /// Whether the fit converged to a proper solution.
    pub fn is_sound(&self) -> bool {
        self.convergence.converged && self.proper && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
