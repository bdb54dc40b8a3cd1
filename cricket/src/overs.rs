//! Overs: which one a ball belongs to, how one ends, and how one that was miscounted is opened again.

use crate::text;
use crate::{Ball, Bowled, Format, Innings, Refusal, Setup};

/// Where the next ball falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the over in progress, or as the first of the next.
    Due,
    /// In the over just completed: the umpire let it run on (Law 17.5).
    Reopens,
    /// In the over after the one in progress, which was one or more balls short; an archive may lack whole overs.
    Closes { over: u16 },
}

impl Innings {
    /// Overs that an innings may reach; far beyond any real one.
    const OVERS_MAX: u16 = 5_000;

    /// "19.3": overs completed and legal balls of the one in progress. In The Hundred the overs are sets of five.
    pub fn overs_text(&self) -> String {
        text!(self.overs.to_string(), ".", self.over_balls.to_string())
    }

    /// Legal balls as the overs count them: a completed over is a whole one, however it was counted on the day.
    pub fn balls_counted(&self, balls_per_over: u8) -> u32 {
        u32::from(self.overs) * u32::from(balls_per_over) + u32::from(self.over_balls)
    }

    /// The most that [`Innings::balls_counted`] may reach; none where overs are not limited.
    pub fn balls_limit(&self, balls_per_over: u8) -> Option<u32> {
        Some(u32::from(self.overs_max?) * u32::from(balls_per_over) + u32::from(self.balls_max))
    }

    /// Whether a ball of the over [`Innings::overs`] has been bowled, legal or not.
    pub fn over_begun(&self) -> bool {
        self.bowler.is_some()
    }

    /// Which over the ball falls in.
    pub(crate) fn place(&self, ball: &Ball) -> Result<Place, Refusal> {
        let Some(said) = ball.over else { return Ok(Place::Due) };
        let due = self.overs;
        if said == due {
            return Ok(Place::Due);
        }
        let last = self.recent.last().map(|it| it.over);
        if !self.over_begun() && due.checked_sub(1) == Some(said) && last == Some(said) {
            return Ok(Place::Reopens);
        }
        if said == due + 1 && self.over_begun() && self.over_balls > 0 {
            return Ok(Place::Closes { over: said });
        }
        match ball.as_recorded {
            true if said > due && said <= Innings::OVERS_MAX => Ok(Place::Closes { over: said }),
            true => Ok(Place::Due),
            false => Err(Refusal::WrongOver { said, due }),
        }
    }

    /// Completes the over in progress; true when nothing in it was charged to its one bowler (a maiden).
    pub(crate) fn end_over(&mut self, setup: &Setup) -> bool {
        let maiden = self.credit_over(setup, true);
        self.overs += 1;
        self.over_balls = 0;
        self.last_bowler = self.bowler.take();
        if self.ends_change(setup) {
            std::mem::swap(&mut self.striker, &mut self.non_striker);
        }
        maiden
    }

    /// Takes back [`Innings::end_over`].
    pub(crate) fn reopen_over(&mut self, setup: &Setup) {
        if self.ends_change(setup) {
            std::mem::swap(&mut self.striker, &mut self.non_striker);
        }
        self.overs -= 1;
        self.over_balls = self.recent.last().map_or(0, Bowled::legal_in_over);
        self.bowler = self.last_bowler.take();
        let before = self.overs.checked_sub(1);
        self.last_bowler =
            self.recent.iter().rev().find(|it| Some(it.over) == before).map(|it| it.ball.bowler);
        self.credit_over(setup, false);
    }

    /// Opens overs without balls up to `over`, which an archive does not have.
    pub(crate) fn skip_to(&mut self, over: u16) {
        while self.overs < over {
            self.overs += 1;
            self.open_total();
        }
    }

    /// Makes room in [`Innings::over_totals`] for the over in progress.
    pub(crate) fn open_total(&mut self) {
        self.over_totals.resize(usize::from(self.overs) + 1, crate::OverTotal::default());
    }

    /// Whether the batters are at the other ends for the over that is due: after each over, or in The Hundred after
    /// each second set of five.
    fn ends_change(&self, setup: &Setup) -> bool {
        setup.format != Format::Hundred || self.overs.is_multiple_of(2)
    }

    /// Gives the over in progress to its bowler as one whole over, or takes that back: whatever its balls, it counts
    /// as one. Bowlers who shared it keep their balls. Reads [`Innings::recent`], which holds this over.
    fn credit_over(&mut self, setup: &Setup, given: bool) -> bool {
        let over = self.overs;
        let mut charged = 0;
        let mut alone = true;
        for it in self.recent.iter().rev().take_while(|it| it.over == over) {
            charged += it.ball.charged();
            alone &= Some(it.ball.bowler) == self.bowler;
        }
        let maiden = alone && charged == 0 && self.over_balls > 0;
        let whole = i32::from(setup.balls_per_over) - i32::from(self.over_balls);
        let Some(bowler) = self.bowlers.iter_mut().find(|it| Some(it.player) == self.bowler) else {
            return false;
        };
        if alone {
            bowler.add_balls(if given { whole } else { -whole }, setup.balls_per_over);
        }
        if maiden {
            bowler.maidens = if given { bowler.maidens + 1 } else { bowler.maidens.saturating_sub(1) };
        }
        maiden
    }
}

impl crate::Bowler {
    /// Moves the written overs on by some balls, six (five in The Hundred) making an over.
    pub(crate) fn add_balls(&mut self, balls: i32, balls_per_over: u8) {
        let per = i32::from(balls_per_over);
        let sum = (i32::from(self.overs) * per + i32::from(self.over_balls) + balls).max(0);
        self.overs = u16::try_from(sum / per).unwrap_or(u16::MAX);
        self.over_balls = u8::try_from(sum % per).unwrap_or(0);
    }
}

impl Bowled {
    /// Legal balls of its over, this one included.
    pub(crate) fn legal_in_over(&self) -> u8 {
        if self.ball.is_legal() { self.number } else { self.number.saturating_sub(1) }
    }
}
