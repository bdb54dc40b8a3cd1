//! Times of the week at which a fence is open, on the clock of a place.

use crate::problem::Problem;
use jiff::civil::{self, Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};

/// "On weekdays from 18:00 until 23:00 in Kolkata."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Of the IANA: "Asia/Kolkata".
    pub zone: String,
    /// On which it begins; every day when left out.
    #[serde(default)]
    pub days: Vec<Day>,
    pub from: Time,
    /// On the next day where it is not after `from`.
    pub until: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Day::Mon,
            Weekday::Tuesday => Day::Tue,
            Weekday::Wednesday => Day::Wed,
            Weekday::Thursday => Day::Thu,
            Weekday::Friday => Day::Fri,
            Weekday::Saturday => Day::Sat,
            Weekday::Sunday => Day::Sun,
        }
    }
}

/// "18:00", in minutes after midnight; "24:00" is the midnight that ends a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Time(u16);

const DAY_MINUTES: u16 = 24 * 60;

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let two = |it: &str| -> Option<u16> {
            (it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit())).then(|| it.parse().ok()).flatten()
        };
        let parts = text.split_once(':').and_then(|(hours, minutes)| Some((two(hours)?, two(minutes)?)));
        match parts {
            Some((hours, minutes)) if minutes < 60 && hours * 60 + minutes <= DAY_MINUTES => {
                Ok(Self(hours * 60 + minutes))
            }
            _ => Err("a time is like \"18:00\", from \"00:00\" to \"24:00\""),
        }
    }
}

impl From<Time> for String {
    fn from(Time(minutes): Time) -> Self {
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// A window whose zone is known.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    window: Window,
    zone: TimeZone,
}

/// How many days on the next opening is looked for: windows come each week.
const DAYS_AHEAD: i64 = 8;

impl Open {
    pub(crate) fn new(window: &Window, path: &str) -> Result<Self, Problem> {
        let zone = crate::claims::Zone::new(&window.zone)
            .map_err(|error| Problem::new(format!("{path}/zone"), error.to_string()))?
            .0;
        if window.from == window.until {
            let what = "is another time than it opens at; the whole day is from 00:00 until 24:00";
            return Err(Problem::new(format!("{path}/until"), what));
        }
        if window.from.0 == DAY_MINUTES {
            return Err(Problem::new(
                format!("{path}/from"),
                "is before 24:00; the next day begins at 00:00",
            ));
        }
        let mut days = window.days.clone();
        days.sort_unstable();
        if days.windows(2).any(|it| it[0] == it[1]) {
            return Err(Problem::new(format!("{path}/days"), "names a day twice"));
        }
        Ok(Self { window: window.clone(), zone })
    }

    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        // What began yesterday may last until today.
        self.spans(now, -1, 1).any(|(from, until)| from <= now && now < until)
    }

    /// When it opens next, on the clock of its place.
    pub(crate) fn opens_after(&self, now: Timestamp) -> Option<ZonedDateTime> {
        let next = self.spans(now, 0, DAYS_AHEAD).map(|it| it.0).filter(|it| *it > now).min()?;
        Some(next.to_zoned_datetime(self.zone.clone()))
    }

    /// When it opens and closes, for days before and after today.
    fn spans(
        &self,
        now: Timestamp,
        before: i64,
        after: i64,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        let on = move |days: i64| today.checked_add(jiff::Span::new().days(days)).ok();
        (before..=after).filter_map(on).filter(|it| self.is_on(*it)).filter_map(|day| {
            let Window { from, until, .. } = &self.window;
            let last = if until > from { day } else { day.tomorrow().ok()? };
            Some((self.at(day, *from)?, self.at(last, *until)?))
        })
    }

    fn is_on(&self, day: Date) -> bool {
        self.window.days.is_empty() || self.window.days.contains(&Day::of(day.weekday()))
    }

    /// A time that a clock skips is the one after it; of two that it shows, the first.
    fn at(&self, day: Date, Time(minutes): Time) -> Option<Timestamp> {
        let (day, minutes) = if minutes == DAY_MINUTES { (day.tomorrow().ok()?, 0) } else { (day, minutes) };
        let time = civil::time((minutes / 60) as i8, (minutes % 60) as i8, 0, 0);
        Some(day.to_datetime(time).to_zoned_datetime(self.zone.clone()).ok()?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(json: &str) -> Result<Open, Problem> {
        Open::new(&serde_json::from_str(json).expect("a window"), "/windows/0")
    }

    fn check(window: &Open, cases: &[(&str, bool)]) {
        for (now, expected) in cases {
            assert_eq!(window.is_open(now.parse().unwrap()), *expected, "{now}");
        }
    }

    #[test]
    fn it_is_open_on_its_days_on_the_clock_of_its_place() {
        let evening =
            open(r#"{"zone": "Asia/Kolkata", "days": ["tue"], "from": "18:00", "until": "23:00"}"#).unwrap();
        // 1 December 2026 is a Tuesday.
        check(
            &evening,
            &[
                ("2026-12-01T12:29:59Z", false),
                ("2026-12-01T12:30:00Z", true),
                ("2026-12-01T17:29:59Z", true),
                ("2026-12-01T17:30:00Z", false),
                ("2026-12-02T12:30:00Z", false),
                ("2026-12-08T12:30:00Z", true),
            ],
        );
        let next = |now: &str| evening.opens_after(now.parse().unwrap()).unwrap().timestamp().to_string();
        assert_eq!(next("2026-12-01T12:00:00Z"), "2026-12-01T12:30:00Z");
        assert_eq!(next("2026-12-01T12:30:00Z"), "2026-12-08T12:30:00Z");
    }

    #[test]
    fn over_midnight_it_belongs_to_the_day_on_which_it_begins() {
        let night =
            open(r#"{"zone": "Asia/Kolkata", "days": ["tue"], "from": "22:00", "until": "02:00"}"#).unwrap();
        check(
            &night,
            &[
                ("2026-12-01T00:00:00+05:30", false),
                ("2026-12-01T22:00:00+05:30", true),
                ("2026-12-02T01:59:59+05:30", true),
                ("2026-12-02T02:00:00+05:30", false),
                ("2026-12-02T22:30:00+05:30", false),
            ],
        );
        let all_day = open(r#"{"zone": "UTC", "from": "00:00", "until": "24:00"}"#).unwrap();
        check(&all_day, &[("2026-12-01T00:00:00Z", true), ("2026-12-01T23:59:59Z", true)]);
    }

    #[test]
    fn a_clock_that_is_moved_in_spring_and_autumn_moves_it() {
        let window = open(r#"{"zone": "Europe/London", "from": "01:30", "until": "03:00"}"#).unwrap();
        // On 28 March 2027 01:30 is skipped: it opens at what would have been it.
        check(
            &window,
            &[
                ("2027-03-28T01:29:59Z", false),
                ("2027-03-28T01:30:00Z", true),
                ("2027-03-28T02:00:00Z", false),
            ],
        );
        check(&window, &[("2027-10-31T00:30:00Z", true), ("2027-10-31T02:59:00Z", true)]);
    }

    #[test]
    fn what_is_no_window_is_refused_with_its_place() {
        for (json, path) in [
            (r#"{"zone": "Asia/Nowhere", "from": "18:00", "until": "23:00"}"#, "/windows/0/zone"),
            (r#"{"zone": "UTC", "from": "18:00", "until": "18:00"}"#, "/windows/0/until"),
            (r#"{"zone": "UTC", "from": "24:00", "until": "02:00"}"#, "/windows/0/from"),
            (
                r#"{"zone": "UTC", "days": ["mon", "tue", "mon"], "from": "01:00", "until": "02:00"}"#,
                "/windows/0/days",
            ),
        ] {
            assert_eq!(open(json).unwrap_err().path, path, "{json}");
        }
        for time in ["", "6:00", "18:60", "24:01", "18.00", "-1:00", "+1:00", "18:00:00"] {
            assert!(Time::try_from(time.to_owned()).is_err(), "{time}");
        }
    }
}
