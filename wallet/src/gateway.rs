//! Payment gateways: who takes a payer's money, gives it back, and pays partners.
//!
//! All of them are spoken to through [`Gateway`], and each answers in the same terms: a [`Known`] of a
//! payment, an [`Outgoing`] of money that leaves. Card numbers never come here: the payer's browser gives
//! them to the gateway, for which [`Page`] has what it needs.
//!
//! Architecture Invariant: what a failed call means is in its [`GatewayError`]. Only
//! [`GatewayError::NotSent`] lets another gateway be tried; after [`GatewayError::Ambiguous`] the same one is
//! asked what became of it, or asked again under the same key.

mod http;
pub mod razorpay;
pub mod sandbox;
mod secret;
mod signature;
pub mod stripe;

pub use http::NoClient;
pub use razorpay::Razorpay;
pub use sandbox::Sandbox;
pub use secret::Secret;
pub use stripe::Stripe;

use crate::asset::AssetCode;
use crate::id::{PaymentId, PayoutId, RefundId};
use crate::money::Money;
use crate::payment::state::{Known, Outgoing};
use jiff::Timestamp;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

/// Whether money is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    Test,
    Live,
}

impl Mode {
    /// As rows have it.
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Test => "test",
            Mode::Live => "live",
        }
    }
}

/// When money that a payer allows is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Capture {
    #[default]
    AtOnce,
    /// When [`crate::payment::Payments::capture`] says so.
    Later,
}

impl Capture {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Capture::AtOnce => "at once",
            Capture::Later => "later",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Capture::AtOnce, Capture::Later].into_iter().find(|it| it.word() == word)
    }
}

/// What went before a call that makes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It was never asked for.
    Nothing,
    /// It may have been made: the gateway looks for it first, and makes it under the same key if it is not there.
    Perhaps,
}

/// A payment that is to be opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// The idempotency key, the receipt and the metadata: by it the payment is found again.
    pub payment: PaymentId,
    pub money: Money,
    pub capture: Capture,
    pub before: Before,
}

/// A payment that the gateway has.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The gateway's name of it: `pi_…`, `order_…`.
    pub reference: String,
    pub page: Page,
}

/// What the payer's page needs. Not for logs: with a client secret anybody can see the payment and pay it.
#[derive(Clone, Debug)]
pub enum Page {
    Stripe { client_secret: Secret, publishable_key: String },
    Razorpay { order: String, key_id: String },
    Sandbox { url: String },
}

/// A refund that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Refunding<'a> {
    pub refund: RefundId,
    /// The payment's name at the gateway, and its charge's.
    pub reference: &'a str,
    pub charge: &'a str,
    pub money: Money,
    pub before: Before,
}

/// A payout that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct PayingOut<'a> {
    pub payout: PayoutId,
    /// The gateway's name of where it goes: a Stripe connected account, a Razorpay fund account. No bank details.
    pub destination: &'a str,
    pub money: Money,
    pub before: Before,
}

/// Money that goes back or out, as the gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The gateway's name of it: `re_…`, `rfnd_…`, `tr_…`, `pout_…`.
    pub reference: String,
    pub units: i64,
    pub outgoing: Outgoing,
}

/// What a webhook tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Payment {
        /// Ours, where the gateway says it.
        payment: Option<PaymentId>,
        reference: Option<String>,
        known: Known,
    },
    Refund {
        refund: Option<RefundId>,
        /// The charge or the payment that it is of, at the gateway.
        of: Option<String>,
        gone: Gone,
    },
    Payout {
        payout: Option<PayoutId>,
        gone: Gone,
    },
    /// A payer asks their bank for the money back.
    Dispute {
        /// The gateway's name of the dispute, and of the charge that it is of.
        reference: String,
        of: Option<String>,
        units: i64,
        /// In the gateway's word: "needs_response", "lost".
        status: String,
    },
    /// Something that we have no use for.
    Other,
}

/// A header's name in lower case, and its value.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// Why a message is none of the gateway's, or none of now. Nothing of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGenuine {
    #[error("the header {header} is missing")]
    NoHeader { header: &'static str },

    #[error("the header {header} cannot be read")]
    BadHeader { header: &'static str },

    #[error("no signature is one of ours")]
    Forged,

    /// Or a clock is wrong: theirs or ours.
    #[error("it was signed {seconds} s ago, and {max} s are allowed")]
    TooOld { seconds: i64, max: i64 },

    #[error("it was signed {seconds} s in the future, and {max} s are allowed")]
    TooNew { seconds: i64, max: i64 },

    #[error("the body cannot be read")]
    Unreadable,

    /// Payers of this gateway come back without one.
    #[error("this gateway signs nothing of that kind")]
    Unsigned,
}

/// Why a call has no answer that says what was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It did not happen, and will not: the gateway says so.
    #[error("the gateway refuses: {code}: {message}")]
    Refused { code: String, message: String },

    /// It never took effect: there was no connection, the gateway let nobody in, or it had no time. Another
    /// may be tried.
    #[error("the gateway was not reached: {reason}")]
    NotSent { reason: String },

    /// It may have happened or not. The same gateway knows.
    #[error("nobody knows yet whether it happened: {reason}")]
    Ambiguous { reason: String },
}

impl GatewayError {
    pub(crate) fn ambiguous(reason: impl Into<String>) -> Self {
        Self::Ambiguous { reason: reason.into() }
    }

    /// As the life of a payment has it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::NotSent { .. } => "not sent",
            Self::Ambiguous { .. } => "ambiguous",
        }
    }
}

/// What a line of a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    Payment,
    Refund,
    Payout,
}

impl LineKind {
    pub const fn word(self) -> &'static str {
        match self {
            LineKind::Payment => "payment",
            LineKind::Refund => "refund",
            LineKind::Payout => "payout",
        }
    }
}

/// A line of a gateway's own books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    /// The charge's, refund's or payout's name at the gateway.
    pub reference: String,
    /// The asset's code as the gateway has it, in lower case.
    pub currency: String,
    /// What moved, above zero, before fees.
    pub units: i64,
    /// What the gateway keeps of it.
    pub fee: i64,
    pub at: Timestamp,
}

/// A page of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub lines: Vec<Line>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// An answer to come.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, GatewayError>> + Send + 'a>>;

/// A payment gateway. Each call is one that may be made again under the same ids: it then has the same effect once.
pub trait Gateway: Debug + Send + Sync {
    /// As rows, routes and addresses have it: "stripe".
    fn code(&self) -> &'static str;

    fn mode(&self) -> Mode;

    /// Whether it takes payments in such money.
    fn takes(&self, asset: AssetCode) -> bool;

    /// Makes a payment that the payer can pay.
    fn open(&self, opening: Opening) -> Answer<'_, Opened>;

    /// The page of a payment that was opened before.
    fn page<'a>(&'a self, reference: &'a str) -> Answer<'a, Page>;

    /// The poll: how a payment is now.
    fn look<'a>(&'a self, reference: &'a str) -> Answer<'a, Known>;

    /// Takes money that was set aside: all of `money`.
    fn capture<'a>(&'a self, reference: &'a str, charge: &'a str, money: Money) -> Answer<'a, Known>;

    /// Makes that it cannot be paid any more, as far as the gateway can; answers how it is then. A payment
    /// that was paid meanwhile is captured.
    fn cancel<'a>(&'a self, reference: &'a str) -> Answer<'a, Known>;

    fn refund<'a>(&'a self, refunding: Refunding<'a>) -> Answer<'a, Gone>;

    fn look_at_refund<'a>(&'a self, reference: &'a str) -> Answer<'a, Gone>;

    fn pay_out<'a>(&'a self, paying: PayingOut<'a>) -> Answer<'a, Gone>;

    fn look_at_payout<'a>(&'a self, reference: &'a str) -> Answer<'a, Gone>;

    /// The headers of a webhook that are worth keeping with it.
    fn headers(&self) -> &'static [&'static str];

    /// That a webhook is the gateway's own and of now; answers the gateway's name of the message, which is
    /// the same each time that it is sent.
    fn prove(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<String, NotGenuine>;

    /// What a webhook tells that was proved.
    fn understand(&self, body: &[u8]) -> Result<Told, NotGenuine>;

    /// That a payer who comes back from the gateway's page brings its word that this charge is of this
    /// payment. It is no proof that money was taken: look at the payment then.
    fn returned(&self, _reference: &str, _charge: &str, _signature: &str) -> Result<(), NotGenuine> {
        Err(NotGenuine::Unsigned)
    }

    /// Lines of its books that are of `from` and later, and before `to`.
    fn report<'a>(&'a self, from: Timestamp, to: Timestamp, page: Option<&'a str>) -> Answer<'a, Lines>;
}
