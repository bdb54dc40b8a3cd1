//! All innings as tables.

use super::{table, text};
use crate::scorecard::Card;
use leptos::html::{article, div, h3, p};
use leptos::prelude::*;

pub(super) fn cards(cards: &[Card]) -> impl IntoView + use<> {
    let empty = cards.is_empty().then(|| text("empty", "The scorecard begins with the first innings.".to_owned()));
    let innings: Vec<_> = cards.iter().map(card).collect();
    div().class("cards").child((empty, innings))
}

fn card(card: &Card) -> impl IntoView + use<> {
    let yet = (!card.yet_to_bat.is_empty())
        .then(|| p().class("yet").child((text("", "Yet to bat".to_owned()), card.yet_to_bat.clone())));
    let falls = (!card.falls.is_empty()).then(|| table::table("falls", &table::FALLS, &card.falls));
    article().child((
        h3().child((card.title.clone(), text("", card.score.clone()))),
        table::table("batting", &table::BATTING, &card.batting),
        table::table("sums", &[], &card.sums),
        yet,
        table::table("bowling", &table::BOWLING, &card.bowling),
        falls,
    ))
}
