//! Events of a stock row: how it is kept. Physical changes are movements, not events.

use serde::{Deserialize, Serialize};

use crate::value::{Reason, Units};

/// The version of the schema of [`StockEvent`] bodies that this release writes.
pub const STOCK_EVENT_SCHEMA: u16 = 1;

/// Safety or incoming stock was set, as the event's name says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockEvent {
    /// Units as they were when the command was planned.
    pub old: Units,
    /// Units as they are.
    pub new: Units,
    /// Why.
    pub reason: Reason,
}

impl StockEvent {
    /// The name of the event when safety stock was set.
    pub const SAFETY_SET: &'static str = "stock.safety_set";
    /// The name of the event when incoming stock was set.
    pub const INCOMING_SET: &'static str = "stock.incoming_set";
}
