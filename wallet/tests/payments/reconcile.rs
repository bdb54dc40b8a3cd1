//! A gateway's books beside ours.

use crate::fake::{BOTH, Pays, Which};
use crate::here::Here;
use jobs::testing::{End, perform};
use wallet::PaymentId;
use wallet::payment::life::Subject;
use wallet::payment::{Error, Reconcile};

#[tokio::test]
async fn books_that_agree_have_no_differences() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (one, _) = here.paid().await;
        for _ in 0..4 {
            here.paid().await;
        }
        here.fund_partner(500).await;
        let payout = here.ask_payout(which, 500).await.unwrap();
        here.payments.approve_payout(payout.id, &here.by("bob")).await.unwrap();
        let refund = here.ask_refund(one, 40_000).await.unwrap();
        here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
        here.work().await;
        let reconciled = here.payments.reconcile(which.code(), Some("2026-11-30")).await.unwrap();
        assert_eq!((reconciled.lines, reconciled.ours, reconciled.differences), (7, 7, 0), "{which:?}");
        assert!(reconciled.fees > 0);
        assert_eq!(here.fees(which).await, -reconciled.fees, "what the gateway keeps is a cost");
        let before = here.payments.reconcile(which.code(), Some("2026-11-28")).await.unwrap();
        assert_eq!((before.lines, before.ours, before.differences), (0, 0, 0));
        assert_eq!(here.differences().await, []);
    }
}

#[tokio::test]
async fn every_difference_is_found_and_written_once() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let mut charges = Vec::new();
        for _ in 0..3 {
            let (id, _) = here.paid().await;
            charges.push(here.payment(id).await.known.captured_charge().unwrap().to_owned());
        }
        // One that we have not heard of, one of another amount, one that is not in the report.
        let unheard = PaymentId::fresh();
        let reference = here.opened(unheard).await;
        here.fake.pay(&reference, Pays::Well);
        let paid = here.fake.books().last_charge();
        here.fake.books().misreport(&charges[0], Some(99_999));
        here.fake.books().misreport(&charges[1], None);
        let expected = [
            ("missing there", charges[1].clone(), Some(100_000), None),
            ("missing here", paid.clone(), None, Some(100_000)),
            ("amount", charges[0].clone(), Some(100_000), Some(99_999)),
        ];
        for _ in 0..2 {
            let reconciled = here.payments.reconcile(which.code(), Some("2026-11-30")).await.unwrap();
            assert_eq!(reconciled.differences, 3, "{which:?}");
            let mut found = here.differences().await;
            found.sort();
            let mut expected = expected.to_vec();
            expected.sort();
            assert_eq!(found, expected);
        }
    }
}

#[tokio::test]
async fn what_a_gateway_keeps_is_booked_once_and_another_fee_is_a_difference() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (id, _) = here.paid().await;
        let charge = here.payment(id).await.known.captured_charge().unwrap().to_owned();
        let names = async || -> Vec<&str> {
            let all = here.payments.transfers_of(Subject::Payment(id)).await.unwrap();
            all.iter().map(|it| it.0).collect()
        };
        assert_eq!(names().await, ["payment.money", "payment.units"]);
        let owed = here.till(which).await;
        let mut kept = 0;
        for _ in 0..2 {
            kept = here.payments.reconcile(which.code(), Some("2026-11-30")).await.unwrap().fees;
            assert!(kept > 0);
            assert_eq!((here.till(which).await, here.fees(which).await), (owed + kept, -kept), "{which:?}");
        }
        assert_eq!(names().await, ["payment.money", "payment.units", "gateway.fee"]);
        // None at all is nothing new: a report may have no fees.
        for (fee, theirs) in [(kept + 5, kept + 5), (-3, -3), (0, -3)] {
            here.fake.books().refee(&charge, fee);
            here.payments.reconcile(which.code(), Some("2026-11-30")).await.unwrap();
            assert_eq!((here.till(which).await, here.fees(which).await), (owed + kept, -kept), "{which:?}");
            assert_eq!(here.differences().await, [("fee", charge.clone(), None, Some(theirs))]);
        }
        here.verify().await;
    }
}

#[tokio::test]
async fn a_dispute_is_shown_to_people_once_with_its_payment() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (id, _) = here.paid().await;
        let charge = here.payment(id).await.known.captured_charge().unwrap().to_owned();
        for status in ["needs_response", "lost"] {
            let (dispute, message) = here.fake.books().dispute(&charge, 60_000, status);
            here.receive(which, &message).await.unwrap();
            here.work().await;
            let expected = ("dispute", dispute, Some(100_000), Some(60_000));
            assert_eq!(here.differences().await, [expected], "{which:?}");
            let life = here.payments.life(id).await.unwrap();
            assert!(life.iter().any(|it| it.what == format!("a dispute: {status}")), "{life:?}");
        }
        let (_, unknown) = here.fake.books().dispute(&charge, 1, "lost");
        let elsewhere = Here::new(&[which]).await;
        elsewhere.receive(which, &unknown).await.unwrap();
        elsewhere.work().await;
        assert_eq!(elsewhere.differences().await[0].3, Some(1), "{which:?}");
    }
}

#[tokio::test]
async fn the_day_before_yesterday_is_compared_by_a_job() {
    let here = Here::new(&[Which::Stripe]).await;
    let (id, _) = here.paid().await;
    let charge = here.payment(id).await.known.captured_charge().unwrap().to_owned();
    here.fake.books().misreport(&charge, None);
    let job = Reconcile { gateway: "stripe".into(), day: None };
    assert_eq!(perform(&here.worker(), &job).await.unwrap(), End::Done);
    assert_eq!(here.differences().await, [], "its day is not over");
    here.later(48 * 60).await;
    assert_eq!(perform(&here.worker(), &job).await.unwrap(), End::Done);
    assert_eq!(here.differences().await, [("missing there", charge, Some(100_000), None)]);
    for day in ["2026-13-01", "yesterday", ""] {
        let refused = here.payments.reconcile("stripe", Some(day)).await.unwrap_err();
        assert!(matches!(refused, Error::Unreadable { .. }), "{day}: {refused}");
    }
}
