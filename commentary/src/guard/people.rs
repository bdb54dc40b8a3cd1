//! Roles of people and teams, as bits.

pub(super) const BOWLER: u64 = 1;
pub(super) const BATTER: u64 = 2;
pub(super) const PARTNER: u64 = 4;
pub(super) const OUT: u64 = 8;
pub(super) const FIELDER: u64 = 16;
/// The bowler, where the wicket is theirs.
pub(super) const TAKER: u64 = 32;
/// Whose ball it was, and who paid for it: of a six the batter and the bowler, of a wicket the other way round. Where nobody gained or
/// lost, all did.
pub(super) const GAINER: u64 = 64;
pub(super) const PAYER: u64 = 128;
/// Where words go with any of them.
pub(super) const ANYBODY: u64 = BOWLER | BATTER | PARTNER | OUT | FIELDER;

pub(super) const BATTING: u64 = 1;
pub(super) const FIELDING: u64 = 2;
pub(super) const WINNER: u64 = 4;
pub(super) const LOSER: u64 = 8;

const PEOPLE: [(&str, u64); 8] = [
    ("bowler", BOWLER),
    ("batter", BATTER),
    ("partner", PARTNER),
    ("out", OUT),
    ("fielder", FIELDER),
    ("taker", TAKER),
    ("gainer", GAINER),
    ("payer", PAYER),
];
const TEAMS: [(&str, u64); 4] =
    [("batting", BATTING), ("fielding", FIELDING), ("winner", WINNER), ("loser", LOSER)];

pub(super) fn of_name(name: &str) -> Option<u64> {
    PEOPLE.iter().find(|it| it.0 == name).map(|it| it.1)
}

pub(super) fn team_of_name(name: &str) -> Option<u64> {
    TEAMS.iter().find(|it| it.0 == name).map(|it| it.1)
}

/// "bowler or batter"
pub(super) fn names(roles: u64) -> String {
    joined(&PEOPLE, roles)
}

pub(super) fn team_names(roles: u64) -> String {
    joined(&TEAMS, roles)
}

fn joined(names: &[(&str, u64)], roles: u64) -> String {
    let names: Vec<&str> = names.iter().filter(|it| it.1 & roles != 0).map(|it| it.0).collect();
    names.join(" or ")
}
