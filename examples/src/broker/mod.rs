//! Events to brokers, and orders from them (feature `brokers`).
//!
//! Both brokers are used in the same way. Events go out through a [`Publisher`] that answers only
//! when the broker has said that all of them are safe. A message brings one order: that is taken in
//! by one commit ([`Intakes`]), then the message is acknowledged; a worker places it. A message
//! that comes again finds its key and changes nothing. One that cannot be read goes to the dead
//! letters, and why is told; one that the store cannot take in now comes again.
//!
//! *Order.* Events of an order go out one after the other, others beside them: one that the broker
//! refuses is not overtaken by the next of its order. A page that failed comes once more from its
//! beginning, so what a consumer has by its id, or by a `seq` it has passed, it drops.
//!
//! Messages that come in have none: one that comes again does so behind later ones, also of its own
//! order, and workers place several at once. That does no harm where a message says how its order
//! stands and not what to change of it, as those of channels do: a late one is of an order that is
//! known, and takes nothing back. Senders whose messages are steps need a place in each message,
//! and a reader ([`IntakeReader`]) that asks for it.
//!
//! [`Publisher`]: oms_core::port::Publisher
//! [`Intakes`]: oms_core::service::Intakes
//! [`IntakeReader`]: oms_core::service::IntakeReader

pub mod host;
mod inbound;
pub mod nats;
pub mod rabbit;
mod wire;

pub use inbound::{Inbound, Incoming, NotTaken, Verdict};

/// How long dead letters lie with a broker. They hold what a channel sent, with the names and
/// addresses of people, and erasing a customer does not find them: long enough for a person to come
/// back from a holiday and look, and no longer.
pub const DEAD_DAYS: u32 = 14;

/// How many bytes of dead letters lie with a broker; the oldest go first. A sender that is broken
/// sends what is malformed without end, and must not fill the disk that good orders need.
pub const DEAD_BYTES: i64 = 256 * 1_048_576;

/// Why a broker cannot be used.
pub type BrokerError = Box<dyn std::error::Error + Send + Sync>;
