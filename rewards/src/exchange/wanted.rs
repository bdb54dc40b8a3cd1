//! An order that is asked for: as words, and as what they mean.

use super::error::Error;
use book::{Immediate, Posting, Price, Quantity, SelfTrade, Side, Terms, Time, TimeInForce};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An order in the words of rows and messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// "buy", "sell"
    pub side: String,
    /// "limit", "market"
    pub kind: String,
    /// Points for one unit; none of a market order.
    pub price: Option<u32>,
    pub quantity: u32,
    /// "gtc", "ioc", "fok", "gtd"
    pub time_in_force: String,
    /// Of "gtd" alone.
    pub until: Option<Timestamp>,
    pub post_only: bool,
    /// "cancel-newest", "cancel-oldest", "cancel-both", "decrement"
    pub self_trade: String,
}

/// What they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub side: Side,
    pub quantity: Quantity,
    pub terms: Terms,
    pub self_trade: SelfTrade,
}

/// As rows and messages have a side.
pub(crate) const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

pub(crate) fn side_of(word: &str) -> Option<Side> {
    [Side::Buy, Side::Sell].into_iter().find(|it| side_word(*it) == word)
}

/// As rows and messages have what happens between two orders of one fan.
pub(crate) const fn self_trade_word(it: SelfTrade) -> &'static str {
    match it {
        SelfTrade::CancelNewest => "cancel-newest",
        SelfTrade::CancelOldest => "cancel-oldest",
        SelfTrade::CancelBoth => "cancel-both",
        SelfTrade::Decrement => "decrement",
    }
}

fn self_trade_of(word: &str) -> Option<SelfTrade> {
    [SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth, SelfTrade::Decrement]
        .into_iter()
        .find(|it| self_trade_word(*it) == word)
}

impl Wanted {
    /// Refused where the words mean nothing; the message says which.
    pub fn parse(words: &Words) -> Result<Self, Error> {
        let no = |what: &str| Error::Wanted { what: what.to_owned() };
        let side = side_of(&words.side).ok_or_else(|| no("side: buy or sell"))?;
        let self_trade = self_trade_of(&words.self_trade)
            .ok_or_else(|| no("self_trade: cancel-newest, cancel-oldest, cancel-both or decrement"))?;
        let quantity = Quantity::new(words.quantity).filter(|it| it.units() > 0);
        let quantity =
            quantity.ok_or_else(|| Error::Wanted { what: format!("quantity: 1 to {}", Quantity::MAX) })?;
        let immediate = match words.time_in_force.as_str() {
            "ioc" => Some(Immediate::OrCancel),
            "fok" => Some(Immediate::FillOrKill),
            "gtc" | "gtd" => None,
            _ => return Err(no("time_in_force: gtc, ioc, fok or gtd")),
        };
        if immediate.is_some() && words.post_only {
            return Err(no("post_only: an order that is filled at once or not at all cannot only post"));
        }
        if words.until.is_some() != (words.time_in_force == "gtd") {
            return Err(no("until: of an order with time_in_force gtd, and of no other"));
        }
        let terms = match (words.kind.as_str(), words.price) {
            ("market", None) => {
                Terms::Market(immediate.ok_or_else(|| no("time_in_force: ioc or fok, of a market order"))?)
            }
            ("limit", Some(points)) => {
                let price = Price::new(points).filter(|it| it.points() > 0);
                let price =
                    price.ok_or_else(|| Error::Wanted { what: format!("price: 1 to {}", Price::MAX) })?;
                let posting = if words.post_only { Posting::PostOnly } else { Posting::MayTake };
                let time_in_force = match (immediate, words.until) {
                    (Some(immediate), _) => TimeInForce::Immediate(immediate),
                    (None, None) => TimeInForce::GoodTillCancel(posting),
                    (None, Some(until)) => TimeInForce::GoodTillDate(time(until), posting),
                };
                Terms::Limit(price, time_in_force)
            }
            ("market", Some(_)) => return Err(no("price: a market order has none")),
            ("limit", None) => return Err(no("price: a limit order has one")),
            _ => return Err(no("type: limit or market")),
        };
        Ok(Self { side, quantity, terms, self_trade })
    }

    /// The limit; none of a market order.
    pub fn price(&self) -> Option<Price> {
        match self.terms {
            Terms::Market(_) => None,
            Terms::Limit(price, _) => Some(price),
        }
    }

    /// When it is over by itself.
    pub fn until(&self) -> Option<Time> {
        match self.terms {
            Terms::Limit(_, TimeInForce::GoodTillDate(until, _)) => Some(until),
            _ => None,
        }
    }

    /// In a row.
    pub(crate) fn words(&self) -> Words {
        let (kind, time_in_force) = match self.terms {
            Terms::Market(it) => ("market", TimeInForce::Immediate(it)),
            Terms::Limit(_, it) => ("limit", it),
        };
        let (word, until, posting) = match time_in_force {
            TimeInForce::GoodTillCancel(posting) => ("gtc", None, posting),
            TimeInForce::GoodTillDate(until, posting) => ("gtd", Some(moment(until)), posting),
            TimeInForce::Immediate(Immediate::OrCancel) => ("ioc", None, Posting::MayTake),
            TimeInForce::Immediate(Immediate::FillOrKill) => ("fok", None, Posting::MayTake),
        };
        Words {
            side: side_word(self.side).to_owned(),
            kind: kind.to_owned(),
            price: self.price().map(Price::points),
            quantity: self.quantity.units(),
            time_in_force: word.to_owned(),
            until,
            post_only: posting == Posting::PostOnly,
            self_trade: self_trade_word(self.self_trade).to_owned(),
        }
    }
}

/// As books count it; before 1970 is 1970.
pub(crate) fn time(at: Timestamp) -> Time {
    Time(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

/// As people do; beyond what a calendar has is its end.
pub(crate) fn moment(time: Time) -> Timestamp {
    let ms = i64::try_from(time.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit() -> Words {
        Words {
            side: "buy".into(),
            kind: "limit".into(),
            price: Some(120),
            quantity: 3,
            time_in_force: "gtc".into(),
            until: None,
            post_only: false,
            self_trade: "cancel-newest".into(),
        }
    }

    #[test]
    fn words_come_back_as_they_were() {
        let until = Some("2026-12-01T00:00:00Z".parse().unwrap());
        for words in [
            limit(),
            Words { post_only: true, side: "sell".into(), self_trade: "decrement".into(), ..limit() },
            Words { time_in_force: "gtd".into(), until, ..limit() },
            Words { time_in_force: "fok".into(), ..limit() },
            Words { kind: "market".into(), price: None, time_in_force: "ioc".into(), ..limit() },
        ] {
            assert_eq!(Wanted::parse(&words).unwrap().words(), words);
        }
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_name() {
        let until = Some("2026-12-01T00:00:00Z".parse().unwrap());
        for (words, name) in [
            (Words { side: "hold".into(), ..limit() }, "side"),
            (Words { price: None, ..limit() }, "price"),
            (Words { price: Some(0), ..limit() }, "price"),
            (Words { quantity: 0, ..limit() }, "quantity"),
            (Words { quantity: 1_000_001, ..limit() }, "quantity"),
            (Words { kind: "market".into(), price: None, ..limit() }, "time_in_force"),
            (Words { kind: "market".into(), time_in_force: "ioc".into(), ..limit() }, "price"),
            (Words { until, ..limit() }, "until"),
            (Words { time_in_force: "gtd".into(), ..limit() }, "until"),
            (Words { time_in_force: "ioc".into(), post_only: true, ..limit() }, "post_only"),
            (Words { self_trade: "allow".into(), ..limit() }, "self_trade"),
        ] {
            let refused = Wanted::parse(&words).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("{name}:")), "{refused}");
        }
    }
}
