//! Entries of one type as comma-separated values (RFC 4180): a line a document, a column a field.
//!
//! A text is as it is; what is no text, number or choice is JSON. An empty cell is a field that is not there. What a spreadsheet would take for
//! a formula has an apostrophe before it, which is taken away again.

use super::{DOCUMENTS_MAX, Document, Fault, check_size};
use crate::draft::Draft;
use crate::entry::Entry;
use crate::error::Error;
use crate::schema::{Field, Kind, Shape, kind};
use ::csv::{ReaderBuilder, StringRecord, WriterBuilder};
use serde_json::{Map, Value};

/// The columns before the fields.
const COLUMNS: [&str; 5] = ["id", "key", "main_language", "language", "version"];
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Characters of a file's text that are told when it cannot be read.
const TOLD_MAX: usize = 200;

/// Entries of one type as a table that [`read_csv`] reads. Their type's name goes with its file.
pub fn csv(of: &Kind, entries: &[(Entry, Vec<Draft>)]) -> String {
    let mut out = WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let names = of.fields.iter().map(|it| it.name.as_str());
    let columns: Vec<&str> = COLUMNS.into_iter().chain(names).collect();
    // Nothing that is written to memory fails.
    out.write_record(&columns).ok();
    for (entry, drafts) in entries {
        for draft in drafts {
            let own = [
                entry.id.clone(),
                entry.key.clone().unwrap_or_default(),
                entry.main_language.to_string(),
                draft.language.to_string(),
                draft.version.to_string(),
            ];
            let cells = of.fields.iter().map(|it| guarded(cell(it, draft.body.get(&it.name))));
            out.write_record(own.into_iter().chain(cells)).ok();
        }
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn is_plain(shape: &Shape) -> bool {
    let is_json =
        matches!(shape, Shape::Rich | Shape::List { .. } | Shape::Group { .. } | Shape::Blocks { .. });
    !is_json
}

fn cell(field: &Field, value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) if is_plain(&field.shape) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// So that no spreadsheet takes it for a formula: names are what other people wrote. A number is one, also below zero.
fn guarded(text: String) -> String {
    let is_number = text.parse::<f64>().is_ok()
        && text.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'-' | b'.'));
    let is_formula = text.starts_with(FORMULA) && !is_number;
    // What begins as a guarded text does is guarded once more, so that it is read back as it was.
    let is_guarded =
        text.strip_prefix('\'').is_some_and(|rest| rest.starts_with(FORMULA) || rest.starts_with('\''));
    if is_formula || is_guarded { format!("'{text}") } else { text }
}

fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) || rest.starts_with('\'') => rest,
        _ => text,
    }
}

/// The documents of a table of a type. Columns may stand in any order, and those of fields may be left out: then nothing is in them.
pub fn read_csv(name: &str, text: &str) -> Result<Vec<Document>, Error> {
    check_size(text)?;
    let of = kind(name)?;
    // As some spreadsheets begin a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table = ReaderBuilder::new().from_reader(text.as_bytes());
    let refused = |faults| Error::NotImported { faults };
    let columns = table.headers().map_err(|error| refused(vec![fault(1, &error.to_string())]))?.clone();
    let unknown = columns.iter().filter(|it| !COLUMNS.contains(it) && of.field(it).is_none());
    let mut faults: Vec<Fault> = unknown.map(|it| fault(1, &format!("there is no column {it:?}"))).collect();
    let lacking =
        ["main_language", "language"].into_iter().filter(|it| !columns.iter().any(|there| there == *it));
    faults.extend(lacking.map(|it| fault(1, &format!("the column {it} is needed"))));
    let twice =
        columns.iter().enumerate().filter(|(at, it)| columns.iter().take(*at).any(|other| other == *it));
    faults.extend(twice.map(|(_, it)| fault(1, &format!("there are two columns {it}"))));
    if !faults.is_empty() {
        return Err(refused(faults));
    }
    let mut documents = Vec::new();
    let mut lines = Lines { text, byte: 0, line: 1 };
    for record in table.records() {
        match record {
            Ok(record) => {
                let line = lines.at(record.position());
                match document(of, &columns, &record, line) {
                    Ok(it) => documents.push(it),
                    Err(what) => faults.push(fault(line, &what)),
                }
            }
            Err(error) => {
                let line = lines.at(error.position());
                return Err(refused(vec![fault(line, &error.to_string())]));
            }
        }
        if documents.len() > DOCUMENTS_MAX {
            return Err(Error::TooMany { what: "documents of a file", max: DOCUMENTS_MAX });
        }
    }
    if faults.is_empty() { Ok(documents) } else { Err(refused(faults)) }
}

/// Which line it is, counted on and on. The reader's own count is one behind after CR LF.
struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of a position, which is not before the last one.
    fn at(&mut self, position: Option<&::csv::Position>) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = position.map_or(self.byte, |it| usize::try_from(it.byte()).unwrap_or(self.byte));
        while bytes.get(at).is_some_and(|it| matches!(it, b'\r' | b'\n')) {
            at += 1;
        }
        self.line += bytes.get(self.byte..at).unwrap_or_default().iter().filter(|it| **it == b'\n').count();
        self.byte = self.byte.max(at);
        self.line
    }
}

fn document(
    of: &Kind,
    columns: &StringRecord,
    record: &StringRecord,
    line: usize,
) -> Result<Document, String> {
    let mut cells: Map<String, Value> = Map::new();
    let mut own: [Option<String>; 5] = Default::default();
    for (column, text) in columns.iter().zip(record) {
        if text.is_empty() {
            continue;
        }
        if let Some(place) = COLUMNS.iter().position(|it| *it == column) {
            own[place] = Some(text.to_owned());
        } else if let Some(field) = of.field(column) {
            cells.insert(
                column.to_owned(),
                value(field, unguarded(text)).map_err(|what| format!("{column} {what}"))?,
            );
        }
    }
    let [id, key, main_language, language, version] = own;
    let version =
        version.map(|it| it.parse::<i64>().map_err(|_| format!("{it:?} is no version"))).transpose()?;
    Ok(Document {
        place: format!("line {line}"),
        id,
        kind: of.facts.name.to_owned(),
        key,
        main_language: main_language.ok_or("its main language is needed")?,
        language: language.ok_or("its language is needed")?,
        version,
        body: Value::Object(cells),
    })
}

fn value(field: &Field, text: &str) -> Result<Value, String> {
    let json = |what: &str| serde_json::from_str(text).map_err(|_| what.to_owned());
    match field.shape {
        Shape::Number { .. } => json("is to be a number"),
        Shape::Switch => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err("is to be true or false".to_owned()),
        },
        ref shape if is_plain(shape) => Ok(text.into()),
        _ => json("is to be JSON"),
    }
}

fn fault(line: usize, what: &str) -> Fault {
    Fault::new(format!("line {line}"), what.chars().take(TOLD_MAX).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_is_a_formula_and_each_is_read_back_as_it_was() {
        for (text, expected) in [
            ("Shop", "Shop"),
            ("=1+1", "'=1+1"),
            ("-1+cmd|' /c calc'!A0", "'-1+cmd|' /c calc'!A0"),
            ("-1.5", "-1.5"),
            ("-", "'-"),
            ("-inf", "'-inf"),
            ("＝1", "'＝1"),
            ("'tis", "'tis"),
            ("'=1", "''=1"),
            ("''", "'''"),
        ] {
            assert_eq!(guarded(text.to_owned()), expected);
            assert_eq!(unguarded(expected), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in "['=+a@\t\r\n-]{0,5}") {
            let guarded = guarded(text.clone());
            prop_assert_eq!(unguarded(&guarded), text);
            prop_assert!(!guarded.starts_with(FORMULA) || guarded.parse::<f64>().is_ok());
        }
    }
}
