//! Payments, as they are kept.

use super::Error;
use super::state::{Known, Stage};
use crate::asset::AssetCode;
use crate::gateway::{Capture, Mode};
use crate::id::{AccountId, PaymentId};
use crate::money::Money;
use jiff::Timestamp;
use store::{At, Client, Row, Transaction};
use uuid::Uuid;

/// A payment that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    pub id: PaymentId,
    /// Counts up in the order in which they were made, with gaps.
    pub number: i64,
    pub owner: String,
    /// What is credited.
    pub account: AccountId,
    pub money: Money,
    /// What a fan buys with it; none of a partner, who gets the money.
    pub coins: Option<i64>,
    pub capture: Capture,
    pub gateway: String,
    /// The gateway may have it.
    pub is_asked: bool,
    pub reference: Option<String>,
    pub known: Known,
    /// Why the gateway will not have it.
    pub refused: Option<String>,
    /// What was taken and is booked, or is about to be.
    pub credited: Option<i64>,
    pub credited_coins: Option<i64>,
    pub booked_at: Option<Timestamp>,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Payment {
    /// Whether nothing is to be done about it any more, unless somebody gives it back.
    pub fn is_over(&self) -> bool {
        match self.known.stage {
            Stage::Captured => self.booked_at.is_some(),
            Stage::Cancelled => true,
            _ => self.refused.is_some(),
        }
    }
}

/// The columns of a payment.
macro_rules! payments {
    ($rest:literal) => {
        concat!(
            "select id, number, owner, account, asset, units, coins, capture, gateway, is_asked, reference, known,
                refused, credited, credited_coins, booked_at, made_at, expires_at
            from wallet.payment ",
            $rest
        )
    };
}

pub(super) use payments;

const FIND: &str = payments!("where id = $1 and mode = $2");
const HOLD: &str = payments!("where id = $1 and mode = $2 for no key update");
const AT_GATEWAY: &str = payments!("where gateway = $1 and mode = $2 and reference = $3");
/// By what its looks have shown: Razorpay names a refund's payment and not its order.
const OF_CHARGE: &str =
    payments!("where gateway = $1 and mode = $2 and known -> 'charges' ? $3 order by number limit 1");
const PAGE: &str = payments!(
    "where mode = $1 and ($2::bigint is null or number < $2) and ($3::text is null or owner = $3)
        order by number desc limit $4"
);

pub(super) async fn find(client: &Client<'_>, mode: Mode, id: PaymentId) -> Result<Payment, Error> {
    let row = client.query_opt(FIND, &[&id.uuid(), &mode.word()]).await?;
    read(&row.ok_or(Error::UnknownPayment { id })?)
}

/// The same, and nobody else changes it until the transaction ends.
pub(super) async fn hold(tx: &Transaction<'_>, mode: Mode, id: PaymentId) -> Result<Payment, Error> {
    let row = tx.query_opt(HOLD, &[&id.uuid(), &mode.word()]).await?;
    read(&row.ok_or(Error::UnknownPayment { id })?)
}

/// By the gateway's name of it, or of one of its charges.
pub(super) async fn at_gateway(
    client: &Client<'_>,
    gateway: &str,
    mode: Mode,
    reference: &str,
) -> Result<Option<Payment>, Error> {
    let params: store::Params<'_> = &[&gateway, &mode.word(), &reference];
    let row = match client.query_opt(AT_GATEWAY, params).await? {
        Some(row) => Some(row),
        None => client.query_opt(OF_CHARGE, params).await?,
    };
    row.as_ref().map(read).transpose()
}

/// The newest first, of one owner or of all; older than the payment with the number `before`.
pub(super) async fn page(
    client: &Client<'_>,
    mode: Mode,
    before: Option<i64>,
    owner: Option<&str>,
    count: i64,
) -> Result<Vec<Payment>, Error> {
    let rows = client.query(PAGE, &[&mode.word(), &before, &owner, &count]).await?;
    rows.iter().map(read).collect()
}

pub(super) fn read(row: &Row) -> Result<Payment, Error> {
    let id = PaymentId::of_uuid(row.get("id"));
    let unreadable = |column| Error::Unreadable { what: id.to_string(), column };
    let asset = AssetCode::of(row.get("asset")).ok_or_else(|| unreadable("asset"))?;
    Ok(Payment {
        id,
        number: row.get("number"),
        owner: row.get("owner"),
        account: AccountId::of_uuid(row.get::<_, Uuid>("account")),
        money: Money::of(asset, row.get("units")).map_err(|_| unreadable("units"))?,
        coins: row.get("coins"),
        capture: Capture::of(row.get("capture")).ok_or_else(|| unreadable("capture"))?,
        gateway: row.get("gateway"),
        is_asked: row.get("is_asked"),
        reference: row.get("reference"),
        known: serde_json::from_value(row.get("known")).map_err(|_| unreadable("known"))?,
        refused: row.get("refused"),
        credited: row.get("credited"),
        credited_coins: row.get("credited_coins"),
        booked_at: row.get::<_, Option<At>>("booked_at").map(|it| it.0),
        made_at: row.get::<_, At>("made_at").0,
        expires_at: row.get::<_, At>("expires_at").0,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FIND, HOLD, AT_GATEWAY, OF_CHARGE, PAGE];
