//! Who calls: the proof that a request came with a key that opens the route.

use crate::app::App;
use crate::feed::list::Shown;
use crate::problem::{Problem, types};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use partners::{KeyRefusal, Mode, Need, PartnerKey, Scope, TicketRefusal, Tickets};
use std::sync::Arc;

/// May read matches and open streams. Where the configuration asks for no key, anyone may.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    key: Option<PartnerKey>,
    /// The one match that its ticket is for.
    only: Option<Box<str>>,
    is_ticket: bool,
}

/// Why somebody may read nothing.
#[derive(Debug)]
pub(super) enum ReaderRefusal {
    Key(KeyRefusal),
    Ticket(TicketRefusal),
}

impl ReaderRefusal {
    fn code(&self) -> &'static str {
        match self {
            ReaderRefusal::Key(refusal) => refusal.code(),
            ReaderRefusal::Ticket(refusal) => refusal.code(),
        }
    }
}

impl From<ReaderRefusal> for Problem {
    fn from(refusal: ReaderRefusal) -> Self {
        match refusal {
            ReaderRefusal::Key(refusal) | ReaderRefusal::Ticket(TicketRefusal::Key(refusal)) => {
                refusal.into()
            }
            ReaderRefusal::Ticket(refusal) => Problem::new(&types::TICKET_REFUSED, refusal.to_string()),
        }
    }
}

impl Reader {
    /// Whether a match may be seen: test keys see the sandbox match alone, and tickets may be for one match.
    pub(super) fn may_see(&self, match_id: &str, sandbox: bool) -> bool {
        self.only.as_deref().is_none_or(|it| it == match_id) && (sandbox || self.is_live())
    }

    fn is_live(&self) -> bool {
        self.key.as_ref().is_none_or(|key| key.mode() == Mode::Live)
    }

    /// The proof of its key.
    pub(super) fn partner(&self) -> Option<&PartnerKey> {
        // Who came with a ticket has no key, and makes no further ones.
        self.key.as_ref().filter(|_| !self.is_ticket)
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

    /// Which matches a list shows; none to who may see one match alone.
    pub(super) fn sees(&self) -> Result<Shown, Problem> {
        match (&self.only, self.is_live()) {
            (Some(_), _) => {
                Err(Problem::new(&types::TICKET_REFUSED, "this ticket is for one match, and for no list"))
            }
            (None, true) => Ok(Shown::Everything),
            (None, false) => Ok(Shown::SandboxOnly),
        }
    }
}

impl Reader {
    /// By the key, or the ticket, that a request came with.
    pub(super) fn of(parts: &Parts, app: &App) -> Result<Self, ReaderRefusal> {
        let origin = parts.headers.get(header::ORIGIN).and_then(|it| it.to_str().ok());
        let key = match (from_headers(&parts.headers), from_query(parts.uri.query())) {
            (Some(text), _) => Some((text, Need::Read)),
            (None, Some(text)) => Some((text, Need::Publishable)),
            (None, None) => None,
        };
        if key.is_none() && !app.config.keys.required {
            return Ok(Self { key: None, only: None, is_ticket: false });
        }
        let (text, need) = key.unzip();
        if let Some(ticket) = text.filter(|it| it.starts_with(Tickets::PREFIX)) {
            let ticket =
                app.tickets.check(&app.keys, ticket, app.clock.now()).map_err(ReaderRefusal::Ticket)?;
            let only = ticket.match_id().map(Into::into);
            return Ok(Self { key: Some(ticket.partner().clone()), only, is_ticket: true });
        }
        let key = app.keys.check(text, origin, need.unwrap_or(Need::Read)).map_err(ReaderRefusal::Key)?;
        Ok(Self { key: Some(key), only: None, is_ticket: false })
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(parts, app).map_err(|refusal| {
            metrics::counter!("key_refusals_total", "code" => refusal.code()).increment(1);
            refusal.into()
        })
    }
}

/// Counts a refusal, and says it.
pub(super) fn refused(refusal: KeyRefusal) -> Problem {
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
pub(super) fn from_headers(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()?.split_once(' '));
    let bearer = authorization.filter(|it| it.0.eq_ignore_ascii_case("bearer")).map(|it| it.1);
    bearer.or_else(|| headers.get("x-crease-key")?.to_str().ok()).map(str::trim)
}

/// `?key=`; keys are letters, digits and underscores, so nothing in them is escaped.
fn from_query(query: Option<&str>) -> Option<&str> {
    query?.split('&').find_map(|pair| pair.strip_prefix("key="))
}
