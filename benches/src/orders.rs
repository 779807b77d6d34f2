//! One order in every state of its life, made by the same pure functions that are measured.

use oms_core::order::{
    Assignment, LineQuantity, LineSku, Order, OrderCommand, OrderEvent, PaymentEntry, Place,
    ShipParcel, Tracking, Workflow, decide, decide_place, evolve, fold,
};
use oms_core::plan::PlaceOrder;
use oms_core::value::{
    AttributeKey, AttributeValue, ContactId, ExternalId, FulfillmentId, HubId, LineId, Name, Note,
    OrderId, OrderNumber, Quantity, ShipmentId, Sku, Tag, Timestamp,
};
use uuid::Uuid;

use crate::Failure;
use crate::request::request;
use crate::world::hub_id;

/// Lines of every order here.
pub const LINES: u64 = 3;

/// When everything here happens.
pub const NOW: &str = "2026-03-02T09:00:00Z";

/// What placing an order needs, owned.
#[derive(Clone, Debug)]
pub struct Placing {
    /// The order as asked for.
    pub place: PlaceOrder,
    /// What the catalogue says of its lines.
    pub skus: Vec<LineSku>,
    /// When.
    pub now: Timestamp,
}

impl Placing {
    /// An order of [`LINES`] lines whose SKUs are all known.
    ///
    /// # Errors
    /// None in practice: the sample parses.
    pub fn new() -> Result<Self, Failure> {
        let place = request(1, LINES, 10_000).parse()?;
        let known = |line: &oms_core::order::DraftLine| {
            let sku = line.sku.as_ref().map_or("", ExternalId::as_str);
            Sku::parse(sku).map(LineSku::Known)
        };
        let skus = place
            .draft
            .lines
            .iter()
            .map(known)
            .collect::<Result<_, _>>()?;
        let now = Timestamp::parse_rfc3339(NOW)?;
        Ok(Self { place, skus, now })
    }

    /// The first event of the order.
    ///
    /// # Errors
    /// None in practice: the sample is sound.
    pub fn placed(&self) -> Result<OrderEvent, Failure> {
        let place = Place {
            id: OrderId::from_uuid(Uuid::from_u64_pair(1, 1)),
            number: OrderNumber::FIRST,
            draft: &self.place.draft,
            skus: &self.skus,
            ship_to: Some(ContactId::from_uuid(Uuid::from_u64_pair(1, 2))),
            bill_to: None,
            payload: None,
            slot: None,
            tentative: false,
        };
        Ok(decide_place(&place, self.now)?)
    }
}

/// Commands, and the order before each of them and at the end.
#[derive(Debug)]
pub struct Life {
    /// Every event, in order.
    pub events: Vec<OrderEvent>,
    /// The order as it is.
    pub order: Order,
    now: Timestamp,
}

impl Life {
    /// The order just placed.
    ///
    /// # Errors
    /// None in practice: the sample is sound.
    pub fn placed() -> Result<Self, Failure> {
        let placing = Placing::new()?;
        let events = vec![placing.placed()?];
        let order = fold(&events).ok_or("the first event makes no order")?;
        let now = placing.now;
        Ok(Self { events, order, now })
    }

    /// The order with all its units claimed at one hub.
    ///
    /// # Errors
    /// None in practice: the sample is sound.
    pub fn allocated() -> Result<Self, Failure> {
        let mut life = Self::placed()?;
        let command = allocation(&life.order)?;
        life.take(&command)?;
        Ok(life)
    }

    /// The order approved, ready to be picked.
    ///
    /// # Errors
    /// None in practice: the sample is sound.
    pub fn approved() -> Result<Self, Failure> {
        let mut life = Self::allocated()?;
        life.take(&OrderCommand::Approve)?;
        Ok(life)
    }

    /// The order picked and packed, ready to be shipped.
    ///
    /// # Errors
    /// None in practice: the sample is sound.
    pub fn packed() -> Result<Self, Failure> {
        let mut life = Self::approved()?;
        life.take(&pick())?;
        life.take(&pack(Vec::new()))?;
        Ok(life)
    }

    /// A whole life in twenty events: paid, tagged, picked and packed line by line, sent in two
    /// parcels, delivered, closed, and partly sent back.
    ///
    /// # Errors
    /// None in practice: the sample is sound.
    pub fn whole() -> Result<Self, Failure> {
        let mut life = Self::allocated()?;
        let total = life.order.head.totals.total;
        let units: Vec<LineQuantity> = (life.order.head.lines.iter())
            .filter_map(|line| units(line.id, line.ordered.get()))
            .collect();
        let [first, rest @ ..] = units.as_slice() else {
            return Err("the sample has no lines".into());
        };
        life.take(&paid(PaymentEntry::Authorised { amount: total }, "pay-1")?)?;
        life.take(&OrderCommand::Approve)?;
        life.take(&OrderCommand::Tag {
            add: vec![Tag::parse("gift")?],
            remove: Vec::new(),
        })?;
        let text = Note::parse("Leave it at the door, please.")?;
        life.take(&OrderCommand::AddNote { text })?;
        life.take(&OrderCommand::SetAttribute {
            key: AttributeKey::parse("shop.wrapping")?,
            value: Some(AttributeValue::parse("paper")?),
        })?;
        for unit in &units {
            life.take(&OrderCommand::Pick {
                fulfillment: FulfillmentId::FIRST,
                lines: vec![*unit],
            })?;
        }
        for unit in &units {
            life.take(&pack(vec![*unit]))?;
        }
        life.take(&ship(vec![*first])?)?;
        life.take(&ship(rest.to_vec())?)?;
        life.take(&paid(PaymentEntry::Captured { amount: total }, "pay-2")?)?;
        let second = ShipmentId::FIRST.next().ok_or("no second shipment")?;
        for shipment in [ShipmentId::FIRST, second] {
            life.take(&OrderCommand::Deliver { shipment })?;
        }
        life.take(&OrderCommand::Return {
            fulfillment: FulfillmentId::FIRST,
            lines: vec![*first],
        })?;
        Ok(life)
    }

    /// Decides and folds one command.
    ///
    /// # Errors
    /// When the order refuses the command.
    pub fn take(&mut self, command: &OrderCommand) -> Result<(), Failure> {
        let events = decide(&self.order, command, &Workflow::default(), self.now)?;
        for event in events {
            evolve(&mut self.order, &event);
            self.events.push(event);
        }
        Ok(())
    }
}

fn units(line: LineId, units: u32) -> Option<LineQuantity> {
    let quantity = Quantity::new(units).ok()?;
    Some(LineQuantity { line, quantity })
}

/// Claims every open unit at one hub.
///
/// # Errors
/// None in practice: the sample parses.
pub fn allocation(order: &Order) -> Result<OrderCommand, Failure> {
    let hub = HubId::parse(&hub_id(2))?;
    let open = order.head.lines.iter();
    let assignments = open
        .filter_map(|line| units(line.id, line.open.get()))
        .map(|part| Assignment {
            hub: hub.clone(),
            line: part.line,
            quantity: part.quantity,
        })
        .collect();
    Ok(OrderCommand::Allocate {
        assignments,
        expires_at: None,
    })
}

/// Picks everything.
#[must_use]
pub const fn pick() -> OrderCommand {
    OrderCommand::Pick {
        fulfillment: FulfillmentId::FIRST,
        lines: Vec::new(),
    }
}

/// Packs these units, or everything when there are none.
#[must_use]
pub const fn pack(lines: Vec<LineQuantity>) -> OrderCommand {
    OrderCommand::Pack {
        fulfillment: FulfillmentId::FIRST,
        lines,
    }
}

/// Ships these units, or everything when there are none.
///
/// # Errors
/// None in practice: the sample parses.
pub fn ship(lines: Vec<LineQuantity>) -> Result<OrderCommand, Failure> {
    Ok(OrderCommand::Ship {
        fulfillment: FulfillmentId::FIRST,
        parcel: ShipParcel {
            lines,
            tracking: Tracking {
                carrier: Some(Name::parse("Carrier")?),
                number: Some(ExternalId::parse("1Z-0042-0815")?),
                ..Tracking::default()
            },
        },
    })
}

fn paid(entry: PaymentEntry, reference: &str) -> Result<OrderCommand, Failure> {
    Ok(OrderCommand::RecordPayment {
        entry,
        method: None,
        reference: Some(ExternalId::parse(reference)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oms_core::order::OrderStatus;

    #[test]
    fn every_life_is_in_the_state_it_names() {
        let status = |life: Result<Life, Failure>| life.unwrap().order.status();
        assert_eq!(status(Life::placed()), OrderStatus::Pending);
        assert_eq!(status(Life::allocated()), OrderStatus::Pending);
        assert_eq!(status(Life::approved()), OrderStatus::Approved);
        assert_eq!(status(Life::packed()), OrderStatus::Packed);
        assert_eq!(status(Life::whole()), OrderStatus::Delivered);
    }

    #[test]
    fn the_whole_life_has_twenty_events() {
        let life = Life::whole().unwrap();
        assert_eq!(life.events.len(), 20);
        assert_eq!(fold(&life.events), Some(life.order));
    }
}
