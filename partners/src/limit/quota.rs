//! How much of something there is: up to where nobody minds, and where it ends.

use crate::Error;

/// What an amount is at most: far beyond anything that is counted, and a whole number to every program that reads JSON.
const AMOUNT_MAX: u64 = 1_000_000_000_000_000;
/// Where nobody says, somebody is told at so many hundredths.
const SOFT_PERCENT: u64 = 80;

/// From `soft` on somebody is told, at `hard` it ends. None where there is no end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    soft: Option<u64>,
    hard: Option<u64>,
}

/// What is limited by amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuotaKind {
    /// Open at once, in all processes.
    Streams,
    /// In a month.
    StreamMinutes,
    /// In a month.
    Impressions,
}

/// How much was used compared with a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Below,
    /// The soft amount is reached.
    Soft,
    /// The hard amount is reached: no more.
    Hard,
}

/// What somebody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    Soft,
    Hard,
}

/// How an organisation stands in one respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaState {
    pub kind: QuotaKind,
    pub used: u64,
    pub soft: Option<u64>,
    pub hard: Option<u64>,
    pub state: State,
}

/// What an organisation has used since the month began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub stream_minutes: u64,
    pub impressions: u64,
}

impl Quota {
    pub const NONE: Quota = Quota { soft: None, hard: None };

    /// It ends at `hard`, and somebody is told at 80 % of that.
    pub const fn up_to(hard: u64) -> Quota {
        let hard = if hard > AMOUNT_MAX { AMOUNT_MAX } else { hard };
        Quota { soft: Some(hard / 100 * SOFT_PERCENT + hard % 100 * SOFT_PERCENT / 100), hard: Some(hard) }
    }

    pub fn new(soft: Option<u64>, hard: Option<u64>) -> Result<Quota, Error> {
        if let Some(found) = soft.max(hard).filter(|it| *it > AMOUNT_MAX) {
            return Err(Error::LimitOutOfRange { what: "a quota", min: 0, max: AMOUNT_MAX, found });
        }
        match (soft, hard) {
            (Some(soft), Some(hard)) if soft > hard => Err(Error::SoftAboveHard { soft, hard }),
            _ => Ok(Quota { soft, hard }),
        }
    }

    pub const fn soft(self) -> Option<u64> {
        self.soft
    }

    pub const fn hard(self) -> Option<u64> {
        self.hard
    }

    pub fn state(self, used: u64) -> State {
        let reached = |amount: Option<u64>| amount.is_some_and(|it| used >= it);
        match (reached(self.hard), reached(self.soft)) {
            (true, _) => State::Hard,
            (false, true) => State::Soft,
            (false, false) => State::Below,
        }
    }

    fn compared(self, kind: QuotaKind, used: u64) -> QuotaState {
        QuotaState { kind, used, soft: self.soft, hard: self.hard, state: self.state(used) }
    }
}

impl QuotaKind {
    pub const ALL: [QuotaKind; 3] = [QuotaKind::Streams, QuotaKind::StreamMinutes, QuotaKind::Impressions];

    pub const fn word(self) -> &'static str {
        match self {
            QuotaKind::Streams => "streams",
            QuotaKind::StreamMinutes => "stream_minutes",
            QuotaKind::Impressions => "impressions",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            QuotaKind::Streams => "streams at once",
            QuotaKind::StreamMinutes => "minutes of streams",
            QuotaKind::Impressions => "impressions",
        }
    }
}

impl Threshold {
    pub const fn word(self) -> &'static str {
        match self {
            Threshold::Soft => "soft",
            Threshold::Hard => "hard",
        }
    }
}

impl QuotaState {
    /// What somebody is to be told of, if he was not yet ([`super::cross`]).
    pub const fn threshold(&self) -> Option<Threshold> {
        match self.state {
            State::Below => None,
            State::Soft => Some(Threshold::Soft),
            State::Hard => Some(Threshold::Hard),
        }
    }
}

/// Compares a month's sums with an organisation's quotas.
pub fn judge(limits: &super::Limits, sums: Sums) -> [QuotaState; 2] {
    [
        limits.stream_minutes.compared(QuotaKind::StreamMinutes, sums.stream_minutes),
        limits.impressions.compared(QuotaKind::Impressions, sums.impressions),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Limits;

    #[test]
    fn a_quota_says_where_somebody_is_told_and_where_it_ends() {
        let check = |soft, hard, used, expected| {
            let quota = Quota::new(soft, hard).unwrap();
            assert_eq!(quota.state(used), expected, "{quota:?} {used}");
        };
        for (used, state) in
            [(0, State::Below), (79, State::Below), (80, State::Soft), (99, State::Soft), (100, State::Hard)]
        {
            check(Some(80), Some(100), used, state);
        }
        check(None, Some(100), 99, State::Below);
        check(Some(80), None, u64::MAX, State::Soft);
        check(None, None, u64::MAX, State::Below);
        check(Some(0), Some(0), 0, State::Hard);
        check(Some(100), Some(100), 100, State::Hard);
    }

    #[test]
    fn eighty_in_a_hundred_is_soft() {
        for (hard, soft) in [(0, 0), (1, 0), (99, 79), (100, 80), (101, 80), (12_345, 9_876)] {
            assert_eq!(Quota::up_to(hard), Quota::new(Some(soft), Some(hard)).unwrap());
        }
        assert_eq!(Quota::up_to(u64::MAX).hard(), Some(AMOUNT_MAX));
    }

    #[test]
    fn a_soft_amount_above_the_hard_one_and_absurd_amounts_are_refused() {
        let refused = |soft, hard| Quota::new(soft, hard).unwrap_err().to_string();
        assert_eq!(refused(Some(2), Some(1)), "somebody is to be told at 2, but it ends at 1 already");
        let said = "a quota is 0 to 1000000000000000, not 1000000000000001";
        assert_eq!(refused(None, Some(AMOUNT_MAX + 1)), said);
        assert_eq!(refused(Some(AMOUNT_MAX + 1), Some(1)), said);
    }

    #[test]
    fn a_months_sums_are_compared_each_with_its_quota() {
        let limits = Limits {
            stream_minutes: Quota::up_to(1_000),
            impressions: Quota::new(None, Some(10)).unwrap(),
            ..Limits::DEFAULT
        };
        let judged = judge(&limits, Sums { stream_minutes: 800, impressions: 10 });
        let expected = [
            (QuotaKind::StreamMinutes, 800, Some(800), Some(1_000), State::Soft),
            (QuotaKind::Impressions, 10, None, Some(10), State::Hard),
        ];
        assert_eq!(judged.map(|it| (it.kind, it.used, it.soft, it.hard, it.state)), expected);
        assert_eq!(judged.map(|it| it.threshold()), [Some(Threshold::Soft), Some(Threshold::Hard)]);
        let nothing = judge(&Limits::DEFAULT, Sums { stream_minutes: AMOUNT_MAX, impressions: AMOUNT_MAX });
        assert!(nothing.iter().all(|it| it.threshold().is_none()), "the defaults have no month's end");
    }
}
