use super::*;
use crate::{CsvOptions, WeightNormalization, read_csv};
use proptest::prelude::*;

fn table(text: &str) -> DataTable {
    read_csv(text.as_bytes(), &CsvOptions::default()).unwrap()
}

fn message(text: &str, names: &[&str], options: &SampleOptions) -> String {
    table(text).sample(names, options).unwrap_err().to_string()
}

fn hs() -> DataTable {
    table(include_str!("../../../../fixtures/data/HolzingerSwineford1939.csv"))
}

#[test]
fn moments_of_the_school_data() {
    // R 4.2.2: d <- read.csv("fixtures/data/HolzingerSwineford1939.csv"); mean(d$x1); cov(d$x1, d$x2) * 300/301, 15 digits.
    let (sample, notes) = hs().sample(&["x1", "x2"], &SampleOptions::default()).unwrap();
    assert!(notes.is_empty());
    let group = &sample.groups[0];
    assert_eq!(group.n_obs, 301);
    assert!((group.mean.as_ref().unwrap()[0] - 4.935_769_656_378_74).abs() < 1e-13);
    assert!((group.cov[[1, 0]] - 0.407_371_330_152_702).abs() < 1e-13, "{}", group.cov[[1, 0]]);
}

#[test]
fn groups_come_in_the_order_of_their_first_row() {
    let options = SampleOptions { group: Some("school".into()), ..SampleOptions::default() };
    let (sample, _) = hs().sample(&["x1", "x2"], &options).unwrap();
    let found: Vec<_> = sample.groups.iter().map(|group| (group.label.as_str(), group.n_obs)).collect();
    assert_eq!(found, [("Pasteur", 156), ("Grant-White", 145)]);

    let options = SampleOptions { group_labels: Some(vec!["Grant-White".into()]), ..options };
    let (sample, notes) = hs().sample(&["x1"], &options).unwrap();
    assert_eq!(sample.groups.len(), 1);
    assert_eq!(notes, [DataNote::OtherGroups { dropped: 156 }]);

    let by_sex = SampleOptions { group: Some("sex".into()), ..SampleOptions::default() };
    let (sample, _) = hs().sample(&["x1"], &by_sex).unwrap();
    assert_eq!(sample.groups.iter().map(|group| group.label.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(hs().group_labels("school").unwrap(), ["Pasteur", "Grant-White"]);
    assert!(hs().group_labels("shool").is_err());
}

const GAPS: &str = "x,y,z\n1,2,1\n2,NA,4\nNA,NA,NA\n4,1,2\n3,5,NA\n7,7,9\n0,3,1\n";

#[test]
fn rows_with_missing_values() {
    let (sample, notes) = table(GAPS).sample(&["x", "y"], &SampleOptions::default()).unwrap();
    assert_eq!(sample.groups[0].n_obs, 5);
    assert_eq!(notes, [DataNote::Listwise { used: 5, dropped: 2, worst: "y".into(), worst_count: 2 }]);

    let keep = SampleOptions { missing: MissingRows::Keep, ..SampleOptions::default() };
    let (sample, notes) = table(GAPS).sample(&["x", "y", "z"], &keep).unwrap();
    let rows = sample.groups[0].rows.as_ref().unwrap();
    assert_eq!(rows.nrows(), 6);
    assert!(rows[[1, 1]].is_nan());
    assert_eq!(notes, [DataNote::EmptyRows { dropped: 1, used: 6 }]);

    let keep = SampleOptions { required: vec!["y".into()], ..keep };
    let (sample, notes) = table(GAPS).sample(&["x", "y", "z"], &keep).unwrap();
    assert_eq!(sample.groups[0].n_obs, 5);
    assert!(notes.contains(&DataNote::MissingRequired { dropped: 1, used: 5, names: vec!["y".into()] }));
}

#[test]
fn names_that_do_not_fit() {
    let plain = SampleOptions::default();
    assert!(message(GAPS, &["X", "q"], &plain).contains("did you mean `x`?"));
    assert!(message(GAPS, &["height"], &plain).contains("there are `x`, `y`, `z`"));
    assert!(message(GAPS, &["x", "x"], &plain).contains("listed twice"));
    assert!(message(",x,x\n1,1,2\n2,2,3\n", &["x"], &plain).contains("2 columns (2, 3)"));
    let by = |name: &str| SampleOptions { group: Some(name.into()), ..SampleOptions::default() };
    assert!(message("x,grp\n1,a\n2,a\n3,b\n", &["x"], &by("grpp")).contains("did you mean `grp`?"));
    let labels = SampleOptions { group_labels: Some(vec!["c".into()]), ..by("grp") };
    assert!(message("x,grp\n1,a\n2,a\n3,b\n", &["x"], &labels).contains("its groups are `a`, `b`"));
}

#[test]
fn text_where_numbers_are_needed() {
    let text = "x,y\n1,2\ntwo,3\n3,4\nfour,5\nfive,6\nsix,7\n";
    let found = message(text, &["x", "y"], &SampleOptions::default());
    assert!(found.starts_with(
        "column `x` must be numeric, but 4 of its 6 cells are not: line 3 holds `two`, line 5 holds `four`"
    ));
    assert!(message("x;y\n1,5;2\n2.5;3\n1,25;4\n", &["x"], &SampleOptions::default()).contains("are mixed"));
    // A date has no decimal mark, and is no number with thousands.
    assert!(message("x\n1\n2\n2020-01-31\n", &["x"], &SampleOptions::default()).ends_with("declare them missing"));
    let infinite = message("x,y\n1,2\n2,3\nInf,4\n", &["x", "y"], &SampleOptions::default());
    assert!(infinite.starts_with("line 4, column `x`: the value is infinite"));
}

#[test]
fn columns_that_carry_nothing() {
    let plain = SampleOptions::default();
    assert!(
        message("x,y\n1,2\n1,3\n1,5\n", &["x", "y"], &plain).starts_with("variable `x` is constant (every value is 1)")
    );
    assert!(message("x,y\nNA,2\nNA,3\nNA,5\n", &["x", "y"], &plain).starts_with("variable `x` has no values"));
    let by = SampleOptions { group: Some("g".into()), ..SampleOptions::default() };
    assert!(message("x,g\n1,a\n2,a\n3,a\n4,b\n4,b\n4,b\n", &["x"], &by).contains("constant in group `b`"));
    assert!(
        message("x,y,g\n1,1,a\n2,5,a\n3,3,a\n4,NA,b\n5,NA,b\n", &["x", "y"], &by)
            .contains("`y` has no values in group `b`")
    );
    assert!(message("x,y\n1,NA\nNA,2\n3,NA\nNA,5\n", &["x", "y"], &plain).contains("--missing ml"));
}

#[test]
fn values_beyond_the_range_of_numbers() {
    let plain = SampleOptions::default();
    assert!(
        message("x,y\n1e200,2\n-1e200,3\n5,5\n", &["x", "y"], &plain).starts_with("the variance of `x` is too large")
    );
    assert!(
        message("x,y\n1e-200,2\n-1e-200,3\n0,5\n", &["x", "y"], &plain).starts_with("the variance of `x` is too small")
    );
    // Numbers themselves, but not the squares of their variances.
    for (size, told) in [("1e90", "too large"), ("1e-90", "too small")] {
        let text = format!("x,y\n{size},2\n-{size},3\n0,5\n");
        assert!(message(&text, &["x", "y"], &plain).contains(told), "{size}");
    }
    assert!(table("x,y\n1e40,2\n-1e40,3\n0,5\n").sample(&["x", "y"], &plain).is_ok());
}

#[test]
fn too_few_rows() {
    let plain = SampleOptions::default();
    assert_eq!(
        message("x,y\n1,2\n2,5\n", &["x", "y"], &plain),
        "2 rows are too few for 2 variables: at least 3 are needed; use more cases or fewer variables, or `--estimator ULS`, which asks for no more than two rows"
    );
    let allow = SampleOptions { singular: Singular::Allow, ..SampleOptions::default() };
    assert!(table("x,y\n1,2\n2,5\n").sample(&["x", "y"], &allow).is_ok());
    assert_eq!(
        message("x,y\n1,2\n", &["x", "y"], &allow),
        "1 row is too few for 2 variables: at least 2 are needed; use more cases"
    );
}

#[test]
fn collinear_columns_are_told_as_an_equation() {
    let plain = SampleOptions::default();
    let text = "x1,x2,x3\n1,5,6\n2,3,5\n4,4,8\n7,1,8\n3,9,12\n";
    assert!(message(text, &["x1", "x2", "x3"], &plain).contains("x3 = x1 + x2 in every row"));
    assert!(message("a,b\n1,3\n2,5\n4,9\n", &["a", "b"], &plain).contains("b = 2 a + 1"));
    let gaps = "x1,x2,x3\n1,5,6\n2,3,5\n4,4,8\n7,1,8\n3,9,12\n9,NA,4\n1,NA,NA\n";
    let keep = SampleOptions { missing: MissingRows::Keep, ..SampleOptions::default() };
    assert!(message(gaps, &["x1", "x2", "x3"], &keep).contains("x3 = x1 + x2"));
    // In the complete rows b = a, but not where c is missing.
    let apart = "a,b,c\n1,1,4\n2,2,1\n3,3,7\n5,5,2\n9,9,3\n4,1,NA\n2,7,NA\n";
    assert!(table(apart).sample(&["a", "b", "c"], &keep).is_ok());
}

#[test]
fn pairs_that_never_meet() {
    let text = "x,y,z\n1,NA,3\n2,NA,1\n5,NA,2\nNA,4,5\nNA,1,2\nNA,3,9\n";
    let pairwise = SampleOptions { missing: MissingRows::Pairwise, ..SampleOptions::default() };
    assert!(message(text, &["x", "y", "z"], &pairwise).starts_with("`x` and `y` are never observed in the same row"));
    let keep = SampleOptions { missing: MissingRows::Keep, ..SampleOptions::default() };
    let (_, notes) = table(text).sample(&["x", "y", "z"], &keep).unwrap();
    assert!(matches!(&notes[..], [DataNote::NeverTogether { .. }]));
}

proptest! {
    /// Whatever the cells, a sample has finite moments on a positive definite matrix, or there is an error.
    #[test]
    fn samples_are_sound(
        cells in prop::collection::vec(prop::option::weighted(0.85, -3_i32..4), 3 * 4..3 * 15),
        missing in prop::sample::select(vec![MissingRows::Listwise, MissingRows::Pairwise, MissingRows::Keep]),
        grouped: bool,
    ) {
        let mut text = String::from("g,x,y,z\n");
        for (at, row) in cells.chunks_exact(3).enumerate() {
            let row: Vec<String> = row.iter().map(|cell| cell.map_or("NA".into(), |value| value.to_string())).collect();
            text.push_str(&format!("{},{}\n", at % 2, row.join(",")));
        }
        let options = SampleOptions { group: grouped.then(|| "g".into()), missing, ..SampleOptions::default() };
        if let Ok((sample, _)) = table(&text).sample(&["x", "y", "z"], &options) {
            for group in &sample.groups {
                prop_assert!(group.n_obs > 3);
                prop_assert_eq!(group.rows.as_ref().unwrap().nrows(), group.n_obs);
                prop_assert!(group.cov.iter().chain(group.mean.as_ref().unwrap()).all(|value| value.is_finite()));
                if missing != MissingRows::Keep {
                    prop_assert!(fault(&group.cov).is_none());
                }
            }
        }
    }
}

#[test]
fn pairwise_moments_as_lavaan_makes_them() {
    // lavaan 0.6-14: lavInspect(cfa("f =~ a1 + a2 + a3 + a4", d, missing = "pairwise", do.fit = FALSE), "sampstat")$cov[2, 1]; nobs 399.
    let data = table(include_str!("../../../../fixtures/data/sim_mcar_20.csv"));
    let pairwise = SampleOptions { missing: MissingRows::Pairwise, ..SampleOptions::default() };
    let (sample, _) = data.sample(&["a1", "a2", "a3", "a4"], &pairwise).unwrap();
    assert_eq!(sample.groups[0].n_obs, 399);
    assert!((sample.groups[0].cov[[1, 0]] - 0.884_067_706_001_211).abs() < 1e-13);
}

#[test]
fn a_product_of_two_columns_is_made_where_no_column_has_its_name() {
    let table = read_csv(b"a,b\n1,2\n2,5\n3,\n4,1\n", &CsvOptions::default()).unwrap();
    let (sample, _) = table.sample(&["a", "a:b"], &SampleOptions::default()).unwrap();
    let rows = sample.groups[0].rows.as_ref().unwrap();
    assert_eq!(rows.column(1).to_vec(), [2.0, 10.0, 4.0]);
    assert!(matches!(table.sample(&["a", "a:z"], &SampleOptions::default()), Err(DataError::UnknownVariable { .. })));
}

fn weighted_by(column: &str) -> SampleOptions {
    let normalization = WeightNormalization::Total;
    SampleOptions {
        weights: Some(SamplingWeights { column: column.to_owned(), normalization }),
        ..SampleOptions::default()
    }
}

const WEIGHTED: &str = "x,y,g,w\n1,2,a,1\n2,9,a,3\n4,1,b,0\n3,5,b,2\n7,7,a,0.5\n0,3,b,1\n";

#[test]
fn weighted_moments() {
    // R 4.2.2: cov.wt(data.frame(x = c(1, 2, 3, 7, 0), y = c(2, 9, 5, 7, 3)), wt = c(1, 3, 2, 0.5, 1), method = "ML").
    let (sample, notes) = table(WEIGHTED).sample(&["x", "y"], &weighted_by("w")).unwrap();
    assert_eq!(notes, [DataNote::ZeroWeights { dropped: 1, column: "w".into() }]);
    let group = &sample.groups[0];
    assert_eq!(group.n_obs, 5);
    assert!((group.mean.as_ref().unwrap()[1] - 6.066_666_666_666_67).abs() < 1e-13);
    assert!((group.cov[[0, 0]] - 2.56).abs() < 1e-13, "{}", group.cov[[0, 0]]);
    assert!((group.cov[[1, 0]] - 1.386_666_666_666_67).abs() < 1e-13, "{}", group.cov[[1, 0]]);
    assert!((group.size() - 5.0).abs() < 1e-14);
    assert!((sample.effective_size() - 7.5_f64.powi(2) / 15.25).abs() < 1e-13);
}

#[test]
fn weights_sum_to_the_cases_of_all_groups_or_of_each() {
    let of = |normalization| {
        let weights = Some(SamplingWeights { column: "w".into(), normalization });
        let options = SampleOptions { group: Some("g".into()), weights, ..SampleOptions::default() };
        let options = SampleOptions { singular: Singular::Allow, ..options };
        let (sample, _) = table(WEIGHTED).sample(&["x", "y"], &options).unwrap();
        sample.groups.iter().map(GroupSample::size).collect::<Vec<_>>()
    };
    // The weights of the groups are 4.5 and 3, their cases 3 and 2.
    let close = |sizes: Vec<f64>, expected: [f64; 2]| sizes.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14);
    assert!(close(of(WeightNormalization::Total), [3.0, 2.0]));
    assert!(close(of(WeightNormalization::Group), [3.0, 2.0]));
    let uneven = WEIGHTED.replace("0,3,b,1", "0,3,b,4");
    let options = SampleOptions { group: Some("g".into()), singular: Singular::Allow, ..weighted_by("w") };
    let (sample, _) = table(&uneven).sample(&["x", "y"], &options).unwrap();
    assert!((sample.groups[1].size() - 5.0 * 6.0 / 10.5).abs() < 1e-14);
}

#[test]
fn faults_of_weights_are_told_with_their_lines() {
    let told = |w: [&str; 4]| {
        let text = format!("x,y,g,w\n1,2,a,{}\n2,9,a,{}\n4,1,b,{}\n3,5,b,{}\n", w[0], w[1], w[2], w[3]);
        let options = SampleOptions { group: Some("g".into()), singular: Singular::Allow, ..weighted_by("w") };
        message(&text, &["x", "y"], &options)
    };
    let must = "column `w` must hold sampling weights, numbers from 0 on, but does not in";
    assert!(told(["1", "-2", "1", "1"]).starts_with(&format!("{must} 1 of its 4 cells: line 3 holds `-2`;")));
    assert!(told(["1", "", "NA", "1"]).contains("2 of its 4 cells: line 3 has none, line 4 has none;"));
    assert!(told(["1", "much", "1", "1"]).contains("line 3 holds `much`;"));
    assert!(told(["1", "inf", "1", "1"]).contains("line 3 holds `inf`;"));
    assert!(
        told(["-1", "-1", "-1", "-1"]).contains("line 2 holds `-1`, line 3 holds `-1`, line 4 holds `-1`, and so on;")
    );
    assert_eq!(
        told(["1", "1", "0", "0"]),
        "the sampling weight `w` is 0 in all 2 rows in group `b`, which leaves nothing to analyse; correct the weights, or take the rows of the group out of the data"
    );
    assert_eq!(
        message(WEIGHTED, &["x", "y"], &weighted_by("weight")),
        "the column of sampling weights `weight` is not in the data; there are `x`, `y`, `g`, `w`"
    );
    let pairwise = SampleOptions { missing: MissingRows::Pairwise, ..weighted_by("w") };
    assert!(message(WEIGHTED, &["x", "y"], &pairwise).starts_with("pairwise moments with sampling weights"));
}

#[test]
fn weights_of_any_size_keep_their_ratios() {
    let of = |factor: f64| {
        let text: String = [(1, 2), (2, 9), (3, 5), (7, 7), (0, 3)]
            .iter()
            .enumerate()
            .map(|(row, (x, y))| format!("{x},{y},{:e}\n", factor * (row + 1) as f64))
            .collect();
        table(&format!("x,y,w\n{text}")).sample(&["x", "y"], &weighted_by("w")).unwrap().0.groups.swap_remove(0)
    };
    let plain = of(1.0);
    for factor in [1e307, 1e-300] {
        let own = of(factor);
        assert!((own.size() - 5.0).abs() < 1e-13);
        assert!(own.cov.iter().zip(&plain.cov).all(|(a, b)| (a - b).abs() < 1e-13));
    }
}

#[test]
fn weights_follow_the_rows_that_are_kept() {
    let text = "x,y,w\n1,2,1\nNA,3,7\n2,NA,3\n4,1,2\n5,3,0\n3,5,2\n0,1,1\n";
    let (sample, _) = table(text).sample(&["x", "y"], &weighted_by("w")).unwrap();
    let weights = sample.groups[0].weights.as_ref().unwrap();
    assert!(weights.iter().zip([1.0, 2.0, 2.0, 1.0]).all(|(a, b)| (a - b * 4.0 / 6.0).abs() < 1e-15), "{weights:?}");
    assert_eq!(table(text).row_numbers(&["x", "y"], &weighted_by("w")).unwrap(), [[1, 4, 6, 7]]);
    let (_, notes) = table(text).sample(&["x", "y", "w"], &weighted_by("w")).unwrap();
    assert!(notes.contains(&DataNote::WeightsInModel { column: "w".into() }));
}

proptest! {
    /// Only ratios of weights matter: whole-number weights are rows written so many times, and equal weights are none.
    #[test]
    fn whole_weights_repeat_rows(
        rows in prop::collection::vec((-9.0..9.0_f64, -9.0..9.0_f64, 0_usize..4), 8..40),
        factor in 0.1..10.0_f64,
    ) {
        let (mut once, mut repeated, mut equal) = (String::from("x,y,w\n"), String::from("x,y\n"), String::from("x,y,w\n"));
        for (x, y, times) in &rows {
            once += &format!("{x},{y},{}\n", *times as f64 * factor);
            repeated += &format!("{x},{y}\n").repeat(*times);
            equal += &format!("{x},{y},{factor}\n");
        }
        let allow = |options| SampleOptions { singular: Singular::Allow, ..options };
        let of = |text: &str, options: SampleOptions| table(text).sample(&["x", "y"], &allow(options));
        prop_assume!(rows.iter().filter(|(_, _, times)| *times > 0).count() > 2);
        let close = |one: &GroupSample, other: &GroupSample| {
            let means = one.mean.iter().flatten().zip(other.mean.iter().flatten());
            one.cov.iter().zip(&other.cov).chain(means).all(|(a, b)| (a - b).abs() < 1e-11)
        };
        let (weighted, _) = of(&once, weighted_by("w")).unwrap();
        let (written, _) = of(&repeated, SampleOptions::default()).unwrap();
        prop_assert!(close(&weighted.groups[0], &written.groups[0]));
        let (alike, _) = of(&equal, weighted_by("w")).unwrap();
        let plain = format!("x,y\n{}", rows.iter().map(|(x, y, _)| format!("{x},{y}\n")).collect::<String>());
        let (plain, _) = of(&plain, SampleOptions::default()).unwrap();
        prop_assert!(close(&alike.groups[0], &plain.groups[0]));
        prop_assert!((alike.effective_size() - rows.len() as f64).abs() < 1e-9);
    }
}
