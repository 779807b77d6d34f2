//! Placing and assigning with routing: policies, zones, splits, and the reasons that stay beside
//! the order.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::customer::Contact;
use oms_core::hub::{
    CalendarDraft, DayHours, Hub, HubDraft, HubKind, OpeningCalendar, PostalRange, ServedBy, Zone,
    ZoneBook,
};
use oms_core::order::{
    HoldReason, LineQuantity, Order, OrderCommand, OrderDraft, OrderRejection, OrderStatus, Source,
    SourceKind, Stage,
};
use oms_core::plan::{
    Command, CounterKey, OnProblem, PlaceOrder, Rejection, ReserveLine, ReserveMode, ReserveStock,
    Switchable,
};
use oms_core::port::{Clock, OrderFilter};
use oms_core::reservation::Owner;
use oms_core::routing::{
    Considered, Explanation, Fallback, Goal, Lack, OnShortage, RoutePolicy, RouteStrategy, Split,
};
use oms_core::service::{Caching, Call, Done, Error, Oms, Tenant};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, build};
use oms_core::value::limits::ROUTE_HUBS_ALL_MAX;
use oms_core::value::{
    Address, CountryCode, Currency, FulfillmentId, GeoPoint, Name, PostalCode, Rate, StageId,
    TimeZoneName, Timestamp, Title, Units, ZoneId,
};
use oms_store_memory::MemoryStore;

/// Hubs `north`, `south` and `west`; SKUs `TEA` and `MUG`.
struct World {
    clock: FakeClock,
    tenant: Tenant,
}

fn call() -> Call {
    Call::default()
}

fn point(lat: &str, lon: &str) -> GeoPoint {
    GeoPoint::parse(lat, lon).unwrap()
}

fn to(postal_code: &str, location: Option<GeoPoint>) -> Contact {
    Contact {
        address: Address {
            postal_code: Some(PostalCode::parse(postal_code).unwrap()),
            country: CountryCode::parse("DE").ok(),
            location,
            ..Address::default()
        },
        ..Contact::default()
    }
}

fn order(lines: &[(&str, u32)]) -> PlaceOrder {
    let source = Source {
        kind: SourceKind::Manual,
        channel: build::channel("desk"),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    for (sku, units) in lines {
        draft.push_line(sku, *units, "4.50").unwrap();
    }
    PlaceOrder::new(draft)
}

fn sent(mut order: PlaceOrder, contact: Contact) -> PlaceOrder {
    order.draft.contacts.ship_to = Some(contact);
    order
}

fn code(error: &Error) -> String {
    error.code().to_owned()
}

impl World {
    fn new(stock: &[(&str, &str, u32)]) -> Self {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let oms = Oms::builder(Arc::new(store))
            .clock(Arc::new(clock.clone()))
            .caching(Some(Caching::default()))
            .build_with_ids(Arc::new(FakeIds::new(1)));
        let world = Self {
            clock,
            tenant: oms.tenant(build::tenant("acme")),
        };
        let tenant = &world.tenant;
        block_on(async {
            tenant
                .put_settings(Settings::default(), call())
                .await
                .unwrap();
            let channel = SalesChannel::new(build::channel("desk"), Name::parse("Desk").unwrap());
            tenant.put_channel(channel, call()).await.unwrap();
            for id in ["north", "south", "west"] {
                tenant.put_hub(world.hub(id), call()).await.unwrap();
            }
            for sku in ["TEA", "MUG"] {
                let product = Product::new(build::sku(sku), Title::parse(sku).unwrap());
                tenant.put_product(product, call()).await.unwrap();
            }
        });
        for (hub, sku, units) in stock {
            world.receive(hub, sku, *units);
        }
        world
    }

    fn hub(&self, id: &str) -> Hub {
        Hub::new(build::hub(id), Name::parse(id).unwrap())
    }

    fn receive(&self, hub: &str, sku: &str, units: u32) {
        let quantity = build::quantity(units);
        self.tell(hub, sku, StockCommand::Receive { quantity });
    }

    fn tell(&self, hub: &str, sku: &str, command: StockCommand) {
        let (row, reason) = (build::stock(hub, sku), build::reason("test"));
        let done = self.tenant.stock_command(row, command, reason, call());
        block_on(done).unwrap();
    }

    fn put(&self, hub: Hub) {
        block_on(self.tenant.put_hub(hub, call())).unwrap();
    }

    fn policy(&self, policy: Option<RoutePolicy>) -> Result<Done, Error> {
        let settings = Settings {
            routing: policy,
            ..Settings::default()
        };
        block_on(self.tenant.put_settings(settings, call()))
    }

    fn place(&self, order: PlaceOrder) -> Result<Order, Error> {
        let done = block_on(self.tenant.place(order, call()))?;
        let id = done.receipt.order.unwrap().id;
        block_on(self.tenant.order(id))
    }

    /// The explanation that was stored with the order; it recomputes the choice.
    fn explained(&self, order: &Order) -> Explanation {
        let history = block_on(self.tenant.explanations(order.head.id)).unwrap();
        let explanation = history.last().unwrap().1.clone();
        explanation.verify().unwrap();
        explanation
    }

    fn reserved(&self, hub: &str, sku: &str) -> u32 {
        let level = block_on(self.tenant.stock_level(&build::stock(hub, sku))).unwrap();
        level.reserved.get()
    }
}

fn hubs_of(order: &Order) -> Vec<&str> {
    let works = order.fulfillments.values();
    works.map(|work| work.hub.as_str()).collect()
}

fn good(hub: &mut Hub, on_time: &str) {
    hub.performance.on_time = Rate::parse(on_time).ok();
}

#[test]
fn the_best_hub_gets_the_order_and_the_reason_stays_beside_it() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 9), ("west", "TEA", 2)]);
    let mut south = world.hub("south");
    good(&mut south, "0.99");
    world.put(south);
    let order = world.place(order(&[("TEA", 3)])).unwrap();
    assert_eq!(hubs_of(&order), ["south"]);
    assert_eq!(order.status(), OrderStatus::Approved);
    let why = world.explained(&order);
    assert_eq!(why.strategy, RouteStrategy::OneHub);
    assert_eq!(why.runner_up, Some(build::hub("north")));
    let seen: Vec<&str> = why.hubs.iter().map(|hub| hub.hub.as_str()).collect();
    assert_eq!(seen, ["north", "south", "west"]);
    assert_eq!(why.hub(&build::hub("west")).unwrap().short.len(), 1);
    assert_eq!(why.policy, RoutePolicy::default());
}

#[test]
fn an_address_on_the_map_makes_the_near_hub_better() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 9)]);
    for (id, lat) in [("north", "53.55"), ("south", "48.14")] {
        let mut hub = world.hub(id);
        hub.location = Some(point(lat, "11.0"));
        world.put(hub);
    }
    let munich = to("80331", Some(point("48.13", "11.57")));
    let near = world.place(sent(order(&[("TEA", 1)]), munich)).unwrap();
    assert_eq!(hubs_of(&near), ["south"]);
    let why = world.explained(&near);
    let text = serde_json::to_string(&why).unwrap();
    assert!(!text.contains("48.13") && !text.contains("80331"), "{text}");
    let kiel = to("24103", Some(point("54.32", "10.13")));
    let far = world.place(sent(order(&[("TEA", 1)]), kiel)).unwrap();
    assert_eq!(hubs_of(&far), ["north"]);
}

#[test]
fn what_no_hub_has_alone_is_split_unless_the_policy_says_never() {
    let stock = [("north", "TEA", 2), ("south", "TEA", 2), ("west", "MUG", 5)];
    let world = World::new(&stock);
    let split = world.place(order(&[("TEA", 3), ("MUG", 1)])).unwrap();
    assert_eq!(hubs_of(&split), ["north", "south", "west"]);
    assert_eq!(
        world.reserved("north", "TEA") + world.reserved("south", "TEA"),
        3
    );
    assert_eq!(world.explained(&split).strategy, RouteStrategy::SplitExact);

    let world = World::new(&stock);
    let never = RoutePolicy {
        split: Split::Never,
        ..RoutePolicy::default()
    };
    world.policy(Some(never)).unwrap();
    let refused = world.place(order(&[("TEA", 3), ("MUG", 1)])).unwrap_err();
    assert_eq!(code(&refused), "short");
    assert_eq!(world.reserved("west", "MUG"), 0, "nothing is reserved");
    let Error::Rejected(rejection) = refused else {
        panic!("{refused:?}")
    };
    let Rejection::Short { shortages, tried } = rejection else {
        panic!("{rejection:?}")
    };
    // One hub would have to have both; the one with most of it lacks these.
    let missing = shortages
        .iter()
        .map(|short| (short.sku.as_str(), short.available.get()));
    assert_eq!(missing.collect::<Vec<_>>(), [("MUG", 1), ("TEA", 2)]);
    assert_eq!(tried.hubs.len(), 3);
}

#[test]
fn a_shortage_says_what_one_hub_has_and_what_all_have_together() {
    let world = World::new(&[("north", "TEA", 2), ("south", "TEA", 2)]);
    let refused = world.place(order(&[("TEA", 5)])).unwrap_err();
    let Error::Rejected(Rejection::Short { shortages, .. }) = &refused else {
        panic!("{refused:?}")
    };
    let short = &shortages[0];
    assert_eq!((short.available.get(), short.together.get()), (2, 4));
    let words = refused.to_string();
    assert!(
        words.contains("not enough stock: 5 x TEA, 4 at all hubs, at most 2 at one"),
        "{words}"
    );
    // As much as there is, but at more hubs than may share it.
    let whole = RoutePolicy {
        split: Split::Never,
        ..RoutePolicy::default()
    };
    world.policy(Some(whole)).unwrap();
    let refused = world.place(order(&[("TEA", 3)])).unwrap_err();
    assert_eq!(code(&refused), "short");
    let words = refused.to_string();
    let truth = "found not enough stock at as many hubs as may share it: \
                 3 x TEA, at most 2 at one hub, 3 at all";
    assert!(words.contains(truth), "{words}");
}

#[test]
fn a_shortage_counts_no_goods_of_hubs_that_may_not_be_chosen() {
    let world = World::new(&[("north", "TEA", 9)]);
    let mut full = world.hub("north");
    full.daily_capacity = Some(build::units(0));
    world.put(full);
    let strict = RoutePolicy {
        fallback: Vec::new(),
        ..RoutePolicy::default()
    };
    world.policy(Some(strict)).unwrap();
    let refused = world.place(order(&[("TEA", 5)])).unwrap_err();
    let Error::Rejected(Rejection::Short { shortages, .. }) = &refused else {
        panic!("{refused:?}")
    };
    let short = &shortages[0];
    assert_eq!((short.available.get(), short.together.get()), (0, 0));
}

#[test]
fn goods_of_a_hub_that_is_switched_off_are_not_told_as_available() {
    let world = World::new(&[("north", "TEA", 5), ("south", "TEA", 2)]);
    let told = || {
        let overview = block_on(world.tenant.overview(&build::sku("TEA"))).unwrap();
        (overview.on_hand, overview.available, overview.hubs.len())
    };
    assert_eq!(told(), (7, 7, 2));
    let north = Switchable::Hub(build::hub("north"));
    block_on(world.tenant.deactivate(north, call())).unwrap();
    assert_eq!(told(), (7, 2, 2), "what is there is there");
    let refused = world.place(order(&[("TEA", 3)])).unwrap_err();
    assert_eq!(code(&refused), "short");
}

#[test]
fn fewer_units_stay_at_the_hub_that_has_them_although_it_is_full_or_off() {
    let world = World::new(&[("north", "TEA", 9)]);
    let north = bounded(&world, "north", 1);
    let strict = RoutePolicy {
        fallback: Vec::new(),
        ..RoutePolicy::default()
    };
    world.policy(Some(strict)).unwrap();
    world.put(north.clone());
    let first = world.place(order(&[("TEA", 3)])).unwrap();
    let id = first.head.id;
    world.clock.advance_secs(86_400);
    world.place(order(&[("TEA", 1)])).unwrap();
    assert_eq!(taken(&world, &north), 1, "it is full today");
    let reduce = |units: u32| {
        let change = build::change_quantity(1, units);
        let changes = vec![change];
        let command = OrderCommand::EditLines { changes };
        block_on(world.tenant.order_command(id, command, call()))
    };
    reduce(2).unwrap();
    let hub = Switchable::Hub(build::hub("north"));
    block_on(world.tenant.deactivate(hub, call())).unwrap();
    reduce(1).unwrap();
    let order = block_on(world.tenant.order(id)).unwrap();
    let works = order.fulfillments.values().filter(|work| work.is_live());
    let days: Vec<_> = works.map(|work| work.day).collect();
    let before: Vec<_> = first.fulfillments.values().map(|work| work.day).collect();
    assert_eq!(days, before);
    assert_eq!(world.reserved("north", "TEA"), 2);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
    assert_eq!(code(&reduce(4).unwrap_err()), "short");
}

#[test]
fn work_that_moves_stays_in_its_stage_and_goes_on_waiting() {
    let world = World::new(&[("north", "TEA", 2)]);
    let mut patient = order(&[("TEA", 3)]);
    patient.on_problem = OnProblem::Backorder;
    let placed = world.place(patient).unwrap();
    let id = placed.head.id;
    let stage = StageId::parse("checked").unwrap();
    let mut settings = Settings::default();
    settings.workflow.stages = vec![Stage {
        id: stage.clone(),
        status: placed.status(),
    }];
    let run = |command| block_on(world.tenant.order_command(id, command, call())).unwrap();
    block_on(world.tenant.put_settings(settings, call())).unwrap();
    let set = Some(stage.clone());
    run(OrderCommand::SetStage { stage: set });
    world.receive("south", "TEA", 2);
    let work = *placed.fulfillments.keys().next().unwrap();
    let to = Some(build::hub("south"));
    block_on(world.tenant.reassign(id, work, to, call())).unwrap();
    let moved = block_on(world.tenant.order(id)).unwrap();
    let line = &moved.head.lines[0];
    let units = [line.open, line.backordered, line.allocated].map(Units::get);
    assert_eq!(units, [0, 1, 2]);
    assert_eq!(moved.head.stage, Some(stage));
    assert_eq!(world.reserved("south", "TEA"), 2);
}

#[test]
fn the_more_patient_of_caller_and_policy_decides_on_a_shortage() {
    let patient = |on_shortage| RoutePolicy {
        on_shortage,
        ..RoutePolicy::default()
    };
    let outcome = |on_shortage, on_problem| {
        let world = World::new(&[("north", "TEA", 2)]);
        world.policy(Some(patient(on_shortage))).unwrap();
        let mut order = order(&[("TEA", 3)]);
        order.on_problem = on_problem;
        match world.place(order) {
            Err(error) => code(&error),
            Ok(order) => {
                let line = &order.head.lines[0];
                let held = order.head.hold.as_ref();
                let held = held.is_some_and(|hold| hold.reasons.contains(&HoldReason::Shortage));
                assert_eq!(
                    world.reserved("north", "TEA"),
                    2,
                    "what is there is claimed"
                );
                format!(
                    "held {held} backordered {} open {}",
                    line.backordered, line.open
                )
            }
        }
    };
    let (refuse, review) = (OnShortage::Refuse, OnShortage::Review);
    let backorder = OnShortage::Backorder;
    assert_eq!(outcome(refuse, OnProblem::Refuse), "short");
    assert_eq!(
        outcome(review, OnProblem::Refuse),
        "held true backordered 0 open 1"
    );
    assert_eq!(
        outcome(backorder, OnProblem::Refuse),
        "held false backordered 1 open 0"
    );
    assert_eq!(
        outcome(refuse, OnProblem::Hold),
        "held true backordered 0 open 1"
    );
    assert_eq!(
        outcome(review, OnProblem::Backorder),
        "held false backordered 1 open 0"
    );
    assert_eq!(
        outcome(backorder, OnProblem::Hold),
        "held false backordered 1 open 0"
    );
}

#[test]
fn nobody_delivers_there_and_every_hub_says_why() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 9), ("west", "TEA", 9)]);
    let mut north = world.hub("north");
    north.area.postal_codes = [PostalCode::parse("20095").unwrap()].into();
    world.put(north);
    let mut south = world.hub("south");
    south.active = false;
    world.put(south);
    let mut west = world.hub("west");
    west.area.countries = [CountryCode::parse("FR").unwrap()].into();
    world.put(west);
    let there = || sent(order(&[("TEA", 1)]), to("10115", None));
    let refused = world.place(there()).unwrap_err();
    let Error::Rejected(rejection) = &refused else {
        panic!("{refused:?}")
    };
    let Rejection::Unserviceable { tried } = rejection else {
        panic!("{rejection:?}")
    };
    let lacks: Vec<Lack> = tried.hubs.iter().map(|(_, lacks)| lacks[0]).collect();
    assert_eq!(lacks, [Lack::Outside, Lack::Inactive, Lack::OtherCountry]);
    assert_eq!(code(&refused), "unserviceable");
    let mut held = there();
    held.on_problem = OnProblem::Hold;
    let held = world.place(held).unwrap();
    assert_eq!(held.status(), OrderStatus::OnHold);
    assert_eq!(hubs_of(&held), [""; 0]);
}

#[test]
fn a_postal_code_is_the_same_however_it_is_written() {
    let world = World::new(&[
        ("north", "TEA", 99),
        ("south", "TEA", 99),
        ("west", "TEA", 99),
    ]);
    let code = |text: &str| PostalCode::parse(text).unwrap();
    let mut north = world.hub("north");
    north.area.postal_codes = [code("94105"), code("SW1A 1AA")].into();
    let ends = (code("95000"), code("95999"));
    north.area.postal_ranges = [PostalRange::new(ends.0, ends.1).unwrap()].into();
    world.put(north);
    let mut zones = ZoneBook::default();
    let dutch = Zone {
        postal_prefixes: [code("3511 A")].into(),
        ..Zone::default()
    };
    let utrecht = ZoneId::parse("utrecht").unwrap();
    zones.put(utrecht.clone(), dutch).unwrap();
    block_on(world.tenant.put_zones(zones, call())).unwrap();
    let mut south = world.hub("south");
    south.area.zones = [utrecht].into();
    world.put(south);
    let mut west = world.hub("west");
    west.active = false;
    world.put(west);
    for (country, text, hub) in [
        ("US", "94105", "north"),
        ("US", "94105-1234", "north"),
        ("US", "95123-0001", "north"),
        ("GB", "sw1a1aa", "north"),
        ("NL", "3511aa", "south"),
    ] {
        let mut contact = to(text, None);
        contact.address.country = CountryCode::parse(country).ok();
        let order = world.place(sent(order(&[("TEA", 1)]), contact)).unwrap();
        assert_eq!(hubs_of(&order), [hub], "{text}");
        let row = order.head.ship_to.unwrap();
        let kept = block_on(world.tenant.contact(row)).unwrap().unwrap();
        assert_eq!(kept.address.postal_code, Some(code(text)));
        world.explained(&order);
    }
}

#[test]
fn a_shop_front_asks_who_delivers_there_before_there_is_a_cart() {
    let world = World::new(&[("south", "TEA", 9)]);
    let mut hubs = ["north", "south", "west"].map(|id| world.hub(id));
    for (hub, prefix) in hubs.iter_mut().zip(["20", "80", "20"]) {
        hub.area.postal_prefixes = [PostalCode::parse(prefix).unwrap()].into();
    }
    hubs[2].active = false;
    for hub in hubs {
        world.put(hub);
    }
    let hamburg = to("20095", None);
    let serving = || block_on(world.tenant.serving(&hamburg.address)).unwrap();
    let told = serving();
    let north = (build::hub("north"), ServedBy::PostalPrefix);
    assert_eq!(told.hubs, [north]);
    let others = [("south", Lack::Outside), ("west", Lack::Inactive)];
    assert_eq!(
        told.others,
        others.map(|(hub, lack)| (build::hub(hub), lack))
    );
    assert!(
        !block_on(world.tenant.serving(&to("50667", None).address))
            .unwrap()
            .is_delivered_to()
    );
    // The goods lie where nobody delivers to Hamburg from.
    let refused = world.place(sent(order(&[("TEA", 1)]), hamburg.clone()));
    assert_eq!(code(&refused.unwrap_err()), "short");
    // What is remembered is not told when it is not so any more.
    let mut west = world.hub("west");
    west.area.countries = [CountryCode::parse("DE").unwrap()].into();
    world.put(west);
    let hubs: Vec<_> = serving().hubs.into_iter().map(|(hub, _)| hub).collect();
    assert_eq!(hubs, [build::hub("north"), build::hub("west")]);
}

#[test]
fn of_many_hubs_none_delivers_there_and_their_number_is_told() {
    let world = World::new(&[("north", "TEA", 9)]);
    let more = (0..ROUTE_HUBS_ALL_MAX).map(|at| format!("hub-{at:02}"));
    let ids = ["north", "south", "west"].map(str::to_owned);
    for id in ids.into_iter().chain(more) {
        let mut hub = world.hub(&id);
        hub.area.postal_prefixes = [PostalCode::parse("10").unwrap()].into();
        world.put(hub);
    }
    let munich = || to("80331", None);
    let refused = world
        .place(sent(order(&[("TEA", 1)]), munich()))
        .unwrap_err();
    assert_eq!(code(&refused), "unserviceable");
    let words = refused.to_string();
    let hubs = ROUTE_HUBS_ALL_MAX + 3;
    let truth = format!("none of the {hubs} in use delivers there");
    assert!(words.contains(&truth), "{words}");
    // The only one that would is switched off, and does not count.
    let mut off = world.hub("hub-00");
    off.active = false;
    world.put(off);
    let refused = world
        .place(sent(order(&[("TEA", 1)]), munich()))
        .unwrap_err();
    let words = refused.to_string();
    let truth = format!("none of the {} in use delivers there", hubs - 1);
    assert!(words.contains(&truth), "{words}");
}

#[test]
fn zones_are_stored_once_and_hubs_name_them() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 9)]);
    let zone = |prefix: &str| Zone {
        postal_prefixes: [PostalCode::parse(prefix).unwrap()].into(),
        ..Zone::default()
    };
    let [berlin, munich] = ["berlin", "munich"].map(|id| ZoneId::parse(id).unwrap());
    let mut south = world.hub("south");
    south.area.zones = [munich.clone()].into();
    let unknown = block_on(world.tenant.put_hub(south.clone(), call())).unwrap_err();
    assert_eq!(code(&unknown), "hub_unknown_zone");

    let mut zones = ZoneBook::default();
    zones.put(berlin.clone(), zone("10")).unwrap();
    zones.put(munich, zone("80")).unwrap();
    block_on(world.tenant.put_zones(zones.clone(), call())).unwrap();
    assert_eq!(block_on(world.tenant.zones()).unwrap(), zones);
    let mut north = world.hub("north");
    north.area.zones = [berlin.clone()].into();
    world.put(north);
    world.put(south);
    let mut west = world.hub("west");
    west.active = false;
    world.put(west);
    for (code, hub) in [("10115", "north"), ("80331", "south")] {
        let order = world.place(sent(order(&[("TEA", 1)]), to(code, None)));
        assert_eq!(hubs_of(&order.unwrap()), [hub]);
    }
    // A zone that a hub names cannot go.
    let mut fewer = ZoneBook::default();
    fewer.put(berlin, zone("10")).unwrap();
    let refused = block_on(world.tenant.put_zones(fewer, call())).unwrap_err();
    assert_eq!(code(&refused), "hub_unknown_zone");
    assert!(refused.to_string().contains("hubs.south"), "{refused}");
    // What a zone covers can change, and placements follow.
    let mut wider = zones;
    let both = Zone {
        postal_prefixes: ["10", "12"]
            .map(|code| PostalCode::parse(code).unwrap())
            .into(),
        ..Zone::default()
    };
    wider.put(ZoneId::parse("berlin").unwrap(), both).unwrap();
    block_on(world.tenant.put_zones(wider, call())).unwrap();
    let order = world.place(sent(order(&[("TEA", 1)]), to("12043", None)));
    assert_eq!(hubs_of(&order.unwrap()), ["north"]);
}

#[test]
fn routing_can_be_switched_off_and_hubs_assigned_by_hand() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 9)]);
    world.policy(None).unwrap();
    let placed = world.place(order(&[("TEA", 3)])).unwrap();
    assert_eq!(hubs_of(&placed), [""; 0]);
    assert_eq!(placed.head.lines[0].open.get(), 3);
    let id = placed.head.id;
    let refused = block_on(world.tenant.assign(id, None, call())).unwrap_err();
    assert_eq!(code(&refused), "routing_off");
    block_on(world.tenant.assign(id, Some(build::hub("south")), call())).unwrap();
    let assigned = block_on(world.tenant.order(id)).unwrap();
    assert_eq!(hubs_of(&assigned), ["south"]);
    assert_eq!(assigned.status(), OrderStatus::Approved);
    world.explained(&assigned);
}

#[test]
fn a_bad_policy_is_refused_when_it_is_set() {
    let world = World::new(&[]);
    let policy = RoutePolicy {
        split: Split::AtMost(0),
        ..RoutePolicy::default()
    };
    let refused = world.policy(Some(policy)).unwrap_err();
    assert_eq!(code(&refused), "policy_out_of_range");
    assert!(refused.to_string().contains("routing.split"), "{refused}");
    let cheapest = RoutePolicy {
        goal: Goal::Cheapest,
        ..RoutePolicy::default()
    };
    assert_eq!(
        code(&world.policy(Some(cheapest)).unwrap_err()),
        "policy_no_currency"
    );
    let stored = block_on(world.tenant.settings()).unwrap();
    assert_eq!(
        stored,
        Settings::default(),
        "what was refused left no trace"
    );
}

#[test]
fn a_closed_hub_is_used_only_when_no_open_one_has_the_goods() {
    let world = World::new(&[("north", "TEA", 1), ("south", "TEA", 9)]);
    let calendar = CalendarDraft {
        time_zone: "Europe/Berlin".into(),
        ..Default::default()
    };
    let draft = HubDraft {
        id: "south".into(),
        calendar: Some(calendar),
        on_time: Some("1".into()),
        ..HubDraft::default()
    };
    world.put(draft.parse(&ZoneBook::default()).unwrap());
    let open = world.place(order(&[("TEA", 1)])).unwrap();
    assert_eq!(hubs_of(&open), ["north"]);
    let closed = world.place(order(&[("TEA", 1)])).unwrap();
    assert_eq!(hubs_of(&closed), ["south"]);
    let gave_up = world.explained(&closed).given_up;
    assert_eq!(gave_up, [Fallback::IgnoreOpening]);
}

#[test]
fn a_third_party_is_used_where_the_policy_lets_it() {
    let world = World::new(&[("north", "TEA", 1), ("west", "TEA", 9)]);
    let mut west = world.hub("west");
    west.kind = HubKind::External;
    world.put(west);
    let own = RoutePolicy {
        use_external: false,
        fallback: Vec::new(),
        ..RoutePolicy::default()
    };
    world.policy(Some(own.clone())).unwrap();
    assert_eq!(
        code(&world.place(order(&[("TEA", 2)])).unwrap_err()),
        "short"
    );
    let lent = RoutePolicy {
        fallback: vec![Fallback::UseExternal],
        ..own
    };
    world.policy(Some(lent)).unwrap();
    let order = world.place(order(&[("TEA", 2)])).unwrap();
    assert_eq!(hubs_of(&order), ["west"]);
    assert_eq!(world.explained(&order).decided_at, world.clock.now());
}

#[test]
fn a_cart_claims_at_the_hub_the_policy_prefers() {
    let world = World::new(&[("north", "TEA", 5), ("south", "TEA", 5)]);
    let mut south = world.hub("south");
    good(&mut south, "0.99");
    world.put(south);
    let owner = build::owner_cart(1);
    let lines = vec![ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity: build::quantity(2),
    }];
    let claim = ReserveStock {
        mode: ReserveMode::Tentative { ttl_secs: None },
        ..ReserveStock::new(owner, lines)
    };
    block_on(world.tenant.reserve(claim, call())).unwrap();
    assert_eq!(
        (
            world.reserved("north", "TEA"),
            world.reserved("south", "TEA")
        ),
        (0, 2)
    );
}

#[test]
fn a_cart_is_claimed_at_one_hub_whatever_the_fallback_gives_up() {
    let world = World::new(&[("north", "TEA", 5), ("south", "MUG", 5)]);
    let patient = RoutePolicy {
        split: Split::Never,
        fallback: vec![Fallback::SplitFreely],
        ..RoutePolicy::default()
    };
    world.policy(Some(patient)).unwrap();
    let lines = [(1, "TEA"), (2, "MUG")].map(|(number, sku)| ReserveLine {
        line: build::line(number),
        sku: build::sku(sku),
        quantity: build::quantity(1),
    });
    let claim = ReserveStock {
        mode: ReserveMode::Tentative { ttl_secs: None },
        ..ReserveStock::new(build::owner_cart(1), lines.to_vec())
    };
    let reserve = world.tenant.reserve(claim, call());
    let refused = block_on(reserve).map(drop).unwrap_err();
    assert_eq!(code(&refused), "short");
    assert_eq!(world.reserved("north", "TEA"), 0);
    assert_eq!(world.reserved("south", "MUG"), 0);
}

fn at(hub: &str, mut order: PlaceOrder) -> PlaceOrder {
    order.hub = Some(build::hub(hub));
    order
}

#[test]
fn an_order_is_placed_at_the_hub_that_was_named() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 5)]);
    let mut north = world.hub("north");
    good(&mut north, "0.99");
    world.put(north);
    // A person's choice asks for no room, but is counted.
    let south = bounded(&world, "south", 0);
    world.put(south.clone());
    let sold = world.place(at("south", order(&[("TEA", 1)]))).unwrap();
    assert_eq!(hubs_of(&sold), ["south"]);
    assert_eq!(world.explained(&sold).considered, Considered::Named);
    assert_eq!(taken(&world, &south), 1);
    // What others have does not count.
    let refused = |hub: &str, units: u32| {
        let refused = world.place(at(hub, order(&[("TEA", units)])));
        code(&refused.unwrap_err())
    };
    assert_eq!(refused("south", 5), "short");
    assert_eq!(refused("nowhere", 1), "not_found");
    let west = Switchable::Hub(build::hub("west"));
    block_on(world.tenant.deactivate(west, call())).unwrap();
    assert_eq!(refused("west", 1), "inactive");
    for hub in ["nowhere", "west"] {
        let mut paid = at(hub, order(&[("TEA", 1)]));
        paid.on_problem = OnProblem::Hold;
        let held = world.place(paid).unwrap();
        assert_eq!(held.status(), OrderStatus::OnHold);
        assert_eq!(hubs_of(&held), [""; 0], "and no other hub does it");
    }
    // Where routing is off, too.
    world.policy(None).unwrap();
    let sold = world.place(at("south", order(&[("TEA", 1)]))).unwrap();
    assert_eq!(hubs_of(&sold), ["south"]);
    assert_eq!(world.reserved("north", "TEA"), 0);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

#[test]
fn a_hub_is_named_for_the_placement_alone() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 5)]);
    let mut patient = at("south", order(&[("TEA", 7)]));
    patient.on_problem = OnProblem::Backorder;
    let placed = world.place(patient).unwrap();
    assert_eq!(hubs_of(&placed), ["south"]);
    let id = placed.head.id;
    block_on(world.tenant.assign(id, None, call())).unwrap();
    let assigned = block_on(world.tenant.order(id)).unwrap();
    assert_eq!(hubs_of(&assigned), ["south", "north"]);
}

#[test]
fn goods_of_a_cart_stay_at_its_hub_when_it_becomes_an_order() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 5)]);
    let mut north = world.hub("north");
    good(&mut north, "0.99");
    world.put(north);
    let owner = build::owner_cart(1);
    let lines = vec![ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity: build::quantity(5),
    }];
    let claim = ReserveStock {
        owner: owner.clone(),
        lines,
        hub: Some(build::hub("south")),
        mode: ReserveMode::Tentative { ttl_secs: None },
    };
    block_on(world.tenant.reserve(claim, call())).unwrap();
    let mut place = at("south", order(&[("TEA", 5)]));
    place.takes_over = Some(owner);
    let placed = world.place(place).unwrap();
    assert_eq!(hubs_of(&placed), ["south"]);
    assert_eq!(world.reserved("south", "TEA"), 5);
    assert_eq!(world.reserved("north", "TEA"), 0);
}

/// A cart with claims of its lines, one for each.
fn cart_of(world: &World, claims: &[(&str, &str, u32)]) -> Owner {
    let owner = build::owner_cart(1);
    for (line, (hub, sku, units)) in (1..).zip(claims) {
        let line = ReserveLine {
            line: build::line(line),
            sku: build::sku(sku),
            quantity: build::quantity(*units),
        };
        let claim = ReserveStock {
            hub: Some(build::hub(hub)),
            mode: ReserveMode::Tentative { ttl_secs: None },
            ..ReserveStock::new(owner.clone(), vec![line])
        };
        block_on(world.tenant.reserve(claim, call())).unwrap();
    }
    owner
}

#[test]
fn with_routing_off_an_order_is_claimed_where_its_cart_was() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 2), ("west", "MUG", 5)]);
    world.policy(None).unwrap();
    let owner = cart_of(&world, &[("south", "TEA", 2), ("west", "MUG", 3)]);
    let mut place = order(&[("TEA", 1), ("TEA", 3), ("MUG", 2)]);
    place.takes_over = Some(owner);
    let placed = world.place(place).unwrap();
    assert_eq!(hubs_of(&placed), ["south", "west"]);
    assert_eq!(placed.status(), OrderStatus::Approved);
    // What the cart did not have stays open, and what is left of the cart's is free.
    let open = placed.head.lines.iter().map(|line| line.open.get());
    assert_eq!(open.collect::<Vec<_>>(), [0, 2, 0]);
    let reserved = [("north", "TEA"), ("south", "TEA"), ("west", "MUG")];
    let reserved = reserved.map(|(hub, sku)| world.reserved(hub, sku));
    assert_eq!(reserved, [0, 2, 2]);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

#[test]
fn with_routing_off_a_cart_at_a_hub_that_cannot_send_leaves_its_order_open_or_refused() {
    let world = World::new(&[("north", "TEA", 9), ("south", "TEA", 9)]);
    let mut north = world.hub("north");
    north
        .area
        .countries
        .insert(CountryCode::parse("FR").unwrap());
    world.put(north);
    world.policy(None).unwrap();
    let owner = cart_of(&world, &[("north", "TEA", 2)]);
    let mut place = sent(order(&[("TEA", 2)]), to("10115", None));
    place.takes_over = Some(owner.clone());
    let refused = world.place(place.clone()).unwrap_err();
    assert_eq!(code(&refused), "unserviceable");
    assert_eq!(world.reserved("north", "TEA"), 2, "the cart has it still");
    let north = Switchable::Hub(build::hub("north"));
    block_on(world.tenant.deactivate(north, call())).unwrap();
    let placed = world.place(place).unwrap();
    assert_eq!(hubs_of(&placed), [""; 0]);
    assert_eq!(placed.head.lines[0].open.get(), 2);
    assert_eq!(world.reserved("north", "TEA"), 0);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

/// The number of the order's only fulfillment with work in it.
fn live(order: &Order) -> FulfillmentId {
    let mut live = order.fulfillments.values().filter(|work| work.is_live());
    let id = live.next().unwrap().id;
    assert_eq!(live.next(), None);
    id
}

fn live_hub(order: &Order) -> &str {
    order.fulfillments[&live(order)].hub.as_str()
}

#[test]
fn work_moves_to_another_hub_with_its_claims_or_not_at_all() {
    let world = World::new(&[("north", "TEA", 3), ("south", "TEA", 3), ("west", "TEA", 2)]);
    let placed = world.place(order(&[("TEA", 3)])).unwrap();
    let (id, first) = (placed.head.id, live(&placed));
    assert_eq!(hubs_of(&placed), ["north"]);
    let reassign = |work, hub: Option<&str>| {
        let hub = hub.map(build::hub);
        block_on(world.tenant.reassign(id, work, hub, call()))
    };
    let refused = reassign(first, Some("west")).unwrap_err();
    assert_eq!(code(&refused), "short");
    let same = reassign(first, Some("north")).unwrap_err();
    assert_eq!(code(&same), "nothing_to_do");
    let claimed = (
        world.reserved("north", "TEA"),
        world.reserved("west", "TEA"),
    );
    assert_eq!(claimed, (3, 0));

    reassign(first, None).unwrap();
    let moved = block_on(world.tenant.order(id)).unwrap();
    assert_eq!(live_hub(&moved), "south");
    let claimed = (
        world.reserved("north", "TEA"),
        world.reserved("south", "TEA"),
    );
    assert_eq!(claimed, (0, 3));
    assert_eq!(moved.status(), OrderStatus::Approved);
    let why = world.explained(&moved);
    let north = why.hub(&build::hub("north"));
    assert!(north.is_none(), "it is to lose the work");
    let history = block_on(world.tenant.history(id)).unwrap();
    let names: Vec<&str> = history.iter().map(|entry| entry.event.name()).collect();
    assert!(
        names.ends_with(&["order.withdrawn", "order.allocated"]),
        "{names:?}"
    );

    // Once work has begun nothing moves, and what was moved from cannot move again.
    assert_eq!(code(&reassign(first, None).unwrap_err()), "illegal_command");
    let second = live(&moved);
    let pick = OrderCommand::pick_all(second);
    block_on(world.tenant.order_command(id, pick, call())).unwrap();
    assert_eq!(
        code(&reassign(second, None).unwrap_err()),
        "illegal_command"
    );
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

#[test]
fn what_a_picker_does_not_find_is_had_from_another_hub() {
    let world = World::new(&[("north", "TEA", 3), ("south", "TEA", 3)]);
    let placed = world.place(order(&[("TEA", 3)])).unwrap();
    let (id, first) = (placed.head.id, live(&placed));
    let run = |command| block_on(world.tenant.order_command(id, command, call())).unwrap();
    let lines = vec![LineQuantity {
        line: build::line(1),
        quantity: build::quantity(1),
    }];
    run(OrderCommand::Pick {
        fulfillment: first,
        lines,
    });
    let whole = world.tenant.reassign(id, first, None, call());
    assert_eq!(code(&block_on(whole).unwrap_err()), "update_not_allowed");
    run(OrderCommand::withdraw_all(first));
    let claimed = || ["north", "south"].map(|hub| world.reserved(hub, "TEA"));
    assert_eq!(claimed(), [1, 0]);
    let south = Some(build::hub("south"));
    block_on(world.tenant.assign(id, south, call())).unwrap();
    assert_eq!(claimed(), [1, 2]);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

/// The hub that lacks the units is the best one still, so it is counted before they are taken back.
#[test]
fn what_a_count_does_not_find_is_assigned_to_another_hub() {
    let world = World::new(&[
        ("north", "TEA", 3),
        ("north", "MUG", 1),
        ("south", "TEA", 3),
    ]);
    let placed = world.place(order(&[("TEA", 3), ("MUG", 1)])).unwrap();
    let (id, fulfillment) = (placed.head.id, live(&placed));
    let run = |command| block_on(world.tenant.order_command(id, command, call())).unwrap();
    let tea = |units| {
        vec![LineQuantity {
            line: build::line(1),
            quantity: build::quantity(units),
        }]
    };
    let lines = tea(1);
    run(OrderCommand::Pick { fulfillment, lines });
    let found = build::units(1);
    world.tell("north", "TEA", StockCommand::Count { found, seen: None });
    let lines = tea(2);
    run(OrderCommand::Withdraw { fulfillment, lines });
    let claimed = || ["north", "south"].map(|hub| world.reserved(hub, "TEA"));
    assert_eq!((claimed(), world.reserved("north", "MUG")), ([1, 0], 1));
    block_on(world.tenant.assign(id, None, call())).unwrap();
    assert_eq!(claimed(), [1, 2]);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

#[test]
fn what_breaks_at_the_packing_table_is_assigned_to_another_hub() {
    let world = World::new(&[("north", "TEA", 3), ("south", "TEA", 3)]);
    let placed = world.place(order(&[("TEA", 3)])).unwrap();
    let (id, fulfillment) = (placed.head.id, live(&placed));
    let run = |command| block_on(world.tenant.order_command(id, command, call())).unwrap();
    run(OrderCommand::pick_all(fulfillment));
    let quantity = build::quantity(1);
    world.tell("north", "TEA", StockCommand::Damage { quantity });
    let lines = vec![LineQuantity {
        line: build::line(1),
        quantity,
    }];
    run(OrderCommand::Unpick {
        fulfillment,
        lines,
        keep: false,
    });
    block_on(world.tenant.assign(id, None, call())).unwrap();
    let claimed = ["north", "south"].map(|hub| world.reserved(hub, "TEA"));
    assert_eq!(claimed, [2, 1]);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

#[test]
fn work_whose_claim_is_over_does_not_move_and_is_named() {
    let world = World::new(&[("north", "TEA", 3), ("south", "TEA", 3), ("west", "TEA", 3)]);
    let mut unpaid = order(&[("TEA", 3)]);
    unpaid.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    let placed = world.place(unpaid).unwrap();
    let id = placed.head.id;
    let reassign = |work| block_on(world.tenant.reassign(id, work, None, call()));
    reassign(live(&placed)).unwrap();
    let moved = block_on(world.tenant.order(id)).unwrap();
    let work = live(&moved);
    world.clock.advance_secs(60);
    match reassign(work) {
        Err(Error::Rejected(Rejection::Order { reason })) => {
            let over = OrderRejection::ReservationExpired {
                fulfillment: work,
                expired_at: moved.fulfillments[&work].tentative_until().unwrap(),
            };
            assert_eq!(reason, over, "not the number it would have got");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(block_on(world.tenant.order(id)).unwrap(), moved);
}

#[test]
fn a_hub_that_goes_down_loses_its_open_work_once_and_the_rest_is_told() {
    let world = World::new(&[
        ("north", "TEA", 20),
        ("south", "TEA", 9),
        ("west", "TEA", 4),
        ("north", "MUG", 1),
    ]);
    let mut north = world.hub("north");
    good(&mut north, "1");
    world.put(north.clone());
    let placed: Vec<Order> = (0..6)
        .map(|_| world.place(order(&[("TEA", 3)])).unwrap())
        .collect();
    let lonely = world.place(order(&[("MUG", 1)])).unwrap();
    assert_eq!(world.reserved("north", "TEA"), 18);
    let begun = &placed[0];
    let pick = OrderCommand::pick_all(live(begun));
    block_on(world.tenant.order_command(begun.head.id, pick, call())).unwrap();

    north.active = false;
    world.put(north);
    let down = build::hub("north");
    let reroute = || block_on(world.tenant.reroute(&down, call())).unwrap();
    let rerouted = reroute();
    // South takes three orders, west one; one finds no hub, one has begun, one has a lone SKU.
    assert_eq!(rerouted.moved.len(), 4);
    assert_eq!(rerouted.left.len(), 3);
    let reason = |of: &Order| {
        let mut left = rerouted.left.iter();
        let (_, _, error) = left.find(|(id, ..)| *id == of.head.id).unwrap();
        code(error)
    };
    assert_eq!(reason(begun), "illegal_command");
    assert_eq!(reason(&lonely), "short");
    let claimed = ["south", "west", "north"].map(|hub| world.reserved(hub, "TEA"));
    assert_eq!(claimed, [9, 3, 6]);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
    // Again: only what was left is tried, and stays. With new goods it finds a place.
    let again = reroute();
    assert_eq!((again.moved.len(), again.left.len()), (0, 3));
    world.receive("west", "MUG", 1);
    let again = reroute();
    assert_eq!((again.moved.len(), again.left.len()), (1, 2));
}

fn bounded(world: &World, id: &str, capacity: u32) -> Hub {
    let mut hub = world.hub(id);
    hub.daily_capacity = Some(build::units(capacity));
    hub
}

fn taken(world: &World, hub: &Hub) -> u32 {
    let key = CounterKey::HubDay(hub.id.clone(), hub.day(world.clock.now()));
    block_on(world.tenant.counter(&key)).unwrap().get()
}

#[test]
fn a_hub_takes_on_no_more_orders_in_a_day_than_it_can() {
    let world = World::new(&[("north", "TEA", 50), ("south", "TEA", 50)]);
    let mut north = bounded(&world, "north", 2);
    good(&mut north, "1");
    world.put(north.clone());
    let chosen = || {
        let order = world.place(order(&[("TEA", 1)])).unwrap();
        (order.head.id, hubs_of(&order)[0].to_owned())
    };
    let hubs: Vec<String> = (0..3).map(|_| chosen().1).collect();
    assert_eq!(hubs, ["north", "north", "south"]);
    assert_eq!(taken(&world, &north), 2);

    // What is cancelled or moved away is given back, once.
    let south = bounded(&world, "south", 9);
    world.put(south.clone());
    let (fourth, hub) = chosen();
    assert_eq!((hub.as_str(), taken(&world, &south)), ("south", 1));
    let cancel = || OrderCommand::Cancel {
        reason: build::reason("changed my mind"),
    };
    for _ in 0..2 {
        block_on(world.tenant.order_command(fourth, cancel(), call())).unwrap();
        assert_eq!(taken(&world, &south), 0);
    }
    assert_eq!(chosen().1, "south");
    assert_eq!(taken(&world, &south), 1);
    let orders = block_on(world.tenant.orders(&OrderFilter::default(), None, 10)).unwrap();
    let first = orders.items.last().unwrap().id;
    let moved = block_on(
        world
            .tenant
            .reassign(first, FulfillmentId::FIRST, None, call()),
    );
    moved.unwrap();
    assert_eq!((taken(&world, &north), taken(&world, &south)), (1, 2));
    assert_eq!(chosen().1, "north", "there is room again");

    // An edit at a full hub gives its own place back and takes it again.
    let last = chosen();
    assert_eq!((last.1.as_str(), taken(&world, &north)), ("south", 2));
    let orders = block_on(world.tenant.orders(&OrderFilter::default(), None, 10)).unwrap();
    let second = orders.items[orders.items.len() - 2].id;
    let more = build::change_quantity(1, 2);
    let edit = OrderCommand::EditLines {
        changes: vec![more],
    };
    block_on(world.tenant.order_command(second, edit, call())).unwrap();
    let edited = block_on(world.tenant.order(second)).unwrap();
    assert_eq!((live_hub(&edited), taken(&world, &north)), ("north", 2));

    // Another day has a capacity of its own.
    world.clock.advance_secs(86_400);
    assert_eq!((chosen().1.as_str(), taken(&world, &north)), ("north", 1));
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

/// The day ends when it does at the hub: not with that of UTC, nor with that of another hub.
#[test]
fn what_a_hub_takes_on_counts_for_its_own_day() {
    let world = World::new(&[("north", "TEA", 50), ("south", "TEA", 50)]);
    let mut calendar = OpeningCalendar::new(TimeZoneName::parse("America/New_York").unwrap());
    for day in [&mut calendar.week.mon, &mut calendar.week.tue] {
        *day = DayHours::parse("00:00-24:00").unwrap();
    }
    let mut north = bounded(&world, "north", 1);
    good(&mut north, "1");
    north.calendar = Some(calendar);
    world.put(north.clone());
    world.put(bounded(&world, "south", 1));
    let west = Switchable::Hub(build::hub("west"));
    block_on(world.tenant.deactivate(west, call())).unwrap();
    let place = || {
        let placed = world.place(order(&[("TEA", 1)]));
        placed.map(|order| hubs_of(&order)[0].to_owned())
    };
    for (at, hub) in [
        // The evening of Monday in New York, which is Tuesday already where no calendar is.
        ("2026-01-06T03:00:00Z", Some("north")),
        ("2026-01-06T04:59:00Z", Some("south")),
        ("2026-01-06T04:59:59Z", None),
        ("2026-01-06T05:00:00Z", Some("north")),
        ("2026-01-06T23:59:59Z", None),
        ("2026-01-07T00:00:00Z", Some("south")),
    ] {
        world.clock.set(Timestamp::parse_rfc3339(at).unwrap());
        let placed = place();
        assert_eq!(placed.as_deref().ok(), hub, "{at}");
        assert_eq!(taken(&world, &north), 1, "{at}");
    }
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

#[test]
fn in_a_bulk_the_first_takes_the_last_place_of_a_day() {
    let shop = || {
        let world = World::new(&[("north", "TEA", 10), ("south", "TEA", 1)]);
        let mut north = bounded(&world, "north", 1);
        good(&mut north, "1");
        north.area.postal_prefixes = [PostalCode::parse("10").unwrap()].into();
        world.put(north);
        world
    };
    let tea = || order(&[("TEA", 1)]);
    let orders = || [tea(), tea(), sent(tea(), to("80331", None))];
    let told =
        |result: Result<(), Error>| result.map_or_else(|error| code(&error), |()| "ok".into());
    let world = shop();
    let alone = orders().map(|order| told(world.place(order).map(drop)));
    assert_eq!(alone, ["ok", "ok", "short"]);
    let world = shop();
    let commands = orders().map(|order| (Command::Place(Box::new(order)), call()));
    let results = block_on(world.tenant.bulk(&commands)).into_iter();
    let bulk: Vec<String> = results.map(|result| told(result.map(drop))).collect();
    assert_eq!(bulk, alone);
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
}

/// The bounds of the counters that placing an order would raise.
fn bounds(world: &World, order: PlaceOrder) -> Vec<Option<u32>> {
    let command = Command::Place(Box::new(order));
    let plan = block_on(world.tenant.dry_run(command, call())).unwrap();
    let counters = plan.change_set.unwrap().counters.into_iter();
    counters
        .map(|change| change.limit.map(Units::get))
        .collect()
}

#[test]
fn a_bound_that_was_not_in_the_way_is_not_given_up() {
    let world = World::new(&[("north", "TEA", 1), ("south", "MUG", 1), ("west", "TEA", 1)]);
    for (id, capacity) in [("north", 5), ("south", 5), ("west", 1)] {
        world.put(bounded(&world, id, capacity));
    }
    let patient = RoutePolicy {
        split: Split::Never,
        fallback: vec![Fallback::IgnoreCapacity, Fallback::SplitFreely],
        on_shortage: OnShortage::Backorder,
        ..RoutePolicy::default()
    };
    world.policy(Some(patient.clone())).unwrap();
    let both = || order(&[("TEA", 1), ("MUG", 1)]);
    assert_eq!(bounds(&world, both()), [Some(5), Some(5)]);
    // Nor is one for goods that nobody has.
    world.put(bounded(&world, "north", 0));
    let split_first = RoutePolicy {
        fallback: vec![Fallback::SplitFreely, Fallback::IgnoreCapacity],
        ..patient
    };
    world.policy(Some(split_first)).unwrap();
    let more = || order(&[("TEA", 1), ("MUG", 2)]);
    assert_eq!(bounds(&world, more()), [Some(5), Some(1)]);
    let waits = world.place(more()).unwrap();
    assert_eq!(world.explained(&waits).given_up, [Fallback::SplitFreely]);
    assert_eq!(taken(&world, &world.hub("north")), 0);
}

#[test]
fn when_every_hub_is_full_the_order_is_refused_or_the_bound_given_up() {
    let world = World::new(&[("north", "TEA", 50)]);
    world.put(bounded(&world, "north", 1));
    for id in ["south", "west"] {
        let mut hub = world.hub(id);
        hub.active = false;
        world.put(hub);
    }
    world.place(order(&[("TEA", 1)])).unwrap();
    let refused = world.place(order(&[("TEA", 1)])).unwrap_err();
    assert_eq!(code(&refused), "unserviceable");
    assert!(refused.to_string().contains("north (full)"), "{refused}");
    let patient = RoutePolicy {
        fallback: vec![Fallback::IgnoreCapacity],
        ..RoutePolicy::default()
    };
    world.policy(Some(patient)).unwrap();
    let over = world.place(order(&[("TEA", 1)])).unwrap();
    assert_eq!(world.explained(&over).given_up, [Fallback::IgnoreCapacity]);
    assert_eq!(
        taken(&world, &world.hub("north")),
        2,
        "it is counted all the same"
    );
    // A person may choose a full hub, too.
    let unbounded = RoutePolicy {
        check_capacity: false,
        ..RoutePolicy::default()
    };
    world.policy(Some(unbounded)).unwrap();
    world.place(order(&[("TEA", 1)])).unwrap();
    assert_eq!(taken(&world, &world.hub("north")), 2, "nobody counts then");
}
