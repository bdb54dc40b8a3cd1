//! The letters that accounts and organisations send.

use access::{Email, Letter};
use partners::Invite;

const FOOT: &str = "This letter came because somebody typed your address at Crease. If it was not you, there is nothing to do: \
     without the link above, nothing happens.";
const FOOT_CHANGE: &str =
    "If it was not you, choose a new password at once: open the sign-in page and say that you forgot it.";

fn letter(to: &Email, subject: &str, text: &[&str], action: Option<(&str, String)>, foot: &str) -> Letter {
    Letter {
        to: to.as_str().to_owned(),
        subject: subject.to_owned(),
        text: text.iter().map(|it| (*it).to_owned()).collect(),
        action: action.map(|(label, url)| (label.to_owned(), url)),
        foot: foot.to_owned(),
    }
}

pub(super) fn sign_up(to: &Email, url: String) -> Letter {
    let text = ["Welcome to Crease. With this link, which works for a day, you create your account."];
    letter(to, "Create your Crease account", &text, Some(("Create the account", url)), FOOT)
}

/// To who signs up a second time: only the letter says that there is an account.
pub(super) fn has_account(to: &Email, sign_in: String) -> Letter {
    let text = [
        "You have a Crease account with this address already. Sign in with it, or choose a new password there.",
    ];
    letter(to, "You have a Crease account", &text, Some(("Sign in", sign_in)), FOOT)
}

pub(super) fn reset(to: &Email, url: String) -> Letter {
    let text = ["With this link, which works for an hour, you choose a new password for Crease."];
    letter(to, "Choose a new password", &text, Some(("Choose a password", url)), FOOT)
}

/// To who asks for a new password where there is no account.
pub(super) fn no_account(to: &Email, sign_up: String) -> Letter {
    let text = ["There is no Crease account with this address. Perhaps you used another one."];
    letter(to, "No Crease account here", &text, Some(("Create one", sign_up)), FOOT)
}

pub(super) fn prove_address(to: &Email, url: String) -> Letter {
    let text = ["With this link, which works for an hour, your Crease account gets this address."];
    letter(to, "Confirm your new address", &text, Some(("Confirm the address", url)), FOOT)
}

/// To the address that an account had before.
pub(super) fn address_changed(to: &Email) -> Letter {
    letter(
        to,
        "Your Crease account has another address",
        &["Your account has another e-mail address now."],
        None,
        FOOT_CHANGE,
    )
}

pub(super) fn password_changed(to: &Email) -> Letter {
    letter(
        to,
        "Your Crease password was changed",
        &["The password of your account was changed."],
        None,
        FOOT_CHANGE,
    )
}

pub(super) fn factor_changed(to: &Email, what: &str) -> Letter {
    letter(to, "Your Crease second factor", &[what], None, FOOT_CHANGE)
}

pub(in crate::http) fn invitation(invite: &Invite, from: &str, url: String) -> Letter {
    let organisation = &invite.organisation.name;
    let text = format!(
        "{from} invites you to {organisation} at Crease, as {}. The link works for a week.",
        invite.role.word()
    );
    let subject = format!("Join {organisation} at Crease");
    letter(&invite.email, &subject, &[&text], Some(("Join", url)), FOOT)
}
