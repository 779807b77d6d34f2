//! Prefetch, plan, commit, and again where others were faster.

use std::sync::Arc;

use uuid::Uuid;

use crate::event::Origin;
use crate::plan::{
    self, ChangeSet, Command, Context, Fingerprint, Keys, Outcome, Planned, Receipt, Refusal,
    Rejection, Snapshot,
};
use crate::port::{IdSource, Store, StoreError};
use crate::service::numbers::Numbers;
use crate::service::{Call, Done, DryRun, Error, Extension};
use crate::value::limits::{BATCH_ITEMS_MAX, RETRY_ATTEMPTS_MAX};
use crate::value::{IdempotencyKey, OrderNumber, TenantId, Version};

/// How often a plan may ask for more before the answer must do.
const LOOKS_MAX: usize = 4;

/// What all handles share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) numbers: Numbers,
}

/// A command on its way.
struct Item<'a> {
    command: &'a Command,
    origin: Origin,
    fingerprint: Fingerprint,
    expected: Option<Version>,
    extension: Option<&'a Extension>,
    number: Option<OrderNumber>,
    /// How often it was planned and refused by the store.
    attempts: u32,
    /// A commit of it was sent whose answer was lost: the failure.
    unknown: Option<Arc<StoreError>>,
    result: Option<Result<Done, Error>>,
}

/// One pass over the items that have no result yet.
enum Round {
    /// The plans have to know more.
    More(Keys),
    /// These are to be committed: the item's place, what to write, what to answer.
    Writes(Vec<(usize, ChangeSet, Receipt)>),
}

impl Engine {
    /// Runs commands one after another in slice order, in batches; answers item by item.
    pub(crate) async fn run(
        &self,
        tenant: &TenantId,
        commands: &[(Command, Call)],
    ) -> Vec<Result<Done, Error>> {
        let mut results = Vec::with_capacity(commands.len());
        for batch in commands.chunks(BATCH_ITEMS_MAX) {
            let mut items: Vec<Item<'_>> = batch
                .iter()
                .map(|(command, call)| self.item(command, call))
                .collect();
            self.run_batch(tenant, &mut items).await;
            let unfinished = || {
                Err(Error::Contended {
                    attempts: RETRY_ATTEMPTS_MAX,
                })
            };
            results.extend(
                items
                    .into_iter()
                    .map(|item| item.result.unwrap_or_else(unfinished)),
            );
        }
        results
    }

    /// Plans a command and writes nothing.
    pub(crate) async fn dry_run(
        &self,
        tenant: &TenantId,
        command: &Command,
        call: &Call,
    ) -> Result<DryRun, Error> {
        let mut items = [self.item(command, call)];
        let mut keys = keys_of(&items);
        self.number(tenant, &mut items).await?;
        let round = self.plan(tenant, &mut keys, &mut items).await;
        let [item] = items;
        self.numbers.give_back(tenant, item.number);
        match (item.result, round.map_err(Error::Store)?.pop()) {
            (Some(Ok(done)), _) => Ok(DryRun {
                receipt: done.receipt,
                change_set: None,
            }),
            (Some(Err(error)), _) => Err(error),
            (None, Some((_, change_set, receipt))) => Ok(DryRun {
                receipt,
                change_set: Some(change_set),
            }),
            (None, None) => Err(Error::Contended { attempts: 1 }),
        }
    }

    fn item<'a>(&self, command: &'a Command, call: &'a Call) -> Item<'a> {
        let key = call.key.clone().unwrap_or_else(|| self.new_key());
        Item {
            command,
            origin: Origin {
                actor: call.actor.clone(),
                reason: call.reason.clone(),
                request_id: call.request_id.clone(),
                key,
            },
            fingerprint: plan::fingerprint(command),
            expected: call.expected,
            extension: call.extension.as_ref(),
            number: None,
            attempts: 0,
            unknown: None,
            result: None,
        }
    }

    /// A key for a command whose caller gave none.
    pub(crate) fn new_key(&self) -> IdempotencyKey {
        IdempotencyKey::from_uuid(self.ids.next_id())
    }

    async fn run_batch(&self, tenant: &TenantId, items: &mut [Item<'_>]) {
        let mut keys = keys_of(items);
        loop {
            if let Err(error) = self.number(tenant, items).await {
                return fail(items, &Arc::new(error));
            }
            let writes = match self.plan(tenant, &mut keys, items).await {
                Ok(writes) => writes,
                Err(error) => return fail(items, &error),
            };
            if writes.is_empty() {
                self.reclaim_numbers(tenant, items);
                return;
            }
            self.commit(tenant, items, writes).await;
        }
    }

    /// Gives every order to place a number.
    async fn number(&self, tenant: &TenantId, items: &mut [Item<'_>]) -> Result<(), StoreError> {
        let needs = |item: &Item<'_>| {
            item.result.is_none()
                && item.number.is_none()
                && matches!(item.command, Command::Place(_))
        };
        let count = items.iter().filter(|item| needs(item)).count();
        if count == 0 {
            return Ok(());
        }
        let mut numbers = self
            .numbers
            .take(&*self.store, tenant, count)
            .await?
            .into_iter();
        for item in items.iter_mut().filter(|item| needs(item)) {
            item.number = numbers.next();
        }
        Ok(())
    }

    /// Numbers of orders that were not placed can be used by others.
    fn reclaim_numbers(&self, tenant: &TenantId, items: &mut [Item<'_>]) {
        let unused = items
            .iter_mut()
            .filter(|item| item.unknown.is_none())
            .filter_map(|item| {
                let rejected = matches!(item.result, Some(Err(Error::Rejected(_))));
                if rejected { item.number.take() } else { None }
            });
        self.numbers.give_back(tenant, unused);
    }

    /// Reads what the plans ask for and plans every item without a result.
    async fn plan(
        &self,
        tenant: &TenantId,
        keys: &mut Keys,
        items: &mut [Item<'_>],
    ) -> Result<Vec<(usize, ChangeSet, Receipt)>, Arc<StoreError>> {
        for _ in 0..LOOKS_MAX {
            if items.iter().all(|item| item.result.is_some()) {
                return Ok(Vec::new());
            }
            let snapshot = self.store.prefetch(tenant, keys).await.map_err(Arc::new)?;
            match self.plan_round(tenant, keys, snapshot, items) {
                Round::Writes(writes) => return Ok(writes),
                Round::More(more) => keys.merge(more),
            }
        }
        let detail = "a plan kept asking for more".to_owned();
        Err(Arc::new(StoreError::InvalidCall { detail }))
    }

    /// Plans the items in order; each sees what the ones before it will have done.
    ///
    /// An answer that writes nothing is final only on what the store said: behind an item that is
    /// yet to be committed it is asked again in the next round.
    fn plan_round(
        &self,
        tenant: &TenantId,
        keys: &Keys,
        mut snapshot: Snapshot,
        items: &mut [Item<'_>],
    ) -> Round {
        let mut writes = Vec::new();
        let mut more = Keys::default();
        let last = items.len().saturating_sub(1);
        for (place, item) in items.iter_mut().enumerate() {
            if item.result.is_some() {
                continue;
            }
            let fresh = writes.is_empty();
            match self.plan_item(tenant, keys, &snapshot, item) {
                Ok(Planned::Write(mut change_set, receipt)) => {
                    if let Some(extension) = item.extension {
                        extension(&mut change_set);
                    }
                    if place != last {
                        snapshot.apply(&change_set);
                    }
                    writes.push((place, *change_set, receipt));
                }
                Ok(Planned::More(keys)) => more.merge(keys),
                Ok(Planned::Already(receipt)) if fresh => {
                    let record = snapshot.commands.get(&item.origin.key);
                    let at = record.map_or(snapshot.now, |record| record.at);
                    let repeated = record.is_some() && item.unknown.is_none();
                    item.result = Some(Ok(Done {
                        receipt,
                        at,
                        repeated,
                    }));
                }
                Err(error) if fresh => item.result = Some(Err(item.honest(error))),
                Ok(Planned::Already(_)) | Err(_) => {}
            }
        }
        if more == Keys::default() {
            Round::Writes(writes)
        } else {
            Round::More(more)
        }
    }

    fn plan_item(
        &self,
        tenant: &TenantId,
        keys: &Keys,
        snapshot: &Snapshot,
        item: &Item<'_>,
    ) -> Result<Planned, Error> {
        if let Some(record) = snapshot.commands.get(&item.origin.key) {
            if record.fingerprint != item.fingerprint {
                return Err(Rejection::KeyReused {
                    key: item.origin.key.clone(),
                }
                .into());
            }
            return Ok(Planned::Already(read_receipt(&record.receipt)?));
        }
        let ids = || -> Uuid { self.ids.next_id() };
        let context = Context {
            tenant,
            keys,
            snapshot,
            origin: &item.origin,
            fingerprint: item.fingerprint,
            expected: item.expected,
            ids: &ids,
            number: item.number,
        };
        Ok(plan::plan(&context, item.command)?)
    }

    /// Commits what was planned and notes what became of each item.
    async fn commit(
        &self,
        tenant: &TenantId,
        items: &mut [Item<'_>],
        writes: Vec<(usize, ChangeSet, Receipt)>,
    ) {
        let (places, change_sets): (Vec<_>, Vec<_>) = writes
            .into_iter()
            .map(|(place, set, receipt)| ((place, receipt), set))
            .unzip();
        match self.store.commit(tenant, &change_sets).await {
            Ok(outcomes) => {
                for ((place, receipt), outcome) in places.into_iter().zip(outcomes) {
                    if let Some(item) = items.get_mut(place) {
                        item.note(outcome, receipt);
                    }
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for (place, _) in places {
                    if let Some(item) = items.get_mut(place) {
                        item.lose(&error);
                    }
                }
            }
        }
    }
}

impl Item<'_> {
    fn note(&mut self, outcome: Outcome, receipt: Receipt) {
        self.result = match outcome {
            Outcome::Committed { at } => Some(Ok(Done {
                receipt,
                at,
                repeated: false,
            })),
            Outcome::Repeated { receipt, at } => {
                let repeated = self.unknown.is_none();
                Some(read_receipt(&receipt).map(|receipt| Done {
                    receipt,
                    at,
                    repeated,
                }))
            }
            Outcome::Refused(Refusal::KeyReused { key }) => {
                Some(Err(Rejection::KeyReused { key }.into()))
            }
            Outcome::Refused(Refusal::Defect { problem }) => Some(Err(Error::Defect { problem })),
            Outcome::Refused(refusal) => {
                self.attempts += 1;
                (self.attempts >= RETRY_ATTEMPTS_MAX).then(|| Err(self.given_up(refusal)))
            }
        };
    }

    /// What to answer when the store keeps refusing what was planned on what it said.
    fn given_up(&self, refusal: Refusal) -> Error {
        let attempts = self.attempts;
        self.honest(match refusal {
            Refusal::Reservation {
                key,
                problem: reason,
            } => Rejection::Reservation { key, reason }.into(),
            Refusal::Defect { .. }
            | Refusal::KeyReused { .. }
            | Refusal::ClockSkew { .. }
            | Refusal::Taken { .. }
            | Refusal::Conflict { .. }
            | Refusal::Unmet { .. }
            | Refusal::Stock { .. } => Error::Contended { attempts },
        })
    }

    fn lose(&mut self, error: &Arc<StoreError>) {
        if error.is_outcome_unknown() {
            self.unknown = Some(error.clone());
            self.attempts += 1;
            if self.attempts < RETRY_ATTEMPTS_MAX {
                return;
            }
        }
        self.fail(error);
    }

    fn fail(&mut self, source: &Arc<StoreError>) {
        let error = Error::Store(source.clone());
        self.result = Some(Err(self.honest(error)));
    }

    /// While a commit whose answer was lost may still be under way, nothing else is certain.
    fn honest(&self, error: Error) -> Error {
        match &self.unknown {
            Some(source) => Error::OutcomeUnknown {
                key: self.origin.key.clone(),
                source: source.clone(),
            },
            None => error,
        }
    }
}

fn fail(items: &mut [Item<'_>], error: &Arc<StoreError>) {
    for item in items.iter_mut().filter(|item| item.result.is_none()) {
        item.fail(error);
    }
}

fn keys_of(items: &[Item<'_>]) -> Keys {
    let mut keys = Keys::default();
    for item in items {
        keys.merge(plan::keys(item.command));
        keys.commands.insert(item.origin.key.clone());
    }
    keys
}

fn read_receipt(json: &str) -> Result<Receipt, Error> {
    serde_json::from_str(json).map_err(|error| {
        let (what, detail) = ("the receipt of a command".to_owned(), error.to_string());
        Error::from(StoreError::Corrupt { what, detail })
    })
}
