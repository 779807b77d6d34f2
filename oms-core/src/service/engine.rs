//! Prefetch, plan, commit, and again where others were faster.

use std::sync::Arc;

use uuid::Uuid;

use crate::event::Origin;
use crate::plan::{
    self, ChangeSet, Command, Context, Keys, Outcome, Planned, Receipt, Refusal, Rejection,
};
use crate::port::{IdSource, Store, StoreError};
use crate::service::batch::{Window, ask, asked, fail, give, pending};
use crate::service::cached::CachedView;
use crate::service::coalesce::{Gate, Numbers, Read};
use crate::service::foresee::{Foreseen, foresight_keys};
use crate::service::item::{Ended, Item, read_receipt};
use crate::service::round::{Round, Seen, Write, Written, is_content};
use crate::service::stats::Counts;
use crate::service::sweep::SweepPlaces;
use crate::service::{Call, DryRun, Error, Stats};
use crate::value::limits::BATCH_ITEMS_MAX;
use crate::value::{IdempotencyKey, OrderNumber, TenantId};

/// Batches in a row for which the store is away before it is not asked any more.
const AWAY_BATCHES_MAX: u32 = 2;

/// What all handles share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) gate: Gate,
    pub(crate) view: Option<CachedView>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) numbers: Numbers,
    pub(super) counts: Counts,
    pub(crate) swept: SweepPlaces,
}

impl Engine {
    /// Runs commands one after another in slice order, in batches; answers item by item. Where the
    /// store was away for all of two batches in a row, those behind them are not sent: each batch
    /// would wait for it once more.
    pub(crate) async fn run(&self, tenant: &TenantId, commands: &[(Command, Call)]) -> Vec<Ended> {
        let mut results = Vec::with_capacity(commands.len());
        let mut away = 0;
        for batch in commands.chunks(BATCH_ITEMS_MAX) {
            if away == AWAY_BATCHES_MAX {
                results.extend(batch.iter().map(|_| Ended::unsent()));
                continue;
            }
            let items = batch.iter().map(|(command, call)| self.item(command, call));
            let mut items: Vec<Item<'_>> = items.collect();
            self.run_batch(tenant, &mut items).await;
            let unused = items.iter_mut().filter_map(Item::unused_number);
            self.numbers.give_back(tenant, unused);
            let before = results.len();
            results.extend(items.into_iter().map(Item::end));
            let ended = results.get(before..).unwrap_or_default();
            ended.iter().for_each(|ended| self.counts.ended(ended));
            let all_away = ended.iter().all(Ended::found_it_away);
            away = if all_away { away + 1 } else { 0 };
        }
        results
    }

    /// Plans a command and writes nothing, not even a number is taken.
    pub(crate) async fn dry_run(
        &self,
        tenant: &TenantId,
        command: &Command,
        call: &Call,
    ) -> Result<DryRun, Error> {
        let mut items = [self.item(command, call)];
        for item in &mut items {
            item.number = Some(OrderNumber::FIRST);
            item.fresh = true;
        }
        while pending(&items) > 0 {
            let write = match self.plan(tenant, &mut items).await {
                Ok(mut writes) => writes.pop(),
                Err(error) => {
                    fail(&mut items, &error);
                    None
                }
            };
            let Some(write) = write else {
                continue;
            };
            let Some(refusal) = self.refusal(tenant, &write.change_set).await? else {
                return Ok(DryRun {
                    receipt: write.receipt,
                    change_set: Some(write.change_set),
                });
            };
            // Planned again, as in earnest: the answer to a refusal is the same.
            for item in &mut items {
                item.note(Outcome::Refused(refusal.clone()), write.receipt.clone());
            }
        }
        let [item] = items;
        Ok(DryRun {
            receipt: item.end().result?.receipt,
            change_set: None,
        })
    }

    /// What was done so far, and what waits.
    pub(crate) fn stats(&self) -> Stats {
        let (commits, reads) = self.gate.waiting();
        self.counts.stats(commits, reads)
    }

    /// What the store would refuse a change set for, as its claims and stock are now. A plan does
    /// not read every row it changes, because the store checks them all when it commits.
    async fn refusal(
        &self,
        tenant: &TenantId,
        change_set: &ChangeSet,
    ) -> Result<Option<Refusal>, Error> {
        let keys = foresight_keys(change_set);
        if keys == Keys::default() {
            return Ok(None);
        }
        let mut snapshot = self.store.prefetch(tenant, &keys).await?;
        Ok(match snapshot.foresee(&keys, change_set) {
            Foreseen::Refused(refusal) => Some(refusal),
            Foreseen::Accepted | Foreseen::Reclaims | Foreseen::Unknown => None,
        })
    }

    fn item<'a>(&self, command: &'a Command, call: &'a Call) -> Item<'a> {
        let origin = Origin {
            actor: call.actor.clone(),
            reason: call.reason.clone(),
            request_id: call.request_id.clone(),
            key: call.key().cloned().unwrap_or_else(|| self.new_key()),
        };
        let mut item = Item::new(command, origin, call.is_keyed());
        item.expected = call.expected;
        item.extension = call.extension.as_ref();
        item
    }

    /// A key for a command whose caller gave none.
    pub(crate) fn new_key(&self) -> IdempotencyKey {
        IdempotencyKey::from_uuid(self.ids.next_id())
    }

    async fn run_batch(&self, tenant: &TenantId, items: &mut [Item<'_>]) {
        let mut window = Window::new(items.len());
        while let Some(looked_at) = window.of(items) {
            let waiting = pending(looked_at);
            match self.plan(tenant, looked_at).await {
                Ok(writes) => {
                    // Who only asked for more was not gone through.
                    let behind = pending(looked_at).saturating_sub(writes.len());
                    if behind == 0 || !writes.is_empty() {
                        window.note(waiting, behind);
                    }
                    if !writes.is_empty() {
                        self.commit(tenant, looked_at, writes).await;
                    }
                }
                // All who are behind would wait for the store once more.
                Err(error) => fail(items, &error),
            }
        }
    }

    /// Looks at the pending items once, and answers what can be committed of them. Answers that
    /// need no commit are noted; nothing to commit means that, or that they know more the next
    /// time. Fails where the store cannot be asked now.
    async fn plan(
        &self,
        tenant: &TenantId,
        items: &mut [Item<'_>],
    ) -> Result<Vec<Write>, Arc<StoreError>> {
        let wanting = items.iter().filter(|item| item.wants_number()).count();
        let spare = self.numbers.spare(tenant, wanting);
        give(items, spare);
        let keys = asked(items);
        let seen = match self.recall(tenant, &keys, items) {
            Some(seen) => {
                self.counts.recalled();
                seen
            }
            None => match self.read(tenant, &keys, items).await {
                Ok(seen) => seen,
                Err(error) => {
                    self.sift(tenant, items, error).await?;
                    return Ok(Vec::new());
                }
            },
        };
        match self.round(tenant, &keys, seen, items) {
            Round::Commit(writes) if writes.is_empty() => {
                // Either all have their answers, or what is remembered does not do.
                items.iter_mut().for_each(|item| item.fresh = true);
            }
            Round::Commit(writes) => return Ok(writes),
            Round::Ask(asks) => ask(items, asks),
            Round::Number(place) => self.number(tenant, items, place).await,
        }
        Ok(Vec::new())
    }

    /// What is remembered of what the pending items ask, if they may be planned on it.
    fn recall(&self, tenant: &TenantId, keys: &Keys, items: &[Item<'_>]) -> Option<Seen> {
        let mut pending = items.iter().filter(|item| item.is_pending());
        if pending.any(|item| item.fresh) {
            return None;
        }
        let (snapshot, decoded) = self.view.as_ref()?.recall(tenant, keys)?;
        Some(Seen {
            snapshot,
            decoded,
            fresh: false,
        })
    }

    /// Asks the store, and remembers what it said where a plan could use it. What is remembered of
    /// the catalogue is not asked again while its version is the same.
    async fn read(
        &self,
        tenant: &TenantId,
        keys: &Arc<Keys>,
        items: &[Item<'_>],
    ) -> Result<Seen, Arc<StoreError>> {
        self.counts.asked();
        let places =
            |item: &Item<'_>| matches!(item.command, Command::Place(_) | Command::Enqueue(_));
        let view = self.view.as_ref().filter(|_| items.iter().any(places));
        // Other commands look at the documents of hubs, not at their book.
        if let Some(view) = view.filter(|_| items.iter().all(places))
            && let Some(rest) = view.rest(tenant, keys).map(Arc::new)
        {
            let Read { mut snapshot, call } = self.gate.prefetch(tenant, &rest).await?;
            view.learn_of(tenant, &rest, &snapshot, &call);
            if let Some(decoded) = view.complete(tenant, keys, &rest, &mut snapshot) {
                return Ok(Seen {
                    decoded,
                    snapshot,
                    fresh: true,
                });
            }
            // Once more, for everything.
            self.counts.asked();
        }
        let Read { snapshot, call } = self.gate.prefetch(tenant, keys).await?;
        let learned = view.map(|view| view.learn_of(tenant, keys, &snapshot, &call));
        Ok(Seen {
            decoded: learned.unwrap_or_default(),
            snapshot,
            fresh: true,
        })
    }

    /// Fails the pending items whose rows cannot be read, after they could not be read for all
    /// together: what one of them asks for may be to blame, so each is asked for alone. Where the
    /// store cannot be asked now, that is the answer.
    async fn sift(
        &self,
        tenant: &TenantId,
        items: &mut [Item<'_>],
        error: Arc<StoreError>,
    ) -> Result<(), Arc<StoreError>> {
        if error.is_retryable() {
            return Err(error);
        }
        let mut told = false;
        if pending(items) > 1 {
            for item in items.iter_mut() {
                if !item.is_pending() {
                    continue;
                }
                self.counts.asked();
                match self.gate.prefetch(tenant, &item.keys).await {
                    Ok(_) => {}
                    Err(error) if error.is_retryable() => return Err(error),
                    Err(error) => {
                        item.fail(&error);
                        told = true;
                    }
                }
            }
        }
        // What fails for all together and for nobody alone is everybody's.
        if !told {
            fail(items, &error);
        }
        Ok(())
    }

    /// Takes numbers for every order that waits for one; if there are none, the asking item fails.
    /// With a store that cannot be asked now all of them do: each would wait for it once more.
    async fn number(&self, tenant: &TenantId, items: &mut [Item<'_>], place: usize) {
        let wanting = items.iter().filter(|item| item.wants_number()).count();
        match self.numbers.take(tenant, wanting).await {
            Ok(numbers) => give(items, numbers),
            Err(error) if error.is_retryable() => {
                let wanting = items.iter_mut().filter(|item| item.wants_number());
                wanting.for_each(|item| item.fail(&error));
            }
            Err(error) => {
                if let Some(item) = items.get_mut(place) {
                    item.fail(&error);
                }
            }
        }
    }

    /// Plans the pending items in order, as far as they can be committed together.
    fn round(
        &self,
        tenant: &TenantId,
        keys: &Keys,
        mut seen: Seen,
        items: &mut [Item<'_>],
    ) -> Round {
        let mut writes: Vec<Write> = Vec::with_capacity(pending(items));
        let mut written = Written::default();
        let last = items.len().saturating_sub(1);
        for (place, item) in items.iter_mut().enumerate() {
            if !item.is_pending() {
                continue;
            }
            let first = writes.is_empty();
            // A plan answers for what its own item asked for, so that it is known what it read.
            let planned = loop {
                if !first && written.changes(&item.keys, &seen.snapshot) {
                    return Round::Commit(writes);
                }
                match self.plan_item(tenant, &seen, item) {
                    // Others asked for the same already.
                    Ok(Planned::More(more)) if keys.covers(&more) && !item.keys.covers(&more) => {
                        Arc::make_mut(&mut item.keys).merge(more);
                    }
                    planned => break planned,
                }
            };
            let certain = seen.fresh && (first || !written.changes_stock(&item.keys));
            match planned {
                Ok(Planned::Write(change_set, receipt)) => {
                    if !certain && !is_content(item.command, &receipt) {
                        break;
                    }
                    let change_set = completed(item, &seen, *change_set);
                    let mut foreseen = Foreseen::Accepted;
                    if place != last {
                        written.add(&change_set);
                        foreseen = seen.snapshot.foresee(keys, &change_set);
                    }
                    writes.push(Write {
                        place,
                        change_set,
                        receipt,
                    });
                    match foreseen {
                        Foreseen::Accepted => {}
                        // Nothing behind it may be done before it is known what became of it, or
                        // relies on claims that end for it.
                        Foreseen::Reclaims | Foreseen::Refused(_) | Foreseen::Unknown => break,
                    }
                }
                Ok(Planned::More(more)) if first => {
                    return Round::Ask(self.all_ask(tenant, &seen, items, (place, more)));
                }
                Ok(Planned::Number) if first => return Round::Number(place),
                Ok(Planned::Already(receipt)) if certain => {
                    item.answer(Ok(receipt), &seen.snapshot)
                }
                Err(error) if certain => item.answer(Err(error), &seen.snapshot),
                Ok(Planned::More(_) | Planned::Number | Planned::Already(_)) | Err(_) => break,
            }
        }
        Round::Commit(writes)
    }

    /// What the first item asks for, and what those behind it do on the same answer: as nothing is
    /// written yet, all of it is read by one call.
    fn all_ask(
        &self,
        tenant: &TenantId,
        seen: &Seen,
        items: &[Item<'_>],
        first: (usize, Keys),
    ) -> Vec<(usize, Keys)> {
        let behind = items.iter().enumerate().skip(first.0 + 1);
        let behind = behind.filter(|(_, item)| item.is_pending());
        let asks = behind.filter_map(|(place, item)| {
            let planned = self.plan_item(tenant, seen, item);
            let Ok(Planned::More(more)) = planned else {
                return None;
            };
            Some((place, more))
        });
        std::iter::once(first).chain(asks).collect()
    }

    fn plan_item(&self, tenant: &TenantId, seen: &Seen, item: &Item<'_>) -> Result<Planned, Error> {
        if let Some(record) = seen.snapshot.commands.get(&item.origin.key) {
            if record.fingerprint != item.fingerprint {
                let key = item.origin.key.clone();
                return Err(Rejection::KeyReused { key }.into());
            }
            return Ok(Planned::Already(read_receipt(&record.receipt)?));
        }
        if item.expected.is_some() && !item.command.is_versioned() {
            let command = item.command.name().to_owned();
            return Err(Rejection::NotVersioned { command }.into());
        }
        let ids = || -> Uuid { self.ids.next_id() };
        let context = Context {
            tenant,
            keys: &item.keys,
            snapshot: &seen.snapshot,
            fresh: seen.fresh,
            book: seen.decoded.book.as_deref(),
            settings: seen.decoded.settings.as_deref(),
            origin: &item.origin,
            fingerprint: item.fingerprint,
            expected: item.expected,
            ids: &ids,
            number: item.number,
        };
        match plan::plan(&context, item.command) {
            Ok(Planned::Already(receipt)) if item.keyed && !receipt.known => {
                Ok(remember(&context, receipt))
            }
            Ok(planned) => Ok(planned),
            Err(Rejection::Unreadable { error }) => Err(error.into()),
            Err(rejection) => Err(rejection.into()),
        }
    }

    /// Commits what was planned and notes what became of each item.
    async fn commit(&self, tenant: &TenantId, items: &mut [Item<'_>], writes: Vec<Write>) {
        let mut places = Vec::with_capacity(writes.len());
        let mut change_sets = Vec::with_capacity(writes.len());
        for write in writes {
            places.push((write.place, write.receipt));
            change_sets.push(write.change_set);
        }
        let view = self.view.as_ref();
        let touched = view.map(|view| (view, view.count(tenant, &change_sets)));
        let committed = self.gate.commit(tenant, change_sets).await;
        if let Some((view, touched)) = touched {
            let outcomes = committed.as_ref().ok();
            view.settle(tenant, &touched, outcomes.map(Vec::as_slice));
        }
        match committed {
            Ok(outcomes) => {
                for ((place, receipt), outcome) in places.into_iter().zip(outcomes) {
                    if let Some(item) = items.get_mut(place) {
                        item.note(outcome, receipt);
                    }
                }
            }
            Err(error) => {
                for (place, _) in places {
                    if let Some(item) = items.get_mut(place) {
                        item.lose(&error);
                    }
                }
            }
        }
    }
}

/// What an item commits: what was planned, what that relies on, and what the host adds.
fn completed(item: &mut Item<'_>, seen: &Seen, mut change_set: ChangeSet) -> ChangeSet {
    if !seen.fresh {
        change_set.require_catalogue(seen.snapshot.catalogue);
    }
    if let Some(extension) = item.extension {
        extension(&mut change_set);
    }
    item.see_room(&seen.snapshot, &change_set);
    change_set
}

/// An answer that writes nothing is still remembered under the caller's key, so that a late repeat
/// of it does nothing then.
fn remember(context: &Context<'_>, receipt: Receipt) -> Planned {
    let mut change_set = ChangeSet::new(
        context.origin.clone(),
        context.fingerprint,
        "",
        context.snapshot.now,
    );
    change_set.receipt = receipt.stored().into();
    Planned::Write(Box::new(change_set), receipt)
}
