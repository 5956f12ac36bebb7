//! From the text of a study file to a [`Study`].

use super::section::{Section, Source};
use super::*;
use crate::study::error::{StudyError, StudyErrors};
use toml::de::DeTable;

/// Level of an interval of which the study says nothing, in per cent.
const DEFAULT_LEVEL: f64 = 95.0;

impl Study {
    /// Reads a study file.
    ///
    /// # Errors
    /// Every mistake of the file, each with line, field, cause and remedy: TOML that cannot be read, unknown
    /// fields, figures that are no figures, tables that do not fit together, names that nothing bears.
    pub fn parse(text: &str) -> Result<Study, StudyErrors> {
        let source = Source::new(text);
        let (root, toml_errors) = DeTable::parse_recoverable(text);
        if !toml_errors.is_empty() {
            let errors = toml_errors
                .iter()
                .map(|error| StudyError {
                    line: error.span().map_or(1, |span| source.line(&span)),
                    field: "(TOML)".to_owned(),
                    cause: error.message().trim().replace('\n', " "),
                    remedy: None,
                })
                .collect();
            return Err(StudyErrors(errors));
        }
        let study = {
            let section = Section::open(&source, String::new(), 1, root.get_ref(), fields::STUDY);
            let study = study(&section, &source);
            check_references(&study, &source);
            study
        };
        let errors = source.into_errors();
        if errors.is_empty() { Ok(study) } else { Err(StudyErrors(errors)) }
    }

    /// Names of the model files that the study refers to, in order and once each.
    pub fn model_files(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for model in &self.models {
            if !model.syntax.is_empty() && !names.contains(&model.syntax.as_str()) {
                names.push(&model.syntax);
            }
        }
        names
    }
}

fn study(section: &Section<'_, '_>, source: &Source) -> Study {
    if section.has("schema") && section.text("schema").as_deref() != Some("latva.study/1") {
        section.mistake("schema", "is not a known schema", "write \"latva.study/1\" or leave the field out");
    }
    let rounding = section.choice("rounding", &[("rounded", false), ("truncated", true)]);
    if rounding == Some(true) {
        source.set_truncated();
    }
    let conventions = conventions(section, &Conventions::default(), true);
    Study {
        key: section.text("key").unwrap_or_default(),
        title: section.text("title").unwrap_or_default(),
        source: section.text("source").unwrap_or_default(),
        software: section.text("software").unwrap_or_default(),
        constructs: section.sections("construct", fields::CONSTRUCT, construct),
        summaries: section.sections("summary", fields::SUMMARY, summary),
        tables: section.sections("table", fields::TABLE, |s| table(s, &conventions)),
        models: section.sections("model", fields::MODEL, |s| model(s, &conventions)),
        comparisons: section.sections("comparison", fields::COMPARISON, comparison),
        mediations: section.sections("mediation", fields::MEDIATION, mediation),
        differences: section.sections("difference", fields::DIFFERENCE, difference),
        regressions: section.sections("regression", fields::REGRESSION, |s| regression(s, &conventions)),
        tests: section.sections("test", fields::TEST, test),
        percentages: section.sections("percentages", fields::PERCENTAGES, |s| percentages(s, &conventions)),
        means: section.sections("mean", fields::MEAN, |s| mean(s, &conventions)),
        repeated: section.sections("repeated", fields::REPEATED, repeated),
        conventions,
    }
}

/// The conventions of a section; what it does not say comes from the study.
fn conventions(section: &Section<'_, '_>, outer: &Conventions, with_estimator: bool) -> Conventions {
    let mut own = outer.clone();
    if section.has("n") {
        own.n = section.count("n").filter(|n| *n > 0);
        if section.count("n") == Some(0) {
            section.mistake("n", "is zero", "");
        }
    }
    if with_estimator {
        if section.has("groups") {
            own.groups = section.count("groups").filter(|groups| (1..=1000).contains(groups));
            if own.groups.is_none() {
                section.mistake("groups", "is not a number of groups from 1 to 1000", "");
            }
        }
        if let Some(estimator) = section.text("estimator") {
            own.estimator = estimator;
        }
    }
    if section.has("stars") {
        own.legend = legend(section);
    }
    if let Some(tails) = section.choice("tails", TAILS) {
        own.tails = Some(tails);
    }
    own
}

const TAILS: &[(&str, Tails)] = &[("one", Tails::One), ("two", Tails::Two)];

fn legend(section: &Section<'_, '_>) -> Vec<(String, f64)> {
    let mut legend = Vec::new();
    for (mark, figure) in section.named_figures("stars") {
        let symbol: String = mark
            .chars()
            .map(|c| match c {
                '\u{2217}' | '\u{FF0A}' | '\u{204E}' => '*',
                '+' | '\u{2021}' => '†',
                other => other,
            })
            .collect();
        let level = figure.value();
        let known = symbol == "†" || (!symbol.is_empty() && symbol.chars().all(|c| c == '*'));
        if !known {
            section.mistake("stars", format!("`{mark}` is no mark"), "marks are *, **, *** and †");
        } else if !(level > 0.0 && level < 1.0) {
            section.mistake(
                "stars",
                format!("`{}` is no significance level", figure.raw()),
                "write for example \"*\" = \".05\"",
            );
        } else {
            legend.push((symbol, level));
        }
    }
    legend.sort_by(|a, b| b.1.total_cmp(&a.1));
    legend
}

fn construct(section: &Section<'_, '_>) -> Construct {
    let construct = Construct {
        name: section.required_text("name"),
        place: section.text("place").unwrap_or_default(),
        line: section.line,
        items: section.count("items"),
        loadings: section.figures("loadings"),
        alpha: section.figure("alpha"),
        cr: section.figure("cr"),
        ave: section.figure("ave"),
        sqrt_ave: section.figure("sqrt_ave"),
    };
    if let Some(items) = construct.items
        && !construct.loadings.is_empty()
        && construct.loadings.len() as u64 != items
    {
        section.mistake(
            "loadings",
            format!("has {} entries for {items} items", construct.loadings.len()),
            "give one loading per item, \"\" for one that is not printed",
        );
    }
    construct
}

fn summary(section: &Section<'_, '_>) -> Summary {
    let names = [("loadings", "loadings"), ("alpha", "alpha"), ("cr", "cr"), ("ave", "ave")];
    Summary {
        place: section.text("place").unwrap_or_default(),
        line: section.line,
        figure: section.choice("figure", &names).unwrap_or_default().to_owned(),
        min: section.figure("min"),
        max: section.figure("max"),
    }
}

fn scale(section: &Section<'_, '_>) -> Option<(f64, f64)> {
    let (lower, upper) = section.interval("scale")?;
    if lower.value() >= upper.value() {
        section.mistake("scale", "has no width", "write the ends of the response scale, for example [\"1\", \"7\"]");
        return None;
    }
    Some((lower.value(), upper.value()))
}

fn table(section: &Section<'_, '_>, outer: &Conventions) -> Table {
    let diagonal = section.choice(
        "diagonal",
        &[
            ("none", Diagonal::None),
            ("sqrt_ave", Diagonal::SqrtAve),
            ("ave", Diagonal::Ave),
            ("alpha", Diagonal::Alpha),
            ("cr", Diagonal::Cr),
        ],
    );
    let rows = section.sections("row", fields::ROW, |row| {
        let entry = TableRow {
            name: row.required_text("name"),
            line: row.line,
            mean: row.figure("mean"),
            sd: row.figure("sd"),
            diagonal: row.figure("diagonal"),
            r: row.figures("r"),
            scale: scale(row),
            items: row.count("items"),
        };
        (entry, row.path.clone())
    });
    for (index, (row, path)) in rows.iter().enumerate() {
        if row.r.len() > index {
            section.mistake(
                "row",
                format!("{path} (`{}`) has {} correlations and {index} rows above it", row.name, row.r.len()),
                "give the correlations with the rows above, in their order",
            );
        }
        if rows[..index].iter().any(|(other, _)| other.name == row.name) {
            section.mistake("row", format!("`{}` names two rows", row.name), "");
        }
    }
    Table {
        name: section.required_text("name"),
        line: section.line,
        conventions: conventions(section, outer, false),
        own_legend: section.has("stars"),
        diagonal: diagonal.unwrap_or_default(),
        fornell_larcker: section.flag("fornell_larcker"),
        pairwise: section.flag("pairwise").unwrap_or(false),
        latent: section.flag("latent").unwrap_or(false),
        rows: rows.into_iter().map(|(row, _)| row).collect(),
        composites: section.sections("composite", fields::COMPOSITE, |s| Composite {
            name: s.required_text("name"),
            line: s.line,
            of: s.texts("of"),
            kind: s
                .choice(
                    "kind",
                    &[("mean", CompositeKind::Mean), ("sum", CompositeKind::Sum), ("product", CompositeKind::Product)],
                )
                .unwrap_or(CompositeKind::Mean),
        }),
    }
}

fn model(section: &Section<'_, '_>, outer: &Conventions) -> Model {
    let kinds = [
        ("sem", ModelKind::Sem),
        ("cfa", ModelKind::Cfa),
        ("growth", ModelKind::Growth),
        ("regression", ModelKind::Regression),
    ];
    Model {
        name: section.required_text("name"),
        place: section.text("place").unwrap_or_default(),
        line: section.line,
        conventions: conventions(section, outer, true),
        own_legend: section.has("stars"),
        variables: section.text("variables").unwrap_or_default(),
        same_as: section.text("same_as").unwrap_or_default(),
        syntax: section.text("syntax").unwrap_or_default(),
        kind: section.choice("kind", &kinds).unwrap_or_default(),
        bootstrap_p: section.flag("bootstrap_p").unwrap_or(false),
        structures: section.sections("structure", fields::STRUCTURE, structure),
        fit: FIT_FIELDS.into_iter().filter_map(|name| section.figure(name).map(|figure| (name, figure))).collect(),
        rmsea_ci: section.interval("rmsea_ci"),
        rmsea_ci_level: section.figure("rmsea_ci_level"),
        paths: section.sections("path", fields::PATH, path),
        refit: refit::refit(section),
        measures: section.named_figures("measure"),
        parameters: section.sections("parameter", fields::PARAMETER, refit::parameter),
    }
}

fn structure(section: &Section<'_, '_>) -> Structure {
    let small = |key: &str| {
        let count = section.count(key);
        if count.is_some_and(|count| count > 1_000) {
            section.mistake(key, "is larger than any model", "");
            return None;
        }
        count
    };
    let items = section.counts("items");
    let structure = Structure {
        line: section.line,
        observed: small("observed"),
        factors: small("factors").or((items.len() > 1).then_some(items.len() as u64)),
        items,
        arrangement: section
            .choice(
                "arrangement",
                &[
                    ("correlated", Arrangement::Correlated),
                    ("orthogonal", Arrangement::Orthogonal),
                    ("bifactor", Arrangement::Bifactor),
                ],
            )
            .unwrap_or_default(),
        arrangement_given: section.has("arrangement"),
        second_order: section.counts("second_order"),
        covariates: small("covariates").unwrap_or(0),
        covariates_correlate: section
            .choice(
                "covariates_correlate",
                &[
                    ("all", CovariateLinks::All),
                    ("each other", CovariateLinks::EachOther),
                    ("nothing", CovariateLinks::Nothing),
                ],
            )
            .unwrap_or_default(),
        method_factor: section.choice("method_factor", METHOD_FACTORS),
        paths: small("paths"),
        exogenous: small("exogenous"),
        residual_covariances: small("residual_covariances").unwrap_or(0),
    };
    let items_in_all = structure.items.iter().fold(0_u64, |sum, items| sum.saturating_add(*items));
    let factors = structure.factors.unwrap_or(1);
    if items_in_all > 1_000 {
        section.mistake("items", "are more than any model has", "");
    } else if structure.items.is_empty() && structure.observed.is_none() {
        section.mistake("items", "is missing", "give the items (per factor, or in all with `factors`) or `observed`");
    } else if structure.items.len() > 1 && factors != structure.items.len() as u64 {
        section.mistake("factors", format!("is {factors} for {} entries of `items`", structure.items.len()), "");
    } else if factors == 0 || (!structure.items.is_empty() && items_in_all < factors) {
        section.mistake("factors", "does not fit the items", "every factor needs an item");
    }
    let grouped = structure.second_order.iter().fold(0_u64, |sum, set| sum.saturating_add(*set));
    if grouped > factors || structure.second_order.iter().any(|set| *set < 2) {
        section.mistake(
            "second_order",
            "does not fit the factors",
            "give the number of first-order factors, at least 2, under each second-order factor",
        );
    }
    if structure.paths.is_some() != structure.exogenous.is_some() {
        section.mistake("paths", "and `exogenous` belong together", "give both or neither");
    }
    structure
}

const METHOD_FACTORS: &[(&str, MethodFactor)] =
    &[("free", MethodFactor::Free), ("equal", MethodFactor::Equal), ("either", MethodFactor::Either)];

fn confidence_interval(section: &Section<'_, '_>) -> Option<ConfidenceInterval> {
    let (lower, upper) = section.interval("ci")?;
    let level = section.figure("ci_level").map_or(DEFAULT_LEVEL, |figure| figure.value());
    let level = if level < 1.0 { level * 100.0 } else { level };
    if !(50.0..100.0).contains(&level) {
        section.mistake("ci_level", "is no level of an interval", "write it in per cent, for example \"95\"");
        return None;
    }
    let kinds =
        [("unknown", IntervalKind::Unknown), ("wald", IntervalKind::Wald), ("bootstrap", IntervalKind::Bootstrap)];
    Some(ConfidenceInterval { lower, upper, level, kind: section.choice("ci_kind", &kinds).unwrap_or_default() })
}

fn path(section: &Section<'_, '_>) -> Path {
    Path {
        line: section.line,
        from: section.text("from").unwrap_or_default(),
        to: section.text("to").unwrap_or_default(),
        group: section.text("group").unwrap_or_default(),
        b: section.figure("b"),
        beta: section.figure("beta"),
        est: section.figure("est"),
        se: section.figure("se"),
        t: section.figure("t"),
        p: section.figure("p"),
        ci: confidence_interval(section),
        significant: section.flag("significant"),
        tails: section.choice("tails", TAILS),
    }
}

fn comparison(section: &Section<'_, '_>) -> Comparison {
    let models = section.texts("models");
    if section.has("models") && models.len() != 2 {
        section.mistake("models", "does not name two models", "write [\"first\", \"second\"]");
    }
    Comparison {
        name: section.text("name").unwrap_or_else(|| models.join(" and ")),
        line: section.line,
        models,
        nested: section.flag("nested"),
        delta_chisq: section.figure("delta_chisq"),
        delta_df: section.figure("delta_df"),
        p: section.figure("p"),
        significant: section.flag("significant"),
        level: section.figure("level"),
        delta_cfi: section.figure("delta_cfi"),
        delta_tli: section.figure("delta_tli"),
        delta_rmsea: section.figure("delta_rmsea"),
        delta_aic: section.figure("delta_aic"),
        method_items: section.count("method_items").filter(|items| *items <= 1_000),
        method_factor: section.choice("method_factor", METHOD_FACTORS),
    }
}

fn estimate(section: &Section<'_, '_>, key: &str) -> Option<EstimateSource> {
    if !section.is_table(key) {
        return section.figure(key).map(EstimateSource::Printed);
    }
    section
        .sections(key, fields::ESTIMATE, |s| {
            if s.has("regression") {
                EstimateSource::Regression {
                    regression: s.required_text("regression"),
                    of: s.required_text("of"),
                    line: s.line,
                }
            } else {
                EstimateSource::Path {
                    model: s.required_text("model"),
                    from: s.required_text("from"),
                    to: s.text("to").unwrap_or_default(),
                    line: s.line,
                }
            }
        })
        .pop()
}

fn mediation(section: &Section<'_, '_>) -> Mediation {
    Mediation {
        name: section.required_text("name"),
        line: section.line,
        a: estimate(section, "a"),
        a_se: section.figure("a_se"),
        a_t: section.figure("a_t"),
        b: estimate(section, "b"),
        b_se: section.figure("b_se"),
        b_t: section.figure("b_t"),
        indirect: section.figure("indirect"),
        indirect_se: section.figure("indirect_se"),
        direct: estimate(section, "direct"),
        total: estimate(section, "total"),
        sobel: section.figure("sobel"),
        p: section.figure("p"),
        ci: confidence_interval(section),
        significant: section.flag("significant"),
    }
}

fn difference(section: &Section<'_, '_>) -> Difference {
    let kinds = [
        ("correlation", DifferenceKind::Correlation),
        ("standardized", DifferenceKind::Standardized),
        ("unstandardized", DifferenceKind::Unstandardized),
    ];
    let difference = Difference {
        name: section.required_text("name"),
        line: section.line,
        kind: section.choice("kind", &kinds).unwrap_or_default(),
        estimates: section.figures("estimates"),
        ses: section.figures("ses"),
        n: section.counts("n"),
        z: section.figure("z"),
        p: section.figure("p"),
        significant: section.flag("significant"),
    };
    if difference.estimates.len() != 2 {
        section.mistake("estimates", "is not a pair", "give the two estimates");
    }
    if section.has("ses") && difference.ses.len() != 2 {
        section.mistake("ses", "is not a pair", "give the two standard errors");
    }
    if difference.n.len() > 2 {
        section.mistake("n", "has more than two sizes", "give both group sizes, or the total");
    }
    difference
}

fn regression(section: &Section<'_, '_>, outer: &Conventions) -> Regression {
    let f_df = section.counts("f_df");
    if section.has("f_df") && f_df.len() != 2 {
        section.mistake("f_df", "is not a pair", "write [\"numerator\", \"denominator\"]");
    }
    Regression {
        name: section.required_text("name"),
        line: section.line,
        table: section.text("table").unwrap_or_default(),
        outcome: section.text("outcome").unwrap_or_default(),
        predictors: section.texts("predictors"),
        n: section.count("n").or(outer.n),
        k: section.count("k"),
        r2: section.figure("r2"),
        adj_r2: section.figure("adj_r2"),
        f: section.figure("f"),
        f_df,
        p: section.figure("p"),
        coefficients: section.sections("coefficient", fields::PATH, path),
    }
}

fn test(section: &Section<'_, '_>) -> Test {
    let statistics = [
        ("t", Statistic::T),
        ("F", Statistic::F),
        ("chisq", Statistic::ChiSquare),
        ("z", Statistic::Z),
        ("r", Statistic::R),
    ];
    if !section.has("statistic") {
        section.mistake("statistic", "is missing", "one of: t, F, chisq, z, r");
    }
    let test = Test {
        name: section.text("name").unwrap_or_default(),
        line: section.line,
        statistic: section.choice("statistic", &statistics).unwrap_or(Statistic::Z),
        value: section.figure("value"),
        df: section.counts("df"),
        n: section.count("n"),
        p: section.figure("p"),
        significant: section.flag("significant"),
        tails: section.choice("tails", TAILS),
    };
    let wanted = match test.statistic {
        Statistic::T | Statistic::ChiSquare => 1,
        Statistic::F => 2,
        Statistic::Z => 0,
        Statistic::R => usize::from(test.n.is_none()),
    };
    if test.df.len() != wanted && !(test.statistic == Statistic::R && test.df.len() <= 1) {
        section.mistake("df", format!("has {} entries where the statistic has {wanted}", test.df.len()), "");
    }
    test
}

fn percentages(section: &Section<'_, '_>, outer: &Conventions) -> Percentages {
    let counts = section.counts("counts");
    let values = section.figures("values");
    if section.has("counts") && counts.len() != values.len() {
        section.mistake("counts", format!("has {} entries for {} values", counts.len(), values.len()), "");
    }
    Percentages {
        name: section.text("name").unwrap_or_default(),
        line: section.line,
        n: section.count("n").or(outer.n),
        values,
        counts,
        exhaustive: section.flag("exhaustive").unwrap_or(false),
    }
}

fn mean(section: &Section<'_, '_>, outer: &Conventions) -> Mean {
    Mean {
        name: section.required_text("name"),
        line: section.line,
        mean: section.figure("mean"),
        sd: section.figure("sd"),
        n: section.count("n").or(outer.n),
        items: section.count("items").unwrap_or(1),
        scale: scale(section),
    }
}

fn repeated(section: &Section<'_, '_>) -> Repeated {
    Repeated {
        figure: section.required_text("figure"),
        line: section.line,
        values: section.figures("values"),
        places: section.texts("places"),
    }
}

/// Names that nothing bears.
fn check_references(study: &Study, source: &Source) {
    let model_known = |name: &str| study.models.iter().any(|model| model.name == name);
    let missing = |line: usize, field: String, what: &str, name: &str, known: Vec<&str>| {
        let remedy = if known.is_empty() {
            "there is none in the study".to_owned()
        } else {
            format!("known: {}", known.join(", "))
        };
        source.mistake(line, &field, format!("there is no {what} `{name}`"), Some(remedy));
    };
    let models = || study.models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>();
    for (index, model) in study.models.iter().enumerate() {
        if study.models[..index].iter().any(|other| other.name == model.name) {
            source.mistake(model.line, "model.name", format!("`{}` names two models", model.name), None);
        }
        if let Some(Refit { data: DataSource::Table(name), .. }) = &model.refit
            && !study.tables.iter().any(|table| table.name == *name)
        {
            let known = study.tables.iter().map(|table| table.name.as_str()).collect();
            missing(model.line, "model.correlations".to_owned(), "table", name, known);
        }
        if !model.same_as.is_empty() && !model_known(&model.same_as) {
            missing(model.line, "model.same_as".to_owned(), "model", &model.same_as, models());
        }
    }
    for comparison in &study.comparisons {
        for name in comparison.models.iter().filter(|name| !model_known(name)) {
            missing(comparison.line, "comparison.models".to_owned(), "model", name, models());
        }
    }
    for mediation in &study.mediations {
        for estimate in [&mediation.a, &mediation.b, &mediation.direct, &mediation.total].into_iter().flatten() {
            match estimate {
                EstimateSource::Printed(_) => {}
                EstimateSource::Path { model, from, to, line } => {
                    let Some(found) = study.models.iter().find(|m| m.name == *model) else {
                        missing(*line, "mediation".to_owned(), "model", model, models());
                        continue;
                    };
                    if !found.paths.iter().any(|p| p.from == *from && (to.is_empty() || p.to == *to)) {
                        let known = found.paths.iter().map(|p| p.from.as_str()).collect();
                        missing(*line, "mediation".to_owned(), "path", &format!("{from} -> {to}"), known);
                    }
                }
                EstimateSource::Regression { regression, of, line } => {
                    let Some(found) = study.regressions.iter().find(|r| r.name == *regression) else {
                        let known = study.regressions.iter().map(|r| r.name.as_str()).collect();
                        missing(*line, "mediation".to_owned(), "regression", regression, known);
                        continue;
                    };
                    if !found.predictors.contains(of) {
                        let known = found.predictors.iter().map(String::as_str).collect();
                        missing(*line, "mediation".to_owned(), "predictor", of, known);
                    }
                }
            }
        }
    }
    for table in &study.tables {
        for composite in &table.composites {
            for name in &composite.of {
                let earlier = table
                    .composites
                    .iter()
                    .take_while(|other| other.name != composite.name)
                    .any(|other| other.name == *name && other.kind != CompositeKind::Product);
                if !earlier && !table.rows.iter().any(|row| row.name == *name) {
                    let known = table.rows.iter().map(|row| row.name.as_str()).collect();
                    missing(composite.line, "table.composite.of".to_owned(), "row or earlier composite", name, known);
                }
            }
            if composite.of.is_empty() {
                source.mistake(composite.line, "table.composite.of", "is empty", None);
            }
        }
    }
    for regression in study.regressions.iter().filter(|regression| !regression.table.is_empty()) {
        let Some(table) = study.tables.iter().find(|table| table.name == regression.table) else {
            let known = study.tables.iter().map(|table| table.name.as_str()).collect();
            missing(regression.line, "regression.table".to_owned(), "table", &regression.table, known);
            continue;
        };
        let known = || {
            let rows = table.rows.iter().map(|row| row.name.as_str());
            rows.chain(table.composites.iter().map(|c| c.name.as_str())).collect::<Vec<_>>()
        };
        for name in regression.predictors.iter().chain(std::iter::once(&regression.outcome)) {
            if !known().contains(&name.as_str()) {
                missing(regression.line, "regression".to_owned(), "variable", name, known());
            }
        }
        for coefficient in &regression.coefficients {
            if !regression.predictors.contains(&coefficient.from) {
                let known = regression.predictors.iter().map(String::as_str).collect();
                missing(
                    coefficient.line,
                    "regression.coefficient.from".to_owned(),
                    "predictor",
                    &coefficient.from,
                    known,
                );
            }
        }
    }
}
