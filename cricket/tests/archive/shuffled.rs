//! Real files with their parts moved, doubled, dropped and overdone: read to the sums that they then have, or refused
//! with a place; never a panic.

use cricket::cricsheet;
use serde_json::{Value, json};

use crate::manifest::each_file;
use crate::mutated::check;

/// Shuffled copies of each file of the archive.
const COPIES: u64 = 4;
/// Overs kept of an innings: reading whole matches so often would take minutes without optimisation.
const OVERS_MAX: usize = 3;

/// Numbers that are the same in each run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((it ^ (it >> 31)) % limit.max(1) as u64) as usize
    }
}

/// The file with the first, the last and a middle over of each innings.
fn shortened(file: &Value) -> Value {
    let mut file = file.clone();
    file["info"]["registry"] = Value::Null;
    for innings in file["innings"].as_array_mut().into_iter().flatten() {
        let Some(overs) = innings["overs"].as_array_mut() else { continue };
        let (middle, last) = (overs.len() / 2, overs.len().saturating_sub(1));
        let mut at = 0;
        overs.retain(|_| {
            at += 1;
            [1, middle + 1, last + 1].contains(&at)
        });
        overs.truncate(OVERS_MAX);
    }
    file
}

/// Some over of some innings.
fn over<'a>(file: &'a mut Value, dice: &mut Dice) -> Option<&'a mut Value> {
    let innings = some(file["innings"].as_array_mut()?, dice)?;
    some(innings["overs"].as_array_mut()?, dice)
}

fn some<'a>(list: &'a mut [Value], dice: &mut Dice) -> Option<&'a mut Value> {
    let at = dice.below(list.len());
    list.get_mut(at)
}

/// Changes one thing; none where the file has nothing of the kind.
fn shuffle(file: &mut Value, dice: &mut Dice) -> Option<()> {
    let figures = [0, 1, 3, 5, 7, 49, 51, 255, 999, 1_001, 65_536];
    let figure = json!(figures[dice.below(figures.len())]);
    match dice.below(12) {
        0 => over(file, dice)?["over"] = figure,
        1 => {
            let deliveries = over(file, dice)?["deliveries"].as_array_mut()?;
            let (from, to) = (dice.below(deliveries.len()), dice.below(deliveries.len()));
            deliveries.get(from.max(to))?;
            deliveries.swap(from, to);
        }
        2 => {
            let deliveries = over(file, dice)?["deliveries"].as_array_mut()?;
            let again = deliveries.clone();
            deliveries.extend(again);
        }
        3 => drop(over(file, dice)?["deliveries"].as_array_mut()?.pop()),
        4 => {
            let innings = file["innings"].as_array_mut()?;
            let again = some(innings, dice)?.clone();
            innings.push(again);
        }
        5 => file["innings"].as_array_mut()?.reverse(),
        6 => {
            let deliveries = over(file, dice)?["deliveries"].as_array_mut()?;
            let ball = some(deliveries, dice)?;
            let (batter, other) = (ball["batter"].take(), ball["non_striker"].take());
            (ball["batter"], ball["non_striker"]) = (other, batter);
        }
        7 => {
            let deliveries = over(file, dice)?["deliveries"].as_array_mut()?;
            let ball = some(deliveries, dice)?;
            let out = [ball["batter"].clone(), ball["non_striker"].clone(), ball["bowler"].clone()];
            let kinds = ["bowled", "run out", "retired hurt", "timed out", "retired out", "stumped"];
            let wickets = out.map(|it| json!({"player_out": it, "kind": kinds[dice.below(kinds.len())]}));
            ball["wickets"] = json!(wickets);
        }
        8 => {
            let deliveries = over(file, dice)?["deliveries"].as_array_mut()?;
            let ball = some(deliveries, dice)?;
            let kinds = ["wides", "noballs", "byes", "legbyes", "penalty"];
            ball["extras"] =
                json!({ kinds[dice.below(kinds.len())]: figure, kinds[dice.below(kinds.len())]: 1 });
        }
        9 => some(file["innings"].as_array_mut()?, dice)?["target"] = json!({"runs": figure, "overs": 1.3}),
        10 => some(file["innings"].as_array_mut()?, dice)?["super_over"] = json!(true),
        _ => file["info"]["balls_per_over"] = figure,
    }
    Some(())
}

#[test]
fn real_files_with_their_parts_shuffled_are_read_or_refused() {
    let (mut read, mut seed) = (0, 0);
    each_file(|known, file, _| {
        let short = shortened(file);
        for _ in 0..COPIES {
            seed += 1;
            let mut dice = Dice(seed);
            let mut shuffled = short.clone();
            for _ in 0..=dice.below(6) {
                // Some files have nothing of the kind that is to be changed.
                let _ = shuffle(&mut shuffled, &mut dice);
            }
            check(&shuffled, &format!("{} shuffled by {seed}", known.id));
            let bytes = serde_json::to_vec(&shuffled).expect("a value is JSON");
            read += usize::from(cricsheet::read(&bytes).is_ok());
        }
    });
    assert!(seed == 0 || read > 50, "{read} of {seed} could still be read");
}
