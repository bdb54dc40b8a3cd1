//! What the other twenty thousand files of the archive hold: the totals are the file's own sums, whatever it says.

use cricket::Words;
use cricket::cricsheet::{self, Archive, Reason};
use serde_json::{Value, json};

/// A T20 between A and B with eleven each, "a0" to "a10" and "b0" to "b10".
fn file(innings: &Value) -> Value {
    let names = |letter: char| (0..11).map(|it| format!("{letter}{it}")).collect::<Vec<_>>();
    json!({
        "meta": {"data_version": "1.1.0", "revision": 2},
        "info": {
            "balls_per_over": 6, "match_type": "T20", "overs": 20, "dates": ["2024-05-24"], "season": 2024,
            "teams": ["A", "B"], "players": {"A": names('a'), "B": names('b')},
            "toss": {"winner": "A", "decision": "bat"}, "outcome": {"winner": "A", "by": {"runs": 1}},
        },
        "innings": innings,
    })
}

fn read(value: &Value) -> Archive {
    let bytes = serde_json::to_vec(value).expect("JSON");
    cricsheet::read(&bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// A ball of a0 and a1 by b0 for these runs off the bat, with these other keys.
fn ball(runs: u8, more: Value) -> Value {
    let mut ball = json!({"batter": "a0", "non_striker": "a1", "bowler": "b0"});
    ball["runs"] = json!({"batter": runs, "extras": 0, "total": runs});
    let (Value::Object(members), Value::Object(more)) = (&mut ball, more) else { panic!("objects") };
    members.extend(more);
    ball
}

/// One innings of A of these overs.
fn innings(overs: &[Vec<Value>]) -> Value {
    let overs =
        overs.iter().enumerate().map(|(over, deliveries)| json!({"over": over, "deliveries": deliveries}));
    json!({"team": "A", "overs": overs.collect::<Vec<_>>()})
}

/// Runs, wickets, overs, legal balls of the first innings.
fn check(deliveries: Vec<Value>, expected: (u16, u8, &str, u16)) -> Archive {
    let archive = read(&file(&json!([innings(&[deliveries])])));
    let totals = archive.game.totals();
    let it = &totals[0];
    assert_eq!((it.runs, it.wickets, it.overs.as_str(), it.legal_balls), expected, "{:?}", archive.notes);
    archive
}

#[test]
fn odd_deliveries_are_scored_as_they_are_written() {
    let out = |player: &str, kind: &str| json!({"player_out": player, "kind": kind});
    // What, the delivery's keys, and runs, wickets, overs, legal balls after it.
    for (what, more, expected) in [
        (
            "a wide with runs off the bat",
            json!({"extras": {"wides": 1}, "runs": {"batter": 2, "extras": 1, "total": 3}}),
            (3, 0, "0.0", 0),
        ),
        (
            "a wide that is a no-ball",
            json!({"extras": {"wides": 1, "noballs": 1}, "runs": {"batter": 0, "extras": 2, "total": 2}}),
            (2, 0, "0.0", 0),
        ),
        (
            "byes and leg-byes at once",
            json!({"extras": {"byes": 1, "legbyes": 2}, "runs": {"batter": 0, "extras": 3, "total": 3}}),
            (3, 0, "0.1", 1),
        ),
        (
            "extras of no known kind",
            json!({"extras": {"sundries": 2}, "runs": {"batter": 0, "extras": 2, "total": 2}}),
            (2, 0, "0.1", 1),
        ),
        ("runs as texts", json!({"runs": {"batter": "4", "extras": "0", "total": "4"}}), (4, 0, "0.1", 1)),
        ("runs as one number", json!({"runs": 3}), (3, 0, "0.1", 1)),
        ("a total alone", json!({"runs": {"total": 2}}), (2, 0, "0.1", 1)),
        ("no total", json!({"extras": {"legbyes": 1}, "runs": {"batter": 0, "extras": 1}}), (1, 0, "0.1", 1)),
        ("a seven", json!({"runs": {"batter": 7, "extras": 0, "total": 7}}), (7, 0, "0.1", 1)),
        (
            "bowled off a no-ball",
            json!({"extras": {"noballs": 1}, "runs": {"batter": 0, "extras": 1, "total": 1}, "wickets": [out("a0", "bowled")]}),
            (1, 1, "0.0", 0),
        ),
        ("the partner bowled", json!({"wickets": [out("a1", "bowled")]}), (0, 1, "0.1", 1)),
        ("somebody who was not in", json!({"wickets": [out("a7", "run out")]}), (0, 1, "0.1", 1)),
        ("somebody of neither side", json!({"wickets": [out("Nobody", "run out")]}), (0, 1, "0.1", 1)),
        ("a misspelt key", json!({"wickets": [{"playeer_out": "a0", "kind": "caught"}]}), (0, 1, "0.1", 1)),
        ("a wicket without a name", json!({"wickets": [{"kind": "caught"}]}), (0, 1, "0.1", 1)),
        ("a wicket of no known kind", json!({"wickets": [out("a0", "spontaneous")]}), (0, 1, "0.1", 1)),
        ("a single wicket, no list", json!({"wicket": out("a0", "lbw")}), (0, 1, "0.1", 1)),
        ("retired hurt", json!({"wickets": [out("a0", "retired hurt")]}), (0, 0, "0.1", 1)),
        ("retired not out", json!({"wickets": [out("a0", "retired not out")]}), (0, 0, "0.1", 1)),
        ("retired out", json!({"wickets": [out("a0", "retired out")]}), (0, 1, "0.1", 1)),
        ("a bowler of the same side", json!({"bowler": "a5"}), (0, 0, "0.1", 1)),
        ("somebody nowhere listed", json!({"batter": "A Stranger"}), (0, 0, "0.1", 1)),
        ("the same batter twice", json!({"non_striker": "a0"}), (0, 0, "0.1", 1)),
        ("no partner", json!({"non_striker": null}), (0, 0, "0.1", 1)),
        (
            "a replacement without out",
            json!({"replacements": {"match": [{"in": "a9", "team": "A", "reason": "x"}]}}),
            (0, 0, "0.1", 1),
        ),
        (
            "a replacement without in",
            json!({"replacements": {"match": [{"out": "a9"}], "role": "bowler"}}),
            (0, 0, "0.1", 1),
        ),
    ] {
        let archive = check(vec![ball(0, more)], expected);
        assert_eq!(archive.game.innings[0].runs, expected.0, "{what}");
    }
}

#[test]
fn a_side_may_retire_all_its_batters_at_once() {
    let wickets: Vec<Value> =
        (0..10).map(|it| json!({"player_out": format!("a{it}"), "kind": "retired out"})).collect();
    check(vec![ball(6, json!({})), ball(0, json!({"wickets": wickets}))], (6, 10, "0.2", 2));
}

#[test]
fn an_archive_may_have_an_eleventh_wicket_and_play_on_after_the_tenth() {
    let wicket = |it: u8| {
        let name = format!("a{it}");
        ball(
            1,
            json!({"batter": name.clone(), "non_striker": "a11", "wickets": [{"player_out": name, "kind": "run out"}]}),
        )
    };
    let overs: Vec<Vec<Value>> = vec![(0..6).map(wicket).collect(), (6..11).map(wicket).collect()];
    let archive = read(&file(&json!([innings(&overs)])));
    let totals = &archive.game.totals()[0];
    assert_eq!((totals.runs, totals.wickets, totals.overs.as_str()), (11, 11, "1.5"));
    assert!(archive.notes.iter().any(|it| it.contains("taken as recorded")), "{:?}", archive.notes);
}

#[test]
fn a_batter_who_is_out_may_be_recorded_as_batting_on() {
    let wicket = json!({"wickets": [{"player_out": "a0", "kind": "lbw"}]});
    check(vec![ball(0, wicket), ball(4, json!({})), ball(2, json!({}))], (6, 1, "0.3", 3));
}

#[test]
fn overs_of_any_length_and_with_gaps_are_counted_by_their_numbers() {
    let dots = |count| vec![ball(0, json!({})); count];
    for (overs, text, legal) in [
        (vec![dots(6), dots(5), dots(6)], "3.0", 17),
        (vec![dots(7), dots(8), dots(1)], "2.1", 16),
        (vec![dots(6), dots(0), dots(2)], "2.2", 8),
        (vec![dots(6), dots(4)], "1.4", 10),
        (vec![dots(6); 22], "22.0", 132),
    ] {
        let archive = read(&file(&json!([innings(&overs)])));
        let totals = &archive.game.totals()[0];
        assert_eq!((totals.overs.as_str(), totals.legal_balls), (text, legal), "{:?}", archive.notes);
    }
}

#[test]
fn an_over_of_any_balls_can_be_said_to_be_miscounted() {
    let mut short = innings(&[vec![ball(0, json!({})); 5]]);
    short["miscounted_overs"] = json!({"0": {"balls": "5"}});
    assert_eq!(read(&file(&json!([short]))).game.totals()[0].overs, "1.0");
}

#[test]
fn innings_beyond_the_format_are_read_all_the_same() {
    let one = |team: &str, super_over: bool| {
        let mut innings = innings(&[vec![ball(1, json!({}))]]);
        innings["team"] = json!(team);
        innings["super_over"] = json!(super_over);
        innings
    };
    let list = [
        ("A", false),
        ("B", false),
        ("A", false),
        ("B", true),
        ("B", true),
        ("A", true),
        ("A", true),
        ("B", true),
        ("A", true),
        ("A", true),
        ("B", true),
    ];
    let list: Vec<Value> = list.into_iter().map(|(team, super_over)| one(team, super_over)).collect();
    let archive = read(&file(&json!(list)));
    let totals = archive.game.totals();
    assert_eq!(totals.len(), 11);
    assert!(totals.iter().all(|it| it.runs == 1), "{totals:?}");
}

#[test]
fn a_super_over_may_be_called_the_second_over() {
    let plain = |team: &str| {
        let mut plain = innings(&[vec![ball(1, json!({}))]]);
        plain["team"] = json!(team);
        plain
    };
    let mut super_over = plain("B");
    super_over["super_over"] = json!(true);
    super_over["overs"] = json!([{"over": 1, "deliveries": vec![ball(1, json!({})); 6]}]);
    let archive = read(&file(&json!([plain("A"), plain("B"), super_over])));
    let totals = &archive.game.totals()[2];
    assert_eq!(
        (totals.overs.as_str(), totals.runs, totals.legal_balls),
        ("1.0", 6, 6),
        "{:?}",
        archive.notes
    );
    assert!(!archive.notes.iter().any(|it| it.contains("more than scheduled")), "{:?}", archive.notes);
}

#[test]
fn a_side_of_ten_with_one_retired_is_all_out_at_eight() {
    let wicket = |it: u8| {
        let batter = format!("a{it}");
        let kind = if it == 0 { "retired hurt" } else { "bowled" };
        let wickets = json!([{"player_out": batter, "kind": kind}]);
        ball(0, json!({"batter": batter, "non_striker": "a9", "wickets": wickets}))
    };
    let overs = vec![(0..6).map(wicket).collect(), (6..9).map(wicket).collect()];
    let mut file = file(&json!([innings(&overs)]));
    file["info"]["players"]["A"].as_array_mut().expect("names").pop();
    let archive = read(&file);
    let innings = &archive.game.innings[0];
    assert_eq!((innings.wickets, innings.end), (8, Some(cricket::InningsEnd::AllOut)), "{:?}", archive.notes);
}

#[test]
fn forfeited_declared_and_empty_innings_have_no_balls() {
    let list = json!([
        {"team": "A", "forfeited": true},
        {"team": "B", "declared": true, "overs": []},
        {"team": "A"},
        {"team": "B", "penalty_runs": {"pre": 5, "post": 10}},
    ]);
    let mut file = file(&list);
    file["info"]["match_type"] = json!("MDM");
    let totals = read(&file).game.totals();
    let seen: Vec<_> = totals.iter().map(|it| (it.runs, it.declared, it.overs.as_str())).collect();
    assert_eq!(seen, [(0, false, "0.0"), (0, true, "0.0"), (0, false, "0.0"), (15, false, "0.0")]);
}

#[test]
fn play_that_goes_on_past_a_target_is_scored_to_its_end() {
    let first = innings(&[vec![ball(1, json!({})); 6]]);
    let b = |runs: u8| json!({"batter": "b0", "non_striker": "b1", "bowler": "a0", "runs": {"batter": runs, "total": runs}});
    for (target, notes) in
        [(Value::Null, 1), (json!({"runs": 5, "overs": 0.3}), 2), (json!({"runs": 50, "overs": 20}), 0)]
    {
        let second = json!({"team": "B", "target": target, "overs": [{"over": 0, "deliveries": [b(6), b(6), b(6), b(1)]}]});
        let archive = read(&file(&json!([first, second])));
        let totals = &archive.game.totals()[1];
        assert_eq!((totals.runs, totals.overs.as_str()), (19, "0.4"), "{target}: {:?}", archive.notes);
        assert!(archive.notes.len() >= notes.min(1), "{target}: {:?}", archive.notes);
    }
}

#[test]
fn outcomes_of_every_kind_are_worded() {
    for (outcome, text) in [
        (json!({"winner": "A", "by": {"runs": "5"}}), Some("A won by 5 runs")),
        (json!({"winner": "B", "by": {"wickets": 1}, "method": "VJD"}), Some("B won by 1 wicket (VJD)")),
        (json!({"winner": "B", "by": {"innings": 1, "runs": 1}}), Some("B won by an innings and 1 run")),
        (json!({"winner": "A", "method": "Awarded"}), Some("A won (awarded)")),
        (json!({"winner": "A"}), Some("A won")),
        (
            json!({"result": "tie", "eliminator": "B", "method": "D/L"}),
            Some("Match tied (B won the Super Over) (D/L)"),
        ),
        (json!({"winner": "A", "method": "1st innings score"}), Some("A won (1st innings score)")),
        (json!({"result": "tie", "method": "Lost fewer wickets"}), Some("Match tied (Lost fewer wickets)")),
        (json!({"result": "tie", "eliminator": "B"}), Some("Match tied (B won the Super Over)")),
        (json!({"eliminator": "B"}), Some("Match tied (B won the Super Over)")),
        (json!({"result": "tie", "bowl_out": "A"}), Some("Match tied (A won the bowl-out)")),
        (json!({"result": "no result"}), Some("No result")),
        (json!({"result": "draw"}), Some("Match drawn")),
        (json!({"result": "eclipse"}), None),
        (json!({"winner": "C"}), None),
        (json!({}), None),
        (Value::Null, None),
    ] {
        let mut file = file(&json!([]));
        file["info"]["outcome"] = outcome.clone();
        assert_eq!(read(&file).game.result_text(Words::ENGLISH).as_deref(), text, "{outcome}");
    }
}

#[test]
fn a_match_can_be_read_without_lists_of_teams_and_players() {
    let mut file = file(&json!([innings(&[vec![ball(4, json!({})); 3]])]));
    file["info"] = json!({"toss": {"winner": "B"}});
    let archive = read(&file);
    assert_eq!(archive.setup.teams.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((archive.setup.players.len(), archive.game.innings[0].runs), (3, 12));
}

#[test]
fn what_cannot_be_scored_is_refused_with_its_place() {
    let refused = |ball: Value| {
        let bytes = serde_json::to_vec(&file(&json!([innings(&[vec![ball]])]))).expect("JSON");
        cricsheet::read(&bytes).expect_err("cannot be scored").reason.to_string()
    };
    let place = "innings[0].overs[0].deliveries[0]";
    for (more, text) in [
        (json!({"batter": null}), format!("{place}.batter is missing")),
        (json!({"runs": null}), format!("{place}.runs is missing")),
        (json!({"runs": {"batter": -4, "total": -4}}), format!("{place}.runs.total is not a number of runs")),
        (json!({"extras": {"wides": "many"}}), format!("{place}.extras.wides is not a number of runs")),
        (
            json!({"runs": {"batter": 300, "total": 300}}),
            format!("{place}.runs is not what one ball can bring"),
        ),
    ] {
        assert_eq!(refused(ball(0, more)), text);
    }
    let many: Vec<Value> = (0..=cricsheet::INNINGS_MAX).map(|_| json!({"team": "A"})).collect();
    let bytes = serde_json::to_vec(&file(&json!(many))).expect("JSON");
    let reason = |bytes: &[u8]| cricsheet::read(bytes).expect_err("too much").reason;
    assert!(matches!(reason(&bytes), Reason::TooMany { what: "innings", .. }));
    let too_large = vec![b' '; cricsheet::BYTES_MAX + 1];
    assert_eq!(reason(&too_large), Reason::TooLarge { bytes: cricsheet::BYTES_MAX + 1 });
}

#[test]
fn what_cannot_be_scored_is_refused_with_its_line() {
    let said = |text: &str| cricsheet::read(text.as_bytes()).expect_err("cannot be scored").to_string();
    let info = r#"{"info": {"teams": ["A", "B"]},"#;
    let overs =
        format!("{info}\n\"innings\": [{{\"team\": \"A\", \"overs\": [\n{{\"over\": 0, \"deliveries\": [\n");
    let names = r#""batter": "a", "non_striker": "b", "bowler": "c""#;
    for (text, wanted) in [
        ("\n\n []".to_owned(), "line 3: the file is not an object"),
        ("\n{\n}".to_owned(), "line 2: info is missing"),
        ("{\n\"info\": {\"season\":\n7}}".to_owned(), "line 2: info.teams is missing"),
        (format!("\u{feff}{info}\n\"innings\": 7}}"), "line 2: innings is not a list"),
        (format!("{info}\n\"innings\": [\n{{}}]}}"), "line 3: innings[0].team is missing"),
        (
            format!("{info}\n\"innings\": [{{\n\"team\":\n\"C\"}}]}}"),
            "line 4: innings[0].team: C is neither of the two teams",
        ),
        (
            format!("{info}\n\"innings\": [{{\"1st innings\":\n{{\"team\": \"A\",\n\"overs\": 7}}}}]}}"),
            "line 4: innings[0].1st innings.overs is not a list",
        ),
        (
            format!("{overs}{{{names}, \"runs\": 1}},\n{{{names},\n\"runs\": \"one\"}}]}}]}}]}}"),
            "line 6: innings[0].overs[0].deliveries[1].runs is not an object",
        ),
        (
            format!("{overs}{{{names}, \"runs\": 1}},\n{{{names},\n\"extras\": {{}}}}]}}]}}]}}"),
            "line 5: innings[0].overs[0].deliveries[1].runs is missing",
        ),
        (
            format!("{overs}{{{names}, \"runs\": 1}},\n\n{{{names}, \"runs\": 1001}}]}}]}}]}}"),
            "line 6: innings[0].overs[0].deliveries[1].runs is not what one ball can bring",
        ),
        (
            format!("{info}\n\"innings\": [{{\"team\": \"A\",\n\"penalty_runs\": {{\"pre\": 5000}}}}]}}"),
            "line 3: innings[0].penalty_runs: more penalty runs than 100",
        ),
    ] {
        assert_eq!(said(&text), wanted, "{text}");
    }
    let names: Vec<String> = (0..=cricket::Setup::PLAYERS_MAX).map(|it| format!("\"{it}\"")).collect();
    let many = format!("{{\n\"info\": {{\"players\": {{\"A\": [{}], \"B\": []}}}}}}", names.join(", "));
    assert!(said(&many).starts_with("line 2: the match cannot be set up: "), "{}", said(&many));
}
