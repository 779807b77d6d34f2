//! Filters: one condition that is ignored, alone or beside others.

use oms_core::port::{MovementFilter, OrderFilter, ReservationFilter, StockFilter};

use crate::defect::Defect;

/// What is wrong with several conditions is for other cases to find.
fn is_lone(conditions: &[bool]) -> bool {
    conditions.iter().filter(|set| **set).count() < 2
}

/// Goes wrong where movements are asked for by one condition.
pub(crate) fn lone_movement(wrong: fn(&mut MovementFilter)) -> Defect {
    Defect::movement_filter(move |filter| {
        let conditions = [
            filter.sku.is_some(),
            filter.hub.is_some(),
            filter.kind.is_some(),
            filter.order.is_some(),
            filter.transfer.is_some(),
            filter.from.is_some(),
            filter.before.is_some(),
        ];
        if is_lone(&conditions) {
            wrong(filter);
        }
    })
}

/// Goes wrong where stock rows are asked for by one condition.
pub(crate) fn lone_stock(wrong: fn(&mut StockFilter)) -> Defect {
    Defect::stock_filter(move |filter| {
        let conditions = [
            filter.sku.is_some(),
            filter.hub.is_some(),
            filter.available_at_most.is_some(),
        ];
        if is_lone(&conditions) {
            wrong(filter);
        }
    })
}

/// Goes wrong where reservations are asked for by one condition.
pub(crate) fn lone_reservation(wrong: fn(&mut ReservationFilter)) -> Defect {
    Defect::reservation_filter(move |filter| {
        let conditions = [
            filter.owner.is_some(),
            filter.sku.is_some(),
            filter.hub.is_some(),
            filter.due,
            filter.live,
        ];
        if is_lone(&conditions) {
            wrong(filter);
        }
    })
}

/// Goes wrong where orders are asked for by one condition.
pub(crate) fn lone_order(wrong: fn(&mut OrderFilter)) -> Defect {
    Defect::order_filter(move |filter| {
        let conditions = [
            !filter.statuses.is_empty(),
            filter.unfinished,
            filter.channel.is_some(),
            filter.customer.is_some(),
            filter.placed_from.is_some(),
            filter.placed_before.is_some(),
            filter.stuck_since.is_some(),
            filter.promised_before.is_some(),
        ];
        if is_lone(&conditions) {
            wrong(filter);
        }
    })
}

pub(crate) fn ignores_the_hub_of_stock_of_a_sku() -> Defect {
    Defect::stock_filter(|filter| {
        if filter.sku.is_some() {
            filter.hub = None;
        }
    })
}

pub(crate) fn ignores_what_is_available_at_a_hub() -> Defect {
    Defect::stock_filter(|filter| {
        if filter.hub.is_some() {
            filter.available_at_most = None;
        }
    })
}

pub(crate) fn ignores_the_hub_of_reservations_of_a_sku() -> Defect {
    Defect::reservation_filter(|filter| {
        if filter.sku.is_some() && !filter.due {
            filter.hub = None;
        }
    })
}

pub(crate) fn lists_what_an_owner_gave_back() -> Defect {
    Defect::reservation_filter(|filter| filter.live &= filter.owner.is_none())
}

pub(crate) fn lists_due_claims_of_any_owner() -> Defect {
    Defect::reservation_filter(|filter| {
        if filter.due {
            filter.owner = None;
        }
    })
}

pub(crate) fn ignores_the_kind_of_movements_of_an_order() -> Defect {
    Defect::movement_filter(|filter| {
        if filter.order.is_some() {
            filter.kind = None;
        }
    })
}

pub(crate) fn ignores_when_goods_moved_at_a_hub() -> Defect {
    Defect::movement_filter(|filter| {
        if filter.hub.is_some() {
            filter.before = None;
        }
    })
}

pub(crate) fn ignores_the_channel_beside_a_status() -> Defect {
    Defect::order_filter(|filter| {
        if !filter.statuses.is_empty() {
            filter.channel = None;
        }
    })
}

pub(crate) fn ignores_before_when_a_customer_ordered() -> Defect {
    Defect::order_filter(|filter| {
        if filter.customer.is_some() {
            filter.placed_before = None;
        }
    })
}

pub(crate) fn lists_finished_orders_of_a_channel() -> Defect {
    Defect::order_filter(|filter| filter.unfinished &= filter.channel.is_none())
}
