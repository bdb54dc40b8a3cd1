//! The list of matches a feed may score.

use crate::layout::{Area, Page};
use maud::{Markup, html};

/// A match on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixture {
    /// "mat_…"
    pub id: String,
    /// "Upper Oaks v Lower Elms"
    pub teams: String,
    /// Where and when: "The Green · 2026-05-24".
    pub place: String,
    /// "52/1 (7.3)" once an innings has begun, else empty.
    pub score: String,
}

/// The feed's matches by what is going on, each in the order to show.
#[derive(Clone, Debug, Default)]
pub struct Fixtures {
    pub live: Vec<Fixture>,
    pub upcoming: Vec<Fixture>,
    pub finished: Vec<Fixture>,
}

/// The page with the list.
pub fn page(area: Area<'_>, fixtures: &Fixtures) -> Markup {
    let none = fixtures.live.is_empty() && fixtures.upcoming.is_empty() && fixtures.finished.is_empty();
    let main = html! {
        div.narrow {
            div.line {
                h1 { "Matches" }
                a.button.primary href="/console/scorer/matches/new" { "New match" }
            }
            @if none { p { "No match yet. Create the first one: teams, players and rules, then the toss." } }
            (list("Live", &fixtures.live))
            (list("Upcoming", &fixtures.upcoming))
            (list("Finished", &fixtures.finished))
        }
    };
    Page { title: "Matches", area, say: "", main }.render()
}

fn list(title: &str, fixtures: &[Fixture]) -> Markup {
    html! {
        @if !fixtures.is_empty() {
            section {
                h2 { (title) }
                ul.fixtures {
                    @for fixture in fixtures {
                        li {
                            a href={ "/console/scorer/matches/" (fixture.id) } {
                                strong { (fixture.teams) }
                                @if !fixture.score.is_empty() { " " span.figures { (fixture.score) } }
                                @if !fixture.place.is_empty() { span.muted { (fixture.place) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_listed_under_what_is_going_on() {
        let fixture = |id: &str| Fixture {
            id: id.into(),
            teams: "A v B".into(),
            place: String::new(),
            score: "1/0".into(),
        };
        let fixtures = Fixtures {
            live: vec![fixture("mat_1")],
            finished: vec![fixture("mat_2")],
            ..Fixtures::default()
        };
        let html = page(Area::SignedOut, &fixtures).into_string();
        assert!(
            html.contains("<h2>Live</h2>")
                && html.contains("<h2>Finished</h2>")
                && !html.contains("<h2>Upcoming</h2>")
        );
        assert!(html.contains(r#"href="/console/scorer/matches/mat_1""#), "{html}");
    }
}
