//! The tests and indices of fit.

use crate::document::{Content, Line, Part, Section, Table};
use crate::number::{decimals, degrees, p_value};
use crate::report::{Measures, ModelTest, Report};
use crate::vocabulary;

/// How a measure is printed.
#[derive(Clone, Copy)]
enum Style {
    Decimals,
    Degrees,
    Probability,
    /// Without its fraction, as AMOS prints Hoelter's N.
    Whole,
}

use Style::{Decimals, Degrees, Probability, Whole};

/// A line: its words, the measure's name, and its style.
type Entry = (&'static str, &'static str, Style);

/// The lines of an interval.
const LOWER: &str = "90 % interval, lower end";
const UPPER: &str = "90 % interval, upper end";

/// The titles of the section's parts and their lines.
const PARTS: &[(&str, &[Entry])] = &[
    (
        "Test of the model",
        &[
            ("Chi-square", "chisq", Decimals),
            ("Degrees of freedom", "df", Degrees),
            ("P-value", "pvalue", Probability),
            ("Scaling factor", "chisq.scaling.factor", Decimals),
            ("Shift", "chisq.shift.parameter", Decimals),
            ("Chi-square / df", "cmin_df", Decimals),
        ],
    ),
    (
        "Test of the baseline model (independence)",
        &[
            ("Chi-square", "baseline.chisq", Decimals),
            ("Degrees of freedom", "baseline.df", Degrees),
            ("P-value", "baseline.pvalue", Probability),
            ("Scaling factor", "baseline.chisq.scaling.factor", Decimals),
        ],
    ),
    (
        "Model against baseline",
        &[("Comparative fit index (CFI)", "cfi", Decimals), ("Tucker-Lewis index (TLI)", "tli", Decimals)],
    ),
    (
        "Root mean square error of approximation",
        &[
            ("RMSEA", "rmsea", Decimals),
            (LOWER, "rmsea.ci.lower", Decimals),
            (UPPER, "rmsea.ci.upper", Decimals),
            ("P of close fit, RMSEA <= 0.05 (PCLOSE)", "rmsea.pvalue", Probability),
        ],
    ),
    (
        "Noncentrality and population discrepancy",
        &[
            ("Noncentrality (NCP)", "ncp", Decimals),
            (LOWER, "ncp.ci.lower", Decimals),
            (UPPER, "ncp.ci.upper", Decimals),
            ("Minimum of the discrepancy (FMIN)", "fmin", Decimals),
            ("Population discrepancy (F0)", "f0", Decimals),
            (LOWER, "f0.ci.lower", Decimals),
            (UPPER, "f0.ci.upper", Decimals),
        ],
    ),
    (
        "Residuals",
        &[
            ("Standardized root mean square residual (SRMR)", "srmr", Decimals),
            ("Root mean square residual (RMR)", "rmr", Decimals),
        ],
    ),
    (
        "Likelihood and information criteria",
        &[
            ("Log-likelihood, model", "logl", Decimals),
            ("Log-likelihood, saturated model", "unrestricted.logl", Decimals),
            ("Akaike (AIC)", "aic", Decimals),
            ("Bayesian (BIC)", "bic", Decimals),
            ("Sample-size adjusted BIC", "bic2", Decimals),
            ("Browne-Cudeck (BCC)", "bcc", Decimals),
            ("Consistent AIC (CAIC)", "caic", Decimals),
        ],
    ),
    (
        "Further indices",
        &[
            ("Goodness of fit (GFI)", "gfi", Decimals),
            ("Adjusted GFI (AGFI)", "agfi", Decimals),
            ("Parsimony GFI (PGFI)", "pgfi", Decimals),
            ("Normed fit (NFI)", "nfi", Decimals),
            ("Relative fit (RFI)", "rfi", Decimals),
            ("Incremental fit (IFI)", "ifi", Decimals),
            ("Parsimony NFI (PNFI)", "pnfi", Decimals),
            ("Parsimony CFI (PCFI)", "pcfi", Decimals),
            ("Parsimony ratio (PRATIO)", "pratio", Decimals),
            ("Expected cross-validation (ECVI)", "ecvi", Decimals),
            (LOWER, "ecvi.ci.lower", Decimals),
            (UPPER, "ecvi.ci.upper", Decimals),
            ("Modified ECVI (MECVI)", "mecvi", Decimals),
            ("Hoelter's N at .05", "hoelter_05", Whole),
            ("Hoelter's N at .01", "hoelter_01", Whole),
        ],
    ),
];

/// The variants of a measure, each with the ending of its name and its column.
const VARIANTS: [(&str, &str); 3] = [("", "Standard"), (".scaled", "Scaled"), (".robust", "Robust")];

/// The section, or `None` where no measure exists.
pub(super) fn section(report: &Report) -> Option<Section> {
    let parts: Vec<Part> = PARTS.iter().filter_map(|(title, lines)| part(&report.fit, title, lines)).collect();
    if parts.is_empty() {
        return None;
    }
    let mut blocks = Vec::new();
    let mut table =
        Table { columns: VARIANTS.iter().map(|(_, head)| (*head).to_owned()).collect(), parts }.without_empty_columns();
    if let [only] = table.columns.as_mut_slice() {
        only.clear();
    }
    blocks.push(Content::Table(table));
    blocks.extend(tests(report));
    Some(Section { title: "Fit".to_owned(), blocks })
}

/// The tests, where more were asked for than the first table tells of.
fn tests(report: &Report) -> Option<Content> {
    let in_table = if report.fit.get("chisq.scaled").is_some() { 1 } else { 0 };
    let others = report.tests.iter().filter(|test| test.test != "standard").count();
    if others <= in_table {
        return None;
    }
    let line = |test: &ModelTest| {
        let optional = |value: Option<f64>| value.map(|value| decimals(value, 3)).unwrap_or_default();
        let cells = vec![
            decimals(test.chisq, 3),
            degrees(test.df),
            test.pvalue.map(p_value).unwrap_or_default(),
            optional(test.scaling_factor),
            optional(test.shift),
        ];
        Line::plain(vocabulary::test_in_words(test.test), cells)
    };
    let part = Part { title: "Tests of the model".to_owned(), lines: report.tests.iter().map(line).collect() };
    let columns = ["Chi-square", "df", "P-value", "Scaling", "Shift"].map(str::to_owned).to_vec();
    Some(Content::Table(Table { columns, parts: vec![part] }.without_empty_columns()))
}

fn part(measures: &Measures, title: &str, lines: &[Entry]) -> Option<Part> {
    let lines: Vec<Line> = lines
        .iter()
        .filter_map(|(words, name, style)| {
            let cells: Vec<String> = VARIANTS
                .iter()
                .map(|(ending, _)| {
                    measures.get(&format!("{name}{ending}")).map(|value| style.print(value)).unwrap_or_default()
                })
                .collect();
            cells.iter().any(|cell| !cell.is_empty()).then(|| Line::plain(*words, cells))
        })
        .collect();
    (!lines.is_empty()).then(|| Part { title: title.to_owned(), lines })
}

impl Style {
    fn print(self, value: f64) -> String {
        match self {
            Decimals => decimals(value, 3),
            Degrees => degrees(value),
            Probability => p_value(value),
            Whole => decimals(value.floor(), 0),
        }
    }
}
