//! A market from its product to its end, as operators see and steer it.

use super::Desk;
use crate::support::location;
use jiff::SignedDuration;
use reqwest::StatusCode;
use rewards::exchange::figures;
use rewards::product::{self, Between, Codes, Terms};
use wallet::Books;

impl Desk {
    async fn product(&self, between: Between) -> String {
        let now = self.now();
        let terms = Terms {
            name: "A shirt <b>".to_owned(),
            description: String::new(),
            price: None,
            fan_max: None,
            fan_day_max: None,
            valid_from: now,
            valid_until: now + SignedDuration::from_hours(24),
            claim_seconds: None,
            between,
            codes: Codes::Made,
        };
        let made = self
            .ground
            .app
            .store
            .run_tx("test", async |tx| product::make(tx, Books::Test, None, &terms, now).await);
        made.await.unwrap()
    }
}

#[tokio::test]
async fn a_market_is_made_once_of_a_product_that_may_be_traded() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    assert!(desk.page(&asha, "/markets/new").await.contains("No product can have one."));
    let kept = desk.product(Between { transferable: true, tradable: false }).await;
    let traded = desk.product(Between { transferable: false, tradable: true }).await;
    let page = desk.page(&asha, "/markets/new").await;
    assert!(page.contains(&traded) && !page.contains(&kept) && page.contains("A shirt &lt;b&gt;"), "{page}");
    let form = |product: &'static str, low: &'static str| {
        let rules = [("high", "10000"), ("tick", "1"), ("lot", "1"), ("quantity-max", "100")];
        let fans = [("fan-orders-max", "50"), ("fan-minute-max", "30"), ("collar", "")];
        [&[("product", product), ("low", low)][..], &rules, &fans].concat()
    };
    let traded: &'static str = Box::leak(traded.into_boxed_str());
    let kept: &'static str = Box::leak(kept.into_boxed_str());
    for (form, wrong) in
        [(form(kept, "1"), "product"), (form(traded, "free"), "low"), (form(traded, "20000"), "high")]
    {
        let refused = desk.press(&mut asha, "/markets/new", &form).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.text().await.unwrap().contains(&format!("id=\"{wrong}-mistake\"")), "{wrong}");
    }
    let made = desk.press(&mut asha, "/markets/new", &form(traded, "1")).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let again = desk.press(&mut asha, "/markets/new", &form(traded, "1")).await;
    assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY, "it has one");
    let found = desk.ground.app.store.read("test", async |db| figures::all(db, desk.now()).await);
    assert_eq!(found.await.unwrap().len(), 1);
    let id = location(&made).split("/markets/").nth(1).unwrap().split('?').next().unwrap().to_owned();

    // Nobody writes it: it is seen, and nothing is done; what was asked for is in the log.
    let list = desk.page(&asha, "/markets").await;
    assert!(list.contains("A shirt &lt;b&gt;") && list.contains("nobody writes it"), "{list}");
    let page = desk.page(&asha, &format!("/markets/{id}")).await;
    assert!(page.contains("does not answer") && page.contains("Nothing was traded yet."), "{page}");
    let path = format!("/markets/{id}");
    for (act, form, wrong) in [("halt", &[][..], "halt-why"), ("close", &[("close-why", "x")][..], "sure")] {
        let refused = desk.press(&mut asha, &format!("{path}/{act}"), form).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{act}");
        assert!(refused.text().await.unwrap().contains(&format!("id=\"{wrong}-mistake\"")), "{act}");
    }
    // It is open, so that no field of reopening is there.
    let form = [("reopen-why", "x"), ("reference", "0")];
    let refused = desk.press(&mut asha, &format!("{path}/reopen"), &form).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("Enter a whole number from 1 to 10000."));
    let away = desk.press(&mut asha, &format!("{path}/halt"), &[("halt-why", "Rain")]).await;
    assert_eq!(away.status(), StatusCode::CONFLICT);
    assert!(away.text().await.unwrap().contains("Nobody writes this market at the moment"));
    assert_eq!(desk.deeds().await, ["market.make", "market.halt", "market.not-done"]);
    let elsewhere = desk.ground.see(&asha, &format!("/console/rewards{path}")).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND, "it is in the other books");
}
