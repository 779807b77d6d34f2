//! How a store uses its server.

use std::time::Duration;

/// How long an answer may take unless told otherwise: the longest statement, and [`MARGIN`].
const ANSWER_TIMEOUT: Duration = Duration::from_secs(35);

/// An answer may take this much longer than its statement, for the ways there and back. In a
/// transaction the server waits no longer for what its client says next.
const MARGIN: Duration = Duration::from_secs(5);

/// How many tenants share a transaction unless told otherwise: more gain little, and all of them
/// are sent again where one is refused.
const TENANTS_PER_COMMIT: usize = 32;

/// How long the server may work on a statement whose answer is waited for this long.
pub(crate) fn work_within(answer_timeout: Duration) -> Duration {
    let half = answer_timeout / 2;
    answer_timeout.saturating_sub(MARGIN).max(half)
}

/// How long the server may wait, in a transaction, for a client whose patience is this long: what
/// the work leaves of it.
pub(crate) fn wait_within(answer_timeout: Duration) -> Duration {
    answer_timeout.saturating_sub(work_within(answer_timeout))
}

/// How a store uses its server; every field has a default. All of it is for
/// [`connect`](crate::PgStore::connect); [`from_pool`](crate::PgStore::from_pool) says what counts
/// for a pool that there is.
///
/// ```
/// use oms_store_postgres::PgOptions;
///
/// let options = PgOptions::default().max_connections(32).pooler(true);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
pub struct PgOptions {
    pub(crate) max_connections: u32,
    pub(crate) acquire_timeout: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) answer_timeout: Duration,
    pub(crate) pooler: bool,
    pub(crate) tenants_per_commit: usize,
}

impl Default for PgOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            answer_timeout: ANSWER_TIMEOUT,
            pooler: false,
            tenants_per_commit: TENANTS_PER_COMMIT,
        }
    }
}

impl PgOptions {
    /// Most connections of the pool; 16 unless told otherwise. More writers of one hot row make it
    /// slower, not faster.
    #[must_use]
    pub const fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// How long a call waits for a connection before it is refused as busy; 5 s unless told
    /// otherwise.
    #[must_use]
    pub const fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long the server may work on one statement, waiting for locks included; 30 s unless told
    /// otherwise. Behind a pooler it follows from the
    /// [`answer_timeout`](Self::answer_timeout) instead. The audit, migrations and
    /// [`after_restore`](crate::PgStore::after_restore) have no such limit.
    #[must_use]
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// How long a call waits for the server's answer before it takes the server for gone and closes
    /// the connection; 35 s unless told otherwise, and without a pooler never less than the
    /// statement timeout and 5 s. A server whose host went away says nothing, and without this
    /// limit whoever asked it would wait for ever. Behind a pooler each statement gets 5 s less
    /// than this, or half of it where that is more, whatever the role has, so that the server does
    /// not go on with what was given up; and a transaction whose client says nothing for the rest
    /// of the time is rolled back with its session, so that a host that stands still keeps no rows
    /// locked.
    /// The audit, migrations and [`after_restore`](crate::PgStore::after_restore) have no such
    /// limit.
    #[must_use]
    pub const fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.answer_timeout = timeout;
        self
    }

    /// How long an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        if self.pooler {
            return self.answer_timeout;
        }
        let least = self.statement_timeout.saturating_add(MARGIN);
        self.answer_timeout.max(least)
    }

    /// True where a connection pooler in transaction mode, such as PgBouncer, stands before the
    /// server; false unless told otherwise. No statement is kept prepared then and no session is
    /// set up, so every call is wrapped in a transaction of its own, which takes three more round
    /// trips.
    #[must_use]
    pub const fn pooler(mut self, pooler: bool) -> Self {
        self.pooler = pooler;
        self
    }

    /// How many tenants go together in one transaction at most; 32 unless told otherwise, and 1
    /// gives each commit a transaction of its own. Tenants with little to do each share what a
    /// transaction costs, and are answered when all of them are decided. A lock that somebody else
    /// holds of one of them keeps the others from being committed for 100 ms, and a little for each
    /// tenant that is kept by one; who still waits for it 2 seconds after that is answered with
    /// [`StoreError::Busy`](oms_core::port::StoreError::Busy).
    #[must_use]
    pub const fn tenants_per_commit(mut self, tenants: usize) -> Self {
        self.tenants_per_commit = tenants;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{PgOptions, wait_within, work_within};

    #[test]
    fn the_server_gives_a_statement_up_before_its_client_does() {
        let secs = Duration::from_secs;
        for (answer, work, wait) in [(35, 30, 5), (12, 7, 5), (10, 5, 5), (4, 2, 2)] {
            assert_eq!(work_within(secs(answer)), secs(work));
            assert_eq!(wait_within(secs(answer)), secs(wait));
        }
    }

    #[test]
    fn an_answer_may_take_longer_than_its_statement() {
        let secs = Duration::from_secs;
        assert_eq!(PgOptions::default().patience(), secs(35));
        let long = PgOptions::default().statement_timeout(secs(60));
        assert_eq!(long.patience(), secs(65));
        let short = PgOptions::default().answer_timeout(secs(10));
        assert_eq!(short.patience(), secs(35));
        assert_eq!(short.pooler(true).patience(), secs(10));
    }
}
