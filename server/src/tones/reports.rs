//! What somebody missed, innings that are over, and why batters were applauded: made when they are asked for, from the match's log, for all who ask
//! at the same ball.
//!
//! A text is there at once in plain sentences. In a tone, where a model tells balls, it is asked for such a text too: within the same budget,
//! behind the same breaker and guard, and for [`PATIENCE`] at most; what it said stands for all who ask later. Of the innings in play a model tells
//! what there is at the end of an over, so that a match has some twenty such texts an innings and not hundreds; what one fan has missed it is not asked for.

use super::model::Settings;
use crate::config::Commentary;
use crate::feed::log::{self, LogError};
use commentary::{Language, Preset, Report, Retell, Source, Stretch};
use cricket::Log;
use quick_cache::sync::Cache;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;
use wire::Position;

/// Matches of which the log is kept folded, and reports with what is missed after some update.
const LOGS_MAX: usize = 32;
const REPORTS_MAX: usize = 512;
const TEXTS_MAX: usize = 4_096;
/// Fifties and hundreds that are reported on, the latest.
const MILESTONES_MAX: usize = 24;
/// How long a model is waited for, and how long what it could not say is not asked for again.
const PATIENCE: Duration = Duration::from_secs(4);
const AGAIN_MS: i64 = 30_000;

/// A report, and where in the match it belongs.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    /// From 0.
    pub(crate) innings: usize,
    /// Of the update of the ball that it is about, where it is about one.
    pub(crate) seq: Option<u64>,
    pub(crate) report: Report,
    /// What a model is asked for in its place: nothing where it changes with each ball, or is one fan's alone.
    retold: Option<Report>,
}

/// All that there is to report on a match.
#[derive(Debug)]
pub(crate) struct Reports {
    pub(crate) position: Position,
    pub(crate) rev: u32,
    pub(crate) all: Vec<Reported>,
}

/// Which position of which match, and after which update.
type At = (String, Position, u64);

#[derive(Clone, Debug)]
struct Text {
    text: Arc<str>,
    /// When it is asked for again; never where a model has said it.
    again_at_ms: Option<i64>,
}

/// Makes reports. One a process.
pub struct Reporter {
    store: Store,
    clock: Clock,
    retell: Option<Retell>,
    logs: Cache<(String, Position), Arc<Log>>,
    reports: Cache<At, Arc<Reports>>,
    texts: Cache<(String, String, Language, u32), Text>,
}

impl Reporter {
    /// Or what is wrong with the section `commentary`.
    pub fn new(store: &Store, clock: &Clock, config: &Commentary) -> anyhow::Result<Self> {
        let Settings { model, terms } = Settings::of(config)?;
        let retell = model.map(|it| Retell::new(store.clone(), clock.clone(), Some(it), terms));
        Ok(Self {
            store: store.clone(),
            clock: clock.clone(),
            retell,
            logs: Cache::new(LOGS_MAX),
            reports: Cache::new(REPORTS_MAX),
            texts: Cache::new(TEXTS_MAX),
        })
    }

    /// What there is to report on a match that stands at `position`: what was missed after the update `after`, or the innings in play where that
    /// is 0.
    pub(crate) async fn of(
        &self,
        id: &str,
        position: Position,
        after: u64,
    ) -> Result<Arc<Reports>, LogError> {
        let key = (id.to_owned(), position, after);
        let making = async {
            let log = self.log(id, position).await?;
            let made = tokio::task::spawn_blocking(move || reports(&log, position, after));
            Ok::<_, LogError>(Arc::new(made.await.expect("folding does not panic")))
        };
        self.reports.get_or_insert_async(&key, making).await
    }

    async fn log(&self, id: &str, position: Position) -> Result<Arc<Log>, LogError> {
        let reading = async {
            let stored = self.store.read("reports.log", async |client| log::load(client, id).await).await?;
            let stored = stored.ok_or_else(|| LogError::Overtaken { match_id: id.to_owned() })?;
            let folding = tokio::task::spawn_blocking(move || stored.fold(|_, _| {}));
            Ok::<_, LogError>(Arc::new(folding.await.expect("folding does not panic")?.1))
        };
        self.logs.get_or_insert_async(&(id.to_owned(), position), reading).await
    }

    /// The texts of these reports, in a tone where one is asked for: in their order, each with whether a model has said it.
    pub(crate) async fn tell(
        &self,
        id: &str,
        reports: &[Reported],
        language: Language,
        preset: Option<&Preset>,
    ) -> Vec<(String, bool)> {
        let late = CancellationToken::new();
        let _patience = {
            let late = late.clone();
            tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move {
                tokio::time::sleep(PATIENCE).await;
                late.cancel();
            }))
        };
        let texts = reports.iter().map(|it| self.text(id, it, language, preset, &late));
        futures_util::future::join_all(texts).await
    }

    async fn text(
        &self,
        id: &str,
        it: &Reported,
        language: Language,
        preset: Option<&Preset>,
        late: &CancellationToken,
    ) -> (String, bool) {
        let plain = || (it.report.tell(language), false);
        let (Some(retell), Some(preset), Some(report)) = (&self.retell, preset, &it.retold) else {
            return plain();
        };
        let key = (report.hash(), preset.key.clone(), preset.language, preset.version);
        if let Some(known) = self.texts.get(&key)
            && known.again_at_ms.is_some_and(|it| it <= self.clock.now_ms())
        {
            self.texts.remove(&key);
        }
        let asking = async {
            let innings = i32::try_from(it.innings).unwrap_or(i32::MAX);
            let stretch = Stretch { game: id, innings, report };
            let told = retell.report(&stretch, std::slice::from_ref(preset), late).await.swap_remove(0);
            let is_offline = matches!(told.source, Source::Offline { .. });
            let again_at_ms = is_offline.then(|| self.clock.now_ms() + AGAIN_MS);
            Ok::<_, Infallible>(Text { text: told.text.into(), again_at_ms })
        };
        let Ok(Text { text, again_at_ms }) = self.texts.get_or_insert_async(&key, asking).await;
        match again_at_ms {
            None => (text.to_string(), true),
            Some(_) => plain(),
        }
    }
}

fn reports(log: &Log, position: Position, after: u64) -> Reports {
    let game = log.game();
    let mut all = Vec::new();
    for innings in 0..game.innings.len() {
        if let Some(report) = Report::innings(game, innings) {
            all.push(Reported { innings, seq: None, retold: Some(report.clone()), report });
        }
    }
    let milestones = Report::milestones(log);
    let old = milestones.len().saturating_sub(MILESTONES_MAX);
    for (seq, innings, report) in milestones.into_iter().skip(old) {
        all.push(Reported { innings, seq: Some(seq), retold: Some(report.clone()), report });
    }
    if after == 0 {
        let in_overs = Report::so_far(&Report::at_over_end(log));
        all.extend(Report::so_far(game).map(|(innings, report)| {
            let retold = in_overs.filter(|it| it.0 == innings).map(|it| it.1);
            Reported { innings, seq: None, report, retold }
        }));
    } else {
        let missed = Report::missed(log, after).into_iter();
        all.extend(missed.map(|(innings, report)| Reported { innings, seq: None, report, retold: None }));
    }
    let seq = log.last_seq().unwrap_or_default();
    Reports { position: Position { epoch: position.epoch, seq }, rev: log.rev(), all }
}
