//! Lists of the transfers of a hub.

use oms_core::plan::{DocumentKey, DocumentKind, StoredDocument};
use oms_core::port::{DocumentFilter, Page, StoreError};
use oms_core::value::{HubId, TenantId};

use super::{asked, page};
use crate::document::{VIEW, document, key};
use crate::key::{document_columns, kind_code};
use crate::session::Session;

const TRANSFERS: &str = include_str!("../../sql/transfers.sql");

/// The documents of a filter that names a hub.
pub(super) async fn transfers(
    session: &Session,
    tenant: &TenantId,
    filter: &DocumentFilter,
    after: Option<&DocumentKey>,
    limit: usize,
) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
    let rows = asked(limit)?;
    let kind = kind_code(DocumentKind::Transfer);
    let after = after.map(document_columns);
    let is_behind = after.as_ref().is_some_and(|after| after.kind > kind);
    if filter.kind != DocumentKind::Transfer || is_behind {
        return Ok(Page::new(Vec::new(), None));
    }
    // No id is empty.
    let after = after.filter(|after| after.kind == kind);
    let after = after.map_or("", |after| after.t1);
    let query = sqlx::query(TRANSFERS)
        .bind(tenant.as_str())
        .bind(filter.from.as_ref().map(HubId::as_str))
        .bind(filter.to.as_ref().map(HubId::as_str))
        .bind(filter.active)
        .bind(after)
        .bind(rows);
    let rows = session.read(query).await?;
    page(
        &rows,
        limit,
        |row| document(row, VIEW),
        |row| key(row, VIEW),
    )
}
