//! The pages of one match, and what is pressed on them.

use super::guard::Guard;
use super::loaded::{Loaded, load};
use super::page::{self, Failure};
use super::session::Session;
use super::{MATCHES, Pressed, SOURCE, Scorer};
use crate::app::App;
use crate::feed::{self, Answer, Envelope};
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::scorer::{self, Choices, Notice, Sent, View};
use console::{Fields, Markup, Mistakes};

/// A page of a match: where, for whom, and what it was asked with.
struct Asked<'a> {
    match_id: &'a str,
    session: &'a Session,
    choices: Choices,
}

impl Asked<'_> {
    /// Draws a page with a press's id of its own.
    fn draw<T>(
        &self,
        loaded: &Loaded,
        notice: &Notice,
        fields: &Fields,
        page: impl FnOnce(&View<'_>) -> T,
    ) -> T {
        let form = page::form_id();
        page(&View {
            match_id: self.match_id,
            record: &loaded.record,
            seen: loaded.seq,
            form: &form,
            feed: &self.session.feed,
            csrf: &self.session.csrf,
            choices: self.choices,
            notice,
            fields,
        })
    }
}

async fn get(
    app: &App,
    session: &Session,
    match_id: &str,
    query: Option<&str>,
    page: impl FnOnce(&View<'_>) -> Option<Markup>,
) -> Result<Response, Failure> {
    let loaded = load(&app.store, &session.organisation_id, match_id).await?.ok_or(Failure::NotFound)?;
    let choices = Choices::of(&Fields::parse(query.unwrap_or_default()));
    let asked = Asked { match_id, session, choices };
    let page = asked.draw(&loaded, &Notice::None, &Fields::default(), page).ok_or(Failure::NotFound)?;
    Ok(page::html(StatusCode::OK, page))
}

/// The page on which every ball is scored.
pub(super) async fn show(
    State(app): State<App>,
    Scorer(session): Scorer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    get(&app, &session, &id, query.as_deref(), |view| Some(scorer::score::page(view))).await
}

/// How a batter was out.
pub(super) async fn wicket(
    State(app): State<App>,
    Scorer(session): Scorer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    get(&app, &session, &id, query.as_deref(), |view| Some(scorer::wicket_page(view))).await
}

/// All that is not a ball.
pub(super) async fn more(
    State(app): State<App>,
    Scorer(session): Scorer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    get(&app, &session, &id, query.as_deref(), |view| Some(scorer::more::page(view))).await
}

/// Every ball so far.
pub(super) async fn balls(
    State(app): State<App>,
    Scorer(session): Scorer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    get(&app, &session, &id, query.as_deref(), |view| Some(scorer::balls_page(view))).await
}

/// One earlier ball, to put right.
pub(super) async fn edit(
    State(app): State<App>,
    Scorer(session): Scorer,
    Path((id, seq)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let seq = seq.parse().map_err(|_| Failure::NotFound)?;
    get(&app, &session, &id, query.as_deref(), |view| scorer::edit_page(view, seq)).await
}

/// Takes a press: once, and only if the match is as its page showed it. What cannot be taken is shown again with what
/// was filled in.
pub(super) async fn press(
    State(app): State<App>,
    Extension(guard): Extension<Guard>,
    Path(id): Path<String>,
    Pressed { session, fields }: Pressed,
) -> Result<Response, Failure> {
    let _turn = guard.turn(&id).await;
    let loaded = load(&app.store, &session.organisation_id, &id).await?.ok_or(Failure::NotFound)?;
    if scorer::is_done(&fields, &loaded.record, |id| loaded.has_sent(id)) {
        return Ok(back(&id, Choices::default()));
    }
    let choices = Choices::of(&fields);
    let asked = Asked { match_id: &id, session: &session, choices };
    if fields.text("seen").parse() != Ok(loaded.seq) {
        let seen = fields.text("seen").parse().unwrap_or(loaded.seq);
        let notice = Notice::MovedOn(loaded.since(seen));
        // Who faces is for the match to say again.
        let asked = Asked { choices: Choices { striker: None, over: None, ..choices }, ..asked };
        let page = asked.draw(&loaded, &notice, &Fields::default(), scorer::score::page);
        return Ok(page::html(StatusCode::CONFLICT, page));
    }
    let action = match scorer::parse(&fields, &loaded.record) {
        Ok(action) => action,
        Err(mistakes) => return Ok(again(&asked, &loaded, &fields, mistakes)),
    };
    match send(&app, &id, &action.sends(fields.text("form"), &loaded.record)).await? {
        Ok(()) => Ok(back(&id, action.then(&loaded.record, &fields))),
        Err(why) => Ok(again(&asked, &loaded, &fields, Mistakes::one("", why))),
    }
}

/// Sends what was pressed through the feed; the first refusal, if there is one, in words.
async fn send(app: &App, match_id: &str, sent: &[Sent]) -> Result<Result<(), String>, Failure> {
    let envelopes: Vec<Envelope> = sent
        .iter()
        .map(|it| Envelope {
            id: it.id.clone(),
            version: it.version,
            order: None,
            action: it.command.clone().map_or(feed::Action::Remove, feed::Action::Exact),
        })
        .collect();
    let submitted = app.feed.submit(match_id, SOURCE, &envelopes).await?;
    for answer in submitted.answers {
        let word = match &answer {
            Answer::Accepted { .. } => "accepted",
            Answer::Duplicate { .. } => "duplicate",
            Answer::Rejected { .. } => "rejected",
        };
        metrics::counter!("feed_commands_total", "answer" => word).increment(1);
        if let Answer::Rejected { why, .. } = answer {
            return Ok(Err(why));
        }
    }
    Ok(Ok(()))
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
        "edit" | "remove" => scorer::edit_page(view, entry).unwrap_or_else(|| scorer::score::page(view)),
        act if scorer::more::has(view, act) => scorer::more::page(view),
        _ => scorer::score::page(view),
    });
    page::html(StatusCode::UNPROCESSABLE_ENTITY, page)
}
