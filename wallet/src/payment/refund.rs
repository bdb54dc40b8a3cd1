//! Refunds of what was paid: never more than was taken, and by two people.

use super::books::{self, Out};
use super::difference::{DifferenceKind, Found, found};
use super::learn::Learned;
use super::life::{Source, Subject, see};
use super::out::{self, Decision, Going, Seen, Sent, Table, check_text, may_decide, record, refusal};
use super::row::{self, Payment};
use super::state::{Outgoing, share_taken};
use super::work::SendRefund;
use super::{Error, Payments};
use crate::amount;
use crate::asset::{Asset, Coins};
use crate::gateway::{Before, Gateway, Gone, Refunding};
use crate::id::{PaymentId, RefundId};
use crate::ledger::{Move, Reason};
use crate::money::{Money, NoMoney};
use access::By;
use serde_json::json;
use store::{At, Client, Row, Transaction};
use uuid::Uuid;

const WHY_CHARS_MAX: usize = 500;

/// A refund that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct AskRefund<'a> {
    /// Made by who asks, and asked for again under the same.
    pub id: RefundId,
    pub payment: PaymentId,
    /// Of the payment's money.
    pub units: i64,
    /// For the one who approves it.
    pub why: &'a str,
}

/// A refund that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    pub id: RefundId,
    pub number: i64,
    pub payment: PaymentId,
    pub units: i64,
    /// What is taken back for it from a fan.
    pub coins: Option<i64>,
    pub why: String,
    pub going: Going,
}

const INSERT: &str = "
    insert into wallet.refund (id, payment, units, coins, why, decision, asked_by, asked_at)
    values ($1, $2, $3, $4, $5, 'asked', $6, $7)";

const ACTIVE: &str = "
    select coalesce(sum(units), 0)::bigint as units, coalesce(sum(coins), 0)::bigint as coins,
        array_remove(array_agg(reference), null) as ours
    from wallet.refund where payment = $1 and decision <> 'dropped' and outgoing is distinct from 'failed'";

macro_rules! refunds {
    ($rest:literal) => {
        concat!(
            "select r.id, r.number, r.payment, r.units, r.coins, r.why, r.decision, r.asked_by, r.asked_at,
                r.decided_by, r.decided_at, r.is_asked, r.reference, r.outgoing, r.reason, r.settled_at
            from wallet.refund r join wallet.payment p on p.id = r.payment ",
            $rest
        )
    };
}

pub(super) use refunds;

const FIND: &str = refunds!("where r.id = $1 and p.mode = $2");
const HOLD: &str = refunds!("where r.id = $1 and p.mode = $2 for no key update of r");
const AT_GATEWAY: &str = refunds!("where p.gateway = $1 and p.mode = $2 and r.reference = $3");
const OF_PAYMENT: &str = refunds!("where p.id = $1 and p.mode = $2 order by r.number");
const WAITING: &str = refunds!(
    "where p.mode = $1 and r.decision = 'asked' and ($2::bigint is null or r.number < $2)
        order by r.number desc limit $3"
);

impl Payments {
    pub async fn refund(&self, id: RefundId) -> Result<Refund, Error> {
        let params: store::Params<'_> = &[&id.uuid(), &self.mode.word()];
        let row = self.store.read("wallet.refund", async |db| db.query_opt(FIND, params).await).await?;
        read(&row.ok_or(Error::UnknownRefund { id })?)
    }

    /// All refunds of a payment, in the order in which they were asked for.
    pub async fn refunds_of(&self, payment: PaymentId) -> Result<Vec<Refund>, Error> {
        let params: store::Params<'_> = &[&payment.uuid(), &self.mode.word()];
        let rows = self.store.read("wallet.refunds", async |db| db.query(OF_PAYMENT, params).await).await?;
        rows.iter().map(read).collect()
    }

    /// Those that wait for a second pair of eyes, the newest first, older than the one with the number
    /// `before`: at most 200.
    pub async fn refunds_waiting(&self, before: Option<i64>, count: i64) -> Result<Vec<Refund>, Error> {
        let count = count.clamp(1, super::PAGE_MAX);
        let params: store::Params<'_> = &[&self.mode.word(), &before, &count];
        let rows = self.store.read("wallet.refunds", async |db| db.query(WAITING, params).await).await?;
        rows.iter().map(read).collect()
    }

    /// Asks for a refund, and keeps apart what is to be taken back for it: what is spent already cannot be.
    pub async fn ask_refund(&self, wanted: &AskRefund<'_>, by: &By) -> Result<Refund, Error> {
        amount::units(wanted.units).map_err(NoMoney::from)?;
        check_text(wanted.why, WHY_CHARS_MAX)?;
        let asked =
            self.store.run_tx("wallet.refund_ask", async |tx| self.insert_refund(tx, wanted, by).await);
        asked.await?;
        let refund = self.refund(wanted.id).await?;
        if refund.going.decision != Decision::Asked {
            return Ok(refund);
        }
        let (_, out) = self.refund_out(&refund).await?;
        if let Err(error) = self.keep(&out).await {
            if matches!(error, Error::Ledger(crate::Error::Refused(_))) {
                self.drop_refund(&refund, by, "not enough is left to take back").await?;
                self.settle_refund(refund.id).await?;
            }
            return Err(error);
        }
        // Refused in the moment before it was held.
        let refund = self.refund(wanted.id).await?;
        if refund.going.decision == Decision::Dropped {
            self.give_back(&out).await?;
        }
        Ok(refund)
    }

    async fn insert_refund(
        &self,
        tx: &Transaction<'_>,
        wanted: &AskRefund<'_>,
        by: &By,
    ) -> Result<(), Error> {
        // The sum of all refunds is looked at under the payment's lock.
        let payment = row::hold(tx, self.mode, wanted.payment).await?;
        if let Some(row) = tx.query_opt(FIND, &[&wanted.id.uuid(), &self.mode.word()]).await? {
            let before = read(&row)?;
            let is_same = before.payment == wanted.payment && before.units == wanted.units;
            return if is_same { Ok(()) } else { Err(Error::OtherContent { id: wanted.id.to_string() }) };
        }
        let id = wanted.payment;
        let Some(credited) = payment.credited.filter(|_| payment.booked_at.is_some()) else {
            return Err(Error::NotCaptured { id });
        };
        let row = tx.query_one(ACTIVE, &[&id.uuid()]).await?;
        let (units, coins): (i64, i64) = (row.get("units"), row.get("coins"));
        let ours: Vec<String> = row.get::<_, Option<Vec<String>>>("ours").unwrap_or_default();
        let is_stray = |it: &(&String, &super::state::Refunded)| {
            !ours.contains(it.0) && it.1.outgoing != Outgoing::Failed
        };
        let strays = payment.known.refunds.iter().filter(is_stray);
        let strays = strays.fold(0_i64, |sum, it| sum.saturating_add(it.1.units));
        let left = credited.saturating_sub(units).saturating_sub(strays).max(0);
        if wanted.units > left {
            return Err(Error::MoreThanCaptured { left, asked: wanted.units });
        }
        let taken =
            payment.credited_coins.map(|all| share_taken(units + wanted.units, credited, all) - coins);
        if taken.is_some_and(|it| it <= 0) {
            return Err(Error::TooSmall { asked: wanted.units });
        }
        let params: store::Params<'_> =
            &[&wanted.id.uuid(), &id.uuid(), &wanted.units, &taken, &wanted.why, &by.actor.id, &At(by.at)];
        tx.execute(INSERT, params).await?;
        let asked =
            json!({ "payment": id.to_string(), "units": wanted.units, "coins": taken, "why": wanted.why });
        record(tx, by, "refund.ask", &wanted.id.to_string(), asked.clone()).await?;
        let subject = Subject::Refund(id, wanted.id);
        see(tx, subject, Source::Ask, ("a refund is asked for", Some(asked)), by.at).await
    }

    /// The second pair of eyes. The refund is sent by a job.
    pub async fn approve_refund(&self, id: RefundId, by: &By) -> Result<Refund, Error> {
        let refund = self.refund(id).await?;
        may_decide(&refund.going, &id.to_string())?;
        if refund.going.asked_by == by.actor.id {
            return Err(Error::SameEyes);
        }
        // It was not, if the process ended too soon.
        let (_, out) = self.refund_out(&refund).await?;
        self.keep(&out).await?;
        let approved = self.store.run_tx("wallet.refund_approve", async |tx| {
            if out::decide(tx, Table::Refund, id.uuid(), Decision::Approved, by, None).await? == 0 {
                return Err(Error::Decided { id: id.to_string(), decision: "decided" });
            }
            self.put(tx, &SendRefund { id: id.to_string() }, &id.to_string(), None).await?;
            let units = json!({ "units": refund.units });
            record(tx, by, "refund.approve", &id.to_string(), units).await?;
            let subject = Subject::Refund(refund.payment, id);
            see(tx, subject, Source::People, ("the refund is approved", None), by.at).await
        });
        approved.await?;
        self.refund(id).await
    }

    /// It is not made: by whoever may, also by the one who asked for it.
    pub async fn refuse_refund(&self, id: RefundId, why: &str, by: &By) -> Result<Refund, Error> {
        check_text(why, WHY_CHARS_MAX)?;
        let refund = self.refund(id).await?;
        may_decide(&refund.going, &id.to_string())?;
        if !self.drop_refund(&refund, by, why).await? {
            return Err(Error::Decided { id: id.to_string(), decision: "decided" });
        }
        self.settle_refund(id).await?;
        self.refund(id).await
    }

    async fn drop_refund(&self, refund: &Refund, by: &By, why: &str) -> Result<bool, Error> {
        let id = refund.id;
        let dropped = self.store.run_tx("wallet.refund_drop", async |tx| {
            if out::decide(tx, Table::Refund, id.uuid(), Decision::Dropped, by, Some(why)).await? == 0 {
                return Ok(false);
            }
            // What is held is freed at once, or by the job where the process ends before.
            self.put(tx, &SendRefund { id: id.to_string() }, &id.to_string(), None).await?;
            record(tx, by, "refund.refuse", &id.to_string(), json!({ "why": why })).await?;
            let (subject, what) =
                (Subject::Refund(refund.payment, id), format!("the refund is dropped: {why}"));
            see(tx, subject, Source::People, (&what, None), by.at).await?;
            Ok::<_, Error>(true)
        });
        dropped.await
    }

    /// What the ledger holds for it, and its payment.
    async fn refund_out(&self, refund: &Refund) -> Result<(Payment, Out), Error> {
        let payment = self.payment(refund.payment).await?;
        let (gateway, asset) = (payment.gateway.as_str(), payment.money.asset());
        let books = self.store.run_tx("wallet.books", async |tx| {
            books::open(tx, self.mode, gateway, asset, self.clock.now()).await
        });
        let books = books.await?;
        let units = |asset, units, from, to| {
            Move::of(asset, units, from, to, Reason::Refund)
                .map_err(|error| Error::from(NoMoney::from(error)))
        };
        let (held, with) = match refund.coins {
            Some(coins) => (
                units(Coins::CODE, coins, payment.account, books.issuer)?,
                Some(units(asset, refund.units, books.sales, books.gateway)?),
            ),
            None => (units(asset, refund.units, payment.account, books.gateway)?, None),
        };
        Ok((payment, Out { what: "refund", id: refund.id.to_string(), held, with }))
    }

    /// Sends it, or looks at it; what is known in the end is settled.
    pub(super) async fn send_refund(&self, id: RefundId) -> Result<Sent, Error> {
        let refund = self.refund(id).await?;
        if refund.going.is_over() {
            return Ok(Sent::Over);
        }
        let waits = matches!(refund.going.outgoing, None | Some(Outgoing::Sent));
        if refund.going.decision == Decision::Approved && waits {
            self.ask_gateway(&refund).await?;
        }
        self.settle_refund(id).await
    }

    async fn ask_gateway(&self, refund: &Refund) -> Result<(), Error> {
        let payment = self.payment(refund.payment).await?;
        let gateway = self.gateway(&payment.gateway)?;
        let subject = Subject::Refund(payment.id, refund.id);
        if let Some(reference) = &refund.going.reference {
            return match gateway.look_at_refund(reference).await {
                Ok(gone) => self.learn_refund(refund, Seen::gone(&gone, Source::Poll), Some(&gone)).await,
                Err(error) => self.note_out(subject, &error).await,
            };
        }
        let (Some(reference), Some(charge)) = (&payment.reference, payment.known.captured_charge()) else {
            return Err(Error::NotCaptured { id: payment.id });
        };
        self.ask_for(Table::Refund, refund.id.uuid()).await?;
        let refunding = Refunding {
            refund: refund.id,
            reference,
            charge,
            money: Money::of(payment.money.asset(), refund.units)?,
            before: if refund.going.is_asked { Before::Perhaps } else { Before::Nothing },
        };
        match gateway.refund(refunding).await {
            Ok(gone) => self.learn_refund(refund, Seen::gone(&gone, Source::Answer), Some(&gone)).await,
            Err(error) => match refusal(&error) {
                Some(reason) => self.learn_refund(refund, Seen::refused(&reason), None).await,
                None => self.note_out(subject, &error).await,
            },
        }
    }

    /// What a webhook tells of a refund, ours or not.
    pub(super) async fn told_refund(
        &self,
        gateway: &dyn Gateway,
        refund: Option<RefundId>,
        of: Option<&str>,
        gone: Gone,
    ) -> Result<Learned, Error> {
        let (code, mode) = (gateway.code(), self.mode);
        let found = self.store.read("wallet.refund_told", async |db| {
            find_told(db, (code, mode.word()), refund, &gone.reference).await
        });
        let ours = match found.await? {
            // Whoever has our id without having been asked has it from elsewhere.
            Some(it) if it.going.is_asked && self.payment(it.payment).await?.gateway == code => it,
            _ => {
                return match of {
                    Some(of) => self.learn_stray_refund(code, of, &gone).await,
                    None => Ok(Learned::Unknown),
                };
            }
        };
        self.learn_refund(&ours, Seen::gone(&gone, Source::Webhook), Some(&gone)).await?;
        self.settle_refund(ours.id).await?;
        Ok(Learned::Ours)
    }

    async fn learn_refund(&self, refund: &Refund, seen: Seen<'_>, gone: Option<&Gone>) -> Result<(), Error> {
        let (id, now) = (refund.id, self.clock.now());
        let learned = self.store.run_tx("wallet.refund_learn", async |tx| {
            let mut payment = row::hold(tx, self.mode, refund.payment).await?;
            let row = tx.query_opt(HOLD, &[&id.uuid(), &self.mode.word()]).await?;
            let held = read(&row.ok_or(Error::UnknownRefund { id })?)?;
            if let Some(gone) = gone {
                self.join_refund(tx, &mut payment, gone).await?;
                let is_other = held.going.reference.as_ref().is_some_and(|it| *it != gone.reference);
                if is_other || gone.units != held.units {
                    let (ours, theirs) = (Some(held.units), Some(gone.units));
                    let it =
                        Found { kind: DifferenceKind::SentOther, subject: &gone.reference, ours, theirs };
                    found(tx, &payment.gateway, self.mode, &it, now).await?;
                }
                if is_other {
                    return Ok(());
                }
            }
            let subject = Subject::Refund(refund.payment, id);
            let which = (Table::Refund, id.uuid(), subject);
            out::learn(tx, which, held.going.outgoing, seen, now).await
        });
        learned.await
    }

    async fn settle_refund(&self, id: RefundId) -> Result<Sent, Error> {
        let refund = self.refund(id).await?;
        let (_, out) = self.refund_out(&refund).await?;
        let which = (Table::Refund, id.uuid(), Subject::Refund(refund.payment, id));
        self.settle(which, &refund.going, &out).await?;
        let is_over = self.refund(id).await?.going.is_over();
        Ok(if is_over { Sent::Over } else { Sent::Waits })
    }
}

async fn find_told(
    db: &Client<'_>,
    (gateway, mode): (&str, &str),
    refund: Option<RefundId>,
    reference: &str,
) -> Result<Option<Refund>, Error> {
    let row = match refund {
        Some(id) => db.query_opt(FIND, &[&id.uuid(), &mode]).await?,
        None => db.query_opt(AT_GATEWAY, &[&gateway, &mode, &reference]).await?,
    };
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &Row) -> Result<Refund, Error> {
    let id = RefundId::of_uuid(row.get("id"));
    Ok(Refund {
        id,
        number: row.get("number"),
        payment: PaymentId::of_uuid(row.get::<_, Uuid>("payment")),
        units: row.get("units"),
        coins: row.get("coins"),
        why: row.get("why"),
        going: Going::read(row, &id.to_string())?,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[INSERT, ACTIVE, FIND, HOLD, AT_GATEWAY, OF_PAYMENT, WAITING];
