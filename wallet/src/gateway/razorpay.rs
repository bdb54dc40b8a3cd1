//! Razorpay: orders and their payments, refunds, and payouts of Razorpay X to fund accounts (Razorpay, API reference).
//!
//! An order has no idempotency key: our id is its receipt, by which it is looked for before it is made again.
//! Refunds and payouts have keys (`X-Refund-Idempotency`, `X-Payout-Idempotency`), and our ids as receipt and
//! reference too. An order cannot be cancelled: one whose time is over is given up here, and money that comes
//! for it all the same is taken in.
//!
//! Its report is of payments, refunds and payouts by the day on which they were made. That of settlements
//! (`/v1/settlements/recon/combined`) goes by the day on which they reach our bank, days later, and has nothing that
//! is on hold.

mod format;
#[cfg(test)]
mod tests;

use super::http::{self, Line as Wire, NoClient, Why};
use super::{
    Answer, Before, Capture, Gateway, GatewayError, Gone, Headers, Lines, Mode, NotGenuine, Opened, Opening,
    Page, PayingOut, Refunding, Secret, Told, signature,
};
use crate::asset::{Asset, AssetCode, Inr};
use crate::money::Money;
use crate::payment::state::{Known, Stage};
use format::{Collection, Event, Order, Payment, Payout, Refund};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

const SIGNATURE: &str = "x-razorpay-signature";
const EVENT_ID: &str = "x-razorpay-event-id";
/// They have 14; more than so many is none of theirs.
const EVENT_ID_CHARS_MAX: usize = 64;
/// What a list has at most.
const PAGE: usize = 100;

/// How to speak to Razorpay.
#[derive(Clone, Debug)]
pub struct Account {
    pub key_id: String,
    pub key_secret: Secret,
    /// The present one and those before it: what is sent again after a change is signed with the old one
    /// (Razorpay, "Validate and test webhooks").
    pub webhook_secrets: Vec<Secret>,
    /// The account of Razorpay X from which partners are paid; none where nobody is.
    pub payout_account: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Razorpay {
    wire: Wire,
    mode: Mode,
    account: Account,
}

impl Razorpay {
    pub fn new(account: Account) -> Result<Self, NoClient> {
        Self::at("https://api.razorpay.com", account)
    }

    /// The same at another address.
    pub fn at(base: &str, account: Account) -> Result<Self, NoClient> {
        let mode = match account.key_id.split('_').nth(1) {
            Some("test") => Mode::Test,
            Some("live") => Mode::Live,
            _ => return Err(NoClient::UnknownMode { gateway: "razorpay" }),
        };
        let wire = Wire::new(base, Secret::new(&account.key_id), account.key_secret.clone())?;
        Ok(Self { wire, mode, account })
    }

    /// How long it may take to answer; 30 s unless said otherwise.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { wire: self.wire.patience(patience), ..self }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, GatewayError> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        http::call(self.wire.request(Method::GET, &path), why).await
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.wire.request(Method::POST, path).json(body)
    }

    fn page_of(&self, order: &str) -> Page {
        Page::Razorpay { order: order.to_owned(), key_id: self.account.key_id.clone() }
    }

    async fn open(&self, opening: Opening) -> Result<Opened, GatewayError> {
        let id = opening.payment.to_string();
        let made = match opening.before {
            Before::Nothing => None,
            Before::Perhaps => {
                let orders: Collection<Order> = self.get("/v1/orders", &[("receipt", &id)]).await?;
                // The first that was made, whichever time it is looked for.
                orders.items.into_iter().filter(|it| it.is_for(&id)).min_by_key(Order::age)
            }
        };
        let order = match made {
            Some(order) => order,
            None => {
                let body = json!({
                    "amount": opening.money.units(),
                    "currency": currency(opening.money.asset()),
                    "receipt": id,
                    "payment_capture": opening.capture == Capture::AtOnce,
                    "notes": { "payment": id },
                });
                http::call(self.post("/v1/orders", &body), why).await?
            }
        };
        Ok(Opened { page: self.page_of(&order.id), reference: order.id })
    }

    async fn look(&self, reference: &str) -> Result<Known, GatewayError> {
        let path = format!("/v1/orders/{}", segment(reference));
        let order: Order = self.get(&path, &[]).await?;
        let payments: Collection<Payment> = self.get(&format!("{path}/payments"), &[]).await?;
        let mut known = order.known();
        payments.items.iter().for_each(|it| known.join(&it.known()));
        Ok(known)
    }

    async fn capture(&self, reference: &str, charge: &str, money: Money) -> Result<Known, GatewayError> {
        let path = format!("/v1/payments/{}/capture", segment(charge));
        let body = json!({ "amount": money.units(), "currency": currency(money.asset()) });
        match http::call::<Payment>(self.post(&path, &body), why).await {
            Ok(payment) => Ok(payment.known()),
            // It was captured before, or went back: the order says which.
            Err(GatewayError::Refused { .. }) => self.look(reference).await,
            Err(error) => Err(error),
        }
    }

    async fn refund(&self, refunding: Refunding<'_>) -> Result<Gone, GatewayError> {
        let id = refunding.refund.to_string();
        let path = format!("/v1/payments/{}", segment(refunding.charge));
        if refunding.before == Before::Perhaps {
            let made: Collection<Refund> =
                self.get(&format!("{path}/refunds"), &[("count", &PAGE.to_string())]).await?;
            if let Some(it) = made.items.iter().find(|it| it.is_for(&id)) {
                return Ok(it.gone());
            }
        }
        let body = json!({
            "amount": refunding.money.units(),
            "speed": "normal",
            "receipt": id,
            "notes": { "refund": id },
        });
        let request = self.post(&format!("{path}/refund"), &body).header("x-refund-idempotency", id);
        Ok(http::call::<Refund>(request, why).await?.gone())
    }

    async fn pay_out(&self, paying: PayingOut<'_>) -> Result<Gone, GatewayError> {
        let id = paying.payout.to_string();
        let account = self.payout_account()?;
        if paying.before == Before::Perhaps {
            let query = [("account_number", account), ("reference_id", id.as_str())];
            let made: Collection<Payout> = self.get("/v1/payouts", &query).await?;
            if let Some(it) = made.items.iter().find(|it| it.is_for(&id)) {
                return Ok(it.gone());
            }
        }
        let body = json!({
            "account_number": account,
            "fund_account_id": paying.destination,
            "amount": paying.money.units(),
            "currency": currency(paying.money.asset()),
            "mode": "NEFT",
            "purpose": "payout",
            "queue_if_low_balance": true,
            "reference_id": id,
            "notes": { "payout": id },
        });
        let request = self.post("/v1/payouts", &body).header("x-payout-idempotency", id);
        Ok(http::call::<Payout>(request, why).await?.gone())
    }

    fn payout_account(&self) -> Result<&str, GatewayError> {
        self.account.payout_account.as_deref().ok_or_else(|| GatewayError::Refused {
            code: "no_payout_account".to_owned(),
            message: "no account of Razorpay X is configured".to_owned(),
        })
    }

    /// Payments, then refunds, then payouts that were made in this time; `page` is which of them, and how
    /// many were had.
    async fn report(
        &self,
        from: Timestamp,
        to: Timestamp,
        page: Option<&str>,
    ) -> Result<Lines, GatewayError> {
        let (what, skip) = page.and_then(|it| it.split_once(':')).unwrap_or(("payments", "0"));
        let had = skip.parse::<usize>().unwrap_or(0);
        // Both ends are part of it.
        let (from, to) = (from.as_second().to_string(), to.as_second().saturating_sub(1).to_string());
        let count = PAGE.to_string();
        let mut query =
            vec![("from", from.as_str()), ("to", to.as_str()), ("count", count.as_str()), ("skip", skip)];
        let account = self.account.payout_account.as_deref();
        let (found, lines, then) = match what {
            "payments" => {
                let page: Collection<Payment> = self.get("/v1/payments", &query).await?;
                (page.items.len(), page.items.iter().filter_map(Payment::line).collect(), Some("refunds"))
            }
            "refunds" => {
                let page: Collection<Refund> = self.get("/v1/refunds", &query).await?;
                let lines = page.items.iter().filter_map(Refund::line).collect();
                (page.items.len(), lines, account.map(|_| "payouts"))
            }
            _ => {
                query.extend(account.map(|it| ("account_number", it)));
                let page: Collection<Payout> = self.get("/v1/payouts", &query).await?;
                (page.items.len(), page.items.iter().filter_map(Payout::line).collect(), None)
            }
        };
        let next = if found == PAGE { Some((what, had + found)) } else { then.map(|it| (it, 0)) };
        Ok(Lines { lines, next: next.map(|(what, skip)| format!("{what}:{skip}")) })
    }
}

impl Gateway for Razorpay {
    fn code(&self) -> &'static str {
        "razorpay"
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    fn takes(&self, asset: AssetCode) -> bool {
        asset == Inr::CODE
    }

    fn open(&self, opening: Opening) -> Answer<'_, Opened> {
        Box::pin(self.open(opening))
    }

    fn page<'a>(&'a self, reference: &'a str) -> Answer<'a, Page> {
        // The order is all that the page needs.
        Box::pin(std::future::ready(Ok(self.page_of(reference))))
    }

    fn look<'a>(&'a self, reference: &'a str) -> Answer<'a, Known> {
        Box::pin(self.look(reference))
    }

    fn capture<'a>(&'a self, reference: &'a str, charge: &'a str, money: Money) -> Answer<'a, Known> {
        Box::pin(self.capture(reference, charge, money))
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> Answer<'a, Known> {
        Box::pin(async move {
            let mut known = self.look(reference).await?;
            known.join(&Known::at(Stage::Cancelled));
            Ok(known)
        })
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
            let path = format!("/v1/payouts/{}", segment(reference));
            Ok(self.get::<Payout>(&path, &[]).await?.gone())
        })
    }

    fn headers(&self) -> &'static [&'static str] {
        &[SIGNATURE, EVENT_ID]
    }

    /// `X-Razorpay-Signature` is the HMAC of the body as it came. It covers no time and not the message's
    /// name, so that what is replayed is known by `x-razorpay-event-id`, and by its body.
    fn prove(&self, headers: Headers<'_>, body: &[u8], _: Timestamp) -> Result<String, NotGenuine> {
        let header = |name: &'static str| {
            let found = headers.iter().find(|it| it.0 == name).map(|it| it.1);
            found.ok_or(NotGenuine::NoHeader { header: name })
        };
        if !signature::is_signed(&self.account.webhook_secrets, &[body], header(SIGNATURE)?) {
            return Err(NotGenuine::Forged);
        }
        let id = header(EVENT_ID)?;
        let is_id =
            (1..=EVENT_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic());
        if is_id { Ok(id.to_owned()) } else { Err(NotGenuine::BadHeader { header: EVENT_ID }) }
    }

    fn understand(&self, body: &[u8]) -> Result<Told, NotGenuine> {
        let event: Event = serde_json::from_slice(body).map_err(|_| NotGenuine::Unreadable)?;
        Ok(event.told())
    }

    /// The HMAC of order, bar and payment under the key's secret (Razorpay, "Verify payment signature").
    fn returned(&self, reference: &str, charge: &str, signature: &str) -> Result<(), NotGenuine> {
        let secret = std::slice::from_ref(&self.account.key_secret);
        let parts = [reference.as_bytes(), b"|", charge.as_bytes()];
        if signature::is_signed(secret, &parts, signature) { Ok(()) } else { Err(NotGenuine::Forged) }
    }

    fn report<'a>(&'a self, from: Timestamp, to: Timestamp, page: Option<&'a str>) -> Answer<'a, Lines> {
        Box::pin(self.report(from, to, page))
    }
}

/// `{"error": {"code": …, "description": …}}` (Razorpay, "Errors").
fn why(body: &[u8]) -> Option<Why> {
    #[derive(Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        description: Option<String>,
    }
    let Body { error } = serde_json::from_slice(body).ok()?;
    Some(Why {
        code: error.code.unwrap_or_else(|| "unknown".to_owned()),
        message: error.description.unwrap_or_default(),
    })
}

/// ISO 4217, in capitals.
fn currency(asset: AssetCode) -> String {
    asset.text().to_uppercase()
}

fn segment(reference: &str) -> String {
    form_urlencoded::byte_serialize(reference.as_bytes()).collect()
}
