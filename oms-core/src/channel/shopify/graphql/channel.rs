//! Shopify as a channel of Admin GraphQL alone.

use crate::channel::contract::Channel;
use crate::channel::error::ChannelError;
use crate::channel::outbound::{OrderFacts, Response};
use crate::channel::own::{methods_of, signed_as};
use crate::channel::shopify::channel::ENVELOPES;
use crate::channel::shopify::graphql::{facts, outbound, sync};
use crate::channel::shopify::status;

/// Shopify, told and pulled by Admin GraphQL: what new public apps have to use.
///
/// It reads the same payloads and understands the same words as
/// [`Shopify`](crate::channel::Shopify) and differs in what it sends: register the one or the other
/// for a connection. Facts learned from either API serve both, and ids are taken as numbers or as
/// global ids.
///
/// Pulls need the scopes `read_orders` and `read_customers`, and `read_all_orders` for orders older
/// than 60 days. A page that complains of anything, such as a field that may not be read, is
/// refused as a whole with the reason, and asked again: an order without its buyer or its address
/// would be worse. The [page on channels](crate::docs::channels) says how big pages are, and what
/// becomes of orders with many lines.
///
/// Refunds, cancelled lines and stock want a [key](crate::channel::RefundUpdate::key), which
/// Shopify remembers for a day: a repeat within it is safe.
///
/// ```
/// use oms_core::channel::{Channel, OrderFacts, ShopifyGraphql, ItemStock, Update};
/// use oms_core::value::{ExternalId, IdempotencyKey, Units};
///
/// let levels = vec![ItemStock {
///     item: ExternalId::parse("808950810")?,
///     parent: None,
///     location: Some(ExternalId::parse("gid://shopify/Location/655441491")?),
///     available: Units::new(42)?,
/// }];
/// let key = Some(IdempotencyKey::parse("stock-7781")?);
/// let facts = OrderFacts::new(ExternalId::parse("1")?);
/// let outgoing = ShopifyGraphql.outgoing(&facts, &Update::Stock { levels, key })?;
/// // The host adds `https://{shop}/admin/api/2026-10/` and the token.
/// assert_eq!(outgoing.requests[0].path, "graphql.json");
/// assert_eq!(ShopifyGraphql::VERSION, "2026-10");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShopifyGraphql;

impl ShopifyGraphql {
    /// The version of the API that the requests are written for. The oldest that takes them is
    /// 2026-01.
    ///
    /// Versions come every quarter and live for a year:
    /// <https://shopify.dev/docs/api/usage/versioning>.
    pub const VERSION: &'static str = "2026-10";
}

impl Channel for ShopifyGraphql {
    methods_of!("shopify_graphql", reads "shopify");

    fn learn(&self, facts: &mut OrderFacts, response: &Response) -> Result<(), ChannelError> {
        facts::learn(facts, &response.body)
    }

    signed_as!(shopify);
}
