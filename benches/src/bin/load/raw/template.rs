//! One order as the library wrote it, from the first call to the door: the bodies of the ceilings.

use oms_core::service::{Call, Tenant};
use oms_store_postgres::sqlx::postgres::PgPool;
use oms_store_postgres::sqlx::{self, Row};
use uuid::Uuid;

use crate::Failure;
use crate::library::{next, steps};
use crate::shop::{Shop, UNITS};

/// What one command wrote.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Of the head, afterwards.
    pub(crate) status: String,
    /// Of the order, afterwards.
    pub(crate) version: i64,
    /// The body of the head, if it changed.
    pub(crate) head: Option<String>,
    /// The body of the fulfillment.
    pub(crate) work: String,
    /// How many events it told.
    pub(crate) length: i16,
    /// The events, as the body of one row.
    pub(crate) events: String,
    /// What the command answered.
    pub(crate) receipt: String,
    /// Whether the claims changed.
    pub(crate) claims: bool,
    /// Whether goods left the hub.
    pub(crate) goods: bool,
}

/// An order as the library wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Its id, as it stands in the bodies.
    id: String,
    /// The placement, and the commands after it.
    pub(crate) steps: Vec<Written>,
    /// The body of the explanation.
    pub(crate) explanation: String,
    /// Units of each claim that the placement made, tentative and confirmed.
    pub(crate) claimed: (i32, i32),
}

impl Template {
    /// Lets the library place an order and, if it waits to be approved, take it to the door.
    pub(crate) async fn take(pool: &PgPool, shop: &Shop, tenant: &Tenant) -> Result<Self, Failure> {
        let order = shop.order(next(), UNITS)?;
        let placed = tenant.place(order, Call::default()).await?;
        let order = placed.receipt.order.ok_or("a placement without an order")?;
        let id = Uuid::try_parse(&order.id.to_string())?;
        let mut seen = Seen::nothing();
        let mut taken = vec![seen.take(pool, id).await?];
        let claimed =
            "SELECT tentative, confirmed FROM oms.reservation WHERE owner_id = $1 LIMIT 1";
        let claimed = sqlx::query_as(claimed).bind(id).fetch_one(pool).await?;
        if shop.tentative {
            for step in steps() {
                tenant
                    .order_command(order.id, step, Call::default())
                    .await?;
                taken.push(seen.take(pool, id).await?);
            }
        }
        let explanation = "SELECT body::text FROM oms.explanation WHERE order_id = $1";
        let explanation = sqlx::query_scalar(explanation).bind(id);
        Ok(Self {
            id: id.to_string(),
            steps: taken,
            explanation: explanation.fetch_one(pool).await?,
            claimed,
        })
    }

    /// A text of the template as another order has it.
    pub(crate) fn text(&self, text: &str, id: &str) -> String {
        text.replace(&self.id, id)
    }

    /// What the placement wrote.
    pub(crate) fn placed(&self) -> Result<&Written, Failure> {
        Ok(self.steps.first().ok_or("no placement")?)
    }
}

/// What there was before the command.
#[derive(Debug)]
struct Seen {
    /// The place of the first event that is new.
    next: i64,
    head: String,
    claims: String,
    moved: i64,
}

impl Seen {
    const fn nothing() -> Self {
        Self {
            next: 1,
            head: String::new(),
            claims: String::new(),
            moved: 0,
        }
    }

    /// What there is now, and what is new about it.
    async fn take(&mut self, pool: &PgPool, id: Uuid) -> Result<Written, Failure> {
        let row = sqlx::query(include_str!("template.sql"))
            .bind(id)
            .bind(self.next)
            .fetch_one(pool)
            .await?;
        let head: String = row.try_get("head")?;
        let claims: String = row.try_get("claims")?;
        let moved: i64 = row.try_get("moved")?;
        let written = Written {
            status: row.try_get("status")?,
            version: row.try_get("version")?,
            head: (head != self.head).then(|| head.clone()),
            work: row.try_get("work")?,
            events: row.try_get("events")?,
            receipt: row.try_get("receipt")?,
            claims: claims != self.claims,
            goods: moved != self.moved,
            length: row.try_get("length")?,
        };
        self.next += i64::from(written.length);
        (self.head, self.claims, self.moved) = (head, claims, moved);
        Ok(written)
    }
}
