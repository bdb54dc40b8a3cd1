//! One quiz: how each question stands and what was answered, who leads, what looks odd, and what reviewers put right.

use super::quizzes::{answers, flag, may_review, standing, state_word, whose};
use crate::content::form::Named;
use crate::content::{Here, PATH, Tab};
use crate::controls::{Choice, Filled, Label};
use crate::when;
use maud::{Markup, html};
use quizzes::board::Line;
use quizzes::desk::{Asked, Listed, Signs};
use quizzes::{Ended, Kind, Origin, Outcome, State, Why, Window};

/// Characters of a reason.
pub const WHY_MAX: u16 = 500;
/// How often it is drawn anew while anything can change.
const EVERY: &str = "every 3s";

/// All that is shown of a quiz.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub quiz: &'a Listed,
    pub questions: &'a [Asked],
    /// Of each question that is locked, what has locked it, where that is known.
    pub ended: &'a [Option<Ended>],
    /// Its match.
    pub named: Option<&'a Named>,
    /// The first of the match's board.
    pub leaders: &'a [Line],
    pub signs: Signs,
    /// What a reviewer has sent and was not done.
    pub form: Filled<'a>,
}

pub fn page(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let quiz = shown.quiz;
    let main = html! {
        p.crumbs { a href={ (PATH) "/quizzes" } { "Quizzes" } }
        (shown.form.summary())
        (live(shown))
        @if may_review(here) && quiz.withdrawn_at.is_none() { (review(here, shown)) }
    };
    here.page(Tab::Quizzes, &quiz.title, main)
}

/// Whether time, play or a fan can change anything of it still.
fn is_running(shown: &Shown<'_>) -> bool {
    let runs = |it: &Asked| it.state < State::Settled || !it.is_brought;
    shown.quiz.withdrawn_at.is_none() && shown.questions.iter().any(runs)
}

/// The part that is drawn anew every few seconds.
fn live(shown: &Shown<'_>) -> Markup {
    let quiz = shown.quiz;
    let address = format!("{PATH}/quizzes/{}", quiz.id);
    let again = is_running(shown);
    html! {
        div #live .quiz-live hx-get=[again.then_some(&address)] hx-trigger=[again.then_some(EVERY)] hx-select=[again.then_some("#live")]
            hx-swap=[again.then_some("outerHTML")] {
            div.line { h1 { (quiz.title) } (flag(quiz)) }
            p.muted {
                (whose(quiz)) ", " (when(quiz.made_at)) "."
                @if let Some(id) = &quiz.match_id { " On " a href={ (PATH) "/quizzes?match=" (id) } { (shown.named.map_or(id.as_str(), |it| it.label.as_str())) } "." }
                @if let Some(series) = &quiz.series { " Series: " (series) "." }
                @if let Some(at) = quiz.withdrawn_at { " Withdrawn " (when(at)) ": fans do not see it." }
            }
            p { (standing(quiz)) }
            div.questions {
                @for (at, it) in shown.questions.iter().enumerate() { (question(it, shown.ended.get(at).copied().flatten())) }
            }
            @if quiz.match_id.is_some() { (leaders(shown.leaders)) }
            (signs(shown.signs))
        }
    }
}

fn question(it: &Asked, ended: Option<Ended>) -> Markup {
    let (name, counts) = (format!("question-{}", it.key), percents(it));
    html! {
        article.card.quiz-question aria-labelledby=(name) {
            div.line { h2 id=(name) { (it.text) } (state(it.state)) }
            p.muted { (about(&it.kind)) ". " (opens(&it.window)) ". " (it.points) @if it.points == 1 { " point." } @else { " points." } }
            (moments(it, ended))
            @if it.state == State::Planned && it.tally.total == 0 {
                p.muted { (it.choices.iter().map(|it| it.1.as_str()).collect::<Vec<_>>().join(" · ")) }
            } @else { (tally(it, counts)) }
            @if it.state != State::Planned {
                p.muted { (answers(it.tally.total)) @if !it.is_brought { "; what is right is on its way to those who answered" } }
            }
        }
    }
}

/// How many have chosen what: in words and, for the eye, as bars.
fn tally(it: &Asked, counts: Vec<(i64, i64)>) -> Markup {
    html! {
        ul.tally aria-label={ (answers(it.tally.total)) ": " (it.text) } {
            @for ((id, text), (count, percent)) in it.choices.iter().zip(counts) {
                @let is_right = it.outcome == Outcome::Choice(id.clone());
                li.right[is_right] {
                    span.choice { (text) @if is_right { " " span.flag.good { "Right" } } }
                    span.count { (count) span.muted { " · " (percent) " %" } }
                    svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" { rect width=(percent) height="8" {} }
                }
            }
        }
    }
}

fn percents(it: &Asked) -> Vec<(i64, i64)> {
    let ids: Vec<&str> = it.choices.iter().map(|it| it.0.as_str()).collect();
    let percents = it.tally.percents(&ids);
    let count = |id: &&str| it.tally.counts.get(*id).copied().unwrap_or_default();
    ids.iter().map(count).zip(percents).collect()
}

fn state(state: State) -> Markup {
    let class = match state {
        State::Planned => "off",
        State::Open => "good",
        State::Locked => "wait",
        State::Settled => "",
        State::Void => "bad",
    };
    html! { span class={ "flag " (class) } { (crate::content::form::worded(state_word(state))) } }
}

/// When it opened, locked and was settled, and by what.
fn moments(it: &Asked, ended: Option<Ended>) -> Markup {
    html! {
        p {
            @match (it.state, it.opens_at) {
                (State::Planned, Some(at)) => { "Opens " (when(at)) ". " }
                (_, Some(at)) => { "Opened " (when(at)) ". " }
                (State::Planned, None) => { "Waits for its moment. " }
                (_, None) => {}
            }
            @match (it.state, it.locks_at) {
                (State::Planned | State::Open, Some(at)) => { "Locks " (when(at)) ", or before. " }
                (_, Some(at)) => { "Locked " (when(at)) @if let Some(ended) = ended { ", " (by(ended)) } ". " }
                (_, None) => {}
            }
            @match &it.outcome {
                Outcome::Void(why) => { "Void" @if let Some(at) = it.settled_at { " since " (when(at)) } ": " (void_why(*why)) "." }
                Outcome::Choice(_) => { @if let Some(at) = it.settled_at { "Settled " (when(at)) @if it.kind.is_of_a_match() { ", by what was played" } @else { ", by its author" } "." } }
                Outcome::NotYet => {}
            }
        }
    }
}

fn by(ended: Ended) -> String {
    match ended {
        Ended::Clock => "by the clock or by hand".to_owned(),
        Ended::Toss => "by the toss".to_owned(),
        // As scorers have it: the first ball of the second over is 1.1.
        Ended::Ball { innings, over, ball } => {
            format!("by ball {}.{ball} of innings {innings}", over.saturating_sub(1))
        }
        Ended::Play => "by play".to_owned(),
    }
}

const fn void_why(why: Why) -> &'static str {
    match why {
        Why::NotPlayed => "what it is about was not played to its end",
        Why::Shortened => "the innings was shortened",
        Why::Shared => "two of its choices are as right as each other",
        Why::NoWinner => "nobody has won",
        Why::Withdrawn => "it was taken down",
    }
}

fn about(kind: &Kind) -> String {
    match kind {
        Kind::OverRuns { innings, over, .. } => format!("Runs in over {over} of innings {innings}"),
        Kind::OverWicket { innings, over } => format!("A wicket in over {over} of innings {innings}"),
        Kind::OverBoundaries { innings, over, .. } => {
            format!("Boundaries in over {over} of innings {innings}")
        }
        Kind::BallRuns { innings, over, ball, .. } => {
            format!("Runs of ball {ball} in over {over} of innings {innings}")
        }
        Kind::Winner => "Who wins".to_owned(),
        Kind::WinnerOrDraw => "Who wins, or a draw".to_owned(),
        Kind::TopScorer { .. } => "Who scores most for a side".to_owned(),
        Kind::InningsTotal { innings, .. } => format!("The total of innings {innings}"),
        Kind::PowerplayTotal { innings, overs, .. } => {
            format!("The score after {overs} overs of innings {innings}")
        }
        Kind::NextWicket { innings, wicket } => format!("How wicket {wicket} of innings {innings} falls"),
        Kind::Trivia { .. } => "Trivia".to_owned(),
    }
}

fn opens(window: &Window) -> Markup {
    html! {
        @match window {
            Window::Between { from, until } => { "Open from " (when(*from)) " until " (when(*until)) }
            Window::BeforeToss { .. } => { "Open until the toss" }
            Window::BeforeInnings { innings, seconds } => { "Open before innings " (innings) @if let Some(seconds) = seconds { ", for " (seconds) " s" } }
            Window::BeforeOver { innings, over, seconds } => { "Open before over " (over) " of innings " (innings) ", for " (seconds) " s" }
        }
    }
}

/// Nobody is named who has not picked a name.
fn leaders(all: &[Line]) -> Markup {
    html! {
        section aria-labelledby="leaders" {
            h2 #leaders { "Who leads on the match" }
            @if all.is_empty() { p.muted { "Nobody has a point yet." } } @else {
                ol.leaders {
                    @for it in all {
                        li {
                            span.rank { (it.rank.unwrap_or_default()) }
                            span.name { @match &it.handle { Some(name) => (name), None => span.muted { "A fan without a name" } } }
                            span.count { (it.points) @if it.points == 1 { " point" } @else { " points" } span.muted { " · " (it.right) " of " (it.answered) " right" } }
                        }
                    }
                }
            }
        }
    }
}

fn signs(signs: Signs) -> Markup {
    let Signs { held_devices, held_fans, cleared_devices } = signs;
    html! {
        section aria-labelledby="signs" {
            h2 #signs { "Signs of cheating" }
            p {
                @if held_devices == 0 { "Nothing waits to be looked at." }
                @else {
                    @if held_devices == 1 { "1 device has" } @else { (held_devices) " devices have" }
                    " answered for more fans on a day than a family has: "
                    @if held_fans == 1 { "1 fan is" } @else { (held_fans) " fans are" } " ranked nowhere until somebody has looked."
                }
                @if cleared_devices > 0 { " Of " (cleared_devices) " others somebody has said that all is well." }
            }
        }
    }
}

/// What reviewers do. Nothing of it is drawn anew while somebody fills it in.
fn review(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let quiz = shown.quiz;
    let at = |rest: &str| format!("/quizzes/{}{rest}", quiz.id);
    let trivia =
        shown.questions.iter().filter(|it| matches!(it.kind, Kind::Trivia { .. }) && it.state != State::Void);
    let alive: Vec<&Asked> = shown.questions.iter().filter(|it| it.state != State::Void).collect();
    // Two innings are asked the same.
    let named = |it: &&Asked| {
        Choice::new(&it.id, format!("{} ({}, {})", it.text, about(&it.kind), state_word(it.state)))
    };
    let sent = shown.form.fields.text("question");
    html! {
        section.panel aria-labelledby="review" {
            h2 #review { "Put right" }
            p.hint {
                "Each with a reason, which is in the audit log."
                @if matches!(quiz.origin, Origin::Entry { .. }) { " The entry stays as it is: published again, it says what it says." }
            }
            @for it in trivia {
                details.plain-details open[sent == it.id && shown.form.fields.text("do") != "void"] {
                    summary { "What is right: " (it.text) }
                    (here.form(&at("/right"), html! {
                        input type="hidden" name="question" value=(it.id);
                        (right(it))
                        (why(shown, &format!("why-{}", it.key)))
                    }, html! {
                        p.row {
                            button type="submit" name="do" value="right" { "Set it right" }
                            @if it.state < State::Locked { button type="submit" name="do" value="close" { "Settle it now" } }
                        }
                    }))
                }
            }
            @if !alive.is_empty() {
                details.plain-details open[shown.form.fields.text("do") == "void"] {
                    summary { "Void a question" }
                    p.hint { "Nobody is right or wrong, points that were given are taken back, and nothing settles it any more." }
                    (here.form(&at("/void"), html! {
                        (shown.form.select(Label::new("question", "Question"), Some("Choose one"), &alive.iter().map(named).collect::<Vec<_>>()))
                        (why(shown, "why-void"))
                    }, html! { button.danger-quiet type="submit" name="do" value="void" { "Void it" } }))
                }
            }
            details.plain-details open[shown.form.fields.text("do") == "withdraw"] {
                summary { "Withdraw the quiz" }
                p.hint { "Fans do not see it any more, what is open or locked is void, and what was settled stays as it is." }
                (here.form(&at("/withdraw"), why(shown, "why-withdraw"), html! { button.danger-quiet type="submit" name="do" value="withdraw" { "Withdraw it" } }))
            }
        }
    }
}

fn right(it: &Asked) -> Markup {
    let Kind::Trivia { right, .. } = &it.kind else { return html! {} };
    let name = format!("right-{}", it.key);
    html! {
        div.field {
            label for=(name) { "Right choice" }
            select id=(name) name="choice" {
                @for (id, text) in &it.choices { option value=(id) selected[id == right] { (text) } }
            }
        }
    }
}

/// The reason, whose element has a name of its own.
fn why(shown: &Shown<'_>, id: &str) -> Markup {
    let said = shown.form.fields.text("form") == id;
    let wrong = shown.form.mistakes.of(id);
    html! {
        input type="hidden" name="form" value=(id);
        div.field {
            label for=(id) { "Reason" }
            @if let Some(wrong) = wrong { p.mistake id={ (id) "-mistake" } { (wrong) } }
            input id=(id) name="why" type="text" value=(if said { shown.form.fields.raw("why") } else { "" }) maxlength=(WHY_MAX) autocomplete="off"
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{id}-mistake"))];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::quizzes::{List, page as list_page};
    use crate::content::newsroom::testing::{HOSTILE, here, now};
    use crate::form::{Fields, Mistakes};
    use cms::rights::{Rights, Role};
    use quizzes::Tally;
    use quizzes::desk::Listed;
    use std::collections::BTreeMap;

    fn asked(kind: Kind, state: State, outcome: Outcome) -> Asked {
        let choices: Vec<(String, String)> =
            kind.choices().into_iter().map(|it| (it.to_owned(), HOSTILE.to_owned())).collect();
        let counts: BTreeMap<String, i64> = choices.iter().map(|it| it.0.clone()).zip([2, 1]).collect();
        Asked {
            id: "qun_1".to_owned(),
            key: "q1".to_owned(),
            text: HOSTILE.to_owned(),
            choices,
            kind,
            window: Window::BeforeOver { innings: 1, over: 2, seconds: 30 },
            points: 10,
            state,
            opens_at: Some(now()),
            locks_at: Some(now()),
            settled_at: Some(now()),
            outcome,
            tally: Tally { question: "qun_1".to_owned(), counts, total: 3 },
            is_brought: true,
        }
    }

    fn sample(title: &str) -> Listed {
        Listed {
            number: 7,
            id: "quz_1".to_owned(),
            origin: Origin::Template { name: "mat_1".to_owned() },
            books: rewards::Books::Live,
            organisation_id: None,
            match_id: Some("mat_1".to_owned()),
            series: None,
            fence: None,
            title: title.to_owned(),
            made_at: now(),
            withdrawn_at: None,
            states: [(State::Open, 1)].into(),
            answers: 3,
        }
    }

    fn shown(questions: &[Asked], quiz: &Listed, rights: &Rights) -> String {
        let (fields, mistakes) = (Fields::default(), Mistakes::default());
        let line = Line {
            rank: Some(1),
            fan_id: "fan_secret".to_owned(),
            handle: None,
            points: 10,
            answered: 2,
            right: 1,
        };
        let ended = vec![Some(Ended::Ball { innings: 1, over: 2, ball: 1 }); questions.len()];
        let signs = Signs { held_devices: 1, held_fans: 7, cleared_devices: 2 };
        let shown = Shown {
            quiz,
            questions,
            ended: &ended,
            named: None,
            leaders: &[line],
            signs,
            form: Filled { fields: &fields, mistakes: &mistakes },
        };
        page(&here(rights), &shown).into_string()
    }

    #[test]
    fn what_others_wrote_is_text_and_each_choice_says_its_count() {
        let over =
            asked(Kind::OverWicket { innings: 1, over: 2 }, State::Settled, Outcome::Choice("yes".into()));
        let quiz = sample(HOSTILE);
        let page = shown(&[over], &quiz, &Rights::all(Role::Reviewer));
        assert!(!page.contains(HOSTILE) && !page.contains("fan_secret"), "{page}");
        for text in [
            "by ball 1.1 of innings 1",
            "2<span class=\"muted\"> · 67 %",
            "A fan without a name",
            "7 fans are ranked nowhere",
            "Void a question",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!page.contains("hx-trigger"), "nothing of it changes any more");
    }

    #[test]
    fn it_is_drawn_anew_while_anything_can_change_and_only_reviewers_decide() {
        let trivia = Kind::Trivia { choices: vec!["a".into(), "b".into()], right: "a".into() };
        let running = [asked(trivia, State::Open, Outcome::NotYet)];
        let page = shown(&running, &sample("A quiz"), &Rights::all(Role::Reviewer));
        assert!(page.contains("hx-trigger=\"every 3s\"") && page.contains("Settle it now"), "{page}");
        let page = shown(&running, &sample("A quiz"), &Rights::all(Role::Editor));
        assert!(!page.contains("Put right"), "{page}");
    }

    #[test]
    fn quizzes_of_one_match_stand_together() {
        let (fields, mistakes) = (Fields::default(), Mistakes::default());
        let of = |id: &str| Listed { match_id: Some(id.to_owned()), ..sample("A quiz") };
        let found = [of("mat_1"), of("mat_2"), of("mat_1")];
        let form = Filled { fields: &fields, mistakes: &mistakes };
        let named = BTreeMap::new();
        let list = List { found: &found, named: &named, of: None, is_later: false, next: Some(7), form };
        let page = list_page(&here(&Rights::all(Role::Viewer)), &list).into_string();
        assert_eq!((page.matches("<h2>").count(), page.matches("quizzes/quz_").count()), (2, 3), "{page}");
        assert!(page.contains("quizzes?before=7") && !page.contains("Ask the usual"), "{page}");
    }
}
