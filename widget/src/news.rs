//! What is worth more than a changed figure: the moment on the card, the sentence for a screen reader, the event for the page.

use crate::board::Kind;
use cricket::{Change, Command, Match, Message, Words, text::joined, words::messages as say};

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
    pub fn of(game: &Match, words: Words, command: &Command, change: &Change) -> Self {
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
            sentences.extend(line.map(|it| game.ball_line(words, index, it)));
            if let Some((player, runs)) = change.milestone {
                sentences.push(words.fill(say::HAS_RUNS, &[game.setup.name(player), &runs.to_string()]));
            }
            if change.over_ended {
                sentences.push(words.fill(say::END_OF_OVER, &[&innings.overs.to_string()]));
            }
            if !sentences.is_empty() || change.innings_end.is_some() {
                let team = &game.setup.team(innings.batting).name;
                let (runs, wickets) = (innings.runs.to_string(), innings.wickets.to_string());
                sentences.push(words.fill(say::RUNS_FOR, &[team, &runs, &wickets]));
            }
        }
        if change.finished {
            sentences.extend(game.result_text(words));
        }
        News { moment, sentence: joined(&sentences, ". ") }
    }
}

/// What the moment says.
pub fn moment_text(kind: Kind) -> &'static Message {
    match kind {
        Kind::Four => say::FOUR,
        Kind::Six => say::SIX,
        _ => say::WICKET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl, caught};

    fn news(balls: Vec<cricket::Ball>) -> News {
        let mut game = begun();
        let (command, change) = bowl(&mut game, balls);
        News::of(&game, Words::ENGLISH, &command, &change)
    }

    #[test]
    fn a_dot_ball_is_no_news() {
        assert_eq!(news(vec![ball(0)]), News::default());
        assert_eq!(news(vec![ball(1)]), News::default());
    }

    #[test]
    fn boundaries_and_wickets_have_a_moment_and_a_sentence_with_the_score() {
        for (ball, kind, score) in [
            (ball(4), Kind::Four, "Harbour 4 for 0 wickets"),
            (ball(6), Kind::Six, "Harbour 6 for 0 wickets"),
            (caught(), Kind::Wicket, "Harbour 0 for 1 wicket"),
        ] {
            let news = news(vec![ball]);
            assert_eq!(news.moment, Some(kind));
            assert!(news.sentence.ends_with(score), "{}", news.sentence);
        }
    }

    #[test]
    fn the_end_of_an_over_is_said() {
        let news = news(vec![ball(0); 6]);
        assert_eq!(news.sentence, "End of over 1. Harbour 0 for 0 wickets");
        assert_eq!(news.moment, None);
    }
}
