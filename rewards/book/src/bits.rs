//! Which keys of a side have orders, and the least of them.

/// A set of numbers below 64³ as a tree of 64-bit words: a bit of a word says whether the word below it has any.
#[derive(Clone, Debug)]
pub(crate) struct Bits {
    leaves: Box<[u64]>,
    middle: Box<[u64]>,
    root: u64,
}

impl Bits {
    /// For numbers up to `max`.
    pub(crate) fn up_to(max: u32) -> Self {
        let words = (max as usize >> 6) + 1;
        Self { leaves: vec![0; words].into(), middle: vec![0; (words - 1) / 64 + 1].into(), root: 0 }
    }

    pub(crate) fn insert(&mut self, number: u32) {
        self.leaves[(number >> 6) as usize] |= 1 << (number & 63);
        self.middle[(number >> 12) as usize] |= 1 << ((number >> 6) & 63);
        self.root |= 1 << (number >> 12);
    }

    pub(crate) fn remove(&mut self, number: u32) {
        let leaf = &mut self.leaves[(number >> 6) as usize];
        *leaf &= !(1 << (number & 63));
        if *leaf != 0 {
            return;
        }
        let word = &mut self.middle[(number >> 12) as usize];
        *word &= !(1 << ((number >> 6) & 63));
        if *word == 0 {
            self.root &= !(1 << (number >> 12));
        }
    }

    /// The least number, or [`u32::MAX`] when there is none.
    pub(crate) fn first(&self) -> u32 {
        if self.root == 0 {
            return u32::MAX;
        }
        let high = self.root.trailing_zeros();
        let middle = (high << 6) | self.middle[high as usize].trailing_zeros();
        (middle << 6) | self.leaves[middle as usize].trailing_zeros()
    }

    /// The least number above this one, or [`u32::MAX`].
    pub(crate) fn after(&self, number: u32) -> u32 {
        let rest = |word: u64, bit: u32| word & (!1_u64).checked_shl(bit).unwrap_or(0);
        let leaf = rest(self.leaves[(number >> 6) as usize], number & 63);
        if leaf != 0 {
            return (number & !63) | leaf.trailing_zeros();
        }
        let word = rest(self.middle[(number >> 12) as usize], (number >> 6) & 63);
        let middle = if word != 0 {
            ((number >> 12) << 6) | word.trailing_zeros()
        } else {
            let root = rest(self.root, number >> 12);
            if root == 0 {
                return u32::MAX;
            }
            let high = root.trailing_zeros();
            (high << 6) | self.middle[high as usize].trailing_zeros()
        };
        (middle << 6) | self.leaves[middle as usize].trailing_zeros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_says_what_a_sorted_set_says() {
        for max in [1, 63, 64, 4_095, 4_096, 262_143] {
            let (mut bits, mut set) = (Bits::up_to(max), BTreeSet::new());
            let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
            for _ in 0..4_000 {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let number = (draw >> 33) as u32 % (max + 1);
                if draw >> 63 == 0 && set.len() < 60 {
                    bits.insert(number);
                    set.insert(number);
                } else if let Some(found) = set.range(number..).next().copied().or(set.first().copied()) {
                    bits.remove(found);
                    set.remove(&found);
                }
                assert_eq!(bits.first(), set.first().copied().unwrap_or(u32::MAX));
                let after = set.range(number + 1..).next().copied();
                assert_eq!(bits.after(number), after.unwrap_or(u32::MAX), "after {number} of {max}");
            }
        }
    }
}
