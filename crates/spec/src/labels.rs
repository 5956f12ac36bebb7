//! Whether the labels that constraints and definitions refer to exist.

use rustc_hash::FxHashSet;
use std::cell::OnceCell;

use crate::diagnostic::Diagnostic;
use crate::names;
use crate::table::Op;
use crate::tree::{Constraint, ElementValue, Item, Model, ModifierRole, Side, Target};

/// So many unknown labels are compared with the known ones; more than that is not a slip of the keyboard.
const SUGGESTIONS: usize = 20;

/// So many labels are named in a hint.
const SHOWN: usize = 8;

/// Looks whether every symbol of the model's constraints and definitions is a label or a defined parameter of it.
/// Plabels such as `.p3.` are not looked at: only the table knows them.
pub(crate) fn check(model: &Model) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let has_expressions = |item: &Item| matches!(item, Item::Constraint(_) | Item::Definition(_));
    if !model.items.iter().any(has_expressions) {
        return diagnostics;
    }
    let names = Names::of(model);
    for item in &model.items {
        match item {
            Item::Constraint(constraint) => match names.formula_meant(constraint) {
                Some(diagnostic) => diagnostics.push(diagnostic),
                None => {
                    names.check(&constraint.lhs, "", &mut diagnostics);
                    names.check(&constraint.rhs, "", &mut diagnostics);
                }
            },
            Item::Definition(definition) => names.check(&definition.rhs, &definition.name, &mut diagnostics),
            Item::Header(_) | Item::Formula(_) => {}
        }
    }
    diagnostics
}

/// The names that a model text gives. What only messages need is made when the first of them is written.
struct Names<'m> {
    model: &'m Model,
    labels: FxHashSet<&'m str>,
    sorted_labels: OnceCell<Vec<&'m str>>,
    variables: OnceCell<FxHashSet<&'m str>>,
}

impl<'m> Names<'m> {
    fn of(model: &'m Model) -> Self {
        let mut labels = FxHashSet::default();
        for item in &model.items {
            match item {
                Item::Definition(definition) => {
                    labels.insert(definition.name.as_str());
                }
                Item::Formula(formula) => {
                    let modifiers = formula.rhs.iter().flat_map(|term| &term.modifiers);
                    let labelling =
                        modifiers.filter(|modifier| matches!(modifier.role, ModifierRole::Value | ModifierRole::Label));
                    let elements = labelling.flat_map(|modifier| &modifier.elements);
                    labels.extend(elements.filter_map(|element| match &element.value {
                        ElementValue::Text(label) if !label.is_empty() => Some(label.as_str()),
                        _ => None,
                    }));
                }
                Item::Header(_) | Item::Constraint(_) => {}
            }
        }
        Names { model, labels, sorted_labels: OnceCell::new(), variables: OnceCell::new() }
    }

    fn sorted_labels(&self) -> &[&'m str] {
        self.sorted_labels.get_or_init(|| {
            let mut sorted: Vec<&str> = self.labels.iter().copied().collect();
            sorted.sort_unstable();
            sorted
        })
    }

    fn is_variable(&self, name: &str) -> bool {
        let variables = self.variables.get_or_init(|| {
            let mut variables = FxHashSet::default();
            for item in &self.model.items {
                let Item::Formula(formula) = item else {
                    continue;
                };
                for term in formula.lhs.iter().chain(&formula.rhs) {
                    match &term.target {
                        Target::Variable(name) => {
                            variables.insert(name.as_str());
                        }
                        Target::Interaction(left, right) => variables.extend([left.as_str(), right.as_str()]),
                        Target::One | Target::Zero => {}
                    }
                }
            }
            variables
        });
        variables.contains(name)
    }

    /// Checks one side; `own` is the name that it defines, which is no suggestion for a name in it.
    fn check(&self, side: &Side, own: &str, diagnostics: &mut Vec<Diagnostic>) {
        let others = || self.sorted_labels().iter().copied().filter(|label| *label != own);
        for (symbol, &span) in side.expression.symbols().iter().zip(&side.symbol_spans) {
            if self.labels.contains(symbol.as_str()) || names::is_plabel(symbol) {
                continue;
            }
            let mut diagnostic = if self.is_variable(symbol) {
                Diagnostic::error(
                    "E0409",
                    format!("`{symbol}` is a variable, and constraints are about labels of parameters"),
                )
                .at(span, "a variable, not a label")
            } else {
                Diagnostic::error("E0409", format!("there is no parameter with the label `{symbol}`"))
                    .at(span, "not a label of this model")
            };
            let near = (diagnostics.len() < SUGGESTIONS).then(|| names::nearest(symbol, others())).flatten();
            if let Some(near) = near {
                diagnostic = diagnostic.hint(format!("did you mean `{near}`?"));
            } else if self.labels.len() <= SHOWN && others().next().is_some() {
                let list = others().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
                diagnostic = diagnostic.hint(format!("the labels of this model are {list}"));
            }
            diagnostics.push(
                diagnostic.hint(format!(
                    "a parameter is labelled by `{symbol}*` before its variable, as in `y ~ {symbol}*x`"
                )),
            );
        }
    }

    /// `f == x1 + x2`, where none of the names is a label: a formula with a wrong operator, most likely.
    fn formula_meant(&self, constraint: &Constraint) -> Option<Diagnostic> {
        let unknown = |side: &Side| {
            side.expression
                .symbols()
                .iter()
                .all(|symbol| !self.labels.contains(symbol.as_str()) && !names::is_plabel(symbol))
        };
        let left = constraint.lhs.expression.as_symbol()?;
        let right = constraint.rhs.expression.symbols();
        if constraint.op != Op::Equal || right.len() < 2 || constraint.rhs.text != right.join("+") {
            return None;
        }
        if !unknown(&constraint.lhs) || !unknown(&constraint.rhs) {
            return None;
        }
        let list = right.join(" + ");
        Some(
            Diagnostic::error(
                "E0409",
                "`==` constrains parameters by their labels, and none of these names is a label",
            )
            .at(constraint.op_span, "holds parameters equal")
            .hint(format!("if `{left}` is measured by the others, write `{left} =~ {list}`"))
            .hint(format!("if `{left}` is regressed on them, write `{left} ~ {list}`"))
            .hint("a parameter is labelled by a name and `*` before its variable, as in `y ~ a*x`"),
        )
    }
}
