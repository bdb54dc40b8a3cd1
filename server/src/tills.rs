//! Where money comes in: the configured gateways, and what fans may buy.

use crate::config::{self, Config};
use anyhow::Context;
use partners::Mode;
use std::sync::Arc;
use store::{Clock, Seal, Store};
use wallet::gateway::{self, Gateway, Razorpay, Sandbox, Secret, Stripe, razorpay, stripe};
use wallet::payment::{Payments, Route};
use wallet::{Amount, AssetCode, Coins, Ledger, Money};

/// Payments of both modes. Clones share them.
#[derive(Clone)]
pub struct Tills {
    live: Payments,
    test: Payments,
    sandbox: Sandbox,
    packs: Arc<[Pack]>,
}

/// Coins that are bought together.
#[derive(Clone, Debug)]
pub struct Pack {
    pub id: String,
    pub coins: Amount<Coins>,
    pub price: Money,
}

impl Tills {
    /// Refused where a pack, a route or an account cannot be used; the message says which.
    pub fn open(
        config: &Config,
        store: &Store,
        clock: &Clock,
        ledger: &Ledger,
        seal: &Seal,
    ) -> anyhow::Result<Self> {
        let packs = config.payments.packs.iter().map(pack).collect::<anyhow::Result<Vec<_>>>()?;
        let key = seal.derive("sandbox gateway").into_iter().next().context("secrets.key")?;
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let page = format!("{}/v1/payments/sandbox/", config.http.public_url.trim_end_matches('/'));
        let sandbox = Sandbox::new(store, clock, Secret::new(&hex), &page);
        let mut gateways: Vec<Arc<dyn Gateway>> = vec![Arc::new(sandbox.clone())];
        gateways.extend(accounts(&config.payments)?);
        let of = |mode: gateway::Mode| {
            let gateways: Vec<_> = gateways.iter().filter(|it| it.mode() == mode).cloned().collect();
            let routes = routes(&config.payments, &gateways)?;
            Payments::new(store, clock, ledger, mode, gateways, routes).context("payments")
        };
        Ok(Self {
            live: of(gateway::Mode::Live)?,
            test: of(gateway::Mode::Test)?,
            sandbox,
            packs: packs.into(),
        })
    }

    pub fn of(&self, mode: Mode) -> &Payments {
        match mode {
            Mode::Live => &self.live,
            Mode::Test => &self.test,
        }
    }

    pub fn both(&self) -> [&Payments; 2] {
        [&self.live, &self.test]
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }
}

fn pack(it: &config::Pack) -> anyhow::Result<Pack> {
    let of = || format!("payments.packs: {:?}", it.id);
    let is_id = (1..=40).contains(&it.id.len())
        && it.id.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    anyhow::ensure!(is_id, "{}: an id has 1 to 40 characters of a-z, 0-9 and -", of());
    let asset = AssetCode::of(&it.asset).with_context(of).context("asset: inr or usd")?;
    let price = Money::of(asset, it.price).with_context(of)?;
    Ok(Pack { id: it.id.clone(), coins: Amount::new(it.coins).with_context(of)?, price })
}

/// The gateways that there are keys of.
fn accounts(config: &config::Payments) -> anyhow::Result<Vec<Arc<dyn Gateway>>> {
    let mut gateways: Vec<Arc<dyn Gateway>> = Vec::new();
    let secrets = |all: &[config::Secret]| {
        all.iter().filter_map(config::Secret::reveal).map(Secret::new).collect::<Vec<_>>()
    };
    if let Some(secret_key) = config.stripe.secret_key.reveal() {
        let account = stripe::Account {
            secret_key: Secret::new(secret_key),
            publishable_key: config.stripe.publishable_key.clone(),
            webhook_secrets: secrets(&config.stripe.webhook_secrets),
        };
        let stripe = match config.stripe.url.as_str() {
            "" => Stripe::new(account),
            url => Stripe::at(url, account),
        };
        gateways.push(Arc::new(stripe.context("payments.stripe")?));
    }
    if let Some(key_secret) = config.razorpay.key_secret.reveal() {
        let payout_account = &config.razorpay.payout_account;
        let account = razorpay::Account {
            key_id: config.razorpay.key_id.clone(),
            key_secret: Secret::new(key_secret),
            webhook_secrets: secrets(&config.razorpay.webhook_secrets),
            payout_account: (!payout_account.is_empty()).then(|| payout_account.clone()),
        };
        let razorpay = match config.razorpay.url.as_str() {
            "" => Razorpay::new(account),
            url => Razorpay::at(url, account),
        };
        gateways.push(Arc::new(razorpay.context("payments.razorpay")?));
    }
    Ok(gateways)
}

/// What is configured, of the gateways of one mode; where there is a sandbox, it takes what no other does.
fn routes(config: &config::Payments, gateways: &[Arc<dyn Gateway>]) -> anyhow::Result<Vec<Route>> {
    let has = |code: &str| gateways.iter().any(|it| it.code() == code);
    let mut routes = Vec::new();
    for asset in [AssetCode::of("inr"), AssetCode::of("usd")].into_iter().flatten() {
        let configured = config.routes.iter().find(|it| it.asset == asset.text());
        let codes = configured.map(|it| it.gateways.clone()).unwrap_or_default();
        for code in &codes {
            anyhow::ensure!(
                ["stripe", "razorpay", "sandbox"].contains(&code.as_str()),
                "payments.routes: there is no gateway {code:?}: stripe, razorpay or sandbox"
            );
        }
        let mut gateways: Vec<String> = codes.into_iter().filter(|it| has(it)).collect();
        if gateways.is_empty() && has("sandbox") {
            gateways.push("sandbox".to_owned());
        }
        if !gateways.is_empty() {
            routes.push(Route { asset, gateways });
        }
    }
    for it in &config.routes {
        anyhow::ensure!(
            ["inr", "usd"].contains(&it.asset.as_str()),
            "payments.routes: no gateway takes {:?}: inr or usd",
            it.asset
        );
    }
    Ok(routes)
}
