//! Whether a fence lets somebody in, by what is said of where they are.
//!
//! What is known is one of three: within an area, outside, or either. A fence lets in who is surely within what it allows and surely outside of
//! what it denies; it keeps out who is surely not; of all others it is unsure, and says what would help. Doubts, whatever they are, let nobody in,
//! and keep nobody out for good.
//!
//! Invariant: who knows less of where they are, at the same place, is never surer, in or out (`tests/decide.rs`).

use crate::cell::Cell;
use crate::claims::{Claims, Position};
use crate::code::Code;
use crate::fence::{Drawn, Fence, Needs, Version, Without};
use crate::point::Point;
use crate::reason::{Fix, Reason};
use crate::regions::Regions;
use crate::shape::Relation;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Nobody travels faster: an airliner with the wind behind it, in metres a second.
const SPEED_MAX: f64 = 320.0;
/// What positions and cells are off by, in metres, so that nobody is doubted for a step.
const JUMP_M_MIN: f64 = 50_000.0;
/// An address near a border is often of the other country.
const NEIGHBOUR_M: f64 = 25_000.0;
/// Clocks follow the sun to within so many hours, wherever people live.
const SUN_HOURS_MAX: f64 = 4.0;
/// Who knows no better than this is asked to measure anew.
const COARSE_M: f64 = 1_000.0;
/// Of what is kept of a decision.
pub const NEAR_MAX: usize = 16;

/// What a fence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Allowed,
    Denied,
    Unsure,
}

impl Verdict {
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::Denied => "denied",
            Verdict::Unsure => "unsure",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Allowed, Self::Denied, Self::Unsure].into_iter().find(|it| it.word() == word)
    }
}

/// By whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Position,
    Address,
    Declared,
    /// Nobody's.
    Nothing,
}

impl Source {
    pub const fn word(self) -> &'static str {
        match self {
            Source::Position => "position",
            Source::Address => "address",
            Source::Declared => "declared",
            Source::Nothing => "nothing",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Position, Self::Address, Self::Declared, Self::Nothing]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

/// What it was decided by, as coarse as it may be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub source: Source,
    /// All places that it may be, [`NEAR_MAX`] at most; none out at sea.
    pub near: Vec<Code>,
    #[serde(skip)]
    pub cell: Option<Cell>,
    /// Where the address is.
    pub address: Option<Code>,
}

impl Evidence {
    /// The place, where it is one.
    pub fn place(&self) -> Option<Code> {
        match self.near.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

/// What a fence says of somebody, why, and what would help.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    pub verdict: Verdict,
    /// The weightiest first; none of who is let in.
    pub reasons: Vec<Reason>,
    /// Of the fence.
    pub version: Version,
    pub evidence: Evidence,
    pub at: Timestamp,
}

/// The proof that a fence lets somebody in, which only a [`Decision`] makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Admitted(Decision);

impl Admitted {
    pub fn decision(&self) -> &Decision {
        &self.0
    }
}

impl Decision {
    /// The proof, or the decision with its reasons.
    pub fn admitted(self) -> Result<Admitted, Decision> {
        match self.verdict {
            Verdict::Allowed => Ok(Admitted(self)),
            Verdict::Denied | Verdict::Unsure => Err(self),
        }
    }

    /// What would help first.
    pub fn fix(&self) -> Option<Fix> {
        self.reasons.iter().find_map(Reason::fix)
    }

    /// For the fan: "This part of the country is not known from your address. Share your position."
    pub fn words(&self) -> String {
        let why = self.reasons.iter().take(1).map(ToString::to_string);
        why.chain(self.fix().map(|it| it.to_string())).collect::<Vec<_>>().join(" ")
    }
}

/// Where somebody may be.
pub(crate) struct Whereabouts {
    /// All places that it may be; none out at sea.
    pub(crate) near: Vec<Code>,
    /// Within so many metres of a point.
    pub(crate) circle: Option<(Point, f64)>,
}

/// Decides. `now` is our clock.
pub fn decide(fence: &Fence, claims: &Claims, regions: &Regions, now: Timestamp) -> Decision {
    let known = known(fence, claims, regions);
    let evidence = evidence(&known, claims);
    let (verdict, reasons) = match &known {
        _ if !fence.is_open(now) => (Verdict::Denied, vec![Reason::closed(fence.opens_after(now), now)]),
        Err(reason) => (without(fence), vec![reason.clone()]),
        Ok((source, known)) => {
            let verdict = judge(fence, known);
            let doubts = doubts(claims, regions, now);
            let after = weigh(verdict, *source, doubts.contains(&Reason::Proxy), !doubts.is_empty());
            let reasons = match (verdict, after) {
                (_, Verdict::Allowed) => Vec::new(),
                (Verdict::Allowed, _) => doubts,
                (Verdict::Denied, Verdict::Denied) => vec![denial(fence, known)],
                (Verdict::Denied, _) => doubts,
                (Verdict::Unsure, _) => {
                    std::iter::once(unsure(*source, known, claims)).chain(doubts).collect()
                }
            };
            (after, reasons)
        }
    };
    Decision { verdict, reasons, version: fence.version().clone(), evidence, at: now }
}

/// What happens to whom nothing that is enough is said of.
pub(crate) fn without(fence: &Fence) -> Verdict {
    match fence.rules().without {
        Without::Ask => Verdict::Unsure,
        Without::Deny => Verdict::Denied,
    }
}

/// Where somebody may be, by the best word that there is, where that is enough.
fn known(fence: &Fence, claims: &Claims, regions: &Regions) -> Result<(Source, Whereabouts), Reason> {
    let needs = fence.rules().needs;
    let place = |source, code| Ok((source, Whereabouts { near: vec![code], circle: None }));
    if let Some(Position { point, accuracy_m, .. }) = claims.position {
        let near = regions.at(point, accuracy_m).near().collect();
        return Ok((Source::Position, Whereabouts { near, circle: Some((point, accuracy_m)) }));
    }
    let declared = claims.declared.map(|it| it.0).filter(|_| needs == Needs::Declared);
    match (needs, claims.address.country, declared) {
        (Needs::Position, ..) => Err(Reason::PositionNeeded),
        (_, None, Some(declared)) => place(Source::Declared, declared),
        (_, Some(country), Some(declared)) if country.holds(declared) => place(Source::Declared, declared),
        (Needs::AddressPart, Some(country), _) => {
            place(Source::Address, claims.address.part.unwrap_or(country))
        }
        (_, Some(country), _) => place(Source::Address, country),
        (_, None, None) => Err(Reason::AddressUnknown),
    }
}

fn evidence(known: &Result<(Source, Whereabouts), Reason>, claims: &Claims) -> Evidence {
    let (source, mut near) = match known {
        Ok((source, known)) => (*source, known.near.clone()),
        Err(_) => (Source::Nothing, Vec::new()),
    };
    near.sort_unstable();
    near.dedup();
    near.truncate(NEAR_MAX);
    let cell = claims.position.map(|it| Cell::of(it.point));
    Evidence { source, near, cell, address: claims.address.country }
}

/// What a fence says of where somebody may be, whenever and however it is known.
pub(crate) fn judge(fence: &Fence, known: &Whereabouts) -> Verdict {
    let allowed = if fence.allow.is_empty() { Relation::Within } else { relation(&fence.allow, known) };
    verdict(allowed, relation(&fence.deny, known))
}

/// By how somebody lies to what is allowed, and to what is denied.
pub(crate) fn verdict(allowed: Relation, denied: Relation) -> Verdict {
    match (allowed, denied) {
        (_, Relation::Within) | (Relation::Outside, _) => Verdict::Denied,
        (Relation::Within, Relation::Outside) => Verdict::Allowed,
        _ => Verdict::Unsure,
    }
}

/// What doubts make of it: who would be let in is not, and who is kept out by the address of a proxy may be elsewhere.
pub(crate) fn weigh(verdict: Verdict, source: Source, is_proxy: bool, is_doubted: bool) -> Verdict {
    match verdict {
        Verdict::Allowed if is_doubted => Verdict::Unsure,
        Verdict::Denied if is_proxy && source == Source::Address => Verdict::Unsure,
        other => other,
    }
}

fn relation(areas: &Drawn, known: &Whereabouts) -> Relation {
    let drawn = match known.circle {
        _ if areas.shapes.is_empty() && areas.circles.is_empty() => Relation::Outside,
        None => Relation::Across,
        Some((point, accuracy_m)) => {
            let shapes = areas.shapes.iter().map(|it| it.relation(point, accuracy_m));
            let circles = areas.circles.iter().map(|(it, middle)| it.relation(*middle, point, accuracy_m));
            shapes.chain(circles).fold(Relation::Outside, Relation::or)
        }
    };
    drawn.or(to_places(&areas.places, &known.near))
}

/// How all the places where somebody may be lie to those of a list.
pub(crate) fn to_places(list: &[Code], near: &[Code]) -> Relation {
    if list.is_empty() {
        return Relation::Outside;
    }
    let one = |place: &Code| {
        let is_within = list.iter().any(|it| it.holds(*place));
        let is_part_of_it = list.iter().any(|it| place.holds(*it));
        match (is_within, is_part_of_it) {
            (true, _) => Relation::Within,
            (false, true) => Relation::Across,
            (false, false) => Relation::Outside,
        }
    };
    let mut all = near.iter().map(one);
    // Out at sea nothing is known.
    let Some(first) = all.next() else { return Relation::Across };
    if all.all(|it| it == first) { first } else { Relation::Across }
}

fn denial(fence: &Fence, known: &Whereabouts) -> Reason {
    let place = if let [one] = known.near.as_slice() { Some(*one) } else { None };
    // Who is kept out by a line is not so by the place that it is drawn in.
    let (allow, deny) = (&fence.allow, &fence.deny);
    match relation(deny, known) {
        Relation::Within => {
            let is_named = to_places(&deny.places, &known.near) == Relation::Within;
            Reason::DeniedHere { place: place.filter(|_| is_named) }
        }
        _ => {
            let is_named = allow.shapes.is_empty() && allow.circles.is_empty();
            Reason::NotHere { place: place.filter(|_| is_named) }
        }
    }
}

fn unsure(source: Source, known: &Whereabouts, claims: &Claims) -> Reason {
    let accuracy_m = claims.position.map_or(0.0, |it| it.accuracy_m);
    match known.near.as_slice() {
        [place, ..] if source != Source::Position => Reason::PartUnknown { place: *place },
        [] => Reason::AtSea,
        _ if accuracy_m > COARSE_M => Reason::Coarse { km: (accuracy_m / 1_000.0).round() as u32 },
        near => Reason::NearBorder { near: near.iter().copied().take(NEAR_MAX).collect() },
    }
}

/// What speaks against what was said. None of it depends on an accuracy, so that nobody is trusted for saying less.
fn doubts(claims: &Claims, regions: &Regions, now: Timestamp) -> Vec<Reason> {
    let mut doubts = Vec::new();
    if claims.address.is_proxy {
        doubts.push(Reason::Proxy);
    }
    if let Some(position) = &claims.position {
        doubts.extend(mismatch(position, claims, regions));
        doubts.extend(jump(position, claims, now));
        doubts.extend(zone_elsewhere(position, claims, now));
    } else if let (Some(declared), Some(country)) = (claims.declared, claims.address.country)
        && declared.0.country() != country
    {
        doubts.push(Reason::DeclaredElsewhere { declared: declared.0, address: country });
    }
    doubts
}

fn mismatch(position: &Position, claims: &Claims, regions: &Regions) -> Option<Reason> {
    let address = claims.address.country?;
    let found = regions.at(position.point, NEIGHBOUR_M);
    let position = found.within().next()?.country();
    let is_there = found.near().any(|it| it.country() == address);
    (!is_there).then_some(Reason::Mismatch { position, address })
}

fn jump(position: &Position, claims: &Claims, now: Timestamp) -> Option<Reason> {
    let before = claims.before?;
    // A clock that was set back is no time at all.
    let passed = now.duration_since(before.at).max(SignedDuration::ZERO);
    let off_m = before.cell.middle().distance_m(position.point) - Cell::RADIUS_M - JUMP_M_MIN;
    let is_jump = off_m > SPEED_MAX * passed.as_secs_f64();
    is_jump.then(|| Reason::Jumped { km: (off_m / 1_000.0).round() as u32, minutes: passed.as_mins() })
}

fn zone_elsewhere(position: &Position, claims: &Claims, now: Timestamp) -> Option<Reason> {
    let clock = f64::from(claims.zone.as_ref()?.0.to_offset(now).seconds()) / 3_600.0;
    let sun = position.point.lon_degrees() / 15.0;
    let off = (clock - sun).rem_euclid(24.0);
    (off.min(24.0 - off) > SUN_HOURS_MAX).then_some(Reason::ZoneElsewhere)
}
