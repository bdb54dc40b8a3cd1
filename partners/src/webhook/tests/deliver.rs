//! What is dialled, and what is made of each answer.

use super::receiver::Reply;
use super::{Here, Receiver};
use crate::Mode;
use crate::webhook::busy::AT_ONCE_MAX;
use crate::webhook::{self, Attempt, Disabled, Outcome, Reach, State};
use jobs::testing::{End, drain};
use std::time::Duration;

impl Here {
    /// What came of a first try to deliver to this address.
    async fn attempt_at(&self, url: &str, reach: Reach) -> Attempt {
        let (endpoint, _) = self.endpoint_of(&self.organisation_id, Mode::Live, url).await;
        self.send(&store::ids::new("test")).await;
        let ran = drain(&self.worker_of(self.courier(reach))).await.expect("the queue is worked off");
        assert!(ran.iter().all(|it| it.end == End::Done), "{ran:?}");
        let story = self.story(&endpoint.id, &self.last(&endpoint.id).await).await;
        assert_eq!(story.delivery.state, State::Waiting);
        self.sql("delete from partners.webhook").await;
        story.attempts[0].clone()
    }
}

#[tokio::test]
async fn only_the_public_internet_is_dialled() {
    let here = Here::new().await;
    let port = here.receiver.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "127.1"] {
        let attempt = here.attempt_at(&format!("http://{host}:{port}/"), Reach::Public).await;
        assert_eq!((attempt.outcome, attempt.status), (Outcome::Forbidden, None), "{host}");
    }
    assert!(here.receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_resolves_to() {
    use reqwest::dns::Resolve;
    let name = || "localhost".parse().unwrap();
    let within = webhook::post::Checked(Reach::Loopback).resolve(name()).await.ok().unwrap();
    assert!(within.into_iter().all(|it| it.ip().is_loopback()));
    let refused = webhook::post::Checked(Reach::Public).resolve(name()).await.err().unwrap();
    assert_eq!(refused.to_string(), "the name has no address of the public internet");
    // Past the check of the text, it is the resolver that refuses.
    let here = Here::new().await;
    let sender = webhook::post::client(Reach::Public).https_only(false).build().unwrap();
    let url = format!("http://localhost:{}/", here.receiver.port());
    let error = sender.post(url).send().await.unwrap_err();
    assert_eq!(webhook::post::outcome(&error), Outcome::Forbidden);
    // A part of a name has 63 characters at most, so that nobody need be asked.
    let nowhere = format!("http://{}.example/", "x".repeat(64));
    let error = sender.post(nowhere).send().await.unwrap_err();
    assert_eq!(webhook::post::outcome(&error), Outcome::Unresolved);
    assert!(here.receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_is_resolved_and_the_port_is_the_urls() {
    let here = Here::new().await;
    let url = format!("http://localhost:{}/hooks", here.receiver.port());
    here.endpoint_of(&here.organisation_id, Mode::Live, &url).await;
    here.send("1").await;
    assert_eq!(here.deliver_one().await, End::Done);
    assert_eq!(here.receiver.only().header("host"), format!("localhost:{}", here.receiver.port()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let here = Here::new().await;
    let target = Receiver::new().await;
    for status in [301, 302, 303, 307, 308] {
        let head =
            format!("HTTP/1.1 {status} Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", target.url());
        here.receiver.replies(Reply::Text(head));
        let attempt = here.attempt_at(&here.receiver.url(), Reach::Loopback).await;
        assert_eq!((attempt.outcome, attempt.status), (Outcome::Redirected, Some(status)));
    }
    assert!(target.received().is_empty());
}

#[tokio::test]
async fn each_way_to_fail_is_told_from_the_others() {
    let here = Here::new().await;
    let url = here.receiver.url();
    for (reply, expected, status) in [
        (Reply::status(500, "oh"), Outcome::Refused, Some(500)),
        (Reply::status(404, ""), Outcome::Refused, Some(404)),
        (Reply::Close, Outcome::Broken, None),
        (Reply::Text("SSH-2.0-OpenSSH_9.2\r\n".to_owned()), Outcome::Broken, None),
    ] {
        here.receiver.replies(reply.clone());
        let attempt = here.attempt_at(&url, Reach::Loopback).await;
        assert_eq!((attempt.outcome, attempt.status), (expected, status), "{reply:?}");
        assert_eq!(attempt.reason.is_empty(), status.is_some(), "{attempt:?}");
    }
    let closed = format!("http://127.0.0.1:{}/", closed_port().await);
    let attempt = here.attempt_at(&closed, Reach::Loopback).await;
    assert_eq!(attempt.outcome, Outcome::Unreachable, "{attempt:?}");
    let plain = here.receiver.url().replace("http://", "https://");
    let attempt = here.attempt_at(&plain, Reach::Loopback).await;
    assert_eq!(attempt.outcome, Outcome::Unreachable, "no TLS is spoken there: {attempt:?}");
}

/// A port on which nobody listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_not_waited_for() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::Silence);
    here.send("1").await;
    let courier = here.courier(Reach::Loopback).patience(Duration::from_millis(50));
    drain(&here.worker_of(courier.clone())).await.unwrap();
    let story = here.story(&endpoint.id, &here.last(&endpoint.id).await).await;
    assert_eq!((story.delivery.state, story.attempts[0].outcome), (State::Waiting, Outcome::TimedOut));
    // A status decides, though the body never ends.
    here.receiver.replies(Reply::Text("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nthan".to_owned()));
    here.send("2").await;
    drain(&here.worker_of(courier.patience(Duration::from_secs(2)))).await.unwrap();
    let story = here.story(&endpoint.id, &here.last(&endpoint.id).await).await;
    assert_eq!((story.delivery.state, story.attempts[0].response.as_str()), (State::Delivered, "than"));
}

#[tokio::test]
async fn of_an_answer_the_first_two_kilobytes_are_kept_whatever_they_are() {
    let here = Here::new().await;
    let url = here.receiver.url();
    for (body, expected) in [
        ("x".repeat(100_000), "x".repeat(2048)),
        ("a\0b".to_owned(), "a\u{fffd}b".to_owned()),
        ("विकेट".to_owned(), "विकेट".to_owned()),
    ] {
        here.receiver.replies(Reply::status(500, &body));
        let attempt = here.attempt_at(&url, Reach::Loopback).await;
        assert_eq!(attempt.response, expected);
    }
    // Endless, and no text.
    let head = "HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n";
    here.receiver.replies(Reply::Text(format!("{head}{}", "3\r\nabc\r\n".repeat(10_000))));
    assert_eq!(here.attempt_at(&url, Reach::Loopback).await.response.len(), 2048);
}

#[tokio::test]
async fn an_answer_410_disables_the_endpoint() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    here.receiver.replies(Reply::status(410, ""));
    here.send("1").await;
    here.send("2").await;
    let ran = here.deliver().await;
    assert_eq!(ran[0].end, End::Done);
    assert!(matches!(ran[1].end, End::Discard { .. }), "it is spoken to no more");
    assert_eq!(here.receiver.received().len(), 1);
    assert_eq!(here.find(&endpoint.id).await.disabled, Some((here.now(), Disabled::Gone)));
    let list = here.store().read("test", async |db| {
        webhook::deliveries(db, &here.organisation_id, &endpoint.id, None, 10).await
    });
    assert!(list.await.unwrap().iter().all(|it| it.state == State::Failed));
    here.pass(Duration::from_hours(999)).await;
    assert_eq!(here.deliver().await, []);
}

#[tokio::test]
async fn an_endpoint_that_is_spoken_to_already_waits() {
    let here = Here::new().await;
    let (endpoint, _) = here.endpoint().await;
    let courier = here.courier(Reach::Loopback);
    let worker = here.worker_of(courier.clone());
    let places: Vec<_> = (0..AT_ONCE_MAX).map(|_| courier.busy.take(&endpoint.id)).collect();
    here.send("1").await;
    let ran = drain(&worker).await.unwrap();
    assert_eq!(ran[0].end, End::Snooze { after: Duration::from_secs(1) });
    drop(places);
    here.pass(Duration::from_secs(1)).await;
    let ran = drain(&worker).await.unwrap();
    assert_eq!((ran[0].attempt, &ran[0].end), (1, &End::Done));
}
