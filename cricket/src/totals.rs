//! The figures of a finished or running match that other programs compare.

use crate::{Extras, InningsEnd, Match, Side};

/// One innings in figures, as `crease score` prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InningsTotals {
    pub batting: Side,
    /// The batting side's name.
    pub team: String,
    pub super_over: bool,
    pub runs: u16,
    pub wickets: u8,
    /// "19.3"
    pub overs: String,
    pub legal_balls: u16,
    pub extras: Extras,
    pub declared: bool,
}

impl Match {
    /// The figures of every innings, in the order played.
    pub fn totals(&self) -> Vec<InningsTotals> {
        let totals = self.innings.iter().map(|it| InningsTotals {
            batting: it.batting,
            team: self.setup.team(it.batting).name.clone(),
            super_over: it.super_over,
            runs: it.runs,
            wickets: it.wickets,
            overs: it.overs_text(),
            legal_balls: it.legal_balls,
            extras: it.extras,
            declared: it.end == Some(InningsEnd::Declared),
        });
        totals.collect()
    }
}
