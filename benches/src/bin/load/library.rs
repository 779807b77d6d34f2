//! The library, driven as a host drives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use oms_core::order::{OrderCommand, ShipParcel, Tracking};
use oms_core::plan::PlaceOrder;
use oms_core::port::{OrderFilter, Store};
use oms_core::service::{Call, Oms, Tenant};
use oms_core::value::{FulfillmentId, ShipmentId, TenantId};

use crate::Failure;
use crate::measure::{Record, Side};
use crate::shop::{Shop, UNITS, scatter};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Orders are numbered through the whole process, so that no side gets one twice.
pub(crate) fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Goes on with that number, so that no two processes have one in common.
pub(crate) fn number_from(number: u64) {
    NEXT.store(number, Ordering::Relaxed);
}

/// The calls of a tenant on a store.
pub(crate) fn open(store: Arc<dyn Store>, tenant: &str) -> Result<Tenant, Failure> {
    Ok(Oms::builder(store).build().tenant(TenantId::parse(tenant)?))
}

/// Places orders with many tenants in turn, or with one.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) shop: Shop,
    pub(crate) tenants: Vec<Tenant>,
}

impl Place {
    /// The order with that number, and whose it is.
    fn order(&self, number: u64) -> Result<(&Tenant, PlaceOrder), Failure> {
        let tenants = u64::try_from(self.tenants.len())?;
        let place = usize::try_from(scatter(number, 3) % tenants.max(1))?;
        let tenant = self.tenants.get(place).ok_or("there is no tenant")?;
        Ok((tenant, self.shop.order(number, UNITS)?))
    }
}

#[async_trait]
impl Side for Place {
    async fn work(&self, _caller: usize, record: &mut Record) {
        let began = Instant::now();
        let (tenant, order) = match self.order(next()) {
            Ok(order) => order,
            Err(why) => return record.fail(&why),
        };
        let done = tenant.place(order, Call::default()).await;
        if record.call(began, done).is_some() {
            record.orders += 1;
        }
    }
}

/// Takes orders from the first call to the door.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    pub(crate) shop: Shop,
    pub(crate) tenant: Tenant,
}

/// The commands after the placement.
pub(crate) fn steps() -> [OrderCommand; 5] {
    let fulfillment = FulfillmentId::FIRST;
    [
        OrderCommand::Approve,
        OrderCommand::Pick {
            fulfillment,
            lines: Vec::new(),
        },
        OrderCommand::Pack {
            fulfillment,
            lines: Vec::new(),
        },
        OrderCommand::Ship {
            fulfillment,
            parcel: ShipParcel {
                lines: Vec::new(),
                tracking: Tracking::default(),
            },
        },
        OrderCommand::Deliver {
            shipment: ShipmentId::FIRST,
        },
    ]
}

#[async_trait]
impl Side for Lifecycle {
    async fn work(&self, _caller: usize, record: &mut Record) {
        let order = match self.shop.order(next(), UNITS) {
            Ok(order) => order,
            Err(why) => return record.fail(&why),
        };
        let began = Instant::now();
        let placed = self.tenant.place(order, Call::default()).await;
        let placed = record.call(began, placed);
        let Some(id) = placed.and_then(|done| Some(done.receipt.order?.id)) else {
            return;
        };
        for step in steps() {
            let began = Instant::now();
            let done = self.tenant.order_command(id, step, Call::default()).await;
            if record.call(began, done).is_none() {
                return;
            }
        }
        record.orders += 1;
    }
}

/// Reads what people look at: an order by its number, and a page of the newest orders.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) tenant: Tenant,
}

#[async_trait]
impl Side for Reader {
    async fn work(&self, _caller: usize, record: &mut Record) {
        let began = Instant::now();
        let page = self.tenant.orders(&OrderFilter::default(), None, 50).await;
        let Some(page) = record.call(began, page) else {
            return;
        };
        for order in page.items.iter().take(4) {
            let began = Instant::now();
            let read = self.tenant.order(order.id).await;
            record.call(began, read);
        }
    }
}
