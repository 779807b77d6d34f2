//! What the service once got wrong, each on the memory store.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod erasing;
mod moving;
mod showing;
mod sweeping;
mod telling;
mod world;
