//! How one transfer went.

use super::accounts::about;
use super::money::{amount, cell};
use super::overview::kind;
use super::table::Column::{Number, Text};
use super::table::{facts, table};
use super::{Here, Tab, at, link, title};
use maud::{Markup, html};
use wallet::finance::Listed;
use wallet::finance::story::Story;
use wallet::{Act, HoldState};

pub fn page(here: &Here<'_>, story: &Story) -> Markup {
    let id = story.recorded.transfer.id;
    let main = html! {
        div { (title(here, "Transfer")) p { code.id { (id.to_string()) } } }
        section aria-labelledby="what" {
            h2 #what { "What was asked" }
            (what(here, story))
        }
        section aria-labelledby="life" {
            h2 #life { "How it went" }
            (life(here, story))
        }
        section aria-labelledby="lines" {
            h2 #lines { "Lines in the accounts" }
            (lines(here, story))
        }
        section aria-labelledby="chain" {
            h2 #chain { "Place in the hash chain" }
            (facts(&[
                ("Place", html! { "chain " (story.place.chain) ", batch " (story.place.seq) ", number " (story.place.number) }),
                ("Digest of the transfer", html! { code { (story.place.digest) } }),
                ("Hash of the batch", html! { code { (story.place.hash) } }),
            ]))
        }
    };
    here.page(Tab::Transfers, &format!("Transfer {id}"), main)
}

fn what(here: &Here<'_>, story: &Story) -> Markup {
    let transfer = &story.recorded.transfer;
    let mut all = vec![
        ("Act", html! { (act(transfer.act)) }),
        ("Amount", html! { strong { (amount(story.of.units(), story.of.asset())) } }),
        ("From", side(here, &story.debit)),
        ("To", side(here, &story.credit)),
        ("Reason", html! { (story.of.reason().word()) }),
        ("Made", html! { (at(story.recorded.made_at)) " UTC" }),
    ];
    if let Act::Hold { until, .. } = transfer.act {
        let until = match until {
            Some(until) => html! { (at(until)) " UTC" },
            None => html! { "it is finished or dropped" },
        };
        all.push(("Held until", until));
    }
    if let Some(hold) = &story.hold {
        all.push(("Of the hold", link(here, &hold.transfer.id.to_string())));
    }
    let pairs = about(here, &transfer.metadata);
    all.push((
        "About",
        if pairs.0.is_empty() {
            html! { span.muted { "nothing was said" } }
        } else {
            pairs
        },
    ));
    facts(&all)
}

fn side(here: &Here<'_>, side: &Listed) -> Markup {
    let account = &side.account;
    html! {
        a href=(here.path(&format!("/accounts/{}", account.id))) { (account.owner) } " "
        span.muted { (kind(account.standing.kind)) }
        @if account.standing.is_frozen { " " span.flag { "frozen" } }
    }
}

/// What a transfer does, in words.
const fn act(act: Act) -> &'static str {
    match act {
        Act::Post(_) => "post: moves at once",
        Act::Hold { .. } => "hold: keeps units apart",
        Act::Finish { .. } => "finish: takes what a hold kept apart",
        Act::Void { .. } => "void: drops a hold",
        Act::Lapse { .. } => "lapse: drops a hold whose time is over",
    }
}

fn life(here: &Here<'_>, story: &Story) -> Markup {
    let this = &story.recorded;
    let step = |name: &str, recorded: &wallet::statement::Recorded, words: Markup| {
        html! {
            li aria-current=[(recorded.transfer.id == this.transfer.id).then_some("step")] {
                strong { (name) } " " (words)
                p.muted { (at(recorded.made_at)) " UTC · " (link(here, &recorded.transfer.id.to_string())) }
            }
        }
    };
    html! {
        ol.life {
            @if let Some(hold) = &story.hold { (step("Held", hold, html! { (held(hold)) })) }
            (step(name(this.transfer.act), this, html! {}))
            @for end in &story.ends { (step(name(end.transfer.act), end, html! {})) }
            @if let Some(back) = &story.reversal { (step("Taken back", back, html! { "the same units, the other way" })) }
        }
        @match (story.state, story.entries.is_empty(), &story.reversal) {
            (Some(HoldState::Open), ..) => p { span.flag { "open" } " What is held waits to be finished or dropped." },
            (Some(HoldState::Finished { units }), ..) => p.muted { "Taken: " (amount(units, story.of.asset())) ", and the rest is free again." },
            (Some(HoldState::Voided | HoldState::Lapsed), ..) => p.muted { "Nothing was taken: all of it is free again." },
            (None, false, None) => p.muted { "It stands: nothing has taken it back." },
            _ => {},
        }
    }
}

fn held(hold: &wallet::statement::Recorded) -> Markup {
    match hold.transfer.act {
        Act::Hold { of, .. } => amount(of.units(), of.asset()),
        _ => html! {},
    }
}

const fn name(act: Act) -> &'static str {
    match act {
        Act::Post(_) => "Posted",
        Act::Hold { .. } => "Held",
        Act::Finish { .. } => "Finished",
        Act::Void { .. } => "Voided",
        Act::Lapse { .. } => "Lapsed",
    }
}

fn lines(here: &Here<'_>, story: &Story) -> Markup {
    let asset = story.of.asset();
    if story.entries.is_empty() {
        return html! { p.muted { "None: nothing has moved by it." } };
    }
    let columns =
        [Text("Account"), Number("Line"), Number("Debit"), Number("Credit"), Number("Balance after")];
    let rows = html! { @for entry in &story.entries {
        @let side = if entry.account == story.debit.account.id { &story.debit } else { &story.credit };
        tr {
            th scope="row" { a href=(here.path(&format!("/accounts/{}", entry.account))) { (side.account.owner) } " " span.muted { (side.account.standing.kind.word()) } }
            td.number { (entry.version) }
            @if entry.change < 0 { (cell(-entry.change, asset)) td.number {} } @else { td.number {} (cell(entry.change, asset)) }
            (cell(entry.balance_after, asset))
        }
    } };
    table("Lines that came of it", &columns, rows)
}
