//! WooCommerce as a channel.

use crate::channel::contract::Channel;
use crate::channel::error::ChannelError;
use crate::channel::incoming::Incoming;
use crate::channel::outbound::{CannotExpress, OrderFacts, Outgoing, Request, Response, Update};
use crate::channel::own::{read_own, settle, tell};
use crate::channel::status::{
    Inbound, Says, StatusPolicy, StatusReport, View, Vocabulary, report_of,
};
use crate::channel::sync::{Fetch, Page, PageProblem, SyncKind, SyncSettings};
use crate::channel::woocommerce::{outbound, status, sync};
use crate::order::OrderStatus;
use crate::value::ChannelId;

/// WooCommerce: REST v3 in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WooCommerce;

/// What orders come wrapped in.
const ENVELOPES: &[&str] = &["order", "orders"];

impl Channel for WooCommerce {
    fn kind(&self) -> &'static str {
        "woocommerce"
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
        crate::channel::signature::woocommerce(delivery, keys)
    }
}

impl WooCommerce {
    /// Adds what the answer of `orders/{id}/refunds` says about lines to the report of the order;
    /// the order itself names amounts only.
    ///
    /// # Errors
    /// When the answer is no refund and no list of refunds.
    pub fn add_refunds(self, report: &mut StatusReport, bytes: &[u8]) -> Result<(), ChannelError> {
        status::add_refunds(report, bytes)
    }
}
