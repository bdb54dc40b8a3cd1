//! The operators' pages under `/console/finance`: the books, and what can be done about them. The pages are the crate `console`'s, for whoever is
//! an [`Operator`]. What is done is done by the crate `wallet`, and is in the audit log.

mod accounts;
mod approvals;
mod audit;
mod overview;
mod payments;
mod payouts;
mod reconciliation;
pub(super) mod refusal;
mod sheet;
mod transfers;
pub(super) mod view;
mod webhooks;

use crate::app::App;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::routing::{get, post};

/// A reason and some names: far less than this.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Rows of a page.
const PAGE: usize = 50;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/finance", get(overview::page))
        .route("/console/finance/trial-balance.csv", get(overview::csv))
        .route("/console/finance/find", get(transfers::find))
        .route("/console/finance/accounts", get(accounts::list))
        .route("/console/finance/accounts/{id}", get(accounts::show))
        .route("/console/finance/accounts/{id}/statement.csv", get(accounts::csv))
        .route("/console/finance/accounts/{id}/freeze", post(accounts::freeze))
        .route("/console/finance/accounts/{id}/thaw", post(accounts::thaw))
        .route("/console/finance/accounts/{id}/payouts", post(payouts::ask))
        .route("/console/finance/transfers/{id}", get(transfers::show))
        .route("/console/finance/payments", get(payments::list))
        .route("/console/finance/payments.csv", get(payments::csv))
        .route("/console/finance/payments/{id}", get(payments::show))
        .route("/console/finance/payments/{id}/refunds", post(payments::ask))
        .route("/console/finance/approvals", get(approvals::page))
        .route("/console/finance/refunds/{id}", get(approvals::refund))
        .route("/console/finance/refunds/{id}/approve", post(approvals::approve_refund))
        .route("/console/finance/refunds/{id}/refuse", post(approvals::refuse_refund))
        .route("/console/finance/payouts/{id}", get(approvals::payout))
        .route("/console/finance/payouts/{id}/approve", post(approvals::approve_payout))
        .route("/console/finance/payouts/{id}/refuse", post(approvals::refuse_payout))
        .route("/console/finance/reconciliation", get(reconciliation::page))
        .route("/console/finance/differences/{number}/settle", post(reconciliation::settle))
        .route("/console/finance/gateways/{code}/reconcile", post(reconciliation::compare))
        .route("/console/finance/webhooks", get(webhooks::page))
        .route("/console/finance/audit", get(audit::page))
        .layer(Extension(overview::Trial::default()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}
