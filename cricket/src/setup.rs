//! What is known of a match before its first ball: who plays, what, where and by which rules.

use crate::text::cut;
use std::fmt;

/// A player's place in [`Setup::players`]. Names are unique within a match only, so ids are too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlayerId(pub u16);

/// One of the two teams: its place in [`Setup::teams`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    #[default]
    Home,
    Away,
}

impl Side {
    /// 0 or 1, the index in [`Setup::teams`].
    pub const fn index(self) -> usize {
        match self {
            Side::Home => 0,
            Side::Away => 1,
        }
    }

    /// The other team.
    pub const fn other(self) -> Self {
        match self {
            Side::Home => Side::Away,
            Side::Away => Side::Home,
        }
    }
}

/// The kind of cricket, in Cricsheet's words (`info.match_type`), with The Hundred told apart from other T20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    Test,
    /// First-class matches that are not Tests ("multi-day match").
    Mdm,
    Odi,
    /// One-day matches that are not internationals.
    Odm,
    #[default]
    T20,
    /// T20 between national sides without official status.
    It20,
    /// 100 balls a side in sets of five, two sets from each end in turn.
    Hundred,
}

impl Format {
    /// Two innings a side, no limit of overs.
    pub const fn is_multi_day(self) -> bool {
        matches!(self, Format::Test | Format::Mdm)
    }
}

/// A side of the match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// "Royal Challengers Bengaluru"
    pub name: String,
    /// "RCB"; at most five characters, shown where room is short.
    pub short: String,
}

impl Team {
    /// A team with a short name made from its name: initials ("RCB"), or the first three letters of a single word
    /// ("IND").
    pub fn named(name: &str) -> Self {
        let words: Vec<&str> =
            name.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
        let short: String = match words.as_slice() {
            [word] => word.chars().take(3).collect(),
            words => words.iter().filter_map(|it| it.chars().next()).take(5).collect(),
        };
        Team { name: name.to_owned(), short: short.to_uppercase().chars().take(5).collect() }
    }
}

/// Somebody who may bat, bowl or field for a side, replacements included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Player {
    pub name: String,
    pub side: Side,
}

/// What is agreed before the toss. Everything else is a [`crate::Command`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Exactly two, indexed by [`Side`].
    pub teams: Vec<Team>,
    /// At most 65,535; in practice 22 to 30.
    pub players: Vec<Player>,
    pub format: Format,
    /// Legal balls in an over: 6; 5 in The Hundred (a "set").
    pub balls_per_over: u8,
    /// Scheduled overs (sets) an innings; none for Tests and first-class matches.
    pub overs: Option<u16>,
    /// Whether the ball after a no-ball is a free hit (ICC playing conditions 21.19; limited-overs cricket since July 2015).
    /// No where only some no-balls bring one (England's domestic cricket: foot faults), or a fair wicket would be refused.
    pub free_hits: bool,
    /// "Indian Premier League", and the words that place the match in it ("Final", "Match 12").
    pub competition: String,
    pub stage: String,
    pub venue: String,
    /// First day, ISO 8601 ("2024-05-24"); empty when unknown.
    pub date: String,
}

/// Why a [`Setup`] cannot be that of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// Not exactly two teams.
    Teams { count: usize },
    /// A team has no name, or both have the same.
    TeamName,
    /// More than [`Setup::PLAYERS_MAX`].
    TooManyPlayers { count: usize },
    /// A player has no name.
    PlayerName { index: usize },
    /// Two players of one side have the same name.
    SameName { name: String },
    /// Not 1 to 10.
    BallsPerOver { balls: u8 },
    /// No overs at all, or more than [`Setup::OVERS_MAX`].
    Overs { overs: u16 },
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Teams { count } => write!(f, "a match has two teams, not {count}"),
            SetupError::TeamName => f.write_str("both teams need a name, and not the same"),
            SetupError::TooManyPlayers { count } => {
                write!(f, "{count} players are more than {}", Setup::PLAYERS_MAX)
            }
            SetupError::PlayerName { index } => write!(f, "player {index} (from 0) has no name"),
            SetupError::SameName { name } => write!(f, "two players of one side are called {name}"),
            SetupError::BallsPerOver { balls } => write!(f, "an over has 1 to 10 balls, not {balls}"),
            SetupError::Overs { overs } => {
                write!(f, "an innings has 1 to {} overs, not {overs}", Setup::OVERS_MAX)
            }
        }
    }
}

impl std::error::Error for SetupError {}

impl Setup {
    /// Players of both sides together, replacements included.
    pub const PLAYERS_MAX: usize = 200;
    /// Overs that an innings may be limited to.
    pub const OVERS_MAX: u16 = 500;

    /// Whether a match can be played by it: two teams, distinct names, a sane length of overs.
    pub fn check(&self) -> Result<(), SetupError> {
        let [home, away] = self.teams.as_slice() else {
            return Err(SetupError::Teams { count: self.teams.len() });
        };
        if home.name.trim().is_empty() || away.name.trim().is_empty() || home.name == away.name {
            return Err(SetupError::TeamName);
        }
        if self.players.len() > Setup::PLAYERS_MAX {
            return Err(SetupError::TooManyPlayers { count: self.players.len() });
        }
        for (index, player) in self.players.iter().enumerate() {
            if player.name.trim().is_empty() {
                return Err(SetupError::PlayerName { index });
            }
            if self.players[..index].iter().any(|it| it.side == player.side && it.name == player.name) {
                return Err(SetupError::SameName { name: player.name.clone() });
            }
        }
        if !(1..=10).contains(&self.balls_per_over) {
            return Err(SetupError::BallsPerOver { balls: self.balls_per_over });
        }
        match self.overs {
            Some(overs) if overs == 0 || overs > Setup::OVERS_MAX => Err(SetupError::Overs { overs }),
            _ => Ok(()),
        }
    }

    /// How commentary calls a player: the name without leading initials ("V Kohli" is "Kohli", "AB de Villiers" is
    /// "de Villiers"), or the whole name where another player of the match would be called the same.
    pub fn short_name(&self, id: PlayerId) -> &str {
        let name = self.name(id);
        let short = surname(name);
        let shared = self.players.iter().filter(|it| surname(&it.name) == short).take(2).count() > 1;
        if shared { name } else { short }
    }

    /// The team on on `side`; its name is empty in a setup that was never filled.
    pub fn team(&self, side: Side) -> &Team {
        static NOBODY: Team = Team { name: String::new(), short: String::new() };
        self.teams.get(side.index()).unwrap_or(&NOBODY)
    }

    /// The side whose team has exactly this name.
    pub fn side(&self, team: &str) -> Option<Side> {
        [Side::Home, Side::Away].into_iter().find(|it| self.team(*it).name == team && !team.is_empty())
    }

    /// The player with this id.
    pub fn player(&self, id: PlayerId) -> Option<&Player> {
        self.players.get(usize::from(id.0))
    }

    /// The player's name, or an empty text for an unknown id.
    pub fn name(&self, id: PlayerId) -> &str {
        self.player(id).map_or("", |it| it.name.as_str())
    }

    /// The player of `side` with exactly this name.
    pub fn find(&self, side: Side, name: &str) -> Option<PlayerId> {
        let at = self.players.iter().position(|it| it.side == side && it.name == name)?;
        u16::try_from(at).ok().map(PlayerId)
    }

    /// Innings a side may bat, super overs aside: 2 in multi-day cricket, else 1.
    pub const fn innings_a_side(&self) -> usize {
        if self.format.is_multi_day() { 2 } else { 1 }
    }
}

/// What follows leading initials ("MA", "A.-M.", "ÉM"); the whole name when it has none. Initials have a capital or a stop in ASCII, and nothing
/// small in it: the tables of all of Unicode's capitals would be a fiftieth of what a fan's browser loads.
fn surname(name: &str) -> &str {
    let initials = |word: &str| {
        let known = |it: u8| it.is_ascii_uppercase() || it == b'.';
        word.bytes().any(known)
            && word.bytes().all(|it| known(it) || matches!(it, b'-' | b'\'') || !it.is_ascii())
    };
    match cut(name, b' ') {
        (first, rest) if !rest.is_empty() && initials(first) => rest,
        _ => name,
    }
}
