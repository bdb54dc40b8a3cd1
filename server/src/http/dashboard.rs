//! What partners see under `/console`: accounts, organisations, sites, keys, the code to paste. The pages are the crate `console`'s; what is
//! pressed is done by the crates `access` and `partners`, which write it into the audit log.

mod account;
mod asked;
mod docs;
mod door;
mod embed;
mod failure;
mod human;
mod identity;
mod invitation;
mod keys;
pub(super) mod letters;
mod oidc;
mod organisations;
mod passkeys;
mod redeem;
mod settings;
mod signed_in;
mod sites;
mod swap;
mod team;
mod usage;
mod webhooks;

pub(super) use asked::Path;
#[cfg(test)]
pub(super) use embed::STATEMENTS;
pub(in crate::http) use embed::frame as preview_frame;
pub(crate) use embed::preview_key;
pub(super) use embed::{prefix_for_pages, sandbox};
pub(super) use signed_in::{MemberOf, PressedIn, SignedIn, address, base};

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

/// Fifty origins and some: far less than this.
const BODY_BYTES_MAX: usize = 32 * 1024;

/// Where who is not signed in is sent.
const SIGN_IN: &str = "/console/sign-in";

pub(super) fn routes() -> Router<App> {
    let doors = Router::new()
        .route("/console", get(organisations::home))
        .route("/console/sign-up", get(door::sign_up_form).post(door::sign_up))
        .route("/console/welcome/{token}", get(door::welcome_form).post(door::welcome))
        .route(SIGN_IN, get(door::sign_in_form).post(door::sign_in))
        .route("/console/sign-in/code", get(door::code_form).post(door::code))
        .route("/console/sign-in/passkey", post(passkeys::sign_in))
        .route("/console/sign-in/passkey/begin", post(passkeys::begin_sign_in))
        .route("/console/sign-in/with/{provider}", get(oidc::leave))
        .route("/console/sign-in/with/{provider}/back", get(oidc::back))
        .route("/console/sign-up/with", get(oidc::newcomer_form).post(oidc::newcomer_sent))
        .route("/console/sign-out", post(door::sign_out))
        .route("/console/reset", get(door::reset_form).post(door::reset))
        .route("/console/reset/{token}", get(door::new_password_form).post(door::new_password))
        .route("/console/invite/{token}", get(invitation::form).post(invitation::accept))
        .route("/console/email/{token}", get(account::email_form).post(account::email_proved));
    let own = Router::new()
        .route("/console/account", get(account::page))
        .route("/console/account/profile", post(account::profile))
        .route("/console/account/email", post(account::email))
        .route("/console/account/password", post(account::password))
        .route("/console/account/factor/enrol", post(account::enrol))
        .route("/console/account/factor/confirm", post(account::confirm))
        .route("/console/account/factor/codes", post(account::codes))
        .route("/console/account/factor/off", post(account::factor_off))
        .route("/console/account/passkeys", post(passkeys::add))
        .route("/console/account/passkeys/begin", post(passkeys::begin_adding))
        .route("/console/account/passkeys/{passkey}/remove", post(passkeys::remove))
        .route("/console/account/identities", post(oidc::begin_link))
        .route("/console/account/identities/{identity}/unlink", post(oidc::unlink))
        .route("/console/account/devices/end", post(account::end_device))
        .route("/console/account/devices/end-others", post(account::end_other_devices))
        .route("/console/leaked", get(keys::leaked_form).post(keys::leaked))
        .route("/console/preview", get(embed::preview))
        .route("/redeem", get(redeem::scanned));
    let organisation = Router::new()
        .route("/console/organisations", get(organisations::list).post(organisations::create))
        .route("/console/o/{org}", get(organisations::overview))
        .route("/console/o/{org}/watching", get(organisations::watching))
        .route("/console/o/{org}/start", get(sites::start_form).post(sites::start))
        .route("/console/o/{org}/embed", get(embed::generator).post(embed::generator_with_key))
        .route("/console/o/{org}/sites", get(sites::list).post(sites::create))
        .route("/console/o/{org}/sites/new", get(sites::blank))
        .route("/console/o/{org}/sites/{site}", get(sites::show).post(sites::change))
        .route("/console/o/{org}/sites/{site}/remove", post(sites::remove))
        .route("/console/o/{org}/sites/{site}/allow", post(usage::allow))
        .route("/console/o/{org}/usage", get(usage::page))
        .route("/console/o/{org}/usage.csv", get(usage::csv))
        .route("/console/o/{org}/redeem", get(redeem::form).post(redeem::look))
        .route("/console/o/{org}/redeem/confirm", post(redeem::confirm))
        .route("/console/o/{org}/keys", get(keys::list).post(keys::issue))
        .route("/console/o/{org}/keys/new", get(keys::blank))
        .route("/console/o/{org}/keys/{key}", get(keys::show))
        .route("/console/o/{org}/keys/{key}/name", post(keys::rename))
        .route("/console/o/{org}/keys/{key}/limits", post(keys::limit))
        .route("/console/o/{org}/keys/{key}/rotate", post(keys::rotate))
        .route("/console/o/{org}/keys/{key}/revoke", post(keys::revoke))
        .route("/console/o/{org}/identity", get(identity::list).post(identity::make))
        .route("/console/o/{org}/identity/new", get(identity::blank))
        .route("/console/o/{org}/identity/{secret}", get(identity::show))
        .route("/console/o/{org}/identity/{secret}/revoke", post(identity::revoke))
        .route("/console/o/{org}/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/console/o/{org}/webhooks/new", get(webhooks::blank))
        .route("/console/o/{org}/webhooks/{webhook}", get(webhooks::show).post(webhooks::change))
        .route("/console/o/{org}/webhooks/{webhook}/test", post(webhooks::test))
        .route("/console/o/{org}/webhooks/{webhook}/replay", post(webhooks::replay_failed))
        .route("/console/o/{org}/webhooks/{webhook}/disable", post(webhooks::disable))
        .route("/console/o/{org}/webhooks/{webhook}/enable", post(webhooks::enable))
        .route("/console/o/{org}/webhooks/{webhook}/reveal", post(webhooks::reveal))
        .route("/console/o/{org}/webhooks/{webhook}/rotate", post(webhooks::rotate))
        .route("/console/o/{org}/webhooks/{webhook}/remove", post(webhooks::remove))
        .route("/console/o/{org}/webhooks/{webhook}/messages/{message}", get(webhooks::message))
        .route("/console/o/{org}/webhooks/{webhook}/messages/{message}/replay", post(webhooks::replay))
        .route("/console/o/{org}/team", get(team::page))
        .route("/console/o/{org}/team/invites", post(team::invite))
        .route("/console/o/{org}/team/invites/{invite}/take-back", post(team::take_back))
        .route("/console/o/{org}/team/{user}/role", post(team::set_role))
        .route("/console/o/{org}/team/{user}/remove", post(team::remove))
        .route("/console/o/{org}/docs", get(docs::page))
        .route("/console/o/{org}/audit", get(settings::audit))
        .route("/console/o/{org}/settings", get(settings::page).post(settings::rename));
    let all = doors.merge(own).merge(organisation).layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    all.layer(middleware::from_fn(swap::whole_pages))
}
