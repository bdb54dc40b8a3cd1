//! What is done about payments later, and again until it is known how they ended.

use super::learn::Learned;
use super::life::Source;
use super::out::Sent;
use super::state::{Known, Stage};
use super::top_up::Begun;
use super::{Error, Payments};
use crate::gateway::Mode;
use crate::id::{PaymentId, PayoutId, RefundId};
use jiff::{SignedDuration, Timestamp};
use jobs::{Attempt, Cron, Job, NotDone, Unique, Wish, Worker};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::time::Duration;
use store::Transaction;

/// The queue of real payments. It has its own, so that slow gateways hold up nothing else.
pub const QUEUE: &str = "payments";
/// The queue of tests, which hold up no real payment.
pub const QUEUE_TEST: &str = "payments-test";

/// The shortest and the longest pause between two looks: a quarter of the time since it began.
const PAUSE_MIN: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(900);
/// How long after its time a payment is waited for of which its gateway says nothing.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(24);
/// How often a message is looked at whose payment is not known: its gateway may be faster than our own write.
const UNKNOWN_TRIES: u16 = 6;
/// When the books of the day before yesterday are compared: their lines are all there by then.
const RECONCILE: &str = "20 2 * * *";

/// Makes of a webhook what it tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessWebhook {
    pub id: i64,
}

impl Job for ProcessWebhook {
    const KIND: &'static str = "payments.webhook";
}

/// Looks at a payment until it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollPayment {
    pub id: String,
}

impl Job for PollPayment {
    const KIND: &'static str = "payments.poll";
}

/// Sends a refund that was approved, and looks at it until it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendRefund {
    pub id: String,
}

impl Job for SendRefund {
    const KIND: &'static str = "payments.refund";
}

/// Sends a payout that was approved, and looks at it until it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPayout {
    pub id: String,
}

impl Job for SendPayout {
    const KIND: &'static str = "payments.payout";
}

/// Compares a gateway's books with ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconcile {
    pub gateway: String,
    /// "2026-11-30", of UTC; the day before yesterday where none is said.
    pub day: Option<String>,
}

impl Job for Reconcile {
    const KIND: &'static str = "payments.reconcile";
}

impl Payments {
    /// The queue of these payments' jobs.
    pub fn queue(&self) -> &'static str {
        match self.mode {
            Mode::Live => QUEUE,
            Mode::Test => QUEUE_TEST,
        }
    }

    /// The name of the schedule by which a gateway's books are compared with ours.
    pub fn schedule(&self, gateway: &str) -> String {
        format!("{}.reconcile.{gateway}", self.queue())
    }

    /// Has this worker do what is to be done later. It must be one of [`Payments::queue`]; its jobs wait for
    /// gateways and do little else, so that it may do many at once.
    pub fn on(&self, worker: Worker) -> Result<Worker, Error> {
        let (one, two, three, four, five) =
            (self.clone(), self.clone(), self.clone(), self.clone(), self.clone());
        let mut worker = worker
            .handle(move |job: ProcessWebhook, attempt| with(&one, |it| it.do_webhook(job, attempt)))
            .handle(move |job: PollPayment, _| with(&two, |it| it.do_poll(job)))
            .handle(move |job: SendRefund, _| with(&three, |it| it.do_refund(job)))
            .handle(move |job: SendPayout, _| with(&four, |it| it.do_payout(job)))
            .handle(move |job: Reconcile, _| with(&five, |it| it.do_reconcile(job)));
        for code in self.gateways.keys() {
            let name = self.schedule(code);
            let job = Reconcile { gateway: (*code).to_owned(), day: None };
            worker = worker.repeat(Cron::new(&name, RECONCILE, "UTC")?, &job);
        }
        Ok(worker)
    }

    /// Puts a job into the transaction, once for its key.
    pub(super) async fn put<J: Job>(
        &self,
        tx: &Transaction<'_>,
        job: &J,
        key: &str,
        run_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let unique = Some(Unique::from(key));
        match jobs::enqueue(tx, job, &Wish { queue: self.queue(), run_at, unique, ..Wish::default() }).await {
            Ok(_) | Err(jobs::Error::Duplicate { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The first look at a payment is a moment after it was asked for.
    pub(super) async fn put_poll(&self, tx: &Transaction<'_>, id: PaymentId) -> Result<(), Error> {
        let id = id.to_string();
        // Jobs run by the database's clock, which is a wall clock.
        let run_at = Timestamp::now().checked_add(PAUSE_MIN).ok();
        self.put(tx, &PollPayment { id: id.clone() }, &id, run_at).await
    }

    async fn do_webhook(self, job: ProcessWebhook, attempt: Attempt) -> Result<(), NotDone> {
        match self.process(job.id).await.map_err(later)? {
            Learned::Ours | Learned::Other => Ok(()),
            Learned::Unknown if attempt.number() < UNKNOWN_TRIES => {
                Err(NotDone::Retry("its payment is not known yet".to_owned()))
            }
            Learned::Unknown => self.processed(job.id, "unknown").await.map_err(later),
        }
    }

    async fn do_poll(self, job: PollPayment) -> Result<(), NotDone> {
        let id = PaymentId::parse(&job.id).ok_or_else(|| no_id(&job.id))?;
        let payment = self.payment(id).await.map_err(later)?;
        let made_at = payment.made_at;
        match self.poll(id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotDone::Snooze(self.pause(made_at))),
            Err(error) => Err(self.wait(error, made_at)),
        }
    }

    /// Looks at a payment, gives it up when its time is over, and answers whether it is over.
    pub async fn poll(&self, id: PaymentId) -> Result<bool, Error> {
        let mut payment = self.payment(id).await?;
        if payment.is_over() {
            return Ok(true);
        }
        let now = self.clock.now();
        let is_late = payment.expires_at <= now;
        if payment.reference.is_none() && payment.is_asked {
            // It is with the gateway, or not: the same one is asked.
            let begun = self.go_on(payment.clone()).await;
            if matches!(begun, Err(Error::Refused { .. })) {
                return Ok(true);
            }
            if let Begun::Unsure { .. } = begun? {
                if payment.expires_at.checked_add(GIVE_UP).is_ok_and(|it| it > now) {
                    return Ok(false);
                }
                self.learn_payment(id, Source::Poll, &Known::at(Stage::Cancelled)).await?;
                return Ok(true);
            }
        }
        payment = self.look(id).await?;
        // What is set aside is not given up: it waits for somebody to take it, and goes back by itself after days.
        if is_late && payment.known.stage < Stage::Authorised {
            payment = self.cancel(id).await?;
        }
        // What was taken and cannot be booked is a difference, for people.
        let is_left = payment.known.stage.is_final()
            && payment.expires_at.checked_add(GIVE_UP).is_ok_and(|it| it <= now);
        Ok(payment.is_over() || is_left)
    }

    async fn do_refund(self, job: SendRefund) -> Result<(), NotDone> {
        let id = RefundId::parse(&job.id).ok_or_else(|| no_id(&job.id))?;
        let going = self.refund(id).await.map_err(later)?.going;
        self.again(self.send_refund(id).await, going.decided_at.unwrap_or(going.asked_at))
    }

    async fn do_payout(self, job: SendPayout) -> Result<(), NotDone> {
        let id = PayoutId::parse(&job.id).ok_or_else(|| no_id(&job.id))?;
        let going = self.payout(id).await.map_err(later)?.going;
        self.again(self.send_payout(id).await, going.decided_at.unwrap_or(going.asked_at))
    }

    async fn do_reconcile(self, job: Reconcile) -> Result<(), NotDone> {
        let reconciled = self.reconcile(&job.gateway, job.day.as_deref()).await;
        reconciled.map(drop).map_err(later)
    }

    fn again(&self, sent: Result<Sent, Error>, since: Timestamp) -> Result<(), NotDone> {
        match sent {
            Ok(Sent::Over) => Ok(()),
            Ok(Sent::Waits) => Err(NotDone::Snooze(self.pause(since))),
            Err(error) => Err(self.wait(error, since)),
        }
    }

    /// A gateway that is away for hours, or an account that is frozen for a week, takes no attempt away.
    fn wait(&self, error: Error, since: Timestamp) -> NotDone {
        match error {
            Error::NoAnswer { .. } | Error::NoGateway { .. } => NotDone::Snooze(self.pause(since)),
            Error::Ledger(crate::Error::Refused(refusal)) => {
                tracing::warn!(%refusal, "the ledger does not take what a gateway has done");
                NotDone::Snooze(self.pause(since))
            }
            error => later(error),
        }
    }

    fn pause(&self, since: Timestamp) -> Duration {
        let age = self.clock.now().duration_since(since);
        (Duration::try_from(age).unwrap_or_default() / 4).clamp(PAUSE_MIN, PAUSE_MAX)
    }
}

/// A handler's future, which owns what it works with.
fn with<F: Future>(payments: &Payments, work: impl FnOnce(Payments) -> F) -> F {
    work(payments.clone())
}

fn no_id(text: &str) -> NotDone {
    NotDone::Dead(format!("{text:?} is no id"))
}

fn later(error: Error) -> NotDone {
    NotDone::Retry(error.to_string())
}
