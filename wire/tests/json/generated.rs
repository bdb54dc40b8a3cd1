//! Whatever is written is JSON on one line, and reads back as what it was.

use crate::values::{command, game};
use proptest::prelude::*;
use proptest::sample::Index;
use wire::{BallLine, Balls, Bye, Json, Position, Snapshot, Update, decode, encode};

fn check<T: Json + PartialEq + std::fmt::Debug>(value: &T) {
    let text = encode(value);
    assert_eq!(decode::<T>(&text).as_ref(), Ok(value), "{text}");
    let by_other: Result<serde_json::Value, _> = serde_json::from_str(&text);
    assert!(by_other.is_ok(), "{text}");
    assert!(!text.contains(|it: char| it < ' '), "an SSE data line holds no line end: {text}");
    // Another writer's spacing and escapes mean the same.
    let respaced = serde_json::to_string_pretty(&by_other.unwrap()).unwrap();
    assert_eq!(decode::<T>(&respaced).as_ref(), Ok(value), "{respaced}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_update_reads_back(t in any::<u64>(), rev in any::<u32>(), command in command()) {
        check(&Update { t, rev, command });
    }

    #[test]
    fn every_snapshot_reads_back(numbers in any::<(u64, u64, u64, u32)>(), id in ".*", state in game()) {
        let (t, epoch, seq, rev) = numbers;
        check(&Snapshot { t, id, epoch, seq, rev, state });
    }

    #[test]
    fn every_other_body_reads_back(reason in ".*", retry_ms in any::<u32>(), seq in any::<u64>(), text in ".*", innings in any::<u8>()) {
        check(&Bye { reason, retry_ms });
        let line = BallLine { seq, innings, text, ..BallLine::default() };
        check(&Balls { epoch: seq, rev: retry_ms, balls: vec![line.clone(), line], next: Some(seq) });
    }

    #[test]
    fn every_position_reads_back(epoch in any::<u64>(), seq in any::<u64>()) {
        let position = Position { epoch, seq };
        prop_assert_eq!(position.to_string().parse(), Ok(position));
    }

    #[test]
    fn a_spoilt_update_is_an_error_or_another_update_but_never_a_panic(
        command in command(), at in any::<Index>(), with in any::<char>(), cut in any::<bool>(),
    ) {
        let mut text: Vec<char> = encode(&Update { t: 1, rev: 2, command }).chars().collect();
        let at = at.index(text.len());
        if cut { text.truncate(at); } else { text[at] = with; }
        let text: String = text.into_iter().collect();
        if let Ok(read) = decode::<Update>(&text) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok() || text.contains(['-', '+', '.']), "{}", text);
            check(&read);
        }
    }
}
