//! Connections: taken, used for one statement, given back or closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use oms_core::port::StoreError;
use oms_core::value::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor, Postgres};
use tokio::time::timeout;

use crate::commit::Time;
use crate::error::{Failure, busy, classify, read_failed, unanswered, unavailable};
use crate::options::{wait_within, work_within};
use crate::time::column;

/// No time is set: the server's clock counts.
const UNSET: i64 = -1;

/// How often a statement is sent before its caller is told that the store is busy.
const ATTEMPTS: u32 = 8;

/// A session of the server is used by many clients, so what it does by itself is up to nobody here.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// The longest timeout a server takes, in milliseconds.
const TIMEOUT_MAX: u128 = 2_147_483_647;

/// For a statement that reads everything a tenant has: how long one may work is for everyday calls.
const BEGIN_LONG: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// A pool and how statements run on it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pool: PgPool,
    pooler: bool,
    /// How long an answer may take: a server that is gone does not always say so.
    answer_timeout: Duration,
    /// What begins a transaction, where one is begun.
    begin: Arc<str>,
    /// The pool is the store's own: nobody else uses its connections.
    owned: bool,
    /// The time tests set, in microseconds.
    fixed: Arc<AtomicI64>,
    traffic: Arc<Traffic>,
}

/// What tells a pool that is used up from a server that is gone: the pool waits for both alike.
#[derive(Debug, Default)]
struct Traffic {
    /// Connections in use.
    held: AtomicUsize,
    /// Connections that were had so far; it may wrap.
    had: AtomicU64,
}

/// A connection that is closed, not given back, unless its statement came to an end.
struct Held {
    connection: PoolConnection<Postgres>,
    ended: bool,
    traffic: Arc<Traffic>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.traffic.held.fetch_sub(1, Ordering::SeqCst);
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

impl Session {
    pub(crate) fn new(pool: PgPool, pooler: bool, answer_timeout: Duration) -> Self {
        Self {
            pool,
            pooler,
            answer_timeout,
            begin: begin_within(answer_timeout),
            owned: false,
            fixed: Arc::new(AtomicI64::new(UNSET)),
            traffic: Arc::default(),
        }
    }

    /// On a pool that nobody else uses.
    pub(crate) const fn owning(mut self) -> Self {
        self.owned = true;
        self
    }

    pub(crate) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether a pooler stands before the server.
    pub(crate) const fn is_pooled(&self) -> bool {
        self.pooler
    }

    #[cfg(feature = "testing")]
    pub(crate) fn fix_time(&self, at: Option<Timestamp>) {
        let micros = at.map_or(UNSET, Timestamp::micros);
        self.fixed.store(micros, Ordering::SeqCst);
    }

    /// The time that counts instead of the server's, if a test set one.
    pub(crate) fn fixed_time(&self) -> Option<Time> {
        let micros = self.fixed.load(Ordering::SeqCst);
        Timestamp::from_micros(micros).ok().map(column)
    }

    async fn hold(&self) -> Result<Held, StoreError> {
        let traffic = self.traffic.clone();
        let had = traffic.had.load(Ordering::SeqCst);
        match self.pool.acquire().await {
            Ok(connection) => {
                traffic.held.fetch_add(1, Ordering::SeqCst);
                traffic.had.fetch_add(1, Ordering::SeqCst);
                Ok(Held {
                    connection,
                    ended: false,
                    traffic,
                })
            }
            Err(sqlx::Error::PoolTimedOut)
                if traffic.held.load(Ordering::SeqCst) > 0
                    || traffic.had.load(Ordering::SeqCst) != had =>
            {
                Err(busy())
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Runs a statement that writes, in a transaction of its own.
    pub(crate) async fn write(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, Failure> {
        self.send(query, true, None).await
    }

    /// Runs a statement that writes, and gives up where it would `wait` for a lock for longer, if
    /// given. That takes two more round trips.
    pub(crate) async fn write_within(
        &self,
        query: Query<'_, Postgres, PgArguments>,
        wait: Option<Duration>,
    ) -> Result<Vec<PgRow>, Failure> {
        self.send(query, true, wait).await
    }

    /// Runs a statement that writes, again while somebody is in its way.
    pub(crate) async fn again<'q>(
        &self,
        query: impl Fn() -> Query<'q, Postgres, PgArguments> + Send + Sync,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut attempts = 1;
        loop {
            match self.write(query()).await {
                Ok(rows) => return Ok(rows),
                Err(Failure::Again { .. }) if attempts < ATTEMPTS => attempts += 1,
                Err(failure) => return Err(failure.plain()),
            }
        }
    }

    /// Runs a statement that only reads.
    pub(crate) async fn read(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        self.send(query, false, None).await.map_err(Failure::plain)
    }

    /// Runs a statement that asks what the schema is like.
    pub(crate) async fn read_schema(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let rows = self.send(query, false, None).await;
        rows.map_err(Failure::of_schema)
    }

    async fn send(
        &self,
        query: Query<'_, Postgres, PgArguments>,
        writes: bool,
        wait: Option<Duration>,
    ) -> Result<Vec<PgRow>, Failure> {
        let mut held = self.hold().await.map_err(Failure::Store)?;
        let begun = self.begin(&mut held, wait).await.map_err(Failure::Store)?;
        let asked = run(&mut held, query, writes, begun);
        let answer = self.answered(asked, writes).await;
        held.ended = self.is_sound_after(&answer);
        answer
    }

    /// Runs a statement that only reads, for as long as it takes.
    pub(crate) async fn read_long(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut held = self.hold().await?;
        let connection = &mut *held.connection;
        connection.execute(BEGIN_LONG).await.map_err(unavailable)?;
        let answer = run(&mut held, query, false, true).await;
        held.ended = self.is_sound_after(&answer);
        answer.map_err(Failure::plain)
    }

    /// Waits for an answer no longer than one may take. A server whose host is gone, or that the
    /// network no longer leads to, never ends the connection.
    async fn answered(
        &self,
        asked: impl Future<Output = Result<Vec<PgRow>, Failure>> + Send,
        writes: bool,
    ) -> Result<Vec<PgRow>, Failure> {
        match timeout(self.answer_timeout, asked).await {
            Ok(answer) => answer,
            Err(late) => {
                self.close_idle();
                let error = unanswered(self.answer_timeout, late, writes);
                Err(Failure::Store(error))
            }
        }
    }

    /// Closes the connections nobody uses: where one got no answer, none of them would, and each
    /// would take its caller as long to find out. Those of a host's own pool are the host's.
    fn close_idle(&self) {
        if !self.owned {
            return;
        }
        for _ in 0..self.pool.size() {
            let Some(mut idle) = self.pool.try_acquire() else {
                return;
            };
            idle.close_on_drop();
        }
    }

    /// Whether a connection may be used again: its last statement came to an end, and only that
    /// one was refused.
    fn is_sound_after(&self, answer: &Result<Vec<PgRow>, Failure>) -> bool {
        match answer {
            Ok(_) => true,
            Err(failure) => failure.spares_session(self.pooler),
        }
    }

    /// Begins the transaction of a statement, where it needs one, and answers whether it did: one
    /// that may `wait` for a lock for so long does, and behind a pooler every one, which keeps the
    /// server session for both halves of an unnamed statement then. It may let this one wait until
    /// a session is free; who waits in vain has asked for nothing yet, and no other connection is
    /// at fault.
    async fn begin(&self, held: &mut Held, wait: Option<Duration>) -> Result<bool, StoreError> {
        let begin: Arc<str> = match wait {
            Some(wait) => {
                let wait = millis(wait);
                format!("{}; SET LOCAL lock_timeout = {wait}", self.begin).into()
            }
            None if self.pooler => self.begin.clone(),
            None => return Ok(false),
        };
        let connection = &mut *held.connection;
        let begun = connection.execute(AssertSqlSafe(begin));
        match timeout(self.answer_timeout, begun).await {
            Ok(begun) => begun.map(|_| true).map_err(unavailable),
            Err(late) => Err(unanswered(self.answer_timeout, late, false)),
        }
    }
}

/// What begins a transaction in which no statement outlasts its client's patience: a server that
/// waits for a lock does not notice that its client is gone. Nor does it notice that one stands
/// still between an answer and the end of its transaction, whose rows are locked until then.
fn begin_within(answer_timeout: Duration) -> Arc<str> {
    let work = millis(work_within(answer_timeout));
    let wait = millis(wait_within(answer_timeout));
    format!(
        "{BEGIN}; SET LOCAL statement_timeout = {work}; \
         SET LOCAL idle_in_transaction_session_timeout = {wait}"
    )
    .into()
}

/// A timeout as a server takes it, to which nothing means no limit.
fn millis(limit: Duration) -> u128 {
    limit.as_millis().clamp(1, TIMEOUT_MAX)
}

/// Runs a statement, and ends the transaction that was `begun` for it.
async fn run(
    held: &mut Held,
    query: Query<'_, Postgres, PgArguments>,
    writes: bool,
    begun: bool,
) -> Result<Vec<PgRow>, Failure> {
    let connection = &mut *held.connection;
    if !begun {
        let rows = connection.fetch_all(query).await;
        return rows.map_err(|why| classify(why, writes));
    }
    match connection.fetch_all(query.persistent(false)).await {
        Ok(rows) => {
            let done = connection.execute("COMMIT").await;
            done.map(|_| rows).map_err(|why| classify(why, writes))
        }
        Err(why) => {
            let failure = classify(why, writes);
            // If this fails, the server rolls back on its own when the connection is closed.
            let undone = connection.execute("ROLLBACK").await;
            undone.map_err(|why| Failure::Store(read_failed(why)))?;
            Err(failure)
        }
    }
}
