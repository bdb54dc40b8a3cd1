//! Right answers in a row, and days in a row with one: of a fan, within a series.

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Right,
    Wrong,
    /// Its question was void: it breaks nothing, and counts for nothing.
    Void,
}

impl Mark {
    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Mark::Right => "right",
            Mark::Wrong => "wrong",
            Mark::Void => "void",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Mark::Right, Mark::Wrong, Mark::Void].into_iter().find(|it| it.word() == word)
    }
}

/// An answer that was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The place of its question among all that were settled.
    pub ordinal: i64,
    /// On which it was answered, counted from 1970-01-01 (UTC).
    pub day: i32,
    pub mark: Mark,
}

/// How far a fan has come. What was not answered breaks no run of answers; a day without a right answer breaks the days, unless a question of that
/// day was void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// Right answers in a row, now and at best.
    pub answers: i32,
    pub best: i32,
    /// Of the last answer that is counted.
    pub ordinal: i64,
    /// Days in a row, until [`Streak::kept_day`], and at best.
    pub days: i32,
    pub best_days: i32,
    pub last_day: i32,
    /// The last day that is in the row, or does not break it.
    pub kept_day: i32,
    /// The latest day that is counted.
    pub seen_day: i32,
}

impl Default for Streak {
    fn default() -> Self {
        let long_ago = i32::MIN / 2;
        Self {
            answers: 0,
            best: 0,
            ordinal: 0,
            days: 0,
            best_days: 0,
            last_day: long_ago,
            kept_day: long_ago,
            seen_day: long_ago,
        }
    }
}

impl Streak {
    /// Counts an answer that comes after all that are counted; false, and nothing is done, where it does not.
    #[must_use]
    pub fn add(&mut self, it: Marked) -> bool {
        if it.ordinal <= self.ordinal || it.day < self.seen_day {
            return false;
        }
        self.add_answer(it);
        self.add_day(it.day, it.mark);
        true
    }

    /// Of all answers of a fan; with each right one, by its ordinal, the length of the run that it ends.
    pub fn of(mut all: Vec<Marked>) -> (Self, Vec<(i64, i32)>) {
        let mut streak = Self::default();
        all.sort_by_key(|it| it.ordinal);
        let mut runs = Vec::new();
        for it in &all {
            streak.add_answer(*it);
            if it.mark == Mark::Right {
                runs.push((it.ordinal, streak.answers));
            }
        }
        all.sort_by_key(|it| it.day);
        for it in &all {
            streak.add_day(it.day, it.mark);
        }
        (streak, runs)
    }

    /// Days in a row as of today: none where one has passed since.
    pub fn days_on(&self, today: i32) -> i32 {
        if self.kept_day >= today - 1 { self.days } else { 0 }
    }

    fn add_answer(&mut self, it: Marked) {
        match it.mark {
            Mark::Right => self.answers += 1,
            Mark::Wrong => self.answers = 0,
            Mark::Void => {}
        }
        self.best = self.best.max(self.answers);
        self.ordinal = self.ordinal.max(it.ordinal);
    }

    fn add_day(&mut self, day: i32, mark: Mark) {
        self.seen_day = day;
        match mark {
            Mark::Right if day > self.last_day => {
                self.days = if day <= self.kept_day.saturating_add(1) { self.days + 1 } else { 1 };
                (self.last_day, self.kept_day) = (day, day);
            }
            Mark::Void if self.days > 0 && day == self.kept_day + 1 => self.kept_day = day,
            Mark::Right | Mark::Wrong | Mark::Void => {}
        }
        self.best_days = self.best_days.max(self.days);
    }
}

/// Whether a run of such a length is told of: 3, 5, and each 10.
pub(crate) const fn is_told(length: i32) -> bool {
    matches!(length, 3 | 5) || (length > 0 && length % 10 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(ordinal: i64, day: i32, mark: Mark) -> Marked {
        Marked { ordinal, day, mark }
    }

    #[test]
    fn a_run_goes_on_over_what_was_void_and_ends_with_what_was_wrong() {
        use Mark::{Right, Void, Wrong};
        for (marks, answers, best) in [
            (&[Right, Right, Void, Right][..], 3, 3),
            (&[Right, Right, Wrong, Right], 1, 2),
            (&[Void, Void], 0, 0),
            (&[Right, Wrong], 0, 1),
        ] {
            let all = marks.iter().zip(1..).map(|(mark, ordinal)| marked(ordinal, 0, *mark)).collect();
            let (streak, _) = Streak::of(all);
            assert_eq!((streak.answers, streak.best), (answers, best), "{marks:?}");
        }
    }

    #[test]
    fn days_go_on_over_one_that_was_void_and_end_with_one_that_is_missing() {
        use Mark::{Right, Void, Wrong};
        for (days, today, expected, best) in [
            (&[(1, Right), (2, Right), (3, Right)][..], 3, 3, 3),
            (&[(1, Right), (2, Right)], 4, 0, 2),
            (&[(1, Right), (2, Right)], 3, 2, 2),
            (&[(1, Right), (2, Void), (3, Right)], 3, 2, 2),
            (&[(1, Right), (2, Wrong), (3, Right)], 3, 1, 1),
            (&[(1, Right), (2, Wrong), (2, Void), (3, Right)], 3, 2, 2),
            (&[(1, Right), (1, Right), (1, Wrong)], 1, 1, 1),
            (&[(1, Void), (2, Right)], 2, 1, 1),
            (&[(1, Right), (3, Right)], 3, 1, 1),
        ] {
            let all =
                days.iter().zip(1..).map(|((day, mark), ordinal)| marked(ordinal, *day, *mark)).collect();
            let (streak, _) = Streak::of(all);
            assert_eq!((streak.days_on(today), streak.best_days), (expected, best), "{days:?}");
        }
    }

    proptest! {
        #[test]
        fn one_after_the_other_is_as_all_at_once(
            all in proptest::collection::vec((0..3_i32, 0..3_u8), 0..60),
        ) {
            let (mut day, mut one) = (100, Streak::default());
            let mut seen = Vec::new();
            for (ordinal, (days, mark)) in (1..).zip(all) {
                day += days;
                let mark = [Mark::Right, Mark::Wrong, Mark::Void][usize::from(mark)];
                seen.push(marked(ordinal, day, mark));
                prop_assert!(one.add(marked(ordinal, day, mark)));
                let (all, runs) = Streak::of(seen.clone());
                prop_assert_eq!(one, all);
                let last = runs.last().filter(|it| it.0 == ordinal).map(|it| it.1);
                prop_assert_eq!(last, (mark == Mark::Right).then_some(one.answers));
                // What is not the latest is for the other way.
                prop_assert!(!one.clone().add(marked(ordinal, day, mark)));
                prop_assert!(!one.clone().add(marked(ordinal + 1, day - 1, mark)));
            }
        }
    }
}
