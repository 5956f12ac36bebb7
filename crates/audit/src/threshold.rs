//! Conventional limits that conclusions hang on.

use crate::interval::Interval;

/// The limits that are commonly cited for a figure.
fn limits(figure: &str) -> &'static [f64] {
    match figure {
        "CFI" | "TLI" | "IFI" | "NFI" | "RFI" | "GFI" => &[0.90, 0.95],
        "RMSEA" => &[0.05, 0.06, 0.08, 0.10],
        "p" => &[0.05],
        "CR" | "alpha" => &[0.70],
        "AVE" => &[0.50],
        "chi-square/df" => &[2.0, 3.0, 5.0],
        _ => &[],
    }
}

/// The limit that the printed and the recomputed value lie on different sides of, in words.
pub fn crossed(figure: &str, printed: Interval, recomputed: Interval) -> Option<String> {
    limits(figure).iter().find_map(|limit| {
        let text = format!("{limit:.2}").trim_start_matches('0').to_owned();
        if printed.hi() <= *limit && recomputed.lo() > *limit {
            Some(format!("printed on the lower side of {text}, recomputed above it"))
        } else if printed.lo() >= *limit && recomputed.hi() < *limit {
            Some(format!("printed on the upper side of {text}, recomputed below it"))
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_between_the_two_is_told() {
        let told = crossed("RMSEA", Interval::new(0.045, 0.0499), Interval::new(0.071, 0.073));
        assert_eq!(told.as_deref(), Some("printed on the lower side of .05, recomputed above it"));
        assert_eq!(crossed("CFI", Interval::new(0.955, 0.965), Interval::new(0.97, 0.98)), None);
    }
}
