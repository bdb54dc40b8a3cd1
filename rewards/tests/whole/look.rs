//! Whether all that was answered for is there, and each thing once.

use crate::scene::{BUDGET, COSTS, EARNS, FANS, Scene, fan_id, number, seal};
use crate::{Answered, PATIENCE};
use jobs::Worker;
use rewards::exchange::{Exchange, order};
use rewards::voucher::stock;
use rewards::{QUEUE, Rewards, Vouchers, budget_of, product};
use std::collections::HashMap;
use std::path::Path;
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;
use wallet::verify::verify;
use wallet::{Books, Ledger};

/// Each counts what must not be.
const FAULTS: &[(&str, &str)] = &[
    (
        "an asset's accounts do not sum to nothing",
        "select count(*) from (select asset, sum(posted) as sum from wallet.standing group by asset) it where sum <> 0",
    ),
    ("a market's account keeps something", "select count(*) from wallet.standing where kind = 'market' and posted <> 0"),
    (
        "a hold is open for no order that rests",
        "select abs((select count(*) from wallet.hold where state = 'open')
            - (select count(*) from rewards.market_order where state = 'resting'))",
    ),
    ("a job was given up", "select count(*) from jobs.dead"),
    ("something is stuck", "select count(*) from rewards.stuck"),
    (
        "a trigger was not judged",
        "select count(*) from rewards.trigger t where not exists (select 1 from rewards.judged j where j.trigger = t.number)",
    ),
    ("a trigger has earned twice, or nothing", "
        select count(*) from rewards.trigger t where (select count(*) from rewards.grant g where g.trigger = t.number) <> 1"),
    ("a grant waits", "select count(*) from rewards.grant where state = 'earned'"),
    (
        "a grant was refused while there was a budget",
        "select count(*) from rewards.grant where state = 'refused' and reason <> 'the budget is used up'",
    ),
    (
        "what was paid is not in the ledger, once",
        "select abs((select count(*) from rewards.grant where state = 'paid')
            - (select count(*) from wallet.transfer where reason = 'grant' and asset = 'points'))",
    ),
    (
        "an order is not as its fills say",
        "select count(*) from rewards.market_order o
         where filled <> (select coalesce(sum(quantity), 0) from rewards.fill where o.number in (buy_order, sell_order))",
    ),
    (
        "a fan has filled an order of its own",
        "select count(*) from rewards.fill f join rewards.market_order b on b.number = f.buy_order
         join rewards.market_order s on s.number = f.sell_order where b.trader = s.trader",
    ),
    (
        "a fan's vouchers are not what came and went",
        "select count(*) from wallet.standing a
         cross join lateral (select count(*) as n from rewards.reservation r where r.fan_id = a.owner and r.state = 'bought') bought
         cross join lateral (select count(*) as n from rewards.voucher v
            where v.fan_id = a.owner and v.state in ('claimed', 'redeemed')) opened
         cross join lateral (select coalesce(sum(f.quantity), 0) as n from rewards.fill f
            join rewards.market_order o on o.number = f.buy_order join rewards.trader t on t.number = o.trader
            where t.fan_id = a.owner) came
         cross join lateral (select coalesce(sum(f.quantity), 0) as n from rewards.fill f
            join rewards.market_order o on o.number = f.sell_order join rewards.trader t on t.number = o.trader
            where t.fan_id = a.owner) went
         where a.kind = 'fan' and a.asset like 'voucher.%' and a.posted <> bought.n - opened.n + came.n - went.n",
    ),
];

/// Points that fans have; what they were given, what they have spent.
const POINTS: &str =
    "select coalesce(sum(posted), 0)::bigint from wallet.standing where kind = 'fan' and asset = 'points'";
const GIVEN: &str = "select coalesce(sum(units), 0)::bigint from rewards.grant where state = 'paid'";
const BOUGHT: &str = "select count(*) from rewards.reservation where state = 'bought'";

/// Ends what was under way, and looks. Answers what there was, in words.
pub(crate) async fn look(store: &Store, folder: &Path, scene: &Scene, answered: &Answered) -> String {
    // A minute later nobody waits for anything any more, and what was reserved is over.
    let clock = Clock::system_off_by(jiff::SignedDuration::from_secs(240));
    let ledger = Ledger::start(store, &clock, "look");
    let rewards = Rewards::new(store, &clock, &ledger);
    let worker = rewards.on(Worker::new(store.clone(), "look").queue(QUEUE));
    // It takes what those had who are silent now, and tries again what has failed meanwhile.
    let stop = CancellationToken::new();
    let working = tokio::spawn(worker.run(stop.clone().cancelled_owned()));
    let worked = tokio::time::timeout(PATIENCE, async {
        while number(store, "select count(*) from jobs.job where kind = 'rewards.judge'").await > 0 {
            tokio::task::yield_now().await;
        }
    });
    worked.await.expect("all jobs are done");
    stop.cancel();
    working.await.unwrap().unwrap();
    let exchange = Exchange::new((store, &clock, &ledger), "look", Some(folder.to_owned()), None);
    assert_eq!(exchange.look().await.unwrap(), 1);
    exchange.catch_up(&scene.market).await.unwrap();
    let vouchers = Vouchers::new(store, &clock, &ledger, &seal());
    // Reservations last ten minutes: those that were cut short are let go now.
    let sql = "select id, fan_id from rewards.reservation where state in ('asked', 'reserved')";
    for row in store.read("test", async |db| db.query(sql, &[]).await).await.unwrap() {
        let (id, fan): (String, String) = (row.get("id"), row.get("fan_id"));
        vouchers.release(&crate::scene::holder_of(&fan), &id).await.unwrap();
    }
    vouchers.sweep().await.unwrap();
    for (what, sql) in FAULTS {
        assert_eq!(number(store, sql).await, 0, "{what}");
    }
    let report = store.read("test", async |db| verify(db).await).await.unwrap();
    assert_eq!(report.faults, []);
    let words = books(store, scene).await;
    check(store, answered).await;
    exchange.end().await;
    words
}

/// Points and vouchers add up, and the budget was used and never overspent.
async fn books(store: &Store, scene: &Scene) -> String {
    let (given, bought) = (number(store, GIVEN).await, number(store, BOUGHT).await);
    assert_eq!(number(store, POINTS).await, given - bought * COSTS, "points are earned, spent or there");
    assert!(given <= BUDGET && given % EARNS == 0, "{given}");
    let now = jiff::Timestamp::now();
    let left = store.run_tx("test", async |tx| {
        let owner = budget_of(&scene.campaign, Books::Live);
        let budget = wallet::Budget::<wallet::Points>::open(tx, &owner, now).await?;
        budget.left(tx).await
    });
    assert_eq!(left.await.unwrap(), BUDGET - given);
    let figures = store.read("test", async |db| {
        let found = product::find(db, &scene.product).await?;
        stock::figures(db, &[found.unwrap()]).await
    });
    let it = figures.await.unwrap()[0];
    let sum = it.in_stock + it.reserved + it.held + it.claimed + it.redeemed + it.expired;
    assert_eq!(it.made, sum, "{it:?}");
    let fills = number(store, "select count(*) from rewards.fill").await;
    assert!(bought > 0 && fills > 0 && it.redeemed > 0, "all of the way was gone: {bought}, {fills}, {it:?}");
    format!("{given} points given of {BUDGET}, {bought} bought, {fills} fills, {} redeemed", it.redeemed)
}

/// Each thing that was answered for is as it was said, or further.
async fn check(store: &Store, answered: &Answered) {
    let states = async |sql: &'static str| -> HashMap<String, String> {
        let rows = store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        rows.iter().map(|it| (it.get(0), it.get(1))).collect()
    };
    let triggers = states("select id, fan_id from rewards.trigger").await;
    let reservations = states("select id, state from rewards.reservation").await;
    let vouchers = states("select id, state from rewards.voucher").await;
    let mut orders = HashMap::new();
    for at in 0..FANS {
        let fan_id = fan_id(at);
        let listed =
            order::Listed { fan_id: &fan_id, state: None, market: None, before: None, limit: 1_000_000 };
        let of_fan = store.read("test", async |db| order::of_fan(db, &listed).await).await.unwrap();
        orders.extend(of_fan.into_iter().map(|it| (it.id.clone(), it)));
    }
    for (what, said) in answered {
        let is_there = match what.split_once('_').unwrap() {
            ("trigger", id) => triggers.get(id) == Some(&format!("fan_{said}")),
            ("rsv", _) => reservations.get(what) == Some(said),
            ("vch", _) => vouchers.get(what).is_some_and(|it| it == said || it == "redeemed"),
            _ => orders.get(what).is_some_and(|it| {
                let (state, filled) = said.split_once(' ').unwrap();
                let is_as_said = it.state.word() == state || state == "resting";
                is_as_said && it.filled >= filled.parse().unwrap()
            }),
        };
        assert!(is_there, "{what} was answered with {said:?}, and is not so");
    }
}
