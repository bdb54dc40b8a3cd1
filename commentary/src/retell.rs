//! A ball in all tones that are watched: from the cache, from a model, or from the phrases that we ship.
//!
//! Invariant: whoever asks gets a line for each tone, and never an error: whatever fails on the way, the offline line stands.

mod call;
mod flight;

use crate::breaker::{Breaker, Patience};
use crate::budget::{Caps, Price};
use crate::cache;
use crate::facts::Facts;
use crate::figures::{self, Outcome, Tally};
use crate::guard::Refusal;
use crate::language::Language;
use crate::model::Model;
use crate::phrases;
use crate::preset::Preset;
use crate::prompt::{Again, Ask, label};
use crate::report::Report;
use crate::subject::Subject;
use call::{NotTold, Slot};
use flight::Flights;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::{Clock, Store};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How a model is used.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Calls under way at once in this process.
    pub calls_max: usize,
    pub price: Price,
    pub caps: Caps,
    pub patience: Patience,
    /// Lines of other balls of the same shape that there must be before one of them is taken instead of a new one.
    pub choice_min: usize,
}

/// A ball to be told.
#[derive(Clone, Copy, Debug)]
pub struct Ball<'b> {
    pub game: &'b str,
    /// The innings, and the ball in it, both from 0.
    pub innings: i32,
    pub ball: i32,
    /// Counts the match's balls, for the variety of lines ([`phrases::seed`]).
    pub number: u32,
    pub facts: &'b Facts,
}

/// A stretch of play to be told.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'s> {
    pub game: &'s str,
    /// The innings, from 0.
    pub innings: i32,
    pub report: &'s Report,
}

/// What stands for the ball in accounts of calls that tell a stretch of play.
const NO_BALL: i32 = -1;

/// What is to be told.
struct Task<'t> {
    game: &'t str,
    innings: i32,
    ball: i32,
    number: u32,
    subject: &'t Subject,
}

/// Where a line comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The model's name.
    Model(String),
    Cache,
    Offline {
        /// Why: a [`ModelError`](crate::ModelError)'s word, "guard", "missing", "late", "breaker", "budget", "store" or "no_model".
        why: &'static str,
    },
}

impl Source {
    /// For what is kept: the model's name, "cache" or "offline".
    pub fn name(&self) -> &str {
        match self {
            Source::Model(name) => name,
            Source::Cache => "cache",
            Source::Offline { .. } => "offline",
        }
    }
}

/// A ball in a tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retold {
    pub tone: String,
    pub language: Language,
    /// The preset's version.
    pub preset: u32,
    pub text: String,
    pub source: Source,
    /// All that was refused on the way.
    pub refusals: Vec<Refusal>,
    /// Its share of what calls cost, in millionths of the currency, rounded up.
    pub cost: i64,
}

/// Has balls told. Cloning is cheap and shares the model, its breaker and what is under way.
#[derive(Clone)]
pub struct Retell(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    model: Option<Arc<dyn Model>>,
    terms: Terms,
    breaker: Mutex<Breaker>,
    calls: Semaphore,
    flights: Flights,
}

impl Retell {
    /// Without a model every line is an offline one.
    pub fn new(store: Store, clock: Clock, model: Option<Arc<dyn Model>>, terms: Terms) -> Retell {
        Retell(Arc::new(Inner {
            store,
            clock,
            model,
            terms,
            breaker: Mutex::new(Breaker::new(terms.patience)),
            calls: Semaphore::new(terms.calls_max.clamp(1, Semaphore::MAX_PERMITS)),
            flights: Flights::default(),
        }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Tells a ball in these tones, in their order. Once `late` is cancelled no model is asked or waited for any more: the ball is
    /// two behind, and lines that would come now are dropped for the offline ones. Whoever asks for the same ball at the same
    /// time waits for the first and takes what that one got.
    pub async fn tell(&self, ball: &Ball<'_>, presets: &[Preset], late: &CancellationToken) -> Vec<Retold> {
        let Ball { game, innings, ball, number, facts } = *ball;
        let subject = Subject::Ball(facts.clone());
        self.0.all(&Task { game, innings, ball, number, subject: &subject }, presets, late).await
    }

    /// The same for a stretch of play, whose texts are longer, and each for that stretch alone.
    pub async fn report(
        &self,
        stretch: &Stretch<'_>,
        presets: &[Preset],
        late: &CancellationToken,
    ) -> Vec<Retold> {
        let Stretch { game, innings, report } = *stretch;
        let subject = Subject::Report(report.clone());
        self.0.all(&Task { game, innings, ball: NO_BALL, number: 0, subject: &subject }, presets, late).await
    }
}

/// Tones that are told apart: a preset that has changed is another.
fn key(preset: &Preset) -> (String, u32) {
    (label(preset), preset.version)
}

/// What is done and what is left to do for a ball.
struct Work<'p> {
    left: Vec<&'p Preset>,
    told: BTreeMap<(String, u32), Retold>,
    /// By label, of what is left.
    again: BTreeMap<String, Again>,
    refusals: BTreeMap<String, Vec<Refusal>>,
    costs: BTreeMap<String, i64>,
    tally: Tally<'p>,
}

impl<'p> Work<'p> {
    fn new(left: Vec<&'p Preset>) -> Work<'p> {
        Work {
            left,
            told: BTreeMap::new(),
            again: BTreeMap::new(),
            refusals: BTreeMap::new(),
            costs: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    fn stands(&mut self, preset: &'p Preset, text: String, source: Source) {
        let label = label(preset);
        let (outcome, why) = match &source {
            Source::Model(_) => (Outcome::Model, ""),
            Source::Cache => (Outcome::Cache, ""),
            Source::Offline { why } => (Outcome::Offline, *why),
        };
        self.tally.add(preset, outcome, why);
        metrics::counter!("commentary_lines_total", "outcome" => outcome.word(), "why" => why).increment(1);
        let retold = Retold {
            tone: preset.key.clone(),
            language: preset.language,
            preset: preset.version,
            text,
            source,
            refusals: self.refusals.remove(&label).unwrap_or_default(),
            cost: self.costs.remove(&label).unwrap_or_default(),
        };
        self.told.insert((label, preset.version), retold);
    }

    fn refused(&mut self, preset: &'p Preset, line: String, refusals: Vec<Refusal>) {
        for it in &refusals {
            self.tally.add(preset, Outcome::Refused, it.word());
        }
        let label = label(preset);
        self.refusals.entry(label.clone()).or_default().extend(refusals.iter().cloned());
        self.again.insert(label, Again { line, refusals });
    }
}

impl Inner {
    async fn all(&self, task: &Task<'_>, presets: &[Preset], late: &CancellationToken) -> Vec<Retold> {
        let flight = self.flights.board(task);
        let mut known = flight.known().await;
        let mut work = Work::new(presets.iter().filter(|it| !known.contains_key(&key(it))).collect());
        self.tell(task, &mut work, late).await;
        known.extend(work.told);
        let told = presets.iter().map(|it| known.get(&key(it)).cloned().unwrap_or_else(|| offline(task, it)));
        told.collect()
    }

    async fn tell<'p>(&self, task: &Task<'_>, work: &mut Work<'p>, late: &CancellationToken) {
        if work.left.is_empty() {
            return;
        }
        let name = self.model.as_deref().map_or("", Model::name).to_owned();
        if let Some(model) = &self.model {
            self.take_cached(task, work, &name).await;
            let why = self.ask(task, work, &**model, late).await;
            self.stand_offline(task, work, why);
        } else {
            self.stand_offline(task, work, "no_model");
        }
        let counted = figures::count(&self.store, task.game, &name, &work.tally, self.clock.now()).await;
        if let Err(error) = counted {
            tracing::warn!(%error, "lines were not counted");
        }
    }

    fn stand_offline(&self, task: &Task<'_>, work: &mut Work<'_>, why: &'static str) {
        for preset in std::mem::take(&mut work.left) {
            let text = offline(task, preset).text;
            // What was refused last says more than that there is no third try.
            work.stands(preset, text, Source::Offline { why });
        }
    }

    async fn take_cached<'p>(&self, task: &Task<'_>, work: &mut Work<'p>, model: &str) {
        let seeds: Vec<u64> =
            work.left.iter().map(|it| phrases::seed(task.game, &label(it), task.number)).collect();
        let choice = (self.terms.choice_min, seeds.as_slice());
        let found = cache::find(&self.store, task.subject, &work.left, model, choice).await;
        let found = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the cache of lines was not read");
            BTreeMap::new()
        });
        for (at, preset) in std::mem::take(&mut work.left).into_iter().enumerate() {
            // It was made for another ball perhaps: the guard has the last word.
            let checked = found.get(&at).and_then(|it| task.subject.check(preset, &it.template).ok());
            match checked {
                Some(text) => work.stands(preset, text, Source::Cache),
                None => work.left.push(preset),
            }
        }
    }

    /// Asks for all that is left with one call, and once more for what is refused. Answers why the rest has no line.
    async fn ask<'p>(
        &self,
        task: &Task<'_>,
        work: &mut Work<'p>,
        model: &dyn Model,
        late: &CancellationToken,
    ) -> &'static str {
        let mut why = "";
        for attempt in 1..=2 {
            if work.left.is_empty() {
                break;
            }
            let mut ask = Ask::new(task.subject.clone(), work.left.iter().copied().cloned().collect());
            ask.again.clone_from(&work.again);
            let slot = Slot { inner: self, task, model, attempt, late };
            let (told, cost) = slot.call(&ask).await;
            let share = (cost + work.left.len() as i64 - 1) / work.left.len() as i64;
            for preset in &work.left {
                *work.costs.entry(label(preset)).or_default() += share;
            }
            match told {
                Ok(lines) => {
                    why = self.judge(task, work, model, lines).await;
                }
                // It answered, though not as it should: it may do so when asked again.
                Err(NotTold { why: not, is_worth_another: true }) => why = not,
                Err(NotTold { why: not, .. }) => return if attempt == 1 { not } else { why },
            }
        }
        why
    }

    /// Lets stand what the guard lets stand, and keeps it for other balls. Answers why the rest does not.
    async fn judge<'p>(
        &self,
        task: &Task<'_>,
        work: &mut Work<'p>,
        model: &dyn Model,
        mut lines: BTreeMap<String, String>,
    ) -> &'static str {
        let mut why = "missing";
        let mut good = Vec::new();
        for preset in std::mem::take(&mut work.left) {
            let Some(line) = lines.remove(&label(preset)) else {
                work.tally.add(preset, Outcome::Refused, "missing");
                work.left.push(preset);
                continue;
            };
            match task.subject.check(preset, &line) {
                Ok(text) => {
                    work.stands(preset, text, Source::Model(model.name().to_owned()));
                    good.push((preset, line));
                }
                Err(refusals) => {
                    why = "guard";
                    work.refused(preset, line, refusals);
                    work.left.push(preset);
                }
            }
        }
        let good: Vec<(&Preset, &str)> = good.iter().map(|it| (it.0, it.1.as_str())).collect();
        let kept = cache::put(&self.store, task.subject, &good, model.name(), self.clock.now()).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "lines were not put into the cache");
        }
        why
    }
}

fn offline(task: &Task<'_>, preset: &Preset) -> Retold {
    let seed = phrases::seed(task.game, &preset.key, task.number);
    Retold {
        tone: preset.key.clone(),
        language: preset.language,
        preset: preset.version,
        text: task.subject.tell(preset, seed),
        source: Source::Offline { why: "" },
        refusals: Vec::new(),
        cost: 0,
    }
}

#[cfg(test)]
mod tests;
