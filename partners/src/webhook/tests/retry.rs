//! Tries, rounds, and processes that die.

use super::Here;
use super::receiver::Reply;
use crate::webhook::{self, Deliver, Disabled, Error, Reach, State, TRIES_MAX};
use jobs::testing::{End, enqueued};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

impl Here {
    /// Delivers until nothing is to be tried any more; the clock stands.
    async fn all_tries(&self) {
        while !self.deliver().await.is_empty() {
            self.pass(Duration::from_hours(999)).await;
        }
    }
}

#[tokio::test]
async fn what_does_not_arrive_is_tried_seven_times_over_eighteen_hours() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::status(500, "oh"));
    here.send("1").await;
    let message_id = here.last(&endpoint.id).await;
    for (tried, seconds) in (1..).zip([5, 300, 1800, 7200, 18_000, 36_000]) {
        assert_eq!(here.deliver_one().await, End::Done);
        let delivery = here.story(&endpoint.id, &message_id).await.delivery;
        assert_eq!((delivery.state, delivery.tried), (State::Waiting, tried));
        let next_at = delivery.next_at.unwrap();
        let pause = next_at.duration_since(here.now()).as_secs_f64();
        assert!((f64::from(seconds)..=f64::from(seconds) * 1.1).contains(&pause), "{tried}: {pause}");
        let waiting = enqueued::<Deliver>(here.store()).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].run_at.as_millisecond(), next_at.as_millisecond());
        // It is not due before.
        assert_eq!(here.deliver().await, []);
        here.pass(Duration::from_secs_f64(pause)).await;
    }
    assert_eq!(here.deliver_one().await, End::Done);
    let story = here.story(&endpoint.id, &message_id).await;
    assert_eq!((story.delivery.state, story.delivery.next_at), (State::Failed, None));
    let numbers: Vec<i32> = story.attempts.iter().map(|it| it.number).collect();
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(enqueued::<Deliver>(here.store()).await.unwrap(), []);
    let received = here.receiver.received();
    assert_eq!(received.len(), usize::from(TRIES_MAX));
    assert!(received.iter().all(|it| it.header("webhook-id") == message_id && it.body == story.body));
}

#[tokio::test]
async fn a_later_try_that_arrives_ends_it() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::Close);
    here.send("1").await;
    here.deliver().await;
    assert_eq!(here.find(&endpoint.id).await.failing_since, Some(here.now()));
    here.receiver.replies(Reply::status(204, ""));
    here.pass(Duration::from_secs(6)).await;
    here.deliver().await;
    let story = here.story(&endpoint.id, &here.last(&endpoint.id).await).await;
    assert_eq!((story.delivery.state, story.delivery.tried), (State::Delivered, 2));
    assert_eq!(here.find(&endpoint.id).await.failing_since, None);
    assert_eq!(enqueued::<Deliver>(here.store()).await.unwrap(), []);
}

#[tokio::test]
async fn an_endpoint_at_which_nothing_arrives_for_five_days_is_disabled() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    let began = here.now();
    here.receiver.replies(Reply::status(500, ""));
    let mut day = 0;
    while here.find(&endpoint.id).await.disabled.is_none() {
        here.send(&day.to_string()).await;
        here.all_tries().await;
        assert_eq!(here.find(&endpoint.id).await.failing_since, Some(began));
        day += 1;
        here.clock.advance(Duration::from_hours(24));
    }
    assert_eq!(day, 6, "when a message has failed after five days");
    let (_, why) = here.find(&endpoint.id).await.disabled.unwrap();
    assert_eq!(why, Disabled::Failing);
    let log = here.store().read("test", async |db| {
        access::audit::list(db, &here.organisation_id, i64::MAX, "webhook.disable", 9).await
    });
    let log = log.await.unwrap();
    assert_eq!(
        (log.len(), log[0].actor.name.as_str(), log[0].object.as_str()),
        (1, "webhooks", &*endpoint.id)
    );
    assert!(log[0].before.is_some() && log[0].before != log[0].after);
    assert_eq!(here.send("more").await, 0);
    // One that is enabled again has five days more.
    let enabled = here.store().run_tx("test", async |tx| {
        webhook::enable(tx, &here.organisation_id, &endpoint.id, &here.by()).await
    });
    enabled.await.unwrap();
    here.send("again").await;
    here.all_tries().await;
    assert_eq!(here.find(&endpoint.id).await.disabled, None);
}

#[tokio::test]
async fn a_message_after_a_long_silence_has_all_its_tries_before_its_endpoint_is_given_up() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::status(500, ""));
    here.send("1").await;
    here.all_tries().await;
    here.clock.advance(Duration::from_hours(7 * 24));
    here.send("2").await;
    here.deliver().await;
    assert_eq!(here.find(&endpoint.id).await.disabled, None);
    here.receiver.replies(Reply::status(200, ""));
    here.pass(Duration::from_hours(999)).await;
    here.deliver().await;
    let found = here.find(&endpoint.id).await;
    assert_eq!((found.disabled, found.failing_since), (None, None));
}

#[tokio::test]
async fn what_arrives_now_and_then_keeps_an_endpoint() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    for day in 0..12 {
        let status = if day % 4 == 3 { 200 } else { 500 };
        here.receiver.replies(Reply::status(status, ""));
        here.send(&day.to_string()).await;
        here.all_tries().await;
        here.clock.advance(Duration::from_hours(24));
    }
    assert_eq!(here.find(&endpoint.id).await.disabled, None);
}

#[tokio::test]
async fn a_delivery_whose_process_dies_before_it_is_written_down_is_made_again_under_the_same_id() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::Silence);
    here.send("1").await;
    let dying = tokio::spawn(here.worker().run(std::future::pending()));
    here.receiver.until(1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    // Its node falls silent, and loses its jobs to another.
    here.receiver.replies(Reply::status(200, ""));
    here.worker().run(here.receiver.until(2)).await.unwrap();
    let received = here.receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    let story = here.story(&endpoint.id, &here.last(&endpoint.id).await).await;
    assert_eq!((story.delivery.state, story.delivery.tried), (State::Delivered, 1));
}

#[tokio::test]
async fn an_attempt_whose_delivery_went_to_another_process_writes_nothing_down() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    let told = Arc::new(Notify::new());
    here.receiver.replies(Reply::Held(Arc::clone(&told)));
    here.send("1").await;
    let worker = here.worker();
    let other = async {
        // While it waits for the answer it says no word, and is taken for dead.
        here.receiver.until(1).await;
        here.receiver.replies(Reply::status(200, ""));
        here.worker().run(here.receiver.until(2)).await.unwrap();
        told.notify_one();
    };
    let (ran, ()) = tokio::join!(jobs::testing::drain(&worker), other);
    assert!(matches!(&ran.unwrap()[..], [late] if matches!(late.end, End::Retry { .. })));
    let story = here.story(&endpoint.id, &here.last(&endpoint.id).await).await;
    assert_eq!((story.delivery.state, story.attempts.len()), (State::Delivered, 1));
    assert_eq!(here.find(&endpoint.id).await.failing_since, None);
    assert_eq!(enqueued::<Deliver>(here.store()).await.unwrap(), []);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_sent_again_under_the_same_id() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.send("1").await;
    here.sql("alter table partners.webhook_attempt rename to away").await;
    let End::Retry { .. } = here.deliver_one().await else { panic!("it is written down") };
    here.sql("alter table partners.away rename to webhook_attempt").await;
    here.pass(Duration::from_secs(2)).await;
    assert_eq!(here.deliver_one().await, End::Done);
    let received = here.receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    let story = here.story(&endpoint.id, &here.last(&endpoint.id).await).await;
    assert_eq!((story.delivery.state, story.delivery.tried), (State::Delivered, 1));
}

#[tokio::test]
async fn a_secret_that_does_not_open_waits_for_who_can_open_it() {
    let here = Here::new().await;
    here.endpoint().await;
    here.send("1").await;
    let (store, clock) = (here.store().clone(), here.clock.clone());
    let stranger = webhook::Courier::new(store, store::Seal::random(), clock, Reach::Loopback).unwrap();
    let ran = jobs::testing::drain(&here.worker_of(stranger)).await.unwrap();
    let End::Retry { reason, .. } = &ran[0].end else { panic!("{ran:?}") };
    assert!(reason.starts_with("this was sealed with a key that is not among"), "{reason}");
    here.pass(Duration::from_secs(2)).await;
    assert_eq!(here.deliver_one().await, End::Done);
    assert_eq!(here.receiver.received().len(), 1);
}

#[tokio::test]
async fn a_replay_has_the_same_id_and_ends_the_round_before() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    let id = &endpoint.id;
    here.receiver.replies(Reply::status(500, ""));
    here.send("1").await;
    here.deliver().await;
    let message_id = here.last(id).await;
    let replay = async |message_id: &str| {
        let replayed = here.store().run_tx("test", async |tx| {
            webhook::replay(tx, &here.organisation_id, id, message_id, &here.by()).await
        });
        replayed.await
    };
    here.receiver.replies(Reply::status(200, ""));
    replay(&message_id).await.unwrap();
    assert_eq!(enqueued::<Deliver>(here.store()).await.unwrap().len(), 2);
    assert_eq!(here.deliver_one().await, End::Done);
    here.pass(Duration::from_secs(6)).await;
    let End::Discard { .. } = here.deliver_one().await else { panic!("the first round goes on") };
    // What has arrived may be sent again, too.
    replay(&message_id).await.unwrap();
    assert_eq!(here.deliver_one().await, End::Done);
    let received = here.receiver.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|it| it.header("webhook-id") == message_id));
    let story = here.story(id, &message_id).await;
    let numbers: Vec<i32> = story.attempts.iter().map(|it| it.number).collect();
    assert_eq!((story.delivery.state, numbers), (State::Delivered, vec![3, 2, 1]));
    assert!(matches!(replay("msg_of_nobody").await, Err(Error::UnknownMessage { .. })));
    let (other, _) = here.endpoint().await;
    let elsewhere = here.store().run_tx("test", async |tx| {
        webhook::replay(tx, &here.organisation_id, &other.id, &message_id, &here.by()).await
    });
    assert!(matches!(elsewhere.await, Err(Error::UnknownMessage { .. })), "it was not sent there");
}

#[tokio::test]
async fn an_answer_that_comes_after_a_replay_is_written_down_and_decides_nothing() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    let told = Arc::new(Notify::new());
    here.receiver.replies(Reply::Held(Arc::clone(&told)));
    here.send("1").await;
    let message_id = here.last(&endpoint.id).await;
    let worker = here.worker();
    let replaying = async {
        here.receiver.until(1).await;
        let replayed = here.store().run_tx("test", async |tx| {
            webhook::replay(tx, &here.organisation_id, &endpoint.id, &message_id, &here.by()).await
        });
        replayed.await.unwrap();
        here.receiver.replies(Reply::status(200, ""));
        told.notify_one();
    };
    let (ran, ()) = tokio::join!(jobs::testing::drain(&worker), replaying);
    assert_eq!(ran.unwrap().len(), 2);
    let story = here.story(&endpoint.id, &message_id).await;
    let outcomes: Vec<&str> = story.attempts.iter().map(|it| it.outcome.word()).collect();
    assert_eq!((story.delivery.state, outcomes), (State::Delivered, vec!["delivered", "refused"]));
    assert_eq!(enqueued::<Deliver>(here.store()).await.unwrap(), [], "the first round is not tried again");
}

#[tokio::test]
async fn what_failed_since_a_moment_is_sent_again_in_its_order() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::status(500, ""));
    for hour in 0..4 {
        here.send(&hour.to_string()).await;
        here.clock.advance(Duration::from_hours(1));
    }
    here.all_tries().await;
    here.receiver.replies(Reply::status(200, ""));
    let before = here.receiver.received().len();
    let replay = async |since| {
        let replayed = here.store().run_tx("test", async |tx| {
            let organisation_id = &here.organisation_id;
            webhook::replay_failed_since(tx, organisation_id, &endpoint.id, since, &here.by()).await
        });
        replayed.await.unwrap()
    };
    assert_eq!(replay(here.later(-3)).await, 3);
    assert_eq!(replay(here.later(-3)).await, 0, "they are on their way");
    assert_eq!(here.deliver().await.len(), 3);
    let received = here.receiver.received();
    let ids: Vec<&str> = received[before..].iter().map(|it| it.header("webhook-id")).collect();
    assert!(ids.len() == 3 && ids.is_sorted(), "{ids:?}");
    assert_eq!(replay(here.later(-999)).await, 1);
}
