//! Fans as a market knows them: their numbers and accounts, and how many orders they have made of late.

use super::error::{Error, Why};
use super::listing::Listing;
use super::order;
use crate::product;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Store;
use wallet::{AccountId, Asset, Books, Kind, Points};

/// Fans that are kept in mind, at most; then all are forgotten and asked for anew.
const KEPT_MAX: usize = 100_000;

/// A fan who trades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fan {
    /// "fan_…"
    pub fan_id: String,
    /// "org_…"
    pub organisation_id: String,
    /// Whether of the test books.
    pub is_test: bool,
}

impl Fan {
    pub const fn books(&self) -> Books {
        if self.is_test { Books::Test } else { Books::Live }
    }
}

/// A fan in one market.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trader {
    pub(crate) number: i64,
    pub(crate) points: AccountId,
    pub(crate) vouchers: AccountId,
}

#[derive(Debug, Default)]
pub(crate) struct Traders {
    known: Mutex<HashMap<String, Trader>>,
    /// Orders in a minute, by number.
    made: Mutex<HashMap<i64, (i64, u32)>>,
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Traders {
    /// A fan who may trade on this market, with an account of its vouchers.
    pub(crate) async fn of(
        &self,
        store: &Store,
        market: &Listing,
        fan: &Fan,
        now: Timestamp,
    ) -> Result<Trader, Error> {
        if let Some(known) = lock(&self.known).get(&fan.fan_id) {
            return Ok(*known);
        }
        let trader = store.run_tx("rewards.trader", async |tx| {
            let product = product::find(tx, &market.product).await?;
            let is_theirs = |it: &product::Product| it.is_for(fan.books(), &fan.organisation_id);
            let unknown = || Error::UnknownMarket { id: market.id.clone() };
            let product = product.filter(is_theirs).ok_or_else(unknown)?;
            if !product.terms.between.tradable {
                return Err(Error::NotTraded { product: product.id });
            }
            let accounts = wallet::account::of_owner(tx, &fan.fan_id, Kind::Fan).await?;
            let points = accounts.iter().find(|it| it.standing.asset == Points::CODE);
            let points = points.ok_or_else(|| Why::TooLittle.because("there is no wallet"))?.id;
            let vouchers = product.account(tx, &fan.fan_id, now).await?;
            Ok(Trader { number: order::trader(tx, &fan.fan_id).await?, points, vouchers })
        });
        let trader = trader.await?;
        let mut known = lock(&self.known);
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert(fan.fan_id.clone(), trader);
        Ok(trader)
    }

    /// Whether a fan may make another order in this minute.
    pub(crate) fn check(&self, trader: i64, max: u32, now: Timestamp) -> Result<(), Error> {
        let minute = now.as_second().div_euclid(60);
        let made = lock(&self.made).get(&trader).filter(|it| it.0 == minute).map_or(0, |it| it.1);
        if made < max {
            return Ok(());
        }
        let again = 60 - now.as_second().rem_euclid(60);
        Err(Error::TooOften { max, again_seconds: u32::try_from(again).unwrap_or(60) })
    }

    pub(crate) fn count(&self, trader: i64, now: Timestamp) {
        let minute = now.as_second().div_euclid(60);
        let mut made = lock(&self.made);
        if made.len() >= KEPT_MAX {
            made.retain(|_, it| it.0 == minute);
        }
        let it = made.entry(trader).or_insert((minute, 0));
        *it = if it.0 == minute { (minute, it.1 + 1) } else { (minute, 1) };
    }
}
