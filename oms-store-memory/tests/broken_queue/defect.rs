//! A defect: what a queue or feed does instead of what it promised, one closure per method.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use oms_core::job::{Job, JobCommand, JobDraft, Lease};
use oms_core::port::{
    Claimed, Clock, EventBatch, EventFeed, FailAnswer, FailureReport, FeedPlace, FeedStart, Fired,
    JobFilter, JobQueue, LeaseAnswer, Page, Pushed, QueueDemand, QueueReport, RedriveAnswer,
    StockBatch, StoreError, Subscription,
};
use oms_core::testing::FakeClock;
use oms_core::value::{JobId, ScheduleName, SubscriberName, TenantId, Timestamp};
use oms_store_memory::MemoryStore;

pub(crate) type Answer<T> = Result<T, StoreError>;

/// A sound store, its clock, and what was pushed.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) store: MemoryStore,
    pub(crate) clock: FakeClock,
    pub(crate) pushed: Mutex<BTreeSet<JobId>>,
}

/// The answer of a future of the memory store: they are ready at the first poll.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the memory store waits for something"),
    }
}

impl Sound {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A job as it is kept.
    pub(crate) fn found(&self, tenant: &TenantId, id: JobId) -> Option<Job> {
        ready(JobQueue::job(&self.store, tenant, id)).unwrap()
    }

    /// The lease that the job has now, whatever was shown.
    pub(crate) fn current(&self, tenant: &TenantId, lease: Lease) -> Lease {
        let job = self.found(tenant, lease.id);
        job.and_then(|job| job.lease()).unwrap_or(lease)
    }

    /// What a job would be after a command.
    pub(crate) fn decides(&self, tenant: &TenantId, id: JobId, command: &JobCommand) -> bool {
        let job = self.found(tenant, id);
        job.is_some_and(|job| oms_core::job::decide(&job, command, self.now()).is_ok())
    }
}

macro_rules! defect {
    ($($port:ident { $(
        $method:ident($($arg:ident: $type:ty),*) -> $answer:ty;
    )* })*) => {
        /// What a queue and feed do: everything as sound ones, but for what is replaced.
        pub(crate) struct Defect {$($(
            pub(crate) $method: Box<dyn Fn(&Sound, $($type),*) -> Answer<$answer> + Send + Sync>,
        )*)*}

        impl Defect {
            /// No defect.
            pub(crate) fn none() -> Self {
                Self {$($(
                    $method: Box::new(|sound: &Sound, $($arg: $type),*| {
                        ready($port::$method(&sound.store, $($arg),*))
                    }),
                )*)*}
            }

            $($(
                /// Replaces the method.
                pub(crate) fn $method(
                    $method: impl Fn(&Sound, $($type),*) -> Answer<$answer> + Send + Sync + 'static,
                ) -> Self {
                    Self { $method: Box::new($method), ..Self::none() }
                }
            )*)*
        }

        $(
            #[async_trait]
            impl $port for Broken {$(
                async fn $method(&self, $($arg: $type),*) -> Answer<$answer> {
                    (self.defect.$method)(&self.sound, $($arg),*)
                }
            )*}
        )*
    };
}

/// A queue and feed with a defect.
pub(crate) struct Broken {
    pub(crate) sound: Sound,
    pub(crate) defect: Defect,
}

impl std::fmt::Debug for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broken").finish_non_exhaustive()
    }
}

defect! {
    JobQueue {
        push(tenant: &TenantId, drafts: &[JobDraft]) -> Vec<Pushed>;
        claim(tenant: &TenantId, wanted: &[QueueDemand], lease_secs: u32) -> Claimed;
        extend(tenant: &TenantId, leases: &[Lease], lease_secs: u32) -> Vec<LeaseAnswer>;
        complete(tenant: &TenantId, leases: &[Lease]) -> Vec<LeaseAnswer>;
        fail(tenant: &TenantId, reports: &[FailureReport]) -> Vec<FailAnswer>;
        hand_back(tenant: &TenantId, leases: &[Lease]) -> Vec<LeaseAnswer>;
        redrive(tenant: &TenantId, ids: &[JobId]) -> Vec<RedriveAnswer>;
        delete(tenant: &TenantId, ids: &[JobId]) -> Vec<bool>;
        fire(tenant: &TenantId, schedule: &ScheduleName, at: Timestamp, draft: &JobDraft) -> Fired;
        list(tenant: &TenantId, filter: &JobFilter, after: Option<JobId>, limit: usize)
            -> Page<Job, JobId>;
        job(tenant: &TenantId, id: JobId) -> Option<Job>;
        queue_stats(tenant: &TenantId) -> QueueReport;
    }
    EventFeed {
        subscribe(tenant: &TenantId, name: &SubscriberName, start: FeedStart) -> bool;
        poll(tenant: &TenantId, name: &SubscriberName, limit: usize) -> EventBatch;
        poll_stock(tenant: &TenantId, name: &SubscriberName, limit: usize) -> StockBatch;
        acknowledge(tenant: &TenantId, name: &SubscriberName, place: &FeedPlace) -> bool;
        rewind(tenant: &TenantId, name: &SubscriberName, start: FeedStart) -> bool;
        unsubscribe(tenant: &TenantId, name: &SubscriberName) -> bool;
        subscriptions(tenant: &TenantId) -> Vec<Subscription>;
    }
}

/// Defects of what jobs look like when they are given or found.
impl Defect {
    /// Changes drafts before they are kept.
    pub(crate) fn drafts(change: impl Fn(&Sound, &mut JobDraft) + Send + Sync + 'static) -> Self {
        Self::push(move |sound, tenant, drafts| {
            let mut drafts = drafts.to_vec();
            drafts.iter_mut().for_each(|draft| change(sound, draft));
            ready(sound.store.push(tenant, &drafts))
        })
    }

    /// Changes what a claim gives.
    pub(crate) fn claimed(
        change: impl Fn(&Sound, &TenantId, &[QueueDemand], &mut Claimed) + Send + Sync + 'static,
    ) -> Self {
        Self::claim(move |sound, tenant, wanted, lease_secs| {
            let mut claimed = ready(sound.store.claim(tenant, wanted, lease_secs))?;
            change(sound, tenant, wanted, &mut claimed);
            Ok(claimed)
        })
    }

    /// Changes what a poll gives.
    pub(crate) fn polled(
        change: impl Fn(&Sound, usize, &mut EventBatch) + Send + Sync + 'static,
    ) -> Self {
        Self::poll(move |sound, tenant, name, limit| {
            let mut batch = ready(sound.store.poll(tenant, name, limit))?;
            change(sound, limit, &mut batch);
            Ok(batch)
        })
    }

    /// Changes what a poll of stock rows gives.
    pub(crate) fn polled_stock(change: impl Fn(&mut StockBatch) + Send + Sync + 'static) -> Self {
        Self::poll_stock(move |sound, tenant, name, limit| {
            let mut batch = ready(sound.store.poll_stock(tenant, name, limit))?;
            change(&mut batch);
            Ok(batch)
        })
    }

    /// Changes what was counted of each queue.
    pub(crate) fn counted(
        change: impl Fn(&mut oms_core::port::QueueStats) + Send + Sync + 'static,
    ) -> Self {
        Self::queue_stats(move |sound, tenant| {
            let mut report = ready(sound.store.queue_stats(tenant))?;
            report.queues.iter_mut().for_each(&change);
            Ok(report)
        })
    }
}
