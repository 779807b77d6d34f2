//! What a host reads: a screen in as few calls of the store as it can be, and what a call did.

use futures_executor::block_on;
use oms_core::event::StreamId;
use oms_core::plan::{Command, OnProblem, PlaceOrder};
use oms_core::tenant::Settings;
use oms_core::testing::{Method, build};
use oms_core::value::OrderId;
use serde_json::json;

use crate::world::{World, call, contact};

#[test]
fn a_screen_of_orders_and_one_of_labels_are_a_call_each() {
    let world = World::new();
    world.receive(10);
    let place = |n: u32| {
        let mut place = PlaceOrder::new(World::draft(1));
        place.draft.contacts.ship_to = Some(contact(&format!("Buyer {n}")));
        world.place(place)
    };
    let ids: Vec<OrderId> = (0..5).map(place).collect();
    let before = world.store.calls().len();
    let orders = block_on(world.tenant.orders_by_id(&ids)).unwrap();
    let heads: Vec<_> = orders
        .into_iter()
        .map(|order| order.unwrap().head)
        .collect();
    let found: Vec<OrderId> = heads.iter().map(|head| head.id).collect();
    assert_eq!(found, ids);
    let rows: Vec<_> = heads.iter().filter_map(|head| head.ship_to).collect();
    let contacts = block_on(world.tenant.contacts(&rows)).unwrap();
    let contacts: Vec<_> = contacts.into_iter().map(Result::unwrap).collect();
    let expected: Vec<_> = (0..5)
        .map(|n| Some(contact(&format!("Buyer {n}"))))
        .collect();
    assert_eq!(contacts, expected);
    let calls = world.store.calls();
    let asked: Vec<Method> = calls.iter().skip(before).map(|call| call.method).collect();
    assert_eq!(asked, [Method::Prefetch, Method::Prefetch]);
}

#[test]
fn a_command_on_an_order_says_which_and_another_that_it_is_none() {
    let world = World::new();
    world.receive(1);
    let place = world.tenant.place(PlaceOrder::new(World::draft(1)), call());
    let placed = block_on(place).unwrap();
    let order = placed.order().unwrap();
    assert_eq!(placed.receipt.subject, StreamId::order(order.id));
    let settings = Settings::default();
    let put = block_on(world.tenant.put_settings(settings, call())).unwrap();
    let none = put.order().unwrap_err();
    assert_eq!(none.subject, StreamId::tenant());
    assert_eq!(none.to_string(), "tenant/settings is not an order");
}

#[test]
fn a_dry_run_is_answered_without_what_it_would_write() {
    let world = World::new();
    world.receive(1);
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.contacts.ship_to = Some(contact("A. Buyer"));
    let command = Command::Place(Box::new(place));
    let dry = block_on(world.tenant.dry_run(command, call())).unwrap();
    let told = serde_json::to_value(&dry).unwrap();
    assert_eq!(told, json!({"receipt": dry.receipt, "writes": true}));
    let command = Command::PutSettings(Settings::default());
    let dry = block_on(world.tenant.dry_run(command, call())).unwrap();
    let told = serde_json::to_value(&dry).unwrap();
    assert_eq!(told["writes"], false);
}

#[test]
fn moved_work_is_answered_with_what_stayed_and_why() {
    let world = World::new();
    world.receive(2);
    let orders = [(); 2].map(|()| world.place(PlaceOrder::new(World::draft(1))));
    world.open_south();
    world.receive_tea_at("south", 1);
    let moved = block_on(world.tenant.reroute(&build::hub("north"), call())).unwrap();
    assert_eq!((moved.moved.len(), moved.left.len()), (1, 1));
    let told = serde_json::to_value(&moved).unwrap();
    let work = json!({"order": moved.moved[0].0, "fulfillment": 1});
    assert_eq!(told["moved"], json!([work]));
    let (left, _, why) = &moved.left[0];
    assert!(orders.contains(left));
    let mut stayed = serde_json::to_value(why.body()).unwrap();
    (stayed["order"], stayed["fulfillment"]) = (json!(left), json!(1));
    assert_eq!(told["left"], json!([stayed]));
    assert_eq!(told["unreadable"], json!([]));
}

#[test]
fn goods_that_were_handed_out_are_answered_with_who_got_them_and_why_others_did_not() {
    let world = World::new();
    let orders = [(); 2].map(|()| {
        let mut place = PlaceOrder::new(World::draft(1));
        place.on_problem = OnProblem::Backorder;
        world.clock.advance_secs(1);
        world.place(place)
    });
    world.receive(1);
    let handed = block_on(world.tenant.hand_out(&build::sku("TEA"), call())).unwrap();
    let told = serde_json::to_value(&handed).unwrap();
    let given = json!({"order": orders[0], "receipt": handed.given[0].1.receipt});
    assert_eq!(told["given"], json!([given]));
    let (left, why) = &handed.left[0];
    assert_eq!(*left, orders[1]);
    let mut waits = serde_json::to_value(why.body()).unwrap();
    waits["order"] = json!(left);
    assert_eq!(
        (&waits["code"], &waits["message"]),
        (&json!("short"), &json!(why.to_string()))
    );
    assert_eq!(told["left"], json!([waits]));
    assert_eq!(told["unreadable"], json!([]));
}
