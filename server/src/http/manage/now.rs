//! Who watches now.

use super::caller::Reporter;
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use partners::key;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Streams that are open now, with all keys together, with those of each site and with each: where there are none, nothing is said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageNow)]
pub(super) struct Shown {
    /// RFC 3339
    at: String,
    /// Of test keys too.
    streams: u64,
    /// In the order of their ids.
    sites: Vec<OfSite>,
    /// In the order of their ids.
    keys: Vec<OfKey>,
}

/// Streams of a site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageNowOfSite)]
struct OfSite {
    /// "sit_…"
    site: String,
    streams: u64,
}

/// Streams of a key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageNowOfKey)]
struct OfKey {
    /// "key_…"
    key: String,
    streams: u64,
}

/// How many watch now: what the dashboard's overview counts. Streams of our other processes are as they were a few seconds ago, so that parts
/// may add up to a little more or less than the whole.
#[utoipa::path(get, path = "/v1/usage/now", tag = "usage", responses((status = 200, body = Shown)))]
pub(super) async fn show(State(app): State<App>, reporter: Reporter) -> Result<Json<Shown>, Problem> {
    let organisation = reporter.organisation_id();
    let read = app.store.read("partners.keys", async |db| key::of_organisation(db, organisation).await);
    let mut keys = read.await?;
    keys.retain(|it| !it.is_over(reporter.now()));
    keys.sort_by(|one, two| one.id.cmp(&two.id));
    let ids: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
    let streams = app.census.total_of_organisation(organisation).await;
    let of_keys = app.census.totals_of_keys(&ids).await;
    let mut sites = BTreeMap::new();
    for (key, streams) in keys.iter().zip(&of_keys).filter(|it| *it.1 > 0) {
        if let Some(site) = &key.site_id {
            *sites.entry(site.clone()).or_default() += streams;
        }
    }
    let of_keys = keys.iter().zip(of_keys).filter(|it| it.1 > 0);
    Ok(Json(Shown {
        at: reporter.now().to_string(),
        streams,
        sites: sites.into_iter().map(|(site, streams)| OfSite { site, streams }).collect(),
        keys: of_keys.map(|(key, streams)| OfKey { key: key.id.clone(), streams }).collect(),
    }))
}
