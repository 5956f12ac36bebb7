//! Any bytes are read as delimited text, or refused; any selection from what was read gives finite moments, or is refused.
#![no_main]

use latva_data::{
    CsvOptions, MissingRows, Patterns, SampleOptions, SamplingWeights, Singular, WeightNormalization, read_csv,
};
use libfuzzer_sys::fuzz_target;

/// More columns only make each case slower.
const COLUMNS: usize = 6;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = read_csv(bytes, &CsvOptions::default()) else { return };
    assert_eq!(table.names().len(), table.columns().len());
    let names: Vec<&String> = table.names().iter().filter(|name| !name.is_empty()).take(COLUMNS).collect();
    let groups = [None, table.names().last().cloned()];
    let column =
        |normalization| table.names().first().map(|name| SamplingWeights { column: name.clone(), normalization });
    let weights = [None, column(WeightNormalization::Total), column(WeightNormalization::Group)];
    for (group, weights) in groups.iter().flat_map(|group| weights.iter().map(move |weights| (group, weights))) {
        for missing in [MissingRows::Listwise, MissingRows::Pairwise, MissingRows::Keep] {
            for singular in [Singular::Refuse, Singular::Allow] {
                let required = names.first().map(|name| (*name).clone()).into_iter().collect();
                let (group, weights) = (group.clone(), weights.clone());
                let options = SampleOptions { group, group_labels: None, missing, required, singular, weights };
                let Ok((sample, _)) = table.sample(&names, &options) else { continue };
                for part in &sample.groups {
                    assert!(part.cov.iter().all(|value| value.is_finite()));
                    let rows = part.rows.as_ref().expect("a sample from rows keeps them");
                    assert_eq!(rows.nrows(), part.n_obs);
                    assert_eq!(Patterns::of(rows.view(), part.weights.as_deref()).n(), part.n_obs);
                }
            }
        }
    }
});
