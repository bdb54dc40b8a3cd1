//! Batters coming and going, and who will face.

use crate::{
    Ball, Batter, BatterState, Dismissal, DismissalKind, Fall, Innings, Partnership, PlayerId, Refusal, Setup,
};

impl Innings {
    /// Whether this player may be at the wicket now: of the batting side, not out, not absent.
    pub(crate) fn check_may_bat(&self, setup: &Setup, player: PlayerId) -> Result<(), Refusal> {
        let known = setup.player(player).ok_or(Refusal::UnknownPlayer { player })?;
        if known.side != self.batting {
            return Err(Refusal::WrongSide { player });
        }
        let out = self.batter(player).is_some_and(|it| it.state == BatterState::Out);
        if out || self.absent.contains(&player) {
            return Err(Refusal::AlreadyOut { player });
        }
        Ok(())
    }

    /// Whether there is room at the wicket for those of `players` who are not there yet.
    pub(crate) fn check_room(&self, players: &[PlayerId]) -> Result<(), Refusal> {
        let others = self.at_wicket().filter(|it| !players.contains(&it.player)).count();
        if others + players.len() > 2 { Err(Refusal::CreaseFull) } else { Ok(()) }
    }

    /// Brings a batter to the wicket, for the first time or again, to the end where one is missing.
    pub(crate) fn bring_in(&mut self, player: PlayerId) {
        let at = match self.batters.iter().position(|it| it.player == player) {
            Some(at) => at,
            None => {
                self.batters.push(Batter { player, state: BatterState::Retired, ..Batter::default() });
                self.batters.len() - 1
            }
        };
        let batter = &mut self.batters[at];
        if batter.state == BatterState::Batting {
            return;
        }
        batter.state = BatterState::Batting;
        batter.dismissal = None;
        batter.dismissed_by = None;
        match (self.striker, self.non_striker) {
            (None, Some(other)) if other != player => self.striker = Some(player),
            (Some(other), None) if other != player => self.non_striker = Some(player),
            (None, None) if self.batters.len() == 1 => self.striker = Some(player),
            _ => {}
        }
    }

    /// Lets the pair of this ball go on with its partnership, or begin one.
    pub(crate) fn pair(&mut self, striker: PlayerId, non_striker: PlayerId) -> Option<&mut Partnership> {
        let wicket = self.wickets.saturating_add(1);
        let same = self.partnerships.last().is_some_and(|it| {
            it.wicket == wicket
                && ((it.first, it.second) == (striker, non_striker)
                    || (it.first, it.second) == (non_striker, striker))
        });
        if !same {
            let place = |player| self.batters.iter().position(|it| it.player == player);
            let (first, second) = if place(striker) <= place(non_striker) {
                (striker, non_striker)
            } else {
                (non_striker, striker)
            };
            self.partnerships.push(Partnership { first, second, wicket, ..Partnership::default() });
        }
        self.partnerships.last_mut()
    }

    /// A batter goes. `bowler` is set when it happened on a ball.
    pub(crate) fn send_back(&mut self, dismissal: &Dismissal, bowler: Option<PlayerId>) {
        let player = dismissal.player;
        if self.batter(player).is_none() {
            self.batters.push(Batter { player, ..Batter::default() });
        }
        let wicket = dismissal.kind.is_wicket();
        if let Some(batter) = self.batters.iter_mut().find(|it| it.player == player) {
            batter.state = if wicket { BatterState::Out } else { BatterState::Retired };
            batter.dismissal = Some(dismissal.clone());
            batter.dismissed_by = bowler;
        }
        if wicket {
            self.wickets = self.wickets.saturating_add(1);
            self.falls.push(Fall {
                wicket: self.wickets,
                runs: self.runs,
                player,
                overs: self.overs,
                balls: self.over_balls,
            });
            // Between overs it counts in the one just completed.
            if self.over_totals.is_empty() {
                self.open_total();
            }
            if let Some(total) = self.over_totals.last_mut() {
                total.wickets = total.wickets.saturating_add(1);
            }
        }
    }

    /// Clears the end of a batter who left between balls.
    pub(crate) fn clear_end(&mut self, player: PlayerId) {
        if self.striker == Some(player) {
            self.striker = None;
        }
        if self.non_striker == Some(player) {
            self.non_striker = None;
        }
    }

    /// Who will face after this ball, before a change of ends: batters cross for odd runs (Law 18.12); who follows a
    /// batter out goes to the end where that wicket fell, the striker's for a catch since 1 October 2022 (Law 18.11).
    pub(crate) fn predict(&mut self, setup: &Setup, ball: &Ball) {
        self.striker = Some(ball.striker);
        self.non_striker = Some(ball.non_striker);
        if runs_run(ball) % 2 == 1 {
            std::mem::swap(&mut self.striker, &mut self.non_striker);
        }
        for dismissal in &ball.wickets {
            match dismissal.kind {
                DismissalKind::RunOut | DismissalKind::ObstructingTheField => {
                    (self.striker, self.non_striker) = (None, None);
                }
                DismissalKind::Caught | DismissalKind::CaughtAndBowled if crossing_counted(setup) => {
                    (self.striker, self.non_striker) = (None, None);
                }
                _ => self.clear_end(dismissal.player),
            }
        }
    }
}

/// Runs for which the batters changed ends. A no-ball's own runs are not run; a wide's beyond the first are.
fn runs_run(ball: &Ball) -> u16 {
    let bat = if ball.boundary.is_some() { 0 } else { u16::from(ball.runs) };
    bat + ball.extras.byes + ball.extras.leg_byes + ball.extras.wides.saturating_sub(1)
}

/// Until October 2022 a caught batter's partner who had crossed faced the next ball; nothing records whether.
fn crossing_counted(setup: &Setup) -> bool {
    !setup.date.is_empty() && setup.date.as_str() < "2022-10-01"
}
