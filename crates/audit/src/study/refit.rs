//! What a study says about fitting its models again: data, options, tolerances and figures of parameters.

use super::fields;
use super::section::Section;
use super::{FIT_FIELDS, ModelKind};
use crate::printed::Printed;

/// How a model is fitted again.
#[derive(Debug, Clone, PartialEq)]
pub struct Refit {
    /// Where its data are.
    pub data: DataSource,
    /// Options of `latva fit`.
    pub options: Vec<FitOption>,
    /// How near an obtained figure must come.
    pub tolerances: Tolerances,
}

/// Options that leave the parameter table as it is.
const ESTIMATION_OPTIONS: [&str; 11] =
    ["mimic", "estimator", "likelihood", "se", "test", "information", "missing", "rstarts", "seed", "na", "group"];

impl Refit {
    /// Whether an option adds, drops or ties parameters, so that the model file alone does not tell the degrees of freedom.
    pub(crate) fn changes_table(&self) -> bool {
        self.options.iter().any(|option| !ESTIMATION_OPTIONS.contains(&option.name.as_str()))
    }
}

/// Where the data of a model are; file names are seen from the folder of the study file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSource {
    /// A file of raw data.
    Cases(String),
    /// A file of moments.
    Moments(String),
    /// A table of the study with correlations and standard deviations.
    Table(String),
}

impl DataSource {
    /// The field of the study file that names it.
    pub fn field(&self) -> &'static str {
        match self {
            DataSource::Cases(_) => "data",
            DataSource::Moments(_) => "moments",
            DataSource::Table(_) => "correlations",
        }
    }
}

/// An option of `latva fit`, by its name on the command line without dashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FitOption {
    /// Its name as written.
    pub name: String,
    /// Its value as text, lists with commas.
    pub value: String,
    /// Line of the study file.
    pub line: usize,
}

/// How near an obtained figure must come to the registered one. Without a tolerance it must round to it as printed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tolerances {
    /// For every figure of the model.
    pub every: Option<f64>,
    /// For single figures, by their field names.
    pub single: Vec<(String, f64)>,
}

impl Tolerances {
    /// The tolerance of a figure.
    pub fn of(&self, figure: &str) -> Option<f64> {
        self.single.iter().find(|(name, _)| name == figure).map(|(_, tolerance)| *tolerance).or(self.every)
    }
}

/// The figures of one parameter of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameter {
    /// The parameter in model syntax (`f =~ x1`, `y ~ x`, `x ~1`), or a label or the name of a defined parameter.
    pub parameter: String,
    /// Label of its group.
    pub group: String,
    /// Line of the study file.
    pub line: usize,
    /// Its figures by field name: `est`, `std_lv`, `std_all`, `std_nox`, `se`, `z`, `p`.
    pub figures: Vec<(&'static str, Printed)>,
    /// Its confidence interval of 95 per cent.
    pub ci: Option<(Printed, Printed)>,
    /// How near its figures must come, in place of the model's tolerances.
    pub tolerances: Tolerances,
}

/// The figures of a parameter that are single numbers.
const PARAMETER_FIGURES: [&str; 7] = ["est", "std_lv", "std_all", "std_nox", "se", "z", "p"];
/// What else a tolerance may be given for.
const OTHER_FIGURES: [&str; 6] = ["n", "rmsea_ci", "ci", "b", "beta", "t"];
/// Options of `latva fit` that the study file holds in fields of their own, or that make no sense in it.
const NO_OPTIONS: [&str; 4] = ["data", "moments", "format", "out"];

/// Reads how a model is fitted again; `None` without data.
pub(super) fn refit(section: &Section<'_, '_>) -> Option<Refit> {
    let mut sources = [
        section.text("data").map(DataSource::Cases),
        section.text("moments").map(DataSource::Moments),
        section.text("correlations").map(DataSource::Table),
    ]
    .into_iter()
    .flatten();
    let source = sources.next();
    if let Some(second) = sources.next() {
        section.mistake(
            second.field(),
            "is one source of data too many",
            "keep one of `data`, `moments`, `correlations`",
        );
    }
    let options = section.options("options");
    for option in &options {
        if NO_OPTIONS.contains(&option.name.as_str()) {
            let remedy = match option.name.as_str() {
                "data" | "moments" => "it is a field of the model",
                _ => "give it to `latva check`",
            };
            section.mistake("options", format!("`{}` is no option of a model in a study file", option.name), remedy);
        }
    }
    let tolerances = tolerances(section, &section.names("measure"));
    let Some(data) = source else {
        for field in ["options", "tolerance", "parameter", "measure"] {
            if section.has(field) {
                section.mistake(
                    field,
                    "is for a model that is fitted again, and the model has no data",
                    "name its data with `data`, `moments` or `correlations`",
                );
            }
        }
        return None;
    };
    if !section.has("syntax") {
        section.mistake("syntax", "is missing", "name the model file that is fitted to the data");
    }
    Some(Refit { data, options, tolerances })
}

/// Reads the figures of a parameter.
pub(super) fn parameter(section: &Section<'_, '_>) -> Parameter {
    let parameter = Parameter {
        parameter: section.required_text("parameter").trim().to_owned(),
        group: section.text("group").unwrap_or_default(),
        line: section.line,
        figures: PARAMETER_FIGURES
            .into_iter()
            .filter_map(|name| section.figure(name).map(|figure| (name, figure)))
            .collect(),
        ci: section.interval("ci"),
        tolerances: tolerances(section, &[]),
    };
    if parameter.figures.is_empty() && parameter.ci.is_none() {
        section.mistake("est", "is missing", "give at least one of est, std_lv, std_all, std_nox, se, z, p, ci");
    }
    parameter
}

fn tolerances(section: &Section<'_, '_>, measures: &[String]) -> Tolerances {
    let positive = |figure: &Printed, name: &str| {
        let given = figure.value();
        if given < 0.0 {
            section.mistake("tolerance", format!("{name} is negative"), "write for example \".001\"");
        }
        given
    };
    if !section.has("tolerance") {
        return Tolerances::default();
    }
    if !section.is_table("tolerance") {
        let every = section.figure("tolerance").map(|figure| positive(&figure, "the tolerance"));
        return Tolerances { every, single: Vec::new() };
    }
    let single: Vec<(String, f64)> = section
        .named_figures("tolerance")
        .into_iter()
        .map(|(name, figure)| {
            let value = positive(&figure, &name);
            (name, value)
        })
        .collect();
    for (name, _) in &single {
        let known = FIT_FIELDS.contains(&name.as_str())
            || PARAMETER_FIGURES.contains(&name.as_str())
            || OTHER_FIGURES.contains(&name.as_str())
            || measures.contains(name);
        if !known {
            section.mistake(
                "tolerance",
                format!("`{name}` is no figure"),
                "name figures as their fields are named, for example { chisq = \".01\", se = \".001\" }",
            );
        }
    }
    Tolerances { every: None, single }
}

impl ModelKind {
    /// The value of `--as` for its model file.
    pub fn as_option(self) -> &'static str {
        match self {
            ModelKind::Cfa => "cfa",
            ModelKind::Growth => "growth",
            ModelKind::Sem | ModelKind::Regression => "sem",
        }
    }
}

// The fields of a parameter stand in one place; the figures are among them.
const _: () = assert!(fields::PARAMETER.len() == PARAMETER_FIGURES.len() + 4);
