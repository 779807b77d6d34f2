//! What the service keeps to, by subject, on the memory store.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod addresses;
mod backorders;
mod bodies;
mod bounds;
mod bulk;
mod carts;
mod destinations;
mod editing;
mod erasing;
mod moving;
mod naming;
mod paying;
mod reading;
mod rivals;
mod showing;
mod sweeping;
mod telling;
mod versions;
mod watching;
mod windows;
mod world;
