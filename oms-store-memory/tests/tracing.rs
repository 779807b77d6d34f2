//! With feature `tracing` every call has a span that names tenant, command, key and request.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use oms_core::service::{Call, Oms};
use oms_core::tenant::Settings;
use oms_core::value::{IdempotencyKey, RequestId, TenantId};
use oms_store_memory::MemoryStore;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

type Spans = Arc<Mutex<Vec<(String, BTreeMap<String, String>)>>>;

/// Notes the name and the fields of every span.
#[derive(Default)]
struct Notes(Spans);

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(
            field.name().to_owned(),
            format!("{value:?}").replace('"', ""),
        );
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = BTreeMap::new();
        span.record(&mut Fields(&mut fields));
        let mut spans = self.0.lock().unwrap();
        spans.push((span.metadata().name().to_owned(), fields));
        Id::from_u64(u64::try_from(spans.len()).unwrap())
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn spans_of(call: Call) -> Vec<(String, BTreeMap<String, String>)> {
    let spans = Spans::default();
    tracing::subscriber::with_default(Notes(Arc::clone(&spans)), || {
        let oms = Oms::builder(Arc::new(MemoryStore::new())).build();
        let tenant = oms.tenant(TenantId::parse("acme").unwrap());
        block_on(tenant.put_settings(Settings::default(), call)).unwrap();
    });
    let spans = spans.lock().unwrap();
    spans.clone()
}

#[test]
fn a_call_has_one_span_that_names_it() {
    let call = Call::default()
        .with_key(IdempotencyKey::parse("key-1").unwrap())
        .with_request_id(RequestId::parse("request-1").unwrap());
    let spans = spans_of(call);
    let [(name, fields)] = spans.as_slice() else {
        panic!("one span: {spans:?}")
    };
    assert_eq!(name, "oms.command");
    let wanted = [
        ("command", "put_settings"),
        ("key", "key-1"),
        ("request_id", "request-1"),
        ("tenant", "acme"),
    ];
    let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(*fields, BTreeMap::from(wanted));
}

#[test]
fn a_key_the_service_made_is_named_too() {
    let spans = spans_of(Call::default());
    assert!(
        spans.iter().all(|(_, fields)| fields.contains_key("key")),
        "{spans:?}"
    );
}
