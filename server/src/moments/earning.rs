//! What of a match earns: each moment a trigger of all who follow the match, and what a correction undoes is taken back.

use crate::feed::log::{self, MatchRow};
use crate::moments::MomentError;
use cricket::{Boundary, Change, Command, Format, Log, Match, Outcome, Setup, Side, Tiebreak};
use jiff::Timestamp;
use rewards::{Fact, Heard, Source, Told, Trigger};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::Transaction;
use wallet::Books;

/// Something that earns: its kind, and what is known of it.
type Moment = (&'static str, BTreeMap<String, Fact>);

/// A match that is read.
pub(super) struct Earning<'a> {
    pub(super) row: &'a MatchRow,
    pub(super) now: Timestamp,
}

impl Earning<'_> {
    fn books(&self) -> Books {
        if self.row.sandbox { Books::Test } else { Books::Live }
    }

    /// A moment's name: the same each time that the match is read.
    fn id(&self, seq: u64, kind: &str) -> String {
        format!("{}/{}/{seq}/{kind}", self.row.id, self.row.epoch)
    }

    /// Tells of what a command did at its place.
    pub(super) async fn tell(
        &self,
        tx: &Transaction<'_>,
        seq: u64,
        at_ms: u64,
        moments: Vec<Moment>,
    ) -> Result<(), MomentError> {
        for (kind, facts) in moments {
            self.hear(tx, self.id(seq, kind), (kind, facts), at_ms).await?;
        }
        Ok(())
    }

    async fn hear(
        &self,
        tx: &Transaction<'_>,
        id: String,
        (kind, mut facts): Moment,
        at_ms: u64,
    ) -> Result<Heard, MomentError> {
        let at = i64::try_from(at_ms).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
        facts.extend(of_match(&self.row.setup));
        let trigger =
            Trigger { source: Source::Match, id, kind: kind.to_owned(), at: at.unwrap_or(self.now), facts };
        let told = Told {
            trigger: &trigger,
            books: self.books(),
            scope: "",
            fan_id: None,
            match_id: Some(&self.row.id),
            device: None,
        };
        Ok(rewards::hear(tx, &told, self.now).await?)
    }

    /// After a correction: what is not so any more is taken back, and what is so now is told, from `since` on.
    pub(super) async fn correct(
        &self,
        tx: &Transaction<'_>,
        log: &Log,
        since: u64,
    ) -> Result<(), MomentError> {
        let rows = log::read(tx, &self.row.id, self.row.epoch, 0).await?;
        let accepted: HashMap<u64, u64> = rows.iter().map(|it| (it.seq, it.accepted_at_ms)).collect();
        let told = rewards::of_match(tx, self.books(), &self.row.id).await?;
        let prefix = format!("{}/{}/", self.row.id, self.row.epoch);
        // What was taken back and is so again has a name of its own each time.
        let plain = |id: &str| id.split('#').next().unwrap_or(id).to_owned();
        let standing: HashSet<String> =
            told.iter().filter(|it| !it.is_over).map(|it| plain(&it.id)).collect();
        let known: HashSet<&str> = told.iter().map(|it| it.id.as_str()).collect();
        let mut so_now = HashSet::new();
        let mut game = empty(&self.row.setup);
        for (seq, command) in log.entries() {
            let change = game.apply(command).unwrap_or_default();
            for moment in moments(command, &change, &game) {
                let id = self.id(*seq, moment.0);
                let is_new = *seq > since && !standing.contains(&id);
                if is_new {
                    let name =
                        if known.contains(id.as_str()) { format!("{id}#{}", log.rev()) } else { id.clone() };
                    let at_ms = accepted.get(seq).copied().unwrap_or_default();
                    self.hear(tx, name, moment, at_ms).await?;
                }
                so_now.insert(id);
            }
        }
        for it in told.iter().filter(|it| !it.is_over && it.id.starts_with(&prefix)) {
            if !so_now.contains(&plain(&it.id)) {
                rewards::take_back(tx, self.books(), Source::Match, ("", &it.id), self.now).await?;
            }
        }
        Ok(())
    }
}

fn empty(setup: &Setup) -> Match {
    Match { setup: setup.clone(), ..Match::default() }
}

/// What a command did that earns, with the match as it is since.
pub(super) fn moments(command: &Command, change: &Change, game: &Match) -> Vec<Moment> {
    let setup = &game.setup;
    let mut common = BTreeMap::new();
    if let Some(innings) = change.innings {
        common.insert("innings".to_owned(), Fact::Number(innings as i64 + 1));
        if let Some(innings) = game.innings.get(innings) {
            common.insert("team".to_owned(), Fact::Text(setup.team(innings.batting).name.clone()));
        }
    }
    if let Command::Ball(ball) = command {
        common.insert("batter".to_owned(), Fact::Text(setup.name(ball.striker).to_owned()));
        common.insert("bowler".to_owned(), Fact::Text(setup.name(ball.bowler).to_owned()));
        common.insert("runs".to_owned(), Fact::Number(i64::from(change.runs)));
    }
    let with = |more: &[(&str, Fact)]| {
        let more = more.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone()));
        common.clone().into_iter().chain(more).collect::<BTreeMap<_, _>>()
    };
    let mut moments = Vec::new();
    match change.boundary {
        Some(Boundary::Six) => moments.push(("six", with(&[]))),
        Some(Boundary::Four) => moments.push(("four", with(&[]))),
        None => {}
    }
    if change.wickets > 0 {
        moments.push(("wicket", with(&[("wickets", Fact::Number(i64::from(change.wickets)))])));
    }
    if let Some((player, runs)) = change.milestone {
        let player = Fact::Text(setup.name(player).to_owned());
        moments.push(("milestone", with(&[("player", player), ("score", Fact::Number(i64::from(runs)))])));
    }
    if change.maiden {
        moments.push(("maiden", with(&[])));
    }
    if change.innings_end.is_some() {
        moments.push(("innings-end", with(&[])));
    }
    if change.finished {
        let winner = game.outcome.as_ref().and_then(winner).map(|it| setup.team(it).name.clone());
        let winner: Vec<_> = winner.map(|it| ("winner", Fact::Text(it))).into_iter().collect();
        moments.push(("result", with(&winner)));
    }
    moments
}

fn winner(outcome: &Outcome) -> Option<Side> {
    match outcome {
        Outcome::Runs { winner, .. }
        | Outcome::Wickets { winner, .. }
        | Outcome::Innings { winner, .. }
        | Outcome::Win { winner, .. } => Some(*winner),
        Outcome::Tie { tiebreak: Some(tiebreak), .. } => match tiebreak {
            Tiebreak::SuperOver(side) | Tiebreak::BowlOut(side) | Tiebreak::Rule(side) => Some(*side),
        },
        Outcome::Tie { tiebreak: None, .. } | Outcome::Draw | Outcome::NoResult | Outcome::Abandoned => None,
    }
}

/// What rules may ask of the match.
fn of_match(setup: &Setup) -> Vec<(String, Fact)> {
    let teams = setup.teams.iter().map(|it| it.name.clone()).collect();
    vec![
        ("match.format".to_owned(), Fact::Text(format_word(setup.format).to_owned())),
        ("match.competition".to_owned(), Fact::Text(setup.competition.clone())),
        ("match.stage".to_owned(), Fact::Text(setup.stage.clone())),
        ("match.venue".to_owned(), Fact::Text(setup.venue.clone())),
        ("match.teams".to_owned(), Fact::Texts(teams)),
    ]
}

const fn format_word(format: Format) -> &'static str {
    match format {
        Format::Test => "test",
        Format::Mdm => "multi-day",
        Format::Odi => "odi",
        Format::Odm => "one-day",
        Format::T20 => "t20",
        Format::It20 => "it20",
        Format::Hundred => "hundred",
    }
}
