//! A deterministic simulation of a business on a store: many callers, little stock, much trouble.
//!
//! Callers place orders, claim stock for carts, approve, pick, ship, cancel, count and sweep, on a
//! few tenants that use the same ids. They go on one at a time, in the order that a seed says, and
//! wait before and after every call of the store, so that every two calls of two callers meet in
//! every order. Calls fail, requests and replies are lost, commits arrive late or twice, callers
//! and whole programs vanish between any two steps, and the clock jumps.
//!
//! Beside the store a book of plain maps is kept. It judges every change set by itself, and again
//! and again everything that is stored is read and compared with it. At the end everything is
//! healed, every doubt resolved by asking again with the same key, every claim swept, and every
//! order brought to its end. One broken promise ends the run with a [`Failure`] that tells the
//! seed.
//!
//! The same seed, options and kind of store give the same run: [`Report::trace`] is equal.
//!
//! ```
//! use oms_core::testing::simulation::{Failure, Options, Report, World, simulate};
//!
//! /// Run it against your own adapter: a fresh store for each seed, and a hold on its clock.
//! fn prove(new_world: impl Fn() -> World) -> Result<Report, Box<Failure>> {
//!     let mut total = Report::default();
//!     for seed in 1..=100 {
//!         total.absorb(&simulate(seed, &Options::default(), &new_world)?);
//!     }
//!     Ok(total)
//! }
//! ```

mod answer;
mod book;
mod finale;
mod invariants;
mod network;
mod opening;
mod options;
mod picture;
mod report;
mod run;
mod seeds;
mod state;
mod trace;
mod trouble;
mod workload;

pub use options::{Options, Plot, Trouble, World};
pub use report::{Failure, Report};
pub use seeds::Seeds;

/// Runs one seed in a fresh world, on this thread.
///
/// # Errors
/// [`Failure`]: a promise was broken.
pub fn simulate(
    seed: u64,
    options: &Options,
    world: impl FnOnce() -> World,
) -> Result<Report, Box<Failure>> {
    futures_executor::block_on(simulate_in(seed, options, world()))
}

/// Runs one seed in a world that is open already, under the caller's executor; for stores that wait
/// for a server. The world must be empty.
///
/// # Errors
/// [`Failure`]: a promise was broken.
pub async fn simulate_in(
    seed: u64,
    options: &Options,
    world: World,
) -> Result<Report, Box<Failure>> {
    run::Run::new(seed, options, world).play().await
}
