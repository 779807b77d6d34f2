//! What a channel says later of an order that is stored. One command's worth of it is done; what
//! would take parcels or a decision is written on the order, for a person.

use std::collections::BTreeSet;

use oms_core::channel::{Inbound, LineChange, StatusPolicy, StatusReport, View};
use oms_core::event::ActorKind;
use oms_core::job::AttemptFailure;
use oms_core::order::{HoldReason, Order, OrderCommand, OrderStatus};
use oms_core::plan::UniqueKey;
use oms_core::service::{Error, Tenant};
use oms_core::value::{ExternalId, Note, OrderId, Reason};
use oms_examples::{who, words};

use crate::config::Connection;
use crate::message::Message;
use crate::say;

/// What the reports of a delivery mean for orders that it did not bring.
pub(crate) async fn follow(
    tenant: &Tenant,
    connection: &Connection,
    message: &Message,
    brought: &BTreeSet<OrderId>,
) -> Result<(), AttemptFailure> {
    // What has no status words of this channel, such as orders of a till, says nothing later.
    let reports = connection.channel.read_statuses(message.body());
    for report in reports.unwrap_or_default().into_iter().flatten() {
        let order = find(tenant, connection, &report).await.map_err(failure)?;
        let Some(order) = order.filter(|order| !brought.contains(&order.head.id)) else {
            continue;
        };
        // The tenant's answers to words with two meanings would stand here.
        let policy = StatusPolicy::new();
        let answer = connection
            .channel
            .inbound(&report, &View::of(&order), &policy);
        if let Some(command) = command(connection.channel.kind(), answer) {
            run(tenant, &order, command, message).await?;
        }
    }
    Ok(())
}

/// The order under the channel's id of it, which is one of two at Shopify.
async fn find(
    tenant: &Tenant,
    connection: &Connection,
    report: &StatusReport,
) -> Result<Option<Order>, Error> {
    for kind in ["order", "gid"] {
        let Ok(kind) = ExternalId::parse(kind) else {
            continue;
        };
        let id = report.order.clone();
        let name = UniqueKey::ExternalReference(connection.id.clone(), kind, id);
        if let Some(order) = tenant.find_order(name).await? {
            return Ok(Some(order));
        }
    }
    Ok(None)
}

fn command(channel: &str, answer: Inbound) -> Option<OrderCommand> {
    match answer {
        Inbound::NoChange { .. } => None,
        Inbound::MoveTo { status, .. } => {
            let said = format!(
                "{channel} says that this order is {}",
                words::status(status)
            );
            match status {
                OrderStatus::Approved => Some(OrderCommand::Approve),
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
                | OrderStatus::Returned => note(&said),
            }
        }
        Inbound::LineChange { changes, .. } => {
            let each: Vec<String> = changes.iter().map(line).collect();
            note(&format!("{channel} says: {}", each.join(", ")))
        }
        Inbound::NeedsPerson { cause } => note(&cause.to_string()),
    }
}

fn line(change: &LineChange) -> String {
    let LineChange {
        line,
        kind,
        quantity,
    } = change;
    format!("line {line} {kind:?} {quantity}").to_lowercase()
}

fn note(words: &str) -> Option<OrderCommand> {
    Note::truncated(words).map(|text| OrderCommand::AddNote { text })
}

/// Under a key of the delivery: a job that is done twice does it once.
async fn run(
    tenant: &Tenant,
    order: &Order,
    command: OrderCommand,
    message: &Message,
) -> Result<(), AttemptFailure> {
    let reference = words::reference(&order.head.external);
    let told = if let OrderCommand::AddNote { text } = &command {
        format!("order {reference} is noted: {text}")
    } else {
        format!(
            "order {reference}: {} by the channel's word",
            command.kind()
        )
    };
    let (id, kind) = (order.head.id.to_string(), command.kind().to_string());
    let call = who::by(ActorKind::Channel, message.connection.as_str());
    let call = who::keyed(call, &["later", &id, &message.key(), &kind]);
    let name = format!("{}/{}", message.channel, message.connection);
    match tenant.order_command(order.head.id, command, call).await {
        Ok(done) if done.repeated => Ok(()),
        Ok(_) => {
            say(&format!("{name}: {told}"));
            Ok(())
        }
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: Error) -> AttemptFailure {
    let why = words::refusal(&error);
    match error.is_retryable() {
        true => AttemptFailure::transient(why),
        false => AttemptFailure::permanent(why),
    }
}
