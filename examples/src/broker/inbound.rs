//! What is done with a message that brings an order, whatever broker it came through.

use oms_core::channel::read_orders;
use oms_core::event::{Actor, ActorKind};
use oms_core::plan::Intake;
use oms_core::service::{Call, Error, Intakes};
use oms_core::value::{ChannelId, IdempotencyKey};

use super::wire::hex;

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
    /// The store cannot be asked now: let it come again.
    Again(String),
}

/// Takes orders of one channel in.
#[derive(Clone, Debug)]
pub struct Inbound {
    intakes: Intakes,
    channel: ChannelId,
}

impl Inbound {
    /// Orders of a channel, for the tenant of `intakes`.
    #[must_use]
    pub const fn new(intakes: Intakes, channel: ChannelId) -> Self {
        Self { intakes, channel }
    }

    /// Takes an order in. When it answers [`Verdict::Done`] the order is committed.
    pub async fn take(&self, message: Incoming<'_>) -> Verdict {
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
            Err(error) if error.is_retryable() => Verdict::Again(error.to_string()),
            Err(error) => Verdict::Dead(error.to_string()),
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

    /// The same message has the same key, also through another broker.
    fn key(&self, message: &Incoming<'_>) -> Result<IdempotencyKey, String> {
        let key = match message.id {
            Some(id) => format!(
                "message-{}",
                hex(format!("{}\n{id}", self.channel).as_bytes())
            ),
            None => format!("content-{}", hex(message.body)),
        };
        IdempotencyKey::parse(&key).map_err(|problem| problem.to_string())
    }
}
