//! Events and stock that become jobs, told of any store that has a feed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oms_core::event::{StreamId, StreamKind, Topic};
use oms_core::hub::Hub;
use oms_core::job::Job;
use oms_core::order::{OrderCommand, Tracking};
use oms_core::plan::{Command, Keys, Switchable};
use oms_core::port::{
    EventFeed, FeedStart, JobFilter, Message, MessageContent, PublishError, Publisher,
};
use oms_core::service::{Call, LowStockAlerts, Notifications, Oms, Relay, TransferDraft, Wake};
use oms_core::stock::StockCommand;
use oms_core::testing::build::{self, Change};
use oms_core::value::{Name, ShipmentId, TransferId};

use crate::world::{Shop, order};

impl Shop {
    async fn notices(&self) -> Vec<Job> {
        let filter = JobFilter {
            queue: Some(build::queue("notify")),
            ..JobFilter::default()
        };
        let jobs = self.queue.list(self.tenant.id(), &filter, None, 100);
        jobs.await.unwrap().items
    }

    async fn sell(&self, reference: &str, units: u32) -> oms_core::value::OrderId {
        let place = order("desk", reference, units);
        let done = self.tenant.place(place, Call::default()).await.unwrap();
        done.receipt.order.unwrap().id
    }
}

/// Goes on until nothing more is there.
async fn relay_all(relay: &Relay) {
    while relay.tick().await.unwrap().published > 0 {}
}

/// Chosen topics become jobs that name the event, once each, whoever relays again.
pub(crate) async fn chosen_topics_become_jobs(shop: &Shop, feed: Arc<dyn EventFeed>) {
    let (notify, mail) = (build::queue("notify"), build::kind("cancelled"));
    let jobs = Notifications::new(shop.queue.clone()).on(Topic::OrderCancelled, notify, mail);
    let name = build::subscriber("mails");
    let relay = Relay::new(
        feed.clone(),
        Arc::new(jobs),
        shop.tenant.id().clone(),
        name.clone(),
    );
    relay.subscribe(FeedStart::Now).await.unwrap();
    let order = shop.sell("1", 1).await;
    shop.sell("2", 1).await;
    let reason = build::reason("no longer wanted");
    let cancel = OrderCommand::Cancel { reason };
    let done = shop
        .tenant
        .order_command(order, cancel, Call::default())
        .await;
    let version = done.unwrap().receipt.version;
    relay_all(&relay).await;
    let notices = shop.notices().await;
    assert_eq!(notices.len(), 1);
    let payload = &notices[0].draft.payload;
    let payload: serde_json::Value = serde_json::from_str(payload).unwrap();
    assert_eq!(payload["topic"], "order.cancelled");
    assert_eq!(payload["stream"], format!("order/{order}"));
    assert_eq!(payload["seq"], version.get());
    // A relay that died before it could acknowledge brings everything again.
    let tenant = shop.tenant.id();
    assert!(
        feed.rewind(tenant, &name, FeedStart::Beginning)
            .await
            .unwrap()
    );
    relay_all(&relay).await;
    assert_eq!(shop.notices().await.len(), 1);
}

/// The whole life of an order makes one job of the event that is chosen, and none of the others of
/// its topic; chosen twice, it is one job as well.
pub(crate) async fn chosen_events_become_jobs(shop: &Shop, feed: Arc<dyn EventFeed>) {
    let (notify, mail) = (build::queue("notify"), build::kind("mail"));
    let jobs = Notifications::new(shop.queue.clone())
        .on_event("order.delivered", notify.clone(), mail.clone())
        .on_event("order.shipped", notify.clone(), mail.clone())
        .on(Topic::ShipmentCreated, notify, mail);
    let (tenant, name) = (shop.tenant.id().clone(), build::subscriber("mails"));
    let relay = Relay::new(feed, Arc::new(jobs), tenant, name);
    relay.subscribe(FeedStart::Now).await.unwrap();
    let order = shop.sell("1", 1).await;
    let first = build::fulfillment(1);
    let shipment = ShipmentId::FIRST;
    for command in [
        OrderCommand::pick_all(first),
        OrderCommand::pack_all(first),
        OrderCommand::ship_all(first, Tracking::default()),
        OrderCommand::Deliver { shipment },
    ] {
        shop.run(order, command).await;
    }
    relay_all(&relay).await;
    let notices = shop.notices().await;
    let mut told: Vec<String> = notices
        .iter()
        .map(|notice| serde_json::from_str(&notice.draft.payload).unwrap())
        .map(|told: serde_json::Value| told["event"].as_str().unwrap().to_owned())
        .collect();
    told.sort_unstable();
    assert_eq!(told, ["order.delivered", "order.shipped"]);
}

/// Other systems hear of all that they may have copied, not of orders alone.
pub(crate) async fn what_is_no_order_is_handed_over_too(shop: &Shop, feed: Arc<dyn EventFeed>) {
    let mut jobs = Notifications::new(shop.queue.clone());
    for topic in Topic::ALL {
        let kind = build::kind(&topic.as_str().replace('.', "_"));
        jobs = jobs.on(topic, build::queue("notify"), kind);
    }
    let (tenant, name) = (shop.tenant.id().clone(), build::subscriber("copies"));
    let relay = Relay::new(feed, Arc::new(jobs), tenant, name);
    relay.subscribe(FeedStart::Beginning).await.unwrap();
    let south = Hub::new(build::hub("south"), Name::parse("South").unwrap());
    shop.tenant.put_hub(south, Call::default()).await.unwrap();
    let draft = TransferDraft {
        from: build::hub("north"),
        to: build::hub("south"),
        lines: [(build::sku("TEA"), build::units(1))].into(),
    };
    let transfer = TransferId::parse("T-1").unwrap();
    let asked = shop
        .tenant
        .request_transfer(transfer, draft, Call::default());
    asked.await.unwrap();
    let customer = build::customer_id(1);
    let erased = shop.tenant.erase_customer(customer, Call::default());
    erased.await.unwrap();
    relay_all(&relay).await;
    let notices = shop.notices().await;
    let told: BTreeSet<(String, String)> = notices
        .iter()
        .map(|notice| serde_json::from_str(&notice.draft.payload).unwrap())
        .map(|told: serde_json::Value| {
            let text = |field: &str| told[field].as_str().unwrap().to_owned();
            (text("topic"), text("event"))
        })
        .collect();
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|(topic, event)| (&**topic, &**event))
        .collect();
    let wanted = [
        ("catalogue.updated", "channel.created"),
        ("catalogue.updated", "sku.created"),
        ("customer.erased", "customer.erased"),
        ("customer.updated", "customer.created"),
        ("hub.updated", "hub.created"),
        ("tenant.updated", "tenant.created"),
        ("transfer.updated", "transfer.requested"),
    ];
    assert_eq!(told, wanted);
}

/// One fall to the threshold is one job, and one to nothing another; the next ones come after the
/// row was restocked.
pub(crate) async fn low_stock_is_told_once_until_restocked(shop: &Shop, feed: Arc<dyn EventFeed>) {
    // Ten units are the threshold, too: begin above it.
    shop.receive(5).await;
    let oms = Oms::builder(shop.store.clone());
    let oms = oms.build_with_ids(Arc::new(oms_core::testing::FakeIds::new(9)));
    let alerts = LowStockAlerts::new(oms, build::queue("notify"), build::kind("low_stock"));
    let (events, stock) = (build::subscriber("low"), build::subscriber("low-stock"));
    let tenant = shop.tenant.id().clone();
    let relay =
        Relay::new(feed.clone(), Arc::new(alerts), tenant, events).with_stock(stock.clone());
    relay.subscribe(FeedStart::Beginning).await.unwrap();
    relay_all(&relay).await;
    assert_eq!(shop.notices().await.len(), 0, "fifteen are enough");
    // Ten are left, then five, then none.
    for (n, told) in [1, 1, 2].into_iter().enumerate() {
        shop.sell(&format!("a{n}"), 5).await;
        relay_all(&relay).await;
        assert_eq!(shop.notices().await.len(), told, "each told once");
    }
    let mut told = Vec::new();
    for notice in shop.notices().await {
        let payload: serde_json::Value = serde_json::from_str(&notice.draft.payload).unwrap();
        assert_eq!(
            (&payload["hub"], &payload["sku"]),
            (&"north".into(), &"TEA".into())
        );
        let status = payload["status"].as_str().unwrap().to_owned();
        told.push((status, payload["available"].as_i64().unwrap()));
    }
    told.sort();
    assert_eq!(told, [("low".to_owned(), 10), ("out".to_owned(), 0)]);
    // Late repeats tell nothing new.
    let tenant = shop.tenant.id();
    assert!(
        feed.rewind(tenant, &stock, FeedStart::Beginning)
            .await
            .unwrap()
    );
    relay_all(&relay).await;
    assert_eq!(shop.notices().await.len(), 2);
    // A few units come and go: it was not restocked.
    shop.receive(3).await;
    relay_all(&relay).await;
    shop.sell("b", 3).await;
    relay_all(&relay).await;
    assert_eq!(shop.notices().await.len(), 2);
    shop.receive(20).await;
    relay_all(&relay).await;
    let damage = StockCommand::Damage {
        quantity: build::quantity(15),
    };
    let (row, reason) = (build::stock("north", "TEA"), build::reason("water"));
    let done = shop
        .tenant
        .stock_command(row, damage, reason, Call::default());
    done.await.unwrap();
    relay_all(&relay).await;
    assert_eq!(
        shop.notices().await.len(),
        3,
        "told again after it was restocked"
    );
    shop.check().await;
}

/// Takes every message.
#[derive(Debug, Default)]
struct Taken(Mutex<Vec<Message>>);

#[async_trait]
impl Publisher for Taken {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        self.0.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }
}

impl Taken {
    /// Hub, SKU and id of the rows that came since the last time; the events are not asked for.
    fn rows(&self) -> Vec<(String, String)> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap());
        let rows = taken
            .into_iter()
            .filter_map(|message| match message.content {
                MessageContent::Stock(key, _) => Some((key.to_string(), message.id)),
                MessageContent::Event(_) => None,
            });
        rows.collect()
    }
}

/// What can be sold changes with a switch, and no row does: those of the hub or SKU come once more,
/// under ids that no change of theirs has.
pub(crate) async fn rows_of_what_is_switched_come_once(shop: &Shop, feed: Arc<dyn EventFeed>) {
    let south = Hub::new(build::hub("south"), Name::parse("South").unwrap());
    shop.tenant.put_hub(south, Call::default()).await.unwrap();
    let receive = StockCommand::Receive {
        quantity: build::quantity(3),
    };
    let (row, reason) = (build::stock("south", "TEA"), build::reason("delivery"));
    let received = shop
        .tenant
        .stock_command(row, receive, reason, Call::default());
    received.await.unwrap();
    let taken = Arc::new(Taken::default());
    let (events, stock) = (build::subscriber("shop"), build::subscriber("shop-stock"));
    let tenant = shop.tenant.id().clone();
    let relay = Relay::new(feed, taken.clone(), tenant, events).with_stock(stock);
    let relay = relay.with_switches(shop.store.clone());
    relay.subscribe(FeedStart::Beginning).await.unwrap();
    relay_all(&relay).await;
    let both = ["TEA at north", "TEA at south"];
    let mut seen = taken.rows();
    let rows: Vec<&str> = seen.iter().map(|(row, _)| row.as_str()).collect();
    assert_eq!(rows, both);
    let (north, tea) = (
        Switchable::Hub(build::hub("north")),
        Switchable::Product(build::sku("TEA")),
    );
    for (key, active, wanted) in [
        (&north, false, &both[..1]),
        (&north, true, &both[..1]),
        (&tea, false, &both[..]),
        (&tea, true, &both[..]),
    ] {
        switch(shop, key, active).await;
        relay_all(&relay).await;
        let rows = taken.rows();
        let found: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!(found, wanted, "{key:?} is {active}");
        seen.extend(rows);
    }
    // Switched twice before the relay looks: once.
    for active in [false, true] {
        switch(shop, &north, active).await;
    }
    relay_all(&relay).await;
    let rows = taken.rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    seen.extend(rows);
    let mut ids: Vec<String> = seen.into_iter().map(|(_, id)| id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

async fn switch(shop: &Shop, document: &Switchable, active: bool) {
    let document = document.clone();
    let switch = Command::SetActive { document, active };
    let switched = shop.tenant.execute(switch, Call::default());
    switched.await.unwrap();
}

/// Who follows from the beginning gets the rows as they are once, not for each page of events that
/// tells of a switch.
pub(crate) async fn rows_of_a_switch_that_is_over_do_not_come(
    shop: &Shop,
    feed: Arc<dyn EventFeed>,
) {
    let north = Switchable::Hub(build::hub("north"));
    let id = shop.tenant.id();
    for active in [false, true] {
        switch(shop, &north, active).await;
        // More than a page of events of something else.
        for n in 0..6 {
            let stream = StreamId::new(StreamKind::Host, format!("visits-{active}-{n}"));
            let visits = Change::new(&format!("visits-{active}-{n}"));
            let visits = (0..100).fold(visits, |change, _| change.event(&stream, "shop.visited"));
            let now = shop.store.prefetch(id, &Keys::default()).await.unwrap().now;
            let done = shop.store.commit(id, &[visits.at(now)]).await.unwrap();
            assert!(done[0].is_done(), "{done:?}");
        }
    }
    let taken = Arc::new(Taken::default());
    let relay = Relay::new(feed, taken.clone(), id.clone(), build::subscriber("shop"));
    let relay = relay.with_switches(shop.store.clone());
    relay.subscribe(FeedStart::Beginning).await.unwrap();
    // A page may hold more where a store keeps the events of one commit together.
    while relay.tick().await.unwrap().next == Wake::Now {}
    let rows = taken.rows();
    let [(row, message)] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(row, "TEA at north");
    assert!(message.ends_with("/hub#3"), "{message}");
}
