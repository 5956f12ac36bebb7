//! Numeric expressions of modifiers, constraints and defined parameters.

mod function;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use function::FUNCTIONS;
pub use function::Function;
pub(crate) use parse::{parse_tokens, unclosed};

use compact_str::CompactString;

use crate::diagnostic::Diagnostic;

/// An expression over named symbols (labels, plabels such as `.p3.`, defined parameters).
///
/// It is kept as a list of operations in the order in which they are carried out, so that neither its
/// evaluation nor its destruction goes down a tree, however long the expression is.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    symbols: Vec<CompactString>,
    /// Each node refers to earlier ones only; the last is the whole expression.
    nodes: Vec<Node>,
}

/// One operation. Operands are places in the list of nodes.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64),
    /// The circle constant, written `pi`.
    Pi,
    Symbol(usize),
    Negate(usize),
    Binary(Binary, usize, usize),
    Call(Function, Vec<usize>),
    IfElse(Box<Choice>),
}

/// `ifelse(left comparison right, yes, no)`
#[derive(Debug, Clone, PartialEq)]
struct Choice {
    comparison: Comparison,
    left: usize,
    right: usize,
    yes: usize,
    no: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::LessEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterEqual => left >= right,
            Comparison::Equal => left == right,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// Values of short expressions are kept on the stack.
const SHORT: usize = 32;

impl Expression {
    /// Reads an expression from a text that holds nothing else.
    ///
    /// # Errors
    /// The diagnostics of the text, with spans into it.
    pub fn parse(text: &str) -> Result<Expression, Vec<Diagnostic>> {
        let (tokens, mut diagnostics) = crate::lexer::lex(text);
        let mut tokens = crate::parser::significant(text, &tokens, &mut diagnostics);
        tokens.retain(|token| token.kind != crate::lexer::Kind::Newline);
        let expression = parse_tokens(text, &tokens, 0, &mut diagnostics);
        match expression {
            Some(expression) if diagnostics.is_empty() => Ok(expression),
            _ => Err(diagnostics),
        }
    }

    /// The expression that is a number and nothing else.
    pub fn number(value: f64) -> Expression {
        Expression { symbols: Vec::new(), nodes: vec![Node::Number(value)] }
    }

    /// The expression that is a symbol and nothing else.
    pub fn symbol(name: impl Into<CompactString>) -> Expression {
        Expression { symbols: vec![name.into()], nodes: vec![Node::Symbol(0)] }
    }

    /// The symbol that this expression is, where it is one and nothing else.
    pub fn as_symbol(&self) -> Option<&str> {
        match self.nodes.as_slice() {
            [Node::Symbol(symbol)] => Some(&self.symbols[*symbol]),
            _ => None,
        }
    }

    /// The names it refers to, each once, in order of first appearance.
    pub fn symbols(&self) -> &[CompactString] {
        &self.symbols
    }

    /// The same expression over other names: `rename` gives the new name of each symbol, and may give one name to several.
    pub fn with_symbols(&self, rename: impl FnMut(&str) -> CompactString) -> Expression {
        let names: Vec<CompactString> = self.symbols.iter().map(CompactString::as_str).map(rename).collect();
        let mut symbols: Vec<CompactString> = Vec::with_capacity(names.len());
        let places: Vec<usize> = names
            .into_iter()
            .map(|name| match symbols.iter().position(|known| *known == name) {
                Some(place) => place,
                None => {
                    symbols.push(name);
                    symbols.len() - 1
                }
            })
            .collect();
        let mut nodes = self.nodes.clone();
        for node in &mut nodes {
            if let Node::Symbol(symbol) = node {
                *symbol = places[*symbol];
            }
        }
        Expression { symbols, nodes }
    }

    /// Its value with `values[i]` for `symbols()[i]`; NaN where it does not exist.
    ///
    /// # Panics
    /// When `values` is shorter than `symbols()`.
    pub fn value(&self, values: &[f64]) -> f64 {
        self.with_results(values, |results| results[results.len() - 1])
    }

    /// Its value, and in `partials[i]` its exact derivative with respect to `symbols()[i]`.
    ///
    /// The derivatives come from one backward pass (reverse mode): the adjoint of an operand is the adjoint of the
    /// operation times the operation's derivative. Where a function has a kink (`abs` at 0, ties of `min` and `max`)
    /// the derivative is that of one side, which [`Function`] names.
    ///
    /// # Panics
    /// When `values` or `partials` is shorter than `symbols()`.
    pub fn value_and_partials(&self, values: &[f64], partials: &mut [f64]) -> f64 {
        partials[..self.symbols.len()].fill(0.0);
        self.with_results(values, |results| {
            with_zeros(self.nodes.len(), |adjoints| self.backward(results, adjoints, partials));
            results[results.len() - 1]
        })
    }

    /// The number that it is, where it names no symbol.
    pub fn constant_value(&self) -> Option<f64> {
        self.symbols.is_empty().then(|| self.value(&[]))
    }

    /// The constant and the coefficient of each of `symbols()`, where the expression is linear in them
    /// (by its form: `a*b/b` is not) and all of these numbers are finite.
    pub fn linear_form(&self) -> Option<(f64, Vec<f64>)> {
        #[derive(Clone, Copy, PartialEq)]
        enum Degree {
            Constant,
            Linear,
        }
        let mut degrees: Vec<Degree> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let highest = |operands: &[usize]| {
                let linear = operands.iter().any(|&i| degrees[i] == Degree::Linear);
                if linear { Degree::Linear } else { Degree::Constant }
            };
            let degree = match node {
                Node::Number(_) | Node::Pi => Degree::Constant,
                Node::Symbol(_) => Degree::Linear,
                Node::Negate(operand) => degrees[*operand],
                Node::Binary(Binary::Add | Binary::Subtract, left, right) => highest(&[*left, *right]),
                Node::Binary(operation, left, right) => match (degrees[*left], degrees[*right]) {
                    (Degree::Constant, Degree::Constant) => Degree::Constant,
                    (Degree::Linear, Degree::Constant) if *operation != Binary::Power => Degree::Linear,
                    (Degree::Constant, Degree::Linear) if *operation == Binary::Multiply => Degree::Linear,
                    _ => return None,
                },
                Node::Call(function, operands) => match highest(operands) {
                    Degree::Linear if !function.is_linear() => return None,
                    degree => degree,
                },
                Node::IfElse(choice) => match highest(&[choice.left, choice.right, choice.yes, choice.no]) {
                    Degree::Constant => Degree::Constant,
                    Degree::Linear => return None,
                },
            };
            degrees.push(degree);
        }
        let zeros = vec![0.0; self.symbols.len()];
        let mut coefficients = zeros.clone();
        let constant = self.value_and_partials(&zeros, &mut coefficients);
        let finite = constant.is_finite() && coefficients.iter().all(|c| c.is_finite());
        finite.then_some((constant, coefficients))
    }

    /// Calls `use_results` with the value of each node.
    fn with_results<R>(&self, values: &[f64], use_results: impl FnOnce(&[f64]) -> R) -> R {
        with_zeros(self.nodes.len(), |results| {
            for (place, node) in self.nodes.iter().enumerate() {
                results[place] = match node {
                    Node::Number(number) => *number,
                    Node::Pi => std::f64::consts::PI,
                    Node::Symbol(symbol) => values[*symbol],
                    Node::Negate(operand) => -results[*operand],
                    Node::Binary(operation, left, right) => {
                        let (left, right) = (results[*left], results[*right]);
                        match operation {
                            Binary::Add => left + right,
                            Binary::Subtract => left - right,
                            Binary::Multiply => left * right,
                            Binary::Divide => left / right,
                            Binary::Power => left.powf(right),
                        }
                    }
                    Node::Call(function, operands) => function.value(operands.len(), |i| results[operands[i]]),
                    Node::IfElse(choice) => {
                        let yes = choice.comparison.holds(results[choice.left], results[choice.right]);
                        results[if yes { choice.yes } else { choice.no }]
                    }
                };
            }
            use_results(results)
        })
    }

    /// Adds the derivatives to `partials`; `adjoints` is zero at the start.
    fn backward(&self, results: &[f64], adjoints: &mut [f64], partials: &mut [f64]) {
        adjoints[self.nodes.len() - 1] = 1.0;
        for (place, node) in self.nodes.iter().enumerate().rev() {
            let adjoint = adjoints[place];
            // Nothing depends on this node; to go on would turn 0 times an infinite derivative into NaN.
            if adjoint == 0.0 {
                continue;
            }
            match node {
                Node::Number(_) | Node::Pi => {}
                Node::Symbol(symbol) => partials[*symbol] += adjoint,
                Node::Negate(operand) => adjoints[*operand] -= adjoint,
                Node::Binary(operation, left, right) => {
                    let (x, y) = (results[*left], results[*right]);
                    let (by_left, by_right) = match operation {
                        Binary::Add => (1.0, 1.0),
                        Binary::Subtract => (1.0, -1.0),
                        Binary::Multiply => (y, x),
                        Binary::Divide => (1.0 / y, -x / (y * y)),
                        Binary::Power => (
                            if y == 0.0 { 0.0 } else { y * x.powf(y - 1.0) },
                            if x == 0.0 && y > 0.0 { 0.0 } else { results[place] * x.ln() },
                        ),
                    };
                    adjoints[*left] += adjoint * by_left;
                    adjoints[*right] += adjoint * by_right;
                }
                Node::Call(function, operands) => {
                    function.partials(
                        operands.len(),
                        |i| results[operands[i]],
                        results[place],
                        |i, partial| {
                            adjoints[operands[i]] += adjoint * partial;
                        },
                    );
                }
                Node::IfElse(choice) => {
                    let yes = choice.comparison.holds(results[choice.left], results[choice.right]);
                    adjoints[if yes { choice.yes } else { choice.no }] += adjoint;
                }
            }
        }
    }
}

/// Calls `body` with `count` zeros.
fn with_zeros<R>(count: usize, body: impl FnOnce(&mut [f64]) -> R) -> R {
    if count <= SHORT { body(&mut [0.0; SHORT][..count]) } else { body(&mut vec![0.0; count]) }
}
