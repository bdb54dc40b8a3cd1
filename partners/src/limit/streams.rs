//! Whether one more stream may be opened.

use super::{LimitRefusal, Quota, State};

/// How many streams an organisation and one of its keys may have open at once: [`super::Plans::streams_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamGate {
    /// Of the organisation.
    pub quota: Quota,
    /// Of the key alone, where it has a number of its own.
    pub of_key_max: Option<u64>,
}

/// How many are open, without the one that is asked for. This process knows its own at once and those of all processes as they were some seconds
/// ago; whoever opens many in that time at once gets a little more than the number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub of_organisation: u64,
    pub of_key: u64,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    Allowed,
    /// Allowed, and the organisation is to be told that it nears its end, if it was not yet this month ([`super::cross`]).
    AllowedAboveSoft,
    Refused(LimitRefusal),
}

impl StreamGate {
    pub fn judge(self, open: Open) -> Admission {
        if let Some(max) = self.of_key_max.filter(|max| open.of_key >= *max) {
            return Admission::Refused(LimitRefusal::StreamsFullForKey { max });
        }
        match (self.quota.state(open.of_organisation), self.quota.hard()) {
            (State::Hard, Some(max)) => Admission::Refused(LimitRefusal::StreamsFullForOrganisation { max }),
            (State::Soft | State::Hard, _) => Admission::AllowedAboveSoft,
            (State::Below, _) => Admission::Allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_let_in_below_both_numbers() {
        let quota = Quota::new(Some(8), Some(10)).unwrap();
        let full = |max| Admission::Refused(LimitRefusal::StreamsFullForOrganisation { max });
        let full_for_key = |max| Admission::Refused(LimitRefusal::StreamsFullForKey { max });
        let check = |quota, of_key_max, (of_organisation, of_key), expected| {
            let gate = StreamGate { quota, of_key_max };
            assert_eq!(
                gate.judge(Open { of_organisation, of_key }),
                expected,
                "{gate:?} {of_organisation} {of_key}"
            );
        };
        check(quota, None, (0, 0), Admission::Allowed);
        check(quota, None, (7, 7), Admission::Allowed);
        check(quota, None, (8, 8), Admission::AllowedAboveSoft);
        check(quota, None, (9, 0), Admission::AllowedAboveSoft);
        check(quota, None, (10, 0), full(10));
        check(quota, None, (u64::MAX, 0), full(10));
        check(quota, Some(3), (5, 2), Admission::Allowed);
        check(quota, Some(3), (9, 2), Admission::AllowedAboveSoft);
        check(quota, Some(3), (5, 3), full_for_key(3));
        check(quota, Some(3), (10, 3), full_for_key(3));
        check(quota, Some(3), (10, 2), full(10));
        check(quota, Some(30), (10, 2), full(10));
        check(quota, Some(0), (0, 0), full_for_key(0));
        check(Quota::NONE, None, (u64::MAX, u64::MAX), Admission::Allowed);
        check(Quota::NONE, Some(1), (0, 1), full_for_key(1));
        check(Quota::new(Some(1), None).unwrap(), None, (u64::MAX, 0), Admission::AllowedAboveSoft);
        check(Quota::new(None, Some(0)).unwrap(), None, (0, 0), full(0));
    }

    #[test]
    fn a_refusal_says_which_number_it_is() {
        let check = |refusal: LimitRefusal, code, text| {
            assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, text));
        };
        let text = "this key may have 3 streams open at once, and has";
        check(LimitRefusal::StreamsFullForKey { max: 3 }, "streams_full_for_key", text);
        let text = "this key's organisation may have 10 streams open at once, and has";
        check(LimitRefusal::StreamsFullForOrganisation { max: 10 }, "streams_full_for_organisation", text);
    }
}
