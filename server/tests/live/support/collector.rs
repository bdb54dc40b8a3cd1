//! A collector of OpenTelemetry that keeps what it is sent.

use super::DEADLINE;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

/// What has arrived, each with the resource that it is of.
#[derive(Clone, Default)]
pub(crate) struct Arrived {
    pub(crate) spans: Vec<(Resource, Span)>,
    pub(crate) metrics: Vec<(Resource, Metric)>,
    pub(crate) logs: Vec<(Resource, LogRecord)>,
    /// The header `x-key` of each export.
    pub(crate) keys: Vec<String>,
    /// Everything, as text.
    pub(crate) text: String,
}

#[derive(Clone)]
pub(crate) struct Collector {
    pub(crate) url: String,
    arrived: watch::Sender<Arrived>,
}

impl Collector {
    /// One that speaks "grpc" or "http".
    pub(crate) async fn speaking(protocol: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self { url, arrived: watch::Sender::default() };
        match protocol {
            "grpc" => tokio::spawn(serve_http2(listener, collector.rpcs())),
            "http" => {
                let routes = collector.routes();
                tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() })
            }
            other => panic!("no protocol: {other}"),
        };
        collector
    }

    /// Waits until what has arrived is enough.
    pub(crate) async fn until(&self, what: &str, is_enough: impl Fn(&Arrived) -> bool) {
        let mut arrives = self.arrived.subscribe();
        if tokio::time::timeout(DEADLINE, arrives.wait_for(is_enough)).await.is_err() {
            let arrived = self.arrived();
            let spans: Vec<_> = arrived.spans.iter().map(|it| (&it.1.name, &it.1.attributes)).collect();
            panic!("{what}: not within {DEADLINE:?}, but {spans:?}");
        }
    }

    pub(crate) fn arrived(&self) -> Arrived {
        self.arrived.borrow().clone()
    }

    fn rpcs(&self) -> Router {
        let collected = |service: &str| format!("/opentelemetry.proto.collector.{service}/Export");
        Router::new()
            .route_service(&collected("trace.v1.TraceService"), TraceServiceServer::new(self.clone()))
            .route_service(&collected("metrics.v1.MetricsService"), MetricsServiceServer::new(self.clone()))
            .route_service(&collected("logs.v1.LogsService"), LogsServiceServer::new(self.clone()))
    }

    fn routes(&self) -> Router {
        let (spans, metrics, logs) = (self.clone(), self.clone(), self.clone());
        let spans = async move |headers: HeaderMap, body: Bytes| {
            spans.take_spans(&headers, ExportTraceServiceRequest::decode(body).unwrap());
        };
        let metrics = async move |headers: HeaderMap, body: Bytes| {
            metrics.take_metrics(&headers, ExportMetricsServiceRequest::decode(body).unwrap());
        };
        let logs = async move |headers: HeaderMap, body: Bytes| {
            logs.take_logs(&headers, ExportLogsServiceRequest::decode(body).unwrap());
        };
        Router::new()
            .route("/v1/traces", post(spans))
            .route("/v1/metrics", post(metrics))
            .route("/v1/logs", post(logs))
    }

    fn take_spans(&self, headers: &HeaderMap, sent: ExportTraceServiceRequest) {
        self.take(headers, format!("{sent:?}"), |arrived| {
            for it in sent.resource_spans {
                let resource = it.resource.unwrap_or_default();
                let spans = it.scope_spans.into_iter().flat_map(|it| it.spans);
                arrived.spans.extend(spans.map(|it| (resource.clone(), it)));
            }
        });
    }

    fn take_metrics(&self, headers: &HeaderMap, sent: ExportMetricsServiceRequest) {
        self.take(headers, format!("{sent:?}"), |arrived| {
            for it in sent.resource_metrics {
                let resource = it.resource.unwrap_or_default();
                let metrics = it.scope_metrics.into_iter().flat_map(|it| it.metrics);
                arrived.metrics.extend(metrics.map(|it| (resource.clone(), it)));
            }
        });
    }

    fn take_logs(&self, headers: &HeaderMap, sent: ExportLogsServiceRequest) {
        self.take(headers, format!("{sent:?}"), |arrived| {
            for it in sent.resource_logs {
                let resource = it.resource.unwrap_or_default();
                let logs = it.scope_logs.into_iter().flat_map(|it| it.log_records);
                arrived.logs.extend(logs.map(|it| (resource.clone(), it)));
            }
        });
    }

    fn take(&self, headers: &HeaderMap, text: String, keep: impl FnOnce(&mut Arrived)) {
        self.arrived.send_modify(|arrived| {
            let key = headers.get("x-key").map(|it| it.to_str().unwrap().to_owned());
            arrived.keys.push(key.unwrap_or_default());
            arrived.text.push_str(&text);
            keep(arrived);
        });
    }
}

/// The text of an attribute.
pub(crate) fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    match attributes.iter().find(|it| it.key == name)?.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// The number of an attribute.
pub(crate) fn number(attributes: &[KeyValue], name: &str) -> Option<i64> {
    match attributes.iter().find(|it| it.key == name)?.value.as_ref()?.value.as_ref()? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}

async fn serve_http2(listener: TcpListener, routes: Router) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(routes.clone());
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        tokio::spawn(server.serve_connection(TokioIo::new(socket), service));
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (metadata, _, sent) = request.into_parts();
        self.take_spans(&metadata.into_headers(), sent);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (metadata, _, sent) = request.into_parts();
        self.take_metrics(&metadata.into_headers(), sent);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let (metadata, _, sent) = request.into_parts();
        self.take_logs(&metadata.into_headers(), sent);
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}
