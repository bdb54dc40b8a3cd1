//! The human check of a form: what its page shows, and whether a person sent it.

use super::door::WRONG;
use super::failure::Failure;
use super::signed_in::Caller;
use crate::app::App;
use crate::http::scorer::html;
use access::Human;
use access::attempts::{self, Allowed, Rule};
use access::human::{Endpoint, Refusal};
use access::sign_in::{self, Attempt};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use console::controls::Filled;
use console::{Check, Fields, Markup, Mistakes};
use jiff::{SignedDuration, Timestamp};

/// Questions to the provider that one network causes: each costs somebody's time, and some cost money.
const ASKED_FROM: Rule = Rule { name: "human/from", max: 60, within: SignedDuration::from_mins(15) };

/// What the form of an endpoint shows; none where nobody is asked.
pub(super) fn check(app: &App, endpoint: Endpoint) -> Option<Check> {
    let widget = app.human.as_ref()?.widget()?;
    Some(Check { widget, endpoint })
}

/// A page with such a form. What the check loads is allowed on it, and on no other.
pub(super) fn html_with(check: Option<&Check>, status: StatusCode, page: Markup) -> Response {
    let mut response = html(status, page);
    if let Some(check) = check {
        let policy = HeaderValue::from_str(&check.content_security_policy());
        let policy = policy.expect("a policy is made of our constants");
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page with a form that may ask for the check, with nothing filled in.
pub(super) fn blank(
    page: impl FnOnce(Filled<'_>, Option<&Check>) -> Markup,
    check: Option<&Check>,
) -> Response {
    let (fields, mistakes) = (Fields::default(), Mistakes::default());
    html_with(check, StatusCode::OK, page(Filled { fields: &fields, mistakes: &mistakes }, check))
}

/// It as it was sent, with what is wrong.
pub(super) fn wrong(
    page: impl FnOnce(Filled<'_>, Option<&Check>) -> Markup,
    check: Option<&Check>,
    fields: &Fields,
    field: &'static str,
    text: String,
) -> Response {
    html_with(check, WRONG, page(Filled { fields, mistakes: &Mistakes::one(field, text) }, check))
}

/// It with nothing of what was sent, and no check.
pub(super) fn wrong_page(
    page: impl FnOnce(Filled<'_>, Option<&Check>) -> Markup,
    field: &'static str,
    text: String,
) -> Response {
    wrong(page, None, &Fields::default(), field, text)
}

/// The check that comes before this attempt, of an account that there is or is not: it counts what was typed.
pub(super) async fn due(app: &App, attempt: Attempt<'_>, now: Timestamp) -> Result<Option<Check>, Failure> {
    let Some(check) = check(app, Endpoint::SignIn) else { return Ok(None) };
    Ok(sign_in::needs_human(&app.store, attempt, now).await?.then_some(check))
}

/// Whether a person sent the form: the proof, or none where nobody is asked.
pub(super) async fn judge(
    app: &App,
    check: Option<&Check>,
    caller: &Caller,
    fields: &Fields,
) -> Result<Result<Option<Human>, Refusal>, Failure> {
    let Some((verifier, check)) = app.human.as_ref().zip(check) else { return Ok(Ok(None)) };
    let token = fields.text(check.widget.field);
    if !token.is_empty() {
        let network = caller.visitor.network().to_string();
        let counted = app.store.run_tx("access.human_count", async |tx| {
            attempts::count(tx, ASKED_FROM, &network, caller.now).await
        });
        if let Allowed::No { .. } = counted.await? {
            return Err(Failure::TooOften);
        }
    }
    match verifier.verify(&app.store, check.endpoint, Some(token), &caller.visitor, caller.now).await {
        Ok(human) => Ok(Ok(Some(human))),
        Err(access::Error::NotHuman(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error.into()),
    }
}
