//! Who is told, how often, and what.

use super::{Here, is_signed};
use crate::Mode;
use crate::webhook::{self, Error, Kind, NewMessage, State};
use jobs::testing::{End, drain};
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_arrives_signed_in_the_standards_shape() {
    let here = Here::new().await;
    let (endpoint, secret) = here.endpoint().await;
    assert_eq!(here.send("mat_1/3").await, 1);
    assert_eq!(here.deliver_one().await, End::Done);
    let received = here.receiver.only();
    assert!(is_signed(&received, &secret));
    assert_eq!(received.path, "/hooks");
    assert_eq!(received.header("content-type"), "application/json");
    assert!(received.header("user-agent").starts_with("Crease-Webhooks/"));
    assert_eq!(received.header("webhook-timestamp"), here.now().as_second().to_string());
    let body: Value = serde_json::from_str(&received.body).unwrap();
    let expected = json!({ "type": "match.wicket", "timestamp": here.now().to_string(), "data": &here.data });
    assert_eq!(body, expected);

    let message_id = received.header("webhook-id").to_owned();
    assert!(store::ids::is_valid("msg", &message_id));
    let story = here.story(&endpoint.id, &message_id).await;
    assert_eq!((story.delivery.state, story.delivery.tried), (State::Delivered, 1));
    assert_eq!((story.delivery.next_at, &story.body), (None, &received.body));
    let attempt = &story.attempts[0];
    assert_eq!((attempt.number, attempt.at, attempt.status), (1, here.now(), Some(200)));
    assert_eq!((attempt.response.as_str(), attempt.reason.as_str()), ("thanks", ""));
    let changed =
        is_signed(&super::Received { body: received.body.replace('3', "4"), ..received.clone() }, &secret);
    assert!(!changed);
}

#[tokio::test]
async fn what_is_said_twice_is_told_once_to_each_endpoint() {
    let here = Here::new().await;
    here.endpoint().await;
    here.endpoint().await;
    assert_eq!(here.send("mat_1/3").await, 2);
    assert_eq!(here.send("mat_1/3").await, 0);
    let (one, other) = tokio::join!(here.send("mat_1/4"), here.send("mat_1/4"));
    assert_eq!(one + other, 2, "nor when it is said at the same time");
    assert_eq!(here.deliver().await.len(), 4);
    assert_eq!(here.send("mat_1/3").await, 0, "nor once it has arrived");
    assert_eq!(here.deliver().await, []);
    let received = here.receiver.received();
    let ids: Vec<&str> = received.iter().map(|it| it.header("webhook-id")).collect();
    assert!(ids.len() == 4 && ids[0] == ids[1] && ids[2] == ids[3] && ids[1] != ids[2], "{ids:?}");
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_tells_nobody() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    let (new, now) = (here.wicket("mat_1/3"), here.now());
    let refused = here.store().run_tx("test", async |tx| {
        assert_eq!(webhook::send(tx, &here.organisation_id, &new, now).await?, Some(1));
        webhook::enable(tx, &here.organisation_id, "whk_of_nobody", &here.by()).await
    });
    refused.await.unwrap_err();
    assert_eq!(here.deliver().await, []);
    let list = here.store().read("test", async |db| {
        webhook::deliveries(db, &here.organisation_id, &endpoint.id, None, 10).await
    });
    assert_eq!(list.await.unwrap(), []);
    assert_eq!(here.send("mat_1/3").await, 1, "it has not been told");
}

#[tokio::test]
async fn an_announcement_goes_to_all_who_want_it_and_a_message_to_its_organisation() {
    let here = Here::new().await;
    let (other, url) = (here.organisation().await, here.receiver.url());
    let (mine, _) = here.endpoint().await;
    let (theirs, _) = here.endpoint_of(&other, Mode::Live, &url).await;
    let (sandbox, _) = here.endpoint_of(&other, Mode::Test, &url).await;
    let announce = async |new: &NewMessage<'_>| {
        let announced = here.store().run_tx("test", async |tx| webhook::announce(tx, new, here.now()).await);
        announced.await.unwrap()
    };
    let told = async || {
        let told: Vec<String> = jobs::testing::enqueued::<webhook::Deliver>(here.store())
            .await
            .unwrap()
            .into_iter()
            .map(|it| it.job.endpoint_id)
            .collect();
        assert_eq!(here.deliver().await.len(), told.len());
        told
    };
    let wicket = here.wicket("mat_1/3");
    assert_eq!(announce(&wicket).await, 2);
    assert_eq!(announce(&wicket).await, 0);
    let mut both = told().await;
    both.sort();
    assert_eq!(both, [mine.id.clone(), theirs.id.clone()]);
    assert_eq!(announce(&NewMessage { mode: Mode::Test, once: "box/1", ..wicket.clone() }).await, 1);
    assert_eq!(told().await, [sandbox.id]);
    assert_eq!(announce(&NewMessage { kind: Kind::InningsBreak, ..wicket.clone() }).await, 0);
    assert_eq!(announce(&NewMessage { kind: Kind::MatchResult, ..wicket.clone() }).await, 2);
    told().await;
    // The same name is another thing for another organisation, and for all.
    assert_eq!(here.send("mat_1/3").await, 1);
    assert_eq!(told().await, [mine.id]);
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused() {
    let here = Here::new().await;
    here.endpoint().await;
    let data = json!("x".repeat(20_000));
    let new = NewMessage { data: &data, ..here.wicket("1") };
    let refused = here
        .store()
        .run_tx("test", async |tx| webhook::send(tx, &here.organisation_id, &new, here.now()).await)
        .await;
    assert!(matches!(refused, Err(Error::MessageLength { kind: "match.wicket", max: 20_000, .. })));
}

#[tokio::test]
async fn a_test_message_goes_to_one_endpoint_whatever_it_wants() {
    let here = Here::new().await;
    let (endpoint, secret) = here.endpoint().await;
    here.endpoint().await;
    let sent = here
        .store()
        .run_tx("test", async |tx| webhook::test(tx, &here.organisation_id, &endpoint.id, &here.by()).await);
    let id = sent.await.unwrap();
    assert_eq!(here.deliver_one().await, End::Done);
    let received = here.receiver.only();
    assert!(is_signed(&received, &secret) && received.header("webhook-id") == id);
    let body: Value = serde_json::from_str(&received.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["webhook_id"]), (&json!("webhook.test"), &json!(endpoint.id)));
}

#[tokio::test]
async fn the_log_is_read_page_by_page_and_forgotten_after_a_month() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    for once in ["1", "2", "3"] {
        here.send(once).await;
    }
    here.deliver().await;
    let list = async |before: Option<&str>, max| {
        let list = here.store().read("test", async |db| {
            webhook::deliveries(db, &here.organisation_id, &endpoint.id, before, max).await
        });
        list.await.unwrap()
    };
    let all = list(None, 10).await;
    assert_eq!(all.len(), 3);
    assert!(all.is_sorted_by(|one, other| one.message_id > other.message_id));
    assert_eq!(list(None, 2).await, all[..2]);
    assert_eq!(list(Some(&all[1].message_id), 2).await, all[2..]);
    let unknown = here.store().read("test", async |db| {
        webhook::delivery(db, &here.organisation_id, &endpoint.id, "msg_of_nobody").await
    });
    assert!(matches!(unknown.await, Err(Error::UnknownMessage { .. })));

    let forget =
        async |at| here.store().run_tx("test", async |tx| webhook::forget_over(tx, at).await).await.unwrap();
    assert_eq!(forget(here.later(30 * 24 - 1)).await, 0);
    assert_eq!(forget(here.later(30 * 24)).await, 3);
    assert_eq!(list(None, 10).await, []);
    let left = "select count(*) from partners.webhook_attempt";
    let row = here.store().read("test", async |db| db.query_one(left, &[]).await).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn what_was_forgotten_or_deleted_meanwhile_is_not_sent() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.send("1").await;
    here.store().run_tx("test", async |tx| webhook::forget_over(tx, here.later(999)).await).await.unwrap();
    let End::Discard { .. } = here.deliver_one().await else { panic!("it is sent") };
    here.send("2").await;
    let deleted = here.store().run_tx("test", async |tx| {
        webhook::delete(tx, &here.organisation_id, &endpoint.id, &here.by()).await
    });
    deleted.await.unwrap();
    let End::Discard { .. } = here.deliver_one().await else { panic!("it is sent") };
    assert_eq!(drain(&here.worker()).await.unwrap(), []);
    assert!(here.receiver.received().is_empty());
}
