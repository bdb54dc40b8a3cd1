//! A whole Twenty20 innings pressed ball by ball equals the same commands folded directly.

use crate::support::*;
use cricket::{
    Ball, Boundary, Command, Decision, Dismissal, DismissalKind, Extras, Fielder, InningsStart, Match,
    PlayerId, PlayerIn, Powerplay, PowerplayKind, Review, Side, Toss,
};
use reqwest::StatusCode;

/// The side at bat is 0 to 10, the side in the field 11 to 21.
const NAMES: [&str; 2] = [
    "Ada\nBea\nCid\nDot\nEva\nFay\nGus\nHal\nIda\nJon\nKit",
    "Lea\nMax\nNed\nOla\nPia\nQin\nRay\nSue\nTom\nUma\nVal",
];

/// What was pressed for a ball and what it must be: without extras, with them, off the bat or not.
type Case = (&'static [(&'static str, &'static str)], u8, Option<Boundary>, Extras);

const NONE: Extras = Extras { wides: 0, no_balls: 0, byes: 0, leg_byes: 0, penalty: 0 };
const CASES: [Case; 13] = [
    (&[("runs", "1")], 1, None, NONE),
    (&[("runs", "0")], 0, None, NONE),
    (&[("runs", "0"), ("called", "wide")], 0, None, Extras { wides: 1, ..NONE }),
    (&[("runs", "4")], 4, Some(Boundary::Four), NONE),
    (&[("runs", "1"), ("called", "no_ball")], 1, None, Extras { no_balls: 1, ..NONE }),
    (&[("runs", "6")], 6, Some(Boundary::Six), NONE),
    (&[("runs", "1"), ("off", "byes")], 0, None, Extras { byes: 1, ..NONE }),
    (&[("runs", "1"), ("called", "wide")], 0, None, Extras { wides: 2, ..NONE }),
    (&[("runs", "2")], 2, None, NONE),
    (&[("runs", "1"), ("off", "leg_byes")], 0, None, Extras { leg_byes: 1, ..NONE }),
    (
        &[("runs", "2"), ("called", "no_ball"), ("off", "byes")],
        0,
        None,
        Extras { no_balls: 1, byes: 2, ..NONE },
    ),
    (&[("runs", "4"), ("all_run", "yes")], 4, None, NONE),
    (&[("runs", "3")], 3, None, NONE),
];

/// The innings as it is pressed, and beside it the commands as they are meant.
struct Innings<'a> {
    scorer: Scorer<'a>,
    path: String,
    meant: Vec<Command>,
}

impl Innings<'_> {
    /// The match that was meant, folded.
    fn game(&self) -> Match {
        let teams = ["Oaks", "Elms"].map(cricket::Team::named).to_vec();
        let of = |side: Side, names: &str| -> Vec<cricket::Player> {
            names.lines().map(|it| cricket::Player { name: it.to_owned(), side }).collect()
        };
        let setup = cricket::Setup {
            teams,
            players: [of(Side::Home, NAMES[0]), of(Side::Away, NAMES[1])].concat(),
            balls_per_over: 6,
            overs: Some(20),
            free_hits: true,
            venue: "The <Green>".into(),
            date: "2026-05-24".into(),
            ..cricket::Setup::default()
        };
        let mut game = Match::new(setup).unwrap();
        for command in &self.meant {
            game.apply(command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        }
        game
    }

    /// The ball that is due as the Laws tell who faces.
    fn due(&self, bowler: u16) -> Ball {
        let game = self.game();
        let innings = game.innings.last().unwrap();
        let (striker, non_striker) = (innings.striker.unwrap(), innings.non_striker.unwrap());
        Ball { striker, non_striker, bowler: PlayerId(bowler), ..Ball::default() }
    }

    async fn press(&mut self, act: &str, filled: &[(&str, &str)], meant: &[Command]) {
        let status = self.scorer.press(&self.path, act, filled).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{act} {filled:?}: {}", self.scorer.page);
        self.meant.extend_from_slice(meant);
    }

    async fn open(&mut self, below: &str) {
        let slash = if below.starts_with('?') { "" } else { "/" };
        self.scorer.open(&format!("{}{slash}{below}", self.path)).await;
    }

    /// The place in `meant` of the ball bowled last.
    fn last_ball(&self) -> usize {
        self.meant.iter().rposition(|it| matches!(it, Command::Ball(_))).unwrap()
    }

    /// Opens the form of the ball bowled last and sends it back with these fields over its own.
    async fn edit(&mut self, link: &str, ball: &Ball, over: &[(&str, &str)]) {
        self.scorer.open(link).await;
        let own = [ball.striker, ball.non_striker, ball.bowler].map(|it| it.0.to_string());
        let mut filled = vec![("striker", own[0].as_str()), ("non_striker", &own[1]), ("bowler", &own[2])];
        filled.extend_from_slice(over);
        self.press("edit", &filled, &[]).await;
    }
}

/// The address behind a key of the page.
fn behind(page: &str, key: &str) -> String {
    let tag =
        page.split("<a ").find(|it| it.split('>').next().unwrap().contains(&format!(r#"data-key="{key}""#)));
    attribute(tag.unwrap(), "href").replace("#reviewed", "")
}

async fn begin<'a>(ground: &'a Ground) -> Innings<'a> {
    let mut scorer = ground.scorer().await;
    let mut form = scorer.match_form("Oaks").await;
    for (name, value) in &mut form {
        match name.as_str() {
            "home_players" => NAMES[0].clone_into(value),
            "away_players" => NAMES[1].clone_into(value),
            "overs" => "20".clone_into(value),
            _ => {}
        }
    }
    let response = ground.post("/console/scorer/matches", &scorer.cookie, &form).await;
    let path = location(&response).to_owned();
    assert_eq!(scorer.follow(response).await, StatusCode::SEE_OTHER);
    let mut innings = Innings { scorer, path, meant: Vec::new() };
    let toss = Command::Toss(Toss { winner: Side::Away, bats: false });
    innings.press("toss", &[("winner", "away"), ("chose", "field")], &[toss]).await;
    let batter = |id| Command::BatterIn(PlayerIn { player: PlayerId(id) });
    let openers = [Command::InningsStart(InningsStart::default()), batter(0), batter(1)];
    let filled = [("striker", "0"), ("non_striker", "1"), ("bowler", "11"), ("overs", "20")];
    innings.press("openers", &filled, &openers).await;
    innings.open("more?bowler=11").await;
    let overs =
        Powerplay { kind: PowerplayKind::Mandatory, from_over: 0, from_ball: 1, to_over: 5, to_ball: 6 };
    let filled = [("powerplay", "mandatory"), ("from_over", "1"), ("to_over", "6")];
    innings.press("powerplay", &filled, &[Command::Powerplay(overs)]).await;
    innings
}

/// What happens besides at the ball with this number.
async fn besides(innings: &mut Innings<'_>, at: usize, bowler: u16) {
    let batter = |id| Command::BatterIn(PlayerIn { player: PlayerId(id) });
    let out = |player, kind, fielders: &[u16]| Dismissal {
        player,
        kind,
        fielders: fielders.iter().map(|it| Fielder::Player(PlayerId(*it))).collect(),
    };
    let query = format!("?bowler={bowler}");
    match at {
        20 => {
            innings.open(&format!("wicket{query}")).await;
            let ball = innings.due(bowler);
            let wickets = vec![out(ball.striker, DismissalKind::Caught, &[14])];
            let meant = [Command::Ball(Ball { wickets, ..ball.clone() }), batter(2)];
            let striker = ball.striker.0.to_string();
            let filled = [
                ("how", "caught"),
                ("fielder", "14"),
                ("runs", "0"),
                ("out", striker.as_str()),
                ("next", "2"),
            ];
            innings.press("wicket", &filled, &meant).await;
        }
        45 => {
            innings.open(&format!("wicket{query}")).await;
            let ball = innings.due(bowler);
            let wickets = vec![out(ball.non_striker, DismissalKind::RunOut, &[12, 13])];
            let meant = [Command::Ball(Ball { runs: 1, wickets, ..ball.clone() }), batter(3)];
            let runs_out = ball.non_striker.0.to_string();
            let filled = [
                ("how", "run_out"),
                ("fielder", "12"),
                ("fielder2", "13"),
                ("runs", "1"),
                ("called", "fair"),
                ("off", "bat"),
                ("out", runs_out.as_str()),
                ("next", "3"),
                ("faces", "new"),
            ];
            innings.press("wicket", &filled, &meant).await;
            // Only the page knows who faces: the ball says it.
            let other = ball.striker;
            let new = Ball { striker: PlayerId(3), non_striker: other, ..ball };
            innings.press("ball", &[("runs", "1")], &[Command::Ball(Ball { runs: 1, ..new })]).await;
        }
        50 => {
            let leaver = innings.due(bowler).striker;
            innings.open(&format!("more{query}")).await;
            let left = Command::BatterOut(out(leaver, DismissalKind::RetiredHurt, &[]));
            let who = leaver.0.to_string();
            let filled = [("leaver", who.as_str()), ("leave_how", "hurt"), ("leave_next", "4")];
            innings.press("leaves", &filled, &[left, batter(4)]).await;
        }
        _ => {}
    }
}

/// The ball bowled last is put right: a review is written down, and runs that were a boundary.
async fn put_right(innings: &mut Innings<'_>) {
    let (at, link) = (innings.last_ball(), behind(&innings.scorer.page, "v"));
    let Command::Ball(mut ball) = innings.meant[at].clone() else { panic!("a ball") };
    (ball.runs, ball.boundary, ball.extras) = (4, Some(Boundary::Four), NONE);
    ball.review = Some(Review {
        by_batting: false,
        batter: Some(ball.striker),
        decision: Decision::StruckDown,
        umpires_call: true,
        umpire: "Wren".into(),
    });
    let batter = ball.striker.0.to_string();
    let filled = [
        ("runs", "4"),
        ("called", "fair"),
        ("off", "bat"),
        ("how", "none"),
        ("review", "fielding"),
        ("review_batter", batter.as_str()),
        ("decision", "stands"),
        ("umpires_call", "yes"),
        ("umpire", "Wren"),
    ];
    innings.edit(&link, &ball, &filled).await;
    innings.meant[at] = Command::Ball(ball);
}

/// A wide that was forgotten goes in before the ball bowled last; a second one too, and out again, and back.
async fn put_in(innings: &mut Innings<'_>) {
    let (at, link) = (innings.last_ball(), behind(&innings.scorer.page, "e"));
    let Command::Ball(last) = innings.meant[at].clone() else { panic!("a ball") };
    let wide = Ball {
        striker: last.striker,
        non_striker: last.non_striker,
        bowler: last.bowler,
        extras: Extras { wides: 1, ..NONE },
        ..Ball::default()
    };
    let own = [wide.striker, wide.non_striker, wide.bowler].map(|it| it.0.to_string());
    let filled = [
        ("striker", own[0].as_str()),
        ("non_striker", &own[1]),
        ("bowler", &own[2]),
        ("runs", "0"),
        ("called", "wide"),
        ("off", "bat"),
        ("how", "none"),
    ];
    let (link, query) =
        link.split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or((link, String::new()));
    for _ in 0..2 {
        innings.scorer.open(&format!("{link}/before?{query}")).await;
        innings.press("insert", &filled, &[]).await;
        innings.meant.insert(at, Command::Ball(wide.clone()));
    }
    innings.press("undo", &[], &[]).await;
    innings.open("balls").await;
    assert!(innings.scorer.page.contains("Taken out"), "{}", innings.scorer.page);
    innings.press("restore", &[], &[]).await;
}

#[tokio::test]
async fn a_whole_innings_with_all_that_happens_in_one_equals_a_direct_fold() {
    let ground = Ground::open().await;
    let mut innings = begin(&ground).await;
    let mut at = 0;
    while innings.game().current().is_some() {
        let over = innings.game().innings[0].overs;
        let bowler = 11 + over % 5;
        if innings.scorer.page.contains("Who bowls over") || at == 0 {
            innings.open(&format!("?bowler={bowler}")).await;
        }
        besides(&mut innings, at, bowler).await;
        if innings.scorer.page.contains("Who bowls over") {
            at += 1;
            continue;
        }
        let (filled, runs, boundary, extras) = CASES[at % CASES.len()];
        let ball = Ball { runs, boundary, extras, ..innings.due(bowler) };
        innings.press("ball", filled, &[Command::Ball(ball)]).await;
        match at {
            60 => put_right(&mut innings).await,
            75 => put_in(&mut innings).await,
            _ => {}
        }
        if !innings.scorer.page.contains("Who bowls over") {
            innings.open(&format!("?bowler={bowler}")).await;
        }
        at += 1;
    }
    let told = innings.scorer.snapshot(&innings.path).await.state;
    let meant = innings.game();
    assert_eq!(told.innings[0].score_text(), meant.innings[0].score_text());
    assert_eq!(told, meant);
    assert_eq!((meant.innings[0].overs, meant.innings[0].wickets), (20, 2));
    assert!(meant.innings[0].extras.no_balls > 5 && meant.innings[0].reviews_lost_fielding == 0);
}
