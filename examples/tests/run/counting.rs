//! A queue that counts what it is asked.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oms_core::job::{Job, JobDraft, Lease};
use oms_core::port::{
    Claimed, FailAnswer, FailureReport, Fired, JobFilter, JobQueue, LeaseAnswer, Page, Pushed,
    QueueDemand, QueueReport, RedriveAnswer, StoreError,
};
use oms_core::value::{JobId, ScheduleName, TenantId, Timestamp};
use oms_store_memory::MemoryStore;

/// The reference store; every call of it would be one statement.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    store: MemoryStore,
    calls: AtomicUsize,
    ill: Mutex<VecDeque<Ill>>,
}

/// How a claim goes wrong.
#[derive(Debug)]
pub(crate) enum Ill {
    Fails(StoreError),
    Hangs,
    Panics,
}

impl Counting {
    /// The next claims go wrong, each in its way.
    pub(crate) fn fall_ill(&self, ill: impl IntoIterator<Item = Ill>) {
        self.ill.lock().unwrap().extend(ill);
    }

    /// Keeps a job without counting.
    pub(crate) async fn keep(&self, of: &TenantId, draft: JobDraft) {
        self.store.push(of, &[draft]).await.unwrap();
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn counted(&self) -> &MemoryStore {
        self.calls.fetch_add(1, Ordering::SeqCst);
        &self.store
    }
}

#[async_trait]
impl JobQueue for Counting {
    async fn push(&self, of: &TenantId, drafts: &[JobDraft]) -> Result<Vec<Pushed>, StoreError> {
        self.counted().push(of, drafts).await
    }

    async fn claim(
        &self,
        of: &TenantId,
        wanted: &[QueueDemand],
        lease_secs: u32,
    ) -> Result<Claimed, StoreError> {
        let ill = self.ill.lock().unwrap().pop_front();
        match ill {
            Some(Ill::Fails(error)) => return Err(error),
            Some(Ill::Hangs) => std::future::pending().await,
            Some(Ill::Panics) => panic!("a store of the host's own"),
            None => {}
        }
        self.counted().claim(of, wanted, lease_secs).await
    }

    async fn extend(
        &self,
        of: &TenantId,
        leases: &[Lease],
        lease_secs: u32,
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        self.counted().extend(of, leases, lease_secs).await
    }

    async fn complete(
        &self,
        of: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        self.counted().complete(of, leases).await
    }

    async fn fail(
        &self,
        of: &TenantId,
        reports: &[FailureReport],
    ) -> Result<Vec<FailAnswer>, StoreError> {
        self.counted().fail(of, reports).await
    }

    async fn hand_back(
        &self,
        of: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        self.counted().hand_back(of, leases).await
    }

    async fn redrive(
        &self,
        of: &TenantId,
        ids: &[JobId],
    ) -> Result<Vec<RedriveAnswer>, StoreError> {
        self.counted().redrive(of, ids).await
    }

    async fn delete(&self, of: &TenantId, ids: &[JobId]) -> Result<Vec<bool>, StoreError> {
        self.counted().delete(of, ids).await
    }

    async fn fire(
        &self,
        of: &TenantId,
        schedule: &ScheduleName,
        at: Timestamp,
        draft: &JobDraft,
    ) -> Result<Fired, StoreError> {
        self.counted().fire(of, schedule, at, draft).await
    }

    async fn list(
        &self,
        of: &TenantId,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<Job, JobId>, StoreError> {
        self.counted().list(of, filter, after, limit).await
    }

    async fn job(&self, of: &TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        self.counted().job(of, id).await
    }

    async fn queue_stats(&self, of: &TenantId) -> Result<QueueReport, StoreError> {
        self.counted().queue_stats(of).await
    }
}
