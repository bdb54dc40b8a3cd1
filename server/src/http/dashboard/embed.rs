//! The code to paste, and the widget beside it.

use super::failure::Failure;
use super::signed_in::{MemberOf, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use console::layout::Tab;
use console::partner::embed::{self, Code, Generator, Look, Preview};
use console::{Fields, Mistakes};
use cricket::words::languages;
use jiff::Timestamp;
use partners::{Issued, Key, Kind, Mode, Record, Scopes, key};
use store::{Client, Seal};

const SANDBOX: &str = "select id from server.match where sandbox order by id limit 1";

/// The sandbox match, where this Crease has one.
async fn sandbox(client: &Client<'_>) -> Result<Option<String>, store::Error> {
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

pub(super) async fn generator(
    State(app): State<App>,
    member: MemberOf,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = member.signed_in.caller.now;
    let keys =
        app.store.read("partners.keys", async |db| key::of_organisation(db, member.id()).await).await?;
    let is_for_pages =
        |it: &&Record| it.kind == Kind::Publishable && it.mode == Mode::Live && !it.is_over(now);
    let key = keys.iter().find(is_for_pages);
    let text = key.map_or_else(|| "crs_pk_live_…".to_owned(), |it| format!("{}…", it.prefix));
    shown(&app, &member, &text, false, &Fields::parse(query.as_deref().unwrap_or_default())).await
}

/// The page right after a key was issued: the one time that its text is in it.
pub(super) async fn with_new_key(app: &App, member: &MemberOf, issued: &Issued) -> Result<Response, Failure> {
    shown(app, member, issued.key.reveal(), true, &Fields::default()).await
}

async fn shown(
    app: &App,
    member: &MemberOf,
    key: &str,
    is_key_new: bool,
    fields: &Fields,
) -> Result<Response, Failure> {
    let (look, mistakes) = Look::parse(fields, &languages::NAMES);
    let sandbox = app.store.read("server.sandbox", sandbox).await?;
    let asked = fields.text("match");
    let match_id =
        if store::ids::is_valid("mat", asked) { asked } else { sandbox.as_deref().unwrap_or("mat_…") };
    let origin = member.signed_in.caller.url("")?;
    let mut fields = fields.clone();
    fields.set("view", look.view.word());
    fields.set("theme", look.theme.word());
    let generator = Generator {
        code: Code { origin: &origin, key, match_id, look: &look },
        is_key_new,
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
    let sandbox = app.store.read("server.sandbox", sandbox).await?;
    let (key, _) = preview_key(&app.seal, &app.config.http.public_url);
    let nonce = store::ids::random_base62(22);
    let page = embed::preview(Preview {
        key: key.reveal(),
        match_id: sandbox.as_deref(),
        look: &look,
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
