//! Plans: one file per use case. A plan reads a [`Snapshot`] and returns a [`ChangeSet`].

mod again;
mod allocate;
mod assign;
mod canonical;
mod change_set;
mod codec;
mod command;
mod contacts;
mod context;
mod counter;
mod destination;
mod document;
mod erase;
mod expire;
mod heard;
mod intake;
mod order;
mod outcome;
mod overlay;
mod paid;
mod part;
mod payload;
mod place;
mod receipt;
mod registry;
mod rejection;
mod reserve;
mod row;
mod slot;
mod snapshot;
mod sound;
mod stock;
mod taken;
mod transfer;
mod ttl;
mod use_case;
mod window;
mod write;

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
pub(crate) use part::Parts;
pub use payload::PayloadDocument;
pub use receipt::{OrderReceipt, Receipt};
pub(crate) use registry::{HUB_EVENTS, SKU_EVENTS};
pub use registry::{REGISTRY_EVENT_SCHEMA, RegistryEvent};
pub use rejection::{Rejection, Shortage, UnknownLineSku};
pub use snapshot::{CommandRecord, Keys, Snapshot};
pub use taken::{counter_taken, counters_kept_from};
pub use use_case::{fingerprint, keys, plan};
