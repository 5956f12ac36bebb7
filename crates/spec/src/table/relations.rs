//! The rows below the parameters: constraints, defined parameters and the equalities that follow from labels.

use std::sync::Arc;

use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};

use super::effect_coding::CodingRelation;
use super::equality::{Tie, plabel, plabel_index};
use super::equality_rank::EqualityRank;
use super::names::Names;
use super::row::{Op, ParTable, Relation, Row, RowOrigin};
use crate::expression::Expression;
use crate::names::{is_plabel, nearest};
use crate::tree::{Constraint, Definition, Item, Model, Side};
use crate::{Diagnostic, Span};

/// Appends the relations to the rows of a table.
pub(crate) struct Relations<'a> {
    pub(crate) table: &'a mut ParTable,
    pub(crate) names: &'a Names,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Relations<'_> {
    /// The user's relations in written order, those of `further` models after them, then equal rows and effect coding.
    pub(crate) fn append(&mut self, models: &[&Model], ties: &[Tie], coding: &[CodingRelation]) {
        let items: Vec<&Item> = models.iter().flat_map(|model| &model.items).collect();
        let known = Known::of(self.table, &items);
        self.check_definitions(&items, &known);
        for (place, item) in items.iter().enumerate() {
            // Only the model text itself has places that a diagnostic can point at.
            let in_text = place < models[0].items.len();
            match item {
                Item::Definition(definition) => self.definition(definition, &known, in_text),
                Item::Constraint(constraint) => self.constraint(constraint, &known, in_text),
                Item::Header(_) | Item::Formula(_) => {}
            }
        }
        let written =
            items.iter().any(|item| matches!(item, Item::Constraint(constraint) if constraint.op == Op::Equal));
        for tie in ties {
            let (lhs, rhs) = (plabel(tie.first), plabel(tie.second));
            let relation = Relation { lhs: Expression::symbol(lhs.as_str()), rhs: Expression::symbol(rhs.as_str()) };
            self.push(&lhs, Op::Equal, &rhs, RowOrigin::Derived, relation, None);
        }
        for coded in coding {
            if let Ok(rhs) = Expression::parse(&coded.rhs) {
                let relation = Relation { lhs: Expression::symbol(coded.lhs.as_str()), rhs };
                self.push(&coded.lhs, Op::Equal, &coded.rhs, RowOrigin::Derived, relation, None);
            }
        }
        if written {
            self.check_contradictions();
        }
    }

    /// Reports equalities that cannot hold together.
    fn check_contradictions(&mut self) {
        let contradictory = EqualityRank::of(self.table).contradictory;
        for row in self.table.rows.iter().filter(|row| contradictory.contains(&row.id)) {
            self.diagnostics.push(
                Diagnostic::error(
                    "E0633",
                    format!("the constraint `{} == {}` contradicts those before it", row.lhs, row.rhs),
                )
                .at_option(row.span, "cannot hold together with the others")
                .hint("take one of the constraints out"),
            );
        }
    }

    fn push(&mut self, lhs: &str, op: Op, rhs: &str, origin: RowOrigin, relation: Relation, span: Option<Span>) {
        let rows = Arc::make_mut(&mut self.table.rows);
        rows.push(Row {
            id: rows.len() + 1,
            label: if op == Op::Defined { lhs } else { "" }.into(),
            lhs: lhs.into(),
            op,
            rhs: rhs.into(),
            origin,
            block: 0,
            group: 0,
            level: 0,
            free: 0,
            ustart: None,
            exo: false,
            lower: None,
            upper: None,
            relation: Some(Box::new(relation)),
            span,
        });
    }

    fn definition(&mut self, definition: &Definition, known: &Known, in_text: bool) {
        let relation = Relation {
            lhs: Expression::symbol(definition.name.as_str()),
            rhs: self.resolve(&definition.rhs, known, in_text),
        };
        self.push(
            &definition.name,
            Op::Defined,
            &definition.rhs.text,
            RowOrigin::User,
            relation,
            in_text.then_some(definition.span),
        );
    }

    fn constraint(&mut self, constraint: &Constraint, known: &Known, in_text: bool) {
        let relation = Relation {
            lhs: self.resolve(&constraint.lhs, known, in_text),
            rhs: self.resolve(&constraint.rhs, known, in_text),
        };
        self.push(
            &constraint.lhs.text,
            constraint.op,
            &constraint.rhs.text,
            RowOrigin::User,
            relation,
            in_text.then_some(constraint.span),
        );
    }

    /// The expression of a side. The parser has looked at labels of the model text already; automatic labels are known
    /// only here, and so is what further constraints may refer to.
    fn resolve(&mut self, side: &Side, known: &Known, in_text: bool) -> Expression {
        for symbol in side.expression.symbols().iter().filter(|symbol| !known.has(symbol)) {
            if !in_text || is_plabel(symbol) {
                self.unknown(symbol, side, known, in_text);
            }
        }
        side.expression.clone()
    }

    fn unknown(&mut self, symbol: &str, side: &Side, known: &Known, in_text: bool) {
        let mut diagnostic = Diagnostic::error("E0620", format!("no parameter has the label `{symbol}`"))
            .at_option(in_text.then_some(side.span), "names a label that the model does not have");
        diagnostic = match nearest(symbol, known.list.iter().map(CompactString::as_str)) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None if known.list.is_empty() => {
                diagnostic.hint(format!("give the parameter a label where it is stated, as in `y ~ {symbol}*x`"))
            }
            None => {
                let mut shown: Vec<&str> = known.list.iter().take(12).map(CompactString::as_str).collect();
                if known.list.len() > shown.len() {
                    shown.push("...");
                }
                diagnostic.hint(format!("the labels of the model are {}", shown.join(", ")))
            }
        };
        if self.names.find(symbol).is_some() {
            diagnostic =
                diagnostic.hint(format!("`{symbol}` is a variable: constraints are about labels of parameters"));
        }
        self.diagnostics.push(diagnostic);
    }

    /// Names of defined parameters must be new, and no definition may lead back to itself.
    fn check_definitions(&mut self, items: &[&Item], known: &Known) {
        let definitions: Vec<&Definition> = items
            .iter()
            .filter_map(|item| match item {
                Item::Definition(definition) => Some(definition),
                _ => None,
            })
            .collect();
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        for (place, definition) in definitions.iter().enumerate() {
            if let Some(&first) = places.get(definition.name.as_str()) {
                self.diagnostics.push(
                    Diagnostic::error("E0622", format!("`{}` is defined twice", definition.name))
                        .at(definition.name_span, "defined again")
                        .related(definitions[first].name_span, "first defined here")
                        .hint("give one of them another name"),
                );
            } else {
                places.insert(&definition.name, place);
            }
            if known.labels.contains(definition.name.as_str()) {
                self.diagnostics.push(
                    Diagnostic::error(
                        "E0621",
                        format!("`{}` is both a label and the name of a defined parameter", definition.name),
                    )
                    .at(definition.name_span, "a label of the model")
                    .hint("give the defined parameter another name"),
                );
            }
        }
        self.check_cycles(&definitions, &places);
    }

    fn check_cycles(&mut self, definitions: &[&Definition], places: &FxHashMap<&str, usize>) {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; definitions.len()];
        for start in 0..definitions.len() {
            if states[start] != State::New {
                continue;
            }
            // Depth first without recursion: the definition, and which of its symbols comes next.
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            states[start] = State::Open;
            while let Some((place, next)) = path.last_mut() {
                let symbols = definitions[*place].rhs.expression.symbols();
                let Some(symbol) = symbols.get(*next) else {
                    states[*place] = State::Done;
                    path.pop();
                    continue;
                };
                *next += 1;
                let Some(&used) = places.get(symbol.as_str()) else { continue };
                match states[used] {
                    State::Done => {}
                    State::New => {
                        states[used] = State::Open;
                        path.push((used, 0));
                    }
                    State::Open => {
                        let first = path.iter().position(|&(place, _)| place == used).unwrap_or(0);
                        let mut circle: Vec<&str> =
                            path[first..].iter().map(|&(place, _)| definitions[place].name.as_str()).collect();
                        circle.push(&definitions[used].name);
                        self.diagnostics.push(
                            Diagnostic::error(
                                "E0623",
                                format!("these definitions go in a circle: {}", circle.join(" -> ")),
                            )
                            .at(definitions[used].span, "its value would be needed for itself")
                            .hint("define one of them by labels of parameters alone"),
                        );
                    }
                }
            }
        }
    }
}

/// What a constraint can refer to.
struct Known {
    n_rows: usize,
    labels: FxHashSet<CompactString>,
    defined: FxHashSet<CompactString>,
    /// The user's labels and defined names, for suggestions.
    list: Vec<CompactString>,
}

impl Known {
    fn of(table: &ParTable, items: &[&Item]) -> Known {
        let mut known = Known {
            n_rows: table.rows.len(),
            labels: FxHashSet::default(),
            defined: FxHashSet::default(),
            list: Vec::new(),
        };
        let any_relation = items.iter().any(|item| matches!(item, Item::Constraint(_) | Item::Definition(_)));
        if !any_relation {
            return known;
        }
        for label in table.rows.iter().map(|row| &row.label).filter(|label| !label.is_empty()) {
            if !known.labels.contains(label) {
                known.labels.insert(label.clone());
                if !is_plabel(label) {
                    known.list.push(label.clone());
                }
            }
        }
        for item in items {
            if let Item::Definition(definition) = item
                && known.defined.insert(definition.name.as_str().into())
            {
                known.list.push(definition.name.as_str().into());
            }
        }
        known
    }

    fn has(&self, symbol: &str) -> bool {
        self.labels.contains(symbol)
            || self.defined.contains(symbol)
            || plabel_index(symbol).is_some_and(|row| row < self.n_rows)
    }
}
