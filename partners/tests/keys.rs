//! Organisations and keys in a real PostgreSQL, up to the ring that serves requests.

use access::By;
use jiff::Timestamp;
use partners::{
    Error, Issued, KeyRefusal, KeyRing, Kind, Mode, Need, NewKey, Origins, Scope, Scopes, key, organisation,
};
use store::Store;
use store::testing::TestStore;

const MIGRATIONS: &[store::Migrations] = &[access::MIGRATIONS, partners::MIGRATIONS];
const WEBSITE: NewKey<'_> = NewKey::publishable(
    Mode::Live,
    "Website",
    Origins::These(&["https://Partner.example:443", "https://*.partner.example"]),
);
const FEED: NewKey<'_> = NewKey::secret(Mode::Test, "Feed", Scopes::of(&[Scope::Feed]));
const TO_FEED: Need = Need::Scope(Scope::Feed);

fn by() -> By {
    By::system("test", Timestamp::now())
}

async fn organisation(store: &Store) -> String {
    let made = store.run_tx("test", async |tx| organisation::create(tx, " Partner ", &by()).await).await;
    made.expect("an organisation is made").id
}

async fn issue(store: &Store, organisation_id: &str, new: &NewKey<'_>) -> Result<Issued, Error> {
    store.run_tx("test", async |tx| key::issue(tx, organisation_id, new, &by()).await).await
}

#[tokio::test]
async fn an_issued_key_is_stored_without_its_text_and_found_again() {
    let test = TestStore::new(MIGRATIONS).await;
    let organisation_id = organisation(test.store()).await;
    let issued = issue(test.store(), &organisation_id, &WEBSITE).await.unwrap();
    let record = &issued.record;
    assert!(store::ids::is_valid("org", &organisation_id) && store::ids::is_valid("key", &record.id));
    assert_eq!((&record.organisation_id, record.name.as_str()), (&organisation_id, "Website"));
    assert_eq!((record.kind, record.mode), (Kind::Publishable, Mode::Live));
    assert_eq!((record.prefix.as_str(), record.sha256), (issued.key.prefix(), issued.key.hash()));
    let origins: Vec<String> = record.origins.iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://partner.example", "https://*.partner.example"]);
    assert_eq!((record.revoked_at, record.last_used_at), (None, None));

    let found = test.store().read("test", async |client| key::find(client, &record.id).await).await.unwrap();
    assert_eq!(found.as_ref(), Some(record));
    let row = test.store().read("test", async |client| {
        client.query_one("select to_jsonb(k)::text from partners.api_key k", &[]).await
    });
    let stored: String = row.await.unwrap().get(0);
    assert!(!stored.contains(issued.key.reveal()), "the key's text is in its row");
}

#[tokio::test]
async fn what_cannot_be_issued_is_refused_and_leaves_nothing() {
    let test = TestStore::new(MIGRATIONS).await;
    let organisation_id = organisation(test.store()).await;
    let long = "x".repeat(101);
    let many = ["https://partner.example"; 51];
    let cases: [(NewKey<'_>, &str); 6] = [
        (NewKey { name: "  ", ..WEBSITE }, "a name has 1 to 100 characters, this one has 0"),
        (NewKey { name: &long, ..WEBSITE }, "a name has 1 to 100 characters, this one has 101"),
        (NewKey { origins: Origins::None, ..WEBSITE }, "a publishable key needs at least one origin"),
        (
            NewKey { origins: Origins::These(&["https://partner.example"]), ..FEED },
            "a secret key stays on servers",
        ),
        (NewKey { origins: Origins::These(&many), ..WEBSITE }, "a key has at most 50 origins, not 51"),
        (
            NewKey { origins: Origins::These(&["https://*.example"]), ..WEBSITE },
            "the wildcard would match whole top-level",
        ),
    ];
    for (new, expected) in cases {
        let refused = issue(test.store(), &organisation_id, &new).await.unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let refused = issue(test.store(), "org_of_nobody", &FEED).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no organisation org_of_nobody");
    assert_eq!(test.store().read("test", key::all).await.unwrap(), []);
}

#[tokio::test]
async fn when_a_key_was_last_used_is_written_down_now_and_then() {
    let test = TestStore::new(MIGRATIONS).await;
    let organisation_id = organisation(test.store()).await;
    let used = issue(test.store(), &organisation_id, &WEBSITE).await.unwrap();
    let idle = issue(test.store(), &organisation_id, &FEED).await.unwrap();
    let ring = KeyRing::default();
    ring.load(test.store()).await.unwrap();
    let second = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
    let last_used = async || {
        let of = async |id: &str| {
            let found = test.store().read("test", async |client| key::find(client, id).await).await;
            found.unwrap().unwrap().last_used_at
        };
        (of(&used.record.id).await, of(&idle.record.id).await)
    };
    let check = |page| ring.check(Some(used.key.reveal()), Some(page), Need::Read);
    assert_eq!(ring.save_uses(test.store(), second(1)).await.unwrap(), 0);
    check("https://elsewhere.example").unwrap_err();
    assert_eq!(ring.save_uses(test.store(), second(2)).await.unwrap(), 0, "a refusal is no use");
    check("https://partner.example").unwrap();
    check("https://partner.example").unwrap();
    assert_eq!(ring.save_uses(test.store(), second(3)).await.unwrap(), 1);
    assert_eq!(last_used().await, (Some(second(3)), None));
    assert_eq!(ring.save_uses(test.store(), second(4)).await.unwrap(), 0, "it was not used since");
    // Another process, whose clock is behind, takes nothing back; nor does reading the table again forget a use.
    check("https://partner.example").unwrap();
    ring.load(test.store()).await.unwrap();
    assert_eq!(ring.save_uses(test.store(), second(2)).await.unwrap(), 1);
    assert_eq!(last_used().await, (Some(second(3)), None));
}

#[tokio::test]
async fn uses_that_could_not_be_written_down_are_kept() {
    let test = TestStore::new(MIGRATIONS).await;
    let without_tables = TestStore::new(&[]).await;
    let organisation_id = organisation(test.store()).await;
    let issued = issue(test.store(), &organisation_id, &FEED).await.unwrap();
    let ring = KeyRing::default();
    ring.insert(&issued.record);
    ring.check(Some(issued.key.reveal()), None, TO_FEED).unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    ring.save_uses(without_tables.store(), now).await.unwrap_err();
    assert_eq!(ring.save_uses(test.store(), now).await.unwrap(), 1);
}

#[tokio::test]
async fn a_revocation_keeps_its_first_time() {
    let test = TestStore::new(MIGRATIONS).await;
    let organisation_id = organisation(test.store()).await;
    let id = issue(test.store(), &organisation_id, &FEED).await.unwrap().record.id;
    let revoke = async |id: &str| {
        test.store().run_tx("test", async |tx| key::revoke(tx, &organisation_id, id, &by()).await).await
    };
    let first = revoke(&id).await.unwrap();
    assert!(first.revoked_at.is_some());
    assert_eq!(revoke(&id).await.unwrap(), first);
    assert_eq!(revoke("key_of_nobody").await.unwrap_err().to_string(), "there is no key key_of_nobody");
}

#[tokio::test]
async fn a_ring_serves_what_it_loaded_and_what_it_was_told_since() {
    let test = TestStore::new(MIGRATIONS).await;
    let organisation_id = organisation(test.store()).await;
    let website = issue(test.store(), &organisation_id, &WEBSITE).await.unwrap();
    let feed = issue(test.store(), &organisation_id, &FEED).await.unwrap();
    let ring = KeyRing::default();
    ring.load(test.store()).await.unwrap();
    assert_eq!(ring.len(), 2);

    let page = Some("https://live.partner.example");
    let partner = ring.check(Some(website.key.reveal()), page, Need::Publishable).unwrap();
    assert_eq!((partner.key_id(), partner.mode()), (website.record.id.as_str(), Mode::Live));
    let partner = ring.check(Some(feed.key.reveal()), None, TO_FEED).unwrap();
    assert_eq!((partner.organisation_id(), partner.mode()), (organisation_id.as_str(), Mode::Test));

    let revoked = test
        .store()
        .run_tx("test", async |tx| key::revoke(tx, &organisation_id, &feed.record.id, &by()).await)
        .await;
    ring.insert(&revoked.unwrap());
    assert_eq!(ring.check(Some(feed.key.reveal()), None, TO_FEED).unwrap_err(), KeyRefusal::Revoked);

    // A ring that missed the note learns of it at its next load, and forgets nothing that it was told.
    let late = KeyRing::default();
    late.insert(&website.record);
    late.load(test.store()).await.unwrap();
    assert_eq!(late.len(), 2);
    assert_eq!(late.check(Some(feed.key.reveal()), None, TO_FEED).unwrap_err(), KeyRefusal::Revoked);
    assert!(late.check(Some(website.key.reveal()), page, Need::Read).is_ok());
}

#[tokio::test]
async fn an_origin_that_cannot_be_read_opens_nothing_and_keeps_no_other_key_from_loading() {
    let test = TestStore::new(MIGRATIONS).await;
    let organisation_id = organisation(test.store()).await;
    let website = issue(test.store(), &organisation_id, &WEBSITE).await.unwrap();
    let spoil = "update partners.api_key set origins = '{https://*, https://other.example}'";
    let spoilt: Result<u64, store::Error> =
        test.store().run_tx("test", async |tx| tx.execute(spoil, &[]).await).await;
    assert_eq!(spoilt.unwrap(), 1);
    let ring = KeyRing::default();
    ring.load(test.store()).await.unwrap();
    assert_eq!(ring.len(), 1);
    let check = |origin| ring.check(Some(website.key.reveal()), Some(origin), Need::Read);
    assert_eq!(check("https://partner.example").unwrap_err().code(), "origin_refused");
    assert!(check("https://other.example").is_ok());
}

#[tokio::test]
async fn a_ring_that_follows_knows_every_change_once_it_is_committed_whatever_commits_first() {
    let test = TestStore::new(MIGRATIONS).await;
    let (store, organisation_id) = (test.store(), organisation(test.store()).await);
    let before = issue(store, &organisation_id, &WEBSITE).await.unwrap();
    let ring = KeyRing::default();
    let since = ring.load(store).await.unwrap();
    assert_eq!(since, 1);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let following = ring.follow(store, since, |record| told.send(record.clone()).unwrap());
    let changing = async {
        // The first to begin commits last: whoever comes second waits for it, so that no number is passed over.
        let first = store.run_tx("test", async |tx| {
            let first = key::issue(tx, &organisation_id, &FEED, &by()).await?;
            let second = issue(store, &organisation_id, &FEED);
            let patience = std::time::Duration::from_millis(200);
            assert!(tokio::time::timeout(patience, second).await.is_err(), "it waits");
            Ok::<_, Error>(first)
        });
        let first = first.await.unwrap();
        assert_eq!(heard.recv().await.unwrap().id, first.record.id);
        assert!(ring.check(Some(first.key.reveal()), None, TO_FEED).is_ok());
        let third = issue(store, &organisation_id, &FEED).await.unwrap();
        assert_eq!(heard.recv().await.unwrap().id, third.record.id);
        store
            .run_tx("test", async |tx| key::revoke(tx, &organisation_id, &before.record.id, &by()).await)
            .await
            .unwrap();
        let revoked = heard.recv().await.unwrap();
        assert!(revoked.id == before.record.id && revoked.revoked_at.is_some());
        assert_eq!(
            ring.check(Some(before.key.reveal()), None, Need::Read).unwrap_err(),
            KeyRefusal::Revoked,
            "known before it is told"
        );
    };
    tokio::select! {
        () = following => panic!("it goes on for ever"),
        () = changing => {}
    }
}
