//! The event `quiz`, made once for all streams of a match. It has no id: it is no update of the match.
//!
//! ```json
//! {"number": 12, "t": 1764500000000, "ask": true, "all": true,
//!  "questions": [{"id": "qun_…", "quiz": "quz_…", "state": "open", "opens_at": 1764500000000, "locks_at": 1764500030000,
//!    "total": 25, "percents": {"yes": 60, "no": 40}, "choice": "yes", "why": "withdrawn", "gone": true,
//!    "about": "over-wicket", "points": 10, "choices": ["yes", "no"], "titles": {"en": "…"},
//!    "texts": {"en": {"text": "…", "choices": {"yes": "Yes", "no": "No"}, "after": "…"}}}]}
//! ```
//!
//! - `number` grows with what opens, locks or is settled; what only counts has none. `t` and the other moments are ms since 1970 of the server's
//!   clock: a question is open for `locks_at - t` ms more, where it is known when it locks.
//! - `percents` are whole, by choice, of those that anybody has made; what is open shows them to who has answered.
//! - `choice` is what is right, once it is settled; `why` why nothing is; `gone`: it was taken down.
//! - The words are there when it opens, or has changed. Other events of it have what moves alone.
//! - `ask`: something is for some fans only, so that `GET /v1/matches/{id}/quizzes` says what. `all`: the event is what runs, as each newcomer is
//!   told it; who knows one of these questions not yet asks the same.

use bytes::Bytes;
use jiff::Timestamp;
use quizzes::{Outcome, Public, State, Tally, Words};
use serde::Serialize;
use std::collections::BTreeMap;

/// The longest event; of what is longer, widgets are only told to ask.
const EVENT_BYTES_MAX: usize = 32 * 1024;

/// What is told.
#[derive(Debug, Serialize)]
struct Told<'q> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    t: i64,
    #[serde(skip_serializing_if = "is_off")]
    ask: bool,
    #[serde(skip_serializing_if = "is_off")]
    all: bool,
    questions: Vec<Question<'q>>,
}

#[derive(Debug, Default, Serialize)]
struct Question<'q> {
    id: &'q str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiz: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locks_at: Option<i64>,
    total: i64,
    percents: BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "is_off")]
    gone: bool,
    #[serde(flatten)]
    words: Option<Said<'q>>,
}

/// What it asks.
#[derive(Debug, Serialize)]
struct Said<'q> {
    about: &'q str,
    points: i32,
    choices: &'q [String],
    titles: &'q BTreeMap<String, String>,
    texts: &'q BTreeMap<String, Words>,
}

fn is_off(flag: &bool) -> bool {
    !flag
}

impl<'q> Question<'q> {
    fn counted(tally: &'q Tally) -> Self {
        Self { id: &tally.question, total: tally.total, percents: tally.by_choice(), ..Question::default() }
    }

    fn standing(it: &'q Public) -> Self {
        let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
        let (choice, why) = match &it.outcome {
            Outcome::Choice(choice) => (Some(choice.as_str()), None),
            Outcome::Void(why) => (None, Some(why.word())),
            Outcome::NotYet => (None, None),
        };
        Self {
            quiz: Some(&it.quiz),
            state: Some(it.state.word()),
            opens_at: ms(it.opens_at),
            locks_at: ms(it.locks_at),
            choice,
            why,
            ..Self::counted(&it.tally)
        }
    }

    fn moved(it: &'q Public) -> Self {
        if it.is_withdrawn {
            return Self { gone: true, ..Self::standing(it) };
        }
        // What was open keeps its words; what is settled may have some more.
        let words = Said {
            about: &it.about,
            points: it.points,
            choices: &it.choices,
            titles: &it.titles,
            texts: &it.texts,
        };
        let has_more = it.texts.values().any(|it| it.after.is_some());
        let is_told = matches!(it.state, State::Planned | State::Open) || has_more;
        Self { words: is_told.then_some(words), ..Self::standing(it) }
    }
}

/// Questions that have opened, locked, are settled or have other words; `ask` where something else has that is not for all.
pub(super) fn moved(number: i64, questions: &[Public], ask: Ask, now: Timestamp) -> Bytes {
    let told = |ask, questions: Vec<Question<'_>>| {
        let t = now.as_millisecond();
        frame(&Told { number: Some(number), t, ask, all: false, questions })
    };
    let all = told(ask == Ask::Yes, questions.iter().map(Question::moved).collect());
    if all.len() <= EVENT_BYTES_MAX {
        return all;
    }
    told(true, questions.iter().map(Question::standing).collect())
}

/// How many have chosen what.
pub(super) fn counted<'t>(tallies: impl Iterator<Item = &'t Tally>, now: Timestamp) -> Bytes {
    let questions = tallies.map(Question::counted).collect();
    frame(&Told { number: None, t: now.as_millisecond(), ask: false, all: false, questions })
}

/// What runs, for newcomers; none where nothing does.
pub(super) fn running<'q>(
    number: i64,
    questions: impl Iterator<Item = &'q Public>,
    now: Timestamp,
) -> Option<Bytes> {
    let questions: Vec<Question<'_>> = questions.map(Question::standing).collect();
    let (is_empty, t) = (questions.is_empty(), now.as_millisecond());
    let told = Told { number: Some(number), t, ask: false, all: true, questions };
    (!is_empty).then(|| frame(&told))
}

/// Whether widgets are to ask what they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Yes,
    No,
}

fn frame(told: &Told<'_>) -> Bytes {
    let data = serde_json::to_string(told).expect("texts and numbers are JSON");
    Bytes::from(format!("event: quiz\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Public {
        let words = Words {
            text: "Does a wicket fall?".into(),
            choices: [("yes", "Yes"), ("no", "No")].map(|(id, it)| (id.into(), it.into())).into(),
            after: None,
        };
        Public {
            id: "qun_1".into(),
            quiz: "quz_1".into(),
            match_id: Some("mat_1".into()),
            about: "over-wicket".into(),
            choices: vec!["yes".into(), "no".into()],
            points: 10,
            state: State::Open,
            opens_at: Some(Timestamp::UNIX_EPOCH),
            locks_at: None,
            outcome: Outcome::NotYet,
            is_withdrawn: false,
            titles: [("en".to_owned(), "Quiz".to_owned())].into(),
            texts: [("en".to_owned(), words)].into(),
            tally: Tally {
                question: "qun_1".into(),
                counts: [("no".to_owned(), 1), ("yes".to_owned(), 2)].into(),
                total: 3,
            },
        }
    }

    fn check(event: &Bytes, expected: &str) {
        let text = std::str::from_utf8(event).expect("text");
        assert_eq!(text, format!("event: quiz\ndata: {expected}\n\n"));
    }

    #[test]
    fn what_opens_has_its_words_and_what_moves_on_does_not() {
        let now = Timestamp::from_millisecond(5).expect("a moment");
        let mut it = question();
        let head = r#""id":"qun_1","quiz":"quz_1","state":""#;
        let counts = r#""opens_at":0,"total":3,"percents":{"no":33,"yes":67}"#;
        let words = r#""about":"over-wicket","points":10,"choices":["yes","no"],"titles":{"en":"Quiz"},"texts":{"en":{"text":"Does a wicket fall?","choices":{"no":"No","yes":"Yes"}}}"#;
        let moved = |it: &Public, ask| moved(7, std::slice::from_ref(it), ask, now);
        check(
            &moved(&it, Ask::No),
            &format!(r#"{{"number":7,"t":5,"questions":[{{{head}open",{counts},{words}}}]}}"#),
        );
        check(
            &running(7, std::iter::once(&it), now).expect("one runs"),
            &format!(r#"{{"number":7,"t":5,"all":true,"questions":[{{{head}open",{counts}}}]}}"#),
        );
        (it.state, it.outcome) = (State::Settled, Outcome::Choice("no".into()));
        check(
            &moved(&it, Ask::Yes),
            &format!(
                r#"{{"number":7,"t":5,"ask":true,"questions":[{{{head}settled",{counts},"choice":"no"}}]}}"#
            ),
        );
        it.is_withdrawn = true;
        assert!(String::from_utf8_lossy(&moved(&it, Ask::No)).contains(r#""gone":true"#));
        assert_eq!(running(7, std::iter::empty(), now), None);
    }

    #[test]
    fn of_what_is_too_long_the_words_are_to_be_asked_for() {
        let mut it = question();
        if let Some(words) = it.texts.get_mut("en") {
            words.text = "x".repeat(EVENT_BYTES_MAX);
        }
        let event = moved(7, &[it], Ask::No, Timestamp::UNIX_EPOCH);
        let text = String::from_utf8_lossy(&event);
        assert!(text.len() < 400 && text.contains(r#""ask":true"#) && text.contains("qun_1"), "{text}");
    }
}
