//! What is worth more than a changed figure: the moment on the card, the sentence for a screen reader, the event for the page.

use crate::board::{Kind, counted};
use cricket::{Change, Command, Match};

/// What one folded command is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// A four, a six or a wicket: shown large for a moment.
    pub moment: Option<Kind>,
    /// For the live region: wickets, boundaries, ends of overs and results; not each dot ball.
    pub sentence: String,
}

impl News {
    /// `game` is the match after the command.
    pub fn of(game: &Match, command: &Command, change: &Change) -> Self {
        let innings = change.innings.and_then(|index| Some((index, game.innings.get(index)?)));
        let moment = match command {
            Command::Ball(ball) => {
                Some(Kind::of(ball)).filter(|it| matches!(it, Kind::Four | Kind::Six | Kind::Wicket))
            }
            _ => None,
        };
        let mut sentences: Vec<String> = Vec::new();
        if let Some((index, innings)) = innings {
            let line = innings.recent.last().filter(|_| moment.is_some());
            sentences.extend(line.map(|it| game.ball_line(index, it)));
            if let Some((player, runs)) = change.milestone {
                sentences.push([game.setup.name(player), " has ", &runs.to_string()].concat());
            }
            if change.over_ended {
                sentences.push(["End of over ", &innings.overs.to_string()].concat());
            }
            if !sentences.is_empty() || change.innings_end.is_some() {
                let team = &game.setup.team(innings.batting).name;
                let wickets = counted(u32::from(innings.wickets), "wicket");
                sentences.push([team, " ", &innings.runs.to_string(), " for ", &wickets].concat());
            }
        }
        if change.finished {
            sentences.extend(game.result_text());
        }
        News { moment, sentence: sentences.join(". ") }
    }
}

/// What the moment says.
pub fn moment_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Four => "FOUR",
        Kind::Six => "SIX",
        _ => "WICKET",
    }
}
