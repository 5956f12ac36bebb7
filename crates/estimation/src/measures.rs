//! The complete list of fit measures, from plain numbers and moments.
//!
//! The only place that knows which convention feeds which index; the formulas are in [`crate::indices`]. Names and
//! order are those of lavaan's `fitMeasures()`, followed by the measures that only AMOS has, under names of their own.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::indices::gfi::{
    GfiParts, diagonally_weighted_parts, normal_theory_parts, normal_theory_parts_of_implied, weighted_parts,
};
use crate::indices::information_criteria::{GroupSize, adjusted_bic, aic, bcc, bic, caic};
use crate::indices::noncentrality::ncp_interval;
use crate::indices::residuals::{GroupMoments, Moments, SquaredResiduals};
use crate::indices::robust::Corrected;
use crate::indices::{
    ChiSquare, Interval, cfi, chi_squared as test, critical_n, ecvi, gamma_hat, gfi, ifi, mfi, nfi, noncentrality,
    parsimony, rfi, rmr, rmsea, robust, srmr, tli,
};
use crate::plan::{Estimator, Mimic, TestStatistic};
use crate::result::FitMeasures;

/// Settings of intervals and tests of approximate fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuresSettings {
    /// Level of the intervals of RMSEA, NCP, F0 and ECVI. Default .90.
    pub level: f64,
    /// RMSEA of the test of close fit. Default .05.
    pub close_h0: f64,
    /// RMSEA of the test of not close fit. Default .08.
    pub not_close_h0: f64,
}

impl Default for MeasuresSettings {
    fn default() -> Self {
        Self { level: 0.9, close_h0: 0.05, not_close_h0: 0.08 }
    }
}

/// Log-likelihoods of a maximum likelihood fit (conditional on the exogenous variables if these are fixed).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogLikelihood {
    /// Of the model.
    pub model: f64,
    /// Of the unrestricted model.
    pub unrestricted: f64,
}

/// A scaled or adjusted statistic of one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaledStatistic {
    /// The statistic and its (possibly adjusted) df.
    pub test: ChiSquare,
    /// What the plain statistic was divided by; `None` without degrees of freedom, where there is nothing to scale.
    pub factor: Option<f64>,
    /// What was added after the division (scaled and shifted only, otherwise 0).
    pub shift: f64,
    /// Trace of U Gamma, needed of the model only; with several groups their sum.
    pub trace_ugamma: Option<f64>,
}

/// The scaled or adjusted test of the model and of its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaledTests {
    /// Which test.
    pub kind: TestStatistic,
    /// Of the model.
    pub model: ScaledStatistic,
    /// Of the baseline model.
    pub baseline: Option<ScaledStatistic>,
    /// Scaling factors of the log-likelihoods of the unrestricted and of the restricted model (Yuan-Bentler only).
    pub logl_factors: Option<(f64, f64)>,
}

/// Statistics for the robust indices where they are not the plain ones: FIML (Zhang and Savalei's correction).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustStatistics {
    /// Corrected statistic of the model and its scaling factor.
    pub model: Corrected,
    /// Scaled version of it, for the interval of the RMSEA.
    pub scaled: ChiSquare,
    /// Corrected statistic of the baseline model and its scaling factor.
    pub baseline: Option<Corrected>,
}

/// The weight matrix of a group's stacked moments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WeightMatrix<'a> {
    /// All of it.
    Full(ArrayView2<'a, f64>),
    /// The diagonal of one that has nothing else.
    Diagonal(ArrayView1<'a, f64>),
}

/// Everything the measures are made of.
#[derive(Debug, Clone, Copy)]
pub struct MeasuresInput<'a> {
    /// Whose arithmetic.
    pub mimic: Mimic,
    /// Discrepancy; it decides about the weight of the GFI and about information criteria.
    pub estimator: Estimator,
    /// The factor of chi-square = multiplier * F: N, N - G ("Wishart", least squares, AMOS).
    pub multiplier: f64,
    /// Chi-square and df of the model. A value that rounding made slightly negative counts as 0.
    pub model: ChiSquare,
    /// Chi-square and df of the baseline model.
    pub baseline: Option<ChiSquare>,
    /// Free parameters, less equality constraints.
    pub parameters: usize,
    /// Log-likelihoods; `None` unless the estimator is ML.
    pub log_likelihood: Option<LogLikelihood>,
    /// Whether means are modelled.
    pub means: bool,
    /// Each group: cases, sample and implied moments (means on both sides if they are modelled).
    pub groups: &'a [GroupMoments<'a>],
    /// Positions of the exogenous variables of each group whose moments are fixed to the sample's; empty if there are
    /// none.
    pub fixed_exogenous: &'a [&'a [usize]],
    /// Weight matrix of each group's stacked moments (means, if modelled, then the lower triangle of the covariances by
    /// columns), for the GFI of weighted least squares; empty otherwise.
    pub weights: &'a [WeightMatrix<'a>],
    /// Inverse of each group's implied covariance matrix for the GFI of ML; where it is empty, it is made.
    pub implied_inverses: &'a [Array2<f64>],
    /// A scaled or adjusted test, if asked for.
    pub scaled: Option<&'a ScaledTests>,
    /// Statistics for the robust indices where the plain ones do not serve.
    pub robust: Option<&'a RobustStatistics>,
}

/// RMSEA of AMOS's PCLOSE.
const PCLOSE_H0: f64 = 0.05;

/// Room for the measures of a fit without scaled test.
const ABOUT: usize = 80;

/// All fit measures. A measure that does not exist for the input is left out.
///
/// Under [`Mimic::Amos`] as AMOS has it: RMSEA without the square root of the number of groups, RMR and GFI pooled over
/// groups and absent when means are modelled, information criteria from the chi-square, BIC and CAIC for a single group
/// without means, FMIN not halved.
pub fn fit_measures(input: &MeasuresInput<'_>, settings: &MeasuresSettings) -> FitMeasures {
    let model = not_negative(input.model);
    let mut list = Assembly {
        input: MeasuresInput { model, baseline: input.baseline.map(not_negative), ..*input },
        settings,
        ncp: ncp_interval(model, settings.level),
        critical: [0.05, 0.01].map(|alpha| critical_n::critical_value(model, alpha)),
        n: input.groups.iter().map(|group| group.n).sum(),
        pclose: None,
        measures: FitMeasures::with_capacity(ABOUT),
    };
    list.chi_square();
    list.baseline();
    list.incremental();
    list.likelihood();
    list.approximation();
    list.residuals();
    list.other();
    list.amos();
    list.measures
}

/// The measures that need no other model: of a fit that cannot be compared with the unrestricted one.
pub(crate) fn likelihood_measures(logl: f64, parameters: usize, n: f64) -> FitMeasures {
    let (q, deviance) = (parameters as f64, -2.0 * logl);
    let mut measures = FitMeasures::default();
    let list = [
        ("npar", Some(q)),
        ("logl", Some(logl)),
        ("aic", aic(deviance, q)),
        ("bic", bic(deviance, q, n)),
        ("ntotal", Some(n)),
        ("bic2", adjusted_bic(deviance, q, n)),
        ("caic", caic(deviance, q, n)),
    ];
    for (name, value) in list {
        if let Some(value) = value {
            measures.push(name, value);
        }
    }
    measures
}

/// Rounding leaves a saturated model with a chi-square of about -1e-12.
fn not_negative(test: ChiSquare) -> ChiSquare {
    if test.value < 0.0 && test.value > -1e-6 { ChiSquare { value: 0.0, ..test } } else { test }
}

struct Assembly<'a, 's> {
    input: MeasuresInput<'a>,
    settings: &'s MeasuresSettings,
    /// Cases in all groups.
    n: f64,
    /// The interval of the model's noncentrality.
    ncp: Option<Interval>,
    /// The chi-squares at which the model is rejected at the levels .05 and .01.
    critical: [Option<f64>; 2],
    /// p of close fit at [`PCLOSE_H0`], once it is made.
    pclose: Option<f64>,
    measures: FitMeasures,
}

impl Assembly<'_, '_> {
    fn push(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.measures.push(name, value);
        }
    }

    fn push_interval(&mut self, [lower, upper]: [&'static str; 2], interval: Option<Interval>) {
        self.push(lower, interval.map(|ends| ends.lower));
        self.push(upper, interval.map(|ends| ends.upper));
    }

    /// The critical N at the levels .05 and .01.
    fn push_critical_n(&mut self, names: [&'static str; 2], multiplier: f64, groups: f64) {
        for (name, critical) in names.into_iter().zip(self.critical) {
            let model = self.input.model;
            self.push(name, critical.and_then(|value| critical_n::critical_n_of(value, model, multiplier, groups)));
        }
    }

    fn is_amos(&self) -> bool {
        self.input.mimic == Mimic::Amos
    }

    fn group_count(&self) -> f64 {
        self.input.groups.len() as f64
    }

    /// Sample moments of all groups, exogenous ones included.
    fn moment_count(&self) -> f64 {
        let count = |group: &GroupMoments<'_>| {
            let p = group.sample.cov.nrows();
            p * (p + 1) / 2 + if self.input.means { p } else { 0 }
        };
        self.input.groups.iter().map(count).sum::<usize>() as f64
    }

    /// Multiplier of the RMSEA.
    fn rmsea_multiplier(&self) -> f64 {
        if self.is_amos() { self.input.multiplier } else { self.input.multiplier / self.group_count() }
    }

    fn chi_square(&mut self) {
        let model = self.input.model;
        self.push("npar", Some(self.input.parameters as f64));
        let fmin = if self.is_amos() {
            noncentrality::fmin(model, self.input.multiplier)
        } else {
            let cases = if self.input.estimator == Estimator::Ml { self.input.multiplier } else { self.n };
            noncentrality::fmin(model, 2.0 * cases)
        };
        self.push("fmin", fmin);
        self.push("chisq", Some(model.value));
        self.push("df", Some(model.df));
        self.push("pvalue", test::p_value(model));
        if let Some(scaled) = self.input.scaled {
            self.push("chisq.scaled", Some(scaled.model.test.value));
            self.push("df.scaled", Some(scaled.model.test.df));
            self.push("pvalue.scaled", test::p_value(scaled.model.test));
            self.push("chisq.scaling.factor", scaled.model.factor);
            if scaled.kind == TestStatistic::ScaledShifted && scaled.model.factor.is_some() {
                self.push("chisq.shift.parameter", Some(scaled.model.shift));
            }
        }
    }

    fn baseline(&mut self) {
        let Some(baseline) = self.input.baseline else {
            return;
        };
        self.push("baseline.chisq", Some(baseline.value));
        self.push("baseline.df", Some(baseline.df));
        self.push("baseline.pvalue", test::p_value(baseline));
        if let Some(scaled) = self.input.scaled.and_then(|tests| tests.baseline) {
            self.push("baseline.chisq.scaled", Some(scaled.test.value));
            self.push("baseline.df.scaled", Some(scaled.test.df));
            self.push("baseline.pvalue.scaled", test::p_value(scaled.test));
            self.push("baseline.chisq.scaling.factor", scaled.factor);
        }
    }

    fn incremental(&mut self) {
        let Some(baseline) = self.input.baseline else {
            return;
        };
        let plain = (self.input.model, baseline);
        let scaled = self.input.scaled.and_then(|tests| Some((tests.model.test, tests.baseline?.test)));
        let robust = self.robust_pair(baseline);

        self.push("cfi", cfi::cfi(plain.0, plain.1));
        self.push("tli", tli::tli(plain.0, plain.1));
        if let Some((model, baseline)) = scaled {
            self.push("cfi.scaled", cfi::cfi(model, baseline));
            self.push("tli.scaled", tli::tli(model, baseline));
        }
        if let Some((model, baseline)) = robust {
            self.push("cfi.robust", robust::cfi(model, baseline));
            self.push("tli.robust", robust::tli(model, baseline));
        }
        self.relative_to_baseline(["nnfi", "rfi", "nfi", "pnfi", "ifi", "rni"], plain);
        if let Some(pair) = scaled {
            let names = ["nnfi.scaled", "rfi.scaled", "nfi.scaled", "pnfi.scaled", "ifi.scaled", "rni.scaled"];
            self.relative_to_baseline(names, pair);
        }
        if let Some((model, baseline)) = robust {
            self.push("nnfi.robust", robust::tli(model, baseline));
            self.push("rni.robust", robust::rni(model, baseline));
        }
    }

    /// NNFI, RFI, NFI, PNFI, IFI and RNI under these names.
    fn relative_to_baseline(&mut self, names: [&'static str; 6], (model, baseline): (ChiSquare, ChiSquare)) {
        let values = [
            tli::tli(model, baseline),
            rfi::rfi(model, baseline),
            nfi::nfi(model, baseline),
            parsimony::pnfi(model, baseline),
            ifi::ifi(model, baseline),
            cfi::rni(model, baseline),
        ];
        for (name, value) in names.into_iter().zip(values) {
            self.push(name, value);
        }
    }

    /// Statistics and factors of the robust CFI of model and baseline.
    fn robust_pair(&self, baseline: ChiSquare) -> Option<(Corrected, Corrected)> {
        if let Some(robust) = self.input.robust {
            return Some((robust.model, robust.baseline?));
        }
        let tests = self.input.scaled?;
        let model = corrected(tests.kind, self.input.model, &tests.model)?;
        Some((model, corrected(tests.kind, baseline, &tests.baseline?)?))
    }

    fn likelihood(&mut self) {
        let (q, n) = (self.input.parameters as f64, self.n);
        if let Some(logl) = self.input.log_likelihood {
            self.push("logl", Some(logl.model));
            self.push("unrestricted.logl", Some(logl.unrestricted));
        }
        let deviance = self.deviance();
        self.push("aic", deviance.and_then(|deviance| aic(deviance, q)));
        let with_sample_size = deviance.filter(|_| self.has_sample_size_criteria());
        self.push("bic", with_sample_size.and_then(|deviance| bic(deviance, q, n)));
        self.push("ntotal", Some(n));
        self.push("bic2", with_sample_size.and_then(|deviance| adjusted_bic(deviance, q, n)));
        if let Some((unrestricted, model)) = self.input.scaled.and_then(|tests| tests.logl_factors) {
            self.push("scaling.factor.h1", Some(unrestricted));
            self.push("scaling.factor.h0", Some(model));
        }
    }

    /// What information criteria start from: the chi-square in AMOS, otherwise -2 log-likelihood.
    fn deviance(&self) -> Option<f64> {
        if self.is_amos() {
            Some(self.input.model.value)
        } else {
            self.input.log_likelihood.map(|logl| -2.0 * logl.model)
        }
    }

    /// AMOS gives BIC and CAIC for a single group without means.
    fn has_sample_size_criteria(&self) -> bool {
        !self.is_amos() || (self.input.groups.len() == 1 && !self.input.means)
    }

    fn approximation(&mut self) {
        let (model, n) = (self.input.model, self.rmsea_multiplier());
        let MeasuresSettings { level, close_h0, not_close_h0 } = *self.settings;
        self.push("rmsea", rmsea::rmsea(model, n));
        self.push_interval(
            ["rmsea.ci.lower", "rmsea.ci.upper"],
            self.ncp.and_then(|ncp| rmsea::rmsea_interval(model, ncp, n)),
        );
        self.push("rmsea.ci.level", Some(level));
        let close = rmsea::close_fit_p(model, n, close_h0);
        // AMOS's name for it at its own bound.
        self.pclose = if close_h0 == PCLOSE_H0 { close } else { rmsea::close_fit_p(model, n, PCLOSE_H0) };
        self.push("rmsea.pvalue", close);
        self.push("rmsea.close.h0", Some(close_h0));
        self.push("rmsea.notclose.pvalue", rmsea::not_close_fit_p(model, n, not_close_h0));
        self.push("rmsea.notclose.h0", Some(not_close_h0));
        if let Some(tests) = self.input.scaled {
            // Scaled and shifted: its own statistic. The others: the plain statistic against the trace as its df.
            let scaled = if tests.kind == TestStatistic::ScaledShifted {
                Some(tests.model.test)
            } else {
                tests.model.trace_ugamma.map(|trace| ChiSquare::new(model.value, trace))
            };
            if let Some(scaled) = scaled {
                self.push("rmsea.scaled", rmsea::rmsea(scaled, n));
                self.push_interval(
                    ["rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled"],
                    ncp_interval(scaled, level).and_then(|ncp| rmsea::rmsea_interval(scaled, ncp, n)),
                );
                self.push("rmsea.pvalue.scaled", rmsea::close_fit_p(scaled, n, close_h0));
                self.push("rmsea.notclose.pvalue.scaled", rmsea::not_close_fit_p(scaled, n, not_close_h0));
            }
        }
        // The factor of an interval is what the scaled statistic was divided by, also when it was shifted as well.
        let robust = match (self.input.robust, self.input.scaled) {
            (Some(robust), _) => Some((robust.model, robust.scaled, robust.model.factor)),
            (None, Some(tests)) => {
                let factor = tests.model.factor.unwrap_or(1.0);
                corrected(tests.kind, model, &tests.model).map(|point| (point, tests.model.test, factor))
            }
            (None, None) => None,
        };
        if let Some((point, scaled, factor)) = robust {
            self.push("rmsea.robust", robust::rmsea(point, n));
            let ncp = ncp_interval(scaled, level);
            let interval = ncp.and_then(|ncp| robust::rmsea_interval(scaled, ncp, factor, n));
            self.push_interval(["rmsea.ci.lower.robust", "rmsea.ci.upper.robust"], interval);
            self.push("rmsea.pvalue.robust", robust::close_fit_p(scaled, factor, n, close_h0));
            self.push("rmsea.notclose.pvalue.robust", robust::not_close_fit_p(scaled, factor, n, not_close_h0));
        }
    }

    fn residuals(&mut self) {
        let means = self.input.means;
        let squares: Option<Vec<SquaredResiduals>> =
            self.input.groups.iter().map(GroupMoments::squared_residuals).collect();
        let Some(groups) = squares else { return };
        // An index with the means, if they are modelled, and without.
        let both = |index: &dyn Fn(&[SquaredResiduals], bool) -> Option<f64>| {
            let own = index(&groups, means);
            [own, if means { index(&groups, false) } else { own }]
        };
        if self.is_amos() {
            if !means {
                self.push("rmr", rmr::pooled_rmr(&groups));
            }
        } else {
            let [rmr, nomean] = both(&rmr::rmr);
            self.push("rmr", rmr);
            self.push("rmr_nomean", nomean);
        }
        let [srmr, nomean] = both(&srmr::srmr);
        self.push("srmr", srmr);
        self.push("srmr_bentler", srmr);
        self.push("srmr_bentler_nomean", nomean);
        let [crmr, nomean] = both(&srmr::crmr);
        self.push("crmr", crmr);
        self.push("crmr_nomean", nomean);
        let [mplus, nomean] = both(&srmr::srmr_mplus);
        self.push("srmr_mplus", mplus);
        self.push("srmr_mplus_nomean", nomean);
    }

    fn other(&mut self) {
        let (model, multiplier) = (self.input.model, self.input.multiplier);
        if !self.is_amos() {
            self.push_critical_n(["cn_05", "cn_01"], multiplier, 1.0);
        }
        if let Some(value) = self.gfi() {
            let moments = self.moment_count();
            self.push("gfi", Some(value));
            self.push("agfi", gfi::agfi(value, moments, model.df));
            self.push("pgfi", gfi::pgfi(value, moments, model.df));
        }
        self.push("mfi", mfi::mfi(model, multiplier));
        self.push("ecvi", ecvi::ecvi(model, self.input.parameters as f64, multiplier));
    }

    fn gfi(&self) -> Option<f64> {
        let parts: Option<Vec<GfiParts>> = (0..self.input.groups.len()).map(|index| self.gfi_parts(index)).collect();
        match self.input.mimic {
            Mimic::Amos if self.input.means => None,
            Mimic::Amos => gfi::pooled_gfi(&parts?),
            Mimic::Lavaan => gfi::gfi(&parts?),
        }
    }

    fn gfi_parts(&self, index: usize) -> Option<GfiParts> {
        let group = &self.input.groups[index];
        let means = self.input.means;
        match self.input.estimator {
            Estimator::Ml => {
                let fixed = self.input.fixed_exogenous.get(index).copied().unwrap_or_default();
                match self.input.implied_inverses.get(index) {
                    Some(inverse) => normal_theory_parts_of_implied(group, inverse.view(), means, fixed),
                    None => normal_theory_parts(group, group.implied.cov, means, fixed),
                }
            }
            Estimator::Gls => normal_theory_parts(group, group.sample.cov, means, &[]),
            // AMOS weights ULS and SLS by the trace of a squared matrix, in which a covariance counts twice; lavaan's
            // weight for ULS is the identity of the lower triangle.
            Estimator::Uls if self.is_amos() => {
                let identity = Array2::eye(group.sample.cov.nrows());
                normal_theory_parts(group, identity.view(), means, &[])
            }
            Estimator::Sls => {
                let variances = Array2::from_diag(&group.sample.cov.diag());
                normal_theory_parts(group, variances.view(), means, &[])
            }
            Estimator::Uls => {
                let (sample, implied) = self.stacked_moments(group);
                let ones = Array1::ones(sample.len());
                diagonally_weighted_parts(group.n, sample.view(), implied.view(), ones.view())
            }
            Estimator::Wls | Estimator::Dwls => {
                let (sample, implied) = self.stacked_moments(group);
                match *self.input.weights.get(index)? {
                    WeightMatrix::Full(weight) => weighted_parts(group.n, sample.view(), implied.view(), weight),
                    WeightMatrix::Diagonal(weight) => {
                        diagonally_weighted_parts(group.n, sample.view(), implied.view(), weight)
                    }
                }
            }
        }
    }

    /// Sample and implied moments in the order of the weight matrix.
    fn stacked_moments(&self, group: &GroupMoments<'_>) -> (Array1<f64>, Array1<f64>) {
        let stack = |moments: &Moments<'_>| {
            let p = moments.cov.nrows();
            let mean = moments.mean.filter(|_| self.input.means);
            let mut stacked: Vec<f64> = mean.into_iter().flatten().copied().collect();
            for column in 0..p {
                stacked.extend((column..p).map(|row| moments.cov[[row, column]]));
            }
            Array1::from(stacked)
        };
        (stack(&group.sample), stack(&group.implied))
    }

    fn amos(&mut self) {
        let (model, n) = (self.input.model, self.input.multiplier);
        let (q, groups) = (self.input.parameters as f64, self.group_count());
        self.push("cmin_df", test::cmin_df(model));
        if let Some(baseline) = self.input.baseline {
            self.push("pratio", parsimony::pratio(model, baseline));
            self.push("pcfi", parsimony::pcfi(model, baseline));
        }
        self.push("ncp", noncentrality::ncp(model));
        self.push_interval(["ncp.ci.lower", "ncp.ci.upper"], self.ncp);
        self.push("f0", noncentrality::f0(model, n));
        self.push_interval(["f0.ci.lower", "f0.ci.upper"], self.ncp.and_then(|ncp| noncentrality::f0_interval(ncp, n)));
        self.push("pclose", self.pclose);
        let sizes: Vec<GroupSize> = self
            .input
            .groups
            .iter()
            .map(|group| GroupSize { cases: group.n, variables: group.sample.cov.nrows() as f64 })
            .collect();
        let deviance = self.deviance();
        self.push("bcc", deviance.and_then(|deviance| bcc(deviance, q, n, &sizes)));
        let with_sample_size = deviance.filter(|_| self.has_sample_size_criteria());
        self.push("caic", with_sample_size.and_then(|deviance| caic(deviance, q, self.n)));
        self.push_interval(
            ["ecvi.ci.lower", "ecvi.ci.upper"],
            self.ncp.and_then(|ncp| ecvi::ecvi_interval(model, ncp, q, n)),
        );
        let from_chi_square = bcc(model.value, q, n, &sizes);
        self.push("mecvi", from_chi_square.and_then(|bcc| ecvi::mecvi(bcc, n)));
        self.push_critical_n(["hoelter_05", "hoelter_01"], n, groups);
        let variables = self.input.groups.first().map(|group| group.sample.cov.nrows() as f64);
        if let Some(variables) = variables {
            let value = gamma_hat::gamma_hat(model, variables, n);
            self.push("gamma_hat", value);
            let interval = self.ncp.and_then(|ncp| gamma_hat::gamma_hat_interval(ncp, variables, n));
            self.push_interval(["gamma_hat.ci.lower", "gamma_hat.ci.upper"], interval);
            let moments = groups * variables * (variables + 1.0) / 2.0;
            self.push("adj_gamma_hat", value.and_then(|value| gamma_hat::adjusted_gamma_hat(value, moments, model.df)));
        }
    }
}

/// The plain statistic with the factor that corrects its noncentrality; `None` for tests that have no robust indices.
///
/// Without degrees of freedom there is no factor, and none that matters: it is 1.
fn corrected(kind: TestStatistic, test: ChiSquare, scaled: &ScaledStatistic) -> Option<Corrected> {
    let factor = match (kind, scaled.factor) {
        (
            TestStatistic::SatorraBentler
            | TestStatistic::YuanBentler
            | TestStatistic::YuanBentlerMplus
            | TestStatistic::ScaledShifted,
            None,
        ) => 1.0,
        (
            TestStatistic::SatorraBentler | TestStatistic::YuanBentler | TestStatistic::YuanBentlerMplus,
            Some(factor),
        ) => factor,
        (TestStatistic::ScaledShifted, Some(factor)) => {
            robust::factor_of_scaled_shifted(factor, scaled.shift, test.df)?
        }
        (
            TestStatistic::Standard
            | TestStatistic::MeanVarAdjusted
            | TestStatistic::BrowneResidualAdf
            | TestStatistic::BrowneResidualAdfModel
            | TestStatistic::BrowneResidualNt
            | TestStatistic::BrowneResidualNtModel
            | TestStatistic::BollenStine
            | TestStatistic::None,
            _,
        ) => return None,
    };
    Some(Corrected { test, factor })
}
