//! Brings this process's updates to Redis.

use super::outbox::{Letter, Mail};
use super::{Bus, Pause};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use store::{Channel, Posting, Session};

/// Sends until the process ends: of each match in order, of several side by side over one connection.
pub(super) async fn run(bus: Bus) {
    let mut under_way = FuturesUnordered::new();
    loop {
        for (match_id, mail) in bus.inner.outbox.take() {
            under_way.push(deliver(&bus, match_id, mail));
        }
        tokio::select! {
            Some(match_id) = under_way.next() => bus.inner.outbox.delivered(&match_id),
            () = bus.inner.outbox.filled() => {}
        }
    }
}

/// Sends until Redis has it. What arrives twice does no harm; what never does would leave others behind until the match's next update,
/// which after a result may never come.
async fn deliver(bus: &Bus, match_id: String, mail: Mail) -> String {
    let mut pause = Pause::new();
    let mut sessions = bus.inner.session.subscribe();
    loop {
        // The sender lives in the bus, which this borrows.
        let open = match sessions.wait_for(Option::is_some).await {
            Ok(open) => open.clone(),
            Err(_) => return match_id,
        };
        let Some(open) = open else { continue };
        match send(bus, &open.session, &match_id, &mail).await {
            Ok(()) => return match_id,
            Err(error) => {
                tracing::warn!(match_id, %error, "an update did not reach the bus; it is sent again");
                open.is_in_doubt.notify_one();
                pause.wait().await;
            }
        }
    }
}

async fn send(bus: &Bus, session: &Session, match_id: &str, mail: &Mail) -> Result<(), store::Error> {
    let channel = Channel(match_id);
    let postings: Vec<Posting<&[u8]>> = mail.letters.iter().map(posting).collect();
    if !postings.is_empty() {
        session.post(channel, &postings, bus.inner.keep).await?;
    }
    if mail.look {
        session.say(channel, &[]).await?;
    }
    Ok(())
}

fn posting(Letter { position, frame }: &Letter) -> Posting<&[u8]> {
    Posting { at: (position.epoch, position.seq), payload: frame }
}
