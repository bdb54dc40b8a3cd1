//! Scorers' sessions: a random token in a cookie, its SHA-256 in PostgreSQL.

use axum::http::{HeaderMap, HeaderValue, header};
use partners::{PartnerKey, key};
use sha2::{Digest, Sha256};
use store::{Client, Migrations, Step, Store};
use subtle::ConstantTimeEq;

/// The table of sessions, in the schema of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "server",
    steps: &[Step { name: "0001_scorer_session", sql: include_str!("migrations/0001_scorer_session.sql") }],
};

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[INSERT, FORGET, DELETE, FIND];

/// How long a sign-in lasts: a day's cricket, and the evening after it.
const SESSION_MS: i64 = 24 * 60 * 60 * 1000;
/// 43 characters of 62 are 256 bits.
const TOKEN_LENGTH: usize = 43;
const COOKIE: &str = "crease_scorer";

const INSERT: &str = "
insert into server.scorer_session (token_sha256, key_id, organisation_id, created_at_ms, expires_at_ms)
values ($1, $2, $3, $4, $5)";

const FORGET: &str = "delete from server.scorer_session where expires_at_ms <= $1";

/// Forgets those that are over.
pub(crate) async fn forget_over(tx: &store::Transaction<'_>, now_ms: i64) -> Result<u64, store::Error> {
    tx.execute(FORGET, &[&now_ms]).await
}

const DELETE: &str = "delete from server.scorer_session where token_sha256 = $1";

const FIND: &str = "
select key_id, organisation_id from server.scorer_session where token_sha256 = $1 and expires_at_ms > $2";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub organisation_id: String,
    /// What the key is called: "Scores feed".
    pub feed: String,
    /// What every form must send back.
    pub csrf: String,
    token: String,
}

/// Signs in with a key that was checked; answers with the cookie's token.
pub(super) async fn begin(store: &Store, now_ms: i64, key: &PartnerKey) -> Result<String, store::Error> {
    let token = store::ids::random_base62(TOKEN_LENGTH);
    let (hash, expires) = (sha256(&token), now_ms + SESSION_MS);
    store
        .run_tx("scorer.sign_in", async |tx| {
            tx.execute(FORGET, &[&now_ms]).await?;
            let params: store::Params<'_> =
                &[&hash.as_slice(), &key.key_id(), &key.organisation_id(), &now_ms, &expires];
            tx.execute(INSERT, params).await.map(drop)
        })
        .await?;
    Ok(token)
}

/// Who the request's cookie belongs to, as long as the session lasts and its key is not revoked.
pub(super) async fn find(
    store: &Store,
    now_ms: i64,
    headers: &HeaderMap,
) -> Result<Option<Session>, partners::Error> {
    let Some(token) = token(headers) else { return Ok(None) };
    let hash = sha256(token);
    store.read("scorer.session", async |client| lookup(client, &hash, now_ms, token).await).await
}

async fn lookup(
    client: &Client<'_>,
    hash: &[u8; 32],
    now_ms: i64,
    token: &str,
) -> Result<Option<Session>, partners::Error> {
    let Some(row) = client.query_opt(FIND, &[&hash.as_slice(), &now_ms]).await? else { return Ok(None) };
    let key_id: String = row.get("key_id");
    let key = key::find(client, &key_id).await?.filter(|it| it.revoked_at.is_none());
    Ok(key.map(|key| Session {
        organisation_id: row.get("organisation_id"),
        feed: key.name,
        csrf: csrf(token),
        token: token.to_owned(),
    }))
}

impl Session {
    /// Ends it everywhere.
    pub(super) async fn end(&self, store: &Store) -> Result<(), store::Error> {
        let hash = sha256(&self.token);
        store
            .run_tx("scorer.sign_out", async |tx| tx.execute(DELETE, &[&hash.as_slice()]).await.map(drop))
            .await
    }

    /// Whether a form's token is this session's.
    pub(super) fn sent(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }
}

/// The cookie that carries the token; without one, the cookie that takes it away. It never leaves our own pages, no
/// script reads it, and over TLS it goes nowhere else.
pub(super) fn cookie(token: Option<&str>, secure: bool) -> HeaderValue {
    let (value, age) = token.map_or(("", 0), |it| (it, SESSION_MS / 1000));
    let secure = if secure { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={value}; Path=/console/scorer; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).expect("a token is letters and digits")
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE)?;
    (value.len() == TOKEN_LENGTH && value.bytes().all(|it| it.is_ascii_alphanumeric())).then_some(value)
}

fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Bound to the session and of no use without its cookie; nothing more needs to be stored.
fn csrf(token: &str) -> String {
    let hash = Sha256::new().chain_update("scorer form\0").chain_update(token.as_bytes()).finalize();
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[test]
    fn the_token_is_found_among_other_cookies_and_nothing_else_is_taken_for_it() {
        let good = "a".repeat(TOKEN_LENGTH);
        for (cookies, expected) in [
            (format!("crease_scorer={good}"), Some(good.as_str())),
            (format!("theme=dark; crease_scorer={good}; a=b"), Some(&good)),
            (format!("not_crease_scorer={good}"), None),
            ("crease_scorer=short".to_owned(), None),
            (format!("crease_scorer={}'", &good[1..]), None),
            (String::new(), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookies.parse().unwrap());
            assert_eq!(token(&headers), expected, "{cookies}");
        }
    }

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(crate::role::MIGRATIONS).await;
        for sql in STATEMENTS
            .iter()
            .chain(super::super::fixtures::STATEMENTS)
            .chain(super::super::loaded::STATEMENTS)
            .chain(crate::http::dashboard::STATEMENTS)
            .chain(crate::http::manage::STATEMENTS)
        {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
