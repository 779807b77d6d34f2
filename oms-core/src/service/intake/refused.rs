//! The list of orders that were taken in and refused.

use super::{FORGET_KIND, IntakeRefusal, Intakes, placed_key, refused_key};
use crate::job::{Job, JobState};
use crate::plan::{INTAKE_QUEUE, Keys};
use crate::port::{JobFilter, Page};
use crate::service::Error;
use crate::value::{IdError, IntakeId, JobId, QueueName};

impl Intakes {
    /// Orders that were taken in and refused, with the reason, in the order of their refusals, so
    /// that somebody can [`retry`](Self::retry) or [`discard`](Self::discard) them. One that was
    /// placed since is not among them, nor is one that was forgotten with old keys. A page looks
    /// at as many jobs as `limit` says and may have fewer orders, also none, while `next` says that
    /// there is more.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked, or `limit` is not within 1 to
    /// [`PAGE_ITEMS_MAX`](crate::value::limits::PAGE_ITEMS_MAX).
    pub async fn refused(
        &self,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<(IntakeId, IntakeRefusal), JobId>, Error> {
        // Each has a job that forgets what the order said, and waits for its time until then.
        let filter = JobFilter {
            queue: Some(QueueName::own(INTAKE_QUEUE)),
            state: Some(JobState::Ready),
        };
        let jobs = self.queue.list(self.tenant.id(), &filter, after, limit);
        let jobs = jobs.await?;
        let forgotten = jobs.items.iter().filter_map(forgotten);
        let ids: Vec<IntakeId> = forgotten.filter_map(Result::ok).collect();
        let mut keys = Keys::default();
        keys.commands.extend(
            ids.iter()
                .flat_map(|id| [placed_key(*id), refused_key(*id)]),
        );
        let mut items = Vec::new();
        if !ids.is_empty() {
            let store = &self.tenant.engine.store;
            let snapshot = store.prefetch(self.tenant.id(), &keys).await?;
            for id in ids {
                let recorded = Self::recorded_in(&snapshot, id)?;
                if recorded.placed.is_none()
                    && let Some(refusal) = recorded.refused
                {
                    items.push((id, refusal));
                }
            }
        }
        let next = jobs.next;
        Ok(Page { items, next })
    }
}

/// The order that a job forgets, if that is what it is for.
pub(super) fn forgotten(job: &Job) -> Option<Result<IntakeId, IdError>> {
    let forgets = job.draft.kind.as_str() == FORGET_KIND;
    forgets.then(|| IntakeId::parse(job.draft.payload.trim_matches('"')))
}
