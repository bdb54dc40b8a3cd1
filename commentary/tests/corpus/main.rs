//! Balls of real matches, told and judged.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod balls;
mod faithful;
mod falsehood;
mod grammar;
mod idioms;
mod judged;
mod reports;
mod written;

use balls::{Told, each_ball};
use commentary::{Facts, Language, plain};

#[test]
fn every_ball_says_its_plain_line_as_the_scoring_engine_does() {
    let mut balls = 0;
    each_ball(|told: &Told<'_>| {
        let ours = plain::line(&told.facts, Language::English);
        let theirs = told.game.ball_line(cricket::Words::ENGLISH, told.innings, told.bowled);
        // Retirements and substitutes without a name are told by the scoring engine alone.
        if told.bowled.ball.wickets.iter().all(|it| it.kind.is_wicket()) && !theirs.contains("sub") {
            assert_eq!(ours, theirs);
        }
        balls += 1;
    });
    assert!(balls > 100, "{balls} balls");
}

#[test]
fn facts_come_back_from_their_json_with_the_same_hash() {
    each_ball(|told| {
        let json = serde_json::to_string(&told.facts).unwrap();
        let back: Facts = serde_json::from_str(&json).unwrap();
        assert_eq!(back, told.facts);
        assert_eq!(back.hash(), told.facts.hash());
    });
}
