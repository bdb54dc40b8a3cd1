//! Counting tests from what cargo and Playwright print when they are done.

/// How many tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
}

impl Tally {
    pub(super) fn plus(self, other: Tally) -> Tally {
        Tally { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// The lines by which cargo's test programs and Playwright end, those without a test left out.
pub(super) fn closing_lines(said: &str) -> Vec<&str> {
    let is_closing = |line: &&str| tally_of(line).is_some_and(|it| it != Tally::default());
    said.lines().map(str::trim).filter(is_closing).collect()
}

/// The tests in a program's output. A program that counts none is a test itself, and one that fails has at
/// least one failure.
pub(super) fn count(said: &str, succeeded: bool) -> Tally {
    let mut sum = said.lines().filter_map(tally_of).fold(Tally::default(), Tally::plus);
    if succeeded && sum == Tally::default() {
        sum.passed = 1;
    }
    if !succeeded {
        sum.failed = sum.failed.max(1);
    }
    sum
}

fn tally_of(line: &str) -> Option<Tally> {
    let line = line.trim();
    match line.strip_prefix("test result: ") {
        Some(counts) => Some(Tally {
            passed: number_before(counts, " passed")?,
            failed: number_before(counts, " failed")?,
        }),
        None => browser_tally(line),
    }
}

/// Playwright closes with lines such as `  2 failed` and `  13 passed (41.2s)`; nothing else of its output
/// looks so.
fn browser_tally(line: &str) -> Option<Tally> {
    let mut words = line.split(' ');
    let number = words.next()?.parse().ok()?;
    let (what, time) = (words.next()?, words.next());
    if words.next().is_some() || time.is_some_and(|it| !it.starts_with('(')) {
        return None;
    }
    match what {
        "passed" => Some(Tally { passed: number, failed: 0 }),
        "failed" | "flaky" | "interrupted" => Some(Tally { passed: 0, failed: number }),
        _ => None,
    }
}

/// What failed and why, as cargo's test programs and Playwright say it: the part of the output that one reads
/// first, wherever it stands. Empty for a program that reports in another form.
pub(super) fn failures(said: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut within = false;
    for line in said.lines() {
        let begins = line == "failures:" || line.trim_start().starts_with("1) ");
        let ends = line.starts_with("test result: ") || tally_of(line).is_some_and(|it| it.passed > 0);
        within = (within || begins) && !ends;
        if within && !line.trim().is_empty() {
            kept.push(line);
        }
    }
    kept
}

/// The number that stands before a word: `12` in `ok. 12 passed; 0 failed`.
fn number_before(text: &str, word: &str) -> Option<usize> {
    let before = text.split_once(word)?.0;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &str = "running 3 tests\n\
        test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
        test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
        test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s\n";
    const PLAYWRIGHT: &str = "Running 14 tests using 1 worker\n  \
        ✓  1 tests/page.spec.ts:9:5 › 12 passed (or so it says) (2.1s)\n  1 failed\n    tests/page.spec.ts:30:5 › restart\n  13 passed (41.2s)\n";

    #[test]
    fn tests_of_all_programs_are_summed() {
        assert_eq!(count(CARGO, false), Tally { passed: 7, failed: 2 });
        assert_eq!(count(PLAYWRIGHT, false), Tally { passed: 13, failed: 1 });
    }

    #[test]
    fn failures_are_found_in_the_midst_of_other_output() {
        let cargo = "test fold ... FAILED\n\nfailures:\n\n---- fold stdout ----\n\npanicked at fold.rs:1:1\n\n\
            failures:\n    fold\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored\n\n   Doc-tests wire\nrunning 0 tests\n";
        let kept = ["failures:", "---- fold stdout ----", "panicked at fold.rs:1:1", "failures:", "    fold"];
        assert_eq!(failures(cargo), kept);
        let playwright = "  ✓ one (2 s)\n\n  1) page.spec.ts:30:5 › restart\n\n    Error: no score\n\n  1 failed\n    \
            page.spec.ts:30:5 › restart\n  13 passed (41.2s)\n";
        let kept = [
            "  1) page.spec.ts:30:5 › restart",
            "    Error: no score",
            "  1 failed",
            "    page.spec.ts:30:5 › restart",
        ];
        assert_eq!(failures(playwright), kept);
        assert_eq!(failures(CARGO), [""; 0]);
    }

    #[test]
    fn programs_without_a_test_are_not_shown() {
        assert_eq!(closing_lines(CARGO).len(), 2);
        assert_eq!(closing_lines(PLAYWRIGHT), ["1 failed", "13 passed (41.2s)"]);
    }

    #[test]
    fn a_check_that_counts_nothing_is_one_test() {
        assert_eq!(count("", true), Tally { passed: 1, failed: 0 });
        assert_eq!(count("error: could not compile", false), Tally { passed: 0, failed: 1 });
    }
}
