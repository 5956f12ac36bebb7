//! Whether an iteration still gets anywhere.

/// Iterations between two looks.
const INTERVAL: usize = 50;
/// Decrease of F from one look to the next that counts as progress, relative to 1 + |F|.
const DECREASE: f64 = 1e-4;

/// Compares the state of an iteration with that of some time before.
#[derive(Default)]
pub(super) struct Progress {
    iterations: usize,
    before: Option<(f64, f64)>,
}

impl Progress {
    /// To be told of each iteration; `true` when since the last look F (or the merit) hardly fell and the decrement did not
    /// halve: F has no minimum that the iteration nears, or it is so flat that rounding hides it.
    pub(super) fn stalled(&mut self, value: f64, decrement: f64) -> bool {
        self.iterations += 1;
        if !self.iterations.is_multiple_of(INTERVAL) {
            return false;
        }
        let stalled = self.before.is_some_and(|(value_before, decrement_before)| {
            value > value_before - DECREASE * (1.0 + value.abs()) && decrement > 0.5 * decrement_before
        });
        self.before = Some((value, decrement));
        stalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_but_steady_is_progress() {
        let mut progress = Progress::default();
        assert!((0..500).all(|k| !progress.stalled(1.0 / f64::from(k + 1), 0.98_f64.powi(k))));
        let mut progress = Progress::default();
        assert!((0..200).any(|k| progress.stalled(1.0 + 1e-9 / f64::from(k + 1), 1e-4)));
    }
}
