//! Balls told in tones: who follows in which, who has them told, and how what was told reaches open streams.
//!
//! A stream that is opened with `?tone=` has its process say that the tone is in demand ([`demand`]). Who follows the logs has each new ball of such
//! a match told by a job ([`retell`]), which keeps the lines; every process reads what is new for the tones that it has followers in
//! ([`lines`]). A ball never waits for any of it: its own update has gone out before its log is read here.

pub mod demand;
mod lines;
pub(crate) mod model;
pub mod reports;
pub(crate) mod retell;

use crate::app::App;
use crate::stream::Voice;
use cms::delivery;
use commentary::{Example, Language, Preset};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use store::Client;
use tokio::sync::Notify;
use utoipa::ToSchema;

/// Editors' tones that are known; later ones are not offered.
const TONES_MAX: i64 = delivery::DOCUMENTS_MAX;
/// The names of tones that are looked up, at most.
const NAME_BYTES_MAX: usize = 64;
/// Versions of editors' tones are seconds since 2020.
const EPOCH_2020: i64 = 1_577_836_800;

/// The tones that there are. Cloning shares them.
#[derive(Clone)]
pub struct Tones {
    kept: Arc<RwLock<Arc<Vec<Preset>>>>,
    /// Somebody is the first to follow in a tone.
    asked: Arc<Notify>,
}

impl Default for Tones {
    /// Those that we ship.
    fn default() -> Self {
        Self { kept: Arc::new(RwLock::new(Arc::new(Preset::built_in()))), asked: Arc::default() }
    }
}

impl Tones {
    /// Every tone in each of its languages.
    pub(crate) fn all(&self) -> Arc<Vec<Preset>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a stream asks for; none where there is no such tone in that language: then it has the updates alone.
    pub(crate) fn voice(&self, tone: &str, language: Option<&str>) -> Option<Voice> {
        if tone.len() > NAME_BYTES_MAX {
            return None;
        }
        let language = Language::of_tag(language.unwrap_or("en"))?;
        let is_it = |it: &Preset| it.key == tone && it.language == language;
        self.all().iter().any(is_it).then(|| Voice { tone: tone.to_owned(), language })
    }

    /// Reads what editors have published.
    pub(crate) async fn load(&self, app: &App) {
        match app.store.read("tones.read", async |client| read(client).await).await {
            Ok(presets) => *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(presets),
            Err(error) => tracing::warn!(%error, "editors' tones are not known; the last ones stand"),
        }
    }

    /// Somebody is the first here to follow in a tone.
    pub(crate) fn ask(&self) {
        self.asked.notify_one();
    }

    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }
}

/// Every tone in each of its languages: those that editors have published, and those that we ship and no editor has made another of.
pub(crate) async fn read(client: &Client<'_>) -> Result<Vec<Preset>, cms::Error> {
    let ids = delivery::ids_of(client, "tone", TONES_MAX).await?;
    let editions = delivery::editions(client, &ids).await?;
    let mut presets: Vec<Preset> = editions.iter().flat_map(|it| &it.documents).filter_map(preset).collect();
    for shipped in Preset::built_in() {
        let is_known = presets.iter().any(|it| (&it.key, it.language) == (&shipped.key, shipped.language));
        if !is_known {
            presets.push(shipped);
        }
    }
    Ok(presets)
}

/// A tone that a fan may choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContentTone)]
pub(crate) struct Offered {
    /// What a stream is asked for with `tone=`, and with `lang=`.
    tone: String,
    lang: String,
    name: String,
    /// In a line.
    line: Option<String>,
}

/// The tones that a reader of a board may choose: those of the reader's language, and Hinglish where that is near.
pub(crate) async fn offered(
    client: &Client<'_>,
    ask: &delivery::Ask<'_>,
) -> Result<Vec<Offered>, cms::Error> {
    let Some(own) = Language::of_tag(ask.language.as_str()) else { return Ok(Vec::new()) };
    let near = matches!(own, Language::English | Language::Hindi).then_some(Language::Hinglish);
    let mut offered = Vec::new();
    for language in std::iter::once(own).chain(near) {
        let asked = cms::Language::parse(language.tag())?;
        let documents = delivery::of(client, &delivery::Ask { language: &asked, ..*ask }).await?;
        let published = documents.iter().filter_map(|it| {
            let preset = preset(it).filter(|it| it.language == language)?;
            Some((preset, it.body["line"].as_str().map(str::to_owned)))
        });
        let mut all: Vec<(Preset, Option<String>)> = published.collect();
        for shipped in Preset::built_in().into_iter().filter(|it| it.language == language) {
            if !all.iter().any(|it| it.0.key == shipped.key) {
                all.push((shipped, None));
            }
        }
        offered.extend(all.into_iter().map(|(it, line)| Offered {
            tone: it.key,
            lang: language.tag().to_owned(),
            name: it.name,
            line,
        }));
    }
    Ok(offered)
}

/// A published tone; none where it has no key or speaks a language that no ball is told in.
pub(crate) fn preset(document: &delivery::Document) -> Option<Preset> {
    let body = &document.body;
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| body[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let example = |it: &Value| Example { ball: text(it, "ball"), told: text(it, "told") };
    let version = document.published_at.as_second() - EPOCH_2020;
    Some(Preset {
        key: document.key.clone()?,
        version: u32::try_from(version).unwrap_or(1),
        language: Language::of_tag(document.language.as_str())?,
        name: text(body, "name"),
        guide: text(body, "guide"),
        examples: list("examples").iter().map(example).collect(),
        never: list("never").iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        warmth: body["warmth"].as_u64().and_then(|it| u8::try_from(it).ok()).unwrap_or(5).min(10),
    })
}

/// Says which tones are in demand here, and brings their lines to open streams, for ever.
pub async fn follow(app: App) {
    app.tones.load(&app).await;
    tokio::join!(demand::keep(&app), lines::follow(&app));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = store::testing::TestStore::new(crate::role::MIGRATIONS).await;
        for sql in demand::STATEMENTS {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }

    #[test]
    fn a_stream_has_a_tone_that_there_is_in_its_language() {
        let tones = Tones::default();
        let voice = |tone, language| tones.voice(tone, language).map(|it| (it.tone, it.language.tag()));
        assert_eq!(voice("hype", None), Some(("hype".to_owned(), "en")));
        assert_eq!(voice("hype", Some("en-GB")), Some(("hype".to_owned(), "en")));
        assert_eq!(voice("lively", Some("hi-Latn")), Some(("lively".to_owned(), "hi-Latn")));
        for (tone, language) in
            [("hype", "hi"), ("lively", "en"), ("", "en"), ("hype", "xx"), ("nobody's", "en")]
        {
            assert_eq!(voice(tone, Some(language)), None, "{tone} in {language}");
        }
        assert_eq!(voice(&"h".repeat(10_000), None), None);
    }
}
