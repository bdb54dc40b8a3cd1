//! What editors publish, on its way to fans: beside the ball's way, and never on it.
//!
//! A widget asks for a [`Board`] once: everything that it shows of what editors have published. What is published later goes to open streams as
//! an event with the documents themselves ([`event`]), so that nobody has to ask; what is not for everybody, or is no card, has widgets ask for
//! their board anew. Boards are kept in memory until the next news ([`Boards`]).

mod board;
mod boards;
mod card;
mod event;
mod follow;
mod named;
pub mod reach;

pub(crate) use board::{Board, PLAYERS_MAX, Whose, needed, of_draft};
pub use boards::Boards;
pub(crate) use boards::with_draft;
pub use follow::follow;
pub(crate) use named::{Shown, document, read_names};
