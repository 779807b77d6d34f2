//! A tenant with a hub, a channel and two SKUs, and the orders it placed.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::hub::Hub;
use oms_core::order::{
    ApprovalMode, OrderCommand, OrderDraft, ShipParcel, Source, SourceKind, Tracking,
};
use oms_core::plan::{Command, PlaceOrder, ReserveLine, ReserveMode, ReserveStock};
use oms_core::routing::RoutePolicy;
use oms_core::service::{Call, Done, Error, Oms, Tenant};
use oms_core::stock::{StockCommand, StockLevel};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, build};
use oms_core::value::{Currency, Name, OrderId, Title};
use oms_store_memory::MemoryStore;

use crate::naive::Naive;
use crate::step::Step;

pub(crate) const SKUS: [&str; 2] = ["TEA", "MUG"];

/// Hubs, in the order in which they are tried; the naive model knows the first.
pub(crate) const HUBS: [&str; 2] = ["north", "south"];

pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) tenant: Tenant,
    pub(crate) orders: Vec<OrderId>,
}

pub(crate) fn call() -> Call {
    Call::default()
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        Self::on(&store, clock, "acme")
    }

    /// A tenant of that name, whose ids are the same in every world.
    pub(crate) fn on(store: &MemoryStore, clock: FakeClock, name: &str) -> Self {
        let oms = Oms::builder(Arc::new(store.clone())).build_with_ids(Arc::new(FakeIds::new(1)));
        let tenant = oms.tenant(build::tenant(name));
        let mut settings = Settings::default();
        settings.workflow.approval = ApprovalMode::Automatic;
        block_on(async {
            tenant.put_settings(settings, call()).await.unwrap();
            let channel = SalesChannel::new(build::channel("desk"), Name::parse("Desk").unwrap());
            tenant.put_channel(channel, call()).await.unwrap();
            let hub = Hub::new(build::hub(HUBS[0]), Name::parse("North").unwrap());
            tenant.put_hub(hub, call()).await.unwrap();
            for sku in SKUS {
                let product = Product::new(build::sku(sku), Title::parse(sku).unwrap());
                tenant.put_product(product, call()).await.unwrap();
            }
        });
        Self {
            clock,
            tenant,
            orders: Vec::new(),
        }
    }

    /// A tenant with so many units of each SKU.
    pub(crate) fn stocked(units: u32) -> Self {
        let mut world = Self::new();
        for sku in 0..SKUS.len() {
            world.take(&Step::Receive(sku, units)).unwrap().unwrap();
        }
        world
    }

    /// A tenant with two hubs and some stock at both, who approves by hand or not and never splits
    /// an order, so that one hub can have what the other lacks.
    pub(crate) fn wide(automatic: bool) -> Self {
        let world = Self::stocked(3);
        let mut settings = Settings {
            routing: Some(RoutePolicy::by_priority()),
            ..Settings::default()
        };
        if automatic {
            settings.workflow.approval = ApprovalMode::Automatic;
        }
        let quantity = build::quantity(2);
        let receive = Command::Stock {
            key: build::stock(HUBS[1], SKUS[0]),
            command: StockCommand::Receive { quantity },
            reason: build::reason("test"),
        };
        block_on(async {
            world.tenant.put_settings(settings, call()).await.unwrap();
            let hub = Hub::new(build::hub(HUBS[1]), Name::parse("South").unwrap());
            world.tenant.put_hub(hub, call()).await.unwrap();
            world.tenant.execute(receive, call()).await.unwrap();
        });
        world
    }

    /// The step as a command; `None` for what is none, or names an order where there are none.
    pub(crate) fn command(&self, step: &Step) -> Option<Command> {
        let fulfillment = build::fulfillment(1);
        let lines = Vec::new;
        Some(match step {
            Step::Receive(sku, units) => {
                let quantity = build::quantity(*units);
                stock(*sku, StockCommand::Receive { quantity })
            }
            Step::Issue(sku, units) => {
                let quantity = build::quantity(*units);
                stock(*sku, StockCommand::Issue { quantity })
            }
            Step::Count(sku, units) => {
                let found = build::units(*units);
                stock(*sku, StockCommand::Count { found, seen: None })
            }
            Step::Place(lines) => Command::Place(Box::new(PlaceOrder::new(draft(lines)))),
            Step::Cancel(order) => {
                let reason = build::reason("changed their mind");
                self.order(*order, OrderCommand::Cancel { reason })?
            }
            Step::Pick(order) => {
                let lines = lines();
                self.order(*order, OrderCommand::Pick { fulfillment, lines })?
            }
            Step::Pack(order) => {
                let lines = lines();
                self.order(*order, OrderCommand::Pack { fulfillment, lines })?
            }
            Step::Ship(order) => {
                let parcel = ShipParcel {
                    lines: lines(),
                    tracking: Tracking::default(),
                };
                let ship = OrderCommand::Ship {
                    fulfillment,
                    parcel,
                };
                self.order(*order, ship)?
            }
            Step::Reserve(cart, units) => reserve(*cart, *units),
            Step::Confirm(cart) => {
                let owner = build::owner_cart(*cart);
                Command::ConfirmReservation { owner }
            }
            Step::Release(cart) => {
                let owner = build::owner_cart(*cart);
                Command::ReleaseReservation { owner }
            }
            Step::Consume(cart) => Command::ConsumeReservation {
                owner: build::owner_cart(*cart),
                reason: build::reason("sold"),
            },
            Step::Wait(_) | Step::Sweep => return None,
        })
    }

    fn order(&self, order: usize, command: OrderCommand) -> Option<Command> {
        let order = *self.orders.get(order.checked_rem(self.orders.len())?)?;
        Some(Command::Order { order, command })
    }

    /// Lets time pass, where that is the step.
    pub(crate) fn pass(&self, step: &Step) {
        if let Step::Wait(secs) = step {
            self.clock.advance_secs(*secs);
        }
        if let Step::Sweep = step {
            assert_eq!(block_on(self.tenant.sweep()).unwrap().failed, 0);
        }
    }

    /// Takes the step; `None` when there is nothing to ask the service.
    pub(crate) fn take(&mut self, step: &Step) -> Option<Result<Done, Error>> {
        self.pass(step);
        let command = self.command(step)?;
        let done = block_on(self.tenant.execute(command, call()));
        self.note(step, &done);
        Some(done)
    }

    /// Remembers the order that a step placed.
    pub(crate) fn note(&mut self, step: &Step, done: &Result<Done, Error>) {
        if let (Step::Place(_), Ok(done)) = (step, done) {
            self.orders.push(done.receipt.order.as_ref().unwrap().id);
        }
    }

    pub(crate) fn level(&self, sku: usize) -> StockLevel {
        block_on(self.tenant.stock_level(&build::stock(HUBS[0], SKUS[sku]))).unwrap()
    }

    /// The statuses of the orders, in the order they were placed.
    pub(crate) fn statuses(&self) -> Vec<&'static str> {
        let status = |id: &OrderId| block_on(self.tenant.order(*id)).unwrap().status().as_str();
        self.orders.iter().map(status).collect()
    }

    /// Compares everything that the model knows.
    pub(crate) fn check(&self, model: &Naive) {
        for (sku, _) in SKUS.iter().enumerate() {
            let level = self.level(sku);
            let found = (level.on_hand.get(), level.reserved.get());
            assert_eq!(
                found,
                (model.on_hand[sku], model.reserved(sku)),
                "{}",
                SKUS[sku]
            );
        }
        let expected = model.orders.iter().map(|order| order.phase.status());
        assert_eq!(self.statuses(), expected.collect::<Vec<_>>());
        assert_eq!(block_on(self.tenant.audit()).unwrap(), []);
    }
}

fn stock(sku: usize, command: StockCommand) -> Command {
    Command::Stock {
        key: build::stock(HUBS[0], SKUS[sku]),
        command,
        reason: build::reason("test"),
    }
}

pub(crate) fn draft(lines: &[(usize, u32)]) -> OrderDraft {
    let source = Source {
        kind: SourceKind::Manual,
        channel: build::channel("desk"),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    for (sku, units) in lines {
        let sku = SKUS.get(*sku).unwrap_or(&"NOBODY-KNOWS-THIS");
        draft.push_line(sku, *units, "4.50").unwrap();
    }
    draft
}

fn reserve(cart: u64, units: [u32; 2]) -> Command {
    Command::Reserve(ReserveStock {
        mode: ReserveMode::Tentative { ttl_secs: Some(60) },
        ..ReserveStock::new(build::owner_cart(cart), reserve_lines(&units))
    })
}

/// A line for each SKU with units.
pub(crate) fn reserve_lines(units: &[u32]) -> Vec<ReserveLine> {
    let asked = (1..).zip(SKUS).zip(units).filter(|(_, units)| **units > 0);
    let line = |((line, sku), units): ((u32, &str), &u32)| ReserveLine {
        line: build::line(line),
        sku: build::sku(sku),
        quantity: build::quantity(*units),
    };
    asked.map(line).collect()
}
