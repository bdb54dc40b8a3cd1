//! Batters', bowlers' and partnership figures against sums made straight from the file's JSON.

use std::collections::BTreeMap;

use cricket::{Innings, Match};
use serde_json::Value;

use crate::manifest::each_file;

/// Runs, balls, fours, sixes of each batter; runs, wickets, balls, wides, no-balls, maidens of each bowler.
#[derive(Default, Debug, PartialEq, Eq)]
struct Sheet {
    batters: BTreeMap<String, [u64; 4]>,
    bowlers: BTreeMap<String, [u64; 6]>,
}

/// Wickets that count for the bowler.
const BOWLERS: [&str; 6] = ["bowled", "caught", "caught and bowled", "lbw", "stumped", "hit wicket"];

fn sheet_of_file(innings: &Value, balls_per_over: u64) -> Sheet {
    let mut sheet = Sheet::default();
    let overs = innings["overs"].as_array().map_or(&[][..], |it| it);
    for (index, over) in overs.iter().enumerate() {
        let mut bowlers: Vec<&str> = Vec::new();
        let (mut charged_in_over, mut legal_in_over) = (0, 0);
        for ball in over["deliveries"].as_array().expect("deliveries") {
            let name = |key: &str| ball[key].as_str().expect(key);
            let extra = |key: &str| ball["extras"][key].as_u64().unwrap_or(0);
            let runs = ball["runs"]["batter"].as_u64().expect("runs");
            let (wides, no_balls) = (extra("wides"), extra("noballs"));
            let legal = u64::from(wides == 0 && no_balls == 0);
            sheet.batters.entry(name("non_striker").to_owned()).or_default();
            let batter = sheet.batters.entry(name("batter").to_owned()).or_default();
            let boundary = ball["runs"]["non_boundary"] != true;
            for (at, more) in [
                runs,
                u64::from(wides == 0),
                u64::from(boundary && runs == 4),
                u64::from(boundary && runs == 6),
            ]
            .into_iter()
            .enumerate()
            {
                batter[at] += more;
            }
            let kinds = ball["wickets"].as_array().map_or(&[][..], |it| it);
            let wickets =
                kinds.iter().filter(|it| BOWLERS.contains(&it["kind"].as_str().expect("kind"))).count();
            let bowler = sheet.bowlers.entry(name("bowler").to_owned()).or_default();
            let charged = runs + wides + no_balls;
            for (at, more) in [charged, wickets as u64, legal, wides, no_balls].into_iter().enumerate() {
                bowler[at] += more;
            }
            charged_in_over += charged;
            legal_in_over += legal;
            if !bowlers.contains(&name("bowler")) {
                bowlers.push(name("bowler"));
            }
        }
        let last = index + 1 == overs.len();
        let miscounted = innings["miscounted_overs"].get(over["over"].to_string()).is_some();
        let complete = !last || legal_in_over >= balls_per_over || miscounted;
        if let [bowler] = bowlers.as_slice()
            && charged_in_over == 0
            && complete
        {
            sheet.bowlers.entry((*bowler).to_owned()).or_default()[5] += 1;
        }
    }
    sheet
}

fn sheet_of_state(game: &Match, innings: &Innings) -> Sheet {
    let name = |player| game.setup.name(player).to_owned();
    let timed_out = |it: &&cricket::Batter| {
        it.dismissal.as_ref().is_none_or(|it| it.kind != cricket::DismissalKind::TimedOut)
    };
    let batters = innings.batters.iter().filter(timed_out);
    Sheet {
        batters: batters
            .map(|it| (name(it.player), [it.runs, it.balls, it.fours, it.sixes].map(u64::from)))
            .collect(),
        bowlers: innings
            .bowlers
            .iter()
            .map(|it| {
                let figures = [it.runs, it.wickets.into(), it.balls, it.wides, it.no_balls, it.maidens];
                (name(it.player), figures.map(u64::from))
            })
            .collect(),
    }
}

#[test]
fn batters_and_bowlers_figures_are_the_sums_of_the_file() {
    each_file(|known, file, archive| {
        let balls_per_over = file["info"]["balls_per_over"].as_u64().expect("balls_per_over");
        for (at, innings) in archive.game.innings.iter().enumerate() {
            let expected = sheet_of_file(&file["innings"][at], balls_per_over);
            assert_eq!(sheet_of_state(&archive.game, innings), expected, "{} innings {at}", known.id);
        }
    });
}

#[test]
fn partnerships_overs_and_falls_add_up_to_the_innings() {
    each_file(|known, file, archive| {
        for (at, innings) in archive.game.innings.iter().enumerate() {
            let place = format!("{} innings {at}", known.id);
            let outside = &file["innings"][at]["penalty_runs"];
            let outside = ["pre", "post"].map(|key| outside[key].as_u64().unwrap_or(0)).iter().sum::<u64>();
            let sum = |runs: &mut dyn Iterator<Item = u16>| runs.map(u64::from).sum::<u64>() + outside;
            let runs = u64::from(innings.runs);
            assert_eq!(
                sum(&mut innings.partnerships.iter().map(|it| it.runs)),
                runs,
                "partnerships, {place}"
            );
            assert_eq!(sum(&mut innings.over_totals.iter().map(|it| it.runs)), runs, "overs, {place}");
            assert_eq!(innings.falls.len(), usize::from(innings.wickets), "falls, {place}");
            let by_over: u16 = innings.over_totals.iter().map(|it| u16::from(it.wickets)).sum();
            assert_eq!(by_over, u16::from(innings.wickets), "wickets by over, {place}");
        }
    });
}

#[test]
fn innings_are_the_sum_of_batting_and_extras_and_of_bowling_with_byes_and_penalties() {
    each_file(|known, _, archive| {
        for (at, innings) in archive.game.innings.iter().enumerate() {
            let place = format!("{} innings {at}", known.id);
            let extras = innings.extras;
            let bat: u16 = innings.batters.iter().map(|it| it.runs).sum();
            assert_eq!(bat + extras.total(), innings.runs, "batting, {place}");
            let charged: u16 = innings.bowlers.iter().map(|it| it.runs).sum();
            let uncharged = extras.byes + extras.leg_byes + extras.penalty;
            assert_eq!(charged + uncharged, innings.runs, "bowling, {place}");
            let balls: u16 = innings.bowlers.iter().map(|it| it.balls).sum();
            assert_eq!(balls, innings.legal_balls, "balls, {place}");
            let credited: u16 = innings.bowlers.iter().map(|it| u16::from(it.wickets)).sum();
            let out = innings.batters.iter().filter_map(|it| it.dismissal.as_ref()).map(|it| it.kind);
            let (bowlers, others): (Vec<_>, Vec<_>) =
                out.filter(|it| it.is_wicket()).partition(|it| it.is_bowlers());
            assert_eq!(bowlers.len(), usize::from(credited), "bowlers' wickets, {place}");
            assert_eq!(bowlers.len() + others.len(), usize::from(innings.wickets), "wickets, {place}");
        }
    });
}
