//! Where traces, metrics and logs go, as it is configured.

use super::Secret;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU16;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    pub otlp: String,
    pub protocol: Protocol,
    pub headers: BTreeMap<String, Secret>,
    pub service: String,
    #[serde(deserialize_with = "a_share")]
    pub traces: f64,
    pub every_seconds: NonZeroU16,
    pub callers: Vec<ipnet::IpNet>,
}

/// What the collector speaks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Grpc,
    Http,
}

/// Why nothing can be sent to a collector. No text holds a header's value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TelemetryError {
    #[error("telemetry.otlp is an address like http://collector:4317")]
    Address,
    #[error("telemetry.headers: {name:?} is not the name of a header")]
    HeaderName { name: String },
    #[error("telemetry.headers: the value of {name:?} cannot stand in a header")]
    HeaderValue { name: String },
}

fn a_share<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(from)?;
    if !(0.0..=1.0).contains(&share) {
        return Err(serde::de::Error::custom("a share is from 0.0 to 1.0"));
    }
    Ok(share)
}

impl Telemetry {
    /// The collector's address without a slash at its end; none where nothing is exported.
    pub fn collector(&self) -> Result<Option<&str>, TelemetryError> {
        if self.otlp.is_empty() {
            return Ok(None);
        }
        let url = reqwest::Url::parse(&self.otlp).map_err(|_| TelemetryError::Address)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.query().is_some() {
            return Err(TelemetryError::Address);
        }
        Ok(Some(self.otlp.trim_end_matches('/')))
    }

    /// What each export carries; the values are marked as secrets.
    pub fn headers(&self) -> Result<HeaderMap, TelemetryError> {
        let mut headers = HeaderMap::new();
        for (name, secret) in &self.headers {
            let key: HeaderName =
                name.parse().map_err(|_| TelemetryError::HeaderName { name: name.clone() })?;
            let mut value = HeaderValue::from_str(secret.reveal().unwrap_or_default())
                .map_err(|_| TelemetryError::HeaderValue { name: name.clone() })?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        Ok(headers)
    }

    /// Whether a caller at this address is believed which trace its request belongs to.
    pub fn believes(&self, address: IpAddr) -> bool {
        self.callers.iter().any(|it| it.contains(&address.to_canonical()))
    }
}

#[cfg(test)]
mod tests {
    use super::TelemetryError;
    use crate::config::Config;

    fn load(environment: &[(&str, &str)]) -> Result<Config, String> {
        let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_parts(None, variables).map_err(|it| it.to_string())
    }

    #[test]
    fn nothing_is_exported_unless_a_collector_is_named() {
        let telemetry = load(&[]).unwrap().telemetry;
        assert_eq!(telemetry.collector(), Ok(None));
        assert!(!telemetry.believes("127.0.0.1".parse().unwrap()), "nobody is believed");
    }

    #[test]
    fn a_collector_is_an_address_of_http() {
        for (otlp, expected) in [
            ("http://127.0.0.1:4317", Ok(Some("http://127.0.0.1:4317"))),
            ("https://ingest.example/otlp/", Ok(Some("https://ingest.example/otlp"))),
            ("127.0.0.1:4317", Err(TelemetryError::Address)),
            ("grpc://collector:4317", Err(TelemetryError::Address)),
            ("http://collector:4317?key=1", Err(TelemetryError::Address)),
        ] {
            let telemetry = load(&[("CREASE__TELEMETRY__OTLP", otlp)]).unwrap().telemetry;
            assert_eq!(telemetry.collector(), expected, "{otlp}");
        }
    }

    #[test]
    fn headers_are_secrets_that_stand_in_no_message() {
        let set = |value: &str| load(&[("CREASE__TELEMETRY__HEADERS", value)]).unwrap().telemetry;
        let telemetry = set("{ signoz-ingestion-key = \"hunter2\" }");
        let headers = telemetry.headers().unwrap();
        assert_eq!(headers["signoz-ingestion-key"], "hunter2");
        assert!(!format!("{telemetry:?} {headers:?}").contains("hunter2"));
        let refused = set("{ key = \"hunter\\n2\" }").headers().unwrap_err();
        assert_eq!(refused, TelemetryError::HeaderValue { name: "key".to_owned() });
        let refused = set("{ \"a key\" = \"hunter2\" }").headers().unwrap_err();
        assert_eq!(refused, TelemetryError::HeaderName { name: "a key".to_owned() });
    }

    #[test]
    fn a_share_of_traces_is_between_none_and_all() {
        let share = |text: &str| load(&[("CREASE__TELEMETRY__TRACES", text)]).map(|it| it.telemetry.traces);
        assert_eq!(share("0.25"), Ok(0.25));
        for wrong in ["1.5", "-0.1", "nan"] {
            let refused = share(wrong).unwrap_err();
            assert!(refused.contains("`telemetry.traces`: a share is from 0.0 to 1.0"), "{refused}");
        }
    }

    #[test]
    fn callers_are_believed_by_their_network() {
        let telemetry = load(&[("CREASE__TELEMETRY__CALLERS", "[\"10.0.0.0/8\"]")]).unwrap().telemetry;
        for (address, is_believed) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("11.0.0.1", false)] {
            assert_eq!(telemetry.believes(address.parse().unwrap()), is_believed, "{address}");
        }
    }
}
