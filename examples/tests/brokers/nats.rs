//! NATS JetStream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{Context, ContextBuilder};
use oms_core::port::{MessageContent, Publisher};
use oms_core::testing::{Fault, FaultStore};
use oms_examples::broker::nats::{DEAD, EVENTS, NatsEvents, ORDERS, connect, declare, take_orders};
use serde_json::Value;
use tokio::time::timeout;

use crate::host::Taken;
use crate::{block_on, cut_off, payload, relay_twice, shop, taken_in, through, url};

const URL: &str = "OMS_TEST_NATS_URL";

#[test]
fn events_go_out_once_in_order_however_often_they_are_relayed() {
    let Some(url) = url(URL) else { return };
    block_on(async {
        let context = connect(&url).await.unwrap();
        // It may not be there.
        let _ = context.delete_stream(EVENTS).await;
        let events = NatsEvents::new(context.clone()).await.unwrap();
        let stream = context.get_stream(EVENTS).await.unwrap();
        let bounds = &stream.cached_info().config;
        assert!(
            !bounds.max_age.is_zero() && bounds.max_bytes > 0,
            "{bounds:?}"
        );
        let (shop, store) = shop().await;
        let published = relay_twice(&shop, &store, Arc::new(events)).await;
        let (first, count) = extent(&context, EVENTS).await;
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for place in first..first + count {
            let message = stream.get_raw_message(place).await.unwrap();
            let body: Value = serde_json::from_slice(&message.payload).unwrap();
            let topic = body["topic"].as_str().unwrap();
            assert_eq!(message.subject.as_str(), format!("oms.events.{topic}"));
            let name = body["stream"].as_str().unwrap().to_owned();
            let seq = body["seq"].as_u64().unwrap();
            let before = last.insert(name, seq);
            assert!(
                before.is_none_or(|before| before < seq),
                "in order, and once"
            );
        }
        assert_eq!(usize::try_from(count).unwrap(), published);
        assert!(published >= 10);
        // One that is too large goes without its body.
        let taken = Arc::new(Taken::default());
        relay_twice(&shop, &store, taken.clone()).await;
        let mut message = taken.0.lock().unwrap()[0].clone();
        let MessageContent::Event(event) = &mut message.content else {
            panic!("it is no event")
        };
        event.body = Value::from("x".repeat(2 << 20)).to_string().into();
        message.id.push_str("-large");
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let ear = told.clone();
        let events = NatsEvents::new(context.clone()).await.unwrap();
        let events = events.on_error(Arc::new(move |_, error| {
            ear.lock().unwrap().push(error.to_string());
        }));
        events.publish(&[message]).await.unwrap();
        let (first, count) = extent(&context, EVENTS).await;
        let last = stream.get_raw_message(first + count - 1).await.unwrap();
        let body: Value = serde_json::from_slice(&last.payload).unwrap();
        assert_eq!(body["body_omitted"], true);
        assert!(body.get("body").is_none());
        assert!(body["id"].as_str().unwrap().ends_with("-large"), "{body}");
        assert_eq!(told.lock().unwrap().len(), 1);
        // A page may be longer than what the client allows on its way.
        let few = ContextBuilder::new().max_ack_inflight(2);
        let events = NatsEvents::new(few.build(context.client())).await.unwrap();
        let page = taken.0.lock().unwrap().clone();
        let sent = timeout(Duration::from_secs(20), events.publish(&page)).await;
        sent.expect("it waits for itself").unwrap();
    });
}

#[test]
fn orders_come_in_once_and_what_is_malformed_is_a_dead_letter() {
    let Some(url) = url(URL) else { return };
    block_on(async {
        let context = connect(&url).await.unwrap();
        for stream in [ORDERS, DEAD] {
            // It may not be there.
            let _ = context.delete_stream(stream).await;
        }
        declare(&context).await.unwrap();
        let dead = context.get_stream(DEAD).await.unwrap();
        let bounds = &dead.cached_info().config;
        assert!(
            !bounds.max_age.is_zero() && bounds.max_bytes > 0,
            "{bounds:?}"
        );
        // The broker drops some repeats itself; those without an id of its own reach us.
        for n in (0..crate::ORDERS).chain(0..crate::ORDERS) {
            send(&context, Some(&format!("order-{n}")), &payload(n)).await;
            send(&context, None, &payload(1_000 + n)).await;
        }
        send(&context, Some("bad-1"), b"{\"id\":").await;
        send(&context, Some("bad-2"), b"\xff\xfe").await;
        // As large as the broker takes it: with a reason beside it, it is too large.
        let most = context.client().max_payload();
        send(&context, None, &vec![b'x'; most]).await;
        let (shop, _) = shop().await;
        // Nothing is acknowledged while it cannot be committed.
        let failing = cut_off(&shop);
        let stopped = timeout(Duration::from_secs(2), take_orders(&context, &failing)).await;
        assert!(stopped.is_err(), "it waits for the store: {stopped:?}");
        let orders = 2 * usize::try_from(crate::ORDERS).unwrap();
        // One that takes its time.
        let slow = FaultStore::new(shop.store.clone());
        slow.fail_when(|_| Some(Fault::Delay(100)));
        let working = through(&slow, &shop);
        let taking = async { take_orders(&context, &working).await.unwrap() };
        tokio::select! {
            () = taking => panic!("the connection ended"),
            () = taken_in(&shop, orders) => {}
        }
        let calls = slow.calls();
        let together = calls.iter().any(|call| call.items > 1);
        assert!(together, "none grows old behind another one: {calls:?}");
        crate::all_placed(&shop, orders).await;
        let (_, left) = extent(&context, ORDERS).await;
        assert_eq!(left, 0, "all are acknowledged or given up");
        let (first, dead) = extent(&context, DEAD).await;
        assert_eq!(dead, 3);
        let stream = context.get_stream(DEAD).await.unwrap();
        let message = stream.get_raw_message(first).await.unwrap();
        let reason = message.headers.get("reason").unwrap().as_str();
        assert!(reason.contains("not JSON"), "{reason}");
        let large = stream.get_raw_message(first + 2).await.unwrap();
        assert!(large.payload.is_empty());
        let bytes = large.headers.get("omitted-bytes").unwrap().as_str();
        assert_eq!(bytes, most.to_string());
    });
}

async fn send(context: &Context, id: Option<&str>, body: &[u8]) {
    let mut publish = PublishMessage::build().payload(body.to_vec().into());
    if let Some(id) = id {
        publish = publish.message_id(id);
    }
    let sent = context.send_publish("oms.orders", publish).await;
    sent.unwrap().await.unwrap();
}

/// The place of the first message of a stream, and how many there are.
async fn extent(context: &Context, stream: &str) -> (u64, u64) {
    let mut stream = context.get_stream(stream).await.unwrap();
    let state = &stream.info().await.unwrap().state;
    (state.first_sequence, state.messages)
}
