//! What partners' programs do with webhooks, beyond making and removing them.

use crate::manage::{Answer, Program};
use crate::support::{Server, database};
use partners::webhook::Kind;
use partners::{Mode, Scope};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// A program with a webhook of its organisation: its path, and its secret.
async fn hook(program: &Program) -> (String, String) {
    let new = json!({ "mode": "live", "url": "https://shop.example/hooks", "kinds": ["match.result"] });
    let made = program.post("/v1/webhooks", new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    (format!("/v1/webhooks/{}", text(&made.body, "id")), text(&made.body, "secret"))
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field}: {body}")).to_owned()
}

/// How often something was done, as the audit log says.
async fn done(program: &Program, action: &str) -> usize {
    let log = program.get(&format!("/v1/audit?about=webhook.{action}")).await.body;
    log["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_is_done_to_a_webhook_is_done_once_however_often_it_is_sent() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let (path, secret) = hook(&program).await;
    let (other, _) = hook(&program).await;
    let send = async |path: &str, key: &str| -> Answer {
        program.ask(Method::POST, path, &[("idempotency-key", key)], None).await
    };
    let rotate = format!("{path}/rotate");
    let (one, two, three) = tokio::join!(send(&rotate, "a"), send(&rotate, "a"), send(&rotate, "a"));
    for again in [&two, &three] {
        assert_eq!((again.status, &again.body), (StatusCode::OK, &one.body), "with the same secret");
    }
    assert_eq!([&one, &two, &three].iter().filter(|it| it.is_again).count(), 2);
    assert_ne!(text(&one.body, "secret"), secret);
    assert_eq!(done(&program, "rotate").await, 1, "the secret before still signs");
    let elsewhere = send(&format!("{other}/rotate"), "a").await;
    assert_eq!(elsewhere.body["type"], "/problems/idempotency-key-reused");

    let (one, again) = (send(&format!("{path}/test"), "b").await, send(&format!("{path}/test"), "b").await);
    assert_eq!((one.status, again.is_again, &again.body), (StatusCode::ACCEPTED, true, &one.body));
    assert_eq!(done(&program, "test").await, 1);
    let replay = format!("{path}/deliveries/{}/replay", text(&one.body, "id"));
    let (one, again) = (send(&replay, "c").await, send(&replay, "c").await);
    assert_eq!((one.status, again.is_again, &again.body), (StatusCode::ACCEPTED, true, &one.body));
    assert_eq!(done(&program, "replay").await, 1);
    let kept = "select coalesce(string_agg(encode(answer, 'escape'), ''), '') from server.request";
    let row = server.app.store.read("test", async |db| db.query_one(kept, &[]).await).await.unwrap();
    assert!(!row.get::<_, String>(0).contains("whsec_"), "an answer that waits is sealed");
}

#[tokio::test]
async fn of_two_changes_at_once_the_second_is_judged_by_what_the_first_made() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let (path, _) = hook(&program).await;
    let patch = async |etag: &str| {
        let body = Some(json!({ "description": "Ours" }));
        program.ask(Method::PATCH, &path, &[("if-match", etag)], body).await
    };
    let etag = program.get(&path).await.etag.unwrap();
    let changed = Notify::new();
    let waits = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    let first = server.app.store.run_tx("test", async |tx| {
        tx.execute("update partners.webhook set kinds = array['match.wicket']", &[]).await?;
        changed.notify_one();
        let waiting = async || -> Result<i64, store::Error> {
            Ok(server.app.store.read("test", async |db| db.query_one(waits, &[]).await).await?.get(0))
        };
        while waiting().await? == 0 {}
        Ok::<_, store::Error>(())
    });
    let second = async {
        changed.notified().await;
        patch(&etag).await
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    assert_eq!(
        (second.status, &second.body["type"]),
        (StatusCode::PRECONDITION_FAILED, &json!("/problems/changed-meanwhile"))
    );
    let etag = program.get(&path).await.etag.unwrap();
    let merged = patch(&etag).await;
    assert_eq!(
        (&merged.body["description"], &merged.body["kinds"]),
        (&json!("Ours"), &json!(["match.wicket"]))
    );
}

#[tokio::test]
async fn a_program_reads_the_secret_and_the_log_and_sends_what_failed_again() {
    let database = database().await;
    let server = Server::start(&database).await;
    let program = Program::of(&server, Mode::Live, &[Scope::Manage]).await;
    let (path, secret) = hook(&program).await;
    let shown = program.get(&format!("{path}/secret")).await;
    assert_eq!((shown.status, text(&shown.body, "secret"), shown.etag), (StatusCode::OK, secret, None));
    assert_eq!(done(&program, "reveal").await, 1, "the log says who looked");

    let test = program.post(&format!("{path}/test"), json!({})).await;
    let id = text(&test.body, "id");
    let message = format!("{path}/deliveries/{id}");
    let waiting = program.get(&message).await.body;
    assert_eq!(
        (&waiting["id"], &waiting["state"], &waiting["attempts"]),
        (&json!(id), &json!("waiting"), &json!([]))
    );
    let body: Value = serde_json::from_str(&text(&waiting, "body")).unwrap();
    assert_eq!(body["type"], "webhook.test");

    let fail = "
        update partners.webhook set failing_since = '2026-05-24T10:00:00Z';
        update partners.webhook_delivery set state = 'failed', next_at = null, tried = 1;
        insert into partners.webhook_attempt
            (webhook_id, message_id, number, at, outcome, status, milliseconds, response, reason)
        select webhook_id, message_id, 1, now(), 'refused', 503, 12, '<h1>Busy</h1>', 'it is busy'
        from partners.webhook_delivery";
    let failed = server.app.store.run_tx("test", async |tx| tx.batch(fail).await).await;
    let () = failed.map_err(|error: store::Error| error).unwrap();
    assert_eq!(program.get(&path).await.body["failing_since"], "2026-05-24T10:00:00Z");
    let failed = program.get(&message).await.body;
    let attempt = &failed["attempts"][0];
    assert_eq!(
        (&attempt["outcome"], &attempt["status"], &attempt["response"], &attempt["reason"]),
        (&json!("refused"), &json!(503), &json!("<h1>Busy</h1>"), &json!("it is busy"))
    );

    let replay = format!("{path}/deliveries/replay");
    let since = |at: &str| json!({ "since": at });
    for (wrong, status) in [
        (json!({}), StatusCode::BAD_REQUEST),
        (since("yesterday"), StatusCode::BAD_REQUEST),
        (
            json!({ "since": "2026-05-24T10:00:00Z", "until": "2026-05-25T10:00:00Z" }),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(program.post(&replay, wrong.clone()).await.status, status, "{wrong}");
    }
    let later = program.post(&replay, since("9999-01-01T00:00:00Z")).await;
    assert_eq!((later.status, &later.body["count"]), (StatusCode::ACCEPTED, &json!(0)));
    let again = program.post(&replay, since("-009000-01-01T00:00:00Z")).await;
    assert_eq!(
        (again.status, &again.body),
        (StatusCode::ACCEPTED, &json!({ "count": 1, "has_more": false }))
    );
    assert_eq!(program.get(&message).await.body["state"], "waiting");

    let off = program.ask(Method::PATCH, &path, &[], Some(json!({ "enabled": false }))).await;
    assert_eq!((&off.body["enabled"], &off.body["disabled_why"]), (&json!(false), &json!("owner")));
    let refused = program.post(&replay, since("2026-01-01T00:00:00Z")).await;
    assert_eq!((refused.status, &refused.body["type"]), (StatusCode::CONFLICT, &json!("/problems/conflict")));
    let unknown = program.get(&format!("{path}/deliveries/msg_1")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_kind_of_message_is_described_with_its_body() {
    let described = serde_json::to_value(server::http::openapi::description()).unwrap();
    let messages = described["webhooks"].as_object().unwrap();
    assert_eq!(messages.len(), Kind::WANTED.len() + 1, "those that can be wanted, and a test");
    for kind in Kind::WANTED.into_iter().chain([Kind::Test]) {
        let body = &messages[kind.word()]["post"]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(body["properties"]["type"]["enum"], json!([kind.word()]));
        let data = &body["properties"]["data"];
        let schema = match data["$ref"].as_str() {
            Some(name) => described.pointer(name.strip_prefix('#').unwrap()).unwrap(),
            None => data,
        };
        assert!(
            schema["properties"].as_object().unwrap().len() > usize::from(kind != Kind::Test),
            "{schema}"
        );
    }
}
