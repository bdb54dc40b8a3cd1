//! Who calls: the proof that a request came with a key that opens the route.

use crate::app::App;
use crate::feed::list::Shown;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use partners::{KeyRefusal, Mode, Need, PartnerKey, Scope};
use std::sync::Arc;

/// May read matches and open streams. Where the configuration asks for no key, anyone may.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    key: Option<PartnerKey>,
}

impl Reader {
    /// Whether a match may be seen: test keys see the sandbox match alone.
    pub(super) fn may_see(&self, sandbox: bool) -> bool {
        sandbox || self.key.as_ref().is_none_or(|key| key.mode() == Mode::Live)
    }

    /// The id of its key.
    pub(super) fn key_id(&self) -> Option<Arc<str>> {
        self.key.as_ref().map(|it| it.key_id().into())
    }

    /// The origins that a publishable key is bound to, as a content security policy takes them.
    pub(super) fn origins(&self) -> Vec<String> {
        let origins = self.key.iter().flat_map(PartnerKey::origins);
        origins.map(ToString::to_string).collect()
    }

    /// Which matches a list shows.
    pub(super) fn sees(&self) -> Shown {
        if self.may_see(false) { Shown::Everything } else { Shown::SandboxOnly }
    }
}

impl Reader {
    /// By the key that a request came with.
    pub(super) fn of(parts: &Parts, app: &App) -> Result<Self, KeyRefusal> {
        let origin = parts.headers.get(header::ORIGIN).and_then(|it| it.to_str().ok());
        let key = match (from_headers(&parts.headers), from_query(parts.uri.query())) {
            (Some(text), _) => Some((text, Need::Read)),
            (None, Some(text)) => Some((text, Need::Publishable)),
            (None, None) => None,
        };
        if key.is_none() && !app.config.keys.required {
            return Ok(Self { key: None });
        }
        let (text, need) = key.unzip();
        let key = app.keys.check(text, origin, need.unwrap_or(Need::Read))?;
        Ok(Self { key: Some(key) })
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(parts, app).map_err(refused)
    }
}

/// Counts a refusal, and says it.
fn refused(refusal: KeyRefusal) -> Problem {
    metrics::counter!("key_refusals_total", "code" => refusal.code()).increment(1);
    refusal.into()
}

/// Holds a secret key that may feed.
#[derive(Clone, Debug)]
pub(super) struct Feeder {
    pub(super) key: PartnerKey,
}

impl FromRequestParts<App> for Feeder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let key = app.keys.check(from_headers(&parts.headers), None, Need::Scope(Scope::Feed));
        key.map(|key| Self { key }).map_err(refused)
    }
}

/// `Authorization: Bearer …` (the scheme in any case, RFC 9110 §11.1), or `X-Crease-Key`.
fn from_headers(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()?.split_once(' '));
    let bearer = authorization.filter(|it| it.0.eq_ignore_ascii_case("bearer")).map(|it| it.1);
    bearer.or_else(|| headers.get("x-crease-key")?.to_str().ok()).map(str::trim)
}

/// `?key=`; keys are letters, digits and underscores, so nothing in them is escaped.
fn from_query(query: Option<&str>) -> Option<&str> {
    query?.split('&').find_map(|pair| pair.strip_prefix("key="))
}
