//! The game's types in JSON. A ball is sent to every fan, so its names are one or two letters; the state, which a client asks for
//! once, has words.

use crate::json::{Fill, Json, Reader, Wrong, json_object, json_words, write_name};
use cricket::{
    Ball, Batter, BatterState, Boundary, Bowled, Bowler, Command, Decision, Dismissal, DismissalKind, Extras,
    Fall, Fielder, Format, Innings, InningsEnd, InningsStart, Match, Outcome, OverTotal, Partnership,
    Penalty, Phase, Player, PlayerId, PlayerIn, Powerplay, PowerplayKind, Replacement, Review, Role, Setup,
    Side, Target, TargetSet, Team, Tiebreak, Toss,
};

json_words!(Side { Home: "home", Away: "away" });
json_words!(Format {
    Test: "test",
    Mdm: "mdm",
    Odi: "odi",
    Odm: "odm",
    T20: "t20",
    It20: "it20",
    Hundred: "hundred",
});
json_words!(Boundary { Four: "4", Six: "6" });
json_words!(DismissalKind {
    Bowled: "bowled",
    Caught: "caught",
    CaughtAndBowled: "caught and bowled",
    Lbw: "lbw",
    RunOut: "run out",
    Stumped: "stumped",
    HitWicket: "hit wicket",
    HandledTheBall: "handled the ball",
    HitTheBallTwice: "hit the ball twice",
    ObstructingTheField: "obstructing the field",
    TimedOut: "timed out",
    RetiredOut: "retired out",
    RetiredHurt: "retired hurt",
    RetiredNotOut: "retired not out",
});
json_words!(Decision { Upheld: "upheld", StruckDown: "struck down", TechnicalFailure: "technical failure" });
json_words!(InningsEnd {
    AllOut: "all out",
    OversComplete: "overs complete",
    TargetReached: "target reached",
    Declared: "declared",
    Forfeited: "forfeited",
    Closed: "closed",
});
json_words!(BatterState { Batting: "batting", Out: "out", Retired: "retired" });
json_words!(PowerplayKind { Mandatory: "mandatory", Batting: "batting", Fielding: "fielding" });
json_words!(Role { Match: "match", Bowler: "bowler", Batter: "batter" });
json_words!(Phase {
    Upcoming: "upcoming",
    Play: "play",
    Break: "break",
    Delayed: "delayed",
    Finished: "finished"
});

impl Fill for PlayerId {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        self.0.fill(reader)
    }
}

impl Json for PlayerId {
    fn write(&self, out: &mut String) {
        self.0.write(out);
    }
    fn blank() -> Self {
        PlayerId(0)
    }
}

json_object!(Team { name: "name", short: "short" });
json_object!(Player { name: "name", side: "side" });
json_object!(Setup {
    teams: "teams",
    players: "players",
    format: "format",
    balls_per_over: "balls_per_over",
    overs: "overs",
    free_hits: "free_hits",
    competition: "competition",
    stage: "stage",
    venue: "venue",
    date: "date",
});

json_object!(Extras { wides: "w", no_balls: "nb", byes: "b", leg_byes: "lb", penalty: "p" });
json_object!(Dismissal { player: "p", kind: "k", fielders: "f" });
json_object!(Review { by_batting: "bat", batter: "p", decision: "d", umpires_call: "uc", umpire: "u" });
json_object!(Ball {
    over: "o",
    striker: "s",
    non_striker: "n",
    bowler: "b",
    runs: "r",
    boundary: "bd",
    extras: "x",
    wickets: "w",
    review: "rv",
    as_recorded: "ar",
});

impl Fill for Fielder {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        if reader.peek() == Some(b'{') {
            let mut name = None;
            reader.fields(&["sub"], &mut [&mut name])?;
            *self = Fielder::Substitute(name);
        } else {
            let mut player = PlayerId::blank();
            player.fill(reader)?;
            *self = Fielder::Player(player);
        }
        Ok(())
    }
}

/// A player's id, or `{"sub": name}`.
impl Json for Fielder {
    fn write(&self, out: &mut String) {
        match self {
            Fielder::Player(player) => player.write(out),
            Fielder::Substitute(name) => {
                out.push_str("{\"sub\":");
                name.write(out);
                out.push('}');
            }
        }
    }
    fn blank() -> Self {
        Fielder::Substitute(None)
    }
}

json_object!(Toss { winner: "winner", bats: "bats" });
json_object!(InningsStart {
    batting: "batting",
    super_over: "super_over",
    overs: "overs",
    follow_on: "follow_on",
    as_recorded: "as_recorded"
});
json_object!(TargetSet { runs: "runs", overs: "overs", balls: "balls" });
json_object!(PlayerIn { player: "p" });
json_object!(Penalty { runs: "runs", outside_play: "outside_play", to_fielding: "to_fielding" });
json_object!(Powerplay {
    kind: "kind",
    from_over: "from_over",
    from_ball: "from_ball",
    to_over: "to_over",
    to_ball: "to_ball",
});
json_object!(Replacement { role: "role", out: "out", player: "in", reason: "reason" });

/// Names a command's kind once for both directions: each is an object with that one field.
macro_rules! json_commands {
    ($($variant:ident = $name:literal),* ; $($bare:ident = $bare_name:literal),*) => {
        impl Fill for Command {
            fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
                let mut command = None;
                reader.object(&mut |reader, name| {
                    command = Some(match name {
                        $( $name => {
                            let mut value = Json::blank();
                            Fill::fill(&mut value, reader)?;
                            Command::$variant(value)
                        } )*
                        $( $bare_name => { reader.skip()?; Command::$bare } )*
                        _ => return reader.skip(),
                    });
                    Ok(())
                })?;
                *self = command.ok_or_else(|| reader.wrong("a known command"))?;
                Ok(())
            }
        }

        impl Json for Command {
            fn write(&self, out: &mut String) {
                out.push('{');
                match self {
                    $( Command::$variant(value) => { write_name($name, out); value.write(out); } )*
                    $( Command::$bare => { write_name($bare_name, out); out.push_str("{}"); } )*
                }
                out.push('}');
            }
            fn blank() -> Self {
                Command::Resume
            }
        }
    };
}
json_commands!(
    Toss = "toss", InningsStart = "innings_start", Target = "target", Ball = "ball", BatterIn = "batter_in",
    BatterOut = "batter_out", Absent = "absent", Penalty = "penalty", Powerplay = "powerplay",
    Replacement = "replacement", InningsEnd = "innings_end", Delay = "delay", Break = "break", Result = "result",
    Awards = "awards";
    OverEnd = "over_end", Resume = "resume"
);

/// The flat form of an [`Outcome`].
#[derive(Default)]
struct FlatOutcome {
    by: String,
    winner: Option<Side>,
    margin: u16,
    tiebreak: String,
    method: Option<String>,
}
json_object!(FlatOutcome {
    by: "by",
    winner: "winner",
    margin: "margin",
    tiebreak: "tiebreak",
    method: "method"
});

impl From<&Outcome> for FlatOutcome {
    fn from(outcome: &Outcome) -> Self {
        let flat = |by: &str, winner, margin, method: &Option<String>| Self {
            by: by.to_owned(),
            winner,
            margin,
            method: method.clone(),
            tiebreak: String::new(),
        };
        match outcome {
            Outcome::Runs { winner, runs, method } => flat("runs", Some(*winner), *runs, method),
            Outcome::Wickets { winner, wickets, method } => {
                flat("wickets", Some(*winner), u16::from(*wickets), method)
            }
            Outcome::Innings { winner, runs, method } => flat("innings", Some(*winner), *runs, method),
            Outcome::Win { winner, method } => flat("win", Some(*winner), 0, method),
            Outcome::Tie { tiebreak, method } => {
                let (word, winner) = match tiebreak {
                    None => ("", None),
                    Some(Tiebreak::SuperOver(side)) => ("super over", Some(*side)),
                    Some(Tiebreak::BowlOut(side)) => ("bowl-out", Some(*side)),
                    Some(Tiebreak::Rule(side)) => ("rule", Some(*side)),
                };
                Self { tiebreak: word.to_owned(), ..flat("tie", winner, 0, method) }
            }
            Outcome::Draw => flat("draw", None, 0, &None),
            Outcome::NoResult => flat("no result", None, 0, &None),
            Outcome::Abandoned => flat("abandoned", None, 0, &None),
        }
    }
}

impl FlatOutcome {
    fn outcome(self) -> Option<Outcome> {
        let Self { by, winner, margin, tiebreak, method } = self;
        Some(match (by.as_str(), winner) {
            ("runs", Some(winner)) => Outcome::Runs { winner, runs: margin, method },
            ("wickets", Some(winner)) => {
                Outcome::Wickets { winner, wickets: u8::try_from(margin).ok()?, method }
            }
            ("innings", Some(winner)) => Outcome::Innings { winner, runs: margin, method },
            ("win", Some(winner)) => Outcome::Win { winner, method },
            ("tie", winner) => Outcome::Tie {
                tiebreak: match (tiebreak.as_str(), winner) {
                    ("super over", Some(side)) => Some(Tiebreak::SuperOver(side)),
                    ("bowl-out", Some(side)) => Some(Tiebreak::BowlOut(side)),
                    ("rule", Some(side)) => Some(Tiebreak::Rule(side)),
                    _ => None,
                },
                method,
            },
            ("draw", _) => Outcome::Draw,
            ("no result", _) => Outcome::NoResult,
            ("abandoned", _) => Outcome::Abandoned,
            _ => return None,
        })
    }
}

impl Fill for Outcome {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        let mut flat = FlatOutcome::default();
        flat.fill(reader)?;
        *self = flat.outcome().ok_or_else(|| reader.wrong("an outcome"))?;
        Ok(())
    }
}

impl Json for Outcome {
    fn write(&self, out: &mut String) {
        FlatOutcome::from(self).write(out);
    }
    fn blank() -> Self {
        Outcome::NoResult
    }
}

json_object!(Target { runs: "runs", from_feed: "from_feed" });
json_object!(Batter {
    player: "p",
    runs: "runs",
    balls: "balls",
    fours: "fours",
    sixes: "sixes",
    state: "state",
    dismissal: "dismissal",
    dismissed_by: "bowler",
});
json_object!(Bowler {
    player: "p",
    balls: "balls",
    overs: "overs",
    over_balls: "over_balls",
    maidens: "maidens",
    runs: "runs",
    wickets: "wickets",
    wides: "wides",
    no_balls: "no_balls",
    dots: "dots",
});
json_object!(Partnership {
    first: "first",
    second: "second",
    first_runs: "first_runs",
    second_runs: "second_runs",
    runs: "runs",
    balls: "balls",
    wicket: "wicket",
});
json_object!(Fall { wicket: "wicket", runs: "runs", player: "p", overs: "overs", balls: "balls" });
json_object!(OverTotal { runs: "r", wickets: "w" });
json_object!(Bowled {
    over: "o",
    number: "n",
    ball: "ball",
    runs: "runs",
    wickets: "wickets",
    free_hit: "free_hit",
});
json_object!(Innings {
    batting: "batting",
    super_over: "super_over",
    follow_on: "follow_on",
    runs: "runs",
    wickets: "wickets",
    overs: "overs",
    over_balls: "over_balls",
    legal_balls: "legal_balls",
    extras: "extras",
    target: "target",
    overs_max: "overs_max",
    balls_max: "balls_max",
    batters: "batters",
    bowlers: "bowlers",
    partnerships: "partnerships",
    falls: "falls",
    striker: "striker",
    non_striker: "non_striker",
    bowler: "bowler",
    last_bowler: "last_bowler",
    free_hit: "free_hit",
    over_totals: "over_totals",
    recent: "recent",
    powerplays: "powerplays",
    absent: "absent",
    reviews_lost_batting: "reviews_lost_batting",
    reviews_lost_fielding: "reviews_lost_fielding",
    end: "end",
});
json_object!(Match {
    setup: "setup",
    toss: "toss",
    phase: "phase",
    note: "note",
    innings: "innings",
    replacements: "replacements",
    outcome: "outcome",
    awards: "awards",
});
