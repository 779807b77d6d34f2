//! What the conformance suite cannot see: the same decisions as the reference store, contention on
//! a real server, lists of large tables, lost answers, bad items, statements, the schema.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod analysed;
mod audit;
mod columns;
mod contention;
mod each;
mod given;
mod held_up;
mod idle;
mod lists;
mod outcome;
mod poison;
mod rebuild;
mod removal;
mod same;
mod same_lists;
mod schema;
mod statements;
mod upgrade;
mod world;
