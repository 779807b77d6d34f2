//! What a command names is there, may be used, and is named once.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::SkuMapping;
use oms_core::customer::Customer;
use oms_core::order::{
    Assignment, EditLine, HoldReason, LineSku, OrderCommand, OrderStatus, Stage,
};
use oms_core::plan::{
    ChangeSet, DocumentKey, OnProblem, PlaceOrder, ReserveLine, ReserveStock, Switchable,
    UniqueClaim, UniqueKey,
};
use oms_core::service::Call;
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{
    Currency, FulfillmentId, Money, OrderId, StageId, Title, UnitPrice, Version,
};

use crate::versions::slot;
use crate::world::{World, call, cart, contact};

/// What became of a command on an order: nothing, or why it was refused.
fn refused(world: &World, order: OrderId, command: OrderCommand) -> Option<String> {
    let done = block_on(world.tenant.order_command(order, command, call()));
    done.err().map(|error| error.code().to_owned())
}

/// A second line of one unit.
pub(crate) fn add(sku: LineSku) -> OrderCommand {
    let euro = Currency::parse("EUR").unwrap();
    let line = EditLine::Add {
        line: build::line(2),
        sku,
        quantity: build::quantity(1),
        unit_price: UnitPrice::parse("4.50", euro).unwrap(),
        discount: Money::zero(euro),
        tax: Money::zero(euro),
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let changes = vec![line];
    OrderCommand::EditLines { changes }
}

#[test]
fn a_line_of_an_unknown_sku_is_added_only_while_somebody_looks_after_the_order() {
    let world = World::new();
    world.receive(1);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    let unknown = || add(LineSku::Unknown(Some(build::external("COCOA"))));
    let code = refused(&world, order, unknown());
    assert_eq!(code.as_deref(), Some("unknown_skus"));
    let none = add(LineSku::Known(build::sku("NONE")));
    let code = refused(&world, order, none);
    assert_eq!(code.as_deref(), Some("not_found"));
    let hold = OrderCommand::Hold {
        reason: HoldReason::Other,
        note: None,
    };
    assert_eq!(refused(&world, order, hold), None);
    assert_eq!(refused(&world, order, unknown()), None);
    let stored = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(stored.head.lines.len(), 2);
    world.check();
}

#[test]
fn an_order_that_does_not_take_a_command_says_so_whatever_the_command_names() {
    let world = World::new();
    world.receive(1);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    let picked = OrderCommand::pick_all(FulfillmentId::FIRST);
    assert_eq!(refused(&world, order, picked), None);
    for sku in [LineSku::Unknown(None), LineSku::Known(build::sku("NONE"))] {
        let code = refused(&world, order, add(sku));
        assert_eq!(code.as_deref(), Some("update_not_allowed"));
    }
    let reason = build::reason("changed my mind");
    let cancel = OrderCommand::Cancel { reason };
    assert_eq!(refused(&world, order, cancel), None);
    let assignments = vec![Assignment {
        hub: build::hub("nowhere"),
        line: build::line(1),
        quantity: build::quantity(1),
    }];
    let allocate = OrderCommand::Allocate {
        assignments,
        expires_at: None,
    };
    let code = refused(&world, order, allocate);
    assert_eq!(code.as_deref(), Some("illegal_command"));
    world.check();
}

#[test]
fn a_line_nobody_could_identify_is_changed_under_the_name_that_it_has() {
    let world = World::new();
    world.receive(1);
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.push_line("COCOA", 1, "4.50").unwrap();
    place.on_problem = OnProblem::Hold;
    let order = world.place(place);
    assert_eq!(refused(&world, order, OrderCommand::release_all()), None);
    let cheaper = |name| {
        let euro = Currency::parse("EUR").unwrap();
        let changes = vec![EditLine::Change {
            line: build::line(2),
            sku: Some(LineSku::Unknown(Some(build::external(name)))),
            quantity: None,
            unit_price: UnitPrice::parse("4.00", euro).ok(),
            discount: None,
            tax: None,
            tax_rate: None,
            title: None,
            channel_item: None,
        }];
        refused(&world, order, OrderCommand::EditLines { changes })
    };
    assert_eq!(cheaper("CACAO").as_deref(), Some("unknown_skus"));
    assert_eq!(cheaper("COCOA"), None);
    world.check();
}

/// An order of one tea, which is picked, and one thing that nobody knows.
fn picked_beside_an_unknown_line(world: &World) -> OrderId {
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.push_line("COCOA", 1, "4.50").unwrap();
    place.on_problem = OnProblem::Hold;
    let order = world.place(place);
    for command in [
        OrderCommand::release_all(),
        OrderCommand::Approve,
        OrderCommand::pick_all(FulfillmentId::FIRST),
    ] {
        assert_eq!(refused(world, order, command), None);
    }
    order
}

/// Says that the second line is tea, too.
fn name_tea() -> OrderCommand {
    let named = EditLine::Change {
        line: build::line(2),
        sku: Some(LineSku::Known(build::sku("TEA"))),
        quantity: None,
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    let changes = vec![named];
    OrderCommand::EditLines { changes }
}

#[test]
fn a_line_nobody_could_identify_is_named_and_claimed_beside_work_that_has_begun() {
    let world = World::new();
    world.receive(2);
    let order = picked_beside_an_unknown_line(&world);
    assert_eq!(refused(&world, order, name_tea()), None);
    let stored = block_on(world.tenant.order(order)).unwrap();
    let allocated = stored.head.lines.iter().map(|line| line.allocated.get());
    assert_eq!(allocated.collect::<Vec<_>>(), [1, 1]);
    assert_eq!(stored.fulfillments.len(), 2);
    world.check();
}

/// What is claimed for the line is still to be picked, so the order is not picked any more.
#[test]
fn an_order_whose_line_is_named_stays_in_a_stage_that_it_may_be_in() {
    let world = World::new();
    world.receive(2);
    let order = picked_beside_an_unknown_line(&world);
    let id = StageId::parse("calling").unwrap();
    let stage = |status| Stage {
        id: id.clone(),
        status,
    };
    let mut settings = Settings::default();
    settings.workflow.stages = vec![stage(OrderStatus::Picked), stage(OrderStatus::Approved)];
    world.settle(settings);
    let enter = OrderCommand::SetStage {
        stage: Some(id.clone()),
    };
    assert_eq!(refused(&world, order, enter), None);
    assert_eq!(refused(&world, order, name_tea()), None);
    let stored = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(stored.status(), OrderStatus::Approved);
    assert_eq!(stored.head.stage, Some(id));
    world.check();
}

#[test]
fn a_line_is_named_although_the_goods_are_not_there_and_gets_them_later() {
    let world = World::new();
    world.receive(1);
    let order = picked_beside_an_unknown_line(&world);
    assert_eq!(refused(&world, order, name_tea()), None);
    let line = || {
        let order = block_on(world.tenant.order(order)).unwrap();
        order.head.lines[1].clone()
    };
    let named = line();
    assert_eq!(named.sku, LineSku::Known(build::sku("TEA")));
    assert_eq!((named.open.get(), named.allocated.get()), (1, 0));
    world.receive(1);
    let handed = block_on(world.tenant.hand_out(&build::sku("TEA"), call())).unwrap();
    let given: Vec<OrderId> = handed.given.iter().map(|(order, _)| *order).collect();
    assert_eq!(given, [order]);
    assert_eq!((line().open.get(), line().allocated.get()), (0, 1));
    world.check();
}

#[test]
fn nobody_gives_work_to_another_hub_than_that_of_the_slot() {
    let world = World::new();
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.slot = Some(slot(&world));
    place.on_problem = OnProblem::Backorder;
    let order = world.place(place);
    world.open_south();
    world.receive_tea_at("south", 1);
    let assignments = vec![Assignment {
        hub: build::hub("south"),
        line: build::line(1),
        quantity: build::quantity(1),
    }];
    let allocate = OrderCommand::Allocate {
        assignments,
        expires_at: None,
    };
    let code = refused(&world, order, allocate);
    assert_eq!(code.as_deref(), Some("slot_other_hub"));
    world.check();
}

/// A form that sends an order whole names its customer and its addresses, too.
#[test]
fn the_customer_and_the_address_of_an_order_are_no_change_whatever_became_of_them() {
    let world = World::new();
    world.receive(2);
    world.put_customer(1);
    let one = build::customer_id(1);
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.customer = Some(one);
    place.draft.contacts.ship_to = Some(contact("A. Buyer"));
    let order = world.place(place);
    let other = world.place(PlaceOrder::new(World::draft(1)));
    block_on(world.tenant.erase_customer(one, call())).unwrap();
    let stored = || block_on(world.tenant.order(order)).unwrap();
    let before = stored();
    let ship_to = before.head.ship_to;
    let given_to = || OrderCommand::ChangeCustomer {
        customer: Some(one),
    };
    let goes_to = |bill_to| OrderCommand::ChangeContacts { ship_to, bill_to };
    assert_eq!(refused(&world, order, given_to()), None);
    assert_eq!(refused(&world, order, goes_to(None)), None);
    assert_eq!(stored(), before);
    let code = refused(&world, other, given_to());
    assert_eq!(code.as_deref(), Some("inactive"));
    let code = refused(&world, order, goes_to(ship_to));
    assert_eq!(code.as_deref(), Some("inactive"), "it is not who is billed");

    world.put_customer_at(1, Some(contact("A. Buyer")));
    let own = block_on(world.tenant.customer(one)).unwrap().unwrap();
    assert_eq!(refused(&world, order, goes_to(own.contact)), None);
    assert_eq!(stored().head.bill_to, own.contact);
    world.check();
}

#[test]
fn a_slot_of_a_hub_that_is_switched_off_is_not_booked() {
    let world = World::new();
    world.receive(1);
    let key = slot(&world);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    let hub = Switchable::Hub(build::hub("north"));
    block_on(world.tenant.deactivate(hub, call())).unwrap();
    let booked = block_on(world.tenant.book_slot(order, Some(key), call()));
    assert_eq!(booked.unwrap_err().code(), "inactive");
    world.check();
}

#[test]
fn a_channel_has_its_own_name_for_what_is_there() {
    let world = World::new();
    let put = |channel, sku, call: Call| {
        let mapping = SkuMapping::new(
            build::channel(channel),
            build::external("their-tea"),
            build::sku(sku),
        );
        let put = block_on(world.tenant.put_sku_mapping(mapping, call));
        put.err().map(|error| error.code().to_owned())
    };
    assert_eq!(put("desk", "NONE", call()).as_deref(), Some("not_found"));
    assert_eq!(put("none", "TEA", call()).as_deref(), Some("not_found"));
    assert_eq!(put("desk", "TEA", call()), None);
    let again = put("desk", "TEA", call().expecting(Version::ZERO));
    assert_eq!(again.as_deref(), Some("changed"));
}

#[test]
fn a_name_that_was_taken_back_is_nobodys_and_can_be_given_again() {
    let world = World::new();
    world.receive(9);
    let name = (build::channel("desk"), build::external("their-tea"));
    let mapping = || SkuMapping::new(name.0.clone(), name.1.clone(), build::sku("TEA"));
    let key = || Switchable::SkuMapping(name.0.clone(), name.1.clone());
    let order = || {
        let mut draft = World::draft(1);
        draft.lines[0].sku = Some(name.1.clone());
        let placed = block_on(world.tenant.place(PlaceOrder::new(draft), call()));
        placed.err().map(|error| error.code())
    };
    let switch_off = || block_on(world.tenant.deactivate(key(), call()));
    assert_eq!(switch_off().unwrap_err().code(), "not_found");
    block_on(world.tenant.put_sku_mapping(mapping(), call())).unwrap();
    assert_eq!(order(), None);

    let off = switch_off().unwrap().receipt;
    assert_eq!(off.events, ["sku_mapping.deactivated"]);
    assert_eq!(switch_off().unwrap().receipt.version, off.version);
    assert_eq!(order(), Some("unknown_skus"));
    let listed = block_on(world.tenant.sku_mappings(None, 10)).unwrap().items;
    let mut gone = mapping();
    gone.active = false;
    assert_eq!(listed, [gone]);

    let seen = call().expecting(off.version);
    let on = block_on(world.tenant.put_sku_mapping(mapping(), seen)).unwrap();
    assert_eq!(on.receipt.events, ["sku_mapping.activated"]);
    assert_eq!(order(), None);
    world.check();
}

#[test]
fn a_name_that_was_taken_back_is_read_as_a_sku_again() {
    let world = World::new();
    world.receive(9);
    let cup = oms_core::catalog::Product::new(build::sku("CUP"), Title::parse("Cup").unwrap());
    block_on(world.tenant.put_product(cup, call())).unwrap();
    let (desk, tea) = (build::channel("desk"), build::external("TEA"));
    let mapping = SkuMapping::new(desk.clone(), tea.clone(), build::sku("CUP"));
    block_on(world.tenant.put_sku_mapping(mapping, call())).unwrap();
    let place = || block_on(world.tenant.place(PlaceOrder::new(World::draft(1)), call()));
    assert_eq!(place().unwrap_err().code(), "short", "there is no cup");
    let key = Switchable::SkuMapping(desk, tea);
    block_on(world.tenant.deactivate(key, call())).unwrap();
    assert!(place().is_ok());
    world.check();
}

#[test]
fn a_customer_is_found_by_a_name_of_the_hosts_own() {
    let world = World::new();
    let name = |number: &str| UniqueKey::Host(build::external("account"), build::external(number));
    let put = |n: u64, number: &'static str| {
        let customer = Customer {
            id: build::customer_id(n),
            external: None,
            contact: None,
            active: true,
            erased: false,
        };
        let holder = DocumentKey::Customer(customer.id);
        let take = move |change_set: &mut ChangeSet| {
            let (key, holder) = (name(number), holder.clone());
            change_set.unique.push(UniqueClaim { key, holder });
        };
        let call = call().with_extension(Arc::new(take));
        let put = block_on(world.tenant.put_customer(customer, None, call));
        put.err().map(|error| error.code())
    };
    assert_eq!(put(1, "A-1"), None);
    assert_eq!(put(2, "A-2"), None);
    assert_eq!(put(3, "A-1"), Some("taken"));
    let find = |name| block_on(world.tenant.find_customer(name)).unwrap();
    let found = |number| find(name(number)).map(|customer| customer.id);
    assert_eq!(found("A-2"), Some(build::customer_id(2)));
    assert_eq!(found("A-3"), None);
    world.receive(1);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    let number = block_on(world.tenant.order(order)).unwrap().head.number;
    assert_eq!(find(UniqueKey::OrderNumber(number)), None);
    world.check();
}

#[test]
fn a_customer_who_is_stored_already_gets_a_name_by_a_call_with_a_key() {
    let world = World::new();
    let customer = Customer {
        id: build::customer_id(1),
        external: None,
        contact: None,
        active: true,
        erased: false,
    };
    let name = || UniqueKey::Host(build::external("account"), build::external("A-1"));
    let holder = DocumentKey::Customer(customer.id);
    let take = move |change_set: &mut ChangeSet| {
        let (key, holder) = (name(), holder.clone());
        change_set.unique.push(UniqueClaim { key, holder });
    };
    let put = |call| block_on(world.tenant.put_customer(customer.clone(), None, call)).unwrap();
    let found = || block_on(world.tenant.find_customer(name())).unwrap();
    put(call());
    put(call().with_extension(Arc::new(take.clone())));
    assert_eq!(found(), None, "nothing is committed");
    let keyed = call().with_key(build::idempotency_key("account-1"));
    put(keyed.with_extension(Arc::new(take)));
    assert_eq!(found(), Some(customer));
    world.check();
}

#[test]
fn a_claim_has_lines_and_each_of_them_once() {
    let world = World::new();
    world.receive(2);
    let line = || ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity: build::quantity(1),
    };
    let reserve = |lines| {
        let claim = ReserveStock::new(cart(1), lines);
        block_on(world.tenant.reserve(claim, call()))
            .unwrap_err()
            .code()
    };
    assert_eq!(reserve(Vec::new()), "wrong_count");
    assert_eq!(reserve(vec![line(), line()]), "duplicate_line");
    assert_eq!(world.level().reserved.get(), 0);
}
