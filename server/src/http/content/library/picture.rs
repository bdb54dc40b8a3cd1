//! One picture: its page, what is said of it, the trash, and its small form.

use super::{back, done};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, Pressed, html};
use crate::http::content::refusal::Refused;
use crate::http::dashboard::Path;
use crate::http::scorer;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use cms::media::{self, Asset, Shape};
use cms::relation::{self, Of, User};
use cms::schema::kind;
use console::content::library::{self as pages, Shown, Use, Uses, Wrong};
use console::controls::Filled;
use console::{Fields, Mistakes};

/// Documents that are told of those who use a picture, in each state.
const USES_MAX: i64 = 100;
/// Pixels that a small picture is wide at least.
const THUMBNAIL_WIDTH: u32 = 320;

async fn find(app: &App, id: &str) -> Result<Asset, Refused> {
    let unknown = || media::Error::Unknown { id: id.chars().take(40).collect() };
    if !store::ids::is_valid("med", id) {
        return Err(unknown().into());
    }
    let found = app.store.read("cms.media", async |db| media::find(db, id).await).await?;
    Ok(found.ok_or_else(unknown)?)
}

pub(super) async fn show(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> Answer {
    let asset = find(&app, &id).await?;
    let (fields, mistakes) = (pages::fields(&asset), Mistakes::default());
    let form = Filled { fields: &fields, mistakes: &mistakes };
    Ok(html(drawn(&app, &desk, (&asset, form), Wrong::Nothing).await?))
}

async fn drawn(
    app: &App,
    desk: &Desk,
    (asset, form): (&Asset, Filled<'_>),
    wrong: Wrong<'_>,
) -> Result<console::Markup, Refused> {
    let targets = [asset.id.clone()];
    let read = app.store.read("cms.media_uses", async |db| {
        let published = relation::users(db, &targets, Of::Published, USES_MAX).await?;
        let drafts = relation::users(db, &targets, Of::Draft, USES_MAX).await?;
        let made_by = access::user::find(db, &asset.made_by).await?;
        Ok::<_, cms::Error>((published, drafts, made_by))
    });
    let (published, drafts, made_by) = read.await?;
    let uses = told(published, drafts);
    let made_by = made_by.map_or_else(|| asset.made_by.clone(), |it| it.name);
    let shown = Shown { asset, form, uses: &uses, made_by: &made_by, wrong };
    Ok(pages::show(&desk.here(done(desk)), &shown))
}

/// Each document once: what fans see says more than that it is written, too.
fn told(published: Vec<User>, drafts: Vec<User>) -> Vec<Use> {
    let of = |by: Uses| {
        move |it: User| Use {
            noun: kind(&it.kind).map_or("", |it| it.facts.noun),
            entry: it.entry,
            language: it.language,
            title: it.title,
            by,
        }
    };
    let mut uses: Vec<Use> = published.into_iter().map(of(Uses::Published)).collect();
    for it in drafts.into_iter().map(of(Uses::Draft)) {
        if !uses.iter().any(|other| (&other.entry, &other.language) == (&it.entry, &it.language)) {
            uses.push(it);
        }
    }
    uses
}

pub(super) async fn describe(
    State(app): State<App>,
    Path(id): Path<String>,
    Pressed { desk, form, .. }: Pressed,
) -> Answer {
    desk.editor.rights.check_pictures()?;
    let (version, description) = match pages::read(&form) {
        Ok(read) => read,
        Err(mistakes) => return again(&app, &desk, &id, (&form, &mistakes), Wrong::Nothing).await,
    };
    match app.media.describe(&id, version, &description, &desk.editor.by).await {
        Ok(asset) => Ok(back(&desk, &format!("/{}", asset.id), "described")),
        Err(media::Error::Stale { .. }) => {
            again(&app, &desk, &id, (&form, &Mistakes::default()), Wrong::Clash).await
        }
        Err(media::Error::Used { .. }) => {
            let text = "Fans see it: what it shows has to be said.";
            again(&app, &desk, &id, (&form, &Mistakes::one("alt", text)), Wrong::Nothing).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The page with what somebody typed, and what is wrong with it.
async fn again(
    app: &App,
    desk: &Desk,
    id: &str,
    (fields, mistakes): (&Fields, &Mistakes),
    wrong: Wrong<'_>,
) -> Answer {
    let asset = find(app, id).await?;
    let status = match wrong {
        Wrong::Clash | Wrong::Said(_) => StatusCode::CONFLICT,
        Wrong::Nothing => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = drawn(app, desk, (&asset, Filled { fields, mistakes }), wrong).await?;
    Ok(scorer::html(status, page))
}

pub(super) async fn trash(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let Pressed { desk, form, .. } = pressed;
    desk.editor.rights.check_pictures()?;
    let trashed = app.media.trash(&id, version(&form), &desk.editor.by).await;
    fate(&app, &desk, &id, trashed, "trashed").await
}

pub(super) async fn restore(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let Pressed { desk, form, .. } = pressed;
    desk.editor.rights.check_pictures()?;
    let restored = app.media.restore(&id, version(&form), &desk.editor.by).await;
    fate(&app, &desk, &id, restored, "restored").await
}

fn version(form: &Fields) -> i32 {
    form.text("version").parse().unwrap_or_default()
}

async fn fate(app: &App, desk: &Desk, id: &str, became: Result<(), media::Error>, done: &str) -> Answer {
    let text = match became {
        Ok(()) => return Ok(back(desk, &format!("/{id}"), done)),
        Err(media::Error::Used { .. }) => {
            "It was not thrown away: fans see it, where the list says. Take it out of that first."
        }
        Err(media::Error::Stale { .. }) => {
            "Somebody else has changed it since you loaded this page. Nothing was done: look at it, and try once more."
        }
        Err(error) => return Err(error.into()),
    };
    let asset = find(app, id).await?;
    again(app, desk, id, (&pages::fields(&asset), &Mistakes::default()), Wrong::Said(text)).await
}

/// To its smallest file that is large enough for a list; as it is now, which others may be soon.
pub(super) async fn thumbnail(State(app): State<App>, _: Desk, Path(id): Path<String>) -> Answer {
    let asset = find(&app, &id).await?;
    let picture = asset.picture(Shape::Whole, pages::url);
    let file = picture.and_then(|it| {
        let wide = it.fallbacks.iter().find(|it| it.width >= THUMBNAIL_WIDTH);
        wide.or(it.fallbacks.last()).map(|it| it.url.clone())
    });
    let file = file.ok_or_else(|| Refused::not_found("This picture has no files."))?;
    let mut response: Response = Redirect::temporary(&file).into_response();
    let caching = HeaderValue::from_static("private, max-age=60");
    response.headers_mut().insert(header::CACHE_CONTROL, caching);
    Ok(response)
}
