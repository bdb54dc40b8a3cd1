//! A strict reader of Server-Sent Events: anything that our streams should not send is a failure.

use super::raw::{Head, Raw, RawBody};
use super::within;
use reqwest::{Response, StatusCode};

/// An open stream.
pub(crate) struct Stream {
    resumed: String,
    body: Body,
    received: Vec<u8>,
}

enum Body {
    Http(Response),
    Raw(RawBody),
}

/// What a stream sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Event(Event),
    Comment,
    Retry(u32),
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Stream {
    /// A stream that was opened.
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
        let resumed = response.headers()["crease-resumed"].to_str().unwrap().to_owned();
        Self { resumed, body: Body::Http(response), received: Vec::new() }
    }

    /// A fan's own stream, which is not resumed.
    pub(crate) fn of_wallet(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
        Self { resumed: String::new(), body: Body::Http(response), received: Vec::new() }
    }

    /// The same over a connection on which it was asked for.
    pub(crate) async fn over(mut raw: Raw) -> Self {
        let head = raw.head().await;
        Self::of_body(raw, &head)
    }

    /// The same where the head was read.
    pub(crate) fn of_body(raw: Raw, head: &Head) -> Self {
        assert_eq!((head.status, head.headers["content-type"].as_str()), (200, "text/event-stream"));
        let resumed = head.headers["crease-resumed"].clone();
        Self { resumed, body: Body::Raw(raw.into_body(head)), received: Vec::new() }
    }

    /// The `Crease-Resumed` header.
    pub(crate) fn resumed(&self) -> &str {
        &self.resumed
    }

    /// The next event; comments and `retry` lines are passed over. None when the server has closed.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        // Comments keep a stream alive, but not a test.
        within("the stream's next event", async {
            loop {
                match self.item().await? {
                    Item::Event(event) => return Some(event),
                    Item::Comment | Item::Retry(_) => {}
                }
            }
        })
        .await
    }

    /// The next item. None when the server has closed, which it may do between two items only.
    pub(crate) async fn item(&mut self) -> Option<Item> {
        within("the stream's next item", async {
            loop {
                if let Some(end) = self.received.windows(2).position(|it| it == b"\n\n") {
                    let block: Vec<u8> = self.received.drain(..end + 2).collect();
                    return Some(parse(std::str::from_utf8(&block[..end]).unwrap()));
                }
                match self.body.chunk().await {
                    Some(Some(bytes)) => self.received.extend_from_slice(&bytes),
                    Some(None) => {
                        assert_eq!(self.received, b"", "the stream ended within an item");
                        return None;
                    }
                    None => return None,
                }
            }
        })
        .await
    }
}

impl Body {
    /// The next piece, or that it has ended in order; none when the connection broke, as far as can be told.
    async fn chunk(&mut self) -> Option<Option<Vec<u8>>> {
        match self {
            Body::Http(response) => response.chunk().await.ok().map(|it| it.map(Vec::from)),
            Body::Raw(body) => match body.chunk().await {
                Ok(None) if !body.knows_its_end() => None,
                chunk => chunk.ok(),
            },
        }
    }
}

/// The lines up to an empty one.
fn parse(block: &str) -> Item {
    if block == ":" {
        return Item::Comment;
    }
    match block.strip_prefix("retry: ") {
        Some(retry) => Item::Retry(retry.parse().unwrap()),
        None => Item::Event(event(block)),
    }
}

/// The lines of an event.
pub(crate) fn event(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.split('\n') {
        let (field, value) =
            line.split_once(": ").unwrap_or_else(|| panic!("a line without a field: {line}"));
        let slot = match field {
            "id" => &mut event.id,
            "event" => &mut event.name,
            "data" => &mut event.data,
            _ => panic!("an unknown field: {line}"),
        };
        assert_eq!(slot, "", "a field twice: {line}");
        value.clone_into(slot);
    }
    assert!(!event.data.is_empty(), "an event without data is never dispatched: {block}");
    let is_about_the_match =
        !matches!(event.name.as_str(), "bye" | "delayed" | "content" | "commentary" | "quiz");
    assert_eq!(
        event.id.is_empty(),
        !is_about_the_match,
        "all but `bye`, `delayed`, `content`, `commentary` and `quiz` have an id: {block}"
    );
    event
}
