//! Stripe: PaymentIntents, refunds, and transfers to connected accounts (Stripe API reference; version in [`VERSION`]).
//!
//! What is made carries our id as idempotency key and in its metadata. Keys are forgotten after a day or more
//! (Stripe, "Idempotent requests"), and an answer 500 is remembered with its key: so what may have been made
//! before is looked for in lists first. An intent that is made twice is no harm, for only the one that is
//! kept is ever shown to a payer.

mod format;
#[cfg(test)]
mod tests;

use super::http::{self, Line as Wire, NoClient, Why};
use super::{
    Answer, Before, Capture, Gateway, GatewayError, Gone, Headers, Lines, Mode, NotGenuine, Opened, Opening,
    Page, PayingOut, Refunding, Secret, Told, signature,
};
use crate::asset::{Asset, AssetCode, Inr, Usd};
use crate::money::Money;
use crate::payment::state::Known;
use format::{Event, Intent, List, Refund, Transaction, Transfer};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The version whose shapes are read here; without it an account's own would decide.
pub const VERSION: &str = "2024-06-20";
/// How old a webhook may be, as Stripe's own libraries have it (Stripe, "Verify webhook signatures",
/// preventing replay attacks).
pub const TOLERANCE_SECONDS: i64 = 300;
const SIGNATURE: &str = "stripe-signature";
/// What a list has at most.
const PAGE: &str = "100";

/// How to speak to Stripe.
#[derive(Clone, Debug)]
pub struct Account {
    pub secret_key: Secret,
    /// For payers' pages.
    pub publishable_key: String,
    /// Of the webhook endpoint: the present one, and one before it while it is rolled (Stripe signs with both
    /// for up to a day).
    pub webhook_secrets: Vec<Secret>,
}

#[derive(Clone, Debug)]
pub struct Stripe {
    wire: Wire,
    mode: Mode,
    publishable_key: String,
    webhook_secrets: Vec<Secret>,
}

impl Stripe {
    pub fn new(account: Account) -> Result<Self, NoClient> {
        Self::at("https://api.stripe.com", account)
    }

    /// The same at another address.
    pub fn at(base: &str, account: Account) -> Result<Self, NoClient> {
        let Account { secret_key, publishable_key, webhook_secrets } = account;
        let says = |mode: &str| secret_key.reveal().split('_').nth(1) == Some(mode);
        let mode = match () {
            () if says("test") => Mode::Test,
            () if says("live") => Mode::Live,
            () => return Err(NoClient::UnknownMode { gateway: "stripe" }),
        };
        // The key is the user's name; there is no password (Stripe, "Authentication").
        let wire = Wire::new(base, secret_key, Secret::new(""))?;
        Ok(Self { wire, mode, publishable_key, webhook_secrets })
    }

    /// How long it may take to answer; 30 s unless said otherwise.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { wire: self.wire.patience(patience), ..self }
    }

    async fn see(&self, path: &str) -> Result<Intent, GatewayError> {
        self.get(path, &[]).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, GatewayError> {
        let query = form(query);
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        send(self.wire.request(Method::GET, &path)).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        let mut request = self.wire.request(Method::POST, path);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(fields));
        send(request).await
    }

    async fn open(&self, opening: Opening) -> Result<Opened, GatewayError> {
        let id = opening.payment.to_string();
        let capture = match opening.capture {
            Capture::AtOnce => "automatic",
            Capture::Later => "manual",
        };
        let fields = [
            ("amount", opening.money.units().to_string()),
            ("currency", opening.money.asset().text().to_owned()),
            ("capture_method", capture.to_owned()),
            ("metadata[payment]", id.clone()),
        ];
        let intent: Intent = self.post("/v1/payment_intents", Some(&id), &borrowed(&fields)).await?;
        Ok(Opened { page: self.page_of(&intent)?, reference: intent.id })
    }

    fn page_of(&self, intent: &Intent) -> Result<Page, GatewayError> {
        let secret = intent.client_secret.as_deref();
        let secret = secret.ok_or_else(|| GatewayError::ambiguous("the intent has no client secret"))?;
        let publishable_key = self.publishable_key.clone();
        Ok(Page::Stripe { client_secret: Secret::new(secret), publishable_key })
    }

    /// Does something to an intent; one whose state has changed meanwhile is looked at instead.
    async fn act(&self, reference: &str, act: &str, fields: &[(&str, &str)]) -> Result<Known, GatewayError> {
        let path = format!("/v1/payment_intents/{}", segment(reference));
        // Done twice, the second is refused. Under a key the refusal of a moment would be remembered for a day.
        match self.post::<Intent>(&format!("{path}/{act}"), None, fields).await {
            Ok(intent) => Ok(intent.known()),
            Err(GatewayError::Refused { .. }) => Ok(self.see(&path).await?.known()),
            Err(error) => Err(error),
        }
    }

    async fn refund(&self, refunding: Refunding<'_>) -> Result<Gone, GatewayError> {
        let id = refunding.refund.to_string();
        if refunding.before == Before::Perhaps {
            let query = [("payment_intent", refunding.reference), ("limit", PAGE)];
            let made: List<Refund> = self.get("/v1/refunds", &query).await?;
            if let Some(it) = made.data.iter().find(|it| it.metadata.is("refund", &id)) {
                return Ok(it.gone());
            }
        }
        let units = refunding.money.units().to_string();
        let fields = [
            ("payment_intent", refunding.reference),
            ("amount", units.as_str()),
            ("metadata[refund]", id.as_str()),
        ];
        Ok(self.post::<Refund>("/v1/refunds", Some(&id), &fields).await?.gone())
    }

    async fn pay_out(&self, paying: PayingOut<'_>) -> Result<Gone, GatewayError> {
        let id = paying.payout.to_string();
        if paying.before == Before::Perhaps {
            let query = [("transfer_group", id.as_str()), ("limit", "1")];
            let made: List<Transfer> = self.get("/v1/transfers", &query).await?;
            if let Some(it) = made.data.first() {
                return Ok(it.gone());
            }
        }
        let units = paying.money.units().to_string();
        let fields = [
            ("amount", units.as_str()),
            ("currency", paying.money.asset().text()),
            ("destination", paying.destination),
            ("transfer_group", id.as_str()),
            ("metadata[payout]", id.as_str()),
        ];
        Ok(self.post::<Transfer>("/v1/transfers", Some(&id), &fields).await?.gone())
    }

    async fn report(
        &self,
        from: Timestamp,
        to: Timestamp,
        page: Option<&str>,
    ) -> Result<Lines, GatewayError> {
        let (from, to) = (from.as_second().to_string(), to.as_second().to_string());
        let mut query = vec![("created[gte]", from.as_str()), ("created[lt]", to.as_str()), ("limit", PAGE)];
        query.extend(page.map(|it| ("starting_after", it)));
        let list: List<Transaction> = self.get("/v1/balance_transactions", &query).await?;
        let next = list.data.last().filter(|_| list.has_more).map(|it| it.id.clone());
        Ok(Lines { lines: list.data.into_iter().filter_map(Transaction::line).collect(), next })
    }
}

impl Gateway for Stripe {
    fn code(&self) -> &'static str {
        "stripe"
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    fn takes(&self, asset: AssetCode) -> bool {
        [Inr::CODE, Usd::CODE].contains(&asset)
    }

    fn open(&self, opening: Opening) -> Answer<'_, Opened> {
        Box::pin(self.open(opening))
    }

    fn page<'a>(&'a self, reference: &'a str) -> Answer<'a, Page> {
        Box::pin(async move {
            let intent = self.see(&format!("/v1/payment_intents/{}", segment(reference))).await?;
            self.page_of(&intent)
        })
    }

    fn look<'a>(&'a self, reference: &'a str) -> Answer<'a, Known> {
        Box::pin(async move {
            let path = format!("/v1/payment_intents/{}", segment(reference));
            Ok(self.see(&path).await?.known())
        })
    }

    fn capture<'a>(&'a self, reference: &'a str, _: &'a str, money: Money) -> Answer<'a, Known> {
        Box::pin(async move {
            let units = money.units().to_string();
            self.act(reference, "capture", &[("amount_to_capture", &units)]).await
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> Answer<'a, Known> {
        Box::pin(self.act(reference, "cancel", &[]))
    }

    fn refund<'a>(&'a self, refunding: Refunding<'a>) -> Answer<'a, Gone> {
        Box::pin(self.refund(refunding))
    }

    fn look_at_refund<'a>(&'a self, reference: &'a str) -> Answer<'a, Gone> {
        Box::pin(async move {
            let path = format!("/v1/refunds/{}", segment(reference));
            Ok(self.get::<Refund>(&path, &[]).await?.gone())
        })
    }

    fn pay_out<'a>(&'a self, paying: PayingOut<'a>) -> Answer<'a, Gone> {
        Box::pin(self.pay_out(paying))
    }

    fn look_at_payout<'a>(&'a self, reference: &'a str) -> Answer<'a, Gone> {
        Box::pin(async move {
            let path = format!("/v1/transfers/{}", segment(reference));
            Ok(self.get::<Transfer>(&path, &[]).await?.gone())
        })
    }

    fn headers(&self) -> &'static [&'static str] {
        &[SIGNATURE]
    }

    /// `Stripe-Signature: t=1492774577,v1=…,v1=…`: the HMAC of time, dot and body; one `v1` for each secret,
    /// and other schemes to be ignored.
    fn prove(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<String, NotGenuine> {
        let header = headers.iter().find(|(name, _)| *name == SIGNATURE).map(|(_, value)| *value);
        let header = header.ok_or(NotGenuine::NoHeader { header: SIGNATURE })?;
        let (mut at, mut signatures) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", seconds)) => at = Some(seconds),
                Some(("v1", signature)) => signatures.push(signature),
                _ => {}
            }
        }
        let bad = NotGenuine::BadHeader { header: SIGNATURE };
        let at = at.ok_or(bad)?;
        let seconds = at.parse::<i64>().map_err(|_| bad)?;
        let fits = |it: &&str| signature::is_signed(&self.webhook_secrets, &[at.as_bytes(), b".", body], it);
        if !signatures.iter().any(fits) {
            return Err(NotGenuine::Forged);
        }
        let age = now.as_second().saturating_sub(seconds);
        let max = TOLERANCE_SECONDS;
        match age {
            _ if age < -max => return Err(NotGenuine::TooNew { seconds: age.saturating_neg(), max }),
            _ if age > max => return Err(NotGenuine::TooOld { seconds: age, max }),
            _ => {}
        }
        let event: Named = serde_json::from_slice(body).map_err(|_| NotGenuine::Unreadable)?;
        Ok(event.id)
    }

    fn understand(&self, body: &[u8]) -> Result<Told, NotGenuine> {
        let event: Event = serde_json::from_slice(body).map_err(|_| NotGenuine::Unreadable)?;
        event.told().map_err(|_| NotGenuine::Unreadable)
    }

    fn report<'a>(&'a self, from: Timestamp, to: Timestamp, page: Option<&'a str>) -> Answer<'a, Lines> {
        Box::pin(self.report(from, to, page))
    }
}

/// What has an id.
#[derive(Deserialize)]
struct Named {
    id: String,
}

async fn send<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, GatewayError> {
    http::call(request.header("stripe-version", VERSION), why).await
}

/// `{"error": {"type": …, "code": …, "message": …}}` (Stripe, "Errors").
fn why(body: &[u8]) -> Option<Why> {
    #[derive(Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        #[serde(default, rename = "type")]
        kind: Option<String>,
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        decline_code: Option<String>,
        #[serde(default)]
        message: Option<String>,
    }
    let Body { error } = serde_json::from_slice(body).ok()?;
    let code = error.decline_code.or(error.code).or(error.kind).unwrap_or_else(|| "unknown".to_owned());
    Some(Why { code, message: error.message.unwrap_or_default() })
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn borrowed<'a>(fields: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// A reference as a part of a path: it came from the gateway, and ends nothing all the same.
fn segment(reference: &str) -> String {
    form_urlencoded::byte_serialize(reference.as_bytes()).collect()
}
