//! Metrics to two places: each is kept for `/metrics` and handed to OpenTelemetry.
//!
//! Both are found under one key by one look, as it was with Prometheus alone; what is added is an atomic addition, or some 100 ns for a
//! histogram with its attributes.

use super::SECONDS;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Level, Metadata, Recorder,
    SharedString, Unit,
};
use metrics_exporter_prometheus::PrometheusRecorder;
use metrics_util::registry::{Registry, Storage};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Names that OpenTelemetry's semantic conventions have; all others are the same in both places.
const CONVENTIONS: &[(&str, &str)] = &[("http_request_seconds", "http.server.request.duration")];
const STATUS: &str = "http.response.status_code";
const CONVENTIONS_OF_REQUESTS: &[(&str, &str)] =
    &[("route", "http.route"), ("method", "http.request.method"), ("status", STATUS)];

/// The recorder of both.
pub(super) struct Both {
    registry: Registry<Key, Places>,
}

struct Places {
    prometheus: PrometheusRecorder,
    meter: Meter,
    descriptions: Mutex<HashMap<KeyName, SharedString>>,
}

impl Both {
    pub(super) fn new(prometheus: PrometheusRecorder, meter: Meter) -> Self {
        let places = Places { prometheus, meter, descriptions: Mutex::default() };
        Self { registry: Registry::new(places) }
    }

    fn note(&self, name: KeyName, description: SharedString) {
        let descriptions = &self.registry.storage().descriptions;
        descriptions.lock().unwrap_or_else(PoisonError::into_inner).insert(name, description);
    }

    fn prometheus(&self) -> &PrometheusRecorder {
        &self.registry.storage().prometheus
    }
}

impl Recorder for Both {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.note(name.clone(), description.clone());
        self.prometheus().describe_counter(name, unit, description);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.note(name.clone(), description.clone());
        self.prometheus().describe_gauge(name, unit, description);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.note(name.clone(), description.clone());
        self.prometheus().describe_histogram(name, unit, description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.registry.get_or_create_counter(key, |it| it.clone().into())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.registry.get_or_create_gauge(key, |it| it.clone().into())
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.registry.get_or_create_histogram(key, |it| it.clone().into())
    }
}

/// Nobody asks Prometheus' recorder for it.
const NO_METADATA: Metadata<'static> = Metadata::new("", Level::INFO, None);

impl Storage<Key> for Places {
    type Counter = Arc<Counted>;
    type Gauge = Arc<Gauged>;
    type Histogram = Arc<Measured>;

    fn counter(&self, key: &Key) -> Arc<Counted> {
        let near = self.prometheus.register_counter(key, &NO_METADATA);
        let far = self.meter.u64_counter(name(key)).with_description(self.description(key)).build();
        Arc::new(Counted { near, far, attributes: attributes(key), highest: AtomicU64::new(0) })
    }

    fn gauge(&self, key: &Key) -> Arc<Gauged> {
        let near = self.prometheus.register_gauge(key, &NO_METADATA);
        let far = self.meter.f64_gauge(name(key)).with_unit(unit(key));
        let far = far.with_description(self.description(key)).build();
        Arc::new(Gauged { near, far, attributes: attributes(key), value: Mutex::new(0.0) })
    }

    fn histogram(&self, key: &Key) -> Arc<Measured> {
        let near = self.prometheus.register_histogram(key, &NO_METADATA);
        let far = self.meter.f64_histogram(name(key)).with_unit(unit(key));
        let far = far.with_description(self.description(key)).with_boundaries(SECONDS.to_vec()).build();
        Arc::new(Measured { near, far, attributes: attributes(key) })
    }
}

impl Places {
    fn description(&self, key: &Key) -> String {
        let descriptions = self.descriptions.lock().unwrap_or_else(PoisonError::into_inner);
        descriptions.get(key.name()).map(ToString::to_string).unwrap_or_default()
    }
}

fn name(key: &Key) -> String {
    let convention = CONVENTIONS.iter().find(|it| it.0 == key.name());
    convention.map_or(key.name(), |it| it.1).to_owned()
}

fn unit(key: &Key) -> &'static str {
    if key.name().ends_with("_seconds") { "s" } else { "" }
}

fn attributes(key: &Key) -> Vec<KeyValue> {
    let has_convention = CONVENTIONS.iter().any(|it| it.0 == key.name());
    let attribute = |label: &metrics::Label| {
        let convention =
            CONVENTIONS_OF_REQUESTS.iter().find(|it| has_convention && it.0 == label.key()).map(|it| it.1);
        let name = convention.unwrap_or(label.key()).to_owned();
        match label.value().parse::<i64>() {
            Ok(status) if convention == Some(STATUS) => KeyValue::new(name, status),
            _ => KeyValue::new(name, label.value().to_owned()),
        }
    };
    key.labels().map(attribute).collect()
}

struct Counted {
    near: Counter,
    far: opentelemetry::metrics::Counter<u64>,
    attributes: Vec<KeyValue>,
    /// What it was set to.
    highest: AtomicU64,
}

impl CounterFn for Counted {
    fn increment(&self, by: u64) {
        self.near.increment(by);
        self.far.add(by, &self.attributes);
    }

    fn absolute(&self, value: u64) {
        self.near.absolute(value);
        let before = self.highest.fetch_max(value, Ordering::Relaxed);
        self.far.add(value.saturating_sub(before), &self.attributes);
    }
}

struct Gauged {
    near: Gauge,
    far: opentelemetry::metrics::Gauge<f64>,
    attributes: Vec<KeyValue>,
    value: Mutex<f64>,
}

impl Gauged {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        *value = change(*value);
        self.far.record(*value, &self.attributes);
    }
}

impl GaugeFn for Gauged {
    fn increment(&self, by: f64) {
        self.near.increment(by);
        self.change(|it| it + by);
    }

    fn decrement(&self, by: f64) {
        self.near.decrement(by);
        self.change(|it| it - by);
    }

    fn set(&self, value: f64) {
        self.near.set(value);
        self.change(|_| value);
    }
}

struct Measured {
    near: Histogram,
    far: opentelemetry::metrics::Histogram<f64>,
    attributes: Vec<KeyValue>,
}

impl HistogramFn for Measured {
    fn record(&self, value: f64) {
        self.near.record(value);
        self.far.record(value, &self.attributes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::prometheus;
    use opentelemetry::metrics::MeterProvider;
    use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

    #[test]
    fn what_is_measured_is_the_same_in_both_places() {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        let prometheus = prometheus().unwrap();
        let handle = prometheus.handle();
        metrics::with_local_recorder(&Both::new(prometheus, provider.meter("test")), || {
            metrics::describe_counter!("asked_total", "How often it was asked");
            metrics::counter!("asked_total", "by" => "one").increment(2);
            metrics::counter!("asked_total", "by" => "one").increment(1);
            metrics::counter!("asked_total", "by" => "two").absolute(5);
            metrics::counter!("asked_total", "by" => "two").absolute(4);
            metrics::gauge!("open").set(7.0);
            metrics::gauge!("open").increment(2.0);
            metrics::gauge!("open").decrement(1.0);
            metrics::histogram!("took_seconds").record(0.02);
        });
        let near = handle.render();
        for line in
            ["asked_total{by=\"one\"} 3", "asked_total{by=\"two\"} 5", "open 8", "took_seconds_count 1"]
        {
            assert!(near.contains(line), "{line} in {near}");
        }
        provider.force_flush().unwrap();
        let mut far = Vec::new();
        let exported = exporter.get_finished_metrics().unwrap();
        for metric in exported.iter().flat_map(|it| it.scope_metrics()).flat_map(|it| it.metrics()) {
            let name = metric.name();
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => far.extend(sum.data_points().map(|it| {
                    let by: Vec<_> = it.attributes().map(|it| it.value.to_string()).collect();
                    format!("{name} {} {} {}", by.join(","), it.value(), metric.description())
                })),
                AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                    far.extend(gauge.data_points().map(|it| format!("{name} {}", it.value())));
                }
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    far.extend(histogram.data_points().map(|it| {
                        assert!(it.bounds().eq(SECONDS.iter().copied()));
                        format!("{name} {} {}", it.count(), metric.unit())
                    }));
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        far.sort();
        let expected = [
            "asked_total one 3 How often it was asked",
            "asked_total two 5 How often it was asked",
            "open 8",
            "took_seconds 1 s",
        ];
        assert_eq!(far, expected);
    }
}
