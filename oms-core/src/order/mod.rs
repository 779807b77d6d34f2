//! Orders: one aggregate, so that every quantity and money rule is checked in one place.

mod allowed;
mod amounts;
mod bucket;
mod claims;
mod command;
mod decide;
mod diagram;
mod draft;
mod edges;
mod edit;
mod event;
mod evolve;
mod fulfillment;
mod head;
mod line;
mod payment;
mod place;
mod policy;
mod rejection;
mod source;
mod status;
mod tally;
mod totals;

pub use allowed::{AllowedCommand, allowed_commands};
pub use claims::{ClaimChange, claim_changes};
pub use command::{
    CancelLine, CommandKind, EditLine, LineQuantity, OrderCommand, PaymentEntry, ShipParcel,
};
pub use decide::decide;
pub use diagram::{Machine, dot, mermaid};
pub use draft::{Contacts, DraftLine, OrderDraft, RawPayload};
pub use edges::{
    FULFILLMENT_EDGES, FulfillmentEdge, ORDER_EDGES, OrderEdge, fulfillment_edge, order_edge,
};
pub use edit::{EditPreview, preview_edit};
pub use event::{Assignment, Cut, FulfillmentCut, LineChange, OrderEvent, Part, Placed};
pub use evolve::{evolve, fold};
pub use fulfillment::{Claim, Fulfillment, FulfillmentLine, FulfillmentStatus, Shipment, Tracking};
pub use head::{Cancellation, Head, Hold, HoldReason, NoteEntry, Order};
pub use line::{Line, LineQuantities, LineSku};
pub use payment::{Payment, PaymentMethod, PaymentReference, PaymentState};
pub use place::{Place, decide_place};
pub use policy::{ApprovalMode, Condition, Guard, Stage, Workflow};
pub use rejection::OrderRejection;
pub use source::{ExternalReference, Source, SourceKind};
pub use status::{OrderState, OrderStatus, status};
pub use totals::{Charge, ChargeKind, TaxMode, Totals};
use totals::{LineAmounts, TotalsInput, totals};

#[cfg(test)]
mod tests;
