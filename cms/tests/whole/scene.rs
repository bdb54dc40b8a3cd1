//! A newsroom on a real PostgreSQL, with a clock that is moved.

use access::{Actor, ActorKind, By};
use cms::draft::{self, Draft, Keep, Session, Write, Written};
use cms::entry::{self, New};
use cms::publish::{self, Cascade, Step};
use cms::rights::{Editor, Rights, Role};
use cms::{Cms, Error, Language, QUEUE};
use jiff::Timestamp;
use jobs::Worker;
use jobs::testing::{Ran, drain};
use serde_json::{Value, json};
use store::testing::TestStore;
use store::{Clock, Store, Transaction};

pub(crate) struct Scene {
    pub(crate) test: TestStore,
    pub(crate) clock: Clock,
}

pub(crate) fn start() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

pub(crate) fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

pub(crate) fn rich(text: &str) -> Value {
    json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

pub(crate) fn article(headline: &str) -> Value {
    json!({ "headline": headline, "body": rich("It was close.") })
}

pub(crate) fn player(name: &str) -> Value {
    json!({ "name": name })
}

pub(crate) fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let test = TestStore::new(&[jobs::MIGRATIONS, access::MIGRATIONS, cms::MIGRATIONS]).await;
        Self { test, clock: Clock::manual(start()) }
    }

    pub(crate) fn store(&self) -> &Store {
        self.test.store()
    }

    pub(crate) fn who(&self, id: &str, role: Role) -> Editor {
        let actor = Actor { kind: ActorKind::User, id: format!("usr_{id}"), name: id.to_owned() };
        Editor { by: By { actor, visitor: None, at: self.clock.now() }, rights: Rights::all(role) }
    }

    /// An editor who may do all but approve.
    pub(crate) fn asha(&self) -> Editor {
        self.who("Asha", Role::Editor)
    }

    pub(crate) async fn tx<T>(
        &self,
        body: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Error> + Clone,
    ) -> Result<T, Error> {
        self.store().run_tx("test", body).await
    }

    /// A new entry in English, by Asha.
    pub(crate) async fn entry(&self, kind: &str, body: &Value) -> String {
        self.entry_as(&self.asha(), kind, None, body).await.unwrap()
    }

    pub(crate) async fn entry_as(
        &self,
        who: &Editor,
        kind: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<String, Error> {
        let english = language("en");
        self.tx(async |tx| entry::make(tx, who, New { kind, key, main_language: &english, body }).await).await
    }

    pub(crate) async fn draft(&self, id: &str, tag: &str) -> Draft {
        let language = language(tag);
        let found = self.store().read("test", async |db| draft::find(db, id, &language).await).await;
        found.unwrap().unwrap()
    }

    pub(crate) async fn write(
        &self,
        who: &Editor,
        (id, tag): (&str, &str),
        write: Write<'_>,
    ) -> Result<Written, Error> {
        let language = language(tag);
        self.tx(async |tx| draft::write(tx, who, id, &language, write.clone()).await).await
    }

    /// Saves a document on the version that there is; answers the new one.
    pub(crate) async fn save(&self, who: &Editor, (id, tag): (&str, &str), body: &Value) -> i64 {
        let language = language(tag);
        let found = self.store().read("test", async |db| draft::find(db, id, &language).await).await.unwrap();
        let base = found.map_or(0, |it| it.version);
        let write = Write { base, body, keep: Keep::Save, session: sitting(&format!("{tag}{base}"), 1) };
        match self.write(who, (id, tag), write).await.unwrap() {
            Written::Kept { version, .. } => version,
            Written::Clash(clash) => panic!("{clash:?}"),
        }
    }

    pub(crate) async fn publish_as(
        &self,
        who: &Editor,
        (id, tag): (&str, &str),
        cascade: Cascade,
    ) -> Result<(), Error> {
        let (language, version) = (language(tag), self.draft(id, tag).await.version);
        self.tx(async |tx| publish::publish(tx, who, (id, &language), version, cascade).await).await
    }

    pub(crate) async fn publish(&self, id: &str, tag: &str) {
        self.publish_as(&self.asha(), (id, tag), Cascade::Refuse).await.unwrap();
    }

    pub(crate) async fn carry_out(
        &self,
        who: &Editor,
        steps: &[Step],
        cascade: Cascade,
    ) -> Result<(), Error> {
        self.tx(async |tx| publish::carry_out(tx, who, steps, cascade).await).await
    }

    /// An entry that is published in English.
    pub(crate) async fn published(&self, kind: &str, body: &Value) -> String {
        let id = self.entry(kind, body).await;
        self.publish(&id, "en").await;
        id
    }

    /// What fans read of a field, in which language.
    pub(crate) async fn read(&self, id: &str, tag: &str, field: &str) -> Option<(String, String)> {
        let language = language(tag);
        let read = self.store().read("test", async |db| cms::delivery::of_id(db, id, &language).await).await;
        let document = read.unwrap()?;
        Some((document.language.to_string(), document.body[field].as_str().unwrap_or_default().to_owned()))
    }

    /// Does what is due, in a worker that is started for it; answers what ran.
    pub(crate) async fn work(&self) -> Vec<Ran> {
        let cms = Cms::new(self.store(), &self.clock);
        let worker = cms.on(Worker::new(self.store().clone(), "test").queue(QUEUE));
        drain(&worker).await.unwrap()
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.store().read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
    }

    pub(crate) async fn texts(&self, sql: &'static str) -> Vec<String> {
        let rows = self.store().read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        rows.iter().map(|it| it.get(0)).collect()
    }
}

/// One form that is open, and its so manieth write.
pub(crate) fn sitting(id: &str, turn: i64) -> Session {
    Session { id: id.to_owned(), turn }
}
