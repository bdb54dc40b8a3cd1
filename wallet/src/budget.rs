//! A budget that many are paid from at once: an account on each chain, so that a fan is paid on the fan's own.

use crate::account::{self, Wanted};
use crate::amount::{Amount, AmountError};
use crate::asset::Asset;
use crate::error::Error;
use crate::id::{AccountId, CHAINS, TransferId};
use crate::ledger::{Act, Bounds, Kind, Made, Move, Reason, Refusal, Transfer};
use crate::metadata::Metadata;
use crate::statement;
use crate::writer::Ledger;
use jiff::Timestamp;
use std::marker::PhantomData;
use store::{Client, Transaction};

/// How often a grant looks for another part that has enough: parts change while it looks.
const LOOKS_MAX: usize = 8;

/// The parts of a budget, one a chain, all of an asset and an owner. None goes below zero, so neither does their sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget<A> {
    parts: Vec<AccountId>,
    asset: PhantomData<fn() -> A>,
}

/// What is given to whom. Asked for again under its id, it is given once.
#[derive(Clone, Debug)]
pub struct Grant<A: Asset> {
    pub id: TransferId,
    pub to: AccountId,
    pub amount: Amount<A>,
    pub metadata: Metadata,
}

impl<A: Asset> Budget<A> {
    /// Opens the parts, or finds those that were opened before. `owner` is what the budget is called: a campaign's id.
    pub async fn open(tx: &Transaction<'_>, owner: &str, now: Timestamp) -> Result<Self, Error> {
        let wanted = Wanted::new(A::CODE, Kind::Budget, owner, Bounds::NO_OVERDRAFT);
        let mut parts = Vec::with_capacity(usize::from(CHAINS));
        for chain in 0..CHAINS {
            parts.push(account::open_on(tx, &wanted, chain, now).await?);
        }
        Ok(Self { parts, asset: PhantomData })
    }

    pub fn parts(&self) -> &[AccountId] {
        &self.parts
    }

    /// What can be given still, units.
    pub async fn left(&self, client: &Client<'_>) -> Result<i64, Error> {
        Ok(account::available(client, &self.parts).await?.iter().map(|(_, units)| units).sum())
    }

    /// Fills it: the same on each part, and the rest on the first ones. Under the same id once, with all parts or none.
    pub async fn fill(
        &self,
        ledger: &Ledger,
        id: TransferId,
        issuer: AccountId,
        amount: Amount<A>,
    ) -> Result<Made, Error> {
        let (parts, units) = (self.parts.len() as i64, amount.units());
        let part = |at: usize| units / parts + i64::from((at as i64) < units % parts);
        let mut transfers = Vec::with_capacity(self.parts.len());
        for (at, account) in self.parts.iter().enumerate().filter(|(at, _)| part(*at) > 0) {
            let of = Move::new(amount_of::<A>(part(at)), issuer, *account, Reason::Issue);
            let number = at.to_string();
            let part_id = TransferId::following_from("budget.fill", &[&id.to_string(), &number]);
            transfers.push(Transfer::new(part_id, Act::Post(of)));
        }
        ledger.make_together(transfers).await
    }

    /// Gives: from the part on the fan's chain, else from one that has enough, else from what the parts have together.
    ///
    /// Refused with [`Refusal::BelowBound`] where they have not enough.
    pub async fn grant(&self, ledger: &Ledger, grant: &Grant<A>) -> Result<Made, Error> {
        let near = self.parts[usize::from(grant.to.chain()) % self.parts.len()];
        let mut from = near;
        for look in 0..LOOKS_MAX {
            let of = Move::new(grant.amount, from, grant.to, Reason::Grant);
            let transfer = Transfer { id: grant.id, act: Act::Post(of), metadata: grant.metadata.clone() };
            let short = match ledger.make(transfer).await {
                Err(Error::Refused(Refusal::OtherContent { id })) => {
                    return self.was_given(ledger, grant, id).await;
                }
                Err(Error::Refused(short @ Refusal::BelowBound { account, .. })) if account == from => short,
                other => return other,
            };
            let left = ledger.read(async |db| account::available(db, &self.parts).await).await?;
            let richest = left.iter().max_by_key(|it| it.1).copied().unwrap_or((near, 0));
            let all: i64 = left.iter().map(|it| it.1).sum();
            if all < grant.amount.units() {
                return Err(short.into());
            }
            from = richest.0;
            if richest.1 < grant.amount.units() {
                self.gather(ledger, grant, look, &left, from).await?;
            }
        }
        Err(Error::Busy)
    }

    /// Brings what is missing on one part from the others, richest first, all of it or none.
    async fn gather(
        &self,
        ledger: &Ledger,
        grant: &Grant<A>,
        look: usize,
        left: &[(AccountId, i64)],
        to: AccountId,
    ) -> Result<(), Error> {
        let has = left.iter().find(|it| it.0 == to).map_or(0, |it| it.1);
        let mut missing = grant.amount.units() - has;
        let mut others: Vec<_> = left.iter().filter(|it| it.0 != to && it.1 > 0).collect();
        others.sort_by_key(|it| -it.1);
        let mut transfers = Vec::new();
        for (account, units) in others {
            let taken = missing.min(*units);
            if taken <= 0 {
                break;
            }
            missing -= taken;
            let of = Move::new(amount_of::<A>(taken), *account, to, Reason::Spread);
            let (id, look) = (grant.id.to_string(), look.to_string());
            let id = TransferId::following_from("budget.gather", &[&id, &look, &account.to_string()]);
            transfers.push(Transfer::new(id, Act::Post(of)));
        }
        if transfers.is_empty() {
            return Ok(());
        }
        match ledger.make_together(transfers).await {
            // Others were faster, or an earlier try came as far as this: it is looked at again.
            Err(Error::Refused(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes back what was given under `grant`, or as much of it as is there still: what the fan has spent is not. Answers the units that were
    /// taken; asked for again under the same id, it takes them once.
    pub async fn take_back(
        &self,
        ledger: &Ledger,
        grant: TransferId,
        id: TransferId,
        metadata: &Metadata,
    ) -> Result<i64, Error> {
        let given = ledger.read(async |db| statement::transfer(db, grant).await).await?;
        let given = given.ok_or(Error::UnknownTransfer { id: grant })?;
        let (debit, credit, units) = match given.transfer.act {
            Act::Post(of) if of.reason == Reason::Grant && self.parts.contains(&of.debit) => {
                (of.debit, of.credit, of.units)
            }
            _ => return Err(Error::NothingMoved { id: grant }),
        };
        for _ in 0..LOOKS_MAX {
            let (taken, left) = ledger
                .read(async |db| {
                    // In this order: where another has taken it meanwhile, that is found.
                    let left = account::available(db, &[credit]).await?;
                    Ok((statement::transfer(db, id).await?, left))
                })
                .await?;
            if let Some(taken) = taken {
                return match taken.transfer.act {
                    Act::Post(of) if (of.debit, of.reason) == (credit, Reason::Clawback) => Ok(of.units),
                    _ => Err(Refusal::OtherContent { id }.into()),
                };
            }
            let left = left.first().ok_or(Refusal::Frozen { account: credit })?.1.min(units);
            if left <= 0 {
                return Ok(0);
            }
            let of = Move::new(amount_of::<A>(left), credit, debit, Reason::Clawback);
            match ledger.make(Transfer::new(id, Act::Post(of)).about(metadata.clone())).await {
                Ok(_) => return Ok(left),
                // Spent meanwhile, or taken by another who asks the same: it is looked at again.
                Err(Error::Refused(Refusal::BelowBound { .. } | Refusal::OtherContent { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// Under this id something was made: the same grant, from whichever part had enough then, or something else.
    async fn was_given(&self, ledger: &Ledger, grant: &Grant<A>, id: TransferId) -> Result<Made, Error> {
        let made = ledger.read(async |db| statement::transfer(db, id).await).await?;
        let is_it = made.is_some_and(|it| {
            let Act::Post(of) = it.transfer.act else { return false };
            self.parts.contains(&of.debit)
                && (of.credit, of.units, of.reason) == (grant.to, grant.amount.units(), Reason::Grant)
                && of.asset == A::CODE
                && it.transfer.metadata == grant.metadata
        });
        if is_it { Ok(Made::Before) } else { Err(Refusal::OtherContent { id }.into()) }
    }
}

/// What is within an amount is one.
fn amount_of<A: Asset>(units: i64) -> Amount<A> {
    Amount::new(units).unwrap_or_else(|error: AmountError| panic!("a part of an amount: {error}"))
}
