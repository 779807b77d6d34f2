//! What the conformance suite cannot see of queue and feed: transactions left open, numbers of
//! transactions against the order of commits, statements, indexes, many workers on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod feed;
mod jobs;
mod restored;
mod same;
mod world;
