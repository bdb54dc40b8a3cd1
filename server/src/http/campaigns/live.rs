//! What a version would cost by what was heard; going live, which asks once more where that is in doubt; and pausing.

use super::campaign::version_of;
use super::view::{Answer, Named, Pressed, Refused, View, form};
use crate::app::App;
use crate::http::dashboard::Path;
use access::{Deed, audit};
use axum::extract::State;
use axum::http::StatusCode;
use console::Mistakes;
use console::rewards::forecast::{self as pages, DAYS, DAYS_AT_FIRST, Forecast, Tried};
use jiff::SignedDuration;
use rewards::campaigns::{self, Ended, Listed, Version};
use rewards::fill;
use serde_json::json;
use std::time::Duration;

/// Of the time that a request has, what is left for the page itself.
const PAGE_SECONDS: u64 = 3;

fn days_of(text: &str) -> Result<u16, Refused> {
    match text {
        "" => Ok(DAYS_AT_FIRST),
        text => {
            let days = text.parse().ok().filter(|it| DAYS.contains(it));
            days.ok_or_else(|| Refused::filter("Choose 7, 30 or 90 days."))
        }
    }
}

/// A version that was tried, and what is left for it.
struct Looked {
    campaign: Listed,
    version: Version,
    days: u16,
    tried: Tried,
    left: i64,
}

impl Looked {
    async fn of(app: &App, view: &View, id: &str, number: &str, days: u16) -> Result<Self, Refused> {
        let campaign = view.campaign(app, id).await?;
        let number = if number.is_empty() { campaign.last_version.to_string() } else { number.to_owned() };
        let version = version_of(app, &campaign, &number).await?;
        let (books, now) = (campaign.books, view.now);
        let from = now - SignedDuration::from_hours(24 * i64::from(days));
        let organisation = campaign.organisation_id.as_deref();
        let run = app.rewards.dry_run(&version.campaign, books, organisation, (from, now));
        let seconds = app.config.http.request_seconds_max.saturating_sub(PAGE_SECONDS).max(1);
        let tried = match tokio::time::timeout(Duration::from_secs(seconds), run).await {
            Ok(run) => Tried::Ran(run?),
            Err(_) => Tried::TooSlow,
        };
        let read = app.store.read("rewards.left", async |db| fill::left(db, books, &[id]).await);
        let left = read.await?.iter().sum();
        Ok(Self { campaign, version, days, tried, left })
    }

    fn forecast<'a>(&'a self, mistakes: &'a Mistakes) -> Forecast<'a> {
        let Self { campaign, version, days, tried, left } = self;
        Forecast { campaign, version: &version.campaign, days: *days, tried, left: *left, mistakes }
    }
}

pub(super) async fn forecast(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let days = days_of(view.asked.text("days"))?;
    let looked = Looked::of(&app, &view, &id, view.asked.text("version"), days).await?;
    let none = Mistakes::default();
    Ok(form(pages::page(&view.here(), &looked.forecast(&none)), &none))
}

/// A version goes live. Where it was tried and is in doubt, whoever presses says that it is known.
pub(super) async fn go_live(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let days = days_of(fields.text("days"))?;
    let campaign = view.campaign(&app, &id).await?;
    let version = version_of(&app, &campaign, fields.text("version")).await?.campaign.version;
    let is_sure = fields.has("sure");
    if !is_sure {
        let looked = Looked::of(&app, view, &id, fields.text("version"), days).await?;
        let none = Mistakes::default();
        if !looked.forecast(&none).doubts(view.now).is_empty() {
            let mistakes = Mistakes::one(
                "sure",
                "It is not live yet. Read what is in doubt above, and tick that you know it.",
            );
            let page = pages::page(&view.here(), &looked.forecast(&mistakes));
            return Ok(crate::http::scorer::html(StatusCode::CONFLICT, page));
        }
    }
    let doubt = if is_sure { "confirmed" } else { "none" };
    change(&app, &pressed, &campaign, Some(version), json!({ "version": version, "doubt": doubt })).await?;
    Ok(view.back(&format!("/campaigns/{id}"), "live"))
}

pub(super) async fn pause(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    let view = &pressed.view;
    let campaign = view.campaign(&app, &id).await?;
    let mut mistakes = Mistakes::default();
    let why = pressed.why("pause-why", &mut mistakes);
    if let Some(text) = mistakes.of("pause-why") {
        return Err(Refused::form(text));
    }
    change(&app, &pressed, &campaign, None, json!({ "why": why })).await?;
    Ok(view.back(&format!("/campaigns/{id}"), "paused"))
}

/// Ends it for good, once.
pub(super) async fn end(State(app): State<App>, Path(Named { id }): Path<Named>, pressed: Pressed) -> Answer {
    let (view, by) = (&pressed.view, &pressed.view.by);
    let campaign = view.campaign(&app, &id).await?;
    let mut mistakes = Mistakes::default();
    let why = pressed.why("end-why", &mut mistakes);
    if let Some(text) = mistakes.of("end-why") {
        return Err(Refused::form(text));
    }
    let ended = app.store.run_tx("rewards.end", async |tx| {
        if campaigns::end(tx, &id, by.at).await? == Ended::Before {
            return Ok(());
        }
        let deed = Deed {
            organisation_id: campaign.organisation_id.as_deref(),
            action: "campaign.end",
            object: &id,
            ..Deed::default()
        };
        let deed = deed.changing(json!({ "version": campaign.live_version }), json!({ "why": why }));
        audit::record(tx, by, &deed).await.map_err(wallet::Error::from)?;
        Ok::<_, rewards::Error>(())
    });
    ended.await?;
    Ok(view.back(&format!("/campaigns/{id}"), "ended"))
}

/// What triggers are judged by from now on, with the log. What is so already is not done, nor written down, again.
async fn change(
    app: &App,
    pressed: &Pressed,
    campaign: &Listed,
    version: Option<u32>,
    after: serde_json::Value,
) -> Result<(), Refused> {
    let (by, id) = (&pressed.view.by, campaign.id.as_str());
    let changed = app.store.run_tx("rewards.go_live", async |tx| {
        campaigns::hold(tx, id).await?;
        let before = campaigns::find(tx, (campaign.books, pressed.view.whose()), id)
            .await?
            .and_then(|it| it.live_version);
        if before == version {
            return Ok(());
        }
        campaigns::go_live(tx, id, version).await?;
        let deed = Deed {
            organisation_id: campaign.organisation_id.as_deref(),
            action: if version.is_some() { "campaign.live" } else { "campaign.pause" },
            object: id,
            ..Deed::default()
        };
        let deed = deed.changing(json!({ "version": before }), after.clone());
        audit::record(tx, by, &deed).await.map_err(wallet::Error::from)?;
        Ok::<_, rewards::Error>(())
    });
    Ok(changed.await?)
}
