//! What editors publish, told to the open streams of this process as soon as it is committed.

use super::{event, reach};
use crate::app::App;
use bytes::Bytes;
use cms::news::{self, News};
use std::time::Duration;
use tokio::sync::mpsc;

/// The pause before what could not be read is read again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long a count waits for streams that take nothing.
const COUNT_MAX: Duration = Duration::from_secs(10);

/// Follows what is published after `since`, for ever.
pub async fn follow(app: App, since: i64) {
    let (tell, mut told) = mpsc::unbounded_channel::<News>();
    let heard = |news: &News| {
        app.boards.hear(news.number);
        // It is read below for as long as this function is.
        let _is_read = tell.send(news.clone());
    };
    let following = news::follow(&app.store, since, heard);
    let telling = async {
        while let Some(news) = told.recv().await {
            if news.items.iter().any(|it| it.kind == "tone") {
                app.tones.load(&app).await;
            }
            if let Some(event) = event_of(&app, &news).await {
                send(&app, &news, event);
            }
        }
    };
    tokio::join!(following, telling);
}

/// The event; read again while the database is away. What cannot be read for another reason keeps no later news back: widgets ask for what it is.
async fn event_of(app: &App, news: &News) -> Option<Bytes> {
    let mut has_failed = false;
    loop {
        let (base, now) = (app.public_base(), app.clock.now());
        let read = app.store.read("content.event", async |db| event::of(db, news, base, now).await);
        match read.await {
            Ok(event) => return event,
            Err(error) if !matches!(error, cms::Error::Store(_)) => {
                tracing::error!(number = news.number, %error, "what was published cannot be told; open pages ask for it");
                return Some(event::ask(news));
            }
            Err(error) if !has_failed => {
                tracing::warn!(%error, "what was published is not told to open pages yet; it is tried again");
                has_failed = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Sends it, and counts beside that how far it goes.
fn send(app: &App, news: &News, event: Bytes) {
    let counting = app.hub.tell_all(&event);
    let (app, number, at) = (app.clone(), news.number, news.at);
    tokio::spawn(async move {
        let Ok(streams) = tokio::time::timeout(COUNT_MAX, counting).await else { return };
        let now = app.clock.now();
        let took = now.duration_since(at).unsigned_abs();
        let sent = reach::Sent { streams, took };
        let process = crate::work::name();
        metrics::histogram!("content_propagation_seconds").record(took.as_secs_f64());
        if let Err(error) = reach::note(&app.store, (number, &process), sent, now).await {
            tracing::warn!(%error, "how far it went was not written down");
        }
    });
}
