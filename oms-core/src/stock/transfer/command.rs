//! What is asked of a transfer, what happened to it, and why it refuses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TransferState;
use crate::value::{HubId, Reason, Sku, Timestamp, TransferId, Units};

/// What can be asked of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum TransferCommand {
    /// Ask for one.
    Request {
        /// Where the goods are taken.
        from: HubId,
        /// Where they go.
        to: HubId,
        /// Units by SKU, at least one of each.
        lines: BTreeMap<Sku, Units>,
    },
    /// The goods leave; refused where that would take reserved ones.
    Ship {
        /// Units that leave, of SKUs of which more or fewer do than were asked for.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        sent: BTreeMap<Sku, Units>,
    },
    /// Some of the goods arrive, in one delivery of several. The transfer is received when nothing
    /// is under way any more, and stays so when some turn up later.
    ReceivePart {
        /// Units that this delivery brought, damaged ones among them.
        arrived: BTreeMap<Sku, Units>,
        /// Of those, the ones that cannot be sold.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        damaged: BTreeMap<Sku, Units>,
    },
    /// The goods arrive, or the last of them.
    Receive {
        /// Units that arrived in all, with earlier deliveries, of SKUs of which more or fewer came
        /// than were sent.
        counted: BTreeMap<Sku, Units>,
    },
    /// Nothing more is awaited: what is still under way is lost.
    Close {
        /// The mandatory reason.
        reason: Reason,
    },
    /// Call it off; too late once the goods have left.
    Cancel {
        /// The mandatory reason.
        reason: Reason,
    },
}

/// What happened to a transfer. Its state is the fold of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum TransferEvent {
    /// It was asked for.
    Requested {
        /// Its id.
        transfer: TransferId,
        /// Where the goods are taken.
        from: HubId,
        /// Where they go.
        to: HubId,
        /// Units by SKU.
        lines: BTreeMap<Sku, Units>,
        /// When.
        at: Timestamp,
    },
    /// The goods left.
    Shipped {
        /// Units that left, where they are not those that were asked for.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        sent: BTreeMap<Sku, Units>,
        /// When.
        at: Timestamp,
    },
    /// Some of the goods arrived, or the last of them: the transfer is received where nothing is
    /// under way any more, and no other event says so. Also goods that turned up after the end.
    PartReceived {
        /// Units that this delivery brought, damaged ones among them.
        arrived: BTreeMap<Sku, Units>,
        /// Of those, the ones that cannot be sold.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        damaged: BTreeMap<Sku, Units>,
        /// When.
        at: Timestamp,
    },
    /// The goods arrived, or the last of them.
    Received {
        /// Units that arrived in all, where they are not those that were sent.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        counted: BTreeMap<Sku, Units>,
        /// When.
        at: Timestamp,
    },
    /// It was closed: what was still under way was lost.
    Closed {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// It was called off.
    Cancelled {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
}

/// Why a transfer refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum TransferRejection {
    /// There is one with that id, and it is another one, or it is over.
    #[error("another transfer has that id")]
    Exists,
    /// The goods would stay where they are.
    #[error("to: the goods are at {hub} already")]
    SameHub {
        /// The hub that is named twice.
        hub: HubId,
    },
    /// No lines, or too many.
    #[error("lines: {found} items, 1 to {max} are allowed")]
    LineCount {
        /// Lines given.
        found: usize,
        /// Most lines.
        max: usize,
    },
    /// A line of nothing.
    #[error("lines.{sku}: no units")]
    NoUnits {
        /// Of this SKU.
        sku: Sku,
    },
    /// Goods are said to leave that were not asked for.
    #[error("sent: {sku} was not asked for")]
    NotAsked {
        /// The SKU.
        sku: Sku,
    },
    /// None of the goods are said to leave.
    #[error("sent: no units")]
    NothingSent,
    /// Goods are said to have arrived that were not sent.
    #[error("{sku} was not sent")]
    NotSent {
        /// The SKU.
        sku: Sku,
    },
    /// A delivery of nothing.
    #[error("arrived: no units")]
    NothingArrived,
    /// More units are said to be damaged than the delivery brought.
    #[error("damaged.{sku}: {damaged} units, {arrived} arrived")]
    NotArrived {
        /// The SKU.
        sku: Sku,
        /// Units said to be damaged.
        damaged: Units,
        /// Units that the delivery brought.
        arrived: Units,
    },
    /// Fewer units are said to have arrived in all than earlier deliveries brought.
    #[error("counted.{sku}: {counted} units in all, {arrived} arrived already")]
    ArrivedAlready {
        /// The SKU.
        sku: Sku,
        /// Units said to have arrived in all.
        counted: Units,
        /// Units that arrived before.
        arrived: Units,
    },
    /// More units of a SKU arrived in all than can be counted.
    #[error("arrived.{sku}: too many units")]
    TooMany {
        /// The SKU.
        sku: Sku,
    },
    /// The transfer is in a state in which this cannot be asked.
    #[error("cannot {command} a transfer that is {state}")]
    Illegal {
        /// What was asked.
        command: String,
        /// How far it is.
        state: TransferState,
    },
}

impl TransferRejection {
    /// The stable code, as told on the page about errors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists => "transfer_exists",
            Self::SameHub { .. } => "transfer_same_hub",
            Self::LineCount { .. } => "transfer_line_count",
            Self::NoUnits { .. } => "transfer_no_units",
            Self::NotAsked { .. } => "transfer_not_asked",
            Self::NothingSent => "transfer_nothing_sent",
            Self::NotSent { .. } => "transfer_not_sent",
            Self::NothingArrived => "transfer_nothing_arrived",
            Self::NotArrived { .. } => "transfer_not_arrived",
            Self::ArrivedAlready { .. } => "transfer_arrived_already",
            Self::TooMany { .. } => "transfer_too_many",
            Self::Illegal { .. } => "transfer_illegal",
        }
    }
}

impl TransferCommand {
    /// The command's name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request_transfer",
            Self::Ship { .. } => "ship_transfer",
            Self::ReceivePart { .. } => "receive_transfer_part",
            Self::Receive { .. } => "receive_transfer",
            Self::Close { .. } => "close_transfer",
            Self::Cancel { .. } => "cancel_transfer",
        }
    }
}

impl TransferEvent {
    /// The version of the body's schema that this release writes.
    pub const SCHEMA: u16 = 1;

    /// The name in the envelope.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "transfer.requested",
            Self::Shipped { .. } => "transfer.shipped",
            Self::PartReceived { .. } => "transfer.part_received",
            Self::Received { .. } => "transfer.received",
            Self::Closed { .. } => "transfer.closed",
            Self::Cancelled { .. } => "transfer.cancelled",
        }
    }
}
