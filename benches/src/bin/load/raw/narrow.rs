//! Placements into narrow tables, without documents, history or names.

use std::time::Instant;

use async_trait::async_trait;
use oms_core::port::IdSource;
use oms_core::system::SystemIds;
use oms_store_postgres::sqlx;
use oms_store_postgres::sqlx::Executor;
use oms_store_postgres::sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::Failure;
use crate::library::next;
use crate::measure::{Record, Side};
use crate::raw::Connections;
use crate::shop::Shop;

/// Orders of a batch.
const BATCH: usize = 50;

/// Makes the tables. There is stock for everything that can be sold.
pub(super) async fn make(pool: &PgPool, shop: &Shop) -> Result<(), Failure> {
    pool.execute(include_str!("narrow.sql")).await?;
    let fill = "INSERT INTO narrow.stock SELECT 1, hub, sku, 2000000000 \
        FROM generate_series(0, $1 - 1) hub, generate_series(0, $2 - 1) sku";
    sqlx::query(fill)
        .bind(i32::try_from(shop.hubs)?)
        .bind(i32::try_from(shop.skus)?)
        .execute(pool)
        .await?;
    pool.execute("ANALYZE narrow.stock").await?;
    Ok(())
}

/// What is placed by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Narrow {
    /// One order, its lines inside it.
    Lean,
    /// 50 orders, all or none, a row for each line and each claim.
    Batch50,
}

impl Narrow {
    /// What the side of that name does, if it is one of these.
    pub(crate) fn named(side: &str) -> Option<Self> {
        [Self::Lean, Self::Batch50]
            .into_iter()
            .find(|what| what.name() == side)
    }

    /// The name of the side.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::Batch50 => "batch50",
        }
    }
}

/// Places narrow orders.
#[derive(Debug)]
pub(crate) struct NarrowOrders {
    pub(crate) shop: Shop,
    pub(crate) what: Narrow,
    pub(crate) connections: Connections,
}

/// An order in numbers.
struct Small {
    id: Uuid,
    hub: i32,
    skus: Vec<i32>,
}

impl Small {
    fn new(shop: &Shop) -> Result<Self, Failure> {
        let lines = shop.lines(next());
        let hub = lines.first().map_or(0, |line| line.hub);
        let mut skus: Vec<i32> = lines
            .iter()
            .map(|line| i32::try_from(line.sku))
            .collect::<Result<_, _>>()?;
        skus.sort_unstable();
        Ok(Self {
            id: SystemIds.next_id(),
            hub: i32::try_from(hub)?,
            skus,
        })
    }
}

impl NarrowOrders {
    /// Places one or 50 and answers how many.
    async fn place(&self, caller: usize) -> Result<u64, Failure> {
        let mut connection = self.connections.of(caller).await?;
        match self.what {
            Narrow::Lean => {
                let order = Small::new(&self.shop)?;
                sqlx::query(include_str!("narrow_lean.sql"))
                    .bind(order.id)
                    .bind(order.hub)
                    .bind(order.skus)
                    .execute(&mut *connection)
                    .await?;
                Ok(1)
            }
            Narrow::Batch50 => {
                let orders: Vec<Small> = (0..BATCH)
                    .map(|_| Small::new(&self.shop))
                    .collect::<Result<_, _>>()?;
                let skus = orders.iter().flat_map(|order| order.skus.iter().copied());
                sqlx::query(include_str!("narrow_batch.sql"))
                    .bind(orders.iter().map(|order| order.id).collect::<Vec<_>>())
                    .bind(orders.iter().map(|order| order.hub).collect::<Vec<_>>())
                    .bind(skus.collect::<Vec<_>>())
                    .execute(&mut *connection)
                    .await?;
                Ok(u64::try_from(BATCH)?)
            }
        }
    }
}

#[async_trait]
impl Side for NarrowOrders {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.place(caller).await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}
