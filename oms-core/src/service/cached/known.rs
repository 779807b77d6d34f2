//! What is remembered of one tenant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::plan::{
    CounterChange, CounterKey, DocumentKey, DocumentKind, Keys, Snapshot, StoredDocument,
};
use crate::routing::HubBook;
use crate::service::coalesce::ReadCall;
use crate::stock::{StockDelta, StockKey, StockLevel};
use crate::tenant::Settings;
use crate::value::{HubId, Sku, Timestamp, Units, Version};

/// A document of more bytes counts as several.
const DOCUMENT_BYTES: usize = 256;

/// How long a counter is kept that nobody asks for.
const COUNTERS_KEPT_MICROS: i64 = 86_400_000_000;

/// How long what is too old is still used while somebody reads it again.
const READ_AGAIN_MICROS: i64 = 5_000_000;
/// Hubs that most SKUs lie at, at most.
const USUAL_ROWS: usize = 8;

/// What is remembered of one tenant: its catalogue at one version, and stock by SKU.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// When it was asked for last, as a count of all uses.
    pub(super) used: u64,
    catalogue: Version,
    /// Documents of the catalogue, and that there are none.
    documents: HashMap<DocumentKey, Kept<Option<StoredDocument>>>,
    /// What they count together.
    written: usize,
    /// All hubs and the zones, once somebody asked for them.
    book: Option<Arc<HubBook>>,
    /// What the book counts.
    fixed: usize,
    /// There is at most one hub in use in the book, so that there is nothing to choose.
    no_choice: bool,
    settings: Option<Arc<Settings>>,
    stock: HashMap<Sku, Rows>,
    rows: usize,
    /// What is taken of counters.
    counters: HashMap<CounterKey, Kept<(Age, Units)>>,
}

/// Something that may be forgotten again.
#[derive(Debug)]
struct Kept<T> {
    /// When it was asked for last, as a count of all uses.
    used: u64,
    value: T,
}

/// What of the catalogue was decoded already, so that no plan has to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    /// All hubs and the zones.
    pub(crate) book: Option<Arc<HubBook>>,
    /// The settings.
    pub(crate) settings: Option<Arc<Settings>>,
}

/// How old something is, by the own clock, and what said it.
#[derive(Debug)]
struct Age {
    read_at: Timestamp,
    call: ReadCall,
    /// When somebody set out to read it again.
    asked_at: Option<Timestamp>,
}

impl Age {
    const fn new(read_at: Timestamp, call: ReadCall) -> Self {
        Self {
            read_at,
            call,
            asked_at: None,
        }
    }

    /// True for who has to read it again: whoever notices first that it is too old. The others need
    /// not wait for that, unless nothing comes of it.
    fn is_due(&mut self, now: Timestamp, age_max: i64) -> bool {
        let within = |max: i64, at: Timestamp| (0..=max).contains(&now.micros_since(at));
        let grace = age_max.min(READ_AGAIN_MICROS);
        if within(age_max, self.read_at) || self.asked_at.is_some_and(|at| within(grace, at)) {
            return false;
        }
        self.asked_at = Some(now);
        true
    }
}

/// The rows of a SKU at every hub that has one.
#[derive(Debug)]
struct Rows {
    /// When they were asked for last, as a count of all uses.
    used: u64,
    age: Age,
    levels: Vec<(HubId, StockLevel)>,
}

impl Rows {
    /// The rows, and the SKU, which counts without any, too.
    const fn weight(&self) -> usize {
        self.levels.len() + 1
    }
}

impl Known {
    /// Documents and rows remembered, large ones as several; a SKU without rows counts, too.
    pub(super) fn entries(&self) -> usize {
        let stock = self.stock.len() + self.rows;
        self.written + self.fixed + stock + self.counters.len()
    }

    /// The part of it that stays for as long as anything does: without its hubs, every plan of the
    /// tenant would have to read them all.
    pub(super) const fn fixed(&self) -> usize {
        self.fixed
    }

    /// Forgets what was not asked for longest until `goal` entries are left, the settings and what
    /// is [`fixed`](Self::fixed) apart.
    pub(super) fn shrink(&mut self, goal: usize) {
        let excess = self.entries().saturating_sub(goal);
        if excess == 0 {
            return;
        }
        let documents = self.documents.iter().filter(|(key, _)| !stays(key));
        let documents = documents.map(|(_, kept)| (kept.used, kept.weight()));
        let stock = self.stock.values().map(|rows| (rows.used, rows.weight()));
        let counters = self.counters.values().map(|kept| (kept.used, 1));
        let mut by_use: Vec<(u64, usize)> = documents.chain(stock).chain(counters).collect();
        by_use.sort_unstable();
        let mut freed = 0;
        let last = by_use.into_iter().find(|(_, weight)| {
            freed += weight;
            freed >= excess
        });
        // Everything, where that does not suffice.
        let last = last.map_or(u64::MAX, |(used, _)| used);
        self.documents
            .retain(|key, kept| stays(key) || kept.used > last);
        self.written = self.documents.values().map(Kept::weight).sum();
        self.stock.retain(|_, rows| rows.used > last);
        self.counters.retain(|_, kept| kept.used > last);
        self.rows = self.stock.values().map(|rows| rows.levels.len()).sum();
    }

    /// What is decoded of a catalogue.
    pub(super) fn decoded(&self, catalogue: Version) -> Decoded {
        if self.catalogue != catalogue {
            return Decoded::default();
        }
        Decoded {
            book: self.book.clone(),
            settings: self.settings.clone(),
        }
    }

    /// Answers the keys, hubs apart, or false where something is not known or too old.
    pub(super) fn recall(
        &mut self,
        keys: &Keys,
        now: Timestamp,
        age_max: i64,
        found: &mut Snapshot,
    ) -> bool {
        found.catalogue = self.catalogue;
        let used = self.used;
        for key in with_settings(keys) {
            match self.documents.get_mut(key) {
                Some(kept) => kept.put_into(used, key, found),
                // Whether a customer may order is for the commit to say.
                None if key.kind() == DocumentKind::Customer => {}
                None => return false,
            }
        }
        if keys.hubs && self.book.is_none() {
            return false;
        }
        for key in &keys.counters {
            let Some(kept) = self.counters.get_mut(key) else {
                return false;
            };
            kept.used = used;
            let (age, taken) = &mut kept.value;
            if age.is_due(now, age_max) {
                return false;
            }
            found.counters.insert(key.clone(), *taken);
        }
        // Old stock can make a choice of hubs less good. Where there is none to make it can do
        // nothing: what is not there is not claimed, and what is too little is asked for again.
        let ages = !(keys.hubs && self.no_choice);
        let mut stock = Vec::with_capacity(keys.sku_stock.len() * USUAL_ROWS);
        for sku in &keys.sku_stock {
            let Some(rows) = self.stock.get_mut(sku) else {
                return false;
            };
            rows.used = used;
            if ages && rows.age.is_due(now, age_max) {
                return false;
            }
            let rows = rows.levels.iter();
            let rows = rows.map(|(hub, level)| (StockKey::new(hub.clone(), sku.clone()), *level));
            stock.extend(rows);
        }
        // A tree of all rows is built at once, quicker than by adding one after another.
        found.stock = stock.into_iter().collect();
        true
    }

    /// The keys without what is remembered of the catalogue, where that includes all hubs, which
    /// weigh most of what a placement reads.
    pub(super) fn rest(&self, keys: &Keys) -> Option<Keys> {
        if !keys.hubs || self.book.is_none() {
            return None;
        }
        let mut rest = keys.clone();
        rest.hubs = false;
        rest.documents
            .retain(|key| !self.documents.contains_key(key));
        Some(rest)
    }

    /// Adds what was left out of the keys, hubs apart, to what the store said to the rest; false
    /// where that is of another catalogue.
    pub(super) fn complete(&mut self, keys: &Keys, rest: &Keys, found: &mut Snapshot) -> bool {
        if self.catalogue != found.catalogue || self.book.is_none() {
            return false;
        }
        for key in keys.documents.difference(&rest.documents) {
            let Some(kept) = self.documents.get_mut(key) else {
                return false;
            };
            kept.put_into(self.used, key, found);
        }
        true
    }

    /// Remembers what the store said to the keys; false if there is no such tenant. What the same
    /// call said before stays, with what was counted on it since.
    pub(super) fn learn(
        &mut self,
        keys: &Keys,
        snapshot: &Snapshot,
        now: Timestamp,
        call: &ReadCall,
    ) -> bool {
        if !snapshot.documents.contains_key(&DocumentKey::Settings) {
            return false;
        }
        self.learn_catalogue(keys, snapshot);
        if !keys.counters.is_empty() {
            // Those of days gone by are not asked for any more.
            self.counters
                .retain(|_, kept| now.micros_since(kept.value.0.read_at) < COUNTERS_KEPT_MICROS);
        }
        let used = self.used;
        for key in &keys.counters {
            let known = self.counters.get(key);
            if known.is_some_and(|kept| kept.value.0.call == *call) {
                continue;
            }
            let taken = snapshot.counters.get(key).copied();
            let taken = taken.unwrap_or(Units::ZERO);
            let value = (Age::new(now, call.clone()), taken);
            self.counters.insert(key.clone(), Kept { used, value });
        }
        let mut levels: HashMap<&Sku, Vec<(HubId, StockLevel)>> = HashMap::new();
        for (key, level) in &snapshot.stock {
            let levels = levels.entry(&key.sku).or_default();
            levels.push((key.hub.clone(), *level));
        }
        for sku in &keys.sku_stock {
            let known = self.stock.get(sku);
            if known.is_some_and(|rows| rows.age.call == *call) {
                continue;
            }
            self.forget_stock(sku);
            let levels = levels.remove(sku).unwrap_or_default();
            self.rows += levels.len();
            let rows = Rows {
                used,
                age: Age::new(now, call.clone()),
                levels,
            };
            self.stock.insert(sku.clone(), rows);
        }
        true
    }

    fn learn_catalogue(&mut self, keys: &Keys, snapshot: &Snapshot) {
        if snapshot.catalogue < self.catalogue {
            return;
        }
        if snapshot.catalogue > self.catalogue {
            self.forget_catalogue();
            self.catalogue = snapshot.catalogue;
        }
        for key in with_settings(keys).filter(|key| key.kind().is_catalogue()) {
            let kept = Kept {
                used: self.used,
                value: snapshot.documents.get(key).cloned(),
            };
            self.written += kept.weight();
            if let Some(before) = self.documents.insert(key.clone(), kept) {
                self.written -= before.weight();
            }
        }
        if keys.hubs && self.book.is_none() {
            // What cannot be read is not remembered: the plan that needs it says so.
            self.book = snapshot.hub_book().ok().map(Arc::new);
            self.fixed = self.book.as_ref().map_or(0, |book| book.weight());
            let hubs = self.book.iter().flat_map(|book| book.hubs());
            self.no_choice = hubs.filter(|hub| hub.active).count() <= 1;
        }
        if self.settings.is_none() {
            let settings = snapshot.read(&DocumentKey::Settings).ok().flatten();
            self.settings = settings.map(Arc::new);
        }
    }

    pub(super) fn forget_catalogue(&mut self) {
        self.catalogue = Version::ZERO;
        self.documents.clear();
        self.written = 0;
        self.book = None;
        self.fixed = 0;
        self.no_choice = false;
        self.settings = None;
    }

    pub(super) fn forget_stock(&mut self, sku: &Sku) {
        if let Some(rows) = self.stock.remove(sku) {
            self.rows -= rows.levels.len();
        }
    }

    /// Counts a change of a counter as done; what cannot be is forgotten.
    pub(super) fn count_taken(&mut self, change: &CounterChange) {
        let Entry::Occupied(mut entry) = self.counters.entry(change.key.clone()) else {
            return;
        };
        let (_, taken) = &mut entry.get_mut().value;
        match change.apply(*taken) {
            Ok(after) => *taken = after,
            Err(_) => drop(entry.remove()),
        }
    }

    pub(super) fn forget_counter(&mut self, key: &CounterKey) {
        self.counters.remove(key);
    }

    /// Counts a change of a row as done; what cannot be is forgotten.
    pub(super) fn count(&mut self, key: &StockKey, delta: &StockDelta) {
        let Entry::Occupied(mut entry) = self.stock.entry(key.sku.clone()) else {
            return;
        };
        let levels = &mut entry.get_mut().levels;
        let level = levels.iter_mut().find(|(hub, _)| *hub == key.hub);
        let after = level.and_then(|(_, level)| {
            *level = delta.apply(level).ok()?;
            Some(())
        });
        if after.is_none() {
            self.rows -= entry.remove().levels.len();
        }
    }
}

impl Kept<Option<StoredDocument>> {
    /// What it counts; that there is none counts, too.
    fn weight(&self) -> usize {
        let bytes = self.value.as_ref().map_or(0, |found| found.json.len());
        1 + bytes / DOCUMENT_BYTES
    }

    /// Puts the document into an answer, if there is one.
    fn put_into(&mut self, used: u64, key: &DocumentKey, found: &mut Snapshot) {
        self.used = used;
        if let Some(document) = &self.value {
            found.documents.insert(key.clone(), document.clone());
        }
    }
}

/// Whether a document stays where others are forgotten: every plan needs it.
fn stays(key: &DocumentKey) -> bool {
    *key == DocumentKey::Settings
}

/// The documents the keys name, and the settings, which are always answered.
fn with_settings(keys: &Keys) -> impl Iterator<Item = &DocumentKey> {
    let settings = Some(&DocumentKey::Settings).into_iter();
    keys.documents.iter().chain(settings)
}
