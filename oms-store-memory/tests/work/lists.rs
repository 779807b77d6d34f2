//! What people find in the lists of a shop, told of any store.

use oms_core::order::{OrderCommand, OrderState, OrderStatus, ShipParcel, Tracking};
use oms_core::plan::{OnProblem, PlaceOrder};
use oms_core::port::OrderFilter;
use oms_core::service::Call;
use oms_core::testing::build;
use oms_core::value::{OrderId, ShipmentId, Timestamp};

use crate::world::{Shop, order};

impl Shop {
    async fn listed(&self, filter: OrderFilter) -> Vec<OrderId> {
        let page = self.tenant.orders(&filter, None, 100).await.unwrap();
        page.items.into_iter().map(|order| order.id).collect()
    }
}

/// Ten of twelve units arrive, two wait for stock: the order is stuck and late, not finished.
pub(crate) async fn an_order_that_still_waits_for_units_is_stuck_and_late(shop: &Shop) {
    let mut place = PlaceOrder {
        on_problem: OnProblem::Backorder,
        ..order("desk", "1", 12)
    };
    place.draft.promised_by = Some(Timestamp::EPOCH);
    let done = shop.tenant.place(place, Call::default()).await.unwrap();
    let id = done.receipt.order.unwrap().id;
    let fulfillment = build::fulfillment(1);
    let parcel = ShipParcel {
        lines: Vec::new(),
        tracking: Tracking::default(),
    };
    for command in [
        OrderCommand::pick_all(fulfillment),
        OrderCommand::pack_all(fulfillment),
        OrderCommand::Ship {
            fulfillment,
            parcel,
        },
        OrderCommand::Deliver {
            shipment: ShipmentId::new(1).unwrap(),
        },
    ] {
        shop.run(id, command).await;
    }
    let stored = shop.tenant.order(id).await.unwrap();
    assert_eq!(
        (stored.head.state, stored.status()),
        (OrderState::Open, OrderStatus::Shipped)
    );
    let stuck = OrderFilter {
        stuck_since: Some(Timestamp::MAX),
        ..OrderFilter::default()
    };
    let late = OrderFilter {
        promised_before: Some(Timestamp::MAX),
        ..OrderFilter::default()
    };
    for filter in [stuck.clone(), late.clone()] {
        assert_eq!(shop.listed(filter).await, [id]);
    }
    let reason = build::reason("no more of it");
    shop.run(id, OrderCommand::CancelRest { reason }).await;
    assert_eq!(shop.state(id).await, OrderStatus::Delivered);
    for filter in [stuck, late] {
        assert_eq!(shop.listed(filter).await, [], "it is over");
    }
    shop.check().await;
}
