//! One ball of the sandbox match.

use super::clubs::{Bowls, Style, UMPIRES};
use super::dice::Dice;
use super::{Part, bowls, role_of, side};
use cricket::{
    Ball, Boundary, Decision, Dismissal, DismissalKind, Extras, Fielder, Innings, Match, PlayerId, Review,
};

/// What a ball that is neither wide nor no-ball comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stroke {
    Wicket,
    Dot,
    One,
    Two,
    Three,
    Four,
    Six,
    LegBye,
    Bye,
}

/// How often each happens to an ordinary batter facing an ordinary bowler.
type Chances = [(Stroke, u32); 9];

/// Weights (near to balls in 1,000) for each part of an innings, in the order of [`Part`].
const CHANCES: [Chances; 3] = [
    chances([41, 440, 290, 45, 6, 146, 44, 15, 3]),
    chances([41, 300, 428, 78, 4, 95, 54, 14, 4]),
    chances([84, 235, 375, 95, 4, 112, 82, 15, 6]),
];

/// In 1,000 balls of each part of an innings.
const WIDES: [u32; 3] = [37, 32, 42];
const NO_BALLS: u32 = 4;

/// Unsuccessful reviews that a side may make in an innings (ICC T20I playing conditions, appendix D).
const REVIEWS_MAX: u8 = 2;

const fn chances(weights: [u32; 9]) -> Chances {
    use Stroke::{Bye, Dot, Four, LegBye, One, Six, Three, Two, Wicket};
    let [wicket, dot, one, two, three, four, six, leg_bye, bye] = weights;
    [
        (Wicket, wicket),
        (Dot, dot),
        (One, one),
        (Two, two),
        (Three, three),
        (Four, four),
        (Six, six),
        (LegBye, leg_bye),
        (Bye, bye),
    ]
}

/// The next ball, to the two batters at the wicket.
pub(super) fn bowl(game: &Match, innings: &Innings, bowler: PlayerId, dice: &mut Dice) -> Ball {
    let (striker, non_striker) = ends(innings, dice);
    let scene = Scene { game, innings, bowls: bowls(game, bowler), part: Part::of(innings) };
    let ball = Ball { striker, non_striker, bowler, ..Ball::default() };
    if dice.chance(WIDES[scene.part as usize]) {
        scene.wide(ball, dice)
    } else if dice.chance(NO_BALLS) {
        scene.no_ball(ball, dice)
    } else {
        scene.fair(ball, dice)
    }
}

/// Who faces and who does not. After a run out the state cannot tell, and the dice say who ran where.
fn ends(innings: &Innings, dice: &mut Dice) -> (PlayerId, PlayerId) {
    let mut at_wicket = innings.at_wicket().map(|it| it.player);
    let pair = (at_wicket.next().unwrap_or_default(), at_wicket.next().unwrap_or_default());
    let swapped = (pair.1, pair.0);
    match (innings.striker, innings.non_striker) {
        (Some(facing), _) => {
            if facing == pair.0 {
                pair
            } else {
                swapped
            }
        }
        (None, Some(other)) => {
            if other == pair.1 {
                pair
            } else {
                swapped
            }
        }
        (None, None) => {
            if dice.chance(500) {
                pair
            } else {
                swapped
            }
        }
    }
}

/// What a ball depends on.
struct Scene<'m> {
    game: &'m Match,
    innings: &'m Innings,
    bowls: Option<Bowls>,
    part: Part,
}

impl Scene<'_> {
    fn is_spin(&self) -> bool {
        self.bowls.is_some_and(|it| it.style == Style::Spin)
    }

    /// Runs that still win the match, when the side chases. Play ends when they are made (Law 16.6): only a boundary
    /// can bring more.
    fn needed(&self) -> Option<u16> {
        Some(self.innings.target?.runs.saturating_sub(self.innings.runs))
    }

    fn run(&self, runs: u16) -> u16 {
        self.needed().map_or(runs, |needed| runs.min(needed))
    }

    fn wide(&self, mut ball: Ball, dice: &mut Dice) -> Ball {
        // 5: a wide that ran to the boundary.
        let wides = dice.pick(&[(1, 900), (2, 45), (3, 15), (5, 40)]);
        ball.extras.wides = if self.needed() == Some(1) || wides != 5 { self.run(wides) } else { wides };
        let wins = self.needed() == Some(ball.extras.wides);
        if wides == 1 && !wins && !self.innings.free_hit && self.is_spin() && dice.chance(25) {
            ball.wickets = vec![self.stumped(ball.striker)];
        }
        ball
    }

    fn no_ball(&self, mut ball: Ball, dice: &mut Dice) -> Ball {
        ball.extras.no_balls = 1;
        if self.needed() != Some(1) {
            let stroke = dice.pick(&[
                (Stroke::Dot, 400),
                (Stroke::One, 330),
                (Stroke::Two, 60),
                (Stroke::Four, 130),
                (Stroke::Six, 80),
            ]);
            let run = |runs: u16| self.needed().map_or(runs, |needed| runs.min(needed - 1));
            (ball.runs, ball.boundary) = bat(stroke, run);
        }
        ball
    }

    fn fair(&self, mut ball: Ball, dice: &mut Dice) -> Ball {
        match dice.pick(&self.chances(ball.striker)) {
            Stroke::Wicket if self.innings.free_hit && !dice.chance(80) => ball,
            Stroke::Wicket => self.wicket(ball, dice),
            Stroke::Dot => {
                ball.review = self.review_of_dot(&ball, dice);
                ball
            }
            Stroke::LegBye => {
                let leg_byes = self.run(dice.pick(&[(1, 850), (2, 50), (4, 100)]));
                Ball { extras: Extras { leg_byes, ..Extras::default() }, ..ball }
            }
            Stroke::Bye => {
                let byes = self.run(dice.pick(&[(1, 650), (2, 100), (4, 250)]));
                Ball { extras: Extras { byes, ..Extras::default() }, ..ball }
            }
            stroke => {
                (ball.runs, ball.boundary) = bat(stroke, |runs| self.run(runs));
                ball
            }
        }
    }

    /// The chances of this part of the innings, bent by who bats, who bowls, and how bold the batters must be.
    fn chances(&self, striker: PlayerId) -> Chances {
        let bats = role_of(self.game, striker).bats;
        let bowls = self.bowls.map_or(70, |it| it.skill);
        let faced = self.innings.batter(striker).map_or(0, |it| it.balls);
        // Eyes are in after a dozen balls.
        let eye = match faced {
            0..4 => 80,
            4..12 => 97,
            _ => 110,
        };
        let bold = self.boldness();
        let of = |weight: u32, percents: &[u32]| {
            percents.iter().fold(weight * 100, |it, percent| it * percent / 100)
        };
        let (hits, holds) = (bats * eye / 100, 200_u32.saturating_sub(bats * eye / 100).max(60));
        CHANCES[self.part as usize].map(|(stroke, weight)| {
            let bent = match stroke {
                Stroke::Wicket => of(weight, &[wicket_percent(bats), 200 - eye, bowls, bold]),
                Stroke::Dot => of(weight, &[holds, 150 - bold / 2]),
                Stroke::Four => of(weight, &[hits, 200 - bowls, 50 + bold / 2]),
                Stroke::Six => of(weight, &[hits, 200 - bowls, bold]),
                Stroke::One => of(weight, &[125 - bold / 4]),
                Stroke::Two | Stroke::Three | Stroke::LegBye | Stroke::Bye => of(weight, &[100]),
            };
            (stroke, bent)
        })
    }

    /// How much risk the batters take, in hundredths of the ordinary: more when the required rate (runs an over) is
    /// above what the part of the innings yields anyway, less when it is below or wickets are short.
    fn boldness(&self) -> u32 {
        let left = 10_u8.saturating_sub(self.innings.wickets);
        if self.innings.super_over {
            return 130;
        }
        let wanted = match self.game.required_rate() {
            Some(rate) => 100 + (i64::from(rate.0) - 860) / 12,
            None => 100,
        };
        let careful = match (left, self.part) {
            (..=3, Part::Powerplay | Part::Middle) => -25,
            (4..=6, Part::Powerplay | Part::Middle) => -10,
            _ => 0,
        };
        (wanted + careful).clamp(70, 150) as u32
    }

    fn wicket(&self, mut ball: Ball, dice: &mut Dice) -> Ball {
        let stumped = if self.is_spin() { 60 } else { 0 };
        let mut kind = dice.pick(&[
            (DismissalKind::Caught, 590),
            (DismissalKind::Bowled, 185),
            (DismissalKind::Lbw, 88),
            (DismissalKind::RunOut, 70),
            (DismissalKind::Stumped, stumped),
            (DismissalKind::CaughtAndBowled, 26),
            (DismissalKind::HitWicket, 3),
        ]);
        if self.innings.free_hit {
            kind = DismissalKind::RunOut;
        }
        let (player, fielders) = (ball.striker, vec![]);
        let dismissal = match kind {
            DismissalKind::RunOut => return self.run_out(ball, dice),
            DismissalKind::Stumped => self.stumped(player),
            DismissalKind::Caught => {
                let keeper_permille = if self.is_spin() { 70 } else { 250 };
                let catcher = self.fielder(ball.bowler, keeper_permille, dice);
                Dismissal { player, kind, fielders: vec![Fielder::Player(catcher)] }
            }
            _ => Dismissal { player, kind, fielders },
        };
        if kind == DismissalKind::Lbw {
            ball.review = self.review_of_lbw(player, dice);
        }
        ball.wickets = vec![dismissal];
        ball
    }

    /// Short of the ground on the first run, or on the second.
    fn run_out(&self, mut ball: Ball, dice: &mut Dice) -> Ball {
        let is_second_run = dice.chance(350) && self.needed() != Some(1);
        ball.runs = u8::from(is_second_run);
        let player = if dice.chance(550) { ball.striker } else { ball.non_striker };
        let nobody = PlayerId(u16::MAX);
        let mut fielders = vec![Fielder::Player(self.fielder(nobody, 60, dice))];
        if let Some(keeper) = self.keeper()
            && !fielders.contains(&Fielder::Player(keeper))
            && dice.chance(550)
        {
            fielders.push(Fielder::Player(keeper));
        }
        ball.wickets = vec![Dismissal { player, kind: DismissalKind::RunOut, fielders }];
        ball
    }

    fn stumped(&self, player: PlayerId) -> Dismissal {
        let fielders = self.keeper().map(Fielder::Player).into_iter().collect();
        Dismissal { player, kind: DismissalKind::Stumped, fielders }
    }

    fn keeper(&self) -> Option<PlayerId> {
        side(self.game, self.innings.batting.other()).find(|&id| role_of(self.game, id).keeps_wicket)
    }

    /// The wicket-keeper in so many of 1,000 cases, else any other fielder but `bowler`.
    fn fielder(&self, bowler: PlayerId, keeper_permille: u32, dice: &mut Dice) -> PlayerId {
        let keeper = self.keeper();
        if let Some(keeper) = keeper
            && dice.chance(keeper_permille)
        {
            return keeper;
        }
        let fielding = side(self.game, self.innings.batting.other());
        let others: Vec<(PlayerId, u32)> =
            fielding.filter(|&id| id != bowler && Some(id) != keeper).map(|id| (id, 1)).collect();
        dice.pick(&others)
    }

    /// A batter given out asks and is out all the same, or the fielders ask and are right.
    fn review_of_lbw(&self, batter: PlayerId, dice: &mut Dice) -> Option<Review> {
        let by_batting = self.innings.reviews_lost_batting < REVIEWS_MAX;
        let by_fielding = self.innings.reviews_lost_fielding < REVIEWS_MAX;
        if by_batting && dice.chance(330) {
            return Some(review(true, batter, Decision::StruckDown, dice));
        }
        (by_fielding && dice.chance(150)).then(|| review(false, batter, Decision::Upheld, dice))
    }

    /// The fielders ask in vain, or a batter given out is not.
    fn review_of_dot(&self, ball: &Ball, dice: &mut Dice) -> Option<Review> {
        let by_batting = self.innings.reviews_lost_batting < REVIEWS_MAX;
        let by_fielding = self.innings.reviews_lost_fielding < REVIEWS_MAX;
        if by_fielding && dice.chance(14) {
            return Some(review(false, ball.striker, Decision::StruckDown, dice));
        }
        (by_batting && dice.chance(7)).then(|| review(true, ball.striker, Decision::Upheld, dice))
    }
}

fn review(by_batting: bool, batter: PlayerId, decision: Decision, dice: &mut Dice) -> Review {
    let umpires_call = decision == Decision::StruckDown && dice.chance(300);
    let umpire = UMPIRES[dice.below(UMPIRES.len() as u32) as usize].to_owned();
    Review { by_batting, batter: Some(batter), decision, umpires_call, umpire }
}

/// Runs off the bat; `run` bounds those that are run.
fn bat(stroke: Stroke, run: impl Fn(u16) -> u16) -> (u8, Option<Boundary>) {
    let ran = |runs| u8::try_from(run(runs)).unwrap_or(0);
    match stroke {
        Stroke::One => (ran(1), None),
        Stroke::Two => (ran(2), None),
        Stroke::Three => (ran(3), None),
        Stroke::Four => (4, Some(Boundary::Four)),
        Stroke::Six => (6, Some(Boundary::Six)),
        Stroke::Wicket | Stroke::Dot | Stroke::LegBye | Stroke::Bye => (0, None),
    }
}

/// How much likelier than an ordinary batter this one is to get out, in hundredths.
fn wicket_percent(bats: u32) -> u32 {
    200_u32.saturating_sub(bats).max(50)
}
