//! What real processes tell a collector of OpenTelemetry.

use crate::nodes::keys;
use crate::support::{
    Collector, Crease, Fan, Scene, Stream, announcement, answers, attribute, client, database, number,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use reqwest::StatusCode;
use serde_json::json;
use std::process::Command;
use store::testing::{TestRedis, TestStore};

const SECRET: &str = "hunter2-of-the-collector";

/// A role that tells `collector` everything, every second or at its end alone.
fn role(role: &str, database: &TestStore, collector: &str, protocol: &str, every_seconds: &str) -> Command {
    let mut program = Crease::program();
    program.arg(role).env("DATABASE_URL", database.url()).env("CREASE__HTTP__LISTEN", "127.0.0.1:0");
    program.env("CREASE__SANDBOX__ENABLED", "false").env("CREASE__MARKETS__LISTEN", "127.0.0.1:0");
    program.env("CREASE__TELEMETRY__OTLP", collector).env("CREASE__TELEMETRY__PROTOCOL", protocol);
    program.env("CREASE__TELEMETRY__HEADERS", format!("{{ x-key = \"{SECRET}\" }}"));
    program.env("CREASE__TELEMETRY__TRACES", "1.0").env("CREASE__TELEMETRY__EVERY_SECONDS", every_seconds);
    program
}

fn is_of(resource: &Resource, role: &str) -> bool {
    let attribute = |name| attribute(&resource.attributes, name);
    attribute("crease.role") == Some(role)
        && attribute("service.name") == Some("crease")
        && attribute("service.version") == Some(env!("CARGO_PKG_VERSION"))
        && attribute("service.instance.id").is_some_and(|it| it.starts_with("ins_"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_metrics_and_logs_arrive_while_a_process_runs_and_hold_no_secret() {
    let database = database().await;
    let (secret, publishable) = keys(&database).await;
    for protocol in ["grpc", "http"] {
        let collector = Collector::speaking(protocol).await;
        let api = Crease::listening(role("api", &database, &collector.url, protocol, "1"));
        let get = async |path: &str| {
            let request = client().get(format!("{}{path}", api.url)).bearer_auth(&secret);
            let request = request.header("cookie", "session=hunter2-of-a-cookie");
            request.header("crease-fan", "hunter2-of-a-fan").send().await.unwrap().status()
        };
        assert_eq!(get("/v1/matches?cursor=hunter2-of-a-query").await, StatusCode::BAD_REQUEST);
        assert_eq!(get("/v1/matches").await, StatusCode::OK);
        assert_eq!(
            get(&format!("/v1/matches/hunter2-of-a-path?key={publishable}")).await,
            StatusCode::NOT_FOUND
        );
        assert_eq!(get("/hunter2-of-a-path").await, StatusCode::NOT_FOUND);

        let request = |span: &Span| {
            let attribute = |name| attribute(&span.attributes, name);
            span.name == "GET /v1/matches"
                && attribute("http.route") == Some("/v1/matches")
                && attribute("http.request.method") == Some("GET")
                && number(&span.attributes, "http.response.status_code") == Some(200)
                && span.parent_span_id.is_empty()
        };
        collector.until("a span", |it| it.spans.iter().any(|(of, it)| is_of(of, "api") && request(it))).await;
        collector
            .until("a log line", |it| {
                let listening = Value::StringValue("listening".to_owned());
                let is_it = |value: &Value| *value == listening;
                it.logs.iter().any(|(of, it)| {
                    is_of(of, "api") && it.body.as_ref().and_then(|it| it.value.as_ref()).is_some_and(is_it)
                })
            })
            .await;
        collector
            .until("a metric", |it| {
                it.metrics.iter().any(|(of, it)| {
                    let Some(Data::Histogram(histogram)) = &it.data else { return false };
                    is_of(of, "api")
                        && (it.name.as_str(), it.unit.as_str()) == ("http.server.request.duration", "s")
                        && histogram.data_points.iter().any(|it| {
                            attribute(&it.attributes, "http.route") == Some("/v1/matches")
                                && number(&it.attributes, "http.response.status_code") == Some(200)
                                && it.explicit_bounds.contains(&0.02)
                                && it.count >= 1
                        })
                })
            })
            .await;
        let counters = |name: &str| collector.arrived().metrics.iter().any(|it| it.1.name == name);
        assert!(counters("http.server.request.duration") && !counters("http_request_seconds"));
        let prometheus = client().get(format!("{}/metrics", api.url)).send().await.unwrap();
        let prometheus = prometheus.text().await.unwrap();
        assert!(prometheus.contains("http_request_seconds_bucket{route=\"/v1/matches\""), "{prometheus}");

        let said = api.last_words();
        let arrived = collector.arrived();
        assert!(arrived.keys.iter().all(|it| it == SECRET), "each export has the header");
        for hidden in ["hunter2", &secret, &publishable, &secret[12..], &publishable[12..]] {
            assert!(!arrived.text.contains(hidden), "{hidden} was exported by {protocol}");
            assert!(!said.contains(hidden), "{hidden} was logged: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_left_when_a_process_stops_arrives_then_from_every_role() {
    let database = database().await;
    let both = ["grpc", "http"];
    for (at, name) in ["all", "edge", "api", "worker", "ingest"].into_iter().enumerate() {
        for protocol in if at == 0 { &both[..] } else { &both[at % 2..=at % 2] } {
            let collector = Collector::speaking(protocol).await;
            let process = Crease::listening(role(name, &database, &collector.url, protocol, "3600"));
            assert_eq!(client().get(format!("{}/healthz", process.url)).send().await.unwrap().status(), 200);
            process.terminate();
            assert!(process.ended().success());
            let arrived = collector.arrived();
            let name_of = |of: &Resource| is_of(of, name);
            assert!(arrived.spans.iter().any(|it| name_of(&it.0)), "spans of {name} by {protocol}");
            assert!(arrived.metrics.iter().any(|it| name_of(&it.0)), "metrics of {name} by {protocol}");
            assert!(arrived.logs.iter().any(|it| name_of(&it.0)), "logs of {name} by {protocol}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_whose_collector_is_away_starts_serves_stops_and_says_so_once() {
    let database = database().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    // One that takes connections and never answers; and, once it is closed, one that is not there.
    let silent = Crease::listening(role("api", &database, &url, "http", "1"));
    assert_eq!(client().get(format!("{}/readyz", silent.url)).send().await.unwrap().status(), 200);
    silent.terminate();
    assert!(silent.ended().success());
    drop(nobody);
    for protocol in ["grpc", "http"] {
        let mut api = Crease::listening(role("api", &database, &url, protocol, "1"));
        let away = "the collector is away: what happens meanwhile may be missing there";
        assert_eq!(api.logged(away)["collector"], url);
        assert_eq!(client().get(format!("{}/readyz", api.url)).send().await.unwrap().status(), 200);
        // All three signals are tried again at the end.
        let said = api.last_words();
        assert!(said.contains("stopped") && !said.contains("the collector is"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_follows_a_ball_from_its_feed_to_the_streams_of_another_process() {
    let (database, redis) = (database().await, TestRedis::start().await.unwrap());
    let (secret, publishable) = keys(&database).await;
    let collector = Collector::speaking("grpc").await;
    let start = |name: &str, callers: &str| {
        let mut program = role(name, &database, &collector.url, "grpc", "1");
        program.env("REDIS_URL", redis.url()).env("CREASE__TELEMETRY__CALLERS", callers);
        // Nothing begins a trace but who is believed.
        program.env("CREASE__TELEMETRY__TRACES", "0.0");
        Crease::listening(program)
    };
    let (ingest, edge) = (start("ingest", "[\"127.0.0.0/8\"]"), start("edge", "[]"));
    let post = async |path: &str, body: serde_json::Value, traceparent: &str| -> serde_json::Value {
        let request = client().post(format!("{}{path}", ingest.url)).bearer_auth(&secret).json(&body);
        let request = request.header("traceparent", traceparent);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    };
    let created = post("/v1/feed/matches", announcement("m"), "none").await;
    let id = created["id"].as_str().unwrap();
    let open =
        client().get(format!("{}/v1/matches/{id}/stream", edge.url)).header("x-crease-key", &publishable);
    // As it is asked of whoever opens it.
    let open = open.header("traceparent", "00-11111111111111111111111111111111-1111111111111111-01");
    let mut stream = Stream::of(open.send().await.unwrap());
    let mut fan = Fan::default();
    fan.take(&stream.event().await.unwrap());
    let scene = Scene::innings(1, 5);
    let path = format!("/v1/feed/matches/{id}/commands");
    for (at, command) in scene.commands[..3].iter().enumerate() {
        // The second is one of a trace that is not kept.
        let flags = if at == 1 { "00" } else { "01" };
        let traceparent = format!("00-0af7651916cd43dd8448eb211c8031{at:02}-b7ad6b7169203331-{flags}");
        let batch = post(&path, json!({ "commands": [command] }), &traceparent).await;
        assert_eq!(answers(&batch), [format!("accepted {}", at + 1)]);
        fan.follow(&mut stream, at as u64 + 1).await;
    }
    let flushes = |spans: &[(Resource, Span)]| spans.iter().filter(|it| it.1.name == "stream.flush").count();
    collector.until("two flushes", |it| flushes(&it.spans) == 2).await;
    collector
        .until("the feed's spans", |it| it.spans.iter().filter(|it| it.1.name == "feed.append").count() == 2)
        .await;
    ingest.terminate();
    assert!(ingest.ended().success());
    let arrived = collector.arrived();
    for at in [0, 2] {
        let trace = format!("0af7651916cd43dd8448eb211c8031{at:02}");
        let of_it: Vec<_> = arrived.spans.iter().filter(|it| hex(&it.1.trace_id) == trace).collect();
        let named = |name: &str| {
            let found: Vec<_> = of_it.iter().filter(|it| it.1.name == name).collect();
            assert_eq!(found.len(), 1, "{name} in {of_it:?}");
            found[0]
        };
        let request = named("POST /v1/feed/matches/{id}/commands");
        let (submit, append, flush) = (named("feed.submit"), named("feed.append"), named("stream.flush"));
        assert_eq!(of_it.len(), 4);
        assert_eq!(hex(&request.1.parent_span_id), "b7ad6b7169203331");
        assert_eq!(submit.1.parent_span_id, request.1.span_id);
        assert_eq!(attribute(&submit.1.attributes, "crease.match_id"), Some(id));
        assert_eq!(append.1.parent_span_id, submit.1.span_id);
        assert_eq!(flush.1.parent_span_id, submit.1.span_id);
        assert!(is_of(&request.0, "ingest") && is_of(&submit.0, "ingest") && is_of(&flush.0, "edge"));
        assert_eq!(number(&flush.1.attributes, "streams"), Some(1));
    }
    assert!(!arrived.text.contains("11111111111111111111111111111111"), "nobody is believed by the edge");
    assert_eq!(arrived.spans.iter().filter(|it| it.1.name == "feed.submit").count(), 2);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
