//! The known name that a mistyped one most likely meant.

/// The nearest of `known`, if it is near enough to be a likely typing error; upper and lower case count as equal.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = name.to_lowercase();
    let allowed = (wanted.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_and_far() {
        let known = ["x1", "x2", "school"];
        assert_eq!(nearest("X1", known).as_deref(), Some("x1"));
        assert_eq!(nearest("shcool", known).as_deref(), Some("school"));
        assert_eq!(nearest("grade", known), None);
    }
}
