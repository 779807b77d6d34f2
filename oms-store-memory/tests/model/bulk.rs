//! A list in bulk does what the same list does one by one.

use futures_executor::block_on;
use oms_core::order::{Assignment, OrderCommand};
use oms_core::plan::{Command, OnProblem, ReserveMode, Switchable};
use oms_core::service::{Call, Done, Error};
use oms_core::testing::build;
use oms_core::value::Tag;
use proptest::prelude::*;

use crate::ask::{command, note, picture, take, told, with};
use crate::deed::{Asked, Deed, deeds, of_steps, plainly};
use crate::step::Step;
use crate::world::{HUBS, World};

/// Runs the list one by one in one world and together in another of the same past, and compares
/// the answers and what is there afterwards. Answers the codes of the errors.
///
/// Orders are named by what was there before, and time stands still within a list.
fn is_one_after_another(
    world: impl Fn() -> World,
    before: &[Asked],
    list: &[Asked],
) -> Vec<Option<String>> {
    let [mut single, mut bulk] = [world(), world()];
    for asked in before {
        take(&mut single, asked);
        take(&mut bulk, asked);
    }
    let asks = |asked| Some((command(&single, &Asked::clone(asked).0)?, asked));
    let asked: Vec<(Command, &Asked)> = list.iter().filter_map(asks).collect();
    let run = |(command, asked): &(Command, &Asked)| {
        block_on(single.tenant.execute(command.clone(), with(asked)))
    };
    let one_by_one: Vec<Result<Done, Error>> = asked.iter().map(run).collect();
    let call = |(command, asked): &(Command, &Asked)| (command.clone(), with(asked));
    let calls: Vec<(Command, Call)> = asked.iter().map(call).collect();
    let together = block_on(bulk.tenant.bulk(&calls));
    assert_eq!(together.len(), one_by_one.len());
    for ((found, expected), (_, asked)) in together.iter().zip(&one_by_one).zip(&asked) {
        note(&mut bulk, found);
        note(&mut single, expected);
        let [found, expected] = [found, expected].map(|done| {
            let repeated = done.as_ref().is_ok_and(|done| done.repeated);
            (told(done.as_ref().map(|done| &done.receipt)), repeated)
        });
        assert_eq!(found, expected, "{asked:?}");
    }
    assert_eq!(picture(&bulk), picture(&single));
    let code = |done: Result<Done, Error>| Some(done.err()?.code().to_owned());
    together.into_iter().map(code).collect()
}

proptest! {
    #[test]
    fn bulk_is_one_after_another(before in of_steps(12), list in of_steps(20)) {
        is_one_after_another(|| World::stocked(4), &before, &list);
    }

    #[test]
    fn anything_in_bulk_is(
        automatic in any::<bool>(),
        before in deeds(20),
        list in deeds(20),
    ) {
        is_one_after_another(|| World::wide(automatic), &before, &list);
    }
}

/// What once differed: the codes of the errors must be these. There are four units of each SKU.
fn kept(before: Vec<Step>, list: Vec<Step>, errors: &[Option<&str>]) {
    let (before, list) = (plainly(before), plainly(list));
    let found = is_one_after_another(|| World::stocked(4), &before, &list);
    let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
    assert_eq!(found, errors);
}

#[test]
fn goods_that_come_later_are_not_claimed_before() {
    kept(
        vec![
            Step::Reserve(1, [1, 1]),
            Step::Place(vec![(0, 1)]),
            Step::Wait(60),
        ],
        vec![
            Step::Place(vec![(0, 1)]),
            Step::Reserve(1, [0, 1]),
            Step::Place(vec![(1, 3)]),
            Step::Reserve(2, [0, 1]),
            Step::Receive(1, 1),
            Step::Receive(0, 1),
        ],
        &[None, None, None, Some("short"), None, None],
    );
}

#[test]
fn goods_that_come_later_are_not_shipped_before() {
    kept(
        vec![
            Step::Place(vec![(0, 2)]),
            Step::Pick(0),
            Step::Pack(0),
            Step::Count(0, 1),
        ],
        vec![Step::Ship(0), Step::Receive(0, 1)],
        &[Some("stock_refused"), None],
    );
}

#[test]
fn nobody_counts_on_goods_that_could_not_leave() {
    kept(
        vec![
            Step::Place(vec![(1, 2), (0, 1)]),
            Step::Pick(0),
            Step::Pack(0),
        ],
        vec![Step::Count(1, 0), Step::Ship(0), Step::Count(0, 0)],
        &[None, Some("stock_refused"), None],
    );
}

#[test]
fn nobody_counts_on_goods_that_could_not_leave_from_a_row_that_nobody_asked_for() {
    kept(
        vec![
            Step::Reserve(0, [3, 2]),
            Step::Confirm(0),
            Step::Count(0, 0),
        ],
        vec![Step::Consume(0), Step::Count(1, 0)],
        &[Some("stock_refused"), None],
    );
}

#[test]
fn a_due_claim_that_was_given_back_is_not_room_twice() {
    kept(
        vec![
            Step::Reserve(0, [2, 0]),
            Step::Place(vec![(0, 1)]),
            Step::Wait(60),
        ],
        vec![
            Step::Release(0),
            Step::Place(vec![(0, 3), (0, 1)]),
            Step::Receive(0, 1),
        ],
        &[None, Some("short"), None],
    );
}

#[test]
fn a_cart_whose_due_claim_ended_for_another_is_next_all_the_same() {
    kept(
        vec![Step::Reserve(0, [2, 0]), Step::Wait(60)],
        vec![
            Step::Place(vec![(0, 3)]),
            Step::Reserve(0, [1, 0]),
            Step::Place(vec![(0, 1)]),
        ],
        &[None, None, Some("short")],
    );
}

fn place(units: u32, on_problem: OnProblem, reference: Option<u8>) -> Deed {
    Deed::Place {
        lines: vec![(0, units)],
        on_problem,
        mode: ReserveMode::Confirmed,
        reference,
    }
}

fn wide(before: Vec<Deed>, list: Vec<Deed>) -> Vec<Option<String>> {
    let plainly = |deeds: Vec<Deed>| -> Vec<Asked> {
        let deeds = deeds.into_iter();
        deeds.map(|deed| (deed, None, None)).collect()
    };
    is_one_after_another(|| World::wide(false), &plainly(before), &plainly(list))
}

#[test]
fn an_order_that_is_known_is_told_as_it_is_by_then() {
    let tag = OrderCommand::Tag {
        add: vec![Tag::parse("gift").unwrap()],
        remove: Vec::new(),
    };
    let once = || place(1, OnProblem::Refuse, Some(0));
    let errors = wide(vec![once()], vec![Deed::Order(0, tag), once()]);
    assert_eq!(errors, [None, None]);
}

#[test]
fn what_a_neighbour_asked_for_is_read_as_it_is_by_then() {
    let hub = Command::SetActive {
        document: Switchable::Hub(build::hub(HUBS[0])),
        active: false,
    };
    let errors = wide(
        vec![place(4, OnProblem::Backorder, None)],
        vec![
            place(2, OnProblem::Refuse, None),
            Deed::Ask(hub),
            Deed::Assign(0, Some(0)),
        ],
    );
    assert_eq!(errors, [None, None, Some("inactive".to_owned())]);
}

#[test]
fn units_that_are_given_back_later_are_not_allocated_before() {
    let assignment = Assignment {
        hub: build::hub(HUBS[0]),
        line: build::line(1),
        quantity: build::quantity(1),
    };
    let allocate = OrderCommand::Allocate {
        assignments: vec![assignment],
        expires_at: None,
    };
    let errors = wide(
        vec![
            place(3, OnProblem::Refuse, None),
            place(3, OnProblem::Backorder, None),
        ],
        vec![Deed::Order(1, allocate), Deed::Step(Step::Cancel(0))],
    );
    assert_eq!(errors, [Some("stock_refused".to_owned()), None]);
}
