//! Variable names as small numbers: a table has thousands of rows but few names.

use std::collections::hash_map::Entry;

use compact_str::CompactString;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// A name of a [`Names`] list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(u32);

impl NameId {
    /// The empty name: the right side of an intercept.
    pub(crate) const EMPTY: NameId = NameId(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every name of a model, each once, in order of first appearance.
#[derive(Debug)]
pub(crate) struct Names {
    ids: FxHashMap<CompactString, NameId>,
    texts: Vec<CompactString>,
    /// Whether there is an interaction `a:b` among them.
    any_product: bool,
}

impl Names {
    /// A list with room for so many names.
    pub(crate) fn with_capacity(names: usize) -> Self {
        let ids = FxHashMap::with_capacity_and_hasher(names, FxBuildHasher);
        let mut names = Names { ids, texts: Vec::with_capacity(names), any_product: false };
        names.intern(CompactString::default());
        names
    }

    /// The number of the name, a new one if it is new.
    pub(crate) fn intern(&mut self, text: CompactString) -> NameId {
        match self.ids.entry(text) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                let id = NameId(self.texts.len() as u32);
                self.any_product |= place.key().bytes().any(|byte| byte == b':');
                self.texts.push(place.key().clone());
                *place.insert(id)
            }
        }
    }

    pub(crate) fn find(&self, text: &str) -> Option<NameId> {
        self.ids.get(text).copied()
    }

    pub(crate) fn text(&self, id: NameId) -> &str {
        &self.texts[id.index()]
    }

    /// A copy of its text, which is cheaper than one of the `&str`.
    pub(crate) fn to_compact(&self, id: NameId) -> CompactString {
        self.texts[id.index()].clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The two factors of an interaction `a:b`, as texts.
    pub(crate) fn factors(&self, id: NameId) -> Option<(&str, &str)> {
        self.text(id).split_once(':')
    }

    /// Whether a factor of the interaction `a:b` satisfies the condition; false for other names.
    pub(crate) fn any_factor(&self, id: NameId, condition: impl Fn(NameId) -> bool) -> bool {
        self.any_product
            && self.factors(id).is_some_and(|(left, right)| {
                [left, right].into_iter().filter_map(|name| self.find(name)).any(condition)
            })
    }

    /// Ids of every name, in order of first appearance, without the empty one.
    pub(crate) fn all(&self) -> impl Iterator<Item = NameId> + use<> {
        (1..self.texts.len() as u32).map(NameId)
    }
}
