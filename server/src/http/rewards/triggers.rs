//! What partners' servers tell of.

use super::fan::HeardShown;
use crate::app::App;
use crate::http::caller::{from_headers, refused};
use crate::http::feed::parse;
use crate::http::limits::pass_exactly;
use crate::http::openapi::alike;
use crate::http::request::{Content, Id};
use crate::http::wallet::books;
use crate::problem::{Problem, types};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, request::Parts};
use jiff::{SignedDuration, Timestamp};
use partners::{Need, PartnerKey, Scope};
use rewards::{Fact, Name, Source, Told, Trigger};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use wallet::{Books, Holder, holder};

/// Facts of one trigger, texts of one fact, and characters of a text.
const FACTS_MAX: usize = 32;
const TEXTS_MAX: usize = 20;
const TEXT_CHARS_MAX: usize = 100;
/// How far ahead of ours a partner's clock may be.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);
/// How late something may be told of: what happened before is history.
const LATE_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(&types::INVALID_VALUE, detail)
}

/// Holds a secret key with the scope `rewards`; of a test key, for its test fans.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    key: PartnerKey,
}

impl Teller {
    fn books(&self) -> Books {
        books(self.key.mode())
    }
}

impl FromRequestParts<App> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if !app.config.wallet.enabled {
            return Err(Problem::new(&types::NOT_SET_UP, "wallet.enabled is false"));
        }
        let checked = app.keys.check(from_headers(&parts.headers), None, Need::Scope(Scope::Rewards));
        let key = checked.map_err(|refusal| refused(app, parts, refusal))?;
        pass_exactly(app, &key, parts).await?;
        Ok(Self { key })
    }
}

/// Something that happened, by which a fan may earn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTrigger)]
pub(super) struct New {
    /// Your own name of it, 1 to 200 characters: told of again under it, it counts once.
    id: String,
    /// Your own word for what happened, which rules ask for: "purchase", "newsletter".
    kind: String,
    /// "fan_…", who has a wallet
    fan_id: String,
    /// The match that it belongs to, if it does.
    #[serde(default)]
    match_id: Option<String>,
    /// RFC 3339: when it happened, at most 90 days ago; now when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// What rules may ask for as `trigger.name`: names of small letters, digits and `_`; numbers, texts, lists of texts, true and false.
    #[serde(default)]
    #[schema(value_type = Object)]
    facts: BTreeMap<String, Fact>,
    /// Your own hash of the device, for caps by device.
    #[serde(default)]
    device: Option<String>,
}

impl New {
    fn check(&self, now: Timestamp) -> Result<Timestamp, Problem> {
        let at = self.at.unwrap_or(now);
        if at > now + AHEAD_MAX {
            return Err(invalid("at: it lies ahead"));
        }
        if at < now - LATE_MAX {
            return Err(invalid("at: it is more than 90 days ago"));
        }
        if self.facts.len() > FACTS_MAX {
            return Err(invalid(format!("facts: {FACTS_MAX} at most")));
        }
        let is_text = |it: &str| it.chars().count() <= TEXT_CHARS_MAX && !it.chars().any(char::is_control);
        for (name, fact) in &self.facts {
            let is_name = !name.contains('.') && Name::parse(&format!("trigger.{name}")).is_some();
            // What the trigger itself is, is not said twice.
            if !is_name || matches!(name.as_str(), "kind" | "source") {
                let detail =
                    format!("facts: {name:?} is no name of small letters, digits and _, or is one of ours");
                return Err(invalid(detail));
            }
            let is_good = match fact {
                Fact::Flag(_) | Fact::Number(_) => true,
                Fact::Text(text) => is_text(text),
                Fact::Texts(texts) => texts.len() <= TEXTS_MAX && texts.iter().all(|it| is_text(it)),
            };
            if !is_good {
                let detail = format!("facts: {name} has too many texts, or too long ones");
                return Err(invalid(detail));
            }
        }
        let is_short = |it: &Option<String>| it.as_ref().is_none_or(|it| !it.is_empty() && is_text(it));
        if !is_short(&self.device) || !is_short(&self.match_id) {
            return Err(invalid("device, match_id: 1 to 100 characters"));
        }
        Ok(at)
    }
}

/// Tells of something that happened: rules of campaigns say what the fan earns by it. It is heard once, under your id, and judged in a moment.
#[utoipa::path(post, path = "/v1/rewards/triggers", tag = "rewards", request_body = New, responses(
    (status = 202, description = "it is heard, now or before", body = HeardShown),
    alike::BadRequest,
    alike::NotFound,
    alike::Unprocessable,
))]
pub(super) async fn tell(
    teller: Teller,
    State(app): State<App>,
    Content(body): Content,
) -> Result<(StatusCode, Json<HeardShown>), Problem> {
    let new: New = parse(&body)?;
    let now = app.clock.now();
    let at = new.check(now)?;
    let organisation_id = teller.key.organisation_id();
    let books = teller.books();
    let fan = Holder { fan_id: &new.fan_id, organisation_id, books };
    let found = app.store.read("rewards.fan", async |db| holder::find(db, &fan).await).await?;
    let found = found.ok_or_else(|| Problem::unknown(&new.fan_id))?;
    let trigger = Trigger { source: Source::Partner, id: new.id, kind: new.kind, at, facts: new.facts };
    let told = Told {
        trigger: &trigger,
        books,
        scope: organisation_id,
        fan_id: Some(&found.fan_id),
        match_id: new.match_id.as_deref(),
        device: new.device.as_deref(),
    };
    let hear = async |tx: &store::Transaction<'_>| rewards::hear(tx, &told, now).await;
    let heard = app.store.run_tx("rewards.hear", hear).await?;
    Ok((StatusCode::ACCEPTED, Json(HeardShown::of(heard))))
}

/// What you told of under this id did not happen: what was earned by it is taken back, as far as it is there still.
#[utoipa::path(delete, path = "/v1/rewards/triggers/{id}", tag = "rewards",
    params(("id" = String, Path, description = "your own name of it")), responses(
    (status = 202, description = "it is taken back, now or before; before, too, where nothing was told of", body = HeardShown),
))]
pub(super) async fn take_back(
    teller: Teller,
    State(app): State<App>,
    Id(id): Id,
) -> Result<(StatusCode, Json<HeardShown>), Problem> {
    let (books, scope, now) = (teller.books(), teller.key.organisation_id(), app.clock.now());
    let take = async |tx: &store::Transaction<'_>| {
        rewards::take_back(tx, books, Source::Partner, (scope, &id), now).await
    };
    let heard = app.store.run_tx("rewards.take_back", take).await?;
    Ok((StatusCode::ACCEPTED, Json(HeardShown::of(heard))))
}
