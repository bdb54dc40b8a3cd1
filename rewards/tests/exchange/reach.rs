//! Reaching a market that another process writes.

use crate::scene::{Scene, fan, words};
use futures_util::future::join_all;
use jobs::rpc::{Caller, Registry, Server};
use rewards::exchange::order::{State, id_of};
use rewards::exchange::{Asked, Error, Event, Exchange, Refused, Why};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wallet::Ledger;

/// Answers calls for the markets of a process, until it is dropped.
struct Answering {
    _stop: tokio_util::sync::DropGuard,
    _task: JoinHandle<()>,
}

fn answer(exchange: &Exchange, registry: &Registry) -> Answering {
    let (stop, server) = (CancellationToken::new(), exchange.on(Server::new("127.0.0.1:0".parse().unwrap())));
    let (registry, stopped) = (registry.clone(), stop.clone());
    let task = tokio::spawn(async move { server.run(registry, stopped).await.unwrap() });
    Answering { _stop: stop.drop_guard(), _task: task }
}

impl Scene {
    /// A process that writes no market.
    fn outside(&self, registry: &Registry) -> Exchange {
        let ledger = Ledger::start(&self.store, &self.clock, "outside");
        let caller = Caller::new(registry.clone());
        Exchange::new((&self.store, &self.clock, &ledger), "outside", None, Some(caller))
    }
}

#[tokio::test]
async fn orders_reach_the_process_that_writes_their_market() {
    let scene = Scene::lively(2).await;
    let registry = Registry::postgres(&scene.store);
    let outside = scene.outside(&registry);
    let asked = |number: usize, words| Asked { id: id_of("", None), fan: fan(number), words };
    let away = outside.place(&scene.market, asked(0, words("buy", 10, 1))).await;
    assert!(matches!(away, Err(Error::Away { .. })), "{away:?}");

    // One that writes it, and one that answers calls and does not.
    let other = scene.another("two");
    let _answering = [answer(&other, &registry), answer(&scene.exchange, &registry)];
    let order = loop {
        match outside.place(&scene.market, asked(0, words("buy", 10, 4))).await {
            Err(Error::Away { .. }) => tokio::task::yield_now().await,
            done => break done.unwrap(),
        }
    };
    assert_eq!((order.state, order.left), (State::Resting, 4));
    let mut following = outside.follow(&scene.market);
    let Event::Depth(mut best) = following.next().await else { panic!("the depth comes first") };
    // What is shown may be a moment old; then what is new follows.
    while best.bids != [(10, 4)] {
        best.fold(&following.next().await);
    }
    let sells = (0..4).map(|_| outside.place(&scene.market, asked(1, words("sell", 10, 1))));
    for sold in join_all(sells).await {
        assert_eq!(sold.unwrap().state, State::Filled);
    }
    let (mut trades, mut shown) = (0, best);
    while trades < 4 || !shown.bids.is_empty() {
        let event = following.next().await;
        if let Event::Change { since, .. } = &event {
            assert_eq!(*since, shown.seq, "nothing is missed");
        }
        trades += i32::from(matches!(event, Event::Trade { .. }));
        shown.fold(&event);
    }
    let dear = outside.place(&scene.market, asked(0, words("buy", 10_000, 1_000))).await;
    assert!(matches!(dear, Err(Error::Refused(Refused { why: Why::TooLittle, .. }))), "{dear:?}");
    let over = outside.cancel(&scene.market, &fan(0).fan_id, &order.id).await;
    assert!(matches!(over, Err(Error::Over { .. })), "{over:?}");

    // The other one writes it from now on, and who asks and who follows goes on.
    scene.exchange.end().await;
    assert_eq!(other.look().await.unwrap(), 1);
    let order = outside.place(&scene.market, asked(0, words("buy", 12, 1))).await.unwrap();
    loop {
        if let Event::Depth(best) = following.next().await
            && best.bids == [(12, 1)]
        {
            break;
        }
    }
    let gone = outside.cancel(&scene.market, &fan(0).fan_id, &order.id).await.unwrap();
    assert_eq!(gone.state, State::Cancelled);
    other.end().await;
    crate::scene::check(&scene.store).await;
}
