//! Money in and out, by way of payment gateways: top-ups, their refunds, and payouts to partners.
//!
//! [`Payments`] is what to read first. A row is committed before a gateway is called, and says that it is
//! about to be; what the call, a webhook or a poll shows is joined to what is [`Known`](state::Known) of the
//! payment; what follows from that is booked in the ledger under ids that follow from the payment's, so that
//! a crash in between is repaired by doing it again. [`Payments::on`] has a worker do that.
//!
//! Architecture Invariant: a payer is shown the one reference that the payment's row keeps, and no other;
//! another gateway is tried only when the one before it is known not to have taken the payment.

mod books;
mod difference;
mod error;
mod learn;
pub mod life;
mod lists;
mod out;
mod payout;
mod reconcile;
mod refund;
mod row;
pub mod state;
mod top_up;
mod webhook;
mod work;

pub use difference::{Difference, DifferenceKind};
pub use error::Error;
pub use lists::{Closed, Open, PaymentState, PaymentsAsked, WebhookState};
pub use out::{Decision, Going};
pub use payout::{AskPayout, Payout};
pub use reconcile::Reconciled;
pub use refund::{AskRefund, Refund};
pub use row::Payment;
pub use top_up::{Begun, Buying, TopUp};
pub use webhook::{Received, Webhook, forget_bodies};
pub use work::{PollPayment, ProcessWebhook, QUEUE, QUEUE_TEST, Reconcile, SendPayout, SendRefund};

use crate::asset::AssetCode;
use crate::gateway::{Gateway, Mode};
use crate::id::{PaymentId, PayoutId};
use crate::writer::Ledger;
use life::Observation;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Clock, Store};

/// Rows of a list.
const PAGE_MAX: i64 = 200;

/// Which gateways take payments in an asset: the first that is reached does.
#[derive(Clone, Debug)]
pub struct Route {
    pub asset: AssetCode,
    pub gateways: Vec<String>,
}

/// Payments of one mode: real ones, or tests. Clones share everything.
#[derive(Clone)]
pub struct Payments {
    store: Store,
    clock: Clock,
    ledger: Ledger,
    mode: Mode,
    gateways: Arc<BTreeMap<&'static str, Arc<dyn Gateway>>>,
    routes: Arc<[Route]>,
}

impl Payments {
    /// Refuses gateways of the other mode, and routes to gateways that are not there or do not take such money.
    pub fn new(
        store: &Store,
        clock: &Clock,
        ledger: &Ledger,
        mode: Mode,
        gateways: Vec<Arc<dyn Gateway>>,
        routes: Vec<Route>,
    ) -> Result<Self, Error> {
        if let Some(other) = gateways.iter().find(|it| it.mode() != mode) {
            return Err(Error::WrongMode { code: other.code() });
        }
        let gateways: BTreeMap<&'static str, Arc<dyn Gateway>> =
            gateways.into_iter().map(|it| (it.code(), it)).collect();
        for route in &routes {
            for code in &route.gateways {
                let found = gateways.get(code.as_str());
                let gateway = found.ok_or_else(|| Error::UnknownGateway { code: code.clone() })?;
                if !gateway.takes(route.asset) {
                    return Err(Error::NoRoute { asset: route.asset });
                }
            }
        }
        let (gateways, routes) = (Arc::new(gateways), routes.into());
        Ok(Self {
            store: store.clone(),
            clock: clock.clone(),
            ledger: ledger.clone(),
            mode,
            gateways,
            routes,
        })
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// One gateway, by its code.
    pub fn gateway(&self, code: &str) -> Result<&Arc<dyn Gateway>, Error> {
        self.gateways.get(code).ok_or_else(|| Error::UnknownGateway { code: code.to_owned() })
    }

    /// Gateways for an asset, in the order in which they are tried.
    fn route(&self, asset: AssetCode) -> Result<&[String], Error> {
        let route = self.routes.iter().find(|it| it.asset == asset).map(|it| it.gateways.as_slice());
        route.filter(|it| !it.is_empty()).ok_or(Error::NoRoute { asset })
    }

    pub async fn payment(&self, id: PaymentId) -> Result<Payment, Error> {
        self.store.read("wallet.payment", async |db| row::find(db, self.mode, id).await).await
    }

    /// The newest first, of one owner or of all, older than the payment with the number `before`: at most 200.
    pub async fn payments(
        &self,
        owner: Option<&str>,
        before: Option<i64>,
        count: i64,
    ) -> Result<Vec<Payment>, Error> {
        let count = count.clamp(1, PAGE_MAX);
        self.store
            .read("wallet.payments", async |db| row::page(db, self.mode, before, owner, count).await)
            .await
    }

    /// All that was seen of a payment and its refunds, in order.
    pub async fn life(&self, id: PaymentId) -> Result<Vec<Observation>, Error> {
        self.store.read("wallet.life", async |db| life::of_payment(db, id).await).await
    }

    /// All that was seen of a payout, in order.
    pub async fn payout_life(&self, id: PayoutId) -> Result<Vec<Observation>, Error> {
        self.store.read("wallet.life", async |db| life::of_payout(db, id).await).await
    }
}

/// Every statement below, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static str> {
    [
        difference::STATEMENTS,
        learn::STATEMENTS,
        life::STATEMENTS,
        lists::STATEMENTS,
        out::STATEMENTS,
        payout::STATEMENTS,
        reconcile::STATEMENTS,
        refund::STATEMENTS,
        row::STATEMENTS,
        top_up::STATEMENTS,
        webhook::STATEMENTS,
    ]
    .concat()
}
