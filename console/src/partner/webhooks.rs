//! Webhooks: where an organisation's servers are told what happens, and what became of it.

use super::keys::copied;
use super::{Here, earlier};
use crate::controls::{Choice, Filled, Label, Line};
use crate::layout::csrf_field;
use crate::when;
use maud::{Markup, html};
use partners::webhook::{Delivery, Disabled, Endpoint, Kind, State, Story};
use partners::{Mode, Permission};

/// What a webhook can be told of, the field that says so, and its words.
pub const KINDS: [(Kind, &str, &str); 6] = [
    (Kind::MatchStarted, "kind_started", "A match has started"),
    (Kind::InningsBreak, "kind_break", "An innings is over"),
    (Kind::Wicket, "kind_wicket", "A wicket"),
    (Kind::MatchResult, "kind_result", "A match has a result"),
    (Kind::QuotaReached, "kind_quota", "A quota is reached"),
    (Kind::KeyExpiring, "kind_key", "A key is about to expire"),
];

pub fn list(here: Here<'_>, all: &[Endpoint]) -> Markup {
    let main = html! {
        div.line {
            h1 { "Webhooks" }
            @if here.place.may(Permission::Build) { a.button.primary href=(here.path("/webhooks/new")) { "New webhook" } }
        }
        p.muted { "Your server is told what happens, signed as " a href="https://www.standardwebhooks.com/" { "Standard Webhooks" } " say, and told again until it answers." }
        @if all.is_empty() { p { "No webhook yet." } }
        ul.rows {
            @for endpoint in all {
                li {
                    div {
                        a href=(here.path(&format!("/webhooks/{}", endpoint.id))) { strong { (endpoint.destination.as_str()) } }
                        p.muted { @if !endpoint.description.is_empty() { (endpoint.description) " · " } (kinds(endpoint)) }
                    }
                    (state(endpoint))
                }
            }
        }
    };
    here.page("Webhooks", main)
}

fn kinds(endpoint: &Endpoint) -> String {
    let words: Vec<&str> = endpoint.kinds.iter().map(|it| it.word()).collect();
    words.join(", ")
}

fn state(endpoint: &Endpoint) -> Markup {
    html! {
        @match endpoint.disabled {
            None if endpoint.failing_since.is_some() => { span.flag { "failing" } }
            None => { span.flag.good { "on" } }
            Some((_, Disabled::ByOwner)) => { span.flag { "off" } }
            Some((_, Disabled::Gone)) => { span.flag { "off: it said that it is gone" } }
            Some((_, Disabled::Failing)) => { span.flag { "off: nothing arrived for five days" } }
        }
    }
}

pub fn new(here: Here<'_>, filled: Filled<'_>) -> Markup {
    let modes = [Choice::new("live", "Live matches"), Choice::new("test", "The sandbox match")];
    let main = html! {
        div.narrow {
            h1 { "New webhook" }
            (filled.summary())
            form.stack.boxed method="post" action=(here.path("/webhooks")) {
                (csrf_field(here.person.csrf))
                (filled.radios(Label::new("mode", "Of"), &modes))
                (settings(filled))
                p { button.primary type="submit" { "Add the webhook" } }
            }
        }
    };
    here.page("New webhook", main)
}

fn settings(filled: Filled<'_>) -> Markup {
    html! {
        (filled.line(Label::new("url", "Address").hint("Of your server, on the public internet: https://www.example.com/hooks/cricket"), Line::Url, 500))
        (filled.line(Label::new("description", "Description"), Line::Text, 200))
        fieldset.field {
            legend { "Told of" }
            @for (kind, name, words) in KINDS { (filled.tick(Label::new(name, words).hint(kind.word()))) }
        }
    }
}

/// The secret with which messages are signed, after it was made or asked for.
pub fn secret(here: Here<'_>, endpoint: &Endpoint, secret: &str, why: &str) -> Markup {
    let main = html! {
        div.narrow {
            h1 { "The webhook's secret" }
            p { (why) }
            (copied("secret-text", secret, "Copy the secret"))
            p { a.button.primary href=(here.path(&format!("/webhooks/{}", endpoint.id))) { "To the webhook" } }
        }
    };
    here.page("The webhook's secret", main)
}

/// One webhook with what was sent to it.
#[derive(Clone, Copy, Debug)]
pub struct One<'a> {
    pub endpoint: &'a Endpoint,
    pub deliveries: &'a [Delivery],
    /// The message before which the next page begins.
    pub next: Option<&'a str>,
}

pub fn one(here: Here<'_>, of: One<'_>, filled: Filled<'_>) -> Markup {
    let endpoint = of.endpoint;
    let rest = format!("/webhooks/{}", endpoint.id);
    let may_build = here.place.may(Permission::Build);
    let main = html! {
        div.line { h1 { "Webhook" } (state(endpoint)) }
        p { code { (endpoint.destination.as_str()) } @if endpoint.mode == Mode::Test { " · of the sandbox match" } }
        (filled.summary())
        @if may_build {
            div.row {
                @if endpoint.disabled.is_none() {
                    (here.button(&format!("{rest}/test"), "Send a test", "primary"))
                    (here.button(&format!("{rest}/disable"), "Switch it off", ""))
                } @else {
                    (here.button(&format!("{rest}/enable"), "Switch it on", "primary"))
                }
                (here.button(&format!("{rest}/reveal"), "Show the secret", ""))
            }
        }
        section {
            h2 { "Messages" }
            @if of.deliveries.is_empty() { p { "Nothing was sent to it yet." } } @else {
                (messages(here, &rest, of))
                @if may_build && endpoint.disabled.is_none() && of.deliveries.iter().any(|it| it.state == State::Failed) {
                    (here.button(&format!("{rest}/replay"), "Send all failed ones of the last week again", ""))
                }
            }
        }
        @if may_build {
            section {
                h2 { "Settings" }
                form.stack.boxed.narrow-form method="post" action=(here.path(&rest)) {
                    (csrf_field(here.person.csrf))
                    (settings(filled))
                    p { button type="submit" { "Save" } }
                }
            }
            (ends(here, &rest, filled))
        }
    };
    here.page("Webhook", main)
}

/// What cannot be taken back: each asks whether that is meant.
fn ends(here: Here<'_>, rest: &str, filled: Filled<'_>) -> Markup {
    html! {
        section {
            h2 { "Replace its secret" }
            form.stack.boxed.narrow-form method="post" action=(here.path(&format!("{rest}/rotate"))) {
                (csrf_field(here.person.csrf))
                p { "Messages are signed with both for a day, so that your server can take the new one in without a gap. A secret that was replaced within the last day before signs no more at once." }
                (filled.tick(Label::new("sure_secret", "I can give my server the new secret within a day")))
                p { button type="submit" { "Make the new secret" } }
            }
        }
        section {
            h2 { "Remove it" }
            form.stack.boxed.narrow-form method="post" action=(here.path(&format!("{rest}/remove"))) {
                (csrf_field(here.person.csrf))
                p { "Its secret and its messages go with it. This cannot be taken back." }
                (filled.tick(Label::new("sure", "I know that my server is told nothing any more")))
                p { button.danger type="submit" { "Remove the webhook" } }
            }
        }
    }
}

fn messages(here: Here<'_>, rest: &str, of: One<'_>) -> Markup {
    html! {
        div.scroll {
            table.list.stacks {
                thead { tr { th { "What" } th { "When" } th { "State" } th { "Tries" } } }
                tbody #messages data-say="Earlier messages are shown too." {
                    @for (at, delivery) in of.deliveries.iter().enumerate() {
                        @let new = is_new(at, delivery);
                        tr id=(delivery.message_id) hx-get=[new.then(|| here.path(rest))] hx-trigger=[new.then_some("load delay:2s")]
                            hx-select=[new.then(|| format!("#{}", delivery.message_id))] hx-swap=[new.then_some("outerHTML")] {
                            th scope="row" { a href=(here.path(&format!("{rest}/messages/{}", delivery.message_id))) { (delivery.kind.word()) } }
                            td data-of="When" { (when(delivery.created_at)) }
                            td data-of="State" { (delivered(delivery)) }
                            td data-of="Tries" { (delivery.tried) }
                        }
                    }
                }
            }
        }
        (earlier("messages", of.next.map(|next| here.path(&format!("{rest}?before={next}")))))
    }
}

/// The newest one, while it is on its way for the first time: who has just sent it waits for what becomes of it.
fn is_new(at: usize, delivery: &Delivery) -> bool {
    at == 0 && delivery.state == State::Waiting && delivery.tried == 0
}

fn delivered(delivery: &Delivery) -> Markup {
    html! {
        @match delivery.state {
            State::Delivered => { span.flag.good { "delivered" } }
            State::Failed => { span.flag { "failed" } }
            State::Waiting => { span.flag { "waiting" } @if let Some(at) = delivery.next_at { " " (when(at)) } }
        }
    }
}

/// One message, with its tries.
pub fn message(here: Here<'_>, endpoint: &Endpoint, story: &Story, filled: Filled<'_>) -> Markup {
    let rest = format!("/webhooks/{}", endpoint.id);
    let delivery = &story.delivery;
    let main = html! {
        p { a href=(here.path(&rest)) { "Back to the webhook" } }
        div.line { h1 { (delivery.kind.word()) } (delivered(delivery)) }
        (filled.summary())
        dl.facts {
            div { dt { "webhook-id" } dd { code { (delivery.message_id) } } }
            div { dt { "Made" } dd { (when(delivery.created_at)) } }
        }
        pre.body tabindex="0" { code { (story.body) } }
        @if here.place.may(Permission::Build) && endpoint.disabled.is_none() {
            (here.button(&format!("{rest}/messages/{}/replay", delivery.message_id), "Send it again", ""))
        }
        section {
            h2 { "Tries" }
            @if story.attempts.is_empty() { p { "None yet." } }
            ul.rows {
                @for attempt in &story.attempts {
                    li {
                        div {
                            strong { @match attempt.status { Some(status) => { (status) } None => { (attempt.reason) } } }
                            p.muted { (when(attempt.at)) " · " (attempt.milliseconds) " ms" }
                            @if !attempt.response.is_empty() {
                                details { summary { "What it answered" } pre tabindex="0" { code { (attempt.response) } } }
                            }
                        }
                    }
                }
            }
        }
    };
    here.page("Message", main)
}
