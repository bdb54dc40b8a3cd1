//! A fence as it stands in the form, and what is wrong with it, beside the field where that is.

use super::names::{Names, line};
use super::words::{DAYS, NEEDS, WITHOUT, window};
use crate::form::{Fields, Mistakes};
use access::place::{Areas, Circle, Day, Fence, Problem, Regions, Rules, Shape, Time, Window};
use serde_json::Value;
use std::fmt::Write;

/// Bytes of GeoJSON that a form takes: as many as a fence may have.
pub const GEOJSON_BYTES_MAX: u32 = 256 * 1024;
/// What is in it is read as far as this.
const GEOMETRIES_MAX: usize = 100;
/// How deep collections are within each other.
const DEPTH_MAX: usize = 4;
const SIDES: [&str; 2] = ["allow", "deny"];

/// The form of a fence's rules, for who changes it.
pub fn form_of(name: &str, version: u32, rules: &Rules) -> Fields {
    let mut fields = Fields::of([("name", name)]);
    fields.push("version", version.to_string());
    for (side, areas) in SIDES.iter().zip([&rules.allow, &rules.deny]) {
        let places: Vec<String> = areas.places.iter().map(|it| line(*it)).collect();
        fields.push(format!("{side}_places"), places.join("\n"));
        let mut circles = String::new();
        for it in &areas.circles {
            let _written = writeln!(circles, "{}, {}, {}", it.lat, it.lon, it.radius_m / 1_000.0);
        }
        fields.push(format!("{side}_circles"), circles.trim_end());
        let shapes = match areas.shapes.as_slice() {
            [] => String::new(),
            [one] => serde_json::to_string(one).unwrap_or_default(),
            several => {
                let all = serde_json::json!({"type": "GeometryCollection", "geometries": several});
                all.to_string()
            }
        };
        fields.push(format!("{side}_shapes"), shapes);
    }
    let windows: Vec<String> = rules.windows.iter().map(window).collect();
    fields.push("file_side", "allow");
    fields.push("windows", windows.join("\n"));
    fields.push("needs", NEEDS.iter().find(|it| it.0 == rules.needs).map_or("", |it| it.1));
    fields.push("without", WITHOUT.iter().find(|it| it.0 == rules.without).map_or("", |it| it.1));
    fields
}

/// Takes what was chosen as a file into the field of its side, and what was looked for by name into the lists.
pub fn take(form: &mut Fields, file: Option<&[u8]>) {
    if let Some(bytes) = file {
        let side = if form.text("file_side") == "deny" { "deny_shapes" } else { "allow_shapes" };
        form.set(side, String::from_utf8_lossy(bytes));
    }
    for side in SIDES {
        let (more, places) = (format!("{side}_more"), format!("{side}_places"));
        if form.has(&more) {
            let lines = format!("{}\n{}", form.text(&places), form.text(&more));
            form.set(&places, lines.trim());
            form.remove(&more);
        }
    }
}

/// The fence that a form says, or all that is to be put right.
pub fn read(form: &Fields, regions: &Regions) -> Result<Fence, Mistakes> {
    let mut mistakes = Mistakes::default();
    let names = Names::of(regions);
    let [allow, deny] = SIDES.map(|side| Areas {
        places: lines(form, &format!("{side}_places"), &mut mistakes, |it| names.find(it)),
        circles: lines(form, &format!("{side}_circles"), &mut mistakes, circle),
        shapes: shapes(form, &format!("{side}_shapes"), &mut mistakes),
    });
    let windows = lines(form, "windows", &mut mistakes, read_window);
    let needs = NEEDS.iter().find(|it| it.1 == form.text("needs")).map(|it| it.0);
    let without = WITHOUT.iter().find(|it| it.1 == form.text("without")).map(|it| it.0);
    let (Some(needs), Some(without)) = (needs, without) else {
        mistakes.add("needs", "Choose whose word is enough, and what happens without it.");
        return Err(mistakes);
    };
    let rules = mistakes.unless_any(Rules { allow, deny, windows, needs, without })?;
    Fence::new(rules.clone(), regions).map_err(|problems| beside(&problems, &rules))
}

/// Each line that is not empty, by itself; what is wrong is said with the line's number.
fn lines<T>(
    form: &Fields,
    name: &str,
    mistakes: &mut Mistakes,
    read: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let all = form.text(name).lines().enumerate().filter(|it| !it.1.trim().is_empty());
    let mut found = Vec::new();
    for (at, text) in all {
        match read(text.trim()) {
            Ok(one) => found.push(one),
            Err(what) => mistakes.add(name.to_owned(), format!("Line {}: {what}.", at + 1)),
        }
    }
    found
}

/// "12.9788, 77.5996, 3": latitude, longitude, kilometres.
fn circle(text: &str) -> Result<Circle, String> {
    let numbers: Vec<f64> =
        text.split(',').filter_map(|it| it.trim().trim_end_matches("km").trim().parse().ok()).collect();
    match (numbers.as_slice(), text.split(',').count()) {
        (&[lat, lon, km], 3) => Ok(Circle { lat, lon, radius_m: km * 1_000.0 }),
        _ => Err("a circle is a latitude, a longitude and kilometres: 12.9788, 77.5996, 3".to_owned()),
    }
}

/// "mon-fri 18:00-23:00 Asia/Kolkata"; every day without days.
fn read_window(text: &str) -> Result<Window, String> {
    let wrong = || "hours are like mon-fri 18:00-23:00 Asia/Kolkata".to_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days_said, hours, zone) = match words.as_slice() {
        [hours, zone] => ("", hours, zone),
        [days, hours, zone] => (*days, hours, zone),
        _ => return Err(wrong()),
    };
    let (from, until) = hours.split_once(['-', '–']).ok_or_else(wrong)?;
    let time = |text: &str| Time::try_from(text.to_owned()).map_err(str::to_owned);
    Ok(Window { zone: (*zone).to_owned(), days: days(days_said)?, from: time(from)?, until: time(until)? })
}

fn days(text: &str) -> Result<Vec<Day>, String> {
    let at = |word: &str| {
        let found = DAYS.iter().position(|it| it.1.eq_ignore_ascii_case(word.trim()));
        found.ok_or_else(|| format!("{word:.10?} is no day: write mon, tue, wed, thu, fri, sat, sun"))
    };
    let mut found = Vec::new();
    for part in text.split(',').filter(|it| !it.is_empty()) {
        let (first, last) = match part.split_once(['-', '–']) {
            Some((first, last)) => (at(first)?, at(last)?),
            None => (at(part)?, at(part)?),
        };
        let length = (last + DAYS.len() - first) % DAYS.len();
        found.extend((0..=length).map(|it| DAYS[(first + it) % DAYS.len()].0));
    }
    Ok(found)
}

/// The polygons of GeoJSON: a geometry, a feature, or a collection of them.
fn shapes(form: &Fields, name: &str, mistakes: &mut Mistakes) -> Vec<Shape> {
    let text = form.text(name);
    if text.is_empty() {
        return Vec::new();
    }
    if text.len() > GEOJSON_BYTES_MAX as usize {
        mistakes.add(name.to_owned(), format!("GeoJSON has {GEOJSON_BYTES_MAX} bytes at most: simplify it."));
        return Vec::new();
    }
    let mut found = Vec::new();
    let read = serde_json::from_str::<Value>(text).map_err(|error| format!("This is no JSON: {error}."));
    if let Err(what) = read.and_then(|value| gather(&value, "", DEPTH_MAX, &mut found)) {
        mistakes.add(name.to_owned(), what);
    }
    found
}

fn gather(value: &Value, path: &str, depth: usize, found: &mut Vec<Shape>) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{} {what}.", if path.is_empty() { "GeoJSON" } else { path }));
    let Some(depth) = depth.checked_sub(1) else { return wrong("lies too deep: take its collections apart") };
    if found.len() >= GEOMETRIES_MAX {
        return wrong("is one geometry too many");
    }
    let list = |name: &str, found: &mut Vec<Shape>| match value[name].as_array() {
        Some(all) => all
            .iter()
            .enumerate()
            .try_for_each(|(at, it)| gather(it, &format!("{path}/{name}/{at}"), depth, found)),
        None => Err(format!("{path}/{name} is a list.")),
    };
    match value["type"].as_str() {
        Some("FeatureCollection") => list("features", found),
        Some("GeometryCollection") => list("geometries", found),
        Some("Feature") => gather(&value["geometry"], &format!("{path}/geometry"), depth, found),
        Some("Polygon" | "MultiPolygon") => {
            match serde_json::from_value::<Shape>(value.clone()) {
                Ok(shape) => found.push(shape),
                Err(error) => return wrong(&error.to_string()),
            }
            Ok(())
        }
        Some(other) => wrong(&format!("is a {other:.20}: areas are a Polygon or a MultiPolygon")),
        None => wrong("has no type: areas are a Polygon or a MultiPolygon"),
    }
}

/// What `places` says of rules, beside the field that they came from.
fn beside(problems: &[Problem], rules: &Rules) -> Mistakes {
    let mut mistakes = Mistakes::default();
    for problem in problems {
        let mut parts = problem.path.split('/').skip(1);
        let (side, list, at) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
        let at: Option<usize> = at.and_then(|it| it.parse().ok());
        let areas = if side == "deny" { &rules.deny } else { &rules.allow };
        let (field, subject) = match (side, list) {
            ("allow" | "deny", "places") => {
                let place = at.and_then(|it| areas.places.get(it));
                (format!("{side}_places"), place.map(|it| line(*it)))
            }
            ("allow" | "deny", "circles") => {
                (format!("{side}_circles"), at.map(|it| format!("Circle {}", it + 1)))
            }
            ("allow" | "deny", "shapes") => {
                let rest: Vec<&str> = parts.collect();
                let place = if rest.is_empty() { String::new() } else { format!(", {}", rest.join("/")) };
                (format!("{side}_shapes"), at.map(|it| format!("Shape {}{place}", it + 1)))
            }
            ("windows", at) => {
                let at: Option<usize> = at.parse().ok();
                ("windows".to_owned(), at.map(|it| format!("Hours {}", it + 1)))
            }
            _ => (String::new(), None),
        };
        let subject = subject.unwrap_or_else(|| "The list".to_owned());
        mistakes.add(field, format!("{subject}: {}.", problem.what));
    }
    mistakes
}

#[cfg(test)]
mod tests;
