//! Members, the trash, missing translations and the log.

use super::{Newsroom, PATH};
use cms::publish::{self, Cascade};
use cms::rights::{Rights, Role};
use cms::{Language, entry};
use reqwest::StatusCode;
use serde_json::json;

impl Newsroom {
    async fn trashed(&self, headline: &str) -> String {
        let id = self.entry("article", &json!({ "headline": headline })).await;
        let (who, ids) = (self.system(), [id.clone()]);
        let done = self
            .ground
            .app
            .store
            .run_tx("test", async |tx| entry::trash(tx, &who, &ids, Cascade::Refuse).await);
        done.await.unwrap();
        id
    }

    pub(super) async fn published(&self, headline: &str) -> String {
        let text = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "Close." }] }] });
        let id = self.entry("article", &json!({ "headline": headline, "body": text })).await;
        let (who, english) = (self.system(), Language::parse("en").unwrap());
        let done =
            self.ground.app.store.run_tx("test", async |tx| {
                publish::publish(tx, &who, (&id, &english), 1, Cascade::Refuse).await
            });
        done.await.unwrap();
        id
    }
}

#[tokio::test]
async fn an_admin_makes_somebody_a_member_who_is_let_in_and_out_again() {
    let newsroom = Newsroom::open().await;
    let ada = newsroom.is(Role::Admin).await;
    let (ben, _, ben_id) = newsroom.ground.partner("ben@paper.example").await;
    assert_eq!(newsroom.status(&ben, "/media").await, StatusCode::NOT_FOUND);
    let wrong = [("email", "nobody@paper.example"), ("role", "editor"), ("languages", "hi, klingon!")];
    let (status, page) = newsroom.follow(&ada, "/members", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("id=\"email-mistake\"") && page.contains("id=\"languages-mistake\""), "{page}");
    let form = [
        ("email", "Ben@paper.example"),
        ("role", "translator"),
        ("kind-article", "yes"),
        ("languages", "HI"),
    ];
    let (status, page) = newsroom.follow(&ada, "/members", &form).await;
    assert!(
        status == StatusCode::SEE_OTHER && page.contains("ben@paper.example") && page.contains("Translator"),
        "{page}"
    );
    assert_eq!(newsroom.status(&ben, "/media").await, StatusCode::OK);
    let one = format!("/members/{ben_id}");
    let page = newsroom.page(&ada, &one).await;
    assert!(
        page.contains("name=\"kind-article\" value=\"yes\" checked") && page.contains("value=\"hi\""),
        "{page}"
    );
    let (status, _) = newsroom.follow(&ada, &one, &[("role", "viewer")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(newsroom.page(&ada, "/members").await.contains("Viewer"));
    let log = newsroom.page(&ada, "/audit").await;
    assert!(
        log.contains("member.assign")
            && log.contains("Asha Rao")
            && log.contains(&format!("href=\"{PATH}/members/{ben_id}\"")),
        "{log}"
    );
    // Partners' own members are none of the newsroom's.
    assert!(!log.contains("member.add"), "{log}");
    let (status, _) = newsroom.follow(&ada, &format!("{one}/dismiss"), &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(newsroom.status(&ben, "/media").await, StatusCode::NOT_FOUND);
    assert_eq!(newsroom.status(&ada, &one).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn entries_come_out_of_the_trash_one_or_many_or_none() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let mut ids = Vec::new();
    for headline in ["One <b>", "Two", "Three"] {
        ids.push(newsroom.trashed(headline).await);
    }
    let page = newsroom.page(&asha, "/trash").await;
    assert!(page.contains("One &lt;b&gt;") && ids.iter().all(|it| page.contains(it.as_str())), "{page}");
    assert!(!newsroom.page(&asha, "/trash?q=two").await.contains(&ids[0]));
    // What is ticked beside a button of one's own stays where it is.
    let (status, page) = newsroom.follow(&asha, "/trash", &[("entry", &ids[1]), ("one", &ids[0])]).await;
    assert!(status == StatusCode::SEE_OTHER && !page.contains(&ids[0]) && page.contains(&ids[1]), "{page}");
    let unknown = store::ids::new("ent");
    let (status, _) = newsroom.follow(&asha, "/trash", &[("entry", &ids[1]), ("entry", &unknown)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(newsroom.page(&asha, "/trash").await.contains(&ids[1]));
    let (status, page) = newsroom.follow(&asha, "/trash", &[("entry", &ids[1]), ("entry", &ids[2])]).await;
    assert!(status == StatusCode::SEE_OTHER && page.contains("The trash is empty."), "{page}");
    let (status, _) = newsroom.follow(&asha, "/trash", &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_translator_is_told_what_is_missing_in_which_language() {
    let newsroom = Newsroom::open().await;
    let of_articles = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Translator) };
    let tara = newsroom.member("tara", &of_articles).await;
    let id = newsroom.published("Rain <b>").await;
    let page = newsroom.page(&tara, "/missing?lang=hi,ta").await;
    for tag in ["hi", "ta"] {
        assert!(page.contains(&format!("href=\"{PATH}/entries/{id}?lang={tag}\"")), "{tag} {page}");
    }
    assert!(page.contains("nobody has begun it") && page.contains("Rain &lt;b&gt;"), "{page}");
    assert!(newsroom.page(&tara, "/missing").await.contains("Nothing is missing"));
    for (query, expected) in [("kind=banner", 403), ("kind=blog", 404), ("lang=klingon!", 422)] {
        assert_eq!(newsroom.status(&tara, &format!("/missing?{query}")).await.as_u16(), expected, "{query}");
    }
}

#[tokio::test]
async fn each_route_of_the_newsroom_is_for_whom_the_table_says() {
    let newsroom = Newsroom::open().await;
    let trashed = newsroom.trashed("Gone").await;
    let (_, _, eve) = newsroom.ground.partner("eve@elsewhere.example").await;
    let one = format!("/members/{eve}");
    // Each with the least role that it answers.
    let pages = [
        ("/missing", Role::Viewer),
        ("/trash", Role::Viewer),
        ("/calendar", Role::Viewer),
        ("/tones", Role::Viewer),
        ("/quizzes", Role::Viewer),
        ("/files", Role::Viewer),
        ("/files/export?kind=article&format=json", Role::Viewer),
        ("/members", Role::Admin),
        ("/audit", Role::Admin),
    ];
    let dismiss = format!("{one}/dismiss");
    let acts = [
        ("/members", Role::Admin, StatusCode::UNPROCESSABLE_ENTITY),
        (one.as_str(), Role::Admin, StatusCode::NOT_FOUND),
        (dismiss.as_str(), Role::Admin, StatusCode::NOT_FOUND),
        ("/trash", Role::Editor, StatusCode::SEE_OTHER),
        ("/quizzes", Role::Reviewer, StatusCode::UNPROCESSABLE_ENTITY),
        ("/quizzes/quz_none/right", Role::Reviewer, StatusCode::NOT_FOUND),
        ("/quizzes/quz_none/void", Role::Reviewer, StatusCode::NOT_FOUND),
        ("/quizzes/quz_none/withdraw", Role::Reviewer, StatusCode::NOT_FOUND),
    ];
    for role in Role::ALL {
        let browser = newsroom.is(role).await;
        for (path, least) in pages {
            let expected = if role >= least { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(newsroom.status(&browser, path).await, expected, "{} {path}", role.word());
        }
        for (path, least, done) in acts {
            let expected = if role >= least { done } else { StatusCode::FORBIDDEN };
            let status = newsroom.press(&browser, path, &[("one", &trashed)]).await.status();
            assert_eq!(status, expected, "{} {path}", role.word());
        }
    }
    // An admin of some languages alone says nothing about others.
    let some = Rights { languages: Some(["hi".to_owned()].into()), ..Rights::all(Role::Admin) };
    let hana = newsroom.member("hana", &some).await;
    assert_eq!(newsroom.status(&hana, "/members").await, StatusCode::FORBIDDEN);
}
