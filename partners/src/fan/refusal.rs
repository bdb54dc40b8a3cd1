//! Why nobody is taken for a fan.

use crate::key::Mode;

/// Why what was brought proves no fan. It never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FanRefusal {
    #[error(
        "this is done for a fan: send who it is as `Crease-Fan`, what your server signed or a guest's token"
    )]
    Missing,
    #[error("an identity has at most {max} bytes, this one has {found}")]
    TooLong { found: usize, max: usize },
    #[error("this identity cannot be read: {what}")]
    Malformed { what: &'static str },
    #[error("a JWT is signed with HS256 here, and with nothing else")]
    WrongAlgorithm,
    #[error("the organisation has no good signing secret in {} mode; make one", .mode.word())]
    NoSecret { mode: Mode },
    #[error("the `kid` names no signing secret of this organisation; leave it out, or use the secret's id")]
    UnknownSecret,
    #[error("this was signed with a secret that was revoked or rotated away; sign with the present one")]
    SecretOver,
    #[error("this was not signed with the organisation's secret, or was changed since")]
    WrongSignature,
    #[error("this was made for {} mode, and the key is of the other one", .of.word())]
    WrongMode { of: Mode },
    #[error("this has expired; sign the user's id again")]
    Expired,
    #[error(
        "`iat` or `nbf` is more than a minute ahead; are they in seconds, and is the signing server's clock right?"
    )]
    NotYet,
    #[error("this is good for more than 24 hours; is `exp` (or `expires`) in seconds since 1970?")]
    TooLongLived,
    #[error("the `aud` has to be, or to have among others, \"crease\"")]
    WrongAudience,
    #[error("this guest is of another organisation than the key")]
    OtherOrganisation,
    #[error("guests are for pages, which have a publishable key (crs_pk_…)")]
    NotPublishable,
}

impl FanRefusal {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            FanRefusal::Missing => "fan_missing",
            FanRefusal::TooLong { .. } => "fan_too_long",
            FanRefusal::Malformed { .. } => "fan_malformed",
            FanRefusal::WrongAlgorithm => "fan_wrong_algorithm",
            FanRefusal::NoSecret { .. } => "fan_no_secret",
            FanRefusal::UnknownSecret => "fan_unknown_secret",
            FanRefusal::SecretOver => "fan_secret_over",
            FanRefusal::WrongSignature => "fan_wrong_signature",
            FanRefusal::WrongMode { .. } => "fan_wrong_mode",
            FanRefusal::Expired => "fan_expired",
            FanRefusal::NotYet => "fan_not_yet",
            FanRefusal::TooLongLived => "fan_too_long_lived",
            FanRefusal::WrongAudience => "fan_wrong_audience",
            FanRefusal::OtherOrganisation => "fan_other_organisation",
            FanRefusal::NotPublishable => "fan_not_publishable",
        }
    }
}
