//! The row of a reservation: made once, under the fan's lock and within the limits.

use super::{Reservation, Stage, UNITS_MAX};
use crate::decide::day_of;
use crate::error::Error;
use crate::product::{self, Product};
use crate::voucher::{Denied, limits};
use jiff::{SignedDuration, Timestamp};
use store::{At, Client, Row, Transaction};
use wallet::{Holder, holder};

/// How long vouchers are held for a fan who has not confirmed.
const LASTS: SignedDuration = SignedDuration::from_mins(10);

const MAKE: &str = "
    insert into rewards.reservation (id, product, fan_id, units, price, day, state, until, made_at)
    values ($1, $2, $3, $4, $5, $6, 'asked', $7, $8)";

const FIND: &str = "
    select id, product, fan_id, units, price, day, state, reason, until, made_at
    from rewards.reservation where id = $1";

/// The row of what is asked for, made now or before.
pub(super) async fn ask(
    tx: &Transaction<'_>,
    holder: &Holder<'_>,
    (product, units): (&str, i32),
    id: &str,
    now: Timestamp,
) -> Result<Reservation, Error> {
    limits::lock_fan(tx, holder.fan_id).await?;
    if let Some(known) = find(tx, id).await? {
        let is_same = known.fan_id.as_deref() == Some(holder.fan_id)
            && (known.product.as_str(), known.units) == (product, units);
        return if is_same { Ok(known) } else { Err(Error::OtherRequest) };
    }
    if !(1..=UNITS_MAX).contains(&units) {
        return Err(Error::Units { max: UNITS_MAX });
    }
    let found = product::find(tx, product).await?;
    let found = found.filter(|it| it.is_for(holder.books, holder.organisation_id));
    let product = found.ok_or_else(|| Error::UnknownProduct { id: product.to_owned() })?;
    let price = price_of(&product, now)?.checked_mul(i64::from(units));
    let price = price.filter(|it| *it <= wallet::UNITS_MAX).ok_or(Error::Units { max: UNITS_MAX })?;
    let purse = holder::purse(tx, holder, product.asset()?, now).await?;
    let counted = (holder.fan_id, product.id.as_str());
    let day = limits::count(tx, counted, &product.terms, i64::from(units), day_of(now)).await?;
    // What the ledger would refuse makes no row; between this and the ledger others may be faster.
    let stock = product.stock(tx, now).await?;
    for (account, wanted, denied) in
        [(purse.points, price, Denied::TooLittle), (stock, i64::from(units), Denied::SoldOut)]
    {
        let has = wallet::account::find(tx, account).await?.map_or(0, |it| it.standing.available());
        if has < wanted {
            return Err(denied.into());
        }
    }
    let until = At::after(now, LASTS).min(At(product.terms.valid_until));
    let params: store::Params<'_> =
        &[&id, &product.id, &holder.fan_id, &units, &price, &day, &until, &At(now)];
    tx.execute(MAKE, params).await?;
    find(tx, id).await?.ok_or_else(|| Error::UnknownReservation { id: id.to_owned() })
}

/// What one costs, where it is sold now.
fn price_of(product: &Product, now: Timestamp) -> Result<i64, Error> {
    let not_now = || Error::NotOnSale { id: product.id.clone() };
    product.terms.price.filter(|_| product.is_on_sale(now)).ok_or_else(not_now)
}

pub(super) async fn find(client: &Client<'_>, id: &str) -> Result<Option<Reservation>, Error> {
    Ok(client.query_opt(FIND, &[&id]).await?.as_ref().map(reservation))
}

pub(super) fn reservation(row: &Row) -> Reservation {
    let stage = match row.get("state") {
        "asked" => Stage::Asked,
        "reserved" => Stage::Reserved,
        "bought" => Stage::Bought,
        "released" => Stage::Released,
        "expired" => Stage::Expired,
        _ => Stage::Refused(Denied::of(row.get::<_, Option<&str>>("reason").unwrap_or_default())),
    };
    Reservation {
        id: row.get("id"),
        product: row.get("product"),
        fan_id: row.get("fan_id"),
        units: row.get("units"),
        price: row.get("price"),
        stage,
        until: row.get::<_, At>("until").0,
        made_at: row.get::<_, At>("made_at").0,
        day: row.get("day"),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(in crate::voucher) const STATEMENTS: &[&str] = &[MAKE, FIND];
