//! What partners are told of their usage, and what others are not.

use access::By;
use jiff::Timestamp;
use partners::usage::{
    self, Counters, Dimension, Figures, Part, Reason, RefusedOrigin, Rows, Sent, Span, Step, Top, Tried,
    What, Which,
};
use partners::{
    Error, Issued, KeyRefusal, KeyRing, Mode, Need, NewKey, Origins, Overlap, PartnerKey, Scope, Scopes, key,
    organisation, site,
};
use std::time::Duration;
use store::testing::TestStore;
use store::{Client, Clock, Store, Transaction};

const MIGRATIONS: &[store::Migrations] = &[access::MIGRATIONS, partners::MIGRATIONS];
const SHOP: &str = "https://shop.example";

/// Two organisations with the same usage: a site with a live key, and a test key of no site.
struct Scene {
    test: TestStore,
    clock: Clock,
    counters: Counters,
    one: Partner,
    two: Partner,
}

struct Partner {
    organisation_id: String,
    site_id: String,
    live: Issued,
    test: Issued,
}

impl Scene {
    async fn new() -> Self {
        let test = TestStore::new(MIGRATIONS).await;
        let clock = Clock::manual(at("2026-11-29T22:00:00Z"));
        let one = partner(test.store(), &clock, "=Shop, \"the\"").await;
        let two = partner(test.store(), &clock, "Other").await;
        Self { counters: Counters::new(clock.clone()), test, clock, one, two }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    async fn read<T>(&self, body: impl AsyncFn(&Client<'_>) -> Result<T, Error>) -> T {
        self.store().read("test", async |db| body(db).await).await.expect("figures")
    }

    async fn tx<T>(&self, body: impl AsyncFn(&Transaction<'_>) -> Result<T, Error>) -> T {
        self.store().run_tx("test", async |tx| body(tx).await).await.expect("a transaction")
    }

    fn by(&self) -> By {
        By::system("test", self.clock.now())
    }

    async fn ring(&self) -> KeyRing {
        let ring = KeyRing::new(self.clock.clone());
        ring.load(self.store()).await.expect("keys");
        ring
    }

    async fn good(&self, issued: &Issued) -> PartnerKey {
        let checked = self.ring().await.check(Some(issued.key.reveal()), None, Need::Read);
        checked.expect("a good key")
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn flush(&self) {
        self.counters.flush(self.store()).await.expect("a flush");
    }

    /// An hour of the live key, with a stream of 30 minutes in each of two matches; two hours later one of the test key.
    async fn use_keys_of(&self, partner: &Partner) {
        let (live, test) = (self.good(&partner.live).await, self.good(&partner.test).await);
        let sent = Sent::default();
        let first = self.counters.open(&live, "mat_1", Some(*b"IN"), &Sent::default());
        let second = self.counters.open(&live, "mat_2", Some(*b"GB"), &sent);
        (0..100).for_each(|_| sent.add());
        self.counters.impression(&live, "mat_1");
        self.pass(1_800);
        drop((first, second));
        self.flush().await;
        self.pass(7_200);
        self.flush().await;
        let third = self.counters.open(&test, "mat_1", Some(*b"IN"), &Sent::default());
        self.pass(60);
        drop(third);
        self.flush().await;
    }
}

async fn partner(store: &Store, clock: &Clock, name: &str) -> Partner {
    let by = By::system("test", clock.now());
    let made = store.run_tx("test", async |tx| {
        let organisation_id = organisation::create(tx, name, &by).await?.id;
        let site_id = site::create(tx, &organisation_id, name, &[SHOP], &by).await?.id;
        let live = NewKey::publishable(Mode::Live, "+Website", Origins::OfSite(&site_id));
        let test = NewKey::secret(Mode::Test, "Trial", Scopes::of(&[Scope::Read]));
        Ok::<_, Error>(Partner {
            live: key::issue(tx, &organisation_id, &live, &by).await?,
            test: key::issue(tx, &organisation_id, &test, &by).await?,
            organisation_id,
            site_id,
        })
    });
    made.await.expect("a partner")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn two_days() -> Span {
    Span::new(at("2026-11-29T00:00:00Z"), at("2026-12-01T00:00:00Z"))
}

const BOTH: Figures = Figures { impressions: 1, opens: 2, stream_ms: 3_600_000, peak: 2, updates: 100 };
const TRIAL: Figures = Figures { impressions: 0, opens: 1, stream_ms: 60_000, peak: 1, updates: 0 };
const ALL: Figures = Figures { impressions: 1, opens: 3, stream_ms: 3_660_000, peak: 2, updates: 100 };
const NOTHING: Figures = Figures { impressions: 0, opens: 0, stream_ms: 0, peak: 0, updates: 0 };

#[tokio::test]
async fn figures_are_summed_for_each_part_of_an_organisation() {
    let scene = Scene::new().await;
    scene.use_keys_of(&scene.one).await;
    let one = &scene.one;
    let second = Figures { impressions: 0, opens: 1, stream_ms: 1_800_000, peak: 1, updates: 100 };
    for (part, expected) in [
        (Part::All, ALL),
        (Part::Mode(Mode::Live), BOTH),
        (Part::Mode(Mode::Test), TRIAL),
        (Part::Site(&one.site_id), BOTH),
        (Part::Site(""), TRIAL),
        (Part::Key(&one.live.record.id), BOTH),
        (Part::Match("mat_2"), second),
        (Part::Match("mat_3"), NOTHING),
    ] {
        let found =
            scene.read(async |db| usage::summary(db, &one.organisation_id, part, two_days()).await).await;
        assert_eq!(found, expected, "{part:?}");
    }
    assert_eq!(ALL.stream_minutes(), 61);
    let by = async |dimension, count_max| {
        let read = scene
            .read(async |db| {
                usage::by(db, &one.organisation_id, dimension, Which::all(two_days()), Rows::first(count_max))
                    .await
            })
            .await;
        read.into_iter().map(|Top { id, figures, .. }| (id, figures)).collect::<Vec<_>>()
    };
    assert_eq!(by(Dimension::Site, 9).await, [(one.site_id.clone(), BOTH), (String::new(), TRIAL)]);
    let (live, test) = (one.live.record.id.clone(), one.test.record.id.clone());
    assert_eq!(by(Dimension::Key, 9).await, [(live.clone(), BOTH), (test, TRIAL)]);
    assert_eq!(by(Dimension::Key, 1).await, [(live, BOTH)]);
    let first = Figures { impressions: 1, opens: 2, stream_ms: 1_860_000, peak: 1, updates: 0 };
    assert_eq!(by(Dimension::Match, 9).await, [("mat_1".into(), first), ("mat_2".into(), second)]);
    let opens = |opens| Figures { opens, ..NOTHING };
    assert_eq!(by(Dimension::Country, 9).await, [("IN".into(), opens(2)), ("GB".into(), opens(1))]);
    assert_eq!(by(Dimension::Country, -1).await, []);
}

#[tokio::test]
async fn a_series_has_a_point_for_each_hour_or_day_used_or_not() {
    let scene = Scene::new().await;
    scene.use_keys_of(&scene.one).await;
    let series = async |span, step| {
        let organisation_id = &scene.one.organisation_id;
        let read =
            scene.read(async |db| usage::series(db, organisation_id, Part::All, span, step).await).await;
        read.into_iter().map(|it| (it.at.to_string(), it.figures)).collect::<Vec<_>>()
    };
    let hours = series(Span::new(at("2026-11-29T21:30:00Z"), at("2026-11-30T01:00:00Z")), Step::Hour).await;
    let expected = [
        ("2026-11-29T21:00:00Z".to_owned(), NOTHING),
        ("2026-11-29T22:00:00Z".to_owned(), BOTH),
        ("2026-11-29T23:00:00Z".to_owned(), NOTHING),
        ("2026-11-30T00:00:00Z".to_owned(), TRIAL),
    ];
    assert_eq!(hours, expected);
    let days = series(Span::new(at("2026-11-28T12:00:00Z"), at("2026-11-30T12:00:00Z")), Step::Day).await;
    let expected = [
        ("2026-11-28T00:00:00Z".to_owned(), NOTHING),
        ("2026-11-29T00:00:00Z".to_owned(), BOTH),
        ("2026-11-30T00:00:00Z".to_owned(), TRIAL),
    ];
    assert_eq!(days, expected);
    let long = series(Span::new(at("1990-01-01T00:00:00Z"), at("2026-11-30T12:00:00Z")), Step::Hour).await;
    assert_eq!(long.len(), 2_400);
    assert_eq!(series(Span::new(scene.clock.now(), Timestamp::MIN), Step::Hour).await, []);
}

#[tokio::test]
async fn a_month_is_a_calendar_month_of_one_mode() {
    let scene = Scene::new().await;
    let key = scene.good(&scene.one.live).await;
    scene.pass(26 * 3_600 - 5);
    assert_eq!(scene.clock.now(), at("2026-11-30T23:59:55Z"));
    scene.flush().await;
    let open = scene.counters.open(&key, "mat_1", None, &Sent::default());
    scene.pass(15);
    drop(open);
    scene.flush().await;
    let month = async |mode, moment: &str| {
        let organisation_id = &scene.one.organisation_id;
        scene.read(async |db| usage::month(db, organisation_id, mode, at(moment)).await).await
    };
    let november = Figures { opens: 1, stream_ms: 5_000, peak: 1, ..NOTHING };
    let december = Figures { stream_ms: 10_000, peak: 1, ..NOTHING };
    for (moment, expected) in [
        ("2026-10-31T23:59:59Z", NOTHING),
        ("2026-11-01T00:00:00Z", november),
        ("2026-11-30T23:59:59Z", november),
        ("2026-12-01T00:00:00Z", december),
        ("2026-12-31T23:59:59Z", december),
        ("2027-01-01T00:00:00Z", NOTHING),
        ("-009000-01-01T00:00:00Z", NOTHING),
        ("9999-12-30T00:00:00Z", NOTHING),
    ] {
        assert_eq!(month(Mode::Live, moment).await, expected, "{moment}");
        assert_eq!(month(Mode::Test, moment).await, NOTHING, "{moment}");
    }
}

#[tokio::test]
async fn refused_origins_are_shown_until_they_are_allowed() {
    let scene = Scene::new().await;
    let one = &scene.one;
    let ring = scene.ring().await;
    let record = ring.find(&one.live.key).unwrap();
    let refuse = |origin: &str| {
        let check = ring.check(Some(one.live.key.reveal()), Some(origin), Need::Read);
        let refusal @ KeyRefusal::OriginRefused { .. } = check.unwrap_err() else { panic!("refused") };
        scene.counters.refusal(refusal.code(), Some((&*record).into()), Tried::on(origin));
    };
    for _ in 0..12 {
        refuse("https://new.shop.example");
    }
    refuse("https://old.shop.example");
    for origin in ["http://shop.example", "null", "nonsense"] {
        refuse(origin);
    }
    scene.counters.refusal("key_expired", Some((&*record).into()), Tried::on("https://expired.example"));
    scene.counters.refusal("key_unknown", None, Tried::on("https://evil.example"));
    scene.pass(20);
    scene.flush().await;
    let since = at("2026-11-29T22:30:00Z");
    let refused = async |since| {
        let which = Which::all(Span::new(since, at("2026-12-01T00:00:00Z")));
        scene
            .read(async |db| usage::refused_origins(db, &one.organisation_id, which, Rows::first(9)).await)
            .await
    };
    let expected = |origin: &str, count| RefusedOrigin {
        origin: origin.into(),
        key_id: one.live.record.id.clone(),
        site_id: Some(one.site_id.clone()),
        count,
        last_at: at("2026-11-29T22:00:20Z"),
    };
    let both = [expected("https://new.shop.example", 12), expected("https://old.shop.example", 1)];
    assert_eq!(refused(since).await, both, "the hour of a moment begins before it");
    assert_eq!(refused(at("2026-11-29T23:00:00Z")).await, []);

    let (organisation_id, site_id, by) = (&one.organisation_id, &one.site_id, scene.by());
    scene
        .tx(async |tx| site::allow(tx, organisation_id, site_id, "https://new.shop.example", &by).await)
        .await;
    assert_eq!(refused(since).await, both[1..]);
    scene.tx(async |tx| key::revoke(tx, organisation_id, &one.live.record.id, &by).await).await;
    assert_eq!(refused(since).await, [], "nothing is allowed to a key that is revoked");

    let reasons = scene
        .read(async |db| usage::reasons(db, organisation_id, Which::all(two_days()), Rows::first(9)).await)
        .await;
    let reason = |code: &str, count| Reason { at: None, code: code.into(), count };
    assert_eq!(reasons, [reason("origin_refused", 16), reason("key_expired", 1)]);
    let strangers = scene.read(async |db| usage::reasons_of_strangers(db, two_days()).await).await;
    assert_eq!(strangers, [reason("key_unknown", 1)]);
}

#[tokio::test]
async fn after_a_rotation_one_sees_who_still_has_the_old_key() {
    let scene = Scene::new().await;
    let (organisation_id, old) = (&scene.one.organisation_id, &scene.one.live);
    let old_key = scene.good(old).await;
    for origin in ["https://a.shop.example", "https://b.shop.example", "https://b.shop.example"] {
        scene.counters.origin(&old_key, origin);
    }
    scene.flush().await;
    scene.pass(3_600);
    let by = scene.by();
    let rotated =
        scene.tx(async |tx| key::rotate(tx, organisation_id, &old.record.id, Overlap::Day, &by).await).await;
    let new_key = scene.good(&rotated).await;
    scene.counters.origin(&new_key, "https://a.shop.example");
    scene.counters.origin(&old_key, "https://b.shop.example");
    scene.flush().await;
    let origins = async |key_id: &str| {
        let read = scene
            .read(async |db| usage::origins_of_key(db, organisation_id, key_id, Rows::first(9)).await)
            .await;
        let told = |it: usage::KeyOrigin| {
            (it.origin, it.uses, it.first_used_at.to_string(), it.last_used_at.to_string())
        };
        read.into_iter().map(told).collect::<Vec<_>>()
    };
    let (before, after) = ("2026-11-29T22:00:00Z".to_owned(), "2026-11-29T23:00:00Z".to_owned());
    let (a, b) = ("https://a.shop.example".to_owned(), "https://b.shop.example".to_owned());
    let expected = [(b, 3, before.clone(), after.clone()), (a.clone(), 1, before.clone(), before)];
    assert_eq!(origins(&old.record.id).await, expected);
    assert_eq!(origins(&rotated.record.id).await, [(a, 1, after.clone(), after)]);
}

#[tokio::test]
async fn hours_are_written_for_spreadsheets() {
    let scene = Scene::new().await;
    scene.use_keys_of(&scene.one).await;
    let one = &scene.one;
    let csv_of = async |what, part| {
        scene.read(async |db| usage::csv(db, &one.organisation_id, what, part, two_days()).await).await
    };
    let csv = async |part| csv_of(What::Hours, part).await;
    let all = csv(Part::All).await;
    let (live, test) = (&one.live.record.id, &one.test.record.id);
    let site = format!("{},\"'=Shop, \"\"the\"\"\",{live},'+Website", one.site_id);
    let expected = [
        "hour,site_id,site,key_id,key,match_id,impressions,opens,stream_seconds,peak_streams,updates,mode"
            .into(),
        format!("2026-11-29T22:00:00Z,{site},mat_1,1,1,1800,1,0,live"),
        format!("2026-11-29T22:00:00Z,{site},mat_2,0,1,1800,1,100,live"),
        format!("2026-11-30T00:00:00Z,,,{test},Trial,mat_1,0,1,60,1,0,test"),
    ];
    assert_eq!(all.text, expected.map(|it| it + "\r\n").concat());
    assert_eq!(all.rows, 3);
    let expected = [
        "hour,site_id,site,key_id,key,match_id,country,opens,mode".into(),
        format!("2026-11-29T22:00:00Z,{site},mat_1,IN,1,live"),
        format!("2026-11-29T22:00:00Z,{site},mat_2,GB,1,live"),
        format!("2026-11-30T00:00:00Z,,,{test},Trial,mat_1,IN,1,test"),
    ];
    assert_eq!(csv_of(What::Countries, Part::All).await.text, expected.map(|it| it + "\r\n").concat());
    let key = scene.good(&one.live).await;
    let tried = Tried { origin: Some("https://new.example"), match_id: Some("mat_1") };
    scene.counters.refusal("origin_refused", Some((&key).into()), tried);
    scene.counters.refusal("key_unknown", None, Tried::default());
    scene.flush().await;
    let expected = [
        "hour,site_id,site,key_id,key,match_id,code,origin,count,last_at,mode".into(),
        format!(
            "2026-11-30T00:00:00Z,{site},mat_1,origin_refused,https://new.example,1,2026-11-30T00:31:00Z,live"
        ),
    ];
    assert_eq!(csv_of(What::Refusals, Part::All).await.text, expected.map(|it| it + "\r\n").concat());
    for (what, of_match, of_tests) in [(What::Countries, 2, 1), (What::Refusals, 1, 0)] {
        assert_eq!(csv_of(what, Part::Match("mat_1")).await.rows, of_match, "{what:?}");
        assert_eq!(csv_of(what, Part::Mode(Mode::Test)).await.rows, of_tests, "{what:?}");
    }
    assert_eq!(csv(Part::Match("mat_2")).await.rows, 1);
    assert_eq!(csv(Part::Key("key_of_nobody")).await.rows, 0);
}

#[tokio::test]
async fn nothing_of_one_organisation_is_seen_by_another() {
    let scene = Scene::new().await;
    let (one, two) = (&scene.one, &scene.two);
    scene.use_keys_of(one).await;
    let key = scene.good(&one.live).await;
    scene.counters.origin(&key, SHOP);
    scene.counters.refusal("origin_refused", Some((&key).into()), Tried::on("https://evil.example"));
    scene.flush().await;
    let (id, span, now) = (&two.organisation_id, two_days(), scene.clock.now());
    let parts = [
        Part::All,
        Part::Mode(Mode::Live),
        Part::Site(&one.site_id),
        Part::Key(&one.live.record.id),
        Part::Match("mat_1"),
    ];
    scene
        .read(async |db| {
            for part in parts {
                assert_eq!(usage::summary(db, id, part, span).await?, NOTHING, "{part:?}");
                let points = usage::series(db, id, part, span, Step::Day).await?;
                assert!(points.iter().all(|it| it.figures == NOTHING), "{part:?}");
                for what in [What::Hours, What::Countries, What::Refusals] {
                    assert_eq!(usage::csv(db, id, what, part, span).await?.rows, 0, "{part:?}");
                }
            }
            for dimension in [Dimension::Site, Dimension::Key, Dimension::Match, Dimension::Country] {
                assert_eq!(
                    usage::by(db, id, dimension, Which::all(span), Rows::first(9)).await?,
                    [],
                    "{dimension:?}"
                );
            }
            assert_eq!(usage::month(db, id, Mode::Live, now).await?, NOTHING);
            assert_eq!(usage::reasons(db, id, Which::all(span), Rows::first(9)).await?, []);
            assert_eq!(usage::reasons_of_strangers(db, span).await?, []);
            assert_eq!(usage::refused_origins(db, id, Which::all(span), Rows::first(9)).await?, []);
            assert_eq!(usage::origins_of_key(db, id, &one.live.record.id, Rows::first(9)).await?, []);
            Ok(())
        })
        .await;
    scene.use_keys_of(two).await;
    let span = Span::new(at("2026-11-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    for partner in [one, two] {
        let id = &partner.organisation_id;
        assert_eq!(scene.read(async |db| usage::summary(db, id, Part::All, span).await).await, ALL);
    }
}

/// Refusals and countries of a site's live key in two matches, in two hours, and of a test key.
async fn refused_in_two_matches(scene: &Scene) {
    scene.use_keys_of(&scene.one).await;
    let (live, test) = (scene.good(&scene.one.live).await, scene.good(&scene.one.test).await);
    for (key, code, match_id, times) in [
        (&live, "origin_refused", Some("mat_1"), 3),
        (&live, "origin_refused", Some("mat_2"), 2),
        (&live, "rate_limited", Some("mat_2"), 1),
        (&test, "key_scope_missing", None, 1),
    ] {
        for _ in 0..times {
            let tried = Tried { origin: Some("https://new.example"), match_id };
            scene.counters.refusal(code, Some(key.into()), tried);
        }
    }
    scene.flush().await;
    scene.pass(3_600);
    scene.counters.refusal("rate_limited", Some((&live).into()), Tried::of_match("mat_1"));
    scene.flush().await;
}

#[tokio::test]
async fn countries_and_refusals_are_told_of_each_part_and_hour() {
    let scene = Scene::new().await;
    refused_in_two_matches(&scene).await;
    let one = &scene.one;
    let (id, site, live, test) =
        (&*one.organisation_id, &*one.site_id, &*one.live.record.id, &*one.test.record.id);
    for (part, countries, refusals, origins) in [
        (Part::All, "IN 2, GB 1", "origin_refused 5, rate_limited 2, key_scope_missing 1", "5"),
        (Part::Mode(Mode::Live), "GB 1, IN 1", "origin_refused 5, rate_limited 2", "5"),
        (Part::Mode(Mode::Test), "IN 1", "key_scope_missing 1", ""),
        (Part::Site(site), "GB 1, IN 1", "origin_refused 5, rate_limited 2", "5"),
        (Part::Site(""), "IN 1", "key_scope_missing 1", ""),
        (Part::Key(live), "GB 1, IN 1", "origin_refused 5, rate_limited 2", "5"),
        (Part::Key(test), "IN 1", "key_scope_missing 1", ""),
        (Part::Match("mat_1"), "IN 2", "origin_refused 3, rate_limited 1", "3"),
        (Part::Match("mat_2"), "GB 1", "origin_refused 2, rate_limited 1", "2"),
        (Part::Match("mat_3"), "", "", ""),
    ] {
        let which = Which { part, span: two_days(), step: None };
        scene
            .read(async |db| {
                let found = usage::by(db, id, Dimension::Country, which, Rows::first(9)).await?;
                let told = found.iter().map(|it| format!("{} {}", it.id, it.figures.opens));
                assert_eq!(told.collect::<Vec<_>>().join(", "), countries, "{part:?}");
                let found = usage::reasons(db, id, which, Rows::first(9)).await?;
                let told = found.iter().map(|it| format!("{} {}", it.code, it.count));
                assert_eq!(told.collect::<Vec<_>>().join(", "), refusals, "{part:?}");
                let found = usage::refused_origins(db, id, which, Rows::first(9)).await?;
                let told = found.iter().map(|it| it.count.to_string());
                assert_eq!(told.collect::<Vec<_>>().join(", "), origins, "{part:?}");
                Ok(())
            })
            .await;
    }
    let by_hour = Which { part: Part::Site(site), span: two_days(), step: Some(Step::Hour) };
    let (reasons, countries) = scene
        .read(async |db| {
            let reasons = usage::reasons(db, id, by_hour, Rows::first(9)).await?;
            Ok((reasons, usage::by(db, id, Dimension::Country, by_hour, Rows::first(9)).await?))
        })
        .await;
    let reason = |hour: &str, code: &str, count| Reason { at: Some(at(hour)), code: code.into(), count };
    let (first, second) = ("2026-11-30T00:00:00Z", "2026-11-30T01:00:00Z");
    let expected = [
        reason(first, "origin_refused", 5),
        reason(first, "rate_limited", 1),
        reason(second, "rate_limited", 1),
    ];
    assert_eq!(reasons, expected);
    let told: Vec<_> = countries.into_iter().map(|it| (it.at, it.id, it.figures.opens)).collect();
    let hour = Some(at("2026-11-29T22:00:00Z"));
    assert_eq!(told, [(hour, "GB".to_owned(), 1), (hour, "IN".to_owned(), 1)]);
}

#[tokio::test]
async fn what_a_part_is_made_of_is_told_apart_too() {
    let scene = Scene::new().await;
    scene.use_keys_of(&scene.one).await;
    let (id, site, test) = (&*scene.one.organisation_id, &*scene.one.site_id, &*scene.one.test.record.id);
    for (dimension, part, expected) in [
        (Dimension::Match, Part::Site(site), "mat_1 1, mat_2 1"),
        (Dimension::Match, Part::Key(test), "mat_1 1"),
        (Dimension::Key, Part::Match("mat_2"), &*format!("{} 1", scene.one.live.record.id)),
        (Dimension::Site, Part::Mode(Mode::Test), " 1"),
    ] {
        let which = Which { part, span: two_days(), step: None };
        let found = scene.read(async |db| usage::by(db, id, dimension, which, Rows::first(9)).await).await;
        let told: Vec<_> = found.iter().map(|it| format!("{} {}", it.id, it.figures.opens)).collect();
        assert_eq!(told.join(", "), expected, "{dimension:?} {part:?}");
    }
}

#[tokio::test]
async fn lists_go_on_after_a_place_and_leave_nothing_out() {
    let scene = Scene::new().await;
    refused_in_two_matches(&scene).await;
    let live = scene.good(&scene.one.live).await;
    for at in 0..5 {
        scene.counters.origin(&live, &format!("https://{at}.example"));
        let tried = Tried { origin: Some(&format!("https://{at}.example")), match_id: None };
        scene.counters.refusal("origin_refused", Some((&live).into()), tried);
    }
    scene.flush().await;
    let (id, key, which) = (&*scene.one.organisation_id, live.key_id(), Which::all(two_days()));
    for step in [None, Some(Step::Hour)] {
        let which = Which { step, ..which };
        for dimension in [Dimension::Site, Dimension::Key, Dimension::Match, Dimension::Country] {
            let all = scene.read(async |db| usage::by(db, id, dimension, which, Rows::first(99)).await).await;
            let (mut seen, mut place) = (Vec::new(), None);
            loop {
                let rows = Rows { after: place.as_ref(), rows_max: 1 };
                let one = scene.read(async |db| usage::by(db, id, dimension, which, rows).await).await;
                let Some(last) = one.last() else { break };
                place = Some(last.place());
                seen.extend(one);
            }
            assert!(all.len() > 1 && seen == all, "{dimension:?} {step:?}: {seen:?}");
        }
        let all = scene.read(async |db| usage::reasons(db, id, which, Rows::first(99)).await).await;
        let first = all[0].place();
        let rows = Rows { after: Some(&first), rows_max: 99 };
        let rest = scene.read(async |db| usage::reasons(db, id, which, rows).await).await;
        assert_eq!(rest, all[1..], "{step:?}");
    }
    let all = scene.read(async |db| usage::refused_origins(db, id, which, Rows::first(99)).await).await;
    let third = all[2].place();
    let rows = Rows { after: Some(&third), rows_max: 2 };
    let next = scene.read(async |db| usage::refused_origins(db, id, which, rows).await).await;
    assert_eq!((all.len(), next), (6, all[3..5].to_vec()));
    let all = scene.read(async |db| usage::origins_of_key(db, id, key, Rows::first(99)).await).await;
    let third = all[2].place();
    let rows = Rows { after: Some(&third), rows_max: 1 };
    let next = scene.read(async |db| usage::origins_of_key(db, id, key, rows).await).await;
    assert_eq!((all.len(), next), (5, all[3..4].to_vec()));
}

#[tokio::test]
async fn what_a_process_of_the_release_before_writes_counts_as_well() {
    const COUNTRIES: &str = "
        insert into partners.usage_country as t (organisation_id, hour, key_id, country, opens)
        values ($1, '2026-11-29T22:00:00Z', $2, 'IN', 2)
        on conflict (organisation_id, hour, key_id, country) do update set opens = t.opens + excluded.opens";
    const REFUSALS: &str = "
        insert into partners.usage_refusal as t (organisation_id, hour, key_id, code, origin, count, last_at)
        values ($1, '2026-11-29T22:00:00Z', $2, 'key_expired', '', 3, '2026-11-29T22:00:01Z')
        on conflict (organisation_id, hour, key_id, code, origin) do update set
            count = t.count + excluded.count, last_at = greatest(t.last_at, excluded.last_at)";
    let scene = Scene::new().await;
    let (id, key) = (&*scene.one.organisation_id, &*scene.one.live.record.id);
    for _ in 0..2 {
        scene
            .tx(async |tx| {
                tx.execute(COUNTRIES, &[&id, &key]).await?;
                tx.execute(REFUSALS, &[&id, &key]).await?;
                tx.execute(REFUSALS, &[&None::<&str>, &None::<&str>]).await?;
                Ok(())
            })
            .await;
    }
    let which = Which { part: Part::Site(&scene.one.site_id), ..Which::all(two_days()) };
    let (countries, reasons, strangers) = scene
        .read(async |db| {
            let countries = usage::by(db, id, Dimension::Country, which, Rows::first(9)).await?;
            let reasons = usage::reasons(db, id, which, Rows::first(9)).await?;
            Ok((countries, reasons, usage::reasons_of_strangers(db, two_days()).await?))
        })
        .await;
    assert_eq!((countries.len(), countries[0].figures.opens), (1, 4));
    let expected = [Reason { at: None, code: "key_expired".into(), count: 6 }];
    assert_eq!((&reasons[..], &strangers[..]), (&expected[..], &expected[..]));
}

#[tokio::test]
async fn a_key_is_in_use_for_a_day_after_its_last_use() {
    let scene = Scene::new().await;
    let ring = scene.ring().await;
    let secret = &scene.one.test;
    let in_use = async |issued: &Issued| {
        let id = &issued.record.id;
        let read = scene
            .read(async |db| {
                let key = key::find(db, id).await?.expect("a key");
                usage::in_use(db, &key, scene.clock.now()).await
            })
            .await;
        read.map(|it| it.origins.into_iter().map(|it| it.origin).collect::<Vec<_>>())
    };
    assert_eq!(in_use(&scene.one.live).await, None, "never");
    let live = scene.good(&scene.one.live).await;
    scene.counters.origin(&live, "");
    scene.flush().await;
    ring.check(Some(secret.key.reveal()), None, Need::Read).expect("a good key");
    ring.save_uses(scene.store(), scene.clock.now()).await.expect("uses");
    assert_eq!(in_use(secret).await, Some(vec![]), "a secret key, whose uses have no places");
    scene.pass(3_600);
    scene.counters.origin(&live, SHOP);
    scene.flush().await;
    assert_eq!(in_use(&scene.one.live).await, Some(vec![SHOP.to_owned(), String::new()]));
    scene.pass(86_400 - 3_600);
    assert_eq!(in_use(&scene.one.live).await, Some(vec![SHOP.to_owned()]));
    assert_eq!(in_use(secret).await, None);
    let (id, by) = (&scene.one.organisation_id, scene.by());
    scene.tx(async |tx| key::revoke(tx, id, &scene.one.live.record.id, &by).await).await;
    assert_eq!(in_use(&scene.one.live).await, None, "it is refused");
}
