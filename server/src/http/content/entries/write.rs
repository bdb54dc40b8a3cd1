//! The page on which an entry is written, what its form sends by itself and by its buttons.
//!
//! A script sends the same form as a button does, asks for JSON, and names the version that the form was filled from by `If-Match`: while
//! somebody types, whatever is typed comes here within moments, and the answer says what became of it.

use super::super::desk::{Answer, Desk, PressedLong, html};
use super::super::outside;
use super::super::refusal::Refused;
use super::list::unprocessable;
use super::loaded::{Loaded, THUMBNAIL, Which, named};
use crate::app::App;
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cms::draft::{self, Keep, Session, Write, Written, version_of};
use cms::rights::Act;
use cms::{Error, Problem};
use console::content::entries::Side;
use console::content::entries::edit::{self as pages, Editing};
use console::content::form::{END, Form, Of, Press, Read, Sent, read};
use serde::Serialize;
use serde_json::Value;

pub(super) async fn show(State(app): State<App>, which: Which, desk: Desk) -> Answer {
    let loaded = Loaded::load(&app, &desk, &which).await?;
    let none = Value::Object(serde_json::Map::new());
    let body = loaded.draft().map_or(&none, |it| &it.body);
    let sent = Sent::filled(&loaded.entry.kind.fields, body);
    let version = loaded.draft().map_or(0, |it| it.version);
    let page = Shown { sent: &sent, version, problems: &[], is_unsaved: false, wrong: None };
    Ok(html(shown(&app, &desk, &loaded, &page).await?))
}

/// A form as it is to be shown.
struct Shown<'a> {
    sent: &'a Sent,
    version: i64,
    problems: &'a [Problem],
    is_unsaved: bool,
    wrong: Option<&'a str>,
}

async fn shown(app: &App, desk: &Desk, loaded: &Loaded, it: &Shown<'_>) -> Result<console::Markup, Refused> {
    let (entry, language) = (&loaded.entry, &loaded.language);
    if loaded.draft().is_none() && !entry.kind.is_localised() && *language != entry.main_language {
        return Err(Error::NotLocalised { noun: entry.kind.facts.noun }.into());
    }
    let rights = &desk.editor.rights;
    let source = loaded.source();
    let mut named = named(app, it.sent).await?;
    named.extend(outside::of_schedules(app, &loaded.schedules).await?);
    let form = Form {
        of: Of { kind: entry.kind, part: entry.part(language), rights },
        sent: it.sent,
        problems: it.problems,
        language: language.as_str(),
        source: source.map(|it| (it.language.as_str(), &it.body)),
        named: &named,
        thumbnail: THUMBNAIL,
    };
    let side = Side {
        reach: loaded.reach,
        may_publish: loaded.may(desk, Act::Publish),
        may_approve: loaded.may(desk, Act::Approve),
        may_trash: loaded.may(desk, Act::Trash),
        needs_review: rights.needs_review(entry.kind),
        asides: &loaded.asides,
        schedules: &loaded.schedules,
        releases: &loaded.releases,
        note: loaded.note.as_ref(),
    };
    let editing = Editing {
        entry,
        language,
        draft: loaded.draft(),
        drafts: &loaded.drafts,
        version: it.version,
        form,
        is_unsaved: it.is_unsaved,
        wrong: it.wrong,
        may_write: loaded.may(desk, Act::Write),
        sitting: &store::ids::random_base62(22),
        side,
    };
    Ok(pages::page(&desk.here(desk.done()), &editing))
}

/// How a form was sent.
pub(super) struct Sending {
    pressed: super::super::desk::Pressed,
    /// By a script, which reads JSON.
    is_script: bool,
    if_match: Option<i64>,
}

impl FromRequest<App> for Sending {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (is_script, if_match) = (asks_json(request.headers()), if_match(request.headers()));
        match PressedLong::from_request(request, app).await {
            Ok(PressedLong(pressed)) => Ok(Self { pressed, is_script, if_match }),
            Err(refused) if is_script => {
                Err(told(refused.status(), "You are signed out, or may not write here any more.")
                    .into_response())
            }
            Err(refused) => Err(refused),
        }
    }
}

fn asks_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|it| it.to_str().ok())
        .is_some_and(|it| it.starts_with("application/json"))
}

fn if_match(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(header::IF_MATCH)?.to_str().ok()?;
    // What was never there has no version.
    if text.trim() == "\"0\"" { Some(0) } else { version_of(text) }
}

/// What a script is told of what it has sent.
#[derive(Debug, Serialize)]
struct Told<'a> {
    /// What the next one is to be made on; none where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// What it is called by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    /// Of fields that were not kept.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [Problem],
    /// Somebody else has written meanwhile: who.
    #[serde(skip_serializing_if = "Option::is_none")]
    clash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Told<'_> {
    const NOTHING: Told<'static> =
        Told { version: None, state: None, title: None, problems: &[], clash: None, error: None };
}

fn told(status: StatusCode, error: &str) -> (StatusCode, Json<Value>) {
    let body = serde_json::json!({ "error": error });
    (status, Json(body))
}

pub(super) async fn press(State(app): State<App>, which: Which, sending: Sending) -> Answer {
    let is_script = sending.is_script;
    match pressed(&app, &which, sending).await {
        Err(refused) if is_script => Ok(told(refused.status(), refused.text()).into_response()),
        answer => answer,
    }
}

async fn pressed(app: &App, which: &Which, sending: Sending) -> Answer {
    let (desk, form) = (&sending.pressed.desk, &sending.pressed.form);
    if !form.pairs().any(|it| it.0 == END) {
        return Err(Refused::form(
            "Some of this form is missing: it is longer than what is taken. Nothing was changed.",
        ));
    }
    let loaded = Loaded::load(app, desk, which).await?;
    let version: i64 = match (sending.is_script, sending.if_match) {
        (true, None) => {
            let text = "Say by If-Match which version this was made on.";
            return Ok(told(StatusCode::PRECONDITION_REQUIRED, text).into_response());
        }
        (true, Some(version)) => version,
        (false, _) => super::number(form, "version")?,
    };
    let sent = Sent::of(form);
    if let Some(press) = Press::of(form.text("do")) {
        let sent = press.press(&loaded.entry.kind.fields, &sent, &store::ids::random_base62(10));
        let page = Shown { sent: &sent, version, problems: &[], is_unsaved: true, wrong: None };
        return Ok(html(shown(app, desk, &loaded, &page).await?));
    }
    let (id, language) = (&loaded.entry.id, &loaded.language);
    let base = app.store.read("cms.base", async |db| draft::body_at(db, id, language, version).await).await?;
    let of = Of { kind: loaded.entry.kind, part: loaded.entry.part(language), rights: &desk.editor.rights };
    let read = read(&of, &sent, &base);
    let keep = if form.text("do") == "autosave" { Keep::Autosave } else { Keep::Save };
    let session = match sending.is_script {
        true => Session { id: form.text("sitting").to_owned(), turn: super::number(form, "turn")? },
        // A form that is sent again by the browser's "back" is a new one.
        false => Session { id: store::ids::random_base62(22), turn: 1 },
    };
    let write = Write { base: version, body: &read.body, keep, session };
    let aside = write.session.id.clone();
    let written = app
        .store
        .run_tx("cms.write", async |tx| draft::write(tx, &desk.editor, id, language, write.clone()).await);
    let written = written.await?;
    match sending.is_script {
        true => by_script(app, &loaded, &written, &read).await,
        false => by_button(app, desk, &loaded, &written, &read, (&sent, &aside)).await,
    }
}

async fn by_script(app: &App, loaded: &Loaded, written: &Written, read: &Read) -> Answer {
    match written {
        Written::Kept { version, .. } => {
            let (id, language) = (&loaded.entry.id, &loaded.language);
            let draft = app.store.read("cms.draft", async |db| draft::find(db, id, language).await).await?;
            let said = Told {
                version: Some(*version),
                state: draft.as_ref().map(|it| it.state.word()),
                title: draft.as_ref().map(|it| it.title.as_str()),
                problems: &read.problems,
                ..Told::NOTHING
            };
            Ok(json(StatusCode::OK, &said))
        }
        Written::Clash(clash) => {
            let clash = Some(clash.author_name.as_str());
            Ok(json(
                StatusCode::PRECONDITION_FAILED,
                &Told { problems: &read.problems, clash, ..Told::NOTHING },
            ))
        }
    }
}

fn json(status: StatusCode, said: &Told<'_>) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(serde_json::to_value(said).unwrap_or_default()))
        .into_response()
}

async fn by_button(
    app: &App,
    desk: &Desk,
    loaded: &Loaded,
    written: &Written,
    read: &Read,
    (sent, aside): (&Sent, &str),
) -> Answer {
    match written {
        Written::Clash(_) => {
            let by = &desk.editor.by.actor.id;
            Ok(desk.to(&format!("{}&sitting={aside}&by={by}", loaded.at("/clash"))))
        }
        Written::Kept { .. } if read.problems.is_empty() => Ok(desk.after(&loaded.at(""), "saved")),
        Written::Kept { version, .. } => {
            let wrong = Some("All but what is said above is saved.");
            let page = Shown { sent, version: *version, problems: &read.problems, is_unsaved: true, wrong };
            Ok(unprocessable(shown(app, desk, loaded, &page).await?))
        }
    }
}
