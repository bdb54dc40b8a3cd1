//! What is taken back: schedules, what is in a release, words kept aside, and several entries at once.

use super::Newsroom;
use crate::support::location;
use cms::rights::Role;
use reqwest::StatusCode;
use serde_json::json;

/// The value of the first field of a name, after some words of a page.
fn after<'p>(page: &'p str, words: &str, begins: &str) -> &'p str {
    let rest = page.split_once(words).unwrap_or_else(|| panic!("no {words} in {page}")).1;
    let rest = rest.split_once(begins).unwrap_or_else(|| panic!("no {begins} after {words}: {page}")).1;
    rest.split(['"', '/']).next().unwrap()
}

#[tokio::test]
async fn what_waits_for_a_moment_says_of_which_match_and_is_withdrawn() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let game = newsroom.game().await;
    let id = newsroom.published("Oaks at home").await;
    let at = format!("/entries/{id}/schedule?lang=en");
    let form = [("what", "unpublish"), ("when", "moment"), ("moment", "result"), ("version", "1")];
    let (status, page) = newsroom.follow(&asha, &at, &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Choose a match"), "{page}");
    // The empty field for an id stands beside what was chosen.
    let chosen: Vec<_> = form.into_iter().chain([("match", game.as_str()), ("match", "")]).collect();
    let (status, page) = newsroom.follow(&asha, &at, &chosen).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert!(page.contains("on the result of Oaks v "), "{page}");
    let schedule = after(&page, "on the result", "/console/content/schedules/").to_owned();
    let (status, page) = newsroom.follow(&asha, &format!("/schedules/{schedule}/withdraw"), &[]).await;
    assert!(status == StatusCode::SEE_OTHER && page.contains("It is withdrawn"), "{page}");
    assert!(!page.contains("on the result of"), "{page}");
    // It is done with: nothing is there to withdraw.
    let again = newsroom.press(&asha, &format!("/schedules/{schedule}/withdraw"), &[]).await.status();
    assert_eq!(again, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_taken_out_of_a_release_is_not_published_with_it() {
    let newsroom = Newsroom::open().await;
    let (asha, vera) = (newsroom.is(Role::Editor).await, newsroom.is(Role::Viewer).await);
    let mut teams = Vec::new();
    for name in ["Oaks", "Elms"] {
        teams.push(newsroom.entry("team", &json!({ "name": name, "short_name": name })).await);
    }
    let made = newsroom.press(&asha, "/releases", &[("title", "Opening night")]).await;
    let release = location(&made).split(['/', '?']).find(|it| it.starts_with("rel_")).unwrap().to_owned();
    for id in &teams {
        let put = [("release", release.as_str()), ("version", "1")];
        let (status, page) = newsroom.follow(&asha, &format!("/entries/{id}/release?lang=en"), &put).await;
        assert!(status == StatusCode::SEE_OTHER && page.contains(id.as_str()), "{page}");
    }
    let take = [("entry", teams[0].as_str()), ("lang", "en")];
    let at = format!("/releases/{release}/take");
    assert_eq!(newsroom.press(&vera, &at, &take).await.status(), StatusCode::FORBIDDEN);
    let (status, page) = newsroom.follow(&asha, &at, &take).await;
    assert!(status == StatusCode::SEE_OTHER && page.contains("It is taken out of the release."), "{page}");
    assert!(!page.contains(&teams[0]) && page.contains(&teams[1]), "{page}");
    let (status, _) = newsroom.follow(&asha, &format!("/releases/{release}/publish"), &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(newsroom.count("select count(*) from cms.published").await, 1);
    // Taken back, and what was in it is not shown.
    let (status, page) = newsroom.follow(&asha, &format!("/releases/{release}/revert"), &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert_eq!(newsroom.count("select count(*) from cms.published").await, 0);
}

#[tokio::test]
async fn words_kept_aside_are_let_go_by_who_wrote_them() {
    let newsroom = Newsroom::open().await;
    let (asha, ben) = (newsroom.is(Role::Editor).await, newsroom.is(Role::Reviewer).await);
    let id = newsroom.entry("team", &json!({ "name": "Oaks", "short_name": "OAK" })).await;
    let at = |rest: &str| format!("/entries/{id}{rest}?lang=en");
    let save = |name: &'static str| [("do", "save"), ("#end", ""), ("version", "1"), ("/name", name)];
    let (status, _) = newsroom.follow(&ben, &at(""), &save("The Oaks")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, page) = newsroom.follow(&asha, &at(""), &save("Oaks CC")).await;
    assert!(
        status == StatusCode::SEE_OTHER && page.contains("Oaks CC") && page.contains("The Oaks"),
        "{page}"
    );
    let page = newsroom.page(&asha, &at("")).await;
    let sitting = after(&page, "/let-go", "name=\"sitting\" value=\"").to_owned();
    let let_go = [("sitting", sitting.as_str())];
    let refused = newsroom.press(&ben, &at("/let-go"), &let_go).await.status();
    assert_eq!(refused, StatusCode::NOT_FOUND, "those are another's words");
    let (status, page) = newsroom.follow(&asha, &at("/let-go"), &let_go).await;
    assert!(
        status == StatusCode::SEE_OTHER && page.contains("is let go") && !page.contains("Oaks CC"),
        "{page}"
    );
}

#[tokio::test]
async fn several_are_unpublished_and_thrown_away_at_once() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let ids = [newsroom.published("One").await, newsroom.published("Two").await];
    let draft = newsroom.entry("article", &json!({ "headline": "Three" })).await;
    let chosen: Vec<String> = ids.iter().chain([&draft]).map(|it| format!("{it} en 1")).collect();
    let all = |deed: &'static str| -> Vec<(&str, &str)> {
        chosen.iter().map(|it| ("entry", it.as_str())).chain([("do", deed)]).collect()
    };
    let (_, page) = newsroom.follow(&asha, "/entries/bulk", &all("unpublish")).await;
    assert!(page.contains("Done with 2 of 3"), "{page}");
    assert_eq!(newsroom.count("select count(*) from cms.published").await, 0);
    let (_, page) = newsroom.follow(&asha, "/entries/bulk", &all("trash")).await;
    assert!(page.contains("Done with 3 of 3"), "{page}");
    let trash = newsroom.page(&asha, "/trash").await;
    assert!(chosen.iter().all(|it| trash.contains(&it[..26])), "{trash}");
    let (status, _) = newsroom.follow(&asha, "/entries/bulk", &[("do", "burn"), ("entry", &chosen[0])]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}
