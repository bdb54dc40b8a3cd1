//! What is over goes back; what somebody forgets is forgotten.

use crate::here::{Here, OWNER, by, fan, redeemer, start, terms};
use jiff::SignedDuration;
use rewards::product::{Codes, State, Terms};
use rewards::voucher::{Denied, Figures, Found, Said, Stage, Swept};
use rewards::{Error, product};
use wallet::{Act, AssetCode, Bounds, Kind, Move, Reason, Transfer, TransferId, account, holder};

#[tokio::test]
async fn what_is_over_goes_back_and_what_is_held_when_it_is_free() {
    let here = Here::new().await;
    let until = start() + SignedDuration::from_hours(1);
    let product = here.product(Terms { valid_until: until, ..terms(Codes::Made) }, 10).await;
    for it in ["fan_1", "fan_2", "fan_cold"] {
        here.fan(&fan(it), 100).await;
        here.buy(&fan(it), &product, 2).await;
    }
    here.vouchers.claim(&fan("fan_1"), &product, &store::ids::new("vch")).await.unwrap();
    let freeze = async |tx: &store::Transaction<'_>| holder::freeze(tx, &fan("fan_cold"), start()).await;
    here.store().run_tx("test", freeze).await.unwrap();
    // An order holds one of the second fan's.
    let asset = AssetCode::voucher(&product).unwrap();
    let opened = here.store().run_tx("test", async |tx| {
        let market = account::Wanted::new(asset, Kind::Market, "mkt_1", Bounds::NO_OVERDRAFT);
        let own = holder::purse(tx, &fan("fan_2"), asset, start()).await?.other;
        Ok::<_, wallet::Error>((own, account::open(tx, &market, start()).await?))
    });
    let (own, market) = opened.await.unwrap();
    let of = Move::of(asset, 1, own, market, Reason::Trade).unwrap();
    let hold = Transfer::new(TransferId::fresh(), Act::Hold { of, until: None });
    here.ledger.make(hold.clone()).await.unwrap();
    // One is reserved until the end, and no longer.
    here.pass(55);
    let id = store::ids::new("rsv");
    let reserved = here.vouchers.reserve(&fan("fan_1"), &product, 1, &id).await.unwrap();
    assert_eq!(reserved.until, until);
    here.pass(5);
    let late = here.vouchers.confirm(&fan("fan_1"), &id).await.unwrap();
    assert_eq!(late.stage, Stage::Expired);
    let swept = here.vouchers.sweep().await.unwrap();
    // Four of the stock, one of the first fan, one of the second.
    assert_eq!(swept, Swept { over: 1, units: 6, expired: 1, ..Swept::default() });
    assert_eq!(here.found(&product).await.state, State::Over);
    assert_eq!(here.balance("fan_1", Some(&product)).await, (0, 0));
    assert_eq!(here.balance("fan_2", Some(&product)).await, (1, 0));
    assert_eq!(here.balance("fan_cold", Some(&product)).await, (2, 2));
    here.ledger.make(Transfer::new(TransferId::fresh(), Act::Void { hold: hold.id })).await.unwrap();
    assert_eq!(here.vouchers.sweep().await.unwrap(), Swept::default(), "not before some minutes");
    here.pass(10);
    assert_eq!(here.vouchers.sweep().await.unwrap(), Swept { units: 1, ..Swept::default() });
    let thaw = async |tx: &store::Transaction<'_>| holder::thaw(tx, &fan("fan_cold")).await;
    here.store().run_tx("test", thaw).await.unwrap();
    here.pass(10);
    assert_eq!(here.vouchers.sweep().await.unwrap(), Swept { units: 2, ..Swept::default() });
    assert_eq!(here.figures(&product).await, Figures { made: 10, expired: 10, ..Figures::default() });
    let emptied = "select count(*) from rewards.product where emptied_at is not null";
    assert_eq!(here.count(emptied).await, 1);
    // Nothing is had of it any more.
    let one = fan("fan_1");
    assert!(matches!(here.vouchers.reserve(&one, &product, 1, "rsv_2").await, Err(Error::NotOnSale { .. })));
    let claim = here.vouchers.claim(&one, &product, &store::ids::new("vch")).await;
    assert!(matches!(claim, Err(Error::NotOnSale { .. })));
    assert!(matches!(
        here.vouchers.give(&one, &product, "fan_2", 1, None).await,
        Err(Error::NotOnSale { .. })
    ));
    let more = here.vouchers.make_codes(&OWNER, &product, 1, &store::ids::new("bat"), &by()).await;
    assert!(matches!(more, Err(Error::NotOnSale { .. })), "{more:?}");
    let again = here.store().run_tx("test", async |tx| product::set_state(tx, &product, State::OnSale).await);
    assert!(again.await.is_err());
    here.verify(&product).await;
}

#[tokio::test]
async fn an_erased_fan_is_named_nowhere_and_the_books_are_right() {
    let here = Here::new().await;
    let product = here.product(Terms { fan_max: Some(9), ..terms(Codes::Made) }, 10).await;
    let one = fan("fan_one");
    here.fan(&one, 100).await;
    here.buy(&one, &product, 3).await;
    let id = store::ids::new("vch");
    let code = here.vouchers.claim(&one, &product, &id).await.unwrap().code.unwrap();
    here.vouchers.reserve(&one, &product, 1, "rsv_1").await.unwrap();
    let erase = async || holder::erase(here.store(), &here.ledger, &one, &by()).await;
    assert!(matches!(erase().await, Err(wallet::Error::SomethingHeld { .. })));
    here.vouchers.before_erasure("fan_one").await.unwrap();
    erase().await.unwrap();
    // A process has ended in between.
    for _ in 0..2 {
        here.vouchers.repair_erasure("fan_one").await.unwrap();
    }
    let named = "
        select count(*) from (
            select query_to_xml(
                format('select t::text from %I.%I t', table_schema, table_name), true, false, '')::text as rows
            from information_schema.tables
            where table_schema in ('rewards', 'wallet', 'access') and table_type = 'BASE TABLE') it
        where position('fan_one' in rows) > 0";
    assert_eq!(here.count(named).await, 0);
    let figures = Figures { made: 10, in_stock: 7, claimed: 1, expired: 2, ..Figures::default() };
    assert_eq!(here.figures(&product).await, figures);
    // Who has the code has the voucher.
    let by = by();
    let redeemed = here.vouchers.redeem(&redeemer(&by), Said::Code(&code.shown())).await.unwrap();
    assert!(matches!(redeemed, Found::Good(_)), "{redeemed:?}");
    // Whoever comes back begins with nothing, and with every limit.
    here.fan(&one, 0).await;
    let found = here.found(&product).await;
    assert_eq!(here.vouchers.left("fan_one", &[found]).await.unwrap(), [Some(9)]);
    assert!(here.vouchers.opened_by(&one).await.unwrap().is_empty());
    let refused = here.vouchers.reserve(&one, &product, 1, "rsv_2").await;
    assert!(matches!(refused, Err(Error::Denied(Denied::TooLittle))), "{refused:?}");
    // Of who has a wallet nothing is forgotten.
    let two = fan("fan_two");
    here.fan(&two, 100).await;
    here.buy(&two, &product, 1).await;
    here.vouchers.repair_erasure("fan_two").await.unwrap();
    let found = here.found(&product).await;
    assert_eq!(here.vouchers.left("fan_two", &[found]).await.unwrap(), [Some(8)]);
    here.verify(&product).await;
}

#[tokio::test]
async fn nobody_pays_for_what_is_over_before_its_time() {
    let here = Here::new().await;
    let own = terms(Codes::Made);
    let product = here.product(own.clone(), 3).await;
    let one = fan("fan_1");
    here.fan(&one, 100).await;
    here.vouchers.reserve(&one, &product, 2, "rsv_1").await.unwrap();
    here.pass(5);
    let shorter = Terms { valid_until: here.clock.now(), ..own };
    let change =
        async |tx: &store::Transaction<'_>| product::change(tx, &product, &shorter, State::OnSale).await;
    here.store().run_tx("test", async |tx| change(tx).await).await.unwrap();
    assert_eq!(here.vouchers.confirm(&one, "rsv_1").await.unwrap().stage, Stage::Released);
    assert_eq!(here.balance("fan_1", None).await, (100, 100));
    here.vouchers.sweep().await.unwrap();
    assert_eq!(here.figures(&product).await, Figures { made: 3, expired: 3, ..Figures::default() });
    here.verify(&product).await;
}
