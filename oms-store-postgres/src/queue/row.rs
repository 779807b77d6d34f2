//! What comes back: jobs and answers as rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use oms_core::job::{
    AttemptError, AttemptFailure, Job, JobDraft, JobState, Lease, Priority, RunAt,
};
use oms_core::port::{
    Claimed, FailAnswer, FailureReport, Fired, Pushed, QueueStats, RedriveAnswer, StoreError,
};
use oms_core::value::{JobId, JobKey, JobKind, QueueName, RequestId, Timestamp};
use serde::Deserialize;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::{corrupt, unreadable};
use crate::rows::{column, parsed, parsed_if, time};
use crate::time::timestamp;

/// A state as it is stored; what is done is not.
pub(super) const fn state_code(state: JobState) -> i16 {
    match state {
        JobState::Ready => 1,
        JobState::Running => 2,
        JobState::Retrying => 3,
        JobState::Dead => 4,
        JobState::Done => 0,
    }
}

fn state(code: i16) -> Result<JobState, StoreError> {
    let found = JobState::ALL
        .into_iter()
        .find(|state| state_code(*state) == code);
    found.ok_or_else(|| corrupt("a job", &format!("its state is {code}")))
}

fn count<T: TryFrom<i64>>(row: &PgRow, name: &str) -> Result<T, StoreError> {
    let number: i64 = column(row, name)?;
    T::try_from(number).map_err(|_| corrupt(name, &format!("{number} is out of range")))
}

fn small(row: &PgRow, name: &str) -> Result<u16, StoreError> {
    let number: i16 = column(row, name)?;
    u16::try_from(number).map_err(|why| corrupt(name, &why))
}

/// Reads what was asked for.
pub(crate) fn draft(row: &PgRow) -> Result<JobDraft, StoreError> {
    let id: Uuid = column(row, "id")?;
    let rank = u8::try_from(small(row, "priority")?).unwrap_or(u8::MAX);
    let planned: Option<DateTime<Utc>> = column(row, "planned_for")?;
    let at = match planned {
        Some(at) => timestamp(at)?,
        None => time(row, "run_at")?,
    };
    Ok(JobDraft {
        id: JobId::from_uuid(id),
        queue: parsed(row, "queue", QueueName::parse)?,
        kind: parsed(row, "kind", JobKind::parse)?,
        payload: Arc::from(column::<&str>(row, "payload")?),
        run_at: RunAt::At(at),
        priority: Priority::of_rank(rank)
            .ok_or_else(|| corrupt("a job", &format!("its priority is {rank}")))?,
        unique: parsed_if(row, "unique_key", JobKey::parse)?,
        max_attempts: small(row, "max_attempts")?,
        trace: parsed_if(row, "trace", RequestId::parse)?,
    })
}

/// An error as it is stored.
#[derive(Deserialize)]
struct StoredError {
    attempt: u16,
    error: String,
    /// Microseconds since 1970.
    at: i64,
}

/// Reads a job.
pub(super) fn job(row: &PgRow) -> Result<Job, StoreError> {
    let unreadable = |why: &dyn std::fmt::Display| corrupt("the errors of a job", why);
    let errors: Vec<StoredError> =
        serde_json::from_str(column(row, "errors")?).map_err(|why| unreadable(&why))?;
    let errors = errors.into_iter().map(|stored| {
        let at = Timestamp::from_micros(stored.at).map_err(|why| unreadable(&why))?;
        Ok(AttemptError {
            attempt: stored.attempt,
            at,
            error: stored.error,
        })
    });
    Ok(Job {
        draft: draft(row)?,
        state: state(column(row, "state")?)?,
        attempts: small(row, "attempts")?,
        token: count(row, "token")?,
        due_at: time(row, "run_at")?,
        errors: errors.collect::<Result<_, StoreError>>()?,
        pushed_at: time(row, "pushed_at")?,
    })
}

/// The lease of a job that was given.
fn lease(row: &PgRow) -> Result<Lease, StoreError> {
    let id: Uuid = column(row, "id")?;
    Ok(Lease {
        id: JobId::from_uuid(id),
        token: count(row, "token")?,
    })
}

/// Reads the answer to a claim: jobs, then a row with the time. Jobs that became dead are no
/// worker's. Beside it, those that cannot be read: they are given, and nobody can work on them.
pub(super) fn claimed(rows: &[PgRow]) -> Result<(Claimed, Vec<FailureReport>), StoreError> {
    let Some((last, rows)) = rows.split_last() else {
        return Err(corrupt("an answer", &"it is empty"));
    };
    let next: Option<DateTime<Utc>> = column(last, "next_at")?;
    let (mut jobs, mut unread) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        match job(row) {
            Ok(found) if found.state == JobState::Running => jobs.push(found),
            Ok(_) => {}
            Err(why) => unread.push(FailureReport {
                lease: lease(row)?,
                failure: AttemptFailure::permanent(why.to_string()),
                pause_micros: 0,
            }),
        }
    }
    let claimed = Claimed {
        jobs,
        now: time(last, "at")?,
        next_at: next.map(timestamp).transpose()?,
    };
    Ok((claimed, unread))
}

pub(super) fn ids(rows: &[PgRow]) -> Result<HashSet<Uuid>, StoreError> {
    rows.iter().map(|row| column(row, "id")).collect()
}

fn holder(row: &PgRow) -> Result<Option<JobId>, StoreError> {
    let holder: Option<Uuid> = column(row, "holder")?;
    Ok(holder.map(JobId::from_uuid))
}

fn push_answer(row: &PgRow) -> Result<Option<Pushed>, StoreError> {
    let code: i16 = column(row, "code")?;
    Ok(match (code, holder(row)?) {
        (1, _) => Some(Pushed::Repeated),
        (2, Some(by)) => Some(Pushed::Taken { by }),
        _ => None,
    })
}

/// Reads which drafts were dropped, by place from 0, and why; `None` where the obstacle is gone.
pub(super) fn dropped(rows: &[PgRow]) -> Result<HashMap<usize, Option<Pushed>>, StoreError> {
    let mut dropped = HashMap::new();
    for row in rows {
        let place: usize = count(row, "item")?;
        dropped.insert(place.saturating_sub(1), push_answer(row)?);
    }
    Ok(dropped)
}

pub(super) fn failed(rows: &[PgRow]) -> Result<HashMap<JobId, FailAnswer>, StoreError> {
    let mut failed = HashMap::new();
    for row in rows {
        let id: Uuid = column(row, "id")?;
        let answer = match state(column(row, "state")?)? {
            JobState::Dead => FailAnswer::Dead,
            JobState::Ready | JobState::Running | JobState::Retrying | JobState::Done => {
                let due_at = time(row, "run_at")?;
                FailAnswer::Retrying { due_at }
            }
        };
        failed.insert(JobId::from_uuid(id), answer);
    }
    Ok(failed)
}

pub(super) fn redriven(rows: &[PgRow]) -> Result<Vec<RedriveAnswer>, StoreError> {
    let answer = |row: &PgRow| {
        let code: i16 = column(row, "code")?;
        Ok(match (code, holder(row)?) {
            (1, _) => RedriveAnswer::Ready,
            (3, Some(by)) => RedriveAnswer::Taken { by },
            _ => RedriveAnswer::NotDead,
        })
    };
    rows.iter().map(answer).collect()
}

pub(super) fn fired(rows: &[PgRow]) -> Result<Fired, StoreError> {
    let row = rows.first();
    let row = row.ok_or_else(|| corrupt("an answer", &"it is empty"))?;
    let fired: i16 = column(row, "fired")?;
    match fired {
        1 => Ok(Fired::Noted),
        2 => Ok(Fired::Already {
            last: time(row, "last")?,
        }),
        _ => {
            let code: Option<i16> = row.try_get("code").map_err(unreadable)?;
            let dropped = code.map(|_| push_answer(row)).transpose()?.flatten();
            Ok(Fired::Pushed(dropped.unwrap_or(Pushed::Kept)))
        }
    }
}

/// Reads the counts of a queue; `None` for a tenant without any.
pub(super) fn stats(row: &PgRow) -> Result<Option<QueueStats>, StoreError> {
    let Some(queue) = parsed_if(row, "queue", QueueName::parse)? else {
        return Ok(None);
    };
    let oldest: Option<DateTime<Utc>> = column(row, "oldest")?;
    Ok(Some(QueueStats {
        queue,
        ready: count(row, "ready")?,
        scheduled: count(row, "scheduled")?,
        running: count(row, "running")?,
        retrying: count(row, "retrying")?,
        dead: count(row, "dead")?,
        oldest_due_at: oldest.map(timestamp).transpose()?,
        done: count(row, "done")?,
        died: count(row, "died")?,
    }))
}
