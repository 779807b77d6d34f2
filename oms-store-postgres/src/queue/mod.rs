//! The queue: jobs as rows, each call one statement.

mod call;
mod push;
mod row;

use async_trait::async_trait;
use oms_core::job::{FailureKind, Job, JobDraft, LEASE_EXPIRED, Lease, kept_pause};
use oms_core::port::{
    Claimed, FailAnswer, FailureReport, Fired, JobFilter, JobQueue, LeaseAnswer, Page, Pushed,
    QueueDemand, QueueReport, RedriveAnswer, StoreError,
};
use oms_core::value::limits::JOB_ERRORS_MAX;
use oms_core::value::{JobId, ScheduleName, TenantId, Timestamp};
use sqlx::Row;
use uuid::Uuid;

use crate::error::{corrupt, invalid, unreadable};
use crate::store::PgStore;
use crate::time::{column, timestamp};
use call::{Drafts, Leases, Shown, within_call, within_lease};

pub(crate) use row::draft;

fn errors_max() -> i32 {
    i32::try_from(JOB_ERRORS_MAX).unwrap_or(i32::MAX)
}

impl PgStore {
    /// Answers for leases with the rows whose lease counted.
    async fn held(
        &self,
        leases: &[Lease],
        sql: &'static str,
        shown: Shown,
        bind: impl Fn(call::Statement<'_>) -> call::Statement<'_> + Sync,
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        within_call(leases.len())?;
        if leases.is_empty() {
            return Ok(Vec::new());
        }
        let sent = Leases::new(leases);
        let rows = self
            .session()
            .again(|| {
                bind(sqlx::query(sql))
                    .bind(&sent.id[..])
                    .bind(&sent.token[..])
            })
            .await?;
        let held = row::ids(&rows)?;
        Ok(Leases::answers(leases, held, shown))
    }
}

#[async_trait]
impl JobQueue for PgStore {
    async fn push(
        &self,
        tenant: &TenantId,
        drafts: &[JobDraft],
    ) -> Result<Vec<Pushed>, StoreError> {
        push::push(self, tenant, drafts).await
    }

    async fn claim(
        &self,
        tenant: &TenantId,
        wanted: &[QueueDemand],
        lease_secs: u32,
    ) -> Result<Claimed, StoreError> {
        const SQL: &str = "SELECT * FROM oms.claim_jobs_v1($1, $2, $3, $4, $5, $6, $7)";
        let jobs = wanted.iter().map(|demand| demand.jobs);
        within_call(jobs.fold(wanted.len(), usize::saturating_add))?;
        within_lease(lease_secs)?;
        let queues: Vec<&str> = wanted.iter().map(|demand| demand.queue.as_str()).collect();
        let counts = wanted.iter().map(|demand| i64::try_from(demand.jobs));
        let counts: Vec<i64> = counts
            .collect::<Result<_, _>>()
            .map_err(|why| invalid(why.to_string()))?;
        let now = self.session().fixed_time();
        let statement = || {
            sqlx::query(SQL)
                .bind(tenant.as_str())
                .bind(now)
                .bind(&queues[..])
                .bind(&counts[..])
                .bind(i64::from(lease_secs))
                .bind(LEASE_EXPIRED)
                .bind(errors_max())
        };
        let rows = self.session().again(statement).await?;
        let (claimed, unread) = row::claimed(&rows)?;
        if !unread.is_empty() {
            // The others are given already. What is not told now comes back with its lease.
            let _told = self.fail(tenant, &unread).await;
        }
        Ok(claimed)
    }

    async fn extend(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
        lease_secs: u32,
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        const SQL: &str = "SELECT id FROM oms.extend_jobs_v1($1, $2, $4, $5, $3)";
        within_lease(lease_secs)?;
        let now = self.session().fixed_time();
        let (tenant, secs) = (tenant.as_str().to_owned(), i64::from(lease_secs));
        self.held(leases, SQL, Shown::AnyTimes, |query| {
            query.bind(tenant.clone()).bind(now).bind(secs)
        })
        .await
    }

    async fn complete(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        const SQL: &str = "SELECT id FROM oms.complete_jobs_v1($1, $2, $3)";
        let tenant = tenant.as_str().to_owned();
        self.held(leases, SQL, Shown::Once, |query| query.bind(tenant.clone()))
            .await
    }

    async fn fail(
        &self,
        tenant: &TenantId,
        reports: &[FailureReport],
    ) -> Result<Vec<FailAnswer>, StoreError> {
        const SQL: &str = "SELECT * FROM oms.fail_jobs_v1($1, $2, $3, $4, $5, $6, $7, $8)";
        within_call(reports.len())?;
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let known = reports.iter();
        let known = known.filter(|report| call::stored(&report.lease).is_some());
        let mut sorted: Vec<&FailureReport> = known.collect();
        sorted.sort_by_key(|report| report.lease);
        sorted.dedup_by_key(|report| report.lease);
        let leases: Vec<Lease> = sorted.iter().map(|report| report.lease).collect();
        let sent = Leases::new(&leases);
        let permanent = sorted.iter().map(|report| match report.failure.kind {
            FailureKind::Permanent => true,
            FailureKind::Transient => false,
        });
        let permanent: Vec<bool> = permanent.collect();
        let errors = sorted.iter().map(|report| report.failure.kept_message());
        let errors: Vec<String> = errors.collect();
        let pauses = sorted.iter().map(|report| kept_pause(report.pause_micros));
        let pauses: Vec<i64> = pauses.collect();
        let now = self.session().fixed_time();
        let statement = || {
            sqlx::query(SQL)
                .bind(tenant.as_str())
                .bind(now)
                .bind(&sent.id[..])
                .bind(&sent.token[..])
                .bind(&permanent[..])
                .bind(&errors[..])
                .bind(&pauses[..])
                .bind(errors_max())
        };
        let rows = self.session().again(statement).await?;
        let mut known = row::failed(&rows)?;
        let newest = call::newest(leases.iter().copied());
        let answer = |report: &FailureReport| {
            let Lease { id, token } = report.lease;
            let newest = newest.get(&id) == Some(&token);
            let known = newest.then(|| known.remove(&id)).flatten();
            known.unwrap_or(FailAnswer::Lost)
        };
        Ok(reports.iter().map(answer).collect())
    }

    async fn hand_back(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError> {
        const SQL: &str = "SELECT id FROM oms.hand_back_jobs_v1($1, $2, $3, $4)";
        let now = self.session().fixed_time();
        let tenant = tenant.as_str().to_owned();
        self.held(leases, SQL, Shown::Once, |query| {
            query.bind(tenant.clone()).bind(now)
        })
        .await
    }

    async fn redrive(
        &self,
        tenant: &TenantId,
        ids: &[JobId],
    ) -> Result<Vec<RedriveAnswer>, StoreError> {
        const SQL: &str = "SELECT * FROM oms.redrive_jobs_v1($1, $2, $3) ORDER BY item";
        within_call(ids.len())?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let now = self.session().fixed_time();
        let statement = || {
            let query = sqlx::query(SQL).bind(tenant.as_str());
            query.bind(now).bind(&ids[..])
        };
        row::redriven(&self.session().again(statement).await?)
    }

    async fn delete(&self, tenant: &TenantId, ids: &[JobId]) -> Result<Vec<bool>, StoreError> {
        const SQL: &str = "SELECT id FROM oms.delete_jobs_v1($1, $2)";
        within_call(ids.len())?;
        let mut sorted: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        sorted.sort_unstable();
        let statement = || {
            let query = sqlx::query(SQL).bind(tenant.as_str());
            query.bind(&sorted[..])
        };
        let mut gone = row::ids(&self.session().again(statement).await?)?;
        Ok(ids.iter().map(|id| gone.remove(&id.as_uuid())).collect())
    }

    async fn fire(
        &self,
        tenant: &TenantId,
        schedule: &ScheduleName,
        at: Timestamp,
        draft: &JobDraft,
    ) -> Result<Fired, StoreError> {
        draft.check().map_err(|why| invalid(why.to_string()))?;
        let sent = Drafts::new([draft]);
        let now = self.session().fixed_time();
        let statement = || sent.fire(tenant, now, schedule, column(at));
        let fired = row::fired(&self.session().again(statement).await?)?;
        if matches!(fired, Fired::Pushed(Pushed::Kept)) {
            self.pushed().note(tenant, std::iter::once(&draft.queue));
        }
        Ok(fired)
    }

    async fn list(
        &self,
        tenant: &TenantId,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<Job, JobId>, StoreError> {
        call::list(self.session(), tenant, filter, after, limit).await
    }

    async fn job(&self, tenant: &TenantId, id: JobId) -> Result<Option<Job>, StoreError> {
        call::job(self.session(), tenant, id).await
    }

    async fn queue_stats(&self, tenant: &TenantId) -> Result<QueueReport, StoreError> {
        const SQL: &str = "SELECT * FROM oms.queue_stats_v1($1, $2)";
        let query = sqlx::query(SQL).bind(tenant.as_str());
        let query = query.bind(self.session().fixed_time());
        let rows = self.session().read(query).await?;
        let first = rows.first();
        let first = first.ok_or_else(|| corrupt("an answer", &"it is empty"))?;
        let now = timestamp(first.try_get("at").map_err(unreadable)?)?;
        let mut queues = Vec::new();
        for row in &rows {
            queues.extend(row::stats(row)?);
        }
        queues.sort_by(|a, b| a.queue.cmp(&b.queue));
        Ok(QueueReport { now, queues })
    }
}
