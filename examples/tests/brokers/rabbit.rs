//! RabbitMQ.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions,
    QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection};
use oms_core::port::FeedStart;
use oms_core::service::Relay;
use oms_core::testing::{Fault, FaultStore, build};
use oms_examples::broker::rabbit::{
    DEAD, EVENTS, ORDERS, RabbitEvents, connect, declare, take_orders,
};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{block_on, cut_off, payload, relay_twice, shop, taken_in, through, url};

const URL: &str = "OMS_TEST_RABBITMQ_URL";

#[test]
fn events_go_out_confirmed_in_order_with_ids_that_tell_repeats() {
    let Some(url) = url(URL) else { return };
    block_on(async {
        let connection = connect(&url).await.unwrap();
        let events = RabbitEvents::new(&connection).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = QueueDeclareOptions {
            exclusive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = channel.queue_declare("".into(), options, FieldTable::default());
        let name = queue.await.unwrap().name().clone();
        let bound = channel.queue_bind(
            name.clone(),
            EVENTS.into(),
            "#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        bound.await.unwrap();
        let (shop, store) = shop().await;
        let events = Arc::new(events);
        let published = relay_twice(&shop, &store, events.clone()).await;
        // What was published is in the queue: the broker confirmed it.
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        while let Some(message) = get(&channel, name.as_str()).await {
            let (id, body) = message;
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["id"], id.as_str());
            let times = seen.entry(id).or_default();
            *times += 1;
            let stream = body["stream"].as_str().unwrap().to_owned();
            let seq = body["seq"].as_u64().unwrap();
            if *times == 1 {
                let before = last.insert(stream, seq);
                assert!(before.is_none_or(|before| before < seq), "in order");
            }
        }
        assert_eq!(seen.len(), published);
        assert!(published >= 10);
        assert!(seen.values().all(|times| *times == 2), "{seen:?}");
        // Without the exchange nothing is handed over, until it is made again, with its bindings.
        let delete = channel.exchange_delete(EVENTS.into(), ExchangeDeleteOptions::default());
        delete.await.unwrap();
        let (tenant, name) = (shop.tenant.id().clone(), build::subscriber("later"));
        let relay = Relay::new(Arc::new(store), events, tenant, name);
        relay.subscribe(FeedStart::Beginning).await.unwrap();
        for _ in 0..2 {
            let problem = relay.tick().await.unwrap_err();
            let why = problem.source().unwrap().to_string();
            let asked = "the exchange oms.events is not to be had: ";
            assert!(why.starts_with(asked), "it is asked for before: {why}");
        }
        RabbitEvents::new(&connection).await.unwrap();
        assert!(relay.tick().await.unwrap().published > 0);
    });
}

#[test]
fn orders_come_in_once_and_what_is_malformed_is_a_dead_letter() {
    let Some(url) = url(URL) else { return };
    block_on(async {
        let connection = connect(&url).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let delete = channel.queue_delete(DEAD.into(), QueueDeleteOptions::default());
        delete.await.unwrap();
        declare(&channel).await.unwrap();
        // The dead letters have bounds: to the broker a queue without them is another one.
        let other = connection.create_channel().await.unwrap();
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        let unbounded = other.queue_declare(DEAD.into(), options, FieldTable::default());
        let refused = format!("{:?}", unbounded.await.unwrap_err());
        assert!(refused.contains("x-m"), "{refused}");
        for queue in [ORDERS, DEAD] {
            let purge = channel.queue_purge(queue.into(), QueuePurgeOptions::default());
            purge.await.unwrap();
        }
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .unwrap();
        // Every order twice, with its id; one malformed, one that is no text, one id used again.
        for n in (0..crate::ORDERS).chain(0..crate::ORDERS) {
            send(&channel, &format!("order-{n}"), &payload(n)).await;
        }
        send(&channel, "bad-1", b"{\"id\":").await;
        send(&channel, "bad-2", b"\xff\xfe").await;
        send(&channel, "order-0", &payload(77)).await;
        let (shop, _) = shop().await;
        // Nothing is acknowledged while it cannot be committed.
        let failing = cut_off(&shop);
        let stopped = timeout(Duration::from_secs(2), take_orders(&connection, &failing)).await;
        assert!(stopped.is_err(), "it waits for the store: {stopped:?}");
        drop(failing);
        connection.close(200, "a crash".into()).await.unwrap();
        let connection = connect(&url).await.unwrap();
        let orders = usize::try_from(crate::ORDERS).unwrap();
        // One that takes its time.
        let slow = FaultStore::new(shop.store.clone());
        slow.fail_when(|_| Some(Fault::Delay(100)));
        let working = through(&slow, &shop);
        let taking = async { take_orders(&connection, &working).await.unwrap() };
        tokio::select! {
            () = taking => panic!("the connection ended"),
            () = taken_in(&shop, orders) => {}
        }
        let calls = slow.calls();
        let together = calls.iter().any(|call| call.items > 1);
        assert!(together, "none waits behind another one: {calls:?}");
        crate::all_placed(&shop, orders).await;
        end(&connection).await;
        let connection = connect(&url).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        assert!(
            get(&channel, ORDERS).await.is_none(),
            "all are acknowledged"
        );
        let mut dead = Vec::new();
        while let Some((id, _)) = get(&channel, DEAD).await {
            dead.push(id);
        }
        dead.sort();
        assert_eq!(dead, ["bad-1", "bad-2", "order-0"]);
        // Dead letters have a queue also when theirs was deleted; that of orders is no quiet end.
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .unwrap();
        let taking = timeout(Duration::from_secs(30), take_orders(&connection, &working));
        let deleting = async {
            sleep(Duration::from_secs(1)).await;
            let delete = channel.queue_delete(DEAD.into(), QueueDeleteOptions::default());
            delete.await.unwrap();
            send(&channel, "bad-3", b"[").await;
            assert_eq!(dead_letter(&connection).await, "bad-3");
            let delete = channel.queue_delete(ORDERS.into(), QueueDeleteOptions::default());
            delete.await.unwrap();
        };
        let (ended, ()) = tokio::join!(taking, deleting);
        let why = ended.unwrap().unwrap_err().to_string();
        assert!(why.contains("was the queue oms.orders deleted?"), "{why}");
    });
}

/// Closes the connection. A channel of a task that was dropped may be closing just then, which is
/// no state to close it in.
async fn end(connection: &Connection) {
    for _ in 0..100 {
        let closed = connection.close(200, "done".into()).await;
        if closed.is_ok() || !connection.status().connected() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the connection does not end");
}

/// The id of a dead letter, once there is one. To ask for a queue that is not there costs the
/// channel.
async fn dead_letter(connection: &Connection) -> String {
    for _ in 0..100 {
        let channel = connection.create_channel().await.unwrap();
        let options = BasicGetOptions { no_ack: true };
        if let Ok(Some(message)) = channel.basic_get(DEAD.into(), options).await {
            let id = message.properties.message_id().as_ref();
            return id.unwrap().to_string();
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the dead letter is lost");
}

async fn send(channel: &Channel, id: &str, body: &[u8]) {
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(id.into());
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish("".into(), ORDERS.into(), options, body, properties);
    assert!(sent.await.unwrap().await.unwrap().is_ack());
}

/// The next message: its id and its body.
async fn get(channel: &Channel, queue: &str) -> Option<(String, Vec<u8>)> {
    let options = BasicGetOptions { no_ack: true };
    let message = channel.basic_get(queue.into(), options).await.unwrap()?;
    let id = message
        .properties
        .message_id()
        .as_ref()
        .unwrap()
        .to_string();
    Some((id, message.delivery.data))
}
