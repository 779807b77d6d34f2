//! From a delivery to an order: what the intake's worker asks when the delivery's turn comes.

use std::sync::Arc;

use oms_core::channel::{Incoming, Notice, read_notice};
use oms_core::order::{Order, OrderCommand};
use oms_core::plan::{OnProblem, PlaceOrder};
use oms_core::service::{IntakeReader, IntakeRefusal, Reading};
use oms_core::value::ChannelId;
use oms_examples::intake::{Treatment, news, treatment};
use oms_examples::words;

use crate::config::{Config, Connection};
use crate::follow;
use crate::message::Message;

/// Reads deliveries as they were kept. An order is stored on hold rather than not at all.
#[derive(Debug)]
pub(crate) struct Deliveries {
    pub(crate) config: Arc<Config>,
}

impl IntakeReader for Deliveries {
    fn read(&self, _: &ChannelId, payload: &str) -> Result<Reading, String> {
        let message = Message::of(payload)?;
        let read = self.reading(&message);
        read.map_err(|problem| format!("{}: {problem}", message.origin()))
    }

    fn follow(&self, _: &ChannelId, payload: &str, known: &Order) -> Vec<OrderCommand> {
        let message = Message::of(payload);
        let told = message.and_then(|message| self.news(&message, known));
        // What cannot be read was refused before.
        told.unwrap_or_default()
    }
}

impl Deliveries {
    fn reading(&self, message: &Message) -> Result<Reading, String> {
        if let Some(reading) = notice(message)? {
            return Ok(reading);
        }
        let (_, order) = self.order(message)?;
        Ok(match treatment(&order, false, None) {
            Treatment::LeaveOut => {
                let why = words::left_out(&order.state.suggestion);
                Reading::LeaveOut(refusal("left_out", why))
            }
            Treatment::Take { reserve, then } => Reading::Place {
                place: Box::new(PlaceOrder {
                    on_problem: OnProblem::Hold,
                    reserve,
                    ..PlaceOrder::new(order.draft)
                }),
                then: then.into_iter().collect(),
            },
        })
    }

    /// What a delivery says of an order that is known: that it was paid or cancelled, or where it
    /// stands.
    fn news(&self, message: &Message, known: &Order) -> Result<Vec<OrderCommand>, String> {
        let (connection, order) = self.order(message)?;
        let then = match treatment(&order, false, None) {
            Treatment::LeaveOut => None,
            Treatment::Take { then, .. } => then,
        };
        let commands = news(&order, then, known.status());
        if commands.is_empty() {
            return Ok(follow::command(connection, message, known)
                .into_iter()
                .collect());
        }
        Ok(commands)
    }

    /// The one order of a delivery, which is what every channel sends at a time.
    fn order(&self, message: &Message) -> Result<(&Connection, Incoming), String> {
        let (channel, id) = (&message.channel, message.connection.as_str());
        let connection = self.config.find(channel, id);
        let connection = connection.ok_or("the connection is not served any more")?;
        let read = connection
            .channel
            .read_orders(message.body(), &connection.id);
        let mut read = read.map_err(|problem| problem.to_string())?;
        match (read.pop(), read.len()) {
            (Some(order), 0) => Ok((connection, order.map_err(|problem| problem.to_string())?)),
            (None, _) => Err("there is no order in it".to_owned()),
            (Some(_), more) => Err(format!("there are {} orders in it", more + 1)),
        }
    }
}

/// Messages without an order in them. An order that was deleted is a person's to decide about; one
/// that changed would be fetched here by a host that holds the channel's credentials.
fn notice(message: &Message) -> Result<Option<Reading>, String> {
    let notice = read_notice(&message.topic, message.body());
    match notice.map_err(|problem| problem.to_string())? {
        None => Ok(None),
        Some(Notice::Deleted { order }) => Err(format!(
            "order {order} was deleted on the channel: is it to be cancelled here?"
        )),
        Some(Notice::Changed { order, .. }) => {
            let why = format!("order {order} changed, fetch it");
            Ok(Some(Reading::LeaveOut(refusal("changed", why))))
        }
        Some(Notice::Ping { .. }) => {
            let why = "the channel tries the address out".to_owned();
            Ok(Some(Reading::LeaveOut(refusal("ping", why))))
        }
        Some(_) => Ok(None),
    }
}

fn refusal(code: &str, text: String) -> IntakeRefusal {
    IntakeRefusal {
        code: code.to_owned(),
        text,
    }
}
