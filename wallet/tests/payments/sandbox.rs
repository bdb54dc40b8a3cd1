//! The sandbox: each of its scenarios, through the same payments.

use crate::fake::{Fake, Which};
use crate::here::{Here, open, rupees, shown};
use std::sync::Arc;
use store::Clock;
use store::testing::TestStore;
use wallet::gateway::sandbox::Scenario;
use wallet::gateway::{Gateway, GatewayError, Mode, Sandbox, Secret};
use wallet::payment::state::{Outgoing, Stage};
use wallet::payment::{AskPayout, AskRefund, Begun, Error, Payments, Route, TopUp};
use wallet::{Asset, Inr, Kind, PaymentId, PayoutId, RefundId};

struct Tried {
    here: Here,
    sandbox: Arc<Sandbox>,
}

impl Tried {
    async fn new() -> Self {
        let clock = Clock::manual("2026-11-30T10:00:00Z".parse().unwrap());
        let fake = Fake::new(&clock).await;
        let here = Here::with(clock, fake, vec![], &[]).await;
        let sandbox = Arc::new(sandbox(&here.test, &here.clock));
        let routes = vec![Route { asset: Inr::CODE, gateways: vec!["sandbox".into()] }];
        let gateway: Arc<dyn Gateway> = sandbox.clone();
        let payments =
            Payments::new(here.store(), &here.clock, &here.ledger, Mode::Test, vec![gateway], routes);
        let here = Here { payments: payments.unwrap(), ..here };
        Self { here, sandbox }
    }

    async fn open(&self, id: PaymentId, units: i64) -> Result<Begun, Error> {
        let wanted = TopUp { money: rupees(units), ..self.here.top_up(id) };
        self.here.payments.open_top_up(&wanted).await
    }

    /// Brings what it tells, as often and in the order in which it does.
    async fn bring(&self) -> usize {
        let told = self.sandbox.webhooks().await.unwrap();
        for message in &told {
            let headers = message.headers();
            self.here.payments.receive("sandbox", &headers, message.body.as_bytes()).await.unwrap();
        }
        self.here.work().await;
        told.len()
    }

    /// A payment of so much that is paid; its digits say nothing of what goes out.
    async fn paid(&self, units: i64) -> PaymentId {
        let id = PaymentId::fresh();
        let reference = shown(&self.open(id, units).await.unwrap());
        self.sandbox.pay(&reference).await.unwrap();
        self.bring().await;
        assert_eq!(self.here.payment(id).await.known.stage, Stage::Captured);
        id
    }

    /// A refund that is approved and sent.
    async fn refund(&self, payment: PaymentId, units: i64) -> RefundId {
        let wanted = AskRefund { id: RefundId::fresh(), payment, units, why: "x" };
        self.here.payments.ask_refund(&wanted, &self.here.by("ann")).await.unwrap();
        self.here.payments.approve_refund(wanted.id, &self.here.by("bob")).await.unwrap();
        self.here.work().await;
        wanted.id
    }
}

fn sandbox(test: &TestStore, clock: &Clock) -> Sandbox {
    Sandbox::new(test.store(), clock, Secret::new("s"), "http://localhost/pay/")
}

#[tokio::test]
async fn a_payment_is_paid_on_a_page_of_ours() {
    let tried = Tried::new().await;
    for (units, tries, stage) in [
        (100_000, 1, Stage::Captured),
        (100_002, 3, Stage::Pending),
        (100_003, 1, Stage::Pending),
        (100_003, 2, Stage::Captured),
        (100_009, 1, Stage::Captured),
    ] {
        let id = PaymentId::fresh();
        let reference = shown(&tried.open(id, units).await.unwrap());
        for _ in 0..tries {
            tried.sandbox.pay(&reference).await.unwrap();
        }
        let told = tried.bring().await;
        assert_eq!(told, if Scenario::of(units) == Scenario::Webhooks { 2 } else { 1 });
        let known = tried.here.payment(id).await.known;
        assert_eq!((known.stage, known.captured() > 0), (stage, stage == Stage::Captured), "{units}");
        assert_eq!(known.failures.len(), if Scenario::of(units) == Scenario::Declined { 3 } else { 0 });
    }
    assert_eq!(tried.here.stands(tried.here.fan).await, (30, 0));
    // Money that is set aside is taken at once by who sees it.
    let id = PaymentId::fresh();
    let reference = shown(&tried.open(id, 100_004).await.unwrap());
    assert_eq!(tried.sandbox.pay(&reference).await.unwrap().stage, Stage::Authorised);
    tried.bring().await;
    assert_eq!(tried.here.payment(id).await.known.stage, Stage::Captured);
    tried.here.verify().await;
}

#[tokio::test]
async fn answers_and_requests_are_lost_as_the_digits_say() {
    let tried = Tried::new().await;
    for units in [100_005, 100_006] {
        let id = PaymentId::fresh();
        assert!(matches!(tried.open(id, units).await.unwrap(), Begun::Unsure { .. }));
        let reference = shown(&tried.open(id, units).await.unwrap());
        tried.sandbox.pay(&reference).await.unwrap();
        tried.here.later(1).await;
        assert_eq!(tried.here.payment(id).await.credited, Some(units));
    }
    let unreached = tried.open(PaymentId::fresh(), 100_007).await.unwrap_err();
    assert!(matches!(unreached, Error::NoGateway { .. }), "{unreached}");
    let refused = tried.open(PaymentId::fresh(), 100_008).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    let unknown = tried.sandbox.pay("sbx_nothing").await.unwrap_err();
    assert!(matches!(unknown, GatewayError::Refused { .. }), "{unknown}");
    tried.here.verify().await;
}

#[tokio::test]
async fn what_goes_out_fails_or_comes_back_as_the_digits_say() {
    let tried = Tried::new().await;
    let payment = tried.paid(100_000).await;
    let (later, back) = (tried.refund(payment, 20_011).await, tried.refund(payment, 20_012).await);
    let lost = tried.refund(payment, 10_005).await;
    let going = async |id| tried.here.payments.refund(id).await.unwrap().going;
    assert_eq!(going(later).await.outgoing, Some(Outgoing::Sent));
    assert_eq!(going(back).await.outgoing, Some(Outgoing::Succeeded));
    assert_eq!(going(lost).await.outgoing, None);
    for id in [later, back] {
        let reference = going(id).await.reference.unwrap();
        tried.sandbox.settle(&reference).await.unwrap();
    }
    tried.bring().await;
    assert_eq!(going(later).await.outgoing, Some(Outgoing::Failed));
    assert_eq!(going(back).await.outgoing, Some(Outgoing::Failed));
    tried.here.later(10).await;
    assert_eq!(going(lost).await.outgoing, Some(Outgoing::Succeeded));
    assert_eq!(tried.here.sales().await, 100_000 - 10_005);
    tried.here.verify().await;
}

#[tokio::test]
async fn a_partner_is_paid_and_the_report_is_wrong_as_the_digits_say() {
    let tried = Tried::new().await;
    let here = &tried.here;
    let partner = open(here.store(), Kind::Partner, crate::here::PARTNER, Inr::CODE).await;
    here.fund_partner(1_000).await;
    let wanted = AskPayout {
        id: PayoutId::fresh(),
        owner: crate::here::PARTNER,
        account: partner,
        money: rupees(212),
        gateway: "sandbox",
        destination: "x",
        why: "x",
    };
    here.payments.ask_payout(&wanted, &here.by("ann")).await.unwrap();
    here.payments.approve_payout(wanted.id, &here.by("bob")).await.unwrap();
    here.work().await;
    assert_eq!(here.stands(partner).await, (788, 0));
    let reference = here.payments.payout(wanted.id).await.unwrap().going.reference.unwrap();
    tried.sandbox.settle(&reference).await.unwrap();
    tried.bring().await;
    assert_eq!(here.stands(partner).await, (1_000, 0));
    for units in [100_000, 100_031, 100_032] {
        tried.paid(units).await;
    }
    let reconciled = here.payments.reconcile("sandbox", Some("2026-11-30")).await.unwrap();
    assert_eq!((reconciled.lines, reconciled.ours, reconciled.differences), (2, 3, 2));
    let kinds: Vec<&str> = here.differences().await.into_iter().map(|it| it.0).collect();
    assert_eq!(kinds, ["amount", "missing there"]);
    here.verify().await;
}

#[tokio::test]
async fn it_is_for_tests_alone_and_signs_what_it_tells() {
    let here = Here::new(&[Which::Stripe]).await;
    let gateway: Arc<dyn Gateway> = Arc::new(sandbox(&here.test, &here.clock));
    let live = Payments::new(here.store(), &here.clock, &here.ledger, Mode::Live, vec![gateway], vec![]);
    assert!(matches!(live.err(), Some(Error::WrongMode { code: "sandbox" })));
    let tried = Tried::new().await;
    let forged = tried.here.payments.receive("sandbox", &[("sandbox-signature", "00")], b"{}").await;
    assert!(matches!(forged, Err(Error::NotGenuine(_))), "{forged:?}");
}
