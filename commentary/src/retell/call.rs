//! One call: a place among those under way, the breaker's leave, money set aside, the question, the account.

use super::{Inner, Task};
use crate::breaker::Went;
use crate::budget::{self, Call, Reserved, Settled};
use crate::model::{Model, ModelError, Told};
use crate::prompt::Ask;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use tokio_util::sync::CancellationToken;

/// Why a call brought no lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotTold {
    pub(super) why: &'static str,
    pub(super) is_worth_another: bool,
}

impl NotTold {
    const fn of(why: &'static str) -> NotTold {
        NotTold { why, is_worth_another: false }
    }
}

const LATE: NotTold = NotTold::of("late");

/// A call to be made.
pub(super) struct Slot<'s> {
    pub(super) inner: &'s Inner,
    pub(super) task: &'s Task<'s>,
    pub(super) model: &'s dyn Model,
    /// From 1.
    pub(super) attempt: i16,
    pub(super) late: &'s CancellationToken,
}

impl Slot<'_> {
    /// The lines, or why there are none; and what the call cost.
    pub(super) async fn call(&self, ask: &Ask) -> (Result<BTreeMap<String, String>, NotTold>, i64) {
        let inner = self.inner;
        let place = tokio::select! {
            biased;
            () = self.late.cancelled() => return (Err(LATE), 0),
            place = inner.calls.acquire() => place,
        };
        let _place = place.expect("nobody closes it");
        let Some(trial) = Trial::begin(inner) else { return (Err(NotTold::of("breaker")), 0) };
        let reserved = match self.reserve(ask).await {
            Ok(reserved) => reserved,
            Err(not) => return (Err(not), 0),
        };
        let begun_ms = inner.clock.now_ms();
        let told = tokio::select! {
            biased;
            () = self.late.cancelled() => None,
            told = self.model.tell(ask) => Some(told),
        };
        trial.end(told.as_ref());
        let ms = i32::try_from(inner.clock.now_ms() - begun_ms).unwrap_or(i32::MAX).max(0);
        let cost = self.settle(reserved, told.as_ref(), ms).await;
        let lines = match told {
            None => Err(LATE),
            Some(Ok(told)) => Ok(told.lines),
            Some(Err(error)) => {
                tracing::debug!(model = self.model.name(), %error, "a model brought no lines");
                let is_worth_another = matches!(error, ModelError::NotJson { .. });
                Err(NotTold { why: error.word(), is_worth_another })
            }
        };
        (lines, cost)
    }

    async fn reserve(&self, ask: &Ask) -> Result<Reserved, NotTold> {
        let Inner { store, clock, terms, .. } = self.inner;
        let call = Call {
            game: self.task.game,
            innings: self.task.innings,
            ball: self.task.ball,
            model: self.model.name(),
            tones: i32::try_from(ask.presets.len()).unwrap_or(i32::MAX),
            attempt: self.attempt,
        };
        let amount = terms.price.cost(self.model.usage_max(ask));
        match budget::reserve(store, &call, amount, &terms.caps, clock.now()).await {
            Ok(Some(reserved)) => Ok(reserved),
            Ok(None) => Err(NotTold::of("budget")),
            Err(error) => {
                // What cannot be accounted for is not spent.
                tracing::warn!(%error, "no money was set aside for a model");
                Err(NotTold::of("store"))
            }
        }
    }

    async fn settle(&self, reserved: Reserved, told: Option<&Result<Told, ModelError>>, ms: i32) -> i64 {
        let (outcome, usage) = match told {
            None => ("late", None),
            Some(Ok(told)) => ("told", told.usage),
            Some(Err(error)) => (error.word(), error.usage()),
        };
        metrics::counter!("commentary_calls_total", "outcome" => outcome).increment(1);
        metrics::histogram!("commentary_call_seconds").record(f64::from(ms) / 1000.0);
        let cost = usage.map(|it| self.inner.terms.price.cost(it));
        let settled = Settled { outcome, usage, cost, ms };
        if let Err(error) = budget::settle(&self.inner.store, reserved, &settled).await {
            tracing::warn!(%error, "a call to a model was not settled: it is charged in full");
        }
        cost.unwrap_or(reserved.amount)
    }
}

/// A call that the breaker has let through. Dropped on the way, it says nothing.
struct Trial<'t> {
    inner: &'t Inner,
    went: Went,
}

impl<'t> Trial<'t> {
    fn begin(inner: &'t Inner) -> Option<Trial<'t>> {
        let mut breaker = inner.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        // Made lazily: one that is dropped here would wait for the lock that is held.
        breaker.may_call(inner.clock.now_ms()).then(|| Trial { inner, went: Went::Unknown })
    }

    fn end(mut self, told: Option<&Result<Told, ModelError>>) {
        self.went = match told {
            None => Went::Unknown,
            Some(Ok(_)) => Went::Well,
            Some(Err(error)) if error.is_answered() => Went::Well,
            Some(Err(error)) => Went::Badly { leave_alone_ms: error.leave_alone_ms() },
        };
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        let mut breaker = self.inner.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.end(self.went, self.inner.clock.now_ms());
    }
}
