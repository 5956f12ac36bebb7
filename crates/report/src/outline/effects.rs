//! Effects: pair by pair, and the tests of those with two legs.

use crate::document::{Content, Line, Part, Section, Table};
use crate::number::{Precision, decimals, p_value};
use crate::sections::{Effect, Effects, Figure};
use crate::vocabulary;

pub(super) fn section(effects: &Effects, se: &str) -> Section {
    let title = "Effects".to_owned();
    if effects.effects.is_empty() {
        let sentence = "The model has no regressions, and so no effects of one variable on another.".to_owned();
        return Section { title, blocks: vec![Content::Paragraph(sentence)] };
    }
    let sentence = format!(
        "Total effects, the direct and indirect ones that they consist of, and the indirect ones way by way; {}. \
         Std.all: all variables standardized, with its own standard error.",
        vocabulary::errors_of_functions(se)
    );
    let mut blocks = vec![Content::Paragraph(sentence)];
    for group in &effects.effects_groups {
        let of_group = || effects.effects.iter().filter(|effect| effect.group == group.group);
        let label = group.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
        if let Some(stability) = group.stability {
            blocks.push(Content::Paragraph(format!(
                "The model has loops{label}: single ways are not listed. Stability index {}{}",
                decimals(stability, 3),
                if stability < 1.0 {
                    "."
                } else {
                    ": not below 1, so that the effects do not settle and mean nothing."
                },
            )));
        }
        if let Some(count) = group.unlisted {
            blocks.push(Content::Paragraph(format!(
                "The model has {count} indirect ways{label}, too many to be listed one by one; their sums are the indirect effects."
            )));
        }
        // The interval of a standardized effect is no multiple of its standard error where it comes from draws.
        let drawn = se == "bootstrap";
        let beside: &[&str] = if drawn { &[] } else { &["Std.all", "Std.Err"] };
        let table = |title: &str, cells: &dyn Fn(&Effect) -> Vec<String>, beside: &[&str]| {
            let columns = FIGURES.iter().chain(beside).map(|&name| name.to_owned()).collect();
            let parts = vec![Part { title: format!("{title}{label}"), lines: lines(of_group(), cells) }];
            Content::Table(Table { columns, parts }.without_empty_columns())
        };
        let raw = |effect: &Effect| {
            let mut cells = figures(&effect.raw);
            if !drawn {
                let standardized = effect.standardized;
                cells.push(standardized.map(|figure| decimals(figure.est, 3)).unwrap_or_default());
                cells.push(standardized.and_then(|figure| figure.se).map(|se| decimals(se, 3)).unwrap_or_default());
            }
            cells
        };
        blocks.push(table("From -> to", &raw, beside));
        if drawn {
            let standardized = |effect: &Effect| effect.standardized.as_ref().map(figures).unwrap_or_default();
            blocks.push(table("Std.all, from -> to", &standardized, &[]));
        }
        let products: Vec<Line> = of_group().filter_map(products).collect();
        if !products.is_empty() {
            let columns = ["Sobel z", "P", "Aroian z", "P", "Goodman z", "P"];
            let title = format!("Two-leg effects{label}");
            blocks.push(Content::Table(Table {
                columns: columns.map(str::to_owned).to_vec(),
                parts: vec![Part { title, lines: products }],
            }));
        }
    }
    Section { title, blocks }
}

fn lines<'a>(effects: impl Iterator<Item = &'a Effect>, cells: &dyn Fn(&Effect) -> Vec<String>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pair = None;
    for effect in effects {
        if pair != Some((&effect.from, &effect.to)) {
            lines.push(Line::Heading(format!("{} -> {}", effect.from, effect.to)));
            pair = Some((&effect.from, &effect.to));
        }
        let name = match effect.kind {
            "specific" => format!("via {}", effect.via.join(" -> ")),
            kind => kind.to_owned(),
        };
        lines.push(Line::Cells { nested: true, name, label: String::new(), cells: cells(effect) });
    }
    lines
}

/// The titles of [`figures`].
pub(super) const FIGURES: [&str; 7] = ["Estimate", "Std.Err", "z", "P(>|z|)", "CI lower", "CI upper", "P(CI)"];

/// Estimate, standard error, z, p, interval and its p.
pub(super) fn figures(figure: &Figure) -> Vec<String> {
    let precision = Precision::of(figure.est, figure.se);
    let print = |value: Option<f64>| value.map(|value| precision.print(value)).unwrap_or_default();
    vec![
        print(Some(figure.est)),
        print(figure.se),
        figure.z.map(|z| decimals(z, 3)).unwrap_or_default(),
        figure.pvalue.map(p_value).unwrap_or_default(),
        print(figure.ci_lower),
        print(figure.ci_upper),
        figure.ci_pvalue.map(p_value).unwrap_or_default(),
    ]
}

fn products(effect: &Effect) -> Option<Line> {
    let (sobel, aroian) = (effect.sobel?, effect.aroian?);
    let cells = [Some(sobel), Some(aroian), effect.goodman]
        .into_iter()
        .flat_map(|test| match test {
            Some(test) => [decimals(test.z, 3), p_value(test.pvalue)],
            None => [String::new(), String::new()],
        })
        .collect();
    Some(Line::plain(effect.way(), cells))
}
