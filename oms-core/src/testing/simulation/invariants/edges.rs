//! I5: only edges of the two tables happen; terminal states stay terminal; a payment, an
//! edit or a cancellation makes firm only what waits for nothing more.

use crate::order::{
    CommandKind, FulfillmentStatus, Order, OrderEvent, OrderState, fulfillment_edge, order_edge,
};
use crate::plan::Command;
use crate::testing::simulation::report::{self, Checked};

const INVARIANT: &str = "I5";

/// What a command did to an order is in both tables.
pub(crate) fn check(
    before: Option<&Order>,
    after: &Order,
    command: Option<&Command>,
    events: &[OrderEvent],
) -> Checked {
    let id = after.head.id;
    let Some(before) = before else {
        let begins = matches!(
            after.head.state,
            OrderState::Pending | OrderState::Open | OrderState::OnHold
        );
        return check_that(begins, after, || {
            format!("order {id} begins as {}", after.head.state)
        });
    };
    let (from, to) = (before.head.state, after.head.state);
    check_that(!from.is_terminal() || from == to, after, || {
        format!("order {id} came back from {from} to {to}: {events:?}")
    })?;
    let Some(kinds) = command.map(kinds) else {
        return Ok(());
    };
    let legal = |kind: &CommandKind| order_edge(from, *kind).any(|legal| legal == to);
    check_that(kinds.iter().any(legal), after, || {
        format!("order {id} went from {from} to {to} by {command:?}: {events:?}")
    })?;
    let firm = |event: &OrderEvent| {
        matches!(
            event,
            OrderEvent::Confirmed { .. } | OrderEvent::MadeFirm | OrderEvent::Approved { .. }
        )
    };
    let unasked =
        kinds.contains(&CommandKind::Confirm) && kinds.first() != Some(&CommandKind::Confirm);
    let by_itself = unasked && events.iter().any(firm);
    check_that(!by_itself || !after.has_to_wait(), after, || {
        format!("order {id} is firm by {command:?} and has to wait: {events:?}")
    })?;
    for (number, work) in &after.fulfillments {
        let old = before.fulfillments.get(number);
        if old == Some(work) {
            continue;
        }
        let legal = match old.map(|old| old.status) {
            None => work.status == FulfillmentStatus::Approved,
            Some(from) => kinds
                .iter()
                .any(|kind| fulfillment_edge(from, *kind).any(|legal| legal == work.status)),
        };
        check_that(legal, after, || {
            format!("fulfillment {number} of order {id} was {old:?}, is {work:?} by {command:?}")
        })?;
    }
    let kept = before
        .fulfillments
        .keys()
        .all(|id| after.fulfillments.contains_key(id));
    check_that(kept, after, || format!("order {id} lost a fulfillment"))
}

fn check_that(holds: bool, after: &Order, detail: impl FnOnce() -> String) -> Checked {
    report::check(holds, INVARIANT, detail)?;
    let head = &after.head;
    let marks = (head.state == OrderState::OnHold) == head.hold.is_some()
        && (head.state == OrderState::Cancelled) == head.cancellation.is_some();
    report::check(marks, INVARIANT, || {
        format!(
            "order {} is {}: {:?} {:?}",
            head.id, head.state, head.hold, head.cancellation
        )
    })
}

/// The order commands that a command amounts to.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most order commands amount to themselves"
)]
fn kinds(command: &Command) -> Vec<CommandKind> {
    match command {
        // Automatic approval and holds are part of placing; nothing else begins an order.
        Command::Place(_) => vec![],
        Command::Order { command, .. } => match command.kind() {
            // What leaves nothing to pay makes firm what is claimed.
            kind @ CommandKind::EditLines => {
                let (claim, firm) = (CommandKind::Allocate, CommandKind::Confirm);
                vec![kind, claim, firm, CommandKind::Approve, CommandKind::Hold]
            }
            // Firm claims let an order be approved where the tenant wants that by itself; one that
            // lost goods is stopped.
            kind @ CommandKind::Confirm => vec![kind, CommandKind::Approve, CommandKind::Hold],
            // So does a payment that covers what is owed, and a cancellation of what is not paid.
            kind @ (CommandKind::CancelLines | CommandKind::CancelRest) => {
                let firm = CommandKind::Confirm;
                vec![kind, firm, CommandKind::Approve, CommandKind::Hold]
            }
            // Where that only promises the money, what is claimed may be claimed again for longer.
            kind @ CommandKind::RecordPayment => {
                let again = [CommandKind::Withdraw, CommandKind::Allocate];
                let firm = [
                    CommandKind::Confirm,
                    CommandKind::Approve,
                    CommandKind::Hold,
                ];
                [kind].into_iter().chain(again).chain(firm).collect()
            }
            // An address that no claimed hub serves stops the order.
            kind @ CommandKind::ChangeContacts => vec![kind, CommandKind::Hold],
            kind => vec![kind],
        },
        Command::Assign { .. } => vec![CommandKind::Allocate],
        Command::Reassign { .. } => vec![CommandKind::Withdraw, CommandKind::Allocate],
        Command::ChangeContacts { .. } => vec![CommandKind::ChangeContacts, CommandKind::Hold],
        Command::FollowContacts { .. } => vec![
            CommandKind::ChangeContacts,
            CommandKind::SetAttribute,
            CommandKind::Hold,
            CommandKind::AddNote,
        ],
        Command::BookSlot { .. } => vec![CommandKind::BookSlot],
        Command::ExpireReservation { .. } => vec![CommandKind::Expire],
        Command::PutSettings(_)
        | Command::Enqueue(_)
        | Command::PutChannel(_)
        | Command::PutHub(_)
        | Command::PutZones(_)
        | Command::PutSlots(_)
        | Command::PutProduct(_)
        | Command::PutSkuMapping(_)
        | Command::PutCustomer { .. }
        | Command::SetActive { .. }
        | Command::EraseCustomer { .. }
        | Command::EraseOrder { .. }
        | Command::Stock { .. }
        | Command::Transfer { .. }
        | Command::Reserve(_)
        | Command::SetReservation(_)
        | Command::ConfirmReservation { .. }
        | Command::ReleaseReservation { .. }
        | Command::ConsumeReservation { .. } => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::order::{
        LineSku, Order, OrderCommand, OrderDraft, OrderEvent, PaymentEntry, Place, Source,
        SourceKind, Workflow, decide, decide_place, evolve, fold,
    };
    use crate::plan::Command;
    use crate::testing::build;
    use crate::value::{Currency, Money, Timestamp};

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap()
    }

    /// An order of 10.00 that waits for its money.
    fn tentative() -> Order {
        let source = Source {
            kind: SourceKind::Manual,
            channel: build::channel("desk"),
        };
        let mut draft = OrderDraft::new(source, euro());
        draft.push_line("TEA", 1, "10.00").unwrap();
        let place = Place {
            id: build::order_id(1),
            number: build::number(1),
            draft: &draft,
            skus: &[LineSku::Known(build::sku("TEA"))],
            ship_to: None,
            bill_to: None,
            payload: None,
            slot: None,
            tentative: true,
        };
        fold([&decide_place(&place, now()).unwrap()]).unwrap()
    }

    #[test]
    fn a_payment_makes_firm_only_what_it_pays_for() {
        for (amount, holds) in [("9.99", false), ("10.00", true)] {
            let before = tentative();
            let amount = Money::parse(amount, euro()).unwrap();
            let command = OrderCommand::RecordPayment {
                entry: PaymentEntry::Captured { amount },
                method: None,
                reference: None,
            };
            let mut events = decide(&before, &command, &Workflow::default(), now()).unwrap();
            events.push(OrderEvent::MadeFirm);
            let mut after = before.clone();
            events.iter().for_each(|event| evolve(&mut after, event));
            let order = before.head.id;
            let command = Command::Order { order, command };
            let checked = check(Some(&before), &after, Some(&command), &events);
            assert_eq!(checked.is_ok(), holds, "{checked:?}");
        }
    }
}
