//! What is published and taken back later: a month, and a list of it; what was missed and what failed above both.

use crate::content::{Here, PATH, Tab};
use cms::moments::Moment;
use cms::schedule::{Schedule, State};
use form_urlencoded::Serializer;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Zones that are offered; any other can be typed.
const ZONES: [&str; 14] = [
    "UTC",
    "Asia/Kolkata",
    "Asia/Karachi",
    "Asia/Dhaka",
    "Asia/Colombo",
    "Asia/Dubai",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Johannesburg",
    "Africa/Harare",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Barbados",
    "America/New_York",
];
/// Characters of a zone's name.
const ZONE_MAX: u16 = 60;
/// Plans of a day that a month shows; the rest are counted.
const OF_DAY_MAX: usize = 3;

/// A plan with what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub schedule: Schedule,
    /// Of its entry or release.
    pub title: String,
    /// "News card"; "Release".
    pub noun: &'static str,
}

/// A month of plans.
#[derive(Clone, Debug)]
pub struct Calendar<'a> {
    /// Its first day.
    pub month: Date,
    /// In which days and times are told.
    pub zone: &'a str,
    pub time_zone: &'a TimeZone,
    /// By time.
    pub plans: &'a [Plan],
    /// What waits for moments of matches.
    pub moments: &'a [Plan],
    /// Missed, failed or overdue.
    pub troubled: &'a [Plan],
    /// What a match is called, by its id.
    pub matches: &'a BTreeMap<String, String>,
}

/// The month of "2026-12".
pub fn month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-')?;
    let is_digits = |it: &str, length| it.len() == length && it.bytes().all(|it| it.is_ascii_digit());
    if !is_digits(year, 4) || !is_digits(month, 2) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().filter(|it| (2000..=2200).contains(&it.year()))
}

/// The month that a moment is in.
pub fn month_of(now: Timestamp, zone: &TimeZone) -> Date {
    now.to_zoned_datetime(zone.clone()).date().first_of_month()
}

/// When a month begins and when it is over, there.
pub fn span(month: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let next = month.checked_add(1.month()).ok()?;
    let begin = |it: Date| Some(it.to_zoned_datetime(zone.clone()).ok()?.timestamp());
    Some((begin(month)?, begin(next)?))
}

impl Calendar<'_> {
    fn path(&self, month: Date) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("month", &month.strftime("%Y-%m").to_string()).append_pair("zone", self.zone);
        format!("{PATH}/calendar?{}", query.finish())
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.time_zone.clone()).date()
    }

    /// "18:30", and seconds where they are some.
    fn time(&self, at: Timestamp) -> String {
        let zoned = at.to_zoned_datetime(self.time_zone.clone());
        let form = if zoned.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        zoned.strftime(form).to_string()
    }

    /// Those of each day that has some.
    fn days(&self) -> BTreeMap<Date, Vec<&Plan>> {
        let mut days: BTreeMap<Date, Vec<&Plan>> = BTreeMap::new();
        for it in self.plans {
            if let Some(at) = it.schedule.due_at {
                days.entry(self.day(at)).or_default().push(it);
            }
        }
        days
    }
}

impl Plan {
    fn href(&self) -> String {
        match (&self.schedule.entry, &self.schedule.release) {
            (Some((entry, language)), _) => format!("{PATH}/entries/{entry}?lang={language}"),
            (None, release) => format!("{PATH}/releases/{}", release.as_deref().unwrap_or_default()),
        }
    }

    fn name(&self) -> &str {
        let it = &self.schedule;
        match (self.title.as_str(), &it.entry, &it.release) {
            ("", Some((id, _)), _) | ("", None, Some(id)) => id,
            (title, ..) => title,
        }
    }

    /// What is done.
    fn act(&self) -> &'static str {
        let is_published = self.schedule.revision.is_some() || self.schedule.release.is_some();
        if is_published { "publish" } else { "take back" }
    }
}

const fn told(moment: Moment) -> &'static str {
    match moment {
        Moment::Toss => "at the toss",
        Moment::FirstBall => "at the first ball",
        Moment::InningsBreak => "at the innings break",
        Moment::Result => "on the result",
    }
}

fn flag(plan: &Plan, now: Timestamp) -> Markup {
    let (class, word) = match plan.schedule.state {
        State::Waiting if plan.schedule.is_overdue(now) => ("bad", "overdue"),
        State::Waiting => ("", "planned"),
        State::Done => ("good", "done"),
        State::Missed => ("bad", "missed"),
        State::Failed => ("bad", "failed"),
        State::Withdrawn => ("off", "withdrawn"),
    };
    html! { span class={ "flag " (class) } { (word) } }
}

pub fn page(here: &Here<'_>, calendar: &Calendar<'_>) -> Markup {
    let name = calendar.month.strftime("%B %Y").to_string();
    let before = calendar.month.checked_sub(1.month()).ok();
    let after = calendar.month.checked_add(1.month()).ok();
    let main = html! {
        h1 { "Calendar" }
        (trouble(here, calendar))
        form.filters method="get" action={ (PATH) "/calendar" } {
            div.field {
                label for="month" { "Month" }
                input #month type="text" name="month" value=(calendar.month.strftime("%Y-%m")) maxlength="7" autocomplete="off" placeholder="2026-12";
            }
            div.field {
                label for="zone" { "Time zone" }
                input #zone type="text" name="zone" value=(calendar.zone) maxlength=(ZONE_MAX) list="zones" autocomplete="off" spellcheck="false";
                datalist #zones { @for it in ZONES { option value=(it) {} } }
            }
            button type="submit" { "Show" }
        }
        section.stack aria-labelledby="month-name" {
            div.line {
                h2 #month-name { (name) }
                nav.row aria-label="Months" {
                    @if let Some(it) = before { a.button href=(calendar.path(it)) { "Before" } }
                    @if let Some(it) = after { a.button href=(calendar.path(it)) { "Next" } }
                }
            }
            (grid(here, calendar, &name))
        }
        (agenda(here, calendar))
        (moments(here, calendar))
    };
    here.page(Tab::Calendar, "Calendar", main)
}

fn trouble(here: &Here<'_>, calendar: &Calendar<'_>) -> Markup {
    html! {
        @if !calendar.troubled.is_empty() {
            section.mistakes aria-labelledby="trouble" {
                h2 #trouble { "Not done as planned" }
                ul.plans {
                    @for it in calendar.troubled {
                        li {
                            (flag(it, here.now)) " "
                            a href=(it.href()) { (it.name()) } " "
                            span { "was to be " @if it.act() == "publish" { "published" } @else { "taken back" }
                                @if let Some(at) = it.schedule.due_at { " on " (calendar.day(at).strftime("%-d %b %Y")) " at " (calendar.time(at)) }
                                @if let Some(reason) = &it.schedule.reason { ": " (reason) } "." }
                        }
                    }
                }
            }
        }
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// For wide screens: on others, and for who hears the page, the list says the same.
fn grid(here: &Here<'_>, calendar: &Calendar<'_>, name: &str) -> Markup {
    let first = calendar.month;
    let back = i64::from(first.weekday().since(Weekday::Monday));
    let start = first.saturating_sub(back.days());
    let weeks = (back + i64::from(first.days_in_month()) + 6) / 7;
    let days = calendar.days();
    let today = calendar.day(here.now);
    let cell = |week: i64, day: i64| start.saturating_add((week * 7 + day).days());
    html! {
        table.month aria-label=(name) {
            thead { tr { @for it in DAYS { th scope="col" { (it) } } } }
            tbody { @for week in 0..weeks { tr { @for day in 0..7 {
                @let date = cell(week, day);
                @if date.month() != first.month() { td.other {} } @else {
                    td.today[date == today] {
                        span.date { (date.day()) @if date == today { span.unseen { " (today)" } } }
                        @let all = days.get(&date).map_or(&[][..], Vec::as_slice);
                        @if !all.is_empty() { ul {
                            @for it in all.iter().take(OF_DAY_MAX) {
                                li.bad[matches!(it.schedule.state, State::Missed | State::Failed)].over[!matches!(it.schedule.state, State::Waiting)] {
                                    a href=(it.href()) { @if let Some(at) = it.schedule.due_at { (calendar.time(at)) " " } (it.name()) }
                                }
                            }
                            @if all.len() > OF_DAY_MAX { li { a href={ "#day-" (date) } { (all.len() - OF_DAY_MAX) " more" } } }
                        } }
                    }
                }
            } } } }
        }
    }
}

fn agenda(here: &Here<'_>, calendar: &Calendar<'_>) -> Markup {
    let days = calendar.days();
    html! {
        section.stack aria-labelledby="agenda" {
            h2 #agenda { "Day by day" }
            @if days.is_empty() { p.muted { "Nothing is planned for this month." } }
            @for (date, all) in days {
                div #{ "day-" (date) } {
                    h3 { (date.strftime("%A, %-d %B")) }
                    ul.rows { @for it in all { li {
                        div {
                            @if let Some(at) = it.schedule.due_at { time datetime=(at.to_string()) { (calendar.time(at)) } " " }
                            a href=(it.href()) { (it.name()) }
                            p.muted { (it.noun) @if let Some((_, language)) = &it.schedule.entry { ", " (language) } ": " (it.act()) ", asked by " (it.schedule.asked_name) }
                        }
                        (flag(it, here.now))
                    } } }
                }
            }
        }
    }
}

fn moments(here: &Here<'_>, calendar: &Calendar<'_>) -> Markup {
    html! {
        @if !calendar.moments.is_empty() {
            section.stack aria-labelledby="moments" {
                h2 #moments { "At moments of matches" }
                ul.rows { @for it in calendar.moments { li {
                    div {
                        a href=(it.href()) { (it.name()) }
                        p.muted {
                            (it.noun) @if let Some((_, language)) = &it.schedule.entry { ", " (language) } ": " (it.act())
                            @if let Some((id, moment)) = &it.schedule.moment { " " (told(*moment)) " of " (calendar.matches.get(id).unwrap_or(id)) }
                            ", asked by " (it.schedule.asked_name)
                        }
                    }
                    (flag(it, here.now))
                } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here, now};
    use cms::Language;
    use cms::rights::{Rights, Role};

    fn plan(at: Option<&str>, state: State) -> Plan {
        let schedule = Schedule {
            id: "sch_1".to_owned(),
            entry: Some(("ent_1".to_owned(), Language::parse("hi").unwrap())),
            release: None,
            revision: Some(1),
            due_at: at.map(|it| it.parse().unwrap()),
            zone: None,
            moment: at.is_none().then(|| ("mat_1".to_owned(), Moment::Toss)),
            state,
            reason: (state == State::Missed).then(|| HOSTILE.to_owned()),
            asked_by: "usr_1".to_owned(),
            asked_name: HOSTILE.to_owned(),
            ended_at: None,
        };
        Plan { schedule, title: HOSTILE.to_owned(), noun: "Article" }
    }

    fn drawn(zone: &str, plans: &[Plan], troubled: &[Plan]) -> String {
        let time_zone = TimeZone::get(zone).unwrap();
        let (month, matches) =
            (month("2026-12").unwrap(), BTreeMap::from([("mat_1".to_owned(), "Oaks v Elms".to_owned())]));
        let moments = [plan(None, State::Waiting)];
        let calendar = Calendar {
            month,
            zone,
            time_zone: &time_zone,
            plans,
            moments: &moments,
            troubled,
            matches: &matches,
        };
        page(&here(&Rights::all(Role::Editor)), &calendar).into_string()
    }

    #[test]
    fn a_month_has_each_of_its_days_once() {
        for (text, weeks) in [("2026-12", 5), ("2027-02", 4), ("2026-08", 6), ("2024-02", 5)] {
            let month = month(text).unwrap();
            let time_zone = TimeZone::UTC;
            let calendar = Calendar {
                month,
                zone: "UTC",
                time_zone: &time_zone,
                plans: &[],
                moments: &[],
                troubled: &[],
                matches: &BTreeMap::new(),
            };
            let page = grid(&here(&Rights::all(Role::Viewer)), &calendar, "").into_string();
            assert_eq!(
                page.matches("class=\"date\"").count(),
                usize::try_from(month.days_in_month()).unwrap(),
                "{text}"
            );
            assert_eq!(page.matches("<tr>").count(), weeks + 1, "{text}");
        }
        for text in ["", "2026", "2026-13", "26-01", "1999-01", "2026-1", "9999-12"] {
            assert_eq!(month(text), None, "{text}");
        }
    }

    #[test]
    fn a_plan_stands_on_its_day_where_one_looks() {
        let plans = [plan(Some("2026-12-01T20:30:05Z"), State::Waiting)];
        for (zone, day, time) in
            [("UTC", "2026-12-01", "20:30:05"), ("Asia/Kolkata", "2026-12-02", "02:00:05")]
        {
            let page = drawn(zone, &plans, &[]);
            assert!(page.contains(&format!("id=\"day-{day}\"")) && page.contains(time), "{zone} {page}");
            assert!(
                page.contains("href=\"/console/content/entries/ent_1?lang=hi\"")
                    && !page.contains("<script>alert")
            );
            assert!(page.contains("at the toss of Oaks v Elms"), "{page}");
        }
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let (from, until) = span(month("2026-12").unwrap(), &zone).unwrap();
        assert_eq!(
            (from.to_string().as_str(), until.to_string().as_str()),
            ("2026-11-30T18:30:00Z", "2026-12-31T18:30:00Z")
        );
        assert_eq!(month_of(now(), &zone), month("2026-12").unwrap());
    }

    #[test]
    fn what_was_missed_is_said_first() {
        let missed = [plan(Some("2026-11-30T10:00:00Z"), State::Missed)];
        let page = drawn("UTC", &[], &missed);
        let (trouble, grid) =
            (page.find("Not done as planned").unwrap(), page.find("class=\"month\"").unwrap());
        assert!(trouble < grid && page.contains("on 30 Nov 2026 at 10:00: &quot;&gt;&lt;script"), "{page}");
        assert!(page.contains("Nothing is planned for this month."));
    }
}
