//! Random orders of several fans at the same time, and whether all is right afterwards.

use crate::scene::{Scene, fan, words};
use book::MarketId;
use futures_util::future::join_all;
use jiff::SignedDuration;
use market::{Disk, Epoch, Market, Opening};
use rewards::exchange::order::State;
use rewards::exchange::{Error, Words, listing};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const FANS: u64 = 5;

/// Numbers that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn number(&mut self, below: u64) -> u32 {
        u32::try_from(self.below(below)).unwrap()
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap()]
    }
}

fn order(draw: &mut Draw, now: jiff::Timestamp) -> Words {
    let side = draw.of(&["buy", "sell"]);
    let price = 90 + draw.number(20);
    let tif = draw.of(&["gtc", "gtc", "gtc", "gtd", "ioc", "fok", "market"]);
    let self_trade = draw.of(&["cancel-newest", "cancel-oldest", "cancel-both", "decrement"]).to_owned();
    let it = Words { self_trade, ..words(side, price, 1 + draw.number(9)) };
    match tif {
        "gtd" => {
            let until = now + SignedDuration::from_secs(1 + i64::from(draw.number(20)));
            Words { time_in_force: "gtd".into(), until: Some(until), ..it }
        }
        "market" => {
            Words { kind: "market".into(), price: None, time_in_force: draw.of(&["ioc", "fok"]).into(), ..it }
        }
        "gtc" => Words { post_only: draw.below(8) == 0, ..it },
        tif => Words { time_in_force: tif.into(), ..it },
    }
}

/// One thing that somebody does. Answers the order, if one came to rest.
async fn act(scene: &Scene, mut draw: Draw, known: &[(usize, String)]) -> Option<(usize, String)> {
    let number = usize::try_from(draw.below(FANS)).unwrap();
    let some = known.get(usize::try_from(draw.below(known.len().max(1) as u64)).unwrap());
    let done = match (draw.below(20), some) {
        (0..=3, Some((owner, id))) => scene.cancel(*owner, id).await,
        (4..=8, Some((owner, id))) => {
            let price = (draw.below(3) > 0).then(|| 90 + draw.number(20));
            let quantity = (draw.below(3) > 0).then(|| 1 + draw.number(12));
            scene.amend(*owner, id, price, quantity).await
        }
        (9, _) if draw.below(3) == 0 => {
            scene.exchange.cancel_all(&scene.market, fan(number)).await.unwrap();
            return None;
        }
        _ => scene.place(number, order(&mut draw, scene.clock.now())).await,
    };
    match done {
        Ok(view) => (view.state == State::Resting).then_some((number, view.id)),
        Err(Error::Refused(_) | Error::Over { .. } | Error::UnknownOrder { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

/// What rests by the tables, and in the book that the journal makes.
async fn compare(scene: &Scene) {
    let sql = "select number, price, remaining, filled from rewards.market_order where state = 'resting'";
    let rows = scene.store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
    let int = |row: &store::Row, column| row.get::<_, i32>(column).unsigned_abs();
    let by_tables: BTreeMap<u64, (u32, u32)> = rows
        .iter()
        .map(|row| (row.get::<_, i64>("number").unsigned_abs(), (int(row, "price"), int(row, "remaining"))))
        .collect();
    let (number, epoch) = (scene.number("select number from rewards.market").await, u64::MAX / 2);
    let rules = book::Rules {
        market: MarketId(number.unsigned_abs()),
        low: book::Price::new(1).unwrap(),
        tick: book::Price::new(1).unwrap(),
        high: book::Price::new(10_000).unwrap(),
        lot: book::Quantity::new(1).unwrap(),
        quantity_max: book::Quantity::new(1_000).unwrap(),
        collar: None,
        orders_max: 1_000_000,
        orders_per_owner_max: 100,
    };
    let settled = scene.number("select settled from rewards.market").await.unsigned_abs();
    let opening = Opening { rules, epoch: Epoch(epoch), settled, segment_bytes: 4_096 };
    let disk = Arc::new(Disk::open(scene.folder.join(&scene.market)).unwrap());
    let market = Market::open(disk, &opening, &mut |it| panic!("{} is not settled", it.seq)).unwrap();
    let by_journal: BTreeMap<u64, (u32, u32)> =
        market.book().unwrap().orders().map(|it| (it.id.0, (it.price.points(), it.left.units()))).collect();
    assert_eq!(by_tables, by_journal);
}

async fn trade(seed: u64) {
    let scene = Scene::lively(usize::try_from(FANS).unwrap()).await;
    let (mut draw, mut known) = (Draw(seed), Vec::new());
    for round in 0..60 {
        let acts: Vec<Draw> = (0..8).map(|_| Draw(draw.below(u64::MAX >> 34))).collect();
        let resting = known.clone();
        let done = join_all(acts.into_iter().map(|it| act(&scene, it, &resting))).await;
        known.extend(done.into_iter().flatten());
        let first = known.len().saturating_sub(40);
        known.drain(..first);
        scene.clock.advance(Duration::from_secs(1));
        if draw.below(12) == 0 {
            scene.exchange.halt(&scene.market).await.unwrap();
            scene.exchange.reopen(&scene.market, None).await.unwrap();
        }
        if round % 20 == 19 {
            scene.check().await;
        }
    }
    assert!(scene.number("select count(*) from rewards.fill").await > 40);
    scene.check().await;
    scene.exchange.end().await;
    compare(&scene).await;
}

#[tokio::test]
async fn whatever_fans_do_the_books_are_right() {
    join_all([trade(1), trade(2), trade(3)]).await;
}

#[tokio::test]
async fn terms_that_make_no_sense_are_refused() {
    let scene = Scene::open(0, listing::Terms::USUAL).await;
    let usual = listing::Terms::USUAL;
    for terms in [
        listing::Terms { low: 0, ..usual },
        listing::Terms { low: 20_000, ..usual },
        listing::Terms { tick: 4, ..usual },
        listing::Terms { lot: 0, ..usual },
        listing::Terms { fan_minute_max: 0, ..usual },
        listing::Terms { high: 1_000_000, ..usual },
    ] {
        let product = scene.product.id.clone();
        let made = scene
            .store
            .run_tx("test", async |tx| listing::make(tx, &product, &terms, scene.clock.now()).await);
        assert!(made.await.is_err(), "{terms:?}");
    }
}
