//! Webhooks in the dashboard: what is pressed, and what keeps it from being done.

use crate::dashboard::Browser;
use crate::support::{Ground, location};
use partners::webhook::{self, Destination, Kind, Reach, Settings};
use partners::{Mode, Organisation};
use reqwest::StatusCode;

/// Somebody's webhook with one message that has failed.
struct Hook {
    browser: Browser,
    organisation: Organisation,
    id: String,
    message: String,
    path: String,
}

impl Hook {
    async fn of(ground: &Ground) -> Self {
        let (browser, organisation, _) = ground.partner("asha@example.com").await;
        let by = access::By::system("test", ground.app.clock.now());
        let made = ground.app.store.run_tx("test", async |tx| {
            let destination = Destination::parse("https://shop.example/hooks", Reach::Public)?;
            let settings = Settings { destination: &destination, kinds: &[Kind::Wicket], description: "" };
            let (made, _) =
                webhook::create(tx, &ground.app.seal, &organisation.id, Mode::Live, &settings, &by).await?;
            let message = webhook::test(tx, &organisation.id, &made.id, &by).await?;
            tx.execute("update partners.webhook_delivery set state = 'failed', next_at = null", &[]).await?;
            Ok::<_, webhook::Error>((made.id, message))
        });
        let (id, message) = made.await.unwrap();
        let path = format!("/console/o/{}/webhooks/{id}", organisation.id);
        Self { browser, organisation, id, message, path }
    }

    /// What became of its message.
    async fn state(&self, ground: &Ground) -> &'static str {
        let read = ground.app.store.read("test", async |db| {
            webhook::delivery(db, &self.organisation.id, &self.id, &self.message).await
        });
        read.await.unwrap().delivery.state.word()
    }
}

#[tokio::test]
async fn what_is_off_sends_nothing_and_the_page_says_why() {
    let ground = Ground::open().await;
    let mut hook = Hook::of(&ground).await;
    let path = hook.path.clone();
    let page = ground.page(&hook.browser, &path).await;
    assert!(page.contains("Send a test") && page.contains("Send all failed ones"));
    let off = ground.press(&mut hook.browser, &format!("{path}/disable"), &[]).await;
    assert_eq!(location(&off), format!("{path}?done=off"));
    let page = ground.page(&hook.browser, &path).await;
    assert!(!page.contains("Send a test") && !page.contains("Send all failed ones"), "{page}");
    let message = format!("{path}/messages/{}", hook.message);
    assert!(!ground.page(&hook.browser, &message).await.contains("Send it again"));

    // From pages that were open before.
    for pressed in [format!("{path}/test"), format!("{path}/replay"), format!("{message}/replay")] {
        let answer = ground.press(&mut hook.browser, &pressed, &[]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{pressed}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("The webhook is off. Switch it on first"), "{page}");
    }
    assert_eq!(hook.state(&ground).await, "failed");

    ground.press(&mut hook.browser, &format!("{path}/enable"), &[]).await;
    let again = ground.press(&mut hook.browser, &format!("{path}/replay"), &[]).await;
    assert_eq!(location(&again), format!("{path}?done=again"));
    assert_eq!(hook.state(&ground).await, "waiting");
}

#[tokio::test]
async fn a_secret_is_replaced_and_a_webhook_removed_only_by_who_says_that_it_is_meant() {
    let ground = Ground::open().await;
    let mut hook = Hook::of(&ground).await;
    let path = hook.path.clone();
    let stored = async || {
        let sql = "select w.sealed, w.earlier_sealed from partners.webhook w";
        let rows = ground.app.store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        rows.iter().map(|it| (it.get(0), it.get(1))).collect::<Vec<(Vec<u8>, Option<Vec<u8>>)>>()
    };
    let before = stored().await;
    for (pressed, field) in [("rotate", "sure_secret"), ("remove", "sure")] {
        let answer = ground.press(&mut hook.browser, &format!("{path}/{pressed}"), &[]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{pressed}");
        let page = answer.text().await.unwrap();
        assert!(page.contains(&format!("<a href=\"#{field}\">Tick the box")), "{page}");
        assert_eq!(page.matches(&format!("id=\"{field}\"")).count(), 1, "{page}");
        assert!(page.contains("https://shop.example/hooks"), "its settings stay filled in: {page}");
    }
    assert_eq!(stored().await, before);

    let rotated = ground.press(&mut hook.browser, &format!("{path}/rotate"), &[("sure_secret", "yes")]).await;
    assert_eq!(rotated.status(), StatusCode::OK);
    assert!(rotated.text().await.unwrap().contains("whsec_"));
    assert_eq!(stored().await[0].1.as_ref(), Some(&before[0].0), "the one before still signs");
    let removed = ground.press(&mut hook.browser, &format!("{path}/remove"), &[("sure", "yes")]).await;
    assert_eq!(location(&removed), format!("/console/o/{}/webhooks?done=removed", hook.organisation.id));
    assert_eq!(stored().await, []);
}
