//! What leaves history: how stock is kept, and what channels call a SKU.

use futures_executor::block_on;
use oms_core::catalog::SkuMapping;
use oms_core::event::{EventRecord, StreamId};
use oms_core::plan::{DocumentKey, Keys, Receipt, RegistryEvent};
use oms_core::port::Store;
use oms_core::stock::{STOCK_EVENT_SCHEMA, StockCommand, StockEvent};
use oms_core::testing::build;
use oms_core::value::{ExternalId, Reason, Title, Version};

use crate::world::{World, call, shelf};

fn set(world: &World, command: StockCommand, why: &str, call_reason: Option<Reason>) -> Receipt {
    let call = match call_reason {
        Some(reason) => call().with_reason(reason),
        None => call(),
    };
    let done = world
        .tenant
        .stock_command(shelf(), command, build::reason(why), call);
    block_on(done).unwrap().receipt
}

fn told(world: &World, stream: &StreamId) -> Vec<EventRecord> {
    block_on(world.tenant.stream(stream)).unwrap()
}

#[test]
fn safety_and_incoming_stock_leave_history() {
    let world = World::new();
    let safety = |units| StockCommand::SetSafety {
        safety: build::units(units),
    };
    let incoming = StockCommand::SetIncoming {
        incoming: build::units(40),
    };
    let receipt = set(&world, safety(5), "season", None);
    assert_eq!(receipt.events, ["stock.safety_set"]);
    set(
        &world,
        safety(2),
        "season over",
        Some(build::reason("desk")),
    );
    set(&world, incoming, "ordered", None);
    let stream = StreamId::stock(&shelf().hub, &shelf().sku);
    assert_eq!(receipt.subject, stream);
    let events = told(&world, &stream);
    let names: Vec<&str> = events.iter().map(|event| &*event.name).collect();
    let expected = ["stock.safety_set", "stock.safety_set", "stock.incoming_set"];
    assert_eq!(names, expected);
    let bodies = [(0, 5, "season"), (5, 2, "season over"), (0, 40, "ordered")];
    for (event, (old, new, why)) in events.iter().zip(bodies) {
        assert_eq!(event.schema, STOCK_EVENT_SCHEMA);
        let body: StockEvent = serde_json::from_str(&event.body).unwrap();
        let expected = StockEvent {
            old: build::units(old),
            new: build::units(new),
            reason: build::reason(why),
        };
        assert_eq!(body, expected);
    }
    let reasons: Vec<_> = events.iter().map(|e| e.origin.reason.clone()).collect();
    let expected = ["season", "desk", "ordered"].map(|why| Some(build::reason(why)));
    assert_eq!(reasons, expected);
    world.check();
}

#[test]
fn a_movement_makes_no_event_and_a_stock_receipt_no_version() {
    let world = World::new();
    let receive = StockCommand::Receive {
        quantity: build::quantity(3),
    };
    let receipt = set(&world, receive, "delivery", None);
    assert_eq!(receipt.version, Version::ZERO);
    assert_eq!(receipt.events, Vec::<String>::new());
    assert!(receipt.movement.is_some());
    assert_eq!(told(&world, &receipt.subject), []);
}

#[test]
fn a_stock_command_depends_on_no_document_of_hub_or_sku() {
    let world = World::new();
    let receive = StockCommand::Receive {
        quantity: build::quantity(3),
    };
    let command = oms_core::plan::Command::Stock {
        key: shelf(),
        command: receive,
        reason: build::reason("delivery"),
    };
    let plan = block_on(world.tenant.dry_run(command, call())).unwrap();
    assert_eq!(plan.change_set.unwrap().requires, []);
}

#[test]
fn what_a_channel_calls_a_sku_has_a_history_of_its_own() {
    let world = World::new();
    let cup = oms_core::catalog::Product::new(build::sku("CUP"), Title::parse("Cup").unwrap());
    block_on(world.tenant.put_product(cup, call())).unwrap();
    let external = ExternalId::parse("4711/blue").unwrap();
    let mapping =
        |sku: &str| SkuMapping::new(build::channel("desk"), external.clone(), build::sku(sku));
    let put = |sku: &str| block_on(world.tenant.put_sku_mapping(mapping(sku), call())).unwrap();
    let stream = StreamId::sku_mapping(&build::channel("desk"), &external);
    assert_eq!(stream.to_string(), "sku_mapping/desk/4711/blue");
    assert_eq!(put("TEA").receipt.events, ["sku_mapping.created"]);
    let changed = put("CUP").receipt;
    assert_eq!(changed.events, ["sku_mapping.changed"]);
    assert_eq!(changed.subject, stream);
    assert_eq!(put("CUP").receipt.version, changed.version);
    let events = told(&world, &stream);
    assert_eq!(events.len(), 2);
    let last = events.last().unwrap();
    assert_eq!(last.id.seq, changed.version);
    let body: RegistryEvent<SkuMapping> = serde_json::from_str(&last.body).unwrap();
    let expected = RegistryEvent {
        old: Some(mapping("TEA")),
        new: mapping("CUP"),
    };
    assert_eq!(body, expected);
    let document = DocumentKey::SkuMapping(build::channel("desk"), external.clone());
    let found = block_on(
        world
            .store
            .prefetch(&build::tenant("acme"), &Keys::of(document)),
    )
    .unwrap();
    let versions: Vec<_> = found
        .documents
        .values()
        .map(|found| found.version)
        .collect();
    assert!(versions.contains(&changed.version));
    world.check();
}

#[test]
fn no_two_mappings_share_a_stream() {
    let of = |channel: &str, external: &str| {
        let external = ExternalId::parse(external).unwrap();
        StreamId::sku_mapping(&build::channel(channel), &external)
    };
    let all = [of("a", "b/c"), of("a/b", "c"), of("a%2Fb", "c")];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn no_two_stock_rows_share_a_stream() {
    let of = |hub: &str, sku: &str| StreamId::stock(&build::hub(hub), &build::sku(sku));
    let all = [
        of("c", "a at b"),
        of("b at c", "a"),
        of("a", "b/c"),
        of("a/b", "c"),
        of("a%2Fb", "c"),
    ];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(of("north", "TEA").to_string(), "stock/north/TEA");
}
