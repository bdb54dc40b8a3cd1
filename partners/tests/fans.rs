//! Signing secrets in a real PostgreSQL, up to what processes believe, and the languages in which partners sign.

use jiff::{SignedDuration, Timestamp};
use partners::fan::secret::{self, Made, Record};
use partners::fan::{Secret, SignedUser};
use partners::{
    Error, FanRefusal, Identities, KeyRing, MIGRATIONS, Mode, Need, NewKey, PartnerKey, Scope, Scopes, key,
    organisation,
};
use std::io::ErrorKind;
use std::process::Command;
use store::testing::TestStore;
use store::{Seal, Store};

fn by() -> access::By {
    by_at(jiff::Timestamp::UNIX_EPOCH)
}

fn by_at(at: Timestamp) -> access::By {
    access::By::system("test", at)
}

/// An organisation with a secret key, in live mode.
struct Here {
    test: TestStore,
    seal: Seal,
    organisation_id: String,
    partner: PartnerKey,
    now: Timestamp,
}

impl Here {
    async fn new() -> Here {
        let test = TestStore::new(&[access::MIGRATIONS, MIGRATIONS]).await;
        let new = NewKey::secret(Mode::Live, "Server", Scopes::of(&[Scope::Feed]));
        let made = test.store().run_tx("test", async |tx| {
            let organisation = organisation::create(tx, "Partner", &by()).await?;
            Ok::<_, Error>((key::issue(tx, &organisation.id, &new, &by()).await?, organisation.id))
        });
        let (issued, organisation_id) = made.await.expect("an organisation with a key");
        let keys = KeyRing::default();
        keys.insert(&issued.record);
        let partner =
            keys.check(Some(issued.key.reveal()), None, Need::Scope(Scope::Feed)).expect("a good key");
        let now = "2026-11-29T10:00:00Z".parse().expect("a moment");
        Here { test, seal: Seal::random(), organisation_id, partner, now }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    fn later(&self, minutes: i64) -> Timestamp {
        self.now + SignedDuration::from_mins(minutes)
    }

    async fn make(&self, mode: Mode) -> Result<Made, Error> {
        let (seal, id, by) = (&self.seal, &self.organisation_id, by_at(self.now));
        self.store().run_tx("test", async |tx| secret::make(tx, seal, id, mode, &by).await).await
    }

    async fn rotate(&self, until: Timestamp) -> Result<Made, Error> {
        let (seal, id, by) = (&self.seal, &self.organisation_id, by_at(self.now));
        self.store()
            .run_tx("test", async |tx| secret::rotate(tx, seal, id, Mode::Live, until, &by).await)
            .await
    }

    async fn revoke(&self, organisation_id: &str, id: &str, now: Timestamp) -> Result<Record, Error> {
        let by = by_at(now);
        self.store().run_tx("test", async |tx| secret::revoke(tx, organisation_id, id, &by).await).await
    }

    async fn reveal(&self, organisation_id: &str, id: &str) -> Result<Secret, Error> {
        let reveal = async |db: &store::Client<'_>| secret::reveal(db, &self.seal, organisation_id, id).await;
        self.store().read("test", reveal).await
    }

    async fn list(&self) -> Vec<Record> {
        let listed = self.store().read("test", async |db| secret::list(db, &self.organisation_id).await);
        listed.await.expect("a list")
    }

    /// What a process that has just started knows.
    async fn loaded(&self) -> Identities {
        let identities = Identities::new(self.seal.clone());
        identities.load(self.store()).await.expect("secrets are loaded");
        identities
    }

    /// What becomes of the user 7, signed with this secret for an hour.
    fn check(&self, identities: &Identities, secret: &Secret, at: Timestamp) -> Result<String, FanRefusal> {
        let expires = at.as_second() + 3600;
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.reveal().as_bytes());
        let tag = ring::hmac::sign(&key, format!("crease.fan.v1\n7\n{expires}").as_bytes());
        let signature: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let user = SignedUser { user_id: "7", expires, signature: &signature };
        identities.check_signed(&self.partner, &user, at).map(|fan| fan.fan_id().to_owned())
    }
}

#[tokio::test]
async fn a_secret_is_sealed_in_its_row_and_revealed_to_its_owner_alone() {
    let here = Here::new().await;
    let made = here.make(Mode::Live).await.unwrap();
    assert!(store::ids::is_valid("fsc", &made.record.id));
    assert_eq!((made.record.mode, made.record.made_at), (Mode::Live, here.now));
    assert!(made.record.is_good(here.now));
    let row = here.store().read("test", async |db| {
        let sql = "select to_jsonb(s)::text, sealed from partners.fan_secret s";
        let row = db.query_one(sql, &[]).await?;
        Ok::<(String, Vec<u8>), store::Error>((row.get(0), row.get(1)))
    });
    let (row, sealed) = row.await.unwrap();
    let text = made.secret.reveal();
    assert!(!row.contains(&text[13..]) && !sealed.windows(8).any(|it| it == &text.as_bytes()[13..21]));

    assert_eq!(here.reveal(&here.organisation_id, &made.record.id).await.unwrap().reveal(), text);
    let other =
        here.store().run_tx("test", async |tx| organisation::create(tx, "Other", &by()).await).await.unwrap();
    for (organisation_id, id) in
        [(other.id.as_str(), made.record.id.as_str()), (&here.organisation_id, "fsc_0")]
    {
        assert!(matches!(here.reveal(organisation_id, id).await, Err(Error::UnknownSecret { .. })));
        assert!(matches!(here.revoke(organisation_id, id, here.now).await, Err(Error::UnknownSecret { .. })));
    }
    assert_eq!(here.list().await, [made.record]);
}

#[tokio::test]
async fn a_secret_of_another_row_does_not_open() {
    let here = Here::new().await;
    let (one, two) = (here.make(Mode::Live).await.unwrap(), here.make(Mode::Live).await.unwrap());
    let copy = "
        update partners.fan_secret set sealed = (select sealed from partners.fan_secret where id = $1) where id = $2";
    let ids = (&one.record.id, &two.record.id);
    let copied = here.store().run_tx("test", async |tx| tx.execute(copy, &[ids.0, ids.1]).await).await;
    assert_eq!(copied.unwrap_or_else(|error: store::Error| panic!("{error}")), 1);
    assert!(matches!(here.reveal(&here.organisation_id, ids.1).await, Err(Error::Seal(_))));
    let identities = here.loaded().await;
    assert!(here.check(&identities, &one.secret, here.now).is_ok());
    assert_eq!(here.check(&identities, &two.secret, here.now), Err(FanRefusal::WrongSignature));
}

#[tokio::test]
async fn a_rotated_secret_is_good_until_the_moment_given_and_its_fans_stay_who_they_are() {
    let here = Here::new().await;
    let old = here.make(Mode::Live).await.unwrap();
    let test = here.make(Mode::Test).await.unwrap();
    let new = here.rotate(here.later(30)).await.unwrap();
    let identities = here.loaded().await;
    let fan = here.check(&identities, &old.secret, here.later(29)).unwrap();
    assert_eq!(here.check(&identities, &new.secret, here.later(29)), Ok(fan.clone()));
    assert_eq!(here.check(&identities, &old.secret, here.later(30)), Err(FanRefusal::SecretOver));
    assert_eq!(here.check(&identities, &new.secret, here.later(30)), Ok(fan));

    // A second rotation with a longer overlap does not lengthen the first one's.
    let newest = here.rotate(here.later(60)).await.unwrap();
    let ends = |record: &Record| (record.id.clone(), record.ends_at);
    let listed: Vec<_> = here.list().await.iter().map(ends).collect();
    let expected = [
        (newest.record.id, None),
        (new.record.id, Some(here.later(60))),
        (test.record.id, None),
        (old.record.id, Some(here.later(30))),
    ];
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn a_revoked_secret_signs_nothing_any_more_and_is_not_revealed() {
    let here = Here::new().await;
    let made = here.make(Mode::Live).await.unwrap();
    let id = made.record.id.as_str();
    let identities = here.loaded().await;
    let revoked = here.revoke(&here.organisation_id, id, here.now).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(here.now));
    assert_eq!(
        here.revoke(&here.organisation_id, id, here.later(5)).await.unwrap(),
        revoked,
        "the first time stays"
    );
    assert!(here.check(&identities, &made.secret, here.now).is_ok(), "it was not told yet");
    identities.insert(&revoked);
    for identities in [identities, here.loaded().await] {
        let refused = here.check(&identities, &made.secret, here.now);
        assert_eq!(refused, Err(FanRefusal::NoSecret { mode: Mode::Live }));
    }
    assert!(matches!(here.reveal(&here.organisation_id, id).await, Err(Error::UnknownSecret { .. })));
}

#[tokio::test]
async fn so_many_secrets_are_good_at_once_and_no_more() {
    let here = Here::new().await;
    let first = here.make(Mode::Live).await.unwrap();
    for _ in 1..5 {
        here.make(Mode::Live).await.unwrap();
    }
    assert!(matches!(here.make(Mode::Live).await, Err(Error::TooManySecrets { max: 5 })));
    assert!(matches!(here.rotate(here.later(1)).await, Err(Error::TooManySecrets { max: 5 })));
    assert!(here.list().await.iter().all(|it| it.ends_at.is_none()), "what is refused leaves nothing");
    assert!(here.make(Mode::Test).await.is_ok(), "each mode has its own");
    here.revoke(&here.organisation_id, &first.record.id, here.now).await.unwrap();
    here.make(Mode::Live).await.unwrap();
    assert!(here.rotate(here.now).await.is_ok(), "those that end at once do not count");
    assert_eq!(here.list().await.iter().filter(|it| it.is_good(here.now)).count(), 2);
}

#[tokio::test]
async fn the_log_has_what_is_done_to_secrets_once_and_none_of_their_texts() {
    let here = Here::new().await;
    let old = here.make(Mode::Live).await.unwrap();
    let new = here.rotate(here.later(30)).await.unwrap();
    for minutes in [1, 2] {
        here.revoke(&here.organisation_id, &old.record.id, here.later(minutes)).await.unwrap();
    }
    assert!(here.revoke(&here.organisation_id, "fsc_0", here.now).await.is_err());
    let read = async |db: &store::Client<'_>| {
        access::audit::list(db, &here.organisation_id, i64::MAX, "fan_secret.", 10).await
    };
    let log = here.store().read("test", read).await.unwrap();
    let told: Vec<_> = log.iter().map(|it| (it.action.as_str(), it.object.as_str())).collect();
    let (old_id, new_id) = (old.record.id.as_str(), new.record.id.as_str());
    let expected =
        [("fan_secret.revoke", old_id), ("fan_secret.rotate", new_id), ("fan_secret.make", old_id)];
    assert_eq!(told, expected);
    assert_eq!(log[1].after.as_ref().unwrap()["in_place_of"], serde_json::json!([old_id]));
    assert!(log[0].before.as_ref().unwrap()["revoked_at"].is_null());
    let log = format!("{log:?}");
    assert!([&old, &new].iter().all(|it| !log.contains(&it.secret.reveal()[13..20])), "{log}");
}

#[tokio::test]
async fn a_secret_that_works_is_listed_however_many_later_ones_are_over() {
    let here = Here::new().await;
    let kept = here.make(Mode::Live).await.unwrap();
    for _ in 0..101 {
        let over = here.make(Mode::Test).await.unwrap();
        here.revoke(&here.organisation_id, &over.record.id, here.now).await.unwrap();
    }
    let list = here.list().await;
    assert_eq!((list.len(), list.last()), (100, Some(&kept.record)));
}

#[tokio::test]
async fn an_organisation_that_is_not_there_gets_no_secret() {
    let here = Here::new().await;
    let made = here
        .store()
        .run_tx("test", async |tx| secret::make(tx, &here.seal, "org_of_nobody", Mode::Live, &by()).await);
    assert_eq!(made.await.unwrap_err().to_string(), "there is no organisation org_of_nobody");
}

#[tokio::test]
async fn whoever_follows_knows_every_change_once_it_is_committed_whatever_commits_first() {
    let here = Here::new().await;
    let before = here.make(Mode::Live).await.unwrap();
    let identities = Identities::new(here.seal.clone());
    let since = identities.load(here.store()).await.unwrap();
    assert_eq!(since, 1);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let following = identities.follow(here.store(), since, |record| told.send(record.clone()).unwrap());
    let changing = async {
        // The first to begin commits last: whoever comes second waits for it, so that no number is passed over.
        let first = here.store().run_tx("test", async |tx| {
            let first = secret::make(tx, &here.seal, &here.organisation_id, Mode::Live, &by()).await?;
            let patience = std::time::Duration::from_millis(200);
            assert!(tokio::time::timeout(patience, here.make(Mode::Live)).await.is_err(), "it waits");
            Ok::<_, Error>(first)
        });
        let first = first.await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), first.record);
        assert!(here.check(&identities, &first.secret, here.now).is_ok());

        let new = here.rotate(here.later(10)).await.unwrap();
        let mut changed =
            [heard.recv().await.unwrap(), heard.recv().await.unwrap(), heard.recv().await.unwrap()];
        changed.sort_by(|one, two| one.id.cmp(&two.id));
        let ends = changed.map(|it| (it.id, it.ends_at));
        let end = Some(here.later(10));
        assert_eq!(
            ends,
            [(before.record.id.clone(), end), (first.record.id, end), (new.record.id.clone(), None)]
        );
        assert_eq!(here.check(&identities, &before.secret, here.later(10)), Err(FanRefusal::SecretOver));

        here.revoke(&here.organisation_id, &new.record.id, here.now).await.unwrap();
        assert!(heard.recv().await.unwrap().revoked_at.is_some());
        assert_eq!(here.check(&identities, &new.secret, here.now), Err(FanRefusal::WrongSignature));
    };
    tokio::select! {
        () = following => panic!("it goes on for ever"),
        () = changing => {}
    }
}

/// The program that runs each language's example, what it is asked besides, and the file.
const EXAMPLES: [(&str, &[&str], &str); 5] = [
    ("node", &[], "sign.mjs"),
    ("python3", &[], "sign.py"),
    ("php", &[], "sign.php"),
    ("ruby", &[], "sign.rb"),
    ("go", &["run"], "sign.go"),
];

/// The variable of the environment in which each finds the secret.
const SECRET_IN: &str = "CREASE_FAN_SECRET";

/// Of which machines that test this have all.
const REQUIRED: [&str; 2] = ["node", "python3"];

#[tokio::test]
async fn what_the_examples_of_five_languages_sign_is_believed() {
    let here = Here::new().await;
    let made = here.make(Mode::Live).await.unwrap();
    let identities = here.loaded().await;
    let mut absent = Vec::new();
    for (program, words, file) in EXAMPLES {
        let path = format!("{}/../examples/identity/{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::exists(&path).unwrap(), "{path}");
        for user_id in ["7", "user+7@partner.example", "आशा \"Rao\" <é\\/&'$x>"] {
            let now = here.now.as_second().to_string();
            let mut run = Command::new(program);
            run.args(words).arg(&path).args([user_id, &now]).env(SECRET_IN, made.secret.reveal());
            let output = match run.output() {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    absent.push(program);
                    break;
                }
                output => output.unwrap(),
            };
            let said = String::from_utf8(output.stdout).unwrap();
            let mut lines = said.lines();
            let token = lines
                .next()
                .unwrap_or_else(|| panic!("{file}: {:?}", String::from_utf8_lossy(&output.stderr)));
            let fan = identities.check_jwt(&here.partner, token, here.now);
            let fan = fan.unwrap_or_else(|refusal| panic!("{file}, {user_id}: {refusal}"));
            let (expires, signature) = lines.next().and_then(|it| it.split_once(' ')).unwrap();
            let user = SignedUser { user_id, expires: expires.parse().unwrap(), signature };
            let plain = identities.check_signed(&here.partner, &user, here.now);
            assert_eq!(plain.unwrap_or_else(|refusal| panic!("{file}, {user_id}: {refusal}")), fan);
        }
    }
    assert!(
        REQUIRED.iter().all(|it| !absent.contains(it)),
        "{absent:?} are not on this machine; install those of {REQUIRED:?} that are missing"
    );
}
