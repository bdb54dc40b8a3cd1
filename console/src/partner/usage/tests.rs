use super::*;
use crate::layout::{Person, Place, Tab};
use jiff::Timestamp;
use partners::Role;
use partners::limit::{Limits, Quota, Sums, judge};

fn here(role: Role) -> Here<'static> {
    let place = Place { organisation_id: "org_1", organisation: "The Paper", role, tab: Tab::Usage };
    Here { person: Person { name: "Asha", csrf: "token" }, place, done: "" }
}

fn asked(part: &'static str) -> Asked<'static> {
    let (from, until) = ("2026-11-23".to_owned(), "2026-11-29".to_owned());
    Asked { period: "7d", from, until, part, figure: Figure::Opens, mistake: "" }
}

fn figures(opens: i64) -> Figures {
    Figures { impressions: 2 * opens, opens, stream_ms: 90_000 * opens, peak: 3, updates: 40 * opens }
}

fn top(id: &str, opens: i64) -> Top {
    Top { at: None, id: id.to_owned(), figures: figures(opens) }
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_795_910_400 + day * 86_400).unwrap()
}

/// Two days, one match of a known name, two countries, a refusal, and a quota that is nearly used up.
fn shown(asked: &Asked<'_>, sums: Figures) -> String {
    let matches = HashMap::from([("mat_1".to_owned(), "Harbour – <Meadow>".to_owned())]);
    let points = [Point { at: at(0), figures: figures(1_000) }, Point { at: at(1), figures: figures(500) }];
    let limits = Limits { impressions: Quota::up_to(1_000), ..Limits::DEFAULT };
    let usage = Usage {
        asked,
        sites: &[],
        keys: &[],
        matches: &matches,
        sums,
        before: figures(1_000),
        points: &points,
        step: Step::Day,
        by_site: &[top("", 1_500)],
        by_key: &[],
        by_match: &[top("mat_1", 1_000), top("mat_2", 300), top("other", 200)],
        by_country: &[top("IN", 1_200), top("ZZ", 300)],
        reasons: &[Reason { at: None, code: "origin_refused".to_owned(), count: 12 }],
        quotas: &judge(&limits, Sums { stream_minutes: 0, impressions: 900 }),
    };
    page(here(Role::Analyst), &usage).into_string()
}

#[test]
fn figures_are_told_with_what_became_of_them_and_what_they_are_made_of() {
    let html = shown(&asked("all"), figures(1_500));
    for part in [
        "<dd>1,500</dd>",
        "50 % more",
        "<dd>2,250</dd>",
        "Harbour – &lt;Meadow&gt;",
        "mat_2",
        "others",
        "🇮🇳 India",
        "not known",
        "of no site",
        "On a page that is not yours",
        "900",
        "nearly used up",
        "/console/o/org_1/usage.csv?period=7d&amp;from=2026-11-23&amp;until=2026-11-29&amp;of=all&amp;show=opens",
        "29 Nov 2026: 1,000",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("<Meadow>") && !html.contains("style="), "{html}");
}

#[test]
fn who_sees_nothing_yet_is_told_when_and_where_figures_come() {
    let limits = Limits::DEFAULT;
    let (asked, matches) = (asked("all"), HashMap::new());
    let usage = Usage {
        asked: &asked,
        sites: &[],
        keys: &[],
        matches: &matches,
        sums: Figures::default(),
        before: Figures::default(),
        points: &[],
        step: Step::Day,
        by_site: &[],
        by_key: &[],
        by_match: &[],
        by_country: &[],
        reasons: &[],
        quotas: &judge(&limits, Sums::default()),
    };
    let html = page(here(Role::Owner), &usage).into_string();
    assert!(html.contains("Nothing was counted in that time") && html.contains("/console/o/org_1/embed"));
    assert!(!html.contains("progress"), "no quota, no bar");
}

#[test]
fn only_who_builds_is_offered_to_allow_an_origin() {
    let one = RefusedOrigin {
        origin: "https://shop.example".to_owned(),
        key_id: "key_1".to_owned(),
        site_id: Some("sit_1".to_owned()),
        count: 12,
        last_at: at(0),
    };
    let of_no_site =
        RefusedOrigin { site_id: None, origin: "https://other.example".to_owned(), ..one.clone() };
    let all = [one, of_no_site];
    let html = refused(here(Role::Developer), &all).into_string();
    assert!(html.contains("action=\"/console/o/org_1/sites/sit_1/allow\"") && html.contains("12 refusals"));
    assert!(html.contains("/console/o/org_1/keys/key_1"));
    assert!(!refused(here(Role::Analyst), &all).into_string().contains("<form"));
    assert_eq!(refused(here(Role::Owner), &[]).into_string(), "");
}
