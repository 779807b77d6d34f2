//! What lies between callers and the store: time, loss, repetition.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;

use crate::event::{EventRecord, StreamId};
use crate::job::JobDraft;
use crate::plan::{ChangeSet, DocumentKey, Keys, Outcome, Refusal, Snapshot, StoredDocument};
use crate::port::{
    Clock, DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, TenantBatch, Violation,
};
use crate::reservation::{Reservation, ReservationKey};
use crate::stock::{Movement, StockKey, StockLevel};
use crate::testing::simulation::picture::failed;
use crate::testing::simulation::report::Broken;
use crate::testing::simulation::state::{State, Straggler};
use crate::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};

/// What a commit is answered.
type Answer = Result<Vec<Outcome>, StoreError>;

/// A store as callers see it: every call waits before and after the work is done, so that others
/// go on and callers vanish in between.
#[derive(Clone, Debug)]
pub(super) struct Network {
    inner: Arc<dyn Store>,
    state: Arc<Mutex<State>>,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Unavailable,
    Busy,
    LostRequest,
    LostReply,
    Straggler,
    Twin,
    Conflict,
}

impl Network {
    pub(super) fn new(inner: Arc<dyn Store>, state: State) -> Self {
        Self {
            inner,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The store without the network.
    pub(super) fn store(&self) -> &dyn Store {
        &*self.inner
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A run is over once something panicked, whatever was half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers a commit whose caller gave up on it.
    pub(super) async fn deliver(&self, straggler: Straggler) {
        let Straggler { op, tenant, items } = straggler;
        match self.inner.commit(&tenant, &items).await {
            Ok(outcomes) => {
                let mut state = self.state();
                state.report.add("late commit");
                state.note(format_args!("a late commit of operation {op} arrives"));
                state.post(op, &tenant, &items, &outcomes, false);
            }
            Err(error) => self.state().keep(Err(failed(&error))),
        }
    }

    /// Lets others go on.
    async fn pause(&self, most: u64) {
        let mut polls = self.state().random.below(most.saturating_add(1));
        poll_fn(|_| {
            if polls == 0 {
                return Poll::Ready(());
            }
            polls -= 1;
            // The driver polls again without being woken.
            self.state().paused = true;
            Poll::Pending
        })
        .await;
    }

    fn mishap(&self, of_commit: bool) -> Option<Mishap> {
        let mut state = self.state();
        let trouble = state.trouble;
        let mut left = state.random.below(1_000);
        let late = if of_commit { 1 } else { 0 };
        let chances = [
            (trouble.unavailable, Mishap::Unavailable),
            (trouble.busy, Mishap::Busy),
            (trouble.lost_request, Mishap::LostRequest),
            (trouble.lost_reply, Mishap::LostReply),
            (trouble.straggler * late, Mishap::Straggler),
            (trouble.twin * late, Mishap::Twin),
            (trouble.conflict * late, Mishap::Conflict),
        ];
        for (chance, mishap) in chances {
            match left.checked_sub(u64::from(chance)) {
                Some(rest) => left = rest,
                None => {
                    let op = state.op;
                    state.report.add(mishap.name());
                    state.note(format_args!("operation {op} meets: {}", mishap.name()));
                    return Some(mishap);
                }
            }
        }
        None
    }

    /// Any call but `commit`.
    async fn call<T: Send>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
        look: impl FnOnce(&mut State, &T) + Send,
    ) -> Result<T, StoreError> {
        self.pause(2).await;
        let mishap = self.mishap(false);
        match mishap {
            Some(Mishap::Unavailable | Mishap::LostRequest) => return Err(unavailable()),
            Some(Mishap::Busy) => return Err(busy()),
            Some(Mishap::LostReply) | None => {}
            Some(Mishap::Straggler | Mishap::Twin | Mishap::Conflict) => {}
        }
        let answer = call.await;
        {
            let mut state = self.state();
            let op = state.op;
            state.note(format_args!("operation {op} asks {what}"));
            match &answer {
                Ok(answer) => look(&mut state, answer),
                Err(error) => state.keep(Err(failed(error))),
            }
        }
        self.pause(1).await;
        if mishap == Some(Mishap::LostReply) {
            return Err(unavailable());
        }
        answer
    }

    /// What the caller of a commit hears that does not reach the store, or not in time.
    fn cut_off(
        &self,
        mishap: Option<Mishap>,
        tenant: &TenantId,
        items: &[ChangeSet],
    ) -> Option<Answer> {
        match mishap? {
            Mishap::Unavailable => Some(Err(unavailable())),
            Mishap::Busy => Some(Err(busy())),
            Mishap::LostRequest => Some(Err(unknown())),
            Mishap::Conflict => Some(Ok(items.iter().map(conflict).collect())),
            Mishap::Straggler => {
                self.later(tenant, items);
                Some(Err(unknown()))
            }
            Mishap::LostReply | Mishap::Twin => None,
        }
    }

    /// Writes down what the store answered to a commit.
    fn arrived(
        &self,
        mishap: Option<Mishap>,
        tenant: &TenantId,
        items: &[ChangeSet],
        answer: &Answer,
    ) {
        {
            let mut state = self.state();
            let op = state.op;
            state.note(format_args!("operation {op} commits {}", items.len()));
            match answer {
                Ok(outcomes) => state.post(op, tenant, items, outcomes, true),
                Err(error) => state.keep(Err(failed(error))),
            }
        }
        if let (Some(Mishap::Twin), Ok(outcomes)) = (mishap, answer) {
            // What was refused is not sent again: nobody would believe the first answer.
            let done = items.iter().zip(outcomes);
            let done = done.filter(|(_, outcome)| outcome.is_done());
            let done: Vec<ChangeSet> = done.map(|(item, _)| item.clone()).collect();
            self.later(tenant, &done);
        }
    }

    /// Makes a commit arrive later.
    fn later(&self, tenant: &TenantId, items: &[ChangeSet]) {
        let mut state = self.state();
        let op = state.op;
        state.stragglers.push(Straggler {
            op,
            tenant: tenant.clone(),
            items: items.to_vec(),
        });
    }
}

impl Mishap {
    const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::LostRequest => "lost request",
            Self::LostReply => "lost reply",
            Self::Straggler => "straggler",
            Self::Twin => "twin",
            Self::Conflict => "conflict",
        }
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        detail: "the simulation cut the line".to_owned(),
        source: None,
    }
}

fn busy() -> StoreError {
    StoreError::Busy {
        detail: "the simulation filled the queue".to_owned(),
    }
}

fn unknown() -> StoreError {
    StoreError::OutcomeUnknown {
        detail: "the simulation lost it".to_owned(),
        source: None,
    }
}

/// What an item hears if somebody else has just written its first document.
fn conflict(item: &ChangeSet) -> Outcome {
    let document = item.documents.first();
    let document = document.map_or(DocumentKey::Settings, |write| write.key.clone());
    Outcome::Refused(Refusal::Conflict {
        document,
        current: None,
    })
}

/// What the caller of a commit hears that reached the store.
fn lost(mishap: Option<Mishap>, answer: Answer) -> Answer {
    if mishap == Some(Mishap::LostReply) {
        return Err(unknown());
    }
    answer
}

fn no_look<T>(_: &mut State, _: &T) {}

impl Clock for Network {
    fn now(&self) -> Timestamp {
        self.state().now
    }
}

#[async_trait]
impl Store for Network {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Result<Snapshot, StoreError> {
        let saw = |state: &mut State, _: &Snapshot| state.saw(tenant);
        self.call("prefetch", self.inner.prefetch(tenant, keys), saw)
            .await
    }

    async fn commit(
        &self,
        tenant: &TenantId,
        items: &[ChangeSet],
    ) -> Result<Vec<Outcome>, StoreError> {
        self.pause(2).await;
        let mishap = self.mishap(true);
        if let Some(answer) = self.cut_off(mishap, tenant, items) {
            return answer;
        }
        let answer = self.inner.commit(tenant, items).await;
        self.arrived(mishap, tenant, items, &answer);
        self.pause(2).await;
        lost(mishap, answer)
    }

    async fn commit_each(&self, batches: &[TenantBatch]) -> Vec<Answer> {
        self.pause(2).await;
        let met = batches.iter().map(|batch| {
            let TenantBatch { tenant, items } = batch;
            let mishap = self.mishap(true);
            (batch, mishap, self.cut_off(mishap, tenant, items))
        });
        let met: Vec<_> = met.collect();
        let sent = met.iter().filter(|(.., cut_off)| cut_off.is_none());
        let sent: Vec<TenantBatch> = sent.map(|(batch, ..)| (*batch).clone()).collect();
        let mut answers = self.inner.commit_each(&sent).await.into_iter();
        let mut heard = Vec::with_capacity(batches.len());
        for (batch, mishap, cut_off) in met {
            if let Some(answer) = cut_off {
                heard.push(answer);
                continue;
            }
            let Some(answer) = answers.next() else {
                let detail = format!("tenant {} has no answer", batch.tenant);
                self.state().keep(Err(Broken::new("I8", detail)));
                continue;
            };
            self.arrived(mishap, &batch.tenant, &batch.items, &answer);
            heard.push(lost(mishap, answer));
        }
        self.pause(2).await;
        heard
    }

    fn tenants_max(&self) -> usize {
        self.inner.tenants_max()
    }

    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Result<OrderNumber, StoreError> {
        let call = self.inner.take_numbers(tenant, count);
        self.call("take_numbers", call, no_look).await
    }

    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
        let call = self.inner.orders(tenant, filter, after, limit);
        self.call("orders", call, no_look).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
        let call = self.inner.documents(tenant, filter, after, limit);
        self.call("documents", call, no_look).await
    }

    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        let call = self.inner.personal(tenant, customer, after, limit);
        self.call("personal", call, no_look).await
    }

    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let call = self.inner.history(tenant, stream, after, limit);
        self.call("history", call, no_look).await
    }

    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError> {
        let call = self.inner.stock(tenant, filter, after, limit);
        self.call("stock", call, no_look).await
    }

    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Result<Page<Movement, MovementCursor>, StoreError> {
        let call = self.inner.movements(tenant, filter, after, limit);
        self.call("movements", call, no_look).await
    }

    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
        let call = self.inner.reservations(tenant, filter, after, limit);
        self.call("reservations", call, no_look).await
    }

    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<JobDraft, JobId>, StoreError> {
        self.call("jobs", self.inner.jobs(tenant, after, limit), no_look)
            .await
    }

    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Page<TenantId, TenantId>, StoreError> {
        self.call("tenants", self.inner.tenants(after, limit), no_look)
            .await
    }

    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let call = self.inner.forget_commands(tenant, before, limit);
        let look = |state: &mut State, count: &usize| {
            let next_op = state.operations.len();
            let forgotten = state.book(tenant).forget(before, (*count, limit), next_op);
            state.keep(forgotten);
        };
        self.call("forget_commands", call, look).await
    }

    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let call = self.inner.forget_counters(tenant, before, limit);
        let look = |state: &mut State, count: &usize| {
            let book = state.book(tenant);
            let forgotten = book.forget_counters(before, *count, limit);
            state.keep(forgotten);
            if *count > 0 {
                state.report.add("counters forgotten");
            }
        };
        self.call("forget_counters", call, look).await
    }

    async fn audit(&self, tenant: &TenantId) -> Result<Vec<Violation>, StoreError> {
        self.call("audit", self.inner.audit(tenant), no_look).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::task::{Context, Poll, Waker};

    use super::{Network, State, Store, TenantBatch, Timestamp};
    use crate::testing::faults::tests::Bottom;
    use crate::testing::simulation::options::Trouble;
    use crate::testing::{Random, build};

    /// Polls until it is done, as the driver does.
    fn drive<T>(future: impl Future<Output = T>) -> T {
        let mut future = Box::pin(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
                return done;
            }
        }
    }

    #[test]
    fn tenants_that_commit_together_meet_mishaps_of_their_own() {
        let bottom = Arc::new(Bottom::default());
        let state = State::new(1, Random::new(1), Timestamp::EPOCH);
        let network = Network::new(bottom.clone(), state);
        network.state().trouble = Trouble {
            lost_request: 300,
            lost_reply: 300,
            ..Trouble::none()
        };
        assert_eq!(network.tenants_max(), bottom.tenants_max());
        let batch = |n: usize| TenantBatch {
            tenant: build::tenant(&format!("shop-{n}")),
            items: Vec::new(),
        };
        let batches: Vec<TenantBatch> = (0..100).map(batch).collect();
        let answers = drive(network.commit_each(&batches));
        let met = |what: &str| usize::try_from(network.state().report.count(what)).unwrap();
        let (requests, replies) = (met("lost request"), met("lost reply"));
        assert!(requests > 0 && replies > 0, "{requests} {replies}");
        let unknown = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!((answers.len(), unknown), (100, requests + replies));
        assert_eq!(bottom.reached.load(Ordering::SeqCst), 100 - requests);
        assert_eq!(bottom.together.load(Ordering::SeqCst), 100 - requests);
    }
}
