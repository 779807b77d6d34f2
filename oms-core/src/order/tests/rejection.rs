//! Refusals: stable codes that are also their serialised form.

use super::fixtures::*;
use crate::order::{CommandKind, OrderRejection as R, OrderState, OrderStatus};
use crate::value::{Money, StageId};

fn too_large() -> crate::value::MoneyError {
    Money::parse("1e30", currency()).unwrap_err()
}

/// One of each.
fn all() -> Vec<R> {
    let field = || "lines[3].discount".to_owned();
    vec![
        R::Amount {
            field: field(),
            problem: too_large(),
        },
        R::TooMany {
            field: "tags".to_owned(),
            found: 51,
            max: 50,
        },
        R::IllegalCommand {
            command: CommandKind::Pick,
            state: OrderState::Pending,
            status: OrderStatus::Pending,
            legal: vec![CommandKind::Approve, CommandKind::Cancel],
        },
        R::ReservationExpired {
            fulfillment: work(2),
            expired_at: at(60),
        },
        R::DuplicateLine { line: line(3) },
        R::DuplicateReference {
            id: external("727"),
        },
        R::EmptyOrder,
        R::NothingToDo {
            command: CommandKind::Pack,
        },
        R::Guarded {
            guard: StageId::parse("prepaid").unwrap(),
            command: CommandKind::Ship,
            needs: "the order is paid".to_owned(),
        },
        R::MixedCurrencies {
            field: field(),
            expected: currency(),
            found: usd("1").currency(),
        },
        R::NegativeAmount {
            field: field(),
            found: eur("-1"),
        },
        R::PositiveAmount {
            field: field(),
            found: eur("1"),
        },
        R::DiscountTooLarge {
            field: field(),
            discount: eur("2"),
            of: eur("1"),
        },
        R::RefundTooLarge {
            asked: eur("3"),
            captured: eur("4"),
            refunded: eur("2"),
        },
        R::VoidTooLarge {
            asked: eur("3"),
            authorised: eur("2"),
        },
        R::WaiverTooLarge {
            asked: eur("3"),
            outstanding: eur("2"),
        },
        R::CreditTooLarge {
            asked: eur("3"),
            covered: eur("4"),
            credited: eur("2"),
        },
        R::RetentionTooLarge {
            asked: eur("3"),
            left: eur("2"),
        },
        R::TooFewUnits {
            line: line(1),
            asked: units(3),
            found: units(2),
            bucket: "reserved".to_owned(),
        },
        R::UnitsOverflow { line: line(1) },
        R::UnknownFulfillment {
            fulfillment: work(9),
        },
        R::UnknownLine { line: line(9) },
        R::UnknownShipment {
            shipment: parcel(9),
        },
        R::UnknownSku { line: line(2) },
        R::UnknownStage {
            stage: StageId::parse("nowhere").unwrap(),
            status: OrderStatus::Picked,
        },
        R::UpdateNotAllowed {
            status: OrderStatus::Picking,
        },
        R::AlreadyShipped { shipped: units(2) },
    ]
}

#[test]
fn every_refusal_serialises_with_its_code_and_reads_back() {
    let mut codes: Vec<&str> = Vec::new();
    let all = all();
    for refusal in &all {
        let json = serde_json::to_value(refusal).unwrap();
        assert_eq!(json["code"], refusal.code(), "{refusal:?}");
        let text = json.to_string();
        assert_eq!(
            &serde_json::from_str::<R>(&text).unwrap(),
            refusal,
            "{text}"
        );
        assert!(!codes.contains(&refusal.code()), "{} twice", refusal.code());
        codes.push(refusal.code());
    }
}

#[test]
fn a_refusal_says_what_is_legal() {
    let messages: Vec<String> = all().iter().map(ToString::to_string).collect();
    let expected = [
        "tags: 51 are more than the limit of 50",
        "cannot pick an order that is pending (pending); legal: approve, cancel",
        "update not allowed: work has begun (picking)",
        "cannot cancel: 2 units are shipped; cancel_rest cancels the others",
        "guard prepaid refuses ship: the order is paid",
        "line 1: 3 units asked, 2 are reserved",
    ];
    for text in expected {
        assert!(
            messages.iter().any(|message| message == text),
            "{text}: {messages:#?}"
        );
    }
    let none = R::IllegalCommand {
        command: CommandKind::Pick,
        state: OrderState::Cancelled,
        status: OrderStatus::Cancelled,
        legal: vec![],
    };
    assert!(none.to_string().ends_with("legal: nothing"));
}
