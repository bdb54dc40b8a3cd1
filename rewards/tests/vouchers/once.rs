//! Many at once: nothing is sold twice, and no limit is passed.

use crate::here::{Here, fan, terms};
use futures_util::future::join_all;
use rewards::product::{Codes, Terms};
use rewards::voucher::{Denied, Stage, State};
use rewards::{Error, product};
use wallet::{Books, Holder, Refusal, holder};

#[tokio::test]
async fn stock_is_never_oversold() {
    let here = Here::new().await;
    let product = here.product(terms(Codes::Made), 10).await;
    let fans: Vec<String> = (0..8).map(|it| format!("fan_{it}")).collect();
    for it in &fans {
        here.fan(&fan(it), 100).await;
    }
    let ids: Vec<String> = fans.iter().map(|_| store::ids::new("rsv")).collect();
    let reserve = fans.iter().zip(&ids).map(|(it, id)| {
        let (here, product) = (&here, &product);
        async move { here.vouchers.reserve(&fan(it), product, 3, id).await }
    });
    let reserved = join_all(reserve).await;
    let good: Vec<usize> = (0..8).filter(|at| reserved[*at].is_ok()).collect();
    assert_eq!(good.len(), 3, "{reserved:?}");
    let refused = reserved.iter().filter_map(|it| it.as_ref().err());
    assert!(refused.into_iter().all(|it| matches!(it, Error::Denied(Denied::SoldOut))), "{reserved:?}");
    let figures = here.figures(&product).await;
    assert_eq!((figures.in_stock, figures.reserved), (1, 9));
    // Each confirmed by many at once.
    let confirm = good.iter().flat_map(|at| [*at; 4]).map(|at| {
        let (here, it, id) = (&here, &fans[at], &ids[at]);
        async move { here.vouchers.confirm(&fan(it), id).await.unwrap().stage }
    });
    assert!(join_all(confirm).await.into_iter().all(|it| it == Stage::Bought));
    for at in good {
        assert_eq!(here.balance(&fans[at], Some(&product)).await, (3, 3));
        assert_eq!(here.balance(&fans[at], None).await, (70, 70));
    }
    here.verify(&product).await;
}

#[tokio::test]
async fn limits_hold_for_many_at_once_and_are_given_back() {
    let here = Here::new().await;
    let limited = Terms { fan_max: Some(5), fan_day_max: Some(3), ..terms(Codes::Made) };
    let product = here.product(limited, 50).await;
    let one = fan("fan_1");
    here.fan(&one, 1_000).await;
    let many = async || {
        let ids: Vec<String> = (0..8).map(|_| store::ids::new("rsv")).collect();
        let all = join_all(ids.iter().map(|id| here.vouchers.reserve(&one, &product, 1, id))).await;
        let good = ids.into_iter().zip(&all).filter(|it| it.1.is_ok()).map(|it| it.0);
        let good: Vec<String> = good.collect();
        let refused = all.iter().filter_map(|it| it.as_ref().err());
        assert!(refused.into_iter().all(|it| matches!(it, Error::LimitReached { left: 0 })), "{all:?}");
        good
    };
    let good = many().await;
    assert_eq!(good.len(), 3, "in a day");
    assert_eq!(many().await.len(), 0);
    // Released by many at once, it is given back once.
    join_all(good[..2].iter().flat_map(|it| [it; 4]).map(|id| here.vouchers.release(&one, id))).await;
    here.vouchers.confirm(&one, &good[2]).await.unwrap();
    let good = many().await;
    assert_eq!(good.len(), 2);
    // What is over is given back as well, looked at and swept at once.
    here.pass(10);
    let looks = join_all(good.iter().flat_map(|it| [it; 3]).map(|id| here.vouchers.reservation(&one, id)));
    let (looked, swept) = tokio::join!(looks, here.vouchers.sweep());
    swept.unwrap();
    assert!(looked.into_iter().all(|it| it.unwrap().stage == Stage::Expired));
    let good = many().await;
    assert_eq!(good.len(), 2);
    for id in &good {
        here.vouchers.confirm(&one, id).await.unwrap();
    }
    here.pass(24 * 60);
    let good = many().await;
    assert_eq!(good.len(), 2, "ever");
    let found = here.found(&product).await;
    assert_eq!(here.vouchers.left("fan_1", &[found]).await.unwrap(), [Some(0)]);
    here.verify(&product).await;
}

#[tokio::test]
async fn the_same_that_is_asked_again_is_the_same() {
    let here = Here::new().await;
    let product = here.product(terms(Codes::Made), 5).await;
    let (one, two) = (fan("fan_1"), fan("fan_2"));
    here.fan(&one, 100).await;
    here.fan(&two, 100).await;
    let id = store::ids::new("rsv");
    let all = join_all((0..8).map(|_| here.vouchers.reserve(&one, &product, 2, &id))).await;
    let first = all[0].as_ref().unwrap();
    assert!(all.iter().all(|it| it.as_ref().unwrap() == first && first.stage == Stage::Reserved), "{all:?}");
    assert_eq!(here.balance("fan_1", None).await, (100, 80));
    let other = here.vouchers.reserve(&one, &product, 1, &id).await;
    assert!(matches!(other, Err(Error::OtherRequest)), "{other:?}");
    let others = here.vouchers.reserve(&two, &product, 2, &id).await;
    assert!(matches!(others, Err(Error::OtherRequest)), "{others:?}");
    for it in [here.vouchers.confirm(&two, &id).await, here.vouchers.release(&two, &id).await] {
        assert!(matches!(it, Err(Error::UnknownReservation { .. })), "{it:?}");
    }
    assert_eq!(here.vouchers.confirm(&one, &id).await.unwrap().stage, Stage::Bought);
    assert_eq!(here.vouchers.release(&one, &id).await.unwrap().stage, Stage::Bought);
    assert_eq!(here.vouchers.reserve(&one, &product, 2, &id).await.unwrap().stage, Stage::Bought);

    let claim = store::ids::new("vch");
    let all = join_all((0..8).map(|_| here.vouchers.claim(&one, &product, &claim))).await;
    let first = all[0].as_ref().unwrap();
    assert!(first.code.is_some() && first.voucher.state == State::Claimed, "{first:?}");
    assert!(all.iter().all(|it| it.as_ref().unwrap() == first), "{all:?}");
    assert_eq!(here.balance("fan_1", Some(&product)).await, (1, 1));
    // One is left, and many want to open it.
    let ids: Vec<String> = (0..6).map(|_| store::ids::new("vch")).collect();
    let all = join_all(ids.iter().map(|id| here.vouchers.claim(&one, &product, id))).await;
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 1, "{all:?}");
    let is_known = |it: &Error| matches!(it, Error::Denied(Denied::NotHeld) | Error::Busy);
    assert!(all.iter().filter_map(|it| it.as_ref().err()).all(is_known), "{all:?}");
    let seen = here.vouchers.opened_by(&one).await.unwrap();
    assert_eq!((seen.len(), seen[0].1.as_str()), (2, "A cap"));
    assert_ne!(seen[0].0.code, seen[1].0.code);
    let others = here.vouchers.voucher(&two, &claim).await;
    assert!(matches!(others, Err(Error::UnknownVoucher { .. })), "{others:?}");
    here.verify(&product).await;
}

#[tokio::test]
async fn a_gift_is_given_once_to_a_fan_who_may_have_it() {
    let here = Here::new().await;
    let product = here.product(terms(Codes::Made), 5).await;
    let own = here.product(Terms { between: product::Between::default(), ..terms(Codes::Made) }, 5).await;
    let (one, two) = (fan("fan_1"), fan("fan_2"));
    let strange = Holder { organisation_id: "org_2", ..fan("fan_3") };
    let tester = Holder { books: Books::Test, ..fan("fan_4") };
    for it in [&one, &two, &strange, &tester] {
        here.fan(it, 100).await;
    }
    here.buy(&one, &product, 3).await;
    here.buy(&one, &own, 1).await;
    let give = async |product: &str, to: &str, units: i64, key: &str| {
        here.vouchers.give(&one, product, to, units, Some(key)).await
    };
    for _ in 0..3 {
        give(&product, "fan_2", 2, "a").await.unwrap();
    }
    assert_eq!(here.balance("fan_2", Some(&product)).await, (2, 2));
    assert_eq!(here.balance("fan_1", Some(&product)).await, (1, 1));
    assert!(matches!(give(&product, "fan_2", 1, "a").await, Err(Error::OtherRequest)));
    assert!(matches!(give(&product, "fan_2", 2, "b").await, Err(Error::Denied(Denied::NotHeld))));
    assert!(matches!(give(&own, "fan_2", 1, "c").await, Err(Error::NotTransferable { .. })));
    for to in ["fan_3", "fan_4", "fan_none"] {
        let refused = give(&product, to, 1, to).await;
        assert!(matches!(refused, Err(Error::Ledger(wallet::Error::UnknownHolder { .. }))), "{refused:?}");
    }
    let oneself = give(&product, "fan_1", 1, "d").await;
    assert!(
        matches!(oneself, Err(Error::Ledger(wallet::Error::Refused(Refusal::SameAccount)))),
        "{oneself:?}"
    );
    // Neither from nor to a wallet that is frozen, nor into one that was opened while it was.
    let freeze = here.store().run_tx("test", async |tx| holder::freeze(tx, &two, here.clock.now()).await);
    freeze.await.unwrap();
    let frozen = |it: &Result<_, Error>| {
        matches!(it, Err(Error::Ledger(wallet::Error::Refused(Refusal::Frozen { .. }))))
    };
    assert!(frozen(&give(&product, "fan_2", 1, "e").await.map(drop)));
    assert!(frozen(&here.vouchers.give(&two, &product, "fan_1", 1, None).await.map(drop)));
    let reserve = here.vouchers.reserve(&two, &own, 1, &store::ids::new("rsv")).await;
    assert!(frozen(&reserve.map(drop)));
    let claim = here.vouchers.claim(&two, &product, &store::ids::new("vch")).await;
    assert!(frozen(&claim.map(drop)));
    // What was shown is given to nobody.
    here.vouchers.claim(&one, &product, &store::ids::new("vch")).await.unwrap();
    let over = here.vouchers.give(&one, &product, "fan_2", 1, None).await;
    assert!(over.is_err(), "{over:?}");
    here.verify(&product).await;
}

#[tokio::test]
async fn what_is_not_for_a_fan_is_not_there() {
    let here = Here::new().await;
    let one = fan("fan_1");
    here.fan(&one, 15).await;
    let others = here.draft(&terms(Codes::Made), Books::Live, Some("org_2")).await;
    let test = here.draft(&terms(Codes::Made), Books::Test, Some("org_1")).await;
    let free = here.product(Terms { price: None, ..terms(Codes::Made) }, 1).await;
    let dear = here.product(Terms { price: Some(16), ..terms(Codes::Made) }, 1).await;
    let reserve = async |product: &str, units: i32| {
        here.vouchers.reserve(&one, product, units, &store::ids::new("rsv")).await.map(|it| it.stage)
    };
    for id in [others.as_str(), &test, "prd_none"] {
        assert!(matches!(reserve(id, 1).await, Err(Error::UnknownProduct { .. })), "{id}");
        let claim = here.vouchers.claim(&one, id, &store::ids::new("vch")).await;
        assert!(matches!(claim, Err(Error::UnknownProduct { .. })), "{id}");
    }
    assert!(matches!(reserve(&free, 1).await, Err(Error::NotOnSale { .. })));
    assert!(matches!(reserve(&dear, 1).await, Err(Error::Denied(Denied::TooLittle))));
    for units in [0, -1, 101] {
        assert!(matches!(reserve(&dear, units).await, Err(Error::Units { max: 100 })), "{units}");
    }
    let set = async |state| {
        let set = here.store().run_tx("test", async |tx| product::set_state(tx, &dear, state).await);
        set.await.unwrap();
    };
    set(product::State::Paused).await;
    assert!(matches!(reserve(&dear, 1).await, Err(Error::NotOnSale { .. })));
    // Without a wallet nothing is had.
    let nobody = here.vouchers.reserve(&fan("fan_none"), &free, 1, "rsv_1").await;
    assert!(nobody.is_err(), "{nobody:?}");
    here.verify(&dear).await;
}
