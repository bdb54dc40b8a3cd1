//! The fields that describe one ball, on the pad, the wicket page and the page that edits it.

use super::ball_details;
use super::choices::player;
use crate::form::{Fields, Mistakes};
use cricket::{Ball, Boundary, Dismissal, DismissalKind, Extras, Fielder, Format, Match, Setup};

/// Overthrows aside, six; with them no more than this was ever seen.
const RUNS_MAX: u8 = 12;
/// Characters of a substitute's name.
const SUBSTITUTE_LENGTH_MAX: usize = 60;

/// Ways to be out on a ball: the form's value, and the key that chooses it where it has one. Retirements and "timed out"
/// happen between balls.
pub(super) const WAYS_OUT: [(DismissalKind, &str, Option<&str>); 10] = [
    (DismissalKind::Bowled, "bowled", Some("b")),
    (DismissalKind::Caught, "caught", Some("c")),
    (DismissalKind::CaughtAndBowled, "caught_and_bowled", Some("a")),
    (DismissalKind::Lbw, "lbw", Some("l")),
    (DismissalKind::RunOut, "run_out", Some("r")),
    (DismissalKind::Stumped, "stumped", Some("s")),
    (DismissalKind::HitWicket, "hit_wicket", Some("h")),
    (DismissalKind::ObstructingTheField, "obstructing", None),
    (DismissalKind::HitTheBallTwice, "hit_twice", None),
    (DismissalKind::HandledTheBall, "handled", None),
];

/// The ball that the fields describe; none when something is missing, which is then among the mistakes. `before` is the
/// ball as it was, for what a short form does not ask: a review, a second wicket.
pub(super) fn read(
    fields: &Fields,
    game: &Match,
    before: Option<&Ball>,
    mistakes: &mut Mistakes,
) -> Option<Ball> {
    let mut named = |name: &'static str, missing: &str| {
        let found = player(fields, name);
        if found.is_none() {
            mistakes.add(name, missing);
        }
        found
    };
    let striker = named("striker", "Say who faced the ball.");
    let non_striker = named("non_striker", "Say who was at the other end.");
    let bowler = named("bowler", "Say who bowled it.");
    let runs = fields.number("runs", 0..=RUNS_MAX, mistakes);
    if runs.is_none() && mistakes.of("runs").is_none() {
        mistakes.add("runs", "Say how many runs.");
    }
    let runs = runs?;
    let mut ball = Ball {
        over: fields.text("over").parse().ok(),
        striker: striker?,
        non_striker: non_striker?,
        bowler: bowler?,
        ..before.cloned().unwrap_or_default()
    };
    take_runs(&mut ball, fields, &game.setup, runs);
    ball.extras.penalty = before.map_or(0, |it| it.extras.penalty);
    take_wicket(&mut ball, fields, runs, mistakes);
    if fields.has("whole") {
        ball_details::take(&mut ball, fields, mistakes);
    }
    Some(ball)
}

/// Puts the runs where they belong: off the bat, wides, byes.
fn take_runs(ball: &mut Ball, fields: &Fields, setup: &Setup, runs: u8) {
    let was = ball.extras.no_balls;
    let more = u16::from(runs);
    let (wide, no_ball) = (fields.text("called") == "wide", fields.text("called") == "no_ball");
    let off = fields.text("off");
    ball.extras = Extras::default();
    (ball.runs, ball.boundary) = (0, None);
    if wide {
        // Whatever is run on a wide is wides (Law 22.3).
        ball.extras.wides = 1 + more;
        return;
    }
    if no_ball {
        ball.extras.no_balls = if was > 0 { was } else { no_ball_runs(setup) };
    }
    match off {
        "byes" => ball.extras.byes = more,
        "leg_byes" => ball.extras.leg_byes = more,
        _ => {
            ball.runs = runs;
            ball.boundary = match runs {
                4 if !fields.has("all_run") => Some(Boundary::Four),
                6 if !fields.has("all_run") => Some(Boundary::Six),
                _ => None,
            };
        }
    }
}

/// What a no-ball itself costs: one run (Law 21.16), two in The Hundred.
fn no_ball_runs(setup: &Setup) -> u16 {
    if setup.format == Format::Hundred { 2 } else { 1 }
}

fn take_wicket(ball: &mut Ball, fields: &Fields, runs: u8, mistakes: &mut Mistakes) {
    let others = ball.wickets.iter().skip(1).cloned().collect::<Vec<_>>();
    ball.wickets.clear();
    let value = fields.text("how");
    if value.is_empty() || value == "none" {
        return;
    }
    let Some((kind, _, _)) = WAYS_OUT.iter().find(|(_, it, _)| *it == value) else {
        mistakes.add("how", "Choose how the batter was out.");
        return;
    };
    if runs > 0 && kind.is_bowlers() {
        mistakes.add("runs", format!("No runs are scored when a batter is {}.", kind.words()));
    }
    let out = player(fields, "out").unwrap_or(ball.striker);
    ball.wickets.push(Dismissal { player: out, kind: *kind, fielders: fielders(fields, *kind, mistakes) });
    ball.wickets.extend(others);
}

/// Who fielded, where the kind has fielders.
fn fielders(fields: &Fields, kind: DismissalKind, mistakes: &mut Mistakes) -> Vec<Fielder> {
    let names: &[&str] = match kind {
        DismissalKind::Caught | DismissalKind::Stumped => &["fielder"],
        DismissalKind::RunOut => &["fielder", "fielder2"],
        _ => &[],
    };
    let substitute = fields.text("substitute");
    if substitute.chars().count() > SUBSTITUTE_LENGTH_MAX {
        mistakes.add("substitute", format!("At most {SUBSTITUTE_LENGTH_MAX} characters."));
    }
    names.iter().filter_map(|name| fielder(fields, name, substitute)).collect()
}

fn fielder(fields: &Fields, name: &str, substitute: &str) -> Option<Fielder> {
    match fields.text(name) {
        "substitute" => Some(Fielder::Substitute((!substitute.is_empty()).then(|| substitute.to_owned()))),
        _ => player(fields, name).map(Fielder::Player),
    }
}

/// The fields that describe a ball: what the page that edits it is filled in with.
pub(super) fn write(ball: &Ball) -> Fields {
    let mut fields = Fields::of([("called", "fair"), ("off", "bat"), ("how", "none")]);
    fields.set("striker", ball.striker.0);
    fields.set("non_striker", ball.non_striker.0);
    fields.set("bowler", ball.bowler.0);
    if let Some(over) = ball.over {
        fields.set("over", over);
    }
    let extras = &ball.extras;
    let mut runs = u16::from(ball.runs);
    if extras.no_balls > 0 {
        fields.set("called", "no_ball");
    }
    if extras.wides > 0 {
        fields.set("called", "wide");
        runs = extras.wides - 1;
    } else if extras.byes > 0 {
        fields.set("off", "byes");
        runs = extras.byes;
    } else if extras.leg_byes > 0 {
        fields.set("off", "leg_byes");
        runs = extras.leg_byes;
    } else if matches!(runs, 4 | 6) && ball.boundary.is_none() {
        fields.set("all_run", "yes");
    }
    fields.set("runs", runs);
    if let Some(dismissal) = ball.wickets.first() {
        write_wicket(&mut fields, dismissal);
    }
    ball_details::write(ball, &mut fields);
    fields
}

fn write_wicket(fields: &mut Fields, dismissal: &Dismissal) {
    if let Some((_, value, _)) = WAYS_OUT.iter().find(|(kind, _, _)| *kind == dismissal.kind) {
        fields.set("how", value);
    }
    fields.set("out", dismissal.player.0);
    for (name, fielder) in ["fielder", "fielder2"].into_iter().zip(&dismissal.fielders) {
        match fielder {
            Fielder::Player(player) => fields.set(name, player.0),
            Fielder::Substitute(who) => {
                fields.set(name, "substitute");
                fields.set("substitute", who.as_deref().unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cricket::PlayerId;

    fn game(format: Format) -> Match {
        Match { setup: Setup { format, ..Setup::default() }, ..Match::default() }
    }

    fn fields(query: &str) -> Fields {
        Fields::parse(&format!("striker=0&non_striker=1&bowler=11&{query}"))
    }

    fn plain() -> Ball {
        Ball { striker: PlayerId(0), non_striker: PlayerId(1), bowler: PlayerId(11), ..Ball::default() }
    }

    /// Reads the query as a ball, and that ball's own fields back as the same ball.
    fn check(query: &str, expected: Ball) {
        let mut mistakes = Mistakes::default();
        let game = game(Format::T20);
        let ball = read(&fields(query), &game, None, &mut mistakes);
        assert!(mistakes.is_empty(), "{query}: {mistakes:?}");
        assert_eq!(ball.as_ref(), Some(&expected), "{query}");
        let again = read(&write(&expected), &game, None, &mut mistakes);
        assert_eq!(again.as_ref(), Some(&expected), "{query}, edited");
    }

    #[test]
    fn runs_and_every_combination_of_extras_are_read() {
        let extras = |wides, no_balls, byes, leg_byes| Extras { wides, no_balls, byes, leg_byes, penalty: 0 };
        let four = Some(Boundary::Four);
        let six = Some(Boundary::Six);
        for (query, runs, boundary, extras) in [
            ("runs=0", 0, None, extras(0, 0, 0, 0)),
            ("runs=1", 1, None, extras(0, 0, 0, 0)),
            ("runs=4", 4, four, extras(0, 0, 0, 0)),
            ("runs=4&all_run=yes", 4, None, extras(0, 0, 0, 0)),
            ("runs=5", 5, None, extras(0, 0, 0, 0)),
            ("runs=6", 6, six, extras(0, 0, 0, 0)),
            ("runs=6&all_run=yes", 6, None, extras(0, 0, 0, 0)),
            ("runs=0&called=wide", 0, None, extras(1, 0, 0, 0)),
            ("runs=4&called=wide", 0, None, extras(5, 0, 0, 0)),
            ("runs=0&called=no_ball", 0, None, extras(0, 1, 0, 0)),
            ("runs=4&called=no_ball", 4, four, extras(0, 1, 0, 0)),
            ("runs=2&called=no_ball&off=byes", 0, None, extras(0, 1, 2, 0)),
            ("runs=1&called=no_ball&off=leg_byes", 0, None, extras(0, 1, 0, 1)),
            ("runs=4&off=byes", 0, None, extras(0, 0, 4, 0)),
            ("runs=1&off=leg_byes&called=fair", 0, None, extras(0, 0, 0, 1)),
        ] {
            check(query, Ball { runs, boundary, extras, ..plain() });
        }
        // Byes run on a wide are wides.
        let mut mistakes = Mistakes::default();
        let ball =
            read(&fields("runs=2&called=wide&off=byes"), &game(Format::T20), None, &mut mistakes).unwrap();
        assert_eq!(ball.extras, extras(3, 0, 0, 0));
    }

    #[test]
    fn every_way_of_being_out_is_read() {
        let player = |id| Fielder::Player(PlayerId(id));
        for (query, kind, out, fielders) in [
            ("how=bowled", DismissalKind::Bowled, 0, vec![]),
            ("how=bowled&fielder=12", DismissalKind::Bowled, 0, vec![]),
            ("how=caught&fielder=12", DismissalKind::Caught, 0, vec![player(12)]),
            ("how=caught", DismissalKind::Caught, 0, vec![]),
            ("how=caught&fielder=substitute", DismissalKind::Caught, 0, vec![Fielder::Substitute(None)]),
            (
                "how=caught&fielder=substitute&substitute=Kim",
                DismissalKind::Caught,
                0,
                vec![Fielder::Substitute(Some("Kim".into()))],
            ),
            ("how=caught_and_bowled", DismissalKind::CaughtAndBowled, 0, vec![]),
            ("how=lbw", DismissalKind::Lbw, 0, vec![]),
            (
                "how=run_out&out=1&fielder=12&fielder2=13",
                DismissalKind::RunOut,
                1,
                vec![player(12), player(13)],
            ),
            ("how=run_out&out=0", DismissalKind::RunOut, 0, vec![]),
            ("how=stumped&fielder=14", DismissalKind::Stumped, 0, vec![player(14)]),
            ("how=hit_wicket", DismissalKind::HitWicket, 0, vec![]),
            ("how=obstructing&out=1", DismissalKind::ObstructingTheField, 1, vec![]),
            ("how=hit_twice", DismissalKind::HitTheBallTwice, 0, vec![]),
            ("how=handled", DismissalKind::HandledTheBall, 0, vec![]),
        ] {
            let wickets = vec![Dismissal { player: PlayerId(out), kind, fielders }];
            check(&format!("runs=0&{query}"), Ball { wickets, ..plain() });
        }
    }

    #[test]
    fn runs_before_a_run_out_count_and_a_wide_can_be_a_stumping() {
        let dismissal = |kind, out| vec![Dismissal { player: PlayerId(out), kind, fielders: vec![] }];
        check(
            "runs=1&how=run_out&out=0",
            Ball { runs: 1, wickets: dismissal(DismissalKind::RunOut, 0), ..plain() },
        );
        let wide = Extras { wides: 1, ..Extras::default() };
        check(
            "runs=0&called=wide&how=stumped",
            Ball { extras: wide, wickets: dismissal(DismissalKind::Stumped, 0), ..plain() },
        );
    }

    #[test]
    fn what_is_missing_or_impossible_is_said() {
        for (query, field, text) in [
            ("", "runs", "Say how many runs."),
            ("runs=13", "runs", "Enter a whole number from 0 to 12."),
            ("runs=1&how=bowled", "runs", "No runs are scored when a batter is bowled."),
            ("runs=0&how=tired", "how", "Choose how the batter was out."),
        ] {
            let mut mistakes = Mistakes::default();
            read(&fields(query), &game(Format::T20), None, &mut mistakes);
            assert_eq!(mistakes.of(field), Some(text), "{query}");
        }
        let mut mistakes = Mistakes::default();
        assert_eq!(read(&Fields::parse("runs=1"), &game(Format::T20), None, &mut mistakes), None);
        assert_eq!(
            mistakes.iter().map(|it| it.field.as_ref()).collect::<Vec<_>>(),
            ["striker", "non_striker", "bowler"]
        );
    }

    #[test]
    fn a_no_ball_costs_two_in_the_hundred() {
        let mut mistakes = Mistakes::default();
        let ball =
            read(&fields("runs=1&called=no_ball"), &game(Format::Hundred), None, &mut mistakes).unwrap();
        assert_eq!((ball.extras.no_balls, ball.runs), (2, 1));
    }
}
