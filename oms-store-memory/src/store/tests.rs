#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::event::{Actor, ActorKind, Origin};
use oms_core::plan::{ChangeSet, Fingerprint, Keys};
use oms_core::port::{Store, StoreError};
use oms_core::value::{IdempotencyKey, TenantId};

use super::MemoryStore;

const fn shared<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}

/// It is enough that this compiles.
const _: () = shared::<MemoryStore>();

#[test]
fn a_poisoned_tenant_is_corrupt_and_others_go_on() {
    let store = MemoryStore::new();
    let (bad, good) = (
        TenantId::parse("bad").unwrap(),
        TenantId::parse("good").unwrap(),
    );
    store.spoil(&bad, |_| ());
    let spoilt = store.clone();
    let name = bad.clone();
    let panicked = std::thread::spawn(move || {
        spoilt.spoil(&name, |_| panic!("a thread that stops while it writes"));
    });
    assert!(panicked.join().is_err());
    let now = block_on(store.prefetch(&good, &Keys::default()))
        .unwrap()
        .now;
    let origin = Origin {
        actor: Actor::new(ActorKind::System),
        reason: None,
        request_id: None,
        key: IdempotencyKey::parse("key").unwrap(),
    };
    let set = ChangeSet::new(origin, Fingerprint([0; 33]), Arc::from("null"), now);
    let answers = [
        block_on(store.prefetch(&bad, &Keys::default())).map(drop),
        block_on(store.commit(&bad, std::slice::from_ref(&set))).map(drop),
        block_on(store.take_numbers(&bad, 1)).map(drop),
        block_on(store.audit(&bad)).map(drop),
        store.stats(&bad).map(drop),
    ];
    for answer in answers {
        let Err(StoreError::Corrupt { what, .. }) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(what, "tenant bad");
    }
    assert!(block_on(store.commit(&good, &[set])).is_ok());
}

#[test]
fn a_poisoned_list_of_tenants_is_corrupt() {
    let store = MemoryStore::new();
    let id = TenantId::parse("new").unwrap();
    let spoilt = store.clone();
    let name = id.clone();
    // The first write of a tenant happens under the lock of the list.
    let panicked = std::thread::spawn(move || spoilt.spoil(&name, |_| panic!("stop")));
    assert!(panicked.join().is_err());
    let answer = block_on(store.prefetch(&id, &Keys::default()));
    assert!(
        matches!(answer, Err(StoreError::Corrupt { .. })),
        "{answer:?}"
    );
    let answer = block_on(store.tenants(None, 1));
    assert!(
        matches!(answer, Err(StoreError::Corrupt { .. })),
        "{answer:?}"
    );
}

#[test]
fn order_numbers_end() {
    use oms_core::value::OrderNumber;

    let store = MemoryStore::new();
    let id = TenantId::parse("acme").unwrap();
    let last = OrderNumber::new(OrderNumber::FIRST.get() + i64::MAX.unsigned_abs() - 1).unwrap();
    store.spoil(&id, |tenant| tenant.start_numbers_at(last));
    let two = block_on(store.take_numbers(&id, 2));
    assert!(
        matches!(two, Err(StoreError::InvalidCall { .. })),
        "{two:?}"
    );
    assert_eq!(block_on(store.take_numbers(&id, 1)).unwrap(), last);
    let more = block_on(store.take_numbers(&id, 1));
    assert!(
        matches!(more, Err(StoreError::InvalidCall { .. })),
        "{more:?}"
    );
}
