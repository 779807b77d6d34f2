//! Word of new jobs: workers of other processes look before their poll time is over.
//!
//! Nothing is sent by the statement that commits: a NOTIFY there takes a lock on the whole server
//! at commit. The store notes which queues got jobs, and a [`Notifier`] that the host drives sends
//! word of all of them in one statement of its own. Losing one costs a poll interval.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oms_core::plan::{ChangeSet, Outcome};
use oms_core::port::StoreError;
use oms_core::value::{QueueName, TenantId};
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::error::{corrupt, invalid, unavailable};
use crate::session::Session;
use crate::store::PgStore;

/// The channel that word is sent on.
const CHANNEL: &str = "oms_jobs";

/// Between two notifications of a queue lies at least this long.
const PAUSE: Duration = Duration::from_millis(10);

/// Most queues one statement sends word of; word of more is sent after the pause.
const QUEUES_MAX: usize = 1_000;

/// A queue of a tenant.
pub type TenantQueue = (TenantId, QueueName);

/// The queues that got jobs and nobody was told of yet.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// Whether anybody sends word.
    told: AtomicBool,
    queues: Mutex<BTreeSet<TenantQueue>>,
    some: Notify,
}

impl Pushed {
    /// Notes queues that got jobs.
    pub(crate) fn note<'a>(&self, tenant: &TenantId, queues: impl Iterator<Item = &'a QueueName>) {
        if !self.told.load(Ordering::Relaxed) {
            return;
        }
        let mut noted = false;
        for queue in queues {
            noted = true;
            self.known().insert((tenant.clone(), queue.clone()));
        }
        if noted {
            self.some.notify_one();
        }
    }

    /// Notes the queues of change sets that were committed.
    pub(crate) fn committed(&self, tenant: &TenantId, items: &[ChangeSet], outcomes: &[Outcome]) {
        let done = items.iter().zip(outcomes);
        let done = done.filter(|(_, outcome)| matches!(outcome, Outcome::Committed { .. }));
        let jobs = done.flat_map(|(item, _)| &item.jobs);
        self.note(tenant, jobs.map(|job| &job.queue));
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<TenantQueue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> BTreeSet<TenantQueue> {
        let mut known = self.known();
        let rest = match known.iter().nth(QUEUES_MAX).cloned() {
            Some(first) => known.split_off(&first),
            None => BTreeSet::new(),
        };
        if !rest.is_empty() {
            self.some.notify_one();
        }
        std::mem::replace(&mut *known, rest)
    }
}

/// Sends word of jobs that this store and its clones kept, to every [`Listener`] of the database.
///
/// The host calls [`send`](Self::send) in a loop; with several notifiers of one store each queue is
/// told by one of them. Works behind a pooler, too.
#[derive(Debug)]
pub struct Notifier {
    session: Session,
    pushed: Arc<Pushed>,
    earliest: Option<Instant>,
}

/// Hears of jobs that any process kept, on a connection of its own.
#[derive(Debug)]
pub struct Listener {
    connection: PgListener,
}

impl PgStore {
    /// What sends word of new jobs from now on.
    #[must_use]
    pub fn notifier(&self) -> Notifier {
        self.pushed().told.store(true, Ordering::Relaxed);
        Notifier {
            session: self.session().clone(),
            pushed: self.pushed().clone(),
            earliest: None,
        }
    }

    /// What hears of new jobs from now on. Takes a connection of the pool for as long as it lives.
    ///
    /// # Errors
    /// [`StoreError::InvalidCall`] behind a pooler, where nobody can listen: poll there.
    /// [`StoreError::Unavailable`].
    pub async fn listener(&self) -> Result<Listener, StoreError> {
        if self.session().is_pooled() {
            return Err(invalid("behind a pooler nobody can listen"));
        }
        let connection = PgListener::connect_with(self.pool()).await;
        let mut connection = connection.map_err(unavailable)?;
        connection.listen(CHANNEL).await.map_err(unavailable)?;
        Ok(Listener { connection })
    }
}

impl Notifier {
    /// Waits until jobs were kept, sends word of their queues in one statement, and answers which.
    /// Sends at most one word per queue in 10 ms. May be dropped while it waits.
    ///
    /// # Errors
    /// [`StoreError`]: the word is lost, and workers find the jobs by polling.
    pub async fn send(&mut self) -> Result<BTreeSet<TenantQueue>, StoreError> {
        loop {
            // Whoever drops this while it sleeps has taken the word already, not the queues.
            if self.pushed.known().is_empty() {
                self.pushed.some.notified().await;
            }
            if let Some(earliest) = self.earliest {
                sleep_until(earliest).await;
            }
            let queues = self.pushed.take();
            if queues.is_empty() {
                continue;
            }
            self.earliest = Instant::now().checked_add(PAUSE);
            let texts: Vec<String> = queues.iter().map(text).collect();
            let sql = "SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word";
            let query = sqlx::query(sql).bind(CHANNEL).bind(&texts[..]);
            self.session.read(query).await?;
            return Ok(queues);
        }
    }
}

impl Listener {
    /// Waits until jobs were kept, and answers in which queue. A connection that is lost is made
    /// again, and answered with `None`: word may have been lost, so look everywhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection can be made; ask again after a pause.
    pub async fn next(&mut self) -> Result<Option<TenantQueue>, StoreError> {
        let heard = self.connection.try_recv().await.map_err(unavailable)?;
        heard.map(|heard| read(heard.payload())).transpose()
    }
}

/// Tenants and queues have no control characters.
fn text((tenant, queue): &TenantQueue) -> String {
    format!("{tenant}\t{queue}")
}

fn read(text: &str) -> Result<TenantQueue, StoreError> {
    let unreadable = |why: &dyn std::fmt::Display| corrupt("word of new jobs", why);
    let (tenant, queue) = text
        .split_once('\t')
        .ok_or_else(|| unreadable(&"it has one part"))?;
    let tenant = TenantId::parse(tenant).map_err(|why| unreadable(&why))?;
    let queue = QueueName::parse(queue).map_err(|why| unreadable(&why))?;
    Ok((tenant, queue))
}
