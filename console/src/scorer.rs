//! Scoring a match by hand: sign in, list, new match, and the page on which every ball is one or two keys.
//!
//! A scoring page is drawn from a [`Record`] (the match's log, folded) and from the [`Choices`] in its address; nothing
//! else is remembered. What is pressed comes back as [`Fields`](crate::Fields), becomes an [`Action`] and goes to the
//! feed under the id of the update that its page showed, so that no press ever counts twice.
//!
//! Read [`Record`], then [`Due`] (what the match waits for), then [`score`].

mod action;
mod any_ball;
mod ball_details;
mod ball_form;
mod balls;
mod between;
mod board;
mod choices;
mod due;
mod edit;
pub mod keys;
pub mod matches;
pub mod more;
pub mod new_match;
mod pad;
mod record;
pub mod score;
pub mod sign_in;
mod steps;
mod verdict;
mod view;
mod wicket;
mod words;

pub use action::{Action, Sent, done, parse, seen};
pub use any_ball::{due_page as any_ball_page, forgotten_page};
pub use balls::page as balls_page;
pub use choices::Choices;
pub use due::Due;
pub use edit::page as edit_page;
pub use record::{Edited, Entry, Newest, Record, Told};
pub use view::{Notice, View};
pub use wicket::page as wicket_page;
