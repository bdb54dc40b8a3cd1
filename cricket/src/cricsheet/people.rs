//! Teams and players of a file: those listed, and those who only appear in a delivery.

use std::collections::HashMap;

use super::raw::{File, Innings};
use super::{Reason, fields};
use crate::{Player, PlayerId, Setup, SetupError, Side, Team};

/// Who is who. Names are unique within a match.
pub(super) struct People<'a> {
    pub(super) teams: Vec<Team>,
    pub(super) players: Vec<Player>,
    /// Batting side of each innings.
    pub(super) batting: Vec<Side>,
    ids: HashMap<(Side, &'a str), PlayerId>,
    pub(super) notes: Vec<String>,
}

impl<'a> People<'a> {
    /// Everybody whom the file names, with the sides of its innings.
    pub(super) fn gather(file: &File<'a>) -> Result<Self, Reason> {
        let teams = teams(file)?;
        let mut people = People {
            teams,
            players: Vec::new(),
            batting: Vec::new(),
            ids: HashMap::new(),
            notes: Vec::new(),
        };
        for (team, names) in &file.info.players {
            match people.side(team) {
                Some(side) => names.iter().try_for_each(|name| people.add(side, name).map(|_| ()))?,
                None => people.notes.push(format!("players of {team}, which does not play, are left out")),
            }
        }
        for innings in &file.innings {
            let side = people.side_of(innings)?;
            people.batting.push(side);
            people.gather_innings(side, innings)?;
        }
        Ok(people)
    }

    pub(super) fn side(&self, team: &str) -> Option<Side> {
        match self.teams.iter().position(|it| it.name == team) {
            Some(0) => Some(Side::Home),
            Some(_) => Some(Side::Away),
            None => None,
        }
    }

    /// The player of this name: of `side`, or else of the other.
    pub(super) fn find(&self, side: Side, name: &str) -> Option<PlayerId> {
        self.ids.get(&(side, name)).or_else(|| self.ids.get(&(side.other(), name))).copied()
    }

    /// The side that bats; by its batters where the innings does not say, or names neither team.
    fn side_of(&mut self, innings: &Innings<'a>) -> Result<Side, Reason> {
        let named = innings.team.and_then(|team| self.side(team));
        if let Some(side) = named {
            return Ok(side);
        }
        let known =
            |name| [Side::Home, Side::Away].into_iter().find(|it| self.ids.contains_key(&(*it, name)));
        let by_batters = innings.deliveries.iter().find_map(|it| known(it.batter));
        let path = format!("{}.team", innings.path);
        match (by_batters, innings.team) {
            (Some(side), _) => {
                self.notes
                    .push(format!("{path}: told by its batters to be {}", self.teams[side.index()].name));
                Ok(side)
            }
            (None, Some(team)) => Err(Reason::UnknownTeam { path, name: team.to_owned() }),
            (None, None) => Err(Reason::Missing { path }),
        }
    }

    fn gather_innings(&mut self, batting: Side, innings: &Innings<'a>) -> Result<(), Reason> {
        for name in &innings.absent {
            self.appear(batting, name)?;
        }
        for delivery in &innings.deliveries {
            self.appear(batting, delivery.batter)?;
            if !delivery.non_striker.is_empty() {
                self.appear(batting, delivery.non_striker)?;
            }
            self.appear(batting.other(), delivery.bowler)?;
            for name in delivery.wickets.iter().filter_map(|it| it.player) {
                self.appear(batting, name)?;
            }
            for it in &delivery.replacements {
                let side = match (it.role, it.team.and_then(|team| self.side(team))) {
                    (_, Some(side)) => side,
                    ("batter", None) => batting,
                    (_, None) => batting.other(),
                };
                self.appear(side, it.player)?;
                if let Some(out) = it.out {
                    self.appear(side, out)?;
                }
            }
        }
        Ok(())
    }

    /// Adds a player whom the file does not list.
    fn appear(&mut self, side: Side, name: &'a str) -> Result<(), Reason> {
        if self.find(side, name).is_none() {
            self.add(side, name)?;
            self.notes.push(format!("{name} plays but is not listed for {}", self.teams[side.index()].name));
        }
        Ok(())
    }

    fn add(&mut self, side: Side, name: &'a str) -> Result<(), Reason> {
        if self.ids.contains_key(&(side, name)) {
            return Ok(());
        }
        if self.players.len() >= Setup::PLAYERS_MAX {
            let count = self.players.len() + 1;
            return Err(Reason::Setup(SetupError::TooManyPlayers { count }));
        }
        let id = u16::try_from(self.players.len()).map(PlayerId).unwrap_or_default();
        self.players.push(Player { name: name.to_owned(), side });
        self.ids.insert((side, name), id);
        Ok(())
    }
}

/// The two teams: as listed, or as far as the rest of the file names them.
fn teams(file: &File<'_>) -> Result<Vec<Team>, Reason> {
    let mut names: Vec<&str> = Vec::new();
    let outcome = file.info.object.get("outcome").and_then(|it| it.as_object());
    let toss = file.info.object.get("toss").and_then(|it| it.as_object());
    let winners = [outcome, toss].into_iter().flatten().filter_map(|it| fields::text(it, &["winner"]));
    let batting = file.innings.iter().filter_map(|it| it.team);
    let listed = file.info.players.iter().map(|it| it.0).filter(|it| !it.is_empty());
    for name in file.info.teams.iter().copied().chain(batting).chain(listed).chain(winners) {
        if names.len() < 2 && !names.contains(&name) {
            names.push(name);
        }
    }
    match names.len() {
        2 => Ok(names.into_iter().map(Team::named).collect()),
        _ => Err(Reason::Missing { path: "info.teams".to_owned() }),
    }
}
