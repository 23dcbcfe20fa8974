//! Tables from CSV files: columns by the name in the header, typed on request, blanks missing.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::str::FromStr;

use crate::atomic::write_atomically;
use crate::error::{Error, Result};

/// A table of text with named columns, as a CSV file holds it.
///
/// A column becomes numbers when it is asked for, so that nothing is guessed: in a column of
/// ages `22` may be an `f32` and in a column of cabins a text. A blank field is a missing value.
///
/// ```
/// use hammerhead_datasets::Table;
///
/// let text = "name,age\nAda,36\nAlan,\n";
/// let people = Table::parse("people.csv", text.as_bytes())?;
/// assert_eq!(people.column::<f32>("age")?, [Some(36.0), None]);
///
/// let known = people.drop_missing(&["age"])?;
/// assert_eq!(known.values::<String>("name")?, ["Ada"]);
///
/// assert_eq!(
///     people.values::<f32>("age").unwrap_err().to_string(),
///     "people.csv, record 2, column `age`: expected a value, found a blank; \
///      help: use `column` for missing values as None, or `drop_missing` first"
/// );
/// assert_eq!(
///     people.column::<f32>("ago").unwrap_err().to_string(),
///     "people.csv: expected a column `ago`, found `name`, `age`; \
///      help: names must match the header exactly, upper and lower case too"
/// );
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    file: String,
    headers: Vec<String>,
    records: Vec<Record>,
}

#[derive(Clone, Debug, PartialEq)]
struct Record {
    /// Counted from 1 in the file, so that errors still point into it after rows were dropped.
    number: usize,
    fields: Vec<String>,
}

impl Table {
    /// A table with these columns and records, for writing or for tests.
    ///
    /// # Panics
    /// If a record has another number of fields than there are columns.
    #[track_caller]
    pub fn new(headers: Vec<String>, records: Vec<Vec<String>>) -> Table {
        for (row, record) in records.iter().enumerate() {
            assert!(
                record.len() == headers.len(),
                "Table::new: record {row} has {} fields, the header has {}; help: leave a field blank for a missing value",
                record.len(),
                headers.len()
            );
        }
        let number = |(row, fields)| Record {
            number: row + 1,
            fields,
        };
        let records = records.into_iter().enumerate().map(number).collect();
        Table {
            file: "table".to_owned(),
            headers,
            records,
        }
    }

    /// Reads a CSV file with a header line.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened, [`Error::Content`] if a record has another number of
    /// fields than the header, or the text is not UTF-8.
    pub fn read(path: impl AsRef<Path>) -> Result<Table> {
        let path = path.as_ref();
        let source = File::open(path).map_err(Error::io(path, "open"))?;
        Table::parse(&path.display().to_string(), source)
    }

    /// Reads from any source; `file` names it in errors.
    ///
    /// # Errors
    /// [`Error::Content`] as for [`Table::read`].
    pub fn parse(file: &str, source: impl Read) -> Result<Table> {
        let mut reader = csv::Reader::from_reader(source);
        let headers = reader.headers().map_err(|error| malformed(file, error))?;
        let headers: Vec<String> = headers.iter().map(str::to_owned).collect();
        if headers.is_empty() {
            return Err(Error::content(
                file,
                "a header line with the names of the columns",
                "an empty file",
                "the first line of a CSV file names its columns",
            ));
        }
        let mut records = Vec::new();
        for (row, record) in reader.records().enumerate() {
            let record = record.map_err(|error| malformed(file, error))?;
            let fields = record.iter().map(str::to_owned).collect();
            records.push(Record {
                number: row + 1,
                fields,
            });
        }
        Ok(Table {
            file: file.to_owned(),
            headers,
            records,
        })
    }

    /// The number of records; the header is not one.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The names of the columns, in their order.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// One column, every field parsed as `T`, a blank as `None`.
    ///
    /// # Errors
    /// [`Error::Content`] if there is no such column, or naming the first field that is no `T`.
    pub fn column<T: FromStr>(&self, name: &str) -> Result<Vec<Option<T>>> {
        let column = self.position(name)?;
        self.records
            .iter()
            .map(|record| self.field(record, column))
            .collect()
    }

    /// One column that has no blanks, every field parsed as `T`.
    ///
    /// # Errors
    /// [`Error::Content`] as for [`Table::column`], and naming the first blank.
    pub fn values<T: FromStr>(&self, name: &str) -> Result<Vec<T>> {
        let column = self.position(name)?;
        let value = |record: &Record| {
            self.field(record, column)?.ok_or_else(|| {
                Error::content(
                    self.place(record, column),
                    "a value",
                    "a blank",
                    "use `column` for missing values as None, or `drop_missing` first",
                )
            })
        };
        self.records.iter().map(value).collect()
    }

    /// The records that have a value in each of these columns.
    ///
    /// # Errors
    /// [`Error::Content`] if there is no such column.
    pub fn drop_missing(&self, names: &[&str]) -> Result<Table> {
        let columns = names
            .iter()
            .map(|name| self.position(name))
            .collect::<Result<Vec<_>>>()?;
        let complete = |record: &&Record| {
            columns
                .iter()
                .all(|&column| !is_blank(&record.fields[column]))
        };
        let records = self.records.iter().filter(complete).cloned().collect();
        Ok(Table {
            file: self.file.clone(),
            headers: self.headers.clone(),
            records,
        })
    }

    /// Writes the table with its header; a reader sees the old file or the whole new one.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |file| file.write_all(&self.to_bytes()?))
    }

    /// The CSV text, quoted where it must be.
    fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.headers)?;
        for record in &self.records {
            writer.write_record(&record.fields)?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.headers
            .iter()
            .position(|header| header == name)
            .ok_or_else(|| {
                let names: Vec<String> = self
                    .headers
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect();
                Error::content(
                    &self.file,
                    format!("a column `{name}`"),
                    names.join(", "),
                    "names must match the header exactly, upper and lower case too",
                )
            })
    }

    fn field<T: FromStr>(&self, record: &Record, column: usize) -> Result<Option<T>> {
        let text = &record.fields[column];
        if is_blank(text) {
            return Ok(None);
        }
        // Text keeps its spaces; numbers may have some around them.
        let value = text.parse().or_else(|_| text.trim().parse());
        value.map(Some).map_err(|_| {
            Error::content(
                self.place(record, column),
                format!("a value of type {}", std::any::type_name::<T>()),
                format!("`{text}`"),
                "correct the field, or read the column as another type",
            )
        })
    }

    fn place(&self, record: &Record, column: usize) -> String {
        format!(
            "{}, record {}, column `{}`",
            self.file, record.number, self.headers[column]
        )
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn malformed(file: &str, error: csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => Error::content(
            pos.as_ref().map_or(file.to_owned(), |pos| {
                format!("{file}, line {}", pos.line())
            }),
            format!("{expected_len} fields as in the header"),
            len.to_string(),
            "leave a field blank for a missing value, and quote a field with a comma in it",
        ),
        csv::ErrorKind::Utf8 { pos, err } => Error::content(
            pos.as_ref().map_or(file.to_owned(), |pos| {
                format!("{file}, line {}", pos.line())
            }),
            "UTF-8 text",
            format!("field {}: {err}", err.field() + 1),
            "save the file as UTF-8",
        ),
        _ => Error::content(file, "a CSV file", error.to_string(), "copy the file again"),
    }
}
