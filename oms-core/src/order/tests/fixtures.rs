//! Orders, values and commands in few words.

use uuid::Uuid;

use crate::order::{
    Assignment, BookedSlot, CancelLine, CommandKind, DraftLine, EditLine, Fulfillment, HoldReason,
    LineQuantity, LineSku, Order, OrderCommand, OrderDraft, OrderEvent, OrderRejection, OrderState,
    OrderStatus, PaymentEntry, Place, ShipParcel, Source, SourceKind, Tracking, Workflow, decide,
    decide_place, evolve, fold,
};
use crate::value::{
    ChannelId, ContactId, Currency, CustomerId, ExternalId, FulfillmentId, HubId, LineId,
    LocalDate, MinuteOfDay, Money, OrderId, OrderNumber, Quantity, Reason, ShipmentId, Sku, SlotId,
    SlotKey, SlotKind, Timestamp, UnitPrice, Units, ZoneId,
};

pub(super) fn currency() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub(super) fn eur(text: &str) -> Money {
    Money::parse(text, currency()).unwrap()
}

pub(super) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

pub(super) fn price(text: &str) -> UnitPrice {
    UnitPrice::parse(text, currency()).unwrap()
}

pub(super) fn quantity(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

pub(super) fn units(units: u32) -> Units {
    Units::new(units).unwrap()
}

pub(super) fn line(number: u32) -> LineId {
    LineId::new(number).unwrap()
}

pub(super) fn work(number: u32) -> FulfillmentId {
    FulfillmentId::new(number).unwrap()
}

pub(super) fn parcel(number: u32) -> ShipmentId {
    ShipmentId::new(number).unwrap()
}

pub(super) fn hub(name: &str) -> HubId {
    HubId::parse(name).unwrap()
}

pub(super) fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

pub(super) fn external(id: &str) -> ExternalId {
    ExternalId::parse(id).unwrap()
}

pub(super) fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

pub(super) fn contact(number: u128) -> ContactId {
    ContactId::from_uuid(Uuid::from_u128(number))
}

pub(super) fn customer(number: u128) -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(number))
}

/// Seconds after the order was placed.
pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_secs(1_800_000_000 + secs).unwrap()
}

pub(super) fn source() -> Source {
    Source {
        kind: SourceKind::Manual,
        channel: ChannelId::parse("desk").unwrap(),
    }
}

/// A draft with a line of each (units, unit price), numbered from 1.
pub(super) fn draft(lines: &[(u32, &str)]) -> OrderDraft {
    let mut draft = OrderDraft::new(source(), currency());
    for (at, (units, price)) in lines.iter().enumerate() {
        let _: &mut DraftLine = draft
            .push_line(&format!("SKU-{}", at + 1), *units, price)
            .unwrap();
    }
    draft
}

/// The catalogue knows every line as `SKU-n`.
pub(super) fn known(draft: &OrderDraft) -> Vec<LineSku> {
    draft
        .lines
        .iter()
        .map(|line| LineSku::Known(sku(&format!("SKU-{}", line.id))))
        .collect()
}

pub(super) fn place_event(
    draft: &OrderDraft,
    skus: &[LineSku],
) -> Result<OrderEvent, OrderRejection> {
    let place = Place {
        id: OrderId::from_uuid(Uuid::from_u128(1)),
        number: OrderNumber::new(1001).unwrap(),
        draft,
        skus,
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    };
    decide_place(&place, at(0))
}

/// An order with its events, and a workflow to ask under.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) order: Order,
    pub(super) events: Vec<OrderEvent>,
    pub(super) workflow: Workflow,
    pub(super) now: Timestamp,
}

impl Desk {
    /// A placed order with a line of each (units, unit price).
    pub(super) fn new(lines: &[(u32, &str)]) -> Self {
        Self::of(&draft(lines))
    }

    pub(super) fn of(draft: &OrderDraft) -> Self {
        Self::placed(draft, &known(draft))
    }

    /// The same, the last line of a SKU nobody knows.
    pub(super) fn unnamed(draft: &OrderDraft) -> Self {
        let mut skus = known(draft);
        *skus.last_mut().unwrap() = LineSku::Unknown(Some(external("T-1")));
        Self::placed(draft, &skus)
    }

    fn placed(draft: &OrderDraft, skus: &[LineSku]) -> Self {
        let placed = place_event(draft, skus).unwrap();
        let order = fold([&placed]).unwrap();
        Self {
            order,
            events: vec![placed],
            workflow: Workflow::default(),
            now: at(1),
        }
    }

    /// Two lines of 2 units at 10.00, approved, all units claimed at hub A.
    pub(super) fn approved() -> Self {
        let mut desk = Self::new(&[(2, "10.00"), (2, "10.00")]);
        desk.run(&allocate(&[("A", 1, 2), ("A", 2, 2)]));
        desk.run(&OrderCommand::Approve);
        desk
    }

    /// The same, with both lines picked, packed and shipped in one parcel.
    pub(super) fn shipped() -> Self {
        let mut desk = Self::approved();
        desk.run(&pick(1, &[]));
        desk.run(&pack(1, &[]));
        desk.run(&ship(1, &[]));
        desk
    }

    /// The same, delivered: the order is closed.
    pub(super) fn delivered() -> Self {
        let mut desk = Self::shipped();
        desk.run(&deliver(1));
        desk
    }

    pub(super) fn ask(&self, command: &OrderCommand) -> Result<Vec<OrderEvent>, OrderRejection> {
        decide(&self.order, command, &self.workflow, self.now)
    }

    /// Runs a command that must be accepted and returns its events.
    #[track_caller]
    pub(super) fn run(&mut self, command: &OrderCommand) -> Vec<OrderEvent> {
        let events = self.ask(command).expect("accepted");
        for event in &events {
            evolve(&mut self.order, event);
        }
        self.events.extend(events.iter().cloned());
        events
    }

    /// Runs a command that must be accepted and returns the names of its events.
    #[track_caller]
    pub(super) fn names(&mut self, command: &OrderCommand) -> Vec<&'static str> {
        self.run(command).iter().map(OrderEvent::name).collect()
    }

    /// The reason why a command is refused.
    #[track_caller]
    pub(super) fn refusal(&self, command: &OrderCommand) -> OrderRejection {
        self.ask(command).expect_err("refused")
    }

    /// Asserts that a command is illegal, for the reason of its state alone.
    #[track_caller]
    pub(super) fn illegal(&self, command: &OrderCommand) -> Vec<CommandKind> {
        match self.refusal(command) {
            OrderRejection::IllegalCommand {
                command: asked,
                state,
                status,
                legal,
            } => {
                assert_eq!(asked, command.kind());
                assert_eq!(state, self.state());
                assert_eq!(status, self.status());
                assert!(
                    !legal.contains(&asked),
                    "{asked} is refused and said to be legal"
                );
                legal
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn state(&self) -> OrderState {
        self.order.head.state
    }

    pub(super) fn status(&self) -> OrderStatus {
        self.order.status()
    }

    pub(super) fn fulfillment(&self, number: u32) -> &Fulfillment {
        &self.order.fulfillments[&work(number)]
    }

    /// (open, backordered, allocated, cancelled) of a line.
    pub(super) fn waiting(&self, number: u32) -> [u32; 4] {
        let line = self.order.line(line(number)).unwrap();
        [line.open, line.backordered, line.allocated, line.cancelled].map(Units::get)
    }

    /// (reserved, picked, packed, shipped, delivered, returned) of a line in a fulfillment.
    pub(super) fn share(&self, fulfillment: u32, number: u32) -> [u32; 6] {
        let share = self.fulfillment(fulfillment).line(line(number)).unwrap();
        [
            share.reserved,
            share.picked,
            share.packed,
            share.shipped,
            share.delivered,
            share.returned,
        ]
        .map(Units::get)
    }
}

pub(super) fn some(lines: &[(u32, u32)]) -> Vec<LineQuantity> {
    lines
        .iter()
        .map(|(id, units)| LineQuantity {
            line: line(*id),
            quantity: quantity(*units),
        })
        .collect()
}

fn assignments(parts: &[(&str, u32, u32)]) -> Vec<Assignment> {
    parts
        .iter()
        .map(|(name, id, units)| Assignment {
            hub: hub(name),
            line: line(*id),
            quantity: quantity(*units),
        })
        .collect()
}

pub(super) fn allocate(parts: &[(&str, u32, u32)]) -> OrderCommand {
    OrderCommand::Allocate {
        assignments: assignments(parts),
        expires_at: None,
    }
}

pub(super) fn allocate_until(parts: &[(&str, u32, u32)], secs: i64) -> OrderCommand {
    OrderCommand::Allocate {
        assignments: assignments(parts),
        expires_at: Some(at(secs)),
    }
}

pub(super) fn backorder(lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Backorder { lines: some(lines) }
}

pub(super) fn hold(reason: HoldReason) -> OrderCommand {
    OrderCommand::Hold { reason, note: None }
}

pub(super) fn release(reasons: &[HoldReason]) -> OrderCommand {
    OrderCommand::Release {
        reasons: reasons.iter().copied().collect(),
    }
}

pub(super) fn cancel() -> OrderCommand {
    OrderCommand::Cancel {
        reason: reason("buyer asked"),
    }
}

pub(super) fn cancel_rest() -> OrderCommand {
    OrderCommand::CancelRest {
        reason: reason("out of stock"),
    }
}

pub(super) fn cancel_lines(lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::CancelLines {
        reason: reason("out of stock"),
        lines: lines
            .iter()
            .map(|(id, units)| CancelLine {
                line: line(*id),
                quantity: quantity(*units),
                fulfillment: None,
            })
            .collect(),
    }
}

/// Cancels units of one line at the hub of one fulfillment.
pub(super) fn cancel_at(fulfillment: u32, id: u32, units: u32) -> OrderCommand {
    let cut = CancelLine {
        line: line(id),
        quantity: quantity(units),
        fulfillment: Some(work(fulfillment)),
    };
    OrderCommand::CancelLines {
        reason: reason("broken"),
        lines: vec![cut],
    }
}

pub(super) fn expire(fulfillments: &[u32]) -> OrderCommand {
    OrderCommand::Expire {
        fulfillments: fulfillments.iter().map(|id| work(*id)).collect(),
    }
}

pub(super) fn pick(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Pick {
        fulfillment: work(fulfillment),
        lines: some(lines),
    }
}

pub(super) fn pack(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Pack {
        fulfillment: work(fulfillment),
        lines: some(lines),
    }
}

pub(super) fn withdraw(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Withdraw {
        fulfillment: work(fulfillment),
        lines: some(lines),
    }
}

pub(super) fn unpick(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Unpick {
        fulfillment: work(fulfillment),
        lines: some(lines),
        keep: false,
    }
}

pub(super) fn put_back(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Unpick {
        fulfillment: work(fulfillment),
        lines: some(lines),
        keep: true,
    }
}

pub(super) fn ship(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    let parcel = ShipParcel {
        lines: some(lines),
        tracking: Tracking::default(),
    };
    OrderCommand::Ship {
        fulfillment: work(fulfillment),
        parcel,
    }
}

pub(super) fn deliver(shipment: u32) -> OrderCommand {
    OrderCommand::Deliver {
        shipment: parcel(shipment),
    }
}

/// The parcel will not arrive.
pub(super) fn fail(shipment: u32) -> OrderCommand {
    OrderCommand::FailDelivery {
        shipment: parcel(shipment),
    }
}

pub(super) fn send_back(fulfillment: u32, lines: &[(u32, u32)]) -> OrderCommand {
    OrderCommand::Return {
        fulfillment: work(fulfillment),
        lines: some(lines),
    }
}

pub(super) fn track(shipment: u32, number: &str) -> OrderCommand {
    let tracking = Tracking {
        number: Some(external(number)),
        ..Tracking::default()
    };
    OrderCommand::ChangeTracking {
        shipment: parcel(shipment),
        tracking,
    }
}

pub(super) fn edit(changes: Vec<EditLine>) -> OrderCommand {
    OrderCommand::EditLines { changes }
}

/// A slot of hub `A` by its id, or none.
pub(super) fn book_slot(id: Option<&str>) -> OrderCommand {
    let slot = id.map(|id| BookedSlot {
        key: SlotKey {
            hub: hub("A"),
            date: LocalDate::parse("2027-01-20").unwrap(),
            slot: SlotId::parse(id).unwrap(),
        },
        start: MinuteOfDay::parse("08:00").unwrap(),
        end: MinuteOfDay::parse("10:00").unwrap(),
        kind: SlotKind::Express,
        zone: ZoneId::parse("centre").ok(),
        ends: None,
    });
    OrderCommand::BookSlot { slot }
}

/// A change of a line that changes nothing yet; set what differs.
pub(super) fn change(number: u32) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: None,
        quantity: None,
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

/// Says what a line is that nobody could identify.
pub(super) fn name(number: u32, text: &str) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: Some(LineSku::Known(sku(text))),
        quantity: None,
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

pub(super) fn change_quantity(number: u32, units: u32) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: None,
        quantity: Some(quantity(units)),
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

pub(super) fn change_price(number: u32, text: &str) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: None,
        quantity: None,
        unit_price: Some(price(text)),
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

pub(super) fn change_tax(number: u32, text: &str) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: None,
        quantity: None,
        unit_price: None,
        discount: None,
        tax: Some(eur(text)),
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

pub(super) fn add(number: u32, units: u32, text: &str) -> EditLine {
    EditLine::Add {
        line: line(number),
        sku: LineSku::Known(sku(&format!("SKU-{number}"))),
        quantity: quantity(units),
        unit_price: price(text),
        discount: eur("0"),
        tax: eur("0"),
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

pub(super) fn remove(number: u32) -> EditLine {
    EditLine::Remove { line: line(number) }
}

pub(super) fn pay(entry: PaymentEntry, reference: Option<&str>) -> OrderCommand {
    OrderCommand::RecordPayment {
        entry,
        method: None,
        reference: reference.map(external),
    }
}

pub(super) fn captured(text: &str) -> PaymentEntry {
    PaymentEntry::Captured { amount: eur(text) }
}

pub(super) fn authorised(text: &str) -> PaymentEntry {
    PaymentEntry::Authorised { amount: eur(text) }
}

pub(super) fn refunded(text: &str) -> PaymentEntry {
    PaymentEntry::Refunded { amount: eur(text) }
}

pub(super) fn voided(text: &str) -> PaymentEntry {
    PaymentEntry::Voided { amount: eur(text) }
}

pub(super) fn waived(text: &str) -> PaymentEntry {
    PaymentEntry::Waived { amount: eur(text) }
}

pub(super) fn credited(text: &str) -> PaymentEntry {
    PaymentEntry::Credited { amount: eur(text) }
}

pub(super) fn retained(text: &str) -> PaymentEntry {
    PaymentEntry::Retained { amount: eur(text) }
}
