//! Who manages: a program with a secret key.

use crate::app::App;
use crate::http::caller::{from_headers, refused};
use crate::http::dashboard::address;
use crate::http::limits::pass_exactly;
use crate::problem::{Problem, types};
use access::{Actor, ActorKind, By, Visitor};
use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use jiff::Timestamp;
use partners::{Mode, Need, PartnerKey, Role, Scope};

/// Holds a live secret key with the scope `manage`. In its organisation it may what an admin may.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    key: PartnerKey,
    pub(super) by: By,
}

impl Manager {
    /// Programs make and unmake no owners.
    pub(super) const ROLE: Role = Role::Admin;

    pub(super) fn organisation_id(&self) -> &str {
        self.key.organisation_id()
    }
}

impl FromRequestParts<App> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let key = live_key(parts, app, Scope::Manage).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let visitor = Visitor::new(address(parts), agent);
        let actor = Actor { kind: ActorKind::Key, id: key.key_id().to_owned(), name: key.name().to_owned() };
        Ok(Self { key, by: By { actor, visitor: Some(visitor), at: app.clock.now() } })
    }
}

/// Holds a live secret key with the scope `usage`.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    key: PartnerKey,
    now: Timestamp,
}

impl Reporter {
    pub(super) fn organisation_id(&self) -> &str {
        self.key.organisation_id()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }
}

impl FromRequestParts<App> for Reporter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self { key: live_key(parts, app, Scope::Usage).await?, now: app.clock.now() })
    }
}

/// The live secret key with a scope that a request came with, within its rate.
async fn live_key(parts: &Parts, app: &App, scope: Scope) -> Result<PartnerKey, Problem> {
    let checked = app.keys.check(from_headers(&parts.headers), None, Need::Scope(scope));
    let key = checked.map_err(|refusal| refused(app, parts, refusal))?;
    pass_exactly(app, &key, parts).await?;
    if key.mode() == Mode::Test {
        let detail = "a test key plays with the sandbox match; managing an organisation needs a live key";
        return Err(Problem::new(&types::LIVE_KEY_NEEDED, detail));
    }
    Ok(key)
}
