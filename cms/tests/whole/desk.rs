//! What a newsroom's desk sees and does: lists, reports, previews, files, members.

use crate::count::Counted;
use crate::scene::{Scene, article, language, player, rich, with};
use cms::draft::State;
use cms::file::{self, Imported};
use cms::list::{self, Bin, Cursor, Filter, Line};
use cms::missing::{self, Why};
use cms::publish::Cascade;
use cms::rights::{Rights, Role};
use cms::schema::kind;
use cms::{Error, entry, member, presence, preview};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;
use store::Store;

async fn titles(scene: &Scene, filter: &Filter<'_>) -> Vec<String> {
    let read = scene.store().read("test", async |db| list::page(db, filter, None, 100).await).await;
    read.unwrap().into_iter().map(|it| it.title).collect()
}

#[tokio::test]
async fn entries_are_found_by_what_they_are_and_by_their_words() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for (kind, body) in [
        ("article", article("Rohit bats")),
        ("article", with(article("Rain"), "body", rich("Rohit waits."))),
        ("player", player("Rohit Sharma")),
        ("player", player("Virat Kohli")),
    ] {
        scene.clock.advance(Duration::from_secs(1));
        ids.push(scene.entry(kind, &body).await);
    }
    scene.clock.advance(Duration::from_secs(1));
    let (asha, ben) = (scene.asha(), scene.who("Ben", Role::Editor));
    scene.publish(&ids[0], "en").await;
    scene.save(&ben, (&ids[3], "en"), &player("Virat Kohli, captain")).await;
    scene.save(&asha, (&ids[2], "hi"), &player("रोहित शर्मा")).await;
    let trashed = scene.entry("article", &article("Gone Rohit")).await;
    scene
        .tx(async |tx| entry::trash(tx, &asha, std::slice::from_ref(&trashed), Cascade::Refuse).await)
        .await
        .unwrap();
    let hindi = language("hi");
    let all = Filter::default();
    let players = ["player".to_owned()].into();
    for (filter, expected) in [
        (all, vec!["Virat Kohli, captain", "Rohit Sharma", "Rain", "Rohit bats"]),
        (Filter { kind: Some("article"), ..all }, vec!["Rain", "Rohit bats"]),
        (Filter { kind: Some("article"), state: Some(State::Published), ..all }, vec!["Rohit bats"]),
        (Filter { state: Some(State::Published), ..all }, vec!["Rohit bats"]),
        (Filter { author: Some("usr_Ben"), ..all }, vec!["Virat Kohli, captain"]),
        (Filter { text: "rohit", ..all }, vec!["Rohit Sharma", "Rain", "Rohit bats"]),
        (Filter { kinds: Some(&players), ..all }, vec!["Virat Kohli, captain", "Rohit Sharma"]),
        (Filter { kinds: Some(&players), kind: Some("article"), ..all }, vec![]),
        (Filter { kinds: Some(&players), text: "rohit", ..all }, vec!["Rohit Sharma"]),
        (Filter { text: "ROH sha", ..all }, vec!["Rohit Sharma"]),
        (Filter { text: "rohit", kind: Some("article"), ..all }, vec!["Rain", "Rohit bats"]),
        (Filter { text: "paragraph", ..all }, vec![]),
        (Filter { text: "रोहि", language: Some(&hindi), ..all }, vec!["रोहित शर्मा"]),
        (Filter { language: Some(&hindi), ..all }, vec!["रोहित शर्मा"]),
        (Filter { language: Some(&hindi), kind: Some("article"), ..all }, vec![]),
        (Filter { bin: Bin::Trash, ..all }, vec!["Gone Rohit"]),
        (Filter { bin: Bin::Trash, text: "rain", ..all }, vec![]),
    ] {
        assert_eq!(titles(&scene, &filter).await, expected, "{filter:?}");
    }
    let pick = async |kinds: &[&str], text: &str| {
        let kinds: Vec<String> = kinds.iter().map(|it| (*it).to_owned()).collect();
        let read = scene.store().read("test", async |db| list::pick(db, &kinds, text, None, 10).await).await;
        read.unwrap().into_iter().map(|it| it.title).collect::<Vec<_>>()
    };
    assert_eq!(pick(&["player"], "rohit").await, ["Rohit Sharma"]);
    assert_eq!(pick(&["player", "team"], "").await, ["Virat Kohli, captain", "Rohit Sharma"]);
    let named = scene.store().read("test", async |db| list::named(db, &ids).await).await.unwrap();
    assert_eq!(named.len(), 4);
}

/// A page of so many lines, by way of a store whose statements are counted.
async fn pages(store: &Store, limit: i64) -> usize {
    let (filter, mut after, mut pages) = (Filter { kind: Some("player"), ..Filter::default() }, None, 0);
    loop {
        let read = store.read("test", async |db| list::page(db, &filter, after.as_ref(), limit).await);
        let lines: Vec<Line> = read.await.unwrap();
        pages += 1;
        match lines.last() {
            Some(last) if lines.len() as i64 == limit => after = Cursor::of(&Cursor::after(last).text()),
            _ => return pages,
        }
    }
}

#[tokio::test]
async fn a_page_is_one_statement_however_long_it_is() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for number in 0..25 {
        ids.push(scene.published("player", &player(&format!("Player {number}"))).await);
    }
    let counted = Counted::new(&scene.test.url()).await;
    let store = Store::connect(&counted.url, 1).await.unwrap();
    let begun = counted.statements();
    assert_eq!(pages(&store, 10).await, 3);
    assert_eq!(counted.statements() - begun, 3);
    assert_eq!(pages(&store, 100).await, 1);
    assert_eq!(counted.statements() - begun, 4);
    let kinds = ["player".to_owned()];
    let english = language("en");
    let languages = ["hi".to_owned(), "ta".to_owned()];
    let (picked, documents, missing) = store
        .read("test", async |db| {
            let picked = list::pick(db, &kinds, "player", None, 20).await?;
            let documents = cms::delivery::of_ids(db, &ids, &english).await?;
            Ok::<_, Error>((picked, documents, missing::page(db, "player", &languages, "", 100).await?))
        })
        .await
        .unwrap();
    assert_eq!((picked.len(), documents.len(), missing.0.len()), (20, 25, 50));
    assert_eq!(counted.statements() - begun, 7);
    store.close();
}

#[tokio::test]
async fn translators_are_told_what_is_missing_and_what_has_changed() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let done = scene.published("article", &article("Done")).await;
    let behind = scene.published("article", &article("Behind")).await;
    let half = scene.published("article", &article("Half")).await;
    scene.entry("article", &article("Nobody reads it yet")).await;
    for id in [&done, &behind] {
        scene.save(&asha, (id, "hi"), &article("हो गया")).await;
        scene.publish(id, "hi").await;
    }
    scene.save(&asha, (&half, "hi"), &article("आधा")).await;
    // Words that all languages share need no translator; others do.
    scene.save(&asha, (&done, "en"), &with(article("Done"), "author", json!("Asha"))).await;
    scene.save(&asha, (&behind, "en"), &article("Ahead")).await;
    let languages = ["en".to_owned(), "hi".to_owned(), "ta".to_owned()];
    let page = async |after: &str, limit| {
        let read = scene
            .store()
            .read("test", async |db| missing::page(db, "article", &languages, after, limit).await);
        read.await.unwrap()
    };
    let (all, _) = page("", 10).await;
    let told: Vec<(&str, &str, Why)> =
        all.iter().map(|it| (it.title.as_str(), it.language.as_str(), it.why)).collect();
    let expected = [
        ("Done", "ta", Why::Unwritten),
        ("Ahead", "hi", Why::Behind),
        ("Ahead", "ta", Why::Unwritten),
        ("Half", "hi", Why::Unpublished),
        ("Half", "ta", Why::Unwritten),
    ];
    assert_eq!(told, expected);
    let (first, after) = page("", 1).await;
    assert_eq!((first.len(), after.as_deref()), (1, Some(done.as_str())));
    let (rest, after) = page(&done, 100).await;
    assert_eq!((rest.len(), after.as_deref()), (4, Some(half.as_str())));
    assert_eq!(page(&half, 100).await, (vec![], None));
    let written = scene.store().read("test", async |db| missing::languages(db).await).await.unwrap();
    assert_eq!(written, ["en", "hi"]);
    // Once it is written anew it is not behind.
    scene.save(&asha, (&behind, "hi"), &article("आगे")).await;
    assert!(page("", 10).await.0.iter().all(|it| it.why != Why::Behind));
}

#[tokio::test]
async fn a_previews_link_shows_the_draft_until_it_ends() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let hindi = language("hi");
    let id = scene.published("article", &with(article("One"), "author", json!("A"))).await;
    scene.save(&asha, (&id, "en"), &with(article("Two"), "author", json!("B"))).await;
    scene.save(&asha, (&id, "hi"), &json!({ "headline": "दो" })).await;
    let hour = SignedDuration::from_hours(1);
    let viewer = scene.who("Vik", Role::Viewer);
    let denied = scene.tx(async |tx| preview::make(tx, &viewer, (&id, &hindi), hour).await).await;
    assert!(matches!(denied, Err(Error::Denied { .. })));
    let token = scene.tx(async |tx| preview::make(tx, &asha, (&id, &hindi), hour).await).await.unwrap();
    let open = async |token: &access::Token| {
        let now = scene.clock.now();
        scene.store().read("test", async |db| preview::open(db, token, now).await).await.unwrap()
    };
    let shown = open(&token).await.unwrap();
    assert_eq!((shown.body["headline"].as_str(), shown.body["author"].as_str()), (Some("दो"), Some("B")));
    assert_eq!(shown.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), ["/body is needed"]);
    assert!(open(&access::Token::new()).await.is_none());
    let kept = scene.texts("select encode(token_sha256, 'hex') from cms.preview").await;
    assert!(!kept[0].contains(token.reveal()));
    scene.clock.advance(Duration::from_secs(3599));
    assert!(open(&token).await.is_some());
    scene.clock.advance(Duration::from_secs(1));
    assert!(open(&token).await.is_none());
    let asha = scene.asha();
    let another = scene.tx(async |tx| preview::make(tx, &asha, (&id, &hindi), hour).await).await.unwrap();
    assert_eq!(scene.number("select count(*) from cms.preview").await, 1);
    scene.tx(async |tx| preview::end(tx, &asha, &id).await).await.unwrap();
    assert!(open(&another).await.is_none());
    // Who may look at a draft looks at it in the widget, and no log tells of it.
    let told = "select count(*) from access.audit where action = 'entry.preview'";
    let before = scene.number(told).await;
    let viewer = scene.who("Vik", Role::Viewer);
    let own = scene.tx(async |tx| preview::look(tx, &viewer, (&id, &hindi)).await).await.unwrap();
    assert_eq!(open(&own).await.unwrap().body["headline"], "दो");
    assert_eq!(scene.number(told).await, before);
    scene.clock.advance(Duration::from_secs(3600));
    assert!(open(&own).await.is_none());
}

#[tokio::test]
async fn a_preview_brings_the_drafts_that_would_be_published_with_it() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    let shown = scene.published("article", &article("Out already")).await;
    scene.save(&asha, (&shown, "en"), &article("Out, and changed")).await;
    let player = scene.entry("player", &json!({ "name": "Holt" })).await;
    let mention = json!({ "type": "mention", "attrs": { "kind": "player", "id": player, "label": "Holt" } });
    let text = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [mention] }] });
    let story = scene.entry("article", &with(article("Behind it"), "body", text)).await;
    let gone = scene.entry("article", &article("Thrown away")).await;
    scene
        .tx(async |tx| entry::trash(tx, &asha, std::slice::from_ref(&gone), Cascade::Refuse).await)
        .await
        .unwrap();
    let related = with(article("First"), "related", json!([shown, story, gone, store::ids::new("ent")]));
    let first = scene.entry("article", &related).await;
    // It names what names it: once is enough.
    scene
        .save(&asha, (&story, "en"), &with(scene.draft(&story, "en").await.body, "related", json!([first])))
        .await;

    let names = async |kinds: Option<&[&str]>| -> Vec<String> {
        let kinds = kinds.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
        let read = async |db: &store::Client<'_>| preview::show(db, &first, &english, kinds.as_ref()).await;
        let found = scene.store().read("test", read).await.unwrap().unwrap();
        found.needs.into_iter().map(|it| it.entry.id).collect()
    };
    assert_eq!(names(None).await, [story.clone(), player.clone()]);
    assert_eq!(names(Some(&["article"])).await, std::slice::from_ref(&story));
    assert_eq!(
        names(Some(&["player"])).await,
        Vec::<String>::new(),
        "it is named by what is not theirs to read"
    );

    // A link shows what its maker may read, as that is now.
    let token = scene.tx(async |tx| preview::look(tx, &asha, (&first, &english)).await).await.unwrap();
    let open = async || {
        let now = scene.clock.now();
        let found = scene.store().read("test", async |db| preview::open(db, &token, now).await).await;
        found.unwrap().unwrap().needs.len()
    };
    assert_eq!(open().await, 2);
    let own = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Editor) };
    let admin = scene.who("Ada", Role::Admin);
    scene.tx(async |tx| member::assign(tx, &admin, "usr_Asha", &own).await).await.unwrap();
    assert_eq!(open().await, 1);
}

#[tokio::test]
async fn whoever_has_a_form_open_is_seen_by_others_until_they_go() {
    let scene = Scene::new().await;
    let id = scene.entry("article", &article("One")).await;
    let english = language("en");
    let at = (id.as_str(), &english);
    let see = async |name: &str, session: &str, field: Option<&str>| {
        let who = scene.who(name, Role::Editor);
        scene.tx(async |tx| presence::see(tx, &who, at, session, field).await).await.unwrap();
    };
    let there = async || {
        let now = scene.clock.now();
        let read = scene.store().read("test", async |db| presence::there(db, at, now).await).await.unwrap();
        read.into_iter().map(|it| format!("{} {}", it.name, it.field.unwrap_or_default())).collect::<Vec<_>>()
    };
    see("Asha", "a", Some("/headline")).await;
    see("Ben", "b", None).await;
    assert_eq!(there().await, ["Asha /headline", "Ben "]);
    scene.clock.advance(Duration::from_secs(20));
    see("Asha", "a", Some("/body")).await;
    // Nobody speaks for another one's form.
    see("Eve", "a", Some("/eve")).await;
    assert_eq!(there().await, ["Asha /body", "Ben "]);
    scene.clock.advance(Duration::from_secs(11));
    assert_eq!(there().await, ["Asha /body"]);
    let asha = scene.asha();
    scene.tx(async |tx| presence::leave(tx, &asha, at, "a").await).await.unwrap();
    assert_eq!(there().await, [""; 0]);
}

#[tokio::test]
async fn admins_say_who_is_what_and_nobody_else_does() {
    let scene = Scene::new().await;
    let admin = scene.who("Ada", Role::Admin);
    let only = |kinds: &[&str], languages: &[&str]| Rights {
        role: Role::Translator,
        kinds: Some(kinds.iter().map(|it| (*it).to_owned()).collect()),
        languages: Some(languages.iter().map(|it| (*it).to_owned()).collect()),
    };
    let assign = async |who: &cms::rights::Editor, rights: &Rights| {
        scene.tx(async |tx| member::assign(tx, who, "usr_1", rights).await).await
    };
    let rights = only(&["article"], &["hi"]);
    assign(&admin, &rights).await.unwrap();
    let of =
        async || scene.store().read("test", async |db| member::of_user(db, "usr_1").await).await.unwrap();
    assert_eq!(of().await, Some(rights.clone()));
    for (who, rights) in [
        (scene.who("Rao", Role::Reviewer), Rights::all(Role::Admin)),
        (scene.asha(), Rights::all(Role::Viewer)),
    ] {
        assert!(matches!(assign(&who, &rights).await, Err(Error::Denied { .. })));
    }
    let mut bounded = admin.clone();
    bounded.rights.languages = Some(["hi".to_owned()].into());
    assert!(matches!(assign(&bounded, &Rights::all(Role::Admin)).await, Err(Error::Denied { .. })));
    assert!(matches!(assign(&admin, &only(&["blog"], &["hi"])).await, Err(Error::UnknownKind { .. })));
    assert!(matches!(assign(&admin, &only(&["article"], &["hi_in"])).await, Err(Error::Language { .. })));
    assign(&admin, &Rights::all(Role::Editor)).await.unwrap();
    let members = scene.store().read("test", async |db| member::list(db, "", 10).await).await.unwrap();
    assert_eq!((members.len(), members[0].rights.role), (1, Role::Editor));
    scene.tx(async |tx| member::dismiss(tx, &admin, "usr_1").await).await.unwrap();
    assert_eq!(of().await, None);
}

/// All articles as a file, read back.
async fn exported(scene: &Scene, as_csv: Format) -> Vec<file::Document> {
    let asha = scene.asha();
    let all =
        scene.store().read("test", async |db| file::export(db, &asha, "article", "").await).await.unwrap();
    match as_csv {
        Format::Csv => file::read_csv("article", &file::csv(kind("article").unwrap(), &all)).unwrap(),
        Format::Json => file::read_json(&file::json(&all).to_string()).unwrap(),
    }
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Csv,
    Json,
}

#[tokio::test]
async fn what_goes_out_comes_in_as_it_was() {
    for format in [Format::Csv, Format::Json] {
        let scene = Scene::new().await;
        let asha = scene.asha();
        let body = json!({
            "headline": "=cmd|' /c calc'!A0", "summary": "Two\nlines, \"quoted\"", "body": rich("रोहित"), "about": [store::ids::new("ent")],
            "targets": { "places": ["IN-KA"], "priority": -3 },
        });
        let id = scene.entry_as(&asha, "article", Some("final"), &body).await.unwrap();
        scene.save(&asha, (&id, "hi"), &article("'=एक")).await;
        let documents = exported(&scene, format).await;
        assert_eq!(documents.iter().map(|it| &it.body).collect::<Vec<_>>(), [&body, &article("'=एक")]);
        let other = scene.entry("article", &article("Another")).await;
        let ids = [other.clone(), id.clone(), store::ids::new("ent")];
        let read = scene.store().read("test", async |db| file::export_these(db, &asha, &ids).await).await;
        let titles: Vec<String> = read.unwrap().into_iter().map(|it| it.0.id).collect();
        assert_eq!(titles, [id.clone(), other]);
        // Nothing has changed: nothing is written.
        let done = scene.tx(async |tx| file::import(tx, &asha, &documents).await).await.unwrap();
        assert_eq!(done, Imported { made: 0, written: 2 });
        assert_eq!((scene.draft(&id, "en").await.version, scene.draft(&id, "hi").await.version), (1, 1));
        // In another newsroom they are new, by their key.
        let other = Scene::new().await;
        let mut new = documents.clone();
        new.iter_mut().for_each(|it| (it.id, it.version) = (None, None));
        let done = other.tx(async |tx| file::import(tx, &asha, &new).await).await.unwrap();
        assert_eq!(done, Imported { made: 1, written: 1 });
        assert_eq!(
            exported(&other, format).await.iter().map(|it| &it.body).collect::<Vec<_>>(),
            [&body, &article("'=एक")]
        );
        assert_eq!(other.texts("select distinct act from cms.revision").await, ["import"], "{format:?}");
        // And what others have written since is not written over.
        scene.save(&asha, (&id, "hi"), &article("दो")).await;
        let mut late = documents.clone();
        late[0].body["headline"] = json!("New");
        late[1].body["headline"] = json!("तीन");
        let refused = scene.tx(async |tx| file::import(tx, &asha, &late).await).await.unwrap_err();
        let Error::NotImported { faults } = refused else { panic!("{refused}") };
        assert_eq!(faults.len(), 1);
        assert!(faults[0].what.ends_with("its version is 2, not 1"), "{}", faults[0]);
        assert_eq!(scene.draft(&id, "en").await.body, body);
        assert_eq!(scene.number("select count(*) from cms.aside").await, 0);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_by_line_and_nothing_is_written() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let faults = async |text: &str| {
        let refused = match file::read_csv("article", text) {
            Ok(documents) => {
                scene.tx(async |tx| file::import(tx, &asha, &documents).await).await.unwrap_err()
            }
            Err(error) => error,
        };
        let Error::NotImported { faults } = refused else { panic!("{refused}") };
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (text, expected) in [
        (
            "id,language,stake\r\n",
            vec!["line 1: there is no column \"stake\"", "line 1: the column main_language is needed"],
        ),
        ("main_language,language,language\r\n", vec!["line 1: there are two columns language"]),
        ("main_language,language,body\r\nen,en,text\r\n", vec!["line 2: body is to be JSON"]),
        (
            "main_language,language,version\r\nen,en,x\r\nen,,\r\n",
            vec!["line 2: \"x\" is no version", "line 3: its language is needed"],
        ),
        (
            "main_language,language,headline\r\nen,en,Good\r\nen,hi,Whose\r\nen_us,en_us,x\r\n",
            vec![
                "line 3: in hi it is of an entry that has neither an id nor a key",
                "line 4: \"en_us\" is no language tag such as hi or pt-BR",
            ],
        ),
        (
            &format!("\u{feff}main_language,language,headline\r\nen,en,{}\r\n", "x".repeat(111)),
            vec!["line 2: /headline has 110 characters at most, and 111 now"],
        ),
        ("id,main_language,language\r\nent_none,en,en\r\n", vec!["line 2: there is no entry ent_none"]),
    ] {
        assert_eq!(faults(text).await, expected, "{text}");
    }
    let uneven = faults("main_language,language\r\nen\r\n").await;
    assert!(uneven[0].starts_with("line 2: "), "{uneven:?}");
    assert_eq!(scene.number("select count(*) from cms.entry").await, 0);
    for text in [
        "{}",
        "[{\"kind\":\"article\"}]",
        "[{\"kind\":\"article\",\"main_language\":\"en\",\"documents\":{},\"stake\":1}]",
    ] {
        assert!(matches!(file::read_json(text), Err(Error::NotImported { .. })), "{text}");
    }
    let much: Value = json!([{ "kind": "article", "main_language": "en", "documents": { "en": { "body": { "headline": "x".repeat(file::BYTES_MAX) } } } }]);
    assert!(matches!(file::read_json(&much.to_string()), Err(Error::TooMany { .. })));
    let translator = scene.who("Tara", Role::Translator);
    let documents = file::read_csv("article", "main_language,language,headline\r\nen,en,Good\r\n").unwrap();
    let denied = scene.tx(async |tx| file::import(tx, &translator, &documents).await).await.unwrap_err();
    assert!(denied.to_string().contains("as translator you may not import"), "{denied}");
}
