//! What a run tells: a report, or the promise that was broken.

use std::collections::BTreeMap;
use std::fmt;

/// What happened in a run. Equal for equal seeds, options and stores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Times that a caller was allowed to go on.
    pub steps: u64,
    /// A hash of everything that happened, in order.
    pub trace: u64,
    /// How often what happened: operations by name and answer, faults, events, refusals.
    pub counts: BTreeMap<String, u64>,
}

impl Report {
    /// How often something happened.
    #[must_use]
    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, what: &str) {
        match self.counts.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(what.to_owned(), 1)),
        }
    }

    /// Adds the counts of another run, to see what many runs met together.
    pub fn absorb(&mut self, other: &Self) {
        self.steps += other.steps;
        for (what, count) in &other.counts {
            *self.counts.entry(what.clone()).or_default() += count;
        }
    }
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) invariant: &'static str,
    pub(super) detail: String,
}

impl Broken {
    pub(super) fn new(invariant: &'static str, detail: impl Into<String>) -> Self {
        Self {
            invariant,
            detail: detail.into(),
        }
    }
}

/// Whether a promise was kept.
pub(super) type Checked = Result<(), Broken>;

/// Breaks `invariant` unless `holds`.
pub(super) fn check(
    holds: bool,
    invariant: &'static str,
    detail: impl FnOnce() -> String,
) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Broken::new(invariant, detail()))
    }
}

/// A run that broke a promise. Its `Display` tells how to run it again.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The step at which it was noticed.
    pub step: u64,
    /// The promise: `I1` to `I13` of the design, `audit`, or `plan`, `answer` and `end`.
    pub invariant: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What happened last, oldest first.
    pub tail: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} broken at step {} of seed {}: {}",
            self.invariant, self.step, self.seed, self.detail
        )?;
        writeln!(f, "run it again with OMS_SIM_SEED={}", self.seed)?;
        writeln!(f, "the last {} things that happened:", self.tail.len())?;
        for line in &self.tail {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    /// As `Display`, so that `unwrap` in a test shows the trace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}
