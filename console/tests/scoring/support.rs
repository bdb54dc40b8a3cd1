//! A scorer at work without a server: the log is kept as the feed keeps it.

use console::scorer::{Action, Choices, Due, Entry, Newest, Notice, Record, View, done, parse, score, seen};
use console::{Fields, Mistakes};
use cricket::{Format, Player, Setup, Side, Team};

pub(crate) const HOME: [&str; 4] = ["Ada", "Bea", "Cid", "Dot"];
pub(crate) const AWAY: [&str; 4] = ["Xan", "Yul", "Zoe", "Wim"];

/// A scorer at work: what the feed holds, and what the page's address says.
pub(crate) struct Scorer {
    pub(crate) setup: Setup,
    pub(crate) log: Vec<Entry>,
    pub(crate) taken_out: Vec<Entry>,
    pub(crate) seq: u64,
    pub(crate) choices: Choices,
}

impl Scorer {
    pub(crate) fn new() -> Self {
        let players = |names: [&str; 4], side| names.map(|it| Player { name: it.to_owned(), side });
        let setup = Setup {
            teams: vec![
                Team { name: "Oaks".into(), short: "OAK".into() },
                Team { name: "Elms".into(), short: "ELM".into() },
            ],
            players: [players(HOME, Side::Home), players(AWAY, Side::Away)].concat(),
            format: Format::T20,
            balls_per_over: 6,
            overs: Some(2),
            free_hits: true,
            date: "2026-05-24".into(),
            ..Setup::default()
        };
        Scorer { setup, log: Vec::new(), taken_out: Vec::new(), seq: 0, choices: Choices::default() }
    }

    /// In the middle of the first over: Ada faces Xan, Bea is at the other end.
    pub(crate) fn in_play() -> Self {
        let mut scorer = Scorer::new();
        scorer.press("act=toss&winner=home&chose=bat").expect("the toss is taken");
        scorer
            .press("act=openers&batting=home&striker=0&non_striker=1&bowler=4&overs=2")
            .expect("the innings begins");
        scorer
    }

    pub(crate) fn record(&self) -> Record {
        Record::fold(self.setup.clone(), self.log.clone(), self.taken_out.clone())
    }

    pub(crate) fn due(&self) -> Due {
        Due::of(&self.record().game, &self.choices)
    }

    pub(crate) fn total(&self) -> String {
        let game = self.record().game;
        let innings = game.innings.last().expect("an innings has begun");
        format!("{} ({})", innings.score_text(), innings.overs_text())
    }

    /// Fills a form in and presses its button. The feed takes what it is sent.
    pub(crate) fn press(&mut self, query: &str) -> Result<Action, Mistakes> {
        self.press_again(&format!("{query}&seen={}", self.seq))
    }

    pub(crate) fn press_again(&mut self, query: &str) -> Result<Action, Mistakes> {
        let (fields, record) = (Fields::parse(query), self.record());
        let action = parse(&fields, &record)?;
        for sent in action.sends(seen(&fields).expect("every press says what it saw"), &record) {
            self.seq += 1;
            let at = self.log.iter().position(|it| it.id == sent.id);
            match (at, sent.command) {
                (Some(at), Some(command)) => self.log[at].edit(self.seq, sent.version, command),
                (Some(at), None) => {
                    let mut entry = self.log.remove(at);
                    entry.version = sent.version;
                    self.taken_out.push(entry);
                }
                (None, Some(command)) => {
                    self.taken_out.retain(|it| it.id != sent.id);
                    let after = |it: &Entry| it.mine && it.place > sent.place;
                    let at = self.log.iter().position(after).unwrap_or(self.log.len());
                    let entry = Entry {
                        seq: self.seq,
                        id: sent.id,
                        version: sent.version,
                        place: sent.place,
                        mine: true,
                        command,
                        before: Vec::new(),
                    };
                    self.log.insert(at, entry);
                }
                (None, None) => panic!("nothing to remove"),
            }
        }
        self.choices = action.then(&record, &fields);
        Ok(action)
    }

    pub(crate) fn is_done(&self, query: &str) -> bool {
        done(&Fields::parse(query), &self.record()).is_some()
    }

    /// Presses a button of the pad, as the page that is due draws it.
    pub(crate) fn ball(&mut self, query: &str) {
        let Due::Ball(crease) = self.due() else { panic!("{query}: {:?}", self.due()) };
        let over = crease.over.map(|it| format!("&over={it}")).unwrap_or_default();
        let (striker, non_striker, bowler) = (crease.striker.0, crease.non_striker.0, crease.bowler.0);
        let query = if query.contains("act=") { query.to_owned() } else { format!("act=ball&{query}") };
        self.press(&format!("{query}&striker={striker}&non_striker={non_striker}&bowler={bowler}{over}"))
            .unwrap_or_else(|mistakes| panic!("{query}: {mistakes:?}"));
    }

    /// Presses undo, as the page draws it.
    pub(crate) fn undo(&mut self) {
        let record = self.record();
        let query = match record.newest().expect("there is something to undo") {
            Newest::Press(press) => format!("act=undo&group={}", press[0].entry.group()),
            Newest::Edit(told) => {
                format!("act=unedit&entry={}&version={}", told.entry.seq, told.entry.version)
            }
        };
        self.press(&query).unwrap_or_else(|mistakes| panic!("{query}: {mistakes:?}"));
    }

    /// The seq of the ball with this number, from 0.
    pub(crate) fn ball_seq(&self, at: usize) -> u64 {
        self.record().balls().nth(at).expect("so many balls were bowled").entry.seq
    }

    pub(crate) fn show(&self, page: impl Fn(&View<'_>) -> String) -> String {
        self.show_with(&Notice::None, &Fields::default(), page)
    }

    pub(crate) fn show_with(
        &self,
        notice: &Notice,
        fields: &Fields,
        page: impl Fn(&View<'_>) -> String,
    ) -> String {
        page(&View {
            match_id: "mat_1",
            record: &self.record(),
            seen: self.seq,
            feed: "Village CC",
            csrf: "token",
            choices: self.choices,
            notice,
            fields,
        })
    }

    pub(crate) fn score_page(&self) -> String {
        self.show(|view| score::page(view).into_string())
    }
}

/// The values of an attribute, in the order of the page.
pub(crate) fn attribute(html: &str, name: &str) -> Vec<String> {
    let start = format!(" {name}=\"");
    html.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// The text of a page: tags out, blanks single.
pub(crate) fn text(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, rest)| rest));
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
