//! Which organisations have used up their month, in this process's memory.

use super::{LimitRefusal, Month, QuotaKind, QuotaState, State};
use crate::{Mode, PartnerKey};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use store::Clock;

/// The organisations over a hard quota. Whoever sums usage up says so here every now and then; a check reads it without a lock and costs some
/// 20 ns where nobody is. It is a local memory of what every process finds out by itself, since all read the same sums and the same limits.
///
/// Cloning is cheap and shares the table.
#[derive(Clone)]
pub struct Standing {
    over: Arc<ArcSwap<HashMap<String, Over>>>,
    clock: Clock,
}

/// Of one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Over {
    /// What is used up is so for that month: when the next begins it is there again, whether or not anybody has summed up.
    month: Month,
    kinds: Vec<(QuotaKind, u64)>,
}

impl Standing {
    /// Nobody is over anything yet; which month it is this clock says.
    pub fn new(clock: Clock) -> Standing {
        Standing { over: Arc::default(), clock }
    }

    /// Takes in how an organisation stands in a month; says whether that changes what [`Standing::check`] answers. An earlier month than the one
    /// that is known changes nothing.
    pub fn note(&self, organisation_id: &str, month: Month, states: &[QuotaState]) -> bool {
        let hard = states.iter().filter(|it| it.state == State::Hard);
        let kinds: Vec<_> = hard.map(|it| (it.kind, it.hard.unwrap_or(it.used))).collect();
        let known = self.over.load();
        let before = known.get(organisation_id);
        let is_known = match before {
            Some(before) => before.month > month || (before.month == month && before.kinds == kinds),
            None => kinds.is_empty(),
        };
        if is_known {
            return false;
        }
        let now = Over { month, kinds };
        self.over.rcu(|over| {
            let mut over = (**over).clone();
            match now.kinds.is_empty() {
                true => over.remove(organisation_id),
                false => over.insert(organisation_id.to_owned(), now.clone()),
            };
            over
        });
        true
    }

    /// Refuses what a key's organisation has used up: [`QuotaKind::StreamMinutes`] before a stream is opened, [`QuotaKind::Impressions`] before a
    /// frame or a snapshot is shown. Streams that are open stay open. A month is that of live keys: test keys use none of it up, and go on when it is.
    pub fn check(&self, key: &PartnerKey, kind: QuotaKind) -> Result<(), LimitRefusal> {
        if key.mode() == Mode::Test {
            return Ok(());
        }
        let over = self.over.load();
        let Some(over) = over.get(key.organisation_id()) else { return Ok(()) };
        match over.kinds.iter().find(|it| it.0 == kind) {
            Some((_, hard)) if over.month == Month::of(self.clock.now()) => {
                Err(LimitRefusal::QuotaExceeded { kind, hard: *hard })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::limit::{Limits, Quota, Sums, judge};
    use crate::testing::partner;
    use std::time::Duration;

    #[test]
    fn what_is_used_up_is_refused_until_the_month_is_over_and_nothing_else_is() {
        let clock = Clock::manual("2026-11-30T23:59:00Z".parse().unwrap());
        let standing = Standing::new(clock.clone());
        let november = Month::of(clock.now());
        let limits =
            Limits { impressions: Quota::up_to(10), stream_minutes: Quota::up_to(10), ..Limits::DEFAULT };
        let states = |impressions| judge(&limits, Sums { impressions, stream_minutes: 9 });
        let (key, other) = (
            partner("org_1", Kind::Publishable, Mode::Live),
            partner("org_2", Kind::Publishable, Mode::Live),
        );
        let refusal = Err(LimitRefusal::QuotaExceeded { kind: QuotaKind::Impressions, hard: 10 });

        assert!(!standing.note("org_1", november, &states(9)), "nothing was known, and nothing is over");
        assert_eq!(standing.check(&key, QuotaKind::Impressions), Ok(()));
        assert!(standing.note("org_1", november, &states(10)));
        assert!(!standing.note("org_1", november, &states(11)), "it is known");
        assert_eq!(standing.check(&key, QuotaKind::Impressions), refusal);
        assert_eq!(standing.check(&key, QuotaKind::StreamMinutes), Ok(()));
        assert_eq!(standing.check(&other, QuotaKind::Impressions), Ok(()));
        let trial = partner("org_1", Kind::Publishable, Mode::Test);
        assert_eq!(standing.check(&trial, QuotaKind::Impressions), Ok(()), "a test key");

        clock.advance(Duration::from_secs(60));
        assert_eq!(standing.check(&key, QuotaKind::Impressions), Ok(()), "it is December");
        let december = Month::of(clock.now());
        assert!(standing.note("org_1", december, &states(10)));
        assert!(!standing.note("org_1", november, &states(0)), "November is over");
        assert_eq!(standing.check(&key, QuotaKind::Impressions), refusal);
        let raised = judge(&Limits::DEFAULT, Sums { impressions: 10, stream_minutes: 9 });
        assert!(standing.note("org_1", december, &raised), "its limits were raised");
        assert_eq!(standing.check(&key, QuotaKind::Impressions), Ok(()));
    }

    #[test]
    fn the_refusal_says_what_is_used_up() {
        let refusal = LimitRefusal::QuotaExceeded { kind: QuotaKind::StreamMinutes, hard: 10 };
        assert_eq!(refusal.code(), "quota_exceeded");
        let text = "this key's organisation has used up this month's minutes of streams, 10";
        assert_eq!(refusal.to_string(), text);
    }
}
