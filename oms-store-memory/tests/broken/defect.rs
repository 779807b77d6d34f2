//! A defect: what a store does instead of what it promised, one closure per method of the port.

use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{ChangeSet, DocumentKey, Keys, Outcome, Refusal, Snapshot, StoredDocument};
use oms_core::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, TenantBatch, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, StockKey, StockLevel};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};

use crate::sound::{Answer, Sound};

macro_rules! defect {
    ($(
        $method:ident($($arg:ident: $type:ty),*) -> $answer:ty;
    )*) => {
        /// What a store does: everything as a sound one, but for what a constructor replaces.
        pub(crate) struct Defect {$(
            pub(crate) $method: Box<dyn Fn(&Sound, $($type),*) -> Answer<$answer> + Send + Sync>,
        )*}

        impl Defect {
            /// No defect.
            pub(crate) fn none() -> Self {
                Self {$(
                    $method: Box::new(|sound: &Sound, $($arg: $type),*| sound.$method($($arg),*)),
                )*}
            }

            $(
                /// Replaces the method.
                pub(crate) fn $method(
                    $method: impl Fn(&Sound, $($type),*) -> Answer<$answer> + Send + Sync + 'static,
                ) -> Self {
                    Self { $method: Box::new($method), ..Self::none() }
                }
            )*
        }
    };
}

defect! {
    prefetch(tenant: &TenantId, keys: &Keys) -> Snapshot;
    commit(tenant: &TenantId, items: &[ChangeSet]) -> Vec<Outcome>;
    commit_each(batches: &[TenantBatch]) -> Vec<Answer<Vec<Outcome>>>;
    take_numbers(tenant: &TenantId, count: u32) -> OrderNumber;
    orders(tenant: &TenantId, filter: &OrderFilter, after: Option<OrderCursor>, limit: usize)
        -> Page<StoredDocument, OrderCursor>;
    documents(
        tenant: &TenantId, filter: &DocumentFilter, after: Option<&DocumentKey>, limit: usize
    ) -> Page<StoredDocument, DocumentKey>;
    personal(
        tenant: &TenantId, customer: CustomerId, after: Option<&DocumentKey>, limit: usize
    ) -> Vec<DocumentKey>;
    history(tenant: &TenantId, stream: &StreamId, after: Version, limit: usize)
        -> Vec<EventRecord>;
    stock(tenant: &TenantId, filter: &StockFilter, after: Option<&StockKey>, limit: usize)
        -> Page<(StockKey, StockLevel), StockKey>;
    movements(
        tenant: &TenantId, filter: &MovementFilter, after: Option<MovementCursor>, limit: usize
    ) -> Page<Movement, MovementCursor>;
    reservations(
        tenant: &TenantId, filter: &ReservationFilter, after: Option<&ReservationKey>, limit: usize
    ) -> Page<(ReservationKey, Reservation), ReservationKey>;
    jobs(tenant: &TenantId, after: Option<JobId>, limit: usize) -> Page<JobDraft, JobId>;
    tenants(after: Option<&TenantId>, limit: usize) -> Page<TenantId, TenantId>;
    forget_commands(tenant: &TenantId, before: Timestamp, limit: usize) -> usize;
    forget_counters(tenant: &TenantId, before: LocalDate, limit: usize) -> usize;
    audit(tenant: &TenantId) -> Vec<Violation>;
}

/// An item of a batch that was committed before, and what became of it.
pub(crate) type Earlier = (ChangeSet, Outcome);

/// Defects of commits.
impl Defect {
    /// Changes every change set before it is committed.
    pub(crate) fn item(
        change: impl Fn(&Sound, &TenantId, &mut ChangeSet) + Send + Sync + 'static,
    ) -> Self {
        Self::commit(move |sound, tenant, items| {
            let mut items = items.to_vec();
            items
                .iter_mut()
                .for_each(|item| change(sound, tenant, item));
            sound.commit(tenant, &items)
        })
    }

    /// Commits the items of a batch one by one; the closure sees the items before, may change the
    /// item, and may answer in the store's place.
    pub(crate) fn one_by_one(
        act: impl Fn(&Sound, &TenantId, &[Earlier], &mut ChangeSet) -> Option<Outcome>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::commit(move |sound, tenant, items| {
            if items.len() > BATCH_ITEMS_MAX {
                return sound.commit(tenant, items);
            }
            let mut done: Vec<Earlier> = Vec::new();
            for item in items {
                let mut changed = item.clone();
                let outcome = match act(sound, tenant, &done, &mut changed) {
                    Some(outcome) => outcome,
                    None => sound.commit_one(tenant, changed)?,
                };
                done.push((item.clone(), outcome));
            }
            Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
        })
    }

    /// Answers in the store's place for some items of a batch.
    pub(crate) fn answer(
        act: impl Fn(&Sound, &TenantId, &ChangeSet) -> Option<Outcome> + Send + Sync + 'static,
    ) -> Self {
        Self::one_by_one(move |sound, tenant, _, item| act(sound, tenant, item))
    }

    /// Changes a change set that is committed alone.
    pub(crate) fn lone(
        change: impl Fn(&Sound, &TenantId, &mut ChangeSet) + Send + Sync + 'static,
    ) -> Self {
        Self::commit(move |sound, tenant, items| {
            let mut items = items.to_vec();
            if let [item] = items.as_mut_slice() {
                change(sound, tenant, item);
            }
            sound.commit(tenant, &items)
        })
    }

    /// Changes the outcomes.
    pub(crate) fn outcome(
        change: impl Fn(&Sound, &TenantId, &ChangeSet, &mut Outcome) + Send + Sync + 'static,
    ) -> Self {
        Self::commit(move |sound, tenant, items| {
            let mut outcomes = sound.commit(tenant, items)?;
            for (item, outcome) in items.iter().zip(&mut outcomes) {
                change(sound, tenant, item, outcome);
            }
            Ok(outcomes)
        })
    }

    /// Stores a part of refused items all the same: `keep` copies it into an empty change set.
    pub(crate) fn leak(
        why: fn(&Refusal) -> bool,
        keep: impl Fn(&mut ChangeSet, &ChangeSet) + Send + Sync + 'static,
    ) -> Self {
        Self::outcome(move |sound, tenant, item, outcome| {
            if let Outcome::Refused(refusal) = outcome
                && why(refusal)
            {
                let mut part = sound.bare(item);
                keep(&mut part, item);
                let leaked = sound.commit_one(tenant, part);
                assert!(leaked.is_ok(), "{leaked:?}");
            }
        })
    }
}

/// Defects of reads.
impl Defect {
    /// Changes what was prefetched.
    pub(crate) fn snapshot(
        change: impl Fn(&Sound, &TenantId, &Keys, &mut Snapshot) + Send + Sync + 'static,
    ) -> Self {
        Self::prefetch(move |sound, tenant, keys| {
            let mut found = sound.prefetch(tenant, keys)?;
            change(sound, tenant, keys, &mut found);
            Ok(found)
        })
    }

    /// Changes the events of a stream.
    pub(crate) fn told(
        change: impl Fn(&Sound, &mut Vec<EventRecord>) + Send + Sync + 'static,
    ) -> Self {
        Self::history(move |sound, tenant, stream, after, limit| {
            let mut found = sound.history(tenant, stream, after, limit)?;
            change(sound, &mut found);
            Ok(found)
        })
    }

    /// Changes the movements of a page.
    pub(crate) fn moved(change: impl Fn(&mut Movement) + Send + Sync + 'static) -> Self {
        Self::movements(move |sound, tenant, filter, after, limit| {
            let mut page = sound.movements(tenant, filter, after, limit)?;
            page.items.iter_mut().for_each(&change);
            Ok(page)
        })
    }

    /// Asks for other movements.
    pub(crate) fn movement_filter(
        change: impl Fn(&mut MovementFilter) + Send + Sync + 'static,
    ) -> Self {
        Self::movements(move |sound, tenant, filter, after, limit| {
            let mut filter = filter.clone();
            change(&mut filter);
            sound.movements(tenant, &filter, after, limit)
        })
    }

    /// Asks for other orders.
    pub(crate) fn order_filter(change: impl Fn(&mut OrderFilter) + Send + Sync + 'static) -> Self {
        Self::orders(move |sound, tenant, filter, after, limit| {
            let mut filter = filter.clone();
            change(&mut filter);
            sound.orders(tenant, &filter, after, limit)
        })
    }

    /// Asks for other stock rows.
    pub(crate) fn stock_filter(change: impl Fn(&mut StockFilter) + Send + Sync + 'static) -> Self {
        Self::stock(move |sound, tenant, filter, after, limit| {
            let mut filter = filter.clone();
            change(&mut filter);
            sound.stock(tenant, &filter, after, limit)
        })
    }

    /// Asks for other reservations.
    pub(crate) fn reservation_filter(
        change: impl Fn(&mut ReservationFilter) + Send + Sync + 'static,
    ) -> Self {
        Self::reservations(move |sound, tenant, filter, after, limit| {
            let mut filter = filter.clone();
            change(&mut filter);
            sound.reservations(tenant, &filter, after, limit)
        })
    }
}

pub(crate) fn is_conflict(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Conflict { .. })
}

pub(crate) fn is_stock(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Stock { .. })
}

pub(crate) fn is_reservation(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Reservation { .. })
}
