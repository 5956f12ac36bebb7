//! From the syntax tree to the parameter table.

use std::sync::Arc;

use compact_str::format_compact;
use rustc_hash::{FxHashMap, FxHashSet};

use super::TableContext;
use super::automatic_name::AutomaticNames;
use super::draft::{BlockDrafts, Draft};
use super::effect_coding;
use super::entry::{Entry, EntryBlock, Modifiers, Value};
use super::equality::{Equalities, GivenLabel};
use super::names::{NameId, Names};
use super::read_tree::{self, Entries};
use super::relations::Relations;
use super::roles::Roles;
use super::row::{Block, Op, ParTable, Row};
use super::switches::{ModelFacts, Switches};
use super::variables;
use crate::Diagnostic;
use crate::parse_addition;
use crate::tree::{Item, Model};

/// Builds the parameter table of a model.
///
/// The rows are those of lavaan 0.6-14, in its order: the user's parameters as written, then thresholds, variances,
/// covariances, moments of exogenous variables, response scales and intercepts, for each block; then constraints and
/// defined parameters. A table is always given; where a diagnostic is an error, it is not fit for estimation.
pub fn build(model: &Model, context: &TableContext) -> (ParTable, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut entries = read_tree::entries(model, context, &mut diagnostics);
    let ordered: Vec<NameId> = context.ordered.iter().filter_map(|name| entries.names.find(name)).collect();
    let with_efa = |block: &EntryBlock, names: &Names| Roles::of(&block.entries, names, &ordered, true);
    if orient_covariances(&mut entries, with_efa) {
        entries.blocks.iter_mut().for_each(|block| block.entries.shrink_to_fit());
    }
    let roles: Vec<Roles> = entries.blocks.iter().map(|block| with_efa(block, &entries.names)).collect();
    let n_groups = if entries.grouped {
        entries.blocks.iter().map(|block| block.group).max().unwrap_or(1)
    } else {
        context.groups.len().max(1)
    };
    let switches = Switches::resolve(
        context,
        ModelFacts {
            has_intercepts: all_entries(&entries).any(|entry| entry.op == Op::Intercept),
            categorical: roles.iter().any(|roles| !roles.ordered.is_empty()),
            multilevel: entries.n_levels > 1,
            has_exogenous: roles.iter().any(|roles| !roles.exogenous.is_empty()),
            n_groups,
        },
    );
    variables::check(&entries, &roles, context, &switches, &mut diagnostics);

    let placed = place_blocks(&entries, n_groups);
    let mut drafts = drafts(&mut entries, &roles, &placed, context, &switches);
    hold_level_moments(&mut drafts, &entries, &roles);
    let given = apply_modifiers(&mut drafts, &entries, &placed, n_groups, &switches, &mut diagnostics);
    identify_efa_blocks(&mut drafts, &entries, &placed, &switches);
    let mut automatic = AutomaticNames::default();
    let ties = Equalities {
        names: &entries.names,
        switches: &switches,
        group_partial: &context.options.group_partial,
        first_group: placed.iter().filter(|placed| placed.group == 1).map(|placed| &roles[placed.block]).collect(),
        given: &given,
    }
    .tie(&mut drafts, &mut automatic, &mut diagnostics);

    let coding = effect_coding::relations(&mut drafts, &context.options);
    let mut table = ParTable {
        rows: Arc::new(numbered_rows(drafts, &entries.names, model.items.len() + ties.len() + coding.len())),
        blocks: blocks(&entries, &roles, &placed),
        group_labels: if n_groups > 1 || !context.groups.is_empty() {
            group_labels(context, n_groups)
        } else {
            vec![String::new()]
        },
        meanstructure: switches.meanstructure,
        fixed_x: switches.fixed_x,
    };
    let further = further_constraints(context, &mut diagnostics);
    Relations { table: &mut table, names: &entries.names, diagnostics: &mut diagnostics }.append(
        &[model, &further],
        &ties,
        &coding,
    );
    (table, diagnostics)
}

/// The model of `--constraints`. Its places are not those of the model text, so that its diagnostics have none.
fn further_constraints(context: &TableContext, diagnostics: &mut Vec<Diagnostic>) -> Model {
    let text = &context.options.constraints;
    if text.trim().is_empty() {
        return Model::default();
    }
    let parsed = parse_addition(text);
    diagnostics.extend(parsed.diagnostics.into_iter().map(|diagnostic| Diagnostic {
        message: format!("in the further constraints: {}", diagnostic.message),
        span: None,
        related: Vec::new(),
        ..diagnostic
    }));
    if parsed.model.items.iter().any(|item| matches!(item, Item::Formula(_) | Item::Header(_))) {
        diagnostics.push(
            Diagnostic::error("E0629", "the further constraints hold a formula").hint(
                "write formulas into the model; only `==`, `<`, `>` and `:=` can be given as further constraints",
            ),
        );
    }
    parsed.model
}

fn all_entries(entries: &Entries) -> impl Iterator<Item = &Entry> {
    entries.blocks.iter().flat_map(|block| &block.entries)
}

fn group_labels(context: &TableContext, n_groups: usize) -> Vec<String> {
    (0..n_groups).map(|group| context.groups.get(group).cloned().unwrap_or_else(|| (group + 1).to_string())).collect()
}

/// Writes every covariance with latent variables first, then in the order of appearance; true if any was turned.
fn orient_covariances(entries: &mut Entries, roles_of: impl Fn(&EntryBlock, &Names) -> Roles) -> bool {
    if all_entries(entries).all(|entry| entry.op != Op::Covariance || entry.lhs == entry.rhs) {
        return false;
    }
    let roles: Vec<Roles> = entries.blocks.iter().map(|block| roles_of(block, &entries.names)).collect();
    let mut places: Vec<usize> = vec![usize::MAX; entries.names.len()];
    let latent = roles.iter().flat_map(|roles| &roles.latent);
    let observed = roles.iter().flat_map(|roles| &roles.observed);
    for (place, name) in latent.chain(observed).enumerate() {
        let known = &mut places[name.index()];
        *known = (*known).min(place);
    }
    let mut turned = false;
    for entry in entries.blocks.iter_mut().flat_map(|block| &mut block.entries) {
        if entry.op == Op::Covariance && places[entry.lhs.index()] > places[entry.rhs.index()] {
            std::mem::swap(&mut entry.lhs, &mut entry.rhs);
            turned = true;
        }
    }
    turned
}

/// A block of entries in a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlacedBlock {
    /// Index of the block of entries.
    pub(crate) block: usize,
    /// Group number from 1.
    pub(crate) group: usize,
    /// Level number from 1.
    pub(crate) level: usize,
}

/// The blocks of the table: those of the text, once for each group unless the text has blocks for groups.
fn place_blocks(entries: &Entries, n_groups: usize) -> Vec<PlacedBlock> {
    let place = |(block, entry_block): (usize, &EntryBlock), group: usize| PlacedBlock {
        block,
        group,
        level: entry_block.level,
    };
    let blocks = || entries.blocks.iter().enumerate();
    if entries.grouped {
        blocks().map(|block| place(block, block.1.group.max(1))).collect()
    } else {
        (1..=n_groups).flat_map(|group| blocks().map(move |block| place(block, group))).collect()
    }
}

fn drafts(
    entries: &mut Entries,
    roles: &[Roles],
    placed: &[PlacedBlock],
    context: &TableContext,
    switches: &Switches,
) -> Vec<Draft> {
    let known: FxHashMap<NameId, usize> =
        context.thresholds.iter().filter_map(|(name, n)| Some((entries.names.find(name)?, *n))).collect();
    let highest = known.values().copied().max().unwrap_or(0);
    let threshold_names: Vec<NameId> = (1..=highest).map(|n| entries.names.intern(format_compact!("t{n}"))).collect();
    let group_weight = switches.group_w_free.then(|| ["group", "w"].map(|name| entries.names.intern(name.into())));
    let mut drafts = Vec::new();
    for (index, place) in placed.iter().enumerate() {
        let rows = BlockDrafts {
            block: &entries.blocks[place.block],
            roles: &roles[place.block],
            switches,
            thresholds: &known,
            threshold_names: &threshold_names,
            group_weight,
            place: index,
            group: place.group,
            first_group: placed
                .iter()
                .find(|first| place.group > 1 && first.group == 1 && first.level == place.level)
                .map(|first| &roles[first.block]),
        }
        .rows();
        if drafts.is_empty() {
            drafts = rows;
        } else {
            drafts.extend(rows);
        }
    }
    drafts
}

/// In a two-level model a variable of both levels has its intercept between clusters, thresholds too; scales are of the level within.
fn hold_level_moments(drafts: &mut [Draft], entries: &Entries, roles: &[Roles]) {
    if entries.n_levels < 2 {
        return;
    }
    let observed = |name: NameId| roles.iter().any(|roles| roles.is_observed(name));
    let between: FxHashSet<NameId> = drafts
        .iter()
        .filter(|draft| draft.op == Op::Intercept && draft.level > 1 && observed(draft.lhs))
        .map(|draft| draft.lhs)
        .collect();
    for draft in drafts {
        let value = match draft.op {
            Op::Intercept if draft.level == 1 && between.contains(&draft.lhs) => 0.0,
            Op::Threshold if draft.level == 1 => 0.0,
            Op::Scale if draft.level > 1 => 1.0,
            _ => continue,
        };
        draft.free = false;
        draft.ustart = Some(value);
    }
}

/// Applies the user's modifiers; gives the rows that got a label.
fn apply_modifiers(
    drafts: &mut [Draft],
    entries: &Entries,
    placed: &[PlacedBlock],
    n_groups: usize,
    switches: &Switches,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<GivenLabel> {
    let mut given = Vec::new();
    let mut recycled = None;
    for (row, draft) in drafts.iter_mut().enumerate() {
        let Some(index) = draft.entry else { continue };
        let entry: &Entry = &entries.blocks[placed[draft.place].block].entries[index];
        let Some(modifiers) = &entry.modifiers else { continue };
        let group = if entries.grouped { 0 } else { draft.group - 1 };
        match Modifiers::element(&modifiers.value, group) {
            Some(&Value::Fixed(value)) => {
                draft.free = false;
                draft.ustart = Some(value);
            }
            Some(Value::Free) => {
                draft.free = true;
                draft.ustart = None;
            }
            None => {}
        }
        if let Some(&start) = Modifiers::element(&modifiers.start, group) {
            let default = draft.ustart;
            draft.ustart = Some(start);
            let by_value = Modifiers::element(&modifiers.value, group).is_some();
            if !draft.free && default != Some(start) && (draft.group == 1 || entries.grouped) {
                diagnostics.push(held_start(entry, start, by_value, entries));
            }
        }
        if draft.free {
            draft.lower = Modifiers::element(&modifiers.lower, group).copied();
            draft.upper = Modifiers::element(&modifiers.upper, group).copied();
        }
        if let Some(label) = Modifiers::element(&modifiers.label, group) {
            draft.label = label.text.clone();
            given.push(GivenLabel { row, equal: label.equal, span: label.span });
            if modifiers.label.len() == 1 && n_groups > 1 && !entries.grouped && recycled.is_none() {
                recycled = Some((&label.text, label.span));
            }
        }
    }
    if let Some((label, span)) = recycled.filter(|_| !switches.has_group_equal()) {
        diagnostics.push(
            Diagnostic::warning(
                "W0611",
                format!("a single label, such as `{label}`, holds its parameter equal over all {n_groups} groups"),
            )
            .at_option(span, "one label for all groups")
            .hint(format!(
                "if that is not meant, give each group its own label: `c({})`",
                (1..=n_groups).map(|group| format!("{label}{group}")).collect::<Vec<_>>().join(", ")
            )),
        );
    }
    given
}

fn held_start(entry: &Entry, start: f64, by_value: bool, entries: &Entries) -> Diagnostic {
    let rhs = entries.names.text(entry.rhs);
    let diagnostic = Diagnostic::warning(
        "W0618",
        format!("this parameter is not free, so that `start({start})` fixes it at {start}"),
    )
    .at(entry.span, "fixed here, not started");
    if by_value {
        diagnostic.hint("a parameter that is fixed needs no start value: take one of the two out")
    } else {
        diagnostic.hint(format!(
            "write `NA*{rhs} + start({start})*{rhs}` to free it; another parameter has then to set the scale"
        ))
    }
}

/// The factors of an `efa()` block are identified before rotation by zeroes in echelon form and no covariances.
fn identify_efa_blocks(drafts: &mut [Draft], entries: &Entries, placed: &[PlacedBlock], switches: &Switches) {
    if !switches.auto_efa {
        return;
    }
    for place in placed {
        let mut sets: Vec<(&str, Vec<NameId>)> = Vec::new();
        for entry in &entries.blocks[place.block].entries {
            let Some(name) = entry.efa() else { continue };
            match sets.iter_mut().find(|(set, _)| *set == name) {
                Some((_, factors)) if factors.contains(&entry.lhs) => {}
                Some((_, factors)) => factors.push(entry.lhs),
                None => sets.push((name, vec![entry.lhs])),
            }
        }
        let loadings_equal = place.group > 1 && switches.equal(super::EqualityGroup::Loadings);
        for (_, factors) in sets {
            if loadings_equal {
                continue;
            }
            let mut seen: FxHashMap<NameId, usize> = FxHashMap::default();
            for draft in drafts.iter_mut().filter(|draft| draft.group == place.group && draft.level == place.level) {
                let at = |name: NameId| factors.iter().position(|&factor| factor == name);
                let Some(factor) = at(draft.lhs) else { continue };
                let zero = match draft.op {
                    Op::Loading => {
                        let seen = seen.entry(draft.lhs).or_default();
                        *seen += 1;
                        *seen <= factor
                    }
                    Op::Covariance => draft.entry.is_none() && draft.lhs != draft.rhs && at(draft.rhs).is_some(),
                    _ => false,
                };
                if zero {
                    draft.free = false;
                    draft.ustart = Some(0.0);
                }
            }
        }
    }
}

/// The rows of the drafts, with room for `further` ones.
fn numbered_rows(mut drafts: Vec<Draft>, names: &Names, further: usize) -> Vec<Row> {
    let mut rows = Vec::with_capacity(drafts.len() + further);
    let mut n_free = 0;
    rows.extend(drafts.iter_mut().enumerate().map(|(index, draft)| {
        n_free += usize::from(draft.free);
        Row {
            id: index + 1,
            lhs: names.to_compact(draft.lhs),
            op: draft.op,
            rhs: names.to_compact(draft.rhs),
            origin: draft.origin,
            block: draft.place + 1,
            group: draft.group,
            level: draft.level,
            free: if draft.free { n_free } else { 0 },
            ustart: draft.ustart,
            exo: draft.exo,
            label: std::mem::take(&mut draft.label),
            lower: draft.lower,
            upper: draft.upper,
            relation: None,
            span: draft.span,
        }
    }));
    rows
}

fn blocks(entries: &Entries, roles: &[Roles], placed: &[PlacedBlock]) -> Vec<Block> {
    let texts = |list: &[NameId]| list.iter().map(|&name| entries.names.to_compact(name)).collect();
    placed
        .iter()
        .map(|place| {
            let roles = &roles[place.block];
            Block {
                group: place.group,
                level: place.level,
                observed: texts(&roles.observed),
                latent: texts(&roles.latent),
                exogenous: texts(&roles.exogenous),
            }
        })
        .collect()
}
