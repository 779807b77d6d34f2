//! eBay as a channel.

use crate::channel::contract::Channel;
use crate::channel::ebay::{outbound, status, sync};
use crate::channel::error::ChannelError;
use crate::channel::own::{methods_of, signed_as};
use crate::channel::status::StatusReport;

/// eBay: Sell Fulfillment v1, and the older Post-Order API to cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ebay;

/// What orders come wrapped in.
const ENVELOPES: &[&str] = &["orders", "order"];

impl Channel for Ebay {
    methods_of!("ebay");

    signed_as!(ebay);
}

impl Ebay {
    /// Adds what the answer of `order/{id}/shipping_fulfillment` says to the report of the order:
    /// how many units of each line left. The order itself calls a line fulfilled as soon as one
    /// unit of it left.
    ///
    /// # Errors
    /// When the answer is no JSON object.
    pub fn add_shipments(
        self,
        report: &mut StatusReport,
        bytes: &[u8],
    ) -> Result<(), ChannelError> {
        status::add_shipments(report, bytes)
    }
}
