//! Refunds: never more than was taken, never twice, by two people, and with the ledger right whatever becomes of them.

use crate::fake::{AMBIGUOUS, BOTH, Fault, Pays, Which};
use crate::here::Here;
use jobs::testing::End;
use std::time::Duration;
use tokio::time::timeout;
use wallet::payment::state::Outgoing;
use wallet::payment::{AskRefund, Buying, Decision, Error, TopUp};
use wallet::{AmountError, NoMoney, PaymentId, RefundId, Refusal};

#[tokio::test]
async fn a_refund_takes_two_people_and_takes_the_coins_back() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (payment, _) = here.paid().await;
        let refund = here.ask_refund(payment, 25_000).await.unwrap();
        assert_eq!(refund.coins, Some(3), "two and a half, rounded up");
        assert_eq!(here.stands(here.fan).await, (10, 3), "kept apart until it is decided");
        let same = here.payments.approve_refund(refund.id, &here.by("ann")).await.unwrap_err();
        assert!(matches!(same, Error::SameEyes), "{same}");
        here.work().await;
        assert_eq!(here.fake.all("refund").len(), 0, "nobody has approved it");
        assert_eq!(here.payments.refunds_waiting(None, 10).await.unwrap().len(), 1);
        here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
        let again = here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap_err();
        assert!(matches!(again, Error::Decided { decision: "approved", .. }), "{again}");
        here.work().await;
        let refund = here.payments.refund(refund.id).await.unwrap();
        assert_eq!(refund.going.outgoing, Some(Outgoing::Succeeded));
        assert!(refund.going.settled_at.is_some());
        assert_eq!(here.stands(here.fan).await, (7, 0));
        assert_eq!((here.till(which).await, here.sales().await), (-75_000, 75_000));
        assert_eq!(here.payment(payment).await.known.refunded(), 25_000);
        let log = "select count(*) from access.audit where action in ('refund.ask', 'refund.approve')";
        assert_eq!(here.number(log).await, 2);
        let late = here.payments.refuse_refund(refund.id, "no", &here.by("cid")).await.unwrap_err();
        assert!(matches!(late, Error::Decided { .. }), "{late}");
        here.verify().await;
    }
}

#[tokio::test]
async fn refunds_together_are_never_more_than_was_taken() {
    let here = Here::new(&[Which::Stripe]).await;
    let (payment, _) = here.paid().await;
    // Another one's coins are there as well: it is not their want that limits refunds.
    here.paid().await;
    for (units, expected) in [(0, 0), (-1, -1), (i64::MIN, i64::MIN)] {
        let refused = here.ask_refund(payment, units).await.unwrap_err();
        let expected = AmountError::NotPositive { units: expected };
        let is_it = matches!(refused, Error::NoMoney(NoMoney::Amount(it)) if it == expected);
        assert!(is_it, "{refused}");
    }
    let refused = here.ask_refund(payment, i64::MAX).await.unwrap_err();
    assert!(matches!(refused, Error::NoMoney(NoMoney::Amount(AmountError::TooLarge))), "{refused}");
    let refused = here.ask_refund(payment, 100_001).await.unwrap_err();
    assert!(matches!(refused, Error::MoreThanCaptured { left: 100_000, asked: 100_001 }), "{refused}");
    let first = here.ask_refund(payment, 60_000).await.unwrap();
    let refused = here.ask_refund(payment, 40_001).await.unwrap_err();
    assert!(matches!(refused, Error::MoreThanCaptured { left: 40_000, .. }), "{refused}");
    // Many at once share what is left.
    let all = futures_util::future::join_all((0..6).map(|_| here.ask_refund(payment, 15_000))).await;
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 2);
    // What is refused may be asked for again.
    let dropped = here.payments.refuse_refund(first.id, "it was no mistake", &here.by("bob")).await.unwrap();
    assert_eq!(dropped.going.decision, Decision::Dropped);
    assert_eq!(here.stands(here.fan).await.1, 3 + 3 - 3, "two of fifteen thousand are three coins");
    here.ask_refund(payment, 70_000).await.unwrap();
    assert_eq!(here.stands(here.fan).await, (20, 10));
    let unpaid = PaymentId::fresh();
    here.opened(unpaid).await;
    let refused = here.ask_refund(unpaid, 1).await.unwrap_err();
    assert!(matches!(refused, Error::NotCaptured { .. }), "{refused}");
    let refused = here.ask_refund(PaymentId::fresh(), 1).await.unwrap_err();
    assert!(matches!(refused, Error::UnknownPayment { .. }), "{refused}");
    here.verify().await;
}

#[tokio::test]
async fn who_asks_for_a_refund_waits_for_whoever_looks_at_the_sum() {
    let here = Here::new(&[Which::Stripe]).await;
    let (payment, _) = here.paid().await;
    let locked = here.store().run_tx("test", async |tx| {
        tx.query("select 1 from wallet.payment for no key update", &[]).await?;
        let asked = timeout(Duration::from_millis(500), here.ask_refund(payment, 1)).await;
        assert!(asked.is_err(), "the payment is held, and it did not wait: {asked:?}");
        Ok::<_, store::Error>(())
    });
    locked.await.unwrap();
    assert_eq!(here.payments.refunds_of(payment).await.unwrap(), []);
    here.ask_refund(payment, 1).await.unwrap();
}

#[tokio::test]
async fn asking_again_under_the_same_id_is_the_same() {
    let here = Here::new(&[Which::Stripe]).await;
    let (payment, _) = here.paid().await;
    let wanted = AskRefund { id: RefundId::fresh(), payment, units: 10_000, why: "x" };
    let one = here.payments.ask_refund(&wanted, &here.by("ann")).await.unwrap();
    assert_eq!(here.payments.ask_refund(&wanted, &here.by("ann")).await.unwrap(), one);
    let other = AskRefund { units: 10_001, ..wanted };
    let refused = here.payments.ask_refund(&other, &here.by("ann")).await.unwrap_err();
    assert!(matches!(refused, Error::OtherContent { .. }), "{refused}");
    let mute = AskRefund { id: RefundId::fresh(), why: " ", ..wanted };
    let refused = here.payments.ask_refund(&mute, &here.by("ann")).await.unwrap_err();
    assert!(matches!(refused, Error::ReasonLength { found: 0, .. }), "{refused}");
    assert_eq!(here.stands(here.fan).await, (10, 1));
}

#[tokio::test]
async fn coins_that_are_spent_are_not_given_back_as_money() {
    let here = Here::new(&[Which::Razorpay]).await;
    let (payment, _) = here.paid().await;
    here.spend(6).await;
    let refused = here.ask_refund(payment, 50_000).await.unwrap_err();
    let is_it =
        matches!(&refused, Error::Ledger(wallet::Error::Refused(Refusal::BelowBound { available: 4, .. })));
    assert!(is_it, "{refused}");
    assert_eq!(here.payments.refunds_of(payment).await.unwrap()[0].going.decision, Decision::Dropped);
    here.ask_refund(payment, 40_000).await.unwrap();
    assert_eq!(here.stands(here.fan).await, (4, 4));
    here.verify().await;
}

#[tokio::test]
async fn a_refund_is_made_once_whatever_becomes_of_the_answer() {
    for which in BOTH {
        for fault in AMBIGUOUS.into_iter().chain([Fault::StatusBefore(429), Fault::StatusBefore(401)]) {
            let here = Here::new(&[which]).await;
            let (payment, _) = here.paid().await;
            let refund = here.ask_refund(payment, 100_000).await.unwrap();
            here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
            here.fake.fails(which.refunds(), fault);
            let ran = here.work().await;
            assert!(
                matches!(ran[..], [jobs::testing::Ran { end: End::Snooze { .. }, .. }]),
                "{which:?} {fault:?}: {ran:?}"
            );
            assert_eq!(here.stands(here.fan).await, (10, 10), "{which:?} {fault:?}: nobody knows yet");
            // By then the gateway has forgotten keys: what was made is looked for.
            here.fake.books().forget_keys();
            here.later(60).await;
            assert_eq!(here.fake.all("refund").len(), 1, "{which:?} {fault:?}");
            assert_eq!(here.stands(here.fan).await, (0, 0), "{which:?} {fault:?}");
            assert_eq!((here.till(which).await, here.sales().await), (0, 0));
            assert_eq!(here.later(60).await, []);
            here.verify().await;
        }
    }
}

#[tokio::test]
async fn coins_are_free_again_when_the_gateway_refuses_or_fails() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (payment, _) = here.paid().await;
        let refund = here.ask_refund(payment, 100_000).await.unwrap();
        here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
        here.fake.fails(which.refunds(), Fault::StatusBefore(400));
        here.work().await;
        let refund = here.payments.refund(refund.id).await.unwrap();
        assert_eq!(refund.going.outgoing, Some(Outgoing::Failed));
        assert_eq!(refund.going.reason.as_deref(), Some("made_up: by a test"));
        assert_eq!((here.stands(here.fan).await, here.sales().await), ((10, 0), 100_000));
        // Another one waits at the gateway, and then fails.
        here.fake.books().outgoing = "pending";
        let second = here.ask_refund(payment, 100_000).await.unwrap();
        here.payments.approve_refund(second.id, &here.by("bob")).await.unwrap();
        here.work().await;
        assert_eq!(here.stands(here.fan).await, (10, 10));
        let reference = here.payments.refund(second.id).await.unwrap().going.reference.unwrap();
        here.fake.becomes(&reference, "failed");
        here.later(10).await;
        assert_eq!(here.stands(here.fan).await, (10, 0), "the poll has seen it");
        assert_eq!((here.till(which).await, here.sales().await), (-100_000, 100_000));
        here.verify().await;
    }
}

#[tokio::test]
async fn a_refund_that_comes_back_gives_the_coins_back_in_any_order() {
    for which in BOTH {
        for is_reversed in [0, 1] {
            let here = Here::new(&[which]).await;
            let (payment, _) = here.paid().await;
            here.fake.books().outgoing = "pending";
            let refund = here.ask_refund(payment, 30_000).await.unwrap();
            here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
            here.work().await;
            let reference = here.payments.refund(refund.id).await.unwrap().going.reference.unwrap();
            let mut told =
                vec![here.fake.becomes(&reference, "processed"), here.fake.becomes(&reference, "failed")];
            told.rotate_left(is_reversed);
            let mut held = Vec::new();
            for message in &told {
                here.receive(which, message).await.unwrap();
                here.work().await;
                held.push(here.stands(here.fan).await);
            }
            let between = if is_reversed == 0 { (7, 0) } else { (10, 0) };
            assert_eq!(held, [between, (10, 0)], "{which:?}");
            assert_eq!((here.till(which).await, here.sales().await), (-100_000, 100_000));
            let refund = here.payments.refund(refund.id).await.unwrap();
            assert_eq!(refund.going.outgoing, Some(Outgoing::Failed));
            assert_eq!(
                here.ask_refund(payment, 100_000).await.unwrap().coins,
                Some(10),
                "it may be asked for anew"
            );
            here.verify().await;
        }
    }
}

#[tokio::test]
async fn a_refund_that_somebody_made_at_the_gateway_counts_and_is_shown() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (payment, _) = here.paid().await;
        let charge = here.payment(payment).await.known.captured_charge().unwrap().to_owned();
        let reference = here.payment(payment).await.reference.unwrap();
        let of = if which == Which::Stripe { reference } else { charge };
        let (stray, message) = here.fake.books().stray_refund(&of, 70_000);
        here.receive(which, &message).await.unwrap();
        here.work().await;
        assert_eq!(here.differences().await, [("unasked refund", stray, None, Some(70_000))]);
        let refused = here.ask_refund(payment, 30_001).await.unwrap_err();
        assert!(matches!(refused, Error::MoreThanCaptured { left: 30_000, .. }), "{refused}");
        let number = here.payments.differences(None, 1).await.unwrap()[0].number;
        here.payments.close_difference(number, "a complaint by telephone", &here.by("ann")).await.unwrap();
        assert_eq!(here.differences().await, []);
        let again = here.payments.close_difference(number, "once more", &here.by("ann")).await.unwrap_err();
        assert!(matches!(again, Error::UnknownDifference { .. }), "{again}");
        here.verify().await;
    }
}

#[tokio::test]
async fn a_partners_money_goes_back_as_money() {
    let here = Here::new(&[Which::Razorpay]).await;
    let id = PaymentId::fresh();
    let wanted = TopUp {
        owner: crate::here::PARTNER,
        account: here.partner,
        buying: Buying::Money,
        ..here.top_up(id)
    };
    let reference = crate::here::shown(&here.payments.open_top_up(&wanted).await.unwrap());
    here.fake.pay(&reference, Pays::Well);
    here.payments.look(id).await.unwrap();
    let refund = here.ask_refund(id, 1).await.unwrap();
    assert_eq!((refund.coins, here.stands(here.partner).await), (None, (100_000, 1)));
    here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
    here.work().await;
    assert_eq!((here.stands(here.partner).await, here.till(Which::Razorpay).await), ((99_999, 0), -99_999));
    here.verify().await;
}
