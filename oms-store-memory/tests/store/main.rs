//! What the port promises, checked on the memory store with hand-made change sets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod commit;
mod concurrent;
mod defect;
mod events;
mod ledgers;
mod lists;
mod model;
mod pages;
mod prefetch;
mod reclaim;
mod refusal;
mod tenants;
mod world;
