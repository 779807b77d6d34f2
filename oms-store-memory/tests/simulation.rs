//! The simulation on the memory store: many seeds in every test run, one of them on demand.
//!
//! `OMS_SIM_SEED=n` runs one seed, `OMS_SIM_SEEDS=n` the first `n`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use oms_core::testing::FakeClock;
use oms_core::testing::simulation::{Options, Plot, Seeds, World, simulate};
use oms_store_memory::MemoryStore;

/// Seeds of the everyday plot that every test run takes.
const SEEDS: u64 = 5_000;

fn world() -> World {
    let clock = Arc::new(FakeClock::default());
    World {
        store: Arc::new(MemoryStore::with_clock(clock.clone())),
        clock,
    }
}

#[test]
fn every_promise_is_kept_in_every_seed() {
    let report = Seeds::from_env(SEEDS)
        .run(&Options::default(), world)
        .unwrap();
    println!("{} steps", report.steps);
    for (what, count) in &report.counts {
        println!("{count:>9} {what}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 1..=20 {
        let one = simulate(seed, &Options::default(), world).unwrap();
        let two = simulate(seed, &Options::default(), world).unwrap();
        assert_eq!(one, two);
    }
}

#[test]
fn more_than_is_owed_or_covered_is_neither_waived_nor_credited_nor_retained() {
    let seeds = Seeds {
        first: 1,
        count: 200,
    };
    let met = seeds.run(&Options::default(), world).unwrap();
    for code in [
        "waiver_too_large",
        "credit_too_large",
        "retention_too_large",
    ] {
        assert!(met.count(code) > 0, "{code}");
    }
}

#[test]
fn the_last_units_are_sold_exactly_once() {
    let options = Options {
        plot: Plot::SellOut,
        callers: 6,
        hubs: 1,
        skus: 1,
        units: 8,
        operations: 60,
        ..Options::calm()
    };
    Seeds::from_env(500).run(&options, world).unwrap();
}
