//! The rules by example, and by any transfers in any order.

mod laws;

use super::*;
use crate::asset::{Asset, Coins, Points};
use crate::id::{AccountId, TransferId};
use crate::{Amount, UNITS_MAX};
use jiff::{SignedDuration, Timestamp};

const BUDGET: AccountId = AccountId::of_number(1);
const FAN: AccountId = AccountId::of_number(2);
const OTHER: AccountId = AccountId::of_number(3);
const SHOP: AccountId = AccountId::of_number(4);
const PURSE: AccountId = AccountId::of_number(5);
const TILL: AccountId = AccountId::of_number(6);
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn id(number: u128) -> TransferId {
    TransferId::of_number(number)
}

fn points(units: i64) -> Amount<Points> {
    Amount::new(units).unwrap()
}

fn later(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

/// A budget of a thousand points, two fans and a shop of points; a fan's purse of coins, and a gateway of five hundred.
fn book() -> Book {
    let mut book = Book::default();
    let of = |kind, posted| Standing { posted, ..Standing::new(Points::CODE, kind, Bounds::NO_OVERDRAFT) };
    book.open(BUDGET, of(Kind::Budget, 1_000));
    book.open(FAN, of(Kind::Fan, 0));
    book.open(OTHER, of(Kind::Fan, 0));
    book.open(SHOP, of(Kind::Partner, 0));
    book.open(PURSE, Standing::new(Coins::CODE, Kind::Fan, Bounds::NO_OVERDRAFT));
    book.open(
        TILL,
        Standing { posted: 500, ..Standing::new(Coins::CODE, Kind::Gateway, Bounds::NO_OVERDRAFT) },
    );
    book
}

fn grant(number: u128, units: i64) -> Transfer {
    Transfer::new(id(number), Act::Post(Move::new(points(units), BUDGET, FAN, Reason::Grant)))
}

fn buy(number: u128, units: i64, until: Option<Timestamp>) -> Transfer {
    let of = Move::new(points(units), FAN, SHOP, Reason::Purchase);
    Transfer::new(id(number), Act::Hold { of, until })
}

fn finish(number: u128, hold: u128, units: Option<i64>) -> Transfer {
    Transfer::new(id(number), Act::Finish { hold: id(hold), units })
}

/// Balance, what is held out and in, and the version.
fn stands(book: &Book, account: AccountId) -> (i64, i64, i64, i64) {
    let it = book.account(account).unwrap();
    (it.posted, it.held_out, it.held_in, it.version)
}

#[test]
fn a_grant_leaves_a_line_on_both_sides_once() {
    let mut book = book();
    assert_eq!(book.make(&[grant(1, 30)], NOW), Ok(Made::Now));
    assert_eq!(book.make(&[grant(1, 30)], NOW), Ok(Made::Before));
    assert_eq!(book.make(&[grant(1, 31)], NOW), Err(Refusal::OtherContent { id: id(1) }));
    assert_eq!((stands(&book, BUDGET), stands(&book, FAN)), ((970, 0, 0, 1), (30, 0, 0, 1)));
    let line = |account, change: i64, balance_after| Entry {
        transfer: id(1),
        account,
        change,
        balance_after,
        version: 1,
        day: Day { number: Day::at(NOW), came: change.max(0), went: (-change).max(0) },
    };
    assert_eq!(book.entries(), [line(BUDGET, -30, 970), line(FAN, 30, 30)]);
}

#[test]
fn what_is_held_is_spent_once_in_part_or_given_back() {
    let mut book = book();
    book.make(&[grant(1, 100)], NOW).unwrap();
    book.make(&[buy(2, 60, Some(later(60)))], NOW).unwrap();
    assert_eq!((stands(&book, FAN), stands(&book, SHOP)), ((100, 60, 0, 1), (0, 0, 60, 0)));
    assert_eq!(book.make(&[buy(3, 41, None)], NOW), Err(Refusal::BelowBound { account: FAN, available: 40 }));
    assert_eq!(book.make(&[finish(4, 2, Some(61))], NOW), Err(Refusal::MoreThanHeld { held: 60, asked: 61 }));
    assert_eq!(book.make(&[finish(4, 2, Some(0))], NOW), Err(Refusal::MoreThanHeld { held: 60, asked: 0 }));
    assert_eq!(book.make(&[finish(4, 2, Some(45))], NOW), Ok(Made::Now));
    assert_eq!((stands(&book, FAN), stands(&book, SHOP)), ((55, 0, 0, 2), (45, 0, 0, 1)));
    let void = Transfer::new(id(5), Act::Void { hold: id(2) });
    assert_eq!(book.make(&[void], NOW), Err(Refusal::Resolved { id: id(2) }));
    assert_eq!(book.make(&[finish(6, 2, None)], NOW), Err(Refusal::Resolved { id: id(2) }));
    assert_eq!(book.make(&[finish(6, 99, None)], NOW), Err(Refusal::UnknownHold { id: id(99) }));

    book.make(&[buy(7, 55, None)], NOW).unwrap();
    book.make(&[Transfer::new(id(8), Act::Void { hold: id(7) })], NOW).unwrap();
    assert_eq!((stands(&book, FAN), stands(&book, SHOP)), ((55, 0, 0, 2), (45, 0, 0, 1)));
    assert_eq!(book.hold(id(7)).unwrap().state, HoldState::Voided);
}

#[test]
fn a_hold_ends_at_its_time_and_not_before() {
    let mut book = book();
    book.make(&[grant(1, 100)], NOW).unwrap();
    assert_eq!(book.make(&[buy(2, 60, Some(NOW))], NOW), Err(Refusal::EndsBefore));
    book.make(&[buy(2, 60, Some(later(60)))], NOW).unwrap();
    let lapse = Transfer::new(id(3), Act::Lapse { hold: id(2) });
    assert_eq!(book.make(std::slice::from_ref(&lapse), later(59)), Err(Refusal::NotOver { id: id(2) }));
    assert_eq!(book.make(&[finish(4, 2, None)], later(60)), Err(Refusal::Over { id: id(2) }));
    assert_eq!(book.make(&[lapse], later(60)), Ok(Made::Now));
    assert_eq!(stands(&book, FAN), (100, 0, 0, 1));
    book.make(&[buy(5, 1, None)], NOW).unwrap();
    let lapse = Transfer::new(id(6), Act::Lapse { hold: id(5) });
    assert_eq!(book.make(&[lapse], later(i32::MAX.into())), Err(Refusal::NotOver { id: id(5) }));
}

#[test]
fn what_belongs_together_is_made_together() {
    let mut book = book();
    let before = book.clone();
    let all = [grant(1, 100), buy(2, 100, None), finish(3, 2, None), grant(4, 901)];
    assert_eq!(book.make(&all, NOW), Err(Refusal::BelowBound { account: BUDGET, available: 900 }));
    assert_eq!(book, before, "nothing is left of it");
    assert_eq!(book.make(&all[..3], NOW), Ok(Made::Now));
    assert_eq!(book.make(&all[..3], NOW), Ok(Made::Before));
    assert_eq!(book.make(&all, NOW), Err(Refusal::PartlyMade));
    assert_eq!(book.make(&[grant(9, 1), grant(9, 1)], NOW), Err(Refusal::OtherContent { id: id(9) }));
    assert_eq!(book.make(&[], NOW), Err(Refusal::Empty));
    assert_eq!((stands(&book, FAN), stands(&book, SHOP)), ((0, 0, 0, 2), (100, 0, 0, 1)));
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    let mut book = book();
    let frozen = AccountId::of_number(16);
    let full = AccountId::of_number(17);
    let nobody = AccountId::of_number(18);
    let fan = Standing::new(Points::CODE, Kind::Fan, Bounds::NO_OVERDRAFT);
    book.open(frozen, Standing { is_frozen: true, ..fan });
    book.open(full, Standing { bounds: Bounds { min: 0, max: 9 }, ..fan });
    let before = book.clone();
    let grants = |units, to| Move::new(points(units), BUDGET, to, Reason::Grant);
    for (of, refusal) in [
        (grants(1, nobody), Refusal::UnknownAccount { account: nobody }),
        (grants(1, BUDGET), Refusal::SameAccount),
        (grants(1, PURSE), Refusal::AssetMismatch { account: PURSE, has: Coins::CODE, asked: Points::CODE }),
        (grants(1, frozen), Refusal::Frozen { account: frozen }),
        (grants(10, full), Refusal::AboveBound { account: full }),
        (grants(1_001, FAN), Refusal::BelowBound { account: BUDGET, available: 1_000 }),
        (grants(UNITS_MAX, FAN), Refusal::BelowBound { account: BUDGET, available: 1_000 }),
        (grants(1, SHOP), Refusal::NotForThis { reason: Reason::Grant }),
        (Move::new(points(1), FAN, BUDGET, Reason::Grant), Refusal::NotForThis { reason: Reason::Grant }),
    ] {
        for act in [Act::Post(of), Act::Hold { of, until: None }] {
            assert_eq!(book.make(&[Transfer::new(id(1), act)], NOW), Err(refusal), "{act:?}");
            assert_eq!(book, before);
        }
    }
    for units in [0, -1, i64::MIN, UNITS_MAX + 1] {
        assert!(Move::of(Points::CODE, units, BUDGET, FAN, Reason::Grant).is_err(), "{units}");
    }
}

#[test]
fn what_is_frozen_gives_back_what_it_held_and_nothing_else() {
    let mut book = book();
    book.make(&[grant(1, 100), buy(2, 60, None)], NOW).unwrap();
    let standing = *book.account(FAN).unwrap();
    book.open(FAN, Standing { is_frozen: true, ..standing });
    assert_eq!(book.make(&[finish(3, 2, None)], NOW), Err(Refusal::Frozen { account: FAN }));
    assert_eq!(book.make(&[Transfer::new(id(4), Act::Void { hold: id(2) })], NOW), Ok(Made::Now));
    assert_eq!(stands(&book, FAN), (100, 0, 0, 1));
}

#[test]
fn bounds_that_were_narrowed_refuse_what_leads_away_from_them_alone() {
    let mut book = book();
    book.make(&[grant(1, 100)], NOW).unwrap();
    let standing = *book.account(FAN).unwrap();
    book.open(FAN, Standing { bounds: Bounds { min: 0, max: 50 }, ..standing });
    assert_eq!(book.make(&[grant(2, 1)], NOW), Err(Refusal::AboveBound { account: FAN }));
    assert_eq!(
        book.make(&[buy(3, 20, None), finish(4, 3, None)], NOW),
        Ok(Made::Now),
        "eighty are still too many"
    );
}

#[test]
fn no_reason_takes_from_a_fan_what_a_quiz_could_cost() {
    let from_fans: Vec<&str> = Reason::ALL
        .into_iter()
        .filter(|reason| Kind::ALL.into_iter().any(|kind| reason.joins(Kind::Fan, kind)))
        .map(Reason::word)
        .collect();
    assert_eq!(
        from_fans,
        ["clawback", "refund", "purchase", "trade", "gift", "claim", "fee", "expiry", "reversal"]
    );
}

#[test]
fn what_comes_and_goes_by_a_gateway_joins_its_accounts_alone() {
    let joined = |reason: Reason| -> Vec<(&str, &str)> {
        let pairs = Kind::ALL.into_iter().flat_map(|debit| Kind::ALL.map(|credit| (debit, credit)));
        pairs.filter(|it| reason.joins(it.0, it.1)).map(|it| (it.0.word(), it.1.word())).collect()
    };
    let top_up = [("gateway", "fan"), ("gateway", "partner"), ("gateway", "sales"), ("issuer", "fan")];
    assert_eq!(joined(Reason::TopUp), top_up);
    let refund = [("fan", "gateway"), ("fan", "issuer"), ("partner", "gateway"), ("sales", "gateway")];
    assert_eq!(joined(Reason::Refund), refund);
    assert_eq!(joined(Reason::Payout), [("partner", "gateway")]);
    assert!(Kind::ALL.into_iter().all(|it| Kind::of(it.word()) == Some(it)));
}

#[test]
fn each_content_has_a_digest_of_its_own() {
    let of = Move::new(points(1), BUDGET, FAN, Reason::Grant);
    let acts = [
        Act::Post(of),
        Act::Post(Move { units: 2, ..of }),
        Act::Post(Move { debit: FAN, credit: BUDGET, ..of }),
        Act::Post(Move { reason: Reason::Issue, ..of }),
        Act::Post(Move { asset: Coins::CODE, ..of }),
        Act::Hold { of, until: None },
        Act::Hold { of, until: Some(later(1)) },
        Act::Finish { hold: id(1), units: None },
        Act::Finish { hold: id(1), units: Some(1) },
        Act::Void { hold: id(1) },
        Act::Lapse { hold: id(1) },
    ];
    let digests: std::collections::HashSet<[u8; 32]> =
        acts.iter().flat_map(|act| [1, 2].map(|number| Transfer::new(id(number), *act).digest())).collect();
    assert_eq!(digests.len(), 2 * acts.len());
}
