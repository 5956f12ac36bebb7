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

/// A list that keeps the first appearance of each name.
struct Unique<'a> {
    marks: &'a mut [Marks],
    bit: u16,
    list: Vec<NameId>,
    /// So many names come at most; many lists stay empty.
    most: usize,
}

impl Unique<'_> {
    fn push(&mut self, name: NameId) {
        let marks = &mut self.marks[name.index()];
        if marks.0 & self.bit == 0 {
            marks.0 |= self.bit;
            if self.list.is_empty() {
                self.list.reserve(self.most);
            }
            self.list.push(name);
        }
    }
}

fn unique(marks: &mut [Marks], bit: u16, names: impl Iterator<Item = NameId>) -> Vec<NameId> {
    let most = names.size_hint().1.unwrap_or(0).min(marks.len());
    let mut unique = Unique { marks, bit, list: Vec::new(), most };
    names.for_each(|name| unique.push(name));
    unique.list
}

impl Roles {
    /// The roles that the entries of a block give; `ordered` are the ordered variables of the data.
    pub(crate) fn of(entries: &[Entry], names: &Names, ordered: &[NameId], with_efa: bool) -> Roles {
        let mut marks = vec![Marks::default(); names.len()];
        let has = |marks: &[Marks], name: NameId, bits: u16| marks[name.index()].0 & bits != 0;
        let of_op = |op: Op| entries.iter().filter(move |entry| entry.op == op);

        let mut latent = unique(
            &mut marks,
            Marks::LATENT,
            entries.iter().filter(|entry| matches!(entry.op, Op::Loading | Op::Composite)).map(|entry| entry.lhs),
        );
        of_op(Op::Composite).for_each(|entry| marks[entry.lhs.index()].0 |= Marks::FORMATIVE);
        if with_efa {
            of_op(Op::Loading)
                .filter(|entry| entry.efa().is_some())
                .for_each(|entry| marks[entry.lhs.index()].0 |= Marks::EFA);
        }
        let products: Vec<NameId> = entries
            .iter()
            .map(|entry| entry.rhs)
            .filter(|&name| names.any_factor(name, |factor| has(&marks, factor, Marks::LATENT)))
            .collect();
        let latent_products = unique(&mut marks, Marks::LATENT, products.into_iter());
        latent.extend(&latent_products);

        let outcomes = unique(&mut marks, Marks::OUTCOME, of_op(Op::Regression).map(|entry| entry.lhs));
        let predictors = unique(
            &mut marks,
            Marks::PREDICTOR,
            entries.iter().filter(|entry| matches!(entry.op, Op::Regression | Op::Composite)).map(|entry| entry.rhs),
        );
        let indicators = unique(&mut marks, Marks::INDICATOR, of_op(Op::Loading).map(|entry| entry.rhs));

        // A product with an outcome among its factors is itself endogenous.
        let (endogenous_products, exogenous): (Vec<NameId>, Vec<NameId>) = predictors
            .into_iter()
            .filter(|&name| !has(&marks, name, Marks::LATENT | Marks::INDICATOR | Marks::OUTCOME))
            .partition(|&name| names.any_factor(name, |factor| has(&marks, factor, Marks::OUTCOME)));

        let covariances = || of_op(Op::Covariance);
        let listed = indicators
            .iter()
            .chain(&outcomes)
            .chain(&endogenous_products)
            .chain(&exogenous)
            .copied()
            .chain(covariances().map(|entry| entry.lhs))
            .chain(covariances().map(|entry| entry.rhs))
            .chain(
                entries.iter().filter(|entry| matches!(entry.op, Op::Intercept | Op::Threshold)).map(|entry| entry.lhs),
            )
            .filter(|&name| !has(&marks, name, Marks::LATENT))
            .collect::<Vec<_>>();
        let observed = unique(&mut marks, Marks::OBSERVED, listed.into_iter());

        for entry in entries {
            match entry.op {
                Op::Covariance => {
                    marks[entry.lhs.index()].0 |= Marks::MOMENT;
                    marks[entry.rhs.index()].0 |= Marks::MOMENT;
                }
                Op::Intercept => marks[entry.lhs.index()].0 |= Marks::MOMENT,
                Op::Threshold => marks[entry.lhs.index()].0 |= Marks::THRESHOLD,
                _ => {}
            }
        }
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
