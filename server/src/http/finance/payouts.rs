//! Payouts that are asked for, on a partner's account.

use super::accounts::{find, shown};
use super::refusal::Refused;
use super::view::{Answer, Pressed, payments_of};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use console::Mistakes;
use console::controls::Filled;
use console::finance::money;
use console::finance::payments::UNPROVEN;
use wallet::finance::Listed;
use wallet::payment::{AskPayout, Payments};
use wallet::{Kind, Money, PayoutId};

/// The longest name of where a payout goes.
const DESTINATION_MAX: usize = 100;

/// The gateways by which an account's money can be paid out; none where it is no partner's money.
pub(super) fn gateways<'a>(payments: &'a Payments, account: &Listed) -> Option<Vec<&'a str>> {
    let standing = &account.account.standing;
    if standing.kind != Kind::Partner || Money::of(standing.asset, 1).is_err() {
        return None;
    }
    let takes = |code: &&str| payments.gateway(code).is_ok_and(|it| it.takes(standing.asset));
    Some(payments.gateways().filter(takes).collect())
}

/// Asks for a payout: by somebody whose name is proven, so that the one who approves it is another.
pub(super) async fn ask(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let account = find(&app, &id).await?;
    let (operator, form) = (&pressed.view.operator, &pressed.form);
    if !operator.is_proven() {
        return Err(Refused::not_allowed(UNPROVEN));
    }
    let payments = payments_of(&app, account.books);
    let asset = account.account.standing.asset;
    let gateways = gateways(payments, &account)
        .ok_or_else(|| Refused::conflict("Only a partner's money is paid out. Nothing was changed."))?;
    let payout = PayoutId::parse(form.text("id")).ok_or_else(|| {
        Refused::form("This form is not whole. Load the account's page, and fill it in again.")
    })?;
    let mut mistakes = Mistakes::default();
    let money = money::parse(form.text("amount"), asset)
        .and_then(|units| Money::of(asset, units).map_err(|error| error.to_string()));
    if let Err(text) = &money {
        mistakes.add("amount", text.as_str());
    }
    let gateway = form.text("gateway");
    if !gateways.contains(&gateway) {
        mistakes.add("gateway", "Choose one of the list.");
    }
    let destination = form.text("destination");
    if !(1..=DESTINATION_MAX).contains(&destination.chars().count()) || destination.contains('\0') {
        mistakes.add("destination", format!("Say where it goes, in 1 to {DESTINATION_MAX} characters."));
    }
    let why = pressed.why("why");
    if let Err(refused) = &why {
        mistakes.add("why", refused.text());
    }
    if let (true, Ok(money), Ok(why)) = (mistakes.is_empty(), money, why) {
        let owner = account.account.owner.as_str();
        let wanted =
            AskPayout { id: payout, owner, account: account.account.id, money, gateway, destination, why };
        payments.ask_payout(&wanted, &operator.by).await?;
        return Ok(pressed.view.of_books(account.books).back(&format!("/payouts/{payout}"), "payout-asked"));
    }
    let view = pressed.view.of_books(account.books);
    shown(&app, &view, &account, Filled { fields: form, mistakes: &mistakes }).await
}
