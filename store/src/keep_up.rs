//! Following what other processes change, by numbers that grow.

use crate::{Listener, Store};
use std::fmt::Display;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What no notification told of is found by looking: a notification is a hint, and may be lost.
const LOOK: Duration = Duration::from_secs(1);

/// After how long a lost connection is made again.
const AGAIN: Duration = Duration::from_millis(500);

/// What is told in order, each by a number of its own.
pub trait Numbered {
    fn number(&self) -> i64;
}

impl Store {
    /// Calls `hear` with all that comes after a number, in order, for ever: as soon as PostgreSQL says so, and within a second whatever becomes of
    /// that word. `since` answers what comes next, or nothing when that was all. While the database is away nothing is heard, and nothing is lost.
    pub async fn hear_since<T, F, E>(
        &self,
        channel: &'static str,
        number: i64,
        since: impl Fn(i64) -> F,
        hear: impl Fn(&T),
    ) where
        T: Numbered,
        F: Future<Output = Result<Vec<T>, E>>,
        E: Display,
    {
        let (since, hear) = (&since, &hear);
        let catch_up = move |from: i64| async move {
            let mut number = from;
            loop {
                let found = match since(number).await {
                    Ok(found) => found,
                    // What was heard is not heard again.
                    Err(_) if number > from => return Ok(number),
                    Err(error) => return Err(error),
                };
                let Some(last) = found.last() else { return Ok(number) };
                number = last.number();
                found.iter().for_each(hear);
            }
        };
        self.keep_up(channel, number, catch_up).await;
    }

    /// Calls `catch_up` with the number up to which changes are known, for ever: at each notification, and each second without one. It answers the
    /// next number; where it fails, it is asked again from the same one.
    pub async fn keep_up<F, E>(&self, channel: &'static str, mut since: i64, catch_up: impl Fn(i64) -> F)
    where
        F: Future<Output = Result<i64, E>>,
        E: Display,
    {
        let mut listener: Option<Listener> = None;
        let mut again_at = Instant::now();
        let mut is_away = false;
        loop {
            if listener.is_none() && again_at <= Instant::now() {
                again_at = Instant::now() + AGAIN;
                // Where it cannot be had, looking has to do.
                listener = self.listen(channel).await.ok();
            }
            match catch_up(since).await {
                Ok(last) => (since, is_away) = (last, false),
                Err(error) => {
                    if !is_away {
                        tracing::warn!(%error, channel, "what has changed is not known");
                    }
                    is_away = true;
                }
            }
            let look_at = Instant::now() + LOOK;
            match listener.as_mut() {
                Some(listening) => tokio::select! {
                    heard = listening.next() => if heard.is_none() {
                        listener = None;
                    },
                    () = sleep_until(look_at) => {}
                },
                None => sleep_until(look_at.min(again_at)).await,
            }
        }
    }
}
