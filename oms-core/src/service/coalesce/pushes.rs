//! Pushes of jobs that go together.

use std::fmt;
use std::sync::Arc;

use super::lane::{Answer, Boxed, Lane, Weight, Work};
use super::{Coalescing, dealt};
use crate::job::JobDraft;
use crate::port::{JobQueue, Pushed, StoreError};
use crate::value::TenantId;
use crate::value::limits::JOBS_PER_CALL_MAX;

/// Pushes the drafts of several callers by one call, which equals pushing them one after another.
struct Pushes(Arc<dyn JobQueue>);

impl Work for Pushes {
    type Request = Vec<JobDraft>;
    type Answer = Vec<Pushed>;

    fn run(
        &self,
        tenant: TenantId,
        requests: Vec<Self::Request>,
    ) -> Boxed<Result<Vec<Answer<Self::Answer>>, StoreError>> {
        let queue = self.0.clone();
        Box::pin(async move {
            let counts: Vec<usize> = requests.iter().map(Vec::len).collect();
            let drafts: Vec<JobDraft> = requests.into_iter().flatten().collect();
            let mut answers = queue.push(&tenant, &drafts).await?.into_iter();
            let own = |count: &usize| {
                let own: Vec<Pushed> = answers.by_ref().take(*count).collect();
                if own.len() == *count {
                    return Ok(own);
                }
                Err(Arc::new(StoreError::Corrupt {
                    what: "the answer to a push".to_owned(),
                    detail: "a draft has no answer".to_owned(),
                }))
            };
            Ok(counts.iter().map(own).collect())
        })
    }
}

/// The way of drafts to the queue: together with others, or alone.
pub(crate) struct PushGate {
    queue: Arc<dyn JobQueue>,
    lanes: Option<Lanes>,
}

struct Lanes {
    all: Vec<Arc<Lane<Pushes>>>,
    per_tenant: usize,
    /// Calls of more drafts gain nothing by waiting for others.
    items_max: usize,
}

impl PushGate {
    pub(crate) fn new(queue: Arc<dyn JobQueue>, coalescing: Option<Coalescing>) -> Self {
        let lanes = coalescing.map(|options| {
            let items_max = options.items_max.min(JOBS_PER_CALL_MAX);
            let limit = Weight {
                items: items_max,
                lines: options.lines_max,
                bytes: options.bytes_max,
            };
            let lane = |_| Lane::new(Pushes(queue.clone()), limit, options.waiting_max);
            Lanes {
                all: (0..options.writers.max(1)).map(lane).collect(),
                per_tenant: options.writers_per_tenant.max(1),
                items_max,
            }
        });
        Self { queue, lanes }
    }

    pub(crate) const fn queue(&self) -> &Arc<dyn JobQueue> {
        &self.queue
    }

    /// Pushes drafts, no more than one call may carry.
    pub(crate) async fn push(
        &self,
        tenant: &TenantId,
        drafts: Vec<JobDraft>,
    ) -> Result<Vec<Pushed>, Arc<StoreError>> {
        let lane = self.lanes.as_ref().and_then(|lanes| {
            let all = lanes.all.len();
            // Jobs have nothing in common that would make one way the better one.
            let first = drafts.first().filter(|_| drafts.len() <= lanes.items_max)?;
            let own = dealt(&first.id, lanes.per_tenant.min(all));
            lanes.all.get((dealt(tenant, all) + own) % all)
        });
        match lane {
            Some(lane) => {
                let weight = weight(&drafts);
                lane.call(tenant, drafts, weight).await
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
