//! What a version would cost by what was heard, and what is asked before one goes live that its budget does not reach for.

use super::{Desk, FAN, written};
use crate::support::location;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, ORIGIN};

const SECRET: &str = "the-operators-secret";

#[tokio::test]
async fn a_version_is_tried_on_what_was_heard_and_nothing_is_earned() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    // Two days of sixes, five on each: three count in a day, the last of them in part.
    for hours in [47, 46, 45, 44, 43, 20, 19, 18, 17, 16] {
        desk.happened("six", FAN, desk.now() - SignedDuration::from_hours(hours)).await;
    }
    desk.happened("four", FAN, desk.now() - SignedDuration::from_hours(1)).await;
    let id = desk.write(&mut asha, &written()).await;
    assert_eq!(desk.fill(&mut asha, &id, "500").await.status(), StatusCode::SEE_OTHER);
    let page = desk.page(&asha, &format!("/campaigns/{id}/forecast?version=1&days=30")).await;
    for said in [
        "The last 30 days would have cost</dt><dd>50</dd>",
        "would use 10 % of the budget left",
        "11 things judged",
        // Fifty in 47 hours, and ten days to come.
        "A day, about</dt><dd>26</dd>",
        "Until its end, about</dt><dd class=\"\">256</dd>",
        "10 days, 51 % of the budget left",
        "day was reached: 4</li>",
        "the condition did not hold: 1</li>",
        "Go live with version 1",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("name=\"sure\""), "{page}");
    assert_eq!(desk.points(FAN).await, 0);
    let today = desk.page(&asha, &format!("/campaigns/{id}/forecast?days=7")).await;
    assert!(today.contains("The last 7 days"), "{today}");
    let unknown = desk.ground.see(&asha, &Desk::path(&format!("/campaigns/{id}/forecast?days=8"))).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    let unknown = desk.ground.see(&asha, &Desk::path(&format!("/campaigns/{id}/forecast?version=9"))).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn beyond_its_budget_it_goes_live_only_when_somebody_says_that_it_is_known() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    desk.happened("six", FAN, desk.now() - SignedDuration::from_hours(1)).await;
    let id = desk.write(&mut asha, &written()).await;
    let path = format!("/campaigns/{id}/live");
    let empty = desk.press(&mut asha, &path, &[("version", "1"), ("days", "7")]).await;
    assert_eq!(empty.status(), StatusCode::CONFLICT);
    assert!(empty.text().await.unwrap().contains("Its budget is empty."));
    assert_eq!(desk.fill(&mut asha, &id, "99").await.status(), StatusCode::SEE_OTHER);
    let beyond = desk.press(&mut asha, &path, &[("version", "1"), ("days", "7")]).await;
    assert_eq!(beyond.status(), StatusCode::CONFLICT);
    let page = beyond.text().await.unwrap();
    for said in [
        "Its budget does not reach.",
        "it gives 100 points until its end, and 99 are left",
        "id=\"sure-mistake\"",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(desk.page(&asha, "").await.contains(">draft<"));
    let sure = desk.press(&mut asha, &path, &[("version", "1"), ("days", "7"), ("sure", "yes")]).await;
    assert_eq!(location(&sure), format!("/console/rewards/campaigns/{id}?mode=test&done=live"));
    assert!(desk.page(&asha, "").await.contains("live v1"));
    let audit = desk.page(&asha, "/audit").await;
    assert!(audit.contains("campaign.live") && audit.contains("doubt: confirmed"), "{audit}");
}

#[tokio::test]
async fn who_knows_the_secret_alone_looks_and_changes_nothing() {
    let desk = Desk::open_with(&[("CREASE__OPERATIONS__SECRET", SECRET)]).await;
    let basic = format!("Basic {}", STANDARD.encode(format!("asha:{SECRET}")));
    let url = |rest: &str| format!("{}{}", desk.ground.url, Desk::path(rest));
    let page = desk.ground.client.get(url("")).header(AUTHORIZATION, &basic).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("which proves no name") && !page.contains("New campaign"), "{page}");
    let press = desk.ground.client.post(url("/campaigns/new")).header(AUTHORIZATION, &basic);
    let press = press.header(ORIGIN, &desk.ground.url).body("name=A&whose=all").send().await.unwrap();
    assert_eq!(press.status(), StatusCode::FORBIDDEN);
    assert!(desk.deeds().await.is_empty());
}
