//! From what a file says to a setup and the commands of its match, folding as it goes.

use super::people::People;
use super::raw::{Delivery, File, Innings};
use super::{Archive, NOTES_MAX, Reason, fields, outcome};
use crate::{
    BatterState, Change, Command, Format, InningsEnd, InningsStart, Match, Penalty, PlayerId, PlayerIn,
    Refusal, Setup, Side, TargetSet, Toss,
};

/// Free hits after every no-ball in limited-overs cricket (ICC playing conditions, 5 July 2015).
const FREE_HITS_SINCE: &str = "2015-07-05";

pub(super) fn convert(file: &File<'_>) -> Result<Archive, Reason> {
    let mut people = People::gather(file)?;
    let notes = std::mem::take(&mut people.notes);
    let setup = setup(file, &mut people);
    let game = Match::new(setup).map_err(Reason::Setup)?;
    let mut writer = Writer { people: &people, game, commands: Vec::new(), notes, dropped: 0 };
    writer.toss(file);
    for (innings, &side) in file.innings.iter().zip(&people.batting) {
        writer.innings(innings, side)?;
    }
    writer.result(file);
    let object = file.info.object;
    let dates: Vec<String> = fields::texts(object, "dates").into_iter().map(str::to_owned).collect();
    let text = |key| fields::first(object, &[key]).and_then(fields::word).unwrap_or_default();
    let Writer { game, commands, mut notes, dropped, .. } = writer;
    if dropped > 0 {
        notes.push(format!("and {dropped} more"));
    }
    Ok(Archive {
        setup: game.setup.clone(),
        commands,
        game,
        revision: file.info.revision,
        dates,
        season: text("season"),
        gender: text("gender"),
        match_type: text("match_type"),
        player_of_match: fields::texts(object, "player_of_match").into_iter().map(str::to_owned).collect(),
        notes,
    })
}

fn setup(file: &File<'_>, people: &mut People<'_>) -> Setup {
    let object = file.info.object;
    let number = |key: &str| object.get(key).and_then(fields::number);
    let balls_per_over = number("balls_per_over").and_then(|it| u8::try_from(it).ok()).unwrap_or(6);
    let overs = number("overs")
        .and_then(|it| u16::try_from(it).ok())
        .filter(|it| (1..=Setup::OVERS_MAX).contains(it));
    let format = match fields::text(object, &["match_type"]).map(str::to_ascii_uppercase).as_deref() {
        Some("TEST") => Format::Test,
        Some("MDM") => Format::Mdm,
        Some("ODI") => Format::Odi,
        Some("ODM") => Format::Odm,
        Some("IT20") => Format::It20,
        Some("T20") if balls_per_over == 5 => Format::Hundred,
        Some("T20") => Format::T20,
        _ if overs.is_none() && file.innings.iter().filter(|it| !it.super_over).count() > 2 => Format::Mdm,
        _ if overs.is_some_and(|it| it <= 20) => Format::T20,
        _ => Format::Odm,
    };
    let date = fields::texts(object, "dates").first().map_or(String::new(), |it| (*it).to_owned());
    let event = object.get("event");
    let of_event = |key: &str| event.and_then(|it| it.get(key)).and_then(fields::word);
    let competition = event.and_then(fields::word).or_else(|| of_event("name")).unwrap_or_default();
    let match_number = of_event("match_number").map(|it| format!("Match {it}"));
    let group = of_event("group").map(|it| format!("Group {it}"));
    let stage = of_event("stage").or(match_number).or(group).unwrap_or_default();
    Setup {
        teams: std::mem::take(&mut people.teams),
        players: std::mem::take(&mut people.players),
        format,
        balls_per_over,
        overs: if format.is_multi_day() { None } else { overs },
        free_hits: !format.is_multi_day() && date.as_str() >= FREE_HITS_SINCE,
        competition,
        stage,
        venue: fields::text(object, &["venue"]).unwrap_or("").to_owned(),
        date,
    }
}

/// Writes the log and keeps the match that it folds into.
pub(super) struct Writer<'a> {
    pub(super) people: &'a People<'a>,
    pub(super) game: Match,
    commands: Vec<Command>,
    notes: Vec<String>,
    dropped: usize,
}

impl Writer<'_> {
    pub(super) fn apply(&mut self, command: Command) -> Result<Change, Refusal> {
        let change = self.game.apply(&command)?;
        self.commands.push(command);
        Ok(change)
    }

    /// Applies what does not bear on the score; leaves it out, with a note, when it cannot be.
    pub(super) fn try_apply(&mut self, path: &str, command: Command) {
        let name = word(&command);
        if let Err(refusal) = self.apply(command) {
            let why = refusal.explain(&self.game.setup);
            self.note(format!("{path}: {name} is left out: {why}"));
        }
    }

    pub(super) fn note(&mut self, note: String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(note);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn side(&self, team: &str) -> Option<Side> {
        self.game.setup.side(team)
    }

    fn toss(&mut self, file: &File<'_>) {
        let Some(toss) = file.info.object.get("toss").and_then(|it| it.as_object()) else { return };
        if let Some(winner) = fields::text(toss, &["winner"]).and_then(|team| self.side(team)) {
            let bats = fields::text(toss, &["decision"]) == Some("bat");
            self.try_apply("info.toss", Command::Toss(Toss { winner, bats }));
        }
    }

    fn result(&mut self, file: &File<'_>) {
        let (outcome, note) = outcome::outcome(&file.info, &self.game.setup);
        if let Some(note) = note {
            self.note(format!("info.outcome: {note}"));
        }
        if let Some(outcome) = outcome {
            self.try_apply("info.outcome", Command::Result(outcome));
        }
        let names = fields::texts(file.info.object, "player_of_match");
        let players: Vec<PlayerId> =
            names.iter().filter_map(|name| self.people.find(Side::Home, name)).collect();
        if !players.is_empty() {
            self.try_apply("info.player_of_match", Command::Awards(players));
        }
    }

    fn innings(&mut self, innings: &Innings<'_>, batting: Side) -> Result<(), Reason> {
        self.start(innings, batting)?;
        self.target(innings);
        for name in &innings.absent {
            if let Some(player) = self.people.find(batting, name) {
                self.try_apply(&innings.path, Command::Absent(PlayerIn { player }));
            }
        }
        self.penalty(innings, innings.penalty_before)?;
        for powerplay in &innings.powerplays {
            self.try_apply(&innings.path, Command::Powerplay(*powerplay));
        }
        for delivery in &innings.deliveries {
            self.delivery(innings, delivery, batting)?;
        }
        self.finish(innings)
    }

    fn start(&mut self, innings: &Innings<'_>, batting: Side) -> Result<(), Reason> {
        let setup = &self.game.setup;
        let regular: Vec<Side> =
            self.game.innings.iter().filter(|it| !it.super_over).map(|it| it.batting).collect();
        let follow_on = setup.format.is_multi_day()
            && !innings.super_over
            && regular.len() == 2
            && regular[0] != batting
            && regular[1] == batting;
        let limit = if innings.super_over { Some(1) } else { setup.overs };
        let played = overs_played(innings);
        let overs = limit.filter(|&limit| played > limit).map(|_| played);
        let mut start = InningsStart {
            batting,
            super_over: innings.super_over,
            overs,
            follow_on,
            ..InningsStart::default()
        };
        if let Some(overs) = overs {
            self.note(format!("{}: {overs} overs were bowled, more than scheduled", innings.path));
        }
        if self.apply(Command::InningsStart(start)) == Err(Refusal::NoInningsLeft) {
            start.as_recorded = true;
            self.note(format!("{}: the format gives this side no innings here", innings.path));
            let refused = |refusal| Reason::Refused { path: innings.path.clone(), refusal };
            self.apply(Command::InningsStart(start)).map_err(refused)?;
        }
        Ok(())
    }

    /// Passes on a target and a limit that differ from what the match so far gives. A target that play went on past
    /// was not the one that counted (often the par score of a match decided by D/L); then nobody knows which was.
    fn target(&mut self, innings: &Innings<'_>) {
        let Some(state) = self.game.innings.last() else { return };
        let derived = state.target.map(|it| it.runs);
        let scheduled = state.overs_max.map(|it| (it, state.balls_max));
        let passed = runs_before_last(innings);
        let mut runs = innings.target_runs.filter(|&it| it > 0).or(derived);
        if let Some(target) = runs.filter(|&it| passed >= u32::from(it)) {
            self.note(format!(
                "{}: play went on past the target of {target}; it is not binding",
                innings.path
            ));
            runs = None;
        }
        let played = overs_played(innings);
        let limit = innings.target_overs.or(scheduled);
        let mut overs = limit;
        if let Some((limit, balls)) = limit.filter(|&(limit, balls)| played > limit + u16::from(balls > 0)) {
            overs = Some((played, 0));
            self.note(format!("{}: {played} overs were bowled, more than {limit}.{balls}", innings.path));
        }
        if runs != derived || overs != scheduled {
            let set = TargetSet {
                runs: runs.unwrap_or(0),
                overs: overs.map(|it| it.0),
                balls: overs.map_or(0, |it| it.1),
            };
            self.try_apply(&innings.path, Command::Target(set));
        }
    }

    fn penalty(&mut self, innings: &Innings<'_>, runs: u16) -> Result<(), Reason> {
        if runs == 0 {
            return Ok(());
        }
        let penalty = Penalty { runs, outside_play: true, ..Penalty::default() };
        let path = || format!("{}.penalty_runs", innings.path);
        self.apply(Command::Penalty(penalty)).map_err(|refusal| Reason::Refused { path: path(), refusal })?;
        Ok(())
    }

    /// Ends the innings as the file does: a short last over, penalty runs, then the reason.
    fn finish(&mut self, innings: &Innings<'_>) -> Result<(), Reason> {
        let open = |writer: &Self| writer.game.current().is_some();
        if let Some(state) = self.game.current()
            && state.over_balls > 0
            && innings.miscounted.contains(&(state.overs, state.over_balls))
        {
            self.try_apply(&innings.path, Command::OverEnd);
        }
        self.penalty(innings, innings.penalty_after)?;
        let end = match (innings.declared, innings.forfeited) {
            (true, _) => Some(InningsEnd::Declared),
            (false, true) => Some(InningsEnd::Forfeited),
            (false, false) if open(self) && self.nobody_left() => Some(InningsEnd::AllOut),
            (false, false) if open(self) => Some(InningsEnd::Closed),
            (false, false) => None,
        };
        if let Some(end) = end {
            self.try_apply(&innings.path, Command::InningsEnd(end));
        }
        Ok(())
    }

    /// Whether all are out, absent, or retired and did not come back.
    fn nobody_left(&self) -> bool {
        let Some(innings) = self.game.innings.last() else { return false };
        let retired = innings.batters.iter().filter(|it| it.state == BatterState::Retired).count();
        let gone = usize::from(innings.wickets) + retired;
        innings.at_wicket().count() < 2 && gone >= usize::from(innings.wickets_max(&self.game.setup))
    }
}

/// Runs of the innings before its last delivery.
fn runs_before_last(innings: &Innings<'_>) -> u32 {
    let before = innings.deliveries.len().saturating_sub(1);
    let runs: u32 = innings.deliveries[..before].iter().map(Delivery::total).sum();
    runs + u32::from(innings.penalty_before)
}

/// Overs that the innings takes, one begun included; a miscounted one is one.
fn overs_played(innings: &Innings<'_>) -> u16 {
    innings.deliveries.iter().map(|it| it.over.saturating_add(1)).max().unwrap_or(0)
}

fn word(command: &Command) -> &'static str {
    match command {
        Command::Toss(_) => "the toss",
        Command::Target(_) => "the target",
        Command::OverEnd => "the end of a short over",
        Command::Absent(_) => "an absent batter",
        Command::Powerplay(_) => "a powerplay",
        Command::Replacement(_) => "a replacement",
        Command::InningsEnd(_) => "the end of the innings",
        Command::Result(_) => "the result",
        Command::Awards(_) => "the award",
        _ => "a command",
    }
}
