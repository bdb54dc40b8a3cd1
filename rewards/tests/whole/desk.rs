//! What is killed: who takes triggers, sells vouchers and writes the market; and who judges triggers.

use crate::scene::{FANS, ORG, OWNER, Scene, draw, fan, fan_id, holder_of, seal};
use access::By;
use jiff::Timestamp;
use jobs::Worker;
use rewards::exchange::order::id_of;
use rewards::exchange::{Asked, Exchange, Words};
use rewards::voucher::{Found, Redeemer, Said, Stage};
use rewards::{QUEUE, Rewards, Source, Told, Trigger, Vouchers, hear};
use std::collections::BTreeMap;
use std::path::Path;
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;
use wallet::{Books, Ledger};

/// Who asks at the same time.
const ASKERS: u64 = 12;

/// Judges triggers, until it is killed.
pub(crate) async fn judge(url: &str) {
    let store = Store::connect(url, 6).await.unwrap();
    let clock = Clock::system();
    let ledger = Ledger::start(&store, &clock, &std::process::id().to_string());
    let rewards = Rewards::new(&store, &clock, &ledger);
    loop {
        // While PostgreSQL is away it ends, and begins again.
        let worker = Worker::new(store.clone(), "judge").queue(QUEUE).concurrency(6);
        let _ended = rewards.on(worker).run(std::future::pending()).await;
    }
}

/// Takes triggers, sells vouchers and writes the market, for fans who ask for one thing after another, until it is killed. Says what is answered.
pub(crate) async fn serve(url: &str, folder: &Path, from: u64) {
    let store = Store::connect(url, 16).await.unwrap();
    let clock = Clock::system();
    let ledger = Ledger::start(&store, &clock, &std::process::id().to_string());
    let vouchers = Vouchers::new(&store, &clock, &ledger, &seal());
    let exchange = Exchange::new((&store, &clock, &ledger), "desk", Some(folder.to_owned()), None);
    tokio::spawn(exchange.clone().run(CancellationToken::new()));
    let scene = Scene::found(&store).await;
    let (market, product) = (scene.market, scene.product);
    let askers = (0..ASKERS).map(|asker| {
        let desk = Desk {
            store: store.clone(),
            vouchers: vouchers.clone(),
            exchange: exchange.clone(),
            market: market.clone(),
            product: product.clone(),
        };
        tokio::spawn(async move {
            let mut number = from + asker;
            loop {
                desk.ask(number).await;
                number += ASKERS;
            }
        })
    });
    futures_util::future::join_all(askers).await;
}

struct Desk {
    store: Store,
    vouchers: Vouchers,
    exchange: Exchange,
    market: String,
    product: String,
}

impl Desk {
    /// What a fan does: earns, buys, offers or bids, opens and redeems.
    async fn ask(&self, number: u64) {
        let mut seed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let fan_id = fan_id(number);
        self.earn(number, &fan_id).await;
        let holder = holder_of(&fan_id);
        if draw(&mut seed, 2) == 0 {
            let id = format!("rsv_{number}");
            let reserved = self.vouchers.reserve(&holder, &self.product, 1, &id).await;
            // One in four thinks better of it.
            let is_kept = draw(&mut seed, 4) > 0;
            if reserved.is_ok_and(|it| it.stage == Stage::Reserved) {
                let ended = match is_kept {
                    true => self.vouchers.confirm(&holder, &id).await,
                    false => self.vouchers.release(&holder, &id).await,
                };
                if let Ok(ended) = ended.map_err(drop) {
                    println!("{id} {} .", ended.stage.word());
                }
            }
        }
        let side = if draw(&mut seed, 2) == 0 { "buy" } else { "sell" };
        let words = Words {
            side: side.to_owned(),
            kind: "limit".to_owned(),
            price: Some(55 + draw(&mut seed, 10)),
            quantity: 1 + draw(&mut seed, 2),
            time_in_force: if draw(&mut seed, 3) == 0 { "gtc" } else { "ioc" }.to_owned(),
            until: None,
            post_only: false,
            self_trade: "cancel-oldest".to_owned(),
        };
        let id = id_of(&fan_id, Some(&number.to_string()));
        let asked = Asked { id, fan: fan(number), words };
        if let Ok(view) = self.exchange.place(&self.market, asked).await {
            println!("{} {} {} .", view.id, view.state.word(), view.filled);
        }
        if draw(&mut seed, 6) == 0 {
            self.open_and_redeem(number).await;
        }
    }

    async fn earn(&self, number: u64, fan_id: &str) {
        let trigger = Trigger {
            source: Source::Partner,
            id: number.to_string(),
            kind: "six".to_owned(),
            at: Timestamp::now(),
            facts: BTreeMap::new(),
        };
        let told = Told {
            trigger: &trigger,
            books: Books::Live,
            scope: ORG,
            fan_id: Some(fan_id),
            match_id: None,
            device: None,
        };
        let heard = self.store.run_tx("test", async |tx| hear(tx, &told, Timestamp::now()).await).await;
        if heard.is_ok() {
            println!("trigger_{number} {} .", number % FANS);
        }
    }

    async fn open_and_redeem(&self, number: u64) {
        let (id, fan_id) = (format!("vch_{number}"), fan_id(number));
        let Ok(opened) = self.vouchers.claim(&holder_of(&fan_id), &self.product, &id).await else { return };
        println!("{id} {} .", opened.voucher.state.word());
        let Some(code) = opened.code else { return };
        let by = By::system("test", Timestamp::now());
        let redeemer = Redeemer { owner: OWNER, by: &by, place: None, request: None };
        if let Ok(Found::Good(_)) = self.vouchers.redeem(&redeemer, Said::Code(code.reveal())).await {
            println!("{id} redeemed .");
        }
    }
}
