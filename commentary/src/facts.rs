//! What one ball says, as data.

use crate::hash::hash;
use cricket::{
    Batter, Boundary, Bowled, Change, Dismissal, DismissalKind, Fielder, Innings, InningsEnd, Match, Outcome,
    Setup, Side, Tiebreak,
};
use serde::{Deserialize, Serialize};

/// All that a line about one ball may say. As JSON it is what a model is given: names are data in it, never a part of a
/// sentence, and figures are those after the ball.
///
/// Invariant: every name and number of a line comes from here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// What it was above all; the rest is in the fields.
    pub kind: Kind,
    /// As commentary calls them ([`Setup::short_name`]).
    pub bowler: String,
    /// Who was on strike.
    pub batter: String,
    pub non_striker: String,
    /// The two sides' names.
    pub batting_team: String,
    pub fielding_team: String,
    /// "14.2": overs completed before this one, and the ball's number in it.
    pub over: String,
    /// All runs that it brought, extras included; and those off the bat.
    pub runs: u16,
    pub bat_runs: u16,
    #[serde(skip_serializing_if = "Extras::is_none")]
    pub extras: Extras,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Edge>,
    #[serde(skip_serializing_if = "is_false")]
    pub free_hit: bool,
    /// Wickets that fell, almost always one at most; who retired is not among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<Out>,
    /// The batting side's runs and wickets.
    pub score: Score,
    /// The figures of who was on strike.
    pub batter_runs: u16,
    pub batter_balls: u16,
    /// The bowler's wickets and the runs charged.
    pub bowler_wickets: u8,
    pub bowler_runs: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chase: Option<Chase>,
    /// 50, 100, 150… reached by the batter with this ball.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<u16>,
    /// The over that it completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_end: Option<OverEnd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub innings_end: Option<Ending>,
    /// How the match ended, once that is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// A ball in a word. Where it was several things (a no-ball hit for six, a run out with a run), the one that is told first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Wicket,
    Six,
    Four,
    NoBall,
    Wide,
    LegBye,
    Bye,
    Penalty,
    /// Runs that were run.
    Runs,
    #[default]
    Dot,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Wicket,
        Kind::Six,
        Kind::Four,
        Kind::NoBall,
        Kind::Wide,
        Kind::LegBye,
        Kind::Bye,
        Kind::Penalty,
        Kind::Runs,
        Kind::Dot,
    ];

    /// As in JSON: "no_ball".
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Wicket => "wicket",
            Kind::Six => "six",
            Kind::Four => "four",
            Kind::NoBall => "no_ball",
            Kind::Wide => "wide",
            Kind::LegBye => "leg_bye",
            Kind::Bye => "bye",
            Kind::Penalty => "penalty",
            Kind::Runs => "runs",
            Kind::Dot => "dot",
        }
    }

    /// Whether fans wait for it: such balls are told before others.
    pub const fn is_big(self) -> bool {
        matches!(self, Kind::Wicket | Kind::Six)
    }
}

/// A hit over the boundary, or to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    Four,
    Six,
}

/// Runs that are not off the bat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extras {
    pub wides: u16,
    pub no_balls: u16,
    pub byes: u16,
    pub leg_byes: u16,
    pub penalty: u16,
}

impl Extras {
    fn is_none(&self) -> bool {
        *self == Extras::default()
    }
}

/// Who went, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Out {
    pub player: String,
    pub how: How,
    /// In the order in which they touched the ball; a substitute whose name is unknown is not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fielders: Vec<String>,
    /// Whether the wicket is the bowler's.
    pub is_bowlers: bool,
    /// What they made, and off how many balls.
    pub runs: u16,
    pub balls: u16,
}

/// A way out (Laws 32 to 40, 25.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Bowled,
    Caught,
    CaughtAndBowled,
    Lbw,
    RunOut,
    Stumped,
    HitWicket,
    HandledTheBall,
    HitTheBallTwice,
    ObstructingTheField,
    TimedOut,
    RetiredOut,
}

/// Runs for wickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    pub runs: u16,
    pub wickets: u8,
    /// No wicket is left: scorecards write the runs alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all_out: bool,
}

/// Of the side that bats second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chase {
    /// Runs that win; still needed, 0 once reached; balls left, none where overs are not limited.
    pub target: u16,
    pub needed: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balls_left: Option<u32>,
}

/// An over that is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverEnd {
    /// From 1.
    pub number: u16,
    pub runs: u16,
    pub wickets: u8,
    #[serde(default, skip_serializing_if = "is_false")]
    pub maiden: bool,
}

/// Why an innings is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    AllOut,
    OversComplete,
    TargetReached,
    Declared,
    Forfeited,
    Closed,
}

/// A result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub by: By,
    /// Of a tie: who won what settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loser: Option<String>,
    /// Runs or wickets, as `by` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<u16>,
    /// The rule where it was not the plain one: "D/L".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// How a match was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Runs,
    Wickets,
    Innings,
    /// With no margin.
    Win,
    Tie,
    SuperOver,
    BowlOut,
    Tiebreak,
    Draw,
    NoResult,
    Abandoned,
}

impl Facts {
    /// What `bowled` says. `game` is the match after it, `innings` its index in [`Match::innings`], and `change` what it
    /// did. None where the match has no such innings.
    pub fn of_ball(game: &Match, innings: usize, bowled: &Bowled, change: &Change) -> Option<Facts> {
        let place = game.innings.get(innings)?;
        let setup = &game.setup;
        let ball = &bowled.ball;
        let name = |player| setup.short_name(player).to_owned();
        let batter = place.batter(ball.striker);
        let bowler = place.bowler_of(ball.bowler);
        let wickets = ball.wickets.iter().filter(|it| it.kind.is_wicket());
        let out: Vec<Out> = wickets.map(|it| Out::of(setup, place, it)).collect();
        let extras = Extras {
            wides: ball.extras.wides,
            no_balls: ball.extras.no_balls,
            byes: ball.extras.byes,
            leg_byes: ball.extras.leg_byes,
            penalty: ball.extras.penalty,
        };
        let boundary = ball.boundary.map(|it| match it {
            Boundary::Four => Edge::Four,
            Boundary::Six => Edge::Six,
        });
        Some(Facts {
            kind: kind(!out.is_empty(), boundary, &extras, ball.runs),
            bowler: name(ball.bowler),
            batter: name(ball.striker),
            non_striker: name(ball.non_striker),
            batting_team: setup.team(place.batting).name.clone(),
            fielding_team: setup.team(place.batting.other()).name.clone(),
            over: format!("{}.{}", bowled.over, bowled.number),
            runs: ball.total(),
            bat_runs: u16::from(ball.runs),
            extras,
            boundary,
            free_hit: bowled.free_hit,
            out,
            score: Score {
                runs: bowled.runs,
                wickets: bowled.wickets,
                all_out: change.innings_end == Some(InningsEnd::AllOut),
            },
            batter_runs: batter.map_or(0, |it| it.runs),
            batter_balls: batter.map_or(0, |it| it.balls),
            bowler_wickets: bowler.map_or(0, |it| it.wickets),
            bowler_runs: bowler.map_or(0, |it| it.runs),
            chase: chase(game, innings),
            milestone: change.milestone.filter(|it| it.0 == ball.striker).map(|it| it.1),
            over_end: over_end(place, bowled, change),
            innings_end: change.innings_end.map(Ending::of),
            verdict: Verdict::of(game),
        })
    }

    /// The first who went with this ball.
    pub fn first_out(&self) -> Option<&Out> {
        self.out.first()
    }

    /// Of everything in it: the same for the same facts on every machine and in every process, 32 hexadecimal digits. A
    /// part of a cache's key; not made to withstand who would forge two facts with the same one.
    pub fn hash(&self) -> String {
        hash(self)
    }

    /// Of its shape alone: what kind of ball it was, which facts there are, and which of its people are the same. Lines with
    /// places for values, made for one ball, may fit another of this shape; the guard has the last word.
    pub fn shape_hash(&self) -> String {
        hash(&self.shape())
    }

    fn shape(&self) -> Shape {
        let out = self.first_out();
        Shape {
            kind: self.kind,
            runs: self.runs,
            bat_runs: self.bat_runs,
            extras: self.extras,
            boundary: self.boundary,
            free_hit: self.free_hit,
            outs: self.out.len(),
            how: out.map(|it| (it.how, it.fielders.len(), it.is_bowlers)),
            is_striker_out: out.is_some_and(|it| it.player == self.batter),
            is_chase: self.chase.map(|it| (it.needed == 0, it.balls_left.is_some())),
            milestone: self.milestone,
            over: self.over_end.map(|it| (it.maiden, it.runs.min(2), it.wickets.min(1))),
            innings_end: self.innings_end,
            verdict: self.verdict.as_ref().map(|it| (it.by, it.winner.is_some(), it.margin.is_some())),
        }
    }
}

/// What lines that fit one ball must find in another.
#[derive(Serialize)]
struct Shape {
    kind: Kind,
    runs: u16,
    bat_runs: u16,
    extras: Extras,
    boundary: Option<Edge>,
    free_hit: bool,
    outs: usize,
    how: Option<(How, usize, bool)>,
    is_striker_out: bool,
    is_chase: Option<(bool, bool)>,
    milestone: Option<u16>,
    over: Option<(bool, u16, u8)>,
    innings_end: Option<Ending>,
    verdict: Option<(By, bool, bool)>,
}

fn kind(is_out: bool, boundary: Option<Edge>, extras: &Extras, bat_runs: u8) -> Kind {
    match boundary {
        _ if is_out => Kind::Wicket,
        Some(Edge::Six) => Kind::Six,
        Some(Edge::Four) => Kind::Four,
        None if extras.no_balls > 0 => Kind::NoBall,
        None if extras.wides > 0 => Kind::Wide,
        None if extras.leg_byes > 0 => Kind::LegBye,
        None if extras.byes > 0 => Kind::Bye,
        None if bat_runs > 0 => Kind::Runs,
        None if extras.penalty > 0 => Kind::Penalty,
        None => Kind::Dot,
    }
}

/// Of the latest innings alone: a target belongs to the side that bats last.
fn chase(game: &Match, innings: usize) -> Option<Chase> {
    if innings + 1 != game.innings.len() {
        return None;
    }
    let target = game.target()?.runs;
    Some(Chase { target, needed: game.runs_needed()?, balls_left: game.balls_left() })
}

/// The over that the ball completed. One that was cut short is complete with the first ball of the next, of which nothing
/// is said with that ball.
fn over_end(innings: &Innings, bowled: &Bowled, change: &Change) -> Option<OverEnd> {
    if !change.over_ended || innings.overs != bowled.over + 1 {
        return None;
    }
    let total = innings.over_totals.get(usize::from(bowled.over))?;
    let (runs, wickets) = (total.runs, total.wickets);
    Some(OverEnd { number: bowled.over + 1, runs, wickets, maiden: change.maiden })
}

impl Out {
    fn of(setup: &Setup, innings: &Innings, dismissal: &Dismissal) -> Out {
        let figures = |it: &Batter| (it.runs, it.balls);
        let (runs, balls) = innings.batter(dismissal.player).map(figures).unwrap_or_default();
        let fielder = |it: &Fielder| match it {
            Fielder::Player(player) => Some(setup.short_name(*player).to_owned()),
            Fielder::Substitute(name) => name.clone(),
        };
        Out {
            player: setup.short_name(dismissal.player).to_owned(),
            how: How::of(dismissal.kind),
            fielders: dismissal.fielders.iter().filter_map(fielder).collect(),
            is_bowlers: dismissal.kind.is_bowlers(),
            runs,
            balls,
        }
    }
}

impl How {
    /// Of a wicket; who retires hurt is not out, and is told as who retires out.
    pub(crate) fn of(kind: DismissalKind) -> How {
        match kind {
            DismissalKind::Bowled => How::Bowled,
            DismissalKind::Caught => How::Caught,
            DismissalKind::CaughtAndBowled => How::CaughtAndBowled,
            DismissalKind::Lbw => How::Lbw,
            DismissalKind::RunOut => How::RunOut,
            DismissalKind::Stumped => How::Stumped,
            DismissalKind::HitWicket => How::HitWicket,
            DismissalKind::HandledTheBall => How::HandledTheBall,
            DismissalKind::HitTheBallTwice => How::HitTheBallTwice,
            DismissalKind::ObstructingTheField => How::ObstructingTheField,
            DismissalKind::TimedOut => How::TimedOut,
            DismissalKind::RetiredOut | DismissalKind::RetiredHurt | DismissalKind::RetiredNotOut => {
                How::RetiredOut
            }
        }
    }
}

impl Ending {
    fn of(end: InningsEnd) -> Ending {
        match end {
            InningsEnd::AllOut => Ending::AllOut,
            InningsEnd::OversComplete => Ending::OversComplete,
            InningsEnd::TargetReached => Ending::TargetReached,
            InningsEnd::Declared => Ending::Declared,
            InningsEnd::Forfeited => Ending::Forfeited,
            InningsEnd::Closed => Ending::Closed,
        }
    }
}

impl Verdict {
    /// The result, once the match has one; never one that the totals only suggest.
    pub fn of(game: &Match) -> Option<Verdict> {
        let team = |side: Side| game.setup.team(side).name.clone();
        let won = |by, winner: Side, margin, method: &Option<String>| Verdict {
            by,
            winner: Some(team(winner)),
            loser: Some(team(winner.other())),
            margin,
            method: method.clone(),
        };
        let open = |by| Verdict { by, winner: None, loser: None, margin: None, method: None };
        Some(match game.outcome.as_ref()? {
            Outcome::Runs { winner, runs, method } => won(By::Runs, *winner, Some(*runs), method),
            Outcome::Wickets { winner, wickets, method } => {
                won(By::Wickets, *winner, Some(u16::from(*wickets)), method)
            }
            Outcome::Innings { winner, runs, method } => won(By::Innings, *winner, Some(*runs), method),
            Outcome::Win { winner, method } => won(By::Win, *winner, None, method),
            Outcome::Tie { tiebreak: None, method } => Verdict { method: method.clone(), ..open(By::Tie) },
            Outcome::Tie { tiebreak: Some(Tiebreak::SuperOver(side)), method } => {
                won(By::SuperOver, *side, None, method)
            }
            Outcome::Tie { tiebreak: Some(Tiebreak::BowlOut(side)), method } => {
                won(By::BowlOut, *side, None, method)
            }
            Outcome::Tie { tiebreak: Some(Tiebreak::Rule(side)), method } => {
                won(By::Tiebreak, *side, None, method)
            }
            Outcome::Draw => open(By::Draw),
            Outcome::NoResult => open(By::NoResult),
            Outcome::Abandoned => open(By::Abandoned),
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(it: &bool) -> bool {
    !*it
}
