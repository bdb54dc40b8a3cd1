//! What is asked of the books beside transfers: statements, balances of the past, reversals, budgets, what may move in a day.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use futures_util::future::join_all;
use jiff::Timestamp;
use std::time::Duration;
use store::Clock;
use store::testing::TestStore;
use wallet::account::{self, Wanted};
use wallet::holder::{self, Books, Holder, Terms};
use wallet::statement::{self, Asked, Line};
use wallet::told;
use wallet::verify::verify;
use wallet::{
    AccountId, Act, Amount, Asset, Bounds, Budget, DayLimits, Direction, Error, Grant, Kind, Ledger, Made,
    Metadata, Move, Points, Reason, Refusal, Transfer, TransferId,
};

struct Here {
    test: TestStore,
    clock: Clock,
    ledger: Ledger,
    issuer: AccountId,
    budget: Budget<Points>,
    shop: AccountId,
}

impl Here {
    async fn new() -> Self {
        let test = TestStore::new(&[access::MIGRATIONS, wallet::MIGRATIONS]).await;
        let clock = Clock::manual("2026-11-30T12:00:00Z".parse().unwrap());
        let ledger = Ledger::start(test.store(), &clock, "one");
        let issuer = open(&test, Kind::Issuer, "crease", Bounds::NONE).await;
        let shop = open(&test, Kind::Partner, "org_1", Bounds::NO_OVERDRAFT).await;
        let budget =
            test.store().run_tx("test", async |tx| Budget::open(tx, "camp_1", Timestamp::UNIX_EPOCH).await);
        let budget = budget.await.unwrap();
        Self { test, clock, ledger, issuer, budget, shop }
    }

    async fn fan(&self, name: &str) -> AccountId {
        open(&self.test, Kind::Fan, name, Bounds::NO_OVERDRAFT).await
    }

    async fn fill(&self, units: i64) {
        let filled = self.budget.fill(&self.ledger, TransferId::fresh(), self.issuer, points(units)).await;
        assert_eq!(filled.unwrap(), Made::Now);
    }

    async fn give(&self, to: AccountId, units: i64) -> TransferId {
        let grant = grant(to, units);
        assert_eq!(self.budget.grant(&self.ledger, &grant).await.unwrap(), Made::Now);
        grant.id
    }

    fn buy(&self, from: AccountId, units: i64) -> Transfer {
        let of = Move::new(points(units), from, self.shop, Reason::Purchase);
        Transfer::new(TransferId::fresh(), Act::Post(of))
    }

    async fn lines(&self, asked: Asked) -> Vec<Line> {
        self.test.store().read("test", async |db| statement::lines(db, &asked).await).await.unwrap()
    }

    async fn balance(&self, id: AccountId) -> i64 {
        let found = self.test.store().read("test", async |db| account::find(db, id).await).await;
        found.unwrap().unwrap().standing.posted
    }

    async fn left(&self) -> i64 {
        self.test.store().read("test", async |db| self.budget.left(db).await).await.unwrap()
    }

    async fn is_sound(&self) {
        let report = self.test.store().read("test", async |db| verify(db).await).await.unwrap();
        assert_eq!(report.faults, []);
    }
}

async fn open(test: &TestStore, kind: Kind, owner: &str, bounds: Bounds) -> AccountId {
    let wanted = Wanted::new(Points::CODE, kind, owner, bounds);
    let opened =
        test.store().run_tx("test", async |tx| account::open(tx, &wanted, Timestamp::UNIX_EPOCH).await);
    opened.await.unwrap()
}

fn points(units: i64) -> Amount<Points> {
    Amount::new(units).unwrap()
}

fn grant(to: AccountId, units: i64) -> Grant<Points> {
    let metadata = Metadata::new([("rule", "sixes"), ("match", "mat_1")]).unwrap();
    Grant { id: TransferId::fresh(), to, amount: points(units), metadata }
}

fn all_of(account: AccountId) -> Asked {
    Asked { account, from: None, to: None, before: None, limit: 50 }
}

#[tokio::test]
async fn a_statement_says_what_came_and_went_and_why() {
    let here = Here::new().await;
    here.fill(1_000).await;
    let fan = here.fan("fan_1").await;
    let noon = here.clock.now();
    here.give(fan, 30).await;
    here.clock.advance(Duration::from_secs(60));
    let bought = here.buy(fan, 12);
    here.ledger.make(bought.clone()).await.unwrap();
    here.clock.advance(Duration::from_secs(60));
    here.give(fan, 5).await;
    let lines = here.lines(all_of(fan)).await;
    let short: Vec<_> = lines.iter().map(|it| (it.version, it.change, it.balance_after, it.reason)).collect();
    let expected = [(3, 5, 23, Reason::Grant), (2, -12, 18, Reason::Purchase), (1, 30, 30, Reason::Grant)];
    assert_eq!(short, expected);
    assert_eq!(
        (lines[1].transfer, lines[1].other, lines[1].made_at),
        (bought.id, here.shop, noon + Duration::from_secs(60))
    );
    assert_eq!((lines[0].metadata.text("rule"), lines[1].metadata.text("rule")), (Some("sixes"), None));
    // By page, and by time: from a moment on, and before one.
    let page = here.lines(Asked { before: Some(3), limit: 1, ..all_of(fan) }).await;
    assert_eq!(page, lines[1..2]);
    let minute = Asked {
        from: Some(noon + Duration::from_secs(60)),
        to: Some(noon + Duration::from_secs(120)),
        ..all_of(fan)
    };
    assert_eq!(here.lines(minute).await, lines[1..2]);
    for (moment, units) in [(0, 0), (1, 30), (60, 30), (61, 18), (9_999, 23)] {
        let moment = noon + Duration::from_secs(moment);
        let found = here.test.store().read("test", async |db| statement::as_of(db, fan, moment).await).await;
        assert_eq!(found.unwrap(), units, "{moment}");
    }
    let nobody = AccountId::of_number(7);
    let found = here.test.store().read("test", async |db| statement::as_of(db, nobody, noon).await).await;
    assert!(matches!(found, Err(Error::UnknownAccount { id }) if id == nobody));
}

/// A clock that is put back does not put a line before the one that it follows, and begins no new day.
#[tokio::test]
async fn lines_follow_one_another_in_time_whatever_clocks_do() {
    let here = Here::new().await;
    here.fill(1_000).await;
    let fan = here.fan("fan_1").await;
    let limits = DayLimits { in_max: Some(10), out_max: None };
    here.test.store().run_tx("test", async |tx| account::limit(tx, fan, limits).await).await.unwrap();
    here.give(fan, 4).await;
    let other = Clock::manual(here.clock.now() - Duration::from_secs(48 * 3_600));
    let behind = Ledger::start(here.test.store(), &other, "two");
    let one = grant(fan, 6);
    assert_eq!(here.budget.grant(&behind, &one).await.unwrap(), Made::Now);
    let lines = here.lines(all_of(fan)).await;
    assert!(lines[0].made_at > lines[1].made_at && lines[0].balance_after == 10, "{lines:?}");
    let refused = here.budget.grant(&behind, &grant(fan, 1)).await;
    assert!(
        matches!(refused, Err(Error::Refused(Refusal::DayLimit { left: 0, direction: Direction::In, .. }))),
        "{refused:?}"
    );
    here.is_sound().await;
}

#[tokio::test]
async fn a_fan_takes_and_gives_so_much_in_a_day_and_no_more() {
    let here = Here::new().await;
    here.fill(1_000).await;
    let fan = here.fan("fan_1").await;
    let limits = DayLimits { in_max: Some(100), out_max: Some(50) };
    here.test.store().run_tx("test", async |tx| account::limit(tx, fan, limits).await).await.unwrap();
    here.give(fan, 90).await;
    let refused = here.budget.grant(&here.ledger, &grant(fan, 11)).await.unwrap_err();
    let left = Refusal::DayLimit { account: fan, direction: Direction::In, left: 10 };
    assert!(matches!(refused, Error::Refused(it) if it == left), "{refused}");
    here.ledger.make(here.buy(fan, 30)).await.unwrap();
    // What is held counts while it is held, and is finished whatever else was spent.
    let of = Move::new(points(20), fan, here.shop, Reason::Purchase);
    let hold = Transfer::new(TransferId::fresh(), Act::Hold { of, until: None });
    here.ledger.make(hold.clone()).await.unwrap();
    let refused = here.ledger.make(here.buy(fan, 1)).await.unwrap_err();
    let left = Refusal::DayLimit { account: fan, direction: Direction::Out, left: 0 };
    assert!(matches!(refused, Error::Refused(it) if it == left), "{refused}");
    let finish = Act::Finish { hold: hold.id, units: Some(15) };
    here.ledger.make(Transfer::new(TransferId::fresh(), finish)).await.unwrap();
    here.ledger.make(here.buy(fan, 5)).await.unwrap();
    // Tomorrow is another day.
    here.clock.advance(Duration::from_secs(12 * 3_600));
    here.ledger.make(here.buy(fan, 40)).await.unwrap();
    here.give(fan, 100).await;
    assert_eq!(here.balance(fan).await, 100);
    here.is_sound().await;
}

#[tokio::test]
async fn what_was_moved_is_taken_back_once_by_a_transfer_the_other_way() {
    let here = Here::new().await;
    here.fill(100).await;
    let fan = here.fan("fan_1").await;
    let given = here.give(fan, 40).await;
    let why = || Metadata::new([("why", "the six was a four")]).unwrap();
    assert_eq!(here.ledger.reverse(given, why()).await.unwrap(), Made::Now);
    assert_eq!(here.ledger.reverse(given, why()).await.unwrap(), Made::Before);
    assert_eq!((here.balance(fan).await, here.left().await), (0, 100));
    // Of a hold, what was taken.
    here.give(fan, 10).await;
    let of = Move::new(points(10), fan, here.shop, Reason::Purchase);
    let hold = Transfer::new(TransferId::fresh(), Act::Hold { of, until: None });
    let finish = Transfer::new(TransferId::fresh(), Act::Finish { hold: hold.id, units: Some(7) });
    here.ledger.make_together(vec![hold.clone(), finish.clone()]).await.unwrap();
    here.ledger.reverse(finish.id, why()).await.unwrap();
    assert_eq!((here.balance(fan).await, here.balance(here.shop).await), (10, 0));
    let lives = here.test.store().read("test", async |db| statement::life(db, hold.id).await).await.unwrap();
    assert_eq!(lives.iter().map(|it| it.transfer.id).collect::<Vec<_>>(), [hold.id, finish.id]);
    let reversal = here.lines(all_of(fan)).await[0].clone();
    assert_eq!(
        (reversal.reason, reversal.metadata.text("why")),
        (Reason::Reversal, Some("the six was a four"))
    );
    // What moved nothing, is unknown, is a reversal, or was spent since.
    let nothing = |id| matches!(id, Err(Error::NothingMoved { .. }));
    assert!(nothing(here.ledger.reverse(hold.id, why()).await));
    assert!(nothing(here.ledger.reverse(reversal.transfer, why()).await));
    let unknown = TransferId::of_number(7);
    let refused = here.ledger.reverse(unknown, why()).await;
    assert!(matches!(refused, Err(Error::UnknownTransfer { id }) if id == unknown));
    let spent = here.give(fan, 20).await;
    here.ledger.make(here.buy(fan, 25)).await.unwrap();
    let refused = here.ledger.reverse(spent, why()).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::BelowBound { available: 5, .. }))), "{refused:?}");
    // Nobody makes one by hand.
    let of = Move::new(points(1), here.shop, fan, Reason::Reversal);
    let refused = here.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotForThis { reason: Reason::Reversal }))));
    here.is_sound().await;
}

/// Fans of all chains are paid at once, some more than any part has alone.
#[tokio::test]
async fn a_budget_gives_all_that_its_parts_have_together_and_not_one_more() {
    let here = Here::new().await;
    here.fill(1_000).await;
    assert_eq!((here.budget.parts().len(), here.left().await), (16, 1_000));
    let fans = join_all((0..40).map(|at| async move { format!("fan_{at}") })).await;
    let mut accounts = Vec::new();
    for fan in &fans {
        accounts.push(here.fan(fan).await);
    }
    let grants: Vec<Grant<Points>> =
        (0..120).map(|at| grant(accounts[at % 40], if at % 10 == 0 { 70 } else { 3 })).collect();
    let twice = grants.iter().chain(&grants);
    let outcomes = join_all(twice.map(|it| here.budget.grant(&here.ledger, it))).await;
    let (first, again) = outcomes.split_at(grants.len());
    let mut given = 0;
    for (at, it) in grants.iter().enumerate() {
        match (&first[at], &again[at]) {
            (Ok(_), Ok(_)) => given += it.amount.units(),
            // Whoever asks when there is not enough may find enough later: never is anything given twice.
            (Err(Error::Refused(Refusal::BelowBound { .. }) | Error::Busy), other)
            | (other, Err(Error::Refused(Refusal::BelowBound { .. }) | Error::Busy)) => {
                given += if other.is_ok() { it.amount.units() } else { 0 };
            }
            other => panic!("{at}: {other:?}"),
        }
    }
    assert_eq!(here.left().await, 1_000 - given);
    let mut had = 0;
    for account in &accounts {
        had += here.balance(*account).await;
    }
    assert_eq!(had, given);
    // What is left is given to the last unit, from wherever it is; then there is none.
    let left = here.left().await;
    if left > 0 {
        here.give(accounts[0], left).await;
    }
    let refused = here.budget.grant(&here.ledger, &grant(accounts[1], 1)).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::BelowBound { .. }))), "{refused:?}");
    // Under the id of one that was given, something else is refused.
    let one = grants.iter().zip(first).find(|it| it.1.is_ok()).unwrap().0;
    let more = Grant { amount: points(one.amount.units() + 1), ..one.clone() };
    let refused = here.budget.grant(&here.ledger, &more).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::OtherContent { .. } | Refusal::BelowBound { .. }))
    ));
    here.is_sound().await;
}

#[tokio::test]
async fn a_grant_is_taken_back_once_as_far_as_it_is_there() {
    let here = Here::new().await;
    here.fill(1_000).await;
    let fans = [here.fan("fan_1").await, here.fan("fan_2").await, here.fan("fan_3").await];
    let grants = [here.give(fans[0], 30).await, here.give(fans[1], 30).await, here.give(fans[2], 30).await];
    for (fan, spent) in [(fans[1], 22), (fans[2], 30)] {
        here.ledger.make(here.buy(fan, spent)).await.unwrap();
    }
    let none = Metadata::default();
    let ids = [TransferId::fresh(), TransferId::fresh(), TransferId::fresh()];
    let take = async |at: usize| here.budget.take_back(&here.ledger, grants[at], ids[at], &none).await;
    // By many at once, and again when the fan has something that is not of this grant.
    let all = join_all((0..6).map(|_| take(1))).await;
    assert!(all.iter().all(|it| matches!(it, Ok(8))), "{all:?}");
    here.give(fans[1], 5).await;
    assert_eq!((take(0).await.unwrap(), take(1).await.unwrap(), take(2).await.unwrap()), (30, 8, 0));
    assert_eq!((here.balance(fans[0]).await, here.balance(fans[1]).await), (0, 5));
    assert_eq!(here.left().await, 1_000 - 52 - 5);
    // What was never given, and what is no grant.
    let never = here.budget.take_back(&here.ledger, TransferId::fresh(), ids[0], &none).await;
    assert!(matches!(never, Err(Error::UnknownTransfer { .. })), "{never:?}");
    let back = here.budget.take_back(&here.ledger, ids[0], TransferId::fresh(), &none).await;
    assert!(matches!(back, Err(Error::NothingMoved { .. })), "{back:?}");
    let other = here.budget.take_back(&here.ledger, grants[0], grants[1], &none).await;
    assert!(matches!(other, Err(Error::Refused(Refusal::OtherContent { .. }))), "{other:?}");
    here.is_sound().await;
}

#[tokio::test]
async fn holds_whose_time_is_over_are_dropped() {
    let here = Here::new().await;
    here.fill(1_000).await;
    let fan = here.fan("fan_1").await;
    here.give(fan, 100).await;
    let end = here.clock.now() + Duration::from_secs(60);
    let hold = |until| {
        let of = Move::new(points(10), fan, here.shop, Reason::Purchase);
        Transfer::new(TransferId::fresh(), Act::Hold { of, until })
    };
    let holds = [hold(Some(end)), hold(Some(end)), hold(Some(end + Duration::from_secs(1))), hold(None)];
    for it in &holds {
        here.ledger.make(it.clone()).await.unwrap();
    }
    let void = Act::Void { hold: holds[1].id };
    here.ledger.make(Transfer::new(TransferId::fresh(), void)).await.unwrap();
    assert_eq!(wallet::lapse_due(&here.ledger, here.clock.now()).await.unwrap(), 0);
    here.clock.advance(Duration::from_secs(60));
    assert_eq!(wallet::lapse_due(&here.ledger, here.clock.now()).await.unwrap(), 1);
    assert_eq!(wallet::lapse_due(&here.ledger, here.clock.now()).await.unwrap(), 0);
    here.ledger.make(here.buy(fan, 80)).await.unwrap();
    here.is_sound().await;
}

/// A fan's wallet: opened once, told of, frozen, and erased with the books as right as before.
#[tokio::test]
async fn a_fans_wallet_is_opened_frozen_and_erased() {
    let here = Here::new().await;
    let (store, now) = (here.test.store(), here.clock.now());
    let by = access::By::system("test", now);
    let holder = Holder { fan_id: "fan_7", organisation_id: "org_1", books: Books::Live };
    let terms = Terms { points: DayLimits { in_max: Some(500), out_max: None }, ..Terms::default() };
    for _ in 0..2 {
        store.run_tx("test", async |tx| holder::open(tx, &holder, &terms, now).await).await.unwrap();
    }
    let find = async |holder: Holder<'static>| {
        store.read("test", async |db| holder::find(db, &holder).await).await.unwrap()
    };
    let wallet = find(holder).await.unwrap();
    let fan = wallet.account(Points::CODE).unwrap().id;
    assert_eq!((wallet.accounts.len(), wallet.accounts[1].standing.limits), (2, terms.points));
    let of_another = Holder { organisation_id: "org_2", ..holder };
    let of_test = Holder { books: Books::Test, ..holder };
    assert_eq!((find(of_another).await, find(of_test).await), (None, None));

    // Whoever listens hears whose account has changed.
    let mut listener = store.listen(told::CHANNEL).await.unwrap();
    here.fill(1_000).await;
    here.give(fan, 100).await;
    let heard = listener.next().await.unwrap();
    assert_eq!(told::changed(&heard).collect::<Vec<_>>(), [fan]);

    store.run_tx("test", async |tx| holder::freeze(tx, &holder, now).await).await.unwrap();
    assert_eq!(find(holder).await.unwrap().frozen_at, Some(now));
    let refused = here.ledger.make(here.buy(fan, 1)).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Frozen { account })) if account == fan));
    let refused =
        store.run_tx("test", async |tx| holder::freeze(tx, &of_another, now).await).await.unwrap_err();
    assert!(matches!(refused, Error::UnknownHolder { .. }), "{refused}");
    store.run_tx("test", async |tx| holder::thaw(tx, &holder).await).await.unwrap();

    let of = Move::new(points(10), fan, here.shop, Reason::Purchase);
    let hold = Transfer::new(TransferId::fresh(), Act::Hold { of, until: None });
    here.ledger.make(hold.clone()).await.unwrap();
    let refused = holder::erase(store, &here.ledger, &holder, &by).await.unwrap_err();
    assert!(matches!(refused, Error::SomethingHeld { .. }), "{refused}");
    let void = Transfer::new(TransferId::fresh(), Act::Void { hold: hold.id });
    here.ledger.make(void).await.unwrap();
    holder::erase(store, &here.ledger, &holder, &by).await.unwrap();
    assert_eq!(find(holder).await, None);
    let left = store.read("test", async |db| account::find(db, fan).await).await.unwrap().unwrap();
    assert!(left.owner.starts_with("erased_") && left.standing.posted == 0, "{left:?}");
    let erased = holder::erase(store, &here.ledger, &holder, &by).await.unwrap_err();
    assert!(matches!(erased, Error::UnknownHolder { .. }), "{erased}");
    here.is_sound().await;
    // Who comes back begins anew.
    store.run_tx("test", async |tx| holder::open(tx, &holder, &terms, now).await).await.unwrap();
    let again = find(holder).await.unwrap();
    assert!(again.account(Points::CODE).is_some_and(|it| it.id != fan && it.standing.posted == 0));
}
