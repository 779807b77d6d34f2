//! Alerts when stock runs low, and when it is out: one job each, none more until it was restocked.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::event::{Actor, ActorKind, Origin};
use crate::job::JobDraft;
use crate::plan::{
    ChangeSet, DocumentKey, DocumentWrite, Expected, Fingerprint, Index, Keys, Snapshot, Stored,
    encode,
};
use crate::port::{Message, MessageContent, PublishError, Publisher};
use crate::service::derived::id_of;
use crate::service::{Error, Oms};
use crate::stock::{LowStock, StockKey, StockLevel};
use crate::tenant::Settings;
use crate::value::limits::BATCH_ITEMS_MAX;
use crate::value::{ExternalId, IdempotencyKey, JobId, JobKind, QueueName, TenantId, Version};

/// A [`Publisher`] that makes a job when a stock row falls to its tenant's threshold
/// ([`Settings::low_stock_threshold`]) and one when nothing of it can be sold any more, and no
/// further ones until the row was above the threshold again.
///
/// A [`Relay`](crate::service::Relay) [with stock](crate::service::Relay::with_stock) brings the
/// rows, once the host has called [`Relay::subscribe`](crate::service::Relay::subscribe). What was
/// told of a row is kept in a document of its own, written in one commit with the job; so however
/// often a row comes, and whoever dies in between, one fall is one job. A row that falls and rises
/// between two ticks is not noticed. Jobs are not checked against a
/// [`JobCatalog`](crate::job::JobCatalog). The payload is
/// `{"hub", "sku", "available", "threshold", "status"}`, the status `low` or `out`; a row that
/// falls past both between two ticks is told as `out` alone.
///
/// What was told is known by tenant and row, whatever the kind of the job: have one of these for a
/// tenant. A second one is told nothing, so let the handler push what else is to follow.
///
/// Rows are looked at when they change. One that was low before the relay subscribed from now on,
/// or that a new threshold makes low, is told of when it moves next; rows of hubs and SKUs that are
/// switched off are told of as well. What stands low now is listed by
/// [`StockFilter::available_at_most`](crate::port::StockFilter::available_at_most), also by another
/// number than the tenant's one threshold.
#[derive(Clone, Debug)]
pub struct LowStockAlerts {
    oms: Oms,
    queue: QueueName,
    kind: JobKind,
}

/// What was told of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    status: LowStock,
    /// The version of the row that it was told for: older ones are late repeats.
    version: Version,
}

impl Stored for Told {}

impl LowStockAlerts {
    /// Alerts as jobs of this kind, for the host to handle.
    #[must_use]
    pub const fn new(oms: Oms, queue: QueueName, kind: JobKind) -> Self {
        Self { oms, queue, kind }
    }

    async fn alert(
        &self,
        tenant: &TenantId,
        rows: &[(&StockKey, &StockLevel)],
    ) -> Result<(), Error> {
        let mut keys = Keys::default();
        keys.documents
            .extend(rows.iter().map(|(key, _)| document(key)));
        let store = self.oms.store();
        let snapshot = store.prefetch(tenant, &keys).await?;
        let settings: Option<Settings> = snapshot.read(&DocumentKey::Settings)?;
        let threshold = settings.unwrap_or_default().low_stock_threshold;
        let mut sets = Vec::new();
        for (key, level) in rows {
            let status = level.low_stock(threshold);
            if let Some(mut set) = self.change(tenant, &snapshot, key, level, status)? {
                for job in &mut set.jobs {
                    job.payload = payload(key, level, threshold.get(), status).into();
                }
                sets.push(set);
            }
        }
        for sets in sets.chunks(BATCH_ITEMS_MAX) {
            for outcome in store.commit(tenant, sets).await? {
                // Where somebody else told of it meanwhile, the rows come again, and are looked at
                // again.
                Error::unless_stored(Some(outcome))?;
            }
        }
        Ok(())
    }

    /// What is to be written of a row; nothing unless it is worse than was told, or fine again. One
    /// that is out and only low again may be out the next moment: that is not told once more.
    fn change(
        &self,
        tenant: &TenantId,
        snapshot: &Snapshot,
        key: &StockKey,
        level: &StockLevel,
        status: LowStock,
    ) -> Result<Option<ChangeSet>, Error> {
        let document = document(key);
        let told: Option<Told> = snapshot.read(&document)?;
        let was = told.as_ref().map_or(LowStock::Fine, |told| told.status);
        let late = told.is_some_and(|told| told.version >= level.version);
        let worse = status < was;
        let fine_again = status == LowStock::Fine && was != LowStock::Fine;
        if late || !(worse || fine_again) {
            return Ok(None);
        }
        let parts = [
            tenant.as_str(),
            "low-stock",
            key.hub.as_str(),
            key.sku.as_str(),
        ];
        let id = id_of(&parts, level.version.get());
        let origin = Origin {
            actor: Actor::new(ActorKind::Job),
            reason: None,
            request_id: None,
            key: IdempotencyKey::from_uuid(id),
        };
        let mut set = ChangeSet::new(origin, Fingerprint::NONE, "null", snapshot.now);
        let stored = snapshot.version(&document);
        set.documents.push(DocumentWrite {
            expected: stored.map_or(Expected::Absent, Expected::Version),
            version: stored.unwrap_or_default().next(),
            body: encode(&Told {
                status,
                version: level.version,
            }),
            index: Index::None,
            key: document,
        });
        if worse {
            let (queue, kind) = (self.queue.clone(), self.kind.clone());
            set.jobs
                .push(JobDraft::new(JobId::from_uuid(id), queue, kind, "null"));
        }
        Ok(Some(set))
    }
}

/// Where it is kept what was told of a row. The hub goes into the hash, because both names
/// together may be too long.
fn document(key: &StockKey) -> DocumentKey {
    let id = id_of(&[key.hub.as_str(), key.sku.as_str()], 0);
    DocumentKey::Host(ExternalId::own("low-stock"), ExternalId::from_uuid(id))
}

fn payload(key: &StockKey, level: &StockLevel, threshold: u32, status: LowStock) -> String {
    let value = json!({
        "hub": key.hub.as_str(),
        "sku": key.sku.as_str(),
        "available": level.available(),
        "threshold": threshold,
        "status": status.as_str(),
    });
    value.to_string()
}

#[async_trait]
impl Publisher for LowStockAlerts {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        let mut rows: BTreeMap<&TenantId, Vec<(&StockKey, &StockLevel)>> = BTreeMap::new();
        let mut seen: BTreeSet<(&TenantId, &StockKey)> = BTreeSet::new();
        // The newest of each row is the last.
        for message in messages.iter().rev() {
            if let MessageContent::Stock(key, level) = &message.content
                && seen.insert((&message.tenant, key))
            {
                rows.entry(&message.tenant).or_default().push((key, level));
            }
        }
        for (tenant, rows) in rows {
            let told = self.alert(tenant, &rows).await;
            told.map_err(|error| PublishError {
                detail: "alerts could not be kept".to_owned(),
                source: Some(Box::new(error)),
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Told;
    use crate::plan::{Stored, decode_json};

    /// What a release told is not told again by the next one.
    #[test]
    fn what_was_told_once_is_read_for_ever() {
        let told = r#"{"status":"low","version":7}"#;
        let read: Told = decode_json("an alert", Told::SCHEMA, told).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), told);
    }
}
