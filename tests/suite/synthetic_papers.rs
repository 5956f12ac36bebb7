//! Synthetic papers: figures computed from random models and data, then rounded, as study files.
//!
//! None of them may be called inconsistent. With one figure altered, the share that is found is measured. The
//! formulas stand here a second time on purpose: the audit's own are under test.

use latva_audit::{Audit, Study, Verdict, audit};
use latva_math::distribution::noncentral_chi_squared::ncp_from_cdf;
use latva_math::distribution::{chi_squared, f, normal, student_t};
use latva_math::random::SplitMix64;
use std::collections::BTreeMap;

/// Random numbers: one stream per paper.
struct Random(SplitMix64);

impl Random {
    /// Between 0 and 1.
    fn unit(&mut self) -> f64 {
        (self.0.next_bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn below(&mut self, n: usize) -> usize {
        (self.0.next_bits() % n as u64) as usize
    }

    fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// What may be done to a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alteration {
    /// One digit is another one.
    Digit,
    /// Two neighbouring digits are swapped.
    Swap,
    /// The decimal point is one place off.
    Point,
    /// The further digits are cut off.
    Cut,
    /// A star more or less.
    Star,
}

pub const ALTERATIONS: [Alteration; 5] =
    [Alteration::Digit, Alteration::Swap, Alteration::Point, Alteration::Cut, Alteration::Star];

/// A printed figure that may be altered.
struct Slot {
    text: String,
    exact: f64,
    decimals: usize,
    stars: bool,
    kind: &'static str,
}

/// A study file with holes for the figures.
pub struct Paper {
    pieces: Vec<String>,
    slots: Vec<Slot>,
}

impl Paper {
    fn write(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(piece) => piece.push_str(text),
            None => self.pieces.push(text.to_owned()),
        }
    }

    fn slot(&mut self, kind: &'static str, text: String, exact: f64, decimals: usize, stars: bool) {
        if self.pieces.is_empty() {
            self.pieces.push(String::new());
        }
        self.slots.push(Slot { text, exact, decimals, stars, kind });
        self.pieces.push(String::new());
    }

    /// The study file.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            out.push_str(piece);
            if let Some(slot) = self.slots.get(at) {
                out.push('"');
                out.push_str(&slot.text);
                out.push('"');
            }
        }
        out
    }

    /// The study file with one figure altered: what was done to which kind of figure, old and new text.
    pub fn altered(&self, seed: u64) -> Option<(String, Alteration, &'static str, String)> {
        let mut random = Random(SplitMix64::new(seed));
        for _ in 0..50 {
            let at = random.below(self.slots.len());
            let slot = &self.slots[at];
            let alteration = ALTERATIONS[random.below(ALTERATIONS.len())];
            let Some(text) = alter(slot, alteration, &mut random) else { continue };
            if text == slot.text {
                continue;
            }
            let mut slots: Vec<&str> = self.slots.iter().map(|slot| slot.text.as_str()).collect();
            slots[at] = &text;
            let mut out = String::new();
            for (index, piece) in self.pieces.iter().enumerate() {
                out.push_str(piece);
                if let Some(slot) = slots.get(index) {
                    out.push_str(&format!("\"{slot}\""));
                }
            }
            return Some((out, alteration, slot.kind, format!("{} for {}", text, slot.text)));
        }
        None
    }
}

fn alter(slot: &Slot, alteration: Alteration, random: &mut Random) -> Option<String> {
    let stars_at = slot.text.find(['*', '†']).unwrap_or(slot.text.len());
    let (number, marks) = slot.text.split_at(stars_at);
    if number.contains('<') || number.contains('>') {
        return None;
    }
    let digits: Vec<usize> = number.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    match alteration {
        Alteration::Digit => {
            let at = digits[random.below(digits.len())];
            let digit = random.below(10).to_string();
            Some(format!("{}{digit}{}{marks}", &number[..at], &number[at + 1..]))
        }
        Alteration::Swap => {
            if digits.len() < 2 {
                return None;
            }
            let at = random.below(digits.len() - 1);
            let (a, b) = (digits[at], digits[at + 1]);
            let mut bytes = number.as_bytes().to_vec();
            bytes.swap(a, b);
            Some(String::from_utf8(bytes).ok()? + marks)
        }
        Alteration::Point => {
            let value: f64 = number.trim_start_matches(['-', '\u{2212}']).parse().ok()?;
            let factor = if random.chance(0.5) { 10.0 } else { 0.1 };
            let sign = if slot.exact < 0.0 { "-" } else { "" };
            (value != 0.0 && slot.decimals > 0)
                .then(|| format!("{sign}{:.*}{marks}", slot.decimals + usize::from(factor < 1.0), value * factor))
        }
        Alteration::Cut => {
            let scale = 10_f64.powi(slot.decimals as i32);
            (slot.decimals > 0).then(|| {
                format!(
                    "{}{marks}",
                    plain(
                        (slot.exact * scale).trunc() / scale,
                        slot.decimals,
                        number.starts_with("0") || number.starts_with("-0")
                    )
                )
            })
        }
        Alteration::Star => slot.stars.then(|| match marks {
            "" => format!("{number}*"),
            "*" => {
                if random.chance(0.5) {
                    number.to_owned()
                } else {
                    format!("{number}**")
                }
            }
            "**" => format!("{number}{}", if random.chance(0.5) { "*" } else { "***" }),
            "***" => format!("{number}**"),
            _ => number.to_owned(),
        }),
    }
}

/// A number with so many decimals, with or without a leading zero.
fn plain(x: f64, decimals: usize, leading: bool) -> String {
    let text = format!("{x:.decimals$}");
    if leading {
        return text;
    }
    match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
        (Some(rest), _) => format!(".{rest}"),
        (_, Some(rest)) => format!("-.{rest}"),
        _ => text,
    }
}

/// How one paper prints.
struct Style {
    decimals: usize,
    leading: bool,
    minus: &'static str,
    dagger: bool,
    one_sided: bool,
    /// "<.001" rather than ".000".
    bounds: bool,
}

impl Style {
    fn of(random: &mut Random) -> Style {
        Style {
            decimals: 2 + random.below(2),
            leading: random.chance(0.4),
            minus: if random.chance(0.3) { "\u{2212}" } else { "-" },
            dagger: random.chance(0.4),
            one_sided: random.chance(0.12),
            bounds: random.chance(0.6),
        }
    }

    fn number(&self, x: f64, decimals: usize) -> String {
        plain(x, decimals, self.leading).replace('-', self.minus)
    }

    fn stars(&self, two_sided: f64) -> &'static str {
        let p = if self.one_sided { two_sided / 2.0 } else { two_sided };
        match p {
            p if p < 0.001 => "***",
            p if p < 0.01 => "**",
            p if p < 0.05 => "*",
            p if p < 0.10 && self.dagger => "†",
            _ => "",
        }
    }

    fn p(&self, p: f64) -> String {
        if self.bounds && p < 0.001 { "<.001".to_owned() } else { self.number(p, 3) }
    }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (mean(x), mean(y));
    x.iter().zip(y).map(|(x, y)| (x - a) * (y - b)).sum::<f64>() / (x.len() as f64 - 1.0)
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt()
}

/// Inverse by Gauss-Jordan elimination with row exchange.
fn inverse(mut a: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = a.len();
    for (i, row) in a.iter_mut().enumerate() {
        row.extend((0..n).map(|j| f64::from(u8::from(i == j))));
    }
    for column in 0..n {
        let pivot = (column..n).max_by(|x, y| a[*x][column].abs().total_cmp(&a[*y][column].abs()))?;
        if a[pivot][column].abs() < 1e-10 {
            return None;
        }
        a.swap(column, pivot);
        let scale = a[column][column];
        a[column].iter_mut().for_each(|x| *x /= scale);
        let pivot_row = a[column].clone();
        for (i, row) in a.iter_mut().enumerate() {
            if i != column {
                let factor = row[column];
                row.iter_mut().zip(&pivot_row).for_each(|(x, p)| *x -= factor * p);
            }
        }
    }
    Some(a.into_iter().map(|row| row[n..].to_vec()).collect())
}

/// Least squares with intercept: coefficients, standard errors, R-square.
fn regress(y: &[f64], xs: &[&[f64]]) -> Option<(Vec<f64>, Vec<f64>, f64)> {
    let (n, k) = (y.len() as f64, xs.len());
    let sxx: Vec<Vec<f64>> = xs.iter().map(|a| xs.iter().map(|b| covariance(a, b)).collect()).collect();
    let inverse = inverse(sxx)?;
    let sxy: Vec<f64> = xs.iter().map(|x| covariance(x, y)).collect();
    let b: Vec<f64> = inverse.iter().map(|row| row.iter().zip(&sxy).map(|(a, b)| a * b).sum()).collect();
    let explained: f64 = b.iter().zip(&sxy).map(|(b, s)| b * s).sum();
    let total = covariance(y, y);
    let df = n - k as f64 - 1.0;
    let residual = (total - explained) * (n - 1.0) / df;
    let se = (0..k).map(|j| (residual * inverse[j][j] / (n - 1.0)).sqrt()).collect();
    Some((b, se, explained / total))
}

/// Loadings of one factor by iterated principal axes.
fn one_factor(r: &[Vec<f64>]) -> Vec<f64> {
    let k = r.len();
    let mut communalities = vec![0.5; k];
    let mut loadings = vec![0.7; k];
    for _ in 0..60 {
        let mut v = vec![1.0; k];
        let mut root = 1.0;
        for _ in 0..12 {
            let next: Vec<f64> =
                (0..k).map(|i| (0..k).map(|j| v[j] * if i == j { communalities[i] } else { r[i][j] }).sum()).collect();
            root = next.iter().map(|x| x * x).sum::<f64>().sqrt();
            v = next.iter().map(|x| x / root).collect();
        }
        loadings = v.iter().map(|x| (x * root.sqrt()).clamp(-0.98, 0.98)).collect();
        communalities = loadings.iter().map(|l| l * l).collect();
    }
    loadings
}

/// Data of one paper: whole-number items by construct, and the means over the items.
struct Data {
    n: usize,
    names: Vec<String>,
    items: Vec<Vec<Vec<f64>>>,
    scores: Vec<Vec<f64>>,
}

fn data(random: &mut Random) -> Data {
    let n = 60 + random.below(400);
    let constructs = 3 + random.below(4);
    let general: Vec<f64> = (0..n).map(|_| random.normal()).collect();
    let (mut items, mut scores) = (Vec::new(), Vec::new());
    for _ in 0..constructs {
        let share = random.between(0.3, 0.8);
        let factor: Vec<f64> =
            general.iter().map(|g| share * g + (1.0 - share * share).sqrt() * random.normal()).collect();
        let own: Vec<Vec<f64>> = (0..3 + random.below(3))
            .map(|_| {
                let loading = random.between(0.6, 0.92);
                let spread = random.between(0.9, 1.6);
                let error = (1.0_f64 - loading * loading).sqrt();
                factor
                    .iter()
                    .map(|f| (4.3 + spread * (loading * f + error * random.normal())).round().clamp(1.0, 7.0))
                    .collect()
            })
            .collect();
        scores.push((0..n).map(|case| own.iter().map(|item| item[case]).sum::<f64>() / own.len() as f64).collect());
        items.push(own);
    }
    let names = (1..=constructs).map(|c| format!("C{c}")).collect();
    Data { n, names, items, scores }
}

/// One paper of that seed.
pub fn paper(seed: u64) -> Paper {
    let mut random = Random(SplitMix64::new(seed.wrapping_mul(0xD134_2543_DE82_EF95) ^ 0x5851_F42D_4C95_7F2D));
    let style = Style::of(&mut random);
    let data = data(&mut random);
    let mut paper = Paper { pieces: Vec::new(), slots: Vec::new() };
    paper.write(&format!("key = \"S{seed}\"\nn = \"{}\"\n", data.n));
    constructs(&mut paper, &style, &data);
    table(&mut paper, &style, &data, &mut random);
    models(&mut paper, &style, &data, &mut random);
    path_models(&mut paper, &style, &data);
    mediation(&mut paper, &style, &data);
    groups(&mut paper, &style, &data, &mut random);
    sample(&mut paper, &style, &data, &mut random);
    paper
}

fn figure(paper: &mut Paper, style: &Style, kind: &'static str, key: &str, x: f64, decimals: usize) {
    paper.write(&format!("{key} = "));
    paper.slot(kind, style.number(x, decimals), x, decimals, false);
    paper.write("\n");
}

fn constructs(paper: &mut Paper, style: &Style, data: &Data) {
    for (name, items) in data.names.iter().zip(&data.items) {
        let r: Vec<Vec<f64>> = items.iter().map(|a| items.iter().map(|b| correlation(a, b)).collect()).collect();
        let loadings = one_factor(&r);
        let k = items.len() as f64;
        let sum: f64 = loadings.iter().sum();
        let squares: f64 = loadings.iter().map(|l| l * l).sum();
        let total: f64 = items.iter().flat_map(|a| items.iter().map(move |b| covariance(a, b))).sum();
        let own: f64 = items.iter().map(|a| covariance(a, a)).sum();
        paper.write(&format!("[[construct]]\nname = \"{name}\"\nloadings = ["));
        for loading in &loadings {
            paper.slot("loading", style.number(*loading, style.decimals), *loading, style.decimals, false);
            paper.write(", ");
        }
        paper.write("]\n");
        figure(paper, style, "alpha", "alpha", k / (k - 1.0) * (1.0 - own / total), 2);
        figure(paper, style, "CR", "cr", sum * sum / (sum * sum + k - squares), style.decimals);
        figure(paper, style, "AVE", "ave", squares / k, style.decimals);
        figure(paper, style, "root of AVE", "sqrt_ave", (squares / k).sqrt(), style.decimals);
    }
}

fn table(paper: &mut Paper, style: &Style, data: &Data, random: &mut Random) {
    paper.write("[[table]]\nname = \"T1\"\n");
    let df = data.n as f64 - 2.0;
    for (at, (name, scores)) in data.names.iter().zip(&data.scores).enumerate() {
        let items = data.items[at].len();
        paper.write(&format!("[[table.row]]\nname = \"{name}\"\nscale = [\"1\", \"7\"]\nitems = \"{items}\"\n"));
        figure(paper, style, "mean", "mean", mean(scores), 2);
        figure(paper, style, "SD", "sd", covariance(scores, scores).sqrt(), 2);
        paper.write("r = [");
        for other in &data.scores[..at] {
            let r = correlation(scores, other);
            let p = student_t::two_sided(r * (df / (1.0 - r * r)).sqrt(), df).unwrap_or(0.0);
            let text = format!("{}{}", style.number(r, style.decimals), style.stars(p));
            paper.slot("correlation", text, r, style.decimals, true);
            paper.write(", ");
        }
        paper.write("]\n");
    }
    // A regression that the table determines, in units of the table or standardized.
    let last = data.scores.len() - 1;
    let predictors: Vec<&[f64]> = data.scores[..last].iter().map(Vec::as_slice).collect();
    let Some((b, se, r2)) = regress(&data.scores[last], &predictors) else { return };
    let names: Vec<String> = data.names[..last].iter().map(|name| format!("\"{name}\"")).collect();
    paper.write(&format!(
        "[[table.composite]]\nname = \"sum of two\"\nof = [{}, {}]\nkind = \"sum\"\n[[regression]]\nname = \"from the table\"\ntable = \"T1\"\noutcome = \"{}\"\npredictors = [{}]\n",
        names[0],
        names[1],
        data.names[last],
        names.join(", ")
    ));
    let k = last as f64;
    let rest = data.n as f64 - k - 1.0;
    let f_value = r2 / k / ((1.0 - r2) / rest);
    figure(paper, style, "R-square", "r2", r2, style.decimals);
    figure(
        paper,
        style,
        "adjusted R-square",
        "adj_r2",
        1.0 - (1.0 - r2) * (data.n as f64 - 1.0) / rest,
        style.decimals,
    );
    figure(paper, style, "F", "f", f_value, 2);
    paper.write(&format!("p = \"{}\"\n", style.p(f::sf(f_value, k, rest).unwrap_or(0.0))));
    let standardized = random.chance(0.5);
    for (j, name) in data.names[..last].iter().enumerate() {
        paper.write(&format!("[[regression.coefficient]]\nfrom = \"{name}\"\n"));
        let scale =
            (covariance(predictors[j], predictors[j]) / covariance(&data.scores[last], &data.scores[last])).sqrt();
        if standardized {
            figure(paper, style, "beta", "beta", b[j] * scale, style.decimals);
        } else {
            figure(paper, style, "B", "b", b[j], style.decimals);
        }
        figure(paper, style, "t from table", "t", b[j] / se[j], 2);
    }
    // The outcome on the sum of the first two.
    let sum: Vec<f64> = data.scores[0].iter().zip(&data.scores[1]).map(|(a, b)| a + b).collect();
    if let Some((b, _, _)) = regress(&data.scores[last], &[&sum]) {
        paper.write(&format!(
            "[[regression]]\nname = \"on the sum\"\ntable = \"T1\"\noutcome = \"{}\"\npredictors = [\"sum of two\"]\n[[regression.coefficient]]\nfrom = \"sum of two\"\n",
            data.names[last]
        ));
        if last > 1 {
            figure(paper, style, "B", "b", b[0], style.decimals);
        }
    }
}

/// Two models of one set of variables and the comparison of them.
fn models(paper: &mut Paper, style: &Style, data: &Data, random: &mut Random) {
    let p: usize = data.items.iter().map(Vec::len).sum();
    let factors = data.items.len();
    let n = data.n as f64;
    let multiplier = if random.chance(0.5) { n } else { n - 1.0 };
    let moments = (p * (p + 1) / 2) as f64;
    // Eigenvalues of S Sigma^-1 less 1, with sum 0, give the discrepancy and GFI.
    let spread = random.between(0.05, 0.45);
    let mut excess: Vec<f64> = (0..p).map(|_| spread * random.normal()).collect();
    let centre = mean(&excess);
    excess.iter_mut().for_each(|e| *e = (*e - centre).max(-0.9));
    let centre = mean(&excess);
    excess.iter_mut().for_each(|e| *e = (*e - centre).max(-0.95));
    let minimum: f64 = excess.iter().map(|e| e - e.ln_1p()).sum();
    let squares: f64 = excess.iter().map(|e| e * e).sum();
    let sum_is_zero = excess.iter().sum::<f64>().abs() < 1e-9;
    let chisq = multiplier * minimum;
    let baseline_df = (p * (p - 1) / 2) as f64;
    let df = moments - (2 * p + factors * (factors - 1) / 2) as f64;
    let baseline = (chisq + baseline_df) * random.between(1.3, 12.0);
    let printed_gfi = sum_is_zero.then(|| p as f64 / (p as f64 + squares));
    let logl = random.between(3000.0, 9000.0);
    let by_likelihood = random.chance(0.5);
    let info = |chisq: f64, df: f64, per: f64| {
        if by_likelihood {
            2.0 * logl + chisq * n / multiplier + (moments + p as f64 - df) * per
        } else {
            chisq + (moments - df) * per
        }
    };
    let other_df = moments - 2.0 * p as f64;
    let other_chisq = chisq + (baseline - chisq) * random.between(0.02, 0.7);
    let constructs: Vec<String> = data.items.iter().map(|items| format!("\"{}\"", items.len())).collect();
    let decimals = style.decimals;
    let mut print = |name: &str, chisq: f64, df: f64, structure: &str, gfi: Option<f64>| {
        paper.write(&format!("[[model]]\nname = \"{name}\"\nkind = \"cfa\"\nvariables = \"items\"\n"));
        figure(paper, style, "chi-square", "chisq", chisq, if chisq > 1000.0 { 2 } else { decimals });
        paper.write("df = ");
        paper.slot("df", format!("{df}"), df, 0, false);
        paper.write("\n");
        paper.write(&format!("p = \"{}\"\n", style.p(chi_squared::sf(chisq, df).unwrap_or(0.0))));
        figure(paper, style, "chi-square/df", "cmin_df", chisq / df, 2);
        let excess = (chisq - df).max(0.0);
        let base_excess = (baseline - baseline_df).max(excess);
        figure(paper, style, "CFI", "cfi", if base_excess > 0.0 { 1.0 - excess / base_excess } else { 1.0 }, decimals);
        figure(paper, style, "TLI", "tli", 1.0 - (chisq / df - 1.0) / (baseline / baseline_df - 1.0), decimals);
        figure(paper, style, "NFI", "nfi", 1.0 - chisq / baseline, decimals);
        figure(paper, style, "IFI", "ifi", (baseline - chisq) / (baseline - df), decimals);
        figure(paper, style, "RFI", "rfi", 1.0 - chisq / df / (baseline / baseline_df), decimals);
        figure(paper, style, "PNFI", "pnfi", df / baseline_df * (1.0 - chisq / baseline), decimals);
        let rmsea = (excess / (df * multiplier)).sqrt();
        figure(paper, style, "RMSEA", "rmsea", rmsea, decimals);
        let end = |p: f64| (ncp_from_cdf(chisq, df, p).unwrap_or(0.0) / (df * multiplier)).sqrt();
        paper.write("rmsea_ci = [");
        paper.slot("RMSEA interval", style.number(end(0.95), decimals), end(0.95), decimals, false);
        paper.write(", ");
        paper.slot("RMSEA interval", style.number(end(0.05), decimals), end(0.05), decimals, false);
        paper.write("]\n");
        figure(paper, style, "AIC", "aic", info(chisq, df, 2.0), 2);
        figure(paper, style, "BIC", "bic", info(chisq, df, n.ln()), 2);
        if let Some(gfi) = gfi {
            figure(paper, style, "GFI", "gfi", gfi, decimals);
            figure(paper, style, "AGFI", "agfi", 1.0 - (1.0 - gfi) * moments / df, decimals);
        }
        paper.write(&format!("[[model.structure]]\n{structure}\n"));
        rmsea
    };
    print("factors", chisq, df, &format!("items = [{}]", constructs.join(", ")), printed_gfi);
    print("one factor", other_chisq, other_df, &format!("items = \"{p}\"\nfactors = \"1\""), None);
    paper.write("[[comparison]]\nname = \"both\"\nmodels = [\"factors\", \"one factor\"]\n");
    let difference = other_chisq - chisq;
    figure(paper, style, "chi-square difference", "delta_chisq", difference, decimals);
    paper.write("delta_df = ");
    paper.slot("df difference", format!("{}", other_df - df), other_df - df, 0, false);
    paper.write(&format!("\np = \"{}\"\n", style.p(chi_squared::sf(difference, other_df - df).unwrap_or(0.0))));
}

/// A table of regressions, B (t), with the models side by side.
fn path_models(paper: &mut Paper, style: &Style, data: &Data) {
    let last = data.scores.len() - 1;
    for k in 1..=last {
        let predictors: Vec<&[f64]> = data.scores[..k].iter().map(Vec::as_slice).collect();
        let Some((b, se, r2)) = regress(&data.scores[last], &predictors) else { continue };
        let rest = data.n as f64 - k as f64 - 1.0;
        paper.write(&format!("[[model]]\nname = \"R{k}\"\nplace = \"T2\"\nkind = \"regression\"\n"));
        figure(paper, style, "R-square", "r2", r2, style.decimals);
        for (j, name) in data.names[..k].iter().enumerate() {
            let t = b[j] / se[j];
            let p = student_t::two_sided(t, rest).unwrap_or(0.0);
            paper.write(&format!("[[model.path]]\nfrom = \"{name}\"\nto = \"{}\"\nb = ", data.names[last]));
            let text = format!("{}{}", style.number(b[j], style.decimals), style.stars(p));
            paper.slot("B with stars", text, b[j], style.decimals, true);
            paper.write("\n");
            figure(paper, style, "SE", "se", se[j], 3);
            figure(paper, style, "t", "t", t, 2);
            let critical = student_t::quantile(0.975, rest).unwrap_or(1.96);
            paper.write("ci_kind = \"wald\"\nci = [");
            for end in [b[j] - critical * se[j], b[j] + critical * se[j]] {
                paper.slot("interval", style.number(end, 3), end, 3, false);
                paper.write(", ");
            }
            paper.write("]\n");
        }
    }
}

fn mediation(paper: &mut Paper, style: &Style, data: &Data) {
    let (x, m, y) = (data.scores[0].as_slice(), data.scores[1].as_slice(), data.scores[2].as_slice());
    let (Some((a, a_se, _)), Some((b, b_se, _)), Some((c, _, _))) =
        (regress(m, &[x]), regress(y, &[m, x]), regress(y, &[x]))
    else {
        return;
    };
    paper.write("[[mediation]]\nname = \"indirect\"\n");
    let z = a[0] * b[0] / (b[0].powi(2) * a_se[0].powi(2) + a[0].powi(2) * b_se[0].powi(2)).sqrt();
    figure(paper, style, "a", "a", a[0], style.decimals);
    figure(paper, style, "SE of a", "a_se", a_se[0], 3);
    figure(paper, style, "b", "b", b[0], style.decimals);
    figure(paper, style, "SE of b", "b_se", b_se[0], 3);
    figure(paper, style, "indirect", "indirect", a[0] * b[0], style.decimals);
    figure(paper, style, "direct", "direct", b[1], style.decimals);
    figure(paper, style, "total", "total", c[0], style.decimals);
    figure(paper, style, "Sobel", "sobel", z, 2);
    paper.write(&format!("p = \"{}\"\n", style.p(normal::two_sided(z))));
}

fn groups(paper: &mut Paper, style: &Style, data: &Data, random: &mut Random) {
    let split = (data.n as f64 * random.between(0.3, 0.7)) as usize;
    let (x, y) = (&data.scores[0], &data.scores[1]);
    let (r1, r2) = (correlation(&x[..split], &y[..split]), correlation(&x[split..], &y[split..]));
    let (n1, n2) = (split as f64, (data.n - split) as f64);
    let z = (r1.atanh() - r2.atanh()) / (1.0 / (n1 - 3.0) + 1.0 / (n2 - 3.0)).sqrt();
    paper.write("[[difference]]\nname = \"groups\"\nkind = \"correlation\"\nestimates = [");
    for r in [r1, r2] {
        paper.slot("correlation of a group", style.number(r, style.decimals), r, style.decimals, false);
        paper.write(", ");
    }
    paper.write(&format!("]\nn = [\"{n1}\", \"{n2}\"]\nsignificant = {}\n", normal::two_sided(z) < 0.05));
    figure(paper, style, "z of a difference", "z", z, 2);
    let t_df = data.n as f64 - 2.0;
    let t = random.normal() * 2.0;
    paper.write("[[test]]\nname = \"early and late\"\nstatistic = \"t\"\nvalue = ");
    paper.slot("t of a test", style.number(t, 2), t, 2, false);
    let p = student_t::two_sided(t, t_df).unwrap_or(0.0);
    paper.write(&format!("\ndf = \"{t_df}\"\np = \"{}\"\n", style.p(p)));
}

fn sample(paper: &mut Paper, style: &Style, data: &Data, random: &mut Random) {
    let n = data.n as f64;
    let first = random.below(data.n);
    let second = random.below(data.n - first);
    let counts = [first, second, data.n - first - second];
    paper.write("[[percentages]]\nname = \"classes\"\nexhaustive = true\nvalues = [");
    let decimals = 1 + random.below(2);
    for count in counts {
        let share = 100.0 * count as f64 / n;
        paper.slot("percentage", format!("{share:.decimals$} %"), share, decimals, false);
        paper.write(", ");
    }
    paper.write("]\n");
    let few = 20 + random.below(20);
    let scores = &data.items[0][0][..few];
    paper.write(&format!("[[mean]]\nname = \"one item\"\nn = \"{few}\"\nscale = [\"1\", \"7\"]\n"));
    figure(paper, style, "mean of whole numbers", "mean", mean(scores), 2);
    figure(paper, style, "SD of whole numbers", "sd", covariance(scores, scores).sqrt(), 2);
}

/// What a run over many papers came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub papers: usize,
    pub checks: usize,
    /// Papers with a false alarm: seed and message.
    pub false_alarms: Vec<(u64, String)>,
    /// Altered papers, and those in which something was found, by what was done.
    pub by_alteration: BTreeMap<Alteration, (usize, usize)>,
    /// The same by the kind of figure.
    pub by_kind: BTreeMap<&'static str, (usize, usize)>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} papers, {} checks, {} false alarms", self.papers, self.checks, self.false_alarms.len())?;
        for (seed, message) in self.false_alarms.iter().take(20) {
            writeln!(f, "  {seed}: {message}")?;
        }
        let (altered, found) = self.by_alteration.values().fold((0, 0), |sum, (a, f)| (sum.0 + a, sum.1 + f));
        writeln!(f, "one figure altered: found in {found} of {altered}")?;
        for (alteration, (altered, found)) in &self.by_alteration {
            writeln!(f, "| {alteration:?} | {altered} | {found} | {:.0} % |", 100.0 * *found as f64 / *altered as f64)?;
        }
        for (kind, (altered, found)) in &self.by_kind {
            writeln!(f, "| {kind} | {altered} | {found} | {:.0} % |", 100.0 * *found as f64 / *altered as f64)?;
        }
        Ok(())
    }
}

fn audited(text: &str) -> Result<Audit, String> {
    let study = Study::parse(text).map_err(|errors| errors.to_string())?;
    Ok(audit(&study, &BTreeMap::new()))
}

/// Audits the papers of these seeds, each as it is and with one figure altered.
pub fn run(seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let paper = paper(seed);
        tally.papers += 1;
        match audited(&paper.text()) {
            Ok(audit) => {
                tally.checks += audit.findings.iter().filter(|f| f.verdict != Verdict::NotCheckable).count();
                for finding in audit.inconsistencies() {
                    tally
                        .false_alarms
                        .push((seed, format!("[{}] {}: {}", finding.check, finding.place, finding.message)));
                }
            }
            Err(errors) => tally.false_alarms.push((seed, errors)),
        }
        let Some((text, alteration, kind, _)) = paper.altered(seed ^ 0xA17E_2ED0) else { continue };
        // A figure that the format itself refuses is found as well.
        let found = audited(&text).map_or(true, |audit| audit.has_inconsistency());
        for entry in [tally.by_alteration.entry(alteration).or_default(), tally.by_kind.entry(kind).or_default()] {
            entry.0 += 1;
            entry.1 += usize::from(found);
        }
    }
    tally
}
