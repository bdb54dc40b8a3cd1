//! Codes come in, and lie sealed.

use crate::here::{Here, ORG, OWNER, by, fan, terms};
use futures_util::future::join_all;
use rewards::Error;
use rewards::product::Codes;
use rewards::voucher::{Bad, BadLine, Figures, NotImported, Owner};
use wallet::Books;

#[tokio::test]
async fn an_import_is_whole_or_not_at_all() {
    let here = Here::new().await;
    let product = here.draft(&terms(Codes::Imported), Books::Live, Some(ORG)).await;
    let import = async |csv: &str, id: &str| {
        here.vouchers.import_codes(&OWNER, &product, csv.as_bytes(), id, &by()).await
    };
    let batch = import("code\nA-1\nA-2\r\n\"A-3\"\n", "bat_1").await.unwrap();
    assert_eq!((batch.codes, batch.issued_at.is_some()), (3, true));
    // The same again is the same; something else under its key is refused.
    assert_eq!(import("code\nA-1\nA-2\r\n\"A-3\"\n", "bat_1").await.unwrap().id, "bat_1");
    assert!(matches!(import("A-4", "bat_1").await, Err(Error::OtherRequest)));
    let lines = async |csv: &str| match import(csv, &store::ids::new("bat")).await {
        Err(Error::NotImported(NotImported::Lines { named, more: 0 })) => named,
        other => panic!("{other:?}"),
    };
    let known = |line| BadLine { line, why: Bad::Known };
    assert_eq!(lines("B-1\nA-3\nB-2\nA-1").await, [known(2), known(4)]);
    let bad = lines("B-1\nB-1\nC 1").await;
    assert_eq!(bad[0], BadLine { line: 2, why: Bad::Repeated { of: 1 } });
    assert_eq!(bad[1], BadLine { line: 3, why: Bad::NotACode });
    assert_eq!(here.figures(&product).await, Figures { made: 3, in_stock: 3, ..Figures::default() });
    // Two bring the same at once: one is taken in.
    let both = join_all(["bat_5", "bat_6"].map(|id| import("D-1\nD-2\nD-3", id))).await;
    assert_eq!(both.iter().filter(|it| it.is_ok()).count(), 1, "{both:?}");
    let refused = both.iter().find_map(|it| it.as_ref().err()).unwrap();
    assert_eq!(refused.to_string().matches("was imported before").count(), 3, "{refused}");
    assert_eq!(here.figures(&product).await.in_stock, 6);
    // Not into what has codes of our own, nor by others.
    let made = here.product(terms(Codes::Made), 0).await;
    let wrong = here.vouchers.import_codes(&OWNER, &made, b"E-1", "bat_7", &by()).await;
    assert!(matches!(wrong, Err(Error::OtherCodes { .. })), "{wrong:?}");
    let wrong = here.vouchers.make_codes(&OWNER, &product, 5, "bat_8", &by()).await;
    assert!(matches!(wrong, Err(Error::OtherCodes { .. })), "{wrong:?}");
    for owner in [
        Owner { organisation_id: Some("org_2"), ..OWNER },
        Owner { organisation_id: None, ..OWNER },
        Owner { books: Books::Test, ..OWNER },
    ] {
        let wrong = here.vouchers.import_codes(&owner, &product, b"E-1", "bat_9", &by()).await;
        assert!(matches!(wrong, Err(Error::UnknownProduct { .. })), "{wrong:?}");
    }
    for count in [0, 50_001] {
        let wrong = here.vouchers.make_codes(&OWNER, &made, count, "bat_10", &by()).await;
        assert!(matches!(wrong, Err(Error::Codes { max: 50_000 })), "{wrong:?}");
    }
    here.verify(&product).await;
}

#[tokio::test]
async fn many_codes_come_at_once() {
    let here = Here::new().await;
    let product = here.draft(&terms(Codes::Imported), Books::Live, Some(ORG)).await;
    let csv: String = (0..12_001).map(|it| format!("CODE-{it}\n")).collect();
    here.vouchers.import_codes(&OWNER, &product, csv.as_bytes(), "bat_1", &by()).await.unwrap();
    assert_eq!(
        here.figures(&product).await,
        Figures { made: 12_001, in_stock: 12_001, ..Figures::default() }
    );
    let again = here.vouchers.import_codes(&OWNER, &product, csv.as_bytes(), "bat_2", &by()).await;
    let Err(Error::NotImported(NotImported::Lines { named, more })) = again else { panic!("{again:?}") };
    assert_eq!((named.len(), named[0].line, more), (20, 1, 12_001 - 20));
}

/// Tables in which a text is, as it is or as bytes.
const SCAN: &str = "
    select string_agg(name, ' ') as tables from (
        select table_schema || '.' || table_name as name,
            query_to_xml(format('select t::text from %I.%I t', table_schema, table_name), true, false, '')::text as rows
        from information_schema.tables
        where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE') it
    where position($1 in rows) > 0 or position($2 in rows) > 0";

#[tokio::test]
async fn no_code_is_in_the_database_in_the_clear() {
    let here = Here::new().await;
    let product = here.draft(&terms(Codes::Imported), Books::Live, Some(ORG)).await;
    let made = here.product(terms(Codes::Made), 3).await;
    here.vouchers
        .import_codes(&OWNER, &product, b"VERY-SECRET-1\nVERY-SECRET-2", "bat_1", &by())
        .await
        .unwrap();
    here.fan(&fan("fan_1"), 100).await;
    let mut texts = vec!["VERY-SECRET-1".to_owned(), "VERY-SECRET-2".to_owned()];
    for product in [&product, &made] {
        here.buy(&fan("fan_1"), product, 1).await;
        let opened = here.vouchers.claim(&fan("fan_1"), product, &store::ids::new("vch")).await.unwrap();
        let code = opened.code.unwrap();
        texts.extend([code.shown(), code.reveal().to_owned()]);
    }
    let places = async |text: &str| -> String {
        let hex: String = text.bytes().map(|it| format!("{it:02x}")).collect();
        let read = here.store().read("test", async |db| db.query_one(SCAN, &[&text, &hex]).await);
        read.await.unwrap().get::<_, Option<String>>("tables").unwrap_or_default()
    };
    let found = places(&product).await;
    for table in ["access.audit", "rewards.code", "rewards.voucher", "wallet.account", "wallet.transfer"] {
        assert!(found.contains(table), "the search finds what is there: {found}");
    }
    for text in texts {
        assert_eq!(places(&text).await, "", "{text}");
    }
}
