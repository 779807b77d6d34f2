//! Updates to a channel, as data: what to send, and what the answer means.
//!
//! [`Channel::outgoing`](crate::channel::Channel::outgoing) turns an [`Update`] into [`Request`]s:
//! method, path, headers and body, complete but for the address and the credentials, which the
//! host adds. [`Channel::answer`](crate::channel::Channel::answer) reads what came back. What a
//! channel cannot express is a [`CannotExpress`] with its reason, never a request that says
//! something else; what gets lost on the way stands in [`Outgoing::losses`].
//!
//! Ids and amounts are written exactly as they are kept: an id is never a floating-point number,
//! an amount carries the currency's decimals.

mod answer;
mod cannot;
mod facts;
mod graphql;
mod json;
mod request;
mod update;

pub use answer::{Answer, ChannelRefusal, ChannelRefusalKind, RetryWhy, Throttle};
pub use cannot::{CannotCause, CannotExpress};
pub use facts::{OrderFacts, PaymentFacts, WorkFacts, WorkLine, WorkRest};
pub use request::{FeedStep, Method, Outgoing, Reads, Repeat, Request, Response};
pub use update::{
    CancelCause, CancelUpdate, ItemQuantity, ItemStock, ParcelUpdate, RefundCause, RefundLine,
    RefundUpdate, ShipUpdate, Update, UpdateKind,
};

pub(in crate::channel) use answer::{judge, named, refusal};
pub(in crate::channel) use graphql::complaints;
pub(in crate::channel) use json::{JsonObject, global, milliseconds, numeric, seconds, segment};
