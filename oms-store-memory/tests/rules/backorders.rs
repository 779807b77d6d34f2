//! Orders that wait for goods, and what an edit claims of them.

use futures_executor::block_on;
use oms_core::catalog::Product;
use oms_core::order::{Assignment, EditLine, HoldReason, Line, LineSku, OrderCommand, OrderState};
use oms_core::plan::{OnProblem, PlaceOrder, ReserveMode, Switchable};
use oms_core::port::Clock;
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{Fault, Method, build};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{CountryCode, Currency, FulfillmentId, Money, OrderId, Title, Units};

use crate::world::{World, call, cart, contact};

impl World {
    /// An order with lines of so many units.
    fn wants(&self, lines: &[u32], on_problem: OnProblem) -> OrderId {
        let mut draft = Self::draft(0);
        for units in lines {
            draft.push_line("TEA", *units, "4.50").unwrap();
        }
        let mut place = PlaceOrder::new(draft);
        place.on_problem = on_problem;
        self.place(place)
    }

    /// An order of five units, two of which are there.
    fn waiting(&self) -> OrderId {
        self.receive(2);
        self.wants(&[5], OnProblem::Backorder)
    }

    /// Assigns units of the first line: so many by hand, or by the library what there is.
    fn give(&self, order: OrderId, units: u32, by_hand: bool) {
        let done = if by_hand {
            let assignments = vec![Assignment {
                hub: build::hub("north"),
                line: build::line(1),
                quantity: build::quantity(units),
            }];
            let claim = OrderCommand::Allocate {
                assignments,
                expires_at: None,
            };
            block_on(self.tenant.order_command(order, claim, call()))
        } else {
            block_on(self.tenant.assign(order, None, call()))
        };
        done.unwrap();
    }

    fn change_quantity(&self, order: OrderId, units: u32) -> Result<(), String> {
        self.change_line(order, 1, units)
    }

    fn change_line(&self, order: OrderId, line: u32, units: u32) -> Result<(), String> {
        let change = build::change_quantity(line, units);
        let changes = vec![change];
        let command = OrderCommand::EditLines { changes };
        let done = block_on(self.tenant.order_command(order, command, call()));
        done.map(drop).map_err(|error| error.code().to_owned())
    }

    /// Units of its line that are open, on backorder and allocated.
    fn units(&self, order: OrderId) -> [u32; 3] {
        self.units_of(order, 0)
    }

    fn units_of(&self, order: OrderId, at: usize) -> [u32; 3] {
        let order = block_on(self.tenant.order(order)).unwrap();
        let line: &Line = &order.head.lines[at];
        [line.open, line.backordered, line.allocated].map(Units::get)
    }

    fn hold(&self, order: OrderId) {
        let command = OrderCommand::Hold {
            reason: HoldReason::Other,
            note: None,
        };
        block_on(self.tenant.order_command(order, command, call())).unwrap();
    }
}

#[test]
fn who_waits_for_goods_may_order_less_of_them() {
    let world = World::new();
    let order = world.waiting();
    assert_eq!(world.units(order), [0, 3, 2]);
    world.change_quantity(order, 4).unwrap();
    assert_eq!(world.units(order), [0, 2, 2]);
    world.change_quantity(order, 2).unwrap();
    assert_eq!(world.units(order), [0, 0, 2]);
    assert_eq!(world.level().reserved.get(), 2);
    world.check();
}

#[test]
fn units_that_nobody_waited_for_must_be_there() {
    let world = World::new();
    let order = world.waiting();
    assert_eq!(world.change_quantity(order, 6), Err("short".to_owned()));
    assert_eq!(world.units(order), [0, 3, 2]);
    world.receive(1);
    world.change_quantity(order, 6).unwrap();
    assert_eq!(world.units(order), [0, 3, 3]);
    world.check();
}

#[test]
fn an_edit_keeps_what_an_order_on_hold_has_claimed() {
    for (units, left) in [(2, [0, 0, 2]), (3, [0, 0, 3]), (4, [1, 0, 3])] {
        let world = World::new();
        world.receive(3);
        let order = world.wants(&[5], OnProblem::Hold);
        assert_eq!(world.units(order), [2, 0, 3]);
        world.change_quantity(order, units).unwrap();
        assert_eq!(world.units(order), left);
        world.check();
    }
}

#[test]
fn an_edit_that_needs_more_keeps_what_was_claimed_where_no_hub_can_be_chosen() {
    // Units at the other hub, and what is reserved at both and open after the edit.
    for (other, reserved, open) in [
        (0, [4, 0], 1),
        (1, [4, 1], 0),
        (3, [4, 1], 0),
        (5, [0, 5], 0),
    ] {
        let world = World::new();
        world.receive(4);
        let order = world.wants(&[3, 1], OnProblem::Refuse);
        world.hold(order);
        world.open_south();
        if other > 0 {
            world.receive_tea_at("south", other);
        }
        let north = Switchable::Hub(build::hub("north"));
        block_on(world.tenant.deactivate(north, call())).unwrap();
        world.change_line(order, 2, 2).unwrap();
        assert_eq!(world.units_of(order, 0), [0, 0, 3], "{other}");
        assert_eq!(world.units_of(order, 1), [open, 0, 2 - open], "{other}");
        let at = |hub: &str| {
            let level = block_on(world.tenant.stock_level(&build::stock(hub, "TEA")));
            level.unwrap().reserved.get()
        };
        assert_eq!([at("north"), at("south")], reserved, "{other}");
        world.check();
    }
}

#[test]
fn with_routing_switched_off_an_edit_leaves_the_work_at_its_hub() {
    let world = World::new();
    world.settle(Settings {
        routing: None,
        ..Settings::default()
    });
    world.receive(8);
    let mut draft = World::draft(0);
    for units in [3, 1] {
        draft.push_line("TEA", units, "4.50").unwrap();
    }
    let mut place = PlaceOrder::new(draft);
    place.hub = Some(build::hub("north"));
    let order = world.place(place);
    assert_eq!(world.level().reserved.get(), 4);
    world.change_line(order, 2, 2).unwrap();
    assert_eq!(world.units_of(order, 0), [0, 0, 3]);
    assert_eq!(world.units_of(order, 1), [1, 0, 1]);
    assert_eq!(world.level().reserved.get(), 4);
    let north = build::hub("north");
    block_on(world.tenant.assign(order, Some(north), call())).unwrap();
    assert_eq!(world.units_of(order, 1), [0, 0, 2]);
    world.check();
}

#[test]
fn an_edit_of_one_line_leaves_the_others_waiting() {
    for held in [false, true] {
        let world = World::new();
        world.receive(4);
        let order = world.wants(&[1, 5], OnProblem::Backorder);
        assert_eq!(world.units_of(order, 1), [0, 2, 3]);
        world.receive(1);
        if held {
            world.hold(order);
        }
        world.change_line(order, 1, 2).unwrap();
        assert_eq!(world.units_of(order, 0), [0, 0, 2]);
        assert_eq!(world.units_of(order, 1), [0, 2, 3]);
        world.change_line(order, 2, 4).unwrap();
        assert_eq!(world.units_of(order, 1), [0, 1, 3]);
        world.check();
    }
}

#[test]
fn goods_that_were_ordered_are_claimed_although_they_are_not_for_sale_any_more() {
    let world = World::new();
    let order = world.waiting();
    let product = Switchable::Product(build::sku("TEA"));
    block_on(world.tenant.deactivate(product, call())).unwrap();
    world.receive(3);
    block_on(world.tenant.assign(order, None, call())).unwrap();
    assert_eq!(world.units(order), [0, 0, 5]);
    world.check();
}

#[test]
fn an_order_that_came_in_while_its_sku_was_off_gets_its_goods_later() {
    let world = World::new();
    world.receive(4);
    let product = || Switchable::Product(build::sku("TEA"));
    block_on(world.tenant.deactivate(product(), call())).unwrap();
    for on_problem in [OnProblem::Refuse, OnProblem::Backorder] {
        let mut place = PlaceOrder::new(World::draft(1));
        place.on_problem = on_problem;
        let refused = block_on(world.tenant.place(place, call())).unwrap_err();
        assert_eq!(refused.code(), "inactive");
    }
    let order = world.wants(&[5], OnProblem::Hold);
    let stored = block_on(world.tenant.order(order)).unwrap();
    let hold = stored.head.hold.as_ref().unwrap();
    assert_eq!(hold.reasons, [HoldReason::Shortage].into());
    assert_eq!(hold.note.as_ref().unwrap().as_str(), "switched off: TEA");
    assert_eq!(world.units(order), [5, 0, 0]);
    assert_eq!(world.level().reserved.get(), 0);
    block_on(world.tenant.activate(product(), call())).unwrap();
    world.receive(1);
    let sku = build::sku("TEA");
    let handed = block_on(world.tenant.hand_out(&sku, call())).unwrap();
    let given: Vec<OrderId> = handed.given.iter().map(|(order, _)| *order).collect();
    assert_eq!((given, handed.left.len()), (vec![order], 0));
    assert_eq!(world.units(order), [0, 0, 5]);
    world.check();
}

#[test]
fn more_is_not_ordered_of_what_is_not_for_sale_any_more() {
    let world = World::new();
    world.receive(9);
    let order = world.wants(&[5], OnProblem::Refuse);
    let product = Switchable::Product(build::sku("TEA"));
    block_on(world.tenant.deactivate(product, call())).unwrap();
    assert_eq!(world.change_quantity(order, 6), Err("inactive".to_owned()));
    assert_eq!(world.units(order), [0, 0, 5]);
    world.change_quantity(order, 3).unwrap();
    assert_eq!(world.units(order), [0, 0, 3]);
    world.check();
}

/// A form that sends a line as a whole names its SKU, too.
#[test]
fn a_line_is_changed_under_its_own_sku_although_that_is_not_for_sale_any_more() {
    let world = World::new();
    world.receive(9);
    let order = world.wants(&[5], OnProblem::Refuse);
    let product = Switchable::Product(build::sku("TEA"));
    block_on(world.tenant.deactivate(product, call())).unwrap();
    let whole = |units| {
        let changes = vec![EditLine::Change {
            line: build::line(1),
            sku: Some(LineSku::Known(build::sku("TEA"))),
            quantity: Some(build::quantity(units)),
            unit_price: None,
            discount: None,
            tax: None,
            tax_rate: None,
            title: None,
            channel_item: None,
        }];
        let command = OrderCommand::EditLines { changes };
        let done = block_on(world.tenant.order_command(order, command, call()));
        done.map(drop).map_err(|error| error.code().to_owned())
    };
    assert_eq!(whole(6), Err("inactive".to_owned()));
    assert_eq!(whole(3), Ok(()));
    assert_eq!(world.units(order), [0, 0, 3]);
    world.check();
}

#[test]
fn a_name_alone_is_no_address() {
    let world = World::new();
    let mut hub = block_on(world.tenant.hub(&build::hub("north")))
        .unwrap()
        .unwrap();
    hub.area.countries.insert(CountryCode::parse("DE").unwrap());
    block_on(world.tenant.put_hub(hub, call())).unwrap();
    world.receive(2);
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.contacts.bill_to = Some(contact("Ada"));
    let order = world.place(place);
    let state = || block_on(world.tenant.order(order)).unwrap().head.state;
    assert_eq!(state(), OrderState::Open);
    let named = contact("Ada L.");
    let change = world
        .tenant
        .change_contacts(order, None, Some(named), call());
    block_on(change).unwrap();
    assert_eq!(state(), OrderState::Open, "she is still at the counter");
}

#[test]
fn what_a_person_claimed_for_a_time_ends_at_that_time_after_an_edit_as_well() {
    let world = World::new();
    let order = world.wants(&[2], OnProblem::Hold);
    world.receive(5);
    let until = world.clock.now().checked_add_secs(60);
    let assignments = vec![Assignment {
        hub: build::hub("north"),
        line: build::line(1),
        quantity: build::quantity(2),
    }];
    let claim = OrderCommand::Allocate {
        assignments,
        expires_at: until,
    };
    block_on(world.tenant.order_command(order, claim, call())).unwrap();
    world.change_quantity(order, 3).unwrap();
    let stored = block_on(world.tenant.order(order)).unwrap();
    let works = stored.fulfillments.values().filter(|work| work.is_live());
    let ends: Vec<_> = works.map(|work| work.tentative_until()).collect();
    assert_eq!(ends, [until]);
}

#[test]
fn an_order_that_is_held_for_two_reasons_tells_the_details_of_both() {
    let world = World::new();
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.push_line("COCOA", 1, "4.50").unwrap();
    place.on_problem = OnProblem::Hold;
    let id = world.place(place);
    let hold = || block_on(world.tenant.order(id)).unwrap().head.hold.unwrap();
    let told = |reason| hold().notes[&reason].to_string();
    assert!(told(HoldReason::UnknownSku).contains("COCOA"));
    assert!(told(HoldReason::Shortage).contains("TEA"));
    // What comes without details leaves those of the others.
    world.hold(id);
    assert_eq!((hold().reasons.len(), hold().notes.len()), (3, 2));
}

/// A cart claims a unit, and its time is over.
fn dead_cart(world: &World) {
    world.reserve(&cart(1), 1);
    world.clock.advance_secs(60);
}

#[test]
fn who_waits_gets_what_a_dead_cart_still_holds() {
    for by_hand in [false, true] {
        let world = World::new();
        world.receive(1);
        world.reserve(&cart(1), 1);
        let order = world.wants(&[1], OnProblem::Backorder);
        assert_eq!(world.units(order), [0, 1, 0]);
        world.clock.advance_secs(60);
        world.give(order, 1, by_hand);
        assert_eq!(world.units(order), [0, 0, 1]);
        assert_eq!(world.level().reserved.get(), 1);
        world.check();
    }
}

#[test]
fn who_orders_more_gets_what_a_dead_cart_still_holds() {
    let world = World::new();
    world.receive(2);
    let order = world.wants(&[1], OnProblem::Refuse);
    dead_cart(&world);
    world.change_quantity(order, 2).unwrap();
    assert_eq!(world.units(order), [0, 0, 2]);
    assert_eq!(world.level().reserved.get(), 2);
    world.check();
}

#[test]
fn work_moves_to_what_a_dead_cart_still_holds() {
    let world = World::new();
    world.receive(1);
    let order = world.wants(&[1], OnProblem::Refuse);
    world.open_south();
    world.receive_tea_at("south", 1);
    dead_cart(&world);
    let moved = world
        .tenant
        .reassign(order, FulfillmentId::FIRST, None, call());
    block_on(moved).unwrap();
    assert_eq!(world.units(order), [0, 0, 1]);
    assert_eq!(world.level().reserved.get(), 0);
    let there = build::stock("south", "TEA");
    let level = block_on(world.tenant.stock_level(&there)).unwrap();
    assert_eq!(level.reserved.get(), 1);
    world.check();
}

#[test]
fn what_is_held_when_it_is_placed_is_not_approved_by_itself() {
    let mut unknown = World::draft(1);
    unknown.push_line("COCOA", 1, "4.50").unwrap();
    let mut disputed = World::draft(1);
    disputed.stated_total = Money::parse("4.40", Currency::parse("EUR").unwrap()).ok();
    for draft in [unknown, disputed] {
        let world = World::new();
        world.receive(1);
        let mut place = PlaceOrder::new(draft);
        place.on_problem = OnProblem::Hold;
        let order = world.place(place);
        let state = || block_on(world.tenant.order(order)).unwrap().head.state;
        assert_eq!(state(), OrderState::OnHold);
        block_on(
            world
                .tenant
                .order_command(order, OrderCommand::release_all(), call()),
        )
        .unwrap();
        assert_eq!(state(), OrderState::Pending);
        world.check();
    }
}

/// Hands out tea; the orders that got something and those that did not, with the reason.
fn hand_out(world: &World) -> (Vec<OrderId>, Vec<(OrderId, String)>) {
    let tea = build::sku("TEA");
    let handed = block_on(world.tenant.hand_out(&tea, call())).unwrap();
    assert!(handed.unreadable.is_empty());
    let left = handed.left.into_iter();
    let left = left.map(|(order, error)| (order, error.code().to_owned()));
    let given = handed.given.into_iter().map(|(order, _)| order);
    (given.collect(), left.collect())
}

/// Who waits for tea, in the order in which it would be handed out, with the units that wait.
fn waiting(world: &World) -> Vec<(OrderId, u32)> {
    let page = block_on(world.tenant.waiting_for(&build::sku("TEA"))).unwrap();
    let page = page.whole().unwrap();
    assert_eq!(page.next, None);
    let waiting = page.items.into_iter();
    waiting
        .map(|order| (order.order, order.units.get()))
        .collect()
}

#[test]
fn who_waits_is_listed_as_goods_are_handed_out() {
    let world = World::new();
    assert_eq!(waiting(&world), []);
    let mut place = PlaceOrder::new(World::draft(1));
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    place.on_problem = OnProblem::Hold;
    let tentative = world.place(place);
    world.clock.advance_secs(1);
    let first = world.waiting();
    world.clock.advance_secs(1);
    let held = world.wants(&[4, 2], OnProblem::Hold);
    let all = [(first, 3), (held, 6), (tentative, 1)];
    assert_eq!(waiting(&world), all);
    let cup = block_on(world.tenant.waiting_for(&build::sku("CUP"))).unwrap();
    assert_eq!(cup.items, []);
    world.receive(100);
    let served: Vec<_> = all.map(|(order, _)| order).into();
    assert_eq!(hand_out(&world), (served, vec![]));
    assert_eq!(waiting(&world), []);
    world.check();
}

/// An export of an old system has the newest order first.
#[test]
fn who_ordered_first_is_served_first_whenever_the_order_was_placed() {
    let world = World::new();
    let now = world.clock.now();
    let ordered = |secs: Option<i64>| {
        let mut draft = World::draft(1);
        draft.ordered_at = secs.and_then(|secs| now.checked_add_secs(secs));
        let mut place = PlaceOrder::new(draft);
        place.on_problem = OnProblem::Backorder;
        let id = world.place(place);
        world.clock.advance_secs(1);
        id
    };
    let later = ordered(Some(-60));
    let first = ordered(Some(-3_600));
    // Nobody ordered after the order was placed.
    let ahead = ordered(Some(86_400));
    let unsaid = ordered(None);
    let all = [first, later, ahead, unsaid].map(|order| (order, 1));
    assert_eq!(waiting(&world), all);
    world.receive(1);
    let (given, left) = hand_out(&world);
    assert_eq!((given, left.len()), (vec![first], 3));
    world.check();
}

#[test]
fn goods_go_to_the_orders_that_wait_the_oldest_first_also_where_units_are_merely_open() {
    let world = World::new();
    let first = world.waiting();
    world.clock.advance_secs(1);
    let held = world.wants(&[4], OnProblem::Hold);
    assert_eq!(world.units(held), [4, 0, 0]);
    for command in [OrderCommand::release_all(), OrderCommand::Approve] {
        block_on(world.tenant.order_command(held, command, call())).unwrap();
    }
    world.clock.advance_secs(1);
    let last = world.wants(&[1], OnProblem::Backorder);
    world.receive(6);
    let nothing = vec![(last, "short".to_owned())];
    assert_eq!(hand_out(&world), (vec![first, held], nothing));
    assert_eq!(world.units(first), [0, 0, 5]);
    assert_eq!(world.units(held), [1, 0, 3]);
    assert_eq!(world.units(last), [0, 1, 0]);
    world.receive(2);
    assert_eq!(hand_out(&world), (vec![held, last], vec![]));
    assert_eq!(hand_out(&world), (vec![], vec![]));
    world.check();
}

#[test]
fn units_that_a_hub_gave_back_are_handed_out_again() {
    let world = World::new();
    let order = world.waiting();
    world.receive(3);
    assert_eq!(hand_out(&world), (vec![order], vec![]));
    let fulfillment = FulfillmentId::new(2).unwrap();
    let withdraw = OrderCommand::withdraw_all(fulfillment);
    block_on(world.tenant.order_command(order, withdraw, call())).unwrap();
    assert_eq!(world.units(order), [3, 0, 2], "open, and not on backorder");
    assert_eq!(hand_out(&world), (vec![order], vec![]));
    assert_eq!(world.units(order), [0, 0, 5]);
    world.check();
}

#[test]
fn who_gets_a_part_goes_on_waiting_for_what_was_on_backorder() {
    for by_hand in [false, true] {
        let world = World::new();
        let order = world.waiting();
        let withdraw = OrderCommand::withdraw_all(FulfillmentId::FIRST);
        block_on(world.tenant.order_command(order, withdraw, call())).unwrap();
        assert_eq!(world.units(order), [2, 3, 0]);
        world.give(order, 2, by_hand);
        assert_eq!(world.units(order), [0, 3, 2]);
        world.check();
    }
}

#[test]
fn orders_that_nobody_confirmed_get_what_firm_orders_leave() {
    let world = World::new();
    let mut place = PlaceOrder::new(World::draft(1));
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    place.on_problem = OnProblem::Hold;
    let tentative = world.place(place);
    world.clock.advance_secs(1);
    let firm = world.wants(&[1], OnProblem::Backorder);
    world.receive(1);
    let nothing = vec![(tentative, "short".to_owned())];
    assert_eq!(hand_out(&world), (vec![firm], nothing));
    assert_eq!(world.units(firm), [0, 0, 1]);
    world.receive(1);
    assert_eq!(hand_out(&world), (vec![tentative], vec![]));
    assert_eq!(world.units(tentative), [0, 0, 1]);
    world.check();
}

#[test]
fn younger_orders_get_nothing_while_the_store_fails_for_older_ones() {
    let world = World::new();
    let orders: Vec<OrderId> = (0..=BATCH_ITEMS_MAX)
        .map(|_| {
            world.clock.advance_secs(1);
            world.wants(&[1], OnProblem::Backorder)
        })
        .collect();
    world.receive(200);
    let mut asked = 0;
    world.store.fail_when(move |call| {
        // Only what is committed for the oldest hundred fails.
        asked += call.items;
        let fails = call.method == Method::Commit && asked <= BATCH_ITEMS_MAX;
        fails.then_some(Fault::Unavailable)
    });
    let _ = world.store.take_calls();
    let (given, left) = hand_out(&world);
    assert_eq!(given, []);
    let tried: Vec<OrderId> = left.iter().map(|(order, _)| *order).collect();
    assert_eq!(tried, orders[..BATCH_ITEMS_MAX]);
    assert!(left.iter().all(|(_, code)| code == "unavailable"));
    let calls = world.store.take_calls();
    let commits = calls.iter().filter(|call| call.method == Method::Commit);
    let items: usize = commits.map(|call| call.items).sum();
    assert_eq!(
        items, BATCH_ITEMS_MAX,
        "nothing was committed for the last one"
    );
    world.store.heal();
    assert_eq!(hand_out(&world), (orders, vec![]));
    world.check();
}

#[test]
fn an_order_that_nobody_paid_in_time_gets_no_goods_until_somebody_confirms_it() {
    let world = World::new();
    world.receive(1);
    let mut place = PlaceOrder::new(World::draft(1));
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    let order = world.place(place);
    world.clock.advance_secs(61);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.units(order), [1, 0, 0]);
    assert_eq!(hand_out(&world), (vec![], vec![]));
    let confirm = OrderCommand::Confirm;
    block_on(world.tenant.order_command(order, confirm, call())).unwrap();
    assert_eq!(hand_out(&world), (vec![order], vec![]));
    world.check();
}

#[test]
fn a_delivery_of_many_skus_is_handed_out_with_one_look_at_the_orders() {
    let world = World::new();
    let named = ["TEA", "CUP", "POT"];
    for sku in &named[1..] {
        let product = Product::new(build::sku(sku), Title::parse(sku).unwrap());
        block_on(world.tenant.put_product(product, call())).unwrap();
    }
    let order_of = |skus: &[&str], tentative: bool| {
        world.clock.advance_secs(1);
        let mut draft = World::draft(0);
        for sku in skus {
            draft.push_line(sku, 1, "4.50").unwrap();
        }
        let mut place = PlaceOrder::new(draft);
        place.on_problem = OnProblem::Hold;
        if tentative {
            place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
        }
        world.place(place)
    };
    let nobody_paid = order_of(&["POT"], true);
    let first = order_of(&["CUP"], false);
    let both = order_of(&["CUP", "TEA"], false);
    let other = order_of(&["POT"], false);
    for sku in named {
        let quantity = build::quantity(2);
        let receive = StockCommand::Receive { quantity };
        let (row, reason) = (build::stock("north", sku), build::reason("delivery"));
        block_on(world.tenant.stock_command(row, receive, reason, call())).unwrap();
    }
    let _ = world.store.take_calls();
    let skus = ["POT", "TEA", "CUP", "TEA"].map(build::sku);
    let handed = block_on(world.tenant.hand_out_all(&skus, call())).unwrap();
    let given: Vec<OrderId> = handed.given.iter().map(|(order, _)| *order).collect();
    assert_eq!(given, [first, both, other, nobody_paid]);
    assert!(handed.left.is_empty(), "each order is tried once");
    let calls = world.store.take_calls();
    let walks = calls.iter().filter(|call| call.method == Method::Orders);
    assert_eq!(walks.count(), 1);
    let nothing = block_on(world.tenant.hand_out_all(&[], call())).unwrap();
    assert!(nothing.given.is_empty() && world.store.take_calls().is_empty());
    world.check();
}
