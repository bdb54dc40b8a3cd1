//! Endpoints, their owners and their secrets.

use super::{Here, is_signed, settings};
use crate::Mode;
use crate::webhook::{
    self, Destination, Disabled, ENDPOINTS_MAX, Error, Kind, OVERLAP, Reach, Settings, State,
};
use access::{By, audit};
use jobs::testing::End;
use serde_json::{Value, json};

#[tokio::test]
async fn an_endpoint_is_made_found_changed_and_deleted() {
    let here = Here::new().await;
    let destination = Destination::parse("https://partner.example/hooks", Reach::Public).unwrap();
    let kinds = [Kind::KeyExpiring, Kind::Wicket, Kind::Wicket, Kind::Test];
    let asked = Settings { destination: &destination, kinds: &kinds, description: " Scores " };
    let (made, _) = here.create(&here.organisation_id, Mode::Test, &asked).await.unwrap();
    assert!(store::ids::is_valid("whk", &made.id));
    assert_eq!((&made.organisation_id, made.mode), (&here.organisation_id, Mode::Test));
    assert_eq!((&made.destination, made.description.as_str()), (&destination, "Scores"));
    assert_eq!(made.kinds, [Kind::Wicket, Kind::KeyExpiring]);
    assert_eq!((made.created_at, made.disabled, made.failing_since), (here.now(), None, None));
    assert_eq!(here.find(&made.id).await, made);

    let other = Destination::parse("https://other.example/", Reach::Public).unwrap();
    let organisation_id = &here.organisation_id;
    let changed = here
        .store()
        .run_tx("test", async |tx| {
            webhook::change(tx, organisation_id, &made.id, &settings(&other), &here.by()).await
        })
        .await
        .unwrap();
    assert_eq!((&changed.destination, changed.mode), (&other, Mode::Test));
    assert_eq!(changed.kinds, [Kind::Wicket, Kind::MatchResult]);
    let list = async || here.store().read("test", async |db| webhook::list(db, organisation_id).await).await;
    assert_eq!(list().await.unwrap(), [changed]);

    let delete = async || {
        let deleted = here
            .store()
            .run_tx("test", async |tx| webhook::delete(tx, organisation_id, &made.id, &here.by()).await);
        deleted.await
    };
    delete().await.unwrap();
    assert_eq!(list().await.unwrap(), []);
    assert!(matches!(delete().await, Err(Error::UnknownEndpoint { id }) if id == made.id));
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_and_leaves_nothing() {
    let here = Here::new().await;
    let destination = Destination::parse("https://partner.example/", Reach::Public).unwrap();
    let good = settings(&destination);
    let long = "x".repeat(201);
    for (asked, expected) in [
        (Settings { kinds: &[], ..good.clone() }, "choose at least one kind"),
        (Settings { kinds: &[Kind::Test], ..good.clone() }, "choose at least one kind"),
        (Settings { description: &long, ..good.clone() }, "a description has at most 200 characters"),
    ] {
        let refused = here.create(&here.organisation_id, Mode::Live, &asked).await.unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let refused = here.create("org_of_nobody", Mode::Live, &good).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no organisation org_of_nobody");

    for _ in 0..ENDPOINTS_MAX {
        here.create(&here.organisation_id, Mode::Live, &good).await.unwrap();
    }
    let refused = here.create(&here.organisation_id, Mode::Live, &good).await;
    assert!(matches!(refused, Err(Error::TooManyEndpoints { max: ENDPOINTS_MAX })), "{refused:?}");
    let elsewhere = here.organisation().await;
    here.create(&elsewhere, Mode::Live, &good).await.unwrap();
}

#[tokio::test]
async fn endpoints_made_at_once_are_counted_one_after_the_other() {
    let here = Here::new().await;
    for _ in 1..ENDPOINTS_MAX {
        here.endpoint().await;
    }
    let destination = Destination::parse("https://partner.example/", Reach::Public).unwrap();
    let asked = settings(&destination);
    let one = here.create(&here.organisation_id, Mode::Live, &asked);
    let (one, other) = tokio::join!(one, here.create(&here.organisation_id, Mode::Live, &asked));
    assert!(one.is_ok() != other.is_ok(), "one of them was the eleventh");
}

#[tokio::test]
async fn no_secret_is_stored_or_shown_in_the_clear() {
    let here = Here::new().await;
    let (endpoint, secret) = here.endpoint().await;
    let rows = here
        .store()
        .read("test", async |db| db.query_one("select to_jsonb(w)::text from partners.webhook w", &[]).await);
    let row: String = rows.await.unwrap().get(0);
    let bytes = here
        .seal
        .open(&format!("webhook/{}", endpoint.id), &secret.sealed(&here.seal, &endpoint.id))
        .unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!row.contains(&secret.reveal()[6..]) && !row.contains(&hex), "the secret is in its row");
    assert!(!format!("{endpoint:?} {secret:?}").contains(&secret.reveal()[6..]));
    // Another endpoint's row does not open it.
    let (other, _) = here.endpoint().await;
    here.sql(
        "update partners.webhook w
        set sealed = (select sealed from partners.webhook where id < w.id)
        where id = (select max(id) from partners.webhook)",
    )
    .await;
    let revealed = here.store().run_tx("test", async |tx| {
        webhook::reveal(tx, &here.seal, &here.organisation_id, &other.id, &here.by()).await
    });
    assert!(matches!(revealed.await, Err(Error::Seal(store::SealError::Broken))));
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign_and_then_the_new_one_alone() {
    let here = Here::new().await;
    let (endpoint, first) = here.endpoint().await;
    let rotate = async |at| {
        let (organisation_id, seal) = (&here.organisation_id, &here.seal);
        let rotated = here.store().run_tx("test", async |tx| {
            webhook::rotate(tx, seal, organisation_id, &endpoint.id, &By::system("test", at)).await
        });
        rotated.await.unwrap()
    };
    let second = rotate(here.now()).await;
    let revealed = here.store().run_tx("test", async |tx| {
        webhook::reveal(tx, &here.seal, &here.organisation_id, &endpoint.id, &here.by()).await
    });
    assert!(revealed.await.unwrap() == second && second != first);
    here.send("1").await;
    here.deliver().await;
    let received = here.receiver.only();
    assert_eq!(received.header("webhook-signature").split(' ').count(), 2);
    assert!(is_signed(&received, &first) && is_signed(&received, &second));

    // Receivers take no message of another day, so it was turned a day ago.
    let third = rotate(here.now() - OVERLAP).await;
    here.send("2").await;
    here.deliver().await;
    let received = here.receiver.received().pop().unwrap();
    assert_eq!(received.header("webhook-signature").split(' ').count(), 1);
    assert!(is_signed(&received, &third) && !is_signed(&received, &second) && !is_signed(&received, &first));

    here.store().run_tx("test", async |tx| webhook::forget_over(tx, here.now()).await).await.unwrap();
    let kept = "select count(earlier_sealed) from partners.webhook";
    let row = here.store().read("test", async |db| db.query_one(kept, &[]).await).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0, "what signs no more is forgotten");
}

#[tokio::test]
async fn what_is_due_while_an_endpoint_is_disabled_fails_and_can_be_sent_later() {
    let here = Here::new().await;
    let (organisation_id, (endpoint, _)) = (&here.organisation_id, here.endpoint().await);
    let id = &endpoint.id;
    here.send("1").await;
    let now = here.now();
    here.store()
        .run_tx("test", async |tx| webhook::disable(tx, organisation_id, id, &here.by()).await)
        .await
        .unwrap();
    assert_eq!(here.find(id).await.disabled, Some((now, Disabled::ByOwner)));
    assert_eq!(here.send("2").await, 0, "it is not told");
    let End::Discard { .. } = here.deliver_one().await else { panic!("it is delivered") };
    let message_id = here.last(id).await;
    let replay = async || {
        here.store()
            .run_tx("test", async |tx| {
                webhook::replay(tx, organisation_id, id, &message_id, &here.by()).await
            })
            .await
    };
    assert_eq!(here.story(id, &message_id).await.delivery.state, State::Failed);
    assert!(matches!(replay().await, Err(Error::Disabled { .. })));
    let tested =
        here.store().run_tx("test", async |tx| webhook::test(tx, organisation_id, id, &here.by()).await);
    assert!(matches!(tested.await, Err(Error::Disabled { .. })));

    here.store()
        .run_tx("test", async |tx| webhook::enable(tx, organisation_id, id, &here.by()).await)
        .await
        .unwrap();
    replay().await.unwrap();
    assert_eq!(here.deliver_one().await, End::Done);
    assert_eq!(here.receiver.only().header("webhook-id"), message_id);
}

#[tokio::test]
async fn what_is_another_organisations_is_not_found() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.send("1").await;
    here.deliver().await;
    let (id, message_id, now) = (&endpoint.id, here.last(&endpoint.id).await, here.now());
    let (stranger, seal, store) = (&here.organisation().await, &here.seal, here.store());
    let before = here.find(id).await;
    assert_eq!(store.read("test", async |db| webhook::find(db, stranger, id).await).await.unwrap(), None);
    assert_eq!(store.read("test", async |db| webhook::list(db, stranger).await).await.unwrap(), []);
    let asked = settings(&endpoint.destination);
    let refusals = [
        store
            .run_tx("test", async |tx| webhook::change(tx, stranger, id, &asked, &here.by()).await)
            .await
            .err(),
        store.run_tx("test", async |tx| webhook::delete(tx, stranger, id, &here.by()).await).await.err(),
        store.run_tx("test", async |tx| webhook::disable(tx, stranger, id, &here.by()).await).await.err(),
        store.run_tx("test", async |tx| webhook::enable(tx, stranger, id, &here.by()).await).await.err(),
        store
            .run_tx("test", async |tx| webhook::rotate(tx, seal, stranger, id, &here.by()).await)
            .await
            .err(),
        store
            .run_tx("test", async |tx| webhook::reveal(tx, seal, stranger, id, &here.by()).await)
            .await
            .err(),
        store.run_tx("test", async |tx| webhook::test(tx, stranger, id, &here.by()).await).await.err(),
        store
            .run_tx("test", async |tx| webhook::replay(tx, stranger, id, &message_id, &here.by()).await)
            .await
            .err(),
        store
            .run_tx("test", async |tx| webhook::replay_failed_since(tx, stranger, id, now, &here.by()).await)
            .await
            .err(),
        store.read("test", async |db| webhook::deliveries(db, stranger, id, None, 10).await).await.err(),
        store.read("test", async |db| webhook::delivery(db, stranger, id, &message_id).await).await.err(),
    ];
    for (at, refusal) in refusals.iter().enumerate() {
        assert!(matches!(refusal, Some(Error::UnknownEndpoint { .. })), "{at}: {refusal:?}");
    }
    assert_eq!(here.find(id).await, before);
    assert_eq!(here.deliver().await, []);
    let secret = store
        .run_tx("test", async |tx| webhook::reveal(tx, seal, &here.organisation_id, id, &here.by()).await);
    assert!(is_signed(&here.receiver.only(), &secret.await.unwrap()), "it was not rotated");
}

#[tokio::test]
async fn the_log_says_what_an_endpoint_was_before_and_after() {
    let here = Here::new().await;
    let (organisation, seal, by) = (&here.organisation_id, &here.seal, here.by());
    let (endpoint, _) = here.endpoint().await;
    let (id, url) = (&endpoint.id, endpoint.destination.as_str());
    let other = Destination::parse("https://other.example/", Reach::Public).unwrap();
    let done = here.store().run_tx("test", async |tx| {
        webhook::change(tx, organisation, id, &settings(&other), &by).await?;
        webhook::change(tx, organisation, id, &settings(&other), &by).await?;
        webhook::disable(tx, organisation, id, &by).await?;
        webhook::disable(tx, organisation, id, &by).await?;
        webhook::enable(tx, organisation, id, &by).await?;
        let message = webhook::test(tx, organisation, id, &by).await?;
        webhook::replay(tx, organisation, id, &message, &by).await?;
        webhook::replay_failed_since(tx, organisation, id, by.at, &by).await?;
        webhook::rotate(tx, seal, organisation, id, &by).await?;
        let secret = webhook::reveal(tx, seal, organisation, id, &by).await?;
        webhook::delete(tx, organisation, id, &by).await?;
        Ok::<_, Error>((message, secret))
    });
    let (message, secret) = done.await.unwrap();
    let read =
        here.store().read("test", async |db| audit::list(db, organisation, i64::MAX, "webhook.", 99).await);
    let mut entries = read.await.unwrap();
    entries.reverse();
    let actions: Vec<&str> = entries.iter().map(|it| it.action.as_str()).collect();
    let expected =
        ["create", "change", "disable", "enable", "test", "replay", "replay", "rotate", "reveal", "remove"];
    assert_eq!(actions, expected.map(|it| format!("webhook.{it}")), "what changed nothing has no line");
    assert!(entries.iter().all(|it| it.object == *id));
    let at = |line: usize, field: &str| {
        let of = |it: &Option<Value>| it.as_ref().map_or(Value::Null, |it| it[field].clone());
        (of(&entries[line].before), of(&entries[line].after))
    };
    assert_eq!(at(0, "url"), (Value::Null, json!(url)));
    assert_eq!(at(1, "url"), (json!(url), json!("https://other.example/")));
    assert_eq!(at(2, "enabled"), (json!(true), json!(false)));
    assert_eq!(at(3, "enabled"), (json!(false), json!(true)));
    assert_eq!(at(4, "message"), (Value::Null, json!(message)));
    assert_eq!(at(5, "state"), (json!("waiting"), json!("waiting")));
    assert_eq!(at(6, "state"), (json!("failed"), json!("waiting")));
    assert_eq!(at(7, "both_sign_until"), (Value::Null, json!(by.at + OVERLAP)));
    assert_eq!(at(9, "enabled"), (json!(true), Value::Null));
    assert!(!format!("{entries:?}").contains(&secret.reveal()[6..]), "no secret is written down");
}
