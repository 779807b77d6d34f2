//! Committing: first the whole batch as one; where anything speaks against that, encode, one call,
//! verdicts; again where somebody was in the way, halved where an item is bad. Several tenants go
//! together as long as nothing speaks against one of them.

mod encode;
mod rows;
mod run;
mod shared;
mod statement;
mod told;
mod verdict;
mod whole;

pub(crate) use rows::Time;
pub(crate) use run::commit;
pub(crate) use shared::commit_each;
