//! Recurring jobs of a worker.

use super::{Worker, secs_until};
use crate::job::{JobDraft, Schedule};
use crate::port::{Fired, JobQueue, Pushed, StoreError};
use crate::service::derived::id_of;
use crate::value::{JobId, ScheduleName, TenantId, Timestamp};

/// A schedule with the job it pushes.
#[derive(Debug)]
pub(super) struct Recurring {
    name: ScheduleName,
    schedule: Schedule,
    draft: JobDraft,
    /// The last time that the store was told of.
    told: Option<Timestamp>,
}

impl Recurring {
    pub(super) const fn new(name: ScheduleName, schedule: Schedule, draft: JobDraft) -> Self {
        Self {
            name,
            schedule,
            draft,
            told: None,
        }
    }
}

impl Worker {
    /// Pushes what recurs and is due; answers how many seconds until the next time. Times that
    /// nobody was there for are made up for once, by the last of them.
    ///
    /// # Errors
    /// The first [`StoreError`], after all schedules had their turn.
    pub(super) async fn fire(&mut self, now: Timestamp) -> Result<u32, StoreError> {
        let (mut wait, mut problem) = (u32::MAX, None);
        for recurring in &mut self.schedules {
            match recurring.report(&*self.queue, &self.tenant, now).await {
                Ok(false) => {}
                Ok(true) => {
                    self.untold.fired += 1;
                    // It may be for this worker: look at once.
                    wait = 0;
                }
                Err(error) => problem = problem.or(Some(error)),
            }
            if let Some(next) = recurring.schedule.next_after(now) {
                wait = wait.min(secs_until(now, next).max(1));
            }
        }
        problem.map_or(Ok(wait), Err)
    }
}

impl Recurring {
    /// Tells the store of the last time that has come; answers whether that pushed a job.
    async fn report(
        &mut self,
        queue: &dyn JobQueue,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // A schedule whose first time is still to come is noted too, or it would lose that.
        let last = self.schedule.last_until(now).unwrap_or(Timestamp::EPOCH);
        if self.told == Some(last) {
            return Ok(false);
        }
        let draft = JobDraft {
            id: id(tenant, &self.name, last),
            ..self.draft.clone()
        };
        let fired = queue.fire(tenant, &self.name, last, &draft).await?;
        self.told = Some(last);
        Ok(fired == Fired::Pushed(Pushed::Kept))
    }
}

/// The id of a time of a schedule: the same at every worker, so one time is one job.
fn id(tenant: &TenantId, name: &ScheduleName, at: Timestamp) -> JobId {
    let at = at.micros().cast_unsigned();
    JobId::from_uuid(id_of(&[tenant.as_str(), name.as_str()], at))
}
