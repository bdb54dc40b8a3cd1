//! A process that ends anywhere in between: what it began is finished, or undone, by who comes after.

use crate::here::{Here, OWNER, by, fan, redeemer, terms};
use rewards::product::{Codes, Terms};
use rewards::voucher::{Found, Said, Stage, State};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Polls it so many times, and drops it then; whether it was done before.
async fn stopped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn what_was_begun_is_repaired_by_doing_it_again() {
    let here = Here::new().await;
    let product = here.product(Terms { fan_max: Some(1_000), ..terms(Codes::Made) }, 200).await;
    let one = fan("fan_1");
    here.fan(&one, 10_000).await;
    let mut done = 0;
    for polls in 0..60 {
        let id = store::ids::new("rsv");
        let reserve = here.vouchers.reserve(&one, &product, 1, &id);
        done += usize::from(stopped_after(polls, reserve).await.is_some());
        let again = here.vouchers.reserve(&one, &product, 1, &id).await.unwrap();
        assert_eq!(again.stage, Stage::Reserved, "{polls}");
        let way = polls % 2 == 0;
        let _stopped = if way {
            stopped_after(polls, here.vouchers.confirm(&one, &id)).await
        } else {
            stopped_after(polls, here.vouchers.release(&one, &id)).await
        };
        let (again, expected) = if way {
            (here.vouchers.confirm(&one, &id).await, Stage::Bought)
        } else {
            (here.vouchers.release(&one, &id).await, Stage::Released)
        };
        assert_eq!(again.unwrap().stage, expected, "{polls}");
    }
    assert!((1..60).contains(&done), "some were stopped, and some were not: {done}");
    assert_eq!(here.balance("fan_1", Some(&product)).await, (30, 30));
    let found = here.found(&product).await;
    assert_eq!(here.vouchers.left("fan_1", &[found]).await.unwrap(), [Some(970)]);

    for polls in 0..30 {
        let id = store::ids::new("vch");
        let _stopped = stopped_after(polls, here.vouchers.claim(&one, &product, &id)).await;
        let opened = here.vouchers.claim(&one, &product, &id).await.unwrap();
        let text = opened.code.unwrap().shown();
        let by = by();
        let _stopped = stopped_after(polls, here.vouchers.redeem(&redeemer(&by), Said::Code(&text))).await;
        let again = here.vouchers.redeem(&redeemer(&by), Said::Code(&text)).await.unwrap();
        assert!(matches!(again, Found::Good(_) | Found::Redeemed(_)), "{polls}: {again:?}");
    }
    let figures = here.figures(&product).await;
    assert_eq!((figures.held, figures.redeemed, figures.reserved), (0, 30, 0));
    here.verify(&product).await;
}

#[tokio::test]
async fn what_nobody_asks_for_again_is_seen_to_by_the_sweep() {
    let here = Here::new().await;
    let product = here.product(Terms { fan_max: Some(1_000), ..terms(Codes::Made) }, 100).await;
    let one = fan("fan_1");
    here.fan(&one, 10_000).await;
    here.buy(&one, &product, 40).await;
    let before = here.balance("fan_1", None).await.0;
    for polls in 0..40 {
        let _stopped =
            stopped_after(polls, here.vouchers.reserve(&one, &product, 1, &store::ids::new("rsv"))).await;
        let _stopped =
            stopped_after(polls, here.vouchers.claim(&one, &product, &store::ids::new("vch"))).await;
        let batch = store::ids::new("bat");
        let _stopped =
            stopped_after(polls, here.vouchers.make_codes(&OWNER, &product, 2, &batch, &by())).await;
    }
    here.pass(11);
    // What is on its way to the disk still may come after the first.
    for _ in 0..2 {
        here.vouchers.sweep().await.unwrap();
    }
    assert_eq!(here.balance("fan_1", None).await, (before, before));
    let figures = here.figures(&product).await;
    assert_eq!(figures.reserved, 0);
    assert_eq!(figures.held + figures.claimed, 40, "{figures:?}");
    assert_eq!(here.count("select count(*) from rewards.voucher where state = 'asked'").await, 0);
    let open = "select count(*) from rewards.reservation where state in ('asked', 'reserved')";
    assert_eq!(here.count(open).await, 0);
    let found = here.found(&product).await;
    assert_eq!(here.vouchers.left("fan_1", &[found]).await.unwrap(), [Some(960)]);
    for (opened, _) in here.vouchers.opened_by(&one).await.unwrap() {
        assert!(opened.voucher.state == State::Claimed && opened.code.is_some());
    }
    here.verify(&product).await;
}

/// Rows as a process leaves them that ends between the ledger and the row.
#[tokio::test]
async fn a_row_that_is_behind_the_ledger_catches_up() {
    let here = Here::new().await;
    let product = here.product(terms(Codes::Made), 10).await;
    let one = fan("fan_1");
    here.fan(&one, 100).await;
    let set =
        async |sql: &'static str| here.store().run_tx("test", async |tx| tx.batch(sql).await).await.unwrap();
    // Bought, and the row does not know.
    here.buy(&one, &product, 2).await;
    set("update rewards.reservation set state = 'reserved', ended_at = null").await;
    let id: String = here
        .store()
        .read("test", async |db| db.query_one("select id from rewards.reservation", &[]).await)
        .await
        .unwrap()
        .get(0);
    assert_eq!(
        here.vouchers.release(&one, &id).await.unwrap().stage,
        Stage::Bought,
        "too late to release it"
    );
    set("update rewards.reservation set state = 'reserved', ended_at = null").await;
    here.pass(11);
    here.vouchers.sweep().await.unwrap();
    assert_eq!(here.vouchers.reservation(&one, &id).await.unwrap().stage, Stage::Bought);
    // Held, and the row does not know.
    here.vouchers.reserve(&one, &product, 1, "rsv_2").await.unwrap();
    set("update rewards.reservation set state = 'asked' where id = 'rsv_2'").await;
    assert_eq!(here.vouchers.confirm(&one, "rsv_2").await.unwrap().stage, Stage::Bought);
    // Taken, and the row does not know: asked still, or refused by another who was faster.
    let vch = store::ids::new("vch");
    here.vouchers.claim(&one, &product, &vch).await.unwrap();
    set("update rewards.voucher set state = 'asked', settled_at = null").await;
    assert!(here.vouchers.voucher(&one, &vch).await.is_err(), "no code is shown before it is known");
    here.pass(1);
    assert_eq!(here.vouchers.sweep().await.unwrap().settled, 1);
    assert!(here.vouchers.voucher(&one, &vch).await.unwrap().code.is_some());
    set("update rewards.voucher set state = 'refused', reason = 'not-held', settled_at = '2026-11-30T10:20:00Z';
         update rewards.code set voucher = null")
    .await;
    assert_eq!(here.vouchers.sweep().await.unwrap().settled, 1);
    assert!(here.vouchers.voucher(&one, &vch).await.unwrap().code.is_some());
    here.verify(&product).await;
}
