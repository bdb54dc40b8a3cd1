//! The code to paste: a key that was just made stays in it, without a script, and nobody else's comes into it.

use crate::dashboard::{Browser, From, location};
use crate::support::{Ground, fields};
use access::By;
use partners::{Mode, NewKey, Origins, Scope, Scopes, key};
use reqwest::StatusCode;

/// A key of an organisation: its text.
async fn issued(ground: &Ground, organisation_id: &str, new: &NewKey<'_>) -> String {
    let by = By::system("test", ground.app.clock.now());
    let made = ground.app.store.run_tx("test", async |tx| key::issue(tx, organisation_id, new, &by).await);
    let made = made.await.unwrap();
    ground.app.keys.insert(&made.record);
    made.key.reveal().to_owned()
}

fn attribute<'a>(page: &'a str, before: &str) -> &'a str {
    page.split_once(before)
        .unwrap_or_else(|| panic!("{before} is missing in {page}"))
        .1
        .split('"')
        .next()
        .unwrap()
}

#[tokio::test]
async fn a_new_key_stays_in_the_code_and_is_in_no_address() {
    let ground = Ground::open().await;
    let (mut browser, organisation, _) = ground.partner("owner@example.com").await;
    let path = format!("/console/o/{}", organisation.id);
    let started =
        ground.press(&mut browser, &format!("{path}/start"), &[("origin", "https://paper.example")]).await;
    let mut page = started.text().await.unwrap();
    let key = page.split_once("data-key=&quot;").unwrap().1[..48].to_owned();
    for view in ["full", "compact"] {
        assert!(page.contains(r#"<form class="stack boxed" id="look" method="post""#), "{page}");
        let sent = [("key", attribute(&page, "name=\"key\" value=\"")), ("view", view), ("lang", "hi")];
        assert_eq!(sent[0].1, key);
        let answer = ground.press(&mut browser, &format!("{path}/embed"), &sent).await;
        assert_eq!(answer.status(), StatusCode::OK);
        page = answer.text().await.unwrap();
        let code = format!("data-key=&quot;{key}&quot;");
        assert!(
            page.contains(&code) && page.contains(&format!("view=&quot;{view}&quot; lang=&quot;hi&quot;")),
            "{page}"
        );
        let preview = attribute(&page, "src=\"/console/preview?");
        assert!(
            !preview.contains("key") && !preview.contains("csrf") && preview.contains("lang=hi"),
            "{preview}"
        );
    }
    // Later it is gone, and the page says so.
    let later = ground.page(&browser, &format!("{path}/embed")).await;
    assert!(!later.contains(&key) && later.contains("Write your own key where"), "{later}");
    assert!(later.contains(r#"id="look" method="get""#), "{later}");
}

#[tokio::test]
async fn only_an_own_key_for_pages_that_works_comes_into_the_code() {
    let ground = Ground::open().await;
    let (mut browser, organisation, _) = ground.partner("owner@example.com").await;
    let (_, other, _) = ground.partner("other@example.com").await;
    let pages = NewKey::publishable(Mode::Live, "Pages", Origins::These(&["https://paper.example"]));
    let own = issued(&ground, &organisation.id, &pages).await;
    let secret =
        issued(&ground, &organisation.id, &NewKey::secret(Mode::Live, "Robot", Scopes::of(&[Scope::Read])))
            .await;
    let foreign = issued(&ground, &other.id, &pages).await;
    let path = format!("/console/o/{}/embed", organisation.id);
    let shown = ground.press(&mut browser, &path, &[("key", &own)]).await.text().await.unwrap();
    assert!(shown.contains(&own));
    for key in [&secret, &foreign, "crs_pk_live_nonsense", "\"><script>", ""] {
        let answer = ground.press(&mut browser, &path, &[("key", key), ("view", "full")]).await;
        assert_eq!(
            (answer.status(), location(&answer)),
            (StatusCode::SEE_OTHER, &*format!("{path}?view=full")),
            "{key}"
        );
    }
    // From a page of ours alone, by a member alone.
    let csrf = ground.csrf(&browser).await;
    for (browser, from, csrf, expected) in [
        (&browser, From::Elsewhere, csrf.as_str(), StatusCode::FORBIDDEN),
        (&browser, From::OurPage, "", StatusCode::FORBIDDEN),
        (&Browser::default(), From::OurPage, csrf.as_str(), StatusCode::SEE_OTHER),
    ] {
        let form = fields(&[("key", own.as_str()), ("csrf", csrf)]);
        let answer = ground.send(browser, &path, &form, from).await;
        assert_eq!(answer.status(), expected);
        assert!(!answer.text().await.unwrap().contains(&own));
    }
    let (mut stranger, ..) = ground.partner("stranger@example.com").await;
    let answer = ground.press(&mut stranger, &path, &[("key", &own)]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
