//! Asking a provider over HTTPS.

use super::Provider;
use super::answer::{self, Answer, Doubt, Fault};
use super::settings::{self, Settings, SettingsError};
use crate::Secret;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Url, redirect};
use serde_json::json;
use std::net::IpAddr;

/// Answers have some 300 bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What is to be judged.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) token: &'a str,
    pub(super) action: &'static str,
    pub(super) address: IpAddr,
}

/// A provider that can be asked.
pub(super) struct Asker {
    http: reqwest::Client,
    url: Url,
    provider: Provider,
    site_key: String,
    secret: Secret,
    /// The secret as a header, for Google Cloud: in the address it would be in every log on its way.
    api_key: HeaderValue,
}

impl Asker {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let url = settings.check()?;
        // reqwest is built without a choice of cryptography; a second call finds the first one's.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .timeout(settings.answer_within)
            // Where a provider sent us on to, the secret would go too.
            .redirect(redirect::Policy::none());
        if settings::is_loopback(&url) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| SettingsError::Client { reason: error.to_string() })?;
        let mut api_key =
            HeaderValue::from_str(settings.secret.reveal()).map_err(|_| SettingsError::Secret)?;
        api_key.set_sensitive(true);
        Ok(Self {
            http,
            url,
            provider: settings.provider,
            site_key: settings.site_key.clone(),
            secret: settings.secret.clone(),
            api_key,
        })
    }

    /// Asks once: somebody waits, and tokens can be shown to a provider only once.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Answer, Doubt> {
        let (status, body) = self.request(question).await.map_err(Doubt::Fault)?;
        answer::read(self.provider, status, &body)
    }

    async fn request(&self, question: Question<'_>) -> Result<(u16, Vec<u8>), Fault> {
        let request = match self.provider {
            Provider::RecaptchaEnterprise => self.assessment(question),
            _ => self.siteverify(question),
        };
        let mut response = request.send().await.map_err(fault)?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(fault)? {
            if body.len() + part.len() > BODY_BYTES_MAX {
                return Err(Fault::Oversized);
            }
            body.extend_from_slice(&part);
        }
        Ok((response.status().as_u16(), body))
    }

    fn siteverify(&self, question: Question<'_>) -> RequestBuilder {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("secret", self.secret.reveal())
            .append_pair("response", question.token)
            .append_pair("remoteip", &question.address.to_string());
        if self.provider == Provider::Hcaptcha {
            // Else it takes a token of any of the account's sites.
            form.append_pair("sitekey", &self.site_key);
        }
        let form_type = "application/x-www-form-urlencoded";
        self.http.post(self.url.clone()).header(CONTENT_TYPE, form_type).body(form.finish())
    }

    fn assessment(&self, question: Question<'_>) -> RequestBuilder {
        let event = json!({
            "token": question.token,
            "siteKey": self.site_key,
            "expectedAction": question.action,
            "userIpAddress": question.address,
        });
        let request = self.http.post(self.url.clone()).header("x-goog-api-key", self.api_key.clone());
        request.json(&json!({ "event": event }))
    }
}

fn fault(error: reqwest::Error) -> Fault {
    if error.is_timeout() {
        return Fault::Slow;
    }
    // The innermost says what happened: "connection refused".
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    Fault::Unreached { reason: innermost.to_string() }
}
