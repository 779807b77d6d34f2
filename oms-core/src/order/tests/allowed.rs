//! What is offered: a witness for every entry, and tests of what is and is not offered.

use super::fixtures::*;
use crate::order::{
    AllowedCommand, Assignment, CancelLine, CommandKind as C, EditLine, FulfillmentLine,
    HoldReason, Line, LineQuantity, OrderCommand, OrderEvent, PaymentEntry, Stage, Tracking,
    allowed_commands, preview_edit,
};
use crate::value::{AttributeKey, AttributeValue, Note, StageId, Tag, UnitPrice, Units, limits};

/// What an accepted command was about, as an entry of the list.
pub(super) fn entry(command: &OrderCommand) -> AllowedCommand {
    let (fulfillment, shipment) = match command {
        OrderCommand::Withdraw { fulfillment, .. }
        | OrderCommand::Pick { fulfillment, .. }
        | OrderCommand::Pack { fulfillment, .. }
        | OrderCommand::Unpick { fulfillment, .. }
        | OrderCommand::Ship { fulfillment, .. }
        | OrderCommand::Return { fulfillment, .. } => (Some(*fulfillment), None),
        OrderCommand::ChangeTracking { shipment, .. }
        | OrderCommand::Deliver { shipment }
        | OrderCommand::FailDelivery { shipment } => (None, Some(*shipment)),
        _ => (None, None),
    };
    AllowedCommand {
        command: command.kind(),
        fulfillment,
        shipment,
    }
}

/// A command that proves an entry: it must be accepted and change something.
pub(super) fn witness(desk: &Desk, allowed: AllowedCommand) -> OrderCommand {
    let head = &desk.order.head;
    let all = |fulfillment| (fulfillment, Vec::new());
    match allowed.command {
        C::Approve => OrderCommand::Approve,
        C::Hold => {
            let hold = head.hold.as_ref();
            let said = hold.and_then(|hold| hold.notes.get(&HoldReason::Review));
            let note = if said == Some(&reason("a")) {
                reason("b")
            } else {
                reason("a")
            };
            OrderCommand::Hold {
                reason: HoldReason::Review,
                note: Some(note),
            }
        }
        C::Release => OrderCommand::release_all(),
        C::Cancel => cancel(),
        C::CancelLines => {
            let lines = vec![CancelLine {
                line: cancellable(desk).id,
                quantity: quantity(1),
                fulfillment: None,
            }];
            OrderCommand::CancelLines {
                reason: reason("x"),
                lines,
            }
        }
        C::CancelRest => cancel_rest(),
        C::Allocate => {
            let line = waiting(desk, |line| {
                line.sku.known().is_some() && !(line.open.is_zero() && line.backordered.is_zero())
            });
            let assignments = vec![Assignment {
                hub: hub("Z"),
                line: line.id,
                quantity: quantity(1),
            }];
            OrderCommand::Allocate {
                assignments,
                expires_at: None,
            }
        }
        C::Withdraw => withdraw(allowed.fulfillment.unwrap().get(), &[]),
        C::Backorder => {
            let line = waiting(desk, |line| !line.open.is_zero()).id;
            OrderCommand::Backorder {
                lines: vec![LineQuantity {
                    line,
                    quantity: quantity(1),
                }],
            }
        }
        C::Confirm => OrderCommand::Confirm,
        C::Expire => OrderCommand::Expire {
            fulfillments: desk
                .order
                .fulfillments
                .values()
                .filter(|work| work.tentative_until().is_some())
                .map(|work| work.id)
                .collect(),
        },
        C::Pick => {
            let (fulfillment, lines) = all(allowed.fulfillment.unwrap());
            OrderCommand::Pick { fulfillment, lines }
        }
        C::Pack => {
            let (fulfillment, lines) = all(allowed.fulfillment.unwrap());
            OrderCommand::Pack { fulfillment, lines }
        }
        C::Unpick => unpick(allowed.fulfillment.unwrap().get(), &[]),
        C::Ship => ship(allowed.fulfillment.unwrap().get(), &[]),
        C::Return => send_back(allowed.fulfillment.unwrap().get(), &[]),
        C::Deliver => OrderCommand::Deliver {
            shipment: allowed.shipment.unwrap(),
        },
        C::FailDelivery => fail(allowed.shipment.unwrap().get()),
        C::ChangeTracking
        | C::ChangeCustomer
        | C::ChangeContacts
        | C::BookSlot
        | C::Promise
        | C::EditLines
        | C::RecordPayment
        | C::Tag
        | C::AddNote
        | C::SetAttribute
        | C::SetStage => fact(desk, allowed),
    }
}

fn fact(desk: &Desk, allowed: AllowedCommand) -> OrderCommand {
    let head = &desk.order.head;
    match allowed.command {
        C::ChangeTracking => {
            let shipment = allowed.shipment.unwrap();
            let known = desk
                .order
                .fulfillments
                .values()
                .flat_map(|work| &work.shipments);
            let known = known
                .into_iter()
                .find(|parcel| parcel.id == shipment)
                .unwrap();
            let number = known
                .tracking
                .number
                .as_ref()
                .map_or(0, |number| number.as_str().len());
            let number = Some(external(&"1".repeat(number % 9 + 1)));
            let tracking = Tracking {
                number,
                ..Tracking::default()
            };
            OrderCommand::ChangeTracking { shipment, tracking }
        }
        C::ChangeCustomer => {
            let customer = if head.customer.is_some() {
                None
            } else {
                Some(customer(5))
            };
            OrderCommand::ChangeCustomer { customer }
        }
        C::ChangeContacts => {
            let new = if head.ship_to == Some(contact(5)) {
                contact(6)
            } else {
                contact(5)
            };
            OrderCommand::ChangeContacts {
                ship_to: Some(new),
                bill_to: None,
            }
        }
        C::BookSlot => book_slot(head.slot.is_none().then_some("noon")),
        C::Promise => OrderCommand::Promise {
            by: head.promised_by.is_none().then(|| at(60)),
        },
        C::EditLines => {
            let unnamed = head.lines.iter().find(|line| line.sku.known().is_none());
            edit(vec![match unnamed.filter(|_| desk.order.work_begun()) {
                Some(line) => name(line.id.get(), "SKU-9"),
                None => dearer(&head.lines[0]),
            }])
        }
        C::RecordPayment => pay(
            PaymentEntry::Captured {
                amount: eur("0.01"),
            },
            None,
        ),
        C::Tag => match head.tags.first() {
            Some(tag) => OrderCommand::Tag {
                add: vec![],
                remove: vec![tag.clone()],
            },
            None => OrderCommand::Tag {
                add: vec![Tag::parse("t").unwrap()],
                remove: vec![],
            },
        },
        C::AddNote => OrderCommand::AddNote {
            text: Note::parse("n").unwrap(),
        },
        C::SetAttribute => {
            let key = AttributeKey::parse("test.key").unwrap();
            let length = head
                .attributes
                .get(&key)
                .map_or(0, |value| value.as_str().len());
            let value = Some(AttributeValue::parse("v".repeat(length % 9 + 1)).unwrap());
            OrderCommand::SetAttribute { key, value }
        }
        C::SetStage => {
            let status = desk.status();
            let of_status = desk
                .workflow
                .stages
                .iter()
                .find(|stage| stage.status == status);
            let stage = match head.stage {
                Some(_) => None,
                None => of_status.map(|stage| stage.id.clone()),
            };
            OrderCommand::SetStage { stage }
        }
        other => panic!("{other} is no fact"),
    }
}

fn dearer(line: &Line) -> EditLine {
    let currency = line.unit_price.currency();
    let cents = rust_decimal::Decimal::new(1, 2);
    EditLine::Change {
        line: line.id,
        sku: None,
        quantity: None,
        unit_price: Some(UnitPrice::new(line.unit_price.amount() + cents, currency).unwrap()),
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

fn waiting(desk: &Desk, wanted: impl Fn(&Line) -> bool) -> &Line {
    desk.order
        .head
        .lines
        .iter()
        .find(|line| wanted(line))
        .unwrap()
}

fn cancellable(desk: &Desk) -> &Line {
    waiting(desk, |line| {
        let shares = desk
            .order
            .fulfillments
            .values()
            .filter_map(|work| work.line(line.id));
        let here = shares
            .map(FulfillmentLine::here)
            .any(|units| !units.is_zero());
        here || !line.open.is_zero() || !line.backordered.is_zero()
    })
}

/// Asserts both directions for one order: every entry has a witness, and every command of `asked`
/// that changes something has an entry.
#[track_caller]
pub(super) fn check(desk: &Desk, asked: &[OrderCommand]) {
    let offered = allowed_commands(&desk.order, &desk.workflow, desk.now);
    for allowed in &offered {
        let command = witness(desk, *allowed);
        assert_eq!(entry(&command), *allowed);
        let events = desk
            .ask(&command)
            .unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        assert!(!events.is_empty(), "{command:?} changes nothing");
    }
    for command in asked {
        if desk.ask(command).is_ok_and(|events| !events.is_empty()) {
            assert!(
                offered.contains(&entry(command)),
                "{command:?} is not offered: {offered:?}"
            );
        }
    }
}

fn kinds(desk: &Desk) -> Vec<C> {
    let mut kinds: Vec<C> = allowed_commands(&desk.order, &desk.workflow, desk.now)
        .iter()
        .map(|allowed| allowed.command)
        .collect();
    kinds.dedup();
    kinds
}

#[test]
fn a_placed_order_offers_what_can_be_done_with_it() {
    let desk = Desk::new(&[(1, "1.00")]);
    let expected = [
        C::Approve,
        C::Hold,
        C::Cancel,
        C::CancelLines,
        C::Allocate,
        C::Backorder,
        C::ChangeCustomer,
        C::ChangeContacts,
        C::BookSlot,
        C::Promise,
        C::EditLines,
        C::RecordPayment,
        C::Tag,
        C::AddNote,
        C::SetAttribute,
    ];
    assert_eq!(kinds(&desk), expected);
}

#[test]
fn orders_that_are_over_offer_what_is_left_to_say() {
    let mut cancelled = Desk::new(&[(1, "1.00")]);
    cancelled.run(&cancel());
    assert_eq!(
        kinds(&cancelled),
        [C::RecordPayment, C::Tag, C::AddNote, C::SetAttribute]
    );
    let mut closed = Desk::delivered();
    let facts = [C::RecordPayment, C::Tag, C::AddNote, C::SetAttribute];
    let journey = [C::ChangeTracking, C::FailDelivery, C::Return];
    assert_eq!(kinds(&closed), [&journey, &facts[..]].concat());
    closed.run(&send_back(1, &[]));
    assert_eq!(kinds(&closed), [&[C::ChangeTracking], &facts[..]].concat());
}

#[test]
fn work_is_offered_by_fulfillment_and_parcel() {
    let mut desk = Desk::new(&[(4, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("B", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&allocate_until(&[("C", 1, 1)], 60));
    desk.run(&pick(2, &[(1, 1)]));
    let of = |desk: &Desk, command: C| -> Vec<u32> {
        allowed_commands(&desk.order, &desk.workflow, desk.now)
            .iter()
            .filter(|allowed| allowed.command == command)
            .map(|allowed| {
                let work = allowed.fulfillment.map(|id| id.get());
                work.or_else(|| allowed.shipment.map(|id| id.get()))
                    .unwrap()
            })
            .collect()
    };
    assert_eq!(
        of(&desk, C::Pick),
        [1, 2],
        "a tentative claim is not picked"
    );
    assert_eq!(of(&desk, C::Pack), [2]);
    assert_eq!(of(&desk, C::Unpick), [2]);
    assert_eq!(of(&desk, C::Ship), [0_u32; 0]);
    desk.run(&pack(2, &[]));
    assert_eq!(of(&desk, C::Unpick), [2], "what is packed, too");
    desk.run(&ship(2, &[]));
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[]));
    assert_eq!(
        of(&desk, C::Deliver),
        [1, 2],
        "by number, not by fulfillment"
    );
    desk.run(&deliver(1));
    assert_eq!(of(&desk, C::Deliver), [2]);
    assert_eq!(of(&desk, C::FailDelivery), [1, 2], "or was lost after all");
    assert_eq!(of(&desk, C::ChangeTracking), [1, 2]);
    assert_eq!(of(&desk, C::Return), [2]);
}

#[test]
fn time_takes_offers_away() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&allocate_until(&[("A", 1, 1)], 60));
    let has = |desk: &Desk, kind: C| kinds(desk).contains(&kind);
    desk.now = at(59);
    assert!(has(&desk, C::Approve) && has(&desk, C::Confirm) && has(&desk, C::Expire));
    desk.now = at(60);
    assert!(!has(&desk, C::Approve) && !has(&desk, C::Confirm) && has(&desk, C::Expire));
}

#[test]
fn stages_are_offered_when_there_is_another_one() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    assert!(!kinds(&desk).contains(&C::SetStage));
    let stage = |status| Stage {
        id: StageId::parse("s").unwrap(),
        status,
    };
    desk.workflow.stages = vec![stage(crate::order::OrderStatus::Picked)];
    assert!(!kinds(&desk).contains(&C::SetStage));
    desk.workflow.stages = vec![stage(crate::order::OrderStatus::Pending)];
    assert!(kinds(&desk).contains(&C::SetStage));
    desk.run(&OrderCommand::SetStage {
        stage: Some(StageId::parse("s").unwrap()),
    });
    assert!(kinds(&desk).contains(&C::SetStage), "it can be left");
}

#[test]
fn full_lists_are_not_offered_more() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let note = OrderCommand::AddNote {
        text: Note::parse("n").unwrap(),
    };
    for _ in 0..limits::NOTES_MAX {
        desk.run(&note);
    }
    assert!(!kinds(&desk).contains(&C::AddNote));
    desk.order.head.fulfillments_made = u32::try_from(limits::FULFILLMENTS_MADE_MAX).unwrap();
    assert!(!kinds(&desk).contains(&C::Allocate));
    check(&desk, &[note, allocate(&[("A", 1, 1)])]);
}

#[test]
fn an_order_with_as_much_work_as_may_be_is_not_offered_more() {
    let count = u32::try_from(limits::FULFILLMENTS_PER_ORDER_MAX).unwrap();
    let mut desk = Desk::new(&[(count + 1, "1.00")]);
    for _ in 0..count {
        assert!(kinds(&desk).contains(&C::Allocate));
        desk.run(&allocate(&[("A", 1, 1)]));
    }
    assert!(!kinds(&desk).contains(&C::Allocate));
    check(&desk, &[allocate(&[("A", 1, 1)])]);
}

#[test]
fn a_full_set_of_parcels_offers_no_shipping() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[(1, 1)]));
    assert!(kinds(&desk).contains(&C::Ship));
    let fulfillment = desk.order.fulfillments.get_mut(&work(1)).unwrap();
    let one = fulfillment.shipments[0].clone();
    fulfillment.shipments = vec![one; limits::SHIPMENTS_PER_ORDER_MAX];
    assert!(!kinds(&desk).contains(&C::Ship));
    assert_eq!(desk.refusal(&ship(1, &[])).code(), "too_many");
}

#[test]
fn a_line_nobody_could_identify_is_not_offered_for_allocation() {
    let draft = draft(&[(1, "1.00")]);
    let placed = place_event(&draft, &[]).unwrap();
    let OrderEvent::Placed { head } = &placed else {
        panic!("not placed")
    };
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.order = crate::order::Order::from_placed(head);
    assert!(!kinds(&desk).contains(&C::Allocate));
    check(&desk, &[allocate(&[("A", 1, 1)])]);
    assert!(preview_edit(&desk.order, &[dearer(&desk.order.head.lines[0])]).is_ok());
    assert_eq!(desk.order.head.lines[0].open, Units::from(quantity(1)));
}
