//! Where matrices of second derivatives are added up.

use ndarray::Array2;

/// The upper triangle of a sum of q x q matrices; what stands below the diagonal has no meaning.
///
/// Numbers of an earlier sum are cleared only when something is added that needs zeros: what is first and reaches the whole triangle takes their place,
/// and neither are they written twice nor read.
#[derive(Debug)]
pub(crate) struct UpperSum<'a> {
    matrix: &'a mut Array2<f64>,
    state: State,
}

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Those of another sum: they count for zeros.
    Foreign,
    /// Those of this sum, but for what is kept apart and comes in the place of the numbers that are there.
    Partial,
    /// Those of this sum.
    Own,
}

impl<'a> UpperSum<'a> {
    /// The sum of nothing, q x q, in the place of a matrix.
    pub(crate) fn new(matrix: &'a mut Array2<f64>, q: usize) -> Self {
        let state = if matrix.dim() == (q, q) {
            State::Foreign
        } else {
            *matrix = Array2::zeros((q, q));
            State::Own
        };
        UpperSum { matrix, state }
    }

    /// q.
    pub(super) fn order(&self) -> usize {
        self.matrix.nrows()
    }

    /// Whether what is added next, which reaches the whole triangle, is to replace the numbers that are there. What of it is kept apart has to come in
    /// by [`UpperSum::settle`].
    pub(super) fn replace(&mut self) -> bool {
        let replace = self.state == State::Foreign;
        if replace {
            self.state = State::Partial;
        }
        replace
    }

    /// For what was kept apart: whether it is to replace the numbers that are there. It has to come in then.
    pub(super) fn settle(&mut self) -> bool {
        let replace = self.state == State::Partial;
        if replace {
            self.state = State::Own;
        }
        replace
    }

    /// Whether there are numbers that what is kept apart will replace.
    pub(super) fn is_partial(&self) -> bool {
        self.state == State::Partial
    }

    /// The matrix, for more to be added but where something is kept apart.
    pub(super) fn around_what_is_apart(&mut self) -> &mut Array2<f64> {
        if self.state == State::Foreign {
            self.matrix.fill(0.0);
            self.state = State::Own;
        }
        self.matrix
    }

    /// The matrix, for more to be added.
    ///
    /// # Panics
    /// While something is kept apart.
    pub(super) fn matrix(&mut self) -> &mut Array2<f64> {
        assert!(!self.is_partial(), "what is kept apart has come in");
        self.around_what_is_apart()
    }
}
