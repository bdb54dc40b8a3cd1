//! The check as a whole: each provider's dialect and faults, on a server of our own, with a real PostgreSQL for what was seen.

mod siteverify;

use super::{
    BotVerifier, Endpoint, How, Human, Mode as Running, OnOutage, Place, Policy, Provider, Refusal, Settings,
    SettingsError,
};
use crate::{Error, MIGRATIONS, Secret, Visitor};
use jiff::{SignedDuration, Timestamp};
use siteverify::{Gone, Mode, Siteverify};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Store;
use store::testing::TestStore;

/// No test waits for so long; one that does has found a fault.
const PATIENT: Duration = Duration::from_secs(30);
/// For a server that never answers.
const IMPATIENT: Duration = Duration::from_millis(50);

struct Here {
    test: TestStore,
    now: Timestamp,
    /// Numbers the tokens: each is new.
    tokens: AtomicUsize,
}

impl Here {
    async fn new() -> Self {
        let test = TestStore::new(&[MIGRATIONS]).await;
        let now = "2026-11-29T10:00:00Z".parse().expect("a moment");
        Self { test, now, tokens: AtomicUsize::new(0) }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    fn later(&self, seconds: i64) -> Timestamp {
        self.now + SignedDuration::from_secs(seconds)
    }

    fn token(&self, endpoint: Endpoint) -> String {
        format!("{}.{}", endpoint.action(), self.tokens.fetch_add(1, Ordering::Relaxed))
    }

    async fn verify(&self, verifier: &BotVerifier, endpoint: Endpoint, token: &str) -> Result<Human, Error> {
        self.verify_at(verifier, endpoint, token, self.now).await
    }

    async fn verify_at(
        &self,
        verifier: &BotVerifier,
        endpoint: Endpoint,
        token: &str,
        now: Timestamp,
    ) -> Result<Human, Error> {
        verifier.verify(self.store(), endpoint, Some(token), &visitor(), now).await
    }
}

fn visitor() -> Visitor {
    Visitor::new(siteverify::ADDRESS.parse().expect("an address"), "Firefox")
}

fn settings(provider: Provider, url: &str) -> Settings {
    Settings {
        project: Some(siteverify::PROJECT.to_owned()),
        mode: Running::Test,
        api_url: Some(url.to_owned()),
        answer_within: PATIENT,
        ..Settings::new(provider, siteverify::SITE_KEY, Secret::new(siteverify::SECRET), &["Crease.example"])
    }
}

fn verifier(provider: Provider, url: &str) -> BotVerifier {
    BotVerifier::new(settings(provider, url)).expect("settings for tests")
}

/// In one word.
fn word(judged: &Result<Human, Error>) -> &'static str {
    match judged {
        Ok(human) => match human.how() {
            How::Passed { .. } => "passed",
            How::TestSecret => "test_secret",
            How::Off => "off",
            How::Outage => "unchecked",
        },
        Err(Error::NotHuman(refusal)) => refusal.word(),
        Err(_) => "failed",
    }
}

/// What is to come of a mode, and of which providers.
#[derive(Clone, Copy)]
enum Expected {
    Always(&'static str),
    /// And everywhere else it passes.
    OfThoseThatKnowActions(&'static str),
    /// What the endpoint does in an outage.
    Outage,
}

impl Expected {
    fn word(self, provider: Provider, on_outage: OnOutage) -> &'static str {
        match (self, on_outage) {
            (Expected::Always(word), _) => word,
            (Expected::OfThoseThatKnowActions(word), _) if provider.knows_actions() => word,
            (Expected::OfThoseThatKnowActions(_), _) => "passed",
            (Expected::Outage, OnOutage::Open) => "unchecked",
            (Expected::Outage, OnOutage::Closed) => "unavailable",
        }
    }
}

const CASES: &[(Mode, Expected)] = &[
    (Mode::Right, Expected::Always("passed")),
    (Mode::Score(50), Expected::Always("passed")),
    // Of v2 too: a v3 key that was configured as one of v2.
    (Mode::Score(10), Expected::Always("not_human")),
    (Mode::WrongAction, Expected::OfThoseThatKnowActions("wrong_place")),
    (Mode::WrongHost, Expected::Always("wrong_place")),
    (Mode::Old(120), Expected::Always("passed")),
    (Mode::Old(121), Expected::Always("expired")),
    // Its clock is ahead of ours, and then too far.
    (Mode::Old(-60), Expected::Always("passed")),
    (Mode::Old(-61), Expected::Outage),
    (Mode::Invalid, Expected::Always("not_human")),
    (Mode::Duplicate, Expected::Always("replayed")),
    // The configuration's fault is not the visitor's.
    (Mode::WrongSecret, Expected::Outage),
    (Mode::Status(403), Expected::Outage),
    (Mode::Status(429), Expected::Outage),
    // What a visitor can bring about opens nothing.
    (Mode::UnknownCode, Expected::Always("unavailable")),
    (Mode::Status(413), Expected::Always("unavailable")),
    (Mode::Status(500), Expected::Outage),
    (Mode::Status(503), Expected::Outage),
    (Mode::Garbage, Expected::Outage),
    (Mode::HalfAnAnswer, Expected::Outage),
    (Mode::Huge, Expected::Outage),
    (Mode::Redirect, Expected::Outage),
    (Mode::Silent, Expected::Outage),
    (Mode::HangsUp, Expected::Outage),
];

#[tokio::test]
async fn each_provider_is_judged_alike_and_its_faults_are_what_the_endpoint_says() {
    let here = Here::new().await;
    for provider in Provider::ALL {
        for &(mode, expected) in CASES {
            let server = Siteverify::start(provider, mode, here.now).await;
            let answer_within = if mode == Mode::Silent { IMPATIENT } else { PATIENT };
            let settings = Settings { answer_within, ..settings(provider, &server.url) };
            let verifier = BotVerifier::new(settings).unwrap();
            for (endpoint, on_outage) in
                [(Endpoint::SignIn, OnOutage::Open), (Endpoint::SignUp, OnOutage::Closed)]
            {
                let judged = here.verify(&verifier, endpoint, &here.token(endpoint)).await;
                let wanted = expected.word(provider, on_outage);
                assert_eq!(word(&judged), wanted, "{provider:?} {mode:?} {endpoint:?}: {judged:?}");
            }
            assert_eq!(server.complaints(), [""; 0], "{provider:?} {mode:?}");
            // Who waits so briefly may be gone before the question was read.
            let is_asked = server.asked() == 2 || mode == Mode::Silent;
            assert!(is_asked, "{provider:?} {mode:?}: asked {} times for 2 tokens", server.asked());
        }
        let gone = Gone::new();
        let nobody = verifier(provider, &gone.url);
        for (endpoint, wanted) in [(Endpoint::Reset, "unchecked"), (Endpoint::Redeem, "unavailable")] {
            let judged = here.verify(&nobody, endpoint, &here.token(endpoint)).await;
            assert_eq!(word(&judged), wanted, "{provider:?}: {judged:?}");
        }
    }
}

#[tokio::test]
async fn what_passes_is_a_proof_with_its_score_and_what_does_not_says_why() {
    let here = Here::new().await;
    let check = async |mode, endpoint| {
        let server = Siteverify::start(Provider::RecaptchaEnterprise, mode, here.now).await;
        let verifier = verifier(Provider::RecaptchaEnterprise, &server.url);
        here.verify(&verifier, endpoint, &here.token(endpoint)).await
    };
    let human = check(Mode::Score(60), Endpoint::SignUp).await.unwrap();
    assert_eq!((human.endpoint(), human.how()), (Endpoint::SignUp, How::Passed { score: Some(0.6) }));
    assert!(human.is_checked());
    let refusal = async |mode, endpoint| match check(mode, endpoint).await {
        Err(Error::NotHuman(refusal)) => refusal,
        other => panic!("{mode:?}: {other:?}"),
    };
    let low = Refusal::NotHuman { score: Some(0.6), reasons: vec!["AUTOMATION".into()] };
    assert_eq!(refusal(Mode::Score(60), Endpoint::Redeem).await, low);
    let elsewhere = Place::Host { found: "elsewhere.example".into() };
    assert_eq!(refusal(Mode::WrongHost, Endpoint::SignUp).await, Refusal::WrongPlace(elsewhere));
    let otherwise = Place::Action { found: Some("browse".into()) };
    assert_eq!(refusal(Mode::WrongAction, Endpoint::SignUp).await, Refusal::WrongPlace(otherwise));
}

#[tokio::test]
async fn an_endpoint_asks_for_the_score_that_it_is_configured_with() {
    let here = Here::new().await;
    for (score, score_min, wanted) in
        [(29, 0.3, "not_human"), (30, 0.3, "passed"), (99, 1.0, "not_human"), (0, 0.0, "passed")]
    {
        let server = Siteverify::start(Provider::RecaptchaV3, Mode::Score(score), here.now).await;
        let mut settings = settings(Provider::RecaptchaV3, &server.url);
        settings.policies.insert(Endpoint::Invite, Policy { score_min, on_outage: OnOutage::Open });
        let verifier = BotVerifier::new(settings).unwrap();
        let judged = here.verify(&verifier, Endpoint::Invite, &here.token(Endpoint::Invite)).await;
        assert_eq!(word(&judged), wanted, "{score} {score_min}");
    }
}

#[tokio::test]
async fn a_form_without_a_token_or_with_what_is_none_is_refused_without_asking() {
    let here = Here::new().await;
    for provider in Provider::ALL {
        let server = Siteverify::start(provider, Mode::Right, here.now).await;
        let verifier = verifier(provider, &server.url);
        let none = verifier.verify(here.store(), Endpoint::SignIn, None, &visitor(), here.now).await;
        assert_eq!(word(&none), "missing");
        for (token, wanted) in [
            ("", "missing"),
            (" \r\n", "missing"),
            ("sign_in.<script>", "not_human"),
            ("sign_in&secret=x", "not_human"),
            (&"a".repeat(8193), "not_human"),
        ] {
            assert_eq!(word(&here.verify(&verifier, Endpoint::SignIn, token).await), wanted, "{token}");
        }
        assert_eq!(server.asked(), 0, "{provider:?}");
    }
}

#[tokio::test]
async fn a_token_counts_once_even_where_the_provider_says_yes_twice() {
    let here = Here::new().await;
    for provider in Provider::ALL {
        let server = Siteverify::start(provider, Mode::Right, here.now).await;
        // Another process, with its own connections.
        let (one, two) = (verifier(provider, &server.url), verifier(provider, &server.url));
        let elsewhere = Store::connect(&here.test.url(), 2).await.unwrap();
        let token = here.token(Endpoint::SignUp);
        let visitor = visitor();
        let (first, second) = tokio::join!(
            here.verify(&one, Endpoint::SignUp, &token),
            two.verify(&elsewhere, Endpoint::SignUp, Some(&token), &visitor, here.now),
        );
        let mut words = [word(&first), word(&second)];
        words.sort_unstable();
        assert_eq!(words, ["passed", "replayed"], "{provider:?}: {first:?} {second:?}");
        let padded = format!(" {token}\n");
        assert_eq!(word(&here.verify(&one, Endpoint::SignUp, &padded).await), "replayed");
        elsewhere.close();
    }
}

#[tokio::test]
async fn a_token_that_one_endpoint_refused_is_not_taken_by_another() {
    let here = Here::new().await;
    let server = Siteverify::start(Provider::Hcaptcha, Mode::Score(60), here.now).await;
    let verifier = verifier(Provider::Hcaptcha, &server.url);
    let token = here.token(Endpoint::Redeem);
    assert_eq!(word(&here.verify(&verifier, Endpoint::Redeem, &token).await), "not_human");
    assert_eq!(word(&here.verify(&verifier, Endpoint::Quiz, &token).await), "replayed");
}

#[tokio::test]
async fn what_was_seen_is_forgotten_when_its_age_refuses_it_and_not_before() {
    let here = Here::new().await;
    let token = here.token(Endpoint::SignUp);
    // The oldest that passes, by a clock that is as far ahead as it may be.
    let server = Siteverify::start(Provider::Turnstile, Mode::Old(-60), here.now).await;
    let verifier = verifier(Provider::Turnstile, &server.url);
    assert_eq!(word(&here.verify(&verifier, Endpoint::SignUp, &token).await), "passed");
    let forget = async |seconds| {
        let now = here.later(seconds);
        here.store().run_tx("test", async |tx| crate::forget_over(tx, now).await).await.unwrap()
    };
    assert_eq!(forget(180).await, 0);
    let again = here.verify_at(&verifier, Endpoint::SignUp, &token, here.later(180)).await;
    assert_eq!(word(&again), "replayed");
    assert_eq!(forget(181).await, 1);
    let again = here.verify_at(&verifier, Endpoint::SignUp, &token, here.later(181)).await;
    assert_eq!(word(&again), "expired");
}

#[tokio::test]
async fn a_published_test_secret_lets_pass_whom_its_provider_lets_pass() {
    let here = Here::new().await;
    for (mode, wanted) in [
        // The same token, host and time for everybody.
        (Mode::WrongHost, "test_secret"),
        (Mode::Old(86_400), "test_secret"),
        (Mode::Invalid, "not_human"),
        (Mode::Duplicate, "replayed"),
    ] {
        let server = Siteverify::start(Provider::Turnstile, mode, here.now).await;
        let secret = Secret::new("1x0000000000000000000000000000000AA");
        let settings = Settings { secret, ..settings(Provider::Turnstile, &server.url) };
        let live = Settings { mode: Running::Live, api_url: None, ..settings.clone() };
        assert_eq!(BotVerifier::new(live).unwrap_err(), SettingsError::TestSecret);
        let verifier = BotVerifier::new(settings).unwrap();
        for _ in 0..2 {
            let judged = here.verify(&verifier, Endpoint::Redeem, "XXXX.DUMMY.TOKEN.XXXX").await;
            assert_eq!(word(&judged), wanted, "{mode:?}");
            assert!(!judged.is_ok_and(|it| it.is_checked()), "{mode:?}");
        }
    }
}

#[tokio::test]
async fn without_a_provider_everybody_passes_unchecked_and_no_page_shows_a_check() {
    let here = Here::new().await;
    let off = BotVerifier::off();
    for endpoint in Endpoint::ALL {
        let human = off.verify(here.store(), endpoint, None, &visitor(), here.now).await.unwrap();
        assert_eq!((human.how(), human.is_checked()), (How::Off, false));
    }
    assert_eq!(off.widget(), None);
    let on = verifier(Provider::Hcaptcha, "https://hcaptcha.example/");
    assert_eq!(on.widget().unwrap().field, "h-captcha-response");
    assert_eq!(format!("{off:?} {on:?}"), "BotVerifier(off) BotVerifier(hcaptcha)");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_fault_is_counted_each_time_logged_once_a_minute_and_tells_no_secret() {
    let here = Here::new().await;
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
    let gone = Gone::new();

    for provider in Provider::ALL {
        let server = Siteverify::start(provider, Mode::WrongSecret, here.now).await;
        let (wrong, nobody) = (verifier(provider, &server.url), verifier(provider, &gone.url));
        for seconds in [0, 1, 59, 60] {
            for verifier in [&wrong, &nobody] {
                let token = here.token(Endpoint::SignIn);
                let judged = here.verify_at(verifier, Endpoint::SignIn, &token, here.later(seconds)).await;
                assert_eq!(word(&judged), "unchecked", "{judged:?}");
            }
        }
    }
    let nobody = verifier(Provider::Turnstile, &gone.url);
    let refused = here.verify(&nobody, Endpoint::SignUp, "sign_up.x").await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("try again"), "{text}");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines =
        |level: &str, text: &str| log.lines().filter(|it| it.contains(level) && it.contains(text)).count();
    for provider in Provider::ALL {
        let word = format!("provider=\"{}\"", provider.word());
        assert_eq!(lines("ERROR", &word), 2, "{provider:?}: {log}");
    }
    assert_eq!(lines("WARN", "provider is down"), 5 * 2 + 1, "{log}");
    for secret in [siteverify::SECRET, "sign_in.", "sign_up.x", siteverify::ADDRESS] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    let metrics = recorder.handle().render();
    for line in [
        "human_checks_total{endpoint=\"sign_in\",outcome=\"unchecked\"} 40",
        "human_checks_total{endpoint=\"sign_up\",outcome=\"unavailable\"} 1",
        "human_faults_total{provider=\"hcaptcha\",fault=\"configuration\"} 4",
        "human_faults_total{provider=\"turnstile\",fault=\"unreached\"} 5",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}
