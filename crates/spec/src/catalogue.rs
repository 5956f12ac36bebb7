//! The long stories of the diagnostics.

/// All stories, as they stand in the file.
const CATALOGUE: &str = include_str!("catalogue.md");

/// How each story begins; its identifier follows.
const HEADING: &str = "\n## ";

/// The long story of a diagnostic, in Markdown: title, what it means, a wrong and a right example.
pub fn explain(id: &str) -> Option<&'static str> {
    stories().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, story)| story)
}

/// All identifiers, each with its story.
pub fn stories() -> impl Iterator<Item = (&'static str, &'static str)> {
    CATALOGUE.split(HEADING).skip(1).filter_map(|story| Some((story.split_once(':')?.0, story.trim())))
}

#[cfg(test)]
mod tests {
    use super::{explain, stories};
    use crate::parse;

    /// The text of the code block after a word, where the story has one that is checked.
    fn example<'s>(story: &'s str, word: &str) -> Option<&'s str> {
        let (_, rest) = story.split_once(&format!("{word}:\n```lav\n"))?;
        rest.split_once("```").map(|(example, _)| example)
    }

    #[test]
    fn identifiers_are_found_in_either_case() {
        assert!(explain("E0103").is_some_and(|story| story.starts_with("E0103: something that is not an operator")));
        assert_eq!(explain("e0103"), explain("E0103"));
        assert_eq!(explain("E9999"), None);
        assert_eq!(explain("E010"), None);
    }

    #[test]
    fn examples_of_the_text_show_what_their_story_tells() {
        let mut checked = 0;
        for (id, story) in stories().filter(|(id, _)| !id[1..].starts_with("06")) {
            let Some(wrong) = example(story, "Wrong") else {
                continue;
            };
            let ids: Vec<&str> = parse(wrong).diagnostics.iter().map(|diagnostic| diagnostic.id).collect();
            assert_eq!(ids, [id], "{wrong}");
            let right = example(story, "Right").unwrap_or_default();
            assert_eq!(parse(right).diagnostics, [], "{id}: {right}");
            checked += 1;
        }
        assert!(checked > 40, "only {checked} stories have examples");
    }
}
