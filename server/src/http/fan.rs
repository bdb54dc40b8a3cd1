//! For whom a request acts: the proof that it came with a fan's identity, beside a key that may read.
//!
//! Who a fan is stands in a header of its own, in one of three forms: a JWT or an HMAC of the partner's server, or a guest's token. There is no
//! cookie, and nothing of it stands in an address.

use super::caller::{ReaderRefusal, from_headers, origin, refused as key_refused};
use super::limits::{pass, turn_away};
use crate::app::App;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, request::Parts};
use partners::fan::SignedUser;
use partners::{Fan, FanRefusal, Guests, Need, PartnerKey, Tickets};
use std::borrow::Cow;

/// Where a request says for whom it acts.
pub(super) const CREASE_FAN: HeaderName = HeaderName::from_static("crease-fan");

/// The most bytes of an identity, in any form.
const IDENTITY_BYTES_MAX: usize = 2048;

/// Holds a key that may read, in a header; a publishable one on an origin of its own.
#[derive(Clone, Debug)]
pub(super) struct KeyHolder {
    pub(super) key: PartnerKey,
}

impl FromRequestParts<App> for KeyHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (text, origin) = (from_headers(&parts.headers), origin(&parts.headers));
        let key = app.keys.check(text, origin, Need::Read);
        let key = key.map_err(|refusal| key_refused(app, parts, refusal))?;
        pass(app, &key, parts)?;
        Ok(Self { key })
    }
}

/// Acts for a fan: with a key and the fan's identity, or with a ticket that was made for the fan.
#[derive(Clone, Debug)]
pub(super) struct ForFan {
    pub(super) fan: Fan,
}

impl FromRequestParts<App> for ForFan {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let PerhapsFan { fan, .. } = PerhapsFan::from_request_parts(parts, app).await?;
        fan.map(|fan| Self { fan }).ok_or_else(|| refused(FanRefusal::Missing))
    }
}

/// The same, or for nobody who is known.
#[derive(Clone, Debug)]
pub(super) struct PerhapsFan {
    key: PartnerKey,
    pub(super) fan: Option<Fan>,
}

impl PerhapsFan {
    /// On whose page: "org_…".
    pub(super) fn organisation_id(&self) -> &str {
        self.key.organisation_id()
    }
}

impl FromRequestParts<App> for PerhapsFan {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let ticket = from_headers(&parts.headers).filter(|it| it.starts_with(Tickets::PREFIX));
        match ticket {
            Some(text) => {
                let ticket = app.tickets.check(&app.keys, text, app.clock.now());
                let ticket = ticket.map_err(|it| turn_away(app, parts, ReaderRefusal::Ticket(it).into()))?;
                pass(app, ticket.partner(), parts)?;
                Ok(Self { key: ticket.partner().clone(), fan: ticket.fan() })
            }
            None => {
                let KeyHolder { key } = KeyHolder::from_request_parts(parts, app).await?;
                let fan = identified(&parts.headers, app, &key)?;
                Ok(Self { key, fan })
            }
        }
    }
}

/// The fan whom a request names, if it names one.
pub(super) fn identified(
    headers: &HeaderMap,
    app: &App,
    partner: &PartnerKey,
) -> Result<Option<Fan>, Problem> {
    let fan = identity(headers).and_then(|text| text.map(|text| believed(text, app, partner)).transpose());
    fan.map_err(refused)
}

/// Counts a refusal, and says it.
pub(super) fn refused(refusal: FanRefusal) -> Problem {
    metrics::counter!("fan_refusals_total", "code" => refusal.code()).increment(1);
    refusal.into()
}

/// What a request says of its fan, in whatever form.
pub(super) fn identity(headers: &HeaderMap) -> Result<Option<&str>, FanRefusal> {
    let mut values = headers.get_all(CREASE_FAN).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(FanRefusal::Malformed { what: "`Crease-Fan` is there twice" });
    }
    if value.len() > IDENTITY_BYTES_MAX {
        return Err(FanRefusal::TooLong { found: value.len(), max: IDENTITY_BYTES_MAX });
    }
    let text = value.to_str().map_err(|_| FanRefusal::Malformed { what: "`Crease-Fan` is ASCII" })?;
    Ok(Some(text))
}

fn believed(text: &str, app: &App, partner: &PartnerKey) -> Result<Fan, FanRefusal> {
    let now = app.clock.now();
    if text.starts_with(Guests::PREFIX) {
        return app.guests.check(partner, text, now);
    }
    // Neither a JWT nor a guest's token has one in it.
    if text.contains('&') {
        let plain = Plain::parse(text).ok_or(FanRefusal::Malformed {
            what: "without a JWT it is user=…&expires=…&signature=…, each of them once, encoded as in a form",
        })?;
        return app.identities.check_signed(partner, &plain.user(), now);
    }
    app.identities.check_jwt(partner, text, now)
}

/// An HMAC with what it signs, as it travels in a header: user ids are of any script, headers are not.
struct Plain<'a> {
    user_id: Cow<'a, str>,
    expires: i64,
    signature: Cow<'a, str>,
}

impl<'a> Plain<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mut user_id, mut expires, mut signature) = (None, None, None);
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let place = match &*name {
                "user" => &mut user_id,
                "expires" => &mut expires,
                "signature" => &mut signature,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        Some(Self { user_id: user_id?, expires: expires?.parse().ok()?, signature: signature? })
    }

    fn user(&self) -> SignedUser<'_> {
        SignedUser { user_id: &self.user_id, expires: self.expires, signature: &self.signature }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_plain_identity_has_its_three_fields_once_and_no_others() {
        let check = |text: &str, expected: Option<(&str, i64, &str)>| {
            let plain = Plain::parse(text);
            let found = plain.as_ref().map(|it| (&*it.user_id, it.expires, &*it.signature));
            assert_eq!(found, expected, "{text}");
        };
        check("user=7&expires=18&signature=ab", Some(("7", 18, "ab")));
        check("signature=ab&expires=-1&user=%E0%A4%86+%26%3D", Some(("आ &=", -1, "ab")));
        check("user=&expires=0&signature=", Some(("", 0, "")));
        for text in [
            "user=7&expires=18",
            "user=7&user=8&expires=18&signature=ab",
            "user=7&expires=18&signature=ab&name=Asha",
            "user=7&expires=soon&signature=ab",
            "user=7&expires=18.0&signature=ab",
            "user=7&expires=99999999999999999999&signature=ab",
            "&",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn an_identity_is_one_short_ascii_header() {
        let check = |values: &[&[u8]], expected: Result<Option<&str>, &str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CREASE_FAN, HeaderValue::from_bytes(value).unwrap());
            }
            assert_eq!(identity(&headers).map_err(|it| it.code()), expected);
        };
        check(&[], Ok(None));
        check(&[b"a.b.c"], Ok(Some("a.b.c")));
        check(&[b"a.b.c", b"a.b.c"], Err("fan_malformed"));
        check(&["é".as_bytes()], Err("fan_malformed"));
        check(&[&[b'a'; 2049]], Err("fan_too_long"));
    }
}
