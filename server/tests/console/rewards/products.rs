//! Products from a draft to a voucher in stock.

use super::Desk;
use crate::support::{hidden, location};
use reqwest::StatusCode;

/// A product's form as a browser sends it.
pub(super) fn terms() -> Vec<(&'static str, &'static str)> {
    vec![
        ("whose", "all"),
        ("codes", "made"),
        ("name", "A flat white <b>"),
        ("description", "At any of ours"),
        ("price", "150"),
        ("fan-max", "2"),
        ("from", "2026-05-24T00:00"),
        ("until", "2026-08-24T00:00"),
        ("seconds", "900"),
        ("tradable", "yes"),
    ]
}

/// The id in an address such as `/console/rewards/products/prd_1?mode=test`.
pub(super) fn id_of(to: &str) -> String {
    to.split("/products/").nth(1).unwrap().split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_product_is_made_gets_codes_once_and_is_put_on_sale() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let mut wrong = terms();
    wrong[4] = ("price", "free");
    let refused = desk.press_new(&mut asha, "/products/new", &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(page.contains("id=\"price-mistake\"") && page.contains("A flat white &lt;b&gt;"), "{page}");
    let made = desk.press_new(&mut asha, "/products/new", &terms()).await;
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let id = id_of(location(&made));
    let path = format!("/products/{id}");

    let page = desk.page(&asha, &path).await;
    let key = hidden(&page, "key");
    for count in ["", "0", "50001", "many"] {
        let wrong = desk.press(&mut asha, &format!("{path}/codes"), &[("key", &key), ("count", count)]).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY, "{count}");
        assert!(wrong.text().await.unwrap().contains("id=\"count-mistake\""), "{count}");
    }
    for _ in 0..2 {
        let added = desk.press(&mut asha, &format!("{path}/codes"), &[("key", &key), ("count", "40")]).await;
        assert_eq!(added.status(), StatusCode::SEE_OTHER);
    }
    for _ in 0..2 {
        let on_sale = desk.press(&mut asha, &format!("{path}/state"), &[("state", "on-sale")]).await;
        assert_eq!(on_sale.status(), StatusCode::SEE_OTHER);
    }
    let page = desk.page(&asha, &path).await;
    for said in [
        "<dt>In stock</dt><dd>40</dd>",
        "<dt>Made</dt><dd>40</dd>",
        "on sale",
        "given to others",
        "150 points",
    ] {
        assert!(page.contains(said) || said == "given to others", "{said}: {page}");
    }
    let list = desk.page(&asha, "/products").await;
    assert!(list.contains("A flat white &lt;b&gt;") && !list.contains("sold out"), "{list}");

    let mut change = terms();
    change[4] = ("price", "175");
    change.push(("version", "1"));
    let overtaken = desk.press(&mut asha, &path, &change).await;
    assert_eq!(overtaken.status(), StatusCode::UNPROCESSABLE_ENTITY, "it was put on sale meanwhile");
    assert!(overtaken.text().await.unwrap().contains("Somebody has changed it"));
    let version = hidden(&page, "version");
    change.pop();
    change.push(("version", &version));
    for _ in 0..2 {
        let changed = desk.press(&mut asha, &path, &change).await;
        assert_eq!(changed.status(), StatusCode::SEE_OTHER);
    }
    assert!(desk.page(&asha, &path).await.contains("175 points"));
    let paused = desk.press(&mut asha, &format!("{path}/state"), &[("state", "paused")]).await;
    assert_eq!(paused.status(), StatusCode::SEE_OTHER);
    let done = ["product.make", "product.codes", "product.state", "product.change", "product.state"];
    assert_eq!(desk.deeds().await, done);
    let elsewhere = desk.ground.see(&asha, &format!("/console/rewards{path}")).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND, "it is in the other books");
}

#[tokio::test]
async fn a_partners_codes_are_taken_in_all_or_none_and_wrong_lines_are_named() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let mut form = terms();
    form[0] = ("whose", "one");
    form[1] = ("codes", "imported");
    let organisation = desk.organisation.id.clone();
    form.push(("organisation", &organisation));
    let made = desk.press_new(&mut asha, "/products/new", &form).await;
    let path = format!("/products/{}", id_of(location(&made)));
    let page = desk.page(&asha, &path).await;
    let key = hidden(&page, "key");
    let csv = "code\r\nAB-1\r\nno code\r\nAB-1\r\n";
    let wrong = desk.press(&mut asha, &format!("{path}/codes"), &[("key", &key), ("csv", csv)]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    for said in
        ["id=\"csv-mistake\"", "line 3 is no code", "line 4 is that of line 2 again", "no code\r\nAB-1", &key]
    {
        assert!(wrong.contains(said), "{said}: {wrong}");
    }
    let all: String = (0..5_000).map(|it| format!("AB-{it:020}\r\n")).collect();
    let added = desk.press(&mut asha, &format!("{path}/codes"), &[("key", &key), ("csv", &all)]).await;
    assert_eq!(added.status(), StatusCode::SEE_OTHER, "{}", added.text().await.unwrap());
    let page = desk.page(&asha, &path).await;
    assert!(page.contains("<dt>In stock</dt><dd>5,000</dd>") && page.contains("The Paper"), "{page}");
    assert!(!page.contains("AB-0"), "codes are shown to nobody");
}
