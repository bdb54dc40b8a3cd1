//! Why a fence does not let somebody in, and what they can do about it: typed for programs, in words for fans.

use crate::code::Code;
use jiff::{Timestamp, ZonedDateTime};
use serde::Serialize;
use std::fmt;

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// It is not the time.
    Closed {
        opens: Option<Opening>,
    },
    /// Not within what is allowed.
    NotHere {
        place: Option<Code>,
    },
    /// Within what is denied.
    DeniedHere {
        place: Option<Code>,
    },
    PositionNeeded,
    /// Nobody knows where the address is.
    AddressUnknown,
    /// It matters where in this place.
    PartUnknown {
        place: Code,
    },
    /// It may be either side.
    NearBorder {
        near: Vec<Code>,
    },
    /// The position is too coarse to say.
    Coarse {
        km: u32,
    },
    AtSea,
    Proxy,
    /// The address is in another country than the position.
    Mismatch {
        position: Code,
        address: Code,
    },
    /// Further from where the fan was than anybody travels.
    Jumped {
        km: u32,
        minutes: i64,
    },
    /// The device's clock is that of another part of the globe.
    ZoneElsewhere,
    /// The fan says to be in another country than the address is in.
    DeclaredElsewhere {
        declared: Code,
        address: Code,
    },
}

/// When a fence opens.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opening {
    pub at: Timestamp,
    /// On the clock of the fence's place: "at 18:00 IST", "on Tuesday at 18:00 IST".
    pub words: String,
}

/// What would help.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Fix {
    SharePosition,
    PrecisePosition,
    /// Away from the border.
    MoveOn,
    TurnVpnOff,
    SetZone,
    ComeBack {
        at: Opening,
    },
    /// Nothing but time: what looks impossible now will not later.
    Wait,
}

impl Reason {
    pub(crate) fn closed(opens: Option<ZonedDateTime>, now: Timestamp) -> Self {
        let opening = |opens: ZonedDateTime| {
            let today = now.to_zoned_datetime(opens.time_zone().clone()).date();
            let form = if opens.date() == today { "at %H:%M %Z" } else { "on %A at %H:%M %Z" };
            Opening { at: opens.timestamp(), words: opens.strftime(form).to_string() }
        };
        Reason::Closed { opens: opens.map(opening) }
    }

    /// As it is kept, and as programs know it.
    pub const fn code(&self) -> &'static str {
        match self {
            Reason::Closed { .. } => "closed",
            Reason::NotHere { .. } => "not_here",
            Reason::DeniedHere { .. } => "denied_here",
            Reason::PositionNeeded => "position_needed",
            Reason::AddressUnknown => "address_unknown",
            Reason::PartUnknown { .. } => "part_unknown",
            Reason::NearBorder { .. } => "near_border",
            Reason::Coarse { .. } => "coarse",
            Reason::AtSea => "at_sea",
            Reason::Proxy => "proxy",
            Reason::Mismatch { .. } => "mismatch",
            Reason::Jumped { .. } => "jumped",
            Reason::ZoneElsewhere => "zone_elsewhere",
            Reason::DeclaredElsewhere { .. } => "declared_elsewhere",
        }
    }

    /// Codes of what speaks against what was said.
    pub(crate) const DOUBTS: [&str; 5] =
        ["proxy", "mismatch", "jumped", "zone_elsewhere", "declared_elsewhere"];

    pub fn fix(&self) -> Option<Fix> {
        match self {
            Reason::Closed { opens } => opens.clone().map(|at| Fix::ComeBack { at }),
            Reason::NotHere { .. } | Reason::DeniedHere { .. } => None,
            Reason::PositionNeeded
            | Reason::AddressUnknown
            | Reason::PartUnknown { .. }
            | Reason::DeclaredElsewhere { .. } => Some(Fix::SharePosition),
            Reason::NearBorder { .. } | Reason::AtSea => Some(Fix::MoveOn),
            Reason::Coarse { .. } => Some(Fix::PrecisePosition),
            Reason::Proxy | Reason::Mismatch { .. } => Some(Fix::TurnVpnOff),
            Reason::Jumped { .. } => Some(Fix::Wait),
            Reason::ZoneElsewhere => Some(Fix::SetZone),
        }
    }
}

impl Fix {
    /// As programs know it.
    pub const fn code(&self) -> &'static str {
        match self {
            Fix::SharePosition => "share_position",
            Fix::PrecisePosition => "precise_position",
            Fix::MoveOn => "move_on",
            Fix::TurnVpnOff => "turn_vpn_off",
            Fix::SetZone => "set_zone",
            Fix::ComeBack { .. } => "come_back",
            Fix::Wait => "wait",
        }
    }
}

/// For fans.
impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |place: &Option<Code>| place.map_or_else(|| "where you are".to_owned(), in_words);
        match self {
            Reason::Closed { .. } => write!(out, "This is not open at this time."),
            Reason::NotHere { place } | Reason::DeniedHere { place } => {
                write!(out, "This is not open {}.", named(place))
            }
            Reason::PositionNeeded => write!(out, "This is for people in some places only."),
            Reason::AddressUnknown => write!(out, "We cannot tell which country you are in."),
            Reason::PartUnknown { place } => {
                write!(out, "This is for some parts of {} only.", place.name())
            }
            Reason::NearBorder { near } if near.len() > 1 => {
                let names: Vec<String> = near.iter().take(3).map(Code::name).collect();
                write!(out, "You are near a border, and may be in {}.", names.join(" or "))
            }
            Reason::NearBorder { .. } => write!(out, "You are near the edge of where this is open."),
            Reason::Coarse { km } => write!(out, "Your position is known to some {km} km only."),
            Reason::AtSea => write!(out, "Your position is out at sea."),
            Reason::Proxy => write!(out, "You seem to be connected by a VPN or a proxy."),
            Reason::Mismatch { position, address } => write!(
                out,
                "Your position is in {}, and your connection in {}.",
                position.name(),
                address.name()
            ),
            Reason::Jumped { km, minutes } => {
                write!(out, "You were {km} km away {minutes} minutes ago.")
            }
            Reason::ZoneElsewhere => write!(out, "Your device's time zone is not that of where you are."),
            Reason::DeclaredElsewhere { address, .. } => {
                write!(out, "Your connection is in {}, which is not where you say you are.", address.name())
            }
        }
    }
}

fn in_words(place: Code) -> String {
    format!("in {}", place.name())
}

impl fmt::Display for Fix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fix::SharePosition => write!(out, "Share your position."),
            Fix::PrecisePosition => write!(out, "Let your browser use your precise position, and try again."),
            Fix::MoveOn => write!(out, "Try again a few kilometres from here."),
            Fix::TurnVpnOff => write!(out, "Turn the VPN off."),
            Fix::SetZone => write!(out, "Set your device's time zone to where you are."),
            Fix::ComeBack { at } => write!(out, "Come back {}.", at.words),
            Fix::Wait => write!(out, "Try again later."),
        }
    }
}
