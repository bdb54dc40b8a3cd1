//! Registering, listing, removing; and the codes for paper.

use super::super::{PASSKEYS_MAX, Refused, Whose, remove, rename};
use super::authenticator::{Authenticator, BACKED_UP, BACKUP_ELIGIBLE, OURS, PRESENT, Page, VERIFIED};
use super::passkeys;
use crate::factor::{self, Checked, Factors};
use crate::tests::{Here, home};
use crate::{Error, Token, User};
use store::Seal;

#[tokio::test]
async fn passkeys_are_registered_listed_renamed_and_removed() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let (mut one, first) = here.register(&asha).await;
    let (_, second) = here.register(&asha).await;
    assert_eq!((first.passkey.name.as_str(), first.passkey.used_at), ("MacBook", None));
    assert!(first.passkey.id.starts_with("psk_") && first.passkey.made_at == here.now);
    assert_eq!(here.passkeys_of(&asha).await, [first.passkey.clone(), second.passkey]);
    assert!(here.passkeys_of(&ben).await.is_empty());

    here.sign_in_with(Whose::Anybody, &mut one).await.unwrap();
    let id = first.passkey.id.as_str();
    let call = async |user: &User, name: &str| {
        here.store().run_tx("test", async |tx| rename(tx, &user.id, id, name).await).await
    };
    assert!(!call(&ben, "Mine").await.unwrap(), "of another user");
    assert!(call(&asha, " Key ring ").await.unwrap());
    assert!(matches!(call(&asha, " ").await, Err(Error::NameLength { .. })));
    let listed = here.passkeys_of(&asha).await;
    assert_eq!((listed[0].name.as_str(), listed[0].used_at), ("Key ring", Some(here.now)));

    assert!(here.remove(&ben, id).await.is_none(), "of another user");
    assert_eq!(here.remove(&asha, id).await.unwrap().name, "Key ring");
    assert!(here.remove(&asha, id).await.is_none());
    assert_eq!(here.passkeys_of(&asha).await.len(), 1);
}

#[tokio::test]
async fn a_page_is_told_to_ask_for_a_passkey_that_is_found_without_a_name() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let (mut first, _) = here.register(&asha).await;
    let ceremony = here.begin_registration(&asha).await;
    let asked = &ceremony.options["publicKey"];
    assert_eq!(asked["rp"], serde_json::json!({ "name": "Crease", "id": "crease.example" }));
    assert_eq!(
        (&asked["user"]["name"], &asked["user"]["displayName"]),
        (&"asha@example.com".into(), &"Asha Rao".into())
    );
    let selection = &asked["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["requireResidentKey"]),
        (&"required".into(), &true.into())
    );
    assert_eq!((&selection["userVerification"], &asked["attestation"]), (&"required".into(), &"none".into()));
    let known =
        here.begin_sign_in(Whose::User(&asha.id)).await.options["publicKey"]["allowCredentials"].clone();
    assert_eq!((asked["excludeCredentials"].clone(), known.as_array().unwrap().len()), (known, 1));
    // The user is called the same in each, and nothing that says who it is.
    let handle = first.handle.clone();
    first.create(&ceremony.options);
    assert_eq!(first.handle, handle);
    assert!(!handle.unwrap().contains(&asha.id));
}

#[tokio::test]
async fn only_what_was_asked_for_is_registered() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let elsewhere = Page { origin: "https://crease.example.evil.example", ..OURS };
    let below = Page { origin: "https://x.crease.example", ..OURS };
    let other_port = Page { origin: "https://crease.example:444", ..OURS };
    let clear = Page { origin: "http://crease.example", ..OURS };
    for (what, page, flags) in [
        ("another origin", elsewhere, PRESENT | VERIFIED),
        ("a host below", below, PRESENT | VERIFIED),
        ("another port", other_port, PRESENT | VERIFIED),
        ("without TLS", clear, PRESENT | VERIFIED),
        ("another site's hash", Page { rp_id: "evil.example", ..OURS }, PRESENT | VERIFIED),
        ("within another site's page", Page { is_framed: true, ..OURS }, PRESENT | VERIFIED),
        ("nobody verified", OURS, PRESENT),
        ("nobody present", OURS, VERIFIED),
        ("backed up, but cannot be", OURS, PRESENT | VERIFIED | BACKED_UP),
    ] {
        let mut authenticator = Authenticator::new();
        (authenticator.page, authenticator.flags) = (page, flags);
        assert_eq!(here.register_with(&asha, &mut authenticator).await, Err(Refused::Wrong), "{what}");
    }
    let (one, other) = (here.begin_registration(&asha).await, here.begin_registration(&asha).await);
    let answer = Authenticator::new().create(&other.options);
    let crossed = here.finish_registration(&asha.id, &one.token, &answer, here.now).await;
    assert_eq!(crossed, Err(Refused::Wrong), "another challenge");
    for answer in [serde_json::json!(null), serde_json::json!({}), serde_json::json!({ "rawId": "%" })] {
        let ceremony = here.begin_registration(&asha).await;
        let refused = here.finish_registration(&asha.id, &ceremony.token, &answer, here.now).await;
        assert_eq!(refused, Err(Refused::Wrong), "{answer}");
    }
    assert!(here.passkeys_of(&asha).await.is_empty());
}

#[tokio::test]
async fn a_registration_is_answered_once_in_time_and_by_who_began_it() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let ceremony = here.begin_registration(&asha).await;
    let answer = Authenticator::new().create(&ceremony.options);
    let finish = async |user: &User, token: &Token, minutes| {
        here.finish_registration(&user.id, token, &answer, here.later(minutes)).await
    };
    assert_eq!(finish(&asha, &Token::new(), 0).await, Err(Refused::Over), "never begun");
    assert_eq!(finish(&ben, &ceremony.token, 0).await, Err(Refused::Over), "somebody else's");
    assert_eq!(finish(&asha, &ceremony.token, 5).await, Err(Refused::Over), "too late");
    let signing = here.finish_sign_in(Whose::User(&asha.id), &ceremony.token, &answer, here.now).await;
    assert_eq!(signing, Err(Refused::Over), "for something else");
    assert!(finish(&asha, &ceremony.token, 4).await.is_ok());
    assert_eq!(finish(&asha, &ceremony.token, 4).await, Err(Refused::Over), "twice");
}

#[tokio::test]
async fn a_bad_name_leaves_the_ceremony_open() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let ceremony = here.begin_registration(&asha).await;
    let answer = Authenticator::new().create(&ceremony.options);
    let passkeys = passkeys();
    let named = here.store().run_tx("test", async |tx| {
        passkeys.finish_registration(tx, &asha.id, &ceremony.token, &answer, " ", here.now).await
    });
    assert!(matches!(named.await, Err(Error::NameLength { .. })));
    assert!(here.finish_registration(&asha.id, &ceremony.token, &answer, here.now).await.is_ok());
}

#[tokio::test]
async fn a_passkey_has_one_owner() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let (mut authenticator, _) = here.register(&asha).await;
    assert_eq!(here.register_with(&ben, &mut authenticator).await, Err(Refused::Taken), "another user");
    assert_eq!(here.register_with(&asha, &mut authenticator).await, Err(Refused::Wrong), "told not to");
    // Two pages that were opened before either was answered.
    let (one, other) = (here.begin_registration(&ben).await, here.begin_registration(&ben).await);
    let mut key = Authenticator::new();
    let answers = [key.create(&one.options), key.create(&other.options)];
    assert!(here.finish_registration(&ben.id, &one.token, &answers[0], here.now).await.is_ok());
    let again = here.finish_registration(&ben.id, &other.token, &answers[1], here.now).await;
    assert_eq!(again, Err(Refused::Taken), "twice");
}

#[tokio::test]
async fn there_is_room_for_twenty() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    for _ in 1..PASSKEYS_MAX {
        here.register(&asha).await;
    }
    // Begun while there was room for one.
    let late = here.begin_registration(&asha).await;
    here.register(&asha).await;
    let full = Refused::TooMany { max: PASSKEYS_MAX };
    let answer = Authenticator::new().create(&late.options);
    let finished = here.finish_registration(&asha.id, &late.token, &answer, here.now).await;
    assert_eq!(finished, Err(full.clone()));
    let begun = passkeys().begin_registration(here.store(), &asha, here.now).await.unwrap();
    assert_eq!(begun.err(), Some(full));
    assert_eq!(here.passkeys_of(&asha).await.len(), PASSKEYS_MAX);
    let id = here.passkeys_of(&asha).await.remove(0).id;
    here.remove(&asha, &id).await.unwrap();
    here.register(&asha).await;
}

#[tokio::test]
async fn registrations_are_not_begun_without_end() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let begin = async |user: &User, minutes| {
        passkeys().begin_registration(here.store(), user, here.later(minutes)).await.unwrap()
    };
    for _ in 0..30 {
        begin(&asha, 0).await.unwrap();
    }
    assert_eq!(begin(&asha, 0).await.err(), Some(Refused::TooOften { until: here.later(15) }));
    assert!(begin(&ben, 0).await.is_ok() && begin(&asha, 15).await.is_ok());
}

#[tokio::test]
async fn who_was_disabled_meanwhile_registers_nothing() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let ceremony = here.begin_registration(&asha).await;
    here.run("update access.user set disabled_at = now() where id = $1", &asha).await;
    let answer = Authenticator::new().create(&ceremony.options);
    let refused = here.finish_registration(&asha.id, &ceremony.token, &answer, here.now).await;
    assert_eq!(refused, Err(Refused::Unknown));
}

#[tokio::test]
async fn what_authenticators_say_of_backups_is_kept() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let mut phone = Authenticator::new();
    phone.flags |= BACKUP_ELIGIBLE;
    here.register_with(&asha, &mut phone).await.unwrap();
    assert_eq!(here.credential().await["cred"]["backup_state"], false);
    phone.flags |= BACKED_UP;
    here.sign_in_with(Whose::Anybody, &mut phone).await.unwrap();
    assert_eq!(here.credential().await["cred"]["backup_state"], true);
    phone.flags = PRESENT | VERIFIED;
    let changed = here.sign_in_with(Whose::Anybody, &mut phone).await;
    assert_eq!(changed, Err(Refused::Wrong), "what can be backed up stays so");
}

#[tokio::test]
async fn codes_for_paper_are_there_as_long_as_a_factor_of_either_kind() {
    let here = Here::new().await;
    let (seal, asha) = (Seal::random(), here.user("asha@example.com").await);
    let state = async || {
        let read = here.store().read("test", async |db| {
            Ok::<_, Error>((
                factor::second_factors(db, &asha.id).await?,
                factor::recovery_left(db, &asha.id).await?,
            ))
        });
        read.await.unwrap()
    };
    let app_on = async || {
        let on = here.store().run_tx("test", async |tx| {
            let enrolment = factor::enrol(tx, &seal, &asha.id, "asha", here.now).await?.unwrap();
            let app = totp_rs::Totp::from_url(&enrolment.url).unwrap();
            let code = app.generate(u64::try_from(here.now.as_second()).unwrap()).to_string();
            factor::confirm(tx, &seal, &asha.id, &code, here.now).await
        });
        on.await.unwrap().unwrap()
    };
    let app_off =
        async || here.store().run_tx("test", async |tx| factor::turn_off(tx, &asha.id).await).await.unwrap();
    let check =
        async |code: &str| factor::check(here.store(), &seal, &asha.id, code, here.now).await.unwrap();
    assert_eq!(state().await, (Factors { totp: false, passkeys: 0 }, 0));

    // The first passkey brings codes, which work without an app; the second brings none.
    let (_, first) = here.register(&asha).await;
    let codes = first.recovery_codes.unwrap();
    assert_eq!(codes.len(), factor::RECOVERY_CODES);
    let (_, second) = here.register(&asha).await;
    assert!(second.recovery_codes.is_none());
    assert_eq!(check(&codes[0]).await, Checked::RightOnPaper { left: 9 });
    assert_eq!(check(&codes[0]).await, Checked::Wrong, "paper is taken once");
    assert_eq!(state().await, (Factors { totp: false, passkeys: 2 }, 9));

    // An app brings new ones, for its page shows them; they outlive it while there is a passkey.
    let renewed = app_on().await;
    assert_eq!(state().await, (Factors { totp: true, passkeys: 2 }, 10));
    assert_eq!(check(&codes[1]).await, Checked::Wrong, "of the earlier ones");
    assert!(app_off().await && !app_off().await);
    assert_eq!(state().await, (Factors { totp: false, passkeys: 2 }, 10));
    assert_eq!(check(&renewed[0]).await, Checked::RightOnPaper { left: 9 });

    // And the other way round: an app keeps them when the last passkey goes.
    app_on().await;
    here.remove(&asha, &first.passkey.id).await.unwrap();
    here.remove(&asha, &second.passkey.id).await.unwrap();
    assert_eq!(state().await, (Factors { totp: true, passkeys: 0 }, 10));
    let (_, third) = here.register(&asha).await;
    assert!(third.recovery_codes.is_none(), "the app's are there");
    app_off().await;
    here.remove(&asha, &third.passkey.id).await.unwrap();
    assert_eq!(state().await, (Factors { totp: false, passkeys: 0 }, 0), "nothing is left to stand for");
}

#[tokio::test]
async fn there_are_codes_when_a_passkey_comes_while_the_last_one_goes() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    for _ in 0..5 {
        let (_, registered) = here.register(&asha).await;
        assert!(registered.recovery_codes.is_some());
        let ceremony = here.begin_registration(&asha).await;
        let answer = Authenticator::new().create(&ceremony.options);
        let (removed, added) = tokio::join!(
            here.remove(&asha, &registered.passkey.id),
            here.finish_registration(&asha.id, &ceremony.token, &answer, here.now),
        );
        assert!(removed.is_some());
        let left = here.store().read("test", async |db| factor::recovery_left(db, &asha.id).await).await;
        assert_eq!(left.unwrap(), factor::RECOVERY_CODES, "whichever was first");
        here.remove(&asha, &added.unwrap().passkey.id).await.unwrap();
    }
    let gone = here.store().run_tx("test", async |tx| remove(tx, &asha.id, "psk_x").await).await;
    assert!(gone.unwrap().is_none());
    let none =
        passkeys().begin_sign_in(here.store(), Whose::User(&asha.id), &home(), here.now).await.unwrap();
    assert_eq!(none.err(), Some(Refused::Unknown), "nothing is left to sign with");
}
