//! What partners may use, and do: counted in memory on every request's way, written down and compared beside it.

use crate::app::App;
use crate::config::Config;
use crate::notices::{self, Reached};
use anyhow::Context;
use partners::limit::{Limits, Month, Networks, Quota, QuotaKind, Rate, Standing, Sums, judge};
use partners::usage::{self, Counters};
use partners::{Limiter, Mode, Plans};
use std::time::Duration;
use store::Clock;
use tokio::time::MissedTickBehavior;

/// How many networks without a good key are told apart, 16 bytes each.
const NETWORKS_MAX: usize = 200_000;

/// The limits and the counts of this process.
pub struct Metering {
    pub plans: Plans,
    pub limiter: Limiter,
    /// Who has used up a month.
    pub standing: Standing,
    /// Networks that show no good key; none where they are not counted.
    pub strangers: Option<Networks>,
    pub counters: Counters,
}

impl Metering {
    /// Nothing counted yet, and the limits not yet read.
    pub fn new(config: &Config, clock: &Clock) -> anyhow::Result<Self> {
        let plans = Plans::default();
        let strangers = match config.keys.refusals_per_minute {
            0 => None,
            per_minute => {
                let rate = Rate::new(per_minute, per_minute).context("keys.refusals_per_minute")?;
                Some(Networks::new(clock.clone(), rate, NETWORKS_MAX))
            }
        };
        Ok(Self {
            limiter: Limiter::new(clock.clone(), plans.clone()),
            plans,
            standing: Standing::new(clock.clone()),
            strangers,
            counters: Counters::new(clock.clone()),
        })
    }
}

/// How often counts are written: what a crash loses at most.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// After how many flushes the months of those who have quotas are summed up: what a hard quota is overdrawn by at most.
const FLUSHES_A_LOOK: u32 = 3;
/// How long the last flush may take.
const LAST_FLUSH_MAX: Duration = Duration::from_secs(5);

/// Writes counts and looks at quotas until the process is to stop.
pub(crate) async fn count(app: App) {
    let mut ticks = tokio::time::interval(FLUSH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut flushes = 0_u32;
    while app.shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        flush(&app).await;
        if flushes.is_multiple_of(FLUSHES_A_LOOK) {
            let _stopped = app.shutdown.run_until_cancelled(look(&app)).await;
        }
        flushes = flushes.wrapping_add(1);
    }
}

/// Writes what was counted since, for the last time: when the streams have left.
pub(crate) async fn count_last(app: &App) {
    if tokio::time::timeout(LAST_FLUSH_MAX, flush(app)).await.is_err() {
        tracing::warn!("what partners used lately could not be written down in time");
    }
}

async fn flush(app: &App) {
    if let Err(error) = app.metering.counters.flush(&app.store).await {
        tracing::warn!(%error, "what partners use could not be written down; it is with the next");
    }
}

/// Compares what is used with what may be, remembers who has used up a month, and tells those who come near their end.
pub async fn look(app: &App) {
    for (organisation_id, limits) in app.metering.plans.given() {
        if let Err(error) = look_at_month(app, &organisation_id, &limits).await {
            tracing::warn!(organisation_id, %error, "a month's quotas could not be looked at");
        }
    }
    let pressed = app.subscribers.take_pressed();
    if pressed.is_empty() {
        return;
    }
    let open = app.census.organisations();
    for (organisation_id, threshold) in pressed {
        let quota = app.metering.plans.limits_of(&organisation_id).streams;
        let used = open.get(&*organisation_id).copied().unwrap_or_default();
        let reached =
            Reached { kind: QuotaKind::Streams, threshold, used, soft: quota.soft(), hard: quota.hard() };
        if let Err(error) = notices::quota_reached(app, &organisation_id, &reached).await {
            tracing::warn!(%organisation_id, %error, "an organisation could not be told of its streams");
        }
    }
}

async fn look_at_month(app: &App, organisation_id: &str, limits: &Limits) -> anyhow::Result<()> {
    let now = app.clock.now();
    let has_quota = limits.stream_minutes != Quota::NONE || limits.impressions != Quota::NONE;
    let sums = match has_quota {
        true => {
            let read = app
                .store
                .read("partners.month", async |db| usage::month(db, organisation_id, Mode::Live, now).await);
            let figures = read.await?;
            Sums {
                stream_minutes: figures.stream_minutes().unsigned_abs(),
                impressions: figures.impressions.unsigned_abs(),
            }
        }
        false => Sums::default(),
    };
    let states = judge(limits, sums);
    app.metering.standing.note(organisation_id, Month::of(now), &states);
    for state in states {
        if let Some(threshold) = state.threshold() {
            let reached =
                Reached { kind: state.kind, threshold, used: state.used, soft: state.soft, hard: state.hard };
            notices::quota_reached(app, organisation_id, &reached).await?;
        }
    }
    Ok(())
}
