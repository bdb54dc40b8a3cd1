//! Money that is to go out: what waits, and what the second pair of eyes says.

use super::PAGE;
use super::refusal::Refused;
use super::view::{Answer, Pressed, View, html, names, to};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use console::finance::BY_SECRET;
use console::finance::approvals::{Approvals, Later, OfPayment};
use console::finance::payments::UNPROVEN;
use console::finance::{approvals as pages, payout as payout_page};
use wallet::payment::life::Subject;
use wallet::payment::{Decision, Going, Payments, Refund};
use wallet::{PayoutId, RefundId};

/// Of what was decided before.
const DECIDED: i64 = 10;

pub(super) async fn page(State(app): State<App>, view: View) -> Answer {
    let payments = view.payments(&app);
    let (refunds_before, payouts_before) = (view.before("refunds_before")?, view.before("payouts_before")?);
    let count = PAGE as i64 + 1;
    let mut refunds = payments.refunds_waiting(refunds_before, count).await?;
    let refunds_next = (refunds.len() > PAGE).then(|| refunds[PAGE - 1].number);
    refunds.truncate(PAGE);
    let mut payouts = payments.payouts(None, Some(Decision::Asked), payouts_before, count).await?;
    let payouts_next = (payouts.len() > PAGE).then(|| payouts[PAGE - 1].number);
    payouts.truncate(PAGE);
    let mut decided = payments.refunds(Some(Decision::Approved), None, DECIDED).await?;
    decided.extend(payments.refunds(Some(Decision::Dropped), None, DECIDED).await?);
    let mut payouts_decided = payments.payouts(None, Some(Decision::Approved), None, DECIDED).await?;
    payouts_decided.extend(payments.payouts(None, Some(Decision::Dropped), None, DECIDED).await?);
    let (refunds, decided) = (of_payments(payments, refunds).await?, of_payments(payments, decided).await?);
    let of_refunds = refunds.iter().chain(&decided).map(|it| &it.refund.going);
    let all = of_refunds.chain(payouts.iter().chain(&payouts_decided).map(|it| &it.going));
    let names = names(&app.store, all.flat_map(people)).await?;
    let is_first = refunds_before.is_none() && payouts_before.is_none();
    let shown = Approvals {
        refunds: &refunds,
        payouts: &payouts,
        refunds_decided: &decided,
        payouts_decided: &payouts_decided,
        names: &names,
        refunds_next,
        payouts_next,
        is_later: if is_first { Later::First } else { Later::Later },
    };
    Ok(html(pages::page(&view.here(), &shown)))
}

fn people(going: &Going) -> impl Iterator<Item = &str> {
    [Some(going.asked_by.as_str()), going.decided_by.as_deref()].into_iter().flatten()
}

async fn of_payments(payments: &Payments, refunds: Vec<Refund>) -> Result<Vec<OfPayment>, Refused> {
    let mut all = Vec::with_capacity(refunds.len());
    for refund in refunds {
        let payment = payments.payment(refund.payment).await?;
        all.push(OfPayment { refund, asset: payment.money.asset(), owner: payment.owner });
    }
    Ok(all)
}

fn refund_id(id: &str) -> Result<RefundId, Refused> {
    let unknown =
        || Refused::not_found("There is no such refund: a refund's id is rfd_ and 22 letters and digits.");
    RefundId::parse(id).ok_or_else(unknown)
}

fn payout_id(id: &str) -> Result<PayoutId, Refused> {
    let unknown =
        || Refused::not_found("There is no such payout: a payout's id is pot_ and 22 letters and digits.");
    PayoutId::parse(id).ok_or_else(unknown)
}

/// A refund is shown on its payment's page.
pub(super) async fn refund(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let id = refund_id(&id)?;
    let (view, refund) = view.in_either(&app, |all| async move { all.refund(id).await }).await?;
    Ok(to(&view, &format!("/payments/{}", refund.payment)))
}

pub(super) async fn payout(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let id = payout_id(&id)?;
    let (view, payout) = view.in_either(&app, |all| async move { all.payout(id).await }).await?;
    let payments = view.payments(&app);
    let life = payments.payout_life(payout.id).await?;
    let transfers = payments.transfers_of(Subject::Payout(payout.id)).await?;
    let names = names(&app.store, people(&payout.going)).await?;
    let shown = payout_page::Shown { payout: &payout, life: &life, transfers: &transfers, names: &names };
    Ok(html(payout_page::show(&view.here(), &shown)))
}

/// Two people are two accounts: by the secret, one could be both.
fn second(pressed: &Pressed, going: &Going) -> Result<(), Refused> {
    if !pressed.view.operator.is_proven() {
        return Err(Refused::not_allowed(UNPROVEN));
    }
    if going.asked_by == BY_SECRET {
        let text = "It was asked for by the operators' secret, which proves no name: nobody can say who the second is. Refuse it, and ask again.";
        return Err(Refused::not_allowed(text));
    }
    Ok(())
}

pub(super) async fn approve_refund(
    State(app): State<App>,
    Path(id): Path<String>,
    pressed: Pressed,
) -> Answer {
    let (payments, id) = (pressed.view.payments(&app), refund_id(&id)?);
    second(&pressed, &payments.refund(id).await?.going)?;
    payments.approve_refund(id, &pressed.view.operator.by).await?;
    Ok(pressed.view.back("/approvals", "refund-approved"))
}

pub(super) async fn refuse_refund(
    State(app): State<App>,
    Path(id): Path<String>,
    pressed: Pressed,
) -> Answer {
    let (payments, id) = (pressed.view.payments(&app), refund_id(&id)?);
    payments.refuse_refund(id, pressed.why("why")?, &pressed.view.operator.by).await?;
    Ok(pressed.view.back("/approvals", "refund-refused"))
}

pub(super) async fn approve_payout(
    State(app): State<App>,
    Path(id): Path<String>,
    pressed: Pressed,
) -> Answer {
    let (payments, id) = (pressed.view.payments(&app), payout_id(&id)?);
    second(&pressed, &payments.payout(id).await?.going)?;
    payments.approve_payout(id, &pressed.view.operator.by).await?;
    Ok(pressed.view.back("/approvals", "payout-approved"))
}

pub(super) async fn refuse_payout(
    State(app): State<App>,
    Path(id): Path<String>,
    pressed: Pressed,
) -> Answer {
    let (payments, id) = (pressed.view.payments(&app), payout_id(&id)?);
    payments.refuse_payout(id, pressed.why("why")?, &pressed.view.operator.by).await?;
    Ok(pressed.view.back("/approvals", "payout-refused"))
}
