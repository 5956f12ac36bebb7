//! Figures of parameters and paths.

use latva_estimation::{Estimate, Fit};
use latva_math::distribution::normal;
use latva_spec::table::{Op, Row};

use super::CheckedFigure;
use super::expected::compared;
use crate::printed::Printed;
use crate::study::{IntervalKind, Model, Parameter, Path, StudyError, Tolerances};

/// Level of the intervals that a fit gives, in per cent.
const LEVEL: f64 = 95.0;
/// Operators as they are written, longer ones before those that they contain.
const OPERATORS: [(&str, Op); 7] = [
    ("~*~", Op::Scale),
    ("=~", Op::Loading),
    ("<~", Op::Composite),
    ("~~", Op::Covariance),
    (":=", Op::Defined),
    ("~", Op::Regression),
    ("|", Op::Threshold),
];

/// A fitted model of the study.
pub(super) struct Place<'a> {
    /// The model.
    pub(super) model: &'a Model,
    /// Its fit.
    pub(super) fit: &'a Fit,
    /// Its number in the file, from 1.
    pub(super) index: usize,
}

impl Place<'_> {
    fn mistake(&self, line: usize, field: &str, cause: String, remedy: String) -> StudyError {
        StudyError { line, field: format!("model[{}].{field}", self.index), cause, remedy: Some(remedy) }
    }

    /// Number of the group of a figure; 0 for those of all groups.
    fn group(&self, label: &str, line: usize, field: &str) -> Result<Option<usize>, StudyError> {
        let labels = &self.fit.table.group_labels;
        if label.is_empty() {
            return Ok(None);
        }
        match labels.iter().position(|own| own == label) {
            Some(at) => Ok(Some(at + 1)),
            None => Err(self.mistake(
                line,
                &format!("{field}.group"),
                format!("there is no group `{label}`"),
                if labels.len() > 1 {
                    format!("the groups are {}", labels.join(", "))
                } else {
                    "the model has one group: leave the field out".to_owned()
                },
            )),
        }
    }

    /// The estimate of the only row that is meant.
    fn only(
        &self,
        found: Vec<usize>,
        group: Option<usize>,
        line: usize,
        field: &str,
        name: &str,
    ) -> Result<Estimate, StudyError> {
        let rows = &self.fit.table.rows;
        let in_group: Vec<usize> = found
            .iter()
            .copied()
            .filter(|&at| group.is_none_or(|group| rows[at].group == group || rows[at].group == 0))
            .collect();
        match in_group.as_slice() {
            [] => Err(self.mistake(
                line,
                field,
                format!("the model has no parameter `{name}`"),
                "write it as in the parameter table, which `latva table` shows".to_owned(),
            )),
            [first, others @ ..] => {
                // The same label in several groups is one parameter.
                let same = |at: &usize| {
                    let (a, b) = (&rows[*at], &rows[*first]);
                    a.group == b.group || (!a.label.is_empty() && a.label == b.label)
                };
                if others.iter().all(same) {
                    Ok(self.fit.estimates[*first])
                } else {
                    Err(self.mistake(
                        line,
                        &format!("{field}.group"),
                        format!("is missing: every group has its own `{name}`"),
                        format!("one of: {}", self.fit.table.group_labels.join(", ")),
                    ))
                }
            }
        }
    }

    fn rows_where(&self, wanted: impl Fn(&Row) -> bool) -> Vec<usize> {
        let rows = self.fit.table.rows.iter().enumerate();
        rows.filter(|(_, row)| wanted(row)).map(|(at, _)| at).collect()
    }

    fn model_tolerance(&self, name: &str) -> Option<f64> {
        self.model.refit.as_ref().and_then(|refit| refit.tolerances.of(name))
    }

    fn tolerance(&self, own: &Tolerances, name: &str) -> Option<f64> {
        own.of(name).or_else(|| self.model_tolerance(name))
    }
}

/// The rows of the registered parameters of a model.
pub(super) fn parameters(place: &Place<'_>, rows: &mut Vec<CheckedFigure>, errors: &mut Vec<StudyError>) {
    for (index, parameter) in place.model.parameters.iter().enumerate() {
        match find(place, parameter, &format!("parameter[{}]", index + 1)) {
            Ok(estimate) => compare(place, parameter, &estimate, rows),
            Err(error) => errors.push(error),
        }
    }
}

fn compare(place: &Place<'_>, parameter: &Parameter, estimate: &Estimate, rows: &mut Vec<CheckedFigure>) {
    let name = label(&parameter.parameter, &parameter.group);
    for (field, figure) in &parameter.figures {
        let obtained = match *field {
            "est" => Some(estimate.est),
            "std_lv" => estimate.std_lv,
            "std_all" => estimate.std_all,
            "std_nox" => estimate.std_nox,
            "se" => estimate.se,
            "z" => estimate.z,
            _ => estimate.pvalue,
        };
        let allowed = place.tolerance(&parameter.tolerances, field);
        rows.push(compared(
            &place.model.name,
            format!("{name}: {field}"),
            figure,
            allowed,
            obtained.ok_or_else(|| absent(field)),
        ));
    }
    if let Some((lower, upper)) = &parameter.ci {
        let allowed = place.tolerance(&parameter.tolerances, "ci");
        for (end, figure, obtained) in [("lower", lower, estimate.ci_lower), ("upper", upper, estimate.ci_upper)] {
            let obtained = obtained.ok_or_else(|| absent("interval"));
            rows.push(compared(&place.model.name, format!("{name}: ci {end}"), figure, allowed, obtained));
        }
    }
}

fn absent(what: &str) -> String {
    format!("the fit gives no {what} of it")
}

fn label(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name} ({group})") }
}

fn find(place: &Place<'_>, parameter: &Parameter, field: &str) -> Result<Estimate, StudyError> {
    let group = place.group(&parameter.group, parameter.line, field)?;
    let text = parameter.parameter.as_str();
    let found =
        match OPERATORS.iter().find_map(|(sign, op)| text.split_once(sign).map(|(l, r)| (l.trim(), *op, r.trim()))) {
            None => place.rows_where(|row| row.label == text || (row.op == Op::Defined && row.lhs == text)),
            Some((lhs, Op::Defined, _)) => place.rows_where(|row| row.op == Op::Defined && row.lhs == lhs),
            Some((lhs, Op::Regression, "1")) => place.rows_where(|row| row.op == Op::Intercept && row.lhs == lhs),
            Some((lhs, Op::Covariance, rhs)) => place.rows_where(|row| {
                row.op == Op::Covariance && ((row.lhs == lhs && row.rhs == rhs) || (row.lhs == rhs && row.rhs == lhs))
            }),
            Some((lhs, op, rhs)) => place.rows_where(|row| row.op == op && row.lhs == lhs && row.rhs == rhs),
        };
    place.only(found, group, parameter.line, field, text)
}

/// The rows of the registered paths of a model: regressions, and loadings written from factor to item.
pub(super) fn paths(place: &Place<'_>, rows: &mut Vec<CheckedFigure>, errors: &mut Vec<StudyError>) {
    for (index, path) in place.model.paths.iter().enumerate() {
        let field = format!("path[{}]", index + 1);
        let found = place.rows_where(|row| match row.op {
            Op::Regression => row.lhs == path.to && row.rhs == path.from,
            Op::Loading => row.lhs == path.from && row.rhs == path.to,
            _ => false,
        });
        let estimate = place
            .group(&path.group, path.line, &field)
            .and_then(|group| place.only(found, group, path.line, &field, &path.label()));
        match estimate {
            Ok(estimate) => compare_path(place, path, &estimate, rows),
            Err(error) => errors.push(error),
        }
    }
}

fn compare_path(place: &Place<'_>, path: &Path, estimate: &Estimate, rows: &mut Vec<CheckedFigure>) {
    let name = path.label();
    let mut push = |field: &str, figure: &Printed, obtained: Result<f64, String>| {
        let allowed = place.model_tolerance(field.split(' ').next().unwrap_or(field));
        rows.push(compared(&place.model.name, format!("{name}: {field}"), figure, allowed, obtained));
    };
    let single = [
        ("b", &path.b, Some(estimate.est)),
        ("beta", &path.beta, estimate.std_all),
        ("se", &path.se, estimate.se),
        ("t", &path.t, estimate.z),
        ("p", &path.p, estimate.pvalue),
    ];
    for (field, figure, obtained) in single {
        if let Some(figure) = figure {
            push(field, figure, obtained.ok_or_else(|| absent(field)));
        }
    }
    if let Some(figure) = &path.est {
        // The paper does not say which of the two it is: the nearer one is meant.
        let standardized = estimate.std_all.unwrap_or(estimate.est);
        let far = |x: f64| (x - figure.value()).abs();
        push("est", figure, Ok(if far(standardized) < far(estimate.est) { standardized } else { estimate.est }));
    }
    if let Some(ci) = &path.ci {
        let ends = if ci.kind == IntervalKind::Bootstrap {
            Err("intervals by bootstrap depend on the draws, which a paper does not give".to_owned())
        } else if (ci.level - LEVEL).abs() < 1e-9 {
            estimate.ci_lower.zip(estimate.ci_upper).ok_or_else(|| absent("interval"))
        } else {
            normal::quantile(0.5 + ci.level / 200.0)
                .zip(estimate.se)
                .map(|(quantile, se)| (estimate.est - quantile * se, estimate.est + quantile * se))
                .ok_or_else(|| absent("interval"))
        };
        push("ci lower", &ci.lower, ends.clone().map(|ends| ends.0));
        push("ci upper", &ci.upper, ends.map(|ends| ends.1));
    }
}
