//! Payouts to partners: held, approved by another, sent once, and back when they come back.

use crate::fake::{AMBIGUOUS, BOTH, Fault, Which};
use crate::here::Here;
use wallet::payment::state::Outgoing;
use wallet::payment::{AskPayout, Decision, Error};
use wallet::{PayoutId, Refusal};

#[tokio::test]
async fn a_partner_is_paid_when_two_people_say_so() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        here.fund_partner(500).await;
        let payout = here.ask_payout(which, 300).await.unwrap();
        assert_eq!(here.stands(here.partner).await, (500, 300));
        let refused = here.ask_payout(which, 201).await.unwrap_err();
        let is_it = matches!(
            &refused,
            Error::Ledger(wallet::Error::Refused(Refusal::BelowBound { available: 200, .. }))
        );
        assert!(is_it, "{refused}");
        let same = here.payments.approve_payout(payout.id, &here.by("ann")).await.unwrap_err();
        assert!(matches!(same, Error::SameEyes), "{same}");
        here.payments.approve_payout(payout.id, &here.by("bob")).await.unwrap();
        here.work().await;
        assert_eq!((here.stands(here.partner).await, here.till(which).await), ((200, 0), 300));
        let life: Vec<String> =
            here.payments.payout_life(payout.id).await.unwrap().into_iter().map(|it| it.what).collect();
        assert_eq!(life, ["asked for", "approved", "succeeded", "taken"]);
        let dropped = here.payments.payouts(None, Some(Decision::Dropped), None, 10).await.unwrap();
        assert_eq!(dropped.len(), 1);
        assert_eq!(here.later(60).await, []);
        here.verify().await;
    }
}

#[tokio::test]
async fn a_payout_is_sent_once_whatever_becomes_of_the_answer() {
    for which in BOTH {
        for fault in AMBIGUOUS.into_iter().chain([Fault::StatusBefore(429)]) {
            let here = Here::new(&[which]).await;
            here.fund_partner(500).await;
            let payout = here.ask_payout(which, 500).await.unwrap();
            here.payments.approve_payout(payout.id, &here.by("bob")).await.unwrap();
            here.fake.fails(which.pays_out(), fault);
            here.work().await;
            assert_eq!(here.stands(here.partner).await, (500, 500), "{which:?} {fault:?}: nobody knows yet");
            // By then the gateway has forgotten keys: what was made is looked for.
            here.fake.books().forget_keys();
            here.later(60).await;
            let kind = if which == Which::Stripe { "transfer" } else { "payout" };
            assert_eq!(here.fake.all(kind).len(), 1, "{which:?} {fault:?}");
            assert_eq!(here.stands(here.partner).await, (0, 0), "{which:?} {fault:?}");
            here.verify().await;
        }
    }
}

#[tokio::test]
async fn what_is_reversed_is_the_partners_again_also_after_it_was_there() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        here.fund_partner(500).await;
        let payout = here.ask_payout(which, 500).await.unwrap();
        here.payments.approve_payout(payout.id, &here.by("bob")).await.unwrap();
        here.work().await;
        assert_eq!(here.stands(here.partner).await, (0, 0));
        let reference = here.payments.payout(payout.id).await.unwrap().going.reference.unwrap();
        let message = here.fake.becomes(&reference, "reversed");
        for _ in 0..2 {
            here.receive(which, &message).await.unwrap();
            here.work().await;
        }
        assert_eq!((here.stands(here.partner).await, here.till(which).await), ((500, 0), 0));
        let payout = here.payments.payout(payout.id).await.unwrap();
        assert_eq!(payout.going.outgoing, Some(Outgoing::Failed));
        here.verify().await;
    }
}

#[tokio::test]
async fn a_payout_that_waits_is_looked_at_until_it_ends() {
    let here = Here::new(&[Which::Razorpay]).await;
    here.fund_partner(500).await;
    here.fake.books().outgoing = "queued";
    let (one, two) = (
        here.ask_payout(Which::Razorpay, 200).await.unwrap(),
        here.ask_payout(Which::Razorpay, 300).await.unwrap(),
    );
    for it in [&one, &two] {
        here.payments.approve_payout(it.id, &here.by("bob")).await.unwrap();
    }
    here.work().await;
    let reference = async |id| here.payments.payout(id).await.unwrap().going.reference.unwrap();
    here.fake.becomes(&reference(one.id).await, "processed");
    here.fake.becomes(&reference(two.id).await, "rejected");
    here.later(60).await;
    assert_eq!(here.stands(here.partner).await, (300, 0));
    assert_eq!(here.later(60).await, []);
    here.verify().await;
}

#[tokio::test]
async fn what_cannot_be_paid_out_is_refused() {
    let here = Here::new(&[Which::Razorpay]).await;
    here.fund_partner(500).await;
    let fits = AskPayout {
        id: PayoutId::fresh(),
        owner: crate::here::PARTNER,
        account: here.partner,
        money: crate::here::rupees(100),
        gateway: "razorpay",
        destination: "fa_1",
        why: "November",
    };
    let ask =
        async |it: AskPayout<'static>| here.payments.ask_payout(&it, &here.by("ann")).await.unwrap_err();
    assert!(matches!(ask(AskPayout { gateway: "paypal", ..fits }).await, Error::UnknownGateway { .. }));
    assert!(matches!(ask(AskPayout { account: here.fan, ..fits }).await, Error::WrongAccount { .. }));
    let dollars = crate::here::dollars(100);
    assert!(matches!(ask(AskPayout { money: dollars, ..fits }).await, Error::WrongAccount { .. }));
    assert!(matches!(ask(AskPayout { destination: "", ..fits }).await, Error::ReasonLength { .. }));
    assert_eq!(here.number("select count(*) from wallet.payout").await, 0);
    here.payments.ask_payout(&fits, &here.by("ann")).await.unwrap();
    assert!(matches!(ask(AskPayout { destination: "fa_2", ..fits }).await, Error::OtherContent { .. }));
    // The gateway refuses.
    here.payments.approve_payout(fits.id, &here.by("bob")).await.unwrap();
    here.fake.fails("POST /v1/payouts", Fault::StatusBefore(400));
    here.work().await;
    assert_eq!(here.stands(here.partner).await, (500, 0));
    let second = AskPayout { id: PayoutId::fresh(), ..fits };
    here.payments.ask_payout(&second, &here.by("ann")).await.unwrap();
    here.payments.refuse_payout(second.id, "not this month", &here.by("ann")).await.unwrap();
    assert_eq!(here.stands(here.partner).await, (500, 0));
    let late = here.payments.approve_payout(second.id, &here.by("bob")).await.unwrap_err();
    assert!(matches!(late, Error::Decided { decision: "dropped", .. }), "{late}");
    here.verify().await;
}
