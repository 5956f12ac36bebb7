//! The comparison of models: the schema `latva.compare/1`, and the same as a document.

use std::collections::BTreeSet;

use latva_estimation::indices::{ChiSquare, chi_squared};
use latva_estimation::{Difference, DifferenceMethod, Fit, FitMeasures, difference, weights};
use latva_spec::Diagnostic;
use serde::Serialize;

use crate::document::{Content, Document, Line, Part, Remark, Section, Table};
use crate::number::{decimals, degrees, p_value};
use crate::report::{Finding, Program, finding};
use crate::{render, vocabulary};

/// A model that takes part in a comparison.
#[derive(Debug, Clone)]
pub struct Compared {
    /// How it is called: the name of its file.
    pub name: String,
    /// Its fit measures under lavaan's names.
    pub measures: FitMeasures,
    /// Whether its fit converged.
    pub converged: bool,
    /// What must be the same of models that are compared.
    pub setting: Setting,
}

/// Data and options on which fit measures depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Cases analysed.
    pub n_obs: usize,
    /// Observed variables.
    pub variables: BTreeSet<String>,
    /// Groups.
    pub groups: usize,
    /// The column of the sampling weights, if there are any.
    pub sampling_weights: Option<String>,
    /// Estimator, divisors, whose arithmetic, and treatment of missing values, under lavaan's names.
    pub options: [String; 4],
    /// Whether exogenous observed variables are fixed, and whether there are any.
    pub conditions_on_exogenous: bool,
}

impl Setting {
    /// That of a fit, whose cases have the sampling weights of a column, or none.
    pub fn of(fit: &Fit, sampling_weights: Option<&str>) -> Self {
        let plan = &fit.plan;
        Setting {
            n_obs: fit.groups.iter().map(|group| group.n_obs).sum(),
            variables: fit.blocks.iter().flat_map(|block| block.observed.iter().map(|name| name.to_string())).collect(),
            groups: fit.groups.len(),
            sampling_weights: sampling_weights.map(str::to_owned),
            options: [
                vocabulary::estimator(plan.estimator),
                vocabulary::likelihood(plan.likelihood),
                vocabulary::mimic(plan.mimic),
                vocabulary::missing(plan.missing),
            ]
            .map(str::to_owned),
            conditions_on_exogenous: fit.table.fixed_x
                && fit.table.blocks.iter().any(|block| !block.exogenous.is_empty()),
        }
    }

    /// In what two settings differ, in words.
    fn difference(&self, other: &Setting) -> Option<&'static str> {
        if self.n_obs != other.n_obs {
            Some("they were fitted to different numbers of cases")
        } else if self.variables != other.variables {
            Some("they have different observed variables")
        } else if self.groups != other.groups {
            Some("they have different numbers of groups")
        } else if self.sampling_weights != other.sampling_weights {
            Some("they have different sampling weights")
        } else if self.options != other.options {
            Some("they differ in estimator, convention or treatment of missing values")
        } else if self.conditions_on_exogenous != other.conditions_on_exogenous {
            Some("one takes exogenous variables as given (fixed.x), the other does not")
        } else {
            None
        }
    }
}

/// A comparison as others read it.
#[derive(Debug, Clone, Serialize)]
pub struct ComparisonReport {
    schema: &'static str,
    program: Program,
    models: Vec<Model>,
    comparisons: Vec<Pair>,
    diagnostics: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
struct Model {
    name: String,
    n_obs: usize,
    converged: bool,
    npar: Option<f64>,
    chisq: Option<f64>,
    df: Option<f64>,
    pvalue: Option<f64>,
    cfi: Option<f64>,
    tli: Option<f64>,
    rmsea: Option<f64>,
    srmr: Option<f64>,
    aic: Option<f64>,
    bic: Option<f64>,
    aic_difference: Option<f64>,
    bic_difference: Option<f64>,
    aic_weight: Option<f64>,
    bic_weight: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct Pair {
    restricted: String,
    general: String,
    nested: Option<bool>,
    chisq: Option<f64>,
    df: Option<f64>,
    pvalue: Option<f64>,
    /// How the scaled difference came about.
    method: Option<&'static str>,
    #[serde(rename = "chisq.scaled")]
    scaled: Option<f64>,
    #[serde(rename = "pvalue.scaled")]
    scaled_pvalue: Option<f64>,
    delta_nfi: Option<f64>,
    delta_ifi: Option<f64>,
    delta_rfi: Option<f64>,
    delta_tli: Option<f64>,
    /// Restricted less general.
    cfi_change: Option<f64>,
    rmsea_change: Option<f64>,
    srmr_change: Option<f64>,
}

impl Model {
    fn figures(&self) -> [(&'static str, Option<f64>); 15] {
        [
            ("n_obs", Some(self.n_obs as f64)),
            ("npar", self.npar),
            ("chisq", self.chisq),
            ("df", self.df),
            ("pvalue", self.pvalue),
            ("cfi", self.cfi),
            ("tli", self.tli),
            ("rmsea", self.rmsea),
            ("srmr", self.srmr),
            ("aic", self.aic),
            ("bic", self.bic),
            ("aic_difference", self.aic_difference),
            ("bic_difference", self.bic_difference),
            ("aic_weight", self.aic_weight),
            ("bic_weight", self.bic_weight),
        ]
    }
}

impl Pair {
    fn figures(&self) -> [(&'static str, Option<f64>); 13] {
        [
            ("nested", self.nested.map(|nested| f64::from(u8::from(nested)))),
            ("chisq", self.chisq),
            ("df", self.df),
            ("pvalue", self.pvalue),
            ("chisq.scaled", self.scaled),
            ("pvalue.scaled", self.scaled_pvalue),
            ("delta_nfi", self.delta_nfi),
            ("delta_ifi", self.delta_ifi),
            ("delta_rfi", self.delta_rfi),
            ("delta_tli", self.delta_tli),
            ("cfi_change", self.cfi_change),
            ("rmsea_change", self.rmsea_change),
            ("srmr_change", self.srmr_change),
        ]
    }
}

/// A model of which another one may be a special case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairOfModels {
    /// Position of the model with more degrees of freedom.
    pub restricted: usize,
    /// Position of the other one.
    pub general: usize,
}

/// The pairs of models that can be compared: same data and options, and different degrees of freedom. For each model the ones with
/// more degrees of freedom, in the order of these.
pub fn pairs_to_compare(models: &[Compared]) -> Vec<PairOfModels> {
    let degrees = |at: usize| models[at].measures.get("df");
    let mut order: Vec<usize> = (0..models.len()).filter(|&at| degrees(at).is_some()).collect();
    order.sort_by(|&one, &other| degrees(one).unwrap_or(0.0).total_cmp(&degrees(other).unwrap_or(0.0)));
    let mut pairs = Vec::new();
    for (position, &general) in order.iter().enumerate() {
        for &restricted in &order[position + 1..] {
            let comparable = models[general].setting.difference(&models[restricted].setting).is_none();
            if comparable && degrees(restricted) > degrees(general) {
                pairs.push(PairOfModels { restricted, general });
            }
        }
    }
    pairs
}

/// What was found out about a pair.
#[derive(Debug, Clone, Copy)]
pub struct ComparedPair {
    /// Which models.
    pub models: PairOfModels,
    /// Whether the one is nested in the other; `None`: not known.
    pub nested: Option<bool>,
    /// How the difference of their scaled tests is scaled; `None` where they have none.
    pub method: Option<DifferenceMethod>,
    /// That difference, where it exists.
    pub scaled: Option<ChiSquare>,
}

impl ComparisonReport {
    /// The comparison of models; `pairs` those of [`pairs_to_compare`]. Models that are not nested are not tested against each other.
    pub fn new(version: &str, models: &[Compared], pairs: &[ComparedPair]) -> Self {
        let alike = models.windows(2).all(|pair| pair[0].setting.difference(&pair[1].setting).is_none());
        let criteria = |name: &str| -> Option<Vec<f64>> {
            models.iter().map(|model| model.measures.get(name)).collect::<Option<Vec<f64>>>().filter(|_| alike)
        };
        let least = |criteria: &[f64]| criteria.iter().copied().fold(f64::MAX, f64::min);
        let (aic, bic) = (criteria("aic"), criteria("bic"));
        let (aic_weights, bic_weights) = (aic.as_deref().map(weights), bic.as_deref().map(weights));
        let mut diagnostics = Vec::new();
        for (at, other) in models.iter().enumerate().skip(1) {
            if let Some(words) = models[0].setting.difference(&other.setting) {
                let message = format!("`{}` and `{}` cannot be compared: {words}", models[0].name, models[at].name);
                diagnostics.push(
                    Diagnostic::warning("W0759", message)
                        .hint("fit both to the same cases, variables and options; a variable may stay in a model without being explained"),
                );
            }
        }
        let comparisons = pairs
            .iter()
            .map(|found| {
                let (restricted, general) = (&models[found.models.restricted], &models[found.models.general]);
                let ComparedPair { nested, method, scaled, .. } = *found;
                if nested == Some(false) {
                    let message =
                        format!("`{}` is not nested in `{}`: there is no test", restricted.name, general.name);
                    diagnostics.push(
                        Diagnostic::note("N0760", message).hint("compare them by AIC, BIC and the indices of fit"),
                    );
                } else if let Some(method) = method.filter(|_| scaled.is_none()) {
                    let (one, other, method) = (&restricted.name, &general.name, method.name());
                    let message = format!("the robust tests of `{one}` and `{other}` have no difference by `{method}`");
                    diagnostics.push(
                        Diagnostic::note("N0762", message)
                            .hint("try another `--method`: the factor of `satorra.bentler.2010` is seldom negative; it and `satorra.2000` need the models and the data, not saved results"),
                    );
                }
                pair(restricted, general, found)
            })
            .collect();
        ComparisonReport {
            schema: "latva.compare/1",
            program: Program { name: "latva", version: version.to_owned() },
            models: models
                .iter()
                .enumerate()
                .map(|(at, model)| {
                    let of = |name: &str| model.measures.get(name);
                    Model {
                        name: model.name.clone(),
                        n_obs: model.setting.n_obs,
                        converged: model.converged,
                        npar: of("npar"),
                        chisq: of("chisq"),
                        df: of("df"),
                        pvalue: of("pvalue"),
                        cfi: of("cfi"),
                        tli: of("tli"),
                        rmsea: of("rmsea"),
                        srmr: of("srmr"),
                        aic: of("aic"),
                        bic: of("bic"),
                        aic_difference: aic.as_ref().map(|all| all[at] - least(all)),
                        bic_difference: bic.as_ref().map(|all| all[at] - least(all)),
                        aic_weight: aic_weights.as_ref().map(|weights| weights[at]),
                        bic_weight: bic_weights.as_ref().map(|weights| weights[at]),
                    }
                })
                .collect(),
            comparisons,
            diagnostics: diagnostics.iter().map(finding).collect(),
        }
    }

    /// Text for a terminal.
    pub fn to_text(&self) -> String {
        render::text::render(&self.document())
    }

    /// Markdown with tables.
    pub fn to_markdown(&self) -> String {
        render::markdown::render(&self.document())
    }

    /// LaTeX to be included in a document that loads `booktabs` and `longtable`.
    pub fn to_latex(&self) -> String {
        render::latex::render(&self.document())
    }

    /// A web page that needs no other file.
    pub fn to_html(&self) -> String {
        render::html::render(&self.document(), None)
    }

    /// Every figure of a model or of a pair on a line of its own, with full precision.
    pub fn to_csv(&self) -> String {
        let mut out = "section,model,general,figure,value\n".to_owned();
        let mut line = |section: &str, model: &str, general: &str, figure: &str, value: Option<f64>| {
            if let Some(value) = value {
                out.push_str(section);
                for name in [model, general] {
                    out.push(',');
                    render::csv::field(&mut out, name);
                }
                out.push_str(&format!(",{figure},{value}\n"));
            }
        };
        for model in &self.models {
            for (figure, value) in model.figures() {
                line("model", &model.name, "", figure, value);
            }
        }
        for pair in &self.comparisons {
            for (figure, value) in pair.figures() {
                line("comparison", &pair.restricted, &pair.general, figure, value);
            }
        }
        out
    }

    /// The schema `latva.compare/1`, indented.
    pub fn to_json(&self) -> String {
        render::json::render(self)
    }

    fn document(&self) -> Document {
        let mut sections = vec![self.models_section()];
        if !self.comparisons.is_empty() {
            sections.push(self.pairs_section());
        }
        if !self.diagnostics.is_empty() {
            let remark = |finding: &Finding| Remark {
                severity: finding.severity,
                message: finding.message.clone(),
                hints: finding.hint.clone(),
            };
            sections.push(Section {
                title: "Notes and warnings".to_owned(),
                blocks: vec![Content::Remarks(self.diagnostics.iter().map(remark).collect())],
            });
        }
        Document { title: format!("latva {}", self.program.version), sections }
    }

    fn models_section(&self) -> Section {
        let tests = self.models.iter().map(|model| {
            let cells = vec![
                three(model.chisq),
                model.df.map(degrees).unwrap_or_default(),
                model.pvalue.map(p_value).unwrap_or_default(),
                three(model.cfi),
                three(model.tli),
                three(model.rmsea),
                three(model.srmr),
            ];
            let label = if model.converged { "" } else { "not converged" };
            Line::Cells { nested: false, name: model.name.clone(), label: label.to_owned(), cells }
        });
        let criteria = self.models.iter().map(|model| {
            let cells = vec![
                model.npar.map(degrees).unwrap_or_default(),
                three(model.aic),
                three(model.aic_difference),
                three(model.aic_weight),
                three(model.bic),
                three(model.bic_difference),
                three(model.bic_weight),
            ];
            Line::plain(&model.name, cells)
        });
        let blocks = vec![
            table("Model", &["Chi-square", "df", "P-value", "CFI", "TLI", "RMSEA", "SRMR"], tests.collect()),
            table(
                "Information criteria",
                &["Parameters", "AIC", "Difference", "Weight", "BIC", "Difference", "Weight"],
                criteria.collect(),
            ),
        ];
        Section { title: "Models".to_owned(), blocks }
    }

    fn pairs_section(&self) -> Section {
        let name = |pair: &Pair| format!("{} in {}", pair.restricted, pair.general);
        let tests = self.comparisons.iter().map(|pair| {
            let nested = match pair.nested {
                Some(true) => "yes",
                Some(false) => "no",
                None => "unknown",
            };
            let cells = vec![
                nested.to_owned(),
                three(pair.chisq),
                pair.df.map(degrees).unwrap_or_default(),
                pair.pvalue.map(p_value).unwrap_or_default(),
                three(pair.scaled),
                pair.scaled_pvalue.map(p_value).unwrap_or_default(),
                pair.method.unwrap_or_default().to_owned(),
            ];
            Line::plain(name(pair), cells)
        });
        let indices = self.comparisons.iter().map(|pair| {
            let cells = [
                pair.delta_nfi,
                pair.delta_ifi,
                pair.delta_rfi,
                pair.delta_tli,
                pair.cfi_change,
                pair.rmsea_change,
                pair.srmr_change,
            ];
            Line::plain(name(pair), cells.map(three).to_vec())
        });
        let sentence = "Tests of a restricted model against a more general one, in which it must be nested; then AMOS's differences of NFI, \
                        IFI, RFI and TLI, and the changes that the restrictions bring.";
        let blocks = vec![
            Content::Paragraph(sentence.to_owned()),
            table(
                "Restricted in general",
                &["Nested", "Chi-square", "df", "P-value", "Scaled", "P-value", "Method"],
                tests.collect(),
            ),
            table(
                "Differences of indices",
                &["NFI", "IFI", "RFI", "TLI", "CFI change", "RMSEA change", "SRMR change"],
                indices.collect(),
            ),
        ];
        Section { title: "Nested comparisons".to_owned(), blocks }
    }
}

fn three(value: Option<f64>) -> String {
    value.map(|value| decimals(value, 3)).unwrap_or_default()
}

fn table(title: &str, columns: &[&str], lines: Vec<Line>) -> Content {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Content::Table(Table { columns, parts: vec![Part { title: title.to_owned(), lines }] }.without_empty_columns())
}

fn pair(restricted: &Compared, general: &Compared, found: &ComparedPair) -> Pair {
    let Difference { test, pvalue, nfi, ifi, rfi, tli, .. } = difference(&restricted.measures, &general.measures);
    let ComparedPair { nested, method, scaled, .. } = *found;
    let is_tested = nested != Some(false);
    let change = |name: &str| Some(restricted.measures.get(name)? - general.measures.get(name)?);
    Pair {
        restricted: restricted.name.clone(),
        general: general.name.clone(),
        nested,
        chisq: test.filter(|_| is_tested).map(|test| test.value),
        df: test.filter(|_| is_tested).map(|test| test.df),
        pvalue: pvalue.filter(|_| is_tested),
        method: method.filter(|_| is_tested && scaled.is_some()).map(DifferenceMethod::name),
        scaled: scaled.filter(|_| is_tested).map(|test| test.value),
        scaled_pvalue: scaled.filter(|_| is_tested).and_then(chi_squared::p_value),
        delta_nfi: nfi.filter(|_| is_tested),
        delta_ifi: ifi.filter(|_| is_tested),
        delta_rfi: rfi.filter(|_| is_tested),
        delta_tli: tli.filter(|_| is_tested),
        cfi_change: change("cfi"),
        rmsea_change: change("rmsea"),
        srmr_change: change("srmr"),
    }
}
