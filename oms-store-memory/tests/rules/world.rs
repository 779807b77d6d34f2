//! A tenant with a hub, a channel and one SKU, on a store whose calls can fail.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::customer::{Contact, Customer};
use oms_core::hub::Hub;
use oms_core::order::{OrderDraft, Source, SourceKind};
use oms_core::plan::{PlaceOrder, ReserveLine, ReserveMode, ReserveStock};
use oms_core::reservation::Owner;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::stock::{StockCommand, StockKey, StockLevel};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, FaultStore, Method, build};
use oms_core::value::{CountryCode, Currency, Name, OrderId, PostalCode, Title};
use oms_store_memory::MemoryStore;

use crate::watching::Watching;

pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) store: FaultStore,
    /// What is behind it.
    pub(crate) watching: Watching,
    /// Another host of the same store, whose calls do not fail.
    pub(crate) other: Tenant,
    pub(crate) oms: Oms,
    pub(crate) tenant: Tenant,
}

pub(crate) fn call() -> Call {
    Call::default()
}

pub(crate) fn shelf() -> StockKey {
    build::stock("north", "TEA")
}

pub(crate) fn cart(n: u64) -> Owner {
    Owner::Cart(build::cart_id(n))
}

/// A contact of somebody of that name.
pub(crate) fn contact(name: &str) -> Contact {
    let mut contact = Contact::default();
    contact.address.name = Some(Name::parse(name).unwrap());
    contact
}

/// Lets another host do something between the plan of the next command and its commit.
pub(crate) fn meanwhile(world: &World, act: impl Fn(&Tenant) + Send + Sync + 'static) {
    let (other, mut done) = (world.other.clone(), false);
    world.store.fail_when(move |asked| {
        if asked.method == Method::Commit && !done {
            done = true;
            // One executor does not run within another of the same thread.
            std::thread::scope(|scope| scope.spawn(|| act(&other)).join().unwrap());
        }
        None
    });
}

/// An address of somebody in a place with that postal code.
pub(crate) fn at(postal_code: &str) -> Contact {
    let mut contact = contact("Ada");
    contact.address.postal_code = Some(PostalCode::parse(postal_code).unwrap());
    contact.address.country = CountryCode::parse("DE").ok();
    contact
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = FakeClock::default();
        let memory = MemoryStore::with_clock(Arc::new(clock.clone()));
        let other = Oms::builder(Arc::new(memory.clone()));
        let other = other.build_with_ids(Arc::new(FakeIds::new(9)));
        let watching = Watching::new(memory);
        let store = FaultStore::new(Arc::new(watching.clone()));
        let oms = Oms::builder(Arc::new(store.clone())).build_with_ids(Arc::new(FakeIds::new(1)));
        let tenant = oms.tenant(build::tenant("acme"));
        let world = Self {
            clock,
            store,
            watching,
            other: other.tenant(build::tenant("acme")),
            oms,
            tenant,
        };
        world.settle(Settings::default());
        let tenant = &world.tenant;
        block_on(async {
            let channel = SalesChannel::new(build::channel("desk"), Name::parse("Desk").unwrap());
            tenant.put_channel(channel, call()).await.unwrap();
            let hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
            tenant.put_hub(hub, call()).await.unwrap();
            let product = Product::new(build::sku("TEA"), Title::parse("Tea").unwrap());
            tenant.put_product(product, call()).await.unwrap();
        });
        world
    }

    pub(crate) fn settle(&self, settings: Settings) {
        block_on(self.tenant.put_settings(settings, call())).unwrap();
    }

    pub(crate) fn receive(&self, units: u32) {
        self.receive_tea_at("north", units);
    }

    pub(crate) fn receive_tea_at(&self, hub: &str, units: u32) {
        let quantity = build::quantity(units);
        let receive = StockCommand::Receive { quantity };
        let (row, reason) = (build::stock(hub, "TEA"), build::reason("delivery"));
        block_on(self.tenant.stock_command(row, receive, reason, call())).unwrap();
    }

    /// A second hub, `south`.
    pub(crate) fn open_south(&self) {
        let hub = Hub::new(build::hub("south"), Name::parse("South").unwrap());
        block_on(self.tenant.put_hub(hub, call())).unwrap();
    }

    pub(crate) fn level(&self) -> StockLevel {
        block_on(self.tenant.stock_level(&shelf())).unwrap()
    }

    /// A cart claims units for a minute.
    pub(crate) fn reserve(&self, owner: &Owner, units: u32) {
        self.reserve_line(owner, 1, units);
    }

    pub(crate) fn reserve_line(&self, owner: &Owner, line: u32, units: u32) {
        let line = ReserveLine {
            line: build::line(line),
            sku: build::sku("TEA"),
            quantity: build::quantity(units),
        };
        let claim = ReserveStock {
            mode: ReserveMode::Tentative { ttl_secs: Some(60) },
            ..ReserveStock::new(owner.clone(), vec![line])
        };
        block_on(self.tenant.reserve(claim, call())).unwrap();
    }

    pub(crate) fn draft(lines: u32) -> OrderDraft {
        let source = Source {
            kind: SourceKind::Manual,
            channel: build::channel("desk"),
        };
        let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
        for _ in 0..lines {
            draft.push_line("TEA", 1, "4.50").unwrap();
        }
        draft
    }

    pub(crate) fn place(&self, place: PlaceOrder) -> OrderId {
        let done = block_on(self.tenant.place(place, call())).unwrap();
        done.receipt.order.unwrap().id
    }

    pub(crate) fn put_customer(&self, n: u64) {
        self.put_customer_at(n, None);
    }

    pub(crate) fn put_customer_at(&self, n: u64, contact: Option<Contact>) {
        let customer = Customer {
            id: build::customer_id(n),
            external: None,
            contact: None,
            active: true,
            erased: false,
        };
        block_on(self.tenant.put_customer(customer, contact, call())).unwrap();
    }

    pub(crate) fn check(&self) {
        assert_eq!(block_on(self.tenant.audit()).unwrap(), []);
    }
}
