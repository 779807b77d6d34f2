//! What the channels of this library do in the same way: each reads its own orders only, and hands
//! what its tables and requests say to the same types.

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::format::{detect, read_orders};
use crate::channel::incoming::Incoming;
use crate::channel::outbound::{CannotCause, CannotExpress, OrderFacts, Outgoing, Update};
use crate::channel::status::{Inbound, PersonCause, Settle, StatusPolicy, StatusReport, View};
use crate::value::ChannelId;

/// The methods of [`Channel`](crate::channel::Channel) that are the same words for every channel of
/// this library, by its kind, its `ENVELOPES` and its modules `outbound`, `status` and `sync`.
///
/// `reads` names the kind whose payloads it reads, where two kinds share them.
macro_rules! methods_of {
    ($kind:literal) => {
        crate::channel::own::methods_of!($kind, reads $kind);
    };
    ($kind:literal, reads $read:literal) => {
        fn kind(&self) -> &'static str {
            $kind
        }

        fn read_orders(
            &self,
            bytes: &[u8],
            channel: &crate::value::ChannelId,
        ) -> Result<
            Vec<Result<crate::channel::Incoming, crate::channel::ChannelError>>,
            crate::channel::ChannelError,
        > {
            crate::channel::own::read_own($read, bytes, channel)
        }

        fn vocabulary(&self) -> &'static [crate::channel::Vocabulary] {
            status::VOCABULARY
        }

        fn read_statuses(
            &self,
            bytes: &[u8],
        ) -> Result<
            Vec<Result<crate::channel::StatusReport, crate::channel::ChannelError>>,
            crate::channel::ChannelError,
        > {
            crate::channel::status::report_of(bytes, ENVELOPES, status::report)
        }

        fn inbound(
            &self,
            report: &crate::channel::StatusReport,
            view: &crate::channel::View,
            policy: &crate::channel::StatusPolicy,
        ) -> crate::channel::Inbound {
            crate::channel::own::settle(report, view, policy, status::inbound)
        }

        fn says(&self, status: crate::order::OrderStatus) -> crate::channel::Says {
            status::says(status)
        }

        fn outgoing(
            &self,
            facts: &crate::channel::OrderFacts,
            update: &crate::channel::Update,
        ) -> Result<crate::channel::Outgoing, crate::channel::CannotExpress> {
            crate::channel::own::tell($kind, facts, update, outbound::outgoing)
        }

        fn sync_settings(
            &self,
            kind: crate::channel::SyncKind,
        ) -> Option<crate::channel::SyncSettings> {
            sync::settings(kind)
        }

        fn fetch(&self, fetch: &crate::channel::Fetch) -> Option<crate::channel::Request> {
            sync::fetch(fetch)
        }

        fn page(
            &self,
            fetch: &crate::channel::Fetch,
            response: &crate::channel::Response,
        ) -> Result<crate::channel::SyncPage, crate::channel::PageProblem> {
            sync::page(fetch, response)
        }
    };
}

/// The method that verifies deliveries, by the function of `signature` that does it.
macro_rules! signed_as {
    ($scheme:ident) => {
        #[cfg(feature = "signatures")]
        fn verify(
            &self,
            delivery: &crate::channel::signature::Delivery<'_>,
            keys: &crate::channel::signature::WebhookKeys,
        ) -> Result<(), crate::channel::signature::SignatureError> {
            crate::channel::signature::$scheme(delivery, keys)
        }
    };
}

pub(super) use {methods_of, signed_as};

/// Reads the orders of one kind of channel; those of another one are refused.
///
/// The formats of a channel begin with its kind: `amazon_v0` is one of `amazon`.
pub(super) fn read_own(
    kind: &'static str,
    bytes: &[u8],
    channel: &ChannelId,
) -> Result<Vec<Result<Incoming, ChannelError>>, ChannelError> {
    let format = detect(bytes).map(|format| format.as_str());
    match format {
        Some(other) if other.split('_').next() != Some(kind) => {
            let expected = format!("an order of {kind}");
            let problem = ChannelErrorKind::UnknownFormat;
            Err(ChannelError::new(problem, "", other, expected))
        }
        Some(_) | None => read_orders(bytes, channel),
    }
}

/// What a channel's table says of a report. What the table leaves open asks a person.
pub(super) fn settle(
    report: &StatusReport,
    view: &View,
    policy: &StatusPolicy,
    table: fn(&Settle<'_>) -> Result<Inbound, PersonCause>,
) -> Inbound {
    let settle = Settle {
        report,
        view,
        policy,
    };
    table(&settle).unwrap_or_else(Inbound::from)
}

/// The requests of a kind of channel, or who cannot be told what.
pub(super) fn tell(
    kind: &'static str,
    facts: &OrderFacts,
    update: &Update,
    requests: fn(&OrderFacts, &Update) -> Result<Outgoing, CannotCause>,
) -> Result<Outgoing, CannotExpress> {
    let mut outgoing = requests(facts, update).map_err(|cause| CannotExpress {
        channel: kind,
        update: update.kind(),
        cause,
    })?;
    for request in &mut outgoing.requests {
        request.update = Some(update.kind());
    }
    Ok(outgoing)
}
