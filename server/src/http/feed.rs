//! What feeds send: matches and batches of commands, with a secret key.

use super::caller::Feeder;
use super::request::{Content, Id};
use crate::app::App;
use crate::feed::{Action, Answer, Created, Envelope, FeedCommand, FeedError, NAME_BYTES_MAX, NewMatch};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cricket::{Format, Player, Setup, Side, Team};
use partners::Mode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::ToSchema;

/// Characters of a team's short name.
const SHORT_CHARS_MAX: usize = 5;

/// A match as a feed announces it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchAnnounced {
    /// Names the feed among those of this organisation.
    #[serde(default = "default_source")]
    pub source: String,
    /// The feed's own id of the match. Sending it again with the same set-up answers with the same match.
    pub source_match_id: String,
    pub format: MatchFormat,
    /// Legal balls in an over; 6, or 5 in The Hundred, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balls_per_over: Option<u8>,
    /// Overs (sets) an innings; none for multi-day matches; 20, 50 or 20 sets when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overs: Option<u16>,
    /// Whether a no-ball is followed by a free hit; yes in limited-overs cricket when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_hits: Option<bool>,
    /// Two.
    pub teams: Vec<TeamAnnounced>,
    #[serde(default)]
    pub competition: String,
    #[serde(default)]
    pub stage: String,
    #[serde(default)]
    pub venue: String,
    /// First day, ISO 8601.
    #[serde(default)]
    pub date: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub starts_at: Option<jiff::Timestamp>,
    /// A recorded match: it takes commands with `as_recorded`, which are refused anywhere else. No when left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archive: bool,
}

/// A team and all who may play for it, replacements included.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamAnnounced {
    pub name: String,
    /// "RCB"; made from the name when left out.
    #[serde(default)]
    pub short: String,
    pub players: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchFormat {
    Test,
    Mdm,
    Odi,
    Odm,
    T20,
    It20,
    Hundred,
}

impl From<MatchFormat> for Format {
    fn from(format: MatchFormat) -> Self {
        match format {
            MatchFormat::Test => Format::Test,
            MatchFormat::Mdm => Format::Mdm,
            MatchFormat::Odi => Format::Odi,
            MatchFormat::Odm => Format::Odm,
            MatchFormat::T20 => Format::T20,
            MatchFormat::It20 => Format::It20,
            MatchFormat::Hundred => Format::Hundred,
        }
    }
}

impl From<Format> for MatchFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Test => MatchFormat::Test,
            Format::Mdm => MatchFormat::Mdm,
            Format::Odi => MatchFormat::Odi,
            Format::Odm => MatchFormat::Odm,
            Format::T20 => MatchFormat::T20,
            Format::It20 => MatchFormat::It20,
            Format::Hundred => MatchFormat::Hundred,
        }
    }
}

impl MatchAnnounced {
    /// The announcement of a recorded match.
    pub fn of(setup: &Setup, source: &str, source_match_id: &str) -> Self {
        let team = |side: Side| TeamAnnounced {
            name: setup.team(side).name.clone(),
            short: setup.team(side).short.clone(),
            players: setup.players.iter().filter(|it| it.side == side).map(|it| it.name.clone()).collect(),
        };
        Self {
            source: source.to_owned(),
            source_match_id: source_match_id.to_owned(),
            format: setup.format.into(),
            balls_per_over: Some(setup.balls_per_over),
            overs: setup.overs,
            free_hits: Some(setup.free_hits),
            teams: vec![team(Side::Home), team(Side::Away)],
            competition: setup.competition.clone(),
            stage: setup.stage.clone(),
            venue: setup.venue.clone(),
            date: setup.date.clone(),
            starts_at: None,
            archive: true,
        }
    }

    /// Every fan gets these texts with the first snapshot.
    fn check_texts(&self) -> Result<(), Problem> {
        let too_long = |place: String, text: &str| match text.len() {
            0..=NAME_BYTES_MAX => Ok(()),
            bytes => Err(Problem::invalid(format!("{place}: {bytes} bytes, {NAME_BYTES_MAX} at most"))),
        };
        for (at, team) in self.teams.iter().enumerate() {
            too_long(format!("teams[{at}].name"), &team.name)?;
            too_long(format!("teams[{at}].short"), &team.short)?;
            for (player, name) in team.players.iter().enumerate() {
                too_long(format!("teams[{at}].players[{player}]"), name)?;
            }
        }
        too_long("competition".to_owned(), &self.competition)?;
        too_long("stage".to_owned(), &self.stage)?;
        too_long("venue".to_owned(), &self.venue)?;
        too_long("date".to_owned(), &self.date)
    }

    fn setup(&self) -> Result<Setup, Problem> {
        let [home, away] = self.teams.as_slice() else {
            return Err(Problem::invalid(format!("teams: {} given, a match has two", self.teams.len())));
        };
        self.check_texts()?;
        let format = Format::from(self.format);
        let players = |team: &TeamAnnounced, side: Side| {
            team.players.iter().map(move |name| Player { name: name.clone(), side }).collect::<Vec<_>>()
        };
        let team = |it: &TeamAnnounced| match it.short.as_str() {
            "" => Team::named(&it.name),
            short => Team { name: it.name.clone(), short: short.to_owned() },
        };
        if let Some(long) = self.teams.iter().find(|it| it.short.chars().count() > SHORT_CHARS_MAX) {
            return Err(Problem::invalid(format!(
                "teams: short \"{}\" has more than {SHORT_CHARS_MAX} characters",
                long.short
            )));
        }
        let overs = match format {
            Format::Test | Format::Mdm => None,
            Format::Odi | Format::Odm => Some(50),
            Format::T20 | Format::It20 | Format::Hundred => Some(20),
        };
        Ok(Setup {
            teams: vec![team(home), team(away)],
            players: [players(home, Side::Home), players(away, Side::Away)].concat(),
            format,
            balls_per_over: self.balls_per_over.unwrap_or(if format == Format::Hundred { 5 } else { 6 }),
            overs: self.overs.or(overs),
            free_hits: self.free_hits.unwrap_or(!format.is_multi_day()),
            competition: self.competition.clone(),
            stage: self.stage.clone(),
            venue: self.venue.clone(),
            date: self.date.clone(),
        })
    }
}

/// The id that everything else about the match uses.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct MatchCreated {
    /// "mat_…"
    pub id: String,
}

/// A batch of commands, applied in order.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    #[serde(default = "default_source")]
    pub source: String,
    /// Each is judged on its own.
    #[schema(value_type = Vec<CommandSent>)]
    pub commands: Vec<serde_json::Value>,
}

/// A command with the names that make it idempotent.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandSent {
    /// The feed's id of this command, unique within the source and the match.
    pub id: String,
    /// A higher version of the same id corrects it.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The feed's running number: a command that arrives late is put in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// What happened; left out with `remove`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<FeedCommand>,
    /// Takes the command out of the match; needs a `version` above that of the command.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
}

/// What became of a batch.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct BatchAnswer {
    /// The match's position after it.
    pub epoch: u64,
    pub seq: u64,
    pub rev: u32,
    /// In the batch's order.
    pub answers: Vec<CommandAnswer>,
}

/// What became of a command.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CommandAnswer {
    /// On disk, and on its way to the fans as update `seq`.
    Accepted { id: String, seq: u64 },
    /// Accepted before, as update `seq`.
    Duplicate { id: String, seq: u64 },
    /// Refused; nothing changed. `code` is stable, `detail` is for people.
    Rejected { id: String, code: String, detail: String },
}

fn default_source() -> String {
    "feed".to_owned()
}

fn first_version() -> u32 {
    1
}

/// Announces a match.
#[utoipa::path(post, path = "/v1/feed/matches", tag = "feeds", request_body = MatchAnnounced, responses(
    (status = 201, description = "created", body = MatchCreated),
    (status = 200, description = "it was announced before", body = MatchCreated),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "announced before with another set-up", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn create_match(
    feeder: Feeder,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let announced: MatchAnnounced = parse(&body)?;
    check_name("source", &announced.source)?;
    check_name("source_match_id", &announced.source_match_id)?;
    if feeder.key.mode() == Mode::Test {
        let detail = "a test key plays with the sandbox match; announcing matches needs a live key";
        return Err(Problem::new(StatusCode::FORBIDDEN, "live-key-needed", "A live key is needed", detail));
    }
    let created = app
        .feed
        .create_match(NewMatch {
            organisation_id: feeder.key.organisation_id().to_owned(),
            setup: announced.setup()?,
            source: announced.source,
            source_match_id: announced.source_match_id,
            starts_at_ms: announced.starts_at.map(jiff::Timestamp::as_millisecond),
            sandbox: false,
            archive: announced.archive,
        })
        .await?;
    let status = match created {
        Created::New { .. } => StatusCode::CREATED,
        Created::Existing { .. } => StatusCode::OK,
    };
    Ok((status, Json(MatchCreated { id: created.id().to_owned() })).into_response())
}

/// Sends commands to a match.
#[utoipa::path(post, path = "/v1/feed/matches/{id}/commands", tag = "feeds",
    params(("id" = String, Path, description = "mat_…")), request_body = Batch, responses(
    (status = 200, description = "judged, each command on its own", body = BatchAnswer),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such match of this organisation", body = Problem, content_type = "application/problem+json"),
    (status = 413, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn commands(
    feeder: Feeder,
    State(app): State<App>,
    Id(id): Id,
    Content(body): Content,
) -> Result<Json<BatchAnswer>, Problem> {
    let begun = Instant::now();
    let batch: Batch = parse(&body)?;
    check_name("source", &batch.source)?;
    let commands_max = app.config.feed.batch_commands_max;
    if batch.commands.len() > commands_max {
        let detail = format!("{} commands, {commands_max} at most", batch.commands.len());
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "batch-too-long",
            "Too many commands",
            detail,
        ));
    }
    let is_ours = owns(&app, feeder.key.organisation_id(), &id).await?;
    if !is_ours {
        return Err(Problem::not_found("match", &id));
    }
    let read: Vec<_> = batch.commands.into_iter().map(Read::of).collect();
    let envelopes: Vec<Envelope> = read.iter().filter_map(|it| it.envelope.clone()).collect();
    let submitted = app.feed.submit(&id, &batch.source, &envelopes).await?;
    let mut judged = submitted.answers.into_iter();
    let answers = read.into_iter().map(|it| it.answer(&mut judged)).inspect(count).collect();
    metrics::histogram!("feed_accept_seconds").record(begun.elapsed().as_secs_f64());
    Ok(Json(BatchAnswer { epoch: submitted.epoch, seq: submitted.seq, rev: submitted.rev, answers }))
}

/// Whether this organisation may write the match. The sandbox match is written by nobody but its simulator.
async fn owns(app: &App, organisation_id: &str, match_id: &str) -> Result<bool, Problem> {
    if !store::ids::is_valid("mat", match_id) {
        return Ok(false);
    }
    // The writer has the row in memory once the match has begun, so this costs no query on a ball's way.
    match app.feed.with_log(match_id, |row, _| row.organisation_id == organisation_id && !row.sandbox).await {
        Ok(is_ours) => Ok(is_ours),
        Err(FeedError::UnknownMatch { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A command as far as it could be read.
struct Read {
    id: String,
    envelope: Option<Envelope>,
    mistake: Option<(&'static str, String)>,
}

impl Read {
    fn of(value: serde_json::Value) -> Self {
        let id = value.get("id").and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        match envelope(value) {
            Ok(envelope) => Self { id, envelope: Some(envelope), mistake: None },
            Err(detail) => Self { id, envelope: None, mistake: Some(("invalid-command", detail)) },
        }
    }

    fn answer(self, judged: &mut impl Iterator<Item = Answer>) -> CommandAnswer {
        let id = self.id;
        let answer = match self.mistake {
            Some((code, why)) => Answer::Rejected { code, why },
            None => judged.next().expect("every envelope was judged"),
        };
        match answer {
            Answer::Accepted { seq } => CommandAnswer::Accepted { id, seq },
            Answer::Duplicate { seq } => CommandAnswer::Duplicate { id, seq },
            Answer::Rejected { code, why } => {
                CommandAnswer::Rejected { id, code: code.to_owned(), detail: why }
            }
        }
    }
}

fn envelope(mut value: serde_json::Value) -> Result<Envelope, String> {
    // Read apart, because its mistakes say their own place.
    let command = value.as_object_mut().and_then(|it| it.remove("command")).filter(|it| !it.is_null());
    let sent: CommandSent = serde_path_to_error::deserialize(value)
        .map_err(|error| place(&error.path().to_string(), error.inner()))?;
    let command =
        command.map(FeedCommand::read).transpose().map_err(|mistake| format!("command{mistake}"))?;
    if sent.id.is_empty() || sent.id.len() > NAME_BYTES_MAX {
        return Err(format!("id: 1 to {NAME_BYTES_MAX} bytes"));
    }
    if i32::try_from(sent.version).is_err() || sent.order.is_some_and(|it| i64::try_from(it).is_err()) {
        return Err("version, order: too large".to_owned());
    }
    let action = match (command, sent.remove) {
        (Some(command), false) => Action::Named(command),
        (None, true) if sent.version == first_version() => {
            return Err("version: a removal needs one, higher than that of the command".to_owned());
        }
        (None, true) => Action::Remove,
        (Some(_), true) => return Err("command and remove: one of them".to_owned()),
        (None, false) => return Err("command: missing".to_owned()),
    };
    Ok(Envelope { id: sent.id, version: sent.version, order: sent.order, action })
}

fn count(answer: &CommandAnswer) {
    let word = match answer {
        CommandAnswer::Accepted { .. } => "accepted",
        CommandAnswer::Duplicate { .. } => "duplicate",
        CommandAnswer::Rejected { .. } => "rejected",
    };
    metrics::counter!("feed_commands_total", "answer" => word).increment(1);
}

/// A JSON body, or a problem that says where the mistake is. The media type is not asked for: feeds often leave it out.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| Problem::invalid(place(&error.path().to_string(), error.inner())))?;
    reader.end().map_err(|error| Problem::invalid(error.to_string()))?;
    Ok(value)
}

fn place(path: &str, error: &serde_json::Error) -> String {
    if path == "." { error.to_string() } else { format!("{path}: {error}") }
}

fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    match name.len() {
        1..=NAME_BYTES_MAX => Ok(()),
        length => {
            Err(Problem::invalid(format!("{field}: {length} bytes, 1 to {NAME_BYTES_MAX} are allowed")))
        }
    }
}
