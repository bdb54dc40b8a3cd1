//! A decision that was kept, made again for an audit, as far as what is kept of it allows.

use crate::cell::Cell;
use crate::decide::{Evidence, NEAR_MAX, Source, Verdict, Whereabouts, judge, weigh, without};
use crate::fence::{Fence, Version};
use crate::reason::Reason;
use jiff::Timestamp;

/// What is kept of a decision: no position.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub version: Version,
    pub verdict: Verdict,
    /// Their codes.
    pub reasons: Vec<String>,
    pub evidence: Evidence,
    pub at: Timestamp,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The same rules say the same.
    Same,
    /// They say otherwise: what is kept is not what happened, or the program was another.
    Other(Verdict),
    /// It depended on more than is kept: on which side of a line within ten kilometres.
    CannotTell,
    /// These are other rules.
    OtherRules,
}

/// Decides once more.
pub fn replay(fence: &Fence, kept: &Kept) -> Replay {
    if *fence.version() != kept.version {
        return Replay::OtherRules;
    }
    let evidence = &kept.evidence;
    let again = match evidence.source {
        _ if !fence.is_open(kept.at) => Verdict::Denied,
        Source::Nothing => without(fence),
        source => {
            let circle = evidence.cell.map(|it| (it.middle(), Cell::RADIUS_M));
            let known = Whereabouts { near: evidence.near.clone(), circle };
            let is_doubted = kept.reasons.iter().any(|it| Reason::DOUBTS.contains(&it.as_str()));
            let is_proxy = kept.reasons.iter().any(|it| it == Reason::Proxy.code());
            weigh(judge(fence, &known), source, is_proxy, is_doubted)
        }
    };
    let is_unsure = again == Verdict::Unsure || kept.verdict == Verdict::Unsure;
    match again {
        _ if again == kept.verdict => Replay::Same,
        // A cell may lie on both sides of a line, and somebody's circle was of another size.
        _ if is_unsure && fence.has_lines() => Replay::CannotTell,
        _ if evidence.near.len() >= NEAR_MAX => Replay::CannotTell,
        other => Replay::Other(other),
    }
}
