//! A whole life by plain SQL: the same six commits, each by one statement.

use std::fmt::Write as _;
use std::time::Instant;

use async_trait::async_trait;
use oms_core::port::IdSource;
use oms_core::system::SystemIds;
use oms_store_postgres::sqlx::{self, AssertSqlSafe, SqlSafeStr, SqlStr};
use uuid::Uuid;

use crate::Failure;
use crate::measure::{Record, Side};
use crate::raw::place::Fresh;
use crate::raw::template::Written;
use crate::raw::{Connections, Raw, Shape};
use crate::shop::UNITS;

/// Takes orders from the first statement to the door.
#[derive(Debug)]
pub(crate) struct Lives {
    raw: Raw,
    shape: Shape,
    connections: Connections,
    /// The statement of each command after the placement.
    statements: Vec<SqlStr>,
}

impl Lives {
    /// Places in that shape over those connections.
    pub(crate) fn new(raw: Raw, shape: Shape, connections: Connections) -> Self {
        let later = raw.template.steps.iter().skip(1);
        let statements = later.map(|step| AssertSqlSafe(sql(step)).into_sql_str());
        Self {
            statements: statements.collect(),
            raw,
            shape,
            connections,
        }
    }

    async fn place(&self, caller: usize) -> Result<Fresh, Failure> {
        let order = Fresh::new(&self.raw)?;
        let mut connection = self.connections.of(caller).await?;
        order.place(&self.raw, self.shape, &mut connection).await?;
        Ok(order)
    }

    async fn step(
        &self,
        caller: usize,
        order: &Fresh,
        (before, step): (&Written, &Written),
        statement: &SqlStr,
    ) -> Result<(), Failure> {
        let id = order.id.to_string();
        let of = |body: &String| self.raw.template.text(body, &id);
        let mut connection = self.connections.of(caller).await?;
        let mut query = sqlx::query(statement.clone())
            .bind(&order.tenant)
            .bind(order.id)
            .bind(before.version)
            .bind(step.version)
            .bind(&step.status)
            .bind(step.head.as_ref().map(of))
            .bind(of(&step.work))
            .bind(SystemIds.next_id().to_string())
            .bind(order.fingerprint())
            .bind(of(&step.receipt))
            .bind(step.length)
            .bind(of(&step.events));
        if step.goods {
            let ids: Vec<Uuid> = order.skus.iter().map(|_| SystemIds.next_id()).collect();
            let units = i32::try_from(UNITS)?;
            query = query
                .bind(&order.hub)
                .bind(&order.skus)
                .bind(ids)
                .bind(units);
        }
        query.execute(&mut *connection).await?;
        Ok(())
    }
}

/// The statement of a command, with the parts it needs; the stock comes last.
fn sql(step: &Written) -> String {
    let mut sql = include_str!("step.sql").to_owned();
    let mut last = "1 / (SELECT count(*) FROM h)".to_owned();
    if step.claims {
        let change = if step.goods {
            "consumed = r.consumed + r.confirmed, confirmed = 0"
        } else {
            "confirmed = r.confirmed + r.tentative, tentative = 0, expires_at = NULL"
        };
        let _infallible = write!(
            sql,
            ", r AS (UPDATE raw.reservation r SET {change}, version = r.version + 1 FROM h \
             WHERE r.tenant = $1 AND r.owner_kind = 1 AND r.owner_id = $2)"
        );
    }
    if step.goods {
        sql.push_str(include_str!("goods.sql"));
        last.push_str(" / (CASE (SELECT count(*) FROM s) WHEN cardinality($14) THEN 1 ELSE 0 END)");
    }
    format!("{sql} SELECT {last}")
}

#[async_trait]
impl Side for Lives {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let placed = self.place(caller).await;
        let Some(order) = record.call(began, placed) else {
            return;
        };
        let steps = &self.raw.template.steps;
        let pairs = steps.iter().zip(steps.iter().skip(1));
        for (pair, statement) in pairs.zip(&self.statements) {
            let began = Instant::now();
            let done = self.step(caller, &order, pair, statement).await;
            if record.call(began, done).is_none() {
                return;
            }
        }
        record.orders += 1;
    }
}
