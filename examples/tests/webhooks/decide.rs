//! What people decide about deliveries that did not become orders, in memory and on PostgreSQL.

use std::sync::Arc;

use oms_core::job::JobDraft;
use oms_core::plan::{INTAKE_QUEUE, Switchable};
use oms_core::port::JobQueue;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::testing::build;
use serde_json::{Value, json};

use super::cluster::{Database, block_on};
use super::{AMAZON, SHOPIFY, Server, mac, order};

impl Server {
    /// Asks for a decision; answers the status code and the words.
    fn decide(&self, receipt: &str, what: &str) -> (u16, String) {
        let answer = self.send(&format!("POST /receipts/{receipt}/{what}"), &[], b"");
        (answer.status, answer.body)
    }

    fn signed(&self, body: &str) -> String {
        let mac = mac("hush-new", body.as_bytes());
        let headers = [("X-Shopify-Hmac-Sha256", mac.as_str())];
        self.deliver(SHOPIFY, &headers, body.as_bytes()).0
    }
}

#[test]
fn a_dead_delivery_is_tried_again_or_given_up() {
    let mut server = Server::start("webhooks-decide");
    server.logged("kept in memory only: everything is lost when this ends");
    let receipt = server.signed("{\"hello\": \"world\"}");
    assert_eq!(server.outcome(&receipt)["status"], "dead");
    let (status, body) = server.decide(&receipt, "retry");
    let said: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, said),
        (200, json!({"receipt": receipt, "retried": true}))
    );
    // It is no order, however often it is tried.
    let outcome = server.outcome(&receipt);
    assert_eq!(outcome["status"], "dead", "{outcome:#}");
    assert_eq!(server.decide(&receipt, "discard").0, 200);
    assert!(server.list("/dead").is_empty());
    assert_eq!(
        server
            .send(&format!("GET /receipts/{receipt}"), &[], b"")
            .status,
        404
    );
    // What is nothing to decide about is said.
    let placed = server.signed(&order(1, "TEA-01"));
    assert_eq!(server.outcome(&placed)["status"], "placed");
    for what in ["retry", "discard"] {
        let answer = server.decide(&placed, what);
        assert_eq!(answer, (409, "it is an order already".to_owned()), "{what}");
        for id in [
            "0198c0de-0000-7000-8000-000000000000",
            "none",
            receipt.as_str(),
        ] {
            assert_eq!(server.decide(id, what).0, 404, "{what} {id}");
        }
    }
    assert_eq!(server.outcome(&placed)["status"], "placed");
    assert_eq!(server.list("/orders").len(), 1);
    // A refused one, too.
    let bearer = [("Authorization", "Bearer hush-queue")];
    let change = json!({"NotificationType": "ORDER_CHANGE", "Payload": {"OrderChangeNotification":
        {"AmazonOrderId": "302-0000001-0000001"}}});
    let (refused, _) = server.deliver(AMAZON, &bearer, change.to_string().as_bytes());
    assert_eq!(server.outcome(&refused)["status"], "refused");
    assert_eq!(server.decide(&refused, "discard").0, 200);
    assert!(server.list("/refused").is_empty());
    assert_eq!(server.decide(&refused, "retry").0, 404);
}

#[test]
fn a_refused_delivery_becomes_an_order_once_the_obstacle_is_gone() {
    let database = block_on(Database::new());
    let store = block_on(database.store(1));
    let oms = Oms::builder(Arc::new(store.clone())).caching(None).build();
    let shop = oms.tenant("my-shop".parse().unwrap());
    let channel = || Switchable::Channel("web".parse().unwrap());
    let url = database.url();
    drop(Server::start_on(
        "webhooks-again-1",
        &["--database-url", &url],
    ));
    block_on(shop.deactivate(channel(), Call::default())).unwrap();
    // A second start leaves the channel as it is.
    let server = Server::start_on("webhooks-again-2", &["--database-url", &url]);
    assert!(!active(&shop));
    let receipt = server.signed(&order(1, "TEA-01"));
    let outcome = server.outcome(&receipt);
    assert_eq!(
        (&outcome["status"], &outcome["code"]),
        (&json!("refused"), &json!("inactive"))
    );
    let listed = server.list("/refused");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["receipt"], &listed[0]["code"]),
        (&json!(receipt), &json!("inactive"))
    );
    block_on(shop.activate(channel(), Call::default())).unwrap();
    assert_eq!(server.decide(&receipt, "retry").0, 200);
    server.wait_for("/orders", 1);
    assert_eq!(server.list("/refused").len(), 0, "it is an order now");
    assert_eq!(server.outcome(&receipt)["status"], "placed");
    // What could not be erased is listed, and tried once more.
    let (job, kind) = (build::job_id(7), build::kind("forget_intake"));
    let damaged = JobDraft::new(job, build::queue(INTAKE_QUEUE), kind, "\"nobody\"");
    block_on(store.push(shop.id(), &[damaged])).unwrap();
    // Word of it goes out with a delivery.
    server.signed(&order(2, "TEA-01"));
    let dead = server.wait_for("/dead", 1);
    assert_eq!(dead[0]["job"], json!(job), "{dead:#?}");
    let again = format!("POST /jobs/{job}/retry");
    assert_eq!(server.send(&again, &[], b"").status, 200);
    server.wait_for("/dead", 1);
    for id in ["0198c0de-0000-7000-8000-000000000000", "none"] {
        let again = format!("POST /jobs/{id}/retry");
        assert_eq!(server.send(&again, &[], b"").status, 404, "{id}");
    }
    let receipt = format!("POST /receipts/{job}/discard");
    assert_eq!(server.send(&receipt, &[], b"").status, 404, "no delivery");
    drop(server);
    block_on(async {
        store.pool().close().await;
        database.drop().await;
    });
}

fn active(shop: &Tenant) -> bool {
    let channels = block_on(shop.channels(None, None, 10)).unwrap().items;
    let web = channels.iter().find(|channel| channel.id.as_str() == "web");
    web.unwrap().active
}
