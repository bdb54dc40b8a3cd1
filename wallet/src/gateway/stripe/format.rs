//! Stripe's objects, as far as they are read here.

use crate::gateway::{Gone, Line, LineKind, Told};
use crate::id::{PaymentId, PayoutId, RefundId};
use crate::payment::state::{Charge, Known, Outgoing, Stage};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// Our own words on an object.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata(#[serde(default)] BTreeMap<String, Value>);

impl Metadata {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(super) fn is(&self, name: &str, text: &str) -> bool {
        self.text(name) == Some(text)
    }
}

/// The name of an object, which is in its place where it is expanded.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Name {
    Plain(String),
    Expanded { id: String },
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Name::Plain(id) | Name::Expanded { id } => id,
        }
    }
}

/// A PaymentIntent.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    amount: i64,
    #[serde(default)]
    amount_received: Option<i64>,
    #[serde(default)]
    amount_capturable: Option<i64>,
    currency: String,
    status: String,
    #[serde(default)]
    latest_charge: Option<Name>,
    #[serde(default)]
    last_payment_error: Option<Failure>,
    #[serde(default)]
    pub(super) client_secret: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Failure {
    #[serde(default)]
    charge: Option<Name>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
}

impl Intent {
    /// By its status (Stripe, "PaymentIntent lifecycle"). One that nobody knows yet is somewhere in between.
    pub(super) fn known(&self) -> Known {
        let stage = match self.status.as_str() {
            "requires_payment_method" | "requires_confirmation" => Stage::Created,
            "requires_capture" => Stage::Authorised,
            "canceled" => Stage::Cancelled,
            "succeeded" => Stage::Captured,
            _ => Stage::Pending,
        };
        let mut known = Known::at(stage);
        known.currencies.insert(self.currency.to_lowercase());
        let (authorised, captured) = match stage {
            Stage::Authorised => (self.amount_capturable.unwrap_or(self.amount), 0),
            Stage::Captured => {
                let received = self.amount_received.unwrap_or(self.amount);
                (received, received)
            }
            _ => (0, 0),
        };
        if authorised > 0 {
            let charge = self.latest_charge.as_ref().map_or(self.id.as_str(), Name::text);
            known.charges.insert(charge.to_owned(), Charge { authorised, captured });
        }
        if let Some(failure) = &self.last_payment_error {
            let code = failure.decline_code.as_deref().or(failure.code.as_deref()).unwrap_or("unknown");
            let which = failure.charge.as_ref().map_or(code, Name::text);
            known.failures.insert(which.to_owned(), code.to_owned());
        }
        known
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    id: String,
    amount: i64,
    /// None for as long as Stripe decides.
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_intent: Option<Name>,
    #[serde(default)]
    charge: Option<Name>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

impl Refund {
    /// By its status (Stripe, "Refunds").
    pub(super) fn gone(&self) -> Gone {
        let outgoing = match self.status.as_deref() {
            Some("succeeded") => Outgoing::Succeeded,
            Some("failed" | "canceled") => Outgoing::Failed,
            _ => Outgoing::Sent,
        };
        Gone { reference: self.id.clone(), units: self.amount, outgoing }
    }
}

/// Money for a connected account (Stripe Connect, "Separate charges and transfers"): it is there when it is made.
#[derive(Debug, Deserialize)]
pub(super) struct Transfer {
    id: String,
    amount: i64,
    #[serde(default)]
    reversed: bool,
    #[serde(default)]
    metadata: Metadata,
}

impl Transfer {
    pub(super) fn gone(&self) -> Gone {
        let outgoing = if self.reversed { Outgoing::Failed } else { Outgoing::Succeeded };
        Gone { reference: self.id.clone(), units: self.amount, outgoing }
    }
}

/// What a webhook brings: the object as it was when it happened.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Value,
}

impl Event {
    pub(super) fn told(self) -> Result<Told, serde_json::Error> {
        let object = self.data.object;
        match self.kind.as_str() {
            kind if kind.starts_with("payment_intent.") => {
                let intent: Intent = serde_json::from_value(object)?;
                let payment = intent.metadata.text("payment").and_then(PaymentId::parse);
                let known = intent.known();
                Ok(Told::Payment { payment, reference: Some(intent.id), known })
            }
            kind if kind.starts_with("refund.") || kind == "charge.refund.updated" => {
                let refund: Refund = serde_json::from_value(object)?;
                let ours = refund.metadata.text("refund").and_then(RefundId::parse);
                let of = refund.payment_intent.as_ref().or(refund.charge.as_ref());
                Ok(Told::Refund { refund: ours, of: of.map(|it| it.text().to_owned()), gone: refund.gone() })
            }
            kind if kind.starts_with("charge.dispute.") => {
                let dispute: Dispute = serde_json::from_value(object)?;
                let of = dispute.payment_intent.as_ref().or(dispute.charge.as_ref());
                let of = of.map(|it| it.text().to_owned());
                Ok(Told::Dispute { reference: dispute.id, of, units: dispute.amount, status: dispute.status })
            }
            "transfer.created" | "transfer.updated" | "transfer.reversed" => {
                let transfer: Transfer = serde_json::from_value(object)?;
                let payout = transfer.metadata.text("payout").and_then(PayoutId::parse);
                Ok(Told::Payout { payout, gone: transfer.gone() })
            }
            _ => Ok(Told::Other),
        }
    }
}

/// A dispute (Stripe, "The Dispute object").
#[derive(Debug, Deserialize)]
struct Dispute {
    id: String,
    amount: i64,
    status: String,
    #[serde(default)]
    charge: Option<Name>,
    #[serde(default)]
    payment_intent: Option<Name>,
}

/// A line of Stripe's own books: a balance transaction (Stripe, "Balance transaction types").
#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    #[serde(rename = "type")]
    kind: String,
    amount: i64,
    #[serde(default)]
    fee: i64,
    currency: String,
    created: i64,
    #[serde(default)]
    source: Option<Name>,
}

impl Transaction {
    /// None where it is none of a payer's or a partner's: Stripe's own fees, what goes to our bank.
    pub(super) fn line(self) -> Option<Line> {
        let kind = match self.kind.as_str() {
            "charge" | "payment" => LineKind::Payment,
            "refund" | "payment_refund" => LineKind::Refund,
            "transfer" => LineKind::Payout,
            _ => return None,
        };
        Some(Line {
            kind,
            reference: self.source?.text().to_owned(),
            currency: self.currency.to_lowercase(),
            units: self.amount.saturating_abs(),
            fee: self.fee,
            at: Timestamp::from_second(self.created).ok()?,
        })
    }
}
