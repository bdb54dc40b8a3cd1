//! A few balls told by a real server that speaks as OpenAI's does: `replay http://127.0.0.1:PORT/v1 MODEL`. It ends in failure where a
//! line got past the guard that says what is not so; how well a model writes is not judged. `cargo xtask model` starts a server for it.

#![expect(clippy::print_stdout, reason = "a command-line tool speaks on its terminal")]

use commentary::model::{Endpoint, OpenAi};
use commentary::{
    Ball, Caps, Edge, Facts, How, Kind, Out, Patience, Preset, Price, Retell, Retold, Score, Source,
};
use commentary::{Terms, figures};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Clock;
use store::testing::TestStore;
use tokio_util::sync::CancellationToken;

/// A small model on one busy core is slow.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::main]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1);
    let (base, name) = (given.next().unwrap_or_default(), given.next().unwrap_or_default());
    let endpoint = match Endpoint::new(&base, None, &name) {
        Ok(endpoint) => endpoint.patience(PATIENCE),
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let test = TestStore::new(&[commentary::MIGRATIONS]).await;
    let clock = Clock::system();
    let terms = Terms {
        calls_max: 1,
        price: Price { micros_per_million_in: 150_000, micros_per_million_out: 600_000 },
        caps: Caps { per_game: 1_000_000, per_day: 1_000_000 },
        patience: Patience::default(),
        choice_min: 8,
    };
    let retell =
        Retell::new(test.store().clone(), clock.clone(), Some(Arc::new(OpenAi::new(endpoint))), terms);
    let presets: Vec<Preset> =
        Preset::built_in().into_iter().filter(|it| ["hype", "analyst"].contains(&it.key.as_str())).collect();
    let mut lies = 0;
    for (number, facts) in (0_u32..).zip(balls()) {
        let ball = Ball { game: "mat_1", innings: 0, ball: number as i32, number, facts: &facts };
        for told in retell.tell(&ball, &presets, &CancellationToken::new()).await {
            let is_lie = matches!(told.source, Source::Model(_)) && !is_true(&facts, &told);
            lies += usize::from(is_lie);
            let words: BTreeSet<&str> = told.refusals.iter().map(commentary::Refusal::word).collect();
            let words: Vec<&str> = words.into_iter().collect();
            println!(
                "{} {}: {} [{:?}; refused: {}]",
                facts.kind.word(),
                told.tone,
                told.text,
                told.source,
                words.join(" ")
            );
        }
    }
    let since = clock.now().saturating_sub(Duration::from_secs(86_400)).unwrap_or_default();
    let told = test.store().read("replay", async |client| {
        Ok::<_, commentary::Error>((
            figures::calls(client, since, None).await?,
            figures::lines(client, since, None).await?,
        ))
    });
    let (calls, lines) = told.await.expect("a database that has just been written");
    for it in &calls {
        println!(
            "calls {}: {} ({} tokens in, {} out, p50 {:?} ms)",
            it.outcome, it.calls, it.tokens_in, it.tokens_out, it.p50_ms
        );
    }
    for it in &lines {
        println!("lines of {} {} {}: {}", it.tone, it.outcome, it.reason, it.lines);
    }
    println!("lines that say what is not so: {lies}");
    if lies == 0 && !calls.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// By means that share nothing with the guard: each number is one of the ball's, and no wicket falls that did not.
fn is_true(facts: &Facts, told: &Retold) -> bool {
    let json = serde_json::to_string(facts).expect("facts are JSON");
    let numbers = |text: &str| -> Vec<String> {
        let digits = text.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
        digits.map(str::to_owned).collect()
    };
    let known = numbers(&json);
    let text = told.text.to_lowercase();
    let words: Vec<&str> = text.split(|it: char| !it.is_alphabetic()).collect();
    let has_wicket = ["out", "wicket", "bowled", "caught", "lbw", "gone"].iter().any(|it| words.contains(it));
    numbers(&told.text).iter().all(|it| known.contains(it)) && (!has_wicket || facts.kind == Kind::Wicket)
}

fn balls() -> Vec<Facts> {
    let base = Facts {
        bowler: "Bumrah".to_owned(),
        batter: "Head".to_owned(),
        non_striker: "Sharma".to_owned(),
        batting_team: "Hyderabad".to_owned(),
        fielding_team: "Mumbai".to_owned(),
        over: "14.2".to_owned(),
        score: Score { runs: 121, wickets: 3, all_out: false },
        batter_runs: 47,
        batter_balls: 31,
        bowler_runs: 22,
        ..Facts::default()
    };
    let out = Out {
        player: "Head".to_owned(),
        how: How::Bowled,
        fielders: Vec::new(),
        is_bowlers: true,
        runs: 47,
        balls: 32,
    };
    vec![
        Facts { kind: Kind::Six, runs: 6, bat_runs: 6, boundary: Some(Edge::Six), ..base.clone() },
        Facts { kind: Kind::Wicket, out: vec![out], bowler_wickets: 1, ..base.clone() },
        Facts { kind: Kind::Runs, runs: 1, bat_runs: 1, ..base.clone() },
        base,
    ]
}
