//! Expressions back to text.

use std::fmt;

use super::{Binary, Comparison, Expression, Node};

/// How tightly an operation binds; operands that bind less get brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

/// A printed operand.
struct Printed {
    text: String,
    binding: Binding,
}

impl Printed {
    fn at_least(self, binding: Binding) -> String {
        if self.binding >= binding { self.text } else { format!("({})", self.text) }
    }
}

impl fmt::Display for Expression {
    /// Without blanks, as lavaan prints constraints. The text reads back as the same expression.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The nodes are a walk of a tree in postfix order, so the operands of a node are the last ones printed.
        let mut stack: Vec<Printed> = Vec::new();
        let pop =
            |stack: &mut Vec<Printed>| stack.pop().unwrap_or(Printed { text: String::new(), binding: Binding::Atom });
        for node in &self.nodes {
            let printed = match node {
                Node::Number(number) => Printed {
                    text: number_text(*number),
                    binding: if number.is_sign_negative() { Binding::Sign } else { Binding::Atom },
                },
                Node::Pi => Printed { text: "pi".into(), binding: Binding::Atom },
                Node::Symbol(symbol) => Printed { text: self.symbols[*symbol].to_string(), binding: Binding::Atom },
                Node::Negate(_) => {
                    let operand = pop(&mut stack);
                    // Signs side by side would cancel when they are read.
                    let least = if operand.text.starts_with('-') { Binding::Atom } else { Binding::Sign };
                    let operand = operand.at_least(least);
                    Printed { text: format!("-{operand}"), binding: Binding::Sign }
                }
                Node::Binary(operation, _, _) => {
                    let (right, left) = (pop(&mut stack), pop(&mut stack));
                    let (sign, binding, left_least, right_least) = match operation {
                        Binary::Add => ("+", Binding::Sum, Binding::Sum, Binding::Product),
                        Binary::Subtract => ("-", Binding::Sum, Binding::Sum, Binding::Product),
                        Binary::Multiply => ("*", Binding::Product, Binding::Product, Binding::Sign),
                        Binary::Divide => ("/", Binding::Product, Binding::Product, Binding::Sign),
                        Binary::Power => ("^", Binding::Power, Binding::Atom, Binding::Sign),
                    };
                    let mut text = left.at_least(left_least);
                    text.push_str(sign);
                    text.push_str(&right.at_least(right_least));
                    Printed { text, binding }
                }
                Node::Call(function, operands) => {
                    let first = stack.len().saturating_sub(operands.len());
                    let arguments: Vec<String> = stack.drain(first..).map(|printed| printed.text).collect();
                    Printed { text: format!("{}({})", function.as_str(), arguments.join(",")), binding: Binding::Atom }
                }
                Node::IfElse(choice) => {
                    let (no, yes) = (pop(&mut stack).text, pop(&mut stack).text);
                    let (right, left) = (pop(&mut stack).text, pop(&mut stack).text);
                    let sign = match choice.comparison {
                        Comparison::Less => "<",
                        Comparison::LessEqual => "<=",
                        Comparison::Greater => ">",
                        Comparison::GreaterEqual => ">=",
                        Comparison::Equal => "==",
                    };
                    Printed { text: format!("ifelse({left}{sign}{right},{yes},{no})"), binding: Binding::Atom }
                }
            };
            stack.push(printed);
        }
        formatter.write_str(&pop(&mut stack).text)
    }
}

/// The shortest text that reads back as the number.
pub(crate) fn number_text(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}
