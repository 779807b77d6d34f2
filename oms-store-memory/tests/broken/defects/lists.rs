//! Lists of movements, documents, stock and reservations.

use oms_core::event::ActorKind;
use oms_core::plan::{DocumentKind, Index, StoredDocument};
use oms_core::port::{MovementCursor, MovementFilter, StoreError};
use oms_core::value::{MovementId, Timestamp, Version};
use uuid::Uuid;

use crate::defect::{Defect, Earlier};
use crate::defects::conditions::{lone_movement, lone_reservation, lone_stock};

pub(crate) fn loses_the_reason_of_movements() -> Defect {
    Defect::moved(|movement| movement.draft.reason = None)
}

pub(crate) fn forgets_the_transfer_of_movements() -> Defect {
    Defect::moved(|movement| movement.draft.transfer = None)
}

pub(crate) fn forgets_who_moved_goods() -> Defect {
    Defect::moved(|movement| movement.origin.actor.kind = ActorKind::System)
}

pub(crate) fn stamps_movements_with_another_time() -> Defect {
    Defect::moved(|movement| movement.at = Timestamp::EPOCH)
}

pub(crate) fn stamps_movements_with_the_stores_time() -> Defect {
    Defect::movements(|sound, tenant, filter, after, limit| {
        let mut page = sound.movements(tenant, filter, after, limit)?;
        page.items
            .iter_mut()
            .for_each(|movement| movement.at = sound.now());
        Ok(page)
    })
}

pub(crate) fn ignores_the_sku_of_movements() -> Defect {
    lone_movement(|filter| filter.sku = None)
}

pub(crate) fn ignores_the_hub_of_movements() -> Defect {
    lone_movement(|filter| filter.hub = None)
}

pub(crate) fn ignores_the_kind_of_movements() -> Defect {
    lone_movement(|filter| filter.kind = None)
}

pub(crate) fn ignores_the_order_of_movements() -> Defect {
    lone_movement(|filter| filter.order = None)
}

pub(crate) fn ignores_the_transfer_of_movements() -> Defect {
    lone_movement(|filter| filter.transfer = None)
}

pub(crate) fn leaves_out_movements_at_the_first_moment() -> Defect {
    Defect::movement_filter(|filter| {
        filter.from = filter.from.and_then(|from| from.checked_add_micros(1));
    })
}

pub(crate) fn ignores_from_when_goods_moved() -> Defect {
    lone_movement(|filter| filter.from = None)
}

pub(crate) fn takes_movements_at_the_last_moment() -> Defect {
    Defect::movement_filter(|filter| {
        filter.before = filter
            .before
            .and_then(|before| before.checked_add_micros(1));
    })
}

pub(crate) fn skips_movements_of_one_moment() -> Defect {
    Defect::movements(|sound, tenant, filter, after, limit| {
        let id = MovementId::from_uuid(Uuid::max());
        let after = after.map(|after| MovementCursor { id, ..after });
        sound.movements(tenant, filter, after, limit)
    })
}

pub(crate) fn drops_movements_recorded_before() -> Defect {
    Defect::item(|sound, tenant, item| {
        let all = MovementFilter::default();
        let recorded = sound.movements(tenant, &all, None, 500).unwrap().items;
        item.movements
            .retain(|draft| recorded.iter().all(|one| one.draft.id != draft.id));
    })
}

pub(crate) fn drops_movements_recorded_twice_in_a_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let recorded = |(before, outcome): &Earlier, id: MovementId| {
            outcome.is_done() && before.movements.iter().any(|one| one.id == id)
        };
        item.movements
            .retain(|draft| !earlier.iter().any(|before| recorded(before, draft.id)));
        None
    })
}

pub(crate) fn lists_the_hosts_documents_backwards() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut page = sound.documents(tenant, filter, after, limit)?;
        if filter.kind == DocumentKind::Host {
            page.items.reverse();
        }
        Ok(page)
    })
}

pub(crate) fn lists_skus_by_the_alphabet() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut page = sound.documents(tenant, filter, after, limit)?;
        if filter.kind == DocumentKind::Product {
            let letters = |found: &StoredDocument| found.key.to_string().to_lowercase();
            page.items.sort_by_key(letters);
        }
        Ok(page)
    })
}

pub(crate) fn lists_active_documents_as_inactive() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut filter = filter.clone();
        if filter.kind != DocumentKind::Transfer {
            filter.active = filter.active.filter(|active| *active);
        }
        sound.documents(tenant, &filter, after, limit)
    })
}

pub(crate) fn skips_a_document_per_page() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut page = sound.documents(tenant, filter, after, limit)?;
        let of_hub = filter.from.is_some() || filter.to.is_some();
        if after.is_some() && !of_hub && !page.items.is_empty() {
            page.items.remove(0);
        }
        Ok(page)
    })
}

pub(crate) fn ignores_where_transfers_come_from() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut filter = filter.clone();
        filter.from = None;
        sound.documents(tenant, &filter, after, limit)
    })
}

pub(crate) fn ignores_where_transfers_go() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut filter = filter.clone();
        filter.to = None;
        sound.documents(tenant, &filter, after, limit)
    })
}

/// As an index by hub does that knows only how a transfer was created.
pub(crate) fn lists_transfers_of_a_hub_that_are_over_as_open() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let of_hub = filter.from.is_some() || filter.to.is_some();
        let (true, Some(open)) = (of_hub, filter.active) else {
            return sound.documents(tenant, filter, after, limit);
        };
        let mut filter = filter.clone();
        filter.active = None;
        let mut page = sound.documents(tenant, &filter, after, limit)?;
        page.items.retain(|found| {
            let changed = found.version > Version::ZERO.next();
            open == (changed || found.index == Index::Active(true))
        });
        Ok(page)
    })
}

pub(crate) fn skips_a_transfer_of_a_hub_per_page() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let mut page = sound.documents(tenant, filter, after, limit)?;
        if after.is_some() && filter.to.is_some() && !page.items.is_empty() {
            page.items.remove(0);
        }
        Ok(page)
    })
}

/// No release of this suite writes so high a schema.
fn is_of_a_later_release(document: &StoredDocument) -> bool {
    document.schema > 1_000
}

pub(crate) fn lists_no_skus_beside_one_of_a_later_release() -> Defect {
    Defect::documents(|sound, tenant, filter, after, limit| {
        let page = sound.documents(tenant, filter, after, limit)?;
        let Some(later) = page.items.iter().find(|found| is_of_a_later_release(found)) else {
            return Ok(page);
        };
        Err(StoreError::NewerSchema {
            what: later.key.to_string(),
            found: later.schema,
            known: 1,
        })
    })
}

pub(crate) fn hides_orders_of_a_later_release() -> Defect {
    Defect::orders(|sound, tenant, filter, after, limit| {
        let mut page = sound.orders(tenant, filter, after, limit)?;
        page.items.retain(|found| !is_of_a_later_release(found));
        Ok(page)
    })
}

pub(crate) fn ignores_the_sku_of_stock() -> Defect {
    lone_stock(|filter| filter.sku = None)
}

pub(crate) fn ignores_the_hub_of_stock() -> Defect {
    lone_stock(|filter| filter.hub = None)
}

pub(crate) fn ignores_what_is_available() -> Defect {
    lone_stock(|filter| filter.available_at_most = None)
}

pub(crate) fn goes_on_at_the_next_hub() -> Defect {
    Defect::stock(|sound, tenant, filter, after, limit| {
        let mut page = sound.stock(tenant, filter, after, limit)?;
        page.items
            .retain(|(key, _)| after.is_none_or(|after| key.hub != after.hub));
        Ok(page)
    })
}

pub(crate) fn ignores_the_owner_of_reservations() -> Defect {
    lone_reservation(|filter| filter.owner = None)
}

pub(crate) fn ignores_the_sku_of_reservations() -> Defect {
    lone_reservation(|filter| filter.sku = None)
}

pub(crate) fn ignores_the_hub_of_reservations() -> Defect {
    lone_reservation(|filter| filter.hub = None)
}

pub(crate) fn lists_reservations_that_hold_nothing() -> Defect {
    lone_reservation(|filter| filter.live = false)
}

pub(crate) fn lists_only_what_is_confirmed() -> Defect {
    Defect::reservations(|sound, tenant, filter, after, limit| {
        let mut page = sound.reservations(tenant, filter, after, limit)?;
        if filter.live {
            page.items.retain(|(_, row)| !row.confirmed.is_zero());
        }
        Ok(page)
    })
}

pub(crate) fn repeats_a_reservation_per_page() -> Defect {
    Defect::reservations(|sound, tenant, filter, after, limit| {
        let mut page = sound.reservations(tenant, filter, after, limit)?;
        if after.is_some()
            && !filter.live
            && page.items.len() < limit
            && let Some(first) = page.items.first().cloned()
        {
            page.items.push(first);
        }
        Ok(page)
    })
}

pub(crate) fn skips_what_a_hub_holds_per_page() -> Defect {
    Defect::reservations(|sound, tenant, filter, after, limit| {
        let mut page = sound.reservations(tenant, filter, after, limit)?;
        let of_hub = filter.live && filter.hub.is_some();
        if of_hub && after.is_some() && !page.items.is_empty() {
            page.items.remove(0);
        }
        Ok(page)
    })
}
