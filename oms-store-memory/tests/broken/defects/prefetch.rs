//! Prefetches.

use oms_core::plan::{DocumentKey, Index, Keys};
use oms_core::value::{FulfillmentId, Timestamp};

use crate::defect::Defect;

const fn is_second_fulfillment(key: &DocumentKey) -> bool {
    matches!(key, DocumentKey::Fulfillment(_, id) if id.get() != FulfillmentId::FIRST.get())
}

pub(crate) fn leaves_out_the_settings() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if *keys == Keys::default() {
            found.documents.remove(&DocumentKey::Settings);
        }
    })
}

pub(crate) fn tells_no_time() -> Defect {
    Defect::snapshot(|_, _, _, found| found.now = Timestamp::EPOCH)
}

pub(crate) fn leaves_out_the_last_document() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if keys.documents.len() > 2 {
            found.documents.pop_last();
        }
    })
}

pub(crate) fn leaves_out_fulfillments() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.orders.is_empty() {
            found.documents.retain(|key, _| !is_second_fulfillment(key));
        }
    })
}

pub(crate) fn leaves_out_reservations_of_orders() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.orders.is_empty() {
            found.reservations.clear();
        }
    })
}

pub(crate) fn leaves_out_inactive_hubs() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if keys.hubs {
            found
                .documents
                .retain(|_, document| document.index != Index::Active(false));
        }
    })
}

pub(crate) fn leaves_out_a_stock_row() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if keys.stock.len() > 2 {
            found.stock.pop_last();
        }
    })
}

pub(crate) fn knows_one_hub_per_sku() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.sku_stock.is_empty() {
            found.stock.pop_last();
        }
    })
}

pub(crate) fn hides_who_holds_a_name() -> Defect {
    Defect::snapshot(|_, _, _, found| found.unique.clear())
}

pub(crate) fn leaves_out_documents_of_holders() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.unique.is_empty() {
            found
                .documents
                .retain(|key, _| !matches!(key, DocumentKey::Host(..)));
        }
    })
}

pub(crate) fn leaves_out_fulfillments_of_holders() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.unique.is_empty() {
            found.documents.retain(|key, _| !is_second_fulfillment(key));
        }
    })
}

pub(crate) fn leaves_out_reservations_of_holders() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.unique.is_empty() {
            found.reservations.clear();
        }
    })
}

/// What expired stays, for other cases.
pub(crate) fn leaves_out_reservations_that_are_over() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        found
            .reservations
            .retain(|_, row| !row.live().is_zero() || !row.expired.is_zero());
    })
}

pub(crate) fn answers_for_one_owner() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if let (true, Some(first)) = (keys.owners.len() > 1, keys.owners.first()) {
            found.reservations.retain(|key, _| key.owner == *first);
        }
    })
}

pub(crate) fn loses_receipts() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        found
            .commands
            .values_mut()
            .for_each(|record| record.receipt = "null".into());
    })
}
