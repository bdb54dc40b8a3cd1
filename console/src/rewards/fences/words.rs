//! A fence in words, a line for each of its parts: what two versions differ in are lines.

use super::names::line;
use access::place::{Areas, Circle, Day, Needs, Rules, Shape, Window, Without};

/// In the order in which a fence is read.
pub(super) fn rules(rules: &Rules) -> Vec<String> {
    let mut lines = Vec::new();
    if rules.allow == Areas::default() {
        lines.push("Allowed: everywhere".to_owned());
    }
    areas(&mut lines, "Allowed", &rules.allow);
    areas(&mut lines, "Denied", &rules.deny);
    lines.extend(rules.windows.iter().map(|it| format!("Open: {}", window(it))));
    lines.push(format!("Goes by: {}", needs(rules.needs)));
    lines.push(format!("Where nothing is known: {}", without(rules.without)));
    lines
}

fn areas(lines: &mut Vec<String>, side: &str, areas: &Areas) {
    lines.extend(areas.places.iter().map(|it| format!("{side}: {}", line(*it))));
    lines.extend(areas.circles.iter().map(|it| format!("{side}: {}", around(it))));
    lines.extend(areas.shapes.iter().map(|it| format!("{side}: {}", shape(it))));
}

fn around(circle: &Circle) -> String {
    format!("within {} km of {}, {}", circle.radius_m / 1_000.0, circle.lat, circle.lon)
}

/// What tells shapes apart: how many positions they have, and what is around them.
fn shape(shape: &Shape) -> String {
    let rings: Vec<_> = match shape {
        Shape::Polygon(rings) => rings.iter().collect(),
        Shape::MultiPolygon(polygons) => polygons.iter().flatten().collect(),
    };
    let positions = || rings.iter().flat_map(|it| it.iter());
    let of = |at: usize| positions().filter_map(move |it| it.get(at)).copied();
    let span = |at| {
        let (least, most) = (of(at).fold(f64::INFINITY, f64::min), of(at).fold(f64::NEG_INFINITY, f64::max));
        format!("{least} to {most}")
    };
    format!("a shape of {} positions, latitude {}, longitude {}", positions().count(), span(1), span(0))
}

/// "mon,tue 18:00-23:00 Asia/Kolkata": as a form takes it, too.
pub(super) fn window(window: &Window) -> String {
    let days: Vec<&str> = window.days.iter().copied().map(day).collect();
    let days = if days.is_empty() { String::new() } else { format!("{} ", days.join(",")) };
    format!("{days}{}-{} {}", String::from(window.from), String::from(window.until), window.zone)
}

/// In the order of the week.
pub(super) const DAYS: [(Day, &str); 7] = [
    (Day::Mon, "mon"),
    (Day::Tue, "tue"),
    (Day::Wed, "wed"),
    (Day::Thu, "thu"),
    (Day::Fri, "fri"),
    (Day::Sat, "sat"),
    (Day::Sun, "sun"),
];

fn day(day: Day) -> &'static str {
    DAYS.iter().find(|it| it.0 == day).map_or("", |it| it.1)
}

pub(super) const NEEDS: [(Needs, &str, &str); 4] = [
    (Needs::Declared, "declared", "the fan's own word, where the address does not say otherwise"),
    (Needs::Address, "address", "the address for a country; a part of one needs a position"),
    (Needs::AddressPart, "address_part", "the address for a part of a country, too: weak on mobile networks"),
    (Needs::Position, "position", "the browser's position alone"),
];

fn needs(needs: Needs) -> &'static str {
    NEEDS.iter().find(|it| it.0 == needs).map_or("", |it| it.2)
}

pub(super) const WITHOUT: [(Without, &str, &str); 2] =
    [(Without::Ask, "ask", "unsure: the fan is asked for a position"), (Without::Deny, "deny", "denied")];

fn without(without: Without) -> &'static str {
    WITHOUT.iter().find(|it| it.0 == without).map_or("", |it| it.2)
}

/// What a version has that the one before has not, and the other way around.
pub(super) fn changed(before: &Rules, after: &Rules) -> (Vec<String>, Vec<String>) {
    let (before, after) = (rules(before), rules(after));
    let only = |these: &[String], others: &[String]| {
        these.iter().filter(|it| !others.contains(it)).cloned().collect::<Vec<_>>()
    };
    (only(&before, &after), only(&after, &before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_versions_differ_in_lines() {
        let read = |value| serde_json::from_value::<Rules>(value).unwrap();
        let one = read(json!({"allow": {"places": ["IN"]}, "deny": {"places": ["IN-TS"]}}));
        let two = read(json!({
            "allow": {"places": ["IN"], "circles": [{"lat": 12.9788, "lon": 77.5996, "radius_m": 2500}]},
            "windows": [{"zone": "Asia/Kolkata", "days": ["sat", "sun"], "from": "18:00", "until": "23:00"}],
        }));
        let (gone, new) = changed(&one, &two);
        assert_eq!(gone, ["Denied: Telangana (IN-TS)"]);
        let open = "Open: sat,sun 18:00-23:00 Asia/Kolkata";
        assert_eq!(new, ["Allowed: within 2.5 km of 12.9788, 77.5996", open]);
        assert_eq!(rules(&Rules::default())[0], "Allowed: everywhere");
    }
}
