//! Chosen elements of rows.

/// Places in a row, for taking the elements there from one row after another.
#[derive(Debug, Clone, Default)]
pub struct Gather {
    places: Vec<u32>,
    /// One more than the largest place.
    bound: usize,
}

impl Gather {
    /// Elements at these places, in this order.
    ///
    /// # Panics
    /// For a place of 2^32 or more.
    pub fn new(places: impl IntoIterator<Item = usize>) -> Self {
        let places: Vec<u32> =
            places.into_iter().map(|place| u32::try_from(place).expect("a row has fewer than 2^32 elements")).collect();
        let bound = places.iter().max().map_or(0, |&place| place as usize + 1);
        Gather { places, bound }
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no place.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// out_k = row at place k.
    ///
    /// # Panics
    /// Where the row is too short or `out` has another length than the places.
    #[allow(unsafe_code)]
    pub fn take(&self, row: &[f64], out: &mut [f64]) {
        assert!(self.bound <= row.len() && self.places.len() == out.len(), "the places are those of the row");
        for (target, &place) in out.iter_mut().zip(&self.places) {
            // SAFETY: every place is below the bound, which has been compared with the length of the row. Checks of each place would take
            // longer than the rest of the loop.
            *target = unsafe { *row.get_unchecked(place as usize) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_in_the_order_of_the_places() {
        let mut out = [0.0; 4];
        Gather::new([2, 0, 2, 1]).take(&[5.0, 6.0, 7.0], &mut out);
        assert_eq!(out, [7.0, 5.0, 7.0, 6.0]);
        Gather::new([]).take(&[], &mut []);
    }

    #[test]
    #[should_panic(expected = "the places are those of the row")]
    fn a_short_row_is_refused() {
        Gather::new([3]).take(&[1.0, 2.0, 3.0], &mut [0.0]);
    }
}
