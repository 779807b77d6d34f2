//! A tenant with a catalogue, hubs, stock and customers, ready to take orders.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::customer::Customer;
use oms_core::hub::{Hub, ServiceArea};
use oms_core::plan::{Command, PlaceOrder};
use oms_core::port::{Clock, IdSource};
use oms_core::service::{Caching, Call, Done, Error, Oms, Tenant};
use oms_core::stock::{StockCommand, StockKey};
use oms_core::system::{SystemClock, SystemIds};
use oms_core::tenant::Settings;
use oms_core::value::{
    ChannelId, CountryCode, CustomerId, HubId, IdempotencyKey, Name, Quantity, Reason, Sku,
    TenantId, Title,
};
use oms_store_memory::MemoryStore;

use crate::Failure;
use crate::request::{CHANNEL, CUSTOMERS, Request, customer, sku};

/// How much of each SKU lies at each hub that has it: more than any run sells.
pub const STOCK: u32 = 1_000_000;

/// How large the catalogue is, and how many hubs keep it.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// SKUs.
    pub skus: u64,
    /// Hubs.
    pub hubs: u32,
}

/// Whether the hub keeps the SKU: the second hub lacks every fourth one, so that hubs differ.
#[must_use]
pub const fn keeps(hub: u32, sku: u64) -> bool {
    hub != 2 || !sku.is_multiple_of(4)
}

/// The country the hub delivers to, if it is not all: the first hub does not serve the orders of
/// [`request`](crate::request::request), so that the choice has something to explain.
#[must_use]
pub const fn only_country(hub: u32) -> Option<&'static str> {
    if hub == 1 { Some("DE") } else { None }
}

/// The id of the hub with that number; hubs count from 1.
#[must_use]
pub fn hub_id(number: u32) -> String {
    format!("hub-{number}")
}

/// The library on the memory store, with a tenant that takes orders.
#[derive(Debug)]
pub struct World {
    /// The store.
    pub store: MemoryStore,
    /// The handle on it.
    pub oms: Oms,
    /// The tenant's calls.
    pub tenant: Tenant,
}

impl World {
    /// Sets a tenant up, with the clock and the ids of the operating system, and a handle that
    /// remembers what a host's does.
    ///
    /// # Errors
    /// What the service refuses or the store fails at.
    pub fn new(size: Size) -> Result<Self, Failure> {
        let caching = Some(Caching::default());
        Self::with(size, Arc::new(SystemClock), Arc::new(SystemIds), caching)
    }

    /// The same with a handle that asks the store before every plan, and so holds nothing of it.
    ///
    /// # Errors
    /// What the service refuses or the store fails at.
    pub fn asking(size: Size) -> Result<Self, Failure> {
        Self::with(size, Arc::new(SystemClock), Arc::new(SystemIds), None)
    }

    /// Sets a tenant up. The clock is the handle's, too: without one it would remember nothing.
    /// Each call goes to the store alone, as the handle advises for one that never waits.
    ///
    /// # Errors
    /// What the service refuses or the store fails at.
    pub fn with(
        size: Size,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        caching: Option<Caching>,
    ) -> Result<Self, Failure> {
        let store = MemoryStore::with_clock(Arc::clone(&clock));
        let builder = Oms::builder(Arc::new(store.clone())).clock(clock);
        let builder = builder.coalescing(None).caching(caching);
        let oms = builder.build_with_ids(ids);
        let tenant = oms.tenant(TenantId::parse("bench")?);
        let commands: Vec<(Command, Call)> = commands(size)?
            .into_iter()
            .map(|command| (command, Call::default()))
            .collect();
        block_on(tenant.bulk(&commands))
            .into_iter()
            .collect::<Result<Vec<Done>, Error>>()?;
        Ok(Self { store, oms, tenant })
    }

    /// Places an order, given as text.
    ///
    /// # Errors
    /// What does not parse, and what the service refuses.
    pub fn place_text(&self, request: &Request) -> Result<Done, Failure> {
        self.place(request.parse()?, &request.key)
    }

    /// Places an order.
    ///
    /// # Errors
    /// What the service refuses.
    pub fn place(&self, order: PlaceOrder, key: &str) -> Result<Done, Failure> {
        let call = Call::default().with_key(IdempotencyKey::parse(key)?);
        Ok(block_on(self.tenant.place(order, call))?)
    }
}

/// Everything that has to be stored before the first order.
fn commands(size: Size) -> Result<Vec<Command>, Failure> {
    let mut commands = vec![
        Command::PutSettings(Settings::default()),
        Command::PutChannel(SalesChannel::new(
            ChannelId::parse(CHANNEL)?,
            Name::parse("The web shop")?,
        )),
    ];
    for number in 1..=size.hubs {
        commands.push(Command::PutHub(hub(number)?));
    }
    for number in 0..CUSTOMERS {
        commands.push(Command::PutCustomer {
            customer: Customer {
                id: CustomerId::from_uuid(customer(number)),
                external: None,
                contact: None,
                active: true,
                erased: false,
            },
            contact: None,
        });
    }
    for number in 0..size.skus {
        let sku = Sku::parse(&sku(number))?;
        let title = Title::parse("Cotton T-shirt, blue, M")?;
        commands.push(Command::PutProduct(Product::new(sku.clone(), title)));
        for hub in (1..=size.hubs).filter(|hub| keeps(*hub, number)) {
            commands.push(receive(hub, sku.clone())?);
        }
    }
    Ok(commands)
}

/// The hub with that number; lower numbers are tried first.
///
/// # Errors
/// None in practice: ids and names of this module parse.
pub fn hub(number: u32) -> Result<Hub, Failure> {
    let id = HubId::parse(&hub_id(number))?;
    let mut hub = Hub::new(id, Name::parse(format!("Hub {number}"))?);
    hub.priority = number;
    if let Some(country) = only_country(number) {
        hub.area = ServiceArea {
            countries: [CountryCode::parse(country)?].into(),
            ..ServiceArea::default()
        };
    }
    Ok(hub)
}

fn receive(hub: u32, sku: Sku) -> Result<Command, Failure> {
    Ok(Command::Stock {
        key: StockKey {
            hub: HubId::parse(&hub_id(hub))?,
            sku,
        },
        command: StockCommand::Receive {
            quantity: Quantity::new(STOCK)?,
        },
        reason: Reason::parse("first delivery")?,
    })
}
