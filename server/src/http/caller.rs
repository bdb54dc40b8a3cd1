//! Who calls: the proof that a request came with a key that opens the route.

use super::limits::{self, pass, turn_away};
use crate::app::App;
use crate::feed::list::Shown;
use crate::problem::{Problem, types};
use crate::stream::{Full, Partner, Topic};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::Response;
use partners::limit::QuotaKind;
use partners::usage::Tried;
use partners::{Key, KeyRefusal, Kind, Mode, Need, PartnerKey, Scope, Ticket, TicketRefusal, Tickets};

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

    pub(super) fn is_live(&self) -> bool {
        self.key.as_ref().is_none_or(|key| key.mode() == Mode::Live)
    }

    /// On whose page it reads: "org_…".
    pub(super) fn organisation_id(&self) -> Option<&str> {
        self.key.as_ref().map(PartnerKey::organisation_id)
    }

    /// The proof of its key.
    pub(super) fn partner(&self) -> Option<&PartnerKey> {
        // Who came with a ticket has no key, and makes no further ones.
        self.key.as_ref().filter(|_| !self.is_ticket)
    }

    /// What a stream of a match is opened and counted with.
    pub(super) fn for_stream(&self, app: &App, topic: &Topic, country: Option<[u8; 2]>) -> Option<Partner> {
        let key = self.key.clone()?;
        Some(Partner {
            gate: app.metering.plans.streams_of(&key),
            elsewhere: app.census.elsewhere(&key),
            line: app.metering.counters.line(&key, topic.id()),
            country,
            key,
        })
    }

    /// Refuses what its organisation has used up this month.
    pub(super) fn has_left(&self, app: &App, kind: QuotaKind, topic: &Topic) -> Result<(), Problem> {
        limits::has_left(app, self.key.as_ref(), kind, topic.id())
    }

    /// Whether its organisation may open streams this month; nothing is counted.
    pub(super) fn can_open(&self, app: &App) -> bool {
        self.key.as_ref().is_none_or(|key| app.metering.standing.check(key, QuotaKind::StreamMinutes).is_ok())
    }

    /// Counts that there was no place for its stream, and says it.
    pub(super) fn without_seat(&self, app: &App, match_id: &str, full: Full) -> Problem {
        let code = match &full {
            Full::Limit(refusal) => Some(refusal.code()),
            Full::Key { .. } => Some("streams_full_for_key"),
            Full::Revoked => Some(KeyRefusal::Revoked.code()),
            Full::Process { .. } | Full::Address { .. } | Full::ShuttingDown => None,
        };
        if let (Some(code), Some(key)) = (code, &self.key) {
            app.metering.counters.refusal(code, Some(key.into()), Tried::of_match(match_id));
        }
        full.into()
    }

    /// Counts a frame or a snapshot of a match, which `answer` is. Who is told that it has not changed sees no other.
    pub(super) fn saw(&self, app: &App, topic: &Topic, answer: &Response) {
        if let Some(key) = &self.key
            && answer.status() != StatusCode::NOT_MODIFIED
        {
            app.metering.counters.impression(key, topic.id());
        }
    }

    /// Counts where its key is used. Apps, frames and servers say no origin, and use it as well.
    pub(super) fn note_origin(&self, parts: &Parts, app: &App) {
        if let Some(key) = &self.key
            && key.kind() == Kind::Publishable
        {
            app.metering.counters.origin(key, origin(&parts.headers).unwrap_or_default());
        }
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
        let origin = origin(&parts.headers);
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
        let Opener { reader, .. } = Opener::from_request_parts(parts, app).await?;
        if let Some(key) = &reader.key {
            pass(app, key, parts)?;
        }
        Ok(reader)
    }
}

/// May open streams. Those are limited by how many are open, and not by how fast they come: when a process has gone, all the fans of a partner
/// come back together.
#[derive(Debug)]
pub(super) struct Opener {
    pub(super) reader: Reader,
    /// Where from, as far as it is known.
    pub(super) country: Option<[u8; 2]>,
}

impl FromRequestParts<App> for Opener {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let reader = Reader::of(parts, app).map_err(|refusal| {
            count(app, refusal.code(), parts);
            turn_away(app, parts, refusal.into())
        })?;
        reader.note_origin(parts, app);
        Ok(Self { reader, country: country(&parts.headers, app) })
    }
}

/// Holds a ticket that is good still, in a header. As where streams are opened, no rate is asked about: every frame of a crowd comes each few
/// minutes, and costs two signatures.
#[derive(Debug)]
pub(super) struct TicketHolder {
    pub(super) ticket: Ticket,
}

impl FromRequestParts<App> for TicketHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let text = from_headers(&parts.headers).unwrap_or_default();
        let checked = app.tickets.check(&app.keys, text, app.clock.now()).map_err(ReaderRefusal::Ticket);
        let ticket = checked.map_err(|refusal| {
            count(app, refusal.code(), parts);
            turn_away(app, parts, refusal.into())
        })?;
        Ok(Self { ticket })
    }
}

/// Counts a refusal: for the owner of the key, where there is one.
fn count(app: &App, code: &'static str, parts: &Parts) {
    metrics::counter!("key_refusals_total", "code" => code).increment(1);
    let text = from_headers(&parts.headers).or_else(|| from_query(parts.uri.query()));
    let known = text.and_then(|it| Key::parse(it).ok()).and_then(|it| app.keys.find(&it));
    let tried = match known {
        Some(_) => Tried { origin: origin(&parts.headers), match_id: match_of(parts, app) },
        None => Tried::default(),
    };
    app.metering.counters.refusal(code, known.as_deref().map(Into::into), tried);
}

/// The match that a request is about, where this process has it: what it says of others is a stranger's word.
pub(super) fn match_of<'a>(parts: &'a Parts, app: &App) -> Option<&'a str> {
    let path = parts.uri.path();
    let rest = path.strip_prefix("/v1/matches/").or_else(|| path.strip_prefix("/v1/embed/"))?;
    let id = rest.split('/').next()?;
    app.hub.topic_here(id).map(|_| id)
}

/// Counts that a secret key was refused, and says it.
pub(super) fn refused(app: &App, parts: &Parts, refusal: KeyRefusal) -> Problem {
    count(app, refusal.code(), parts);
    turn_away(app, parts, refusal.into())
}

/// Holds a secret key that may feed.
#[derive(Clone, Debug)]
pub(super) struct Feeder {
    pub(super) key: PartnerKey,
}

impl FromRequestParts<App> for Feeder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let checked = app.keys.check(from_headers(&parts.headers), None, Need::Scope(Scope::Feed));
        let key = checked.map_err(|refusal| refused(app, parts, refusal))?;
        if key.mode() == Mode::Test {
            let detail = "a test key plays with the sandbox match, which its simulator alone writes; feeding needs a live key";
            return Err(Problem::new(&types::LIVE_KEY_NEEDED, detail));
        }
        // No ball is turned away for coming too fast: what a feed can do is bounded by its batches, its matches and its connections.
        Ok(Self { key })
    }
}

/// Where the page is from, as its browser says.
pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    // What is not ASCII is no origin of a browser, and none that a key is good on.
    headers.get(header::ORIGIN).map(|it| it.to_str().unwrap_or("null"))
}

/// Where a proxy says that a request comes from: two letters of ISO 3166-1.
pub(super) fn country(headers: &HeaderMap, app: &App) -> Option<[u8; 2]> {
    let name = &app.config.http.country_header;
    if name.is_empty() {
        return None;
    }
    headers.get(name)?.as_bytes().try_into().ok()
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
