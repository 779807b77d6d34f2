//! Amazon as a channel.

use crate::channel::amazon::{feed, outbound, status, sync};
use crate::channel::contract::Channel;
use crate::channel::error::ChannelError;
use crate::channel::incoming::Incoming;
use crate::channel::outbound::{
    Answer, CannotExpress, OrderFacts, Outgoing, Reads, Request, Response, Update,
};
use crate::channel::own::{read_own, settle, tell};
use crate::channel::status::{
    Inbound, Says, StatusPolicy, StatusReport, View, Vocabulary, report_of,
};
use crate::channel::sync::{Fetch, Page, PageProblem, SyncKind, SyncSettings};
use crate::order::OrderStatus;
use crate::value::ChannelId;

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
    fn kind(&self) -> &'static str {
        "amazon"
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

    fn answer(&self, request: &Request, response: &Response) -> Answer {
        match &request.reads {
            Reads::Feed(step) => feed::answer(step, response),
            Reads::Nothing
            | Reads::Id { .. }
            | Reads::Location
            | Reads::Accepted { .. }
            | Reads::Batch
            | Reads::Facts
            | Reads::Page => Answer::read(request, response),
        }
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
}
