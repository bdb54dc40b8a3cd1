//! What editors have published, as fans' pages ask for it: a widget's board, documents, and the files of pictures.

use super::caller::Reader;
use super::etag::unless_same;
use super::matches::visible;
use super::place::Region;
use super::request::{Asked, Id};
use crate::app::App;
use crate::content::{self, Board, Shown, Whose, needed, of_draft};
use crate::http::openapi::alike;
use crate::problem::Problem;
use access::Token;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cms::delivery::{self, Ask, DOCUMENTS_MAX, Document};
use cms::preview::{self, Preview};
use cms::{Language, schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, OpenApi, ToSchema};

/// The types that fans read by themselves. Flags are part of a board; tones and quizzes have secrets, and answers of their own.
const KINDS: [&str; 13] = [
    "match-preview",
    "article",
    "news-card",
    "player",
    "team",
    "venue",
    "banner",
    "promo-card",
    "theme",
    "campaign-text",
    "legal-notice",
    "navigation",
    "globals",
];

/// Under which names a cache before us may keep an answer, and let it go when `news` say one of them.
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
/// The longest list of them; an answer of more has those of its types alone.
const SURROGATE_BYTES_MAX: usize = 8 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/content/board", get(board))
        .route("/v1/content/{kind}", get(list))
        .route("/v1/content/{kind}/{id}", get(show))
        .route("/media/{picture}/{file}", get(media))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(board, list, show, media),
    tags((name = "content", description = "What editors have published: news, previews, banners, profiles, themes")),
)]
pub(super) struct Description;

/// The JSON Schemas of the fields of the types that fans read, by the name that the description has for them.
pub(super) fn schemas() -> impl Iterator<Item = (String, &'static Value)> {
    let public = schema::kinds().iter().filter(|it| KINDS.contains(&it.facts.name));
    public.map(|it| (format!("Fields_{}", it.facts.name), &it.schema))
}

/// What a widget asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    /// A BCP 47 tag, `hi` for one; English when left out. What is not published in it is in the language that it was written in first.
    lang: Option<String>,
    /// The match that it stands on: `mat_…`.
    #[serde(rename = "match")]
    match_id: Option<String>,
    /// Of a preview's link: the draft that it is for stands among what is published. With a point and `org_…` behind it, as on that partner's pages.
    preview: Option<String>,
}

fn language(text: Option<&str>) -> Result<Language, Problem> {
    let text = text.filter(|it| !it.is_empty()).unwrap_or("en");
    Language::parse(text).map_err(|error| Problem::invalid(error.to_string()))
}

/// Everything that a widget shows of what editors have published, for this caller: its partner, its country or the part of it, its language.
#[utoipa::path(get, path = "/v1/content/board", tag = "content", params(BoardQuery), responses(
    (status = 200, body = Board),
    (status = 304, description = "unchanged since the ETag"),
    alike::BadRequest,
    alike::NotFound,
))]
async fn board(
    reader: Reader,
    Region(place): Region,
    State(app): State<App>,
    Asked(query): Asked<BoardQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let topic = match &query.match_id {
        Some(id) => Some(visible(&app, &reader, id).await?),
        None => None,
    };
    let (draft, partner) = draft(&app, query.preview.as_deref()).await?;
    let whose = Whose {
        partner: partner.or_else(|| reader.organisation_id().map(str::to_owned)),
        place,
        language: language(query.lang.as_deref())?,
        match_id: query.match_id,
    };
    let players = || {
        let snapshot = topic.as_ref().map(|it| it.snapshot());
        let players = snapshot.into_iter().flat_map(|it| it.state.setup.players);
        let mut names: Vec<String> = players.map(|it| it.name).take(content::PLAYERS_MAX).collect();
        names.sort_unstable();
        names
    };
    let (base, now) = (app.public_base(), app.clock.now());
    if let Some(draft) = draft {
        let answer = content::with_draft(&app.store, &whose, &draft, &players(), (base, now)).await?;
        return Ok(unkept(answer.body.clone()));
    }
    let answer = app.boards.of(&app.store, whose, base, now, players).await?;
    Ok(unless_same(&headers, answer.body.clone()))
}

/// What a list asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Where it stands: `match-top`, `match-feed`, `match-bottom`, `innings-break`, `result`; wherever when left out.
    slot: Option<String>,
    /// A BCP 47 tag; English when left out.
    lang: Option<String>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Documents of a type.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentList)]
struct ListBody {
    data: Vec<Shown>,
}

/// What is shown of a type to this caller now: the highest priority first, then the newest.
#[utoipa::path(get, path = "/v1/content/{kind}", tag = "content", params(("kind" = String, Path, description = "article, news-card, banner, …"), ListQuery), responses(
    (status = 200, body = ListBody),
    (status = 304, description = "unchanged since the ETag"),
    alike::BadRequest,
    alike::NotFound,
))]
async fn list(
    reader: Reader,
    Region(place): Region,
    State(app): State<App>,
    Id(kind): Id,
    Asked(query): Asked<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check(&kind)?;
    let limit = query.limit.unwrap_or(20);
    if !(1..=DOCUMENTS_MAX).contains(&limit) {
        return Err(Problem::invalid(format!("limit: {limit} is not between 1 and {DOCUMENTS_MAX}")));
    }
    let language = language(query.lang.as_deref())?;
    let ask = Ask {
        kind: &kind,
        slot: query.slot.as_deref(),
        partner: reader.organisation_id(),
        place: place.as_deref(),
        language: &language,
        now: app.clock.now(),
        limit,
    };
    let base = app.public_base();
    let read = app.store.read("content.list", async |db| {
        let documents = delivery::of(db, &ask).await?;
        let names = content::read_names(db, &documents, &language, base).await?;
        Ok::<_, cms::Error>((documents, names))
    });
    let (documents, names) = read.await?;
    let data = documents.iter().map(|it| content::document(it, &names)).collect::<Result<Vec<_>, _>>()?;
    let body = serde_json::to_string(&ListBody { data }).expect("texts and trees are JSON");
    let mut response = unless_same(&headers, body);
    let list = format!("kind:{kind}");
    let keys =
        std::iter::once(list.as_str()).chain(documents.iter().flat_map(|it| &it.keys).map(String::as_str));
    say_keys(response.headers_mut(), keys, &list);
    Ok(response)
}

/// What a document asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DocumentQuery {
    /// A BCP 47 tag; English when left out.
    lang: Option<String>,
    /// Of a preview's link.
    preview: Option<String>,
}

/// One document, by its id or its key, if it is published.
#[utoipa::path(get, path = "/v1/content/{kind}/{id}", tag = "content", params(
    ("kind" = String, Path, description = "article, player, …"),
    ("id" = String, Path, description = "ent_…, or its key"),
    DocumentQuery,
), responses(
    (status = 200, body = Shown),
    (status = 304, description = "unchanged since the ETag"),
    alike::BadRequest,
    alike::NotFound,
))]
async fn show(
    reader: Reader,
    Region(place): Region,
    State(app): State<App>,
    Id((kind, id)): Id<(String, String)>,
    Asked(query): Asked<DocumentQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check(&kind)?;
    let (language, base) = (language(query.lang.as_deref())?, app.public_base());
    let (draft, _) = draft(&app, query.preview.as_deref()).await?;
    let now = app.clock.now();
    let drafts: Vec<Document> =
        draft.iter().flat_map(|it| std::iter::once(of_draft(it, now)).chain(needed(it, now))).collect();
    let is_asked = |it: &&Document| it.kind == kind && (it.entry == id || it.key.as_ref() == Some(&id));
    let own = drafts.iter().find(is_asked).cloned();
    let partner = reader.organisation_id();
    let is_draft = own.is_some();
    let read = app.store.read("content.document", async |db| {
        let found = match own.clone() {
            Some(own) => Some(own),
            None if store::ids::is_valid("ent", &id) => delivery::of_id(db, &id, &language).await?,
            None => delivery::of_key(db, &kind, &id, &language).await?,
        };
        let found = found.filter(|it| it.kind == kind);
        let mut names = content::read_names(db, &found, &language, base).await?;
        names.know(drafts.iter().cloned());
        Ok::<_, cms::Error>((found, names))
    });
    let unknown = || Problem::new(&crate::problem::types::UNKNOWN_THING, format!("no {kind} {id:.60}"));
    let (document, names) = match read.await {
        Ok((found, names)) => (found.ok_or_else(unknown)?, names),
        // No key that there could be.
        Err(cms::Error::Key { .. }) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    if !is_draft && !is_for(&document, partner, place.as_deref()) {
        return Err(unknown());
    }
    let body =
        serde_json::to_string(&content::document(&document, &names)?).expect("texts and trees are JSON");
    if is_draft {
        return Ok(unkept(body));
    }
    let mut response = unless_same(&headers, body);
    say_keys(response.headers_mut(), document.keys.iter().map(String::as_str), &document.entry);
    Ok(response)
}

/// That fans read it by itself.
fn check(kind: &str) -> Result<(), Problem> {
    if KINDS.contains(&kind) {
        return Ok(());
    }
    let kind: String = kind.chars().take(40).collect();
    Err(cms::Error::UnknownKind { name: kind }.into())
}

/// Whether a document is for that reader, as its own targets say.
fn is_for(document: &Document, partner: Option<&str>, place: Option<&str>) -> bool {
    let list = |name: &str| -> Vec<&str> {
        let items = document.body["targets"][name].as_array();
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (partners, places) = (list("partners"), list("places"));
    let is_there =
        |it: &&str| place.is_some_and(|place| place == *it || place.starts_with(&format!("{it}-")));
    (partners.is_empty() || partner.is_some_and(|it| partners.contains(&it)))
        && (places.is_empty() || places.iter().any(is_there))
}

/// The draft that a preview's link is for, and on whose pages it is looked at, where that is said. A link that is over says so, rather than show
/// something else.
async fn draft(app: &App, said: Option<&str>) -> Result<(Option<Preview>, Option<String>), Problem> {
    let Some(said) = said.filter(|it| !it.is_empty()) else { return Ok((None, None)) };
    let (text, partner) = said.split_once('.').map_or((said, None), |(text, id)| (text, Some(id)));
    let over =
        || Problem::new(&crate::problem::types::UNKNOWN_THING, "this preview is over, or was never made");
    let token = Token::of(text).ok_or_else(over)?;
    let now = app.clock.now();
    let found = app.store.read("content.preview", async |db| preview::open(db, &token, now).await).await?;
    let draft = found.ok_or_else(over)?;
    Ok((Some(draft), partner.filter(|it| store::ids::is_valid("org", it)).map(str::to_owned)))
}

/// What nobody may keep.
fn unkept(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "private, no-store")], body)
        .into_response()
}

fn say_keys<'k>(headers: &mut HeaderMap, keys: impl Iterator<Item = &'k str>, at_least: &str) {
    let all: std::collections::BTreeSet<&str> = keys.collect();
    let all: Vec<&str> = all.into_iter().collect();
    let text = all.join(" ");
    let text = if text.len() <= SURROGATE_BYTES_MAX { text } else { at_least.to_owned() };
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(SURROGATE_KEY, value);
    }
}

/// A file of a picture. Its bytes never change: what is shown of a picture later has another name.
#[utoipa::path(get, path = "/media/{picture}/{file}", tag = "content", params(
    ("picture" = String, Path, description = "med_…"),
    ("file" = String, Path, description = "as it stands in a picture's addresses"),
), responses(
    (status = 200, description = "the picture: JPEG, PNG or WebP", content_type = "image/*"),
    alike::NotFound,
))]
async fn media(
    State(app): State<App>,
    Id((picture, file)): Id<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let name = format!("{picture}/{file}");
    let unknown = || Problem::unknown_route(&format!("/media/{:.80}", name));
    if name.contains('\0') || !store::ids::is_valid("med", &picture) {
        return Err(unknown());
    }
    let found = app.store.read("cms.media", async |db| cms::media::served(db, &name).await);
    let of_media = |error: cms::media::Error| Problem::from(cms::Error::from(error));
    let file = found.await.map_err(of_media)?.ok_or_else(unknown)?;
    let tag = format!("\"{file}\"", file = file.name);
    let is_known =
        headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok()).is_some_and(|it| it == tag);
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let bytes = app.media.shelf().take(&file.name).await.map_err(of_media)?.ok_or_else(unknown)?;
            let kind = [(header::CONTENT_TYPE, file.format.content_type())];
            (kind, Body::from(bytes)).into_response()
        }
    };
    let said = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        // Were it a page all the same, it could do nothing.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    for (name, value) in said {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}
