//! Options whose value may be left out: `--std-lv`, `--std-lv false`, `--std-lv=false`; `--modindices`, `--modindices 10`.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::CommandFactory;

use crate::arguments::Arguments;

/// The arguments with such an option and its value joined by `=`, so that a word that cannot be its value, such as the
/// model file after `--std-lv`, is never taken for it.
pub(crate) fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = arguments.into_iter().collect();
    if joined.iter().filter(|word| is_bare_option(word)).count() == 0 {
        return joined;
    }
    let optional = optional_values();
    let mut at = 1;
    while at < joined.len() {
        if joined[at] == "--" {
            break;
        }
        let values = joined[at].to_str().and_then(|name| optional.get(name));
        let next = joined.get(at + 1).and_then(|word| word.to_str());
        if let (Some(values), Some(next)) = (values, next)
            && (values.iter().any(|value| value.eq_ignore_ascii_case(next))
                || values.is_empty() && next.parse::<f64>().is_ok())
        {
            let value = joined.remove(at + 1);
            joined[at].push("=");
            joined[at].push(value);
        }
        at += 1;
    }
    joined
}

fn is_bare_option(word: &OsString) -> bool {
    word.to_str().is_some_and(|word| word.starts_with("--") && !word.contains('='))
}

/// The options whose value is optional, with the values that they take; none where it is a number.
fn optional_values() -> BTreeMap<String, Vec<String>> {
    let command = Arguments::command();
    command
        .get_subcommands()
        .flat_map(|command| command.get_arguments())
        .filter(|argument| argument.is_require_equals_set())
        .filter_map(|argument| {
            let values = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
            Some((format!("--{}", argument.get_long()?), values))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::joined;
    use std::ffi::OsString;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_value_is_joined_and_a_file_is_not() {
        assert_eq!(
            joined(words("latva fit --std-lv model.lav --orthogonal FALSE --modindices 10 --fixed-x=true")),
            words("latva fit --std-lv model.lav --orthogonal=FALSE --modindices=10 --fixed-x=true")
        );
    }

    #[test]
    fn what_follows_two_dashes_is_left_alone() {
        assert_eq!(joined(words("latva fit -- --std-lv false")), words("latva fit -- --std-lv false"));
    }
}
