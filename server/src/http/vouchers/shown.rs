//! Vouchers as the API shows them.

use crate::app::App;
use crate::problem::Problem;
use jiff::Timestamp;
use rewards::product::Product;
use rewards::voucher::{Held, Opened, Reservation};
use serde::Serialize;
use utoipa::ToSchema;
use wallet::{Holder, Wallet};

/// A product as fans see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductOnSale)]
pub(super) struct OnSale {
    /// "prd_…"
    id: String,
    name: String,
    description: String,
    /// Points; null where it is not sold for points.
    price: Option<i64>,
    /// How many can be had.
    stock: i64,
    /// How many this fan may buy still; null: as many as there are.
    left: Option<i64>,
    /// RFC 3339
    valid_until: String,
    /// Whether it can be given to another fan.
    transferable: bool,
    /// Whether it can be sold on a market.
    tradable: bool,
    /// on-sale, or paused: it is not sold, and who has one keeps it.
    state: &'static str,
}

impl OnSale {
    pub(super) fn of(it: Product, stock: i64, left: Option<i64>) -> Self {
        Self {
            id: it.id,
            name: it.terms.name,
            description: it.terms.description,
            price: it.terms.price,
            stock,
            left,
            valid_until: it.terms.valid_until.to_string(),
            transferable: it.terms.between.transferable,
            tradable: it.terms.between.tradable,
            state: it.state.word(),
        }
    }
}

/// Vouchers that a fan is about to buy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reservation)]
pub(super) struct Reserved {
    /// "rsv_…"
    id: String,
    product: String,
    units: i32,
    /// For all of them, points.
    price: i64,
    /// reserved, bought, released, expired; asked: ask again.
    state: &'static str,
    /// RFC 3339: until then points and vouchers are kept for the fan.
    until: String,
}

impl From<Reservation> for Reserved {
    fn from(it: Reservation) -> Self {
        Self {
            state: it.stage.word(),
            units: it.units,
            price: it.price,
            until: it.until.to_string(),
            product: it.product,
            id: it.id,
        }
    }
}

/// Vouchers of a product that a fan holds; they have no code before they are opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VouchersHeld)]
pub(in crate::http) struct HeldShown {
    /// "prd_…"
    product: String,
    name: String,
    units: i64,
    /// What can be opened, given or sold.
    available: i64,
    /// What an order keeps apart.
    held: i64,
    /// RFC 3339
    valid_until: String,
    transferable: bool,
    tradable: bool,
}

impl From<Held> for HeldShown {
    fn from(it: Held) -> Self {
        let terms = it.product.terms;
        Self {
            product: it.product.id,
            name: terms.name,
            units: it.units,
            available: it.available,
            held: it.held,
            valid_until: terms.valid_until.to_string(),
            transferable: terms.between.transferable,
            tradable: terms.between.tradable,
        }
    }
}

/// A voucher that was opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherClaimed)]
pub(in crate::http) struct Claimed {
    /// "vch_…"
    id: String,
    product: String,
    name: String,
    /// claimed, redeemed, expired
    state: &'static str,
    /// As long as it is claimed.
    code: Option<String>,
    /// RFC 3339, as the others
    valid_until: String,
    claimed_at: Option<String>,
    redeemed_at: Option<String>,
}

impl Claimed {
    pub(super) fn of(it: Opened, name: String, now: Timestamp) -> Self {
        let voucher = it.voucher;
        Self {
            state: voucher.state_at(now).word(),
            name,
            code: it.code.map(|it| it.shown()),
            valid_until: voucher.valid_until.to_string(),
            claimed_at: voucher.claimed_at.map(|it| it.to_string()),
            redeemed_at: voucher.redeemed_at.map(|it| it.to_string()),
            product: voucher.product,
            id: voucher.id,
        }
    }
}

/// What a fan has of vouchers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Vouchers)]
pub(in crate::http) struct Had {
    held: Vec<HeldShown>,
    /// The newest first, two hundred at most.
    claimed: Vec<Claimed>,
}

/// What a fan has of vouchers.
pub(in crate::http) async fn had(app: &App, wallet: &Wallet) -> Result<Had, Problem> {
    let holder =
        Holder { fan_id: &wallet.fan_id, organisation_id: &wallet.organisation_id, books: wallet.books };
    let (held, opened) = (app.vouchers.held(wallet).await?, app.vouchers.opened_by(&holder).await?);
    let now = app.clock.now();
    Ok(Had {
        held: held.into_iter().map(HeldShown::from).collect(),
        claimed: opened.into_iter().map(|(it, name)| Claimed::of(it, name, now)).collect(),
    })
}
