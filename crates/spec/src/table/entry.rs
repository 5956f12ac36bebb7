//! The user's formulas, one entry for each parameter that they name.

use compact_str::CompactString;

use super::names::NameId;
use super::row::Op;
use crate::Span;

/// What a modifier says about the value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    /// A number: fixed there.
    Fixed(f64),
    /// `NA`: free.
    Free,
}

/// A label as the user gave it. Labels are the same whose texts are, wherever they stand.
#[derive(Debug, Clone)]
pub(crate) struct LabelText {
    pub(crate) text: CompactString,
    /// Whether it was given by `equal()`, so that it must name another parameter.
    pub(crate) equal: bool,
    pub(crate) span: Option<Span>,
}

impl PartialEq for LabelText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.equal == other.equal
    }
}

/// The elements of a modifier: one for all groups, or one for each group. `None`: nothing said about that group.
pub(crate) type PerGroup<T> = Vec<Option<T>>;

/// What the modifiers of an entry say; empty where nothing is said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Modifiers {
    pub(crate) value: PerGroup<Value>,
    pub(crate) start: PerGroup<f64>,
    pub(crate) lower: PerGroup<f64>,
    pub(crate) upper: PerGroup<f64>,
    pub(crate) label: PerGroup<LabelText>,
    /// The block of an `efa("block")*` factor.
    pub(crate) efa: Option<CompactString>,
}

impl Modifiers {
    /// Nothing is said.
    pub(crate) const NONE: Modifiers = Modifiers {
        value: Vec::new(),
        start: Vec::new(),
        lower: Vec::new(),
        upper: Vec::new(),
        label: Vec::new(),
        efa: None,
    };

    /// The element for a group that counts from 0: a single element holds for every group.
    pub(crate) fn element<T>(elements: &PerGroup<T>, group: usize) -> Option<&T> {
        if elements.len() == 1 { elements[0].as_ref() } else { elements.get(group).and_then(Option::as_ref) }
    }
}

/// One parameter that a formula of the user names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) lhs: NameId,
    pub(crate) op: Op,
    pub(crate) rhs: NameId,
    /// `None` where it has no modifiers, as most.
    pub(crate) modifiers: Option<Box<Modifiers>>,
    /// The name on the left side.
    pub(crate) lhs_span: Span,
    /// The name on the right side.
    pub(crate) rhs_span: Span,
    /// The term on the right side, with its modifiers.
    pub(crate) span: Span,
}

impl Entry {
    /// The block of an `efa("block")*` factor.
    pub(crate) fn efa(&self) -> Option<&str> {
        self.modifiers.as_ref()?.efa.as_deref()
    }
}

/// The entries of one group x level combination.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntryBlock {
    /// Group number from 1; 0 when the formulas hold for every group.
    pub(crate) group: usize,
    /// Level number from 1; 1 without levels.
    pub(crate) level: usize,
    pub(crate) entries: Vec<Entry>,
}
