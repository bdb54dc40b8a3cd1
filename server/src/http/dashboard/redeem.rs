//! Redeeming a fan's voucher, by who works for the organisation that it is of.

use super::door::WRONG;
use super::failure::Failure;
use super::signed_in::{MemberOf, PressedIn, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use access::By;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use console::controls::Filled;
use console::layout::Tab;
use console::partner::redeem::{self as pages, Of};
use console::{Fields, Mistakes};
use partners::{Permission, member};
use rewards::voucher::{Found, Owner, Redeemer, Said};
use wallet::Books;

/// Whoever shows something is a fan in earnest, most likely.
const BOTH: [(Books, Of); 2] = [(Books::Live, Of::Fan), (Books::Test, Of::TestFan)];

pub(super) async fn form(member: MemberOf) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    Ok(again(&member, StatusCode::OK, &Fields::default(), &Mistakes::default()))
}

fn again(member: &MemberOf, status: StatusCode, fields: &Fields, mistakes: &Mistakes) -> Response {
    html(status, pages::form(member.here(Tab::Redeem, ""), Filled { fields, mistakes }))
}

/// Where a fan's QR code leads.
pub(super) async fn scanned(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Failure> {
    let user = &signed_in.session.user.id;
    let mut all =
        app.store.read("partners.organisations", async |db| member::organisations(db, user).await).await?;
    all.retain(|(_, role)| role.may(Permission::Build));
    Ok(html(StatusCode::OK, pages::scanned(signed_in.person(), &all)))
}

/// Shows what a code or a link is of.
pub(super) async fn look(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let said = match fields.text("token") {
        "" => Said::typed(fields.text("code")),
        token => Said::Link(token),
    };
    let by = member.by();
    for (books, of) in BOTH {
        let redeemer = redeemer(&member, books, &by, None);
        let found = app.vouchers.look_up(&redeemer, said).await?;
        // What was said goes no further: it is in no page.
        let place = Fields::of([("place", fields.text("place"))]);
        let mistakes = Mistakes::default();
        let (here, filled) = (member.here(Tab::Redeem, ""), Filled { fields: &place, mistakes: &mistakes });
        match found {
            Found::Good(shown) => {
                let pass = app.vouchers.pass(&redeemer, &shown.voucher.id);
                return Ok(html(StatusCode::OK, pages::confirm(here, (&shown, of), &pass, filled)));
            }
            Found::Redeemed(shown) => {
                return Ok(html(StatusCode::OK, pages::before(here, (&shown, of), filled)));
            }
            Found::Nothing => {}
        }
    }
    Ok(nothing(&member, &fields))
}

/// Redeems what was shown.
pub(super) async fn confirm(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let (by, place) = (member.by(), fields.text("place"));
    for (books, of) in BOTH {
        let redeemer = redeemer(&member, books, &by, Some(place).filter(|it| !it.is_empty()));
        let redeemed = match app.vouchers.redeem(&redeemer, Said::Pass(fields.text("pass"))).await {
            Err(rewards::Error::Text { max, .. }) => {
                let mistakes = Mistakes::one("place", format!("{max} characters at most."));
                return Ok(again(&member, WRONG, &Fields::of([("place", place)]), &mistakes));
            }
            other => other?,
        };
        let (place, mistakes) = (Fields::of([("place", place)]), Mistakes::default());
        let (here, filled) = (member.here(Tab::Redeem, ""), Filled { fields: &place, mistakes: &mistakes });
        match redeemed {
            Found::Good(shown) => {
                return Ok(html(StatusCode::OK, pages::redeemed(here, (&shown, of), filled)));
            }
            Found::Redeemed(shown) => {
                return Ok(html(StatusCode::OK, pages::before(here, (&shown, of), filled)));
            }
            Found::Nothing => {}
        }
    }
    Ok(nothing(&member, &fields))
}

/// One answer for whatever is not to be redeemed.
fn nothing(member: &MemberOf, fields: &Fields) -> Response {
    let text = "There is no voucher of yours that this redeems. Look at the code again, or have the fan show the \
        QR code anew: it is good for a minute.";
    let place = Fields::of([("place", fields.text("place"))]);
    again(member, WRONG, &place, &Mistakes::one("code", text))
}

fn redeemer<'a>(member: &'a MemberOf, books: Books, by: &'a By, place: Option<&'a str>) -> Redeemer<'a> {
    Redeemer { owner: Owner { books, organisation_id: Some(member.id()) }, by, place, request: None }
}
