//! From a cart to a paid order: claims that end by themselves stay so until somebody confirms, and
//! an order can take the place of a cart's claims.

use futures_executor::block_on;
use oms_core::order::{
    ApprovalMode, Assignment, CancelLine, Charge, ChargeKind, Claim, CommandKind, Condition,
    EditLine, ExternalReference, Guard, HoldReason, LineQuantity, Order, OrderCommand, OrderState,
    PaymentEntry, Workflow,
};
use oms_core::plan::{
    Command, OnProblem, PlaceOrder, Rejection, ReserveLine, ReserveMode, ReserveStock,
};
use oms_core::port::Clock;
use oms_core::reservation::{Owner, ReservationRefusal};
use oms_core::service::Error;
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{Currency, FulfillmentId, Money, OrderId, StageId, Tag, Units, limits};

use crate::world::{World, call, cart};

impl World {
    fn order(&self, id: OrderId) -> Order {
        block_on(self.tenant.order(id)).unwrap()
    }

    fn run(&self, id: OrderId, command: OrderCommand) {
        block_on(self.tenant.order_command(id, command, call())).unwrap();
    }

    fn tentative(&self) -> OrderId {
        self.place(unpaid())
    }

    /// A minute is over, and the sweeper has come by.
    fn end_claims(&self) {
        self.clock.advance_secs(61);
        block_on(self.tenant.sweep()).unwrap();
    }

    /// Records money; answers what happened.
    fn pay(&self, id: OrderId, entry: PaymentEntry) -> Vec<String> {
        let command = OrderCommand::RecordPayment {
            entry,
            method: None,
            reference: Some(build::external("pi-1")),
        };
        let done = block_on(self.tenant.order_command(id, command, call()));
        done.unwrap().receipt.events
    }
}

/// A checkout of 4.50 that claims for a minute.
fn unpaid() -> PlaceOrder {
    let mut place = PlaceOrder::new(World::draft(1));
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    place
}

/// A checkout that a channel keeps, too.
fn unpaid_there() -> PlaceOrder {
    let mut place = unpaid();
    place.draft.external.push(ExternalReference {
        kind: build::external("order"),
        id: build::external("1"),
    });
    place
}

fn euros(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("EUR").unwrap()).unwrap()
}

fn captured(amount: &str) -> PaymentEntry {
    let amount = euros(amount);
    PaymentEntry::Captured { amount }
}

fn gift_card(amount: &str) -> Charge {
    Charge {
        kind: ChargeKind::GiftCard,
        title: None,
        amount: euros(amount).negated(),
        tax: euros("0.00"),
    }
}

/// What a payment in full does, beside being recorded.
const KEPT: [&str; 4] = [
    "order.payment_recorded",
    "order.confirmed",
    "order.made_firm",
    "order.approved",
];

/// What it does where the order has to wait all the same.
const LONGER: [&str; 3] = [KEPT[0], "order.withdrawn", "order.allocated"];

/// A tenant who approves by itself.
fn approving(routed: bool) -> Settings {
    let mut settings = Settings {
        workflow: Workflow {
            approval: ApprovalMode::Automatic,
            ..Workflow::default()
        },
        ..Settings::default()
    };
    if !routed {
        settings.routing = None;
    }
    settings
}

fn claims(order: &Order) -> Vec<Claim> {
    let works = order.fulfillments.values().filter(|work| work.is_live());
    works.map(|work| work.claim).collect()
}

#[test]
fn an_order_without_claims_waits_for_its_payment_as_well() {
    let world = World::new();
    world.settle(approving(false));
    let id = world.tentative();
    let order = world.order(id);
    assert!(order.head.tentative && claims(&order).is_empty());
    assert_eq!(order.head.state, OrderState::Pending);
    world.run(id, OrderCommand::Confirm);
    let order = world.order(id);
    assert!(!order.head.tentative);
    assert_eq!(order.head.state, OrderState::Open, "approved by itself");
    world.check();
}

#[test]
fn a_payment_approves_nothing_where_a_person_does() {
    let world = World::new();
    let mut settings = approving(true);
    settings.workflow.approval = ApprovalMode::Manual;
    world.settle(settings);
    world.receive(1);
    let id = world.tentative();
    world.run(id, OrderCommand::Confirm);
    let order = world.order(id);
    assert_eq!(order.head.state, OrderState::Pending);
    assert_eq!(claims(&order), [Claim::Confirmed]);
    world.check();
}

/// Nobody will ever report a payment for what gift cards cover, or what was paid before.
#[test]
fn an_order_that_leaves_nothing_to_collect_is_firm_at_once() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(5);
    let placed = |covered: &str, change: &dyn Fn(&mut PlaceOrder)| {
        let mut place = unpaid();
        if !covered.is_empty() {
            place.draft.charges.push(gift_card(covered));
        }
        change(&mut place);
        world.place(place)
    };
    let covered = placed("4.50", &|_| {});
    let paid = placed("", &|place| place.draft.payment.captured = euros("4.50"));
    let promised = placed("1.00", &|place| {
        place.draft.payment.authorised = euros("3.50");
    });
    let in_part = placed("4.49", &|_| {});
    let reviewed = placed("4.50", &|place| {
        place.draft.stated_total = Some(euros("0.00"));
        place.draft.push_line("NOBODY-KNOWS", 1, "0.00").unwrap();
        place.on_problem = OnProblem::Hold;
    });
    for id in [covered, paid, promised] {
        let order = world.order(id);
        assert!(!order.head.tentative);
        assert_eq!(order.head.state, OrderState::Open);
    }
    let held = world.order(reviewed);
    assert_eq!(held.head.state, OrderState::OnHold);
    assert!(world.order(in_part).head.tentative);
    world.end_claims();
    for id in [covered, paid, promised, reviewed] {
        assert_eq!(claims(&world.order(id)), [Claim::Confirmed]);
    }
    assert_eq!(claims(&world.order(in_part)), []);
    world.check();
}

/// The host may end between two calls, so the payment alone keeps what was paid for.
#[test]
fn what_is_paid_in_full_does_not_end() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(3);
    let id = world.tentative();
    assert_eq!(world.pay(id, captured("2.00")), KEPT[..1]);
    assert!(world.order(id).head.tentative, "a part is not enough");
    assert_eq!(world.pay(id, captured("2.50")), KEPT);
    let order = world.order(id);
    assert!(!order.head.tentative);
    assert_eq!(order.head.state, OrderState::Open);
    // Said again, and confirmed as well, it is as it was.
    let none: [&str; 0] = [];
    assert_eq!(world.pay(id, captured("2.50")), none);
    world.run(id, OrderCommand::Confirm);
    assert_eq!(world.order(id), order);

    // A promise will do, and so will what the buyer is let off.
    let promised = world.tentative();
    let amount = euros("4.50");
    let events = world.pay(promised, PaymentEntry::Authorised { amount });
    assert_eq!(events, KEPT);
    let waived = world.tentative();
    assert_eq!(world.pay(waived, PaymentEntry::Waived { amount }), KEPT);
    world.end_claims();
    for id in [id, promised, waived] {
        assert_eq!(claims(&world.order(id)), [Claim::Confirmed]);
    }
    world.check();
}

/// Where the buyer gives up what is not paid, or a gift card covers it, no payment will be told.
#[test]
fn what_a_cancellation_or_an_edit_leaves_paid_does_not_end() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(10);
    let two = |mut place: PlaceOrder| {
        place.draft.push_line("TEA", 1, "4.50").unwrap();
        let id = world.place(place);
        assert_eq!(world.pay(id, captured("4.50")), KEPT[..1]);
        id
    };
    let gone = |line| OrderCommand::CancelLines {
        reason: build::reason("given up"),
        lines: vec![CancelLine {
            line: build::line(line),
            quantity: build::quantity(1),
            fulfillment: None,
        }],
    };
    let edit = |change| OrderCommand::EditLines {
        changes: vec![change],
    };
    let charges = vec![gift_card("4.50")];
    let mut firm = Vec::new();
    for command in [
        gone(2),
        edit(EditLine::Remove {
            line: build::line(2),
        }),
        edit(EditLine::Charges { charges }),
    ] {
        let id = two(unpaid());
        world.run(id, command);
        let order = world.order(id);
        assert!(!order.head.tentative);
        assert_eq!(order.head.state, OrderState::Open);
        firm.push(id);
    }
    // A part is not enough, a channel has its own word, and what is all cancelled is over.
    let charges = vec![gift_card("4.49")];
    let in_part = two(unpaid());
    world.run(in_part, edit(EditLine::Charges { charges }));
    let there = two(unpaid_there());
    world.run(there, gone(2));
    for id in [in_part, there] {
        assert!(world.order(id).head.tentative);
    }
    let over = world.tentative();
    world.run(over, gone(1));
    assert_eq!(world.order(over).head.state, OrderState::Cancelled);
    world.end_claims();
    for id in firm {
        assert_eq!(claims(&world.order(id)), [Claim::Confirmed]);
    }
    for id in [in_part, there, over] {
        assert_eq!(claims(&world.order(id)), []);
    }
    world.check();
}

/// What is left of it is on backorder: the goods that come later are its own for good.
#[test]
fn what_a_cancellation_leaves_paid_and_on_backorder_is_firm() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(1);
    let mut place = unpaid();
    place.on_problem = OnProblem::Backorder;
    place.draft.push_line("TEA", 1, "4.50").unwrap();
    let id = world.place(place);
    assert_eq!(world.pay(id, captured("4.50")), KEPT[..1]);
    let mut works = world.order(id).fulfillments.into_values();
    let claimed = works.next().unwrap().lines[0].line;
    let cancel = OrderCommand::CancelLines {
        reason: build::reason("given up"),
        lines: vec![CancelLine {
            line: claimed,
            quantity: build::quantity(1),
            fulfillment: None,
        }],
    };
    world.run(id, cancel);
    let order = world.order(id);
    assert!(!order.head.tentative);
    assert_eq!(order.head.state, OrderState::Open);
    world.check();
}

/// Where people approve, a payment keeps the goods and nothing else; and a guard on confirming
/// stands against that, not against the money: a person has a week to look at it.
#[test]
fn a_payment_keeps_to_the_settings_of_the_tenant() {
    let world = World::new();
    let mut settings = approving(true);
    settings.workflow.approval = ApprovalMode::Manual;
    world.settle(settings.clone());
    world.receive(3);
    let id = world.tentative();
    assert_eq!(world.pay(id, captured("4.50")), KEPT[..3]);
    assert_eq!(world.order(id).head.state, OrderState::Pending);

    let tag = Tag::parse("looked-at").unwrap();
    settings.workflow.guards = vec![Guard {
        name: StageId::parse("look first").unwrap(),
        command: CommandKind::Confirm,
        condition: Condition::HasTag { tag: tag.clone() },
    }];
    world.settle(settings);
    let guarded = [unpaid(), unpaid_there()].map(|place| world.place(place));
    for id in guarded {
        assert_eq!(world.pay(id, captured("4.50")), LONGER);
    }
    world.end_claims();
    for id in guarded {
        assert!(world.order(id).head.tentative);
        world.run(
            id,
            OrderCommand::Tag {
                add: vec![tag.clone()],
                remove: vec![],
            },
        );
        world.run(id, OrderCommand::Confirm);
        assert_eq!(claims(&world.order(id)), [Claim::Confirmed]);
    }
    world.check();
}

#[test]
fn money_that_comes_too_late_is_recorded_alone() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(2);
    let (due, over) = (world.tentative(), world.tentative());
    world.clock.advance_secs(61);
    assert_eq!(world.pay(due, captured("4.50")), KEPT[..1]);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.pay(over, captured("4.50")), KEPT[..1]);
    for id in [due, over] {
        let order = world.order(id);
        assert_eq!(order.head.state, OrderState::OnHold);
        assert!(order.head.tentative && claims(&order).is_empty());
        assert_eq!(order.head.payment.captured, euros("4.50"));
        world.run(id, OrderCommand::Confirm);
        assert!(!world.order(id).head.tentative);
    }
    world.check();
}

#[test]
fn what_is_paid_late_is_claimed_where_it_was_while_nothing_is_routed() {
    let world = World::new();
    world.settle(approving(false));
    world.receive(1);
    let mut place = unpaid();
    place.hub = Some(build::hub("north"));
    let id = world.place(place);
    assert_eq!(claims(&world.order(id)).len(), 1);
    world.end_claims();
    assert_eq!(world.pay(id, captured("4.50")), KEPT[..1]);
    block_on(world.tenant.confirm_paid(id, call())).unwrap();
    let order = world.order(id);
    assert_eq!(order.head.state, OrderState::Open);
    assert_eq!(claims(&order), [Claim::Confirmed]);
    world.check();
}

/// Who routes nothing chose several hubs: each has again what it had, no more and nothing of the
/// others.
#[test]
fn what_is_paid_late_is_claimed_at_each_hub_that_had_it_while_nothing_is_routed() {
    for sold in [false, true] {
        let world = World::new();
        world.settle(approving(false));
        world.open_south();
        world.receive(5);
        world.receive_tea_at("south", 1);
        let mut place = unpaid();
        place.draft = World::draft(3);
        let id = world.place(place);
        let share = |hub: &str, line| Assignment {
            hub: build::hub(hub),
            line: build::line(line),
            quantity: build::quantity(1),
        };
        // Once all of it at one hub, and then as it is to be.
        let all = [1, 2, 3].map(|line| share("north", line)).to_vec();
        let each = vec![share("north", 1), share("south", 2), share("north", 3)];
        for assignments in [all, each] {
            let expires_at = world.clock.now().checked_add_secs(60);
            let claim = OrderCommand::Allocate {
                assignments,
                expires_at,
            };
            world.run(id, claim);
            world.end_claims();
        }
        assert_eq!(claims(&world.order(id)), []);
        if sold {
            let mut other = PlaceOrder::new(World::draft(1));
            other.hub = Some(build::hub("south"));
            world.place(other);
        }
        assert_eq!(world.pay(id, captured("13.50")), KEPT[..1]);
        block_on(world.tenant.confirm_paid(id, call())).unwrap();
        let order = world.order(id);
        let works = order.fulfillments.values().filter(|work| work.is_live());
        let lines = works.map(|work| {
            assert_eq!(work.claim, Claim::Confirmed);
            let lines = work.lines.iter().map(|share| share.line.get());
            (work.hub.as_str(), lines.collect::<Vec<_>>())
        });
        let lines: Vec<_> = lines.collect();
        if sold {
            assert_eq!(lines, [("north", vec![1, 3])]);
            assert_eq!(order.head.state, OrderState::OnHold);
        } else {
            assert_eq!(lines, [("north", vec![1, 3]), ("south", vec![2])]);
            assert_eq!(order.head.state, OrderState::Open);
        }
        world.check();
    }
}

/// A hub that got back what it had of a line is not asked again for what another one lost of it,
/// however often the order is confirmed.
#[test]
fn what_one_hub_lost_is_not_claimed_at_another_one_that_has_its_own_again() {
    let world = World::new();
    world.settle(approving(false));
    world.open_south();
    world.receive(2);
    world.receive_tea_at("south", 4);
    let mut place = unpaid();
    place.draft = World::draft(0);
    place.draft.push_line("TEA", 4, "4.50").unwrap();
    let id = world.place(place);
    let half = |hub: &str| Assignment {
        hub: build::hub(hub),
        line: build::line(1),
        quantity: build::quantity(2),
    };
    let claim = OrderCommand::Allocate {
        assignments: ["north", "south"].map(half).to_vec(),
        expires_at: world.clock.now().checked_add_secs(60),
    };
    world.run(id, claim);
    world.end_claims();
    let mut other = PlaceOrder::new(World::draft(2));
    other.hub = Some(build::hub("north"));
    world.place(other);
    assert_eq!(world.pay(id, captured("18.00")), KEPT[..1]);
    let confirmed = || {
        block_on(world.tenant.confirm_paid(id, call())).unwrap();
        let order = world.order(id);
        let works = order.fulfillments.values().filter(|work| work.is_live());
        let shares = works.flat_map(|work| {
            let lines = work.lines.iter();
            lines.map(|share| (work.hub.to_string(), share.reserved.get()))
        });
        let shares: Vec<(String, u32)> = shares.collect();
        (order.head.state, shares)
    };
    let (north, south) = (("north".to_owned(), 2), ("south".to_owned(), 2));
    let half = (OrderState::OnHold, vec![south.clone()]);
    assert_eq!(confirmed(), half);
    assert_eq!(confirmed(), half);
    world.receive(2);
    assert_eq!(confirmed(), (OrderState::Open, vec![south, north]));
    world.check();
}

/// Paid is not yet to be sent: a channel may have sent it itself. Its word is a command of its own.
#[test]
fn an_order_that_a_channel_keeps_waits_for_its_word() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(1);
    let mut place = unpaid_there();
    place.draft.charges.push(gift_card("1.00"));
    let id = world.place(place);
    assert_eq!(world.pay(id, captured("3.50")), KEPT[..1]);
    let order = world.order(id);
    assert!(order.head.tentative);
    assert_eq!(order.head.state, OrderState::Pending);
    world.run(id, OrderCommand::Confirm);
    assert_eq!(world.order(id).head.state, OrderState::Open);
    world.check();
}

/// A bank's promise lasts for days, and the money is taken when the channel says so: the goods are
/// not to be sold meanwhile.
#[test]
fn what_a_channel_keeps_is_claimed_for_a_week_once_its_money_is_promised() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(9);
    let placed = |name: &str| {
        let mut place = unpaid_there();
        place.draft.external[0].id = build::external(name);
        world.place(place)
    };
    let promise = |amount: &str| {
        let amount = euros(amount);
        PaymentEntry::Authorised { amount }
    };
    let tentative = |id| match claims(&world.order(id))[..] {
        [Claim::Tentative { expires_at }] => expires_at,
        ref other => panic!("{other:?}"),
    };
    let [promised, held, in_part, over, waived] = ["1", "2", "3", "4", "5"].map(placed);
    let short = tentative(in_part);
    assert_eq!(world.pay(promised, promise("4.50")), LONGER);
    let hold = OrderCommand::Hold {
        reason: HoldReason::Review,
        note: None,
    };
    world.run(held, hold);
    assert_eq!(world.pay(held, captured("4.50")), LONGER);
    let amount = euros("4.50");
    assert_eq!(world.pay(waived, PaymentEntry::Waived { amount }), LONGER);
    assert_eq!(world.pay(in_part, promise("4.49")), KEPT[..1]);
    let week = world
        .clock
        .now()
        .checked_add_secs(limits::PROMISED_TTL_SECS);
    for id in [promised, held, waived] {
        assert!(world.order(id).head.tentative);
        assert_eq!(Some(tentative(id)), week);
    }
    assert_eq!(tentative(in_part), short);
    world.clock.advance_secs(61);
    assert_eq!(world.pay(over, promise("4.50")), KEPT[..1]);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.level().reserved.get(), 3);
    for id in [in_part, over] {
        assert_eq!(claims(&world.order(id)), []);
    }
    // What is claimed for it later lasts as long.
    block_on(world.tenant.assign(over, None, call())).unwrap();
    let week = world
        .clock
        .now()
        .checked_add_secs(limits::PROMISED_TTL_SECS);
    assert_eq!(Some(tentative(over)), week);
    world.run(promised, OrderCommand::Confirm);
    assert_eq!(world.order(promised).head.state, OrderState::Open);
    assert_eq!(claims(&world.order(promised)), [Claim::Confirmed]);
    world.check();
}

/// The buyer may pay in another way; a person decides, and guards that ask for a promise hear of
/// it.
#[test]
fn a_promise_that_is_given_up_leaves_what_is_claimed() {
    let world = World::new();
    let mut settings = approving(true);
    settings.workflow.guards.push(Guard {
        name: StageId::parse("money first").unwrap(),
        command: CommandKind::Pick,
        condition: Condition::PaidOrAuthorised,
    });
    world.settle(settings);
    world.receive(2);
    let amount = euros("4.50");
    let (firm, waits) = (world.tentative(), world.place(unpaid_there()));
    let promise = PaymentEntry::Authorised { amount };
    assert_eq!(world.pay(firm, promise.clone()), KEPT);
    assert_eq!(world.pay(waits, promise), LONGER);
    let before = [firm, waits].map(|id| claims(&world.order(id)));
    for id in [firm, waits] {
        let events = world.pay(id, PaymentEntry::Voided { amount });
        assert_eq!(events, KEPT[..1]);
        assert!(!Condition::PaidOrAuthorised.holds(&world.order(id)));
    }
    assert_eq!([firm, waits].map(|id| claims(&world.order(id))), before);
    assert_eq!(world.order(firm).head.state, OrderState::Open);
    let pick = OrderCommand::pick_all(FulfillmentId::FIRST);
    let refused = block_on(world.tenant.order_command(firm, pick, call()));
    assert_eq!(refused.unwrap_err().code(), "guarded");
    // A week later the one that waited is as any that nobody paid, and the firm one stays.
    world.clock.advance_secs(limits::PROMISED_TTL_SECS + 1);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.order(waits).head.state, OrderState::OnHold);
    assert_eq!(claims(&world.order(firm)), [Claim::Confirmed]);
    world.check();
}

#[test]
fn what_ended_is_not_approved_when_it_is_released_without_a_payment() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(1);
    let id = world.tentative();
    world.clock.advance_secs(61);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.order(id).head.state, OrderState::OnHold);
    block_on(world.tenant.assign(id, None, call())).unwrap();
    let order = world.order(id);
    let [Claim::Tentative { expires_at }] = claims(&order)[..] else {
        panic!("{:?}", claims(&order));
    };
    let ttl = Settings::default().tentative_ttl_secs;
    assert_eq!(Some(expires_at), world.clock.now().checked_add_secs(ttl));
    world.run(id, OrderCommand::release_all());
    assert_eq!(world.order(id).head.state, OrderState::Pending);
    world.run(id, OrderCommand::Confirm);
    let order = world.order(id);
    assert_eq!(order.head.state, OrderState::Open);
    assert_eq!(claims(&order), [Claim::Confirmed]);
    world.check();
}

/// A person let it go on after its time, without its goods. Who pays then stops it again, and gets
/// them as any other who pays late; without them nothing approves it unasked.
#[test]
fn what_was_released_without_its_goods_is_not_approved_without_them() {
    for there in [true, false] {
        let world = World::new();
        world.settle(approving(true));
        world.receive(1);
        let id = world.tentative();
        world.end_claims();
        world.run(id, OrderCommand::release_all());
        assert_eq!(world.order(id).head.state, OrderState::Pending);
        if !there {
            world.place(PlaceOrder::new(World::draft(1)));
        }
        assert_eq!(world.pay(id, captured("4.50")), [KEPT[0], "order.held"]);
        block_on(world.tenant.confirm_paid(id, call())).unwrap();
        let order = world.order(id);
        assert!(!order.head.tentative);
        if there {
            assert_eq!(order.head.state, OrderState::Open);
            assert_eq!(claims(&order), [Claim::Confirmed]);
        } else {
            assert_eq!(order.head.state, OrderState::OnHold);
            let reasons = &order.head.hold.as_ref().unwrap().reasons;
            assert_eq!(*reasons, [HoldReason::ReservationExpired].into());
            for command in [OrderCommand::release_all(), OrderCommand::Approve] {
                world.run(id, command);
            }
            assert_eq!(world.order(id).head.state, OrderState::Open, "a person may");
        }
        world.check();
    }
}

/// What an edit claimed for it since keeps the rest from nobody's mind.
#[test]
fn what_was_released_with_a_part_of_its_goods_is_not_approved_without_the_rest() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(2);
    let id = world.tentative();
    world.end_claims();
    world.run(id, OrderCommand::release_all());
    let changes = vec![build::change_quantity(1, 2)];
    world.run(id, OrderCommand::EditLines { changes });
    assert_eq!(claims(&world.order(id)).len(), 1);
    let held = [KEPT[0], KEPT[1], KEPT[2], "order.held"];
    assert_eq!(world.pay(id, captured("9.00")), held);
    block_on(world.tenant.confirm_paid(id, call())).unwrap();
    let order = world.order(id);
    assert_eq!(order.head.state, OrderState::Open);
    assert_eq!(claims(&order), [Claim::Confirmed; 2]);
    world.check();
}

/// A line that nobody could name never had a claim: what did goes on, and stays so.
#[test]
fn what_is_paid_late_goes_on_beside_a_line_that_nobody_could_name() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(1);
    let mut place = unpaid();
    place.draft.push_line("NOBODY-KNOWS", 1, "0.00").unwrap();
    place.on_problem = OnProblem::Hold;
    let id = world.place(place);
    world.end_claims();
    let reasons = [HoldReason::UnknownSku].into();
    world.run(id, OrderCommand::Release { reasons });
    assert_eq!(world.pay(id, captured("4.50")), KEPT[..1]);
    let confirm = || block_on(world.tenant.confirm_paid(id, call())).unwrap();
    confirm();
    let order = world.order(id);
    assert_eq!(order.head.state, OrderState::Open);
    assert_eq!(claims(&order), [Claim::Confirmed]);
    confirm();
    assert_eq!(world.order(id), order, "said again, it is as it was");
    world.check();
}

#[test]
fn what_a_person_claims_for_an_unpaid_order_ends_by_itself() {
    let world = World::new();
    world.receive(1);
    let id = world.tentative();
    world.clock.advance_secs(61);
    block_on(world.tenant.sweep()).unwrap();
    let claim = |expires_at| OrderCommand::Allocate {
        assignments: vec![Assignment {
            hub: build::hub("north"),
            line: build::line(1),
            quantity: build::quantity(1),
        }],
        expires_at,
    };
    let after = |secs| world.clock.now().checked_add_secs(secs);
    let days = |days: i64| days * 24 * 60 * 60;
    match block_on(
        world
            .tenant
            .order_command(id, claim(after(days(31))), call()),
    ) {
        Err(Error::Rejected(Rejection::OutOfRange {
            field, found, max, ..
        })) => {
            assert_eq!(field, "expires_at");
            assert_eq!((found, max), (days(31), days(30)));
        }
        other => panic!("{other:?}"),
    }
    let ttl = Settings::default().tentative_ttl_secs;
    let expires_at = after(ttl).unwrap();
    world.run(id, claim(None));
    assert_eq!(claims(&world.order(id)), [Claim::Tentative { expires_at }]);
    world.clock.advance_secs(ttl + 1);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(world.level().reserved.get(), 0);
    world.check();
}

#[test]
fn an_edit_while_on_hold_keeps_the_end_of_an_unpaid_claim() {
    let world = World::new();
    world.receive(5);
    let id = world.tentative();
    let before = claims(&world.order(id));
    world.run(
        id,
        OrderCommand::Hold {
            reason: HoldReason::Payment,
            note: None,
        },
    );
    let change = build::change_quantity(1, 2);
    let changes = vec![change];
    world.run(id, OrderCommand::EditLines { changes });
    assert_eq!(claims(&world.order(id)), before);
    world.check();
}

#[test]
fn an_order_takes_the_place_of_the_claims_of_its_cart() {
    let world = World::new();
    world.receive(2);
    let owner = cart(1);
    world.reserve(&owner, 2);
    let mut place = PlaceOrder::new(World::draft(2));
    let alone = block_on(world.tenant.place(place.clone(), call()));
    let alone = alone.unwrap_err();
    assert_eq!(alone.code(), "short", "{alone}");
    place.takes_over = Some(Owner::Order(build::order_id(7)));
    let other = block_on(world.tenant.place(place.clone(), call())).unwrap_err();
    assert_eq!(other.code(), "owned_by_order");
    place.takes_over = Some(owner.clone());
    let id = world.place(place.clone());
    assert_eq!(claims(&world.order(id)), [Claim::Confirmed]);
    let rows = block_on(world.tenant.reservations_of(&owner)).unwrap();
    let left: Vec<_> = rows.iter().map(|(_, row)| row.live().get()).collect();
    assert_eq!(left, [0]);
    assert_eq!(rows[0].1.released.get(), 2);
    assert_eq!(world.level().reserved.get(), 2);
    // A second order finds nothing: the claims are gone, and so are the goods.
    let again = block_on(world.tenant.place(place, call())).unwrap_err();
    assert_eq!(again.code(), "short");
    world.check();
}

#[test]
fn claims_of_an_order_are_changed_through_the_order_alone() {
    let world = World::new();
    world.receive(2);
    let owner = Owner::Order(world.place(PlaceOrder::new(World::draft(1))));
    let line = ReserveLine {
        line: build::line(2),
        sku: build::sku("TEA"),
        quantity: build::quantity(1),
    };
    let reserve = Command::Reserve(ReserveStock::new(owner.clone(), vec![line]));
    let (confirm, release) = (owner.clone(), owner.clone());
    for command in [
        reserve,
        Command::ConfirmReservation { owner: confirm },
        Command::ReleaseReservation { owner: release },
        Command::ConsumeReservation {
            owner,
            reason: build::reason("sold"),
        },
    ] {
        let name = command.name();
        let refused = block_on(world.tenant.execute(command, call())).unwrap_err();
        assert_eq!(refused.code(), "owned_by_order", "{name}");
    }
    let level = world.level();
    assert_eq!((level.on_hand.get(), level.reserved.get()), (2, 1));
}

#[test]
fn claims_of_a_cart_that_are_over_count_once() {
    let world = World::new();
    world.receive(2);
    let owner = cart(1);
    world.reserve(&owner, 2);
    world.clock.advance_secs(61);
    let mut place = PlaceOrder::new(World::draft(3));
    place.takes_over = Some(owner);
    let short = block_on(world.tenant.place(place.clone(), call())).unwrap_err();
    assert_eq!(short.code(), "short");
    place.draft = World::draft(2);
    world.place(place);
    assert_eq!(world.level().reserved.get(), 2);
    block_on(world.tenant.sweep()).unwrap();
    world.check();
}

#[test]
fn a_cart_of_which_a_line_ended_gives_way_as_a_whole() {
    let world = World::new();
    world.receive(2);
    let owner = cart(1);
    world.reserve_line(&owner, 1, 1);
    world.clock.advance_secs(40);
    world.reserve_line(&owner, 2, 1);
    world.clock.advance_secs(40);
    let mut place = PlaceOrder::new(World::draft(2));
    place.takes_over = Some(owner.clone());
    world.place(place);
    let rows = block_on(world.tenant.reservations_of(&owner)).unwrap();
    let ends = rows
        .iter()
        .map(|(_, row)| (row.expired.get(), row.released.get()));
    assert_eq!(ends.collect::<Vec<_>>(), [(1, 0), (0, 1)]);
    assert_eq!(world.level().reserved.get(), 2);
    world.check();
}

#[test]
fn a_cart_of_which_a_line_ended_is_not_confirmed_in_part() {
    let world = World::new();
    world.receive(5);
    let owner = cart(1);
    world.reserve(&owner, 1);
    world.clock.advance_secs(40);
    let second = |quantity| ReserveLine {
        line: build::line(2),
        sku: build::sku("TEA"),
        quantity: build::quantity(quantity),
    };
    let claim = |line: ReserveLine| {
        let claim = ReserveStock {
            mode: ReserveMode::Tentative { ttl_secs: Some(60) },
            ..ReserveStock::new(owner.clone(), vec![line])
        };
        block_on(world.tenant.reserve(claim, call())).unwrap();
    };
    claim(second(1));
    world.clock.advance_secs(30);
    block_on(world.tenant.sweep()).unwrap();
    let confirm = || block_on(world.tenant.confirm_reservation(owner.clone(), call()));
    match confirm() {
        Err(Error::Rejected(Rejection::Reservation { key, reason })) => {
            assert_eq!(key.line, build::line(1));
            assert!(matches!(reason, ReservationRefusal::Expired { .. }));
        }
        other => panic!("{other:?}"),
    }
    // Claimed again, it is whole.
    let first = ReserveLine {
        line: build::line(1),
        ..second(1)
    };
    claim(first);
    confirm().unwrap();
    world.check();
}

#[test]
fn a_till_that_sold_a_line_before_is_not_confirmed_in_part() {
    let world = World::new();
    world.receive(5);
    let till = Owner::Host(build::external("till-1"));
    let confirm = || block_on(world.tenant.confirm_reservation(till.clone(), call()));
    let consume = || {
        let sold = build::reason("sold");
        let consume = world.tenant.consume_reservation(till.clone(), sold, call());
        block_on(consume).unwrap();
    };
    world.reserve_line(&till, 1, 1);
    confirm().unwrap();
    consume();
    // The next sale, of which the first line ends.
    world.reserve_line(&till, 1, 1);
    world.clock.advance_secs(40);
    world.reserve_line(&till, 2, 1);
    world.clock.advance_secs(30);
    block_on(world.tenant.sweep()).unwrap();
    match confirm() {
        Err(Error::Rejected(Rejection::Reservation { key, .. })) => {
            assert_eq!(key.line, build::line(1));
        }
        other => panic!("{other:?}"),
    }
    // Claimed again, it is whole.
    world.reserve_line(&till, 1, 1);
    confirm().unwrap();
    consume();
    assert_eq!(world.level().on_hand.get(), 2);
    // What ended in that sale is nothing to the one after it.
    world.reserve_line(&till, 2, 1);
    confirm().unwrap();
    consume();
    assert_eq!(world.level().on_hand.get(), 1);
    world.check();
}

#[test]
fn a_cart_that_gave_up_what_ended_begins_anew() {
    let world = World::new();
    world.receive(5);
    let owner = cart(1);
    let confirm = || block_on(world.tenant.confirm_reservation(owner.clone(), call()));
    let release = || block_on(world.tenant.release_reservation(owner.clone(), call()));
    world.reserve_line(&owner, 1, 1);
    world.clock.advance_secs(61);
    assert_eq!(block_on(world.tenant.sweep()).unwrap().expired, 1);
    world.reserve_line(&owner, 2, 1);
    assert!(confirm().is_err());
    release().unwrap();
    // Again, with nothing but what ended.
    world.reserve_line(&owner, 1, 1);
    world.clock.advance_secs(61);
    assert_eq!(block_on(world.tenant.sweep()).unwrap().expired, 1);
    release().unwrap();
    release().unwrap();
    world.reserve_line(&owner, 2, 1);
    confirm().unwrap();
    // What is settled is nothing for the sweeper.
    let swept = block_on(world.tenant.sweep()).unwrap();
    assert_eq!((swept.expired, swept.failed), (0, 0));
    world.check();
}

#[test]
fn nothing_is_added_to_a_claim_that_is_over_until_it_was_ended() {
    let world = World::new();
    world.receive(1);
    let mut place = PlaceOrder::new(World::draft(2));
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    place.on_problem = OnProblem::Backorder;
    let id = world.place(place);
    world.clock.advance_secs(61);
    world.receive(1);
    let assign = || block_on(world.tenant.assign(id, None, call()));
    assert_eq!(assign().unwrap_err().code(), "reservation_expired");
    block_on(world.tenant.sweep()).unwrap();
    assign().unwrap();
    assert!(matches!(
        claims(&world.order(id))[..],
        [Claim::Tentative { .. }]
    ));
    world.check();
}

/// Open, on backorder and allocated units of the only line.
fn where_units_are(order: &Order) -> [u32; 3] {
    let line = &order.head.lines[0];
    [line.open, line.backordered, line.allocated].map(Units::get)
}

/// A checkout of five units that is paid late: three were claimed, two were left to wait.
fn paid_late(world: &World, mut place: PlaceOrder, claim: impl Fn(OrderId)) {
    place.draft = World::draft(0);
    place.draft.push_line("TEA", 5, "4.50").unwrap();
    let id = world.place(place);
    claim(id);
    assert_eq!(where_units_are(&world.order(id)), [0, 2, 3]);
    let ttl_secs = Settings::default().tentative_ttl_secs;
    world.clock.advance_secs(ttl_secs);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(where_units_are(&world.order(id)), [3, 2, 0]);
    block_on(world.tenant.confirm_paid(id, call())).unwrap();
    let order = world.order(id);
    assert_eq!(where_units_are(&order), [0, 2, 3]);
    assert_eq!(order.head.state, OrderState::Open, "as if paid in time");
    assert!(!order.head.tentative);
    world.check();
}

/// The buyer knows of what is on backorder: nobody has to look at it.
#[test]
fn what_is_paid_late_goes_on_waiting_for_what_was_on_backorder() {
    let world = World::new();
    world.settle(approving(true));
    world.receive(3);
    let mut place = unpaid();
    place.on_problem = OnProblem::Backorder;
    paid_late(&world, place, |_| {});

    // What people gave to several hubs each of them claims again.
    let world = World::new();
    world.settle(approving(false));
    world.open_south();
    world.receive(2);
    world.receive_tea_at("south", 1);
    paid_late(&world, unpaid(), |id| {
        let share = |hub: &str, units| Assignment {
            hub: build::hub(hub),
            line: build::line(1),
            quantity: build::quantity(units),
        };
        let (line, quantity) = (build::line(1), build::quantity(2));
        let lines = vec![LineQuantity { line, quantity }];
        let assignments = vec![share("north", 2), share("south", 1)];
        let expires_at = None;
        world.run(id, OrderCommand::Backorder { lines });
        world.run(
            id,
            OrderCommand::Allocate {
                assignments,
                expires_at,
            },
        );
    });
}

/// A channel that says that the seller owes the buyer: whoever can tell the buyer is told, and an
/// order that was paid elsewhere waits for a person.
#[test]
fn a_stated_total_below_nothing_is_refused_or_held_and_nothing_is_due() {
    let world = World::new();
    world.receive(2);
    let place = |on_problem| {
        let mut place = PlaceOrder::new(World::draft(1));
        place.draft.stated_total = Money::parse("-3.00", place.draft.currency).ok();
        place.on_problem = on_problem;
        block_on(world.tenant.place(place, call()))
    };
    for refusing in [OnProblem::Refuse, OnProblem::Backorder] {
        assert_eq!(place(refusing).unwrap_err().code(), "totals_differ");
    }
    let held = place(OnProblem::Hold).unwrap().receipt.order.unwrap().id;
    let order = world.order(held);
    assert_eq!(order.head.state, OrderState::OnHold);
    let reasons = order.head.hold.as_ref().unwrap().reasons.clone();
    assert_eq!(reasons, [HoldReason::TotalsDiffer].into());
    let totals = order.head.totals;
    assert!(totals.stated.unwrap().is_negative(), "kept as it was said");
    assert!(totals.due().is_zero() && order.owed().is_zero());
    world.check();
}
