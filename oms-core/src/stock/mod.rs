//! Stock of a SKU at a hub: on hand, reserved, incoming, safety, and the ledger of movements.

mod change;
mod command;
mod event;
mod level;
mod movement;
mod transfer;

pub use change::{StockDelta, StockRefusal};
pub use command::{StockCommand, StockEffect, StockRejection, decide};
pub use event::{STOCK_EVENT_SCHEMA, StockEvent};
pub use level::{LowStock, StockKey, StockLevel};
pub use movement::{Movement, MovementDraft, MovementKind};
pub use transfer::{Transfer, TransferCommand, TransferEvent, TransferRejection, TransferState};
