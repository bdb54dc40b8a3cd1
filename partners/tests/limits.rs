//! Limits in a real PostgreSQL, up to what processes judge by.

use access::By;
use jiff::Timestamp;
use partners::limit::{Limits, Month, Open, Override, Quota, QuotaKind, Rate, Threshold, cross, table};
use partners::{
    Error, KeyRing, Limiter, Mode, Need, NewKey, Origins, Overlap, PartnerKey, Plans, Scope, Scopes, key,
    organisation,
};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};

const MIGRATIONS: &[store::Migrations] = &[access::MIGRATIONS, partners::MIGRATIONS];
/// What has to come about may take so long; machines that build at the same time are slow.
const DEADLINE: Duration = Duration::from_secs(30);

fn by() -> By {
    By::system("test", Timestamp::UNIX_EPOCH)
}

/// A minute for each request, so that nothing comes back while a test runs.
fn slow(burst: u32) -> Rate {
    Rate::new(1, burst).expect("a rate")
}

fn clock() -> Clock {
    Clock::manual("2026-11-29T10:00:00Z".parse().expect("a moment"))
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("{what}: not in time"));
}

/// Organisations with secret keys, and the ring that knows them.
struct Here {
    test: TestStore,
    ring: KeyRing,
}

impl Here {
    async fn new() -> Here {
        Here { test: TestStore::new(MIGRATIONS).await, ring: KeyRing::default() }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    async fn organisation(&self) -> String {
        let made = self.store().run_tx("test", async |tx| organisation::create(tx, "Partner", &by()).await);
        made.await.expect("an organisation").id
    }

    async fn key_like(&self, organisation_id: &str, new: &NewKey<'_>) -> PartnerKey {
        let issue = async |tx: &store::Transaction<'_>| key::issue(tx, organisation_id, new, &by()).await;
        let issued = self.store().run_tx("test", issue).await.expect("a key");
        self.shown(&issued)
    }

    async fn key(&self, organisation_id: &str) -> PartnerKey {
        let new = NewKey::secret(Mode::Live, "Server", Scopes::of(&[Scope::Read]));
        self.key_like(organisation_id, &new).await
    }

    fn shown(&self, issued: &partners::Issued) -> PartnerKey {
        self.ring.insert(&issued.record);
        self.ring.check(Some(issued.key.reveal()), None, Need::Read).expect("a good key")
    }

    async fn set(&self, organisation_id: &str, limits: &Limits) -> Result<(), Error> {
        let set = async |tx: &store::Transaction<'_>| table::set(tx, organisation_id, limits, &by()).await;
        self.store().run_tx("test", set).await
    }

    async fn set_own(&self, organisation_id: &str, key_id: &str, own: &Override) -> Result<(), Error> {
        let set = async |tx: &store::Transaction<'_>| {
            table::set_for_key(tx, organisation_id, key_id, own, &by()).await
        };
        self.store().run_tx("test", set).await
    }

    async fn find(&self, organisation_id: &str) -> Limits {
        let found = self.store().read("test", async |db| table::find(db, organisation_id).await);
        found.await.expect("limits")
    }

    async fn loaded(&self) -> (Plans, i64) {
        let plans = Plans::default();
        let since = plans.load(self.store()).await.expect("the plans");
        (plans, since)
    }

    async fn audited(&self) -> Vec<(String, String)> {
        let sql = "select action, coalesce(before::text, '') || ' ' || coalesce(after::text, '') as change from access.audit
            where action like '%limit%' order by id";
        let rows = self.store().read("test", async |db| db.query(sql, &[]).await).await;
        let rows = rows.expect("the log");
        rows.iter().map(|row| (row.get("action"), row.get("change"))).collect()
    }
}

#[tokio::test]
async fn limits_of_organisations_and_keys_are_followed_and_touch_nobody_else() {
    let here = Here::new().await;
    let (ours, theirs) = (here.organisation().await, here.organisation().await);
    let (key, sister, stranger) = (here.key(&ours).await, here.key(&ours).await, here.key(&theirs).await);
    let website = NewKey::publishable(Mode::Live, "Website", Origins::These(&["https://partner.example"]));
    let website = here.key_like(&ours, &website).await;
    let (plans, since) = here.loaded().await;
    assert_eq!((since, plans.limits_of(&ours)), (0, Limits::DEFAULT));
    // Another process has a store of its own.
    let elsewhere = Store::connect(&here.test.url(), 2).await.unwrap();
    let following = plans.follow(&elsewhere, since);
    let changing = async {
        let limits = Limits {
            secret: slow(7),
            publishable: slow(8),
            streams: Quota::up_to(100),
            impressions: Quota::new(Some(1), None).unwrap(),
            ..Limits::DEFAULT
        };
        here.set(&ours, &limits).await.unwrap();
        until("the limits are known", || plans.limits_of(&ours) == limits).await;
        let rates = [&key, &sister, &website, &stranger].map(|it| plans.rate_of(it));
        assert_eq!(rates, [slow(7), slow(7), slow(8), Rate::SECRET]);

        let own = Override { rate: Some(slow(2)), streams_max: Some(3) };
        here.set_own(&ours, key.key_id(), &own).await.unwrap();
        until("the key's are known", || plans.override_of(&key) == own).await;
        let rates = [&key, &sister, &website, &stranger].map(|it| plans.rate_of(it));
        assert_eq!(rates, [slow(2), slow(7), slow(8), Rate::SECRET]);
        let gates = [&key, &sister, &stranger].map(|it| plans.streams_of(it));
        assert_eq!(gates.map(|it| it.of_key_max), [Some(3), None, None]);
        assert_eq!(gates.map(|it| it.quota.hard()), [Some(100), Some(100), Some(250_000)]);
        let refused = gates[0].judge(Open { of_organisation: 50, of_key: 3 });
        assert_ne!(refused, gates[1].judge(Open { of_organisation: 50, of_key: 3 }));

        // A bucket that is there counts by the new rate at once.
        let limiter = Limiter::new(clock(), plans.clone());
        assert_eq!(limiter.check(&key, 2).remaining, 0);
        assert!(limiter.check(&sister, 7).allowed && limiter.check(&stranger, 300).allowed);
        here.set_own(&ours, key.key_id(), &Override::default()).await.unwrap();
        until("they are gone", || plans.override_of(&key) == Override::default()).await;
        assert_eq!(limiter.check(&key, 1).remaining, 4);
        here.set(&ours, &Limits::DEFAULT).await.unwrap();
        until("they are as they were", || plans.limits_of(&ours) == Limits::DEFAULT).await;
    };
    tokio::select! {
        () = following => panic!("it goes on for ever"),
        () = changing => {}
    }
    assert_eq!(here.loaded().await.1, 4, "each change has a number");
    elsewhere.close();
}

#[tokio::test]
async fn a_change_that_commits_late_is_not_passed_over() {
    let here = Here::new().await;
    let (ours, theirs) = (here.organisation().await, here.organisation().await);
    let (plans, since) = here.loaded().await;
    let limits = Limits { secret: slow(7), ..Limits::DEFAULT };
    let following = plans.follow(here.store(), since);
    let changing = async {
        let first = here.store().run_tx("test", async |tx| {
            table::set(tx, &ours, &limits, &by()).await?;
            let patience = Duration::from_millis(200);
            let second = tokio::time::timeout(patience, here.set(&theirs, &limits)).await;
            assert!(second.is_err(), "it waits");
            Ok::<_, Error>(())
        });
        first.await.unwrap();
        here.set(&theirs, &limits).await.unwrap();
        until("both are known", || [&ours, &theirs].iter().all(|it| plans.limits_of(it) == limits)).await;
    };
    tokio::select! {
        () = following => panic!("it goes on for ever"),
        () = changing => {}
    }
}

#[tokio::test]
async fn limits_come_back_as_they_were_set_and_each_change_is_in_the_log() {
    let here = Here::new().await;
    let (ours, theirs) = (here.organisation().await, here.organisation().await);
    let key = here.key(&ours).await;
    let limits = Limits {
        secret: Rate::new(1, 600_000).unwrap(),
        publishable: Rate::new(600_000, 1).unwrap(),
        streams: Quota::NONE,
        stream_minutes: Quota::new(Some(0), Some(1_000_000_000_000_000)).unwrap(),
        impressions: Quota::new(None, Some(0)).unwrap(),
    };
    here.set(&ours, &Limits::DEFAULT).await.unwrap();
    assert_eq!(here.audited().await, [], "that was so");
    here.set(&ours, &limits).await.unwrap();
    here.set(&ours, &limits).await.unwrap();
    assert_eq!((here.find(&ours).await, here.find(&theirs).await), (limits, Limits::DEFAULT));
    let own = Override { rate: None, streams_max: Some(0) };
    here.set_own(&ours, key.key_id(), &own).await.unwrap();
    here.set_own(&ours, key.key_id(), &own).await.unwrap();
    let list = async || {
        let listed = here.store().read("test", async |db| table::overrides(db, &ours).await).await;
        listed.unwrap()
    };
    assert_eq!(list().await, [(key.key_id().to_owned(), own)]);
    here.set_own(&ours, key.key_id(), &Override::default()).await.unwrap();
    assert_eq!(list().await, []);
    let audited = here.audited().await;
    let actions: Vec<&str> = audited.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(actions, ["limits.change", "key.limit", "key.limit"]);
    assert!(audited[0].1.contains(r#""per_minute": 3000"#) && audited[0].1.contains(r#""burst": 600000"#));

    let nobody = here.set("org_of_nobody", &limits).await.unwrap_err();
    assert!(matches!(nobody, Error::UnknownOrganisation { .. }), "{nobody}");
    let not_theirs = here.set_own(&theirs, key.key_id(), &own).await.unwrap_err();
    assert!(matches!(not_theirs, Error::UnknownKey { .. }), "{not_theirs}");
    assert_eq!(here.audited().await.len(), 3, "what is refused leaves nothing");
}

#[tokio::test]
async fn a_key_that_takes_anothers_place_has_its_limits() {
    let here = Here::new().await;
    let organisation_id = here.organisation().await;
    let (key, plain) = (here.key(&organisation_id).await, here.key(&organisation_id).await);
    let own = Override { rate: Some(slow(2)), streams_max: None };
    here.set_own(&organisation_id, key.key_id(), &own).await.unwrap();
    let rotate = async |old: &PartnerKey| {
        let rotated = here.store().run_tx("test", async |tx| {
            key::rotate(tx, &organisation_id, old.key_id(), Overlap::Day, &by()).await
        });
        here.shown(&rotated.await.unwrap())
    };
    let (new, new_plain) = (rotate(&key).await, rotate(&plain).await);
    let (plans, since) = here.loaded().await;
    let overrides = [&key, &new, &plain, &new_plain].map(|it| plans.override_of(it));
    assert_eq!(overrides, [own, own, Override::default(), Override::default()]);
    assert_eq!(since, 2, "a key without limits of its own changes none");
}

#[tokio::test]
async fn a_threshold_is_told_once_a_month_however_many_find_out() {
    let here = Here::new().await;
    let (ours, theirs) = (here.organisation().await, here.organisation().await);
    let month = |at: &str| Month::of(at.parse().expect("a moment"));
    let (november, december) = (month("2026-11-29T10:00:00Z"), month("2026-12-01T00:00:00Z"));
    let told = async |organisation_id: &str, kind, threshold, month| {
        let crossed = here.store().run_tx("test", async |tx| {
            cross(tx, organisation_id, kind, threshold, month, Timestamp::UNIX_EPOCH).await
        });
        crossed.await.unwrap()
    };
    let mut finding_out = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, ours) = (here.store().clone(), ours.clone());
        finding_out.spawn(async move {
            let crossed = store.run_tx("test", async |tx| {
                cross(tx, &ours, QuotaKind::Impressions, Threshold::Soft, november, Timestamp::UNIX_EPOCH)
                    .await
            });
            crossed.await.unwrap()
        });
    }
    assert_eq!(finding_out.join_all().await.into_iter().filter(|it| *it).count(), 1);
    assert!(told(&ours, QuotaKind::Impressions, Threshold::Hard, november).await);
    assert!(!told(&ours, QuotaKind::Impressions, Threshold::Hard, november).await);
    assert!(told(&theirs, QuotaKind::Impressions, Threshold::Soft, november).await);
    assert!(told(&ours, QuotaKind::Impressions, Threshold::Soft, december).await);
    assert!(told(&ours, QuotaKind::Streams, Threshold::Hard, november).await);
    assert!(!told(&ours, QuotaKind::Streams, Threshold::Soft, november).await, "the end was told already");
    for kind in QuotaKind::ALL {
        let first = told(&theirs, kind, Threshold::Soft, december).await;
        assert!(first && !told(&theirs, kind, Threshold::Soft, december).await, "{kind:?}");
    }
    // Whoever found out and could not say so has not said so.
    let failed: Result<(), Error> = here
        .store()
        .run_tx("test", async |tx| {
            let kind = QuotaKind::StreamMinutes;
            assert!(cross(tx, &ours, kind, Threshold::Hard, november, Timestamp::UNIX_EPOCH).await?);
            Err(Error::NotAllowed)
        })
        .await;
    failed.unwrap_err();
    assert!(told(&ours, QuotaKind::StreamMinutes, Threshold::Soft, november).await);
}
