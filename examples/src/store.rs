//! Where everything is kept: in a database, or in memory while the program runs.

use std::sync::Arc;

use oms_core::port::{JobQueue, Store, StoreError};
use oms_store_memory::MemoryStore;
use oms_store_postgres::{PgOptions, PgStore};

/// The variable that names a database where the command line does not.
pub const VARIABLE: &str = "DATABASE_URL";

/// A store that is ready, and the queue of jobs in it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Orders, stock and the rest.
    pub store: Arc<dyn Store>,
    /// Jobs.
    pub queue: Arc<dyn JobQueue>,
    /// The same where it is PostgreSQL, which tells workers of new jobs.
    pub postgres: Option<PgStore>,
    /// Nothing is kept after the program ends.
    pub in_memory: bool,
}

/// The database to use: the one given, else that of `DATABASE_URL`, else none.
#[must_use]
pub fn url(given: Option<&str>) -> Option<String> {
    let given = given.map(str::to_owned);
    given.or_else(|| std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()))
}

/// A store in the database at `url`, or in memory. `migrate` makes the schema first, or brings it
/// up to date; `connections` is how many the pool may open.
///
/// # Errors
/// What the store says of the connection or of the schema.
pub async fn open(
    url: Option<&str>,
    migrate: bool,
    connections: u32,
) -> Result<Opened, StoreError> {
    let Some(url) = url else {
        let store = Arc::new(MemoryStore::new());
        return Ok(Opened {
            store: store.clone(),
            queue: store,
            postgres: None,
            in_memory: true,
        });
    };
    let store = PgStore::connect(url, PgOptions::default().max_connections(connections)).await?;
    if migrate {
        store.migrate().await?;
    }
    store.check().await?;
    Ok(Opened {
        store: Arc::new(store.clone()),
        queue: Arc::new(store.clone()),
        postgres: Some(store),
        in_memory: false,
    })
}
