//! What can be asked of an order now.

use serde::Serialize;

use crate::order::bucket::{Bucket, is_due};
use crate::order::tally::Tally;
use crate::order::{
    Claim, CommandKind, Fulfillment, Line, Order, Shipment, Workflow, fulfillment_edge, order_edge,
};
use crate::value::{FulfillmentId, ShipmentId, Timestamp, limits};

/// A command that would change something, and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct AllowedCommand {
    /// The command.
    pub command: CommandKind,
    /// The fulfillment to name, for `Withdraw`, `Pick`, `Pack`, `Unpick`, `Ship` and
    /// `Return`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfillment: Option<FulfillmentId>,
    /// The shipment to name, for `ChangeTracking`, `Deliver` and `FailDelivery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentId>,
}

/// What can be asked of an order now, in the order of [`CommandKind::ALL`], then by number.
///
/// An entry is here exactly when there is a command of that kind, naming that fulfillment or
/// shipment if one is given, that [`decide`](crate::order::decide()) answers with at least one
/// event. Repeats it answers with no event, such as cancelling a cancelled order, are not here.
#[must_use]
pub fn allowed_commands(order: &Order, workflow: &Workflow, now: Timestamp) -> Vec<AllowedCommand> {
    let view = View {
        order,
        workflow,
        now,
        tally: Tally::of(order),
    };
    let mut allowed = Vec::new();
    for command in CommandKind::ALL {
        let edge = order_edge(order.head.state, command).next().is_some();
        if edge && workflow.refusing(order, command).is_none() {
            view.collect(command, &mut allowed);
        }
    }
    allowed
}

struct View<'a> {
    order: &'a Order,
    workflow: &'a Workflow,
    now: Timestamp,
    tally: Tally,
}

impl View<'_> {
    fn collect(&self, command: CommandKind, allowed: &mut Vec<AllowedCommand>) {
        match command {
            CommandKind::Pick | CommandKind::Withdraw => {
                self.collect_work(command, &[Bucket::Reserved], allowed);
            }
            CommandKind::Pack => self.collect_work(command, &[Bucket::Picked], allowed),
            CommandKind::Unpick => {
                self.collect_work(command, &[Bucket::Picked, Bucket::Packed], allowed);
            }
            CommandKind::Ship => self.collect_work(command, &[Bucket::Packed], allowed),
            CommandKind::Return => self.collect_work(command, &[Bucket::Delivered], allowed),
            CommandKind::ChangeTracking | CommandKind::Deliver | CommandKind::FailDelivery => {
                let known = self
                    .order
                    .fulfillments
                    .values()
                    .flat_map(|work| work.shipments.iter().map(move |parcel| (work, parcel)));
                let possible =
                    known.filter(|(work, parcel)| parcel_possible(command, work, parcel));
                let from = allowed.len();
                allowed.extend(possible.map(|(_, shipment)| AllowedCommand {
                    command,
                    fulfillment: None,
                    shipment: Some(shipment.id),
                }));
                allowed.get_mut(from..).unwrap_or_default().sort_unstable();
            }
            CommandKind::Approve
            | CommandKind::Hold
            | CommandKind::Release
            | CommandKind::Cancel
            | CommandKind::CancelLines
            | CommandKind::CancelRest
            | CommandKind::Allocate
            | CommandKind::Backorder
            | CommandKind::Confirm
            | CommandKind::Expire
            | CommandKind::ChangeCustomer
            | CommandKind::ChangeContacts
            | CommandKind::BookSlot
            | CommandKind::Promise
            | CommandKind::EditLines
            | CommandKind::RecordPayment
            | CommandKind::Tag
            | CommandKind::AddNote
            | CommandKind::SetAttribute
            | CommandKind::SetStage => {
                if self.order_possible(command) {
                    allowed.push(AllowedCommand {
                        command,
                        fulfillment: None,
                        shipment: None,
                    });
                }
            }
        }
    }

    fn order_possible(&self, command: CommandKind) -> bool {
        let head = &self.order.head;
        match command {
            CommandKind::Approve => !self.any_expired(),
            CommandKind::Cancel => !head.state.is_terminal() && self.tally.left() == 0,
            CommandKind::CancelLines => self.tally.cancellable() > 0,
            CommandKind::CancelRest => self.tally.left() > 0 && self.tally.cancellable() > 0,
            CommandKind::Allocate => {
                let made = usize::try_from(head.fulfillments_made).unwrap_or(usize::MAX);
                made < limits::FULFILLMENTS_MADE_MAX
                    && self.order.live_fulfillments() < limits::FULFILLMENTS_PER_ORDER_MAX
                    && head.lines.iter().any(|line| {
                        let waits = !line.open.is_zero() || !line.backordered.is_zero();
                        waits && line.sku.known().is_some()
                    })
            }
            CommandKind::Backorder => head.lines.iter().any(|line| !line.open.is_zero()),
            CommandKind::Confirm => {
                let waits = head.tentative || self.tentative().next().is_some();
                waits && !self.any_expired()
            }
            CommandKind::Expire => self.tentative().next().is_some(),
            CommandKind::ChangeCustomer | CommandKind::ChangeContacts => {
                self.order.refuse_begun().is_ok()
            }
            CommandKind::EditLines => {
                self.order.refuse_begun().is_ok() || head.lines.iter().any(Line::is_unnamed)
            }
            CommandKind::BookSlot => self.tally.left() == 0,
            CommandKind::AddNote => head.notes.len() < limits::NOTES_MAX,
            CommandKind::SetStage => {
                let (status, stages) = (self.order.status(), &self.workflow.stages);
                let present = head.stage.as_ref();
                present.is_some()
                    || stages
                        .iter()
                        .any(|stage| stage.status == status && Some(&stage.id) != present)
            }
            // Another reason or note, time, amount, tag or value can always be found.
            CommandKind::Hold
            | CommandKind::Promise
            | CommandKind::Release
            | CommandKind::RecordPayment
            | CommandKind::Tag
            | CommandKind::SetAttribute => true,
            CommandKind::Withdraw
            | CommandKind::Pick
            | CommandKind::Pack
            | CommandKind::Unpick
            | CommandKind::Ship
            | CommandKind::ChangeTracking
            | CommandKind::Deliver
            | CommandKind::FailDelivery
            | CommandKind::Return => false,
        }
    }

    fn collect_work(
        &self,
        command: CommandKind,
        from: &[Bucket],
        allowed: &mut Vec<AllowedCommand>,
    ) {
        let shipments = self
            .order
            .fulfillments
            .values()
            .map(|work| work.shipments.len());
        let full = shipments.sum::<usize>() >= limits::SHIPMENTS_PER_ORDER_MAX;
        if full && command == CommandKind::Ship {
            return;
        }
        let possible = self.order.fulfillments.values().filter(|work| {
            let claimed = command != CommandKind::Pick || work.claim == Claim::Confirmed;
            claimed
                && fulfillment_edge(work.status, command).next().is_some()
                && work
                    .lines
                    .iter()
                    .any(|share| !share.units_in(from).is_zero())
        });
        allowed.extend(possible.map(|work| AllowedCommand {
            command,
            fulfillment: Some(work.id),
            shipment: None,
        }));
    }

    fn tentative(&self) -> impl Iterator<Item = Timestamp> {
        self.order
            .fulfillments
            .values()
            .filter_map(Fulfillment::tentative_until)
    }

    fn any_expired(&self) -> bool {
        self.tentative()
            .any(|expires_at| is_due(expires_at, self.now))
    }
}

fn parcel_possible(command: CommandKind, work: &Fulfillment, parcel: &Shipment) -> bool {
    if command == CommandKind::FailDelivery {
        return work.may_be_lost(parcel);
    }
    command == CommandKind::ChangeTracking || parcel.is_under_way()
}
