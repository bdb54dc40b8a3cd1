//! The number of those who watch now, on the overview: it follows them, and who may see it no more sees it no more.

use crate::dashboard::Browser;
use crate::support::Ground;
use partners::{Mode, NewKey, Organisation, Scope, Scopes, key, member};
use reqwest::{Response, StatusCode};
use std::time::Duration;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The events of an open page, as they come.
struct Page {
    response: Response,
    read: String,
}

impl Page {
    async fn open(ground: &Ground, browser: &Browser, organisation: &Organisation) -> Self {
        let response = ground.see(browser, &format!("/console/o/{}/watching", organisation.id)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next number; none when the stream has ended.
    async fn number(&mut self) -> Option<u64> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let number = event.lines().find_map(|it| it.strip_prefix("data: ")).map(str::to_owned);
                self.read = rest.to_owned();
                match number {
                    Some(number) => return Some(number.parse().expect("a number")),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("news in time");
            self.read.push_str(std::str::from_utf8(&chunk.expect("a stream that ends well")?).expect("text"));
        }
    }

    async fn until(&mut self, expected: u64) {
        while self.number().await.expect("a stream that goes on") != expected {}
    }
}

#[tokio::test]
async fn the_number_moves_as_streams_open_and_close() {
    let ground = Ground::open().await;
    let (browser, organisation, user) = ground.partner("asha@paper.example").await;
    let (stranger, theirs, _) = ground.partner("eve@other.example").await;
    let sandbox = server::feed::sandbox::ensure(&ground.app.feed).await.unwrap();
    let by = access::By::system(&user, ground.app.clock.now());
    let new = NewKey::secret(Mode::Live, "Robot", Scopes::of(&[Scope::Read]));
    let issued =
        ground.app.store.run_tx("test", async |tx| key::issue(tx, &organisation.id, &new, &by).await).await;
    let issued = issued.unwrap();
    ground.app.keys.insert(&issued.record);
    let mut page = Page::open(&ground, &browser, &organisation).await;
    let mut others = Page::open(&ground, &stranger, &theirs).await;
    page.until(0).await;
    let door = ground.door().await;
    let watch = async || {
        let url = format!("{door}/v1/matches/{sandbox}/stream");
        let stream = ground.client.get(url).bearer_auth(issued.key.reveal()).send().await.unwrap();
        assert_eq!(stream.status(), StatusCode::OK);
        stream
    };
    let (first, second) = (watch().await, watch().await);
    page.until(2).await;
    drop(first);
    page.until(1).await;
    drop(second);
    page.until(0).await;
    assert_eq!(others.number().await, Some(0));
}

#[tokio::test]
async fn who_is_no_member_or_not_signed_in_any_more_is_told_no_further_number() {
    let ground = Ground::open().await;
    let (browser, organisation, _) = ground.partner("asha@paper.example").await;
    let (removed, others, removed_user) = ground.partner("ravi@paper.example").await;
    let (mut signed_out, theirs, _) = ground.partner("eve@other.example").await;
    let mut pages = [
        Page::open(&ground, &browser, &organisation).await,
        Page::open(&ground, &removed, &others).await,
        Page::open(&ground, &signed_out, &theirs).await,
    ];
    for page in &mut pages {
        assert_eq!(page.number().await, Some(0));
    }
    let by = access::By::system("test", ground.app.clock.now());
    let taken_out = ground.app.store.run_tx("test", async |tx| {
        member::add(tx, &others.id, &owner_beside(tx).await?, partners::Role::Owner, &by).await?;
        member::remove(tx, &others.id, &removed_user, partners::Role::Owner, &by).await
    });
    taken_out.await.unwrap();
    let out = ground.press(&mut signed_out, "/console/sign-out", &[]).await;
    assert_eq!(out.status(), StatusCode::SEE_OTHER);
    ground.app.clock.advance(Duration::from_secs(60));
    let [still, gone @ ..] = &mut pages;
    for page in gone {
        let ends = async { while page.number().await.is_some() {} };
        tokio::time::timeout(PATIENCE, ends).await.expect("the page's stream ends");
    }
    // Whatever was on the way before the clock moved has been read when those have ended.
    assert!(still.number().await.is_some() && still.number().await.is_some());
}

/// Somebody else, since an organisation keeps an owner.
async fn owner_beside(tx: &store::Transaction<'_>) -> Result<String, partners::Error> {
    let email = access::Email::parse("owner@paper.example").expect("an address");
    let at = "2026-05-24T10:00:00Z".parse().expect("a moment");
    Ok(access::user::create(tx, &email, "Owner", "none", at).await?.id)
}
