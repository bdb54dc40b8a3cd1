//! Questions that are made for a match from what is known of it beforehand: always the same for the same match.

mod words;

use crate::kind::{Band, Kind, Named, Team};
use crate::quiz::{CHOICE_MAX, Question, Words};
use crate::window::Window;
use cricket::words::languages;
use cricket::{Format, Setup, Side};
use jiff::Timestamp;
use std::collections::BTreeMap;
use words::{LANGUAGES, Said};

/// Seconds in which an over can be answered, in the break before it.
const OVER_SECONDS: u32 = 30;
/// Players who are choices, of those who bat first as the setup has them.
const PLAYERS: usize = 5;
/// Of a team's name, in a question.
const VALUE_BYTES_MAX: usize = 200;
/// Points for what is asked before the match, before an innings, and before an over.
const POINTS: [u16; 3] = [30, 20, 10];

/// What numbers are told apart by.
struct Measures {
    over: &'static [u16],
    powerplay: &'static [u16],
    total: &'static [u16],
}

const T20: Measures = Measures { over: &[5, 9, 14], powerplay: &[39, 49, 59], total: &[139, 159, 179, 199] };
const ODI: Measures = Measures { over: &[3, 6, 9], powerplay: &[39, 54, 69], total: &[219, 259, 299, 339] };
const TEST: Measures = Measures { over: &[1, 3, 5], powerplay: &[19, 29, 39], total: &[199, 299, 399, 499] };
/// Overs of a Test that are asked about: after the openers, before the new ball, with it.
const TEST_OVERS: [u16; 3] = [20, 80, 81];
/// Overs of a Test after which the score is asked.
const TEST_SESSION: u16 = 10;

/// What such a set is called, by language.
pub fn titles() -> BTreeMap<String, String> {
    LANGUAGES.iter().zip(words::TITLE).map(|(tag, text)| ((*tag).to_owned(), text.to_owned())).collect()
}

/// A set for a match: who wins and scores most, until the toss, from `from` on; each innings' powerplay, total and first wicket, before it begins;
/// and some of its overs, each in the break before it. Within what a quiz may have.
pub fn for_match(setup: &Setup, from: Timestamp) -> Vec<Question> {
    let until_toss = Window::BeforeToss { from };
    let (measures, innings) = match setup.format {
        Format::Test | Format::Mdm => (&TEST, 4),
        Format::Odi | Format::Odm => (&ODI, 2),
        Format::T20 | Format::It20 | Format::Hundred => (&T20, 2),
    };
    let mut all = vec![winner(setup, &until_toss)];
    for side in [Side::Home, Side::Away] {
        all.extend(top_scorer(setup, side, &until_toss));
    }
    for number in 1..=innings {
        all.extend(of_innings(setup, measures, number));
    }
    all
}

fn winner(setup: &Setup, window: &Window) -> Question {
    let kind = if setup.format.is_multi_day() { Kind::WinnerOrDraw } else { Kind::Winner };
    let named = |side: Side| Said::Name(setup.team(side).name.clone());
    let choices =
        vec![("home", named(Side::Home)), ("away", named(Side::Away)), ("draw", Said::Text(words::DRAW))];
    let choices = choices.into_iter().take(kind.choices().len()).map(|(id, it)| (id.to_owned(), it));
    question("winner", kind, window.clone(), POINTS[0], (words::WINNER, ""), choices.collect())
}

/// None where too few players of the side are known.
fn top_scorer(setup: &Setup, side: Side, window: &Window) -> Option<Question> {
    let players = setup.players.iter().filter(|it| it.side == side).take(PLAYERS);
    let players: Vec<Named> =
        (1..).zip(players).map(|(at, it)| Named { id: format!("p{at}"), name: it.name.clone() }).collect();
    if players.len() < PLAYERS {
        return None;
    }
    let mut choices: Vec<_> = players.iter().map(|it| (it.id.clone(), Said::Name(it.name.clone()))).collect();
    choices.push(("else".to_owned(), Said::Text(words::SOMEBODY_ELSE)));
    let side_word = Team::from(side);
    let key = format!("top-{}", side_word.word());
    let kind = Kind::TopScorer { side: side_word, players };
    let team = &setup.team(side).name;
    Some(question(&key, kind, window.clone(), POINTS[0], (words::TOP_SCORER, team), choices))
}

fn of_innings(setup: &Setup, measures: &Measures, innings: u8) -> Vec<Question> {
    let before = || Window::BeforeInnings { innings, seconds: None };
    let key = |what: &str| format!("i{innings}-{what}");
    let mut all = Vec::new();
    let is_multi_day = setup.format.is_multi_day();
    // The second innings of a chase ends where the target is.
    if innings == 1 || is_multi_day {
        let (bands, choices) = banded(measures.total);
        let kind = Kind::InningsTotal { innings, bands };
        all.push(question(&key("total"), kind, before(), POINTS[1], (words::INNINGS_TOTAL, ""), choices));
    }
    let overs = powerplay(setup);
    let (bands, choices) = banded(measures.powerplay);
    let kind = Kind::PowerplayTotal { innings, overs, bands };
    let said = (words::AFTER_OVERS, &*overs.to_string());
    all.push(question(&key("powerplay"), kind, before(), POINTS[1], said, choices));
    let choices = Kind::WAYS.iter().zip(words::WAYS).map(|(id, it)| ((*id).to_owned(), Said::Text(it)));
    let kind = Kind::NextWicket { innings, wicket: 1 };
    all.push(question(
        &key("wicket"),
        kind,
        before(),
        POINTS[1],
        (words::FIRST_WICKET, ""),
        choices.collect(),
    ));
    for (at, over) in asked_overs(setup).into_iter().enumerate() {
        all.push(of_over(measures, innings, over, at));
    }
    all
}

/// Overs with fielding restrictions, or so many as tell how an innings begins.
fn powerplay(setup: &Setup) -> u16 {
    match setup.overs {
        _ if setup.format.is_multi_day() => TEST_SESSION,
        Some(50) => 10,
        Some(20) => 6,
        Some(overs) => (overs * 3).div_ceil(10).max(1),
        None => TEST_SESSION,
    }
}

/// The last of the powerplay, the middle, and the last ones. None of The Hundred, whose ends do not change after each five balls.
fn asked_overs(setup: &Setup) -> Vec<u16> {
    let Some(overs) = setup.overs.filter(|_| !setup.format.is_multi_day()) else {
        return TEST_OVERS.to_vec();
    };
    if setup.format == Format::Hundred {
        return Vec::new();
    }
    let mut all =
        vec![powerplay(setup), overs / 2 + 1, overs.saturating_sub(3), overs.saturating_sub(1), overs];
    all.retain(|it| *it > 1);
    all.sort_unstable();
    all.dedup();
    all
}

/// Each in its turn: runs, a wicket, boundaries.
fn of_over(measures: &Measures, innings: u8, over: u16, at: usize) -> Question {
    let (kind, text, choices) = match at % 3 {
        0 => {
            let (bands, choices) = banded(measures.over);
            (Kind::OverRuns { innings, over, bands }, words::OVER_RUNS, choices)
        }
        1 => {
            let choices = [("yes", words::YES), ("no", words::NO)];
            let choices = choices.map(|(id, it)| (id.to_owned(), Said::Text(it)));
            (Kind::OverWicket { innings, over }, words::OVER_WICKET, choices.into())
        }
        _ => {
            let (bands, choices) = banded(&[0, 1, 2]);
            (Kind::OverBoundaries { innings, over, bands }, words::OVER_BOUNDARIES, choices)
        }
    };
    let window = Window::BeforeOver { innings, over, seconds: OVER_SECONDS };
    question(&format!("i{innings}-o{over}"), kind, window, POINTS[2], (text, &over.to_string()), choices)
}

/// Bands that end at these numbers, and one without end, with what they are called: "0–5", "2", "15+".
fn banded(ends: &[u16]) -> (Vec<Band>, Vec<(String, Said)>) {
    let mut from = 0;
    let (mut bands, mut choices) = (Vec::new(), Vec::new());
    for to in ends.iter().copied().map(Some).chain([None]) {
        let id = format!("b{}", bands.len() + 1);
        let said = match to {
            Some(to) if to == from => to.to_string(),
            Some(to) => format!("{from}\u{2013}{to}"),
            None => format!("{from}+"),
        };
        choices.push((id.clone(), Said::Number(said)));
        bands.push(Band { id, from, to });
        from = to.map_or(from, |to| to + 1);
    }
    (bands, choices)
}

fn question(
    key: &str,
    kind: Kind,
    window: Window,
    points: u16,
    (text, value): ([&'static str; LANGUAGES.len()], &str),
    choices: Vec<(String, Said)>,
) -> Question {
    let words = |at: usize| {
        let language = languages::named(LANGUAGES[at]);
        let digits = |text: &str| language.digits(text);
        let said = |it: &Said| match it {
            Said::Name(name) => name.chars().take(CHOICE_MAX).collect(),
            Said::Number(text) => digits(text),
            Said::Text(texts) => texts[at].to_owned(),
        };
        let value =
            if value.bytes().all(|it| it.is_ascii_digit()) { digits(value) } else { value.to_owned() };
        Words {
            text: text[at]
                .replace("{0}", value.get(..value.floor_char_boundary(VALUE_BYTES_MAX)).unwrap_or("")),
            choices: choices.iter().map(|(id, it)| (id.clone(), said(it))).collect(),
            after: None,
        }
    };
    let texts = LANGUAGES.iter().enumerate().map(|(at, tag)| ((*tag).to_owned(), words(at)));
    Question { key: key.to_owned(), kind, window, points, texts: texts.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quiz::{Origin, Quiz};
    use cricket::{Player, Team as TeamOf};
    use rewards::Books;

    fn setup(format: Format, overs: Option<u16>) -> Setup {
        let players =
            |name: &'static str, side| (0..11).map(move |it| Player { name: format!("{name} {it}"), side });
        Setup {
            teams: vec![TeamOf::named("India"), TeamOf::named("Sri Lanka")],
            players: players("I", Side::Home).chain(players("S", Side::Away)).collect(),
            format,
            balls_per_over: if format == Format::Hundred { 5 } else { 6 },
            overs,
            ..Setup::default()
        }
    }

    fn from() -> Timestamp {
        "2026-11-30T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn each_format_has_a_set_that_can_be_put_and_is_the_same_each_time() {
        for (format, overs, keys) in [
            (Format::T20, Some(20), &["winner", "top-home", "i1-total", "i1-o6", "i1-o20", "i2-o17"][..]),
            (Format::Odi, Some(50), &["winner", "i1-powerplay", "i1-o10", "i2-o49", "i2-wicket"]),
            (Format::Test, None, &["winner", "i3-total", "i4-total", "i1-o81"]),
            (Format::Hundred, Some(20), &["winner", "i1-total", "i2-powerplay"]),
            (Format::T20, Some(5), &["winner", "i1-o5", "i2-powerplay"]),
            (Format::T20, Some(1), &["winner", "i1-powerplay"]),
        ] {
            let setup = setup(format, overs);
            let questions = for_match(&setup, from());
            for key in keys {
                assert!(questions.iter().any(|it| it.key == *key), "{format:?} {key}");
            }
            assert_eq!(questions, for_match(&setup, from()));
            let quiz = Quiz {
                origin: Origin::Template { name: "mat_1".into() },
                books: Books::Live,
                organisation_id: None,
                match_id: Some("mat_1".into()),
                series: None,
                fence: None,
                titles: titles(),
                questions,
            };
            quiz.check().unwrap_or_else(|error| panic!("{format:?} {overs:?}: {error}"));
        }
    }

    #[test]
    fn no_place_for_a_value_is_left_and_no_language_is_another() {
        for question in for_match(&setup(Format::T20, Some(20)), from()) {
            assert_eq!(question.texts.len(), LANGUAGES.len());
            let mut texts: Vec<&str> = question.texts.values().map(|it| it.text.as_str()).collect();
            assert!(texts.iter().all(|it| !it.contains(['{', '}'])), "{texts:?}");
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), LANGUAGES.len(), "{texts:?}");
        }
    }

    #[test]
    fn numbers_are_in_the_languages_digits() {
        let all = for_match(&setup(Format::T20, Some(20)), from());
        let over = all.iter().find(|it| it.key == "i1-o6").unwrap();
        assert_eq!(over.texts["en"].text, "How many runs in over 6?");
        assert_eq!(over.texts["en"].choices["b1"], "0–5");
        assert_eq!(over.texts["en"].choices["b4"], "15+");
        assert!(over.texts["bn"].text.contains('৬'), "{}", over.texts["bn"].text);
        assert_eq!(over.texts["bn"].choices["b1"], "০–৫");
    }

    #[test]
    fn names_that_are_too_long_are_cut() {
        let mut setup = setup(Format::T20, Some(20));
        setup.teams[0].name = "नाम".repeat(100);
        for player in &mut setup.players {
            player.name = format!("{} {}", player.name, "x".repeat(90));
        }
        for question in for_match(&setup, from()) {
            for words in question.texts.values() {
                assert!(words.text.chars().count() <= 300 && !words.text.is_empty());
                assert!(words.choices.values().all(|it| (1..=CHOICE_MAX).contains(&it.chars().count())));
            }
        }
    }

    #[test]
    fn a_side_whose_players_are_not_known_is_not_asked_about() {
        let nobody = Setup { players: Vec::new(), ..setup(Format::T20, Some(20)) };
        assert!(for_match(&nobody, from()).iter().all(|it| !it.key.starts_with("top-")));
    }
}
