//! The library of pictures: its pages, uploads, and what forms and the editor of texts look up.

mod look;
mod picture;
mod upload;

use super::desk::{Answer, Desk, html};
use super::refusal::Refused;
use crate::app::App;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use cms::media::{self, Asset, Listing};
use console::content::library::{self as pages, Grid, Sent, Sought};
use upload::FORM_BYTES_MAX;

/// Pictures of a page.
const PAGE: u16 = 48;

pub(super) fn routes() -> Router<App> {
    let uploads = Router::new()
        .route("/console/content/media", get(page).post(upload::take))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
    Router::new()
        .route("/console/content/media/look", get(look::pictures))
        .route("/console/content/names/look", get(look::names))
        .route("/console/content/embeds/look", get(look::embeds))
        .route("/console/content/media/{id}", get(picture::show).post(picture::describe))
        .route("/console/content/media/{id}/trash", post(picture::trash))
        .route("/console/content/media/{id}/restore", post(picture::restore))
        .route("/console/content/media/{id}/thumbnail", get(picture::thumbnail))
        .merge(uploads)
}

/// What was done before a page, by its word in the address.
const DONE: [(&str, &str); 4] = [
    ("uploaded", "The picture is there. Say what it shows, so that it can be published."),
    ("described", "What it shows is saved."),
    ("trashed", "The picture is in the trash. It can be taken back for a month."),
    ("restored", "The picture is out of the trash."),
];

fn done(desk: &Desk) -> &'static str {
    let word = desk.asked.text("done");
    DONE.iter().find(|it| it.0 == word).map_or("", |it| it.1)
}

async fn page(State(app): State<App>, desk: Desk) -> Answer {
    Ok(html(grid(&app, &desk, &[]).await?))
}

/// The page that an address asks for, with what became of files that were sent.
async fn grid(app: &App, desk: &Desk, sent: &[Sent]) -> Result<console::Markup, Refused> {
    let (which, place) = Sought::which(desk.asked.text("which"))
        .ok_or_else(|| Refused::filter("There are no such pictures: choose which from the list."))?;
    let before = Some(desk.asked.text("before")).filter(|it| !it.is_empty());
    let sought = Sought { words: desk.asked.text("q"), which, place };
    let mut found = list(app, &sought, before, PAGE + 1).await?;
    let next = (found.len() > usize::from(PAGE)).then(|| found[usize::from(PAGE) - 1].id.clone());
    found.truncate(usize::from(PAGE));
    let grid = Grid { found: &found, sought, before, next: next.as_deref(), sent };
    Ok(pages::grid(&desk.here(done(desk)), &grid))
}

/// By three statements however many there are.
async fn list(
    app: &App,
    sought: &Sought<'_>,
    before: Option<&str>,
    limit: u16,
) -> Result<Vec<Asset>, Refused> {
    let Sought { words, which, place } = *sought;
    let listing = Listing { words, which, place, before, limit };
    Ok(app.store.read("cms.media_list", async |db| media::list(db, &listing).await).await?)
}

/// Back to a page of the library, which says what was done.
fn back(desk: &Desk, rest: &str, done: &str) -> Response {
    desk.to(&format!("/media{rest}?done={done}"))
}
