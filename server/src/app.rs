//! What handlers can reach.

use crate::config::Config;
use crate::feed::Feed;
use crate::stream::{Census, Hub, Presence, Subscribers};
use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;
use partners::KeyRing;
use std::sync::Arc;
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;

/// The parts of a running process. Handlers ask for the one they use.
#[derive(Clone, FromRef)]
pub struct App {
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Clock,
    pub keys: KeyRing,
    pub feed: Feed,
    pub hub: Hub,
    pub subscribers: Subscribers,
    pub presence: Presence,
    /// Open streams of all processes.
    pub census: Census,
    pub metrics: PrometheusHandle,
    /// What a demo serves; none in earnest.
    pub demo: Option<Arc<crate::demo::Demo>>,
    /// Fires when the process is to stop.
    pub shutdown: CancellationToken,
}

impl App {
    /// Refuses a key from now on, and closes its streams. Every way in which this process hears of a revocation leads here.
    pub fn revoke_key(&self, key_id: &str) {
        self.keys.revoke(key_id, self.clock.now());
        self.subscribers.revoke(key_id);
    }
}
