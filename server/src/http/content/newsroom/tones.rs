//! What becomes of balls that are told in tones, and a place to try one.

use crate::app::App;
use crate::feed::log;
use crate::http::content::desk::{Answer, Desk, Pressed};
use crate::http::content::refusal::Refused;
use crate::http::scorer;
use crate::tones::model::Settings;
use crate::tones::{self, demand};
use axum::extract::State;
use axum::http::StatusCode;
use cms::Error;
use cms::rights::Role;
use commentary::{Ball, Facts, Preset, Refusal, Retell, Source, figures, guard, line, phrases};
use console::content::newsroom::tones::{self as pages, Followed, Live, Playground, Spent, Tried};
use console::controls::Filled;
use console::{Fields, Mistakes};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

/// Tones of matches that are shown, and balls of each.
const FOLLOWED_MAX: i64 = 20;
const BALLS_MAX: i64 = 5;
/// What asking from here is charged to: as a match, with a match's budget.
const GAME: &str = "playground";

pub(super) async fn page(State(app): State<App>, desk: Desk) -> Answer {
    drawn(&app, &desk, (&Fields::default(), &Mistakes::default()), None).await
}

/// Tries a tone; nothing is kept but what a model's answer costs.
pub(super) async fn tried(State(app): State<App>, Pressed { desk, form, .. }: Pressed) -> Answer {
    let presets = app.store.read("tones.read", async |client| tones::read(client).await).await?;
    let mut mistakes = Mistakes::default();
    let preset = presets.into_iter().find(|it| pages::value(it) == form.text("tone"));
    if preset.is_none() {
        mistakes.add("tone", "Choose a tone.");
    }
    let sample = pages::samples().into_iter().find(|it| it.0 == form.text("ball"));
    if sample.is_none() {
        mistakes.add("ball", "Choose a ball.");
    }
    for (name, max) in [("guide", pages::GUIDE_MAX), ("line", pages::LINE_MAX)] {
        if form.text(name).chars().count() > usize::from(max) {
            mistakes.add(name, format!("It has {max} characters at most."));
        }
    }
    let (Some(mut preset), Some((_, _, facts)), true) = (preset, sample, mistakes.is_empty()) else {
        return drawn(&app, &desk, (&form, &mistakes), None).await;
    };
    if !form.text("guide").is_empty() {
        form.text("guide").clone_into(&mut preset.guide);
        // Nothing that was made for the tone as it is.
        preset.version = 0;
    }
    let is_asked = form.text("do") == "ask";
    let role = desk.editor.rights.role;
    if is_asked && role <= Role::Translator {
        return Err(Error::Denied { role, what: "ask a model".to_owned() }.into());
    }
    let tried = Tried {
        offline: phrases::tell(&facts, &preset, phrases::seed(GAME, &preset.key, 0)),
        typed: Some(form.text("line"))
            .filter(|it| !it.is_empty())
            .map(|it| guard::check(&facts, &preset, it)),
        asked: if is_asked { asked(&app, &facts, &preset).await } else { None },
    };
    drawn(&app, &desk, (&form, &mistakes), Some(&tried)).await
}

/// What the model makes of it; none where there is no model.
async fn asked(app: &App, facts: &Facts, preset: &Preset) -> Option<(String, String, Vec<Refusal>)> {
    // What is wrong with the section was told at the start.
    let settings = Settings::of(&app.config.commentary).ok()?;
    let retell = Retell::new(app.store.clone(), app.clock.clone(), Some(settings.model?), settings.terms);
    let ball = Ball { game: GAME, innings: 0, ball: 0, number: 0, facts };
    let told = retell.tell(&ball, std::slice::from_ref(preset), &CancellationToken::new()).await.pop()?;
    let source = match &told.source {
        Source::Offline { why } => format!("our phrases stand: {why}"),
        other => other.name().to_owned(),
    };
    Some((told.text, source, told.refusals))
}

async fn drawn(
    app: &App,
    desk: &Desk,
    (fields, mistakes): (&Fields, &Mistakes),
    tried: Option<&Tried>,
) -> Answer {
    let seen = app.store.read("tones.seen", async |client| seen(client, desk.now).await);
    let (lines, calls, followed, presets) = seen.await?;
    let today = commentary::spent_on_day(&app.store, desk.now).await.map_err(SeenError::from)?;
    let settings = &app.config.commentary;
    let model = (settings.model != crate::config::Teller::None).then_some(settings.model_name.as_str());
    let spent = Spent { model, today, day_max: settings.micros_per_day_max };
    let live = Live { spent, followed: &followed, lines: &lines, calls: &calls };
    let playground = Playground { presets: &presets, form: Filled { fields, mistakes }, tried };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(scorer::html(status, pages::page(&desk.here(""), &live, &playground)))
}

type Seen = (Vec<figures::Lines>, Vec<figures::Calls>, Vec<Followed>, Vec<Preset>);

/// Why nothing is seen.
#[derive(Debug, thiserror::Error)]
enum SeenError {
    #[error(transparent)]
    Content(#[from] Error),
    #[error(transparent)]
    Commentary(#[from] commentary::Error),
    #[error(transparent)]
    Log(#[from] log::LogError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<SeenError> for Refused {
    fn from(error: SeenError) -> Self {
        match error {
            SeenError::Content(error) => error.into(),
            SeenError::Commentary(error) => Self::of(error.into()),
            SeenError::Log(error) => Self::of(error.into()),
            SeenError::Store(error) => Self::of(error.into()),
        }
    }
}

async fn seen(client: &store::Client<'_>, now: Timestamp) -> Result<Seen, SeenError> {
    let midnight = TimeZone::UTC.to_timestamp(TimeZone::UTC.to_datetime(now).start_of_day()).unwrap_or(now);
    let lines = figures::lines(client, now, None).await?;
    let calls = figures::calls(client, midnight, None).await?;
    let mut followed = Vec::new();
    for (match_id, voice) in demand::all(client, now, FOLLOWED_MAX).await? {
        let title = log::match_by_id(client, &match_id).await?.map_or_else(
            || match_id.clone(),
            |it| it.setup.teams.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" v "),
        );
        let last = line::last(client, &match_id, (&voice.tone, voice.language), BALLS_MAX).await?;
        let lines = last.into_iter().map(|it| (it.text, it.source)).collect();
        let language = voice.language.tag().to_owned();
        followed.push(Followed { match_id, title, tone: voice.tone, language, lines });
    }
    Ok((lines, calls, followed, tones::read(client).await?))
}
