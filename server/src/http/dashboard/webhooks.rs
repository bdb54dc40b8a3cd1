//! An organisation's webhooks.

use super::asked::{Path, Query};
use super::door::WRONG;
use super::failure::{Failure, sentence};
use super::organisations::Done;
use super::signed_in::{MemberOf, PressedIn};
use crate::app::App;
use crate::http::scorer::html;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::webhooks::{self as pages, KINDS, One};
use console::{Fields, Mistakes};
use jiff::SignedDuration;
use partners::webhook::{self, Destination, Endpoint, Error, Kind, Settings};
use partners::{Mode, Permission};
use serde::Deserialize;

/// Messages on a page.
const ROWS: usize = 50;
/// What "all failed ones" are.
const REPLAYED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Access(error) => error.into(),
            Error::Jobs(error) => error.into(),
            Error::UnknownEndpoint { .. }
            | Error::UnknownMessage { .. }
            | Error::UnknownOrganisation { .. } => Failure::NotFound,
            error => Failure::Problem(Box::new(Problem::internal(&error))),
        }
    }
}

/// What of an error is somebody's to put right, and beside which field.
fn mistake(error: &Error) -> Option<Mistakes> {
    let field = match error {
        Error::Destination(_) => "url",
        Error::KindsMissing => "kind_started",
        Error::DescriptionLength { .. } => "description",
        Error::TooManyEndpoints { .. } => "",
        Error::Disabled { .. } => {
            return Some(Mistakes::one("", "The webhook is off. Switch it on first: nothing was sent."));
        }
        _ => return None,
    };
    Some(Mistakes::one(field, sentence(&error.to_string())))
}

/// What a form says of a webhook.
struct Said<'a> {
    destination: Destination,
    kinds: Vec<Kind>,
    description: &'a str,
}

impl<'a> Said<'a> {
    fn of(app: &App, fields: &'a Fields) -> Result<Self, Error> {
        let destination = Destination::parse(fields.text("url"), app.config.webhooks.reach())?;
        let kinds = KINDS.iter().filter(|it| fields.has(it.1)).map(|it| it.0).collect();
        Ok(Self { destination, kinds, description: fields.text("description") })
    }

    fn settings(&self) -> Settings<'_> {
        Settings { destination: &self.destination, kinds: &self.kinds, description: self.description }
    }
}

async fn find(client: &store::Client<'_>, member: &MemberOf, id: &str) -> Result<Endpoint, Failure> {
    webhook::find(client, member.id(), id).await?.ok_or(Failure::NotFound)
}

pub(super) async fn list(
    State(app): State<App>,
    member: MemberOf,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    let all = app.store.read("webhooks.list", async |db| webhook::list(db, member.id()).await).await?;
    Ok(html(StatusCode::OK, pages::list(member.here(Tab::Webhooks, done.words()), &all)))
}

pub(super) async fn blank(member: MemberOf) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let fields = Fields::of([("mode", "live"), ("kind_result", "yes")]);
    let mistakes = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: &mistakes };
    Ok(html(StatusCode::OK, pages::new(member.here(Tab::Webhooks, ""), filled)))
}

pub(super) async fn create(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let mode = if fields.text("mode") == "test" { Mode::Test } else { Mode::Live };
    let by = member.by();
    let made = match Said::of(&app, &fields) {
        Ok(said) => {
            let made = app.store.run_tx("webhooks.create", async |tx| {
                webhook::create(tx, &app.seal, member.id(), mode, &said.settings(), &by).await
            });
            made.await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok((endpoint, secret)) => {
            let why = "Your server checks with it that a message is ours. It can be shown again.";
            Ok(html(
                StatusCode::OK,
                pages::secret(member.here(Tab::Webhooks, ""), &endpoint, &secret.reveal(), why),
            ))
        }
        Err(error) => {
            let Some(mistakes) = mistake(&error) else { return Err(error.into()) };
            let filled = Filled { fields: &fields, mistakes: &mistakes };
            Ok(html(WRONG, pages::new(member.here(Tab::Webhooks, ""), filled)))
        }
    }
}

/// Which page of messages, and what was just done.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Looked {
    before: Option<String>,
    #[serde(default)]
    done: String,
}

impl Looked {
    fn words(&self) -> &'static str {
        match self.done.as_str() {
            "saved" => "Saved.",
            "test" => "A test message is on its way.",
            "off" => "It is off: nothing is sent.",
            "on" => "It is on.",
            "again" => "On its way again.",
            _ => "",
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    member: MemberOf,
    Path((_, id)): Path<(String, String)>,
    Query(looked): Query<Looked>,
) -> Result<Response, Failure> {
    let before = looked.before.as_deref();
    shown(&app, &member, &id, (before, looked.words()), StatusCode::OK, None).await
}

async fn shown(
    app: &App,
    member: &MemberOf,
    id: &str,
    (before, done): (Option<&str>, &str),
    status: StatusCode,
    refused: Option<(Option<&Fields>, Mistakes)>,
) -> Result<Response, Failure> {
    let count = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let read = app.store.read("webhooks.show", async |db| {
        let endpoint = find(db, member, id).await?;
        Ok::<_, Failure>((endpoint, webhook::deliveries(db, member.id(), id, before, count).await?))
    });
    let (endpoint, mut deliveries) = read.await?;
    let has_more = deliveries.len() > ROWS;
    deliveries.truncate(ROWS);
    let next = deliveries.last().map(|it| it.message_id.as_str()).filter(|_| has_more);
    let mut stored =
        Fields::of([("url", endpoint.destination.as_str()), ("description", endpoint.description.as_str())]);
    for (kind, name, _) in KINDS {
        if endpoint.kinds.contains(&kind) {
            stored.set(name, "yes");
        }
    }
    let none = Mistakes::default();
    let filled = match &refused {
        Some((fields, mistakes)) => Filled { fields: fields.unwrap_or(&stored), mistakes },
        None => Filled { fields: &stored, mistakes: &none },
    };
    let of = One { endpoint: &endpoint, deliveries: &deliveries, next };
    Ok(html(status, pages::one(member.here(Tab::Webhooks, done), of, filled)))
}

pub(super) async fn change(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let changed = match Said::of(&app, &fields) {
        Ok(said) => {
            let changed = app.store.run_tx("webhooks.change", async |tx| {
                webhook::change(tx, member.id(), &id, &said.settings(), &member.by()).await
            });
            changed.await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => Ok(back(&member, &id, "saved")),
        Err(error) => {
            let Some(mistakes) = mistake(&error) else { return Err(error.into()) };
            shown(&app, &member, &id, (None, ""), WRONG, Some((Some(&fields), mistakes))).await
        }
    }
}

/// The webhook's page, with what kept a press from being done.
async fn not_done(app: &App, member: &MemberOf, id: &str, error: Error) -> Result<Response, Failure> {
    let Some(mistakes) = mistake(&error) else { return Err(error.into()) };
    shown(app, member, id, (None, ""), WRONG, Some((None, mistakes))).await
}

fn back(member: &MemberOf, id: &str, word: &str) -> Response {
    Redirect::to(&format!("/console/o/{}/webhooks/{id}?done={word}", member.id())).into_response()
}

pub(super) async fn test(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let sent =
        app.store.run_tx("webhooks.test", async |tx| webhook::test(tx, member.id(), &id, &member.by()).await);
    match sent.await {
        Ok(_) => Ok(back(&member, &id, "test")),
        Err(error) => not_done(&app, &member, &id, error).await,
    }
}

/// Sends all again that failed within the last week.
pub(super) async fn replay_failed(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let (by, since) = (member.by(), member.signed_in.caller.now - REPLAYED);
    let sent = app.store.run_tx("webhooks.replay_failed", async |tx| {
        webhook::replay_failed_since(tx, member.id(), &id, since, &by).await
    });
    match sent.await {
        Ok(_) => Ok(back(&member, &id, "again")),
        Err(error) => not_done(&app, &member, &id, error).await,
    }
}

pub(super) async fn disable(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let disabled = app
        .store
        .run_tx("webhooks.disable", async |tx| webhook::disable(tx, member.id(), &id, &member.by()).await);
    disabled.await?;
    Ok(back(&member, &id, "off"))
}

pub(super) async fn enable(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let enabled = app
        .store
        .run_tx("webhooks.enable", async |tx| webhook::enable(tx, member.id(), &id, &member.by()).await);
    enabled.await?;
    Ok(back(&member, &id, "on"))
}

pub(super) async fn reveal(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let revealed = app.store.run_tx("webhooks.reveal", async |tx| {
        let endpoint = find(tx, &member, &id).await?;
        let secret = webhook::reveal(tx, &app.seal, member.id(), &id, &member.by()).await?;
        Ok::<_, Failure>((endpoint, secret))
    });
    let (endpoint, secret) = revealed.await?;
    let why = "With it your server checks that a message is ours.";
    let here = member.here(Tab::Webhooks, "");
    Ok(html(StatusCode::OK, pages::secret(here, &endpoint, &secret.reveal(), why)))
}

pub(super) async fn rotate(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    if !fields.has("sure_secret") {
        let mistakes = Mistakes::one("sure_secret", "Tick the box, if there is to be a new secret.");
        return shown(&app, &member, &id, (None, ""), WRONG, Some((None, mistakes))).await;
    }
    let rotated = app.store.run_tx("webhooks.rotate", async |tx| {
        let endpoint = find(tx, &member, &id).await?;
        let secret = webhook::rotate(tx, &app.seal, member.id(), &id, &member.by()).await?;
        Ok::<_, Failure>((endpoint, secret))
    });
    let (endpoint, secret) = rotated.await?;
    let why = "Messages are signed with both for a day: give your server the new one within it.";
    let here = member.here(Tab::Webhooks, "");
    Ok(html(StatusCode::OK, pages::secret(here, &endpoint, &secret.reveal(), why)))
}

pub(super) async fn remove(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    if !fields.has("sure") {
        let mistakes = Mistakes::one("sure", "Tick the box, if it is to be removed.");
        return shown(&app, &member, &id, (None, ""), WRONG, Some((None, mistakes))).await;
    }
    let removed = app
        .store
        .run_tx("webhooks.remove", async |tx| webhook::delete(tx, member.id(), &id, &member.by()).await);
    removed.await?;
    Ok(Redirect::to(&format!("/console/o/{}/webhooks?done=removed", member.id())).into_response())
}

pub(super) async fn message(
    State(app): State<App>,
    member: MemberOf,
    Path((_, id, message)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    message_shown(&app, &member, (&id, &message), StatusCode::OK, &Mistakes::default()).await
}

async fn message_shown(
    app: &App,
    member: &MemberOf,
    (id, message): (&str, &str),
    status: StatusCode,
    mistakes: &Mistakes,
) -> Result<Response, Failure> {
    let read = app.store.read("webhooks.message", async |db| {
        let endpoint = find(db, member, id).await?;
        Ok::<_, Failure>((endpoint, webhook::delivery(db, member.id(), id, message).await?))
    });
    let (endpoint, story) = read.await?;
    let filled = Filled { fields: &Fields::default(), mistakes };
    Ok(html(status, pages::message(member.here(Tab::Webhooks, ""), &endpoint, &story, filled)))
}

pub(super) async fn replay(
    State(app): State<App>,
    Path((_, id, message)): Path<(String, String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let replayed = app.store.run_tx("webhooks.replay", async |tx| {
        webhook::replay(tx, member.id(), &id, &message, &member.by()).await
    });
    let Err(error) = replayed.await else { return Ok(back(&member, &id, "again")) };
    let Some(mistakes) = mistake(&error) else { return Err(error.into()) };
    message_shown(&app, &member, (&id, &message), WRONG, &mistakes).await
}
