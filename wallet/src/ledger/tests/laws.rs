//! What holds whatever is asked for.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;

const ACCOUNTS: u128 = 6;
/// Ids of holds are below it, of all transfers below [`IDS`].
const HOLDS: u128 = 20;
const IDS: u128 = 200;

/// Who deals with whom, and why.
const DEALINGS: [(AccountId, AccountId, Reason); 8] = [
    (BUDGET, FAN, Reason::Grant),
    (BUDGET, OTHER, Reason::Grant),
    (FAN, BUDGET, Reason::Clawback),
    (FAN, SHOP, Reason::Purchase),
    (FAN, OTHER, Reason::Gift),
    (OTHER, FAN, Reason::Gift),
    (TILL, PURSE, Reason::TopUp),
    (PURSE, TILL, Reason::Refund),
];

/// What may be, mostly; and anything at all.
fn of() -> impl Strategy<Value = Move> {
    let account = || (1..=ACCOUNTS + 1).prop_map(AccountId::of_number);
    let anything = (account(), account(), proptest::sample::select(Reason::ALL.to_vec()));
    let dealing = prop_oneof![9 => proptest::sample::select(DEALINGS.to_vec()), 1 => anything];
    let units = prop_oneof![9 => 1..60_i64, 1 => 60..2_000_i64];
    (dealing, units, 0..20).prop_map(|((debit, credit, reason), units, odds)| {
        let is_of_coins = (debit == TILL || debit == PURSE) != (odds == 0);
        let asset = if is_of_coins { Coins::CODE } else { Points::CODE };
        Move::of(asset, units, debit, credit, reason).unwrap()
    })
}

/// Few ids, so that they are used again and holds are found; now and then one that was for something else.
fn transfer() -> impl Strategy<Value = Transfer> {
    let until = proptest::option::of((-5..90_i64).prop_map(later));
    let hold = || (1..HOLDS).prop_map(id);
    let some = |from: u128| prop_oneof![19 => from..from + 60, 1 => 1..200_u128].prop_map(id);
    let units = proptest::option::of(prop_oneof![9 => 1..40_i64, 1 => -1..500_i64]);
    prop_oneof![
        3 => (some(20), of()).prop_map(|(id, of)| Transfer::new(id, Act::Post(of))),
        3 => (hold(), of(), until).prop_map(|(id, of, until)| Transfer::new(id, Act::Hold { of, until })),
        3 => (some(100), hold(), units).prop_map(|(id, hold, units)| Transfer::new(id, Act::Finish { hold, units })),
        1 => (some(100), hold()).prop_map(|(id, hold)| Transfer::new(id, Act::Void { hold })),
        1 => (some(100), hold()).prop_map(|(id, hold)| Transfer::new(id, Act::Lapse { hold })),
    ]
}

/// What is asked for, in order: transfers that belong together, and when.
fn asked() -> impl Strategy<Value = Vec<(Vec<Transfer>, Timestamp)>> {
    let together = prop_oneof![3 => vec(transfer(), 1), 1 => vec(transfer(), 2..4)];
    vec((together, (0..60_i64).prop_map(later)), 1..120)
}

/// As [`book`], but that everybody may deal with everybody.
fn open_book() -> Book {
    let mut book = book();
    for number in 1..=ACCOUNTS {
        let account = AccountId::of_number(number);
        let standing = *book.account(account).unwrap();
        book.open(
            account,
            Standing { bounds: Bounds { min: -50, max: 700.max(standing.posted) }, ..standing },
        );
    }
    book
}

fn accounts(book: &Book) -> Vec<(AccountId, Standing)> {
    (1..=ACCOUNTS).map(AccountId::of_number).map(|id| (id, *book.account(id).unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_is_made_or_lost_and_no_bound_is_broken(asked in asked()) {
        let mut book = open_book();
        let begun = accounts(&book);
        for (together, now) in &asked {
            let before = book.clone();
            if book.make(together, *now) != Ok(Made::Now) {
                prop_assert_eq!(&book, &before, "what is refused, or was made before, changes nothing");
            }
        }
        let mut versions: HashMap<AccountId, (i64, i64)> = begun.iter().map(|(id, it)| (*id, (0, it.posted))).collect();
        for entry in book.entries() {
            let (version, balance) = versions.get_mut(&entry.account).unwrap();
            *version += 1;
            *balance += entry.change;
            prop_assert_eq!((entry.version, entry.balance_after), (*version, *balance));
        }
        let (mut out, mut into) = (HashMap::new(), HashMap::new());
        for hold in (1..IDS).filter_map(|number| book.hold(id(number))).filter(|it| it.state == HoldState::Open) {
            *out.entry(hold.of.debit).or_insert(0) += hold.of.units;
            *into.entry(hold.of.credit).or_insert(0) += hold.of.units;
        }
        for (account, standing) in accounts(&book) {
            prop_assert_eq!(versions[&account], (standing.version, standing.posted));
            let held = |of: &HashMap<AccountId, i64>| of.get(&account).copied().unwrap_or(0);
            prop_assert_eq!((held(&out), held(&into)), (standing.held_out, standing.held_in));
            prop_assert!(standing.available() >= standing.bounds.min, "{:?}", standing);
            prop_assert!(standing.posted + standing.held_in <= standing.bounds.max, "{:?}", standing);
        }
        for asset in [Points::CODE, Coins::CODE] {
            let sum = |of: &[(AccountId, Standing)]| -> i64 {
                of.iter().filter(|it| it.1.asset == asset).map(|it| it.1.posted).sum()
            };
            prop_assert_eq!(sum(&begun), sum(&accounts(&book)), "{:?}", asset);
        }
    }

    #[test]
    fn a_hold_is_resolved_once(asked in asked()) {
        let mut book = open_book();
        let mut resolved = HashMap::new();
        for (together, now) in &asked {
            if book.make(together, *now) != Ok(Made::Now) {
                continue;
            }
            for transfer in together {
                if let Act::Finish { hold, .. } | Act::Void { hold } | Act::Lapse { hold } = transfer.act {
                    prop_assert_eq!(resolved.insert(hold, transfer.id), None);
                }
            }
        }
    }

    /// A batch reads what its transfers name, once; alone, each would be read for itself.
    #[test]
    fn a_batch_has_the_outcome_of_one_by_one(asked in asked()) {
        let mut batch = open_book();
        let outcomes: Vec<_> = asked.iter().map(|(together, now)| batch.make(together, *now)).collect();
        let (mut kept, mut lines) = (open_book(), Vec::new());
        let mut one_by_one = Vec::new();
        for (together, now) in &asked {
            let mut alone = Book::default();
            for (account, standing) in accounts(&kept) {
                alone.open(account, standing);
            }
            for number in 1..IDS {
                if let Some(hold) = kept.hold(id(number)) {
                    alone.remember_hold(id(number), *hold);
                }
                if let Some(digest) = kept.digests_for_tests().get(&id(number)) {
                    alone.remember(id(number), *digest);
                }
            }
            one_by_one.push(alone.make(together, *now));
            lines.extend_from_slice(alone.entries());
            kept = alone;
        }
        prop_assert_eq!(outcomes, one_by_one);
        prop_assert_eq!(batch.entries(), lines);
        prop_assert_eq!(accounts(&batch), accounts(&kept));
    }

    #[test]
    fn what_is_asked_for_again_changes_nothing(asked in asked(), again in vec(any::<proptest::sample::Index>(), 0..60)) {
        let mut book = open_book();
        let made: Vec<_> = asked.iter().filter(|(together, now)| book.make(together, *now) == Ok(Made::Now)).collect();
        let before = book.clone();
        for index in again.iter().filter(|_| !made.is_empty()) {
            let (together, now) = index.get(&made);
            prop_assert_eq!(book.make(together, *now), Ok(Made::Before));
        }
        prop_assert_eq!(book, before);
    }
}
