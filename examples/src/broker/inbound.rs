//! What is done with a message that brings an order, whatever broker it came through.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use oms_core::channel::read_orders;
use oms_core::event::{Actor, ActorKind};
use oms_core::plan::Intake;
use oms_core::service::{Call, Error, Intakes};
use oms_core::value::{ChannelId, IdempotencyKey};

use super::wire::hex;
use crate::run::{OnError, to_stderr};

/// A message that brings an order.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The id that its sender gave it, the same for every repeat; without one its content is it.
    pub id: Option<&'a str>,
    /// The order, as its channel sends it.
    pub body: &'a [u8],
}

/// What to tell the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken in for good: acknowledge it.
    Done,
    /// Nothing will ever come of it: to the dead letters, with the reason.
    Dead(String),
    /// The store cannot take it in now: let it come again. It may be away or in need of a
    /// migration or a grant, or this host of a newer release; the message is not to blame.
    Again(String),
}

/// A message that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {id} {fate}: {reason}")]
pub struct NotTaken {
    /// The id that its sender gave it, or the word `without id`.
    pub id: String,
    /// What becomes of it.
    pub fate: &'static str,
    /// Why.
    pub reason: String,
}

/// Takes orders of one channel in, and tells why one is not taken.
#[derive(Clone)]
pub struct Inbound {
    intakes: Intakes,
    channel: ChannelId,
    on_error: OnError,
    /// Why messages come again, as it was told last.
    waiting: Arc<Mutex<Option<String>>>,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("intakes", &self.intakes)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl Inbound {
    /// Orders of a channel, for the tenant of `intakes`; what is not taken is told on the standard
    /// error.
    #[must_use]
    pub fn new(intakes: Intakes, channel: ChannelId) -> Self {
        Self {
            intakes,
            channel,
            on_error: to_stderr(),
            waiting: Arc::default(),
        }
    }

    /// Tells somebody else what is not taken.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Takes an order in. When it answers [`Verdict::Done`] the order is committed.
    pub async fn take(&self, message: Incoming<'_>) -> Verdict {
        let verdict = self.judge(message).await;
        let (fate, reason) = match &verdict {
            Verdict::Done => {
                self.told_of(None);
                return verdict;
            }
            Verdict::Dead(reason) => ("is a dead letter", reason),
            Verdict::Again(reason) => {
                // It comes every second: once is enough.
                if !self.told_of(Some(reason)) {
                    return verdict;
                }
                ("comes again", reason)
            }
        };
        let not_taken = NotTaken {
            id: message.id.unwrap_or("without id").to_owned(),
            fate,
            reason: reason.clone(),
        };
        (self.on_error)("inbound", &not_taken);
        verdict
    }

    /// Tells what else goes wrong with a message.
    pub(super) fn tell(&self, problem: &(dyn std::error::Error + Send + Sync)) {
        (self.on_error)("inbound", problem);
    }

    /// Notes why messages come again; says whether that is news.
    fn told_of(&self, reason: Option<&String>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let news = waiting.as_ref() != reason;
        if news {
            *waiting = reason.cloned();
        }
        news
    }

    async fn judge(&self, message: Incoming<'_>) -> Verdict {
        // Read here too, so that what is malformed stays with the broker; it is cheap.
        if let Err(reason) = self.readable(message.body) {
            return Verdict::Dead(reason);
        }
        let intake = match Intake::payload(self.channel.clone(), message.body) {
            Ok(intake) => intake,
            Err(problem) => return Verdict::Dead(problem.to_string()),
        };
        let key = match self.key(&message) {
            Ok(key) => key,
            Err(reason) => return Verdict::Dead(reason),
        };
        let call = Call::by(Actor::new(ActorKind::Channel)).with_key(key);
        match self.intakes.enqueue(intake, call).await {
            Ok(_) => Verdict::Done,
            Err(Error::Rejected(rejection)) => {
                Verdict::Dead(format!("{}: {rejection}", rejection.code()))
            }
            Err(error @ Error::Defect { .. }) => Verdict::Dead(error.to_string()),
            Err(error) => Verdict::Again(error.to_string()),
        }
    }

    fn readable(&self, body: &[u8]) -> Result<(), String> {
        let orders = read_orders(body, &self.channel).map_err(|problem| problem.to_string())?;
        match orders.as_slice() {
            [Ok(_)] => Ok(()),
            [Err(problem)] => Err(problem.to_string()),
            orders => Err(format!("{} orders in one message", orders.len())),
        }
    }

    /// The same message of a channel has the same key, also through another broker.
    fn key(&self, message: &Incoming<'_>) -> Result<IdempotencyKey, String> {
        let (word, told) = match message.id {
            Some(id) => ("message", id.as_bytes()),
            None => ("content", message.body),
        };
        let mut whole = format!("{}\n", self.channel).into_bytes();
        whole.extend_from_slice(told);
        let key = format!("{word}-{}", hex(&whole));
        IdempotencyKey::parse(&key).map_err(|problem| problem.to_string())
    }
}
