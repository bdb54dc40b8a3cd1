//! Users, sessions, links, factors and the log, on a real PostgreSQL.

use crate::audit::{self, ActorKind, By, Deed};
use crate::factor::{self, Checked};
use crate::link::{self, Purpose};
use crate::session::{self, Begins, Due, Session};
use crate::sign_in::{self, Answer, Attempt, Password};
use crate::{Actor, Email, Error, MIGRATIONS, Passwords, Token, User, Visitor, user};
use jiff::{SignedDuration, Timestamp};
use store::testing::TestStore;
use store::{Seal, Store};

pub(crate) const PASSWORD: &str = "vexed lime umpire ladder";

pub(crate) struct Here {
    test: TestStore,
    passwords: Passwords,
    pub(crate) now: Timestamp,
}

impl Here {
    pub(crate) async fn new() -> Self {
        let test = TestStore::new(&[MIGRATIONS]).await;
        Self { test, passwords: Passwords::cheap(), now: "2026-11-29T10:00:00Z".parse().expect("a moment") }
    }

    pub(crate) fn store(&self) -> &Store {
        self.test.store()
    }

    pub(crate) fn later(&self, minutes: i64) -> Timestamp {
        self.now + SignedDuration::from_mins(minutes)
    }

    pub(crate) async fn user(&self, email: &str) -> User {
        let phc = self.passwords.hash(PASSWORD).await.expect("a hash");
        let email = Email::parse(email).expect("an address");
        let created = self
            .store()
            .run_tx("test", async |tx| user::create(tx, &email, "Asha Rao", &phc, self.now).await)
            .await;
        created.expect("a user")
    }

    async fn begin(&self, user_id: &str, begins: Begins, now: Timestamp) -> Token {
        let begun =
            self.store().run_tx("test", async |tx| session::begin(tx, user_id, &home(), begins, now).await);
        begun.await.expect("a session")
    }

    async fn find(&self, token: &Token, now: Timestamp) -> Option<(Session, Due)> {
        let found = self.store().read("test", async |db| session::find(db, token, now).await);
        found.await.expect("an answer")
    }

    pub(crate) async fn sign_in(
        &self,
        email: &str,
        password: &str,
        device: Option<&Token>,
        now: Timestamp,
    ) -> Answer {
        self.sign_in_from(&home(), email, password, device, now).await
    }

    async fn sign_in_from(
        &self,
        visitor: &Visitor,
        email: &str,
        password: &str,
        device: Option<&Token>,
        now: Timestamp,
    ) -> Answer {
        let email = Email::parse(email).expect("an address");
        let attempt = Attempt { email: &email, password: Password(password), device, visitor };
        sign_in::with_password(self.store(), &self.passwords, attempt, now).await.expect("an answer")
    }
}

pub(crate) fn home() -> Visitor {
    Visitor::new(
        [192, 0, 2, 1].into(),
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )
}

/// Another network for each number.
pub(crate) fn elsewhere(at: u8) -> Visitor {
    Visitor::new([198, 51, 100, at].into(), "curl/8")
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let here = Here::new().await;
    let modules = [
        crate::attempts::STATEMENTS,
        audit::STATEMENTS,
        crate::device::STATEMENTS,
        factor::STATEMENTS,
        crate::grant::STATEMENTS,
        crate::human::STATEMENTS,
        link::STATEMENTS,
        session::STATEMENTS,
        user::STATEMENTS,
    ];
    for sql in modules
        .iter()
        .chain(crate::passkey::STATEMENTS)
        .chain(crate::oidc::STATEMENTS)
        .chain(crate::place::STATEMENTS)
        .copied()
        .flatten()
    {
        let prepared = here.store().read("test", async |client| client.prepare(sql).await).await;
        assert!(prepared.is_ok(), "{sql}: {prepared:?}");
    }
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written() {
    let here = Here::new().await;
    let asha = here.user("Asha@Example.com").await;
    let again = Email::parse("asha@example.COM").unwrap();
    let taken =
        here.store().run_tx("test", async |tx| user::create(tx, &again, "Other", "x", here.now).await);
    assert!(matches!(taken.await, Err(Error::EmailTaken)));
    let found = here.store().read("test", async |db| user::by_email(db, &again).await).await.unwrap();
    assert_eq!(found, Some(asha.clone()));

    let other = here.user("other@example.com").await;
    let to_taken = here.store().run_tx("test", async |tx| user::set_email(tx, &other.id, &again).await);
    assert!(matches!(to_taken.await, Err(Error::EmailTaken)));
    let own = Email::parse("ASHA@example.com").unwrap();
    here.store().run_tx("test", async |tx| user::set_email(tx, &asha.id, &own).await).await.unwrap();
    let nobody = here.store().run_tx("test", async |tx| user::set_name(tx, "usr_x", "N").await).await;
    assert!(matches!(nobody, Err(Error::UnknownUser { .. })));
}

#[tokio::test]
async fn a_session_lasts_while_it_is_used_and_no_longer_than_a_month() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let token = here.begin(&asha.id, Begins::SignedIn, here.now).await;
    let day = 24 * 60;
    let (session, due) = here.find(&token, here.now).await.unwrap();
    assert_eq!((&session.user, due), (&asha, Due::Later));
    assert!(here.find(&Token::new(), here.now).await.is_none());
    assert!(here.find(&token, here.later(7 * day)).await.is_none(), "a week without use");
    let mut at = 0;
    while at < 29 * day {
        at += 6 * day;
        let Some((session, due)) = here.find(&token, here.later(at)).await else { break };
        assert_eq!(due, Due::Now);
        let now = here.later(at);
        here.store()
            .run_tx("test", async |tx| session::note_use(tx, &session.id, &elsewhere(7), now).await)
            .await
            .unwrap();
    }
    assert_eq!(at, 30 * day, "used every six days it ended after thirty");
    let forgotten =
        here.store().run_tx("test", async |tx| crate::forget_over(tx, here.later(at)).await).await.unwrap();
    assert_eq!(forgotten, 1);
}

#[tokio::test]
async fn devices_are_listed_and_ended_one_by_one_or_all_others() {
    let here = Here::new().await;
    let (asha, ben) = (here.user("asha@example.com").await, here.user("ben@example.com").await);
    let one = here.begin(&asha.id, Begins::SignedIn, here.now).await;
    let two = here.begin(&asha.id, Begins::SignedIn, here.later(1)).await;
    let three = here.begin(&asha.id, Begins::SignedIn, here.later(2)).await;
    here.begin(&asha.id, Begins::AwaitingSecondFactor, here.later(3)).await;
    let bens = here.begin(&ben.id, Begins::SignedIn, here.now).await;
    let now = here.later(4);
    let devices = here.store().read("test", async |db| session::list(db, &asha.id, now).await).await.unwrap();
    assert_eq!(devices.len(), 3, "{devices:?}");
    assert!(devices.is_sorted_by(|a, b| a.used_at >= b.used_at));
    assert_eq!(crate::device_name(&devices[0].agent), "Firefox on Linux");

    let end = async |whose: &str, id: &str| {
        here.store().run_tx("test", async |tx| session::end(tx, whose, id).await).await.unwrap()
    };
    assert!(!end(&ben.id, &devices[2].id).await, "of another user");
    assert!(end(&asha.id, &devices[2].id).await);
    assert!(here.find(&one, now).await.is_none());
    let kept = devices[1].id.as_str();
    let ended = here
        .store()
        .run_tx("test", async |tx| session::end_others(tx, &asha.id, Some(kept)).await)
        .await
        .unwrap();
    assert_eq!(ended, 2, "the latest one, and what waited for a second factor");
    assert!(here.find(&two, now).await.is_some() && here.find(&three, now).await.is_none());
    assert!(here.find(&bens, now).await.is_some());
}

#[tokio::test]
async fn proving_oneself_again_gives_the_session_another_token() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let token = here.begin(&asha.id, Begins::SignedIn, here.now).await;
    let now = here.later(60);
    let (session, _) = here.find(&token, now).await.unwrap();
    assert!(session.sent(&session.form_token()) && !session.sent(""));
    let renewed = here
        .store()
        .run_tx("test", async |tx| session::prove(tx, &session, now).await)
        .await
        .unwrap()
        .unwrap();
    assert!(here.find(&token, now).await.is_none());
    let (again, _) = here.find(&renewed, now).await.unwrap();
    assert!(again.id == session.id && !again.sent(&session.form_token()));
}

#[tokio::test]
async fn a_link_opens_once_for_what_it_was_made_and_not_too_late() {
    let here = Here::new().await;
    let email = Email::parse("new@example.com").unwrap();
    let make = async |purpose| {
        let made =
            here.store().run_tx("test", async |tx| link::make(tx, purpose, &email, None, here.now).await);
        made.await.unwrap()
    };
    let use_up = async |purpose, token: &Token, now| {
        here.store().run_tx("test", async |tx| link::use_up(tx, purpose, token, now).await).await.unwrap()
    };
    let token = make(Purpose::SignUp).await;
    let looked = here
        .store()
        .read("test", async |db| link::look(db, Purpose::SignUp, &token, here.now).await)
        .await
        .unwrap();
    assert_eq!(looked.unwrap().email, email);
    assert!(use_up(Purpose::Reset, &token, here.now).await.is_none(), "for something else");
    assert!(use_up(Purpose::SignUp, &Token::new(), here.now).await.is_none(), "of nobody");
    assert!(use_up(Purpose::SignUp, &token, here.later(24 * 60)).await.is_none(), "too late");
    assert!(use_up(Purpose::SignUp, &token, here.later(24 * 60 - 1)).await.is_some());
    assert!(use_up(Purpose::SignUp, &token, here.now).await.is_none(), "twice");
}

#[tokio::test]
async fn the_right_password_signs_in_and_a_stranger_is_answered_as_a_wrong_one() {
    let here = Here::new().await;
    let asha = here.user("asha@example.com").await;
    let Answer::SignedIn { user_id, token, .. } =
        here.sign_in("ASHA@example.com", PASSWORD, None, here.now).await
    else {
        panic!("not signed in");
    };
    assert_eq!(user_id, asha.id);
    assert!(here.find(&token, here.now).await.is_some());
    for (email, password) in
        [("asha@example.com", "wrong"), ("asha@example.com", ""), ("no@example.com", PASSWORD)]
    {
        let answer = here.sign_in(email, password, None, here.now).await;
        assert!(matches!(answer, Answer::Wrong), "{email}: {answer:?}");
    }
}

#[tokio::test]
async fn strangers_who_guess_are_stopped_and_do_not_lock_the_owner_out() {
    let here = Here::new().await;
    here.user("asha@example.com").await;
    let Answer::SignedIn { device, .. } = here.sign_in("asha@example.com", PASSWORD, None, here.now).await
    else {
        panic!("not signed in");
    };
    for email in ["asha@example.com", "nobody@example.com"] {
        for at in 0..10 {
            let answer = here.sign_in_from(&elsewhere(at), email, "guess", None, here.now).await;
            assert!(matches!(answer, Answer::Wrong), "{email} {at}: {answer:?}");
        }
        let answer = here.sign_in_from(&elsewhere(11), email, PASSWORD, None, here.now).await;
        assert!(
            matches!(answer, Answer::TooOften { until } if until == here.later(15)),
            "{email}: {answer:?}"
        );
    }
    let known = here.sign_in("asha@example.com", PASSWORD, Some(&device), here.now).await;
    assert!(matches!(known, Answer::SignedIn { .. }), "the owner's own browser: {known:?}");
    let forged = here.sign_in("asha@example.com", PASSWORD, Some(&Token::new()), here.now).await;
    assert!(matches!(forged, Answer::TooOften { .. }), "a browser of nobody: {forged:?}");
    let later = here.sign_in("asha@example.com", PASSWORD, None, here.later(15)).await;
    assert!(matches!(later, Answer::SignedIn { .. }), "a quarter of an hour later: {later:?}");
}

#[tokio::test]
async fn guesses_made_at_once_count_each() {
    let here = Here::new().await;
    here.user("asha@example.com").await;
    let email = Email::parse("asha@example.com").unwrap();
    let guesses = (0..40).map(|at| {
        let (store, passwords, email, now) =
            (here.store().clone(), here.passwords.clone(), email.clone(), here.now);
        tokio::spawn(async move {
            let visitor = elsewhere(at);
            let attempt =
                Attempt { email: &email, password: Password("guess"), device: None, visitor: &visitor };
            sign_in::with_password(&store, &passwords, attempt, now).await
        })
    });
    let mut tried = 0;
    for guess in guesses.collect::<Vec<_>>() {
        tried += usize::from(matches!(guess.await.unwrap().unwrap(), Answer::Wrong));
    }
    assert_eq!(tried, 10);
}

#[tokio::test]
async fn one_network_cannot_try_many_accounts() {
    let here = Here::new().await;
    let mut refused = 0;
    for at in 0..70 {
        let answer = here.sign_in(&format!("user{at}@example.com"), "guess", None, here.now).await;
        refused += usize::from(matches!(answer, Answer::TooOften { .. }));
    }
    assert_eq!(refused, 10);
    let other = here.sign_in_from(&elsewhere(1), "user1@example.com", "guess", None, here.now).await;
    assert!(matches!(other, Answer::Wrong));
}

#[tokio::test]
async fn a_human_check_is_due_after_failures_and_not_before() {
    let here = Here::new().await;
    let email = Email::parse("asha@example.com").unwrap();
    let visitor = elsewhere(1);
    let due = async |visitor: &Visitor| {
        let attempt = Attempt { email: &email, password: Password(""), device: None, visitor };
        sign_in::needs_human(here.store(), attempt, here.now).await.unwrap()
    };
    for _ in 0..3 {
        assert!(!due(&visitor).await);
        here.sign_in_from(&visitor, "asha@example.com", "guess", None, here.now).await;
    }
    assert!(due(&visitor).await && due(&elsewhere(2)).await);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_it_is_confirmed() {
    let here = Here::new().await;
    let seal = Seal::random();
    let asha = here.user("asha@example.com").await;
    let enrolment = here
        .store()
        .run_tx("test", async |tx| factor::enrol(tx, &seal, &asha.id, "asha:x@example.com", here.now).await)
        .await
        .unwrap()
        .unwrap();
    assert!(enrolment.url.starts_with("otpauth://totp/Crease:"), "{}", enrolment.url);
    let app = totp_rs::Totp::from_url(&enrolment.url).unwrap();
    let code = |at: Timestamp| app.generate(u64::try_from(at.as_second()).unwrap()).to_string();
    let before = here.sign_in("asha@example.com", PASSWORD, None, here.now).await;
    assert!(matches!(before, Answer::SignedIn { .. }), "not confirmed yet");

    let confirm = async |code: &str| {
        let confirmed = here
            .store()
            .run_tx("test", async |tx| factor::confirm(tx, &seal, &asha.id, code, here.now).await);
        confirmed.await.unwrap()
    };
    assert!(confirm("000000").await.is_none());
    let papers = confirm(&code(here.now)).await.unwrap();
    assert_eq!(papers.len(), factor::RECOVERY_CODES);
    assert!(confirm(&code(here.later(1))).await.is_none(), "it is on");
    let again = here
        .store()
        .run_tx("test", async |tx| factor::enrol(tx, &seal, &asha.id, "x", here.now).await)
        .await
        .unwrap();
    assert!(again.is_none(), "a new secret takes no confirmed one's place");

    let now = here.later(2);
    let Answer::SecondFactor { token, .. } = here.sign_in("asha@example.com", PASSWORD, None, now).await
    else {
        panic!("no second factor was asked for");
    };
    assert!(here.find(&token, now).await.is_none(), "half signed in is not signed in");
    let half = here
        .store()
        .read("test", async |db| session::find_half(db, &token, now).await)
        .await
        .unwrap()
        .unwrap();
    let check =
        async |code: &str, now| factor::check(here.store(), &seal, &asha.id, code, now).await.unwrap();
    let first = code(now);
    let spaced = format!("{} {}", &first[..3], &first[3..]);
    assert_eq!(check(&spaced, now).await, Checked::Right);
    assert_eq!(check(&first, now).await, Checked::Wrong, "a code is taken once");
    let paper = papers[0].to_uppercase().replace('-', " ");
    assert_eq!(check(&paper, now).await, Checked::RightOnPaper { left: 9 });
    assert_eq!(check(&paper, now).await, Checked::Wrong, "paper is taken once, too");
    let whole = here
        .store()
        .run_tx("test", async |tx| session::complete(tx, &half, &home(), now).await)
        .await
        .unwrap();
    assert!(here.find(&whole, now).await.is_some() && here.find(&token, now).await.is_none());
    let used = here.store().read("test", async |db| session::find_half(db, &token, now).await).await.unwrap();
    assert!(used.is_none());

    let off = here.store().run_tx("test", async |tx| factor::turn_off(tx, &asha.id).await).await.unwrap();
    assert!(off);
    let after = here.sign_in("asha@example.com", PASSWORD, None, now).await;
    assert!(matches!(after, Answer::SignedIn { .. }));
}

#[tokio::test]
async fn codes_are_guessed_ten_times_and_no_more() {
    let here = Here::new().await;
    let seal = Seal::random();
    let asha = here.user("asha@example.com").await;
    for at in 0..10 {
        let checked = factor::check(here.store(), &seal, &asha.id, "123456", here.now).await.unwrap();
        assert_eq!(checked, Checked::Wrong, "{at}");
    }
    let checked = factor::check(here.store(), &seal, &asha.id, "123456", here.now).await.unwrap();
    assert_eq!(checked, Checked::TooOften { until: here.later(15) });
}

#[tokio::test]
async fn the_audit_log_is_read_by_its_organisation_and_never_changed() {
    let here = Here::new().await;
    let actor = Actor { kind: ActorKind::User, id: "usr_1".into(), name: "Asha Rao".into() };
    let by = By { actor: actor.clone(), visitor: Some(home()), at: here.now };
    for (organisation, action, object) in [
        (Some("org_1"), "key.issue", "key_1"),
        (Some("org_1"), "key.revoke", "key_1"),
        (Some("org_2"), "key.issue", "key_2"),
        (None, "user.password", "usr_1"),
    ] {
        let deed = Deed {
            organisation_id: organisation,
            action,
            object,
            before: None,
            after: Some(serde_json::json!({ "name": "Website" })),
        };
        here.store().run_tx("test", async |tx| audit::record(tx, &by, &deed).await).await.unwrap();
    }
    let list = async |before, about: &str, max| {
        here.store()
            .read("test", async |db| audit::list(db, "org_1", before, about, max).await)
            .await
            .unwrap()
    };
    let all = list(i64::MAX, "", 10).await;
    assert_eq!(all.iter().map(|it| it.action.as_str()).collect::<Vec<_>>(), ["key.revoke", "key.issue"]);
    assert_eq!((&all[0].actor, all[0].at, all[0].address.as_str()), (&actor, here.now, "192.0.2.1"));
    assert_eq!(list(all[0].id, "", 10).await, all[1..]);
    assert_eq!(list(i64::MAX, "", 1).await, all[..1]);
    for (about, count) in [("key.", 2), ("key.revoke", 1), ("key_1", 2), ("usr_1", 2), ("key_2", 0), ("%", 0)]
    {
        assert_eq!(list(i64::MAX, about, 10).await.len(), count, "{about}");
    }
    for sql in ["update access.audit set action = 'x'", "delete from access.audit", "truncate access.audit"] {
        let changed = here.store().run_tx("test", async |tx| tx.batch(sql).await).await;
        assert!(changed.unwrap_err().to_string().contains("only ever added to"), "{sql}");
    }
}

#[tokio::test]
async fn neighbours_who_fail_keep_nobody_out_on_a_browser_that_is_known() {
    let here = Here::new().await;
    here.user("asha@example.com").await;
    let Answer::SignedIn { device, .. } = here.sign_in("asha@example.com", PASSWORD, None, here.now).await
    else {
        panic!("signed in")
    };
    for at in 0..60 {
        let email = format!("nobody{at}@example.com");
        assert!(matches!(here.sign_in(&email, "guess", None, here.now).await, Answer::Wrong));
    }
    let stranger = here.sign_in("asha@example.com", PASSWORD, None, here.now).await;
    assert!(matches!(stranger, Answer::TooOften { .. }), "{stranger:?}");
    let email = Email::parse("asha@example.com").unwrap();
    let visitor = home();
    let attempt = Attempt { email: &email, password: Password(""), device: Some(&device), visitor: &visitor };
    assert!(!sign_in::needs_human(here.store(), attempt, here.now).await.unwrap());
    let known = here.sign_in("asha@example.com", PASSWORD, Some(&device), here.now).await;
    assert!(matches!(known, Answer::SignedIn { .. }), "{known:?}");
}
