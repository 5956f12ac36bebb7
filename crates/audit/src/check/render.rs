//! A check as text, JSON and Markdown.

use std::fmt::Write;

use super::{Agreement, Check, CheckedFigure};

impl Check {
    /// "12 agree, 1 differs, 0 not obtained".
    fn tally(&self) -> String {
        let [agrees, differs, missing] =
            [Agreement::Agrees, Agreement::Differs, Agreement::NotObtained].map(|verdict| self.count(verdict));
        format!(
            "{agrees} {}, {differs} {}, {missing} not obtained",
            if agrees == 1 { "agrees" } else { "agree" },
            if differs == 1 { "differs" } else { "differ" }
        )
    }

    fn heading(&self) -> String {
        match (self.key.is_empty(), self.title.is_empty()) {
            (false, false) => format!("{}: {}", self.key, self.title),
            (false, true) => self.key.clone(),
            (true, false) => self.title.clone(),
            (true, true) => "Registered figures".to_owned(),
        }
    }

    /// Remarks on models that were not fitted or whose solution is no good.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for model in &self.models {
            if !model.fitted {
                remarks.push(format!("{}: not fitted, because the study file names no data for it", model.name));
            } else if model.converged == Some(false) {
                remarks.push(format!("{}: the fit did not converge", model.name));
            } else if model.proper == Some(false) {
                remarks.push(format!("{}: the solution is improper", model.name));
            }
        }
        remarks
    }

    /// The check as plain text.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.heading(), self.tally());
        let mut at = 0;
        while at < self.figures.len() {
            let place = &self.figures[at].place;
            let length = self.figures[at..].iter().take_while(|figure| figure.place == *place).count();
            let _ = write!(out, "\n{place}\n");
            out.push_str(&columns(&self.figures[at..at + length]));
            at += length;
        }
        let remarks = self.remarks();
        if !remarks.is_empty() {
            out.push('\n');
            for remark in remarks {
                let _ = writeln!(out, "{remark}");
            }
        }
        out
    }

    /// The check as JSON with two spaces of indentation, schema `latva.check/1`.
    pub fn to_json(&self) -> String {
        let mut value = serde_json::json!(self);
        value["agree"] = self.all_agree().into();
        // Texts, flags and finite numbers only: there is nothing that JSON cannot hold.
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }

    /// The check as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n\n", cell(&self.heading()), self.tally());
        out.push_str("| place | figure | expected | obtained | difference | verdict |\n|---|---|---:|---:|---:|---|\n");
        for figure in &self.figures {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                cell(&figure.place),
                cell(&figure.figure),
                cell(&figure.expected),
                obtained(figure),
                difference(figure),
                cell(&verdict(figure))
            );
        }
        let remarks = self.remarks();
        if !remarks.is_empty() {
            out.push('\n');
            for remark in remarks {
                let _ = writeln!(out, "- {}", cell(&remark));
            }
        }
        out
    }
}

fn columns(figures: &[CheckedFigure]) -> String {
    let heads = ["figure", "expected", "obtained", "difference", "verdict"].map(str::to_owned);
    let mut lines = vec![heads];
    lines.extend(figures.iter().map(|figure| {
        [figure.figure.clone(), figure.expected.clone(), obtained(figure), difference(figure), verdict(figure)]
    }));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let mut out = String::new();
    for [figure, expected, obtained, difference, verdict] in &lines {
        let _ = writeln!(
            out,
            "  {figure:<w0$}  {expected:>w1$}  {obtained:>w2$}  {difference:>w3$}  {verdict}",
            w0 = widths[0],
            w1 = widths[1],
            w2 = widths[2],
            w3 = widths[3]
        );
    }
    out
}

/// The obtained number with two more digits than the registered figure has.
fn obtained(figure: &CheckedFigure) -> String {
    figure.obtained.map_or_else(|| "-".to_owned(), |value| format!("{value:.*}", digits(figure)))
}

fn difference(figure: &CheckedFigure) -> String {
    figure.difference.map_or_else(
        || "-".to_owned(),
        |value| {
            let text = format!("{value:+.*}", digits(figure));
            // A zero has no direction.
            if text.contains(|c: char| ('1'..='9').contains(&c)) { text } else { text[1..].to_owned() }
        },
    )
}

fn digits(figure: &CheckedFigure) -> usize {
    let printed = figure
        .expected
        .rsplit_once(['.', ','])
        .map_or(0, |(_, decimals)| decimals.chars().take_while(char::is_ascii_digit).count());
    if printed == 0 && figure.obtained.is_some_and(|value| value.fract() == 0.0) { 0 } else { printed + 2 }
}

fn verdict(figure: &CheckedFigure) -> String {
    let line = if figure.verdict == Agreement::Agrees || figure.line == 0 {
        String::new()
    } else {
        format!(" (line {})", figure.line)
    };
    match &figure.reason {
        Some(reason) => format!("{}{line}: {reason}", figure.verdict.as_str()),
        None => format!("{}{line}", figure.verdict.as_str()),
    }
}

fn cell(text: &str) -> String {
    crate::render::markdown_cell(text)
}
