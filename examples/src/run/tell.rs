//! Telling somebody what failed.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use oms_core::port::StoreError;
use oms_core::service::{Sweep, SweepFailure, Ticked};
use oms_core::value::TenantId;

/// Told of failures that the loop goes on after; the first argument says whose.
pub type OnError = Arc<dyn Fn(&'static str, &(dyn Error + Send + Sync)) + Send + Sync>;

/// Tells the standard error, a line for each failure with its causes.
#[must_use]
pub fn to_stderr() -> OnError {
    Arc::new(|whose, error| {
        // Nobody is left to tell when this fails too.
        let _ = writeln!(io::stderr(), "{whose}: {}", words(error));
    })
}

/// What failed, and those of its causes that are not named by it.
fn words(error: &(dyn Error + Send + Sync)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said
}

/// What was still at work long after the loop was told to end, and was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{tasks} tasks did not end in time and were aborted")]
pub struct NotEnded {
    /// How many workers, relays, sweepers and others.
    pub tasks: usize,
}

/// One tenant of a crew had a failure; the others had their turn.
#[derive(Debug, thiserror::Error)]
#[error("tenant {tenant}: {error}")]
pub struct TenantFailed {
    /// The tenant.
    pub tenant: TenantId,
    /// What failed.
    #[source]
    pub error: StoreError,
}

/// Jobs that failed in a tick and are not lost by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{retrying} attempts failed and are repeated (the jobs say why), \
     {lost} answers came too late (others have the jobs)"
)]
pub struct AttemptsFailed {
    /// Attempts that are repeated.
    pub retrying: usize,
    /// Leases that were over before the worker could answer or extend them.
    pub lost: usize,
}

impl AttemptsFailed {
    /// What failed in a tick, if anything.
    #[must_use]
    pub const fn of(ticked: &Ticked) -> Option<Self> {
        match (ticked.retrying, ticked.lost) {
            (0, 0) => None,
            (retrying, lost) => Some(Self { retrying, lost }),
        }
    }
}

/// A sweep that passed something; it is tried again at the next one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{owners} owners keep claims that are over, {tenants} tenants were not swept: {}",
    .told.join("; ")
)]
pub struct SweepFailed {
    /// Owners whose claims are over and could not be ended.
    pub owners: usize,
    /// Tenants whose tick failed.
    pub tenants: usize,
    /// Which and why, the first of them.
    pub told: Vec<String>,
}

impl SweepFailed {
    /// What a sweep passed, if anything.
    #[must_use]
    pub fn of(sweep: &Sweep) -> Option<Self> {
        match (sweep.failed, sweep.tenants_failed) {
            (0, 0) => None,
            (owners, tenants) => Some(Self {
                owners,
                tenants,
                told: sweep.failures.iter().map(failed).collect(),
            }),
        }
    }
}

/// Whose claims or which tenant, and why.
fn failed(failure: &SweepFailure) -> String {
    let SweepFailure {
        tenant,
        owner,
        error,
        ..
    } = failure;
    match owner {
        Some(owner) => format!("{owner} of tenant {tenant}: {error}"),
        None => format!("tenant {tenant}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use oms_core::port::{PublishError, StoreError};

    use super::words;

    #[test]
    fn causes_are_told_once() {
        let cause = |text: &str| Some(text.into());
        let publish = PublishError {
            detail: "NATS".to_owned(),
            source: cause("connection refused"),
        };
        let told = "the messages were not taken: NATS: connection refused";
        assert_eq!(words(&publish), told);
        let store = StoreError::Unavailable {
            detail: "connection refused".to_owned(),
            source: cause("connection refused"),
        };
        let told = "the store is unavailable: connection refused";
        assert_eq!(words(&store), told);
    }
}
