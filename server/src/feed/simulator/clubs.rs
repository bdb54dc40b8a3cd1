//! The clubs of the sandbox, all invented, and what their players are good at.

use super::dice::Dice;
use cricket::{Format, Player, Setup, Side, Team};

struct Club {
    name: &'static str,
    short: &'static str,
    ground: &'static str,
    /// In batting order, which is also the order of [`ROLES`].
    players: [&'static str; PLAYERS],
}

const PLAYERS: usize = 11;

/// The umpires who are asked for reviews.
pub(super) const UMPIRES: [&str; 2] = ["Odette Farrowmere", "Basil Nakashvar"];

const CLUBS: [Club; 4] = [
    Club {
        name: "Port Merrow Terns",
        short: "PMT",
        ground: "Lighthouse Green, Port Merrow",
        players: [
            "Arun Velkamp",
            "Tobi Merrinade",
            "Lachie Brandyford",
            "Imraz Delasur",
            "Nuwan Hettarello",
            "Jory Quillfeather",
            "Kofi Andravel",
            "Zahid Marlquay",
            "Sione Takavalla",
            "Piers Oldhaven",
            "Devran Saltmarsh",
        ],
    },
    Club {
        name: "Highmoor Lanterns",
        short: "HML",
        ground: "Beacon Field, Highmoor",
        players: [
            "Rohaan Thistledown",
            "Callum Brackenridge",
            "Yusuf Qaramel",
            "Anton Vosgaarden",
            "Milo Peverstone",
            "Desh Kumarati",
            "Obi Nwanzeka",
            "Faisal Harrowgate",
            "Wim Drostelaar",
            "Tane Rimuhau",
            "Gareth Pellwyn",
        ],
    },
    Club {
        name: "Sandreth Dunes",
        short: "SDD",
        ground: "Caravan Oval, Sandreth",
        players: [
            "Karim Solvaney",
            "Ishan Morvandi",
            "Leroy Calabash",
            "Hugo Wrenfield",
            "Samit Pallavaro",
            "Bilal Zarrencourt",
            "Ravindu Senekoro",
            "Theo Umberlake",
            "Junaid Farlowe-Khor",
            "Malik Osterbay",
            "Dirk Vennemoor",
        ],
    },
    Club {
        name: "Vallabar Monsoons",
        short: "VBM",
        ground: "Banyan Park, Vallabar",
        players: [
            "Dhruv Anantagiri",
            "Marlon Tidewell",
            "Sanjeet Koravale",
            "Ewan Strathmoss",
            "Farhan Ilyazadeh",
            "Vikrant Ohalenko",
            "Shay Cottesmoor",
            "Prasad Ullanthi",
            "Keshav Ironbark",
            "Lungi Mabhuleni",
            "Omari Greenstrand",
        ],
    },
];

/// What a player is good at, in hundredths of an ordinary one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Role {
    pub(super) bats: u32,
    pub(super) keeps_wicket: bool,
    pub(super) bowls: Option<Bowls>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bowls {
    pub(super) style: Style,
    pub(super) skill: u32,
    /// How readily the captain turns to this bowler in the powerplay, in the middle and at the death.
    pub(super) overs: [u32; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Pace,
    Spin,
}

/// By place in the batting order: five batters (the fifth keeps wicket), two all-rounders, four bowlers. Six bowl.
const ROLES: [Role; PLAYERS] = [
    batter(112),
    batter(108),
    batter(112),
    batter(106),
    Role { bats: 100, keeps_wicket: true, bowls: None },
    all_rounder(94, Bowls { style: Style::Pace, skill: 92, overs: [2, 8, 4] }),
    all_rounder(84, Bowls { style: Style::Spin, skill: 96, overs: [2, 12, 1] }),
    all_rounder(62, Bowls { style: Style::Spin, skill: 106, overs: [3, 14, 2] }),
    all_rounder(52, Bowls { style: Style::Pace, skill: 110, overs: [8, 2, 12] }),
    all_rounder(42, Bowls { style: Style::Pace, skill: 104, overs: [14, 3, 8] }),
    all_rounder(34, Bowls { style: Style::Pace, skill: 100, overs: [12, 4, 8] }),
];

const fn batter(bats: u32) -> Role {
    Role { bats, keeps_wicket: false, bowls: None }
}

const fn all_rounder(bats: u32, bowls: Bowls) -> Role {
    Role { bats, keeps_wicket: false, bowls: Some(bowls) }
}

/// The role of the player at this place of the batting order, from 0; beyond the eleventh, that of the eleventh.
pub(super) fn role(place: usize) -> Role {
    ROLES[place.min(PLAYERS - 1)]
}

/// The `epoch`-th sandbox match: two of the clubs, in a T20. The date is left open, as the match is always today.
pub(crate) fn setup(epoch: u64) -> Setup {
    let mut dice = Dice::new(epoch, 0);
    let home = dice.below(CLUBS.len() as u32) as usize;
    let away = (home + 1 + dice.below(CLUBS.len() as u32 - 1) as usize) % CLUBS.len();
    let (home, away) = (&CLUBS[home], &CLUBS[away]);
    let team = |club: &Club| Team { name: club.name.to_owned(), short: club.short.to_owned() };
    let players = |club: &Club, side| club.players.map(|name| Player { name: name.to_owned(), side });
    Setup {
        teams: vec![team(home), team(away)],
        players: [players(home, Side::Home), players(away, Side::Away)].concat(),
        format: Format::T20,
        balls_per_over: 6,
        overs: Some(20),
        free_hits: true,
        competition: "Sandbox League".to_owned(),
        // A season has this many; the real number is the moment at which the match began.
        stage: format!("Match {}", epoch % 74 + 1),
        venue: home.ground.to_owned(),
        date: String::new(),
    }
}
