//! Times, spans and counts as operators read them.

use jiff::Timestamp;
use jobs::overview::COUNT_MAX;
use maud::{Markup, html};
use std::time::Duration;

/// "1,234", and "10,000+" where counting stopped.
pub(super) fn count(number: i64) -> String {
    if number >= COUNT_MAX {
        return format!("{}+", grouped(COUNT_MAX - 1));
    }
    grouped(number)
}

/// "12,345".
pub(super) fn grouped(number: i64) -> String {
    let digits = number.abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("−{text}") } else { text }
}

/// With two digits or more: "0.4 ms", "12 ms", "3.2 s", "5 min", "2 h", "3 d".
pub(super) fn duration(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match seconds {
        it if it < 0.01 => format!("{:.1} ms", it * 1e3),
        it if it < 1.0 => format!("{:.0} ms", it * 1e3),
        it if it < 10.0 => format!("{it:.1} s"),
        it if it < 120.0 => format!("{it:.0} s"),
        it if it < 7200.0 => format!("{:.0} min", it / 60.0),
        it if it < 172_800.0 => format!("{:.0} h", it / 3600.0),
        it => format!("{:.0} d", it / 86_400.0),
    }
}

/// "14:05:09".
pub(super) fn clock(at: Timestamp) -> String {
    // RFC 3339: 2026-05-01T14:05:09.123Z
    at.to_string().get(11..19).unwrap_or_default().to_owned()
}

/// "2026-05-01 14:05:09 UTC".
fn full(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), clock(at))
}

/// "3 s ago" or "in 5 min", with the moment itself for whoever asks.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> Markup {
    let seconds = at.as_second() - now.as_second();
    let span = Duration::from_secs(seconds.unsigned_abs());
    let said = match seconds {
        0 => "now".to_owned(),
        1.. => format!("in {}", whole(span)),
        _ => format!("{} ago", whole(span)),
    };
    html! { time datetime=(at.to_string()) title=(full(at)) { (said) } }
}

/// In whole seconds, or more.
fn whole(span: Duration) -> String {
    if span.as_secs() < 10 { format!("{} s", span.as_secs()) } else { duration(span) }
}
