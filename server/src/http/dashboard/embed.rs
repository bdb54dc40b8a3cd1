//! The code to paste, and the widget beside it.

use super::failure::Failure;
use super::signed_in::{MemberOf, PressedIn, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use console::layout::Tab;
use console::partner::embed::{self, Code, Generator, Known, Look, Preview};
use console::{Fields, Mistakes};
use cricket::words::languages;
use jiff::Timestamp;
use partners::{Issued, Key, Kind, Mode, Record, Scopes, key};
use store::{Client, Seal};

const SANDBOX: &str = "select id from server.match where sandbox order by id limit 1";

/// The sandbox match, where this Crease has one.
pub(in crate::http) async fn sandbox(client: &Client<'_>) -> Result<Option<String>, store::Error> {
    Ok(client.query_opt(SANDBOX, &[]).await?.map(|it| it.get("id")))
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(in crate::http) const STATEMENTS: &[&str] = &[SANDBOX];

/// The key of the pages that show what a widget looks like: a test key, good for the sandbox match on our own pages alone, which every process
/// derives for itself and none stores.
pub(crate) fn preview_key(seal: &Seal, public_url: &str) -> (Key, Record) {
    let secret = seal.derive("preview key").remove(0);
    let key = Key::derived(Kind::Publishable, Mode::Test, &secret);
    let own = (!public_url.is_empty()).then(|| partners::OriginPattern::parse(public_url).ok()).flatten();
    let record = Record {
        id: "key_preview".to_owned(),
        organisation_id: "org_crease".to_owned(),
        kind: Kind::Publishable,
        mode: Mode::Test,
        name: "Previews".to_owned(),
        prefix: key.prefix().to_owned(),
        sha256: key.hash(),
        origins: own.into_iter().collect(),
        site_id: None,
        scopes: Scopes::NONE,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        succeeds: None,
    };
    (key, record)
}

/// How a key of the organisation for its pages begins, where it has one that works.
pub(super) async fn key_for_pages(app: &App, member: &MemberOf) -> Result<(Known, String), Failure> {
    let prefix = prefix_for_pages(app, member.id(), member.signed_in.caller.now).await?;
    Ok(prefix.map_or_else(|| (Known::Nothing, "crs_pk_live_…".to_owned()), |it| (Known::Prefix, it)))
}

/// The same without a member: "crs_pk_live_0Nmq…".
pub(in crate::http) async fn prefix_for_pages(
    app: &App,
    organisation_id: &str,
    now: Timestamp,
) -> Result<Option<String>, partners::Error> {
    let keys =
        app.store.read("partners.keys", async |db| key::of_organisation(db, organisation_id).await).await?;
    let is_for_pages =
        |it: &&Record| it.kind == Kind::Publishable && it.mode == Mode::Live && !it.is_over(now);
    Ok(keys.iter().find(is_for_pages).map(|it| format!("{}…", it.prefix)))
}

pub(super) async fn generator(
    State(app): State<App>,
    member: MemberOf,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (known, key) = key_for_pages(&app, &member).await?;
    let fields = Fields::parse(query.as_deref().unwrap_or_default());
    shown(&app, &member, (known, &key), fields).await
}

/// The same for who has the key's text still: the form brings it, so that it stays in the code without a script, and is kept nowhere.
pub(super) async fn generator_with_key(
    State(app): State<App>,
    PressedIn { member, mut fields }: PressedIn,
) -> Result<Response, Failure> {
    let now = member.signed_in.caller.now;
    let is_own =
        |it: &Record| it.organisation_id == member.id() && it.kind == Kind::Publishable && !it.is_over(now);
    let found = Key::parse(fields.text("key")).ok();
    let key = found.filter(|key| app.keys.find(key).is_some_and(|it| is_own(&it)));
    // What the form carries goes neither into the page's addresses nor back into its other fields.
    for name in ["key", "csrf"] {
        fields.remove(name);
    }
    match key {
        Some(key) => shown(&app, &member, (Known::Whole, key.reveal()), fields).await,
        None => {
            Ok(Redirect::to(&format!("/console/o/{}/embed?{}", member.id(), fields.to_query()))
                .into_response())
        }
    }
}

/// The page right after a key was issued: its text is in it.
pub(super) async fn with_new_key(app: &App, member: &MemberOf, issued: &Issued) -> Result<Response, Failure> {
    shown(app, member, (Known::Whole, issued.key.reveal()), Fields::default()).await
}

async fn shown(
    app: &App,
    member: &MemberOf,
    (known, key): (Known, &str),
    mut fields: Fields,
) -> Result<Response, Failure> {
    let (look, mistakes) = Look::parse(&fields, &languages::NAMES);
    let sandbox = app.store.read("server.sandbox", sandbox).await?;
    let asked = fields.text("match");
    let match_id =
        if store::ids::is_valid("mat", asked) { asked } else { sandbox.as_deref().unwrap_or("mat_…") }
            .to_owned();
    let origin = member.signed_in.caller.url("")?;
    fields.set("view", look.view.word());
    fields.set("theme", look.theme.word());
    let generator = Generator {
        code: Code { origin: &origin, key, match_id: &match_id, look: &look },
        known,
        languages: &languages::NAMES,
        fields: &fields,
        mistakes: &mistakes,
    };
    Ok(html(StatusCode::OK, embed::page(member.here(Tab::Embed, ""), generator)))
}

/// The page in the generator's frame.
pub(super) async fn preview(
    State(app): State<App>,
    _: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let fields = Fields::parse(query.as_deref().unwrap_or_default());
    let (look, _): (Look, Mistakes) = Look::parse(&fields, &languages::NAMES);
    Ok(frame(&app, &look, (None, "")).await?)
}

/// The widget on the sandbox match, for a frame of one of our pages; with a draft in the place of what is published, and with CSS of ours.
pub(in crate::http) async fn frame(
    app: &App,
    look: &Look,
    (draft, css): (Option<&str>, &str),
) -> Result<Response, store::Error> {
    let sandbox = app.store.read("server.sandbox", sandbox).await?;
    let (key, _) = preview_key(&app.seal, &app.config.http.public_url);
    let nonce = store::ids::random_base62(22);
    let page = embed::preview(Preview {
        key: key.reveal(),
        match_id: sandbox.as_deref(),
        look,
        draft,
        css,
        nonce: &nonce,
    });
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    );
    let mut response = html(StatusCode::OK, page).into_response();
    let policy = HeaderValue::from_str(&policy).expect("a nonce is letters and digits");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
