//! Webhooks: forged, old, replayed, twice and in any order.

use crate::fake::{BOTH, Message, Pays, WEBHOOK_SECRET, Which, hmac_hex};
use crate::here::Here;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::time::Duration;
use wallet::PaymentId;
use wallet::gateway::NotGenuine;
use wallet::payment::{Error, Received, forget_bodies};

#[tokio::test]
async fn what_is_forged_old_or_changed_is_refused_and_not_kept() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let reference = here.opened(PaymentId::fresh()).await;
        let genuine = here.fake.pay(&reference, Pays::Well).remove(0);
        let changed = Message { body: genuine.body.replace("000", "001"), ..genuine.clone() };
        let bare = Message { headers: vec![], ..genuine.clone() };
        let mut forged = genuine.clone();
        forged.headers[0].1 = forged.headers[0].1.replace(['a', 'b'], "c");
        for (message, expected) in [
            (&changed, NotGenuine::Forged),
            (&forged, NotGenuine::Forged),
            (&bare, NotGenuine::NoHeader { header: genuine.headers[0].0 }),
        ] {
            let refused = here.receive(which, message).await.unwrap_err();
            assert!(matches!(refused, Error::NotGenuine(it) if it == expected), "{refused}");
        }
        let refused = here.payments.receive("paypal", &[], b"{}").await.unwrap_err();
        assert!(matches!(refused, Error::UnknownGateway { .. }), "{refused}");
        assert_eq!(here.number("select count(*) from wallet.webhook").await, 0);
        assert_eq!(here.number("select count(*) from jobs.job where kind = 'payments.webhook'").await, 0);
        assert_eq!(here.receive(which, &genuine).await.unwrap(), Received::New);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_lets_no_old_webhook_in() {
    let here = Here::new(&[Which::Stripe]).await;
    let reference = here.opened(PaymentId::fresh()).await;
    let told = here.fake.pay(&reference, Pays::Well);
    here.clock.advance(Duration::from_secs(301));
    let refused = here.receive(Which::Stripe, &told[0]).await.unwrap_err();
    assert!(matches!(refused, Error::NotGenuine(NotGenuine::TooOld { seconds: 301, max: 300 })), "{refused}");
    let at = here.in_time(6).as_second();
    let signature = hmac_hex(WEBHOOK_SECRET, &format!("{at}.{}", told[0].body));
    let early =
        Message { headers: vec![("stripe-signature", format!("t={at},v1={signature}"))], ..told[0].clone() };
    let refused = here.receive(Which::Stripe, &early).await.unwrap_err();
    assert!(matches!(refused, Error::NotGenuine(NotGenuine::TooNew { seconds: 360, max: 300 })), "{refused}");
    assert_eq!(here.number("select count(*) from wallet.webhook").await, 0);
}

#[tokio::test]
async fn the_same_message_is_kept_once_also_under_another_name() {
    let here = Here::new(&[Which::Razorpay]).await;
    let reference = here.opened(PaymentId::fresh()).await;
    let message = here.fake.pay(&reference, Pays::Well).remove(1);
    let (one, two) =
        tokio::join!(here.receive(Which::Razorpay, &message), here.receive(Which::Razorpay, &message));
    let mut both = [one.unwrap(), two.unwrap()];
    both.sort_by_key(|it| *it == Received::Again);
    assert_eq!(both, [Received::New, Received::Again]);
    // Its name is not signed: a replay may have any.
    let mut renamed = message.clone();
    renamed.headers[1].1 = "evt_another".to_owned();
    assert_eq!(here.receive(Which::Razorpay, &renamed).await.unwrap(), Received::Again);
    assert_eq!(here.work().await.len(), 1);
    assert_eq!(here.number("select count(*) from wallet.webhook where outcome = 'learned'").await, 1);
    let kept = "select count(*) from wallet.webhook where headers ? 'x-razorpay-signature' and octet_length(body) > 0";
    assert_eq!(here.number(kept).await, 1);
    let forget = async |tx: &store::Transaction<'_>| forget_bodies(tx, here.in_time(60 * 24 * 91)).await;
    assert_eq!(here.store().run_tx("test", forget).await.unwrap(), 1);
    assert_eq!(here.receive(Which::Razorpay, &message).await.unwrap(), Received::Again);
}

#[tokio::test]
async fn a_message_that_is_faster_than_our_own_write_is_not_lost() {
    let here = Here::new(&[Which::Stripe]).await;
    let (id, reference) = (PaymentId::fresh(), "pi_early");
    here.fake.fails("POST /v1/payment_intents", crate::fake::Fault::SilentBefore);
    here.open(id).await.unwrap();
    let intent = serde_json::json!({ "id": reference, "object": "payment_intent", "amount": 100_000, "currency": "inr",
        "amount_received": 100_000, "status": "succeeded", "latest_charge": "ch_1",
        "metadata": { "payment": id.to_string() } });
    let message = here.fake.books().stripe_event("payment_intent.succeeded", &intent);
    here.receive(Which::Stripe, &message).await.unwrap();
    here.work().await;
    let payment = here.payment(id).await;
    assert_eq!((payment.reference.as_deref(), payment.credited), (Some(reference), Some(100_000)));
    // Another of the same id, which no payer was ever shown, is for people.
    let mut other = intent.clone();
    other["id"] = "pi_other".into();
    let message = here.fake.books().stripe_event("payment_intent.succeeded", &other);
    here.receive(Which::Stripe, &message).await.unwrap();
    for _ in 0..9 {
        here.later(600).await;
    }
    assert_eq!(here.differences().await, [("stray", "pi_other".to_owned(), None, Some(100_000))]);
    assert_eq!(here.number("select count(*) from wallet.webhook where outcome = 'unknown'").await, 1);
    assert_eq!(here.stands(here.fan).await, (10, 0));
    here.verify().await;
}

#[tokio::test]
async fn what_is_of_no_use_is_kept_and_put_aside() {
    let here = Here::new(&BOTH).await;
    let empty = serde_json::json!({});
    let nothing = here.fake.books().stripe_event("customer.created", &empty);
    let broken = here.fake.books().stripe_event("payment_intent.succeeded", &empty);
    let dispute = here.fake.books().razorpay_event("payment.dispute.created", &[]);
    here.receive(Which::Stripe, &nothing).await.unwrap();
    here.receive(Which::Stripe, &broken).await.unwrap();
    here.receive(Which::Razorpay, &dispute).await.unwrap();
    assert_eq!(here.work().await.len(), 3);
    let mut listed = here.payments.webhooks(None, 2).await.unwrap();
    listed.extend(here.payments.webhooks(Some(listed[1].id), 2).await.unwrap());
    let outcomes: Vec<&str> = listed.iter().map(|it| it.outcome.as_deref().unwrap()).collect();
    assert_eq!(outcomes, ["other", "unreadable", "other"], "the newest first");
    assert_eq!((listed[0].gateway.as_str(), listed[2].gateway.as_str()), ("razorpay", "stripe"));
}

/// All that both gateways tell of a payment that is declined, paid, and refunded in two parts of which one
/// comes back: in any order, any number of times, with looks in between.
#[tokio::test]
async fn any_order_and_any_number_of_webhooks_leads_to_the_same() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for which in BOTH {
        let mut ends = Vec::new();
        for round in 0..6 {
            let here = Here::new(&[which]).await;
            let id = PaymentId::fresh();
            let reference = here.opened(id).await;
            let mut told = here.fake.pay(&reference, Pays::Declined);
            told.extend(here.fake.pay(&reference, Pays::Well));
            here.payments.look(id).await.unwrap();
            here.fake.books().outgoing = "pending";
            let mut sent = Vec::new();
            for units in [30_000, 50_000] {
                let refund = here.ask_refund(id, units).await.unwrap();
                here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
                here.work().await;
                sent.push(here.payments.refund(refund.id).await.unwrap().going.reference.unwrap());
            }
            told.push(here.fake.becomes(&sent[0], "processed"));
            told.push(here.fake.becomes(&sent[1], "processed"));
            told.push(here.fake.becomes(&sent[1], "failed"));
            let order = Just((0..told.len()).collect::<Vec<usize>>()).prop_shuffle();
            let again = prop::collection::vec(0..told.len(), 0..4);
            let (order, again) = (order, again).new_tree(&mut runner).unwrap().current();
            // The first round is in order.
            let order = if round == 0 { (0..told.len()).collect() } else { order };
            for place in order.iter().chain(&again) {
                here.receive(which, &told[*place]).await.unwrap();
                if place % 3 == 0 {
                    here.work().await;
                }
            }
            here.later(1).await;
            let payment = here.payment(id).await;
            let known = serde_json::to_string(&payment.known).unwrap();
            let going = here.payments.refunds_of(id).await.unwrap().into_iter().map(|it| it.going.outgoing);
            let (fan, till, sales) =
                (here.stands(here.fan).await, here.till(which).await, here.sales().await);
            ends.push((known, going.collect::<Vec<_>>(), fan, till, sales));
            // What the fan has, and what went back, is never more than was taken.
            assert!(10_000 * fan.0 + payment.known.refunded() <= payment.known.captured());
            here.verify().await;
        }
        assert_eq!((ends[0].2, ends[0].3, ends[0].4), ((7, 0), -70_000, 70_000), "{which:?}");
        assert!(ends.iter().all(|it| *it == ends[0]), "{which:?}: {ends:#?}");
    }
}
