//! How a transfer went: what was asked, what moved, what became of it, and where it stands in its chain.

use super::period::first_from;
use super::{Listed, accounts_of};
use crate::error::Error;
use crate::id::{AccountId, TransferId};
use crate::ledger::{Act, Day, Entry, Hold, HoldState, Move};
use crate::reverse;
use crate::statement::{self, Recorded};
use crate::writer::batch;
use jiff::SignedDuration;
use store::Client;

/// A transfer with all that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub recorded: Recorded,
    pub place: Place,
    /// What it moves, keeps apart or frees; of a hold's end, what its hold was of, with the units that were taken.
    pub of: Move,
    /// Where units come from, and where they go.
    pub debit: Listed,
    pub credit: Listed,
    /// The lines that came of it: none where nothing has moved.
    pub entries: Vec<Entry>,
    /// The hold that it ends.
    pub hold: Option<Recorded>,
    /// What became of it, where it is a hold.
    pub state: Option<HoldState>,
    /// What ended it, where it is a hold: one at most.
    pub ends: Vec<Recorded>,
    /// The transfer that took it back.
    pub reversal: Option<Recorded>,
}

/// Where a transfer is in the hash chain of its shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub chain: i16,
    /// The batch, from 1 on, and the number in it.
    pub seq: i64,
    pub number: i32,
    /// SHA-256 of what it says, and the chain's with its batch; in hexadecimal digits.
    pub digest: String,
    pub hash: String,
}

const PLACE: &str = "
    select t.chain, t.seq, t.number, encode(t.digest, 'hex') as digest, encode(b.hash, 'hex') as hash
    from wallet.transfer t join wallet.batch b on b.chain = t.chain and b.seq = t.seq where t.id = $1";

const ENTRY: &str = "
    select version, change, balance_after, day, day_in, day_out from wallet.entry
    where account = $1 and version >= $2 and version < $3 and transfer = $4";

/// None where no such transfer was made.
pub async fn story(client: &Client<'_>, id: TransferId) -> Result<Option<Story>, Error> {
    let mut life = statement::life(client, id).await?.into_iter();
    let Some(recorded) = life.next() else { return Ok(None) };
    let row = client.query_one(PLACE, &[&id.uuid()]).await?;
    let place = Place {
        chain: row.get("chain"),
        seq: row.get("seq"),
        number: row.get("number"),
        digest: row.get("digest"),
        hash: row.get("hash"),
    };
    let (hold_id, is_ended) = match recorded.transfer.act {
        Act::Post(_) => (None, false),
        Act::Hold { .. } => (Some(id), false),
        Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } => (Some(hold), true),
    };
    let kept = match hold_id {
        Some(hold) => batch::find_hold(client, hold).await?,
        None => None,
    };
    let of =
        moved(&recorded, kept).ok_or_else(|| Error::Unreadable { what: id.to_string(), column: "hold" })?;
    let [debit, credit] = sides(client, of).await?;
    let hold = match hold_id.filter(|_| is_ended) {
        Some(hold) => statement::transfer(client, hold).await?,
        None => None,
    };
    let entries = match recorded.transfer.act {
        Act::Post(_) | Act::Finish { .. } => entries(client, &recorded, of).await?,
        Act::Hold { .. } | Act::Void { .. } | Act::Lapse { .. } => Vec::new(),
    };
    let reversal = statement::transfer(client, reverse::id_of(id)).await?;
    let state = kept.filter(|_| !is_ended).map(|it| it.state);
    Ok(Some(Story {
        recorded,
        place,
        of,
        debit,
        credit,
        entries,
        hold,
        state,
        ends: life.collect(),
        reversal,
    }))
}

fn moved(recorded: &Recorded, kept: Option<Hold>) -> Option<Move> {
    match recorded.transfer.act {
        Act::Post(of) | Act::Hold { of, .. } => Some(of),
        Act::Finish { units, .. } => kept.map(|it| Move { units: units.unwrap_or(it.of.units), ..it.of }),
        Act::Void { .. } | Act::Lapse { .. } => kept.map(|it| it.of),
    }
}

async fn sides(client: &Client<'_>, of: Move) -> Result<[Listed; 2], Error> {
    let found = accounts_of(client, &[of.debit, of.credit]).await?;
    let side = |id: AccountId| {
        let side = found.iter().find(|it| it.account.id == id).cloned();
        side.ok_or(Error::UnknownAccount { id })
    };
    Ok([side(of.debit)?, side(of.credit)?])
}

/// Lines are found by their account and moment: there is no index by transfer, which each transfer would pay for.
async fn entries(client: &Client<'_>, recorded: &Recorded, of: Move) -> Result<Vec<Entry>, Error> {
    let transfer = recorded.transfer.id;
    // Rows keep microseconds.
    let after = recorded.made_at.saturating_add(SignedDuration::from_micros(1)).unwrap_or(recorded.made_at);
    let mut entries = Vec::with_capacity(2);
    for account in [of.debit, of.credit] {
        let first = first_from(client, account, recorded.made_at).await?;
        let end = first_from(client, account, after).await?;
        let params: store::Params<'_> = &[&account.uuid(), &first, &end, &transfer.uuid()];
        entries.extend(client.query(ENTRY, params).await?.iter().map(|row| Entry {
            transfer,
            account,
            change: row.get("change"),
            balance_after: row.get("balance_after"),
            version: row.get("version"),
            day: Day { number: row.get("day"), came: row.get("day_in"), went: row.get("day_out") },
        }));
    }
    Ok(entries)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PLACE, ENTRY];
