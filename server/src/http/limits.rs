//! What a key's requests are judged by: its rate, its organisation's month. Every answer to a key says how it stands.

use super::caller::{match_of, origin};
use super::dashboard::address;
use crate::app::App;
use crate::problem::{Problem, types};
use crate::stream::Bus;
use access::Visitor;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use partners::PartnerKey;
use partners::limit::{QuotaKind, Verdict};
use partners::usage::Tried;
use std::sync::{Arc, OnceLock};

pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What the requests of keys, and those of networks that show none that is good, are called in the headers.
const OF_KEY: &str = "key";
const OF_NETWORK: &str = "network";

/// How a request was judged, on its way from the handler's arguments to the layer that writes it into the answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    verdict: Arc<OnceLock<(&'static str, Verdict)>>,
}

impl Judged {
    fn note(parts: &Parts, policy: &'static str, verdict: Verdict) {
        if let Some(judged) = parts.extensions.get::<Self>() {
            // The first counts: nothing is judged twice.
            let _known = judged.verdict.set((policy, verdict));
        }
    }

    /// Says how the caller stands, where it was judged (draft-ietf-httpapi-ratelimit-headers-11).
    pub(super) fn say(&self, headers: &mut HeaderMap) {
        let Some((policy, verdict)) = self.verdict.get() else { return };
        let fields = verdict.fields(policy);
        let said = [
            (RATE_LIMIT_POLICY, Some(fields.policy)),
            (RATE_LIMIT, Some(fields.limit)),
            (header::RETRY_AFTER, fields.retry_after),
        ];
        for (name, value) in said {
            if let Some(value) = value.and_then(|it| HeaderValue::try_from(it).ok()) {
                headers.insert(name, value);
            }
        }
    }
}

/// Lets a request of a key pass, as this process counts: the way of fans, on which nothing is waited for.
pub(super) fn pass(app: &App, key: &PartnerKey, parts: &Parts) -> Result<(), Problem> {
    let verdict = app.metering.limiter.check(key, 1);
    Judged::note(parts, OF_KEY, verdict);
    verdict.judged().map(drop).map_err(|refusal| {
        note_refusal(app, key, refusal.code(), parts);
        refusal.into()
    })
}

/// Counts that a key that is good was refused something.
fn note_refusal(app: &App, key: &PartnerKey, code: &'static str, parts: &Parts) {
    let tried = Tried { origin: origin(&parts.headers), match_id: match_of(parts, app) };
    app.metering.counters.refusal(code, Some(key.into()), tried);
}

/// The same, as all processes count together.
pub(super) async fn pass_exactly(app: &App, key: &PartnerKey, parts: &Parts) -> Result<(), Problem> {
    let session = app.bus.as_ref().and_then(Bus::session);
    let verdict = app.metering.limiter.check_exact(session.as_ref(), key, 1).await;
    Judged::note(parts, OF_KEY, verdict);
    verdict.judged().map(drop).map_err(|refusal| {
        note_refusal(app, key, refusal.code(), parts);
        refusal.into()
    })
}

/// What a request gets that showed no good key: the refusal, or that its network has tried too often.
pub(super) fn turn_away(app: &App, parts: &Parts, refusal: Problem) -> Problem {
    let Some(strangers) = &app.metering.strangers else { return refusal };
    let verdict = strangers.check(&Visitor::new(address(parts), ""), 1);
    if verdict.allowed {
        return refusal;
    }
    Judged::note(parts, OF_NETWORK, verdict);
    Problem::new(&types::RATE_LIMITED, "too many requests without a good key from this network")
}

/// Refuses what a key's organisation has used up this month.
pub(super) fn has_left(
    app: &App,
    key: Option<&PartnerKey>,
    kind: QuotaKind,
    match_id: &str,
) -> Result<(), Problem> {
    let Some(key) = key else { return Ok(()) };
    app.metering.standing.check(key, kind).map_err(|refusal| {
        app.metering.counters.refusal(refusal.code(), Some(key.into()), Tried::of_match(match_id));
        refusal.into()
    })
}
