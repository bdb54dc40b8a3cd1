//! What is learned of a payment, from a webhook or a poll, and what follows from it.

use super::difference::{DifferenceKind, Found, found};
use super::life::{Source, Subject, see};
use super::row::{self, Payment};
use super::state::{Known, Outgoing, Refunded, Stage, share_given};
use super::top_up::value;
use super::{Error, Payments, books};
use crate::gateway::{Capture, Gateway, Gone, Told};
use crate::id::PaymentId;
use crate::money::Money;
use serde_json::{Value, json};
use store::{At, Transaction};

const LEARN: &str = "update wallet.payment set known = $2, stage = $3, captured = $4 where id = $1";

const CREDIT: &str = "
    update wallet.payment set credited = $2, credited_coins = $3 where id = $1 and credited is null";

const BOOKED: &str = "update wallet.payment set booked_at = $2 where id = $1 and booked_at is null";

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learned {
    /// It is known now, if it was not before.
    Ours,
    /// It is of nothing that was asked for here; or not yet.
    Unknown,
    /// It says nothing that we have a use for.
    Other,
}

impl Payments {
    /// Learns what a gateway tells: any number of times and in any order.
    pub(super) async fn learn(&self, gateway: &dyn Gateway, told: Told) -> Result<Learned, Error> {
        match told {
            Told::Payment { payment, reference, known } => {
                let id = match self.find_told(gateway, payment, reference.as_deref(), &known).await? {
                    Some(id) => id,
                    None => return Ok(Learned::Unknown),
                };
                self.learn_payment(id, Source::Webhook, &known).await?;
                self.advance(id).await?;
                Ok(Learned::Ours)
            }
            Told::Refund { refund, of, gone } => self.told_refund(gateway, refund, of.as_deref(), gone).await,
            Told::Payout { payout, gone } => self.told_payout(gateway, payout, gone).await,
            Told::Dispute { reference, of, units, status } => {
                let it = (reference.as_str(), units, status.as_str());
                self.learn_dispute(gateway.code(), of.as_deref(), it).await
            }
            Told::Other => Ok(Learned::Other),
        }
    }

    /// Whose notice it is: the payment whose kept reference it names, or that it names itself and that has none yet.
    async fn find_told(
        &self,
        gateway: &dyn Gateway,
        payment: Option<PaymentId>,
        reference: Option<&str>,
        known: &Known,
    ) -> Result<Option<PaymentId>, Error> {
        let code = gateway.code();
        let Some(reference) = reference else { return Ok(None) };
        let found = self
            .store
            .read("wallet.payment_told", async |db| row::at_gateway(db, code, self.mode, reference).await)
            .await?;
        if let Some(found) = found {
            return Ok(Some(found.id));
        }
        let Some(id) = payment else { return Ok(None) };
        match self.adopt(id, code, reference).await {
            Ok(true) => Ok(Some(id)),
            // Made twice, and this is the one that no payer was shown. That it was paid all the same is for people.
            Ok(false) => {
                if known.captured() > 0 {
                    let (ours, theirs) = (None, Some(known.captured()));
                    let it = Found { kind: DifferenceKind::Stray, subject: reference, ours, theirs };
                    self.differ(code, &it).await?;
                }
                Ok(None)
            }
            Err(Error::UnknownPayment { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Joins what was seen to what is known.
    pub(super) async fn learn_payment(
        &self,
        id: PaymentId,
        source: Source,
        seen: &Known,
    ) -> Result<Payment, Error> {
        let learned = self.store.run_tx("wallet.payment_learn", async |tx| {
            let mut payment = row::hold(tx, self.mode, id).await?;
            self.join(tx, &mut payment, source, seen).await?;
            Ok::<_, Error>(payment)
        });
        learned.await
    }

    /// The same for a payment whose row is held.
    async fn join(
        &self,
        tx: &Transaction<'_>,
        payment: &mut Payment,
        source: Source,
        seen: &Known,
    ) -> Result<(), Error> {
        let before = payment.known.clone();
        payment.known.join(seen);
        if payment.known != before {
            let (stage, captured) = (payment.known.stage.word(), payment.known.captured());
            let params: store::Params<'_> = &[&payment.id.uuid(), &value(&payment.known), &stage, &captured];
            tx.execute(LEARN, params).await?;
        } else if source == Source::Poll {
            // Nothing new, as most polls.
            return Ok(());
        }
        let what = (seen.stage.word(), Some(value(seen)));
        see(tx, Subject::Payment(payment.id), source, what, self.clock.now()).await
    }

    /// Joins a refund, as the gateway shows it, to its payment.
    pub(super) async fn join_refund(
        &self,
        tx: &Transaction<'_>,
        payment: &mut Payment,
        gone: &Gone,
    ) -> Result<(), Error> {
        let refunded = Refunded { units: gone.units, outgoing: gone.outgoing };
        let seen = Known { refunds: [(gone.reference.clone(), refunded)].into(), ..Known::default() };
        let before = payment.known.clone();
        payment.known.join(&seen);
        if payment.known != before {
            let (stage, captured) = (payment.known.stage.word(), payment.known.captured());
            let params: store::Params<'_> = &[&payment.id.uuid(), &value(&payment.known), &stage, &captured];
            tx.execute(LEARN, params).await?;
        }
        Ok(())
    }

    /// A refund that nobody here has asked for: somebody has made it at the gateway.
    pub(super) async fn learn_stray_refund(
        &self,
        gateway: &str,
        of: &str,
        gone: &Gone,
    ) -> Result<Learned, Error> {
        let mode = self.mode;
        let find = async |db: &store::Client<'_>| row::at_gateway(db, gateway, mode, of).await;
        let Some(found) = self.store.read("wallet.payment_told", find).await? else {
            return Ok(Learned::Unknown);
        };
        let joined = self.store.run_tx("wallet.payment_learn", async |tx| {
            let mut payment = row::hold(tx, mode, found.id).await?;
            self.join_refund(tx, &mut payment, gone).await?;
            let what = format!("a refund that was not asked for here: {}", gone.outgoing.word());
            let seen = json!({ "reference": gone.reference, "units": gone.units });
            let subject = Subject::Payment(found.id);
            see(tx, subject, Source::Webhook, (&what, Some(seen)), self.clock.now()).await
        });
        joined.await?;
        if gone.outgoing != Outgoing::Failed {
            let (subject, theirs) = (gone.reference.as_str(), Some(gone.units));
            let it = Found { kind: DifferenceKind::UnaskedRefund, subject, ours: None, theirs };
            self.differ(gateway, &it).await?;
        }
        Ok(Learned::Ours)
    }

    /// A payer disputes a payment: for people to answer at the gateway, in time.
    async fn learn_dispute(
        &self,
        gateway: &str,
        of: Option<&str>,
        (reference, units, status): (&str, i64, &str),
    ) -> Result<Learned, Error> {
        let mode = self.mode;
        let found = match of {
            Some(of) => {
                let find = async |db: &store::Client<'_>| row::at_gateway(db, gateway, mode, of).await;
                self.store.read("wallet.payment_told", find).await?
            }
            None => None,
        };
        let ours = found.as_ref().map(|it| it.known.captured());
        if let Some(payment) = &found {
            let seen = json!({ "reference": reference, "units": units, "status": status });
            let what = format!("a dispute: {status}");
            let saw = self.store.run_tx("wallet.payment_learn", async |tx| {
                let subject = Subject::Payment(payment.id);
                see(tx, subject, Source::Webhook, (&what, Some(seen.clone())), self.clock.now()).await
            });
            saw.await?;
        }
        let it = Found { kind: DifferenceKind::Dispute, subject: reference, ours, theirs: Some(units) };
        self.differ(gateway, &it).await?;
        Ok(if found.is_some() { Learned::Ours } else { Learned::Unknown })
    }

    /// The poll: looks at a payment at its gateway, and does what follows.
    pub async fn look(&self, id: PaymentId) -> Result<Payment, Error> {
        let payment = self.payment(id).await?;
        if let Some(reference) = &payment.reference {
            let seen = self.gateway(&payment.gateway)?.look(reference).await?;
            self.learn_payment(id, Source::Poll, &seen).await?;
        }
        self.advance(id).await
    }

    /// A payer has come back from the gateway's page, with its word for which charge is of this payment. That
    /// is no money yet: the gateway is looked at.
    pub async fn returned(&self, id: PaymentId, charge: &str, signature: &str) -> Result<Payment, Error> {
        let payment = self.payment(id).await?;
        let gateway = self.gateway(&payment.gateway)?;
        let reference = payment.reference.as_deref().ok_or(Error::UnknownPayment { id })?;
        gateway.returned(reference, charge, signature)?;
        self.look(id).await
    }

    /// Takes money that is set aside.
    pub async fn capture(&self, id: PaymentId) -> Result<Payment, Error> {
        let payment = self.look(id).await?;
        if payment.known.stage != Stage::Authorised {
            return match payment.known.stage {
                Stage::Captured => Ok(payment),
                _ => Err(Error::NothingAuthorised { id }),
            };
        }
        self.take_authorised(&payment).await?;
        self.advance(id).await
    }

    async fn take_authorised(&self, payment: &Payment) -> Result<(), Error> {
        let (id, gateway) = (payment.id, self.gateway(&payment.gateway)?);
        let (Some(reference), Some(charge)) = (&payment.reference, payment.known.authorised_charge()) else {
            return Err(Error::NothingAuthorised { id });
        };
        let seen = gateway.capture(reference, charge, payment.money).await?;
        self.learn_payment(id, Source::Answer, &seen).await?;
        Ok(())
    }

    /// Gives a payment up at its gateway, as far as that can; one that was paid meanwhile is taken in.
    pub async fn cancel(&self, id: PaymentId) -> Result<Payment, Error> {
        let payment = self.payment(id).await?;
        let seen = match &payment.reference {
            Some(reference) => self.gateway(&payment.gateway)?.cancel(reference).await?,
            None => Known::at(Stage::Cancelled),
        };
        self.learn_payment(id, Source::Answer, &seen).await?;
        self.advance(id).await
    }

    /// Does what follows from what is known: takes what is set aside, and books what was taken. Whatever of
    /// it was done before is not done again.
    pub(super) async fn advance(&self, id: PaymentId) -> Result<Payment, Error> {
        let mut payment = self.payment(id).await?;
        if payment.known.stage == Stage::Authorised && payment.capture == Capture::AtOnce {
            self.take_authorised(&payment).await?;
            payment = self.payment(id).await?;
        }
        if payment.known.captured() > 0 {
            return self.credit(payment).await;
        }
        Ok(payment)
    }

    async fn credit(&self, payment: Payment) -> Result<Payment, Error> {
        let (id, asset, now) = (payment.id, payment.money.asset(), self.clock.now());
        let subject = payment.reference.clone().unwrap_or_else(|| id.to_string());
        // Units of another currency are another amount: nothing is made of them.
        if payment.known.currencies.iter().any(|it| it != asset.text()) {
            let (ours, theirs) = (Some(payment.money.units()), Some(payment.known.captured()));
            let it = Found { kind: DifferenceKind::OtherCurrency, subject: &subject, ours, theirs };
            self.differ(&payment.gateway, &it).await?;
            return Ok(payment);
        }
        let (payment, books) = self
            .store
            .run_tx("wallet.payment_credit", async |tx| {
                let mut payment = row::hold(tx, self.mode, id).await?;
                let captured = payment.known.captured();
                if payment.credited.is_none() && captured > 0 {
                    let (units, asked) = (captured.min(payment.money.units()), payment.money.units());
                    let coins = payment.coins.map(|it| share_given(units, asked, it));
                    tx.execute(CREDIT, &[&id.uuid(), &units, &coins]).await?;
                    (payment.credited, payment.credited_coins) = (Some(units), coins);
                }
                if payment.credited != Some(captured) {
                    let (ours, theirs) = (payment.credited, Some(captured));
                    let it = Found { kind: DifferenceKind::Captured, subject: &subject, ours, theirs };
                    found(tx, &payment.gateway, self.mode, &it, now).await?;
                }
                let books = books::open(tx, self.mode, &payment.gateway, asset, now).await?;
                Ok::<_, Error>((payment, books))
            })
            .await?;
        let Some(units) = payment.credited.filter(|_| payment.booked_at.is_none()) else {
            return Ok(payment);
        };
        let money = Money::of(asset, units)?;
        let together = books.top_up(&id.to_string(), payment.account, money, payment.credited_coins)?;
        self.ledger.make_together(together).await?;
        let booked = self.store.run_tx("wallet.payment_booked", async |tx| {
            if tx.execute(BOOKED, &[&id.uuid(), &At(now)]).await? == 1 {
                let seen: Value = json!({ "units": units, "coins": payment.credited_coins });
                see(tx, Subject::Payment(id), Source::Ledger, ("booked", Some(seen)), now).await?;
            }
            Ok::<_, Error>(())
        });
        booked.await?;
        self.payment(id).await
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LEARN, CREDIT, BOOKED];
