//! The fingerprint of commands of every kind. A key that was used is known by what was asked under
//! it, so what an earlier release was asked must have the same fingerprint in this one.
//!
//! `OMS_GOLDEN_WRITE=1` writes the file; a line that changes by it belongs in the changelog.

use std::collections::BTreeSet;
use std::fmt::Write;

use oms_core::catalog::{Product, SalesChannel, SkuMapping};
use oms_core::customer::{Contact, ContactDocument, Customer};
use oms_core::order::{OrderCommand, PaymentEntry, PaymentMethod, ShipParcel, Tracking};
use oms_core::plan::{
    Command, DocumentKey, Intake, ReserveLine, ReserveMode, ReserveStock, Switchable, fingerprint,
};
use oms_core::reservation::Owner;
use oms_core::stock::{StockCommand, TransferCommand};
use oms_core::testing::build::{
    channel, contact_id, customer_id, external, fulfillment, host, hub, line, order_id, owner_cart,
    quantity, reason, sku, stock, transfer, units,
};
use oms_core::value::{Title, UnitPrice};

use crate::{contact, eur, full_hub, money, name, settings, slots, waiting, zones};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/fingerprints.txt");

fn person() -> Contact {
    match contact() {
        ContactDocument::Present { contact, .. } => contact,
        ContactDocument::Erased { .. } => Contact::default(),
    }
}

fn registry() -> Vec<Command> {
    let mut product = Product::new(sku("TEA"), Title::parse("Tea").unwrap());
    product.list_price = UnitPrice::parse("4.5", eur()).ok();
    let mapping = SkuMapping::new(channel("web"), external("tea/1"), sku("TEA"));
    let mut taken_back = mapping.clone();
    taken_back.active = false;
    let customer = Customer {
        id: customer_id(3),
        external: Some(external("c-3")),
        contact: None,
        active: true,
        erased: false,
    };
    vec![
        Command::PutSettings(settings()),
        Command::PutChannel(SalesChannel::new(channel("web"), name("Web shop"))),
        Command::PutHub(full_hub()),
        Command::PutZones(zones()),
        Command::PutSlots(slots()),
        Command::PutProduct(product),
        Command::PutSkuMapping(mapping),
        Command::PutSkuMapping(taken_back),
        Command::PutCustomer {
            customer,
            contact: Some(person()),
        },
        Command::SetActive {
            document: Switchable::SkuMapping(channel("web"), external("tea/1")),
            active: false,
        },
        Command::EraseCustomer {
            customer: customer_id(3),
            rows: vec![DocumentKey::Contact(contact_id(4)), host("note")],
        },
        Command::EraseOrder {
            order: order_id(1),
            rows: vec![DocumentKey::Contact(contact_id(4))],
        },
    ]
}

fn goods() -> Vec<Command> {
    let counted = StockCommand::Count {
        found: units(4),
        seen: Some(units(5)),
    };
    let asked = TransferCommand::Request {
        from: hub("north"),
        to: hub("south"),
        lines: [(sku("TEA"), units(5))].into(),
    };
    let mut claim = ReserveStock::new(
        owner_cart(7),
        vec![ReserveLine {
            line: line(1),
            sku: sku("TEA"),
            quantity: quantity(2),
        }],
    );
    let firm = claim.clone();
    claim.hub = Some(hub("north"));
    claim.mode = ReserveMode::Tentative { ttl_secs: Some(60) };
    let owner = || Owner::Host(external("sale-1"));
    vec![
        Command::Stock {
            key: stock("north", "TEA"),
            command: counted,
            reason: reason("season"),
        },
        Command::Transfer {
            transfer: transfer("T-1"),
            command: asked,
        },
        Command::Reserve(claim),
        Command::SetReservation(firm),
        Command::ConfirmReservation { owner: owner() },
        Command::ReleaseReservation { owner: owner() },
        Command::ConsumeReservation {
            owner: owner(),
            reason: reason("sold"),
        },
        Command::ExpireReservation { owner: owner() },
    ]
}

fn orders() -> Vec<Command> {
    let order = order_id(1);
    let asked = |command| Command::Order { order, command };
    let paid = OrderCommand::RecordPayment {
        entry: PaymentEntry::Captured {
            amount: money("1.00"),
        },
        method: Some(PaymentMethod(name("card"))),
        reference: Some(external("pi-1")),
    };
    let parcel = ShipParcel {
        lines: vec![],
        tracking: Tracking {
            number: Some(external("1Z")),
            ..Tracking::default()
        },
    };
    let sent = Intake::payload(channel("web"), br#"{"id":727}"#).unwrap();
    vec![
        Command::Place(Box::new(waiting())),
        Command::Enqueue(Box::new(sent)),
        Command::Enqueue(Box::new(Intake::Order(Box::new(waiting())))),
        asked(OrderCommand::Approve),
        asked(paid),
        asked(OrderCommand::Ship {
            fulfillment: fulfillment(1),
            parcel,
        }),
        Command::Assign {
            order,
            hub: Some(hub("north")),
        },
        Command::Reassign {
            order,
            fulfillment: fulfillment(1),
            hub: None,
        },
        Command::BookSlot {
            order,
            slot: waiting().draft.slot,
        },
        Command::ChangeContacts {
            order,
            ship_to: Some(person()),
            bill_to: None,
        },
        Command::FollowContacts {
            order,
            said: Box::new(waiting().draft.contacts),
        },
    ]
}

fn commands() -> Vec<Command> {
    [registry(), goods(), orders()]
        .into_iter()
        .flatten()
        .collect()
}

/// The name of the variant, as it is written.
fn variant(command: &Command) -> String {
    let json = serde_json::to_value(command).unwrap();
    json.as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
fn what_was_asked_before_is_known_again() {
    let mut lines = String::new();
    for command in commands() {
        let bytes = fingerprint(&command).0;
        assert_eq!(bytes[0], 1, "{} follows the rule", variant(&command));
        write!(lines, "{} ", variant(&command)).unwrap();
        for byte in bytes {
            write!(lines, "{byte:02x}").unwrap();
        }
        lines.push('\n');
    }
    if std::env::var_os("OMS_GOLDEN_WRITE").is_some_and(|flag| flag == "1") {
        std::fs::write(FILE, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    assert_eq!(lines, golden);
}

#[test]
fn every_kind_of_command_has_a_fingerprint_here() {
    let source = include_str!("../../src/plan/command.rs");
    let (_, variants) = source.split_once("pub enum Command {").unwrap();
    let (variants, _) = variants.split_once("\n}").unwrap();
    let known: BTreeSet<String> = variants
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| {
            let name = line.split(|c: char| !c.is_ascii_alphanumeric()).next();
            name.unwrap().to_ascii_lowercase()
        })
        .collect();
    let here: BTreeSet<String> = commands()
        .iter()
        .map(|command| variant(command).replace('_', ""))
        .collect();
    assert_eq!(here, known);
}
