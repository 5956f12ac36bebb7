//! Seconds in words, for the programs that measure.

/// Seconds with a unit, three digits.
pub fn written(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.3} ms", 1e3 * s),
        s if s < 1.0 => format!("{:.1} ms", 1e3 * s),
        s => format!("{s:.2} s"),
    }
}
