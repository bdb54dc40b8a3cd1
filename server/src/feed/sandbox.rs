//! The match that never ends: the simulator's commands through the same feed as any other's.

use super::{Action, Answer, Created, Envelope, Feed, FeedError, NewMatch, simulator};
use crate::config;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The owner of the sandbox match; no key belongs to it, so no feed can write there.
const ORGANISATION: &str = "org_sandbox";
const SOURCE: &str = "simulator";
const NAME: &str = "sandbox";
/// The shortest pause after an error, so that a database that is away is not pressed.
const RETRY_MS: u64 = 1_000;

/// The id of the sandbox match, which is created when there is none.
pub async fn ensure(feed: &Feed) -> Result<String, FeedError> {
    let created = feed
        .create_match(NewMatch {
            organisation_id: ORGANISATION.to_owned(),
            source: SOURCE.to_owned(),
            source_match_id: NAME.to_owned(),
            setup: simulator::setup(0),
            starts_at_ms: None,
            sandbox: true,
            archive: false,
        })
        .await;
    match created {
        Ok(Created::New { id } | Created::Existing { id }) => Ok(id),
        // It has started over since, with other teams.
        Err(FeedError::SetupDiffers { id }) => Ok(id),
        Err(error) => Err(error),
    }
}

/// Plays until `shutdown`: a command each [`config::Sandbox::ball_ms`], and after a result a new match under the same id.
///
/// What comes next follows from the seed and the log alone, so a restart goes on as if nothing had happened. Two processes that play at
/// once would draw the same command under the same name, and the second is a duplicate.
pub async fn play(feed: Feed, settings: config::Sandbox, shutdown: CancellationToken) {
    let forever = async {
        let mut id = None;
        loop {
            let pause_ms = match step(&feed, &settings, &mut id).await {
                Ok(pause_ms) => pause_ms,
                Err(error) => {
                    tracing::error!(%error, "the sandbox match could not go on; it tries again");
                    settings.ball_ms.max(RETRY_MS)
                }
            };
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    };
    tokio::select! {
        () = forever => {}
        () = shutdown.cancelled() => {}
    }
}

/// Plays one command, or begins a new match when the last one's result has stayed long enough; says how long to wait.
async fn step(feed: &Feed, settings: &config::Sandbox, id: &mut Option<String>) -> Result<u64, FeedError> {
    let id = match id {
        Some(id) => id,
        None => id.insert(ensure(feed).await?),
    };
    match advance(feed, id, settings.seed).await? {
        Played::Command => {}
        Played::Over => {
            tokio::time::sleep(Duration::from_millis(settings.result_ms)).await;
            start_over(feed, id).await?;
        }
    }
    Ok(settings.ball_ms)
}

enum Played {
    Command,
    /// The match has its result and nothing follows.
    Over,
}

async fn advance(feed: &Feed, id: &str, seed: u64) -> Result<Played, FeedError> {
    let next = feed
        .with_log(id, |row, log| {
            let seq = row.seq + 1;
            // Each history is another match.
            let seed = seed ^ row.epoch.rotate_left(17);
            simulator::next(log.game(), seed, seq).map(|command| (seq, command))
        })
        .await?;
    let Some((seq, command)) = next else { return Ok(Played::Over) };
    let envelope = Envelope { id: format!("{seq}"), version: 1, order: None, action: Action::Exact(command) };
    let submitted = feed.submit(id, SOURCE, &[envelope]).await?;
    if let Some(Answer::Rejected { code, why }) = submitted.answers.first() {
        // Cannot be: the simulator answers only what the engine takes. Should it happen, a new match is better than a standstill.
        tracing::error!(code, why, "the simulator's command was refused; a new match begins");
        return Ok(Played::Over);
    }
    Ok(Played::Command)
}

async fn start_over(feed: &Feed, id: &str) -> Result<(), FeedError> {
    let epoch = feed.with_log(id, |row, _| row.epoch).await?;
    feed.start_over(id, epoch, &simulator::setup(epoch)).await
}
