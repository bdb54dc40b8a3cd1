//! A wallet as the API shows it.

use crate::app::App;
use crate::http::manage::page::{Page, PageQuery, ROWS_MAX};
use crate::http::vouchers::shown::{self as vouchers, Had};
use crate::problem::Problem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use wallet::statement::{self, Asked, Line};
use wallet::{Asset, AssetCode, Points, Wallet};

/// How much there is of an asset, in its smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Balance {
    /// "points", "coins"; vouchers are counted apart
    asset: &'static str,
    /// All that there is.
    units: i64,
    /// What can be spent: without what is held.
    available: i64,
    /// What is kept apart for something that is under way.
    held: i64,
    /// Decimal places of what people say: 0 of points, 2 of rupees.
    places: u8,
}

/// A fan's wallet.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Wallet)]
pub(super) struct Shown {
    /// "fan_…"
    fan_id: String,
    balances: Vec<Balance>,
    /// Vouchers that the fan holds, of all products together: `GET /v1/vouchers` says of which.
    vouchers: i64,
    /// Vouchers that the fan has opened and that can be redeemed.
    claimed: i64,
    /// Whether nothing may come or go.
    frozen: bool,
    /// In the stream: orders that rest on markets.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<i64>,
    /// When this was so, milliseconds since 1970.
    t: i64,
}

impl Shown {
    pub(super) fn t(&self) -> i64 {
        self.t
    }

    /// Whether the same is so at another moment.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let said = |it: &Self| (it.vouchers, it.claimed, it.frozen, it.orders);
        (&self.balances, said(self)) == (&other.balances, said(other))
    }

    /// With how many orders rest.
    pub(super) fn with_orders(self, orders: i64) -> Self {
        Self { orders: Some(orders), ..self }
    }

    /// The wallet as it is now.
    pub(super) async fn of(app: &App, wallet: &Wallet) -> Result<Self, Problem> {
        let claimed = app.vouchers.claimed_count(&wallet.fan_id).await?;
        Ok(Self::with(wallet, claimed, app.clock.now()))
    }

    fn with(wallet: &Wallet, claimed: i64, now: Timestamp) -> Self {
        // Those of a product are vouchers, and no balance that something is counted in.
        let (vouchers, others): (Vec<_>, Vec<_>) =
            wallet.accounts.iter().partition(|it| it.standing.asset.product().is_some());
        let balance = |it: &wallet::account::Account| Balance {
            asset: it.standing.asset.text(),
            units: it.standing.posted,
            available: it.standing.available(),
            held: it.standing.held_out,
            places: it.standing.asset.places(),
        };
        let mut balances: Vec<Balance> = others.into_iter().map(balance).collect();
        // What is earned first.
        balances.sort_by_key(|it| (it.asset != Points::CODE.text(), it.asset));
        Self {
            fan_id: wallet.fan_id.clone(),
            balances,
            vouchers: vouchers.iter().map(|it| it.standing.posted).sum(),
            claimed,
            frozen: wallet.frozen_at.is_some(),
            orders: None,
            t: now.as_millisecond(),
        }
    }
}

/// A line of a fan's account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletEntry)]
pub(super) struct Entry {
    /// The transfer, "trf_…"
    id: String,
    asset: &'static str,
    /// Units that came, or below zero went.
    change: i64,
    balance_after: i64,
    /// 1, 2, 3… of the account, without a gap.
    version: i64,
    /// grant, clawback, top-up, refund, purchase, trade, gift, claim, fee, expiry, reversal; others may come.
    reason: &'static str,
    /// What it is about, by name.
    metadata: BTreeMap<String, String>,
    /// RFC 3339
    made_at: String,
}

impl Entry {
    pub(super) fn of(asset: AssetCode, it: &Line) -> Self {
        Self {
            id: it.transfer.to_string(),
            asset: asset.text(),
            change: it.change,
            balance_after: it.balance_after,
            version: it.version,
            reason: it.reason.word(),
            metadata: it.metadata.pairs().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            made_at: it.made_at.to_string(),
        }
    }
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EntriesQuery {
    /// "points" when left out; "voucher.prd_…" of vouchers that the fan holds or has held.
    asset: Option<String>,
    /// RFC 3339: lines from this moment on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// RFC 3339: lines before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Lines on the page, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of a wallet's lines, newest first.
pub(super) async fn entries(
    app: &App,
    wallet: Option<&Wallet>,
    query: &EntriesQuery,
) -> Result<Page<Entry>, Problem> {
    let own = wallet.and_then(|it| {
        it.accounts.iter().find(|it| Some(it.standing.asset.text()) == query.asset.as_deref())
    });
    let asset = match own {
        Some(own) => own.standing.asset,
        None => asset(query.asset.as_deref())?,
    };
    let page = PageQuery { cursor: query.cursor.clone(), limit: query.limit };
    let (rows_max, before) = (page.rows()?, page.after::<i64>()?);
    let Some(account) = wallet.and_then(|it| it.account(asset)) else {
        return Ok(Page::of_rows(Vec::new(), rows_max, |_: &Entry| 0));
    };
    let limit = i64::try_from(rows_max.min(ROWS_MAX)).unwrap_or(1) + 1;
    let asked = Asked { account: account.id, from: query.from, to: query.until, before, limit };
    let lines = app.store.read("wallet.entries", async |db| statement::lines(db, &asked).await).await?;
    Ok(Page::of_rows(lines, rows_max, |it| it.version).map(|it| Entry::of(asset, &it)))
}

/// The asset of a name; points without one.
pub(super) fn asset(name: Option<&str>) -> Result<AssetCode, Problem> {
    match name {
        None => Ok(Points::CODE),
        Some(name) => {
            let known = AssetCode::of(name);
            known.ok_or_else(|| Problem::invalid("asset: points, coins, inr or usd"))
        }
    }
}

/// All that is kept of a fan's wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WalletExport {
    wallet: Shown,
    /// Whose fan it is, "org_…"
    organisation_id: String,
    /// RFC 3339
    opened_at: String,
    /// What the fan holds, and has opened.
    vouchers: Had,
    /// Of every asset, the newest first.
    entries: Vec<Entry>,
}

/// Lines in an export, at most: more than a fan of many years has. The pages of `entries` have all.
const EXPORT_LINES_MAX: usize = 50_000;

pub(super) async fn export(app: &App, wallet: &Wallet) -> Result<WalletExport, Problem> {
    let mut entries = Vec::new();
    for account in &wallet.accounts {
        let mut before = None;
        loop {
            let asked =
                Asked { account: account.id, from: None, to: None, before, limit: statement::LINES_MAX };
            let lines =
                app.store.read("wallet.export", async |db| statement::lines(db, &asked).await).await?;
            let Some(last) = lines.last() else { break };
            before = Some(last.version);
            entries.extend(lines.iter().map(|it| Entry::of(account.standing.asset, it)));
            if entries.len() >= EXPORT_LINES_MAX {
                break;
            }
        }
    }
    Ok(WalletExport {
        wallet: Shown::of(app, wallet).await?,
        vouchers: vouchers::had(app, wallet).await?,
        organisation_id: wallet.organisation_id.clone(),
        opened_at: wallet.opened_at.to_string(),
        entries,
    })
}
