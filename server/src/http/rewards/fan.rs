//! A fan's own view of rewards, and what a page tells of the fan.

use crate::app::App;
use crate::feed::log;
use crate::http::dashboard::address;
use crate::http::feed::parse;
use crate::http::openapi::alike;
use crate::http::place::{Place, Whom};
use crate::http::request::Content;
use crate::http::wallet::fan::{Owner, private};
use crate::problem::Problem;
use access::place::{self, Code, Verdict};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use rewards::{Fact, Heard, Watching};
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Something that was earned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Earned)]
struct Earned {
    /// The transfer, "trf_…"
    id: String,
    /// What it is called: "Every six while you watch".
    title: String,
    /// "cmp_…", and the rule within it
    campaign: String,
    rule: String,
    /// Points
    units: i64,
    /// earned: it is about to be paid; paid; refused: the budget is used up, or the wallet frozen; taken: it was taken back.
    state: &'static str,
    /// RFC 3339
    earned_at: String,
}

/// What can be earned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mission)]
struct Mission {
    campaign: String,
    rule: String,
    title: String,
    /// Points, each time.
    units: i64,
    /// Of a streak: how many days or times it goes on for so far; else null.
    done: Option<u32>,
    /// How many it takes.
    of: Option<u32>,
    /// What it brings then, beside `units`.
    bonus: Option<i64>,
    earned_today: i64,
    /// What can be earned today still; null where there is no limit.
    left_today: Option<i64>,
    /// RFC 3339
    ends_at: String,
}

/// What a fan sees of rewards.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rewards)]
pub(super) struct Shown {
    /// By what was earned so far; null for who is of none.
    tier: Option<String>,
    /// The newest twenty.
    earned: Vec<Earned>,
    missions: Vec<Mission>,
}

/// What was earned, and what can be.
#[utoipa::path(get, path = "/v1/rewards", tag = "rewards", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is: a JWT that your server signed, or user=…&expires=…&signature=…"),
), responses(
    (status = 200, body = Shown),
    (status = 401, description = "no good key, or nobody who is believed", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(owner: Owner, State(app): State<App>) -> Result<Response, Problem> {
    let holder = owner.holder();
    let (fan_id, organisation_id) = (holder.fan_id, holder.organisation_id);
    let sees = app.rewards.of_fan(fan_id, organisation_id, holder.books, app.clock.now()).await?;
    let earned = sees.earned.into_iter().map(|it| Earned {
        id: it.id.to_string(),
        title: it.title,
        campaign: it.campaign,
        rule: it.rule,
        units: it.units,
        state: it.state.word(),
        earned_at: it.earned_at.to_string(),
    });
    let missions = sees.missions.into_iter().map(|it| Mission {
        campaign: it.campaign,
        rule: it.rule,
        title: it.title,
        units: it.units,
        done: it.streak.map(|it| it.done),
        of: it.streak.map(|it| it.of),
        bonus: it.streak.map(|it| it.units),
        earned_today: it.earned_today,
        left_today: it.left_today,
        ends_at: it.ends_at.to_string(),
    });
    let shown = Shown { tier: sees.tier, earned: earned.collect(), missions: missions.collect() };
    Ok(private(Json(shown)))
}

/// Where a request comes from: what rules may ask of the place, and whose device it may be.
#[derive(Debug)]
pub(in crate::http) struct Whence {
    device: String,
    place: Place,
}

impl Whence {
    /// A hash that says nothing but whether two are the same.
    pub(in crate::http) fn device(&self) -> &str {
        &self.device
    }
}

/// By which name rules ask for fences.
const FENCE: &str = "place.fence";
/// Fences that rules may ask for at once; whoever is within more of them is not known to be.
const FENCES_MAX: usize = 8;

impl FromRequestParts<App> for Whence {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self { device: device(parts, app), place: Place::from_request_parts(parts, app).await? })
    }
}

impl Whence {
    /// What rules may ask of the place: the country, the part of it, and of the fences that live campaigns ask for those that let the fan in. One
    /// that is said has to.
    async fn facts(
        &self,
        app: &App,
        wallet: &wallet::Wallet,
        said: Option<&str>,
    ) -> Result<BTreeMap<String, Fact>, Problem> {
        let (books, organisation_id) = (wallet.books, wallet.organisation_id.as_str());
        let whom = Whom { organisation_id, fan_id: Some(&wallet.fan_id) };
        let mut within = Vec::new();
        if let Some(fence_id) = said {
            self.place.within(app, whom, fence_id).await?;
            within.push(fence_id.to_owned());
        }
        let live =
            app.store.read("rewards.live", async |db| app.rewards.live(db, books, organisation_id).await);
        let live = live.await?;
        let mut asked: BTreeSet<&str> = live.iter().flat_map(|it| it.texts_asked(FENCE)).collect();
        asked.retain(|it| Some(*it) != said);
        for fence_id in asked.into_iter().take(FENCES_MAX) {
            match self.place.decide(app, whom, fence_id).await {
                Ok(judged) if judged.decision.verdict == Verdict::Allowed => within.push(fence_id.to_owned()),
                // Nobody is within one that there is not.
                Ok(_) | Err(place::Error::Unknown { .. } | place::Error::Retired { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let (country, part) = self.place.region(app);
        let text = |name: &str, code: Option<Code>| Some((name.to_owned(), Fact::Text(code?.to_string())));
        let mut facts: BTreeMap<_, _> =
            [text("place.country", country), text("place.part", part)].into_iter().flatten().collect();
        if !within.is_empty() {
            facts.insert(FENCE.to_owned(), Fact::Texts(within));
        }
        Ok(facts)
    }
}

/// A hash of network and browser, with a key of ours: it says nothing but whether two are the same.
fn device(parts: &Parts, app: &App) -> String {
    let keys = app.seal.derive("devices");
    let key = keys.first().expect("a seal has a key");
    let agent = parts.headers.get(header::USER_AGENT).map(|it| it.as_bytes()).unwrap_or_default();
    let mut text = address(parts).to_string().into_bytes();
    text.push(0);
    text.extend_from_slice(agent);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &text);
    tag.as_ref().iter().take(16).map(|it| format!("{it:02x}")).collect()
}

/// A match that a page shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfMatch {
    /// "mat_…"
    #[serde(rename = "match")]
    match_id: String,
}

/// The match, if the fan can earn by it: with a test key the sandbox match, else one in earnest.
async fn of_match(owner: &Owner, app: &App, body: &[u8]) -> Result<log::MatchRow, Problem> {
    let OfMatch { match_id } = parse(body)?;
    let found = app.store.read("rewards.match", async |db| log::match_by_id(db, &match_id).await).await;
    let found = found.map_err(|error| Problem::internal(&error))?;
    let is_its = |it: &log::MatchRow| it.sandbox == (owner.mode() == partners::Mode::Test);
    found.filter(is_its).ok_or_else(|| Problem::unknown(&match_id))
}

/// From now on what happens in the match may earn the fan something: a page says it once, when it shows the match.
#[utoipa::path(post, path = "/v1/rewards/follow", tag = "rewards", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), request_body = OfMatch, responses(
    (status = 204, description = "it does"),
    alike::BadRequest,
    alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn follow(
    owner: Owner,
    State(app): State<App>,
    Content(body): Content,
) -> Result<StatusCode, Problem> {
    let row = of_match(&owner, &app, &body).await?;
    let wallet = owner.open(&app).await?;
    let now = app.clock.now();
    let follow = async |tx: &store::Transaction<'_>| rewards::follow(tx, &row.id, &wallet.fan_id, now).await;
    app.store.run_tx("rewards.follow", follow).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a beat comes to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Watched)]
pub(super) struct WatchedShown {
    /// Of this match so far.
    minutes: i32,
}

/// The fan is watching still: a page says it about once a minute while it shows a match that is being played. What is counted is one minute a
/// minute, however often it is said; each ten are something that may earn.
#[utoipa::path(post, path = "/v1/rewards/watched", tag = "rewards", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    ("Crease-Place" = Option<String>, Header, description = "What the browser says of where it is, for campaigns that ask for it"),
), request_body = OfMatch, responses(
    (status = 202, body = WatchedShown),
    alike::BadRequest,
    alike::NotFound,
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn watched(
    owner: Owner,
    from: Whence,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let row = of_match(&owner, &app, &body).await?;
    let wallet = owner.open(&app).await?;
    let (now, facts) = (app.clock.now(), from.facts(&app, &wallet, None).await?);
    let watching = Watching {
        books: wallet.books,
        fan_id: &wallet.fan_id,
        match_id: &row.id,
        device: Some(&from.device),
        facts: &facts,
    };
    // What is over, or has not begun, nobody watches.
    let minutes = match row.phase {
        cricket::Phase::Play => {
            let beat = async |tx: &store::Transaction<'_>| rewards::watched(tx, &watching, now).await;
            app.store.run_tx("rewards.watched", beat).await?.minutes
        }
        _ => 0,
    };
    Ok((StatusCode::ACCEPTED, private(Json(WatchedShown { minutes }))).into_response())
}

/// Whether it was heard of before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Heard)]
pub(super) struct HeardShown {
    /// now, before
    heard: &'static str,
}

impl HeardShown {
    pub(super) fn of(heard: Heard) -> Self {
        match heard {
            Heard::Now => Self { heard: "now" },
            Heard::Before => Self { heard: "before" },
        }
    }
}

/// Where a fan checks in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CheckIn)]
pub(super) struct At {
    /// "fen_…": a fence of yours or of the house that has to let the fan in, such as one around a ground. Wherever, when left out.
    fence: Option<String>,
}

/// The fan is here today: counted once a day of UTC. Without a body it is wherever the fan is.
#[utoipa::path(post, path = "/v1/rewards/check-ins", tag = "rewards", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    ("Crease-Place" = Option<String>, Header, description = "What the browser says of where it is, for campaigns that ask for it"),
), request_body = Option<At>, responses(
    (status = 202, body = HeardShown),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "a key that does not open this, or a fence that does not let the fan in", body = Problem, content_type = "application/problem+json"),
    alike::NotFound,
    alike::Unprocessable,
))]
pub(super) async fn check_in(
    owner: Owner,
    from: Whence,
    State(app): State<App>,
    Content(body): Content,
) -> Result<Response, Problem> {
    let At { fence } = if body.is_empty() { At::default() } else { parse(&body)? };
    let wallet = owner.open(&app).await?;
    let (now, facts) = (app.clock.now(), from.facts(&app, &wallet, fence.as_deref()).await?);
    let check_in = async |tx: &store::Transaction<'_>| {
        rewards::check_in(tx, (wallet.books, &wallet.fan_id), Some(&from.device), &facts, now).await
    };
    let heard = app.store.run_tx("rewards.check_in", check_in).await?;
    Ok((StatusCode::ACCEPTED, private(Json(HeardShown::of(heard)))).into_response())
}
