//! The shared archive and what is known of it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cricket::InningsTotals;
use cricket::cricsheet::{self, Archive};
use serde_json::Value;

/// What MANIFEST.json says of one match.
pub(crate) struct Known {
    pub(crate) id: String,
    /// Whether the deliveries alone give the recorded result.
    pub(crate) agrees: bool,
    pub(crate) result_text: String,
    pub(crate) innings: Vec<Innings>,
}

/// An innings in figures; extras are wides, no-balls, byes, leg-byes, penalty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Innings {
    team: String,
    super_over: bool,
    runs: u64,
    wickets: u64,
    overs: String,
    legal_balls: u64,
    extras: [u64; 5],
    declared: bool,
}

impl Innings {
    pub(crate) fn of(totals: &InningsTotals) -> Self {
        let extras = &totals.extras;
        let extras = [extras.wides, extras.no_balls, extras.byes, extras.leg_byes, extras.penalty];
        Innings {
            team: totals.team.clone(),
            super_over: totals.super_over,
            runs: totals.runs.into(),
            wickets: totals.wickets.into(),
            overs: totals.overs.clone(),
            legal_balls: totals.legal_balls.into(),
            extras: extras.map(u64::from),
            declared: totals.declared,
        }
    }

    fn read(value: &Value) -> Self {
        let figure = |key: &str| value[key].as_u64().expect(key);
        let text = |key: &str| value[key].as_str().expect(key).to_owned();
        let extras = ["wides", "noballs", "byes", "legbyes", "penalty"];
        Innings {
            team: text("team"),
            super_over: value["super_over"].as_bool().expect("super_over"),
            runs: figure("runs"),
            wickets: figure("wickets"),
            overs: text("overs"),
            legal_balls: figure("legal_balls"),
            extras: extras.map(|key| value["extras"][key].as_u64().unwrap_or(0)),
            declared: value["end"] == "declared",
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cricsheet")
}

/// The bytes of one file of the archive; none, with a word, where the archive is not there.
pub(crate) fn bytes(file: &str) -> Option<Vec<u8>> {
    let path = folder().join(file);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            say(&format!("skipped: {} is not here ({error})", path.display()));
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// Reads each match of the archive; none, with a word, where the archive is not there.
pub(crate) fn each_match(mut check: impl FnMut(&Known, &Archive)) {
    each_file(|known, _, archive| check(known, archive));
}

/// The same, with the file's JSON beside it.
pub(crate) fn each_file(mut check: impl FnMut(&Known, &Value, &Archive)) {
    // Read once for all tests: ten megabytes take seconds without optimisation.
    static MATCHES: OnceLock<Vec<(Known, Value, Archive)>> = OnceLock::new();
    MATCHES.get_or_init(read_all).iter().for_each(|(known, file, archive)| check(known, file, archive));
}

fn read_all() -> Vec<(Known, Value, Archive)> {
    let Some(manifest) = bytes("MANIFEST.json") else { return Vec::new() };
    let manifest: Value = serde_json::from_slice(&manifest).expect("the manifest is JSON");
    manifest["matches"].as_array().expect("matches").iter().map(read_one).collect()
}

fn read_one(entry: &Value) -> (Known, Value, Archive) {
    let text = |key: &str| entry[key].as_str().expect(key).to_owned();
    let known = Known {
        id: text("id"),
        agrees: entry["fold_agrees_with_outcome"].as_bool().expect("fold_agrees_with_outcome"),
        result_text: text("result_text"),
        innings: entry["innings"].as_array().expect("innings").iter().map(Innings::read).collect(),
    };
    let bytes = bytes(&text("file")).expect("a file that the manifest lists");
    let archive = cricsheet::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", known.id));
    let file = serde_json::from_slice(&bytes).expect("what could be read is JSON");
    (known, file, archive)
}
