//! What is done with a message; no broker is needed for that.

use std::sync::{Arc, Mutex};

use oms_core::service::{Intakes, Oms};
use oms_core::testing::build;
use oms_examples::broker::{Inbound, Incoming, Verdict};

use crate::{block_on, payload, shop};

#[test]
fn what_this_release_cannot_read_yet_is_no_fault_of_a_message() {
    block_on(async {
        let (shop, _) = shop().await;
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let ear = told.clone();
        // A host that remembers nothing yet, as it was just started.
        let oms = Oms::builder(shop.store.clone()).caching(None).build();
        let tenant = oms.tenant(shop.tenant.id().clone());
        let intakes = Intakes::new(tenant, shop.queue.clone());
        let inbound = Inbound::new(intakes, build::channel("desk")).on_error(Arc::new(
            move |whose, error| ear.lock().unwrap().push(format!("{whose}: {error}")),
        ));
        let order = payload(1);
        let take = |id: &'static str, body: Vec<u8>| {
            let inbound = inbound.clone();
            async move {
                let id = Some(id);
                inbound.take(Incoming { id, body: &body }).await
            }
        };
        let known = shop.settings_of_schema(9_999).await;
        for _ in 0..3 {
            let verdict = take("m-1", order.clone()).await;
            assert!(matches!(verdict, Verdict::Again(_)), "{verdict:?}");
        }
        let verdict = take("m-2", b"{\"id\":".to_vec()).await;
        assert!(matches!(verdict, Verdict::Dead(_)), "{verdict:?}");
        shop.settings_of_schema(known).await;
        assert_eq!(take("m-1", order.clone()).await, Verdict::Done);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 2, "each reason once: {told:?}");
        let again = "inbound: message m-1 comes again: ";
        assert!(told[0].starts_with(again), "{told:?}");
        assert!(told[0].contains("schema 9999"), "{told:?}");
        let dead = "inbound: message m-2 is a dead letter: ";
        assert!(told[1].starts_with(dead), "{told:?}");
    });
}

/// The first orders of two tills may be the same to the byte.
#[test]
fn what_two_channels_send_alike_is_two_orders() {
    block_on(async {
        let (shop, _) = shop().await;
        shop.put_channel("till").await;
        let order = payload(1);
        for channel in ["desk", "till", "desk"] {
            let inbound = Inbound::new(shop.intakes(), build::channel(channel));
            let message = Incoming {
                id: None,
                body: &order,
            };
            assert_eq!(inbound.take(message).await, Verdict::Done, "{channel}");
        }
        let jobs = shop.store.jobs(shop.tenant.id(), None, 100).await.unwrap();
        assert_eq!(jobs.items.len(), 2, "the third is a repeat of the first");
    });
}
