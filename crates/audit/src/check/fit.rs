//! Fit figures of a model.

use latva_estimation::Fit;
use latva_estimation::indices::{ChiSquare, noncentrality, rmsea};

use super::CheckedFigure;
use super::expected::compared;
use crate::printed::Printed;
use crate::study::Model;

/// Level at which the fit gives the interval of RMSEA.
const RMSEA_LEVEL: f64 = 0.90;

/// Fit figures of the study file whose name in the results of a fit is another one.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("p", "pvalue"),
    ("baseline_chisq", "baseline.chisq"),
    ("baseline_df", "baseline.df"),
    ("sabic", "bic2"),
    ("pclose", "rmsea.pvalue"),
];

/// The rows of the registered fit figures of a model.
pub(super) fn figures(model: &Model, fit: &Fit, rows: &mut Vec<CheckedFigure>) {
    let tolerances = model.refit.as_ref().map(|refit| &refit.tolerances);
    let tolerance = |name: &str| tolerances.and_then(|tolerances| tolerances.of(name));
    if let Some(n) = model.conventions.n {
        // A count is exact however it is printed.
        if let Ok(Some(figure)) = Printed::read(&n.to_string()) {
            let cases: usize = fit.groups.iter().map(|group| group.n_obs).sum();
            rows.push(compared(&model.name, "n", &figure.at_line(model.line), tolerance("n"), Ok(cases as f64)));
        }
    }
    for (name, figure) in &model.fit {
        let obtained = match *name {
            "r2" => r_square(fit),
            name => measure(fit, OTHER_NAMES.iter().find(|(own, _)| *own == name).map_or(name, |(_, theirs)| theirs)),
        };
        rows.push(compared(&model.name, *name, figure, tolerance(name), obtained));
    }
    if let Some((lower, upper)) = &model.rmsea_ci {
        let level = model
            .rmsea_ci_level
            .as_ref()
            .map_or(RMSEA_LEVEL, |level| if level.value() < 1.0 { level.value() } else { level.value() / 100.0 });
        let ends = rmsea_interval(fit, level);
        let allowed = tolerance("rmsea_ci");
        rows.push(compared(&model.name, "rmsea_ci lower", lower, allowed, ends.clone().map(|ends| ends.0)));
        rows.push(compared(&model.name, "rmsea_ci upper", upper, allowed, ends.map(|ends| ends.1)));
    }
    for (name, figure) in &model.measures {
        rows.push(compared(&model.name, name.as_str(), figure, tolerance(name), measure(fit, name)));
    }
}

fn measure(fit: &Fit, name: &str) -> Result<f64, String> {
    fit.measures.get(name).ok_or_else(|| {
        if fit.convergence.converged {
            format!("the fit gives no measure `{name}`")
        } else {
            "the fit did not converge".to_owned()
        }
    })
}

fn r_square(fit: &Fit) -> Result<f64, String> {
    match fit.r_square.as_slice() {
        [single] => Ok(single.value),
        [] => Err("the model explains no variable".to_owned()),
        several => Err(format!("the model explains {} variables, and it is not said which is meant", several.len())),
    }
}

/// The interval of RMSEA. At another level than that of the fit it follows from chi-square, df and the multiplier that RMSEA
/// itself shows: n = (chi-square - df) / (df RMSEA^2).
fn rmsea_interval(fit: &Fit, level: f64) -> Result<(f64, f64), String> {
    if (level - RMSEA_LEVEL).abs() < 1e-9 {
        return Ok((measure(fit, "rmsea.ci.lower")?, measure(fit, "rmsea.ci.upper")?));
    }
    let (chisq, df, point) = (measure(fit, "chisq")?, measure(fit, "df")?, measure(fit, "rmsea")?);
    if point <= 0.0 {
        return Err(format!("the fit gives the interval at {:.0} % only", RMSEA_LEVEL * 100.0));
    }
    let multiplier = (chisq - df) / (df * point * point);
    let test = ChiSquare::new(chisq, df);
    noncentrality::ncp_interval(test, level)
        .and_then(|ncp| rmsea::rmsea_interval(test, ncp, multiplier))
        .map(|ends| (ends.lower, ends.upper))
        .ok_or_else(|| "there is no interval of RMSEA".to_owned())
}
