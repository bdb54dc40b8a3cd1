//! The one table: a column of names and columns of figures.

use super::text;
use crate::board::Row;
use leptos::html::{table as table_element, tbody, td, th, thead, tr};
use leptos::prelude::*;

pub(super) const BATTING: [&str; 6] = ["Batter", "R", "B", "4s", "6s", "SR"];
pub(super) const BOWLING: [&str; 6] = ["Bowler", "O", "M", "R", "W", "Econ"];
pub(super) const FALLS: [&str; 2] = ["Fall of wickets", "Score"];

/// `class` chooses the emphasis of the columns in the style sheet.
pub(super) fn table(class: &'static str, heads: &'static [&'static str], rows: &[Row]) -> impl IntoView + use<> {
    let heads: Vec<_> = heads.iter().map(|it| th().attr("scope", "col").child(*it)).collect();
    let rows: Vec<_> = rows.iter().map(row).collect();
    table_element().class(class).attr("part", "table").child((thead().child(tr().child(heads)), tbody().child(rows)))
}

fn row(row: &Row) -> impl IntoView + use<> {
    let cells: Vec<_> = row.cells.iter().map(|it| td().child(it.clone())).collect();
    let mark = if row.marked { "true" } else { "false" };
    let name = (text("who", row.name.clone()), text("note", row.note.clone()));
    tr().attr("data-marked", mark).child((th().attr("scope", "row").child(name), cells))
}
