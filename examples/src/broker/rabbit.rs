//! RabbitMQ: a topic exchange for events with publisher confirms, a queue of orders with dead
//! letters.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, BasicQosOptions,
    BasicRejectOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind,
};
use oms_core::port::{Message, PublishError, Publisher};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{BrokerError, DEAD_BYTES, DEAD_DAYS, Inbound, Incoming, Verdict, wire};

/// The exchange that events go to; the routing key is the topic.
pub const EVENTS: &str = "oms.events";

/// The queue that orders come from.
pub const ORDERS: &str = "oms.orders";

/// Where messages lie that no order will come of.
pub const DEAD: &str = "oms.orders.dead";

/// Messages that are on their way to us and not acknowledged. All of them are taken in at once, so
/// that none waits for others, however slow the store is.
const PREFETCH: u16 = 30;

/// Persistent, in AMQP 0-9-1.
const PERSISTENT: u8 = 2;

/// How long a message that must come again is kept back.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the broker has to confirm what was sent together. One that is short of memory or disk
/// blocks its publishers and says nothing; the relay tries again then, and may bring some twice.
const CONFIRM: Duration = Duration::from_secs(30);

/// Connects to a broker, such as `amqp://127.0.0.1:5672/%2f`.
///
/// # Errors
/// What the client says.
pub async fn connect(url: &str) -> Result<Arc<Connection>, BrokerError> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    Ok(Arc::new(connection))
}

/// Hands events to the exchange [`EVENTS`].
pub struct RabbitEvents {
    connection: Arc<Connection>,
    channel: Mutex<Channel>,
}

impl std::fmt::Debug for RabbitEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RabbitEvents")
    }
}

impl RabbitEvents {
    /// Makes the exchange and asks for confirms.
    ///
    /// # Errors
    /// What the client says.
    pub async fn new(connection: &Arc<Connection>) -> Result<Self, BrokerError> {
        let channel = open(connection).await?;
        exchange(&channel, false).await?;
        Ok(Self {
            connection: connection.clone(),
            channel: Mutex::new(channel),
        })
    }

    /// The channel, after the broker said that the exchange is there; a new one where the broker
    /// closed the last. An exchange that is gone is not made here: nobody's queue would be bound to
    /// it, so its messages would be confirmed and lost.
    async fn channel(&self) -> Result<Channel, BrokerError> {
        let mut channel = self.channel.lock().await;
        if !channel.status().connected() {
            *channel = open(&self.connection).await?;
        }
        let there = exchange(&channel, true).await;
        there.map_err(|problem| format!("the exchange {EVENTS} is not to be had: {problem}"))?;
        Ok(channel.clone())
    }

    async fn send(&self, messages: &[&Message]) -> Result<(), BrokerError> {
        let channel = self.channel().await?;
        // All are sent before the first confirm is waited for.
        let mut confirms = Vec::with_capacity(messages.len());
        for message in messages {
            let properties = BasicProperties::default()
                .with_delivery_mode(PERSISTENT)
                .with_content_type("application/json".into())
                .with_message_id(wire::id(&message.id).into());
            let topic = message.topic.as_str();
            let body = wire::body(message);
            let options = BasicPublishOptions::default();
            let sent =
                channel.basic_publish(EVENTS.into(), topic.into(), options, &body, properties);
            confirms.push(sent.await?);
        }
        for confirm in confirms {
            match confirm.await? {
                Confirmation::Ack(_) => {}
                Confirmation::Nack(_) | Confirmation::NotRequested => {
                    return Err("the broker did not confirm a message".into());
                }
            }
        }
        Ok(())
    }
}

/// A channel with confirms.
async fn open(connection: &Connection) -> Result<Channel, BrokerError> {
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok(channel)
}

/// Makes the exchange, or only asks whether it is `there`; the broker closes the channel where it
/// is not.
async fn exchange(channel: &Channel, there: bool) -> Result<(), BrokerError> {
    let options = ExchangeDeclareOptions {
        durable: true,
        passive: there,
        ..ExchangeDeclareOptions::default()
    };
    let kind = ExchangeKind::Topic;
    let table = FieldTable::default();
    channel
        .exchange_declare(EVENTS.into(), kind, options, table)
        .await?;
    Ok(())
}

#[async_trait]
impl Publisher for RabbitEvents {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        for wave in wire::waves(messages, wire::source) {
            let sent = timeout(CONFIRM, self.send(&wave)).await;
            let sent = sent.unwrap_or_else(|_| {
                let secs = CONFIRM.as_secs();
                Err(format!("nothing was confirmed within {secs} s: does the broker block?").into())
            });
            sent.map_err(|source| PublishError {
                detail: "RabbitMQ".to_owned(),
                source: Some(source),
            })?;
        }
        Ok(())
    }
}

/// Takes the orders of the queue [`ORDERS`] in until the connection ends or the queue is deleted.
///
/// Makes the queue, and [`DEAD`] for what is malformed; that one again where it was deleted.
/// Several are taken in at once. A message is acknowledged after its order was committed, so one
/// that was not comes again when this process dies.
///
/// # Errors
/// Why it ended: what the client says, or that nothing comes any more.
pub async fn take_orders(connection: &Connection, inbound: &Inbound) -> Result<(), BrokerError> {
    let channel = connection.create_channel().await?;
    declare(&channel).await?;
    channel
        .basic_qos(PREFETCH, BasicQosOptions::default())
        .await?;
    let options = BasicConsumeOptions::default();
    let consumer = channel
        .basic_consume(ORDERS.into(), "oms".into(), options, FieldTable::default())
        .await?;
    let channel = &channel;
    consumer
        .map_err(BrokerError::from)
        .try_for_each_concurrent(usize::from(PREFETCH), |delivery| async move {
            take_order(channel, inbound, &delivery).await
        })
        .await?;
    Err(format!("the broker cancelled the consumer: was the queue {ORDERS} deleted?").into())
}

/// Takes one order in, and tells the broker what became of it.
async fn take_order(
    channel: &Channel,
    inbound: &Inbound,
    delivery: &Delivery,
) -> Result<(), BrokerError> {
    let id = delivery.properties.message_id().as_ref();
    let message = Incoming {
        id: id.map(lapin::types::ShortString::as_str),
        body: &delivery.data,
    };
    match inbound.take(message).await {
        Verdict::Done => {
            delivery.ack(BasicAckOptions::default()).await?;
        }
        Verdict::Dead(_) => {
            // The broker drops what it cannot move there, and says nothing of it.
            declare_dead(channel).await?;
            delivery
                .reject(BasicRejectOptions { requeue: false })
                .await?;
        }
        Verdict::Again(_) => {
            tokio::time::sleep(PAUSE).await;
            let options = BasicNackOptions {
                requeue: true,
                ..BasicNackOptions::default()
            };
            delivery.nack(options).await?;
        }
    }
    Ok(())
}

/// Makes the queues. The broker moves what is rejected to the dead letters by itself, and drops
/// those that are too old or too many. Orders lie in their queue until they are taken in.
///
/// # Errors
/// What the client says; a queue that is there with other bounds is refused, and has to be deleted
/// before.
pub async fn declare(channel: &Channel) -> Result<(), BrokerError> {
    declare_dead(channel).await?;
    let mut table = FieldTable::default();
    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    table.insert("x-dead-letter-exchange".into(), text(""));
    table.insert("x-dead-letter-routing-key".into(), text(DEAD));
    channel
        .queue_declare(ORDERS.into(), durable(), table)
        .await?;
    Ok(())
}

/// Makes the queue of the dead letters, unless it is there.
async fn declare_dead(channel: &Channel) -> Result<(), BrokerError> {
    channel
        .queue_declare(DEAD.into(), durable(), dead_letters())
        .await?;
    Ok(())
}

/// A queue that is there after a restart of the broker.
fn durable() -> QueueDeclareOptions {
    QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    }
}

/// The bounds of the dead letters.
fn dead_letters() -> FieldTable {
    let millis = i64::from(DEAD_DAYS) * 86_400_000;
    let mut table = FieldTable::default();
    table.insert("x-message-ttl".into(), AMQPValue::LongLongInt(millis));
    table.insert(
        "x-max-length-bytes".into(),
        AMQPValue::LongLongInt(DEAD_BYTES),
    );
    table
}

#[cfg(test)]
mod tests {
    use super::{AMQPValue, dead_letters};

    #[test]
    fn dead_letters_do_not_lie_there_for_ever() {
        let table = dead_letters();
        for bound in ["x-message-ttl", "x-max-length-bytes"] {
            let set = table.inner().get(bound);
            let holds = matches!(set, Some(AMQPValue::LongLongInt(set)) if *set > 0);
            assert!(holds, "{bound}: {set:?}");
        }
    }
}
