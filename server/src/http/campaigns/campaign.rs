//! One campaign, and one version of it.

use super::list::names_of;
use super::view::{Answer, Named, Refused, View, form, html};
use crate::app::App;
use crate::http::dashboard::Path;
use axum::extract::State;
use console::controls::Filled;
use console::rewards::{campaign as pages, version as version_page};
use console::{Fields, Mistakes};
use rewards::campaigns::{self, Listed, Version};
use rewards::{figures, fill};
use serde::Deserialize;
use wallet::TransferId;

/// Versions that are listed.
const VERSIONS_MAX: i64 = 50;

pub(super) async fn show(State(app): State<App>, Path(Named { id }): Path<Named>, view: View) -> Answer {
    let campaign = view.campaign(&app, &id).await?;
    let fields = Fields::of([("id", TransferId::fresh().to_string().as_str())]);
    shown(&app, &view, &campaign, Filled { fields: &fields, mistakes: &Mistakes::default() }).await
}

/// With the form that fills its budget as it was filled in.
pub(super) async fn shown(app: &App, view: &View, campaign: &Listed, filled: Filled<'_>) -> Answer {
    let (id, books) = (campaign.id.as_str(), campaign.books);
    let read = app.store.read("rewards.campaign", async |db| {
        let versions = campaigns::versions(db, id, VERSIONS_MAX).await?;
        let live = match campaign.live_version {
            Some(number) => campaigns::version(db, id, number).await?,
            None => None,
        };
        let (figures, fills) = (figures::of_rules(db, id).await?, fill::of_campaign(db, id).await?);
        let left = fill::left(db, books, &[id]).await?.iter().sum();
        Ok::<_, rewards::Error>((versions, live, figures, fills, left))
    });
    let (versions, live, figures, fills, left) = read.await?;
    let by = versions.iter().map(|it| it.made_by.as_str()).chain(fills.iter().map(|it| it.by.as_str()));
    let names = view.names(app, by).await?;
    let organisation = organisation_of(app, campaign).await?;
    let page = pages::Shown {
        campaign,
        organisation: organisation.as_deref(),
        versions: &versions,
        live: live.as_ref(),
        figures: &figures,
        fills: &fills,
        left,
        names: &names,
        form: filled,
    };
    Ok(form(pages::show(&view.here(), &page), filled.mistakes))
}

/// The name of whose fans it is for; none: of all.
async fn organisation_of(app: &App, campaign: &Listed) -> Result<Option<String>, Refused> {
    let Some(id) = &campaign.organisation_id else { return Ok(None) };
    let name = names_of(app, &[id]).await?.remove(id);
    Ok(Some(name.unwrap_or_else(|| id.clone())))
}

/// A version that an address or a form names.
pub(super) async fn version_of(app: &App, campaign: &Listed, number: &str) -> Result<Version, Refused> {
    let unknown = || Refused::not_found("This campaign has no such version.");
    let number: u32 = number.parse().map_err(|_| unknown())?;
    let id = campaign.id.as_str();
    let read = app.store.read("rewards.version", async |db| campaigns::version(db, id, number).await);
    read.await?.ok_or_else(unknown)
}

/// What a version's address names.
#[derive(Debug, Deserialize)]
pub(super) struct NamedVersion {
    id: String,
    number: String,
}

pub(super) async fn version(
    State(app): State<App>,
    Path(NamedVersion { id, number }): Path<NamedVersion>,
    view: View,
) -> Answer {
    let campaign = view.campaign(&app, &id).await?;
    let version = version_of(&app, &campaign, &number).await?;
    let names = view.names(&app, std::iter::once(version.made_by.as_str())).await?;
    Ok(html(version_page::page(&view.here(), &campaign, &version, &names)))
}
