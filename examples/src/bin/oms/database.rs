//! The store in PostgreSQL: where it is, and whether it is ready.

use oms_core::port::StoreError;
use oms_examples::store::{self, VARIABLE};
use oms_store_postgres::sqlx::postgres::PgConnectOptions;
use oms_store_postgres::{PgOptions, PgStore};

use crate::args::Args;
use crate::failure::Failure;

/// The database to use, if any.
pub(crate) fn url(args: &Args) -> Result<Option<String>, Failure> {
    let url = store::url(args.database_url.as_deref());
    if url.is_none() && args.migrate {
        let problem = format!("--migrate needs --database-url or {VARIABLE}");
        return Err(Failure::Database { problem });
    }
    Ok(url)
}

/// Where everything is kept, for a person: without the password.
pub(crate) fn place(url: &str, args: &Args) -> Option<String> {
    let options: PgConnectOptions = url.parse().ok()?;
    let tenant = &args.tenant;
    let socket = options.get_socket();
    let host = socket.map_or_else(
        || options.get_host().to_owned(),
        |folder| folder.display().to_string(),
    );
    // As the server does where the URL names none.
    let database = options
        .get_database()
        .unwrap_or_else(|| options.get_username());
    let named = match args.database_url {
        Some(_) => "",
        None => ", named by the variable DATABASE_URL",
    };
    Some(format!(
        "Kept in: database {database} at {host}, tenant {tenant}{named}"
    ))
}

/// Connects, makes the schema if that is wanted, and checks that it fits.
pub(crate) async fn open(url: &str, args: &Args) -> Result<PgStore, Failure> {
    // The job does one thing after another; a second connection is for what it does beside.
    let options = PgOptions::default().max_connections(2);
    let unusable = |why: StoreError| unusable(&why, args);
    let store = PgStore::connect(url, options).await.map_err(unusable)?;
    if args.migrate {
        store.migrate().await.map_err(unusable)?;
    }
    store.check().await.map_err(unusable)?;
    Ok(store)
}

/// The store's own words, and what to do about it.
fn unusable(why: &StoreError, args: &Args) -> Failure {
    let schema = matches!(why, StoreError::Corrupt { what, .. } if what == "the schema oms");
    let advice = if schema { " (--migrate does that)" } else { "" };
    let origin = match args.database_url {
        Some(_) => String::new(),
        None => format!("; it is the one of {VARIABLE}, without which the job runs in memory"),
    };
    let problem = format!("{why}{advice}{origin}");
    Failure::Database { problem }
}
