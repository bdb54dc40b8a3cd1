//! What a fence would do, before it does: for pins, and for the parts of countries.

use crate::claims::{Claims, Position};
use crate::code::Code;
use crate::decide::{Decision, Verdict, decide, to_places, verdict};
use crate::fence::{Drawn, Fence};
use crate::point::Point;
use crate::regions::{REACH_M_MAX, Regions};
use crate::shape::Relation;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// As well as a phone knows it.
const ACCURACY_M: f64 = 30.0;

/// What a fence would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DryRun {
    pub pins: Vec<Tried>,
    /// Of each country of which parts are told apart, where some are let in and some are not, or the fence names it.
    pub reach: Vec<Reach>,
    /// Countries of which everybody, some, and nobody is let in, whatever the time.
    pub countries: Sides,
}

/// What it would say to somebody at a pin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    pub name: String,
    pub decision: Decision,
}

/// Places by what a fence makes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sides {
    pub allowed: Vec<Code>,
    /// Where in it matters.
    pub partly: Vec<Code>,
    pub denied: Vec<Code>,
}

/// Which parts of a country a fence reaches, whatever the time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reach {
    pub country: Code,
    pub parts: Sides,
    /// Which rule keeps each part out: JSON pointers into the fence, one for each of `parts.denied`.
    pub because: Vec<String>,
}

impl Reach {
    /// "28 of 36 parts of India; denied: Telangana, …"
    pub fn words(&self) -> String {
        let Sides { allowed, partly, denied } = &self.parts;
        let all = allowed.len() + partly.len() + denied.len();
        let mut words = format!("{} of {all} parts of {}", allowed.len(), self.country.name());
        for (what, places) in [("partly", partly), ("denied", denied)] {
            if !places.is_empty() {
                let names: Vec<String> = places.iter().map(Code::name).collect();
                words.push_str(&format!("; {what}: {}", names.join(", ")));
            }
        }
        words
    }
}

/// Tries a fence at pins, as if somebody with a phone stood there at that time.
pub fn dry_run<'p>(
    fence: &Fence,
    pins: impl IntoIterator<Item = (&'p str, Point)>,
    regions: &Regions,
    now: Timestamp,
) -> DryRun {
    let tried = pins.into_iter().map(|(name, point)| {
        let position = Some(Position::pinned(point, ACCURACY_M, now));
        let claims = Claims { position, ..Claims::default() };
        Tried { name: name.to_owned(), decision: decide(fence, &claims, regions, now) }
    });
    let named = |country: Code| {
        let rules = fence.rules();
        rules.allow.places.iter().chain(&rules.deny.places).any(|it| it.country() == country)
    };
    let countries: BTreeSet<Code> = regions.codes().map(|it| it.country()).collect();
    let sides_of = [Side::of(&fence.allow, regions), Side::of(&fence.deny, regions)];
    let (mut reach, mut sides) = (Vec::new(), Sides::default());
    for country in countries {
        let parts = regions.parts(country);
        let of_parts = sort(fence, &sides_of, &parts);
        let is_mixed = !parts.is_empty()
            && [&of_parts.allowed, &of_parts.partly, &of_parts.denied]
                .iter()
                .filter(|it| !it.is_empty())
                .count()
                > 1;
        match of(fence, &sides_of, country) {
            Verdict::Unsure => sides.partly.push(country),
            Verdict::Denied => sides.denied.push(country),
            Verdict::Allowed => sides.allowed.push(country),
        }
        if is_mixed || (named(country) && !parts.is_empty()) {
            let because = of_parts.denied.iter().map(|it| rule(fence, *it)).collect();
            reach.push(Reach { country, parts: of_parts, because });
        }
    }
    DryRun { pins: tried.collect(), reach, countries: sides }
}

fn sort(fence: &Fence, sides: &[Side<'_>; 2], places: &[Code]) -> Sides {
    let of_verdict = |verdict| places.iter().copied().filter(|it| of(fence, sides, *it) == verdict).collect();
    Sides {
        allowed: of_verdict(Verdict::Allowed),
        partly: of_verdict(Verdict::Unsure),
        denied: of_verdict(Verdict::Denied),
    }
}

/// What is allowed, or denied, and which places its circles touch; none where that is not known, as of shapes, and of circles beyond what borders
/// are looked for.
struct Side<'f> {
    areas: &'f Drawn,
    touched: Option<BTreeSet<Code>>,
}

impl<'f> Side<'f> {
    fn of(areas: &'f Drawn, regions: &Regions) -> Self {
        let is_known = areas.shapes.is_empty() && areas.circles.iter().all(|it| it.0.radius_m <= REACH_M_MAX);
        let circles = areas
            .circles
            .iter()
            .flat_map(|(it, middle)| regions.at(*middle, it.radius_m).near().collect::<Vec<_>>());
        Self { areas, touched: is_known.then(|| circles.collect()) }
    }

    /// How whoever is somewhere in a place lies to it.
    fn relation(&self, place: Code) -> Relation {
        let is_drawn = match &self.touched {
            Some(touched) => touched.iter().any(|it| place.holds(*it)),
            None => true,
        };
        let drawn = if is_drawn { Relation::Across } else { Relation::Outside };
        drawn.or(to_places(&self.areas.places, &[place]))
    }
}

fn of(fence: &Fence, [allow, deny]: &[Side<'_>; 2], place: Code) -> Verdict {
    let allowed = if fence.allow.is_empty() { Relation::Within } else { allow.relation(place) };
    verdict(allowed, deny.relation(place))
}

fn rule(fence: &Fence, place: Code) -> String {
    let denied = fence.rules().deny.places.iter().position(|it| it.holds(place));
    denied.map_or_else(|| "/allow".to_owned(), |at| format!("/deny/places/{at}"))
}
