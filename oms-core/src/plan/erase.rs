//! Erasing a customer's personal data: tombstones where names and addresses were.

use crate::customer::{ContactDocument, Customer};
use crate::event::StreamId;
use crate::plan::context::{Context, Planned, draft, finish};
use crate::plan::registry::{REGISTRY_EVENT_SCHEMA, RegistryEvent};
use crate::plan::{
    DocumentKey, DocumentWrite, Expected, Index, Keys, PayloadDocument, Receipt, Rejection, encode,
};
use crate::value::{CustomerId, limits};

/// What the plan has to know.
pub(crate) fn keys(customer: CustomerId, rows: &[DocumentKey]) -> Keys {
    let mut keys = Keys::default();
    keys.documents.insert(DocumentKey::Customer(customer));
    keys.documents.extend(rows.iter().cloned());
    keys
}

/// Plans tombstones for the rows named, and marks the customer erased.
///
/// Orders and events stay as they are: they hold ids only, so replay still gives the same state.
pub(crate) fn plan(
    context: &Context<'_>,
    id: CustomerId,
    rows: &[DocumentKey],
) -> Result<Planned, Rejection> {
    context.settings()?;
    let found = rows.len();
    let max = limits::PAGE_ITEMS_MAX;
    if found > max {
        return Err(Rejection::WrongCount { field: "rows".to_owned(), found, max });
    }
    let key = DocumentKey::Customer(id);
    let old: Customer = context.require(&key)?;
    let mut change_set = context.change_set();
    for row in rows {
        let Some(stored) = context.snapshot.documents.get(row) else { continue };
        let at = context.now();
        let (gone, body) = match row {
            DocumentKey::Contact(_) => {
                let now: ContactDocument = context.require(row)?;
                let gone = matches!(now, ContactDocument::Erased { .. });
                (gone, encode(&ContactDocument::Erased { at }))
            }
            DocumentKey::Payload(_) => {
                let now: PayloadDocument = context.require(row)?;
                let gone = matches!(now, PayloadDocument::Erased { .. });
                (gone, encode(&PayloadDocument::Erased { at }))
            }
            DocumentKey::Settings
            | DocumentKey::Channel(_)
            | DocumentKey::Hub(_)
            | DocumentKey::Product(_)
            | DocumentKey::SkuMapping(..)
            | DocumentKey::Customer(_)
            | DocumentKey::Order(_)
            | DocumentKey::Fulfillment(..)
            | DocumentKey::Explanation(..)
            | DocumentKey::Host(..) => {
                return Err(Rejection::NotErasable { document: row.clone() });
            }
        };
        if !gone {
            change_set.documents.push(DocumentWrite {
                key: row.clone(),
                expected: Expected::Version(stored.version),
                version: stored.version.next(),
                body,
                index: Index::None,
            });
        }
    }
    let stream = StreamId::customer(id);
    // The key came from the snapshot, so it has a version there.
    let stored = context.snapshot.version(&key).unwrap_or_default();
    if old.erased && change_set.documents.is_empty() {
        return Ok(Planned::Already(Receipt::new(stream, stored)));
    }
    let new = Customer { erased: true, external: None, ..old.clone() };
    let version = stored.next();
    let body = RegistryEvent { old: Some(Customer { external: None, ..old }), new: new.clone() };
    let event = draft(&stream, Some(version), "customer.erased", REGISTRY_EVENT_SCHEMA, &body);
    change_set.events.push(event);
    change_set.documents.push(DocumentWrite {
        key,
        expected: Expected::Version(stored),
        version,
        body: encode(&new),
        index: Index::Active(new.active),
    });
    Ok(finish(change_set, Receipt::new(stream, version)))
}
