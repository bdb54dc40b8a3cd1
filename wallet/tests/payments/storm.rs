//! All of it at once: payments and refunds through both gateways, while calls fail in every way, whoever
//! asks goes away in the middle of it, and webhooks come late, twice and in any order. When it is calm again, our books are the gateways'.

use crate::fake::{AMBIGUOUS, BOTH, Fault, Message, Pays, Which};
use crate::here::{Here, shown};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::time::Duration;
use tokio::time::timeout;
use wallet::PaymentId;
use wallet::payment::state::Outgoing;
use wallet::payment::{Begun, Decision, Error};

const PAYMENTS: usize = 8;
const STEPS: usize = 150;

struct Storm {
    here: Here,
    rng: TestRng,
    ids: Vec<PaymentId>,
    /// What each payer was shown: one, or the test fails.
    shown: Vec<Option<String>>,
    is_paid: Vec<bool>,
    told: Vec<(Which, Message)>,
}

impl Storm {
    async fn new(seed: u8) -> Self {
        let here = Here::new(&BOTH).await;
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let ids = (0..PAYMENTS).map(|_| PaymentId::fresh()).collect();
        Self { here, rng, ids, shown: vec![None; PAYMENTS], is_paid: vec![false; PAYMENTS], told: Vec::new() }
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.rng.next_u64() % count as u64).unwrap()
    }

    async fn step(&mut self) {
        let which = self.below(PAYMENTS);
        match self.below(12) {
            0 | 1 => {
                let faults = [&AMBIGUOUS[..], &[Fault::StatusBefore(429), Fault::StatusBefore(401)]].concat();
                let fault = faults[self.below(faults.len())];
                let method = ["POST", "GET"][self.below(2)];
                self.here.fake.fails(method, fault);
            }
            2 | 3 => self.open(which).await,
            4 => self.pay(which),
            5 => self.pay(which),
            6 | 7 => self.bring().await,
            8..=10 => self.refund(which).await,
            _ => {
                let minutes = u64::try_from(self.below(9)).unwrap();
                self.here.later(minutes).await;
            }
        }
    }

    async fn open(&mut self, which: usize) {
        // Who asks may go away in the middle of it, and the process too.
        let patience = self.patience();
        let Ok(begun) = timeout(patience, self.here.open(self.ids[which])).await else { return };
        match begun {
            Ok(begun @ Begun::Open { .. }) => {
                let reference = shown(&begun);
                let before = self.shown[which].get_or_insert_with(|| reference.clone());
                assert_eq!(*before, reference, "a payer is shown one reference");
            }
            Ok(Begun::Unsure { .. } | Begun::Over(_)) => {}
            Err(Error::NoGateway { .. } | Error::NoAnswer { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn pay(&mut self, which: usize) {
        let Some(reference) = self.shown[which].clone().filter(|_| !self.is_paid[which]) else { return };
        let goes = if self.below(3) == 0 { Pays::Declined } else { Pays::Well };
        self.is_paid[which] = goes == Pays::Well;
        let from = if reference.starts_with("pi_") { Which::Stripe } else { Which::Razorpay };
        let told = self.here.fake.pay(&reference, goes);
        self.told.extend(told.into_iter().map(|it| (from, it)));
    }

    /// Any message, again and again.
    async fn bring(&mut self) {
        if self.told.is_empty() {
            return;
        }
        let place = self.below(self.told.len());
        let (from, message) = self.told[place].clone();
        self.here.receive(from, &self.here.fake.sign_again(&message)).await.unwrap();
    }

    async fn refund(&mut self, which: usize) {
        let units = 10_000 * (1 + i64::try_from(self.below(6)).unwrap());
        let patience = self.patience();
        let Ok(asked) = timeout(patience, self.here.ask_refund(self.ids[which], units)).await else { return };
        match asked {
            Ok(refund) => {
                let by = self.here.by("bob");
                // Whoever was not waited for has approved it, or not.
                let approved = timeout(patience, self.here.payments.approve_refund(refund.id, &by)).await;
                if let Ok(approved) = approved {
                    approved.unwrap();
                }
            }
            Err(
                Error::NotCaptured { .. } | Error::UnknownPayment { .. } | Error::MoreThanCaptured { .. },
            ) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Mostly long enough.
    fn patience(&mut self) -> Duration {
        let ms = if self.below(4) == 0 { self.below(12) } else { 60_000 };
        Duration::from_millis(ms as u64)
    }

    /// Everything arrives in the end.
    async fn calm(&mut self) {
        self.here.fake.books().calm();
        let told = self.told.clone();
        for (from, message) in told.iter().rev() {
            self.here.receive(*from, &self.here.fake.sign_again(message)).await.unwrap();
        }
        for id in &self.ids {
            let refunds = self.here.payments.refunds_of(*id).await.unwrap_or_default();
            for refund in refunds.iter().filter(|it| it.going.decision == Decision::Asked) {
                self.here.payments.refuse_refund(refund.id, "calm", &self.here.by("cid")).await.unwrap();
            }
        }
        for _ in 0..6 {
            self.here.later(30).await;
        }
    }

    async fn check(&self) {
        let here = &self.here;
        let (mut credited, mut coins) = (0, 0);
        let mut back = [0, 0];
        for id in &self.ids {
            let Ok(payment) = here.payments.payment(*id).await else { continue };
            credited += payment.credited.unwrap_or(0);
            coins += payment.credited_coins.unwrap_or(0);
            assert!(payment.known.refunded() <= payment.known.captured());
            for refund in here.payments.refunds_of(*id).await.unwrap() {
                if refund.going.decision == Decision::Dropped {
                    continue;
                }
                assert_eq!(
                    refund.going.outgoing,
                    Some(Outgoing::Succeeded),
                    "all that was approved has gone"
                );
                coins -= refund.coins.unwrap();
                back[usize::from(payment.gateway == "razorpay")] += refund.units;
            }
        }
        assert_eq!(credited, here.fake.taken(), "what payers were charged is booked, once");
        assert_eq!(here.stands(here.fan).await, (coins, 0));
        let refunds = here.fake.all("refund");
        let at = |which| {
            let of = |it: &&serde_json::Value| it["object"].is_string() == (which == Which::Stripe);
            refunds.iter().filter(of).map(|it| it["amount"].as_i64().unwrap()).sum::<i64>()
        };
        assert_eq!([at(Which::Stripe), at(Which::Razorpay)], back, "what went back is booked, once");
        let tills = here.till(Which::Stripe).await + here.till(Which::Razorpay).await;
        assert_eq!(tills, back[0] + back[1] - credited);
        assert_eq!(here.differences().await, []);
        here.verify().await;
    }
}

#[tokio::test]
async fn after_the_storm_our_books_are_the_gateways() {
    let (mut taken, mut back) = (0, 0);
    for seed in [1, 2, 3] {
        let mut storm = Storm::new(seed).await;
        for _ in 0..STEPS {
            storm.step().await;
        }
        storm.calm().await;
        storm.check().await;
        taken += storm.here.fake.taken();
        back += storm.here.fake.all("refund").len();
    }
    assert!(taken >= 800_000 && back >= 3, "hardly anything was paid: {taken}, {back}");
}
