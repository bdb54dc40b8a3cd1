//! A gateway of our own, in which no money moves: for partners who try things out, for demonstrations and tests.
//!
//! Payers "pay" on a page of ours, which calls [`Sandbox::pay`]; webhooks are handed out by
//! [`Sandbox::webhooks`] to whoever brings them to [`crate::payment::Payments::receive`]. Its books are in
//! the table `wallet.sandbox`, so that every process sees the same.
//!
//! What goes wrong is chosen by the last two digits of the amount in its smallest unit: see [`Scenario`].

mod books;

use super::{
    Answer, Before, Capture, Gateway, GatewayError, Gone, Headers, Lines, Mode, NotGenuine, Opened, Opening,
    Page, PayingOut, Refunding, Secret, Told, signature,
};
use crate::asset::AssetCode;
use crate::id::{PaymentId, PayoutId, RefundId};
use crate::money::Money;
use crate::payment::state::{Charge, Known, Outgoing, Stage};
use books::Thing;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use store::{Clock, Store};

#[cfg(test)]
pub(crate) use books::STATEMENTS;

const SIGNATURE: &str = "sandbox-signature";
/// Lines of a page of its report.
const PAGE: usize = 100;

/// What happens to a payment, a refund or a payout of an amount with these last two digits. Any other goes
/// well at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    Well,
    /// 02: every try to pay is declined.
    Declined,
    /// 03: the payer must do something more, and pay again.
    NeedsAction,
    /// 04: money is set aside, and taken only when it is asked for.
    CapturedLater,
    /// 05: it is made, and the answer is lost.
    LostAfter,
    /// 06: the request is lost, and nothing is made; the next one goes well.
    LostBefore,
    /// 07: it cannot be reached.
    NotReached,
    /// 08: it refuses.
    Refused,
    /// 09: each webhook comes twice, and the last one first.
    Webhooks,
    /// 11: what goes out waits, and then fails.
    FailsLater,
    /// 12: what goes out succeeds, and comes back.
    ComesBack,
    /// 31: its report has one unit too few.
    WrongReport,
    /// 32: its report has nothing of it.
    Unreported,
}

impl Scenario {
    pub const fn of(units: i64) -> Self {
        match units % 100 {
            2 => Scenario::Declined,
            3 => Scenario::NeedsAction,
            4 => Scenario::CapturedLater,
            5 => Scenario::LostAfter,
            6 => Scenario::LostBefore,
            7 => Scenario::NotReached,
            8 => Scenario::Refused,
            9 => Scenario::Webhooks,
            11 => Scenario::FailsLater,
            12 => Scenario::ComesBack,
            31 => Scenario::WrongReport,
            32 => Scenario::Unreported,
            _ => Scenario::Well,
        }
    }
}

/// A webhook that would come by HTTP.
#[derive(Clone, Debug)]
pub struct Message {
    /// The value of the header `sandbox-signature`.
    pub signature: String,
    pub body: String,
}

impl Message {
    pub fn headers(&self) -> [(&'static str, &str); 1] {
        [(SIGNATURE, &self.signature)]
    }
}

#[derive(Clone)]
pub struct Sandbox {
    store: Store,
    clock: Clock,
    secret: Secret,
    /// Where its page is: a payment's reference follows.
    page: String,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sandbox").field("page", &self.page).finish_non_exhaustive()
    }
}

/// What a message says.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    id: String,
    reference: String,
    thing: Thing,
}

impl Sandbox {
    /// `page` is the address of the page on which payers pay: a payment's reference is added to it.
    pub fn new(store: &Store, clock: &Clock, secret: Secret, page: &str) -> Self {
        Self { store: store.clone(), clock: clock.clone(), secret, page: page.to_owned() }
    }

    /// A try of the payer's to pay; answers how the payment is then.
    pub async fn pay(&self, reference: &str) -> Result<Known, GatewayError> {
        let paid = self.change(reference, |thing| {
            if thing.known.stage.is_final() {
                return;
            }
            let charge = format!("{reference}_{}", thing.tries);
            thing.tries += 1;
            let units = thing.units;
            let mut seen = Known::at(match (thing.scenario(), thing.tries, thing.capture_later) {
                (Scenario::Declined, _, _) | (Scenario::NeedsAction, 1, _) => Stage::Pending,
                (Scenario::CapturedLater, _, _) | (_, _, true) => Stage::Authorised,
                _ => Stage::Captured,
            });
            match seen.stage {
                Stage::Captured => {
                    seen.charges.insert(charge, Charge { authorised: units, captured: units });
                }
                Stage::Authorised => {
                    seen.charges.insert(charge, Charge { authorised: units, captured: 0 });
                }
                _ if thing.scenario() == Scenario::Declined => {
                    seen.failures.insert(charge, "declined".to_owned());
                }
                _ => {}
            }
            thing.known.join(&seen);
        });
        Ok(paid.await?.known)
    }

    /// Time passes for what goes out: what waits ends, and what is to come back does.
    pub async fn settle(&self, reference: &str) -> Result<Gone, GatewayError> {
        let settled = self.change(reference, |thing| {
            thing.outgoing = match (thing.scenario(), thing.outgoing) {
                (Scenario::FailsLater | Scenario::ComesBack, Some(_)) => Some(Outgoing::Failed),
                (_, it) => it,
            };
        });
        Ok(settled.await?.gone(reference))
    }

    /// The webhooks of all that has happened since they were asked for last: signed, and in their order, or worse.
    pub async fn webhooks(&self) -> Result<Vec<Message>, GatewayError> {
        let news = books::news(&self.store).await.map_err(|error| lost(&error))?;
        let mut messages = Vec::new();
        for (reference, thing, change) in news {
            let scenario = thing.scenario();
            let body = Body { id: format!("{reference}.{change}"), reference, thing };
            let body =
                serde_json::to_string(&body).map_err(|error| GatewayError::ambiguous(error.to_string()))?;
            let message = Message { signature: signature::sign(&self.secret, &[body.as_bytes()]), body };
            if scenario == Scenario::Webhooks {
                messages.insert(0, message.clone());
            }
            messages.push(message);
        }
        Ok(messages)
    }

    /// Changes what is kept under a name, and remembers that there is news of it.
    async fn change(
        &self,
        reference: &str,
        change: impl Fn(&mut Thing) + Clone + Send + Sync,
    ) -> Result<Thing, GatewayError> {
        let changed = books::change(&self.store, reference, change).await.map_err(|error| lost(&error))?;
        changed.ok_or_else(|| refused("unknown", &format!("there is no {reference}")))
    }

    async fn find(&self, reference: &str) -> Result<Thing, GatewayError> {
        let found = books::find(&self.store, reference).await.map_err(|error| lost(&error))?;
        found.ok_or_else(|| refused("unknown", &format!("there is no {reference}")))
    }

    /// Keeps something new, or finds what was made before under the same name; with the failures of its scenario.
    async fn make(&self, reference: &str, thing: Thing, before: Before) -> Result<Thing, GatewayError> {
        let scenario = thing.scenario();
        match (scenario, before) {
            (Scenario::NotReached, _) => {
                return Err(GatewayError::NotSent { reason: "the sandbox plays dead".to_owned() });
            }
            (Scenario::Refused, _) => return Err(refused("not_today", "the sandbox refuses such amounts")),
            (Scenario::LostBefore, Before::Nothing) => {
                return Err(GatewayError::ambiguous("the request is lost"));
            }
            _ => {}
        }
        let kept = books::keep(&self.store, reference, &thing).await.map_err(|error| lost(&error))?;
        if (scenario, before) == (Scenario::LostAfter, Before::Nothing) {
            return Err(GatewayError::ambiguous("the answer is lost"));
        }
        Ok(kept)
    }

    fn page_of(&self, reference: &str) -> Page {
        Page::Sandbox { url: format!("{}{reference}", self.page) }
    }

    async fn open(&self, opening: Opening) -> Result<Opened, GatewayError> {
        let reference = format!("sbx_{}", opening.payment);
        let asset = opening.money.asset().text().to_owned();
        let known = Known { currencies: [asset.clone()].into(), ..Known::default() };
        let thing = Thing {
            known,
            capture_later: opening.capture == Capture::Later,
            ..Thing::new("payment", opening.payment.to_string(), opening.money, self.clock.now())
        };
        self.make(&reference, thing, opening.before).await?;
        Ok(Opened { page: self.page_of(&reference), reference })
    }

    /// Something that goes out.
    async fn send(
        &self,
        kind: &str,
        ours: String,
        of: Option<&str>,
        money: Money,
        before: Before,
    ) -> Result<Gone, GatewayError> {
        let reference = format!("sbx_{ours}");
        let mut thing = Thing::new(kind, ours, money, self.clock.now());
        thing.of = of.map(str::to_owned);
        let waits = thing.scenario() == Scenario::FailsLater;
        thing.outgoing = Some(if waits { Outgoing::Sent } else { Outgoing::Succeeded });
        Ok(self.make(&reference, thing, before).await?.gone(&reference))
    }
}

impl Gateway for Sandbox {
    fn code(&self) -> &'static str {
        "sandbox"
    }

    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn takes(&self, _: AssetCode) -> bool {
        true
    }

    fn open(&self, opening: Opening) -> Answer<'_, Opened> {
        Box::pin(self.open(opening))
    }

    fn page<'a>(&'a self, reference: &'a str) -> Answer<'a, Page> {
        Box::pin(std::future::ready(Ok(self.page_of(reference))))
    }

    fn look<'a>(&'a self, reference: &'a str) -> Answer<'a, Known> {
        Box::pin(async move { Ok(self.find(reference).await?.known) })
    }

    fn capture<'a>(&'a self, reference: &'a str, _: &'a str, _: Money) -> Answer<'a, Known> {
        Box::pin(async move {
            let captured = self.change(reference, |thing| {
                if thing.known.stage == Stage::Authorised {
                    thing.known.stage = Stage::Captured;
                    thing.known.charges.values_mut().for_each(|it| it.captured = it.authorised);
                }
            });
            Ok(captured.await?.known)
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> Answer<'a, Known> {
        Box::pin(async move {
            let cancelled = self.change(reference, |thing| thing.known.join(&Known::at(Stage::Cancelled)));
            Ok(cancelled.await?.known)
        })
    }

    fn refund<'a>(&'a self, it: Refunding<'a>) -> Answer<'a, Gone> {
        Box::pin(self.send("refund", it.refund.to_string(), Some(it.reference), it.money, it.before))
    }

    fn look_at_refund<'a>(&'a self, reference: &'a str) -> Answer<'a, Gone> {
        Box::pin(async move { Ok(self.find(reference).await?.gone(reference)) })
    }

    fn pay_out<'a>(&'a self, it: PayingOut<'a>) -> Answer<'a, Gone> {
        Box::pin(self.send("payout", it.payout.to_string(), None, it.money, it.before))
    }

    fn look_at_payout<'a>(&'a self, reference: &'a str) -> Answer<'a, Gone> {
        Box::pin(async move { Ok(self.find(reference).await?.gone(reference)) })
    }

    fn headers(&self) -> &'static [&'static str] {
        &[SIGNATURE]
    }

    fn prove(&self, headers: Headers<'_>, body: &[u8], _: Timestamp) -> Result<String, NotGenuine> {
        let found = headers.iter().find(|it| it.0 == SIGNATURE).map(|it| it.1);
        let found = found.ok_or(NotGenuine::NoHeader { header: SIGNATURE })?;
        if !signature::is_signed(std::slice::from_ref(&self.secret), &[body], found) {
            return Err(NotGenuine::Forged);
        }
        let body: Body = serde_json::from_slice(body).map_err(|_| NotGenuine::Unreadable)?;
        Ok(body.id)
    }

    fn understand(&self, body: &[u8]) -> Result<Told, NotGenuine> {
        let Body { reference, thing, .. } =
            serde_json::from_slice(body).map_err(|_| NotGenuine::Unreadable)?;
        let gone = thing.gone(&reference);
        Ok(match thing.kind.as_str() {
            "payment" => Told::Payment {
                payment: PaymentId::parse(&thing.ours),
                reference: Some(reference),
                known: thing.known,
            },
            "refund" => Told::Refund { refund: RefundId::parse(&thing.ours), of: thing.of, gone },
            "payout" => Told::Payout { payout: PayoutId::parse(&thing.ours), gone },
            _ => Told::Other,
        })
    }

    fn report<'a>(&'a self, from: Timestamp, to: Timestamp, page: Option<&'a str>) -> Answer<'a, Lines> {
        Box::pin(async move {
            let read = books::between(&self.store, from, to, page.unwrap_or_default(), PAGE).await;
            let rows = read.map_err(|error| lost(&error))?;
            let next = (rows.len() == PAGE).then(|| rows.last().map(|it| it.0.clone())).flatten();
            let lines = rows.iter().flat_map(|(reference, thing)| thing.lines(reference)).collect();
            Ok(Lines { lines, next })
        })
    }
}

/// Its books are a database: what became of a statement that failed, nobody knows.
fn lost(error: &store::Error) -> GatewayError {
    GatewayError::ambiguous(error.to_string())
}

fn refused(code: &str, message: &str) -> GatewayError {
    GatewayError::Refused { code: code.to_owned(), message: message.to_owned() }
}
