//! The book beside the arbiter: the same answers, fills, cancelled quantities, depth and orders, whatever is asked of both.
//! `CREASE_OPS=5000000` asks so many things of each market; without it fewer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod arbiter;
mod traffic;

use arbiter::Arbiter;
use book::{
    Book, Cancelled, Command, Depth, Done, Effects, Fill, Immediate, Order, Posting, Price, Reason, Refusal,
    Rules, SelfTrade, Side, Snapshot, Terms, Time, TimeInForce,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use traffic::{Traffic, markets, plain};

/// Commands a market, where nothing else is said.
const OPS: u64 = 100_000;

fn ops() -> u64 {
    std::env::var("CREASE_OPS").map_or(OPS, |text| text.parse().expect("CREASE_OPS=<commands a market>"))
}

/// What became of every unit of one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Account {
    placed: u64,
    filled: u64,
    cancelled: u64,
}

/// A book, who judges it, and what is kept of what it said.
struct Bench {
    book: Book,
    arbiter: Arbiter,
    effects: Effects,
    depth: Depth,
    accounts: BTreeMap<u64, Account>,
    /// The names of all that has happened.
    seen: BTreeSet<String>,
    fills: u64,
}

impl Bench {
    fn new(rules: Rules) -> Self {
        Self {
            book: Book::new(rules).unwrap(),
            arbiter: Arbiter::new(rules),
            effects: Effects::default(),
            depth: Depth::default(),
            accounts: BTreeMap::new(),
            seen: BTreeSet::new(),
            fills: 0,
        }
    }

    /// Asks both, and compares all that they say.
    fn ask(&mut self, at: Time, command: &Command) {
        self.effects.clear();
        let before = outline(&self.book);
        let done = self.book.apply(at, command, &mut self.effects);
        let wanted = self.arbiter.apply(at, command);
        assert_eq!(done, wanted, "{command:?}");
        assert_eq!(self.effects.fills, self.arbiter.fills, "{command:?}");
        assert_eq!(self.effects.cancelled, self.arbiter.cancelled, "{command:?}");
        if done.is_err() && self.effects == Effects::default() {
            assert_eq!(outline(&self.book), before, "{command:?} was refused");
        }
        self.note(command, &done);
        self.check_depth(command);
        self.settle(command, &done);
        let top = self.book.top();
        if let (Some(bid), Some(ask)) = (top.bid, top.ask) {
            assert!(bid.price < ask.price, "crossed: {top:?}");
        }
    }

    /// The feed, folded, is the book, and is what the arbiter adds up.
    fn check_depth(&mut self, command: &Command) {
        for change in &self.effects.depth {
            assert_eq!(change.seq, self.depth.seq + 1, "without a gap");
            self.depth.fold(change).unwrap();
        }
        for (side, levels) in [(Side::Buy, &self.depth.bids), (Side::Sell, &self.depth.asks)] {
            let folded: BTreeMap<u32, u64> = levels.iter().map(|it| (it.price.points(), it.total)).collect();
            assert_eq!(folded, self.arbiter.levels(side), "{side:?} after {command:?}");
            let best = |it: &Depth| {
                if side == Side::Buy { it.bids.first().copied() } else { it.asks.first().copied() }
            };
            let top = self.book.top();
            assert_eq!(best(&self.depth), if side == Side::Buy { top.bid } else { top.ask });
        }
    }

    /// placed = filled + cancelled + resting, of every order; and nobody fills an order of their own.
    fn settle(&mut self, command: &Command, done: &Result<Done, Refusal>) {
        // Those that are over go before the command, which may use their ids again.
        let (over, cancelled): (Vec<Cancelled>, Vec<Cancelled>) =
            self.effects.cancelled.iter().partition(|it| it.reason == Reason::Expired);
        let mut gone = self.count_cancelled(&over);
        gone.drain(..).for_each(|id| self.close(id));
        let of_command = match command {
            Command::Place(order) if done.is_ok() => {
                let placed = u64::from(order.quantity.units());
                let account = Account { placed, ..Account::default() };
                assert_eq!(self.accounts.insert(order.id.0, account), None);
                Some(order.id)
            }
            Command::Amend(it) if done.is_ok() => {
                let account = self.accounts.get_mut(&it.order.0).unwrap();
                account.placed = account.placed.max(u64::from(it.quantity.units()) + account.cancelled);
                Some(it.order)
            }
            _ => None,
        };
        let fills: Vec<Fill> = self.effects.fills.clone();
        for fill in fills {
            assert_ne!(fill.maker_owner, fill.taker_owner, "self-trade");
            for order in [fill.maker, fill.taker] {
                self.accounts.get_mut(&order.0).unwrap().filled += u64::from(fill.quantity.units());
            }
            gone.extend((fill.maker_left.units() == 0).then_some(fill.maker.0));
        }
        gone.extend(self.count_cancelled(&cancelled));
        gone.extend(of_command.filter(|it| self.book.order(*it).is_none()).map(|it| it.0));
        gone.sort_unstable();
        gone.dedup();
        gone.into_iter().for_each(|id| self.close(id));
    }

    /// Adds what was cancelled; answers whose orders are gone by it.
    fn count_cancelled(&mut self, cancelled: &[Cancelled]) -> Vec<u64> {
        for it in cancelled {
            self.accounts.get_mut(&it.order.0).unwrap().cancelled += u64::from(it.quantity.units());
        }
        cancelled.iter().filter(|it| it.left.units() == 0).map(|it| it.order.0).collect()
    }

    /// An order is gone, and every unit of it is accounted for.
    fn close(&mut self, id: u64) {
        let it = self.accounts.remove(&id).unwrap();
        assert_eq!(it.placed, it.filled + it.cancelled, "order {id} is gone");
    }

    /// Every order, by the arbiter, the book, the accounts and their owners' lists.
    fn check_orders(&self) {
        let rest: Vec<_> = self.book.orders().collect();
        let mut wanted: Vec<_> = self.arbiter.orders.iter().collect();
        // Stable: who came first stays first.
        wanted.sort_by_key(|it| match it.side {
            Side::Buy => (0, u32::MAX - it.price),
            Side::Sell => (1, it.price),
        });
        assert_eq!(rest.len(), wanted.len());
        assert_eq!(self.book.len(), self.accounts.len());
        for (it, wanted) in rest.iter().zip(wanted) {
            let seen = (it.id.0, it.owner.0, it.side, it.price.points(), it.left.units(), it.filled.units());
            assert_eq!(
                seen,
                (wanted.id, wanted.owner, wanted.side, wanted.price, wanted.left, wanted.filled)
            );
            assert_eq!(it.until.map(|it| it.0), wanted.until);
            assert_eq!(self.book.order(it.id), Some(*it));
            let account = self.accounts[&it.id.0];
            assert_eq!(account.placed, account.filled + account.cancelled + u64::from(it.left.units()));
        }
        for owner in rest.iter().map(|it| it.owner).collect::<BTreeSet<_>>() {
            let own: Vec<u64> = self.book.orders_of(owner).iter().map(|it| it.id.0).collect();
            let mut of_arbiter: Vec<u64> =
                self.arbiter.orders.iter().filter(|it| it.owner == owner.0).map(|it| it.id).collect();
            of_arbiter.sort_unstable();
            assert_eq!(own, of_arbiter);
        }
    }

    /// Goes on with a book that was kept and built anew.
    fn rebuild(&mut self) {
        let bytes = self.book.snapshot().to_bytes();
        let snapshot = Snapshot::from_bytes(&bytes).unwrap();
        assert_eq!(snapshot, self.book.snapshot());
        let book = Book::restore(&snapshot).unwrap();
        assert_eq!(book.state_hash(), self.book.state_hash());
        assert_eq!(book.depth(usize::MAX), self.depth, "a snapshot joins the feed at its number");
        self.book = book;
    }

    fn note(&mut self, command: &Command, done: &Result<Done, Refusal>) {
        let word = |debug: String| debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
        self.seen.insert(match done {
            Ok(done) => word(format!("{done:?}")),
            Err(refusal) => word(format!("{refusal:?}")),
        });
        if let Command::Place(Order { terms, .. }) = command
            && done.is_ok()
        {
            self.seen.insert(match terms {
                Terms::Market(it) => format!("Market {it:?}"),
                Terms::Limit(_, TimeInForce::GoodTillDate(_, it)) => format!("GoodTillDate {it:?}"),
                Terms::Limit(_, it) => format!("{it:?}"),
            });
        }
        self.seen.extend(self.effects.cancelled.iter().map(|it| format!("{:?}", it.reason)));
        self.fills += self.effects.fills.len() as u64;
    }
}

/// What a refused command leaves as it was, when no order is over by its time.
fn outline(book: &Book) -> (u64, usize, Option<Price>, (Price, Price)) {
    (book.depth_seq(), book.len(), book.last(), book.allowed())
}

#[test]
fn it_agrees_with_the_arbiter_on_everything() {
    let mut seen = BTreeSet::new();
    for (seed, rules) in markets().into_iter().enumerate() {
        let mut bench = Bench::new(rules);
        let mut traffic = Traffic::to(rules, seed as u64);
        for op in 0..ops() {
            let (at, command) = traffic.next();
            bench.ask(at, &command);
            if op % 16 == 0 {
                bench.check_orders();
            }
            if op % 1_000 == 999 {
                bench.rebuild();
            }
        }
        assert!(bench.fills > ops() / 100, "they fill each other: {}", bench.fills);
        seen.append(&mut bench.seen);
    }
    let wanted = [
        // what is done
        "Placed",
        "Amended",
        "Cancelled",
        "CancelledAll",
        "Halted",
        "Reopened",
        "Expired",
        // and what is refused
        "DuplicateOrder",
        "UnknownOrder",
        "NotInLots",
        "QuantityTooLarge",
        "OutOfRange",
        "NotOnTick",
        "OutsideCollar",
        "WouldCross",
        "AlreadyOver",
        "BookFull",
        "TooManyOrders",
        // why quantities are cancelled
        "Asked",
        "Mass",
        "Unfilled",
        "Killed",
        "SelfTrade",
        // every kind of order
        "Market OrCancel",
        "Market FillOrKill",
        "GoodTillCancel(MayTake)",
        "GoodTillCancel(PostOnly)",
        "GoodTillDate MayTake",
        "GoodTillDate PostOnly",
        "Immediate(OrCancel)",
        "Immediate(FillOrKill)",
    ];
    let missing: Vec<_> = wanted.iter().filter(|it| !seen.contains(**it)).collect();
    assert!(missing.is_empty(), "these never happened: {missing:?}");
}

/// One command of any kind, of a market for 1 to 12 points.
fn command() -> impl Strategy<Value = Command> {
    (any::<u64>(), 0..40_u64).prop_map(|(seed, skip)| {
        let mut traffic = Traffic::to(Rules { high: traffic::points(12), ..plain() }, seed);
        for _ in 0..skip {
            traffic.next();
        }
        traffic.next().1
    })
}

proptest! {
    /// What fails here is made small by proptest.
    #[test]
    fn short_stories_agree_with_the_arbiter(story in prop::collection::vec((0..30_u64, command()), 1..60)) {
        let mut bench = Bench::new(Rules { high: traffic::points(12), orders_max: 20, ..plain() });
        let mut now = 1_000;
        for (later, command) in story {
            now += later;
            bench.ask(Time(now), &command);
            bench.check_orders();
        }
        bench.rebuild();
    }

    #[test]
    fn a_command_is_read_as_it_was_written(command in command(), at in any::<u64>()) {
        let bytes = command.to_bytes(Time(at));
        prop_assert_eq!(Command::from_bytes(&bytes), Ok((Time(at), command)));
    }

    /// Bytes of anything are refused or are a command; no bytes stop the reader.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::array::uniform32(any::<u8>()), kind in 0..16_u8) {
        let mut command = [0; book::COMMAND_BYTES];
        command[..32].copy_from_slice(&bytes);
        command[40] = kind;
        if let Ok((at, command)) = Command::from_bytes(&command) {
            prop_assert_eq!(Command::from_bytes(&command.to_bytes(at)), Ok((at, command)));
        }
        prop_assert!(Snapshot::from_bytes(&bytes).is_err());
    }
}

#[test]
fn the_same_commands_make_the_same_book_and_the_same_fills() {
    let rules = markets()[1];
    let mut traffic = Traffic::to(rules, 77);
    let journal: Vec<_> = (0..20_000).map(|_| traffic.next()).map(|(at, it)| it.to_bytes(at)).collect();
    let replay = |from: Book, journal: &[[u8; book::COMMAND_BYTES]]| {
        let (mut book, mut effects) = (from, Effects::default());
        for bytes in journal {
            let (at, command) = Command::from_bytes(bytes).unwrap();
            let _refused = book.apply(at, &command, &mut effects);
        }
        (book.state_hash(), effects)
    };
    let (hash, effects) = replay(Book::new(rules).unwrap(), &journal);
    assert_eq!(replay(Book::new(rules).unwrap(), &journal), (hash, effects.clone()));
    // And from any place where a snapshot was taken.
    for cut in [1, 5_000, 12_345, 19_999] {
        let mut book = Book::new(rules).unwrap();
        let mut before = Effects::default();
        for bytes in &journal[..cut] {
            let (at, command) = Command::from_bytes(bytes).unwrap();
            let _refused = book.apply(at, &command, &mut before);
        }
        let restored = Book::restore(&book.snapshot()).unwrap();
        let (hash_then, after) = replay(restored, &journal[cut..]);
        assert_eq!(hash_then, hash);
        assert_eq!([before.fills, after.fills].concat(), effects.fills);
        assert_eq!([before.depth, after.depth].concat(), effects.depth);
    }
}

#[test]
fn books_that_differ_in_anything_have_different_hashes() {
    let mut bench = Bench::new(plain());
    let mut traffic = Traffic::to(plain(), 3);
    while bench.book.len() < 25 {
        let (at, command) = traffic.next();
        bench.ask(at, &command);
    }
    let snapshot = bench.book.snapshot();
    let mut hashes = BTreeSet::from([bench.book.state_hash()]);
    let mut changes: Vec<Snapshot> = Vec::new();
    let mut changed = |change: &dyn Fn(&mut Snapshot)| {
        let mut it = snapshot.clone();
        change(&mut it);
        changes.push(it);
    };
    changed(&|it| it.seq += 1);
    changed(&|it| it.depth_seq += 1);
    changed(&|it| it.now = Time(it.now.0 + 1));
    changed(&|it| it.phase = book::Phase::Halted);
    changed(&|it| it.last = if it.last.is_some() { None } else { Some(traffic::points(5)) });
    changed(&|it| it.centre = traffic::points(it.centre.points() + 1));
    changed(&|it| it.rules.orders_max += 1);
    changed(&|it| it.orders.truncate(24));
    changed(&|it| it.orders[3].owner.0 += 1_000);
    changed(&|it| it.orders[3].id.0 += 1_000_000);
    changed(&|it| it.orders[3].until = Some(Time(u64::MAX)));
    changed(&|it| it.orders[3].filled = traffic::units(it.orders[3].filled.units() + 1));
    changed(&|it| {
        it.orders[3].self_trade = match it.orders[3].self_trade {
            SelfTrade::Decrement => SelfTrade::CancelBoth,
            _ => SelfTrade::Decrement,
        };
    });
    changed(&|it| {
        it.orders[3].posting = match it.orders[3].posting {
            Posting::MayTake => Posting::PostOnly,
            Posting::PostOnly => Posting::MayTake,
        };
    });
    let count = changes.len() + 1;
    hashes.extend(changes.iter().map(|it| Book::restore(it).unwrap().state_hash()));
    assert_eq!(hashes.len(), count);
}

#[test]
fn a_snapshot_of_no_book_is_refused() {
    let mut bench = Bench::new(plain());
    let mut traffic = Traffic::to(plain(), 5);
    let has_both = |book: &Book| book.top().bid.is_some() && book.top().ask.is_some();
    while bench.book.len() < 25 || !has_both(&bench.book) {
        let (at, command) = traffic.next();
        bench.ask(at, &command);
    }
    let good = bench.book.snapshot();
    assert!(Book::restore(&good).is_ok());
    let refused = |change: &dyn Fn(&mut Snapshot)| {
        let mut it = good.clone();
        change(&mut it);
        assert!(Book::restore(&it).is_err(), "{it:?}");
    };
    refused(&|it| it.orders[1].id = it.orders[0].id);
    refused(&|it| it.orders.reverse());
    refused(&|it| it.orders[1].until = Some(it.now));
    refused(&|it| it.orders[1].left = traffic::units(0));
    refused(&|it| it.orders[1].filled = traffic::units(50));
    refused(&|it| it.orders[1].price = traffic::points(41));
    refused(&|it| it.orders[0].price = it.orders.last().unwrap().price);
    refused(&|it| it.orders[0].price = traffic::points(40));
    refused(&|it| it.centre = traffic::points(41));
    refused(&|it| it.rules.orders_max = 3);
    refused(&|it| it.rules.orders_per_owner_max = 1);
    refused(&|it| it.rules.tick = traffic::points(0));
    let bytes = good.to_bytes();
    for len in 0..bytes.len() {
        assert!(Snapshot::from_bytes(&bytes[..len]).is_err(), "cut after {len} bytes");
    }
}

/// What an immediate order cannot fill is gone: it never rests.
#[test]
fn immediate_orders_never_rest() {
    let mut bench = Bench::new(plain());
    let mut traffic = Traffic::to(plain(), 9);
    let mut count = 0;
    for _ in 0..5_000 {
        let (at, command) = traffic.next();
        bench.ask(at, &command);
        if let Command::Place(Order { id, terms, .. }) = command
            && let Terms::Market(_) | Terms::Limit(_, TimeInForce::Immediate(Immediate::OrCancel)) = terms
            && bench.effects.cancelled.iter().any(|it| it.order == id && it.reason == Reason::Unfilled)
        {
            count += 1;
            assert_eq!(bench.book.order(id), None);
        }
    }
    assert!(count > 100, "{count}");
}
