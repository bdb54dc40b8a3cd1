//! What partners' own programs manage with a secret key of the scope `manage`: all that the dashboard does, as JSON.

mod audit;
mod caller;
pub(super) mod idempotency;
mod identity;
mod keys;
mod limits;
mod look_up;
mod mode;
mod now;
mod organisation;
pub(super) mod page;
mod sites;
mod snippets;
mod team;
mod tickets;
mod usage;
mod webhooks;

#[cfg(test)]
pub(super) use idempotency::STATEMENTS;
pub(crate) use idempotency::{MIGRATIONS, forget_over};

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use utoipa::OpenApi;

/// Fifty origins and some: far less than this.
const BODY_BYTES_MAX: usize = 32 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/organisation", get(organisation::show).patch(organisation::change))
        .route("/v1/sites", get(sites::list).post(sites::create))
        .route("/v1/sites/{id}", get(sites::show).patch(sites::change).delete(sites::remove))
        .route("/v1/keys", get(keys::list).post(keys::issue))
        .route("/v1/keys/{id}", get(keys::show).patch(keys::change))
        .route("/v1/keys/{id}/limits", get(limits::of_key).put(limits::set_of_key))
        .route("/v1/limits", get(limits::show))
        .route("/v1/keys/{id}/origins", get(usage::origins_of_key))
        .route("/v1/keys/{id}/rotate", post(keys::rotate))
        .route("/v1/keys/{id}/revoke", post(keys::revoke))
        .route("/v1/keys/look-up", post(look_up::look_up))
        .route("/v1/snippets", post(snippets::write))
        .route("/v1/members", get(team::members))
        .route("/v1/members/{id}", get(team::member).patch(team::change).delete(team::remove))
        .route("/v1/invites", get(team::invites).post(team::invite))
        .route("/v1/invites/{id}", get(team::show_invite).delete(team::take_back))
        .route("/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/v1/webhooks/{id}", get(webhooks::show).patch(webhooks::change).delete(webhooks::remove))
        .route("/v1/webhooks/{id}/secret", get(webhooks::secret))
        .route("/v1/webhooks/{id}/rotate", post(webhooks::rotate))
        .route("/v1/webhooks/{id}/test", post(webhooks::test))
        .route("/v1/webhooks/{id}/deliveries", get(webhooks::deliveries))
        .route("/v1/webhooks/{id}/deliveries/replay", post(webhooks::replay_failed))
        .route("/v1/webhooks/{id}/deliveries/{message}", get(webhooks::message))
        .route("/v1/webhooks/{id}/deliveries/{message}/replay", post(webhooks::replay))
        .route("/v1/identity/secrets", get(identity::list).post(identity::make))
        .route("/v1/identity/secrets/rotate", post(identity::rotate))
        .route("/v1/identity/secrets/{id}", get(identity::show))
        .route("/v1/identity/secrets/{id}/revoke", post(identity::revoke))
        .route("/v1/audit", get(audit::list))
        .route("/v1/usage", get(usage::show))
        .route("/v1/usage/now", get(now::show))
        .route("/v1/usage.csv", get(usage::csv))
        .route("/v1/usage/by/{dimension}", get(usage::by))
        .route("/v1/usage/refusals", get(usage::refusals))
        .route("/v1/usage/refusals/origins", get(usage::refused_origins))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What pages ask for too: a browser's EventSource takes a ticket where it can send no header.
pub(super) fn tickets() -> Router<App> {
    Router::new()
        .route("/v1/tickets", post(tickets::issue))
        .route("/v1/tickets/renew", post(tickets::renew))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// These routes, for the description of the whole API.
#[derive(OpenApi)]
#[openapi(
    paths(
        organisation::show, organisation::change, sites::list, sites::create, sites::show, sites::change, sites::remove, keys::list,
        keys::issue, keys::show, keys::change, keys::rotate, keys::revoke, look_up::look_up, snippets::write, team::members, team::member, team::change, team::remove, team::invites,
        team::show_invite, team::invite, team::take_back, audit::list, tickets::issue, tickets::renew, webhooks::list,
        webhooks::create, webhooks::show, webhooks::change, webhooks::remove, webhooks::rotate, webhooks::test, webhooks::deliveries,
        webhooks::replay, webhooks::replay_failed, webhooks::message, webhooks::secret, now::show, usage::show, usage::csv, usage::by, usage::refusals, usage::refused_origins, usage::origins_of_key, limits::show, limits::of_key,
        limits::set_of_key,
        identity::list, identity::make, identity::rotate, identity::show, identity::revoke,
    ),
    tags(
        (name = "organisation", description = "Your organisation, its members and its audit log"),
        (name = "sites", description = "Your sites and their origins"),
        (name = "keys", description = "API keys, and tickets made with them"),
        (name = "usage", description = "What your fans did; a secret key with the scope usage"),
        (name = "identity", description = "What your servers sign your users' ids with"),
        (name = "webhooks", description = "Where your servers are told what happens"),
    ),
)]
pub(super) struct Description;
