//! What entries name that is not content.

use super::{Newsroom, PATH, json};
use crate::support::location;
use cms::rights::Role;
use reqwest::StatusCode;
use rewards::campaigns;
use serde_json::{Value, json};

impl Newsroom {
    /// Ids and names of what is found.
    async fn found(&self, browser: &crate::dashboard::Browser, rest: &str) -> Vec<(String, String)> {
        let response = self.ground.see(browser, &format!("{PATH}/outside/{rest}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{rest}");
        let Value::Array(all) = json(response).await else { panic!("{rest} is no list") };
        let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
        all.iter().map(|it| (text(it, "id"), text(it, "label"))).collect()
    }

    /// A match: Oaks v Elms.
    pub(super) async fn game(&self) -> String {
        let mut scorer = self.ground.scorer().await;
        let form = scorer.match_form("Oaks").await;
        let made = self.ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
        let at = location(&made).to_owned();
        at.split(['/', '?']).find(|it| it.starts_with("mat_")).unwrap().to_owned()
    }
}

#[tokio::test]
async fn matches_campaigns_and_partners_are_found_by_their_names() {
    let newsroom = Newsroom::open().await;
    let (editor, viewer) = (newsroom.is(Role::Editor).await, newsroom.is(Role::Viewer).await);
    let game = newsroom.game().await;
    let organisation = newsroom.ground.partner("owner@daily.example").await.1.id;
    let store = &newsroom.ground.app.store;
    let now = newsroom.ground.app.clock.now();
    let made = store.run_tx("test", async |tx| {
        campaigns::make(tx, wallet::Books::Test, None, "100% of sixes", now).await
    });
    let campaign = made.await.unwrap();

    let matches = newsroom.found(&viewer, "match?q=oaks").await;
    assert_eq!(matches.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), [game.as_str()], "{matches:?}");
    assert!(matches[0].1.contains(" v "), "{matches:?}");
    assert_eq!(newsroom.found(&viewer, "match?q=oaks+nowhere").await, []);
    let campaigns = newsroom.found(&editor, "campaign?q=SIXES+100%25").await;
    assert_eq!(campaigns, [(campaign.clone(), "100% of sixes".to_owned())]);
    assert_eq!(newsroom.found(&editor, "campaign?q=100_").await, [], "a pattern's letters are letters");
    let partners = newsroom.found(&editor, "partner?q=").await;
    assert!(partners.iter().any(|it| it.0 == organisation), "{partners:?}");

    for rest in ["campaign?q=", "partner?q="] {
        assert_eq!(
            newsroom.status(&viewer, &format!("/outside/{rest}")).await,
            StatusCode::FORBIDDEN,
            "{rest}"
        );
    }
    assert_eq!(newsroom.status(&editor, "/outside/fan?q=").await, StatusCode::NOT_FOUND);

    // A form says what they are called; what is not there, too.
    let gone = store::ids::new("mat");
    let body = json!({ "title": "Who wins", "match_id": game, "targets": { "partners": [organisation] } });
    let quiz = newsroom.entry("quiz", &body).await;
    let page = newsroom.page(&editor, &format!("/entries/{quiz}?lang=en")).await;
    assert!(page.contains(&matches[0].1) && page.contains(&format!("value=\"{game}\" checked")), "{page}");
    assert!(page.contains(&partners.iter().find(|it| it.0 == organisation).unwrap().1), "{page}");
    assert!(!page.contains("not found"), "{page}");
    let other = newsroom.entry("quiz", &json!({ "title": "Who wins", "match_id": gone })).await;
    assert!(newsroom.page(&editor, &format!("/entries/{other}?lang=en")).await.contains("not found"));
}
