//! Configuration: `config.default.toml` compiled in, overlaid by a file, then by the environment. A key that is not in the defaults
//! is refused with the place where it stands.

mod content;
mod human;
mod payments;
mod telemetry;

pub use content::Content;
pub use human::Human;
pub use payments::{Pack, Payments};
pub use telemetry::{Protocol, Telemetry, TelemetryError};

use partners::webhook::Reach;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// The documented defaults: the only list of what can be set.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// Variables of this form set one key: `CREASE__SECTION__KEY`.
const PREFIX: &str = "CREASE__";

/// Everything that can be set. `config.default.toml` says what each means and its unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub http: Http,
    pub data: Data,
    pub database: Database,
    pub redis: Redis,
    pub log: Log,
    pub telemetry: Telemetry,
    pub web: Web,
    pub secrets: Secrets,
    pub access: Access,
    pub mail: Mail,
    pub human: Human,
    pub places: Places,
    pub keys: Keys,
    pub stream: Stream,
    pub feed: Feed,
    pub sandbox: Sandbox,
    pub jobs: Jobs,
    pub webhooks: Webhooks,
    pub wallet: Wallet,
    pub markets: Markets,
    pub payments: Payments,
    pub content: Content,
    pub commentary: Commentary,
    pub quizzes: Quizzes,
    pub operations: Operations,
    pub shutdown: Shutdown,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: std::net::SocketAddr,
    pub public_url: String,
    pub body_bytes_max: usize,
    pub request_seconds_max: u64,
    pub head_seconds_max: u64,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
    pub accepts_per_second_max: u32,
    pub handshakes_max: usize,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub country_header: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub dir: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: Secret,
    pub connections_max: usize,
    pub production: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    pub url: Secret,
    pub tail_updates: usize,
    pub tail_seconds: u64,
    pub look_seconds: u64,
    pub presence_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    pub dist: PathBuf,
    pub earlier_bundles: PathBuf,
    pub examples: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    pub key: Secret,
    pub earlier_keys: Vec<Secret>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub sign_up: bool,
    pub oidc: Vec<access::oidc::Settings>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub url: Secret,
    pub from: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    table: PathBuf,
    pub look_seconds: std::num::NonZeroU32,
    pub kept_days: std::num::NonZeroU16,
}

impl Places {
    /// None where nobody's country is known by their address.
    pub fn table(&self) -> Option<&Path> {
        (!self.table.as_os_str().is_empty()).then_some(&self.table)
    }

    /// Names one for whoever named none.
    pub fn table_or(&mut self, path: &Path) {
        if self.table.as_os_str().is_empty() {
            path.clone_into(&mut self.table);
        }
    }

    /// How long decisions are kept.
    pub fn kept_for(&self) -> jiff::SignedDuration {
        jiff::SignedDuration::from_hours(24 * i64::from(self.kept_days.get()))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub required: bool,
    pub refusals_per_minute: u32,
}

/// Who tells balls in tones, and what that may cost.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commentary {
    pub model: Teller,
    pub model_url: String,
    pub model_name: String,
    pub model_key: Secret,
    pub model_streams: bool,
    pub call_seconds_max: u64,
    pub calls_max: usize,
    pub micros_per_million_tokens_in: i64,
    pub micros_per_million_tokens_out: i64,
    pub micros_per_match_max: i64,
    pub micros_per_day_max: i64,
}

/// What a model's server speaks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Teller {
    /// No model: the phrases that we ship.
    None,
    OpenAi,
    Anthropic,
}

/// What fans are asked without an editor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quizzes {
    pub usual: Usual,
}

/// Of which matches the usual questions are asked by themselves.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Usual {
    /// Of those of which a reviewer has them asked.
    None,
    Announced,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    pub ring_updates_max: usize,
    pub behind_bytes_max: usize,
    pub subscribers_max: usize,
    pub subscribers_per_address_max: usize,
    pub subscribers_per_key_max: usize,
    pub shards: usize,
    pub send_buffer_bytes: usize,
    pub heartbeat_seconds: u64,
    pub retry_ms_min: u32,
    pub retry_ms_max: u32,
    pub stalled_seconds_max: u64,
    pub matches_max: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    pub batch_commands_max: usize,
    pub match_commands_max: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    pub enabled: bool,
    pub seed: u64,
    pub ball_ms: u64,
    pub result_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub concurrency: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wallet {
    pub enabled: bool,
    pub points_in_day_max: i64,
    pub points_out_day_max: i64,
    pub coins_in_day_max: i64,
    pub coins_out_day_max: i64,
    pub streams_max: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Markets {
    pub enabled: bool,
    pub listen: std::net::SocketAddr,
    pub advertise: String,
    pub streams_max: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub loopback: bool,
    pub concurrency: usize,
}

impl Webhooks {
    /// Where messages may go.
    pub fn reach(&self) -> Reach {
        if self.loopback { Reach::Loopback } else { Reach::Public }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    #[serde(deserialize_with = "not_guessed")]
    pub secret: Secret,
}

/// Whoever may be asked over the network needs a secret that nobody guesses.
const SECRET_LENGTH_MIN: usize = 16;

fn not_guessed<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    let secret = Secret::deserialize(from)?;
    if secret.reveal().is_some_and(|it| it.chars().count() < SECRET_LENGTH_MIN) {
        let text = format!("a secret has at least {SECRET_LENGTH_MIN} characters");
        return Err(serde::de::Error::custom(text));
    }
    Ok(secret)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    pub drain_seconds: u64,
}

/// A value that never appears in logs, errors or `config print`.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(text)
    }
}

impl Secret {
    /// The value itself, for the one place that needs it; `None` when it is empty.
    pub fn reveal(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(if self.0.is_empty() { "\"\"" } else { "\"(set)\"" })
    }
}

/// Why a configuration cannot be used. Every text says where the mistake stands.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{place}: {message}")]
    Syntax { place: String, message: String },
    #[error("{place}: unknown key `{key}`; `crease config print` lists every key")]
    UnknownKey { place: String, key: String },
    #[error("{place}: `{key}`: {message}")]
    Value { place: String, key: String, message: String },
}

impl Config {
    /// Reads the file, when one is named, and the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let text = file
            .map(|path| {
                std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
            })
            .transpose()?;
        let named = file.zip(text.as_deref()).map(|(path, text)| (path.display().to_string(), text));
        // Variables that are not text are not ours.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_parts(named.as_ref().map(|(path, text)| (path.as_str(), *text)), variables)
    }

    /// Defaults, then `file` (its name and text), then `environment`.
    pub fn from_parts(
        file: Option<(&str, &str)>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut merged: Table = toml::from_str(DEFAULTS).expect("the compiled-in defaults are TOML");
        let mut places = Said::default();
        if let Some((name, text)) = file {
            places.overlay(&mut merged, name, text)?;
        }
        for (variable, value) in environment {
            overlay_variable(&mut merged, &mut places, &variable, &value)?;
        }
        serde_path_to_error::deserialize(Value::Table(merged)).map_err(|error| {
            let key = error.path().to_string();
            ConfigError::Value { place: places.of(&key), key, message: error.inner().message().to_owned() }
        })
    }
}

/// Where each key was set, for messages.
#[derive(Default)]
struct Said(std::collections::HashMap<String, String>);

impl Said {
    fn of(&self, key: &str) -> String {
        // What is wrong inside a table stands where the table does.
        let mut paths = std::iter::successors(Some(key), |it| it.rsplit_once(['.', '[']).map(|it| it.0));
        paths.find_map(|it| self.0.get(it)).cloned().unwrap_or_else(|| "configuration".to_owned())
    }

    /// Lays a file's keys over `merged`, refusing those that it does not have.
    fn overlay(&mut self, merged: &mut Table, name: &str, text: &str) -> Result<(), ConfigError> {
        let line_at = |offset: usize| text[..offset].matches('\n').count() + 1;
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            place: format!("{name}:{}", error.span().map_or(1, |it| line_at(it.start))),
            message: error.message().to_owned(),
        };
        let parsed = DeTable::parse(text).map_err(syntax)?;
        let values: Table = toml::from_str(text).map_err(syntax)?;
        for (section, content) in parsed.get_ref() {
            let place = format!("{name}:{}", line_at(section.span().start));
            let section = section.get_ref().as_ref();
            let known = merged.get_mut(section).and_then(Value::as_table_mut);
            let (Some(known), DeValue::Table(keys)) = (known, content.get_ref()) else {
                return Err(ConfigError::UnknownKey { place, key: section.to_owned() });
            };
            for key in keys.keys().map(Spanned::as_ref) {
                let place = keys
                    .get_key_value(key.as_ref())
                    .map_or(place.clone(), |(it, _)| format!("{name}:{}", line_at(it.span().start)));
                let path = format!("{section}.{key}");
                let Some(slot) = known.get_mut(key.as_ref()) else {
                    return Err(ConfigError::UnknownKey { place, key: path });
                };
                if let Some(value) = values.get(section).and_then(|it| it.get(key.as_ref())) {
                    *slot = value.clone();
                }
                self.0.insert(path, place);
            }
        }
        Ok(())
    }
}

/// Lays one variable over `merged`, when it is one of ours.
fn overlay_variable(
    merged: &mut Table,
    places: &mut Said,
    variable: &str,
    value: &str,
) -> Result<(), ConfigError> {
    let path = match variable {
        "DATABASE_URL" => "database.url".to_owned(),
        "REDIS_URL" => "redis.url".to_owned(),
        _ => match variable.strip_prefix(PREFIX) {
            Some(rest) => rest.to_ascii_lowercase().replacen("__", ".", 1),
            None => return Ok(()),
        },
    };
    let place = format!("environment variable {variable}");
    let slot = path
        .split_once('.')
        .and_then(|(section, key)| merged.get_mut(section)?.as_table_mut()?.get_mut(key))
        .ok_or_else(|| ConfigError::UnknownKey { place: place.clone(), key: path.clone() })?;
    *slot = typed_like(slot, value);
    places.0.insert(path, place);
    Ok(())
}

/// The text as a value of the same type as the default, or as a text, which the typed reading then refuses by name.
fn typed_like(default: &Value, text: &str) -> Value {
    let typed = match default {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Float(_) => text.parse().ok().map(Value::Float),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) | Value::Table(_) => text.parse().ok(),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Config, DEFAULTS};

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_parts(Some(("crease.toml", file)), variables).map_err(|it| it.to_string())
    }

    #[test]
    fn the_defaults_are_a_whole_configuration() {
        let config = load("", &[]).expect("defaults load");
        assert_eq!(config.http.listen.port(), 8700);
        assert!(DEFAULTS.lines().count() > 50);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "[http]\nlisten = \"127.0.0.1:1\"\n[sandbox]\nball_ms = 5\n";
        let config = load(file, &[("CREASE__HTTP__LISTEN", "127.0.0.1:2"), ("HOME", "/x")]).expect("loads");
        assert_eq!((config.http.listen.port(), config.sandbox.ball_ms), (2, 5));
    }

    #[test]
    fn mistakes_are_refused_with_their_place() {
        /// The file, the environment, and how the error begins.
        type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let cases: [Case; 6] = [
            ("[http]\n\nlisten_on = 1\n", &[], "crease.toml:3: unknown key `http.listen_on`"),
            ("[htp]\n", &[], "crease.toml:1: unknown key `htp`"),
            ("[http]\nlisten = \n", &[], "crease.toml:2: "),
            ("[data]\n\n[http]\nlisten = \"nowhere\"\n", &[], "crease.toml:4: `http.listen`: "),
            (
                "",
                &[("CREASE__HTTP__PORT", "1")],
                "environment variable CREASE__HTTP__PORT: unknown key `http.port`",
            ),
            (
                "",
                &[("CREASE__STREAM__SUBSCRIBERS_MAX", "many")],
                "environment variable CREASE__STREAM__SUBSCRIBERS_MAX: ",
            ),
        ];
        for (file, environment, wanted) in cases {
            let error = load(file, environment).expect_err(wanted);
            assert!(error.starts_with(wanted), "{error} should start with {wanted}");
        }
    }

    #[test]
    fn secrets_are_never_shown() {
        let config = load("", &[("DATABASE_URL", "postgresql://u:hunter2@h/d")]).expect("loads");
        assert_eq!(config.database.url.reveal(), Some("postgresql://u:hunter2@h/d"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused_and_not_said() {
        let short = "[operations]\nsecret = \"hunter2\"\n";
        let refused =
            Config::from_parts(Some(("crease.toml", short)), std::iter::empty()).unwrap_err().to_string();
        assert_eq!(refused, "crease.toml:2: `operations.secret`: a secret has at least 16 characters");
    }
}
