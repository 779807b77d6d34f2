//! Many runs: how many, of which seeds, on how many threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::testing::simulation::options::{Options, World};
use crate::testing::simulation::report::{Failure, Report};
use crate::testing::simulation::simulate;

/// Which seeds to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many, in rising order.
    pub count: u64,
}

impl Seeds {
    /// The first `count` seeds, unless the environment says otherwise: `OMS_SIM_SEED=n` is that
    /// one, `OMS_SIM_SEEDS=n` the first `n`.
    #[must_use]
    pub fn from_env(count: u64) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        if let Some(first) = number("OMS_SIM_SEED") {
            return Self { first, count: 1 };
        }
        Self {
            first: 1,
            count: number("OMS_SIM_SEEDS").unwrap_or(count),
        }
    }

    /// Runs them, each in a world of its own, on as many threads as there are processors. Stops at
    /// the first failure; answers what all runs met together.
    ///
    /// # Errors
    /// The [`Failure`] of the lowest seed that was seen to fail.
    pub fn run(
        self,
        options: &Options,
        world: impl Fn() -> World + Sync,
    ) -> Result<Report, Box<Failure>> {
        let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let total = Mutex::new(Report::default());
        let failures = Mutex::new(Vec::new());
        let work = || {
            let mut met = Report::default();
            while !stop.load(Ordering::Relaxed) {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= self.count {
                    break;
                }
                let seed = self.first.wrapping_add(nth);
                match simulate(seed, options, &world) {
                    Ok(report) => met.absorb(&report),
                    Err(failure) => {
                        stop.store(true, Ordering::Relaxed);
                        if let Ok(mut failures) = failures.lock() {
                            failures.push(failure);
                        }
                    }
                }
            }
            if let Ok(mut total) = total.lock() {
                total.absorb(&met);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        let mut failures = failures.into_inner().unwrap_or_default();
        failures.sort_by_key(|failure| failure.seed);
        match failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(total.into_inner().unwrap_or_default()),
        }
    }
}
