//! What is done at a time, at a moment of a match, and together.

use crate::scene::{Scene, article, language, player, start, with};
use cms::draft::State as Written;
use cms::moments::{self, Moment};
use cms::publish::{Cascade, Step};
use cms::rights::Role;
use cms::schedule::{self, Schedule, State, Subject, When};
use cms::{Cms, Error, QUEUE, entry, news, release};
use jiff::SignedDuration;
use jobs::Worker;
use jobs::testing::{End, pass};
use serde_json::json;
use std::time::Duration;
use store::Clock;

impl Scene {
    fn at(&self, seconds: i64) -> When {
        When::At { at: start() + SignedDuration::from_secs(seconds), zone: "Asia/Kolkata".to_owned() }
    }

    async fn ask(&self, subject: Subject, when: When) -> Result<String, Error> {
        let asha = self.asha();
        self.tx(async |tx| schedule::ask(tx, &asha, &subject, &when).await).await
    }

    async fn publish_at(&self, id: &str, seconds: i64) -> String {
        let version = self.draft(id, "en").await.version;
        self.ask(publish(id, version), self.at(seconds)).await.unwrap()
    }

    async fn schedule(&self, id: &str) -> Schedule {
        self.store().read("test", async |db| schedule::find(db, id).await).await.unwrap()
    }

    /// As much later as that, for us and for the database.
    async fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        // Jobs have run by the real clock until now: they are as late as the test's start is early.
        pass(self.store(), Duration::from_secs(86_400 * 365 * 10)).await.unwrap();
    }
}

const ONE: &str = "mat_0000000000000000000001";
const OTHER: &str = "mat_0000000000000000000002";

fn publish(id: &str, version: i64) -> Subject {
    Subject::Publish { entry: id.to_owned(), language: language("en"), version }
}

#[tokio::test]
async fn a_schedule_fires_to_the_second_and_through_a_restart() {
    let scene = Scene::new().await;
    let id = scene.entry("article", &article("One")).await;
    let planned = scene.publish_at(&id, 3600).await;
    // What is written after it was asked for does not slip out with it.
    scene.save(&scene.asha(), (&id, "en"), &article("Two")).await;
    scene.later(3599).await;
    let ran = scene.work().await;
    assert!(
        ran.iter().any(|it| it.kind == "cms.due" && it.end == End::Snooze { after: Duration::from_secs(1) }),
        "{ran:?}"
    );
    assert_eq!(scene.read(&id, "en", "headline").await, None);
    // Another worker, of another process, does it.
    scene.later(1).await;
    scene.work().await;
    assert_eq!(scene.read(&id, "en", "headline").await.unwrap().1, "One");
    assert_eq!(scene.draft(&id, "en").await.state, Written::Changed);
    let done = scene.schedule(&planned).await;
    assert_eq!(
        (done.state, done.ended_at, done.zone.as_deref()),
        (State::Done, Some(start() + SignedDuration::from_hours(1)), Some("Asia/Kolkata"))
    );
    // Whoever looks again does nothing again.
    let again = schedule::run(scene.store(), &scene.clock, &planned).await.unwrap();
    assert_eq!(again, schedule::Ran::Over(State::Done));
    assert_eq!(scene.number("select count(*) from cms.news").await, 1);
    let names = scene.texts("select actor_name from access.audit where action = 'entry.publish'").await;
    assert_eq!(names, ["Asha, scheduled"]);
}

/// With workers that run, by the machine's clock: one ends before its time, another takes its place, and whoever follows hears of it.
#[tokio::test]
async fn a_worker_that_takes_anothers_place_does_what_is_scheduled() {
    let scene = Scene::new().await;
    let clock = Clock::system();
    let id = scene.entry("article", &article("One")).await;
    let mut asha = scene.asha();
    asha.by.at = clock.now();
    let subject = publish(&id, 1);
    let when = When::At { at: clock.now() + SignedDuration::from_millis(400), zone: "UTC".to_owned() };
    scene.tx(async |tx| schedule::ask(tx, &asha, &subject, &when).await).await.unwrap();
    let worker =
        || Cms::new(scene.store(), &clock).on(Worker::new(scene.store().clone(), "test").queue(QUEUE));
    worker().run(async {}).await.unwrap();
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    let follow = news::follow(scene.store(), 0, |it| drop(heard.send(it.items.clone())));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let told = async {
        let items = hearing.recv().await.unwrap();
        stop.send(()).unwrap();
        items
    };
    let working = worker().run(async { drop(stopped.await) });
    let both = async { tokio::join!(working, told) };
    let (worked, items) = tokio::select! {
        () = follow => panic!("it follows for ever"),
        both = both => both,
    };
    worked.unwrap();
    assert_eq!((items[0].entry.as_str(), items[0].act.as_str()), (id.as_str(), "publish"));
}

#[tokio::test]
async fn a_schedule_whose_job_was_lost_is_found() {
    let scene = Scene::new().await;
    let id = scene.entry("article", &article("One")).await;
    let planned = scene.publish_at(&id, 60).await;
    scene.tx(async |tx| Ok(tx.batch("delete from jobs.job").await?)).await.unwrap();
    scene.clock.advance(Duration::from_secs(90));
    let troubled = async || {
        let now = scene.clock.now();
        scene.store().read("test", async |db| schedule::troubled(db, start(), now).await).await.unwrap()
    };
    let seen = troubled().await;
    assert_eq!((seen.len(), seen[0].is_overdue(scene.clock.now())), (1, true));
    let cms = Cms::new(scene.store(), &scene.clock);
    assert_eq!(cms.sweep().await.unwrap(), 1);
    assert_eq!(scene.schedule(&planned).await.state, State::Done);
    assert_eq!((troubled().await, cms.sweep().await.unwrap()), (vec![], 0));
}

#[tokio::test]
async fn what_is_found_too_late_is_shown_as_missed_and_what_was_to_go_goes() {
    let scene = Scene::new().await;
    let id = scene.entry("article", &article("One")).await;
    let gone = scene.published("article", &article("Gone")).await;
    let planned = scene.publish_at(&id, 60).await;
    let going = Subject::Unpublish { entry: gone.clone(), language: language("en") };
    let going = scene.ask(going, scene.at(60)).await.unwrap();
    scene.later(3 * 3600).await;
    scene.work().await;
    let missed = scene.schedule(&planned).await;
    assert_eq!(missed.state, State::Missed);
    assert_eq!(
        missed.reason.as_deref(),
        Some("nobody was there at its time: it was found 179 minutes later")
    );
    assert_eq!(scene.read(&id, "en", "headline").await, None);
    assert_eq!(scene.schedule(&going).await.state, State::Done);
    assert_eq!(scene.read(&gone, "en", "headline").await, None);
    let now = scene.clock.now();
    let seen =
        scene.store().read("test", async |db| schedule::troubled(db, start(), now).await).await.unwrap();
    assert_eq!(seen.iter().map(|it| &it.id).collect::<Vec<_>>(), [&planned]);
}

#[tokio::test]
async fn what_cannot_be_done_at_its_time_says_why() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    let rohit = scene.published("player", &player("Rohit")).await;
    let id = scene.entry("article", &with(article("One"), "about", json!([rohit]))).await;
    let planned = scene.publish_at(&id, 60).await;
    scene
        .tx(async |tx| cms::publish::unpublish(tx, &asha, (&rohit, &english), Cascade::Refuse).await)
        .await
        .unwrap();
    scene.later(60).await;
    scene.work().await;
    let failed = scene.schedule(&planned).await;
    assert_eq!(
        (failed.state, failed.reason.as_deref()),
        (State::Failed, Some("1 more to be published first: Rohit"))
    );
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
}

#[tokio::test]
async fn what_was_planned_does_not_take_the_place_of_what_is_newer() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let english = language("en");
    let id = scene.entry("article", &article("One")).await;
    let first = scene.publish_at(&id, 60).await;
    let release = scene.tx(async |tx| release::make(tx, &asha, "One").await).await.unwrap();
    let step = Step::draft(&id, &english, 1);
    scene.tx(async |tx| release::put(tx, &asha, &release, &step).await).await.unwrap();
    scene.save(&asha, (&id, "en"), &article("Two")).await;
    scene.publish(&id, "en").await;
    // What is planned after it is newer.
    scene.save(&asha, (&id, "en"), &article("Three")).await;
    let second = scene.publish_at(&id, 60).await;
    scene.later(60).await;
    scene.work().await;
    let reason = "something newer than revision 1 of";
    let failed = scene.schedule(&first).await;
    assert!(
        failed.state == State::Failed && failed.reason.as_ref().unwrap().starts_with(reason),
        "{failed:?}"
    );
    assert_eq!(scene.schedule(&second).await.state, State::Done);
    assert_eq!(scene.read(&id, "en", "headline").await.unwrap().1, "Three");
    let late = scene.tx(async |tx| release::publish(tx, &asha, &release).await).await;
    assert!(matches!(late, Err(Error::Overtaken { number: 1, .. })));
    // A translation is judged with what all languages share, as soon as that is known.
    scene.save(&asha, (&id, "hi"), &json!({ "headline": "एक" })).await;
    let half = Subject::Publish { entry: id.clone(), language: language("hi"), version: 1 };
    assert!(matches!(scene.ask(half, scene.at(120)).await, Err(Error::Unfit { .. })));
}

#[tokio::test]
async fn only_what_can_be_is_scheduled_and_is_withdrawn_until_it_is_done() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let half = scene.entry("article", &json!({ "headline": "Half" })).await;
    let id = scene.entry("article", &article("One")).await;
    assert!(matches!(scene.ask(publish(&half, 1), scene.at(60)).await, Err(Error::Unfit { .. })));
    assert!(matches!(scene.ask(publish(&id, 1), scene.at(0)).await, Err(Error::Past { .. })));
    assert!(matches!(scene.ask(publish(&id, 4), scene.at(60)).await, Err(Error::Stale { .. })));
    let nowhere = When::At { at: start() + SignedDuration::from_hours(1), zone: "Asia/Nowhere".to_owned() };
    assert!(matches!(scene.ask(publish(&id, 1), nowhere).await, Err(Error::Zone { .. })));
    let planned = scene.publish_at(&id, 60).await;
    let viewer = scene.who("Vik", Role::Viewer);
    let denied = scene.tx(async |tx| schedule::withdraw(tx, &viewer, &planned).await).await;
    assert!(matches!(denied, Err(Error::Denied { .. })));
    scene.tx(async |tx| schedule::withdraw(tx, &asha, &planned).await).await.unwrap();
    let again = scene.tx(async |tx| schedule::withdraw(tx, &asha, &planned).await).await;
    assert!(matches!(again, Err(Error::Over { state: "withdrawn", .. })));
    // What is put into the trash is not published later.
    let trashed = scene.publish_at(&id, 120).await;
    scene
        .tx(async |tx| entry::trash(tx, &asha, std::slice::from_ref(&id), Cascade::Refuse).await)
        .await
        .unwrap();
    assert_eq!(scene.schedule(&trashed).await.state, State::Withdrawn);
    scene.later(200).await;
    scene.work().await;
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
    let read = async |from: i64, until: i64| {
        let at = |it| start() + SignedDuration::from_secs(it);
        scene
            .store()
            .read("test", async |db| schedule::calendar(db, at(from), at(until)).await)
            .await
            .unwrap()
            .len()
    };
    assert_eq!((read(0, 100).await, read(0, 121).await, read(121, 9999).await), (1, 2, 0));
}

#[tokio::test]
async fn a_moment_of_a_match_publishes_what_waits_for_it_once() {
    let scene = Scene::new().await;
    let (one, two, other) = (
        scene.entry("article", &article("Toss won")).await,
        scene.entry("article", &article("All over")).await,
        scene.entry("article", &article("Elsewhere")).await,
    );
    let when = |match_id: &str, moment| When::Moment { match_id: match_id.to_owned(), moment };
    let at_toss = scene.ask(publish(&one, 1), when(ONE, Moment::Toss)).await.unwrap();
    scene.ask(publish(&two, 1), when(ONE, Moment::Result)).await.unwrap();
    scene.ask(publish(&other, 1), when(OTHER, Moment::Toss)).await.unwrap();
    scene.clock.advance(Duration::from_secs(86_400));
    scene.work().await;
    assert_eq!(scene.number("select count(*) from cms.published").await, 0);
    let happened = async |moment| {
        let now = scene.clock.now();
        scene.tx(async |tx| moments::happened(tx, ONE, moment, now).await).await.unwrap()
    };
    assert_eq!(happened(Moment::Toss).await, 1);
    assert_eq!(happened(Moment::Toss).await, 0);
    scene.work().await;
    assert_eq!(scene.schedule(&at_toss).await.state, State::Done);
    assert_eq!(scene.texts("select title from cms.published").await, ["Toss won"]);
    let nowhere = scene.ask(publish(&two, 1), when("mat_\0", Moment::Result)).await;
    assert!(matches!(nowhere, Err(Error::UnknownMatch { .. })));
    let over = scene.ask(publish(&two, 1), when(ONE, Moment::Toss)).await;
    assert!(matches!(over, Err(Error::Past { .. })));
    let waiting = scene.store().read("test", async |db| schedule::of_match(db, ONE).await).await.unwrap();
    assert_eq!(waiting.iter().map(|it| it.moment.clone().unwrap().1).collect::<Vec<_>>(), [Moment::Result]);
    assert_eq!(happened(Moment::Result).await, 1);
    scene.work().await;
    assert_eq!(scene.number("select count(*) from cms.published").await, 2);
}

#[tokio::test]
async fn a_release_is_published_as_one_and_taken_back_as_one() {
    let scene = Scene::new().await;
    let asha = scene.asha();
    let (english, hindi) = (language("en"), language("hi"));
    let old = scene.published("article", &article("Old")).await;
    let gone = scene.published("article", &article("Gone")).await;
    let rohit = scene.entry("player", &player("Rohit")).await;
    let new = scene.entry("article", &with(article("New"), "about", json!([rohit]))).await;
    scene.save(&asha, (&new, "hi"), &article("नया")).await;
    scene.save(&asha, (&old, "en"), &article("Changed")).await;
    let id = scene.tx(async |tx| release::make(tx, &asha, "Final").await).await.unwrap();
    let put = async |step: Step| scene.tx(async |tx| release::put(tx, &asha, &id, &step).await).await;
    assert!(matches!(
        scene.tx(async |tx| release::publish(tx, &asha, &id).await).await,
        Err(Error::EmptyRelease { .. })
    ));
    put(Step::draft(&old, &english, 2)).await.unwrap();
    put(Step::draft(&new, &hindi, 1)).await.unwrap();
    put(Step::draft(&new, &english, 1)).await.unwrap();
    put(Step::unpublish(&gone, &english)).await.unwrap();
    // Its documents need another one: nothing of it is published.
    let half = scene.tx(async |tx| release::publish(tx, &asha, &id).await).await;
    assert!(matches!(half, Err(Error::Unpublished { .. })));
    assert_eq!(scene.read(&old, "en", "headline").await.unwrap().1, "Old");
    put(Step::draft(&rohit, &english, 1)).await.unwrap();
    // Scheduled, it waits with its documents as they are.
    let planned = scene.ask(Subject::Release { id: id.clone() }, scene.at(60)).await.unwrap();
    scene.save(&asha, (&new, "en"), &with(article("Newer"), "about", json!([rohit]))).await;
    scene.later(60).await;
    scene.work().await;
    assert_eq!(scene.schedule(&planned).await.reason, None);
    let shown = async || {
        let mut all = Vec::new();
        for (id, tag) in [(&old, "en"), (&new, "en"), (&new, "hi"), (&gone, "en"), (&rohit, "en")] {
            let field = if *id == rohit { "name" } else { "headline" };
            all.push(scene.read(id, tag, field).await.map_or_else(String::new, |it| it.1));
        }
        all
    };
    assert_eq!(shown().await, ["Changed", "New", "नया", "", "Rohit"]);
    // It is over: nothing is put into it, and it is taken back by another one.
    assert!(matches!(put(Step::unpublish(&old, &english)).await, Err(Error::Over { .. })));
    let back = scene.tx(async |tx| release::revert(tx, &asha, &id).await).await.unwrap();
    let items = scene.store().read("test", async |db| release::items(db, &back).await).await.unwrap();
    assert_eq!(items.len(), 5);
    scene.tx(async |tx| release::publish(tx, &asha, &back).await).await.unwrap();
    assert_eq!(shown().await, ["Old", "", "", "Gone", ""]);
    assert_eq!(scene.draft(&new, "en").await.body["headline"], "Newer");
    // Twice back is forth.
    let forth = scene.tx(async |tx| release::revert(tx, &asha, &back).await).await.unwrap();
    scene.tx(async |tx| release::publish(tx, &asha, &forth).await).await.unwrap();
    assert_eq!(shown().await, ["Changed", "New", "नया", "", "Rohit"]);
    let list = scene.store().read("test", async |db| release::list(db, "", 10).await).await.unwrap();
    assert_eq!(
        list.iter().map(|it| it.title.as_str()).collect::<Vec<_>>(),
        ["Back from Back from Final", "Back from Final", "Final"]
    );
}
