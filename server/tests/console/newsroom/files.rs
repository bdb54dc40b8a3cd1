//! Files out and in, the calendar, and drafts in the real widget.

use super::{Asks, File, Newsroom, PATH};
use cms::publish::{self, Cascade};
use cms::rights::{Rights, Role};
use cms::schedule::{self, Subject, When};
use cms::{Language, moments::Moment};
use jiff::SignedDuration;
use partners::{Kind, Mode};
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use serde_json::{Value, json};

impl Newsroom {
    async fn export(&self, browser: &crate::dashboard::Browser, query: &str) -> String {
        let answer = self.ground.see(browser, &format!("{PATH}/files/export?{query}")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{query}");
        assert!(answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; "));
        answer.text().await.unwrap()
    }

    /// A news card that is published for a partner's pages alone.
    async fn card_for(&self, organisation_id: &str) -> String {
        let text = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "Close." }] }] });
        let body = json!({
            "headline": "For you", "body": text, "leads_to": "nowhere", "slot": "match-top",
            "targets": { "partners": [organisation_id] },
        });
        let id = self.entry("news-card", &body).await;
        let (who, english) = (self.system(), Language::parse("en").unwrap());
        let done =
            self.ground.app.store.run_tx("test", async |tx| {
                publish::publish(tx, &who, (&id, &english), 1, Cascade::Refuse).await
            });
        done.await.unwrap();
        id
    }

    async fn import(
        &self,
        browser: &crate::dashboard::Browser,
        act: &str,
        text: &str,
    ) -> (StatusCode, String) {
        let file = [File { name: "in <b>.csv", bytes: text.as_bytes() }];
        let fields = [("do", act), ("kind", "player")];
        let sent = self.send(browser, "/files", &fields, &file, Asks::Browser).await;
        (sent.status(), sent.text().await.unwrap())
    }
}

fn carried(page: &str) -> String {
    crate::support::hidden(page, "carried")
}

#[tokio::test]
async fn what_goes_out_is_no_formula_and_comes_in_as_it_was() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let id = newsroom.entry("player", &json!({ "name": "=cmd|' /c calc'!A0" })).await;
    newsroom.entry("player", &json!({ "name": "Virat" })).await;
    let csv = newsroom.export(&asha, "kind=player&format=csv").await;
    assert!(
        csv.starts_with('\u{feff}') && csv.contains(",'=cmd|' /c calc'!A0") && csv.contains("Virat"),
        "{csv}"
    );
    let searched = newsroom.export(&asha, "kind=player&format=csv&q=virat").await;
    assert!(searched.contains("Virat") && !searched.contains("calc"), "{searched}");
    let exported: Value =
        serde_json::from_str(&newsroom.export(&asha, "kind=player&format=json").await).unwrap();
    assert_eq!(exported[0]["documents"]["en"]["body"]["name"], "=cmd|' /c calc'!A0");
    // First it is tried, and nothing changes; then the same is taken in.
    let csv = csv.replace("Virat", "Virat Kohli");
    let (status, page) = newsroom.import(&asha, "try", &csv).await;
    assert!(status == StatusCode::OK && page.contains("0 new entries, 2 documents"), "{page}");
    assert!(newsroom.export(&asha, "kind=player&format=csv&q=kohli").await.lines().count() == 1);
    let fields = [("do", "import"), ("kind", "player"), ("name", "in.csv"), ("carried", &carried(&page))];
    let sent = newsroom.send(&asha, "/files", &fields, &[], Asks::Browser).await;
    let page = sent.text().await.unwrap();
    assert!(page.contains("in.csv is taken in: 0 new entries, 2 documents"), "{page}");
    assert!(newsroom.export(&asha, "kind=player&format=csv&q=kohli").await.contains("Virat Kohli"));
    // Made on a version that is no more: nobody is written over.
    let (status, page) = newsroom.import(&asha, "import", &csv.replace("Virat Kohli", "Rohit")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("its version is 2, not 1"), "{page}");
    assert!(newsroom.export(&asha, "kind=player&format=csv").await.contains(&id));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_by_line_and_field() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let table = "main_language,language,name\r\nen,en,One\r\nen,klingon!,Two\r\n";
    for (text, told) in [
        (table.to_owned(), "line 3</th><td class=\"wide\">&quot;klingon!&quot; is no language tag"),
        (
            "main_language,language,name,shoe\r\nen,en,One,9\r\n".to_owned(),
            "line 1</th><td class=\"wide\">there is no column",
        ),
        (
            format!("main_language,language,name\r\nen,en,{}\r\n", "x".repeat(500)),
            "line 2</th><td class=\"wide\">/name",
        ),
        ("[{]".to_owned(), "the file"),
        (String::new(), "there is nothing in it"),
    ] {
        for act in ["try", "import"] {
            let (status, page) = newsroom.import(&asha, act, &text).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            assert!(page.contains(told) && page.contains("in &lt;b&gt;.csv"), "{told} {page}");
        }
    }
    assert_eq!(newsroom.count("select count(*) from cms.entry").await, 0);
    let (status, _) = newsroom.import(&asha, "import", "main_language,language,name\r\nen,en,One\r\n").await;
    assert_eq!((status, newsroom.count("select count(*) from cms.entry").await), (StatusCode::OK, 1));
    // Who may not write is told so, line by line.
    let vik = newsroom.is(Role::Viewer).await;
    let (status, page) =
        newsroom.import(&vik, "import", "main_language,language,name\r\nen,en,Two\r\n").await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("as viewer you may not"), "{page}");
    let of_articles = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Editor) };
    let ben = newsroom.member("ben", &of_articles).await;
    assert_eq!(newsroom.status(&ben, "/files/export?kind=player&format=csv").await, StatusCode::FORBIDDEN);
    assert_eq!(newsroom.status(&ben, "/files/export?kind=player&format=xls").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_calendar_tells_what_is_planned_and_first_what_was_missed() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let id = newsroom.published("Toss <b> news").await;
    let (who, english) = (newsroom.system(), Language::parse("en").unwrap());
    let mut scorer = newsroom.ground.scorer().await;
    let match_path = scorer.new_match().await;
    let match_id = match_path.rsplit('/').next().unwrap().to_owned();
    let at = newsroom.ground.app.clock.now() + SignedDuration::from_hours(10);
    let plans =
        [When::At { at, zone: "Asia/Kolkata".to_owned() }, When::Moment { match_id, moment: Moment::Toss }];
    let subject = Subject::Publish { entry: id.clone(), language: english, version: 1 };
    for when in &plans {
        let asked = newsroom
            .ground
            .app
            .store
            .run_tx("test", async |tx| schedule::ask(tx, &who, &subject, when).await);
        asked.await.unwrap();
    }
    let page = newsroom.page(&asha, "/calendar").await;
    assert!(
        page.contains("May 2026") && page.contains("id=\"day-2026-05-24\"") && page.contains("20:00"),
        "{page}"
    );
    assert!(
        page.contains("at the toss of Oaks v Elms, 2026-05-24") && page.contains("Toss &lt;b&gt; news"),
        "{page}"
    );
    let there = newsroom.page(&asha, "/calendar?month=2026-05&zone=Asia/Kolkata").await;
    assert!(there.contains("id=\"day-2026-05-25\"") && there.contains("01:30"), "{there}");
    assert!(
        newsroom.page(&asha, "/calendar?month=2026-06").await.contains("Nothing is planned for this month.")
    );
    for (query, status) in [("month=2026-13", 400), ("zone=Mars/Olympus", 422)] {
        assert_eq!(newsroom.status(&asha, &format!("/calendar?{query}")).await.as_u16(), status, "{query}");
    }
    newsroom.ground.app.clock.advance(std::time::Duration::from_secs(11 * 3600));
    let page = newsroom.page(&asha, "/calendar").await;
    assert!(page.contains("Not done as planned") && page.contains("overdue"), "{page}");
    let of_banners = Rights { kinds: Some(["banner".to_owned()].into()), ..Rights::all(Role::Editor) };
    let ben = newsroom.member("ben", &of_banners).await;
    assert!(!newsroom.page(&ben, "/calendar").await.contains(&id));
}

#[tokio::test]
async fn a_draft_is_seen_in_the_widget_and_by_a_link_until_that_ends() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let id = newsroom.entry("banner", &json!({ "text": "Rain <b> stops play" })).await;
    let theme = newsroom
        .entry("theme", &json!({ "name": "Dusk", "light": { "ground": "#fffbe6", "text": "#201a00", "quiet": "#5c5330", "accent": "#7a4b00", "on_accent": "#ffffff" } }))
        .await;
    let preview = format!("/preview?entry={id}&lang=en");
    let page = newsroom.page(&asha, &preview).await;
    assert!(page.contains("<iframe id=\"preview\"") && page.contains("Dusk"), "{page}");
    let frame = format!("/preview/frame?entry={id}&lang=en&theme=light&look={theme}");
    let answer = newsroom.ground.see(&asha, &format!("{PATH}{frame}")).await;
    assert_eq!(answer.headers()[CACHE_CONTROL], "private, no-store");
    assert!(answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'self'"));
    let shown = answer.text().await.unwrap();
    assert!(shown.contains("--crease-paper: #fffbe6;"), "{shown}");
    assert_eq!(newsroom.count("select count(*) from cms.preview").await, 1);
    let wrong = newsroom.page(&asha, &format!("{preview}&partner=Nobody")).await;
    assert!(wrong.contains("id=\"partner-mistake\""), "{wrong}");
    // A link is shown once, and opens for who is not signed in.
    let form = [("entry", id.as_str()), ("lang", "en"), ("hours", "24")];
    let made = newsroom.press(&asha, "/preview/link", &form).await.text().await.unwrap();
    let url = made.split("<code id=\"link\">").nth(1).unwrap().split('<').next().unwrap();
    let rest = url.strip_prefix(&newsroom.ground.url).unwrap().to_owned();
    let outside = crate::dashboard::Browser::default();
    let seen = newsroom.ground.page(&outside, &rest).await;
    assert!(seen.contains("it is not published") && !seen.contains("Asha"), "{seen}");
    assert_eq!(newsroom.ground.see(&outside, &format!("{rest}/frame")).await.status(), StatusCode::OK);
    let token = rest.rsplit('/').next().unwrap();
    // On a partner's page stands what is for that partner, beside the draft.
    let (_, organisation, _) = newsroom.ground.partner("owner@partner.example").await;
    let card = newsroom.card_for(&organisation.id).await;
    let (key, _) = newsroom.ground.key(Kind::Publishable, Mode::Live).await;
    for (said, expected) in [
        (format!("{token}.{}", organisation.id), vec![id.as_str(), card.as_str()]),
        (token.to_owned(), vec![id.as_str()]),
    ] {
        let url = format!("{}/v1/content/board?lang=en&key={key}&preview={said}", newsroom.ground.url);
        let asked = newsroom.ground.client.get(url).header("x-crease-key", &key);
        let board: Value = serde_json::from_str(
            &asked.header("origin", "https://paper.example").send().await.unwrap().text().await.unwrap(),
        )
        .unwrap();
        let cards: Vec<&str> =
            board["cards"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(cards, expected, "{board}");
    }
    let (status, page) = newsroom.follow(&asha, "/preview/end", &[("entry", &id), ("lang", "en")]).await;
    assert!(status == StatusCode::SEE_OTHER && page.contains("All links to this entry are over."), "{page}");
    for path in [rest.clone(), format!("{rest}/frame"), format!("{PATH}/seen/{}", token.to_lowercase())] {
        assert_eq!(newsroom.ground.see(&outside, &path).await.status(), StatusCode::GONE, "{path}");
    }
    // Who may only look makes no link and ends none, and who may not see it sees no draft of it.
    let vik = newsroom.is(Role::Viewer).await;
    assert_eq!(newsroom.status(&vik, &preview).await, StatusCode::OK);
    for act in ["/preview/link", "/preview/end"] {
        let status = newsroom.press(&vik, act, &[("entry", &id), ("lang", "en")]).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{act}");
    }
    let of_articles = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Editor) };
    let ben = newsroom.member("ben", &of_articles).await;
    for path in [&preview, &frame] {
        assert_eq!(newsroom.status(&ben, path).await, StatusCode::FORBIDDEN, "{path}");
    }
}
