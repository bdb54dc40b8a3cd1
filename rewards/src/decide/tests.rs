use super::*;
use crate::{Amount, Condition, Fact, Invalid, Source};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

fn start() -> Timestamp {
    "2026-11-30T00:00:00Z".parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn trigger(id: &str, hours: i64) -> Trigger {
    let at = start() + SignedDuration::from_hours(hours);
    Trigger { source: Source::Match, id: id.to_owned(), kind: "six".to_owned(), at, facts: BTreeMap::new() }
}

fn rule(id: &str, units: i64) -> Rule {
    Rule {
        id: id.to_owned(),
        title: None,
        when: Condition::All(vec![]),
        amount: Amount { units, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    }
}

fn campaign(id: &str, rules: Vec<Rule>) -> Campaign {
    Campaign {
        id: id.to_owned(),
        version: 1,
        starts_at: start(),
        ends_at: start() + SignedDuration::from_hours(24 * 30),
        priority: 0,
        group: None,
        caps: Caps::default(),
        rules,
    }
}

/// What each rule comes to, one trigger after another, with what is remembered in between.
fn play(campaigns: &[Campaign], triggers: &[Trigger], scene: &Scene) -> Vec<Vec<Result<i64, Why>>> {
    let mut past = Past::default();
    let none = || Earned { device_day: Some(0), ..Earned::default() };
    let mut day = None;
    let one = |it: &Trigger| {
        if day != Some(day_of(it.at)) {
            let all = past.campaigns.values_mut().chain(past.rules.values_mut().map(|it| &mut it.earned));
            all.for_each(|it| (it.fan_day, it.device_day) = (0, Some(0)));
            day = Some(day_of(it.at));
        }
        for campaign in campaigns {
            past.campaigns.entry(campaign.id.clone()).or_insert_with(none);
            for rule in &campaign.rules {
                let key = (campaign.id.clone(), rule.id.clone());
                past.rules
                    .entry(key)
                    .or_insert_with(|| PastOfRule { earned: none(), ..PastOfRule::default() });
            }
        }
        let decisions = decide(campaigns, it, scene, &past);
        for it in &decisions {
            if let Ok(units) = it.outcome {
                past.campaigns.get_mut(&it.campaign).unwrap().add(units);
            }
            if let Some(of_rule) = it.past {
                past.rules.insert((it.campaign.clone(), it.rule.clone()), of_rule);
            }
        }
        decisions.into_iter().map(|it| it.outcome).collect()
    };
    triggers.iter().map(one).collect()
}

fn at_hours(hours: &[i64]) -> Vec<Trigger> {
    hours.iter().enumerate().map(|(at, hours)| trigger(&at.to_string(), *hours)).collect()
}

#[test]
fn a_rule_earns_while_its_campaign_lasts_and_its_condition_holds() {
    let mut six = rule("six", 10);
    six.when = Condition::Is { name: name("trigger.kind"), fact: Fact::Text("six".into()) };
    let campaigns = [campaign("one", vec![six])];
    let scene = Scene::default().with(name("trigger.kind"), Fact::Text("six".into()));
    let hours = at_hours(&[-1, 0, 24 * 30 - 1, 24 * 30]);
    let expected = [Err(Why::NotYet), Ok(10), Ok(10), Err(Why::Over)].map(|it| vec![it]);
    assert_eq!(play(&campaigns, &hours, &scene), expected);
    let four = Scene::default().with(name("trigger.kind"), Fact::Text("four".into()));
    assert_eq!(play(&campaigns, &at_hours(&[1]), &four), [[Err(Why::NotMet)]]);
    assert_eq!(play(&campaigns, &at_hours(&[1]), &Scene::default()), [[Err(Why::NotMet)]]);
}

#[test]
fn amounts_follow_a_number_that_is_counted_and_the_fans_tier() {
    let mut runs = rule("runs", 5);
    runs.amount.per = Some(crate::Per { name: name("trigger.runs"), units: 3, max: 6 });
    runs.amount.tiers = [("gold".to_owned(), 150), ("new".to_owned(), 0)].into();
    let campaigns = [campaign("one", vec![runs])];
    let earns = |runs: Option<i64>, tier: Option<&str>| {
        let mut scene = Scene::default();
        if let Some(runs) = runs {
            scene = scene.with(name("trigger.runs"), Fact::Number(runs));
        }
        if let Some(tier) = tier {
            scene = scene.with(name("fan.tier"), Fact::Text(tier.into()));
        }
        play(&campaigns, &at_hours(&[1]), &scene)[0][0]
    };
    assert_eq!([earns(None, None), earns(Some(4), None)], [Ok(5), Ok(17)]);
    assert_eq!([earns(Some(600), None), earns(Some(-4), None)], [Ok(23), Ok(5)]);
    // 17 and a half as much again is 25.5.
    assert_eq!([earns(Some(4), Some("gold")), earns(Some(4), Some("silver"))], [Ok(25), Ok(17)]);
    assert_eq!(earns(Some(4), Some("new")), Err(Why::Nothing));
}

#[test]
fn caps_leave_a_part_then_nothing_and_days_begin_anew() {
    let mut six = rule("six", 10);
    six.caps = Caps { fan_day: Some(25), fan: Some(42), ..Caps::default() };
    let hours = at_hours(&[1, 2, 3, 4, 25, 26, 27]);
    let fan_day = Err(Why::FanDay);
    let expected = [Ok(10), Ok(10), Ok(5), fan_day, Ok(10), Ok(7), Err(Why::Fan)].map(|it| vec![it]);
    assert_eq!(play(&[campaign("one", vec![six.clone()])], &hours, &Scene::default()), expected);
    // A campaign's cap is of all its rules, in their order.
    let mut two = campaign("two", vec![rule("a", 10), rule("b", 10)]);
    two.caps.all = Some(15);
    let expected = [[Ok(10), Ok(5)], [Err(Why::All), Err(Why::All)]];
    assert_eq!(play(&[two], &at_hours(&[1, 2]), &Scene::default()), expected);
}

#[test]
fn a_cap_of_devices_lets_nothing_through_where_no_device_is_known() {
    let mut six = rule("six", 10);
    six.caps.device_day = Some(100);
    let decided =
        decide(&[campaign("one", vec![six])], &trigger("1", 1), &Scene::default(), &Past::default());
    assert_eq!(decided[0].outcome, Err(Why::DeviceDay));
}

#[test]
fn of_a_group_the_campaign_of_the_highest_priority_that_earns_earns_alone() {
    let group = |id: &str, priority, units| Campaign {
        priority,
        group: Some("sixes".into()),
        ..campaign(id, vec![rule("six", units)])
    };
    let mut never = group("first", 9, 50);
    never.rules[0].when = Condition::Known { name: name("fan.tier") };
    let campaigns = [group("b", 5, 2), campaign("alone", vec![rule("six", 1)]), group("a", 5, 3), never];
    let decided = decide(&campaigns, &trigger("1", 1), &Scene::default(), &Past::default());
    let told: Vec<_> = decided.iter().map(|it| (it.campaign.as_str(), it.outcome)).collect();
    let expected = [("first", Err(Why::NotMet)), ("a", Ok(3)), ("b", Err(Why::Excluded)), ("alone", Ok(1))];
    assert_eq!(told, expected);
}

#[test]
fn streaks_of_days_and_of_times() {
    let mut daily = rule("daily", 1);
    daily.streak = Some(Streak::Days { length: 3, units: 10 });
    // Twice on the third day; a day is missed; what comes late counts for no day.
    let hours = at_hours(&[0, 24, 48, 50, 72, 120, 144, 30, 168]);
    let earned: Vec<i64> = play(&[campaign("one", vec![daily])], &hours, &Scene::default())
        .iter()
        .map(|it| it[0].unwrap())
        .collect();
    assert_eq!(earned, [1, 1, 11, 1, 1, 1, 1, 1, 11]);
    let mut often = rule("often", 0);
    often.streak = Some(Streak::Times { length: 2, units: 7 });
    let earned = play(&[campaign("one", vec![often])], &at_hours(&[1, 2, 3, 4]), &Scene::default());
    assert_eq!(earned.concat(), [Err(Why::Nothing), Ok(7), Err(Why::Nothing), Ok(7)]);
}

#[test]
fn what_one_trigger_earns_one_fan_by_one_rule_is_one_transfer() {
    let id = |trigger: &Trigger, campaign, rule, fan| grant_id(trigger, campaign, rule, fan);
    let one = trigger("ball 7", 1);
    assert_eq!(id(&one, "c", "r", "fan_1"), id(&trigger("ball 7", 5), "c", "r", "fan_1"));
    let quiz = Trigger { source: Source::Quiz, ..one.clone() };
    let others = [
        id(&trigger("ball 8", 1), "c", "r", "fan_1"),
        id(&quiz, "c", "r", "fan_1"),
        id(&one, "d", "r", "fan_1"),
        id(&one, "c", "s", "fan_1"),
        id(&one, "c", "r", "fan_2"),
    ];
    assert!(!others.contains(&id(&one, "c", "r", "fan_1")));
}

#[test]
fn conditions_are_read_from_json_and_say_what_holds() {
    let condition: Condition = serde_json::from_value(json!({ "all": [
        { "is": { "name": "trigger.kind", "fact": "answer" } },
        { "is": { "name": "trigger.correct", "fact": true } },
        { "any": [
            { "one_of": { "name": "match.teams", "texts": ["Harbour", "Meadow"] } },
            { "between": { "name": "trigger.seconds", "min": null, "max": 5 } },
        ] },
        { "not": { "one_of": { "name": "place.country", "texts": ["AU"] } } },
    ] }))
    .unwrap();
    assert_eq!(condition.check(), Ok(()));
    let scene = |kind: &str, is_correct, teams: &[&str], seconds, country: Option<&str>| {
        let teams = teams.iter().map(|it| (*it).to_owned()).collect();
        let scene = Scene::default()
            .with(name("trigger.kind"), Fact::Text(kind.into()))
            .with(name("trigger.correct"), Fact::Flag(is_correct))
            .with(name("match.teams"), Fact::Texts(teams))
            .with(name("trigger.seconds"), Fact::Number(seconds));
        match country {
            Some(country) => scene.with(name("place.country"), Fact::Text(country.into())),
            None => scene,
        }
    };
    assert!(condition.holds(&scene("answer", true, &["Meadow", "Fern"], 60, Some("IN"))));
    assert!(
        condition.holds(&scene("answer", true, &["Fern"], 5, None)),
        "no place is known: it is not Australia"
    );
    for not in [
        scene("six", true, &["Meadow"], 1, None),
        scene("answer", false, &["Meadow"], 1, None),
        scene("answer", true, &["Fern"], 6, None),
        scene("answer", true, &["Meadow"], 1, Some("AU")),
    ] {
        assert!(!condition.holds(&not), "{not:?}");
    }
    let again: Condition = serde_json::from_str(&serde_json::to_string(&condition).unwrap()).unwrap();
    assert_eq!(again, condition);
    for bad in [
        json!({ "is": { "name": "trigger", "fact": 1 } }),
        json!({ "is": { "name": "secrets.key", "fact": 1 } }),
        json!({ "is": { "name": "trigger.Kind", "fact": 1 } }),
        json!({ "is": { "name": "trigger.kind", "fact": 1.5 } }),
        json!({ "is": { "name": "trigger.kind", "fact": 1, "or": 2 } }),
        json!({ "matches": { "name": "trigger.kind", "pattern": "(a+)+" } }),
    ] {
        assert!(serde_json::from_value::<Condition>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_campaign_that_cannot_be_is_refused_with_the_reason() {
    let good = || campaign("one", vec![rule("six", 10)]);
    assert_eq!(good().check(), Ok(()));
    let with = |change: fn(&mut Campaign)| {
        let mut it = good();
        change(&mut it);
        it.check().unwrap_err()
    };
    let refused = [
        with(|it| it.ends_at = it.starts_at),
        with(|it| it.rules.clear()),
        with(|it| it.rules = vec![it.rules[0].clone(); 2]),
        with(|it| it.rules[0].id = "Six!".into()),
        with(|it| it.rules[0].amount.units = -1),
        with(|it| it.rules[0].amount.units = 0),
        with(|it| it.caps.fan_day = Some(0)),
        with(|it| it.rules[0].streak = Some(Streak::Days { length: 1, units: 5 })),
        with(|it| it.rules[0].amount.tiers = [("gold".to_owned(), 1_001)].into()),
        with(|it| it.rules[0].when = Condition::Any(vec![])),
        with(|it| {
            let (name, min, max) = (Name::parse("trigger.runs").unwrap(), Some(5), Some(4));
            it.rules[0].when = Condition::Between { name, min, max };
        }),
        with(|it| {
            let deep = (0..9).fold(Condition::All(vec![]), |it, _| Condition::Not(Box::new(it)));
            it.rules[0].when = deep;
        }),
        with(|it| it.rules[0].when = Condition::All(vec![Condition::All(vec![]); 64])),
        with(|it| {
            let (name, units) = (Name::parse("trigger.runs").unwrap(), 1_000_000);
            it.rules[0].amount.per = Some(crate::Per { name, units, max: 2 });
        }),
    ];
    let expected = [
        Invalid::Ends,
        Invalid::Rules { max: 50 },
        Invalid::SameRule { id: "six".into() },
        Invalid::Word { word: "Six!".into(), max: 40 },
        Invalid::Units { units: -1, max: 1_000_000 },
        Invalid::Units { units: 0, max: 1_000_000 },
        Invalid::Cap { units: 0 },
        Invalid::StreakLength { length: 1, max: 365 },
        Invalid::Percent { percent: 1_001, max: 1_000 },
        Invalid::NeverHolds,
        Invalid::NeverHolds,
        Invalid::TooDeep { max: 8 },
        Invalid::TooManyConditions { max: 64 },
        Invalid::Units { units: 2_000_000, max: 1_000_000 },
    ];
    assert_eq!(refused, expected);
}

proptest! {
    /// Whatever comes in whatever order, no cap is passed, and nothing is earned twice over it by several rules.
    #[test]
    fn no_cap_is_ever_passed(
        units in proptest::collection::vec(1..50_i64, 1..4),
        of_rule in (proptest::option::of(1..80_i64), proptest::option::of(1..200_i64)),
        of_all in (proptest::option::of(1..80_i64), proptest::option::of(1..300_i64)),
        mut hours in proptest::collection::vec(0..96_i64, 1..40),
    ) {
        hours.sort_unstable();
        let caps = |(fan_day, all)| Caps { fan_day, all, ..Caps::default() };
        let rules = units.iter().enumerate().map(|(at, units)| Rule { caps: caps(of_rule), ..rule(&at.to_string(), *units) });
        let mut one = campaign("one", rules.collect());
        one.caps = caps(of_all);
        prop_assert_eq!(one.check(), Ok(()));
        let triggers = at_hours(&hours);
        let earned = play(&[one], &triggers, &Scene::default());
        let sum = |of: &dyn Fn(usize, usize) -> bool| -> i64 {
            let all = earned.iter().enumerate().flat_map(|(at, it)| it.iter().enumerate().map(move |(rule, it)| (at, rule, it)));
            all.filter(|it| of(it.0, it.1)).filter_map(|it| it.2.as_ref().ok()).sum()
        };
        prop_assert!(sum(&|_, _| true) <= of_all.1.unwrap_or(i64::MAX));
        for day in 0..4 {
            let is_of_day = |at: usize| hours[at] / 24 == day;
            prop_assert!(sum(&|at, _| is_of_day(at)) <= of_all.0.unwrap_or(i64::MAX));
            for rule in 0..units.len() {
                prop_assert!(sum(&|at, it| is_of_day(at) && it == rule) <= of_rule.0.unwrap_or(i64::MAX));
                prop_assert!(sum(&|_, it| it == rule) <= of_rule.1.unwrap_or(i64::MAX));
            }
        }
        // The first of all earns what is said, or as much as its caps leave.
        let first = [Some(units[0]), of_rule.0, of_rule.1, of_all.0, of_all.1].into_iter().flatten().min();
        prop_assert_eq!(earned[0][0], Ok(first.unwrap()));
    }
}
