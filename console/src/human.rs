//! The human check in a form: the provider's own element, or a field that our script fills, and what is said beside it.

use crate::assets;
use crate::controls::Filled;
use access::human::{Endpoint, Shows, Widget};
use maud::{Markup, html};

/// What a form of an endpoint shows, and what its page may load.
#[derive(Clone, Debug)]
pub struct Check {
    pub widget: Widget,
    pub endpoint: Endpoint,
}

impl Check {
    /// What is wrong with it is said of this field.
    pub const FIELD: &str = "human";

    /// The policy of the page that shows it: the console's, and what the provider's script is and does.
    pub fn content_security_policy(&self) -> String {
        let sources = self.widget.sources;
        let with_more = |directive: &str| {
            let more: &[&str] = match directive.split(' ').next() {
                Some("script-src") => sources.script,
                Some("frame-src") => sources.frame,
                Some("connect-src") => sources.connect,
                Some("style-src") => sources.style,
                _ => &[],
            };
            [&[directive], more].concat().join(" ")
        };
        assets::CONTENT_SECURITY_POLICY.split("; ").map(with_more).collect::<Vec<_>>().join("; ")
    }

    /// In the form, before its button.
    pub fn field(&self, filled: Filled<'_>) -> Markup {
        let mistake = filled.mistakes.of(Self::FIELD);
        let described = mistake.map(|_| "human-mistake");
        let widget = &self.widget;
        let action = widget.action(self.endpoint);
        let script_needed = html! {
            noscript { p.notice { "This step needs JavaScript: it checks that you are no robot. Allow it for this page, and load the page again." } }
        };
        match widget.shows {
            Shows::Element { class } => html! {
                div.field #(Self::FIELD) tabindex="-1" role="group" aria-label="Check that you are no robot" aria-describedby=[described] {
                    @if let Some(text) = mistake { p.mistake #human-mistake { (text) } }
                    div class=(class) data-sitekey=(widget.site_key) data-action=[action] data-human=(widget.field) {}
                    (script_needed)
                }
            },
            Shows::Nothing { object } => html! {
                @if let Some(text) = mistake { p.mistake #(Self::FIELD) tabindex="-1" { (text) } }
                input type="hidden" name=(widget.field) data-human=(object) data-sitekey=(widget.site_key) data-action=[action];
                (script_needed)
            },
        }
    }

    /// At the end of the page: the provider's script is the last, since all others wait for those before them.
    pub fn scripts(&self) -> Markup {
        html! {
            script type="module" src=(assets::path("human.js")) {}
            script src=(self.widget.script_url) defer {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Fields, Mistakes};
    use access::BotVerifier;
    use access::Secret;
    use access::human::{Provider, Settings};

    fn check(provider: Provider) -> Check {
        let settings = Settings {
            project: Some("project".into()),
            ..Settings::new(provider, "site-key_1", Secret::new("never-shown"), &["crease.example"])
        };
        let widget = BotVerifier::new(settings).unwrap().widget().unwrap();
        Check { widget, endpoint: Endpoint::SignUp }
    }

    fn field(provider: Provider, mistakes: &Mistakes) -> String {
        check(provider).field(Filled { fields: &Fields::default(), mistakes }).into_string()
    }

    #[test]
    fn each_provider_finds_its_element_or_our_script_its_field() {
        for (provider, expected) in [
            (
                Provider::RecaptchaV2,
                r#"<div class="g-recaptcha" data-sitekey="site-key_1" data-human="g-recaptcha-response"></div>"#,
            ),
            (
                Provider::Turnstile,
                r#"<div class="cf-turnstile" data-sitekey="site-key_1" data-action="sign_up" data-human="cf-turnstile-response"></div>"#,
            ),
            (
                Provider::Hcaptcha,
                r#"<div class="h-captcha" data-sitekey="site-key_1" data-human="h-captcha-response"></div>"#,
            ),
            (
                Provider::RecaptchaV3,
                r#"<input type="hidden" name="g-recaptcha-response" data-human="grecaptcha" data-sitekey="site-key_1" data-action="sign_up">"#,
            ),
            (
                Provider::RecaptchaEnterprise,
                r#"<input type="hidden" name="g-recaptcha-response" data-human="grecaptcha.enterprise" data-sitekey="site-key_1" data-action="sign_up">"#,
            ),
        ] {
            let html = field(provider, &Mistakes::default());
            assert!(html.contains(expected), "{html}");
            assert!(html.contains("<noscript>") && html.contains("needs JavaScript"), "{html}");
            assert!(!html.contains("mistake") && !html.contains("describedby"), "{html}");
        }
    }

    #[test]
    fn what_was_wrong_is_beside_the_check_and_led_to_from_above_the_form() {
        for provider in Provider::ALL {
            let mistakes = Mistakes::one(Check::FIELD, "Please <do> it.");
            let html = field(provider, &mistakes);
            assert_eq!(html.matches(r#" id="human""#).count(), 1, "{html}");
            assert!(html.contains("Please &lt;do&gt; it."), "{html}");
            let fields = Fields::default();
            let above = Filled { fields: &fields, mistakes: &mistakes }.summary().into_string();
            assert!(above.contains(r##"<a href="#human">"##), "{above}");
        }
        let html = field(Provider::Turnstile, &Mistakes::one(Check::FIELD, "No."));
        assert!(
            html.contains(r#"aria-describedby="human-mistake""#) && html.contains(r#"id="human-mistake""#),
            "{html}"
        );
    }

    #[test]
    fn the_page_may_load_what_the_provider_needs_and_nothing_else() {
        for provider in Provider::ALL {
            let check = check(provider);
            let policy = check.content_security_policy();
            assert!(
                !policy.contains("unsafe") && !policy.contains(" *") && !policy.contains(" https: "),
                "{policy}"
            );
            let sources = check.widget.sources;
            let directives: Vec<&str> = policy.split("; ").collect();
            assert_eq!(directives.len(), assets::CONTENT_SECURITY_POLICY.split("; ").count());
            for (was, is) in assets::CONTENT_SECURITY_POLICY.split("; ").zip(directives) {
                let more = is.strip_prefix(was).unwrap();
                let expected = match was.split(' ').next().unwrap() {
                    "script-src" => sources.script,
                    "frame-src" => sources.frame,
                    "connect-src" => sources.connect,
                    "style-src" => sources.style,
                    _ => &[],
                };
                assert_eq!(more.split_whitespace().collect::<Vec<_>>(), expected, "{provider:?} {was}");
            }
            let scripts = check.scripts().into_string();
            assert!(scripts.contains(&check.widget.script_url) && scripts.contains("/human.js"), "{scripts}");
            assert_eq!(scripts.matches("></script>").count(), 2, "nothing is inline: {scripts}");
        }
    }
}
