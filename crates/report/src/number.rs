//! Numbers as they are printed.

/// Magnitude from which a number is printed with an exponent: wider ones would break the columns.
const WIDE: f64 = 1e9;
/// Below this standard error three decimals say nothing any more.
const FINE: f64 = 0.0005;

/// How the numbers of one row in the units of the data (estimate, standard error, interval) are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Three decimals.
    Decimals,
    /// Four significant digits with an exponent.
    Exponent,
}

impl Precision {
    /// The precision that shows the digits of an estimate with this standard error.
    pub(crate) fn of(estimate: f64, standard_error: Option<f64>) -> Self {
        let fine = match standard_error {
            Some(se) => se > 0.0 && se < FINE,
            None => estimate != 0.0 && estimate.abs() < FINE,
        };
        if fine || estimate.abs() >= WIDE { Precision::Exponent } else { Precision::Decimals }
    }

    /// A number in this precision.
    pub(crate) fn print(self, value: f64) -> String {
        match self {
            Precision::Decimals => decimals(value, 3),
            Precision::Exponent if value == 0.0 => "0".to_owned(),
            Precision::Exponent => format!("{value:.3e}"),
        }
    }
}

/// A number with a fixed count of decimals; never a negative zero, and with an exponent where it would be too wide.
pub(crate) fn decimals(value: f64, count: usize) -> String {
    if !value.is_finite() {
        return String::new();
    }
    if value.abs() >= WIDE {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.count$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| b == b'0' || b == b'.') => digits.to_owned(),
        _ => text,
    }
}

/// A p-value with three decimals, `<0.001` where these would be zeros.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.0005 { "<0.001".to_owned() } else { decimals(p, 3) }
}

/// Degrees of freedom: whole, or with three decimals where an adjustment made them fractional.
pub(crate) fn degrees(df: f64) -> String {
    if df == df.round() { decimals(df, 0) } else { decimals(df, 3) }
}

/// A count with its noun in the right number.
pub(crate) fn counted(count: usize, singular: &str, plural: &str) -> String {
    format!("{count} {}", if count == 1 { singular } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(decimals(-0.0001, 3), "0.000");
        assert_eq!(decimals(-0.0005001, 3), "-0.001");
    }

    #[test]
    fn small_units_keep_their_digits() {
        let precision = Precision::of(0.000_123_4, Some(0.000_02));
        assert_eq!(precision.print(0.000_123_4), "1.234e-4");
        assert_eq!(Precision::of(0.0, None).print(0.0), "0.000");
        assert_eq!(Precision::of(0.0001, Some(0.2)).print(0.0001), "0.000");
    }

    #[test]
    fn p_values_are_never_zero() {
        assert_eq!(p_value(0.000_49), "<0.001");
        assert_eq!(p_value(0.000_51), "0.001");
        assert_eq!(p_value(1.0), "1.000");
    }

    #[test]
    fn degrees_of_freedom_are_whole_where_they_can_be() {
        assert_eq!(degrees(24.0), "24");
        assert_eq!(degrees(19.95), "19.950");
    }
}
