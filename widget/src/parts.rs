//! Parts of the widget that are downloaded when they are first needed: xtask cuts them out of the wasm at the functions of this file, with all
//! that only they reach. Elsewhere (tests) they are plain calls.
//!
//! A part must be [`Part::Here`] when one of its functions is called: `loader/takeover.js` brings it and says so.

use crate::{
    board::Share,
    charts::Charts,
    lines::{Earlier, Lines, joined},
    node::Node,
    performers::Performers,
    scorecard::cards,
    shown::Tab,
    view::{chances, charts, digits, result, scorecard, settings},
};
use cricket::{Match, Side, Words};
use js_sys::Array;

/// How far a part is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    Away,
    Coming,
    Here,
    /// It could not be had; asking for it tries again.
    Failed,
}

/// What the models say of a match that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Of winning, in the order of the board's teams; none where nobody can tell, and once it is decided.
    pub chances: Option<[Share; 2]>,
    /// What the first innings is likely to end at.
    pub projected: Option<u16>,
}

/// Declares functions of parts: `part, a name of 32 hexadecimal digits: fn …`. On wasm each call goes to an import that xtask
/// replaces by the function's place in the table of all functions, and the function itself into its part's file; both sides are compiled from
/// one signature, so that they cannot differ.
macro_rules! split {
    ($($part:literal $unique:literal: $(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            $(#[$doc])*
            pub fn $name($($arg: $type),*) -> $result {
                #[cfg(target_family = "wasm")]
                #[expect(unsafe_code, reason = "the import and the export are one function")]
                mod import {
                    use super::*;
                    #[link(wasm_import_module = "__wasm_split_placeholder__")]
                    #[expect(improper_ctypes, reason = "Rust is on both sides")]
                    unsafe extern "C" {
                        #[link_name = concat!("__wasm_split_00", $part, "00_import_", $unique)]
                        pub(super) safe fn call($($arg: $type),*) -> $result;
                    }
                    #[unsafe(export_name = concat!("__wasm_split_00", $part, "00_export_", $unique))]
                    #[allow(improper_ctypes_definitions, reason = "so it is here, where the types are not C's")]
                    extern "C" fn body($($arg: $type),*) -> $result $body
                }
                #[cfg(target_family = "wasm")]
                return import::call($($arg),*);
                #[cfg(not(target_family = "wasm"))]
                $body
            }
        )*
    };
}

split! {
    "detail" "00000000000000000000000000000001":
    /// The panel of a tab that is not open at first.
    fn detail(game: &Match, words: Words, tab: Tab) -> Node {
        match tab {
            Tab::Charts => charts::charts(words, &Charts::of(game, words)),
            Tab::Settings => settings::settings(words),
            _ => scorecard::cards(words, &cards(game, words)),
        }
    }

    "detail" "00000000000000000000000000000004":
    /// Shows earlier balls in a list, from `pages` of texts as [`joined`] reads them. Where the last text is "told", they are other texts of balls
    /// that are in it; where it is "all told", to the last ball.
    fn put_earlier(lines: &mut Lines, asked: Earlier, pages: &Array) -> () {
        let texts: Vec<String> = pages.iter().filter_map(|it| it.as_string()).collect();
        let what = texts.last().map_or("", String::as_str);
        match (joined(&texts), what) {
            (Some(page), "told") => lines.retell(&page.balls),
            (Some(page), "all told") => lines.retell_all(&page),
            (Some(page), _) => lines.put_earlier(asked, &page),
            (None, _) => lines.waiting = false,
        }
    }

    "insight" "00000000000000000000000000000002":
    /// What is likely to come.
    fn forecast(game: &Match) -> Box<Forecast> {
        let home = game.chances().map(|it| it.of(Side::Home)).filter(|it| it % 100 > 0);
        Box::new(Forecast { chances: home.map(|it| Share::both(game, it)), projected: game.projected_score() })
    }

    "insight" "00000000000000000000000000000003":
    /// What stays of a finished match; none while it goes on.
    fn performers(game: &Match, words: Words) -> Option<Node> {
        result::result(words, &Performers::of(game, words))
    }

    "insight" "00000000000000000000000000000005":
    /// The bar of chances.
    fn chances(words: Words, shares: &[Share; 2]) -> Node {
        chances::chances(words, shares)
    }

    "speech" "00000000000000000000000000000006":
    /// A language from its table.
    fn learn(table: String) -> Words {
        Words::read(table.leak())
    }

    "speech" "00000000000000000000000000000007":
    /// Puts the language's digits into all that is read.
    fn put_digits(words: Words, node: &mut Node) -> () {
        digits::put(words, node);
    }
}
