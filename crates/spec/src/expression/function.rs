//! The functions of an expression, each with its value and its derivative.

/// A function that an expression can call. Names and meanings are R's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// `exp(x)`
    Exp,
    /// `expm1(x)`: e^x - 1
    Expm1,
    /// `log(x)`, natural; `log(x, base)`
    Log,
    /// `log2(x)`
    Log2,
    /// `log10(x)`
    Log10,
    /// `log1p(x)`: log(1 + x)
    Log1p,
    /// `sqrt(x)`
    Sqrt,
    /// `abs(x)`; derivative 0 at 0
    Abs,
    /// `sign(x)`; derivative 0
    Sign,
    /// `sin(x)`
    Sin,
    /// `cos(x)`
    Cos,
    /// `tan(x)`
    Tan,
    /// `asin(x)`
    Asin,
    /// `acos(x)`
    Acos,
    /// `atan(x)`
    Atan,
    /// `atan2(y, x)`
    Atan2,
    /// `sinh(x)`
    Sinh,
    /// `cosh(x)`
    Cosh,
    /// `tanh(x)`
    Tanh,
    /// `asinh(x)`
    Asinh,
    /// `acosh(x)`
    Acosh,
    /// `atanh(x)`, Fisher's z
    Atanh,
    /// `plogis(x)`: 1 / (1 + e^-x)
    Plogis,
    /// `qlogis(p)`: log(p / (1 - p))
    Qlogis,
    /// `min(...)`; the derivative is that of the first least argument
    Min,
    /// `max(...)`; the derivative is that of the first greatest argument
    Max,
    /// `sum(...)`
    Sum,
    /// `prod(...)`
    Prod,
}

/// All functions, for look-up and for messages.
pub(crate) const FUNCTIONS: [(&str, Function); 28] = [
    ("exp", Function::Exp),
    ("expm1", Function::Expm1),
    ("log", Function::Log),
    ("log2", Function::Log2),
    ("log10", Function::Log10),
    ("log1p", Function::Log1p),
    ("sqrt", Function::Sqrt),
    ("abs", Function::Abs),
    ("sign", Function::Sign),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("asin", Function::Asin),
    ("acos", Function::Acos),
    ("atan", Function::Atan),
    ("atan2", Function::Atan2),
    ("sinh", Function::Sinh),
    ("cosh", Function::Cosh),
    ("tanh", Function::Tanh),
    ("asinh", Function::Asinh),
    ("acosh", Function::Acosh),
    ("atanh", Function::Atanh),
    ("plogis", Function::Plogis),
    ("qlogis", Function::Qlogis),
    ("min", Function::Min),
    ("max", Function::Max),
    ("sum", Function::Sum),
    ("prod", Function::Prod),
];

impl Function {
    /// The function of a name.
    pub(crate) fn named(name: &str) -> Option<Function> {
        FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        FUNCTIONS.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    /// The least and the greatest number of arguments; no greatest where it takes any number.
    pub(crate) fn arity(self) -> (usize, Option<usize>) {
        match self {
            Function::Log => (1, Some(2)),
            Function::Atan2 => (2, Some(2)),
            Function::Min | Function::Max | Function::Sum | Function::Prod => (1, None),
            _ => (1, Some(1)),
        }
    }

    /// Whether it is linear in its arguments.
    pub(crate) fn is_linear(self) -> bool {
        self == Function::Sum
    }

    /// Its value; `argument(i)` gives the i-th of `count` arguments.
    pub(crate) fn value(self, count: usize, argument: impl Fn(usize) -> f64) -> f64 {
        let x = argument(0);
        match self {
            Function::Exp => x.exp(),
            Function::Expm1 => x.exp_m1(),
            Function::Log if count == 2 => x.ln() / argument(1).ln(),
            Function::Log => x.ln(),
            Function::Log2 => x.log2(),
            Function::Log10 => x.log10(),
            Function::Log1p => x.ln_1p(),
            Function::Sqrt => x.sqrt(),
            Function::Abs => x.abs(),
            Function::Sign => sign(x),
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Tan => x.tan(),
            Function::Asin => x.asin(),
            Function::Acos => x.acos(),
            Function::Atan => x.atan(),
            Function::Atan2 => x.atan2(argument(1)),
            Function::Sinh => x.sinh(),
            Function::Cosh => x.cosh(),
            Function::Tanh => x.tanh(),
            Function::Asinh => x.asinh(),
            Function::Acosh => x.acosh(),
            Function::Atanh => x.atanh(),
            Function::Plogis => 1.0 / (1.0 + (-x).exp()),
            Function::Qlogis => (x / (1.0 - x)).ln(),
            Function::Min => argument(chosen(count, &argument, |candidate, best| candidate < best)),
            Function::Max => argument(chosen(count, &argument, |candidate, best| candidate > best)),
            Function::Sum => (0..count).map(&argument).sum(),
            Function::Prod => (0..count).map(&argument).product(),
        }
    }

    /// Calls `add(i, d)` with the derivative `d` with respect to the i-th argument, for each that is not 0;
    /// `value` is the function's value there.
    pub(crate) fn partials(
        self,
        count: usize,
        argument: impl Fn(usize) -> f64,
        value: f64,
        mut add: impl FnMut(usize, f64),
    ) {
        let x = argument(0);
        match self {
            Function::Exp => add(0, value),
            Function::Expm1 => add(0, value + 1.0),
            Function::Log if count == 2 => {
                let base = argument(1);
                add(0, 1.0 / (x * base.ln()));
                add(1, -value / (base * base.ln()));
            }
            Function::Log => add(0, 1.0 / x),
            Function::Log2 => add(0, 1.0 / (x * std::f64::consts::LN_2)),
            Function::Log10 => add(0, 1.0 / (x * std::f64::consts::LN_10)),
            Function::Log1p => add(0, 1.0 / (1.0 + x)),
            Function::Sqrt => add(0, 0.5 / value),
            Function::Abs => add(0, sign(x)),
            Function::Sign => {}
            Function::Sin => add(0, x.cos()),
            Function::Cos => add(0, -x.sin()),
            Function::Tan => add(0, 1.0 + value * value),
            Function::Asin => add(0, 1.0 / (1.0 - x * x).sqrt()),
            Function::Acos => add(0, -1.0 / (1.0 - x * x).sqrt()),
            Function::Atan => add(0, 1.0 / (1.0 + x * x)),
            Function::Atan2 => {
                let other = argument(1);
                let square = x * x + other * other;
                add(0, other / square);
                add(1, -x / square);
            }
            Function::Sinh => add(0, x.cosh()),
            Function::Cosh => add(0, x.sinh()),
            Function::Tanh => add(0, 1.0 - value * value),
            Function::Asinh => add(0, 1.0 / (1.0 + x * x).sqrt()),
            Function::Acosh => add(0, 1.0 / (x * x - 1.0).sqrt()),
            Function::Atanh => add(0, 1.0 / (1.0 - x * x)),
            Function::Plogis => add(0, value * (1.0 - value)),
            Function::Qlogis => add(0, 1.0 / (x * (1.0 - x))),
            Function::Min => add(chosen(count, &argument, |candidate, best| candidate < best), 1.0),
            Function::Max => add(chosen(count, &argument, |candidate, best| candidate > best), 1.0),
            Function::Sum => (0..count).for_each(|i| add(i, 1.0)),
            Function::Prod => {
                let zeros = (0..count).filter(|&i| argument(i) == 0.0).count();
                for i in 0..count {
                    let own = argument(i);
                    match zeros {
                        0 => add(i, value / own),
                        1 if own == 0.0 => add(i, (0..count).filter(|&j| j != i).map(&argument).product()),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// -1, 0 or 1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// The index of the first argument that no other one is better than; a NaN wins over all, as in R.
fn chosen(count: usize, argument: impl Fn(usize) -> f64, better: impl Fn(f64, f64) -> bool) -> usize {
    let mut best = 0;
    for i in 1..count {
        let candidate = argument(i);
        if !argument(best).is_nan() && (candidate.is_nan() || better(candidate, argument(best))) {
            best = i;
        }
    }
    best
}
