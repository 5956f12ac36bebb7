//! Differences between two fitted models.

use latva_estimation::Fit;
use latva_math::distribution::chi_squared;

use super::CheckedFigure;
use super::expected::compared;
use crate::study::{Comparison, Study};

/// The rows of the registered comparisons whose two models were fitted.
pub(super) fn figures(study: &Study, fits: &[Option<Fit>], rows: &mut Vec<CheckedFigure>) {
    let fit_of = |name: &String| {
        let at = study.models.iter().position(|model| model.name == *name)?;
        fits.get(at)?.as_ref()
    };
    for comparison in &study.comparisons {
        if let [first, second] = comparison.models.as_slice()
            && let (Some(first), Some(second)) = (fit_of(first), fit_of(second))
        {
            compare(comparison, first, second, rows);
        }
    }
}

/// A difference is printed with either sign, as the paper likes; its size is compared.
fn compare(comparison: &Comparison, first: &Fit, second: &Fit, rows: &mut Vec<CheckedFigure>) {
    let difference = |name: &str| -> Result<f64, String> {
        let (a, b) = first
            .measures
            .get(name)
            .zip(second.measures.get(name))
            .ok_or_else(|| format!("the fits do not both give `{name}`"))?;
        Ok((a - b).abs())
    };
    let chisq = if first.measures.get("chisq.scaled").is_some() || second.measures.get("chisq.scaled").is_some() {
        Err("the difference of scaled chi-squares has no chi-square distribution, and scaled differences are not computed yet"
            .to_owned())
    } else {
        difference("chisq")
    };
    let df = difference("df");
    let p = match (&chisq, &df) {
        (Ok(chisq), Ok(df)) => {
            chi_squared::sf(*chisq, *df).ok_or_else(|| "the models have the same degrees of freedom".to_owned())
        }
        (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
    };
    let registered = [
        ("delta_chisq", &comparison.delta_chisq, chisq),
        ("delta_df", &comparison.delta_df, df),
        ("p", &comparison.p, p),
        ("delta_cfi", &comparison.delta_cfi, difference("cfi")),
        ("delta_tli", &comparison.delta_tli, difference("tli")),
        ("delta_rmsea", &comparison.delta_rmsea, difference("rmsea")),
        ("delta_aic", &comparison.delta_aic, difference("aic")),
    ];
    for (name, figure, obtained) in registered {
        if let Some(figure) = figure {
            let signed = obtained.map(|size| if figure.is_negative() { -size } else { size });
            rows.push(compared(&comparison.name, name, figure, None, signed));
        }
    }
}
