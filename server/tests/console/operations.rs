//! What operators see and do, and that nobody else can.

use crate::dashboard::From;
use crate::support::{Ground, fields, location};
use access::By;
use access::grant::{self, PlatformRole};
use jobs::testing::{drain, enqueued};
use jobs::{Attempt, Job, NotDone, Wish, Worker, enqueue};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

const SECRET: &str = "the-operators-secret";
const PATH: &str = "/console/operations";

#[derive(Debug, Deserialize, Serialize)]
struct Mail {
    to: String,
}

impl Job for Mail {
    const KIND: &'static str = "mail";
}

async fn ground() -> Ground {
    Ground::open_with(&[("CREASE__OPERATIONS__SECRET", SECRET)]).await
}

async fn get(ground: &Ground, path: &str, secret: &str) -> Response {
    let request = ground.client.get(format!("{}{path}", ground.url)).basic_auth("asha", Some(secret));
    request.send().await.unwrap()
}

fn post(ground: &Ground, path: &str) -> RequestBuilder {
    ground.client.post(format!("{}{PATH}/{path}", ground.url)).basic_auth("asha", Some(SECRET))
}

/// As our page does.
async fn press(ground: &Ground, path: &str) -> Response {
    post(ground, path).header(ORIGIN, &ground.url).send().await.unwrap()
}

async fn mail(ground: &Ground, to: &str) -> i64 {
    let job = Mail { to: to.to_owned() };
    let put = ground.app.store.run_tx("test", async |tx| enqueue(tx, &job, &Wish::default()).await);
    put.await.unwrap()
}

fn worker(ground: &Ground) -> Worker {
    Worker::new(ground.app.store.clone(), "test").handle(|Mail { to }, _: Attempt| async move {
        if to == "nobody" { Err(NotDone::Dead("no such <address>".to_owned())) } else { Ok(()) }
    })
}

#[tokio::test]
async fn without_a_secret_there_is_no_such_page() {
    let ground = Ground::open().await;
    for secret in ["", "x", SECRET] {
        assert_eq!(get(&ground, PATH, secret).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(get(&ground, "/console/operations/stream", secret).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(press(&ground, "queues/default/pause").await.status(), StatusCode::NOT_FOUND);
    assert!(jobs::overview::overview(&ground.app.store).await.unwrap().queues.is_empty());
}

#[tokio::test]
async fn who_does_not_know_the_secret_sees_and_does_nothing_and_may_not_guess_for_long() {
    let ground = ground().await;
    let id = mail(&ground, "Asha").await;
    let bare = ground.client.get(format!("{}{PATH}", ground.url)).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let scheme = bare.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert_eq!(scheme, "Basic realm=\"Crease operations\", charset=\"UTF-8\"");
    for other in [format!("Bearer {SECRET}"), "Basic !".to_owned(), "Basic bm8tY29sb24=".to_owned()] {
        let request = ground.client.get(format!("{}{PATH}", ground.url)).header(AUTHORIZATION, other);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    for guess in 0..10 {
        let wrong = format!("{}{guess}", &SECRET[..SECRET.len() - 1]);
        let (path, status) = ("/console/operations/stream", StatusCode::UNAUTHORIZED);
        let page = get(&ground, path, &wrong).await;
        assert_eq!(page.status(), status);
        let text = page.text().await.unwrap();
        assert!(!text.contains("default") && !text.contains(&wrong), "{text}");
    }
    assert_eq!(get(&ground, PATH, SECRET).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let cancel = press(&ground, &format!("jobs/{id}/cancel")).await;
    assert_eq!(cancel.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(enqueued::<Mail>(&ground.app.store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_operator_sees_why_a_job_died_and_tries_it_again_or_forgets_it() {
    let ground = ground().await;
    let dead = [mail(&ground, "nobody").await, mail(&ground, "nobody").await];
    drain(&worker(&ground)).await.unwrap();
    let page = get(&ground, PATH, SECRET).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(text.contains("no such &lt;address&gt;") && text.contains("&quot;nobody&quot;"), "{text}");
    assert!(!text.contains(SECRET));
    let again = press(&ground, &format!("jobs/{}/revive", dead[0])).await;
    assert_eq!((again.status(), location(&again)), (StatusCode::SEE_OTHER, PATH));
    assert_eq!(enqueued::<Mail>(&ground.app.store).await.unwrap()[0].id, dead[0]);
    let cancelled = press(&ground, &format!("jobs/{}/cancel", dead[0])).await;
    assert_eq!(cancelled.status(), StatusCode::SEE_OTHER);
    for id in dead {
        let forgotten = press(&ground, &format!("jobs/{id}/forget")).await;
        assert_eq!(forgotten.status(), StatusCode::SEE_OTHER);
    }
    let gone = press(&ground, &format!("jobs/{}/revive", dead[0])).await;
    assert_eq!(gone.status(), StatusCode::CONFLICT);
    let text = gone.text().await.unwrap();
    assert!(text.contains(&format!("Job {} has ended, or was forgotten, since.", dead[0])), "{text}");
    for unknown in ["jobs/1/explode", "schedules/nightly/run", "queues/No%20Name/pause"] {
        assert_eq!(press(&ground, unknown).await.status(), StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn what_is_not_pressed_on_our_page_is_not_done() {
    let ground = ground().await;
    let path = "queues/default/pause";
    let other = post(&ground, path).header(ORIGIN, "https://evil.example").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
    let other = post(&ground, path).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
    let rebound =
        post(&ground, path).header(HOST, "evil.example").header(ORIGIN, "null").send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    assert!(jobs::overview::overview(&ground.app.store).await.unwrap().queues.is_empty());
    assert_eq!(press(&ground, path).await.status(), StatusCode::SEE_OTHER);
    assert!(jobs::overview::overview(&ground.app.store).await.unwrap().queues[0].is_paused);
    assert_eq!(press(&ground, "queues/default/resume").await.status(), StatusCode::SEE_OTHER);
    assert!(!jobs::overview::overview(&ground.app.store).await.unwrap().queues[0].is_paused);
}

#[tokio::test]
async fn the_page_is_kept_as_it_is_now_until_the_server_stops() {
    let ground = ground().await;
    let mut stream = get(&ground, "/console/operations/stream", SECRET).await;
    assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream");
    let mut told = String::new();
    while !told.contains("\n\n") {
        told += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(told.starts_with("event: view\ndata: \"<div"), "{told}");
    assert!(told.contains("There is no queue yet"), "{told}");
    mail(&ground, "Asha").await;
    while !told.contains("queue-default-name") {
        told += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
    }
    let mut all = Vec::new();
    for _ in 0..31 {
        let another = get(&ground, "/console/operations/stream", SECRET).await;
        assert_eq!(another.status(), StatusCode::OK);
        all.push(another);
    }
    let one_more = get(&ground, "/console/operations/stream", SECRET).await;
    assert_eq!(one_more.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(all);
    ground.app.shutdown.cancel();
    while stream.chunk().await.unwrap().is_some() {}
}

#[tokio::test]
async fn who_operates_the_platform_sees_its_jobs_and_what_is_done_is_in_the_log() {
    const PATH: &str = "/console/operations";
    let ground = Ground::open().await;
    let (mut browser, _, user_id) = ground.partner("asha@paper.example").await;
    assert_eq!(ground.see(&browser, PATH).await.status(), StatusCode::NOT_FOUND, "a partner is none");
    let set = async |change: bool| {
        let done = ground.app.store.run_tx("test", async |tx| {
            let by = By::system("test", ground.app.clock.now());
            let user = access::user::find(tx, &user_id).await?.expect("a user");
            match change {
                true => grant::give(tx, &user, PlatformRole::Operator, &by).await,
                false => grant::take(tx, &user, PlatformRole::Operator, &by).await,
            }
        });
        assert!(done.await.unwrap());
    };
    set(true).await;
    let page = ground.page(&browser, PATH).await;
    assert!(page.contains("Asha Rao") && page.contains("Operations"));
    let csrf = ground.csrf(&browser).await;
    let pause = format!("{PATH}/queues/default/pause");
    for (form, from) in [
        (fields(&[]), From::OurPage),
        (fields(&[("csrf", "wrong")]), From::OurPage),
        (fields(&[("csrf", &csrf)]), From::Elsewhere),
        (fields(&[("csrf", &csrf)]), From::CrossSite),
    ] {
        let refused = ground.send(&browser, &pause, &form, from).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{form:?} {from:?}");
    }
    assert_eq!(ground.press(&mut browser, &pause, &[]).await.status(), StatusCode::SEE_OTHER);
    let page = ground.page(&browser, PATH).await;
    assert!(
        page.contains("queues/default/resume") && page.contains(&format!("name=\"csrf\" value=\"{csrf}\""))
    );
    const DONE: &str = "select actor_id, object from access.audit where action = 'queues.pause'";
    let rows = ground.app.store.read("test", async |db| db.query(DONE, &[]).await).await.unwrap();
    let done: Vec<(String, String)> = rows.iter().map(|it| (it.get("actor_id"), it.get("object"))).collect();
    assert_eq!(done, [(user_id.clone(), "default".to_owned())]);
    set(false).await;
    assert_eq!(ground.see(&browser, PATH).await.status(), StatusCode::NOT_FOUND, "it is gone at once");
}
