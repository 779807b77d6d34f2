//! WooCommerce as a channel.

use crate::channel::contract::Channel;
use crate::channel::error::ChannelError;
use crate::channel::outbound::{Answer, Request, Response};
use crate::channel::own::{methods_of, signed_as};
use crate::channel::status::StatusReport;
use crate::channel::woocommerce::{outbound, status, sync};

/// WooCommerce: REST v3 in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WooCommerce;

/// What orders come wrapped in.
const ENVELOPES: &[&str] = &["order", "orders"];

impl Channel for WooCommerce {
    methods_of!("woocommerce");

    fn answer(&self, request: &Request, response: &Response) -> Answer {
        outbound::answer(request, response)
    }

    signed_as!(woocommerce);
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
