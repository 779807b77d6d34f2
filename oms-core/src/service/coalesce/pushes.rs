//! Pushes of jobs that go together.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Coalescing;
use super::lane::Lane;
use super::lanes::{Lanes, deal};
use super::work::{Answered, Boxed, Weight, Work};
use crate::job::JobDraft;
use crate::port::{JobQueue, Pushed, StoreError};
use crate::value::TenantId;
use crate::value::limits::JOBS_PER_CALL_MAX;

/// Pushes the drafts of several callers by one call, which equals pushing them one after another.
struct Pushes(Arc<dyn JobQueue>);

impl Work for Pushes {
    type Request = Vec<JobDraft>;
    type Answer = Vec<Pushed>;

    fn run(&self, tenant: TenantId, requests: Vec<Self::Request>) -> Boxed<Answered<Self::Answer>> {
        let queue = self.0.clone();
        Box::pin(async move {
            let counts: Vec<usize> = requests.iter().map(Vec::len).collect();
            let drafts: Vec<JobDraft> = requests.into_iter().flatten().collect();
            let answers = queue.push(&tenant, &drafts).await?;
            let missing = ("the answer to a push", "a draft has no answer");
            Ok(deal(&counts, answers, missing))
        })
    }
}

/// The way of drafts to the queue: together with others, or alone.
pub(crate) struct PushGate {
    queue: Arc<dyn JobQueue>,
    lanes: Option<Lanes<Pushes>>,
    /// Calls of more drafts gain nothing by waiting for others.
    items_max: usize,
}

impl PushGate {
    pub(crate) fn new(queue: Arc<dyn JobQueue>, coalescing: Option<Coalescing>) -> Self {
        let limit = coalescing.map(|options| options.limit(JOBS_PER_CALL_MAX));
        let lanes = coalescing.zip(limit).map(|(options, limit)| {
            Lanes::new(options.writers_for(1), options.writers_per_tenant, |_| {
                Lane::new(Pushes(queue.clone()), limit, options.waiting_max, None)
            })
        });
        Self {
            queue,
            lanes,
            items_max: limit.map_or(0, |limit| limit.items),
        }
    }

    pub(crate) const fn queue(&self) -> &Arc<dyn JobQueue> {
        &self.queue
    }

    /// Pushes drafts, no more than one call may carry.
    pub(crate) async fn push(
        &self,
        tenant: &TenantId,
        drafts: Cow<'_, [JobDraft]>,
    ) -> Result<Vec<Pushed>, Arc<StoreError>> {
        let lane = self.lanes.as_ref().and_then(|lanes| {
            // Jobs have nothing in common that would make one way the better one.
            let first = drafts.first().filter(|_| drafts.len() <= self.items_max)?;
            lanes.of(tenant, &first.id)
        });
        match lane {
            Some(lane) => {
                let weight = weight(&drafts);
                lane.call(tenant, drafts.into_owned(), weight).await
            }
            None => self.queue.push(tenant, &drafts).await.map_err(Arc::new),
        }
    }
}

impl fmt::Debug for PushGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushGate")
            .field("queue", &self.queue)
            .field("coalescing", &self.lanes.is_some())
            .finish()
    }
}

fn weight(drafts: &[JobDraft]) -> Weight {
    Weight {
        items: drafts.len(),
        lines: drafts.len(),
        bytes: drafts.iter().map(|draft| draft.payload.len()).sum(),
    }
}
