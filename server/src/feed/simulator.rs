//! The sandbox match: a plausible T20 between clubs that do not exist, played by dice.
//!
//! [`setup`] says who plays, [`next`] what happens next. Both are pure: what comes next follows from the state of the
//! match, a seed and the number of the command alone, so a restart goes on with the very ball that was due, and no
//! generator's state needs storing. Invariant: [`cricket::Match::apply`] never refuses what [`next`] answers.
//!
//! Rates and distributions are set to those of real T20 cricket; `tests.rs` holds them against archived matches.

mod ball;
mod clubs;
mod dice;
#[cfg(test)]
mod tests;

pub(crate) use clubs::setup;

use clubs::{Bowls, Role, role};
use cricket::{
    BatterState, Command, Innings, InningsEnd, InningsStart, Match, Outcome, Phase, PlayerId, PlayerIn,
    Powerplay, PowerplayKind, Side, Tiebreak, Toss,
};
use dice::Dice;

/// Chances in 1,000.
const LATE_START: u32 = 30;
const WINNER_OF_TOSS_BATS: u32 = 400;
/// Before each ball of an innings; one match in five is interrupted by rain.
const RAIN: u32 = 1;

/// A tie goes to a super over, a tied one to another, at most this often.
const SUPER_OVERS_MAX: usize = 3;
/// Drinks come before this over (from 0).
const DRINKS_OVER: u16 = 10;
/// The fielding restrictions' last over (from 0).
const POWERPLAY_LAST_OVER: u16 = 5;
/// From this over (from 0) on, batters risk what they have.
const DEATH_OVER: u16 = 15;
/// Overs that one bowler may bowl in an innings.
const BOWLER_OVERS_MAX: u16 = 4;

/// The notes of the breaks, by which the next call knows what has been.
const INNINGS_BREAK: &str = "Innings break";
const DRINKS: &str = "Drinks";
const BEFORE_SUPER_OVER: &str = "Super over to come";

/// The command that follows in `game`, which a match of [`setup`] has come to; none once the match has its result and
/// its player of the match. `seq` is the number under which the command will be logged: another number, other dice.
///
/// Two calls with the same state, seed and number answer the same. A few dozen integer operations, no I/O.
pub(crate) fn next(game: &Match, seed: u64, seq: u64) -> Option<Command> {
    let mut dice = Dice::new(seed, seq);
    if game.outcome.is_some() {
        return game.awards.is_empty().then(|| Command::Awards(vec![player_of_the_match(game)]));
    }
    Some(match (game.phase, game.current()) {
        (Phase::Delayed, _) => Command::Resume,
        (_, Some(innings)) => during(game, innings, &mut dice),
        (_, None) if game.innings.is_empty() => before_play(game, &mut dice),
        (_, None) => between_innings(game),
    })
}

fn before_play(game: &Match, dice: &mut Dice) -> Command {
    match game.toss {
        None if dice.chance(LATE_START) => Command::Delay("Wet outfield".to_owned()),
        None => {
            let winner = if dice.chance(500) { Side::Home } else { Side::Away };
            Command::Toss(Toss { winner, bats: dice.chance(WINNER_OF_TOSS_BATS) })
        }
        Some(toss) => start(if toss.bats { toss.winner } else { toss.winner.other() }, false),
    }
}

fn during(game: &Match, innings: &Innings, dice: &mut Dice) -> Command {
    if !innings.super_over && innings.powerplays.is_empty() {
        return Command::Powerplay(Powerplay {
            kind: PowerplayKind::Mandatory,
            from_over: 0,
            from_ball: 1,
            to_over: POWERPLAY_LAST_OVER,
            to_ball: 6,
        });
    }
    if innings.at_wicket().count() < 2 {
        return match next_batter(game, innings) {
            Some(player) => Command::BatterIn(PlayerIn { player }),
            None => Command::InningsEnd(InningsEnd::AllOut),
        };
    }
    let is_between_overs = innings.bowler.is_none();
    // The next ball ends the break, so that neither is asked again in it.
    if game.phase == Phase::Play && !innings.super_over {
        if is_between_overs && innings.overs == DRINKS_OVER {
            return Command::Break(DRINKS.to_owned());
        }
        if dice.chance(RAIN) {
            return Command::Delay("Rain".to_owned());
        }
    }
    let bowler = innings.bowler.unwrap_or_else(|| next_bowler(game, innings, dice));
    Command::Ball(ball::bowl(game, innings, bowler, dice))
}

/// An innings has ended: a break and another innings, or the result.
fn between_innings(game: &Match) -> Command {
    let pairs = game.innings.len() / 2;
    let is_second_due = game.innings.len() % 2 == 1;
    let super_over = match game.computed_outcome() {
        // Only somebody else's command can have led here.
        None if !is_second_due => return Command::Result(Outcome::NoResult),
        None => pairs > 0,
        Some(Outcome::Tie { tiebreak: None, .. }) if pairs <= SUPER_OVERS_MAX => true,
        Some(outcome) => return Command::Result(outcome),
    };
    let break_note = if super_over { BEFORE_SUPER_OVER } else { INNINGS_BREAK };
    // Super overs follow each other without a pause, but for the first.
    let pauses = game.innings.len() <= 2;
    if pauses && game.note != break_note {
        return Command::Break(break_note.to_owned());
    }
    let last = game.innings.last().map_or(Side::Home, |it| it.batting);
    // Who batted second bats first in the super over (ICC T20I playing conditions, appendix F).
    start(if is_second_due { last.other() } else { last }, super_over)
}

fn start(batting: Side, super_over: bool) -> Command {
    Command::InningsStart(InningsStart { batting, super_over, ..InningsStart::default() })
}

/// The next in the order who has not batted; else one who retired. None when the side has nobody left.
fn next_batter(game: &Match, innings: &Innings) -> Option<PlayerId> {
    let may_bat = |id: &PlayerId| !innings.absent.contains(id);
    let fresh = side(game, innings.batting).filter(may_bat).find(|&id| innings.batter(id).is_none());
    let retired = || innings.batters.iter().find(|it| it.state == BatterState::Retired).map(|it| it.player);
    fresh.or_else(retired)
}

/// Who bowls an over: somebody with overs left who did not bowl the one before, by the part of the innings.
///
/// Each side has six bowlers. Before any over but the last at most 19 of their 24 are bowled, so at least five are left,
/// more than one bowler's four: there is always another one to turn to.
fn next_bowler(game: &Match, innings: &Innings, dice: &mut Dice) -> PlayerId {
    let may_bowl = |id: PlayerId| {
        Some(id) != innings.last_bowler && innings.bowler_of(id).is_none_or(|it| it.overs < BOWLER_OVERS_MAX)
    };
    let part = Part::of(innings);
    let weights: Vec<(PlayerId, u32)> = side(game, innings.batting.other())
        .filter(|&id| may_bowl(id))
        .map(|id| (id, bowls(game, id).map_or(0, |it| it.overs[part as usize])))
        .collect();
    // Without any bowler (only somebody else's commands can lead there), one of the batters bowls.
    dice.pick(&weights)
}

/// The parts of a T20 innings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Powerplay,
    Middle,
    Death,
}

impl Part {
    fn of(innings: &Innings) -> Part {
        if innings.super_over || innings.overs >= DEATH_OVER {
            Part::Death
        } else if innings.overs > POWERPLAY_LAST_OVER {
            Part::Middle
        } else {
            Part::Powerplay
        }
    }
}

/// The players of a side in batting order.
fn side(game: &Match, side: Side) -> impl Iterator<Item = PlayerId> {
    (0_u16..).zip(&game.setup.players).filter(move |(_, it)| it.side == side).map(|(id, _)| PlayerId(id))
}

/// What a player is good at, by the place in the order.
fn role_of(game: &Match, player: PlayerId) -> Role {
    let known = game.setup.player(player);
    let place = known.and_then(|it| side(game, it.side).position(|id| id == player));
    role(place.unwrap_or(0))
}

fn bowls(game: &Match, player: PlayerId) -> Option<Bowls> {
    role_of(game, player).bowls
}

/// Who did most for the winners (of both sides, where nobody won): a run counts one, a wicket 22.
fn player_of_the_match(game: &Match) -> PlayerId {
    let winner = match game.outcome {
        Some(
            Outcome::Runs { winner, .. }
            | Outcome::Wickets { winner, .. }
            | Outcome::Innings { winner, .. }
            | Outcome::Win { winner, .. }
            | Outcome::Tie { tiebreak: Some(Tiebreak::SuperOver(winner)), .. },
        ) => Some(winner),
        _ => None,
    };
    let merit = |id: PlayerId| -> u32 {
        let of = |it: &Innings| {
            let runs = it.batter(id).map_or(0, |it| u32::from(it.runs));
            runs + it.bowler_of(id).map_or(0, |it| 22 * u32::from(it.wickets))
        };
        game.innings.iter().map(of).sum()
    };
    let sides = [Side::Home, Side::Away].into_iter().filter(|&it| winner.is_none_or(|winner| winner == it));
    sides.flat_map(|it| side(game, it)).max_by_key(|&id| merit(id)).unwrap_or_default()
}
