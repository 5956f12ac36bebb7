//! The search for the estimates: from one start after another, by one method after another, until one converges.

use latva_math::distribution::normal;
use latva_math::optimise::{
    Constrained, ConstrainedSolution, Factored, Objective, QuasiNewton, ScoringSettings, Termination, golden_section,
    minimise_constrained, minimise_from,
};
use latva_math::random::SplitMix64;
use latva_spec::table::ParTable;

use crate::constraints::{RestrictedObjective, Restrictions};
use crate::implied::{BlockModel, Place};
use crate::inference::{ParameterCovariance, determined_covariance};
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::Plan;
use crate::result::{Convergence, TerminationReason};
use crate::start::{Dominated, StartStrategy, dominated, start_values};

/// Random starts that are tried when nothing else converged, or only to a solution with a negative variance.
const LAST_RESORTS: usize = 16;
/// In models of at most [`SMALL`] parameters there are more, [`MOST_RESORTS`] at the most, until so many of them have converged.
const ENOUGH: usize = 8;
const MOST_RESORTS: usize = 64;
const SMALL: usize = 60;
/// Iterations of a random start: where there is a minimum, a search gets there in fewer.
const SHORT_SEARCH: usize = 100;
/// Searches in one valley of a dominated factor.
const VALLEY: usize = 16;
/// What the search gains in one at the most, relative to 1 + |F|.
const VALLEY_DEPTH: f64 = 1e-3;
/// A share beyond which the valley leads to infinity.
const LARGEST_SHARE: f64 = 1e3;
/// Precision of the inverse share at its bottom, relative.
const VALLEY_PRECISION: f64 = 1e-3;
/// A variance of a latent variable is in doubt within so many standard errors of zero.
const IN_DOUBT: f64 = 2.0;
/// Random starts with negative variances that are tried then.
const DOUBTS: usize = 8;
/// Standard deviation of a random start around the start from the data, in units of diag(H)^-1/2, the change of a parameter that
/// alone raises F by about 1/2.
const SPREAD: f64 = 0.5;
/// How much farther every other one of the starts lies that were asked for.
const FARTHER: f64 = 4.0;
/// Size of a negative variance to start from, as a share of the positive one.
const TURNED: f64 = 0.25;
/// The same of the starts at the point itself.
const SLIGHTLY: f64 = 0.05;
/// What a minimum must be lower by to be another one, relative to 1 + |F|.
const LOWER: f64 = 1e-9;

/// Where the search ended.
pub(crate) struct Estimated {
    /// The record.
    pub(crate) convergence: Convergence,
    /// The objective, at the best point.
    pub(crate) objective: ModelObjective,
    /// The restrictions.
    pub(crate) restrictions: Restrictions,
    /// F there.
    pub(crate) value: f64,
    /// For each restriction, whether it holds as an equation.
    pub(crate) binding: Vec<bool>,
    /// The restriction that the point misses by most, where the search ended for that.
    pub(crate) violated: Option<usize>,
    /// Covariance matrix of the parameters by the expected information, as if no restriction were binding, where the search needed it.
    pub(crate) covariance: Option<ParameterCovariance>,
}

/// How F is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Scoring,
    QuasiNewton,
}

impl Method {
    fn describe(self) -> &'static str {
        match self {
            Method::Scoring => "Fisher scoring",
            Method::QuasiNewton => "quasi-Newton steps (BFGS)",
        }
    }

    /// One search, under the restrictions if there are any; `first` is a factor for the first step of scoring.
    pub(crate) fn solve(
        self,
        objective: RestrictedObjective,
        start: &[f64],
        first: Option<&Factored>,
        settings: &ScoringSettings,
    ) -> (ConstrainedSolution, RestrictedObjective) {
        match self {
            Method::Scoring => solve(objective, start, first, settings),
            Method::QuasiNewton => {
                let (solution, objective) = solve(QuasiNewton::new(objective), start, None, settings);
                (solution, objective.into_inner())
            }
        }
    }
}

/// Settings of a search for the estimates.
pub(crate) fn search_settings(plan: &Plan) -> ScoringSettings {
    let mut settings = ScoringSettings { max_iterations: plan.max_iterations, ..ScoringSettings::default() };
    if plan.missing.is_full_information() {
        // The exact Hessian of incomplete data costs more than several steps without it.
        (settings.newton_from, settings.hessian_cost) = (0.01, 8.0);
    }
    settings
}

/// Searches the minimum.
pub(crate) fn estimate(
    table: &ParTable,
    objective: ModelObjective,
    restrictions: Restrictions,
    observed: &[Observed],
    plan: &Plan,
    multiplier: f64,
) -> Estimated {
    let mut search = Search {
        settings: search_settings(plan),
        objective: Some(RestrictedObjective::new(objective, restrictions)),
        best: None,
        evaluations: 0,
        strategies: Vec::new(),
        covariance: None,
    };
    let strategies: Vec<StartStrategy> =
        StartStrategy::ALL.into_iter().filter(|strategy| strategy.applies(table)).collect();
    // Start values are made when their turn comes: mostly the first ones do.
    let start = |search: &mut Search, strategy| {
        let theta = start_values(table, search.objective().objective.models_mut(), observed, strategy);
        search.start(&theta)
    };
    let mut starts: Vec<Vec<f64>> = Vec::with_capacity(strategies.len());
    for method in [Method::Scoring, Method::QuasiNewton] {
        for (index, &strategy) in strategies.iter().enumerate() {
            if search.converged() {
                break;
            }
            if index == starts.len() {
                starts.push(start(&mut search, strategy));
            }
            let termination = search.run(method, &starts[index]);
            let end = describe(termination, search.is_constrained());
            search.strategies.push([method.describe(), " from ", strategy.describe(), ": ", end].concat());
        }
    }
    // An improper solution is often one of several minima, and not the lowest.
    let improper = search.converged() && search.improper();
    if improper {
        for (index, &strategy) in strategies.iter().enumerate().skip(1) {
            if index == starts.len() {
                starts.push(start(&mut search, strategy));
            }
            let termination = search.run(Method::Scoring, &starts[index]);
            search.strategies.push(format!(
                "{} from {}, because a variance is negative: {}",
                Method::Scoring.describe(),
                strategy.describe(),
                describe(termination, search.is_constrained())
            ));
        }
    }
    let asked = plan.random_starts;
    let around = Around { start: &starts[0], seed: plan.seed, wide: asked > 0 };
    let small = starts[0].len() <= SMALL;
    if improper || !search.converged() {
        let (least, most) = (asked.max(LAST_RESORTS), asked.max(if small { MOST_RESORTS } else { LAST_RESORTS }));
        search.run_random(&around, 0..most, "", |tried, converged| tried >= least && converged >= ENOUGH);
        if small {
            search.run_dominated(&around, observed);
        }
        search.go_on();
    } else if asked > 0 {
        search.run_random(&around, 0..asked, "", |_, _| false);
    } else if small && search.in_doubt(multiplier) {
        let turned = (0..DOUBTS).map(|index| 2 * index + 1);
        search.run_random(&around, turned, ", because the variance of a latent variable may be negative", |_, _| false);
    }
    search.finish()
}

/// What random starts lie around.
struct Around<'a> {
    start: &'a [f64],
    seed: u64,
    /// Whether some of it is far from the start: other minima may be.
    wide: bool,
}

struct Search {
    settings: ScoringSettings,
    /// Always there but while a solver has it.
    objective: Option<RestrictedObjective>,
    best: Option<ConstrainedSolution>,
    evaluations: usize,
    strategies: Vec<String>,
    /// As [`Estimated::covariance`].
    covariance: Option<ParameterCovariance>,
}

impl Search {
    fn objective(&mut self) -> &mut RestrictedObjective {
        self.objective.as_mut().expect("the solver gave the objective back")
    }

    fn is_constrained(&self) -> bool {
        self.objective.as_ref().is_some_and(|objective| !objective.restrictions.is_empty())
    }

    fn converged(&self) -> bool {
        self.best.as_ref().is_some_and(|best| best.solution.termination == Termination::Gradient)
    }

    /// Whether the best solution has a negative variance that is a free parameter.
    fn improper(&self) -> bool {
        let (Some(best), Some(RestrictedObjective { objective, .. })) = (&self.best, &self.objective) else {
            return false;
        };
        let theta = expanded(objective, &best.solution.theta);
        variances(objective.models()).any(|parameter| theta[parameter] < 0.0)
    }

    /// Start values in the space of the unconstrained parameters, within linear inequalities and bounds.
    fn start(&mut self, theta: &[f64]) -> Vec<f64> {
        self.objective().start(theta)
    }

    /// One search; keeps its end if it is better than the best so far.
    fn run(&mut self, method: Method, start: &[f64]) -> Termination {
        let solution = self.search(method, start);
        self.keep(solution)
    }

    fn search(&mut self, method: Method, start: &[f64]) -> ConstrainedSolution {
        let objective = self.objective.take().expect("the solver gave the objective back");
        let (solution, objective) = method.solve(objective, start, None, &self.settings);
        self.objective = Some(objective);
        self.evaluations += solution.solution.evaluations;
        solution
    }

    /// A search from a start that does not come from the data. Such a one may run off to infinity, where any gradient vanishes: what it ends at is
    /// no minimum unless the information has an inverse there.
    fn search_from_afar(&mut self, start: &[f64]) -> ConstrainedSolution {
        let mut found = self.search(Method::Scoring, start);
        let RestrictedObjective { objective, restrictions, .. } = self.objective();
        if found.solution.termination == Termination::Gradient
            && restrictions.is_empty()
            && objective.value(&found.solution.theta).is_ok()
        {
            let second = objective.take_expected();
            if determined_covariance(second, None, 1.0, &objective.reparametrisation).is_none() {
                found.solution.termination = Termination::Stalled;
            }
        }
        found
    }

    fn keep(&mut self, solution: ConstrainedSolution) -> Termination {
        let termination = solution.solution.termination;
        let better = self.best.as_ref().is_none_or(|best| {
            let (ours, theirs) = (&solution.solution, &best.solution);
            let (rank, best_rank) = (rank(ours.termination), rank(theirs.termination));
            rank < best_rank || (rank == best_rank && ours.value < theirs.value - LOWER * (1.0 + theirs.value.abs()))
        });
        if better {
            self.best = Some(solution);
        }
        termination
    }

    /// Whether a minimum in which the variance of a latent variable has another sign may be near: there is one with a variance, explained
    /// and unexplained, within [`IN_DOUBT`] standard errors of zero (by the expected information). No path of steps leads
    /// through zero, where the loadings are not identified; an unexplained variance alone may pass it.
    fn in_doubt(&mut self, multiplier: f64) -> bool {
        let best = self.best.as_ref().map(|best| best.solution.theta.clone()).unwrap_or_default();
        let objective = &mut self.objective().objective;
        if objective.value(&best).is_err() {
            return false;
        }
        let variances: Vec<(usize, f64)> = objective
            .blocks
            .iter()
            .flat_map(|block| {
                block.model.entries.iter().filter_map(|entry| match entry.place {
                    Place::LatentCov(r, s) if r == s && r < block.model.n_latent => {
                        Some((entry.parameter, block.latent_cov()[[r, r]]))
                    }
                    _ => None,
                })
            })
            .collect();
        if variances.is_empty() {
            return false;
        }
        let second = objective.take_upper_expected();
        let Some(determined) = determined_covariance(second, None, multiplier, &objective.reparametrisation) else {
            return true;
        };
        let error = |parameter: usize| determined.covariance.variance(parameter).sqrt();
        let in_doubt = variances.into_iter().any(|(parameter, total)| total < IN_DOUBT * error(parameter));
        if !in_doubt {
            self.covariance = Some(determined);
        }
        in_doubt
    }

    /// Goes on from the best point so far, if a search that was kept short ended there because its steps ran out.
    fn go_on(&mut self) {
        let was_short = self.settings.max_iterations > SHORT_SEARCH;
        let ran_out =
            |best: &&ConstrainedSolution| was_short && best.solution.termination == Termination::MaxIterations;
        let Some(ConstrainedSolution { solution: best, .. }) = self.best.as_ref().filter(ran_out) else { return };
        let start = best.theta.clone();
        let solution = self.search_from_afar(&start);
        let termination = self.keep(solution);
        let end = describe(termination, self.is_constrained());
        self.strategies.push(format!("{} on from where the best of these ended: {end}", Method::Scoring.describe()));
    }

    /// Searches from random starts, each of which has its number, until `enough` of the numbers of those tried and converged.
    fn run_random(
        &mut self,
        around: &Around<'_>,
        numbers: impl Iterator<Item = usize>,
        why: &str,
        enough: impl Fn(usize, usize) -> bool,
    ) {
        let (mut tried, mut converged) = (0, 0);
        let iterations = self.settings.max_iterations;
        self.settings.max_iterations = iterations.min(SHORT_SEARCH);
        for number in numbers {
            tried += 1;
            if let Some(start) = self.random_start(around, number) {
                let solution = self.search_from_afar(&start);
                if self.keep(solution) == Termination::Gradient {
                    converged += 1;
                }
            }
            if enough(tried, converged) {
                break;
            }
        }
        self.settings.max_iterations = iterations;
        let seed = around.seed;
        self.strategies
            .push(format!("Fisher scoring from {tried} random starts (seed {seed}){why}: {converged} converged"));
    }

    /// Searches from the starts in which a factor is nearly one indicator.
    fn run_dominated(&mut self, around: &Around<'_>, observed: &[Observed]) {
        let theta = expanded(&self.objective().objective, around.start);
        let (mut tried, mut converged) = (0, 0);
        for factor in dominated(self.objective().objective.models(), observed) {
            for start in factor.starts(&theta) {
                tried += 1;
                if self.along_valley(&factor, &start) {
                    converged += 1;
                }
            }
        }
        if tried > 0 {
            self.strategies.push(format!(
                "Fisher scoring from {tried} starts in which a factor is that of one indicator: {converged} converged"
            ));
        }
    }

    /// Searches from theta, and again from where F is least along the valley through the end, as long as that is one; whether a minimum was
    /// found.
    fn along_valley(&mut self, factor: &Dominated, theta: &[f64]) -> bool {
        let mut start = self.start(theta);
        for turn in 0..VALLEY {
            let solution = self.search_from_afar(&start);
            let (end, value) =
                (expanded(&self.objective().objective, &solution.solution.theta), solution.solution.value);
            let share = factor.share(&end);
            // Towards infinity any gradient vanishes.
            let found =
                solution.solution.termination == Termination::Gradient && (turn == 0 || share.abs() < LARGEST_SHARE);
            // An end further along that is no minimum says less of the model than the first one.
            if turn == 0 || found {
                self.keep(solution);
            }
            let dominated = share.is_finite() && !(0.0..=1.0).contains(&share);
            // A valley is flat: its bottom is not much lower than the end.
            let best = self.best.as_ref().filter(|_| self.converged()).map_or(f64::MAX, |best| best.solution.value);
            let promising = value < best + VALLEY_DEPTH * (1.0 + best.abs());
            if found || !dominated || !promising {
                return found;
            }
            let least = golden_section(-1.0, 1.0, VALLEY_PRECISION, |inverse| {
                let moved = factor.scaled(&end, (share * inverse).recip())?;
                let moved = self.start(&moved);
                self.objective().value(&moved).ok()
            });
            match factor.scaled(&end, (share * least).recip()) {
                Some(moved) if least.abs() * LARGEST_SHARE > 1.0 => start = self.start(&moved),
                _ => return false,
            }
        }
        false
    }

    /// A start that has a value, at random around another; `None` where there is none near it. Those of odd numbers are around the point
    /// where nothing is explained and the variances of some latent variables are negative, the first ones at it: some minima have one, and
    /// no path from positive variances leads there.
    fn random_start(&mut self, around: &Around<'_>, number: usize) -> Option<Vec<f64>> {
        let &Around { start: around, seed, wide } = around;
        let (mut stream, turned) = (Stream::new(seed, number as u64), number % 2 == 1);
        let RestrictedObjective { objective, .. } = self.objective();
        let q = objective.reparametrisation.n_theta();
        let mut theta = expanded(objective, around);
        objective.value(around).ok()?;
        let second = objective.expected().diag().to_vec();
        let mut latent = Vec::new();
        if turned {
            for block in &objective.blocks {
                for entry in &block.model.entries {
                    match entry.place {
                        Place::LatentCov(r, s) if r == s && r < block.model.n_latent => latent.push(entry.parameter),
                        Place::LatentCov(..) => theta[entry.parameter] = 0.0,
                        Place::ResidualCov(i, j) if i == j => theta[entry.parameter] = block.implied().cov[[i, i]],
                        _ => {}
                    }
                }
            }
        }
        latent.dedup();
        // First all together and each alone, at the point itself; then some of them, at random.
        let turn = number / 2;
        let at_random = !turned || turn > latent.len();
        let mut negative = vec![false; q];
        for (place, &parameter) in latent.iter().enumerate() {
            negative[parameter] = turn == 0 || turn == place + 1 || (at_random && stream.normal() > 0.0);
        }
        let none = !negative.contains(&true);
        for parameter in latent {
            negative[parameter] |= none;
            if negative[parameter] {
                theta[parameter] *= if at_random { -TURNED } else { -SLIGHTLY };
            }
        }
        let mut is_variance = vec![false; q];
        variances(objective.models()).for_each(|parameter| is_variance[parameter] = true);
        let draws: Vec<f64> = (0..q).map(|_| if at_random { stream.normal() } else { 0.0 }).collect();
        let mut spread = if wide && !turned && turn % 2 == 1 { FARTHER * SPREAD } else { SPREAD };
        for _ in 0..8 {
            let moved: Vec<f64> = (0..q)
                .map(|i| match second[i] {
                    _ if is_variance[i] && (theta[i] > 0.0 || turned) => theta[i] * (spread * draws[i]).exp(),
                    second if second > 0.0 => theta[i] + spread * draws[i] / second.sqrt(),
                    _ => theta[i],
                })
                .collect();
            let start = self.start(&moved);
            if self.objective().value(&start).is_ok() {
                return Some(start);
            }
            spread *= 0.5;
            theta.iter_mut().zip(&negative).filter(|(_, negative)| **negative).for_each(|(value, _)| *value *= 0.5);
        }
        None
    }

    fn finish(mut self) -> Estimated {
        let best = self.best.take().expect("at least one strategy was tried");
        let RestrictedObjective { mut objective, restrictions, .. } =
            self.objective.take().expect("the solver gave the objective back");
        let ConstrainedSolution { solution, multipliers, values, lengths } = best;
        let value = objective.value(&solution.theta).unwrap_or(solution.value);
        let equalities = restrictions.equalities();
        let violation = |place: usize| {
            let value = if place < equalities { values[place].abs() } else { (-values[place]).max(0.0) };
            value / lengths[place]
        };
        let violated = (solution.termination == Termination::Inconsistent)
            .then(|| (0..values.len()).max_by(|&a, &b| violation(a).total_cmp(&violation(b))))
            .flatten();
        let convergence = Convergence {
            converged: solution.termination == Termination::Gradient,
            reason: match solution.termination {
                Termination::Gradient if solution.theta.is_empty() => TerminationReason::NothingToEstimate,
                Termination::Gradient => TerminationReason::Gradient,
                Termination::MaxIterations => TerminationReason::MaxIterations,
                Termination::LineSearch => TerminationReason::LineSearch,
                Termination::Stalled => TerminationReason::Stalled,
                Termination::InfeasibleStart => TerminationReason::NoFeasibleStart,
                Termination::Inconsistent => TerminationReason::Inconsistent,
            },
            iterations: solution.iterations,
            evaluations: self.evaluations,
            gradient_norm: solution.decrement,
            warm: false,
            strategies: self.strategies,
        };
        let binding =
            (0..restrictions.list().len()).map(|place| place < equalities || multipliers[place] > 0.0).collect();
        Estimated { convergence, objective, restrictions, value, binding, violated, covariance: self.covariance }
    }
}

/// The parameters that are variances.
fn variances<'a>(models: impl Iterator<Item = &'a BlockModel>) -> impl Iterator<Item = usize> {
    let is_variance = |place| matches!(place, Place::LatentCov(r, s) | Place::ResidualCov(r, s) if r == s);
    let entries = models.flat_map(|model| &model.entries).filter(move |entry| is_variance(entry.place));
    entries.map(|entry| entry.parameter)
}

/// All parameters from the unconstrained ones.
fn expanded(objective: &ModelObjective, unconstrained: &[f64]) -> Vec<f64> {
    let mut theta = vec![0.0; objective.reparametrisation.n_theta()];
    objective.reparametrisation.expand(unconstrained, &mut theta);
    theta
}

/// With the solver that the restrictions ask for; that of constraints has no use for a first factor.
fn solve<O: Constrained>(
    objective: O,
    start: &[f64],
    first: Option<&Factored>,
    settings: &ScoringSettings,
) -> (ConstrainedSolution, O) {
    if objective.equalities() + objective.inequalities() > 0 {
        return minimise_constrained(objective, start, settings);
    }
    let (solution, objective) = minimise_from(objective, start, first, settings);
    (ConstrainedSolution { solution, multipliers: Vec::new(), values: Vec::new(), lengths: Vec::new() }, objective)
}

fn rank(termination: Termination) -> usize {
    match termination {
        Termination::Gradient => 0,
        Termination::MaxIterations | Termination::LineSearch | Termination::Stalled => 1,
        Termination::Inconsistent => 2,
        Termination::InfeasibleStart => 3,
    }
}

fn describe(termination: Termination, constrained: bool) -> &'static str {
    match termination {
        Termination::Gradient => "converged",
        Termination::MaxIterations => "the iterations ran out",
        Termination::Stalled => "the discrepancy hardly fell any more, but the gradient did not vanish",
        Termination::LineSearch => "no step lowered the discrepancy",
        Termination::InfeasibleStart if constrained => {
            "the implied covariance matrix is not positive definite at the start, or a constraint has no value there"
        }
        Termination::InfeasibleStart => "the implied covariance matrix is not positive definite at the start",
        Termination::Inconsistent => "the constraints could not be satisfied",
    }
}

/// Random numbers of one start, from the seed and the number of the start, so that a start is the same one whatever was drawn
/// before it.
struct Stream(SplitMix64);

impl Stream {
    fn new(seed: u64, index: u64) -> Self {
        Stream(SplitMix64::stream(seed, index))
    }

    /// A standard normal number, by inversion.
    fn normal(&mut self) -> f64 {
        // The middle of one of 2^53 intervals of (0, 1).
        let uniform = ((self.0.next_bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        normal::quantile(uniform).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
