//! Jobs: work to do later, written in the same commit as the change that asks for it.

use std::sync::Arc;

use crate::value::{JobId, Timestamp};

/// A job that a change set asks the store to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDraft {
    /// Its id.
    pub id: JobId,
    /// The queue it waits in.
    pub queue: Arc<str>,
    /// What to do, for the worker.
    pub kind: Arc<str>,
    /// The arguments, as JSON.
    pub payload: Arc<str>,
    /// Not before then.
    pub run_at: Timestamp,
}
