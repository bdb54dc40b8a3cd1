//! What a command of the journal does to the ledger, as transfers that are made together and once: their ids and contents follow from the
//! journal alone.

use super::error::Error;
use super::listing::Listing;
use super::order::{Order, extra_id, hold_id};
use book::Side;
use serde::{Deserialize, Serialize};
use wallet::{Act, Amount, Asset, Metadata, Move, Points, Reason, Transfer, TransferId};

/// Something that is done whole: a fill, or that an order has less or more held than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) seq: u64,
    /// Among those of its command.
    pub(crate) place: u32,
    pub(crate) fill: Option<Filled>,
    /// The buyer's and the seller's, or the one order's.
    pub(crate) legs: Vec<Leg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    /// Among the fills of its command.
    pub(crate) n: u32,
    pub(crate) price: u32,
    pub(crate) quantity: u32,
    /// Of the order that came.
    pub(crate) side: Side,
}

/// What it does to one order's holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) order: i64,
    /// The hold that is over, and how much of it is taken; the rest is free.
    pub(crate) over: u32,
    pub(crate) take: i64,
    /// What was held beforehand for an amendment, which is over too.
    pub(crate) extra: Option<u32>,
    /// The next hold, and of how much; with nothing there is none.
    pub(crate) next: u32,
    pub(crate) rest: i64,
}

/// From where to where what an order gives goes.
pub(crate) fn gives(market: &Listing, order: &Order, units: i64) -> Result<Move, Error> {
    let of = match order.wanted.side {
        Side::Buy => Move::of(Points::CODE, units, order.points, market.points, Reason::Trade),
        Side::Sell => Move::of(market.asset, units, order.vouchers, market.vouchers, Reason::Trade),
    };
    Ok(of.map_err(wallet::Error::from)?)
}

/// The first hold of an order, or a later one.
pub(crate) fn hold(market: &Listing, order: &Order, number: u32, units: i64) -> Result<Transfer, Error> {
    let act = Act::Hold { of: gives(market, order, units)?, until: None };
    Ok(Transfer::new(hold_id(&order.id, number), act).about(about(market)))
}

/// What a transfer of a market says of itself.
pub(crate) fn about(market: &Listing) -> Metadata {
    Metadata::new([("market", market.id.as_str()), ("product", market.product.as_str())]).unwrap_or_default()
}

impl Step {
    /// In the order in which the ledger judges them. `orders` are those of the legs.
    pub(crate) fn transfers(&self, market: &Listing, orders: &[&Order]) -> Result<Vec<Transfer>, Error> {
        let (about, seq, place) = (about(market), self.seq.to_string(), self.place.to_string());
        let make = |what: &str, act| {
            let id = TransferId::following_from("market.step", &[&market.id, &seq, &place, what]);
            Transfer::new(id, act).about(about.clone())
        };
        let mut all = Vec::with_capacity(6);
        for (leg, order) in self.legs.iter().zip(orders) {
            let side = super::wanted::side_word(order.wanted.side);
            let hold_over = hold_id(&order.id, leg.over);
            let act = match leg.take {
                0 => Act::Void { hold: hold_over },
                units => Act::Finish { hold: hold_over, units: Some(units) },
            };
            all.push(make(&format!("{side}.over"), act));
            if let Some(extra) = leg.extra {
                all.push(make(&format!("{side}.extra"), Act::Void { hold: extra_id(&order.id, extra) }));
            }
            if leg.rest > 0 {
                all.push(hold(market, order, leg.next, leg.rest)?);
            }
        }
        if let (Some(fill), [one, other]) = (self.fill, orders) {
            let (buy, sell) = if one.wanted.side == Side::Buy { (one, other) } else { (other, one) };
            let cost = i64::from(fill.price) * i64::from(fill.quantity);
            let paid = Amount::<Points>::new(cost).map_err(wallet::Error::from)?;
            let paid = Move::new(paid, market.points, sell.points, Reason::Settle);
            let units = i64::from(fill.quantity);
            let had = Move::of(market.asset, units, market.vouchers, buy.vouchers, Reason::Settle);
            let had = had.map_err(wallet::Error::from)?;
            all.push(make("paid", Act::Post(paid)));
            all.push(make("had", Act::Post(had)));
        }
        Ok(all)
    }

    /// Which orders it is about.
    pub(crate) fn orders(&self) -> impl Iterator<Item = i64> {
        self.legs.iter().map(|it| it.order)
    }
}
