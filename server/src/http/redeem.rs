//! Redeeming a fan's voucher on a page: by who works for the organisation that it is of, or an operator for the house.

use super::scorer::html;
use crate::app::App;
use access::By;
use axum::http::StatusCode;
use axum::response::Response;
use console::controls::Filled;
use console::redeem::{self as pages, Of, Till};
use console::{Fields, Mistakes};
use rewards::Error;
use rewards::voucher::{Found, Owner, Redeemer, Said};
use wallet::Books;

/// Whoever shows something is a fan in earnest, most likely.
const BOTH: [(Books, Of); 2] = [(Books::Live, Of::Fan), (Books::Test, Of::TestFan)];
const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// Whose vouchers are redeemed where, and who does it.
#[derive(Clone, Copy)]
pub(super) struct Counter<'a> {
    pub(super) till: Till<'a>,
    /// None: the house's.
    pub(super) organisation_id: Option<&'a str>,
    pub(super) by: &'a By,
}

impl<'a> Counter<'a> {
    /// The form for a code.
    pub(super) fn form(&self) -> Response {
        self.again(StatusCode::OK, &Fields::default(), &Mistakes::default())
    }

    fn again(&self, status: StatusCode, fields: &Fields, mistakes: &Mistakes) -> Response {
        html(status, pages::form(self.till, Filled { fields, mistakes }))
    }

    /// Shows what a code or a link is of.
    pub(super) async fn look(&self, app: &App, fields: &Fields) -> Result<Response, Error> {
        let said = match fields.text("token") {
            "" => Said::typed(fields.text("code")),
            token => Said::Link(token),
        };
        for (books, of) in BOTH {
            let redeemer = self.redeemer(books, None);
            let found = app.vouchers.look_up(&redeemer, said).await?;
            // What was said goes no further: it is in no page.
            let place = Fields::of([("place", fields.text("place"))]);
            let mistakes = Mistakes::default();
            let filled = Filled { fields: &place, mistakes: &mistakes };
            match found {
                Found::Good(shown) => {
                    let pass = app.vouchers.pass(&redeemer, &shown.voucher.id);
                    return Ok(html(StatusCode::OK, pages::confirm(self.till, (&shown, of), &pass, filled)));
                }
                Found::Redeemed(shown) => {
                    return Ok(html(StatusCode::OK, pages::before(self.till, (&shown, of), filled)));
                }
                Found::Nothing => {}
            }
        }
        Ok(self.nothing(fields))
    }

    /// Redeems what was shown.
    pub(super) async fn confirm(&self, app: &App, fields: &Fields) -> Result<Response, Error> {
        let place = fields.text("place");
        for (books, of) in BOTH {
            let redeemer = self.redeemer(books, Some(place).filter(|it| !it.is_empty()));
            let redeemed = match app.vouchers.redeem(&redeemer, Said::Pass(fields.text("pass"))).await {
                Err(Error::Text { max, .. }) => {
                    let mistakes = Mistakes::one("place", format!("{max} characters at most."));
                    return Ok(self.again(WRONG, &Fields::of([("place", place)]), &mistakes));
                }
                other => other?,
            };
            let (place, mistakes) = (Fields::of([("place", place)]), Mistakes::default());
            let filled = Filled { fields: &place, mistakes: &mistakes };
            match redeemed {
                Found::Good(shown) => {
                    return Ok(html(StatusCode::OK, pages::redeemed(self.till, (&shown, of), filled)));
                }
                Found::Redeemed(shown) => {
                    return Ok(html(StatusCode::OK, pages::before(self.till, (&shown, of), filled)));
                }
                Found::Nothing => {}
            }
        }
        Ok(self.nothing(fields))
    }

    /// One answer for whatever is not to be redeemed.
    fn nothing(&self, fields: &Fields) -> Response {
        let text = "There is no voucher of yours that this redeems. Look at the code again, or have the fan show the \
            QR code anew: it is good for a minute.";
        let place = Fields::of([("place", fields.text("place"))]);
        self.again(WRONG, &place, &Mistakes::one("code", text))
    }

    fn redeemer(&self, books: Books, place: Option<&'a str>) -> Redeemer<'a> {
        let owner = Owner { books, organisation_id: self.organisation_id };
        Redeemer { owner, by: self.by, place, request: None }
    }
}
