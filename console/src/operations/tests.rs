use super::*;
use jobs::overview::{DeadView, JobView, MinuteView, NodeView, ScheduleView};
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn queue(name: &str) -> QueueView {
    let minutes = [0_i64, 1, 5].map(|minute| MinuteView {
        minute: at(1_800_000_000 + minute * 60),
        done: 1000 * minute,
        failed: 1,
        dead: 0,
        waited_p50: Some(Duration::from_micros(900)),
        waited_p99: Some(Duration::from_millis(3)),
        ran_p50: Some(Duration::from_millis(20)),
        ran_p99: None,
    });
    QueueView {
        name: name.to_owned(),
        ready: COUNT_MAX,
        waiting: 1234,
        running: 3,
        behind: 0,
        after: 0,
        unknown: 2,
        oldest: Some(Duration::from_secs(75)),
        is_paused: false,
        running_max: Some(8),
        rate_per_second: None,
        minutes: minutes.to_vec(),
    }
}

fn job(id: i64) -> JobView {
    JobView {
        id,
        queue: "default".to_owned(),
        kind: "mail.welcome".to_owned(),
        attempt: 2,
        attempts_max: 20,
        run_at: at(1_800_000_450),
        node: Some("one".to_owned()),
        progress: Some(0.25),
        note: Some("a <b> of".to_owned()),
        last_failure: Some("<script>alert(1)</script>".to_owned()),
    }
}

fn overview() -> Overview {
    let dead = DeadView {
        id: 7,
        queue: "default".to_owned(),
        kind: "mail.welcome".to_owned(),
        version: 1,
        payload: serde_json::json!({"to": "</pre><script>alert(1)</script>"}),
        is_cancelled: false,
        failures: vec![(1, "2026-05-01T10:00:00+00:00".to_owned(), "x".repeat(500))],
        created_at: at(1_799_990_000),
        died_at: at(1_799_999_000),
    };
    let node = NodeView {
        epoch: 4,
        name: "one".to_owned(),
        queue: "default".to_owned(),
        running: 3,
        kinds: vec!["mail.welcome".to_owned()],
        started_at: at(1_799_900_000),
        silent: Duration::from_millis(300),
        leads: true,
    };
    let schedule = ScheduleView {
        name: "nightly".to_owned(),
        schedule: "0 3 * * *".to_owned(),
        zone: "Asia/Kolkata".to_owned(),
        queue: "default".to_owned(),
        kind: "report".to_owned(),
        next_at: at(1_800_050_000),
        last_at: None,
        is_paused: true,
    };
    Overview {
        queues: vec![queue("default"), QueueView { is_paused: true, minutes: Vec::new(), ..queue("mails") }],
        nodes: vec![node],
        running: vec![job(11)],
        retrying: vec![job(12)],
        dead: vec![dead],
        dead_count: 1,
        schedules: vec![schedule],
    }
}

#[test]
fn what_there_is_can_be_read_and_acted_upon() {
    let html = page(&overview(), at(1_800_000_330), "asha", "").into_string();
    for expected in [
        "10,000+",
        ">1,234<",
        "<dd>3<span class=\"muted\"> of 8</span></dd>",
        "75 s",
        "default: 6,000 done and 3 failed within the last hour",
        "Nothing ran within the last hour.",
        "title=\"2027-01-15 08:07:30 UTC\">in 2 min</time>",
        "22 min ago",
        r#"action="/console/operations/queues/default/pause""#,
        r#"action="/console/operations/queues/mails/resume""#,
        r#"action="/console/operations/jobs/11/cancel""#,
        r#"action="/console/operations/jobs/7/revive""#,
        r#"action="/console/operations/jobs/7/forget""#,
        r#"action="/console/operations/schedules/nightly/run""#,
        r#"action="/console/operations/schedules/nightly/resume""#,
        "25 %",
        "300 ms ago",
        "asha",
    ] {
        assert!(html.contains(expected), "{expected} in {html}");
    }
}

#[test]
fn nothing_that_a_job_says_becomes_markup() {
    let html = page(&overview(), at(1_800_000_330), "<script>", "").into_string();
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(!html.contains("a <b> of"), "{html}");
    assert!(!html.contains(" style=") && !html.contains(" onclick="));
}

#[test]
fn a_gap_breaks_the_line_and_a_long_reason_is_whole_in_its_own_part() {
    let html = live(&overview(), at(1_800_000_330)).into_string();
    let waited = html.split("class=\"waited\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(waited.matches('M').count(), 2, "{waited}");
    assert_eq!(waited.matches('L').count(), 1, "{waited}");
    assert!(html.contains(&"x".repeat(500)), "whole");
    assert!(html.contains(&format!("{}…", "x".repeat(160))), "and cut");
}

#[test]
fn nothing_at_all_is_said_in_words() {
    let html = live(&Overview::default(), at(0)).into_string();
    assert!(html.contains("No worker runs"), "{html}");
    assert!(html.contains("There is no queue yet"), "{html}");
}
