//! The report of a fit: the schema `latva.fit/1`.

use latva_estimation::{BoundSide, Fit, Plan, Uncertainty};
use latva_spec::table::{self, ParTable, RowOrigin, TableContext};
use latva_spec::{Diagnostic, Span};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::data::{Data, DataContext};
use crate::sections::{Sections, Standardized};
use crate::{render, vocabulary};

/// What the report has to know beside the fit.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Version of the program.
    pub version: &'a str,
    /// Name of the model file, where there is one.
    pub model_file: Option<&'a str>,
    /// The model text.
    pub model_source: &'a str,
    /// Whose defaults built the table, with which switches.
    pub table: &'a TableContext,
    /// The data.
    pub data: DataContext<'a>,
}

/// A fitted model as others read it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    schema: &'static str,
    pub(crate) program: Program,
    pub(crate) plan: PlanRecord,
    pub(crate) model: Model,
    pub(crate) data: Data,
    pub(crate) convergence: Convergence,
    pub(crate) df: DegreesOfFreedom,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) bounds: Vec<Bound>,
    pub(crate) fit: Measures,
    pub(crate) tests: Vec<ModelTest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bootstrap: Option<Bootstrap>,
    pub(crate) r2: Vec<RSquare>,
    #[serde(flatten)]
    pub(crate) sections: Sections,
    pub(crate) diagnostics: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) version: String,
}

/// Every resolved option under lavaan's names.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlanRecord {
    #[serde(rename = "as")]
    pub(crate) kind: &'static str,
    pub(crate) estimator: &'static str,
    pub(crate) likelihood: &'static str,
    pub(crate) mimic: &'static str,
    pub(crate) missing: &'static str,
    pub(crate) se: &'static str,
    pub(crate) test: Vec<&'static str>,
    pub(crate) information: &'static str,
    pub(crate) h1_information: &'static str,
    pub(crate) ci_level: f64,
    pub(crate) max_iterations: usize,
    pub(crate) rstarts: usize,
    pub(crate) bootstrap: usize,
    pub(crate) boot_ci_type: &'static str,
    pub(crate) seed: u64,
    pub(crate) meanstructure: bool,
    pub(crate) fixed_x: bool,
    #[serde(flatten)]
    pub(crate) switches: Switches,
}

/// The switches of the table as given; `null` is the default of `as`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Switches {
    std_lv: bool,
    effect_coding: Vec<&'static str>,
    orthogonal: bool,
    orthogonal_x: bool,
    orthogonal_y: bool,
    auto_fix_first: Option<bool>,
    auto_fix_single: Option<bool>,
    auto_var: Option<bool>,
    auto_cov_lv_x: Option<bool>,
    auto_cov_y: Option<bool>,
    auto_th: Option<bool>,
    auto_delta: Option<bool>,
    int_ov_free: Option<bool>,
    int_lv_free: Option<bool>,
    ordered: Vec<String>,
    group_equal: Vec<&'static str>,
    group_partial: Vec<String>,
    constraints: String,
}

impl Switches {
    fn of(context: &TableContext) -> Self {
        let options = &context.options;
        let coded = [(options.effect_coding_loadings, "loadings"), (options.effect_coding_intercepts, "intercepts")];
        Switches {
            std_lv: options.std_lv,
            effect_coding: coded.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect(),
            orthogonal: options.orthogonal,
            orthogonal_x: options.orthogonal_x,
            orthogonal_y: options.orthogonal_y,
            auto_fix_first: options.auto_fix_first,
            auto_fix_single: options.auto_fix_single,
            auto_var: options.auto_var,
            auto_cov_lv_x: options.auto_cov_lv_x,
            auto_cov_y: options.auto_cov_y,
            auto_th: options.auto_th,
            auto_delta: options.auto_delta,
            int_ov_free: options.int_ov_free,
            int_lv_free: options.int_lv_free,
            ordered: context.ordered.clone(),
            group_equal: options.group_equal.iter().map(|set| set.name()).collect(),
            group_partial: options.group_partial.clone(),
            constraints: options.constraints.clone(),
        }
    }

    /// What differs from the defaults, under lavaan's names.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let switches = [
            ("std.lv", self.std_lv.then_some(true)),
            ("orthogonal", self.orthogonal.then_some(true)),
            ("orthogonal.x", self.orthogonal_x.then_some(true)),
            ("orthogonal.y", self.orthogonal_y.then_some(true)),
            ("auto.fix.first", self.auto_fix_first),
            ("auto.fix.single", self.auto_fix_single),
            ("auto.var", self.auto_var),
            ("auto.cov.lv.x", self.auto_cov_lv_x),
            ("auto.cov.y", self.auto_cov_y),
            ("auto.th", self.auto_th),
            ("auto.delta", self.auto_delta),
            ("int.ov.free", self.int_ov_free),
            ("int.lv.free", self.int_lv_free),
        ];
        let lists = [
            ("effect.coding", self.effect_coding.join(", ")),
            ("ordered", self.ordered.join(", ")),
            ("group.equal", self.group_equal.join(", ")),
            ("group.partial", self.group_partial.join(", ")),
            ("constraints", self.constraints.clone()),
        ];
        switches
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} = {}", value?)))
            .chain(
                lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| format!("{name} = {list}")),
            )
            .collect()
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Model {
    pub(crate) file: Option<String>,
    pub(crate) source: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Convergence {
    pub(crate) converged: bool,
    pub(crate) reason: &'static str,
    pub(crate) iterations: usize,
    pub(crate) evaluations: usize,
    pub(crate) gradient_norm: f64,
    pub(crate) warm: bool,
    pub(crate) strategies: Vec<String>,
}

/// How the degrees of freedom come about: `moments - (free - constraints) = df`, where `constraints` is the rank of the
/// equality constraints.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DegreesOfFreedom {
    pub(crate) moments: usize,
    pub(crate) variances_and_covariances: usize,
    pub(crate) means: usize,
    pub(crate) exogenous_moments: usize,
    pub(crate) free: usize,
    pub(crate) constraints: usize,
    pub(crate) df: i64,
    pub(crate) account: Vec<AccountLine>,
}

/// One term of the account; the amounts add up to `df`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AccountLine {
    pub(crate) text: String,
    pub(crate) amount: i64,
}

impl DegreesOfFreedom {
    pub(crate) fn of(table: &ParTable) -> Self {
        let counted = table::DegreesOfFreedom::of(table);
        DegreesOfFreedom {
            // A model that could be fitted has as many as it has parameters.
            moments: usize::try_from(counted.moments()).unwrap_or_default(),
            variances_and_covariances: counted.blocks.iter().map(|block| block.covariances).sum(),
            means: counted.blocks.iter().map(|block| block.means).sum(),
            exogenous_moments: counted
                .blocks
                .iter()
                .map(|block| block.exogenous_covariances + block.exogenous_means)
                .sum(),
            free: counted.free.total(),
            constraints: counted.equality_rank,
            df: counted.df(),
            account: counted
                .lines()
                .into_iter()
                .map(|line| AccountLine { text: line.text, amount: line.amount })
                .collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Parameter {
    pub(crate) lhs: String,
    pub(crate) op: &'static str,
    pub(crate) rhs: String,
    pub(crate) block: usize,
    pub(crate) group: usize,
    pub(crate) level: usize,
    pub(crate) label: String,
    pub(crate) free: usize,
    pub(crate) fixed: bool,
    pub(crate) est: f64,
    pub(crate) se: Option<f64>,
    pub(crate) z: Option<f64>,
    pub(crate) pvalue: Option<f64>,
    pub(crate) ci_lower: Option<f64>,
    pub(crate) ci_upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ci_pvalue: Option<f64>,
    pub(crate) std_lv: Option<f64>,
    pub(crate) std_all: Option<f64>,
    pub(crate) std_nox: Option<f64>,
    #[serde(flatten)]
    pub(crate) std_lv_inference: StdLv,
    #[serde(flatten)]
    pub(crate) std_all_inference: StdAll,
    #[serde(flatten)]
    pub(crate) std_nox_inference: StdNox,
    pub(crate) span: Option<[usize; 2]>,
}

impl Parameter {
    /// A standardized value with its inference.
    pub(crate) fn standardized(&self, kind: Standardized) -> (Option<f64>, StdAll) {
        match kind {
            Standardized::All => (self.std_all, self.std_all_inference),
            Standardized::Latent => {
                let StdLv { se, z, pvalue, ci_lower, ci_upper, ci_pvalue } = self.std_lv_inference;
                (self.std_lv, StdAll { se, z, pvalue, ci_lower, ci_upper, ci_pvalue })
            }
            Standardized::NotExogenous => {
                let StdNox { se, z, pvalue, ci_lower, ci_upper, ci_pvalue } = self.std_nox_inference;
                (self.std_nox, StdAll { se, z, pvalue, ci_lower, ci_upper, ci_pvalue })
            }
        }
    }
}

/// Declares the fields of the uncertainty of a standardized value under its own names.
macro_rules! standardized_inference {
    ($($kind:ident: $se:literal $z:literal $pvalue:literal $lower:literal $upper:literal $ci_pvalue:literal;)+) => {
        $(
            #[derive(Debug, Clone, Copy, Default, Serialize)]
            pub(crate) struct $kind {
                #[serde(rename = $se)]
                pub(crate) se: Option<f64>,
                #[serde(rename = $z)]
                pub(crate) z: Option<f64>,
                #[serde(rename = $pvalue)]
                pub(crate) pvalue: Option<f64>,
                #[serde(rename = $lower)]
                pub(crate) ci_lower: Option<f64>,
                #[serde(rename = $upper)]
                pub(crate) ci_upper: Option<f64>,
                #[serde(rename = $ci_pvalue, skip_serializing_if = "Option::is_none")]
                pub(crate) ci_pvalue: Option<f64>,
            }

            impl From<Option<Uncertainty>> for $kind {
                fn from(given: Option<Uncertainty>) -> Self {
                    let Some(given) = given else { return Self::default() };
                    Self {
                        se: finite(Some(given.se)),
                        z: finite(given.z),
                        pvalue: finite(given.pvalue),
                        ci_lower: finite(given.ci_lower),
                        ci_upper: finite(given.ci_upper),
                        ci_pvalue: finite(given.ci_pvalue),
                    }
                }
            }
        )+
    };
}

standardized_inference! {
    StdLv: "std_lv_se" "std_lv_z" "std_lv_pvalue" "std_lv_ci_lower" "std_lv_ci_upper" "std_lv_ci_pvalue";
    StdAll: "std_all_se" "std_all_z" "std_all_pvalue" "std_all_ci_lower" "std_all_ci_upper" "std_all_ci_pvalue";
    StdNox: "std_nox_se" "std_nox_z" "std_nox_pvalue" "std_nox_ci_lower" "std_nox_ci_upper" "std_nox_ci_pvalue";
}

/// A constraint; `value` is its left minus its right side at the estimates.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Constraint {
    pub(crate) lhs: String,
    pub(crate) op: &'static str,
    pub(crate) rhs: String,
    pub(crate) origin: &'static str,
    pub(crate) value: f64,
    /// Whether it holds as an equation.
    pub(crate) active: bool,
    /// Whether it follows from the others.
    pub(crate) redundant: bool,
    /// Change of chi-square per unit of `value`.
    pub(crate) multiplier: Option<f64>,
    pub(crate) span: Option<[usize; 2]>,
}

/// A bound of a parameter; `value` is the estimate minus the bound.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bound {
    pub(crate) lhs: String,
    pub(crate) op: &'static str,
    pub(crate) rhs: String,
    pub(crate) group: usize,
    pub(crate) side: &'static str,
    pub(crate) bound: f64,
    pub(crate) value: f64,
    pub(crate) active: bool,
    pub(crate) multiplier: Option<f64>,
    pub(crate) span: Option<[usize; 2]>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct RSquare {
    pub(crate) block: usize,
    pub(crate) variable: String,
    pub(crate) value: f64,
    pub(crate) se: Option<f64>,
    pub(crate) ci_lower: Option<f64>,
    pub(crate) ci_upper: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) id: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) message: String,
    #[serde(serialize_with = "joined")]
    pub(crate) hint: Vec<String>,
    pub(crate) span: Option<[usize; 2]>,
}

/// One text of several hints, `null` of none.
fn joined<S: Serializer>(hints: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    if hints.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(&hints.join("\n")) }
}

/// A test of the model; `scaling_factor` and `shift` are `null` for tests that have none.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ModelTest {
    pub(crate) test: &'static str,
    pub(crate) chisq: f64,
    pub(crate) df: f64,
    pub(crate) pvalue: Option<f64>,
    pub(crate) scaling_factor: Option<f64>,
    pub(crate) shift: Option<f64>,
}

/// How many samples were drawn, and how many of them could be fitted; `null` for what was not asked for.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Bootstrap {
    pub(crate) draws: usize,
    pub(crate) fitted_for_se: Option<usize>,
    pub(crate) fitted_for_test: Option<usize>,
}

/// Fit measures by name, in printing order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Measures(pub(crate) Vec<(String, f64)>);

impl Measures {
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(entry, _)| entry == name).map(|(_, value)| *value)
    }
}

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(crate) fn offsets(span: Option<Span>) -> Option<[usize; 2]> {
    span.map(|span| [span.start, span.end])
}

pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// The bounds of a fit, in the order of the table.
fn bounds(fit: &Fit) -> Vec<Bound> {
    fit.constraints
        .iter()
        .filter_map(|outcome| {
            let row = &fit.table.rows[outcome.row];
            let (side, bound) = match outcome.bound? {
                BoundSide::Lower => ("lower", row.lower?),
                BoundSide::Upper => ("upper", row.upper?),
            };
            Some(Bound {
                lhs: row.lhs.to_string(),
                op: row.op.as_str(),
                rhs: row.rhs.to_string(),
                group: row.group,
                side,
                bound,
                value: outcome.difference,
                active: outcome.active,
                multiplier: finite(outcome.multiplier),
                span: offsets(row.span),
            })
        })
        .collect()
}

impl Report {
    /// The report of a fit.
    pub fn new(fit: &Fit, context: &Context<'_>) -> Self {
        let mut parameters = Vec::with_capacity(fit.table.rows.len());
        let mut constraints = Vec::new();
        for (index, (row, estimate)) in fit.table.rows.iter().zip(&fit.estimates).enumerate() {
            if row.op.is_constraint() {
                let outcome = fit.constraints.iter().find(|outcome| outcome.row == index && outcome.bound.is_none());
                constraints.push(Constraint {
                    lhs: row.lhs.to_string(),
                    op: row.op.as_str(),
                    rhs: row.rhs.to_string(),
                    origin: match row.origin {
                        RowOrigin::Automatic => "automatic",
                        RowOrigin::User => "user",
                        RowOrigin::Derived => "derived",
                    },
                    value: estimate.est,
                    active: outcome.is_some_and(|outcome| outcome.active),
                    redundant: outcome.is_some_and(|outcome| outcome.redundant),
                    multiplier: finite(outcome.and_then(|outcome| outcome.multiplier)),
                    span: offsets(row.span),
                });
            } else {
                parameters.push(Parameter {
                    lhs: row.lhs.to_string(),
                    op: row.op.as_str(),
                    rhs: row.rhs.to_string(),
                    block: row.block,
                    group: row.group,
                    level: row.level,
                    label: row.label.to_string(),
                    free: row.free,
                    fixed: row.op.is_parameter() && row.free == 0,
                    est: estimate.est,
                    se: finite(estimate.se),
                    z: finite(estimate.z),
                    pvalue: finite(estimate.pvalue),
                    ci_lower: finite(estimate.ci_lower),
                    ci_upper: finite(estimate.ci_upper),
                    ci_pvalue: finite(estimate.ci_pvalue),
                    std_lv: finite(estimate.std_lv),
                    std_all: finite(estimate.std_all),
                    std_nox: finite(estimate.std_nox),
                    std_lv_inference: estimate.std_lv_uncertainty.into(),
                    std_all_inference: estimate.std_all_uncertainty.into(),
                    std_nox_inference: estimate.std_nox_uncertainty.into(),
                    span: offsets(row.span),
                });
            }
        }
        Report {
            schema: "latva.fit/1",
            program: Program { name: "latva", version: context.version.to_owned() },
            plan: plan_record(&fit.plan, context.table),
            model: Model { file: context.model_file.map(str::to_owned), source: context.model_source.to_owned() },
            data: Data::of(fit, &context.data),
            convergence: Convergence {
                converged: fit.convergence.converged,
                reason: vocabulary::termination(fit.convergence.reason),
                iterations: fit.convergence.iterations,
                evaluations: fit.convergence.evaluations,
                gradient_norm: fit.convergence.gradient_norm,
                warm: fit.convergence.warm,
                strategies: fit.convergence.strategies.clone(),
            },
            df: DegreesOfFreedom::of(&fit.table),
            parameters,
            constraints,
            bounds: bounds(fit),
            fit: Measures(fit.measures.iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            tests: fit
                .tests
                .iter()
                .map(|test| ModelTest {
                    test: test.kind.name(),
                    chisq: test.test.value,
                    df: test.test.df,
                    pvalue: finite(test.pvalue),
                    scaling_factor: finite(test.scaling_factor),
                    shift: finite(test.shift),
                })
                .collect(),
            bootstrap: fit.bootstrap.as_ref().map(|bootstrap| Bootstrap {
                draws: bootstrap.draws,
                fitted_for_se: bootstrap.estimates.as_ref().map(|estimates| estimates.nrows()),
                fitted_for_test: bootstrap.statistics.as_ref().map(Vec::len),
            }),
            r2: fit
                .r_square
                .iter()
                .filter(|entry| entry.value.is_finite())
                .map(|entry| RSquare {
                    block: entry.block,
                    variable: entry.variable.to_string(),
                    value: entry.value,
                    se: finite(entry.uncertainty.map(|of| of.se)),
                    ci_lower: finite(entry.uncertainty.and_then(|of| of.ci_lower)),
                    ci_upper: finite(entry.uncertainty.and_then(|of| of.ci_upper)),
                })
                .collect(),
            sections: Sections::default(),
            diagnostics: fit.diagnostics.iter().map(finding).collect(),
        }
    }

    /// The same report with further sections.
    #[must_use]
    pub fn with(mut self, sections: Sections) -> Self {
        self.sections = sections;
        self
    }

    /// Text for a terminal, without colour, ending in a newline.
    pub fn to_text(&self) -> String {
        render::text::render(&crate::outline::document(self))
    }

    /// Markdown with tables.
    pub fn to_markdown(&self) -> String {
        render::markdown::render(&crate::outline::document(self))
    }

    /// LaTeX to be included in a document that loads `booktabs` and `longtable`.
    pub fn to_latex(&self) -> String {
        render::latex::render(&crate::outline::document(self))
    }

    /// A web page that needs no other file.
    pub fn to_html(&self) -> String {
        render::html::render(&crate::outline::document(self), Some(&self.model.source))
    }

    /// One table of every parameter, R-square and fit measure with full precision.
    pub fn to_csv(&self) -> String {
        render::csv::render(self)
    }

    /// The schema `latva.fit/1`, indented.
    pub fn to_json(&self) -> String {
        render::json::render(self)
    }
}

pub(crate) fn finding(diagnostic: &Diagnostic) -> Finding {
    Finding {
        id: diagnostic.id,
        severity: vocabulary::severity(diagnostic.severity),
        message: diagnostic.message.clone(),
        hint: diagnostic.hints.clone(),
        span: offsets(diagnostic.span),
    }
}

fn plan_record(plan: &Plan, table: &TableContext) -> PlanRecord {
    PlanRecord {
        kind: vocabulary::model_kind_name(table.kind),
        estimator: vocabulary::estimator(plan.estimator),
        likelihood: vocabulary::likelihood(plan.likelihood),
        mimic: vocabulary::mimic(plan.mimic),
        missing: vocabulary::missing(plan.missing),
        se: vocabulary::standard_errors(plan.se),
        test: plan.test.iter().map(|test| test.name()).collect(),
        information: vocabulary::information(plan.information),
        h1_information: vocabulary::h1_information(plan.h1_information),
        ci_level: plan.ci_level,
        max_iterations: plan.max_iterations,
        rstarts: plan.random_starts,
        bootstrap: plan.bootstrap,
        boot_ci_type: vocabulary::bootstrap_interval(plan.bootstrap_interval),
        seed: plan.seed,
        meanstructure: plan.meanstructure,
        fixed_x: plan.fixed_x,
        switches: Switches::of(table),
    }
}
