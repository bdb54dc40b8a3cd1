//! How payments begin, are paid, and end: once, at one gateway, whatever goes wrong on the way.

use crate::fake::{AMBIGUOUS, BOTH, Fake, Fault, Pays, Which, checkout_signature, gateway_at};
use crate::here::{FAN, Here, PARTNER, dollars, open, rupees, shown};
use futures_util::future::join_all;
use store::Clock;
use wallet::account;
use wallet::gateway::{Capture, GatewayError, Mode, NotGenuine};
use wallet::payment::state::Stage;
use wallet::payment::{Begun, Buying, Error, Payments, Route, TopUp};
use wallet::{Amount, Asset, Coins, Inr, Kind, PaymentId, Points, Usd};

#[tokio::test]
async fn a_fan_buys_coins_and_is_charged_once() {
    for which in BOTH {
        let here = Here::new(&[which, which.other()]).await;
        let id = PaymentId::fresh();
        let reference = here.opened(id).await;
        assert_eq!(here.opened(id).await, reference, "asked again, the same is shown");
        let mut told = here.fake.pay(&reference, Pays::Declined);
        told.extend(here.fake.pay(&reference, Pays::Well));
        for message in told.iter().chain(&told) {
            here.receive(which, message).await.unwrap();
        }
        here.work().await;
        let payment = here.payment(id).await;
        assert_eq!((payment.known.stage, payment.known.failures.len()), (Stage::Captured, 1));
        assert_eq!((payment.credited, payment.credited_coins), (Some(100_000), Some(10)));
        here.payments.look(id).await.unwrap();
        here.later(1).await;
        assert_eq!(here.later(60).await, [], "nothing is left to be done");
        assert_eq!(here.stands(here.fan).await, (10, 0));
        assert_eq!((here.till(which).await, here.sales().await), (-100_000, 100_000));
        assert_eq!((here.fake.taken(), here.fake.count(which.opens())), (100_000, 1));
        assert_eq!(here.fake.count(which.other().opens()), 0);
        let life: Vec<String> = here.payments.life(id).await.unwrap().into_iter().map(|it| it.what).collect();
        assert_eq!((&life[0][..], &life[1][..]), ("asked for", "opened"));
        assert!(life.contains(&"booked".to_owned()), "{life:?}");
        assert_eq!(here.differences().await, []);
        here.verify().await;
    }
}

#[tokio::test]
async fn a_partner_gets_the_money_itself() {
    let here = Here::new(&[Which::Razorpay]).await;
    let id = PaymentId::fresh();
    let wanted = TopUp { owner: PARTNER, account: here.partner, buying: Buying::Money, ..here.top_up(id) };
    let reference = shown(&here.payments.open_top_up(&wanted).await.unwrap());
    here.fake.pay(&reference, Pays::Well);
    here.payments.look(id).await.unwrap();
    assert_eq!(here.stands(here.partner).await, (100_000, 0));
    assert_eq!((here.till(Which::Razorpay).await, here.sales().await), (-100_000, 0));
    here.verify().await;
}

#[tokio::test]
async fn what_may_have_happened_is_never_tried_elsewhere() {
    for which in BOTH {
        for fault in AMBIGUOUS {
            let here = Here::new(&[which, which.other()]).await;
            let id = PaymentId::fresh();
            here.fake.fails(which.opens(), fault);
            let begun = here.open(id).await.unwrap();
            assert!(matches!(begun, Begun::Unsure { .. }), "{which:?} {fault:?}: {begun:?}");
            // Not even if the next call is known to be lost: it says nothing of the first.
            let first = if which == Which::Razorpay { "GET /v1/orders" } else { which.opens() };
            here.fake.fails(first, Fault::StatusBefore(429));
            let begun = here.open(id).await.unwrap();
            assert!(matches!(begun, Begun::Unsure { .. }), "{which:?} {fault:?}: {begun:?}");
            let ran = here.later(1).await;
            assert_eq!(ran.len(), 1, "{which:?} {fault:?}: {ran:?}");
            let reference = here.payment(id).await.reference.expect("the poll has found or made it");
            assert_eq!(here.opened(id).await, reference);
            here.fake.pay(&reference, Pays::Well);
            here.later(10).await;
            assert_eq!(here.stands(here.fan).await, (10, 0), "{which:?} {fault:?}");
            assert_eq!((here.fake.taken(), here.fake.count(which.other().opens())), (100_000, 0));
            assert!(here.fake.all("order").len() <= 1, "what was made is found by its receipt");
            assert!(here.fake.all("payment_intent").len() <= 1, "a key makes one");
            here.verify().await;
        }
    }
}

#[tokio::test]
async fn another_gateway_is_tried_when_the_first_was_not_reached() {
    for which in BOTH {
        for status in [401, 403, 429] {
            let here = Here::new(&[which, which.other()]).await;
            here.fake.fails(which.opens(), Fault::StatusBefore(status));
            let id = PaymentId::fresh();
            let reference = here.opened(id).await;
            assert_eq!(here.payment(id).await.gateway, which.other().code());
            here.fake.pay(&reference, Pays::Well);
            here.payments.look(id).await.unwrap();
            assert_eq!((here.till(which).await, here.till(which.other()).await), (0, -100_000));
            here.verify().await;
        }
        // Nobody listens there.
        let clock = Clock::manual("2026-11-30T10:00:00Z".parse().unwrap());
        let fake = Fake::new(&clock).await;
        let gateways = vec![gateway_at(which, closed_port().await), fake.gateway(which.other())];
        let here = Here::with(clock, fake, gateways, &[which, which.other()]).await;
        let id = PaymentId::fresh();
        here.opened(id).await;
        assert_eq!(here.payment(id).await.gateway, which.other().code());
    }
}

/// A port on which nobody listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn where_no_gateway_was_reached_the_same_payment_is_tried_again_later() {
    let here = Here::new(&BOTH).await;
    for which in BOTH {
        here.fake.fails(which.opens(), Fault::StatusBefore(429));
    }
    let id = PaymentId::fresh();
    let refused = here.open(id).await.unwrap_err();
    assert!(matches!(refused, Error::NoGateway { .. }), "{refused}");
    assert!(!here.payment(id).await.is_asked);
    let reference = here.opened(id).await;
    here.fake.pay(&reference, Pays::Well);
    here.later(1).await;
    assert_eq!(here.stands(here.fan).await, (10, 0));
}

#[tokio::test]
async fn a_refusal_is_the_end_and_not_tried_elsewhere() {
    for which in BOTH {
        let here = Here::new(&[which, which.other()]).await;
        here.fake.fails(which.opens(), Fault::StatusBefore(400));
        let id = PaymentId::fresh();
        let refused = here.open(id).await.unwrap_err();
        assert!(matches!(&refused, Error::Refused { code, .. } if code == "made_up"), "{refused}");
        assert_eq!(here.fake.count(which.other().opens()), 0);
        let begun = here.open(id).await.unwrap();
        assert!(matches!(&begun, Begun::Over(it) if it.refused.as_deref() == Some("made_up")), "{begun:?}");
        here.later(1).await;
        assert_eq!(here.later(999).await, []);
    }
}

#[tokio::test]
async fn all_who_ask_at_once_are_shown_the_same() {
    for which in BOTH {
        let here = Here::new(&[which, which.other()]).await;
        let id = PaymentId::fresh();
        let all = join_all((0..8).map(|_| here.open(id))).await;
        let kept = here.opened(id).await;
        for begun in all {
            match begun.unwrap() {
                Begun::Unsure { .. } => {}
                begun => assert_eq!(shown(&begun), kept),
            }
        }
        here.fake.pay(&kept, Pays::Well);
        join_all((0..8).map(|_| here.payments.look(id))).await.into_iter().for_each(|it| drop(it.unwrap()));
        assert_eq!((here.stands(here.fan).await, here.fake.taken()), ((10, 0), 100_000));
        here.verify().await;
    }
}

#[tokio::test]
async fn what_cannot_be_paid_is_refused_and_nothing_is_asked() {
    let here = Here::new(&BOTH).await;
    let id = PaymentId::fresh();
    here.opened(id).await;
    let fits = here.top_up(id);
    for other in [
        TopUp { money: rupees(100_001), ..fits },
        TopUp { buying: Buying::Coins(Amount::new(11).unwrap()), ..fits },
        TopUp { capture: Capture::Later, ..fits },
        TopUp { owner: "fan_2", ..fits },
    ] {
        let refused = here.payments.open_top_up(&other).await.unwrap_err();
        assert!(matches!(refused, Error::OtherContent { .. }), "{refused}");
    }
    let points = open(here.store(), Kind::Fan, FAN, Points::CODE).await;
    for account in [points, here.partner, wallet::AccountId::of_number(7)] {
        let wanted = TopUp { account, ..here.top_up(PaymentId::fresh()) };
        let refused = here.payments.open_top_up(&wanted).await.unwrap_err();
        assert!(matches!(refused, Error::WrongAccount { .. }), "{refused}");
    }
    let wanted = TopUp { money: dollars(5), ..here.top_up(PaymentId::fresh()) };
    let refused = here.payments.open_top_up(&wanted).await.unwrap_err();
    assert!(matches!(refused, Error::NoRoute { asset } if asset == Usd::CODE), "{refused}");
    assert_eq!(here.number("select count(*) from wallet.payment").await, 1);
    assert_eq!(here.fake.count("POST"), 1);
}

#[tokio::test]
async fn gateways_and_routes_must_fit() {
    let here = Here::new(&BOTH).await;
    let all = || BOTH.map(|it| here.fake.gateway(it)).to_vec();
    let route = |asset, code: &str| vec![Route { asset, gateways: vec![code.to_owned()] }];
    let new =
        |mode, routes| Payments::new(here.store(), &here.clock, &here.ledger, mode, all(), routes).err();
    assert!(matches!(new(Mode::Live, vec![]), Some(Error::WrongMode { .. })));
    assert!(matches!(new(Mode::Test, route(Inr::CODE, "paypal")), Some(Error::UnknownGateway { .. })));
    assert!(matches!(new(Mode::Test, route(Usd::CODE, "razorpay")), Some(Error::NoRoute { .. })));
    assert!(matches!(new(Mode::Test, route(Coins::CODE, "stripe")), Some(Error::NoRoute { .. })));
}

#[tokio::test]
async fn money_that_is_set_aside_is_taken_when_it_is_said() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let id = PaymentId::fresh();
        let wanted = TopUp { capture: Capture::Later, ..here.top_up(id) };
        let reference = shown(&here.payments.open_top_up(&wanted).await.unwrap());
        let early = here.payments.capture(id).await.unwrap_err();
        assert!(matches!(early, Error::NothingAuthorised { .. }), "{early}");
        for message in here.fake.pay(&reference, Pays::Well) {
            here.receive(which, &message).await.unwrap();
        }
        here.work().await;
        here.later(90).await;
        assert_eq!(here.payment(id).await.known.stage, Stage::Authorised, "it waits beyond its time");
        assert_eq!((here.fake.taken(), here.stands(here.fan).await), (0, (0, 0)));
        // It is taken, and the answer is lost.
        let capture = if which == Which::Stripe { "POST /v1/payment_intents/" } else { "POST /v1/payments/" };
        here.fake.fails(capture, Fault::CutAfter);
        let lost = here.payments.capture(id).await.unwrap_err();
        assert!(matches!(lost, Error::NoAnswer { .. }), "{lost}");
        let payment = here.payments.capture(id).await.unwrap();
        assert_eq!(payment.known.stage, Stage::Captured);
        assert_eq!((here.fake.taken(), here.stands(here.fan).await), (100_000, (10, 0)));
        here.verify().await;
    }
}

#[tokio::test]
async fn a_payment_whose_time_is_over_is_given_up_and_late_money_is_taken_in() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        let (one, two) = (PaymentId::fresh(), PaymentId::fresh());
        let (first, second) = (here.opened(one).await, here.opened(two).await);
        here.later(30).await;
        assert_eq!(here.payment(one).await.known.stage, Stage::Created);
        // Paid in the moment in which it is cancelled.
        here.fake.pay(&second, Pays::Well);
        here.later(60).await;
        assert_eq!(here.payment(one).await.known.stage, Stage::Cancelled);
        assert_eq!(here.payment(two).await.known.stage, Stage::Captured);
        assert_eq!(here.later(60).await, []);
        let begun = here.open(one).await.unwrap();
        assert!(matches!(begun, Begun::Over(_)), "no page of it is shown any more: {begun:?}");
        if which == Which::Razorpay {
            // An order cannot be cancelled there.
            for message in here.fake.pay(&first, Pays::Well) {
                here.receive(which, &message).await.unwrap();
            }
            here.work().await;
            assert_eq!(here.payment(one).await.known.stage, Stage::Captured);
            assert_eq!(here.stands(here.fan).await, (20, 0));
        } else {
            assert_eq!(here.fake.all("payment_intent")[0]["status"], "canceled");
            assert_eq!(here.stands(here.fan).await, (10, 0));
        }
        here.verify().await;
    }
}

#[tokio::test]
async fn a_payment_of_which_nothing_is_ever_heard_is_given_up_after_a_day() {
    let here = Here::new(&[Which::Stripe]).await;
    let id = PaymentId::fresh();
    for _ in 0..200 {
        here.fake.fails("POST /v1/payment_intents", Fault::StatusBefore(503));
    }
    assert!(matches!(here.open(id).await.unwrap(), Begun::Unsure { .. }));
    for _ in 0..99 {
        here.later(15).await;
    }
    assert_eq!(here.payment(id).await.known.stage, Stage::Created);
    here.later(60).await;
    assert_eq!(here.payment(id).await.known.stage, Stage::Cancelled);
    assert_eq!(here.later(999).await, []);
}

#[tokio::test]
async fn a_payer_who_comes_back_brings_a_signature_and_no_money() {
    let here = Here::new(&[Which::Razorpay]).await;
    let id = PaymentId::fresh();
    let order = here.opened(id).await;
    let signature = checkout_signature(&order, "pay_1");
    let payment = here.payments.returned(id, "pay_1", &signature).await.unwrap();
    assert_eq!((payment.known.stage, payment.credited), (Stage::Created, None));
    let forged = here.payments.returned(id, "pay_2", &signature).await.unwrap_err();
    assert!(matches!(forged, Error::NotGenuine(NotGenuine::Forged)), "{forged}");
    here.fake.pay(&order, Pays::Well);
    let payment = here.payments.returned(id, "pay_1", &signature).await.unwrap();
    assert_eq!(payment.credited, Some(100_000));
}

#[tokio::test]
async fn money_of_another_currency_or_amount_is_not_made_into_coins() {
    let here = Here::new(&[Which::Razorpay]).await;
    let id = PaymentId::fresh();
    let order = here.opened(id).await;
    here.fake.books().things.get_mut(&order).unwrap()["currency"] = "USD".into();
    here.fake.pay(&order, Pays::Well);
    assert_eq!(here.payments.look(id).await.unwrap().credited, None);
    assert_eq!(here.stands(here.fan).await, (0, 0));
    // Paid twice: a second try that the gateway let through.
    let twice = PaymentId::fresh();
    let order_of_two = here.opened(twice).await;
    here.fake.pay(&order_of_two, Pays::Well);
    here.payments.look(twice).await.unwrap();
    here.fake.pay(&order_of_two, Pays::Well);
    let payment = here.payments.look(twice).await.unwrap();
    assert_eq!((payment.known.captured(), payment.credited), (200_000, Some(100_000)));
    assert_eq!(here.stands(here.fan).await, (10, 0));
    let expected = [
        ("other currency", order, Some(100_000), Some(100_000)),
        ("captured", order_of_two, Some(100_000), Some(200_000)),
    ];
    assert_eq!(here.differences().await, expected);
    here.later(60).await;
    here.later(24 * 60).await;
    assert_eq!(here.later(24 * 60).await, [], "nobody looks at it for ever");
    here.verify().await;
}

#[tokio::test]
async fn a_fan_whose_account_is_frozen_gets_the_coins_when_it_is_thawed() {
    let here = Here::new(&[Which::Stripe]).await;
    let id = PaymentId::fresh();
    let reference = here.opened(id).await;
    let (store, fan) = (here.store(), here.fan);
    let now = here.clock.now();
    store.run_tx("test", async |tx| account::freeze(tx, fan, now).await).await.unwrap();
    here.fake.pay(&reference, Pays::Well);
    for _ in 0..30 {
        here.later(60).await;
    }
    assert_eq!((here.stands(fan).await, here.till(Which::Stripe).await), ((0, 0), 0));
    store.run_tx("test", async |tx| account::thaw(tx, fan).await).await.unwrap();
    here.later(60).await;
    assert_eq!((here.stands(fan).await, here.till(Which::Stripe).await), ((10, 0), -100_000));
    here.verify().await;
}

#[tokio::test]
async fn payments_are_listed_the_newest_first() {
    let here = Here::new(&[Which::Stripe]).await;
    let ids = [PaymentId::fresh(), PaymentId::fresh(), PaymentId::fresh()];
    for id in ids {
        here.opened(id).await;
    }
    let first = here.payments.payments(Some(FAN), None, 2).await.unwrap();
    let second = here.payments.payments(None, Some(first[1].number), 2).await.unwrap();
    let listed: Vec<PaymentId> = first.iter().chain(&second).map(|it| it.id).collect();
    assert_eq!(listed, [ids[2], ids[1], ids[0]]);
    assert_eq!(here.payments.payments(Some("fan_2"), None, 2).await.unwrap(), []);
}

#[tokio::test]
async fn every_call_may_be_made_on_any_thread() {
    fn is_send<T: Send>(_: T) {}
    let here = Here::new(&[Which::Stripe]).await;
    let (id, by, payments) = (PaymentId::fresh(), here.by("ann"), &here.payments);
    let wanted = here.top_up(id);
    is_send(payments.open_top_up(&wanted));
    is_send((payments.look(id), payments.returned(id, "", ""), payments.capture(id), payments.cancel(id)));
    is_send((payments.payment(id), payments.payments(None, None, 1), payments.life(id), payments.poll(id)));
    is_send(payments.receive("stripe", &[], b""));
    let (refund, payout) = (wallet::RefundId::fresh(), wallet::PayoutId::fresh());
    is_send((payments.approve_refund(refund, &by), payments.refuse_refund(refund, "x", &by)));
    is_send((payments.approve_payout(payout, &by), payments.refuse_payout(payout, "x", &by)));
    is_send((payments.reconcile("stripe", None), payments.differences(None, 1)));
    is_send(payments.close_difference(1, "x", &by));
    is_send((here.ask_refund(id, 1), here.ask_payout(Which::Stripe, 1)));
}

#[tokio::test]
async fn pages_and_errors_show_no_secrets() {
    let here = Here::new(&[Which::Stripe]).await;
    let begun = here.open(PaymentId::fresh()).await.unwrap();
    assert!(!format!("{begun:?}").contains("_secret_"), "{begun:?}");
    let error = GatewayError::NotSent { reason: "x".into() };
    assert_eq!(error.word(), "not sent");
}
