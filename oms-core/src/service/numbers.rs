//! Human order numbers, taken from the store in blocks: one call for many orders.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use futures_util::lock::Mutex as Queue;

use crate::port::{Store, StoreError};
use crate::service::coalesce::dealt;
use crate::value::{OrderNumber, TenantId};

/// Numbers taken from the store at a time. What a host does not use up is a gap.
const BLOCK: u32 = 100;

/// Tenants are dealt among so many places where one asks for all.
const QUEUES: usize = 16;

/// Numbers taken and not used yet, by tenant.
#[derive(Debug)]
pub(crate) struct Numbers {
    spare: Mutex<HashMap<TenantId, BTreeSet<OrderNumber>>>,
    /// Whoever asks the store holds one of these; who waited for it finds what was left. Without
    /// them each asks for itself.
    queues: Vec<Queue<()>>,
}

impl Numbers {
    /// With `together`, callers that need numbers at the same time share a block.
    pub(crate) fn new(together: bool) -> Self {
        let queues = if together { QUEUES } else { 0 };
        Self {
            spare: Mutex::default(),
            queues: (0..queues).map(|_| Queue::default()).collect(),
        }
    }

    /// Takes `count` numbers nobody else gets.
    pub(crate) async fn take(
        &self,
        store: &dyn Store,
        tenant: &TenantId,
        count: usize,
    ) -> Result<Vec<OrderNumber>, StoreError> {
        let _turn = match self.queues.get(dealt(tenant, self.queues.len())) {
            Some(queue) => Some(queue.lock().await),
            None => None,
        };
        let mut taken = self.spare(tenant, count);
        while taken.len() < count {
            let missing = u32::try_from(count - taken.len()).unwrap_or(u32::MAX);
            let size = missing.max(BLOCK);
            let first = store.take_numbers(tenant, size).await?;
            let block = (0..u64::from(size))
                .map_while(|offset| OrderNumber::new(first.get().checked_add(offset)?).ok());
            let block: Vec<OrderNumber> = block.collect();
            if block.is_empty() {
                let what = "order numbers".to_owned();
                return Err(StoreError::Corrupt {
                    what,
                    detail: "none are left".to_owned(),
                });
            }
            let wanted = (count - taken.len()).min(block.len());
            let (now, later) = block.split_at(wanted);
            taken.extend(now);
            self.give_back(tenant, later.iter().copied());
        }
        Ok(taken)
    }

    /// Numbers that were taken and not used after all.
    pub(crate) fn give_back(
        &self,
        tenant: &TenantId,
        numbers: impl IntoIterator<Item = OrderNumber>,
    ) {
        // A panic elsewhere cannot leave a set of numbers half-changed.
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.entry(tenant.clone()).or_default().extend(numbers);
    }

    /// The lowest spare numbers, so that what was given back is used before what follows.
    pub(crate) fn spare(&self, tenant: &TenantId, count: usize) -> Vec<OrderNumber> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(numbers) = spare.get_mut(tenant) else {
            return Vec::new();
        };
        std::iter::from_fn(|| numbers.pop_first())
            .take(count)
            .collect()
    }
}
