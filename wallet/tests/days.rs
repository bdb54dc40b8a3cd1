//! Days of traffic with faults, drawn from a seed: two processes write, callers go away in the middle, connections are cut, writers begin anew,
//! and one process's clock is wrong. A model that shares no code with the ledger says what must be there at the end of each day.
//!
//! `CREASE_SEEDS=1000` plays so many seeds; without it a few.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::account::{self, Wanted};
use wallet::verify::verify;
use wallet::{
    AccountId, Act, Amount, Asset, Bounds, Error, Kind, Ledger, Made, Metadata, Move, Points, Reason,
    Refusal, Transfer, TransferId, statement,
};

const SEEDS: u64 = 2;
const DAYS: u64 = 3;
const DEEDS_A_DAY: u64 = 40;
const FANS: usize = 6;

/// Numbers that follow from a seed (SplitMix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (it ^ (it >> 31)) % end
    }
}

/// What must be there: balances, what is held, and which holds are open. Plain sums, without a rule of the ledger's own.
#[derive(Default)]
struct Model {
    balances: BTreeMap<AccountId, i64>,
    held: BTreeMap<AccountId, i64>,
    holds: Vec<(TransferId, AccountId, i64, Timestamp)>,
    grants: Vec<(TransferId, AccountId, i64)>,
    /// Balances at the end of each day.
    days: Vec<(Timestamp, BTreeMap<AccountId, i64>)>,
}

impl Model {
    fn moved(&mut self, from: AccountId, to: AccountId, units: i64) {
        *self.balances.entry(from).or_default() -= units;
        *self.balances.entry(to).or_default() += units;
    }

    fn free(&self, account: AccountId) -> i64 {
        self.balances.get(&account).unwrap_or(&0) - self.held.get(&account).unwrap_or(&0)
    }
}

struct World {
    test: TestStore,
    clock: Clock,
    /// Of the second process, which may be wrong.
    other_clock: Clock,
    ledgers: [Ledger; 2],
    budget: AccountId,
    shop: AccountId,
    fans: Vec<AccountId>,
    model: Model,
    draw: Draw,
    next: u64,
}

impl World {
    async fn new(seed: u64) -> Self {
        let test = TestStore::new(&[wallet::MIGRATIONS]).await;
        let start: Timestamp = "2026-11-30T00:00:00Z".parse().unwrap();
        let (clock, other_clock) = (Clock::manual(start), Clock::manual(start));
        let open = async |kind, owner: String, bounds| {
            let wanted = Wanted::new(Points::CODE, kind, &owner, bounds);
            test.store().run_tx("test", async |tx| account::open(tx, &wanted, start).await).await.unwrap()
        };
        let issuer = open(Kind::Issuer, "crease".to_owned(), Bounds::NONE).await;
        let budget = open(Kind::Budget, "camp_1".to_owned(), Bounds::NO_OVERDRAFT).await;
        let shop = open(Kind::Partner, "org_1".to_owned(), Bounds::NO_OVERDRAFT).await;
        let mut fans = Vec::new();
        for at in 0..FANS {
            fans.push(open(Kind::Fan, format!("fan_{at}"), Bounds::NO_OVERDRAFT).await);
        }
        let ledgers =
            [Ledger::start(test.store(), &clock, "one"), Ledger::start(test.store(), &other_clock, "two")];
        let mut model = Model::default();
        let funds = 5_000;
        let of = Move::new(points(funds), issuer, budget, Reason::Issue);
        ledgers[0].make(Transfer::new(TransferId::fresh(), Act::Post(of))).await.unwrap();
        model.moved(issuer, budget, funds);
        Self {
            test,
            clock,
            other_clock,
            ledgers,
            budget,
            shop,
            fans,
            model,
            draw: Draw(seed),
            next: seed << 32,
        }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    fn id(&mut self) -> TransferId {
        self.next += 1;
        TransferId::following_from("days", &[&self.next.to_string()])
    }

    fn fan(&mut self) -> AccountId {
        let at = self.draw.below(FANS as u64) as usize;
        self.fans[at]
    }

    /// Asks until it is known what came of it, through whatever happens meanwhile; answers whether it is made.
    async fn ask(&mut self, transfer: Transfer) -> Result<(), Refusal> {
        let mut again = tokio::time::interval(Duration::from_millis(5));
        loop {
            again.tick().await;
            let which = self.draw.below(2) as usize;
            match self.draw.below(12) {
                // The caller goes away before the answer is there.
                0 => {
                    let (ledger, transfer) = (self.ledgers[which].clone(), transfer.clone());
                    let asking = tokio::spawn(async move { ledger.make(transfer).await });
                    tokio::task::yield_now().await;
                    asking.abort();
                }
                // A writer begins anew; who asked the old one is not answered for.
                1 => {
                    let clock = if which == 0 { &self.clock } else { &self.other_clock };
                    self.ledgers[which] = Ledger::start(self.test.store(), clock, ["one", "two"][which]);
                }
                // All connections are cut.
                2 => {
                    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid()";
                    let _lost = self.store().read("test", async |db| db.query(cut, &[]).await).await;
                }
                _ => {}
            }
            match self.ledgers[which].make(transfer.clone()).await {
                Ok(Made::Now | Made::Before) => return Ok(()),
                Err(Error::Refused(refusal)) => return Err(refusal),
                Err(Error::Busy | Error::Ended | Error::NotKept | Error::Store(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// One thing that somebody does, in the ledger and in the model.
    async fn deed(&mut self) {
        let (id, fan, units) = (self.id(), self.fan(), 1 + self.draw.below(60) as i64);
        match self.draw.below(10) {
            0..=3 => self.grant(id, fan, units).await,
            4..=5 => {
                let of = Move::new(points(units), fan, self.shop, Reason::Purchase);
                let made = self.ask(Transfer::new(id, Act::Post(of))).await;
                assert_eq!(made.is_ok(), self.model.free(fan) >= units, "{made:?}");
                if made.is_ok() {
                    self.model.moved(fan, self.shop, units);
                }
            }
            6..=7 => {
                let of = Move::new(points(units), fan, self.shop, Reason::Purchase);
                // Well beyond what either clock may be wrong by.
                let until = self.clock.now() + SignedDuration::from_hours(24 * 30);
                let made = self.ask(Transfer::new(id, Act::Hold { of, until: Some(until) })).await;
                assert_eq!(made.is_ok(), self.model.free(fan) >= units, "{made:?}");
                if made.is_ok() {
                    *self.model.held.entry(fan).or_default() += units;
                    self.model.holds.push((id, fan, units, until));
                }
            }
            8 => self.resolve(id).await,
            _ => self.take_back().await,
        }
    }

    async fn grant(&mut self, id: TransferId, fan: AccountId, units: i64) {
        let of = Move::new(points(units), self.budget, fan, Reason::Grant);
        let metadata = Metadata::new([("rule", "sixes")]).unwrap();
        let made = self.ask(Transfer::new(id, Act::Post(of)).about(metadata)).await;
        assert_eq!(made.is_ok(), self.model.free(self.budget) >= units, "{made:?}");
        if made.is_ok() {
            self.model.moved(self.budget, fan, units);
            self.model.grants.push((id, fan, units));
        }
    }

    /// An open hold is finished, in part or wholly, or dropped.
    async fn resolve(&mut self, id: TransferId) {
        let Some((hold, fan, units, _)) = self.model.holds.pop() else { return };
        let taken = self.draw.below(units as u64 + 1) as i64;
        let act = match taken {
            0 => Act::Void { hold },
            taken => Act::Finish { hold, units: Some(taken) },
        };
        self.ask(Transfer::new(id, act)).await.unwrap();
        *self.model.held.entry(fan).or_default() -= units;
        if taken > 0 {
            self.model.moved(fan, self.shop, taken);
        }
        // Whoever resolves it once more is told that it was.
        let void = self.id();
        let again = self.ask(Transfer::new(void, Act::Void { hold })).await;
        assert_eq!(again, Err(Refusal::Resolved { id: hold }));
    }

    /// A grant is taken back, if it was not spent.
    async fn take_back(&mut self) {
        let Some((grant, fan, units)) = self.model.grants.pop() else { return };
        let can = self.model.free(fan) >= units;
        let done = loop {
            match self.ledgers[0].reverse(grant, Metadata::default()).await {
                Err(Error::Busy | Error::Ended | Error::NotKept | Error::Store(_)) => {
                    tokio::task::yield_now().await;
                }
                other => break other,
            }
        };
        assert_eq!(done.is_ok(), can, "{done:?}");
        if can {
            self.model.moved(fan, self.budget, units);
        }
    }

    /// The day is over: what is there is what must be, and days that are over stay as they were.
    async fn evening(&mut self) {
        let report = loop {
            if let Ok(report) = self.store().read("test", async |db| verify(db).await).await {
                break report;
            }
        };
        assert_eq!(report.faults, []);
        let accounts: Vec<AccountId> = self.model.balances.keys().copied().collect();
        for id in &accounts {
            let found = self.store().read("test", async |db| account::find(db, *id).await).await;
            let standing = found.unwrap().unwrap().standing;
            let held = self.model.held.get(id).copied().unwrap_or_default();
            assert_eq!((standing.posted, standing.held_out), (self.model.balances[id], held), "{id}");
        }
        // Both processes write once, so that no line of tomorrow is before this moment by any clock.
        let latest = "select max(made_at) + interval '1 microsecond' as at from wallet.entry";
        let row = self.store().read("test", async |db| db.query_one(latest, &[]).await).await.unwrap();
        let moment = row.get::<_, store::At>("at").0;
        self.model.days.push((moment, self.model.balances.clone()));
        for (moment, balances) in &self.model.days {
            for (id, units) in balances {
                let read = self.store().read("test", async |db| statement::as_of(db, *id, *moment).await);
                assert_eq!(read.await.unwrap(), *units, "{id} at {moment}");
            }
        }
    }
}

fn points(units: i64) -> Amount<Points> {
    Amount::new(units).unwrap()
}

#[tokio::test]
async fn days_with_faults_end_as_the_model_says() {
    let seeds = std::env::var("CREASE_SEEDS").map_or(SEEDS, |it| it.parse().unwrap());
    for seed in 1..=seeds {
        let mut world = World::new(seed).await;
        for _ in 0..DAYS {
            for _ in 0..DEEDS_A_DAY {
                world.deed().await;
            }
            world.evening().await;
            world.clock.advance(Duration::from_secs(24 * 3_600));
            // The second process's clock stands still, or runs ahead.
            let ahead = world.draw.below(3) * 24 * 3_600;
            world.other_clock.advance(Duration::from_secs(ahead));
        }
    }
}
