//! Everything that is on the screen, as data. The views are functions of this one value, held in one signal.

use crate::{
    board::{Board, Kind},
    charts::Charts,
    lines::Lines,
    news::News,
    scorecard::{Card, cards},
    session::{Session, Step},
};
use cricket::Command;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub link: Link,
    /// None before the first snapshot.
    pub board: Option<Board>,
    pub lines: Lines,
    pub cards: Vec<Card>,
    pub charts: Charts,
    pub tab: Tab,
    pub filter: Filter,
    pub moment: Option<Moment>,
    /// What the live region says.
    pub said: String,
}

/// The stream, as far as a fan needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    #[default]
    Connecting,
    Live,
    /// So many seconds ago the server was last heard.
    Lost {
        seconds: u32,
    },
    /// The server's reason: an unknown match, a key that may not.
    Refused(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Live,
    Scorecard,
    Charts,
}

/// Which balls the ball-by-ball list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    #[default]
    All,
    Wickets,
    Boundaries,
}

impl Filter {
    pub fn shows(self, kind: Kind) -> bool {
        match self {
            Filter::All => true,
            Filter::Wickets => kind == Kind::Wicket,
            Filter::Boundaries => matches!(kind, Kind::Four | Kind::Six),
        }
    }
}

/// A four, six or wicket on show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub kind: Kind,
    /// Alternates, so that two in a row are two animations.
    pub odd: bool,
}

impl Shown {
    /// Follows what the session did.
    pub fn follow(&mut self, session: &Session, step: &Step) {
        let Some(game) = &session.game else { return };
        let seq = session.position.map_or(0, |it| it.seq);
        match step {
            Step::Keep | Step::Reopen { .. } => return,
            Step::Replaced => self.lines = Lines::of(game, seq),
            Step::Folded { command, change } => {
                let news = News::of(game, command, change);
                if let Some(kind) = news.moment {
                    self.moment = Some(Moment { kind, odd: self.moment.is_none_or(|it| !it.odd) });
                }
                if !news.sentence.is_empty() {
                    self.said = news.sentence;
                }
                if let (Command::Ball(_), Some(innings)) = (command, change.innings) {
                    self.lines.push(game, innings, seq);
                }
            }
        }
        self.link = Link::Live;
        self.board = Some(Board::of(game));
        self.cards = cards(game);
        self.charts = Charts::of(game);
    }
}
