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

    /// Appends the elements of a row at the places to `out`.
    ///
    /// # Panics
    /// Where the row is too short.
    pub fn append(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(self.elements(row));
    }

    /// As [`Gather::append`], each element times the factor of its place.
    ///
    /// # Panics
    /// Where the row is too short or there are not as many factors as places.
    pub fn append_multiples(&self, row: &[f64], factors: &[f64], out: &mut Vec<f64>) {
        assert_eq!(factors.len(), self.places.len(), "a factor for each place");
        out.extend(self.elements(row).zip(factors).map(|(element, factor)| element * factor));
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn elements<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        assert!(self.bound <= row.len(), "the places are those of the row");
        // SAFETY: every place is below the bound, which has been compared with the length of the row. Checks of each place would take
        // longer than the rest of the loop.
        self.places.iter().map(move |&place| unsafe { *row.get_unchecked(place as usize) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_in_the_order_of_the_places() {
        let mut out = Vec::new();
        let places = Gather::new([2, 0, 2, 1]);
        places.append(&[5.0, 6.0, 7.0], &mut out);
        places.append_multiples(&[5.0, 6.0, 7.0], &[1.0, 2.0, 3.0, 4.0], &mut out);
        Gather::new([]).append(&[], &mut out);
        assert_eq!(out, [7.0, 5.0, 7.0, 6.0, 7.0, 10.0, 21.0, 24.0]);
    }

    #[test]
    #[should_panic(expected = "the places are those of the row")]
    fn a_short_row_is_refused() {
        Gather::new([3]).append(&[1.0, 2.0, 3.0], &mut Vec::new());
    }
}
