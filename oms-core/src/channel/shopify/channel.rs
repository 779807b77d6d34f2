//! Shopify as a channel.

use crate::channel::contract::Channel;
use crate::channel::error::ChannelError;
use crate::channel::incoming::Incoming;
use crate::channel::outbound::{CannotExpress, OrderFacts, Outgoing, Request, Response, Update};
use crate::channel::own::{read_own, settle, tell};
use crate::channel::shopify::{outbound, status, sync};
use crate::channel::status::{
    Inbound, Says, StatusPolicy, StatusReport, View, Vocabulary, report_of,
};
use crate::channel::sync::{Fetch, Page, PageProblem, SyncKind, SyncSettings};
use crate::order::OrderStatus;
use crate::value::ChannelId;

/// Shopify: Admin REST in both directions; GraphQL status words are read as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shopify;

/// What orders come wrapped in.
const ENVELOPES: &[&str] = &["order", "orders", "data", "nodes", "edges", "node"];

impl Channel for Shopify {
    fn kind(&self) -> &'static str {
        "shopify"
    }

    fn read_orders(
        &self,
        bytes: &[u8],
        channel: &ChannelId,
    ) -> Result<Vec<Result<Incoming, ChannelError>>, ChannelError> {
        read_own(self.kind(), bytes, channel)
    }

    fn vocabulary(&self) -> &'static [Vocabulary] {
        status::VOCABULARY
    }

    fn read_statuses(
        &self,
        bytes: &[u8],
    ) -> Result<Vec<Result<StatusReport, ChannelError>>, ChannelError> {
        report_of(bytes, ENVELOPES, status::report)
    }

    fn inbound(&self, report: &StatusReport, view: &View, policy: &StatusPolicy) -> Inbound {
        settle(report, view, policy, status::inbound)
    }

    fn says(&self, status: OrderStatus) -> Says {
        status::says(status)
    }

    fn outgoing(&self, facts: &OrderFacts, update: &Update) -> Result<Outgoing, CannotExpress> {
        tell(self.kind(), facts, update, outbound::outgoing)
    }

    fn learn(&self, facts: &mut OrderFacts, response: &Response) -> Result<(), ChannelError> {
        outbound::learn(facts, &response.body)
    }

    fn sync_settings(&self, kind: SyncKind) -> Option<SyncSettings> {
        sync::settings(kind)
    }

    fn fetch(&self, fetch: &Fetch) -> Option<Request> {
        sync::fetch(fetch)
    }

    fn page(&self, fetch: &Fetch, response: &Response) -> Result<Page, PageProblem> {
        sync::page(fetch, response)
    }

    #[cfg(feature = "signatures")]
    fn verify(
        &self,
        delivery: &crate::channel::signature::Delivery<'_>,
        keys: &crate::channel::signature::WebhookKeys,
    ) -> Result<(), crate::channel::signature::SignatureError> {
        crate::channel::signature::shopify(delivery, keys)
    }
}
