//! From a delivery to orders.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use oms_core::channel::{Incoming, Notice, read_notice};
use oms_core::event::ActorKind;
use oms_core::job::{AttemptFailure, Job};
use oms_core::service::{Handler, Tenant};
use oms_examples::intake::{self, Arriving, Fate};
use oms_examples::{who, words};

use crate::config::Config;
use crate::message::Message;
use crate::{later, say};

/// Stores the orders of deliveries, on hold rather than not at all.
///
/// A job may be done twice: an order is one order under its channel's id however often it comes,
/// and what the channel's word asks for is done under a key.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) tenant: Tenant,
    pub(crate) config: Arc<Config>,
}

#[async_trait]
impl Handler for Intake {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        let never = AttemptFailure::permanent;
        let message: Message = serde_json::from_str(&job.draft.payload)
            .map_err(|problem| never(format!("the job is none of this program: {problem}")))?;
        let name = format!("{}/{}", message.channel, message.connection);
        if self.is_notice(&name, &message)? {
            return Ok(());
        }
        let connection = self
            .config
            .find(&message.channel, message.connection.as_str());
        let Some(connection) = connection else {
            return Err(never(format!("{name} is not served any more")));
        };
        let read = connection
            .channel
            .read_orders(message.body(), &connection.id);
        let read = read.map_err(|problem| never(problem.to_string()))?;
        let (mut orders, mut problems) = (Vec::new(), Vec::new());
        for order in read {
            match order {
                Ok(order) => orders.push(arriving(order, &message)),
                Err(problem) => problems.push(problem.to_string()),
            }
        }
        let fates = intake::take(&self.tenant, &orders, false).await;
        let (mut again, mut brought) = (false, BTreeSet::new());
        for (arriving, fate) in orders.iter().zip(&fates) {
            let reference = words::reference(&arriving.order.draft.external);
            say(&format!("{name}: order {reference} {}", told(fate)));
            match fate {
                Fate::Refused(error) => {
                    again |= error.is_retryable();
                    problems.push(format!("order {reference}: {error}"));
                }
                Fate::Stored(stored) => {
                    brought.insert(stored.receipt.id);
                }
                Fate::LeftOut(_) | Fate::Known(_) => {}
            }
        }
        later::follow(&self.tenant, connection, &message, &brought).await?;
        match (problems.is_empty(), again) {
            (true, _) => Ok(()),
            (false, true) => Err(AttemptFailure::transient(problems.join("; "))),
            (false, false) => Err(never(problems.join("; "))),
        }
    }
}

impl Intake {
    /// Messages without an order in them. An order that was deleted is a person's to decide about;
    /// one that changed would be fetched here by a host that holds the channel's credentials.
    fn is_notice(&self, name: &str, message: &Message) -> Result<bool, AttemptFailure> {
        let never = AttemptFailure::permanent;
        let notice = read_notice(&message.topic, message.body());
        match notice.map_err(|problem| never(problem.to_string()))? {
            None => Ok(false),
            Some(Notice::Deleted { order }) => Err(never(format!(
                "order {order} was deleted on the channel: is it to be cancelled here?"
            ))),
            Some(Notice::Changed { order, .. }) => {
                say(&format!("{name}: order {order} changed, fetch it"));
                Ok(true)
            }
            Some(Notice::Ping { .. }) => Ok(true),
            Some(_) => Ok(false),
        }
    }
}

fn arriving(order: Incoming, message: &Message) -> Arriving {
    let id = message.connection.as_str();
    Arriving {
        order,
        call: who::by_because(ActorKind::Channel, id, "webhook"),
        on_account: false,
    }
}

fn told(fate: &Fate) -> String {
    match fate {
        Fate::LeftOut(why) => format!("is left out: {why}"),
        Fate::Stored(stored) => {
            let status = words::status(stored.receipt.status);
            format!("is stored as {}: {status}", stored.receipt.number)
        }
        Fate::Known(stored) => {
            let status = words::status(stored.receipt.status);
            format!("is known as {}: {status}", stored.receipt.number)
        }
        Fate::Refused(error) => format!("is not stored: {error}"),
    }
}
