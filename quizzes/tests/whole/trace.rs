//! One trace follows an answer to what is credited for it, as an exporter sees it.

use crate::here::{Here, quiz, submission, trivia};
use futures_util::future::join_all;
use jobs::trace;
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use quizzes::Course;
use std::sync::OnceLock;
use tracing::{Instrument, Span};
use tracing_subscriber::layer::SubscriberExt;

/// The spans of this process that are of a trace which began elsewhere.
fn exporter() -> InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    let exporter = EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
            .expect("it is the only one");
        exporter
    });
    exporter.clone()
}

fn request(trace_id: &str, flags: &str) -> Span {
    let span = tracing::info_span!(parent: None, "request");
    trace::join(&span, &format!("00-{trace_id}-b7ad6b7169203331-{flags}"));
    span
}

fn spans(trace_id: &str) -> Vec<SpanData> {
    let all = exporter().get_finished_spans().unwrap();
    all.into_iter().filter(|it| it.span_context.trace_id().to_string() == trace_id).collect()
}

fn one<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let found: Vec<&SpanData> = spans.iter().filter(|it| it.name == name).collect();
    assert_eq!(found.len(), 1, "{name} in {spans:?}");
    found[0]
}

#[tokio::test]
async fn one_trace_leads_from_an_answer_to_its_grant_and_its_credit() {
    exporter();
    let here = Here::new().await;
    here.fan("fan_1").await;
    here.campaign(&[("answer", 5)]).await;
    let id = here.ask(&quiz(vec![trivia("t", "a", 0, 3_600)]), &Course::default()).await.remove(0);
    let trace_id = "0af7651916cd43dd8448eb211c803101";
    let span = request(trace_id, "01");
    here.intake().answer(submission(&id, "fan_1", "a")).instrument(span).await.unwrap();
    let is_credited = async {
        while here.wallet("fan_1").await != 5 {
            tokio::task::yield_now().await;
        }
    };
    here.pay_until(is_credited).await;
    let spans = spans(trace_id);
    let (request, answers) = (one(&spans, "request"), one(&spans, "quizzes.answers"));
    let (judge, credit) = (one(&spans, "rewards.judge"), one(&spans, "wallet.transfer"));
    assert_eq!(request.parent_span_id, SpanId::from_hex("b7ad6b7169203331").unwrap());
    for (child, parent) in [(answers, request), (judge, answers), (credit, judge)] {
        assert_eq!(child.parent_span_id, parent.span_context.span_id(), "{} of {}", child.name, parent.name);
    }
}

#[tokio::test]
async fn answers_that_are_written_together_are_a_trace_that_names_where_they_came_from() {
    exporter();
    let here = Here::new().await;
    let id = here.ask(&quiz(vec![trivia("t", "a", 0, 3_600)]), &Course::default()).await.remove(0);
    let intake = here.intake();
    let traces = ["0af7651916cd43dd8448eb211c803102", "0af7651916cd43dd8448eb211c803103"];
    let answers = traces.iter().enumerate().map(|(at, trace_id)| {
        let submission = submission(&id, &format!("fan_{at}"), "a");
        let intake = intake.clone();
        async move { intake.answer(submission).await.map(drop) }.instrument(request(trace_id, "01"))
    });
    // On one thread, both are handed in before the intake looks.
    for answered in join_all(answers).await {
        answered.unwrap();
    }
    for trace_id in traces {
        let spans = spans(trace_id);
        assert_eq!(spans.iter().map(|it| it.name.as_ref()).collect::<Vec<_>>(), ["request"]);
    }
    let unkept = request("0af7651916cd43dd8448eb211c803104", "00");
    intake.answer(submission(&id, "fan_9", "a")).instrument(unkept).await.unwrap();
    assert!(spans("0af7651916cd43dd8448eb211c803104").is_empty());
}
