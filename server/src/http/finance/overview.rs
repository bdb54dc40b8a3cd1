//! The first page, and the trial balance as a file.

use super::refusal::Refused;
use super::sheet::whole;
use super::view::{Answer, View, html};
use crate::app::App;
use axum::extract::{Extension, State};
use console::finance::{audit, overview};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use wallet::finance::{TrialLine, trial_balance};

/// Lines of the log.
const DEEDS: i64 = 5;
/// A trial balance that took less is read anew for everybody.
const QUICK: Duration = Duration::from_millis(500);
/// Of one that took longer everybody sees the same for so many times as long: it looks at every account.
const LASTS: u32 = 10;

/// The trial balance, read by one at a time.
#[derive(Clone, Default)]
pub(super) struct Trial(Arc<Mutex<Option<Read>>>);

struct Read {
    lines: Arc<[TrialLine]>,
    as_of: Timestamp,
    until: Instant,
}

impl Trial {
    /// With the moment that it is of.
    async fn read(&self, app: &App) -> Result<(Arc<[TrialLine]>, Timestamp), Refused> {
        let mut last = self.0.lock().await;
        if let Some(read) = last.as_ref().filter(|it| Instant::now() < it.until) {
            return Ok((Arc::clone(&read.lines), read.as_of));
        }
        let (as_of, began) = (app.clock.now(), Instant::now());
        let lines = app.store.read("wallet.trial", async |db| trial_balance(db).await).await?;
        let (lines, took): (Arc<[TrialLine]>, _) = (lines.into(), began.elapsed());
        let lasts = if took < QUICK { Duration::ZERO } else { took * LASTS };
        *last = Some(Read { lines: Arc::clone(&lines), as_of, until: Instant::now() + lasts });
        Ok((lines, as_of))
    }
}

pub(super) async fn page(State(app): State<App>, Extension(trial): Extension<Trial>, view: View) -> Answer {
    let (lines, now) = trial.read(&app).await?;
    let view = view.of_moment(now);
    let open = view.payments(&app).open_matters().await?;
    let deeds = app.store.read("access.deeds", async |db| {
        access::audit::of_nouns(db, (&audit::NOUNS, &[]), i64::MAX, DEEDS).await
    });
    let deeds = deeds.await?;
    let shown = overview::Overview { trial: &lines, open, deeds: &deeds };
    Ok(html(overview::page(&view.here(), &shown)))
}

pub(super) async fn csv(State(app): State<App>, Extension(trial): Extension<Trial>, view: View) -> Answer {
    let (lines, now) = trial.read(&app).await?;
    let view = view.of_moment(now);
    let name = format!("trial-balance-{}-{}.csv", view.books.word(), now.strftime("%Y-%m-%d-%H%M%S"));
    Ok(whole(&name, overview::csv(&view.here(), &lines)))
}
