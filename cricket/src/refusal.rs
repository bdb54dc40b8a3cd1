//! Why a command was refused.

use std::fmt;

use crate::{DismissalKind, InningsEnd, PlayerId, Setup};

/// Why a command cannot be. The match is as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such player in this match.
    UnknownPlayer { player: PlayerId },
    /// The player is not in the side that bats (or that bowls).
    WrongSide { player: PlayerId },
    /// The same player in two places at once (striker and non-striker).
    SamePlayer { player: PlayerId },
    /// The batter is out, or absent.
    AlreadyOut { player: PlayerId },
    /// The batter is not at the wicket, so cannot be out.
    NotBatting { player: PlayerId },
    /// Two batters are at the wicket already.
    CreaseFull,
    /// Nobody has begun to bat.
    NoInnings,
    /// The innings before is still in progress.
    InningsInProgress,
    /// The innings is over.
    InningsOver { end: InningsEnd },
    /// The side has no wicket left (an eleventh wicket; a third in a super over).
    NoWicketLeft { wickets: u8 },
    /// The side has batted as often as the format lets it.
    NoInningsLeft,
    /// The ball's over is neither the one in progress nor the next.
    WrongOver { said: u16, due: u16 },
    /// A wide off the bat, a wide that is a no-ball too, runs off the bat with byes: no ball can be all of these.
    ImpossibleExtras,
    /// More boundary than runs.
    ImpossibleBoundary { runs: u8 },
    /// An end of the over before any ball of it.
    EmptyOver,
    /// The match has a result.
    MatchOver,
    /// Toss, target or result makes no sense now.
    NotNow,
    /// A count would pass what any match can reach.
    TooMany { what: &'static str, max: u32 },
    /// This kind of dismissal cannot happen to this batter, or not on a wide, no-ball or free hit.
    ImpossibleDismissal { kind: DismissalKind },
    /// Sequence numbers must grow.
    WrongSeq { seq: u64, last: u64 },
    /// A correction names a command that is not in the log.
    UnknownCommand { seq: u64 },
    /// The correction would make a later command impossible.
    BreaksLater { seq: u64, because: Box<Refusal> },
}

impl Refusal {
    /// A stable word for programs; kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownPlayer { .. } => "unknown-player",
            Refusal::WrongSide { .. } => "wrong-side",
            Refusal::SamePlayer { .. } => "same-player",
            Refusal::AlreadyOut { .. } => "already-out",
            Refusal::NotBatting { .. } => "not-batting",
            Refusal::CreaseFull => "crease-full",
            Refusal::NoInnings => "no-innings",
            Refusal::InningsInProgress => "innings-in-progress",
            Refusal::InningsOver { .. } => "innings-over",
            Refusal::NoWicketLeft { .. } => "no-wicket-left",
            Refusal::NoInningsLeft => "no-innings-left",
            Refusal::WrongOver { .. } => "wrong-over",
            Refusal::ImpossibleExtras => "impossible-extras",
            Refusal::ImpossibleBoundary { .. } => "impossible-boundary",
            Refusal::EmptyOver => "empty-over",
            Refusal::MatchOver => "match-over",
            Refusal::NotNow => "not-now",
            Refusal::TooMany { .. } => "too-many",
            Refusal::ImpossibleDismissal { .. } => "impossible-dismissal",
            Refusal::WrongSeq { .. } => "wrong-seq",
            Refusal::UnknownCommand { .. } => "unknown-command",
            Refusal::BreaksLater { .. } => "breaks-later",
        }
    }

    /// The refusal in English, with the players' names.
    pub fn explain(&self, setup: &Setup) -> String {
        self.tell(&|player| match setup.name(player) {
            "" => format!("player {}", player.0),
            name => name.to_owned(),
        })
    }

    fn tell(&self, name: &dyn Fn(PlayerId) -> String) -> String {
        match self {
            Refusal::UnknownPlayer { player } => format!("player {} is not in this match", player.0),
            Refusal::WrongSide { player } => format!("{} plays for the other side", name(*player)),
            Refusal::SamePlayer { player } => format!("{} cannot be in two places at once", name(*player)),
            Refusal::AlreadyOut { player } => format!("{} is out already, or absent", name(*player)),
            Refusal::NotBatting { player } => format!("{} is not at the wicket", name(*player)),
            Refusal::CreaseFull => {
                "two batters are at the wicket already; one of them must leave first".to_owned()
            }
            Refusal::NoInnings => "no innings has begun; say first who bats".to_owned(),
            Refusal::InningsInProgress => "the innings before is still in progress; end it first".to_owned(),
            Refusal::InningsOver { end } => format!("the innings is over ({})", end.words()),
            Refusal::NoWicketLeft { wickets } => {
                format!("the side has lost {wickets} wickets and has none left")
            }
            Refusal::NoInningsLeft => "the side has no innings left in this format".to_owned(),
            Refusal::WrongOver { said, due } => {
                format!(
                    "the ball is said to be in over {}, but over {} is due",
                    u32::from(*said) + 1,
                    u32::from(*due) + 1
                )
            }
            Refusal::ImpossibleExtras => "these runs and extras cannot come from one ball".to_owned(),
            Refusal::ImpossibleBoundary { runs } => format!("{runs} runs off the bat are no such boundary"),
            Refusal::EmptyOver => "no legal ball of this over has been bowled".to_owned(),
            Refusal::MatchOver => "the match has a result; correct that first".to_owned(),
            Refusal::NotNow => "this makes no sense at this point of the match".to_owned(),
            Refusal::TooMany { what, max } => format!("more {what} than {max}"),
            Refusal::ImpossibleDismissal { kind } => {
                format!("a batter cannot be out {} on this ball", kind.words())
            }
            Refusal::WrongSeq { seq, last } => {
                format!("number {seq} does not follow {last}; numbers must grow")
            }
            Refusal::UnknownCommand { seq } => format!("there is no command {seq} to correct"),
            Refusal::BreaksLater { seq, because } => {
                format!("then command {seq} could not have been: {}", because.tell(name))
            }
        }
    }
}

/// Names players by their number; [`Refusal::explain`] names them in full.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tell(&|player| format!("player {}", player.0)))
    }
}

impl std::error::Error for Refusal {}
