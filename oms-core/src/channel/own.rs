//! A channel reads its own orders only.

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::format::{detect, read_orders};
use crate::channel::incoming::Incoming;
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
