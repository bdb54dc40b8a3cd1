//! Whatever is done in whichever order, against a model that fits on a page.

use crate::here::{Here, by, fan, redeemer, terms};
use proptest::prelude::*;
use rewards::product::{Codes, Terms};
use rewards::voucher::{Denied, Found, Said, Stage};
use rewards::{Code, Error};

const FANS: [&str; 3] = ["fan_0", "fan_1", "fan_2"];
const STOCK: i64 = 6;
const POINTS: i64 = 55;
const PRICE: i64 = 10;
const EVER: i64 = 4;
const IN_DAY: i64 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Reserve {
        fan: usize,
        units: i64,
    },
    /// The same once more.
    Again {
        at: usize,
    },
    Confirm {
        at: usize,
    },
    Release {
        at: usize,
    },
    Look {
        at: usize,
    },
    Pass {
        minutes: u64,
    },
    /// The wallet's job.
    Lapse,
    Sweep,
    Claim {
        fan: usize,
    },
    Give {
        from: usize,
        to: usize,
    },
    Redeem {
        at: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..12_usize;
    prop_oneof![
        4 => (0..3_usize, 1..4_i64).prop_map(|(fan, units)| Step::Reserve { fan, units }),
        2 => at.clone().prop_map(|at| Step::Again { at }),
        4 => at.clone().prop_map(|at| Step::Confirm { at }),
        2 => at.clone().prop_map(|at| Step::Release { at }),
        2 => at.clone().prop_map(|at| Step::Look { at }),
        3 => prop_oneof![Just(1_u64), Just(6), Just(10), Just(24 * 60)].prop_map(|minutes| Step::Pass { minutes }),
        1 => Just(Step::Lapse),
        1 => Just(Step::Sweep),
        3 => (0..3_usize).prop_map(|fan| Step::Claim { fan }),
        2 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Give { from, to }),
        3 => at.prop_map(|at| Step::Redeem { at }),
    ]
}

#[derive(Clone, Debug)]
struct Reserved {
    id: String,
    fan: usize,
    units: i64,
    stage: Stage,
    /// Whether the ledger keeps something apart for it.
    is_held: bool,
    day: u64,
    until: u64,
}

#[derive(Debug, Default)]
struct Model {
    /// Minutes since the start of the first day.
    now: u64,
    stock: i64,
    points: [i64; 3],
    units: [i64; 3],
    reserved: Vec<Reserved>,
    claimed: Vec<(Code, bool)>,
}

impl Model {
    fn new() -> Self {
        Self { now: 10 * 60, stock: STOCK, points: [POINTS; 3], ..Self::default() }
    }

    fn day(&self) -> u64 {
        self.now / (24 * 60)
    }

    fn left(&self, fan: usize) -> i64 {
        let counts = |it: &&Reserved| {
            it.fan == fan && matches!(it.stage, Stage::Asked | Stage::Reserved | Stage::Bought)
        };
        let all = || self.reserved.iter().filter(counts);
        let ever = EVER - all().map(|it| it.units).sum::<i64>();
        // What was given back later is not in the last day's count, and the last day is that of the newest.
        let today = all().filter(|it| it.day == self.day()).map(|it| it.units).sum::<i64>();
        ever.min(IN_DAY - today).max(0)
    }

    fn reserve(&mut self, id: String, fan: usize, units: i64) -> Result<Stage, &'static str> {
        let left = self.left(fan);
        if units > left {
            return Err("limit");
        }
        if self.points[fan] < units * PRICE {
            return Err("too-little");
        }
        if self.stock < units {
            return Err("sold-out");
        }
        self.points[fan] -= units * PRICE;
        self.stock -= units;
        let (day, until) = (self.day(), self.now + 10);
        self.reserved.push(Reserved { id, fan, units, stage: Stage::Reserved, is_held: true, day, until });
        Ok(Stage::Reserved)
    }

    /// What is kept apart is free again.
    fn free(&mut self, at: usize) {
        let it = &mut self.reserved[at];
        if std::mem::take(&mut it.is_held) {
            self.points[it.fan] += it.units * PRICE;
            self.stock += it.units;
        }
    }

    fn look(&mut self, at: usize) -> Stage {
        let it = &self.reserved[at];
        if it.stage == Stage::Reserved && it.until <= self.now {
            self.free(at);
            self.reserved[at].stage = Stage::Expired;
        }
        self.reserved[at].stage
    }

    fn confirm(&mut self, at: usize) -> Stage {
        let stage = self.look(at);
        if stage == Stage::Reserved {
            let it = &mut self.reserved[at];
            it.is_held = false;
            it.stage = Stage::Bought;
            self.units[it.fan] += it.units;
        }
        self.reserved[at].stage
    }

    fn release(&mut self, at: usize) -> Stage {
        let it = &self.reserved[at];
        // One that is over and was not seen to yet is released still.
        if it.stage == Stage::Reserved && it.is_held {
            self.free(at);
            self.reserved[at].stage = Stage::Released;
        }
        self.look(at)
    }

    fn lapse(&mut self) {
        for at in 0..self.reserved.len() {
            if self.reserved[at].until <= self.now && self.reserved[at].stage == Stage::Reserved {
                self.free(at);
            }
        }
    }
}

fn told(result: Result<Stage, Error>) -> Result<Stage, &'static str> {
    result.map_err(|error| match error {
        Error::LimitReached { .. } => "limit",
        Error::Denied(denied) => denied.word(),
        error => panic!("{error}"),
    })
}

async fn run(steps: &[Step]) {
    let here = Here::new().await;
    let limited = Terms { fan_max: Some(4), fan_day_max: Some(3), ..terms(Codes::Made) };
    let product = here.product(limited, STOCK as usize).await;
    for it in FANS {
        here.fan(&fan(it), POINTS).await;
    }
    let mut model = Model::new();
    for step in steps {
        let stage_of = |at: &usize| model.reserved.get(*at).cloned();
        match step {
            Step::Reserve { fan: at, units } => {
                let id = store::ids::new("rsv");
                let units_asked = i32::try_from(*units).unwrap();
                let got = here.vouchers.reserve(&fan(FANS[*at]), &product, units_asked, &id).await;
                let got = told(got.map(|it| it.stage));
                assert_eq!(got, model.reserve(id, *at, *units), "{step:?} {model:?}");
            }
            Step::Again { at } | Step::Confirm { at } | Step::Release { at } | Step::Look { at } => {
                let Some(it) = stage_of(at) else { continue };
                let owner = fan(FANS[it.fan]);
                let units = i32::try_from(it.units).unwrap();
                let (got, expected) = match step {
                    Step::Again { .. } => {
                        (here.vouchers.reserve(&owner, &product, units, &it.id).await, model.look(*at))
                    }
                    Step::Confirm { .. } => (here.vouchers.confirm(&owner, &it.id).await, model.confirm(*at)),
                    Step::Release { .. } => (here.vouchers.release(&owner, &it.id).await, model.release(*at)),
                    _ => (here.vouchers.reservation(&owner, &it.id).await, model.look(*at)),
                };
                assert_eq!(got.unwrap().stage, expected, "{step:?} {model:?}");
            }
            Step::Pass { minutes } => {
                here.pass(*minutes);
                model.now += minutes;
            }
            Step::Lapse => {
                wallet::lapse_due(&here.ledger, here.clock.now()).await.unwrap();
                model.lapse();
            }
            Step::Sweep => {
                here.vouchers.sweep().await.unwrap();
                for at in 0..model.reserved.len() {
                    model.look(at);
                }
            }
            Step::Claim { fan: at } => {
                let claimed = here.vouchers.claim(&fan(FANS[*at]), &product, &store::ids::new("vch")).await;
                if model.units[*at] > 0 {
                    model.units[*at] -= 1;
                    model.claimed.push((claimed.unwrap().code.unwrap(), false));
                } else {
                    assert!(matches!(claimed, Err(Error::Denied(Denied::NotHeld))), "{claimed:?} {model:?}");
                }
            }
            Step::Give { from, to } if from != to => {
                let given = here.vouchers.give(&fan(FANS[*from]), &product, FANS[*to], 1, None).await;
                assert_eq!(given.is_ok(), model.units[*from] > 0, "{given:?} {model:?}");
                if given.is_ok() {
                    model.units[*from] -= 1;
                    model.units[*to] += 1;
                }
            }
            Step::Give { .. } => {}
            Step::Redeem { at } => {
                let Some((code, is_redeemed)) = model.claimed.get_mut(*at) else { continue };
                let by = by();
                let found = here.vouchers.redeem(&redeemer(&by), Said::Code(&code.shown())).await.unwrap();
                assert_eq!(matches!(found, Found::Good(_)), !*is_redeemed, "{found:?}");
                *is_redeemed = true;
            }
        }
        let figures = here.figures(&product).await;
        let held: i64 = model.units.iter().sum();
        assert_eq!((figures.in_stock, figures.held), (model.stock, held), "{step:?} {model:?}");
    }
    for (at, it) in FANS.iter().enumerate() {
        assert_eq!(here.balance(it, None).await.1, model.points[at], "{model:?}");
        assert_eq!(here.balance(it, Some(&product)).await.1, model.units[at], "{model:?}");
    }
    let redeemed = model.claimed.iter().filter(|it| it.1).count() as i64;
    let figures = here.figures(&product).await;
    assert_eq!((figures.claimed, figures.redeemed), (model.claimed.len() as i64 - redeemed, redeemed));
    here.verify(&product).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_each_is_done_once(steps in proptest::collection::vec(step(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run(&steps));
    }
}
