//! What balances are, and whether a transfer may change them. Pure: a batch is judged one transfer after another, so that its outcome is
//! that of each by itself.

use super::transfer::{Act, Move, Reason, Transfer};
use crate::amount::UNITS_MAX;
use crate::asset::AssetCode;
use crate::id::{AccountId, TransferId};
use jiff::Timestamp;
use std::collections::HashMap;

/// Whose an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Fan,
    Partner,
    /// What a campaign may give.
    Budget,
    /// Vouchers of a product that nobody has yet.
    Stock,
    /// Where a fill's two sides meet: what it takes from one fan it gives to the other.
    Market,
    /// What a payment gateway owes us, or we it.
    Gateway,
    /// What was paid for units that fans bought.
    Sales,
    Fees,
    /// The other side of units that come into being: below zero by as many as there are.
    Issuer,
}

/// Where a balance may not go beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Zero: no overdraft.
    pub min: i64,
    pub max: i64,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::Fan,
        Kind::Partner,
        Kind::Budget,
        Kind::Stock,
        Kind::Market,
        Kind::Gateway,
        Kind::Sales,
        Kind::Fees,
        Kind::Issuer,
    ];

    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Fan => "fan",
            Kind::Partner => "partner",
            Kind::Budget => "budget",
            Kind::Stock => "stock",
            Kind::Market => "market",
            Kind::Gateway => "gateway",
            Kind::Sales => "sales",
            Kind::Fees => "fees",
            Kind::Issuer => "issuer",
        }
    }

    /// None where there is no such kind.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

impl Bounds {
    /// From zero upwards.
    pub const NO_OVERDRAFT: Bounds = Bounds { min: 0, max: UNITS_MAX };
    pub const NONE: Bounds = Bounds { min: -UNITS_MAX, max: UNITS_MAX };
}

/// The most that an account may take and give in a day (UTC), units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayLimits {
    pub in_max: Option<i64>,
    pub out_max: Option<i64>,
}

/// What an account has taken and given on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01 (UTC).
    pub number: i32,
    pub came: i64,
    pub went: i64,
}

impl Day {
    pub(crate) fn at(now: Timestamp) -> i32 {
        // Within what a `Timestamp` can be, which is some thousand years.
        now.as_second().div_euclid(24 * 60 * 60) as i32
    }

    /// Nothing has come or gone on a new one. A clock that goes back to an earlier day begins none.
    fn of(self, number: i32) -> Self {
        if number <= self.number { self } else { Self { number, came: 0, went: 0 } }
    }
}

/// An account as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub asset: AssetCode,
    pub kind: Kind,
    pub bounds: Bounds,
    pub limits: DayLimits,
    pub is_frozen: bool,
    /// The balance, units.
    pub posted: i64,
    /// Of it, what holds keep apart.
    pub held_out: i64,
    /// What holds may bring.
    pub held_in: i64,
    /// Entries so far.
    pub version: i64,
    /// The last on which something came or went that counts.
    pub day: Day,
}

impl Standing {
    /// With nothing on it.
    pub fn new(asset: AssetCode, kind: Kind, bounds: Bounds) -> Self {
        let (limits, day) = (DayLimits::default(), Day::default());
        Self {
            asset,
            kind,
            bounds,
            limits,
            is_frozen: false,
            posted: 0,
            held_out: 0,
            held_in: 0,
            version: 0,
            day,
        }
    }

    /// What may be spent.
    pub fn available(&self) -> i64 {
        self.posted - self.held_out
    }

    /// The most that it can become by what is held.
    fn most(&self) -> i64 {
        self.posted + self.held_in
    }
}

/// What became of a hold. It leaves `Open` once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    Open,
    Finished { units: i64 },
    Voided,
    Lapsed,
}

impl HoldState {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            HoldState::Open => "open",
            HoldState::Finished { .. } => "finished",
            HoldState::Voided => "voided",
            HoldState::Lapsed => "lapsed",
        }
    }

    pub(crate) const fn taken(self) -> Option<i64> {
        match self {
            HoldState::Finished { units } => Some(units),
            _ => None,
        }
    }
}

/// Units that are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub of: Move,
    pub until: Option<Timestamp>,
    pub state: HoldState,
}

/// A line of an account: by how much its balance changed, and what it was then. Versions of an account are 1, 2, 3…
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub transfer: TransferId,
    pub account: AccountId,
    pub change: i64,
    pub balance_after: i64,
    pub version: i64,
    /// What the account had taken and given on the day, with this.
    pub day: Day,
}

/// Why a transfer is not made. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no account {account}")]
    UnknownAccount { account: AccountId },

    #[error("account {account} is frozen")]
    Frozen { account: AccountId },

    #[error("a transfer is between two accounts")]
    SameAccount,

    #[error("account {account} is of {}, not of {}", has.text(), asked.text())]
    AssetMismatch { account: AccountId, has: AssetCode, asked: AssetCode },

    #[error("units do not go from such an account to such another for the reason {}", reason.word())]
    NotForThis { reason: Reason },

    #[error("account {account} would go below its bound: {available} can be spent")]
    BelowBound { account: AccountId, available: i64 },

    #[error("account {account} would go beyond its bound")]
    AboveBound { account: AccountId },

    #[error("account {account} has reached what it may {} in a day: {left} units are left", direction.verb())]
    DayLimit { account: AccountId, direction: Direction, left: i64 },

    #[error("another transfer was made under the id {id}")]
    OtherContent { id: TransferId },

    #[error("of transfers that are made together, some were made before and some not")]
    PartlyMade,

    #[error("there is no hold {id}")]
    UnknownHold { id: TransferId },

    #[error("the hold {id} is finished, voided or over")]
    Resolved { id: TransferId },

    #[error("the hold {id} is not over yet")]
    NotOver { id: TransferId },

    #[error("the time of the hold {id} is over")]
    Over { id: TransferId },

    #[error("the hold is of {held} units, and no {asked} can be taken")]
    MoreThanHeld { held: i64, asked: i64 },

    #[error("the end of a hold lies ahead")]
    EndsBefore,

    #[error("there is nothing to do")]
    Empty,
}

/// Which way units go, seen from an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

impl Direction {
    const fn verb(self) -> &'static str {
        match self {
            Direction::In => "take",
            Direction::Out => "give",
        }
    }
}

/// That it is made: now, or under the same id before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Now,
    Before,
}

/// The accounts, holds and ids that the transfers of a batch name, and the entries that came of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    accounts: HashMap<AccountId, Standing>,
    holds: HashMap<TransferId, Hold>,
    /// What was made under an id.
    digests: HashMap<TransferId, [u8; 32]>,
    entries: Vec<Entry>,
}

impl Book {
    pub fn open(&mut self, id: AccountId, standing: Standing) {
        self.accounts.insert(id, standing);
    }

    /// A hold that was made before.
    pub fn remember_hold(&mut self, id: TransferId, hold: Hold) {
        self.holds.insert(id, hold);
    }

    /// A transfer that was made before.
    pub fn remember(&mut self, id: TransferId, digest: [u8; 32]) {
        self.digests.insert(id, digest);
    }

    pub fn account(&self, id: AccountId) -> Option<&Standing> {
        self.accounts.get(&id)
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = (AccountId, &Standing)> {
        self.accounts.iter().map(|(id, it)| (*id, it))
    }

    pub(crate) fn holds(&self) -> impl Iterator<Item = (TransferId, &Hold)> {
        self.holds.iter().map(|(id, it)| (*id, it))
    }

    pub fn hold(&self, id: TransferId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// The digest of what was made under an id.
    pub(crate) fn digest(&self, id: TransferId) -> Option<&[u8; 32]> {
        self.digests.get(&id)
    }

    /// What was made under each id.
    #[cfg(test)]
    pub(super) fn digests_for_tests(&self) -> &HashMap<TransferId, [u8; 32]> {
        &self.digests
    }

    /// What came of all transfers so far, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Makes transfers that belong together: all, or none. Under ids that were made before with the same content, nothing is done again.
    pub fn make(&mut self, together: &[Transfer], now: Timestamp) -> Result<Made, Refusal> {
        if together.is_empty() {
            return Err(Refusal::Empty);
        }
        let mut before = 0;
        for transfer in together {
            match self.digests.get(&transfer.id) {
                Some(digest) if *digest == transfer.digest() => before += 1,
                Some(_) => return Err(Refusal::OtherContent { id: transfer.id }),
                None => {}
            }
        }
        if before == together.len() {
            return Ok(Made::Before);
        }
        if before > 0 {
            return Err(Refusal::PartlyMade);
        }
        let mut undo = Undo { entries: self.entries.len(), ..Undo::default() };
        for transfer in together {
            // The same id twice within what belongs together.
            let judged = match self.digests.insert(transfer.id, transfer.digest()) {
                None => {
                    undo.ids.push(transfer.id);
                    self.act(transfer, now, &mut undo)
                }
                Some(_) => Err(Refusal::OtherContent { id: transfer.id }),
            };
            if let Err(refusal) = judged {
                self.undo(undo);
                return Err(refusal);
            }
        }
        Ok(Made::Now)
    }

    fn act(&mut self, transfer: &Transfer, now: Timestamp, undo: &mut Undo) -> Result<(), Refusal> {
        match transfer.act {
            Act::Post(of) => {
                self.may_move(&of)?;
                self.within_day(&of, now)?;
                self.enter(transfer.id, &of, of.units, now, undo)
            }
            Act::Hold { of, until } => {
                self.may_move(&of)?;
                if until.is_some_and(|it| it <= now) {
                    return Err(Refusal::EndsBefore);
                }
                self.within_day(&of, now)?;
                self.keep(&of, of.units, undo)?;
                undo.holds.push((transfer.id, self.holds.get(&transfer.id).copied()));
                self.holds.insert(transfer.id, Hold { of, until, state: HoldState::Open });
                Ok(())
            }
            Act::Finish { hold: id, units } => {
                let hold = self.open_hold(id)?;
                if hold.until.is_some_and(|it| it <= now) {
                    return Err(Refusal::Over { id });
                }
                let units = units.unwrap_or(hold.of.units);
                if !(1..=hold.of.units).contains(&units) {
                    return Err(Refusal::MoreThanHeld { held: hold.of.units, asked: units });
                }
                self.may_move(&hold.of)?;
                self.resolve(id, hold, HoldState::Finished { units }, undo)?;
                self.enter(transfer.id, &hold.of, units, now, undo)
            }
            Act::Void { hold: id } => {
                let hold = self.open_hold(id)?;
                self.resolve(id, hold, HoldState::Voided, undo)
            }
            Act::Lapse { hold: id } => {
                let hold = self.open_hold(id)?;
                if hold.until.is_none_or(|it| it > now) {
                    return Err(Refusal::NotOver { id });
                }
                self.resolve(id, hold, HoldState::Lapsed, undo)
            }
        }
    }

    /// What has nothing to do with how much there is.
    fn may_move(&self, of: &Move) -> Result<(), Refusal> {
        if of.debit == of.credit {
            return Err(Refusal::SameAccount);
        }
        let (debit, credit) = (self.side(of.debit, of)?, self.side(of.credit, of)?);
        if of.reason.joins(debit, credit) { Ok(()) } else { Err(Refusal::NotForThis { reason: of.reason }) }
    }

    fn side(&self, account: AccountId, of: &Move) -> Result<Kind, Refusal> {
        let standing = self.accounts.get(&account).ok_or(Refusal::UnknownAccount { account })?;
        if standing.asset != of.asset {
            return Err(Refusal::AssetMismatch { account, has: standing.asset, asked: of.asset });
        }
        if standing.is_frozen { Err(Refusal::Frozen { account }) } else { Ok(standing.kind) }
    }

    fn open_hold(&self, id: TransferId) -> Result<Hold, Refusal> {
        let hold = self.holds.get(&id).ok_or(Refusal::UnknownHold { id })?;
        if hold.state == HoldState::Open { Ok(*hold) } else { Err(Refusal::Resolved { id }) }
    }

    /// Whether both sides may give and take so much today, with all that they hold. A hold that was within it is finished whatever the day.
    fn within_day(&self, of: &Move, now: Timestamp) -> Result<(), Refusal> {
        if !of.reason.counts() {
            return Ok(());
        }
        let today = Day::at(now);
        for (account, direction) in [(of.debit, Direction::Out), (of.credit, Direction::In)] {
            let standing = self.accounts.get(&account).ok_or(Refusal::UnknownAccount { account })?;
            let day = standing.day.of(today);
            let (max, so_far) = match direction {
                Direction::In => (standing.limits.in_max, day.came + standing.held_in),
                Direction::Out => (standing.limits.out_max, day.went + standing.held_out),
            };
            if let Some(max) = max
                && so_far + of.units > max
            {
                return Err(Refusal::DayLimit { account, direction, left: (max - so_far).max(0) });
            }
        }
        Ok(())
    }

    /// Moves units, and writes a line on both sides.
    fn enter(
        &mut self,
        transfer: TransferId,
        of: &Move,
        units: i64,
        now: Timestamp,
        undo: &mut Undo,
    ) -> Result<(), Refusal> {
        for (account, change) in [(of.debit, -units), (of.credit, units)] {
            let standing = self.changed(account, undo, |it| {
                it.posted += change;
                it.version += 1;
                if of.reason.counts() {
                    it.day = it.day.of(Day::at(now));
                    // Of as many units as fit an account; a day with more is beyond any limit.
                    it.day.came = it.day.came.saturating_add(change.max(0));
                    it.day.went = it.day.went.saturating_add((-change).max(0));
                }
            })?;
            let Standing { posted: balance_after, version, day, .. } = standing;
            self.entries.push(Entry { transfer, account, change, balance_after, version, day });
        }
        Ok(())
    }

    /// Keeps units apart on both sides; fewer where `units` is below zero.
    fn keep(&mut self, of: &Move, units: i64, undo: &mut Undo) -> Result<(), Refusal> {
        self.changed(of.debit, undo, |it| it.held_out += units)?;
        self.changed(of.credit, undo, |it| it.held_in += units)?;
        Ok(())
    }

    /// What is frozen still gives back what it held.
    fn resolve(
        &mut self,
        id: TransferId,
        hold: Hold,
        state: HoldState,
        undo: &mut Undo,
    ) -> Result<(), Refusal> {
        self.keep(&hold.of, -hold.of.units, undo)?;
        undo.holds.push((id, Some(hold)));
        self.holds.insert(id, Hold { state, ..hold });
        Ok(())
    }

    /// Changes an account, if it stays within its bounds.
    fn changed(
        &mut self,
        account: AccountId,
        undo: &mut Undo,
        change: impl FnOnce(&mut Standing),
    ) -> Result<Standing, Refusal> {
        let standing = self.accounts.get_mut(&account).ok_or(Refusal::UnknownAccount { account })?;
        let before = *standing;
        let mut after = before;
        change(&mut after);
        // What brings an account nearer to its bounds is never refused, such as when they were narrowed.
        if after.available() < before.available().min(after.bounds.min) {
            return Err(Refusal::BelowBound { account, available: before.available() - before.bounds.min });
        }
        if after.most() > before.most().max(after.bounds.max) {
            return Err(Refusal::AboveBound { account });
        }
        undo.accounts.push((account, before));
        *standing = after;
        Ok(after)
    }

    fn undo(&mut self, undo: Undo) {
        for (account, before) in undo.accounts.into_iter().rev() {
            self.accounts.insert(account, before);
        }
        for (id, before) in undo.holds.into_iter().rev() {
            match before {
                Some(hold) => self.holds.insert(id, hold),
                None => self.holds.remove(&id),
            };
        }
        for id in undo.ids {
            self.digests.remove(&id);
        }
        self.entries.truncate(undo.entries);
    }
}

/// What was before the transfers that belong together.
#[derive(Default)]
struct Undo {
    accounts: Vec<(AccountId, Standing)>,
    holds: Vec<(TransferId, Option<Hold>)>,
    ids: Vec<TransferId>,
    entries: usize,
}
