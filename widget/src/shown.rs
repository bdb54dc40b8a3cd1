//! Everything that is on the screen, as data. The views are functions of this one value, held in one signal.

use crate::{
    board::{Board, Kind},
    lines::Lines,
    news::News,
    parts::{self, Forecast, Part},
    session::{Session, Step},
};
use cricket::{Command, Words};

#[derive(Debug, Default)]
pub struct Shown {
    pub words: Words,
    pub session: Session,
    pub link: Link,
    /// None before the first snapshot.
    pub board: Option<Board>,
    pub lines: Lines,
    pub tab: Tab,
    /// The panels beyond the first.
    pub detail: Part,
    /// Forecasts, and what stays of a finished match.
    pub insight: Part,
    pub filter: Filter,
    /// The panel is left empty: its laying out waits until the rest is painted.
    pub is_panel_late: bool,
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
    Settings,
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
    /// Folds what the stream says.
    pub fn hear(&mut self, kind: &str, id: &str, text: &str) -> Step {
        let step = match kind {
            "snapshot" => self.session.snapshot(text),
            _ => self.session.update(id, text),
        };
        self.follow(&step);
        step
    }

    /// Says all anew in another language. The balls that were asked for are in the language before, so they are left out until they are
    /// asked for again.
    pub fn speak(&mut self, words: Words) {
        self.words = words;
        self.said.clear();
        let seq = self.session.position.map_or(0, |it| it.seq);
        if let Some(game) = &self.session.game {
            self.lines = Lines::of(game, words, seq);
        }
        self.look();
    }

    /// What is known stays until something is heard, so a stream that is merely open says nothing before the first snapshot.
    pub fn set_link(&mut self, link: Link) {
        if link != Link::Live || self.board.is_some() {
            self.link = link;
        }
    }

    fn follow(&mut self, step: &Step) {
        let Some(game) = &self.session.game else { return };
        let seq = self.session.position.map_or(0, |it| it.seq);
        match step {
            Step::Keep | Step::StartOver => return,
            Step::Replaced => self.lines = Lines::of(game, self.words, seq),
            Step::Folded { command, change } => {
                let news = News::of(game, self.words, command, change);
                if let Some(kind) = news.moment {
                    self.moment = Some(Moment { kind, odd: self.moment.is_none_or(|it| !it.odd) });
                }
                if !news.sentence.is_empty() {
                    self.said = news.sentence;
                }
                if let (Command::Ball(_), Some(innings)) = (command, change.innings) {
                    self.lines.push(game, self.words, innings, seq);
                }
            }
        }
        self.link = Link::Live;
        self.look();
    }

    /// Puts the match into words anew.
    fn look(&mut self) {
        let forecast =
            |game| if self.insight == Part::Here { *parts::forecast(game) } else { Forecast::default() };
        self.board = self.session.game.as_ref().map(|game| Board::of(game, self.words, forecast(game)));
    }

    /// A part is here, or could not be had.
    pub fn arrived(&mut self, name: &str, part: Part) {
        match name {
            "detail" => self.detail = part,
            _ => self.insight = part,
        }
        self.look();
    }
}
