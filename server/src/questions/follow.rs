//! News of questions and their counts, told to the open streams of this process.

use super::event::{self, Ask};
use crate::app::App;
use quizzes::news::{self, News};
use quizzes::{EVERY_MS, Error, Public, State, public};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::mpsc;

/// The pause before what could not be read is read again.
const AGAIN: Duration = Duration::from_millis(500);

/// Questions that run, by match and id.
#[derive(Default)]
struct Running {
    /// Of the last news that were taken in.
    number: i64,
    matches: HashMap<String, BTreeMap<String, Public>>,
}

/// Tells what runs now, and follows what was told after `since`, for ever.
pub async fn follow(app: App, since: i64) {
    let mut running = begin(&app).await;
    let (tell, mut told) = mpsc::unbounded_channel::<News>();
    let heard = |news: &News| {
        // It is read below for as long as this function is.
        let _is_read = tell.send(news.clone());
    };
    let following = news::follow(&app.store, since, heard);
    let telling = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(EVERY_MS.unsigned_abs()));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                news = told.recv() => match news {
                    Some(news) => running.hear(&app, &news).await,
                    None => return,
                },
                _ = ticks.tick() => running.count(&app).await,
            }
        }
    };
    tokio::join!(following, telling);
}

/// What runs.
async fn begin(app: &App) -> Running {
    let (number, questions) = running_now(app).await;
    let mut running = Running { number, matches: HashMap::new() };
    running.take(questions);
    for (match_id, of) in &running.matches {
        running.set_aside(app, match_id);
        if let Some(event) = event::running(number, of.values(), app.clock.now()) {
            app.hub.tell(match_id, &event);
        }
    }
    running
}

/// Whether something is to be read again after a pause.
#[derive(Default)]
struct Trouble {
    is_told: bool,
}

impl Trouble {
    /// Waits where the database is away. What cannot be read for another reason keeps nothing else back: widgets ask for what it is.
    async fn passes(&mut self, error: &Error) -> bool {
        if !matches!(error, Error::Store(_)) {
            tracing::error!(%error, "questions cannot be told; open pages ask for them");
            return false;
        }
        if !std::mem::replace(&mut self.is_told, true) {
            tracing::warn!(%error, "questions are not told to open pages yet; it is tried again");
        }
        tokio::time::sleep(AGAIN).await;
        true
    }
}

/// Those of these questions of which everybody may be told; none where they cannot be read.
async fn public_of(app: &App, ids: &[String]) -> Option<Vec<Public>> {
    let mut trouble = Trouble::default();
    loop {
        let now = app.clock.now();
        match app.store.read("quizzes.public", async |db| public::of(db, ids, now).await).await {
            Ok(found) => return Some(found),
            Err(error) if trouble.passes(&error).await => {}
            Err(_) => return None,
        }
    }
}

/// What runs, and the number of the last news before it.
async fn running_now(app: &App) -> (i64, Vec<Public>) {
    let mut trouble = Trouble::default();
    loop {
        let now = app.clock.now();
        let read = app.store.read("quizzes.running", async |db| {
            let number = news::last(db).await?;
            Ok::<_, Error>((number, public::running(db, now).await?))
        });
        match read.await {
            Ok(found) => return found,
            Err(error) if trouble.passes(&error).await => {}
            Err(_) => return (0, Vec::new()),
        }
    }
}

impl Running {
    /// Takes in how questions stand.
    fn take(&mut self, questions: Vec<Public>) {
        for it in questions {
            let Some(match_id) = it.match_id.clone() else { continue };
            let runs = matches!(it.state, State::Open | State::Locked) && !it.is_withdrawn;
            let of = self.matches.entry(match_id.clone()).or_default();
            match runs {
                true => drop(of.insert(it.id.clone(), it)),
                false => drop(of.remove(&it.id)),
            }
            if of.is_empty() {
                self.matches.remove(&match_id);
            }
        }
    }

    /// Newcomers first, so that nobody is told nothing who comes meanwhile.
    async fn hear(&mut self, app: &App, news: &News) {
        self.number = self.number.max(news.number);
        let mut matches: BTreeMap<&str, Vec<&news::Item>> = BTreeMap::new();
        for it in &news.items {
            if let Some(match_id) = &it.match_id {
                matches.entry(match_id).or_default().push(it);
            }
        }
        for (match_id, items) in matches {
            let (of_some, of_all): (Vec<_>, Vec<_>) =
                items.into_iter().partition(|it| it.organisation_id.is_some());
            let ids: BTreeSet<String> = of_all.into_iter().map(|it| it.question.clone()).collect();
            let ids: Vec<String> = ids.into_iter().collect();
            let found = public_of(app, &ids).await;
            let ask = if of_some.is_empty() && found.is_some() { Ask::No } else { Ask::Yes };
            let found = found.unwrap_or_default();
            let event = event::moved(news.number, &found, ask, app.clock.now());
            self.take(found);
            self.set_aside(app, match_id);
            app.hub.tell(match_id, &event);
        }
    }

    fn set_aside(&self, app: &App, match_id: &str) {
        let questions = self.matches.get(match_id).into_iter().flat_map(BTreeMap::values);
        app.hub.set_aside(match_id, event::running(self.number, questions, app.clock.now()));
    }

    /// Tells those who follow how many have chosen what, where that has changed.
    async fn count(&mut self, app: &App) {
        let is_open = |of: &BTreeMap<String, Public>| of.values().any(|it| it.state == State::Open);
        let open = self.matches.iter().filter(|it| is_open(it.1) && app.hub.is_followed(it.0));
        let open: Vec<String> = open.map(|it| it.0.clone()).collect();
        for match_id in open {
            // The next tick reads it anew.
            let Ok(tallies) = app.tallies.of_match(&match_id).await else { continue };
            let Some(of) = self.matches.get_mut(&match_id) else { continue };
            let mut has_changed = false;
            for tally in tallies.iter() {
                let known = of.get_mut(&tally.question);
                if let Some(known) = known.filter(|it| it.state == State::Open && it.tally != *tally) {
                    known.tally = tally.clone();
                    has_changed = true;
                }
            }
            if !has_changed {
                continue;
            }
            // All of them, for the event takes the place of the one before.
            let open = of.values().filter(|it| it.state == State::Open);
            let event = event::counted(open.map(|it| &it.tally), app.clock.now());
            self.set_aside(app, &match_id);
            app.hub.tell_latest(&match_id, &event);
        }
    }
}
