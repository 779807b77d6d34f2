//! Human order numbers, taken from the store in blocks: one call for many orders.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};

use super::Coalescing;
use super::lane::{Lane, locked};
use super::lanes::{Lanes, deal};
use super::work::{Answered, Boxed, Weight, Work};
use crate::port::{Store, StoreError};
use crate::value::{OrderNumber, TenantId};

/// Numbers of a tenant taken from the store the first time. What a host does not use up is a gap.
const BLOCK: u32 = 100;

/// Numbers taken at a time at most. Each block is twice as large as the one that was used up
/// before it, because every caller waits for the next one: so a host that stops leaves no more
/// than [`BLOCK`] numbers unused, or twice as many as it used, and never more than these.
const BLOCK_MAX: u32 = 1_000;

/// How many lanes tenants are dealt among.
const LANES: usize = 16;

/// Numbers of orders that nobody else gets.
pub(crate) struct Numbers {
    source: Arc<Source>,
    lanes: Option<Lanes<Blocks>>,
}

impl Numbers {
    /// With coalescing, callers that need numbers at the same time share a block. Without it each
    /// of them takes its own, so blocks stay small.
    pub(crate) fn new(store: Arc<dyn Store>, coalescing: Option<Coalescing>) -> Self {
        let source = Arc::new(Source {
            store,
            block_max: coalescing.map_or(BLOCK, |_| BLOCK_MAX),
            spare: Mutex::default(),
        });
        let lanes = coalescing.map(|options| {
            let limit = Weight {
                items: usize::MAX,
                lines: usize::MAX,
                bytes: usize::MAX,
            };
            let lane = |_| Lane::new(Blocks(source.clone()), limit, options.waiting_max, None);
            Lanes::new(LANES, 1, lane)
        });
        Self { source, lanes }
    }

    /// Takes `count` numbers nobody else gets.
    pub(crate) async fn take(
        &self,
        tenant: &TenantId,
        count: usize,
    ) -> Result<Vec<OrderNumber>, Arc<StoreError>> {
        let lane = self.lanes.as_ref().and_then(|lanes| lanes.of(tenant, &()));
        match lane {
            Some(lane) => lane.call(tenant, count, Weight::default()).await,
            None => self.source.take(tenant, count).await.map_err(Arc::new),
        }
    }

    /// Numbers that were taken and not used after all.
    pub(crate) fn give_back(
        &self,
        tenant: &TenantId,
        numbers: impl IntoIterator<Item = OrderNumber>,
    ) {
        self.source.give_back(tenant, numbers);
    }

    /// The lowest spare numbers, so that what was given back is used before what follows.
    pub(crate) fn spare(&self, tenant: &TenantId, count: usize) -> Vec<OrderNumber> {
        self.source.spare(tenant, count)
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Numbers")
            .field("together", &self.lanes.is_some())
            .finish_non_exhaustive()
    }
}

/// Numbers for several callers, by one block if that suffices.
struct Blocks(Arc<Source>);

impl Work for Blocks {
    type Request = usize;
    type Answer = Vec<OrderNumber>;

    fn run(&self, tenant: TenantId, counts: Vec<usize>) -> Boxed<Answered<Vec<OrderNumber>>> {
        let source = self.0.clone();
        Box::pin(async move {
            let taken = source.take(&tenant, counts.iter().sum()).await?;
            let missing = ("order numbers", "there are too few");
            Ok(deal(&counts, taken, missing))
        })
    }
}

/// The store, and what was taken from it and is not used yet, by tenant.
struct Source {
    store: Arc<dyn Store>,
    block_max: u32,
    spare: Mutex<HashMap<TenantId, Spare>>,
}

/// What is left of the blocks of a tenant.
#[derive(Default)]
struct Spare {
    numbers: BTreeSet<OrderNumber>,
    /// How many were taken the last time.
    block: u32,
}

impl Source {
    async fn take(&self, tenant: &TenantId, count: usize) -> Result<Vec<OrderNumber>, StoreError> {
        let mut taken = self.spare(tenant, count);
        while taken.len() < count {
            let missing = u32::try_from(count - taken.len()).unwrap_or(u32::MAX);
            let size = missing.max(self.next_block(tenant));
            let first = self.store.take_numbers(tenant, size).await?;
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
            let mut spare = locked(&self.spare);
            let spare = spare.entry(tenant.clone()).or_default();
            spare.block = size;
            spare.numbers.extend(later);
        }
        Ok(taken)
    }

    /// How many numbers to take when all that were taken are used up.
    fn next_block(&self, tenant: &TenantId) -> u32 {
        let before = locked(&self.spare).get(tenant).map_or(0, |s| s.block);
        before.saturating_mul(2).clamp(BLOCK, self.block_max)
    }

    /// Nothing is kept for a tenant that never took numbers: any id may be asked for.
    fn give_back(&self, tenant: &TenantId, numbers: impl IntoIterator<Item = OrderNumber>) {
        let mut numbers = numbers.into_iter().peekable();
        if numbers.peek().is_none() {
            return;
        }
        let mut spare = locked(&self.spare);
        let spare = spare.entry(tenant.clone()).or_default();
        spare.numbers.extend(numbers);
    }

    fn spare(&self, tenant: &TenantId, count: usize) -> Vec<OrderNumber> {
        let mut spare = locked(&self.spare);
        let Some(spare) = spare.get_mut(tenant) else {
            return Vec::new();
        };
        let taken = std::iter::from_fn(|| spare.numbers.pop_first());
        taken.take(count).collect()
    }
}
