//! `cargo xtask bench widget`: what a partner's page gets of us, and when, beside widgets of the same views in plain JavaScript and in Preact
//! (`widget/benches/peers`), in one run. `e2e/bench/widget.spec.ts` measures; here its figures meet the budgets.

use super::{in_browser, report};
use crate::{args::Args, bundle};
use anyhow::Context;
use serde_json::{Map, Value, json};

/// Bytes of brotli.
const LOADER_MAX: f64 = 1024.0;
/// Loader and frame: what a score costs that is live.
const LIVE_SCORE_MAX: f64 = 6.0 * 1024.0;
const CORE_MAX: f64 = 55.0 * 1024.0;
const PART_MAX: f64 = 25.0 * 1024.0;
/// What a fan downloads who opens all of the rewards, beside the wallet's script: watching, the tab, what is in it, the market.
const REWARDS_MAX: f64 = 17.0 * 1024.0;
/// What each fan downloads, beside the core, of what editors publish; and who sees a card and opens what it leads to.
const BOARD_MAX: f64 = 4.5 * 1024.0;
const CONTENT_MAX: f64 = 13.0 * 1024.0;
/// Of the peers' times.
const TIMES_MAX: f64 = 1.0;
/// The same for the first score, where the frame stands in the partner's page.
const IN_PAGE_MAX: f64 = 0.6;

pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    let rounds = args.value::<u32>("--rounds")?.unwrap_or(7);
    args.done()?;
    let rounds = ("CREASE_BENCH_ROUNDS", (rounds + 1).to_string());
    let measured = in_browser("widget", "load pages in the browser", &[rounds])?;
    compared(&measured, &bundle::sizes()?)
}

/// The report, with each budget and whether it is kept.
fn compared(measured: &Value, files: &[(String, u64)]) -> anyhow::Result<Value> {
    let mut goals = Map::new();
    let mut goal = |name: String, most: f64, value: f64| {
        goals.insert(name, json!({"goal": most, "value": value, "met": value <= most}));
    };
    let size = |is_meant: &dyn Fn(&str) -> bool| -> f64 {
        files.iter().filter(|it| is_meant(&it.0)).map(|it| it.1 as f64).sum()
    };
    let loader = size(&|path| path == "crease.js");
    let core = size(&|path| {
        path.starts_with("bundle/") && (path.ends_with("/crease.js") || path.ends_with("/crease.wasm"))
    });
    goal("loader_bytes".to_owned(), LOADER_MAX, loader);
    goal("live_score_bytes".to_owned(), LIVE_SCORE_MAX, loader + number(&measured["frame_bytes"])?);
    goal("core_bytes".to_owned(), CORE_MAX, core);
    let of_rewards = ["/watch.js", "/tab.js", "/rewards.js", "/market.js"];
    let rewards = size(&|path| of_rewards.iter().any(|it| path.ends_with(it)));
    goal("rewards_bytes".to_owned(), REWARDS_MAX, rewards);
    goal("board_bytes".to_owned(), BOARD_MAX, size(&|path| path.ends_with("/content.js")));
    let of_content = ["/content.js", "/cards.js", "/sheet.js"];
    let content = size(&|path| of_content.iter().any(|it| path.ends_with(it)));
    goal("content_bytes".to_owned(), CONTENT_MAX, content);
    for (path, bytes) in files.iter().filter(|it| it.0.ends_with(".wasm") && !it.0.ends_with("/crease.wasm"))
    {
        goal(format!("part_bytes {}", path.rsplit('/').next().unwrap_or(path)), PART_MAX, *bytes as f64);
    }
    let mut ratios = Map::new();
    for (network, variants) in measured["networks"].as_object().context("no networks")? {
        for peer in ["plain", "preact"] {
            for (ours, time) in
                [("ours", "first_score_ms"), ("ours", "live_ms"), ("ours in the page", "first_score_ms")]
            {
                let compared = &measured["ratios"][network][ours][peer][time];
                let ratio = number(&compared["mean"])?;
                let name = format!("{ours}: {time} vs {peer}, {network}");
                ratios.insert(name.clone(), json!({"mean": ratio, "error": number(&compared["error"])?}));
                // Without a network to wait for, it is a test of the processor alone: told, and not judged.
                if network != "none" {
                    goal(name, if ours == "ours" { TIMES_MAX } else { IN_PAGE_MAX }, ratio);
                }
            }
        }
        for ours in ["ours", "ours in the page"] {
            goal(format!("{ours}: layout shift, {network}"), 0.0, number(&variants[ours]["shift_max"])?);
        }
    }
    goal(
        "balls drawn later than in their event".to_owned(),
        0.0,
        number(&measured["drawn_in_the_event"]["later"])?,
    );
    goal(
        "streams of 20 widgets in 5 tabs".to_owned(),
        1.0,
        number(&measured["streams_of_20_widgets_in_5_tabs"])?,
    );
    let passed: Vec<&String> =
        goals.iter().filter(|(_, it)| it["met"] == false).map(|(name, _)| name).collect();
    let passed = json!(passed);
    let mut report = report("widget", measured.clone(), Value::Object(goals));
    report["peers"] = measured["peer_bytes"].clone();
    report["ratios"] = Value::Object(ratios);
    report["budgets_passed"] = passed;
    Ok(report)
}

fn number(value: &Value) -> anyhow::Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(ours: f64) -> Value {
        let times = |mean: f64| {
            let compared = json!({"mean": mean, "error": 0.01});
            let peer = json!({"first_score_ms": compared, "live_ms": compared});
            json!({"plain": peer, "preact": peer})
        };
        json!({
            "frame_bytes": 1500,
            "networks": {"4g": {"ours": {"shift_max": 0}, "ours in the page": {"shift_max": 0}}},
            "ratios": {"4g": {"ours": times(ours), "ours in the page": times(0.5)}},
            "drawn_in_the_event": {"atOnce": 9, "later": 0},
            "streams_of_20_widgets_in_5_tabs": 1,
            "peer_bytes": {"plain": 1700},
        })
    }

    fn files(core: u64) -> Vec<(String, u64)> {
        let file = |path: &str, bytes| (path.to_owned(), bytes);
        vec![
            file("crease.js", 1000),
            file("bundle/0/crease.js", 6000),
            file("bundle/0/crease.wasm", core),
            file("bundle/0/split_detail.wasm", 9000),
        ]
    }

    #[test]
    fn what_is_over_its_budget_is_told() {
        let kept = compared(&measured(0.99), &files(50_000)).unwrap();
        assert_eq!(kept["budgets_passed"], json!([]));
        assert_eq!(kept["goals"]["live_score_bytes"]["value"], 2500.0);
        assert_eq!(kept["ratios"]["ours: first_score_ms vs plain, 4g"], json!({"mean": 0.99, "error": 0.01}));
        let passed = compared(&measured(1.01), &files(51_000)).unwrap();
        let passed = passed["budgets_passed"].as_array().unwrap();
        assert!(
            passed.contains(&json!("core_bytes")) && passed.contains(&json!("ours: live_ms vs preact, 4g")),
            "{passed:?}"
        );
        assert_eq!(passed.len(), 5);
    }

    #[test]
    fn a_measurement_with_a_hole_is_refused() {
        let mut measured = measured(0.99);
        measured["ratios"]["4g"]["ours"]["plain"]["live_ms"] = Value::Null;
        assert!(compared(&measured, &files(1)).is_err());
    }
}
