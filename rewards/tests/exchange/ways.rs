//! Each way of an order by itself.

use crate::scene::{POINTS, Scene, VOUCHERS, fan, words};
use jiff::SignedDuration;
use rewards::exchange::order::{State, id_of};
use rewards::exchange::{Asked, Error, Event, Refused, Why, Words, figures, listing, order};
use rewards::product::{self, State as Sale};
use wallet::{Act, Books, Holder, Transfer, TransferId, holder};

fn why<T: std::fmt::Debug>(done: Result<T, Error>) -> Why {
    match done {
        Err(Error::Refused(Refused { why, .. })) => why,
        other => panic!("it is refused: {other:?}"),
    }
}

#[tokio::test]
async fn two_fans_trade_and_each_has_what_was_agreed() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let sold = scene.place(0, words("sell", 120, 10)).await.unwrap();
    assert_eq!((sold.state, sold.left), (State::Resting, 10));
    assert_eq!(scene.has(0).await, [(POINTS, 0), (VOUCHERS, 10)]);
    // The buyer pays what the seller asked; what was held beyond that is free.
    let bought = scene.place(1, words("buy", 130, 4)).await.unwrap();
    assert_eq!((bought.state, bought.filled, bought.left), (State::Filled, 4, 0));
    assert_eq!((bought.parts[0].price, bought.parts[0].quantity), (120, 4));
    let sold = scene.order(0, &sold.id).await;
    assert_eq!((sold.state, sold.filled, sold.left), (State::Resting, 4, 6));
    assert_eq!(scene.has(0).await, [(POINTS + 480, 0), (VOUCHERS - 4, 6)]);
    assert_eq!(scene.has(1).await, [(POINTS - 480, 0), (VOUCHERS + 4, 0)]);
    let gone = scene.cancel(0, &sold.id).await.unwrap();
    assert_eq!((gone.state, gone.reason.as_deref()), (State::Cancelled, Some("asked")));
    assert_eq!(scene.has(0).await, [(POINTS + 480, 0), (VOUCHERS - 4, 0)]);
    assert!(matches!(scene.cancel(0, &sold.id).await, Err(Error::Over { .. })));
    assert!(matches!(scene.cancel(1, &sold.id).await, Err(Error::UnknownOrder { .. })));
    let listed =
        scene.store.read("test", async |db| listing::find(db, &scene.market).await).await.unwrap().unwrap();
    assert_eq!((listed.last.unwrap().price, listed.bid, listed.ask), (120, None, None));
    let trades = scene.store.read("test", async |db| listing::trades(db, &listed, 20).await).await.unwrap();
    assert_eq!((trades.len(), trades[0].side_word()), (1, "buy"));
    scene.check().await;
}

#[tokio::test]
async fn what_is_asked_for_twice_is_done_once() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let id = id_of("fan_0", Some("key 1"));
    assert_eq!(id, id_of("fan_0", Some("key 1")));
    let asked = Asked { id, fan: fan(0), words: words("buy", 100, 5) };
    let ask = || scene.exchange.place(&scene.market, asked.clone());
    let all = futures_util::future::join_all([ask(), ask(), ask()]).await;
    let all: Vec<_> = all.into_iter().map(|it| it.unwrap()).collect();
    assert!(all.iter().all(|it| it.id == all[0].id && it.state == State::Resting), "{all:?}");
    assert_eq!(scene.has(0).await[0], (POINTS, 500));
    scene.place(1, words("sell", 90, 2)).await.unwrap();
    let again = ask().await.unwrap();
    assert_eq!((again.filled, again.left, again.parts.len()), (2, 3, 1));
    // Under one id only one thing is asked for.
    let other = Asked { words: words("sell", 100, 5), ..asked.clone() };
    assert!(matches!(scene.exchange.place(&scene.market, other).await, Err(Error::OtherOrder { .. })));
    scene.check().await;
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_and_leaves_nothing() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let dear = u32::try_from(POINTS / 100 + 1).unwrap();
    let asked = Asked { id: id_of("fan_0", Some("dear")), fan: fan(0), words: words("buy", dear, 100) };
    for _ in 0..2 {
        assert_eq!(why(scene.exchange.place(&scene.market, asked.clone()).await), Why::TooLittle);
    }
    assert_eq!(why(scene.place(0, words("sell", 10, 501)).await), Why::TooLittle);
    for (words, expected) in [
        (words("buy", 10_001, 1), Why::OutOfRange),
        (words("buy", 10, 1_001), Why::QuantityTooLarge),
        (
            Words { time_in_force: "gtd".into(), until: Some(scene.clock.now()), ..words("buy", 10, 1) },
            Why::AlreadyOver,
        ),
    ] {
        assert_eq!(why(scene.place(0, words).await), expected);
    }
    scene.place(1, words("sell", 50, 5)).await.unwrap();
    let posted = Words { post_only: true, ..words("buy", 50, 5) };
    assert_eq!(why(scene.place(0, posted).await), Why::WouldCross);
    scene.exchange.catch_up(&scene.market).await.unwrap();
    assert_eq!(scene.has(0).await, [(POINTS, 0), (VOUCHERS, 0)]);
    scene.check().await;
}

#[tokio::test]
async fn orders_that_do_not_stay_give_back_what_they_did_not_need() {
    let scene = Scene::open(3, listing::Terms::USUAL).await;
    scene.place(0, words("sell", 100, 3)).await.unwrap();
    scene.place(0, words("sell", 110, 3)).await.unwrap();
    let market = |side: &str, tif: &str, quantity| Words {
        kind: "market".into(),
        price: None,
        time_in_force: tif.into(),
        ..words(side, 1, quantity)
    };
    // Held at the highest price, which is too dear; a smaller one is not.
    assert_eq!(why(scene.place(1, market("buy", "ioc", 11)).await), Why::TooLittle);
    let killed = scene.place(1, market("buy", "fok", 7)).await.unwrap();
    assert_eq!(
        (killed.state, killed.reason.as_deref(), killed.filled),
        (State::Cancelled, Some("killed"), 0)
    );
    let part = scene.place(1, market("buy", "ioc", 8)).await.unwrap();
    assert_eq!((part.state, part.reason.as_deref(), part.filled), (State::Cancelled, Some("unfilled"), 6));
    scene.exchange.catch_up(&scene.market).await.unwrap();
    assert_eq!(scene.has(1).await, [(POINTS - 630, 0), (VOUCHERS + 6, 0)]);
    scene.place(1, words("buy", 70, 2)).await.unwrap();
    let sold = scene.place(2, market("sell", "fok", 2)).await.unwrap();
    assert_eq!((sold.state, sold.parts[0].price), (State::Filled, 70));
    scene.check().await;
}

#[tokio::test]
async fn amendments_hold_what_they_need_and_free_what_they_do_not() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let order = scene.place(0, words("buy", 100, 10)).await.unwrap();
    let held = async || scene.has(0).await[0].1;
    for (price, quantity, needs) in [
        (Some(90), None, 900),
        (None, Some(20), 1_800),
        (Some(200), Some(5), 1_000),
        (Some(50), Some(30), 1_500),
        (Some(50), Some(30), 1_500),
    ] {
        let amended = scene.amend(0, &order.id, price, quantity).await.unwrap();
        assert_eq!(held().await, needs, "{amended:?}");
    }
    assert_eq!(why(scene.amend(0, &order.id, Some(10_000), Some(1_000)).await), Why::TooLittle);
    assert_eq!(why(scene.amend(0, &order.id, Some(20_000), None).await), Why::OutOfRange);
    assert_eq!(held().await, 1_500);
    // It crosses as it is amended.
    scene.place(1, words("sell", 60, 8)).await.unwrap();
    let amended = scene.amend(0, &order.id, Some(70), None).await.unwrap();
    assert_eq!((amended.state, amended.filled, amended.left), (State::Resting, 8, 22));
    assert_eq!(held().await, 22 * 70);
    // To what it has filled already: it is over.
    let amended = scene.amend(0, &order.id, None, Some(8)).await.unwrap();
    assert_eq!((amended.state, amended.left), (State::Filled, 0));
    assert!(matches!(scene.amend(0, &order.id, None, Some(9)).await, Err(Error::Over { .. })));
    scene.check().await;
}

#[tokio::test]
async fn an_order_ends_at_its_date_and_all_of_a_fan_when_the_fan_says_so() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let until = Some(scene.clock.now() + SignedDuration::from_secs(60));
    let dated = Words { time_in_force: "gtd".into(), until, ..words("buy", 30, 5) };
    let dated = scene.place(0, dated).await.unwrap();
    scene.place(0, words("buy", 31, 5)).await.unwrap();
    scene.place(0, words("sell", 40, 5)).await.unwrap();
    scene.place(1, words("sell", 40, 5)).await.unwrap();
    scene.clock.advance(std::time::Duration::from_secs(61));
    while scene.order(0, &dated.id).await.state == State::Resting {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.order(0, &dated.id).await.reason.as_deref(), Some("expired"));
    assert_eq!(scene.exchange.cancel_all(&scene.market, fan(0)).await.unwrap(), 2);
    assert_eq!(scene.has(0).await, [(POINTS, 0), (VOUCHERS, 0)]);
    assert_eq!(scene.number("select count(*) from rewards.market_order where state = 'resting'").await, 1);
    scene.check().await;
}

#[tokio::test]
async fn a_halted_market_takes_nothing_but_cancelling_and_a_closed_one_gives_all_back() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let order = scene.place(0, words("buy", 30, 5)).await.unwrap();
    scene.place(1, words("sell", 35, 5)).await.unwrap();
    scene.exchange.halt(&scene.market).await.unwrap();
    assert_eq!(why(scene.place(1, words("sell", 30, 5)).await), Why::Halted);
    assert_eq!(why(scene.amend(0, &order.id, Some(35), None).await), Why::Halted);
    assert_eq!(scene.has(0).await[0], (POINTS, 150));
    let figures =
        scene.store.read("test", async |db| figures::all(db, scene.clock.now()).await).await.unwrap();
    let it = &figures[0];
    assert_eq!(
        (it.listing.state, it.open_orders, it.bids, it.asks, it.units_today, it.stuck),
        (listing::State::Halted, 2, 5, 5, 0, 0)
    );
    scene.exchange.reopen(&scene.market, None).await.unwrap();
    scene.amend(0, &order.id, Some(35), None).await.unwrap();
    let other = scene.place(0, words("buy", 20, 1)).await.unwrap();
    assert_eq!(scene.exchange.close(&scene.market).await.unwrap(), 1);
    assert_eq!(scene.order(0, &other.id).await.reason.as_deref(), Some("mass"));
    assert_eq!(why(scene.place(0, words("buy", 20, 1)).await), Why::Closed);
    assert_eq!(why(scene.exchange.reopen(&scene.market, None).await), Why::Closed);
    assert_eq!(scene.has(0).await, [(POINTS - 175, 0), (VOUCHERS + 5, 0)]);
    scene.check().await;
    // Nobody opens it again.
    scene.exchange.end().await;
    assert_eq!(scene.another("two").look().await.unwrap(), 0);
}

#[tokio::test]
async fn an_order_that_comes_while_the_market_halts_is_answered_and_its_hold_freed() {
    let scene = Scene::lively(2).await;
    for _ in 0..20 {
        let mut orders = Vec::new();
        for price in 1..=20 {
            orders.push(scene.place(0, words("buy", price, 1)));
        }
        let (halted, placed) =
            tokio::join!(scene.exchange.halt(&scene.market), futures_util::future::join_all(orders));
        halted.unwrap();
        let rest = placed.iter().filter(|it| it.is_ok()).count();
        for refused in placed.into_iter().filter(Result::is_err) {
            assert_eq!(why(refused), Why::Halted);
        }
        scene.exchange.catch_up(&scene.market).await.unwrap();
        assert_eq!(scene.exchange.cancel_all(&scene.market, fan(0)).await.unwrap(), rest as u64);
        assert_eq!(scene.has(0).await[0], (POINTS, 0));
        scene.exchange.reopen(&scene.market, None).await.unwrap();
    }
    scene.check().await;
}

#[tokio::test]
async fn one_fan_makes_so_many_orders_in_a_minute_and_has_so_many() {
    let terms = listing::Terms { fan_minute_max: 3, fan_orders_max: 2, ..listing::Terms::USUAL };
    let scene = Scene::open(2, terms).await;
    let kept = Asked { id: id_of("fan_0", Some("a")), fan: fan(0), words: words("buy", 1, 1) };
    scene.exchange.place(&scene.market, kept.clone()).await.unwrap();
    scene.place(0, words("buy", 1, 1)).await.unwrap();
    assert_eq!(why(scene.place(0, words("buy", 1, 1)).await), Why::TooManyOrders);
    let again = scene.place(0, words("buy", 1, 1)).await;
    assert!(matches!(again, Err(Error::TooOften { max: 3, again_seconds: 60 })), "{again:?}");
    // What was made before is known still, and another fan may go on.
    assert_eq!(scene.exchange.place(&scene.market, kept).await.unwrap().state, State::Resting);
    scene.place(1, words("buy", 1, 1)).await.unwrap();
    scene.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(why(scene.place(0, words("buy", 1, 1)).await), Why::TooManyOrders);
    scene.check().await;
}

async fn freeze(scene: &Scene, number: usize) {
    let (fan, now) = (fan(number), scene.clock.now());
    let holder = Holder { fan_id: &fan.fan_id, organisation_id: &fan.organisation_id, books: Books::Live };
    scene.store.run_tx("test", async |tx| holder::freeze(tx, &holder, now).await).await.unwrap();
}

async fn thaw(scene: &Scene, number: usize) {
    let fan = fan(number);
    let holder = Holder { fan_id: &fan.fan_id, organisation_id: &fan.organisation_id, books: Books::Live };
    scene.store.run_tx("test", async |tx| holder::thaw(tx, &holder).await).await.unwrap();
}

#[tokio::test]
async fn a_fill_of_a_frozen_fan_waits_and_others_go_on() {
    let scene = Scene::open(3, listing::Terms::USUAL).await;
    let resting = scene.place(0, words("sell", 50, 10)).await.unwrap();
    freeze(&scene, 0).await;
    assert_eq!(why(scene.place(0, words("sell", 50, 1)).await), Why::Frozen);
    // It is filled in the book, which knows nothing of accounts; its units come later.
    let one = scene.place(1, words("buy", 50, 2)).await.unwrap();
    let two = scene.place(1, words("buy", 55, 3)).await.unwrap();
    assert_eq!((one.state, two.state), (State::Filled, State::Filled));
    scene.place(1, words("buy", 40, 1)).await.unwrap();
    scene.place(2, words("sell", 40, 1)).await.unwrap();
    scene.exchange.catch_up(&scene.market).await.unwrap();
    assert_eq!(scene.has(0).await, [(POINTS, 0), (VOUCHERS, 10)]);
    assert_eq!(scene.has(1).await, [(POINTS - 40, 100 + 165), (VOUCHERS + 1, 0)]);
    let listed =
        scene.store.read("test", async |db| listing::find(db, &scene.market).await).await.unwrap().unwrap();
    let stuck = scene.store.read("test", async |db| figures::stuck(db, &listed).await).await.unwrap();
    assert_eq!(stuck.len(), 2);
    assert!(stuck[0].reason.contains("frozen") && stuck[1].reason.contains("hold"), "{stuck:?}");
    assert_eq!((stuck[0].price, stuck[0].quantity), (Some(50), Some(2)));
    // What is given up of it waits behind.
    let gone = scene.cancel(0, &resting.id).await.unwrap();
    assert_eq!((gone.state, gone.filled), (State::Cancelled, 5));
    assert_eq!(scene.exchange.try_stuck(&scene.market).await.unwrap(), 3);
    // Who opens the market next has it too.
    scene.exchange.end().await;
    let next = scene.another("two");
    assert_eq!(next.look().await.unwrap(), 1);
    assert_eq!(next.try_stuck(&scene.market).await.unwrap(), 3);
    thaw(&scene, 0).await;
    assert_eq!(next.try_stuck(&scene.market).await.unwrap(), 0);
    assert_eq!(scene.has(0).await, [(POINTS + 250, 0), (VOUCHERS - 5, 0)]);
    assert_eq!(scene.has(1).await, [(POINTS - 290, 0), (VOUCHERS + 6, 0)]);
    crate::scene::check(&scene.store).await;
}

#[tokio::test]
async fn of_two_holders_the_later_one_writes_and_the_earlier_one_answers_nothing_more() {
    let scene = Scene::lively(2).await;
    scene.place(0, words("buy", 10, 1)).await.unwrap();
    let two = scene.another("two");
    assert_eq!(two.look().await.unwrap(), 0, "the lease is had");
    // As if the first had not renewed it in time; it may be about to at this moment, and then not again soon.
    let expired = "update rewards.market set until = clock_timestamp() - interval '1 s' returning number";
    let mut opened = 0;
    for _ in 0..3 {
        scene.number(expired).await;
        opened += two.look().await.unwrap();
        if opened > 0 {
            break;
        }
    }
    assert_eq!(opened, 1);
    let place = async |exchange: &rewards::exchange::Exchange, price| {
        let asked = Asked { id: id_of("", None), fan: fan(1), words: words("buy", price, 1) };
        exchange.place(&scene.market, asked).await
    };
    let late = place(&scene.exchange, 20).await;
    assert!(matches!(late, Err(Error::Away { .. } | Error::Unsure)), "{late:?}");
    assert!(matches!(scene.exchange.halt(&scene.market).await, Err(Error::Away { .. } | Error::Unsure)));
    assert_eq!(place(&two, 30).await.unwrap().state, State::Resting);
    two.catch_up(&scene.market).await.unwrap();
    assert_eq!(scene.number("select count(*) from rewards.market_order where state = 'resting'").await, 2);
    crate::scene::check(&scene.store).await;
    two.end().await;
}

#[tokio::test]
async fn what_was_on_its_way_when_a_holder_went_is_entered_or_given_up() {
    let scene = Scene::open(1, listing::Terms::USUAL).await;
    let rested = scene.place(0, words("buy", 10, 1)).await.unwrap();
    scene.exchange.end().await;
    // Three that were written down: one without a hold, one with one, and one with one that is old.
    let insert = "
        insert into rewards.market_order (id, market, trader, side, kind, price, quantity, time_in_force, post_only, self_trade,
            points, vouchers, remaining, made_at, changed_at)
        select it.id, o.market, o.trader, 'buy', 'limit', 20, 3, 'gtc', false, 'cancel-newest', o.points, o.vouchers, 3,
            o.made_at - it.ago, o.made_at
        from rewards.market_order o, (values ('ord_a', interval '0'), ('ord_b', interval '0'), ('ord_c', interval '2 min')) as it (id, ago)
        where o.id = $1 returning number";
    let rows = scene.store.run_tx("test", async |tx| tx.query(insert, &[&rested.id]).await).await.unwrap();
    assert_eq!(rows.len(), 3);
    let sql =
        "select points, (select points from rewards.market) as market from rewards.market_order limit 1";
    let row = scene.store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
    let account = |column| wallet::AccountId::of_number(row.get::<_, uuid::Uuid>(column).as_u128());
    for id in ["ord_b", "ord_c"] {
        let amount = wallet::Amount::<wallet::Points>::new(60).unwrap();
        let of = wallet::Move::new(amount, account("points"), account("market"), wallet::Reason::Trade);
        let about = wallet::Metadata::new([
            ("market", scene.market.as_str()),
            ("product", scene.product.id.as_str()),
        ]);
        let hold = TransferId::following_from("market.hold", &[id, "1"]);
        let hold = Transfer::new(hold, Act::Hold { of, until: None }).about(about.unwrap());
        scene.ledger.make(hold).await.unwrap();
    }
    let two = scene.another("two");
    assert_eq!(two.look().await.unwrap(), 1);
    two.catch_up(&scene.market).await.unwrap();
    let state = async |id: &str| {
        let found =
            scene.store.read("test", async |db| rewards::exchange::order::find(db, id, "fan_0").await);
        found.await.unwrap().unwrap().state
    };
    assert_eq!(
        (state("ord_a").await, state("ord_b").await, state("ord_c").await),
        (State::GivenUp, State::Resting, State::Refused)
    );
    assert_eq!(scene.has(0).await[0], (POINTS, 70));
    two.end().await;
}

#[tokio::test]
async fn who_follows_a_market_sees_what_is_in_its_book() {
    let scene = Scene::lively(2).await;
    let mut following = scene.exchange.follow(&scene.market);
    let (mut best, mut trades, mut halted) = (rewards::exchange::Best::default(), 0, false);
    let mut take = |event: Event, best: &mut rewards::exchange::Best| {
        if let Event::Change { since, .. } = &event {
            assert_eq!(*since, best.seq, "nothing is missed");
        }
        match &event {
            Event::Trade { price, quantity, side, .. } => {
                assert_eq!((*price, *quantity, side.as_str()), (40, 1, "buy"));
                trades += 1;
            }
            Event::State(word) => halted = word == "halted",
            _ => {}
        }
        best.fold(&event);
        (trades, halted)
    };
    for _ in ["depth", "state"] {
        take(following.next().await, &mut best);
    }
    for price in 1..=30 {
        scene.place(0, words("buy", price, price)).await.unwrap();
    }
    for price in 40..=90 {
        scene.place(1, words("sell", price, 1)).await.unwrap();
    }
    scene.place(0, words("buy", 40, 1)).await.unwrap();
    scene.exchange.halt(&scene.market).await.unwrap();
    loop {
        let event = following.next().await;
        let (trades, halted) = take(event, &mut best);
        let bids: Vec<(u32, u64)> = (1..=30).rev().map(|it| (it, u64::from(it))).collect();
        let asks: Vec<(u32, u64)> = (41..=90).map(|it| (it, 1)).collect();
        if trades == 1 && halted && best.bids == bids && best.asks == asks {
            break;
        }
    }
    // Who comes later has the same at once.
    let mut later = scene.exchange.follow(&scene.market);
    let Event::Depth(shown) = later.next().await else { panic!("the depth comes first") };
    assert_eq!(shown, best);
}

#[tokio::test]
async fn a_market_ends_with_its_product() {
    let scene = Scene::open(2, listing::Terms::USUAL).await;
    let order = scene.place(0, words("sell", 120, 10)).await.unwrap();
    let ended =
        async |tx: &store::Transaction<'_>| product::set_state(tx, &scene.product.id, Sale::Over).await;
    scene.store.run_tx("test", ended).await.unwrap();
    // Whoever keeps the market looks when it begins to, and now and then: the first may have seen it before it ended.
    scene.exchange.end().await;
    let other = scene.another("two");
    other.look().await.unwrap();
    let closed = "select count(*) from rewards.market where state = 'closed'";
    let waited = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while scene.number(closed).await == 0 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it is closed");
    assert_eq!(scene.has(0).await, [(POINTS, 0), (VOUCHERS, 0)], "what was held is free");
    let fan_id = fan(0).fan_id;
    let found = scene.store.read("test", async |db| order::find(db, &order.id, &fan_id).await).await;
    assert_eq!(found.unwrap().unwrap().state, State::Cancelled);
}
