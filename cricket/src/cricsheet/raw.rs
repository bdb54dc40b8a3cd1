//! What a file says, picked out of its JSON and not yet judged. Names borrow from the file.

use serde_json::Value;

use super::fields::{self, Object};
use super::{DELIVERIES_MAX, INNINGS_MAX, Reason};
use crate::{Extras, Powerplay, PowerplayKind};

pub(super) struct File<'a> {
    pub(super) info: Info<'a>,
    pub(super) innings: Vec<Innings<'a>>,
}

pub(super) struct Info<'a> {
    pub(super) object: &'a Object,
    pub(super) revision: u32,
    pub(super) teams: Vec<&'a str>,
    /// Team and names, in the order of the file's keys.
    pub(super) players: Vec<(&'a str, Vec<&'a str>)>,
}

#[derive(Default)]
pub(super) struct Innings<'a> {
    pub(super) path: String,
    pub(super) team: Option<&'a str>,
    pub(super) super_over: bool,
    pub(super) declared: bool,
    pub(super) forfeited: bool,
    pub(super) absent: Vec<&'a str>,
    pub(super) penalty_before: u16,
    pub(super) penalty_after: u16,
    pub(super) target_runs: Option<u16>,
    pub(super) target_overs: Option<(u16, u8)>,
    pub(super) powerplays: Vec<Powerplay>,
    /// Over (from 0) and the legal balls that the umpire allowed in it.
    pub(super) miscounted: Vec<(u16, u8)>,
    pub(super) deliveries: Vec<Delivery<'a>>,
}

#[derive(Default)]
pub(super) struct Delivery<'a> {
    pub(super) over: u16,
    /// Places in the file's lists, to name a delivery in an error.
    pub(super) place: (usize, usize),
    pub(super) batter: &'a str,
    pub(super) non_striker: &'a str,
    pub(super) bowler: &'a str,
    pub(super) runs: u8,
    pub(super) non_boundary: bool,
    pub(super) extras: Extras,
    /// Runs of `runs.total` that neither the bat nor a known kind of extra accounts for.
    pub(super) unaccounted: bool,
    pub(super) wickets: Vec<Wicket<'a>>,
    pub(super) review: Option<&'a Object>,
    pub(super) replacements: Vec<Replacement<'a>>,
}

pub(super) struct Wicket<'a> {
    pub(super) player: Option<&'a str>,
    pub(super) kind: &'a str,
    /// Name, and whether a substitute.
    pub(super) fielders: Vec<(Option<&'a str>, bool)>,
}

pub(super) struct Replacement<'a> {
    /// "match", or the duty: "batter", "bowler".
    pub(super) role: &'a str,
    pub(super) team: Option<&'a str>,
    pub(super) player: &'a str,
    pub(super) out: Option<&'a str>,
    pub(super) reason: &'a str,
}

impl Delivery<'_> {
    pub(super) fn total(&self) -> u32 {
        u32::from(self.runs) + u32::from(self.extras.total())
    }
}

/// Picks the file apart.
pub(super) fn file(value: &Value) -> Result<File<'_>, Reason> {
    let file =
        value.as_object().ok_or(Reason::Shape { path: "the file".to_owned(), expected: "an object" })?;
    let info = match file.get("info") {
        Some(info) => {
            info.as_object().ok_or(Reason::Shape { path: "info".to_owned(), expected: "an object" })?
        }
        None => return Err(Reason::Missing { path: "info".to_owned() }),
    };
    let revision = file.get("meta").and_then(|it| it.get("revision")).and_then(fields::number).unwrap_or(0);
    let players = info.get("players").and_then(Value::as_object);
    let players = players.into_iter().flatten();
    let players = players.map(|(team, names)| (team.trim(), names_of(names))).collect();
    let info = Info { object: info, revision, teams: fields::texts(info, "teams"), players };
    let list = match file.get("innings") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Reason::Shape { path: "innings".to_owned(), expected: "a list" }),
    };
    if list.len() > INNINGS_MAX {
        return Err(Reason::TooMany { path: "innings".to_owned(), what: "innings", max: INNINGS_MAX });
    }
    let innings = list.iter().enumerate().map(|(at, it)| innings(at, it)).collect::<Result<_, _>>()?;
    Ok(File { info, innings })
}

fn names_of(value: &Value) -> Vec<&str> {
    fields::list(Some(value))
        .iter()
        .filter_map(Value::as_str)
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect()
}

fn innings(at: usize, value: &Value) -> Result<Innings<'_>, Reason> {
    let mut path = format!("innings[{at}]");
    let object =
        value.as_object().ok_or_else(|| Reason::Shape { path: path.clone(), expected: "an object" })?;
    // The format before 1.0 wrapped each innings in its name: {"1st innings": {…}}.
    let object = match object.iter().next().map(|(name, inner)| (name, inner.as_object())) {
        Some((name, Some(inner))) if object.len() == 1 && inner.contains_key("team") => {
            path = format!("{path}.{name}");
            inner
        }
        _ => object,
    };
    let penalty = |key| {
        let runs = object.get("penalty_runs").and_then(|it| it.get(key)).and_then(fields::number);
        runs.and_then(|it| u16::try_from(it).ok()).unwrap_or(0)
    };
    let target = object.get("target");
    let target_runs = target.and_then(|it| it.get("runs")).and_then(fields::number);
    let mut innings = Innings {
        team: fields::text(object, &["team"]),
        super_over: fields::flag(object, "super_over"),
        declared: fields::flag(object, "declared"),
        forfeited: fields::flag(object, "forfeited"),
        absent: fields::texts(object, "absent_hurt"),
        penalty_before: penalty("pre"),
        penalty_after: penalty("post"),
        target_runs: target_runs.and_then(|it| u16::try_from(it).ok()),
        target_overs: target.and_then(|it| it.get("overs")).and_then(fields::over_and_ball),
        powerplays: fields::list(object.get("powerplays")).iter().filter_map(powerplay).collect(),
        miscounted: miscounted(object),
        ..Innings::default()
    };
    let overs = match object.get("overs") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(overs)) => overs,
        Some(_) => return Err(Reason::Shape { path: format!("{path}.overs"), expected: "a list" }),
    };
    for (index, value) in overs.iter().enumerate() {
        over(&path, index, value, &mut innings.deliveries)?;
    }
    if innings.super_over {
        count_from_zero(&mut innings.deliveries);
    }
    innings.path = path;
    Ok(innings)
}

/// Some files call a super over's only over the second (number 1).
fn count_from_zero(deliveries: &mut [Delivery<'_>]) {
    let first = deliveries.first().map_or(0, |it| it.over);
    for it in deliveries {
        it.over = it.over.saturating_sub(first);
    }
}

fn powerplay(value: &Value) -> Option<Powerplay> {
    let object = value.as_object()?;
    let kind = match fields::text(object, &["type"]) {
        Some("batting") => PowerplayKind::Batting,
        Some("fielding") => PowerplayKind::Fielding,
        _ => PowerplayKind::Mandatory,
    };
    let (from_over, from_ball) = fields::over_and_ball(object.get("from")?)?;
    let (to_over, to_ball) = fields::over_and_ball(object.get("to")?)?;
    Some(Powerplay { kind, from_over, from_ball, to_over, to_ball })
}

fn miscounted(innings: &Object) -> Vec<(u16, u8)> {
    let overs = innings.get("miscounted_overs").and_then(Value::as_object).into_iter().flatten();
    let known = overs.filter_map(|(over, value)| {
        let balls = fields::number(value.get("balls")?)?;
        Some((over.trim().parse().ok()?, u8::try_from(balls).ok()?))
    });
    known.collect()
}

fn over<'a>(
    innings: &str,
    index: usize,
    value: &'a Value,
    into: &mut Vec<Delivery<'a>>,
) -> Result<(), Reason> {
    let path = || format!("{innings}.overs[{index}]");
    let object = value.as_object().ok_or_else(|| Reason::Shape { path: path(), expected: "an object" })?;
    let said = object.get("over").and_then(fields::number).and_then(|it| u16::try_from(it).ok());
    let number = said.or_else(|| u16::try_from(index).ok()).unwrap_or(u16::MAX);
    let deliveries = match object.get("deliveries") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(deliveries)) => deliveries,
        Some(_) => return Err(Reason::Shape { path: path() + ".deliveries", expected: "a list" }),
    };
    if into.len() + deliveries.len() > DELIVERIES_MAX {
        return Err(Reason::TooMany { path: path(), what: "deliveries in an innings", max: DELIVERIES_MAX });
    }
    for (at, value) in deliveries.iter().enumerate() {
        let path = |field: &str| format!("{innings}.overs[{index}].deliveries[{at}]{field}");
        let delivery = delivery(value, &path)?;
        into.push(Delivery { over: number, place: (index, at), ..delivery });
    }
    Ok(())
}

fn delivery<'a>(value: &'a Value, path: &dyn Fn(&str) -> String) -> Result<Delivery<'a>, Reason> {
    let object = value.as_object().ok_or_else(|| Reason::Shape { path: path(""), expected: "an object" })?;
    let name = |key: &str, old: &str| {
        fields::text(object, &[key, old]).ok_or_else(|| Reason::Missing { path: path(&format!(".{key}")) })
    };
    let mut delivery = Delivery {
        batter: name("batter", "batsman")?,
        non_striker: fields::text(object, &["non_striker"]).unwrap_or(""),
        bowler: name("bowler", "bowler")?,
        extras: extras(object.get("extras"), path)?,
        wickets: fields::list(fields::first(object, &["wickets", "wicket"]))
            .iter()
            .filter_map(wicket)
            .collect(),
        review: object.get("review").and_then(Value::as_object),
        replacements: replacements(object),
        ..Delivery::default()
    };
    runs(&mut delivery, object.get("runs"), path)?;
    Ok(delivery)
}

/// Reads `runs`; what its total has beyond bat and known extras is counted as byes, so that the score is the file's.
fn runs(
    delivery: &mut Delivery<'_>,
    value: Option<&Value>,
    path: &dyn Fn(&str) -> String,
) -> Result<(), Reason> {
    let missing = || Reason::Missing { path: path(".runs") };
    let extras = u32::from(delivery.extras.total());
    let value = value.filter(|it| !it.is_null()).ok_or_else(missing)?;
    let figure = |key: &str| match value.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(figure) => fields::number(figure).map(Some).ok_or_else(|| Reason::Shape {
            path: path(&format!(".runs.{key}")),
            expected: "a number of runs",
        }),
    };
    let total = match value.as_object() {
        Some(_) => figure("total")?,
        None => Some(
            fields::number(value)
                .ok_or_else(|| Reason::Shape { path: path(".runs"), expected: "an object" })?,
        ),
    };
    let bat = match figure("batter")? {
        Some(bat) => bat,
        None => match figure("batsman")? {
            Some(bat) => bat,
            None => {
                let others = figure("extras")?.unwrap_or(0).max(extras);
                total.ok_or_else(missing)?.saturating_sub(others)
            }
        },
    };
    let others = figure("extras")?.unwrap_or(0);
    let total = total.unwrap_or(bat.saturating_add(others.max(extras)));
    let too_many = || Reason::Shape { path: path(".runs"), expected: "what one ball can bring" };
    delivery.runs = u8::try_from(bat).map_err(|_| too_many())?;
    delivery.non_boundary = value.as_object().is_some_and(|it| fields::flag(it, "non_boundary"));
    let more = total.saturating_sub(bat.saturating_add(extras));
    delivery.unaccounted = more > 0;
    let byes = u32::from(delivery.extras.byes).saturating_add(more);
    delivery.extras.byes = u16::try_from(byes).map_err(|_| too_many())?;
    Ok(())
}

fn extras(value: Option<&Value>, path: &dyn Fn(&str) -> String) -> Result<Extras, Reason> {
    let mut extras = Extras::default();
    let kinds = value.and_then(Value::as_object).into_iter().flatten();
    for (kind, runs) in kinds.filter(|it| !it.1.is_null()) {
        let shape = || Reason::Shape { path: path(&format!(".extras.{kind}")), expected: "a number of runs" };
        let runs = fields::number(runs).and_then(|it| u16::try_from(it).ok()).filter(|&it| it <= 1_000);
        let runs = runs.ok_or_else(shape)?;
        match kind.to_ascii_lowercase().as_str() {
            "wides" | "wide" => extras.wides += runs,
            "noballs" | "noball" | "no_balls" => extras.no_balls += runs,
            "byes" | "bye" => extras.byes += runs,
            "legbyes" | "legbye" | "leg_byes" => extras.leg_byes += runs,
            "penalty" | "penalties" | "penalty_runs" => extras.penalty += runs,
            // What it is worth is then found in `runs`.
            _ => {}
        }
    }
    Ok(extras)
}

fn wicket(value: &Value) -> Option<Wicket<'_>> {
    let object = value.as_object()?;
    // "playeer_out" is in real files.
    let player = fields::text(object, &["player_out"]).or_else(|| {
        let other = object.iter().find(|(key, _)| key.ends_with("_out"));
        other.and_then(|(_, value)| value.as_str()).map(str::trim).filter(|it| !it.is_empty())
    });
    let fielders = fields::list(object.get("fielders")).iter().map(|it| match it {
        Value::Object(fielder) => (fields::text(fielder, &["name"]), fields::flag(fielder, "substitute")),
        name => (name.as_str().map(str::trim).filter(|it| !it.is_empty()), false),
    });
    Some(Wicket { player, kind: fields::text(object, &["kind"]).unwrap_or(""), fielders: fielders.collect() })
}

fn replacements(delivery: &Object) -> Vec<Replacement<'_>> {
    let Some(object) = delivery.get("replacements").and_then(Value::as_object) else { return Vec::new() };
    let mut replacements = Vec::new();
    for (key, values) in object {
        for value in fields::list(Some(values)).iter().filter_map(Value::as_object) {
            let Some(player) = fields::text(value, &["in"]) else { continue };
            let role =
                if key == "role" { fields::text(value, &["role"]).unwrap_or("bowler") } else { "match" };
            replacements.push(Replacement {
                role,
                team: fields::text(value, &["team"]),
                player,
                out: fields::text(value, &["out"]),
                reason: fields::text(value, &["reason"]).unwrap_or(""),
            });
        }
    }
    replacements
}
