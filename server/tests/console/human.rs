//! The human check in forms, with a provider of our own on this machine that says what the test wants.

mod siteverify;

use crate::dashboard::{Browser, From, PASSWORD};
use crate::support::{Fields, Ground, fields};
use access::{By, audit};
use partners::{Role, member};
use reqwest::header::{CONTENT_SECURITY_POLICY, LOCATION};
use reqwest::{Response, StatusCode};
use siteverify::{SECRET, Says};
use std::io::Write;
use std::sync::{Arc, Mutex};

/// What a page has with a check: the provider's script.
const SCRIPT: &str = "https://www.google.com/recaptcha/api.js?render=site-key_1";

impl Ground {
    /// Sends a form of nobody in particular, with a token if there is one.
    async fn fill(&self, path: &str, form: &[(&str, &str)], token: &str) -> Response {
        let mut form = fields(form);
        if !token.is_empty() {
            form.push(("g-recaptcha-response".to_owned(), token.to_owned()));
        }
        self.send(&Browser::default(), path, &form, From::OurPage).await
    }

    async fn try_password(&self, browser: &Browser, email: &str, password: &str, token: &str) -> Response {
        let mut form: Fields = fields(&[("email", email), ("password", password)]);
        if !token.is_empty() {
            form.push(("g-recaptcha-response".to_owned(), token.to_owned()));
        }
        self.send(browser, "/console/sign-in", &form, From::OurPage).await
    }
}

/// Whether an answer is a page with the check and all that belongs to it; anything between is a mistake.
async fn shows_check(response: Response) -> (bool, String) {
    let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    let page = response.text().await.unwrap();
    let shows = page.contains(SCRIPT);
    for part in ["/human.js\"", "name=\"g-recaptcha-response\"", "data-sitekey=\"site-key_1\"", "<noscript>"]
    {
        assert_eq!(page.contains(part), shows, "{part}: {page}");
    }
    for (directive, source) in [
        ("script-src 'self'", "https://www.gstatic.com/recaptcha/"),
        ("frame-src 'self'", "https://recaptcha.google.com/recaptcha/"),
        ("connect-src 'self'", "https://www.google.com/recaptcha/"),
    ] {
        let found = policy.split("; ").find(|it| it.starts_with(directive)).unwrap();
        assert_eq!(found.contains(source), shows, "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    (shows, page)
}

/// The form again, with what was typed and what is wrong with the check.
async fn is_asked_again(response: Response, email: &str, said: &str) {
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    let (shows, page) = shows_check(response).await;
    assert!(shows && page.contains(&format!(r#"value="{email}""#)), "{page}");
    assert!(page.contains(&format!(r##"<a href="#human">{said}"##)), "{said}: {page}");
    assert!(
        page.contains(&format!(r#"<p class="mistake" id="human" tabindex="-1">{said}"#)),
        "{said}: {page}"
    );
}

const ROBOT: &str = "The check took you for a robot.";
const ELSEWHERE: &str = "That check was done on another page.";
const USED: &str = "That check was used before, or is too long ago.";
const DOWN: &str = "We cannot check that you are no robot at this moment.";
const MISSING: &str = "Please do the check that you are no robot, and send the form again.";

/// What comes of each answer where an outage closes, and where it opens; nothing said: the form is taken.
const CASES: [(Says, &str, &str); 13] = [
    (Says::Right, "", ""),
    (Says::Score(0.5), "", ""),
    (Says::Score(0.4), ROBOT, ROBOT),
    (Says::Action("browse"), ELSEWHERE, ELSEWHERE),
    (Says::Host("evil.example"), ELSEWHERE, ELSEWHERE),
    (Says::Old(120), "", ""),
    (Says::Old(121), "The check is too long ago.", "The check is too long ago."),
    (Says::No("invalid-input-response"), ROBOT, ROBOT),
    (Says::No("timeout-or-duplicate"), USED, USED),
    // A visitor may have brought it about.
    (Says::No("never-heard-of"), DOWN, DOWN),
    (Says::No("invalid-input-secret"), DOWN, ""),
    (Says::Status(500), DOWN, ""),
    (Says::Garbage, DOWN, ""),
];

async fn check_forms(ground: &Ground, says: Says, closed: &str, open: &str) {
    let unique = ground.letters().await.len();
    for (path, word, said) in [("/console/sign-up", "sign_up", closed), ("/console/reset", "reset", open)] {
        let (email, token) =
            (format!("{word}-{unique}@example.com"), format!("{word}.{}", store::ids::random_base62(8)));
        let before = ground.letters().await.len();
        let answer = ground.fill(path, &[("email", &email)], &token).await;
        if said.is_empty() {
            assert_eq!(answer.status(), StatusCode::OK, "{says:?} {path}");
            assert!(!shows_check(answer).await.0, "{says:?} {path}");
            assert_eq!(ground.letters().await.len(), before + 1, "{says:?} {path}");
        } else {
            is_asked_again(answer, &email, said).await;
            assert_eq!(ground.letters().await.len(), before, "{says:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_letter_is_sent_for_who_passes_or_cannot_be_checked_where_that_is_open() {
    let (ground, provider) = Ground::checked(&[]).await;
    for (says, closed, open) in CASES {
        provider.says(says);
        check_forms(&ground, says, closed, open).await;
    }
    let asked = provider.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2 * CASES.len());
    for question in asked {
        assert_eq!((question.text("secret"), question.text("remoteip")), (SECRET, "127.0.0.1"));
    }
}

#[tokio::test]
async fn a_provider_that_is_silent_is_down() {
    let (ground, provider) = Ground::checked(&[("CREASE__HUMAN__ANSWER_MS_MAX", "50")]).await;
    provider.says(Says::Nothing);
    check_forms(&ground, Says::Nothing, DOWN, "").await;
}

#[tokio::test]
async fn what_a_form_asks_is_as_configured() {
    let strict = "{ score_min = 0.95, on_outage = \"closed\" }";
    let easy = "{ score_min = 0.1, on_outage = \"open\" }";
    let (ground, provider) =
        Ground::checked(&[("CREASE__HUMAN__RESET", strict), ("CREASE__HUMAN__SIGN_UP", easy)]).await;
    for (says, sign_up, reset) in
        [(Says::Score(0.2), "", ROBOT), (Says::Score(0.96), "", ""), (Says::Status(503), "", DOWN)]
    {
        provider.says(says);
        check_forms(&ground, says, sign_up, reset).await;
    }
}

#[tokio::test]
async fn a_token_counts_once_and_a_form_without_one_asks_nobody() {
    let (ground, provider) = Ground::checked(&[]).await;
    let form = [("email", "new@example.com")];
    let taken = ground.fill("/console/sign-up", &form, "sign_up.once").await;
    assert_eq!(taken.status(), StatusCode::OK);
    for path in ["/console/sign-up", "/console/reset"] {
        is_asked_again(ground.fill(path, &form, "sign_up.once").await, "new@example.com", USED).await;
    }
    let asked = provider.asked();
    for path in ["/console/sign-up", "/console/reset"] {
        for token in ["", "  "] {
            is_asked_again(ground.fill(path, &form, token).await, "new@example.com", MISSING).await;
        }
        // Nor is one that no provider makes sent on.
        is_asked_again(ground.fill(path, &form, "<script>").await, "new@example.com", ROBOT).await;
        // Nor where the form is wrong anyway: its token is still good.
        let wrong = ground.fill(path, &[("email", "nobody")], "sign_up.kept").await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let (shows, page) = shows_check(wrong).await;
        assert!(shows && !page.contains("sign_up.kept"), "{page}");
    }
    assert_eq!((provider.asked(), ground.letters().await.len()), (asked, 1));
}

#[tokio::test]
async fn one_network_asks_the_provider_so_often_and_no_more() {
    let (ground, provider) = Ground::checked(&[]).await;
    provider.says(Says::No("invalid-input-response"));
    let statuses = async |count: usize| {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(
                ground.fill("/console/sign-up", &[("email", "a@example.com")], "made-up").await.status(),
            );
        }
        all
    };
    assert_eq!(statuses(60).await, [StatusCode::UNPROCESSABLE_ENTITY; 60]);
    assert_eq!(statuses(2).await, [StatusCode::TOO_MANY_REQUESTS; 2]);
    assert_eq!(provider.asked(), 60);
    ground.app.clock.advance(std::time::Duration::from_secs(15 * 60));
    assert_eq!(statuses(1).await, [StatusCode::UNPROCESSABLE_ENTITY]);
}

#[tokio::test]
async fn signing_in_asks_after_failures_and_then_lets_the_right_person_in() {
    let (ground, provider) = Ground::checked(&[]).await;
    let (known, ..) = ground.partner("asha@example.com").await;
    let email = "asha@example.com";
    let stranger = Browser::default();
    assert!(!shows_check(ground.see(&stranger, "/console/sign-in").await).await.0);
    for failures in 1..=3 {
        let wrong = ground.try_password(&stranger, email, "guess", "").await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
        // The page after the third has the check already.
        let (shows, page) = shows_check(wrong).await;
        assert_eq!(shows, failures == 3, "{failures}: {page}");
        assert!(page.contains("That is not the address and the password"), "{page}");
    }
    assert_eq!(provider.asked(), 0);

    // The password is right, and not looked at.
    is_asked_again(ground.try_password(&stranger, email, PASSWORD, "").await, email, MISSING).await;
    for (says, said) in [(Says::Score(0.1), ROBOT), (Says::Action("reset"), ELSEWHERE)] {
        provider.says(says);
        let token = format!("sign_in.{}", store::ids::random_base62(8));
        is_asked_again(ground.try_password(&stranger, email, PASSWORD, &token).await, email, said).await;
    }
    provider.says(Says::Right);
    let wrong = ground.try_password(&stranger, email, "guess", "sign_in.2").await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let (shows, page) = shows_check(wrong).await;
    assert!(shows && page.contains("That is not the address") && !page.contains("id=\"human\""), "{page}");
    let signed_in = ground.try_password(&stranger, email, PASSWORD, "sign_in.3").await;
    assert_eq!(
        (signed_in.status(), &signed_in.headers()[LOCATION]),
        (StatusCode::SEE_OTHER, &"/console".parse().unwrap())
    );
    let mut browser = Browser::default();
    browser.keep(&signed_in);
    assert!(ground.is_signed_in(&browser).await);

    // What strangers fail at is not counted against a browser that has signed in before.
    for _ in 0..3 {
        ground.try_password(&stranger, email, "guess", "").await;
    }
    is_asked_again(ground.try_password(&stranger, email, PASSWORD, "").await, email, MISSING).await;
    assert_eq!(ground.try_password(&known, email, PASSWORD, "").await.status(), StatusCode::SEE_OTHER);
    // Nobody is kept out of their account by a provider that is down.
    provider.says(Says::Status(500));
    let unchecked = ground.try_password(&stranger, email, PASSWORD, "sign_in.4").await;
    assert_eq!(unchecked.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_check_that_is_due_tells_nothing_of_accounts() {
    let (ground, _) = Ground::checked(&[]).await;
    ground.partner("asha@example.com").await;
    let mut all = Vec::new();
    for email in ["asha@example.com", "nobo@example.com"] {
        let mut answers = Vec::new();
        for token in ["", "", "", "", "sign_in.", "wrong.", ""] {
            let token =
                if token.is_empty() { String::new() } else { format!("{token}{}", email.len() + all.len()) };
            let answer = ground.try_password(&Browser::default(), email, "guess", &token).await;
            answers.push((answer.status(), answer.text().await.unwrap().replace(email, "…")));
        }
        all.push(answers);
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test]
async fn who_invites_is_checked_and_what_went_unchecked_is_in_the_log() {
    let open = "{ score_min = 0.5, on_outage = \"open\" }";
    for (policy, on_outage) in [(None, StatusCode::UNPROCESSABLE_ENTITY), (Some(open), StatusCode::SEE_OTHER)]
    {
        let environment: Vec<_> = policy.map(|it| ("CREASE__HUMAN__INVITE", it)).into_iter().collect();
        let (ground, provider) = Ground::checked(&environment).await;
        let (mut owner, organisation, user) = ground.partner("owner@example.com").await;
        let path = format!("/console/o/{}/team/invites", organisation.id);
        let mut invite = async |email: &str, token: &str| {
            let form = [("email", email), ("role", "analyst"), ("g-recaptcha-response", token)];
            ground.press(&mut owner, &path, &form).await
        };
        is_asked_again(invite("a@example.com", "").await, "a@example.com", MISSING).await;
        provider.says(Says::Score(0.1));
        is_asked_again(invite("a@example.com", "invite.1").await, "a@example.com", ROBOT).await;
        provider.says(Says::Right);
        is_asked_again(invite("a@example.com", "sign_up.2").await, "a@example.com", ELSEWHERE).await;
        assert!(ground.letters().await.is_empty());
        assert_eq!(invite("a@example.com", "invite.3").await.status(), StatusCode::SEE_OTHER);
        provider.says(Says::Garbage);
        assert_eq!(invite("b@example.com", "invite.4").await.status(), on_outage);

        let listed = ground
            .app
            .store
            .read("test", async |db| audit::list(db, &organisation.id, i64::MAX, "invite.", 10).await);
        let actions: Vec<(String, String)> =
            listed.await.unwrap().into_iter().map(|it| (it.action, it.actor.id)).collect();
        let by = |action: &str| (action.to_owned(), user.clone());
        let expected = match policy {
            None => vec![by("invite.make")],
            Some(_) => vec![by("invite.unchecked"), by("invite.make"), by("invite.make")],
        };
        assert_eq!((actions, ground.letters().await.len()), (expected.clone(), expected.len().min(2)));
    }
}

#[tokio::test]
async fn only_pages_whose_form_is_checked_load_the_provider() {
    let (ground, _) = Ground::checked(&[]).await;
    let (owner, organisation, _) = ground.partner("owner@example.com").await;
    let (analyst, _, user) = ground.partner("analyst@example.com").await;
    let by = By::system("test", ground.app.clock.now());
    let joined = ground
        .app
        .store
        .run_tx("test", async |tx| member::add(tx, &organisation.id, &user, Role::Analyst, &by).await);
    joined.await.unwrap();
    ground.fill("/console/sign-up", &[("email", "new@example.com")], "sign_up.1").await;
    let welcome = ground.link().await;
    ground.fill("/console/reset", &[("email", "owner@example.com")], "reset.2").await;
    let (reset, team) = (ground.link().await, format!("/console/o/{}/team", organisation.id));
    let settings = format!("/console/o/{}/settings", organisation.id);
    let nobody = Browser::default();
    for (browser, path, expected) in [
        (&nobody, "/console/sign-up", true),
        (&nobody, "/console/reset", true),
        (&owner, team.as_str(), true),
        // Who may not invite has no form.
        (&analyst, &team, false),
        (&owner, &settings, false),
        (&owner, "/console/account", false),
        (&nobody, "/console/sign-in", false),
        (&nobody, "/console/sign-in/code", false),
        // The addresses of these open an account.
        (&nobody, &welcome, false),
        (&nobody, &reset, false),
        (&nobody, "/console/scorer", false),
    ] {
        let answer = ground.see(browser, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(shows_check(answer).await.0, expected, "{path}");
    }
    let script = ground.page(&nobody, "/console/sign-up").await;
    let script = script.split('"').find(|it| it.ends_with("/human.js")).unwrap();
    assert!(ground.page(&nobody, script).await.contains(".execute("));

    let unchecked = Ground::open().await;
    for path in ["/console/sign-up", "/console/reset"] {
        assert!(!shows_check(unchecked.see(&nobody, path).await).await.0, "{path}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_was_let_pass_unchecked_is_counted_and_no_log_has_a_token_or_the_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _subscribed = tracing::subscriber::set_default(subscriber);
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _recorded = metrics::set_default_local_recorder(&recorder);
    let (ground, provider) = Ground::checked(&[]).await;
    let form = [("email", "asha@example.com")];
    provider.says(Says::Status(500));
    ground.fill("/console/reset", &form, "reset.token-of-a-visitor").await;
    ground.fill("/console/sign-up", &form, "sign_up.token-of-a-visitor").await;
    provider.says(Says::Host("evil.example"));
    ground.fill("/console/sign-up", &form, "sign_up.token-of-another").await;

    let metrics = recorder.handle().render();
    for line in [
        "human_checks_total{endpoint=\"reset\",outcome=\"unchecked\"} 1",
        "human_checks_total{endpoint=\"sign_up\",outcome=\"unavailable\"} 1",
        "human_checks_total{endpoint=\"sign_up\",outcome=\"wrong_place\"} 1",
        "human_faults_total{provider=\"recaptcha_v3\",fault=\"failed\"} 2",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the human check's provider is down"), "{log}");
    for secret in [SECRET, "token-of-a", "asha@example.com"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
