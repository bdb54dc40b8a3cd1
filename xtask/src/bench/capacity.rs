//! `deploy/capacity.md`: what so many fans at once need, computed from the constants in the page's own table, so that the page cannot
//! say what its figures do not.

use crate::{args::Args, workspace};
use anyhow::Context;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// How many fans the page speaks of.
const FANS: [f64; 3] = [1e5, 1e6, 1e7];

/// The computed table stands between these lines.
const BEGIN: &str = "<!-- computed by `cargo xtask bench capacity` -->";
const END: &str = "<!-- end -->";

/// Writes the page's computed part anew.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    args.done()?;
    let page = page()?;
    let text = fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
    let (fresh, plans) = computed(&text)?;
    fs::write(&page, fresh).with_context(|| format!("writing {}", page.display()))?;
    let plans: serde_json::Map<String, Value> =
        FANS.iter().zip(&plans).map(|(fans, plan)| (fans.to_string(), plan.json())).collect();
    Ok(super::report("capacity", plans.into(), json!({})))
}

fn page() -> anyhow::Result<PathBuf> {
    Ok(workspace::root().join("deploy/capacity.md"))
}

/// The page with its computed part made anew, and what stands in that.
fn computed(text: &str) -> anyhow::Result<(String, Vec<Plan>)> {
    let constants = Constants::read(text)?;
    let plans: Vec<Plan> = FANS.iter().map(|fans| Plan::of(*fans, &constants)).collect();
    let (before, rest) = text.split_once(BEGIN).context("the page has no place for the computed table")?;
    let (_, after) = rest.split_once(END).context("the computed table has no end")?;
    Ok((format!("{before}{BEGIN}\n{}{END}{after}", table(&plans)), plans))
}

/// The figures that everything follows from. The page says of each where it comes from.
struct Constants {
    cpu_per_delivery_us: f64,
    user_bytes_per_stream: f64,
    kernel_bytes_per_stream: f64,
    process_bytes: f64,
    wire_bytes_per_update: f64,
    updates_per_match_s: f64,
    last_ms_max: f64,
    cores_per_node: f64,
    node_gbit_s: f64,
    spare_nodes_share: f64,
    matches_live: f64,
    bus_bytes_per_update: f64,
    retry_window_s: f64,
}

impl Constants {
    /// From the page's rows "| `name` | value | …".
    fn read(text: &str) -> anyhow::Result<Constants> {
        let rows: BTreeMap<&str, f64> = text
            .lines()
            .filter_map(|line| {
                let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
                let name = cells.next()?.strip_suffix('`')?;
                Some((name, cells.next()?.replace(',', "").parse().ok()?))
            })
            .collect();
        let of = |name: &str| {
            rows.get(name).copied().with_context(|| format!("the page has no value for `{name}`"))
        };
        Ok(Constants {
            cpu_per_delivery_us: of("cpu_per_delivery_us")?,
            user_bytes_per_stream: of("user_bytes_per_stream")?,
            kernel_bytes_per_stream: of("kernel_bytes_per_stream")?,
            process_bytes: of("process_bytes")?,
            wire_bytes_per_update: of("wire_bytes_per_update")?,
            updates_per_match_s: of("updates_per_match_s")?,
            last_ms_max: of("last_ms_max")?,
            cores_per_node: of("cores_per_node")?,
            node_gbit_s: of("node_gbit_s")?,
            spare_nodes_share: of("spare_nodes_share")?,
            matches_live: of("matches_live")?,
            bus_bytes_per_update: of("bus_bytes_per_update")?,
            retry_window_s: of("retry_window_s")?,
        })
    }
}

/// What so many fans need. All fans may follow one match: an update then goes to every stream of a node at once.
#[derive(Debug, PartialEq)]
struct Plan {
    fans: f64,
    streams_per_node: f64,
    /// What bounds that: processor or network.
    bounded_by: &'static str,
    /// Without and with spare ones.
    nodes: f64,
    nodes_with_spare: f64,
    /// Streams of a node: its memory, how busy its cores are on average, and its network on average and while an update goes out.
    node_memory_gib: f64,
    node_cpu_share: f64,
    node_mbit_s: f64,
    node_peak_gbit_s: f64,
    total_gbit_s: f64,
    /// Redis: commands of writers, messages to nodes, and their bytes.
    redis_commands_s: f64,
    redis_messages_s: f64,
    redis_mbit_s: f64,
    /// Streams that each other node takes over in a second when one is lost; none when there is no other.
    taken_over_s: Option<f64>,
}

impl Plan {
    fn of(fans: f64, it: &Constants) -> Plan {
        // The last stream of a core has an update after one delivery's time for each of them.
        let by_cores = it.last_ms_max * 1e3 / it.cpu_per_delivery_us * it.cores_per_node;
        let by_network = it.node_gbit_s * 1e9 / 8.0 * it.last_ms_max / 1e3 / it.wire_bytes_per_update;
        let possible = by_cores.min(by_network).floor();
        let nodes = (fans / possible).ceil();
        let streams = (fans / nodes).ceil();
        let wire_bits = it.wire_bytes_per_update * 8.0;
        let updates_s = it.matches_live * it.updates_per_match_s;
        let nodes_with_spare = (nodes * (1.0 + it.spare_nodes_share)).ceil();
        let memory = it.process_bytes + streams * (it.user_bytes_per_stream + it.kernel_bytes_per_stream);
        Plan {
            fans,
            streams_per_node: streams,
            bounded_by: if by_cores <= by_network { "cores" } else { "network" },
            nodes,
            nodes_with_spare,
            node_memory_gib: memory / (1u64 << 30) as f64,
            node_cpu_share: streams * it.updates_per_match_s * it.cpu_per_delivery_us
                / 1e6
                / it.cores_per_node,
            node_mbit_s: streams * it.updates_per_match_s * wire_bits / 1e6,
            node_peak_gbit_s: streams * wire_bits / (it.last_ms_max / 1e3) / 1e9,
            total_gbit_s: fans * it.updates_per_match_s * wire_bits / 1e9,
            // One to the durable tail and one that wakes; every node may hold every match.
            redis_commands_s: updates_s * 2.0,
            redis_messages_s: updates_s * nodes_with_spare,
            redis_mbit_s: updates_s * nodes_with_spare * it.bus_bytes_per_update * 8.0 / 1e6,
            taken_over_s: (nodes_with_spare > 1.0)
                .then(|| fans / nodes_with_spare / it.retry_window_s / (nodes_with_spare - 1.0)),
        }
    }

    /// The rows of the table: what, and how much with its unit.
    fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("nodes, of them for the load alone", format!("{} ({})", self.nodes_with_spare, self.nodes)),
            (
                "streams a node when the spare ones are lost",
                format!("{} (bound: {})", grouped(self.streams_per_node), self.bounded_by),
            ),
            ("memory a node", format!("{:.2} GiB", self.node_memory_gib)),
            ("cores in use, average", format!("{:.1} %", self.node_cpu_share * 100.0)),
            ("network a node, average", format!("{:.0} Mbit/s", self.node_mbit_s)),
            ("network a node, while an update goes out", format!("{:.1} Gbit/s", self.node_peak_gbit_s)),
            ("network of all nodes, average", format!("{:.2} Gbit/s", self.total_gbit_s)),
            ("Redis: commands", format!("{:.0} /s", self.redis_commands_s)),
            (
                "Redis: messages to nodes",
                format!("{:.0} /s, {:.2} Mbit/s", self.redis_messages_s, self.redis_mbit_s),
            ),
            (
                "a node is lost: streams to each other node",
                match self.taken_over_s {
                    Some(streams) => format!("{:.0} /s", streams),
                    None => "no other node".to_owned(),
                },
            ),
        ]
    }

    fn json(&self) -> Value {
        let rows = self.rows().into_iter().map(|(what, value)| (what.to_owned(), value.into()));
        Value::Object(rows.collect())
    }
}

fn table(plans: &[Plan]) -> String {
    let rows: Vec<Vec<(&str, String)>> = plans.iter().map(Plan::rows).collect();
    let mut text = String::from("| fans at once |");
    for plan in plans {
        text += &format!(" {} |", grouped(plan.fans));
    }
    text += &format!("\n|---|{}\n", "---|".repeat(plans.len()));
    for at in 0..rows.first().map_or(0, Vec::len) {
        text += &format!("| {} |", rows[0][at].0);
        for plan in &rows {
            text += &format!(" {} |", plan[at].1);
        }
        text.push('\n');
    }
    text
}

/// A whole number with commas.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_follows_from_its_constants() {
        let text = fs::read_to_string(page().unwrap()).unwrap();
        let (fresh, _) = computed(&text).unwrap();
        assert!(text == fresh, "its tables do not agree: run `cargo xtask bench capacity`");
    }

    #[test]
    fn the_last_stream_bounds_a_node_until_its_network_does() {
        let mut constants = Constants {
            cpu_per_delivery_us: 5.0,
            user_bytes_per_stream: 1_000.0,
            kernel_bytes_per_stream: 4_000.0,
            process_bytes: 0.0,
            wire_bytes_per_update: 500.0,
            updates_per_match_s: 0.1,
            last_ms_max: 20.0,
            cores_per_node: 4.0,
            node_gbit_s: 10.0,
            spare_nodes_share: 0.25,
            matches_live: 10.0,
            bus_bytes_per_update: 400.0,
            retry_window_s: 3.0,
        };
        let plan = Plan::of(160_000.0, &constants);
        assert_eq!((plan.nodes, plan.nodes_with_spare, plan.streams_per_node), (10.0, 13.0, 16_000.0));
        assert_eq!((plan.bounded_by, plan.redis_commands_s, plan.redis_messages_s), ("cores", 2.0, 13.0));
        constants.node_gbit_s = 1.0;
        let plan = Plan::of(160_000.0, &constants);
        assert_eq!((plan.nodes, plan.bounded_by), (32.0, "network"));
    }

    #[test]
    fn long_numbers_have_commas() {
        assert_eq!([999.0, 1_000.0, 10_000_000.0].map(grouped), ["999", "1,000", "10,000,000"]);
    }
}
