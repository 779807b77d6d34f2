//! The handle: one method per promise of the port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{ChangeSet, DocumentKey, Keys, Outcome, Snapshot, StoredDocument};
use oms_core::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, TenantBatch, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, StockKey, StockLevel};
use oms_core::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection, Row};
use tokio::time::timeout;

use crate::error::{Failure, as_undone, corrupt, invalid, unavailable, unopened, unreadable};
use crate::options::PgOptions;
use crate::schema::{Difference, OnlineIndex};
use crate::session::Session;
use crate::time::column;
use crate::wake::Pushed;
use crate::{commit, list, prefetch, schema};

/// A store in PostgreSQL; a clone is another handle of the same pool.
///
/// ```no_run
/// use oms_store_postgres::{PgOptions, PgStore};
///
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PgStore::connect("postgres://shop@localhost/shop", PgOptions::default()).await?;
/// store.check().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PgStore {
    session: Session,
    pushed: Arc<Pushed>,
    /// How many tenants share a transaction at most.
    tenants_per_commit: usize,
}

impl PgStore {
    /// Connects to a server and makes a pool. Nothing is migrated; see [`migrate`](Self::migrate)
    /// and [`check`](Self::check).
    ///
    /// # Errors
    /// [`StoreError::InvalidCall`] for a URL that is none or names no user, for a password that is
    /// wrong and a database that does not exist, and [`StoreError::Unavailable`] where no
    /// connection can be made.
    pub async fn connect(url: &str, options: PgOptions) -> Result<Self, StoreError> {
        let mut connect: PgConnectOptions = url
            .parse()
            .map_err(|why: sqlx::Error| invalid(format!("the database URL: {why}")))?;
        if !names_user(url) {
            return Err(invalid(
                "the database URL names no user, such as postgres://shop@host/database",
            ));
        }
        if options.pooler {
            // PgBouncer refuses a start that names what it does not know. No column is a float.
            connect = connect.extra_float_digits(None);
        } else {
            let millis = options.statement_timeout.as_millis().max(1).to_string();
            connect = connect.options([
                ("statement_timeout", millis.as_str()),
                ("default_transaction_isolation", "read committed"),
            ]);
        }
        first_connection(&connect, options.acquire_timeout).await?;
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .connect_with(connect)
            .await
            .map_err(unavailable)?;
        let session = Session::new(pool, options.pooler, options.patience());
        Ok(Self::of(session.owning(), &options))
    }

    /// A store on the host's own pool. Make it with `test_before_acquire(false)`, or every call
    /// takes one more round trip. Its sessions begin transactions as READ COMMITTED, as they do
    /// unless the server or the role says otherwise.
    ///
    /// Of the options [`pooler`](PgOptions::pooler),
    /// [`tenants_per_commit`](PgOptions::tenants_per_commit) and
    /// [`answer_timeout`](PgOptions::answer_timeout) count, the last as it is: have it longer than
    /// the statement timeout of the sessions. The others are those of a pool and its connections,
    /// which are made.
    ///
    /// Without a pooler, give the sessions a `statement_timeout` of 30 s or less, in the options of
    /// the connection or on the role: a server that waits for a lock does not notice that its
    /// client gave up, and whoever comes after leaves one session more behind. Behind a pooler,
    /// make its connections with `extra_float_digits(None)`: PgBouncer refuses a start that names
    /// it.
    #[must_use]
    pub fn from_pool(pool: PgPool, options: &PgOptions) -> Self {
        let session = Session::new(pool, options.pooler, options.answer_timeout);
        Self::of(session, options)
    }

    fn of(session: Session, options: &PgOptions) -> Self {
        Self {
            session,
            pushed: Arc::default(),
            tenants_per_commit: options.tenants_per_commit.max(1),
        }
    }

    /// The pool.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        self.session.pool()
    }

    /// Applies the migrations and makes the functions that are missing, in one transaction, then
    /// changes views and builds indexes; needs a role that may do so. Safe to call again, from
    /// several processes at once, and while others work: nothing is touched that is as it should
    /// be. A schema of a later release that still serves this one stays as it is. Hosts need not
    /// wait for the last of the indexes: [`check`](Self::check) passes before.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] where a later release no longer serves this one,
    /// [`StoreError::Corrupt`] for a server that is too old and a database whose encoding is not
    /// UTF8, [`StoreError::Busy`] where a table or a view that has to change stayed locked for some
    /// seconds, at most 5, [`StoreError::Unavailable`], [`StoreError::InvalidCall`] where the role
    /// may not, and for a store behind a pooler.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        schema::migrate(&self.session).await
    }

    /// Whether server and schema are what this release needs; call it at start. A schema of a later
    /// release passes as long as it says that it serves this one: old and new hosts run side by
    /// side. An index that only makes a list fast may still be built: see
    /// [`unbuilt`](Self::unbuilt).
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a server that is too old, a database whose encoding is not UTF8
    /// and a schema that is missing or too old, [`StoreError::NewerSchema`],
    /// [`StoreError::Unavailable`], [`StoreError::InvalidCall`] for a role that may not call the
    /// functions and for sessions of another isolation than READ COMMITTED; each names what was
    /// found and what is wanted.
    /// [`StoreError::Corrupt`] also for a dump of another server, until
    /// [`after_restore`](Self::after_restore).
    pub async fn check(&self) -> Result<(), StoreError> {
        schema::check(&self.session).await
    }

    /// The indexes that are not built yet. Those that [`check`](Self::check) does not wait for are
    /// missed by nothing but the list that they make fast: it answers right without them, and may
    /// take longer than a statement is given. [`migrate`](Self::migrate) builds them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the schema is missing, [`StoreError::Unavailable`].
    pub async fn unbuilt(&self) -> Result<Vec<&'static OnlineIndex>, StoreError> {
        schema::unbuilt(&self.session).await
    }

    /// Makes a dump of another server usable here, where events name transactions that this server
    /// has not come to: numbers events anew in their order and moves every subscriber to the place
    /// that means the same, so that none is skipped. Some events may come once more, and whoever
    /// follows stock rows gets all of them. Says whether there was something to do.
    ///
    /// To be run once, by a role that may migrate, after the restore and before anybody works
    /// there; every event is written anew.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where a table stayed locked for 5 s, [`StoreError::Unavailable`],
    /// [`StoreError::InvalidCall`] where the role may not, and for a store behind a pooler;
    /// [`StoreError::Corrupt`] where the schema is missing. Nothing was done then.
    pub async fn after_restore(&self) -> Result<bool, StoreError> {
        schema::after_restore(&self.session).await
    }

    /// Names the counters of a tenant that are not what stands behind them: reserved and on hand
    /// of each stock row, which claims and movements add up to, and what is taken of hub days and
    /// delivery slots, which orders take up. Nothing is written, and nobody waits for the look;
    /// [`rebuild_stock`](Self::rebuild_stock) brings them back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another one runs, [`StoreError::Unavailable`],
    /// [`StoreError::InvalidCall`] for a tenant that has no settings, and for a store behind a
    /// pooler; [`StoreError::Corrupt`] where the schema is missing.
    pub async fn stock_differences(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Difference>, StoreError> {
        schema::rebuild_stock(&self.session, tenant, false).await
    }

    /// Brings the counters that [`stock_differences`](Self::stock_differences) names back to what
    /// stands behind them, by a role that owns the schema, and answers them.
    ///
    /// Others may work meanwhile: nobody waits for the look, and each row is locked alone, for one
    /// update. What a failure left is found by the next call. Movements, claims and orders are
    /// taken for the truth: where a part of them was lost, count the goods instead.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another one runs or a row stayed locked for 5 s,
    /// [`StoreError::Unavailable`], [`StoreError::OutcomeUnknown`] (call again),
    /// [`StoreError::InvalidCall`] where the role may not, for a tenant that has no settings, and
    /// for a store behind a pooler; [`StoreError::Corrupt`] where the schema is missing.
    pub async fn rebuild_stock(&self, tenant: &TenantId) -> Result<Vec<Difference>, StoreError> {
        schema::rebuild_stock(&self.session, tenant, true).await
    }

    /// Which queues got jobs.
    pub(crate) const fn pushed(&self) -> &Arc<Pushed> {
        &self.pushed
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    /// Makes the store take `at` for the present time, for tests; `None` goes back to the server's.
    #[cfg(feature = "testing")]
    pub fn fix_time(&self, at: Option<Timestamp>) {
        self.session.fix_time(at);
    }
}

/// Connects once beside the pool, which says no more than that its time is over.
async fn first_connection(connect: &PgConnectOptions, limit: Duration) -> Result<(), StoreError> {
    let place = match connect.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", connect.get_host(), connect.get_port()),
    };
    match timeout(limit, PgConnection::connect_with(connect)).await {
        Ok(Ok(connection)) => connection.close().await.map_err(unavailable),
        Ok(Err(why)) => Err(unopened(&place, why)),
        Err(late) => Err(StoreError::Unavailable {
            detail: format!("the server at {place}: {late}"),
            source: Some(Box::new(late)),
        }),
    }
}

/// Whether there is a user before the host, or among the parameters.
fn names_user(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let named = |user: &str| !user.is_empty() && !user.starts_with(':');
    let by_authority = authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| named(user));
    let by_parameter = parameters.split('&').any(|pair| {
        pair.split_once('=')
            .is_some_and(|(name, value)| name == "user" && !value.is_empty())
    });
    by_authority || by_parameter
}

#[async_trait]
impl Store for PgStore {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Result<Snapshot, StoreError> {
        prefetch::prefetch(&self.session, tenant, keys).await
    }

    async fn commit(
        &self,
        tenant: &TenantId,
        items: &[ChangeSet],
    ) -> Result<Vec<Outcome>, StoreError> {
        let outcomes = commit::commit(&self.session, tenant, items).await?;
        self.pushed.committed(tenant, items, &outcomes);
        Ok(outcomes)
    }

    fn tenants_max(&self) -> usize {
        self.tenants_per_commit
    }

    async fn commit_each(&self, batches: &[TenantBatch]) -> Vec<Result<Vec<Outcome>, StoreError>> {
        let answers = commit::commit_each(&self.session, batches, self.tenants_per_commit).await;
        for (batch, answer) in batches.iter().zip(&answers) {
            if let Ok(outcomes) = answer {
                self.pushed.committed(&batch.tenant, &batch.items, outcomes);
            }
        }
        answers
    }

    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Result<OrderNumber, StoreError> {
        if count == 0 {
            return Err(invalid("a block of no order numbers"));
        }
        let query = sqlx::query("SELECT oms.take_numbers_v1($1, $2) AS first");
        let query = query.bind(tenant.as_str()).bind(i64::from(count));
        let rows = self.session.write(query).await;
        let rows = rows.map_err(|failure| as_undone(failure.plain()))?;
        let row = rows
            .first()
            .ok_or_else(|| corrupt("an answer", &"no row"))?;
        let first: Option<i64> = row.try_get("first").map_err(unreadable)?;
        let first = first.ok_or_else(|| invalid("fewer order numbers are left"))?;
        let first = u64::try_from(first).map_err(|why| corrupt("an order number", &why))?;
        OrderNumber::new(first).map_err(|why| corrupt("an order number", &why))
    }

    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
        list::orders(&self.session, tenant, filter, after, limit).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
        list::documents(&self.session, tenant, filter, after, limit).await
    }

    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        list::personal(&self.session, tenant, customer, after, limit).await
    }

    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        list::history(&self.session, tenant, stream, after, limit).await
    }

    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError> {
        list::stock(&self.session, tenant, filter, after, limit).await
    }

    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Result<Page<Movement, MovementCursor>, StoreError> {
        list::movements(&self.session, tenant, filter, after, limit).await
    }

    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
        list::reservations(&self.session, tenant, filter, after, limit).await
    }

    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<JobDraft, JobId>, StoreError> {
        list::jobs(&self.session, tenant, after, limit).await
    }

    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Page<TenantId, TenantId>, StoreError> {
        list::tenants(&self.session, after, limit).await
    }

    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let rows = list::within_page(limit)?;
        let query = sqlx::query("SELECT oms.forget_commands_v1($1, $2, $3) AS forgotten");
        let query = query.bind(tenant.as_str()).bind(column(before)).bind(rows);
        forgotten(&self.session.write(query).await.map_err(Failure::plain)?)
    }

    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let rows = list::within_page(limit)?;
        let query = sqlx::query("SELECT oms.forget_counters_v1($1, $2, $3) AS forgotten");
        let query = query.bind(tenant.as_str()).bind(before.to_string());
        let query = query.bind(rows);
        forgotten(&self.session.write(query).await.map_err(Failure::plain)?)
    }

    async fn audit(&self, tenant: &TenantId) -> Result<Vec<Violation>, StoreError> {
        // One statement, so that both look at one moment.
        let query = sqlx::query(
            "SELECT * FROM oms.audit_v1($1) UNION ALL SELECT * FROM oms.audit_counters_v1($1, $2)",
        );
        let query = query.bind(tenant.as_str()).bind(self.session.fixed_time());
        let rows = self.session.read_long(query).await?;
        let violation = |row: &sqlx::postgres::PgRow| {
            Ok(Violation {
                invariant: row.try_get("invariant").map_err(unreadable)?,
                subject: row.try_get("subject").map_err(unreadable)?,
                detail: row.try_get("detail").map_err(unreadable)?,
            })
        };
        rows.iter().map(violation).collect()
    }
}

/// How many rows were forgotten.
fn forgotten(rows: &[sqlx::postgres::PgRow]) -> Result<usize, StoreError> {
    let row = rows
        .first()
        .ok_or_else(|| corrupt("an answer", &"no row"))?;
    let forgotten: i64 = row.try_get("forgotten").map_err(unreadable)?;
    usize::try_from(forgotten).map_err(|why| corrupt("an answer", &why))
}

#[cfg(test)]
mod tests {
    use super::{PgStore, names_user};
    use crate::{Listener, Notifier};

    const fn shared<T: Send + Sync + std::fmt::Debug + 'static>() {}

    /// It is enough that this compiles.
    const _: () = {
        shared::<PgStore>();
        shared::<Notifier>();
    };

    const fn sent<T: Send + std::fmt::Debug + 'static>() {}

    const _: () = sent::<Listener>();

    #[test]
    fn a_url_names_its_user_or_not() {
        for url in [
            "postgres://shop@localhost/shop",
            "postgres://shop:secret@localhost:5432/shop?sslmode=disable",
            "postgresql:///shop?host=/tmp&user=shop",
        ] {
            assert!(names_user(url), "{url}");
        }
        for url in [
            "postgres://localhost/shop",
            "postgres://:secret@localhost/shop",
            "postgres://@localhost/shop",
            "postgresql:///shop?host=/tmp&user=",
        ] {
            assert!(!names_user(url), "{url}");
        }
    }
}
