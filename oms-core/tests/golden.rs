//! What is written to disk, word for word: one file of every kind of stored body. What an earlier
//! release stored, this one reads. The events of an order have golden lines of their own.
//!
//! `OMS_GOLDEN_WRITE=1` writes the files of new kinds; a file that changes by it is a new schema.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::PathBuf;

use oms_core::catalog::{Product, SalesChannel, SkuMapping};
use oms_core::customer::{Contact, ContactDocument, Customer};
use oms_core::event::StreamId;
use oms_core::hub::{
    CutOff, DeliverySlot, Destination, Hub, HubKind, ServiceArea, SlotDay, Zone, ZoneBook,
};
use oms_core::order::{
    ApprovalMode, Assignment, BookedSlot, Cancellation, Charge, ChargeKind, Claim, CommandKind,
    Condition, Contacts, ExternalReference, Fulfillment, Guard, Head, Hold, HoldReason, LineSku,
    Order, OrderCommand, OrderDraft, OrderState, OrderStatus, PaymentEntry, PaymentMethod,
    PaymentReference, Place, RawPayload, ShipParcel, Source, SourceKind, Stage, TaxMode, Tracking,
    Workflow, decide, decide_place, evolve, fold,
};
use oms_core::plan::{
    DecodeError, Intake, OnProblem, PayloadDocument, PlaceOrder, Receipt, RegistryEvent,
    ReserveMode, Stored, decode_json,
};
use oms_core::reservation::{Owner, ReservationEvent, ReservedUnits};
use oms_core::routing::{
    Explanation, Fallback, HubCandidate, OnShortage, RouteLine, RoutePolicy, RouteRequest, Split,
    route,
};
use oms_core::stock::{StockEvent, Transfer, TransferCommand, TransferEvent};
use oms_core::tenant::Settings;
use oms_core::testing::build::{
    channel, contact_id, customer_id, external, fulfillment, hub, line, movement_id, number,
    order_id, payload_id, quantity, reason, sku, stored_receipt, units, version,
};
use oms_core::value::{
    Address, AttributeKey, AttributeValue, ChannelPlace, CountryCode, Currency, EmailAddress,
    GeoPoint, Link, LocalDate, MinuteOfDay, Money, Name, Note, Phone, PostalCode, Rate, ShipmentId,
    Sku, SlotId, SlotKey, SlotKind, StageId, Tag, Timestamp, Title, TransferId, UnitPrice, Units,
    ZoneId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[path = "golden/fingerprints.rs"]
mod fingerprints;
#[path = "golden/routes.rs"]
mod routes;

/// What is asked of the text of a file.
type Check = Box<dyn Fn(&str)>;

/// A value and the file it is stored as.
struct Case {
    name: &'static str,
    /// `None` for a form that is read and not written any more.
    json: Option<String>,
    reads: Check,
    refuses_newer: Option<Check>,
}

/// A body that is read with its schema.
fn stored<T: Stored + PartialEq + Debug + 'static>(name: &'static str, value: T) -> Case {
    let json = Some(pretty(&value));
    let reads = move |text: &str| {
        let read: T = decode_json(name, T::SCHEMA, text).unwrap();
        assert_eq!(read, value, "{name}");
    };
    let refuses = move |text: &str| {
        let newer = T::SCHEMA.checked_add(1).unwrap();
        let expected = DecodeError::NewerSchema {
            what: name.to_owned(),
            found: newer,
            known: T::SCHEMA,
        };
        let refused = decode_json::<T>(name, newer, text).unwrap_err();
        assert_eq!(refused, expected, "{name}");
    };
    Case {
        name,
        json,
        reads: Box::new(reads),
        refuses_newer: Some(Box::new(refuses)),
    }
}

/// A body that hosts or the engine read as plain JSON.
fn plain<T>(name: &'static str, value: T) -> Case
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + 'static,
{
    let json = Some(pretty(&value));
    let reads = move |text: &str| {
        let read: T = serde_json::from_str(text).unwrap();
        assert_eq!(read, value, "{name}");
    };
    Case {
        name,
        json,
        reads: Box::new(reads),
        refuses_newer: None,
    }
}

/// The same body as an earlier release wrote it.
fn earlier(case: Case) -> Case {
    Case { json: None, ..case }
}

/// A receipt as it is stored with its key: byte for byte, as it is short to save bytes.
fn kept(name: &'static str, receipt: Receipt) -> Case {
    let json = Some(format!("{}\n", stored_receipt(&receipt)));
    Case {
        json,
        ..plain(name, receipt)
    }
}

fn pretty<T: Serialize>(value: &T) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap())
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v1"))
}

fn golden(name: &str) -> String {
    let path = folder().join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_secs(1_772_000_000 + secs).unwrap()
}

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(text, eur()).unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn stage(text: &str) -> StageId {
    StageId::parse(text).unwrap()
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn key() -> AttributeKey {
    AttributeKey::parse("erp.id").unwrap()
}

fn attribute() -> AttributeValue {
    AttributeValue::parse("A-7").unwrap()
}

fn settings() -> Settings {
    let conditions = [
        Condition::Paid,
        Condition::PaidOrAuthorised,
        Condition::TotalAtMost {
            amount: money("500.00"),
        },
        Condition::HasTag { tag: tag("vip") },
        Condition::LacksTag { tag: tag("fraud") },
        Condition::AttributeIs {
            key: key(),
            value: attribute(),
        },
        Condition::StageIs {
            stage: stage("called"),
        },
    ];
    let guard = |condition| Guard {
        name: stage("rule"),
        command: CommandKind::Approve,
        condition,
    };
    Settings {
        workflow: Workflow {
            approval: ApprovalMode::Manual,
            stages: vec![Stage {
                id: stage("called"),
                status: OrderStatus::Pending,
            }],
            guards: conditions.map(guard).into(),
        },
        routing: Some(routed().policy),
        tentative_ttl_secs: 600,
        low_stock_threshold: units(5),
        key_retention_days: 60,
    }
}

fn full_hub() -> Hub {
    Hub {
        priority: 7,
        area: ServiceArea {
            countries: [CountryCode::parse("DE").unwrap()].into(),
            postal_prefixes: [PostalCode::parse("04").unwrap()].into(),
            ..ServiceArea::default()
        },
        location: Some(GeoPoint::parse("51.34", "12.37").unwrap()),
        active: false,
        ..plain_hub()
    }
}

fn plain_hub() -> Hub {
    Hub::new(hub("north"), name("North"))
}

fn contact() -> ContactDocument {
    ContactDocument::Present {
        contact: Contact {
            address: Address {
                name: Some(name("Buyer")),
                company: Some(name("Company")),
                line1: Some(name("Street 1")),
                line2: Some(name("Floor 2")),
                city: Some(name("Town")),
                region: Some(name("Region")),
                postal_code: PostalCode::parse("04109").ok(),
                country: CountryCode::parse("DE").ok(),
                location: GeoPoint::parse("51.34", "12.37").ok(),
            },
            email: EmailAddress::parse("buyer@example.org").ok(),
            phone: Phone::parse("+49 341 000").ok(),
        },
        place: Some(ChannelPlace {
            city: Some(name("town")),
            region: Some(name("region")),
            country: Some(name("Germany")),
        }),
        customer: Some(customer_id(3)),
        order: Some(order_id(1)),
    }
}

fn draft() -> OrderDraft {
    let source = Source::new(SourceKind::Channel, channel("web"));
    let mut draft = OrderDraft::new(source, eur());
    draft.push_line("TEA", 6, "10.00").unwrap();
    draft
}

/// An order that was taken in, with every field filled that can be.
fn waiting() -> PlaceOrder {
    let mut draft = draft();
    draft.external = vec![ExternalReference {
        kind: external("order"),
        id: external("727"),
    }];
    draft.customer = Some(customer_id(3));
    if let ContactDocument::Present { contact, place, .. } = contact() {
        draft.contacts = Contacts {
            ship_to: Some(contact.clone()),
            bill_to: Some(contact),
            place,
        };
    }
    let first = &mut draft.lines[0];
    first.title = Title::parse("Tea, loose").ok();
    first.channel_item = Some(external("item-1"));
    first.discount = money("1.00");
    first.tax = money("4.64");
    first.tax_rate = Rate::parse("0.19").ok();
    draft.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: Title::parse("Parcel").ok(),
        amount: money("4.00"),
        tax: money("0.64"),
    }];
    draft.discount = money("0.50");
    draft.order_tax = Some(money("5.28"));
    draft.tax_mode = TaxMode::Inclusive;
    draft.stated_total = Some(money("62.50"));
    draft.payment.method = Some(PaymentMethod(name("card")));
    draft.payment.authorised = money("62.50");
    draft.payment.captured = money("50.00");
    draft.payment.references = vec![external("tx-1")];
    draft.ordered_at = Some(at(-60));
    draft.promised_by = Some(at(86_400));
    draft.slot = Some(SlotKey {
        hub: hub("north"),
        date: LocalDate::parse("2026-12-24").unwrap(),
        slot: SlotId::parse("today").unwrap(),
    });
    draft.tags = [tag("gift")].into();
    draft.notes = vec![Note::parse("ring twice").unwrap()];
    draft.attributes = [(key(), attribute())].into();
    draft.payload = Some(RawPayload {
        media_type: "application/json",
        text: r#"{"id":727}"#.to_owned(),
    });
    PlaceOrder {
        draft,
        on_problem: OnProblem::Hold,
        reserve: ReserveMode::Tentative { ttl_secs: Some(60) },
        takes_over: Some(Owner::Host(external("cart-1"))),
        hub: Some(hub("north")),
    }
}

/// The order as placed, with nothing but what an order must have.
fn placed() -> Order {
    let place = Place {
        id: order_id(1),
        number: number(1001),
        draft: &draft(),
        skus: &[LineSku::Known(sku("TEA"))],
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    };
    fold([&decide_place(&place, at(0)).unwrap()]).unwrap()
}

/// A head on hold with every field filled that can be.
fn full_head() -> Head {
    let mut head = placed().head;
    head.state = OrderState::OnHold;
    head.hold = Some(Hold {
        reasons: [HoldReason::Shortage, HoldReason::Other].into(),
        note: Some(reason("look")),
        notes: BTreeMap::new(),
        since: at(60),
        resume: OrderState::Open,
    });
    head.external = vec![ExternalReference {
        kind: external("order"),
        id: external("727"),
    }];
    head.customer = Some(customer_id(3));
    head.ship_to = Some(contact_id(4));
    head.bill_to = Some(contact_id(5));
    head.payload = Some(payload_id(6));
    head.removed_lines = [line(3)].into();
    head.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: Title::parse("Parcel").ok(),
        amount: money("4.00"),
        tax: money("0.64"),
    }];
    head.discount = money("0.50");
    head.order_tax = Some(money("5.28"));
    head.tax_mode = TaxMode::Inclusive;
    head.ordered_at = Some(at(-60));
    head.promised_by = Some(at(86_400));
    head.state_since = at(60);
    head.stage = Some(stage("called"));
    head.tags = [tag("gift")].into();
    head.attributes = [(key(), attribute())].into();
    head.notes = vec![oms_core::order::NoteEntry {
        at: at(1),
        text: Note::parse("ring twice").unwrap(),
    }];
    head.fulfillments_made = 2;
    fill_line(&mut head);
    fill_amounts(&mut head);
    head
}

/// The same with the details of each reason, which an earlier release did not keep.
fn told_head() -> Head {
    let mut head = full_head();
    if let Some(hold) = &mut head.hold {
        let shortage = (HoldReason::Shortage, reason("1 of 2 are there"));
        hold.notes = [shortage, (HoldReason::Other, reason("look"))].into();
    }
    head
}

fn fill_line(head: &mut Head) {
    let first = &mut head.lines[0];
    first.title = Title::parse("Tea, loose").ok();
    first.channel_item = Some(external("item-1"));
    first.unit_price = UnitPrice::parse("10.0125", eur()).unwrap();
    first.discount = money("1.00");
    first.tax = money("4.64");
    first.tax_rate = Rate::parse("0.19").ok();
    first.open = units(1);
    first.backordered = units(2);
    first.allocated = units(2);
    first.cancelled = units(1);
    let mut unknown = first.clone();
    unknown.id = line(2);
    unknown.sku = LineSku::Unknown(Some(external("T?")));
    let mut nameless = first.clone();
    nameless.id = line(4);
    nameless.sku = LineSku::Unknown(None);
    head.lines.extend([unknown, nameless]);
}

fn fill_amounts(head: &mut Head) {
    let totals = &mut head.totals;
    totals.discounts = money("1.50");
    totals.shipping = money("4.00");
    totals.fees = money("0.10");
    totals.tips = money("0.20");
    totals.duties = money("0.30");
    totals.gift_cards = money("-5.00");
    totals.tax = money("5.28");
    totals.total = money("58.10");
    totals.stated = Some(money("58.11"));
    let payment = &mut head.payment;
    payment.method = Some(PaymentMethod(name("card")));
    payment.authorised = money("58.10");
    payment.captured = money("50.00");
    payment.refunded = money("1.00");
    payment.references = vec![external("tx-1")];
    let amount = money("1.00");
    let entries = [
        PaymentEntry::Authorised { amount },
        PaymentEntry::Captured { amount },
        PaymentEntry::Refunded { amount },
    ];
    let recorded = entries.map(|entry| PaymentReference {
        id: external("pi-1"),
        entry,
    });
    payment.recorded = recorded.into();
}

/// The same as an earlier release stored it: the kinds of the placement without their sums.
fn voided_head() -> Head {
    let mut head = covered_head();
    head.payment.covered_sums.clear();
    head
}

/// An order that waits for a hub with room; of its money some was let go, and some was kept.
fn retained_head() -> Head {
    let mut head = placed().head;
    head.state = OrderState::OnHold;
    head.hold = Some(Hold {
        reasons: [HoldReason::Capacity].into(),
        note: None,
        notes: BTreeMap::new(),
        since: at(60),
        resume: OrderState::Pending,
    });
    let payment = &mut head.payment;
    payment.captured = money("60.00");
    payment.refunded = money("1.00");
    payment.waived = money("2.00");
    payment.credited = money("3.00");
    payment.retained = money("5.00");
    let amount = money("5.00");
    payment.recorded = vec![PaymentReference {
        id: external("fee-1"),
        entry: PaymentEntry::Retained { amount },
    }];
    head
}

/// Shipping without tax of its own that an edit put up, in an order with a tax for the whole.
fn put_up_head() -> Head {
    let mut head = placed().head;
    head.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: None,
        amount: money("4.00"),
        tax: money("0.00"),
    }];
    head.order_tax = Some(money("5.28"));
    head.least_untaxed = Some(money("3.00"));
    head.totals.shipping = money("4.00");
    head.totals.tax = money("5.28");
    head.totals.total = money("69.28");
    head
}

/// A promise that was known at placement, and taken back under its name.
fn covered_head() -> Head {
    let mut order = placed();
    order.head.payment.authorised = money("1.00");
    order.head.payment.references = vec![external("tx-1")];
    let amount = money("1.00");
    let command = OrderCommand::RecordPayment {
        entry: PaymentEntry::Voided { amount },
        method: None,
        reference: Some(external("tx-1")),
    };
    run(&mut order, &command);
    order.head
}

fn cancelled_head() -> Head {
    let mut head = placed().head;
    head.state = OrderState::Cancelled;
    head.cancellation = Some(Cancellation {
        reason: reason("buyer asked"),
        at: at(60),
    });
    head
}

fn run(order: &mut Order, command: &OrderCommand) {
    for event in decide(order, command, &Workflow::default(), at(60)).unwrap() {
        evolve(order, &event);
    }
}

fn allocated(expires_at: Option<Timestamp>) -> Order {
    let mut order = placed();
    let assignments = vec![Assignment {
        hub: hub("north"),
        line: line(1),
        quantity: quantity(6),
    }];
    let command = OrderCommand::Allocate {
        assignments,
        expires_at,
    };
    run(&mut order, &command);
    order
}

/// Work that takes up the capacity of its hub's day.
fn counted() -> Fulfillment {
    let mut work = tentative();
    work.day = LocalDate::parse("2026-12-24").ok();
    work
}

/// Work that knows since when it is so far.
fn dated() -> Fulfillment {
    let mut work = tentative();
    work.status_since = Some(at(0));
    work
}

fn tentative() -> Fulfillment {
    allocated(Some(at(900))).fulfillments[&fulfillment(1)].clone()
}

fn expired() -> Fulfillment {
    let mut work = tentative();
    work.claim = Claim::Expired;
    work
}

/// A delivered parcel, and units in every bucket.
fn full_fulfillment() -> Fulfillment {
    let (mut order, id) = (allocated(None), fulfillment(1));
    let parcel = ShipParcel {
        lines: vec![],
        tracking: Tracking {
            carrier: Some(name("Post")),
            service: Some(name("Express")),
            number: Some(external("1Z")),
            url: Link::parse("https://example.org/1Z").ok(),
        },
    };
    let (fulfillment, lines) = (id, Vec::new);
    run(&mut order, &OrderCommand::Approve);
    for command in [
        OrderCommand::Pick {
            fulfillment,
            lines: lines(),
        },
        OrderCommand::Pack {
            fulfillment,
            lines: lines(),
        },
        OrderCommand::Ship {
            fulfillment,
            parcel,
        },
        OrderCommand::Deliver {
            shipment: ShipmentId::new(1).unwrap(),
        },
    ] {
        run(&mut order, &command);
    }
    let mut work = order.fulfillments[&id].clone();
    let share = &mut work.lines[0];
    for bucket in [
        &mut share.reserved,
        &mut share.picked,
        &mut share.packed,
        &mut share.shipped,
        &mut share.delivered,
        &mut share.returned,
    ] {
        *bucket = units(1);
    }
    work
}

/// A parcel that will not arrive.
fn failed() -> Fulfillment {
    let mut work = full_fulfillment();
    let parcel = &mut work.shipments[0];
    parcel.failed_at = parcel.delivered_at.take();
    work
}

/// An order of two SKUs that is split over three hubs, under a policy that says everything.
fn explanation(hubs: &[Hub]) -> Explanation {
    let lines = [("TEA", 6), ("MUG", 3)];
    let lines = (1..).zip(lines).map(|(number, (what, asked))| RouteLine {
        line: line(number),
        sku: sku(what),
        units: units(asked),
    });
    let mut policy = RoutePolicy {
        split: Split::AtMost(3),
        use_external: false,
        on_shortage: OnShortage::Backorder,
        fallback: vec![Fallback::UseExternal, Fallback::IgnoreOpening],
        currency: Currency::parse("EUR").ok(),
        ..RoutePolicy::default()
    };
    policy.check_capacity = true;
    let place = Destination {
        country: CountryCode::parse("DE").ok(),
        ..Destination::default()
    };
    let request = RouteRequest::new(Some(place), lines.collect());
    let candidates = hubs.iter().enumerate().map(|(at, hub)| {
        let has = [2, 4, 1][at % 3];
        let candidate = HubCandidate::new(hub, &request, |sku| match sku.as_str() {
            "TEA" => units(has),
            _ => units(has / 2),
        });
        candidate.having_taken(units(3))
    });
    let candidates: Vec<HubCandidate<'_>> = candidates.collect();
    let explanation = route(&request, &candidates, &policy, at(0)).explanation;
    explanation.verify().unwrap();
    explanation
}

fn routed() -> Explanation {
    let mut far = plain_hub();
    far.id = hub("far");
    far.area.countries = [CountryCode::parse("FR").unwrap()].into();
    let mut closed = plain_hub();
    (closed.id, closed.active) = (hub("closed"), false);
    let mut partner = plain_hub();
    (partner.id, partner.kind) = (hub("partner"), HubKind::External);
    let mut full = full_hub();
    (full.id, full.area, full.active) = (hub("full"), ServiceArea::default(), true);
    explanation(&[plain_hub(), full, partner, far, closed])
}

fn slots() -> SlotDay {
    let minute = |text| MinuteOfDay::parse(text).unwrap();
    let plain = DeliverySlot::new(minute("08:00"), minute("10:00"), units(20));
    let full = DeliverySlot {
        kind: SlotKind::SameDay,
        zone: ZoneId::parse("berlin").ok(),
        cut_off: CutOff {
            days_before: 1,
            at: minute("18:00"),
        },
        ..plain.clone()
    };
    let mut day = SlotDay::new(hub("north"), LocalDate::parse("2026-12-24").unwrap());
    let ids = ["morning", "today"].map(|id| SlotId::parse(id).unwrap());
    day.slots.extend(ids.into_iter().zip([plain, full]));
    day
}

/// A head with a delivery slot.
fn head_slot() -> Head {
    let mut head = placed().head;
    let day = slots();
    let (id, slot) = day.slots.last_key_value().unwrap();
    head.slot = Some(BookedSlot {
        key: day.key(id),
        start: slot.start,
        end: slot.end,
        kind: slot.kind,
        zone: slot.zone.clone(),
        ends: None,
    });
    head
}

/// The same, where it is known when that is.
fn head_slot_ends() -> Head {
    let mut head = head_slot();
    let ends = Timestamp::parse_rfc3339("2026-12-24T10:00:00Z").unwrap();
    head.slot.as_mut().unwrap().ends = Some(ends);
    head
}

fn zones() -> ZoneBook {
    let mut zones = ZoneBook::default();
    let zone = Zone {
        countries: [CountryCode::parse("DE").unwrap()].into(),
        postal_prefixes: [PostalCode::parse("10").unwrap()].into(),
        ..Zone::default()
    };
    zones.put(ZoneId::parse("berlin").unwrap(), zone).unwrap();
    zones
}

fn receipt() -> Receipt {
    let mut receipt = Receipt::new(StreamId::order(order_id(1)), version(3));
    receipt.events = vec!["order.shipped".to_owned()];
    let mut order = Receipt::of_order(&placed()).order.unwrap();
    order.status = OrderStatus::Shipped;
    order.holds = [HoldReason::Review].into();
    order.shipment = ShipmentId::new(1).ok();
    receipt.order = Some(order);
    receipt.movement = Some(movement_id(9));
    receipt.known = true;
    receipt
}

fn registry() -> Vec<Case> {
    let mut product = Product::new(sku("TEA"), Title::parse("Tea").unwrap());
    let plain_product = product.clone();
    product.list_price = UnitPrice::parse("4.5", eur()).ok();
    let customer = Customer {
        id: customer_id(3),
        external: Some(external("c-3")),
        contact: Some(contact_id(4)),
        active: true,
        erased: true,
    };
    let plain_customer = Customer {
        external: None,
        contact: None,
        erased: false,
        ..customer.clone()
    };
    let mapping = SkuMapping::new(channel("web"), external("tea/1"), sku("TEA"));
    let off = SkuMapping {
        active: false,
        ..mapping.clone()
    };
    let unrouted = Settings {
        routing: None,
        ..Settings::default()
    };
    let web = SalesChannel::new(channel("web"), name("Web shop"));
    vec![
        stored("settings", settings()),
        stored("settings_default", Settings::default()),
        stored("settings_unrouted", unrouted),
        stored("zones", zones()),
        stored("slots", slots()),
        stored("head_slot", head_slot()),
        stored("head_slot_ends", head_slot_ends()),
        stored("sales_channel", web),
        stored("hub", full_hub()),
        stored("hub_plain", plain_hub()),
        stored("product", product),
        stored("product_plain", plain_product),
        stored("sku_mapping_off", off),
        stored("sku_mapping", mapping),
        stored("customer", customer),
        stored("customer_plain", plain_customer),
    ]
}

fn orders() -> Vec<Case> {
    let payload = PayloadDocument::Present {
        media_type: "application/json".to_owned(),
        text: r#"{"id":727}"#.to_owned(),
    };
    let sent = Intake::payload(channel("web"), br#"{"id":727}"#).unwrap();
    let nobody = ContactDocument::Present {
        contact: Contact::default(),
        place: None,
        customer: None,
        order: None,
    };
    vec![
        stored("contact", contact()),
        stored("contact_plain", nobody),
        stored("contact_erased", ContactDocument::Erased { at: at(0) }),
        stored("payload", payload),
        plain("intake_order", Intake::Order(Box::new(waiting()))),
        plain("intake_payload", sent),
        stored("payload_erased", PayloadDocument::Erased { at: at(0) }),
        stored("head", full_head()),
        stored("head_told", told_head()),
        stored("head_cancelled", cancelled_head()),
        stored("head_plain", placed().head),
        earlier(stored("head_long", placed().head)),
        stored("head_voided", voided_head()),
        stored("head_covered", covered_head()),
        stored("head_retained", retained_head()),
        stored("head_put_up", put_up_head()),
        stored("fulfillment", full_fulfillment()),
        stored("fulfillment_failed", failed()),
        stored("fulfillment_tentative", tentative()),
        stored("fulfillment_expired", expired()),
        stored("fulfillment_counted", counted()),
        stored("fulfillment_since", dated()),
        stored("explanation", routed()),
        stored("explanation_none", explanation(&[])),
    ]
}

/// A transfer that was shipped and then took these commands, and what happened to it.
fn transferred(
    sent: BTreeMap<Sku, Units>,
    then: Vec<TransferCommand>,
) -> (Transfer, Vec<TransferEvent>) {
    let id = TransferId::parse("T-1").unwrap();
    let lines = BTreeMap::from([(sku("MUG"), units(3)), (sku("TEA"), units(5))]);
    let (from, to) = (hub("north"), hub("south"));
    let begun = [
        TransferCommand::Request { from, to, lines },
        TransferCommand::Ship { sent },
    ];
    let (mut transfer, mut events) = (None, Vec::new());
    for (n, command) in begun.iter().chain(&then).enumerate() {
        let now = at(60 * i64::try_from(n).unwrap());
        let event = Transfer::decide(transfer.as_ref(), &id, command, now).unwrap();
        events.extend(event.clone());
        transfer = Transfer::after(transfer, &event.unwrap());
    }
    (transfer.unwrap(), events)
}

/// A delivery with a damaged unit, and the end of the transfer.
fn parts() -> Vec<TransferCommand> {
    let arrived = BTreeMap::from([(sku("MUG"), units(3)), (sku("TEA"), units(2))]);
    let damaged = BTreeMap::from([(sku("TEA"), units(1))]);
    let reason = reason("the van burnt");
    vec![
        TransferCommand::ReceivePart { arrived, damaged },
        TransferCommand::Close { reason },
    ]
}

fn transfers() -> Vec<Case> {
    // Less arrived than was sent.
    let counted = BTreeMap::from([(sku("TEA"), units(4))]);
    let receive = TransferCommand::Receive { counted };
    let (transfer, events) = transferred(BTreeMap::new(), vec![receive]);
    let first = Transfer::after(None, &events[0]).unwrap();
    let cancelled = TransferEvent::Cancelled {
        reason: reason("not needed"),
        at: at(60),
    };
    let [requested, shipped, received] = events.try_into().unwrap();
    let (closed, events) = transferred(BTreeMap::new(), parts());
    let [_, _, part_received, closing] = events.try_into().unwrap();
    let sent = BTreeMap::from([(sku("TEA"), units(4))]);
    let (short, events) = transferred(sent, Vec::new());
    let [_, shipped_short] = events.try_into().unwrap();
    vec![
        stored("transfer", transfer),
        stored("transfer_requested", first),
        stored("transfer_event_requested", requested),
        stored("transfer_event_shipped", shipped),
        stored("transfer_event_received", received),
        stored("transfer_event_cancelled", cancelled),
        stored("transfer_closed", closed),
        stored("transfer_event_part_received", part_received),
        stored("transfer_event_closed", closing),
        stored("transfer_short", short),
        stored("transfer_event_shipped_short", shipped_short),
    ]
}

fn events() -> Vec<Case> {
    let units_of = || {
        vec![ReservedUnits {
            line: line(1),
            hub: hub("north"),
            sku: sku("TEA"),
            quantity: quantity(2),
        }]
    };
    let reserved = |expires_at| ReservationEvent::Reserved {
        units: units_of(),
        expires_at,
    };
    let confirmed = ReservationEvent::Confirmed { units: units_of() };
    let released = ReservationEvent::Released { units: units_of() };
    let consumed = ReservationEvent::Consumed { units: units_of() };
    let expired = ReservationEvent::Expired { units: units_of() };
    let set = StockEvent {
        old: units(1),
        new: units(4),
        reason: reason("season"),
    };
    let created = RegistryEvent {
        old: None,
        new: plain_hub(),
    };
    let changed = RegistryEvent {
        old: Some(plain_hub()),
        new: full_hub(),
    };
    let nothing = Receipt::new(StreamId::tenant(), version(1));
    vec![
        stored("reservation_reserved", reserved(Some(at(900)))),
        stored("reservation_reserved_firmly", reserved(None)),
        stored("reservation_confirmed", confirmed),
        stored("reservation_released", released),
        stored("reservation_consumed", consumed),
        stored("reservation_expired", expired),
        plain("stock_event", set),
        plain("registry_created", created),
        plain("registry_changed", changed),
        plain("receipt", receipt()),
        plain("receipt_plain", nothing.clone()),
        kept("receipt_stored", receipt()),
        kept("receipt_stored_plain", nothing),
    ]
}

/// Choices of hubs, explained.
fn choices() -> Vec<Case> {
    let all = routes::explanations();
    let (_, covered) = all[0].clone();
    let all = all.into_iter();
    all.map(|(name, explanation)| stored(name, explanation))
        .chain([earlier(stored("explanation_long", covered))])
        .collect()
}

fn cases() -> Vec<Case> {
    [registry(), orders(), choices(), transfers(), events()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_kind_of_body_is_written_as_it_always_was() {
    let write = std::env::var_os("OMS_GOLDEN_WRITE").is_some_and(|flag| flag == "1");
    for case in cases() {
        let Some(json) = &case.json else {
            continue;
        };
        if write {
            std::fs::create_dir_all(folder()).unwrap();
            let path = folder().join(format!("{}.json", case.name));
            std::fs::write(path, json).unwrap();
        } else {
            assert_eq!(*json, golden(case.name), "{}", case.name);
        }
    }
}

#[test]
fn what_was_written_is_read() {
    for case in cases() {
        (case.reads)(&golden(case.name));
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let mut refused = 0;
    for case in cases() {
        if let Some(refuses) = &case.refuses_newer {
            refuses(&golden(case.name));
            refused += 1;
        }
    }
    assert_eq!(refused, 68, "all but the bodies without `Stored`");
}

#[test]
fn every_file_has_a_case_and_every_case_a_file() {
    let all = cases();
    let expected: BTreeSet<String> = all
        .iter()
        .map(|case| format!("{}.json", case.name))
        .collect();
    assert_eq!(expected.len(), all.len(), "a name is used twice");
    let found: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected);
}
