//! What is planned: a month of it, and what was not done as planned.

use super::done;
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, html};
use crate::http::content::matches;
use crate::http::content::refusal::Refused;
use axum::extract::State;
use cms::schedule::{self, Schedule};
use cms::schema::kind;
use cms::{Error, list, release};
use console::content::newsroom::calendar::{self as pages, Calendar, Plan};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use store::Client;

/// What was not done as planned is told for so long.
const TROUBLE_DAYS: i64 = 14;

pub(super) async fn page(State(app): State<App>, desk: Desk) -> Answer {
    let zone = Some(desk.asked.text("zone")).filter(|it| !it.is_empty()).unwrap_or("UTC");
    let time_zone = TimeZone::get(zone)
        .map_err(|_| Refused::from(Error::Zone { zone: zone.chars().take(40).collect() }))?;
    let now = desk.now;
    let month = match desk.asked.text("month") {
        "" => Some(pages::month_of(now, &time_zone)),
        text => pages::month(text),
    };
    let not_ours = || Refused::filter("A month is written so: 2026-12.");
    let month = month.ok_or_else(not_ours)?;
    let (from, until) = pages::span(month, &time_zone).ok_or_else(not_ours)?;
    let since = now.saturating_sub(SignedDuration::from_hours(24 * TROUBLE_DAYS)).unwrap_or(now);
    let own = desk.editor.rights.kinds.as_ref();
    let read = app.store.read("cms.calendar", async |db| {
        let plans = schedule::calendar(db, from, until).await?;
        let moments = schedule::of_moments(db).await?;
        let troubled = schedule::troubled(db, since, now).await?;
        let of_matches: BTreeSet<String> =
            moments.iter().filter_map(|it| it.moment.as_ref().map(|it| it.0.clone())).collect();
        let of_matches: Vec<String> = of_matches.into_iter().collect();
        let matches = matches::names(db, &of_matches).await?;
        let plans =
            [named(db, plans, own).await?, named(db, moments, own).await?, named(db, troubled, own).await?];
        Ok::<_, Error>((plans, matches))
    });
    let ([plans, moments, troubled], matches) = read.await?;
    let calendar = Calendar {
        month,
        zone,
        time_zone: &time_zone,
        plans: &plans,
        moments: &moments,
        troubled: &troubled,
        matches: &matches,
    };
    Ok(html(pages::page(&desk.here(done(&desk)), &calendar)))
}

/// With what they are called; without entries of types that are not theirs to see.
async fn named(
    client: &Client<'_>,
    all: Vec<Schedule>,
    own: Option<&BTreeSet<String>>,
) -> Result<Vec<Plan>, Error> {
    let entries: Vec<String> = all.iter().filter_map(|it| it.entry.as_ref().map(|it| it.0.clone())).collect();
    let releases: Vec<String> = all.iter().filter_map(|it| it.release.clone()).collect();
    let lines = list::named(client, &entries).await?;
    let lines: BTreeMap<&str, (&str, &str)> =
        lines.iter().map(|it| (it.entry.as_str(), (it.kind.as_str(), it.title.as_str()))).collect();
    let titles = release::named(client, &releases).await?;
    let titles: BTreeMap<&str, &str> = titles.iter().map(|it| (it.id.as_str(), it.title.as_str())).collect();
    let plan = |schedule: Schedule| {
        let (title, noun) = match (&schedule.entry, &schedule.release) {
            (Some((id, _)), _) => {
                let (of, title) = lines.get(id.as_str()).copied().unwrap_or_default();
                if own.is_some_and(|own| !own.contains(of)) {
                    return None;
                }
                (title, kind(of).map_or("Entry", |it| it.facts.noun))
            }
            (None, Some(id)) => (titles.get(id.as_str()).copied().unwrap_or_default(), "Release"),
            (None, None) => return None,
        };
        Some(Plan { title: title.to_owned(), noun, schedule })
    };
    Ok(all.into_iter().filter_map(plan).collect())
}
