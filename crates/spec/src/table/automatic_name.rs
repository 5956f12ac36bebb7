//! The names that parameters have without labels: `f=~x2`, `x1~~x1.g2`, `x3~1`.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::draft::Draft;
use super::names::Names;
use super::row::Op;

/// The automatic names of all rows. They are made when first asked for: few models use them.
#[derive(Default)]
pub(crate) struct AutomaticNames {
    rows: Option<FxHashMap<String, usize>>,
}

impl AutomaticNames {
    /// The row with the name. A covariance answers to both orders of its variables.
    pub(crate) fn find(&mut self, text: &str, drafts: &[Draft], names: &Names) -> Option<usize> {
        self.rows(drafts, names).get(text).copied()
    }

    /// Whether the name is that of the row itself.
    pub(crate) fn is_row(&mut self, text: &str, row: usize, drafts: &[Draft], names: &Names) -> bool {
        self.find(text, drafts, names) == Some(row)
    }

    /// All names, in the order of the rows.
    pub(crate) fn texts<'a>(&'a mut self, drafts: &[Draft], names: &Names) -> Vec<&'a str> {
        let mut texts: Vec<(&str, usize)> =
            self.rows(drafts, names).iter().map(|(text, &row)| (text.as_str(), row)).collect();
        texts.sort_unstable_by_key(|&(text, row)| (row, text));
        texts.into_iter().map(|(text, _)| text).collect()
    }

    fn rows(&mut self, drafts: &[Draft], names: &Names) -> &FxHashMap<String, usize> {
        self.rows.get_or_insert_with(|| {
            let mut rows = FxHashMap::with_capacity_and_hasher(drafts.len(), FxBuildHasher);
            for (index, draft) in drafts.iter().enumerate() {
                let (lhs, rhs) = (names.text(draft.lhs), names.text(draft.rhs));
                rows.entry(name(lhs, draft, rhs)).or_insert(index);
                if draft.op == Op::Covariance && lhs != rhs {
                    rows.entry(name(rhs, draft, lhs)).or_insert(index);
                }
            }
            rows
        })
    }
}

fn name(lhs: &str, draft: &Draft, rhs: &str) -> String {
    let mut text = format!("{lhs}{}{rhs}", draft.op.as_str());
    if draft.group > 1 {
        text.push_str(&format!(".g{}", draft.group));
    }
    if draft.level > 1 {
        text.push_str(&format!(".l{}", draft.level));
    }
    text
}
