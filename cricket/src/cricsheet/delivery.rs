//! From a recorded delivery to a ball, and to what happened before it.

use super::convert::Writer;
use super::raw::{self, Delivery, Innings};
use super::{Reason, fields};
use crate::{
    Ball, Boundary, Command, Decision, Dismissal, DismissalKind, Fielder, PlayerId, Replacement, Review,
    Role, Side,
};

impl Writer<'_> {
    pub(super) fn delivery(
        &mut self,
        innings: &Innings<'_>,
        delivery: &Delivery<'_>,
        batting: Side,
    ) -> Result<(), Reason> {
        let path = || {
            let (over, at) = delivery.place;
            format!("{}.overs[{over}].deliveries[{at}]", innings.path)
        };
        for it in &delivery.replacements {
            self.replacement(&path(), it, batting);
        }
        if delivery.unaccounted {
            self.note(format!("{}: runs of no known kind are counted as byes", path()));
        }
        let mut ball = self.ball(&path, delivery, batting);
        match self.apply(Command::Ball(ball.clone())) {
            Ok(_) => Ok(()),
            Err(refusal) => {
                let why = refusal.explain(&self.game.setup);
                self.note(format!("{}: taken as recorded: {why}", path()));
                ball.as_recorded = true;
                let refused = |refusal| Reason::Refused { path: path(), refusal };
                self.apply(Command::Ball(ball)).map(|_| ()).map_err(refused)
            }
        }
    }

    fn ball(&mut self, path: &dyn Fn() -> String, delivery: &Delivery<'_>, batting: Side) -> Ball {
        let player = |side, name: &str| self.people.find(side, name).unwrap_or_default();
        let striker = player(batting, delivery.batter);
        let non_striker = match delivery.non_striker {
            "" => self.partner(striker),
            name => player(batting, name),
        };
        let bowler = player(batting.other(), delivery.bowler);
        let boundary = match delivery.runs {
            4 if !delivery.non_boundary => Some(Boundary::Four),
            6 if !delivery.non_boundary => Some(Boundary::Six),
            _ => None,
        };
        let mut wickets = Vec::new();
        for it in &delivery.wickets {
            if let Some(dismissal) = self.dismissal(path, it, striker, batting) {
                wickets.push(dismissal);
            }
        }
        Ball {
            over: Some(delivery.over),
            striker,
            non_striker,
            bowler,
            runs: delivery.runs,
            boundary,
            extras: delivery.extras,
            wickets,
            review: self.review(delivery, batting),
            as_recorded: false,
        }
    }

    /// Whoever else is at the wicket; the striker himself where nobody is known to be.
    fn partner(&self, striker: PlayerId) -> PlayerId {
        let innings = self.game.innings.last();
        let other = innings.and_then(|it| it.at_wicket().find(|it| it.player != striker));
        other.map_or(striker, |it| it.player)
    }

    fn dismissal(
        &mut self,
        path: &dyn Fn() -> String,
        wicket: &raw::Wicket<'_>,
        striker: PlayerId,
        batting: Side,
    ) -> Option<Dismissal> {
        let kind = match kind(wicket.kind) {
            Ok(kind) => kind,
            Err(Unknown::NoWicket) => return None,
            Err(Unknown::Kind) => {
                self.note(format!("{}: \"{}\" is counted as run out", path(), wicket.kind));
                DismissalKind::RunOut
            }
        };
        let player = match wicket.player.and_then(|name| self.people.find(batting, name)) {
            Some(player) => player,
            None => {
                self.note(format!("{}: the wicket names nobody; taken as the striker's", path()));
                striker
            }
        };
        let fielder = |&(name, substitute): &(Option<&str>, bool)| {
            let known = name.filter(|_| !substitute).and_then(|name| self.people.find(batting.other(), name));
            known.map_or(Fielder::Substitute(name.map(str::to_owned)), Fielder::Player)
        };
        let fielders = wicket.fielders.iter().take(11).map(fielder).collect();
        Some(Dismissal { player, kind, fielders })
    }

    fn review(&self, delivery: &Delivery<'_>, batting: Side) -> Option<Review> {
        let object = delivery.review?;
        let by = fields::text(object, &["by"]).and_then(|team| self.side(team));
        let decision = match fields::text(object, &["decision"]).unwrap_or("") {
            it if it.contains("upheld") => Decision::Upheld,
            it if it.contains("technical") => Decision::TechnicalFailure,
            _ => Decision::StruckDown,
        };
        Some(Review {
            by_batting: by == Some(batting),
            batter: fields::text(object, &["batter"]).and_then(|name| self.people.find(batting, name)),
            decision,
            umpires_call: fields::flag(object, "umpires_call"),
            umpire: fields::text(object, &["umpire"]).unwrap_or("").to_owned(),
        })
    }

    fn replacement(&mut self, path: &str, it: &raw::Replacement<'_>, batting: Side) {
        let (role, side) = match it.role {
            "match" => (Role::Match, it.team.and_then(|team| self.side(team)).unwrap_or(batting.other())),
            "batter" => (Role::Batter, batting),
            _ => (Role::Bowler, batting.other()),
        };
        let Some(player) = self.people.find(side, it.player) else { return };
        let out = it.out.and_then(|name| self.people.find(side, name));
        let reason = it.reason.chars().take(100).collect();
        self.try_apply(path, Command::Replacement(Replacement { role, out, player, reason }));
    }
}

enum Unknown {
    /// Somebody who did not bat at all.
    NoWicket,
    Kind,
}

fn kind(text: &str) -> Result<DismissalKind, Unknown> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "bowled" => DismissalKind::Bowled,
        "caught" => DismissalKind::Caught,
        "caught and bowled" => DismissalKind::CaughtAndBowled,
        "lbw" => DismissalKind::Lbw,
        "run out" => DismissalKind::RunOut,
        "stumped" => DismissalKind::Stumped,
        "hit wicket" => DismissalKind::HitWicket,
        "handled the ball" => DismissalKind::HandledTheBall,
        "hit the ball twice" => DismissalKind::HitTheBallTwice,
        "obstructing the field" => DismissalKind::ObstructingTheField,
        "timed out" => DismissalKind::TimedOut,
        "retired out" => DismissalKind::RetiredOut,
        "retired hurt" | "retired ill" => DismissalKind::RetiredHurt,
        "retired not out" | "retired" => DismissalKind::RetiredNotOut,
        "absent hurt" | "absent" => return Err(Unknown::NoWicket),
        _ => return Err(Unknown::Kind),
    })
}
