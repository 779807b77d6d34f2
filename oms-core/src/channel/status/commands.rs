//! What an answer asks of the order here, as far as it takes no decision. Work that the channel's
//! word stands against is stopped, so that nothing is sent that is not to be sent, or not again.

use std::collections::BTreeMap;

use crate::channel::newest::is_noted;
use crate::channel::status::{Inbound, LineMove, LineMoveKind, PersonCause, Remark};
use crate::order::{CancelLine, HoldReason, Order, OrderCommand, OrderStatus, Shipment};
use crate::value::{LineId, Note, Quantity, Reason, Units};

/// What is told of a hold. The words of the note beside it may change with the order; a command
/// that is repeated under its key must not.
const STOPPED: &str = "its channel says what a person has to decide about: see the notes";

/// What is told of goods that left elsewhere.
const SENT: &str = "shipped by the channel's word, but not here";

impl Inbound {
    /// The commands that a stored order is told, the order being the one that the report was
    /// compared with; at most one of each kind, but for parcels that arrived. Do them while it is
    /// at that version ([`Call::expecting`](crate::service::Call::expecting)).
    ///
    /// - Cancelled as a whole, or some units of it: they are cancelled here.
    /// - On hold: it is noted, and held for [`Review`](HoldReason::Review) while a unit of it has
    ///   not left.
    /// - Arrived, where all of the order has left: every parcel under way is delivered. Some units
    ///   of it: those parcels, where these units can be in no others.
    /// - Approved: nothing. Whether what is paid is approved, the tenant says, see
    ///   [`Incoming::paid_since`](crate::channel::Incoming::paid_since).
    /// - What is told beside a move: it is noted; a refund of units that nobody names holds the
    ///   order as below.
    /// - All else takes a person. It is noted; and where something left elsewhere, or the answer
    ///   needs a person, the order is held for [`Review`](HoldReason::Review) while a unit of it is
    ///   not picked; not for a word on the order as a whole that nobody knows. What is noted
    ///   already is not told again, so what a person released stays released.
    #[must_use]
    pub fn commands(&self, order: &Order) -> Vec<OrderCommand> {
        let mut asked = Asked::default();
        match self {
            Self::NoChange { .. } => {}
            Self::MoveTo { status, remark } => {
                asked.whole(*status, order);
                asked.remark(remark.as_ref());
            }
            Self::LineChange {
                changes,
                then,
                remark,
            } => {
                asked.lines(changes, order);
                if let Some(status) = then {
                    asked.whole(*status, order);
                }
                asked.remark(remark.as_ref());
            }
            // In the words of an order that was not on hold: that may be why it is.
            Self::NeedsPerson {
                cause: PersonCause::ShippedThoughHeld,
            } => asked.stop(SENT),
            Self::NeedsPerson {
                cause: cause @ PersonCause::HoldAfterShipping,
            } => asked.hold(&cause.to_string()),
            // A shop's own word for the order is no reason to stop work. One of another field may
            // hide what the words beside it say.
            Self::NeedsPerson {
                cause:
                    cause @ PersonCause::UnknownWord {
                        field: "status" | "order_status" | "fulfillment_status",
                        ..
                    },
            } => asked.told.push(cause.to_string()),
            Self::NeedsPerson { cause } => asked.stop(&cause.to_string()),
        }
        asked.commands(order)
    }
}

/// What an answer comes to.
#[derive(Default)]
struct Asked {
    /// What takes no decision.
    commands: Vec<OrderCommand>,
    /// What a person is told.
    told: Vec<String>,
    /// The person is to be asked before anything more is picked.
    stops: bool,
    /// The channel has it on hold: nothing more is to leave.
    holds: bool,
}

impl Asked {
    fn whole(&mut self, status: OrderStatus, order: &Order) {
        match status {
            OrderStatus::Pending
            | OrderStatus::Approved
            | OrderStatus::Picking
            | OrderStatus::Picked
            | OrderStatus::Packing
            | OrderStatus::Packed => {}
            OrderStatus::Cancelled => {
                let reason = Reason::truncated("cancelled on the channel");
                let cancel = reason.map(|reason| OrderCommand::Cancel { reason });
                self.commands.extend(cancel);
            }
            OrderStatus::OnHold => self.hold("on hold by the channel's word"),
            OrderStatus::Shipped => self.stop(SENT),
            OrderStatus::Delivered => {
                let parcels: Vec<&Shipment> = under_way(order).collect();
                if parcels.is_empty() || order.is_to_leave() {
                    self.stop("delivered by the channel's word, but not here");
                } else {
                    self.deliver(parcels);
                }
            }
            OrderStatus::Returned => self.told.push("returned by the channel's word".to_owned()),
        }
    }

    fn lines(&mut self, changes: &[LineMove], order: &Order) {
        let cancelled = moved(changes, LineMoveKind::Cancelled);
        if !cancelled.is_empty()
            && let Some(reason) = Reason::truncated("cancelled on the channel")
        {
            let line = |(line, quantity): (LineId, Quantity)| CancelLine {
                line,
                quantity,
                fulfillment: None,
            };
            let lines = cancelled.into_iter().map(line).collect();
            self.commands
                .push(OrderCommand::CancelLines { reason, lines });
        }
        let sent = moved(changes, LineMoveKind::Shipped);
        if !sent.is_empty() {
            self.stop(&units(&sent, "left by the channel's word, but not here"));
        }
        let arrived = moved(changes, LineMoveKind::Delivered);
        if !arrived.is_empty() {
            let parcels = parcels_of(order, &arrived);
            if parcels.is_empty() {
                self.told.push(units(&arrived, "arrived by its word"));
            }
            self.deliver(parcels);
        }
        let back = moved(changes, LineMoveKind::Returned);
        if !back.is_empty() {
            self.told.push(units(&back, "came back by its word"));
        }
    }

    fn deliver(&mut self, parcels: Vec<&Shipment>) {
        for parcel in parcels {
            let shipment = parcel.id;
            let deliver = OrderCommand::Deliver { shipment };
            if !self.commands.contains(&deliver) {
                self.commands.push(deliver);
            }
        }
    }

    fn remark(&mut self, remark: Option<&Remark>) {
        let Some(remark) = remark else {
            return;
        };
        match remark {
            // Units that are not to be sent may be among the rest.
            Remark::UnitsRefunded { .. } => self.stop(&remark.to_string()),
            Remark::ParcelTrouble { .. }
            | Remark::InvoiceToConfirm
            | Remark::CancelRequested
            | Remark::PaymentGone => self.told.push(remark.to_string()),
        }
    }

    fn stop(&mut self, told: &str) {
        self.stops = true;
        self.told.push(told.to_owned());
    }

    fn hold(&mut self, told: &str) {
        self.holds = true;
        self.told.push(told.to_owned());
    }

    fn commands(mut self, order: &Order) -> Vec<OrderCommand> {
        let text = Note::truncated(&self.told.join("; "));
        let Some(text) = text.filter(|text| !self.told.is_empty() && !is_noted(order, text)) else {
            return self.commands;
        };
        let held = order.head.is_held_for(HoldReason::Review);
        let stops = (self.stops && order.is_to_pick()) || (self.holds && order.is_to_leave());
        if stops && !held {
            self.commands.push(OrderCommand::Hold {
                reason: HoldReason::Review,
                note: Reason::truncated(STOPPED),
            });
        }
        // Last: once it is noted, nothing tells that the rest is missing.
        self.commands.push(OrderCommand::AddNote { text });
        self.commands
    }
}

/// The units that move so, by line. The whole of an order may tell of those once more that a line
/// told of.
fn moved(changes: &[LineMove], kind: LineMoveKind) -> BTreeMap<LineId, Quantity> {
    let mut moved = BTreeMap::new();
    for change in changes.iter().filter(|change| change.kind == kind) {
        let units = moved.entry(change.line).or_insert(change.quantity);
        *units = change.quantity.max(*units);
    }
    moved
}

/// How many units of each line did `what`.
fn units(moved: &BTreeMap<LineId, Quantity>, what: &str) -> String {
    let each = moved
        .iter()
        .map(|(line, units)| format!("{units} of line {line}"));
    format!("{} {what}", each.collect::<Vec<_>>().join(", "))
}

/// The parcels that are under way.
fn under_way(order: &Order) -> impl Iterator<Item = &Shipment> {
    let parcels = order.fulfillments.values().flat_map(|work| &work.shipments);
    parcels.filter(|parcel| parcel.is_under_way())
}

/// The parcels under way that these units are the content of; none where that may be others, too.
fn parcels_of<'o>(order: &'o Order, units: &BTreeMap<LineId, Quantity>) -> Vec<&'o Shipment> {
    let fits = |parcel: &&Shipment| {
        let mut lines = parcel.lines.iter();
        lines.all(|(line, here)| units.get(line).is_some_and(|all| here <= all))
    };
    // Whichever are meant, they are among these. So it is all of these, or nobody knows which.
    let parcels: Vec<&Shipment> = under_way(order).filter(fits).collect();
    let mut content: BTreeMap<LineId, Option<Units>> = BTreeMap::new();
    for (line, here) in parcels.iter().flat_map(|parcel| &parcel.lines) {
        let sum = content.entry(*line).or_insert(Some(Units::ZERO));
        *sum = sum.and_then(|sum| sum.checked_add(here.units()));
    }
    let units = units.iter().map(|(line, all)| (*line, Some(all.units())));
    if content.into_iter().eq(units) {
        parcels
    } else {
        Vec::new()
    }
}
