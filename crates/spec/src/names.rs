//! Names: reserved words, and the nearest known one to a misspelt one.

/// Whether R reserves the word; lavaan accepts none of these as a name, as its models are R formulas.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "NA" | "NaN"
            | "Inf"
            | "TRUE"
            | "FALSE"
            | "NULL"
            | "NA_integer_"
            | "NA_real_"
            | "NA_complex_"
            | "NA_character_"
            | "if"
            | "else"
            | "repeat"
            | "while"
            | "function"
            | "for"
            | "in"
            | "next"
            | "break"
    )
}

/// Longer names are not compared: the comparison takes time in the square of the length.
const LONGEST: usize = 60;

/// The candidate that is most like `name`, where one is alike enough to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if length > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.len() > LONGEST + 2 {
            continue;
        }
        // One slip in a short name, two in a longer one; other capitals count as no slip at all.
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        let allowed = if length.max(candidate.chars().count()) <= 4 { 1 } else { 2 };
        if distance <= allowed && distance < length && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Whether it is an automatic label of the table: `.p1.`, `.p2.`, ...
pub(crate) fn is_plabel(name: &str) -> bool {
    let number = name.strip_prefix(".p").and_then(|rest| rest.strip_suffix('.'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
