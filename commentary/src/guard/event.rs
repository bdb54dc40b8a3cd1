//! What words claim has happened.

use crate::facts::{By, Edge, Ending, Facts, How, Kind, Verdict};
use crate::report::{About, Report};

/// Something that a line can say happened. Each is a bit in a set of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    Wicket,
    Bowled,
    Caught,
    CaughtAndBowled,
    Lbw,
    RunOut,
    Stumped,
    HitWicket,
    /// Handled the ball, hit it twice, obstructed, timed out, retired out.
    RareOut,
    /// Out without a run; with the first ball.
    Duck,
    GoldenDuck,
    Four,
    Six,
    /// Either of them.
    Boundary,
    Single,
    Double,
    Triple,
    /// Runs, how many the figures beside it say.
    Run,
    /// They ran, or could have.
    Ran,
    Wide,
    NoBall,
    Bye,
    LegBye,
    Penalty,
    Extra,
    FreeHit,
    Dot,
    OverEnd,
    Maiden,
    InningsEnd,
    AllOut,
    TargetReached,
    Declared,
    /// There is a target.
    Chase,
    Fifty,
    Hundred,
    Milestone,
    Win,
    Tie,
    Draw,
    NoResult,
    SuperOver,
    /// What nothing is known of: where the ball went, what came before.
    Unknown,
}

/// Names as the languages' files have them.
const NAMES: [(&str, Event); 43] = [
    ("wicket", Event::Wicket),
    ("bowled", Event::Bowled),
    ("caught", Event::Caught),
    ("caught_and_bowled", Event::CaughtAndBowled),
    ("lbw", Event::Lbw),
    ("run_out", Event::RunOut),
    ("stumped", Event::Stumped),
    ("hit_wicket", Event::HitWicket),
    ("rare_out", Event::RareOut),
    ("duck", Event::Duck),
    ("golden_duck", Event::GoldenDuck),
    ("four", Event::Four),
    ("six", Event::Six),
    ("boundary", Event::Boundary),
    ("single", Event::Single),
    ("double", Event::Double),
    ("triple", Event::Triple),
    ("run", Event::Run),
    ("ran", Event::Ran),
    ("wide", Event::Wide),
    ("no_ball", Event::NoBall),
    ("bye", Event::Bye),
    ("leg_bye", Event::LegBye),
    ("penalty", Event::Penalty),
    ("extra", Event::Extra),
    ("free_hit", Event::FreeHit),
    ("dot", Event::Dot),
    ("over_end", Event::OverEnd),
    ("maiden", Event::Maiden),
    ("innings_end", Event::InningsEnd),
    ("all_out", Event::AllOut),
    ("target_reached", Event::TargetReached),
    ("declared", Event::Declared),
    ("chase", Event::Chase),
    ("fifty", Event::Fifty),
    ("hundred", Event::Hundred),
    ("milestone", Event::Milestone),
    ("win", Event::Win),
    ("tie", Event::Tie),
    ("draw", Event::Draw),
    ("no_result", Event::NoResult),
    ("super_over", Event::SuperOver),
    ("unknown", Event::Unknown),
];

impl Event {
    pub(crate) fn of_name(name: &str) -> Option<Event> {
        NAMES.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|it| it.1 == self).map_or("", |it| it.0)
    }

    pub(crate) const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// The bits of these events.
pub(crate) const fn set(events: &[Event]) -> u64 {
    let mut set = 0;
    let mut at = 0;
    while at < events.len() {
        set |= events[at].bit();
        at += 1;
    }
    set
}

/// Words of which one at least must stand in a line about a wicket.
pub(super) const OUTS: u64 = set(&[
    Event::Wicket,
    Event::Bowled,
    Event::Caught,
    Event::CaughtAndBowled,
    Event::Lbw,
    Event::RunOut,
    Event::Stumped,
    Event::HitWicket,
    Event::RareOut,
    Event::Duck,
    Event::GoldenDuck,
]);

/// What is true of the ball.
pub(crate) fn true_of(facts: &Facts) -> u64 {
    let mut events = 0;
    let mut say = |event: Event, is_so: bool| events |= if is_so { event.bit() } else { 0 };
    let extras = &facts.extras;
    for out in &facts.out {
        say(Event::Wicket, true);
        let event = match out.how {
            How::Bowled => Event::Bowled,
            How::Caught => Event::Caught,
            How::CaughtAndBowled => Event::CaughtAndBowled,
            How::Lbw => Event::Lbw,
            How::RunOut => Event::RunOut,
            How::Stumped => Event::Stumped,
            How::HitWicket => Event::HitWicket,
            _ => Event::RareOut,
        };
        say(event, true);
        say(Event::Caught, out.how == How::CaughtAndBowled);
        say(Event::Duck, out.runs == 0);
        say(Event::GoldenDuck, out.runs == 0 && out.balls == 1);
    }
    say(Event::Four, facts.boundary == Some(Edge::Four));
    say(Event::Six, facts.boundary == Some(Edge::Six));
    say(Event::Boundary, facts.boundary.is_some());
    let is_run = facts.boundary.is_none() && extras.wides == 0 && extras.no_balls == 0;
    say(Event::Single, is_run && facts.runs == 1);
    say(Event::Double, is_run && facts.runs == 2);
    say(Event::Triple, is_run && facts.runs == 3);
    say(Event::Run, true);
    say(Event::Ran, facts.runs > 0 && facts.boundary.is_none());
    say(Event::Wide, extras.wides > 0);
    say(Event::NoBall, extras.no_balls > 0);
    say(Event::Bye, extras.byes > 0);
    say(Event::LegBye, extras.leg_byes > 0);
    say(Event::Penalty, extras.penalty > 0);
    say(Event::Extra, extras.wides + extras.no_balls + extras.byes + extras.leg_byes + extras.penalty > 0);
    say(Event::FreeHit, facts.free_hit);
    say(Event::Dot, facts.runs == 0 && facts.out.is_empty());
    say(Event::OverEnd, facts.over_end.is_some());
    say(Event::Maiden, facts.over_end.is_some_and(|it| it.maiden));
    say(Event::InningsEnd, facts.innings_end.is_some());
    say(Event::AllOut, facts.innings_end == Some(Ending::AllOut));
    say(Event::TargetReached, facts.innings_end == Some(Ending::TargetReached));
    say(Event::Declared, facts.innings_end == Some(Ending::Declared));
    say(Event::Chase, facts.chase.is_some());
    say(Event::Fifty, facts.milestone == Some(50));
    say(Event::Hundred, facts.milestone == Some(100));
    say(Event::Milestone, facts.milestone.is_some());
    events | true_of_verdict(facts.verdict.as_ref())
}

/// What is true of a result. Of a tie, too, somebody may have won what settled it.
fn true_of_verdict(verdict: Option<&Verdict>) -> u64 {
    let Some(verdict) = verdict else { return 0 };
    let event = match verdict.by {
        By::Runs | By::Wickets | By::Innings | By::Win => 0,
        By::Tie | By::BowlOut | By::Tiebreak => Event::Tie.bit(),
        By::SuperOver => set(&[Event::Tie, Event::SuperOver]),
        By::Draw => Event::Draw.bit(),
        By::NoResult | By::Abandoned => Event::NoResult.bit(),
    };
    event | if verdict.winner.is_some() { Event::Win.bit() } else { 0 }
}

/// What is true of a stretch of play. Of extras and of runs nothing is known: they may not be told.
pub(super) fn true_of_report(report: &Report) -> u64 {
    let mut events = 0;
    let mut say = |event: Event, is_so: bool| events |= if is_so { event.bit() } else { 0 };
    let has = |how: &[How]| report.out.iter().any(|it| how.contains(&it.how));
    let makes = |runs: u16| report.batter.as_ref().is_some_and(|it| it.runs >= runs);
    let by = report.verdict.as_ref().map(|it| it.by);
    let is_won_by_wickets = by == Some(By::Wickets);
    say(Event::Wicket, report.wickets > 0 || report.bowler.is_some() || is_won_by_wickets);
    say(Event::Bowled, has(&[How::Bowled]));
    say(Event::Caught, has(&[How::Caught, How::CaughtAndBowled]));
    say(Event::CaughtAndBowled, has(&[How::CaughtAndBowled]));
    say(Event::Lbw, has(&[How::Lbw]));
    say(Event::RunOut, has(&[How::RunOut]));
    say(Event::Stumped, has(&[How::Stumped]));
    say(Event::HitWicket, has(&[How::HitWicket]));
    say(Event::Duck, report.out.iter().any(|it| it.runs == 0));
    say(Event::Four, report.fours > 0);
    say(Event::Six, report.sixes > 0);
    say(Event::Boundary, report.fours + report.sixes > 0);
    say(Event::Run, true);
    say(Event::Ran, true);
    say(Event::Fifty, report.batter.as_ref().is_some_and(|it| (50..100).contains(&it.runs)));
    say(Event::Hundred, makes(100));
    say(Event::Milestone, makes(50));
    say(Event::InningsEnd, report.about == About::Innings);
    say(Event::AllOut, report.score.all_out);
    say(Event::TargetReached, report.chase.is_some_and(|it| it.needed == 0));
    say(Event::Chase, report.chase.is_some());
    events | true_of_verdict(report.verdict.as_ref())
}

/// The events of which one at least must be said: what the ball was above all.
pub(crate) fn required_of(facts: &Facts) -> u64 {
    match facts.kind {
        Kind::Wicket => OUTS,
        Kind::Six => Event::Six.bit(),
        Kind::Four => set(&[Event::Four, Event::Boundary]),
        Kind::NoBall => Event::NoBall.bit(),
        Kind::Wide => Event::Wide.bit(),
        Kind::LegBye => Event::LegBye.bit(),
        Kind::Bye => Event::Bye.bit(),
        Kind::Penalty => Event::Penalty.bit(),
        Kind::Runs => set(&[Event::Single, Event::Double, Event::Triple]),
        Kind::Dot => Event::Dot.bit(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_a_name_and_a_bit_of_its_own() {
        let mut all = 0;
        for (name, event) in NAMES {
            assert_eq!(Event::of_name(name), Some(event));
            assert_eq!(all & event.bit(), 0, "{name}");
            all |= event.bit();
        }
    }
}
