//! `crease all --demo` with one question, and fans who can answer it.

use crate::clients::Aim;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use quizzes::{Course, Kind, Origin, Question, Quiz, Window, Words, shown};
use ring::hmac;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use store::Store;
use store::postgres::{self, Embedded, Postgres, Source};
use tempfile::TempDir;
use wallet::Books;

/// Wallets that are opened at once.
const TOGETHER: usize = 64;

pub(super) struct Floor {
    process: Child,
    address: SocketAddr,
    key: String,
    match_id: String,
    question: String,
    fans: Vec<String>,
    store: Store,
    _database: Postgres,
    _folder: TempDir,
}

impl Floor {
    pub(super) async fn open(fans: usize) -> Self {
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
        let mut floor = Self {
            process,
            address,
            key: text("publishable_key"),
            match_id: String::new(),
            question: String::new(),
            fans: Vec::new(),
            store,
            _database: database,
            _folder: folder,
        };
        floor.fill(&text("secret_key"), fans).await;
        floor
    }

    /// A match, a question on it, and fans whose wallets are open.
    async fn fill(&mut self, secret_key: &str, count: usize) {
        let (client, now) = (reqwest::Client::new(), Timestamp::now());
        let post = async |path: &str, body: Value| -> Value {
            let sent = client.post(format!("http://{}{path}", self.address)).bearer_auth(secret_key);
            let sent = sent.body(body.to_string()).send().await.unwrap();
            sent.error_for_status().unwrap().json().await.unwrap()
        };
        let secret = post("/v1/identity/secrets", json!({ "mode": "live" })).await;
        let secret = secret["text"].as_str().unwrap();
        let side = |letter: &str| {
            let players: Vec<String> = (1..=11).map(|at| format!("{letter}{at}")).collect();
            json!({ "name": format!("{letter} XI"), "short": letter, "players": players })
        };
        let announced = json!({
            "source_match_id": "bench", "format": "t20", "overs": 20, "teams": [side("H"), side("A")],
            "competition": "Bench", "date": "2026-05-01",
        });
        let announced = post("/v1/feed/matches", announced).await;
        let match_id = announced["id"].as_str().unwrap().to_owned();
        let question = self.ask(&match_id, now).await;
        let mut fans = Vec::with_capacity(count);
        for number in 0..count {
            let claims =
                json!({ "sub": number.to_string(), "aud": "crease", "exp": now.as_second() + 3_600 });
            fans.push(jwt(secret, &claims));
        }
        for some in fans.chunks(TOGETHER) {
            let opened = some.iter().map(|fan| {
                let asked = client.get(format!("http://{}/v1/wallet", self.address));
                let asked = asked.header("x-crease-key", &self.key).header("crease-fan", fan);
                asked.header("origin", "http://localhost:8000").send()
            });
            for opened in futures_util::future::join_all(opened).await {
                opened.unwrap().error_for_status().unwrap();
            }
        }
        println!("{count} fans have wallets");
        (self.match_id, self.question, self.fans) = (match_id, question, fans);
    }

    async fn ask(&self, match_id: &str, now: Timestamp) -> String {
        let choices = ["a", "b", "c"].map(str::to_owned);
        let words = Words {
            text: "Which?".to_owned(),
            choices: choices.iter().map(|it| (it.clone(), it.clone())).collect(),
            after: None,
        };
        let quiz = Quiz {
            origin: Origin::Template { name: "bench".to_owned() },
            books: Books::Live,
            organisation_id: None,
            match_id: Some(match_id.to_owned()),
            series: Some("Bench".to_owned()),
            fence: None,
            titles: [("en".to_owned(), "Bench".to_owned())].into(),
            questions: vec![Question {
                key: "q".to_owned(),
                kind: Kind::Trivia { choices: choices.into(), right: "a".to_owned() },
                window: Window::Between { from: now, until: now + SignedDuration::from_hours(1) },
                points: 10,
                texts: [("en".to_owned(), words)].into(),
            }],
        };
        let put = async |tx: &store::Transaction<'_>| quizzes::put(tx, &quiz, &Course::default(), now).await;
        self.store.run_tx("bench", put).await.unwrap();
        let view = quizzes::View {
            books: Books::Live,
            organisation_id: "",
            match_id: Some(match_id),
            fan_id: None,
            language: "en",
        };
        let shown = self.store.read("bench", async |db| shown(db, view, now).await).await.unwrap();
        shown[0].questions[0].id.clone()
    }

    pub(super) fn aim(&self) -> Aim {
        Aim {
            address: self.address,
            key: self.key.clone(),
            match_id: self.match_id.clone(),
            question: self.question.clone(),
            fans: Arc::new(self.fans.clone()),
        }
    }

    /// Answers in the table.
    pub(super) async fn kept(&self) -> i64 {
        let sql = "select count(*) from quizzes.answer where not is_late";
        self.store.read("bench", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ended = self.process.wait();
    }
}

fn jwt(secret: &str, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
