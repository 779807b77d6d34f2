//! Lists for people: filters and keyset pages. Conditions that are not asked for are not in the
//! statement, so each list reads one index from where its page begins. Where that index does not
//! know what is asked for, a page ends after some rows and may be short: what matches may be
//! little, and one statement must not read all there is. A row that cannot be read keeps no others
//! from their page.

use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{DecodeError, DocumentKey, StoredDocument};
use oms_core::port::{DocumentFilter, Page, StockFilter, StoreError, Unreadable};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{CustomerId, JobId, TenantId, Version};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::document::{VIEW, document, key};
use crate::error::invalid;
use crate::key::{document_columns, key_columns, kind_code, number};
use crate::queue::draft;
use crate::rows::{self, events, level, level_key, parsed};
use crate::session::Session;

mod claims;
mod movements;
mod orders;
mod transfers;

pub(crate) use claims::reservations;
pub(crate) use movements::movements;
pub(crate) use orders::orders;

/// Most rows that one statement looks at where no index knows the filter.
const LOOK_MAX: i64 = 10_000;

type Builder = QueryBuilder<Postgres>;

/// Asks for the rows of a tenant, in the collation of the indexes that only lists may use. To the
/// planner the tenant in two collations is two conditions, of which it expects that next to no row
/// meets both, and sorts what it takes for a few rows; so the other one is named only where an
/// index that begins with it may be the better one.
fn of_tenant(sql: &mut Builder, tenant: &TenantId, otherwise: bool) {
    sql.push("tenant COLLATE \"POSIX\" = ")
        .push_bind(tenant.as_str().to_owned());
    if otherwise {
        sql.push(" AND tenant = ")
            .push_bind(tenant.as_str().to_owned());
    }
}

/// A statement that is planned each time it is sent. One that stays prepared is planned for any
/// tenant after some times, which a large one among many small ones is not: what reads a few rows
/// of those by the tenant alone reads all of its rows, for each page.
fn planned_for_its_values(sql: &mut Builder) -> Query<'_, Postgres, PgArguments> {
    sql.build().persistent(false)
}

/// What a list is made of.
struct List {
    columns: &'static str,
    table: &'static str,
    order: &'static str,
    /// No index knows what is asked for: a page ends after some rows, and may be short.
    rare: bool,
}

impl List {
    /// A page. `within` names the rows, by what the index of the order knows; `like` says what they
    /// are like, each condition with an `AND` before it.
    async fn read<T, C>(
        &self,
        session: &Session,
        limit: usize,
        within: impl FnOnce(&mut Builder),
        like: impl FnOnce(&mut Builder),
        read: impl Fn(&PgRow) -> Result<T, StoreError>,
        place: impl Fn(&PgRow) -> Result<C, StoreError>,
    ) -> Result<Page<T, C>, StoreError> {
        let rows = asked(limit)?;
        if self.rare {
            let mut sql = self.look(rows, within, like);
            let rows = session.read(planned_for_its_values(&mut sql)).await?;
            return looked(&rows, limit, read, place);
        }
        let mut sql = Builder::new("SELECT ");
        sql.push(self.columns).push(" FROM ").push(self.table);
        sql.push(" WHERE ");
        within(&mut sql);
        like(&mut sql);
        sql.push(" ORDER BY ").push(self.order);
        sql.push(" LIMIT ").push_bind(rows);
        let rows = session.read(planned_for_its_values(&mut sql)).await?;
        page(&rows, limit, read, place)
    }

    /// A statement that looks at the next rows of the list only, as many as it may. It asks for
    /// those that are meant, and for the last row it may look at, whatever that is like. Rows are
    /// looked at one after another, in the order of the index, so none is read behind the last one
    /// that is asked for.
    fn look(
        &self,
        rows: i64,
        within: impl FnOnce(&mut Builder),
        like: impl FnOnce(&mut Builder),
    ) -> Builder {
        let order = self.order;
        let mut sql = Builder::new("SELECT ");
        sql.push(self.columns);
        sql.push(", found, seen FROM (SELECT *, (TRUE");
        like(&mut sql);
        sql.push(") IS TRUE AS found, row_number() OVER (ORDER BY ");
        sql.push(order).push(") AS seen FROM ").push(self.table);
        sql.push(" WHERE ");
        within(&mut sql);
        sql.push(" ORDER BY ").push(order);
        sql.push(" LIMIT ").push(LOOK_MAX);
        sql.push(") looked WHERE found OR seen = ").push(LOOK_MAX);
        sql.push(" ORDER BY ").push(order);
        sql.push(" LIMIT ").push_bind(rows);
        sql
    }
}

/// The page of a [look](List::look). It may be short and go on behind the last row that was looked
/// at.
fn looked<T, C>(
    rows: &[PgRow],
    limit: usize,
    read: impl Fn(&PgRow) -> Result<T, StoreError>,
    place: impl Fn(&PgRow) -> Result<C, StoreError>,
) -> Result<Page<T, C>, StoreError> {
    let (mut found, mut until) = (rows, None);
    if let Some((last, others)) = rows.split_last() {
        let seen: i64 = rows::column(last, "seen")?;
        if seen == LOOK_MAX {
            until = Some(place(last)?);
        }
        let is_asked_for: bool = rows::column(last, "found")?;
        if !is_asked_for {
            found = others;
        }
    }
    let mut page = page(found, limit, read, place)?;
    page.next = page.next.or(until);
    Ok(page)
}

/// A limit of rows as a parameter.
pub(crate) fn within_page(limit: usize) -> Result<i64, StoreError> {
    if !(1..=PAGE_ITEMS_MAX).contains(&limit) {
        let detail = format!("a limit of {limit} is not within 1 to {PAGE_ITEMS_MAX}");
        return Err(invalid(detail));
    }
    i64::try_from(limit).map_err(|why| invalid(why.to_string()))
}

/// How many rows to ask for: one more than the page holds tells whether there is a next one.
pub(crate) fn asked(limit: usize) -> Result<i64, StoreError> {
    Ok(within_page(limit)?.saturating_add(1))
}

/// The first `limit` rows, and where the next page begins if there are more. What cannot be read
/// is named by its place; a row without a place that can be read fails the page, which could not
/// be gone on from.
pub(crate) fn page<T, C>(
    rows: &[PgRow],
    limit: usize,
    read: impl Fn(&PgRow) -> Result<T, StoreError>,
    place: impl Fn(&PgRow) -> Result<C, StoreError>,
) -> Result<Page<T, C>, StoreError> {
    let shown = rows.get(..limit).unwrap_or(rows);
    let mut page = Page::new(Vec::with_capacity(shown.len()), None);
    for row in shown {
        match read(row) {
            Ok(item) => page.items.push(item),
            Err(why) => {
                let (at, error) = (place(row)?, DecodeError::try_from(why)?);
                page.unreadable.push(Unreadable { at, error });
            }
        }
    }
    if rows.len() > limit {
        page.next = shown.last().map(place).transpose()?;
    }
    Ok(page)
}

/// Reads the id of a row.
pub(crate) fn id<T>(row: &PgRow, of: impl Fn(Uuid) -> T) -> Result<T, StoreError> {
    Ok(of(rows::column(row, "id")?))
}

/// The columns of `oms.document_v1` that are read. By name, so that a later release may add one
/// while this one runs.
const DOCUMENT: &str = "kind, t1, t2, u, n, version, schema, body, active, personal, customer, \
    for_order, number, status, placed_at, state_since, promised_by, channel";

pub(crate) async fn documents(
    session: &Session,
    tenant: &TenantId,
    filter: &DocumentFilter,
    after: Option<&DocumentKey>,
    limit: usize,
) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
    if filter.from.is_some() || filter.to.is_some() {
        return transfers::transfers(session, tenant, filter, after, limit).await;
    }
    let rows = asked(limit)?;
    let kind = kind_code(filter.kind);
    let columns = key_columns(filter.kind);
    // A kind that is spelt out leaves the other branches of the view out of the plan.
    let mut sql = Builder::new("SELECT ");
    sql.push(DOCUMENT)
        .push(" FROM oms.document_v1 WHERE kind = ");
    sql.push(kind)
        .push(" AND tenant = ")
        .push_bind(tenant.as_str());
    if let Some(active) = filter.active {
        sql.push(" AND active = ").push_bind(active);
    }
    let after = after.map(document_columns);
    if let Some(after) = after {
        if after.kind > kind || (after.kind == kind && columns.is_empty()) {
            return Ok(Page::new(Vec::new(), None));
        }
        if after.kind == kind {
            sql.push(" AND (").push(columns.join(", ")).push(") > (");
            let mut values = sql.separated(", ");
            for column in columns {
                match *column {
                    "t1" => values.push_bind(after.t1.to_owned()),
                    "t2" => values.push_bind(after.t2.clone().into_owned()),
                    "u" => values.push_bind(after.u),
                    _ => values.push_bind(after.n),
                };
            }
            sql.push(")");
        }
    }
    if !columns.is_empty() {
        sql.push(" ORDER BY ").push(columns.join(", "));
    }
    sql.push(" LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    page(
        &rows,
        limit,
        |row| document(row, VIEW),
        |row| key(row, VIEW),
    )
}

/// Sorted, so that the plan does not hope to find the first ones soon in a large table.
const PERSONAL: &str = "SELECT kind, t1, t2, u, n FROM ( \
        SELECT kind, t1, t2, u, n FROM oms.document_v1 \
        WHERE kind IN (7, 10, 12) AND tenant = $1 AND personal AND customer = $2 \
        UNION ALL \
        SELECT kind, t1, t2, u, n FROM oms.document_v1 \
        WHERE kind IN (7, 10, 12) AND tenant = $1 AND personal AND customer IS NULL \
        AND for_order = ANY (ARRAY( \
            SELECT id FROM oms.order_head WHERE tenant = $1 AND customer = $2)) \
    ) found \
    WHERE $3::smallint IS NULL OR (kind, u, t1 COLLATE \"C\", t2 COLLATE \"C\") > ($3, $4, $5, $6) \
    ORDER BY kind, u, t1 COLLATE \"C\", t2 COLLATE \"C\" LIMIT $7";

pub(crate) async fn personal(
    session: &Session,
    tenant: &TenantId,
    customer: CustomerId,
    after: Option<&DocumentKey>,
    limit: usize,
) -> Result<Vec<DocumentKey>, StoreError> {
    let rows = within_page(limit)?;
    let after = after.map(document_columns);
    let after = after.as_ref();
    let query = sqlx::query(PERSONAL)
        .bind(tenant.as_str())
        .bind(customer.as_uuid())
        .bind(after.map(|key| key.kind))
        .bind(after.map(|key| key.u))
        .bind(after.map(|key| key.t1))
        .bind(after.map(|key| &*key.t2))
        .bind(rows);
    let rows = session.read(query).await?;
    rows.iter().map(|row| key(row, VIEW)).collect()
}

/// From the last row on that begins at a place or before it: what comes next may be in its midst.
const HISTORY: &str = "SELECT seq, actor_kind, actor_id, reason, request_id, command_key, at, \
    body::text AS body FROM oms.event \
    WHERE tenant = $1 AND stream_kind = $2 AND stream_id = $3 AND seq >= coalesce(( \
        SELECT max(b.seq) FROM oms.event b WHERE b.tenant = $1 AND b.stream_kind = $2 \
        AND b.stream_id = $3 AND b.seq <= $4 \
    ), 0) \
    ORDER BY seq LIMIT $5";

pub(crate) async fn history(
    session: &Session,
    tenant: &TenantId,
    stream: &StreamId,
    after: Version,
    limit: usize,
) -> Result<Vec<EventRecord>, StoreError> {
    // The first row may have nothing to give.
    let rows = asked(limit)?;
    let query = sqlx::query(HISTORY)
        .bind(tenant.as_str())
        .bind(stream.kind.as_str())
        .bind(&*stream.id)
        .bind(number(after))
        .bind(rows);
    let rows = session.read(query).await?;
    let told = rows.iter().map(|row| events(row, tenant, stream));
    let told: Vec<Vec<EventRecord>> = told.collect::<Result<_, _>>()?;
    let told = told.into_iter().flatten();
    Ok(told
        .filter(|event| event.id.seq > after)
        .take(limit)
        .collect())
}

const STOCK: [&str; 8] = [
    "hub",
    "sku",
    "on_hand",
    "reserved",
    "incoming",
    "safety",
    "shortfall",
    "version",
];

pub(crate) async fn stock(
    session: &Session,
    tenant: &TenantId,
    filter: &StockFilter,
    after: Option<&StockKey>,
    limit: usize,
) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError> {
    let rows = asked(limit)?;
    let mut sql = Builder::new(
        "SELECT hub, sku, on_hand::bigint, reserved::bigint, incoming::bigint, safety::bigint, \
         shortfall::bigint, version FROM oms.stock_level WHERE tenant = ",
    );
    sql.push_bind(tenant.as_str());
    if let Some(sku) = &filter.sku {
        sql.push(" AND sku = ").push_bind(sku.as_str());
    }
    if let Some(hub) = &filter.hub {
        sql.push(" AND hub = ").push_bind(hub.as_str());
    }
    if let Some(most) = filter.available_at_most {
        sql.push(" AND on_hand::bigint - reserved - safety <= ");
        sql.push_bind(i64::from(most.get()));
    }
    if let Some(after) = after {
        sql.push(" AND (hub, sku) > (")
            .push_bind(after.hub.as_str());
        sql.push(", ").push_bind(after.sku.as_str()).push(")");
    }
    sql.push(" ORDER BY hub, sku LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    let place = |row: &PgRow| level_key(row, &STOCK);
    page(&rows, limit, |row| level(row, &STOCK), place)
}

pub(crate) async fn jobs(
    session: &Session,
    tenant: &TenantId,
    after: Option<JobId>,
    limit: usize,
) -> Result<Page<JobDraft, JobId>, StoreError> {
    let rows = asked(limit)?;
    let mut sql = Builder::new(
        "SELECT id, queue, kind, payload, planned_for, run_at, priority, unique_key, max_attempts, \
         trace FROM oms.job WHERE tenant = ",
    );
    sql.push_bind(tenant.as_str());
    if let Some(after) = after {
        sql.push(" AND id > ").push_bind(after.as_uuid());
    }
    sql.push(" ORDER BY id LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    page(&rows, limit, draft, |row| id(row, JobId::from_uuid))
}

const TENANTS: &str = "SELECT tenant FROM oms.settings \
    WHERE tenant > coalesce($1, '') ORDER BY tenant LIMIT $2";

pub(crate) async fn tenants(
    session: &Session,
    after: Option<&TenantId>,
    limit: usize,
) -> Result<Page<TenantId, TenantId>, StoreError> {
    let rows = asked(limit)?;
    let query = sqlx::query(TENANTS);
    let query = query.bind(after.map(TenantId::as_str)).bind(rows);
    let rows = session.read(query).await?;
    let tenant = |row: &PgRow| parsed(row, "tenant", TenantId::parse);
    page(&rows, limit, tenant, tenant)
}
