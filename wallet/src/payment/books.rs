//! What the ledger is to make of payments. Every transfer's id follows from what it is for, so that doing it
//! again does nothing.

use super::{Error, Payments};
use crate::account::{self, Wanted};
use crate::asset::{Asset, AssetCode, Coins};
use crate::gateway::{LineKind, Mode};
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Bounds, Kind, Move, Reason, Refusal, Transfer};
use crate::metadata::Metadata;
use crate::money::Money;
use jiff::Timestamp;
use store::Transaction;

/// The accounts that payments of one gateway and asset go through, beside whose they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Books {
    /// What the gateway owes us: below zero by as much.
    pub(super) gateway: AccountId,
    /// What fans have paid.
    pub(super) sales: AccountId,
    /// Coins come from here.
    pub(super) issuer: AccountId,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// What was held is gone for good.
    Taken,
    /// What was held is free again.
    Free,
    /// It was taken, and has come back.
    Back,
}

impl Settled {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Settled::Taken => "taken",
            Settled::Free => "free",
            Settled::Back => "back",
        }
    }
}

/// What is held while money is on its way out, and what goes with it.
#[derive(Clone, Debug)]
pub(super) struct Out {
    /// "refund" or "payout", and our id: what the transfers' ids follow from.
    pub(super) what: &'static str,
    pub(super) id: String,
    pub(super) held: Move,
    /// Money that is posted when the hold is taken: of a fan's refund, whose hold is of coins.
    pub(super) with: Option<Move>,
}

impl Out {
    fn id(&self, act: &str) -> TransferId {
        TransferId::following_from(&format!("{}.{act}", self.what), &[&self.id])
    }

    fn transfer(&self, name: &str, act: Act) -> Transfer {
        // An id is a text that metadata may have.
        let metadata = Metadata::new([(self.what, self.id.as_str())]).unwrap_or_default();
        Transfer::new(self.id(name), act).about(metadata)
    }

    pub(super) fn hold(&self) -> Transfer {
        self.transfer("hold", Act::Hold { of: self.held, until: None })
    }

    fn void(&self) -> Transfer {
        self.transfer("void", Act::Void { hold: self.id("hold") })
    }

    fn take(&self) -> Vec<Transfer> {
        let finish = self.transfer("finish", Act::Finish { hold: self.id("hold"), units: None });
        let money = self.with.map(|of| self.transfer("money", Act::Post(of)));
        [Some(finish), money].into_iter().flatten().collect()
    }

    /// The opposite of what was taken.
    fn give_back(&self) -> Vec<Transfer> {
        let opposite = |of: Move| Move { debit: of.credit, credit: of.debit, reason: Reason::Reversal, ..of };
        let units = self.transfer("back", Act::Post(opposite(self.held)));
        let money = self.with.map(|of| self.transfer("money back", Act::Post(opposite(of))));
        [Some(units), money].into_iter().flatten().collect()
    }
}

/// The accounts of an operator's own are apart for tests.
fn owner(of: &str, mode: Mode) -> String {
    match mode {
        Mode::Live => of.to_owned(),
        Mode::Test => format!("{of}/test"),
    }
}

/// Opens the accounts, or finds them.
pub(super) async fn open(
    tx: &Transaction<'_>,
    mode: Mode,
    gateway: &str,
    asset: AssetCode,
    now: Timestamp,
) -> Result<Books, Error> {
    let (theirs, ours) = (owner(gateway, mode), owner("crease", mode));
    let wanted = |asset, kind, owner| Wanted::new(asset, kind, owner, Bounds::NONE);
    Ok(Books {
        gateway: account::open(tx, &wanted(asset, Kind::Gateway, &theirs), now).await?,
        sales: account::open(tx, &wanted(asset, Kind::Sales, &ours), now).await?,
        issuer: account::open(tx, &wanted(Coins::CODE, Kind::Issuer, &ours), now).await?,
    })
}

/// The transfer of what a gateway keeps for one thing. Its account of fees is below zero by as much as it has kept.
pub(super) async fn fee(
    tx: &Transaction<'_>,
    mode: Mode,
    gateway: &str,
    of: (LineKind, &str),
    money: Money,
    now: Timestamp,
) -> Result<Transfer, Error> {
    let till = open(tx, mode, gateway, money.asset(), now).await?.gateway;
    let theirs = owner(gateway, mode);
    let wanted = Wanted::new(money.asset(), Kind::Fees, &theirs, Bounds::NONE);
    let fees = account::open(tx, &wanted, now).await?;
    let of_fee =
        Move::of(money.asset(), money.units(), fees, till, Reason::Fee).map_err(crate::NoMoney::from)?;
    let metadata = Metadata::new([("gateway", gateway), (of.0.word(), of.1)]).unwrap_or_default();
    Ok(Transfer::new(fee_id(mode, gateway, of), Act::Post(of_fee)).about(metadata))
}

/// What a gateway's fee is called for a line of its books.
pub(super) fn fee_id(mode: Mode, gateway: &str, (kind, reference): (LineKind, &str)) -> TransferId {
    TransferId::following_from("gateway.fee", &[gateway, mode.word(), kind.word(), reference])
}

impl Books {
    /// What a payment's credit is made of.
    pub(super) fn top_up(
        &self,
        id: &str,
        account: AccountId,
        money: Money,
        coins: Option<i64>,
    ) -> Result<Vec<Transfer>, Error> {
        let post = |name: &str, asset, units, from, to| {
            let of = Move::of(asset, units, from, to, Reason::TopUp).map_err(crate::NoMoney::from)?;
            let metadata = Metadata::new([("payment", id)]).unwrap_or_default();
            Ok::<_, Error>(
                Transfer::new(TransferId::following_from(name, &[id]), Act::Post(of)).about(metadata),
            )
        };
        let to = if coins.is_some() { self.sales } else { account };
        let mut together = vec![post("payment.money", money.asset(), money.units(), self.gateway, to)?];
        if let Some(coins) = coins.filter(|it| *it > 0) {
            together.push(post("payment.units", Coins::CODE, coins, self.issuer, account)?);
        }
        Ok(together)
    }
}

impl Payments {
    /// Keeps apart what is to go out.
    pub(super) async fn keep(&self, out: &Out) -> Result<(), Error> {
        self.ledger.make(out.hold()).await?;
        Ok(())
    }

    /// Takes what was held. Whoever finds it given back already leaves it so.
    pub(super) async fn take(&self, out: &Out) -> Result<Option<Settled>, Error> {
        match self.ledger.make_together(out.take()).await {
            Ok(_) => Ok(Some(Settled::Taken)),
            Err(crate::Error::Refused(Refusal::Resolved { .. })) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Frees what was held, or undoes that it was taken.
    pub(super) async fn give_back(&self, out: &Out) -> Result<Settled, Error> {
        match self.ledger.make(out.void()).await {
            // There was never a hold where the process ended before it was made.
            Ok(_) | Err(crate::Error::Refused(Refusal::UnknownHold { .. })) => Ok(Settled::Free),
            Err(crate::Error::Refused(Refusal::Resolved { .. })) => {
                self.ledger.ask(out.give_back()).await?;
                Ok(Settled::Back)
            }
            Err(error) => Err(error.into()),
        }
    }
}
