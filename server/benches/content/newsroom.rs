//! `crease all --demo` over a database with many entries.

use access::{Actor, ActorKind, By};
use cms::Language;
use cms::draft::{self, Keep, Session, Write};
use cms::entry::{self, New};
use cms::publish::{self, Cascade};
use cms::rights::{Editor, Rights, Role};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use store::Store;
use store::postgres::{self, Embedded, Postgres, Source};
use tempfile::TempDir;

/// Articles mostly, some players, few teams.
const ENTRIES: &str = "
    insert into cms.entry (id, kind, main_language, made_by, made_at)
     select 'ent_' || lpad(n::text, 22, '0'),
        case when n % 1000 = 0 then 'team' when n % 20 = 1 then 'player' when n % 4 = 2 then 'venue' else 'article' end, 'en', 'usr_1', now()
     from generate_series(1, $1) n";
/// Each is written and published.
const DOCUMENTS: [&str; 5] = [
    "insert into cms.draft (entry, language, kind, is_main, version, body, title, words, author_id, author_name, session, turn,
        session_since, revision, saved_version, told_version, main_version, changed_at, published_revision, published_version, published_at)
     select id, 'en', kind, true, 1,
        case kind when 'article' then jsonb_build_object('headline', 'Story number' || right(id, 6), 'body',
            '{\"type\":\"doc\",\"content\":[{\"type\":\"paragraph\",\"content\":[{\"type\":\"text\",\"text\":\"It was close.\"}]}]}'::jsonb)
        else jsonb_build_object('name', 'Name number' || right(id, 6), 'short_name', 'N') end,
        case kind when 'article' then 'Story' else 'Name' end || ' number' || right(id, 6),
        to_tsvector('simple', 'Story name number' || right(id, 6)), 'usr_' || right(id, 3), 'Asha',
        's', 1, 0, 1, 1, 1, 1, made_at - make_interval(secs => right(id, 6)::int), null, null, null
     from cms.entry",
    "insert into cms.revision (entry, language, number, version, act, body, changed, author_id, author_name, made_at)
     select entry, language, 1, 1, 'make', body, '{}', author_id, author_name, changed_at from cms.draft",
    "insert into cms.published (entry, language, kind, is_main, revision, body, title, published_at, partners, places, languages, priority)
     select entry, language, kind, true, 1, body, title, changed_at, '{}', '{}', '{}', 0 from cms.draft",
    "update cms.draft set published_revision = 1, published_version = 1, published_at = changed_at",
    "analyze cms.entry; analyze cms.draft; analyze cms.published; analyze cms.revision",
];

pub(super) struct Newsroom {
    process: Child,
    pub(super) address: SocketAddr,
    pub(super) key: String,
    pub(super) sandbox_match: String,
    secret_key: String,
    secret: String,
    client: reqwest::Client,
    store: Store,
    banner: String,
    _database: Postgres,
    _folder: TempDir,
}

/// Whether it is one of the pages that editors work with.
pub(super) fn is_of_editors(path: &str) -> bool {
    path.starts_with("/console/")
}

impl Newsroom {
    pub(super) async fn open(entries: u32) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let database = postgres::open(folder.path(), Source::Search, Embedded::Allowed).await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_crease"));
        command.args(["all", "--demo", "--port", "0", "--data"]).arg(&data);
        command.env("DATABASE_URL", database.url()).env("CREASE__SANDBOX__BALL_MS", "60000");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server listens before it ends").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "listening" {
                break line["address"].as_str().unwrap().parse().unwrap();
            }
        };
        std::thread::spawn(move || {
            lines.map_while(Result::ok).filter(|it| it.contains("ERROR")).for_each(|it| println!("{it}"));
        });
        let demo = std::fs::read_to_string(data.join("demo.json")).unwrap();
        let demo: Value = serde_json::from_str(&demo).unwrap();
        let text = |name: &str| demo[name].as_str().unwrap().to_owned();
        let store = Store::connect(database.url(), 4).await.unwrap();
        let mut newsroom = Self {
            process,
            address,
            key: text("publishable_key"),
            sandbox_match: text("sandbox_match"),
            secret_key: text("secret_key"),
            secret: text("operations_secret"),
            client: reqwest::Client::new(),
            store,
            banner: String::new(),
            _database: database,
            _folder: folder,
        };
        newsroom.fill(i32::try_from(entries).unwrap()).await;
        newsroom
    }

    async fn fill(&mut self, entries: i32) {
        let filled = self.store.run_tx("bench", async |tx| {
            tx.execute(ENTRIES, &[&entries]).await?;
            for sql in DOCUMENTS {
                tx.batch(sql).await?;
            }
            Ok::<_, store::Error>(())
        });
        filled.await.unwrap();
        let (who, main, body) = (editor(), english(), banner(0));
        let made = self.store.run_tx("bench", async |tx| {
            entry::make(tx, &who, New { kind: "banner", key: None, main_language: &main, body: &body }).await
        });
        self.banner = made.await.unwrap();
    }

    /// What is asked for, by what it is.
    pub(super) fn paths(&self) -> Vec<(&'static str, String)> {
        let of = |text: &str| text.to_owned();
        vec![
            ("the list of all", of("/console/content")),
            ("the list of a type", of("/console/content?kind=player")),
            ("the list of a type and a state", of("/console/content?kind=article&state=published")),
            ("a search for a rare word", of("/console/content?q=number012345")),
            ("a search for a common word", of("/console/content?q=story")),
            ("a picker", of("/console/content/look?kind=player&q=")),
            ("a picker's search", of("/console/content/look?kind=player&q=number0123")),
            ("a board", format!("/v1/content/board?match={}", self.sandbox_match)),
            ("a list for fans", of("/v1/content/article?limit=20")),
            ("a document for fans", format!("/v1/content/article/ent_{:0>22}", 5)),
        ]
    }

    pub(super) async fn get(&self, path: &str) {
        let asked = self.client.get(format!("http://{}{path}", self.address));
        let asked = match is_of_editors(path) {
            true => asked.basic_auth("bench", Some(&self.secret)),
            false => asked.bearer_auth(&self.secret_key),
        };
        let answer = asked.send().await.unwrap().error_for_status().unwrap();
        assert!(!answer.bytes().await.unwrap().is_empty(), "{path}");
    }

    /// Publishes a banner that says the number.
    pub(super) async fn publish(&self, number: usize) {
        let (who, main, body, id) = (editor(), english(), banner(number), self.banner.as_str());
        let published = self.store.run_tx("bench", async |tx| {
            let base = draft::find(tx, id, &main).await?.map_or(0, |it| it.version);
            let session = Session { id: store::ids::random_base62(22), turn: 1 };
            draft::write(tx, &who, id, &main, Write { base, body: &body, keep: Keep::Save, session }).await?;
            let version = draft::find(tx, id, &main).await?.map_or(0, |it| it.version);
            publish::publish(tx, &who, (id, &main), version, Cascade::Refuse).await
        });
        published.await.unwrap();
    }
}

fn english() -> Language {
    Language::parse("en").unwrap()
}

fn banner(number: usize) -> Value {
    json!({
        "name": "Bench", "text": format!("Publication {number}."), "address": "https://shop.example", "slot": "match-top",
        "targets": { "until": "2199-01-01T00:00:00+00:00[UTC]" },
    })
}

fn editor() -> Editor {
    let actor = Actor { kind: ActorKind::User, id: "usr_bench".to_owned(), name: "Bench".to_owned() };
    Editor { by: By { actor, visitor: None, at: Timestamp::now() }, rights: Rights::all(Role::Admin) }
}

impl Drop for Newsroom {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ended = self.process.wait();
    }
}
