//! Any bytes are read as moments in TOML and in JSON, or refused; any selection from them gives a sample, or is refused.
#![no_main]

use latva_data::{Singular, read_moments_json, read_moments_toml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for table in [read_moments_toml(bytes), read_moments_json(bytes)].into_iter().flatten() {
        let names: Vec<&String> = table.names().iter().rev().collect();
        for singular in [Singular::Refuse, Singular::Allow] {
            if let Ok((sample, _)) = table.sample(&names, singular) {
                for part in &sample.groups {
                    assert!(part.cov.iter().all(|value| value.is_finite()));
                    assert!(part.n_obs >= 2);
                }
            }
        }
    }
});
