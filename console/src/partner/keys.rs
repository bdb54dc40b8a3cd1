//! API keys: what there is, a new one, what becomes of one.

use super::{Here, NAME_MAX};
use crate::controls::{Choice, Filled, Label, Line};
use crate::layout::csrf_field;
use crate::when;
use jiff::Timestamp;
use maud::{Markup, html};
use partners::limit::Rate;
use partners::usage::{InUse, KeyOrigin};
use partners::{Issued, Kind, Mode, Overlap, Permission, Record, Scope, Scopes, Site};

/// The list, those that work first.
pub fn list(here: Here<'_>, keys: &[Record], sites: &[Site], now: Timestamp) -> Markup {
    let (over, good): (Vec<&Record>, Vec<&Record>) = keys.iter().partition(|it| it.is_over(now));
    let main = html! {
        div.line {
            h1 { "Keys" }
            @if here.place.may(Permission::Build) { a.button.primary href=(here.path("/keys/new")) { "New key" } }
        }
        p.muted {
            "Publishable keys go into pages and work on their site alone. Secret keys stay on servers. "
            a href="/console/leaked" { "You found a key somewhere?" }
        }
        @if good.is_empty() { p { "No key yet." } } @else { (table(here, &good, sites, now)) }
        @if !over.is_empty() { section { h2 { "Over" } (table(here, &over, sites, now)) } }
    };
    here.page("Keys", main)
}

fn table(here: Here<'_>, keys: &[&Record], sites: &[Site], now: Timestamp) -> Markup {
    html! {
        div.scroll {
            table.list.stacks {
                thead { tr { th { "Name" } th { "Key" } th { "For" } th { "Last used" } th { "State" } } }
                tbody {
                    @for key in keys {
                        tr {
                            th scope="row" { a href=(here.path(&format!("/keys/{}", key.id))) { (key.name) } }
                            td data-of="Key" { code { (key.prefix) "…" } }
                            td data-of="For" { (purpose(key, sites)) }
                            td data-of="Last used" { @match key.last_used_at { Some(at) => { (when(at)) } None => { "never" } } }
                            td data-of="State" { (state(key, now)) }
                        }
                    }
                }
            }
        }
    }
}

/// "Shop, test", or what a secret key may do.
fn purpose(key: &Record, sites: &[Site]) -> String {
    let site = key.site_id.as_ref().and_then(|id| sites.iter().find(|it| it.id == *id));
    let what = match (key.kind, site) {
        (Kind::Secret, _) => format!("secret: {}", key.scopes.words().join(", ")),
        (Kind::Publishable, Some(site)) => site.name.clone(),
        (Kind::Publishable, None) => {
            key.origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
    };
    if key.mode == Mode::Test { format!("{what}, test") } else { what }
}

fn state(key: &Record, now: Timestamp) -> Markup {
    html! {
        @match (key.revoked_at, key.expires_at) {
            (Some(at), _) => { span.flag { "revoked" } " " (when(at)) }
            (None, Some(at)) if at <= now => { span.flag { "expired" } " " (when(at)) }
            (None, Some(at)) => { span.flag { "until" } " " (when(at)) }
            (None, None) => { span.flag.good { "works" } }
        }
    }
}

/// A new key.
pub fn new(here: Here<'_>, sites: &[Site], filled: Filled<'_>) -> Markup {
    let mut kinds: Vec<Choice> =
        sites.iter().map(|it| Choice::new(&it.id, format!("Pages of {}", it.name))).collect();
    kinds.push(Choice::new("secret", "A server of ours"));
    let modes = [Choice::new("live", "Live"), Choice::new("test", "Test")];
    let lasts = [
        Choice::new("", "No end"),
        Choice::new("30", "30 days"),
        Choice::new("90", "90 days"),
        Choice::new("365", "A year"),
    ];
    let main = html! {
        div.narrow {
            h1 { "New key" }
            (filled.summary())
            @if sites.is_empty() { p.notice { "A key for pages needs a site: " a href=(here.path("/start")) { "name yours first" } "." } }
            form.stack.boxed method="post" action=(here.path("/keys")) {
                (csrf_field(here.person.csrf))
                (filled.line(Label::new("name", "Name").hint("For you, to tell it from others."), Line::Text, NAME_MAX))
                (filled.radios(Label::new("for", "Used by"), &kinds))
                (filled.radios(Label::new("mode", "Mode").hint("Test keys see the sandbox match, which never ends, and nothing else."), &modes))
                fieldset.field {
                    legend { "A server's key may" }
                    p.hint { "Of no meaning for pages, which only read." }
                    @for (scope, name, words) in SCOPES.into_iter().filter(|it| here.place.role.may_issue(Scopes::of(&[it.0]))) {
                        (filled.tick(Label::new(name, words).hint(scope.word())))
                    }
                }
                (filled.select(Label::new("lasts", "Works for"), None, &lasts))
                p { button.primary type="submit" { "Make the key" } }
            }
        }
    };
    here.page("New key", main)
}

/// What a secret key may do, the field that says so, and its words.
pub const SCOPES: [(Scope, &str, &str); 7] = [
    (Scope::Feed, "scope_feed", "Create matches and send balls"),
    (Scope::Read, "scope_read", "Read matches and follow them"),
    (Scope::Manage, "scope_manage", "Change sites, keys, members and webhooks"),
    (Scope::Usage, "scope_usage", "Read figures of the audience"),
    (Scope::Wallet, "scope_wallet", "Fans' wallets: look, freeze, limit, erase"),
    (Scope::Rewards, "scope_rewards", "Tell of what fans do, by which they earn"),
    (Scope::Redeem, "scope_redeem", "Look vouchers up, and redeem them"),
];

/// The one moment at which a key's text is shown.
pub fn issued(here: Here<'_>, issued: &Issued) -> Markup {
    let is_pages = issued.record.kind == Kind::Publishable;
    let main = html! {
        div.narrow {
            h1 { "Your key" }
            p { strong { "Copy it now." } " It is shown this once: we keep nothing from which it could be read." }
            (copied("key-text", issued.key.reveal(), "Copy the key"))
            @if is_pages {
                // By a form, so that the key comes into the code and into no address.
                form method="post" action=(here.path("/embed")) {
                    (csrf_field(here.person.csrf))
                    input type="hidden" name="key" value=(issued.key.reveal());
                    button.primary type="submit" { "Get the code to paste" }
                }
            } @else {
                p { "Send it as " code { "Authorization: Bearer …" } " from your server. Never put it into a page or an app." }
                p { a.button href=(here.path("/keys")) { "To the keys" } }
            }
        }
    };
    here.page("Your key", main)
}

/// A text with a button that copies it, where there is a script.
pub(crate) fn copied(id: &str, text: &str, words: &str) -> Markup {
    html! {
        div.copied {
            pre #(id) tabindex="0" { code { (text) } }
            button type="button" data-copy=(id) data-script hidden { (words) }
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct One<'a> {
    pub key: &'a Record,
    pub sites: &'a [Site],
    /// The key that took its place.
    pub successor: Option<&'a Record>,
    /// Where it is used, the latest first.
    pub origins: &'a [KeyOrigin],
    /// What used it within a day; none where nothing did.
    pub in_use: Option<&'a InUse>,
    /// What its plan gives each key of its kind.
    pub plan: Rate,
    pub now: Timestamp,
}

pub fn one(here: Here<'_>, of: One<'_>, filled: Filled<'_>) -> Markup {
    let key = of.key;
    let rest = format!("/keys/{}", key.id);
    let may_build = here.place.may(Permission::Build) && !key.is_over(of.now);
    let main = html! {
        div.narrow {
            h1 { (key.name) }
            (filled.summary())
            dl.facts {
                div { dt { "Key" } dd { code { (key.prefix) "…" } } }
                div { dt { "For" } dd { (purpose(key, of.sites)) } }
                div { dt { "State" } dd { (state(key, of.now)) } }
                div { dt { "Made" } dd { (when(key.created_at)) } }
                div { dt { "Last used" } dd { @match key.last_used_at { Some(at) => { (when(at)) } None => { "never" } } } }
                @if let Some(old) = &key.succeeds {
                    div { dt { "In place of" } dd { a href=(here.path(&format!("/keys/{old}"))) { code { (old) } } } }
                }
                @if let Some(successor) = of.successor {
                    div { dt { "Replaced by" } dd { a href=(here.path(&format!("/keys/{}", successor.id))) { code { (successor.prefix) "…" } } } }
                }
            }
            @if key.kind == Kind::Publishable { (origins(&of)) }
            @if may_build {
                section {
                    h2 { "Name" }
                    form.stack.boxed method="post" action=(here.path(&format!("{rest}/name"))) {
                        (csrf_field(here.person.csrf))
                        (filled.line(Label::new("name", "Name"), Line::Text, NAME_MAX))
                        p { button type="submit" { "Save" } }
                    }
                }
                section {
                    h2 { "Limits" }
                    form.stack.boxed method="post" action=(here.path(&format!("{rest}/limits"))) {
                        (csrf_field(here.person.csrf))
                        p.muted { "Your plan gives each such key " (of.plan.per_minute()) " requests a minute, " (of.plan.burst()) " at once. Less for this one, if you like; leave out what is to be as in the plan." }
                        (filled.line(Label::new("per_minute", "Requests a minute"), Line::Number, 7))
                        (filled.line(Label::new("burst", "At once"), Line::Number, 7))
                        (filled.line(Label::new("streams", "Streams open at once"), Line::Number, 9))
                        p { button type="submit" { "Save the limits" } }
                    }
                }
                section {
                    h2 { "Replace it" }
                    form.stack.boxed method="post" action=(here.path(&format!("{rest}/rotate"))) {
                        (csrf_field(here.person.csrf))
                        p { "A new key of the same kind takes its place. The old one goes on for a while, so that you can change your pages at leisure." }
                        (filled.select(Label::new("overlap", "The old one works for"), None, &overlaps()))
                        p { button type="submit" { "Make the new key" } }
                    }
                }
                section {
                    h2 { "Revoke it" }
                    form.stack.boxed method="post" action=(here.path(&format!("{rest}/revoke"))) {
                        (csrf_field(here.person.csrf))
                        p { "It stops working everywhere within a second, and whoever watches with it is cut off. This cannot be taken back." }
                        @match of.in_use {
                            Some(in_use) => (still_used(in_use)),
                            None => @if let Some(at) = key.last_used_at { p { "It was last used " (when(at)) "." } },
                        }
                        (filled.tick(Label::new("sure", "I know that it is not needed any more")))
                        p { button.danger type="submit" { "Revoke the key" } }
                    }
                }
            }
        }
    };
    here.page(&key.name, main)
}

/// Where it is used; after a rotation, who still has to change a page.
fn origins(of: &One<'_>) -> Markup {
    let is_replaced = of.successor.is_some() && !of.key.is_over(of.now);
    html! {
        section {
            h2 {
                @if is_replaced { "Pages that still use the old key" }
                @else if of.key.is_over(of.now) { "Where it was used" }
                @else { "Where it is used" }
            }
            @if is_replaced && let Some(ends) = of.key.expires_at { p { "It ends " (when(ends)) ": by then the new one has to be there." } }
            @if of.origins.is_empty() {
                p.muted { @if is_replaced { "None that we have seen." } @else { "Nowhere yet." } }
            }
            ul.rows {
                @for it in of.origins {
                    li {
                        div {
                            strong { (place(&it.origin)) }
                            p.muted { "first " (when(it.first_used_at)) ", last " (when(it.last_used_at)) }
                        }
                        span.number { (it.uses) " uses" }
                    }
                }
            }
        }
    }
}

/// What whoever revokes it cuts off.
fn still_used(in_use: &InUse) -> Markup {
    html! {
        div.notice {
            p { strong { "It is in use." } " It was used last " (when(in_use.last_used_at)) "." @if !in_use.origins.is_empty() { " Within a day by:" } }
            @if !in_use.origins.is_empty() {
                ul { @for it in in_use.origins.iter().take(STILL_USED_MAX) { li { (place(&it.origin)) } } }
                @if let Some(more) = in_use.origins.len().checked_sub(STILL_USED_MAX).filter(|it| *it > 0) { p { "and " (more) " more." } }
            }
        }
    }
}

/// Places that are named before a key is revoked.
const STILL_USED_MAX: usize = 20;

/// Where a key is used, in words.
fn place(origin: &str) -> &str {
    match origin {
        "" => "no origin: apps, frames, servers",
        "null" => "a page without an address",
        "other" => "other origins",
        origin => origin,
    }
}

/// For how long what is replaced goes on.
pub(crate) fn overlaps() -> Vec<Choice> {
    Overlap::ALL
        .into_iter()
        .map(|it| match it {
            Overlap::None => Choice::new("0", "not at all"),
            Overlap::Hour => Choice::new("1", "an hour"),
            Overlap::Day => Choice::new("24", "a day"),
            Overlap::Week => Choice::new("168", "a week"),
        })
        .rev()
        .collect()
}

/// Whose key is this? For whoever found one: nothing is told but what its finder can act on.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    NotAsked,
    /// Not a key, or never issued here.
    NoKey,
    Over,
    /// A key that works, of an organisation that who asks belongs to: its name there and where it can be replaced.
    Yours {
        name: &'a str,
        path: &'a str,
    },
    /// A key that works, of somebody else.
    Others {
        kind: Kind,
        mode: Mode,
    },
}

/// Where a key that was found can be looked up.
pub fn leaked(person: crate::layout::Person<'_>, found: Found<'_>, filled: Filled<'_>) -> Markup {
    use crate::layout::{Area, Page};
    let main = html! {
        div.narrow {
            h1 { "A key that was found" }
            p { "Paste it to learn what it is. It is looked up, not kept." }
            (filled.summary())
            form.stack.boxed method="post" action="/console/leaked" {
                (csrf_field(person.csrf))
                (filled.line(Label::new("key", "Key"), Line::Secret, 100))
                p { button.primary type="submit" { "Look it up" } }
            }
            @match found {
                Found::NotAsked => {}
                Found::NoKey => { p.notice role="status" { "That is no key of ours: it was mistyped, cut, or never issued here." } }
                Found::Over => { p.notice role="status" { "That key opens nothing: it was revoked, or has expired." } }
                Found::Yours { name, path } => {
                    div.notice role="status" {
                        p { "It works, and it is yours: " strong { (name) } "." }
                        p { a.button.danger href=(path) { "Replace or revoke it" } }
                    }
                }
                Found::Others { kind: Kind::Publishable, .. } => {
                    p.notice role="status" { "It works, and is meant to be seen: a publishable key, good on its owner's site alone." }
                }
                Found::Others { kind: Kind::Secret, mode } => {
                    p.notice role="status" {
                        "It is a secret key that works" @if mode == Mode::Test { ", for tests" } ". It belongs to another organisation, "
                        "which should know: tell whoever published it to replace it, and pass it on to nobody else."
                    }
                }
            }
        }
    };
    Page { title: "A key that was found", area: Area::Account(person), say: "", main }.render()
}
