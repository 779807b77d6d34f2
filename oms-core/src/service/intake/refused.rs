//! Orders that were taken in and refused: their list, and how what they said is let go of.

use super::place::origin;
use super::{FORGET_KIND, IntakeRefusal, Intakes, Recorded, erased_key, placed_key, recorded_keys};
use crate::job::{Job, JobState};
use crate::plan::{
    ChangeSet, DecodeError, DocumentWrite, Expected, Fingerprint, INTAKE_QUEUE, Index, Keys,
    PayloadDocument, encode, intake_row,
};
use crate::port::{JobFilter, Page, Unreadable};
use crate::service::Error;
use crate::value::{IdError, IntakeId, JobId, QueueName, Timestamp, Version};

impl Intakes {
    /// Orders that were taken in and refused, with the reason, in the order of their refusals, so
    /// that somebody can [`retry`](Self::retry) or [`discard`](Self::discard) them. One that was
    /// placed since is not among them, nor is one that was discarded, or forgotten with old keys. A
    /// page looks at as many jobs as `limit` says and may have fewer orders, also none, while
    /// `next` says that there is more. Where a job or what was recorded cannot be read, the job is
    /// in [`Page::unreadable`]. The list is made from all jobs of the queue that wait, so a job
    /// that cannot be read at all may stand for no refusal: what it is for cannot be read either.
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
        keys.commands.extend(ids.flat_map(recorded_keys));
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

    /// Erases what an order said, and notes that nobody waits for it any more: also where it was
    /// erased before, unless that is as it was placed.
    pub(super) async fn forget(&self, id: IntakeId) -> Result<(), Error> {
        let (row, placed) = (intake_row(id), placed_key(id));
        let mut keys = Keys::of(row.clone());
        keys.commands.insert(placed.clone());
        let store = &self.tenant.engine.store;
        let snapshot = store.prefetch(self.tenant.id(), &keys).await?;
        let written = match snapshot.read(&row)? {
            Some(PayloadDocument::Present { .. }) => Some(tombstone(id, snapshot.now)),
            Some(PayloadDocument::Erased { .. }) if !snapshot.commands.contains_key(&placed) => {
                None
            }
            Some(PayloadDocument::Erased { .. }) | None => return Ok(()),
        };
        let origin = origin(erased_key(id), None);
        let mut change_set = ChangeSet::new(origin, Fingerprint::NONE, "null", snapshot.now);
        change_set.documents.extend(written);
        Error::unless_stored(store.commit(self.tenant.id(), &[change_set]).await?.pop())
    }
}

/// What replaces the row: it is written once and erased once, so its versions are known.
pub(super) fn tombstone(id: IntakeId, at: Timestamp) -> DocumentWrite {
    let kept = first_version();
    DocumentWrite {
        key: intake_row(id),
        expected: Expected::Version(kept),
        version: kept.next(),
        body: encode(&PayloadDocument::Erased { at }),
        index: Index::None,
    }
}

/// The version of the row while it is kept.
pub(super) fn first_version() -> Version {
    Version::ZERO.next()
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
