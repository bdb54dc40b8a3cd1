//! Razorpay's webhooks and the signature that payers bring back.

use super::*;
use crate::payment::state::Outgoing;
use crate::{PaymentId, PayoutId, RefundId};

fn razorpay(secrets: &[&str]) -> Razorpay {
    let account = Account {
        key_id: "rzp_test_1".into(),
        key_secret: Secret::new("key"),
        webhook_secrets: secrets.iter().map(|it| Secret::new(it)).collect(),
        payout_account: None,
    };
    Razorpay::new(account).unwrap()
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn a_webhook_is_genuine_by_its_body_and_has_a_name() {
    let body = br#"{"event":"payment.captured"}"#;
    let (old, new) =
        (signature::sign(&Secret::new("old"), &[body]), signature::sign(&Secret::new("new"), &[body]));
    for (secrets, signature, id, expected) in [
        (&["new"][..], Some(&new), Some("evt"), Ok("evt".to_owned())),
        (&["new", "old"], Some(&old), Some("evt"), Ok("evt".to_owned())),
        (&["new"], Some(&old), Some("evt"), Err(NotGenuine::Forged)),
        (&["new"], None, Some("evt"), Err(NotGenuine::NoHeader { header: SIGNATURE })),
        (&["new"], Some(&new), None, Err(NotGenuine::NoHeader { header: EVENT_ID })),
        (&["new"], Some(&new), Some(""), Err(NotGenuine::BadHeader { header: EVENT_ID })),
        (&["new"], Some(&new), Some("a b"), Err(NotGenuine::BadHeader { header: EVENT_ID })),
    ] {
        let mut headers = Vec::new();
        headers.extend(signature.map(|it| (SIGNATURE, it.as_str())));
        headers.extend(id.map(|it| (EVENT_ID, it)));
        assert_eq!(razorpay(secrets).prove(&headers, body, NOW), expected, "{headers:?}");
    }
    let headers = [(SIGNATURE, new.as_str()), (EVENT_ID, "evt")];
    assert_eq!(razorpay(&["new"]).prove(&headers, b"{}", NOW), Err(NotGenuine::Forged));
}

#[test]
fn a_payer_brings_the_gateways_word_that_the_charge_is_of_the_order() {
    let gateway = razorpay(&[]);
    let signature = signature::sign(&Secret::new("key"), &[b"order_1|pay_1"]);
    assert_eq!(gateway.returned("order_1", "pay_1", &signature), Ok(()));
    assert_eq!(gateway.returned("order_1", "pay_2", &signature), Err(NotGenuine::Forged));
    assert_eq!(gateway.returned("order_1|pay_1", "", &signature), Err(NotGenuine::Forged));
    assert_eq!(gateway.returned("order_1", "pay_1", ""), Err(NotGenuine::Forged));
}

fn payment(status: &str, more: &str) -> String {
    format!(
        r#"{{"entity":"event","event":"payment.x","contains":["payment"],"created_at":1,
        "payload":{{"payment":{{"entity":
        {{"id":"pay_29QQoUBi66xm2f","entity":"payment","amount":50000,"currency":"INR","status":"{status}",
        "order_id":"order_1","notes":[],"email":"g@example.com"{more}}}}}}}}}"#
    )
}

#[test]
fn a_payment_is_known_by_its_status() {
    for (status, more, stage, captured, failed) in [
        ("created", "", Stage::Pending, 0, None),
        ("authorized", r#","captured":false"#, Stage::Authorised, 0, None),
        ("captured", r#","captured":true"#, Stage::Captured, 50_000, None),
        ("refunded", r#","captured":true"#, Stage::Captured, 50_000, None),
        ("refunded", r#","captured":false"#, Stage::Cancelled, 0, None),
        (
            "failed",
            r#","error_code":"BAD_REQUEST_ERROR","error_reason":"payment_failed""#,
            Stage::Pending,
            0,
            Some("payment_failed"),
        ),
        ("failed", "", Stage::Pending, 0, Some("unknown")),
        ("a status of tomorrow", "", Stage::Pending, 0, None),
    ] {
        let told = razorpay(&[]).understand(payment(status, more).as_bytes()).unwrap();
        let Told::Payment { payment: None, reference, known } = told else { panic!("{told:?}") };
        assert_eq!((reference.as_deref(), known.stage), (Some("order_1"), stage), "{status}");
        assert_eq!(known.captured(), captured, "{status}");
        assert_eq!(known.failures.get("pay_29QQoUBi66xm2f").map(String::as_str), failed, "{status}");
        assert!(known.currencies.contains("inr"));
    }
}

#[test]
fn refunds_payouts_and_orders_are_told_with_our_ids() {
    let gateway = razorpay(&[]);
    let (refund, payout) = (RefundId::of_number(3), PayoutId::of_number(4));
    let body = format!(
        r#"{{"event":"refund.processed","payload":{{"refund":{{"entity":{{"id":"rfnd_1","amount":100,"currency":"INR",
        "payment_id":"pay_1","receipt":"{refund}","notes":[],"status":"processed"}}}},
        "payment":{{"entity":{{"id":"pay_1","amount":100,"currency":"INR","status":"captured"}}}}}}}}"#
    );
    let gone = Gone { reference: "rfnd_1".into(), units: 100, outgoing: Outgoing::Succeeded };
    let told = Told::Refund { refund: Some(refund), of: Some("pay_1".into()), gone };
    assert_eq!(gateway.understand(body.as_bytes()), Ok(told));
    for (status, outgoing) in [
        ("queued", Outgoing::Sent),
        ("pending", Outgoing::Sent),
        ("processing", Outgoing::Sent),
        ("processed", Outgoing::Succeeded),
        ("reversed", Outgoing::Failed),
        ("rejected", Outgoing::Failed),
        ("cancelled", Outgoing::Failed),
        ("failed", Outgoing::Failed),
    ] {
        let body = format!(
            r#"{{"event":"payout.{status}","payload":{{"payout":{{"entity":{{"id":"pout_1","amount":9,"currency":"INR",
            "reference_id":"{payout}","status":"{status}"}}}}}}}}"#
        );
        let gone = Gone { reference: "pout_1".into(), units: 9, outgoing };
        assert_eq!(gateway.understand(body.as_bytes()), Ok(Told::Payout { payout: Some(payout), gone }));
    }
    let body = r#"{"event":"order.paid","payload":{"order":{"entity":{"id":"order_1","currency":"INR","status":"paid",
        "notes":{"payment":"pay_0000000000000000000007"}}},"payment":{"entity":{"id":"pay_1",
        "amount":5,"currency":"INR",
        "status":"captured","notes":[]}}}}"#;
    let told = gateway.understand(body.as_bytes()).unwrap();
    let Told::Payment { payment, reference, known } = told else { panic!("{told:?}") };
    assert_eq!((payment, reference.as_deref()), (Some(PaymentId::of_number(7)), Some("order_1")));
    assert_eq!((known.stage, known.captured()), (Stage::Captured, 5));
    assert_eq!(gateway.understand(br#"{"event":"dispute.created","payload":{}}"#), Ok(Told::Other));
    assert_eq!(gateway.understand(br#"{"event":1}"#), Err(NotGenuine::Unreadable));
}
