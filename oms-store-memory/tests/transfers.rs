//! Transfers between hubs: asked for, shipped, received in full, short or over, called off; and no
//! unit is ever made or lost by one.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::event::StreamId;
use oms_core::hub::Hub;
use oms_core::order::{OrderDraft, Source, SourceKind};
use oms_core::plan::{Command, DocumentKey, PlaceOrder, decode_event};
use oms_core::port::MovementFilter;
use oms_core::service::{Call, Done, Error, Oms, Tenant, TransferDraft, TransferFilter};
use oms_core::stock::{
    Movement, MovementKind, StockCommand, Transfer, TransferCommand, TransferEvent, TransferState,
};
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, build};
use oms_core::value::{Currency, Name, Sku, Title, TransferId, Units, Version};
use oms_store_memory::MemoryStore;
use proptest::prelude::*;

const HUBS: [&str; 3] = ["north", "south", "west"];
const SKUS: [&str; 2] = ["TEA", "MUG"];

struct World {
    tenant: Tenant,
}

fn call() -> Call {
    Call::default()
}

fn id(text: &str) -> TransferId {
    TransferId::parse(text).unwrap()
}

fn units(lines: &[(&str, u32)]) -> BTreeMap<Sku, Units> {
    let lines = lines.iter();
    lines
        .map(|(sku, units)| (build::sku(sku), build::units(*units)))
        .collect()
}

fn code(result: Result<Done, Error>) -> String {
    result.unwrap_err().code().to_owned()
}

impl World {
    /// Every hub has so many units of every SKU.
    fn new(each: u32) -> Self {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let oms = Oms::builder(Arc::new(store))
            .clock(Arc::new(clock))
            .build_with_ids(Arc::new(FakeIds::new(1)));
        let tenant = oms.tenant(build::tenant("acme"));
        let world = Self { tenant };
        world.done(Command::PutSettings(Settings::default()));
        let channel = SalesChannel::new(build::channel("desk"), Name::parse("Desk").unwrap());
        world.done(Command::PutChannel(channel));
        for sku in SKUS {
            let product = Product::new(build::sku(sku), Title::parse(sku).unwrap());
            world.done(Command::PutProduct(product));
        }
        for id in HUBS {
            let hub = Hub::new(build::hub(id), Name::parse(id).unwrap());
            world.done(Command::PutHub(hub));
            for sku in SKUS {
                let quantity = build::quantity(each);
                world.done(Command::Stock {
                    key: build::stock(id, sku),
                    command: StockCommand::Receive { quantity },
                    reason: build::reason("delivery"),
                });
            }
        }
        world
    }

    fn done(&self, command: Command) -> Done {
        block_on(self.tenant.execute(command, call())).unwrap()
    }

    fn request(
        &self,
        name: &str,
        hubs: (&str, &str),
        lines: &[(&str, u32)],
    ) -> Result<Done, Error> {
        let draft = TransferDraft {
            from: build::hub(hubs.0),
            to: build::hub(hubs.1),
            lines: units(lines),
        };
        block_on(self.tenant.request_transfer(id(name), draft, call()))
    }

    fn ship(&self, name: &str) -> Result<Done, Error> {
        self.ship_so(name, &[])
    }

    fn ship_so(&self, name: &str, sent: &[(&str, u32)]) -> Result<Done, Error> {
        block_on(self.tenant.ship_transfer(id(name), units(sent), call()))
    }

    fn receive(&self, name: &str, counted: &[(&str, u32)]) -> Result<Done, Error> {
        let counted = units(counted);
        block_on(self.tenant.receive_transfer(id(name), counted, call()))
    }

    fn part(
        &self,
        name: &str,
        arrived: &[(&str, u32)],
        damaged: &[(&str, u32)],
    ) -> Result<Done, Error> {
        let (arrived, damaged) = (units(arrived), units(damaged));
        let tenant = &self.tenant;
        block_on(tenant.receive_transfer_part(id(name), arrived, damaged, call()))
    }

    fn close(&self, name: &str) -> Result<Done, Error> {
        let reason = build::reason("gone");
        block_on(self.tenant.close_transfer(id(name), reason, call()))
    }

    fn cancel(&self, name: &str) -> Result<Done, Error> {
        let reason = build::reason("no van");
        block_on(self.tenant.cancel_transfer(id(name), reason, call()))
    }

    fn transfer(&self, name: &str) -> Transfer {
        block_on(self.tenant.transfer(&id(name))).unwrap().unwrap()
    }

    /// On hand, reserved and what can be sold.
    fn level(&self, hub: &str, sku: &str) -> [i64; 3] {
        let level = block_on(self.tenant.stock_level(&build::stock(hub, sku))).unwrap();
        let (on_hand, reserved) = (level.on_hand.get(), level.reserved.get());
        [i64::from(on_hand), i64::from(reserved), level.available()]
    }

    fn movements(&self) -> Vec<Movement> {
        let filter = MovementFilter::default();
        let all = self.tenant.movements(&filter, None, 500);
        block_on(all).unwrap().items
    }

    /// Kind, hub, SKU, delta and reason of the movements that are of transfers.
    fn moved(&self) -> Vec<(MovementKind, String, i64, String)> {
        let all = self.movements().into_iter().map(|movement| movement.draft);
        let ours = all.filter(|draft| draft.kind != MovementKind::Received);
        let told = ours.map(|draft| {
            let reason = draft.reason.unwrap().to_string();
            (draft.kind, draft.stock.to_string(), draft.delta, reason)
        });
        told.collect()
    }

    fn sound(&self) {
        assert_eq!(block_on(self.tenant.audit()).unwrap(), []);
    }
}

#[test]
fn goods_leave_one_hub_are_under_way_and_arrive_at_the_other() {
    let world = World::new(10);
    world
        .request("T-1", ("north", "south"), &[("TEA", 4), ("MUG", 1)])
        .unwrap();
    assert_eq!(
        world.level("north", "TEA"),
        [10, 0, 10],
        "nothing moved yet"
    );
    let shipped = world.ship("T-1").unwrap();
    assert_eq!(shipped.receipt.events, ["transfer.shipped"]);
    assert_eq!(world.level("north", "TEA"), [6, 0, 6]);
    assert_eq!(
        world.level("south", "TEA"),
        [10, 0, 10],
        "nobody's available stock"
    );
    let under_way = world.transfer("T-1");
    assert_eq!(under_way.state, TransferState::InTransit);
    assert_eq!(under_way.in_transit(&build::sku("TEA")), build::units(4));
    world.receive("T-1", &[]).unwrap();
    assert_eq!(world.level("south", "TEA"), [14, 0, 14]);
    assert_eq!(world.level("south", "MUG"), [11, 0, 11]);
    assert_eq!(world.transfer("T-1").state, TransferState::Received);
    let deltas: i64 = world.moved().iter().map(|(_, _, delta, _)| delta).sum();
    assert_eq!(deltas, 0, "the movements balance");
    assert_eq!(world.moved().len(), 4);

    // The state is the fold of the events.
    let stream = StreamId::transfer(&id("T-1"));
    let events = block_on(world.tenant.stream(&stream)).unwrap();
    let folded = events.iter().fold(None, |before, record| {
        let event: TransferEvent = decode_event(record).unwrap();
        Transfer::after(before, &event)
    });
    assert_eq!(folded, Some(world.transfer("T-1")));
    world.sound();
}

#[test]
fn what_arrives_short_or_over_is_a_movement_of_its_own() {
    let world = World::new(10);
    world
        .request("T-1", ("north", "south"), &[("TEA", 4), ("MUG", 2)])
        .unwrap();
    world.ship("T-1").unwrap();
    let stray = world.receive("T-1", &[("POT", 1)]);
    assert_eq!(code(stray), "transfer_not_sent");
    world.receive("T-1", &[("TEA", 1), ("MUG", 3)]).unwrap();
    assert_eq!(world.level("south", "TEA"), [11, 0, 11]);
    assert_eq!(world.level("south", "MUG"), [13, 0, 13]);
    let differences: Vec<_> = world
        .moved()
        .into_iter()
        .filter(|(kind, ..)| *kind == MovementKind::TransferDifference)
        .map(|(_, stock, delta, reason)| (stock, delta, reason))
        .collect();
    let expected = [
        ("MUG at south", 1, "transfer T-1: 3 of 2 arrived"),
        ("TEA at south", -3, "transfer T-1: 1 of 4 arrived"),
    ];
    let expected = expected.map(|(stock, delta, why)| (stock.to_owned(), delta, why.to_owned()));
    assert_eq!(differences, expected);
    // Nothing at all arrived of another one, and somebody says why.
    world
        .request("T-2", ("north", "south"), &[("TEA", 2)])
        .unwrap();
    world.ship("T-2").unwrap();
    let counted = units(&[("TEA", 0)]);
    let why = call().with_reason(build::reason("the van burnt"));
    block_on(world.tenant.receive_transfer(id("T-2"), counted, why)).unwrap();
    assert_eq!(world.level("south", "TEA"), [11, 0, 11]);
    let last = world.moved().pop().unwrap();
    assert_eq!((last.2, last.3.as_str()), (-2, "the van burnt"));
    world.sound();
}

#[test]
fn goods_arrive_in_several_deliveries() {
    let world = World::new(10);
    world
        .request("T-1", ("north", "south"), &[("TEA", 6), ("MUG", 2)])
        .unwrap();
    assert_eq!(
        code(world.part("T-1", &[("TEA", 1)], &[])),
        "transfer_illegal"
    );
    world.ship("T-1").unwrap();
    let first = world.part("T-1", &[("TEA", 4)], &[("TEA", 1)]).unwrap();
    assert_eq!(first.receipt.events, ["transfer.part_received"]);
    assert_eq!(
        world.level("south", "TEA"),
        [13, 0, 13],
        "one cannot be sold"
    );
    let open = world.transfer("T-1");
    assert_eq!(open.state, TransferState::InTransit);
    assert_eq!(open.under_way(), units(&[("TEA", 2), ("MUG", 2)]));

    // The same delivery, told twice under its key.
    let keyed = call().with_key(build::idempotency_key("van-2"));
    let told = || {
        let (arrived, damaged) = (units(&[("TEA", 3), ("MUG", 1)]), units(&[]));
        let tenant = &world.tenant;
        block_on(tenant.receive_transfer_part(id("T-1"), arrived, damaged, keyed.clone())).unwrap()
    };
    assert_eq!([told().repeated, told().repeated], [false, true]);
    assert_eq!(world.level("south", "TEA"), [16, 0, 16], "one too many");
    // The one that ends the transfer says no more than the others.
    let last = world.part("T-1", &[("MUG", 1)], &[]).unwrap();
    assert_eq!(last.receipt.events, ["transfer.part_received"]);
    assert_eq!(world.transfer("T-1").state, TransferState::Received);
    let ours: Vec<_> = world
        .moved()
        .into_iter()
        .filter(|(_, stock, ..)| stock == "TEA at south")
        .map(|(kind, _, delta, reason)| (kind, delta, reason))
        .collect();
    let expected = [
        (MovementKind::TransferredIn, 4, "transfer T-1"),
        (MovementKind::Damaged, -1, "transfer T-1"),
        (MovementKind::TransferredIn, 2, "transfer T-1"),
        (
            MovementKind::TransferDifference,
            1,
            "transfer T-1: 7 of 6 arrived",
        ),
    ];
    let expected = expected.map(|(kind, delta, why)| (kind, delta, why.to_owned()));
    assert_eq!(ours, expected);
    world.sound();
}

#[test]
fn movements_name_the_transfer_they_are_of() {
    let world = World::new(10);
    for name in ["T-1", "T-2"] {
        let lines = [("TEA", 2), ("MUG", 1)];
        world.request(name, ("north", "south"), &lines).unwrap();
        // Whatever reason somebody gives.
        let why = call().with_reason(build::reason("for the fair"));
        block_on(world.tenant.ship_transfer(id(name), units(&[]), why)).unwrap();
    }
    world.part("T-1", &[("TEA", 3)], &[("TEA", 1)]).unwrap();
    world.close("T-1").unwrap();
    let filter = MovementFilter {
        transfer: Some(id("T-1")),
        from: world.transfer("T-1").shipped_at,
        ..MovementFilter::default()
    };
    let ours = block_on(world.tenant.movements(&filter, None, 500)).unwrap();
    let ours: Vec<_> = ours.items.iter().map(|one| one.draft.delta).collect();
    // Sent, then tea with one over and one broken, then the mug that never came.
    assert_eq!(ours, [-1, -2, 2, 1, -1, 1, -1]);
    let unnamed = world.movements().into_iter().filter(|movement| {
        let draft = &movement.draft;
        draft.transfer.is_none() && draft.kind != MovementKind::Received
    });
    assert_eq!(unnamed.count(), 0);
}

#[test]
fn what_is_on_its_way_to_a_hub_is_told_beside_what_the_host_expects() {
    let world = World::new(10);
    let under_way = |hub: &str| {
        let found = block_on(world.tenant.under_way_to(&build::hub(hub))).unwrap();
        let found = found.into_iter();
        found
            .map(|(sku, units)| (sku.to_string(), units))
            .collect::<Vec<_>>()
    };
    let expected = |tea: u64, mugs: u64| {
        let all = [("MUG", mugs), ("TEA", tea)];
        let all = all.into_iter().filter(|(_, units)| *units > 0);
        all.map(|(sku, units)| (sku.to_owned(), units))
            .collect::<Vec<_>>()
    };
    let incoming = build::units(40);
    world.done(Command::Stock {
        key: build::stock("south", "TEA"),
        command: StockCommand::SetIncoming { incoming },
        reason: build::reason("ordered"),
    });
    let lines = [("TEA", 4), ("MUG", 1)];
    for (name, from) in [("T-1", "north"), ("T-2", "west")] {
        world.request(name, (from, "south"), &lines).unwrap();
    }
    world.request("T-3", ("south", "west"), &lines).unwrap();
    assert_eq!(under_way("south"), expected(0, 0), "nothing left yet");
    for name in ["T-1", "T-2", "T-3"] {
        world.ship(name).unwrap();
    }
    assert_eq!(under_way("south"), expected(8, 2));
    assert_eq!(under_way("north"), expected(0, 0));
    world.part("T-1", &[("TEA", 3)], &[("TEA", 1)]).unwrap();
    assert_eq!(under_way("south"), expected(5, 2));
    world.receive("T-2", &[]).unwrap();
    assert_eq!(under_way("south"), expected(1, 1));
    world.close("T-1").unwrap();
    assert_eq!(under_way("south"), expected(0, 0));
    let level = block_on(world.tenant.stock_level(&build::stock("south", "TEA"))).unwrap();
    assert_eq!(level.incoming.get(), 40);
}

#[test]
fn what_never_arrives_is_booked_when_a_transfer_is_closed() {
    let world = World::new(10);
    world
        .request("T-1", ("north", "south"), &[("TEA", 6), ("MUG", 2)])
        .unwrap();
    assert_eq!(code(world.close("T-1")), "transfer_illegal");
    world.ship("T-1").unwrap();
    world.part("T-1", &[("TEA", 4)], &[]).unwrap();
    let closed = world.close("T-1").unwrap();
    assert_eq!(closed.receipt.events, ["transfer.closed"]);
    assert_eq!(world.close("T-1").unwrap().receipt.events, [""; 0]);
    assert_eq!(world.level("south", "TEA"), [14, 0, 14]);
    assert_eq!(world.level("south", "MUG"), [10, 0, 10]);
    let transfer = world.transfer("T-1");
    let lost = SKUS.map(|sku| transfer.lost(&build::sku(sku)).get());
    assert_eq!((transfer.state, lost), (TransferState::Received, [2, 2]));
    let differences: Vec<_> = world
        .moved()
        .into_iter()
        .filter(|(kind, ..)| *kind == MovementKind::TransferDifference)
        .map(|(_, stock, delta, reason)| (stock, delta, reason))
        .collect();
    let expected = [("MUG at south", -2, "gone"), ("TEA at south", -2, "gone")];
    let expected = expected.map(|(stock, delta, why)| (stock.to_owned(), delta, why.to_owned()));
    assert_eq!(differences, expected);
    // What left is what arrived and what was lost.
    let sum: i64 = world.moved().iter().map(|(_, _, delta, _)| delta).sum();
    assert_eq!(sum, -4);
    let stream = StreamId::transfer(&id("T-1"));
    let events = block_on(world.tenant.stream(&stream)).unwrap();
    let folded = events.iter().fold(None, |before, record| {
        let event: TransferEvent = decode_event(record).unwrap();
        Transfer::after(before, &event)
    });
    assert_eq!(folded, Some(transfer));
    world.sound();
}

#[test]
fn what_turns_up_when_a_transfer_is_over_is_booked_to_it() {
    let world = World::new(10);
    let late = |name: &str, sent: &[(&str, u32)]| {
        world.request(name, ("north", "south"), sent).unwrap();
        world.ship(name).unwrap();
    };
    // One more than was sent, in the carton after the last one that was awaited.
    late("T-1", &[("TEA", 6)]);
    world.part("T-1", &[("TEA", 6)], &[]).unwrap();
    let told = world.part("T-1", &[("TEA", 1)], &[]).unwrap();
    assert_eq!(told.receipt.events, ["transfer.part_received"]);
    assert_eq!(world.level("south", "TEA"), [17, 0, 17]);
    // A pallet that was taken for lost, with a broken mug.
    late("T-2", &[("MUG", 4)]);
    world.close("T-2").unwrap();
    world.part("T-2", &[("MUG", 3)], &[("MUG", 1)]).unwrap();
    assert_eq!(world.level("south", "MUG"), [12, 0, 12]);
    let found = ["T-1", "T-2"].map(|name| {
        let transfer = world.transfer(name);
        let lost = SKUS.map(|sku| transfer.lost(&build::sku(sku)).get());
        (transfer.state, lost)
    });
    let over = TransferState::Received;
    assert_eq!(found, [(over, [0, 0]), (over, [0, 1])]);
    let of = |name: &str| {
        let filter = MovementFilter {
            transfer: Some(id(name)),
            ..MovementFilter::default()
        };
        let all = block_on(world.tenant.movements(&filter, None, 500)).unwrap();
        let drafts = all.items.into_iter().map(|movement| movement.draft);
        let told = drafts.map(|draft| (draft.kind, draft.delta));
        told.collect::<Vec<_>>()
    };
    let (out, arrived) = (MovementKind::TransferredOut, MovementKind::TransferredIn);
    let difference = MovementKind::TransferDifference;
    assert_eq!(of("T-1"), [(out, -6), (arrived, 6), (difference, 1)]);
    let damaged = MovementKind::Damaged;
    assert_eq!(
        of("T-2"),
        [
            (out, -4),
            (arrived, 4),
            (difference, -4),
            (difference, 3),
            (damaged, -1)
        ]
    );
    // The state is the fold of the events, and those that are over are not open again.
    let stream = StreamId::transfer(&id("T-2"));
    let events = block_on(world.tenant.stream(&stream)).unwrap();
    let folded = events.iter().fold(None, |before, record| {
        let event: TransferEvent = decode_event(record).unwrap();
        Transfer::after(before, &event)
    });
    assert_eq!(folded, Some(world.transfer("T-2")));
    let open = TransferFilter {
        open: Some(true),
        ..TransferFilter::default()
    };
    let open = block_on(world.tenant.transfers(&open, None, 9)).unwrap();
    assert_eq!(open.items, []);
    world.sound();
}

#[test]
fn what_is_reserved_or_not_there_cannot_leave() {
    let world = World::new(10);
    let source = Source {
        kind: SourceKind::Manual,
        channel: build::channel("desk"),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    draft.push_line("TEA", 7, "4.50").unwrap();
    block_on(world.tenant.place(PlaceOrder::new(draft), call())).unwrap();
    assert_eq!(world.level("north", "TEA"), [10, 7, 3]);
    world
        .request("T-1", ("north", "south"), &[("TEA", 4), ("MUG", 11)])
        .unwrap();
    let refused = world.ship("T-1").unwrap_err();
    assert_eq!(refused.code(), "stock_refused");
    let text = refused.to_string();
    assert!(
        text.contains("MUG at north") && text.contains("TEA at north"),
        "{text}"
    );
    let kept = world.transfer("T-1").state;
    assert_eq!(
        (kept, world.level("north", "MUG")),
        (TransferState::Requested, [10, 0, 10])
    );
    world.cancel("T-1").unwrap();
    world
        .request("T-2", ("north", "south"), &[("TEA", 3)])
        .unwrap();
    world.ship("T-2").unwrap();
    assert_eq!(world.level("north", "TEA"), [7, 7, 0]);
    world.sound();
}

#[test]
fn what_is_there_leaves_when_more_was_asked_for() {
    let world = World::new(8);
    world
        .request("T-1", ("north", "south"), &[("TEA", 10), ("MUG", 2)])
        .unwrap();
    assert_eq!(code(world.ship("T-1")), "stock_refused");
    assert_eq!(
        code(world.ship_so("T-1", &[("POT", 1)])),
        "transfer_not_asked"
    );
    let nothing = world.ship_so("T-1", &[("TEA", 0), ("MUG", 0)]);
    assert_eq!(code(nothing), "transfer_nothing_sent");
    world.ship_so("T-1", &[("TEA", 8)]).unwrap();
    assert_eq!(world.level("north", "TEA"), [0, 0, 0]);
    assert_eq!(world.level("north", "MUG"), [6, 0, 6]);
    let under_way = block_on(world.tenant.under_way_to(&build::hub("south"))).unwrap();
    assert_eq!(under_way.get(&build::sku("TEA")), Some(&8));
    world.receive("T-1", &[("TEA", 7)]).unwrap();
    assert_eq!(world.level("south", "TEA"), [15, 0, 15]);
    let (_, _, delta, why) = world.moved().pop().unwrap();
    assert_eq!((delta, why.as_str()), (-1, "transfer T-1: 7 of 8 arrived"));
    let transfer = world.transfer("T-1");
    assert_eq!(transfer.lines, units(&[("TEA", 10), ("MUG", 2)]));
    assert_eq!(transfer.lost(&build::sku("TEA")), build::units(1));
    world.sound();
}

#[test]
fn bad_requests_are_refused_with_what_is_wrong() {
    let world = World::new(10);
    let refused = |hubs, lines: &[(&str, u32)]| {
        let error = world.request("T-1", hubs, lines).unwrap_err();
        (error.code().to_owned(), error.to_string())
    };
    let (code_of, text) = refused(("north", "north"), &[("TEA", 1)]);
    assert_eq!(code_of, "transfer_same_hub");
    assert!(text.contains("transfer T-1: to: "), "{text}");
    let (code_of, text) = refused(("north", "south"), &[("TEA", 0)]);
    assert_eq!(code_of, "transfer_no_units");
    assert!(text.contains("lines.TEA"), "{text}");
    assert_eq!(refused(("north", "south"), &[]).0, "transfer_line_count");
    let (code_of, text) = refused(("north", "nowhere"), &[("TEA", 1)]);
    assert_eq!(
        (code_of.as_str(), text.as_str()),
        ("not_found", "hub nowhere does not exist")
    );
    let (code_of, text) = refused(("north", "south"), &[("POT", 1)]);
    assert_eq!(
        (code_of.as_str(), text.as_str()),
        ("not_found", "SKU POT does not exist")
    );
    for unknown in [
        world.ship("T-9"),
        world.receive("T-9", &[]),
        world.cancel("T-9"),
    ] {
        assert_eq!(code(unknown), "not_found");
    }
    assert_eq!(block_on(world.tenant.transfer(&id("T-1"))).unwrap(), None);
    world.sound();
}

#[test]
fn every_step_happens_once_and_in_its_order() {
    let world = World::new(10);
    let request = || world.request("T-1", ("north", "south"), &[("TEA", 4)]);
    assert_eq!(code(world.receive("T-9", &[])), "not_found");
    request().unwrap();
    assert_eq!(
        request().unwrap().receipt.events,
        [""; 0],
        "it is there already"
    );
    let other = world.request("T-1", ("north", "south"), &[("TEA", 5)]);
    assert_eq!(code(other), "transfer_exists");
    assert_eq!(code(world.receive("T-1", &[])), "transfer_illegal");
    // The same key, and then no key at all.
    let keyed = call().with_key(build::idempotency_key("k"));
    let ship = || {
        let sent = units(&[]);
        block_on(world.tenant.ship_transfer(id("T-1"), sent, keyed.clone())).unwrap()
    };
    assert!(!ship().repeated);
    assert!(ship().repeated);
    assert_eq!(world.ship("T-1").unwrap().receipt.events, [""; 0]);
    assert_eq!(world.level("north", "TEA"), [6, 0, 6]);
    assert_eq!(code(world.cancel("T-1")), "transfer_illegal");
    for _ in 0..2 {
        world.receive("T-1", &[("TEA", 3)]).unwrap();
        assert_eq!(world.level("south", "TEA"), [13, 0, 13]);
    }
    assert_eq!(code(world.receive("T-1", &[])), "transfer_illegal");
    assert_eq!(code(world.ship("T-1")), "transfer_illegal");
    assert_eq!(code(request()), "transfer_exists", "it is over");

    // Whoever saw another version is told.
    world
        .request("T-2", ("south", "west"), &[("TEA", 1)])
        .unwrap();
    let stale = call().expecting(Version::ZERO);
    let changed = block_on(world.tenant.ship_transfer(id("T-2"), units(&[]), stale));
    assert_eq!(code(changed), "changed");
    world.cancel("T-2").unwrap();
    world.cancel("T-2").unwrap();
    assert_eq!(code(world.ship("T-2")), "transfer_illegal");
    let anew = world.request("T-2", ("south", "west"), &[("TEA", 1)]);
    assert_eq!(code(anew), "transfer_exists");

    // Those that are under way are listed by themselves.
    world
        .request("T-3", ("west", "north"), &[("MUG", 1)])
        .unwrap();
    let list = |open, after: Option<&str>, limit| {
        let after = after.map(|after| DocumentKey::Transfer(id(after)));
        let filter = TransferFilter {
            open,
            ..TransferFilter::default()
        };
        let page = world.tenant.transfers(&filter, after.as_ref(), limit);
        let page = block_on(page).unwrap();
        let ids = page
            .items
            .into_iter()
            .map(|transfer| transfer.id.to_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, 9), ["T-1", "T-2", "T-3"]);
    assert_eq!(list(Some(true), None, 9), ["T-3"]);
    assert_eq!(list(None, Some("T-1"), 1), ["T-2"]);
    let at = |from: Option<&str>, to: Option<&str>, open| {
        let filter = TransferFilter {
            open,
            from: from.map(build::hub),
            to: to.map(build::hub),
        };
        let page = block_on(world.tenant.transfers(&filter, None, 9));
        let ids = page.unwrap().items.into_iter();
        ids.map(|transfer| transfer.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(at(None, Some("west"), None), ["T-2"]);
    assert_eq!(at(None, Some("west"), Some(true)), [""; 0], "called off");
    assert_eq!(at(Some("west"), None, Some(true)), ["T-3"]);
    assert_eq!(at(Some("north"), Some("south"), None), ["T-1"]);
    assert_eq!(at(Some("north"), Some("west"), None), [""; 0]);
    assert_eq!(at(None, None, None), ["T-1", "T-2", "T-3"]);
    world.sound();
}

/// A command with small numbers, so that transfers meet the same rows and states again and again.
#[derive(Clone, Debug)]
enum Step {
    Request(usize, usize, usize, u32),
    Ship(usize),
    ShipSo(usize, u32),
    Receive(usize, u32),
    Part(usize, u32, u32),
    Close(usize),
    Cancel(usize),
    Issue(usize, u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_usize, 0..3_usize, 0..3_usize, 0..5_u32)
            .prop_map(|(name, from, to, most)| Step::Request(name, from, to, most)),
        3 => (0..6_usize).prop_map(Step::Ship),
        2 => (0..6_usize, 0..6_u32).prop_map(|(name, tea)| Step::ShipSo(name, tea)),
        3 => (0..6_usize, 0..7_u32).prop_map(|(name, count)| Step::Receive(name, count)),
        3 => (0..6_usize, 0..4_u32, 0..3_u32)
            .prop_map(|(name, tea, mugs)| Step::Part(name, tea, mugs)),
        1 => (0..6_usize).prop_map(Step::Close),
        1 => (0..6_usize).prop_map(Step::Cancel),
        1 => (0..3_usize, 1..3_u32).prop_map(|(hub, units)| Step::Issue(hub, units)),
    ]
}

/// Units of a SKU: at the hubs, under way, lost, found or damaged on the way, and taken out.
fn total(world: &World, sku: &str) -> i64 {
    let key = build::sku(sku);
    let at_hubs: i64 = HUBS.iter().map(|hub| world.level(hub, sku)[0]).sum();
    let every = TransferFilter::default();
    let all = block_on(world.tenant.transfers(&every, None, 500))
        .unwrap()
        .items;
    let under_way: i64 = all
        .iter()
        .map(|transfer| i64::from(transfer.in_transit(&key).get()))
        .sum();
    let gone: i64 = world
        .movements()
        .iter()
        .map(|movement| &movement.draft)
        .filter(|draft| draft.stock.sku == key)
        .filter(|draft| {
            matches!(
                draft.kind,
                MovementKind::TransferDifference | MovementKind::Damaged | MovementKind::Issued
            )
        })
        .map(|draft| -draft.delta)
        .sum();
    at_hubs + under_way + gone
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_unit_is_made_or_lost(steps in prop::collection::vec(step(), 1..40)) {
        let world = World::new(6);
        let name = |n: usize| format!("T-{n}");
        for step in steps {
            let result = match &step {
                Step::Request(n, from, to, most) => {
                    let lines = [("TEA", *most), ("MUG", most / 2 + 1)];
                    world.request(&name(*n), (HUBS[*from], HUBS[*to]), &lines)
                }
                Step::Ship(n) => world.ship(&name(*n)),
                Step::ShipSo(n, tea) => world.ship_so(&name(*n), &[("TEA", *tea)]),
                Step::Receive(n, count) => world.receive(&name(*n), &[("TEA", *count)]),
                Step::Part(n, tea, mugs) => {
                    let arrived = [("TEA", *tea), ("MUG", *mugs)];
                    world.part(&name(*n), &arrived, &[("TEA", tea / 2)])
                }
                Step::Close(n) => world.close(&name(*n)),
                Step::Cancel(n) => world.cancel(&name(*n)),
                Step::Issue(hub, units) => {
                    let quantity = build::quantity(*units);
                    let issue = StockCommand::Issue { quantity };
                    let row = build::stock(HUBS[*hub], "TEA");
                    let reason = build::reason("samples");
                    block_on(world.tenant.stock_command(row, issue, reason, call()))
                }
            };
            if let Err(error) = &result {
                prop_assert!(matches!(error, Error::Rejected(_)), "{step:?}: {error}");
            }
            for sku in SKUS {
                prop_assert_eq!(total(&world, sku), 18, "{} after {:?}", sku, step);
            }
        }
        prop_assert_eq!(block_on(world.tenant.audit()).unwrap(), vec![]);
    }
}

#[test]
fn a_command_is_named_for_logs() {
    let command = Command::Transfer {
        transfer: id("T-1"),
        command: TransferCommand::Ship { sent: units(&[]) },
    };
    assert_eq!(
        (command.name(), command.is_versioned()),
        ("ship_transfer", true)
    );
}
