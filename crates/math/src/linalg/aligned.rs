//! Numbers that begin with a line of the processor's cache.

use std::ops::{Deref, DerefMut};

use ndarray::{Array1, Array2, s};

/// Bytes of a line.
const LINE: usize = 64;
/// Numbers that fill one.
const NUMBERS: usize = LINE / size_of::<f64>();

/// Numbers of which the first stands at the begin of a line of the cache: no vector of a matrix whose rows are whole vectors then lies across two lines,
/// which would take twice the time to read.
#[derive(Debug, Default)]
pub(super) struct Aligned {
    room: Vec<f64>,
    first: usize,
    len: usize,
}

impl Aligned {
    /// Zeros.
    pub(super) fn zeros(len: usize) -> Self {
        let room = vec![0.0; len + NUMBERS - 1];
        let first = room.as_ptr().align_offset(LINE).min(NUMBERS - 1);
        Aligned { room, first, len }
    }

    /// So many numbers: those that are there if that is how many they are, else zeros.
    pub(super) fn resize(&mut self, len: usize) {
        if self.len != len {
            *self = Self::zeros(len);
        }
    }
}

/// A matrix of zeros, of which the first number stands at the begin of a line of the cache; not so that of a clone.
pub fn aligned_zeros(dim: (usize, usize)) -> Array2<f64> {
    let Aligned { room, first, len } = Aligned::zeros(dim.0 * dim.1);
    let numbers = Array1::from(room).slice_move(s![first..first + len]);
    numbers.into_shape_with_order(dim).expect("as many numbers")
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        let mut clone = Self::zeros(self.len);
        clone.copy_from_slice(self);
        clone
    }
}

impl Deref for Aligned {
    type Target = [f64];

    #[inline(always)]
    fn deref(&self) -> &[f64] {
        &self.room[self.first..][..self.len]
    }
}

impl DerefMut for Aligned {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.room[self.first..][..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_with_a_line_in_a_copy_too() {
        let mut all: Vec<Aligned> = [0, 1, 7, 8, 100].map(Aligned::zeros).into();
        for (place, numbers) in all.iter_mut().enumerate() {
            numbers.iter_mut().enumerate().for_each(|(i, number)| *number = (i + place) as f64);
        }
        for numbers in &all {
            let copy = numbers.clone();
            assert_eq!(copy[..], numbers[..]);
            for own in [&copy, numbers].into_iter().filter(|own| !own.is_empty()) {
                assert_eq!(own.as_ptr().addr() % LINE, 0);
            }
        }
        let mut matrix = aligned_zeros((3, 8));
        assert_eq!(matrix.as_ptr().addr() % LINE, 0);
        matrix[[2, 7]] = 1.0;
        assert_eq!((matrix.sum(), matrix.as_slice().map(<[f64]>::len)), (1.0, Some(24)));
        assert_eq!(matrix.clone(), matrix);
        all[4].resize(100);
        assert_eq!(all[4][99], 103.0);
        all[4].resize(3);
        assert_eq!(all[4][..], [0.0; 3]);
    }
}
