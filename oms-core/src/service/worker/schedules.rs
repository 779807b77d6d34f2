//! Recurring jobs of a worker.

use super::{Ticked, Worker, secs_until};
use crate::job::{JobDraft, Schedule};
use crate::port::{Fired, Pushed, StoreError};
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
    pub(super) async fn fire(
        &mut self,
        now: Timestamp,
        ticked: &mut Ticked,
    ) -> Result<u32, StoreError> {
        let mut wait = u32::MAX;
        for recurring in &mut self.schedules {
            // A schedule whose first time is still to come is noted too, or it would lose that.
            let last = recurring.schedule.last_until(now);
            let last = last.unwrap_or(Timestamp::EPOCH);
            if recurring.told != Some(last) {
                let id = id(&self.tenant, &recurring.name, last);
                let draft = JobDraft {
                    id,
                    ..recurring.draft.clone()
                };
                let fire = self.queue.fire(&self.tenant, &recurring.name, last, &draft);
                if fire.await? == Fired::Pushed(Pushed::Kept) {
                    ticked.fired += 1;
                    // It may be for this worker: look at once.
                    wait = 0;
                }
                recurring.told = Some(last);
            }
            if let Some(next) = recurring.schedule.next_after(now) {
                wait = wait.min(secs_until(now, next).max(1));
            }
        }
        Ok(wait)
    }
}

/// The id of a time of a schedule: the same at every worker, so one time is one job.
fn id(tenant: &TenantId, name: &ScheduleName, at: Timestamp) -> JobId {
    let at = at.micros().cast_unsigned();
    JobId::from_uuid(id_of(&[tenant.as_str(), name.as_str()], at))
}
