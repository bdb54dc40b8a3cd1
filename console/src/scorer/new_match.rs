//! The form of a new match: who plays whom, by which rules, where and when.

use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use crate::layout::{Area, Page, csrf_field};
use cricket::{Format, Player, Setup, Side, Team};
use maud::{Markup, html};

/// A name on the scoreboard, in characters.
const NAME_LENGTH_MAX: usize = 60;
/// A competition, its stage, a ground, in characters.
const TEXT_LENGTH_MAX: usize = 100;
/// What [`Team::short`] may hold.
const SHORT_LENGTH_MAX: usize = 5;
/// Two must bat at once; beyond eleven are those who may replace somebody.
const PLAYERS: std::ops::RangeInclusive<usize> = 2..=20;
const OVERS: std::ops::RangeInclusive<u16> = 1..=100;
/// Six everywhere today; eight-ball overs were bowled until 1979, and some junior cricket bowls fewer.
const BALLS_PER_OVER: std::ops::RangeInclusive<u8> = 4..=8;

/// What a club may play, each with its value in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClubFormat {
    T20,
    OneDay,
    Hundred,
    TwoInnings,
}

impl ClubFormat {
    const ALL: [(ClubFormat, &'static str, &'static str); 4] = [
        (ClubFormat::T20, "t20", "Twenty20"),
        (ClubFormat::OneDay, "one_day", "One day, one innings a side"),
        (ClubFormat::Hundred, "hundred", "The Hundred (100 balls a side)"),
        (ClubFormat::TwoInnings, "two_innings", "Two innings a side, no limit of overs"),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, value, _)| *value == text).map(|(format, _, _)| *format)
    }

    const fn format(self) -> Format {
        match self {
            ClubFormat::T20 => Format::T20,
            ClubFormat::OneDay => Format::Odm,
            ClubFormat::Hundred => Format::Hundred,
            ClubFormat::TwoInnings => Format::Mdm,
        }
    }
}

/// The form as it is first shown, with today's date ("2026-05-24").
pub fn blank(today: &str) -> Fields {
    Fields::of([("format", "t20"), ("overs", "20"), ("balls", "6"), ("free_hits", "yes"), ("date", today)])
}

/// The page with the form. `form` is the id that makes a second press of its button harmless.
pub fn page(area: Area<'_>, csrf: &str, form: &str, filled: Filled<'_>) -> Markup {
    let formats: Vec<Choice> =
        ClubFormat::ALL.iter().map(|(_, value, text)| Choice::new(value, *text)).collect();
    let main = html! {
        div.narrow {
            h1 { "New match" }
            (filled.summary())
            form.stack method="post" action="/console/scorer/matches" {
                (csrf_field(csrf))
                input type="hidden" name="form" value=(form);
                div.two {
                    (side(filled, "home", "home_short", "home_players", "Home team"))
                    (side(filled, "away", "away_short", "away_players", "Away team"))
                }
                fieldset {
                    legend { "Rules" }
                    (filled.radios(Label::new("format", "Format"), &formats))
                    div.two {
                        (filled.line(Label::new("overs", "Overs a side")
                            .hint("Twenty20 has 20 unless you say otherwise. Not used by the other two formats."), Line::Number, 3))
                        (filled.line(Label::new("balls", "Balls in an over").hint("6 almost everywhere."), Line::Number, 1))
                    }
                    (filled.tick(Label::new("free_hits", "A free hit follows a no-ball")))
                }
                fieldset {
                    legend { "Where and when" }
                    div.two {
                        (filled.line(Label::new("venue", "Ground"), Line::Text, 100))
                        (filled.line(Label::new("date", "Date (first day)"), Line::Date, 10))
                        (filled.line(Label::new("competition", "Competition").hint("May stay empty."), Line::Text, 100))
                        (filled.line(Label::new("stage", "Stage").hint("\"Final\", \"Match 12\". May stay empty."), Line::Text, 60))
                    }
                }
                p { button.primary type="submit" { "Create the match" } }
            }
        }
    };
    Page { title: "New match", area, say: "", main }.render()
}

fn side(
    filled: Filled<'_>,
    name: &'static str,
    short: &'static str,
    players: &'static str,
    title: &str,
) -> Markup {
    html! {
        fieldset {
            legend { (title) }
            (filled.line(Label::new(name, "Name"), Line::Text, 60))
            (filled.line(Label::new(short, "Short name").hint("At most 5 letters; made from the name when empty."), Line::Text, 5))
            (filled.lines(Label::new(players, "Players")
                .hint("One a line, in batting order if you know it. Paste a team sheet: numbers, (c) and (wk) are left out."), 11, 2000))
        }
    }
}

/// The setup that the form describes, or all that is wrong with it.
pub fn parse(fields: &Fields) -> Result<Setup, Mistakes> {
    let mut mistakes = Mistakes::default();
    let home = team(fields, "home", "home_short", &mut mistakes);
    let away = team(fields, "away", "away_short", &mut mistakes);
    if !home.name.is_empty() && home.name.to_lowercase() == away.name.to_lowercase() {
        mistakes.add("away", "Both teams have the same name: give one another.");
    }
    let mut players = players(fields, "home_players", Side::Home, &mut mistakes);
    players.extend(self::players(fields, "away_players", Side::Away, &mut mistakes));
    let rules = rules(fields, &mut mistakes);
    let date = date(fields, &mut mistakes);
    let mut words = |name| short_text(fields, name, &mut mistakes);
    let (competition, stage, venue) = (words("competition"), words("stage"), words("venue"));
    mistakes.unless_any(Setup { teams: vec![home, away], players, competition, stage, venue, date, ..rules })
}

fn team(fields: &Fields, name: &'static str, short: &'static str, mistakes: &mut Mistakes) -> Team {
    let text = tidy(fields.text(name));
    if text.is_empty() {
        mistakes.add(name, "Give the team a name.");
    } else if text.chars().count() > NAME_LENGTH_MAX {
        mistakes.add(name, format!("At most {NAME_LENGTH_MAX} characters."));
    }
    let said = tidy(fields.text(short));
    if said.chars().count() > SHORT_LENGTH_MAX {
        mistakes.add(short, format!("At most {SHORT_LENGTH_MAX} letters."));
    }
    let short = if said.is_empty() { short_name(&text) } else { said };
    Team { name: text, short }
}

/// The initials of a name of several words, else its first three letters, in capitals.
fn short_name(name: &str) -> String {
    let words: Vec<&str> = name.split(' ').filter(|it| it.chars().any(char::is_alphanumeric)).collect();
    let letters: String = if words.len() > 1 {
        words
            .iter()
            .filter_map(|it| it.chars().find(|c| c.is_alphanumeric()))
            .take(SHORT_LENGTH_MAX)
            .collect()
    } else {
        name.chars().filter(|it| it.is_alphanumeric()).take(3).collect()
    };
    letters.to_uppercase().chars().take(SHORT_LENGTH_MAX).collect()
}

fn players(fields: &Fields, field: &'static str, side: Side, mistakes: &mut Mistakes) -> Vec<Player> {
    let names = names(fields.raw(field));
    if !PLAYERS.contains(&names.len()) {
        let found = names.len();
        mistakes.add(
            field,
            format!("{} to {} players are needed; {found} found.", PLAYERS.start(), PLAYERS.end()),
        );
    }
    let mut seen = std::collections::HashSet::new();
    for name in &names {
        if !seen.insert(name.to_lowercase()) {
            mistakes.add(field, format!("{name} is there twice: tell the two apart, \"{name} jun.\"."));
        }
        if name.chars().count() > NAME_LENGTH_MAX {
            mistakes.add(field, format!("A name has at most {NAME_LENGTH_MAX} characters: {name}"));
        }
    }
    names.into_iter().map(|name| Player { name, side }).collect()
}

/// Names as they come off a team sheet: one a line, or one line with commas; numbers before them and marks of office
/// behind them dropped.
fn names(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|it| !it.trim().is_empty()).collect();
    let parts: Vec<&str> = match lines.as_slice() {
        [line] => line.split([',', ';']).collect(),
        lines => lines.to_vec(),
    };
    parts.into_iter().map(name).filter(|it| !it.is_empty()).collect()
}

fn name(text: &str) -> String {
    let text = text.trim_matches(|it: char| {
        it.is_whitespace() || matches!(it, ',' | ';' | '\u{2022}' | '*' | '-' | '\u{2020}')
    });
    let rest = text.trim_start_matches(|it: char| it.is_ascii_digit());
    // A number counts as numbering only when something sets it apart from the name.
    let text = if rest.len() < text.len() && rest.starts_with(['.', ')', ':', ' ', '\t', '-']) {
        rest.trim_start_matches(|it: char| matches!(it, '.' | ')' | ':' | '-') || it.is_whitespace())
    } else {
        text
    };
    let mut text = tidy(text);
    while let Some(shorter) = without_mark(&text) {
        text = shorter;
    }
    text
}

/// The name without one mark of captain or wicketkeeper at its end.
fn without_mark(text: &str) -> Option<String> {
    const MARKS: [&str; 8] = ["(c)", "(vc)", "(wk)", "(w)", "(c & wk)", "(c/wk)", "*", "\u{2020}"];
    let lower = text.to_lowercase();
    let mark = MARKS.iter().find(|it| lower.ends_with(**it) && lower.len() == text.len())?;
    Some(text[..text.len() - mark.len()].trim_end().to_owned())
}

/// Without control characters, and with single blanks.
fn tidy(text: &str) -> String {
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn short_text(fields: &Fields, name: &'static str, mistakes: &mut Mistakes) -> String {
    let text = tidy(fields.text(name));
    if text.chars().count() > TEXT_LENGTH_MAX {
        mistakes.add(name, format!("At most {TEXT_LENGTH_MAX} characters."));
    }
    text
}

fn rules(fields: &Fields, mistakes: &mut Mistakes) -> Setup {
    let Some(club) = ClubFormat::parse(fields.text("format")) else {
        mistakes.add("format", "Choose a format.");
        return Setup::default();
    };
    let said = fields.number("overs", OVERS, mistakes);
    let balls = fields.number("balls", BALLS_PER_OVER, mistakes).unwrap_or(6);
    let overs = match club {
        ClubFormat::T20 => Some(said.unwrap_or(20)),
        ClubFormat::Hundred => Some(20),
        ClubFormat::TwoInnings => None,
        ClubFormat::OneDay => {
            if !fields.has("overs") {
                mistakes.add("overs", "Say how many overs each side may bat.");
            }
            said
        }
    };
    Setup {
        format: club.format(),
        balls_per_over: if club == ClubFormat::Hundred { 5 } else { balls },
        overs,
        free_hits: fields.has("free_hits") && club != ClubFormat::TwoInnings,
        ..Setup::default()
    }
}

/// An ISO 8601 day, or empty.
fn date(fields: &Fields, mistakes: &mut Mistakes) -> String {
    let text = fields.text("date");
    let days = |year: u16, month: u8| match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    };
    let day = |text: &str| -> Option<()> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let shape = year.len() == 4 && month.len() == 2 && day.len() == 2 && parts.next().is_none();
        let (year, month, day): (u16, u8, u8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        (shape && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day)).then_some(())
    };
    if !text.is_empty() && day(text).is_none() {
        mistakes.add("date", "Write the date as 2026-05-24.");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Fields {
        let mut fields = blank("2026-05-24");
        fields.set("home", "Upper Oaks");
        fields.set("away", "Lower Elms");
        fields.set("home_players", "Ada\nBea\nCid");
        fields.set("away_players", "Xan\r\nYul\r\n\r\nZoe\r\n");
        fields
    }

    #[test]
    fn a_filled_form_is_a_setup_that_the_game_accepts() {
        let setup = parse(&filled()).unwrap();
        assert_eq!(setup.check(), Ok(()));
        assert_eq!((setup.teams[0].short.as_str(), setup.teams[1].short.as_str()), ("UO", "LE"));
        assert_eq!(setup.players.len(), 6);
        assert_eq!((setup.overs, setup.balls_per_over, setup.free_hits), (Some(20), 6, true));
    }

    #[test]
    fn each_format_has_its_rules() {
        for (said, overs, format, expected, balls, free_hits) in [
            ("t20", "", Format::T20, Some(20), 6, true),
            ("t20", "16", Format::T20, Some(16), 6, true),
            ("one_day", "40", Format::Odm, Some(40), 6, true),
            ("hundred", "40", Format::Hundred, Some(20), 5, true),
            ("two_innings", "40", Format::Mdm, None, 6, false),
        ] {
            let mut fields = filled();
            fields.set("format", said);
            fields.set("overs", overs);
            let setup = parse(&fields).unwrap();
            assert_eq!(setup.format, format, "{said}");
            assert_eq!(
                (setup.overs, setup.balls_per_over, setup.free_hits),
                (expected, balls, free_hits),
                "{said}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_beside_its_field() {
        for (field, value, mistake) in [
            ("home", "  ", "Give the team a name."),
            ("away", "UPPER OAKS", "Both teams have the same name: give one another."),
            ("home_short", "TOOLONG", "At most 5 letters."),
            ("home_players", "Ada", "2 to 20 players are needed; 1 found."),
            ("away_players", "", "2 to 20 players are needed; 0 found."),
            ("away_players", "Xan\nYul\nxan", "xan is there twice: tell the two apart, \"xan jun.\"."),
            ("format", "pyjamas", "Choose a format."),
            ("overs", "0", "Enter a whole number from 1 to 100."),
            ("balls", "9", "Enter a whole number from 4 to 8."),
            ("date", "24/5/2026", "Write the date as 2026-05-24."),
            ("date", "2026-02-29", "Write the date as 2026-05-24."),
        ] {
            let mut fields = filled();
            fields.set(field, value);
            let mistakes = parse(&fields).unwrap_err();
            assert_eq!(mistakes.of(field), Some(mistake), "{field}={value}");
            assert_eq!(mistakes.iter().count(), 1, "{field}={value}: {mistakes:?}");
        }
        let mut fields = filled();
        fields.set("format", "one_day");
        fields.set("overs", "");
        assert_eq!(parse(&fields).unwrap_err().of("overs"), Some("Say how many overs each side may bat."));
    }

    #[test]
    fn a_pasted_team_sheet_becomes_names() {
        for (text, expected) in [
            (
                "1. Ada Lee (c)\n2) Bea Poe (wk)\n  3 Cid\tRay*\n\u{2022} Dot\n",
                &["Ada Lee", "Bea Poe", "Cid Ray", "Dot"][..],
            ),
            ("Ada, Bea; Cid,", &["Ada", "Bea", "Cid"]),
            ("O'Neil (c) (wk)\nD'Arcy-Smith\n7even", &["O'Neil", "D'Arcy-Smith", "7even"]),
            ("Jos\u{e9} \u{2020}\nZo\u{eb}\u{a0}\u{a0}Li", &["Jos\u{e9}", "Zo\u{eb} Li"]),
            (" \n\r\n", &[]),
        ] {
            assert_eq!(names(text), expected, "{text:?}");
        }
    }

    #[test]
    fn words_are_never_lost() {
        let mut fields = filled();
        fields.set("home", "");
        fields.set("away_players", "<Xan>\n & Co");
        let mistakes = parse(&fields).unwrap_err();
        let filled = Filled { fields: &fields, mistakes: &mistakes };
        let html = page(Area::SignedOut, "token", "form", filled).into_string();
        assert!(html.contains("&lt;Xan&gt;\n &amp; Co</textarea>"), "{html}");
        assert!(html.contains(r##"<a href="#home">Give the team a name.</a>"##), "{html}");
        assert!(html.contains(r#"value="t20" checked"#), "{html}");
    }
}
