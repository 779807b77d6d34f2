//! A job while its handler runs.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable};

use super::Handler;
use crate::job::{AttemptFailure, Job, Lease};
use crate::value::{JobKind, QueueName, Timestamp};

/// A handler at work; `None` when it was stopped.
pub(super) type Run = Pin<Box<dyn Future<Output = Option<Ended>> + Send>>;

/// A lease that the worker holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) queue: QueueName,
    pub(super) kind: JobKind,
    /// When it is over, by the store's clock.
    pub(super) until: Timestamp,
    /// There is no other attempt: whoever claims the job after that ends it.
    pub(super) last: bool,
    /// Stops the handler when the lease is lost.
    pub(super) stop: AbortHandle,
}

/// A handler that came to an end.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) lease: Lease,
    pub(super) answer: Result<(), AttemptFailure>,
    /// The pause before the next attempt, should it have failed.
    pub(super) pause_micros: u64,
}

/// Begins a job. Without a handler it fails, and may find one at another worker.
pub(super) fn run(
    handler: Option<Arc<dyn Handler>>,
    job: Job,
    lease: Lease,
    pause_micros: u64,
) -> (Run, AbortHandle) {
    let work = async move {
        let Some(handler) = handler else {
            let kind = &job.draft.kind;
            return Err(AttemptFailure::transient(format!("no handler for {kind}")));
        };
        handler.run(&job).await
    };
    // What a handler shares with others is its own matter, as with any thread that panics.
    let caught = AssertUnwindSafe(work).catch_unwind();
    let (stop, registration) = AbortHandle::new_pair();
    let whole = async move {
        let answer = match Abortable::new(caught, registration).await {
            Err(_stopped) => return None,
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => Err(AttemptFailure::transient(message(&*panic))),
        };
        Some(Ended {
            lease,
            answer,
            pause_micros,
        })
    };
    (Box::pin(whole), stop)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("no message"))
}
