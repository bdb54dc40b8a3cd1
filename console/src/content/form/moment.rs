//! A moment with its zone, as three fields: a day, a time of it, and whose clock that is.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// What is offered first; any other name of the IANA list is taken as well.
pub const ZONES: [&str; 16] = [
    "Asia/Kolkata",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Colombo",
    "Asia/Dhaka",
    "Asia/Kathmandu",
    "Asia/Kabul",
    "Asia/Singapore",
    "Australia/Sydney",
    "Australia/Perth",
    "Pacific/Auckland",
    "Europe/London",
    "Africa/Johannesburg",
    "America/Barbados",
    "America/New_York",
    "UTC",
];

/// Day, time and zone of a text such as "2026-12-01T19:00:00+05:30[Asia/Kolkata]"; empty where it is none.
pub(super) fn parts(text: &str) -> (String, String, String) {
    let Ok(at) = text.parse::<ZonedDateTime>() else { return Default::default() };
    shown(&at)
}

fn shown(at: &ZonedDateTime) -> (String, String, String) {
    let time = if at.second() == 0 { at.strftime("%H:%M") } else { at.strftime("%H:%M:%S") };
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    (at.strftime("%Y-%m-%d").to_string(), time.to_string(), zone.to_owned())
}

/// The moment that three fields say, or what is wrong with them. A time that its clock skips is the one that it skips to; of one that comes
/// twice, it is the first.
pub fn read(date: &str, time: &str, zone: &str) -> Result<ZonedDateTime, &'static str> {
    let date: Date = date.trim().parse().map_err(|_| "has no day such as 2026-12-01")?;
    let time: Time = time.trim().parse().map_err(|_| "has no time such as 19:00")?;
    let zone = TimeZone::get(zone.trim()).map_err(|_| "has no time zone such as Asia/Kolkata")?;
    date.to_datetime(time).to_zoned_datetime(zone).map_err(|_| "is out of all calendars")
}

/// "1 Dec 2026, 19:00:05 Asia/Kolkata", and for programs the whole of it.
pub fn told(at: Timestamp, zone: &str) -> maud::Markup {
    let zoned = at.to_zoned_datetime(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
    let (_, time, name) = shown(&zoned);
    let shown = format!("{}, {time} {}", zoned.strftime("%-d %b %Y"), name.replace('_', " "));
    maud::html! { time datetime=(at.to_string()) { (shown) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_three_fields_and_three_fields_are_a_moment() {
        for (text, expected) in [
            ("2026-12-01T19:00:00+05:30[Asia/Kolkata]", ("2026-12-01", "19:00", "Asia/Kolkata")),
            ("2026-12-01T19:00:07+00:00[UTC]", ("2026-12-01", "19:00:07", "UTC")),
            ("tomorrow", ("", "", "")),
        ] {
            let (date, time, zone) = parts(text);
            assert_eq!((date.as_str(), time.as_str(), zone.as_str()), expected, "{text}");
            if !date.is_empty() {
                assert_eq!(read(&date, &time, &zone).unwrap().to_string(), text);
            }
        }
        for (date, time, zone) in [
            ("1.12.", "19:00", "UTC"),
            ("2026-12-01", "", "UTC"),
            ("2026-12-01", "19:00", "Asia/Nowhere"),
            ("2026-02-30", "19:00", "UTC"),
        ] {
            assert!(read(date, time, zone).is_err(), "{date} {time} {zone}");
        }
    }

    #[test]
    fn what_is_offered_is_known() {
        ZONES.iter().for_each(|it| assert!(TimeZone::get(it).is_ok(), "{it}"));
    }
}
