//! The audit log of an organisation.

use super::{Here, earlier};
use crate::when;
use access::audit::Entry;
use maud::{Markup, html};

/// A page of the log: what is looked for, its lines, and the line before which the next page begins.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    pub about: &'a str,
    pub entries: &'a [Entry],
    pub next: Option<i64>,
}

pub fn page(here: Here<'_>, log: Log<'_>) -> Markup {
    let main = html! {
        h1 { "Audit log" }
        p.muted { "Who did what, when and from where. Nothing in it is ever changed." }
        form.row method="get" action=(here.path("/audit")) hx-get=(here.path("/audit")) hx-trigger="submit, input delay:400ms"
            hx-target="#log" hx-select="#log" hx-select-oob="#earlier" hx-swap="outerHTML" hx-push-url="true" hx-sync="this:replace" {
            input type="text" name="about" value=(log.about) maxlength="100" aria-label="Look for" placeholder="key.revoke, key_…, usr_…";
            button type="submit" { "Look" }
        }
        ul #log .rows.log data-say="The log shows what you asked for." {
            @if log.entries.is_empty() { li { "Nothing." } }
            @for entry in log.entries {
                li {
                    div {
                        strong { (entry.action) } " " code { (entry.object) }
                        p.muted {
                            (when(entry.at)) " · " (entry.actor.name) " (" (entry.actor.kind.word()) ")"
                            @if !entry.address.is_empty() { " · " (entry.address) }
                        }
                        @if entry.before.is_some() || entry.after.is_some() {
                            details {
                                summary { "What changed" }
                                dl.facts {
                                    @if let Some(before) = &entry.before { div { dt { "before" } dd { code { (before.to_string()) } } } }
                                    @if let Some(after) = &entry.after { div { dt { "after" } dd { code { (after.to_string()) } } } }
                                }
                            }
                        }
                    }
                }
            }
        }
        (earlier("log", log.next.map(|next| here.path(&next_page(log.about, next)))))
    };
    here.page("Audit log", main)
}

fn next_page(about: &str, next: i64) -> String {
    let next = next.to_string();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("about", about), ("before", &next)])
        .finish();
    format!("/audit?{query}")
}
