//! The balls: of the shared archive where it is there, and of a match of our own.

use commentary::Facts;
use cricket::{
    Ball, Boundary, Bowled, Change, Command, Dismissal, DismissalKind, Fielder, InningsStart, Match, Player,
    PlayerId, Setup, Side, Team, cricsheet,
};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A ball with the match after it.
pub(crate) struct Told<'a> {
    pub(crate) game: &'a Match,
    pub(crate) innings: usize,
    pub(crate) bowled: &'a Bowled,
    pub(crate) facts: Facts,
}

/// Every how manieth ball of the archive is told: the whole of it takes a debug build too long.
const EVERY: usize = 5;

/// Calls `tell` with each ball of our own match, and with the sample of the archive: every wicket, six, end of an innings
/// and milestone, and every fifth of the others.
pub(crate) fn each_ball(mut tell: impl FnMut(&Told<'_>)) {
    fold(&own(), |_, _| true, |told| tell(told));
    let mut at = 0;
    for it in matches() {
        let is_told = |ball: &Ball, change: &Change| {
            at += 1;
            let is_big = change.wickets > 0 || ball.boundary == Some(Boundary::Six);
            let is_rare = is_big || change.innings_end.is_some() || change.milestone.is_some();
            is_rare || at % EVERY == 0
        };
        fold(it, is_told, |told| tell(told));
    }
}

/// Calls `tell` with each ball of one match in turn: the first of the archive where it is there, else our own.
pub(crate) fn each_of_a_match(tell: impl FnMut(&Told<'_>)) {
    match matches().first() {
        Some(first) => fold(first, |_, _| true, tell),
        None => fold(&own(), |_, _| true, tell),
    }
}

fn fold(
    (setup, commands): &(Setup, Vec<Command>),
    mut is_told: impl FnMut(&Ball, &Change) -> bool,
    mut tell: impl FnMut(&Told<'_>),
) {
    let mut game = Match::new(setup.clone()).unwrap();
    for command in commands {
        let change: Change = game.apply(command).unwrap();
        if let Command::Ball(ball) = command
            && is_told(ball, &change)
        {
            let innings = change.innings.unwrap();
            let bowled = game.innings[innings].recent.last().unwrap();
            let facts = Facts::of_ball(&game, innings, bowled, &change).unwrap();
            tell(&Told { game: &game, innings, bowled, facts });
        }
    }
}

/// The matches of the shared archive; none, with a word, where it is not there.
pub(crate) fn matches() -> &'static [(Setup, Vec<Command>)] {
    static ALL: OnceLock<Vec<(Setup, Vec<Command>)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let Some(folder) = folder() else {
            say("skipped: the shared matches are not here; only our own match is told");
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().path())
            .filter(|it| it.extension().is_some_and(|it| it == "json") && !it.ends_with("MANIFEST.json"))
            .collect();
        files.sort();
        let read = |path: &PathBuf| {
            let archive = cricsheet::read(&std::fs::read(path).unwrap()).unwrap();
            (archive.setup, archive.commands)
        };
        files.iter().map(read).collect()
    })
}

/// A word on stderr that no test's capture swallows.
pub(crate) fn say(what: &str) {
    use std::io::Write;
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{what}").unwrap();
}

/// Beside the project, however deep this copy of it lies.
fn folder() -> Option<PathBuf> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.find_map(|it| Some(it.join("shared/data/cricsheet")).filter(|it| it.is_dir()))
}

/// A short match of our own in which everything happens that phrases tell apart.
pub(crate) fn own() -> (Setup, Vec<Command>) {
    let player = |name: &str, side| Player { name: name.to_owned(), side };
    let home = [
        "A Sharma", "B Rao", "C Iyer", "D Khan", "E Das", "F Gill", "G Nair", "H Pillai", "I Sen", "J Bose",
        "K Roy",
    ];
    let away = [
        "L Smith", "M Jones", "N Brown", "O Green", "P White", "Q Head", "R Root", "S Cook", "T Wood",
        "U Stone", "V Stokes",
    ];
    let players =
        home.iter().map(|it| player(it, Side::Home)).chain(away.iter().map(|it| player(it, Side::Away)));
    let setup = Setup {
        teams: vec![Team::named("Rivertown Royals"), Team::named("Lakeside Lions")],
        players: players.collect(),
        balls_per_over: 6,
        overs: Some(5),
        free_hits: true,
        ..Setup::default()
    };
    let mut commands =
        vec![Command::InningsStart(InningsStart { batting: Side::Home, ..InningsStart::default() })];
    let mut innings = Batting {
        first: 0,
        bowlers: [11, 12],
        at: (0, 1),
        next: 2,
        over: 0,
        balls: 0,
        commands: &mut commands,
    };
    for ball in FIRST {
        innings.bowl(ball);
    }
    commands.push(Command::InningsStart(InningsStart { batting: Side::Away, ..InningsStart::default() }));
    let mut innings = Batting {
        first: 11,
        bowlers: [0, 1],
        at: (11, 12),
        next: 13,
        over: 0,
        balls: 0,
        commands: &mut commands,
    };
    for ball in SECOND {
        innings.bowl(ball);
    }
    (setup, commands)
}

/// As labels say it: runs, "4" and "6" to the boundary, "wd", "nb", "b", "lb" with runs, and ways out.
const FIRST: [&str; 34] = [
    "6",
    "4",
    "6",
    "4",
    "6",
    "6", // 32 runs
    "6",
    "6",
    "6",
    "1",
    "•",
    "4", // a fifty
    "•",
    "•",
    "•",
    "•",
    "•",
    "•", // a maiden
    "1wd",
    "5wd",
    "1nb",
    "2",
    "bowled",
    "caught",
    "c&b",
    "lbw",
    "stumped", // an over of wickets
    "runout",
    "hitwicket",
    "2",
    "1b",
    "4lb",
    "6nb",
    "6",
];
const SECOND: [&str; 24] = [
    "3", "1", "2", "4", "6", "1lb", //
    "2b", "caught", "6", "6", "4", "4", //
    "6", "6", "4", "6", "6", "6", //
    "runout", "2", "1", "1", "6", "6",
];

struct Batting<'a> {
    first: u16,
    bowlers: [u16; 2],
    /// On strike, and at the other end.
    at: (u16, u16),
    next: u16,
    over: usize,
    balls: usize,
    commands: &'a mut Vec<Command>,
}

impl Batting<'_> {
    fn bowl(&mut self, label: &str) {
        let (striker, non_striker) = self.at;
        let bowler = PlayerId(self.bowlers[self.over % 2]);
        let mut ball = Ball {
            striker: PlayerId(striker),
            non_striker: PlayerId(non_striker),
            bowler,
            ..Ball::default()
        };
        let digits: String = label.chars().take_while(char::is_ascii_digit).collect();
        let runs: u16 = digits.parse().unwrap_or(0);
        match &label[digits.len()..] {
            "" => {
                ball.runs = u8::try_from(runs).unwrap();
                ball.boundary = match runs {
                    4 => Some(Boundary::Four),
                    6 => Some(Boundary::Six),
                    _ => None,
                };
            }
            "wd" => ball.extras.wides = runs,
            "nb" => {
                ball.extras.no_balls = 1;
                ball.runs = u8::try_from(runs - 1).unwrap();
            }
            "b" => ball.extras.byes = runs,
            "lb" => ball.extras.leg_byes = runs,
            "•" => {}
            how => ball.wickets.push(self.dismissal(how)),
        }
        let ran = ball.extras.byes
            + ball.extras.leg_byes
            + u16::from(ball.runs)
            + ball.extras.wides.saturating_sub(1);
        if !ball.wickets.is_empty() {
            let out = ball.wickets[0].player.0;
            let new = self.next;
            self.next += 1;
            self.at = if out == striker { (new, non_striker) } else { (striker, new) };
        } else if ran % 2 == 1 {
            self.at = (non_striker, striker);
        }
        self.balls += usize::from(ball.is_legal());
        if self.balls == 6 {
            (self.balls, self.over) = (0, self.over + 1);
            self.at = (self.at.1, self.at.0);
        }
        self.commands.push(Command::Ball(ball));
    }

    fn dismissal(&self, how: &str) -> Dismissal {
        let (striker, non_striker) = self.at;
        let side = if self.first == 0 { 11 } else { 0 };
        let fielder = |at: u16| Fielder::Player(PlayerId(side + at));
        let (player, kind, fielders) = match how {
            "bowled" => (striker, DismissalKind::Bowled, Vec::new()),
            "caught" => (striker, DismissalKind::Caught, vec![fielder(5)]),
            "c&b" => (striker, DismissalKind::CaughtAndBowled, Vec::new()),
            "lbw" => (striker, DismissalKind::Lbw, Vec::new()),
            "stumped" => (striker, DismissalKind::Stumped, vec![fielder(6)]),
            "runout" => (non_striker, DismissalKind::RunOut, vec![fielder(7), fielder(8)]),
            "hitwicket" => (striker, DismissalKind::HitWicket, Vec::new()),
            other => panic!("{other}"),
        };
        Dismissal { player: PlayerId(player), kind, fielders }
    }
}
