//! Stripe's webhooks: what is genuine, and what it tells.

use super::*;
use crate::PaymentId;
use crate::payment::state::{Outgoing, Stage};

const NOW: i64 = 1_767_225_600;

fn stripe(secrets: &[&str]) -> Stripe {
    let webhook_secrets = secrets.iter().map(|it| Secret::new(it)).collect();
    let account = Account {
        secret_key: Secret::new("sk_test_1"),
        publishable_key: "pk_test_1".into(),
        webhook_secrets,
    };
    Stripe::new(account).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn signed(secret: &str, seconds: i64, body: &str) -> String {
    signature::sign(&Secret::new(secret), &[format!("{seconds}.{body}").as_bytes()])
}

#[test]
fn a_webhook_is_genuine_by_one_of_its_signatures_and_within_five_minutes() {
    let body = r#"{"id":"evt_1","type":"ping","data":{"object":{}}}"#;
    let (old, new) = (signed("old", NOW, body), signed("new", NOW, body));
    let header = |rest: &str| format!("t={NOW},{rest}");
    let genuine = Ok("evt_1".to_owned());
    let max = TOLERANCE_SECONDS;
    for (secrets, header, now, expected) in [
        (&["new"][..], header(&format!("v1={new}")), NOW, genuine.clone()),
        (&["new"], header(&format!("v1={old},v1={new},v0=1")), NOW, genuine.clone()),
        (&["new", "old"], header(&format!("v1={old}")), NOW, genuine.clone()),
        (&["new"], header(&format!("v1={old}")), NOW, Err(NotGenuine::Forged)),
        (&["new"], header(&format!("v0={new}")), NOW, Err(NotGenuine::Forged)),
        (&["new"], header(""), NOW, Err(NotGenuine::Forged)),
        (&["new"], header("v1=é"), NOW, Err(NotGenuine::Forged)),
        (&["new"], format!("v1={new}"), NOW, Err(NotGenuine::BadHeader { header: SIGNATURE })),
        (&["new"], format!("t=x,v1={new}"), NOW, Err(NotGenuine::BadHeader { header: SIGNATURE })),
        (&["new"], format!("t={},v1={new}", NOW + 1), NOW, Err(NotGenuine::Forged)),
        (&["new"], header(&format!("v1={new}")), NOW + 300, genuine.clone()),
        (&["new"], header(&format!("v1={new}")), NOW + 301, Err(NotGenuine::TooOld { seconds: 301, max })),
        (&["new"], header(&format!("v1={new}")), NOW - 300, genuine),
        (&["new"], header(&format!("v1={new}")), NOW - 301, Err(NotGenuine::TooNew { seconds: 301, max })),
    ] {
        let headers = [("content-type", "application/json"), ("stripe-signature", header.as_str())];
        assert_eq!(stripe(secrets).prove(&headers, body.as_bytes(), at(now)), expected, "{header} {now}");
    }
    let missing = NotGenuine::NoHeader { header: SIGNATURE };
    assert_eq!(stripe(&["new"]).prove(&[], body.as_bytes(), at(NOW)), Err(missing));
    let header = header(&format!("v1={new}"));
    let changed = body.replace("ping", "pong");
    let proved = stripe(&["new"]).prove(&[("stripe-signature", &header)], changed.as_bytes(), at(NOW));
    assert_eq!(proved, Err(NotGenuine::Forged));
}

#[test]
fn a_signed_text_that_is_no_event_is_not_read() {
    let gateway = stripe(&["s"]);
    for body in ["", "{", "[]", r#"{"type":"x"}"#] {
        let header = format!("t={NOW},v1={}", signed("s", NOW, body));
        let proved = gateway.prove(&[("stripe-signature", &header)], body.as_bytes(), at(NOW));
        assert_eq!(proved, Err(NotGenuine::Unreadable), "{body}");
        assert_eq!(gateway.understand(body.as_bytes()), Err(NotGenuine::Unreadable), "{body}");
    }
}

fn intent(status: &str, more: &str) -> String {
    format!(
        r#"{{"id":"evt_1","type":"payment_intent.x","data":{{"object":{{"id":"pi_1","object":"payment_intent",
        "amount":500,"currency":"usd","status":"{status}","metadata":{{"payment":"{}"}}{more}}}}}}}"#,
        PaymentId::of_number(7)
    )
}

#[test]
fn an_intent_is_known_by_its_status() {
    let gateway = stripe(&[]);
    let error =
        r#","last_payment_error":{"charge":"ch_0","code":"card_declined","decline_code":"lost_card"}"#;
    let received = r#","amount_received":400,"latest_charge":"ch_1""#;
    let expanded = r#","amount_capturable":500,"latest_charge":{"id":"ch_1","object":"charge"}"#;
    for (status, more, stage, charge) in [
        ("requires_payment_method", error, Stage::Created, None),
        ("requires_confirmation", "", Stage::Created, None),
        ("requires_action", "", Stage::Pending, None),
        ("processing", "", Stage::Pending, None),
        ("a status of tomorrow", "", Stage::Pending, None),
        ("requires_capture", expanded, Stage::Authorised, Some(("ch_1", 500, 0))),
        ("canceled", "", Stage::Cancelled, None),
        ("succeeded", received, Stage::Captured, Some(("ch_1", 400, 400))),
        ("succeeded", "", Stage::Captured, Some(("pi_1", 500, 500))),
    ] {
        let told = gateway.understand(intent(status, more).as_bytes()).unwrap();
        let Told::Payment { payment, reference, known } = told else { panic!("{told:?}") };
        assert_eq!((payment, reference.as_deref()), (Some(PaymentId::of_number(7)), Some("pi_1")));
        assert_eq!(known.stage, stage, "{status}");
        let found = known.charges.iter().next().map(|(id, it)| (id.as_str(), it.authorised, it.captured));
        assert_eq!(found, charge, "{status}");
        assert_eq!(
            known.failures.get("ch_0").map(String::as_str),
            more.contains("ch_0").then_some("lost_card")
        );
    }
}

#[test]
fn refunds_and_transfers_are_told_with_our_ids() {
    let gateway = stripe(&[]);
    let refund = crate::RefundId::of_number(8);
    let body = format!(
        r#"{{"id":"evt_2","type":"refund.updated","data":{{"object":{{"id":"re_1","amount":70,"status":"failed",
        "payment_intent":"pi_1","charge":"ch_1","metadata":{{"refund":"{refund}"}}}}}}}}"#
    );
    let gone = Gone { reference: "re_1".into(), units: 70, outgoing: Outgoing::Failed };
    let told = Told::Refund { refund: Some(refund), of: Some("pi_1".into()), gone };
    assert_eq!(gateway.understand(body.as_bytes()), Ok(told));
    let body = r#"{"id":"evt_3","type":"transfer.reversed",
        "data":{"object":{"id":"tr_1","amount":9,"reversed":true}}}"#;
    let gone = Gone { reference: "tr_1".into(), units: 9, outgoing: Outgoing::Failed };
    assert_eq!(gateway.understand(body.as_bytes()), Ok(Told::Payout { payout: None, gone }));
    let body = r#"{"id":"evt_4","type":"customer.created","data":{"object":{"id":"cus_1"}}}"#;
    assert_eq!(gateway.understand(body.as_bytes()), Ok(Told::Other));
}

#[test]
fn keys_say_whether_money_is_real_and_are_never_shown() {
    let of = |key: &str| {
        let account = Account {
            secret_key: Secret::new(key),
            publishable_key: "pk".into(),
            webhook_secrets: vec![Secret::new("whsec_1")],
        };
        Stripe::new(account)
    };
    assert_eq!(of("sk_test_abc").unwrap().mode(), Mode::Test);
    assert_eq!(of("rk_live_abc").unwrap().mode(), Mode::Live);
    assert_eq!(of("whatever").unwrap_err(), NoClient::UnknownMode { gateway: "stripe" });
    let shown = format!("{:?}", of("sk_test_abc").unwrap());
    assert!(!shown.contains("abc") && !shown.contains("whsec"), "{shown}");
    let account = Account {
        secret_key: Secret::new("sk_test_1"),
        publishable_key: "pk".into(),
        webhook_secrets: vec![],
    };
    let refused = Stripe::at("http://api.stripe.com", account).unwrap_err();
    assert_eq!(refused, NoClient::Insecure { url: "http://api.stripe.com".into() });
}
