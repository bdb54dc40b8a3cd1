//! Randomness that is a function of a seed and a number.

/// A stream of numbers for one command: splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014) from a start that seed and number decide. Not for secrets.
pub(super) struct Dice {
    state: u64,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    pub(super) fn new(seed: u64, seq: u64) -> Dice {
        Dice { state: mixed(mixed(seed.wrapping_add(GOLDEN)) ^ seq) }
    }

    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mixed(self.state)
    }

    /// A number below `end` (at least 1).
    pub(super) fn below(&mut self, end: u32) -> u32 {
        // The high half of a 64-bit product, uneven by at most end / 2³²: too little for a game to show.
        (((self.roll() >> 32) * u64::from(end.max(1))) >> 32) as u32
    }

    /// True in so many of 1,000 cases.
    pub(super) fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < permille
    }

    /// One of the (non-empty) choices by their weights; any of them when all weights are 0.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[(T, u32)]) -> T {
        let sum: u32 = choices.iter().map(|(_, weight)| weight).sum();
        if sum == 0 {
            let at = self.below(choices.len() as u32);
            return choices[at as usize].0;
        }
        let mut left = self.below(sum);
        for (choice, weight) in choices {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *choice,
            }
        }
        unreachable!("the roll is below the sum of the weights")
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
