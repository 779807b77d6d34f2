//! What an edit makes of claims that end by themselves: given by hand in an order that is firm, or
//! those of an order that nobody confirmed.

use futures_executor::block_on;
use oms_core::order::{
    Assignment, Claim, Order, OrderCommand, OrderRejection, OrderState, PaymentEntry,
};
use oms_core::plan::{OnProblem, PlaceOrder, Rejection, ReserveMode};
use oms_core::port::Clock;
use oms_core::service::Error;
use oms_core::testing::build;
use oms_core::value::{Currency, FulfillmentId, Money, OrderId, Timestamp, Units};

use crate::world::{World, call};

/// A world with a second hub, and an approved order of which the first hub has two units.
fn claimed_at_two(units: u32, by_hand: u32) -> (World, OrderId, Timestamp) {
    let world = World::new();
    world.open_south();
    world.receive(2);
    let mut place = PlaceOrder::new(World::draft(0));
    place.draft.push_line("TEA", units, "4.50").unwrap();
    place.on_problem = OnProblem::Backorder;
    let id = world.place(place);
    world.receive_tea_at("south", by_hand);
    let until = world.clock.now().checked_add_secs(600).unwrap();
    let assignments = vec![Assignment {
        hub: build::hub("south"),
        line: build::line(1),
        quantity: build::quantity(by_hand),
    }];
    let claim = OrderCommand::Allocate {
        assignments,
        expires_at: Some(until),
    };
    run(&world, id, claim).unwrap();
    (world, id, until)
}

fn run(world: &World, id: OrderId, command: OrderCommand) -> Result<(), Error> {
    block_on(world.tenant.order_command(id, command, call())).map(drop)
}

fn order_less_or_more(world: &World, id: OrderId, units: u32) -> Result<(), Error> {
    let changes = vec![build::change_quantity(1, units)];
    run(world, id, OrderCommand::EditLines { changes })
}

/// Hub, claim and units of the work that holds any.
fn works(order: &Order) -> Vec<(String, Claim, u32)> {
    let works = order.fulfillments.values().filter(|work| work.is_live());
    let told = works.map(|work| {
        let units = Units::try_sum(work.lines.iter().map(|share| share.here())).unwrap();
        (work.hub.to_string(), work.claim, units.get())
    });
    told.collect()
}

fn of(hub: &str, claim: Claim, units: u32) -> (String, Claim, u32) {
    (hub.to_owned(), claim, units)
}

#[test]
fn an_edit_leaves_a_firm_claim_firm_beside_one_that_ends() {
    let (world, id, _) = claimed_at_two(3, 1);
    order_less_or_more(&world, id, 2).unwrap();
    let order = || block_on(world.tenant.order(id)).unwrap();
    assert_eq!(works(&order()), [of("north", Claim::Confirmed, 2)]);
    let amount = Money::parse("9.00", Currency::parse("EUR").unwrap()).unwrap();
    let entry = PaymentEntry::Captured { amount };
    let (method, reference) = (None, None);
    let pay = OrderCommand::RecordPayment {
        entry,
        method,
        reference,
    };
    run(&world, id, pay).unwrap();
    world.clock.advance_secs(601);
    block_on(world.tenant.sweep()).unwrap();
    assert_eq!(order().head.state, OrderState::Open, "nothing ended");
    let fulfillment = *order().fulfillments.keys().last().unwrap();
    let lines = Vec::new();
    run(&world, id, OrderCommand::Pick { fulfillment, lines }).unwrap();
    world.check();
}

#[test]
fn each_unit_that_stays_is_claimed_as_it_was() {
    let (world, id, expires_at) = claimed_at_two(4, 2);
    order_less_or_more(&world, id, 3).unwrap();
    let order = block_on(world.tenant.order(id)).unwrap();
    let expected = [
        of("north", Claim::Confirmed, 2),
        of("south", Claim::Tentative { expires_at }, 1),
    ];
    assert_eq!(works(&order), expected);
    world.check();
}

#[test]
fn what_is_found_anew_is_firm_as_far_as_it_was() {
    let (world, id, expires_at) = claimed_at_two(3, 1);
    world.receive(2);
    order_less_or_more(&world, id, 4).unwrap();
    let order = block_on(world.tenant.order(id)).unwrap();
    let expected = [
        of("north", Claim::Confirmed, 2),
        of("north", Claim::Tentative { expires_at }, 2),
    ];
    assert_eq!(works(&order), expected);
    world.check();
}

#[test]
fn an_edit_names_the_claim_that_is_over() {
    let (world, id, expired_at) = claimed_at_two(3, 1);
    world.clock.advance_secs(600);
    world.receive(2);
    let fulfillment = FulfillmentId::new(2).unwrap();
    match order_less_or_more(&world, id, 4) {
        Err(Error::Rejected(Rejection::Order { reason })) => {
            let over = OrderRejection::ReservationExpired {
                fulfillment,
                expired_at,
            };
            assert_eq!(reason, over);
        }
        other => panic!("{other:?}"),
    }
    // What stays is firm, so nothing of it is over.
    order_less_or_more(&world, id, 2).unwrap();
    let order = block_on(world.tenant.order(id)).unwrap();
    assert_eq!(works(&order), [of("north", Claim::Confirmed, 2)]);
    world.check();
}

#[test]
fn an_edit_does_not_revive_a_claim_that_is_over() {
    let world = World::new();
    world.receive(5);
    let mut place = PlaceOrder::new(World::draft(0));
    place.draft.push_line("TEA", 2, "4.50").unwrap();
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    let id = world.place(place);
    let expired_at = world.clock.now().checked_add_secs(60).unwrap();
    world.clock.advance_secs(61);
    for units in [1, 3] {
        match order_less_or_more(&world, id, units) {
            Err(Error::Rejected(Rejection::Order { reason })) => {
                let over = OrderRejection::ReservationExpired {
                    fulfillment: FulfillmentId::FIRST,
                    expired_at,
                };
                assert_eq!(reason, over);
            }
            other => panic!("{other:?}"),
        }
    }
    // Once the order knows, somebody may have it claim anew.
    block_on(world.tenant.sweep()).unwrap();
    order_less_or_more(&world, id, 3).unwrap();
    world.check();
}
