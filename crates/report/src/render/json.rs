//! JSON.

use serde::Serialize;

/// Indented JSON, ending in a newline. A number that is not finite becomes `null`.
pub(crate) fn render(value: &impl Serialize) -> String {
    // The report types have string keys and no fallible parts, so that serialising them cannot fail.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
