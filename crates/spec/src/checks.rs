//! What can be wrong with a model whose statements are all well formed.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::names;
use crate::tree::{ElementValue, Item, Model, ModifierRole, Side};

/// Looks whether every symbol of the constraints and definitions of `models`, which are read together, is a label or a
/// defined parameter of one of them. Plabels such as `.p3.` are not looked at: only the table knows them.
pub fn check_symbols(models: &[&Model]) -> Vec<Diagnostic> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for model in models {
        for item in &model.items {
            match item {
                Item::Definition(definition) => {
                    known.insert(&definition.name);
                }
                Item::Formula(formula) => {
                    let modifiers = formula.rhs.iter().flat_map(|term| &term.modifiers);
                    for modifier in
                        modifiers.filter(|modifier| matches!(modifier.role, ModifierRole::Value | ModifierRole::Label))
                    {
                        known.extend(modifier.elements.iter().filter_map(|element| match &element.value {
                            ElementValue::Text(label) => Some(label.as_str()),
                            _ => None,
                        }));
                    }
                }
                Item::Header(_) | Item::Constraint(_) => {}
            }
        }
    }
    let mut diagnostics = Vec::new();
    let mut check = |side: &Side| {
        for symbol in side.expression.symbols() {
            if known.contains(symbol.as_str()) || names::is_plabel(symbol) {
                continue;
            }
            let mut diagnostic = Diagnostic::error("E0409", format!("there is no parameter with the label `{symbol}`"))
                .at(side.span, "not a label of this model");
            if let Some(near) = names::nearest(symbol, known.iter().copied()) {
                diagnostic = diagnostic.hint(format!("did you mean `{near}`?"));
            }
            diagnostics.push(diagnostic.hint(format!("label a parameter by writing `{symbol}*` before its variable")));
        }
    };
    for item in models.iter().flat_map(|model| &model.items) {
        match item {
            Item::Constraint(constraint) => {
                check(&constraint.lhs);
                check(&constraint.rhs);
            }
            Item::Definition(definition) => check(&definition.rhs),
            Item::Header(_) | Item::Formula(_) => {}
        }
    }
    diagnostics
}
