//! Our own phrases: each says what is so, and none is heard too often.

use crate::balls::each_ball;
use commentary::{Preset, guard, phrases};
use std::collections::{BTreeMap, HashSet};

#[test]
fn every_phrase_of_every_tone_passes_the_guard() {
    let presets = Preset::built_in();
    let mut shapes = HashSet::new();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let (mut told, mut passed) = (0, 0);
    each_ball(|ball| {
        // Balls of one shape are told in the same words.
        if !shapes.insert(ball.facts.shape_hash()) {
            return;
        }
        for preset in &presets {
            for line in phrases::all(&ball.facts, preset) {
                told += 1;
                match guard::check(&ball.facts, preset, &line) {
                    Ok(_) => passed += 1,
                    Err(why) => {
                        refused
                            .entry(line)
                            .or_insert_with(|| format!("{} {}: {why:?}", preset.key, preset.language));
                    }
                }
            }
        }
    });
    for (line, why) in refused.iter().take(400) {
        crate::balls::say(&format!("{line}\n    {why}"));
    }
    crate::balls::say(&format!("{passed} of {told} lines passed, {} shapes", shapes.len()));
    assert_eq!(refused.len(), 0, "phrases are refused");
}
