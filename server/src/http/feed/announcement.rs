//! A match as a feed announces it.

use super::default_source;
use crate::feed::NAME_BYTES_MAX;
use crate::feed::command::mirrored::mirrored;
use crate::problem::Problem;
use cricket::{Format, Player, Setup, Side, Team};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of a team's short name.
const SHORT_CHARS_MAX: usize = 5;

/// A match as a feed announces it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchAnnounced {
    /// Names the feed among those of this organisation.
    #[serde(default = "default_source")]
    pub source: String,
    /// The feed's own id of the match. Sending it again with the same set-up answers with the same match.
    pub source_match_id: String,
    pub format: MatchFormat,
    /// Legal balls in an over; 6, or 5 in The Hundred, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balls_per_over: Option<u8>,
    /// Overs (sets) an innings; none for multi-day matches; 20, 50 or 20 sets when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overs: Option<u16>,
    /// Whether a no-ball is followed by a free hit; yes in limited-overs cricket when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_hits: Option<bool>,
    /// Two.
    pub teams: Vec<TeamAnnounced>,
    #[serde(default)]
    pub competition: String,
    #[serde(default)]
    pub stage: String,
    #[serde(default)]
    pub venue: String,
    /// First day, ISO 8601.
    #[serde(default)]
    pub date: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub starts_at: Option<jiff::Timestamp>,
    /// A recorded match: it takes commands with `as_recorded`, which are refused anywhere else. No when left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archive: bool,
}

/// A team and all who may play for it, replacements included.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamAnnounced {
    pub name: String,
    /// "RCB"; made from the name when left out.
    #[serde(default)]
    pub short: String,
    pub players: Vec<String>,
}

mirrored!(MatchFormat = Format { Test, Mdm, Odi, Odm, T20, It20, Hundred });

impl MatchAnnounced {
    /// The announcement of a recorded match.
    pub fn of(setup: &Setup, source: &str, source_match_id: &str) -> Self {
        let team = |side: Side| TeamAnnounced {
            name: setup.team(side).name.clone(),
            short: setup.team(side).short.clone(),
            players: setup.players.iter().filter(|it| it.side == side).map(|it| it.name.clone()).collect(),
        };
        Self {
            source: source.to_owned(),
            source_match_id: source_match_id.to_owned(),
            format: setup.format.into(),
            balls_per_over: Some(setup.balls_per_over),
            overs: setup.overs,
            free_hits: Some(setup.free_hits),
            teams: vec![team(Side::Home), team(Side::Away)],
            competition: setup.competition.clone(),
            stage: setup.stage.clone(),
            venue: setup.venue.clone(),
            date: setup.date.clone(),
            starts_at: None,
            archive: true,
        }
    }

    /// Every fan gets these texts with the first snapshot.
    fn check_texts(&self) -> Result<(), Problem> {
        let too_long = |place: String, text: &str| match text.len() {
            0..=NAME_BYTES_MAX => Ok(()),
            bytes => Err(Problem::invalid(format!("{place}: {bytes} bytes, {NAME_BYTES_MAX} at most"))),
        };
        for (at, team) in self.teams.iter().enumerate() {
            too_long(format!("teams[{at}].name"), &team.name)?;
            too_long(format!("teams[{at}].short"), &team.short)?;
            for (player, name) in team.players.iter().enumerate() {
                too_long(format!("teams[{at}].players[{player}]"), name)?;
            }
        }
        too_long("competition".to_owned(), &self.competition)?;
        too_long("stage".to_owned(), &self.stage)?;
        too_long("venue".to_owned(), &self.venue)?;
        too_long("date".to_owned(), &self.date)
    }

    pub(super) fn setup(&self) -> Result<Setup, Problem> {
        let [home, away] = self.teams.as_slice() else {
            return Err(Problem::invalid(format!("teams: {} given, a match has two", self.teams.len())));
        };
        self.check_texts()?;
        let format = Format::from(self.format);
        let players = |team: &TeamAnnounced, side: Side| {
            team.players.iter().map(move |name| Player { name: name.clone(), side }).collect::<Vec<_>>()
        };
        let team = |it: &TeamAnnounced| match it.short.as_str() {
            "" => Team::named(&it.name),
            short => Team { name: it.name.clone(), short: short.to_owned() },
        };
        if let Some(long) = self.teams.iter().find(|it| it.short.chars().count() > SHORT_CHARS_MAX) {
            return Err(Problem::invalid(format!(
                "teams: short \"{}\" has more than {SHORT_CHARS_MAX} characters",
                long.short
            )));
        }
        let overs = match format {
            Format::Test | Format::Mdm => None,
            Format::Odi | Format::Odm => Some(50),
            Format::T20 | Format::It20 | Format::Hundred => Some(20),
        };
        Ok(Setup {
            teams: vec![team(home), team(away)],
            players: [players(home, Side::Home), players(away, Side::Away)].concat(),
            format,
            balls_per_over: self.balls_per_over.unwrap_or(if format == Format::Hundred { 5 } else { 6 }),
            overs: self.overs.or(overs),
            free_hits: self.free_hits.unwrap_or(!format.is_multi_day()),
            competition: self.competition.clone(),
            stage: self.stage.clone(),
            venue: self.venue.clone(),
            date: self.date.clone(),
        })
    }
}

/// The id that everything else about the match uses.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct MatchCreated {
    /// "mat_…"
    pub id: String,
}
