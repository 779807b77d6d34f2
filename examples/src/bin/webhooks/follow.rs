//! What a channel says later of an order that is stored. One command's worth of it is done; what
//! would take parcels or a decision is written on the order, for a person.

use oms_core::channel::{Inbound, LineMove, StatusPolicy, View};
use oms_core::order::{HoldReason, Order, OrderCommand, OrderStatus};
use oms_core::value::{Note, Reason};
use oms_examples::intake::firm;
use oms_examples::words;

use crate::config::Connection;
use crate::message::Message;

/// What the report of a delivery means for its order, if anything.
pub(crate) fn command(
    connection: &Connection,
    message: &Message,
    order: &Order,
) -> Option<OrderCommand> {
    let channel = &connection.channel;
    // What has no status words of this channel, such as an order of a till, says nothing later.
    let reports = channel.read_statuses(message.body()).ok()?;
    let report = reports.into_iter().flatten().next()?;
    // The tenant's answers to words with two meanings would stand here.
    let policy = StatusPolicy::new();
    meant(
        channel.kind(),
        channel.inbound(&report, &View::of(order), &policy),
        order,
    )
}

fn meant(channel: &str, answer: Inbound, order: &Order) -> Option<OrderCommand> {
    match answer {
        Inbound::NoChange { .. } => None,
        Inbound::MoveTo { status, .. } => {
            let said = format!(
                "{channel} says that this order is {}",
                words::status(status)
            );
            match status {
                // Whether paid is approved, the tenant says and not the channel.
                OrderStatus::Approved => firm(order),
                OrderStatus::Cancelled => {
                    Reason::truncated(&said).map(|reason| OrderCommand::Cancel { reason })
                }
                OrderStatus::OnHold => Some(OrderCommand::Hold {
                    reason: HoldReason::Review,
                    note: Reason::truncated(&said),
                }),
                OrderStatus::Pending
                | OrderStatus::Picking
                | OrderStatus::Picked
                | OrderStatus::Packing
                | OrderStatus::Packed
                | OrderStatus::Shipped
                | OrderStatus::Delivered
                | OrderStatus::Returned => note(&said, order),
            }
        }
        Inbound::LineChange { changes, then, .. } => {
            let mut each: Vec<String> = changes.iter().map(line).collect();
            each.extend(then.map(|status| format!("this order is {}", words::status(status))));
            note(&format!("{channel} says: {}", each.join(", ")), order)
        }
        Inbound::NeedsPerson { cause } => note(&cause.to_string(), order),
    }
}

fn line(change: &LineMove) -> String {
    let LineMove {
        line,
        kind,
        quantity,
    } = change;
    format!("line {line} {kind:?} {quantity}").to_lowercase()
}

/// Channels say the same with every change of an order, and an order has room for so many notes:
/// what is noted already is not noted again.
fn note(words: &str, order: &Order) -> Option<OrderCommand> {
    let noted = |text: &Note| order.head.notes.iter().any(|note| note.text == *text);
    let text = Note::truncated(words).filter(|text| !noted(text))?;
    Some(OrderCommand::AddNote { text })
}
