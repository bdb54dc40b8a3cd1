//! Who tells people from programs, and what a page needs to show it.

use super::Endpoint;
use serde::Deserialize;

/// Whose check it is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The box to tick.
    RecaptchaV2,
    /// A score, and nothing to see.
    RecaptchaV3,
    /// A score, by Google Cloud: with keys of its kind "score", which carry an action.
    RecaptchaEnterprise,
    Turnstile,
    /// A score too for who pays for one.
    Hcaptcha,
}

impl Provider {
    pub const ALL: [Provider; 5] = [
        Provider::RecaptchaV2,
        Provider::RecaptchaV3,
        Provider::RecaptchaEnterprise,
        Provider::Turnstile,
        Provider::Hcaptcha,
    ];

    /// As the configuration and the metrics call it.
    pub const fn word(self) -> &'static str {
        match self {
            Provider::RecaptchaV2 => "recaptcha_v2",
            Provider::RecaptchaV3 => "recaptcha_v3",
            Provider::RecaptchaEnterprise => "recaptcha_enterprise",
            Provider::Turnstile => "turnstile",
            Provider::Hcaptcha => "hcaptcha",
        }
    }

    /// Whether a token says what it was made for.
    pub(super) const fn knows_actions(self) -> bool {
        match self {
            Provider::RecaptchaV3 | Provider::RecaptchaEnterprise | Provider::Turnstile => true,
            Provider::RecaptchaV2 | Provider::Hcaptcha => false,
        }
    }

    /// Whether an answer without a score is none.
    pub(super) const fn always_scores(self) -> bool {
        matches!(self, Provider::RecaptchaV3 | Provider::RecaptchaEnterprise)
    }

    /// Where tokens are checked; `project` is Google Cloud's, for Enterprise.
    pub(super) fn api_url(self, project: &str) -> String {
        match self {
            Provider::RecaptchaV2 | Provider::RecaptchaV3 => {
                "https://www.google.com/recaptcha/api/siteverify".to_owned()
            }
            Provider::RecaptchaEnterprise => {
                format!("https://recaptchaenterprise.googleapis.com/v1/projects/{project}/assessments")
            }
            Provider::Turnstile => "https://challenges.cloudflare.com/turnstile/v0/siteverify".to_owned(),
            Provider::Hcaptcha => "https://api.hcaptcha.com/siteverify".to_owned(),
        }
    }

    /// Whether a token looks like one. What does not is never sent on: nothing that a visitor typed shall upset the provider, since that would
    /// look like an outage.
    pub(super) fn could_make(self, token: &str) -> bool {
        let length_max = match self {
            // Said in its documentation.
            Provider::Turnstile => 2048,
            // Some 2 KB are seen; they say no limit.
            _ => 8192,
        };
        let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~+/=:|".contains(&it);
        token.len() <= length_max && token.bytes().all(is_plain)
    }
}

/// What a page needs to show the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widget {
    pub provider: Provider,
    /// Public.
    pub site_key: String,
    /// The provider's script.
    pub script_url: String,
    /// The form's field that holds the token.
    pub field: &'static str,
    pub shows: Shows,
    pub sources: Sources,
}

/// How the check comes into a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The script fills an element of this class, with the site key as `data-sitekey` and [`Widget::action`] as `data-action`, and adds the
    /// field to the form around it.
    Element { class: &'static str },
    /// Nothing is seen. The page's own script calls `execute(site_key, {action})` of this object when the form is sent, and puts the token into
    /// the field.
    Nothing { object: &'static str },
}

/// What the page's content security policy must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    pub script: &'static [&'static str],
    pub frame: &'static [&'static str],
    pub connect: &'static [&'static str],
    pub style: &'static [&'static str],
}

const GOOGLE: Sources = Sources {
    script: &["https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"],
    frame: &["https://www.google.com/recaptcha/", "https://recaptcha.google.com/recaptcha/"],
    connect: &["https://www.google.com/recaptcha/"],
    style: &[],
};
const CLOUDFLARE: Sources = Sources {
    script: &["https://challenges.cloudflare.com"],
    frame: &["https://challenges.cloudflare.com"],
    connect: &[],
    style: &[],
};
const HCAPTCHA: Sources = Sources {
    script: &["https://hcaptcha.com", "https://*.hcaptcha.com"],
    frame: &["https://hcaptcha.com", "https://*.hcaptcha.com"],
    connect: &["https://hcaptcha.com", "https://*.hcaptcha.com"],
    style: &["https://hcaptcha.com", "https://*.hcaptcha.com"],
};

impl Widget {
    /// Invariant: the site key has only letters, digits, `-` and `_`.
    pub(super) fn new(provider: Provider, site_key: &str) -> Self {
        let (script_url, field, shows, sources) = match provider {
            Provider::RecaptchaV2 => (
                "https://www.google.com/recaptcha/api.js".to_owned(),
                "g-recaptcha-response",
                Shows::Element { class: "g-recaptcha" },
                GOOGLE,
            ),
            Provider::RecaptchaV3 => (
                format!("https://www.google.com/recaptcha/api.js?render={site_key}"),
                "g-recaptcha-response",
                Shows::Nothing { object: "grecaptcha" },
                GOOGLE,
            ),
            Provider::RecaptchaEnterprise => (
                format!("https://www.google.com/recaptcha/enterprise.js?render={site_key}"),
                "g-recaptcha-response",
                Shows::Nothing { object: "grecaptcha.enterprise" },
                GOOGLE,
            ),
            Provider::Turnstile => (
                "https://challenges.cloudflare.com/turnstile/v0/api.js".to_owned(),
                "cf-turnstile-response",
                Shows::Element { class: "cf-turnstile" },
                CLOUDFLARE,
            ),
            Provider::Hcaptcha => (
                "https://js.hcaptcha.com/1/api.js".to_owned(),
                "h-captcha-response",
                Shows::Element { class: "h-captcha" },
                HCAPTCHA,
            ),
        };
        Self { provider, site_key: site_key.to_owned(), script_url, field, shows, sources }
    }

    /// What the token is asked for, where the provider keeps that.
    pub const fn action(&self, endpoint: Endpoint) -> Option<&'static str> {
        if self.provider.knows_actions() { Some(endpoint.action()) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_its_providers_letters_and_length() {
        for provider in Provider::ALL {
            for token in [
                "XXXX.DUMMY.TOKEN.XXXX",
                "10000000-aaaa-bbbb-cccc-000000000001",
                "P1_eyJ0eXAi.x-y_z",
                "03AFcWeA=",
            ] {
                assert!(provider.could_make(token), "{provider:?} {token}");
            }
            for token in ["a b", "a\nb", "<script>", "a'b", "a\"b", "a&b", "é", &"a".repeat(8193)] {
                assert!(!provider.could_make(token), "{provider:?} {token}");
            }
        }
        assert!(Provider::Turnstile.could_make(&"a".repeat(2048)));
        assert!(!Provider::Turnstile.could_make(&"a".repeat(2049)));
        assert!(Provider::Hcaptcha.could_make(&"a".repeat(8192)));
    }

    #[test]
    fn a_page_may_load_the_script_that_it_names() {
        for provider in Provider::ALL {
            let widget = Widget::new(provider, "site-key_1");
            let allowed = widget.sources.script.iter().any(|it| match it.strip_prefix("https://*") {
                Some(domain) => {
                    widget.script_url.split('/').nth(2).is_some_and(|host| host.ends_with(domain))
                }
                None => widget.script_url.starts_with(it),
            });
            assert!(allowed, "{widget:?}");
            assert!(!widget.sources.frame.is_empty(), "{widget:?}");
            assert_eq!(widget.site_key, "site-key_1");
            let action = provider.knows_actions().then_some("sign_up");
            assert_eq!(widget.action(Endpoint::SignUp), action, "{provider:?}");
        }
    }
}
