//! How it is all used, with the organisation's own addresses in the examples.

use super::embed::{key_for_pages, sandbox};
use super::failure::Failure;
use super::signed_in::MemberOf;
use crate::app::App;
use crate::http::scorer::html;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use console::layout::Tab;
use console::partner::docs::{self, Countries, Docs};
use partners::site;

pub(super) async fn page(State(app): State<App>, member: MemberOf) -> Result<Response, Failure> {
    let (_, key) = key_for_pages(&app, &member).await?;
    let sites = app.store.read("partners.sites", async |db| site::list(db, member.id()).await).await?;
    let site = sites.iter().flat_map(|it| &it.origins).map(ToString::to_string).find(|it| !it.contains('*'));
    let match_id = app.store.read("server.sandbox", sandbox).await?;
    let origin = member.signed_in.caller.url("")?;
    let countries =
        if app.config.http.country_header.is_empty() { Countries::NotKnown } else { Countries::Known };
    let docs = Docs {
        origin: &origin,
        site: site.as_deref().unwrap_or("https://www.example.com"),
        key: &key,
        match_id: match_id.as_deref().unwrap_or("mat_…"),
        limits: app.metering.plans.limits_of(member.id()),
        countries,
    };
    Ok(html(StatusCode::OK, docs::page(member.here(Tab::Docs, ""), docs)))
}
