//! What a fence says of somebody, as the API says it: in an answer, and in the problem of who is not let in.

use access::place::{Decision, Fix, Reason, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

/// What a fence says of somebody.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlaceVerdict)]
pub struct Said {
    /// "fen_…"
    pub fence: String,
    /// Of the fence: it counts from 1.
    pub version: u32,
    /// allowed, denied, unsure
    pub verdict: &'static str,
    /// The weightiest first; none of who is let in.
    pub reasons: Vec<Why>,
    /// What would help; null where nothing does.
    pub fix: Option<Help>,
}

/// Why somebody is not let in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlaceReason)]
pub struct Why {
    /// closed, not_here, denied_here, position_needed, address_unknown, part_unknown, near_border, coarse, at_sea, proxy, mismatch, jumped,
    /// zone_elsewhere, declared_elsewhere
    pub code: &'static str,
    /// In words for the fan.
    pub text: String,
}

/// What would help.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlaceFix)]
pub struct Help {
    /// share_position, precise_position, move_on, turn_vpn_off, set_zone, come_back, wait
    pub code: &'static str,
    /// In words for the fan.
    pub text: String,
    /// Of come_back: when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl Said {
    pub fn of(fence: &str, version: u32, decision: &Decision) -> Self {
        let why = |it: &Reason| Why { code: it.code(), text: it.to_string() };
        Self {
            fence: fence.to_owned(),
            version,
            verdict: decision.verdict.word(),
            reasons: decision.reasons.iter().map(why).collect(),
            fix: decision.fix().as_ref().filter(|_| decision.verdict != Verdict::Allowed).map(Help::of),
        }
    }
}

impl Help {
    fn of(fix: &Fix) -> Self {
        let at = match fix {
            Fix::ComeBack { at } => Some(at.at.to_string()),
            _ => None,
        };
        Self { code: fix.code(), text: fix.to_string(), at }
    }
}
