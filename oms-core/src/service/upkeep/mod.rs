//! Jobs that every shop has, as handlers and schedules of a worker.

mod assign;
mod orders;

use std::sync::Arc;

use async_trait::async_trait;

use crate::job::{AttemptFailure, Job, JobDraft};
use crate::service::intake::failure;
use crate::service::{Error, Handler, Tenant, Wake, WorkerBuilder};
use crate::value::limits::PAGE_ITEMS_MAX;
use crate::value::{JobId, JobKind, QueueName};

/// The queue of the library's own jobs.
pub(super) const QUEUE: &str = "oms";

/// Most ticks of one job; what is left then is for the next one.
const TICKS_MAX: usize = 1_000;

/// After how many days in transit a parcel counts as delivered unless told otherwise.
const DELIVER_AFTER_DAYS: u32 = 14;

const DAY_SECS: i64 = 86_400;

/// A job that every shop has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UpkeepKind {
    /// Ends tentative claims whose time is over. A sweeper ([`Tenant::sweep`]) does it, too: have
    /// one or the other.
    ExpireClaims,
    /// Forgets the keys of old commands, as the sweeper does.
    ForgetKeys,
    /// Forgets the counters of days long over, as the sweeper does.
    ForgetCounters,
    /// Approves pending orders that nothing stands against any more, where the tenant approves
    /// automatically: a guard that did not pass when the order was placed passes now. One that has
    /// claimed nothing as it waits on backorder is approved, one that lost what it had is not.
    Approve,
    /// Takes parcels for delivered that have been in transit for long.
    Deliver,
    /// Tries the firm orders again that are on hold for
    /// [`Capacity`](crate::order::HoldReason::Capacity) alone, or beside
    /// [`Slot`](crate::order::HoldReason::Slot), the oldest first: one that a hub has room for now
    /// is assigned and released for that, and stays on hold for its slot. What of it is on
    /// backorder goes on waiting. One whose delivery slot is over meanwhile is held for that first.
    Assign,
    /// Cancels orders that nobody paid for and whose claims ended, or that never had any, and tells
    /// a person of those that were paid for in part. Only where a host asks for it:
    /// [`Upkeep::cancel_unpaid_after_days`].
    CancelUnpaid,
}

impl UpkeepKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::ExpireClaims,
        Self::ForgetKeys,
        Self::ForgetCounters,
        Self::Approve,
        Self::Deliver,
        Self::Assign,
        Self::CancelUnpaid,
    ];

    /// The kind of its jobs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExpireClaims => "expire_claims",
            Self::ForgetKeys => "forget_keys",
            Self::ForgetCounters => "forget_counters",
            Self::Approve => "auto_approve",
            Self::Deliver => "auto_deliver",
            Self::Assign => "auto_assign",
            Self::CancelUnpaid => "cancel_unpaid",
        }
    }

    /// How often it runs, as a cron expression, in [`Upkeep::schedules`].
    #[must_use]
    pub const fn cron(self) -> &'static str {
        match self {
            Self::ExpireClaims => "* * * * *",
            Self::Approve => "*/5 * * * *",
            Self::Deliver => "17 * * * *",
            // The days of hubs begin at full and half hours, and who waits comes first.
            Self::Assign => "1,31 * * * *",
            Self::CancelUnpaid => "27 * * * *",
            Self::ForgetKeys => "43 3 * * *",
            Self::ForgetCounters => "53 3 * * *",
        }
    }
}

impl std::fmt::Display for UpkeepKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The jobs that every shop has, for one tenant.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::port::JobQueue;
/// use oms_core::service::{Tenant, Upkeep, Worker};
///
/// fn worker(tenant: Tenant, queue: Arc<dyn JobQueue>) -> Worker {
///     let builder = Worker::builder(queue, tenant.id().clone());
///     Upkeep::new(tenant).deliver_after_days(21).handle(builder).build()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Upkeep {
    tenant: Tenant,
    deliver_after_days: u32,
    cancel_unpaid_after_days: Option<u32>,
}

impl Upkeep {
    /// Jobs for a tenant.
    #[must_use]
    pub const fn new(tenant: Tenant) -> Self {
        Self {
            tenant,
            deliver_after_days: DELIVER_AFTER_DAYS,
            cancel_unpaid_after_days: None,
        }
    }

    /// After how many days in transit a parcel counts as delivered; 14 unless told otherwise.
    #[must_use]
    pub const fn deliver_after_days(mut self, days: u32) -> Self {
        self.deliver_after_days = days;
        self
    }

    /// Cancels what nobody paid for, `days` days after its claims ended; not done unless asked
    /// for.
    ///
    /// It is about orders that began here: placed with
    /// [`ReserveMode::Tentative`](crate::plan::ReserveMode), never confirmed, on hold for
    /// [`ReservationExpired`](crate::order::HoldReason::ReservationExpired) (and, if a part was
    /// short or without room, or the delivery slot went with the stock, for
    /// [`Shortage`](crate::order::HoldReason::Shortage),
    /// [`Capacity`](crate::order::HoldReason::Capacity) or
    /// [`Slot`](crate::order::HoldReason::Slot)) and for nothing else, with no claim, and with no
    /// money that was taken, promised, let off or covered by a gift card, unless all of it went
    /// back. The days begin when the last of the claims ended. Where a channel keeps the order,
    /// too, the channel cancels it.
    ///
    /// Of money a person is told, whether or not a claim was lost: the order is held for
    /// [`ReservationExpired`](crate::order::HoldReason::ReservationExpired) with a note, once,
    /// unless a person has written one there. So is one that leaves nothing to pay, and that nobody
    /// confirmed.
    ///
    /// One without a claim that is pending, or on hold for
    /// [`Shortage`](crate::order::HoldReason::Shortage),
    /// [`Capacity`](crate::order::HoldReason::Capacity) or
    /// [`Slot`](crate::order::HoldReason::Slot) and for nothing else, ends so many days after the
    /// tenant's [`tentative_ttl_secs`](crate::tenant::Settings::tentative_ttl_secs): nothing was
    /// there, or a person took its work back, or let it go on after its claims had ended. A longer
    /// time that it was placed with is not known then, so have the days cover it.
    #[must_use]
    pub const fn cancel_unpaid_after_days(mut self, days: u32) -> Self {
        self.cancel_unpaid_after_days = Some(days);
        self
    }

    /// Lets a worker do these jobs.
    pub fn handle(&self, worker: WorkerBuilder) -> WorkerBuilder {
        let handler: Arc<dyn Handler> = Arc::new(self.clone());
        UpkeepKind::ALL.into_iter().fold(worker, |worker, kind| {
            let kind = JobKind::own(kind.as_str());
            worker.handler(QueueName::own(QUEUE), kind, handler.clone())
        })
    }

    /// Lets a worker do these jobs and push them at their times, once however many workers there
    /// are. [`UpkeepKind::CancelUnpaid`] is pushed only if it was asked for.
    ///
    /// # Errors
    /// None of the expressions is malformed, so this is never one of a sound build; a host may
    /// treat it as it treats its own schedules.
    #[cfg(feature = "calendar")]
    pub fn schedules(
        &self,
        worker: WorkerBuilder,
    ) -> Result<WorkerBuilder, crate::job::JobRejection> {
        use crate::job::Schedule;
        use crate::value::ScheduleName;
        let mut worker = self.handle(worker);
        let cancels = self.cancel_unpaid_after_days.is_some();
        let wanted = |kind: &UpkeepKind| cancels || *kind != UpkeepKind::CancelUnpaid;
        for kind in UpkeepKind::ALL.into_iter().filter(wanted) {
            let schedule = Schedule::parse(kind.cron(), "UTC")?;
            let name = ScheduleName::own(kind.as_str());
            // Each time has an id of its own, so this one does not matter.
            let draft = Self::job(kind, JobId::from_uuid(uuid::Uuid::nil()));
            worker = worker.schedule(name, schedule, draft)?;
        }
        Ok(worker)
    }

    /// A job of a kind, for hosts that push it themselves. There is at most one unfinished one of
    /// each kind.
    #[must_use]
    pub fn job(kind: UpkeepKind, id: JobId) -> JobDraft {
        let name = kind.as_str();
        JobDraft::new(id, QueueName::own(QUEUE), JobKind::own(name), "null")
            .with_unique(crate::value::JobKey::own(name))
    }

    async fn expire_claims(&self) -> Result<(), Error> {
        for _ in 0..TICKS_MAX {
            if self.tenant.expire_claims().await?.next != Wake::Now {
                break;
            }
        }
        Ok(())
    }
}

/// Forgets page after page, until one is not full.
async fn forget<F>(page: impl Fn() -> F) -> Result<(), Error>
where
    F: Future<Output = Result<usize, Error>>,
{
    for _ in 0..TICKS_MAX {
        if page().await? < PAGE_ITEMS_MAX {
            break;
        }
    }
    Ok(())
}

#[async_trait]
impl Handler for Upkeep {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        let name = job.draft.kind.as_str();
        let kind = UpkeepKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name);
        let done = match kind {
            Some(UpkeepKind::ExpireClaims) => self.expire_claims().await,
            Some(UpkeepKind::ForgetKeys) => forget(|| self.tenant.forget_old_keys()).await,
            Some(UpkeepKind::ForgetCounters) => forget(|| self.tenant.forget_old_counters()).await,
            Some(UpkeepKind::Approve) => self.approve().await,
            Some(UpkeepKind::Deliver) => self.deliver().await,
            Some(UpkeepKind::Assign) => self.assign().await,
            Some(UpkeepKind::CancelUnpaid) => self.cancel_unpaid().await,
            None => {
                return Err(AttemptFailure::permanent(format!(
                    "no upkeep is called {name}"
                )));
            }
        };
        done.map_err(failure)
    }
}
