//! Amazon as a channel.

use crate::channel::amazon::{feed, outbound, status, sync};
use crate::channel::contract::Channel;
use crate::channel::outbound::{Answer, Reads, Request, Response};
use crate::channel::own::methods_of;

/// Amazon: Selling Partner API, for orders the seller ships himself; others are only mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amazon;

/// What orders come wrapped in.
const ENVELOPES: &[&str] = &[
    "payload",
    "Payload",
    "Orders",
    "orders",
    "order",
    "OrderChangeNotification",
];

impl Channel for Amazon {
    methods_of!("amazon");

    fn answer(&self, request: &Request, response: &Response) -> Answer {
        match &request.reads {
            Reads::Feed(step) => feed::answer(step, request, response),
            Reads::Nothing
            | Reads::Id { .. }
            | Reads::Location
            | Reads::Accepted { .. }
            | Reads::Mutation { .. }
            | Reads::Batch
            | Reads::Facts
            | Reads::Page => Answer::read(request, response),
        }
    }
}
