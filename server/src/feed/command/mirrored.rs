//! Enums whose words are the game's own.

use cricket as game;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares an enum of this API with the game's enum of the same variants, both ways.
macro_rules! mirrored {
    ($(#[$note:meta])* $name:ident = $theirs:path { $($variant:ident),* $(,)? }) => {
        $(#[$note])*
        #[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),* }

        impl From<$name> for $theirs {
            fn from(value: $name) -> Self {
                match value { $( $name::$variant => <$theirs>::$variant, )* }
            }
        }

        impl From<$theirs> for $name {
            fn from(value: $theirs) -> Self {
                match value { $( <$theirs>::$variant => $name::$variant, )* }
            }
        }
    };
}
pub(crate) use mirrored;

mirrored!(
    OutKind = game::DismissalKind {
        Bowled,
        Caught,
        CaughtAndBowled,
        Lbw,
        RunOut,
        Stumped,
        HitWicket,
        HandledTheBall,
        HitTheBallTwice,
        ObstructingTheField,
        TimedOut,
        RetiredOut,
        RetiredHurt,
        RetiredNotOut,
    }
);
mirrored!(Decision = game::Decision { Upheld, StruckDown, TechnicalFailure });
mirrored!(
    InningsEndReason = game::InningsEnd { AllOut, OversComplete, TargetReached, Declared, Forfeited, Closed }
);
mirrored!(PowerplayKind = game::PowerplayKind { Mandatory, Batting, Fielding });
mirrored!(ReplacementRole = game::Role { Match, Bowler, Batter });
