//! Payment gateways, as they are configured.

use super::Secret;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    pub packs: Vec<Pack>,
    pub routes: Vec<Route>,
    pub concurrency: usize,
    pub stripe: Stripe,
    pub razorpay: Razorpay,
}

/// Coins that fans may buy together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub id: String,
    pub coins: i64,
    pub asset: String,
    /// Paise or cents.
    pub price: i64,
}

/// Gateways for an asset, in the order in which they are tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub asset: String,
    pub gateways: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripe {
    pub secret_key: Secret,
    pub publishable_key: String,
    pub webhook_secrets: Vec<Secret>,
    pub url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Razorpay {
    pub key_id: String,
    pub key_secret: Secret,
    pub webhook_secrets: Vec<Secret>,
    pub payout_account: String,
    pub url: String,
}
