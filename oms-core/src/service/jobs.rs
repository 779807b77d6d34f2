//! Pushing jobs that somebody will work on.

use std::borrow::Cow;
use std::sync::Arc;

use crate::job::{JobCatalog, JobDraft};
use crate::port::{JobQueue, Pushed, StoreError};
use crate::service::coalesce::PushGate;
use crate::service::{Coalescing, Error};
use crate::value::TenantId;
use crate::value::limits::JOBS_PER_CALL_MAX;

/// A queue with the catalog of a host: refuses what nobody would ever work on. Cheap to clone;
/// clones share what makes calls of many tasks go together.
#[derive(Clone, Debug)]
pub struct Jobs {
    gate: Arc<PushGate>,
    catalog: Arc<JobCatalog>,
}

impl Jobs {
    /// The queues of `catalog`, kept by `queue`. Pushes of many tasks go together, see
    /// [`coalescing`](Self::coalescing).
    #[must_use]
    pub fn new(queue: Arc<dyn JobQueue>, catalog: JobCatalog) -> Self {
        Self {
            gate: Arc::new(PushGate::new(queue, Some(Coalescing::default()))),
            catalog: Arc::new(catalog),
        }
    }

    /// How small pushes of many tasks are made into few calls of the queue, as commits are;
    /// `None` sends each by itself. A push that is alone goes at once either way, and so does one
    /// of more than [`items_max`](Coalescing::items_max) drafts.
    #[must_use]
    pub fn coalescing(mut self, coalescing: Option<Coalescing>) -> Self {
        self.gate = Arc::new(PushGate::new(self.gate.queue().clone(), coalescing));
        self
    }

    /// The queue, for everything else.
    #[must_use]
    pub fn queue(&self) -> &Arc<dyn JobQueue> {
        self.gate.queue()
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
    /// [`Error::Store`] with the failures of [`JobQueue::push`]; jobs beyond
    /// [`JOBS_PER_CALL_MAX`] go in several calls, and those of calls before the
    /// one that failed are kept: push all again, they are repeats then. The failure of a call is
    /// told to all whose jobs went with it. [`StoreError::Busy`] when too many wait already.
    pub async fn push(&self, tenant: &TenantId, drafts: &[JobDraft]) -> Result<Vec<Pushed>, Error> {
        let mut answers = Vec::with_capacity(drafts.len());
        for drafts in drafts.chunks(JOBS_PER_CALL_MAX) {
            // What no store may keep is refused by the queue: payloads are read once.
            let check = |draft| self.catalog.check_known(draft);
            let checked: Vec<_> = drafts.iter().map(check).collect();
            let known = if checked.iter().all(Result::is_ok) {
                Cow::Borrowed(drafts)
            } else {
                let known = drafts.iter().zip(&checked);
                let known = known.filter(|(_, check)| check.is_ok());
                known.map(|(draft, _)| draft.clone()).collect()
            };
            let pushed = self.gate.push(tenant, known).await.map_err(Error::Store)?;
            let mut pushed = pushed.into_iter();
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
