//! What was asked for ([`Options`]) and what it resolves to ([`Plan`]).

use latva_data::{GroupSample, Sample};
use latva_spec::table::ParTable;

use crate::error::EstimationError;
use crate::scaling::SampleScaling;

/// Draws of the bootstrap where none are asked for; lavaan's default.
const DRAWS: usize = 1000;
/// Fewer draws have no standard deviation.
const LEAST_DRAWS: usize = 2;

/// The discrepancy that is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Estimator {
    /// Maximum likelihood under normality.
    #[default]
    Ml,
    /// Generalized least squares.
    Gls,
    /// Unweighted least squares.
    Uls,
    /// Scale-free least squares (AMOS's SLS).
    Sls,
    /// Weighted least squares with the full distribution-free weight (ADF).
    Wls,
    /// Diagonally weighted least squares.
    Dwls,
}

/// Divisor of the moments and multiplier of the chi-square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Likelihood {
    /// N and N.
    #[default]
    Normal,
    /// N - 1 and N - 1, in each group.
    Wishart,
}

/// Whose arithmetic and defaults are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mimic {
    /// lavaan's.
    #[default]
    Lavaan,
    /// AMOS's: moments with divisor N, chi-square (N - G) F.
    Amos,
}

/// What is done about missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Cases with a missing value are dropped.
    #[default]
    Listwise,
    /// Each moment from the cases that have it.
    Pairwise,
    /// Full-information maximum likelihood; cases with a missing exogenous variable are dropped under fixed.x.
    Ml,
    /// The same, keeping those cases.
    MlX,
    /// Saturated moments by EM, then complete-data ML.
    TwoStage,
    /// The same with robust standard errors.
    RobustTwoStage,
}

impl Missing {
    /// Whether the model is fitted to the rows themselves, with their missing values.
    pub fn is_full_information(self) -> bool {
        matches!(self, Missing::Ml | Missing::MlX)
    }

    /// Whether the moments of the unrestricted model are estimated from the patterns of missing values.
    pub fn uses_patterns(self) -> bool {
        self.is_full_information() || self.is_two_stage()
    }

    /// Whether the model is fitted to the moments of the unrestricted model of incomplete cases.
    pub fn is_two_stage(self) -> bool {
        matches!(self, Missing::TwoStage | Missing::RobustTwoStage)
    }
}

/// Which information matrix standard errors rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Information {
    /// Expected (Fisher) information.
    Expected,
    /// Observed information: the Hessian.
    Observed,
    /// First-order: the cross-product of the casewise scores.
    FirstOrder,
}

/// Where the information of the unrestricted model is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum H1Information {
    /// At the model-implied moments.
    #[default]
    Structured,
    /// At the sample moments.
    Unstructured,
}

/// How standard errors are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardErrors {
    /// Inverse information.
    Standard,
    /// Inverse first-order information.
    FirstOrder,
    /// Sandwich with the fourth-order moments (complete data).
    RobustSem,
    /// Sandwich of observed and first-order information.
    RobustHuberWhite,
    /// Of two-stage estimation: sandwich with the covariance matrix of the unrestricted moments under normality.
    TwoStage,
    /// The same, with the covariance matrix of these moments whatever the distribution.
    RobustTwoStage,
    /// Of the estimates in samples drawn from the cases.
    Bootstrap,
    /// None.
    None,
}

/// A test statistic beside or in place of the standard chi-square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStatistic {
    /// The likelihood-ratio (or least-squares) chi-square.
    Standard,
    /// Satorra-Bentler.
    SatorraBentler,
    /// Yuan-Bentler.
    YuanBentler,
    /// Yuan-Bentler as Mplus computes it.
    YuanBentlerMplus,
    /// Mean- and variance-adjusted (Satterthwaite).
    MeanVarAdjusted,
    /// Scaled and shifted.
    ScaledShifted,
    /// Browne's residual-based ADF statistic.
    BrowneResidualAdf,
    /// The same with the covariance matrix of the contributions about the implied moments.
    BrowneResidualAdfModel,
    /// Browne's residual-based normal-theory statistic.
    BrowneResidualNt,
    /// The same with the weight of the implied moments: reweighted least squares.
    BrowneResidualNtModel,
    /// The standard statistic, judged by its distribution in samples drawn from the cases transformed to fit the model.
    BollenStine,
    /// None.
    None,
}

impl TestStatistic {
    /// Whether it scales or adjusts the standard statistic.
    pub fn is_scaled(self) -> bool {
        match self {
            TestStatistic::SatorraBentler
            | TestStatistic::YuanBentler
            | TestStatistic::YuanBentlerMplus
            | TestStatistic::MeanVarAdjusted
            | TestStatistic::ScaledShifted => true,
            TestStatistic::Standard
            | TestStatistic::BrowneResidualAdf
            | TestStatistic::BrowneResidualAdfModel
            | TestStatistic::BrowneResidualNt
            | TestStatistic::BrowneResidualNtModel
            | TestStatistic::BollenStine
            | TestStatistic::None => false,
        }
    }

    /// Whether its weight comes from the cases, though it scales nothing.
    fn needs_cases(self) -> bool {
        matches!(self, TestStatistic::BrowneResidualAdf | TestStatistic::BrowneResidualAdfModel)
    }

    /// Its name, which is lavaan's.
    pub fn name(self) -> &'static str {
        match self {
            TestStatistic::Standard => "standard",
            TestStatistic::SatorraBentler => "satorra.bentler",
            TestStatistic::YuanBentler => "yuan.bentler",
            TestStatistic::YuanBentlerMplus => "yuan.bentler.mplus",
            TestStatistic::MeanVarAdjusted => "mean.var.adjusted",
            TestStatistic::ScaledShifted => "scaled.shifted",
            TestStatistic::BrowneResidualAdf => "browne.residual.adf",
            TestStatistic::BrowneResidualAdfModel => "browne.residual.adf.model",
            TestStatistic::BrowneResidualNt => "browne.residual.nt",
            TestStatistic::BrowneResidualNtModel => "browne.residual.nt.model",
            TestStatistic::BollenStine => "bollen.stine",
            TestStatistic::None => "none",
        }
    }
}

/// What the caller asks for; `None` means the default of the estimator and the missing-data treatment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// Discrepancy.
    pub estimator: Estimator,
    /// Divisors.
    pub likelihood: Likelihood,
    /// Whose arithmetic.
    pub mimic: Mimic,
    /// Missing values.
    pub missing: Missing,
    /// Standard errors.
    pub se: Option<StandardErrors>,
    /// Tests.
    pub test: Option<Vec<TestStatistic>>,
    /// Information for the standard errors.
    pub information: Option<Information>,
    /// Evaluation point of the unrestricted model's information.
    pub h1_information: H1Information,
    /// Confidence level of intervals of parameters, default .95.
    pub ci_level: Option<f64>,
    /// Iterations before giving up; `None`: the default of the solver.
    pub max_iterations: Option<usize>,
    /// Random starts beside the default start.
    pub random_starts: usize,
    /// Draws of the bootstrap, default 1000.
    pub bootstrap: Option<usize>,
    /// How intervals are made of the draws.
    pub bootstrap_interval: BootstrapInterval,
    /// Seed of the random starts and of the draws.
    pub seed: u64,
    /// Threads of the bootstrap; `None`: as many as the machine has. Results do not depend on it.
    pub threads: Option<usize>,
    /// Leaves the standardized solution out, and with it the standard errors of R-square: for who fits by the thousand and does not look at it.
    pub skip_standardized: bool,
}

/// How an interval is made of bootstrap draws; the names in brackets are lavaan's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BootstrapInterval {
    /// Estimate less bias, plus and minus a multiple of the standard error (`norm`).
    Normal,
    /// Twice the estimate less the percentiles of the draws (`basic`).
    Basic,
    /// Percentiles of the draws (`perc`).
    #[default]
    Percentile,
    /// Percentiles moved by the share of the draws below the estimate (`bca.simple`; AMOS's bias-corrected percentiles).
    BiasCorrected,
}

/// Every option resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Discrepancy.
    pub estimator: Estimator,
    /// Divisors.
    pub likelihood: Likelihood,
    /// Whose arithmetic.
    pub mimic: Mimic,
    /// Missing values.
    pub missing: Missing,
    /// Standard errors.
    pub se: StandardErrors,
    /// Tests.
    pub test: Vec<TestStatistic>,
    /// Information for the standard errors.
    pub information: Information,
    /// Evaluation point of the unrestricted model's information.
    pub h1_information: H1Information,
    /// Confidence level of intervals of parameters.
    pub ci_level: f64,
    /// Iterations before giving up.
    pub max_iterations: usize,
    /// Random starts beside the default start.
    pub random_starts: usize,
    /// Draws of the bootstrap.
    pub bootstrap: usize,
    /// How intervals are made of the draws.
    pub bootstrap_interval: BootstrapInterval,
    /// Seed of the random starts and of the draws.
    pub seed: u64,
    /// Threads of the bootstrap; `None`: as many as the machine has.
    pub threads: Option<usize>,
    /// Whether there is no standardized solution.
    pub skip_standardized: bool,
    /// Whether means are modelled (from the table).
    pub meanstructure: bool,
    /// Whether exogenous observed moments are fixed (from the table).
    pub fixed_x: bool,
    /// Whether cases have sampling weights (from the sample).
    pub weighted: bool,
}

impl Plan {
    /// Whether standard errors or tests need the cases themselves.
    pub(crate) fn needs_cases(&self) -> bool {
        matches!(
            self.se,
            StandardErrors::RobustSem
                | StandardErrors::RobustHuberWhite
                | StandardErrors::TwoStage
                | StandardErrors::RobustTwoStage
        ) || (self.information == Information::FirstOrder && self.se != StandardErrors::None)
            || self.test.iter().any(|&test| test.is_scaled() || test.needs_cases())
            || (self.missing.is_full_information()
                && (!self.test.contains(&TestStatistic::None) || self.se != StandardErrors::None))
    }

    /// Whether samples are drawn from the cases.
    pub(crate) fn draws_samples(&self) -> bool {
        self.se == StandardErrors::Bootstrap || self.test.contains(&TestStatistic::BollenStine)
    }

    /// Divisors and weights of the groups of a sample.
    pub(crate) fn scaling(&self, sample: &Sample) -> SampleScaling {
        let sizes: Vec<f64> = sample.groups.iter().map(GroupSample::size).collect();
        SampleScaling::new(&sizes, self.estimator, self.likelihood, self.mimic, self.missing, self.weighted)
    }

    /// Makes every default explicit and checks that the options go together. `weighted` says whether cases have sampling weights.
    ///
    /// # Errors
    /// [`EstimationError::Options`] for contradictions, [`EstimationError::Unsupported`] and [`EstimationError::Weighted`] for what is
    /// not there yet.
    pub(crate) fn resolve(options: &Options, table: &ParTable, weighted: bool) -> Result<Plan, EstimationError> {
        check_missing(options, table)?;
        let se = options.se.unwrap_or(match options.missing {
            Missing::TwoStage => StandardErrors::TwoStage,
            Missing::RobustTwoStage => StandardErrors::RobustTwoStage,
            Missing::Listwise | Missing::Pairwise | Missing::Ml | Missing::MlX if weighted => {
                usual_with_weights(options.estimator).0
            }
            Missing::Listwise | Missing::Pairwise | Missing::Ml | Missing::MlX => StandardErrors::Standard,
        });
        let information = options.information.unwrap_or(match se {
            StandardErrors::RobustHuberWhite | StandardErrors::Bootstrap => Information::Observed,
            StandardErrors::FirstOrder => Information::FirstOrder,
            _ if options.missing.uses_patterns() => Information::Observed,
            _ => Information::Expected,
        });
        let usual = if options.missing.is_two_stage() && se != StandardErrors::None {
            TestStatistic::SatorraBentler
        } else if weighted && information != Information::FirstOrder {
            usual_with_weights(options.estimator).1
        } else {
            TestStatistic::Standard
        };
        let test = tests(options.test.as_deref().unwrap_or(&[usual]));
        if weighted {
            check_weights(options, se, &test)?;
        }
        check_robustness(options, se, information, &test)?;
        if options.mimic == Mimic::Amos && options.likelihood == Likelihood::Wishart {
            return Err(EstimationError::Options {
                problem: "`--mimic amos` has a convention of its own for N, which `--likelihood wishart` contradicts"
                    .into(),
                remedy: "leave out one of the two",
            });
        }
        let ci_level = options.ci_level.unwrap_or(0.95);
        if !(ci_level > 0.0 && ci_level < 1.0) {
            return Err(EstimationError::Options {
                problem: format!("a confidence level of {ci_level} is not between 0 and 1"),
                remedy: "give it as a share, such as 0.95",
            });
        }
        let bootstrap = options.bootstrap.unwrap_or(DRAWS);
        if bootstrap < LEAST_DRAWS {
            return Err(EstimationError::Options {
                problem: format!("{bootstrap} draws of the bootstrap have no standard deviation"),
                remedy: "ask for 1000 draws or more: `--bootstrap 1000`",
            });
        }
        Ok(Plan {
            estimator: options.estimator,
            likelihood: options.likelihood,
            mimic: options.mimic,
            missing: options.missing,
            se,
            test,
            information,
            h1_information: if options.missing.is_two_stage() {
                H1Information::Unstructured
            } else {
                options.h1_information
            },
            ci_level,
            max_iterations: options.max_iterations.unwrap_or(1000),
            random_starts: options.random_starts,
            bootstrap,
            bootstrap_interval: options.bootstrap_interval,
            seed: options.seed,
            threads: options.threads,
            skip_standardized: options.skip_standardized,
            meanstructure: table.meanstructure,
            fixed_x: table.fixed_x,
            weighted,
        })
    }
}

/// Standard errors and test where cases have sampling weights and nothing else is asked for: those that hold under weights. For ML they
/// are lavaan's; the weight of WLS takes the sampling weights in, so that its own hold.
fn usual_with_weights(estimator: Estimator) -> (StandardErrors, TestStatistic) {
    match estimator {
        Estimator::Ml => (StandardErrors::RobustHuberWhite, TestStatistic::YuanBentlerMplus),
        Estimator::Wls => (StandardErrors::Standard, TestStatistic::Standard),
        Estimator::Gls | Estimator::Uls | Estimator::Sls | Estimator::Dwls => {
            (StandardErrors::RobustSem, TestStatistic::SatorraBentler)
        }
    }
}

/// Refuses what does not know of sampling weights.
fn check_weights(options: &Options, se: StandardErrors, test: &[TestStatistic]) -> Result<(), EstimationError> {
    let refusals = [
        (
            se == StandardErrors::Bootstrap || test.contains(&TestStatistic::BollenStine),
            "the bootstrap, which draws cases as if each had been sampled alike,",
            "leave out `--se bootstrap` and `--test bollen.stine`: the standard errors and tests that go with weights are the default",
        ),
        (
            options.missing.is_two_stage(),
            "two-stage estimation from incomplete cases",
            "use all cases with `--missing ml`",
        ),
        (
            options.likelihood == Likelihood::Wishart,
            "the Wishart likelihood, that of an unweighted covariance matrix,",
            "leave out `--likelihood wishart`",
        ),
        (
            options.mimic == Mimic::Amos,
            "the arithmetic of AMOS, which has no sampling weights,",
            "leave out `--mimic amos`",
        ),
    ];
    match refusals.into_iter().find(|(refused, ..)| *refused) {
        Some((_, what, remedy)) => Err(EstimationError::Weighted { what, remedy }),
        None => Ok(()),
    }
}

/// Whether the treatment of missing values goes with the other options.
fn check_missing(options: &Options, table: &ParTable) -> Result<(), EstimationError> {
    let contradiction = |problem: &str, remedy| Err(EstimationError::Options { problem: problem.into(), remedy });
    match options.missing {
        Missing::Listwise | Missing::Pairwise => return Ok(()),
        Missing::Ml | Missing::MlX => {}
        Missing::TwoStage | Missing::RobustTwoStage => {
            if table.fixed_x && table.blocks.iter().any(|block| !block.exogenous.is_empty()) {
                return contradiction(
                    "two-stage estimation takes exogenous variables as random: their moments are estimated with the others",
                    "leave out `--fixed-x`, or use `--missing ml`",
                );
            }
        }
    }
    if options.estimator != Estimator::Ml {
        return contradiction(
            "estimation from incomplete cases (`--missing ml`, `two.stage`) is maximum likelihood; least squares knows no such thing",
            "leave `--estimator` out, or use `--missing listwise`",
        );
    }
    if options.likelihood == Likelihood::Wishart {
        return contradiction(
            "the Wishart likelihood is that of the covariance matrix of complete cases, which incomplete cases do not have",
            "leave out `--likelihood wishart`",
        );
    }
    if !table.meanstructure {
        return contradiction(
            "estimation from incomplete cases needs a mean structure: their likelihood depends on the means",
            "leave out `--meanstructure false`",
        );
    }
    Ok(())
}

/// The tests, each once, in the order in which they were asked for.
fn tests(asked: &[TestStatistic]) -> Vec<TestStatistic> {
    let mut tests = Vec::new();
    for &test in asked {
        if !tests.contains(&test) {
            tests.push(test);
        }
    }
    tests
}

/// Whether standard errors, information and tests go together, and with the estimator.
fn check_robustness(
    options: &Options,
    se: StandardErrors,
    information: Information,
    test: &[TestStatistic],
) -> Result<(), EstimationError> {
    let refuse = |problem: &str, remedy| Err(EstimationError::Options { problem: problem.into(), remedy });
    if test.len() > 1 && test.contains(&TestStatistic::None) {
        return refuse("`--test none` goes with no other test", "leave out `none` or the other tests");
    }
    let scaled = test.iter().any(|test| test.is_scaled());
    let residual = test.iter().any(|test| {
        matches!(
            test,
            TestStatistic::BrowneResidualAdf
                | TestStatistic::BrowneResidualAdfModel
                | TestStatistic::BrowneResidualNt
                | TestStatistic::BrowneResidualNtModel
        )
    });
    let of_two_stages = |se| matches!(se, StandardErrors::TwoStage | StandardErrors::RobustTwoStage);
    if options.missing.is_two_stage() {
        let own = if options.missing == Missing::TwoStage {
            StandardErrors::TwoStage
        } else {
            StandardErrors::RobustTwoStage
        };
        if se != own && se != StandardErrors::None {
            return refuse(
                "two-stage estimation has standard errors of its own, which take in that the moments were estimated",
                "leave out `--se`, and choose between `--missing two.stage` and `--missing robust.two.stage`",
            );
        }
        if information == Information::FirstOrder {
            return refuse(
                "two-stage standard errors rest on observed or expected information",
                "choose `--information observed` or `--information expected`",
            );
        }
        let known = [TestStatistic::Standard, TestStatistic::SatorraBentler, TestStatistic::None];
        if test.iter().any(|test| !known.contains(test)) {
            return refuse(
                "the test of two-stage estimation is that of Satorra and Bentler",
                "leave out `--test`, or choose `--test satorra.bentler`",
            );
        }
        return Ok(());
    }
    if of_two_stages(se) {
        return refuse(
            "two-stage standard errors belong to two-stage estimation",
            "choose `--missing two.stage` or `--missing robust.two.stage`",
        );
    }
    let weighted = matches!(options.estimator, Estimator::Wls | Estimator::Dwls);
    let unsupported = |what| Err(EstimationError::Unsupported { what, span: None });
    if options.missing.is_full_information() {
        let with_missing = |test: &TestStatistic| {
            matches!(
                test,
                TestStatistic::Standard
                    | TestStatistic::None
                    | TestStatistic::YuanBentler
                    | TestStatistic::YuanBentlerMplus
            )
        };
        if se == StandardErrors::RobustSem || !test.iter().all(with_missing) {
            return refuse(
                "with missing values, standard errors of the kind `robust.sem` and other tests than `standard`, `yuan.bentler` and `yuan.bentler.mplus` do not exist",
                "use `--estimator MLR` (`--se robust.huber.white --test yuan.bentler.mplus`), or `--missing listwise`",
            );
        }
    } else if options.missing != Missing::Listwise {
        let casewise =
            !matches!(se, StandardErrors::Standard | StandardErrors::None) || information == Information::FirstOrder;
        if casewise || scaled || residual || weighted || test.contains(&TestStatistic::BollenStine) {
            return unsupported(
                "robust or first-order inference, the bootstrap, or weighted least squares, with pairwise moments",
            );
        }
    }
    if information == Information::FirstOrder {
        if matches!(se, StandardErrors::RobustSem | StandardErrors::RobustHuberWhite) || scaled {
            return refuse(
                "first-order information cannot be the bread of robust standard errors or tests",
                "choose `--information expected` or `--information observed`",
            );
        }
    } else if se == StandardErrors::FirstOrder {
        return refuse(
            "first-order standard errors rest on first-order information, and another one is asked for",
            "leave out `--information`, or choose `--se standard`",
        );
    }
    if options.estimator != Estimator::Ml {
        let casewise = information == Information::FirstOrder || se == StandardErrors::RobustHuberWhite;
        let likelihood =
            |test: &TestStatistic| matches!(test, TestStatistic::YuanBentler | TestStatistic::YuanBentlerMplus);
        if casewise || test.iter().any(likelihood) {
            return refuse(
                "scores of cases, on which first-order and Huber-White standard errors and the tests of Yuan and Bentler rest, are those of a likelihood, and least squares has none",
                "use maximum likelihood, or `--se robust.sem` and `--test satorra.bentler`",
            );
        }
    }
    Ok(())
}
