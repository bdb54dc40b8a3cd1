//! The way to the collector. Each signal has a bounded queue and a thread of its own, so that nobody waits for the collector; what finds its
//! queue full is dropped.

use crate::config::{Protocol, Telemetry};
use crate::role::Role;
use anyhow::Context;
use jobs::trace::TRACES;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    LogExporter, MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{BatchLogProcessor, LogBatch, SdkLoggerProvider};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData};
use opentelemetry_sdk::{logs, trace};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

/// How long the last export may take when the process stops.
pub(super) const FLUSH_MAX: Duration = Duration::from_secs(3);
/// How long one export may take; less than [`FLUSH_MAX`], so that one that hangs at the end does not take all of it.
const EXPORT_MAX: Duration = Duration::from_secs(2);
/// Spans, and log lines, that wait for the next export; some 1 KB each.
const QUEUE_MAX: usize = 8_192;
/// And how many of them go at once.
const BATCH_MAX: usize = 1_024;
const SCOPE: &str = "crease";

/// What brings our own exports about must not be exported.
const OF_EXPORTS: &[&str] =
    &["h2", "hyper", "hyper_util", "opentelemetry", "reqwest", "rustls", "tonic", "tower"];

/// A process's way to its collector.
pub(super) struct Export {
    spans: SdkTracerProvider,
    metrics: SdkMeterProvider,
    logs: SdkLoggerProvider,
}

impl Export {
    /// None where no collector is named. One that is away is no error: it is tried again.
    pub(super) fn start(config: &Telemetry, role: Role) -> anyhow::Result<Option<Self>> {
        let Some(collector) = config.collector()? else { return Ok(None) };
        let way = Way::to(collector, config)?;
        let link = Arc::new(Link { away: AtomicU8::new(0), collector: collector.to_owned() });
        let resource = resource(config, role);
        let every = Duration::from_secs(u64::from(config.every_seconds.get()));

        let exporter = Watched { exporter: way.spans()?, link: link.clone(), signal: Signal::Spans };
        let batches = trace::BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_max_export_batch_size(BATCH_MAX)
            .with_scheduled_delay(every);
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches.build()).build();
        let spans = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.traces))))
            .with_span_processor(processor)
            .build();

        let exporter = Watched { exporter: way.logs()?, link: link.clone(), signal: Signal::Logs };
        let batches = logs::BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_max_export_batch_size(BATCH_MAX)
            .with_scheduled_delay(every);
        let processor = BatchLogProcessor::builder(exporter).with_batch_config(batches.build()).build();
        let logs = SdkLoggerProvider::builder()
            .with_resource(resource.clone())
            .with_log_processor(processor)
            .build();

        let exporter = Watched { exporter: way.metrics()?, link, signal: Signal::Metrics };
        let reader = PeriodicReader::builder(exporter).with_interval(every).build();
        let metrics = SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build();
        Ok(Some(Self { spans, metrics, logs }))
    }

    pub(super) fn meter(&self) -> Meter {
        self.metrics.meter(SCOPE)
    }

    /// Spans of ours, without what is logged within them: logs say which span they belong to.
    pub(super) fn spans<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let tracer = self.spans.tracer_with_scope(InstrumentationScope::builder(SCOPE).build());
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        let is_ours = |it: &Metadata<'_>| it.target() == TRACES || it.target().starts_with("jobs::");
        layer.with_filter(filter_fn(move |it| it.is_span() && *it.level() <= Level::INFO && is_ours(it)))
    }

    /// What is logged to standard error.
    pub(super) fn logs<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        filter: EnvFilter,
    ) -> impl Layer<S> + use<S> {
        let is_own = |target: &str| OF_EXPORTS.contains(&target.split("::").next().unwrap_or_default());
        let others = filter_fn(move |it| !is_own(it.target()));
        OpenTelemetryTracingBridge::new(&self.logs).with_filter(filter.and(others))
    }

    /// Exports what is left: all signals at once, each within [`FLUSH_MAX`].
    pub(super) fn stop(self) {
        let Self { spans, metrics, logs } = self;
        std::thread::scope(|scope| {
            // That it failed has been said by who is watching.
            scope.spawn(|| drop(spans.shutdown_with_timeout(FLUSH_MAX)));
            scope.spawn(|| drop(metrics.shutdown_with_timeout(FLUSH_MAX)));
            scope.spawn(|| drop(logs.shutdown_with_timeout(FLUSH_MAX)));
        });
    }
}

/// Who is speaking, by the semantic conventions of services.
fn resource(config: &Telemetry, role: Role) -> Resource {
    Resource::builder()
        .with_service_name(config.service.clone())
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", store::ids::new("ins")),
            KeyValue::new("crease.role", role.word()),
        ])
        .build()
}

/// How exports get there.
enum Way<'a> {
    Grpc { collector: &'a str, headers: MetadataMap },
    Http { collector: &'a str, headers: HashMap<String, String>, client: reqwest::blocking::Client },
}

/// A builder with what all signals have in common.
macro_rules! built {
    ($way:expr, $builder:expr, $path:literal) => {
        match $way {
            Way::Grpc { collector, headers } => {
                let builder = $builder.with_tonic().with_endpoint(*collector).with_timeout(EXPORT_MAX);
                let builder = builder.with_metadata(headers.clone());
                let is_secret = collector.starts_with("https:");
                let tls = is_secret.then(|| ClientTlsConfig::new().with_enabled_roots());
                match tls {
                    Some(tls) => builder.with_tls_config(tls).build(),
                    None => builder.build(),
                }
            }
            Way::Http { collector, headers, client } => $builder
                .with_http()
                .with_endpoint(format!("{collector}{}", $path))
                .with_timeout(EXPORT_MAX)
                .with_headers(headers.clone())
                .with_http_client(client.clone())
                .build(),
        }
        .context("telemetry")
    };
}

impl<'a> Way<'a> {
    fn to(collector: &'a str, config: &Telemetry) -> anyhow::Result<Self> {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let headers = config.headers()?;
        if config.protocol == Protocol::Grpc {
            return Ok(Way::Grpc { collector, headers: MetadataMap::from_headers(headers) });
        }
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        // It brings a runtime of its own, which cannot be made within ours.
        let building = std::thread::spawn(|| {
            let builder = reqwest::blocking::Client::builder().timeout(EXPORT_MAX);
            builder.redirect(reqwest::redirect::Policy::none()).build()
        });
        let client = building.join().map_err(|_| anyhow::anyhow!("telemetry: no client can be made"))?;
        Ok(Way::Http { collector, headers, client: client.context("telemetry")? })
    }

    fn spans(&self) -> anyhow::Result<SpanExporter> {
        built!(self, SpanExporter::builder(), "/v1/traces")
    }

    fn logs(&self) -> anyhow::Result<LogExporter> {
        built!(self, LogExporter::builder(), "/v1/logs")
    }

    fn metrics(&self) -> anyhow::Result<MetricExporter> {
        let builder = || MetricExporter::builder().with_temporality(Temporality::Cumulative);
        built!(self, builder(), "/v1/metrics")
    }
}

#[derive(Clone, Copy, Debug)]
enum Signal {
    Spans = 1,
    Metrics = 2,
    Logs = 4,
}

/// Whether the collector takes what it is sent. What is said of that is said once, however long it lasts.
#[derive(Debug)]
struct Link {
    /// The signals that did not get there.
    away: AtomicU8,
    collector: String,
}

impl Link {
    fn note(&self, signal: Signal, result: &OTelSdkResult) {
        let bit = signal as u8;
        match result {
            Err(error) if self.away.fetch_or(bit, Ordering::Relaxed) == 0 => {
                let collector = &self.collector;
                tracing::warn!(collector, %error, "the collector is away: what happens meanwhile may be missing there");
            }
            Ok(()) if self.away.fetch_and(!bit, Ordering::Relaxed) == bit => {
                tracing::info!(collector = self.collector, "the collector is there again");
            }
            _ => {}
        }
    }
}

/// An exporter whose failures are noted.
#[derive(Debug)]
struct Watched<E> {
    exporter: E,
    link: Arc<Link>,
    signal: Signal,
}

impl trace::SpanExporter for Watched<SpanExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        self.link.note(self.signal, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl logs::LogExporter for Watched<LogExporter> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        self.link.note(self.signal, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl PushMetricExporter for Watched<MetricExporter> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.exporter.export(metrics).await;
        self.link.note(self.signal, &result);
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
