//! What SQL can do at best: ceilings that write the rows of the library into copies of its tables,
//! and two that write next to nothing.

mod lives;
mod narrow;
mod place;
mod template;

use std::sync::Arc;

use oms_core::service::Tenant;
use oms_store_postgres::sqlx::postgres::{PgConnectOptions, PgPool};
use oms_store_postgres::sqlx::{ConnectOptions, Executor, PgConnection};
use tokio::sync::{Mutex, MutexGuard};

use crate::Failure;
use crate::shop::Shop;

pub(crate) use lives::Lives;
pub(crate) use narrow::{Narrow, NarrowOrders};
pub(crate) use place::{Batch, One, Shape};
pub(crate) use template::Template;

/// What the ceilings of a scenario share.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    /// What is bought.
    pub(crate) shop: Shop,
    /// Whose orders they are, in turn.
    pub(crate) tenants: Arc<[String]>,
    /// An order as the library wrote it.
    pub(crate) template: Arc<Template>,
    /// Where the tables are.
    pub(crate) options: PgConnectOptions,
}

impl Raw {
    /// Makes the tables, with the stock of the library's, and takes an order for a template, which
    /// the library places now.
    pub(crate) async fn new(
        pool: &PgPool,
        shop: Shop,
        tenants: &[Tenant],
    ) -> Result<Self, Failure> {
        let first = tenants.first().ok_or("there is no tenant")?;
        let template = Template::take(pool, &shop, first).await?;
        pool.execute(include_str!("tables.sql")).await?;
        pool.execute(include_str!("function.sql")).await?;
        narrow::make(pool, &shop).await?;
        let options = (*pool.connect_options()).clone();
        // The best plans, and none compiled for the sake of a few rows.
        let options = options.options([("random_page_cost", "1.1"), ("jit", "off")]);
        Ok(Self {
            shop,
            tenants: tenants.iter().map(|t| t.id().to_string()).collect(),
            template: Arc::new(template),
            options,
        })
    }

    /// Connections that callers are dealt to. A pool would cost more than it gives: each caller
    /// keeps to one connection.
    pub(crate) async fn connect(&self, count: usize) -> Result<Connections, Failure> {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(Mutex::new(self.options.connect().await?));
        }
        Ok(Connections(all))
    }
}

/// Connections, each used by one caller at a time.
#[derive(Debug)]
pub(crate) struct Connections(Vec<Mutex<PgConnection>>);

impl Connections {
    /// The caller's connection, as soon as it is free.
    pub(crate) async fn of(&self, caller: usize) -> Result<MutexGuard<'_, PgConnection>, Failure> {
        let place = caller.checked_rem(self.0.len());
        let connection = place.and_then(|place| self.0.get(place));
        Ok(connection.ok_or("no connections")?.lock().await)
    }
}
