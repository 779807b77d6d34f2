//! Delivery slots: defined, booked with an order or later, full, too late, given back, moved.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::customer::Contact;
use oms_core::hub::{
    CalendarDraft, CutOff, DayHours, DeliverySlot, Hub, HubDraft, OpeningCalendar, SlotDay, Zone,
    ZoneBook,
};
use oms_core::order::{
    Assignment, HoldReason, LineQuantity, Order, OrderCommand, OrderDraft, OrderStatus,
    PaymentEntry, Source, SourceKind, Tracking,
};
use oms_core::plan::{
    Command, CounterKey, OnProblem, PlaceOrder, ReserveLine, ReserveMode, ReserveStock,
};
use oms_core::port::{Clock, OrderFilter};
use oms_core::routing::RoutePolicy;
use oms_core::service::{Call, Done, Error, Oms, SlotView, Tenant};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, build};
use oms_core::value::limits::COUNTER_RETENTION_DAYS;
use oms_core::value::{
    Address, CountryCode, Currency, FulfillmentId, LocalDate, MinuteOfDay, Money, Name, OrderId,
    PostalCode, SlotId, SlotKey, SlotKind, TimeZoneName, Timestamp, Title, Units, ZoneId,
};
use oms_store_memory::MemoryStore;

/// A day after the clock's; slots can be booked until 18:00 of the clock's day.
const DATE: &str = "2026-01-06";

/// Hubs `north` (preferred) and `south` with plenty of `TEA`.
struct World {
    clock: FakeClock,
    tenant: Tenant,
}

fn call() -> Call {
    Call::default()
}

fn date() -> LocalDate {
    LocalDate::parse(DATE).unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn minute(text: &str) -> MinuteOfDay {
    MinuteOfDay::parse(text).unwrap()
}

fn slot(capacity: u32) -> DeliverySlot {
    let capacity = build::units(capacity);
    let mut slot = DeliverySlot::new(minute("08:00"), minute("10:00"), capacity);
    slot.cut_off = CutOff {
        days_before: 1,
        at: minute("18:00"),
    };
    slot
}

fn key(hub: &str, id: &str) -> SlotKey {
    SlotKey {
        hub: build::hub(hub),
        date: date(),
        slot: SlotId::parse(id).unwrap(),
    }
}

fn day(hub: &str, slots: &[(&str, DeliverySlot)]) -> SlotDay {
    let mut day = SlotDay::new(build::hub(hub), date());
    let slots = slots.iter().cloned();
    day.slots
        .extend(slots.map(|(id, slot)| (SlotId::parse(id).unwrap(), slot)));
    day
}

fn order(units: u32, slot: Option<SlotKey>) -> PlaceOrder {
    let source = Source {
        kind: SourceKind::Manual,
        channel: build::channel("desk"),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    draft.push_line("TEA", units, "4.50").unwrap();
    draft.slot = slot;
    PlaceOrder::new(draft)
}

fn to(postal_code: &str) -> Contact {
    Contact {
        address: Address {
            postal_code: Some(PostalCode::parse(postal_code).unwrap()),
            country: CountryCode::parse("DE").ok(),
            ..Address::default()
        },
        ..Contact::default()
    }
}

fn code(error: &Error) -> String {
    error.code().to_owned()
}

fn hubs_of(order: &Order) -> Vec<&str> {
    let works = order.fulfillments.values().filter(|work| work.is_live());
    works.map(|work| work.hub.as_str()).collect()
}

fn slot_of(order: &Order) -> Option<&str> {
    order.takes_slot().map(|slot| slot.key.slot.as_str())
}

fn cancel() -> OrderCommand {
    OrderCommand::Cancel {
        reason: build::reason("changed my mind"),
    }
}

impl World {
    fn new() -> Self {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let oms = Oms::builder(Arc::new(store))
            .clock(Arc::new(clock.clone()))
            .build_with_ids(Arc::new(FakeIds::new(1)));
        let tenant = oms.tenant(build::tenant("acme"));
        let world = Self { clock, tenant };
        world.done(Command::PutSettings(Settings::default()));
        let channel = SalesChannel::new(build::channel("desk"), Name::parse("Desk").unwrap());
        world.done(Command::PutChannel(channel));
        let tea = Product::new(build::sku("TEA"), Title::parse("Tea").unwrap());
        world.done(Command::PutProduct(tea));
        for (priority, id) in (1..).zip(["north", "south"]) {
            let mut hub = Hub::new(build::hub(id), Name::parse(id).unwrap());
            hub.priority = priority;
            world.done(Command::PutHub(hub));
            world.receive(id, 100);
        }
        world
    }

    fn run(&self, command: Command) -> Result<Done, Error> {
        block_on(self.tenant.execute(command, call()))
    }

    fn done(&self, command: Command) -> Done {
        self.run(command).unwrap()
    }

    fn refused(&self, command: Command) -> String {
        code(&self.run(command).unwrap_err())
    }

    fn receive(&self, hub: &str, units: u32) {
        let quantity = build::quantity(units);
        self.done(Command::Stock {
            key: build::stock(hub, "TEA"),
            command: StockCommand::Receive { quantity },
            reason: build::reason("test"),
        });
    }

    /// Stores the slots of a hub on the day.
    fn put(&self, hub: &str, slots: &[(&str, DeliverySlot)]) {
        block_on(self.tenant.put_slots(day(hub, slots), call())).unwrap();
    }

    fn place(&self, order: PlaceOrder) -> Result<Order, Error> {
        let done = block_on(self.tenant.place(order, call()))?;
        Ok(self.order(done.receipt.order.unwrap().id))
    }

    fn booked(&self, key: &SlotKey) -> Order {
        self.place(order(1, Some(key.clone()))).unwrap()
    }

    /// An order of 4.50 with the slot, which claims for a minute.
    fn checkout(&self, key: &SlotKey) -> OrderId {
        let mut checkout = order(1, Some(key.clone()));
        checkout.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
        self.place(checkout).unwrap().head.id
    }

    fn order(&self, id: OrderId) -> Order {
        block_on(self.tenant.order(id)).unwrap()
    }

    fn book(&self, order: &Order, slot: Option<&SlotKey>) -> Result<Done, Error> {
        let slot = slot.cloned();
        block_on(self.tenant.book_slot(order.head.id, slot, call()))
    }

    fn cancel(&self, order: &Order) {
        let order = order.head.id;
        self.done(Command::Order {
            order,
            command: cancel(),
        });
    }

    fn view(&self, key: &SlotKey) -> SlotView {
        block_on(self.tenant.slot(key)).unwrap().unwrap()
    }

    /// Total, booked and available.
    fn places(&self, key: &SlotKey) -> [u32; 3] {
        let view = self.view(key);
        let counter = CounterKey::Slot(key.clone());
        let taken = block_on(self.tenant.counter(&counter)).unwrap();
        assert_eq!(taken, view.booked);
        [view.slot.capacity, view.booked, view.available].map(Units::get)
    }

    fn at(&self, text: &str) {
        self.clock.set(time(text));
    }

    /// Orders that are late at a time.
    fn late(&self, at: &str) -> Vec<OrderId> {
        let filter = OrderFilter {
            promised_before: Some(time(at)),
            ..OrderFilter::default()
        };
        let page = block_on(self.tenant.orders(&filter, None, 100)).unwrap();
        let mut late: Vec<OrderId> = page.items.iter().map(|order| order.id).collect();
        late.sort_unstable();
        late
    }

    fn sound(&self) {
        assert_eq!(block_on(self.tenant.audit()).unwrap(), []);
    }
}

#[test]
fn a_slot_is_booked_with_the_order_until_it_is_full_and_free_again_after_cancelling() {
    let world = World::new();
    world.put("north", &[("morning", slot(2)), ("noon", slot_at("12:00"))]);
    let morning = key("north", "morning");
    let first = world.booked(&morning);
    assert_eq!(slot_of(&first), Some("morning"));
    let slot = first.takes_slot().unwrap();
    assert_eq!((slot.start, slot.end), (minute("08:00"), minute("10:00")));
    assert_eq!(world.places(&morning), [2, 1, 1]);

    // The same command again is the same order, and takes no other place.
    let again = Call::default().with_key(build::idempotency_key("k"));
    let place = || {
        block_on(
            world
                .tenant
                .place(order(1, Some(morning.clone())), again.clone()),
        )
    };
    let second = place().unwrap();
    assert!(place().unwrap().repeated);
    assert_eq!(world.places(&morning), [2, 2, 0]);

    let full = world.place(order(1, Some(morning.clone()))).unwrap_err();
    assert_eq!(code(&full), "slot_full");
    let text = "slot morning of north on 2026-01-06: 2 of 2 places are booked";
    assert!(full.to_string().contains(text), "{full}");
    assert_eq!(world.places(&key("north", "noon")), [5, 0, 5]);

    world.cancel(&first);
    world.cancel(&first);
    assert_eq!(world.places(&morning), [2, 1, 1]);
    let third = world.booked(&morning);
    assert_eq!(world.places(&morning), [2, 2, 0]);
    // Cutting every line ends the order, too.
    let lines = vec![oms_core::order::CancelLine {
        line: build::line(1),
        quantity: build::quantity(1),
        fulfillment: None,
    }];
    let reason = build::reason("none left");
    world.done(Command::Order {
        order: third.head.id,
        command: OrderCommand::CancelLines { reason, lines },
    });
    assert_eq!(world.places(&morning), [2, 1, 1]);
    assert_eq!(slot_of(&world.order(third.head.id)), None);
    let id = second.receipt.order.unwrap().id;
    assert_eq!(slot_of(&world.order(id)), Some("morning"));
    world.sound();
}

/// A checkout that nobody paid for gives its place back with its stock; one that was confirmed, and
/// one whose claim a person set a time for, keep both.
#[test]
fn a_checkout_that_nobody_pays_for_gives_its_place_back() {
    let world = World::new();
    world.put("north", &[("morning", slot(2))]);
    let morning = key("north", "morning");
    let (left, paid) = (world.checkout(&morning), world.checkout(&morning));
    let command = OrderCommand::Confirm;
    world.done(Command::Order {
        order: paid,
        command,
    });
    assert_eq!(world.places(&morning), [2, 2, 0]);
    world.clock.advance_secs(61);
    assert_eq!(world.places(&morning), [2, 2, 0], "until the sweeper comes");
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.places(&morning), [2, 1, 1]);
    assert_eq!(slot_of(&world.order(paid)), Some("morning"));
    let abandoned = world.order(left);
    assert_eq!(slot_of(&abandoned), None);
    let hold = abandoned.head.hold.as_ref().unwrap();
    let reasons = [HoldReason::ReservationExpired, HoldReason::Slot];
    assert_eq!(hold.reasons, reasons.into());
    let note = hold.notes[&HoldReason::Slot].as_str();
    assert!(note.contains("morning"), "{note}");

    // Somebody else has the place, and who pays after all needs another one.
    let other = world.booked(&morning);
    let full = world.book(&abandoned, Some(&morning)).unwrap_err();
    assert_eq!(code(&full), "slot_full");
    world.cancel(&other);
    world.book(&abandoned, Some(&morning)).unwrap();
    assert_eq!(world.places(&morning), [2, 2, 0]);
    world.sound();
}

/// A host may end the claims before the sweeper does: nothing is left for that to find.
#[test]
fn a_checkout_whose_claims_a_host_ends_gives_its_place_back() {
    let world = World::new();
    world.put("north", &[("morning", slot(1))]);
    let morning = key("north", "morning");
    let order = world.checkout(&morning);
    world.clock.advance_secs(61);
    let command = OrderCommand::Expire {
        fulfillments: vec![FulfillmentId::FIRST],
    };
    world.done(Command::Order { order, command });
    assert_eq!(world.places(&morning), [1, 0, 1]);
    assert_eq!(slot_of(&world.order(order)), None);
    world.sound();
}

/// Money that is late and comes before the claims were ended finds the place kept, and the work at
/// its hub.
#[test]
fn a_checkout_that_is_paid_late_keeps_its_place() {
    for swept in [true, false] {
        let world = World::new();
        world.put("south", &[("morning", slot(2))]);
        let morning = key("south", "morning");
        let order = world.checkout(&morning);
        world.clock.advance_secs(61);
        let amount = Money::parse("4.50", Currency::parse("EUR").unwrap()).unwrap();
        let command = OrderCommand::RecordPayment {
            entry: PaymentEntry::Captured { amount },
            method: None,
            reference: None,
        };
        world.done(Command::Order { order, command });
        if swept {
            block_on(world.tenant.sweep()).unwrap();
            let held = world.order(order);
            let reasons = &held.head.hold.as_ref().unwrap().reasons;
            assert_eq!(*reasons, [HoldReason::ReservationExpired].into());
        }
        block_on(world.tenant.confirm_paid(order, call())).unwrap();
        let order = world.order(order);
        assert_eq!(order.status(), OrderStatus::Approved);
        assert_eq!(slot_of(&order), Some("morning"));
        assert_eq!(hubs_of(&order), ["south"]);
        assert_eq!(world.places(&morning), [2, 1, 1]);
        world.sound();
    }
}

/// The claim of an order that is firm may end by itself where a person said so: the order stays
/// wanted, and keeps its place.
#[test]
fn a_firm_order_keeps_its_place_when_a_claim_of_it_ends() {
    let world = World::new();
    world.put("north", &[("morning", slot(1))]);
    let morning = key("north", "morning");
    let firm = world.booked(&morning);
    let order = firm.head.id;
    let fulfillment = FulfillmentId::FIRST;
    let withdraw = OrderCommand::withdraw_all(fulfillment);
    let assignment = Assignment {
        hub: build::hub("north"),
        line: build::line(1),
        quantity: build::quantity(1),
    };
    let allocate = OrderCommand::Allocate {
        assignments: vec![assignment],
        expires_at: world.clock.now().checked_add_secs(60),
    };
    for command in [withdraw, allocate] {
        world.done(Command::Order { order, command });
    }
    world.clock.advance_secs(61);
    block_on(world.tenant.sweep()).unwrap();
    let held = world.order(order);
    assert_eq!(held.status(), OrderStatus::OnHold);
    assert_eq!(slot_of(&held), Some("morning"));
    assert_eq!(world.places(&morning), [1, 1, 0]);
    world.sound();
}

fn slot_at(start: &str) -> DeliverySlot {
    let mut slot = slot(5);
    (slot.start, slot.end) = (minute(start), MinuteOfDay::END);
    slot
}

#[test]
fn of_many_at_once_as_many_get_a_place_as_there_are() {
    let world = World::new();
    world.put("north", &[("morning", slot(10))]);
    let morning = key("north", "morning");
    // In one bulk, where all are planned before the first is stored.
    let commands: Vec<(Command, Call)> = (0..64)
        .map(|_| {
            let place = Box::new(order(1, Some(morning.clone())));
            (Command::Place(place), call())
        })
        .collect();
    let results = block_on(world.tenant.bulk(&commands));
    let placed: Vec<OrderId> = results
        .iter()
        .filter_map(|result| Some(result.as_ref().ok()?.receipt.order.as_ref()?.id))
        .collect();
    assert_eq!(placed.len(), 10);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(code(error), "slot_full");
    }
    for id in placed {
        world.cancel(&world.order(id));
    }
    assert_eq!(world.places(&morning), [10, 0, 10]);

    // From many threads.
    let results: Vec<Result<Done, Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let (tenant, morning) = (world.tenant.clone(), morning.clone());
                scope.spawn(move || block_on(tenant.place(order(1, Some(morning)), call())))
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    assert_eq!(world.places(&morning), [10, 10, 0]);
    world.sound();
}

#[test]
fn a_slot_is_refused_when_it_is_late_by_the_clock_of_the_hub() {
    let world = World::new();
    let calendar = CalendarDraft {
        time_zone: "America/New_York".into(),
        ..CalendarDraft::default()
    };
    let draft = HubDraft {
        id: "south".into(),
        calendar: Some(calendar),
        ..HubDraft::default()
    };
    let south = draft.parse(&ZoneBook::default()).unwrap();
    world.done(Command::PutHub(south));
    let (utc, new_york) = (key("north", "morning"), key("south", "morning"));
    for hub in ["north", "south"] {
        world.put(hub, &[("morning", slot(2))]);
    }
    world.at("2026-01-05T17:59:59Z");
    world.booked(&utc);
    assert!(world.view(&utc).open);
    world.at("2026-01-05T18:00:00Z");
    let late = world.place(order(1, Some(utc.clone()))).unwrap_err();
    assert_eq!(code(&late), "slot_past_cut_off");
    assert!(late.to_string().contains("2026-01-05 18:00"), "{late}");
    assert!(!world.view(&utc).open);
    let stays = world.booked(&new_york);
    assert_eq!(hubs_of(&stays), ["south"]);
    world.at("2026-01-05T23:00:00Z");
    let late = world.place(order(1, Some(new_york))).unwrap_err();
    assert_eq!(code(&late), "slot_past_cut_off");
    // What is booked can be given back, however late it is.
    world.book(&stays, None).unwrap();
    world.sound();
}

#[test]
fn the_work_is_done_at_the_hub_of_the_slot_and_nowhere_else() {
    let world = World::new();
    world.put("south", &[("morning", slot(5))]);
    let morning = key("south", "morning");
    assert_eq!(hubs_of(&world.place(order(1, None)).unwrap()), ["north"]);
    let placed = world.booked(&morning);
    assert_eq!(hubs_of(&placed), ["south"]);
    // More than the hub has is short, whatever others have, and takes no place.
    let short = world.place(order(100, Some(morning.clone()))).unwrap_err();
    assert_eq!(code(&short), "short");
    assert_eq!(world.places(&morning), [5, 1, 4]);

    let id = placed.head.id;
    let move_to = |hub: Option<&str>| {
        let hub = hub.map(build::hub);
        let first = FulfillmentId::FIRST;
        code(&block_on(world.tenant.reassign(id, first, hub, call())).unwrap_err())
    };
    assert_eq!(move_to(None), "slot_binds_work");
    assert_eq!(move_to(Some("north")), "slot_other_hub");
    let rerouted = block_on(world.tenant.reroute(&build::hub("south"), call())).unwrap();
    assert_eq!((rerouted.moved.len(), rerouted.left.len()), (0, 1));

    // What an edit opens goes there, too; and by hand nothing goes elsewhere.
    let more = build::change_quantity(1, 3);
    let changes = vec![more];
    let command = OrderCommand::EditLines { changes };
    world.done(Command::Order { order: id, command });
    assert_eq!(hubs_of(&world.order(id)), ["south"]);
    assert_eq!(world.places(&morning), [5, 1, 4]);
    let mut patient = order(102, Some(morning.clone()));
    patient.on_problem = OnProblem::Backorder;
    let waiting = world.place(patient).unwrap();
    let assign = |hub| block_on(world.tenant.assign(waiting.head.id, hub, call()));
    let elsewhere = assign(Some(build::hub("north"))).unwrap_err();
    assert_eq!(code(&elsewhere), "slot_other_hub");
    assert_eq!(code(&assign(None).unwrap_err()), "short");
    world.receive("south", 100);
    assign(None).unwrap();
    assert_eq!(hubs_of(&world.order(waiting.head.id)), ["south", "south"]);

    // Without the slot the work may go.
    world.book(&placed, None).unwrap();
    let live = world.order(id);
    let mut live = live.fulfillments.values().filter(|work| work.is_live());
    let work = live.next().unwrap().id;
    block_on(world.tenant.reassign(id, work, None, call())).unwrap();
    assert_eq!(hubs_of(&world.order(id)), ["north"]);
    world.sound();
}

#[test]
fn a_slot_is_booked_with_an_order_at_no_other_hub() {
    let world = World::new();
    world.put("south", &[("morning", slot(5))]);
    let morning = key("south", "morning");
    let at = |hub: &str| {
        let mut order = order(1, Some(morning.clone()));
        order.hub = Some(build::hub(hub));
        order
    };
    assert_eq!(
        code(&world.place(at("north")).unwrap_err()),
        "slot_other_hub"
    );
    let mut paid = at("north");
    paid.on_problem = OnProblem::Hold;
    let held = world.place(paid).unwrap();
    assert_eq!(held.status(), OrderStatus::OnHold);
    assert_eq!((slot_of(&held), hubs_of(&held)), (None, vec!["north"]));
    assert_eq!(world.places(&morning), [5, 0, 5]);
    let placed = world.place(at("south")).unwrap();
    assert_eq!(slot_of(&placed), Some("morning"));
    assert_eq!(hubs_of(&placed), ["south"]);
    world.sound();
}

#[test]
fn with_routing_off_a_slot_takes_over_what_a_cart_has_at_its_hub_alone() {
    let world = World::new();
    world.put("north", &[("morning", slot(5))]);
    world.done(Command::PutSettings(Settings {
        routing: None,
        ..Settings::default()
    }));
    let owner = build::owner_cart(1);
    for (line, hub) in [(1, "north"), (2, "south")] {
        let lines = vec![ReserveLine {
            line: build::line(line),
            sku: build::sku("TEA"),
            quantity: build::quantity(2),
        }];
        let claim = ReserveStock {
            hub: Some(build::hub(hub)),
            mode: ReserveMode::Tentative { ttl_secs: None },
            ..ReserveStock::new(owner.clone(), lines)
        };
        block_on(world.tenant.reserve(claim, call())).unwrap();
    }
    let mut place = order(3, Some(key("north", "morning")));
    place.takes_over = Some(owner);
    let placed = world.place(place).unwrap();
    assert_eq!(slot_of(&placed), Some("morning"));
    assert_eq!(hubs_of(&placed), ["north"]);
    assert_eq!(placed.head.lines[0].open.get(), 1);
    world.sound();
}

#[test]
fn a_slot_of_another_day_asks_nothing_of_today() {
    let world = World::new();
    let strict = RoutePolicy {
        fallback: Vec::new(),
        ..RoutePolicy::default()
    };
    world.done(Command::PutSettings(Settings {
        routing: Some(strict),
        ..Settings::default()
    }));
    let mut north = Hub::new(build::hub("north"), Name::parse("north").unwrap());
    north.priority = 1;
    north.daily_capacity = Some(build::units(1));
    world.done(Command::PutHub(north.clone()));
    world.put("north", &[("morning", slot(5))]);
    let morning = key("north", "morning");
    let today = LocalDate::parse("2026-01-05").unwrap();
    let mut evening = slot_at("20:00");
    evening.cut_off.days_before = 0;
    let mut late = day("north", &[("late", evening)]);
    late.date = today;
    block_on(world.tenant.put_slots(late, call())).unwrap();
    let late = SlotKey {
        date: today,
        ..key("north", "late")
    };

    // Today is taken up.
    assert_eq!(hubs_of(&world.place(order(1, None)).unwrap()), ["north"]);
    assert_eq!(hubs_of(&world.place(order(1, None)).unwrap()), ["south"]);
    let placed = world.booked(&morning);
    let days = |order: &Order| -> Vec<Option<LocalDate>> {
        order.fulfillments.values().map(|work| work.day).collect()
    };
    assert_eq!(
        (hubs_of(&placed), days(&placed)),
        (vec!["north"], vec![Some(date())])
    );
    // That day has a capacity of its own, and a slot for today is for what is left of today.
    let refused = |slot: &SlotKey| code(&world.place(order(1, Some(slot.clone()))).unwrap_err());
    assert_eq!(refused(&morning), "unserviceable");
    assert_eq!(world.places(&morning), [5, 1, 4]);
    assert_eq!(refused(&late), "unserviceable");
    world.cancel(&placed);

    // It works on Tuesdays only, and today is Monday.
    let mut calendar = OpeningCalendar::new(TimeZoneName::parse("UTC").unwrap());
    calendar.week.tue = DayHours::parse("08:00-18:00").unwrap();
    north.calendar = Some(calendar);
    world.done(Command::PutHub(north));
    let again = world.booked(&morning);
    assert_eq!(days(&again), [Some(date())]);
    assert_eq!(refused(&late), "unserviceable");
    world.sound();
}

#[test]
fn a_slot_that_is_booked_later_moves_no_count_of_a_day() {
    let world = World::new();
    let mut north = Hub::new(build::hub("north"), Name::parse("north").unwrap());
    north.priority = 1;
    north.daily_capacity = Some(build::units(5));
    world.done(Command::PutHub(north));
    world.put("north", &[("morning", slot(5)), ("noon", slot_at("12:00"))]);
    let today = LocalDate::parse("2026-01-05").unwrap();
    let counted = || {
        [today, date()].map(|day| {
            let counter = CounterKey::HubDay(build::hub("north"), day);
            block_on(world.tenant.counter(&counter)).unwrap().get()
        })
    };
    let day_of = |id: OrderId| {
        let order = world.order(id);
        order.fulfillments.get(&FulfillmentId::FIRST).unwrap().day
    };
    let (morning, noon) = (key("north", "morning"), key("north", "noon"));
    let later = world.place(order(1, None)).unwrap();
    let ahead = world.booked(&morning);
    assert_eq!(counted(), [1, 1]);
    let changes = [
        (&later, Some(&morning)),
        (&later, Some(&noon)),
        (&ahead, Some(&noon)),
        (&ahead, None),
    ];
    for (order, slot) in changes {
        world.book(order, slot).unwrap();
        assert_eq!(day_of(later.head.id), Some(today));
        assert_eq!(day_of(ahead.head.id), Some(date()));
        assert_eq!(counted(), [1, 1]);
    }
    world.sound();
}

#[test]
fn what_is_left_over_when_a_parcel_has_left_comes_from_another_hub() {
    let world = World::new();
    let mut south = Hub::new(build::hub("south"), Name::parse("south").unwrap());
    south.priority = 2;
    south.daily_capacity = Some(build::units(5));
    world.done(Command::PutHub(south));
    world.put("south", &[("morning", slot(5))]);
    let morning = key("south", "morning");
    let id = world
        .place(order(5, Some(morning.clone())))
        .unwrap()
        .head
        .id;
    let fulfillment = FulfillmentId::FIRST;
    let order_command = |command| world.done(Command::Order { order: id, command });
    let last_day = || {
        let order = world.order(id);
        let mut works = order.fulfillments.values();
        works.next_back().unwrap().day
    };
    assert_eq!(last_day(), Some(date()));
    let three = vec![LineQuantity {
        line: build::line(1),
        quantity: build::quantity(3),
    }];
    order_command(OrderCommand::Pick {
        fulfillment,
        lines: three,
    });
    let assign = |hub| block_on(world.tenant.assign(id, Some(build::hub(hub)), call()));
    order_command(OrderCommand::withdraw_all(fulfillment));
    assert_eq!(code(&assign("north").unwrap_err()), "slot_other_hub");
    order_command(OrderCommand::pack_all(fulfillment));
    order_command(OrderCommand::ship_all(fulfillment, Tracking::default()));

    // The slot binds no work any more, so its day is that of no work either.
    let today = LocalDate::parse("2026-01-05").ok();
    assign("south").unwrap();
    assert_eq!(last_day(), today);
    let rerouted = block_on(world.tenant.reroute(&build::hub("south"), call())).unwrap();
    assert_eq!((rerouted.moved.len(), rerouted.left.len()), (1, 0));
    assert_eq!(hubs_of(&world.order(id)).last(), Some(&"north"));
    let withdraw = |number| {
        let work = FulfillmentId::new(number).unwrap();
        order_command(OrderCommand::withdraw_all(work));
    };
    let by_hand = |hub| {
        order_command(OrderCommand::Allocate {
            assignments: vec![Assignment {
                hub: build::hub(hub),
                line: build::line(1),
                quantity: build::quantity(1),
            }],
            expires_at: None,
        });
    };
    withdraw(3);
    by_hand("south");
    assert_eq!(last_day(), today);
    withdraw(4);
    by_hand("north");
    // By priority the other hub is first.
    block_on(world.tenant.assign(id, None, call())).unwrap();
    assert_eq!(hubs_of(&world.order(id)).last(), Some(&"north"));
    assert_eq!(slot_of(&world.order(id)), Some("morning"));
    assert_eq!(world.places(&morning), [5, 1, 4]);
    world.sound();
}

#[test]
fn another_slot_is_booked_later_and_the_place_of_the_first_is_free() {
    let world = World::new();
    world.put("north", &[("morning", slot(1)), ("noon", slot_at("12:00"))]);
    world.put("south", &[("morning", slot(1))]);
    let (morning, noon) = (key("north", "morning"), key("north", "noon"));
    let placed = world.place(order(1, None)).unwrap();
    world.book(&placed, Some(&morning)).unwrap();
    assert_eq!(world.places(&morning), [1, 1, 0]);
    // It has it already; another one finds it full and keeps what it has.
    let events = world.book(&placed, Some(&morning)).unwrap().receipt.events;
    assert_eq!(events, [""; 0]);
    let other = world.booked(&noon);
    let full = world.book(&other, Some(&morning)).unwrap_err();
    assert_eq!(code(&full), "slot_full");
    assert_eq!(slot_of(&world.order(other.head.id)), Some("noon"));

    world.book(&placed, Some(&noon)).unwrap();
    assert_eq!(
        (world.places(&morning), world.places(&noon)),
        ([1, 0, 1], [5, 2, 3])
    );
    world.book(&other, Some(&morning)).unwrap();
    assert_eq!(
        (world.places(&morning), world.places(&noon)),
        ([1, 1, 0], [5, 1, 4])
    );
    for _ in 0..2 {
        world.book(&placed, None).unwrap();
        assert_eq!(world.places(&noon), [5, 0, 5]);
    }
    let elsewhere = world.book(&placed, Some(&key("south", "morning")));
    assert_eq!(code(&elsewhere.unwrap_err()), "slot_other_hub");
    let unknown = world.book(&placed, Some(&key("north", "night")));
    assert_eq!(code(&unknown.unwrap_err()), "slot_unknown");
    // What a caller says about the slot does not count.
    let mut made_up = world.order(other.head.id).takes_slot().unwrap().clone();
    made_up.end = MinuteOfDay::END;
    let command = OrderCommand::BookSlot {
        slot: Some(made_up),
    };
    let order = placed.head.id;
    assert_eq!(
        world.refused(Command::Order { order, command }),
        "slot_full"
    );

    world.cancel(&other);
    // Whatever the slot is like: no other one would be had either.
    for slot in [noon, key("north", "night"), key("south", "morning")] {
        let cancelled = world.book(&other, Some(&slot)).unwrap_err();
        assert_eq!(code(&cancelled), "illegal_command", "{slot}");
    }
    let history = block_on(world.tenant.history(placed.head.id)).unwrap();
    let names: Vec<&str> = history.iter().map(|entry| entry.event.name()).collect();
    let changes = names.iter().filter(|name| **name == "order.slot_changed");
    assert_eq!(changes.count(), 3, "{names:?}");
    world.sound();
}

#[test]
fn an_order_somebody_paid_for_is_held_without_the_slot_it_cannot_have() {
    let world = World::new();
    world.put("north", &[("morning", slot(1))]);
    let morning = key("north", "morning");
    world.booked(&morning);
    let mut paid = order(1, Some(morning.clone()));
    paid.on_problem = OnProblem::Hold;
    let held = world.place(paid).unwrap();
    assert_eq!(held.status(), OrderStatus::OnHold);
    let hold = held.head.hold.as_ref().unwrap();
    assert!(hold.reasons.contains(&HoldReason::Slot));
    assert!(hold.note.as_ref().unwrap().as_str().contains("morning"));
    assert_eq!((slot_of(&held), hubs_of(&held)), (None, vec!["north"]));
    assert_eq!(world.places(&morning), [1, 1, 0]);
    world.sound();
}

#[test]
fn a_slot_for_a_zone_is_for_orders_that_go_there() {
    let world = World::new();
    let mut zones = ZoneBook::default();
    let berlin = ZoneId::parse("berlin").unwrap();
    let tens = Zone {
        postal_prefixes: [PostalCode::parse("10").unwrap()].into(),
        ..Zone::default()
    };
    zones.put(berlin.clone(), tens).unwrap();
    block_on(world.tenant.put_zones(zones, call())).unwrap();
    let mut zoned = slot(5);
    zoned.zone = Some(berlin);
    world.put("north", &[("morning", zoned)]);
    let morning = key("north", "morning");
    let sent = |postal_code: &str, slot: bool| {
        let mut order = order(1, slot.then(|| morning.clone()));
        order.draft.contacts.ship_to = Some(to(postal_code));
        world.place(order)
    };
    let inside = sent("10115", true).unwrap();
    let outside = sent("80331", true).unwrap_err();
    assert_eq!(code(&outside), "slot_outside_zone");
    let nowhere = world.place(order(1, Some(morning.clone()))).unwrap_err();
    assert_eq!(code(&nowhere), "slot_outside_zone");
    let later = sent("10117", false).unwrap();
    world.book(&later, Some(&morning)).unwrap();
    let outside = sent("80331", false).unwrap();
    let refused = world.book(&outside, Some(&morning)).unwrap_err();
    assert_eq!(code(&refused), "slot_outside_zone");
    assert_eq!(world.places(&morning), [5, 2, 3]);

    // An order that moves out of the zone is stopped, so that somebody finds another slot.
    let moves = |order: &Order, postal_code: &str| {
        let order = order.head.id;
        let ship_to = Some(to(postal_code));
        let moved = world.tenant.change_contacts(order, ship_to, None, call());
        block_on(moved).unwrap();
        world.order(order).status()
    };
    assert_eq!(moves(&inside, "10119"), OrderStatus::Approved);
    assert_eq!(moves(&inside, "80331"), OrderStatus::OnHold);

    // Slots of a zone that is gone are for nobody.
    assert!(world.view(&morning).open);
    block_on(world.tenant.put_zones(ZoneBook::default(), call())).unwrap();
    assert!(!world.view(&morning).open);
    world.sound();
}

#[test]
fn a_slot_is_for_orders_that_go_where_its_hub_delivers() {
    let world = World::new();
    let mut north = Hub::new(build::hub("north"), Name::parse("north").unwrap());
    north.area.postal_prefixes = [PostalCode::parse("10").unwrap()].into();
    world.done(Command::PutHub(north));
    world.put("north", &[("morning", slot(5))]);
    let morning = key("north", "morning");
    let sent = |postal_code: &str, slot: Option<&SlotKey>| {
        let mut order = order(1, slot.cloned());
        order.draft.contacts.ship_to = Some(to(postal_code));
        order
    };
    let refused = world.place(sent("80331", Some(&morning))).unwrap_err();
    assert_eq!(code(&refused), "slot_unserved");
    let mut paid = sent("80331", Some(&morning));
    paid.on_problem = OnProblem::Hold;
    let held = world.place(paid).unwrap();
    assert_eq!((slot_of(&held), hubs_of(&held)), (None, vec!["south"]));
    // Orders that have no work yet at any hub.
    world.done(Command::PutSettings(Settings {
        routing: None,
        ..Settings::default()
    }));
    let far = world.place(sent("80331", None)).unwrap();
    let refused = world.book(&far, Some(&morning)).unwrap_err();
    assert_eq!(code(&refused), "slot_unserved");
    assert_eq!(world.places(&morning), [5, 0, 5]);

    let near = world.place(sent("10115", Some(&morning))).unwrap();
    assert_eq!(slot_of(&near), Some("morning"));
    let moves = |postal_code: &str| {
        let order = near.head.id;
        let ship_to = Some(to(postal_code));
        let moved = world.tenant.change_contacts(order, ship_to, None, call());
        block_on(moved).unwrap();
        world.order(order).status()
    };
    assert_ne!(moves("10117"), OrderStatus::OnHold);
    assert_eq!(moves("80331"), OrderStatus::OnHold);
    world.sound();
}

#[test]
fn slots_are_changed_and_withdrawn_without_touching_what_was_promised() {
    let world = World::new();
    let put = |slots: &[(&str, DeliverySlot)]| {
        let day = day("north", slots);
        block_on(world.tenant.put_slots(day, call()))
            .unwrap()
            .receipt
            .events
    };
    assert_eq!(put(&[("morning", slot(3))]), ["slots.created"]);
    assert_eq!(put(&[("morning", slot(3))]), [""; 0]);
    let morning = key("north", "morning");
    let first = world.booked(&morning);
    world.booked(&morning);
    // Fewer places than are booked: nobody loses theirs, and nobody gets one.
    assert_eq!(put(&[("morning", slot(1))]), ["slots.changed"]);
    assert_eq!(world.places(&morning), [1, 2, 0]);
    let full = world.place(order(1, Some(morning.clone()))).unwrap_err();
    assert_eq!(code(&full), "slot_full");
    let mut shorter = slot(4);
    shorter.end = minute("09:00");
    shorter.kind = SlotKind::SameDay;
    put(&[("morning", shorter)]);
    world.booked(&morning);
    let slot = world.order(first.head.id).takes_slot().unwrap().clone();
    assert_eq!((slot.end, slot.kind), (minute("10:00"), SlotKind::Normal));

    put(&[]);
    assert_eq!(block_on(world.tenant.slot(&morning)).unwrap(), None);
    let gone = world.place(order(1, Some(morning.clone()))).unwrap_err();
    assert_eq!(code(&gone), "slot_unknown");
    assert_eq!(slot_of(&world.order(first.head.id)), Some("morning"));
    world.cancel(&first);
    // Those that are still booked count when it comes back.
    put(&[("morning", self::slot(3))]);
    assert_eq!(world.places(&morning), [3, 2, 1]);
    world.sound();
}

#[test]
fn a_changed_slot_that_is_booked_again_is_promised_as_it_is_now() {
    let world = World::new();
    world.put("north", &[("morning", slot(1))]);
    let morning = key("north", "morning");
    let booked = world.booked(&morning);
    let mut moved = slot(1);
    moved.start = minute("14:00");
    moved.end = minute("16:00");
    world.put("north", &[("morning", moved)]);
    let promised = || {
        let slot = world.order(booked.head.id).takes_slot().unwrap().clone();
        (slot.start, slot.end)
    };
    assert_eq!(promised(), (minute("08:00"), minute("10:00")));
    let again = || world.book(&booked, Some(&morning)).unwrap().receipt.events;
    assert_eq!(again(), ["order.slot_changed"]);
    assert_eq!(promised(), (minute("14:00"), minute("16:00")));
    // The slot is full, with the place that the order has.
    assert_eq!(world.places(&morning), [1, 1, 0]);
    assert_eq!(again(), [""; 0]);
    // One that was withdrawn stays as it was promised.
    world.put("north", &[]);
    assert_eq!(again(), [""; 0]);
    assert_eq!(promised(), (minute("14:00"), minute("16:00")));
    world.sound();
}

#[test]
fn the_end_of_the_slot_is_promised_where_nothing_else_is() {
    let world = World::new();
    let mut south = Hub::new(build::hub("south"), Name::parse("south").unwrap());
    let zone = TimeZoneName::parse("-05:00").unwrap();
    south.calendar = Some(OpeningCalendar::new(zone));
    world.done(Command::PutHub(south));
    for hub in ["north", "south"] {
        world.put(hub, &[("morning", slot(3)), ("noon", slot_at("12:00"))]);
    }
    let [north, south] = ["north", "south"].map(|hub| world.booked(&key(hub, "morning")));
    let mut agreed = order(1, Some(key("north", "morning")));
    agreed.draft.promised_by = Some(time("2026-01-08T00:00:00Z"));
    let agreed = world.place(agreed).unwrap();
    let [north_id, south_id, agreed_id] = [&north, &south, &agreed].map(|order| order.head.id);
    assert_eq!(world.late("2026-01-06T10:00:00Z"), []);
    assert_eq!(world.late("2026-01-06T15:00:00Z"), [north_id]);
    let both = [north_id, south_id];
    assert_eq!(
        world.late("2026-01-06T15:00:01Z"),
        both,
        "by the hub's clock"
    );

    world.book(&north, Some(&key("north", "noon"))).unwrap();
    assert_eq!(world.late("2026-01-07T00:00:00Z"), [south_id]);
    assert_eq!(world.late("2026-01-07T00:00:01Z"), both);
    world.book(&south, None).unwrap();
    assert_eq!(world.late("2026-01-07T00:00:01Z"), [north_id]);
    // Booked once more as it is, nothing is new.
    let again = world.book(&north, Some(&key("north", "noon"))).unwrap();
    assert_eq!(again.receipt.events, [""; 0]);

    let promise = |order: OrderId, by: Option<&str>| {
        let by = by.map(time);
        let command = OrderCommand::Promise { by };
        world.done(Command::Order { order, command });
    };
    promise(north_id, Some("2026-01-09T00:00:00Z"));
    assert_eq!(world.late("2026-01-08T00:00:01Z"), [agreed_id]);
    promise(agreed_id, None);
    promise(north_id, None);
    let both = [north_id, agreed_id];
    assert_eq!(world.late("2026-01-08T00:00:00Z"), both, "by their slots");
    world.sound();
}

#[test]
fn slots_are_listed_by_day_and_refused_with_the_field_that_is_wrong() {
    let world = World::new();
    world.put("north", &[("noon", slot_at("12:00")), ("morning", slot(3))]);
    let mut next = day("north", &[("morning", slot(2))]);
    next.date = date().checked_add_days(1).unwrap();
    world.done(Command::PutSlots(next.clone()));
    let list = |first, last| {
        let views = block_on(world.tenant.slots(&build::hub("north"), first, last))?;
        let named = views.iter().map(|view| view.key.to_string());
        Ok::<_, Error>(named.collect::<Vec<_>>())
    };
    let all = [
        "slot morning of north on 2026-01-06",
        "slot noon of north on 2026-01-06",
        "slot morning of north on 2026-01-07",
    ];
    assert_eq!(list(date(), next.date).unwrap(), all);
    assert_eq!(list(next.date, next.date).unwrap(), all[2..]);
    assert_eq!(list(next.date, date()).unwrap(), [""; 0]);
    let far = date().checked_add_days(366).unwrap();
    assert_eq!(code(&list(date(), far).unwrap_err()), "wrong_count");
    assert_eq!(
        list(date(), far.checked_add_days(-1).unwrap())
            .unwrap()
            .len(),
        3
    );

    let nowhere = day("nowhere", &[]);
    assert_eq!(world.refused(Command::PutSlots(nowhere)), "not_found");
    let mut empty = slot(1);
    empty.capacity = Units::ZERO;
    let wrong = day("north", &[("noon", empty)]);
    let refused = world.run(Command::PutSlots(wrong)).unwrap_err();
    assert_eq!(code(&refused), "hub_no_capacity");
    assert!(
        refused.to_string().contains("slots.noon.capacity"),
        "{refused}"
    );
    assert_eq!(list(date(), date()).unwrap(), all[..2], "nothing changed");

    // Whoever saw another version is told.
    let seen = world
        .done(Command::PutSlots(day("north", &[])))
        .receipt
        .version;
    let stale = call().expecting(oms_core::value::Version::ZERO);
    let changed = block_on(world.tenant.put_slots(day("north", &[]), stale)).unwrap_err();
    assert_eq!(code(&changed), "changed");
    let current = call().expecting(seen);
    let back = day("north", &[("morning", slot(1))]);
    block_on(world.tenant.put_slots(back, current)).unwrap();
    assert!(world.clock.now() > Timestamp::EPOCH);
    world.sound();
}

#[test]
fn counters_of_days_long_over_are_swept_and_never_missed() {
    let world = World::new();
    let mut hub = Hub::new(build::hub("north"), Name::parse("north").unwrap());
    hub.daily_capacity = Some(build::units(9));
    world.done(Command::PutHub(hub));
    world.put("north", &[("morning", slot(2))]);
    let key = key("north", "morning");
    let first = world.booked(&key);
    let second = world.booked(&key);
    assert_eq!(world.places(&key), [2, 2, 0]);
    world.cancel(&first);
    world.sound();
    let swept = || block_on(world.tenant.sweep()).unwrap().counters;
    // The work counts for the day of the slot, which is kept for as long as any other.
    world
        .clock
        .advance_secs((COUNTER_RETENTION_DAYS + 1) * 86_400);
    assert_eq!(swept(), 0);
    assert_eq!(world.places(&key), [2, 1, 1]);
    world.sound();
    world.clock.advance_secs(86_400);
    assert_eq!(swept(), 2);
    assert_eq!(world.places(&key), [2, 0, 2]);
    world.sound();
    // What is given back late is given back of nothing, and forgotten once more.
    world.cancel(&second);
    world.sound();
    assert_eq!(swept(), 2);
    assert_eq!(swept(), 0);
    world.sound();
}
