//! What a stream sends.

use crate::json::{Fill, Json, Malformed, Reader, Wrong, json_object, write_name};
use cricket::text::cut;
use cricket::{Command, Match};
use std::str::FromStr;

/// A place in a topic: which history (`epoch`) and how far along it (`seq`). It is the SSE event id, "1732489200000.42".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Names the history; a topic that starts over (the sandbox match) gets a new one. Milliseconds since 1970.
    pub epoch: u64,
    /// The last update seen; 0 before the first.
    pub seq: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Position {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed { at: 0, wanted: "a position like 1732489200000.42" };
        let (epoch, seq) = cut(text, b'.');
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten().ok_or(malformed)
        };
        Ok(Self { epoch: number(epoch)?, seq: number(seq)? })
    }
}

/// The whole state at a position: the `snapshot` event, and the body of `GET /v1/matches/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When the last command in it was accepted, milliseconds since 1970.
    pub t: u64,
    /// "mat_…"
    pub id: String,
    pub epoch: u64,
    pub seq: u64,
    /// Which history of the match: it grows by one with each correction.
    pub rev: u32,
    pub state: Match,
}
json_object!(Snapshot { t: "t", id: "id", epoch: "epoch", seq: "seq", rev: "rev", state: "state" });

impl Snapshot {
    /// Where a stream goes on from this snapshot.
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch, seq: self.seq }
    }
}

/// One accepted command: the `ball` event (a ball) or the `state` event (anything else). A client folds it with
/// [`Match::apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// When it was accepted, milliseconds since 1970.
    pub t: u64,
    /// The history it belongs to; a client that holds another waits for the snapshot.
    pub rev: u32,
    pub command: Command,
}

impl Update {
    /// The SSE event's name.
    pub fn event(&self) -> &'static str {
        match self.command {
            Command::Ball(_) => "ball",
            _ => "state",
        }
    }
}

impl Json for Update {
    fn write(&self, out: &mut String) {
        out.push('{');
        write_name("t", out);
        self.t.write(out);
        write_name("rev", out);
        self.rev.write(out);
        write_name("c", out);
        self.command.write(out);
        out.push('}');
    }

    fn blank() -> Self {
        Self { t: 0, rev: 0, command: Command::blank() }
    }
}

impl Fill for Update {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        let mut command = None;
        reader.fields(&["t", "rev", "c"], &mut [&mut self.t, &mut self.rev, &mut command])?;
        self.command = command.ok_or_else(|| reader.wrong("a command"))?;
        Ok(())
    }
}

/// The last event before the server closes a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bye {
    /// "slow", "shutdown", "revoked", "limit"
    pub reason: String,
    /// Come back after so many milliseconds.
    pub retry_ms: u32,
}
json_object!(Bye { reason: "reason", retry_ms: "retry" });

/// A ball in a tone: the data of the event `commentary`. It has no id; the ball's own update came before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commentary {
    /// "hype"
    pub tone: String,
    /// RFC 5646: "hi-Latn"
    pub lang: String,
    /// The history of the match that it is true of: in another one it is not.
    pub rev: u32,
    /// The number of the ball's update.
    pub ball: u64,
    pub text: String,
}
json_object!(Commentary { tone: "tone", lang: "lang", rev: "rev", ball: "ball", text: "text" });

/// A ball in words, for the ball-by-ball list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BallLine {
    pub seq: u64,
    /// From 0.
    pub innings: u8,
    /// "12.3"
    pub over: String,
    /// "4", "W", "1wd"
    pub label: String,
    /// "Starc to Kohli, FOUR"
    pub text: String,
    /// "wicket", "four", "six", or empty.
    pub kind: String,
    /// The score after it, "187/4".
    pub score: String,
}
json_object!(BallLine {
    seq: "seq",
    innings: "innings",
    over: "over",
    label: "label",
    text: "text",
    kind: "kind",
    score: "score",
});

/// A page of balls, oldest first: the body of `GET /v1/matches/{id}/balls`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balls {
    pub epoch: u64,
    pub rev: u32,
    pub balls: Vec<BallLine>,
    /// Ask again with `after=` this for the next page, or with `before=` this where the page was asked for so; none on the last.
    pub next: Option<u64>,
}
json_object!(Balls { epoch: "epoch", rev: "rev", balls: "balls", next: "next" });
