//! Moments of a table of the study: correlations with standard deviations, and sums and means of its variables.

use ndarray::{Array1, Array2};

use crate::study::{CompositeKind, Table};

/// Why a table gives no moments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMoments {
    /// Neither the table nor the study says how many cases there are.
    #[error("`{table}` has no `n`, and the study has none either")]
    NoSampleSize {
        /// The table.
        table: String,
    },
    /// A correlation is not printed.
    #[error("`{table}` has no correlation of `{first}` and `{second}`")]
    NoCorrelation {
        /// The table.
        table: String,
        /// A row.
        first: String,
        /// A row above it.
        second: String,
    },
    /// Two rows have one name in model syntax.
    #[error("`{table}` has two variables that are `{name}` in model syntax")]
    SameName {
        /// The table.
        table: String,
        /// The name.
        name: String,
    },
}

/// The name of a row in model syntax: every sign that cannot stand in a name becomes `_`.
fn model_name(name: &str) -> String {
    let name: String = name.trim().chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The moments of a table as a moments file in JSON, with divisor N - 1.
///
/// Cov = D R D with D the standard deviations; a variable without a printed one is standardized (1). Sums and means
/// W x of the variables follow: their covariances are W Cov W'. Products are left out: no correlation table determines them.
/// Means are given when every row has one.
///
/// # Errors
/// [`NoMoments`] with what is missing.
pub fn moments_of_table(table: &Table) -> Result<String, NoMoments> {
    let n = table.conventions.n.ok_or_else(|| NoMoments::NoSampleSize { table: table.name.clone() })?;
    let rows = table.rows.len();
    let sd = |at: usize| table.rows[at].sd.as_ref().map_or(1.0, |sd| sd.value());
    let mut cov = Array2::<f64>::zeros((rows, rows));
    for (j, row) in table.rows.iter().enumerate() {
        cov[[j, j]] = sd(j) * sd(j);
        for (k, above) in table.rows[..j].iter().enumerate() {
            let r = row.r.get(k).and_then(Option::as_ref).ok_or_else(|| NoMoments::NoCorrelation {
                table: table.name.clone(),
                first: row.name.clone(),
                second: above.name.clone(),
            })?;
            cov[[j, k]] = r.value() * sd(j) * sd(k);
            cov[[k, j]] = cov[[j, k]];
        }
    }
    let mut names: Vec<String> = table.rows.iter().map(|row| row.name.clone()).collect();
    let mut weights: Vec<Array1<f64>> = (0..rows).map(|at| unit(rows, at)).collect();
    for composite in table.composites.iter().filter(|composite| composite.kind != CompositeKind::Product) {
        let mut weight = Array1::<f64>::zeros(rows);
        for part in names.iter().zip(&weights).filter(|(name, _)| composite.of.contains(name)).map(|(_, weight)| weight)
        {
            weight += part;
        }
        if composite.kind == CompositeKind::Mean {
            weight /= composite.of.len() as f64;
        }
        names.push(composite.name.clone());
        weights.push(weight);
    }
    let names: Vec<String> = names.iter().map(|name| model_name(name)).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(NoMoments::SameName { table: table.name.clone(), name: twice.1.clone() });
    }
    let values: Vec<Vec<f64>> = weights.iter().map(|a| weights.iter().map(|b| a.dot(&cov.dot(b))).collect()).collect();
    let printed: Option<Array1<f64>> = table
        .rows
        .iter()
        .map(|row| row.mean.as_ref().map(|mean| mean.value()))
        .collect::<Option<Vec<_>>>()
        .map(Array1::from);
    let mut moments = serde_json::json!({ "cov": { "names": names, "values": values }, "nobs": n, "divisor": "N-1" });
    if let Some(mean) = printed {
        let means: Vec<f64> = weights.iter().map(|weight| weight.dot(&mean)).collect();
        moments["mean"] = serde_json::json!(means);
    }
    Ok(moments.to_string())
}

fn unit(length: usize, at: usize) -> Array1<f64> {
    let mut unit = Array1::zeros(length);
    unit[at] = 1.0;
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Study;

    fn table(text: &str) -> Table {
        Study::parse(text).unwrap().tables.remove(0)
    }

    #[test]
    fn composites_follow_from_the_rows() {
        let table = table(
            "n = \"100\"\n[[table]]\nname = \"T\"\nrow = [{ name = \"firm size\", mean = \"1\", sd = \"2\" }, { name = \"y\", mean = \"3\", sd = \"1\", r = [\".5\"] }]\n[[table.composite]]\nname = \"s\"\nof = [\"firm size\", \"y\"]\nkind = \"sum\"\n",
        );
        let moments: serde_json::Value = serde_json::from_str(&moments_of_table(&table).unwrap()).unwrap();
        assert_eq!(moments["cov"]["names"], serde_json::json!(["firm_size", "y", "s"]));
        // Var(s) = 4 + 1 + 2 (.5)(2)(1), Cov(s, x) = 4 + 1, Cov(s, y) = 1 + 1.
        assert_eq!(moments["cov"]["values"], serde_json::json!([[4.0, 1.0, 5.0], [1.0, 1.0, 2.0], [5.0, 2.0, 7.0]]));
        assert_eq!(moments["mean"], serde_json::json!([1.0, 3.0, 4.0]));
        assert_eq!(moments["nobs"], 100);
    }

    #[test]
    fn what_is_not_printed_is_named() {
        let rows = "row = [{ name = \"x\" }, { name = \"y\", r = [\"\"] }]\n";
        let without_n = table(&format!("[[table]]\nname = \"T\"\n{rows}"));
        assert!(matches!(moments_of_table(&without_n), Err(NoMoments::NoSampleSize { .. })));
        let without_r = table(&format!("n = \"100\"\n[[table]]\nname = \"T\"\n{rows}"));
        assert_eq!(moments_of_table(&without_r).unwrap_err().to_string(), "`T` has no correlation of `y` and `x`");
    }
}
