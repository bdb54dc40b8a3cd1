//! `crease replay FILE`: a recorded match as a live one, through the feed API like any other feed.

use super::archive;
use super::command::FeedCommand;
use crate::http::feed::{Batch, BatchAnswer, CommandAnswer, CommandSent, MatchAnnounced, MatchCreated};
use anyhow::{Context, bail};
use cricket::Command;
use std::path::PathBuf;
use std::time::Duration;

/// Milliseconds from ball to ball at speed 1. Match files hold no times of day; half a minute is what a T20 takes on average.
const BALL_MS: f64 = 30_000.0;
/// How long a server that cannot be reached is tried again, and the pause between two tries.
const RETRY_SECONDS_MAX: u64 = 120;
const RETRY_PAUSE_MS: u64 = 500;

/// What to replay, where, and how fast.
#[derive(Clone, Debug)]
pub struct Replay {
    pub file: PathBuf,
    /// 1 is a ball each 30 s; 10 each 3 s.
    pub speed: f64,
    pub url: String,
    pub key: String,
    /// A match that exists; a new one is announced otherwise.
    pub match_id: Option<String>,
}

impl Replay {
    /// Plays the whole match. A server that restarts in between is waited for; a command whose answer was lost is sent again, and the
    /// server tells that it has it.
    pub async fn run(&self) -> anyhow::Result<()> {
        if !(self.speed.is_finite() && self.speed > 0.0) {
            bail!("--speed {}: a number above 0", self.speed);
        }
        let archive = archive::read(&self.file).with_context(|| self.file.display().to_string())?;
        let client = Client::new(&self.url, &self.key)?;
        let name = self.file.file_stem().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
        let match_id = match &self.match_id {
            Some(id) => id.clone(),
            None => {
                let source_match_id = format!("{name}-{}", store::ids::random_base62(8));
                client.announce(&MatchAnnounced::of(&archive.setup, "replay", &source_match_id)).await?
            }
        };
        let teams: Vec<_> = archive.setup.teams.iter().map(|it| it.name.as_str()).collect();
        tracing::info!(
            match_id,
            teams = teams.join(" v "),
            commands = archive.commands.len(),
            "the replay begins"
        );
        let mut refused = 0;
        for (at, command) in archive.commands.iter().enumerate() {
            if matches!(command, Command::Ball(_)) {
                tokio::time::sleep(Duration::from_secs_f64(BALL_MS / 1000.0 / self.speed)).await;
            }
            let sent = CommandSent {
                id: format!("{at}"),
                version: 1,
                order: Some(at as u64),
                command: Some(FeedCommand::of(command, &archive.setup)),
                remove: false,
            };
            if let CommandAnswer::Rejected { id, code, detail } = client.send(&match_id, sent).await? {
                refused += 1;
                tracing::warn!(id, code, detail, "a command was refused");
            }
        }
        if refused > 0 {
            bail!("{refused} of {} commands were refused", archive.commands.len());
        }
        tracing::info!(match_id, "the replay is over");
        Ok(())
    }
}

/// The feed API's client.
struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    fn new(url: &str, key: &str) -> anyhow::Result<Self> {
        // reqwest is built without a choice of cryptography; a second call finds the first one's.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(15)).build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    async fn announce(&self, announced: &MatchAnnounced) -> anyhow::Result<String> {
        let created: MatchCreated = self.post("/v1/feed/matches", announced).await?;
        Ok(created.id)
    }

    async fn send(&self, match_id: &str, sent: CommandSent) -> anyhow::Result<CommandAnswer> {
        let batch = Batch { source: "replay".to_owned(), commands: vec![serde_json::to_value(sent)?] };
        let answer: BatchAnswer = self.post(&format!("/v1/feed/matches/{match_id}/commands"), &batch).await?;
        answer.answers.into_iter().next().context("the server answered no command")
    }

    /// Sends until there is an answer: repeating is safe, since every command has an id.
    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> anyhow::Result<T> {
        let begun = tokio::time::Instant::now();
        loop {
            let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key).json(body);
            let failed = match request.send().await {
                Ok(response) if response.status().is_success() => return Ok(response.json().await?),
                Ok(response) if response.status().is_server_error() => response.status().to_string(),
                Ok(response) => bail!("{path}: {} {}", response.status(), response.text().await?),
                Err(error) => error.to_string(),
            };
            if begun.elapsed() > Duration::from_secs(RETRY_SECONDS_MAX) {
                bail!("{}{path}: {failed}, for {RETRY_SECONDS_MAX} s", self.url);
            }
            tracing::warn!(failed, "the server did not take a command; it is sent again");
            tokio::time::sleep(Duration::from_millis(RETRY_PAUSE_MS)).await;
        }
    }
}
