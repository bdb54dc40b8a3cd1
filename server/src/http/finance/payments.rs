//! Payments, and refunds that are asked for.

use super::PAGE;
use super::refusal::Refused;
use super::sheet::{LINES_MAX, sheet};
use super::view::{Answer, Pressed, View, names};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use axum::http::StatusCode;
use console::controls::Filled;
use console::csv::Csv;
use console::finance::{money, payments as pages};
use console::{Fields, Mistakes};
use wallet::payment::life::Subject;
use wallet::payment::{AskRefund, Error, Payment, PaymentState, Payments, PaymentsAsked};
use wallet::{PaymentId, RefundId};

/// Payments of a file that are read at a time.
const CHUNK: i64 = 200;

fn asked(view: &View) -> Result<PaymentsAsked<'_>, Refused> {
    let some = |text: &'_ str| !text.is_empty();
    Ok(PaymentsAsked {
        state: view.choice("state", PaymentState::of)?,
        owner: Some(view.sought("owner")?).filter(|it| some(it)),
        gateway: Some(view.sought("gateway")?).filter(|it| some(it)),
        before: view.before("before")?,
        count: PAGE as i64 + 1,
    })
}

fn known(payments: &Payments, gateway: Option<&str>) -> Result<(), Refused> {
    match gateway {
        Some(code) if !payments.gateways().any(|it| it == code) => {
            Err(Refused::filter("There is no gateway of that name: choose one of the list."))
        }
        _ => Ok(()),
    }
}

pub(super) async fn list(State(app): State<App>, view: View) -> Answer {
    let (payments, asked) = (view.payments(&app), asked(&view)?);
    known(payments, asked.gateway)?;
    let mut found = payments.payments_asked(&asked).await?;
    let next = (found.len() > PAGE).then(|| found[PAGE - 1].number);
    found.truncate(PAGE);
    let gateways: Vec<&str> = payments.gateways().collect();
    let list = pages::List { asked: &view.asked, gateways: &gateways, found: &found, next };
    Ok(super::view::html(pages::list(&view.here(), &list)))
}

/// Those that are looked for, the newest first; beyond a file's length it says so in its last line.
pub(super) async fn csv(State(app): State<App>, view: View) -> Answer {
    let (payments, first) = (view.payments(&app).clone(), asked(&view)?);
    known(&payments, first.gateway)?;
    let name = format!("payments-{}-{}.csv", view.books.word(), view.now.strftime("%Y-%m-%d-%H%M%S"));
    let (state, start) = (first.state, (first.before, 0_i64));
    let (owner, gateway) = (first.owner.map(str::to_owned), first.gateway.map(str::to_owned));
    let next = move |(before, so_far): (Option<i64>, i64)| {
        let (payments, owner, gateway) = (payments.clone(), owner.clone(), gateway.clone());
        async move {
            let (owner, gateway) = (owner.as_deref(), gateway.as_deref());
            let count = CHUNK.min(LINES_MAX - so_far);
            let found =
                payments.payments_asked(&PaymentsAsked { state, owner, gateway, before, count }).await?;
            let mut rows = Csv::default();
            pages::csv_lines(&mut rows, &found);
            let read = so_far + found.len() as i64;
            let last = found.last().map(|it| it.number).filter(|_| found.len() as i64 == count);
            if let (Some(last), true) = (last, read >= LINES_MAX) {
                let before = Some(last);
                let more = PaymentsAsked { state, owner, gateway, before, count: 1 };
                if !payments.payments_asked(&more).await?.is_empty() {
                    pages::csv_cut(&mut rows, LINES_MAX);
                }
                return Ok((rows, None));
            }
            Ok::<_, Error>((rows, last.map(|last| (Some(last), read))))
        }
    };
    Ok(sheet(&name, pages::csv_head(), start, next))
}

fn parse(id: &str) -> Result<PaymentId, Refused> {
    let unknown =
        || Refused::not_found("There is no such payment: a payment's id is pay_ and 22 letters and digits.");
    PaymentId::parse(id).ok_or_else(unknown)
}

pub(super) async fn show(State(app): State<App>, Path(id): Path<String>, view: View) -> Answer {
    let id = parse(&id)?;
    let (view, payment) = view.in_either(&app, |all| async move { all.payment(id).await }).await?;
    let form = Fields::of([("id", RefundId::fresh().to_string().as_str())]);
    shown(&app, &view, &payment, Filled { fields: &form, mistakes: &Mistakes::default() }).await
}

async fn shown(app: &App, view: &View, payment: &Payment, form: Filled<'_>) -> Answer {
    let payments = view.payments(app);
    let refunds = payments.refunds_of(payment.id).await?;
    let life = payments.life(payment.id).await?;
    let mut transfers = payments.transfers_of(Subject::Payment(payment.id)).await?;
    for it in &refunds {
        transfers.extend(payments.transfers_of(Subject::Refund(payment.id, it.id)).await?);
    }
    let people = refunds.iter().flat_map(|it| {
        [Some(it.going.asked_by.as_str()), it.going.decided_by.as_deref()].into_iter().flatten()
    });
    let names = names(&app.store, people).await?;
    let status = if form.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page =
        pages::Shown { payment, refunds: &refunds, life: &life, transfers: &transfers, names: &names, form };
    Ok(crate::http::scorer::html(status, pages::show(&view.here(), &page)))
}

/// Asks for a refund: by somebody whose name is proven, so that the one who approves it is another.
pub(super) async fn ask(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let view = &pressed.view;
    let payments = view.payments(&app);
    let payment = payments.payment(parse(&id)?).await?;
    if !view.operator.is_proven() {
        return Err(Refused::not_allowed(pages::UNPROVEN));
    }
    let form = &pressed.form;
    let refund = RefundId::parse(form.text("id")).ok_or_else(|| {
        Refused::form("This form is not whole. Load the payment's page, and fill it in again.")
    })?;
    let mut mistakes = Mistakes::default();
    let units = match money::parse(form.text("amount"), payment.money.asset()) {
        Ok(units) => units,
        Err(text) => {
            mistakes.add("amount", text);
            0
        }
    };
    let why = pressed.why("why");
    if let Err(refused) = &why {
        mistakes.add("why", refused.text());
    }
    if let (true, Ok(why)) = (mistakes.is_empty(), why) {
        let wanted = AskRefund { id: refund, payment: payment.id, units, why };
        match payments.ask_refund(&wanted, &view.operator.by).await.map_err(Refused::from) {
            Ok(_) => return Ok(view.back(&format!("/payments/{}", payment.id), "asked")),
            Err(refused) if refused.is_of_form() => mistakes.add("amount", refused.text()),
            Err(refused) => return Err(refused),
        }
    }
    shown(&app, view, &payment, Filled { fields: form, mistakes: &mistakes }).await
}
