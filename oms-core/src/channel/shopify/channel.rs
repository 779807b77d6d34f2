//! Shopify as a channel.

use crate::channel::contract::Channel;
use crate::channel::error::ChannelError;
use crate::channel::outbound::{OrderFacts, Response};
use crate::channel::own::{methods_of, signed_as};
use crate::channel::shopify::{outbound, status, sync};

/// Shopify: Admin REST in both directions; GraphQL orders and status words are read as well.
/// [`ShopifyGraphql`](crate::channel::ShopifyGraphql) is told by Admin GraphQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shopify;

/// What orders come wrapped in.
pub(super) const ENVELOPES: &[&str] = &["order", "orders", "data", "nodes", "edges", "node"];

impl Channel for Shopify {
    methods_of!("shopify");

    fn learn(&self, facts: &mut OrderFacts, response: &Response) -> Result<(), ChannelError> {
        outbound::learn(facts, &response.body)
    }

    signed_as!(shopify);
}
