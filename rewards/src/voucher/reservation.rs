//! Buying: vouchers and the points for them are held together, and finished together or dropped together.
//!
//! The row says what is asked; what became of the holds is the ledger's to say. A row leaves `Asked` once, by one
//! statement: only where that made it `Reserved` are holds ever finished, and where it ended before, holds that were
//! made late are dropped.

mod holds;
pub(super) mod row;

use super::limits;
use super::{Denied, Vouchers};
use crate::error::Error;
use crate::product::{self, State as ProductState};
use holds::Part;
use jiff::Timestamp;
use row::{ask, find, reservation};
use store::{At, Client, Transaction};
use wallet::statement;
use wallet::{Act, Holder, Refusal, Transfer, TransferId};

/// Vouchers that are bought at once.
pub const UNITS_MAX: i32 = 100;
/// How often the ledger is looked at where others resolve holds at the same moment.
const LOOKS_MAX: usize = 4;
/// Reservations that are looked for at a time, and how often in one round of a sweep.
const DUE_MAX: i64 = 200;
const PAGES_MAX: usize = 20;

/// Vouchers that a fan is about to buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// "rsv_…"
    pub id: String,
    pub product: String,
    /// Nobody's, where the wallet was erased.
    pub fan_id: Option<String>,
    pub units: i32,
    /// For all of them, points.
    pub price: i64,
    pub stage: Stage,
    pub until: Timestamp,
    pub made_at: Timestamp,
    day: i32,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The ledger has not answered yet.
    Asked,
    Refused(Denied),
    /// Points and vouchers are held.
    Reserved,
    Bought,
    Released,
    Expired,
}

impl Stage {
    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Stage::Asked => "asked",
            Stage::Refused(_) => "refused",
            Stage::Reserved => "reserved",
            Stage::Bought => "bought",
            Stage::Released => "released",
            Stage::Expired => "expired",
        }
    }

    pub const fn is_over(self) -> bool {
        !matches!(self, Stage::Asked | Stage::Reserved)
    }
}

/// What the ledger says of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    NotMade,
    Open,
    Finished,
    Voided,
    Lapsed,
}

const RESERVED: &str = "update rewards.reservation set state = 'reserved' where id = $1 and state = 'asked'";

const END_ASKED: &str = "
    update rewards.reservation set state = $2, reason = $3, ended_at = $4 where id = $1 and state = 'asked'";

const END_RESERVED: &str = "
    update rewards.reservation set state = $2, reason = $3, ended_at = $4 where id = $1 and state = 'reserved'";

const DUE: &str = "
    select id, product, fan_id, units, price, day, state, reason, until, made_at from rewards.reservation
    where state in ('asked', 'reserved') and until <= $1 and id > $2 order by id limit $3";

const OPEN_OF_FAN: &str = "
    select id, product, fan_id, units, price, day, state, reason, until, made_at from rewards.reservation
    where fan_id = $1 and state in ('asked', 'reserved') order by id";

impl Vouchers {
    /// Holds vouchers for a fan, and the points for them, for ten minutes. Asked for again under the same id, it is the
    /// same reservation, as it stands then.
    ///
    /// Refused with [`Error::Denied`] where there is not enough; it may be asked for anew, but where the ledger itself
    /// has refused: that is so for good under this id.
    pub async fn reserve(
        &self,
        holder: &Holder<'_>,
        product: &str,
        units: i32,
        id: &str,
    ) -> Result<Reservation, Error> {
        let now = self.clock.now();
        let ask = async |tx: &Transaction<'_>| ask(tx, holder, (product, units), id, now).await;
        let asked = self.store.run_tx("vouchers.reserve", ask).await?;
        let held = self.hold(asked).await?;
        let held = self.look(held).await?;
        match held.stage {
            Stage::Refused(denied) => Err(denied.into()),
            _ => Ok(held),
        }
    }

    /// A fan's own reservation, as it stands.
    pub async fn reservation(&self, holder: &Holder<'_>, id: &str) -> Result<Reservation, Error> {
        let own = self.own_reservation(holder, id).await?;
        self.look(own).await
    }

    /// Buys what is reserved, once. What was released or is over stays so, and is answered.
    pub async fn confirm(&self, holder: &Holder<'_>, id: &str) -> Result<Reservation, Error> {
        // Where a process ended before the ledger was asked, that is done first.
        let own = self.own_reservation(holder, id).await?;
        let own = self.hold(own).await?;
        if own.stage != Stage::Reserved {
            return self.look(own).await;
        }
        // Where it was shortened meanwhile nobody pays for what is over.
        if own.until > self.clock.now() && self.is_product_over(&own).await? {
            return self.let_go(own).await;
        }
        let finish = |part: Part| {
            let id = TransferId::following_from("reservation.finish", &[&own.id, part.word()]);
            Transfer::new(id, Act::Finish { hold: own.hold_id(part), units: None })
        };
        match self.ledger.make_together(Part::BOTH.map(finish).to_vec()).await {
            Ok(_) => self.look(own).await,
            Err(wallet::Error::Refused(Refusal::Resolved { .. } | Refusal::Over { .. })) => {
                self.look(own).await
            }
            Err(wallet::Error::Refused(Refusal::Frozen { .. })) => Err(Denied::Frozen.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives up what is reserved, once. What was bought or is over stays so, and is answered.
    pub async fn release(&self, holder: &Holder<'_>, id: &str) -> Result<Reservation, Error> {
        let own = self.own_reservation(holder, id).await?;
        self.let_go(own).await
    }

    async fn let_go(&self, it: Reservation) -> Result<Reservation, Error> {
        match it.stage {
            // Whoever holds it at this moment finds that it is over, and drops it.
            Stage::Asked => {
                let ended = self.end(it, Stage::Released).await?;
                self.drop_holds(&ended).await?;
                if ended.stage == Stage::Reserved { Box::pin(self.let_go(ended)).await } else { Ok(ended) }
            }
            Stage::Reserved => {
                self.drop_holds(&it).await?;
                self.look(it).await
            }
            _ => Ok(it),
        }
    }

    /// Gives up all that a fan has reserved: before the wallet is erased.
    pub(super) async fn release_all(&self, fan_id: &str) -> Result<(), Error> {
        let read = async |db: &Client<'_>| db.query(OPEN_OF_FAN, &[&fan_id]).await;
        for row in self.store.read("vouchers.open", read).await? {
            self.let_go(reservation(&row)).await?;
        }
        Ok(())
    }

    /// Sees to reservations whose time is over; says to how many.
    pub(super) async fn expire_reservations(&self, now: Timestamp) -> Result<u64, Error> {
        let (mut ended, mut after) = (0, String::new());
        for _ in 0..PAGES_MAX {
            let read = async |db: &Client<'_>| db.query(DUE, &[&At(now), &after, &DUE_MAX]).await;
            let rows = self.store.read("vouchers.due", read).await?;
            for row in &rows {
                ended += u64::from(self.look(reservation(row)).await?.stage.is_over());
            }
            match rows.last() {
                Some(last) if rows.len() as i64 == DUE_MAX => after = last.get("id"),
                _ => break,
            }
        }
        Ok(ended)
    }

    async fn is_product_over(&self, it: &Reservation) -> Result<bool, Error> {
        let now = self.clock.now();
        let read = async |db: &Client<'_>| product::find(db, &it.product).await;
        let found = self.store.read("vouchers.product", read).await?;
        Ok(found.is_none_or(|it| it.state == ProductState::Over || it.terms.valid_until <= now))
    }

    async fn own_reservation(&self, holder: &Holder<'_>, id: &str) -> Result<Reservation, Error> {
        let found = self.store.read("vouchers.reservation", async |db| find(db, id).await).await?;
        let own = found.filter(|it| it.fan_id.as_deref() == Some(holder.fan_id));
        own.ok_or_else(|| Error::UnknownReservation { id: id.to_owned() })
    }

    /// Has the ledger hold what is asked for.
    async fn hold(&self, it: Reservation) -> Result<Reservation, Error> {
        if it.stage != Stage::Asked {
            return Ok(it);
        }
        let now = self.clock.now();
        let (transfers, stock) =
            match self.store.run_tx("vouchers.accounts", async |tx| it.holds(tx, now).await).await {
                Ok(ready) => ready,
                // The wallet was erased meanwhile.
                Err(Error::Denied(denied)) => return self.end(it, Stage::Refused(denied)).await,
                Err(error) => return Err(error),
            };
        match self.ledger.make_together(transfers).await {
            Ok(_) => {
                self.store.run_one("vouchers.reserved", RESERVED, &[&it.id]).await?;
                let held = self.again(&it.id).await?;
                if held.stage.is_over() && held.stage != Stage::Bought {
                    self.drop_holds(&held).await?;
                }
                Ok(held)
            }
            Err(wallet::Error::Refused(refusal)) => {
                let short = |account| if account == stock { Denied::SoldOut } else { Denied::TooLittle };
                self.end(it, Stage::Refused(Denied::by(refusal, short))).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Drops what is held for it, if it is.
    async fn drop_holds(&self, it: &Reservation) -> Result<(), Error> {
        let void = |part: Part| {
            let id = TransferId::following_from("reservation.void", &[&it.id, part.word()]);
            Transfer::new(id, Act::Void { hold: it.hold_id(part) })
        };
        match self.ledger.make_together(Part::BOTH.map(void).to_vec()).await {
            Ok(_) | Err(wallet::Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What became of it, by the ledger; where its time is over, that is seen to now.
    async fn look(&self, it: Reservation) -> Result<Reservation, Error> {
        let now = self.clock.now();
        if it.stage == Stage::Asked && it.until <= now {
            let ended = self.end(it, Stage::Expired).await?;
            if ended.stage == Stage::Expired {
                self.drop_holds(&ended).await?;
            }
            return if ended.stage == Stage::Reserved { Box::pin(self.look(ended)).await } else { Ok(ended) };
        }
        if it.stage != Stage::Reserved {
            return Ok(it);
        }
        for _ in 0..LOOKS_MAX {
            match self.fates(&it).await? {
                [Fate::Finished, _] => return self.end(it, Stage::Bought).await,
                [Fate::Voided, _] => return self.end(it, Stage::Released).await,
                [Fate::Lapsed, Fate::Open] | [Fate::Open, Fate::Lapsed | Fate::Open] if it.until <= now => {
                    self.lapse(&it).await?;
                }
                [Fate::Lapsed, _] => return self.end(it, Stage::Expired).await,
                _ => break,
            }
        }
        Ok(it)
    }

    async fn fates(&self, it: &Reservation) -> Result<[Fate; 2], Error> {
        let holds = Part::BOTH.map(|part| it.hold_id(part));
        let read = async |db: &Client<'_>| {
            let mut fates = [Fate::NotMade; 2];
            for (fate, hold) in fates.iter_mut().zip(holds) {
                let life = statement::life(db, hold).await?;
                *fate = match (life.first(), life.get(1).map(|it| it.transfer.act)) {
                    (None, _) => Fate::NotMade,
                    (Some(_), Some(Act::Finish { .. })) => Fate::Finished,
                    (Some(_), Some(Act::Void { .. })) => Fate::Voided,
                    (Some(_), Some(Act::Lapse { .. })) => Fate::Lapsed,
                    (Some(_), _) => Fate::Open,
                };
            }
            Ok::<_, wallet::Error>(fates)
        };
        Ok(self.store.read("vouchers.fates", read).await?)
    }

    /// As the wallet's own job does it.
    async fn lapse(&self, it: &Reservation) -> Result<(), Error> {
        for hold in Part::BOTH.map(|part| it.hold_id(part)) {
            let id = TransferId::following_from("lapse", &[&hold.to_string()]);
            match self.ledger.make(Transfer::new(id, Act::Lapse { hold })).await {
                Ok(_) | Err(wallet::Error::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Writes down how it ended, once, and gives back what counts no more; answers the row as it is then.
    async fn end(&self, it: Reservation, stage: Stage) -> Result<Reservation, Error> {
        let now = self.clock.now();
        let ended = self.store.run_tx("vouchers.end", async |tx| {
            if let Some(fan_id) = &it.fan_id {
                limits::lock_fan(tx, fan_id).await?;
            }
            let reason = match stage {
                Stage::Refused(denied) => Some(denied.word()),
                _ => None,
            };
            let from = if it.stage == Stage::Asked { END_ASKED } else { END_RESERVED };
            let is_mine = tx.execute(from, &[&it.id, &stage.word(), &reason, &At(now)]).await? == 1;
            if let (true, Some(fan_id)) = (is_mine && stage != Stage::Bought, &it.fan_id) {
                limits::give_back(tx, (fan_id, &it.product), i64::from(it.units), it.day).await?;
            }
            find(tx, &it.id).await
        });
        ended.await?.ok_or(Error::UnknownReservation { id: it.id })
    }

    async fn again(&self, id: &str) -> Result<Reservation, Error> {
        let found = self.store.read("vouchers.reservation", async |db| find(db, id).await).await?;
        found.ok_or_else(|| Error::UnknownReservation { id: id.to_owned() })
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(in crate::voucher) const STATEMENTS: &[&str] = &[RESERVED, END_ASKED, END_RESERVED, DUE, OPEN_OF_FAN];
