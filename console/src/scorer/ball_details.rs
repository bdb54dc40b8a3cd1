//! What few balls have, and only the whole form of a ball asks: a second batter gone, penalty runs, a review, the over
//! it belongs to.

use super::ball_form::WAYS_OUT;
use super::between::LEAVES;
use super::choices::player;
use crate::form::{Fields, Mistakes};
use cricket::{Ball, Decision, Dismissal, DismissalKind, Review};

/// Characters of an umpire's name.
pub(super) const UMPIRE_LENGTH_MAX: usize = 40;
/// Two awards of five on one ball.
const PENALTY_MAX: u16 = 10;
/// One run nearly everywhere, two in The Hundred and in some leagues.
const NO_BALL_RUNS: std::ops::RangeInclusive<u16> = 1..=4;

/// What became of a review, by the form's value.
pub(super) const DECISIONS: [(Decision, &str, &str); 3] = [
    (Decision::StruckDown, "stands", "The umpire's decision stands"),
    (Decision::Upheld, "overturned", "It is overturned"),
    (Decision::TechnicalFailure, "failed", "The technology failed"),
];

/// How a second batter went on the same ball: the form's value and its words.
pub(super) fn ways_of_second() -> impl Iterator<Item = (DismissalKind, &'static str)> {
    let of_fielders =
        WAYS_OUT.into_iter().map(|(kind, value, _)| (kind, value)).filter(|it| !it.0.is_bowlers());
    of_fielders.chain(LEAVES)
}

/// Takes from the whole form what the short one does not ask.
pub(super) fn take(ball: &mut Ball, fields: &Fields, mistakes: &mut Mistakes) {
    ball.extras.penalty = fields.number("ball_penalty", 0..=PENALTY_MAX, mistakes).unwrap_or(0);
    if ball.extras.no_balls > 0
        && let Some(runs) = fields.number("no_ball_runs", NO_BALL_RUNS, mistakes)
    {
        ball.extras.no_balls = runs;
    }
    take_second(ball, fields, mistakes);
    ball.review = review(fields, mistakes);
}

fn take_second(ball: &mut Ball, fields: &Fields, mistakes: &mut Mistakes) {
    let was = ball.wickets.split_off(ball.wickets.len().min(1));
    let value = fields.text("how2");
    if value.is_empty() {
        return;
    }
    let way = ways_of_second().find(|(_, it)| *it == value);
    match (way, player(fields, "out2")) {
        (Some((kind, _)), Some(player)) => {
            let same = was.into_iter().find(|it| it.kind == kind && it.player == player);
            let fielders = same.map(|it| it.fielders).unwrap_or_default();
            ball.wickets.push(Dismissal { player, kind, fielders });
        }
        (None, _) => mistakes.add("how2", "Choose how the second batter went."),
        (_, None) => mistakes.add("out2", "Choose which second batter went."),
    }
}

fn review(fields: &Fields, mistakes: &mut Mistakes) -> Option<Review> {
    let by_batting = match fields.text("review") {
        "batting" => true,
        "fielding" => false,
        _ => return None,
    };
    let value = fields.text("decision");
    let decision = DECISIONS.iter().find(|(_, it, _)| *it == value).map(|(decision, _, _)| *decision);
    if decision.is_none() {
        mistakes.add("decision", "Say what became of the review.");
    }
    let umpire = fields.text("umpire");
    if umpire.chars().count() > UMPIRE_LENGTH_MAX || umpire.chars().any(char::is_control) {
        mistakes.add("umpire", format!("At most {UMPIRE_LENGTH_MAX} characters, in one line."));
    }
    Some(Review {
        by_batting,
        batter: player(fields, "review_batter"),
        decision: decision?,
        umpires_call: fields.has("umpires_call"),
        umpire: umpire.to_owned(),
    })
}

/// The fields of the whole form that describe this ball.
pub(super) fn write(ball: &Ball, fields: &mut Fields) {
    if ball.extras.penalty > 0 {
        fields.set("ball_penalty", ball.extras.penalty);
    }
    if ball.extras.no_balls > 0 {
        fields.set("no_ball_runs", ball.extras.no_balls);
    }
    if let Some(second) = ball.wickets.get(1)
        && let Some((_, value)) = ways_of_second().find(|(kind, _)| *kind == second.kind)
    {
        fields.set("how2", value);
        fields.set("out2", second.player.0);
    }
    let Some(review) = &ball.review else { return };
    fields.set("review", if review.by_batting { "batting" } else { "fielding" });
    if let Some(batter) = review.batter {
        fields.set("review_batter", batter.0);
    }
    if let Some((_, value, _)) = DECISIONS.iter().find(|(it, _, _)| *it == review.decision) {
        fields.set("decision", value);
    }
    if review.umpires_call {
        fields.set("umpires_call", "yes");
    }
    if !review.umpire.is_empty() {
        fields.set("umpire", &review.umpire);
    }
}
