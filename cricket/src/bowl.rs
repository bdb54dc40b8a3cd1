//! One ball: checked against the innings, then folded into it.

use crate::overs::Place;
use crate::{
    Ball, Batter, BatterState, Boundary, Bowled, Bowler, Change, Decision, Dismissal, DismissalKind, Fielder,
    Innings, InningsEnd, PlayerId, Refusal, Setup,
};

/// Runs that one ball may bring; a live feed that says more is wrong.
const BALL_RUNS_MAX: u16 = 50;
/// The same for an archive, which is believed as far as figures cannot overflow.
const BALL_RUNS_RECORDED_MAX: u16 = 1_000;
/// Runs of an innings; legal and other balls of it. The highest first-class total is 1,107.
pub(crate) const INNINGS_RUNS_MAX: u16 = 20_000;
const INNINGS_BALLS_MAX: u16 = 20_000;
/// Partnerships of an innings, retirements included.
const PARTNERSHIPS_MAX: usize = 100;
/// Wickets of an innings; more than ten only an archive may have.
const FALLS_MAX: usize = 100;

impl Innings {
    /// Whether the ball can be, and where it falls. Changes nothing.
    pub(crate) fn check_ball(&self, setup: &Setup, ball: &Ball) -> Result<Place, Refusal> {
        self.check_figures(ball)?;
        let place = self.place(ball)?;
        self.check_known(setup, ball)?;
        if ball.as_recorded {
            return Ok(place);
        }
        self.check_open(setup, place)?;
        self.check_people(setup, ball)?;
        check_runs(ball)?;
        self.check_dismissals(setup, ball)?;
        Ok(place)
    }

    /// Figures that would overflow and lists that would grow without end, which are refused even to an archive.
    fn check_figures(&self, ball: &Ball) -> Result<(), Refusal> {
        let max = if ball.as_recorded { BALL_RUNS_RECORDED_MAX } else { BALL_RUNS_MAX };
        if ball.total() > max {
            return Err(Refusal::TooMany { what: "runs off one ball", max: u32::from(max) });
        }
        if self.runs.saturating_add(ball.total()) > INNINGS_RUNS_MAX {
            return Err(Refusal::TooMany { what: "runs in an innings", max: u32::from(INNINGS_RUNS_MAX) });
        }
        if self.legal_balls >= INNINGS_BALLS_MAX {
            return Err(Refusal::TooMany { what: "balls in an innings", max: u32::from(INNINGS_BALLS_MAX) });
        }
        if ball.wickets.len() > 11 {
            return Err(Refusal::TooMany { what: "wickets on one ball", max: 11 });
        }
        if self.falls.len() + ball.wickets.len() > FALLS_MAX {
            return Err(Refusal::TooMany { what: "wickets in an innings", max: FALLS_MAX as u32 });
        }
        if self.partnerships.len() >= PARTNERSHIPS_MAX {
            return Err(Refusal::TooMany { what: "partnerships", max: PARTNERSHIPS_MAX as u32 });
        }
        Ok(())
    }

    /// Every player named is one of this match.
    fn check_known(&self, setup: &Setup, ball: &Ball) -> Result<(), Refusal> {
        let known = |player| setup.player(player).map(|_| ()).ok_or(Refusal::UnknownPlayer { player });
        for player in [ball.striker, ball.non_striker, ball.bowler] {
            known(player)?;
        }
        for dismissal in &ball.wickets {
            known(dismissal.player)?;
            check_fielders(setup, dismissal)?;
        }
        match ball.review.as_ref().and_then(|it| it.batter) {
            Some(player) => known(player),
            None => Ok(()),
        }
    }

    /// The innings goes on, or a miscounted last over does.
    fn check_open(&self, setup: &Setup, place: Place) -> Result<(), Refusal> {
        match self.end {
            Some(InningsEnd::OversComplete) if place == Place::Reopens => Ok(()),
            Some(end) => Err(Refusal::InningsOver { end }),
            None => match place {
                Place::Closes { over }
                    if self.overs_max.is_some_and(|max| over >= max) && !self.room_in(setup, over) =>
                {
                    Err(Refusal::InningsOver { end: InningsEnd::OversComplete })
                }
                _ => Ok(()),
            },
        }
    }

    fn room_in(&self, setup: &Setup, over: u16) -> bool {
        let per = setup.balls_per_over;
        self.balls_limit(per).is_none_or(|limit| u32::from(over) * u32::from(per) < limit)
    }

    fn check_people(&self, setup: &Setup, ball: &Ball) -> Result<(), Refusal> {
        if ball.striker == ball.non_striker {
            return Err(Refusal::SamePlayer { player: ball.striker });
        }
        self.check_may_bat(setup, ball.striker)?;
        self.check_may_bat(setup, ball.non_striker)?;
        if setup.player(ball.bowler).is_some_and(|it| it.side == self.batting) {
            return Err(Refusal::WrongSide { player: ball.bowler });
        }
        self.check_room(&[ball.striker, ball.non_striker])
    }

    fn check_dismissals(&self, setup: &Setup, ball: &Ball) -> Result<(), Refusal> {
        let mut falling = 0;
        for (at, dismissal) in ball.wickets.iter().enumerate() {
            let player = dismissal.player;
            if ball.wickets[..at].iter().any(|it| it.player == player) {
                return Err(Refusal::AlreadyOut { player });
            }
            let at_wicket = player == ball.striker || player == ball.non_striker;
            match dismissal.kind {
                DismissalKind::TimedOut if at_wicket => {
                    return Err(Refusal::ImpossibleDismissal { kind: dismissal.kind });
                }
                DismissalKind::TimedOut => self.check_may_bat(setup, player)?,
                _ if !at_wicket => return Err(Refusal::NotBatting { player }),
                kind if !possible(kind, ball, self.free_hit) => {
                    return Err(Refusal::ImpossibleDismissal { kind });
                }
                kind if kind.is_bowlers() && player != ball.striker => {
                    return Err(Refusal::ImpossibleDismissal { kind });
                }
                _ => {}
            }
            falling += u8::from(dismissal.kind.is_wicket());
        }
        if falling > 0 && self.wickets.saturating_add(falling) > self.wickets_max(setup) {
            return Err(Refusal::NoWicketLeft { wickets: self.wickets });
        }
        Ok(())
    }

    /// Folds a ball that [`Innings::check_ball`] let through. At most a scan of the batters and bowlers; allocates only
    /// for the copy kept in [`Innings::recent`].
    pub(crate) fn take_ball(&mut self, setup: &Setup, ball: &Ball, place: Place) -> Change {
        let mut change = Change { runs: ball.total(), boundary: ball.boundary, ..Change::default() };
        match place {
            Place::Due => {}
            Place::Reopens => self.reopen_over(setup),
            Place::Closes { over } => {
                if self.over_begun() {
                    change.maiden = self.end_over(setup);
                    change.over_ended = true;
                }
                self.skip_to(over);
            }
        }
        self.end = None;
        self.open_total();
        self.bowler = Some(ball.bowler);
        self.take_places(ball);
        change.milestone = self.count(setup, ball);
        let before = self.wickets;
        let free_hit = self.free_hit && !denies_free_hit(ball);
        self.predict(setup, ball);
        for dismissal in &ball.wickets {
            self.send_back(dismissal, Some(ball.bowler));
        }
        change.wickets = self.wickets.saturating_sub(before);
        self.free_hit = setup.free_hits && (ball.extras.no_balls > 0 || (free_hit && ball.extras.wides > 0));
        self.keep(ball, free_hit);
        self.count_review(ball);
        let reopened = place == Place::Reopens;
        if reopened || self.over_balls >= setup.balls_per_over {
            change.maiden |= self.end_over(setup);
            change.over_ended = true;
        }
        change
    }

    /// Those whom the ball names are at the wicket; whoever else was there has left (only an archive can say so).
    fn take_places(&mut self, ball: &Ball) {
        for it in &mut self.batters {
            let named = it.player == ball.striker || it.player == ball.non_striker;
            if it.state == BatterState::Batting && !named {
                it.state = BatterState::Retired;
            }
        }
        self.bring_in(ball.striker);
        self.bring_in(ball.non_striker);
    }

    /// Adds the ball to every figure; answers with a fifty or hundred reached.
    fn count(&mut self, setup: &Setup, ball: &Ball) -> Option<(PlayerId, u16)> {
        let legal = u16::from(ball.is_legal());
        let runs = u16::from(ball.runs);
        let wide = ball.extras.wides > 0;
        let mut milestone = None;
        if let Some(batter) = self.batters.iter_mut().find(|it| it.player == ball.striker) {
            milestone = count_batter(batter, ball, wide);
        }
        let bowler = match self.bowlers.iter_mut().position(|it| it.player == ball.bowler) {
            Some(at) => &mut self.bowlers[at],
            None => {
                self.bowlers.push(Bowler { player: ball.bowler, ..Bowler::default() });
                let last = self.bowlers.len() - 1;
                &mut self.bowlers[last]
            }
        };
        count_bowler(bowler, ball, setup.balls_per_over);
        if let Some(pair) = self.pair(ball.striker, ball.non_striker) {
            if pair.first == ball.striker {
                pair.first_runs += runs;
            } else {
                pair.second_runs += runs;
            }
            pair.runs += ball.total();
            pair.balls += legal;
        }
        self.runs += ball.total();
        self.extras.add(&ball.extras);
        self.legal_balls += legal;
        self.over_balls = self.over_balls.saturating_add(u8::from(ball.is_legal()));
        if let Some(total) = self.over_totals.get_mut(usize::from(self.overs)) {
            total.runs += ball.total();
        }
        milestone
    }

    /// Keeps the ball among the recent ones, which hold this over and the one before.
    fn keep(&mut self, ball: &Ball, free_hit: bool) {
        let over = self.overs;
        let oldest = over.saturating_sub(1);
        let drop = self.recent.iter().take_while(|it| it.over < oldest).count();
        let drop = drop.max((self.recent.len() + 1).saturating_sub(Innings::RECENT_MAX));
        self.recent.drain(..drop);
        let number = if ball.is_legal() { self.over_balls } else { self.over_balls.saturating_add(1) };
        let (runs, wickets) = (self.runs, self.wickets);
        self.recent.push(Bowled { over, number, ball: ball.clone(), runs, wickets, free_hit });
    }

    fn count_review(&mut self, ball: &Ball) {
        let Some(review) = &ball.review else { return };
        if review.decision != Decision::StruckDown || review.umpires_call {
            return;
        }
        let lost =
            if review.by_batting { &mut self.reviews_lost_batting } else { &mut self.reviews_lost_fielding };
        *lost = lost.saturating_add(1);
    }

    /// Why the innings is over now, if it is, by what the balls show.
    pub(crate) fn natural_end(&self, setup: &Setup) -> Option<InningsEnd> {
        let per = setup.balls_per_over;
        if self.target.is_some_and(|it| self.runs >= it.runs) {
            return Some(InningsEnd::TargetReached);
        }
        if self.wickets >= self.wickets_max(setup) {
            return Some(InningsEnd::AllOut);
        }
        let complete = self.balls_limit(per).is_some_and(|limit| self.balls_counted(per) >= limit);
        complete.then_some(InningsEnd::OversComplete)
    }
}

fn count_batter(batter: &mut Batter, ball: &Ball, wide: bool) -> Option<(PlayerId, u16)> {
    let before = batter.runs;
    batter.runs += u16::from(ball.runs);
    batter.balls += u16::from(!wide);
    match ball.boundary {
        Some(Boundary::Four) => batter.fours += 1,
        Some(Boundary::Six) => batter.sixes += 1,
        None => {}
    }
    let reached = batter.runs / 50 * 50;
    (before < reached).then_some((batter.player, reached))
}

fn count_bowler(bowler: &mut Bowler, ball: &Ball, balls_per_over: u8) {
    let charged = ball.charged();
    bowler.runs += charged;
    bowler.wides += ball.extras.wides;
    bowler.no_balls += ball.extras.no_balls;
    let credited = ball.wickets.iter().filter(|it| it.kind.is_bowlers()).count();
    bowler.wickets = bowler.wickets.saturating_add(u8::try_from(credited).unwrap_or(u8::MAX));
    if ball.is_legal() {
        bowler.balls += 1;
        bowler.dots += u16::from(charged == 0);
        bowler.add_balls(1, balls_per_over);
    }
}

pub(crate) fn check_fielders(setup: &Setup, dismissal: &Dismissal) -> Result<(), Refusal> {
    if dismissal.fielders.len() > 11 {
        return Err(Refusal::TooMany { what: "fielders of one dismissal", max: 11 });
    }
    for fielder in &dismissal.fielders {
        if let Fielder::Player(player) = fielder
            && setup.player(*player).is_none()
        {
            return Err(Refusal::UnknownPlayer { player: *player });
        }
    }
    Ok(())
}

/// Runs and extras that can come from one ball: a wide is nothing else (Laws 22.4, 22.7), and byes are not off the bat (Law 23).
fn check_runs(ball: &Ball) -> Result<(), Refusal> {
    let extras = &ball.extras;
    let byes = extras.byes > 0 || extras.leg_byes > 0;
    let wide = extras.wides > 0;
    if wide && (ball.runs > 0 || extras.no_balls > 0 || byes)
        || byes && ball.runs > 0
        || extras.byes > 0 && extras.leg_byes > 0
    {
        return Err(Refusal::ImpossibleExtras);
    }
    let least = match ball.boundary {
        Some(Boundary::Four) => 4,
        Some(Boundary::Six) => 6,
        None => 0,
    };
    if ball.runs < least { Err(Refusal::ImpossibleBoundary { runs: ball.runs }) } else { Ok(()) }
}

/// Ways out that the ball leaves open: on a no-ball or free hit only those of Law 21.18, on a wide those of Law 22.9. With
/// runs none of those that make the ball dead before a run can count (Laws 20.1.1.3 and 33.3).
fn possible(kind: DismissalKind, ball: &Ball, free_hit: bool) -> bool {
    use DismissalKind as Kind;
    let extras = &ball.extras;
    let protected = extras.no_balls > 0 || free_hit;
    let ran = ball.runs > 0 || extras.byes > 0 || extras.leg_byes > 0 || extras.wides > 1;
    match kind {
        Kind::Bowled | Kind::Caught | Kind::CaughtAndBowled | Kind::Lbw => {
            !protected && !ran && extras.wides == 0
        }
        Kind::Stumped | Kind::HitWicket => !protected && !ran,
        Kind::HitTheBallTwice => extras.wides == 0,
        _ => true,
    }
}

/// Whether somebody is recorded out in a way that a free hit forbids: then it was none. In England's domestic cricket
/// only a foot fault brings one, and a record does not say why a no-ball was called.
fn denies_free_hit(ball: &Ball) -> bool {
    ball.wickets.iter().any(|it| possible(it.kind, ball, false) && !possible(it.kind, ball, true))
}
