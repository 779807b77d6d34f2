//! The cases, a file per group.

pub(super) mod outbound;
pub(super) mod reading;
pub(super) mod status;
pub(super) mod sync;
pub(super) mod trust;

use super::{Broken, ChannelHarness, Kept, SampleOrder, check};
use crate::value::ChannelId;

/// The order of most cases, with the plainest ids of the channel.
fn sample(harness: &dyn ChannelHarness) -> SampleOrder {
    let orders = harness.order_ids();
    let lines = harness.line_ids();
    let order = orders.last().copied().unwrap_or("1");
    let pair = match lines.as_slice() {
        [.., first, second] => [*first, *second],
        [_] | [] => ["1", "2"],
    };
    SampleOrder::standard(order, pair)
}

fn own_id() -> Result<ChannelId, Broken> {
    read("web", ChannelId::parse("web"))
}

/// Takes a value that must be there for the case to go on.
#[track_caller]
fn read<T, E: std::fmt::Display>(what: &str, answer: Result<T, E>) -> Result<T, Broken> {
    answer.map_err(|problem| Broken {
        message: format!("{what}: {problem}"),
        at: Some(std::panic::Location::caller()),
    })
}
