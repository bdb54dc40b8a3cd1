//! A request that is sent again is done once (the IETF's draft on the `Idempotency-Key` header): its answer is kept with its effect, in one
//! transaction, and said again for a day.

use super::caller::Manager;
use crate::app::App;
use crate::problem::{Problem, types};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{At, Migrations, Seal, Step, Transaction};

/// The table of answers, in the schema of this crate.
pub(crate) const MIGRATIONS: Migrations = Migrations {
    schema: "server",
    steps: &[Step { name: "0002_request", sql: include_str!("migrations/0002_request.sql") }],
};

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(in crate::http) const STATEMENTS: &[&str] = &[BEGIN, FIND, END, FORGET];

/// How long an answer is kept.
const LASTS: SignedDuration = SignedDuration::from_hours(24);
const KEY_BYTES_MAX: usize = 255;

const BEGIN: &str = "
insert into server.request (organisation_id, idempotency_key, sha256, made_at) values ($1, $2, $3, $4)
on conflict (organisation_id, idempotency_key) do nothing";

const FIND: &str =
    "select sha256, answer from server.request where organisation_id = $1 and idempotency_key = $2";

const END: &str = "update server.request set answer = $3 where organisation_id = $1 and idempotency_key = $2";

const FORGET: &str = "delete from server.request where made_at <= $1";

/// Forgets answers that are too old to be asked for again.
pub(crate) async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, store::Error> {
    tx.execute(FORGET, &[&At::after(now, -LASTS)]).await
}

/// The request's `Idempotency-Key`, if it has one.
#[derive(Debug)]
pub(in crate::http) struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    pub(in crate::http) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default();
        let is_key =
            (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
        if is_key {
            return Ok(Self(Some(text.to_owned())));
        }
        Err(Problem::invalid(format!("Idempotency-Key: 1 to {KEY_BYTES_MAX} visible characters of ASCII")))
    }
}

/// What is answered to a request that changed something.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Answer {
    status: u16,
    body: serde_json::Value,
    #[serde(skip)]
    is_again: bool,
}

impl Answer {
    pub(super) fn of(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_value(body).expect("what is answered is JSON");
        Self { status: status.as_u16(), body, is_again: false }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let json = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (status, json, self.body.to_string()).into_response();
        let headers = response.headers_mut();
        // A key's text may be in it.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.is_again {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// A request that is done once.
pub(super) struct Once<'a> {
    app: &'a App,
    manager: &'a Manager,
    key: IdempotencyKey,
    /// Of method, path and body: what makes it the same request.
    sha256: [u8; 32],
}

impl<'a> Once<'a> {
    pub(super) fn new(
        app: &'a App,
        manager: &'a Manager,
        key: IdempotencyKey,
        route: &str,
        body: &[u8],
    ) -> Self {
        let sha256 =
            Sha256::new().chain_update(route).chain_update(b"\0").chain_update(body).finalize().into();
        Self { app, manager, key, sha256 }
    }

    /// The answer that was given before, if the request was done; else it is to be done now, in this transaction. A request under another
    /// one's key is refused; one that was refused may be sent again, and is judged anew.
    pub(super) async fn before(&self, tx: &Transaction<'_>) -> Result<Option<Answer>, Problem> {
        let Some(key) = &self.key.0 else { return Ok(None) };
        let (organisation, at) = (self.manager.organisation_id(), At(self.manager.by.at));
        if tx.execute(BEGIN, &[&organisation, key, &self.sha256.as_slice(), &at]).await? == 1 {
            return Ok(None);
        }
        // It was done before, or a moment ago: the insert waited for it.
        let row = tx.query_one(FIND, &[&organisation, key]).await?;
        if row.get::<_, &[u8]>("sha256") != self.sha256 {
            let detail = "another request was sent under this Idempotency-Key within the last day";
            return Err(Problem::new(&types::IDEMPOTENCY_KEY_REUSED, detail));
        }
        let answer = opened(&self.app.seal, &self.place(key), row.get("answer"))?;
        Ok(Some(Answer { is_again: true, ..answer }))
    }

    /// It is done, and this is the answer, now and for as long as it is kept.
    pub(super) async fn done(&self, tx: &Transaction<'_>, answer: Answer) -> Result<Answer, Problem> {
        if let Some(key) = &self.key.0 {
            let text = serde_json::to_vec(&answer).expect("an answer is JSON");
            let sealed = self.app.seal.seal(&self.place(key), &text);
            tx.execute(END, &[&self.manager.organisation_id(), key, &sealed]).await?;
        }
        Ok(answer)
    }

    /// Where the answer is sealed for.
    fn place(&self, key: &str) -> String {
        format!("request/{}/{key}", self.manager.organisation_id())
    }
}

fn opened(seal: &Seal, place: &str, sealed: Option<&[u8]>) -> Result<Answer, Problem> {
    let opened = seal.open(place, sealed.unwrap_or_default()).map_err(|error| Problem::internal(&error))?;
    serde_json::from_slice(&opened).map_err(|error| Problem::internal(&error))
}

/// Whether the caller's `If-Match` names what is there now (RFC 9110 §13.1.1); without one it does not matter.
pub(in crate::http) fn check_match(headers: &HeaderMap, present: &impl Serialize) -> Result<(), Problem> {
    let Some(wanted) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let tag = etag(present);
    let is_named =
        wanted.to_str().is_ok_and(|it| it.trim() == "*" || it.split(',').any(|one| one.trim() == tag));
    if is_named {
        return Ok(());
    }
    let detail = "it was changed since you read it: read it again, and decide anew";
    Err(Problem::new(&types::CHANGED_MEANWHILE, detail))
}

/// The ETag of what is shown.
fn etag(shown: &impl Serialize) -> String {
    let text = serde_json::to_string(shown).expect("what is shown is JSON");
    let hash = Sha256::digest(text);
    let digits: String = hash.iter().take(8).map(|it| format!("{it:02x}")).collect();
    format!("\"{digits}\"")
}

/// One thing, with its ETag.
pub(in crate::http) fn shown(thing: &impl Serialize) -> Response {
    let text = serde_json::to_string(thing).expect("what is shown is JSON");
    let mut response = ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::from_str(&etag(thing)) {
        headers.insert(header::ETAG, tag);
    }
    response
}
