//! What is sent: arrays of drafts and leases, and the statements of lists.

use std::collections::{HashMap, HashSet};

use oms_core::job::{Job, JobDraft, JobState, Lease, RunAt};
use oms_core::port::{JobFilter, LeaseAnswer, Page, StoreError};
use oms_core::value::limits::{JOB_LEASE_MAX_SECS, JOBS_PER_CALL_MAX};
use oms_core::value::{JobId, ScheduleName, TenantId};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::row::{job as job_row, state_code};
use crate::commit::Time;
use crate::error::invalid;
use crate::list::{asked, id, page};
use crate::session::Session;
use crate::time::column;

pub(crate) type Statement<'q> = Query<'q, Postgres, PgArguments>;

pub(super) fn within_call(items: usize) -> Result<(), StoreError> {
    if items <= JOBS_PER_CALL_MAX {
        return Ok(());
    }
    let detail = format!("{items} jobs in one call, at most {JOBS_PER_CALL_MAX}");
    Err(invalid(detail))
}

pub(super) fn within_lease(secs: u32) -> Result<(), StoreError> {
    if (1..=JOB_LEASE_MAX_SECS).contains(&secs) {
        return Ok(());
    }
    let detail = format!("a lease of {secs} s is not within 1 to {JOB_LEASE_MAX_SECS}");
    Err(invalid(detail))
}

/// How often a lease can count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown {
    /// It ends when it is shown.
    Once,
    /// It lasts.
    AnyTimes,
}

/// Leases as arrays, sorted, each once.
#[derive(Debug)]
pub(super) struct Leases {
    pub(super) id: Vec<Uuid>,
    pub(super) token: Vec<i64>,
}

/// The token as it is stored; `None` for one that no lease has, since none is as high.
pub(super) fn stored(lease: &Lease) -> Option<i64> {
    i64::try_from(lease.token).ok()
}

impl Leases {
    pub(super) fn new(leases: &[Lease]) -> Self {
        let mut sorted: Vec<Lease> = leases.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let known = sorted.iter();
        let known = known.filter_map(|lease| Some((lease.id.as_uuid(), stored(lease)?)));
        let (id, token) = known.unzip();
        Self { id, token }
    }

    /// The answers for leases in the order they came, given the ids whose lease counted. Another
    /// lease of the same job is lost; so is a second showing of a lease that ends with its first.
    pub(super) fn answers(
        leases: &[Lease],
        mut held: HashSet<Uuid>,
        shown: Shown,
    ) -> Vec<LeaseAnswer> {
        let newest = newest(leases.iter().copied());
        let answer = |lease: &Lease| {
            let id = lease.id.as_uuid();
            let newest = newest.get(&lease.id) == Some(&lease.token);
            let counts = match shown {
                Shown::Once => newest && held.remove(&id),
                Shown::AnyTimes => newest && held.contains(&id),
            };
            if counts {
                LeaseAnswer::Held
            } else {
                LeaseAnswer::Lost
            }
        };
        leases.iter().map(answer).collect()
    }
}

/// The highest token of each job: of several leases only that one can be the job's.
pub(super) fn newest(leases: impl Iterator<Item = Lease>) -> HashMap<JobId, u64> {
    let mut newest = HashMap::new();
    for lease in leases.filter(|lease| stored(lease).is_some()) {
        let token = newest.entry(lease.id).or_default();
        *token = lease.token.max(*token);
    }
    newest
}

/// Drafts as arrays.
#[derive(Debug, Default)]
pub(super) struct Drafts<'a> {
    id: Vec<Uuid>,
    queue: Vec<&'a str>,
    kind: Vec<&'a str>,
    payload: Vec<&'a str>,
    run: Vec<Option<Time>>,
    delay_secs: Vec<i64>,
    priority: Vec<i16>,
    unique: Vec<Option<&'a str>>,
    attempts: Vec<i16>,
    trace: Vec<Option<&'a str>>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(drafts: impl IntoIterator<Item = &'a JobDraft>) -> Self {
        let mut rows = Self::default();
        for draft in drafts {
            let (run, delay) = match draft.run_at {
                RunAt::Now => (None, 0),
                RunAt::AfterSecs(secs) => (None, i64::from(secs)),
                RunAt::At(at) => (Some(column(at)), 0),
            };
            rows.id.push(draft.id.as_uuid());
            rows.queue.push(draft.queue.as_str());
            rows.kind.push(draft.kind.as_str());
            rows.payload.push(&draft.payload);
            rows.run.push(run);
            rows.delay_secs.push(delay);
            rows.priority.push(i16::from(draft.priority.rank()));
            rows.unique
                .push(draft.unique.as_ref().map(|key| key.as_str()));
            // The check of the draft keeps it far below.
            let attempts = i16::try_from(draft.max_attempts).unwrap_or(i16::MAX);
            rows.attempts.push(attempts);
            rows.trace.push(draft.trace.as_ref().map(|id| id.as_str()));
        }
        rows
    }

    pub(super) fn push<'q>(&'q self, tenant: &'q TenantId, now: Option<Time>) -> Statement<'q> {
        const SQL: &str = "SELECT * FROM oms.push_jobs_v1( \
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        self.bind(sqlx::query(SQL).bind(tenant.as_str()).bind(now))
    }

    pub(super) fn fire<'q>(
        &'q self,
        tenant: &'q TenantId,
        now: Option<Time>,
        schedule: &'q ScheduleName,
        at: Time,
    ) -> Statement<'q> {
        const SQL: &str = "SELECT * FROM oms.fire_schedule_v1( \
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let query = sqlx::query(SQL).bind(tenant.as_str()).bind(now);
        self.bind(query.bind(schedule.as_str()).bind(at))
    }

    fn bind<'q>(&'q self, query: Statement<'q>) -> Statement<'q> {
        query
            .bind(&self.id[..])
            .bind(&self.queue[..])
            .bind(&self.kind[..])
            .bind(&self.payload[..])
            .bind(&self.run[..])
            .bind(&self.delay_secs[..])
            .bind(&self.priority[..])
            .bind(&self.unique[..])
            .bind(&self.attempts[..])
            .bind(&self.trace[..])
    }
}

/// The columns of a job as [`job_row`] reads them.
const COLUMNS: &str = "SELECT id, queue, kind, payload, run_at, priority, state, attempts, \
    max_attempts, token, planned_for, pushed_at, unique_key, trace, errors::text AS errors \
    FROM oms.job WHERE tenant = ";

pub(super) async fn list(
    session: &Session,
    tenant: &TenantId,
    filter: &JobFilter,
    after: Option<JobId>,
    limit: usize,
) -> Result<Page<Job, JobId>, StoreError> {
    let rows = asked(limit)?;
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push_bind(tenant.as_str());
    if let Some(queue) = &filter.queue {
        sql.push(" AND queue = ").push_bind(queue.as_str());
    }
    match filter.state {
        // The words of the partial index, which the planner must recognise.
        Some(JobState::Dead) => drop(sql.push(" AND state = 4")),
        Some(state) => drop(sql.push(" AND state = ").push_bind(state_code(state))),
        None => {}
    }
    if let Some(after) = after {
        sql.push(" AND id > ").push_bind(after.as_uuid());
    }
    sql.push(" ORDER BY id LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    page(&rows, limit, job_row, |row| id(row, JobId::from_uuid))
}

pub(super) async fn job(
    session: &Session,
    tenant: &TenantId,
    id: JobId,
) -> Result<Option<Job>, StoreError> {
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push_bind(tenant.as_str());
    sql.push(" AND id = ").push_bind(id.as_uuid());
    let rows = session.read(sql.build()).await?;
    rows.first().map(job_row).transpose()
}
