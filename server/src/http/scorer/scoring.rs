//! The pages of one match, and what is pressed on them.

use super::desk::Desk;
use super::loaded::Loaded;
use super::page::{self, Failure};
use super::session::Session;
use super::{MATCHES, Pressed, SOURCE, Scorer};
use crate::app::App;
use crate::feed::{self, Answer, Envelope};
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use console::scorer::{self, Choices, Notice, Sent, View};
use console::{Fields, Markup, Mistakes};
use std::collections::HashMap;

/// A page of a match: where, for whom, and what it was asked with.
#[derive(Clone, Copy)]
struct Asked<'a> {
    match_id: &'a str,
    session: &'a Session,
    choices: Choices,
}

impl Asked<'_> {
    /// Draws a page.
    fn draw<T>(
        &self,
        loaded: &Loaded,
        notice: &Notice,
        fields: &Fields,
        page: impl FnOnce(&View<'_>) -> T,
    ) -> T {
        page(&View {
            match_id: self.match_id,
            record: &loaded.record,
            seen: loaded.seq,
            feed: &self.session.feed,
            csrf: &self.session.csrf,
            choices: self.choices,
            notice,
            fields,
        })
    }
}

/// A page of a match that somebody wants to see.
pub(super) struct Wanted {
    app: App,
    desk: Desk,
    session: Session,
    match_id: String,
    choices: Choices,
}

impl FromRequestParts<App> for Wanted {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Scorer(session) = Scorer::from_request_parts(parts, app).await?;
        let Extension(desk) =
            Extension::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, app)
            .await
            .map_err(|_| Failure::NotFound.into_response())?;
        let match_id = path.get("id").cloned().unwrap_or_default();
        let choices = Choices::of(&Fields::parse(parts.uri.query().unwrap_or_default()));
        Ok(Wanted { app: app.clone(), desk, session, match_id, choices })
    }
}

impl Wanted {
    async fn draw(self, page: impl FnOnce(&View<'_>) -> Option<Markup>) -> Result<Response, Failure> {
        let held = self.desk.hold(&self.app.store, &self.session.organisation_id, &self.match_id).await?;
        let held = held.ok_or(Failure::NotFound)?;
        let asked = Asked { match_id: &self.match_id, session: &self.session, choices: self.choices };
        let page = asked.draw(held.loaded(), &Notice::None, &Fields::default(), page);
        Ok(page::html(StatusCode::OK, page.ok_or(Failure::NotFound)?))
    }
}

/// The page on which every ball is scored.
pub(super) async fn show(wanted: Wanted) -> Result<Response, Failure> {
    wanted.draw(|view| Some(scorer::score::page(view))).await
}

/// How a batter was out.
pub(super) async fn wicket(wanted: Wanted) -> Result<Response, Failure> {
    wanted.draw(|view| Some(scorer::wicket_page(view))).await
}

/// A ball with all that a ball can have.
pub(super) async fn any_ball(wanted: Wanted) -> Result<Response, Failure> {
    wanted.draw(|view| Some(scorer::any_ball_page(view))).await
}

/// All that is not a ball.
pub(super) async fn more(wanted: Wanted) -> Result<Response, Failure> {
    wanted.draw(|view| Some(scorer::more::page(view))).await
}

/// Every ball so far.
pub(super) async fn balls(wanted: Wanted) -> Result<Response, Failure> {
    wanted.draw(|view| Some(scorer::balls_page(view))).await
}

/// One earlier ball, to put right.
pub(super) async fn edit(
    path: Result<Path<(String, String)>, PathRejection>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let Path((_, seq)) = path.map_err(|_| Failure::NotFound)?;
    let seq = seq.parse().map_err(|_| Failure::NotFound)?;
    wanted.draw(|view| scorer::edit_page(view, seq)).await
}

/// A ball that was forgotten before another one.
pub(super) async fn forgotten(
    path: Result<Path<(String, String)>, PathRejection>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let Path((_, seq)) = path.map_err(|_| Failure::NotFound)?;
    let seq = seq.parse().map_err(|_| Failure::NotFound)?;
    wanted.draw(|view| scorer::forgotten_page(view, seq)).await
}

/// Takes a press: once, and only if the match is as its page showed it. What cannot be taken is shown again with what
/// was filled in.
pub(super) async fn press(
    State(app): State<App>,
    Extension(desk): Extension<Desk>,
    path: Result<Path<String>, PathRejection>,
    Pressed { session, fields }: Pressed,
) -> Result<Response, Failure> {
    let Path(id) = path.map_err(|_| Failure::NotFound)?;
    let held = desk.hold(&app.store, &session.organisation_id, &id).await?;
    let mut held = held.ok_or(Failure::NotFound)?;
    let asked = Asked { match_id: &id, session: &session, choices: Choices::of(&fields) };
    let seen = scorer::seen(&fields).unwrap_or(0);
    if seen != held.loaded().seq {
        return Ok(too_late(asked, held.loaded(), &fields, seen));
    }
    if let Some(choices) = scorer::done(&fields, &held.loaded().record) {
        return Ok(already(asked, held.loaded(), choices));
    }
    let action = match scorer::parse(&fields, &held.loaded().record) {
        Ok(action) => action,
        Err(mistakes) => return Ok(again(&asked, held.loaded(), &fields, mistakes)),
    };
    match send(&app, &id, &action.sends(seen, &held.loaded().record)).await? {
        Became::Taken => Ok(back(&id, action.then(&held.loaded().record, &fields))),
        Became::Refused { why } => Ok(again(&asked, held.loaded(), &fields, Mistakes::one("", why))),
        // Another process took a press of this page between our look and our sending.
        Became::TooLate if held.catch_up(&app.store).await? => {
            Ok(too_late(asked, held.loaded(), &fields, seen))
        }
        Became::TooLate => Err(Failure::NotFound),
    }
}

/// The match is no longer as the page showed it: by this very press, or by something else.
fn too_late(asked: Asked<'_>, loaded: &Loaded, fields: &Fields, seen: u64) -> Response {
    if let Some(choices) = scorer::done(fields, &loaded.record) {
        return already(asked, loaded, choices);
    }
    let notice = Notice::MovedOn(loaded.since(seen));
    // Who faces is for the match to say again.
    let asked = Asked { choices: Choices { striker: None, over: None, ..asked.choices }, ..asked };
    let page = asked.draw(loaded, &notice, &Fields::default(), scorer::score::page);
    page::html(StatusCode::CONFLICT, page)
}

/// The same press came before. Nothing is counted, and the page goes on from there.
fn already(asked: Asked<'_>, loaded: &Loaded, choices: Choices) -> Response {
    let notice = Notice::Already(loaded.record.last_words());
    let page = Asked { choices, ..asked }.draw(loaded, &notice, &Fields::default(), scorer::score::page);
    page::html(StatusCode::OK, page)
}

/// What became of a press.
enum Became {
    /// All of it counts.
    Taken,
    /// The first refusal, in words.
    Refused { why: String },
    /// Its ids are taken: another press of the same page came first.
    TooLate,
}

/// Sends what was pressed through the feed.
async fn send(app: &App, match_id: &str, sent: &[Sent]) -> Result<Became, Failure> {
    let envelopes: Vec<Envelope> = sent
        .iter()
        .map(|it| Envelope {
            id: it.id.clone(),
            version: it.version,
            order: it.place,
            action: it.command.clone().map_or(feed::Action::Remove, feed::Action::Exact),
        })
        .collect();
    let submitted = app.feed.submit(match_id, SOURCE, &envelopes).await?;
    let mut became = Became::Taken;
    for answer in submitted.answers.into_iter().rev() {
        answer.count();
        became = match answer {
            Answer::Accepted { .. } => became,
            Answer::Duplicate { .. } => Became::TooLate,
            Answer::Rejected { why, .. } if matches!(became, Became::Taken) => Became::Refused { why },
            Answer::Rejected { .. } => became,
        };
    }
    Ok(became)
}

fn back(match_id: &str, choices: Choices) -> Response {
    Redirect::to(&format!("{MATCHES}/{match_id}{}", choices.query())).into_response()
}

/// The page that the press came from, with what is wrong and all that was filled in.
fn again(asked: &Asked<'_>, loaded: &Loaded, fields: &Fields, mistakes: Mistakes) -> Response {
    let act = fields.text("act");
    let entry = fields.text("entry").parse().unwrap_or(0);
    let notice = Notice::Wrong(mistakes);
    let page = asked.draw(loaded, &notice, fields, |view| match act {
        "wicket" => scorer::wicket_page(view),
        "ball" if fields.has("whole") => scorer::any_ball_page(view),
        "insert" => scorer::forgotten_page(view, entry).unwrap_or_else(|| scorer::score::page(view)),
        "edit" | "remove" => scorer::edit_page(view, entry).unwrap_or_else(|| scorer::score::page(view)),
        "restore" => scorer::balls_page(view),
        act if scorer::more::has(view, act) => scorer::more::page(view),
        _ => scorer::score::page(view),
    });
    page::html(StatusCode::UNPROCESSABLE_ENTITY, page)
}
