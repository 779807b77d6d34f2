//! The publisher: where events go that leave the library, such as a broker.

use async_trait::async_trait;

use crate::event::{EventRecord, Topic};
use crate::stock::{StockKey, StockLevel};
use crate::value::TenantId;

/// Something to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is about.
    pub topic: Topic,
    /// The same for every repeat and for nothing else: brokers that recognise repeats go by it.
    pub id: String,
    /// What is in it.
    pub content: MessageContent,
}

/// What is in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageContent {
    /// An event.
    Event(Box<EventRecord>),
    /// A stock row with its latest value.
    Stock(StockKey, StockLevel),
}

/// A broker, or anything else that events are handed to. Hosts implement it.
#[async_trait]
pub trait Publisher: Send + Sync + std::fmt::Debug {
    /// Hands messages over, in this order. `Ok` says that all of them are safe: they will be
    /// acknowledged and not come again.
    ///
    /// *Idempotency*: after an error all of them come again, and messages that were handed over
    /// may come again after a crash; they have the same ids.
    ///
    /// # Errors
    /// [`PublishError`]: none of them may be taken for safe.
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError>;
}

/// Why messages could not be handed over.
#[derive(Debug, thiserror::Error)]
#[error("the messages were not taken: {detail}")]
pub struct PublishError {
    /// What happened.
    pub detail: String,
    /// The cause, if another error caused it.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl PublishError {
    /// A failure without another error behind it.
    #[must_use]
    pub fn new(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            source: None,
        }
    }
}
