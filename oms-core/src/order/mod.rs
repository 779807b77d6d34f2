//! Orders: one aggregate, so that every quantity and money rule is checked in one place.
//!
//! A draft becomes an order by [`decide_place`]. From then on [`decide()`] turns a command into
//! events or into a typed refusal, and [`evolve()`] applies events. Both are pure: ids and time are
//! arguments, and the state is the fold of the events and of nothing else. What may happen in which
//! state is said once, in [`ORDER_EDGES`] and [`FULFILLMENT_EDGES`]; [`allowed_commands`] and the
//! diagrams are drawn from the same tables. What an event means for stock is told by
//! [`claim_changes`].
//!
//! ```
//! use oms_core::order::{
//!     LineSku, OrderCommand, OrderDraft, OrderState, Place, Source, SourceKind, Workflow, decide,
//!     decide_place, evolve, fold,
//! };
//! use oms_core::value::{
//!     ChannelId, Currency, OrderId, OrderNumber, Reason, Sku, Timestamp,
//! };
//!
//! let source = Source { kind: SourceKind::Manual, channel: ChannelId::parse("desk")? };
//! let mut draft = OrderDraft::new(source, Currency::parse("EUR")?);
//! draft.push_line("TEA-01", 2, "4.50")?;
//!
//! let now = Timestamp::parse_rfc3339("2026-03-01T09:00:00Z")?;
//! let place = Place {
//!     id: OrderId::parse("0197f3a0-0000-7000-8000-000000000001")?,
//!     number: OrderNumber::new(1001)?,
//!     draft: &draft,
//!     skus: &[LineSku::Known(Sku::parse("TEA-01")?)],
//!     ship_to: None,
//!     bill_to: None,
//!     payload: None,
//!     slot: None,
//!     tentative: false,
//! };
//! let placed = decide_place(&place, now)?;
//! let mut order = fold([&placed]).ok_or("a stream begins with placed")?;
//!
//! let cancel = OrderCommand::Cancel { reason: Reason::parse("buyer asked")? };
//! for event in decide(&order, &cancel, &Workflow::default(), now)? {
//!     evolve(&mut order, &event);
//! }
//! assert_eq!(order.head.state, OrderState::Cancelled);
//! assert_eq!(decide(&order, &cancel, &Workflow::default(), now)?, []);
//!
//! let refused = decide(&order, &OrderCommand::Approve, &Workflow::default(), now);
//! assert_eq!(refused.map_err(|refusal| refusal.code()), Err("illegal_command"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allowed;
mod amounts;
mod bucket;
mod charges;
mod claims;
mod command;
mod compact;
mod decide;
mod diagram;
mod draft;
mod edges;
mod edit;
mod event;
mod evolve;
mod fulfillment;
mod head;
mod kind;
mod line;
mod owed;
mod payment;
mod place;
mod policy;
mod rejection;
mod slot;
mod source;
mod status;
mod tally;
mod taxes;
mod totals;
mod worth;

pub use allowed::{AllowedCommand, allowed_commands};
pub use claims::{ClaimChange, claim_changes};
pub use command::{CancelLine, EditLine, LineQuantity, OrderCommand, PaymentEntry, ShipParcel};
pub use decide::decide;
pub use diagram::{Machine, dot, mermaid};
pub use draft::{Contacts, DraftLine, OrderDraft, RawPayload};
pub use edges::{
    FULFILLMENT_EDGES, FulfillmentEdge, ORDER_EDGES, OrderEdge, fulfillment_edge, order_edge,
};
pub use edit::{EditPreview, preview_edit};
pub use event::{
    Assignment, ChargesChange, Cut, FulfillmentCut, FulfillmentLines, LineChange, OrderEvent, Part,
    Placed,
};
pub use evolve::{evolve, evolve_at, fold, fold_at};
pub use fulfillment::{Claim, Fulfillment, FulfillmentLine, FulfillmentStatus, Shipment, Tracking};
pub use head::{Cancellation, Head, Hold, HoldReason, NoteEntry, Order};
pub use kind::CommandKind;
pub use line::{Line, LineQuantities, LineSku};
pub use owed::GiveBack;
pub use payment::{Payment, PaymentKind, PaymentMethod, PaymentReference, PaymentState};
pub use place::{Place, decide_place};
pub use policy::{ApprovalMode, Condition, Guard, Stage, Workflow};
pub use rejection::OrderRejection;
pub use slot::BookedSlot;
pub use source::{ExternalReference, Source, SourceKind};
pub use status::{OrderState, OrderStatus, status};
pub use totals::{Charge, ChargeKind, TaxMode, Totals};
use totals::{LineAmounts, TotalsInput, totals};
pub use worth::LineWorth;

#[cfg(test)]
mod tests;
