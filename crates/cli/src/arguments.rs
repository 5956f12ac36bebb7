//! The commands and their options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use latva_data::WeightNormalization;
use latva_estimation::{
    BootstrapInterval, H1Information, Information, Likelihood, Mimic, Missing, ScoreMethod, TestStatistic,
};
use latva_report::Standardized;
use latva_spec::table::{EqualityGroup, ModelKind};

use crate::choices::{self, EstimatorChoice, Format, MethodChoice, SeChoice, Several, Words, one_of};

/// Structural equation modelling with lavaan model syntax.
#[derive(Debug, Parser)]
#[command(
    name = "latva",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 sound; 1 not converged, improper, or a check failed; 2 the input is at fault."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fit a model to data.
    Fit(Box<FitArguments>),
    /// Show the parameter table of a model, and how its degrees of freedom come about.
    Table(TableArguments),
    /// Compare models of the same data: nested tests, differences of indices, information criteria.
    Compare(Box<CompareArguments>),
    /// Tell whether the published figures of a study are consistent with each other.
    Audit(AuditArguments),
    /// Fit the models of a study again and compare with its registered figures.
    Check(CheckArguments),
    /// Format a model file.
    Fmt(FmtArguments),
    /// Tell the story behind the identifier of a diagnostic.
    Explain(ExplainArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FitArguments {
    /// The model file.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) table: ModelArguments,
    #[command(flatten)]
    pub(crate) estimation: EstimationArguments,
    #[command(flatten)]
    pub(crate) further: FurtherArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Models are fitted to the same data with the same options; a result that `latva fit --out FILE.json` saved may stand for a model.")]
pub(crate) struct CompareArguments {
    /// Model files, or saved results (.json).
    #[arg(value_name = "MODEL", required = true, num_args = 2..)]
    pub(crate) models: Vec<PathBuf>,

    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    table: ModelArguments,
    #[command(flatten)]
    estimation: EstimationArguments,

    /// How the difference of robust tests is scaled; without it as in lavaan: satorra.2000 where the variance of the tests is
    /// adjusted, else satorra.bentler.2001.
    #[arg(long, help_heading = "Comparison", value_parser = one_of(choices::DIFFERENCE_METHODS), ignore_case = true)]
    pub(crate) method: Option<MethodChoice>,

    /// How to write the result; without it, as the ending of --out says, else text.
    #[arg(long, help_heading = "Output", value_parser = one_of(choices::FORMATS), ignore_case = true)]
    pub(crate) format: Option<Format>,

    /// Write the result into a file.
    #[arg(long, help_heading = "Output", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct SourceArguments {
    /// Raw data: delimited text with a header line.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,

    /// Moments in place of raw data: covariances or correlations, means and N, as TOML or JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) moments: Option<PathBuf>,

    /// The variable that splits the data into groups.
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) group: Option<String>,

    /// The column of sampling weights: how many cases of the population a row stands for, up to a factor. Standard errors and tests
    /// that hold with weights become the default (MLR for maximum likelihood).
    #[arg(long, value_name = "COLUMN")]
    pub(crate) sampling_weights: Option<String>,

    /// What the sampling weights are rescaled to sum to: the number of all cases (total), or in each group the number of its cases
    /// (group); total without it.
    #[arg(
        long,
        value_parser = one_of(choices::WEIGHT_NORMALIZATIONS),
        ignore_case = true,
        hide_possible_values = true,
        value_name = "total|group",
        requires = "sampling_weights"
    )]
    pub(crate) sampling_weights_normalization: Option<WeightNormalization>,

    /// Cells that count as missing beside the usual marks, apart by commas (write --na=-99 for a negative number).
    #[arg(long, value_name = "CELLS", value_parser = choices::missing_marks, allow_hyphen_values = true)]
    pub(crate) na: Option<Words>,
}

/// What is reported beside estimates and fit.
#[derive(Debug, Clone, Default, Args)]
#[command(
    next_help_heading = "Further results",
    group = clap::ArgGroup::new("scored").args(["scores", "predicted"]).multiple(true)
)]
pub(crate) struct FurtherArguments {
    /// Modification indices of at least MINIMUM (4 without a number), and score tests of equality constraints.
    #[arg(
        long,
        value_name = "MINIMUM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "4",
        value_parser = choices::minimum
    )]
    pub(crate) modindices: Option<f64>,

    #[command(flatten)]
    pub(crate) switches: FurtherSwitches,

    /// Wald test of equalities such as "a == b; c == 0", a joint one of several; may be given several times.
    #[arg(long, value_name = "EQUALITIES")]
    pub(crate) wald: Vec<String>,

    /// Write factor scores into a CSV file, a line per case.
    #[arg(long, value_name = "FILE")]
    pub(crate) scores: Option<PathBuf>,

    /// Write the log-likelihood of each case into a CSV file (maximum likelihood).
    #[arg(long, value_name = "FILE")]
    pub(crate) loglik: Option<PathBuf>,

    /// Standardized estimates with their standard errors, z, p and intervals: std.all (also without a value), std.lv or std.nox.
    #[arg(
        long,
        value_name = "KIND",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "std.all",
        value_parser = one_of(choices::STANDARDIZED),
        ignore_case = true,
        hide_possible_values = true
    )]
    pub(crate) standardized: Option<Standardized>,

    /// Write the values of the indicators that factor scores predict into a CSV file, a line per case.
    #[arg(long, value_name = "FILE")]
    pub(crate) predicted: Option<PathBuf>,

    /// How factor scores are computed.
    #[arg(long, value_parser = one_of(choices::SCORE_METHODS), ignore_case = true, requires = "scored")]
    pub(crate) scores_method: Option<ScoreMethod>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// How to write the result; without it, as the ending of --out says, else text.
    #[arg(long, value_parser = one_of(choices::FORMATS), ignore_case = true)]
    pub(crate) format: Option<Format>,

    /// Write the result into a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// An option whose value may be left out.
macro_rules! switches {
    ($(#[$outer:meta])* struct $name:ident { $($(#[$doc:meta])* $field:ident,)* }) => {
        #[derive(Debug, Args)]
        $(#[$outer])*
        pub(crate) struct $name {
            $(
                $(#[$doc])*
                #[arg(
                    long,
                    value_name = "true|false",
                    num_args = 0..=1,
                    require_equals = true,
                    default_missing_value = "true",
                    value_parser = one_of(choices::BOOLEANS),
                    ignore_case = true,
                    hide_possible_values = true
                )]
                pub(crate) $field: Option<bool>,
            )*
        }
    };
}

switches! {
    #[command(next_help_heading = "Model")]
    struct SwitchArguments {
        /// Model means and intercepts.
        meanstructure,
        /// Fix factor variances to 1 in place of a marker.
        std_lv,
        /// Leave exogenous factors uncorrelated, and residuals of outcomes too.
        orthogonal,
        /// Leave exogenous factors uncorrelated.
        orthogonal_x,
        /// Leave residuals of outcomes uncorrelated.
        orthogonal_y,
        /// Take the moments of exogenous observed variables as given.
        fixed_x,
        /// Fix the first loading of each factor to 1.
        auto_fix_first,
        /// Fix the residual variance of a single indicator to 0.
        auto_fix_single,
        /// Add residual variances and variances of exogenous factors.
        auto_var,
        /// Add covariances of exogenous factors.
        auto_cov_lv_x,
        /// Add residual covariances of final outcomes.
        auto_cov_y,
        /// Add thresholds of ordered variables.
        auto_th,
        /// Add response scales of ordered variables.
        auto_delta,
        /// Free the intercepts of observed variables.
        int_ov_free,
        /// Free the intercepts of factors.
        int_lv_free,
    }
}

switches! {
    #[derive(Clone, Default)]
    #[command(next_help_heading = "Further results")]
    struct FurtherSwitches {
        /// Residuals of covariances and means: raw, as correlations, normalized and standardized.
        residuals,
        /// Total, direct, indirect and specific indirect effects, with Sobel's test and its relatives.
        effects,
        /// Critical ratios for the differences between all pairs of parameters.
        crdiff,
        /// Write the standard errors of factor scores beside them.
        scores_se,
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArguments {
    /// Whose defaults: of lavaan's sem(), cfa(), growth() or lavaan().
    #[arg(long = "as", value_name = "KIND", value_parser = one_of(choices::KINDS), ignore_case = true)]
    pub(crate) kind: Option<ModelKind>,

    #[command(flatten)]
    pub(crate) switches: SwitchArguments,

    /// Identify factors by effect coding: loadings average 1, intercepts sum to 0, or both.
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = one_of(choices::EFFECT_CODING),
        ignore_case = true
    )]
    pub(crate) effect_coding: Option<(bool, bool)>,

    /// Ordered variables, apart by commas.
    #[arg(long, value_name = "VARIABLES", value_parser = Words::read)]
    pub(crate) ordered: Option<Words>,

    /// Further constraints and definitions in model syntax.
    #[arg(long, value_name = "TEXT")]
    pub(crate) constraints: Option<String>,

    /// Parameters held equal over groups, apart by commas: loadings, intercepts, means, residuals, regressions,
    /// residual.covariances, lv.variances, lv.covariances, thresholds, composite.loadings.
    #[arg(long, value_name = "SETS", value_parser = choices::group_equal)]
    pub(crate) group_equal: Option<Several<EqualityGroup>>,

    /// Parameters left free in spite of --group-equal, such as f=~x2 or x3~1, apart by commas.
    #[arg(long, value_name = "PARAMETERS", value_parser = Words::read)]
    pub(crate) group_partial: Option<Words>,

    /// Whose arithmetic and defaults.
    #[arg(long, value_parser = one_of(choices::MIMICS), ignore_case = true)]
    pub(crate) mimic: Option<Mimic>,

    /// What is minimised; MLM, MLMV, MLMVS, MLR and MLF stand for ML, WLSM, WLSMV and WLSMVS for DWLS, ULSM, ULSMV and ULSMVS
    /// for ULS with robust standard errors and tests.
    #[arg(long, value_parser = one_of(choices::ESTIMATORS), ignore_case = true)]
    pub(crate) estimator: Option<EstimatorChoice>,

    /// What is done about missing values.
    #[arg(long, value_parser = one_of(choices::MISSING), ignore_case = true)]
    pub(crate) missing: Option<Missing>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Estimation")]
pub(crate) struct EstimationArguments {
    /// How standard errors are computed.
    #[arg(long, value_parser = one_of(choices::STANDARD_ERRORS), ignore_case = true)]
    pub(crate) se: Option<SeChoice>,

    /// Tests of the model, apart by commas: standard, satorra.bentler, yuan.bentler, yuan.bentler.mplus,
    /// mean.var.adjusted, scaled.shifted, browne.residual.adf, browne.residual.adf.model, browne.residual.nt,
    /// browne.residual.nt.model, bollen.stine, none. They add to that of the estimator; the first scaled one is that of the scaled and
    /// robust indices.
    #[arg(long, value_name = "TESTS", value_parser = choices::tests)]
    pub(crate) test: Option<Several<TestStatistic>>,

    /// The information matrix behind the standard errors.
    #[arg(long, value_parser = one_of(choices::INFORMATION), ignore_case = true)]
    pub(crate) information: Option<Information>,

    /// Where the information of the unrestricted model is evaluated: at the implied moments (structured) or at those of the sample.
    #[arg(long, value_parser = one_of(choices::H1_INFORMATION), ignore_case = true)]
    pub(crate) h1_information: Option<H1Information>,

    /// Divisors: N (normal) or N - 1 (wishart).
    #[arg(long, value_parser = one_of(choices::LIKELIHOODS), ignore_case = true)]
    pub(crate) likelihood: Option<Likelihood>,

    /// Random starts beside the default start.
    #[arg(long, value_name = "COUNT")]
    pub(crate) rstarts: Option<usize>,

    /// Samples to draw for `--se bootstrap` and `--test bollen.stine`; 1000 without it.
    #[arg(long, value_name = "COUNT")]
    pub(crate) bootstrap: Option<usize>,

    /// How `--se bootstrap` makes intervals of the draws: percentiles (perc, the default), bias-corrected percentiles (bca.simple or bc),
    /// normal less bias (norm), or percentiles mirrored at the estimate (basic).
    #[arg(long, value_parser = one_of(choices::BOOTSTRAP_INTERVALS), ignore_case = true)]
    pub(crate) boot_ci_type: Option<BootstrapInterval>,

    /// Confidence level of the intervals of parameters, effects and standardized values; 0.95 without it.
    #[arg(long, value_name = "SHARE", value_parser = choices::confidence_level)]
    pub(crate) level: Option<f64>,

    /// Seed of whatever is random.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// Threads that share the samples; without it as many as the machine has. Results do not depend on it.
    #[arg(long, value_name = "COUNT", value_parser = choices::thread_count)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct TableArguments {
    /// The model file.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// How many groups the data would have.
    #[arg(long, value_name = "COUNT", value_parser = choices::group_count)]
    pub(crate) groups: Option<u16>,

    #[command(flatten)]
    pub(crate) table: ModelArguments,

    /// How to write the table.
    #[arg(long, help_heading = "Output", value_parser = one_of(choices::TABLE_FORMATS), ignore_case = true)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A registered figure agrees when the obtained number rounds to it as printed, or lies within the tolerance that the study file states.
Exit codes: 0 every figure agrees; 1 one does not, or was not obtained; 2 the study, a model or its data are at fault.")]
pub(crate) struct CheckArguments {
    /// The study file: models with their data and registered figures as TOML.
    #[arg(value_name = "STUDY")]
    pub(crate) study: PathBuf,

    /// How to write the result; without it, as the ending of --out says, else text.
    #[arg(long, value_parser = one_of(choices::CHECK_FORMATS), ignore_case = true)]
    pub(crate) format: Option<Format>,

    /// Write the result into a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// The study file: published figures as TOML.
    #[arg(value_name = "STUDY")]
    pub(crate) study: PathBuf,

    /// List the consistent figures too, and what cannot be checked.
    #[arg(long)]
    pub(crate) all: bool,

    /// How to write the result; without it, as the ending of --out says, else text.
    #[arg(long, value_parser = one_of(choices::AUDIT_FORMATS), ignore_case = true)]
    pub(crate) format: Option<Format>,

    /// Write the result into a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArguments {
    /// The model files.
    #[arg(value_name = "MODEL", required = true)]
    pub(crate) models: Vec<PathBuf>,

    /// Change nothing; end with exit code 1 where a file is not formatted.
    #[arg(long, conflicts_with = "write")]
    pub(crate) check: bool,

    /// Write the formatted text into the files.
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The identifier, such as E0102.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// The command that the words ask for.
pub(crate) fn parse(words: &[OsString]) -> Result<Command, clap::Error> {
    Arguments::try_parse_from(words).map(|arguments| arguments.command)
}

/// As [`parse`], but of an option that is given several times the last counts.
pub(crate) fn parse_overriding(words: &[OsString]) -> Result<Command, clap::Error> {
    let mut command = Arguments::command().mut_subcommands(|command| command.args_override_self(true));
    let matches = command.try_get_matches_from_mut(words)?;
    Arguments::from_arg_matches(&matches).map(|arguments| arguments.command)
}

/// The names of a command's options, without dashes.
pub(crate) fn option_names(command: &str) -> Vec<String> {
    Arguments::command()
        .find_subcommand(command)
        .into_iter()
        .flat_map(|command| command.get_arguments())
        .filter_map(|argument| argument.get_long())
        .map(str::to_owned)
        .collect()
}
