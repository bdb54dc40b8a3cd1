//! Real matches through the feed's words, the wire and the command line.

use crate::support::{Crease, archive_folder, each_match};
use cricket::{Command, Log, Op};
use serde_json::{Value, json};
use server::feed::FeedCommand;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use wire::{Snapshot, Update};

/// How often the whole state is taken through the wire.
const COMMANDS_PER_SNAPSHOT: usize = 50;
/// What CONTRACT allows a ball.
const BALL_BYTES_MAX: usize = 400;

#[test]
fn every_command_of_the_archive_survives_the_feeds_words() {
    each_match(|_, path, archive| {
        let mut log = Log::new(archive.setup.clone()).unwrap();
        for (seq, command) in (1..).zip(&archive.commands) {
            let place = format!("{}, command {seq}", path.display());
            let named = FeedCommand::of(command, &archive.setup);
            let sent = serde_json::to_value(&named).unwrap();
            let read = FeedCommand::read(sent).unwrap_or_else(|mistake| panic!("{place}{mistake}"));
            assert_eq!(read, named, "{place}");
            let resolved = read.resolve(log.game()).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(&resolved, command, "{place}");
            log.apply(seq, Op::Append(resolved)).unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
        }
        assert_eq!(log.game(), &archive.game, "{}", path.display());
    });
}

#[test]
fn every_update_and_state_of_the_archive_survives_the_wire() {
    each_match(|_, path, archive| {
        let mut log = Log::new(archive.setup.clone()).unwrap();
        for (seq, command) in (1..).zip(&archive.commands) {
            let place = format!("{}, command {seq}", path.display());
            let update = Update { t: 1_767_225_600_000 + seq, rev: 4_000_000_000, command: command.clone() };
            let text = wire::encode(&update);
            assert_eq!(wire::decode::<Update>(&text).as_ref(), Ok(&update), "{place}");
            if matches!(command, Command::Ball(_)) {
                assert!(text.len() <= BALL_BYTES_MAX, "{place}: {} bytes: {text}", text.len());
            }
            log.apply(seq, Op::Append(command.clone())).unwrap();
            let is_last = seq as usize == archive.commands.len();
            if is_last || (seq as usize).is_multiple_of(COMMANDS_PER_SNAPSHOT) {
                let state = log.game().clone();
                let snapshot = Snapshot { t: 1, id: "mat_1".to_owned(), epoch: 2, seq, rev: 3, state };
                let text = wire::encode(&snapshot);
                assert_eq!(wire::decode::<Snapshot>(&text).as_ref(), Ok(&snapshot), "{place}");
                assert!(serde_json::from_str::<Value>(&text).is_ok(), "{place}");
            }
        }
    });
}

/// The figures that both `crease score` and the manifest have.
fn figures(innings: &Value) -> Value {
    let extra = |kind: &str| innings["extras"][kind].as_u64().unwrap_or(0);
    let extras = ["wides", "noballs", "byes", "legbyes", "penalty"].map(extra);
    json!({
        "team": innings["team"],
        "super_over": innings["super_over"],
        "runs": innings["runs"],
        "wickets": innings["wickets"],
        "overs": innings["overs"],
        "legal_balls": innings["legal_balls"],
        "extras": extras,
    })
}

fn score(files: &[&Path]) -> (Option<i32>, HashMap<String, Value>, String) {
    let (status, out, errors) = Crease::run(Crease::program().arg("score").args(files));
    let lines = out.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["file"].as_str().unwrap().to_owned(), line)
    });
    (status, lines.collect(), errors)
}

#[test]
fn crease_score_prints_what_the_manifest_says() {
    let mut known = Vec::new();
    each_match(|entry, path, _| known.push((entry.clone(), path.to_owned())));
    if known.is_empty() {
        return;
    }
    let paths: Vec<&Path> = known.iter().map(|it| it.1.as_path()).collect();
    let (status, lines, errors) = score(&paths);
    assert_eq!((status, errors.as_str(), lines.len()), (Some(0), "", 60));
    for (entry, path) in &known {
        let line = &lines[&path.display().to_string()];
        assert_eq!(line["match_type"], entry["match_type"], "{}", path.display());
        assert_eq!(line["teams"], entry["teams"], "{}", path.display());
        assert_eq!(line["result_text"], entry["result_text"], "{}", path.display());
        let ours = line["innings"].as_array().unwrap();
        let theirs = entry["innings"].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{}", path.display());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_eq!(figures(ours), figures(theirs), "{}", path.display());
            assert_eq!(ours["declared"], json!(theirs["end"] == "declared"), "{}", path.display());
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_scored() {
    let Some(folder) = archive_folder() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let plain = std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        let is_match = path.extension().is_some_and(|it| it == "json") && !path.ends_with("MANIFEST.json");
        is_match.then_some(path)
    });
    let plain = plain.unwrap();
    let packed = scratch.path().join("packed.json.gz");
    let mut packer =
        flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    packer.write_all(&std::fs::read(&plain).unwrap()).unwrap();
    packer.finish().unwrap();
    let broken = scratch.path().join("broken.json");
    std::fs::write(&broken, "{\n  \"info\": {\n    \"teams\": [,]\n").unwrap();
    let shapeless = scratch.path().join("shapeless.json");
    std::fs::write(&shapeless, r#"{"info":{"teams":["A","B"]},"innings":[{"team":"A","overs":7}]}"#).unwrap();
    let missing = scratch.path().join("missing.json");
    let (status, lines, errors) = score(&[&broken, &plain, &shapeless, &packed, &missing]);
    assert_eq!((status, lines.len()), (Some(1), 2));
    let [of_plain, of_packed] = [&plain, &packed].map(|it| &lines[&it.display().to_string()]);
    assert_eq!(of_plain["innings"], of_packed["innings"]);
    let wanted = [
        format!("{}:3: not JSON at column 15: ", broken.display()),
        format!("{}:1: innings[0].overs is not ", shapeless.display()),
        format!("{}: cannot be read: ", missing.display()),
    ];
    let said: Vec<&str> = errors.lines().collect();
    assert_eq!(said.len(), wanted.len(), "{errors}");
    for (said, wanted) in said.iter().zip(wanted) {
        assert!(said.starts_with(&wanted), "{said} should begin with {wanted}");
    }
}
