//! Products and markets, as their pages show them.

use super::*;
use crate::rewards::markets;
use crate::rewards::products::{self, Level};
use ::rewards::exchange::listing::{State as Stands, Terms as Rules};
use ::rewards::exchange::{Around, Best, Last, Stuck, Trade};
use ::rewards::product::{Between, Codes, Product, State as Sale, Terms};
use ::rewards::voucher::Figures as Stock;

fn product(state: Sale, codes: Codes) -> Product {
    Product {
        id: "prd_1".to_owned(),
        books: Books::Test,
        organisation_id: None,
        terms: Terms {
            name: HOSTILE.to_owned(),
            description: HOSTILE.to_owned(),
            price: Some(1_500),
            fan_max: Some(3),
            fan_day_max: None,
            valid_from: at_day(-1),
            valid_until: at_day(30),
            claim_seconds: Some(900),
            between: Between { transferable: true, tradable: false },
            codes,
        },
        state,
        version: 4,
        made_at: at_day(-9),
    }
}

fn row(state: Sale, in_stock: i64) -> products::Row {
    let figures = Stock { made: 1_000, in_stock, reserved: 1, held: 2, claimed: 3, redeemed: 4, expired: 5 };
    products::Row {
        product: product(state, Codes::Imported),
        figures,
        organisation: Some(HOSTILE.to_owned()),
    }
}

#[test]
fn a_products_form_says_its_terms_and_mistakes_are_beside_their_fields() {
    let it = product(Sale::Draft, Codes::Imported);
    let form = products::form(Some(&it), at_day(0));
    assert_eq!(products::read(&form, Some(Codes::Imported)), Ok(it.terms));
    for (field, value, wrong) in [
        ("name", " ", "name"),
        ("price", "free", "price"),
        ("price", "0", "price"),
        ("fan-max", "-1", "fan-max"),
        ("from", "now", "from"),
        ("until", "2020-01-01T00:00", "until"),
        ("seconds", "0", "seconds"),
    ] {
        let mut form = form.clone();
        form.set(field, value);
        let mistakes = products::read(&form, Some(Codes::Made)).unwrap_err();
        assert!(
            mistakes.of(wrong).is_some() && mistakes.iter().count() == 1,
            "{field}={value}: {mistakes:?}"
        );
    }
    assert!(products::read(&form, None).unwrap_err().of("codes").is_some());
}

#[test]
fn little_in_stock_is_said_where_it_is_sold() {
    for (state, in_stock, expected) in [
        (Sale::OnSale, 101, Level::Fine),
        (Sale::OnSale, 100, Level::Little),
        (Sale::OnSale, 0, Level::None),
        (Sale::Paused, 0, Level::Fine),
        (Sale::Draft, 0, Level::Fine),
    ] {
        assert_eq!(row(state, in_stock).level(at_day(0)), expected, "{state:?} {in_stock}");
    }
}

#[test]
fn nothing_that_is_written_about_a_product_becomes_markup() {
    let (here, none, wrong) = (here(Proof::Account), Mistakes::default(), Mistakes::one("csv", HOSTILE));
    let found = [row(Sale::OnSale, 0)];
    let list =
        products::list(&here, &products::List { found: &found, after: Some("prd_0"), next: Some("prd_1") });
    assert!(safe(&list).contains("sold out") && list.0.contains("1,500"), "{}", list.0);
    let (terms, codes) = (products::form(Some(&found[0].product), at_day(0)), Fields::of([("csv", HOSTILE)]));
    let shown = products::Shown {
        row: &found[0],
        terms: Filled { fields: &terms, mistakes: &none },
        codes: Filled { fields: &codes, mistakes: &wrong },
    };
    let page = products::show(&here, &shown);
    for said in ["It is sold out.", "Pause it: none is sold", "Take in these codes", "id=\"csv-mistake\""] {
        assert!(safe(&page).contains(said), "{said}: {}", page.0);
    }
    safe(&products::new(&here, Filled { fields: &terms, mistakes: &Mistakes::one("name", HOSTILE) }));
}

fn market(state: Stands) -> markets::Row {
    let collar = ::rewards::exchange::Collar {
        around: Around::LastFill,
        reference: ::rewards::exchange::Price::new(500).unwrap(),
        basis_points: 1_250,
    };
    markets::Row {
        id: "mkt_1".to_owned(),
        product: "prd_1".to_owned(),
        name: HOSTILE.to_owned(),
        state,
        terms: Rules { collar: Some(collar), ..Rules::USUAL },
        bid: Some(480),
        ask: Some(520),
        last: Some(Last { price: 505, quantity: 2, at: at_day(0) }),
        units_today: 1_234,
        points_today: 617_000,
        open_orders: 17,
        bids: 30,
        asks: 40,
        stuck: 1,
        holder: None,
    }
}

#[test]
fn a_market_is_shown_with_its_depth_and_what_is_stuck_and_what_can_be_done() {
    let (here, none) = (here(Proof::Account), Fields::default());
    let list = markets::list(&here, &[market(Stands::Open)]);
    for said in ["1 settlement is stuck.", "nobody writes it", "617,000", ">40<"] {
        assert!(safe(&list).contains(said), "{said}: {}", list.0);
    }
    let best = Best { seq: 9, bids: (0..25).map(|it| (480 - it, 10)).collect(), asks: vec![(520, 40)] };
    let trades = [Trade { price: 505, quantity: 2, side: ::rewards::exchange::Side::Buy, at: at_day(0) }];
    let stuck = [Stuck {
        seq: 7,
        price: None,
        quantity: None,
        reason: HOSTILE.to_owned(),
        since: at_day(0),
        tried_at: at_day(0),
    }];
    let page = |state: Stands, best: Option<&Best>, mistakes: &Mistakes| {
        let row = market(state);
        let form = Filled { fields: &none, mistakes };
        let shown = markets::Shown { row: &row, best, trades: &trades, stuck: &stuck, form };
        safe(&markets::show(&here, &shown)).to_owned()
    };
    let wrong = Mistakes::one("halt-why", HOSTILE);
    let open = page(Stands::Open, Some(&best), &wrong);
    for said in [
        "Halt the market",
        "5 more levels",
        "12.5 % around the last fill, at first 500",
        "a buyer",
        "Try them now",
    ] {
        assert!(open.contains(said), "{said}: {open}");
    }
    assert!(!open.contains("Reopen the market"), "{open}");
    let halted = page(Stands::Halted, None, &Mistakes::default());
    for said in ["It is halted.", "Reopen the market", "name=\"reference\"", "does not answer"] {
        assert!(halted.contains(said), "{said}: {halted}");
    }
    let closed = page(Stands::Closed, Some(&Best::default()), &Mistakes::default());
    assert!(!closed.contains("for good</button>") && closed.contains("Nothing rests in it."), "{closed}");
}

#[test]
fn a_markets_rules_are_read_from_its_form() {
    assert_eq!(markets::read(&markets::form()), Ok(Rules::USUAL));
    let mut form = markets::form();
    form.set("collar", "reference");
    form.set("collar-reference", "500");
    form.set("collar-percent", "20");
    assert_eq!(markets::read(&form).unwrap().collar.map(|it| it.basis_points), Some(2_000));
    for (field, value, wrong) in [
        ("high", "0", "high"),
        ("low", "", "low"),
        ("low", "20000", "high"),
        ("lot", "5000", "quantity-max"),
        ("collar-percent", "", "collar-percent"),
        ("collar-reference", "x", "collar-reference"),
    ] {
        let mut form = form.clone();
        form.set(field, value);
        let mistakes = markets::read(&form).unwrap_err();
        assert!(mistakes.of(wrong).is_some(), "{field}={value}: {mistakes:?}");
    }
    let choices = [crate::controls::Choice::new("prd_1", HOSTILE)];
    safe(&markets::new(
        &here(Proof::Account),
        &choices,
        Filled { fields: &form, mistakes: &Mistakes::default() },
    ));
}
