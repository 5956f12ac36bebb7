//! What the table does where lavaan goes silently wrong, and what it says about faulty models.

use proptest::prelude::*;

use super::{
    DegreesOfFreedom, EqualityGroup, EqualityRank, ModelKind, Op, ParTable, Row, TableContext, TableOptions, build,
};
use crate::{Diagnostic, Severity, parse};

fn groups(n: usize) -> TableContext {
    TableContext { groups: (1..=n).map(|group| group.to_string()).collect(), ..TableContext::default() }
}

fn table(text: &str, context: &TableContext) -> ParTable {
    let (table, diagnostics) = built(text, context);
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{text}\n{diagnostics:?}");
    table
}

fn built(text: &str, context: &TableContext) -> (ParTable, Vec<Diagnostic>) {
    let parsed = parse(text);
    let (table, diagnostics) = build(&parsed.model, context);
    (table, parsed.diagnostics.into_iter().chain(diagnostics).collect())
}

fn row<'a>(table: &'a ParTable, lhs: &str, op: Op, rhs: &str, group: usize) -> &'a Row {
    table
        .rows
        .iter()
        .find(|row| row.lhs == lhs && row.op == op && row.rhs == rhs && row.group == group)
        .unwrap_or_else(|| panic!("no row {lhs} {} {rhs} in group {group}", op.as_str()))
}

fn equalities(table: &ParTable) -> Vec<String> {
    table.rows.iter().filter(|row| row.op == Op::Equal).map(|row| format!("{} == {}", row.lhs, row.rhs)).collect()
}

/// The text has a finding with the id at the place of `words`, the first time they stand in it.
fn finds(text: &str, context: &TableContext, id: &str, words: &str) -> Diagnostic {
    let (_, diagnostics) = built(text, context);
    let found = diagnostics.iter().find(|diagnostic| diagnostic.id == id);
    let found = found.unwrap_or_else(|| panic!("no {id} in {diagnostics:?}"));
    match found.span {
        Some(span) => assert_eq!(&text[span.start..span.end], words, "{}", found.message),
        None => assert_eq!(words, "", "{} has no place", found.message),
    }
    let severity = match &id[..1] {
        "E" => Severity::Error,
        "W" => Severity::Warning,
        _ => Severity::Note,
    };
    assert_eq!(found.severity, severity);
    found.clone()
}

#[test]
fn elements_of_a_vector_hold_for_their_own_group() {
    // lavaan 0.6 loses the NA of `c(a, NA)` and ties both groups; `c(1, a)` it fixes or labels in both.
    let table = table("f =~ x1 + c(a, NA)*x2 + c(1, b)*x3 + x4", &groups(2));
    assert_eq!(row(&table, "f", Op::Loading, "x2", 1).label, "a");
    assert_eq!(row(&table, "f", Op::Loading, "x2", 2).label, "");
    assert!(row(&table, "f", Op::Loading, "x2", 2).free > 0);
    assert_eq!(row(&table, "f", Op::Loading, "x3", 1).free, 0);
    assert_eq!(row(&table, "f", Op::Loading, "x3", 1).ustart, Some(1.0));
    assert_eq!(row(&table, "f", Op::Loading, "x3", 2).label, "b");
    assert!(row(&table, "f", Op::Loading, "x3", 2).free > 0);
    assert!(equalities(&table).is_empty());
}

#[test]
fn chained_and_repeated_modifiers_are_all_kept() {
    for text in [
        "f =~ x1 + start(0.5)*a*x2 + x3",
        "f =~ x1 + a*start(0.5)*x2 + x3",
        "f =~ x1 + x2 + x3\nf =~ start(0.5)*x2\nf =~ a*x2",
    ] {
        let table = table(text, &TableContext::default());
        let loading = row(&table, "f", Op::Loading, "x2", 1);
        assert_eq!((loading.label.as_str(), loading.ustart), ("a", Some(0.5)), "{text}");
        assert!(loading.free > 0);
    }
    let fixed = table("f =~ x1 + 0.5*a*x2 + x3", &TableContext::default());
    let loading = row(&fixed, "f", Op::Loading, "x2", 1);
    assert_eq!((loading.label.as_str(), loading.ustart, loading.free), ("a", Some(0.5), 0));
}

#[test]
fn group_blocks_free_latent_moments_like_repeated_groups() {
    let one = "f =~ x1 + x2 + x3";
    let blocks = format!("group: 1\n{one}\ngroup: 2\n{one}");
    for (std_lv, sets) in
        [(false, vec![EqualityGroup::Loadings, EqualityGroup::Intercepts]), (true, vec![EqualityGroup::Loadings])]
    {
        let mut context = groups(2);
        context.options = TableOptions { std_lv, group_equal: sets, ..TableOptions::default() };
        let strip = |mut table: ParTable| {
            std::sync::Arc::make_mut(&mut table.rows).iter_mut().for_each(|row| row.span = None);
            table
        };
        assert_eq!(strip(table(one, &context)), strip(table(&blocks, &context)));
    }
}

#[test]
fn a_latent_variable_of_one_group_keeps_its_mean() {
    let text = "group: 1\nf =~ x1 + x2 + x3\ngroup: 2\nf =~ x1 + x2 + x3\ng =~ x4 + x5 + x6";
    let mut context = groups(2);
    context.options.group_equal = vec![EqualityGroup::Loadings, EqualityGroup::Intercepts];
    let table = table(text, &context);
    assert!(row(&table, "f", Op::Intercept, "", 2).free > 0);
    assert_eq!(row(&table, "g", Op::Intercept, "", 2).free, 0);
}

#[test]
fn group_blocks_go_to_the_group_of_their_label() {
    // lavaan 0.6 takes them in order, so that each model would be fitted to the other group's data, and drops group.equal.
    let mut context = TableContext { groups: vec!["Pasteur".into(), "Grant-White".into()], ..TableContext::default() };
    context.options.group_equal = vec![EqualityGroup::Loadings];
    let text = "group: \"Grant-White\"\nf =~ x1 + x2 + x3\nx1 ~~ x2\ngroup: Pasteur\nf =~ x1 + x2 + x3";
    let table = table(text, &context);
    assert_eq!(table.blocks.iter().map(|block| block.group).collect::<Vec<_>>(), [1, 2]);
    assert!(row(&table, "x1", Op::Covariance, "x2", 2).free > 0);
    assert!(table.rows.iter().all(|row| row.group != 1 || row.lhs != "x1" || row.rhs != "x2"));
    assert_eq!(equalities(&table).len(), 2);
    let found = finds("group: a\ny ~ x\ngroup: b\ny ~ x", &groups(2), "W0613", "a");
    assert!(found.hints[0].contains("`a` = 1, `b` = 2"));
}

#[test]
fn equal_means_the_named_parameter_even_if_it_has_a_label() {
    let table = table("f =~ x1 + a*x2 + equal(\"f=~x2\")*x3", &TableContext::default());
    assert_eq!(equalities(&table), [".p2. == .p3."]);
    assert_eq!(row(&table, "f", Op::Loading, "x3", 1).label, "a");
    let found = finds("f =~ x1 + x2 + equal(\"f=~x22\")*x3", &TableContext::default(), "E0609", "\"f=~x22\"");
    assert!(found.hints[0].contains("f=~x2"));
}

#[test]
fn start_on_a_marker_is_told() {
    let found = finds("f =~ start(2)*x1 + x2 + x3", &TableContext::default(), "W0618", "start(2)*x1");
    assert!(found.hints[0].contains("NA*x1 + start(2)*x1"));
    let free = built("f =~ NA*x1 + start(2)*x1 + x2 + x3\nf ~~ 1*f", &TableContext::default());
    assert!(free.1.is_empty(), "{:?}", free.1);
}

#[test]
fn names_are_compared_with_the_data() {
    let data = TableContext {
        variables: Some(["x1", "x2", "x3", "x4", "speed", "income"].map(String::from).to_vec()),
        ..TableContext::default()
    };
    let found = finds("visual =~ x1 + x2 + x33", &data, "E0601", "x33");
    assert!(found.hints[0].contains("`x3`"), "{found:?}");
    let found = finds("visual =~ x1 + x2 + x3\nx4 ~ visul", &data, "E0601", "visul");
    assert!(found.hints.iter().any(|hint| hint.contains("latent variable `visual`")), "{found:?}");
    let found = finds("wellbeing ~ income", &data, "E0601", "wellbeing");
    assert!(found.hints.iter().any(|hint| hint.contains("wellbeing =~ ...")), "{found:?}");
    finds("speed =~ x1 + x2 + x3", &data, "W0602", "speed");
    finds("x1 ~ x2:age", &data, "E0601", "x2:age");
    // Each missing variable is told once, and all of them.
    let (_, all) = built("f =~ q1 + q2 + q3\nq1 ~~ q2", &data);
    assert_eq!(all.iter().filter(|diagnostic| diagnostic.id == "E0601").count(), 3);
    // A product needs its parts in the data only.
    let (_, none) = built("x1 ~ x2:x3", &data);
    assert!(none.is_empty(), "{none:?}");
}

#[test]
fn faulty_models_are_told_at_their_place() {
    let one = TableContext::default();
    finds("f =~ x1 + x2 + x1", &one, "W0603", "x1");
    finds("f =~ x1 + 0.5*x2 + x3\nf =~ 0.7*x2", &one, "E0603", "0.7*x2");
    finds("x1 ~~ 1*x1\nx1 ~~ 2*x1", &one, "E0603", "2*x1");
    finds("x1 ~~ 0.2*x2\nx2 ~~ 0.3*x1", &one, "E0603", "0.3*x1");
    let found = finds("f =~ x1 + c(a, b)*x2 + x3", &one, "E0604", "c(a, b)");
    assert!(found.label.contains("2 labels, 1 group"), "{found:?}");
    finds("f =~ x1 + c(1, 2, 3)*x2 + x3", &groups(2), "E0604", "c(1, 2, 3)");
    finds("f =~ f + x2", &one, "E0605", "f");
    finds("x1 ~ x1 + x2", &one, "E0605", "x1");
    finds("u | t1 + low", &one, "E0606", "low");
    finds("u ~*~ v", &one, "E0607", "v");
    finds("group: 1\ny ~ x\ngroup: 2\ny ~ x", &one, "E0612", "group: 1");
    finds("group: 1\ny ~ x", &groups(2), "E0612", "group: 1");
    finds("level: 1\ny ~ x", &one, "E0614", "level: 1");
    finds("y ~ x\ngroup: 1\ny ~ x\ngroup: 2\ny ~ x", &groups(2), "E0617", "y ~ x");
    finds("f =~ x1 + x2\nz ~ f:x3", &one, "E0624", "f:x3");
    finds("f =~ x1 + x2 + x3\n.p2. == .p99.", &one, "E0620", ".p99.");
    finds("a := b\nb := a\ny ~ c*x", &one, "E0623", "a := b");
    finds("y ~ a*x1 + b*x2\nd := a\nd := b", &one, "E0622", "d");
    finds("y ~ a*x1 + b*x2\na := b", &one, "E0621", "a");
    finds("f =~ g\ng =~ f", &one, "E0631", "");
    finds("y ~ x1 + x2\nx1 ~~ x2", &one, "N0628", "x1");
    finds("f =~ a*x1 + x2\ng =~ 2*x3 + a*x3 + x4\nf ~ z", &one, "W0610", "2*x3");
    finds("f =~ x1 + a*x2 + x3", &groups(2), "W0611", "a");
    finds("f =~ x1 + c(a, b)*x2 + d*x3", &groups(2), "W0611", "d");
    let found = finds("f =~ x1 + a*x2 + b*x3\na == 1\na == 2", &one, "E0633", "a == 2");
    assert!(found.message.contains("contradict"));
    finds("f =~ x1 + x2 + x3\ny ~ f + z", &one, "N0634", "z");
}

#[test]
fn options_are_checked() {
    let mut context = groups(2);
    context.options.group_equal = vec![EqualityGroup::Loadings];
    context.options.group_partial = vec!["f =~ x2".into(), "f=~x9".into()];
    let text = "f =~ x1 + x2 + x3";
    let found = finds(text, &context, "E0608", "");
    assert!(found.message.contains("f=~x9"));
    let (table, _) = built(text, &context);
    assert_eq!(equalities(&table).len(), 1, "blanks in a name do not matter");
    let both = TableContext {
        options: TableOptions { std_lv: true, effect_coding_loadings: true, ..TableOptions::default() },
        ..TableContext::default()
    };
    finds(text, &both, "E0630", "");
    let further = |constraints: &str| TableContext {
        options: TableOptions { constraints: constraints.into(), ..TableOptions::default() },
        ..TableContext::default()
    };
    finds("f =~ x1 + loading*x2 + x3", &further("loadng == 1"), "E0620", "");
    finds(text, &further("y ~ x"), "E0629", "");
}

#[test]
fn rank_of_equalities_is_that_of_independent_ones() {
    let rank = |text: &str| {
        let table = built(text, &TableContext::default()).0;
        let rank = EqualityRank::of(&table);
        (rank.rows, rank.rank, rank.contradictory.len())
    };
    let labels = "f =~ x1 + a*x2 + b*x3 + c*x4\n";
    assert_eq!(rank(&format!("{labels}a == b\nb == c\na == c")), (3, 2, 0));
    assert_eq!(rank(&format!("{labels}a == b\n2*a == 2*b")), (2, 1, 0));
    assert_eq!(rank(&format!("{labels}a == 1\na == 2")), (2, 1, 1));
    assert_eq!(rank(&format!("{labels}a + b == 1\nb + c == 1\na - c == 0.5")), (3, 2, 1));
    assert_eq!(rank(&format!("{labels}a == b*c")), (1, 1, 0));
    assert_eq!(rank(&format!("{labels}d := a - b\nd == 0\na == b")), (2, 1, 0));
    assert_eq!(rank(&format!("{labels}a == b + 1e-12*c\na == b")), (2, 1, 0));
    assert_eq!(rank("f =~ x1 + a*x2 + a*x3 + a*x4\na == 1"), (3, 3, 0));
    assert_eq!(rank("f =~ x1 + x2 + x3\nx2 ~~ equal(\"x1~~x1\")*x2"), (1, 1, 0));
}

#[test]
fn growth_and_bare_lavaan_differ_only_in_their_switches() {
    let text = "i =~ 1*y1 + 1*y2 + 1*y3\ns =~ 0*y1 + 1*y2 + 2*y3";
    let kind = |kind: ModelKind| TableContext { kind, ..TableContext::default() };
    let growth = table(text, &kind(ModelKind::Growth));
    assert!(row(&growth, "i", Op::Intercept, "", 1).free > 0);
    assert_eq!(row(&growth, "y1", Op::Intercept, "", 1).free, 0);
    let bare = table(text, &kind(ModelKind::Lavaan));
    assert_eq!(bare.n_free(), 0);
    let switched = TableContext {
        kind: ModelKind::Lavaan,
        options: TableOptions {
            meanstructure: Some(true),
            int_lv_free: Some(true),
            auto_var: Some(true),
            auto_cov_lv_x: Some(true),
            ..TableOptions::default()
        },
        ..TableContext::default()
    };
    assert_eq!(table(text, &switched).rows, growth.rows);
}

/// Statements of every kind over few names, so that they often speak of the same parameters.
fn statement() -> impl Strategy<Value = String> {
    let name =
        || prop::sample::select(vec!["f", "g", "h", "x1", "x2", "x3", "y", "z", "f:x1", "x1:x2", "0", "1", "t1", "t9"]);
    let modifier = || {
        prop::sample::select(vec![
            "",
            "",
            "",
            "a*",
            "b*",
            "0.5*",
            "NA*",
            "c(a, b)*",
            "c(1, NA)*",
            "c(a, 1, NA)*",
            "start(2)*",
            "lower(0)*",
            "equal(\"f=~x1\")*",
            "label(\"x1~~x2\")*",
            "rv(\"s\")*",
            "c(\"\", a)*",
        ])
    };
    let op = prop::sample::select(vec!["=~", "~", "~~", "<~", "|", "~*~", "%"]);
    let terms = prop::collection::vec((modifier(), name()), 1..4)
        .prop_map(|terms| terms.iter().map(|(m, n)| format!("{m}{n}")).collect::<Vec<_>>().join(" + "));
    let formula = (prop::sample::select(vec!["", "efa(\"e\")*"]), name(), op, terms)
        .prop_map(|(efa, lhs, op, rhs)| format!("{efa}{lhs} {op} {rhs}"));
    let other = prop::sample::select(vec![
        "a == b",
        "a == 1",
        "a > b",
        "d := a/b",
        "e := d + 1",
        "d := e",
        ".p2. == .p3.",
        "group: 1",
        "group: 2",
        "group: b",
        "level: 1",
        "level: 2",
        "block: 1",
    ])
    .prop_map(String::from);
    prop_oneof![4 => formula, 1 => other]
}

fn any_context() -> impl Strategy<Value = TableContext> {
    let kinds = vec![ModelKind::Cfa, ModelKind::Sem, ModelKind::Growth, ModelKind::Lavaan];
    let sets = prop::sample::subsequence(EqualityGroup::ALL.to_vec(), 0..4);
    let flags = prop::collection::vec(any::<bool>(), 9);
    (prop::sample::select(kinds), 0_usize..4, sets, flags).prop_map(|(kind, n_groups, group_equal, flags)| {
        TableContext {
            kind,
            options: TableOptions {
                meanstructure: flags[0].then_some(flags[1]),
                std_lv: flags[2],
                fixed_x: flags[3].then_some(false),
                conditional_x: flags[4],
                effect_coding_loadings: flags[5],
                effect_coding_intercepts: flags[6],
                group_w_free: flags[7],
                group_equal,
                group_partial: vec!["f=~x1".into()],
                ..TableOptions::default()
            },
            groups: (1..=n_groups).map(|group| group.to_string()).collect(),
            variables: flags[8].then(|| vec!["x1".into(), "x2".into(), "y".into()]),
            ordered: vec!["x3".into(), "z".into()],
            thresholds: vec![("x3".into(), 2)],
        }
    })
}

/// Its variance is taken out twice: as that of an ordered variable and as that of an exogenous one.
#[test]
fn an_ordered_variable_that_is_fixed_leaves_fewer_than_no_moments() {
    let (table, _) = built("f | t1\ng <~ f", &TableContext::default());
    let count = DegreesOfFreedom::of(&table);
    assert_eq!(count.moments(), -1);
    assert_eq!(count.lines().iter().map(|line| line.amount).sum::<i64>(), count.df());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the text says, a table comes out, and it is consistent in itself.
    #[test]
    fn every_text_gives_a_consistent_table(statements in prop::collection::vec(statement(), 0..12), context in any_context()) {
        let (table, diagnostics) = built(&statements.join("\n"), &context);
        let mut free = 0;
        for (index, row) in table.rows.iter().enumerate() {
            prop_assert_eq!(row.id, index + 1);
            if row.free > 0 {
                free += 1;
                prop_assert_eq!(row.free, free);
            }
            prop_assert_eq!(row.op.is_parameter(), row.block > 0);
            prop_assert_eq!(row.op.is_parameter(), row.relation.is_none());
            if row.block > 0 {
                let block = &table.blocks[row.block - 1];
                prop_assert_eq!((block.group, block.level), (row.group, row.level));
            }
        }
        let mut parameters: Vec<_> =
            table.rows.iter().filter(|row| row.op.is_parameter()).map(|row| (row.block, &row.lhs, row.op, &row.rhs)).collect();
        let n = parameters.len();
        parameters.sort_unstable();
        parameters.dedup();
        prop_assert_eq!(parameters.len(), n, "a parameter stands there twice");
        let count = DegreesOfFreedom::of(&table);
        prop_assert_eq!(count.lines().iter().map(|line| line.amount).sum::<i64>(), count.df());
        prop_assert_eq!(count.free.total(), table.n_free());
        prop_assert!(diagnostics.iter().all(|diagnostic| crate::explain(diagnostic.id).is_some()), "{:?}", diagnostics);
    }
}
