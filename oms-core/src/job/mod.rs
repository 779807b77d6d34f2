//! Jobs: work to do later, kept until it is done or until somebody decides about it.
//!
//! A [`JobDraft`] asks for one; a [`Job`] is one that a store keeps. [`decide`] and [`evolve`] are
//! its state machine: pure, the time given. [`RetryPolicy`] says when to try again, [`JobCatalog`]
//! which queues and kinds there are.

mod backoff;
mod catalog;
mod draft;
mod failure;
mod machine;
mod record;
mod rejection;
#[cfg(feature = "calendar")]
mod schedule;

pub use backoff::RetryPolicy;
pub use catalog::{JobCatalog, QueueRules};
pub use draft::{JobDraft, Priority, RunAt};
pub use failure::{AttemptError, AttemptFailure, FailureKind, LEASE_EXPIRED};
pub use machine::{JobCommand, JobEvent, JobRefusal, decide, evolve, kept_pause};
pub use record::{Job, JobState, Lease};
pub use rejection::JobRejection;
#[cfg(feature = "calendar")]
pub use schedule::Schedule;

#[cfg(test)]
mod tests;
