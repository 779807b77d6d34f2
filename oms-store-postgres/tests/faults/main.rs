//! What a server and its clients suffer: killed processes, several processes at once, connections
//! that are cut, full disks, wrong passwords.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod bad;
mod child;
mod crash;
mod cut;
mod jobs;
mod kills;
mod load;
mod processes;
