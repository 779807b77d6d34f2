//! Plans: what each use case makes of a [`Snapshot`], without asking or changing anything. A plan
//! reads a snapshot and returns a [`ChangeSet`], a refusal, or what else it has to know.

// The language of plans and stores.

mod canonical; // A value as bytes, for fingerprints.
mod change_set; // A write as a value.
mod change_set_check; // Whether a change set agrees with itself.
mod codec; // Values as stored JSON, and back.
mod command; // What can be asked.
mod context; // What a plan is given, and what it answers.
mod counter; // Guarded counters and their changes.
mod document; // Versioned values with index columns.
mod outcome; // What became of a change set.
mod payload; // What a source sent, as an erasable document.
mod receipt; // What a committed command answers.
mod rejection; // Why a command was refused.
mod snapshot; // The keys a plan names, and what the store said to them.
mod snapshot_parts; // One snapshot for several plans, dealt out.
mod snapshot_read; // Typed values out of a snapshot.

// Use cases, from the command to its plan.

mod assign; // Claiming stock for a stored order, and moving work to another hub.
mod contacts; // Other addresses for an order.
mod erase; // Tombstones where personal data was.
mod expire; // Ending due claims.
mod heard; // What a channel says of who receives an order and who pays.
mod intake; // Keeping an order as it came, to be placed by a job.
mod order; // Commands on a stored order.
mod place; // Placing an order.
mod registry; // Hubs, SKUs, channels, customers and settings.
mod reserve; // Claims of carts and of the host's own things.
mod slot; // Storing delivery slots, and booking one.
mod stock; // Physical stock.
mod transfer; // Transfers between hubs.
mod use_case; // Which plan answers which command, and what it has to know.

// Steps that several use cases share.

mod again; // Claiming again after an edit.
mod allocate; // Which hubs get open units.
mod destination; // Where an order goes.
mod once_rows; // Rows that are written once, beside an order.
mod paid; // What becomes of a tentative order that is paid.
mod taken; // What stored orders take up of counters.
mod ttl; // When a tentative claim ends.
mod window; // One row of a line at a hub ends at one time.
mod write; // From an order before and after to what is written.

pub use change_set::{
    ChangeSet, Fingerprint, Requirement, ReservationChange, StockSetting, UniqueClaim, UniqueKey,
};
pub use codec::{DecodeError, Stored, decode, decode_event, decode_json, encode};
pub use command::{Command, OnProblem, PlaceOrder, ReserveLine, ReserveMode, ReserveStock};
pub use context::{Context, Planned};
pub use counter::{CounterChange, CounterKey, CounterRefusal};
pub use document::{
    Body, DocumentKey, DocumentKind, DocumentWrite, Expected, Index, OrderIndex, StoredDocument,
    Switchable,
};
pub(crate) use erase::goes_with as goes_with_order;
pub use heard::{CHANNEL_BILL_TO, CHANNEL_SHIP_TO};
pub(crate) use heard::{heard_by, says_anew as says_contacts_anew, to_know as contacts_to_know};
pub use intake::{INTAKE_KIND, INTAKE_QUEUE, Intake};
pub(crate) use intake::{job as intake_job, row as intake_row};
pub use outcome::{Outcome, Refusal};
pub use payload::PayloadDocument;
pub use receipt::{OrderReceipt, Receipt};
pub(crate) use registry::{HUB_EVENTS, SKU_EVENTS};
pub use registry::{REGISTRY_EVENT_SCHEMA, RegistryEvent};
pub use rejection::{Rejection, Shortage, UnknownLineSku};
pub use snapshot::{CommandRecord, Keys, Snapshot};
pub(crate) use snapshot_parts::Parts;
pub use taken::{counter_taken, counters_kept_from};
pub use use_case::{fingerprint, keys, plan};
