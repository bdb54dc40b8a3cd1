//! The human check, as it is configured.

use super::{Http, Secret};
use access::human::{Endpoint, Mode, Policy, Provider, Settings};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use std::time::Duration;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Human {
    #[serde(deserialize_with = "unless_empty")]
    pub provider: Option<Provider>,
    pub site_key: String,
    pub secret: Secret,
    pub project: String,
    pub hostnames: Vec<String>,
    pub sign_up: Policy,
    pub sign_in: Policy,
    pub reset: Policy,
    pub invite: Policy,
    pub answer_ms_max: u64,
    pub mode: Mode,
    pub api_url: String,
}

fn unless_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Provider>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { Provider::deserialize(text.into_deserializer()).map(Some) }
}

impl Human {
    /// Who is asked, in a line.
    pub fn said(&self) -> String {
        match (self.provider, self.mode) {
            (None, _) => "none, everybody passes: human.provider is empty".to_owned(),
            (Some(provider), Mode::Live) => provider.word().to_owned(),
            (Some(provider), Mode::Test) => {
                format!("{}, only tried: with human.mode test everybody may pass", provider.word())
            }
        }
    }

    /// What the check is made of; none where nobody is asked.
    pub fn settings(&self, http: &Http) -> Option<Settings> {
        let provider = self.provider?;
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let hostnames = if self.hostnames.is_empty() { hosts(http) } else { self.hostnames.clone() };
        let policies = [
            (Endpoint::SignUp, self.sign_up),
            (Endpoint::SignIn, self.sign_in),
            (Endpoint::Reset, self.reset),
            (Endpoint::Invite, self.invite),
        ];
        Some(Settings {
            provider,
            site_key: self.site_key.clone(),
            secret: access::Secret::new(self.secret.reveal().unwrap_or_default()),
            project: some(&self.project),
            hostnames,
            policies: policies.into(),
            mode: self.mode,
            api_url: some(&self.api_url),
            answer_within: Duration::from_millis(self.answer_ms_max),
        })
    }
}

/// Where the console's pages are. Without an address it is reached from this machine alone; of one that is none there is no host, which the
/// check refuses.
fn hosts(http: &Http) -> Vec<String> {
    if http.public_url.is_empty() {
        return vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    }
    let url = reqwest::Url::parse(&http.public_url).ok();
    url.and_then(|it| it.host_str().map(str::to_owned)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use access::BotVerifier;
    use access::human::{Endpoint, OnOutage, Policy, Provider};

    const LIVE: &str = "[human]\nprovider = \"turnstile\"\nsite_key = \"0x4AAA\"\nsecret = \"0x4-hunter2\"\n";

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_parts(Some(("crease.toml", file)), variables).map_err(|it| it.to_string())
    }

    #[test]
    fn nobody_is_asked_unless_a_provider_is_named_and_forms_ask_what_the_product_means_for_them() {
        let config = load("", &[]).unwrap();
        assert!(config.human.settings(&config.http).is_none());
        for (endpoint, policy) in [
            (Endpoint::SignUp, config.human.sign_up),
            (Endpoint::SignIn, config.human.sign_in),
            (Endpoint::Reset, config.human.reset),
            (Endpoint::Invite, config.human.invite),
        ] {
            assert_eq!(policy, Policy::of(endpoint), "{endpoint:?}");
        }
    }

    #[test]
    fn a_check_is_of_the_public_addresss_host_unless_others_are_named() {
        let hosts = |environment: &[(&str, &str)]| {
            let config = load(LIVE, environment).unwrap();
            let settings = config.human.settings(&config.http).unwrap();
            assert_eq!(settings.provider, Provider::Turnstile);
            (settings.hostnames.clone(), BotVerifier::new(settings).is_ok())
        };
        let url = "CREASE__HTTP__PUBLIC_URL";
        for (environment, expected, is_taken) in [
            (vec![], vec!["localhost", "127.0.0.1"], true),
            (vec![(url, "https://crease.example:8443")], vec!["crease.example"], true),
            (vec![(url, "crease")], vec![], false),
            (
                vec![
                    (url, "https://a.example"),
                    ("CREASE__HUMAN__HOSTNAMES", "[\"b.example\", \"c.example\"]"),
                ],
                vec!["b.example", "c.example"],
                true,
            ),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(hosts(&environment), (expected, is_taken), "{environment:?}");
        }
    }

    #[test]
    fn a_policy_is_set_whole_by_file_or_environment_and_mistakes_are_said_with_their_place() {
        let policy = "{ score_min = 0.7, on_outage = \"open\" }";
        let wanted = Policy { score_min: 0.7, on_outage: OnOutage::Open };
        let file = format!("{LIVE}sign_up = {policy}\n");
        assert_eq!(load(&file, &[]).unwrap().human.sign_up, wanted);
        assert_eq!(load(LIVE, &[("CREASE__HUMAN__SIGN_UP", policy)]).unwrap().human.sign_up, wanted);
        for (line, expected) in [
            ("sign_up = { score_min = 0.7 }", "crease.toml:5: `human.sign_up`: missing field"),
            ("sign_up = { score = 1 }", "crease.toml:5: `human.sign_up.score`: unknown field"),
            (
                "reset = { score_min = 0, on_outage = \"ajar\" }",
                "crease.toml:5: `human.reset.on_outage`: unknown variant",
            ),
            ("mode = \"tset\"", "crease.toml:5: `human.mode`: unknown variant"),
            ("hostnames = [1]", "crease.toml:5: `human.hostnames[0]`: invalid type"),
        ] {
            let refused = load(&format!("{LIVE}{line}\n"), &[]).unwrap_err();
            assert!(refused.starts_with(expected), "{refused} should start with {expected}");
        }
        let refused = load("[human]\nprovider = \"captcha\"\n", &[]).unwrap_err();
        assert!(
            refused.starts_with("crease.toml:2: `human.provider`: unknown variant `captcha`"),
            "{refused}"
        );
    }

    #[test]
    fn a_providers_secret_is_not_printed() {
        let config = load(LIVE, &[]).unwrap();
        let settings = config.human.settings(&config.http).unwrap();
        assert!(!format!("{config:?} {settings:?}").contains("hunter2"));
    }

    #[test]
    fn a_check_that_would_let_everybody_pass_is_none_to_start_with() {
        let start = |environment: &[(&str, &str)]| {
            let own = [("CREASE__HUMAN__PROVIDER", "turnstile"), ("CREASE__HUMAN__SITE_KEY", "0x4AAA")];
            let config = load("", &[&own, environment].concat()).unwrap();
            crate::role::human(&config).map(|it| it.is_some()).map_err(|it| it.to_string())
        };
        let (secret, published) = ("CREASE__HUMAN__SECRET", "1x0000000000000000000000000000000AA");
        assert_eq!(start(&[(secret, "0x4-own")]), Ok(true));
        assert_eq!(start(&[(secret, published), ("CREASE__HUMAN__MODE", "test")]), Ok(true));
        let near = ("CREASE__HUMAN__API_URL", "http://127.0.0.1:9/");
        for (environment, said) in [
            (vec![(secret, published)], "human.secret is published for tests"),
            (vec![], "human.secret is empty"),
            (vec![(secret, "own"), near], "human.api_url is an https address"),
        ] {
            let refused = start(&environment).unwrap_err();
            assert!(refused.starts_with(said) && !refused.contains(published), "{refused}");
        }
    }
}
