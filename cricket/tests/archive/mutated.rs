//! Files with something missing or of another kind: read rightly, or refused with a place; never a panic.

use cricket::cricsheet::{self, Error, Reason};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::manifest::bytes;

/// A Hundred match, one with replacements and a review, one with a target in balls and a concussion.
const FILES: [&str; 3] = ["1471003.json", "1370352.json", "1277094.json"];

/// The file with its deliveries thinned out, so that each key of what is left can be changed in turn.
fn thinned(file: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(&bytes(file)?).expect("a file of the archive is JSON");
    for innings in value["innings"].as_array_mut().expect("innings") {
        let overs = innings["overs"].as_array_mut().expect("overs");
        overs.retain(|it| {
            let odd = |ball: &Value| {
                ["wickets", "review", "replacements"].iter().any(|key| ball.get(key).is_some())
            };
            it["deliveries"].as_array().is_some_and(|it| it.iter().any(odd))
        });
        overs.truncate(4);
    }
    value["info"]["registry"] = Value::Null;
    Some(value)
}

/// The places of everything in a value, as JSON pointers.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            into.push(at.clone());
            pointers(member, &at, into);
        }),
        Value::Array(members) => members.iter().enumerate().for_each(|(index, member)| {
            let at = format!("{at}/{index}");
            into.push(at.clone());
            pointers(member, &at, into);
        }),
        _ => {}
    }
}

/// Takes away what is at the pointer.
fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer below the root");
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(members)) => {
            members.remove(key.parse().expect("an index"));
        }
        _ => panic!("nothing holds {pointer}"),
    }
}

/// What the innings' deliveries and penalties say they add up to; none where a delivery contradicts itself.
fn own_sum(innings: &Value) -> Option<u64> {
    let penalty = |key: &str| innings["penalty_runs"][key].as_u64().unwrap_or(0);
    let mut sum = penalty("pre") + penalty("post");
    let overs = innings["overs"].as_array().map_or(&[][..], |it| it);
    for ball in overs.iter().flat_map(|it| it["deliveries"].as_array().map_or(&[][..], |it| it)) {
        let runs = |key: &str| ball["runs"][key].as_u64();
        let kinds = ball["extras"].as_object().into_iter().flatten();
        let extras: u64 = kinds.map(|it| it.1.as_u64()).sum::<Option<u64>>()?;
        let (bat, extra, total) = (runs("batter")?, runs("extras")?, runs("total")?);
        if bat + extra != total || extra != extras {
            return None;
        }
        sum += total;
    }
    Some(sum)
}

/// Reads it: what can be read folds again to the same match, what cannot says where.
pub(crate) fn check(value: &Value, what: &str) {
    let bytes = serde_json::to_vec(value).expect("a value is JSON");
    match cricsheet::read(&bytes) {
        Ok(archive) => {
            let fresh = archive.commands.iter().try_fold(
                cricket::Match::new(archive.setup.clone()).expect("a setup that was read"),
                |mut game, command| game.apply(command).map(|_| game),
            );
            assert_eq!(fresh.as_ref(), Ok(&archive.game), "{what}");
            for (index, innings) in archive.game.innings.iter().enumerate() {
                if let Some(runs) = own_sum(&value["innings"][index]) {
                    assert_eq!(u64::from(innings.runs), runs, "{what}: {:?}", archive.notes);
                }
            }
        }
        Err(error) => {
            assert!(
                !error.to_string().is_empty() && !matches!(error.reason, Reason::Json { .. }),
                "{what}: {error}"
            );
        }
    }
}

#[test]
fn a_file_with_any_key_missing_or_of_another_kind_is_read_or_refused_with_its_place() {
    let kinds =
        [json!(null), json!(7), json!("7"), json!([]), json!({}), json!(true), json!(-1), json!("Nobody")];
    for file in FILES {
        let Some(whole) = thinned(file) else { return };
        check(&whole, file);
        let mut places = Vec::new();
        pointers(&whole, "", &mut places);
        for (index, place) in places.iter().enumerate() {
            let mut without = whole.clone();
            remove(&mut without, place);
            check(&without, &format!("{file} without {place}"));
            // Every place with one other kind, in turn; all kinds are met hundreds of times.
            for kind in [&kinds[index % kinds.len()], &kinds[(index / kinds.len()) % kinds.len()]] {
                let mut changed = whole.clone();
                *changed.pointer_mut(place).expect("a place of this value") = kind.clone();
                check(&changed, &format!("{file} with {kind} at {place}"));
            }
        }
    }
}

#[test]
fn unknown_keys_everywhere_change_nothing() {
    for file in FILES {
        let Some(bytes) = bytes(file) else { return };
        let known = cricsheet::read(&bytes).expect("a file of the archive");
        let mut value: Value = serde_json::from_slice(&bytes).expect("JSON");
        sprinkle(&mut value, false);
        let more = cricsheet::read(&serde_json::to_vec(&value).expect("JSON")).expect("the same match");
        assert_eq!(more.commands, known.commands, "{file}");
        assert_eq!(more.game, known.game, "{file}");
    }
}

/// Adds an unknown key to every object but those whose keys are names (of teams, people, kinds of extras).
fn sprinkle(value: &mut Value, names: bool) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                let names = ["players", "people", "extras", "miscounted_overs", "replacements"]
                    .contains(&key.as_str());
                sprinkle(member, names);
            }
            if !names {
                members.insert("unheard_of".to_owned(), json!({"a": [1, "b"]}));
            }
        }
        Value::Array(members) => members.iter_mut().for_each(|it| sprinkle(it, false)),
        _ => {}
    }
}

#[test]
fn bytes_that_are_no_match_are_refused_with_line_and_column() {
    for (bytes, line, column) in
        [(&b"{\n  \"info\": nope}"[..], 2, 12), (b"", 1, 0), (b"{\"info\": {}", 1, 11)]
    {
        match cricsheet::read(bytes) {
            Err(Error { line: at_line, reason: Reason::Json { column: at_column, .. } }) => {
                assert_eq!((at_line, at_column), (line, column));
            }
            other => panic!("{other:?}"),
        }
    }
    let reason = |bytes: &[u8]| cricsheet::read(bytes).expect_err("no match").reason;
    assert!(matches!(reason(b"[]"), Reason::Shape { .. }));
    assert_eq!(reason(b"{}"), Reason::Missing { path: "info".to_owned() });
    assert_eq!(reason(b"{\"info\": {}}"), Reason::Missing { path: "info.teams".to_owned() });
    let deep = [b'['; 1_000_000];
    assert!(matches!(cricsheet::read(&deep), Err(Error { reason: Reason::Json { .. }, .. })));
}

#[test]
fn bytes_changed_anywhere_are_read_or_refused() {
    let Some(whole) = thinned(FILES[0]) else { return };
    let bytes = serde_json::to_vec(&whole).expect("JSON");
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
    let changes = proptest::collection::vec((0..bytes.len(), any::<u8>()), 1..4);
    runner
        .run(&changes, |changes| {
            let mut changed = bytes.clone();
            for (at, byte) in changes {
                changed[at] = byte;
            }
            match cricsheet::read(&changed) {
                Ok(archive) => prop_assert_eq!(archive.game.totals().len(), archive.game.innings.len()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
            Ok(())
        })
        .expect("holds for all");
}
