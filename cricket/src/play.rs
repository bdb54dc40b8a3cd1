//! Folding commands into the match.

use crate::bowl::INNINGS_RUNS_MAX;
use crate::{
    Ball, BatterState, Change, Command, Dismissal, DismissalKind, Innings, InningsEnd, InningsStart, Match,
    Outcome, Penalty, Phase, PlayerId, Powerplay, Refusal, Replacement, Role, Setup, Side, Target, TargetSet,
    Toss,
};

/// Innings of a match, super overs included.
const INNINGS_MAX: usize = 40;
/// Entries of the short lists: powerplays of an innings, replacements, players of the match.
const LIST_MAX: usize = 64;
/// Bytes of a note or reason.
const NOTE_BYTES_MAX: usize = 500;

impl Match {
    /// Checks the command and folds it in. A refusal leaves the match as it was. Cost: a scan of the batters and bowlers
    /// of the innings, 0.2 µs a ball; a whole T20 takes 0.06 ms (`benches/fold.rs`, on two busy cores).
    pub fn apply(&mut self, command: &Command) -> Result<Change, Refusal> {
        if self.outcome.is_some() && !matches!(command, Command::Awards(_)) {
            return Err(Refusal::MatchOver);
        }
        match command {
            Command::Toss(toss) => self.take_toss(*toss),
            Command::InningsStart(start) => self.start_innings(start),
            Command::Target(target) => self.take_target(target),
            Command::Ball(ball) => self.take_ball(ball),
            Command::OverEnd => self.take_over_end(),
            Command::BatterIn(batter) => self.take_batter_in(batter.player),
            Command::BatterOut(dismissal) => self.take_batter_out(dismissal),
            Command::Absent(batter) => self.take_absent(batter.player),
            Command::Penalty(penalty) => self.take_penalty(penalty),
            Command::Powerplay(powerplay) => self.take_powerplay(*powerplay),
            Command::Replacement(replacement) => self.take_replacement(replacement),
            Command::InningsEnd(end) => self.take_innings_end(*end),
            Command::Delay(note) => self.stop(Phase::Delayed, note),
            Command::Break(note) => self.stop(Phase::Break, note),
            Command::Resume => self.resume(),
            Command::Result(outcome) => self.take_result(outcome),
            Command::Awards(players) => self.take_awards(players),
        }
    }

    /// The innings in progress, with the setup beside it.
    fn open(&mut self) -> Result<(&Setup, &mut Innings), Refusal> {
        let innings = self.innings.last_mut().ok_or(Refusal::NoInnings)?;
        match innings.end {
            Some(end) => Err(Refusal::InningsOver { end }),
            None => Ok((&self.setup, innings)),
        }
    }

    /// Ends the innings if its balls say so, and names it in the change.
    fn settle(&mut self, mut change: Change) -> Change {
        change.innings = self.innings.len().checked_sub(1);
        if let Some(innings) = self.innings.last_mut()
            && innings.end.is_none()
        {
            innings.end = innings.natural_end(&self.setup);
            change.innings_end = innings.end;
            if innings.end.is_some() {
                self.phase = Phase::Break;
                self.note.clear();
            }
        }
        change
    }

    fn take_toss(&mut self, toss: Toss) -> Result<Change, Refusal> {
        if !self.innings.is_empty() {
            return Err(Refusal::NotNow);
        }
        self.toss = Some(toss);
        Ok(Change::default())
    }

    fn start_innings(&mut self, start: &InningsStart) -> Result<Change, Refusal> {
        if self.innings.last().is_some_and(|it| it.end.is_none()) {
            return Err(Refusal::InningsInProgress);
        }
        if self.innings.len() >= INNINGS_MAX {
            return Err(Refusal::TooMany { what: "innings", max: INNINGS_MAX as u32 });
        }
        if !start.as_recorded {
            self.check_turn(start)?;
        }
        let overs_max = match (start.overs, start.super_over) {
            (Some(overs), _) => Some(overs),
            (None, true) => Some(1),
            (None, false) => self.setup.overs,
        };
        let target = self.derived_target(start.batting, start.super_over);
        self.innings.push(Innings {
            batting: start.batting,
            super_over: start.super_over,
            follow_on: start.follow_on,
            overs_max,
            target,
            ..Innings::default()
        });
        self.phase = Phase::Play;
        self.note.clear();
        Ok(self.settle(Change::default()))
    }

    /// Whether the format lets this side bat (again).
    fn check_turn(&self, start: &InningsStart) -> Result<(), Refusal> {
        let played = self.innings.iter().filter(|it| !it.super_over).count();
        let had = if start.super_over {
            self.super_overs_of(start.batting)
        } else {
            self.innings_of(start.batting)
        };
        let others = self.super_overs_of(start.batting.other());
        let allowed = if start.super_over {
            // Turn by turn, once both sides have had their innings.
            !self.setup.format.is_multi_day() && played >= 2 && had <= others
        } else {
            had < self.setup.innings_a_side() && self.innings.len() == played
        };
        if allowed { Ok(()) } else { Err(Refusal::NoInningsLeft) }
    }

    fn super_overs_of(&self, side: Side) -> usize {
        self.innings.iter().filter(|it| it.super_over && it.batting == side).count()
    }

    /// What a side about to bat has to make: one more than the other, in the last innings of the match or of a pair of
    /// super overs.
    fn derived_target(&self, batting: Side, super_over: bool) -> Option<Target> {
        let needed = if super_over {
            let other = self.innings.last().filter(|it| it.super_over && it.batting != batting)?;
            let odd = self.innings.iter().filter(|it| it.super_over).count() % 2 == 1;
            odd.then_some(i32::from(other.runs) + 1)?
        } else {
            let last = 2 * self.setup.innings_a_side() - 1;
            let full = self.setup.innings_a_side();
            let decides = self.innings.len() == last && self.innings_of(batting.other()) == full;
            decides.then_some(self.runs_of(batting.other()) - self.runs_of(batting) + 1)?
        };
        let runs = u16::try_from(needed).ok().filter(|&it| it > 0)?;
        Some(Target { runs, from_feed: false })
    }

    fn take_target(&mut self, set: &TargetSet) -> Result<Change, Refusal> {
        let count = self.innings.len();
        let innings = self.innings.last_mut().ok_or(Refusal::NoInnings)?;
        // A revised target can end an innings or let one go on; what a captain or a wicket ended stays ended.
        match innings.end {
            None | Some(InningsEnd::TargetReached | InningsEnd::OversComplete | InningsEnd::Closed) => {}
            Some(end) => return Err(Refusal::InningsOver { end }),
        }
        if set.runs > INNINGS_RUNS_MAX {
            return Err(Refusal::TooMany { what: "runs to win", max: u32::from(INNINGS_RUNS_MAX) });
        }
        if set.overs.is_some_and(|it| it > Setup::OVERS_MAX) {
            return Err(Refusal::TooMany { what: "overs", max: u32::from(Setup::OVERS_MAX) });
        }
        if set.runs > 0 && count == 1 {
            return Err(Refusal::NotNow);
        }
        innings.target = (set.runs > 0).then_some(Target { runs: set.runs, from_feed: true });
        if let Some(overs) = set.overs {
            (innings.overs_max, innings.balls_max) = (Some(overs), set.balls);
        }
        let was = innings.end.take();
        let change = self.settle(Change::default());
        if let Some(innings) = self.innings.last_mut()
            && innings.end.is_none()
        {
            match was {
                Some(InningsEnd::Closed) => innings.end = was,
                Some(_) => self.phase = Phase::Play,
                None => {}
            }
        }
        Ok(change)
    }

    fn take_ball(&mut self, ball: &Ball) -> Result<Change, Refusal> {
        let innings = self.innings.last_mut().ok_or(Refusal::NoInnings)?;
        let place = innings.check_ball(&self.setup, ball)?;
        let change = innings.take_ball(&self.setup, ball, place);
        if self.phase != Phase::Play {
            self.phase = Phase::Play;
            self.note.clear();
        }
        Ok(self.settle(change))
    }

    fn take_over_end(&mut self) -> Result<Change, Refusal> {
        let (setup, innings) = self.open()?;
        if innings.over_balls == 0 {
            return Err(Refusal::EmptyOver);
        }
        let maiden = innings.end_over(setup);
        Ok(self.settle(Change { over_ended: true, maiden, ..Change::default() }))
    }

    fn take_batter_in(&mut self, player: PlayerId) -> Result<Change, Refusal> {
        let (setup, innings) = self.open()?;
        innings.check_may_bat(setup, player)?;
        if innings.at_wicket().any(|it| it.player == player) {
            return Err(Refusal::SamePlayer { player });
        }
        innings.check_room(&[player])?;
        innings.bring_in(player);
        Ok(self.settle(Change::default()))
    }

    fn take_batter_out(&mut self, dismissal: &Dismissal) -> Result<Change, Refusal> {
        let (setup, innings) = self.open()?;
        let (player, kind) = (dismissal.player, dismissal.kind);
        innings.check_may_bat(setup, player)?;
        let at_wicket = innings.at_wicket().any(|it| it.player == player);
        let timed_out = kind == DismissalKind::TimedOut;
        let between_balls = timed_out || matches!(kind, DismissalKind::RetiredOut) || !kind.is_wicket();
        if !between_balls {
            return Err(Refusal::ImpossibleDismissal { kind });
        }
        if !at_wicket && !timed_out {
            return Err(Refusal::NotBatting { player });
        }
        if kind.is_wicket() && innings.wickets >= innings.wickets_max(setup) {
            return Err(Refusal::NoWicketLeft { wickets: innings.wickets });
        }
        crate::bowl::check_fielders(setup, dismissal)?;
        innings.send_back(dismissal, None);
        innings.clear_end(player);
        let wickets = u8::from(kind.is_wicket());
        Ok(self.settle(Change { wickets, ..Change::default() }))
    }

    fn take_absent(&mut self, player: PlayerId) -> Result<Change, Refusal> {
        let (setup, innings) = self.open()?;
        innings.check_may_bat(setup, player)?;
        if innings.at_wicket().any(|it| it.player == player) {
            return Err(Refusal::NotNow);
        }
        innings.absent.push(player);
        Ok(self.settle(Change::default()))
    }

    /// Adds penalty runs; also right after an innings has ended, which can then have reached its target by them. A new
    /// total never brings an ended innings back.
    fn take_penalty(&mut self, penalty: &Penalty) -> Result<Change, Refusal> {
        let index = self.penalty_innings(penalty)?;
        let innings = &mut self.innings[index];
        if penalty.runs > 100 || innings.runs + penalty.runs > INNINGS_RUNS_MAX {
            return Err(Refusal::TooMany { what: "penalty runs", max: 100 });
        }
        innings.runs += penalty.runs;
        innings.extras.penalty += penalty.runs;
        if !penalty.outside_play
            && !penalty.to_fielding
            && innings.over_begun()
            && let Some(total) = innings.over_totals.get_mut(usize::from(innings.overs))
        {
            total.runs += penalty.runs;
        }
        if penalty.to_fielding
            && let Some(target) = self.innings.last_mut().and_then(|it| it.target.as_mut())
            && !target.from_feed
        {
            target.runs += penalty.runs;
        }
        let mut change = Change { runs: penalty.runs, ..Change::default() };
        let innings = &mut self.innings[index];
        if innings.end.is_some() && innings.target.is_some_and(|it| innings.runs >= it.runs) {
            innings.end = Some(InningsEnd::TargetReached);
            change.innings_end = innings.end;
        }
        Ok(Change { innings: Some(index), ..self.settle(change) })
    }

    fn penalty_innings(&self, penalty: &Penalty) -> Result<usize, Refusal> {
        let last = self.innings.len().checked_sub(1).ok_or(Refusal::NoInnings)?;
        if !penalty.to_fielding {
            return match self.innings[last].end {
                Some(end) if !penalty.outside_play => Err(Refusal::InningsOver { end }),
                _ => Ok(last),
            };
        }
        let fielding = self.innings[last].batting.other();
        let ended = |it: &Innings| it.batting == fielding && it.end.is_some();
        self.innings.iter().rposition(ended).ok_or(Refusal::NotNow)
    }

    fn take_powerplay(&mut self, powerplay: Powerplay) -> Result<Change, Refusal> {
        let (_, innings) = self.open()?;
        if innings.powerplays.len() >= LIST_MAX {
            return Err(Refusal::TooMany { what: "powerplays", max: LIST_MAX as u32 });
        }
        if (powerplay.to_over, powerplay.to_ball) < (powerplay.from_over, powerplay.from_ball) {
            return Err(Refusal::NotNow);
        }
        innings.powerplays.push(powerplay);
        Ok(self.settle(Change::default()))
    }

    fn take_replacement(&mut self, replacement: &Replacement) -> Result<Change, Refusal> {
        let player = replacement.player;
        let side = self.setup.player(player).ok_or(Refusal::UnknownPlayer { player })?.side;
        if let Some(out) = replacement.out {
            if out == player {
                return Err(Refusal::SamePlayer { player });
            }
            let known = self.setup.player(out).ok_or(Refusal::UnknownPlayer { player: out })?;
            if known.side != side {
                return Err(Refusal::WrongSide { player: out });
            }
        }
        check_note(&replacement.reason)?;
        if self.replacements.len() >= LIST_MAX {
            return Err(Refusal::TooMany { what: "replacements", max: LIST_MAX as u32 });
        }
        self.replacements.push(replacement.clone());
        if let (Some(out), Ok((_, innings))) = (replacement.out, self.open())
            && let Some(batter) = innings.batters.iter_mut().find(|it| it.player == out)
            && batter.state == BatterState::Batting
            && replacement.role != Role::Bowler
        {
            // Whose place is taken cannot stay at the wicket.
            batter.state = BatterState::Retired;
            innings.clear_end(out);
        }
        Ok(Change { innings: self.innings.len().checked_sub(1), ..Change::default() })
    }

    /// A declaration or forfeiture also replaces an end that the balls showed: the captains know why it ended.
    fn take_innings_end(&mut self, end: InningsEnd) -> Result<Change, Refusal> {
        let innings = self.innings.last_mut().ok_or(Refusal::NoInnings)?;
        let by_captain = matches!(end, InningsEnd::Declared | InningsEnd::Forfeited);
        match innings.end {
            None => {}
            Some(InningsEnd::AllOut | InningsEnd::OversComplete | InningsEnd::TargetReached)
                if by_captain => {}
            Some(end) => return Err(Refusal::InningsOver { end }),
        }
        innings.end = Some(end);
        self.phase = Phase::Break;
        self.note.clear();
        let innings = self.innings.len().checked_sub(1);
        Ok(Change { innings, innings_end: Some(end), ..Change::default() })
    }

    fn stop(&mut self, phase: Phase, note: &str) -> Result<Change, Refusal> {
        check_note(note)?;
        self.phase = phase;
        note.clone_into(&mut self.note);
        Ok(Change { innings: self.innings.len().checked_sub(1), ..Change::default() })
    }

    fn resume(&mut self) -> Result<Change, Refusal> {
        self.phase = match self.innings.last() {
            None => Phase::Upcoming,
            Some(innings) if innings.end.is_none() => Phase::Play,
            Some(_) => Phase::Break,
        };
        self.note.clear();
        Ok(Change { innings: self.innings.len().checked_sub(1), ..Change::default() })
    }

    /// The result closes an innings in progress: rain ended it, or the referee did.
    fn take_result(&mut self, outcome: &Outcome) -> Result<Change, Refusal> {
        let mut change =
            Change { innings: self.innings.len().checked_sub(1), finished: true, ..Change::default() };
        if let Ok((_, innings)) = self.open() {
            innings.end = Some(InningsEnd::Closed);
            change.innings_end = innings.end;
        }
        self.outcome = Some(outcome.clone());
        self.phase = Phase::Finished;
        self.note.clear();
        Ok(change)
    }

    fn take_awards(&mut self, players: &[PlayerId]) -> Result<Change, Refusal> {
        if let Some(&player) = players.iter().find(|it| self.setup.player(**it).is_none()) {
            return Err(Refusal::UnknownPlayer { player });
        }
        if players.len() > LIST_MAX {
            return Err(Refusal::TooMany { what: "players of the match", max: LIST_MAX as u32 });
        }
        self.awards = players.to_vec();
        Ok(Change { innings: self.innings.len().checked_sub(1), ..Change::default() })
    }
}

fn check_note(note: &str) -> Result<(), Refusal> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(Refusal::TooMany { what: "bytes in a note", max: NOTE_BYTES_MAX as u32 });
    }
    Ok(())
}
