//! A match scored through its pages: forms are pressed as a browser would send them, the log is kept as the feed keeps it.

mod every_command;
mod support;

use console::scorer::{
    Due, Newest, Notice, any_ball_page, balls_page, done, edit_page, forgotten_page, keys::KEYS, more, score,
    seen, wicket_page,
};
use console::{Fields, Mistakes};
use cricket::{Command, PlayerId, Side};
use std::collections::HashSet;
use support::{Scorer, attribute, text};

#[test]
fn a_match_is_asked_for_step_by_step_from_toss_to_result() {
    let mut scorer = Scorer::new();
    assert_eq!(scorer.due(), Due::Toss);
    scorer.press("act=toss&winner=away&chose=field").unwrap();
    assert_eq!(scorer.due(), Due::Openers { batting: Side::Home, super_over: false });
    scorer.press("act=openers&batting=home&striker=0&non_striker=1&bowler=4&overs=2").unwrap();
    for _ in 0..6 {
        scorer.ball("runs=1");
    }
    assert_eq!(scorer.due(), Due::Bowler);
    scorer.choices.bowler = Some(PlayerId(4));
    assert_eq!(scorer.due(), Due::Bowler, "nobody bowls two overs in a row");
    scorer.choices.bowler = Some(PlayerId(5));
    for _ in 0..6 {
        scorer.ball("runs=0");
    }
    assert_eq!(scorer.total(), "6/0 (2.0)");
    assert_eq!(scorer.due(), Due::Openers { batting: Side::Away, super_over: false });
    scorer.press("act=openers&batting=away&striker=4&non_striker=5&bowler=0&overs=2").unwrap();
    scorer.ball("runs=6");
    scorer.ball("runs=1");
    let Due::Verdict { proposal: Some(_) } = scorer.due() else { panic!("{:?}", scorer.due()) };
    assert!(text(&scorer.score_page()).contains("Elms won by 3 wickets"), "{}", text(&scorer.score_page()));
    scorer.press("act=result&result=proposed").unwrap();
    assert_eq!(scorer.due(), Due::Nothing);
    scorer.press("act=award&award=4").unwrap();
    assert!(text(&scorer.score_page()).contains("Player of the match: Xan"));
}

#[test]
fn the_pad_says_who_faces_and_turns_the_batters_round() {
    let mut scorer = Scorer::in_play();
    let facing = |scorer: &Scorer| match scorer.due() {
        Due::Ball(crease) => scorer.setup.name(crease.striker).to_owned(),
        due => panic!("{due:?}"),
    };
    assert_eq!(facing(&scorer), "Ada");
    for (query, then) in [
        ("runs=1", "Bea"),
        ("runs=2", "Bea"),
        ("runs=0&called=wide", "Bea"),
        ("runs=1&called=wide", "Ada"),
        ("runs=3&off=leg_byes", "Bea"),
    ] {
        scorer.ball(query);
        assert_eq!(facing(&scorer), then, "{query}");
    }
    scorer.choices.striker = Some(PlayerId(0));
    assert_eq!(facing(&scorer), "Ada", "ends swapped by hand");
    scorer.choices.striker = Some(PlayerId(7));
    assert_eq!(facing(&scorer), "Bea", "somebody who is not in cannot face");
}

#[test]
fn a_wicket_brings_in_the_next_batter_and_undo_takes_both_back() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    scorer.ball("act=wicket&runs=0&how=caught&fielder=5&next=2");
    let record = scorer.record();
    assert_eq!(scorer.total(), "1/1 (0.2)");
    assert!(record.game.innings[0].batter(PlayerId(2)).is_some());
    assert!(matches!(record.newest(), Some(Newest::Press(press)) if press.len() == 2));
    let words = record.last_words();
    assert!(words.starts_with("Xan to Bea, OUT! c Yul b Xan 0 (1). Cid comes in. 1 for 1"), "{words}");
    scorer.undo();
    assert_eq!(scorer.total(), "1/0 (0.1)");
    scorer.undo();
    scorer.undo();
    assert_eq!(scorer.due(), Due::Openers { batting: Side::Home, super_over: false });
}

#[test]
fn after_a_run_out_the_scorer_says_who_faces() {
    let mut scorer = Scorer::in_play();
    scorer.ball("act=wicket&runs=1&how=run_out&out=1&fielder=5&next=2&faces=usual");
    assert_eq!(scorer.due(), Due::Ends { first: PlayerId(0), second: PlayerId(2) });
    scorer.undo();
    scorer.ball("act=wicket&runs=1&how=run_out&out=1&fielder=5&next=2&faces=new");
    let Due::Ball(crease) = scorer.due() else { panic!("{:?}", scorer.due()) };
    assert_eq!((crease.striker, crease.non_striker), (PlayerId(2), PlayerId(0)));
}

#[test]
fn the_last_wicket_ends_the_innings_whoever_was_to_come_in() {
    let mut scorer = Scorer::in_play();
    for next in [2, 3, 3] {
        scorer.ball(&format!("act=wicket&runs=0&how=bowled&next={next}"));
    }
    assert_eq!(scorer.total(), "0 (0.3)");
    assert_eq!(scorer.due(), Due::Openers { batting: Side::Away, super_over: false });
}

#[test]
fn a_ball_edited_or_removed_later_counts_as_if_it_had_always_been_so() {
    let mut scorer = Scorer::in_play();
    for _ in 0..3 {
        scorer.ball("runs=0");
    }
    let record = scorer.record();
    let first = record.balls().next().unwrap();
    let seq = first.entry.seq;
    let page = scorer.show(|view| edit_page(view, seq).unwrap().into_string());
    assert!(
        page.contains(&format!(r#"name="entry" value="{seq}""#))
            && page.contains(r#"name="version" value="1""#)
    );
    let edit = format!(
        "act=edit&entry={seq}&version=1&striker=0&non_striker=1&bowler=4&runs=4&called=fair&off=bat&how=none"
    );
    scorer.press(&edit).unwrap();
    assert_eq!(scorer.total(), "4/0 (0.3)");
    assert!(scorer.is_done(&edit), "a second press of the same edit");
    assert!(!scorer.is_done(&edit.replace("runs=4", "runs=2")), "another edit of an old page");
    let remove = format!("act=remove&entry={seq}");
    scorer.press(&remove).unwrap();
    assert_eq!(scorer.total(), "0/0 (0.2)");
    assert!(scorer.is_done(&remove));
}

#[test]
fn a_correction_that_breaks_a_later_ball_names_that_ball() {
    let mut scorer = Scorer::in_play();
    scorer.ball("act=wicket&runs=0&how=bowled&next=2");
    scorer.ball("runs=1");
    let wicket = scorer.record().balls().next().unwrap().entry.seq;
    for query in [
        format!("act=remove&entry={wicket}"),
        format!("act=edit&entry={wicket}&version=1&striker=0&non_striker=1&bowler=4&runs=0&how=none"),
    ] {
        let mistakes = scorer.press(&query).unwrap_err();
        let text = mistakes.of("").unwrap();
        assert!(
            text.starts_with(
                "That would make \"Cid comes in\" impossible: two batters are at the wicket already"
            ),
            "{text}"
        );
    }
    assert_eq!(scorer.total(), "1/1 (0.2)");
}

#[test]
fn a_press_counts_once_from_whichever_tab_it_comes() {
    let mut scorer = Scorer::in_play();
    let query = format!("act=ball&seen={}&striker=0&non_striker=1&bowler=4&runs=4", scorer.seq);
    assert!(!scorer.is_done(&query));
    let action = scorer.press_again(&query).unwrap();
    assert!(scorer.is_done(&query));
    assert!(
        !scorer.is_done(&query.replace("runs=4", "runs=1")),
        "another ball of the same page did not count"
    );
    let again = action.sends(seen(&Fields::parse(&query)).unwrap(), &scorer.record());
    assert_eq!(again[0].id, scorer.log.last().unwrap().id, "the feed knows the id");
    let group = scorer.log.last().unwrap().group().to_owned();
    let undo = format!("act=undo&group={group}");
    assert!(!scorer.is_done(&undo));
    scorer.undo();
    assert!(scorer.is_done(&undo), "what is taken back cannot be taken back again");
    assert!(scorer.is_done(&query), "nor does an old page bring it in again");
}

#[test]
fn the_page_after_a_repeated_press_knows_who_bowls() {
    let mut scorer = Scorer::new();
    scorer.press("act=toss&winner=home&chose=bat").unwrap();
    let query = format!("act=openers&batting=home&striker=0&non_striker=1&bowler=4&seen={}", scorer.seq);
    scorer.press_again(&query).unwrap();
    let choices = done(&Fields::parse(&query), &scorer.record()).unwrap();
    assert_eq!(choices.bowler, Some(PlayerId(4)));
}

#[test]
fn one_more_ball_of_a_miscounted_over_finds_everybody_where_they_were() {
    let mut scorer = Scorer::in_play();
    for _ in 0..6 {
        scorer.ball("runs=0");
    }
    scorer.choices.over = Some(0);
    let Due::Ball(crease) = scorer.due() else { panic!("{:?}", scorer.due()) };
    assert_eq!((crease.striker, crease.bowler, crease.over), (PlayerId(0), PlayerId(4), Some(0)));
    scorer.ball("runs=1");
    assert_eq!(scorer.total(), "1/0 (1.0)");
    assert_eq!(scorer.due(), Due::Bowler);
}

#[test]
fn a_last_over_that_was_miscounted_can_be_opened_again() {
    let mut scorer = Scorer::in_play();
    for over in 0..2 {
        scorer.choices.bowler = Some(PlayerId(4 + over));
        for _ in 0..6 {
            scorer.ball("runs=0");
        }
    }
    scorer.choices.over = Some(1);
    scorer.ball("runs=2");
    assert_eq!(scorer.total(), "2/0 (2.0)");
}

#[test]
fn play_stops_and_goes_on() {
    let mut scorer = Scorer::in_play();
    scorer.press("act=stop&stop=delay&reason=Rain").unwrap();
    assert_eq!(scorer.due(), Due::Resume { note: "Rain".into() });
    scorer.press("act=resume").unwrap();
    assert_eq!(scorer.due(), Due::Bowler, "the bowler was only in the address");
    scorer.press("act=stop&stop=break&reason=Drinks&then_bowler=4").unwrap();
    scorer.press("act=resume&then_bowler=4").unwrap();
    assert!(matches!(scorer.due(), Due::Ball(_)), "{:?}", scorer.due());
}

#[test]
fn everything_between_balls_becomes_its_command() {
    for (query, words) in [
        ("act=leaves&leaver=0&leave_how=hurt&leave_next=2", "Ada retired hurt. Cid comes in. 0 for 0"),
        ("act=leaves&leaver=0&leave_how=not_out", "Ada retired not out. 0 for 0"),
        ("act=leaves&leaver=1&leave_how=out", "Bea retired out. 0 for 1"),
        ("act=leaves&leaver=3&leave_how=timed_out", "Dot timed out. 0 for 1"),
        ("act=absent&absent=3", "Dot cannot bat. 0 for 0"),
        ("act=penalty&penalty=5&penalty_to=batting", "5 penalty runs. 5 for 0"),
        ("act=stop&stop=break&reason=Drinks", "Break: Drinks. 0 for 0"),
        ("act=stop&stop=delay&reason=Bad light", "Delay: Bad light. 0 for 0"),
        ("act=target&target=&target_overs=1", "Innings cut to 1.0 overs. 0 for 0"),
        ("act=innings_end&end=declared", "Innings declared. 0 for 0"),
        ("act=innings_end&end=closed", "Innings closed. 0 for 0"),
        ("act=substitute&sub_role=match&sub_out=0&sub_in=3&sub_reason=Concussion", "Dot for Ada. 0 for 0"),
        ("act=result&result=home", "Oaks won (awarded). 0 for 0"),
        ("act=result&result=away&method=Conceded", "Elms won (Conceded). 0 for 0"),
        ("act=result&result=tie", "Match tied. 0 for 0"),
        ("act=result&result=no_result", "No result. 0 for 0"),
    ] {
        let mut scorer = Scorer::in_play();
        scorer.press(query).unwrap_or_else(|mistakes| panic!("{query}: {mistakes:?}"));
        assert_eq!(scorer.record().last_words(), words, "{query}");
    }
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    scorer.press("act=bowler_off&new_bowler=6&off_reason=Injury").unwrap();
    let Due::Ball(crease) = scorer.due() else { panic!("{:?}", scorer.due()) };
    assert_eq!(crease.bowler, PlayerId(6));
    scorer.press("act=over_end").unwrap();
    assert_eq!(scorer.record().game.innings[0].overs, 1);
}

#[test]
fn what_cannot_be_is_refused_in_plain_words_and_changes_nothing() {
    for (query, mistake) in [
        ("act=toss&winner=home&chose=bat", "This makes no sense at this point of the match."),
        ("act=ball&striker=0&non_striker=0&bowler=4&runs=1", "Ada cannot be in two places at once."),
        ("act=ball&striker=0&non_striker=1&bowler=2&runs=1", "Cid plays for the other side."),
        (
            "act=ball&striker=0&non_striker=2&bowler=4&runs=1",
            "Two batters are at the wicket already; one of them must leave first.",
        ),
        (
            "act=wicket&striker=0&non_striker=1&bowler=4&runs=0&how=bowled&out=1",
            "A batter cannot be out bowled on this ball.",
        ),
        (
            "act=wicket&striker=0&non_striker=1&bowler=4&runs=0&called=wide&how=lbw",
            "A batter cannot be out lbw on this ball.",
        ),
        ("act=wicket&striker=0&non_striker=1&bowler=4&runs=0", "Choose how the batter was out."),
        ("act=batter&next=2", "Two batters are at the wicket already; one of them must leave first."),
        ("act=batter", "Choose who comes in."),
        ("act=over_end", "No legal ball of this over has been bowled."),
        ("act=penalty&penalty=", "Say how many runs."),
        ("act=stop&stop=delay&reason=", "Say why: \"Rain\", \"Tea\"."),
        ("act=target&target=150", "This makes no sense at this point of the match."),
        ("act=result", "Choose the result."),
        ("act=result&result=proposed", "The totals no longer give a result: choose one."),
        ("act=dance", "This page is out of date: load it again."),
        ("act=remove&entry=999", "That is no longer in the match."),
        ("act=edit&entry=x&runs=1", "That is no longer in the match."),
    ] {
        let mut scorer = Scorer::in_play();
        let before = scorer.log.clone();
        let mistakes = scorer.press(query).unwrap_err();
        assert_eq!(mistakes.iter().next().map(|it| it.text.as_str()), Some(mistake), "{query}");
        assert_eq!(scorer.log, before, "{query}");
    }
}

#[test]
fn another_feeds_ball_is_neither_edited_nor_undone_here() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    let last = scorer.log.last_mut().unwrap();
    last.mine = false;
    let seq = last.seq;
    assert!(
        scorer.show(|view| edit_page(view, seq).map(|it| it.into_string()).unwrap_or_default()).is_empty()
    );
    assert!(scorer.press(&format!("act=remove&entry={seq}")).is_err());
    let record = scorer.record();
    assert!(matches!(record.newest(), Some(Newest::Press(press)) if press.len() == 3), "the openers' press");
    assert!(!scorer.score_page().contains("Edit<span"), "{}", scorer.score_page());
    assert!(
        scorer
            .show(|view| forgotten_page(view, seq).map(|it| it.into_string()).unwrap_or_default())
            .is_empty()
    );
}

#[test]
fn every_key_of_the_table_is_on_the_page_and_every_key_of_the_page_is_in_the_table() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    let html = scorer.score_page();
    let keys: Vec<String> = attribute(&html, "data-key")
        .iter()
        .flat_map(|it| it.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let on_page: HashSet<&str> = keys.iter().map(String::as_str).collect();
    assert_eq!(keys.len(), on_page.len(), "no key twice: {keys:?}");
    // Escape belongs to the script: it clears the switches, and on other pages goes back.
    let table: HashSet<&str> = KEYS.iter().map(|it| it.key).filter(|it| *it != "escape").collect();
    assert_eq!(on_page, table);
    assert_eq!(KEYS.len(), table.len() + 1, "no key twice in the table");
}

#[test]
fn keys_are_unique_on_every_other_page_too() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    let seq = scorer.log.last().unwrap().seq;
    let mut pages = vec![
        scorer.show(|view| wicket_page(view).into_string()),
        scorer.show(|view| more::page(view).into_string()),
        scorer.show(|view| balls_page(view).into_string()),
        scorer.show(|view| edit_page(view, seq).unwrap().into_string()),
        scorer.show(|view| any_ball_page(view).into_string()),
        scorer.show(|view| forgotten_page(view, seq).unwrap().into_string()),
    ];
    for _ in 0..5 {
        scorer.ball("runs=0");
    }
    assert_eq!(scorer.due(), Due::Bowler);
    pages.push(scorer.score_page());
    for html in pages {
        let keys = attribute(&html, "data-key");
        assert_eq!(keys.len(), keys.iter().collect::<HashSet<_>>().len(), "{keys:?}");
        let ids = attribute(&html, "id");
        assert_eq!(ids.len(), ids.iter().collect::<HashSet<_>>().len(), "no id twice: {ids:?}");
    }
}

#[test]
fn every_form_carries_the_token_the_act_and_what_was_seen() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    let seq = scorer.log.last().unwrap().seq;
    for html in [
        scorer.score_page(),
        scorer.show(|view| wicket_page(view).into_string()),
        scorer.show(|view| more::page(view).into_string()),
        scorer.show(|view| edit_page(view, seq).unwrap().into_string()),
        scorer.show(|view| any_ball_page(view).into_string()),
        scorer.show(|view| forgotten_page(view, seq).unwrap().into_string()),
    ] {
        for form in html.split("<form").skip(1).map(|it| it.split("</form>").next().unwrap()) {
            assert!(form.contains(r#"name="csrf" value="token""#), "{form}");
            if !form.contains("sign-out") {
                assert!(form.contains(r#"name="act" value="#), "{form}");
                assert!(form.contains(r#"name="seen" value="5""#), "{form}");
            }
        }
    }
}

#[test]
fn a_hostile_name_is_only_text() {
    let mut scorer = Scorer::new();
    let hostile = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";
    scorer.setup.players[0].name = hostile.to_owned();
    scorer.setup.teams[0].name = hostile.to_owned();
    scorer.setup.venue = hostile.to_owned();
    let seen = |html: String| assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{html}");
    seen(scorer.score_page());
    scorer.press("act=toss&winner=home&chose=bat").unwrap();
    seen(scorer.score_page());
    scorer.press("act=openers&batting=home&striker=0&non_striker=1&bowler=4").unwrap();
    scorer.ball("runs=1");
    scorer.ball("runs=1");
    let seq = scorer.log.last().unwrap().seq;
    seen(scorer.score_page());
    seen(scorer.show(|view| wicket_page(view).into_string()));
    seen(scorer.show(|view| more::page(view).into_string()));
    seen(scorer.show(|view| balls_page(view).into_string()));
    seen(scorer.show(|view| edit_page(view, seq).unwrap().into_string()));
    seen(scorer.show(|view| any_ball_page(view).into_string()));
    seen(scorer.show(|view| forgotten_page(view, seq).unwrap().into_string()));
    seen(scorer.show_with(&Notice::Already(hostile.to_owned()), &Fields::default(), |view| {
        score::page(view).into_string()
    }));
    let fields = Fields::of([("how", hostile), ("substitute", hostile), ("out", "0")]);
    let wrong = Notice::Wrong(Mistakes::one("how", hostile));
    seen(scorer.show_with(&wrong, &fields, |view| wicket_page(view).into_string()));
    seen(scorer.show_with(&Notice::MovedOn(vec![hostile.to_owned()]), &fields, |view| {
        score::page(view).into_string()
    }));
}

#[test]
fn what_was_filled_in_is_still_there_when_something_is_wrong() {
    let scorer = Scorer::in_play();
    let fields = Fields::of([
        ("how", "run_out"),
        ("out", "1"),
        ("fielder", "5"),
        ("runs", "2"),
        ("called", "no_ball"),
        ("off", "bat"),
        ("next", "3"),
    ]);
    let html = scorer.show_with(&Notice::Wrong(Mistakes::one("next", "No.")), &fields, |view| {
        wicket_page(view).into_string()
    });
    for kept in [
        r#"value="run_out" checked"#,
        r#"name="out" value="1" checked"#,
        r#"value="5" selected"#,
        r#"name="runs" value="2" checked"#,
        r#"value="no_ball" checked"#,
        r#"value="3" selected"#,
    ] {
        assert!(html.contains(kept), "{kept}");
    }
}

#[test]
fn a_page_that_the_match_has_left_behind_says_what_happened_and_asks_again() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=4");
    let notice = Notice::MovedOn(vec!["Xan to Ada, FOUR".to_owned()]);
    let html = scorer.show_with(&notice, &Fields::default(), |view| score::page(view).into_string());
    assert!(
        text(&html)
            .contains("Not counted: the match has moved on since this page was shown. Xan to Ada, FOUR")
    );
    assert!(html.contains(r#"data-say="Not counted: the match has moved on.""#), "{html}");
    assert!(html.contains(r#"name="runs" value="4""#), "the pad is there to press again");
}

#[test]
fn each_ball_is_announced_with_the_score() {
    let mut scorer = Scorer::in_play();
    for (query, said) in [
        ("runs=4", "Xan to Ada, FOUR. 4 for 0"),
        ("runs=0&called=wide", "Xan to Ada, wide. 5 for 0"),
        ("runs=1&called=no_ball&off=byes", "Xan to Ada, no ball, bye. 7 for 0"),
        ("act=wicket&runs=0&how=run_out&out=1", "Xan to Bea, OUT! run out"),
    ] {
        scorer.ball(query);
        let html = scorer.score_page();
        let announced = attribute(&html, "data-say").remove(0);
        assert!(announced.starts_with(said), "{announced}");
    }
}

#[test]
fn a_tie_is_broken_by_a_super_over() {
    let mut scorer = Scorer::in_play();
    scorer.ball("runs=1");
    scorer.press("act=innings_end&end=all_out").unwrap();
    scorer.press("act=openers&batting=away&striker=4&non_striker=5&bowler=0").unwrap();
    scorer.ball("runs=1");
    scorer.press("act=innings_end&end=all_out").unwrap();
    assert!(scorer.score_page().contains("?super_over=yes"), "{}", text(&scorer.score_page()));
    scorer.choices.super_over = true;
    assert_eq!(scorer.due(), Due::Openers { batting: Side::Away, super_over: true });
    scorer.press("act=openers&batting=away&super_over=yes&striker=4&non_striker=5&bowler=0").unwrap();
    scorer.press("act=innings_end&end=all_out").unwrap();
    assert_eq!(scorer.due(), Due::Openers { batting: Side::Home, super_over: true });
}

#[test]
fn a_log_that_this_release_cannot_fold_is_shown_without_what_it_refuses() {
    let mut scorer = Scorer::in_play();
    let mut newer = scorer.log[3].clone();
    (newer.seq, newer.id, newer.command) = (90, "90.0".into(), Command::OverEnd);
    scorer.log.push(newer);
    let record = scorer.record();
    assert_eq!(record.entries().len(), 4);
    assert!(record.told(90).is_none());
}

#[test]
fn the_board_and_the_pad_look_as_they_did() {
    let mut scorer = Scorer::in_play();
    for query in ["runs=1", "runs=4", "runs=1&called=wide", "runs=0&called=no_ball"] {
        scorer.ball(query);
    }
    let html = scorer.score_page();
    let main = html.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    insta::assert_snapshot!("score_page", main.replace("><", ">\n<"));
}
