//! The paths that are measured, each a closure that runs it once: one list for the clock
//! (`cargo bench`) and for the instruction counter (`make callgrind`).

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use futures_executor::block_on;
use oms_core::event::{Actor, ActorKind, Origin};
use oms_core::order::{Head, Order, OrderCommand, Place, Workflow, claim_changes};
use oms_core::order::{decide, decide_place, evolve, fold};
use oms_core::plan::{Command, Context, DocumentKey, DocumentKind};
use oms_core::plan::{Fingerprint, Keys, Planned, Snapshot};
use oms_core::plan::{decode_json, encode, fingerprint, keys, plan};
use oms_core::port::{IdSource, Store};
use oms_core::routing::{HubBook, HubCandidate, RouteLine, RoutePolicy, RouteRequest, route};
use oms_core::service::Caching;
use oms_core::system::SystemIds;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds};
use oms_core::value::{
    IdempotencyKey, LineId, OrderId, OrderNumber, Sku, TenantId, Timestamp, Units,
};
use uuid::Uuid;

use crate::Failure;
use crate::bare::{Draft, Shop};
use crate::orders::{LINES, Life, Placing, allocation, pack, pick, ship};
use crate::request::{request, sku};
use crate::world::{STOCK, Size, World, hub};

/// A path and how to run it once.
pub struct Path {
    /// Its name, `group/what`.
    pub name: &'static str,
    /// Runs it once.
    pub run: Box<dyn FnMut()>,
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Path")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The catalogue behind the paths that read a store: small, so that setting up is quick.
pub const SMALL: Size = Size { skus: 200, hubs: 5 };

type Prepare = fn() -> Result<Box<dyn FnMut()>, Failure>;

/// Every path by name; preparing one runs nothing but its own set-up.
const PATHS: &[(&str, Prepare)] = &[
    ("order/place", place),
    ("order/place_to_approved", place_to_approved),
    ("order/approve", || {
        on(Life::allocated()?, OrderCommand::Approve)
    }),
    ("order/pick", || on(Life::approved()?, pick())),
    ("order/pack", || on(picked()?, pack(Vec::new()))),
    ("order/ship", || on(Life::packed()?, ship(Vec::new())?)),
    ("order/clone", clone),
    ("order/fold_20", fold_20),
    ("route/choose_3x5", || routing(3, 5)),
    ("json/head_write", head_write),
    ("json/head_read", head_read),
    ("json/fingerprint", fingerprinting),
    ("plan/keys", plan_keys),
    ("plan/place", plan_place),
    ("plan/place_warm", plan_place_warm),
    ("plan/pick", plan_pick),
    ("parse/place", parse_place),
    ("sample/request", sample_request),
    ("memory/place", || memory_place(Some(Caching::default()))),
    ("memory/place_asking", || memory_place(None)),
    ("bare/place", bare_place),
    ("system/id", system_id),
];

/// The names of all paths.
pub fn names() -> impl Iterator<Item = &'static str> {
    PATHS.iter().map(|(name, _)| *name)
}

/// The path of that name, ready to run.
///
/// # Errors
/// When there is no such path, or its set-up fails.
pub fn path(name: &str) -> Result<Path, Failure> {
    let found = PATHS.iter().find(|(known, _)| *known == name);
    let (name, prepare) = found.ok_or_else(|| format!("no path is called {name:?}"))?;
    let run = prepare()?;
    Ok(Path { name, run })
}

fn place() -> Result<Box<dyn FnMut()>, Failure> {
    let placing = Placing::new()?;
    Ok(Box::new(move || {
        let event = decide_place(&asked(black_box(&placing)), placing.now);
        if let Ok(event) = &event {
            black_box(fold([event]));
        }
        black_box(event.is_ok());
    }))
}

fn asked(placing: &Placing) -> Place<'_> {
    Place {
        id: OrderId::from_uuid(Uuid::from_u64_pair(1, 1)),
        number: OrderNumber::FIRST,
        draft: &placing.place.draft,
        skus: &placing.skus,
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    }
}

/// All decisions of a placement, their events folded, their claims on stock listed.
fn place_to_approved() -> Result<Box<dyn FnMut()>, Failure> {
    let placing = Placing::new()?;
    let commands = [allocation(&Life::placed()?.order)?, OrderCommand::Approve];
    let workflow = Workflow::default();
    Ok(Box::new(move || {
        let Ok(event) = decide_place(&asked(black_box(&placing)), placing.now) else {
            return;
        };
        let Some(mut order) = fold([&event]) else {
            return;
        };
        for command in &commands {
            step(&mut order, command, &workflow, placing.now);
        }
        black_box((event, order));
    }))
}

fn step(order: &mut Order, command: &OrderCommand, workflow: &Workflow, now: Timestamp) {
    for event in decide(order, command, workflow, now).unwrap_or_default() {
        black_box(claim_changes(order, &event));
        evolve(order, &event);
        black_box(event);
    }
}

fn picked() -> Result<Life, Failure> {
    let mut life = Life::approved()?;
    life.take(&pick())?;
    Ok(life)
}

/// One command decided and folded, on a fresh clone of the order; see `order/clone`.
fn on(life: Life, command: OrderCommand) -> Result<Box<dyn FnMut()>, Failure> {
    let workflow = Workflow::default();
    let now = life.order.head.placed_at;
    let order = life.order;
    decide(&order, &command, &workflow, now)?;
    Ok(Box::new(move || {
        let mut order = black_box(&order).clone();
        step(&mut order, &command, &workflow, now);
        black_box(order);
    }))
}

fn clone() -> Result<Box<dyn FnMut()>, Failure> {
    let order = Life::approved()?.order;
    Ok(Box::new(move || {
        black_box(black_box(&order).clone());
    }))
}

fn fold_20() -> Result<Box<dyn FnMut()>, Failure> {
    let events = Life::whole()?.events;
    Ok(Box::new(move || {
        black_box(fold(black_box(&events)));
    }))
}

/// Routes an order of `lines` SKUs over `hubs` hubs, each of which has all SKUs but one, so that
/// no hub has everything and every split is looked for. Candidates are prepared, for a host makes
/// them from what it read.
///
/// # Errors
/// None in practice: the sample parses.
pub fn routing(lines: u32, hubs: u32) -> Result<Box<dyn FnMut()>, Failure> {
    let asked = (1..=lines).map(|number| {
        Ok::<_, Failure>(RouteLine {
            line: LineId::new(number)?,
            sku: Sku::parse(&sku(u64::from(number)))?,
            units: Units::new(1)?,
        })
    });
    let request = RouteRequest::new(None, asked.collect::<Result<_, _>>()?);
    let profiles = (1..=hubs).map(hub).collect::<Result<Vec<_>, _>>()?;
    let policy = RoutePolicy::default();
    let now = Timestamp::parse_rfc3339(crate::orders::NOW)?;
    let stock = Units::new(STOCK)?;
    let wanted: Vec<Sku> = request
        .demand()
        .iter()
        .map(|demand| demand.sku.clone())
        .collect();
    Ok(Box::new(move || {
        let candidates: Vec<HubCandidate<'_>> = (profiles.iter().enumerate())
            .map(|(at, hub)| {
                let missing = wanted.get(at % wanted.len().max(1));
                HubCandidate::new(hub, &request, |sku| {
                    if Some(sku) == missing {
                        Units::ZERO
                    } else {
                        stock
                    }
                })
            })
            .collect();
        black_box(route(black_box(&request), &candidates, &policy, now));
    }))
}

fn head_write() -> Result<Box<dyn FnMut()>, Failure> {
    let head = Life::approved()?.order.head;
    Ok(Box::new(move || {
        black_box(encode(black_box(&head)));
    }))
}

fn head_read() -> Result<Box<dyn FnMut()>, Failure> {
    let json = serde_json::to_string(&Life::approved()?.order.head)?;
    decode_json::<Head>("a head", 1, &json)?;
    Ok(Box::new(move || {
        black_box(decode_json::<Head>("a head", 1, black_box(&json)).is_ok());
    }))
}

fn placing_command() -> Result<Command, Failure> {
    Ok(Command::Place(Box::new(
        request(1, LINES, SMALL.skus).parse()?,
    )))
}

fn fingerprinting() -> Result<Box<dyn FnMut()>, Failure> {
    let command = placing_command()?;
    Ok(Box::new(move || {
        black_box(fingerprint(black_box(&command)));
    }))
}

fn plan_keys() -> Result<Box<dyn FnMut()>, Failure> {
    let command = placing_command()?;
    Ok(Box::new(move || {
        black_box(keys(black_box(&command)));
    }))
}

/// What a plan reads, prepared: reading the store is not measured.
struct Prepared {
    tenant: TenantId,
    command: Command,
    keys: Keys,
    snapshot: Snapshot,
    /// Hubs and settings, where they were decoded before.
    decoded: Option<(HubBook, Settings)>,
    origin: Origin,
    fingerprint: Fingerprint,
}

impl Prepared {
    fn new(world: &World, command: Command) -> Result<Self, Failure> {
        let keys = keys(&command);
        let tenant = world.tenant.id().clone();
        Ok(Self {
            snapshot: block_on(world.store.prefetch(&tenant, &keys))?,
            fingerprint: fingerprint(&command),
            origin: Origin {
                actor: Actor::new(ActorKind::System),
                reason: None,
                request_id: None,
                key: IdempotencyKey::parse("a-key")?,
            },
            decoded: None,
            tenant,
            command,
            keys,
        })
    }

    /// The same on what the service remembers, where hubs come as their book only.
    fn warm(mut self) -> Result<Self, Failure> {
        let settings = self.snapshot.read(&DocumentKey::Settings)?;
        let settings = settings.ok_or("the tenant has no settings")?;
        self.decoded = Some((self.snapshot.hub_book()?, settings));
        let documents = &mut self.snapshot.documents;
        documents.retain(|key, _| key.kind() != DocumentKind::Hub);
        Ok(self)
    }

    fn plan(&self) -> Option<Planned> {
        let count = Cell::new(0);
        let ids = || {
            count.set(count.get() + 1);
            Uuid::from_u64_pair(1, count.get())
        };
        let (tenant, keys, snapshot) = (&self.tenant, &self.keys, &self.snapshot);
        let mut context = Context::new(tenant, keys, snapshot, &self.origin, &ids)
            .with_fingerprint(self.fingerprint)
            .with_number(OrderNumber::FIRST);
        if let Some((book, settings)) = &self.decoded {
            context = context.with_remembered(book, settings);
        }
        plan(&context, &self.command).ok()
    }
}

fn plan_place() -> Result<Box<dyn FnMut()>, Failure> {
    planning(Prepared::new(&small_world(None)?, placing_command()?)?)
}

/// A placement as the service plans nearly all of them.
fn plan_place_warm() -> Result<Box<dyn FnMut()>, Failure> {
    planning(Prepared::new(&small_world(None)?, placing_command()?)?.warm()?)
}

fn plan_pick() -> Result<Box<dyn FnMut()>, Failure> {
    let world = small_world(None)?;
    let done = world.place_text(&request(1, LINES, SMALL.skus))?;
    let order = done.receipt.order.ok_or("no order was placed")?.id;
    let command = pick();
    planning(Prepared::new(&world, Command::Order { order, command })?)
}

fn planning(prepared: Prepared) -> Result<Box<dyn FnMut()>, Failure> {
    if !matches!(prepared.plan(), Some(Planned::Write(..))) {
        return Err("the sample writes nothing".into());
    }
    Ok(Box::new(move || {
        black_box(black_box(&prepared).plan());
    }))
}

fn parse_place() -> Result<Box<dyn FnMut()>, Failure> {
    let request = request(1, LINES, SMALL.skus);
    request.parse()?;
    Ok(Box::new(move || {
        black_box(black_box(&request).parse().is_ok());
    }))
}

fn small_world(caching: Option<Caching>) -> Result<World, Failure> {
    let clock = FakeClock::new(Timestamp::parse_rfc3339(crate::orders::NOW)?);
    let ids = Arc::new(FakeIds::default());
    World::with(SMALL, Arc::new(clock), ids, caching)
}

/// Writing the text of an order: a part of the paths below that neither program is asked for.
fn sample_request() -> Result<Box<dyn FnMut()>, Failure> {
    let mut number = 0;
    Ok(Box::new(move || {
        number += 1;
        black_box(request(number, LINES, SMALL.skus));
    }))
}

/// A new order from text through the service into the memory store, every time another one. With a
/// clock that stands still and counted ids, unlike `cargo bench --bench memory`. Without `caching`
/// each asks the store first, as the first order of a SKU does.
fn memory_place(caching: Option<Caching>) -> Result<Box<dyn FnMut()>, Failure> {
    let world = small_world(caching)?;
    let mut number = 0;
    Ok(Box::new(move || {
        number += 1;
        let request = request(number, LINES, SMALL.skus);
        assert!(
            world.place_text(&request).is_ok(),
            "order {number} was refused"
        );
    }))
}

/// The same by the plain program, with clock and ids of the operating system.
fn bare_place() -> Result<Box<dyn FnMut()>, Failure> {
    let mut shop = Shop::new(SMALL);
    let mut number = 0;
    Ok(Box::new(move || {
        number += 1;
        let request = request(number, LINES, SMALL.skus);
        let placed = Draft::read(&request).and_then(|draft| shop.place(&draft, &request.key));
        assert!(placed.is_ok(), "order {number} was refused");
    }))
}

fn system_id() -> Result<Box<dyn FnMut()>, Failure> {
    Ok(Box::new(|| {
        black_box(SystemIds.next_id());
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_runs_and_unknown_ones_are_named() {
        for name in names() {
            let mut path = path(name).unwrap();
            assert_eq!(path.name, name);
            (path.run)();
            (path.run)();
        }
        let error = path("no/such").unwrap_err();
        assert!(error.to_string().contains("no/such"));
    }

    #[test]
    fn routing_takes_any_size() {
        for (lines, hubs) in [(1, 1), (100, 20)] {
            routing(lines, hubs).unwrap()();
        }
    }
}
