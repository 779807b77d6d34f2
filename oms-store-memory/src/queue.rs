//! The queue of the port: finds the tenant, takes its lock, and asks.

use async_trait::async_trait;
use oms_core::job::{Job, JobCommand, JobDraft, JobEvent, Lease};
use oms_core::port::{
    Claimed, FailAnswer, FailureReport, Fired, JobFilter, JobQueue, LeaseAnswer, Page, Pushed,
    QueueDemand, QueueReport, RedriveAnswer, StoreError,
};
use oms_core::value::limits::{JOB_LEASE_MAX_SECS, JOBS_PER_CALL_MAX};
use oms_core::value::{JobId, ScheduleName, TenantId, Timestamp};

use crate::jobs::Jobs;
use crate::store::{MemoryStore, or_empty, within_page};

fn invalid(detail: String) -> StoreError {
    StoreError::InvalidCall { detail }
}

fn within_call(items: usize) -> Result<(), StoreError> {
    if items <= JOBS_PER_CALL_MAX {
        return Ok(());
    }
    let detail = format!("{items} jobs in one call, at most {JOBS_PER_CALL_MAX}");
    Err(invalid(detail))
}

fn within_lease(secs: u32) -> Result<(), StoreError> {
    if (1..=JOB_LEASE_MAX_SECS).contains(&secs) {
        return Ok(());
    }
    let detail = format!("a lease of {secs} s is not within 1 to {JOB_LEASE_MAX_SECS}");
    Err(invalid(detail))
}

impl MemoryStore {
    /// Writes to the jobs of a tenant, which is made if nobody ever wrote it.
    fn write_jobs<R>(
        &self,
        tenant: &TenantId,
        write: impl FnOnce(&mut Jobs, Timestamp) -> R,
    ) -> Result<R, StoreError> {
        self.write(tenant, |found, now| write(&mut found.jobs, now), |_| true)
    }

    /// Answers for leases: `held` says whether each counted.
    fn answer(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
        command: impl Fn(Lease) -> JobCommand,
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        within_call(leases.len())?;
        self.write_jobs(tenant, |jobs, now| {
            let answer = |lease: &Lease| match jobs.change(lease.id, &command(*lease), now) {
                Some(Ok(_)) => LeaseAnswer::Held,
                Some(Err(_)) | None => LeaseAnswer::Lost,
            };
            leases.iter().map(answer).collect()
        })
    }
}

#[async_trait]
impl JobQueue for MemoryStore {
    async fn push(
        &self,
        tenant: &TenantId,
        drafts: &[JobDraft],
    ) -> Result<Vec<Pushed>, StoreError> {
        within_call(drafts.len())?;
        self.write_jobs(tenant, |jobs, now| {
            drafts.iter().map(|draft| jobs.push(draft, now)).collect()
        })
    }

    async fn claim(
        &self,
        tenant: &TenantId,
        wanted: &[QueueDemand],
        lease_secs: u32,
    ) -> Result<Claimed, StoreError> {
        let jobs = wanted.iter().map(|demand| demand.jobs);
        within_call(jobs.fold(wanted.len(), usize::saturating_add))?;
        within_lease(lease_secs)?;
        self.write_jobs(tenant, |jobs, now| {
            let (jobs, next_at) = jobs.claim(wanted, lease_secs, now);
            Claimed { jobs, now, next_at }
        })
    }

    async fn extend(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
        lease_secs: u32,
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        within_lease(lease_secs)?;
        self.answer(tenant, leases, |lease| JobCommand::Extend {
            lease,
            lease_secs,
        })
    }

    async fn complete(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        self.answer(tenant, leases, |lease| JobCommand::Complete { lease })
    }

    async fn fail(
        &self,
        tenant: &TenantId,
        reports: &[FailureReport],
    ) -> Result<Vec<FailAnswer>, StoreError> {
        within_call(reports.len())?;
        self.write_jobs(tenant, |jobs, now| {
            let fail = |report: &FailureReport| {
                let command = JobCommand::Fail {
                    lease: report.lease,
                    failure: report.failure.clone(),
                    pause_micros: report.pause_micros,
                };
                match jobs.change(report.lease.id, &command, now) {
                    Some(Ok(JobEvent::Retried { due_at, .. })) => FailAnswer::Retrying { due_at },
                    Some(Ok(_)) => FailAnswer::Dead,
                    Some(Err(_)) | None => FailAnswer::Lost,
                }
            };
            reports.iter().map(fail).collect()
        })
    }

    async fn hand_back(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        self.answer(tenant, leases, |lease| JobCommand::HandBack { lease })
    }

    async fn redrive(
        &self,
        tenant: &TenantId,
        ids: &[JobId],
    ) -> Result<Vec<RedriveAnswer>, StoreError> {
        within_call(ids.len())?;
        self.write_jobs(tenant, |jobs, now| {
            ids.iter().map(|id| jobs.redrive(*id, now)).collect()
        })
    }

    async fn delete(&self, tenant: &TenantId, ids: &[JobId]) -> Result<Vec<bool>, StoreError> {
        within_call(ids.len())?;
        self.write_jobs(tenant, |jobs, _| {
            ids.iter().map(|id| jobs.delete(*id)).collect()
        })
    }

    async fn fire(
        &self,
        tenant: &TenantId,
        schedule: &ScheduleName,
        at: Timestamp,
        draft: &JobDraft,
    ) -> Result<Fired, StoreError> {
        draft.check().map_err(|why| invalid(why.to_string()))?;
        self.write_jobs(tenant, |jobs, now| jobs.fire(schedule, at, draft, now))
    }

    async fn list(
        &self,
        tenant: &TenantId,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<Job, JobId>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, _| found.jobs.list(filter, after, limit))
            .map(or_empty)
    }

    async fn job(&self, tenant: &TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        let found = self.read(tenant, |found, _| found.jobs.get(id).cloned())?;
        Ok(found.flatten())
    }

    async fn queue_stats(&self, tenant: &TenantId) -> Result<QueueReport, StoreError> {
        let found = self.read(tenant, |found, now| found.jobs.report(now))?;
        Ok(found.unwrap_or_else(|| Jobs::default().report(self.now())))
    }
}
