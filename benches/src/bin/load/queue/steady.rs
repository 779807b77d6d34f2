//! Many jobs through one table: is the last of them as fast as the first?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use oms_store_postgres::sqlx;
use oms_store_postgres::sqlx::postgres::PgPool;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::library::{Push, Take};
use super::{BULK, BULK_PUSHERS, Place, TAKERS};
use crate::Failure;
use crate::args::Args;
use crate::bloat;
use crate::measure::{float, per};
use crate::report::say;

/// Jobs that wait at most, so that the table stays as large as it is in a shop that keeps up.
const BACKLOG: u64 = 20_000;

/// Into so many parts a run is cut.
const PARTS: u64 = 10;

/// How far it is.
#[derive(Debug)]
struct Course {
    jobs: u64,
    pushed: AtomicU64,
    done: AtomicU64,
    /// When each part was done.
    parts: Mutex<Vec<Instant>>,
}

/// Pushes and finishes so many jobs at once; tells how fast the first and the last tenth were, and
/// what the table looks like.
pub(super) async fn run(args: &Args, place: &Place) -> Result<Vec<String>, Failure> {
    say(&format!("queue: {} jobs in a row", args.jobs));
    let course = Arc::new(Course {
        jobs: args.jobs,
        pushed: AtomicU64::new(0),
        done: AtomicU64::new(0),
        parts: Mutex::default(),
    });
    let push = Arc::new(Push::new(place, BULK, true)?);
    let take = Arc::new(Take::new(place));
    let began = Instant::now();
    let mut running = Vec::new();
    for _ in 0..BULK_PUSHERS {
        running.push(tokio::spawn(pushes(course.clone(), push.clone())));
    }
    for _ in 0..TAKERS {
        running.push(tokio::spawn(takes(course.clone(), take.clone())));
    }
    for task in running {
        task.await??;
    }
    let parts = course.parts.lock().await.clone();
    let mut notes = vec![told(args.jobs, began, &parts)];
    notes.push(vacuumed(&place.pool).await?);
    notes.extend(
        bloat::tables(&place.pool)
            .await?
            .into_iter()
            .filter(|line| {
                let name = line.split_whitespace().next();
                name.is_some_and(|name| name == "table" || name.starts_with("job"))
            }),
    );
    Ok(notes)
}

async fn pushes(course: Arc<Course>, push: Arc<Push>) -> Result<(), Failure> {
    let size = u64::try_from(BULK)?;
    loop {
        if course.pushed.fetch_add(size, Ordering::SeqCst) >= course.jobs {
            return Ok(());
        }
        push.push().await?;
        let waiting = || {
            let pushed = course.pushed.load(Ordering::SeqCst);
            pushed.saturating_sub(course.done.load(Ordering::SeqCst))
        };
        while waiting() > BACKLOG {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn takes(course: Arc<Course>, take: Arc<Take>) -> Result<(), Failure> {
    loop {
        let count = take.batch().await?;
        let before = course.done.fetch_add(count, Ordering::SeqCst);
        let part = |done: u64| done.saturating_mul(PARTS) / course.jobs.max(1);
        let crossed = part(before + count).min(PARTS) - part(before).min(PARTS);
        for _ in 0..crossed {
            course.parts.lock().await.push(Instant::now());
        }
        if before + count >= course.jobs {
            return Ok(());
        }
        if count == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// The rates of the first and of the last part.
fn told(jobs: u64, began: Instant, parts: &[Instant]) -> String {
    let part = float(jobs) / float(PARTS);
    let mut before = began;
    let rates: Vec<f64> = parts
        .iter()
        .map(|at| {
            let secs = at.duration_since(before).as_secs_f64();
            before = *at;
            per(part, secs)
        })
        .collect();
    let (first, last) = (rates.first(), rates.last());
    let (first, last) = (first.copied().unwrap_or(0.0), last.copied().unwrap_or(0.0));
    format!(
        "queue, {jobs} jobs pushed and done: first tenth {first:.0} per second, last tenth \
         {last:.0} ({:.2} of it), {:.0} s in all",
        per(last, first),
        before.duration_since(began).as_secs_f64()
    )
}

/// The settings of the vacuum, and how often it came.
async fn vacuumed(pool: &PgPool) -> Result<String, Failure> {
    let sql = "SELECT array_to_string(c.reloptions, ', '), s.autovacuum_count \
        FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid \
        WHERE c.oid = 'oms.job'::regclass";
    let (settings, times): (String, i64) = sqlx::query_as(sql).fetch_one(pool).await?;
    Ok(format!("  vacuumed {times} times; {settings}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tenth_is_compared_with_the_first() {
        let began = Instant::now();
        let at = |secs| began + Duration::from_secs(secs);
        let text = told(1_000, began, &[at(1), at(3)]);
        for part in ["first tenth 100 per", "last tenth 50 (0.50", "3 s in all"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
