#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_executor::block_on;

use super::*;
use crate::event::{EventRecord, StreamId};
use crate::job::JobDraft;
use crate::plan::{
    ChangeSet, DocumentKey, Keys, Outcome, Refusal, Requirement, Snapshot, StoredDocument,
};
use crate::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, StoreError, TenantBatch, Violation,
};
use crate::reservation::{Reservation, ReservationKey};
use crate::stock::{Movement, StockKey, StockLevel};
use crate::testing::build::{Change, customer_id, host, host_document, tenant, update, version};
use crate::value::{CustomerId, JobId, LocalDate, OrderNumber, Timestamp, Version};

/// A store that holds nothing and counts the calls that reach it.
#[derive(Debug, Default)]
pub(in crate::testing) struct Bottom {
    pub(in crate::testing) reached: AtomicUsize,
    /// How many tenants committed together at most.
    pub(in crate::testing) together: AtomicUsize,
}

impl Bottom {
    fn answer<T>(&self, value: T) -> Result<T, StoreError> {
        self.reached.fetch_add(1, Ordering::SeqCst);
        Ok(value)
    }

    fn page<T, C>(&self) -> Result<Page<T, C>, StoreError> {
        self.answer(Page::new(Vec::new(), None))
    }
}

#[async_trait]
impl Store for Bottom {
    async fn prefetch(&self, _: &TenantId, _: &Keys) -> Result<Snapshot, StoreError> {
        self.answer(Snapshot::empty(Timestamp::EPOCH))
    }

    async fn commit(&self, _: &TenantId, items: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        let at = Timestamp::EPOCH;
        self.answer(vec![Outcome::Committed { at }; items.len()])
    }

    async fn commit_each(&self, batches: &[TenantBatch]) -> Vec<Result<Vec<Outcome>, StoreError>> {
        self.together.fetch_max(batches.len(), Ordering::SeqCst);
        let mut answers = Vec::new();
        for batch in batches {
            answers.push(self.commit(&batch.tenant, &batch.items).await);
        }
        answers
    }

    fn tenants_max(&self) -> usize {
        9
    }

    async fn take_numbers(&self, _: &TenantId, _: u32) -> Result<OrderNumber, StoreError> {
        self.answer(OrderNumber::FIRST)
    }

    async fn orders(
        &self,
        _: &TenantId,
        _: &OrderFilter,
        _: Option<OrderCursor>,
        _: usize,
    ) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
        self.page()
    }

    async fn documents(
        &self,
        _: &TenantId,
        _: &DocumentFilter,
        _: Option<&DocumentKey>,
        _: usize,
    ) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
        self.page()
    }

    async fn personal(
        &self,
        _: &TenantId,
        _: CustomerId,
        _: Option<&DocumentKey>,
        _: usize,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        self.answer(Vec::new())
    }

    async fn history(
        &self,
        _: &TenantId,
        _: &StreamId,
        _: Version,
        _: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.answer(Vec::new())
    }

    async fn stock(
        &self,
        _: &TenantId,
        _: &StockFilter,
        _: Option<&StockKey>,
        _: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError> {
        self.page()
    }

    async fn movements(
        &self,
        _: &TenantId,
        _: &MovementFilter,
        _: Option<MovementCursor>,
        _: usize,
    ) -> Result<Page<Movement, MovementCursor>, StoreError> {
        self.page()
    }

    async fn reservations(
        &self,
        _: &TenantId,
        _: &ReservationFilter,
        _: Option<&ReservationKey>,
        _: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
        self.page()
    }

    async fn jobs(
        &self,
        _: &TenantId,
        _: Option<JobId>,
        _: usize,
    ) -> Result<Page<JobDraft, JobId>, StoreError> {
        self.page()
    }

    async fn tenants(
        &self,
        _: Option<&TenantId>,
        _: usize,
    ) -> Result<Page<TenantId, TenantId>, StoreError> {
        self.page()
    }

    async fn forget_commands(
        &self,
        _: &TenantId,
        _: Timestamp,
        _: usize,
    ) -> Result<usize, StoreError> {
        self.answer(0)
    }

    async fn forget_counters(
        &self,
        _: &TenantId,
        _: LocalDate,
        _: usize,
    ) -> Result<usize, StoreError> {
        self.answer(0)
    }

    async fn audit(&self, _: &TenantId) -> Result<Vec<Violation>, StoreError> {
        self.answer(Vec::new())
    }
}

fn faulty() -> (Arc<Bottom>, FaultStore) {
    let bottom = Arc::new(Bottom::default());
    let store = FaultStore::new(bottom.clone());
    (bottom, store)
}

fn commit(store: &FaultStore) -> Result<Vec<Outcome>, StoreError> {
    let item = Change::new("1").at(Timestamp::EPOCH);
    block_on(store.commit(&tenant("acme"), &[item.clone(), item]))
}

/// Calls a method and answers the code of its error, or `done`.
fn call(store: &FaultStore, method: Method) -> &'static str {
    let acme = tenant("acme");
    let code = |error: StoreError| error.code();
    let found = block_on(async {
        match method {
            Method::Prefetch => store.prefetch(&acme, &Keys::default()).await.err(),
            Method::Commit => store.commit(&acme, &[]).await.err(),
            Method::TakeNumbers => store.take_numbers(&acme, 1).await.err(),
            Method::Orders => {
                let filter = OrderFilter::default();
                store.orders(&acme, &filter, None, 1).await.err()
            }
            Method::Documents => {
                let kind = host("a").kind();
                let filter = DocumentFilter::of(kind);
                store.documents(&acme, &filter, None, 1).await.err()
            }
            Method::Personal => store.personal(&acme, customer_id(1), None, 1).await.err(),
            Method::History => {
                let stream = StreamId::tenant();
                let after = Version::ZERO;
                store.history(&acme, &stream, after, 1).await.err()
            }
            Method::Stock => {
                let filter = StockFilter::default();
                store.stock(&acme, &filter, None, 1).await.err()
            }
            Method::Movements => {
                let filter = MovementFilter::default();
                store.movements(&acme, &filter, None, 1).await.err()
            }
            Method::Reservations => {
                let filter = ReservationFilter::default();
                store.reservations(&acme, &filter, None, 1).await.err()
            }
            Method::Jobs => store.jobs(&acme, None, 1).await.err(),
            Method::Tenants => store.tenants(None, 1).await.err(),
            Method::ForgetCommands => {
                let before = Timestamp::EPOCH;
                store.forget_commands(&acme, before, 1).await.err()
            }
            Method::ForgetCounters => {
                let before = LocalDate::utc(Timestamp::EPOCH);
                store.forget_counters(&acme, before, 1).await.err()
            }
            Method::Audit => store.audit(&acme).await.err(),
        }
    });
    found.map_or("done", code)
}

#[test]
fn without_a_plan_every_call_goes_through_and_is_written_down() {
    let (bottom, store) = faulty();
    for method in Method::ALL {
        assert_eq!(call(&store, method), "done", "{method:?}");
    }
    assert_eq!(bottom.reached.load(Ordering::SeqCst), Method::ALL.len());
    let calls = store.calls();
    assert_eq!(
        calls.iter().map(|call| call.method).collect::<Vec<_>>(),
        Method::ALL
    );
    assert!(
        calls
            .iter()
            .all(|call| call.number == 1 && call.fault.is_none())
    );
    let without_tenant = calls.iter().filter(|call| call.tenant.is_none());
    assert_eq!(
        without_tenant.map(|call| call.method).collect::<Vec<_>>(),
        [Method::Tenants]
    );
}

#[test]
fn every_method_meets_every_fault() {
    for method in Method::ALL {
        let unknown = if method == Method::Commit {
            "outcome_unknown"
        } else {
            "unavailable"
        };
        let wanted = [
            (Fault::Unavailable, "unavailable", 0),
            (Fault::Busy, "busy", 0),
            (Fault::LostReply, unknown, 1),
            (Fault::LostRequest, unknown, 0),
            (Fault::Delay(3), "done", 1),
        ];
        for (fault, code, reached) in wanted {
            let (bottom, store) = faulty();
            store.fail_next(method, fault);
            assert_eq!(call(&store, method), code, "{method:?} {fault:?}");
            assert_eq!(
                bottom.reached.load(Ordering::SeqCst),
                reached,
                "{method:?} {fault:?}"
            );
            assert_eq!(store.calls()[0].fault, Some(fault));
            assert_eq!(call(&store, method), "done", "only once");
        }
    }
}

#[test]
fn a_conflict_is_for_commits_alone() {
    let (bottom, store) = faulty();
    store.fail_next(Method::Audit, Fault::Conflict);
    assert_eq!(call(&store, Method::Audit), "done");
    assert_eq!(store.take_calls()[0].fault, None);
    assert!(store.calls().is_empty());

    store.fail_next(Method::Commit, Fault::Conflict);
    let items = [
        Change::new("1").document(host_document("a")),
        Change::new("2").document(update(host_document("b"), 4)),
        Change::new("3").requires(Requirement::Active(host("c"))),
        Change::new("4").requires(Requirement::Unchanged(host("d"), version(7))),
        Change::new("5"),
    ];
    let items = items.map(|item| item.at(Timestamp::EPOCH));
    let outcomes = block_on(store.commit(&tenant("acme"), &items)).unwrap();
    let wanted = [
        (host("a"), Some(version(1))),
        (host("b"), Some(version(5))),
        (host("c"), None),
        (host("d"), Some(version(8))),
        (DocumentKey::Settings, None),
    ];
    let wanted =
        wanted.map(|(document, current)| Outcome::Refused(Refusal::Conflict { document, current }));
    assert_eq!(outcomes, wanted);
    assert_eq!(bottom.reached.load(Ordering::SeqCst), 1, "only the audit");
    assert_eq!(store.calls()[0].items, 5);
}

#[test]
fn tenants_that_commit_together_meet_faults_of_their_own() {
    let (bottom, store) = faulty();
    assert_eq!(store.tenants_max(), bottom.tenants_max());
    let met = [
        (None, "done"),
        (Some(Fault::Unavailable), "unavailable"),
        (Some(Fault::Busy), "busy"),
        (Some(Fault::LostReply), "outcome_unknown"),
        (Some(Fault::LostRequest), "outcome_unknown"),
        (Some(Fault::Conflict), "refused"),
        (Some(Fault::Delay(3)), "done"),
    ];
    for (nth, (fault, _)) in (1..).zip(met) {
        if let Some(fault) = fault {
            store.fail_nth(Method::Commit, nth, fault);
        }
    }
    let item = Change::new("1").at(Timestamp::EPOCH);
    let batch = |n: usize| TenantBatch {
        tenant: tenant(&format!("shop-{n}")),
        items: vec![item.clone(); n + 1],
    };
    let batches: Vec<TenantBatch> = (0..met.len()).map(batch).collect();
    let answers = block_on(store.commit_each(&batches));
    let told = |(n, answer): (usize, &Result<Vec<Outcome>, StoreError>)| match answer {
        Err(error) => error.code(),
        Ok(outcomes) => {
            assert_eq!(outcomes.len(), n + 1, "an answer of its own");
            match outcomes[0] {
                Outcome::Committed { .. } => "done",
                Outcome::Repeated { .. } => "repeated",
                Outcome::Refused(_) => "refused",
            }
        }
    };
    let told: Vec<&str> = answers.iter().enumerate().map(told).collect();
    assert_eq!(told, met.map(|(_, told)| told));
    assert_eq!(bottom.reached.load(Ordering::SeqCst), 3);
    assert_eq!(bottom.together.load(Ordering::SeqCst), 3);
    let calls = store.take_calls();
    for ((call, batch), (fault, _)) in calls.iter().zip(&batches).zip(met) {
        assert_eq!((call.method, call.fault), (Method::Commit, fault));
        assert_eq!(call.tenant.as_ref(), Some(&batch.tenant));
        assert_eq!(call.items, batch.items.len());
    }
    assert_eq!(calls.len(), batches.len());
    block_on(store.commit_each(&batches));
    assert_eq!(bottom.together.load(Ordering::SeqCst), met.len());
}

#[test]
fn faults_are_planned_by_number_and_healed() {
    let (_, store) = faulty();
    store.fail_nth(Method::Commit, 2, Fault::Busy);
    store.fail_next(Method::Commit, Fault::Unavailable);
    store.fail_next(Method::Commit, Fault::LostRequest);
    let codes: Vec<_> = (0..4).map(|_| call(&store, Method::Commit)).collect();
    assert_eq!(codes, ["unavailable", "busy", "outcome_unknown", "done"]);
    store.fail_next(Method::Commit, Fault::Busy);
    store.fail_when(|_| Some(Fault::Busy));
    store.heal();
    assert_eq!(call(&store, Method::Commit), "done");
    assert_eq!(store.calls().last().unwrap().number, 5);
}

#[test]
fn a_rule_sees_the_call() {
    let (_, store) = faulty();
    store.fail_when(|call| (call.items == 2 && call.number == 2).then_some(Fault::Busy));
    assert!(commit(&store).is_ok());
    assert_eq!(commit(&store).unwrap_err().code(), "busy");
    assert!(commit(&store).is_ok());
}

#[test]
fn chances_repeat_and_keep_to_their_methods() {
    let storm = |seed| {
        let (_, store) = faulty();
        let chances = Chances {
            methods: vec![Method::Audit],
            unavailable: 100,
            busy: 100,
            lost_reply: 100,
            lost_request: 100,
            conflict: 100,
            delay: 100,
        };
        store.fail_randomly(seed, chances);
        for _ in 0..500 {
            call(&store, Method::Audit);
            assert_eq!(call(&store, Method::Jobs), "done");
        }
        store
            .calls()
            .into_iter()
            .map(|call| call.fault)
            .collect::<Vec<_>>()
    };
    let faults = storm(1);
    assert_eq!(faults, storm(1));
    assert_ne!(faults, storm(2));
    let hits = |fault| faults.iter().filter(|found| **found == Some(fault)).count();
    for fault in [
        Fault::Unavailable,
        Fault::Busy,
        Fault::LostReply,
        Fault::LostRequest,
    ] {
        assert!(
            (20..80).contains(&hits(fault)),
            "{fault:?}: {}",
            hits(fault)
        );
    }
    assert_eq!(hits(Fault::Conflict), 0, "not for an audit");
    for polls in 1..=3 {
        assert!(hits(Fault::Delay(polls)) > 0);
    }
}
