//! Guards of the tenant.

use super::fixtures::*;
use crate::order::{CommandKind, Condition, Guard, OrderCommand, OrderRejection, Stage, Workflow};
use crate::order::{OrderStatus, allowed_commands};
use crate::value::{AttributeKey, AttributeValue, StageId, Tag};

fn guarded(command: CommandKind, condition: Condition) -> Desk {
    let mut desk = Desk::new(&[(2, "10.00")]);
    let name = StageId::parse("house-rule").unwrap();
    desk.workflow.guards = vec![Guard {
        name,
        command,
        condition,
    }];
    desk
}

/// Asserts that approval is refused until `make_pass` ran, and then is not.
#[track_caller]
fn check(condition: Condition, needs: &str, make_pass: &[OrderCommand]) {
    let mut desk = guarded(CommandKind::Approve, condition);
    desk.workflow.stages = vec![Stage {
        id: StageId::parse("checked").unwrap(),
        status: OrderStatus::Pending,
    }];
    let refused = OrderRejection::Guarded {
        guard: StageId::parse("house-rule").unwrap(),
        command: CommandKind::Approve,
        needs: needs.to_owned(),
    };
    for command in make_pass {
        assert_eq!(desk.refusal(&OrderCommand::Approve), refused);
        let offered = allowed_commands(&desk.order, &desk.workflow, desk.now);
        assert!(
            offered
                .iter()
                .all(|allowed| allowed.command != CommandKind::Approve)
        );
        desk.run(command);
    }
    desk.run(&OrderCommand::Approve);
}

#[test]
fn paid_means_captured_and_not_refunded() {
    let steps = [
        pay(authorised("20.00"), None),
        pay(captured("19.99"), None),
        pay(captured("1.00"), None),
    ];
    check(Condition::Paid, "the order is paid", &steps);
    let mut desk = guarded(CommandKind::Approve, Condition::Paid);
    desk.run(&pay(captured("20.00"), None));
    desk.run(&pay(refunded("0.01"), None));
    assert_eq!(desk.refusal(&OrderCommand::Approve).code(), "guarded");
}

#[test]
fn a_promise_is_enough_where_the_guard_says_so() {
    let needs = "the order is paid or authorised";
    let promise = [
        pay(authorised("10.00"), None),
        pay(authorised("10.00"), None),
    ];
    check(Condition::PaidOrAuthorised, needs, &promise);
    check(
        Condition::PaidOrAuthorised,
        needs,
        &[pay(captured("20.00"), None)],
    );
    let mut desk = guarded(CommandKind::Approve, Condition::PaidOrAuthorised);
    desk.run(&pay(authorised("20.00"), None));
    desk.run(&pay(captured("20.00"), None));
    desk.run(&pay(refunded("20.00"), None));
    assert_eq!(
        desk.refusal(&OrderCommand::Approve).code(),
        "guarded",
        "all went back"
    );
}

#[test]
fn a_limit_on_the_total_includes_the_limit() {
    let limit = |amount| Condition::TotalAtMost { amount };
    let cheaper = [edit(vec![change_price(1, "9.99")])];
    check(
        limit(eur("19.99")),
        "the order costs at most 19.99 EUR",
        &cheaper,
    );
    check(limit(eur("20.00")), "", &[]);
    let desk = guarded(CommandKind::Approve, limit(usd("1000")));
    assert_eq!(
        desk.refusal(&OrderCommand::Approve).code(),
        "guarded",
        "another currency"
    );
}

#[test]
fn tags_attributes_and_stages_are_asked() {
    let tag = Tag::parse("vip").unwrap();
    let tagged = OrderCommand::Tag {
        add: vec![tag.clone()],
        remove: vec![],
    };
    check(
        Condition::HasTag { tag: tag.clone() },
        "the order has tag vip",
        std::slice::from_ref(&tagged),
    );
    let mut desk = guarded(CommandKind::Approve, Condition::LacksTag { tag });
    assert!(desk.ask(&OrderCommand::Approve).is_ok());
    desk.run(&tagged);
    assert_eq!(desk.refusal(&OrderCommand::Approve).code(), "guarded");
    let key = AttributeKey::parse("risk.score").unwrap();
    let value = AttributeValue::parse("low").unwrap();
    let set = |text: &str| OrderCommand::SetAttribute {
        key: key.clone(),
        value: Some(AttributeValue::parse(text).unwrap()),
    };
    let condition = Condition::AttributeIs {
        key: key.clone(),
        value,
    };
    check(
        condition,
        "attribute risk.score is low",
        &[set("high"), set("low")],
    );
    let stage = StageId::parse("checked").unwrap();
    let condition = Condition::StageIs {
        stage: stage.clone(),
    };
    let set = OrderCommand::SetStage { stage: Some(stage) };
    check(condition, "the order is in stage checked", &[set]);
}

#[test]
fn a_guard_guards_its_command_alone() {
    let mut desk = guarded(CommandKind::Approve, Condition::Paid);
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&cancel());
}

#[test]
fn the_state_is_asked_before_the_guards_and_the_guards_before_the_arguments() {
    let mut desk = guarded(CommandKind::Pick, Condition::Paid);
    assert_eq!(desk.refusal(&pick(9, &[])).code(), "illegal_command");
    desk.run(&OrderCommand::Approve);
    assert_eq!(desk.refusal(&pick(9, &[])).code(), "guarded");
    desk.run(&pay(captured("20.00"), None));
    assert_eq!(desk.refusal(&pick(9, &[])).code(), "unknown_fulfillment");
}

/// The stage that a guard asks for is left with the status: by the time of a repeat it is gone.
#[test]
fn no_guard_stands_against_a_repeat() {
    let stage = StageId::parse("called").unwrap();
    for (mut desk, command) in [
        (Desk::approved(), cancel()),
        (Desk::shipped(), deliver(1)),
        (Desk::shipped(), fail(1)),
    ] {
        let status = desk.status();
        let id = stage.clone();
        desk.workflow.stages = vec![Stage { id, status }];
        desk.workflow.guards = vec![Guard {
            name: StageId::parse("call-first").unwrap(),
            command: command.kind(),
            condition: Condition::StageIs {
                stage: stage.clone(),
            },
        }];
        assert_eq!(desk.refusal(&command).code(), "guarded");
        let stage = Some(stage.clone());
        desk.run(&OrderCommand::SetStage { stage });
        assert!(!desk.run(&command).is_empty());
        assert_eq!(desk.order.head.stage, None);
        assert!(desk.run(&command).is_empty(), "{}", command.kind());
    }
    // A message of a payment system that comes again is no payment; another one is.
    let tag = Tag::parse("frozen").unwrap();
    let condition = Condition::LacksTag { tag: tag.clone() };
    let freeze = OrderCommand::Tag {
        add: vec![tag],
        remove: vec![],
    };
    let mut desk = guarded(CommandKind::RecordPayment, condition.clone());
    let paid = |reference| pay(captured("5.00"), Some(reference));
    desk.run(&paid("p-1"));
    desk.run(&freeze);
    assert!(desk.run(&paid("p-1")).is_empty());
    assert_eq!(desk.refusal(&paid("p-2")).code(), "guarded");
    // To confirm again is no repeat while that may approve the order.
    let mut desk = guarded(CommandKind::Confirm, condition);
    desk.run(&allocate_until(&[("A", 1, 2)], 100));
    desk.run(&OrderCommand::Confirm);
    desk.run(&freeze);
    assert_eq!(desk.refusal(&OrderCommand::Confirm).code(), "guarded");
    desk.run(&OrderCommand::Approve);
    assert!(desk.run(&OrderCommand::Confirm).is_empty());
}

#[test]
fn the_first_guard_that_refuses_answers() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let guard = |name: &str, condition| Guard {
        name: StageId::parse(name).unwrap(),
        command: CommandKind::Approve,
        condition,
    };
    let limit = Condition::TotalAtMost {
        amount: eur("1.00"),
    };
    desk.workflow.guards = vec![
        guard("a", limit),
        guard("b", Condition::Paid),
        guard("c", Condition::Paid),
    ];
    match desk.refusal(&OrderCommand::Approve) {
        OrderRejection::Guarded { guard, .. } => assert_eq!(guard.as_str(), "b"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_workflow_reads_back_from_json() {
    let mut desk = guarded(
        CommandKind::Ship,
        Condition::TotalAtMost {
            amount: eur("5.00"),
        },
    );
    desk.workflow.stages = vec![Stage {
        id: StageId::parse("packed").unwrap(),
        status: OrderStatus::Packed,
    }];
    let json = serde_json::to_string(&desk.workflow).unwrap();
    assert_eq!(
        serde_json::from_str::<Workflow>(&json).unwrap(),
        desk.workflow
    );
    assert_eq!(
        serde_json::from_str::<Workflow>("{}").unwrap(),
        Workflow::default()
    );
}
