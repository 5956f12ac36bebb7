use super::*;
use proptest::prelude::*;

fn read(text: &str) -> DataTable {
    read_csv(text.as_bytes(), &CsvOptions::default()).unwrap()
}

fn message(text: &str) -> String {
    read_csv(text.as_bytes(), &CsvOptions::default()).unwrap_err().to_string()
}

fn numbers(table: &DataTable, name: &str) -> Vec<Option<f64>> {
    let at = table.names().iter().position(|other| other == name).unwrap();
    match &table.columns()[at] {
        Column::Numeric(column) => (0..table.n_rows()).map(|row| column.get(row)).collect(),
        Column::Text(cells) => panic!("{name} is text: {cells:?}"),
    }
}

fn texts(table: &DataTable, name: &str) -> Vec<Option<String>> {
    let at = table.names().iter().position(|other| other == name).unwrap();
    match &table.columns()[at] {
        Column::Numeric(_) => panic!("{name} is numeric"),
        Column::Text(cells) => cells.iter().map(|cell| cell.as_deref().map(str::to_owned)).collect(),
    }
}

#[test]
fn typed_columns_and_missing_marks() {
    let table = read("x,g,y\r\n1.5,a,NA\r\n.,\"b, c\",-2e1\r\n -3 ,NA,\r\n");
    assert_eq!(numbers(&table, "x"), [Some(1.5), None, Some(-3.0)]);
    assert_eq!(numbers(&table, "y"), [None, Some(-20.0), None]);
    assert_eq!(texts(&table, "g"), [Some("a".into()), Some("b, c".into()), None]);
    assert!(table.notes().is_empty());
}

#[test]
fn missing_marks_of_the_user() {
    let options = CsvOptions { missing: vec!["-99".into(), "refused".into()], ..CsvOptions::default() };
    let table = read_csv(b"x,y\n-99,1\n-99.00,refused\n4,-990\n", &options).unwrap();
    assert_eq!(numbers(&table, "x"), [None, None, Some(4.0)]);
    assert_eq!(numbers(&table, "y"), [Some(1.0), None, Some(-990.0)]);
    let table = read_csv(b"x;y\n-9,5;1\n1,5;2\n", &CsvOptions { missing: vec!["-9,5".into()], ..options }).unwrap();
    assert_eq!(numbers(&table, "x"), [None, Some(1.5)]);
}

#[test]
fn decimal_commas_with_semicolons() {
    let table = read("x;y\n1,5;2\n-0,25;3\n");
    assert_eq!(numbers(&table, "x"), [Some(1.5), Some(-0.25)]);
    assert_eq!(table.notes(), [DataNote::DecimalComma]);
    assert_eq!(numbers(&read("sep=;\nx;y\n1.5;2\n"), "x"), [Some(1.5)]);
}

#[test]
fn row_names_as_r_writes_them() {
    for text in ["\"\",\"x\",\"y\"\n\"1\",2,3\n\"2\",4,NA\n", "\"x\" \"y\"\n\"1\" 2 3\n\"2\" 4 NA\n"] {
        let table = read(text);
        assert_eq!(table.names(), ["x", "y"]);
        assert_eq!(numbers(&table, "y"), [Some(3.0), None]);
        assert_eq!(table.notes(), [DataNote::RowNames]);
    }
}

#[test]
fn trailing_delimiters() {
    for text in ["x,y,\n1,2,\n3,4,\n", "x,y\n1,2,\n3,4,\n"] {
        let table = read(text);
        assert_eq!(table.names(), ["x", "y"]);
        assert_eq!(numbers(&table, "x"), [Some(1.0), Some(3.0)]);
        assert_eq!(table.notes(), [DataNote::TrailingDelimiter]);
    }
}

#[test]
fn doubtful_headers_are_told() {
    let table = read("x,,x,y\n1,2,3,4\n");
    assert_eq!(
        table.notes(),
        [DataNote::UnnamedColumn { position: 2 }, DataNote::RepeatedName { name: "x".into(), positions: vec![1, 3] }]
    );
}

#[test]
fn faults_name_their_line() {
    assert!(message("x,y\n1,2\n\n1,2,3\n").starts_with("line 4: 3 cells where 2 are expected"));
    assert!(message("x,y\n1,\"2\n3,4\n").starts_with("line 2: a quote opens here"));
    assert!(message("1,2\n3,4\n").contains("must hold the variable names"));
    assert!(message("x,y\n").contains("no rows"));
    assert!(message("").contains("empty"));
    assert!(message(" \n\n").contains("empty"));
}

#[test]
fn fixtures_are_read() {
    let table = read(include_str!("../../../../fixtures/data/HolzingerSwineford1939.csv"));
    assert_eq!((table.n_rows(), table.names().len()), (301, 15));
    assert_eq!(numbers(&table, "x1")[0], Some(3.3333333));
    assert_eq!(texts(&table, "school")[0].as_deref(), Some("Pasteur"));
    assert_eq!(numbers(&table, "grade").iter().filter(|value| value.is_none()).count(), 1);
}

/// Any table of numbers, written with any delimiter and decimal mark, reads back the same.
fn written(cells: &[Vec<Option<f64>>], delimiter: char, decimal: char, end: &str) -> String {
    let width = cells[0].len();
    let mut text = (0..width).map(|at| format!("v{at}")).collect::<Vec<_>>().join(&delimiter.to_string());
    text.push_str(end);
    for row in cells {
        let row: Vec<String> = row
            .iter()
            .map(|cell| cell.map_or("NA".into(), |value| value.to_string().replace('.', &decimal.to_string())))
            .collect();
        text.push_str(&row.join(&delimiter.to_string()));
        text.push_str(end);
    }
    text
}

proptest! {
    #[test]
    fn tables_read_back(
        (width, cells) in (1_usize..6).prop_flat_map(|width| {
            let row = prop::collection::vec(prop::option::of(-1e6..1e6_f64), width);
            (Just(width), prop::collection::vec(row, 1..20))
        }),
        layout in prop::sample::select(vec![(',', '.'), (';', '.'), (';', ','), ('\t', '.'), ('\t', ','), (' ', '.')]),
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let decimal = if layout.1 == ',' { Some(Decimal::Comma) } else { None };
        let options = CsvOptions { decimal, ..CsvOptions::default() };
        // A single column has no delimiter, so a decimal comma would be taken for one.
        prop_assume!(width > 1 || layout.1 == '.');
        let table = read_csv(written(&cells, layout.0, layout.1, end).as_bytes(), &options).unwrap();
        prop_assert_eq!(table.n_rows(), cells.len());
        for at in 0..width {
            let expected: Vec<Option<f64>> = cells.iter().map(|row| row[at]).collect();
            prop_assert_eq!(numbers(&table, &format!("v{at}")), expected);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_csv(&bytes, &CsvOptions::default());
    }

    #[test]
    fn no_text_panics(text in "[xy1,.;\t \"\r\n=\u{e4}-]{0,80}") {
        if let Ok(table) = read_csv(text.as_bytes(), &CsvOptions::default()) {
            prop_assert!(table.columns().len() == table.names().len());
            for column in table.columns() {
                if let Column::Text(cells) = column {
                    prop_assert_eq!(cells.len(), table.n_rows());
                }
            }
        }
    }
}
