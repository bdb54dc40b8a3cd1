//! The scorecard of a match, in words and figures for people.

use super::caller::Reader;
use super::etag::unless_unchanged;
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::http::openapi::alike;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cricket::words::languages;
use cricket::{BatterState, Innings, Match, Rate, Words};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A match's card.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Scorecard {
    id: String,
    rev: u32,
    teams: Vec<String>,
    status_text: String,
    result_text: Option<String>,
    innings: Vec<InningsCard>,
    players_of_the_match: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InningsCard {
    team: String,
    super_over: bool,
    runs: u16,
    wickets: u8,
    /// "19.3"
    overs: String,
    declared: bool,
    run_rate: Option<String>,
    extras: ExtrasLine,
    batting: Vec<BattingLine>,
    did_not_bat: Vec<String>,
    bowling: Vec<BowlingLine>,
    fall_of_wickets: Vec<FallLine>,
    partnerships: Vec<PartnershipLine>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExtrasLine {
    total: u16,
    wides: u16,
    no_balls: u16,
    byes: u16,
    leg_byes: u16,
    penalty: u16,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BattingLine {
    player: String,
    /// "c Smith b Jones", "not out"
    how_out: String,
    is_out: bool,
    runs: u16,
    balls: u16,
    fours: u16,
    sixes: u16,
    /// Runs per hundred balls, two decimals.
    strike_rate: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BowlingLine {
    player: String,
    overs: String,
    maidens: u16,
    runs: u16,
    wickets: u8,
    economy: Option<String>,
    dots: u16,
    wides: u16,
    no_balls: u16,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FallLine {
    wicket: u8,
    runs: u16,
    player: String,
    /// "14.2"
    over: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartnershipLine {
    wicket: u8,
    players: [String; 2],
    runs: u16,
    balls: u16,
}

/// In which language the texts are.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ScorecardQuery {
    /// `hi` for one; English when left out or not known.
    lang: Option<String>,
}

/// Batting, bowling, partnerships and the fall of wickets.
#[utoipa::path(get, path = "/v1/matches/{id}/scorecard", tag = "matches",
    params(("id" = String, Path, description = "mat_…"), ScorecardQuery), responses(
    (status = 200, body = Scorecard),
    (status = 304, description = "unchanged since the ETag"),
    alike::NotFound,
))]
pub(super) async fn show(
    reader: Reader,
    State(app): State<App>,
    Id(id): Id,
    Asked(query): Asked<ScorecardQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    let snapshot = topic.snapshot();
    Ok(unless_unchanged(&headers, snapshot.position(), || {
        let words = languages::named(query.lang.as_deref().unwrap_or_default());
        let card = Scorecard::of(snapshot.id, snapshot.rev, &snapshot.state, words);
        serde_json::to_string(&card).expect("texts and numbers are JSON")
    }))
}

impl Scorecard {
    fn of(id: String, rev: u32, game: &Match, words: Words) -> Self {
        let name = |player: &cricket::PlayerId| game.setup.name(*player).to_owned();
        Self {
            id,
            rev,
            teams: game.setup.teams.iter().map(|it| it.name.clone()).collect(),
            status_text: game.status_text(words),
            result_text: game.result_text(words),
            innings: game.innings.iter().map(|it| InningsCard::of(it, game, words)).collect(),
            players_of_the_match: game.awards.iter().map(name).collect(),
        }
    }
}

impl InningsCard {
    fn of(innings: &Innings, game: &Match, words: Words) -> Self {
        let setup = &game.setup;
        let name = |player: cricket::PlayerId| setup.name(player).to_owned();
        let extras = &innings.extras;
        let batting = innings.batters.iter().map(|it| BattingLine {
            player: name(it.player),
            how_out: game.how_out(words, it),
            is_out: it.state == BatterState::Out,
            runs: it.runs,
            balls: it.balls,
            fours: it.fours,
            sixes: it.sixes,
            strike_rate: text(it.strike_rate()),
        });
        let bowling = innings.bowlers.iter().map(|it| BowlingLine {
            player: name(it.player),
            overs: it.overs_text(),
            maidens: it.maidens,
            runs: it.runs,
            wickets: it.wickets,
            economy: text(it.economy(setup.balls_per_over)),
            dots: it.dots,
            wides: it.wides,
            no_balls: it.no_balls,
        });
        let falls = innings.falls.iter().map(|it| FallLine {
            wicket: it.wicket,
            runs: it.runs,
            player: name(it.player),
            over: format!("{}.{}", it.overs, it.balls),
        });
        let partnerships = innings.partnerships.iter().map(|it| PartnershipLine {
            wicket: it.wicket,
            players: [name(it.first), name(it.second)],
            runs: it.runs,
            balls: it.balls,
        });
        Self {
            team: setup.team(innings.batting).name.clone(),
            super_over: innings.super_over,
            runs: innings.runs,
            wickets: innings.wickets,
            overs: innings.overs_text(),
            declared: innings.end == Some(cricket::InningsEnd::Declared),
            run_rate: text(innings.run_rate(setup.balls_per_over)),
            extras: ExtrasLine {
                total: extras.total(),
                wides: extras.wides,
                no_balls: extras.no_balls,
                byes: extras.byes,
                leg_byes: extras.leg_byes,
                penalty: extras.penalty,
            },
            batting: batting.collect(),
            did_not_bat: did_not_bat(innings, game),
            bowling: bowling.collect(),
            fall_of_wickets: falls.collect(),
            partnerships: partnerships.collect(),
        }
    }
}

/// Of the side, those who never came in. Squads may hold more than eleven (replacements), so this names who is listed.
fn did_not_bat(innings: &Innings, game: &Match) -> Vec<String> {
    let has_batted = |at: usize| innings.batters.iter().any(|it| usize::from(it.player.0) == at);
    game.setup
        .players
        .iter()
        .enumerate()
        .filter(|(at, player)| player.side == innings.batting && !has_batted(*at))
        .map(|(_, player)| player.name.clone())
        .collect()
}

fn text(rate: Option<Rate>) -> Option<String> {
    rate.map(|it| it.to_string())
}
