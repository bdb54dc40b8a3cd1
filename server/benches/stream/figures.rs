//! What was measured, by name. The unit is the last word of a name.

use std::collections::BTreeMap;

/// The figures of one server in one case.
pub(crate) type Figures = BTreeMap<&'static str, f64>;

/// Until all streams were open, when all were asked for at once.
pub(crate) const OPENED_S: &str = "opened_s";
/// The server's own memory for an idle stream, and the kernel's for one end of its connection.
pub(crate) const MEMORY_B: &str = "memory_per_stream_b";
pub(crate) const KERNEL_B: &str = "kernel_per_stream_b";
/// One update at a time: from its publication to the first stream (the way into the server), to the last, to all; and what that cost.
pub(crate) const PACED_FIRST_MS: &str = "paced_first_ms";
pub(crate) const PACED_LAST_P50_MS: &str = "paced_last_p50_ms";
pub(crate) const PACED_LAST_MAX_MS: &str = "paced_last_max_ms";
pub(crate) const PACED_P50_MS: &str = "paced_p50_ms";
pub(crate) const PACED_P99_MS: &str = "paced_p99_ms";
pub(crate) const PACED_CPU_US: &str = "paced_cpu_per_delivery_us";
/// The next update as soon as all streams have the last one.
pub(crate) const SINGLE: Saturated = Saturated {
    window: 1,
    per_cpu_s: "single_deliveries_per_cpu_s",
    per_s: "single_deliveries_per_s",
    last_p50_ms: "single_last_p50_ms",
    p99_ms: "single_p99_ms",
    client_busy: "single_client_busy_share",
};
/// Eight updates under way.
pub(crate) const BURST: Saturated = Saturated {
    window: 8,
    per_cpu_s: "burst_deliveries_per_cpu_s",
    per_s: "burst_deliveries_per_s",
    last_p50_ms: "burst_last_p50_ms",
    p99_ms: "burst_p99_ms",
    client_busy: "burst_client_busy_share",
};
/// Streams that lost an update, or got one again, over the whole case.
pub(crate) const LOST: &str = "lost_updates";
pub(crate) const REPEATED: &str = "repeated_updates";
/// Streams that the server ended although they read.
pub(crate) const CLOSED: &str = "closed_streams";

/// Beside streams that never read: the healthy ones, and what the server and the kernel came to hold.
pub(crate) const STALLED_P99_MS: &str = "stalled_healthy_p99_ms";
pub(crate) const STALLED_PER_S: &str = "stalled_deliveries_per_s";
pub(crate) const STALLED_USER_MIB: &str = "stalled_user_growth_mib";
pub(crate) const STALLED_KERNEL_MIB: &str = "stalled_kernel_growth_mib";
pub(crate) const STALLED_GROWTH_MIB: &str = "stalled_growth_mib";
pub(crate) const STALLED_CUT: &str = "stalled_cut_off_streams";

/// Updates to the streams that were open, before others come in at once and while they do.
pub(crate) const CALM_P50_MS: &str = "storm_before_last_p50_ms";
pub(crate) const CALM_MAX_MS: &str = "storm_before_last_max_ms";
pub(crate) const STORM_P50_MS: &str = "storm_last_p50_ms";
pub(crate) const STORM_MAX_MS: &str = "storm_last_max_ms";
/// How long the storm took, and how many updates went out in it.
pub(crate) const STORM_S: &str = "storm_opened_s";
pub(crate) const STORM_UPDATES: &str = "storm_published_updates";

/// A way to publish as fast as streams can take it, and the names of what it shows.
#[derive(Debug)]
pub(crate) struct Saturated {
    /// Updates under way at any time.
    pub(crate) window: u64,
    /// Deliveries for each second of the server's processor time, and of the clock's.
    pub(crate) per_cpu_s: &'static str,
    pub(crate) per_s: &'static str,
    pub(crate) last_p50_ms: &'static str,
    pub(crate) p99_ms: &'static str,
    /// How much of its core the client (with the publisher) used. Near 1 it is the client that bounds `per_s`, not the server.
    pub(crate) client_busy: &'static str,
}

/// The median of each figure over several runs.
pub(crate) fn medians(runs: &[Figures]) -> Figures {
    let mut values = BTreeMap::<&str, Vec<f64>>::new();
    for (name, value) in runs.iter().flatten() {
        values.entry(name).or_default().push(*value);
    }
    values.into_iter().map(|(name, values)| (name, median(values))).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
