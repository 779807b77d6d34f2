//! Committing: encode, one call, verdicts; again where somebody was in the way, halved where an
//! item is bad.

mod encode;
mod rows;
mod run;
mod statement;
mod verdict;

pub(crate) use rows::Time;
pub(crate) use run::commit;
