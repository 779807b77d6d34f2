//! Lists of orders, and personal documents.

use std::collections::BTreeMap;
use std::sync::Mutex;

use oms_core::plan::{DocumentKey, DocumentKind, Index, StoredDocument};
use oms_core::port::{DocumentFilter, OrderCursor, Page};
use oms_core::testing::build::order_id;
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{CustomerId, TenantId};

use crate::defect::Defect;
use crate::defects::conditions::lone_order;
use crate::sound::Sound;

pub(crate) fn ignores_the_status() -> Defect {
    lone_order(|filter| {
        // Several statuses are for another case.
        if filter.statuses.len() == 1 {
            filter.statuses.clear();
        }
    })
}

pub(crate) fn looks_at_one_of_several_statuses() -> Defect {
    Defect::order_filter(|filter| {
        if filter.statuses.len() > 1 {
            filter.statuses.pop_last();
        }
    })
}

pub(crate) fn ignores_whether_orders_are_finished() -> Defect {
    lone_order(|filter| filter.unfinished = false)
}

pub(crate) fn ignores_the_channel() -> Defect {
    lone_order(|filter| filter.channel = None)
}

pub(crate) fn ignores_the_customer() -> Defect {
    lone_order(|filter| filter.customer = None)
}

pub(crate) fn ignores_from_when() -> Defect {
    lone_order(|filter| filter.placed_from = None)
}

pub(crate) fn leaves_out_the_first_moment() -> Defect {
    Defect::order_filter(|filter| {
        filter.placed_from = filter
            .placed_from
            .and_then(|from| from.checked_add_micros(1));
    })
}

pub(crate) fn ignores_before_when() -> Defect {
    lone_order(|filter| filter.placed_before = None)
}

pub(crate) fn ignores_since_when() -> Defect {
    lone_order(|filter| filter.stuck_since = None)
}

pub(crate) fn ignores_what_was_promised() -> Defect {
    lone_order(|filter| filter.promised_before = None)
}

pub(crate) fn lists_the_oldest_first() -> Defect {
    Defect::orders(|sound, tenant, filter, after, limit| {
        let mut page = sound.orders(tenant, filter, after, limit)?;
        if page.next.is_none() && after.is_none() {
            page.items.reverse();
        }
        Ok(page)
    })
}

pub(crate) fn goes_on_after_a_moment() -> Defect {
    Defect::orders(|sound, tenant, filter, after, limit| {
        let after = after.map(|after| OrderCursor {
            id: order_id(0),
            ..after
        });
        sound.orders(tenant, filter, after, limit)
    })
}

pub(crate) fn goes_on_after_a_count() -> Defect {
    let offsets: Mutex<BTreeMap<OrderCursor, usize>> = Mutex::default();
    Defect::orders(move |sound, tenant, filter, after, limit| {
        if !(1..100).contains(&limit) {
            return sound.orders(tenant, filter, after, limit);
        }
        let mut offsets = offsets.lock().unwrap();
        let offset = after
            .and_then(|after| offsets.get(&after).copied())
            .unwrap_or(0);
        let all = sound.orders(tenant, filter, None, 100)?.items;
        let items: Vec<StoredDocument> = all.iter().skip(offset).take(limit).cloned().collect();
        let end = offset + items.len();
        let next = items.last().filter(|_| end < all.len()).and_then(cursor);
        if let Some(next) = next {
            offsets.insert(next, end);
        }
        Ok(Page::new(items, next))
    })
}

fn cursor(order: &StoredDocument) -> Option<OrderCursor> {
    match (&order.key, &order.index) {
        (DocumentKey::Order(id), Index::Order(index)) => Some(OrderCursor {
            placed_at: index.placed_at,
            id: *id,
        }),
        _ => None,
    }
}

/// Personal documents but for those of which `missed` is true.
fn misses(
    missed: impl Fn(&Sound, &TenantId, CustomerId, &StoredDocument) -> bool + Send + Sync + 'static,
) -> Defect {
    Defect::personal(move |sound, tenant, customer, after, limit| {
        let mut found = sound.personal(tenant, customer, after, limit)?;
        found.retain(|key| {
            let document = sound.document(tenant, key);
            !document.is_some_and(|document| missed(sound, tenant, customer, &document))
        });
        Ok(found)
    })
}

/// Personal documents, and contacts of which `taken` is true.
fn takes(
    taken: impl Fn(&Sound, &TenantId, CustomerId, &StoredDocument) -> bool + Send + Sync + 'static,
) -> Defect {
    Defect::personal(move |sound, tenant, customer, after, limit| {
        let mut found = sound.personal(tenant, customer, after, limit)?;
        let contacts = DocumentFilter::of(DocumentKind::Contact);
        let mut more = sound.documents(tenant, &contacts, None, 9)?.items;
        more.retain(|document| taken(sound, tenant, customer, document));
        found.extend(more.into_iter().map(|document| document.key));
        Ok(found)
    })
}

/// The customer that the order of a personal document has now, and the version of the order.
fn buyer(
    sound: &Sound,
    tenant: &TenantId,
    document: &StoredDocument,
) -> Option<(Option<CustomerId>, u64)> {
    let Index::Personal {
        order: Some(order), ..
    } = document.index
    else {
        return None;
    };
    let order = sound.document(tenant, &DocumentKey::Order(order))?;
    match order.index {
        Index::Order(index) => Some((index.customer, order.version.get())),
        _ => None,
    }
}

/// Whom a personal document names.
const fn named(document: &StoredDocument) -> Option<CustomerId> {
    match document.index {
        Index::Personal { customer, .. } => customer,
        _ => None,
    }
}

pub(crate) fn misses_documents_of_the_customer() -> Defect {
    misses(|_, _, _, document| {
        matches!(
            document.index,
            Index::Personal {
                customer: Some(_),
                ..
            }
        )
    })
}

pub(crate) fn misses_documents_of_orders() -> Defect {
    misses(|sound, tenant, customer, document| {
        document.key.kind() == DocumentKind::Contact
            && buyer(sound, tenant, document) == Some((Some(customer), 1))
    })
}

pub(crate) fn misses_documents_of_orders_gained() -> Defect {
    misses(|sound, tenant, customer, document| {
        let buyer = buyer(sound, tenant, document);
        buyer.is_some_and(|(buyer, version)| buyer == Some(customer) && version > 1)
    })
}

pub(crate) fn keeps_documents_of_orders_once_had() -> Defect {
    takes(|sound, tenant, customer, document| {
        let buyer = buyer(sound, tenant, document);
        named(document).is_none()
            && buyer.is_some_and(|(buyer, version)| buyer != Some(customer) && version > 1)
    })
}

pub(crate) fn takes_documents_of_others() -> Defect {
    takes(|sound, tenant, customer, document| {
        let buyer = buyer(sound, tenant, document).and_then(|(buyer, _)| buyer);
        named(document).is_some_and(|named| named != customer) && buyer == Some(customer)
    })
}

pub(crate) fn lists_personal_documents_without_limit() -> Defect {
    Defect::personal(|sound, tenant, customer, after, limit| {
        // Limits that are invalid stay so.
        let all = if limit == 2 { PAGE_ITEMS_MAX } else { limit };
        sound.personal(tenant, customer, after, all)
    })
}

pub(crate) fn begins_personal_documents_anew() -> Defect {
    Defect::personal(|sound, tenant, customer, _, limit| {
        sound.personal(tenant, customer, None, limit)
    })
}

pub(crate) fn misses_payloads() -> Defect {
    misses(|_, _, _, document| document.key.kind() == DocumentKind::Payload)
}
