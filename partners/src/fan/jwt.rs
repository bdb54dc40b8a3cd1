//! The JWT (RFC 7519) in which a partner's server signs its user's id. Only as much of the standard as that needs, so that there is no choice of
//! algorithm to get wrong: HS256 of a compact JWS (RFC 7515 §7.1).

use super::{FanRefusal, NAME_CHARS_MAX, check_times, check_user_id, is_to_come};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The most bytes of a token.
const TOKEN_BYTES_MAX: usize = 2048;
/// Whom a token has to be for.
const AUDIENCE: &str = "crease";

/// A token whose form is right; nothing of it is to be believed yet.
pub(super) struct Unverified<'a> {
    /// Header and claims, as they were signed.
    signed: &'a str,
    claims: &'a str,
    tag: Vec<u8>,
    /// The id of the secret.
    pub(super) kid: Option<String>,
}

/// Whom a token vouches for.
pub(super) struct User {
    pub(super) user_id: String,
    pub(super) name: Option<String>,
}

/// What else stands in a header (`jwk`, `jku`, `x5u`: keys that a forger brings along) is not looked at, as RFC 7515 §4 allows.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    /// What has to be understood; nothing is.
    crit: Option<IgnoredAny>,
}

/// A claim that is there twice is refused (RFC 7519 §4). `iss` may say what it likes: the secret says who issued it.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Option<Audience>,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Takes a token apart.
pub(super) fn read(token: &str) -> Result<Unverified<'_>, FanRefusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(FanRefusal::TooLong { found: token.len(), max: TOKEN_BYTES_MAX });
    }
    let parts = token.rsplit_once('.').and_then(|(signed, tag)| Some((signed, signed.split_once('.')?, tag)));
    let Some((signed, (header, claims), tag)) = parts.filter(|(_, (_, claims), _)| !claims.contains('.'))
    else {
        return Err(FanRefusal::Malformed { what: "a JWT has three parts with full stops between them" });
    };
    let header: Header = object(header).ok_or(FanRefusal::Malformed { what: "its header is not a JWT's" })?;
    if header.alg != "HS256" {
        return Err(FanRefusal::WrongAlgorithm);
    }
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(FanRefusal::Malformed { what: "its `typ` is not JWT" });
    }
    if header.crit.is_some() {
        return Err(FanRefusal::Malformed { what: "its `crit` asks for what is not known here" });
    }
    let tag = decode(tag).ok_or(FanRefusal::Malformed { what: "its signature is not base64url" })?;
    Ok(Unverified { signed, claims, tag, kid: header.kid })
}

impl Unverified<'_> {
    /// In constant time.
    pub(super) fn is_signed_with(&self, key: &hmac::Key) -> bool {
        hmac::verify(key, self.signed.as_bytes(), &self.tag).is_ok()
    }

    /// What the token says, if it may say so now. Only for one whose signature is right.
    pub(super) fn user(&self, now: Timestamp) -> Result<User, FanRefusal> {
        let claims: Claims = object(self.claims).ok_or(FanRefusal::Malformed {
            what: "a claim is missing, there twice or of a wrong type: \
                `sub`, `aud` and `name` are texts, `exp`, `iat` and `nbf` whole seconds",
        })?;
        let is_for_us = match &claims.aud {
            None => false,
            Some(Audience::One(audience)) => audience == AUDIENCE,
            Some(Audience::Several(audiences)) => audiences.iter().any(|it| it == AUDIENCE),
        };
        if !is_for_us {
            return Err(FanRefusal::WrongAudience);
        }
        check_times(claims.exp, claims.iat, now)?;
        if claims.nbf.is_some_and(|at| is_to_come(at, now.as_second())) {
            return Err(FanRefusal::NotYet);
        }
        check_user_id(&claims.sub)?;
        Ok(User { user_id: claims.sub, name: claims.name.as_deref().map(name).transpose()?.flatten() })
    }
}

/// A name without the blanks around it; none when nothing is left.
fn name(text: &str) -> Result<Option<String>, FanRefusal> {
    let name = text.trim();
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(FanRefusal::Malformed {
            what: "a name has at most 60 characters, none of them a control character",
        });
    }
    Ok(Some(name).filter(|it| !it.is_empty()).map(str::to_owned))
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// A JSON object in base64url; an array of the same values, which serde would take as well, is none.
fn object<T: DeserializeOwned>(part: &str) -> Option<T> {
    let json = decode(part)?;
    let is_object = json.trim_ascii_start().starts_with(b"{");
    serde_json::from_slice(&json).ok().filter(|_| is_object)
}
