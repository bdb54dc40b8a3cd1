//! Where somebody is, and whether a fence lets them in.
//!
//! A [`Fence`] is what an editor writes: places, polygons and circles that are allowed and denied, and times. [`Claims`] are what is said of where
//! somebody is. [`decide`] says whether they are let in, or why not and what would help, and [`Admitted`] is the proof that they are.
//!
//! It knows no clock, no database and no network, and reads no file: what is judged is handed to it, so that a decision can be made again. It is a
//! crate of its own since it needs nothing of `access`, whose tests need a PostgreSQL, and since it is compiled beside it.
//!
//! Read [`Regions`] first: the borders of the world, which say what is near to a point.

mod cell;
pub mod claims;
mod code;
pub mod countries;
mod decide;
mod dry_run;
pub mod fence;
pub mod pins;
mod point;
mod problem;
mod reason;
pub mod regions;
mod replay;
pub mod shape;
#[cfg(feature = "testing")]
pub mod testing;
mod window;

pub use cell::Cell;
pub use claims::{Before, ClaimError, Claims, Declared, Position, Zone};
pub use code::{Code, CodeError};
pub use countries::{Countries, CountriesError, Located};
pub use decide::{Admitted, Decision, Evidence, NEAR_MAX, Source, Verdict, decide};
pub use dry_run::{DryRun, Reach, Sides, Tried, dry_run};
pub use fence::{Areas, Fence, Needs, Rules, Version, Without};
pub use point::{Point, PointError};
pub use problem::Problem;
pub use reason::{Fix, Opening, Reason};
pub use regions::{FileError, Found, Regions};
pub use replay::{Kept, Replay, replay};
pub use shape::{Circle, Shape};
pub use window::{Day, Time, Window};
