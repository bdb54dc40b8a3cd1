//! How a payment begins: its row, and the gateway that takes it.

use super::life::{Source, Subject, see};
use super::row::{self, Payment};
use super::state::Known;
use super::{Error, Payments, books};
use crate::account;
use crate::amount::Amount;
use crate::asset::{Asset, Coins};
use crate::gateway::{Before, Capture, GatewayError, Opened, Opening, Page};
use crate::id::{AccountId, PaymentId};
use crate::ledger::Kind;
use crate::money::Money;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::At;

/// How long a payer has.
const TIME: SignedDuration = SignedDuration::from_hours(1);

/// What is paid for.
#[derive(Clone, Copy, Debug)]
pub enum Buying {
    /// Coins, for a fan's account of coins.
    Coins(Amount<Coins>),
    /// The money itself, for a partner's account of it.
    Money,
}

/// A payment that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct TopUp<'a> {
    /// Made by who asks, and asked for again under the same.
    pub id: PaymentId,
    /// Whose it is: `fan_…`, `org_…`.
    pub owner: &'a str,
    /// What is credited.
    pub account: AccountId,
    pub buying: Buying,
    pub money: Money,
    pub capture: Capture,
}

/// How far a payment has come that was asked for.
#[derive(Clone, Debug)]
pub enum Begun {
    /// The payer can pay, on a page with this.
    Open { gateway: String, page: Page },
    /// The gateway has been asked, and nobody knows whether it has it. It is asked again by itself; so may
    /// you, under the same id.
    Unsure { gateway: String },
    /// It was paid, refused or given up before.
    Over(Box<Payment>),
}

const INSERT: &str = "
    insert into wallet.payment
        (id, mode, owner, account, asset, units, coins, capture, gateway, is_asked, known, stage, made_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, true, $10, $11, $12, $13)
    on conflict (id) do nothing";

const KEEP: &str = "
    update wallet.payment set reference = $3 where id = $1 and gateway = $2 and (reference is null or reference = $3)";

const MOVE_ON: &str = "
    update wallet.payment set gateway = $3 where id = $1 and gateway = $2 and reference is null and is_asked";

const UNASK: &str =
    "update wallet.payment set is_asked = false where id = $1 and gateway = $2 and reference is null";

const ASK_AGAIN: &str = "
    update wallet.payment set is_asked = true, gateway = $2
    where id = $1 and not is_asked and reference is null and refused is null and stage <> 'cancelled'";

const REFUSE: &str =
    "update wallet.payment set refused = $3 where id = $1 and gateway = $2 and reference is null";

impl Payments {
    /// Begins a payment, or answers how far it is. The gateways of the money's route are tried one after
    /// another, for as long as each is known not to have taken it.
    pub async fn open_top_up(&self, wanted: &TopUp<'_>) -> Result<Begun, Error> {
        let route = self.route(wanted.money.asset())?;
        self.check_account(wanted).await?;
        if self.insert(wanted, &route[0]).await? {
            return self.try_each(wanted.id, route).await;
        }
        let payment = self.payment(wanted.id).await?;
        let is_same = payment.owner == wanted.owner
            && payment.account == wanted.account
            && payment.money == wanted.money
            && payment.coins == coins(wanted.buying)
            && payment.capture == wanted.capture;
        if !is_same {
            return Err(Error::OtherContent { id: wanted.id.to_string() });
        }
        self.go_on(payment).await
    }

    /// Where a payment that was asked for before goes on.
    pub(super) async fn go_on(&self, payment: Payment) -> Result<Begun, Error> {
        if payment.refused.is_some() || payment.known.stage.is_final() {
            return Ok(Begun::Over(Box::new(payment)));
        }
        let gateway = self.gateway(&payment.gateway)?;
        if let Some(reference) = &payment.reference {
            let page = gateway.page(reference).await?;
            return Ok(Begun::Open { gateway: payment.gateway, page });
        }
        if !payment.is_asked {
            let route = self.route(payment.money.asset())?;
            let asked = self.store.run_tx("wallet.payment_ask", async |tx| {
                Ok::<_, Error>(tx.execute(ASK_AGAIN, &[&payment.id.uuid(), &route[0]]).await? == 1)
            });
            if asked.await? {
                return self.try_each(payment.id, route).await;
            }
            // Somebody else is at it.
            return Ok(Begun::Unsure { gateway: payment.gateway });
        }
        // It may be there: the same gateway looks, and makes it if not. That this call is lost says nothing
        // of the one before.
        match gateway.open(opening(&payment, Before::Perhaps)).await {
            Ok(opened) => self.opened(&payment, opened).await,
            Err(GatewayError::Refused { code, message }) => self.refuse(&payment, code, message).await,
            Err(error) => {
                self.note(&payment, Source::Answer, &format!("{}: {error}", error.word()), None).await?;
                Ok(Begun::Unsure { gateway: payment.gateway })
            }
        }
    }

    async fn check_account(&self, wanted: &TopUp<'_>) -> Result<(), Error> {
        let find = async |db: &store::Client<'_>| account::find(db, wanted.account).await;
        let found = self.store.read("wallet.account", find).await?;
        let (asset, kind) = match wanted.buying {
            Buying::Coins(_) => (Coins::CODE, Kind::Fan),
            Buying::Money => (wanted.money.asset(), Kind::Partner),
        };
        let fits = found.is_some_and(|it| it.standing.asset == asset && it.standing.kind == kind);
        if fits { Ok(()) } else { Err(Error::WrongAccount { account: wanted.account }) }
    }

    /// Whether it was there before. The row says that a gateway is asked, before it is.
    async fn insert(&self, wanted: &TopUp<'_>, gateway: &str) -> Result<bool, Error> {
        let now = self.clock.now();
        let known = Known::default();
        let value = value(&known);
        let (asset, units) = (wanted.money.asset().text(), wanted.money.units());
        let (mode, capture, stage) = (self.mode.word(), wanted.capture.word(), known.stage.word());
        let (made_at, expires_at) = (At(now), At::after(now, TIME));
        let coins = coins(wanted.buying);
        let (id, account) = (wanted.id.uuid(), wanted.account.uuid());
        let params: store::Params<'_> = &[
            &id,
            &mode,
            &wanted.owner,
            &account,
            &asset,
            &units,
            &coins,
            &capture,
            &gateway,
            &value,
            &stage,
            &made_at,
            &expires_at,
        ];
        let inserted = self.store.run_tx("wallet.payment_insert", async |tx| {
            if tx.execute(INSERT, params).await? == 0 {
                return Ok(false);
            }
            books::open(tx, self.mode, gateway, wanted.money.asset(), now).await?;
            let asked = json!({ "asset": asset, "units": units, "coins": coins, "gateway": gateway });
            see(tx, Subject::Payment(wanted.id), Source::Ask, ("asked for", Some(asked)), now).await?;
            self.put_poll(tx, wanted.id).await?;
            Ok::<_, Error>(true)
        });
        inserted.await
    }

    /// By who has just written that the first is asked: nobody has asked it before.
    async fn try_each(&self, id: PaymentId, route: &[String]) -> Result<Begun, Error> {
        let mut payment = self.payment(id).await?;
        let mut last = String::new();
        for (at, code) in route.iter().enumerate() {
            let gateway = self.gateway(code)?;
            let error = match gateway.open(opening(&payment, Before::Nothing)).await {
                Ok(opened) => return self.opened(&payment, opened).await,
                Err(error) => error,
            };
            self.note(&payment, Source::Answer, &format!("{} at {code}: {error}", error.word()), None)
                .await?;
            match error {
                GatewayError::NotSent { reason } => last = reason,
                GatewayError::Refused { code, message } => return self.refuse(&payment, code, message).await,
                GatewayError::Ambiguous { .. } => return Ok(Begun::Unsure { gateway: code.clone() }),
            }
            let next = route.get(at + 1);
            let moved = self.store.run_tx("wallet.payment_move_on", async |tx| {
                let id = payment.id.uuid();
                let moved = match next {
                    Some(next) => tx.execute(MOVE_ON, &[&id, code, next]).await?,
                    None => tx.execute(UNASK, &[&id, code]).await?,
                };
                if let Some(next) = next.filter(|_| moved == 1) {
                    books::open(tx, self.mode, next, payment.money.asset(), self.clock.now()).await?;
                }
                Ok::<_, Error>(moved == 1)
            });
            if !moved.await? {
                // Somebody who looked for it meanwhile has found it.
                return Box::pin(self.go_on(self.payment(id).await?)).await;
            }
            if let Some(next) = next {
                payment.gateway.clone_from(next);
            }
        }
        Err(Error::NoGateway { reason: last })
    }

    /// Keeps the reference, unless another was kept before: only what is kept is shown.
    async fn opened(&self, payment: &Payment, opened: Opened) -> Result<Begun, Error> {
        let (id, code, reference) = (payment.id, &payment.gateway, &opened.reference);
        let kept = self.store.run_tx("wallet.payment_keep", async |tx| {
            let kept = tx.execute(KEEP, &[&id.uuid(), code, reference]).await? == 1;
            let what = if kept { "opened" } else { "opened, and another was kept" };
            let seen = json!({ "gateway": code, "reference": reference });
            see(tx, Subject::Payment(id), Source::Answer, (what, Some(seen)), self.clock.now()).await?;
            Ok::<_, Error>(kept)
        });
        if kept.await? {
            return Ok(Begun::Open { gateway: code.clone(), page: opened.page });
        }
        let payment = self.payment(id).await?;
        let Some(reference) = &payment.reference else {
            return Ok(Begun::Unsure { gateway: payment.gateway });
        };
        let page = self.gateway(&payment.gateway)?.page(reference).await?;
        Ok(Begun::Open { gateway: payment.gateway, page })
    }

    async fn refuse(&self, payment: &Payment, code: String, message: String) -> Result<Begun, Error> {
        let (id, gateway) = (payment.id, &payment.gateway);
        let refused = self.store.run_tx("wallet.payment_refuse", async |tx| {
            tx.execute(REFUSE, &[&id.uuid(), gateway, &code]).await?;
            let what = format!("refused: {code}: {message}");
            see(tx, Subject::Payment(id), Source::Answer, (&what, None), self.clock.now()).await
        });
        refused.await?;
        Err(Error::Refused { code, message })
    }

    /// A line of a payment's life that changes nothing.
    pub(super) async fn note(
        &self,
        payment: &Payment,
        source: Source,
        what: &str,
        seen: Option<Value>,
    ) -> Result<(), Error> {
        let subject = Subject::Payment(payment.id);
        let noted = self.store.run_tx("wallet.payment_note", async |tx| {
            see(tx, subject, source, (what, seen), self.clock.now()).await
        });
        noted.await
    }

    /// Keeps the name of a payment that a gateway told of before it answered. None where it is another
    /// payment's, or another was kept.
    pub(super) async fn adopt(&self, id: PaymentId, gateway: &str, reference: &str) -> Result<bool, Error> {
        let adopted = self.store.run_tx("wallet.payment_adopt", async |tx| {
            row::hold(tx, self.mode, id).await?;
            Ok::<_, Error>(tx.execute(KEEP, &[&id.uuid(), &gateway, &reference]).await? == 1)
        });
        adopted.await
    }
}

fn opening(payment: &Payment, before: Before) -> Opening {
    Opening { payment: payment.id, money: payment.money, capture: payment.capture, before }
}

fn coins(buying: Buying) -> Option<i64> {
    match buying {
        Buying::Coins(amount) => Some(amount.units()),
        Buying::Money => None,
    }
}

pub(super) fn value(known: &Known) -> Value {
    serde_json::to_value(known).expect("texts, numbers and maps of texts are JSON")
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[INSERT, KEEP, MOVE_ON, UNASK, ASK_AGAIN, REFUSE];
