//! Which hubs fulfil an order, and why: a pure function.
//!
//! [`route`] looks at every candidate hub through the same filters (switched on, delivers there,
//! not closed, not full, has the goods), scores it, and picks one hub that has everything, else the
//! best split, else what there is. It depends on its arguments alone, not on the order of hubs or
//! lines, and it answers with an [`Explanation`] that can be stored
//! ([shortened](Explanation::shortened) where it is large) and [checked](Explanation::verify)
//! without the original hubs. See
//! [`docs::routing`](crate::docs::routing) for the whole story.
//!
//! All arithmetic is on integers: shares are millionths, distances metres, amounts minor units.
//! Sums of floating-point numbers depend on their order, and their functions on the platform; a
//! choice between two nearly equal hubs must not.

mod book;
mod candidate;
mod choice;
mod explain;
mod facts;
mod fallback;
mod filter;
mod hash;
mod index;
mod left_out;
mod plan;
mod policy;
mod request;
mod score;
mod show;
mod split;

pub use book::{HubBook, Serving};
pub use candidate::HubCandidate;
pub use choice::RouteStrategy;
pub use explain::{ALGORITHM, ChosenHub, Explanation, Mismatch, Missing};
pub use facts::{HubFacts, Short};
pub use fallback::Fallback;
pub use filter::{Capacity, Lack, OpeningCheck, StockVerdict};
pub use hash::InputsHash;
pub use index::AreaIndex;
pub use left_out::{KeptBack, LeftOut};
pub use plan::{NotServiceable, Parcel, RouteOutcome, RoutePlan, route};
pub use policy::{
    Goal, OnShortage, RoutePolicy, RoutePolicyError, RoutePolicyProblem, Split, Weights,
};
pub use request::{Considered, Demand, RouteLine, RouteRequest};
pub use score::Score;
pub use split::Gap;

#[cfg(test)]
mod tests;
