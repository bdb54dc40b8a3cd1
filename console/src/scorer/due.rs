//! What a match waits for next.

use super::choices::Choices;
use cricket::{Innings, Match, Outcome, Phase, PlayerId, Setup, Side};

/// What the scorer is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Toss,
    /// Who opens, and who bowls first.
    Openers {
        batting: Side,
        super_over: bool,
    },
    /// Play has stopped, with the reason.
    Resume {
        note: String,
    },
    /// Somebody must come in.
    Batter,
    /// Who of the two at the wicket faces: the Laws do not tell (after a run out).
    Ends {
        first: PlayerId,
        second: PlayerId,
    },
    /// Who bowls the over that begins.
    Bowler,
    /// The next ball.
    Ball(Crease),
    /// The match is over but for the result; the totals may tell it.
    Verdict {
        proposal: Option<Outcome>,
    },
    /// There is a result.
    Nothing,
}

/// Who is where as the bowler runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crease {
    pub striker: PlayerId,
    pub non_striker: PlayerId,
    pub bowler: PlayerId,
    /// Set when the ball is one more in an over that was complete.
    pub over: Option<u16>,
}

impl Due {
    /// What is due now, given what was chosen for the next ball.
    pub fn of(game: &Match, choices: &Choices) -> Self {
        if game.outcome.is_some() {
            return Due::Nothing;
        }
        if matches!(game.phase, Phase::Delayed | Phase::Break) && !game.note.is_empty() {
            return Due::Resume { note: game.note.clone() };
        }
        match game.innings.last() {
            Some(innings) if innings.end.is_none() => at_the_wicket(&game.setup, innings, choices),
            // One more ball in a last over that was miscounted opens the innings again.
            Some(innings) if choices.over.is_some() => at_the_wicket(&game.setup, innings, choices),
            None if game.toss.is_none() => Due::Toss,
            _ => between_innings(game, choices),
        }
    }
}

fn at_the_wicket(setup: &Setup, innings: &Innings, choices: &Choices) -> Due {
    let mut pair = innings.at_wicket().map(|it| it.player);
    let (Some(first), Some(second)) = (pair.next(), pair.next()) else { return Due::Batter };
    let Some(bowler) = bowler(setup, innings, choices) else { return Due::Bowler };
    let over = reopened(innings, choices);
    let known = |player: Option<PlayerId>| player.filter(|it| *it == first || *it == second);
    let other = |player: PlayerId| if player == first { second } else { first };
    // The game has turned the batters round for the next over; a ball that belongs to the last one finds them as they were.
    let (faces, waits) = match over {
        Some(_) if setup.format != cricket::Format::Hundred => (innings.non_striker, innings.striker),
        _ => (innings.striker, innings.non_striker),
    };
    match known(choices.striker).or(known(faces)).or(known(waits).map(other)) {
        Some(striker) => Due::Ball(Crease { striker, non_striker: other(striker), bowler, over }),
        None => Due::Ends { first, second },
    }
}

/// Who bowls the next ball: as chosen where the Laws allow it, else whose over it is.
fn bowler(setup: &Setup, innings: &Innings, choices: &Choices) -> Option<PlayerId> {
    if reopened(innings, choices).is_some() {
        return innings.last_bowler;
    }
    let chosen = choices.bowler.filter(|it| may_bowl(setup, innings, *it));
    chosen.or(innings.bowler)
}

fn reopened(innings: &Innings, choices: &Choices) -> Option<u16> {
    choices.over.filter(|over| !innings.over_begun() && innings.overs.checked_sub(1) == Some(*over))
}

/// Whether the player may bowl the next ball: of the fielding side, and not two overs in a row (Law 17.6; The Hundred
/// lets a bowler go on for a second set).
pub(super) fn may_bowl(setup: &Setup, innings: &Innings, player: PlayerId) -> bool {
    let fields = setup.player(player).is_some_and(|it| it.side != innings.batting);
    let tired = innings.last_bowler == Some(player)
        && !innings.over_begun()
        && setup.format != cricket::Format::Hundred;
    fields && !tired
}

fn between_innings(game: &Match, choices: &Choices) -> Due {
    let regular: Vec<&Innings> = game.innings.iter().filter(|it| !it.super_over).collect();
    let super_overs = game.innings.len() - regular.len();
    if super_overs % 2 == 1 || (choices.super_over && regular.len() >= 2) {
        return Due::Openers {
            batting: choices.batting.unwrap_or_else(|| super_over_side(game)),
            super_over: true,
        };
    }
    let proposal = game.computed_outcome();
    if proposal.is_some() || regular.len() >= 2 * game.setup.innings_a_side() {
        return Due::Verdict { proposal };
    }
    Due::Openers { batting: choices.batting.unwrap_or_else(|| next_side(game, &regular)), super_over: false }
}

/// Whose turn it is: the toss, then the side with fewer innings, then the other one.
fn next_side(game: &Match, regular: &[&Innings]) -> Side {
    let had = |side: Side| regular.iter().filter(|it| it.batting == side).count();
    match (regular.last(), game.toss) {
        (None, Some(toss)) if toss.bats => toss.winner,
        (None, Some(toss)) => toss.winner.other(),
        (None, None) => Side::Home,
        (Some(last), _) => match had(Side::Home).cmp(&had(Side::Away)) {
            std::cmp::Ordering::Less => Side::Home,
            std::cmp::Ordering::Greater => Side::Away,
            std::cmp::Ordering::Equal => last.batting.other(),
        },
    }
}

/// The side that batted second bats first in a super over; of a pair, the other follows.
fn super_over_side(game: &Match) -> Side {
    let super_overs = game.innings.iter().filter(|it| it.super_over).count();
    let last = game.innings.last().map_or(Side::Home, |it| it.batting);
    // After a tied pair the side that batted second in it begins the next (ICC playing conditions, Super Over).
    if super_overs.is_multiple_of(2) { last } else { last.other() }
}
