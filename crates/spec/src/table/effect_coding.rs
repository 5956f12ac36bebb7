//! `effect.coding`: loadings of a factor that average 1, intercepts of its indicators that sum to 0.

use rustc_hash::FxHashMap;

use super::draft::Draft;
use super::equality::plabel;
use super::names::NameId;
use super::options::TableOptions;
use super::row::Op;

/// An equality over automatic labels, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodingRelation {
    pub(crate) lhs: String,
    pub(crate) rhs: String,
}

/// The equalities of every factor of which all loadings (intercepts) are free. A latent mean is free where intercepts sum to 0.
pub(crate) fn relations(drafts: &mut [Draft], options: &TableOptions) -> Vec<CodingRelation> {
    if !(options.effect_coding_loadings || options.effect_coding_intercepts) {
        return Vec::new();
    }
    let intercepts: FxHashMap<(usize, usize, NameId), usize> = drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.op == Op::Intercept)
        .map(|(row, draft)| ((draft.group, draft.level, draft.lhs), row))
        .collect();
    let mut factors: Vec<(usize, usize, NameId)> = Vec::new();
    let mut loadings: FxHashMap<(usize, usize, NameId), Vec<usize>> = FxHashMap::default();
    for (row, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.op == Op::Loading) {
        let factor = (draft.group, draft.level, draft.lhs);
        loadings
            .entry(factor)
            .or_insert_with(|| {
                factors.push(factor);
                Vec::new()
            })
            .push(row);
    }
    let mut relations = Vec::new();
    for factor in factors {
        let rows = &loadings[&factor];
        let all_free = |drafts: &[Draft], rows: &[usize]| !rows.is_empty() && rows.iter().all(|&row| drafts[row].free);
        if options.effect_coding_loadings && all_free(drafts, rows) {
            relations.push(sum_is(rows, rows.len()));
        }
        if options.effect_coding_intercepts {
            let (group, level, latent) = factor;
            let mut of_indicators: Vec<usize> =
                rows.iter().filter_map(|&row| intercepts.get(&(group, level, drafts[row].rhs)).copied()).collect();
            of_indicators.sort_unstable();
            if all_free(drafts, &of_indicators) {
                relations.push(sum_is(&of_indicators, 0));
                if let Some(&mean) = intercepts.get(&(group, level, latent))
                    && drafts[mean].entry.is_none()
                {
                    drafts[mean].free = true;
                }
            }
        }
    }
    relations
}

/// The first parameter as the total less the others, as lavaan writes it: `.p1. == 3-.p2.-.p3.`.
fn sum_is(rows: &[usize], total: usize) -> CodingRelation {
    let mut rhs = total.to_string();
    for &row in &rows[1..] {
        rhs.push('-');
        rhs.push_str(&plabel(row));
    }
    CodingRelation { lhs: plabel(rows[0]).into(), rhs }
}
