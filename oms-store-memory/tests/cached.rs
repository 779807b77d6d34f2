//! Plans on what is remembered: one call of the store, and never a wrong answer, whatever another
//! host did in the meantime.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel, SkuMapping};
use oms_core::customer::Customer;
use oms_core::hub::Hub;
use oms_core::order::{
    ApprovalMode, ExternalReference, HoldReason, OrderDraft, OrderStatus, Source, SourceKind,
};
use oms_core::plan::{Command, OnProblem, PlaceOrder, Rejection, Switchable};
use oms_core::service::{Caching, Call, Done, Error, Oms, Stats, Tenant};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, Fault, FaultStore, Method, build};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{Currency, HubId, Name, OrderId, Title};
use oms_store_memory::MemoryStore;

/// Two hubs, `north` before `south`, and one SKU. One host remembers, the other asks each time.
struct World {
    clock: FakeClock,
    store: FaultStore,
    oms: Oms,
    tenant: Tenant,
    other: Tenant,
}

fn call() -> Call {
    Call::default()
}

fn keyed(key: &str) -> Call {
    call().with_key(build::idempotency_key(key))
}

fn order(sku: &str, units: u32) -> PlaceOrder {
    let source = Source {
        kind: SourceKind::Manual,
        channel: build::channel("desk"),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    draft.push_line(sku, units, "4.50").unwrap();
    PlaceOrder::new(draft)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

impl World {
    fn new(caching: Option<Caching>) -> Self {
        let clock = FakeClock::default();
        let memory = MemoryStore::with_clock(Arc::new(clock.clone()));
        let store = FaultStore::new(Arc::new(memory.clone()));
        let remembering = Oms::builder(Arc::new(store.clone()))
            .clock(Arc::new(clock.clone()))
            .caching(caching)
            .build_with_ids(Arc::new(FakeIds::new(1)));
        let asking = Oms::builder(Arc::new(memory)).build_with_ids(Arc::new(FakeIds::new(2)));
        let world = Self {
            clock,
            store,
            tenant: remembering.tenant(build::tenant("acme")),
            oms: remembering,
            other: asking.tenant(build::tenant("acme")),
        };
        block_on(async {
            let other = &world.other;
            other
                .put_settings(Settings::default(), call())
                .await
                .unwrap();
            let channel = SalesChannel::new(build::channel("desk"), name("Desk"));
            other.put_channel(channel, call()).await.unwrap();
            for (priority, id) in (1..).zip(["north", "south"]) {
                let mut hub = Hub::new(build::hub(id), name(id));
                hub.priority = priority;
                other.put_hub(hub, call()).await.unwrap();
            }
            world.product("TEA").await;
        });
        world
    }

    async fn product(&self, sku: &str) {
        let product = Product::new(build::sku(sku), Title::parse(sku).unwrap());
        self.other.put_product(product, call()).await.unwrap();
    }

    /// The other host takes delivery.
    fn receive(&self, hub: &str, units: u32) {
        let quantity = build::quantity(units);
        let (row, receive) = (build::stock(hub, "TEA"), StockCommand::Receive { quantity });
        let reason = build::reason("delivery");
        block_on(self.other.stock_command(row, receive, reason, call())).unwrap();
    }

    fn try_place(&self, place: PlaceOrder) -> Result<Done, Error> {
        block_on(self.tenant.place(place, call()))
    }

    fn place(&self, place: PlaceOrder) -> OrderId {
        let done = self.try_place(place).unwrap();
        done.receipt.order.unwrap().id
    }

    /// Makes the host remember what an order of the SKU needs.
    fn warm(&self) {
        self.place(order("TEA", 1));
        let _before = self.calls();
    }

    fn calls(&self) -> Vec<Method> {
        let calls = self.store.take_calls().into_iter();
        calls.map(|call| call.method).collect()
    }

    fn hubs(&self, id: OrderId) -> Vec<HubId> {
        let order = block_on(self.tenant.order(id)).unwrap();
        let _before = self.calls();
        let works = order.fulfillments.into_values();
        works.map(|work| work.hub).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(block_on(self.other.audit()).unwrap(), []);
        }
    }
}

fn remembering() -> World {
    World::new(Some(Caching::default()))
}

#[test]
fn a_placement_is_one_call_of_the_store() {
    let world = remembering();
    world.receive("north", 100);
    world.warm();
    for _ in 0..50 {
        world.place(order("TEA", 1));
    }
    assert_eq!(world.calls(), [Method::Commit; 50]);
}

#[test]
fn a_handle_counts_what_it_did() {
    let world = remembering();
    world.receive("north", 100);
    assert_eq!(world.oms.stats(), Stats::default(), "what another host did");
    world.warm();
    let warm = world.oms.stats();
    assert_eq!((warm.committed, warm.replans, warm.asked), (1, 0, 1));
    let since = || {
        let now = world.oms.stats();
        let looks = (now.recalled - warm.recalled, now.asked - warm.asked);
        (now.committed - warm.committed, now.replans, looks)
    };
    for _ in 0..3 {
        world.place(order("TEA", 1));
    }
    assert_eq!(since(), (3, 0, (3, 0)));
    // Somebody else was faster, so it is planned again on what the store says.
    world.store.fail_next(Method::Commit, Fault::Conflict);
    world.place(order("TEA", 1));
    assert_eq!(since(), (4, 1, (4, 1)));
    // It is done, and found when it is planned again.
    world.store.fail_next(Method::Commit, Fault::LostReply);
    world.place(order("TEA", 1));
    let (committed, replans, _) = since();
    assert_eq!((committed, replans), (5, 2));
    let nothing = world.try_place(order("GIN", 1));
    assert_eq!(nothing.unwrap_err().code(), "unknown_skus");
    assert_eq!(since().0, 5, "what is refused is not committed");
    let once = keyed("once");
    for repeated in [false, true] {
        let done = block_on(world.tenant.place(order("TEA", 1), once.clone())).unwrap();
        assert_eq!((done.repeated, since().0), (repeated, 6));
    }
    let waiting = world.oms.stats();
    assert_eq!((waiting.commits_waiting, waiting.reads_waiting), (0, 0));
}

#[test]
fn a_bulk_of_placements_is_one_call_of_the_store() {
    let world = remembering();
    world.receive("north", 100);
    world.warm();
    let place = || Command::Place(Box::new(order("TEA", 1)));
    let commands: Vec<(Command, Call)> = (0..50).map(|_| (place(), call())).collect();
    let done = block_on(world.tenant.bulk(&commands));
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(world.calls(), [Method::Commit]);
}

#[test]
fn without_it_the_store_is_asked_before_every_plan() {
    let world = World::new(None);
    world.receive("north", 10);
    world.warm();
    world.place(order("TEA", 1));
    assert_eq!(world.calls(), [Method::Prefetch, Method::Commit]);
}

#[test]
fn a_hub_that_is_switched_off_gets_nothing_more() {
    let world = remembering();
    world.receive("north", 10);
    world.receive("south", 10);
    world.warm();
    let north = Switchable::Hub(build::hub("north"));
    block_on(world.other.deactivate(north, call())).unwrap();
    let id = world.place(order("TEA", 1));
    let expected = [Method::Commit, Method::Prefetch, Method::Commit];
    assert_eq!(world.calls(), expected, "one plan more");
    assert_eq!(world.hubs(id), [build::hub("south")]);
    world.place(order("TEA", 1));
    assert_eq!(world.calls(), [Method::Commit], "and remembered again");
}

#[test]
fn settings_and_names_of_skus_are_never_out_of_date() {
    let world = remembering();
    world.receive("north", 10);
    world.warm();
    let mut settings = block_on(world.other.settings()).unwrap();
    settings.workflow.approval = ApprovalMode::Automatic;
    block_on(world.other.put_settings(settings, call())).unwrap();
    let done = world.try_place(order("TEA", 1)).unwrap();
    assert_eq!(done.receipt.order.unwrap().status, OrderStatus::Approved);

    let mut strange = order("their tea", 1);
    strange.on_problem = OnProblem::Hold;
    let done = world.try_place(strange.clone()).unwrap();
    assert_eq!(
        done.receipt.order.unwrap().holds,
        [HoldReason::UnknownSku].into()
    );
    let mapping = SkuMapping::new(
        build::channel("desk"),
        build::external("their tea"),
        build::sku("TEA"),
    );
    block_on(world.other.put_sku_mapping(mapping, call())).unwrap();
    let done = world.try_place(strange.clone()).unwrap();
    assert_eq!(
        done.receipt.order.unwrap().holds,
        [].into(),
        "it is known now"
    );
    let name = build::external("their tea");
    let name = Switchable::SkuMapping(build::channel("desk"), name);
    block_on(world.other.deactivate(name, call())).unwrap();
    let done = world.try_place(strange).unwrap();
    assert_eq!(
        done.receipt.order.unwrap().holds,
        [HoldReason::UnknownSku].into(),
        "it was taken back"
    );
}

#[test]
fn what_another_host_sold_is_not_sold_again() {
    let world = remembering();
    world.receive("north", 10);
    world.warm();
    block_on(world.other.place(order("TEA", 7), call())).unwrap();
    world.place(order("TEA", 2));
    let error = world.try_place(order("TEA", 1)).unwrap_err();
    let Error::Rejected(Rejection::Short { shortages, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(shortages[0].available, build::units(0));
}

#[test]
fn what_another_host_received_is_not_missed() {
    let world = remembering();
    world.receive("north", 1);
    world.warm();
    world.receive("south", 5);
    let id = world.place(order("TEA", 5));
    assert_eq!(
        world.calls(),
        [Method::Prefetch, Method::Commit],
        "nothing is refused without asking"
    );
    assert_eq!(world.hubs(id), [build::hub("south")]);
}

#[test]
fn what_is_remembered_too_long_is_asked_again() {
    let world = remembering();
    world.receive("south", 100);
    world.warm();
    world.receive("north", 10);
    world.clock.advance_secs(60);
    let id = world.place(order("TEA", 1));
    assert_eq!(world.calls(), [Method::Commit]);
    assert_eq!(world.hubs(id), [build::hub("south")], "a choice, not wrong");
    world.clock.advance_micros(1);
    let id = world.place(order("TEA", 1));
    assert_eq!(world.calls(), [Method::Prefetch, Method::Commit]);
    assert_eq!(world.hubs(id), [build::hub("north")]);
}

#[test]
fn where_there_is_no_choice_of_hubs_the_age_of_stock_does_not_count() {
    let world = remembering();
    world.receive("south", 3);
    let north = || Switchable::Hub(build::hub("north"));
    block_on(world.other.deactivate(north(), call())).unwrap();
    world.warm();
    let asked = world.oms.stats().asked;
    world.clock.advance_secs(61);
    let id = world.place(order("TEA", 1));
    assert_eq!(world.calls(), [Method::Commit]);
    assert_eq!(world.oms.stats().asked, asked);
    assert_eq!(world.hubs(id), [build::hub("south")]);
    // Nothing is refused on it, however old it is.
    world.receive("south", 5);
    world.clock.advance_secs(3_600);
    world.place(order("TEA", 6));
    assert_eq!(world.calls(), [Method::Prefetch, Method::Commit]);
    // Nor sold that another host sold.
    world.receive("south", 2);
    world.place(order("TEA", 1));
    block_on(world.other.place(order("TEA", 1), call())).unwrap();
    world.clock.advance_secs(3_600);
    let error = world.try_place(order("TEA", 1)).unwrap_err();
    assert_eq!(error.code(), "short");

    world.receive("south", 2);
    block_on(world.other.activate(north(), call())).unwrap();
    world.place(order("TEA", 1));
    let _before = world.calls();
    world.clock.advance_secs(61);
    world.place(order("TEA", 1));
    assert_eq!(
        world.calls(),
        [Method::Prefetch, Method::Commit],
        "two hubs are a choice"
    );
}

#[test]
fn what_is_missing_is_read_beside_what_is_remembered_unless_the_catalogue_changed() {
    let world = remembering();
    let stocked = |sku: &str| {
        block_on(world.product(sku));
        for hub in ["north", "south"] {
            let quantity = build::quantity(10);
            let (row, receive) = (build::stock(hub, sku), StockCommand::Receive { quantity });
            let reason = build::reason("delivery");
            block_on(world.other.stock_command(row, receive, reason, call())).unwrap();
        }
    };
    stocked("MUG");
    world.receive("north", 10);
    world.warm();
    let id = world.place(order("MUG", 1));
    assert_eq!(world.calls(), [Method::Prefetch, Method::Commit]);
    assert_eq!(world.hubs(id), [build::hub("north")]);
    // A refusal rests on what was read, too.
    let error = world.try_place(order("NOTHING", 1)).unwrap_err();
    assert_eq!(error.code(), "unknown_skus");
    let _before = world.calls();

    stocked("CUP");
    let north = Switchable::Hub(build::hub("north"));
    block_on(world.other.deactivate(north, call())).unwrap();
    let id = world.place(order("CUP", 1));
    let expected = [Method::Prefetch, Method::Prefetch, Method::Commit];
    assert_eq!(world.calls(), expected, "all of it, once");
    assert_eq!(world.hubs(id), [build::hub("south")]);
}

#[test]
fn keys_and_references_are_known_without_being_remembered() {
    let world = remembering();
    world.receive("north", 10);
    world.warm();
    let first = block_on(world.tenant.place(order("TEA", 1), keyed("k"))).unwrap();
    let _before = world.calls();
    let again = block_on(world.tenant.place(order("TEA", 1), keyed("k"))).unwrap();
    assert_eq!(world.calls(), [Method::Commit]);
    assert!(
        again.repeated && again.receipt == first.receipt,
        "{again:?}"
    );
    let other = block_on(world.tenant.place(order("TEA", 2), keyed("k"))).unwrap_err();
    assert_eq!(other.code(), "key_reused");

    let mut referenced = order("TEA", 1);
    referenced.draft.external.push(ExternalReference {
        kind: build::external("order"),
        id: build::external("1001"),
    });
    let first = world.place(referenced.clone());
    let again = world.try_place(referenced).unwrap();
    assert!(again.receipt.known, "{again:?}");
    assert_eq!(again.receipt.order.unwrap().id, first);
}

#[test]
fn an_unknown_customer_is_refused_and_a_known_one_costs_nothing() {
    let world = remembering();
    world.receive("north", 10);
    world.warm();
    let mut place = order("TEA", 1);
    place.draft.customer = Some(build::customer_id(1));
    let error = world.try_place(place.clone()).unwrap_err();
    assert_eq!(error.code(), "not_found");
    let customer = Customer {
        id: build::customer_id(1),
        external: None,
        contact: None,
        active: true,
        erased: false,
    };
    block_on(world.other.put_customer(customer, None, call())).unwrap();
    let _before = world.calls();
    world.place(place);
    assert_eq!(world.calls(), [Method::Commit]);
}

#[test]
fn a_store_that_is_gone_is_told_and_what_was_counted_is_forgotten() {
    let world = remembering();
    world.receive("north", 3);
    world.warm();
    world.store.fail_next(Method::Commit, Fault::Unavailable);
    assert!(world.try_place(order("TEA", 2)).is_err());
    let _before = world.calls();
    world.place(order("TEA", 2));
    assert_eq!(world.calls(), [Method::Prefetch, Method::Commit]);
}

#[test]
fn what_could_not_be_read_again_is_asked_for_once_more() {
    let world = remembering();
    world.receive("north", 100);
    world.warm();
    world.clock.advance_secs(61);
    world.store.fail_next(Method::Prefetch, Fault::Busy);
    let error = world.try_place(order("TEA", 1)).unwrap_err();
    assert_eq!(
        (error.code(), world.calls()),
        ("busy", vec![Method::Prefetch])
    );
    // While somebody may be reading it the others need not wait, but not for another minute.
    for (secs, calls) in [
        (0, vec![Method::Commit]),
        (6, vec![Method::Prefetch, Method::Commit]),
        (6, vec![Method::Commit]),
    ] {
        world.clock.advance_secs(secs);
        world.place(order("TEA", 1));
        assert_eq!(world.calls(), calls, "{secs}");
    }
}

#[test]
fn a_bulk_asks_a_store_that_is_gone_for_numbers_once() {
    let world = remembering();
    world.receive("north", 200);
    // A dry run reads, and takes no numbers.
    let place = Command::Place(Box::new(order("TEA", 1)));
    block_on(world.tenant.dry_run(place, call())).unwrap();
    let _before = world.calls();
    let commands: Vec<_> = (0..BATCH_ITEMS_MAX)
        .map(|_| (Command::Place(Box::new(order("TEA", 1))), call()))
        .collect();
    world.store.fail_when(|_| Some(Fault::Unavailable));
    let done = block_on(world.tenant.bulk(&commands));
    assert_eq!(world.calls(), [Method::TakeNumbers]);
    let failed = done.iter().filter_map(|done| done.as_ref().err());
    assert_eq!(failed.clone().count(), BATCH_ITEMS_MAX);
    for error in failed {
        assert_eq!((error.code(), error.is_retryable()), ("unavailable", true));
    }
    // Nothing is lost: they can be placed when the store is back.
    world.store.heal();
    let done = block_on(world.tenant.bulk(&commands));
    assert!(done.iter().all(Result::is_ok));
}

#[test]
fn each_block_of_numbers_is_larger_than_the_one_that_was_used_up() {
    let world = remembering();
    world.receive("north", 700);
    let commands: Vec<_> = (0..700)
        .map(|_| (Command::Place(Box::new(order("TEA", 1))), call()))
        .collect();
    let done = block_on(world.tenant.bulk(&commands));
    let number = |done: Result<Done, Error>| done.unwrap().receipt.order.unwrap().number.get();
    let numbers: Vec<u64> = done.into_iter().map(number).collect();
    assert_eq!(numbers, (1..=700).collect::<Vec<_>>());
    // 100, 200 and 400.
    let calls = world.calls().into_iter();
    assert_eq!(calls.filter(|call| *call == Method::TakeNumbers).count(), 3);
}

#[test]
fn what_an_own_command_does_to_stock_is_counted_at_once() {
    let world = remembering();
    world.receive("north", 2);
    world.receive("south", 2);
    world.warm();
    let (row, quantity) = (build::stock("north", "TEA"), build::quantity(5));
    let receive = StockCommand::Receive { quantity };
    let reason = build::reason("delivery");
    block_on(world.tenant.stock_command(row, receive, reason, call())).unwrap();
    let _before = world.calls();
    let id = world.place(order("TEA", 6));
    assert_eq!(world.calls(), [Method::Commit]);
    assert_eq!(world.hubs(id), [build::hub("north")]);
}

#[test]
fn little_room_costs_calls_and_nothing_else() {
    let world = World::new(Some(Caching::default().entries_max(1)));
    world.receive("north", 10);
    world.warm();
    world.place(order("TEA", 1));
    assert_eq!(world.calls(), [Method::Prefetch, Method::Commit]);
}

#[test]
fn a_dry_run_asks_the_store() {
    let world = remembering();
    world.receive("north", 10);
    world.warm();
    let command = Command::Place(Box::new(order("TEA", 1)));
    block_on(world.tenant.dry_run(command, call())).unwrap();
    assert_eq!(world.calls(), [Method::Prefetch, Method::Prefetch]);
}
