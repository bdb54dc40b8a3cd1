//! An organisation's webhooks.

use super::door::WRONG;
use super::failure::Failure;
use super::organisations::Done;
use super::signed_in::{MemberOf, PressedIn};
use crate::app::App;
use crate::http::scorer::html;
use crate::problem::Problem;
use access::Deed;
use axum::extract::{Path, Query, State};
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
use serde_json::json;
use store::Transaction;

/// Messages on a page.
const ROWS: usize = 50;
/// What "all failed ones" are.
const REPLAYED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
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
        Error::TooManyEndpoints { .. } | Error::Disabled { .. } => "",
        _ => return None,
    };
    Some(Mistakes::one(field, error.to_string()))
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

/// Writes into the log what is done to a webhook.
async fn note(
    tx: &Transaction<'_>,
    member: &MemberOf,
    action: &str,
    endpoint: &str,
    after: Option<&Endpoint>,
) -> Result<(), Failure> {
    let told = |it: &Endpoint| {
        let kinds: Vec<&str> = it.kinds.iter().map(|kind| kind.word()).collect();
        json!({ "url": it.destination.as_str(), "kinds": kinds, "description": it.description })
    };
    let deed = Deed {
        organisation_id: Some(member.id()),
        action,
        object: endpoint,
        after: after.map(told),
        before: None,
    };
    Ok(access::audit::record(tx, &member.by(), &deed).await?)
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
    let now = member.signed_in.caller.now;
    let made = match Said::of(&app, &fields) {
        Ok(said) => {
            let made = app.store.run_tx("webhooks.create", async |tx| {
                let made = webhook::create(tx, &app.seal, member.id(), mode, &said.settings(), now).await;
                let made = match made {
                    Ok(made) => made,
                    Err(error) => return Ok(Err(error)),
                };
                note(tx, &member, "webhook.create", &made.0.id, Some(&made.0)).await?;
                Ok::<_, Failure>(Ok(made))
            });
            made.await?
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
    refused: Option<(&Fields, Mistakes)>,
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
        Some((fields, mistakes)) => Filled { fields, mistakes },
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
                let changed = match webhook::change(tx, member.id(), &id, &said.settings()).await {
                    Ok(changed) => changed,
                    Err(error) => return Ok(Err(error)),
                };
                note(tx, &member, "webhook.change", &id, Some(&changed)).await?;
                Ok::<_, Failure>(Ok(()))
            });
            changed.await?
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(back(&member, &id, "saved")),
        Err(error) => {
            let Some(mistakes) = mistake(&error) else { return Err(error.into()) };
            shown(&app, &member, &id, (None, ""), WRONG, Some((&fields, mistakes))).await
        }
    }
}

fn back(member: &MemberOf, id: &str, word: &str) -> Response {
    Redirect::to(&format!("/console/o/{}/webhooks/{id}?done={word}", member.id())).into_response()
}

/// What is pressed on a webhook's page, by the last part of the address.
pub(super) async fn act(
    State(app): State<App>,
    Path((_, id, action)): Path<(String, String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let now = member.signed_in.caller.now;
    let (organisation, seal) = (member.id(), &app.seal);
    let done = app.store.run_tx("webhooks.act", async |tx| {
        let endpoint = find(tx, &member, &id).await?;
        let word = match action.as_str() {
            "test" => {
                webhook::test(tx, organisation, &id, now).await?;
                return Ok(Pressed::Word("test"));
            }
            "replay" => {
                webhook::replay_failed_since(tx, organisation, &id, now - REPLAYED, now).await?;
                "again"
            }
            "disable" => {
                webhook::disable(tx, organisation, &id, now).await?;
                "off"
            }
            "enable" => {
                webhook::enable(tx, organisation, &id).await?;
                "on"
            }
            "remove" => {
                webhook::delete(tx, organisation, &id).await?;
                note(tx, &member, "webhook.remove", &id, None).await?;
                return Ok(Pressed::Removed);
            }
            "reveal" => {
                let secret = webhook::reveal(tx, seal, organisation, &id).await?;
                note(tx, &member, "webhook.reveal", &id, None).await?;
                return Ok(Pressed::Secret(
                    Box::new(endpoint),
                    secret.reveal(),
                    "With it your server checks that a message is ours.",
                ));
            }
            "rotate" => {
                let secret = webhook::rotate(tx, seal, organisation, &id, now).await?;
                note(tx, &member, "webhook.rotate", &id, None).await?;
                let why = "Messages are signed with both for a day: give your server the new one within it.";
                return Ok(Pressed::Secret(Box::new(endpoint), secret.reveal(), why));
            }
            _ => return Err(Failure::NotFound),
        };
        note(tx, &member, &format!("webhook.{action}"), &id, None).await?;
        Ok::<_, Failure>(Pressed::Word(word))
    });
    Ok(match done.await? {
        Pressed::Word(word) => back(&member, &id, word),
        Pressed::Removed => {
            Redirect::to(&format!("/console/o/{}/webhooks?done=removed", member.id())).into_response()
        }
        Pressed::Secret(endpoint, text, why) => {
            html(StatusCode::OK, pages::secret(member.here(Tab::Webhooks, ""), &endpoint, &text, why))
        }
    })
}

/// What a press came to.
enum Pressed {
    Word(&'static str),
    Removed,
    Secret(Box<Endpoint>, String, &'static str),
}

pub(super) async fn message(
    State(app): State<App>,
    member: MemberOf,
    Path((_, id, message)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let read = app.store.read("webhooks.message", async |db| {
        let endpoint = find(db, &member, &id).await?;
        Ok::<_, Failure>((endpoint, webhook::delivery(db, member.id(), &id, &message).await?))
    });
    let (endpoint, story) = read.await?;
    Ok(html(StatusCode::OK, pages::message(member.here(Tab::Webhooks, ""), &endpoint, &story)))
}

pub(super) async fn replay(
    State(app): State<App>,
    Path((_, id, message)): Path<(String, String, String)>,
    PressedIn { member, .. }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let now = member.signed_in.caller.now;
    let replayed = app.store.run_tx("webhooks.replay", async |tx| {
        webhook::replay(tx, member.id(), &id, &message, now).await?;
        note(tx, &member, "webhook.replay", &id, None).await
    });
    replayed.await?;
    Ok(back(&member, &id, "again"))
}
