//! One trace leads from where work is asked for to where it is done, as an exporter sees it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use jobs::rpc::{Call, CallError, Caller, Registry, Server, Service, Terms};
use jobs::{Attempt, Backoff, Job, MIGRATIONS, NotDone, Wish, Worker, enqueue};
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Duration;
use store::Store;
use store::testing::TestStore;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

/// All spans of this process.
fn exporter() -> InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    let exporter = EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
            .expect("it is the only one");
        exporter
    });
    exporter.clone()
}

fn spans(name: &str) -> Vec<SpanData> {
    let all = exporter().get_finished_spans().expect("they are kept");
    all.into_iter().filter(|it| it.name == name).collect()
}

#[derive(Serialize, Deserialize)]
struct Traced;

impl Job for Traced {
    const KIND: &'static str = "traced";
}

async fn put(store: &Store) {
    let put = store.run_tx("test", async |tx| enqueue(tx, &Traced, &Wish::default()).await);
    put.await.expect("it is enqueued");
}

/// The spans of a job's two attempts, and of who enqueued it, where so many hours have gone by before the first.
async fn attempts_after(hours: i32, asked: &'static str) -> (SpanData, Vec<SpanData>) {
    exporter();
    let test = TestStore::new(&[MIGRATIONS]).await;
    let span = tracing::info_span!("asked for", otel.name = asked);
    put(test.store()).instrument(span).await;
    let earlier = "update jobs.job set created_at = created_at - make_interval(hours => $1)";
    test.store().run_tx("test", async |tx| tx.execute(earlier, &[&hours]).await).await.unwrap();
    let stop = CancellationToken::new();
    let done = stop.clone();
    let backoff = Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(1) };
    let worker = Worker::new(test.store().clone(), "test").backoff(backoff);
    let worker = worker.handle(move |_: Traced, attempt: Attempt| {
        let done = done.clone();
        async move {
            if attempt.number() == 1 {
                return Err(NotDone::Retry("not yet".to_owned()));
            }
            tracing::info_span!("within", otel.name = format!("within {asked}")).in_scope(|| done.cancel());
            Ok(())
        }
    });
    worker.run(stop.cancelled_owned()).await.unwrap();
    let asked_for = spans(asked).remove(0);
    let from = asked_for.span_context.clone();
    let is_of_it = |it: &SpanData| {
        it.parent_span_id == from.span_id()
            || it.links.iter().any(|it| it.span_context.span_id() == from.span_id())
    };
    let attempts: Vec<SpanData> = spans("traced").into_iter().filter(is_of_it).collect();
    assert_eq!(attempts.len(), 2);
    assert!(attempts.iter().all(|it| it.span_kind == opentelemetry::trace::SpanKind::Consumer));
    assert_eq!(attempts[0].status, Status::error("not yet"));
    assert_eq!(attempts[1].status, Status::Unset);
    let within = spans(&format!("within {asked}")).remove(0);
    assert_eq!(within.parent_span_id, attempts[1].span_context.span_id());
    (asked_for, attempts)
}

#[tokio::test]
async fn an_attempt_that_comes_soon_is_part_of_the_trace_which_enqueued_its_job() {
    let (asked, attempts) = attempts_after(0, "asked now").await;
    for attempt in &attempts {
        assert_eq!(attempt.span_context.trace_id(), asked.span_context.trace_id());
        assert_eq!(attempt.parent_span_id, asked.span_context.span_id());
        assert!(attempt.parent_span_is_remote && attempt.links.is_empty());
    }
}

#[tokio::test]
async fn a_late_attempt_is_a_trace_of_its_own_that_names_the_span_which_enqueued_its_job() {
    let (asked, attempts) = attempts_after(1, "asked long ago").await;
    for attempt in &attempts {
        assert_ne!(attempt.span_context.trace_id(), asked.span_context.trace_id());
        let links: Vec<_> = attempt.links.iter().map(|it| &it.span_context).collect();
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].trace_id(), asked.span_context.trace_id());
        assert_eq!(links[0].span_id(), asked.span_context.span_id());
    }
}

struct Ask;

impl Service for Ask {
    const NAME: &'static str = "ask";
    type Request = ();
    type Reply = ();
}

#[tokio::test]
async fn a_call_belongs_to_the_trace_of_its_caller() {
    exporter();
    let test = TestStore::new(&[MIGRATIONS]).await;
    for (at, registry) in [Registry::local(), Registry::postgres(test.store())].into_iter().enumerate() {
        let server = Server::new("127.0.0.1:0".parse().unwrap()).serve::<Ask, _, _>(|(), _: Call| async {
            tracing::info_span!("answering").in_scope(|| ());
            Ok(())
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(server.run(registry.clone(), stop.clone()));
        let caller = Caller::new(registry);
        let called = async {
            while let Err(error) = caller.call::<Ask>(&(), &Terms::default()).await {
                assert_eq!(error, CallError::Nobody { service: "ask" });
                tokio::task::yield_now().await;
            }
        };
        called.instrument(tracing::info_span!("asking")).await;
        stop.cancel();
        task.await.unwrap().unwrap();
        // In the order in which they ended.
        let (asking, call, answering) = (&spans("asking")[at], &spans("ask")[at], &spans("answering")[at]);
        assert_eq!(call.span_context.trace_id(), asking.span_context.trace_id());
        assert_eq!(call.parent_span_id, asking.span_context.span_id());
        assert_eq!(answering.parent_span_id, call.span_context.span_id());
    }
}
