//! What a handle did so far, for a host's metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::service::item::Ended;

/// What a handle did since it was built, over all tenants and tasks; see
/// [`Oms::stats`](crate::service::Oms::stats).
///
/// It counts in this process only: with several hosts each tells of itself. How queues stand is
/// told by the store ([`prometheus_text`](crate::service::prometheus_text)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Commands that were committed. One whose answer was lost counts once it is found stored; a
    /// repeat under the same key does not.
    pub committed: u64,
    /// How often the store did not take what was planned, or its answer was lost. The command was
    /// planned again each time, or was given up, or that was the answer, such as to a key that was
    /// used for another command.
    pub replans: u64,
    /// How often plans were made on what is remembered, without asking the store.
    pub recalled: u64,
    /// How often the store was asked for what plans have to know, dry runs included.
    pub asked: u64,
    /// Commits that wait at this moment for those before them.
    pub commits_waiting: u64,
    /// Questions that wait at this moment for those before them.
    pub reads_waiting: u64,
}

/// The counters behind it; they order nothing else.
#[derive(Debug, Default)]
pub(super) struct Counts {
    committed: AtomicU64,
    replans: AtomicU64,
    recalled: AtomicU64,
    asked: AtomicU64,
}

impl Counts {
    pub(super) fn ended(&self, ended: &Ended) {
        if ended.stored {
            self.committed.fetch_add(1, Ordering::Relaxed);
        }
        if ended.replans > 0 {
            self.replans
                .fetch_add(ended.replans.into(), Ordering::Relaxed);
        }
    }

    pub(super) fn recalled(&self) {
        self.recalled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far, beside the calls that wait now: commits and reads.
    pub(super) fn stats(&self, commits: u64, reads: u64) -> Stats {
        Stats {
            committed: self.committed.load(Ordering::Relaxed),
            replans: self.replans.load(Ordering::Relaxed),
            recalled: self.recalled.load(Ordering::Relaxed),
            asked: self.asked.load(Ordering::Relaxed),
            commits_waiting: commits,
            reads_waiting: reads,
        }
    }
}
