//! Transfers, and whatever is found by its id.

use super::refusal::Refused;
use super::view::{Answer, View, html, to};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use console::finance::transfer;
use wallet::finance::story::story;
use wallet::{AccountId, PaymentId, PayoutId, RefundId, TransferId};

pub(super) async fn show(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let unknown = || {
        Refused::not_found("There is no such transfer: a transfer's id is trf_ and 22 letters and digits.")
    };
    let id = TransferId::parse(&id).ok_or_else(unknown)?;
    let found = app.store.read("wallet.story", async |db| story(db, id).await).await?;
    let story = found.ok_or_else(|| {
        Refused::not_found(format!("There is no transfer {id}: none was made, or it was refused."))
    })?;
    let view = view.of_books(story.debit.books);
    Ok(html(transfer::page(&view.here(), &story)))
}

/// The page of what an id names; of anything else, the accounts whose owner's name begins so.
pub(super) async fn find(view: View) -> Answer {
    let sought = view.sought("id")?;
    let rest = if sought.is_empty() {
        return Err(Refused::filter(
            "Type an id, such as trf_…, acc_…, pay_…, rfd_… or pot_…, or how an owner's name begins.",
        ));
    } else if TransferId::parse(sought).is_some() {
        format!("/transfers/{sought}")
    } else if AccountId::parse(sought).is_some() {
        format!("/accounts/{sought}")
    } else if PaymentId::parse(sought).is_some() {
        format!("/payments/{sought}")
    } else if RefundId::parse(sought).is_some() {
        format!("/refunds/{sought}")
    } else if PayoutId::parse(sought).is_some() {
        format!("/payouts/{sought}")
    } else if ["trf_", "acc_", "pay_", "rfd_", "pot_"].iter().any(|it| sought.starts_with(it)) {
        let text = "That is no whole id: behind the first underscore there are 22 letters and digits. Copy it again.";
        return Err(Refused::filter(text));
    } else {
        format!("/accounts?{}", console::Fields::of([("owner", sought)]).to_query())
    };
    Ok(to(&view, &rest))
}
