//! Opening a voucher: the unit is given up, and a code is shown for it.
//!
//! A code is taken out of the pool first, and shown only when the ledger has taken the unit: where it refuses, the code
//! goes back and nobody has seen it.

use super::{Denied, Vouchers, pool};
use crate::code::Code;
use crate::error::Error;
use crate::product::{self, Product, State as ProductState};
use jiff::{SignedDuration, Timestamp};
use store::{At, Client, Row, Transaction};
use wallet::{Act, Holder, Metadata, Move, Reason, Transfer, TransferId, account, holder, statement};

/// After how long a sweep sees to what was asked for and not answered.
const ASKED_FOR: SignedDuration = SignedDuration::from_secs(30);
/// For how long after a refusal it is looked whether the ledger has taken the unit all the same: another who asked the
/// same may have been slower.
const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Vouchers that one sweep sees to.
const ASKED_MAX: i64 = 500;

/// A voucher that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// "vch_…"
    pub id: String,
    pub product: String,
    /// Nobody's, where the wallet was erased.
    pub fan_id: Option<String>,
    pub state: State,
    pub valid_until: Timestamp,
    /// When its code was shown first.
    pub claimed_at: Option<Timestamp>,
    pub redeemed_at: Option<Timestamp>,
    /// Where, as who redeemed it has said.
    pub place: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The ledger has not answered yet: no code is shown.
    Asked,
    Refused(Denied),
    Claimed,
    Redeemed,
    Expired,
}

impl State {
    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            State::Asked => "asked",
            State::Refused(_) => "refused",
            State::Claimed => "claimed",
            State::Redeemed => "redeemed",
            State::Expired => "expired",
        }
    }
}

impl Voucher {
    /// How it stands at a moment: what is over is so before it is written down.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.state {
            State::Claimed if self.valid_until <= now => State::Expired,
            state => state,
        }
    }
}

/// A voucher with its code, where that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub voucher: Voucher,
    pub code: Option<Code>,
}

const MAKE: &str = "
    insert into rewards.voucher (id, product, fan_id, state, asked_at, valid_until)
    values ($1, $2, $3, 'asked', $4, $5)";

const FIND: &str = "
    select id, product, fan_id, state, reason, settled_at, valid_until, redeemed_at, place from rewards.voucher
    where id = $1";

const LOCK: &str = "
    select id, product, fan_id, state, reason, settled_at, valid_until, redeemed_at, place from rewards.voucher
    where id = $1 for update";

const CLAIMED: &str = "
    update rewards.voucher set state = 'claimed', reason = null, settled_at = $2
    where id = $1 and state in ('asked', 'refused')";

const REFUSED: &str = "
    update rewards.voucher set state = 'refused', reason = $2, settled_at = $3 where id = $1 and state = 'asked'";

const CODE: &str = "select product, hash, sealed from rewards.code where voucher = $1";

const ASKED: &str = "
    select id, product, fan_id, state, reason, settled_at, valid_until, redeemed_at, place from rewards.voucher
    where state = 'asked' and asked_at <= $1 order by asked_at limit $2";

const REFUSED_LATELY: &str = "
    select id, product, fan_id, state, reason, settled_at, valid_until, redeemed_at, place from rewards.voucher
    where state = 'refused' and settled_at > $1 order by settled_at limit $2";

impl Vouchers {
    /// Opens one of a product's vouchers that a fan holds. Asked for again under the same id, it is the same one, with
    /// the same code.
    ///
    /// Refused with [`Error::Denied`] where the fan holds none that is free; [`Error::Busy`] where every code is being
    /// taken by others.
    pub async fn claim(&self, holder: &Holder<'_>, product: &str, id: &str) -> Result<Opened, Error> {
        let now = self.clock.now();
        let ask = async |tx: &Transaction<'_>| ask(tx, holder, product, id, now).await;
        let asked = self.store.run_tx("vouchers.claim", ask).await?;
        let settled = match asked.state {
            State::Asked => self.settle(&asked).await?,
            _ => asked,
        };
        match settled.state {
            State::Refused(denied) => Err(denied.into()),
            _ => self.opened(settled).await,
        }
    }

    /// A fan's own voucher, with its code as long as it is good.
    pub async fn voucher(&self, holder: &Holder<'_>, id: &str) -> Result<Opened, Error> {
        let found = self.store.read("vouchers.voucher", async |db| find(db, id).await).await?;
        let is_own = |it: &Voucher| {
            it.fan_id.as_deref() == Some(holder.fan_id)
                && !matches!(it.state, State::Asked | State::Refused(_))
        };
        let own = found.filter(is_own).ok_or_else(|| Error::UnknownVoucher { id: id.to_owned() })?;
        self.opened(own).await
    }

    async fn opened(&self, voucher: Voucher) -> Result<Opened, Error> {
        if voucher.state_at(self.clock.now()) != State::Claimed {
            return Ok(Opened { voucher, code: None });
        }
        let read = async |db: &Client<'_>| db.query_opt(CODE, &[&voucher.id]).await;
        let row = self.store.read("vouchers.code", read).await?;
        let unreadable = || Error::Unreadable { what: voucher.id.clone(), column: "voucher" };
        let code = self.code_of(&row.ok_or_else(unreadable)?)?;
        Ok(Opened { voucher, code: Some(code) })
    }

    /// The code of a row with these columns.
    pub(super) fn code_of(&self, row: &Row) -> Result<Code, Error> {
        self.secrets.open(row.get("product"), row.get("hash"), row.get("sealed"))
    }

    /// Has the ledger take the unit, and writes down what it says.
    async fn settle(&self, it: &Voucher) -> Result<Voucher, Error> {
        let now = self.clock.now();
        let ready = self.store.run_tx("vouchers.accounts", async |tx| transfer(tx, it, now).await).await?;
        let denied = match ready {
            Some(transfer) => match self.ledger.make(transfer).await {
                Ok(_) => None,
                Err(wallet::Error::Refused(refusal)) => Some(Denied::by(refusal, |_| Denied::NotHeld)),
                Err(error) => return Err(error.into()),
            },
            // The wallet was erased: before the unit was taken, or after it.
            None if self.is_taken(it).await? => None,
            None => Some(Denied::Refused),
        };
        self.settled(it, denied).await
    }

    async fn settled(&self, it: &Voucher, denied: Option<Denied>) -> Result<Voucher, Error> {
        let now = self.clock.now();
        let settled = self.store.run_tx("vouchers.settle", async |tx| {
            let row = tx.query_one(LOCK, &[&it.id]).await?;
            match (denied, voucher(&row).state) {
                (None, State::Asked) => {
                    tx.execute(CLAIMED, &[&it.id, &At(now)]).await?;
                }
                // Who asked the same at that moment was refused, and put the code back; the unit is gone all the same.
                (None, State::Refused(_)) => {
                    pool::take(tx, &it.product, &it.id).await?;
                    tx.execute(CLAIMED, &[&it.id, &At(now)]).await?;
                }
                (Some(denied), State::Asked) => {
                    tx.execute(REFUSED, &[&it.id, &denied.word(), &At(now)]).await?;
                    pool::put_back(tx, &it.id).await?;
                }
                _ => {}
            }
            if let (None, Some(fan_id)) = (denied, &it.fan_id) {
                // The ledger has told of the unit before there was a voucher.
                holder::tell(tx, fan_id).await?;
            }
            find(tx, &it.id).await
        });
        settled.await?.ok_or_else(|| Error::UnknownVoucher { id: it.id.clone() })
    }

    async fn is_taken(&self, it: &Voucher) -> Result<bool, Error> {
        let id = claim_id(&it.id);
        let read = async |db: &Client<'_>| statement::transfer(db, id).await;
        Ok(self.store.read("vouchers.taken", read).await?.is_some())
    }

    /// Sees to vouchers that were asked for by a process that has ended since; says to how many.
    pub(super) async fn settle_due(&self, now: Timestamp) -> Result<u64, Error> {
        let mut settled = 0;
        let read = async |db: &Client<'_>| db.query(ASKED, &[&At::after(now, -ASKED_FOR), &ASKED_MAX]).await;
        for row in self.store.read("vouchers.asked", read).await? {
            self.settle(&voucher(&row)).await?;
            settled += 1;
        }
        let read = async |db: &Client<'_>| {
            db.query(REFUSED_LATELY, &[&At::after(now, -REFUSED_FOR), &ASKED_MAX]).await
        };
        for row in self.store.read("vouchers.refused", read).await? {
            let refused = voucher(&row);
            if self.is_taken(&refused).await? {
                self.settled(&refused, None).await?;
                settled += 1;
            }
        }
        Ok(settled)
    }
}

/// The row of what is asked for, made now or before; with a code that nobody sees yet.
async fn ask(
    tx: &Transaction<'_>,
    holder: &Holder<'_>,
    product: &str,
    id: &str,
    now: Timestamp,
) -> Result<Voucher, Error> {
    // One after another, so that the same asked for twice at once is found.
    super::limits::lock_fan(tx, holder.fan_id).await?;
    if let Some(known) = find(tx, id).await? {
        let is_same = known.fan_id.as_deref() == Some(holder.fan_id) && known.product == product;
        return if is_same { Ok(known) } else { Err(Error::OtherRequest) };
    }
    let found = product::find(tx, product).await?;
    let found = found.filter(|it| it.is_for(holder.books, holder.organisation_id));
    let product = found.ok_or_else(|| Error::UnknownProduct { id: product.to_owned() })?;
    if !is_open(&product, now) {
        return Err(Error::NotOnSale { id: product.id });
    }
    let purse = holder::purse(tx, holder, product.asset()?, now).await?;
    let account = account::find(tx, purse.other).await?;
    if account.is_none_or(|it| it.standing.available() < 1) {
        return Err(Denied::NotHeld.into());
    }
    let own = product.terms.claim_seconds.map(|it| At::after(now, SignedDuration::from_secs(it)));
    let valid_until = own.into_iter().chain([At(product.terms.valid_until)]).min();
    let params: store::Params<'_> = &[&id, &product.id, &holder.fan_id, &At(now), &valid_until];
    tx.execute(MAKE, params).await?;
    pool::take(tx, &product.id, id).await?;
    find(tx, id).await?.ok_or_else(|| Error::UnknownVoucher { id: id.to_owned() })
}

/// Whether who holds one may open it.
fn is_open(product: &Product, now: Timestamp) -> bool {
    matches!(product.state, ProductState::OnSale | ProductState::Paused) && product.is_valid(now)
}

fn claim_id(voucher: &str) -> TransferId {
    TransferId::following_from("claim", &[voucher])
}

/// What the ledger is to do; none where the fan's account is there no more.
async fn transfer(tx: &Transaction<'_>, it: &Voucher, now: Timestamp) -> Result<Option<Transfer>, Error> {
    let gone = || Error::UnknownProduct { id: it.product.clone() };
    let product = product::find(tx, &it.product).await?.ok_or_else(gone)?;
    let (asset, issuer) = (product.asset()?, product.issuer(tx, now).await?);
    let Some(fan_id) = &it.fan_id else { return Ok(None) };
    let accounts = account::of_owner(tx, fan_id, wallet::Kind::Fan).await?;
    let Some(account) = accounts.iter().find(|it| it.standing.asset == asset) else { return Ok(None) };
    let of = Move::of(asset, 1, account.id, issuer, Reason::Claim).map_err(wallet::Error::from)?;
    let metadata = Metadata::new([("product", it.product.as_str()), ("voucher", it.id.as_str())]);
    Ok(Some(Transfer::new(claim_id(&it.id), Act::Post(of)).about(metadata.unwrap_or_default())))
}

async fn find(client: &Client<'_>, id: &str) -> Result<Option<Voucher>, Error> {
    Ok(client.query_opt(FIND, &[&id]).await?.as_ref().map(voucher))
}

/// From a row with its columns.
pub(super) fn voucher(row: &Row) -> Voucher {
    let at = |column| row.get::<_, Option<At>>(column).map(|it| it.0);
    let state = match row.get("state") {
        "asked" => State::Asked,
        "claimed" => State::Claimed,
        "redeemed" => State::Redeemed,
        "expired" => State::Expired,
        _ => State::Refused(Denied::of(row.get::<_, Option<&str>>("reason").unwrap_or_default())),
    };
    Voucher {
        id: row.get("id"),
        product: row.get("product"),
        fan_id: row.get("fan_id"),
        state,
        valid_until: row.get::<_, At>("valid_until").0,
        claimed_at: at("settled_at"),
        redeemed_at: at("redeemed_at"),
        place: row.get("place"),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[MAKE, FIND, LOCK, CLAIMED, REFUSED, CODE, ASKED, REFUSED_LATELY];
