//! What fans read, and what they do not.

use crate::scene::{Scene, article, language, player, sitting, start, with};
use cms::delivery::{self, Ask, Document};
use cms::draft::{self, Keep, State, Write};
use cms::publish::{Cascade, Step};
use cms::rights::Role;
use cms::{Error, Language, entry, news, publish, revision};
use jiff::SignedDuration;
use jobs::testing::pass;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn a_translator_publishes_one_language_and_no_other() {
    let scene = Scene::new().await;
    let (asha, tara) = (scene.asha(), scene.who("Tara", Role::Translator));
    let id = scene.published("article", &article("One")).await;
    scene.save(&asha, (&id, "en"), &article("Two")).await;
    scene.save(&tara, (&id, "hi"), &article("एक")).await;
    scene.save(&tara, (&id, "ta"), &article("ஒன்று")).await;
    let denied = scene.publish_as(&tara, (&id, "en"), Cascade::Refuse).await;
    assert!(matches!(denied, Err(Error::Denied { role: Role::Translator, .. })));
    scene.publish_as(&tara, (&id, "hi"), Cascade::Refuse).await.unwrap();
    for (tag, expected) in [
        ("en", ("en", "One")),
        ("hi", ("hi", "एक")),
        ("hi-IN", ("hi", "एक")),
        ("ta", ("en", "One")),
        ("fr", ("en", "One")),
    ] {
        let (language, headline) = scene.read(&id, tag, "headline").await.unwrap();
        assert_eq!((language.as_str(), headline.as_str()), expected, "{tag}");
    }
    let states = [("en", State::Changed), ("hi", State::Published), ("ta", State::Draft)];
    for (tag, expected) in states {
        assert_eq!(scene.draft(&id, tag).await.state, expected, "{tag}");
    }
}

#[tokio::test]
async fn fields_that_all_share_are_the_main_languages_and_have_to_suit_each() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let body = with(article("One"), "author", json!("Asha"));
    let id = scene.entry("article", &body).await;
    scene.save(&asha, (&id, "hi"), &article("एक")).await;
    let first = scene.publish_as(&asha, (&id, "hi"), Cascade::Refuse).await;
    assert!(matches!(first, Err(Error::MainUnpublished { .. })), "{first:?}");
    scene.publish(&id, "en").await;
    scene.publish(&id, "hi").await;
    scene.save(&asha, (&id, "en"), &with(article("Two"), "author", json!("Ben"))).await;
    assert_eq!(scene.read(&id, "hi", "author").await.unwrap().1, "Asha");
    scene.publish(&id, "en").await;
    let of = async |field: &'static str| scene.read(&id, "hi", field).await.unwrap().1;
    assert_eq!((of("author").await, of("headline").await), ("Ben".to_owned(), "एक".to_owned()));
    // A language that is not whole is not published.
    scene.save(&asha, (&id, "hi"), &json!({ "headline": "दो" })).await;
    let half = scene.publish_as(&asha, (&id, "hi"), Cascade::Refuse).await.unwrap_err();
    assert!(half.to_string().ends_with("/body is needed"), "{half}");
    // The main language goes with the others, or not at all.
    let english = language("en");
    let alone =
        scene.tx(async |tx| publish::unpublish(tx, &asha, (&id, &english), Cascade::Refuse).await).await;
    assert!(matches!(alone, Err(Error::LanguagesPublished { languages, .. }) if languages == ["hi"]));
    scene
        .tx(async |tx| publish::unpublish(tx, &asha, (&id, &english), Cascade::Include).await)
        .await
        .unwrap();
    assert_eq!(scene.read(&id, "hi", "headline").await, None);
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
}

#[tokio::test]
async fn a_quiz_whose_key_no_longer_suits_a_translation_is_not_published() {
    let scene = Scene::new().await;
    let admin = scene.who("Ada", Role::Admin);
    let questions = |id: &str| json!([{ "id": id, "text": "Who?", "choices": [{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }] }]);
    let quiz = |id: &str| {
        json!({
            "title": "Toss", "opens": "2026-12-01T18:00:00+05:30[Asia/Kolkata]", "closes": "2026-12-01T19:00:00+05:30[Asia/Kolkata]",
            "questions": questions(id), "answers": [{ "id": id, "choice": "a" }],
        })
    };
    let id = scene.entry_as(&admin, "quiz", None, &quiz("q1")).await.unwrap();
    scene.save(&admin, (&id, "hi"), &json!({ "title": "टॉस", "questions": questions("q1") })).await;
    for tag in ["en", "hi"] {
        scene.publish_as(&admin, (&id, tag), Cascade::Refuse).await.unwrap();
    }
    scene.save(&admin, (&id, "en"), &quiz("q2")).await;
    let broken = scene.publish_as(&admin, (&id, "en"), Cascade::Refuse).await.unwrap_err();
    let Error::Unfit { language, problems, .. } = broken else { panic!("{broken}") };
    assert_eq!((language.as_str(), problems.len()), ("hi", 2));
    // Both at once suit each other.
    scene.save(&admin, (&id, "hi"), &json!({ "title": "टॉस", "questions": questions("q2") })).await;
    let (english, hindi) = (language_of("en"), language_of("hi"));
    let steps = [Step::draft(&id, &hindi, 2), Step::draft(&id, &english, 2)];
    scene.carry_out(&admin, &steps, Cascade::Refuse).await.unwrap();
}

fn language_of(tag: &str) -> Language {
    language(tag)
}

#[tokio::test]
async fn an_unpublished_relation_is_offered_and_never_dropped() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    let venue = scene.entry("venue", &json!({ "name": "Eden Gardens" })).await;
    let team = scene.entry("team", &json!({ "name": "Kolkata", "short_name": "KOL", "home": venue })).await;
    let rohit = scene.entry("player", &with(player("Rohit"), "team", json!(team))).await;
    // The team names its captain, who names the team: a ring can be published, too.
    scene
        .save(
            &asha,
            (&team, "en"),
            &json!({ "name": "Kolkata", "short_name": "KOL", "home": venue, "captain": rohit }),
        )
        .await;
    let story = scene.entry("article", &with(article("Captain"), "about", json!([rohit]))).await;
    let refused = scene.publish_as(&asha, (&story, "en"), Cascade::Refuse).await.unwrap_err();
    let Error::Unpublished { dependencies } = refused else { panic!("{refused}") };
    let told: Vec<_> = dependencies.iter().map(|it| (it.entry.as_str(), it.path.as_str())).collect();
    assert_eq!(told, [(rohit.as_str(), "/about/0"), (&team, "/team"), (&venue, "/home")], "all, at once");
    // Its own faults are told before what it needs.
    let faulty = scene.entry("article", &json!({ "headline": "Captain", "about": [rohit] })).await;
    let refused = scene.publish_as(&asha, (&faulty, "en"), Cascade::Refuse).await;
    assert!(matches!(refused, Err(Error::Unfit { .. })), "{refused:?}");
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
    scene.publish_as(&asha, (&story, "en"), Cascade::Include).await.unwrap();
    assert_eq!(scene.number("select count(*) from cms.published").await, 4);
    assert_eq!(scene.number("select count(*) from cms.news").await, 1);
    // None of them goes while another one names it.
    let gone =
        scene.tx(async |tx| publish::unpublish(tx, &asha, (&venue, &english), Cascade::Refuse).await).await;
    let Error::InUse { users } = gone.unwrap_err() else { panic!() };
    assert_eq!((users.len(), users[0].title.as_str()), (1, "Kolkata"));
    let ids = [rohit.clone()];
    let trashed = scene.tx(async |tx| entry::trash(tx, &asha, &ids, Cascade::Refuse).await).await;
    assert!(matches!(trashed, Err(Error::InUse { users }) if users.len() == 2));
    let body = scene.draft(&story, "en").await.body;
    assert_eq!(body["about"], json!([rohit]));
    // With all that name it, and no words are lost.
    scene
        .tx(async |tx| publish::unpublish(tx, &asha, (&venue, &english), Cascade::Include).await)
        .await
        .unwrap();
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
    assert_eq!(scene.draft(&story, "en").await.body, body);
    // What was unpublished meanwhile is named when it is published again.
    let again = scene.publish_as(&asha, (&story, "en"), Cascade::Refuse).await;
    assert!(matches!(again, Err(Error::Unpublished { .. })));
}

#[tokio::test]
async fn a_relation_is_to_an_entry_that_there_is_and_of_the_right_type() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let venue = scene.published("venue", &json!({ "name": "Eden Gardens" })).await;
    for (id, expected) in [(store::ids::new("ent"), "is no entry"), (venue, "is to be one of team")] {
        let player = scene.entry("player", &with(player("Rohit"), "team", json!(id))).await;
        let error = scene.publish_as(&asha, (&player, "en"), Cascade::Include).await.unwrap_err();
        let Error::Unfit { problems, .. } = error else { panic!("{error}") };
        assert_eq!((problems[0].path.as_str(), problems[0].what.as_str()), ("/team", expected));
    }
    let team = scene.entry("team", &json!({ "name": "Kolkata", "short_name": "KOL" })).await;
    scene
        .tx(async |tx| entry::trash(tx, &asha, std::slice::from_ref(&team), Cascade::Refuse).await)
        .await
        .unwrap();
    let player = scene.entry("player", &with(player("Rohit"), "team", json!(team))).await;
    let error = scene.publish_as(&asha, (&player, "en"), Cascade::Include).await.unwrap_err();
    assert!(error.to_string().contains("/team is in the trash"), "{error}");
}

#[tokio::test]
async fn many_are_published_at_once_or_none() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    let good = scene.entry("article", &article("Good")).await;
    let bad = scene.entry("article", &json!({ "headline": "Bad" })).await;
    let steps = [Step::draft(&good, &english, 1), Step::draft(&bad, &english, 1)];
    let refused = scene.carry_out(&asha, &steps, Cascade::Refuse).await.unwrap_err();
    assert!(refused.to_string().contains("Bad"), "{refused}");
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
    let stale = scene.carry_out(&asha, &[Step::draft(&good, &english, 2)], Cascade::Refuse).await;
    assert!(matches!(stale, Err(Error::Stale { given: 2, last: 1, .. })));
    let many: Vec<Step> = (0..201).map(|_| Step::draft(&good, &english, 1)).collect();
    scene.carry_out(&asha, &many, Cascade::Refuse).await.unwrap();
    let nothing = scene.carry_out(&asha, &[], Cascade::Refuse).await;
    assert!(nothing.is_ok());
}

fn titles(documents: &[Document]) -> Vec<String> {
    documents.iter().map(|it| it.body["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn what_is_shown_depends_on_partner_place_language_and_time() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let banner = |text: &str, targets: Value| {
        let mut targets = targets;
        targets["until"] = json!("2027-01-01T00:00:00+05:30[Asia/Kolkata]");
        json!({ "name": text, "text": text, "address": "/shop", "slot": "match-top", "targets": targets })
    };
    for (text, targets) in [
        ("all", json!({ "priority": 5 })),
        ("partner", json!({ "partners": ["org_1"], "priority": 4 })),
        ("state", json!({ "places": ["IN-KA", "IN-TN"], "priority": 3 })),
        ("country", json!({ "places": ["IN"], "priority": 2 })),
        ("hindi", json!({ "languages": ["hi"], "priority": 1 })),
        ("later", json!({ "from": "2026-12-02T10:00:00+00:00[Europe/London]" })),
    ] {
        scene.published("banner", &banner(text, targets)).await;
    }
    let other =
        scene.published("banner", &with(banner("elsewhere", json!({})), "slot", json!("result"))).await;
    let (english, hindi) = (language("en"), language("hi-IN"));
    let ask = Ask {
        kind: "banner",
        slot: Some("match-top"),
        partner: None,
        place: None,
        language: &english,
        now: start(),
        limit: 10,
    };
    for (ask, expected) in [
        (ask, vec!["all"]),
        (Ask { partner: Some("org_1"), ..ask }, vec!["all", "partner"]),
        (Ask { partner: Some("org_2"), ..ask }, vec!["all"]),
        (Ask { place: Some("IN-KA"), ..ask }, vec!["all", "state", "country"]),
        (Ask { place: Some("IN-MH"), ..ask }, vec!["all", "country"]),
        (Ask { place: Some("IN"), ..ask }, vec!["all", "country"]),
        (Ask { place: Some("INX"), ..ask }, vec!["all"]),
        (Ask { language: &hindi, ..ask }, vec!["all", "hindi"]),
        (Ask { now: start() + SignedDuration::from_hours(24), ..ask }, vec!["all", "later"]),
        (Ask { now: start() + SignedDuration::from_hours(24 * 40), ..ask }, vec![]),
        (Ask { place: Some("IN-KA"), limit: 2, ..ask }, vec!["all", "state"]),
        (Ask { slot: None, limit: 1, now: start(), ..ask }, vec!["all"]),
        (Ask { kind: "promo-card", ..ask }, vec![]),
    ] {
        let found = scene.store().read("test", async |db| delivery::of(db, &ask).await).await.unwrap();
        assert_eq!(titles(&found), expected, "{ask:?}");
    }
    let of_slot = |keys: &[String], slot: &str| keys.contains(&format!("slot:{slot}"));
    let found = scene
        .store()
        .read("test", async |db| delivery::of_id(db, &other, &english).await)
        .await
        .unwrap()
        .unwrap();
    assert!(of_slot(&found.keys, "result"), "{:?}", found.keys);
    // One that moves is news where it was and where it is.
    scene
        .save(&asha, (&other, "en"), &with(banner("elsewhere", json!({})), "slot", json!("match-bottom")))
        .await;
    scene.publish(&other, "en").await;
    let news = scene.store().read("test", async |db| news::since(db, 0).await).await.unwrap();
    let last = news.last().unwrap();
    assert!(of_slot(&last.keys, "result") && of_slot(&last.keys, "match-bottom"), "{last:?}");
    // When the window of "later" opens, those who follow are told.
    scene.clock.advance(Duration::from_secs(86_400));
    pass(scene.store(), Duration::from_secs(86_400 * 365)).await.unwrap();
    let until_ends = scene.number("select count(*) from jobs.job where kind = 'cms.edge'").await;
    assert_eq!(until_ends, 9);
    scene.work().await;
    let news = scene.store().read("test", async |db| news::since(db, last.number).await).await.unwrap();
    let acts: Vec<&str> = news.iter().flat_map(|it| &it.items).map(|it| it.act.as_str()).collect();
    assert_eq!(acts, ["window"]);
}

#[tokio::test]
async fn a_document_has_another_etag_whenever_it_is_another() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let rohit = scene.published("player", &player("Rohit")).await;
    let id = scene
        .entry_as(&asha, "article", Some("final"), &with(article("One"), "about", json!([rohit])))
        .await
        .unwrap();
    scene.publish(&id, "en").await;
    let find = async |tag: &str| {
        let language = language(tag);
        let found = scene
            .store()
            .read("test", async |db| delivery::of_key(db, "article", "final", &language).await)
            .await;
        found.unwrap().unwrap()
    };
    let first = find("en").await;
    assert_eq!(first, find("en").await);
    for key in [&id, &rohit, "kind:article", "key:article:final"] {
        assert!(first.keys.iter().any(|it| it == key), "{key}");
    }
    // Hindi stands in English until it has its own; then both change with what they share.
    assert_eq!(find("hi").await.etag, first.etag);
    scene.save(&asha, (&id, "hi"), &article("एक")).await;
    scene.publish(&id, "hi").await;
    let hindi = find("hi").await;
    assert_ne!(hindi.etag, first.etag);
    assert_eq!(find("en").await.etag, first.etag);
    scene.save(&asha, (&id, "en"), &with(article("One"), "about", json!([]))).await;
    scene.publish(&id, "en").await;
    assert_ne!(find("hi").await.etag, hindi.etag);
    assert_ne!(find("en").await.etag, first.etag);
}

#[tokio::test]
async fn whoever_follows_hears_what_is_published_in_order() {
    let scene = Scene::new().await;
    let one = scene.published("article", &article("One")).await;
    let since = scene.store().read("test", async |db| news::last(db).await).await.unwrap();
    assert_eq!(since, 1);
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    let follow = news::follow(scene.store(), 0, |it| drop(heard.send(it.clone())));
    let publish = async {
        let first = hearing.recv().await.unwrap();
        assert_eq!((first.number, first.items[0].entry.as_str()), (1, one.as_str()));
        let two = scene.published("article", &article("Two")).await;
        let second = hearing.recv().await.unwrap();
        assert_eq!((second.number, second.items[0].act.as_str()), (2, "publish"));
        assert!(second.keys.contains(&two));
    };
    tokio::select! {
        () = follow => panic!("it follows for ever"),
        () = publish => {}
    }
}

/// What is done to a language.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Save(u8),
    Publish,
    Unpublish,
    Restore(u8),
}

fn deed() -> impl Strategy<Value = (u8, Deed)> {
    let deed = prop_oneof![
        3 => (0..9_u8).prop_map(Deed::Save),
        3 => Just(Deed::Publish),
        1 => Just(Deed::Unpublish),
        2 => (0..4_u8).prop_map(Deed::Restore),
    ];
    (0..3_u8, deed)
}

/// What is written and what is published of a language, as it is to be.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expected {
    draft: Option<String>,
    published: Option<String>,
    revisions: Vec<String>,
}

const TAGS: [&str; 3] = ["en", "hi", "ta-IN"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Each language is written, published, unpublished and brought back without a trace in any other.
    #[test]
    fn languages_have_nothing_to_do_with_each_other(deeds in prop::collection::vec(deed(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check_languages(deeds));
    }
}

async fn check_languages(deeds: Vec<(u8, Deed)>) {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let id = scene.entry("article", &article("en 0")).await;
    let mut expected: BTreeMap<&str, Expected> = TAGS.map(|it| (it, Expected::default())).into();
    expected.insert(
        "en",
        Expected { draft: Some("en 0".to_owned()), published: None, revisions: vec!["en 0".to_owned()] },
    );
    for (turn, (at, deed)) in deeds.into_iter().enumerate() {
        let tag = TAGS[usize::from(at)];
        let language = language(tag);
        let is_main_published = expected["en"].published.is_some();
        let others_published = TAGS[1..].iter().any(|it| expected[it].published.is_some());
        let of = expected.get_mut(tag).unwrap();
        match deed {
            Deed::Save(text) => {
                let text = format!("{tag} {text}");
                let draft = scene
                    .store()
                    .read("test", async |db| draft::find(db, &id, &language).await)
                    .await
                    .unwrap();
                let base = draft.map_or(0, |it| it.version);
                let body = article(&text);
                let write =
                    Write { base, body: &body, keep: Keep::Save, session: sitting(&format!("s{turn}"), 1) };
                scene.write(&asha, (&id, tag), write).await.unwrap();
                if of.draft.as_ref() != Some(&text) {
                    of.revisions.push(text.clone());
                    of.draft = Some(text);
                }
            }
            Deed::Publish => {
                let Some(draft) = of.draft.clone() else { continue };
                let done = scene.publish_as(&asha, (&id, tag), Cascade::Refuse).await;
                assert_eq!(done.is_ok(), tag == "en" || is_main_published, "{done:?}");
                if done.is_ok() {
                    of.revisions.push(draft.clone());
                    of.published = Some(draft);
                }
            }
            Deed::Unpublish => {
                if of.draft.is_none() {
                    continue;
                }
                let done = scene
                    .tx(async |tx| publish::unpublish(tx, &asha, (&id, &language), Cascade::Refuse).await)
                    .await;
                let is_kept = tag == "en" && of.published.is_some() && others_published;
                assert_eq!(done.is_err(), is_kept, "{done:?}");
                if !is_kept {
                    of.published = None;
                }
            }
            Deed::Restore(number) => {
                let number = usize::from(number);
                let Some(text) = of.revisions.get(number).cloned() else { continue };
                let base = scene.draft(&id, tag).await.version;
                let number = i32::try_from(number).unwrap() + 1;
                scene
                    .tx(async |tx| revision::restore(tx, &asha, &id, &language, number, base).await)
                    .await
                    .unwrap();
                of.revisions.push(text.clone());
                of.draft = Some(text);
            }
        }
        for tag in TAGS {
            let (language, of) = (language_of(tag), &expected[tag]);
            let read = scene.store().read("test", async |db| {
                let draft = draft::find(db, &id, &language).await?;
                let revisions = revision::list(db, &id, &language, i32::MAX, 100).await?;
                Ok::<_, Error>((draft, revisions, delivery::of_id(db, &id, &language).await?))
            });
            let (draft, mut revisions, document) = read.await.unwrap();
            let headline = |body: &Value| body["headline"].as_str().unwrap().to_owned();
            assert_eq!(draft.as_ref().map(|it| headline(&it.body)), of.draft, "{tag}");
            revisions.reverse();
            assert_eq!(
                revisions.iter().map(|it| headline(&it.body)).collect::<Vec<_>>(),
                of.revisions,
                "{tag}"
            );
            let shown = of.published.clone().or(expected["en"].published.clone());
            assert_eq!(document.map(|it| headline(&it.body)), shown, "{tag}");
        }
    }
}
