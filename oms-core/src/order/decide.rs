//! From a command to the events it causes, or to the reason why not.

mod cancel;
mod facts;
mod flow;
mod payment;
mod work;

use crate::order::{
    CommandKind, FulfillmentStatus, Order, OrderCommand, OrderEvent, OrderRejection, OrderState,
    Part, Workflow, allowed_commands, evolve, fulfillment_edge, order_edge,
};
use crate::value::{FulfillmentId, Timestamp};

/// What a command causes, or why it is refused.
type Decision = Result<Vec<OrderEvent>, OrderRejection>;

/// Decides what a command does to an order: the events to append, in order. No events means that
/// it is already so and nothing changes.
///
/// Pure and total: the answer depends on the arguments alone, and the events are to be folded with
/// [`evolve`] in the order given. Events that end the order (`Cancelled`, `Closed`) and the
/// `StageSet` that leaves a stage of a status gone by are part of the answer.
///
/// # Errors
/// Checks run in this order, and the first that fails answers: the state's edge
/// (`IllegalCommand`), the tenant's guards (`Guarded`), the arguments (`Unknown*`, `Duplicate*`,
/// `NothingToDo`, `TooMany`, amounts), the fulfillment's edge (`IllegalCommand`), the quantities
/// (`TooFewUnits`). No guard stands against a repeat of `Cancel`, `Deliver`, `FailDelivery`,
/// `RecordPayment`, or of `Confirm` once the order is approved, as it changes nothing.
pub fn decide(
    order: &Order,
    command: &OrderCommand,
    workflow: &Workflow,
    now: Timestamp,
) -> Result<Vec<OrderEvent>, OrderRejection> {
    let ask = Ask {
        order,
        workflow,
        now,
        command: command.kind(),
    };
    ask.edge()?;
    let answered = answer(&ask, command);
    let repeats = ask.may_repeat() && answered.as_ref().is_ok_and(Vec::is_empty);
    if !repeats {
        ask.guards()?;
    }
    let mut events = answered?;
    ask.leave_stage(&mut events);
    debug_assert!(
        ask.follows_tables(&events),
        "{} left the edge tables: {events:?}",
        ask.command
    );
    Ok(events)
}

fn answer(ask: &Ask<'_>, command: &OrderCommand) -> Decision {
    use OrderCommand as C;
    match command {
        C::Approve => flow::approve(ask),
        C::Hold { reason, note } => flow::hold(ask, *reason, note.as_ref()),
        C::Release { reasons } => flow::release(ask, reasons),
        C::Cancel { reason } => cancel::cancel(ask, reason),
        C::CancelLines { reason, lines } => cancel::cancel_lines(ask, reason, lines),
        C::CancelRest { reason } => cancel::cancel_rest(ask, reason),
        C::Allocate {
            assignments,
            expires_at,
        } => flow::allocate(ask, assignments, *expires_at),
        C::Withdraw { fulfillment, lines } => flow::withdraw(ask, *fulfillment, lines),
        C::Backorder { lines } => flow::backorder(ask, lines),
        C::Confirm => flow::confirm(ask),
        C::Expire { fulfillments } => flow::expire(ask, fulfillments),
        C::Pick { fulfillment, lines } => work::pick(ask, *fulfillment, lines),
        C::Pack { fulfillment, lines } => work::pack(ask, *fulfillment, lines),
        C::Unpick {
            fulfillment,
            lines,
            keep,
        } => work::unpick(ask, *fulfillment, lines, *keep),
        C::Ship {
            fulfillment,
            parcel,
        } => work::ship(ask, *fulfillment, parcel),
        C::ChangeTracking { shipment, tracking } => work::change_tracking(ask, *shipment, tracking),
        C::Deliver { shipment } => work::deliver(ask, *shipment),
        C::FailDelivery { shipment } => work::fail_delivery(ask, *shipment),
        C::Return { fulfillment, lines } => work::send_back(ask, *fulfillment, lines),
        C::ChangeCustomer { customer } => facts::change_customer(ask, *customer),
        C::ChangeContacts { ship_to, bill_to } => facts::change_contacts(ask, *ship_to, *bill_to),
        C::BookSlot { slot } => facts::book_slot(ask, slot.as_ref()),
        C::Promise { by } => Ok(facts::promise(ask, *by)),
        C::EditLines { changes } => facts::edit_lines(ask, changes),
        C::RecordPayment {
            entry,
            method,
            reference,
        } => payment::record(ask, entry, method.as_ref(), reference.as_ref()),
        C::Tag { add, remove } => facts::tag(ask, add, remove),
        C::AddNote { text } => facts::add_note(ask, text),
        C::SetAttribute { key, value } => facts::set_attribute(ask, key, value.as_ref()),
        C::SetStage { stage } => facts::set_stage(ask, stage.as_ref()),
    }
}

/// One question: the order, the command's name, the tenant's workflow and the time.
#[derive(Debug)]
struct Ask<'a> {
    order: &'a Order,
    workflow: &'a Workflow,
    now: Timestamp,
    command: CommandKind,
}

impl Ask<'_> {
    fn edge(&self) -> Result<(), OrderRejection> {
        match order_edge(self.order.head.state, self.command).next() {
            Some(_) => Ok(()),
            None => Err(self.illegal()),
        }
    }

    fn guards(&self) -> Result<(), OrderRejection> {
        match self.workflow.refusing(self.order, self.command) {
            None => Ok(()),
            Some(guard) => Err(OrderRejection::Guarded {
                guard: guard.name.clone(),
                command: self.command,
                needs: guard.condition.to_string(),
            }),
        }
    }

    /// Whether it is a command that others repeat when they heard no answer. What it did may have
    /// taken away what a guard asks for: a stage is left with its status.
    fn may_repeat(&self) -> bool {
        // An order that is pending may still have to be approved for it.
        let confirmed = self.order.head.state != OrderState::Pending;
        (self.command == CommandKind::Confirm && confirmed)
            || matches!(
                self.command,
                CommandKind::Cancel
                    | CommandKind::Deliver
                    | CommandKind::FailDelivery
                    | CommandKind::RecordPayment
            )
    }

    fn fulfillment_edge(&self, from: FulfillmentStatus) -> Result<(), OrderRejection> {
        match fulfillment_edge(from, self.command).next() {
            Some(_) => Ok(()),
            None => Err(self.illegal()),
        }
    }

    /// The refusal that names what may be asked instead.
    fn illegal(&self) -> OrderRejection {
        let mut legal: Vec<CommandKind> = allowed_commands(self.order, self.workflow, self.now)
            .into_iter()
            .map(|allowed| allowed.command)
            .collect();
        legal.dedup();
        OrderRejection::IllegalCommand {
            command: self.command,
            state: self.order.head.state,
            status: self.order.status(),
            legal,
        }
    }

    const fn nothing_to_do(&self) -> OrderRejection {
        OrderRejection::NothingToDo {
            command: self.command,
        }
    }

    /// Leaves the tenant's stage when the events change the status it belongs to.
    ///
    /// The fold cannot do this by itself: which status a stage belongs to is the tenant's data,
    /// and the head must not change without an event that says so.
    fn leave_stage(&self, events: &mut Vec<OrderEvent>) {
        let Some(stage) = &self.order.head.stage else {
            return;
        };
        if events.is_empty() {
            return;
        }
        let (before, after) = (self.order.status(), self.after(events).status());
        if before != after && !self.workflow.has_stage(stage, after) {
            events.push(OrderEvent::StageSet {
                old: Some(stage.clone()),
                new: None,
            });
        }
    }

    fn after(&self, events: &[OrderEvent]) -> Order {
        let mut after = self.order.clone();
        events.iter().for_each(|event| evolve(&mut after, event));
        after
    }

    /// True when what the events do is in both tables; checked in debug builds on every decision.
    fn follows_tables(&self, events: &[OrderEvent]) -> bool {
        let after = self.after(events);
        let touched = events
            .iter()
            .flat_map(OrderEvent::parts)
            .filter_map(|part| match part {
                Part::Head => None,
                Part::Fulfillment(id) => Some(id),
            });
        self.in_order_table(after.head.state)
            && touched
                .into_iter()
                .all(|id| self.in_fulfillment_table(id, &after))
    }

    fn in_order_table(&self, to: OrderState) -> bool {
        order_edge(self.order.head.state, self.command).any(|legal| legal == to)
    }

    fn in_fulfillment_table(&self, id: FulfillmentId, after: &Order) -> bool {
        let status = |order: &Order| order.fulfillments.get(&id).map(|work| work.status);
        match (status(self.order), status(after)) {
            (Some(from), Some(to)) => fulfillment_edge(from, self.command).any(|legal| legal == to),
            (None, Some(to)) => to == FulfillmentStatus::Approved,
            (Some(_) | None, None) => false,
        }
    }
}
