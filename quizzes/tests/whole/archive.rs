//! Real matches, from their first command to the last, and with one taken out.

use crate::scene::{bands, second};
use cricket::cricsheet::{Archive, read};
use cricket::{Command, Match};
use jiff::Timestamp;
use proptest::prelude::*;
use quizzes::{Course, Kind, Named, Outcome, Phase, Team, Window, settle, window};
use std::path::Path;
use std::sync::LazyLock;

/// Of each so many files one is read, to be quick.
const EACH: usize = 5;

/// Matches of the archive; none, with a word, where it is not there.
static MATCHES: LazyLock<Vec<(String, Archive)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cricsheet");
    let Ok(files) = std::fs::read_dir(&folder) else {
        say(&format!("skipped: {} is not here", folder.display()));
        return Vec::new();
    };
    let mut paths: Vec<_> = files.map(|it| it.unwrap().path()).collect();
    paths.retain(|it| !it.ends_with("MANIFEST.json"));
    paths.sort();
    let archive = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, read(&std::fs::read(&path).unwrap()).unwrap())
    };
    paths.into_iter().step_by(EACH).map(archive).collect()
});

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// A question of each kind for an over.
fn kinds(over: u16, first: &Match) -> Vec<Kind> {
    let players = first.setup.players.iter().filter(|it| Team::from(it.side) == Team::Home).take(3);
    let players = players.enumerate().map(|(at, it)| Named { id: format!("p{at}"), name: it.name.clone() });
    let mut all = vec![
        Kind::Winner,
        Kind::WinnerOrDraw,
        Kind::TopScorer { side: Team::Home, players: players.collect() },
    ];
    for innings in 1..=2 {
        all.extend([
            Kind::OverRuns { innings, over, bands: bands(&[3, 6, 9]) },
            Kind::OverWicket { innings, over },
            Kind::OverBoundaries { innings, over, bands: bands(&[0, 1]) },
            Kind::BallRuns { innings, over, ball: 1, bands: bands(&[0, 1, 3]) },
            Kind::InningsTotal { innings, bands: bands(&[139, 159, 179]) },
            Kind::PowerplayTotal { innings, overs: over, bands: bands(&[39, 49]) },
            Kind::NextWicket { innings, wicket: u8::try_from(over.min(10)).unwrap() },
        ]);
    }
    all
}

fn timed(commands: &[Command]) -> Vec<(Timestamp, &Command)> {
    commands.iter().enumerate().map(|(at, it)| (second(at as i64), it)).collect()
}

fn at_end(course: &Course) -> bool {
    course.game().outcome.is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// From the beginning to the end: what is settled is one of its choices and was locked before, what is locked stays so, and nothing is left
    /// open by a match that is over.
    #[test]
    fn a_real_match_settles_what_is_asked_of_it(pick in 0..1_000_usize, over in 1..22_u16, step in 7..40_usize) {
        let Some((name, archive)) = MATCHES.get(pick % MATCHES.len().max(1)) else { return Ok(()) };
        let always = Window::Between { from: second(0), until: second(1_000_000) };
        let before = Window::BeforeOver { innings: 1, over, seconds: 3_600 };
        let kinds = kinds(over, &archive.game);
        let mut locks: Vec<Option<Timestamp>> = vec![None; kinds.len()];
        let count = archive.commands.len();
        let stops = (0..count).step_by(step).chain([count]);
        for stop in stops {
            let course = Course::of(&archive.setup, timed(&archive.commands[..stop])).unwrap();
            let now = second(stop as i64);
            for (kind, lock) in kinds.iter().zip(&mut locks) {
                let outcome = settle(kind, &course);
                let phase = window(&always, kind, &course, now);
                match phase {
                    Phase::Locked { locks_at } => {
                        let first = *lock.get_or_insert(locks_at);
                        prop_assert_eq!(first, locks_at, "{} {:?}: its lock has moved", name, kind);
                    }
                    _ => prop_assert!(lock.is_none(), "{name} {kind:?}: it was locked before"),
                }
                match &outcome {
                    Outcome::Choice(id) => prop_assert!(kind.choices().contains(&id.as_str()), "{kind:?} {id}"),
                    Outcome::NotYet => prop_assert!(!at_end(&course), "{name} {kind:?}: it is left open"),
                    Outcome::Void(_) => {}
                }
                let is_settled = outcome != Outcome::NotYet;
                prop_assert!(!is_settled || lock.is_some(), "{name} {kind:?} {outcome:?}: settled, and not locked");
                // It opens between two overs, if at all, and not after its own has begun.
                if let Phase::Open { .. } = window(&before, kind, &course, now) {
                    let innings = course.game().innings.iter().find(|it| !it.super_over).unwrap();
                    prop_assert_eq!((innings.overs, innings.over_begun()), (over - 1, false));
                }
            }
        }
    }

    /// Whatever is corrected, there is an answer, and the same for the same log.
    #[test]
    fn a_corrected_match_settles_what_is_asked_of_it(pick in 0..1_000_usize, over in 1..22_u16, gone in 0..10_000_usize) {
        let Some((_, archive)) = MATCHES.get(pick % MATCHES.len().max(1)) else { return Ok(()) };
        let mut commands = archive.commands.clone();
        let at = gone % commands.len();
        match &mut commands[at] {
            Command::Ball(ball) if gone % 2 == 0 => ball.wickets.clear(),
            _ => drop(commands.remove(at)),
        }
        // Not each command can be spared.
        let Ok(course) = Course::of(&archive.setup, timed(&commands)) else { return Ok(()) };
        for kind in kinds(over, &archive.game) {
            let outcome = settle(&kind, &course);
            prop_assert_eq!(&outcome, &settle(&kind, &Course::of(&archive.setup, timed(&commands)).unwrap()));
            if let Outcome::Choice(id) = &outcome {
                prop_assert!(kind.choices().contains(&id.as_str()), "{kind:?} {id}");
            }
            prop_assert!(outcome != Outcome::NotYet || !at_end(&course), "{kind:?}: it is left open");
        }
    }
}

#[test]
fn over_runs_of_a_real_match_are_those_of_its_scoreboard() {
    for (name, archive) in MATCHES.iter() {
        let course = Course::of(&archive.setup, timed(&archive.commands)).unwrap();
        let regular = archive.game.innings.iter().filter(|it| !it.super_over);
        for (innings, state) in (1..).zip(regular).take(4) {
            for (over, total) in (1..).zip(&state.over_totals).take(20) {
                let kind = Kind::OverRuns { innings, over, bands: bands(&[0, 2, 4, 6, 8, 10, 12]) };
                let Outcome::Choice(id) = settle(&kind, &course) else { continue };
                let band = usize::from(total.runs.min(13).div_ceil(2));
                assert_eq!(id, format!("b{band}"), "{name}: innings {innings}, over {over}");
            }
        }
    }
}
