//! Orders: one aggregate, so that every quantity and money rule is checked in one place.

mod command;
mod draft;
mod event;
mod fulfillment;
mod head;
mod line;
mod payment;
mod policy;
mod rejection;
mod source;
mod status;
mod totals;

pub use command::{
    CancelLine, CommandKind, EditLine, LineQuantity, OrderCommand, PaymentEntry, ShipParcel,
};
pub use draft::{Contacts, DraftLine, OrderDraft, RawPayload};
pub use event::{Assignment, Cut, FulfillmentCut, LineChange, OrderEvent, Part, Placed};
pub use fulfillment::{Claim, Fulfillment, FulfillmentLine, FulfillmentStatus, Shipment, Tracking};
pub use head::{Cancellation, Head, Hold, HoldReason, NoteEntry, Order};
pub use line::{Line, LineQuantities, LineSku};
pub use payment::{Payment, PaymentMethod, PaymentState};
pub use policy::{ApprovalMode, Condition, Guard, Stage, Workflow};
pub use rejection::OrderRejection;
pub use source::{ExternalReference, Source, SourceKind};
pub use status::{OrderState, OrderStatus, status};
pub use totals::{Charge, ChargeKind, TaxMode, Totals};
