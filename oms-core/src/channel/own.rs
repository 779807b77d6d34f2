//! What the channels of this library do in the same way: each reads its own orders only, and hands
//! what its tables and requests say to the same types.

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::format::{detect, read_orders};
use crate::channel::incoming::Incoming;
use crate::channel::outbound::{CannotCause, CannotExpress, OrderFacts, Outgoing, Update};
use crate::channel::status::{Inbound, PersonCause, Settle, StatusPolicy, StatusReport, View};
use crate::value::ChannelId;

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
    requests(facts, update).map_err(|cause| CannotExpress {
        channel: kind,
        update: update.kind(),
        cause,
    })
}
