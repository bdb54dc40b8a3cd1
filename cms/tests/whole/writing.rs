//! Who writes what, at the same time as others, and what is kept of it.

use crate::scene::{Scene, article, language, rich, sitting, with};
use cms::Error;
use cms::draft::{self, Keep, State, Write, Written};
use cms::entry;
use cms::rights::Role;
use cms::{review, revision};
use serde_json::{Value, json};
use std::time::Duration;

fn autosave<'w>(base: i64, body: &'w Value, form: &str, turn: i64) -> Write<'w> {
    Write { base, body, keep: Keep::Autosave, session: sitting(form, turn) }
}

fn version(written: Written) -> i64 {
    match written {
        Written::Kept { version, .. } => version,
        Written::Clash(clash) => panic!("{clash:?}"),
    }
}

#[tokio::test]
async fn two_editors_who_write_at_once_are_told_and_nothing_is_lost() {
    let scene = Scene::new().await;
    let (asha, ben) = (scene.asha(), scene.who("Ben", Role::Editor));
    let id = scene.entry("article", &article("First")).await;
    let mine = with(article("Second"), "author", json!("Asha"));
    assert_eq!(version(scene.write(&asha, (&id, "en"), autosave(1, &mine, "a", 1)).await.unwrap()), 2);
    // Ben has version 1 in his form still, and has changed something else, and the same.
    let other = with(article("First"), "summary", json!("In short"));
    let Written::Clash(clash) = scene.write(&ben, (&id, "en"), autosave(1, &other, "b", 1)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!((clash.version, clash.author_name.as_str()), (2, "Asha"));
    assert_eq!(clash.base, article("First"));
    let paths = |changes: &[cms::diff::Change]| changes.iter().map(|it| it.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&clash.their_changes), ["/author", "/headline"]);
    assert_eq!(paths(&clash.your_changes), ["/summary"]);
    assert_eq!(clash.merge.conflicts, []);
    let merged = with(mine.clone(), "summary", json!("In short"));
    assert_eq!(clash.merge.body, merged);
    // Nothing of Asha's has changed, and what Ben wrote is there, the latest of it.
    assert_eq!(scene.draft(&id, "en").await.body, mine);
    let same = with(article("Third"), "summary", json!("In short"));
    let Written::Clash(clash) = scene.write(&ben, (&id, "en"), autosave(1, &same, "b", 3)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(clash.merge.conflicts[0].path, "/headline");
    // One that was sent earlier and comes later.
    scene.write(&ben, (&id, "en"), autosave(1, &other, "b", 2)).await.unwrap();
    let english = language("en");
    let asides =
        async || scene.store().read("test", async |db| draft::asides(db, &id, &english).await).await.unwrap();
    let kept = asides().await;
    assert_eq!((kept.len(), &kept[0].body, kept[0].base), (1, &same, 1));
    // He takes what is ready, and it is not aside any more. What Asha had not saved is a revision of hers.
    assert_eq!(version(scene.write(&ben, (&id, "en"), autosave(2, &merged, "b", 4)).await.unwrap()), 3);
    assert_eq!(asides().await, []);
    let revisions =
        scene.store().read("test", async |db| revision::list(db, &id, &english, i32::MAX, 10).await).await;
    let revisions = revisions.unwrap();
    assert_eq!((revisions[0].act.as_str(), revisions[0].author_name.as_str()), ("autosave", "Asha"));
    assert_eq!(
        (&revisions[0].body, &revisions[0].changed),
        (&mine, &vec!["author".to_owned(), "headline".to_owned()])
    );
}

#[tokio::test]
async fn an_autosave_whose_answer_was_lost_or_that_was_overtaken_harms_nobody() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let id = scene.entry("article", &article("A")).await;
    let texts: Vec<Value> = ["Ab", "Abc", "Abcd", "Abcde"].iter().map(|it| article(it)).collect();
    let at = (id.as_str(), "en");
    assert_eq!(version(scene.write(&asha, at, autosave(1, &texts[0], "a", 1)).await.unwrap()), 2);
    // The answer is lost: the form says it again, and goes on from what it knows.
    assert_eq!(version(scene.write(&asha, at, autosave(1, &texts[0], "a", 1)).await.unwrap()), 2);
    assert_eq!(version(scene.write(&asha, at, autosave(1, &texts[2], "a", 3)).await.unwrap()), 3);
    // The second comes after the third.
    assert_eq!(version(scene.write(&asha, at, autosave(1, &texts[1], "a", 2)).await.unwrap()), 3);
    assert_eq!(scene.draft(&id, "en").await.body, texts[2]);
    // Saving what was autosaved makes a revision and no version.
    let save = Write { base: 3, body: &texts[2], keep: Keep::Save, session: sitting("a", 4) };
    let Written::Kept { version: 3, revision: 2 } = scene.write(&asha, at, save).await.unwrap() else {
        panic!()
    };
    // The same from another form of hers, which has an older version, is a clash.
    let written = scene.write(&asha, at, autosave(2, &texts[3], "other", 1)).await.unwrap();
    assert!(matches!(written, Written::Clash(_)));
    // Who sends what is there is not its author.
    let ben = scene.who("Ben", Role::Editor);
    assert_eq!(version(scene.write(&ben, at, autosave(1, &texts[2], "b", 1)).await.unwrap()), 3);
    assert_eq!(scene.draft(&id, "en").await.author_name, "Asha");
    // Ben's words are not written over by a form that goes on after them and does not know them.
    assert_eq!(version(scene.write(&ben, at, autosave(3, &article("Ben"), "b", 1)).await.unwrap()), 4);
    assert_eq!(version(scene.write(&asha, at, autosave(4, &article("Asha"), "a", 6)).await.unwrap()), 5);
    let behind = scene.write(&asha, at, autosave(3, &article("Abcdef"), "a", 7)).await.unwrap();
    assert!(matches!(behind, Written::Clash(_)));
    let ahead = scene.write(&asha, at, autosave(9, &texts[3], "a", 8)).await;
    assert!(matches!(ahead, Err(Error::NoSuchVersion { given: 9, last: 5 })));
    let acts = scene.texts("select act || ' ' || author_name from cms.revision order by number").await;
    assert_eq!(acts, ["make Asha", "save Asha", "autosave Ben"]);
}

#[tokio::test]
async fn what_a_form_began_with_is_known_for_fifty_versions_and_by_revisions_beyond() {
    let scene = Scene::new().await;
    let (asha, ben) = (scene.asha(), scene.who("Ben", Role::Editor));
    let id = scene.entry("article", &article("0")).await;
    for turn in 1..=60 {
        let body = article(&turn.to_string());
        assert_eq!(
            version(scene.write(&asha, (&id, "en"), autosave(turn, &body, "a", turn)).await.unwrap()),
            turn + 1
        );
    }
    assert_eq!(scene.number("select count(*) from cms.step").await, 50);
    for (base, expected) in [(40, "39"), (5, "0")] {
        let mine = with(article("x"), "author", json!("Ben"));
        let written = scene.write(&ben, (&id, "en"), autosave(base, &mine, "b", base)).await.unwrap();
        let Written::Clash(clash) = written else { panic!() };
        assert_eq!(clash.base["headline"], expected, "{base}");
    }
}

#[tokio::test]
async fn revisions_are_never_changed_and_any_is_brought_back_in_its_language_alone() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let (english, hindi) = (language("en"), language("hi"));
    let id = scene.entry("article", &article("One")).await;
    scene.save(&asha, (&id, "hi"), &article("एक")).await;
    scene.save(&asha, (&id, "en"), &article("Two")).await;
    scene.save(&asha, (&id, "hi"), &article("दो")).await;
    let before = scene.draft(&id, "hi").await;
    let restored =
        scene.tx(async |tx| revision::restore(tx, &asha, &id, &english, 1, 2).await).await.unwrap();
    let Written::Kept { version: 3, revision: 3 } = restored else { panic!("{restored:?}") };
    assert_eq!(scene.draft(&id, "en").await.body, article("One"));
    assert_eq!(scene.draft(&id, "hi").await, before);
    let (found, changes) = scene
        .store()
        .read("test", async |db| {
            let found = revision::find(db, &id, &english, 3).await?;
            Ok::<_, Error>((found, revision::compare(db, &id, &english, (2, 3)).await?))
        })
        .await
        .unwrap();
    assert_eq!(
        (found.act.as_str(), found.of_revision, found.changed),
        ("restore", Some(1), vec!["headline".to_owned()])
    );
    assert_eq!(
        (changes[0].before.clone(), changes[0].after.clone()),
        (Some(json!("Two")), Some(json!("One")))
    );
    // On an older version than there is: it clashes as any write does.
    let late = scene.tx(async |tx| revision::restore(tx, &asha, &id, &hindi, 1, 1).await).await.unwrap();
    assert!(matches!(late, Written::Clash(_)));
    for sql in
        ["update cms.revision set body = '{}'", "delete from cms.revision", "truncate cms.revision cascade"]
    {
        let done = scene.tx(async |tx| Ok(tx.batch(sql).await?)).await;
        assert!(done.unwrap_err().to_string().contains("never changed"), "{sql}");
    }
}

#[tokio::test]
async fn only_what_a_document_may_have_is_written_and_only_by_who_may() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let id = scene.entry("article", &article("One")).await;
    let at = (id.as_str(), "en");
    let refused = scene.write(&asha, at, autosave(1, &json!({ "stake": 1 }), "a", 1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "/stake is no field that there is");
    let viewer = scene.who("Vik", Role::Viewer);
    let refused = scene.write(&viewer, at, autosave(1, &article("x"), "v", 1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "as viewer you may not write Articles in en");
    let translator = scene.who("Tara", Role::Translator);
    assert!(matches!(
        scene.write(&translator, at, autosave(1, &article("x"), "t", 1)).await,
        Err(Error::Denied { .. })
    ));
    assert_eq!(
        version(scene.write(&translator, (&id, "hi"), autosave(0, &article("एक"), "t", 1)).await.unwrap()),
        1
    );
    let shared = scene
        .write(&translator, (&id, "hi"), autosave(1, &with(article("एक"), "author", json!("T")), "t", 2))
        .await;
    assert!(matches!(shared, Err(Error::Invalid { .. })));
    // A field that is for reviewers.
    let flag = json!({ "name": "Reactions", "is_on": true });
    assert!(matches!(
        scene.entry_as(&asha, "flag", Some("reactions"), &flag).await,
        Err(Error::Denied { .. })
    ));
    let flag =
        scene.entry_as(&asha, "flag", Some("reactions"), &json!({ "name": "Reactions" })).await.unwrap();
    let on = json!({ "name": "Reactions", "is_on": true });
    let denied = scene.write(&asha, (&flag, "en"), autosave(1, &on, "a", 1)).await.unwrap_err();
    assert_eq!(denied.to_string(), "as editor you may not change is_on of Feature flags");
    let reviewer = scene.who("Rao", Role::Reviewer);
    assert_eq!(version(scene.write(&reviewer, (&flag, "en"), autosave(1, &on, "r", 1)).await.unwrap()), 2);
    // What has no words has no languages; a key is one entry's.
    assert!(matches!(
        scene.write(&reviewer, (&flag, "hi"), autosave(0, &json!({}), "r", 2)).await,
        Err(Error::NotLocalised { .. })
    ));
    assert!(matches!(
        scene.entry_as(&asha, "flag", Some("reactions"), &json!({})).await,
        Err(Error::KeyTaken { .. })
    ));
    assert!(matches!(
        scene.entry_as(&asha, "flag", Some("Re actions"), &json!({})).await,
        Err(Error::Key { .. })
    ));
    scene.entry("globals", &json!({ "name": "Crease" })).await;
    assert!(matches!(
        scene.entry_as(&asha, "globals", Some("more"), &json!({})).await,
        Err(Error::KeyTaken { .. })
    ));
    assert!(matches!(
        scene.write(&asha, ("ent_none", "en"), autosave(1, &json!({}), "a", 9)).await,
        Err(Error::UnknownEntry { .. })
    ));
    assert!(matches!(
        scene.write(&asha, (&id, "ta"), autosave(3, &json!({}), "a", 9)).await,
        Err(Error::NotWritten { .. })
    ));
}

#[tokio::test]
async fn somebody_else_approves_before_it_is_published() {
    let scene = Scene::new().await;
    let (asha, rao) = (scene.asha(), scene.who("Rao", Role::Reviewer));
    let english = language("en");
    let notice = json!({ "title": "Terms", "body": rich("All."), "in_force": "2026-12-01T00:00:00+05:30[Asia/Kolkata]" });
    let id = scene.entry("legal-notice", &notice).await;
    let publish = async |who: &cms::rights::Editor| {
        scene.publish_as(who, (&id, "en"), cms::publish::Cascade::Refuse).await
    };
    assert!(matches!(publish(&asha).await, Err(Error::NotApproved { .. })));
    scene.tx(async |tx| review::ask(tx, &asha, &id, &english, 1).await).await.unwrap();
    assert_eq!(scene.draft(&id, "en").await.state, State::InReview);
    let by_asha = scene.tx(async |tx| review::approve(tx, &asha, &id, &english, 1).await).await;
    assert!(matches!(by_asha, Err(Error::Denied { .. })));
    scene
        .tx(async |tx| review::send_back(tx, &rao, &id, &english, 1, "A date is missing").await)
        .await
        .unwrap();
    assert_eq!(scene.draft(&id, "en").await.state, State::Draft);
    // Rao mends it, and is its author then.
    scene.save(&rao, (&id, "en"), &with(notice.clone(), "title", json!("Terms of 2027"))).await;
    scene.save(&asha, (&id, "en"), &with(notice.clone(), "title", json!("Terms, 2027"))).await;
    let own = scene.tx(async |tx| review::approve(tx, &rao, &id, &english, 3).await).await;
    assert!(matches!(own, Err(Error::OwnWords { .. })));
    let sen = scene.who("Sen", Role::Reviewer);
    let stale = scene.tx(async |tx| review::approve(tx, &sen, &id, &english, 2).await).await;
    assert!(matches!(stale, Err(Error::Stale { given: 2, last: 3, .. })));
    scene.tx(async |tx| review::approve(tx, &sen, &id, &english, 3).await).await.unwrap();
    assert_eq!(scene.draft(&id, "en").await.state, State::Approved);
    // What is written after it is approved is not.
    scene.save(&asha, (&id, "en"), &with(notice.clone(), "title", json!("Terms, 2028"))).await;
    assert!(matches!(publish(&asha).await, Err(Error::NotApproved { .. })));
    scene.tx(async |tx| review::approve(tx, &sen, &id, &english, 4).await).await.unwrap();
    publish(&asha).await.unwrap();
    assert_eq!(scene.draft(&id, "en").await.state, State::Published);
}

#[tokio::test]
async fn what_is_in_the_trash_comes_out_as_it_was() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let id = scene.published("article", &article("One")).await;
    let ids = [id.clone()];
    scene.clock.advance(Duration::from_secs(60));
    let trashed = scene.tx(async |tx| entry::trash(tx, &asha, &ids, cms::publish::Cascade::Refuse).await);
    trashed.await.unwrap();
    assert_eq!(scene.read(&id, "en", "headline").await, None);
    assert!(matches!(
        scene.write(&asha, (&id, "en"), autosave(1, &article("x"), "a", 1)).await,
        Err(Error::Trashed { .. })
    ));
    assert!(matches!(
        scene.publish_as(&asha, (&id, "en"), cms::publish::Cascade::Refuse).await,
        Err(Error::Trashed { .. })
    ));
    scene.tx(async |tx| entry::take_out(tx, &asha, &ids).await).await.unwrap();
    let draft = scene.draft(&id, "en").await;
    assert_eq!((draft.body, draft.state), (article("One"), State::Draft));
    let actions = scene.texts("select action from access.audit order by id").await;
    let expected = ["entry.make", "entry.publish", "entry.unpublish", "entry.trash", "entry.take-out"];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn what_no_database_takes_is_refused_before_it_is_asked() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    let id = scene.entry("article", &article("One")).await;
    let nul = "\0";
    let session = scene.write(&asha, (&id, "en"), autosave(1, &article("x"), nul, 1)).await;
    assert!(matches!(session, Err(Error::Session { .. })));
    let unknown = scene.write(&asha, (nul, "en"), autosave(1, &article("x"), "a", 1)).await;
    assert!(matches!(unknown, Err(Error::UnknownEntry { .. })));
    let key = scene.entry_as(&asha, "article", Some(nul), &article("x")).await;
    assert!(matches!(key, Err(Error::Key { .. })));
    let ids = [nul.to_owned()];
    let trash = scene.tx(async |tx| entry::trash(tx, &asha, &ids, cms::publish::Cascade::Refuse).await).await;
    assert!(matches!(trash, Err(Error::UnknownEntry { .. })));
    let title = scene.tx(async |tx| cms::release::make(tx, &asha, "a\0b").await).await;
    assert!(matches!(title, Err(Error::Text { .. })));
    let release = scene.tx(async |tx| cms::release::publish(tx, &asha, nul).await).await;
    assert!(matches!(release, Err(Error::UnknownRelease { .. })));
    let ask = cms::delivery::Ask {
        kind: "banner",
        slot: Some(nul),
        partner: None,
        place: None,
        language: &english,
        now: asha.by.at,
        limit: 1,
    };
    let read = scene.store().read("test", async |db| {
        let of = cms::delivery::of(db, &ask).await?;
        let schedule = cms::schedule::find(db, nul).await;
        assert!(matches!(schedule, Err(Error::UnknownSchedule { .. })));
        let filter = cms::list::Filter { kind: Some(nul), ..Default::default() };
        let listed = cms::list::page(db, &filter, None, 1).await;
        assert!(matches!(listed, Err(Error::UnknownKind { .. })));
        let filter = cms::list::Filter { text: nul, ..Default::default() };
        assert_eq!(cms::list::page(db, &filter, None, 1).await?.len(), 1);
        Ok::<_, Error>((of.len(), cms::delivery::of_id(db, nul, &english).await?))
    });
    assert_eq!(read.await.unwrap(), (0, None));
}
