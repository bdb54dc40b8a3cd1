//! Fences: who is let in by where they are. The list, one with its versions and what it has said, the form in which one is written, and how it
//! would judge whoever stood in a town.

mod draft;
mod edit;
mod names;
mod tried;
mod words;

pub use draft::{GEOJSON_BYTES_MAX, form_of, read, take};
pub use edit::{Editing, edit};
pub use tried::{PINS_MAX, Trying, pins, try_out};

use super::{Here, Tab, moment, title};
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::{facts, pager, table};
use crate::finance::{Names, at, person};
use access::place::Rules;
use access::place::decision::Line;
use access::place::fence::Stored;
use maud::{Markup, html};

/// Characters of a name.
pub const NAME_MAX: u16 = 120;

/// A version's rules, as they are kept; those of a row that this release cannot read are empty.
fn rules_of(stored: &Stored) -> Rules {
    serde_json::from_value(stored.rules.clone()).unwrap_or_default()
}

/// The fences that are up.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub found: &'a [Stored],
    /// Whether it is not the first page.
    pub after: Option<&'a str>,
    pub next: Option<&'a str>,
}

pub fn list(here: &Here<'_>, list: List<'_>, names: &Names) -> Markup {
    let rows = html! { @for it in list.found { tr {
        th.named scope="row" { a href=(here.path(&format!("/fences/{}", it.id))) { (it.name) } " " code.id { (it.id) } }
        td.number { (it.version) }
        td.wide { (words::rules(&rules_of(it)).into_iter().take(3).collect::<Vec<_>>().join("; ")) }
        td { (moment(it.made_at)) }
        td { (person(names, &it.made_by)) }
    } } };
    let columns =
        [Text("Fence"), Number("Version"), Text("Whom it lets in"), Text("Changed (UTC)"), Text("By")];
    let main = html! {
        div.line {
            (title(here, "Fences"))
            @if here.may_act() { a.button.primary href=(here.path("/fences/new")) { "New fence" } }
        }
        p.muted { "A fence says who is let in by where they are. Campaigns ask for it by its id, and whatever stands behind it asks once more. It \
            is the same for live and test fans." }
        @if list.found.is_empty() {
            div.boxed.empty {
                p { "There is no fence yet." }
                p.muted { "Write which countries, states, circles or shapes are allowed and denied, try it on towns, and save it." }
            }
        } @else { (table("Fences", &columns, rows)) }
        (pager(list.after.map(|_| here.path("/fences")), list.next.map(|it| here.path(&format!("/fences?after={it}")))))
    };
    here.page(Tab::Fences, "Fences", main)
}

/// A fence with all its versions, the last first, and the latest of what it has said.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub versions: &'a [Stored],
    pub said: &'a [Line],
    pub names: &'a Names,
}

/// None where there is no version.
pub fn show(here: &Here<'_>, shown: Shown<'_>) -> Option<Markup> {
    let last = shown.versions.first()?;
    let to = |rest: &str| here.path(&format!("/fences/{}{rest}", last.id));
    let may_change = here.may_act() && last.retired_at.is_none();
    let main = html! {
        div {
            (title(here, &last.name))
            p {
                @match last.retired_at {
                    Some(when) => { span.flag.bad { "retired" } " " span.muted { (moment(when)) " UTC: it lets nobody in." } }
                    None => { span.flag.good { "up" } " " span.muted { "Version " (last.version) " is judged by." } }
                }
            }
        }
        (facts(&[
            ("Id, for campaigns and programs", html! { code.id { (last.id) } }),
            ("Versions", html! { (shown.versions.len()) }),
        ]))
        section aria-labelledby="rules" {
            h2 #rules { "Whom it lets in" }
            ul.whys { @for line in words::rules(&rules_of(last)) { li { (line) } } }
        }
        div.row {
            a.button.primary href=(to("/try")) { "Try it on towns" }
            @if may_change { a.button href=(to("/write")) { "Write the next version" } }
            a.button href=(to("/decisions")) { "What it has said" }
        }
        (versions(shown))
        section aria-labelledby="said-lately" {
            h2 #said-lately { "Said lately" }
            @if shown.said.is_empty() { p.muted { "Nothing that is kept." } } @else { (lines("Latest decisions", shown.said)) }
        }
        @if may_change {
            details.boxed {
                summary { "Retire it" }
                p.hint { "For good: whatever asks for it from then on lets nobody in. Its versions, and what it has said, stay in the log." }
                (here.form(&format!("/fences/{}/retire", last.id),
                    html! { div.field.tick {
                        input #sure name="sure" type="checkbox" value="yes" required;
                        label for="sure" { "Nothing is behind it any more" }
                    } },
                    html! { button.danger type="submit" { "Retire it for good" } }))
            }
        }
        details.boxed {
            summary { "As JSON" }
            pre.seen { (serde_json::to_string_pretty(&last.rules).unwrap_or_default()) }
        }
    };
    Some(here.page(Tab::Fences, &last.name, main))
}

/// Who wrote each when, and what it changed.
fn versions(shown: Shown<'_>) -> Markup {
    let rows = html! { @for (place, it) in shown.versions.iter().enumerate() {
        @let (gone, new) = match shown.versions.get(place + 1) {
            Some(before) => words::changed(&rules_of(before), &rules_of(it)),
            None => (Vec::new(), words::rules(&rules_of(it))),
        };
        tr {
            th.number scope="row" { (it.version) }
            td { (at(it.made_at)) }
            td { (person(shown.names, &it.made_by)) }
            td.wide {
                ul.whys {
                    @for line in gone { li { del { (line) } } }
                    @for line in new { li { ins { (line) } } }
                }
            }
        }
    } };
    let columns = [Number("Version"), Text("Written (UTC)"), Text("By"), Text("What it changed")];
    html! {
        section aria-labelledby="versions" {
            h2 #versions { "Versions" }
            (table("All versions", &columns, rows))
        }
    }
}

/// What a fence has said, a page of it.
pub fn decisions(
    here: &Here<'_>,
    fence: &Stored,
    said: &[Line],
    (before, next): (Option<i64>, Option<i64>),
) -> Markup {
    let to = |rest: &str| here.path(&format!("/fences/{}{rest}", fence.id));
    let name = format!("{}: what it has said", fence.name);
    let main = html! {
        div { (title(here, &name)) p { a href=(to("")) { "Back to the fence" } } }
        p.muted { "The latest first. Nobody's position is kept: a region, and a cell of ten kilometres that is not shown. Of whom it was said is \
            kept as a hash." }
        @if said.is_empty() { p { "Nothing that is kept." } } @else { (lines("Decisions", said)) }
        (pager(before.map(|_| to("/decisions")), next.map(|it| to(&format!("/decisions?before={it}")))))
    };
    here.page(Tab::Fences, &name, main)
}

fn lines(caption: &str, said: &[Line]) -> Markup {
    let rows = html! { @for Line { fence_version, kept, .. } in said {
        @let near = &kept.evidence.near;
        tr {
            td { (at(kept.at)) }
            td.number { (fence_version) }
            td { (tried::verdict(kept.verdict)) }
            td { @if kept.reasons.is_empty() { span.muted { "—" } } @else { (kept.reasons.join(", ").replace('_', " ")) } }
            td { (kept.evidence.source.word()) }
            td { @if near.is_empty() { span.muted { "—" } } @else { (near.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ")) } }
            td { @match kept.evidence.address { Some(it) => { (it.name()) } None => { span.muted { "—" } } } }
        }
    } };
    let columns = [
        Text("When (UTC)"),
        Number("Version"),
        Text("Verdict"),
        Text("Why"),
        Text("By the word of"),
        Text("Where"),
        Text("Address in"),
    ];
    table(caption, &columns, rows)
}
