//! Whether a model is asked at all: after several failures in a row it is left alone for a while, then tried with one call.
//!
//! Pure: the caller brings the time.

/// When it opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Failures in a row that open it, at least one.
    pub failures_max: u32,
    /// How long it is open at first; twice as long after each trial that fails.
    pub open_ms: i64,
    pub open_ms_max: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { failures_max: 5, open_ms: 10_000, open_ms_max: 300_000 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Calls go through.
    Closed { failures: u32 },
    Open {
        until_ms: i64,
        /// How long it has been opened for.
        span_ms: i64,
    },
    /// One call is on trial.
    HalfOpen { span_ms: i64 },
}

/// A circuit breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    patience: Patience,
    state: State,
}

/// How a call went, as far as it says something about the model's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    Well,
    /// The server says for how long it wants to be left alone, if it does.
    Badly {
        leave_alone_ms: Option<i64>,
    },
    /// It was given up by us, or refused for what it was.
    Unknown,
}

impl Breaker {
    pub fn new(patience: Patience) -> Breaker {
        Breaker { patience, state: State::Closed { failures: 0 } }
    }

    /// Whether a call may be made now. Each call that is made must [`end`](Breaker::end).
    pub fn may_call(&mut self, now_ms: i64) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until_ms, span_ms } if now_ms >= until_ms => {
                self.state = State::HalfOpen { span_ms };
                true
            }
            State::Open { .. } | State::HalfOpen { .. } => false,
        }
    }

    /// A call that was let through is over.
    pub fn end(&mut self, went: Went, now_ms: i64) {
        let asked_ms = match went {
            Went::Badly { leave_alone_ms } => leave_alone_ms.unwrap_or(0).clamp(0, self.patience.open_ms_max),
            _ => 0,
        };
        self.state = match (self.state, went) {
            (State::Closed { .. } | State::HalfOpen { .. }, Went::Well) => State::Closed { failures: 0 },
            (State::Closed { failures }, Went::Badly { .. }) => {
                let failures = failures.saturating_add(1);
                match failures >= self.patience.failures_max || asked_ms > 0 {
                    true => self.open(self.patience.open_ms, asked_ms, now_ms),
                    false => State::Closed { failures },
                }
            }
            (State::HalfOpen { span_ms }, Went::Badly { .. }) => {
                self.open(span_ms.saturating_mul(2), asked_ms, now_ms)
            }
            // The trial said nothing: the next call is one.
            (State::HalfOpen { span_ms }, Went::Unknown) => State::Open { until_ms: now_ms, span_ms },
            // Calls that began before it opened end after it.
            (state @ State::Open { .. }, _) | (state @ State::Closed { .. }, Went::Unknown) => state,
        };
    }

    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    fn open(&self, span_ms: i64, asked_ms: i64, now_ms: i64) -> State {
        let span_ms = span_ms.min(self.patience.open_ms_max);
        State::Open { until_ms: now_ms.saturating_add(span_ms.max(asked_ms)), span_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BADLY: Went = Went::Badly { leave_alone_ms: None };

    fn of(failures_max: u32) -> Breaker {
        Breaker::new(Patience { failures_max, open_ms: 100, open_ms_max: 400 })
    }

    fn fail(breaker: &mut Breaker, now_ms: i64) {
        assert!(breaker.may_call(now_ms), "at {now_ms}");
        breaker.end(BADLY, now_ms);
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_trial_that_goes_well_closes_it() {
        let mut breaker = of(2);
        fail(&mut breaker, 0);
        assert!(breaker.may_call(1));
        breaker.end(Went::Well, 1);
        fail(&mut breaker, 2);
        fail(&mut breaker, 3);
        assert!(!breaker.may_call(102));
        assert!(breaker.may_call(103));
        // One trial at a time.
        assert!(!breaker.may_call(104));
        breaker.end(Went::Well, 105);
        assert!(breaker.is_closed() && breaker.may_call(105));
    }

    #[test]
    fn each_trial_that_fails_doubles_the_time_to_a_limit() {
        let mut breaker = of(1);
        fail(&mut breaker, 0);
        fail(&mut breaker, 100);
        assert!(!breaker.may_call(299));
        fail(&mut breaker, 300);
        fail(&mut breaker, 700);
        assert!(!breaker.may_call(1_099));
        assert!(breaker.may_call(1_100));
    }

    #[test]
    fn a_server_that_asks_for_time_has_it_at_once_within_the_limit() {
        let mut breaker = of(5);
        assert!(breaker.may_call(0));
        breaker.end(Went::Badly { leave_alone_ms: Some(250) }, 0);
        assert!(!breaker.may_call(249));
        assert!(breaker.may_call(250));
        breaker.end(Went::Badly { leave_alone_ms: Some(i64::MAX) }, 250);
        assert!(!breaker.may_call(649));
        assert!(breaker.may_call(650));
    }

    #[test]
    fn a_trial_that_was_given_up_leaves_room_for_the_next() {
        let mut breaker = of(1);
        fail(&mut breaker, 0);
        assert!(breaker.may_call(100));
        breaker.end(Went::Unknown, 110);
        assert!(!breaker.is_closed());
        assert!(breaker.may_call(110));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Pass(i64),
        Call,
        End(Went),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_i64..500).prop_map(Step::Pass),
            Just(Step::Call),
            Just(Step::End(Went::Well)),
            Just(Step::End(BADLY)),
            Just(Step::End(Went::Unknown)),
            (0_i64..1_000).prop_map(|it| Step::End(Went::Badly { leave_alone_ms: Some(it) })),
        ]
    }

    proptest! {
        /// Whatever comes in whatever order: it opens for no longer than the limit, lets one call through on trial, and never
        /// stays shut for good.
        #[test]
        fn it_is_open_for_a_while_and_never_for_good(steps in prop::collection::vec(step(), 0..80)) {
            let mut breaker = of(3);
            let (mut now_ms, mut under_way) = (0, 0_u32);
            for step in steps {
                match step {
                    Step::Pass(ms) => now_ms += ms,
                    Step::Call => {
                        let was_closed = breaker.is_closed();
                        if breaker.may_call(now_ms) {
                            under_way += 1;
                            prop_assert!(was_closed || !breaker.may_call(now_ms + 10_000));
                        }
                    }
                    Step::End(went) if under_way > 0 => {
                        under_way -= 1;
                        breaker.end(went, now_ms);
                        if let State::Open { until_ms, .. } = breaker.state {
                            prop_assert!(until_ms <= now_ms + 400);
                        }
                    }
                    Step::End(_) => {}
                }
            }
            for _ in 0..under_way {
                breaker.end(Went::Unknown, now_ms);
            }
            prop_assert!(breaker.may_call(now_ms + 400));
            breaker.end(Went::Well, now_ms + 400);
            prop_assert!(breaker.is_closed());
        }
    }
}
