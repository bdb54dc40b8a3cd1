//! What people look at who answer for the books, against the books themselves.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use futures_util::future::join_all;
use jiff::Timestamp;
use std::time::Duration;
use store::Clock;
use store::testing::TestStore;
use wallet::account::{self, Wanted};
use wallet::finance::period::{newest, oldest, period};
use wallet::finance::story::{Story, story};
use wallet::finance::{Asked, State, accounts, trial_balance};
use wallet::holder::{self, Books, Holder, Terms};
use wallet::statement;
use wallet::{
    AccountId, Act, Amount, Asset, Bounds, Coins, HoldState, Kind, Ledger, Metadata, Move, Points, Reason,
    Transfer, TransferId,
};

struct Here {
    test: TestStore,
    clock: Clock,
    ledger: Ledger,
    shop: AccountId,
    market: AccountId,
}

impl Here {
    async fn new() -> Self {
        let test = TestStore::new(&[access::MIGRATIONS, wallet::MIGRATIONS]).await;
        let clock = Clock::manual("2026-11-30T12:00:00Z".parse().unwrap());
        let ledger = Ledger::start(test.store(), &clock, "one");
        let open = async |kind, owner: &str, bounds| {
            let wanted = Wanted::new(Points::CODE, kind, owner, bounds);
            test.store()
                .run_tx("test", async |tx| account::open(tx, &wanted, Timestamp::UNIX_EPOCH).await)
                .await
        };
        let shop = open(Kind::Partner, "org_1", Bounds::NO_OVERDRAFT).await.unwrap();
        let market = open(Kind::Market, "mkt_1", Bounds::NONE).await.unwrap();
        Self { test, clock, ledger, shop, market }
    }

    async fn fan(&self, fan_id: &str, books: Books) -> AccountId {
        let holder = Holder { fan_id, organisation_id: "org_1", books };
        let opened = self.test.store().run_tx("test", async |tx| {
            holder::open(tx, &holder, &Terms::default(), self.clock.now()).await?;
            holder::find(tx, &holder).await
        });
        opened.await.unwrap().unwrap().account(Points::CODE).unwrap().id
    }

    fn trade(&self, to: AccountId, units: i64) -> Transfer {
        let of = Move::new(Amount::<Points>::new(units).unwrap(), self.market, to, Reason::Settle);
        Transfer::new(TransferId::fresh(), Act::Post(of))
    }

    fn buy(&self, from: AccountId, units: i64) -> Move {
        Move::new(Amount::<Points>::new(units).unwrap(), from, self.shop, Reason::Purchase)
    }

    async fn make(&self, act: Act) -> TransferId {
        let id = TransferId::fresh();
        self.ledger.make(Transfer::new(id, act)).await.unwrap();
        id
    }

    async fn story(&self, id: TransferId) -> Story {
        self.test.store().read("test", async |db| story(db, id).await).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_trial_balance_is_nothing_in_sum_and_each_of_both_books_has_its_own_lines() {
    let here = Here::new().await;
    let (live, test) = (here.fan("fan_1", Books::Live).await, here.fan("fan_2", Books::Test).await);
    here.ledger.make(here.trade(live, 70)).await.unwrap();
    here.make(Act::Hold { of: here.buy(live, 30), until: None }).await;
    here.make(Act::Post(here.buy(live, 5))).await;
    let trial = here.test.store().read("test", async |db| trial_balance(db).await).await.unwrap();
    assert_eq!(trial.iter().map(|it| it.balance()).sum::<i64>(), 0);
    let line = |books: Books, kind: Kind| {
        let it =
            trial.iter().find(|it| (it.books, it.kind, it.asset) == (books, kind, Points::CODE)).unwrap();
        (it.accounts, it.debit, it.credit, it.held_out, it.held_in)
    };
    assert_eq!(line(Books::Live, Kind::Fan), (1, 0, 65, 30, 0));
    assert_eq!(line(Books::Live, Kind::Market), (1, 70, 0, 0, 0));
    assert_eq!(line(Books::Live, Kind::Partner), (1, 0, 5, 0, 30));
    assert_eq!(line(Books::Test, Kind::Fan), (1, 0, 0, 0, 0));
    // Of a wallet that is erased nobody knows whose it was, but in which books.
    let holder = Holder { fan_id: "fan_2", organisation_id: "org_1", books: Books::Test };
    let by = access::By::system("test", here.clock.now());
    holder::erase(here.test.store(), &here.ledger, &holder, &by).await.unwrap();
    let asked = Asked {
        books: Books::Test,
        asset: Some(Points::CODE),
        kind: Some(Kind::Fan),
        state: Some(State::Frozen),
        owner: "erased_",
        before: None,
        limit: 10,
    };
    let found = here.test.store().read("test", async |db| accounts(db, &asked).await).await.unwrap();
    assert_eq!(found.iter().map(|it| it.account.id).collect::<Vec<_>>(), [test]);
    assert!(found[0].organisation_id.is_none() && found[0].frozen_at.is_some(), "{found:?}");
}

#[tokio::test]
async fn accounts_are_found_by_what_they_are_and_page_by_page() {
    let here = Here::new().await;
    for number in 0..7 {
        here.fan(&format!("fan_{number}"), Books::Live).await;
    }
    let mut asked = Asked {
        books: Books::Live,
        asset: Some(Coins::CODE),
        kind: Some(Kind::Fan),
        state: Some(State::Usable),
        owner: "fan_",
        before: None,
        limit: 3,
    };
    let mut owners = Vec::new();
    loop {
        let page = here.test.store().read("test", async |db| accounts(db, &asked).await).await.unwrap();
        let Some(last) = page.last() else { break };
        asked.before = Some(last.account.id);
        owners.extend(page.into_iter().map(|it| it.account.owner));
    }
    owners.sort();
    assert_eq!(owners, (0..7).map(|number| format!("fan_{number}")).collect::<Vec<_>>());
    // What a pattern would take for any text is a text.
    let like = Asked { owner: "fan%", before: None, ..asked };
    assert_eq!(here.test.store().read("test", async |db| accounts(db, &like).await).await.unwrap(), []);
}

/// Every pair of moments, against all lines.
#[tokio::test]
async fn a_period_has_the_lines_of_its_time_and_the_balances_around_them() {
    let here = Here::new().await;
    let fan = here.fan("fan_1", Books::Live).await;
    let begin = here.clock.now();
    // Several in the same moment, and moments with nothing.
    for count in [1, 3, 0, 2, 0, 0, 4] {
        let together = (0..count).map(|number| here.ledger.make(here.trade(fan, 10 + number)));
        for made in join_all(together).await {
            made.unwrap();
        }
        here.clock.advance(Duration::from_secs(60));
    }
    let store = here.test.store();
    let asked = statement::Asked { account: fan, from: None, to: None, before: None, limit: 200 };
    let mut all = store.read("test", async |db| statement::lines(db, &asked).await).await.unwrap();
    all.reverse();
    assert_eq!(all.len(), 10);
    let moments: Vec<Option<Timestamp>> = [None]
        .into_iter()
        .chain((-1..9).map(|minute| Some(begin + jiff::SignedDuration::from_mins(minute))))
        .collect();
    for from in &moments {
        for to in &moments {
            let found = store.read("test", async |db| period(db, fan, *from, *to).await).await.unwrap();
            let in_time = |it: &&statement::Line| {
                from.is_none_or(|from| it.made_at >= from) && to.is_none_or(|to| it.made_at < to)
            };
            let expected: Vec<&statement::Line> = all.iter().filter(in_time).collect();
            assert_eq!(found.lines(), expected.len() as i64, "{from:?} {to:?}");
            let before = |it: &&statement::Line| it.version < found.first;
            let opening = all.iter().rfind(before).map_or(0, |it| it.balance_after);
            let closing = expected.last().map_or(opening, |it| it.balance_after);
            assert_eq!((found.opening, found.closing), (opening, closing), "{from:?} {to:?}");
            let up = store.read("test", async |db| oldest(db, &found, None, 1_000).await).await.unwrap();
            let down = store.read("test", async |db| newest(db, &found, None, 1_000).await).await.unwrap();
            assert!(up.iter().map(|it| &it.line).eq(expected.iter().copied()), "{from:?} {to:?}");
            assert!(down.iter().rev().map(|it| &it.line).eq(expected.iter().copied()), "{from:?} {to:?}");
        }
    }
    let whole = store.read("test", async |db| period(db, fan, None, None).await).await.unwrap();
    let some = store.read("test", async |db| oldest(db, &whole, Some(3), 2).await).await.unwrap();
    assert_eq!(some.iter().map(|it| it.line.version).collect::<Vec<_>>(), [4, 5]);
    assert!(some.iter().all(|it| it.other_owner == "mkt_1" && it.other_kind == Kind::Market), "{some:?}");
    let some = store.read("test", async |db| newest(db, &whole, Some(3), 2).await).await.unwrap();
    assert_eq!(some.iter().map(|it| it.line.version).collect::<Vec<_>>(), [2, 1]);
    let nobody = store.read("test", async |db| period(db, AccountId::of_number(1), None, None).await).await;
    assert!(matches!(nobody, Err(wallet::Error::UnknownAccount { .. })), "{nobody:?}");
}

#[tokio::test]
async fn a_story_has_what_a_transfer_moved_among_others_of_its_moment() {
    let here = Here::new().await;
    let fan = here.fan("fan_1", Books::Live).await;
    let transfers: Vec<Transfer> = (1..=40).map(|units| here.trade(fan, units)).collect();
    join_all(transfers.iter().map(|it| here.ledger.make(it.clone()))).await;
    for (transfer, units) in transfers.iter().zip(1..) {
        let story = here.story(transfer.id).await;
        assert_eq!(story.recorded.transfer, *transfer);
        let changes: Vec<(AccountId, i64)> = story.entries.iter().map(|it| (it.account, it.change)).collect();
        assert_eq!(changes, [(here.market, -units), (fan, units)]);
        assert_eq!(
            (story.of.units(), story.debit.account.id, story.credit.account.id),
            (units, here.market, fan)
        );
        assert!(story.place.seq > 0 && story.place.digest.len() == 64 && story.place.hash.len() == 64);
        assert_eq!((story.state, story.hold, story.reversal), (None, None, None));
    }
    let hold = here.make(Act::Hold { of: here.buy(fan, 9), until: None }).await;
    let open = here.story(hold).await;
    assert_eq!((open.state, open.entries.len(), open.ends.len()), (Some(HoldState::Open), 0, 0));
    let finish = here.make(Act::Finish { hold, units: Some(4) }).await;
    let over = here.story(hold).await;
    assert_eq!(over.state, Some(HoldState::Finished { units: 4 }));
    assert_eq!(over.ends.iter().map(|it| it.transfer.id).collect::<Vec<_>>(), [finish]);
    let end = here.story(finish).await;
    assert_eq!((end.of.units(), end.entries[0].change, end.entries[1].change), (4, -4, 4));
    assert_eq!(end.hold.unwrap().transfer.id, hold);
    here.ledger.reverse(finish, Metadata::default()).await.unwrap();
    let back = here.story(finish).await.reversal.unwrap();
    assert_eq!(here.story(back.transfer.id).await.entries[0].change, -4);
    let none = here.test.store().read("test", async |db| story(db, TransferId::fresh()).await).await.unwrap();
    assert_eq!(none, None);
}
