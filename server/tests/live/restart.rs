//! The real program: killed, stopped, started again, started wrongly.

use crate::support::{Crease, Fan, Stream, announcement, answers, ball, client, sent, within};
use cricket::Words;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const KILLS: usize = 20;
/// When a kill comes, after the feed has begun to send.
const KILL_MS_MAX: u64 = 120;

/// A feed and a reader by the keys of the first run; later runs issue new ones, and these stay good.
struct Outside {
    http: reqwest::Client,
    feed_key: String,
    page_key: String,
}

impl Outside {
    fn of(data: &Path) -> Self {
        let demo = Crease::demo(data);
        let text = |name: &str| demo[name].as_str().unwrap().to_owned();
        Self { http: client(), feed_key: text("secret_key"), page_key: text("publishable_key") }
    }

    async fn post(&self, crease: &Crease, path: &str, body: &Value) -> reqwest::Result<Value> {
        let request = self.http.post(format!("{}{path}", crease.url)).bearer_auth(&self.feed_key).json(body);
        let response = request.send().await?.error_for_status()?;
        response.json().await
    }

    async fn announce(&self, crease: &Crease) -> String {
        let created = self.post(crease, "/v1/feed/matches", &announcement("m")).await.unwrap();
        created["id"].as_str().unwrap().to_owned()
    }

    async fn send(&self, crease: &Crease, id: &str, commands: &[Value]) -> reqwest::Result<Vec<String>> {
        let path = format!("/v1/feed/matches/{id}/commands");
        let answer = self.post(crease, &path, &json!({ "commands": commands })).await?;
        Ok(answers(&answer))
    }

    async fn stream(&self, crease: &Crease, id: &str, last: Option<&str>) -> Stream {
        let request =
            self.http.get(format!("{}/v1/matches/{id}/stream", crease.url)).bearer_auth(&self.page_key);
        let request = request.header("last-event-id", last.unwrap_or_default());
        Stream::of(request.send().await.unwrap())
    }

    async fn snapshot(&self, crease: &Crease, id: &str) -> wire::Snapshot {
        let request = self.http.get(format!("{}/v1/matches/{id}", crease.url)).bearer_auth(&self.page_key);
        wire::decode(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }
}

/// Wides, which no innings has too many of.
fn wide(at: usize) -> Value {
    let mut wide = ball(0);
    wide["extras"] = json!({ "wides": 1 });
    sent(&format!("w{at}"), wide)
}

#[tokio::test]
async fn what_was_acknowledged_survives_any_kill_and_readers_go_on() {
    let data = Crease::data();
    let settings = [("CREASE__SANDBOX__ENABLED", "false")];
    let mut dice = StdRng::seed_from_u64(20);
    let mut crease = Crease::start(data.path(), &settings);
    let outside = Outside::of(data.path());
    let id = outside.announce(&crease).await;
    let start = sent("start", json!({ "type": "innings_start", "team": "Home XI" }));
    outside.send(&crease, &id, &[start]).await.unwrap();
    let mut fan = Fan::default();
    let mut acknowledged: Vec<(usize, String)> = Vec::new();
    let (mut next, mut lost_answers) = (0, 0);
    for kill in 0..KILLS {
        let mut stream = outside.stream(&crease, &id, fan.last().as_deref()).await;
        assert_eq!(stream.resumed(), if kill == 0 { "snapshot" } else { "yes" });
        let feeding = async {
            loop {
                let answer = outside.send(&crease, &id, &[wide(next)]).await.expect("the server is up");
                let seq = answer[0].split_once(' ').unwrap().1.to_owned();
                acknowledged.push((next, seq));
                next += 1;
            }
        };
        let moment = Duration::from_millis(dice.random_range(5..KILL_MS_MAX));
        let Err(_) = tokio::time::timeout(moment, feeding).await;
        crease.kill();
        // What came before the end of the stream counts, and is gone on from.
        while let Some(event) = stream.event().await {
            fan.take(&event);
        }
        crease = Crease::start(data.path(), &settings);
        let recent = acknowledged.iter().rev().take(30).rev();
        let (again, seqs): (Vec<Value>, Vec<String>) =
            recent.map(|(at, seq)| (wide(*at), format!("duplicate {seq}"))).unzip();
        assert_eq!(outside.send(&crease, &id, &again).await.unwrap(), seqs, "kill {kill}");
        // The one that was under way either stands or not; the feed sends it again.
        let answer = outside.send(&crease, &id, &[wide(next)]).await.unwrap();
        lost_answers += usize::from(answer[0].starts_with("duplicate"));
        acknowledged.push((next, answer[0].split_once(' ').unwrap().1.to_owned()));
        next += 1;
    }
    let truth = outside.snapshot(&crease, &id).await;
    assert_eq!(truth.seq, next as u64 + 1, "nothing is lost and nothing twice ({lost_answers} answers were)");
    assert_eq!(truth.state.innings[0].extras.wides, u16::try_from(next).unwrap());
    let mut stream = outside.stream(&crease, &id, fan.last().as_deref()).await;
    fan.follow(&mut stream, truth.seq).await;
    assert_eq!((fan.snapshots, fan.seen), (1, Some(truth)), "one history, and never a gap");
    assert!(next > KILLS * 2, "the feed came to send: {next}");
}

#[tokio::test]
async fn at_sigterm_it_says_goodbye_ends_well_and_goes_on_where_it_was() {
    let data = Crease::data();
    let settings = [("CREASE__SHUTDOWN__DRAIN_SECONDS", "1"), ("CREASE__SANDBOX__BALL_MS", "50")];
    let mut crease = Crease::start(data.path(), &settings);
    let outside = Outside::of(data.path());
    let sandbox = Crease::demo(data.path())["sandbox_match"].as_str().unwrap().to_owned();
    let mut stream = outside.stream(&crease, &sandbox, None).await;
    let mut fan = Fan::default();
    fan.follow(&mut stream, 3).await;
    let asked = Instant::now();
    crease.terminate();
    let mut last = String::new();
    while let Some(event) = stream.event().await {
        fan.take(&event);
        last = event.name;
    }
    assert_eq!(last, "bye");
    crease.logged("stopped");
    assert!(crease.ended().success());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    let crease = Crease::start(data.path(), &settings);
    let mut stream = outside.stream(&crease, &sandbox, fan.last().as_deref()).await;
    assert_eq!(stream.resumed(), "yes", "the sandbox match goes on in the same history");
    let seen = fan.seq();
    fan.follow(&mut stream, seen + 3).await;
    assert_eq!(fan.snapshots, 1);
    assert_eq!(Crease::demo(data.path())["sandbox_match"], sandbox.as_str());
}

/// What the fans of the demo's partner did, as far as it is written down.
async fn usage(outside: &Outside, crease: &Crease) -> (i64, i64, i64) {
    let url = format!("{}/v1/usage", crease.url);
    let response = outside.http.get(url).bearer_auth(&outside.feed_key).send().await.unwrap();
    let all: Value = response.error_for_status().unwrap().json().await.unwrap();
    let figure = |name: &str| all[name].as_i64().unwrap();
    (figure("opens"), figure("impressions"), figure("stream_seconds"))
}

#[tokio::test]
async fn what_was_written_of_usage_survives_a_kill_and_counts_once_and_the_rest_is_written_at_sigterm() {
    let data = Crease::data();
    let settings = [("CREASE__SANDBOX__ENABLED", "false"), ("CREASE__SHUTDOWN__DRAIN_SECONDS", "1")];
    let crease = Crease::start(data.path(), &settings);
    let outside = Outside::of(data.path());
    let id = outside.announce(&crease).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(outside.stream(&crease, &id, None).await);
        outside.snapshot(&crease, &id).await;
    }
    // They are written within ten seconds, and the time that the streams are open with the next turn.
    let mut looks = tokio::time::interval(Duration::from_millis(200));
    let written = within("what was used is written", async {
        loop {
            looks.tick().await;
            let found = usage(&outside, &crease).await;
            if found.0 == 3 && found.1 == 3 && found.2 > 0 {
                return found;
            }
        }
    })
    .await;
    outside.snapshot(&crease, &id).await;
    crease.kill();
    let crease = Crease::start(data.path(), &settings);
    let (opens, impressions, seconds) = usage(&outside, &crease).await;
    assert_eq!((opens, (3..=4).contains(&impressions)), (3, true), "it stands, once: {impressions}");
    // Another turn may have been between the look and the kill.
    assert!((written.2..=written.2 + 60).contains(&seconds), "{written:?} {seconds}");
    drop(streams);
    // This process counts on from there, and what it has not written yet when it is to stop is written then.
    let _stream = outside.stream(&crease, &id, None).await;
    outside.snapshot(&crease, &id).await;
    crease.terminate();
    assert!(crease.ended().success());
    let crease = Crease::start(data.path(), &settings);
    let (opens, after, later) = usage(&outside, &crease).await;
    assert_eq!((opens, after), (4, impressions + 1));
    assert!((seconds..=seconds + 60).contains(&later), "{seconds} {later}");
}

#[tokio::test]
async fn a_request_that_is_open_at_sigterm_is_answered() {
    let data = Crease::data();
    let crease = Crease::start(data.path(), &[("CREASE__SANDBOX__ENABLED", "false")]);
    let outside = Outside::of(data.path());
    let id = outside.announce(&crease).await;
    let start = sent("start", json!({ "type": "innings_start", "team": "Home XI" }));
    outside.send(&crease, &id, &[start]).await.unwrap();
    let batch: Vec<Value> = (0..400).map(wide).collect();
    let answers = {
        let mut sending = std::pin::pin!(outside.send(&crease, &id, &batch));
        // Sent, as far as can be told without waiting for the answer.
        let early = tokio::time::timeout(Duration::from_millis(20), &mut sending).await;
        crease.terminate();
        match early {
            Ok(answers) => answers,
            Err(_) => within("the answer", sending).await,
        }
    };
    assert_eq!(answers.unwrap().len(), 400);
    assert!(crease.ended().success());
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = Crease::data();
    let mut program = Crease::program();
    program.args(["all", "--port", &port, "--data"]).arg(data.path());
    let (status, _, errors) = Crease::run(&mut program);
    assert_eq!(status, Some(1));
    let last = errors.lines().last().unwrap();
    assert!(
        last.starts_with(&format!("crease: 127.0.0.1:{port} cannot be listened on: Address already in use")),
        "{errors}"
    );
}

#[test]
fn a_configuration_is_printed_checked_and_its_mistakes_are_placed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crease.toml");
    let (status, printed, errors) = Crease::run(Crease::program().args(["config", "print"]));
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    std::fs::write(&file, printed).unwrap();
    let check = |file: &Path| Crease::run(Crease::program().args(["config", "check", "--config"]).arg(file));
    let (status, said, _) = check(&file);
    assert_eq!((status, said.as_str()), (Some(0), "the configuration can be used\n"));
    std::fs::write(&file, "[http]\nlisten_on = 1\n").unwrap();
    let wanted = format!("crease: {}:2: unknown key `http.listen_on`", file.display());
    let mut all = Crease::program();
    all.args(["all", "--config"]).arg(&file).arg("--data").arg(folder.path());
    for (status, _, errors) in [check(&file), Crease::run(&mut all)] {
        assert_eq!(status, Some(1));
        assert!(errors.starts_with(&wanted), "{errors}");
    }
    let (status, _, errors) = check(Path::new("/nowhere/crease.toml"));
    assert_eq!(status, Some(1));
    assert!(errors.starts_with("crease: /nowhere/crease.toml: cannot be read: "), "{errors}");
}

#[test]
fn the_doctor_says_what_is_there_and_what_is_lacking() {
    let dist = tempfile::tempdir().unwrap();
    let doctor = |words: &[&str]| {
        let mut program = Crease::program();
        program.arg("doctor").args(words);
        program.env("CREASE__WEB__DIST", dist.path()).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
        Crease::run(&mut program)
    };
    let (status, said, _) = doctor(&[]);
    assert_eq!(status, Some(1));
    let findings: Vec<&str> = said.lines().map(|it| it.split(':').next().unwrap()).collect();
    assert_eq!(
        findings,
        [
            "ok       PostgreSQL",
            "ok       Redis",
            "lacking  widget bundle",
            "ok       port",
            "ok       human check",
            "ok       addresses"
        ]
    );
    std::fs::write(dist.path().join("manifest.json"), "{}").unwrap();
    assert_eq!(doctor(&[]).0, Some(0));
    let (status, said, _) = doctor(&["--postgres"]);
    assert_eq!((status, said.lines().count()), (Some(0), 1));
}

#[test]
fn a_human_check_that_everybody_would_pass_is_refused_and_said_before_anything_starts() {
    let published = "1x0000000000000000000000000000000AA";
    let data = Crease::data();
    let run = |words: &[&str], mode: &str| {
        let mut program = Crease::program();
        program.args(words).env("CREASE__HUMAN__MODE", mode).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
        program.env("CREASE__HUMAN__PROVIDER", "turnstile").env("CREASE__HUMAN__SITE_KEY", "0x4AAA");
        Crease::run(program.env("CREASE__HUMAN__SECRET", published))
    };
    let refused = "human.secret is published for tests: everybody passes.";
    let folder = data.path().join("never");
    for words in [&["config", "check"][..], &["all", "--data", folder.to_str().unwrap()]] {
        let (status, _, errors) = run(words, "live");
        assert_eq!(status, Some(1), "{words:?}");
        let last = errors.lines().last().unwrap();
        assert!(last.starts_with(&format!("crease: {refused}")) && !errors.contains(published), "{errors}");
    }
    assert!(!folder.exists());
    for (mode, expected) in [
        ("live", format!("lacking  human check: {refused}")),
        ("test", "ok       human check: turnstile, only tried".to_owned()),
    ] {
        let (_, said, _) = run(&["doctor"], mode);
        assert!(said.lines().any(|it| it.starts_with(&expected)) && !said.contains(published), "{said}");
    }
}

#[tokio::test]
async fn a_replay_plays_a_recorded_match_through_the_feed() {
    let Some(folder) = crate::support::archive_folder() else { return };
    let data = Crease::data();
    let crease = Crease::start(data.path(), &[("CREASE__SANDBOX__ENABLED", "false")]);
    let outside = Outside::of(data.path());
    let file = folder.join("1062502.json");
    let known = server::feed::archive::read(&file).unwrap();
    let mut replay = Crease::program();
    replay.arg("replay").arg(&file).args(["--speed", "100000", "--url", &crease.url]);
    replay.env("CREASE_KEY", &outside.feed_key);
    let (status, _, errors) = tokio::task::spawn_blocking(move || Crease::run(&mut replay)).await.unwrap();
    assert_eq!(status, Some(0), "{errors}");
    let list =
        outside.http.get(format!("{}/v1/matches?status=finished", crease.url)).bearer_auth(&outside.page_key);
    let response = list.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let list: Value = response.json().await.unwrap();
    let id = list["matches"][0]["id"].as_str().unwrap();
    // Players are numbered otherwise when they are announced side by side; the figures are the same.
    let state = outside.snapshot(&crease, id).await.state;
    assert_eq!(
        (state.totals(), state.result_text(Words::ENGLISH)),
        (known.game.totals(), known.game.result_text(Words::ENGLISH))
    );
}
