//! Why there is no page, or something was not done.

use crate::http::refused::{self, Part, sentence};
use crate::problem::Problem;
use access::place;
use wallet::payment;
use wallet::{Refusal, UNITS_MAX};

/// The pages of the books, and of rewards.
#[derive(Clone, Debug)]
pub(in crate::http) struct Books;

impl Part for Books {
    fn page(title: &str, text: &str) -> console::Markup {
        console::finance::refused(title, text, "")
    }
}

pub(in crate::http) type Refused = refused::Refused<Books>;

impl From<access::Error> for Refused {
    fn from(error: access::Error) -> Self {
        match error {
            access::Error::Store(error) => error.into(),
            error => Self::of(Problem::internal(&error)),
        }
    }
}

impl From<jobs::Error> for Refused {
    fn from(error: jobs::Error) -> Self {
        match error {
            jobs::Error::Store(error) => error.into(),
            error => Self::of(Problem::internal(&error)),
        }
    }
}

impl From<wallet::Error> for Refused {
    fn from(error: wallet::Error) -> Self {
        let text = format!("{error}. Nothing was changed.");
        match error {
            wallet::Error::UnknownHolder { .. }
            | wallet::Error::UnknownAccount { .. }
            | wallet::Error::UnknownTransfer { .. } => Self::not_found(sentence(&text)),
            wallet::Error::Refused(Refusal::BelowBound { .. }) => Self::conflict(
                "Not enough is left on the account: it was spent, or is held for something else. Nothing goes out.",
            ),
            wallet::Error::Refused(_)
            | wallet::Error::SomethingHeld { .. }
            | wallet::Error::NothingMoved { .. } => Self::conflict(sentence(&text)),
            error => Self::of(error.into()),
        }
    }
}

impl From<payment::Error> for Refused {
    fn from(error: payment::Error) -> Self {
        use payment::Error as It;
        let text = sentence(&format!("{error}. Nothing was changed."));
        match error {
            It::Ledger(error) => error.into(),
            It::UnknownPayment { .. }
            | It::UnknownRefund { .. }
            | It::UnknownPayout { .. }
            | It::UnknownGateway { .. } => Self::not_found(text),
            It::UnknownDifference { number } => Self::conflict(format!(
                "There is no open difference {number}: somebody has settled it, or it is in the other books."
            )),
            It::SameEyes => Self::conflict(
                "You asked for it yourself. Money goes out by two people: another operator must approve it. Nothing was changed.",
            ),
            It::Decided { .. } => {
                Self::conflict("Somebody has approved or refused it before you. Nothing was changed.")
            }
            It::MoreThanCaptured { .. } => Self::form(
                "That is more than can go back: what was taken, without what went back or was asked for before.",
            ),
            It::TooSmall { .. } => Self::form(
                "That is worth less than one coin, and nothing would be taken back for it. Ask for more.",
            ),
            It::ReasonLength { max, .. } => Self::form(format!("Say why, in 1 to {max} characters.")),
            It::NoMoney(_) => Self::form(format!("An amount is 1 to {UNITS_MAX} of the smallest unit.")),
            It::NotOver { day } => {
                Self::form(format!("{day} is not over: its books are compared afterwards."))
            }
            It::NotCaptured { .. }
            | It::NothingAuthorised { .. }
            | It::OtherContent { .. }
            | It::WrongAccount { .. } => Self::conflict(text),
            error => Self::of(error.into()),
        }
    }
}

impl From<place::Error> for Refused {
    fn from(error: place::Error) -> Self {
        use place::Error as It;
        let text = sentence(&format!("{error}. Nothing was changed."));
        match error {
            It::Unknown { .. } => Self::not_found("There is no such fence here."),
            It::Rules(_) | It::Name { .. } => Self::form(text),
            It::Retired { .. } => Self::conflict("The fence was retired. Nothing was changed."),
            It::Clash { .. } | It::TooMany { .. } => Self::conflict(text),
            It::Access(error) => error.into(),
            It::Store(error) => error.into(),
            error @ It::Unreadable { .. } => Self::of(error.into()),
        }
    }
}

impl From<rewards::Error> for Refused {
    fn from(error: rewards::Error) -> Self {
        use rewards::Error as It;
        let text = sentence(&format!("{error}. Nothing was changed."));
        match error {
            It::Ledger(error) => error.into(),
            It::UnknownCampaign { .. }
            | It::UnknownVersion { .. }
            | It::UnknownProduct { .. }
            | It::UnknownSignal { .. } => Self::not_found(text),
            It::TooOften { .. } => Self::too_often(),
            It::OtherRequest => Self::conflict(
                "This form has done something else already. Load its page anew, and fill it in once more. Nothing was changed.",
            ),
            It::Terms { .. }
            | It::Ended { .. }
            | It::TooMany { .. }
            | It::NotOnSale { .. }
            | It::OtherCodes { .. }
            | It::Denied(_)
            | It::Busy => Self::conflict(text),
            It::Invalid(_) | It::OfNobody | It::Text { .. } | It::Codes { .. } | It::NotImported(_) => {
                Self::form(text)
            }
            error => Self::of(error.into()),
        }
    }
}

impl From<quizzes::Error> for Refused {
    fn from(error: quizzes::Error) -> Self {
        match error {
            quizzes::Error::Rewards(error) => error.into(),
            error => Self::of(error.into()),
        }
    }
}

impl From<rewards::exchange::Error> for Refused {
    fn from(error: rewards::exchange::Error) -> Self {
        use rewards::exchange::Error as It;
        let text = sentence(&format!("{error}. Nothing was changed."));
        match error {
            It::UnknownMarket { .. } | It::UnknownOrder { .. } => Self::not_found(text),
            It::Wanted { .. } | It::Rules(_) => Self::form(text),
            It::NotTraded { .. } | It::Over { .. } | It::Refused(_) => Self::conflict(text),
            It::Away { .. } | It::Busy => Self::conflict(
                "Nobody writes this market at the moment, or it has much to do. Nothing was changed: try again in a moment.",
            ),
            It::Unsure => Self::conflict(
                "Whether it was done is not known yet. Load the market's page, and look at how it stands.",
            ),
            It::Rewards(error) => error.into(),
            It::Ledger(error) => error.into(),
            error => Self::of(error.into()),
        }
    }
}
