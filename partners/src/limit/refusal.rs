//! Why a request with a good key is not served now.

use super::{QuotaKind, Verdict};

/// Something is used up. The key is good, which is why this is no [`crate::KeyRefusal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitRefusal {
    #[error(
        "too many requests: {} a minute, {} at once; try again in {:.1} s",
        verdict.limit.per_minute(), verdict.limit.burst(), verdict.retry_after.as_secs_f64()
    )]
    RateLimited { verdict: Verdict },
    #[error("this key may have {max} streams open at once, and has")]
    StreamsFullForKey { max: u64 },
    #[error("this key's organisation may have {max} streams open at once, and has")]
    StreamsFullForOrganisation { max: u64 },
    #[error("this key's organisation has used up this month's {}, {hard}", kind.words())]
    QuotaExceeded { kind: QuotaKind, hard: u64 },
}

impl LimitRefusal {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            LimitRefusal::RateLimited { .. } => "rate_limited",
            LimitRefusal::StreamsFullForKey { .. } => "streams_full_for_key",
            LimitRefusal::StreamsFullForOrganisation { .. } => "streams_full_for_organisation",
            LimitRefusal::QuotaExceeded { .. } => "quota_exceeded",
        }
    }
}
