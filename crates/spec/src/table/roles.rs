//! Which part each variable of a block plays: what the automatic rows are decided by.

use super::entry::Entry;
use super::names::{NameId, Names};
use super::row::Op;

/// Marks of one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Marks(u16);

impl Marks {
    const LATENT: u16 = 1;
    const FORMATIVE: u16 = 1 << 1;
    const INDICATOR: u16 = 1 << 2;
    const OUTCOME: u16 = 1 << 3;
    const PREDICTOR: u16 = 1 << 4;
    const OBSERVED: u16 = 1 << 5;
    const EXOGENOUS: u16 = 1 << 6;
    const ORDERED: u16 = 1 << 7;
    const EFA: u16 = 1 << 8;
    /// In a `~~` or `~1` formula of the user.
    const MOMENT: u16 = 1 << 9;
    const THRESHOLD: u16 = 1 << 10;
}

/// The variables of one block by role, in lavaan's order.
#[derive(Debug, Clone)]
pub(crate) struct Roles {
    marks: Vec<Marks>,
    /// Latent variables: left sides of `=~` and `<~`, then products with a latent factor.
    pub(crate) latent: Vec<NameId>,
    /// Observed variables: indicators, outcomes, predictors, then those of covariances, intercepts and thresholds only.
    pub(crate) observed: Vec<NameId>,
    /// Exogenous observed variables whose moments the user did not write.
    pub(crate) exogenous: Vec<NameId>,
    /// Predictors that would be exogenous, had the user not written one of their moments.
    pub(crate) random_predictors: Vec<NameId>,
    /// Latent variables that are neither indicators nor outcomes.
    pub(crate) exogenous_latent: Vec<NameId>,
    /// Latent outcomes that predict and measure nothing.
    pub(crate) terminal_latent: Vec<NameId>,
    /// Observed outcomes that predict and measure nothing.
    pub(crate) terminal_observed: Vec<NameId>,
    /// Ordered endogenous variables.
    pub(crate) ordered: Vec<NameId>,
    /// Latent products.
    pub(crate) latent_products: Vec<NameId>,
}

/// Marks a name; true if it did not have the mark.
fn mark(marks: &mut [Marks], name: NameId, bit: u16) -> bool {
    let marks = &mut marks[name.index()];
    let is_new = marks.0 & bit == 0;
    marks.0 |= bit;
    is_new
}

/// As [`mark`], and adds the name to a list if it did not have the mark.
fn list(marks: &mut [Marks], name: NameId, bit: u16, list: &mut Vec<NameId>) {
    if mark(marks, name, bit) {
        list.push(name);
    }
}

impl Roles {
    /// The roles that the entries of a block give; `ordered` are the ordered variables of the data.
    pub(crate) fn of(entries: &[Entry], names: &Names, ordered: &[NameId], with_efa: bool) -> Roles {
        let mut marks = vec![Marks::default(); names.len()];
        let has = |marks: &[Marks], name: NameId, bits: u16| marks[name.index()].0 & bits != 0;

        let [mut latent, mut indicators, mut observed] = [(); 3].map(|()| Vec::with_capacity(names.len()));
        let (mut outcomes, mut predictors) = (Vec::new(), Vec::new());
        for &Entry { op, lhs, rhs, .. } in entries {
            match op {
                Op::Loading => {
                    list(&mut marks, lhs, Marks::LATENT, &mut latent);
                    list(&mut marks, rhs, Marks::INDICATOR, &mut indicators);
                }
                Op::Composite => {
                    list(&mut marks, lhs, Marks::LATENT, &mut latent);
                    mark(&mut marks, lhs, Marks::FORMATIVE);
                    list(&mut marks, rhs, Marks::PREDICTOR, &mut predictors);
                }
                Op::Regression => {
                    list(&mut marks, lhs, Marks::OUTCOME, &mut outcomes);
                    list(&mut marks, rhs, Marks::PREDICTOR, &mut predictors);
                }
                Op::Covariance => {
                    mark(&mut marks, lhs, Marks::MOMENT);
                    mark(&mut marks, rhs, Marks::MOMENT);
                }
                Op::Intercept => {
                    mark(&mut marks, lhs, Marks::MOMENT);
                }
                Op::Threshold => {
                    mark(&mut marks, lhs, Marks::THRESHOLD);
                }
                _ => {}
            }
        }
        if with_efa {
            for entry in entries.iter().filter(|entry| entry.op == Op::Loading && entry.efa().is_some()) {
                mark(&mut marks, entry.lhs, Marks::EFA);
            }
        }
        let products: Vec<NameId> = entries
            .iter()
            .map(|entry| entry.rhs)
            .filter(|&name| names.any_factor(name, |factor| has(&marks, factor, Marks::LATENT)))
            .collect();
        let mut latent_products = Vec::new();
        products.into_iter().for_each(|name| list(&mut marks, name, Marks::LATENT, &mut latent_products));
        latent.extend(&latent_products);

        // A product with an outcome among its factors is itself endogenous.
        let (endogenous_products, exogenous): (Vec<NameId>, Vec<NameId>) = predictors
            .into_iter()
            .filter(|&name| !has(&marks, name, Marks::LATENT | Marks::INDICATOR | Marks::OUTCOME))
            .partition(|&name| names.any_factor(name, |factor| has(&marks, factor, Marks::OUTCOME)));

        let of_op = |op: Op| entries.iter().filter(move |entry| entry.op == op);
        let listed = indicators
            .iter()
            .chain(&outcomes)
            .chain(&endogenous_products)
            .chain(&exogenous)
            .copied()
            .chain(of_op(Op::Covariance).map(|entry| entry.lhs))
            .chain(of_op(Op::Covariance).map(|entry| entry.rhs))
            .chain(
                entries.iter().filter(|entry| matches!(entry.op, Op::Intercept | Op::Threshold)).map(|entry| entry.lhs),
            );
        listed.for_each(|name| {
            if !has(&marks, name, Marks::LATENT) {
                list(&mut marks, name, Marks::OBSERVED, &mut observed);
            }
        });

        let (random_predictors, exogenous): (Vec<NameId>, Vec<NameId>) =
            exogenous.into_iter().partition(|&name| has(&marks, name, Marks::MOMENT));
        exogenous.iter().for_each(|name| marks[name.index()].0 |= Marks::EXOGENOUS);

        // An ordered variable of the data that is exogenous is used as a number; thresholds in the model win.
        for &name in ordered {
            if has(&marks, name, Marks::OBSERVED) && !has(&marks, name, Marks::EXOGENOUS) {
                marks[name.index()].0 |= Marks::ORDERED;
            }
        }
        for &name in &observed {
            if has(&marks, name, Marks::THRESHOLD) {
                marks[name.index()].0 |= Marks::ORDERED;
            }
        }
        let ordered = observed.iter().copied().filter(|&name| has(&marks, name, Marks::ORDERED)).collect();

        let terminal =
            |name: NameId| has(&marks, name, Marks::OUTCOME) && !has(&marks, name, Marks::INDICATOR | Marks::PREDICTOR);
        Roles {
            exogenous_latent: latent
                .iter()
                .copied()
                .filter(|&name| !has(&marks, name, Marks::INDICATOR | Marks::OUTCOME))
                .collect(),
            terminal_latent: latent.iter().copied().filter(|&name| terminal(name)).collect(),
            terminal_observed: observed.iter().copied().filter(|&name| terminal(name)).collect(),
            ordered,
            latent,
            observed,
            exogenous,
            random_predictors,
            latent_products,
            marks,
        }
    }

    /// Number of names of the model, which are not all of this block.
    pub(crate) fn n_names(&self) -> usize {
        self.marks.len()
    }

    fn has(&self, name: NameId, bits: u16) -> bool {
        self.marks.get(name.index()).is_some_and(|marks| marks.0 & bits != 0)
    }

    pub(crate) fn is_latent(&self, name: NameId) -> bool {
        self.has(name, Marks::LATENT)
    }

    pub(crate) fn is_formative(&self, name: NameId) -> bool {
        self.has(name, Marks::FORMATIVE)
    }

    /// Whether it is a factor of an `efa()` block.
    pub(crate) fn is_efa(&self, name: NameId) -> bool {
        self.has(name, Marks::EFA)
    }

    pub(crate) fn is_observed(&self, name: NameId) -> bool {
        self.has(name, Marks::OBSERVED)
    }

    pub(crate) fn is_exogenous(&self, name: NameId) -> bool {
        self.has(name, Marks::EXOGENOUS)
    }

    pub(crate) fn is_outcome(&self, name: NameId) -> bool {
        self.has(name, Marks::OUTCOME)
    }

    pub(crate) fn is_ordered(&self, name: NameId) -> bool {
        self.has(name, Marks::ORDERED)
    }

    /// Whether the user wrote a variance, covariance or intercept of it.
    pub(crate) fn has_written_moment(&self, name: NameId) -> bool {
        self.has(name, Marks::MOMENT)
    }

    /// Whether the user wrote a threshold of it.
    pub(crate) fn has_written_threshold(&self, name: NameId) -> bool {
        self.has(name, Marks::THRESHOLD)
    }
}
