//! Webhooks on a real PostgreSQL, delivered to a real receiver.

mod deliver;
mod endpoints;
mod retry;
mod tell;

mod receiver;

use super::{
    Courier, Destination, Endpoint, Error, Kind, NewMessage, Reach, Secret, Settings, Story, create, delivery,
};
use crate::{MIGRATIONS, Mode, organisation};
use access::By;
use jiff::{SignedDuration, Timestamp};
use jobs::Worker;
use jobs::testing::{End, Ran, drain};
use receiver::{Received, Receiver};
use serde_json::{Value, json};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Seal, Store};

pub(crate) struct Here {
    test: TestStore,
    seal: Seal,
    clock: Clock,
    organisation_id: String,
    receiver: Receiver,
    data: Value,
}

impl Here {
    pub(crate) async fn new() -> Self {
        let test = TestStore::new(&[access::MIGRATIONS, MIGRATIONS, jobs::MIGRATIONS]).await;
        let here = Self {
            test,
            seal: Seal::random(),
            // Receivers compare a message's time with their own.
            clock: Clock::manual(Timestamp::now()),
            organisation_id: String::new(),
            receiver: Receiver::new().await,
            data: json!({ "match_id": "mat_1", "wickets": 3 }),
        };
        Self { organisation_id: here.organisation().await, ..here }
    }

    pub(crate) fn store(&self) -> &Store {
        self.test.store()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn by(&self) -> By {
        By::system("test", self.now())
    }

    pub(crate) fn later(&self, hours: i64) -> Timestamp {
        self.now() + SignedDuration::from_hours(hours)
    }

    pub(crate) async fn organisation(&self) -> String {
        let by = By::system("test", jiff::Timestamp::UNIX_EPOCH);
        let made =
            self.store().run_tx("test", async |tx| organisation::create(tx, "Partner", &by).await).await;
        made.expect("an organisation").id
    }

    /// An endpoint of this organisation that wants wickets and results.
    pub(crate) async fn endpoint(&self) -> (Endpoint, Secret) {
        self.endpoint_of(&self.organisation_id, Mode::Live, &self.receiver.url()).await
    }

    pub(crate) async fn endpoint_of(
        &self,
        organisation_id: &str,
        mode: Mode,
        url: &str,
    ) -> (Endpoint, Secret) {
        let destination = Destination::parse(url, Reach::Loopback).expect("an address");
        self.create(organisation_id, mode, &settings(&destination)).await.expect("an endpoint")
    }

    pub(crate) async fn create(
        &self,
        organisation_id: &str,
        mode: Mode,
        settings: &Settings<'_>,
    ) -> Result<(Endpoint, Secret), Error> {
        let by = self.by();
        self.store()
            .run_tx("test", async |tx| create(tx, &self.seal, organisation_id, mode, settings, &by).await)
            .await
    }

    pub(crate) async fn find(&self, id: &str) -> Endpoint {
        let found =
            self.store().read("test", async |db| super::find(db, &self.organisation_id, id).await).await;
        found.expect("an answer").expect("an endpoint")
    }

    pub(crate) fn wicket<'a>(&'a self, once: &'a str) -> NewMessage<'a> {
        NewMessage { kind: Kind::Wicket, mode: Mode::Live, data: &self.data, once }
    }

    /// Tells this organisation of a wicket.
    pub(crate) async fn send(&self, once: &str) -> usize {
        let (new, now) = (self.wicket(once), self.now());
        let sent =
            self.store().run_tx("test", async |tx| super::send(tx, &self.organisation_id, &new, now).await);
        sent.await.expect("it is sent").unwrap_or_default()
    }

    /// The id of the message that was sent last to an endpoint.
    pub(crate) async fn last(&self, endpoint_id: &str) -> String {
        let organisation_id = &self.organisation_id;
        let list = self
            .store()
            .read("test", async |db| super::deliveries(db, organisation_id, endpoint_id, None, 1).await);
        list.await.expect("a list")[0].message_id.clone()
    }

    pub(crate) async fn story(&self, endpoint_id: &str, message_id: &str) -> Story {
        let organisation_id = &self.organisation_id;
        let found = self
            .store()
            .read("test", async |db| delivery(db, organisation_id, endpoint_id, message_id).await)
            .await;
        found.expect("a story")
    }

    pub(crate) fn courier(&self, reach: Reach) -> Courier {
        let (store, seal, clock) = (self.store().clone(), self.seal.clone(), self.clock.clone());
        Courier::new(store, seal, clock, reach).expect("a courier")
    }

    pub(crate) fn worker(&self) -> Worker {
        self.worker_of(self.courier(Reach::Loopback))
    }

    pub(crate) fn worker_of(&self, courier: Courier) -> Worker {
        courier.on(Worker::new(self.store().clone(), "test").queue(super::QUEUE))
    }

    /// Delivers what is due.
    pub(crate) async fn deliver(&self) -> Vec<Ran> {
        drain(&self.worker()).await.expect("the queue is worked off")
    }

    /// Delivers what is due, which is one message, and answers what became of the job.
    pub(crate) async fn deliver_one(&self) -> End {
        let ran = self.deliver().await;
        assert_eq!(ran.len(), 1, "{ran:?}");
        ran[0].end.clone()
    }

    /// As if so much time had passed for the queue.
    pub(crate) async fn pass(&self, span: Duration) {
        jobs::testing::pass(self.store(), span).await.expect("time passes");
    }

    pub(crate) async fn sql(&self, sql: &str) {
        let done: Result<(), store::Error> =
            self.store().run_tx("test", async |tx| tx.batch(sql).await).await;
        done.expect("a statement");
    }
}

pub(crate) fn settings(destination: &Destination) -> Settings<'_> {
    Settings { destination, kinds: &[Kind::Wicket, Kind::MatchResult], description: "Scores" }
}

/// As a partner would check it.
pub(crate) fn is_signed(received: &Received, secret: &Secret) -> bool {
    let checker = standardwebhooks::Webhook::new(&secret.reveal()).expect("a secret");
    checker.verify(received.body.as_bytes(), &received.headers).is_ok()
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let here = Here::new().await;
    let files = [
        super::STATEMENTS,
        super::courier::STATEMENTS,
        super::log::STATEMENTS,
        super::message::STATEMENTS,
        super::secret::STATEMENTS,
    ];
    for sql in files.into_iter().flatten() {
        let prepared = here.store().read("test", async |client| client.prepare(sql).await).await;
        assert!(prepared.is_ok(), "{sql}: {prepared:?}");
    }
}
