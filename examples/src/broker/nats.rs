//! NATS JetStream: a stream of events that drops repeats by their id, a stream of orders, one of
//! dead letters.

use std::pin::pin;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, RetentionPolicy};
use async_nats::jetstream::{self, AckKind, Context};
use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use oms_core::port::{Message, PublishError, Publisher};
use tokio::time::timeout;

use super::{BrokerError, DEAD_BYTES, DEAD_DAYS, Inbound, Incoming, Verdict, wire};
use crate::run::{OnError, to_stderr};

/// The stream of events; the subject of one is `oms.events.` and its topic.
pub const EVENTS: &str = "OMS_EVENTS";

/// The stream of orders, with the subject `oms.orders`.
pub const ORDERS: &str = "OMS_ORDERS";

/// The stream of messages that no order will come of, with the subject `oms.dead`.
pub const DEAD: &str = "OMS_DEAD";

/// How long events lie with the broker, whoever has read them. Consumers that were away for longer
/// get them from the store: it keeps them all, and a subscriber is rewound.
const EVENT_DAYS: u32 = 7;

/// How many bytes of events lie with the broker; the oldest go first. It is some million events,
/// and small enough for the disk of a broker that has other things to do.
const EVENT_BYTES: i64 = 1_073_741_824;

/// Events that are on their way to the broker at once.
const AT_ONCE: usize = 256;

/// For how long the broker recognises repeats: a relay that is down for longer brings some twice.
const RECOGNISED: Duration = Duration::from_secs(3_600);

/// How long a message that must come again is kept back.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a message is kept back that can be neither taken in nor stored among the dead letters.
const LONG_PAUSE: Duration = Duration::from_secs(600);

/// How long the broker waits for word of a message before it comes again; while one is worked on,
/// it hears so.
const ACK_WAIT: Duration = Duration::from_secs(30);

/// Orders that the broker is asked for at once. The client asks for the next when half of them have
/// come, so up to half as many again lie with it: of those the broker hears nothing.
const PULLED: usize = 20;

/// Orders that are taken in at once: as many as may lie with the client, so that none waits there
/// for more than one turn, however slow the store is.
const TAKEN: usize = PULLED + PULLED / 2;

/// How often the broker says that it has nothing; without that it is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Connects to a broker, such as `nats://127.0.0.1:4222`.
///
/// # Errors
/// What the client says.
pub async fn connect(url: &str) -> Result<Context, BrokerError> {
    Ok(jetstream::new(async_nats::connect(url).await?))
}

/// How much of what the broker takes is kept free for the headers of a message.
const HEADER_BYTES: usize = 1_024;

/// A message that was sent without its body, as it is larger than the broker takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {id} was sent without its body: it has {bytes} bytes, and the broker takes {most}")]
pub struct BodyOmitted {
    /// The id of the message.
    pub id: String,
    /// How large it is.
    pub bytes: usize,
    /// How large a message may be (`max_payload`).
    pub most: usize,
}

/// A message that no order will come of and that could not be stored among the dead letters. It
/// comes again.
#[derive(Debug, thiserror::Error)]
#[error("message {place} is no order, and the dead letters do not take it: {problem}")]
pub struct Unburied {
    /// Its place in the stream of orders.
    pub place: u64,
    /// Why.
    pub problem: BrokerError,
}

/// Hands events to the stream [`EVENTS`].
pub struct NatsEvents {
    context: Context,
    on_error: OnError,
}

impl std::fmt::Debug for NatsEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsEvents")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl NatsEvents {
    /// Makes the stream, with bounds. One that is there keeps the bounds it has.
    ///
    /// # Errors
    /// What the client says.
    pub async fn new(context: Context) -> Result<Self, BrokerError> {
        context.get_or_create_stream(events()).await?;
        Ok(Self {
            context,
            on_error: to_stderr(),
        })
    }

    /// Tells somebody else what is sent without its body than the standard error.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// What is sent of a message. One event that the broker does not take would keep all later ones
    /// of its tenant back.
    fn body(&self, message: &Message) -> Vec<u8> {
        let body = wire::body(message);
        let most = self.context.client().max_payload();
        if body.len().saturating_add(HEADER_BYTES) <= most {
            return body;
        }
        let omitted = BodyOmitted {
            id: message.id.clone(),
            bytes: body.len(),
            most,
        };
        (self.on_error)("relay", &omitted);
        wire::short_body(message)
    }

    /// Sends many at once. Each waits for its own answer: the client allows so many on their way,
    /// and an answer that nobody waits for is one of them.
    async fn send(&self, messages: &[&Message]) -> Result<(), BrokerError> {
        for part in messages.chunks(AT_ONCE) {
            try_join_all(part.iter().map(|message| self.send_one(message))).await?;
        }
        Ok(())
    }

    async fn send_one(&self, message: &Message) -> Result<(), BrokerError> {
        let publish = PublishMessage::build()
            .payload(self.body(message).into())
            .message_id(wire::id(&message.id));
        let subject = format!("oms.events.{}", message.topic);
        self.context.send_publish(subject, publish).await?.await?;
        Ok(())
    }
}

#[async_trait]
impl Publisher for NatsEvents {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        for wave in wire::waves(messages, wire::source) {
            let sent = self.send(&wave).await;
            sent.map_err(|source| PublishError {
                detail: "NATS".to_owned(),
                source: Some(source),
            })?;
        }
        Ok(())
    }
}

fn events() -> Config {
    Config {
        name: EVENTS.to_owned(),
        subjects: vec!["oms.events.>".to_owned()],
        duplicate_window: RECOGNISED,
        max_age: days(EVENT_DAYS),
        max_bytes: EVENT_BYTES,
        ..Config::default()
    }
}

fn dead_letters() -> Config {
    Config {
        name: DEAD.to_owned(),
        subjects: vec!["oms.dead".to_owned()],
        duplicate_window: RECOGNISED,
        max_age: days(DEAD_DAYS),
        max_bytes: DEAD_BYTES,
        ..Config::default()
    }
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

/// Makes the streams of orders and dead letters. Orders lie there until they are taken in, since
/// none may be lost; dead letters have bounds. Streams that are there keep the bounds they have.
///
/// # Errors
/// What the client says.
pub async fn declare(context: &Context) -> Result<(), BrokerError> {
    let orders = Config {
        name: ORDERS.to_owned(),
        subjects: vec!["oms.orders".to_owned()],
        retention: RetentionPolicy::WorkQueue,
        ..Config::default()
    };
    context.get_or_create_stream(orders).await?;
    context.get_or_create_stream(dead_letters()).await?;
    Ok(())
}

/// Takes the orders of the stream [`ORDERS`] in until the connection ends.
///
/// Several are taken in at once. A message is acknowledged after its order was committed; it comes
/// again when this process dies before that. What is malformed is stored in [`DEAD`] with the
/// reason, and only then given up; where the broker does not take it with the reason beside it,
/// without its body.
///
/// # Errors
/// Why it ended: what the client says, or that nothing comes any more.
pub async fn take_orders(context: &Context, inbound: &Inbound) -> Result<(), BrokerError> {
    declare(context).await?;
    let stream = context.get_stream(ORDERS).await?;
    let config = pull::Config {
        durable_name: Some("oms".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        ..pull::Config::default()
    };
    let consumer = stream.get_or_create_consumer("oms", config).await?;
    // One that is there keeps the time it has.
    let every = consumer.cached_info().config.ack_wait / 3;
    let pulled = consumer.stream().max_messages_per_batch(PULLED);
    let messages = pulled.heartbeat(HEARTBEAT).messages().await?;
    messages
        .map_err(BrokerError::from)
        .try_for_each_concurrent(TAKEN, |message| async move {
            take_order(context, inbound, &message, every).await
        })
        .await?;
    Err("no more orders come: the connection was closed".into())
}

/// Takes one order in, and tells the broker what became of it; `every` so often that it is worked
/// on.
async fn take_order(
    context: &Context,
    inbound: &Inbound,
    message: &jetstream::Message,
    every: Duration,
) -> Result<(), BrokerError> {
    let headers = message.headers.as_ref();
    let id = headers.and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID));
    let incoming = Incoming {
        id: id.map(async_nats::HeaderValue::as_str),
        body: &message.payload,
    };
    let at_work = || message.ack_with(AckKind::Progress);
    match with_word(inbound.take(incoming), every, at_work).await? {
        Verdict::Done => message.double_ack().await?,
        Verdict::Dead(reason) => {
            let place = message.info()?.stream_sequence;
            let kind = match bury(context, message, place, &reason).await {
                Ok(()) => AckKind::Term,
                // The orders behind it are not to blame.
                Err(problem) => {
                    inbound.tell(&Unburied { place, problem });
                    AckKind::Nak(Some(LONG_PAUSE))
                }
            };
            message.ack_with(kind).await?;
        }
        Verdict::Again(_) => message.ack_with(AckKind::Nak(Some(PAUSE))).await?,
    }
    Ok(())
}

/// Does the work, and says `every` so often that it goes on.
async fn with_word<T, F>(
    work: impl Future<Output = T> + Send,
    every: Duration,
    say: impl Fn() -> F + Send + Sync,
) -> Result<T, BrokerError>
where
    T: Send,
    F: Future<Output = Result<(), BrokerError>> + Send,
{
    let mut work = pin!(work);
    let every = every.max(Duration::from_millis(100));
    loop {
        match timeout(every, work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) => say().await?,
        }
    }
}

/// Stores a message among the dead letters, once however often it is tried.
async fn bury(
    context: &Context,
    message: &jetstream::Message,
    place: u64,
    reason: &str,
) -> Result<(), BrokerError> {
    let mut headers = HeaderMap::new();
    // Headers are lines.
    headers.insert("reason", reason.replace(['\r', '\n'], " ").as_str());
    let body = &message.payload;
    let most = context.client().max_payload();
    let large = body.len() + reason.len() + HEADER_BYTES > most;
    if large {
        headers.insert("omitted-bytes", body.len().to_string().as_str());
        headers.insert("omitted-sha256", wire::hex(body).as_str());
    }
    let mut publish = PublishMessage::build()
        .headers(headers)
        .message_id(format!("{ORDERS}-{place}"));
    if !large {
        publish = publish.payload(body.clone());
    }
    context.send_publish("oms.dead", publish).await?.await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::{ACK_WAIT, dead_letters, events, with_word};

    #[test]
    fn the_broker_hears_of_what_is_worked_on_in_time() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        runtime.unwrap().block_on(async {
            let words = AtomicUsize::new(0);
            let say = || {
                words.fetch_add(1, Ordering::SeqCst);
                ready(Ok(()))
            };
            let work = async {
                sleep(2 * ACK_WAIT + Duration::from_secs(5)).await;
                "done"
            };
            let done = with_word(work, ACK_WAIT / 3, say).await;
            assert_eq!(done.unwrap(), "done");
            assert_eq!(words.load(Ordering::SeqCst), 6);
            // One that nobody hears is no longer worked on.
            let unheard = || ready(Err("gone".into()));
            let done = with_word(sleep(ACK_WAIT), ACK_WAIT / 3, unheard).await;
            assert_eq!(done.unwrap_err().to_string(), "gone");
        });
    }

    #[test]
    fn what_nobody_takes_away_does_not_lie_there_for_ever() {
        for stream in [events(), dead_letters()] {
            assert!(!stream.max_age.is_zero(), "{}", stream.name);
            assert!(stream.max_bytes > 0, "{}", stream.name);
            // The broker refuses a stream that forgets a message before its id.
            assert!(stream.max_age > stream.duplicate_window, "{}", stream.name);
        }
    }
}
