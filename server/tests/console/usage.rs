//! What partners see of their fans, and of where their keys were refused; and what they let a key do.

use crate::dashboard::From;
use crate::support::{Ground, fields};
use access::By;
use partners::usage::{Sent, Tried};
use partners::{Mode, Need, NewKey, Origins, Overlap, PartnerKey, key, site};
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use std::time::Duration;

/// A stream of a match with a key of an organisation's site, and twelve refusals of it elsewhere; answers the site's id, and the key.
async fn used(ground: &Ground, organisation_id: &str) -> (String, PartnerKey) {
    let by = By::system("test", ground.app.clock.now());
    let made = ground.app.store.run_tx("test", async |tx| {
        let site = site::create(tx, organisation_id, "=Shop", &["https://www.shop.example"], &by).await?;
        let new = NewKey::publishable(Mode::Live, "Pages", Origins::OfSite(&site.id));
        Ok::<_, partners::Error>((key::issue(tx, organisation_id, &new, &by).await?, site.id))
    });
    let (issued, site_id) = made.await.unwrap();
    ground.app.keys.insert(&issued.record);
    let key = ground.app.keys.check(Some(issued.key.reveal()), None, Need::Read).unwrap();
    let (counters, sent) = (&ground.app.metering.counters, Sent::default());
    let stream = counters.open(&key, "mat_1", Some(*b"IN"), &sent);
    counters.origin(&key, "https://www.shop.example");
    counters.origin(&key, "");
    for _ in 0..12 {
        let tried = Tried { origin: Some("https://shop.example"), match_id: Some("mat_1") };
        counters.refusal("origin_refused", Some((&key).into()), tried);
    }
    ground.app.clock.advance(Duration::from_secs(90));
    sent.add();
    drop(stream);
    counters.flush(&ground.app.store).await.unwrap();
    (site_id, key)
}

#[tokio::test]
async fn a_partner_sees_what_its_fans_did_and_takes_it_along() {
    let ground = Ground::open().await;
    let (browser, organisation, _) = ground.partner("asha@paper.example").await;
    let (stranger, theirs, _) = ground.partner("eve@other.example").await;
    let base = format!("/console/o/{}", organisation.id);
    assert!(
        ground.page(&browser, &format!("{base}/usage")).await.contains("Nothing was counted in that time")
    );
    let (site_id, key) = used(&ground, &organisation.id).await;
    let page = ground.page(&browser, &format!("{base}/usage")).await;
    for part in ["<dd>1</dd>", "🇮🇳 India", "=Shop", "mat_1", "On a page that is not yours"] {
        assert!(page.contains(part), "{part}");
    }
    let by_hour = ground.page(&browser, &format!("{base}/usage?period=24h&show=minutes&of=live")).await;
    assert!(by_hour.contains("Minutes watched, by the hour"));
    for part in ["live", "mat_1", &site_id, key.key_id()] {
        let page = ground.page(&browser, &format!("{base}/usage?of={part}")).await;
        assert!(page.contains("🇮🇳 India") && page.contains("On a page that is not yours"), "{part}");
    }
    let of_site = ground.page(&browser, &format!("{base}/sites/{site_id}")).await;
    for part in ["Refusals within a week", "On a page that is not yours", "https://shop.example", "Allow it"]
    {
        assert!(of_site.contains(part), "{part}");
    }
    let of_tests = ground.page(&browser, &format!("{base}/usage?of=test")).await;
    assert!(of_tests.contains("<dd>0</dd>") && !of_tests.contains("<dd>1</dd>"));
    assert!(!of_tests.contains("🇮🇳") && !of_tests.contains("On a page that is not yours"));
    for (query, text) in [
        ("period=custom&from=2026-05-24&until=2026-05-24", "Fans who tuned in, by the hour"),
        ("period=last-month", "Fans who tuned in, by the day"),
        ("of=sit_gone", "sit_gone (removed)"),
    ] {
        let page = ground.page(&browser, &format!("{base}/usage?{query}")).await;
        assert!(page.contains(text), "{query}");
    }
    for (query, text) in [
        ("period=custom&from=2026-05-25&until=2026-05-24", "The first day is after the last one"),
        ("period=custom&from=yesterday&until=", "Say both days"),
        ("period=custom&from=1066-10-14&until=2026-05-24", "Two years at most"),
        ("period=%3Cscript%3E&of=%27%3Bdrop&show=x", "There is no such period"),
        ("of=%27%3Bdrop", "That is no site, key or match"),
        ("show=x", "There is no such chart"),
    ] {
        let page = ground.see(&browser, &format!("{base}/usage?{query}")).await;
        assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let page = page.text().await.unwrap();
        assert!(page.contains(text) && !page.contains("<script>"), "{query}");
        let csv = ground.see(&browser, &format!("{base}/usage.csv?{query}")).await;
        assert!(csv.status().is_client_error(), "{query}");
    }
    let csv = ground.see(&browser, &format!("{base}/usage.csv?period=7d")).await;
    let header = |name: &str| csv.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"crease-usage-2026-05-18-2026-05-24.csv\""
    );
    let csv = csv.text().await.unwrap();
    let [_, row] = csv.lines().collect::<Vec<_>>()[..] else { panic!("{csv}") };
    assert!(row.contains(",'=Shop,") && row.ends_with(",mat_1,0,1,90,1,1,live"), "{row}");
    for (what, row) in
        [("countries", ",mat_1,IN,1,live"), ("refusals", ",mat_1,origin_refused,https://shop.example,12,")]
    {
        let link = format!("{base}/usage.csv?period=7d&what={what}");
        let csv = ground.see(&browser, &link).await;
        let name = csv.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(name, format!("attachment; filename=\"crease-{what}-2026-05-18-2026-05-24.csv\""));
        assert!(csv.text().await.unwrap().contains(row), "{what}");
        assert!(page.contains(&format!("&amp;what={what}\"")), "{what}");
    }
    let wrong = ground.see(&browser, &format!("{base}/usage.csv?what=all")).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().await.unwrap().contains("There is no such file"));
    for path in ["/usage", "/usage.csv"] {
        assert_eq!(ground.see(&stranger, &format!("{base}{path}")).await.status(), StatusCode::NOT_FOUND);
    }
    let other = ground.page(&stranger, &format!("/console/o/{}/usage?of=mat_1", theirs.id)).await;
    assert!(!other.contains("<dd>1</dd>"), "the figures of others are others'");
}

#[tokio::test]
async fn an_origin_on_which_a_key_was_refused_is_allowed_by_a_button_once_and_by_those_who_may() {
    let ground = Ground::open().await;
    let (mut browser, organisation, _) = ground.partner("asha@paper.example").await;
    let (site_id, _) = used(&ground, &organisation.id).await;
    let base = format!("/console/o/{}", organisation.id);
    let path = format!("{base}/sites/{site_id}/allow");
    assert!(ground.page(&browser, &base).await.contains("12 requests were refused"));
    assert!(ground.page(&browser, &format!("{base}/sites")).await.contains("12 refusals"));
    let (mut stranger, _, _) = ground.partner("eve@other.example").await;
    let form = [("origin", "https://shop.example")];
    assert_eq!(ground.press(&mut stranger, &path, &form).await.status(), StatusCode::NOT_FOUND);
    let sent = fields(&[("origin", "https://shop.example"), ("csrf", &ground.csrf(&browser).await)]);
    let elsewhere = ground.send(&browser, &path, &sent, From::Elsewhere).await;
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    let allowed = ground.press(&mut browser, &path, &form).await;
    assert_eq!(allowed.headers()[LOCATION].to_str().unwrap(), format!("{base}/sites?done=allowed"));
    let page = ground.page(&browser, &format!("{base}/sites")).await;
    assert!(page.contains("https://shop.example") && !page.contains("12 refusals"));
    assert!(!ground.page(&browser, &base).await.contains("were refused"));
    let log = ground.page(&browser, &format!("{base}/audit?about=site.change")).await;
    assert!(log.contains("https://shop.example") && log.contains("Asha Rao"));
    for wrong in ["javascript:alert(1)", "http://localhost:3000", "https://*"] {
        let refused = ground.press(&mut browser, &path, &[("origin", wrong)]).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(
            refused.text().await.unwrap().contains(wrong),
            "it stands in the form with what is wrong with it"
        );
    }
    assert!(!ground.page(&browser, &format!("{base}/sites")).await.contains("javascript"));
}

#[tokio::test]
async fn a_key_that_was_replaced_says_which_pages_still_use_it() {
    let ground = Ground::open().await;
    let (browser, organisation, _) = ground.partner("asha@paper.example").await;
    let (_, old) = used(&ground, &organisation.id).await;
    let path = format!("/console/o/{}/keys/{}", organisation.id, old.key_id());
    let page = ground.page(&browser, &path).await;
    assert!(page.contains("Where it is used") && page.contains("https://www.shop.example"));
    let (_, revoke) = page.split_once("Revoke it").unwrap();
    for part in ["It is in use.", "https://www.shop.example", "no origin: apps, frames, servers"] {
        assert!(revoke.contains(part), "{part}");
    }
    ground.app.clock.advance(Duration::from_secs(60));
    let by = By::system("test", ground.app.clock.now());
    let rotated = ground
        .app
        .store
        .run_tx("test", async |tx| key::rotate(tx, &organisation.id, old.key_id(), Overlap::Day, &by).await);
    rotated.await.unwrap();
    assert!(ground.page(&browser, &path).await.contains("None that we have seen"), "it was used before");
    ground.app.metering.counters.origin(&old, "https://www.shop.example");
    ground.app.clock.advance(Duration::from_secs(60));
    ground.app.metering.counters.flush(&ground.app.store).await.unwrap();
    let page = ground.page(&browser, &path).await;
    assert!(page.contains("Pages that still use the old key") && page.contains("https://www.shop.example"));
}

#[tokio::test]
async fn a_key_is_given_less_than_its_plan_and_never_more() {
    let ground = Ground::open().await;
    let (mut browser, organisation, _) = ground.partner("asha@paper.example").await;
    let (_, key) = used(&ground, &organisation.id).await;
    let page = format!("/console/o/{}/keys/{}", organisation.id, key.key_id());
    let path = format!("{page}/limits");
    let saved = ground
        .press(&mut browser, &path, &[("per_minute", "6,000"), ("burst", "100"), ("streams", "50")])
        .await;
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
    let html = ground.page(&browser, &page).await;
    assert!(html.contains("value=\"6000\"") && html.contains("value=\"50\""));
    ground.app.metering.plans.load(&ground.app.store).await.unwrap();
    assert_eq!(ground.app.metering.plans.rate_of(&key).per_minute(), 6_000);
    for (form, text) in [
        ([("per_minute", "many"), ("burst", "1"), ("streams", "")], "Say a whole number."),
        ([("per_minute", "600"), ("burst", ""), ("streams", "")], "Say how many may come at once, too."),
        ([("per_minute", "600001"), ("burst", "1"), ("streams", "")], "600000"),
        ([("per_minute", "600000"), ("burst", "60000"), ("streams", "")], "50000"),
    ] {
        let refused = ground.press(&mut browser, &path, &form).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
        let html = refused.text().await.unwrap();
        assert!(html.contains(text) && html.contains(&format!("value=\"{}\"", form[0].1)), "{form:?}");
    }
    let gone = ground.press(&mut browser, &path, &[("per_minute", ""), ("burst", ""), ("streams", "")]).await;
    assert_eq!(gone.status(), StatusCode::SEE_OTHER);
    ground.app.metering.plans.load(&ground.app.store).await.unwrap();
    assert_eq!(ground.app.metering.plans.rate_of(&key).per_minute(), 600_000);
}
