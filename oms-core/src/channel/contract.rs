//! What a sales channel is to this library.

use std::fmt;

use crate::channel::error::ChannelError;
use crate::channel::incoming::Incoming;
use crate::channel::outbound::{
    Answer, CannotExpress, OrderFacts, Outgoing, Request, Response, Update,
};
use crate::channel::status::{Inbound, Says, StatusPolicy, StatusReport, View, Vocabulary};
use crate::channel::sync::{Fetch, PageProblem, SyncKind, SyncPage, SyncSettings};
use crate::order::OrderStatus;
use crate::value::ChannelId;

/// A sales channel: how its payloads are read, what its words mean, how it is told things, and how
/// it is asked for what changed.
///
/// Every method is pure: bytes and values in, values out, the same answer for the same question.
/// The host sends requests and keeps secrets. No method panics, whatever it is given.
///
/// A channel of your own is a unit struct with these methods; run
/// [`channel_suite!`](crate::channel_suite) (feature `testing`) on it, and
/// [register](crate::channel::Channels) it. The [channel guide](crate::docs::channel_guide) goes
/// through all of it.
pub trait Channel: fmt::Debug + Send + Sync {
    /// The stable name of this kind of channel, such as `shopify`.
    fn kind(&self) -> &'static str;

    /// Reads every order of a payload: one answer per order, in the payload's order; one that
    /// cannot be read never loses the others. Ids stay as sent, amounts are never rounded
    /// without a warning, and the stated total is kept as the truth.
    ///
    /// # Errors
    /// When the payload as a whole is no order and no page of orders of this channel.
    fn read_orders(
        &self,
        bytes: &[u8],
        channel: &ChannelId,
    ) -> Result<Vec<Result<Incoming, ChannelError>>, ChannelError>;

    /// Every word of every field this channel documents. [`inbound`](Self::inbound) knows them
    /// all, and asks a person about any other.
    fn vocabulary(&self) -> &'static [Vocabulary];

    /// Reads where every order of a payload stands, in the channel's words.
    ///
    /// # Errors
    /// As [`read_orders`](Self::read_orders).
    fn read_statuses(
        &self,
        bytes: &[u8],
    ) -> Result<Vec<Result<StatusReport, ChannelError>>, ChannelError>;

    /// What a report means for the order here. Total: any words in any combination are answered.
    /// Never a move back: what is behind here is no change.
    fn inbound(&self, report: &StatusReport, view: &View, policy: &StatusPolicy) -> Inbound;

    /// How far this channel can be told about a status.
    fn says(&self, status: OrderStatus) -> Says;

    /// The requests that tell the channel about an update.
    ///
    /// # Errors
    /// [`CannotExpress`] with the reason; nothing is then to be sent. When something is missing
    /// that only the channel knows, the error carries the request that asks for it.
    fn outgoing(&self, facts: &OrderFacts, update: &Update) -> Result<Outgoing, CannotExpress>;

    /// Takes over what the answer to a question of [`outgoing`](Self::outgoing) says. A channel
    /// that asks nothing learns nothing.
    ///
    /// # Errors
    /// When the answer is not what was asked for; the facts are then as they were.
    fn learn(&self, _facts: &mut OrderFacts, _response: &Response) -> Result<(), ChannelError> {
        Ok(())
    }

    /// What an answer to a request means. Total: any status and any body are answered.
    fn answer(&self, request: &Request, response: &Response) -> Answer {
        Answer::read(request, response)
    }

    /// The settings a pull sync of this kind starts with; `None` when it cannot be pulled.
    fn sync_settings(&self, kind: SyncKind) -> Option<SyncSettings>;

    /// The request for a page of a sync; `None` when the channel cannot be asked for it.
    fn fetch(&self, fetch: &Fetch) -> Option<Request>;

    /// What a page holds, for the sync; its orders are read by
    /// [`read_orders`](Self::read_orders).
    ///
    /// # Errors
    /// [`PageProblem`]: later, from the start, or never.
    fn page(&self, fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem>;

    /// Tells whether the channel sent this. On the raw body, before anything reads it, in a time
    /// that does not depend on the secrets. A channel that signs nothing proves nothing.
    ///
    /// # Errors
    /// [`SignatureError`](crate::channel::signature::SignatureError): answer 401 and forget it.
    #[cfg(feature = "signatures")]
    fn verify(
        &self,
        _delivery: &crate::channel::signature::Delivery<'_>,
        _keys: &crate::channel::signature::WebhookKeys,
    ) -> Result<(), crate::channel::signature::SignatureError> {
        Err(crate::channel::signature::SignatureError::NotSigned)
    }
}
