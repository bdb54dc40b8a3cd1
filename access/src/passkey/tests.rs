//! Passkeys as a whole: an authenticator in software, a real PostgreSQL, a clock that is moved by hand.

mod authenticator;
mod registering;
mod signing_in;

use super::{Ceremony, Passkey, Passkeys, Refused, Registered, SignedInBy, Whose};
use crate::tests::{Here, home};
use crate::{Token, User};
use authenticator::{Authenticator, OURS};
use jiff::Timestamp;
use serde_json::Value;

fn passkeys() -> Passkeys {
    Passkeys::new(OURS.origin).expect("an origin").expect("one with passkeys")
}

impl Here {
    async fn begin_registration(&self, user: &User) -> Ceremony {
        let begun = passkeys().begin_registration(self.store(), user, self.now).await;
        begun.expect("an answer").expect("a ceremony")
    }

    async fn finish_registration(
        &self,
        user_id: &str,
        token: &Token,
        answer: &Value,
        now: Timestamp,
    ) -> Result<Registered, Refused> {
        let passkeys = passkeys();
        let finished = self.store().run_tx("test", async |tx| {
            passkeys.finish_registration(tx, user_id, token, answer, " MacBook ", now).await
        });
        finished.await.expect("an answer")
    }

    /// With this authenticator.
    async fn register_with(
        &self,
        user: &User,
        authenticator: &mut Authenticator,
    ) -> Result<Registered, Refused> {
        let ceremony = self.begin_registration(user).await;
        let answer = authenticator.create(&ceremony.options);
        self.finish_registration(&user.id, &ceremony.token, &answer, self.now).await
    }

    /// With a new authenticator.
    async fn register(&self, user: &User) -> (Authenticator, Registered) {
        let mut authenticator = Authenticator::new();
        let registered = self.register_with(user, &mut authenticator).await;
        (authenticator, registered.expect("a passkey"))
    }

    async fn begin_sign_in(&self, whose: Whose<'_>) -> Ceremony {
        let begun = passkeys().begin_sign_in(self.store(), whose, &home(), self.now).await;
        begun.expect("an answer").expect("a ceremony")
    }

    async fn finish_sign_in(
        &self,
        whose: Whose<'_>,
        token: &Token,
        answer: &Value,
        now: Timestamp,
    ) -> Result<SignedInBy, Refused> {
        let passkeys = passkeys();
        let finished = self
            .store()
            .run_tx("test", async |tx| passkeys.finish_sign_in(tx, whose, token, answer, now).await);
        finished.await.expect("an answer")
    }

    /// Begins and finishes.
    async fn sign_in_with(
        &self,
        whose: Whose<'_>,
        authenticator: &mut Authenticator,
    ) -> Result<SignedInBy, Refused> {
        let ceremony = self.begin_sign_in(whose).await;
        let answer = authenticator.sign(&ceremony.options);
        self.finish_sign_in(whose, &ceremony.token, &answer, self.now).await
    }

    async fn passkeys_of(&self, user: &User) -> Vec<Passkey> {
        let listed = self.store().read("test", async |db| super::list(db, &user.id).await);
        listed.await.expect("a list")
    }

    async fn remove(&self, user: &User, id: &str) -> Option<Passkey> {
        let removed = self.store().run_tx("test", async |tx| super::remove(tx, &user.id, id).await);
        removed.await.expect("an answer")
    }

    /// A statement of a test's own about one user.
    async fn run(&self, sql: &'static str, user: &User) {
        self.store().run_one("test", sql, &[&user.id]).await.expect("a statement");
    }

    /// What is kept of the one passkey.
    async fn credential(&self) -> Value {
        let sql = "select credential from access.passkey";
        let read = self.store().read("test", async |db| db.query_one(sql, &[]).await);
        read.await.expect("one passkey").get("credential")
    }
}

#[test]
fn passkeys_are_made_for_a_host_and_never_for_an_address_or_a_page_in_the_clear() {
    for (origin, has_passkeys) in [
        ("https://crease.example", true),
        ("https://crease.example/", true),
        ("https://console.crease.example:8443", true),
        ("http://localhost:8700", true),
        ("https://localhost", true),
        ("http://crease.example", false),
        ("http://localhost.crease.example", false),
        ("http://127.0.0.1:8700", false),
        ("https://192.0.2.1", false),
        ("https://[::1]:8700", false),
        ("ftp://crease.example", false),
        ("mailto:x", false),
    ] {
        assert_eq!(Passkeys::new(origin).unwrap().is_some(), has_passkeys, "{origin}");
    }
    for text in ["", "crease.example", "https://"] {
        assert!(matches!(Passkeys::new(text), Err(crate::Error::Origin)), "{text}");
    }
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let ceremony = here.begin_registration(&asha).await;
    assert_eq!(format!("{ceremony:?}"), "Ceremony(…)");
    let (_, registered) = here.register(&asha).await;
    let codes = registered.recovery_codes.clone().unwrap();
    let printed = format!("{registered:?}");
    assert!(printed.contains("MacBook") && codes.iter().all(|it| !printed.contains(it)), "{printed}");
}
