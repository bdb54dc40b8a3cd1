//! What the score shows, in words: a [`Board`] is made anew from the match after each update, and the views only place its texts.

use crate::parts::Forecast;
use cricket::{
    Ball, BatterState, Boundary, Bowled, Innings, Match, Outcome, Phase, PlayerId, Rate, Setup, Side, Words,
    text, text::cut, words::messages as say,
};

/// The summary of a match, the scorecard aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// "Indian Premier League · Final"
    pub competition: String,
    /// "M. A. Chidambaram Stadium, Chennai · 24 May 2024"
    pub place: String,
    pub badge: String,
    pub phase: Phase,
    /// The side that batted first on top, so that nobody changes place during a match.
    pub teams: Vec<TeamRow>,
    /// One sentence: who needs what, who leads, what is waited for, who won.
    pub status: String,
    pub batters: Vec<Row>,
    pub bowlers: Vec<Row>,
    /// The over in progress, or the last one; and the one before it. Newest first.
    pub overs: Vec<Over>,
    pub free_hit: bool,
    /// Label and value: rates, what the first innings may end at, partnership, last wicket.
    pub facts: Vec<Fact>,
    /// Of winning, in the order of [`Board::teams`]; none where nobody can tell, and once the match is decided.
    pub chances: Option<[Share; 2]>,
}

/// A team and all it scored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamRow {
    pub name: String,
    pub short: String,
    /// Which of the two accent colours is theirs.
    pub side: Side,
    /// Their innings before the latest: "312 & ".
    pub earlier: String,
    /// "187/4"; empty before they bat.
    pub score: String,
    /// "18.3/20 ov"
    pub overs: String,
    /// "Super over 12/1"
    pub super_over: String,
    pub batting: bool,
    pub won: bool,
}

/// A line of a table: a name, what is said below it, and figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub note: String,
    pub cells: Vec<String>,
    /// On strike; still at the wicket on a scorecard.
    pub marked: bool,
}

/// One over as balls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// "This over", "Over 12"
    pub title: String,
    /// "9 runs"
    pub sum: String,
    pub chips: Vec<Chip>,
    /// Legal balls still to come.
    pub blanks: usize,
}

/// One ball, as short as it gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chip {
    pub label: String,
    pub kind: Kind,
}

/// What a ball is remembered for; also its class name in the style sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Dot,
    Run,
    Extra,
    Four,
    Six,
    Wicket,
    /// Not bowled yet.
    Blank,
}

impl Kind {
    pub fn of(ball: &Ball) -> Self {
        if ball.wickets.iter().any(|it| it.kind.is_wicket()) {
            return Kind::Wicket;
        }
        match ball.boundary {
            Some(Boundary::Four) => Kind::Four,
            Some(Boundary::Six) => Kind::Six,
            None if ball.extras.total() > 0 => Kind::Extra,
            None if ball.runs > 0 => Kind::Run,
            None => Kind::Dot,
        }
    }

    /// Of a [`wire::BallLine`]: its kind, and where that is empty what its label says: "•", "2", "1wd".
    pub fn named(kind: &str, label: &str) -> Self {
        match kind {
            "wicket" => Kind::Wicket,
            "four" => Kind::Four,
            "six" => Kind::Six,
            _ if label.bytes().all(|it| it.is_ascii_digit()) => Kind::Run,
            _ if label.bytes().any(|it| it.is_ascii_digit()) => Kind::Extra,
            _ => Kind::Dot,
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Kind::Dot => "dot",
            Kind::Run => "run",
            Kind::Extra => "extra",
            Kind::Four => "four",
            Kind::Six => "six",
            Kind::Wicket => "wicket",
            Kind::Blank => "blank",
        }
    }
}

/// A figure with its name, and a word on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
    pub note: String,
}

/// A side's chance of winning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub name: String,
    pub short: String,
    pub side: Side,
    /// 1 to 99; the two add up to 100.
    pub per_cent: u8,
}

impl Board {
    /// `forecast` holds nothing until the part that makes it is here.
    pub fn of(game: &Match, words: Words, forecast: Forecast) -> Self {
        let setup = &game.setup;
        let latest = game.innings.last();
        let playing = latest.filter(|_| game.phase != Phase::Finished);
        Board {
            competition: joined(&setup.competition, &setup.stage),
            place: joined(&setup.venue, &date_text(words, &setup.date)),
            badge: badge(game, words),
            phase: game.phase,
            teams: teams(game, words),
            status: game.status_text(words),
            batters: playing.map(|it| at_the_wicket(setup, it)).unwrap_or_default(),
            bowlers: playing.map(|it| bowling_now(setup, it)).unwrap_or_default(),
            overs: playing.map(|it| last_overs(game, words, it)).unwrap_or_default(),
            free_hit: playing.is_some_and(|it| it.free_hit),
            facts: facts(game, words, playing, forecast.projected),
            chances: forecast.chances,
        }
    }
}

/// "a · b", or the one that is not empty.
fn joined(a: &str, b: &str) -> String {
    let dot = if a.is_empty() || b.is_empty() { "" } else { " · " };
    text!(a, dot, b)
}

/// "24 May 2024" from "2024-05-24"; anything else as it stands.
fn date_text(words: Words, date: &str) -> String {
    let (year, rest) = cut(date, b'-');
    let (month, day) = cut(rest, b'-');
    match month.parse::<usize>() {
        Ok(month @ 1..=12) if !day.is_empty() => {
            let month = words.piece(say::MONTHS, month - 1);
            words.fill(say::DATE, &[day.strip_prefix('0').unwrap_or(day), month, year])
        }
        _ => date.to_owned(),
    }
}

fn badge(game: &Match, words: Words) -> String {
    let is_noted = matches!(game.phase, Phase::Break | Phase::Delayed) && !game.note.is_empty();
    if is_noted { words.note(&game.note) } else { words.get(say::of_phase(game.phase)) }.to_owned()
}

fn teams(game: &Match, words: Words) -> Vec<TeamRow> {
    let first = first_to_bat(game);
    [first, first.other()].map(|side| team_row(game, words, side)).into()
}

fn first_to_bat(game: &Match) -> Side {
    game.innings.first().map_or(Side::Home, |it| it.batting)
}

impl Share {
    /// Both sides', in the order of [`Board::teams`].
    pub(crate) fn both(game: &Match, home_per_cent: u8) -> [Share; 2] {
        let first = first_to_bat(game);
        [first, first.other()].map(|side| {
            let team = game.setup.team(side);
            let per_cent = if side == Side::Home { home_per_cent } else { 100 - home_per_cent };
            Share { name: team.name.clone(), short: team.short.clone(), side, per_cent }
        })
    }
}

fn team_row(game: &Match, words: Words, side: Side) -> TeamRow {
    let team = game.setup.team(side);
    let of_side =
        |super_over| game.innings.iter().filter(move |it| it.batting == side && it.super_over == super_over);
    let mut earlier: Vec<String> = of_side(false).map(Innings::score_text).collect();
    let score = earlier.pop().unwrap_or_default();
    let latest = of_side(false).next_back();
    let super_over =
        of_side(true).next_back().map(|it| words.fill(say::SUPER_OVER_SCORE, &[&it.score_text()]));
    TeamRow {
        name: team.name.clone(),
        short: team.short.clone(),
        side,
        earlier: earlier.iter().flat_map(|it| [it.as_str(), " & "]).collect(),
        score,
        overs: latest.map(|it| overs_of(&game.setup, words, it)).unwrap_or_default(),
        super_over: super_over.unwrap_or_default(),
        batting: game.current().is_some_and(|it| it.batting == side) && game.phase != Phase::Finished,
        won: game.outcome.as_ref().and_then(Outcome::winner) == Some(side),
    }
}

/// "18.3/20 ov": of how many, where there is a limit.
fn overs_of(setup: &Setup, words: Words, innings: &Innings) -> String {
    let mut text = innings.overs_text();
    let limit = innings.overs_max.filter(|_| innings.end.is_none());
    if let Some(limit) = limit {
        text.push('/');
        text.push_str(&limit.to_string());
    }
    words.fill(say::of_overs(setup.balls_per_over), &[&text])
}

fn at_the_wicket(setup: &Setup, innings: &Innings) -> Vec<Row> {
    let here = |player: PlayerId| [innings.striker, innings.non_striker].contains(&Some(player));
    let batters = innings.batters.iter().filter(|it| it.state == BatterState::Batting && here(it.player));
    let row = |it: &cricket::Batter| Row {
        name: setup.name(it.player).to_owned(),
        note: String::new(),
        cells: batter_cells(it),
        marked: innings.striker == Some(it.player),
    };
    batters.map(row).collect()
}

/// R, B, 4s, 6s, SR.
pub(crate) fn batter_cells(batter: &cricket::Batter) -> Vec<String> {
    let figures = [batter.runs, batter.balls, batter.fours, batter.sixes];
    figures.iter().map(u16::to_string).chain([rate_text(batter.strike_rate())]).collect()
}

fn bowling_now(setup: &Setup, innings: &Innings) -> Vec<Row> {
    let now = innings.bowler.or(innings.last_bowler);
    let bowlers = innings.bowlers.iter().filter(|it| Some(it.player) == now);
    bowlers.map(|it| bowler_row(setup, it)).collect()
}

/// O, M, R, W, Econ.
pub(crate) fn bowler_row(setup: &Setup, bowler: &cricket::Bowler) -> Row {
    Row {
        name: setup.name(bowler.player).to_owned(),
        note: String::new(),
        cells: vec![
            bowler.overs_text(),
            bowler.maidens.to_string(),
            bowler.runs.to_string(),
            bowler.wickets.to_string(),
            rate_text(bowler.economy(setup.balls_per_over)),
        ],
        marked: false,
    }
}

fn rate_text(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "–".to_owned(), Rate::text)
}

fn last_overs(game: &Match, words: Words, innings: &Innings) -> Vec<Over> {
    let balls_per_over = game.setup.balls_per_over;
    let Some(latest) = innings.recent.last().map(|it| it.over) else { return Vec::new() };
    let over = |number: u16| {
        let balls: Vec<&Bowled> = innings.recent.iter().filter(|it| it.over == number).collect();
        let legal = balls.iter().filter(|it| it.ball.is_legal()).count();
        let going_on = number == innings.overs && innings.end.is_none();
        let runs = innings.over_totals.get(usize::from(number)).map_or(0, |it| it.runs);
        let message = say::of_over(going_on, balls_per_over);
        Over {
            title: words.fill(message, &[&(number + 1).to_string()]),
            sum: words.fill(say::RUNS, &[&runs.to_string()]),
            chips: balls.iter().map(|it| chip(game, it)).collect(),
            blanks: if going_on { usize::from(balls_per_over).saturating_sub(legal) } else { 0 },
        }
    };
    let before = latest.checked_sub(1).filter(|number| innings.recent.iter().any(|it| it.over == *number));
    std::iter::once(latest).chain(before).map(over).collect()
}

fn chip(game: &Match, bowled: &Bowled) -> Chip {
    Chip { label: game.ball_label(bowled), kind: Kind::of(&bowled.ball) }
}

fn facts(game: &Match, words: Words, playing: Option<&Innings>, projected: Option<u16>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact =
        |label, value: String, note: String| facts.push(Fact { label: words.get(label), value, note });
    if let Some(innings) = playing {
        if let Some(rate) = game.run_rate() {
            fact(say::RUN_RATE, rate.text(), String::new());
        }
        if let Some(rate) = game.required_rate().filter(|_| innings.end.is_none()) {
            fact(say::REQUIRED_RATE, rate.text(), String::new());
        }
        if let Some(total) = projected {
            fact(say::PROJECTED_SCORE, total.to_string(), String::new());
        }
        if let Some(pair) = innings.partnership().filter(|_| innings.end.is_none()) {
            let balls = words.fill(say::OFF_BALLS, &[&pair.balls.to_string()]);
            fact(say::PARTNERSHIP, pair.runs.to_string(), balls);
        }
        if let Some((value, note)) = last_wicket(&game.setup, words, innings) {
            fact(say::LAST_WICKET, value, note);
        }
    }
    facts
}

/// "V Kohli 45 (32)" and "120/3, 14.2 ov".
fn last_wicket(setup: &Setup, words: Words, innings: &Innings) -> Option<(String, String)> {
    let fall = innings.falls.last()?;
    let mut value = setup.name(fall.player).to_owned();
    if let Some(batter) = innings.batters.iter().find(|it| it.player == fall.player) {
        value.extend([" ", &batter.runs.to_string(), " (", &batter.balls.to_string(), ")"]);
    }
    Some((value, fall_text(words, fall)))
}

/// "120/3, 14.2 ov"
pub(crate) fn fall_text(words: Words, fall: &cricket::Fall) -> String {
    let numbers =
        [fall.runs, u16::from(fall.wicket), fall.overs, u16::from(fall.balls)].map(|it| it.to_string());
    let overs = words.fill(say::OVERS, &[&text!(numbers[2], ".", numbers[3])]);
    text!(numbers[0], "/", numbers[1], ", ", overs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl, caught, game, wide};
    use cricket::Command;

    fn labels(over: &Over) -> Vec<(&str, Kind)> {
        over.chips.iter().map(|it| (it.label.as_str(), it.kind)).collect()
    }

    #[test]
    fn a_ball_from_the_server_looks_like_one_folded_here() {
        let mut game = begun();
        for ball in [ball(0), ball(1), ball(4), ball(6), wide(), caught()] {
            bowl(&mut game, [ball.clone()]);
            let bowled = game.innings[0].recent.last().unwrap();
            let kind = match Kind::of(&ball) {
                it @ (Kind::Four | Kind::Six | Kind::Wicket) => it.class(),
                _ => "",
            };
            assert_eq!(Kind::named(kind, &game.ball_label(bowled)), Kind::of(&ball));
        }
    }

    fn fact<'a>(board: &'a Board, label: &str) -> Option<(&'a str, &'a str)> {
        let found = board.facts.iter().find(|it| it.label == label)?;
        Some((&found.value, &found.note))
    }

    #[test]
    fn before_the_toss_there_are_teams_and_a_sentence_and_no_figures() {
        let board = Board::of(&game(), Words::ENGLISH, Forecast::default());
        assert_eq!(board.competition, "Coast League · Final");
        assert_eq!(board.place, "Harbour Ground · 4 May 2026");
        assert_eq!(board.badge, "Upcoming");
        assert_eq!(board.teams.iter().map(|it| it.score.as_str()).collect::<Vec<_>>(), ["", ""]);
        assert!(!board.status.is_empty());
        assert!(board.batters.is_empty() && board.overs.is_empty() && board.facts.is_empty());
    }

    #[test]
    fn an_over_in_progress_is_shown_ball_by_ball_with_room_for_the_rest() {
        let mut game = begun();
        bowl(&mut game, [ball(0), ball(4), wide(), ball(6)]);
        let board = Board::of(&game, Words::ENGLISH, Forecast::default());
        let over = &board.overs[0];
        assert_eq!((over.title.as_str(), over.sum.as_str(), over.blanks), ("This over", "11 runs", 3));
        let kinds: Vec<Kind> = labels(over).iter().map(|it| it.1).collect();
        assert_eq!(kinds, [Kind::Dot, Kind::Four, Kind::Extra, Kind::Six]);
        assert_eq!(board.teams[0].score, "11/0");
        assert_eq!(board.teams[0].overs, "0.3/20 ov");
        assert_eq!(board.badge, "Live");
    }

    #[test]
    fn the_striker_is_marked_and_has_figures() {
        let mut game = begun();
        bowl(&mut game, [ball(4), ball(0)]);
        let board = Board::of(&game, Words::ENGLISH, Forecast::default());
        let rows: Vec<_> = board.batters.iter().map(|it| (it.name.as_str(), it.marked)).collect();
        assert_eq!(rows, [("Player HarbourA", true), ("Player HarbourB", false)]);
        assert_eq!(board.batters[0].cells, ["4", "2", "1", "0", "200.00"]);
        assert_eq!(board.batters[1].cells, ["0", "0", "0", "0", "–"]);
        assert_eq!(board.bowlers[0].cells, ["0.2", "0", "4", "0", "12.00"]);
    }

    #[test]
    fn a_wicket_is_told_and_ends_the_partnership() {
        let mut game = begun();
        bowl(&mut game, [ball(4)]);
        assert_eq!(
            fact(&Board::of(&game, Words::ENGLISH, Forecast::default()), "Partnership"),
            Some(("4", "off 1 ball"))
        );
        bowl(&mut game, [caught()]);
        let board = Board::of(&game, Words::ENGLISH, Forecast::default());
        assert_eq!(fact(&board, "Last wicket"), Some(("Player HarbourA 4 (2)", "4/1, 0.2 ov")));
        assert_eq!(board.batters.len(), 1);
        assert_eq!(fact(&board, "Partnership"), None);
    }

    #[test]
    fn a_delay_shows_its_reason() {
        let mut game = begun();
        game.apply(&Command::Delay("Rain".to_owned())).unwrap();
        assert_eq!(Board::of(&game, Words::ENGLISH, Forecast::default()).badge, "Rain");
    }

    #[test]
    fn dates_are_words_or_left_as_they_are() {
        for (date, text) in
            [("2024-05-24", "24 May 2024"), ("2024-13-01", "2024-13-01"), ("", ""), ("May", "May")]
        {
            assert_eq!(date_text(Words::ENGLISH, date), text);
        }
    }
}
