//! Pages of entries, from what is known to what is seen.

use super::clash::{self, Clashed};
use super::list::{self, List, Outcome};
use crate::content::Here;
use crate::controls::Filled;
use crate::finance::{Proof, Who};
use crate::form::{Fields, Mistakes};
use cms::Language;
use cms::diff;
use cms::draft::{Aside, Clash, State};
use cms::entry::Entry;
use cms::rights::{Rights, Role};
use cms::schema::kind;
use jiff::Timestamp;
use serde_json::json;

const HOSTILE: &str = "\"><script>alert(1)</script>";

fn here<'a>(rights: &'a Rights) -> Here<'a> {
    let who = Who { id: "usr_1", name: HOSTILE, proof: Proof::Account, form_token: "t" };
    Here { who, rights, is_operator: false, done: "", now: Timestamp::UNIX_EPOCH }
}

fn line(title: &str, state: State) -> cms::list::Line {
    cms::list::Line {
        entry: "ent_0000000000000000000001".to_owned(),
        kind: "article".to_owned(),
        key: None,
        language: "hi".to_owned(),
        title: title.to_owned(),
        state,
        version: 7,
        author_id: "usr_1".to_owned(),
        author_name: HOSTILE.to_owned(),
        changed_at: Timestamp::UNIX_EPOCH,
        published_at: None,
    }
}

fn listed(rights: &Rights, asked: &Fields, found: &[cms::list::Line]) -> String {
    let list = List { asked, found, is_later: false, next: Some("1.ent_x"), languages: &["en".to_owned()] };
    list::page(&here(rights), &list).into_string()
}

#[test]
fn a_list_shows_what_there_is_and_no_title_breaks_out_of_it() {
    let rights = Rights::all(Role::Editor);
    let asked = Fields::of([("kind", "article"), ("q", HOSTILE)]);
    let html = listed(&rights, &asked, &[line(HOSTILE, State::Changed), line("", State::Draft)]);
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(
        html.contains("value=\"ent_0000000000000000000001 hi 7\"") && html.contains(">Untitled<"),
        "{html}"
    );
    assert!(html.contains("New article") && html.contains("Put into the trash"), "{html}");
    // The next page goes on with what was asked for.
    assert!(
        html.contains("kind=article&amp;q=%22%3E%3Cscript%3E") && html.contains("after=1.ent_x"),
        "{html}"
    );
}

#[test]
fn who_may_only_look_is_offered_nothing_to_press() {
    let rights = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Viewer) };
    let html = listed(&rights, &Fields::default(), &[line("A", State::Published)]);
    for absent in ["name=\"do\"", "New entry", "?kind=banner\""] {
        assert!(!html.contains(absent), "{absent}: {html}");
    }
    assert!(html.contains("?kind=article\""), "{html}");
}

#[test]
fn languages_of_a_new_entry_are_those_that_its_maker_writes() {
    let rights = Rights { languages: Some(["hi".to_owned()].into()), ..Rights::all(Role::Editor) };
    let (fields, none) = (Fields::of([("kind", "globals"), ("lang", "hi")]), Mistakes::default());
    let html = list::new(&here(&rights), Filled { fields: &fields, mistakes: &none }).into_string();
    assert!(html.contains("value=\"hi\" selected") && !html.contains("value=\"en\""), "{html}");
    // Of which there is one has no key to choose.
    assert!(!html.contains("name=\"key\""), "{html}");
}

#[test]
fn each_of_several_says_what_became_of_it() {
    let rights = Rights::all(Role::Editor);
    let one = |title: &str, what| Outcome {
        entry: "ent_1".into(),
        language: "en".into(),
        title: title.into(),
        what,
    };
    let all = [one("A", Ok("Published")), one("B", Err("It is not approved.".to_owned()))];
    let html = list::outcomes(&here(&rights), &all, "kind=article&q=%3C").into_string();
    assert!(html.contains("Done with 1 of 2") && html.contains("It is not approved."), "{html}");
    assert!(html.contains("?kind=article&amp;q=%3C"), "{html}");
}

#[test]
fn two_who_clash_are_shown_side_by_side_and_the_rest_goes_together() {
    let rights = Rights::all(Role::Editor);
    let language = Language::parse("en").unwrap();
    let (base, theirs, yours) = (
        json!({ "headline": "Rain" }),
        json!({ "headline": "Rain stops play", "summary": "It pours." }),
        json!({ "headline": HOSTILE, "author": "Asha" }),
    );
    let clash = Clash {
        their_changes: diff::diff(&base, &theirs),
        your_changes: diff::diff(&base, &yours),
        merge: diff::merge(&base, &theirs, &yours),
        base,
        theirs,
        version: 4,
        author_name: "Ben".to_owned(),
        changed_at: Timestamp::UNIX_EPOCH,
        yours: yours.clone(),
    };
    let aside = Aside {
        author_id: "usr_1".to_owned(),
        author_name: "Asha".to_owned(),
        session: "s".to_owned(),
        base: 1,
        body: yours,
        at: Timestamp::UNIX_EPOCH,
    };
    let entry = Entry {
        id: "ent_0000000000000000000001".to_owned(),
        kind: kind("article").unwrap(),
        key: None,
        main_language: language.clone(),
        made_by: "usr_1".to_owned(),
        made_at: Timestamp::UNIX_EPOCH,
        trashed_at: None,
    };
    let clashed = |may_write| Clashed {
        entry: &entry,
        language: &language,
        title: "Rain",
        aside: &aside,
        clash: &clash,
        is_own: true,
        may_write,
    };
    let html = clash::page(&here(&rights), &clashed(true)).into_string();
    for shown in [
        "Rain stops play",
        "&lt;script&gt;",
        "From Ben: Summary",
        "From Asha: Author",
        "name=\"c0\"",
        "value=\"4\"",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("<script>alert") && !html.contains("name=\"c1\""), "{html}");
    assert!(!clash::page(&here(&rights), &clashed(false)).into_string().contains("<form class=\"act"));
}
