//! What folding costs: a whole T20, the same cost a ball however long the innings, a correction, reading a file.
//!
//! `cargo bench -p cricket`. Uses a real match of the shared archive where it is at hand, else a made one.

use std::hint::black_box;
use std::path::Path;

use cricket::{
    Ball, Boundary, Command, Format, InningsStart, Log, Match, Op, Player, PlayerId, Setup, Side, Team,
    cricsheet,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A T20 with reviews, replacements and 471 runs.
const T20: &str = "1422121.json";
/// A Test of four days.
const TEST: &str = "225258.json";

fn setup() -> Setup {
    let players =
        |name: &'static str, side| (0..11).map(move |it| Player { name: format!("{name} {it}"), side });
    Setup {
        teams: vec![Team::named("Home"), Team::named("Away")],
        players: players("Home", Side::Home).chain(players("Away", Side::Away)).collect(),
        format: Format::Test,
        balls_per_over: 6,
        ..Setup::default()
    }
}

/// One innings of this many balls, without wickets.
fn made(balls: usize) -> (Setup, Vec<Command>) {
    let mut commands = vec![Command::InningsStart(InningsStart::default())];
    for it in 0..balls {
        let runs = [0, 1, 0, 4, 2, 0, 1, 1, 0, 6][it % 10];
        let boundary = match runs {
            4 => Some(Boundary::Four),
            6 => Some(Boundary::Six),
            _ => None,
        };
        let bowler = PlayerId(11 + (it / 6 % 5) as u16);
        let ball = Ball {
            striker: PlayerId(0),
            non_striker: PlayerId(1),
            bowler,
            runs,
            boundary,
            ..Ball::default()
        };
        commands.push(Command::Ball(ball));
    }
    (setup(), commands)
}

fn file(name: &str) -> Option<Vec<u8>> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cricsheet").join(name)).ok()
}

fn read(name: &str) -> Option<(Setup, Vec<Command>)> {
    let archive = cricsheet::read(&file(name)?).expect("a file of the archive");
    Some((archive.setup, archive.commands))
}

fn fold(setup: &Setup, commands: &[Command]) -> Match {
    let mut game = Match::new(setup.clone()).expect("a right setup");
    for command in commands {
        game.apply(command).expect("was read before");
    }
    game
}

fn whole_matches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    for (name, match_) in [("t20", read(T20).or_else(|| Some(made(240)))), ("test", read(TEST))] {
        let Some((setup, commands)) = match_ else { continue };
        group.throughput(Throughput::Elements(commands.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| fold(black_box(&setup), black_box(&commands))));
    }
    group.finish();
}

fn lengths(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("balls");
    for times in [1, 2, 4, 8] {
        let (setup, commands) = made(240 * times);
        group.throughput(Throughput::Elements(commands.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(commands.len() - 1), |bencher| {
            bencher.iter(|| fold(black_box(&setup), black_box(&commands)));
        });
    }
    group.finish();
}

fn corrections(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("correction");
    for (name, match_) in [("t20", read(T20).or_else(|| Some(made(240)))), ("test", read(TEST))] {
        let Some((setup, commands)) = match_ else { continue };
        let mut log = Log::new(setup).expect("a right setup");
        for (seq, command) in commands.iter().enumerate() {
            log.apply(seq as u64, Op::Append(command.clone())).expect("was read before");
        }
        // The last ball again, as it was: the whole log is folded.
        let last = commands.iter().rposition(|it| matches!(it, Command::Ball(_))).expect("a ball");
        let mut seq = commands.len() as u64;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                seq += 1;
                let op = Op::Edit { of: last as u64, command: commands[last].clone() };
                log.apply(seq, op).expect("the same ball")
            });
        });
    }
    group.finish();
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cricsheet");
    for (name, bytes) in [("t20", file(T20)), ("test", file(TEST))] {
        let Some(bytes) = bytes else { continue };
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| cricsheet::read(black_box(&bytes)).expect("a file of the archive"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = whole_matches, lengths, corrections, reading
}
criterion_main!(benches);
