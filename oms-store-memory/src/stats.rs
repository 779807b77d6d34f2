//! How much a store holds.

use crate::tenant::Tenant;

/// How much a store holds of one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Documents of every kind.
    pub documents: usize,
    /// Unique names.
    pub names: usize,
    /// Stock rows.
    pub stock_rows: usize,
    /// Reservations, live or not.
    pub reservations: usize,
    /// Movements.
    pub movements: usize,
    /// Event streams.
    pub streams: usize,
    /// Events of all streams.
    pub events: usize,
    /// Jobs that wait.
    pub jobs: usize,
    /// Commands whose keys are remembered.
    pub commands: usize,
    /// Bytes of document bodies.
    pub document_bytes: usize,
    /// Bytes of event bodies.
    pub event_bytes: usize,
    /// Bytes of receipts.
    pub receipt_bytes: usize,
}

impl Stats {
    /// Bytes of all bodies; keys, indexes and what the allocator adds come on top.
    #[must_use]
    pub const fn body_bytes(&self) -> usize {
        self.document_bytes
            .saturating_add(self.event_bytes)
            .saturating_add(self.receipt_bytes)
    }
}

impl Tenant {
    pub(crate) fn stats(&self) -> Stats {
        let events = || self.streams.iter().flat_map(|(_, events)| events);
        Stats {
            documents: self.documents.iter().count(),
            names: self.unique.len(),
            stock_rows: self.rows.len(),
            reservations: self.claims.len(),
            movements: self.movements.len(),
            streams: self.streams.iter().count(),
            events: events().count(),
            jobs: self.jobs.len(),
            commands: self.commands.len(),
            document_bytes: self
                .documents
                .iter()
                .map(|(_, document)| document.json.len())
                .sum(),
            event_bytes: events().map(|event| event.body.len()).sum(),
            receipt_bytes: self
                .commands
                .values()
                .map(|record| record.receipt.len())
                .sum(),
        }
    }
}
