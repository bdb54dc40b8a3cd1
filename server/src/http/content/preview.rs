//! A draft in the real widget: for who works on it, and by a link for somebody outside.

use super::desk::{Answer, Desk, Pressed, html};
use super::refusal::Refused;
use crate::app::App;
use crate::http::dashboard::{Path, preview_frame};
use crate::http::scorer;
use access::Token;
use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cms::draft;
use cms::entry;
use cms::list::{self, Filter};
use cms::preview;
use cms::rights::Act;
use cms::{Error, Language};
use console::content::preview::{self as pages, HOURS, Link, Previewed, Width};
use console::controls::Filled;
use console::layout::{Area, message};
use console::partner::embed::{Look, Theme};
use console::{Fields, Mistakes};
use cricket::words::languages;
use jiff::SignedDuration;
use partners::organisation;

/// A form of a few fields.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Themes to choose from.
const THEMES_MAX: i64 = 50;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/content/preview", get(show))
        .route("/console/content/preview/frame", get(frame))
        .route("/console/content/preview/link", post(link))
        .route("/console/content/preview/end", post(end))
        .route("/console/content/seen/{token}", get(seen))
        .route("/console/content/seen/{token}/frame", get(seen_frame))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What was done before the page, by its word in the address.
const DONE: (&str, &str) = ("ended", "All links to this entry are over.");

/// The entry and the language that an address or a form names, for who may read them.
async fn wanted(app: &App, desk: &Desk, asked: &Fields) -> Result<(entry::Entry, Language), Refused> {
    let id = asked.text("entry");
    let entry = app.store.read("cms.entry", async |db| entry::find(db, id).await).await?;
    let language = match asked.text("lang") {
        "" => entry.main_language.clone(),
        tag => Language::parse(tag)?,
    };
    desk.editor.rights.check(Act::Read, entry.kind, &language, &entry.main_language)?;
    Ok((entry, language))
}

async fn show(State(app): State<App>, desk: Desk) -> Answer {
    let (entry, language) = wanted(&app, &desk, &desk.asked).await?;
    drawn(&app, &desk, (&entry, &language), None).await
}

async fn drawn(
    app: &App,
    desk: &Desk,
    (entry, language): (&entry::Entry, &Language),
    link: Option<Link<'_>>,
) -> Answer {
    let filter = Filter { kind: Some("theme"), ..Filter::default() };
    let read = app.store.read("cms.preview", async |db| {
        let shown = preview::show(db, &entry.id, language, desk.editor.rights.kinds.as_ref()).await?;
        let drafts = draft::of_entries(db, std::slice::from_ref(&entry.id)).await?;
        Ok::<_, Error>((shown, drafts, list::page(db, &filter, None, THEMES_MAX).await?))
    });
    let (shown, drafts, themes) = read.await?;
    let not_written = || Error::NotWritten { id: entry.id.clone(), language: language.to_string() };
    let shown = shown.ok_or_else(not_written)?;
    let title = shown.body[entry.kind.facts.title].as_str().filter(|it| !it.is_empty()).unwrap_or(&entry.id);
    let written: Vec<String> = drafts.iter().map(|it| it.language.to_string()).collect();
    let themes: Vec<(String, String)> = themes.into_iter().map(|it| (it.entry, it.title)).collect();
    let fields = pages::fields(&entry.id, language.as_str(), &desk.asked);
    let mut mistakes = Mistakes::default();
    if partner(app, fields.text("partner")).await?.is_err() {
        mistakes.add("partner", "There is no partner of that id, or not exactly one of that name.");
    }
    let previewed = Previewed {
        entry,
        language,
        title,
        problems: &shown.problems,
        languages: &written,
        themes: &themes,
        width: Width::of(fields.text("width")),
        form: Filled { fields: &fields, mistakes: &mistakes },
        link,
    };
    let done = if desk.asked.text("done") == DONE.0 { DONE.1 } else { "" };
    Ok(html(pages::page(&desk.here(done), &previewed)))
}

struct NoPartner;

/// By its id, or its whole name where it is the only one that is called so.
async fn partner(app: &App, text: &str) -> Result<Result<Option<String>, NoPartner>, Refused> {
    if text.is_empty() {
        return Ok(Ok(None));
    }
    if text.contains('\0') {
        return Ok(Err(NoPartner));
    }
    let read =
        app.store.read("partners.organisation", async |db| match organisation::find(db, text).await? {
            Some(found) => Ok(vec![found]),
            None => organisation::named(db, text).await,
        });
    let found = read.await.map_err(|error| match error {
        partners::Error::Store(error) => Refused::from(error),
        error => Refused::conflict(error.to_string()),
    })?;
    match found.as_slice() {
        [one] => Ok(Ok(Some(one.id.clone()))),
        _ => Ok(Err(NoPartner)),
    }
}

async fn frame(State(app): State<App>, desk: Desk) -> Answer {
    let (entry, language) = wanted(&app, &desk, &desk.asked).await?;
    let (who, at) = (&desk.editor, (entry.id.as_str(), &language));
    let token = app.store.run_tx("cms.preview_look", async |tx| preview::look(tx, who, at).await).await?;
    let partner = partner(&app, desk.asked.text("partner")).await?.ok().flatten();
    let said = partner.map_or_else(|| token.reveal().to_owned(), |it| format!("{}.{it}", token.reveal()));
    let look = look(&desk.asked, &language);
    let css = theme(&app, &desk, look.theme).await?;
    Ok(unkept(preview_frame(&app, &look, (Some(&said), &css)).await?))
}

/// The widget speaks the draft's language where it knows it.
fn look(asked: &Fields, language: &Language) -> Look {
    let (mut look, _) = Look::parse(asked, &languages::NAMES);
    if look.lang.is_empty() {
        look.lang = language.to_string();
    }
    look
}

/// What the theme that was chosen says, as it is written now.
async fn theme(app: &App, desk: &Desk, shown: Theme) -> Result<String, Refused> {
    let id = desk.asked.text("look");
    if id.is_empty() {
        return Ok(String::new());
    }
    let read = app.store.read("cms.preview_theme", async |db| {
        let entry = entry::find(db, id).await?;
        desk.editor.rights.check(Act::Read, entry.kind, &entry.main_language, &entry.main_language)?;
        preview::show(db, id, &entry.main_language, desk.editor.rights.kinds.as_ref()).await
    });
    let theme = read.await?.filter(|it| it.entry.kind.facts.name == "theme");
    Ok(theme.map(|it| pages::css(&it.body, shown)).unwrap_or_default())
}

async fn link(State(app): State<App>, headers: HeaderMap, Pressed { desk, form, .. }: Pressed) -> Answer {
    let (entry, language) = wanted(&app, &desk, &form).await?;
    let hours = HOURS.iter().find(|it| it.0.to_string() == form.text("hours")).map_or(HOURS[0].0, |it| it.0);
    let lasts = SignedDuration::from_hours(hours);
    let (who, at) = (&desk.editor, (entry.id.as_str(), &language));
    let made = app.store.run_tx("cms.preview_link", async |tx| preview::make(tx, who, at, lasts).await);
    let token = made.await?;
    let url = format!("{}/console/content/seen/{}", base(&app, &headers), token.reveal());
    let ends_at = desk.now.saturating_add(lasts).unwrap_or(desk.now);
    drawn(&app, &desk, (&entry, &language), Some(Link { url: &url, ends_at })).await
}

/// Where we are, for a link that is copied by who sees this page: as configured, else as they have reached us.
fn base(app: &App, headers: &HeaderMap) -> String {
    match app.config.http.public_url.trim_end_matches('/') {
        "" => {
            let host = headers.get(header::HOST).and_then(|it| it.to_str().ok()).unwrap_or("localhost");
            format!("http://{host}")
        }
        url => url.to_owned(),
    }
}

async fn end(State(app): State<App>, Pressed { desk, form, .. }: Pressed) -> Answer {
    let (entry, language) = wanted(&app, &desk, &form).await?;
    let who = &desk.editor;
    app.store.run_tx("cms.preview_end", async |tx| preview::end(tx, who, &entry.id).await).await?;
    Ok(desk.to(&format!("/preview?entry={}&lang={language}&done={}", entry.id, DONE.0)))
}

/// What a link shows whoever has it.
async fn seen(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let now = app.clock.now();
    let ends_at = match Token::of(&token) {
        Some(token) => app.store.read("cms.seen", async |db| preview::ends_at(db, &token, now).await).await?,
        None => None,
    };
    let Some(ends_at) = ends_at else { return Ok(over()) };
    let page = pages::seen(&format!("/console/content/seen/{token}/frame"), ends_at);
    Ok(unkept(scorer::html(StatusCode::OK, page)))
}

async fn seen_frame(State(app): State<App>, Path(token): Path<String>, RawQuery(_): RawQuery) -> Answer {
    let now = app.clock.now();
    let shown = match Token::of(&token) {
        Some(token) => app.store.read("cms.seen", async |db| preview::open(db, &token, now).await).await?,
        None => None,
    };
    let Some(shown) = shown else { return Ok(over()) };
    let look = Look { lang: shown.language.to_string(), ..Look::USUAL };
    Ok(unkept(preview_frame(&app, &look, (Some(&token), "")).await?))
}

fn over() -> Response {
    let text = "This preview is over, or never was. Ask whoever sent it to you for another link.";
    unkept(scorer::html(StatusCode::GONE, message("Over", text, Area::SignedOut)))
}

/// Nobody keeps it, and no page is told of its address, which is what opens it.
fn unkept(response: Response) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
