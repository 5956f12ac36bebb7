// What a text means: its tree without places, and its errors. The fuzz target includes this file too.

const NOWHERE: Span = Span { start: 0, end: 0 };

/// Takes the places out of a tree, and the texts of its comments, which are their places alone.
fn without_places(model: &mut Model) {
    for entry in &mut model.options {
        (entry.span, entry.name_span, entry.value_span) = (NOWHERE, NOWHERE, None);
    }
    model.comments.fill(NOWHERE);
    let side = |side: &mut Side| {
        side.span = NOWHERE;
        side.symbol_spans.fill(NOWHERE);
    };
    for item in &mut model.items {
        match item {
            Item::Header(header) => (header.span, header.label_span) = (NOWHERE, NOWHERE),
            Item::Formula(formula) => {
                (formula.span, formula.op_span) = (NOWHERE, NOWHERE);
                for term in formula.lhs.iter_mut().chain(&mut formula.rhs) {
                    (term.span, term.target_span) = (NOWHERE, NOWHERE);
                    for modifier in &mut term.modifiers {
                        modifier.span = NOWHERE;
                        for element in &mut modifier.elements {
                            element.span = NOWHERE;
                        }
                    }
                }
            }
            Item::Constraint(constraint) => {
                (constraint.span, constraint.op_span) = (NOWHERE, NOWHERE);
                side(&mut constraint.lhs);
                side(&mut constraint.rhs);
            }
            Item::Definition(definition) => {
                (definition.span, definition.name_span) = (NOWHERE, NOWHERE);
                side(&mut definition.rhs);
            }
        }
    }
}

/// The tree without places, and the ids of the errors in their order.
fn meaning(parsed: Parsed) -> (Model, Vec<&'static str>) {
    let errors = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|d| d.id).collect();
    let mut model = parsed.model;
    without_places(&mut model);
    (model, errors)
}

/// Checks what must hold for every text.
pub fn check(source: &str) {
    let before = parse(source);
    for diagnostic in &before.diagnostics {
        let places = diagnostic.span.iter().chain(diagnostic.related.iter().map(|(span, _)| span));
        for span in places {
            assert!(source.get(span.start..span.end).is_some(), "{diagnostic:?} is not a place in {source:?}");
        }
    }
    let formatted = format(source);
    let after = meaning(parse(&formatted));
    assert!(meaning(before) == after, "{source:?} became {formatted:?}");
    assert_eq!(formatted, format(&formatted), "{source:?} became {formatted:?}");
}
