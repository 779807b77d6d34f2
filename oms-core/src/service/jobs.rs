//! Pushing jobs that somebody will work on.

use std::sync::Arc;

use crate::job::{JobCatalog, JobDraft};
use crate::port::{JobQueue, Pushed, StoreError};
use crate::value::TenantId;
use crate::value::limits::JOBS_PER_CALL_MAX;

/// A queue with the catalog of a host: refuses what nobody would ever work on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    queue: Arc<dyn JobQueue>,
    catalog: Arc<JobCatalog>,
}

impl Jobs {
    /// The queues of `catalog`, kept by `queue`.
    #[must_use]
    pub fn new(queue: Arc<dyn JobQueue>, catalog: JobCatalog) -> Self {
        Self {
            queue,
            catalog: Arc::new(catalog),
        }
    }

    /// The queue, for everything else.
    #[must_use]
    pub fn queue(&self) -> &Arc<dyn JobQueue> {
        &self.queue
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &JobCatalog {
        &self.catalog
    }

    /// Keeps jobs, however many; answers item by item. What the catalog does not know, and what no
    /// store may keep, is [`Pushed::Refused`] alone.
    ///
    /// # Errors
    /// As [`JobQueue::push`]; jobs beyond
    /// [`JOBS_PER_CALL_MAX`] go in several calls, and those of calls before the
    /// one that failed are kept: push all again, they are repeats then.
    pub async fn push(
        &self,
        tenant: &TenantId,
        drafts: &[JobDraft],
    ) -> Result<Vec<Pushed>, StoreError> {
        let mut answers = Vec::with_capacity(drafts.len());
        for drafts in drafts.chunks(JOBS_PER_CALL_MAX) {
            let checked: Vec<_> = drafts.iter().map(|d| self.catalog.check(d)).collect();
            let known = drafts.iter().zip(&checked);
            let known: Vec<JobDraft> = known
                .filter(|(_, check)| check.is_ok())
                .map(|(draft, _)| draft.clone())
                .collect();
            let mut pushed = self.queue.push(tenant, &known).await?.into_iter();
            for check in checked {
                let answer = match check {
                    Err(why) => Some(Pushed::Refused(why)),
                    Ok(()) => pushed.next(),
                };
                answers.push(answer.ok_or_else(|| StoreError::Corrupt {
                    what: "the answer to a push".to_owned(),
                    detail: "a draft has no answer".to_owned(),
                })?);
            }
        }
        Ok(answers)
    }
}
