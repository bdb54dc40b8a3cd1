//! That order and number of observations make no difference, and what may follow what.

use super::*;
use proptest::prelude::*;

/// A look at a payment with few charges, tries and refunds, so that looks are of the same ones.
fn look() -> impl Strategy<Value = Known> {
    let stage = prop::sample::select(Stage::ALL.to_vec());
    let id = |prefix: &'static str| (0..3_u8).prop_map(move |it| format!("{prefix}{it}"));
    let charge =
        (0..1_000_i64, 0..1_000_i64).prop_map(|(authorised, captured)| Charge { authorised, captured });
    let outgoing = prop::sample::select(vec![Outgoing::Sent, Outgoing::Succeeded, Outgoing::Failed]);
    let refunded = (1..500_i64, outgoing).prop_map(|(units, outgoing)| Refunded { units, outgoing });
    let code = prop::sample::select(vec!["declined".to_owned(), "expired".to_owned()]);
    (
        stage,
        prop::collection::btree_map(id("ch_"), charge, 0..3),
        prop::collection::btree_map(id("try_"), code, 0..3),
        prop::collection::btree_map(id("re_"), refunded, 0..3),
        prop::collection::btree_set(prop::sample::select(vec!["inr".to_owned(), "usd".to_owned()]), 0..2),
    )
        .prop_map(|(stage, charges, failures, refunds, currencies)| Known {
            stage,
            charges,
            failures,
            refunds,
            currencies,
        })
}

fn all(looks: &[Known]) -> Known {
    let mut known = Known::default();
    looks.iter().for_each(|it| known.join(it));
    known
}

proptest! {
    #[test]
    fn any_order_and_any_number_of_looks_leads_to_the_same(
        (looks, other) in prop::collection::vec(look(), 1..8)
            .prop_flat_map(|looks| (Just(looks.clone()), Just(looks).prop_shuffle())),
        again in prop::collection::vec(0..8_usize, 0..8),
    ) {
        let mut repeated = other;
        for (place, which) in again.into_iter().enumerate() {
            let it = repeated[which % repeated.len()].clone();
            repeated.insert(place % repeated.len(), it);
        }
        prop_assert_eq!(all(&looks), all(&repeated));
    }

    #[test]
    fn what_was_learned_in_parts_is_what_was_learned_at_once(one in look(), two in look(), three in look()) {
        let mut left = all(&[one.clone(), two.clone()]);
        left.join(&three);
        let mut right = one;
        right.join(&all(&[two, three]));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn nothing_that_is_known_is_ever_unlearned(before in look(), seen in look()) {
        let mut after = before.clone();
        after.join(&seen);
        prop_assert!(after.stage >= before.stage && after.stage >= seen.stage);
        prop_assert!(after.captured() >= before.captured());
        for (id, refund) in &before.refunds {
            prop_assert!(after.refunds[id].outgoing >= refund.outgoing);
        }
        let text = serde_json::to_string(&after).unwrap();
        prop_assert_eq!(serde_json::from_str::<Known>(&text).unwrap(), after);
    }

    #[test]
    fn shares_never_give_more_nor_take_less_than_was_paid(
        (money, units, cuts) in (1..1_000_000_i64, 1..1_000_000_i64, prop::collection::vec(1..400_000_i64, 0..6)),
    ) {
        prop_assert_eq!(share_given(money, money, units), units);
        prop_assert_eq!(share_taken(money, money, units), units);
        let mut back = 0;
        for cut in cuts {
            back = (back + cut).min(money);
            let taken = share_taken(back, money, units);
            prop_assert!(taken <= units);
            prop_assert!(i128::from(taken) * i128::from(money) >= i128::from(back) * i128::from(units));
            prop_assert!(share_given(back, money, units) <= taken);
        }
    }
}

#[test]
fn the_largest_amounts_have_shares() {
    let most = crate::UNITS_MAX;
    assert_eq!((share_given(most, most, most), share_taken(most - 1, most, most)), (most, most - 1));
    assert_eq!((share_given(1, 3, 10), share_taken(1, 3, 10)), (3, 4));
}

#[test]
fn a_failed_try_ends_nothing_and_money_wins_over_a_cancellation() {
    let failed = Known {
        failures: [("try_1".to_owned(), "card_declined".to_owned())].into(),
        ..Known::at(Stage::Pending)
    };
    let charge = Charge { authorised: 500, captured: 500 };
    let paid = Known { charges: [("ch_1".to_owned(), charge)].into(), ..Known::at(Stage::Captured) };
    let known = all(&[paid, failed, Known::at(Stage::Cancelled)]);
    assert_eq!(
        (known.stage, known.captured(), known.captured_charge()),
        (Stage::Captured, 500, Some("ch_1"))
    );
    assert_eq!(known.failures.len(), 1);
}

#[test]
fn money_that_came_back_stays_back() {
    let seen = |outgoing| Known {
        refunds: [("re_1".to_owned(), Refunded { units: 70, outgoing })].into(),
        ..Known::default()
    };
    let known = all(&[seen(Outgoing::Failed), seen(Outgoing::Succeeded), seen(Outgoing::Sent)]);
    assert_eq!(known.refunds["re_1"].outgoing, Outgoing::Failed);
    assert_eq!(known.refunded(), 0);
    assert_eq!(all(&[seen(Outgoing::Sent), seen(Outgoing::Succeeded)]).refunded(), 70);
}

#[test]
fn words_are_read_back() {
    for stage in Stage::ALL {
        assert_eq!(Stage::of(stage.word()), Some(stage));
    }
    for it in [Outgoing::Sent, Outgoing::Succeeded, Outgoing::Failed] {
        assert_eq!(Outgoing::of(it.word()), Some(it));
    }
    assert_eq!((Stage::of("paid"), Outgoing::of("paid")), (None, None));
}
