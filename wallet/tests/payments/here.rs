//! A store with a fan and a partner, the fake gateways, and payments through them.

use crate::fake::{BOTH, Fake, Message, Which};
use access::By;
use jiff::{SignedDuration, Timestamp};
use jobs::Worker;
use jobs::testing::{Ran, drain, pass};
use std::sync::Arc;
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::account::{self, Wanted};
use wallet::gateway::{Capture, Gateway, Mode, Page};
use wallet::payment::{
    AskPayout, AskRefund, Begun, Buying, Error, Payment, Payments, Payout, Received, Refund, Route, TopUp,
};
use wallet::{
    AccountId, Act, Amount, Asset, AssetCode, Bounds, Coins, Inr, Kind, Ledger, Money, Move, PaymentId,
    PayoutId, Reason, RefundId, Transfer, TransferId, Usd,
};

pub(crate) struct Here {
    pub(crate) test: TestStore,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) fake: Fake,
    pub(crate) payments: Payments,
    pub(crate) fan: AccountId,
    pub(crate) partner: AccountId,
}

pub(crate) const FAN: &str = "fan_1";
pub(crate) const PARTNER: &str = "org_1";

impl Here {
    /// Rupees go through these, in their order.
    pub(crate) async fn new(route: &[Which]) -> Self {
        let clock = Clock::manual("2026-11-30T10:00:00Z".parse().unwrap());
        let fake = Fake::new(&clock).await;
        let gateways = BOTH.map(|it| fake.gateway(it)).to_vec();
        Self::with(clock, fake, gateways, route).await
    }

    /// The same with these gateways.
    pub(crate) async fn with(
        clock: Clock,
        fake: Fake,
        gateways: Vec<Arc<dyn Gateway>>,
        route: &[Which],
    ) -> Self {
        let test = TestStore::new(&[access::MIGRATIONS, jobs::MIGRATIONS, wallet::MIGRATIONS]).await;
        let ledger = Ledger::start(test.store(), &clock, "test");
        let fan = open(test.store(), Kind::Fan, FAN, Coins::CODE).await;
        let partner = open(test.store(), Kind::Partner, PARTNER, Inr::CODE).await;
        let codes = route.iter().map(|it| it.code().to_owned()).collect();
        let routes = vec![Route { asset: Inr::CODE, gateways: codes }];
        let payments = Payments::new(test.store(), &clock, &ledger, Mode::Test, gateways, routes).unwrap();
        Self { test, clock, ledger, fake, payments, fan, partner }
    }

    pub(crate) fn store(&self) -> &Store {
        self.test.store()
    }

    /// Ten coins for a thousand rupees.
    pub(crate) fn top_up(&self, id: PaymentId) -> TopUp<'static> {
        TopUp {
            id,
            owner: FAN,
            account: self.fan,
            buying: Buying::Coins(Amount::new(10).unwrap()),
            money: rupees(100_000),
            capture: Capture::AtOnce,
        }
    }

    pub(crate) async fn open(&self, id: PaymentId) -> Result<Begun, Error> {
        self.payments.open_top_up(&self.top_up(id)).await
    }

    /// The reference that a payer is shown.
    pub(crate) async fn opened(&self, id: PaymentId) -> String {
        shown(&self.open(id).await.unwrap())
    }

    /// A payment that is paid and booked.
    pub(crate) async fn paid(&self) -> (PaymentId, String) {
        let id = PaymentId::fresh();
        let reference = self.opened(id).await;
        self.fake.pay(&reference, crate::fake::Pays::Well);
        let payment = self.payments.look(id).await.unwrap();
        assert!(payment.booked_at.is_some(), "{payment:?}");
        (id, reference)
    }

    pub(crate) async fn payment(&self, id: PaymentId) -> Payment {
        self.payments.payment(id).await.unwrap()
    }

    pub(crate) async fn receive(&self, which: Which, message: &Message) -> Result<Received, Error> {
        let headers: Vec<(&str, &str)> = message.headers.iter().map(|it| (it.0, it.1.as_str())).collect();
        self.payments.receive(which.code(), &headers, message.body.as_bytes()).await
    }

    pub(crate) fn worker(&self) -> Worker {
        let worker = Worker::new(self.store().clone(), "test").queue(self.payments.queue());
        self.payments.on(worker).unwrap()
    }

    /// Does what is due.
    pub(crate) async fn work(&self) -> Vec<Ran> {
        drain(&self.worker()).await.unwrap()
    }

    /// Lets time pass, for the clock and for jobs, and does what is due then.
    pub(crate) async fn later(&self, minutes: u64) -> Vec<Ran> {
        let span = Duration::from_secs(minutes * 60);
        self.clock.advance(span);
        pass(self.store(), span).await.unwrap();
        self.work().await
    }

    pub(crate) fn by(&self, who: &str) -> By {
        By::system(who, self.clock.now())
    }

    pub(crate) async fn ask_refund(&self, payment: PaymentId, units: i64) -> Result<Refund, Error> {
        let wanted = AskRefund { id: RefundId::fresh(), payment, units, why: "bought by mistake" };
        self.payments.ask_refund(&wanted, &self.by("ann")).await
    }

    pub(crate) async fn ask_payout(&self, which: Which, units: i64) -> Result<Payout, Error> {
        let wanted = AskPayout {
            id: PayoutId::fresh(),
            owner: PARTNER,
            account: self.partner,
            money: rupees(units),
            gateway: which.code(),
            destination: "fa_00000000000001",
            why: "November",
        };
        self.payments.ask_payout(&wanted, &self.by("ann")).await
    }

    /// The partner gets so much, as if it had come by a gateway.
    pub(crate) async fn fund_partner(&self, units: i64) {
        let till = open(self.store(), Kind::Gateway, "elsewhere", Inr::CODE).await;
        let of = Move::of(Inr::CODE, units, till, self.partner, Reason::TopUp).unwrap();
        self.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))).await.unwrap();
    }

    /// The fan spends so many coins.
    pub(crate) async fn spend(&self, coins: i64) {
        let shop = open(self.store(), Kind::Partner, "shop", Coins::CODE).await;
        let of = Move::of(Coins::CODE, coins, self.fan, shop, Reason::Purchase).unwrap();
        self.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))).await.unwrap();
    }

    /// Balance, and what of it is held.
    pub(crate) async fn stands(&self, id: AccountId) -> (i64, i64) {
        let found = self.store().read("test", async |db| account::find(db, id).await).await.unwrap().unwrap();
        (found.standing.posted, found.standing.held_out)
    }

    /// What a gateway's books at us stand at: below zero by what it owes us.
    pub(crate) async fn till(&self, which: Which) -> i64 {
        let id = open(self.store(), Kind::Gateway, &format!("{}/test", which.code()), Inr::CODE).await;
        self.stands(id).await.0
    }

    /// What a gateway has kept for itself, below zero.
    pub(crate) async fn fees(&self, which: Which) -> i64 {
        let id = open(self.store(), Kind::Fees, &format!("{}/test", which.code()), Inr::CODE).await;
        self.stands(id).await.0
    }

    pub(crate) async fn sales(&self) -> i64 {
        let id = open(self.store(), Kind::Sales, "crease/test", Inr::CODE).await;
        self.stands(id).await.0
    }

    /// That the ledger is right.
    pub(crate) async fn verify(&self) {
        let report = self.store().read("test", async |db| wallet::verify::verify(db).await).await.unwrap();
        assert_eq!(report.faults, []);
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.store().read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
    }

    /// Kind, subject, ours, theirs of those that are open, the first found first.
    pub(crate) async fn differences(&self) -> Vec<(&'static str, String, Option<i64>, Option<i64>)> {
        let mut all = self.payments.differences(None, 100).await.unwrap();
        all.reverse();
        all.into_iter().map(|it| (it.kind.word(), it.subject, it.ours, it.theirs)).collect()
    }

    pub(crate) fn in_time(&self, minutes: i64) -> Timestamp {
        self.clock.now() + SignedDuration::from_mins(minutes)
    }
}

pub(crate) async fn open(store: &Store, kind: Kind, owner: &str, asset: AssetCode) -> AccountId {
    let bounds = match kind {
        Kind::Fan | Kind::Partner => Bounds::NO_OVERDRAFT,
        _ => Bounds::NONE,
    };
    let wanted = Wanted::new(asset, kind, owner, bounds);
    let opened = store.run_tx("test", async |tx| account::open(tx, &wanted, Timestamp::UNIX_EPOCH).await);
    opened.await.unwrap()
}

pub(crate) fn rupees(units: i64) -> Money {
    Money::new(Amount::<Inr>::new(units).unwrap())
}

pub(crate) fn dollars(units: i64) -> Money {
    Money::new(Amount::<Usd>::new(units).unwrap())
}

/// The reference that a page is of.
pub(crate) fn shown(begun: &Begun) -> String {
    let Begun::Open { page, .. } = begun else { panic!("{begun:?}") };
    match page {
        Page::Stripe { client_secret, .. } => {
            client_secret.reveal().split_once("_secret_").unwrap().0.to_owned()
        }
        Page::Razorpay { order, .. } => order.clone(),
        Page::Sandbox { url } => url.rsplit('/').next().unwrap().to_owned(),
    }
}

impl Which {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Which::Stripe => "stripe",
            Which::Razorpay => "razorpay",
        }
    }

    /// The request that makes a payment.
    pub(crate) fn opens(self) -> &'static str {
        match self {
            Which::Stripe => "POST /v1/payment_intents",
            Which::Razorpay => "POST /v1/orders",
        }
    }

    /// The request that makes a refund.
    pub(crate) fn refunds(self) -> &'static str {
        match self {
            Which::Stripe => "POST /v1/refunds",
            Which::Razorpay => "POST /v1/payments/",
        }
    }

    /// The request that makes a payout.
    pub(crate) fn pays_out(self) -> &'static str {
        match self {
            Which::Stripe => "POST /v1/transfers",
            Which::Razorpay => "POST /v1/payouts",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Which::Stripe => Which::Razorpay,
            Which::Razorpay => Which::Stripe,
        }
    }
}
