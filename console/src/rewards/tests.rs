mod shops;

use super::campaigns::{List, Row, State, state};
use super::forecast::{Doubt, Forecast, Tried};
use super::*;
use crate::controls::Filled;
use crate::finance::Names;
use crate::{Fields, Mistakes};
use ::rewards::campaigns::{Listed, Version};
use ::rewards::figures::Figures;
use ::rewards::fill::Filled as Put;
use ::rewards::review::{Signal, SignalKind, Verdict};
use ::rewards::{Amount, Campaign, Caps, Condition, DryRun, Fact, Name, Per, Rule, RuleCost, Streak, Why};
use partners::Role;
use std::collections::BTreeMap;
use wallet::TransferId;

const HOSTILE: &str = "\"><script>alert('x')</script>";

fn at_day(day: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 / 86_400 * 86_400 + day * 86_400).unwrap()
}

fn here(proof: Proof) -> Here<'static> {
    let who = Who { id: "usr_asha", name: HOSTILE, proof, form_token: "token" };
    Here { side: Side::Operators(who), books: Books::Test, done: "", now: at_day(0) }
}

fn partner(role: Role, books: Books) -> Here<'static> {
    let place = Place { organisation_id: "org_1", organisation: "The Paper", role, tab: layout::Tab::Usage };
    let person = Person { name: "Ben", csrf: "token" };
    Here { side: Side::Partner { person, place }, books, done: "", now: at_day(0) }
}

fn listed(live: Option<u32>, last: u32, span: Option<(i64, i64)>) -> Listed {
    Listed {
        id: "cmp_1".to_owned(),
        books: Books::Test,
        organisation_id: Some("org_1".to_owned()),
        name: HOSTILE.to_owned(),
        live_version: live,
        last_version: last,
        has_been_live: live.is_some(),
        span: span.map(|(from, until)| (at_day(from), at_day(until))),
        made_at: at_day(-9),
        ended_at: None,
        grants: 12,
        units: 1_200,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn is(of: &str, fact: Fact) -> Condition {
    Condition::Is { name: name(of), fact }
}

fn text(text: &str) -> Fact {
    Fact::Text(text.to_owned())
}

fn rule(id: &str, when: Condition) -> Rule {
    let amount = Amount { units: 10, per: None, tiers: BTreeMap::new() };
    Rule {
        id: id.to_owned(),
        title: Some(HOSTILE.to_owned()),
        when,
        amount,
        caps: Caps::default(),
        streak: None,
    }
}

fn six() -> Condition {
    is("trigger.kind", text("six"))
}

fn campaign(rules: Vec<Rule>) -> Campaign {
    Campaign {
        id: "cmp_1".to_owned(),
        version: 1,
        starts_at: at_day(1),
        ends_at: at_day(21),
        priority: 0,
        group: None,
        caps: Caps::default(),
        rules,
    }
}

/// Everything that a rule can have.
fn full() -> Campaign {
    let not = |it| Condition::Not(Box::new(it));
    let mut rule = rule(
        "six",
        Condition::All(vec![
            six(),
            Condition::Between { name: name("trigger.runs"), min: Some(6), max: None },
            is("match.stage", text("12")),
            is("trigger.own", text("12")),
            is("trigger.own", Fact::Number(12)),
            is("trigger.correct", Fact::Flag(true)),
            not(is("match.venue", text(HOSTILE))),
            Condition::OneOf { name: name("match.format"), texts: vec!["t20".to_owned(), "odi".to_owned()] },
            not(Condition::OneOf { name: name("fan.tier"), texts: vec!["gold".to_owned()] }),
            Condition::Known { name: name("place.country") },
            not(Condition::Known { name: name("trigger.bot") }),
        ]),
    );
    rule.amount.per = Some(Per { name: name("trigger.minutes"), units: 2, max: 90 });
    rule.amount.tiers.insert("gold".to_owned(), 150);
    rule.caps = Caps { fan_day: Some(50), fan: Some(500), device_day: Some(60), all: Some(9_000) };
    rule.streak = Some(Streak::Days { length: 7, units: 100 });
    Campaign {
        group: Some("sixes".to_owned()),
        priority: 3,
        caps: Caps { all: Some(100_000), ..Caps::default() },
        ..campaign(vec![rule])
    }
}

fn safe(page: &Markup) -> &str {
    let html = &page.0;
    assert!(!html.contains("<script") && !html.contains(" style=") && !html.contains(" onclick="), "{html}");
    assert!(html.contains("&gt;&lt;script&gt;"), "what is hostile is on it: {html}");
    assert!(html.contains("Test books: fans of test keys alone earn"), "{html}");
    html
}

#[test]
fn a_version_becomes_a_form_and_the_form_the_same_version() {
    let streak = |streak| {
        let mut it = campaign(vec![rule("a", six())]);
        it.rules[0].streak = Some(streak);
        it
    };
    let any = Condition::All(vec![
        six(),
        Condition::Any(vec![is("match.id", text("mat_1")), is("fan.days", Fact::Number(1))]),
    ]);
    let nested = Condition::Any(vec![six(), Condition::All(vec![is("fan.tier", text("gold")), six()])]);
    for it in [
        full(),
        streak(Streak::Times { length: 10, units: 5 }),
        campaign(vec![rule("a", six()), rule("b", is("trigger.kind", text("purchase")))]),
        campaign(vec![rule("any", any)]),
        campaign(vec![rule("nested", nested)]),
        campaign(vec![rule("always", Condition::All(vec![]))]),
        campaign(vec![rule("one", Condition::Known { name: name("fan.tier") })]),
    ] {
        let draft = Draft::of(&it);
        assert_eq!(draft.read("cmp_1"), Ok(it.clone()));
        let sent = Draft::sent(&Fields::parse_long(&draft.form().to_query()));
        assert_eq!(sent, draft, "nothing is lost on the way");
    }
}

#[test]
fn what_rows_cannot_say_is_json_and_what_they_can_goes_both_ways() {
    let nested = Condition::All(vec![six(), Condition::Not(Box::new(Condition::Any(vec![six(), six()])))]);
    let mut draft = Draft::of(&campaign(vec![rule("a", nested.clone())]));
    assert!(draft.form().text("r0-json").contains("\"not\""), "{:?}", draft.form());
    let refused = draft.press(Press::AsRows(0));
    assert!(
        refused.of("r0-json").is_some_and(|it| it.contains("conditions within conditions")),
        "{refused:?}"
    );
    let mut draft = Draft::of(&full());
    let when = full().rules[0].when.clone();
    assert!(draft.press(Press::AsJson(0)).is_empty());
    assert_eq!(draft.read("cmp_1").unwrap().rules[0].when, when);
    assert!(draft.press(Press::AsRows(0)).is_empty());
    assert_eq!(draft.read("cmp_1").unwrap().rules[0].when, when);

    let mut form = draft.form();
    form.set("r0-how", "json");
    form.set("r0-json", "{\"all\": [{\"is\": }]}");
    let mistakes = Draft::sent(&form).read("cmp_1").unwrap_err();
    assert!(mistakes.of("r0-json").is_some_and(|it| it.contains("line 1 column 17")), "{mistakes:?}");
    form.set("r0-json", "{\"is\": {\"name\": \"sky.colour\", \"fact\": \"blue\"}}");
    let mistakes = Draft::sent(&form).read("cmp_1").unwrap_err();
    assert!(
        mistakes.of("r0-json").is_some_and(|it| it.contains("names nothing that is known")),
        "{mistakes:?}"
    );
}

#[test]
fn each_button_changes_what_it_says_and_keeps_all_that_was_typed() {
    let mut draft = Draft::new(at_day(0));
    let mut form = draft.form();
    assert_eq!((form.text("starts"), form.text("ends")), ("2027-01-15T01:00", "2027-02-14T01:00"));
    form.set("r0-title", "  Half typed ");
    form.set("r0-units", "ten");
    draft = Draft::sent(&form);
    for press in ["add-rule", "add-condition 0", "add-condition 0", "copy-rule 0"] {
        assert!(draft.press(Press::of(press)).is_empty());
    }
    assert_eq!(draft.rules.len(), 3);
    let mut form = draft.form();
    assert_eq!((form.raw("r1-title"), form.raw("r1-units"), form.raw("r1-id")), ("  Half typed ", "ten", ""));
    form.set("r0-c1-value", "kept");
    draft = Draft::sent(&form);
    draft.press(Press::of("take-condition 0 0"));
    assert_eq!(draft.form().text("r0-c0-value"), "kept");
    draft.press(Press::of("take-rule 1"));
    draft.press(Press::of("take-rule 7"));
    draft.press(Press::of("take-condition 0 7"));
    draft.press(Press::of("nonsense"));
    assert_eq!(draft.rules.len(), 2);
    for _ in 0..80 {
        draft.press(Press::AddRule);
        draft.press(Press::AddCondition(0));
    }
    assert_eq!((draft.rules.len(), draft.rules[0].conditions.len()), (50, 64));
}

#[test]
fn mistakes_are_beside_their_fields() {
    let mut draft = Draft::of(&full());
    draft.press(Press::AddRule);
    draft.press(Press::AddRule);
    let good = draft.form();
    let first = Draft::of(&full()).form();
    for (field, value, wrong, says) in [
        ("starts", "soon", "starts", "Choose a day"),
        ("ends", "2020-01-01T00:00", "ends", "ends before it starts"),
        ("priority", "high", "priority", "whole number"),
        ("group", "No Word", "group", "is no name"),
        ("cap-all", "0", "cap-all", "whole number from 1"),
        ("r0-units", "1000001", "r0-units", "whole number from 0"),
        ("r0-units", "-1", "r0-units", "whole number"),
        ("r0-id", "Six!", "r0-id", "is no name"),
        ("r0-title", "a\u{7}b", "r0-title", "A title has"),
        ("r0-kind", "", "r0-kind", "Choose what happens"),
        ("r0-kind", "own", "r0-word", "Write the word"),
        ("r0-c0-value", "six", "r0-c0-value", "whole number"),
        ("r0-c0-value", "", "r0-c0-value", "Enter what"),
        ("r0-c0-name", "", "r0-c0-name", "Choose what it is about"),
        ("r0-c0-name", "own", "r0-c0-own", "A name is trigger"),
        ("r0-c4-value", "maybe", "r0-c4-value", "true or false"),
        ("r0-per-max", "", "r0-per-max", "Enter a number"),
        ("r0-per-max", "900000", "r0-per-max", "more than 1000000"),
        ("r0-per", "own", "r0-per-own", "A name is trigger"),
        ("r0-tier-gold", "1001", "r0-tier-gold", "from 0 to 1000"),
        ("r0-streak-length", "1", "r0-streak-length", "from 2 to 365"),
        ("r0-streak-units", "", "r0-streak-units", "Enter a number"),
        ("r0-cap-fan", "none", "r0-cap-fan", "whole number"),
    ] {
        let mut form = first.clone();
        form.set(field, value);
        let mistakes = Draft::sent(&form).read("cmp_1").unwrap_err();
        let said: Vec<_> = mistakes.iter().map(|it| (it.field.as_ref(), it.text.as_str())).collect();
        assert!(
            matches!(said[..], [(at, text)] if at == wrong && text.contains(says)),
            "{field}={value}: {said:?}"
        );
    }
    // Rules without anything, and one that gives nothing.
    let mut form = good;
    form.set("r1-kind", "six");
    form.set("r1-id", "six");
    let mistakes = Draft::sent(&form).read("cmp_1").unwrap_err();
    assert!(mistakes.of("r1-id").is_some_and(|it| it.contains("Another rule")), "{mistakes:?}");
    assert!(mistakes.of("r1-units").is_some_and(|it| it.contains("gives something")), "{mistakes:?}");
    assert!(mistakes.of("r2-kind").is_some(), "{mistakes:?}");
    assert!(Draft::default().read("cmp_1").unwrap_err().of("").is_some());
}

#[test]
fn ids_are_made_from_titles_and_are_unlike_each_other() {
    let mut draft = Draft::of(&campaign(vec![rule("every-six", six()); 5]));
    let titles = [("Every six!", ""), ("Every  SIX", ""), ("हर छक्का", ""), ("", ""), ("Own", "every-six-2")];
    for (rule, (title, id)) in draft.rules.iter_mut().zip(titles) {
        rule.fields.set("title", title);
        rule.fields.set("id", id);
    }
    let ids: Vec<String> = draft.read("cmp_1").unwrap().rules.into_iter().map(|it| it.id).collect();
    assert_eq!(ids, ["every-six", "every-six-3", "rule-3", "rule-4", "every-six-2"]);
}

#[test]
fn how_a_campaign_stands_follows_from_what_is_live_and_from_the_day() {
    let paused = |span| Listed { has_been_live: true, ..listed(None, 2, Some(span)) };
    for (campaign, expected) in [
        (listed(None, 0, None), State::Draft),
        (listed(None, 1, Some((-9, -1))), State::Draft),
        (listed(Some(1), 2, Some((-1, 1))), State::Live(1)),
        (listed(Some(2), 2, Some((1, 2))), State::Waiting(2)),
        (listed(Some(2), 2, Some((-2, 0))), State::Over),
        (paused((-1, 1)), State::Paused),
        (paused((-2, -1)), State::Over),
    ] {
        assert_eq!(state(&campaign, at_day(0)), expected, "{campaign:?}");
    }
}

fn ran(units: i64, from: i64, is_cut: bool) -> Tried {
    let rules = BTreeMap::from([(
        "six".to_owned(),
        RuleCost { grants: 7, units, withheld: BTreeMap::from([(Why::NotMet, 90), (Why::FanDay, 3)]) },
    )]);
    let heard = Some((at_day(from), at_day(-1)));
    Tried::Ran(DryRun { judged: 100, fans: 4, units, rules, heard, is_cut })
}

#[test]
fn a_forecast_goes_by_what_was_heard_and_says_when_the_budget_does_not_reach() {
    let (campaign, none) = (full(), Mistakes::default());
    let of = |tried: &Tried, left: i64, version: &Campaign| {
        let forecast =
            Forecast { campaign: &listed(None, 1, None), version, days: 30, tried, left, mistakes: &none };
        let outlook = forecast.outlook(at_day(0));
        (outlook.a_day, outlook.whole, forecast.doubts(at_day(0)))
    };
    // Ten days heard, twenty to come.
    assert_eq!(of(&ran(1_000, -10, false), 2_000, &campaign), (100, 2_000, vec![]));
    assert_eq!(of(&ran(1_000, -10, false), 1_999, &campaign), (100, 2_000, vec![Doubt::Beyond]));
    assert_eq!(of(&ran(1_001, -10, false), 0, &campaign), (101, 2_002, vec![Doubt::Empty]));
    // Cut: of nine days.
    assert_eq!(of(&ran(900, -10, true), 9_000, &campaign), (100, 2_000, vec![]));
    // Heard for an hour is heard for a day.
    assert_eq!(of(&ran(60, -1, false), 9_000, &campaign), (60, 1_200, vec![]));
    // Its cap is a hundred thousand, of which 1,200 are given.
    assert_eq!(of(&ran(100_000, -10, false), 98_800, &campaign), (10_000, 98_800, vec![]));
    let over = Campaign { starts_at: at_day(-9), ends_at: at_day(0), ..campaign.clone() };
    assert_eq!(of(&ran(10, -10, false), 5, &over), (1, 0, vec![Doubt::Over]));
    assert_eq!(of(&Tried::TooSlow, 5, &campaign), (0, 0, vec![Doubt::Unknown]));
    let heard_nothing = Tried::Ran(DryRun::default());
    assert_eq!(of(&heard_nothing, 5, &campaign), (0, 0, vec![]));
}

#[test]
fn a_forecasts_page_says_what_is_in_doubt_and_asks_once_more() {
    let (campaign, none) = (full(), Mistakes::default());
    let page = |tried: &Tried, left: i64, mistakes: &Mistakes| {
        let campaign_of = listed(None, 1, None);
        let forecast =
            Forecast { campaign: &campaign_of, version: &campaign, days: 30, tried, left, mistakes };
        safe(&forecast::page(&here(Proof::Account), &forecast)).to_owned()
    };
    let well = page(&ran(1_000, -10, false), 5_000, &none);
    for said in [
        "would use 20 % of the budget left",
        "40 % of the budget left",
        "the fan&#39;s cap of the day",
        "Go live with version 1",
    ] {
        assert!(well.contains(said) || well.contains(&said.replace("&#39;", "'")), "{said}: {well}");
    }
    assert!(!well.contains("name=\"sure\"") && !well.contains("role=\"alert\""), "{well}");
    let beyond = page(&ran(1_000, -10, true), 1_000, &Mistakes::one("sure", "Tick it."));
    for said in [
        "Its budget does not reach.",
        "which last until about",
        "name=\"sure\"",
        "Tick it.",
        "Only a part was looked at.",
    ] {
        assert!(beyond.contains(said), "{said}: {beyond}");
    }
    let slow = page(&Tried::TooSlow, 1_000, &none);
    assert!(slow.contains("It could not be tried.") && slow.contains("name=\"sure\""), "{slow}");
    let nothing = page(&Tried::Ran(DryRun::default()), 1_000, &none);
    assert!(nothing.contains("Nothing was heard of its fans"), "{nothing}");
}

fn signal(kind: SignalKind, verdict: Verdict) -> Signal {
    let is_open = verdict == Verdict::Open;
    Signal {
        number: 7,
        books: Books::Test,
        kind,
        subject: HOSTILE.to_owned(),
        count: 1_234,
        fans: (0..9).map(|it| format!("fan_{it}{HOSTILE}")).collect(),
        verdict,
        seen_at: at_day(0),
        reviewed_by: (!is_open).then(|| "usr_asha".to_owned()),
        note: (!is_open).then(|| HOSTILE.to_owned()),
    }
}

#[test]
fn signals_are_told_in_words_and_decided_with_a_note() {
    let names = Names::from([("usr_asha".to_owned(), HOSTILE.to_owned())]);
    let page = |verdict: Verdict, kind: SignalKind, refused| {
        let found = [signal(kind, verdict)];
        let signals =
            signals::Signals { verdict, found: &found, names: &names, before: None, next: Some(7), refused };
        safe(&signals::page(&here(Proof::Account), &signals)).to_owned()
    };
    let wrong = Mistakes::one("note", "Note what you have seen");
    let open = page(Verdict::Open, SignalKind::Velocity, Some((7, HOSTILE, &wrong)));
    for said in [
        "1,234 grants within an hour",
        "Note what you have seen",
        "Block: they earn nothing",
        "show=open&amp;before=7",
    ] {
        assert!(open.contains(said), "{said}: {open}");
    }
    assert!(
        open.contains("/console/finance/accounts?mode=test&amp;kind=fan&amp;owner=fan_0%22%3E%3Cscript"),
        "{open}"
    );
    let blocked = page(Verdict::Blocked, SignalKind::Device, None);
    for said in ["1,234 fans on one device", "Decided by", "Decide anew", "Open it again"] {
        assert!(blocked.contains(said), "{said}: {blocked}");
    }
    assert!(!blocked.contains("value=\"blocked\""), "{blocked}");
}

#[test]
fn tiers_are_read_with_mistakes_beside_their_fields() {
    let tiers = [("silver".to_owned(), 100), ("gold".to_owned(), 1_000)];
    assert_eq!(tiers::read(&tiers::form(&tiers)), Ok(tiers.to_vec()));
    assert_eq!(tiers::read(&Fields::default()), Ok(vec![]));
    let form = Fields::of([
        ("t0-name", "Silver"),
        ("t0-from", "100"),
        ("t1-name", "gold"),
        ("t3-name", "gold"),
        ("t3-from", "100"),
    ]);
    let mistakes = tiers::read(&form).unwrap_err();
    let fields: Vec<_> = mistakes.iter().map(|it| it.field.as_ref()).collect();
    assert_eq!(fields, ["t0-name", "t1-from", "t3-from"]);
}

#[test]
fn a_partners_pages_are_in_its_dashboard_and_each_role_has_what_it_may_press() {
    let campaign = listed(Some(1), 1, Some((-1, 1)));
    let page = |here: &Here<'_>| {
        let form = Fields::of([("id", "trf_1")]);
        let put = Put {
            id: TransferId::of_number(1),
            units: 5,
            why: "A deal".to_owned(),
            by: "usr_asha".to_owned(),
            asked_at: at_day(0),
            filled_at: None,
        };
        let shown = campaign::Shown {
            campaign: &campaign,
            organisation: Some("The Paper"),
            versions: &[],
            live: None,
            figures: &BTreeMap::new(),
            fills: &[put],
            left: 100,
            names: &Names::new(),
            form: Filled { fields: &form, mistakes: &Mistakes::default() },
        };
        campaign::show(here, &shown).0
    };
    for (role, books, acts, fills) in [
        (Role::Owner, Books::Live, true, false),
        (Role::Developer, Books::Test, true, true),
        (Role::Analyst, Books::Live, false, false),
        (Role::Analyst, Books::Test, false, false),
    ] {
        let html = page(&partner(role, books));
        assert!(html.contains("/console/o/org_1/rewards/products?mode="), "{html}");
        assert!(!html.contains("/console/rewards") && !html.contains("Signals"), "{html}");
        assert!(!html.contains("for The Paper"), "whose it is goes without saying: {html}");
        assert_eq!(html.contains("/campaigns/cmp_1/pause"), acts, "{role:?} {books:?}");
        assert_eq!(html.contains("/campaigns/cmp_1/end"), acts, "{role:?} {books:?}");
        assert_eq!(html.contains("/campaigns/cmp_1/fill"), fills, "{role:?} {books:?}");
        assert_eq!(html.contains("A deal"), fills, "{role:?} {books:?}");
        assert_eq!(html.contains("Whoever runs this platform fills it"), !fills, "{role:?} {books:?}");
    }
    let html = page(&here(Proof::Account));
    assert!(html.contains("for The Paper") && html.contains("A deal") && html.contains("Signals"), "{html}");
    let ended = Listed { ended_at: Some(at_day(0)), live_version: None, ..campaign };
    assert_eq!(state(&ended, at_day(0)), State::Over);
}

#[test]
fn nothing_that_anybody_wrote_becomes_markup() {
    let (full, none, form) =
        (full(), Mistakes::default(), Fields::of([("amount", HOSTILE), ("why", HOSTILE)]));
    let here = here(Proof::Account);
    let row =
        Row { campaign: listed(Some(1), 1, Some((-1, 1))), organisation: Some(HOSTILE.to_owned()), left: 0 };
    let list = campaigns::list(&here, &List { found: &[row], before: Some("cmp_2"), next: Some("cmp_1") });
    assert!(safe(&list).contains("live v1") && list.0.contains("empty"), "{}", list.0);
    let wrong = Mistakes::one("name", "No.");
    safe(&campaigns::new(&here, Filled { fields: &Fields::of([("name", HOSTILE)]), mistakes: &wrong }));

    let version = Version { campaign: full.clone(), made_by: "usr_asha".to_owned(), made_at: at_day(0) };
    let names = Names::from([("usr_asha".to_owned(), HOSTILE.to_owned())]);
    safe(&version::page(&here, &listed(Some(1), 1, None), &version, &names));
    let figures = BTreeMap::from([(
        HOSTILE.to_owned(),
        Figures { grants: 1, units: 2, taken: 3, refused: BTreeMap::from([(HOSTILE.to_owned(), 4)]) },
    )]);
    let put = Put {
        id: TransferId::of_number(1),
        units: 5,
        why: HOSTILE.to_owned(),
        by: "usr_asha".to_owned(),
        asked_at: at_day(0),
        filled_at: None,
    };
    let shown = campaign::Shown {
        campaign: &listed(Some(1), 1, Some((-1, 1))),
        organisation: Some(HOSTILE),
        versions: std::slice::from_ref(&version),
        live: Some(&version),
        figures: &figures,
        fills: &[put],
        left: 0,
        names: &names,
        form: Filled { fields: &form, mistakes: &Mistakes::one("amount", HOSTILE) },
    };
    let page = campaign::show(&here, &shown);
    for said in [
        "Its budget is empty.",
        "not in the ledger",
        "Put it into the ledger",
        "Pause: fans earn nothing by it",
        "100 % of it is used",
    ] {
        assert!(safe(&page).contains(said), "{said}: {}", page.0);
    }

    let mut draft = Draft::of(&full);
    draft.rules[0].fields.set("id", HOSTILE);
    draft.rules[0].fields.push(format!("tier-{HOSTILE}"), "5");
    let mistakes = draft.read("cmp_1").unwrap_err();
    let campaign = listed(Some(1), 1, None);
    let building = Building {
        campaign: &campaign,
        draft: &draft,
        mistakes: &mistakes,
        tiers: &[(HOSTILE.to_owned(), 1)],
    };
    safe(&build(&here, &building));
    let json = Draft::of(&super::tests::campaign(vec![rule(
        "a",
        Condition::Not(Box::new(Condition::All(vec![is("match.venue", text(HOSTILE))]))),
    )]));
    safe(&build(&here, &Building { draft: &json, mistakes: &none, ..building }));
    safe(&tiers::page(&here, &[(HOSTILE.to_owned(), 1)], Filled { fields: &form, mistakes: &none }));
}

#[test]
fn who_knows_the_secret_alone_looks_and_presses_nothing() {
    let here = here(Proof::Secret);
    let (none, fields) = (Mistakes::default(), Fields::default());
    let campaign = listed(None, 0, None);
    let draft = Draft::new(at_day(0));
    let building = Building { campaign: &campaign, draft: &draft, mistakes: &none, tiers: &[] };
    let found = [signal(SignalKind::Device, Verdict::Open)];
    let signals = signals::Signals {
        verdict: Verdict::Open,
        found: &found,
        names: &Names::default(),
        before: None,
        next: None,
        refused: None,
    };
    for page in [
        build(&here, &building),
        signals::page(&here, &signals),
        tiers::page(&here, &[], Filled { fields: &fields, mistakes: &none }),
    ] {
        assert!(!page.0.contains("<form") && page.0.contains("which proves no name"), "{}", page.0);
    }
}

#[test]
fn a_share_of_something_is_never_nothing() {
    for (part, whole, expected) in [
        (0, 5, "0 %"),
        (1, 1_000, "under 1 %"),
        (34, 100, "34 %"),
        (300, 100, "300 %"),
        (1, 0, "—"),
        (i64::MAX, 1, "—"),
    ] {
        let said = percent(part, whole);
        assert!(said == expected || (part == i64::MAX && said.ends_with(" %")), "{part}/{whole}: {said}");
    }
}
