//! What a fence would do: in towns that we know, and at pins of an editor's own.

use crate::controls::{Filled, Label};
use crate::finance::table::Column::Text;
use crate::finance::table::table;
use crate::form::Mistakes;
use crate::rewards::{Here, Tab, title};
use access::place::fence::Stored;
use access::place::{Code, DryRun, Point, Tried, Verdict};
use maud::{Markup, html};
use std::fmt::Write;

/// Pins of an editor's own, and characters of one's name.
pub const PINS_MAX: usize = 200;
const NAME_MAX: usize = 60;
const PINS_CHARS_MAX: u16 = 20_000;
/// Countries that a sentence names.
const NAMED_MAX: usize = 12;

/// A fence that is tried.
#[derive(Clone, Copy, Debug)]
pub struct Trying<'a> {
    pub fence: &'a Stored,
    pub run: &'a DryRun,
    /// How many of its pins are an editor's own.
    pub own: usize,
    /// Those, as they were typed.
    pub form: Filled<'a>,
}

/// Own pins, one a line: "Gate 4, 12.9788, 77.5996".
pub fn pins(text: &str) -> Result<Vec<(String, Point)>, Mistakes> {
    let (mut found, mut mistakes) = (Vec::new(), Mistakes::default());
    for (at, line) in text.lines().enumerate().filter(|it| !it.1.trim().is_empty()) {
        let mut parts = line.rsplitn(3, ',').map(str::trim);
        let (lon, lat, name) = (parts.next(), parts.next(), parts.next());
        let number = |it: Option<&str>| it.and_then(|it| it.parse::<f64>().ok());
        match (name, number(lat), number(lon)) {
            (Some(name), Some(lat), Some(lon)) if (1..=NAME_MAX).contains(&name.chars().count()) => {
                match Point::new(lat, lon) {
                    Ok(point) => found.push((name.to_owned(), point)),
                    Err(error) => mistakes.add("pins", format!("Line {}: {error}.", at + 1)),
                }
            }
            _ => mistakes.add(
                "pins",
                format!(
                    "Line {}: a pin is a name, a latitude and a longitude: Gate 4, 12.9788, 77.5996.",
                    at + 1
                ),
            ),
        }
    }
    if found.len() > PINS_MAX {
        mistakes.add("pins", format!("There are {PINS_MAX} pins at most, and {} now.", found.len()));
    }
    mistakes.unless_any(found)
}

pub fn try_out(here: &Here<'_>, trying: Trying<'_>) -> Markup {
    let Trying { fence, run, own: count, form } = trying;
    let name = format!("{}: tried", fence.name);
    let own = Label::new("pins", "Pins of your own, one a line")
        .hint("A name, a latitude and a longitude: Gate 4, 12.9788, 77.5996. They are not kept.");
    let main = html! {
        div {
            (title(here, &name))
            p.muted { "Version " (fence.version) ", as if somebody with a phone stood there. Nothing is kept of it." }
            p { a href=(here.path(&format!("/fences/{}", fence.id))) { "Back to the fence" } }
        }
        (form.summary())
        (here.form(&format!("/fences/{}/try", fence.id),
            form.lines(own, 4, PINS_CHARS_MAX),
            html! { button.primary type="submit" { "Try these, too" } }))
        (shown(run, count))
    };
    here.page(Tab::Fences, &name, main)
}

/// How far it reaches, and what it says to whoever stands at each pin, of which the first so many are an editor's own.
pub(super) fn shown(run: &DryRun, own: usize) -> Markup {
    let (own, towns) = run.pins.split_at(own.min(run.pins.len()));
    html! {
        section aria-labelledby="reach" {
            h2 #reach { "How far it reaches" }
            ul.whys {
                @for reach in &run.reach { li { (reach.words()) } }
                li { "Countries: " (countries("all of", &run.countries.allowed)) (countries("parts of", &run.countries.partly))
                    (run.countries.denied.len()) " denied" }
            }
            p.hint { "Where a circle lies, a part is reached partly; what a shape covers is not counted: look at the pins." }
        }
        @if !own.is_empty() {
            section aria-labelledby="own" {
                h2 #own { "At your pins" }
                (pinned("Your pins", own.iter()))
            }
        }
        section.parts aria-labelledby="tried" {
            h2 #tried { "In " (towns.len()) " towns" }
            @for (of, what) in [(Verdict::Allowed, "Allowed"), (Verdict::Unsure, "Unsure"), (Verdict::Denied, "Denied")] {
                @let found: Vec<&Tried> = towns.iter().filter(|it| it.decision.verdict == of).collect();
                @if !found.is_empty() {
                    details.boxed {
                        summary { (what) " in " (found.len()) }
                        (pinned(&format!("{what} in towns"), found.into_iter()))
                    }
                }
            }
        }
    }
}

fn pinned<'t>(caption: &str, tried: impl Iterator<Item = &'t Tried>) -> Markup {
    let rows = html! { @for Tried { name, decision } in tried { tr {
        th.named scope="row" { (name) }
        td { (verdict(decision.verdict)) }
        td.wide { @match decision.reasons.first() { Some(it) => { (it) } None => { span.muted { "—" } } } }
        td.wide { @match decision.fix() { Some(it) => { (it) } None => { span.muted { "—" } } } }
    } } };
    table(caption, &[Text("Pin"), Text("Verdict"), Text("Why"), Text("What would help")], rows)
}

pub(super) fn verdict(verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Allowed => html! { span.flag.good { "allowed" } },
        Verdict::Unsure => html! { span.flag { "unsure" } },
        Verdict::Denied => html! { span.flag.bad { "denied" } },
    }
}

/// "all of India and Nepal, "; "all of 240, "; nothing of none.
fn countries(what: &str, found: &[Code]) -> String {
    let mut text = String::new();
    match found {
        [] => {}
        some if some.len() <= NAMED_MAX => {
            let names: Vec<String> = some.iter().map(Code::name).collect();
            let _written = write!(text, "{what} {}; ", names.join(", "));
        }
        many => {
            let _written = write!(text, "{what} {}; ", many.len());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_lines_and_what_is_wrong_has_its_number() {
        let found = pins("Gate 4, 12.9788, 77.5996\n\n  Stand, north,-33.8,151.2\n").unwrap();
        assert_eq!(found.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["Gate 4", "Stand, north"]);
        let many = "a, 1, 2\n".repeat(PINS_MAX + 1);
        for (text, expected) in [
            ("a, 1, 2\nGate 4", "Line 2: a pin is"),
            (", 12, 77", "Line 1: a pin is"),
            ("a, 91, 77", "Line 1: "),
            ("a, NaN, 77", "Line 1: "),
            (&many, "200 pins at most"),
        ] {
            let mistakes = pins(text).unwrap_err();
            assert!(mistakes.of("pins").unwrap_or_default().contains(expected), "{text}: {mistakes:?}");
        }
    }
}
