//! Logs, metrics and traces of the process: to standard error and `/metrics`, and to an OpenTelemetry collector where one is named.
//!
//! What may be said of a request is its route's pattern, its method and its status; never a path, a query, a header or a body, for keys and
//! tokens stand there.

mod export;
mod recorder;

use crate::config::{Config, Log, LogFormat};
use crate::role::Role;
use export::Export;
use jobs::trace::TRACES;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use recorder::Both;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Bounds of the latency histograms in seconds: 1 ms to 10 s, with 20 ms among them.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What a process tells of itself. To be stopped at its end, or the last seconds are not exported.
pub struct Telemetry {
    export: Option<Export>,
}

impl Telemetry {
    /// Starts logging to standard error and, where a collector is named and this is a role, exporting to it. A filter that cannot be parsed
    /// is an error; a second call changes nothing. To be called within the runtime.
    pub fn start(config: &Config, role: Option<Role>) -> anyhow::Result<Self> {
        let export = match role {
            Some(role) => Export::start(&config.telemetry, role)?,
            None => None,
        };
        match &export {
            None => log(&config.log)?,
            Some(export) => log_and_export(&config.log, export)?,
        }
        Ok(Self { export })
    }

    /// Starts collecting metrics; the handle renders them for `/metrics`.
    pub fn metrics(&self) -> anyhow::Result<PrometheusHandle> {
        let Some(export) = &self.export else { return metrics() };
        let prometheus = prometheus()?;
        let handle = prometheus.handle();
        metrics::set_global_recorder(Both::new(prometheus, export.meter()))?;
        describe();
        Ok(handle)
    }

    /// Exports what is left, for at most [`export::FLUSH_MAX`]. It blocks, and must not run on a thread of the runtime.
    pub fn stop(self) {
        if let Some(export) = self.export {
            export.stop();
        }
    }
}

/// Starts logging to standard error alone.
fn log(config: &Log) -> anyhow::Result<()> {
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter(&config.filter)?).with_writer(std::io::stderr);
    let _already = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    Ok(())
}

fn log_and_export(config: &Log, export: &Export) -> anyhow::Result<()> {
    let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let text = match config.format {
        LogFormat::Json => text.json().flatten_event(true).boxed(),
        LogFormat::Text => text.boxed(),
    };
    let registry = tracing_subscriber::registry().with(text.with_filter(filter(&config.filter)?));
    let _already = registry.with(export.spans()).with(export.logs(filter(&config.filter)?)).try_init();
    Ok(())
}

/// It calls each bad answer of a visitor's passkey an error; what matters of them the caller says.
const QUIET: &str = "webauthn_rs_core";

/// The configured filter, with what only visitors can bring about left out, unless it is named, and without the spans of traces.
fn filter(configured: &str) -> Result<EnvFilter, ParseError> {
    let mut filter = EnvFilter::try_new(configured)?;
    for name in [QUIET, TRACES] {
        if !configured.contains(name) {
            filter = filter.add_directive(format!("{name}=off").parse()?);
        }
    }
    Ok(filter)
}

/// Starts collecting metrics for `/metrics` alone.
pub fn metrics() -> anyhow::Result<PrometheusHandle> {
    let prometheus = prometheus()?;
    let handle = prometheus.handle();
    metrics::set_global_recorder(prometheus)?;
    describe();
    Ok(handle)
}

fn prometheus() -> anyhow::Result<PrometheusRecorder> {
    let builder = PrometheusBuilder::new();
    Ok(builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?.build_recorder())
}

fn describe() {
    metrics::describe_histogram!("http_request_seconds", "Time to answer a request, by route and status");
    metrics::describe_histogram!(
        "feed_accept_seconds",
        "Time from a batch's arrival to its commit and publication"
    );
    metrics::describe_counter!("feed_commands_total", "Commands of feeds, by answer");
    metrics::describe_histogram!(
        "stream_fan_out_seconds",
        "Time from an update's publication to the last write of it, to subscribers that keep up"
    );
    metrics::describe_counter!("stream_refusals_total", "Streams that were not opened, by problem");
    metrics::describe_counter!("connections_refused_total", "Connections that were turned away, by reason");
    metrics::describe_counter!(
        "key_refusals_total",
        "Requests whose key did not open what they asked for, by code"
    );
    metrics::describe_counter!("fan_refusals_total", "Fans who were not believed, by code");
    metrics::describe_counter!("limit_fallbacks_total", "Rates judged here and not in Redis, by reason");
    metrics::describe_counter!("stream_starts_total", "Streams opened, resumed or with a snapshot");
    metrics::describe_counter!("stream_byes_total", "Streams that we closed, by reason");
    metrics::describe_counter!("stream_topic_reloads_total", "Matches read again after a gap");
    metrics::describe_counter!(
        "bus_lost_total",
        "Updates that others were told to look for, for Redis was away too long"
    );
    metrics::describe_counter!("bus_gaps_total", "Updates from the bus before which others were missing");
    metrics::describe_counter!("bus_catch_ups_total", "Matches that were caught up with, by where from");
    metrics::describe_counter!("human_checks_total", "Human checks of forms, by endpoint and outcome");
    metrics::describe_counter!(
        "human_faults_total",
        "Answers of the human check's provider that are none, by provider and fault"
    );
    metrics::describe_counter!("jobs_attempts_total", "Attempts at jobs, by queue, kind and outcome");
    metrics::describe_histogram!("jobs_wait_seconds", "Time from when a job could have begun to when it did");
    metrics::describe_histogram!("jobs_run_seconds", "Time that an attempt at a job took");
    metrics::describe_counter!("jobs_stuck_total", "Attempts that block their thread beyond their time");
    metrics::describe_gauge!(
        "jobs_queue_depth",
        "Jobs of a queue, by state, up to 10,001; the same from each worker"
    );
    metrics::describe_gauge!("jobs_queue_oldest_seconds", "For how long the oldest ready job has been so");
    metrics::describe_gauge!("bus_delayed", "1 while updates of other processes come from the log alone");
}

#[cfg(test)]
mod tests {
    use super::filter;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a log").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn bad_answers_of_visitors_passkeys_are_not_logged_unless_the_filter_names_who_says_so() {
        for (configured, ours, theirs) in [
            ("info", true, false),
            ("trace", true, false),
            ("warn,server=debug", true, false),
            ("info,webauthn_rs_core=error", true, true),
            ("off,webauthn_rs_core::core=trace", false, true),
        ] {
            let lines = Lines::default();
            let writer = lines.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_env_filter(filter(configured).unwrap())
                .with_writer(move || writer.clone())
                .finish();
            tracing::subscriber::with_default(subscriber, || {
                tracing::error!(target: "server::http", "of ours");
                tracing::error!(target: "webauthn_rs_core::core", "of theirs");
            });
            let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            let said = (lines.contains("of ours"), lines.contains("of theirs"));
            assert_eq!(said, (ours, theirs), "{configured}: {lines}");
        }
        assert!(filter("info,,=").is_err());
    }
}
