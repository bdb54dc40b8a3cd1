//! A match between two clubs, as a feed sends it.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Ten overs a side between Home XI (H1 to H11) and Away XI (A1 to A11).
pub(crate) fn announcement(name: &str) -> Value {
    let players = |letter: char| (1..=11).map(|at| format!("{letter}{at}")).collect::<Vec<_>>();
    json!({
        "source_match_id": name,
        "format": "t20",
        "overs": 10,
        "teams": [
            { "name": "Home XI", "short": "HOM", "players": players('H') },
            { "name": "Away XI", "short": "AWY", "players": players('A') },
        ],
        "competition": "Test League",
        "date": "2026-05-01",
    })
}

/// A command with its id.
pub(crate) fn sent(id: &str, command: Value) -> Value {
    json!({ "id": id, "command": command })
}

/// A ball of H1 and H2 against A11, in the over that is due.
pub(crate) fn ball(runs: u8) -> Value {
    json!({ "type": "ball", "striker": "H1", "non_striker": "H2", "bowler": "A11", "runs": runs })
}

/// The commands of a game, numbered.
pub(crate) struct Scene {
    pub(crate) commands: Vec<Value>,
}

impl Scene {
    /// Toss, innings and balls of the home side: so many overs, by dice, with wides, no-balls and up to eight wickets.
    pub(crate) fn innings(overs: u16, seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut commands = vec![
            json!({ "type": "toss", "winner": "Home XI", "decision": "bat" }),
            json!({ "type": "innings_start", "team": "Home XI" }),
        ];
        let (mut striker, mut other, mut next, mut wickets, mut free_hit) = (1, 2, 3, 0, false);
        for over in 0..overs {
            let mut legal = 0;
            while legal < 6 {
                let mut ball = json!({
                    "type": "ball",
                    "over": over,
                    "striker": format!("H{striker}"),
                    "non_striker": format!("H{other}"),
                    "bowler": format!("A{}", 10 + over % 2),
                });
                match dice.random_range(0..20) {
                    0 if wickets < 8 && !free_hit => {
                        ball["wickets"] = json!([{ "player": format!("H{striker}"), "kind": "bowled" }]);
                        (striker, next, wickets, legal) = (next, next + 1, wickets + 1, legal + 1);
                    }
                    1 => ball["extras"] = json!({ "wides": 1 }),
                    2 => ball["extras"] = json!({ "no_balls": 1 }),
                    3 => {
                        (ball["runs"], ball["boundary"]) = (json!(6), json!("six"));
                        legal += 1;
                    }
                    _ => {
                        let runs = dice.random_range(0..=2);
                        ball["runs"] = json!(runs);
                        legal += 1;
                        if runs == 1 {
                            (striker, other) = (other, striker);
                        }
                    }
                }
                let extras = &ball["extras"];
                free_hit = extras["no_balls"] == 1 || (free_hit && extras["wides"] == 1);
                commands.push(ball);
            }
            (striker, other) = (other, striker);
        }
        Self { commands: commands.into_iter().enumerate().map(|(at, it)| numbered(at, it)).collect() }
    }
}

/// Id and order from the place in the game.
fn numbered(at: usize, command: Value) -> Value {
    json!({ "id": format!("c{at}"), "order": at, "command": command })
}
