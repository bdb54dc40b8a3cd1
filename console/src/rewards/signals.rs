//! What looks as if it were not a fan's doing: open ones first, each with its figures and fans, and what somebody has decided.

use super::{Here, Tab, WHY_MAX, counted, title};
use crate::finance::table::pager;
use crate::finance::{self, Names, at, person};
use crate::form::Mistakes;
use maud::{Markup, html};
use rewards::review::{FANS_OF_DEVICE_MAX, GRANTS_IN_HOUR_MAX, Signal, SignalKind, Verdict};

/// Signals of one verdict.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    pub verdict: Verdict,
    pub found: &'a [Signal],
    pub names: &'a Names,
    pub before: Option<i64>,
    pub next: Option<i64>,
    /// What was wrong with what was decided last, about which one, and the note as it was typed.
    pub refused: Option<(i64, &'a str, &'a Mistakes)>,
}

const fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "Open",
        Verdict::Cleared => "All is well",
        Verdict::Blocked => "Blocked",
    }
}

pub fn page(here: &Here<'_>, signals: &Signals<'_>) -> Markup {
    let of = |verdict: Verdict| here.path(&format!("/signals?show={}", verdict.word()));
    let older = signals.next.map(|it| format!("{}&before={it}", of(signals.verdict)));
    let main = html! {
        (title(here, "Signals"))
        p.muted {
            "A fan who earns more than " (GRANTS_IN_HOUR_MAX) " times within an hour, and a device with more than " (FANS_OF_DEVICE_MAX)
            " fans within a day, are shown here. Nothing is decided by itself: look, and say what you think."
        }
        nav.row.shows aria-label="Which signals" {
            @for verdict in Verdict::ALL {
                a.button href=(of(verdict)) aria-current=[(verdict == signals.verdict).then_some("true")] { (said(verdict)) }
            }
        }
        @if signals.found.is_empty() {
            p.muted { @match signals.verdict {
                Verdict::Open => "Nothing waits for you: whatever was seen is decided.",
                Verdict::Cleared => "Nothing was cleared.",
                Verdict::Blocked => "Nobody is blocked.",
            } }
        }
        div.cards { @for it in signals.found { (card(here, signals, it)) } }
        (pager(signals.before.map(|_| of(signals.verdict)), older))
    };
    here.page(Tab::Signals, "Signals", main)
}

fn heading(signal: &Signal) -> String {
    match signal.kind {
        SignalKind::Velocity => format!("{} within an hour", counted(signal.count, "grant", "grants")),
        SignalKind::Device => format!("{} on one device within a day", counted(signal.count, "fan", "fans")),
    }
}

fn figures(signal: &Signal) -> String {
    match signal.kind {
        SignalKind::Velocity => format!(
            "One fan was given points {} times within an hour. An over of sixes is six; up to \
                {GRANTS_IN_HOUR_MAX} are not looked at.",
            signal.count
        ),
        SignalKind::Device => format!(
            "{} fans have earned with the same device within a day. A family shares one; up to \
                {FANS_OF_DEVICE_MAX} are not looked at.",
            signal.count
        ),
    }
}

fn card(here: &Here<'_>, signals: &Signals<'_>, signal: &Signal) -> Markup {
    let name = format!("signal-{}", signal.number);
    html! {
        article.card id=(name) aria-labelledby={ (name) "-name" } {
            div.line {
                h2 id={ (name) "-name" } { (heading(signal)) }
                @match signal.verdict {
                    Verdict::Open => { span.flag { "open" } }
                    Verdict::Cleared => { span.flag.good { "all is well" } }
                    Verdict::Blocked => { span.flag.bad { "blocked" } }
                }
            }
            p { (figures(signal)) }
            p.muted { "Seen last " (at(signal.seen_at)) " UTC" }
            @if signal.kind == SignalKind::Device { p.muted { "Device " code.id { (signal.subject) } } }
            (fans(here, signal))
            @if let Some(by) = &signal.reviewed_by {
                p.quoted { (signal.note.as_deref().unwrap_or_default()) }
                p.muted { "Decided by " (person(signals.names, by)) }
            }
            (decide(here, signals, signal))
        }
    }
}

/// Each with its accounts, where its wallet is frozen and thawed.
fn fans(here: &Here<'_>, signal: &Signal) -> Markup {
    let to = |fan: &str| {
        let query = crate::Fields::of([("kind", "fan"), ("owner", fan)]).to_query();
        format!("{}/accounts?mode={}&{query}", finance::PATH, here.books.word())
    };
    let list = html! {
        ul.fans { @for fan in &signal.fans { li { a href=(to(fan)) { code.id { (fan) } } } } }
    };
    html! {
        @if signal.fans.len() > 6 {
            details { summary { (counted(signal.fans.len() as i64, "fan", "fans")) } (list) }
        } @else { (list) }
        p.hint { "A fan's accounts are in Finance: from there its wallet is frozen, so that nothing is spent either." }
    }
}

fn decide(here: &Here<'_>, signals: &Signals<'_>, signal: &Signal) -> Markup {
    let refused = signals.refused.filter(|it| it.0 == signal.number);
    let (note, wrong) = refused.map_or(("", None), |it| (it.1, it.2.of("note")));
    let id = format!("note-{}", signal.number);
    let form = here.form(
        &format!("/signals/{}", signal.number),
        html! {
            div.field {
                label for=(id) { "Note" }
                @if let Some(wrong) = wrong { p.mistake id={ (id) "-mistake" } { (wrong) } }
                input id=(id) name="note" type="text" value=(note) maxlength=(WHY_MAX) autocomplete="off"
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{id}-mistake"))];
            }
        },
        html! {
            @if signal.verdict != Verdict::Cleared {
                button type="submit" name="verdict" value="cleared" aria-label={ "All is well: " (heading(signal)) } { "All is well" }
            }
            @if signal.verdict != Verdict::Blocked {
                button.danger type="submit" name="verdict" value="blocked" aria-label={ "Block: " (heading(signal)) } { "Block: they earn nothing" }
            }
            @if signal.verdict != Verdict::Open {
                button.quiet type="submit" name="verdict" value="open" aria-label={ "Look again: " (heading(signal)) } { "Open it again" }
            }
        },
    );
    html! {
        @if here.may_act() {
            @if signal.verdict == Verdict::Open { (form) }
            @else { details open[wrong.is_some()] { summary { "Decide anew" } (form) } }
        }
    }
}
