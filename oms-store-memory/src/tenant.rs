//! Everything of one tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_core::event::Origin;
use oms_core::plan::{ChangeSet, CommandRecord, CounterKey, Outcome};
use oms_core::port::{MovementCursor, StoreError};
use oms_core::stock::MovementDraft;
use oms_core::value::{
    IdempotencyKey, LocalDate, MovementId, OrderNumber, SubscriberName, TenantId, Timestamp, Units,
    Version,
};

use crate::claims::Claims;
use crate::documents::Documents;
use crate::feed::Place;
use crate::hashed::HashMap;
use crate::index::Indexes;
use crate::jobs::Jobs;
use crate::names::Names;
use crate::rows::Rows;
use crate::streams::Streams;

/// Everything of one tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    /// How many change sets wrote to the catalogue.
    pub(crate) catalogue: Version,
    pub(crate) documents: Documents,
    pub(crate) indexes: Indexes,
    pub(crate) unique: Names,
    pub(crate) claims: Claims,
    pub(crate) rows: Rows,
    pub(crate) counters: BTreeMap<CounterKey, Units>,
    pub(crate) movements: BTreeMap<MovementCursor, (MovementDraft, Arc<Origin>)>,
    pub(crate) movement_ids: BTreeSet<MovementId>,
    pub(crate) streams: Streams,
    pub(crate) jobs: Jobs,
    /// Where the subscribers of its events are.
    pub(crate) subscribers: BTreeMap<SubscriberName, Place>,
    pub(crate) commands: HashMap<IdempotencyKey, CommandRecord>,
    /// Commands in the order in which they are forgotten.
    pub(crate) commands_by_time: BTreeSet<(Timestamp, IdempotencyKey)>,
    /// The order number to be taken next; `None` when all are taken.
    next_number: Option<OrderNumber>,
}

impl Tenant {
    pub(crate) fn new(id: TenantId) -> Self {
        Self {
            id,
            catalogue: Version::ZERO,
            documents: Documents::default(),
            indexes: Indexes::default(),
            unique: Names::default(),
            claims: Claims::default(),
            rows: Rows::default(),
            counters: BTreeMap::new(),
            movements: BTreeMap::new(),
            movement_ids: BTreeSet::new(),
            streams: Streams::default(),
            jobs: Jobs::default(),
            subscribers: BTreeMap::new(),
            commands: HashMap::default(),
            commands_by_time: BTreeSet::new(),
            next_number: Some(OrderNumber::FIRST),
        }
    }

    /// Commits one change set: checks everything, then writes everything.
    pub(crate) fn commit(&mut self, set: &ChangeSet, now: Timestamp) -> Outcome {
        match self.check(set, now) {
            Ok(effects) => {
                self.apply(set, effects, now);
                Outcome::Committed { at: now }
            }
            Err(outcome) => outcome,
        }
    }

    /// Takes a block of order numbers and answers the first.
    pub(crate) fn take_numbers(&mut self, count: u32) -> Result<OrderNumber, StoreError> {
        let invalid = |detail: &str| StoreError::InvalidCall {
            detail: detail.to_owned(),
        };
        let more = count
            .checked_sub(1)
            .ok_or_else(|| invalid("a block of no order numbers"))?;
        let all_taken = || invalid("fewer order numbers are left");
        let first = self.next_number.ok_or_else(all_taken)?;
        let last = first.get().checked_add(u64::from(more));
        let last = last
            .and_then(|last| OrderNumber::new(last).ok())
            .ok_or_else(all_taken)?;
        self.next_number = last.next();
        Ok(first)
    }

    /// Skips order numbers.
    #[cfg(test)]
    pub(crate) fn start_numbers_at(&mut self, number: OrderNumber) {
        self.next_number = Some(number);
    }

    /// Forgets commands committed before a time, oldest first, and answers how many.
    pub(crate) fn forget_commands(&mut self, before: Timestamp, limit: usize) -> usize {
        let mut forgotten = 0;
        while forgotten < limit
            && let Some((at, _)) = self.commands_by_time.first()
            && *at < before
            && let Some((_, key)) = self.commands_by_time.pop_first()
        {
            self.commands.remove(&key);
            forgotten += 1;
        }
        forgotten
    }

    /// Forgets counters of days before one, and answers how many.
    pub(crate) fn forget_counters(&mut self, before: LocalDate, limit: usize) -> usize {
        let old = |key: &CounterKey| key.day().is_some_and(|day| day < before);
        let gone = self.counters.extract_if(.., |key, _| old(key));
        gone.take(limit).count()
    }
}
