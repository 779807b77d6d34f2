//! What a channel says later of an order that is stored: what takes no decision is done, and work
//! that its word stands against is stopped, for a person.

use oms_core::channel::{Inbound, Incoming, StatusPolicy, View};
use oms_core::order::{Order, OrderCommand, OrderStatus};
use oms_examples::intake::firm;

use crate::config::Connection;
use crate::message::Message;

/// What the report of a delivery asks of its order, if anything.
pub(crate) fn commands(
    connection: &Connection,
    message: &Message,
    incoming: &Incoming,
    order: &Order,
) -> Vec<OrderCommand> {
    let channel = &connection.channel;
    // What has no status words of this channel, such as an order of a till, says nothing later.
    let reports = channel.read_statuses(message.body()).unwrap_or_default();
    let Some(report) = reports.into_iter().flatten().next() else {
        return Vec::new();
    };
    // The tenant's answers to words with two meanings would stand here.
    let policy = StatusPolicy::new();
    let answer = channel.inbound(&report, &View::of(order), &policy);
    // A refund made from here comes back as the shop's own word.
    let answer = incoming.without_known_refunds(answer, order);
    // Whether paid is approved, the tenant says and not the channel.
    if let Inbound::MoveTo {
        status: OrderStatus::Approved,
        ..
    } = answer
    {
        return firm(order).into_iter().collect();
    }
    answer.commands(order)
}
