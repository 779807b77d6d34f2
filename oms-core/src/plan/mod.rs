//! Plans: one file per use case. A plan reads a [`Snapshot`] and returns a [`ChangeSet`].

mod change_set;
mod document;
mod outcome;
mod snapshot;

pub use change_set::{
    ChangeSet, Fingerprint, Requirement, ReservationChange, StockSetting, UniqueClaim, UniqueKey,
};
pub use document::{
    Body, DocumentKey, DocumentKind, DocumentWrite, Expected, Index, OrderIndex, StoredDocument,
};
pub use outcome::{Outcome, Refusal};
pub use snapshot::{CommandRecord, Keys, Snapshot};
