//! Signing in, alone and after a password.

use super::super::{Refused, Whose};
use super::authenticator::{Authenticator, BACKUP_ELIGIBLE, OURS, PRESENT, Page, VERIFIED};
use super::passkeys;
use crate::factor::Factors;
use crate::session::{self, Begins};
use crate::sign_in::Answer;
use crate::tests::{Here, PASSWORD, elsewhere, home};
use crate::{Error, Token};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;

#[tokio::test]
async fn a_passkey_signs_in_without_a_word_typed() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let (mut hers, registered) = here.register(&asha).await;
    let (mut his, _) = here.register(&ben).await;
    let ceremony = here.begin_sign_in(Whose::Anybody).await;
    let asked = &ceremony.options["publicKey"];
    assert_eq!((&asked["rpId"], &asked["userVerification"]), (&"crease.example".into(), &"required".into()));
    assert_eq!(asked["allowCredentials"], serde_json::json!([]), "any");
    let signed_in = here.sign_in_with(Whose::Anybody, &mut hers).await.unwrap();
    assert_eq!((&signed_in.user_id, &signed_in.passkey.id), (&asha.id, &registered.passkey.id));
    assert_eq!(here.sign_in_with(Whose::Anybody, &mut his).await.unwrap().user_id, ben.id);
    // Both factors were given.
    let begun = here.store().run_tx("test", async |tx| {
        session::begin(tx, &signed_in.user_id, &home(), Begins::SignedIn, here.now).await
    });
    let token = begun.await.unwrap();
    let found =
        here.store().read("test", async |db| session::find(db, &token, here.now).await).await.unwrap();
    assert_eq!(found.unwrap().0.user, asha);
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_for_what_was_begun() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let (mut key, _) = here.register(&asha).await;
    here.register(&ben).await;
    let anybody = here.begin_sign_in(Whose::Anybody).await;
    let answer = key.sign(&anybody.options);
    let finish = async |whose: Whose<'_>, token: &Token, minutes| {
        here.finish_sign_in(whose, token, &answer, here.later(minutes)).await
    };
    assert_eq!(finish(Whose::Anybody, &Token::new(), 0).await, Err(Refused::Over), "never begun");
    assert_eq!(
        finish(Whose::User(&asha.id), &anybody.token, 0).await,
        Err(Refused::Over),
        "begun for anybody"
    );
    assert_eq!(finish(Whose::Anybody, &anybody.token, 5).await, Err(Refused::Over), "too late");
    let registering = here.finish_registration(&asha.id, &anybody.token, &answer, here.now).await;
    assert_eq!(registering, Err(Refused::Over), "for something else");
    assert!(finish(Whose::Anybody, &anybody.token, 4).await.is_ok());
    assert_eq!(finish(Whose::Anybody, &anybody.token, 4).await, Err(Refused::Over), "twice");
    let next = here.begin_sign_in(Whose::Anybody).await;
    assert_eq!(finish(Whose::Anybody, &next.token, 0).await, Err(Refused::Wrong), "of an earlier challenge");

    let bens = here.begin_sign_in(Whose::User(&ben.id)).await;
    assert_eq!(finish(Whose::Anybody, &bens.token, 0).await, Err(Refused::Over), "begun for one user");
    assert_eq!(finish(Whose::User(&asha.id), &bens.token, 0).await, Err(Refused::Over), "of another user");
    let forgotten =
        here.store().run_tx("test", async |tx| crate::forget_over(tx, here.later(60)).await).await;
    assert_eq!(forgotten.unwrap(), 3, "what was begun for ben, and what was counted for him and for here");
}

#[tokio::test]
async fn one_answer_shown_to_many_processes_at_once_counts_once() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let (mut key, _) = here.register(&asha).await;
    let ceremony = here.begin_sign_in(Whose::Anybody).await;
    let answer = key.sign(&ceremony.options);
    let tries = (0..8).map(|_| {
        let (store, token, answer, now) =
            (here.store().clone(), ceremony.token.clone(), answer.clone(), here.now);
        tokio::spawn(async move {
            let passkeys = passkeys();
            let tried = store.run_tx("test", async |tx| {
                passkeys.finish_sign_in(tx, Whose::Anybody, &token, &answer, now).await
            });
            tried.await.unwrap()
        })
    });
    let mut signed_in = 0;
    for tried in tries.collect::<Vec<_>>() {
        signed_in += usize::from(tried.await.unwrap().is_ok());
    }
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn what_was_refused_is_not_tried_again_with_the_same_ceremony() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let (mut key, _) = here.register(&asha).await;
    let ceremony = here.begin_sign_in(Whose::Anybody).await;
    key.page = Page { origin: "https://evil.example", ..OURS };
    let wrong = key.sign(&ceremony.options);
    key.page = OURS;
    let right = key.sign(&ceremony.options);
    let finish =
        async |answer: &Value| here.finish_sign_in(Whose::Anybody, &ceremony.token, answer, here.now).await;
    assert_eq!(finish(&wrong).await, Err(Refused::Wrong));
    assert_eq!(finish(&right).await, Err(Refused::Over));
}

#[tokio::test]
async fn only_what_was_asked_for_signs_in() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let (mut key, _) = here.register(&asha).await;
    for whose in [Whose::Anybody, Whose::User(&asha.id)] {
        for (what, page, flags) in [
            ("another origin", Page { origin: "https://evil.example", ..OURS }, PRESENT | VERIFIED),
            ("a host below", Page { origin: "https://x.crease.example", ..OURS }, PRESENT | VERIFIED),
            ("without TLS", Page { origin: "http://crease.example", ..OURS }, PRESENT | VERIFIED),
            ("another site's hash", Page { rp_id: "evil.example", ..OURS }, PRESENT | VERIFIED),
            ("within another site's page", Page { is_framed: true, ..OURS }, PRESENT | VERIFIED),
            ("nobody verified", OURS, PRESENT),
            ("nobody present", OURS, VERIFIED),
            ("can be backed up of a sudden", OURS, PRESENT | VERIFIED | BACKUP_ELIGIBLE),
        ] {
            (key.page, key.flags) = (page, flags);
            assert_eq!(here.sign_in_with(whose, &mut key).await, Err(Refused::Wrong), "{what} {whose:?}");
        }
        (key.page, key.flags) = (OURS, PRESENT | VERIFIED);
        for part in ["signature", "authenticatorData", "clientDataJSON"] {
            let ceremony = here.begin_sign_in(whose).await;
            let mut answer = key.sign(&ceremony.options);
            let mut bytes = BASE64URL.decode(answer["response"][part].as_str().unwrap()).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            answer["response"][part] = BASE64URL.encode(bytes).into();
            let tampered = here.finish_sign_in(whose, &ceremony.token, &answer, here.now).await;
            assert_eq!(tampered, Err(Refused::Wrong), "{part} {whose:?}");
        }
        let ceremony = here.begin_sign_in(whose).await;
        let unreadable = here.finish_sign_in(whose, &ceremony.token, &Value::Null, here.now).await;
        assert_eq!(unreadable, Err(Refused::Wrong));
        assert!(here.sign_in_with(whose, &mut key).await.is_ok(), "as it was asked for");
    }
}

#[tokio::test]
async fn nobody_signs_in_with_anothers_passkey_or_with_one_that_is_gone() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let (mut hers, registered) = here.register(&asha).await;
    let (mut his, _) = here.register(&ben).await;
    let crossed = here.sign_in_with(Whose::User(&asha.id), &mut his).await;
    assert_eq!(crossed, Err(Refused::Unknown), "after her password");
    // A key that claims to be of somebody else.
    let own = hers.handle.clone();
    hers.handle.clone_from(&his.handle);
    for whose in [Whose::Anybody, Whose::User(&asha.id), Whose::User(&ben.id)] {
        assert_eq!(here.sign_in_with(whose, &mut hers).await, Err(Refused::Unknown), "{whose:?}");
    }
    // Another key that claims to be hers.
    let mut forged = Authenticator::new();
    forged.credential_id.clone_from(&hers.credential_id);
    forged.handle.clone_from(&own);
    assert_eq!(here.sign_in_with(Whose::Anybody, &mut forged).await, Err(Refused::Wrong));
    assert_eq!(here.sign_in_with(Whose::Anybody, &mut Authenticator::new()).await, Err(Refused::Unknown));
    // Without a name it says who signs in only where that is known.
    hers.handle = None;
    assert_eq!(here.sign_in_with(Whose::Anybody, &mut hers).await, Err(Refused::Unknown));
    assert!(here.sign_in_with(Whose::User(&asha.id), &mut hers).await.is_ok());
    hers.handle = own;

    here.run("update access.user set disabled_at = now() where id = $1", &asha).await;
    assert_eq!(here.sign_in_with(Whose::Anybody, &mut hers).await, Err(Refused::Unknown), "disabled");
    here.run("update access.user set disabled_at = null where id = $1", &asha).await;
    assert!(here.sign_in_with(Whose::Anybody, &mut hers).await.is_ok());
    let ceremony = here.begin_sign_in(Whose::User(&asha.id)).await;
    here.remove(&asha, &registered.passkey.id).await.unwrap();
    let answer = hers.sign(&ceremony.options);
    let removed = here.finish_sign_in(Whose::User(&asha.id), &ceremony.token, &answer, here.now).await;
    assert_eq!(removed, Err(Refused::Unknown), "removed since it was begun");
    assert_eq!(here.sign_in_with(Whose::Anybody, &mut hers).await, Err(Refused::Unknown), "removed");
}

#[tokio::test]
async fn a_visitor_is_told_the_same_of_each() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let (_, registered) = here.register(&asha).await;
    let cloned = Refused::Cloned { user_id: asha.id, passkey: registered.passkey };
    for refused in [Refused::Over, Refused::Wrong, Refused::Unknown, cloned] {
        assert_eq!(refused.to_string(), "that passkey does not open this");
    }
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_is_a_copy() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let mut key = Authenticator::new();
    key.counter = 7;
    let registered = here.register_with(&asha, &mut key).await.unwrap();
    here.sign_in_with(Whose::Anybody, &mut key).await.unwrap();
    assert_eq!((key.counter, &here.credential().await["cred"]["counter"]), (8, &8.into()));
    // The copy signs from where it was made; the other one goes on.
    for (counter, what) in [(6, "behind"), (7, "the same")] {
        key.counter = counter;
        let refused = here.sign_in_with(Whose::Anybody, &mut key).await;
        let Err(Refused::Cloned { user_id, passkey }) = refused else { panic!("{what}: {refused:?}") };
        assert_eq!((&user_id, &passkey.id), (&asha.id, &registered.passkey.id));
    }
    key.counter = 0;
    let stopped = here.sign_in_with(Whose::Anybody, &mut key).await;
    assert!(matches!(stopped, Err(Refused::Cloned { .. })), "{stopped:?}");
    // Two ceremonies that were begun before either was answered.
    let (one, other) =
        (here.begin_sign_in(Whose::User(&asha.id)).await, here.begin_sign_in(Whose::Anybody).await);
    key.counter = 8;
    let answer = key.sign(&one.options);
    assert!(here.finish_sign_in(Whose::User(&asha.id), &one.token, &answer, here.now).await.is_ok());
    key.counter = 8;
    let answer = key.sign(&other.options);
    let late = here.finish_sign_in(Whose::Anybody, &other.token, &answer, here.now).await;
    assert!(matches!(late, Err(Refused::Cloned { .. })), "{late:?}");
    assert_eq!(here.credential().await["cred"]["counter"], 9);
}

#[tokio::test]
async fn of_two_copies_that_sign_at_once_one_signs_in() {
    const WAITING: &str = "
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let mut key = Authenticator::new();
    key.counter = 1;
    here.register_with(&asha, &mut key).await.unwrap();
    let (one, other) = (here.begin_sign_in(Whose::Anybody).await, here.begin_sign_in(Whose::Anybody).await);
    let ours = key.sign(&one.options);
    key.counter = 1;
    let theirs = key.sign(&other.options);
    let (passkeys, store, now) = (passkeys(), here.store(), here.now);
    let signed_in = store.run_tx("test", async |tx| {
        let first = passkeys.finish_sign_in(tx, Whose::Anybody, &one.token, &ours, now).await?;
        let (store, passkeys, token, theirs) =
            (store.clone(), passkeys.clone(), other.token.clone(), theirs.clone());
        let second = tokio::spawn(async move {
            let tried = store.run_tx("test", async |tx| {
                passkeys.finish_sign_in(tx, Whose::Anybody, &token, &theirs, now).await
            });
            tried.await.unwrap()
        });
        // The second one is under way, and the first one not committed yet.
        let waits = async || here.store().read("test", async |db| db.query_opt(WAITING, &[]).await).await;
        while !second.is_finished() && waits().await?.is_none() {
            tokio::task::yield_now().await;
        }
        Ok::<_, Error>((first, second))
    });
    let (first, second) = signed_in.await.unwrap();
    assert!(first.is_ok(), "{first:?}");
    let second = second.await.unwrap();
    assert!(matches!(second, Err(Refused::Cloned { .. })), "{second:?}");
}

#[tokio::test]
async fn after_the_password_a_passkey_is_asked_for_once_there_is_one() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let before = here.sign_in("asha@example.com", PASSWORD, None, here.now).await;
    assert!(matches!(before, Answer::SignedIn { .. }), "{before:?}");
    let (mut key, registered) = here.register(&asha).await;
    let answer = here.sign_in("asha@example.com", PASSWORD, None, here.now).await;
    let Answer::SecondFactor { user_id, token, factors } = answer else { panic!("{answer:?}") };
    assert_eq!((&user_id, factors), (&asha.id, Factors { totp: false, passkeys: 1 }));
    let half = here.store().read("test", async |db| session::find_half(db, &token, here.now).await).await;
    let half = half.unwrap().unwrap();

    let ceremony = here.begin_sign_in(Whose::User(&half.user.id)).await;
    let answer = key.sign(&ceremony.options);
    let passkeys = passkeys();
    let completed = here.store().run_tx("test", async |tx| {
        let whose = Whose::User(&half.user.id);
        match passkeys.finish_sign_in(tx, whose, &ceremony.token, &answer, here.now).await? {
            Ok(_) => session::complete(tx, &half, &home(), here.now).await.map(Some),
            Err(_) => Ok::<_, Error>(None),
        }
    });
    let whole = completed.await.unwrap().unwrap();
    let found =
        here.store().read("test", async |db| session::find(db, &whole, here.now).await).await.unwrap();
    assert_eq!(found.unwrap().0.user, asha);
    here.remove(&asha, &registered.passkey.id).await.unwrap();
    let after = here.sign_in("asha@example.com", PASSWORD, None, here.now).await;
    assert!(matches!(after, Answer::SignedIn { .. }), "{after:?}");
}

#[tokio::test]
async fn ceremonies_are_not_begun_without_end() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let (mut key, _) = here.register(&asha).await;
    let begin = async |whose: Whose<'_>, from, minutes| {
        passkeys().begin_sign_in(here.store(), whose, &elsewhere(from), here.later(minutes)).await.unwrap()
    };
    let (anybody, hers) = (Whose::Anybody, Whose::User(&asha.id));
    let late = Refused::TooOften { until: here.later(15) };
    for _ in 0..30 {
        begin(hers, 1, 0).await.unwrap();
    }
    assert_eq!(begin(hers, 2, 0).await.err(), Some(late.clone()), "from wherever");
    // A passkey that signs in forgives.
    here.sign_in_with(anybody, &mut key).await.unwrap();
    assert!(begin(hers, 1, 0).await.is_ok());
    for _ in 0..600 {
        begin(anybody, 1, 0).await.unwrap();
    }
    assert_eq!(begin(anybody, 1, 0).await.err(), Some(late));
    assert!(begin(anybody, 2, 0).await.is_ok() && begin(anybody, 1, 15).await.is_ok());
}
