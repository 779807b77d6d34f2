//! The cached view: what plans remember of what the store said, so that most of them need not ask.
//!
//! A view may choose, never refuse. What is planned on it is checked by the store when it commits:
//! claims against the rows as they are then, everything of the catalogue by its version
//! ([`Requirement::Catalogue`](crate::plan::Requirement::Catalogue)), names and keys because the
//! commit takes them. So a stale view costs one plan more, and every answer but success is given
//! after a fresh read.

mod known;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::known::Decoded;

use self::known::Known;
use crate::plan::{ChangeSet, CounterKey, Keys, Outcome, Refusal, Requirement, Snapshot};
use crate::port::Clock;
use crate::service::coalesce::ReadCall;
use crate::stock::StockKey;
use crate::value::{TenantId, Timestamp};

const MICROS_PER_SEC: i64 = 1_000_000;

/// How much plans may remember of what the store said.
///
/// With it, placing an order mostly costs one call of the store instead of two. A plan on what is
/// remembered is checked when it is committed and made again where it was wrong; nothing is refused
/// without asking the store. What an own commit changes is counted at once; what other processes
/// change is seen when a commit is refused for it, when a plan finds too little, or after
/// [`age_max_secs`](Self::age_max_secs).
///
/// ```
/// use std::sync::Arc;
/// use oms_core::service::{Caching, Oms};
/// # fn build(store: Arc<dyn oms_core::port::Store>) {
/// let caching = Caching::default().age_max_secs(10);
/// // `None` asks the store before every plan.
/// let oms = Oms::builder(store).caching(Some(caching)).build();
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caching {
    age_max_secs: u32,
    entries_max: usize,
}

impl Default for Caching {
    fn default() -> Self {
        Self {
            age_max_secs: 60,
            entries_max: 200_000,
        }
    }
}

impl Caching {
    /// For how long the stock of a SKU is remembered without asking again, in seconds; 60 unless
    /// told otherwise. While somebody asks again, others go on with it for up to 5 seconds. What
    /// other processes do to it in the meantime can make a choice of hubs less good, not wrong;
    /// with one hub in use there is nothing to choose, and stock is remembered for as long as there
    /// is room.
    #[must_use]
    pub const fn age_max_secs(mut self, secs: u32) -> Self {
        self.age_max_secs = secs;
        self
    }

    /// Documents and stock rows of all tenants together; 200,000 unless told otherwise. Where there
    /// are more, a tenant that has over a quarter of them forgets what it did not ask for longest,
    /// its hubs and settings apart; then tenants not asked for longest are forgotten. A row takes
    /// some hundred bytes. What takes more counts more: a document one more for every 256 bytes, a
    /// hub or a zone one more for every four of its postal rules. A tenant whose hubs alone are
    /// more than three quarters of this is not remembered.
    #[must_use]
    pub const fn entries_max(mut self, entries: usize) -> Self {
        self.entries_max = entries;
        self
    }
}

/// What is remembered of all tenants.
pub(crate) struct CachedView {
    clock: Arc<dyn Clock>,
    options: Caching,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// The store's clock and the own one, at about the same moment.
    times: Option<(Timestamp, Timestamp)>,
    tenants: HashMap<TenantId, Known>,
    /// Sum over the tenants.
    entries: usize,
    /// Counts uses, to tell which tenant was not asked for longest.
    uses: u64,
}

/// What a change set is about to change, as far as it is remembered.
#[derive(Debug)]
pub(crate) struct Touched {
    stock: Vec<StockKey>,
    counters: Vec<CounterKey>,
    catalogue: bool,
}

impl CachedView {
    pub(crate) fn new(clock: Arc<dyn Clock>, options: Caching) -> Self {
        Self {
            clock,
            options,
            memory: Mutex::default(),
        }
    }

    /// Nobody panics while holding it half-changed: every change of it is one assignment, or loses
    /// no more than what could be read again.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the keys name, if all of it is remembered and young enough. Names, commands and
    /// customers are not looked for: the commit does. Hubs come as their book only.
    pub(crate) fn recall(&self, tenant: &TenantId, keys: &Keys) -> Option<(Snapshot, Decoded)> {
        let Keys {
            documents: _,
            orders,
            hubs: _,
            stock,
            sku_stock: _,
            counters: _,
            unique: _,
            owners,
            commands: _,
        } = keys;
        if !orders.is_empty() || !stock.is_empty() || !owners.is_empty() {
            return None;
        }
        let now = self.clock.now();
        let age_max = i64::from(self.options.age_max_secs).saturating_mul(MICROS_PER_SEC);
        let mut memory = self.memory();
        let (stores, own) = memory.times?;
        memory.uses += 1;
        let uses = memory.uses;
        let known = memory.tenants.get_mut(tenant)?;
        known.used = uses;
        let elapsed = now.micros_since(own).max(0);
        let mut found = Snapshot::empty(stores.checked_add_micros(elapsed)?);
        if !known.recall(keys, now, age_max, &mut found) {
            return None;
        }
        let decoded = known.decoded(found.catalogue);
        Some((found, decoded))
    }

    /// Remembers what the store said; answers what of it is decoded.
    pub(crate) fn learn(&self, tenant: &TenantId, keys: &Keys, snapshot: &Snapshot) -> Decoded {
        self.learn_of(tenant, keys, snapshot, &ReadCall::default())
    }

    /// As [`learn`](Self::learn), of a call that others may have shared: those who came first
    /// remember the same rows already, and what they counted on them since is not undone.
    pub(crate) fn learn_of(
        &self,
        tenant: &TenantId,
        keys: &Keys,
        snapshot: &Snapshot,
        call: &ReadCall,
    ) -> Decoded {
        let now = self.clock.now();
        let mut memory = self.memory();
        memory.times = Some((snapshot.now, now));
        memory.uses += 1;
        let uses = memory.uses;
        let mut known = memory.tenants.remove(tenant).unwrap_or_default();
        known.used = uses;
        memory.entries = memory.entries.saturating_sub(known.entries());
        // Of a tenant that does not exist nothing is kept, whoever asks for it.
        let exists = known.learn(keys, snapshot, now, call);
        let decoded = known.decoded(snapshot.catalogue);
        if exists && known.fixed() <= goal(self.options.entries_max) {
            memory.entries += known.entries();
            memory.tenants.insert(tenant.clone(), known);
        }
        memory.shrink(self.options.entries_max);
        decoded
    }

    /// What of the keys has to be asked where the catalogue is remembered; all of them if `None`.
    pub(crate) fn rest(&self, tenant: &TenantId, keys: &Keys) -> Option<Keys> {
        self.memory().tenants.get(tenant)?.rest(keys)
    }

    /// Makes what the store said to the rest of the keys its answer to all of them, hubs apart,
    /// which come as their book. The version of the catalogue tells that what is remembered is
    /// what it would have said; where it is another one, all has to be asked.
    pub(crate) fn complete(
        &self,
        tenant: &TenantId,
        keys: &Keys,
        rest: &Keys,
        found: &mut Snapshot,
    ) -> Option<Decoded> {
        let mut memory = self.memory();
        let known = memory.tenants.get_mut(tenant)?;
        let whole = known.complete(keys, rest, found);
        whole.then(|| known.decoded(found.catalogue))
    }

    /// Counts what is about to be committed as done.
    pub(crate) fn count(&self, tenant: &TenantId, sets: &[ChangeSet]) -> Vec<Touched> {
        let mut memory = self.memory();
        let Some(known) = memory.tenants.get_mut(tenant) else {
            return Vec::new();
        };
        let before = known.entries();
        let touched = sets.iter().map(|set| {
            let mut stock = Vec::new();
            for (key, delta) in set.stock_deltas() {
                known.count(&key, &delta);
                stock.push(key);
            }
            for change in &set.counters {
                known.count_taken(change);
            }
            let counters = set.counters.iter();
            Touched {
                counters: counters.map(|change| change.key.clone()).collect(),
                stock,
                catalogue: set.writes_catalogue(),
            }
        });
        let touched = touched.collect();
        let after = known.entries();
        memory.entries = memory.entries.saturating_sub(before) + after;
        touched
    }

    /// Forgets what turned out otherwise than was counted.
    pub(crate) fn settle(
        &self,
        tenant: &TenantId,
        touched: &[Touched],
        outcomes: Option<&[Outcome]>,
    ) {
        let now = self.clock.now();
        let mut memory = self.memory();
        let last = outcomes.and_then(|outcomes| outcomes.last());
        if let Some(Outcome::Committed { at }) = last {
            memory.hear(*at, now);
        }
        let Some(known) = memory.tenants.get_mut(tenant) else {
            return;
        };
        let before = known.entries();
        for (n, touched) in touched.iter().enumerate() {
            let outcome = outcomes.and_then(|outcomes| outcomes.get(n));
            let stale = match outcome {
                Some(Outcome::Committed { .. }) => touched.catalogue,
                Some(Outcome::Refused(Refusal::Unmet { requirement })) => {
                    matches!(requirement, Requirement::Catalogue(_))
                }
                Some(Outcome::Repeated { .. } | Outcome::Refused(_)) => false,
                None => true,
            };
            if stale {
                known.forget_catalogue();
            }
            if !matches!(outcome, Some(Outcome::Committed { .. })) {
                for key in &touched.stock {
                    known.forget_stock(&key.sku);
                }
                for key in &touched.counters {
                    known.forget_counter(key);
                }
            }
        }
        let after = known.entries();
        memory.entries = memory.entries.saturating_sub(before) + after;
    }
}

/// What is left when a quarter is forgotten. Hubs of one tenant that are more would not leave the
/// others anything.
const fn goal(entries_max: usize) -> usize {
    entries_max - entries_max / 4
}

impl Memory {
    /// Follows the store's clock by the time of a commit. That was the time at the latest when the
    /// answer came, and long before where the commit waited for others: what is known already is
    /// set forward by it, never back.
    fn hear(&mut self, at: Timestamp, now: Timestamp) {
        let ahead = |(stores, own): (Timestamp, Timestamp)| stores.micros_since(own);
        let heard = (at, now);
        if self.times.is_none_or(|known| ahead(known) <= ahead(heard)) {
            self.times = Some(heard);
        }
    }

    /// Forgets a quarter at once, so that it is rarely needed: first what tenants with more than a
    /// quarter did not ask for longest, so that one large catalogue, or one caller that asks for
    /// SKUs at random, does not drive out all others; then the tenants not asked for longest.
    fn shrink(&mut self, entries_max: usize) {
        if self.entries <= entries_max {
            return;
        }
        let (share, goal) = (entries_max / 4, goal(entries_max));
        let mut by_use: Vec<(u64, TenantId)> = self
            .tenants
            .iter()
            .map(|(id, known)| (known.used, id.clone()))
            .collect();
        by_use.sort();
        for (_, id) in &by_use {
            let excess = self.entries.saturating_sub(goal);
            let Some(known) = self.tenants.get_mut(id).filter(|_| excess > 0) else {
                break;
            };
            let before = known.entries();
            if before > share {
                known.shrink(before.saturating_sub(excess).max(share));
                let forgotten = before.saturating_sub(known.entries());
                self.entries = self.entries.saturating_sub(forgotten);
            }
        }
        for (_, id) in by_use {
            if self.entries <= goal {
                break;
            }
            if let Some(known) = self.tenants.remove(&id) {
                self.entries = self.entries.saturating_sub(known.entries());
            }
        }
    }
}

impl fmt::Debug for CachedView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedView")
            .field("clock", &self.clock)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
