//! Committing: first the whole batch as one; where anything speaks against that, encode, one call,
//! verdicts; again where somebody was in the way, halved where an item is bad.

mod encode;
mod rows;
mod run;
mod statement;
mod told;
mod verdict;
mod whole;

pub(crate) use rows::Time;
pub(crate) use run::commit;
