//! What a tenant's data must be: every change set the store said it committed, kept in plain maps.
//!
//! The book is a second, naive store. It judges each change set by itself before it believes the
//! store's answer, so neither a broken store nor a defective plan gets past it.

mod counters;
mod entry;
mod judge;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::{Origin, StreamId};
use crate::job::JobDraft;
use crate::order::{Order, OrderEvent};
use crate::plan::{
    Body, ChangeSet, Command, CommandRecord, CounterKey, DocumentKey, Outcome, Refusal,
    Requirement, UniqueKey,
};
use crate::reservation::ReservationKey;
use crate::stock::{MovementDraft, StockKey};
use crate::testing::simulation::invariants::{claims, edges, lines, money, replay};
use crate::testing::simulation::report::{Broken, Checked, check};
use crate::value::{IdempotencyKey, JobId, LocalDate, OrderId, TenantId, Timestamp, Version};

pub(super) use counters::{Claim, Row, number};
pub(super) use entry::{Entry, Kept, Moved, Told};
use judge::{Effects, Verdict};

/// What a tenant's data must be.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) tenant: TenantId,
    /// How many change sets wrote to the catalogue.
    pub(super) catalogue: Version,
    pub(super) documents: BTreeMap<DocumentKey, Kept>,
    pub(super) unique: BTreeMap<UniqueKey, DocumentKey>,
    pub(super) claims: BTreeMap<ReservationKey, Claim>,
    pub(super) counters: BTreeMap<CounterKey, i64>,
    pub(super) rows: BTreeMap<StockKey, Row>,
    pub(super) movements: Vec<Moved>,
    pub(super) streams: BTreeMap<StreamId, Vec<Told>>,
    pub(super) jobs: BTreeMap<JobId, JobDraft>,
    /// Committed commands whose keys the store must remember.
    pub(super) commands: BTreeMap<IdempotencyKey, Entry>,
    /// Committed commands whose keys the store has forgotten, and the first operation that began
    /// after that.
    forgotten: Vec<(IdempotencyKey, Entry, usize)>,
    /// Orders, as their events say.
    pub(super) orders: BTreeMap<OrderId, Order>,
    /// Change sets committed so far.
    pub(super) committed: u64,
}

/// One change set and what the store answered.
pub(super) struct Posting<'a> {
    /// The operation it belongs to.
    pub(super) op: usize,
    /// The command, where the operation is known to have carried one under this key.
    pub(super) command: Option<&'a Command>,
    pub(super) set: &'a ChangeSet,
    pub(super) outcome: &'a Outcome,
    /// The store's clock.
    pub(super) now: Timestamp,
}

impl Book {
    pub(super) const fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            catalogue: Version::ZERO,
            documents: BTreeMap::new(),
            unique: BTreeMap::new(),
            claims: BTreeMap::new(),
            counters: BTreeMap::new(),
            rows: BTreeMap::new(),
            movements: Vec::new(),
            streams: BTreeMap::new(),
            jobs: BTreeMap::new(),
            commands: BTreeMap::new(),
            forgotten: Vec::new(),
            orders: BTreeMap::new(),
            committed: 0,
        }
    }

    /// Judges a change set, compares with the store's answer, and writes it down if it was
    /// committed.
    pub(super) fn post(&mut self, posting: &Posting<'_>) -> Checked {
        let verdict = self.judge(posting.set, posting.now);
        match (posting.outcome, verdict) {
            (Outcome::Committed { at }, Verdict::Accept(effects)) => {
                check(*at == posting.now, "I8", || {
                    format!("committed at {at}, the clock says {}", posting.now)
                })?;
                self.write(posting, effects)
            }
            (Outcome::Committed { .. }, Verdict::Repeat) => Err(Broken::new(
                "I7",
                format!("key {} was committed twice", posting.set.origin.key),
            )),
            (Outcome::Committed { .. }, Verdict::Refuse(why)) => Err(Broken::new(
                why.invariant,
                format!("the store accepted what it must refuse: {}", why.detail),
            )),
            (Outcome::Repeated { receipt, at }, Verdict::Repeat) => {
                self.repeated(posting.set, receipt, *at)
            }
            (Outcome::Repeated { .. }, Verdict::Accept(_) | Verdict::Refuse(_)) => {
                let key = &posting.set.origin.key;
                Err(Broken::new(
                    "I7",
                    format!("key {key} was answered as repeated and never committed"),
                ))
            }
            (Outcome::Refused(refusal), verdict) => self.refused(refusal, &verdict, posting.set),
        }
    }

    fn repeated(&self, set: &ChangeSet, receipt: &Arc<str>, at: Timestamp) -> Checked {
        let key = &set.origin.key;
        let entry = self.commands.get(key);
        let same = entry.is_some_and(|entry| {
            entry.record.at == at && same_json(&entry.record.receipt, receipt)
        });
        check(same, "I7", || {
            format!("key {key} was answered with another receipt or time than at first: {receipt}")
        })
    }

    /// A refusal must be the one the book comes to, and what it says must be so.
    fn refused(&self, refusal: &Refusal, verdict: &Verdict, set: &ChangeSet) -> Checked {
        let Verdict::Refuse(why) = verdict else {
            let detail = format!("refused without need: {refusal:?} for {set:?}");
            return Err(Broken::new("I8", detail));
        };
        let true_to_fact = match refusal {
            Refusal::Defect { problem } => {
                let detail = format!("a defective change set was planned: {problem}");
                return Err(Broken::new("plan", detail));
            }
            // No store of a simulation is damaged.
            Refusal::Unfit { .. } => false,
            Refusal::Conflict { document, current } => {
                let version = self.documents.get(document).map(|kept| kept.version);
                version == *current
            }
            Refusal::Taken { key, holder } => self.unique.get(key) == Some(holder),
            Refusal::Unmet { requirement } => !self.holds(requirement),
            Refusal::ClockSkew { planned_at, .. } => *planned_at == set.planned_at,
            Refusal::KeyReused { key } => *key == set.origin.key,
            Refusal::Reservation { key, .. } => why.detail.starts_with(&key.to_string()),
            Refusal::Counter { key, .. } => why.detail.starts_with(&key.to_string()),
            Refusal::Stock { rows } => {
                let named: Vec<String> = rows.iter().map(|(key, _)| key.to_string()).collect();
                why.detail.starts_with(&named.join(", "))
            }
        };
        check(why.matches(refusal) && true_to_fact, "I8", || {
            format!(
                "refused for the wrong reason: {refusal:?}, the book says {}",
                why.detail
            )
        })
    }

    fn holds(&self, requirement: &Requirement) -> bool {
        match requirement {
            Requirement::Active(key) => self.documents.get(key).is_some_and(Kept::is_active),
            Requirement::Unchanged(key, version) => {
                self.documents.get(key).map(|kept| kept.version) == Some(*version)
            }
            Requirement::Catalogue(version) => self.catalogue == *version,
        }
    }

    /// Writes a committed change set down and checks what it made of the orders.
    fn write(&mut self, posting: &Posting<'_>, effects: Effects) -> Checked {
        let set = posting.set;
        if set.writes_catalogue() {
            self.catalogue = self.catalogue.next();
        }
        for write in &set.documents {
            let kept = self.documents.entry(write.key.clone()).or_default();
            kept.version = write.version;
            kept.index = write.index.clone();
            if let Body::Write { schema, json } = &write.body {
                (kept.schema, kept.json) = (*schema, json.clone());
            }
        }
        for claim in &set.unique {
            self.unique.insert(claim.key.clone(), claim.holder.clone());
        }
        self.claims.extend(effects.claims);
        self.counters.extend(effects.counters);
        self.rows.extend(effects.rows);
        for draft in &set.movements {
            self.record_movement(draft, &set.origin, set.planned_at);
        }
        for draft in &set.events {
            let told = Told::draft(draft, &set.origin, set.planned_at);
            self.streams
                .entry(draft.stream.clone())
                .or_default()
                .push(told);
        }
        for (stream, told) in effects.lapses {
            self.streams.entry(stream).or_default().push(told);
        }
        self.jobs
            .extend(set.jobs.iter().map(|job| (job.id, job.clone())));
        let record = CommandRecord {
            fingerprint: set.fingerprint,
            receipt: set.receipt.clone(),
            at: posting.now,
        };
        let op = posting.op;
        self.commands
            .insert(set.origin.key.clone(), Entry { op, record });
        self.committed += 1;
        self.fold(posting)
    }

    fn record_movement(&mut self, draft: &MovementDraft, origin: &Origin, at: Timestamp) {
        let row = self.rows.entry(draft.stock.clone()).or_default();
        row.moved(draft);
        self.movements.push(Moved {
            draft: draft.clone(),
            origin: origin.clone(),
            at,
        });
    }

    /// Folds the events of orders in a change set and checks everything about these orders.
    fn fold(&mut self, posting: &Posting<'_>) -> Checked {
        let set = posting.set;
        for (id, events) in replay::order_events(set)? {
            let before = self.orders.get(&id).cloned();
            let dated = events.iter().map(|event| (event, set.planned_at));
            let dated: Vec<(&OrderEvent, Timestamp)> = dated.collect();
            let after = replay::fold(before.as_ref(), &dated)?;
            edges::check(before.as_ref(), &after, posting.command, &events)?;
            lines::check_order(&after)?;
            money::check_order(&after)?;
            replay::check_documents(&after, set, &self.documents)?;
            claims::check_order(&after, &self.claims)?;
            self.orders.insert(id, after);
        }
        Ok(())
    }

    /// The store forgot `count` keys of commands committed before `before`; operations from
    /// `next_op` on begin after that.
    pub(super) fn forget(
        &mut self,
        before: Timestamp,
        (count, limit): (usize, usize),
        next_op: usize,
    ) -> Checked {
        let old = |entry: &Entry| entry.record.at < before;
        let due = self.commands.values().filter(|entry| old(entry)).count();
        check(count == due.min(limit), "I7", || {
            format!("{count} keys were forgotten, {due} are old enough")
        })?;
        // Which ones go first is the store's business, so a run never has more than the limit.
        let gone = self.commands.extract_if(.., |_, entry| old(entry));
        self.forgotten
            .extend(gone.map(|(key, entry)| (key, entry, next_op)));
        Ok(())
    }

    /// The store forgot `count` counters of days before `before`.
    pub(super) fn forget_counters(
        &mut self,
        before: LocalDate,
        count: usize,
        limit: usize,
    ) -> Checked {
        let old = |key: &CounterKey| key.day().is_some_and(|day| day < before);
        let due = self.counters.keys().filter(|key| old(key)).count();
        check(count == due.min(limit), "capacity", || {
            format!("{count} counters were forgotten, {due} are old enough")
        })?;
        // Which ones go first is the store's business, so a run never has more than the limit.
        self.counters.retain(|key, _| !old(key));
        Ok(())
    }

    /// What an operation may have read, or written, under a key: the store may have forgotten it
    /// before the answer was heard.
    pub(super) fn seen<'a>(
        &'a self,
        op: usize,
        key: &'a IdempotencyKey,
    ) -> impl Iterator<Item = &'a Entry> {
        let forgotten = self
            .forgotten
            .iter()
            .filter(move |(gone, _, next_op)| gone == key && op < *next_op)
            .map(|(_, entry, _)| entry);
        self.commands.get(key).into_iter().chain(forgotten)
    }

    /// The version of a stream's last event.
    fn last_place(&self, stream: &StreamId) -> Version {
        let places = self.streams.get(stream).map_or(0, Vec::len);
        u64::try_from(places)
            .ok()
            .and_then(|places| Version::new(places).ok())
            .unwrap_or(Version::ZERO)
    }
}

/// Whether two texts are the same JSON; stores may write it in another way.
pub(super) fn same_json(one: &str, two: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == two || (read(one).is_some() && read(one) == read(two))
}
