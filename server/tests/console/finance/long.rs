//! Lists over several pages, and files of many lines.

use super::{Bank, PATH};
use reqwest::StatusCode;
use wallet::account::{self, Wanted};
use wallet::{Act, Amount, Asset, Bounds, Kind, Move, Points, Reason, Transfer, TransferId};

#[tokio::test]
async fn long_lists_go_on_over_pages_and_no_row_is_lost() {
    let bank = Bank::open(&[]).await;
    let (asha, _) = bank.operator("asha@crease.example").await;
    for number in 0..60 {
        let owner = format!("org_{number:03}");
        let wanted = Wanted::new(Points::CODE, Kind::Partner, &owner, Bounds::NO_OVERDRAFT);
        let now = bank.ground.app.clock.now();
        let opened = bank.ground.app.store.run_tx("test", async |tx| account::open(tx, &wanted, now).await);
        opened.await.unwrap();
    }
    let mut path = format!("{PATH}/accounts?kind=partner&owner=org_");
    let mut owners = std::collections::BTreeSet::new();
    let mut pages = 0;
    loop {
        let page = bank.ground.page(&asha, &path).await;
        pages += 1;
        owners.extend(page.split("\">org_").skip(1).map(|it| it[..3].to_owned()));
        let Some(older) = page.split("\">Older</a>").next().filter(|it| it.len() < page.len()) else { break };
        path = older.rsplit("href=\"").next().unwrap().replace("&amp;", "&");
    }
    assert_eq!((owners.len(), pages), (60, 2));
    let read = bank.ground.page(&asha, &format!("{PATH}/payments.csv?mode=test")).await;
    assert_eq!(read.lines().count(), 2, "{read}");
    assert!(
        read.contains(&format!("{},", bank.payment.id))
            && read.contains(",99.00,9900,99.00,9900,100,captured,"),
        "{read}"
    );
}

#[tokio::test]
async fn a_long_statement_is_one_file_without_a_gap_and_one_that_is_too_long_is_refused() {
    let bank = Bank::open(&[]).await;
    let (asha, _) = bank.operator("asha@crease.example").await;
    let app = &bank.ground.app;
    let now = app.clock.now();
    let wanted = Wanted::new(Points::CODE, Kind::Market, "mkt_1", Bounds::NONE);
    let market = app.store.run_tx("test", async |tx| account::open(tx, &wanted, now).await).await.unwrap();
    let of = Move::new(Amount::<Points>::new(1).unwrap(), market, bank.points, Reason::Settle);
    let all = (0..1_200).map(|_| app.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))));
    for made in futures_util::future::join_all(all).await {
        made.unwrap();
    }
    let file = format!("{PATH}/accounts/{market}/statement.csv");
    let text = bank.ground.page(&asha, &file).await;
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows.len(), 1_200);
    for (row, version) in rows.iter().zip(1..) {
        assert!(
            row.starts_with(&format!("{version},")) && row.contains(&format!(",-{version},-{version},")),
            "{row}"
        );
    }
    // More lines than a file has, as they would stand after years.
    let long = "
        insert into wallet.entry (account, version, transfer, change, balance_after, made_at)
            select a.id, n, gen_random_uuid(), -1, -n, '2026-05-25' from wallet.account a, generate_series(1201, 100001) n
            where a.owner = 'mkt_1'";
    app.store.run_tx("test", async |tx| tx.batch(long).await).await.unwrap();
    let refused = bank.ground.see(&asha, &file).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("That is 100001 lines, and a file has 100000 at most: choose a shorter period."),
        "{page}"
    );
    let short = bank.ground.page(&asha, &format!("{file}?to=2026-05-24")).await;
    assert_eq!(short.lines().count(), 1_201, "a shorter period is given");
}
