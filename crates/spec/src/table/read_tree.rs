//! From the syntax tree to the entries: blocks are told apart, left sides multiplied out, repeated terms merged.

use std::collections::hash_map::Entry as Place;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::TableContext;
use super::entry::{Entry, EntryBlock, LabelText, Modifiers, PerGroup, Value};
use super::names::{NameId, Names};
use super::row::Op;
use crate::tree::{ElementValue, Formula, Header, HeaderKind, Item, Model, Modifier, ModifierRole, Target, Term};
use crate::{Diagnostic, Span};

/// The user's part of the table.
pub(crate) struct Entries {
    pub(crate) names: Names,
    /// By group, then level; one block without a group when the text has no `group:` header.
    pub(crate) blocks: Vec<EntryBlock>,
    /// Whether the text has `group:` headers.
    pub(crate) grouped: bool,
    /// Number of levels; 1 without `level:` headers.
    pub(crate) n_levels: usize,
}

/// Reads the formulas of a tree. Findings are added to `diagnostics`.
pub(crate) fn entries(model: &Model, context: &TableContext, diagnostics: &mut Vec<Diagnostic>) -> Entries {
    let formulas = || {
        model.items.iter().filter_map(|item| match item {
            Item::Formula(formula) => Some(formula),
            _ => None,
        })
    };
    let terms: usize = formulas().map(|formula| formula.lhs.len() * formula.rhs.len()).sum();
    // Beside those of the formulas the empty name and two for the weights of groups.
    let names: usize = formulas().map(|formula| formula.lhs.len() + formula.rhs.len()).sum::<usize>() + 3;
    let mut reader = Reader {
        names: Names::with_capacity(names),
        blocks: Vec::new(),
        seen: FxHashMap::with_capacity_and_hasher(terms, FxBuildHasher),
        n_groups: context.groups.len().max(1),
        diagnostics,
    };
    let headers: Vec<&Header> = model
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Header(header) => Some(header),
            _ => None,
        })
        .collect();
    let groups = reader.group_numbers(&headers, context);
    let levels = reader.level_numbers(&headers);
    let grouped = headers.iter().any(|header| header.kind == HeaderKind::Group);
    let n_levels = levels.len().max(1);
    let levelled = !levels.is_empty();

    let (mut group, mut level) = (0, usize::from(!levelled));
    let mut current = (!grouped && !levelled).then(|| reader.block(0, 1));
    if let Some(block) = current {
        reader.blocks[block].entries.reserve_exact(terms);
    }
    for item in &model.items {
        match item {
            Item::Header(header) => {
                match header.kind {
                    HeaderKind::Group => {
                        group = groups.get(header.label.as_str()).copied().unwrap_or(0);
                        level = usize::from(!levelled);
                    }
                    HeaderKind::Level => level = levels.get(header.label.as_str()).copied().unwrap_or(0),
                    HeaderKind::Block | HeaderKind::Class => reader.diagnostics.push(
                        Diagnostic::error("E0615", format!("`{}:` headers are not supported", header.kind.as_str()))
                            .at(header.span, "this header")
                            .hint("write `group:` for groups and `level:` for levels"),
                    ),
                }
                current = ((!grouped || group > 0) && level > 0).then(|| reader.block(group, level));
            }
            Item::Formula(formula) => match current {
                Some(block) => reader.formula(block, formula, grouped),
                None => reader.outside(formula, grouped, group),
            },
            Item::Constraint(_) | Item::Definition(_) => {}
        }
    }
    reader.blocks.retain(|block| !block.entries.is_empty());
    reader.blocks.sort_by_key(|block| (block.group, block.level));
    if reader.blocks.is_empty() {
        reader.blocks.push(EntryBlock { group: 0, level: 1, entries: Vec::new() });
    }
    Entries { names: reader.names, blocks: reader.blocks, grouped, n_levels }
}

struct Reader<'a> {
    names: Names,
    blocks: Vec<EntryBlock>,
    /// Where a parameter of a block was written first.
    seen: FxHashMap<(usize, NameId, Op, NameId), usize>,
    n_groups: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The index of the block of a group and level, which is opened if it is new.
    fn block(&mut self, group: usize, level: usize) -> usize {
        let found = self.blocks.iter().position(|block| block.group == group && block.level == level);
        found.unwrap_or_else(|| {
            self.blocks.push(EntryBlock { group, level, entries: Vec::new() });
            self.blocks.len() - 1
        })
    }

    /// Group numbers by the labels of the `group:` headers.
    fn group_numbers<'m>(&mut self, headers: &[&'m Header], context: &TableContext) -> FxHashMap<&'m str, usize> {
        let labels = distinct(headers, HeaderKind::Group);
        let Some(&first) = labels.first() else {
            return FxHashMap::default();
        };
        let mut numbers = FxHashMap::default();
        if labels.len() != self.n_groups {
            let (have, want) = (labels.len(), self.n_groups);
            let message = if want == 1 {
                format!("the model is written for {}, but there is only one group", plural(have, "group"))
            } else {
                format!("the model is written for {}, but there are {want} groups", plural(have, "group"))
            };
            let mut diagnostic = Diagnostic::error("E0612", message).at(first.span, "the first group");
            diagnostic = if want == 1 {
                diagnostic
                    .hint("name the variable that holds the groups with `--group`, or take the `group:` headers out")
            } else {
                diagnostic.hint(format!("write a block for each of: {}", context.groups.join(", ")))
            };
            self.diagnostics.push(diagnostic);
            // The table is still built, with the groups that the text has, so that further findings are true ones.
            self.n_groups = labels.len();
        } else if labels.iter().all(|header| context.groups.contains(&header.label)) {
            for header in labels {
                let number = context.groups.iter().position(|group| *group == header.label);
                numbers.insert(header.label.as_str(), number.map_or(0, |at| at + 1));
            }
            return numbers;
        } else if let Some(found) = numbered(&labels) {
            return found;
        } else if self.n_groups > 1 {
            let pairs: Vec<String> = labels
                .iter()
                .zip(&context.groups)
                .map(|(header, group)| format!("`{}` = {group}", header.label))
                .collect();
            self.diagnostics.push(
                Diagnostic::warning("W0613", "the group labels of the model are not those of the data")
                    .at(first.label_span, "not a group of the data")
                    .hint(format!("they were taken in order: {}", pairs.join(", "))),
            );
        }
        for (index, header) in labels.into_iter().enumerate() {
            numbers.insert(header.label.as_str(), index + 1);
        }
        numbers
    }

    /// Level numbers by the labels of the `level:` headers, in order of appearance.
    fn level_numbers<'m>(&mut self, headers: &[&'m Header]) -> FxHashMap<&'m str, usize> {
        let labels = distinct(headers, HeaderKind::Level);
        if let [only] = labels[..] {
            self.diagnostics.push(
                Diagnostic::error("E0614", "a two-level model needs a block for each level, and there is only one")
                    .at(only.span, "the only level")
                    .hint("write `level: 1` with the model within clusters and `level: 2` with the model between them"),
            );
        }
        if let (Some(level), Some(group)) = (
            headers.iter().position(|header| header.kind == HeaderKind::Level),
            headers.iter().position(|header| header.kind == HeaderKind::Group),
        ) && level < group
        {
            self.diagnostics.push(
                Diagnostic::error("E0616", "groups cannot stand inside levels")
                    .at(headers[group].span, "inside a level")
                    .related(headers[level].span, "the level")
                    .hint("write each `group:` header first, and its `level:` headers below it"),
            );
        }
        labels.into_iter().enumerate().map(|(index, header)| (header.label.as_str(), index + 1)).collect()
    }

    fn outside(&mut self, formula: &Formula, grouped: bool, group: usize) {
        let kind = if grouped && group == 0 { "group" } else { "level" };
        self.diagnostics.push(
            Diagnostic::error("E0617", format!("this formula stands outside of every {kind}"))
                .at(formula.span, format!("no `{kind}:` header above it"))
                .hint(format!(
                    "move it below a `{kind}:` header; a formula for every {kind} has to be written in each"
                )),
        );
    }

    fn formula(&mut self, block: usize, formula: &Formula, grouped: bool) {
        for left in &formula.lhs {
            let lhs = self.names.intern(left.target.to_compact());
            let efa =
                left.modifiers.iter().filter(|modifier| modifier.role == ModifierRole::Efa).find_map(|modifier| {
                    match modifier.elements.first().map(|element| &element.value) {
                        Some(ElementValue::Text(name)) => Some(name.clone()),
                        _ => None,
                    }
                });
            for right in &formula.rhs {
                let Some((op, rhs)) = self.parameter(formula.op, left, lhs, right) else {
                    continue;
                };
                let zero = right.target == Target::Zero;
                let modifiers = (zero || efa.is_some() || !right.modifiers.is_empty()).then(|| {
                    let mut modifiers = self.modifiers(&right.modifiers, grouped);
                    modifiers.efa = efa.clone();
                    if zero {
                        modifiers.value = vec![Some(Value::Fixed(0.0))];
                    }
                    Box::new(modifiers)
                });
                self.add(
                    block,
                    Entry {
                        lhs,
                        op,
                        rhs,
                        modifiers,
                        lhs_span: left.target_span,
                        rhs_span: right.target_span,
                        span: right.span,
                    },
                );
            }
        }
    }

    /// The operator and right side of the parameter that a term names, unless it cannot be one.
    fn parameter(&mut self, op: Op, left: &Term, lhs: NameId, right: &Term) -> Option<(Op, NameId)> {
        match (op, &right.target) {
            (Op::Regression, Target::One | Target::Zero) => return Some((Op::Intercept, NameId::EMPTY)),
            // A latent variable without indicators is stored as measured by itself, with a loading of zero.
            (Op::Loading, Target::Zero) => return Some((Op::Loading, lhs)),
            (_, Target::One | Target::Zero) => {
                let (name, lhs_text) = (right.target.name(), left.target.name());
                self.diagnostics.push(
                    Diagnostic::error("E0618", format!("`{name}` is no variable for `{}`", op.as_str()))
                        .at(right.span, "a variable is needed here")
                        .hint(format!("an intercept or mean is written `{lhs_text} ~ 1`")),
                );
                return None;
            }
            (Op::Threshold, target) if threshold_number(&target.name()).is_none() => {
                let (name, lhs_text) = (target.name(), left.target.name());
                self.diagnostics.push(
                    Diagnostic::error("E0606", format!("`{name}` is not the name of a threshold"))
                        .at(right.span, "thresholds are called t1, t2, ...")
                        .hint(format!("write `{lhs_text} | t1 + t2` for a variable with three categories")),
                );
                return None;
            }
            (Op::Scale, target) if target.name() != left.target.name() => {
                let (name, lhs_text) = (target.name(), left.target.name());
                self.diagnostics.push(
                    Diagnostic::error(
                        "E0607",
                        format!("a response scale belongs to one variable, not to `{lhs_text}` and `{name}`"),
                    )
                    .at(right.span, "another variable")
                    .hint(format!("write `{lhs_text} ~*~ {lhs_text}`")),
                );
                return None;
            }
            _ => {}
        }
        let rhs = self.names.intern(right.target.to_compact());
        if rhs == lhs && matches!(op, Op::Loading | Op::Composite | Op::Regression) {
            let name = self.names.text(lhs);
            let message = match op {
                Op::Regression => format!("`{name}` cannot be regressed on itself"),
                _ => format!("the latent variable `{name}` cannot be measured by itself"),
            };
            self.diagnostics.push(
                Diagnostic::error("E0605", message)
                    .at(right.span, "the variable on the left again")
                    .hint(format!("its variance is written `{name} ~~ {name}`")),
            );
            return None;
        }
        Some((op, rhs))
    }

    fn modifiers(&mut self, modifiers: &[Modifier], grouped: bool) -> Modifiers {
        let mut out = Modifiers::default();
        for modifier in modifiers {
            self.check_length(modifier, grouped);
            let label = |text: &str, span, equal| {
                (!text.is_empty()).then(|| LabelText { text: text.into(), equal, span: Some(span) })
            };
            let mut conflict = false;
            match modifier.role {
                ModifierRole::Value | ModifierRole::Label | ModifierRole::Equal => {
                    let equal = modifier.role == ModifierRole::Equal;
                    let texts = modifier.elements.iter().any(|element| matches!(element.value, ElementValue::Text(_)));
                    let values = modifier.role == ModifierRole::Value
                        && modifier.elements.iter().any(|element| !matches!(element.value, ElementValue::Text(_)));
                    if values {
                        conflict |= set(
                            &mut out.value,
                            modifier.elements.iter().map(|element| match element.value {
                                ElementValue::Number(value) => Some(Value::Fixed(value)),
                                ElementValue::Free => Some(Value::Free),
                                ElementValue::Text(_) => None,
                            }),
                        );
                    }
                    if texts {
                        conflict |= set(
                            &mut out.label,
                            modifier.elements.iter().map(|element| match &element.value {
                                ElementValue::Text(text) => label(text, element.span, equal),
                                _ => None,
                            }),
                        );
                    }
                }
                ModifierRole::Start => conflict = set(&mut out.start, numbers(modifier)),
                ModifierRole::Lower => conflict = set(&mut out.lower, numbers(modifier)),
                ModifierRole::Upper => conflict = set(&mut out.upper, numbers(modifier)),
                ModifierRole::RandomSlope => self.diagnostics.push(
                    Diagnostic::error("E0619", "random slopes are not supported")
                        .at(modifier.span, "asks for a random slope")
                        .hint("take `rv()` out: the slope is then the same in every cluster"),
                ),
                ModifierRole::Efa => {}
            }
            if conflict {
                self.diagnostics.push(contradiction(modifier.span));
            }
        }
        out
    }

    fn check_length(&mut self, modifier: &Modifier, grouped: bool) {
        let n = modifier.elements.len();
        if n == 1 || (!grouped && n == self.n_groups) {
            return;
        }
        let groups = if grouped { 1 } else { self.n_groups };
        let values = match modifier.role {
            ModifierRole::Label | ModifierRole::Equal => "label",
            ModifierRole::Value if modifier.elements.iter().all(|e| matches!(e.value, ElementValue::Text(_))) => {
                "label"
            }
            _ => "value",
        };
        let mut diagnostic = Diagnostic::error(
            "E0604",
            format!(
                "this modifier has {}, but there {} {}",
                plural(n, values),
                if groups == 1 { "is" } else { "are" },
                plural(groups, "group")
            ),
        )
        .at(modifier.span, format!("{}, {}", plural(n, values), plural(groups, "group")));
        diagnostic = if grouped {
            diagnostic.hint("inside a `group:` block a modifier has one value")
        } else if groups == 1 {
            diagnostic.hint("name the variable that holds the groups with `--group`, or give one value")
        } else {
            diagnostic.hint(format!("give one value for all groups, or {groups}"))
        };
        self.diagnostics.push(diagnostic);
    }

    /// Adds the entry, or merges it into the one of the same parameter.
    fn add(&mut self, block: usize, entry: Entry) {
        let key = (block, entry.lhs, entry.op, entry.rhs);
        let mirrored = (entry.op == Op::Covariance)
            .then(|| self.seen.get(&(block, entry.rhs, entry.op, entry.lhs)).copied())
            .flatten();
        let entries = &mut self.blocks[block].entries;
        let at = match (self.seen.entry(key), mirrored) {
            (Place::Occupied(first), _) => *first.get(),
            (Place::Vacant(_), Some(first)) => first,
            (Place::Vacant(place), None) => {
                place.insert(entries.len());
                entries.push(entry);
                return;
            }
        };
        let first = &mut entries[at];
        let new = entry.modifiers;
        let Some(new) = new.filter(|new| **new != Modifiers::NONE && Some(new) != first.modifiers.as_ref()) else {
            self.diagnostics.push(
                Diagnostic::warning("W0603", "this parameter is written twice")
                    .at(entry.span, "the second time")
                    .related(first.span, "first written here"),
            );
            return;
        };
        let old = first.modifiers.get_or_insert_default();
        let conflict = [
            merge(&mut old.value, new.value),
            merge(&mut old.label, new.label),
            merge(&mut old.start, new.start),
            merge(&mut old.lower, new.lower),
            merge(&mut old.upper, new.upper),
        ]
        .contains(&true);
        old.efa = old.efa.take().or(new.efa);
        if conflict {
            let first = first.span;
            self.diagnostics.push(contradiction(entry.span).related(first, "first written here"));
        }
    }
}

fn contradiction(span: Span) -> Diagnostic {
    Diagnostic::error("E0603", "this parameter is given two values or labels of the same kind")
        .at(span, "contradicts what was said before")
        .hint("keep one of them; two labels that shall be equal are joined by a constraint `a == b`")
}

/// Sets the elements; true if there were others.
fn set<T: PartialEq>(target: &mut PerGroup<T>, elements: impl Iterator<Item = Option<T>>) -> bool {
    merge(target, elements.collect())
}

/// Joins two lists, of which the second was written later; true if both say something about the same group.
fn merge<T: PartialEq>(target: &mut PerGroup<T>, new: PerGroup<T>) -> bool {
    if new.is_empty() || *target == new {
        return false;
    }
    if target.is_empty() {
        *target = new;
        return false;
    }
    if target.len() != new.len() {
        return true;
    }
    let mut conflict = false;
    for (old, new) in target.iter_mut().zip(new) {
        match (&old, new) {
            (Some(_), Some(_)) => conflict = true,
            (None, new) => *old = new,
            (Some(_), None) => {}
        }
    }
    conflict
}

fn numbers(modifier: &Modifier) -> impl Iterator<Item = Option<f64>> {
    modifier.elements.iter().map(|element| match element.value {
        ElementValue::Number(value) => Some(value),
        ElementValue::Free | ElementValue::Text(_) => None,
    })
}

/// The headers of a kind with distinct labels, in order of appearance.
fn distinct<'m>(headers: &[&'m Header], kind: HeaderKind) -> Vec<&'m Header> {
    let mut found: Vec<&'m Header> = Vec::new();
    for &header in headers {
        if header.kind == kind && found.iter().all(|other| other.label != header.label) {
            found.push(header);
        }
    }
    found
}

/// The labels as group numbers, if they are exactly 1 to the number of groups.
fn numbered<'m>(labels: &[&'m Header]) -> Option<FxHashMap<&'m str, usize>> {
    let numbers: Option<FxHashMap<&str, usize>> = labels
        .iter()
        .map(|header| {
            let number: usize = header.label.parse().ok()?;
            (1..=labels.len()).contains(&number).then_some((header.label.as_str(), number))
        })
        .collect();
    numbers.filter(|numbers| {
        let mut values: Vec<usize> = numbers.values().copied().collect();
        values.sort_unstable();
        values.dedup();
        values.len() == labels.len()
    })
}

/// The number of a threshold `t1`, `t2`, ...
pub(crate) fn threshold_number(name: &str) -> Option<usize> {
    let digits = name.strip_prefix('t')?;
    let number: usize = digits.parse().ok()?;
    (number > 0 && !digits.starts_with('0')).then_some(number)
}

fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
