//! Placements by plain SQL: one order per statement, and many.

use std::time::Instant;

use async_trait::async_trait;
use oms_core::port::IdSource;
use oms_core::system::SystemIds;
use oms_store_postgres::sqlx::{self, PgConnection};
use uuid::Uuid;

use crate::Failure;
use crate::library::next;
use crate::measure::{Record, Side};
use crate::raw::{Connections, Raw};
use crate::shop::{hub, reference, scatter, sku};

/// A way to place one order by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A statement with a part per table.
    With,
    /// A function.
    Function,
}

impl Shape {
    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::With => "WITH",
            Self::Function => "function",
        }
    }

    const fn sql(self) -> &'static str {
        match self {
            Self::With => include_str!("one.sql"),
            Self::Function => {
                "SELECT raw.place($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
                 $15, $16, $17, $18)"
            }
        }
    }
}

/// An order that no side had before, with everything that is written of it.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) tenant: String,
    pub(crate) id: Uuid,
    pub(crate) number: i64,
    pub(crate) reference: String,
    pub(crate) key: String,
    pub(crate) receipt: String,
    pub(crate) head: String,
    pub(crate) work: String,
    pub(crate) explanation: String,
    pub(crate) events: String,
    pub(crate) hub: String,
    /// In the order of their keys.
    pub(crate) skus: Vec<String>,
}

impl Fresh {
    pub(crate) fn new(raw: &Raw) -> Result<Self, Failure> {
        let number = next();
        let tenants = u64::try_from(raw.tenants.len())?;
        let tenant = usize::try_from(scatter(number, 3) % tenants.max(1))?;
        let id = SystemIds.next_id();
        let text = id.to_string();
        let placed = raw.template.placed()?;
        let head = placed.head.as_deref().ok_or("a placement without a head")?;
        let lines = raw.shop.lines(number);
        let of = |body: &str| raw.template.text(body, &text);
        Ok(Self {
            tenant: raw.tenants.get(tenant).ok_or("no tenant")?.clone(),
            id,
            number: i64::try_from(number)?,
            reference: reference(number),
            key: SystemIds.next_id().to_string(),
            receipt: of(&placed.receipt),
            head: of(head),
            work: of(&placed.work),
            explanation: of(&raw.template.explanation),
            events: of(&placed.events),
            hub: lines.first().map_or_else(String::new, |line| hub(line.hub)),
            skus: lines.iter().map(|line| sku(line.sku)).collect(),
        })
    }

    /// As long as the library's: a version and a hash of 32 bytes.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        [&[1], self.id.as_bytes().as_slice(), self.id.as_bytes()].concat()
    }

    /// Places it.
    pub(crate) async fn place(
        &self,
        raw: &Raw,
        shape: Shape,
        connection: &mut PgConnection,
    ) -> Result<(), Failure> {
        let placed = raw.template.placed()?;
        let (tentative, confirmed) = raw.template.claimed;
        sqlx::query(shape.sql())
            .bind(&self.tenant)
            .bind(self.id)
            .bind(self.number)
            .bind(&self.reference)
            .bind(&self.key)
            .bind(self.fingerprint())
            .bind(&self.receipt)
            .bind(&self.head)
            .bind(&self.work)
            .bind(&self.explanation)
            .bind(placed.length)
            .bind(&self.events)
            .bind(&self.hub)
            .bind(&self.skus)
            .bind(&placed.status)
            .bind(placed.version)
            .bind(tentative)
            .bind(confirmed)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// One statement per order.
#[derive(Debug)]
pub(crate) struct One {
    pub(crate) raw: Raw,
    pub(crate) shape: Shape,
    pub(crate) connections: Connections,
}

impl One {
    async fn place(&self, caller: usize, order: &Fresh) -> Result<(), Failure> {
        let mut connection = self.connections.of(caller).await?;
        order.place(&self.raw, self.shape, &mut connection).await
    }
}

#[async_trait]
impl Side for One {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = match Fresh::new(&self.raw) {
            Ok(order) => self.place(caller, &order).await,
            Err(why) => Err(why),
        };
        if record.call(began, done).is_some() {
            record.orders += 1;
        }
    }
}

/// Many orders per statement, with a verdict for each.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) raw: Raw,
    pub(crate) size: usize,
    pub(crate) connections: Connections,
}

impl Batch {
    /// Places a batch and answers how many orders were accepted.
    async fn place(&self, caller: usize) -> Result<u64, Failure> {
        let orders: Vec<Fresh> = (0..self.size)
            .map(|_| Fresh::new(&self.raw))
            .collect::<Result<_, _>>()?;
        let placed = self.raw.template.placed()?;
        let texts = |of: fn(&Fresh) -> &String| orders.iter().map(of).cloned().collect::<Vec<_>>();
        let (_, confirmed) = self.raw.template.claimed;
        let mut connection = self.connections.of(caller).await?;
        let accepted: i64 = sqlx::query_scalar(include_str!("batch.sql"))
            .bind(orders.first().map(|order| order.tenant.clone()))
            .bind(orders.iter().map(|order| order.id).collect::<Vec<_>>())
            .bind(orders.iter().map(|order| order.number).collect::<Vec<_>>())
            .bind(texts(|order| &order.reference))
            .bind(texts(|order| &order.key))
            .bind(orders.iter().map(Fresh::fingerprint).collect::<Vec<_>>())
            .bind(texts(|order| &order.receipt))
            .bind(texts(|order| &order.head))
            .bind(texts(|order| &order.work))
            .bind(texts(|order| &order.explanation))
            .bind(placed.length)
            .bind(texts(|order| &order.events))
            .bind(texts(|order| &order.hub))
            .bind(
                orders
                    .iter()
                    .flat_map(|o| o.skus.clone())
                    .collect::<Vec<_>>(),
            )
            .bind(&placed.status)
            .bind(placed.version)
            .bind(confirmed)
            .fetch_one(&mut *connection)
            .await?;
        let accepted = u64::try_from(accepted)?;
        // There is stock for every order of a measurement.
        if accepted != u64::try_from(self.size)? {
            return Err(format!("{accepted} of {} orders accepted", self.size).into());
        }
        Ok(accepted)
    }
}

#[async_trait]
impl Side for Batch {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.place(caller).await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}
