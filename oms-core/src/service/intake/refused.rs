//! The list of orders that were taken in and refused.

use super::{FORGET_KIND, IntakeRefusal, Intakes, Recorded, placed_key, refused_key};
use crate::job::{Job, JobState};
use crate::plan::{DecodeError, INTAKE_QUEUE, Keys};
use crate::port::{JobFilter, Page, Unreadable};
use crate::service::Error;
use crate::value::{IdError, IntakeId, JobId, QueueName};

impl Intakes {
    /// Orders that were taken in and refused, with the reason, in the order of their refusals, so
    /// that somebody can [`retry`](Self::retry) or [`discard`](Self::discard) them. One that was
    /// placed since is not among them, nor is one that was forgotten with old keys. A page looks
    /// at as many jobs as `limit` says and may have fewer orders, also none, while `next` says that
    /// there is more. Where a job or what was recorded cannot be read, the job is in
    /// [`Page::unreadable`]. The list is made from all jobs of the queue that wait, so a job that
    /// cannot be read at all may stand for no refusal: what it is for cannot be read either.
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
        let named = jobs.read(|job| named(&job));
        if named.items.is_empty() {
            return Ok(named.read(|_| None));
        }
        let mut keys = Keys::default();
        let ids = named.items.iter().map(|(_, id)| *id);
        keys.commands
            .extend(ids.flat_map(|id| [placed_key(id), refused_key(id)]));
        let store = &self.tenant.engine.store;
        let snapshot = store.prefetch(self.tenant.id(), &keys).await?;
        Ok(
            named.read(|(at, id)| match Self::recorded_in(&snapshot, id) {
                Ok(Recorded {
                    placed: None,
                    refused: Some(refusal),
                }) => Some(Ok((id, refusal))),
                Ok(_) => None,
                Err(error) => Some(Err(Unreadable { at, error })),
            }),
        )
    }
}

/// A job, and the order that it forgets, if that is what it is for.
fn named(job: &Job) -> Option<Result<(JobId, IntakeId), Unreadable<JobId>>> {
    let at = job.draft.id;
    let corrupt = |error: IdError| DecodeError::Corrupt {
        what: format!("the payload of job {at}"),
        detail: error.to_string(),
    };
    let id = forgotten(job)?.map_err(|error| Unreadable {
        at,
        error: corrupt(error),
    });
    Some(id.map(|id| (at, id)))
}

/// The order that a job forgets, if that is what it is for.
pub(super) fn forgotten(job: &Job) -> Option<Result<IntakeId, IdError>> {
    let forgets = job.draft.kind.as_str() == FORGET_KIND;
    forgets.then(|| IntakeId::parse(job.draft.payload.trim_matches('"')))
}
