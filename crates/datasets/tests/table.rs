//! CSV tables: the Titanic's passengers, round trips and errors.
#![cfg(feature = "csv")]

use hammerhead_datasets::Table;
use proptest::prelude::*;

fn titanic() -> Table {
    Table::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/titanic.csv"
    ))
    .expect("the table")
}

#[test]
fn the_titanic_has_its_passengers() {
    let table = titanic();
    assert_eq!(table.len(), 891);
    assert_eq!(
        table.headers(),
        [
            "Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"
        ]
    );
    assert_eq!(
        table
            .values::<u32>("Survived")
            .expect("numbers")
            .iter()
            .sum::<u32>(),
        342
    );
    let ages = table.column::<f32>("Age").expect("numbers and blanks");
    assert_eq!(ages.iter().flatten().count(), 714);
    assert_eq!(
        ages.iter()
            .flatten()
            .fold(0.0, |oldest: f32, &age| oldest.max(age)),
        80.0
    );
    let ports = table
        .column::<char>("Embarked")
        .expect("letters and blanks");
    assert_eq!(ports.iter().filter(|port| port.is_none()).count(), 2);
}

#[test]
fn seven_hundred_and_twelve_passengers_are_complete() {
    let table = titanic()
        .drop_missing(&["Age", "Embarked"])
        .expect("both columns");
    assert_eq!(table.len(), 712);
    assert_eq!(table.values::<f32>("Age").expect("no blanks").len(), 712);
}

#[test]
fn errors_point_into_the_file() {
    let table = titanic();
    let message = table.values::<f32>("Sex").expect_err("words").to_string();
    assert!(
        message.ends_with(
            "titanic.csv, record 1, column `Sex`: expected a value of type f32, found `male`; \
             help: correct the field, or read the column as another type"
        ),
        "{message}"
    );
    // Records keep their number in the file when others are dropped.
    let message = titanic()
        .drop_missing(&["Age"])
        .and_then(|table| table.values::<char>("Embarked"))
        .expect_err("a blank")
        .to_string();
    let number: usize = message
        .split("record ")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .and_then(|number| number.parse().ok())
        .expect("a record number");
    assert_eq!(
        titanic().column::<char>("Embarked").expect("letters")[number - 1],
        None
    );

    let refused = |text: &[u8]| {
        Table::parse("bad.csv", text)
            .expect_err("bad text")
            .to_string()
    };
    assert_eq!(
        refused(b"a,b\n1,2\n3\n"),
        "bad.csv, line 3: expected 2 fields as in the header, found 1; \
         help: leave a field blank for a missing value, and quote a field with a comma in it"
    );
    assert_eq!(
        refused(b"a\n\xFF\n"),
        "bad.csv, line 2: expected UTF-8 text, found field 1: invalid utf-8: invalid UTF-8 in \
         field 0 near byte index 0; help: save the file as UTF-8"
    );
    assert_eq!(
        refused(b""),
        "bad.csv: expected a header line with the names of the columns, found an empty file; \
         help: the first line of a CSV file names its columns"
    );
}

proptest! {
    #[test]
    fn law_round_trip(
        names in prop::collection::hash_set("[a-z \",\n]{1,6}", 1..5),
        rows in 0usize..6,
        fields in prop::collection::vec("[ -~\n\r\"',;äß]{0,8}", 30),
    ) {
        let headers: Vec<String> = names.into_iter().collect();
        let width = headers.len();
        let records: Vec<Vec<String>> = fields.chunks_exact(width).take(rows).map(<[String]>::to_vec).collect();
        let table = Table::new(headers, records.clone());
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("table.csv");
        table.write(&path).expect("a writable folder");
        let back = Table::read(&path).expect("what was written");
        prop_assert_eq!(back.headers(), table.headers());
        for (column, name) in table.headers().iter().enumerate() {
            let expected: Vec<Option<String>> = records
                .iter()
                .map(|record| Some(record[column].clone()).filter(|text| !text.trim().is_empty()))
                .collect();
            prop_assert_eq!(back.column::<String>(name).expect("text"), expected);
        }
    }

    #[test]
    fn law_numbers_round_trip(values in prop::collection::vec(prop::option::of(prop::num::f64::NORMAL), 0..20)) {
        let text = |value: &Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let records = values.iter().map(|value| vec![text(value), "x".to_owned()]).collect();
        let table = Table::new(vec!["value".to_owned(), "mark".to_owned()], records);
        prop_assert_eq!(table.column::<f64>("value").expect("numbers"), values);
    }

    #[test]
    fn law_any_bytes_are_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(table) = Table::parse("noise.csv", &bytes[..]) {
            prop_assert!(!table.headers().is_empty());
        }
    }
}
