//! An order that is amended: what more it may cost is held before.

use super::super::error::{Error, Refused};
use super::super::order::{self, Order, State, View};
use super::super::step;
use super::{Desk, order_id, owner_id, whole};
use book::{Amendment, Command, Price, Quantity, Side};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wallet::{Act, Transfer};

/// What an order is to be from now on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Amended {
    pub price: Option<u32>,
    /// With what is filled.
    pub quantity: Option<u32>,
}

impl Desk {
    /// Amends a resting order. What more it may cost is held before, and what it needs no more is free when it is settled.
    pub(crate) async fn amend(
        self: &Arc<Self>,
        fan_id: String,
        id: String,
        to: Amended,
    ) -> Result<View, Error> {
        let desk = Arc::clone(self);
        whole(async move {
            let _turn = desk.turns.wait(&id).await;
            desk.amend_in_turn(&fan_id, &id, to).await
        })
        .await
    }

    async fn amend_in_turn(&self, fan_id: &str, id: &str, to: Amended) -> Result<View, Error> {
        let unknown = || Error::UnknownOrder { id: id.to_owned() };
        self.catch_up().await?;
        let order = self.find(id, fan_id).await?.ok_or_else(unknown)?;
        if order.state != State::Resting {
            return Err(Error::Over { id: order.id, state: order.state.word().to_owned() });
        }
        let out = |what: &str| Error::Wanted { what: format!("{what}: more than there can be") };
        let price = Price::new(to.price.unwrap_or(order.price)).ok_or_else(|| out("price"))?;
        let quantity = Quantity::new(to.quantity.unwrap_or(order.quantity)).ok_or_else(|| out("quantity"))?;
        self.market.check_price(price)?;
        self.market.check_quantity(quantity)?;
        let extra = match more_for(&order, price, quantity) {
            0 => None,
            units => Some(self.hold_extra(&order, units).await?),
        };
        let (id_of, owner) = (order_id(&order), owner_id(order.trader));
        let command = Command::Amend(Amendment { order: id_of, owner, price, quantity });
        let outcome = self.ask(command, None, extra).await?;
        if let (Err(_), Some(extra)) = (outcome.done, extra) {
            self.give_back(&order, extra).await?;
        }
        self.catch_up().await?;
        outcome.done.map_err(Refused::from)?;
        let order = self.find(id, fan_id).await?.ok_or_else(unknown)?;
        self.answer(&order).await
    }

    async fn hold_extra(&self, order: &Order, units: i64) -> Result<u32, Error> {
        let begun = order::begin_extra(&self.store, order.number, self.lease.epoch).await?;
        // What another had held is given back by the next round.
        let extra = begun.ok_or(Error::Unsure)?;
        let of = step::gives(&self.market, order, units)?;
        let id = order::extra_id(&order.id, extra);
        let hold = Transfer::new(id, Act::Hold { of, until: None }).about(step::about(&self.market));
        if let Err(refused) = self.hold(&hold).await? {
            order::end_extra(&self.store, order.number, extra).await?;
            return Err(refused.into());
        }
        Ok(extra)
    }
}

/// The most that an amendment may need beyond what is held, however much is filled until it is carried out: what is held falls with each unit
/// that is filled by the old price, and what is needed by the new one, so that it is most at one of the ends.
fn more_for(order: &Order, price: Price, quantity: Quantity) -> i64 {
    let (old, new) = match order.wanted.side {
        Side::Buy => (i64::from(order.price), i64::from(price.points())),
        Side::Sell => (1, 1),
    };
    let wanted = i64::from(quantity.units().saturating_sub(order.filled));
    let left = i64::from(order.left);
    let before_all = new * wanted - old * left;
    let after_all = new * (wanted - left);
    before_all.max(after_all).max(0)
}
