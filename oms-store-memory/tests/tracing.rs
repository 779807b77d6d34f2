//! With feature `tracing` every call has a span that names tenant, command, key and request, and
//! says in the end what became of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use oms_core::hub::Hub;
use oms_core::plan::Command;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::tenant::Settings;
use oms_core::testing::{Fault, FaultStore, Method, build};
use oms_core::value::{IdempotencyKey, Name, RequestId, TenantId};
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

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.0.lock().unwrap();
        let place = usize::try_from(span.into_u64() - 1).unwrap();
        values.record(&mut Fields(&mut spans[place].1));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn spans_of(call: Call) -> Vec<(String, BTreeMap<String, String>)> {
    spans_while(|tenant, _| {
        block_on(tenant.put_settings(Settings::default(), call)).unwrap();
    })
}

/// The spans of what is done for a tenant, with a store that fails when it is told to.
fn spans_while(run: impl FnOnce(&Tenant, &FaultStore)) -> Vec<(String, BTreeMap<String, String>)> {
    let spans = Spans::default();
    tracing::subscriber::with_default(Notes(Arc::clone(&spans)), || {
        let store = FaultStore::new(Arc::new(MemoryStore::new()));
        let oms = Oms::builder(Arc::new(store.clone())).build();
        let tenant = oms.tenant(TenantId::parse("acme").unwrap());
        run(&tenant, &store);
    });
    let spans = spans.lock().unwrap();
    spans.clone()
}

fn hub() -> Hub {
    Hub::new(build::hub("north"), Name::parse("North").unwrap())
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
        ("outcome", "done"),
        ("replans", "0"),
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

#[test]
fn what_became_of_a_command_is_told_in_its_span() {
    let spans = spans_while(|tenant, store| {
        block_on(async {
            let again = || Call::default().with_key(IdempotencyKey::parse("key-1").unwrap());
            let refused = tenant.put_hub(hub(), Call::default()).await;
            assert_eq!(refused.unwrap_err().code(), "unknown_tenant");
            // Others are faster, and an answer is lost.
            store.fail_next(Method::Commit, Fault::Conflict);
            store.fail_next(Method::Commit, Fault::LostReply);
            for _ in 0..2 {
                let stored = tenant.put_settings(Settings::default(), again()).await;
                stored.unwrap();
            }
            store.fail_when(|call| (call.method == Method::Commit).then_some(Fault::Conflict));
            let contended = tenant.put_hub(hub(), Call::default()).await;
            assert_eq!(contended.unwrap_err().code(), "contended");
            store.heal();
            store.fail_next(Method::Prefetch, Fault::Unavailable);
            let failed = tenant.put_hub(hub(), Call::default()).await;
            assert_eq!(failed.unwrap_err().code(), "unavailable");
            let dry = tenant.dry_run(Command::PutHub(hub()), Call::default());
            dry.await.unwrap();
        });
    });
    let told = |field: &str| -> Vec<&str> {
        let spans = spans.iter();
        let told = spans.map(|(_, fields)| fields.get(field).map_or("-", String::as_str));
        told.collect()
    };
    let outcomes = [
        "rejected",
        "done",
        "repeated",
        "contended",
        "store",
        "planned",
    ];
    assert_eq!(told("outcome"), outcomes);
    let codes = ["unknown_tenant", "-", "-", "contended", "unavailable", "-"];
    assert_eq!(told("code"), codes);
    assert_eq!(told("replans"), ["0", "2", "0", "8", "0", "-"]);
}

#[test]
fn a_bulk_call_tells_how_many_commands_failed() {
    let spans = spans_while(|tenant, _| {
        let settings = Command::PutSettings(Settings::default());
        let commands = [Command::PutHub(hub()), settings, Command::PutHub(hub())];
        let commands = commands.map(|command| (command, Call::default()));
        let done = block_on(tenant.bulk(&commands));
        assert_eq!(done.iter().filter(|done| done.is_err()).count(), 1);
    });
    let [(name, fields)] = spans.as_slice() else {
        panic!("one span: {spans:?}")
    };
    assert_eq!(name, "oms.bulk");
    assert_eq!((&*fields["items"], &*fields["failed"]), ("3", "1"));
    assert_eq!(fields["replans"], "0");
}
