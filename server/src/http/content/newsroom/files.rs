//! Entries as files: they go out, and come in again.

use super::done;
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, PressedFile, html};
use crate::http::content::refusal::Refused;
use crate::http::scorer;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cms::Error;
use cms::draft::Draft;
use cms::entry::Entry;
use cms::file::{self, BYTES_MAX, Document, ENTRIES_MAX, Fault, Imported};
use cms::list::{self, Cursor, Filter, LINES_MAX};
use cms::rights::Editor;
use cms::schema::{Kind, kind};
use console::content::newsroom::files::{self as pages, Files, Format, Outcome};

/// Bytes of a form: a file as it is carried from one press to the next, a third longer, with what stands around it.
pub(super) const FORM_BYTES_MAX: usize = BYTES_MAX / 3 * 4 + 64 * 1024;
/// A file has so many times [`ENTRIES_MAX`] entries.
const PARTS_MAX: usize = 10;
/// Characters of a file's name that are told back.
const NAME_MAX: usize = 120;

/// What was chosen before, where nothing was.
const FIRST: &str = "news-card";

pub(super) async fn page(State(_): State<App>, desk: Desk) -> Answer {
    let files = Files { kind: FIRST, outcome: &Outcome::None, carried: "", name: "" };
    Ok(html(pages::page(&desk.here(done(&desk)), &files)))
}

pub(super) async fn export(State(app): State<App>, desk: Desk) -> Answer {
    let of = kind(desk.asked.text("kind"))?;
    let format = Format::of(desk.asked.text("format"))
        .ok_or_else(|| Refused::filter("A file goes out as csv or as json."))?;
    let who = &desk.editor;
    let found = match desk.asked.text("q") {
        "" => all(&app, who, of).await?,
        words => searched(&app, who, of, words).await?,
    };
    let (body, content_type) = match format {
        // Spreadsheets take a text for their own country's without the mark.
        Format::Csv => (format!("\u{feff}{}", file::csv(of, &found)), "text/csv; charset=utf-8"),
        Format::Json => (file::json(&found).to_string(), "application/json"),
    };
    let name = format!("attachment; filename=\"{}.{}\"", of.facts.name, format.word());
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

type Exported = Vec<(Entry, Vec<Draft>)>;

fn too_many(max: usize) -> Refused {
    Refused::filter(format!(
        "These are more than {max} entries, which is what a file has: look for words that fewer have."
    ))
}

async fn all(app: &App, who: &Editor, of: &Kind) -> Result<Exported, Refused> {
    let name = of.facts.name;
    let mut found: Exported = Vec::new();
    for _ in 0..PARTS_MAX {
        let after = found.last().map(|it| it.0.id.clone()).unwrap_or_default();
        let part = app.store.read("cms.export", async |db| file::export(db, who, name, &after).await).await?;
        let is_last = part.len() < ENTRIES_MAX as usize;
        found.extend(part);
        if is_last {
            return Ok(found);
        }
    }
    Err(too_many(PARTS_MAX * ENTRIES_MAX as usize))
}

async fn searched(app: &App, who: &Editor, of: &Kind, words: &str) -> Result<Exported, Refused> {
    let filter = Filter {
        kind: Some(of.facts.name),
        kinds: who.rights.kinds.as_ref(),
        text: words,
        ..Filter::default()
    };
    let mut ids: Vec<String> = Vec::new();
    let mut after: Option<Cursor> = None;
    while ids.len() <= ENTRIES_MAX as usize {
        let read = app
            .store
            .read("cms.export_find", async |db| list::page(db, &filter, after.as_ref(), LINES_MAX).await);
        let lines = read.await?;
        let is_last = lines.len() < LINES_MAX as usize;
        after = lines.last().map(Cursor::after);
        ids.extend(lines.into_iter().map(|it| it.entry));
        if is_last {
            let read = app.store.read("cms.export", async |db| file::export_these(db, who, &ids).await);
            return Ok(read.await?);
        }
    }
    Err(too_many(ENTRIES_MAX as usize))
}

/// Why a transaction ends without a change.
enum Ended {
    Tried(Imported),
    Failed(Error),
}

impl From<store::Error> for Ended {
    fn from(error: store::Error) -> Self {
        Ended::Failed(error.into())
    }
}

/// Tries a file, or takes it in.
pub(super) async fn import(State(app): State<App>, PressedFile(pressed): PressedFile) -> Answer {
    let desk = &pressed.desk;
    let (form, chosen) = (&pressed.form, pressed.files.first());
    let carried = form.text("carried");
    let bytes = match chosen {
        Some(file) => file.bytes.to_vec(),
        None => STANDARD.decode(carried).unwrap_or_default(),
    };
    let name = chosen.map_or(form.text("name"), |it| it.name.as_str());
    let name: String = name.chars().take(NAME_MAX).collect();
    let outcome = match documents(&bytes, form.text("kind")) {
        Ok(documents) => match form.text("do") {
            "import" => take(&app, &desk.editor, &documents).await?,
            _ => attempt(&app, &desk.editor, &documents).await?,
        },
        Err(error) => faults(error)?,
    };
    let carried = if matches!(outcome, Outcome::Tried(_)) { STANDARD.encode(&bytes) } else { String::new() };
    let files = Files { kind: form.text("kind"), outcome: &outcome, carried: &carried, name: &name };
    Ok(shown(desk, &files))
}

fn shown(desk: &Desk, files: &Files<'_>) -> Response {
    let status = match files.outcome {
        Outcome::Faults(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Outcome::None | Outcome::Tried(_) | Outcome::Done(_) => StatusCode::OK,
    };
    scorer::html(status, pages::page(&desk.here(""), files))
}

/// What is in a file: JSON begins with a list, all else is a table.
fn documents(bytes: &[u8], kind: &str) -> Result<Vec<Document>, Error> {
    let of_file = |what: &str| {
        let fault = Fault { place: "the file".to_owned(), what: what.to_owned() };
        Error::NotImported { faults: vec![fault] }
    };
    let text = std::str::from_utf8(bytes).map_err(|_| of_file("it is no text in UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().chars().next() {
        None => Err(of_file("there is nothing in it")),
        Some('[') => file::read_json(text),
        Some(_) => file::read_csv(kind, text),
    }
}

async fn attempt(app: &App, who: &Editor, documents: &[Document]) -> Result<Outcome, Refused> {
    let tried = app.store.run_tx("cms.import_try", async |tx| {
        Err::<(), Ended>(match file::import(tx, who, documents).await {
            Ok(done) => Ended::Tried(done),
            Err(error) => Ended::Failed(error),
        })
    });
    match tried.await {
        Err(Ended::Tried(done)) => Ok(Outcome::Tried(done)),
        Err(Ended::Failed(error)) => faults(error),
        Ok(()) => Ok(Outcome::None),
    }
}

async fn take(app: &App, who: &Editor, documents: &[Document]) -> Result<Outcome, Refused> {
    let taken = app.store.run_tx("cms.import", async |tx| file::import(tx, who, documents).await);
    match taken.await {
        Ok(done) => Ok(Outcome::Done(done)),
        Err(error) => faults(error),
    }
}

/// What is somebody's to put right in the file is told; all else is no answer.
fn faults(error: Error) -> Result<Outcome, Refused> {
    match error {
        Error::NotImported { faults } => Ok(Outcome::Faults(faults)),
        error @ (Error::TooMany { .. } | Error::UnknownKind { .. }) => {
            let fault = Fault { place: "the file".to_owned(), what: error.to_string() };
            Ok(Outcome::Faults(vec![fault]))
        }
        error => Err(error.into()),
    }
}
