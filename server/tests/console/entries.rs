//! Entries over HTTP: who may do what, what a form that saves itself is told, and what becomes of words that come late.

use crate::dashboard::{Browser, From};
use crate::support::{Fields, Ground, encode, fields, location};
use cms::rights::{Editor, Rights, Role};
use cms::{Language, draft, entry, member, publish};
use reqwest::header::{ACCEPT, COOKIE, IF_MATCH, ORIGIN};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/console/content";

/// A server with an entry of a team, in English and Hindi.
struct Newsroom {
    ground: Ground,
    id: String,
}

fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

impl Newsroom {
    async fn open() -> Self {
        let ground = Ground::open().await;
        let id = make(&ground, "team", &json!({ "name": "Fernhill", "short_name": "FH" })).await;
        Self { ground, id }
    }

    /// Somebody of that role, signed in.
    async fn member(&self, role: Role) -> Browser {
        let (browser, _, user_id) = self.ground.partner(&format!("{}@crease.example", role.word())).await;
        let system = Editor::system("test", self.ground.app.clock.now());
        let rights = Rights::all(role);
        let assigned = self
            .ground
            .app
            .store
            .run_tx("test", async |tx| member::assign(tx, &system, &user_id, &rights).await);
        assigned.await.unwrap();
        browser
    }

    fn at(&self, language: &str, rest: &str) -> String {
        format!("{PATH}/entries/{}{rest}?lang={language}", self.id)
    }

    async fn draft(&self, tag: &str) -> Option<draft::Draft> {
        let language = language(tag);
        self.ground
            .app
            .store
            .read("test", async |db| draft::find(db, &self.id, &language).await)
            .await
            .unwrap()
    }

    /// As the form's script does.
    async fn autosave(
        &self,
        browser: &Browser,
        tag: &str,
        version: i64,
        form: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let csrf = self.ground.csrf(browser).await;
        let mut sent = fields(form);
        sent.extend(fields(&[("csrf", &csrf), ("do", "autosave"), ("#end", "")]));
        let answer = self.send(browser, tag, Some(version), &sent).await;
        let status = answer.status();
        (status, answer.json().await.unwrap())
    }

    async fn send(&self, browser: &Browser, tag: &str, version: Option<i64>, form: &Fields) -> Response {
        let url = format!("{}{}", self.ground.url, self.at(tag, ""));
        let mut request =
            self.ground.client.post(url).header(COOKIE, browser.header()).header(ACCEPT, "application/json");
        request = request.header(ORIGIN, &self.ground.url);
        if let Some(version) = version {
            request = request.header(IF_MATCH, draft::etag(version));
        }
        request.body(encode(form)).send().await.unwrap()
    }
}

async fn make(ground: &Ground, kind: &str, body: &Value) -> String {
    let system = Editor::system("test", ground.app.clock.now());
    let made = ground.app.store.run_tx("test", async |tx| {
        let new = entry::New { kind, key: None, main_language: &language("en"), body };
        entry::make(tx, &system, new).await
    });
    made.await.unwrap()
}

/// What is pressed, with what is sent, and for which roles in the main language and in another: viewer, translator, editor, reviewer, admin.
const ACTS: [(&str, &[(&str, &str)], &str, &str); 11] = [
    ("", &[("do", "save"), ("#end", ""), ("/name", "Fernhill CC")], "--era", "-tera"),
    ("/review", &[("do", "ask")], "--era", "-tera"),
    ("/review", &[("do", "approve")], "---ra", "---ra"),
    ("/review", &[("do", "send-back"), ("note", "Shorter")], "---ra", "---ra"),
    ("/restore", &[("number", "1")], "--era", "-tera"),
    ("/publish", &[], "--era", "-tera"),
    ("/roll-back", &[], "--era", "-tera"),
    ("/unpublish", &[], "--era", "-tera"),
    (
        "/schedule",
        &[("what", "publish"), ("when", "time"), ("date", "2027-01-01"), ("time", "10:00"), ("zone", "UTC")],
        "--era",
        "-tera",
    ),
    ("/presence", &[("sitting", "a")], "vtera", "vtera"),
    ("/trash", &[], "--era", "--era"),
];

#[tokio::test]
async fn each_role_does_what_is_its_to_do_and_nothing_else() {
    let newsroom = Newsroom::open().await;
    for role in Role::ALL {
        let mut browser = newsroom.member(role).await;
        let letter = &role.word()[..1];
        for (rest, form, main, other) in ACTS {
            for (tag, allowed) in [("en", main), ("hi", other)] {
                let id =
                    make(&newsroom.ground, "team", &json!({ "name": "Fernhill", "short_name": "FH" })).await;
                let hindi = json!({ "name": "फ़र्नहिल" });
                let system = Editor::system("test", newsroom.ground.app.clock.now());
                let begun = newsroom.ground.app.store.run_tx("test", async |tx| {
                    let write = draft::Write {
                        base: 0,
                        body: &hindi,
                        keep: draft::Keep::Save,
                        session: draft::Session { id: "s".to_owned(), turn: 1 },
                    };
                    draft::write(tx, &system, &id, &language("hi"), write).await
                });
                begun.await.unwrap();
                let at = format!("{PATH}/entries/{id}{rest}?lang={tag}");
                let form: Vec<_> = form.iter().copied().chain([("version", "1")]).collect();
                let status = newsroom.ground.press(&mut browser, &at, &form).await.status();
                let is_denied = status == StatusCode::FORBIDDEN;
                assert_eq!(
                    is_denied,
                    !allowed.contains(letter),
                    "{} {rest} {tag} {form:?}: {status}",
                    role.word()
                );
                assert!(!status.is_server_error(), "{rest} {status}");
            }
        }
    }
}

#[tokio::test]
async fn pages_are_for_members_and_show_what_may_be_pressed() {
    let newsroom = Newsroom::open().await;
    let pages = [
        "",
        "?kind=team",
        "/entries/{id}",
        "/entries/{id}/revisions",
        "/entries/{id}/revisions/compare?from=1&to=1",
        "/releases",
        "/look?q=fern",
        "/palette?q=fern",
    ];
    for role in Role::ALL {
        let mut browser = newsroom.member(role).await;
        for rest in pages {
            let page = newsroom
                .ground
                .page(&browser, &format!("{PATH}{}", rest.replace("{id}", &newsroom.id)))
                .await;
            assert!(!page.contains(" style="), "{rest}");
        }
        let form = newsroom.ground.page(&browser, &newsroom.at("en", "")).await;
        assert_eq!(form.contains("id=\"entry\""), role >= Role::Editor, "{role:?}");
        let makes = newsroom
            .ground
            .press(&mut browser, &format!("{PATH}/entries/new"), &[("kind", "team"), ("lang", "en")])
            .await;
        assert_eq!(makes.status() == StatusCode::SEE_OTHER, role >= Role::Editor, "{role:?}");
        let release = newsroom
            .ground
            .press(&mut browser, &format!("{PATH}/releases"), &[("title", "Opening night")])
            .await;
        assert_eq!(release.status() == StatusCode::SEE_OTHER, role > Role::Viewer, "{role:?}");
    }
    let (stranger, _, _) = newsroom.ground.partner("stranger@crease.example").await;
    for rest in pages {
        let seen =
            newsroom.ground.see(&stranger, &format!("{PATH}{}", rest.replace("{id}", &newsroom.id))).await;
        assert_eq!(seen.status(), StatusCode::NOT_FOUND, "{rest}");
    }
}

#[tokio::test]
async fn a_form_that_saves_itself_is_told_what_became_of_it() {
    let newsroom = Newsroom::open().await;
    let browser = newsroom.member(Role::Editor).await;
    let sitting =
        |turn: &'static str, name: &'static str| [("sitting", "s1"), ("turn", turn), ("/name", name)];
    let (status, said) = newsroom.autosave(&browser, "en", 1, &sitting("1", "Fernhill CC")).await;
    assert_eq!(
        (status, &said),
        (StatusCode::OK, &json!({ "version": 2, "state": "draft", "title": "Fernhill CC" }))
    );

    // One that was overtaken on its way changes nothing.
    let (status, said) = newsroom.autosave(&browser, "en", 1, &sitting("1", "Fernh")).await;
    assert_eq!((status, said["version"].as_i64()), (StatusCode::OK, Some(2)));
    assert_eq!(newsroom.draft("en").await.unwrap().body, json!({ "name": "Fernhill CC" }));

    // What cannot be kept is told of, and the rest is kept.
    let form = [("sitting", "s1"), ("turn", "2"), ("/name", "Fern"), ("/short_name", "LONG AS A NAME")];
    let (status, said) = newsroom.autosave(&browser, "en", 2, &form).await;
    assert_eq!((status, &said["problems"][0]["path"]), (StatusCode::OK, &json!("/short_name")), "{said}");
    assert_eq!(newsroom.draft("en").await.unwrap().body, json!({ "name": "Fern" }));

    // Without a version, and without the end of the form.
    let csrf = newsroom.ground.csrf(&browser).await;
    let whole = fields(&[
        ("csrf", &csrf),
        ("sitting", "s1"),
        ("turn", "3"),
        ("do", "autosave"),
        ("#end", ""),
        ("/name", "X"),
    ]);
    assert_eq!(newsroom.send(&browser, "en", None, &whole).await.status(), StatusCode::PRECONDITION_REQUIRED);
    let cut = fields(&[("csrf", &csrf), ("sitting", "s1"), ("turn", "3"), ("do", "autosave")]);
    let refused = newsroom.send(&browser, "en", Some(3), &cut).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json::<Value>().await.unwrap()["error"].as_str().unwrap().contains("missing"));
    // And from elsewhere.
    let evil = newsroom.ground.send(&browser, &newsroom.at("en", ""), &whole, From::Elsewhere).await;
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    assert_eq!(newsroom.draft("en").await.unwrap().version, 3);
}

#[tokio::test]
async fn words_that_come_late_are_kept_aside_and_brought_in() {
    let newsroom = Newsroom::open().await;
    let (mut asha, ben) = (newsroom.member(Role::Editor).await, newsroom.member(Role::Reviewer).await);
    let of = |sitting: &'static str, name: &'static str, short: &'static str| {
        [("sitting", sitting), ("turn", "1"), ("/name", name), ("/short_name", short)]
    };
    let (status, _) = newsroom.autosave(&ben, "en", 1, &of("b", "Fernhill CC", "FH")).await;
    assert_eq!(status, StatusCode::OK);
    let (status, said) = newsroom.autosave(&asha, "en", 1, &of("a", "Fernhill Club", "FER")).await;
    assert_eq!((status, said["clash"].as_str()), (StatusCode::PRECONDITION_FAILED, Some("Asha Rao")));
    assert_eq!(newsroom.draft("en").await.unwrap().body["name"], "Fernhill CC");

    let page = newsroom.ground.page(&asha, &format!("{}&sitting=a", newsroom.at("en", "/clash"))).await;
    assert!(page.contains("Fernhill CC") && page.contains("Fernhill Club"), "{page}");
    assert!(newsroom.ground.page(&asha, &newsroom.at("en", "")).await.contains("Kept aside"));
    // He goes on meanwhile: she is shown that first.
    let again = [("sitting", "b"), ("turn", "2"), ("/name", "Fernhill C.C."), ("/short_name", "FH")];
    newsroom.autosave(&ben, "en", 2, &again).await;
    let at = newsroom.at("en", "/clash");
    let form = [("sitting", "a"), ("version", "2"), ("c0", "yours")];
    let shown = newsroom.ground.press(&mut asha, &at, &form).await;
    assert!(location(&shown).contains("/clash?"), "{}", location(&shown));
    let form = [("sitting", "a"), ("version", "3"), ("c0", "yours")];
    let merged = newsroom.ground.press(&mut asha, &at, &form).await;
    assert!(location(&merged).ends_with("done=merged"), "{}", location(&merged));
    assert_eq!(
        newsroom.draft("en").await.unwrap().body,
        json!({ "name": "Fernhill Club", "short_name": "FER" })
    );
    assert!(!newsroom.ground.page(&asha, &newsroom.at("en", "")).await.contains("Kept aside"));
}

#[tokio::test]
async fn without_a_script_a_late_save_leads_to_both() {
    let newsroom = Newsroom::open().await;
    let (mut asha, ben) = (newsroom.member(Role::Editor).await, newsroom.member(Role::Reviewer).await);
    newsroom.autosave(&ben, "en", 1, &[("sitting", "b"), ("turn", "1"), ("/name", "Fernhill CC")]).await;
    let form = [("do", "save"), ("#end", ""), ("version", "1"), ("/name", "Fern <b>")];
    let late = newsroom.ground.press(&mut asha, &newsroom.at("en", ""), &form).await;
    let to = location(&late).to_owned();
    assert!(to.contains("/clash?"), "{to}");
    let page = newsroom.ground.page(&asha, &to).await;
    assert!(page.contains("Fern &lt;b&gt;") && !page.contains("Fern <b>"), "{page}");
    // What cannot be kept comes back as it was typed.
    let form = [
        ("do", "save"),
        ("#end", ""),
        ("version", "2"),
        ("/name", "Fernhill"),
        ("/short_name", "FAR TOO LONG"),
    ];
    let back = newsroom.ground.press(&mut asha, &newsroom.at("en", ""), &form).await;
    assert_eq!(back.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(back.text().await.unwrap().contains("FAR TOO LONG"));
}

#[tokio::test]
async fn going_back_twice_goes_back_two() {
    let newsroom = Newsroom::open().await;
    let mut browser = newsroom.member(Role::Editor).await;
    let mut version = 1;
    for name in ["One", "Two", "Three"] {
        let form = [
            ("do", "save"),
            ("#end", ""),
            ("version", &version.to_string()),
            ("/name", name),
            ("/short_name", "FH"),
        ];
        newsroom.ground.press(&mut browser, &newsroom.at("en", ""), &form).await;
        version += 1;
        let form = [("version", version.to_string())];
        let form: Vec<(&str, &str)> = form.iter().map(|it| (it.0, it.1.as_str())).collect();
        let published = newsroom.ground.press(&mut browser, &newsroom.at("en", "/publish"), &form).await;
        assert!(location(&published).ends_with("done=published"));
    }
    for expected in [Some("Two"), Some("One"), None] {
        let back = newsroom.ground.press(&mut browser, &newsroom.at("en", "/roll-back"), &[]).await;
        let Some(expected) = expected else {
            assert_eq!(back.status(), StatusCode::CONFLICT);
            continue;
        };
        assert!(location(&back).ends_with("done=rolled-back"), "{expected}");
        let live = newsroom.draft("en").await.unwrap().published_revision.unwrap();
        let read = newsroom
            .ground
            .app
            .store
            .read("test", async |db| cms::revision::find(db, &newsroom.id, &language("en"), live).await);
        assert_eq!(read.await.unwrap().body["name"], expected);
    }
}

#[tokio::test]
async fn several_are_done_with_at_once_each_by_itself() {
    let newsroom = Newsroom::open().await;
    let mut browser = newsroom.member(Role::Editor).await;
    let whole = newsroom.id.clone();
    let broken = make(&newsroom.ground, "article", &json!({ "headline": "No story" })).await;
    let chosen = [format!("{whole} en 1"), format!("{broken} en 1")];
    let form: Vec<(&str, &str)> =
        chosen.iter().map(|it| ("entry", it.as_str())).chain([("do", "publish")]).collect();
    let page = newsroom
        .ground
        .press(&mut browser, &format!("{PATH}/entries/bulk"), &form)
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("Done with 1 of 2") && page.contains("It is not whole"), "{page}");
    let languages = newsroom
        .ground
        .app
        .store
        .read("test", async |db| publish::languages(db, &[whole.clone(), broken.clone()]).await);
    assert_eq!(languages.await.unwrap().len(), 1);
}
