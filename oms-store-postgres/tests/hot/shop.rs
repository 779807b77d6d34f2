//! A shop that takes orders through the whole library.

use std::sync::Arc;

use oms_core::catalog::{Product, SalesChannel};
use oms_core::hub::Hub;
use oms_core::order::{
    ExternalReference, OrderCommand, OrderDraft, ShipParcel, Source, SourceKind, Tracking,
};
use oms_core::plan::{Command, PlaceOrder, ReserveLine, ReserveMode, ReserveStock};
use oms_core::port::Store;
use oms_core::reservation::Owner;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{Currency, ExternalId, Name, OrderId, ShipmentId, Title};

/// The tenant of all these tests.
pub(crate) const TENANT: &str = "acme";

/// The tenant's calls on a store that others may share.
pub(crate) fn open(store: Arc<dyn Store>) -> Tenant {
    Oms::builder(store).build().tenant(build::tenant(TENANT))
}

/// Stores settings, a channel, a hub and SKUs with so many units each.
pub(crate) async fn furnish(tenant: &Tenant, skus: &[&str], units: u32) {
    let name = |text: &str| Name::parse(text).unwrap();
    let channel = SalesChannel::new(build::channel("desk"), name("Desk"));
    let mut commands = vec![
        Command::PutSettings(Settings::default()),
        Command::PutChannel(channel),
        Command::PutHub(Hub::new(build::hub("north"), name("North"))),
    ];
    for sku in skus {
        commands.push(product(sku));
        commands.push(receive("north", sku, units));
    }
    all(tenant, commands).await;
}

pub(crate) fn product(sku: &str) -> Command {
    let title = Title::parse("A thing").unwrap();
    Command::PutProduct(Product::new(build::sku(sku), title))
}

pub(crate) fn receive(hub: &str, sku: &str, units: u32) -> Command {
    Command::Stock {
        key: build::stock(hub, sku),
        command: StockCommand::Receive {
            quantity: build::quantity(units),
        },
        reason: build::reason("delivery"),
    }
}

/// Runs commands in bulk; each one is done.
pub(crate) async fn all(tenant: &Tenant, commands: Vec<Command>) {
    let with_call = |command| (command, Call::default());
    let commands: Vec<_> = commands.into_iter().map(with_call).collect();
    for result in tenant.bulk(&commands).await {
        result.unwrap();
    }
}

/// An order of one unit of each SKU, with a reference of the channel's.
pub(crate) fn order(reference: &str, skus: &[&str]) -> PlaceOrder {
    let source = Source {
        kind: SourceKind::Channel,
        channel: build::channel("desk"),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    for sku in skus {
        draft.push_line(sku, 1, "4.50").unwrap();
    }
    draft.external.push(ExternalReference {
        kind: ExternalId::parse("order").unwrap(),
        id: ExternalId::parse(reference).unwrap(),
    });
    PlaceOrder::new(draft)
}

/// Places such an order.
pub(crate) async fn place(tenant: &Tenant, reference: &str, skus: &[&str]) -> OrderId {
    let done = tenant.place(order(reference, skus), Call::default()).await;
    done.unwrap().receipt.order.unwrap().id
}

/// Places such an order whose claims are tentative, so that somebody has to approve it.
pub(crate) async fn place_pending(tenant: &Tenant, reference: &str, skus: &[&str]) -> OrderId {
    let mut place = order(reference, skus);
    place.reserve = ReserveMode::Tentative { ttl_secs: None };
    let done = tenant.place(place, Call::default()).await;
    done.unwrap().receipt.order.unwrap().id
}

/// Runs a command on an order.
pub(crate) async fn command(tenant: &Tenant, order: OrderId, command: OrderCommand) {
    let done = tenant.order_command(order, command, Call::default()).await;
    done.unwrap();
}

/// From approval to the door, for an order of one fulfillment.
pub(crate) fn steps() -> [(&'static str, OrderCommand); 5] {
    let fulfillment = build::fulfillment(1);
    let lines = Vec::new;
    let parcel = ShipParcel {
        lines: lines(),
        tracking: Tracking::default(),
    };
    let pick = OrderCommand::Pick {
        fulfillment,
        lines: lines(),
    };
    let pack = OrderCommand::Pack {
        fulfillment,
        lines: lines(),
    };
    let ship = OrderCommand::Ship {
        fulfillment,
        parcel,
    };
    let shipment = ShipmentId::FIRST;
    [
        ("approve", OrderCommand::Approve),
        ("pick", pick),
        ("pack", pack),
        ("ship", ship),
        ("deliver", OrderCommand::Deliver { shipment }),
    ]
}

pub(crate) fn cart(n: u64) -> Owner {
    Owner::Cart(build::cart_id(n))
}

/// A cart claims a unit of a SKU for so many seconds.
pub(crate) async fn reserve(tenant: &Tenant, owner: &Owner, sku: &str, ttl_secs: i64) {
    let line = ReserveLine {
        line: build::line(1),
        sku: build::sku(sku),
        quantity: build::quantity(1),
    };
    let mode = ReserveMode::Tentative {
        ttl_secs: Some(ttl_secs),
    };
    let claim = ReserveStock {
        mode,
        ..ReserveStock::new(owner.clone(), vec![line])
    };
    tenant.reserve(claim, Call::default()).await.unwrap();
}

/// The audit finds nothing.
pub(crate) async fn sound(tenant: &Tenant) {
    assert_eq!(tenant.audit().await.unwrap(), []);
}
