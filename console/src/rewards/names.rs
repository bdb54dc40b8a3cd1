//! What rules ask for by name, as people call it: the kinds of triggers, and what is known of them.

/// What happens: each kind with what a form calls it, and what a sentence does.
pub(super) const KINDS: [(&str, &str, &str); 10] = [
    ("six", "A six is hit", "a six"),
    ("four", "A four is hit", "a four"),
    ("wicket", "A wicket falls", "a wicket"),
    ("milestone", "A batter reaches 50, 100 …", "a milestone"),
    ("maiden", "A maiden over is bowled", "a maiden"),
    ("innings-end", "An innings ends", "the end of an innings"),
    ("result", "A match is decided", "a result"),
    ("check-in", "A fan checks in (once a day)", "a check-in"),
    ("watched", "A fan has watched ten more minutes", "ten minutes watched"),
    ("answer", "A fan answers a question", "an answer"),
];

/// What is known by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Number,
    Text,
    Flag,
}

/// What the house's own triggers tell of: each name with what people call it.
pub(super) const NAMES: [(&str, &str, Known); 22] = [
    ("trigger.runs", "Runs off the ball", Known::Number),
    ("trigger.team", "Team that bats", Known::Text),
    ("trigger.batter", "Batter", Known::Text),
    ("trigger.bowler", "Bowler", Known::Text),
    ("trigger.innings", "Innings (1, 2 …)", Known::Number),
    ("trigger.wickets", "Wickets at once", Known::Number),
    ("trigger.player", "Who reached the milestone", Known::Text),
    ("trigger.score", "Runs of the milestone", Known::Number),
    ("trigger.winner", "Team that won", Known::Text),
    ("trigger.minutes", "Minutes watched", Known::Number),
    ("trigger.correct", "The answer is right (true, false)", Known::Flag),
    ("match.format", "Format (t20, odi, test …)", Known::Text),
    ("match.competition", "Competition", Known::Text),
    ("match.stage", "Stage", Known::Text),
    ("match.venue", "Venue", Known::Text),
    ("match.teams", "Teams of the match", Known::Text),
    ("match.id", "One match (mat_…)", Known::Text),
    ("fan.tier", "The fan's tier", Known::Text),
    ("fan.days", "Days since the fan came", Known::Number),
    ("place.country", "Country (IN, GB …)", Known::Text),
    ("place.part", "State or region (IN-KA …)", Known::Text),
    ("place.fence", "Within a fence (fen_…)", Known::Text),
];

/// What is known by it, where it is one of these.
pub(super) fn known(name: &str) -> Option<Known> {
    NAMES.iter().find(|it| it.0 == name).map(|it| it.2)
}

/// As a sentence says it: "runs off the ball"; a name of a partner's own as it is.
pub(super) fn called(name: &str) -> String {
    let Some((_, text, _)) = NAMES.iter().find(|it| it.0 == name) else { return name.to_owned() };
    let text = text.split(" (").next().unwrap_or(text);
    let mut chars = text.chars();
    chars.next().map(|it| it.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// What happened, as a sentence says it.
pub(super) fn happened(kind: &str) -> String {
    KINDS
        .iter()
        .find(|it| it.0 == kind)
        .map_or_else(|| format!("\u{201c}{kind}\u{201d}"), |it| it.2.to_owned())
}
