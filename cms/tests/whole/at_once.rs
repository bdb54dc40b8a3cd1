//! What several do at the same time.

use crate::scene::{Scene, article, language, player, sitting, with};
use cms::draft::{self, Keep, Write, Written};
use cms::publish::{self, Cascade};
use cms::rights::{Editor, Role};
use cms::{Error, news, revision};
use serde_json::{Value, json};
use tokio::join;

/// Somebody who types into an own form and never looks at what others do: writes with what the form knows, and takes in the answers.
async fn types(scene: &Scene, who: &Editor, id: &str, letters: usize) -> (Value, usize) {
    let (mut base, mut clashes, mut text) = (1, 0, String::new());
    let name = &who.by.actor.name;
    for turn in 1..=letters {
        text.push(char::from(b'a' + u8::try_from(turn % 26).unwrap()));
        let body = article(&format!("{name}: {text}"));
        let session = sitting(name, i64::try_from(turn).unwrap());
        let write = Write { base, body: &body, keep: Keep::Autosave, session };
        match scene.write(who, (id, "en"), write).await.unwrap() {
            Written::Kept { version, .. } => base = version,
            Written::Clash(_) => clashes += 1,
        }
    }
    (article(&format!("{name}: {text}")), clashes)
}

#[tokio::test]
async fn nobody_who_types_at_the_same_time_loses_a_letter() {
    let scene = Scene::new().await;
    let id = scene.entry("article", &article("First")).await;
    let people: Vec<Editor> = ["Asha", "Ben", "Cem"].map(|it| scene.who(it, Role::Editor)).into();
    let (one, two, three) = join!(
        types(&scene, &people[0], &id, 20),
        types(&scene, &people[1], &id, 20),
        types(&scene, &people[2], &id, 20),
    );
    let all = [one, two, three];
    assert_eq!(all.iter().filter(|it| it.1 == 0).count(), 1, "one was first, and the others are told");
    let english = language("en");
    let read = scene.store().read("test", async |db| {
        let draft = draft::find(db, &id, &english).await?.map(|it| it.body);
        let asides = draft::asides(db, &id, &english).await?.into_iter().map(|it| it.body);
        let revisions = revision::list(db, &id, &english, i32::MAX, 100).await?.into_iter().map(|it| it.body);
        Ok::<_, Error>(draft.into_iter().chain(asides).chain(revisions).collect::<Vec<_>>())
    });
    let kept = read.await.unwrap();
    for (last, _) in all {
        assert!(kept.contains(&last), "{last}");
    }
}

#[tokio::test]
async fn a_language_that_two_begin_at_once_is_begun_by_one() {
    let scene = Scene::new().await;
    let (asha, ben) = (scene.asha(), scene.who("Ben", Role::Editor));
    let id = scene.entry("article", &article("One")).await;
    let (one, other) = (article("एक"), article("पहला"));
    let write = |body, form: &str| Write { base: 0, body, keep: Keep::Save, session: sitting(form, 1) };
    let (first, second) = join!(
        scene.write(&asha, (&id, "hi"), write(&one, "a")),
        scene.write(&ben, (&id, "hi"), write(&other, "b"))
    );
    let kept =
        [first.unwrap(), second.unwrap()].iter().filter(|it| matches!(it, Written::Kept { .. })).count();
    assert_eq!(kept, 1);
    assert_eq!(scene.number("select count(*) from cms.aside").await, 1);
}

#[tokio::test]
async fn what_is_published_names_nothing_that_is_unpublished_at_the_same_moment() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    for _ in 0..15 {
        let rohit = scene.published("player", &player("Rohit")).await;
        let story = scene.entry("article", &with(article("Captain"), "about", json!([rohit]))).await;
        let unpublish =
            scene.tx(async |tx| publish::unpublish(tx, &asha, (&rohit, &english), Cascade::Refuse).await);
        let (published, unpublished) =
            join!(scene.publish_as(&asha, (&story, "en"), Cascade::Refuse), unpublish);
        assert!(published.is_ok() != unpublished.is_ok(), "{published:?} {unpublished:?}");
        let dangling = "
            select count(*) from cms.relation r where r.of = 'published'
                and not exists (select 1 from cms.published p where p.entry = r.target)";
        assert_eq!(scene.number(dangling).await, 0);
    }
}

#[tokio::test]
async fn a_ring_is_published_from_both_ends_at_once() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let team = scene.entry("team", &json!({ "name": "Kolkata", "short_name": "KOL" })).await;
    let rohit = scene.entry("player", &with(player("Rohit"), "team", json!(team))).await;
    scene
        .save(&asha, (&team, "en"), &json!({ "name": "Kolkata", "short_name": "KOL", "captain": rohit }))
        .await;
    let (one, other) = join!(
        scene.publish_as(&asha, (&team, "en"), Cascade::Include),
        scene.publish_as(&asha, (&rohit, "en"), Cascade::Include),
    );
    one.unwrap();
    other.unwrap();
    assert_eq!(scene.number("select count(*) from cms.published").await, 2);
    // News are numbered without a gap, whoever came first.
    let news = scene.store().read("test", async |db| news::since(db, 0).await).await.unwrap();
    assert_eq!(
        news.iter().map(|it| it.number).collect::<Vec<_>>(),
        (1..=i64::try_from(news.len()).unwrap()).collect::<Vec<_>>()
    );
}
