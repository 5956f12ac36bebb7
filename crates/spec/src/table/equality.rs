//! Which rows are the same parameter: equal labels, `equal()` and `group.equal`.

use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};

use super::automatic_name::AutomaticNames;
use super::draft::Draft;
use super::names::{NameId, Names};
use super::options::EqualityGroup;
use super::roles::Roles;
use super::row::Op;
use super::switches::Switches;
use crate::names::nearest;
use crate::{Diagnostic, Span};

/// A label that the user gave to a row.
#[derive(Debug, Clone)]
pub(crate) struct GivenLabel {
    /// Index of the row.
    pub(crate) row: usize,
    /// Whether it was given by `equal()`.
    pub(crate) equal: bool,
    pub(crate) span: Option<Span>,
}

/// Two rows that are held equal, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tie {
    pub(crate) first: usize,
    pub(crate) second: usize,
}

/// What the search for equal rows needs.
pub(crate) struct Equalities<'a> {
    pub(crate) names: &'a Names,
    pub(crate) switches: &'a Switches,
    pub(crate) group_partial: &'a [String],
    /// Roles of the blocks of the first group, by level.
    pub(crate) first_group: Vec<&'a Roles>,
    pub(crate) given: &'a [GivenLabel],
}

impl Equalities<'_> {
    /// Ties equal rows. Rows of which one is fixed become fixed at its value, the others get a label in common.
    pub(crate) fn tie(
        &self,
        drafts: &mut [Draft],
        automatic: &mut AutomaticNames,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Tie> {
        if self.given.is_empty() && !self.switches.has_group_equal() {
            return Vec::new();
        }
        let mut classes = Classes::default();
        let references = self.label_references(drafts, automatic, diagnostics);
        let counterparts = self.counterparts(drafts, automatic, diagnostics);
        for index in 0..drafts.len() {
            let class = match (references.get(&index), counterparts.get(&index)) {
                (Some(&row), _) => classes.of_row(row, drafts),
                (None, _) if !drafts[index].label.is_empty() => classes.of_label(&drafts[index].label),
                (None, Some(&row)) => classes.of_row(row, drafts),
                (None, None) => continue,
            };
            classes.members[class].push(index);
        }
        let mut shared: Vec<Vec<usize>> = classes
            .members
            .into_iter()
            .filter_map(|mut members| {
                members.sort_unstable();
                members.dedup();
                (members.len() > 1).then_some(members)
            })
            .collect();
        // lavaan lists the classes by their second member.
        shared.sort_by_key(|members| members[1]);
        let mut ties = Vec::new();
        for members in &shared {
            self.tie_class(members, drafts, &mut ties, diagnostics);
        }
        ties
    }

    fn tie_class(
        &self,
        members: &[usize],
        drafts: &mut [Draft],
        ties: &mut Vec<Tie>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let tightest = |bounds: Vec<f64>, pick: fn(f64, f64) -> f64| bounds.into_iter().reduce(pick);
        let lower = tightest(members.iter().filter_map(|&row| drafts[row].lower).collect(), f64::max);
        let upper = tightest(members.iter().filter_map(|&row| drafts[row].upper).collect(), f64::min);
        let fixed: Vec<usize> = members.iter().copied().filter(|&row| !drafts[row].free).collect();
        if let Some(&first) = fixed.first() {
            let value = drafts[first].ustart;
            if let Some(&other) = fixed.iter().find(|&&row| drafts[row].ustart != value) {
                let diagnostic = Diagnostic::warning(
                    "W0610",
                    format!(
                        "`{}` is one parameter that is fixed at two values; the first one holds",
                        self.describe(&drafts[first])
                    ),
                )
                .at_option(drafts[other].span, "fixed at another value");
                diagnostics.push(match drafts[first].span {
                    Some(span) => diagnostic.related(span, "the value that holds"),
                    None => diagnostic,
                });
            }
            for &row in members {
                drafts[row].free = false;
                drafts[row].ustart = value;
            }
            return;
        }
        let reference = members[0];
        for &row in members {
            drafts[row].lower = lower;
            drafts[row].upper = upper;
            if drafts[row].label.is_empty() {
                drafts[row].label = plabel(reference);
            }
        }
        ties.extend(members[1..].iter().map(|&row| Tie { first: reference, second: row }));
    }

    fn describe(&self, draft: &Draft) -> String {
        if draft.label.is_empty() {
            format!("{} {} {}", self.names.text(draft.lhs), draft.op.as_str(), self.names.text(draft.rhs))
        } else {
            draft.label.to_string()
        }
    }

    /// For labels that are automatic names of other parameters: the row that they mean.
    fn label_references(
        &self,
        drafts: &mut [Draft],
        automatic: &mut AutomaticNames,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> FxHashMap<usize, usize> {
        let mut references = FxHashMap::default();
        for given in self.given {
            let text = drafts[given.row].label.clone();
            let is_name = text.contains(['~', '|', '%']);
            if !is_name && !given.equal {
                continue;
            }
            let target =
                is_name.then(|| automatic.find(&text, drafts, self.names)).flatten().filter(|&row| row != given.row);
            match target {
                Some(row) if drafts[row].label.is_empty() => {
                    references.insert(given.row, row);
                }
                // The other parameter has a label of its own: that is what joins them.
                Some(row) => drafts[given.row].label = drafts[row].label.clone(),
                None if given.equal => {
                    let known = drafts.iter().enumerate().any(|(row, draft)| row != given.row && draft.label == text);
                    if !known && !automatic.is_row(&text, given.row, drafts, self.names) {
                        diagnostics.push(self.equal_to_nothing(&text, given, automatic, drafts));
                    }
                }
                None => {}
            }
        }
        references
    }

    fn equal_to_nothing(
        &self,
        text: &str,
        given: &GivenLabel,
        automatic: &mut AutomaticNames,
        drafts: &[Draft],
    ) -> Diagnostic {
        let diagnostic = Diagnostic::error("E0609", format!("there is no parameter `{text}` to be equal to"))
            .at_option(given.span, "no parameter has this name");
        match nearest(text, automatic.texts(drafts, self.names)) {
            Some(near) => diagnostic.hint(format!("did you mean `equal(\"{near}\")`?")),
            None => diagnostic
                .hint("a parameter is named by its left side, operator and right side, as in `equal(\"f=~x2\")`"),
        }
    }

    /// For rows of later groups that `group.equal` holds equal: the row of the first group.
    fn counterparts(
        &self,
        drafts: &[Draft],
        automatic: &mut AutomaticNames,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> FxHashMap<usize, usize> {
        let mut counterparts = FxHashMap::default();
        if !self.switches.has_group_equal() || drafts.iter().all(|draft| draft.group <= 1) {
            return counterparts;
        }
        let partial = self.partial_rows(drafts, automatic, diagnostics);
        let key = |draft: &Draft| (draft.lhs, draft.op, draft.rhs, draft.level);
        let equal: FxHashMap<(NameId, Op, NameId, usize), usize> = drafts
            .iter()
            .enumerate()
            .filter(|(row, draft)| draft.group == 1 && self.is_held_equal(draft) && !partial.contains(row))
            .map(|(row, draft)| (key(draft), row))
            .collect();
        for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.group > 1) {
            if let Some(&row) = equal.get(&key(draft)) {
                counterparts.insert(index, row);
            }
        }
        counterparts
    }

    fn partial_rows(
        &self,
        drafts: &[Draft],
        automatic: &mut AutomaticNames,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> FxHashSet<usize> {
        let mut rows = FxHashSet::default();
        for name in self.group_partial {
            let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
            match automatic.find(&name, drafts, self.names) {
                Some(row) => {
                    rows.insert(row);
                }
                None => {
                    let mut diagnostic = Diagnostic::error(
                        "E0608",
                        format!("`group.partial` names `{name}`, but the model has no such parameter"),
                    );
                    if let Some(near) = nearest(&name, automatic.texts(drafts, self.names)) {
                        diagnostic = diagnostic.hint(format!("did you mean `{near}`?"));
                    }
                    diagnostics.push(diagnostic.hint("names are written as in `f=~x2`, `x3~1` or `x1~~x2`"));
                }
            }
        }
        rows
    }

    /// Whether `group.equal` names the set to which a row of the first group belongs.
    fn is_held_equal(&self, draft: &Draft) -> bool {
        let Some(roles) = self.first_group.get(draft.level.saturating_sub(1)) else {
            return false;
        };
        let set = match draft.op {
            Op::Loading => EqualityGroup::Loadings,
            Op::Composite => EqualityGroup::CompositeLoadings,
            Op::Regression => EqualityGroup::Regressions,
            Op::Threshold if roles.is_ordered(draft.lhs) => EqualityGroup::Thresholds,
            Op::Intercept if roles.is_latent(draft.lhs) => EqualityGroup::Means,
            Op::Intercept if !roles.is_exogenous(draft.lhs) => EqualityGroup::Intercepts,
            Op::Covariance if roles.is_latent(draft.lhs) && draft.lhs == draft.rhs => EqualityGroup::LvVariances,
            Op::Covariance if roles.is_latent(draft.lhs) => EqualityGroup::LvCovariances,
            Op::Covariance if roles.is_exogenous(draft.lhs) => return false,
            Op::Covariance if draft.lhs == draft.rhs => EqualityGroup::Residuals,
            Op::Covariance => EqualityGroup::ResidualCovariances,
            _ => return false,
        };
        self.switches.equal(set)
    }
}

/// Sets of rows, by label or by the unlabelled row that they are equal to.
#[derive(Default)]
struct Classes {
    members: Vec<Vec<usize>>,
    labels: FxHashMap<CompactString, usize>,
    rows: FxHashMap<usize, usize>,
}

impl Classes {
    fn of_label(&mut self, label: &CompactString) -> usize {
        if let Some(&class) = self.labels.get(label) {
            return class;
        }
        self.members.push(Vec::new());
        self.labels.insert(label.clone(), self.members.len() - 1);
        self.members.len() - 1
    }

    /// The class of the rows that are named like this one; it is a member itself unless it has a label.
    fn of_row(&mut self, row: usize, drafts: &[Draft]) -> usize {
        if let Some(&class) = self.rows.get(&row) {
            return class;
        }
        self.members.push(if drafts[row].label.is_empty() { vec![row] } else { Vec::new() });
        self.rows.insert(row, self.members.len() - 1);
        self.members.len() - 1
    }
}

/// The automatic label of a row, by its index. Every row has one: the digits are written without the formatter.
pub(crate) fn plabel(index: usize) -> CompactString {
    let mut text = [b'.'; 24];
    let mut first = text.len() - 1;
    let mut rest = index + 1;
    while rest > 0 {
        first -= 1;
        text[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text[first - 1] = b'p';
    std::str::from_utf8(&text[first - 2..]).expect("digits and letters are ASCII").into()
}

/// The index of the row that an automatic label names.
pub(crate) fn plabel_index(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(".p")?.strip_suffix('.')?;
    let number: usize = digits.parse().ok()?;
    (!digits.starts_with(['0', '+'])).then(|| number - 1)
}
