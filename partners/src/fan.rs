//! Fans: who is looking at a widget, as the partner's server says, or as a guest whom nobody vouches for.
//!
//! A partner's server signs its user's id with a [`Secret`], as a JWT or as an HMAC; [`Identities`] checks that in memory and makes a [`Fan`].
//! Where nobody is signed in, [`Guests`] make one. Other domains keep [`Fan::fan_id`], never the partner's user id.

mod guest;
mod identities;
mod jwt;
mod refusal;
pub mod secret;
mod signature;
#[cfg(test)]
mod tests;

pub use guest::Guests;
pub use identities::Identities;
pub use refusal::FanRefusal;
pub use secret::Secret;
pub use signature::SignedUser;

use crate::key::{Mode, base62};
use crate::ring::PartnerKey;
use jiff::Timestamp;
use ring::hmac;
use std::fmt;

/// How far a partner's clock may be from ours, in seconds.
const LEEWAY_SECONDS: i64 = 60;
/// The most seconds for which a fan is vouched for.
const LASTS_SECONDS_MAX: i64 = 24 * 60 * 60;
/// The most characters of a partner's user id.
const USER_ID_CHARS_MAX: usize = 128;
/// The most characters of a name.
const NAME_CHARS_MAX: usize = 60;

/// Who vouches for a fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FanKind {
    /// The partner's server.
    Signed,
    /// Nobody: the same page is there still, and that is all. Nothing of value is given to a guest.
    Guest,
}

impl FanKind {
    pub const fn word(self) -> &'static str {
        match self {
            FanKind::Signed => "signed",
            FanKind::Guest => "guest",
        }
    }
}

/// The proof that a fan is who a partner says, or a guest; only [`Identities`] and [`Guests`] make one, and a [`crate::Ticket`] that was made for
/// one.
#[derive(Clone, PartialEq, Eq)]
pub struct Fan {
    organisation_id: String,
    mode: Mode,
    fan_id: String,
    name: Option<String>,
    kind: FanKind,
}

impl Fan {
    /// `org_…`
    pub fn organisation_id(&self) -> &str {
        &self.organisation_id
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// `fan_…`, the same for the same user of the same organisation in the same mode for ever; `guest_…` for a guest.
    pub fn fan_id(&self) -> &str {
        &self.fan_id
    }

    /// What the partner calls the user on pages, 1 to 60 characters.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn kind(&self) -> FanKind {
        self.kind
    }

    /// The fan that a ticket was made for, which says no name.
    pub(crate) fn of_ticket(partner: &PartnerKey, fan_id: &str) -> Fan {
        let kind = if fan_id.starts_with("guest_") { FanKind::Guest } else { FanKind::Signed };
        Fan {
            organisation_id: partner.organisation_id().to_owned(),
            mode: partner.mode(),
            fan_id: fan_id.to_owned(),
            name: None,
            kind,
        }
    }

    /// Whether the fan is of the key's organisation and mode.
    pub(crate) fn is_of(&self, partner: &PartnerKey) -> bool {
        (self.organisation_id.as_str(), self.mode) == (partner.organisation_id(), partner.mode())
    }
}

/// Without the name, which may be a person's.
impl fmt::Debug for Fan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fan")
            .field("fan_id", &self.fan_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The fan id of a partner's user id: as many bits as our other ids have. The salt is the organisation's and the mode's, so that the same user
/// id is another fan elsewhere, and whoever sees fan ids cannot try user ids until one fits.
fn fan_id(salt: &[u8], user_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let tag = hmac::sign(&key, user_id.as_bytes());
    let number = tag.as_ref().first_chunk().expect("SHA-256 has more than sixteen bytes");
    let digits: [u8; 22] = base62(u128::from_be_bytes(*number));
    format!("fan_{}", std::str::from_utf8(&digits).expect("base62 digits are ASCII"))
}

/// A user id as partners may sign it. It is compared byte for byte: what looks alike need not be the same user.
fn check_user_id(text: &str) -> Result<(), FanRefusal> {
    match text.chars().count() {
        1..=USER_ID_CHARS_MAX if !text.chars().any(char::is_control) => Ok(()),
        _ => Err(FanRefusal::Malformed {
            what: "a user id has 1 to 128 characters, none of them a control character",
        }),
    }
}

/// What is signed holds for a day at most: from when it was issued, where it says so, or else from now on.
fn check_times(expires: i64, issued: Option<i64>, now: Timestamp) -> Result<(), FanRefusal> {
    let now = now.as_second();
    let lasts_until = match issued {
        Some(issued) => issued.saturating_add(LASTS_SECONDS_MAX),
        None => now.saturating_add(LASTS_SECONDS_MAX + LEEWAY_SECONDS),
    };
    if expires > lasts_until {
        return Err(FanRefusal::TooLongLived);
    }
    if issued.is_some_and(|issued| is_to_come(issued, now)) {
        return Err(FanRefusal::NotYet);
    }
    if now >= expires {
        return Err(FanRefusal::Expired);
    }
    Ok(())
}

/// Whether a moment is later than a clock that differs from ours would explain.
const fn is_to_come(at: i64, now: i64) -> bool {
    at > now.saturating_add(LEEWAY_SECONDS)
}
