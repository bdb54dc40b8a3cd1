//! Members and invitations.

use super::Here;
use crate::controls::{Choice, Filled, Label, Line};
use crate::human::Check;
use crate::layout::csrf_field;
use crate::when;
use access::User;
use maud::{Markup, html};
use partners::{Invite, Member, Permission, Role};

/// A member with its user; none if the user is gone.
#[derive(Clone, Debug)]
pub struct Someone {
    pub member: Member,
    pub user: Option<User>,
}

/// What each role may do, in words.
const fn means(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner: everything",
        Role::Admin => "Admin: everything but owners",
        Role::Developer => "Developer: sites, keys, webhooks",
        Role::Analyst => "Analyst: looks at figures",
        Role::Billing => "Billing: money matters",
        Role::Staff => "Staff: redeems vouchers, nothing else",
    }
}

/// The roles that somebody of this role can give.
fn roles(giver: Role) -> Vec<Choice> {
    Role::ALL
        .into_iter()
        .filter(|it| giver.may_give(*it))
        .map(|it| Choice::new(it.word(), means(it)))
        .collect()
}

/// `me` is the user who looks; `check` is of the form that invites.
pub fn page(
    here: Here<'_>,
    team: &[Someone],
    invites: &[Invite],
    me: &str,
    check: Option<&Check>,
    filled: Filled<'_>,
) -> Markup {
    let may_manage = here.place.may(Permission::Manage);
    let main = html! {
        h1 { "Team" }
        (filled.summary())
        ul.rows {
            @for someone in team { li { (row(here, someone, me)) } }
        }
        @if !invites.is_empty() {
            section {
                h2 { "Invited" }
                ul.rows {
                    @for invite in invites {
                        li {
                            div { strong { @if may_manage { (invite.email.as_str()) } @else { (invite.email.hint()) } }
                                p.muted { (invite.role.word()) " · until " (when(invite.ends_at)) } }
                            @if may_manage { (here.button(&format!("/team/invites/{}/take-back", invite.id), "Take back", "")) }
                        }
                    }
                }
            }
        }
        @if may_manage {
            section {
                h2 { "Invite somebody" }
                form.stack.boxed.narrow-form method="post" action=(here.path("/team/invites")) {
                    (csrf_field(here.person.csrf))
                    (filled.line(Label::new("email", "E-mail"), Line::Email, 254))
                    (filled.select(Label::new("role", "Role"), None, &roles(here.place.role)))
                    @if let Some(check) = check { (check.field(filled)) }
                    p { button.primary type="submit" { "Send the invitation" } }
                }
                @if let Some(check) = check { (check.scripts()) }
            }
        }
    };
    here.page("Team", main)
}

fn row(here: Here<'_>, someone: &Someone, me: &str) -> Markup {
    let member = &someone.member;
    let is_me = member.user_id == me;
    let may_change = here.place.role.may_give(member.role);
    let name = someone.user.as_ref().map_or("Somebody", |it| it.name.as_str());
    html! {
        div {
            strong { (name) }
            @if is_me { " " span.flag.good { "you" } }
            p.muted {
                @if let Some(user) = &someone.user { (user.email.as_str()) " · " }
                (member.role.word()) " · since " (when(member.since))
            }
        }
        div.row {
            @if may_change {
                form.row method="post" action=(here.path(&format!("/team/{}/role", member.user_id))) {
                    (csrf_field(here.person.csrf))
                    select name="role" aria-label={ "Role of " (name) } {
                        @for choice in roles(here.place.role) {
                            option value=(choice.value) selected[choice.value == member.role.word()] { (choice.value) }
                        }
                    }
                    button type="submit" aria-label={ "Save the role of " (name) } { "Save" }
                }
            }
            @if may_change || is_me {
                (here.button(&format!("/team/{}/remove", member.user_id), if is_me { "Leave" } else { "Remove" }, ""))
            }
        }
    }
}
