//! Razorpay's entities, as far as they are read here.

use crate::gateway::{Gone, Line, LineKind, Told};
use crate::id::{PaymentId, PayoutId, RefundId};
use crate::payment::state::{Charge, Known, Outgoing, Stage};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct Collection<T> {
    pub(super) items: Vec<T>,
}

/// Our own words on an entity: an object, or an empty list where there are none.
#[derive(Debug, Default, Deserialize)]
struct Notes(#[serde(default)] Value);

impl Notes {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    currency: String,
    status: String,
    #[serde(default)]
    receipt: Option<String>,
    #[serde(default)]
    created_at: i64,
    #[serde(default)]
    notes: Notes,
}

impl Order {
    pub(super) fn is_for(&self, payment: &str) -> bool {
        self.receipt.as_deref() == Some(payment)
    }

    pub(super) fn age(&self) -> (i64, String) {
        (self.created_at, self.id.clone())
    }

    /// `created`, `attempted` or `paid` (Razorpay, "Orders", states). How much was paid is said by its payments alone.
    pub(super) fn known(&self) -> Known {
        let mut known = Known::at(match self.status.as_str() {
            "created" => Stage::Created,
            "paid" => Stage::Captured,
            _ => Stage::Pending,
        });
        known.currencies.insert(self.currency.to_lowercase());
        known
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    captured: Option<bool>,
    #[serde(default)]
    fee: Option<i64>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    error_reason: Option<String>,
    #[serde(default)]
    created_at: i64,
    #[serde(default)]
    notes: Notes,
}

impl Payment {
    /// By its status (Razorpay, "Payments", life cycle). What was refunded without being captured went back
    /// by itself, and was never taken.
    pub(super) fn known(&self) -> Known {
        let (stage, authorised, captured) = match (self.status.as_str(), self.captured) {
            ("captured", _) | ("refunded", Some(true) | None) => (Stage::Captured, self.amount, self.amount),
            ("refunded", Some(false)) => (Stage::Cancelled, 0, 0),
            ("authorized", _) => (Stage::Authorised, self.amount, 0),
            _ => (Stage::Pending, 0, 0),
        };
        let mut known = Known::at(stage);
        known.currencies.insert(self.currency.to_lowercase());
        if authorised > 0 {
            known.charges.insert(self.id.clone(), Charge { authorised, captured });
        }
        if self.status == "failed" {
            let code = self.error_reason.as_deref().or(self.error_code.as_deref()).unwrap_or("unknown");
            known.failures.insert(self.id.clone(), code.to_owned());
        }
        known
    }

    /// None where no money was taken.
    pub(super) fn line(&self) -> Option<Line> {
        let units = self.known().captured();
        let at = Timestamp::from_second(self.created_at).ok()?;
        (units > 0).then(|| Line {
            kind: LineKind::Payment,
            reference: self.id.clone(),
            currency: self.currency.to_lowercase(),
            units,
            fee: self.fee.unwrap_or(0),
            at,
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    payment_id: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    receipt: Option<String>,
    #[serde(default)]
    created_at: i64,
    #[serde(default)]
    notes: Notes,
}

impl Refund {
    pub(super) fn is_for(&self, refund: &str) -> bool {
        self.receipt.as_deref() == Some(refund) || self.notes.text("refund") == Some(refund)
    }

    /// By its status (Razorpay, "Refunds", states).
    pub(super) fn gone(&self) -> Gone {
        let outgoing = match self.status.as_deref() {
            Some("processed") => Outgoing::Succeeded,
            Some("failed") => Outgoing::Failed,
            _ => Outgoing::Sent,
        };
        Gone { reference: self.id.clone(), units: self.amount, outgoing }
    }

    /// None where the money did not go.
    pub(super) fn line(&self) -> Option<Line> {
        let at = Timestamp::from_second(self.created_at).ok()?;
        (self.gone().outgoing == Outgoing::Succeeded).then(|| Line {
            kind: LineKind::Refund,
            reference: self.id.clone(),
            currency: self.currency.to_lowercase(),
            units: self.amount,
            fee: 0,
            at,
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Payout {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    #[serde(default)]
    fees: Option<i64>,
    #[serde(default)]
    reference_id: Option<String>,
    #[serde(default)]
    created_at: i64,
    #[serde(default)]
    notes: Notes,
}

impl Payout {
    pub(super) fn is_for(&self, payout: &str) -> bool {
        self.reference_id.as_deref() == Some(payout)
    }

    /// By its status (Razorpay X, "Payout states"): all that ends without the money being there is a failure.
    pub(super) fn gone(&self) -> Gone {
        let outgoing = match self.status.as_str() {
            "processed" => Outgoing::Succeeded,
            "reversed" | "failed" | "rejected" | "cancelled" => Outgoing::Failed,
            _ => Outgoing::Sent,
        };
        Gone { reference: self.id.clone(), units: self.amount, outgoing }
    }

    pub(super) fn line(&self) -> Option<Line> {
        let at = Timestamp::from_second(self.created_at).ok()?;
        (self.gone().outgoing == Outgoing::Succeeded).then(|| Line {
            kind: LineKind::Payout,
            reference: self.id.clone(),
            currency: self.currency.to_lowercase(),
            units: self.amount,
            fee: self.fees.unwrap_or(0),
            at,
        })
    }
}

/// What a webhook brings: entities as they were when it happened.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    event: String,
    #[serde(default)]
    payload: Payload,
}

#[derive(Debug, Default, Deserialize)]
struct Payload {
    #[serde(default)]
    order: Option<Held<Order>>,
    #[serde(default)]
    payment: Option<Held<Payment>>,
    #[serde(default)]
    refund: Option<Held<Refund>>,
    #[serde(default)]
    payout: Option<Held<Payout>>,
    #[serde(default)]
    dispute: Option<Held<Dispute>>,
}

/// A dispute (Razorpay, "Disputes", entity).
#[derive(Debug, Deserialize)]
struct Dispute {
    id: String,
    payment_id: String,
    amount: i64,
    status: String,
}

#[derive(Debug, Deserialize)]
struct Held<T> {
    entity: T,
}

impl Event {
    pub(super) fn told(self) -> Told {
        let Payload { order, payment, refund, payout, dispute } = self.payload;
        // "payment.dispute.created", with the payment beside it, which has not changed.
        if let Some(Held { entity: it }) = dispute {
            let (reference, of) = (it.id, Some(it.payment_id));
            return Told::Dispute { reference, of, units: it.amount, status: it.status };
        }
        let kind = self.event.split('.').next().unwrap_or_default();
        match (kind, order, payment, refund, payout) {
            ("payment" | "order", order, Some(payment), _, _) => {
                let payment = payment.entity;
                let mut known = payment.known();
                if let Some(order) = &order {
                    known.join(&order.entity.known());
                }
                let noted = payment.notes.text("payment");
                let noted = noted.or_else(|| order.as_ref().and_then(|it| it.entity.notes.text("payment")));
                let reference = order.as_ref().map(|it| it.entity.id.clone()).or(payment.order_id);
                Told::Payment { payment: noted.and_then(PaymentId::parse), reference, known }
            }
            ("refund", _, _, Some(refund), _) => {
                let refund = refund.entity;
                let ours = refund.receipt.as_deref().and_then(RefundId::parse);
                let ours = ours.or_else(|| refund.notes.text("refund").and_then(RefundId::parse));
                Told::Refund { refund: ours, gone: refund.gone(), of: refund.payment_id }
            }
            ("payout", _, _, _, Some(payout)) => {
                let payout = payout.entity;
                let ours = payout.reference_id.as_deref().and_then(PayoutId::parse);
                let ours = ours.or_else(|| payout.notes.text("payout").and_then(PayoutId::parse));
                Told::Payout { payout: ours, gone: payout.gone() }
            }
            _ => Told::Other,
        }
    }
}
