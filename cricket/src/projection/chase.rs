//! A chase in the open: a logistic model of runs needed, balls left and wickets in hand.

use super::{Chase, finish};

/// A fitted model of one kind of cricket.
pub(super) struct Model {
    /// Of [`features`], in their order.
    coefficients: [f64; 11],
    /// How much of [`Model::runs_to_come`] is the model's; the rest goes on at the rate so far.
    own_share: f64,
}

/// Chances by the logistic model alone hold until so many balls are left…
const OPEN_BALLS: u16 = 18;
/// …and those counted ball by ball from here on; between the two one passes into the other.
const LAST_BALLS: u16 = 6;

/// The coefficients come with the project's data (`win_probability_coefficients.json`, "T20/male"): a logistic regression on the second
/// innings of Cricsheet's matches before 2024-01-01 (<https://cricsheet.org>, Stephen Rushe; data under ODC-BY 1.0,
/// <https://opendatacommons.org/licenses/by/1-0/>).
pub(super) static T20_MEN: Model = Model {
    coefficients: [
        -0.014137, -1.124003, 0.157323, -0.39483, 0.250657, -2.630239, 15.967059, -1.564085, 0.27404,
        -1.819576, -0.009028,
    ],
    own_share: 1.0,
};

/// As [`T20_MEN`], from "T20/female".
pub(super) static T20_WOMEN: Model = Model {
    coefficients: [
        2.980864, -2.928318, 0.355223, -0.389331, 0.257617, -3.090075, 16.176609, -4.807045, -1.11987,
        -0.607906, 0.30177,
    ],
    own_share: 1.0,
};

/// As [`T20_MEN`], from "ODI/male". Half the runs to come go on at the rate so far: over the recorded one-day matches that misses the total
/// by 32 runs in the middle overs, the model alone by 37, the rate alone by 34.
pub(super) static ODI_MEN: Model = Model {
    coefficients: [
        3.078635, -2.844263, 0.274761, -0.190898, 0.143491, -4.739289, 24.461681, -0.52031, -0.818163,
        -2.804427, 0.146408,
    ],
    own_share: 0.5,
};

impl Model {
    /// The probability that the side that bats wins, 0 to 1; never more with fewer wickets in hand.
    pub(super) fn chance(&self, chase: Chase) -> f64 {
        if chase.balls >= OPEN_BALLS {
            return self.open_chance(chase);
        }
        let last = finish::chance(chase);
        if chase.balls <= LAST_BALLS {
            return last;
        }
        let open = f64::from(chase.balls - LAST_BALLS) / f64::from(OPEN_BALLS - LAST_BALLS);
        self.open_chance(chase) * open + last * (1.0 - open)
    }

    /// The fitted curves cross at places where there was little to fit; the best of all states with as many wickets or fewer makes them
    /// monotone.
    fn open_chance(&self, chase: Chase) -> f64 {
        (1..=chase.wickets).map(|wickets| self.fitted(Chase { wickets, ..chase })).fold(0.0, f64::max)
    }

    fn fitted(&self, chase: Chase) -> f64 {
        let sum: f64 = self.coefficients.iter().zip(features(chase)).map(|(c, x)| c * x).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// Runs that a side with `balls` left and `wickets` in hand is as likely to make as not: the target at which a chase would stand even.
    /// `runs` off `bowled` balls is what it has done so far. At most six a ball.
    pub(super) fn runs_to_come(&self, balls: u16, wickets: u8, runs: u16, bowled: u16) -> u16 {
        let most = balls.saturating_mul(6);
        let (mut sure, mut too_many) = (0, most + 1);
        while too_many - sure > 1 {
            let need = sure + (too_many - sure) / 2;
            let likely = self.open_chance(Chase { need, balls, wickets }) >= 0.5;
            (sure, too_many) = if likely { (need, too_many) } else { (sure, need) };
        }
        let at_this_rate = f64::from(runs) * f64::from(balls) / f64::from(bowled.max(1));
        let both = f64::from(sure) * self.own_share + at_this_rate * (1.0 - self.own_share);
        // Between 0 and `most`, so nothing is cut off.
        both.round().min(f64::from(most)) as u16
    }
}

/// What the model weighs, in the order of its coefficients.
fn features(chase: Chase) -> [f64; 11] {
    let (need, balls) = (f64::from(chase.need), f64::from(chase.balls));
    let wickets = f64::from(chase.wickets) / 10.0;
    let a_ball = (need / balls).min(6.0);
    let hardness = (need / balls.sqrt()).min(15.0);
    let log = balls.ln();
    [
        1.0,
        a_ball,
        a_ball * a_ball,
        hardness,
        hardness * wickets,
        a_ball * wickets,
        wickets,
        wickets * wickets,
        log,
        log * wickets,
        log * a_ball,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_gives_what_its_formula_gives() {
        // By hand from the coefficients' file: 1 / (1 + exp(-c·x)).
        for (need, balls, wickets, chance) in [(60, 36, 6, 0.379), (160, 120, 10, 0.525), (30, 18, 6, 0.690)]
        {
            let ours = T20_MEN.chance(Chase { need, balls, wickets });
            assert!((ours - chance).abs() < 0.0005, "{need} off {balls} with {wickets} in hand: {ours}");
        }
    }

    #[test]
    fn the_hand_over_to_the_last_balls_is_without_a_jump() {
        for model in [&T20_MEN, &T20_WOMEN, &ODI_MEN] {
            for balls in 2..=OPEN_BALLS + 1 {
                let even = Chase { need: balls + balls / 2, balls, wickets: 5 };
                let now = model.chance(even);
                let next = model.chance(Chase { need: even.need - 1, balls: balls - 1, ..even });
                assert!((now - next).abs() < 0.2, "{balls} balls: {now} to {next}");
            }
        }
    }
}
