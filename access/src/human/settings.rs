//! What the human check is told by the configuration, and what of it is refused.

use super::{Endpoint, Policy, Provider};
use crate::Secret;
use reqwest::Url;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Whether real people are checked.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    /// Published test secrets are taken, and providers on this machine.
    Test,
}

/// How people are checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub provider: Provider,
    pub site_key: String,
    pub secret: Secret,
    /// Google Cloud's project, for Enterprise.
    pub project: Option<String>,
    /// Where our forms are: a token that was made elsewhere is refused.
    pub hostnames: Vec<String>,
    /// Where they are not [`Policy::of`].
    pub policies: BTreeMap<Endpoint, Policy>,
    pub mode: Mode,
    /// Asked instead of the provider.
    pub api_url: Option<String>,
    /// A provider that has not answered by then is down: somebody waits.
    pub answer_within: Duration,
}

impl Settings {
    pub const ANSWER_WITHIN: Duration = Duration::from_millis(800);

    /// With everything else as it is meant to be.
    pub fn new(provider: Provider, site_key: &str, secret: Secret, hostnames: &[&str]) -> Self {
        Self {
            provider,
            site_key: site_key.to_owned(),
            secret,
            project: None,
            hostnames: hostnames.iter().map(|&it| it.to_owned()).collect(),
            policies: BTreeMap::new(),
            mode: Mode::Live,
            api_url: None,
            answer_within: Self::ANSWER_WITHIN,
        }
    }

    pub(super) fn policy(&self, endpoint: Endpoint) -> Policy {
        self.policies.get(&endpoint).copied().unwrap_or_else(|| Policy::of(endpoint))
    }

    /// Whether the secret is one that everybody knows: its answers are the same for all, wherever and whenever.
    pub(super) fn is_published(&self) -> bool {
        is_among(SECRETS, self.secret.reveal())
    }

    /// Whether they can be used; answers with the address that is asked.
    pub(super) fn check(&self) -> Result<Url, SettingsError> {
        let is_key = |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
        if self.site_key.is_empty() || !is_key(&self.site_key) {
            return Err(SettingsError::SiteKey);
        }
        let secret = self.secret.reveal();
        if secret.is_empty() || !secret.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(SettingsError::Secret);
        }
        if self.mode == Mode::Live && self.is_published() {
            return Err(SettingsError::TestSecret);
        }
        if self.mode == Mode::Live && is_among(SITE_KEYS, &self.site_key) {
            return Err(SettingsError::TestSiteKey);
        }
        let project = self.project.as_deref().unwrap_or_default();
        if self.provider == Provider::RecaptchaEnterprise && (project.is_empty() || !is_key(project)) {
            return Err(SettingsError::Project);
        }
        let is_host = |it: &String| {
            !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b".-".contains(&it))
        };
        if self.hostnames.is_empty() || !self.hostnames.iter().all(is_host) {
            return Err(SettingsError::Hostnames);
        }
        for endpoint in Endpoint::ALL {
            let score_min = self.policy(endpoint).score_min;
            if !(0.0..=1.0).contains(&score_min) {
                return Err(SettingsError::ScoreMin { endpoint: endpoint.action(), score_min });
            }
        }
        self.checked_url(project)
    }

    fn checked_url(&self, project: &str) -> Result<Url, SettingsError> {
        let theirs = || self.provider.api_url(project);
        let text = self.api_url.clone().unwrap_or_else(theirs);
        let url = Url::parse(&text).map_err(|_| SettingsError::ApiUrl)?;
        let is_near = self.mode == Mode::Test && is_loopback(&url);
        let is_open = url.scheme() == "http" && is_near;
        // A password in it would be seen wherever it is printed.
        if !url.username().is_empty() || url.password().is_some() || (url.scheme() != "https" && !is_open) {
            return Err(SettingsError::ApiUrl);
        }
        Ok(url)
    }
}

/// Whether what is sent there stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// Why the human check cannot be switched on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    #[error("human.site_key has letters, digits, - and _, and is not empty")]
    SiteKey,
    #[error("human.secret is empty, or has blanks in it")]
    Secret,
    #[error(
        "human.secret is published for tests: everybody passes. Take your own, or set human.mode to test"
    )]
    TestSecret,
    #[error("human.site_key is published for tests. Take your own, or set human.mode to test")]
    TestSiteKey,
    #[error("human.project is the id of the Google Cloud project that the key belongs to")]
    Project,
    #[error(
        "human.hostnames are the names of the hosts of our pages, without scheme and port, and at least one"
    )]
    Hostnames,
    #[error(
        "human.api_url is an https address without a password; http only on this machine, with human.mode test"
    )]
    ApiUrl,
    #[error("the least score for {endpoint} is from 0 to 1, not {score_min}")]
    ScoreMin { endpoint: &'static str, score_min: f64 },
    #[error("the provider's client cannot be made: {reason}")]
    Client { reason: String },
}

/// Published for tests by reCAPTCHA v2, Turnstile (passes, fails, is spent) and hCaptcha.
const SECRETS: &[&str] = &[
    "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe",
    "1x0000000000000000000000000000000AA",
    "2x0000000000000000000000000000000AA",
    "3x0000000000000000000000000000000AA",
    "0x0000000000000000000000000000000000000000",
];

const SITE_KEYS: &[&str] = &[
    "6LeIxAcTAAAAAJcZVRPyHh71UMIEGNQ_MXjiZKhI",
    "1x00000000000000000000AA",
    "2x00000000000000000000AB",
    "1x00000000000000000000BB",
    "2x00000000000000000000BB",
    "3x00000000000000000000FF",
    "10000000-ffff-ffff-ffff-000000000001",
    "20000000-ffff-ffff-ffff-000000000002",
    "30000000-ffff-ffff-ffff-000000000003",
];

fn is_among(list: &[&str], text: &str) -> bool {
    list.iter().any(|it| it.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::human::OnOutage;

    fn live() -> Settings {
        Settings::new(Provider::Turnstile, "0x4AAAAAAAB", Secret::new("0x4-secret"), &["crease.example"])
    }

    fn check(expected: Result<&str, SettingsError>, change: impl FnOnce(&mut Settings)) {
        let mut settings = live();
        change(&mut settings);
        assert_eq!(settings.check().map(|it| it.to_string()), expected.map(str::to_owned), "{settings:?}");
    }

    #[test]
    fn each_provider_is_asked_at_its_own_address() {
        for (provider, url) in [
            (Provider::RecaptchaV2, "https://www.google.com/recaptcha/api/siteverify"),
            (Provider::RecaptchaV3, "https://www.google.com/recaptcha/api/siteverify"),
            (
                Provider::RecaptchaEnterprise,
                "https://recaptchaenterprise.googleapis.com/v1/projects/my-project/assessments",
            ),
            (Provider::Turnstile, "https://challenges.cloudflare.com/turnstile/v0/siteverify"),
            (Provider::Hcaptcha, "https://api.hcaptcha.com/siteverify"),
        ] {
            check(Ok(url), |it| (it.provider, it.project) = (provider, Some("my-project".into())));
        }
    }

    #[test]
    fn published_test_secrets_and_site_keys_are_for_tests_whoever_is_asked() {
        let own = "https://challenges.cloudflare.com/turnstile/v0/siteverify";
        for secret in SECRETS {
            let shouted = format!(" {} ", secret.to_uppercase());
            check(Err(SettingsError::TestSecret), |it| it.secret = Secret::new(secret));
            check(Err(SettingsError::TestSecret), |it| it.secret = Secret::new(&shouted));
            check(Ok(own), |it| (it.secret, it.mode) = (Secret::new(secret), Mode::Test));
        }
        for site_key in SITE_KEYS {
            check(Err(SettingsError::TestSiteKey), |it| it.site_key = (*site_key).into());
            check(Ok(own), |it| (it.site_key, it.mode) = ((*site_key).into(), Mode::Test));
        }
    }

    #[test]
    fn a_secret_travels_encrypted_or_not_at_all() {
        for (mode, url, is_taken) in [
            (Mode::Live, "https://www.recaptcha.net/recaptcha/api/siteverify", true),
            (Mode::Test, "https://www.recaptcha.net/recaptcha/api/siteverify", true),
            (Mode::Test, "http://127.0.0.1:9/siteverify", true),
            (Mode::Test, "http://[::1]:9/siteverify", true),
            (Mode::Test, "http://localhost:9/siteverify", true),
            (Mode::Live, "http://127.0.0.1:9/siteverify", false),
            (Mode::Live, "http://www.google.com/siteverify", false),
            (Mode::Test, "http://www.google.com/siteverify", false),
            (Mode::Test, "http://localhost.example.com/siteverify", false),
            (Mode::Test, "http://127.0.0.1.example.com/siteverify", false),
            (Mode::Test, "ftp://127.0.0.1/siteverify", false),
            (Mode::Live, "https://user:password@www.google.com/siteverify", false),
            (Mode::Live, "siteverify", false),
        ] {
            let expected = if is_taken { Ok(url) } else { Err(SettingsError::ApiUrl) };
            check(expected, |it| (it.mode, it.api_url) = (mode, Some(url.into())));
        }
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        check(Err(SettingsError::SiteKey), |it| it.site_key = String::new());
        check(Err(SettingsError::SiteKey), |it| it.site_key = "a&b".into());
        check(Err(SettingsError::Secret), |it| it.secret = Secret::new(" "));
        check(Err(SettingsError::Secret), |it| it.secret = Secret::new("a\r\nb"));
        check(Err(SettingsError::Hostnames), |it| it.hostnames.clear());
        check(Err(SettingsError::Hostnames), |it| it.hostnames = vec!["https://crease.example".into()]);
        check(Err(SettingsError::Project), |it| it.provider = Provider::RecaptchaEnterprise);
        check(Err(SettingsError::Project), |it| {
            (it.provider, it.project) = (Provider::RecaptchaEnterprise, Some("a/b".into()));
        });
        for score_min in [-0.1, 1.1] {
            check(Err(SettingsError::ScoreMin { endpoint: "quiz", score_min }), |it| {
                it.policies.insert(Endpoint::Quiz, Policy { score_min, on_outage: OnOutage::Open });
            });
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", live()).contains("0x4-secret"));
    }
}
