//! The result that the totals give, where they give one.

use crate::{Innings, InningsEnd, Match, Outcome, Side, Tiebreak};

impl Match {
    /// The result by the totals alone: what a scorer is offered to confirm. None while play can change it, and where
    /// only the umpires can tell (rain, draws, D/L without a target). The method by which a target was set is not in it. [`Match::outcome`] is the authority.
    pub fn computed_outcome(&self) -> Option<Outcome> {
        let regular: Vec<&Innings> = self.innings.iter().filter(|it| !it.super_over).collect();
        let last = *regular.last()?;
        let end = last.end?;
        let settled = if self.setup.format.is_multi_day() {
            self.multi_day_outcome(&regular, last, end)
        } else {
            self.limited_outcome(&regular, last, end)
        }?;
        match settled {
            Outcome::Tie { method, .. } if !self.setup.format.is_multi_day() => {
                Some(Outcome::Tie { tiebreak: self.super_over_winner()?.map(Tiebreak::SuperOver), method })
            }
            settled => Some(settled),
        }
    }

    fn limited_outcome(&self, regular: &[&Innings], last: &Innings, end: InningsEnd) -> Option<Outcome> {
        if regular.len() != 2 || regular[0].batting == last.batting {
            return None;
        }
        chase(self, last, end)
    }

    fn multi_day_outcome(&self, regular: &[&Innings], last: &Innings, end: InningsEnd) -> Option<Outcome> {
        let batting = last.batting;
        let lead = self.runs_of(batting) - self.runs_of(batting.other());
        let done = matches!(end, InningsEnd::AllOut | InningsEnd::Declared | InningsEnd::Forfeited);
        match regular.len() {
            // All out twice without making the other's one innings.
            3 if done && lead < 0 && self.innings_of(batting) == 2 => {
                Some(Outcome::Innings { winner: batting.other(), runs: margin(-lead)?, method: None })
            }
            4 => chase(self, last, end),
            _ => None,
        }
    }

    /// The winner of the last pair of super overs; inner none when they were tied, outer none while one is unfinished.
    fn super_over_winner(&self) -> Option<Option<Side>> {
        let overs: Vec<&Innings> = self.innings.iter().filter(|it| it.super_over).collect();
        if overs.len() % 2 == 1 {
            return None;
        }
        let [.., first, second] = overs.as_slice() else { return Some(None) };
        second.end?;
        Some(match first.runs.cmp(&second.runs) {
            std::cmp::Ordering::Greater => Some(first.batting),
            std::cmp::Ordering::Less => Some(second.batting),
            std::cmp::Ordering::Equal => None,
        })
    }
}

/// How a chase ended; none when it was broken off short of its target, or the target was withdrawn.
fn chase(game: &Match, last: &Innings, end: InningsEnd) -> Option<Outcome> {
    let target = last.target?.runs;
    let (batting, method) = (last.batting, None);
    if last.runs >= target {
        let wickets = last.wickets_max(&game.setup).max(last.wickets) - last.wickets;
        return Some(Outcome::Wickets { winner: batting, wickets, method });
    }
    match end {
        InningsEnd::AllOut | InningsEnd::OversComplete | InningsEnd::Declared | InningsEnd::Forfeited => {}
        InningsEnd::TargetReached | InningsEnd::Closed => return None,
    }
    if last.runs + 1 == target {
        return Some(Outcome::Tie { tiebreak: None, method });
    }
    let runs = target - 1 - last.runs;
    Some(Outcome::Runs { winner: batting.other(), runs, method })
}

fn margin(runs: i32) -> Option<u16> {
    u16::try_from(runs).ok()
}
