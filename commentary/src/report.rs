//! What happened over more than one ball: what somebody missed, an innings, a batter's fifty or hundred.

use crate::facts::{Chase, Edge, Facts, How, Score, Verdict};
use crate::hash::hash;
use crate::language::Language;
use crate::place::fill_with;
use cricket::{Command, Innings, InningsEnd, Log, Match, PlayerId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// All that a text about a stretch of play may say. As JSON it is what a model is given; [`guard::check_report`](crate::guard::check_report)
/// judges what it makes of it, and [`Report::tell`] says it without a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub about: About,
    pub batting_team: String,
    pub fielding_team: String,
    /// Of the stretch: runs, wickets, fours and sixes.
    pub runs: u16,
    pub wickets: u8,
    pub fours: u16,
    pub sixes: u16,
    /// Of the innings at its end; overs as "14.2".
    pub score: Score,
    pub overs: String,
    /// Who made most, and who took most, in the stretch, with their figures of the innings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batter: Option<BatterFigures>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bowler: Option<BowlerFigures>,
    /// Who went in the stretch, in order, [`Report::OUTS_MAX`] at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<Gone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chase: Option<Chase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// What somebody did not see.
    Missed,
    /// An innings that is in play.
    SoFar,
    /// An innings that is over.
    Innings,
    /// Why a batter is applauded: `batter` has it.
    Milestone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatterFigures {
    pub name: String,
    pub runs: u16,
    pub balls: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BowlerFigures {
    pub name: String,
    pub wickets: u8,
    pub runs: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    pub name: String,
    pub runs: u16,
    pub how: How,
}

impl Report {
    /// Dismissals that are named.
    pub const OUTS_MAX: usize = 10;

    /// What happened after the command `after` of the log, one report for each innings that was played in, by the number of the innings from 0.
    /// Folds the log once more: 0.1 ms for a T20, 1 ms for a Test.
    pub fn missed(log: &Log, after: u64) -> Vec<(usize, Report)> {
        let mut game = Match { setup: log.game().setup.clone(), ..Match::default() };
        let mut stretches: Vec<(usize, Stretch)> = Vec::new();
        for (seq, command) in log.entries() {
            // The log has folded each of them before.
            let Ok(change) = game.apply(command) else { continue };
            let (Command::Ball(ball), Some(innings), true) = (command, change.innings, *seq > after) else {
                continue;
            };
            let Some(bowled) = game.innings.get(innings).and_then(|it| it.recent.last()) else { continue };
            let Some(facts) = Facts::of_ball(&game, innings, bowled, &change) else { continue };
            if stretches.last().is_none_or(|it| it.0 != innings) {
                stretches.push((innings, Stretch::default()));
            }
            if let Some((_, stretch)) = stretches.last_mut() {
                stretch.take(&facts, ball.striker, ball.bowler);
            }
        }
        let report = |(innings, stretch): &(usize, Stretch)| {
            Some((*innings, stretch.report(&game, *innings, About::Missed)?))
        };
        stretches.iter().filter_map(report).collect()
    }

    /// Why batters were applauded: the command of the ball with which each came to a fifty or a hundred, the innings from 0, and what it took.
    pub fn milestones(log: &Log) -> Vec<(u64, usize, Report)> {
        let mut game = Match { setup: log.game().setup.clone(), ..Match::default() };
        let mut all = Vec::new();
        for (seq, command) in log.entries() {
            let Ok(change) = game.apply(command) else { continue };
            let (Some((player, _)), Some(innings)) = (change.milestone, change.innings) else { continue };
            all.extend(Self::milestone(&game, innings, player).map(|it| (*seq, innings, it)));
        }
        all
    }

    /// The match as it stood when its last whole over had ended: what many ask for within an over, and a model is asked for once.
    pub fn at_over_end(log: &Log) -> Match {
        let begun = || Match { setup: log.game().setup.clone(), ..Match::default() };
        let (mut game, mut whole) = (begun(), 0);
        for (at, (_, command)) in log.entries().iter().enumerate() {
            let Ok(change) = game.apply(command) else { continue };
            if change.over_ended || change.innings_end.is_some() || change.finished {
                whole = at + 1;
            }
        }
        let mut game = begun();
        for (_, command) in &log.entries()[..whole] {
            // The log has folded each of them before.
            let _same = game.apply(command);
        }
        game
    }

    /// The innings that is in play, by its number from 0: for who comes to the match now.
    pub fn so_far(game: &Match) -> Option<(usize, Report)> {
        let innings = game.innings.len().checked_sub(1)?;
        let is_begun = |it: &&Innings| it.end.is_none() && !it.recent.is_empty();
        let place = game.innings.get(innings).filter(is_begun)?;
        Some((innings, Self::of_innings(game, innings, place, About::SoFar)?))
    }

    /// An innings, once it is over.
    pub fn innings(game: &Match, innings: usize) -> Option<Report> {
        let place = game.innings.get(innings).filter(|it| it.end.is_some())?;
        Self::of_innings(game, innings, place, About::Innings)
    }

    fn of_innings(game: &Match, innings: usize, place: &Innings, about: About) -> Option<Report> {
        let name = |player| game.setup.short_name(player).to_owned();
        let gone = |it: &cricket::Batter| {
            let dismissal = it.dismissal.as_ref().filter(|it| it.kind.is_wicket())?;
            Some(Gone { name: name(it.player), runs: it.runs, how: How::of(dismissal.kind) })
        };
        let order = place.falls.iter().filter_map(|fall| place.batter(fall.player));
        let stretch = Stretch {
            runs: place.runs,
            wickets: place.wickets,
            fours: place.batters.iter().map(|it| it.fours).sum(),
            sixes: place.batters.iter().map(|it| it.sixes).sum(),
            batters: place.batters.iter().map(|it| (it.player, u32::from(it.runs))).collect(),
            bowlers: place.bowlers.iter().map(|it| (it.player, u32::from(it.wickets))).collect(),
            out: order.filter_map(gone).collect(),
        };
        stretch.report(game, innings, about)
    }

    /// What a batter has done so far: "why" they are applauded for a fifty.
    pub fn milestone(game: &Match, innings: usize, player: PlayerId) -> Option<Report> {
        let batter = game.innings.get(innings)?.batter(player)?;
        let stretch = Stretch {
            runs: batter.runs,
            fours: batter.fours,
            sixes: batter.sixes,
            batters: vec![(player, u32::from(batter.runs))],
            ..Stretch::default()
        };
        stretch.report(game, innings, About::Milestone)
    }

    /// See [`Facts::hash`].
    pub fn hash(&self) -> String {
        hash(self)
    }

    /// The report in plain sentences of the language.
    pub fn tell(&self, language: Language) -> String {
        let sentences = self.headings().into_iter().filter_map(|heading| {
            let template = sentence(language, heading)?;
            fill_with(template, &|name| self.value(name, language), language).ok()
        });
        sentences.collect::<Vec<String>>().join(" ")
    }

    /// What there is to say, in order.
    fn headings(&self) -> Vec<&'static str> {
        let mut headings = Vec::new();
        match self.about {
            About::Missed => headings.push(if self.wickets > 0 { "missed" } else { "unbroken" }),
            About::SoFar => headings.push("so far"),
            About::Innings => headings.push("innings"),
            About::Milestone => headings.push("milestone"),
        }
        match (self.fours, self.sixes) {
            (0, 0) => {}
            (_, 0) => headings.push("fours"),
            (0, _) => headings.push("sixes"),
            _ => headings.push("fours and sixes"),
        }
        if self.about != About::Milestone {
            headings.extend(self.out.first().filter(|_| self.about == About::Missed).map(|_| "out"));
            headings.extend(self.batter.as_ref().map(|_| "batter"));
            headings.extend(self.bowler.as_ref().map(|_| "bowler"));
        }
        match (&self.verdict, &self.chase) {
            (Some(_), _) => headings.push("result"),
            (None, Some(chase)) if chase.needed > 0 && self.about != About::Innings => {
                headings.push(if chase.balls_left.is_some() { "needed from" } else { "needed" });
            }
            _ => {}
        }
        headings
    }

    /// A place of a sentence: its text, and its number where it is one.
    fn value(&self, name: &str, language: Language) -> Option<(String, Option<u32>)> {
        let words = language.words();
        let number = |it: u32| Some((words.digits(&it.to_string()), Some(it)));
        let text = |it: &str| Some((it.to_owned(), None));
        match name {
            "team" => text(&self.batting_team),
            "runs" => number(u32::from(self.runs)),
            "total" => number(u32::from(self.score.runs)),
            "wickets" => number(u32::from(self.wickets)),
            "fours" => number(u32::from(self.fours)),
            "sixes" => number(u32::from(self.sixes)),
            "score" => text(&words.digits(&self.score_text())),
            "overs" => text(&words.digits(&self.overs)),
            "batter" => text(&self.batter.as_ref()?.name),
            "batter_runs" => number(u32::from(self.batter.as_ref()?.runs)),
            "batter_balls" => number(u32::from(self.batter.as_ref()?.balls)),
            "bowler" => text(&self.bowler.as_ref()?.name),
            "bowler_wickets" => number(u32::from(self.bowler.as_ref()?.wickets)),
            "bowler_runs" => number(u32::from(self.bowler.as_ref()?.runs)),
            "out" => {
                let names: Vec<String> = self
                    .out
                    .iter()
                    .map(|it| format!("{} {}", it.name, words.digits(&it.runs.to_string())))
                    .collect();
                text(&names.join(", "))
            }
            "needed" => number(u32::from(self.chase?.needed)),
            "balls_left" => number(self.chase?.balls_left?),
            "result" => text(&self.verdict.as_ref()?.text(language)),
            _ => None,
        }
    }

    fn score_text(&self) -> String {
        match self.score.all_out {
            true => self.score.runs.to_string(),
            false => format!("{}/{}", self.score.runs, self.score.wickets),
        }
    }
}

/// The sums of a stretch.
#[derive(Default)]
struct Stretch {
    runs: u16,
    wickets: u8,
    fours: u16,
    sixes: u16,
    /// Runs and wickets in it, by player, in the order of their coming.
    batters: Vec<(PlayerId, u32)>,
    bowlers: Vec<(PlayerId, u32)>,
    out: Vec<Gone>,
}

impl Stretch {
    fn take(&mut self, facts: &Facts, striker: PlayerId, bowler: PlayerId) {
        self.runs += facts.runs;
        self.wickets += u8::try_from(facts.out.len()).unwrap_or(0);
        self.fours += u16::from(facts.boundary == Some(Edge::Four));
        self.sixes += u16::from(facts.boundary == Some(Edge::Six));
        add(&mut self.batters, striker, u32::from(facts.bat_runs));
        add(&mut self.bowlers, bowler, u32::from(facts.out.iter().any(|it| it.is_bowlers)));
        self.out.extend(facts.out.iter().map(|it| Gone {
            name: it.player.clone(),
            runs: it.runs,
            how: it.how,
        }));
    }

    fn report(&self, game: &Match, innings: usize, about: About) -> Option<Report> {
        let place: &Innings = game.innings.get(innings)?;
        let name = |player| game.setup.short_name(player).to_owned();
        let batter = most(&self.batters).and_then(|it| place.batter(it));
        let bowler = most(&self.bowlers).and_then(|it| place.bowler_of(it));
        let is_last = innings + 1 == game.innings.len();
        let chase = game.target().filter(|_| is_last).and_then(|target| {
            Some(Chase { target: target.runs, needed: game.runs_needed()?, balls_left: game.balls_left() })
        });
        Some(Report {
            about,
            batting_team: game.setup.team(place.batting).name.clone(),
            fielding_team: game.setup.team(place.batting.other()).name.clone(),
            runs: self.runs,
            wickets: self.wickets,
            fours: self.fours,
            sixes: self.sixes,
            score: Score {
                runs: place.runs,
                wickets: place.wickets,
                all_out: place.end == Some(InningsEnd::AllOut),
            },
            overs: place.overs_text(),
            batter: batter.map(|it| BatterFigures { name: name(it.player), runs: it.runs, balls: it.balls }),
            bowler: bowler.map(|it| BowlerFigures {
                name: name(it.player),
                wickets: it.wickets,
                runs: it.runs,
            }),
            out: self.out.iter().take(Report::OUTS_MAX).cloned().collect(),
            chase,
            verdict: Verdict::of(game).filter(|_| is_last),
        })
    }
}

fn add(sums: &mut Vec<(PlayerId, u32)>, player: PlayerId, more: u32) {
    match sums.iter_mut().find(|it| it.0 == player) {
        Some(sum) => sum.1 += more,
        None => sums.push((player, more)),
    }
}

/// Who has most, the first of equals; nobody where all have nothing.
fn most(sums: &[(PlayerId, u32)]) -> Option<PlayerId> {
    let best = sums.iter().map(|it| it.1).max().filter(|it| *it > 0)?;
    sums.iter().find(|it| it.1 == best).map(|it| it.0)
}

/// The sentence that the language has for it.
fn sentence(language: Language, heading: &str) -> Option<&'static str> {
    static ALL: LazyLock<HashMap<(Language, &'static str), &'static str>> = LazyLock::new(|| {
        let lines = SOURCES.iter().flat_map(|(language, source)| {
            source.lines().filter_map(|it| it.split_once(" = ")).map(|(name, text)| ((*language, name), text))
        });
        lines.collect()
    });
    ALL.get(&(language, heading)).copied()
}

/// The sentences of a language: words that the guard knows.
pub(crate) fn sources(language: Language) -> impl Iterator<Item = &'static str> {
    let files = SOURCES.iter().filter(move |it| it.0 == language);
    files.flat_map(|it| it.1.lines()).filter_map(|it| it.split_once(" = ")).map(|it| it.1)
}

const SOURCES: [(Language, &str); 8] = [
    (Language::English, include_str!("../reports/en.txt")),
    (Language::Hindi, include_str!("../reports/hi.txt")),
    (Language::Hinglish, include_str!("../reports/hi-Latn.txt")),
    (Language::Bengali, include_str!("../reports/bn.txt")),
    (Language::Tamil, include_str!("../reports/ta.txt")),
    (Language::Telugu, include_str!("../reports/te.txt")),
    (Language::Marathi, include_str!("../reports/mr.txt")),
    (Language::Urdu, include_str!("../reports/ur.txt")),
];
