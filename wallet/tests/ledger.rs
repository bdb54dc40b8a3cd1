//! The ledger on a real PostgreSQL: at once, once, in order, and verified.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::account::{self, Wanted};
use wallet::verify::{Fault, verify};
use wallet::{
    AccountId, Act, Amount, Asset, Bounds, Coins, Error, Kind, Ledger, Made, Move, Points, Reason, Refusal,
    Transfer, TransferId,
};

/// A store with accounts: an issuer without bounds, a budget, two fans, and a partner.
struct Here {
    test: TestStore,
    clock: Clock,
    ledger: Ledger,
    issuer: AccountId,
    budget: AccountId,
    fan: AccountId,
    other: AccountId,
    shop: AccountId,
}

impl Here {
    async fn new() -> Self {
        let test = TestStore::new(&[wallet::MIGRATIONS]).await;
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let ledger = Ledger::start(test.store(), &clock, "one");
        let open = async |kind, owner: &'static str, bounds| {
            let wanted = Wanted::new(Points::CODE, kind, owner, bounds);
            let opened = test
                .store()
                .run_tx("test", async |tx| account::open(tx, &wanted, Timestamp::UNIX_EPOCH).await);
            opened.await.unwrap()
        };
        let issuer = open(Kind::Issuer, "crease", Bounds::NONE).await;
        let budget = open(Kind::Budget, "campaign", Bounds::NO_OVERDRAFT).await;
        let fan = open(Kind::Fan, "fan_1", Bounds::NO_OVERDRAFT).await;
        let other = open(Kind::Fan, "fan_2", Bounds::NO_OVERDRAFT).await;
        let shop = open(Kind::Partner, "org_1", Bounds::NO_OVERDRAFT).await;
        Self { test, clock, ledger, issuer, budget, fan, other, shop }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    async fn fund(&self, units: i64) {
        let of = Move::new(points(units), self.issuer, self.budget, Reason::Issue);
        assert_eq!(self.ledger.make(post(TransferId::fresh(), of)).await.unwrap(), Made::Now);
    }

    fn grant(&self, units: i64) -> Transfer {
        post(TransferId::fresh(), Move::new(points(units), self.budget, self.fan, Reason::Grant))
    }

    fn buy(&self, units: i64, until: Option<Timestamp>) -> Transfer {
        let of = Move::new(points(units), self.fan, self.shop, Reason::Purchase);
        Transfer::new(TransferId::fresh(), Act::Hold { of, until })
    }

    /// Balance, what is held out and in, and the version.
    async fn stands(&self, id: AccountId) -> (i64, i64, i64, i64) {
        let found = self.store().read("test", async |db| account::find(db, id).await).await;
        let it = found.unwrap().unwrap().standing;
        (it.posted, it.held_out, it.held_in, it.version)
    }

    async fn faults(&self) -> Vec<Fault> {
        self.store().read("test", async |db| verify(db).await).await.unwrap().faults
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let row = self.store().read("test", async |db| db.query_one(sql, &[]).await).await;
        row.unwrap().get(0)
    }

    /// As somebody who can do anything to the database.
    async fn tamper(&self, sql: &'static str) {
        let sql =
            format!("set session_replication_role = replica; {sql}; set session_replication_role = origin");
        self.store().run_tx("test", async |tx| tx.batch(&sql).await).await.unwrap();
    }
}

fn points(units: i64) -> Amount<Points> {
    Amount::new(units).unwrap()
}

fn post(id: TransferId, of: Move) -> Transfer {
    Transfer::new(id, Act::Post(of))
}

fn finish(hold: &Transfer, units: Option<i64>) -> Transfer {
    Transfer::new(TransferId::fresh(), Act::Finish { hold: hold.id, units })
}

#[tokio::test]
async fn a_transfer_is_made_once_under_its_id() {
    let here = Here::new().await;
    here.fund(1_000).await;
    let grant = here.grant(30);
    let all = join_all((0..50).map(|_| here.ledger.make(grant.clone()))).await;
    assert_eq!(all.iter().filter(|it| matches!(it, Ok(Made::Now))).count(), 1);
    assert_eq!(all.iter().filter(|it| matches!(it, Ok(Made::Before))).count(), 49);
    let another = post(grant.id, Move::new(points(31), here.budget, here.fan, Reason::Grant));
    let refused = here.ledger.make(another).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::OtherContent { id }) if id == grant.id), "{refused}");
    assert_eq!(here.stands(here.fan).await, (30, 0, 0, 1));
    assert_eq!(here.stands(here.budget).await, (970, 0, 0, 2));
    assert_eq!(here.faults().await, []);
}

#[tokio::test]
async fn a_hot_account_is_written_in_batches_and_never_overdrawn() {
    let here = Here::new().await;
    here.fund(500).await;
    let grants: Vec<Transfer> = (0..600).map(|_| here.grant(1)).collect();
    let outcomes = join_all(grants.iter().map(|it| here.ledger.make(it.clone()))).await;
    let made = outcomes.iter().filter(|it| matches!(it, Ok(Made::Now))).count();
    let broke = |it: &&Result<Made, Error>| matches!(it, Err(Error::Refused(Refusal::BelowBound { account, available: 0 })) if *account == here.budget);
    assert_eq!((made, outcomes.iter().filter(broke).count()), (500, 100));
    assert_eq!(here.stands(here.budget).await, (0, 0, 0, 501));
    assert_eq!(here.number("select count(*) from wallet.entry").await, 2 * 501);
    let batches = here.number("select count(*) from wallet.batch").await;
    assert!(batches < 100, "five hundred transfers in {batches} transactions");
    assert_eq!(here.faults().await, []);
}

#[tokio::test]
async fn what_is_held_is_kept_apart_until_it_is_finished_voided_or_over() {
    let here = Here::new().await;
    here.fund(100).await;
    here.ledger.make(here.grant(100)).await.unwrap();
    let end = here.clock.now() + Duration::from_secs(60);
    let (one, two, three) = (here.buy(50, Some(end)), here.buy(30, Some(end)), here.buy(20, None));
    for hold in [&one, &two, &three] {
        here.ledger.make(hold.clone()).await.unwrap();
    }
    assert_eq!(here.stands(here.fan).await, (100, 100, 0, 1));
    let refused = here.ledger.make(here.buy(1, None)).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::BelowBound { available: 0, .. })), "{refused}");
    here.ledger.make(finish(&one, Some(45))).await.unwrap();
    here.ledger.make(Transfer::new(TransferId::fresh(), Act::Void { hold: three.id })).await.unwrap();
    let lapse = Transfer::new(TransferId::fresh(), Act::Lapse { hold: two.id });
    let refused = here.ledger.make(lapse.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::NotOver { .. })), "{refused}");
    here.clock.advance(Duration::from_secs(60));
    let refused = here.ledger.make(finish(&two, None)).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::Over { .. })), "{refused}");
    here.ledger.make(lapse.clone()).await.unwrap();
    assert_eq!(here.ledger.make(lapse.clone()).await.unwrap(), Made::Before);
    let refused = here.ledger.make(finish(&one, None)).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::Resolved { .. })), "{refused}");
    assert_eq!((here.stands(here.fan).await, here.stands(here.shop).await), ((55, 0, 0, 2), (45, 0, 0, 1)));
    assert_eq!(here.faults().await, []);
}

#[tokio::test]
async fn what_belongs_together_is_made_together_also_by_two_processes() {
    let here = Here::new().await;
    here.fund(1_000).await;
    let second = Ledger::start(here.store(), &here.clock, "two");
    let lots: Vec<Vec<Transfer>> = (0..60)
        .map(|at| {
            let hold = here.buy(10, None);
            // Every third asks for more than there is.
            let more = if at % 3 == 0 { Some(11) } else { Some(9) };
            vec![here.grant(10), hold.clone(), finish(&hold, more)]
        })
        .collect();
    let ask = |ledger: &Ledger| {
        let ledger = ledger.clone();
        let lots = lots.clone();
        async move { join_all(lots.into_iter().map(|it| ledger.make_together(it))).await }
    };
    let (one, two) = tokio::join!(ask(&here.ledger), ask(&second));
    let mut made = 0;
    for (at, both) in one.iter().zip(&two).enumerate() {
        match both {
            (Ok(Made::Now), Ok(Made::Before)) | (Ok(Made::Before), Ok(Made::Now)) if at % 3 != 0 => made += 1,
            (
                Err(Error::Refused(Refusal::MoreThanHeld { .. })),
                Err(Error::Refused(Refusal::MoreThanHeld { .. })),
            ) if at % 3 == 0 => {}
            other => panic!("{at}: {other:?}"),
        }
    }
    assert_eq!(made, 40);
    assert_eq!(here.stands(here.fan).await, (40, 0, 0, 80));
    assert_eq!(here.stands(here.shop).await, (360, 0, 0, 40));
    // Who writes after another says so in its batch.
    let before = here.number("select max(epoch) from wallet.batch").await;
    for ledger in [&here.ledger, &second, &here.ledger] {
        ledger.make(here.grant(1)).await.unwrap();
    }
    assert!(here.number("select max(epoch) from wallet.batch").await >= before + 2);
    assert_eq!(here.faults().await, []);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let here = Here::new().await;
    here.fund(10).await;
    let frozen = here.other;
    here.store()
        .run_tx("test", async |tx| account::freeze(tx, frozen, here.clock.now()).await)
        .await
        .unwrap();
    let nobody = AccountId::of_number(7);
    let coins = Move::new(Amount::<Coins>::new(1).unwrap(), here.budget, here.fan, Reason::Grant);
    let grants = |to| Move::new(points(1), here.budget, to, Reason::Grant);
    for (of, refusal) in [
        (grants(nobody), Refusal::UnknownAccount { account: nobody }),
        (grants(frozen), Refusal::Frozen { account: frozen }),
        (coins, Refusal::AssetMismatch { account: here.budget, has: Points::CODE, asked: Coins::CODE }),
        (
            Move::new(points(1), here.fan, here.budget, Reason::Grant),
            Refusal::NotForThis { reason: Reason::Grant },
        ),
        (
            Move::new(points(11), here.budget, here.fan, Reason::Grant),
            Refusal::BelowBound { account: here.budget, available: 10 },
        ),
    ] {
        let refused = here.ledger.make(post(TransferId::fresh(), of)).await;
        assert!(matches!(refused, Err(Error::Refused(it)) if it == refusal), "{refused:?}");
    }
    assert!(matches!(here.ledger.make_together(Vec::new()).await, Err(Error::Refused(Refusal::Empty))));
    let many = (0..65).map(|_| here.grant(1)).collect();
    assert!(matches!(here.ledger.make_together(many).await, Err(Error::TooMany { max: 64 })));
    assert_eq!(here.number("select count(*) from wallet.transfer").await, 1);
    here.store().run_tx("test", async |tx| account::thaw(tx, frozen).await).await.unwrap();
    here.ledger.make(post(TransferId::fresh(), grants(frozen))).await.unwrap();
    let unknown = here.store().run_tx("test", async |tx| account::thaw(tx, nobody).await).await;
    assert!(matches!(unknown, Err(Error::UnknownAccount { id }) if id == nobody));
}

#[tokio::test]
async fn an_account_is_opened_once_for_its_owner() {
    let here = Here::new().await;
    let wanted = Wanted::new(Points::CODE, Kind::Fan, "fan_1", Bounds::NONE);
    let open = async || {
        here.store()
            .run_tx("test", async |tx| account::open(tx, &wanted, here.clock.now()).await)
            .await
            .unwrap()
    };
    let (one, two) = tokio::join!(open(), open());
    assert_eq!((one, two), (here.fan, here.fan));
    let found = here.store().read("test", async |db| account::find(db, one).await).await.unwrap().unwrap();
    assert_eq!((found.owner.as_str(), found.standing.bounds), ("fan_1", Bounds::NO_OVERDRAFT));
}

#[tokio::test]
async fn what_is_written_stays_and_a_change_behind_our_back_is_found() {
    let here = Here::new().await;
    here.fund(100).await;
    for _ in 0..5 {
        here.ledger.make(here.grant(5)).await.unwrap();
    }
    here.ledger.make(here.buy(3, None)).await.unwrap();
    assert_eq!(here.faults().await, []);
    for table in ["transfer", "entry", "batch"] {
        for sql in
            [format!("delete from wallet.{table}"), format!("update wallet.{table} set made_at = made_at")]
        {
            let refused = here.store().run_tx("test", async |tx| tx.batch(&sql).await).await;
            assert!(refused.is_err(), "{sql}");
        }
    }
    here.tamper("update wallet.transfer set units = 6 where reason = 'grant'").await;
    assert_eq!(here.faults().await.iter().filter(|it| matches!(it, Fault::Changed { .. })).count(), 5);
    here.tamper("update wallet.transfer set units = 5 where reason = 'grant'").await;
    assert_eq!(here.faults().await, []);
    here.tamper("update wallet.entry set change = change + 1, balance_after = balance_after + 1 where account in (select id from wallet.account where owner = 'fan_1') and version = 5").await;
    let sum = Fault::Sum { asset: "points".to_owned(), sum: 1 };
    assert_eq!(here.faults().await, [sum]);
    here.tamper("update wallet.entry set change = change - 1 where version = 5 and change > 0").await;
    assert_eq!(here.faults().await, [Fault::Lines { id: here.fan }]);
    here.tamper("update wallet.entry set balance_after = balance_after - 1, version = 6 where version = 5 and change > 0").await;
    assert_eq!(here.faults().await, [Fault::Lines { id: here.fan }]);
    here.tamper("update wallet.entry set version = 5 where version = 6 and change > 0").await;
    assert_eq!(here.faults().await, []);
    here.tamper("update wallet.account set held_out = 0 where owner = 'fan_1'").await;
    assert_eq!(here.faults().await, [Fault::Held { id: here.fan }]);
    here.tamper("update wallet.account set held_out = 3 where owner = 'fan_1'").await;
    here.tamper("delete from wallet.batch where (chain, seq) = (select chain, max(seq) from wallet.batch group by chain limit 1)").await;
    let faults = here.faults().await;
    assert!(matches!(faults[..], [Fault::Length { .. }]), "{faults:?}");
}

/// Another process writes the same accounts, and one is frozen meanwhile: whoever knows them from before looks again.
#[tokio::test]
async fn what_a_writer_knows_of_accounts_is_not_older_than_the_books() {
    let here = Here::new().await;
    here.fund(100).await;
    let other = Ledger::start(here.store(), &here.clock, "two");
    for ledger in [&here.ledger, &other, &here.ledger] {
        assert_eq!(ledger.make(here.grant(30)).await.unwrap(), Made::Now);
    }
    // The other knows of seventy in the budget; there are ten.
    let refused = other.make(here.grant(30)).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::BelowBound { available: 10, .. }))), "{refused:?}");
    let hold = here.buy(20, None);
    here.ledger.make(hold.clone()).await.unwrap();
    assert_eq!(other.make(finish(&hold, Some(5))).await.unwrap(), Made::Now);
    let again = here.ledger.make(finish(&hold, Some(6))).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Resolved { .. }))), "{again:?}");
    let now = here.clock.now();
    here.store().run_tx("test", async |tx| account::freeze(tx, here.fan, now).await).await.unwrap();
    for ledger in [&here.ledger, &other] {
        let refused = ledger.make(here.grant(1)).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::Frozen { .. }))), "{refused:?}");
    }
    assert_eq!(here.faults().await, []);
}

#[tokio::test]
async fn a_process_whose_clock_is_wrong_makes_nothing() {
    let here = Here::new().await;
    here.fund(100).await;
    for hours in [-2, 2] {
        let clock = Clock::system_off_by(SignedDuration::from_hours(hours));
        let wrong = Ledger::start(here.store(), &clock, "wrong");
        // By what it reads under locks, and by what it would know after that.
        for _ in 0..2 {
            let refused = wrong.make(here.grant(1)).await;
            assert!(matches!(refused, Err(Error::Clock)), "{refused:?}");
        }
    }
    let right = Ledger::start(here.store(), &Clock::system(), "right");
    assert_eq!(right.make(here.grant(1)).await.unwrap(), Made::Now);
    assert_eq!(here.stands(here.fan).await, (1, 0, 0, 1));
    assert_eq!(here.faults().await, []);
}

/// The same requests, all at once to the writer of one ledger and one after another to another's.
#[tokio::test]
async fn a_batch_has_the_outcome_of_one_by_one() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    // Two on each side and few ids, so that requests are about the same.
    let request = (0..4_usize, 0..2_usize, 1..40_i64, 0..24_u128, 0..12_u128);
    let requests = proptest::collection::vec(request, 40..80);
    for _ in 0..6 {
        let requests = requests.new_tree(&mut runner).unwrap().current();
        let (batched, single) = tokio::join!(Here::new(), Here::new());
        for here in [&batched, &single] {
            here.fund(300).await;
        }
        let meant = |here: &Here| -> Vec<Transfer> {
            let one = |&(act, to, units, id, hold): &(usize, usize, i64, u128, u128)| {
                let fan = [here.fan, here.other][to];
                // Holds of one chain and ids of the same, so that all of it is written in one order.
                let hold = TransferId::of_number(hold << 8 | u128::from(hold_chain(here)));
                let grant = Move::new(points(units), here.budget, fan, Reason::Grant);
                let (id, act) = match act {
                    0 => (TransferId::of_number((1 << 64) + id), Act::Post(grant)),
                    1 => (hold, Act::Hold { of: grant, until: None }),
                    2 => (TransferId::of_number((2 << 64) + id), Act::Finish { hold, units: Some(units) }),
                    _ => (TransferId::of_number((3 << 64) + id), Act::Void { hold }),
                };
                Transfer::new(id, act)
            };
            requests.iter().map(one).collect()
        };
        let at_once = join_all(meant(&batched).into_iter().map(|it| batched.ledger.make(it))).await;
        let mut one_by_one = Vec::new();
        for transfer in meant(&single) {
            one_by_one.push(single.ledger.make(transfer).await);
        }
        let kinds = |of: &[Result<Made, Error>]| of.iter().map(outcome).collect::<Vec<_>>();
        assert_eq!(kinds(&at_once), kinds(&one_by_one), "{requests:?}");
        for account in [|it: &Here| it.budget, |it: &Here| it.fan, |it: &Here| it.other] {
            assert_eq!(batched.stands(account(&batched)).await, single.stands(account(&single)).await);
        }
        assert_eq!((batched.faults().await, single.faults().await), (vec![], vec![]));
    }
}

/// The chain of the budget, whose holds these are.
fn hold_chain(here: &Here) -> u8 {
    (here.budget.number() % 16) as u8
}

/// What became of a request, without the ids of a database.
fn outcome(of: &Result<Made, Error>) -> String {
    match of {
        Ok(made) => format!("{made:?}"),
        Err(Error::Refused(Refusal::BelowBound { available, .. })) => format!("below, {available} left"),
        Err(Error::Refused(refusal)) => format!("{:?}", std::mem::discriminant(refusal)),
        Err(error) => panic!("{error}"),
    }
}
