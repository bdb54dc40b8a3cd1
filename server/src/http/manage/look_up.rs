//! What a key is that was found somewhere: on a page that leaked it, in a log, in a repository.

use super::caller::Manager;
use super::keys::{Kind, Shown};
use super::mode::Mode;
use crate::app::App;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::request::Content;
use crate::problem::Problem;
use access::attempts::{self, Allowed, Rule};
use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use partners::Key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Keys that an organisation's programs may look up: guessing finds none, but it need not be free.
const LOOKED_UP: Rule = Rule { name: "leaked-by-program", max: 300, within: SignedDuration::from_mins(15) };

/// A key that was found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyText {
    /// "crs_sk_live_…"
    text: String,
}

/// What a key that was found opens.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Standing {
    /// It is good.
    Works,
    /// It is revoked or has expired.
    Over,
    /// It is no key of this Crease.
    Unknown,
}

/// What there is to say of a key that was found. Of another organisation's it is no name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyFound {
    state: Standing,
    /// Of one that works.
    kind: Option<Kind>,
    mode: Option<Mode>,
    /// The key itself, where it is your organisation's.
    key: Option<Shown>,
}

/// Says what a text opens that looks like a key: whether it is one, whether it works, whether it is yours.
#[utoipa::path(post, path = "/v1/keys/look-up", tag = "keys", request_body = KeyText, responses(
    (status = 200, body = KeyFound),
    alike::BadRequest,
    (status = 429, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn look_up(
    State(app): State<App>,
    manager: Manager,
    Content(body): Content,
) -> Result<Json<KeyFound>, Problem> {
    let KeyText { text } = parse(&body)?;
    let (organisation, now) = (manager.organisation_id(), manager.by.at);
    let counted = app
        .store
        .run_tx("partners.look_up", async |tx| attempts::count(tx, LOOKED_UP, organisation, now).await);
    if let Allowed::No { until } = counted.await.map_err(partners::Error::from)? {
        let what = format!("your programs have looked up {} keys", LOOKED_UP.max);
        return Err(Problem::too_often(&what, until, now));
    }
    let Some(record) = Key::parse(text.trim()).ok().and_then(|it| app.keys.find(&it)) else {
        return Ok(Json(KeyFound { state: Standing::Unknown, kind: None, mode: None, key: None }));
    };
    let key = (record.organisation_id == organisation).then(|| Shown::from(&*record));
    Ok(Json(if record.is_over(now) {
        KeyFound { state: Standing::Over, kind: None, mode: None, key }
    } else {
        KeyFound {
            state: Standing::Works,
            kind: Some(record.kind.into()),
            mode: Some(record.mode.into()),
            key,
        }
    }))
}
